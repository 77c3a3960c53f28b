"""Consecutive entries against the rows stored for them and against the entries before (checks 2 to 11 of `ledger.audit`).

Guarantees the same findings in whatever stretches a log is examined. One that begins in the middle takes what its entries say
about those before it for true and notes it (`Assumed`); `Chains.absorb` compares that with what those before really add up to,
and takes nothing over where anything differs: then the stretch is examined again, from what is true. So stretches can be
examined beside each other, by processes that share nothing, and what they hand over is short.

Signatures are checked page by page, in a bare loop behind all else; `settle` hands in what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Final

from domain.filing import filed_under, introduced_by
from domain.identifiers import REGISTER, StatementId
from domain.register import Register
from ledger.entry_audit import Due, Found, Judge
from ledger.log.merkle import leaf_hash
from ledger.statements.entry import Entry, format_recorded_at
from ledger.statements.statement import Statement
from ledger.store.errors import StoreError
from ledger.store.inspection import EntryRow, FiledRow, IntroductionRow, MemberRow, StoredRows

FINDINGS_MAX: Final = 200
"""Findings of one check that are kept; further ones are counted."""

End = tuple[int, bytes | None]
"""A stream before an entry, as `Head` has it: how many statements, and the leaf hash of the last."""
EMPTY: Final[End] = (0, None)

_COLUMNS: Final = ("originator_id", "originator_version", "topic", "statement_id", "recorded_at")
"""The columns of an entry's row that its bytes say too."""


