"""The HTTP/1.1 connection: uvicorn's, with bounds on the header's size and time and on the number of connections.

Guarantees that a client which opens a connection and sends its header slowly, endlessly, or as no HTTP at all is answered by a
problem (408, 431, 400) and cut off, and that connections beyond the limit are answered with 429. Bodies, rates and answers are
bounded in `limits`.

An answer's header and body go out together: each call of the system lets another thread have the interpreter.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.problems import MEDIA_TYPE, Problem
from ledger.settings import Settings

_REASONS: Final = {400: b"Bad Request", 408: b"Request Timeout", 429: b"Too Many Requests", 431: b"Header Too Large"}


HELD_BYTES_MAX: Final = 65_536
"""How much of an answer is held back at most, so that a client which does not read slows down what makes it."""


class Joined:
    """The way out of a connection: what is written in one turn of the loop is sent at once, in its order."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._bytes = 0

    def write(self, data: bytes) -> None:
        if not data:
            return
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)
        self._bytes += len(data)
        if self._bytes > HELD_BYTES_MAX:
            self._send()

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        held, self._held, self._bytes = self._held, [], 0
        if held:
            self._transport.write(b"".join(held))

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


def protocol(settings: Settings) -> type[asyncio.Protocol]:
    """The class of connections for these settings."""

    class Connection(H11Protocol):
        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
            super().connection_made(cast(asyncio.Transport, Joined(transport, self.loop)))
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
