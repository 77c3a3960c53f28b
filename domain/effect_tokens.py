"""Tokens: the words in which the table of types says which effects a type may, must and must not have.

A token is an effect's wire name, or refined with `:` by what decides its legal nature: the right it moves, the kind
and family of a measure, the step of a permit or a proceeding. An effect satisfies several tokens at once;
`impose:freeze` is also `impose:restriction` and `impose`. Pure data about one effect: it looks at no other statement.
"""

from __future__ import annotations

from functools import lru_cache

from domain.effects import (
    Admit,
    Alter,
    Authorise,
    Conceal,
    Declare,
    Described,
    Effect,
    Exist,
    Impose,
    Move,
    Owe,
    Pay,
    Permit,
    Proceed,
    Reunit,
    State,
    Void,
    effect_name,
)
from domain.measure_kinds import MEASURE_KINDS


def token_of(effect: Effect) -> frozenset[str]:
    """Every token the effect satisfies; always its bare name."""
    return _tokens(effect_name(effect), _refinements(effect))


@lru_cache(maxsize=1_024)
def _tokens(name: str, refinements: tuple[str, ...]) -> frozenset[str]:
    return frozenset({name, *(f"{name}:{word}" for word in refinements)})


def _refinements(effect: Effect) -> tuple[str, ...]:
    match effect:
        case Declare(right=right) | Move(right=right):
            return (right.value,)
        case Reunit() | Conceal():
            return ()
        case Impose(kind=kind):
            family = MEASURE_KINDS.get(kind)
            return (kind,) if family is None else (kind, family.value)
        case Alter(op=op) | Authorise(op=op):
            return (op,)
        case Permit(kind=kind, op=permit_op):
            return (kind, permit_op)
        case Proceed(stage=stage):
            return (stage,)
        case Void(ground=ground, target=target):
            return (ground, "described") if isinstance(target, Described) else (ground,)
        case Admit(answer=answer, government=government):
            return (answer, "act" if government is None else "government")
        case Owe(kind=kind) | State(kind=kind):
            return (kind,)
        case Pay(refused=refused):
            return ("refused",) if refused else ("paid",)
        case Exist(op=exist_op, subject=subject):
            return (exist_op, subject.partition(":")[0])
