"""From exact entries to acts, register and state: what the builder and the verifier of a package both compute.

Guarantees that each entry is opened by the register in force at its position (its signatures included), that the
register is the fold of the register acts among the entries, and that the state is given by the one pure function of
`domain` under the rules and the tzdata which that register names (DESIGN section 2, "Register"). Entries may be any
part of a log: positions come with them. Whether they are in the log, and whether the part is whole, others check.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, ParamSpec, TypeVar

from domain.acts import Act
from domain.answers import Plain, understand
from domain.answers_assets import history, show
from domain.answers_compared import forums_of
from domain.identifiers import REGISTER, Forum, StatementId
from domain.objections import Refused
from domain.periods import Zones
from domain.record import Record
from domain.register import Register
from ledger.errors import LedgerError, Malformed
from ledger.evidence.question import Question
from ledger.statements.canonical import Json, canonical_bytes
from ledger.statements.entry import OpenedEntry, open_read, read_entry
from ledger.statements.zones import load_zones

P = ParamSpec("P")
T = TypeVar("T")

PORTION: Final = 128
"""Entries that are read, then verified, one stage after the other."""
THREADS: Final = 2
"""One reads while another verifies: for Ed25519 `cryptography` lets go of the interpreter."""
LAWS: Final = ("2026.1",)
"""The versions of the rules of law that this release computes by."""


class LawUnknown(LedgerError):
    """The register adopted rules that this release does not compute by. `version` names them."""

    def __init__(self, version: str) -> None:
        super().__init__(f"this release computes by the rules {', '.join(LAWS)}, not by {version}")
        self.version = version


@dataclass(slots=True)
class Opened:
    """Entries as opened: by index, and what could not be opened and why. `registers` hold from their positions on."""

    entries: dict[int, OpenedEntry] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    registers: list[Register] = field(default_factory=list)
    in_force_from: list[int] = field(default_factory=list)

    def register_for(self, index: int) -> Register:
        """The register that entry `index` is judged by."""
        return self.registers[bisect_right(self.in_force_from, index) - 1]

    @property
    def acts(self) -> list[Act]:
        """All acts, in the order of the log."""
        return [self.entries[index].act for index in sorted(self.entries)]


def open_entries(origin: str, register: Mapping[int, bytes], statements: Mapping[int, bytes]) -> Opened:
    """Opens the register's entries in order, then the others by the register at their positions."""
    opened = Opened(registers=[Register.empty(origin)], in_force_from=[0])
    for index in sorted(register):
        before = opened.registers[-1]
        _keep(opened, _open_portion([(index, register[index], before)]))
        if index in opened.entries:
            after = before.apply(opened.entries[index].act)
            if after is not before:
                opened.registers.append(after)
                opened.in_force_from.append(index + 1)
    work = [(index, statements[index], opened.register_for(index)) for index in sorted(statements)]
    portions = [work[low : low + PORTION] for low in range(0, len(work), PORTION)]
    if len(portions) < 2:
        for portion in portions:
            _keep(opened, _open_portion(portion))
        return opened
    with ThreadPoolExecutor(THREADS) as pool:
        for found in pool.map(_open_portion, portions):
            _keep(opened, found)
    return opened


def _open_portion(portion: Sequence[tuple[int, bytes, Register]]) -> dict[int, OpenedEntry | str]:
    """Entries as opened by their registers, or why not."""
    # Stage by stage: ES256 keeps the interpreter to itself, and a thread that hands it over at every entry waits for it as often.
    read = {index: _tried(read_entry, raw) for index, raw, _ in portion}
    found: dict[int, OpenedEntry | str] = {}
    for index, _, register in portion:
        one = read[index]
        found[index] = one if isinstance(one, str) else _tried(open_read, *one, index, register)
    return found


def _tried(step: Callable[P, T], /, *given: P.args, **named: P.kwargs) -> T | str:
    try:
        return step(*given, **named)
    except (Malformed, Refused) as refused:
        return str(refused)


def _keep(opened: Opened, found: Mapping[int, OpenedEntry | str]) -> None:
    for index, one in found.items():
        if isinstance(one, str):
            opened.failures[index] = one
        else:
            opened.entries[index] = one


def record_of(opened: Opened, size: int) -> Record:
    """The record of the acts below `size`, with zones and legal orders by the register of that size.

    Raises TzdataUnknown, LawUnknown, Malformed when one statement is recorded twice.
    """
    register = opened.register_for(size)
    zones = zones_of(register)
    forums: dict[StatementId, Forum | None] = {}
    record = Record(zones, lambda act: forums[act.id], lambda forum, at: register.outer_forums(forum, at, zones))
    for act in opened.acts:
        if act.position < size:
            if record.find(act.id) is not None:
                raise Malformed(f"entry {act.position}", f"records again what entry {record.act(act.id).position} does")
            own = opened.register_for(act.position)
            founding = act.subjects == (REGISTER,) and not own.adopted
            forums[act.id] = None if founding else own.actor_forum(act, zones_of(own if own.adopted else register))
            record.add(act)
    return record


def zones_of(register: Register) -> Zones:
    """The zones of the tzdata in force. Raises TzdataUnknown, LawUnknown."""
    if not register.adopted:
        return {}
    if register.rules.law not in LAWS:
        raise LawUnknown(register.rules.law)
    return load_zones(register.rules.tzdata)


def state_of(opened: Opened, question: Question, whole: Record | None = None) -> bytes:
    """`state.json`: the answers to the package's question, canonical. Raises as `record_of`, and Malformed.

    `whole`: the record at the package's size, where the caller has it.
    """
    if whole is None or question.size_asked != question.size:
        whole = record_of(opened, question.size_asked)
    record = whole
    understood = understand(record, question.asset, question.asked, question.now, question.size)
    answers: dict[str, Plain] = {
        "forums": forums_of(understood),
        "history": history(understood),
        "show": show(understood),
    }
    return canonical_bytes(_json(answers))


def _json(value: Plain) -> Json:
    """The same value: an answer is JSON, spelled as another recursive type."""
    if isinstance(value, dict):
        return {name: _json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value
