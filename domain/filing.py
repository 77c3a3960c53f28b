"""Under which names an act is found: the subjects it speaks about, the statements it refers to, the holders it names.

Guarantees that whatever can change an answer about a subject or a statement is found under its name: a record that holds only what
it was asked for answers as one that holds everything. Pure functions of one act or effect; nothing is kept here.

What a store has filed was filed by these rules: a change of `filed_under` or `introduced_by` needs a migration that files every
entry anew, as 0004 does, or the audit finds the rows that are missing.
"""

from __future__ import annotations

import unicodedata
from typing import Final, Protocol

from domain.acts import Despite, Signer
from domain.effects import (
    Admit,
    Alter,
    Declare,
    Effect,
    Exist,
    Impose,
    Move,
    OneOf,
    Owe,
    Pay,
    Permit,
    Proceed,
    Reunit,
    Stake,
    State,
    Void,
)
from domain.identifiers import EffectRef, PartyId, StatementId, SubjectId
from domain.periods import Effective

REACHING: Final = "reaching"
"""The name of every act that imposes a measure which reaches through ownership."""
TERM: Final = "term"
"""The name of every act because of which something may end or fall due on a day (`domain.deadlines`)."""
HOLDER: Final = "holder "
NAMED: Final = "name "
IDENTIFIED: Final = "identifier "
NAME_CHARS: Final = 120
"""How much of a name is filed; whoever looks one up compares the whole."""


def reaches(effect: Effect) -> bool:
    """Whether an effect imposes a measure that reaches through ownership."""
    return isinstance(effect, Impose) and effect.reach is not None


def holder_name(party: PartyId) -> str:
    """The name of every act that names a party as the holder of a right, or as who holds a measure."""
    return f"{HOLDER}{party}"


class Said(Protocol):
    """What an act and the statement that says it have in common, as far as it is filed."""

    @property
    def id(self) -> StatementId: ...
    @property
    def subjects(self) -> tuple[SubjectId, ...]: ...
    @property
    def actor(self) -> PartyId: ...
    @property
    def signers(self) -> tuple[Signer, ...]: ...
    @property
    def effects(self) -> tuple[Effect, ...]: ...
    @property
    def effective(self) -> Effective | None: ...
    @property
    def despite(self) -> tuple[Despite, ...]: ...
    @property
    def records(self) -> StatementId | None: ...


def filed_under(act: Said) -> tuple[str, ...]:
    """The names under which an act is found beside the streams it extends: the statements it refers to, the subjects it speaks
    about whose streams it does not extend, the parties it names as holders, the names and identifiers it gives, whether it
    imposes a measure that reaches, and whether something may end or fall due because of it."""
    found: dict[str, None] = {}
    if act.records is not None:
        found[act.records] = None
    for item in act.despite:
        if item.statement is not None:
            found[item.statement] = None
    for effect in act.effects:
        # the usual, which names no more than this
        if (
            isinstance(effect, Move)
            and not effect.performs
            and effect.manner is None
            and not ends(effect, act.effective)
        ):
            if effect.asset not in act.subjects:
                found[effect.asset] = None
            if isinstance(effect.source, str) and isinstance(effect.target, str):
                found[holder_name(effect.source)] = None
                found[holder_name(effect.target)] = None
                continue
        for ref in named_by(effect):
            if ref.statement != act.id:
                found[ref.statement] = None
        for subject in subjects_of(effect):
            if subject not in act.subjects:
                found[subject] = None
        for party, _ in holders_in(effect):
            found[holder_name(party)] = None
        if isinstance(effect, Impose | Alter) and isinstance(effect.holder, str):
            found[holder_name(effect.holder)] = None
        if isinstance(effect, Exist):
            if effect.name is not None:
                found[named_as(effect.name)] = None
            for external in effect.identifiers:
                found[f"{IDENTIFIED}{squeezed(external.value)[:NAME_CHARS]}"] = None
        if reaches(effect):
            found[REACHING] = None
        if _dated(effect) or (isinstance(effect, Move) and ends(effect, act.effective)):
            found[TERM] = None
    return tuple(found)


def ends(effect: Effect, of_act: Effective | None) -> bool:
    """Whether the dates of an effect, its own or else its act's, state an end."""
    dates = effect.effective or of_act
    return dates is not None and dates.until is not None


def _dated(effect: Effect) -> bool:
    match effect:
        case Impose() | Permit(op="granted"):
            return True
        case State(long_stop=when) | Owe(due=when) | Proceed(until=when) if when is not None:
            return True
        case Permit(conditions=conditions) | State(conditions=conditions):
            return any(condition.by is not None for condition in conditions)
        case _:
            return False


