"""Reading the durable log, beside any writer.

Guarantees: each answer comes from one snapshot; ranges are complete or an error says which entry is missing; every
entry read back hashes to the leaf hash beside it, or `StoreCorrupt` names its position (DESIGN section 4). Long
ranges are read page by page, so a slow consumer holds no connection.

Log indexes and ranges count from 0 and are half-open; positions are the library's notification ids, from 1.

Not done: proving that the leaf hashes belong to a checkpoint, or that columns say what the bytes say. The audit does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from ledger.log.merkle import leaf_hash as hash_of_leaf
from ledger.store import tables
from ledger.store.datastore import Datastore
from ledger.store.dialect import Dialect
from ledger.store.driver import Answer
from ledger.store.errors import OutOfRange, StoreCorrupt
from ledger.store.events import TILE_WIDTH, Head, RecordedEntry, StoredCheckpoint, StreamHead

Parameters = Mapping[str, int | str | list[str]]

PAGE = 256
"""Entries read at a time from a long range: at most 16 MiB."""

_RESTORE = "Stop appending, keep the database as it is, run the audit, restore from a backup or a published copy."

# What appends and answers ask is composed once: composing a statement costs several times what it takes to run.
HEAD: Final = select(
    tables.head.c.size, tables.head.c.frontier, tables.head.c.recorded_at, tables.head.c.register_count
)
_RANGE: Final = (tables.entries.c.position > bindparam("start")) & (tables.entries.c.position <= bindparam("stop"))
_BYTES: Final = (
    select(tables.entries.c.position, tables.entries.c.leaf_hash, tables.entries.c.entry)
    .where(_RANGE)
    .order_by(tables.entries.c.position)
)
_RECORDED: Final = select(tables.entries).where(_RANGE)
_LEAVES: Final = (
    select(tables.entries.c.position, tables.entries.c.leaf_hash).where(_RANGE).order_by(tables.entries.c.position)
)
_NODES: Final = (
    select(tables.nodes.c.hash)
    .where(
        tables.nodes.c.level == bindparam("level"),
        tables.nodes.c.node_index >= bindparam("start"),
        tables.nodes.c.node_index < bindparam("stop"),
    )
    .order_by(tables.nodes.c.node_index)
)
_SIZE: Final = tables.checkpoints.c.size
_CHECKPOINT: Final = select(tables.checkpoints).where(bindparam("size") == _SIZE)
_LATEST: Final = select(tables.checkpoints).order_by(_SIZE.desc()).limit(1)
_LATEST_COSIGNED: Final = _LATEST.where(tables.checkpoints.c.cosigned.is_not(None))
_COVERING: Final = select(tables.checkpoints).where(bindparam("index") < _SIZE).order_by(_SIZE).limit(1)


_FOUND: Final = (
    tables.entries.c.position,
    tables.entries.c.statement_id,
    tables.entries.c.leaf_hash,
    tables.entries.c.entry,
)
_WITHIN: Final = tables.entries.c.position <= bindparam("size")
_STATEMENT: Final = select(*_FOUND).where(tables.entries.c.statement_id == bindparam("statement"), _WITHIN)
_WALK: Final = select(*_FOUND).where(_RANGE).order_by(tables.entries.c.position)
_THROUGH: Final = (
    select(*_FOUND)
    .join(tables.filed, tables.filed.c.position == tables.entries.c.position)
    .where(tables.filed.c.name == bindparam("name"), tables.filed.c.position > bindparam("after"), _WITHIN)
    .order_by(tables.filed.c.position)
    .limit(PAGE)
)
_NAMED_LIKE: Final = (
    select(*_FOUND)
    .where(
        tables.entries.c.position.in_(
            select(tables.filed.c.position).where(
                tables.filed.c.name >= bindparam("low"),
                tables.filed.c.name < bindparam("high"),
                tables.filed.c.name.like(bindparam("pattern"), escape="\\"),
            )
        ),
        _WITHIN,
    )
    .order_by(tables.entries.c.position)
)
_INTRODUCED: Final = tables.introductions.c
_FIRST: Final = select(_INTRODUCED.position, _INTRODUCED.ordinal).where(
    _INTRODUCED.subject == bindparam("subject"), _INTRODUCED.position <= bindparam("size")
)
_INTRODUCTIONS: Final = (
    select(_INTRODUCED.position, _INTRODUCED.ordinal, _INTRODUCED.subject)
    .where(
        (_INTRODUCED.position > bindparam("position"))
        | ((_INTRODUCED.position == bindparam("position")) & (_INTRODUCED.ordinal > bindparam("ordinal"))),
        _INTRODUCED.position <= bindparam("size"),
        _INTRODUCED.subject >= bindparam("low"),
        _INTRODUCED.subject < bindparam("high"),
    )
    .order_by(_INTRODUCED.position, _INTRODUCED.ordinal)
    .limit(PAGE)
)
_TIME_OF: Final = select(tables.entries.c.recorded_at).where(tables.entries.c.position == bindparam("position"))
LEAVES_PAGE: Final = 8_192
"""Leaf hashes read at a time: a quarter of a megabyte."""


class FoundEntry(NamedTuple):
    """An entry as found: its index in the log, the id of its statement as the store has it, its leaf hash, its bytes."""

    log_index: int
    statement: str
    leaf_hash: bytes
    entry: bytes


def _streams(dialect: Dialect) -> Select[tuple[str, int, int, str, bytes, bytes]]:
    listed = dialect.listed()
    return (
        select(tables.membership.c.subject, tables.membership.c.n, *_FOUND)
        .select_from(listed)
        .join(tables.membership, tables.membership.c.subject == listed.c.value)
        .join(tables.entries, tables.entries.c.position == tables.membership.c.position)
        .where(_WITHIN)
        .order_by(tables.membership.c.subject, tables.membership.c.n)
    )


def _filed(dialect: Dialect) -> Select[tuple[str, int, str, bytes, bytes]]:
    listed = dialect.listed()
    return (
        select(tables.filed.c.name, *_FOUND)
        .select_from(listed)
        .join(tables.filed, tables.filed.c.name == listed.c.value)
        .join(tables.entries, tables.entries.c.position == tables.filed.c.position)
        .where(_WITHIN)
        .order_by(tables.entries.c.position)
    )


def _indexes(dialect: Dialect) -> Select[tuple[str, int]]:
    listed = dialect.listed()
    found = select(tables.entries.c.statement_id, tables.entries.c.position).select_from(listed)
    return found.join(tables.entries, tables.entries.c.statement_id == listed.c.value)


def _stream_heads(dialect: Dialect) -> Select[tuple[str, int, bytes, str, int]]:
    listed = dialect.listed()
    inner = tables.membership.alias("inner_membership")
    last = select(func.max(inner.c.n)).where(inner.c.subject == listed.c.value).scalar_subquery()
    return (
        select(
            tables.membership.c.subject,
            tables.membership.c.n,
            tables.entries.c.leaf_hash,
            tables.entries.c.statement_id,
            tables.entries.c.position,
        )
        .select_from(listed)
        .join(tables.membership, (tables.membership.c.subject == listed.c.value) & (tables.membership.c.n == last))
        .join(tables.entries, tables.entries.c.position == tables.membership.c.position)
    )


def _statements(dialect: Dialect) -> Select[tuple[object, ...]]:
    listed = dialect.listed()
    return select(tables.entries).join(listed, tables.entries.c.statement_id == listed.c.value)


class EntryReader:
    """All read access to one ledger. Safe to share between threads."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore
        self._ask_head = datastore.dialect.statement(HEAD)
        self._ask_stream_heads = datastore.dialect.statement(_stream_heads(datastore.dialect))
        self._statements = _statements(datastore.dialect)
        self._ask_streams = datastore.dialect.statement(_streams(datastore.dialect))
        self._ask_statement = datastore.dialect.statement(_STATEMENT)
        self._ask_filed = datastore.dialect.statement(_filed(datastore.dialect))
        self._ask_indexes = datastore.dialect.statement(_indexes(datastore.dialect))
        self._ask_first = datastore.dialect.statement(_FIRST)
        self._ask_time = datastore.dialect.statement(_TIME_OF)

    def snapshot(self) -> AbstractContextManager[object]:
        """What this thread reads inside is of one moment, and read on one connection."""
        return self._datastore.reading()

    # The head

    def head(self) -> Head:
        """The end of the log as last committed. Raises `StoreCorrupt`."""
        with self._datastore.reading() as connection:
            return self._head(self._ask_head.first(connection))

    def size(self) -> int:
        """Number of entries."""
        return self.head().size

    def max_notification_id(self) -> int | None:
        """Position of the last entry, None before the first (library contract)."""
        return self.size() or None

    # Entries, by log index

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """The exact bytes of entries [start, stop). Raises `OutOfRange`, `StoreCorrupt`."""
        for low, high in self._pages(start, stop):
            with self._datastore.reading() as connection:
                rows = connection.execute(_BYTES, {"start": low, "stop": high}).all()
            self._require_all([row.position for row in rows], low, high)
            for row in rows:
                if not isinstance(row.entry, bytes) or hash_of_leaf(row.entry) != row.leaf_hash:
                    raise self._corrupt("the bytes do not hash to the leaf hash", row.position)
                yield row.entry

    def recorded(self, start: int, stop: int) -> Iterator[RecordedEntry]:
        """Entries [start, stop) with their columns and subjects. Raises `OutOfRange`, `StoreCorrupt`."""
        for low, high in self._pages(start, stop):
            with self._datastore.reading() as connection:
                page = self._recorded(connection, _RECORDED, {"start": low, "stop": high})
            self._require_all([entry.id for entry in page], low, high)
            yield from page

    def leaf_hashes(self, start: int, stop: int) -> Iterator[bytes]:
        """The leaf hashes of entries [start, stop), 32 bytes each. Raises `OutOfRange`, `StoreCorrupt`."""
        for low, high in self._pages(start, stop, LEAVES_PAGE):
            with self._datastore.reading() as connection:
                rows = connection.execute(_LEAVES, {"start": low, "stop": high}).all()
            self._require_all([row.position for row in rows], low, high)
            yield from (row.leaf_hash for row in rows)

    # What is found under a name, among the first `size` entries

    def found_streams(self, subjects: Iterable[str], size: int) -> dict[str, list[FoundEntry]]:
        """The entries of each of these subjects' streams, in order; subjects without any are left out.

        Raises `StoreCorrupt`, also where the numbers of a stream have a gap."""
        with self._datastore.reading() as connection:
            rows = self._ask_streams.all(connection, {**self._listed(subjects), "size": size})
        found: dict[str, list[FoundEntry]] = {}
        for row in rows:
            entries = found.setdefault(row[0], [])
            if row[1] != len(entries) + 1:
                raise self._corrupt(f"the stream of {row[0]} lacks its entry {len(entries) + 1}", None)
            entries.append(self._found(row[2:]))
        return found

    def found_statement(self, statement_id: str, size: int) -> FoundEntry | None:
        """The entry that records a statement."""
        with self._datastore.reading() as connection:
            row = self._ask_statement.first(connection, {"statement": statement_id, "size": size})
        return None if row is None else self._found(row)

    def found_under(self, names: Iterable[str], size: int) -> dict[str, list[FoundEntry]]:
        """The entries filed under each of these names, in order; names without any are left out."""
        with self._datastore.reading() as connection:
            rows = self._ask_filed.all(connection, {**self._listed(names), "size": size})
        found: dict[str, list[FoundEntry]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(self._found(row[1:]))
        return found

    def found_through(self, name: str, size: int, start: int = 0) -> Iterator[FoundEntry]:
        """The entries filed under one name, from an index on, in order, read page by page."""
        after = start
        while True:
            with self._datastore.reading() as connection:
                rows = connection.execute(_THROUGH, {"name": name, "after": after, "size": size}).all()
            yield from (self._found(tuple(row)) for row in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1].position

    def found_like(self, prefix: str, part: str, size: int) -> list[FoundEntry]:
        """The entries filed under any name that begins with `prefix` and holds `part` after it, in order."""
        escaped = "".join(f"\\{char}" if char in "\\%_" else char for char in part)
        asked = {"low": prefix, "high": f"{prefix}\U0010ffff", "pattern": f"{prefix}%{escaped}%", "size": size}
        with self._datastore.reading() as connection:
            return [self._found(tuple(row)) for row in connection.execute(_NAMED_LIKE, asked)]

    def found_from(self, start: int, stop: int) -> Iterator[FoundEntry]:
        """Entries [start, stop), one after another. Raises `OutOfRange`, `StoreCorrupt`."""
        for low, high in self._pages(start, stop):
            with self._datastore.reading() as connection:
                rows = connection.execute(_WALK, {"start": low, "stop": high}).all()
            self._require_all([row.position for row in rows], low, high)
            yield from (self._found(tuple(row)) for row in rows)

    def introduction(self, subject: str, size: int) -> tuple[int, int] | None:
        """Where a subject or party is first mentioned: the index of the entry, and which of its mentions."""
        with self._datastore.reading() as connection:
            row = self._ask_first.first(connection, {"subject": subject, "size": size})
        return None if row is None else (row[0] - 1, row[1])

    def introductions(
        self, kind: str, size: int, after: tuple[int, int] | None = None
    ) -> Iterator[tuple[int, int, str]]:
        """Subjects and parties of a kind ("" for all) in the order of their first mention, after that place."""
        index, ordinal = after if after is not None else (-1, -1)
        low, high = (f"{kind}:", f"{kind};") if kind else ("", "\U0010ffff")
        while True:
            asked = {"position": index + 1, "ordinal": ordinal, "size": size, "low": low, "high": high}
            with self._datastore.reading() as connection:
                page = [(p - 1, n, subject) for p, n, subject in connection.execute(_INTRODUCTIONS, asked)]
            yield from page
            if len(page) < PAGE:
                return
            index, ordinal, _ = page[-1]

    def indexes_of(self, statement_ids: Iterable[str]) -> dict[str, int]:
        """Where in the log these statements are recorded; ids not recorded are left out."""
        with self._datastore.reading() as connection:
            return indexes_from(self._ask_indexes.all(connection, self._listed(statement_ids)))

    def recorded_until(self, recorded_at: str, size: int) -> int:
        """How many of the first `size` entries were recorded up to and including a moment, spelled as entries spell it."""

        def time_of(index: int) -> str:
            row = self._ask_time.first(connection, {"position": index + 1})
            if row is None:
                raise self._corrupt("the entry is missing", index + 1)
            return str(row[0])

        with self._datastore.reading() as connection:
            return bisect_right(range(size), recorded_at, key=time_of)

    def _found(self, row: Answer) -> FoundEntry:
        position, statement, leaf, entry = row[:4]
        if not isinstance(entry, bytes) or hash_of_leaf(entry) != leaf:
            raise self._corrupt("the bytes do not hash to the leaf hash", position)
        return FoundEntry(position - 1, statement, leaf, entry)

    def find_statement(self, statement_id: str) -> RecordedEntry | None:
        """The entry that records a statement, or None."""
        return next(iter(self.find_statements([statement_id]).values()), None)

    def find_statements(self, statement_ids: Iterable[str]) -> dict[str, RecordedEntry]:
        """The entries that record these statements, by statement id; ids not recorded are left out."""
        wanted = sorted(set(statement_ids))
        if not wanted:
            return {}
        with self._datastore.reading() as connection:
            found = self._recorded(connection, self._statements, self._listed(wanted))
        return {entry.statement_id: entry for entry in found}

    # Streams, by subject

    def stream_heads(self, subjects: Iterable[str]) -> dict[str, StreamHead]:
        """The head of each subject's stream; subjects without entries are left out."""
        wanted = sorted(set(subjects))
        if not wanted:
            return {}
        with self._datastore.reading() as connection:
            return stream_heads_of(self._ask_stream_heads.all(connection, self._listed(wanted)))

    def stream(self, subject: str, *, after: int = 0) -> Iterator[RecordedEntry]:
        """Entries that extend a subject's stream, in order, beginning after the first `after` of them."""
        while True:
            rows = self._stream_rows(subject, tables.membership.c.n > after, tables.membership.c.n.asc()).limit(PAGE)
            with self._datastore.reading() as connection:
                page = self._recorded(connection, rows)
            yield from page
            if len(page) < PAGE:
                return
            after += len(page)

    def stream_positions(self, subject: str) -> list[int]:
        """Positions (from 1) of the entries of a subject's stream, in order."""
        rows = (
            select(tables.membership.c.position)
            .where(tables.membership.c.subject == subject)
            .order_by(tables.membership.c.n)
        )
        with self._datastore.reading() as connection:
            return list(connection.execute(rows).scalars())

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[RecordedEntry]:
        """Entries whose first subject is this one (library contract)."""
        conditions = tables.membership.c.ordinal == 0
        if gt is not None:
            conditions &= tables.membership.c.n > gt
        if lte is not None:
            conditions &= tables.membership.c.n <= lte
        order = tables.membership.c.n.desc() if desc else tables.membership.c.n.asc()
        with self._datastore.reading() as connection:
            rows = self._stream_rows(str(originator_id), conditions, order).limit(limit)
            return self._recorded(connection, rows, descending=desc)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[RecordedEntry]:
        """Entries in log order from position `start` to `stop`, at most `limit` (library contract)."""
        rows = select(tables.entries).order_by(tables.entries.c.position).limit(limit)
        if start is not None:
            rows = rows.where(
                tables.entries.c.position >= start if inclusive_of_start else tables.entries.c.position > start
            )
        if stop is not None:
            rows = rows.where(tables.entries.c.position <= stop)
        if topics:
            rows = rows.where(tables.entries.c.topic.in_(topics))
        with self._datastore.reading() as connection:
            return self._recorded(connection, rows)

    # Tree and checkpoints

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree of 256**level leaves; level 0 is a leaf. Raises `OutOfRange`."""
        return self._hashes(level, index, index + 1)

    def tile(self, level: int, index: int, width: int = TILE_WIDTH) -> bytes:
        """The first `width` hashes of tile (level, index), 32 bytes each (C2SP tlog-tiles). Raises `OutOfRange`."""
        if not 1 <= width <= TILE_WIDTH:
            raise ValueError(f"no tile of width {width}")
        return self._hashes(level, index * TILE_WIDTH, index * TILE_WIDTH + width)

    def _hashes(self, level: int, start: int, stop: int) -> bytes:
        if level < 0 or start < 0:
            raise ValueError(f"no node at level {level}, index {start}")
        if level == 0:
            return b"".join(self.leaf_hashes(start, stop))
        asked = {"level": level, "start": start, "stop": stop}
        with self._datastore.reading() as connection:
            hashes = list(connection.execute(_NODES, asked).scalars())
        if len(hashes) != stop - start:
            complete = self.size() // TILE_WIDTH**level
            if stop <= complete:
                raise self._corrupt(f"nodes of level {level} between {start} and {stop} are missing", None)
            raise OutOfRange(
                f"Level {level} has {complete} complete nodes, not {stop}",
                where=self._datastore.where,
                remedy="Ask for a smaller range.",
            )
        return b"".join(hashes)

    def checkpoint(self, size: int) -> StoredCheckpoint | None:
        """The checkpoint over exactly `size` entries, or None."""
        return self._checkpoint(_CHECKPOINT, {"size": size})

    def latest_checkpoint(self) -> StoredCheckpoint | None:
        """The checkpoint of the last append; None for an empty log."""
        return self._checkpoint(_LATEST)

    def latest_cosigned(self) -> StoredCheckpoint | None:
        """The largest checkpoint that has its cosignatures, or None."""
        return self._checkpoint(_LATEST_COSIGNED)

    def checkpoint_covering(self, index: int) -> StoredCheckpoint | None:
        """The first checkpoint whose tree holds the entry at `index`: the one of its own append. None past the end."""
        return self._checkpoint(_COVERING, {"index": index})

    def checkpoints(self, *, after: int = 0) -> Iterator[StoredCheckpoint]:
        """All checkpoints with a size greater than `after`, ascending."""
        while True:
            rows = (
                select(tables.checkpoints)
                .where(tables.checkpoints.c.size > after)
                .order_by(tables.checkpoints.c.size)
                .limit(PAGE)
            )
            with self._datastore.reading() as connection:
                page = [StoredCheckpoint(row.size, row.note, row.cosigned) for row in connection.execute(rows)]
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].size

    # Within

    def _listed(self, values: Iterable[str]) -> Parameters:
        return {"listed": self._datastore.dialect.listing(values)}

    def _head(self, row: Answer | None) -> Head:
        if row is None:
            raise self._corrupt("the head row is missing", None)
        try:
            return Head(*row)
        except ValueError as error:
            raise self._corrupt(f"the head row contradicts itself: {error}", None) from error

    def _stream_rows(
        self, subject: str, condition: ColumnElement[bool], order: ColumnElement[int]
    ) -> Select[tuple[object, ...]]:
        joined = select(tables.entries).join(
            tables.membership, tables.membership.c.position == tables.entries.c.position
        )
        return joined.where(tables.membership.c.subject == subject, condition).order_by(order)

    def _recorded(
        self,
        connection: Connection,
        rows: Select[tuple[object, ...]],
        asked: Parameters | None = None,
        *,
        descending: bool = False,
    ) -> list[RecordedEntry]:
        found = sorted(connection.execute(rows, asked).all(), key=lambda row: int(row.position), reverse=descending)
        subjects = self._subjects(connection, [row.position for row in found])
        recorded: list[RecordedEntry] = []
        for row in found:
            try:
                entry = RecordedEntry(
                    originator_id=row.originator_id,
                    originator_version=row.originator_version,
                    topic=row.topic,
                    state=row.entry,
                    id=row.position,
                    statement_id=row.statement_id,
                    leaf_hash=row.leaf_hash,
                    subjects=tuple(subjects[row.position]),
                    recorded_at=row.recorded_at,
                )
            except ValueError as error:
                raise self._corrupt(str(error), row.position) from error
            recorded.append(entry)
        return recorded

    def _subjects(self, connection: Connection, positions: list[int]) -> dict[int, list[str]]:
        subjects: dict[int, list[str]] = {position: [] for position in positions}
        ordered = select(tables.membership.c.position, tables.membership.c.subject).order_by(
            tables.membership.c.position, tables.membership.c.ordinal
        )
        for low in range(0, len(positions), PAGE):
            page = ordered.where(tables.membership.c.position.in_(positions[low : low + PAGE]))
            for position, subject in connection.execute(page):
                subjects[position].append(subject)
        return subjects

    def _checkpoint(
        self, rows: Select[tuple[int, bytes, bytes | None]], asked: Parameters | None = None
    ) -> StoredCheckpoint | None:
        with self._datastore.reading() as connection:
            row = connection.execute(rows, asked).one_or_none()
        return None if row is None else StoredCheckpoint(row.size, row.note, row.cosigned)

    def _pages(self, start: int, stop: int, page: int = PAGE) -> Iterator[tuple[int, int]]:
        if not 0 <= start <= stop:
            raise ValueError(f"no range [{start}, {stop})")
        for low in range(start, stop, page):
            yield low, min(low + page, stop)

    def _require_all(self, positions: list[int], start: int, stop: int) -> None:
        expected = range(start + 1, stop + 1)
        if len(positions) == len(expected):
            return
        size = self.size()
        if stop > size:
            raise OutOfRange(
                f"The log has {size} entries, not {stop}", where=self._datastore.where, remedy="Ask for fewer."
            )
        missing = min(set(expected) - set(positions))
        raise self._corrupt("the entry is missing", missing)

    def _corrupt(self, why: str, position: int | None) -> StoreCorrupt:
        what = "The stored log is damaged" if position is None else f"The entry at position {position} is damaged"
        return StoreCorrupt(f"{what}: {why}", where=self._datastore.where, remedy=_RESTORE, position=position)


def indexes_from(rows: Iterable[Answer] = ()) -> dict[str, int]:
    """Log indexes by statement."""
    return {statement: position - 1 for statement, position in rows}


def stream_heads_of(rows: Iterable[Answer]) -> dict[str, StreamHead]:
    """By subject."""
    return {subject: StreamHead(count, leaf, statement, position) for subject, count, leaf, statement, position in rows}
