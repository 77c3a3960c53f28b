"""The stored rows as they are, for the audit: nothing is assumed of them, nothing is refused.

Guarantees that damage is handed on instead of hidden: a text that is no text comes back as the bytes it is, a row that
should not exist is returned like the others. What may be believed of it, `ledger.audit` finds out.

It also says what the schema lacks: its revision, tables, the triggers that keep entries unaltered, and for SQLite
whether the file and its indexes are sound (PRAGMA integrity_check).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    bindparam,
    cast,
    func,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.sql.elements import SQLCoreOperations

from domain.identifiers import REGISTER
from ledger.store import schema, tables
from ledger.store.datastore import Datastore
from ledger.store.driver import Values
from ledger.store.errors import StoreError

PAGE = 1_024
"""Rows read at a time: at most 64 MiB of entries."""
_NONE: Final = literal_column("0", Integer)
"""No offset: SQLAlchemy would write one with a value of its own."""
FIRST = -(2**62)
"""Before every position, those that should not exist included."""

TRIGGERS = ("entries_insert", "checkpoints_update", "checkpoints_delete")
TRIGGERS_SQLITE = (*TRIGGERS, "entries_update", "entries_delete", "checkpoints_insert")
TRIGGERS_POSTGRESQL = (*TRIGGERS, "entries_alter", "entries_truncate", "checkpoints_truncate")


class EntryRow(NamedTuple):
    """A row of `entries`."""

    position: int
    originator_id: str
    originator_version: int
    topic: str
    statement_id: str
    recorded_at: str
    leaf_hash: bytes
    entry: bytes


class MemberRow(NamedTuple):
    """A row of `membership`."""

    subject: str
    n: int
    position: int
    ordinal: int


class FiledRow(NamedTuple):
    """A row of `filed`. A tuple, as the next: they come by the hundred thousand into sets."""

    name: str
    position: int


class IntroductionRow(NamedTuple):
    """A row of `introductions`."""

    subject: str
    position: int
    ordinal: int


@dataclass(frozen=True, slots=True)
class HeadRow:
    """The row of `head`."""

    id: int
    size: int
    frontier: bytes
    recorded_at: str | None
    register_count: int


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A row of `nodes`."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A row of `checkpoints`."""

    size: int
    note: bytes
    cosigned: bytes | None


@dataclass(frozen=True, slots=True)
class TrackingRow:
    """A row of `tracking`."""

    application_name: str
    notification_id: int