@dataclass(slots=True)
class Findings:
    """What was found, in order: the name of the check, the index of the entry if it is about one, where, what."""

    kept: list[tuple[str, int | None, str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def find(self, name: str, index: int | None, where: str, what: str) -> None:
        """One more."""
        self.counts[name] = self.counts.get(name, 0) + 1
        if self.counts[name] <= FINDINGS_MAX:
            self.kept.append((name, index, where, what))

    def absorb(self, later: Findings) -> None:
        """Those of a later stretch."""
        for found in later.kept:
            self.find(*found)
        for name, count in later.counts.items():
            self.counts[name] += max(0, count - FINDINGS_MAX)

    @property
    def omitted(self) -> int:
        """How many were counted only."""
        return sum(max(0, count - FINDINGS_MAX) for count in self.counts.values())

    def reading(self, name: str, index: int | None, where: str = "") -> Reading:
        """Turns a failure to read into a finding, so that the other checks go on."""
        return Reading(self, name, index, where)


class Reading:
    """See `Findings.reading`."""

    def __init__(self, findings: Findings, name: str, index: int | None, where: str) -> None:
        self._findings = findings
        self._place = name, index, where

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, StoreError):
            self._findings.find(*self._place, f"cannot be read: {error.what}")
            return True
        return False


@dataclass(slots=True)
class Assumed:
    """What a stretch that begins at `size` takes for true of the entries before."""

    size: int
    heads: dict[str, End] = field(default_factory=dict)
    """The streams that its entries name, as they name them first."""
    introduced: set[str] = field(default_factory=set)
    """What it mentions, and what no row says that it introduced."""
    not_after: datetime | None = None
    """When its first entry was recorded."""


@dataclass(slots=True)
class Chains:
    """What entries add up to: all from the first on, or, with `assumed`, those of a stretch."""

    size: int = 0
    origin: str | None = None
    heads: dict[str, End] = field(default_factory=dict)
    """The streams, that of the register among them."""
    statements: dict[StatementId, int] = field(default_factory=dict)
    introduced: set[str] = field(default_factory=set)
    filed: int = 0
    """How many names the entries are filed under."""
    recorded_at: datetime | None = None
    changes: list[tuple[int, bytes, tuple[str, ...]]] = field(default_factory=list)
    """Of the register: the size from which each holds, the leaf hash of its entry, and the log's keys that it then names."""
    leaves: list[bytes] = field(default_factory=list)
    """The leaf hashes, for the tree, which takes them."""
    assumed: Assumed | None = None

    @classmethod
    def beginning(cls, size: int) -> Chains:
        """Of a stretch that begins there."""
        return cls(size, assumed=Assumed(size))

    def absorb(self, later: Chains) -> bool:
        """Goes on with a stretch, if what it assumed is what these chains say; else nothing is changed."""
        assumed = later.assumed
        assert assumed is not None, "a stretch of its own"
        heads = self.heads
        if (
            assumed.size != self.size
            or any(heads.get(subject, EMPTY) != end for subject, end in assumed.heads.items())
            or not assumed.introduced <= self.introduced
            or not self.introduced.isdisjoint(later.introduced - assumed.introduced)
            or not self.statements.keys().isdisjoint(later.statements)
            or (self.recorded_at and assumed.not_after and assumed.not_after < self.recorded_at)
        ):
            return False
        self.size = later.size
        self.origin = self.origin or later.origin
        heads.update(later.heads)
        self.statements.update(later.statements)
        self.introduced |= later.introduced
        self.filed += later.filed
        self.recorded_at = later.recorded_at or self.recorded_at
        self.changes += later.changes
        self.leaves += later.leaves
        return True


@dataclass(slots=True)
class Page:
    """A page that was examined: its signatures still to be checked, and what was found but for `due`."""

    findings: Findings = field(default_factory=Findings)
    signatures: list[tuple[int, str, str]] = field(default_factory=list)
    due: list[Due] = field(default_factory=list)


class Stretch:
    """Examines entries page by page: in order, and without a gap unless there is one in the log."""

    def __init__(self, rows: StoredRows, chains: Chains, register: Register | None) -> None:
        self._rows = rows
        self.chains = chains
        self.findings = Findings()
        self.judge = Judge(register)
        self._moment: tuple[datetime | None, str] = None, ""
        self._last = chains.size
        """The position up to which rows were compared: those of entries that are gone are looked for from page to page."""

    def examine(self, page: Sequence[EntryRow]) -> Page:
        """The next page, all but the signatures that are left in `due`."""
        done = Page(due=self.judge.due)
        members: list[MemberRow] = []
        names: list[FiledRow] = []
        introduced: list[IntroductionRow] = []
        chains, first = self.chains, self.chains.size
        for index, row in enumerate(page, first):
            leaf = leaf_hash(row.entry)
            chains.leaves.append(leaf)
            if row.position != index + 1:
                done.findings.find(
                    "positions", index, "entries.position", f"expected {index + 1}, found {row.position}"
                )
            if row.leaf_hash != leaf:
                done.findings.find("leaves", index, "entries.leaf_hash", "is not the hash of the bytes")
            entry, statement, found, act = self.judge.judge(index, row.entry)
            for name, where, what in found:
                if name == "signatures":
                    done.signatures.append((index, where, what))
                else:
                    done.findings.find(name, index, where, what)
            if act is not None and self.judge.register is not None:
                chains.changes.append((index + 1, leaf, self.judge.register.log_vkeys))
            if entry is None or statement is None:
                continue
            self._follow(index, entry, statement, done.findings)
            own = len(members)
            self._streams(index, entry, statement, leaf, members, done.findings)
            self._columns(index, row, entry, statement, members[own], done.findings)
            names += [FiledRow(name, row.position) for name in filed_under(statement)]
            for ordinal, subject in enumerate(introduced_by(statement)):
                if subject not in chains.introduced:
                    chains.introduced.add(subject)
                    introduced.append(IntroductionRow(subject, row.position, ordinal))
        chains.size = first + len(page)
        self.judge.due = []
        bounds = min(self._last + 1, page[0].position), page[-1].position
        self._members(bounds, page, first, members, done.findings)
        self._names(bounds, names, introduced, done.findings)
        self._last = page[-1].position
        return done

    def settle(self, page: Page, failed: Mapping[int, Sequence[Found]]) -> None:
        """What came of the signatures of a page. Pages are settled in order."""
        found = page.signatures + [(index, where, what) for index in failed for _, where, what in failed[index]]
        for index, where, what in sorted(found, key=lambda one: one[0]):
            page.findings.find("signatures", index, where, what)
        self.findings.absorb(page.findings)

    def absorb(self, chains: Chains, findings: Findings, until: int) -> bool:
        """Goes on with a stretch that was examined elsewhere up to a position, if what it assumed is true."""
        if not self.chains.absorb(chains):
            return False
        self.findings.absorb(findings)
        self._last = until
        return True

    def _before(self, subject: str, named: End) -> End:
        """A stream that no entry here has extended yet."""
        assumed = self.chains.assumed
        return EMPTY if assumed is None else assumed.heads.setdefault(subject, named)

    def _follow(self, index: int, entry: Entry, statement: Statement, findings: Findings) -> None:
        """What an entry says, against the entries before it."""
        chains = self.chains
        earlier = chains.statements.setdefault(statement.id, index)
        if earlier != index:
            findings.find("entries", index, "entry/payload", f"the statement is recorded in entry {earlier} already")
        if chains.origin is None:
            chains.origin = statement.ledger.origin
        at, before = entry.recorded_at, chains.recorded_at
        if before is None:
            if chains.assumed is not None:
                chains.assumed.not_after = at
        elif at is not before and at < before:
            words = f"is before the entry before it, {format_recorded_at(before)}"
            findings.find("time", index, "entry/recorded_at", words)
        chains.recorded_at = at
        head = chains.heads.get(REGISTER) or self._before(REGISTER, entry.register)
        if entry.register != head:
            findings.find("register", index, "entry/register", _unlike(entry.register, head))

    def _streams(
        self,
        index: int,
        entry: Entry,
        statement: Statement,
        leaf: bytes,
        members: list[MemberRow],
        findings: Findings,
    ) -> None:
        """The heads that an entry names, and the rows of membership that its subjects give."""
        heads, prev = self.chains.heads, entry.prev
        for ordinal, subject in enumerate(statement.subjects):
            named = prev[ordinal] if ordinal < len(prev) else EMPTY
            true = heads.get(subject) or self._before(subject, named)
            if named != true and ordinal < len(prev):
                findings.find("streams", index, f"entry/prev/{ordinal}", f"{subject}: {_unlike(named, true)}")
            heads[subject] = true[0] + 1, leaf
            members.append(MemberRow(subject, true[0] + 1, index + 1, ordinal))

    def _columns(
        self, index: int, row: EntryRow, entry: Entry, statement: Statement, first: MemberRow, findings: Findings
    ) -> None:
        at = entry.recorded_at
        if at is not self._moment[0]:  # entries of one batch have one time: it is spelled once
            self._moment = at, format_recorded_at(at)
        said = first.subject, first.n, statement.type, statement.id, self._moment[1]
        stored = row[1:6]
        if stored != said:
            for column, one, other in zip(_COLUMNS, stored, said, strict=True):
                if one != other:
                    findings.find("columns", index, f"entries.{column}", f"is {one!a}, the bytes say {other!a}")

    def _members(
        self,
        bounds: tuple[int, int],
        page: Sequence[EntryRow],
        first: int,
        said: list[MemberRow],
        findings: Findings,
    ) -> None:
        """Check 10 for a page of entries."""
        stored: list[MemberRow] = []
        with findings.reading("membership", None, "membership"):
            stored = self._rows.members(*bounds)
        if stored == said and page[0].position == first + 1 and page[-1].position == first + len(page):
            return
        found, given = _by_position(stored), _by_position(said)
        for index, entry in enumerate(page, first):
            theirs, ours = found.pop(entry.position, []), given.get(index + 1)
            if ours is None:
                continue  # what cannot be read gives no rows
            for row in theirs:
                if row not in ours:
                    words = f"a row that the entry does not have: {_words(row)}"
                    findings.find("membership", index, "membership", words)
            for row in ours:
                if row not in theirs:
                    findings.find("membership", index, "membership", f"the row is missing: {_words(row)}")
        for strays in found.values():
            for stray in strays:
                words = f"a row without an entry: {_words(stray)}"
                findings.find("membership", stray.position - 1, "membership", words)

    def _names(
        self,
        bounds: tuple[int, int],
        names: Sequence[FiledRow],
        introduced: list[IntroductionRow],
        findings: Findings,
    ) -> None:
        """Check 11 for a page of entries."""
        filed = set(names)
        self.chains.filed += len(filed)
        with findings.reading("names", None, "filed"):
            found = self._rows.filed({one.name for one in filed}, *bounds)
            for one in sorted(filed.difference(found), key=lambda one: (one.position, one.name)):
                findings.find("names", one.position - 1, "filed", f"the row is missing: {one.name!a}")
        with findings.reading("names", None, "introductions"):
            stored = self._rows.introductions(*bounds)
            assumed = self.chains.assumed
            if assumed is not None:
                new = {row.subject for row in stored}
                known = {row.subject for row in introduced if row.subject not in new}
                assumed.introduced |= known
                introduced = [row for row in introduced if row.subject in new]
            if stored != introduced:
                for other in sorted(set(stored) ^ set(introduced), key=lambda one: (*one[1:], one[0])):
                    what = "the row is missing" if other in introduced else "a row that the entry does not have"
                    words = f"{what}: {other.subject!a} at place {other.ordinal}"
                    findings.find("names", other.position - 1, "introductions", words)


def _by_position(rows: Sequence[MemberRow]) -> dict[int, list[MemberRow]]:
    found: dict[int, list[MemberRow]] = {}
    for row in rows:
        found.setdefault(row.position, []).append(row)
    return found


def _unlike(named: End, true: End) -> str:
    if named[0] != true[0]:
        return f"names {named[0]} entries before it, there are {true[0]}"
    return "names another head than the chain has"


def _words(row: MemberRow) -> str:
    return f"number {row.n} of {row.subject!a} at place {row.ordinal}"
