"""The HTTP/1.1 connection: uvicorn's, with bounds on the header's size and time and on the number of connections.

Guarantees that a client which opens a connection and sends its header slowly, endlessly, or as no HTTP at all is answered by a
problem (408, 431, 400) and cut off, and that connections beyond the limit are answered with 429. Bodies, rates and answers are
bounded in `limits`.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.problems import MEDIA_TYPE, Problem
from ledger.settings import Settings

_REASONS: Final = {400: b"Bad Request", 408: b"Request Timeout", 429: b"Too Many Requests", 431: b"Header Too Large"}


def protocol(settings: Settings) -> type[asyncio.Protocol]:
    """The class of connections for these settings."""

    class Connection(H11Protocol):
        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
            super().connection_made(transport)
            if len(self.connections) > settings.connections_max:
                self._end(Problem("busy"))
                return
            self._waiting = self.loop.call_later(settings.header_seconds, self._too_slow)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._stop_waiting()
            elif self._waiting is None and not self.transport.is_closing():
                self._waiting = self.loop.call_later(settings.header_seconds, self._too_slow)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            # The beginning of a further header may have come with the request that was just answered.
            if self.conn.trailing_data[0] and self._waiting is None and self.cycle.response_complete:
                self._waiting = self.loop.call_later(settings.header_seconds, self._too_slow)

        def send_400_response(self, msg: str) -> None:
            error = sys.exception()
            too_large = isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431
            self._end(Problem("header-too-large" if too_large else "request-invalid"))

        def _stop_waiting(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _too_slow(self) -> None:
            self._waiting = None
            if not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
                self._end(Problem("too-slow"))

        def _end(self, problem: Problem) -> None:
            """Answers without a request that could be answered, and closes."""
            body, status = problem.body(), problem.kind.status
            headers = [("content-type", MEDIA_TYPE), ("content-length", str(len(body))), ("connection", "close")]
            if status == 429:
                headers.append(("retry-after", "2"))
            if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                answer = h11.Response(status_code=status, headers=headers, reason=_REASONS[status])
                for event in (answer, h11.Data(data=body), h11.EndOfMessage()):
                    self.transport.write(self.conn.send(event) or b"")
            self.transport.close()

    return Connection
