"""Proceedings: their steps, where they stand in each forum, and what their record leaves open.

Folds of the effects about one proceeding in the order (start, `after`, statement); total, each with its causes (DESIGN section 3,
rules 7 and 9).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from domain.effects import (
    Proceed,
    State,
)
from domain.finality import finality
from domain.force import force as force_of
from domain.identifiers import EffectRef, Forum, ProceedingId
from domain.periods import END
from domain.reviews import leaves_open, reverses_without_void, undone
from domain.segments import Segment, Validity
from domain.standing import View
from domain.terms import until_bound
from domain.title import after_rank


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
