"""What entries show by their bytes and the register: form, signatures, competence (checks 3 to 5 of `ledger.audit`).

Guarantees the same answers however signatures are checked: at once, or handed on in `Judge.due` and checked later, beside each
other (`failed`). Acts of the register are never judged on such credit: whatever the register becomes has been verified.
An entry whose signatures fail changes no register. What needs the entries before (order, streams, tree, repeats) and the stored
rows, `stretch_audit` compares.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature

from domain.acts import Act
from domain.identifiers import REGISTER
from domain.objections import Refused
from domain.register import Register, judge_register_act, judge_signers
from ledger.errors import Malformed
from ledger.log.merkle import leaf_hash
from ledger.statements.entry import Entry, parse_entry
from ledger.statements.envelope import DueSignature, due_signatures, verify
from ledger.statements.schema import parse_statement
from ledger.statements.statement import Statement

_ABOUT_REGISTER: Final = (REGISTER,)

Found = tuple[str, str, str]
"""A finding about one entry: the name of the check, where, what."""


class Judged(NamedTuple):
    """One entry and its statement, None if they cannot be read; what was found; the act that changed the register."""

    entry: Entry | None
    statement: Statement | None
    found: tuple[Found, ...]
    act: Act | None = None


class Due(NamedTuple):
    """A signature to be checked, with what it takes to judge its entry anew if it fails. `place`: its index."""

    signature: DueSignature
    place: int
    raw: bytes
    register: Register


class Judge:
    """Judges the entries of a log in order, each by the register that those before it left. `due` grows by the signatures
    that are left to be checked."""

    def __init__(self, register: Register | None) -> None:
        self.register = register
        """None while no entry could be read."""
        self.due: list[Due] = []

    def judge(self, index: int, raw: bytes) -> Judged:
        """The next entry."""
        try:
            entry = parse_entry(raw)
            statement = parse_statement(entry.envelope.payload)
        except Malformed as error:
            return Judged(None, None, (("entries", f"entry{error.where}", str(error)),))
        register = self.register
        if register is None:
            self.register = register = Register.empty(statement.ledger.origin)
        found: tuple[Found, ...] = ()
        act = None
        if statement.subjects == _ABOUT_REGISTER:
            act = statement.act(index, entry.recorded_at)
            found = _judge(entry, statement, act, register)
            if found:
                act = None
            else:
                self.register = register.apply(act)
        elif judge_signers(register, statement):
            found = _judge(entry, statement, None, register)
        else:
            try:
                for signature in due_signatures(entry.envelope, statement, register)[1]:
                    self.due.append(Due(signature, index, raw, register))
            except (Malformed, Refused):
                found = _judge(entry, statement, None, register)
        if len(entry.prev) != len(statement.subjects):
            found = (("entries", "entry/prev", "not one head for each subject"), *found)
        return Judged(entry, statement, found, act)


def failed(due: Iterable[Due]) -> dict[int, tuple[Found, ...]]:
    """The entries of which a signature fails, by index, and what there is to find of each."""
    bad: dict[int, Due] = {}
    for one in due:
        check, signature, message, where = one.signature
        try:
            check(signature, message, where)
        except (InvalidSignature, Malformed):
            bad.setdefault(one.place, one)
    return {index: _judged_anew(one) for index, one in bad.items()}


def _judged_anew(one: Due) -> tuple[Found, ...]:
    entry = parse_entry(one.raw)
    found = _judge(entry, parse_statement(entry.envelope.payload), None, one.register)
    assert found, "a signature of it failed"
    return found


def _judge(entry: Entry, statement: Statement, act: Act | None, register: Register) -> tuple[Found, ...]:
    """Checks 4 and 5 of one entry. `act`: what it does to the register, if anything, when nothing is found."""
    try:
        kids = verify(entry.envelope, statement, register).kids
    except Malformed as error:
        return (("signatures", f"entry{error.where}", error.why),)
    except Refused as refused:
        return tuple(("signatures", f"entry{objection.where}", objection.words) for objection in refused.objections)
    objections = judge_signers(register, statement) if act is None else judge_register_act(register, act, kids)
    return tuple([("register", f"entry{objection.where}", objection.words) for objection in objections])


class Change(NamedTuple):
    """An act that changed the register: the size of the log from which it holds, its entry's leaf hash, what it says."""

    size: int
    leaf: bytes
    act: Act


class Foretold:
    """The register at every size, as the acts say that the stored rows file under it. Whoever judges by it compares the
    changes that the entries then make with these: where they are the same, so is the register."""

    def __init__(self, origin: str, changes: Sequence[Change]) -> None:
        self.origin = origin
        self.changes = changes
        self._folded = 0
        self._register = Register.empty(origin)

    def between(self, after: int, until: int) -> list[tuple[int, bytes]]:
        """Size and leaf hash of the changes that the entries of index `after` up to `until` make."""
        first, last = (bisect_right(self.changes, size, key=lambda change: change.size) for size in (after, until))
        return [(change.size, change.leaf) for change in self.changes[first:last]]

    def at(self, size: int) -> Register:
        """The register for the entry of index `size`. To be asked in order of size."""
        while self._folded < len(self.changes) and self.changes[self._folded].size <= size:
            self._register = self._register.apply(self.changes[self._folded].act)
            self._folded += 1
        return self._register


def foretell(entries: Iterable[tuple[int, bytes]]) -> Foretold | None:
    """The register by the entries, with their positions, that are said to be about it; None if none of them can be read."""
    judge = Judge(None)
    changes = []
    for position, raw in entries:
        act = judge.judge(position - 1, raw).act
        if act is not None:
            changes.append(Change(position, leaf_hash(raw), act))
    return Foretold(judge.register.origin, changes) if judge.register is not None else None
