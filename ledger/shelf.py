"""The acts of a stored ledger, read when they are asked for: what a record rests on that does not hold the whole log.

Guarantees that every act it hands out is the one of an entry whose leaf hash is among those of the tree the log signed:
the leaf hashes are kept in memory (`LeafHashes`), 32 bytes an entry, compared with the signed root when the ledger is
opened, and each entry's bytes are compared with its own. Which entries are about what, the store's tables say
(`membership`, `filed`, `introductions`); that they say it rightly is for the audit to prove. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from weakref import WeakValueDictionary

from domain.acts import Act
from domain.identifiers import StatementId, SubjectId
from ledger.errors import LedgerError, Malformed
from ledger.log.merkle import HASH_BYTES, Frontier
from ledger.statements.entry import Entry, format_recorded_at, parse_entry
from ledger.statements.schema import parse_statement
from ledger.store.reader import EntryReader, FoundEntry

_READ: WeakValueDictionary[StatementId, Act] = WeakValueDictionary()
"""Acts that some state of this process holds. A writer and its reader keep one copy of what both hold, and what one has parsed the
other does not parse again: a statement's id is the hash of its bytes."""


class LogCorrupt(LedgerError):
    """The entries are not those the log committed to, or no entries at all. `index` names the first, where known."""

    def __init__(self, why: str, index: int | None = None) -> None:
        place = "the log" if index is None else f"entry {index}"
        super().__init__(f"{place} is damaged: {why}. Stop appending, run the audit, restore from a backup.")
        self.why = why
        self.index = index


class LeafHashes:
    """The leaf hashes of a log, one after another."""

    def __init__(self) -> None:
        self._hashes = bytearray()

    def __len__(self) -> int:
        return len(self._hashes) // HASH_BYTES

    def __getitem__(self, index: int) -> bytes:
        return bytes(self._hashes[index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def append(self, leaf: bytes) -> None:
        """One more."""
        self._hashes += leaf

    def frontier(self) -> Frontier:
        """The compact range of the tree over all of them, each inner node hashed once."""
        size, peaks, start = len(self), [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                peaks.append(self._root(start, start + (1 << level)))
                start += 1 << level
        return Frontier(size, tuple(peaks))

    def _root(self, start: int, stop: int) -> bytes:
        """The root over a power of two of them, level by level."""
        level = bytes(self._hashes[start * HASH_BYTES : stop * HASH_BYTES])
        while len(level) > HASH_BYTES:
            pairs = range(0, len(level), 2 * HASH_BYTES)
            level = b"".join([sha256(b"\x01" + level[at : at + 2 * HASH_BYTES]).digest() for at in pairs])
        return level


def remembered(act: Act) -> Act:
    """The copy of an act that this process keeps."""
    _READ[act.id] = act
    return act


def known(statement: StatementId, index: int, recorded_at: datetime | None = None) -> Act | None:
    """The act that a state of this process holds of that statement, recorded there, and then if that is told."""
    act = _READ.get(statement)
    if act is None or act.position != index or (recorded_at is not None and act.recorded_at != recorded_at):
        return None
    return act


def act_of(entry: Entry, index: int) -> Act:
    """What an entry means. Raises Malformed."""
    return parse_statement(entry.envelope.payload).act(index, entry.recorded_at)


class EntryShelf:
    """A `Shelf` (domain.shelf) of the entries of one store."""

    def __init__(self, entries: EntryReader, leaves: LeafHashes) -> None:
        self._entries = entries
        self._leaves = leaves

    def act(self, statement: StatementId, size: int) -> Act | None:
        found = self._entries.found_statement(statement, size)
        return None if found is None else self._read(found)

    def streams(self, subjects: Sequence[SubjectId], size: int) -> Mapping[SubjectId, Sequence[Act]]:
        found = self._entries.found_streams(subjects, size)
        return {SubjectId(subject): self._all(entries) for subject, entries in found.items()}

    def filed(self, names: Sequence[str], size: int) -> Mapping[str, Sequence[Act]]:
        return {name: self._all(found) for name, found in self._entries.found_under(names, size).items()}

    def filed_like(self, prefix: str, part: str, size: int) -> Sequence[Act]:
        return self._all(self._entries.found_like(prefix, part, size))

    def filed_through(self, name: str, size: int, start: int = 0) -> Iterator[Act]:
        return map(self._read, self._entries.found_through(name, size, start))

    def acts(self, start: int, stop: int) -> Iterator[Act]:
        for found in self._entries.found_from(start, stop):
            yield self._read(found)

    def subjects(self, size: int) -> Iterator[SubjectId]:
        for _, _, subject in self._entries.introductions("", size):
            yield SubjectId(subject)

    def introduction(self, subject: SubjectId, size: int) -> tuple[int, int] | None:
        return self._entries.introduction(subject, size)

    def introductions(
        self, kind: str, size: int, after: tuple[int, int] | None
    ) -> Iterator[tuple[tuple[int, int], SubjectId]]:
        for index, ordinal, subject in self._entries.introductions(kind, size, after):
            yield (index, ordinal), SubjectId(subject)

    def size_at(self, moment: datetime, size: int) -> int:
        # An entry states whole milliseconds: one of this millisecond is not after the moment.
        return self._entries.recorded_until(format_recorded_at(moment.astimezone(UTC)), size)

    def _all(self, found: Iterable[FoundEntry]) -> list[Act]:
        return [self._read(one) for one in found]

    def _read(self, found: FoundEntry) -> Act:
        """The act of an entry that is the one the log committed to. Raises LogCorrupt."""
        if found.leaf_hash != self._leaves[found.log_index]:
            raise LogCorrupt("it is not the entry that the tree of the log holds", found.log_index)
        act = known(StatementId(found.statement), found.log_index)
        if act is None:
            try:
                act = act_of(parse_entry(found.entry), found.log_index)
            except Malformed as error:
                raise LogCorrupt(f"it cannot be read: {error}", found.log_index) from error
            if act.id != found.statement:
                raise LogCorrupt(f"it records {act.id}, not {found.statement}", found.log_index)
            remembered(act)
        return act
