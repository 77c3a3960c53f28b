"""Keeps the views up with the log, builds them anew beside the live ones, and finds where they drifted.

Guarantees: entries are taken in batches, each once, in order; what a batch changes is computed from the record by the one
fold and written with the tracking in one transaction. A `rebuild` writes another generation and makes it live at once;
until then, and if it fails, the old one answers. `drift` compares every row with what the record says. An entry that
cannot be taken in stops the projection with its index, and the last good state goes on answering at its size.

It is the library's `Projection` as well, an entry at a time, for whoever runs it so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Final

from eventsourcing.persistence import Tracking
from eventsourcing.projection import Projection

from domain.filing import TERM
from domain.record import Place, Record
from ledger.errors import LedgerError
from ledger.projections.rows import DeadlineRow, HoldingRow, NameRow, RowMaker, Touched, everything, touched
from ledger.projections.view import AnyRow, Changes, Found, LedgerView, tracked_as
from ledger.store.errors import StoreConflict
from ledger.store.events import StatementRecorded

BATCH: Final = 500
"""Entries in one transaction."""
POLL_SECONDS: Final = 0.1

Reading = Callable[[], AbstractContextManager[Record]]
"""The record, held still while it is read: `LedgerReader.reading`."""
Progress = Callable[[int, int], None]


class ProjectionFailed(LedgerError):
    """The views stop before entry `index`; they go on answering as of that size."""

    def __init__(self, index: int, why: str) -> None:
        super().__init__(
            f"the views stop before entry {index}: {why}. They answer as of {index} entries; rebuild them."
        )
        self.index = index
        self.why = why


@dataclass(frozen=True, slots=True)
class Drift:
    """Where a view differs from the record: table, subject (deadlines: statement), what is there, what is to be."""

    table: str
    subject: str
    stored: tuple[AnyRow, ...]
    expected: tuple[AnyRow, ...]


class LedgerProjection(Projection[LedgerView]):
    """The views of one ledger, computed from its record."""

    name = "views"

    def __init__(self, view: LedgerView, reading: Reading) -> None:
        super().__init__(view)
        self._reading = reading
        self._maker: RowMaker | None = None
        self._lock = threading.Lock()

    def process_event(self, domain_event: StatementRecorded, tracking: Tracking) -> None:
        """One entry (library contract)."""
        with self._lock, self._reading() as record:
            self._take(record, self.view.live(), tracking.notification_id - 1, tracking.notification_id)

    def catch_up(self, progress: Progress | None = None) -> int:
        """Takes in what was recorded since; the size then. Raises ProjectionFailed, StoreError."""
        with self._lock:
            live = self.view.live()
            return self._catch_up(live, progress) if self.view.size(live) else self._rebuild(progress)

    def rebuild(self, progress: Progress | None = None) -> int:
        """Builds the views anew beside the live ones, then switches; the size then. Raises as `catch_up`."""
        with self._lock:
            return self._rebuild(progress)

    def drift(self) -> list[Drift]:
        """Everything in which the live views differ from the record; they are caught up first."""
        with self._lock, self._reading() as record:
            live = self.view.live()
            while (size := self.view.size(live)) < record.count:
                self._take(record, live, size, min(size + BATCH, record.count))
            maker = RowMaker(record)
            whole = everything(record)
            expected = _changes(maker, whole)
            return [
                *_compare("view_holdings", self.view.all_rows(HoldingRow), expected.holdings),
                *_compare("view_names", self.view.all_rows(NameRow), expected.names),
                *_compare("view_deadlines", self.view.all_rows(DeadlineRow), expected.deadlines),
            ]

    def _catch_up(self, generation: int, progress: Progress | None) -> int:
        size = self.view.size(generation)
        while True:
            # Let go of between batches, so that whoever asks has a turn.
            with self._reading() as record:
                total = record.count
                stop = min(size + BATCH, total)
                self._take(record, generation, size, stop)
            size = stop
            if progress is not None:
                progress(size, total)
            if size == total:
                return size

    def _rebuild(self, progress: Progress | None) -> int:
        generation = self.view.live() + 1
        self.view.discard(generation)
        self._maker = None
        with self._reading() as record:
            size = record.count
        # What is recorded meanwhile is in some rows already; all of it is taken in again as what follows.
        for part, index in self._parts():
            with self._reading() as record:
                changes = self._computed(record, 0, part)
            self.view.put(generation, changes)
            if progress is not None:
                progress(min(index, size), size)
        self.view.insert_tracking(Tracking(tracked_as(generation), size))
        size = self._catch_up(generation, progress)
        self.view.switch(generation)
        return size

    def _parts(self) -> Iterator[tuple[Touched, int]]:
        """All that there are rows of, some at a time, each with how far in the log the last of it is first mentioned. The record
        is let go of in between, so that whoever asks has a turn."""
        after: Place | None = None
        while True:
            with self._reading() as record:
                page = list(islice(record.introductions("", after), BATCH))
            if not page:
                break
            after = page[-1][0]
            yield Touched(frozenset(subject for _, subject in page), frozenset()), after[0]
        start = 0
        while True:
            with self._reading() as record:
                acts = list(islice(record.filed_through(TERM, start), BATCH))
            if not acts:
                return
            start = acts[-1].position + 1
            yield Touched(frozenset(), frozenset(act.id for act in acts)), start

    def _take(self, record: Record, generation: int, start: int, stop: int) -> None:
        if start < stop:
            changes = self._computed(record, start, touched(record, list(record.walk(start, stop))))
            self.view.write(generation, stop, changes)

    def _computed(self, record: Record, start: int, part: Touched) -> Changes:
        try:
            if self._maker is None or self._maker.record is not record:
                self._maker = RowMaker(record)
            return _changes(self._maker, part)
        except Exception as error:
            # The fold is total: this is a fault of ours, and it is told with the place it was met at.
            self._maker = None
            raise ProjectionFailed(start, f"{type(error).__name__}: {error}") from error


def _changes(maker: RowMaker, found: Touched) -> Changes:
    return Changes(
        {s: maker.holdings(s) for s in found.subjects if s.startswith("asset:")},
        {s: maker.names(s) for s in found.subjects},
        {s: maker.deadlines(s) for s in found.statements},
    )


def _compare(table: str, stored: Iterable[Found], expected: Mapping[str, Sequence[AnyRow]]) -> list[Drift]:
    held: dict[str, list[AnyRow]] = {}
    for found in stored:
        held.setdefault(found.subject, []).append(found.row)
    return [
        Drift(table, subject, tuple(held.get(subject, ())), tuple(expected.get(subject, ())))
        for subject in sorted(held.keys() | expected.keys())
        if held.get(subject, []) != list(expected.get(subject, []))
    ]


class ViewFollower:
    """A thread that keeps the views up. Use it in a `with`, or close it."""

    def __init__(self, projection: LedgerProjection) -> None:
        self._projection = projection
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
        while not self._ended.wait(POLL_SECONDS):
            try:
                self._projection.catch_up()
                self.failed = None
            except StoreConflict:
                # Another process keeps the same views up, and was faster.
                continue
            except LedgerError as error:
                self.failed = error
