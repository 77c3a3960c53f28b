"""The audit: from the entry bytes alone, whether this ledger is what its register, its keys and its checkpoints say.

Checks, by number; all of them run, none stops at its first finding, each finding names the entry and the place:

1. schema        the tables, the triggers that keep entries unaltered, the soundness of file and indexes
2. positions     the entries are numbered from 1 without a gap
3. entries       each is canonical, of a statement of this ledger that is recorded once
4. signatures    exactly its signers signed it, with keys that the register had in force at its position
5. register      its signers might record it; register acts have their threshold and are founded; the head it names is
                 that of the register's chain
6. time          none was recorded before the entry before it
7. streams       the heads it names are those of its subjects' chains
8. leaves        the stored leaf hash is the hash of the bytes
9. columns       the stored columns say what the bytes say
10. membership   its rows are the subjects of the entries, numbered without a gap
11. names        `filed` and `introductions` have the rows that the entries give, and no others
12. checkpoints  each is signed by a key the register had, and its root is that of the entries; the last covers them all
13. tree         the stored inner nodes and the head are those of the entries
14. tracking     no projection has read more than there is

What is stored is believed nowhere: register, streams and tree are folded from the bytes on the way. What the bytes and
the register decide, `entry_audit` judges, if asked in several processes; the rest is compared here. The law is not
judged again: what was admitted stays admitted (DESIGN section 3). Projections are their own audit's.
"""

from __future__ import annotations

import gc
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Final

from domain.identifiers import REGISTER, StatementId
from domain.register import Register
from ledger.entry_audit import COLLECTED_EVERY, End, Judged, Judges, Portion, Stated
from ledger.errors import LedgerError, Malformed
from ledger.log.checkpoint import open_checkpoint
from ledger.log.keys import Algorithm, VerifierKey
from ledger.log.merkle import TILE_HEIGHT, TILE_WIDTH, Frontier, node_hash
from ledger.log.note import SignedNote
from ledger.statements.entry import format_recorded_at
from ledger.store.datastore import Datastore
from ledger.store.errors import StoreError
from ledger.store.inspection import (
    CheckpointRow,
    EntryRow,
    FiledRow,
    HeadRow,
    IntroductionRow,
    MemberRow,
    StoredRows,
)

CHECKS: Final = (
    "schema",
    "positions",
    "entries",
    "signatures",
    "register",
    "time",
    "streams",
    "leaves",
    "columns",
    "membership",
    "names",
    "checkpoints",
    "tree",
    "tracking",
)
FINDINGS_MAX: Final = 200
"""Findings of one check that are kept; further ones are counted."""

_COLUMNS: Final = ("originator_id", "originator_version", "topic", "statement_id", "recorded_at")
"""The columns of an entry's row that its bytes say too."""

EMPTY: Final[End] = (0, None)

PARALLEL_MIN: Final = 10_000
"""Entries from which on a process of its own repays its start, about half a second."""

