"""Proceedings, permits, debts and identities over time: what a view makes of the acts about them.

Each function is a fold of the effects about one thing, in the order (effective, after, strength); it yields dated steps with their
causes and never raises on what was admitted (DESIGN section 3, rules 5, 7, 9, 12 and 13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from domain.effects import (
    Admit,
    Condition,
    Exist,
    External,
    Limit,
    Owe,
    Pay,
    Permit,
    Proceed,
    State,
)
from domain.finality import finality
from domain.force import force as force_of
from domain.identifiers import EffectRef, Forum, PartyId, ProceedingId, SubjectId
from domain.periods import BEGINNING, END, until_bounds
from domain.qualifications import revoked_from
from domain.record import PlaceMember
from domain.reviews import leaves_open, reverses_without_void, undone
from domain.segments import Segment, Validity, first_operative
from domain.standing import View
from domain.terms import until_bound
from domain.title import after_rank


def ordered(view: View, refs: Iterable[EffectRef], subject: SubjectId | None = None) -> list[EffectRef]:
    """Effects that stand at some time in the view, in the order of the law: start, `after`, strength, statement."""
    keyed = []
    for ref in refs:
        if not view.held(ref) or first_operative(view.settled(ref, subject)) is None:
            continue
        start = view.start(ref)
        strength = view.strength(view.record.act(ref.statement))
        keyed.append(((start, after_rank(view, ref, start), -strength, ref), ref))
    return [ref for _, ref in sorted(keyed)]


def operative_end(view: View, ref: EffectRef, subject: SubjectId | None = None) -> datetime:
    """When an effect's first operative stretch ends; END when it does not."""
    for segment in view.settled(ref, subject):
        if segment.validity is Validity.OPERATIVE:
            return segment.end
    return BEGINNING