class StoredRows:
    """Raw reading of one ledger. Each method may raise StoreError, for a file that cannot be read at all."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore
        self._sqlite = datastore.url.get_backend_name() == "sqlite"
        # What is asked for every page is composed once, and its rows are the driver's own: a third of the time it took.
        composed = datastore.dialect.statement
        entries, page = tables.entries.c, bindparam("page", type_=Integer)
        within = (entries.position > bindparam("after")) & (entries.position <= bindparam("until"))
        self._entries = composed(
            select(
                entries.position,
                self._text(entries.originator_id),
                entries.originator_version,
                self._text(entries.topic),
                self._text(entries.statement_id),
                self._text(entries.recorded_at),
                entries.leaf_hash,
                entries.entry,
            )
            .where(within)
            .order_by(entries.position)
            .limit(page)
            .offset(_NONE)
        )
        about = entries.originator_id == bindparam("originator")
        self._about = composed(
            select(entries.position, entries.entry)
            .where(about, within)
            .order_by(entries.position)
            .limit(page)
            .offset(_NONE)
        )
        members = tables.membership.c
        self._members = composed(
            select(self._text(members.subject), members.n, members.position, members.ordinal)
            .where(_between(members.position))
            .order_by(members.position, members.ordinal)
        )
        listed, filed = datastore.dialect.listed(), tables.filed.c
        self._filed = composed(
            select(self._text(filed.name), filed.position)
            .select_from(listed)
            .join(tables.filed, (filed.name == listed.c.value) & _between(filed.position))
        )
        introduced = tables.introductions.c
        self._introductions = composed(
            select(self._text(introduced.subject), introduced.position, introduced.ordinal)
            .where(_between(introduced.position))
            .order_by(introduced.position, introduced.ordinal)
        )

    def schema_faults(self) -> Iterator[str]:
        """What is wrong with the schema, in words."""
        try:
            schema.check(self._datastore)
        except StoreError as error:
            yield error.what
        with self._datastore.reading() as connection:
            known = inspect(connection)
            present = set(known.get_table_names())
            for name in sorted(present & set(tables.metadata.tables)):
                columns = {column["name"] for column in known.get_columns(name)}
                for column in tables.metadata.tables[name].columns:
                    if column.name not in columns:
                        yield f"the column {name}.{column.name} is missing"
            yield from (f"the trigger {name} is missing or switched off" for name in self._missing_triggers())
            if self._sqlite:
                found = connection.execute(text("PRAGMA integrity_check")).scalars().all()
                yield from (f"SQLite: {line}" for line in found if line != "ok")

    def _missing_triggers(self) -> list[str]:
        wanted = TRIGGERS_SQLITE if self._sqlite else TRIGGERS_POSTGRESQL
        query = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if self._sqlite
            else "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') AND NOT tgisinternal"
        )
        with self._datastore.reading() as connection:
            present = set(connection.execute(text(query)).scalars())
        return sorted(set(wanted) - present)

    def head(self) -> list[HeadRow]:
        """All rows of `head`: there is to be one."""
        columns = tables.head.c
        rows = select(
            columns.id, columns.size, columns.frontier, self._text(columns.recorded_at), columns.register_count
        ).order_by(columns.id)
        with self._datastore.reading() as connection:
            return [
                HeadRow(id_, size, _raw(frontier), None if at is None else _spelled(at), count)
                for id_, size, frontier, at, count in connection.execute(rows)
            ]

    def numbered(self, size: int) -> bool:
        """Whether the positions up to `size` are 1 to `size`, as they should be."""
        positions = tables.entries.c.position
        asked = select(func.count(), func.min(positions), func.max(positions)).where(positions <= size)
        with self._datastore.reading() as connection:
            return tuple(connection.execute(asked).one()) == (size, 1, size)

    def entries(self, until: int, after: int = FIRST) -> Iterator[list[EntryRow]]:
        """Pages of `entries` after a position up to another, in order of position."""
        while True:
            with self._datastore.reading() as connection:
                asked: Values = {"after": after, "until": until, "page": PAGE}
                found = self._entries.all(connection, asked)
            page = [
                EntryRow(position, _spelled(a), version, _spelled(b), _spelled(c), _spelled(d), _raw(leaf), _raw(entry))
                for position, a, version, b, c, d, leaf, entry in found
            ]
            if page:
                yield page
            if len(page) < PAGE:
                return
            after = page[-1].position

    def register_entries(self, until: int) -> Iterator[tuple[int, bytes]]:
        """Position and bytes of the entries up to a position whose row says that they are about the register."""
        after = FIRST
        while True:
            with self._datastore.reading() as connection:
                asked: Values = {"after": after, "until": until, "page": PAGE, "originator": REGISTER}
                found = self._about.all(connection, asked)
            for position, entry in found:
                yield position, _raw(entry)
            if len(found) < PAGE:
                return
            after = found[-1][0]

    def members(self, first: int, last: int) -> list[MemberRow]:
        """Rows of `membership` for positions `first` to `last`, in order of position and ordinal."""
        with self._datastore.reading() as connection:
            found = self._members.all(connection, {"first": first, "last": last})
        return [MemberRow(_spelled(subject), n, at, ordinal) for subject, n, at, ordinal in found]

    def filed(self, names: Iterable[str], first: int, last: int) -> list[FiledRow]:
        """Rows of `filed` under these names for positions `first` to `last`."""
        with self._datastore.reading() as connection:
            asked = {"listed": self._datastore.dialect.listing(names), "first": first, "last": last}
            found = self._filed.all(connection, asked)
        return [FiledRow(_spelled(name), position) for name, position in found]

    def filed_count(self, size: int) -> int:
        """How many rows `filed` has for the first `size` entries."""
        with self._datastore.reading() as connection:
            within = tables.filed.c.position.between(1, size)
            return connection.execute(select(func.count()).select_from(tables.filed).where(within)).scalar_one()

    def introductions(self, first: int, last: int) -> list[IntroductionRow]:
        """Rows of `introductions` for positions `first` to `last`, in order of position and ordinal."""
        with self._datastore.reading() as connection:
            found = self._introductions.all(connection, {"first": first, "last": last})
        return [IntroductionRow(_spelled(subject), position, ordinal) for subject, position, ordinal in found]

    def nodes(self) -> Iterator[NodeRow]:
        """Rows of `nodes`, in order of level and index."""
        columns = tables.nodes.c
        rows = select(columns.level, columns.node_index, columns.hash).order_by(columns.level, columns.node_index)
        last: NodeRow | None = None
        while True:
            page_rows = rows.limit(PAGE)
            if last is not None:
                same_level = (columns.level == last.level) & (columns.node_index > last.index)
                page_rows = page_rows.where((columns.level > last.level) | same_level)
            with self._datastore.reading() as connection:
                page = [NodeRow(level, index, _raw(hash_)) for level, index, hash_ in connection.execute(page_rows)]
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1]

    def checkpoints(self) -> Iterator[CheckpointRow]:
        """Rows of `checkpoints`, in order of size."""
        columns = tables.checkpoints.c
        rows = select(columns.size, columns.note, columns.cosigned).order_by(columns.size)
        after: int | None = None
        while True:
            page_rows = rows.limit(PAGE) if after is None else rows.where(columns.size > after).limit(PAGE)
            with self._datastore.reading() as connection:
                page = [
                    CheckpointRow(size, _raw(note), None if cosigned is None else _raw(cosigned))
                    for size, note, cosigned in connection.execute(page_rows)
                ]
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].size

    def tracking(self) -> list[TrackingRow]:
        """Rows of `tracking`."""
        columns = tables.tracking.c
        rows = select(self._text(columns.application_name), columns.notification_id)
        with self._datastore.reading() as connection:
            return [TrackingRow(_spelled(name), number) for name, number in connection.execute(rows)]

    def beyond_head(self) -> Iterator[tuple[str, str]]:
        """Tables with rows that no head covers, and that in words; one snapshot, so that an append meanwhile is none."""
        with self._datastore.reading() as connection:
            size = connection.execute(select(func.max(tables.head.c.size))).scalar() or 0
            for name, position in (
                ("entries", tables.entries.c.position),
                ("membership", tables.membership.c.position),
                ("filed", tables.filed.c.position),
                ("introductions", tables.introductions.c.position),
                ("checkpoints", tables.checkpoints.c.size),
            ):
                outside: ColumnElement[bool] = (position > size) | (position < 1)
                found = connection.execute(select(func.count()).where(outside)).scalar_one()
                if found:
                    yield name, f"{found} rows lie outside the {size} entries of the log"

    def _text(self, column: Column[str] | Column[str | None]) -> SQLCoreOperations[bytes | str | None]:
        """SQLite stores any bytes as a text; they are read as they are. PostgreSQL stores valid texts only."""
        return cast(column, LargeBinary) if self._sqlite else column


def _between(position: Column[int]) -> ColumnElement[bool]:
    return position.between(bindparam("first"), bindparam("last"))


def _raw(value: object) -> bytes:
    """The bytes of a column of bytes. SQLite keeps a type with each value, which damage can change: what is no bytes comes as the
    words of what it is, which no hash fits."""
    return value if isinstance(value, bytes) else f"not bytes, but {type(value).__name__}".encode()


def _spelled(stored: bytes | str | None) -> str:
    """A text for comparing: bytes that are none get a spelling that no valid text has."""
    if isinstance(stored, bytes):
        return stored.decode("utf-8", "backslashreplace")
    return "\x00null" if stored is None else stored
