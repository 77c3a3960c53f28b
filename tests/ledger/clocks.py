"""Servers that say a date, right or wrong."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

TRUE = "true"


@contextmanager
def dated(now: Callable[[], datetime], status: int = 200, date: str | None = TRUE) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback whose Date is `now`, or `date` as it is given; its address, and the methods it was asked by."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.command)
            self.send_response_only(status)
            told = format_datetime(now(), usegmt=True) if date == TRUE else date
            if told is not None:
                self.send_header("Date", told)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the library's name
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", asked
        finally:
            server.shutdown()
            thread.join()
