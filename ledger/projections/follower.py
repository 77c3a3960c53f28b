"""A thread that keeps the views up while a program runs.

Guarantees that nothing that goes wrong with the views reaches whoever runs it: it is kept as `failed`, tried again, later each
time, and the views go on answering as of the last good state. A fault that nobody foresaw ends the thread, and is kept as well.
Closing ends the thread before it returns, between two batches.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from ledger.errors import LedgerError
from ledger.projections.projection import LedgerProjection
from ledger.store.errors import StoreConflict

POLL_SECONDS: Final = 0.1
RETRY_SECONDS_MAX: Final = 30.0


class ViewsUnkept(LedgerError):
    """A fault that no part of the ledger foresaw ended the thread that keeps the views up."""


class ViewFollower:
    """Keeps the views up. Use it in a `with`, or close it. `tell` is called when they begin to stand still, or go on."""

    def __init__(self, projection: LedgerProjection, tell: Callable[[LedgerError | None], None] | None = None) -> None:
        self._projection = projection
        self._tell = tell
        self._ended = threading.Event()
        self.failed: LedgerError | None = None
        """Why the views stand still, if they do: what they say is stale then."""
        self._thread = threading.Thread(target=self._follow, name="ledger-views")
        self._thread.start()

    def close(self) -> None:
        """Ends it; may be called twice."""
        self._ended.set()
        self._thread.join()

    def __enter__(self) -> ViewFollower:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _follow(self) -> None:
        wait = POLL_SECONDS
        try:
            while not self._ended.wait(wait):
                self._note(self._attempt())
                wait = POLL_SECONDS if self.failed is None else min(2 * wait, RETRY_SECONDS_MAX)
        except Exception as error:
            self._note(ViewsUnkept(f"{type(error).__name__}: {error}"))
            raise

    def _note(self, failed: LedgerError | None) -> None:
        before, self.failed = self.failed, failed
        if self._tell is not None and (before is None) is not (failed is None):
            self._tell(failed)

    def _attempt(self) -> LedgerError | None:
        try:
            self._projection.catch_up(self._go_on)
        except (_Ending, StoreConflict):
            # Told to end; or another process keeps the same views up, and was faster.
            return None
        except LedgerError as error:
            return error
        return None

    def _go_on(self, done: int, total: int) -> None:
        """Between two batches: a long catching up ends here when it is told to."""
        if self._ended.is_set():
            raise _Ending


class _Ending(Exception):
    """Told to end in the middle of it."""
