"""The views in the database: rows of subjects, replaced together with the note of how far the log was read.

Guarantees (DESIGN section 4): a batch of entries changes the view and its tracking in one transaction, exactly once; a
reader sees one generation whole, the live one. Another is built beside it and takes its place in one transaction, which
removes the old. What is asked is answered from an index, a page at a time.

Not done: saying what the rows are (`rows`), and when (`projection`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final, TypeVar

from eventsourcing.persistence import Tracking
from sqlalchemy import Connection, Select, Table, delete, select, update

from domain.filing import folded, squeezed
from ledger.projections.rows import DeadlineRow, HoldingRow, NameRow, spell
from ledger.store import tables
from ledger.store.datastore import Datastore
from ledger.store.driver import Row, Value
from ledger.store.tracking import LedgerTrackingRecorder

AnyRow = HoldingRow | NameRow | DeadlineRow
R = TypeVar("R", HoldingRow, NameRow, DeadlineRow)

_TABLES: Final[tuple[tuple[type[AnyRow], Table], ...]] = (
    (HoldingRow, tables.view_holdings),
    (NameRow, tables.view_names),
    (DeadlineRow, tables.view_deadlines),
)
PAGE: Final = 1_000
WAIT_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Changes:
    """New rows by subject (deadlines: by statement). An empty list takes a subject's rows away."""

    holdings: Mapping[str, Sequence[HoldingRow]]
    names: Mapping[str, Sequence[NameRow]]
    deadlines: Mapping[str, Sequence[DeadlineRow]]


@dataclass(frozen=True, slots=True)
class Found:
    """A row with its place in the view: subject (deadlines: statement) and number."""

    subject: str
    n: int
    row: AnyRow


def tracked_as(generation: int) -> str:
    """The name under which a generation notes how far it has read."""
    return f"views-{generation}"