THREADS: Final = 2 if (os.cpu_count() or 1) > 1 else 0
"""Threads that judge entries where no processes do: for Ed25519 `cryptography` lets go of the interpreter, so that one
verifies while the other reads or verifies too; more find nothing to do."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `number` from 1, `name` of the check; `index` of the entry, where it is about one; `where`
    in the database or in the entry's bytes."""

    number: int
    name: str
    index: int | None
    where: str
    what: str

    def __str__(self) -> str:
        place = "" if self.index is None else f"entry {self.index}, "
        return f"{self.number} {self.name}: {place}{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of all checks over `size` entries. `root` and `genesis` are what the bytes say, to compare with what a
    reader has pinned; `omitted` counts findings beyond those listed."""

    size: int
    root: bytes
    genesis: StatementId | None
    findings: tuple[Finding, ...]
    omitted: int

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def _silent(done: int, total: int) -> None:
    """Reports progress to nobody."""


def audit(url: str, progress: Progress = _silent, witnesses: Sequence[VerifierKey] = (), processes: int = 0) -> Report:
    """Audits the ledger at an address; a writer may go on beside it. `witnesses`: whose cosignatures are known.

    `processes`: how many are started to judge entries beside this one, for a log large enough to repay it; the report
    is the same. They are not copies of this one, so the main module must bear being imported.
    Raises StoreAbsent where there is no database; everything else that is wrong is a finding.
    """
    datastore = Datastore(url)
    # What is read is compared and let go of, and none of it is a cycle: the collector would look for one every 700 objects.
    collected_every = gc.get_threshold()
    gc.set_threshold(*COLLECTED_EVERY)
    try:
        return _Audit(StoredRows(datastore), tuple(witnesses)).run(progress, processes)
    finally:
        gc.set_threshold(*collected_every)
        datastore.close()


@dataclass(slots=True)
class _Chains:
    """What the entries so far add up to."""

    size: int = 0
    origin: str | None = None
    register: Register | None = None
    registers: list[tuple[int, Register]] = field(default_factory=list)
    register_head: End = EMPTY
    heads: dict[str, End] = field(default_factory=dict)
    statements: dict[StatementId, int] = field(default_factory=dict)
    introduced: set[str] = field(default_factory=set)
    filed: int = 0
    """How many names the entries are filed under."""
    recorded_at: datetime | None = None
    peaks: list[bytes] = field(default_factory=list)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """The roots of the complete subtrees that are stored, by tile level and index."""

    def frontier(self) -> Frontier:
        """The tree of all entries so far."""
        return Frontier(self.size, tuple(self.peaks))

    def grow(self, leaf: bytes) -> None:
        """One more entry; every inner node is hashed once."""
        node, level, index = leaf, 0, self.size
        while index & 1:
            node = node_hash(self.peaks.pop(), node)
            level += 1
            index >>= 1
            if level % TILE_HEIGHT == 0:
                self.nodes[level // TILE_HEIGHT, index] = node
        self.peaks.append(node)
        self.size += 1


class _Audit:
    def __init__(self, rows: StoredRows, witnesses: tuple[VerifierKey, ...]) -> None:
        self._rows = rows
        self._witnesses = witnesses
        self._chains = _Chains()
        self._findings: list[Finding] = []
        self._counts: dict[str, int] = dict.fromkeys(CHECKS, 0)
        self._keys: dict[tuple[str, ...], tuple[VerifierKey, ...]] = {}
        self._moment: tuple[datetime | None, str] = None, ""

    def run(self, progress: Progress, processes: int) -> Report:
        with self._reading("schema"):
            for fault in self._rows.schema_faults():
                self._find("schema", None, "schema", fault)
        heads: list[HeadRow] = []
        with self._reading("tree", "head"):
            heads = self._rows.head()
        size = max((head.size for head in heads), default=2**62)
        checkpoints = self._checkpoints()
        pending = next(checkpoints, None)
        judges = Judges(processes if size >= PARALLEL_MIN and heads else 0, THREADS)
        try:
            for page, portion in judges.judge(self._pages(size)):
                with self._reading("positions", "entries"):
                    if isinstance(page, StoreError):
                        raise page
                    self._chains.register = portion.register
                    self._chains.registers += portion.registers
                    for row, members, judged in self._paired(page, portion):
                        self._entry(row, members, judged)
                        while pending is not None and pending.size <= self._chains.size:
                            self._checkpoint(pending)
                            pending = next(checkpoints, None)
                        progress(self._chains.size, max(size, row.position))
                    self._names(page, portion)
        finally:
            judges.close()
        # What an append added beside us is not ours to judge; a checkpoint over entries that are gone is.
        for late in chain([pending] if pending is not None else [], checkpoints):
            if late.size <= size:
                self._checkpoint(late)
        self._end(heads, size)
        return Report(
            self._chains.size,
            self._chains.frontier().root(),
            self._chains.register.genesis if self._chains.register is not None else None,
            tuple(sorted(self._findings, key=lambda found: (found.number, found.index or 0))),
            sum(max(0, count - FINDINGS_MAX) for count in self._counts.values()),
        )

    # Findings

    def _find(self, name: str, index: int | None, where: str, what: str) -> None:
        self._counts[name] += 1
        if self._counts[name] <= FINDINGS_MAX:
            self._findings.append(Finding(CHECKS.index(name) + 1, name, index, where, what))

    def _reading(self, name: str, where: str = "") -> _Reading:
        return _Reading(self, name, where)

    # Each entry

    def _pages(self, size: int) -> Iterator[tuple[list[EntryRow] | StoreError, list[bytes]]]:
        """The entries up to `size`; a failure to read them in its place."""
        try:
            for page in self._rows.entries(size):
                yield page, [row.entry for row in page]
        except StoreError as error:
            yield error, []

    def _paired(self, page: list[EntryRow], portion: Portion) -> Iterator[tuple[EntryRow, list[MemberRow], Judged]]:
        """Every entry of a page with its rows of membership."""
        members: dict[int, list[MemberRow]] = {}
        with self._reading("membership", "membership"):
            for member in self._rows.members(page[0].position, page[-1].position):
                members.setdefault(member.position, []).append(member)
        for row, judged in zip(page, portion.judged, strict=True):
            yield row, members.pop(row.position, []), judged
        for strays in members.values():
            for stray in strays:
                words = f"a row without an entry: {_words(stray)}"
                self._find("membership", stray.position - 1, "membership", words)

    def _entry(self, row: EntryRow, members: list[MemberRow], judged: Judged) -> None:
        chains = self._chains
        index = chains.size
        if row.position != index + 1:
            self._find("positions", index, "entries.position", f"expected {index + 1}, found {row.position}")
        if row.leaf_hash != judged.leaf:
            self._find("leaves", index, "entries.leaf_hash", "is not the hash of the bytes")
        for name, where, what in judged.found:
            self._find(name, index, where, what)
        if judged.stated is not None:
            self._stated(index, row, members, judged.stated, judged.leaf)
        chains.grow(judged.leaf)

    def _stated(self, index: int, row: EntryRow, members: list[MemberRow], stated: Stated, leaf: bytes) -> None:
        """What an entry says, against the entries before it and the stored rows."""
        chains = self._chains
        earlier = chains.statements.setdefault(stated.id, index)
        if earlier != index:
            self._find("entries", index, "entry/payload", f"the statement is recorded in entry {earlier} already")
        if chains.origin is None:
            chains.origin = stated.origin
        if chains.recorded_at is not None and stated.recorded_at < chains.recorded_at:
            before = format_recorded_at(chains.recorded_at)
            self._find("time", index, "entry/recorded_at", f"is before the entry before it, {before}")
        chains.recorded_at = stated.recorded_at
        if stated.register != chains.register_head:
            self._find("register", index, "entry/register", _unlike(stated.register, chains.register_head))
        said = self._streams(index, stated, leaf)
        self._columns(index, row, stated, said[0])
        if members != said:
            self._members(index, said, members)

    def _streams(self, index: int, stated: Stated, leaf: bytes) -> list[MemberRow]:
        """The rows of membership that the entry's subjects give."""
        heads, prev, said = self._chains.heads, stated.prev, []
        for ordinal, subject in enumerate(stated.subjects):
            true = heads.get(subject, EMPTY)
            if ordinal < len(prev) and prev[ordinal] != true:
                self._find("streams", index, f"entry/prev/{ordinal}", f"{subject}: {_unlike(prev[ordinal], true)}")
            number = true[0] + 1
            heads[subject] = number, leaf
            said.append(MemberRow(subject, number, index + 1, ordinal))
        if stated.subjects[0] == REGISTER:  # which stands alone
            self._chains.register_head = heads[REGISTER]
        return said

    def _columns(self, index: int, row: EntryRow, stated: Stated, first: MemberRow) -> None:
        said = first.subject, first.n, stated.type, stated.id, self._spelled(stated.recorded_at)
        stored = row.originator_id, row.originator_version, row.topic, row.statement_id, row.recorded_at
        if stored != said:
            for column, one, other in zip(_COLUMNS, stored, said, strict=True):
                if one != other:
                    self._find("columns", index, f"entries.{column}", f"is {one!a}, the bytes say {other!a}")

    def _spelled(self, at: datetime) -> str:
        """Entries of one batch have one time: it is spelled once."""
        if at != self._moment[0]:
            self._moment = at, format_recorded_at(at)
        return self._moment[1]

    def _members(self, index: int, said: list[MemberRow], members: list[MemberRow]) -> None:
        for row in members:
            if row not in said:
                self._find("membership", index, "membership", f"a row that the entry does not have: {_words(row)}")
        for row in said:
            if row not in members:
                self._find("membership", index, "membership", f"the row is missing: {_words(row)}")

    def _names(self, page: list[EntryRow], portion: Portion) -> None:
        """Check 11 for a page of entries."""
        filed: set[FiledRow] = set()
        introduced: list[IntroductionRow] = []
        for row, judged in zip(page, portion.judged, strict=True):
            if judged.stated is None:
                continue
            filed.update([FiledRow(name, row.position) for name in judged.stated.filed])
            for ordinal, subject in enumerate(judged.stated.introduced):
                if subject not in self._chains.introduced:
                    self._chains.introduced.add(subject)
                    introduced.append(IntroductionRow(subject, row.position, ordinal))
        self._chains.filed += len(filed)
        first, last = page[0].position, page[-1].position
        with self._reading("names", "filed"):
            found = set(self._rows.filed(sorted({one.name for one in filed}), first, last))
            for one in sorted(filed - found, key=lambda one: (one.position, one.name)):
                self._find("names", one.position - 1, "filed", f"the row is missing: {one.name!a}")
        with self._reading("names", "introductions"):
            stored = self._rows.introductions(first, last)
            if stored != introduced:
                for other in set(stored) ^ set(introduced):
                    what = "the row is missing" if other in introduced else "a row that the entry does not have"
                    words = f"{what}: {other.subject!a} at place {other.ordinal}"
                    self._find("names", other.position - 1, "introductions", words)

    # The tree

    def _checkpoints(self) -> Iterator[CheckpointRow]:
        with self._reading("checkpoints", "checkpoints"):
            yield from self._rows.checkpoints()

    def _checkpoint(self, row: CheckpointRow) -> None:
        """Check 11, when the tree has the size that the row states."""
        index = row.size - 1
        keys = self._keys_at(row.size)
        self._note(row, row.note, "checkpoints.note", keys, Algorithm.ED25519)
        if row.cosigned is not None:
            self._note(row, row.cosigned, "checkpoints.cosigned", keys, Algorithm.ML_DSA_44_COSIGNATURE)
            if not row.cosigned.startswith(row.note):
                self._find("checkpoints", index, "checkpoints.cosigned", "does not begin with the note it cosigns")

    def _note(
        self, row: CheckpointRow, note: bytes, where: str, keys: tuple[VerifierKey, ...], needed: Algorithm
    ) -> None:
        index = row.size - 1
        try:
            opened = open_checkpoint(note, (*keys, *self._witnesses))
            lines = SignedNote.parse(note).signatures
        except (Malformed, LedgerError) as error:
            self._find("checkpoints", index, where, str(error))
            return
        if len(lines) != len(opened.log_signatures) + len(opened.cosignatures):
            self._find("checkpoints", index, where, "holds a signature by a key that is not known")
        if needed not in {signature.key.algorithm for signature in opened.log_signatures}:
            self._find("checkpoints", index, where, f"lacks the log's {needed.name} signature")
        frontier, origin = self._chains.frontier(), self._chains.origin
        if origin is not None and opened.origin != origin:
            self._find("checkpoints", index, where, f"is of the log {opened.origin}")
        if opened.size != row.size:
            self._find("checkpoints", index, where, f"is over {opened.size} entries, not {row.size}")
        elif row.size != frontier.size:
            self._find("checkpoints", index, where, f"covers {row.size} entries, of which {frontier.size} are here")
        elif opened.root != frontier.root():
            self._find("checkpoints", index, where, "has another root than the entries up to here")

    def _keys_at(self, size: int) -> tuple[VerifierKey, ...]:
        """The log's keys that the register named within the first `size` entries."""
        at = bisect_right(self._chains.registers, size, key=lambda held: held[0])
        named = self._chains.registers[at - 1][1].log_vkeys if at else ()
        if named not in self._keys:
            self._keys[named] = tuple(self._parsed_keys(named, size))
        return self._keys[named]

    def _parsed_keys(self, named: tuple[str, ...], size: int) -> Iterator[VerifierKey]:
        for spelled in named:
            try:
                yield VerifierKey.parse(spelled)
            except Malformed as error:
                self._find("checkpoints", size - 1, "register/log-key", str(error))

    # The end

    def _end(self, heads: list[HeadRow], size: int) -> None:
        frontier = self._chains.frontier()
        if heads and frontier.size != size:
            self._find("positions", None, "entries", f"{frontier.size} entries, where the head says {size}")
        with self._reading("positions", "entries"):
            for table, words in self._rows.beyond_head():
                self._find("positions", None, table, words)
        if len(heads) != 1:
            self._find("tree", None, "head", f"{len(heads)} rows where there is to be one")
        at = format_recorded_at(self._chains.recorded_at) if self._chains.recorded_at is not None else None
        expected: Mapping[str, int | bytes | str | None] = {
            "id": 1,
            "size": frontier.size,
            "frontier": frontier.to_bytes(),
            "recorded_at": at,
            "register_count": self._chains.register_head[0],
        }
        for row in heads:
            for column, value in expected.items():
                if getattr(row, column) != value:
                    self._find("tree", None, f"head.{column}", "is not what the entries add up to")
        with self._reading("names", "filed"):
            count = self._rows.filed_count(frontier.size)
            if count > self._chains.filed:
                words = f"{count} rows, of which the entries give {self._chains.filed}"
                self._find("names", None, "filed", words)
        self._covered(frontier.size)
        self._inner_nodes(frontier.size)
        with self._reading("tracking", "tracking"):
            tracking = self._rows.tracking()
            now = self._size_now()
            for tracked in tracking:
                if not 1 <= tracked.notification_id <= now:
                    words = f"{tracked.application_name!a} has read {tracked.notification_id} of {now} entries"
                    self._find("tracking", None, "tracking.notification_id", words)

    def _size_now(self) -> int:
        """The size after everything that was read: what a writer beside us added is not too much."""
        return max((row.size for row in self._rows.head()), default=0)

    def _covered(self, size: int) -> None:
        with self._reading("checkpoints", "checkpoints"):
            if size and all(row.size != size for row in self._rows.checkpoints()):
                self._find("checkpoints", size - 1, "checkpoints", f"none covers all {size} entries")

    def _inner_nodes(self, size: int) -> None:
        expected = dict(self._chains.nodes)
        with self._reading("tree", "nodes"):
            rows = list(self._rows.nodes())
            now = self._size_now()
            for row in rows:
                where = f"nodes.hash of level {row.level}, index {row.index}"
                if (row.level, row.index) in expected:
                    if expected.pop((row.level, row.index)) != row.hash:
                        self._find("tree", None, where, "is not the hash of the entries beneath it")
                elif not size < (row.index + 1) * TILE_WIDTH**row.level <= now:
                    self._find("tree", None, where, "no such node is complete")
        for level, index in sorted(expected):
            self._find("tree", None, f"nodes of level {level}, index {index}", "the node is missing")


class _Reading:
    """Turns a failure to read into a finding, so that the other checks go on."""

    def __init__(self, audit: _Audit, name: str, where: str) -> None:
        self._audit = audit
        self._name = name
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, StoreError):
            index = self._audit._chains.size if self._name == "positions" else None
            self._audit._find(self._name, index, self._where, f"cannot be read: {error.what}")
            return True
        return False


def _unlike(named: End, true: End) -> str:
    if named[0] != true[0]:
        return f"names {named[0]} entries before it, there are {true[0]}"
    return "names another head than the chain has"


def _words(row: MemberRow) -> str:
    return f"number {row.n} of {row.subject!a} at place {row.ordinal}"
