"""Keeps the views up with the log, builds them anew beside the live ones, and finds where they drifted.

Guarantees: entries are taken in batches, each once, in order; what a batch changes is computed by the one fold, from the record
as it was after the batch, and written with the tracking in one transaction: the views say what the ledger of their size says, not
more. A `rebuild` writes another generation, a part at a time, and makes it live at once; until then, and if it fails, the old one
answers. An act that changes how all is read (time zones, legal orders), or very much, makes a rebuild. `drift` compares part by
part every row with what the record of the same size says. An entry that cannot be taken in stops the projection with its index,
and the last good state goes on answering at its size. What is held in memory is that of a batch, or a part, whatever the ledger.

It is the library's `Projection` as well, an entry at a time, for whoever runs it so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from eventsourcing.persistence import Tracking
from eventsourcing.projection import Projection

from domain.acts import Act
from domain.filing import TERM, filed_under
from domain.identifiers import StatementId, SubjectId
from domain.record import Record
from domain.shelf import Place
from ledger.errors import LedgerError
from ledger.projections.rows import NOTHING, DeadlineRow, HoldingRow, NameRow, RowMaker, Touched, changes_all, touched
from ledger.projections.view import AnyRow, Changes, LedgerView, tracked_as
from ledger.store.events import StatementRecorded

BATCH: Final = 1_000
"""Entries in one transaction."""
PART: Final = 500
"""Subjects in one transaction of a rebuild."""
TOUCHED_MAX: Final = 20_000
"""Subjects and statements that a batch may change; where it changes more, the views are built anew."""
FEW: Final = 100
"""Acts, or subjects, looked at before the record is let go of: whoever asks waits no longer than that."""


class Reading(Protocol):
    """The record of so many entries, by default all, held still while it is read: `LedgerReader.reading`."""

    def __call__(self, size: int | None = None) -> AbstractContextManager[Record]: ...


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
        self._makers: list[RowMaker] = []
        self._lock = threading.Lock()

    def process_event(self, domain_event: StatementRecorded, tracking: Tracking) -> None:
        """One entry (library contract)."""
        size = tracking.notification_id
        with self._lock:
            generation = self.view.live()
            with self._reading(size) as record, _blamed_on(size - 1):
                part = touched(record, list(record.walk(size - 1, size)))
            self.view.write(generation, size, self._changed(part, size - 1, size))

    def catch_up(self, progress: Progress | None = None) -> int:
        """Takes in what was recorded since; the size then. Raises ProjectionFailed, StoreError."""
        with self._lock:
            live = self.view.live()
            return self._catch_up(live, progress) if self.view.size(live) else self._rebuild(progress)

    def rebuild(self, progress: Progress | None = None) -> int:
        """Builds the views anew beside the live ones, then switches; the size then. Raises as `catch_up`."""
        with self._lock:
            return self._rebuild(progress)

    def drift(self) -> Iterator[Drift]:
        """Everything in which the live views differ from the record of their size; they are caught up first."""
        self.catch_up()
        with self._lock:
            for part, _ in self._parts():
                yield from self._differences(part)
            yield from self._strays()

    # Taking in

    def _catch_up(self, generation: int, progress: Progress | None) -> int:
        size, most = self.view.size(generation), BATCH
        while True:
            try:
                stop, total, changes = self._batch(size, most)
            except ProjectionFailed:
                self._makers.clear()
                if most == 1:
                    raise
                # Smaller batches, to take in all before the entry that cannot be, and to name it.
                most //= 2
                continue
            if changes is None:
                return self._rebuild(progress)
            if size < stop:
                self.view.write(generation, stop, changes)
            size = stop
            if progress is not None:
                progress(size, total)
            if size == total:
                return size

    def _batch(self, size: int, most: int) -> tuple[int, int, Changes | None]:
        """Where the next batch ends, how many entries there are, and what the batch changes; None where that is all, or too much
        for one transaction."""
        with self._reading() as record:
            total = record.count
        stop = min(size + most, total)
        part = NOTHING
        for low in range(size, stop, FEW):
            with self._reading(stop) as record:
                acts: Sequence[Act] = list(record.walk(low, min(low + FEW, stop)))
                if any(map(changes_all, acts)):
                    return stop, total, None
                with _blamed_on(size):
                    part |= touched(record, acts)
            if len(part.subjects) + len(part.statements) > TOUCHED_MAX:
                return stop, total, None
        return stop, total, self._changed(part, size, stop)

    def _changed(self, part: Touched, start: int, size: int | None) -> Changes:
        """The rows of a part, from the record of so many entries, by default all. It is let go of now and then: whoever asks has a
        turn. A fault is told of the entry `start`."""
        made = Changes({}, {}, {})
        for few in part.by(FEW):
            with self._reading(size) as record, _blamed_on(start):
                maker = self._maker_of(record)
                dated = [subject for statement in few.statements for subject in record.act(statement).subjects]
                record.fetch([*few.subjects, *dated])
                made |= Changes(
                    {s: maker.holdings(s) for s in few.subjects if s.startswith("asset:")},
                    {s: maker.names(s) for s in few.subjects},
                    {s: maker.deadlines(s) for s in few.statements},
                )
        return made

    def _maker_of(self, record: Record) -> RowMaker:
        """The one whose folds go on; that of the whole record stays while one of a shorter record is used."""
        found = next((maker for maker in self._makers if maker.record is record), None)
        if found is None:
            found = RowMaker(record)
        self._makers = [found, *(maker for maker in self._makers if maker is not found)][:2]
        return found

    # Building anew

    def _rebuild(self, progress: Progress | None) -> int:
        generation = self.view.begin()
        try:
            self._makers.clear()
            with self._reading() as record:
                start = record.count
            # What is recorded meanwhile is in some rows already; all of it is taken in again as what follows.
            for part, index in self._parts():
                self.view.put(generation, self._changed(part, self.view.size(), None))
                if progress is not None:
                    progress(min(index, start), start)
            self.view.insert_tracking(Tracking(tracked_as(generation), start))
            size = self._catch_up(generation, progress)
            self.view.switch(generation)
        except LedgerError:
            self.view.discard(generation)
            raise
        # Ended by anything else, it goes with the next switch: a program that is told to stop need not wait for that.
        return size

    def _parts(self) -> Iterator[tuple[Touched, int]]:
        """All that there are rows of, some at a time, each with how far in the log the last of it is first mentioned. The record
        is let go of in between, so that whoever asks has a turn."""
        after: Place | None = None
        while True:
            with self._reading() as record:
                page = list(islice(record.introductions("", after), PART))
            if not page:
                break
            after = page[-1][0]
            yield Touched(frozenset(subject for _, subject in page), frozenset()), after[0]
        start = 0
        while True:
            with self._reading() as record:
                acts = list(islice(record.filed_through(TERM, start), PART))
            if not acts:
                return
            start = acts[-1].position + 1
            yield Touched(frozenset(), frozenset(act.id for act in acts)), start

    # Comparing

    def _differences(self, part: Touched) -> list[Drift]:
        """Where the rows of a part differ from those that the record of the views' size makes."""
        with self.view.datastore.reading():
            size = self.view.size()
            with self._reading(size) as record:
                here = Touched(part.subjects, frozenset(s for s in part.statements if record.find(s) is not None))
            made = self._changed(here, size, size)
            found: list[Drift] = []
            for kind, table, expected in made.by_table():
                stored = self.view.rows_of(kind, list(expected))
                found += [
                    Drift(table, subject, tuple(stored.get(subject, ())), tuple(rows))
                    for subject, rows in sorted(expected.items())
                    if stored.get(subject, []) != list(rows)
                ]
            return found

    def _strays(self) -> Iterator[Drift]:
        """Rows of subjects that nothing on record mentions, and of statements that bear no date."""
        for kind, table in ((HoldingRow, "view_holdings"), (NameRow, "view_names"), (DeadlineRow, "view_deadlines")):
            after = ""
            while page := self.view.subjects(kind, after, PART):
                after = page[-1]
                with self._reading() as record:
                    strays = [subject for subject in page if not _known(record, kind, subject)]
                stored = self.view.rows_of(kind, strays)
                yield from (
                    Drift(table, subject, tuple(stored[subject]), ()) for subject in strays if subject in stored
                )


def _known(record: Record, kind: type[AnyRow], subject: str) -> bool:
    """Whether the record may make rows of a subject (deadlines: of a statement)."""
    if kind is DeadlineRow:
        act = record.find(StatementId(subject))
        return act is not None and TERM in filed_under(act)
    about = kind is not HoldingRow or subject.startswith("asset:")
    return about and record.introduction(SubjectId(subject)) is not None


@contextmanager
def _blamed_on(index: int) -> Iterator[None]:
    """The fold is total: what goes wrong in it is a fault of ours, told with the entry at which it was met."""
    try:
        yield
    except LedgerError:
        raise  # the store's, which may do better next time
    except Exception as error:
        raise ProjectionFailed(index, f"{type(error).__name__}: {error}") from error