class LedgerView(LedgerTrackingRecorder):
    """The views of one ledger. Safe to share between threads."""

    def __init__(self, datastore: Datastore) -> None:
        super().__init__(datastore)
        self.datastore = datastore

    # Generations

    def live(self) -> int:
        """The generation that answers."""
        with self.datastore.reading() as connection:
            live: int = connection.execute(select(tables.view_state.c.live)).scalar_one()
        return live

    def size(self, generation: int | None = None) -> int:
        """How many entries a generation, by default the live one, has taken in."""
        return self.max_tracking_id(tracked_as(self.live() if generation is None else generation)) or 0

    def wait_for(self, size: int, seconds: float) -> None:
        """Returns when the live views have taken in so many entries: to read what one wrote. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while self.size() < size:
            if time.monotonic() >= until:
                raise TimeoutError(f"the views have not taken in {size} entries within {seconds} s")
            time.sleep(WAIT_SECONDS)

    def write(self, generation: int, size: int, changes: Changes) -> None:
        """Takes the entries up to `size` into a generation. Raises StoreConflict if it has them already."""
        with self.tracked(Tracking(tracked_as(generation), size)) as connection:
            self._put(connection, generation, changes)

    def put(self, generation: int, changes: Changes) -> None:
        """Rows of a generation under construction, which notes nothing until it is whole."""
        with self.datastore.writing() as connection:
            self._put(connection, generation, changes)

    def discard(self, generation: int) -> None:
        """Removes what a generation holds: one that was begun and not finished."""
        with self.datastore.writing() as connection:
            self._discard(connection, generation)

    def switch(self, generation: int) -> None:
        """Makes a generation the live one, and removes the one before: readers see the one, then the other."""
        with self.datastore.writing() as connection:
            before = connection.execute(select(tables.view_state.c.live).with_for_update()).scalar_one()
            connection.execute(update(tables.view_state).values(live=generation))
            if before != generation:
                self._discard(connection, before)

    # Questions

    def holders(
        self, at: datetime, after: tuple[str, int] | None = None, limit: int = 100, kind: str = "title"
    ) -> list[Found]:
        """Who holds what at a moment, by asset, after the place (subject, n) of the last row of the page before."""
        moment = spell(at)
        columns = tables.view_holdings.c
        rows = self._live(tables.view_holdings).where(
            columns.kind == kind, columns.start <= moment, columns.stop > moment
        )
        if after is not None:
            rows = rows.where((columns.subject > after[0]) | ((columns.subject == after[0]) & (columns.n > after[1])))
        return self._found(HoldingRow, rows.order_by(columns.subject, columns.n).limit(limit))

    def held_by(self, holder: str, at: datetime, limit: int = 100) -> list[Found]:
        """What a party holds at a moment, by asset."""
        moment = spell(at)
        columns = tables.view_holdings.c
        rows = self._live(tables.view_holdings).where(
            columns.holder == holder, columns.start <= moment, columns.stop > moment
        )
        return self._found(HoldingRow, rows.order_by(columns.subject, columns.n).limit(limit))

    def find(self, text: str, at: datetime | None = None, limit: int = 100) -> list[Found]:
        """Subjects by the beginning of a name, or a whole identifier; past ones as well unless a moment is given."""
        columns = tables.view_names.c
        name, identifier = folded(text), squeezed(text)
        begins = (columns.kind == "name") & (columns.folded >= name) & (columns.folded < name + "\U0010ffff")
        rows = self._live(tables.view_names).where(begins | ((columns.kind != "name") & (columns.folded == identifier)))
        if at is not None:
            rows = rows.where(columns.start <= spell(at), columns.stop > spell(at))
        return self._found(NameRow, rows.order_by(columns.folded, columns.subject, columns.n).limit(limit))

    def deadlines(self, start: datetime, stop: datetime, limit: int = 100) -> list[Found]:
        """What ends or falls due after `start` and not after `stop`, in order of time."""
        columns = tables.view_deadlines.c
        rows = self._live(tables.view_deadlines).where(columns.stop > spell(start), columns.stop <= spell(stop))
        return self._found(DeadlineRow, rows.order_by(columns.stop, columns.subject, columns.n).limit(limit))

    def all_rows(self, kind: type[R]) -> Iterator[Found]:
        """Every row of the live generation, by subject: to compare with what the record says."""
        table = dict(_TABLES)[kind]
        after: tuple[str, int] | None = None
        while True:
            columns = table.c
            rows = self._live(table)
            if after is not None:
                beside = (columns.subject == after[0]) & (columns.n > after[1])
                rows = rows.where((columns.subject > after[0]) | beside)
            page = self._found(kind, rows.order_by(columns.subject, columns.n).limit(PAGE))
            yield from page
            if len(page) < PAGE:
                return
            after = (page[-1].subject, page[-1].n)

    # Within

    def _live(self, table: Table) -> Select[tuple[object, ...]]:
        live = select(tables.view_state.c.live).scalar_subquery()
        return select(table).where(table.c.generation == live)

    def _found(self, kind: type[R], rows: Select[tuple[object, ...]]) -> list[Found]:
        names = [field.name for field in fields(kind)]
        with self.datastore.reading() as connection:
            return [
                Found(row.subject, row.n, kind(*(getattr(row, name) for name in names)))
                for row in connection.execute(rows)
            ]

    def _put(self, connection: Connection, generation: int, changes: Changes) -> None:
        self._replace(connection, tables.view_holdings, generation, changes.holdings)
        self._replace(connection, tables.view_names, generation, changes.names)
        self._replace(connection, tables.view_deadlines, generation, changes.deadlines)

    def _replace(
        self, connection: Connection, table: Table, generation: int, by_subject: Mapping[str, Sequence[AnyRow]]
    ) -> None:
        subjects = list(by_subject)
        dialect = self.datastore.dialect
        listed = select(dialect.listed().c.value)
        replaced = delete(table).where(table.c.generation == generation, table.c.subject.in_(listed))
        for low in range(0, len(subjects), PAGE):
            connection.execute(replaced, {"listed": dialect.listing(subjects[low : low + PAGE])})
        made: list[Row] = []
        for subject, rows in by_subject.items():
            for n, row in enumerate(rows):
                place: dict[str, Value] = {"generation": generation, "subject": subject, "n": n}
                place.update((name, getattr(row, name)) for name in row.__slots__)
                made.append(place)
        for low in range(0, len(made), PAGE):
            dialect.insert_rows(connection, table, made[low : low + PAGE])

    def _discard(self, connection: Connection, generation: int) -> None:
        for _, table in _TABLES:
            connection.execute(delete(table).where(table.c.generation == generation))
        connection.execute(delete(tables.tracking).where(tables.tracking.c.application_name == tracked_as(generation)))
