"""Following the log: yields each recorded entry once, in order, and waits for the next.

Guarantees: no entry is skipped and none comes early, because positions have no gaps and become visible only with
their commit. Appends of this process wake the reader at once, and on PostgreSQL those of any other; on SQLite those of
another process are seen within `POLL_SECONDS`. No thread is started.

Not done: remembering how far a reader got. That is the tracking table, in the reader's own transaction.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from eventsourcing.persistence import ApplicationRecorder, Subscription

from ledger.store.events import RecordedEntry
from ledger.store.listening import Listener

POLL_SECONDS = 0.25
BATCH = 256


class Bell:
    """Wakes whoever waits for an append; counts rings, so that none is lost between a read and a wait."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0

    @property
    def rings(self) -> int:
        return self._rings

    def ring(self) -> None:
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def wait(self, heard: int, seconds: float) -> None:
        """Returns when the bell has rung since `heard`, or after `seconds`."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings != heard, seconds)


class _Log(Protocol):
    bell: Bell

    def listener(self) -> Listener | None: ...

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[RecordedEntry]: ...


class LedgerSubscription(Subscription[ApplicationRecorder]):
    """An iterator that ends only when stopped (library contract)."""

    def __init__(
        self, recorder: ApplicationRecorder, log: _Log, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._log = log
        self._after = gt or 0
        self._pending: deque[RecordedEntry] = deque()
        self._listener = log.listener()

    def stop(self) -> None:
        super().stop()
        self._log.bell.ring()
        if self._listener is not None:
            self._listener.wake()

    def __exit__(self, *reason: object, **more: object) -> None:
        super().__exit__(*reason, **more)
        if self._listener is not None:
            self._listener.close()

    def __next__(self) -> RecordedEntry:
        while not self._has_been_stopped:
            if self._pending:
                entry = self._pending.popleft()
                self._after = entry.id
                return entry
            heard = self._log.bell.rings
            self._pending.extend(
                self._log.select_notifications(self._after, BATCH, topics=self._topics, inclusive_of_start=False)
            )
            if not self._pending and not self._has_been_stopped:
                if self._listener is not None:
                    # It hears the appends of this process as well.
                    self._listener.wait(POLL_SECONDS)
                else:
                    self._log.bell.wait(heard, POLL_SECONDS)
        raise StopIteration
