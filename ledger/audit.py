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
the register decide, `entry_audit` judges; `stretch_audit` compares entries with their rows and with those before them, if
asked in several processes (`audit_processes`); the tree and the whole are compared here. The law is not judged again: what
was admitted stays admitted (DESIGN section 3). Projections are their own audit's.
"""

from __future__ import annotations

import gc
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from domain.identifiers import REGISTER, StatementId
from ledger.audit_processes import COLLECTED_EVERY, Examiners, warm_up
from ledger.entry_audit import Due, Foretold, Found, failed, foretell
from ledger.errors import LedgerError, Malformed
from ledger.log.checkpoint import open_checkpoint
from ledger.log.keys import Algorithm, VerifierKey
from ledger.log.merkle import TILE_HEIGHT, TILE_WIDTH, Frontier, node_hash
from ledger.log.note import SignedNote
from ledger.statements.entry import format_recorded_at
from ledger.store.datastore import Datastore
from ledger.store.errors import StoreError
from ledger.store.inspection import FIRST, CheckpointRow, HeadRow, StoredRows
from ledger.stretch_audit import EMPTY, Chains, Stretch

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
PARALLEL_MIN: Final = 20_000
"""Entries from which on another process repays its start, about half a second, where two threads share the signatures."""

SECOND_THREAD: Final = (os.cpu_count() or 1) > 1
"""Whether half of the signatures of a page are checked beside the other half: for Ed25519 `cryptography` lets go of the
interpreter. Only signatures, and nothing else meanwhile: a thread that waits for one that computes waits for long."""

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

    `processes`: how many are started to examine entries beside this one, for a log large enough to repay it; the report
    is the same. They are not copies of this one, so the main module must bear being imported. `progress` is told page by page.
    Raises StoreAbsent where there is no database, ExaminerLost when a process dies; everything else that is wrong is a finding.
    """
    datastore = Datastore(url)
    # What is read is compared and let go of, and none of it is a cycle: the collector would look for one every 700 objects.
    collected_every = gc.get_threshold()
    gc.set_threshold(*COLLECTED_EVERY)
    try:
        return _Audit(StoredRows(datastore), tuple(witnesses), progress).run(url, processes)
    finally:
        gc.set_threshold(*collected_every)
        datastore.close()


