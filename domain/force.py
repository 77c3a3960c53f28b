"""Force of decisions: over which stretches one is not enforceable, and why.

It may be pending until final, or suspended by an appeal, a stay, or a review that undoes it without a void; each with what ends it.
Guarantees that no decision's force hangs on itself, whatever the record says. It is laid over what a decision orders in
`qualifications`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.effects import Decision, Proceed
from domain.finality import until_final
from domain.identifiers import EffectRef, SubjectId
from domain.outlook import Outlook
from domain.periods import END
from domain.proceedings import heeded, steps_on, uncorrected, while_standing
from domain.reviews import means, reversal_end, reverses_without_void, reviewed_by, sent_back, undone, upholds
from domain.segments import Segment, Validity, overlay, pending
from domain.terms import until_bound


def force(
    view: Outlook, ref: EffectRef, step: Proceed, subject: SubjectId | None = None, part: EffectRef | None = None
) -> tuple[Segment, ...]:
    """Over which stretches a decision is not enforceable: pending finality, or suspended by an appeal or a stay. Of each the
    causes: what it waits for or what suspends it, and what ends that. `subject`: in whose place's eyes, where no forum is asked
    for; what another legal order than the decision's own does counts only where that order's acts are applied.
    `part`: asked of one effect that it orders, else of the whole."""
    assert step.decision is not None, "asked of decisions only"
    found: list[Segment] = []
    if ref in view.asking:
        return ()
    view.asking.add(ref)
    try:
        if step.decision.force == "on_finality":
            found += until_final(view, ref, subject, part)
        for other, effect in steps_on(view, ref, subject, part):
            found += _suspending(view, ref, step.decision, other, effect, subject)
    finally:
        view.asking.discard(ref)
    return tuple(sorted(found, key=lambda s: (s.start, s.causes)))


def step_ended(view: Outlook, ref: EffectRef, step: Proceed) -> datetime | None:
    """When what a step began (a stay, an appeal) was ended by another: on it, on what it is about, or on its proceeding."""
    decision = view.record.effect(step.on) if step.on is not None and step.on.n else None
    about = step.on if step.on is not None and isinstance(decision, Proceed) else ref
    end, causes = _suspension_end(view, about, ref, replace(step, until=None), view.start(ref), None)
    return end if causes else None


def _suspending(
    view: Outlook, ref: EffectRef, decision: Decision, other: EffectRef, effect: Proceed, subject: SubjectId | None
) -> list[Segment]:
    """The stretches over which a later step keeps a decision from being in force, as long as that step itself stands."""
    if reverses_without_void(view, other, effect):
        if not means(view, undone(effect), ref):
            return []  # it only mentions this decision
        taken = view.applied(other, subject)
        if taken is None:
            return []  # as a void would be: foreign here
        end, by = reversal_end(view, other)
        works = [
            (max(s.start, taken.since), min(s.end, end, taken.until)) for s in _in_force(view, other, effect, subject)
        ]
        return [Segment(low, high, Validity.SUSPENDED, (other, *by)) for low, high in works if low < high]
    found: list[Segment] = []
    if upholds(view, other, effect) and reviewed_by(effect) in view.aliases(ref):
        windows = [
            w
            for w in force(view, other, effect, subject)
            if not (pending(w) or sent_back(view, w)) or _ended_suspension(view, ref, decision, other, subject)
        ]
        stretches = while_standing(view, other) if windows else []
        cut = [(w, max(w.start, s.start), min(w.end, s.end)) for w in windows for s in stretches]
        found += [Segment(start, end, Validity.SUSPENDED, w.causes) for w, start, end in cut]
    if _suspends(decision, effect):
        for stretch in while_standing(view, other):
            end, by = _suspension_end(view, ref, other, effect, stretch.start, subject)
            if stretch.end < end:
                end, by = stretch.end, _undone_by(view, other, stretch.end)
            found.append(Segment(stretch.start, end, Validity.SUSPENDED, (other, *by)))
    return [s for s in found if s.start < s.end]


def _suspends(decision: Decision, step: Proceed) -> bool:
    """Whether a step taken on a decision suspends it."""
    if step.on is None:
        return False
    weighty = step.suspensive or decision.force == "suspended_by_appeal"
    return step.stage == "stayed" or (step.stage == "appealed" and weighty)


def _ended_suspension(
    view: Outlook, ref: EffectRef, decision: Decision, review: EffectRef, subject: SubjectId | None
) -> bool:
    """Whether a decision had been suspended by an appeal when it was decided on again."""
    at = view.start(review)
    return any(
        _suspends(decision, step) and any(s.start <= at < s.end for s in while_standing(view, other))
        for other, step in steps_on(view, ref, subject)
    )


def _undone_by(view: Outlook, ref: EffectRef, at: datetime) -> tuple[EffectRef, ...]:
    return next((s.causes for s in view.settled_own(ref) if s.start == at), ())


def _in_force(view: Outlook, ref: EffectRef, step: Proceed, subject: SubjectId | None) -> list[Segment]:
    """The stretches over which a decision, or a remand, stands and is in force."""
    segments = view.settled_own(ref)
    for window in force(view, ref, step, subject) if step.decision is not None else ():
        segments = overlay(segments, window.start, window.end, window.validity, window.causes)
    return [s for s in segments if s.validity is Validity.OPERATIVE]


def _suspension_end(
    view: Outlook, decision: EffectRef, by: EffectRef, step: Proceed, begin: datetime, subject: SubjectId | None
) -> tuple[datetime, tuple[EffectRef, ...]]:
    end: datetime = END
    causes: tuple[EffectRef, ...] = ()
    if step.until is not None:
        dates = view.record.dates(by)
        end = until_bound(view, step.until, dates.zone, by)
    names = {*view.aliases(decision), *view.aliases(by)}
    candidates = dict(steps_on(view, decision, subject))
    for other, effect in view.naming(by):
        if isinstance(effect, Proceed) and heeded(view, by, other, effect, subject):
            candidates.setdefault(other, effect)
    for other, effect in view.record.about(SubjectId(step.proceeding)):
        if isinstance(effect, Proceed) and effect.on is None and effect.forum == step.forum:
            candidates.setdefault(other, effect)
    for other, effect in candidates.items():
        if other in names or not view.held(other):
            continue
        reviews = reviewed_by(effect)
        ends = reviews in names or effect.stage in ("resumed", "final", "withdrawn", "settled")
        if not ends or not (
            uncorrected(view, other) if effect.on is None and reviews is None else while_standing(view, other)
        ):
            continue
        start = view.start(other)
        if begin <= start and (start < end or (start == end and causes > (other,))):
            end, causes = start, (other,)
    return end, causes