# --- proceedings -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProceedingStep:
    """One step. `decided`, `enforceable` and `final` are three answers: the outcome, over which stretches it binds, since when
    it can no longer be attacked. `validity` tells whether a later decision undid this one."""

    ref: EffectRef
    start: datetime
    forum: Forum
    stage: str
    outcome: str | None
    step: Proceed
    validity: tuple[Segment, ...]
    enforceable: tuple[Segment, ...]
    final: tuple[datetime, EffectRef] | None


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a proceeding in one forum over a period: stage and outcome of the last step that stands, and its cause."""

    start: datetime
    end: datetime
    forum: Forum
    stage: str
    outcome: str | None
    causes: tuple[EffectRef, ...]


@dataclass(frozen=True, slots=True)
class Proceedings:
    """A proceeding: its steps in order, its status forum by forum, and antecedents the record does not hold."""

    proceeding: ProceedingId
    steps: tuple[ProceedingStep, ...]
    statuses: tuple[Status, ...]
    missing: tuple[tuple[EffectRef, str], ...]


def proceedings(view: View, proceeding: ProceedingId) -> Proceedings:
    """The course of a proceeding through all forums it was taken to."""
    found: list[ProceedingStep] = []
    for ref, effect in view.record.about(proceeding):
        if not isinstance(effect, Proceed) or effect.proceeding != proceeding or not view.held(ref):
            continue
        segments = view.settled_own(ref)
        force = force_of(view, ref, effect) if effect.decision is not None else ()
        final = finality(view, ref) if effect.decision is not None else None
        outcome = effect.decision.outcome if effect.decision else None
        found.append(
            ProceedingStep(ref, view.start(ref), effect.forum, effect.stage, outcome, effect, segments, force, final)
        )
    found.sort(key=lambda s: (s.start, after_rank(view, s.ref, s.start), s.ref))
    return Proceedings(proceeding, tuple(found), _statuses(view, found), _missing_antecedents(view, found))


def _statuses(view: View, steps: list[ProceedingStep]) -> tuple[Status, ...]:
    over = {s.ref: until_bound(view, s.step.until, view.record.dates(s.ref).zone, s.ref)
            for s in steps if s.stage == "stayed" and s.step.until is not None}  # fmt: skip
    made: list[Status] = []
    for forum in dict.fromkeys(s.forum for s in steps):
        mine = [s for s in steps if s.forum == forum]
        bounds = {END}
        for step in mine:
            for segment in step.validity:
                bounds |= {max(segment.start, step.start), segment.end}
            if step.ref in over:
                bounds.add(max(over[step.ref], step.start))
        cuts = sorted(b for b in bounds if b >= min(s.start for s in mine))
        for low, high in pairwise(cuts):
            current, gone = _current([s for s in mine if low < over.get(s.ref, END)], low)
            if current is None:
                continue
            causes = (current.ref, *gone)
            status = Status(low, high, forum, current.stage, current.outcome, causes)
            if made and made[-1].end == low and made[-1].forum == forum and made[-1].causes == causes:
                made[-1] = Status(made[-1].start, high, forum, status.stage, status.outcome, causes)
            else:
                made.append(status)
    return tuple(made)


def _current(steps: list[ProceedingStep], at: datetime) -> tuple[ProceedingStep | None, tuple[EffectRef, ...]]:
    """The last step that stands at a moment, and what undid later ones; an appeal that was withdrawn, or settled, is undone."""
    gone: tuple[EffectRef, ...] = ()
    appeals = {step.ref for step in steps if step.stage == "appealed"}
    dropped: set[EffectRef] = set()
    for step in reversed(steps):
        if step.start > at:
            continue
        segment = next((s for s in step.validity if s.start <= at < s.end), None)
        if segment is not None and segment.validity is Validity.OPERATIVE:
            if step.ref in dropped:
                continue
            if step.stage in ("withdrawn", "settled") and step.step.on in appeals:
                dropped.add(step.step.on)
                gone += (step.ref,)
                continue
            return step, gone
        if segment is not None:
            gone += segment.causes
    return None, gone


_NEEDS_BEFORE = {"decided", "interim", "appealed", "remanded", "stayed", "resumed", "settled", "withdrawn", "final"}


def _missing_antecedents(view: View, steps: list[ProceedingStep]) -> tuple[tuple[EffectRef, str], ...]:
    """Steps whose necessary antecedent, or consequence, was never recorded: a stated gap, not an objection."""
    missing: list[tuple[EffectRef, str]] = []
    filed: set[Forum] = set()
    decided: set[Forum] = set()
    for step in steps:
        if not any(segment.validity is Validity.OPERATIVE for segment in step.validity):
            continue
        if step.stage == "filed":
            filed.add(step.forum)
        elif step.stage in _NEEDS_BEFORE and step.forum not in filed:
            missing.append((step.ref, "no filing in this forum is on record before it"))
            filed.add(step.forum)
        if step.stage == "appealed" and step.forum not in decided and step.step.on is None:
            missing.append((step.ref, "no decision it could be taken from is on record"))
        if step.outcome is not None:
            decided.add(step.forum)
        if reverses_without_void(view, step.ref, step.step) and _ordered_something(view, undone(step.step)):
            words = "it undoes the decision it reviews, and no void on record says from when and with what consequence"
            missing.append((step.ref, f"{words}: that decision is taken to have no force since"))
        reviewed = step.step.decision.reviews if step.step.decision is not None else None
        if leaves_open(view, step.ref, step.step) and _ordered_something(view, reviewed):
            words = f"its outcome, {step.outcome}, does not say whether the decision it reviews stands, and no void on record does"
            missing.append((step.ref, f"{words}: that decision is taken to stand"))
        if step.stage in ("withdrawn", "settled") and _of_the_claim(view, step.step):
            left = [
                s for s in steps if s.forum == step.forum and s.start <= step.start and _open_then(view, s, step.start)
            ]
            if left:
                words = f"the claim was {step.stage} after a decision that was not final then"
                missing.append((step.ref, f"{words}: whether that still stands is not on record; it is taken to stand"))
    return tuple(missing)


def _ordered_something(view: View, decision: EffectRef | None) -> bool:
    """Whether a decision did more than decide: only then is there something to undo."""
    act = view.record.find(decision.statement) if decision is not None else None
    return act is not None and any(not isinstance(effect, Proceed | State) for effect in act.effects)


def _of_the_claim(view: View, step: Proceed) -> bool:
    """Whether a settlement or withdrawal is of the claim, not of an appeal against a decision on it."""
    on = view.record.effect(step.on) if step.on is not None and step.on.n else None
    return not (isinstance(on, Proceed) and on.stage == "appealed")


def _open_then(view: View, step: ProceedingStep, at: datetime) -> bool:
    """Whether a step is a decision that orders something, stands at a moment, and is not final by then."""
    if step.outcome is None or not _ordered_something(view, step.ref):
        return False
    stands = any(s.start <= at < s.end and s.validity is Validity.OPERATIVE for s in step.validity)
    return stands and (step.final is None or step.final[0] > at)


# --- permits -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PermitCourse:
    """A permit over time: applied, granted or denied, with the stretch it is good for and its conditions."""

    ref: EffectRef
    kind: str
    op: str
    start: datetime
    end: datetime
    granted: bool
    permit: Permit
    conditions: tuple[Condition, ...]
    limit: Limit | None
    causes: tuple[EffectRef, ...]
    ended_by: tuple[EffectRef, ...]


def permit_course(view: View, ref: EffectRef, subject: SubjectId | None = None) -> PermitCourse | None:
    """What became of a permit that was applied for, granted or denied; None when the view does not hold it."""
    permit = view.record.effect(ref)
    if not isinstance(permit, Permit) or permit.op not in ("applied", "granted", "denied"):
        return None
    segments = view.settled(ref, subject)
    operative = next((s for s in segments if s.validity is Validity.OPERATIVE), None)
    if operative is None:
        return None
    start, end = operative.start, operative.end
    conditions, limit = permit.conditions, permit.limit
    causes: tuple[EffectRef, ...] = (ref,)
    ended_by: tuple[EffectRef, ...] = () if end == END else next((s.causes for s in segments if s.start == end), ())
    if permit.until is not None:
        stated = _until(view, permit, ref)
        if stated < end:
            end, ended_by = stated, ()
    later = [
        other
        for name in view.aliases(ref)
        for other, effect in view.record.naming(name)
        if isinstance(effect, Permit) and effect.of == name and effect.op in ("conditions", "extended", "revoked")
    ]
    for other in ordered(view, later, subject):
        change = view.record.effect(other)
        assert isinstance(change, Permit), "filtered above"
        match change.op:
            case "conditions":
                conditions, causes = (*conditions, *change.conditions), (*causes, other)
            case "extended" if view.start(other) < end:
                end, ended_by, causes = _until(view, change, other), (), (*causes, other)
            case "extended":
                pass
            case _:
                begin = revoked_from(view, other, change, start)
                if begin < end:
                    end, ended_by = begin, (other,)
    return PermitCourse(
        ref,
        permit.kind,
        permit.op,
        start,
        end,
        permit.op == "granted" and start < end,
        permit,
        conditions,
        limit,
        causes,
        ended_by,
    )


def _until(view: View, permit: Permit, ref: EffectRef) -> datetime:
    early, late = until_bounds(permit.until, view.record.dates(ref).zone, view.record.zones)
    if early == late:
        return early
    return late if view.reading.pick(f"until {ref}", 2, ref.statement, "the date it runs until is uncertain") else early


# --- debts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Debt:
    """A debt and its balance: what is owed as last determined, what was paid in that currency, what is left (never negative)."""

    ref: EffectRef
    owe: Owe
    low: Decimal | None
    high: Decimal | None
    currency: str | None
    paid: Decimal
    left_low: Decimal | None
    left_high: Decimal | None
    payments: tuple[EffectRef, ...]
    replaced_by: EffectRef | None
    causes: tuple[EffectRef, ...]


def debt(view: View, ref: EffectRef, at: datetime, subject: SubjectId | None = None) -> Debt | None:
    """A debt at a moment; None when it does not stand then. Interest terms are told, not computed."""
    owe = view.record.effect(ref)
    if not isinstance(owe, Owe) or not any(
        s.start <= at < s.end and s.validity is Validity.OPERATIVE for s in view.settled(ref, subject)
    ):
        return None
    names = view.aliases(ref)
    anew = [other for other, effect in _standing_on(view, names, at, subject) if isinstance(effect, Owe)]
    payments = payments_of(view, ref, at, subject)
    payments.sort(key=lambda other: (view.start(other), other))
    replaced = max(anew, key=lambda other: (view.start(other), other), default=None)
    low = Decimal(owe.amount.low) if owe.amount else None
    high = Decimal(owe.amount.high) if owe.amount else None
    currency = owe.amount.currency if owe.amount else None
    paid = Decimal(0)
    for other in payments:
        payment = view.record.effect(other)
        assert isinstance(payment, Pay), "filtered above"
        if payment.amount.currency == currency:
            paid += Decimal(payment.amount.low)
    zero = Decimal(0)
    left = (max(zero, low - paid), max(zero, high - paid)) if low is not None and high is not None else (None, None)
    causes = (ref, *payments)
    return Debt(ref, owe, low, high, currency, paid, left[0], left[1], tuple(payments), replaced, causes)


def payments_of(view: View, ref: EffectRef, at: datetime, subject: SubjectId | None = None) -> list[EffectRef]:
    """Payments of a debt by a moment, and of what it determines anew, whether or not that stands: what was paid was paid."""
    found: dict[EffectRef, None] = {}
    todo, seen = [ref], set[EffectRef]()
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        owe = view.record.effect(current)
        todo += [owe.replaces] if isinstance(owe, Owe) and owe.replaces is not None else []
        standing = _standing_on(view, view.aliases(current), at, subject)
        found |= {other: None for other, effect in standing if isinstance(effect, Pay)}
    return list(found)


def _standing_on(
    view: View, names: Sequence[EffectRef], at: datetime, subject: SubjectId | None
) -> list[tuple[EffectRef, Owe | Pay]]:
    """What stands at a moment and pays a debt, or determines it anew."""
    found: dict[EffectRef, Owe | Pay] = {}
    for name in names:
        for other, effect in view.record.naming(name):
            pays = isinstance(effect, Pay) and effect.debt in names and not effect.refused
            replaces = isinstance(effect, Owe) and effect.replaces in names
            if (pays or replaces) and view.held(other) and view.stands(other, at, subject):
                assert isinstance(effect, Owe | Pay), "asked above"
                found[other] = effect
    return list(found.items())


# --- identity ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dated:
    """A value over a period, with its cause."""

    start: datetime
    end: datetime
    value: str
    cause: EffectRef


@dataclass(frozen=True, slots=True)
class Identity:
    """A subject over time: names, outside identifiers, where it lay, what it became. `place` and `zone` are those of the moment
    asked, `places` and `zones` those of all time, each from the registration that says so."""

    subject: SubjectId
    kind: str | None
    place: Forum | None
    zone: str
    places: tuple[Dated, ...]
    zones: tuple[Dated, ...]
    names: tuple[Dated, ...]
    identifiers: tuple[Dated, ...]
    ended: tuple[datetime, EffectRef] | None
    successors: tuple[tuple[datetime, SubjectId, str, EffectRef], ...]
    parts: tuple[tuple[datetime, SubjectId, EffectRef], ...]
    same_as: tuple[tuple[datetime, datetime, SubjectId, EffectRef], ...]

    def name_at(self, at: datetime) -> str | None:
        """The name it bears at a moment."""
        return next((d.value for d in self.names if d.start <= at < d.end), None)


def identity(view: View, subject: SubjectId, at: datetime | None = None) -> Identity:
    """Who or what a subject is, over time; where it lies at a moment, by default that of the view."""
    at_moment = view.at if at is None else at
    refs = view.record.existing(subject)
    kind: str | None = None
    ended: tuple[datetime, EffectRef] | None = None
    successors: list[tuple[datetime, SubjectId, str, EffectRef]] = []
    parts: list[tuple[datetime, SubjectId, EffectRef]] = []
    same: list[tuple[datetime, datetime, SubjectId, EffectRef]] = []
    sayings = _sayings(view, subject)
    names, identifiers = _called(sayings, subject)
    for ref, effect, at, until in sayings:
        own = effect.subject == subject
        if own and effect.op in ("register", "identify"):
            kind = effect.kind or kind
        whole = effect.op == "divide" and _wholly(effect)
        if (
            own
            and (effect.op in ("end", "merge", "repeal") or whole)
            and (ended is None or at < ended[0])
            and until == END
        ):
            ended = (at, ref)
        if own and effect.op in ("merge", "succeed"):
            successors += [(at, other, effect.op, ref) for other in effect.others]
        if own and effect.op == "divide":
            parts += [(at, SubjectId(part.asset), ref) for part in effect.parts]
        if subject.startswith("norm:") and own and effect.op == "register" and until != END and ended is None:
            struck = next((s for s in view.settled(ref, subject) if s.start == until), None)
            ended = (until, struck.causes[-1] if struck is not None else ref)
        if effect.op == "same":
            others = effect.others if own else (effect.subject,)
            same += [(at, until, other, ref) for other in others]
        if effect.op == "distinct":
            others = effect.others if own else (effect.subject,)
            same = [(s, at if o in others and s <= at < e else e, o, r) for s, e, o, r in same]
    if subject.startswith("norm:") and ended is None and not names:
        voids = [
            s
            for ref in refs
            for s in (view.settled(ref, subject) if view.held(ref) else ())
            if s.validity is Validity.VOID
        ]
        ended = (voids[0].start, voids[0].causes[-1]) if voids else None
    places = _registered(view, subject, "place")
    zones = _registered(view, subject, "zone")
    return Identity(
        subject,
        kind,
        next((Forum(d.value) for d in places if d.start <= at_moment < d.end), None),
        next((d.value for d in zones if d.start <= at_moment < d.end), "UTC"),
        places,
        zones,
        names,
        identifiers,
        ended,
        tuple(successors),
        tuple(parts),
        tuple(same),
    )


def called(view: View, subject: SubjectId) -> tuple[tuple[Dated, ...], tuple[Dated, ...]]:
    """The names and the outside identifiers of a subject over time: what `identity` says of them, and nothing else worked out."""
    return _called(_sayings(view, subject), subject)


_Saying = tuple[EffectRef, Exist, datetime, datetime]
"""An effect that says who or what a subject is, and from when until when."""


def _sayings(view: View, subject: SubjectId) -> list[_Saying]:
    found: list[_Saying] = []
    for ref in ordered(view, view.record.existing(subject), subject):
        effect = view.record.effect(ref)
        assert isinstance(effect, Exist), "filed as such"
        found.append((ref, effect, view.start(ref), operative_end(view, ref, subject)))
    return found


def _called(sayings: list[_Saying], subject: SubjectId) -> tuple[tuple[Dated, ...], tuple[Dated, ...]]:
    names: list[Dated] = []
    identifiers: list[Dated] = []
    for ref, effect, at, until in sayings:
        if effect.subject != subject:
            continue
        if effect.op in ("register", "name") and effect.name is not None:
            _put(names, Dated(at, until, effect.name, ref))
        if effect.op in ("register", "identify"):
            for external in effect.identifiers:
                _put(identifiers, Dated(at, until, _spell(external), ref), external.scheme)
    return tuple(names), tuple(identifiers)


def succeeds(view: View, party: PartyId, other: PartyId, at: datetime) -> bool:
    """Whether a party is another, under one of its names, or has succeeded it, directly or through others."""
    todo, seen = [SubjectId(other)], set[SubjectId]()
    while todo:
        current = todo.pop()
        if current == party:
            return True
        if current not in seen:
            seen.add(current)
            todo += [*view.same(current, at), *(after for _, after, _, _ in identity(view, current).successors)]
    return False


def _registered(view: View, subject: SubjectId, member: PlaceMember) -> tuple[Dated, ...]:
    """What is registered of a place or zone through all time; neighbours that say the same are one."""
    found: list[Dated] = []
    for start, end, value, ref in view.stretches(subject, member):
        if found and found[-1].value == value:
            found[-1] = replace(found[-1], end=end)
        else:
            found.append(Dated(start, end, value, ref))
    return tuple(found)


def _wholly(effect: Exist) -> bool:
    """Whether a division leaves nothing of what is divided."""
    shares = [part.share.low for part in effect.parts if part.share is not None]
    return len(shares) == len(effect.parts) and sum(shares, Fraction(0)) == 1


def _spell(external: External) -> str:
    return f"{external.scheme} {external.value}"


def _put(dated: list[Dated], new: Dated, scheme: str | None = None) -> None:
    """A value replaces the one before it from its start on (identifiers: the one of the same scheme)."""
    for index, old in enumerate(dated):
        alike = scheme is None or old.value.split(" ", 1)[0] == scheme
        if alike and old.start <= new.start < old.end:
            dated[index] = Dated(old.start, new.start, old.value, old.cause)
    dated[:] = [d for d in dated if d.start < d.end]
    dated.append(new)


@dataclass(frozen=True, slots=True)
class Representation:
    """Who may act for a party over a period, by which measure or recognition."""

    start: datetime
    end: datetime
    party: PartyId
    agent: PartyId
    kind: str
    causes: tuple[EffectRef, ...]


def governments(view: View, state: PartyId) -> tuple[Representation, ...]:
    """Who may act for a state in the forum of the view: each recognition holds until withdrawn or another is recognised."""
    refs = [
        ref
        for ref, effect in view.record.about(state)
        if isinstance(effect, Admit) and effect.state == state and effect.forum == view.forum
    ]
    stretches = {
        ref: [s for s in view.settled(ref, state) if s.validity is Validity.OPERATIVE]
        for ref in ordered(view, refs, state)
    }
    cuts = sorted({moment for found in stretches.values() for s in found for moment in (s.start, s.end)})
    made: list[Representation] = []
    for low, high in pairwise(cuts):
        standing = [ref for ref, found in stretches.items() if any(s.start <= low < s.end for s in found)]
        agent, by, ended_by = _government(view, standing)
        last = made[-1] if made and made[-1].end == low else None
        if last is not None and agent == last.agent and by == last.causes[0]:
            made[-1] = replace(last, end=high)
            continue
        if last is not None:
            made[-1] = replace(last, causes=(*last.causes, *_turn(view, stretches, low, by or ended_by)))
        if agent is not None and by is not None:
            made.append(Representation(low, high, state, agent, "recognised government", (by,)))
    return tuple(made)


def _government(view: View, standing: Iterable[EffectRef]) -> tuple[PartyId | None, EffectRef | None, EffectRef | None]:
    """Which government these answers of a forum leave recognised, by which of them, or by which of them none."""
    agent, by, ended_by = None, None, None
    for ref in standing:
        admit = view.record.effect(ref)
        assert isinstance(admit, Admit), "answers only"
        if admit.answer == "recognised" and admit.government is not None:
            agent, by = admit.government, ref
        elif admit.answer in ("withdrawn", "refused") and admit.government == agent:
            agent, by, ended_by = None, None, ref
    return agent, by, ended_by


def _turn(
    view: View, stretches: Mapping[EffectRef, list[Segment]], at: datetime, by: EffectRef | None
) -> tuple[EffectRef, ...]:
    """What ended a recognition at a moment: the answer that took its place, or what took it back."""
    if by is not None and any(s.start == at for s in stretches[by]):
        return (by,)
    return tuple(dict.fromkeys(c for ref in stretches for s in view.settled(ref) if s.start == at for c in s.causes))
