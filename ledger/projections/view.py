"""The views in the database: rows of subjects, replaced together with the note of how far the log was read.

Guarantees (DESIGN section 4): a batch of entries changes the view and its tracking in one transaction, exactly once; a
reader sees one generation whole, the live one. Another, which its builder alone writes to, is built beside it and takes its
place in one transaction; the old ones are then removed, a few subjects at a time. What is asked is answered from an index, a
page at a time.

Not done: saying what the rows are (`rows`), and when (`projection`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

from eventsourcing.persistence import Tracking
from sqlalchemy import Connection, ScalarSelect, Select, Table, delete, func, insert, select, update

from domain.filing import folded, squeezed
from domain.identifiers import StatementId
from ledger.projections.rows import DeadlineRow, HoldingRow, NameRow, spell
from ledger.store import tables
from ledger.store.datastore import Datastore
from ledger.store.driver import Value
from ledger.store.errors import StoreConflict
from ledger.store.tracking import LedgerTrackingRecorder

AnyRow = HoldingRow | NameRow | DeadlineRow
R = TypeVar("R", bound=AnyRow, covariant=True)
Kind = TypeVar("Kind", bound=AnyRow)

_TABLES: Final[tuple[tuple[type[AnyRow], Table], ...]] = (
    (HoldingRow, tables.view_holdings),
    (NameRow, tables.view_names),
    (DeadlineRow, tables.view_deadlines),
)
PAGE: Final = 1_000
WAIT_SECONDS: Final = 0.02
_TRACKED = re.compile(r"views-([0-9]{1,18})(-begun)?\Z")


@dataclass(frozen=True, slots=True)
class Changes:
    """New rows by subject (deadlines: by statement). An empty list takes a subject's rows away."""

    holdings: Mapping[str, Sequence[HoldingRow]]
    names: Mapping[str, Sequence[NameRow]]
    deadlines: Mapping[str, Sequence[DeadlineRow]]

    def __or__(self, other: Changes) -> Changes:
        return Changes(
            {**self.holdings, **other.holdings},
            {**self.names, **other.names},
            {**self.deadlines, **other.deadlines},
        )

    def by_table(self) -> tuple[tuple[type[AnyRow], str, Mapping[str, Sequence[AnyRow]]], ...]:
        """The same, with the kind of row and the name of the table."""
        return (
            (HoldingRow, tables.view_holdings.name, self.holdings),
            (NameRow, tables.view_names.name, self.names),
            (DeadlineRow, tables.view_deadlines.name, self.deadlines),
        )