def named_as(name: str) -> str:
    """The name under which every act is filed that gives a subject this name, or one that compares equal."""
    return f"{NAMED}{folded(name)[:NAME_CHARS]}"


def folded(name: str) -> str:
    """A name for comparing: without regard to case and Unicode compatibility forms."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def squeezed(identifier: str) -> str:
    """An identifier for comparing: without regard to case and blanks."""
    return "".join(identifier.split()).casefold()


def introduced_by(act: Said) -> tuple[SubjectId, ...]:
    """Every subject, and every party, that an act mentions as its own: its streams, what it registers, its signers, its actor."""
    existing = (effect.subject for effect in act.effects if isinstance(effect, Exist))
    return tuple(dict.fromkeys((*act.subjects, *existing, *(signer.party for signer in act.signers), act.actor)))


def subjects_of(effect: Effect) -> tuple[SubjectId, ...]:
    """The subjects whose state an effect speaks about."""
    match effect:
        case Declare() | Move() | Reunit():
            return (effect.asset,)
        case Impose():
            return tuple(
                dict.fromkeys(SubjectId(o.asset) if isinstance(o, Stake) else SubjectId(o) for o in effect.over)
            )
        case Permit():
            return effect.over
        case Proceed():
            return (SubjectId(effect.proceeding), *(c for c in effect.concerns if isinstance(c, str)))
        case Void(target=target):
            return () if isinstance(target, EffectRef) else (SubjectId(target.asset),)
        case Admit():
            return (SubjectId(effect.state),) if effect.state else ()
        case Owe() | Pay():
            return (SubjectId(effect.asset),) if effect.asset else ()
        case Exist():
            return (effect.subject, *(SubjectId(p.asset) for p in effect.parts), *effect.others)
        case State():
            named = tuple(a for a in effect.about if isinstance(a, str))
            return (SubjectId(effect.asset), *named) if effect.asset else named
        case _:
            return ()


def named_by(effect: Effect) -> tuple[EffectRef, ...]:
    """Every effect or statement an effect refers to."""
    found: list[EffectRef | None] = []
    match effect:
        case Declare() | Exist() | Reunit():
            return ()
        case Move():
            if len(effect.performs) < 2:
                return effect.performs
            found += effect.performs
        case Impose():
            found += [*effect.rank_above, effect.transaction, effect.secures]
        case Alter():
            found += [effect.measure, *effect.rank_above, *effect.below]
        case Permit():
            found += [effect.of, *effect.excepts, effect.transaction]
        case Proceed():
            found += [c for c in effect.concerns if isinstance(c, EffectRef)]
            found += [effect.on, effect.decision.reviews if effect.decision else None]
        case Void(target=EffectRef() as target):
            found.append(target)
        case Admit():
            found.append(effect.target)
        case Owe():
            found += [effect.cause, effect.replaces]
        case Pay():
            found.append(effect.debt)
        case State():
            found += [a for a in effect.about if isinstance(a, EffectRef)]
        case _:
            pass
    return tuple(dict.fromkeys(ref for ref in found if ref is not None))


def holders_in(effect: Effect) -> list[tuple[PartyId, SubjectId]]:
    """The parties an effect on a right names as holders (beneficiaries too), each with the asset."""
    if isinstance(effect, Move):
        holders, manners = [effect.source, effect.target], [effect.manner]
    elif isinstance(effect, (Declare, Reunit)):
        portions = effect.split if isinstance(effect, Declare) else (*effect.cancel, *effect.issue)
        holders, manners = [p.holder for p in portions], [p.manner for p in portions]
    else:
        return []
    found: list[PartyId] = []
    for holder in holders:
        found += holder.parties if isinstance(holder, OneOf) else [holder] if isinstance(holder, str) else []
    found += [m.beneficiary for m in manners if m is not None and m.beneficiary is not None]
    return [(party, effect.asset) for party in found]


def parties_of(effect: Effect) -> tuple[PartyId, ...]:
    """The parties an effect names as holders or bound, for the closure of a question."""
    match effect:
        case Declare():
            return tuple(p.holder for p in effect.split if isinstance(p.holder, str))
        case Move():
            return tuple([h for h in (effect.source, effect.target) if isinstance(h, str)])
        case Reunit():
            return tuple(p.holder for p in (*effect.cancel, *effect.issue) if isinstance(p.holder, str))
        case Impose():
            held = (effect.holder,) if isinstance(effect.holder, str) else ()
            return (*held, *effect.binds)
        case Exist(op="merge" | "succeed"):
            return tuple(PartyId(other) for other in effect.others)
        case _:
            return ()
