"""Appending to the durable log: lock, judge, insert, commit the head — one transaction for a whole batch.

    with recorder.locked(subjects) as head:              # the one write lock; nobody else appends
        …judge against recorder.stream_heads(…), build entries and the new head…
        application.events.put(events)                   # library path: EventStore → LedgerMapper → insert_events
        recorder.commit_head(new_head, note)
    # durable here, or an error was raised and nothing was written

Guarantees (DESIGN section 4): positions are given out under the lock, explicitly and without gaps; a batch, its
streams, tree nodes, head and checkpoint become durable together or not at all; a transaction that inserted entries
but did not commit the head fails; a failed insert poisons its transaction even if the caller swallows the error.

Not done: frontiers, checkpoints, signatures. That they belong to the entries is the caller's to compute and the
audit's to prove.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby

from eventsourcing.persistence import ApplicationRecorder, StoredEvent
from sqlalchemy import Connection, select, update

from ledger.log.merkle import split_hashes, subtree_root
from ledger.store import tables
from ledger.store.append_statements import Appended
from ledger.store.datastore import Datastore
from ledger.store.driver import Row, Values
from ledger.store.errors import AppendRefused, OutOfRange, StoreConflict
from ledger.store.events import Head, StoredEntry, StreamHead, completed_nodes
from ledger.store.listening import Listener
from ledger.store.reader import HEAD, EntryReader, indexes_from, stream_heads_of
from ledger.store.subscription import Bell, LedgerSubscription

REGISTER = "register"
"""The subject of the register chain (DESIGN section 2)."""


@dataclass
class _Append:
    """One append under way. Mutable: it lives as long as its transaction, in one thread."""

    connection: Connection
    head: Head
    inserted: list[StoredEntry] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    """How many entries each stream has that was asked for: nobody else moves one while the lock is held."""
    streams: dict[str, StreamHead] = field(default_factory=dict)
    """The heads of those that had entries when the lock was taken."""
    asked: frozenset[str] = frozenset()
    """Statements that were asked for when the lock was taken."""
    indexes: dict[str, int] = field(default_factory=dict)
    """Where those of them that were recorded are."""
    closed: bool = False
    broken: bool = False

    @property
    def position(self) -> int:
        return self.head.size + len(self.inserted)

    @property
    def recorded_at(self) -> str | None:
        return self.inserted[-1].recorded_at if self.inserted else self.head.recorded_at

    @property
    def register_count(self) -> int:
        return self.head.register_count + sum(REGISTER in entry.subjects for entry in self.inserted)


class _Held(threading.local):
    append: _Append | None = None


class LedgerRecorder(EntryReader, ApplicationRecorder):
    """The library's application recorder on our tables. Safe to share between threads; appends serialise."""

    def __init__(self, datastore: Datastore) -> None:
        super().__init__(datastore)
        self._ask_locked_head = datastore.dialect.statement(HEAD.with_for_update())
        self.bell = Bell()
        self._held = _Held()

    @contextmanager
    def locked(self, subjects: Iterable[str] = (), statements: Iterable[str] = ()) -> Iterator[Head]:
        """Takes the write lock and yields the head to append to; commits on a normal exit. The heads of these subjects'
        streams, and where these statements are recorded, are read with it: `stream_heads` and `indexes_of` then have them.

        Raises `StoreBusy`, `StoreUnavailable`, `StoreConflict`, `CommitUnknown`, `AppendRefused`.
        """
        wanted, asked = sorted(set(subjects)), frozenset(statements)
        others = [(self._ask_stream_heads, self._listed(wanted))]
        if asked:
            others.append((self._ask_indexes, self._listed(asked)))
        with self._datastore.writing() as connection:
            head, (streams, *found) = self._datastore.dialect.lock_head(connection, self._ask_locked_head, others)
            append = _Append(connection, self._head(head), asked=asked, indexes=indexes_from(*found))
            self._keep(append, wanted, stream_heads_of(streams))
            self._held.append = append
            try:
                yield append.head
                self._require_finished(append)
            finally:
                self._held.append = None
        if append.closed:
            self.bell.ring()

    def stream_heads(self, subjects: Iterable[str]) -> dict[str, StreamHead]:
        """The head of each subject's stream; subjects without entries are left out."""
        asked = set(subjects)
        append = self._held.append
        if append is None:
            return super().stream_heads(asked)
        if append.inserted or not asked <= append.counts.keys():
            heads = super().stream_heads(asked)
            self._keep(append, asked, heads)
            return heads
        return {subject: append.streams[subject] for subject in asked & append.streams.keys()}

    def indexes_of(self, statement_ids: Iterable[str]) -> dict[str, int]:
        """Where in the log these statements are recorded; ids not recorded are left out."""
        asked = frozenset(statement_ids)
        append = self._held.append
        if append is None or append.inserted or not asked <= append.asked:
            return super().indexes_of(asked)
        return {statement: append.indexes[statement] for statement in asked & append.indexes.keys()}

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: object) -> Sequence[int] | None:
        """Inserts a batch at the next positions and returns them (library contract). Only inside `locked`.

        Raises `AppendRefused` for a misuse, `StoreConflict` where a stream or statement id has moved on.
        """
        if kwargs.get("tracking") is not None:
            raise self._refuse("Entries do not come from another log; tracking belongs to projections")
        if not stored_events:
            return None
        append = self._append()
        if append.closed:
            raise self._refuse("The head is committed already; no entry may follow it in this transaction")
        append.broken = True
        positions = self._insert(append, stored_events)
        append.broken = False
        return positions

    def commit_head(self, head: Head, note: bytes) -> None:
        """Records the new end of the log, its signed checkpoint and the tree nodes that became complete.

        Once in each `locked` that inserted entries, after the last of them. Raises `AppendRefused`.
        """
        append = self._append()
        if append.closed or append.broken or not append.inserted:
            raise self._refuse("The head is committed once, after entries were inserted without an error")
        expected = Head(append.position, head.frontier, append.recorded_at, append.register_count)
        if head != expected:
            raise self._refuse(f"The new head {_words(head)} does not follow from the entries {_words(expected)}")
        append.broken = True
        with self._datastore.translated():
            self._complete_nodes(append, head.size)
            self._move_head(append, head, note)
        append.broken = False
        append.closed = True

    def add_cosigned(self, size: int, note: bytes) -> None:
        """Keeps the cosigned form of a checkpoint: once; the same bytes again change nothing.

        Raises `OutOfRange` where there is no such checkpoint, `StoreConflict` if other bytes are kept already.
        """
        row = tables.checkpoints.c
        with self._datastore.writing() as connection:
            present = connection.execute(select(row.cosigned).where(row.size == size)).one_or_none()
            if present is None:
                raise OutOfRange(f"No checkpoint of size {size}", where=self._datastore.where, remedy="Read the sizes.")
            if present.cosigned == note:
                return
            if present.cosigned is not None:
                raise self._conflict(f"The checkpoint of size {size} is cosigned already, with other bytes")
            connection.execute(update(tables.checkpoints).where(row.size == size).values(cosigned=note))

    def listener(self) -> Listener | None:
        """Hears of appends of other processes; None where they cannot tell. Close it."""
        return self._datastore.dialect.listener(self._datastore.url)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> LedgerSubscription:
        """Follows the log from after position `gt` (library contract)."""
        return LedgerSubscription(self, self, gt, topics)

    # Within an append

    def _keep(self, append: _Append, asked: Iterable[str], heads: Mapping[str, StreamHead]) -> None:
        append.streams.update(heads)
        append.counts.update({subject: heads[subject].count if subject in heads else 0 for subject in asked})

    def _insert(self, append: _Append, stored_events: Sequence[StoredEvent]) -> list[int]:
        batch: list[StoredEntry] = []
        for event in stored_events:
            if not isinstance(event, StoredEntry):
                raise self._refuse(f"Only entries made by LedgerMapper are stored, not {type(event).__name__}")
            batch.append(event)
        self.stream_heads({subject for entry in batch for subject in entry.subjects} - append.counts.keys())
        rows = Appended([], [], [], [])
        introduced: set[str] = set()
        positions: list[int] = []
        for entry in batch:
            position = append.position + 1
            self._require_next(append, entry)
            for ordinal, subject in enumerate(entry.subjects):
                append.counts[subject] += 1
                rows.members.append((subject, append.counts[subject], position, ordinal))
            rows.filed.extend([(name, position) for name in entry.filed])
            for ordinal, subject in enumerate(entry.introduced):
                if subject not in introduced:
                    introduced.add(subject)
                    rows.introductions.append((subject, position, ordinal))
            rows.entries.append(
                (
                    position,
                    entry.originator_id,
                    entry.originator_version,
                    entry.topic,
                    entry.statement_id,
                    entry.recorded_at,
                    entry.leaf_hash,
                    entry.state,
                )
            )
            positions.append(position)
            append.inserted.append(entry)
        with self._datastore.translated():
            self._datastore.dialect.insert_entries(append.connection, rows)
        return positions

    def _require_next(self, append: _Append, entry: StoredEntry) -> None:
        count = append.counts[entry.originator_id]
        if entry.originator_version != count + 1:
            raise self._conflict(
                f"{entry.originator_id} has {count} entries; number {entry.originator_version} is not the next"
            )
        if append.recorded_at is not None and entry.recorded_at < append.recorded_at:
            raise self._refuse(f"Time runs backwards: {entry.recorded_at} after {append.recorded_at}")

    def _move_head(self, append: _Append, head: Head, note: bytes) -> None:
        moved: Values = {
            "size_before": append.head.size,
            "size": head.size,
            "frontier": head.frontier,
            "recorded_at": head.recorded_at,
            "register_count": head.register_count,
            "note": note,
        }
        if not self._datastore.dialect.move_head(append.connection, moved):
            raise self._corrupt("the head row moved while it was locked", None)

    def _complete_nodes(self, append: _Append, size: int) -> None:
        cells = completed_nodes(append.head.size, size)
        for level, of_level in groupby(cells, key=lambda cell: cell[0]):
            # Each level is written before the next reads it.
            rows: list[Row] = [
                (level, index, subtree_root(split_hashes(self.tile(level - 1, index)))) for _, index in of_level
            ]
            self._datastore.dialect.insert_rows(append.connection, tables.nodes, rows)

    def _require_finished(self, append: _Append) -> None:
        if append.broken:
            raise self._refuse("An insert failed in this transaction; it cannot be committed")
        if append.inserted and not append.closed:
            raise self._refuse("Entries were inserted but the head was not committed")

    def _append(self) -> _Append:
        if self._held.append is None:
            raise self._refuse("Appending needs the write lock: use `with recorder.locked()` in this thread")
        return self._held.append

    def _refuse(self, what: str) -> AppendRefused:
        return AppendRefused(what, where=self._datastore.where, remedy="Nothing was written. The caller is at fault.")

    def _conflict(self, what: str) -> StoreConflict:
        return StoreConflict(what, where=self._datastore.where, remedy="Nothing was written. Read the head again.")


def _words(head: Head) -> str:
    return f"(size {head.size}, recorded at {head.recorded_at}, register {head.register_count})"
