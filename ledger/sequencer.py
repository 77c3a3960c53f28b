"""Concurrent submissions become one ordered, durable batch after another: group commit (DESIGN section 4).

Guarantees:

- first come, first judged: one queue, taken from its front, by one committing thread;
- a submission is answered only after its batch is durable, and then with its own outcome; a refused one never delays
  or fails its neighbours, and neither does one that meets a fault of the program: the batch is then tried singly;
- nobody waits for others: a batch is what has come in while the last one was being written;
- memory is bounded: at most `capacity` wait, and the next is told `Busy` and when to try again;
- closing takes in nothing more, answers everything that was taken in, and leaves no thread behind.

Parsing and signatures are checked by the submitting threads, before the queue. A second thread has the latest
checkpoint cosigned within a second. Judging and writing are the ledger's, which is handed in.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Generic, Protocol, Self, TypeVar

from ledger.errors import LedgerError, Malformed

CAPACITY: Final = 4096
BATCH_MAX: Final = 256
COSIGN_SECONDS: Final = 0.5
"""How long a commit waits for others to be cosigned with it; the cosignature itself takes a millisecond."""
RETRY_AFTER: Final = 1

Prepared = TypeVar("Prepared")
Recorded = TypeVar("Recorded")
Recorded_co = TypeVar("Recorded_co", covariant=True)


class Busy(LedgerError):
    """As many submissions wait as may. `retry_after`: whole seconds after which to try again."""

    def __init__(self, waiting: int, retry_after: int = RETRY_AFTER) -> None:
        super().__init__(f"{waiting} submissions wait already; try again in {retry_after} s. Nothing was recorded.")
        self.waiting = waiting
        self.retry_after = retry_after


class Closed(LedgerError):
    """The sequencer takes in nothing more; nothing was recorded."""


class Writer(Protocol[Prepared, Recorded_co]):
    """What the application hands in: `ledger.application.Ledger`."""

    def prepare(self, envelope: bytes) -> Prepared:
        """Parses and verifies, in any thread."""
        ...

    def append(self, batch: Sequence[Prepared]) -> Sequence[Recorded_co | Exception]:
        """Makes a batch durable; one outcome for each member, an exception for a refused one."""
        ...

    def cosign_latest(self) -> bytes | None:
        """Has the latest checkpoint cosigned."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[Prepared, Recorded]):
    prepared: Prepared
    outcome: Future[Recorded]


def _running() -> Future[Recorded]:
    """An outcome to come. It is committed whether or not somebody still waits for it: it cannot be cancelled."""
    outcome: Future[Recorded] = Future()
    outcome.set_running_or_notify_cancel()
    return outcome


class Sequencer(Generic[Prepared, Recorded]):
    """The one queue into a ledger. Use it in a `with`, or close it."""

    def __init__(
        self, writer: Writer[Prepared, Recorded], capacity: int = CAPACITY, batch_max: int = BATCH_MAX
    ) -> None:
        self._writer = writer
        self._capacity = capacity
        self._batch_max = batch_max
        self._queue: deque[_Waiting[Prepared, Recorded]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._committed = threading.Event()
        self._ended = threading.Event()
        self._failed_cosigning: Exception | None = None
        self._committer = threading.Thread(target=self._commit_all, name="ledger-committer")
        self._cosigner = threading.Thread(target=self._cosign_all, name="ledger-cosigner")
        self._committer.start()
        self._cosigner.start()

    def submit(self, envelope: bytes) -> Recorded:
        """Records one statement; returns when it is durable. Raises what the statement met, Busy, Closed."""
        return self.enqueue(envelope).result()

    def enqueue(self, envelope: bytes) -> Future[Recorded]:
        """Verifies a submission in this thread and queues it. Raises Malformed, Busy, Closed."""
        self._require_room()
        prepared = self._writer.prepare(envelope)
        waiting: _Waiting[Prepared, Recorded] = _Waiting(prepared, _running())
        with self._changed:
            self._require_room()
            self._queue.append(waiting)
            self._changed.notify()
        return waiting.outcome

    def enqueue_all(self, envelopes: Sequence[bytes]) -> list[Future[Recorded] | Malformed]:
        """Verifies submissions in this thread and queues them together, in their order: the first of them, as many as there
        is room for. Raises Busy where there is room for none, Closed."""
        self._require_room()
        outcomes: list[Future[Recorded] | Malformed] = []
        waiting: list[_Waiting[Prepared, Recorded]] = []
        for envelope in envelopes[: self._capacity - len(self._queue)]:
            try:
                waiting.append(_Waiting(self._writer.prepare(envelope), _running()))
                outcomes.append(waiting[-1].outcome)
            except Malformed as error:
                outcomes.append(error)
        with self._changed:
            self._require_room()
            room = self._capacity - len(self._queue)
            if len(waiting) > room:
                del outcomes[outcomes.index(waiting[room].outcome) :]
            self._queue.extend(waiting[:room])
            self._changed.notify()
        return outcomes

    @property
    def waiting(self) -> int:
        """How many submissions wait to be taken into a batch."""
        return len(self._queue)

    def close(self) -> None:
        """Answers everything that was taken in, has it cosigned, and ends. May be called twice.

        Raises the error of the last cosignature, if it could not be made: the entries are recorded all the same.
        """
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._committer.join()
        self._ended.set()
        self._committed.set()
        self._cosigner.join()
        failed, self._failed_cosigning = self._failed_cosigning, None
        if failed is not None:
            raise failed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _require_room(self) -> None:
        if self._closed:
            raise Closed("the ledger is closing; nothing was recorded")
        if len(self._queue) >= self._capacity:
            raise Busy(len(self._queue))

    # The committing thread

    def _commit_all(self) -> None:
        while batch := self._next():
            self._commit(batch)
            self._committed.set()

    def _next(self) -> list[_Waiting[Prepared, Recorded]]:
        """What waits now, from the front; empty when closed and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            return [self._queue.popleft() for _ in range(min(len(self._queue), self._batch_max))]

    def _commit(self, batch: list[_Waiting[Prepared, Recorded]]) -> None:
        try:
            outcomes = self._writer.append([one.prepared for one in batch])
        except LedgerError as error:
            for one in batch:
                one.outcome.set_exception(error)
            return
        except Exception as error:  # noqa: BLE001  # a fault of ours goes to whoever met it, and only to them
            if len(batch) == 1:
                batch[0].outcome.set_exception(error)
                return
            for one in batch:
                self._commit([one])
            return
        for one, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Exception):
                one.outcome.set_exception(outcome)
            else:
                one.outcome.set_result(outcome)

    # The cosigning thread

    def _cosign_all(self) -> None:
        while True:
            self._committed.wait()
            ending = self._ended.wait(COSIGN_SECONDS)
            self._committed.clear()
            try:
                self._writer.cosign_latest()
                self._failed_cosigning = None
            except LedgerError as error:
                # Entries are recorded and provable without it; the next one covers them. Told when closing.
                self._failed_cosigning = error
            if ending:
                return