@dataclass(slots=True)
class _Tree:
    """The tree of the entries so far: the roots of its complete subtrees by level, and of those the stored ones."""

    size: int = 0
    peaks: dict[int, bytes] = field(default_factory=dict)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """By tile level and index."""

    def frontier(self) -> Frontier:
        """The tree of all entries so far."""
        return Frontier(self.size, tuple(self.peaks[level] for level in sorted(self.peaks, reverse=True)))

    def grow(self, leaves: Sequence[bytes]) -> None:
        """More entries; every inner node is hashed once, level by level."""
        row, level, index = list(leaves), 0, self.size
        self.size += len(leaves)
        while row:
            if level and level % TILE_HEIGHT == 0:
                self.nodes.update({(level // TILE_HEIGHT, index + n): node for n, node in enumerate(row)})
            if index & 1:
                row.insert(0, self.peaks.pop(level))
            if len(row) & 1:
                self.peaks[level] = row.pop()
            row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
            level, index = level + 1, index >> 1


class _Audit:
    def __init__(self, rows: StoredRows, witnesses: tuple[VerifierKey, ...], progress: Progress) -> None:
        self._rows = rows
        self._witnesses = witnesses
        self._progress = progress
        self._whole = Stretch(rows, Chains(), None)
        self._chains = self._whole.chains
        self._findings = self._whole.findings
        self._tree = _Tree()
        self._keys: dict[tuple[str, ...], tuple[VerifierKey, ...]] = {}
        self._checkpoints = self._stored_checkpoints()
        self._pending: CheckpointRow | None = None
        self._second: ThreadPoolExecutor | None = None

    def run(self, url: str, processes: int) -> Report:
        heads: list[HeadRow] = []
        with self._findings.reading("tree", None, "head"):
            heads = self._rows.head()
        size = max((head.size for head in heads), default=2**62)
        if not heads or size < PARALLEL_MIN:
            processes = 0
        if processes:
            warm_up()
        with self._findings.reading("schema", None, "schema"):
            for fault in self._rows.schema_faults():
                self._find("schema", None, "schema", fault)
        self._pending = next(self._checkpoints, None)
        foretold = self._foretold(size) if processes else None
        done = FIRST if foretold is None else self._beside(url, processes, foretold, size)
        if done < size:
            with ThreadPoolExecutor(1) if SECOND_THREAD else nullcontext() as self._second:
                self._alone(done, size, size)
        # What an append added beside us is not ours to judge; a checkpoint over entries that are gone is.
        for late in chain([self._pending] if self._pending is not None else [], self._checkpoints):
            if late.size <= size:
                self._checkpoint(late)
        self._end(heads, size)
        register = self._whole.judge.register
        return Report(
            self._chains.size,
            self._tree.frontier().root(),
            register.genesis if register is not None else None,
            tuple(
                sorted(
                    (Finding(CHECKS.index(found[0]) + 1, *found) for found in self._findings.kept),
                    key=lambda found: (found.number, found.index or 0),
                )
            ),
            self._findings.omitted,
        )

    def _find(self, name: str, index: int | None, where: str, what: str) -> None:
        self._findings.find(name, index, where, what)

    # The entries

    def _alone(self, after: int, until: int, size: int) -> bool:
        """Entries in this process; whether they could be read."""
        try:
            for entries in self._rows.entries(until, after):
                page = self._whole.examine(entries)
                self._whole.settle(page, self._signatures(page.due))
                self._settled(size)
        except StoreError as error:
            self._find("positions", self._chains.size, "entries", f"cannot be read: {error.what}")
            return False
        return True

    def _signatures(self, due: Sequence[Due]) -> Mapping[int, Sequence[Found]]:
        """Those that fail, of a page whose entries are otherwise judged: nothing else runs here meanwhile."""
        if self._second is None:
            return failed(due)
        half = len(due) // 2
        others = self._second.submit(failed, due[:half])
        return failed(due[half:]) | others.result()

    def _foretold(self, size: int) -> Foretold | None:
        """The register to examine stretches by, if the entries are numbered so that stretches can be told apart."""
        try:
            return foretell(self._rows.register_entries(size)) if self._rows.numbered(size) else None
        except StoreError:
            return None

    def _beside(self, url: str, processes: int, foretold: Foretold, size: int) -> int:
        """Entries in several processes; what turns out to have been examined on false premises, here once more. Up to which
        position: not further than the register is as foretold."""
        whole, chains = self._whole, self._chains
        told = Foretold(foretold.origin, foretold.changes)
        examiners = Examiners(url, self._rows, foretold, processes)
        try:
            for after, until, outcome in examiners.examine(size):
                # Of one origin and by the same acts at the same places, the register is the same.
                expected, before = told.between(after, until), len(chains.changes)
                if (
                    outcome is not None
                    and outcome.chains.origin in (told.origin, None)
                    and [change[:2] for change in outcome.chains.changes] == expected
                    and whole.absorb(outcome.chains, outcome.findings, until)
                ):
                    whole.judge.register = told.at(until) if chains.origin is not None else None
                elif not self._alone(after, until, size):
                    return size
                self._settled(size)
                if chains.origin not in (told.origin, None) or [c[:2] for c in chains.changes[before:]] != expected:
                    return until
        finally:
            examiners.close()
        return size

    def _settled(self, size: int) -> None:
        """What is compared with the entries up to here, once they are examined."""
        chains, tree = self._chains, self._tree
        while self._pending is not None and self._pending.size <= chains.size:
            self._grow(max(self._pending.size, 1) - tree.size)
            self._checkpoint(self._pending)
            self._pending = next(self._checkpoints, None)
        self._grow(len(chains.leaves))
        self._progress(chains.size, max(size, chains.size))

    def _grow(self, count: int) -> None:
        if count > 0:
            self._tree.grow(self._chains.leaves[:count])
            del self._chains.leaves[:count]

    # The tree

    def _stored_checkpoints(self) -> Iterator[CheckpointRow]:
        with self._findings.reading("checkpoints", None, "checkpoints"):
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
        frontier, origin = self._tree.frontier(), self._chains.origin
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
        at = bisect_right(self._chains.changes, size, key=lambda change: change[0])
        named = self._chains.changes[at - 1][2] if at else ()
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
        frontier = self._tree.frontier()
        if heads and frontier.size != size:
            self._find("positions", None, "entries", f"{frontier.size} entries, where the head says {size}")
        with self._findings.reading("positions", self._chains.size, "entries"):
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
            "register_count": self._chains.heads.get(REGISTER, EMPTY)[0],
        }
        for row in heads:
            for column, value in expected.items():
                if getattr(row, column) != value:
                    self._find("tree", None, f"head.{column}", "is not what the entries add up to")
        with self._findings.reading("names", None, "filed"):
            count = self._rows.filed_count(frontier.size)
            if count > self._chains.filed:
                words = f"{count} rows, of which the entries give {self._chains.filed}"
                self._find("names", None, "filed", words)
        self._covered(frontier.size)
        self._inner_nodes(frontier.size)
        with self._findings.reading("tracking", None, "tracking"):
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
        with self._findings.reading("checkpoints", None, "checkpoints"):
            if size and all(row.size != size for row in self._rows.checkpoints()):
                self._find("checkpoints", size - 1, "checkpoints", f"none covers all {size} entries")

    def _inner_nodes(self, size: int) -> None:
        expected = dict(self._tree.nodes)
        with self._findings.reading("tree", None, "nodes"):
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