def _in_tables(changes: Changes) -> tuple[tuple[Table, Mapping[str, Sequence[AnyRow]]], ...]:
    return (
        (tables.view_holdings, changes.holdings),
        (tables.view_names, changes.names),
        (tables.view_deadlines, changes.deadlines),
    )


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """A row with its place in the view: subject (deadlines: statement) and number."""

    subject: str
    n: int
    row: R


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
        """Takes the entries up to `size` into a generation. Raises StoreConflict if it has them already, or another is live."""
        with self.tracked(Tracking(tracked_as(generation), size)) as connection:
            self._require_not_before(connection, generation)
            self._remove(connection, generation, changes)
            self._add(connection, generation, changes)

    def begin(self) -> int:
        """A generation of one's own, to be built beside the live one. Raises StoreConflict where another was faster."""
        with self.datastore.writing() as connection:
            live = connection.execute(select(tables.view_state.c.live)).scalar_one()
            generation: int = max([live, *self._tracked(connection)]) + 1
            begun = {"application_name": f"{tracked_as(generation)}-begun", "notification_id": 1}
            connection.execute(insert(tables.tracking).values(begun))
        self._remove_rows(generation)
        return generation

    def put(self, generation: int, changes: Changes) -> None:
        """Rows of subjects that a generation under construction has none of; it notes nothing until it is whole."""
        with self.datastore.writing() as connection:
            self._add(connection, generation, changes)

    def discard(self, generation: int) -> None:
        """Removes a generation that is not live: one that was begun and not finished."""
        self._remove_rows(generation)
        with self.datastore.writing() as connection:
            self._forget(connection, generation, generation)

    def switch(self, generation: int) -> None:
        """Makes a generation the live one, and removes those before: readers see the one, then the other. Raises StoreConflict
        where a later one is live already."""
        with self.datastore.writing() as connection:
            self._require_not_before(connection, generation)
            connection.execute(update(tables.view_state).values(live=generation))
            self._forget(connection, 0, generation - 1)
        while (before := self._oldest()) < generation:
            self._remove_rows(before)

    # Questions

    def holders(self, at: datetime, after: tuple[str, int] | None = None, limit: int = 100) -> list[Found[HoldingRow]]:
        """Who holds title to what at a moment, by asset, after the place (subject, n) of the last row of the page before."""
        return self.held_within(at, at, ["title"], after, limit)

    def held_within(
        self,
        low: datetime,
        high: datetime,
        kinds: Sequence[str],
        after: tuple[str, int] | None,
        limit: int,
        holder: str | None = None,
    ) -> list[Found[HoldingRow]]:
        """Holdings of these rights, of one holder or of all, at any moment from `low` to `high`, both included; as `holders`."""
        columns = tables.view_holdings.c
        rows = self._live(tables.view_holdings).where(
            columns.kind.in_(kinds), columns.start <= spell(high), columns.stop > spell(low)
        )
        if after is not None:
            # The first bound is where the index is entered.
            rows = rows.where(columns.subject >= after[0], (columns.subject > after[0]) | (columns.n > after[1]))
        if holder is not None:
            # Found by the holder first: in the order of the key, all that others hold would be walked through.
            mine = rows.where(columns.holder == holder).cte("mine").prefix_with("MATERIALIZED")
            return self._found(HoldingRow, select(mine).order_by(mine.c.subject, mine.c.n).limit(limit))
        return self._found(HoldingRow, rows.order_by(columns.subject, columns.n).limit(limit))

    def separated(
        self, low: datetime, high: datetime, kind: str, assets: Sequence[str]
    ) -> dict[str, list[tuple[str, str]]]:
        """The periods within which a right in these assets is held otherwise than title, as the rows spell them."""
        columns = tables.view_holdings.c
        listed = select(self.datastore.dialect.listed().c.value)
        rows = (
            select(columns.subject, columns.start, columns.stop)
            .where(columns.generation == self._which(), columns.subject.in_(listed), columns.kind == kind)
            .where(columns.start <= spell(high), columns.stop > spell(low))
            .distinct()
        )
        found: dict[str, list[tuple[str, str]]] = {}
        with self.datastore.reading() as connection:
            for row in connection.execute(rows, {"listed": self.datastore.dialect.listing(assets)}):
                found.setdefault(row.subject, []).append((row.start, row.stop))
        return found

    def find(self, text: str, at: datetime | None = None, limit: int = 100) -> list[Found[NameRow]]:
        """Subjects by the beginning of a name, or a whole identifier; past ones as well unless a moment is given."""
        columns = tables.view_names.c
        name, identifier = folded(text), squeezed(text)
        begins = (columns.kind == "name") & (columns.folded >= name) & (columns.folded < name + "\U0010ffff")
        rows = self._live(tables.view_names).where(begins | ((columns.kind != "name") & (columns.folded == identifier)))
        if at is not None:
            rows = rows.where(columns.start <= spell(at), columns.stop > spell(at))
        return self._found(NameRow, rows.order_by(columns.folded, columns.subject, columns.n).limit(limit))

    def deadlines(self, start: datetime, stop: datetime, limit: int = 100) -> list[Found[DeadlineRow]]:
        """What ends or falls due after `start` and not after `stop`, in order of time."""
        columns = tables.view_deadlines.c
        rows = self._live(tables.view_deadlines).where(columns.stop > spell(start), columns.stop <= spell(stop))
        return self._found(DeadlineRow, rows.order_by(columns.stop, columns.subject, columns.n).limit(limit))

    def due(self, start: datetime, stop: datetime) -> list[StatementId]:
        """The statements because of which something ends or falls due after `start` and not after `stop`."""
        columns = tables.view_deadlines.c
        rows = (
            select(columns.subject)
            .where(columns.generation == self._which(), columns.stop > spell(start), columns.stop <= spell(stop))
            .distinct()
        )
        with self.datastore.reading() as connection:
            return [StatementId(subject) for subject in connection.execute(rows).scalars()]

    def names_at(self, subjects: Sequence[str], at: datetime) -> dict[str, str]:
        """The name that each subject bears at a moment, else the last one it bore."""
        columns = tables.view_names.c
        listed = select(self.datastore.dialect.listed().c.value)
        rows = (
            select(columns.subject, columns.start, columns.stop, columns.value)
            .where(columns.generation == self._which(), columns.subject.in_(listed), columns.kind == "name")
            .order_by(columns.subject, columns.n)
        )
        borne: dict[str, str] = {}
        last: dict[str, str] = {}
        moment = spell(at)
        with self.datastore.reading() as connection:
            for row in connection.execute(rows, {"listed": self.datastore.dialect.listing(subjects)}):
                last[row.subject] = row.value
                if row.start <= moment < row.stop:
                    borne[row.subject] = row.value
        return last | borne

    def rows_of(self, kind: type[AnyRow], subjects: Sequence[str]) -> dict[str, list[AnyRow]]:
        """Every row of these subjects, in order."""
        table = dict(_TABLES)[kind]
        listed = select(self.datastore.dialect.listed().c.value)
        rows = self._live(table).where(table.c.subject.in_(listed)).order_by(table.c.subject, table.c.n)
        found: dict[str, list[AnyRow]] = {}
        for one in self._found(kind, rows, {"listed": self.datastore.dialect.listing(subjects)}):
            found.setdefault(one.subject, []).append(one.row)
        return found

    def subjects(self, kind: type[AnyRow], after: str, limit: int) -> list[str]:
        """Subjects that there are rows of, in order, after one."""
        columns = dict(_TABLES)[kind].c
        rows = select(columns.subject).where(columns.generation == self._which(), columns.subject > after)
        with self.datastore.reading() as connection:
            return list(connection.execute(rows.distinct().order_by(columns.subject).limit(limit)).scalars())

    # Within

    def _which(self) -> ScalarSelect[int]:
        return select(tables.view_state.c.live).scalar_subquery()

    def _live(self, table: Table) -> Select[tuple[object, ...]]:
        return select(table).where(table.c.generation == self._which())

    def _found(
        self, kind: type[Kind], rows: Select[tuple[object, ...]], given: Mapping[str, object] | None = None
    ) -> list[Found[Kind]]:
        with self.datastore.reading() as connection:
            return [
                Found(row.subject, row.n, kind(*(getattr(row, name) for name in kind._fields)))
                for row in connection.execute(rows, dict(given or {}))
            ]

    def _remove(self, connection: Connection, generation: int, changes: Changes) -> None:
        dialect = self.datastore.dialect
        for table, by_subject in _in_tables(changes):
            subjects = list(by_subject)
            own = table.c.generation == generation
            removed = delete(table).where(own, table.c.subject.in_(select(dialect.listed().c.value)))
            for low in range(0, len(subjects), PAGE):
                connection.execute(removed, {"listed": dialect.listing(subjects[low : low + PAGE])})

    def _add(self, connection: Connection, generation: int, changes: Changes) -> None:
        for table, by_subject in _in_tables(changes):
            made: list[tuple[Value, ...]] = [
                (generation, subject, n, *row) for subject, rows in by_subject.items() for n, row in enumerate(rows)
            ]
            for low in range(0, len(made), PAGE):
                self.datastore.dialect.insert_rows(connection, table, made[low : low + PAGE])

    def _require_not_before(self, connection: Connection, generation: int) -> None:
        live = connection.execute(select(tables.view_state.c.live).with_for_update()).scalar_one()
        if live > generation:
            raise StoreConflict(
                f"generation {live} of the views is live, which is later than {generation}",
                where=self.datastore.where,
                remedy="Nothing was written. Another process built them anew.",
            )

    def _tracked(self, connection: Connection) -> Iterator[int]:
        """The generations of which anything is noted."""
        for name in connection.execute(select(tables.tracking.c.application_name)).scalars():
            if found := _TRACKED.match(name):
                yield int(found[1])

    def _forget(self, connection: Connection, first: int, last: int) -> None:
        name = tables.tracking.c.application_name
        for generation in set(self._tracked(connection)):
            if first <= generation <= last:
                names = [tracked_as(generation), f"{tracked_as(generation)}-begun"]
                connection.execute(delete(tables.tracking).where(name.in_(names)))

    def _oldest(self) -> int:
        """The first generation that there are rows of, or the live one."""
        with self.datastore.reading() as connection:
            found = [connection.execute(select(func.min(table.c.generation))).scalar() for _, table in _TABLES]
        return min([generation for generation in found if generation is not None], default=self.live())

    def _remove_rows(self, generation: int) -> None:
        """A few subjects at a time, so that whoever appends has a turn."""
        dialect = self.datastore.dialect
        for _, table in _TABLES:
            after, columns = "", table.c
            own = columns.generation == generation
            some = select(columns.subject).where(own).distinct().order_by(columns.subject).limit(PAGE)
            removed = delete(table).where(own, columns.subject.in_(select(dialect.listed().c.value)))
            while True:
                with self.datastore.writing() as connection:
                    subjects = list(connection.execute(some.where(columns.subject > after)).scalars())
                    if not subjects:
                        break
                    after = subjects[-1]
                    connection.execute(removed, {"listed": dialect.listing(subjects)})
