"""What the table of types alone has against an act.

Guarantees that every way an act fails to fit its type is reported, each with its rule, its place and what to do; all
are of the kind impossible (DESIGN section 3, rule 6). It reads one act: whether the signers are competent is the
register's matter, what the act meets among earlier ones is admission's. Rules: `type.unknown`, `type.derived-not-
stated`, `type.basis-barred`, `type.effect-barred`, `type.effect-missing`, `type.kind-unknown`, `type.member-missing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from domain.act_types import NEVER, NO_TITLE_BASIS, TYPES, UNSUPPORTED, ActType
from domain.acts import Act
from domain.effect_tokens import token_of
from domain.effects import Effect, Family, Impose, Owe, Permit, Proceed, effect_name
from domain.measure_kinds import MEASURE_KINDS
from domain.objections import Objection


def _no_effect(act: Act, wrong: Callable[[Effect], bool]) -> bool:
    return not any(wrong(effect) for effect in act.effects)


MEMBERS: Final[Mapping[str, Callable[[Act], bool]]] = MappingProxyType(
    {
        "effective.from": lambda act: None not in [act.effective_of(effect).start for effect in act.effects],
        "basis.legal_basis": lambda act: act.basis.legal_basis is not None,
        "impose.holder": lambda act: _no_effect(
            act,
            lambda effect: (
                isinstance(effect, Impose)
                and MEASURE_KINDS.get(effect.kind) is Family.CONTROL
                and effect.holder is None
            ),
        ),
        "impose.powers": lambda act: _no_effect(
            act,
            lambda effect: (
                isinstance(effect, Impose) and MEASURE_KINDS.get(effect.kind) is Family.CONTROL and not effect.powers
            ),
        ),
        "permit.time": lambda act: _no_effect(
            act, lambda effect: isinstance(effect, Permit) and effect.op == "revoked" and effect.time is None
        ),
        "permit.about": lambda act: _no_effect(
            act,
            lambda effect: (
                isinstance(effect, Permit) and not (effect.of or effect.over or effect.excepts or effect.transaction)
            ),
        ),
        "proceed.decision": lambda act: _no_effect(
            act, lambda effect: isinstance(effect, Proceed) and effect.stage == "decided" and effect.decision is None
        ),
        "proceed.on": lambda act: _no_effect(
            act,
            lambda effect: (
                isinstance(effect, Proceed) and effect.stage in ("appealed", "remanded", "final") and effect.on is None
            ),
        ),
        "owe.amount": lambda act: _no_effect(act, lambda effect: isinstance(effect, Owe) and effect.amount is None),
    }
)

_WHY_MEMBER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "effective.from": "the day it took legal effect",
        "basis.legal_basis": "the legal basis of the power that is used",
        "impose.holder": "who holds the measure of control",
        "impose.powers": "which powers the measure of control gives",
        "permit.time": "whether it is revoked from its own time, from now on, from a date, or that this is unstated",
        "permit.about": "what is permitted: a transaction, an asset, or the application it answers",
        "proceed.decision": "the outcome of the decision and its force",
        "proceed.on": "which decision is appealed, remanded or made final",
        "owe.amount": "the amount and its currency",
    }
)


def judge_type(act: Act) -> tuple[Objection, ...]:
    """What the table alone has against an act: all of it, in the order of the act; nothing when it fits its type."""
    if act.type in NEVER:
        return (_objection("type.derived-not-stated", f"{act.type}: {NEVER[act.type]}", "type", "record nothing"),)
    row = TYPES.get(act.type)
    if row is None:
        words = UNSUPPORTED.get(act.type, "the table of types has no such type")
        return (_objection("type.unknown", f"{act.type}: {words}", "type", _near(act.type)),)
    return (*_judge_basis(act, row), *_judge_effects(act, row), *_judge_members(act, row))


def _objection(rule: str, words: str, where: str, remedy: str = "") -> Objection:
    return Objection("impossible", rule, None, "", words, where, remedy)


def _near(name: str) -> str:
    """Types of the same noun, for a reader who guessed a name."""
    same = sorted(known for known in TYPES if known.partition(".")[0] == name.partition(".")[0])
    return f"use one of: {', '.join(same)}" if same else "see the table of types"


def _judge_basis(act: Act, row: ActType) -> list[Objection]:
    if row.basis and act.basis.kind not in row.basis:
        words = f"{row.name} cannot rest on an instrument of kind {act.basis.kind}"
        return [_objection("type.basis-barred", words, "basis/kind", f"it rests on: {', '.join(sorted(row.basis))}")]
    if act.basis.kind not in NO_TITLE_BASIS:
        return []
    words = f"an instrument of kind {act.basis.kind} moves no title by itself"
    return [
        _objection("type.basis-barred", words, f"effects/{index}", "record the completion when it happens")
        for index, effect in enumerate(act.effects)
        if token_of(effect) & {"move:title", "reunit"}
    ]


def _judge_effects(act: Act, row: ActType) -> Iterator[Objection]:
    present: set[str] = set()
    for index, effect in enumerate(act.effects):
        tokens = token_of(effect)
        present |= tokens
        where = f"effects/{index}"
        if isinstance(effect, Impose) and effect.kind not in MEASURE_KINDS:
            yield _objection(
                "type.kind-unknown", f"no measure is of kind {effect.kind}", f"{where}/kind", "use a listed kind"
            )
            continue
        reasons = [words for token, words in row.refuses.items() if token in tokens] if row.refuses else []
        if reasons or tokens.isdisjoint(row.allows):
            words = reasons[0] if reasons else f"{row.name} has no effect {effect_name(effect)} of this kind"
            yield _objection(
                "type.effect-barred", words, where, f"{row.name} may have: {', '.join(sorted(row.allows))}"
            )
    for wanted in row.requires:
        if wanted.isdisjoint(present):
            words = f"{row.name} needs an effect: {' or '.join(sorted(wanted))}"
            yield _objection(
                "type.effect-missing", words, "effects", "add the effect, or use the type that fits the instrument"
            )


def _judge_members(act: Act, row: ActType) -> list[Objection]:
    return [
        _objection("type.member-missing", f"{row.name} must state {_WHY_MEMBER[member]}", member, f"state {member}")
        for member in row.members
        if not MEMBERS[member](act)
    ]
