"""What speaks against an act before any fold: what it contradicts in itself, and what it refers to (DESIGN section 3, rule 6).

Guarantees that an act which reaches the fold refers only to what is on record and of the kind it needs, extends the stream
of everything it changes, and holds no split, transfer or division that cannot be. All of these are impossible, never irregular.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from domain.acts import Act
from domain.effects import (
    Admit,
    Alter,
    Declare,
    Effect,
    Exist,
    Impose,
    Move,
    Pay,
    Permit,
    Portion,
    Proceed,
    Reunit,
    State,
    Void,
)
from domain.filing import named_by, subjects_of
from domain.identifiers import EffectRef, StatementId, SubjectId
from domain.objections import Objection
from domain.record import Record
from domain.shares import NOTHING, total


def references(record: Record, act: Act) -> list[Objection]:
    """Everything an act refers to must be on record and of the right kind; its effects must be about its subjects."""
    found: list[Objection] = []
    for n, effect in enumerate(act.effects):
        where = f"/effects/{n}"
        after = act.effective_of(effect).after
        named = named_by(effect)
        for ref in named if after is None or after in named else (*named, after):
            if ref.statement == act.id:
                continue
            other = record.find(ref.statement)
            if other is not None and ref.n > len(other.effects):
                words = f"{ref} is not on record: the last effect of that act is #{len(other.effects)}"
                found.append(impossible("reference.unknown", None, words, where, "name one of its effects"))
            elif other is None:
                words = f"{ref} is not on record: an act can only refer to what was recorded before it"
                found.append(
                    impossible("reference.unknown", None, words, where, "record that act first, or void by description")
                )
            else:
                found += _kinds(record, effect, ref, where) if ref in named else []
        for s in _concerned(record, effect):
            if s not in act.subjects:
                words = f"this effect is about {s}, which subjects does not list"
                found.append(impossible("subjects.missing", None, words, where, "add it"))
    for subject, seen in zip(act.subjects, act.follows, strict=True):
        if seen is not None and record.place(subject, seen) is None:
            words = f"follows names {seen} for {subject}, which is no statement of that stream"
            found.append(
                impossible("follows.unknown", None, words, "/follows", "name the last statement of the stream you saw")
            )
    if act.records is not None:
        first = record.find(act.records)
        if first is None:
            found.append(
                impossible("reference.unknown", None, f"{act.records} is not on record", "/records", "record it first")
            )
        elif first.actor != act.actor or not set(first.subjects) & set(act.subjects):
            words = "another source for an act has the same actor and shares a subject with it"
            found.append(impossible("records.other-act", first.id, words, "/records", "record it as an act of its own"))
    return found


def _concerned(record: Record, effect: Effect) -> Iterable[SubjectId]:
    """The streams an effect must extend: what it is about, and what that is about which it alters, voids, permits or admits. So
    nothing that changes a subject's state is missing from its stream, and a stream cut short shows."""
    found = dict.fromkeys(() if isinstance(effect, (State, Pay, Permit, Proceed)) else subjects_of(effect))
    changed: tuple[EffectRef | None, ...] = ()
    match effect:
        case Alter():
            changed = (effect.measure,)
        case Permit():
            changed = (effect.of, effect.transaction, *effect.excepts)
        case Void(target=EffectRef() as target) | Admit(target=EffectRef() as target):
            changed = (target,)
        case _:
            pass
    for ref in changed:
        act = record.find(ref.statement) if ref is not None else None
        if ref is None or act is None or ref.n > len(act.effects):
            continue
        targets = (act.effects[ref.n - 1],) if ref.n else act.effects
        for meant in targets:
            if not isinstance(meant, (State, Pay)):
                found |= dict.fromkeys(subjects_of(meant))
    return found


def _kinds(record: Record, effect: Effect, ref: EffectRef, where: str) -> list[Objection]:
    target = record.effect(ref) if ref.n else None
    wanted: tuple[type, ...] = ()
    match effect:
        case Alter(op="fulfil"):
            wanted = (Move, Reunit, Impose)
        case Alter():
            wanted = (Impose,)
        case Permit() if effect.of == ref:
            wanted = (Permit,)
        case Permit() if ref in effect.excepts:
            wanted = (Impose,)
        case Impose() if ref in effect.rank_above:
            wanted = (Impose,)
        case Proceed() if effect.on == ref and effect.stage in ("appealed", "remanded", "final"):
            wanted = (Proceed,)
            target = next((e for e in targeted(record.act(ref.statement), ref) if isinstance(e, Proceed)), None)
        case _:
            return []
    if isinstance(target, wanted):
        return []
    names = " or ".join(sorted(w.__name__.lower() for w in wanted))
    return [
        impossible(
            "reference.kind", ref.statement, f"{ref} is not an effect of the kind {names}", where, "refer to the effect"
        )
    ]


def contradictions(act: Act) -> list[Objection]:
    """What an act contradicts in itself, before any record is looked at."""
    found: list[Objection] = []
    for n, effect in enumerate(act.effects):
        where = f"/effects/{n}"
        match effect:
            case Declare():
                found += _not_whole(effect.split, where)
            case Move():
                if effect.source == effect.target:
                    found.append(
                        impossible(
                            "move.same-holder", None, "transferor and transferee are the same", where, "name two"
                        )
                    )
                if effect.amount.empty:
                    found.append(
                        impossible("move.nothing", None, "nothing is moved", where, "state a share above nothing")
                    )
            case Reunit():
                issued = sum((p.share.low for p in effect.issue), Fraction(0))
                cancelled = sum((p.share.low for p in effect.cancel), Fraction(0))
                if issued > 1 or cancelled > 1:
                    found.append(
                        impossible(
                            "shares.not-whole", None, "more than the whole is cancelled or issued", where, "correct it"
                        )
                    )
            case Exist(op="divide"):
                parts = sum((p.share.low for p in effect.parts if p.share is not None), Fraction(0))
                if parts > 1:
                    found.append(
                        impossible("parts.exceed-whole", None, f"the parts sum to {parts}", where, "correct the shares")
                    )
            case Exist(op="same" | "merge" | "succeed") if effect.subject in effect.others:
                found.append(
                    impossible(
                        "identity.cycle", None, f"{effect.subject} cannot be its own successor", where, "name another"
                    )
                )
            case Void():
                if isinstance(effect.target, EffectRef) and effect.target.statement == act.id:
                    found.append(impossible("void.itself", None, "an act cannot void itself", where, "leave it out"))
            case _:
                pass
    return found


def _not_whole(split: tuple[Portion, ...], where: str) -> list[Objection]:
    whole = total([p.share for p in split]) if split else NOTHING
    holders = [(p.holder, p.manner) for p in split]
    if len(set(holders)) != len(holders):
        return [
            impossible("shares.holder-twice", None, "a holder is listed twice in one split", where, "add the shares up")
        ]
    if whole.low_part <= whole.parts <= whole.high_part:
        return []
    said = f"{whole.low}" if whole.exact else f"{whole.low} to {whole.high}"
    remedy = 'state shares that sum to the whole; what is not known is held by {"unknown": true}'
    return [impossible("shares.not-whole", None, f"the split sums to {said} of the whole, not to 1", where, remedy)]


def impossible(rule: str, statement: StatementId | None, words: str, where: str, remedy: str = "") -> Objection:
    return Objection("impossible", rule, statement, "", words, where, remedy)


def targeted(act: Act, target: EffectRef) -> tuple[Effect, ...]:
    """The effects a reference means: one, or all of a statement."""
    return (act.effects[target.n - 1],) if target.n else act.effects
