"""Hearing of appends made by other processes: LISTEN and NOTIFY of PostgreSQL.

Guarantees that `wait` returns soon after any commit that was announced since the last `wait`, and in any case after the seconds
given; a lost connection delays news, it never loses any, because the caller reads the log after each `wait`. SQLite announces
nothing between processes: there the caller polls.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from select import select
from socket import socket, socketpair
from typing import Final, Protocol

import psycopg
from sqlalchemy import URL

CHANNEL: Final = "ledger_appended"
"""Announced in the transaction of each append: heard when it is durable, or never."""


class Listener(Protocol):
    """Where news of appends comes from."""

    def wait(self, seconds: float) -> None:
        """Returns when something was appended, when `wake` was called, or after `seconds`."""

    def wake(self) -> None:
        """Ends the wait, from any thread."""

    def close(self) -> None:
        """Ends listening, when nobody waits any more; may be called twice."""


class PostgreSQLListener:
    """One connection that only listens. One thread waits; any may wake it."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None
        self._wakers: tuple[socket, socket] | None = None
        self._waiting = threading.Lock()

    def wait(self, seconds: float) -> None:
        with self._waiting:
            if self._wakers is None:
                # The first wait ends at once: what was appended or called before it began is looked at first.
                self._wakers = socketpair()
            else:
                self._wait(seconds, self._wakers[0].fileno())

    def wake(self) -> None:
        if self._wakers is not None:
            # A closed one has nobody to wake.
            with suppress(OSError):
                self._wakers[1].send(b"!")

    def close(self) -> None:
        self.wake()
        with self._waiting:
            self._drop()
            for end in self._wakers or ():
                end.close()
            self._wakers = None

    def _wait(self, seconds: float, waker: int) -> None:
        try:
            if self._connection is None:
                self._connection = self._listening()
                # What was appended before is read first.
                return
            heard = self._connection.fileno()
            ready, _, _ = select([heard, waker], [], [], seconds)
            if heard in ready:
                for _ in self._connection.notifies(timeout=0):
                    pass
        except (psycopg.Error, OSError):
            self._drop()
            select([waker], [], [], seconds)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _listening(self) -> psycopg.Connection:
        arguments, options = self._url.get_dialect()().create_connect_args(self._url)
        connection = psycopg.connect(*arguments, **options, autocommit=True)
        try:
            connection.execute(f"LISTEN {CHANNEL}")
        except BaseException:
            connection.close()
            raise
        return connection
