"""Voids: which of them hit an effect, from when, and with what consequence (DESIGN section 3, rule 8).

A void may itself be void, pending or suspended: it strikes only while it works, as the view says. A void of a decision hits what
the decision ordered, with the consequence it states; in suspense, until it is decided again.
"""

from __future__ import annotations

from datetime import datetime

from domain.effects import Proceed, State, Void
from domain.identifiers import EffectRef, SubjectId
from domain.outlook import Outlook
from domain.periods import END, Days, Instant
from domain.proceedings import decision_of, while_standing
from domain.rectification import corrects
from domain.reviews import reviewed_by, upholds
from domain.segments import OPERATIVE, Segment, Validity, overlay


def voids_of(view: Outlook, ref: EffectRef) -> list[tuple[EffectRef, Void]]:
    """Held voids whose target is this effect, its statement, or the decision its statement rests on; newest first. A void
    of another record of the act, or of the record this one rectifies, hits the act, unless it only corrects that record."""
    found: dict[EffectRef, Void] = {}
    for target in _targets(view, ref):
        own = target.statement == ref.statement
        for other, effect in view.record.naming_effect(target):
            if isinstance(effect, Void) and (own or effect.ground in ("annulment", "avoidance")) and view.held(other):
                found[other] = effect
    for other, effect in list(found.items()):
        if effect.ground == "error" and not _works(view, other, None):
            found |= _corrected_since(view, ref, other)
    if len(found) < 2:
        return list(found.items())
    return sorted(found.items(), key=lambda item: (view.start(item[0]), item[0]), reverse=True)


def _targets(view: Outlook, ref: EffectRef) -> tuple[EffectRef, ...]:
    decision = decision_of(view, ref)
    names = view.aliases(ref)
    return tuple(dict.fromkeys((*names, *view.aliases(decision[0])))) if decision is not None else names


def _corrected_since(view: Outlook, ref: EffectRef, taken_back: EffectRef) -> dict[EffectRef, Void]:
    """Voids for error of what a rectification, itself taken back, had put in the place of an effect: the last correction of a
    record takes the place of the first record too."""
    found: dict[EffectRef, Void] = {}
    rectifying = view.record.act(taken_back.statement)
    for n in range(1, len(rectifying.effects) + 1):
        heir = EffectRef(rectifying.id, n)
        if ref not in view.aliases(heir):
            continue
        for other, effect in view.naming(heir):
            if not isinstance(effect, Void) or effect.ground != "error" or other.statement == rectifying.id:
                continue
            later = view.record.act(other.statement)
            places = (EffectRef(later.id, m) for m in range(1, len(later.effects) + 1))
            if view.held(other) and any(heir in view.aliases(place) for place in places):
                found[other] = effect
    return found


def _works(view: Outlook, ref: EffectRef, subject: SubjectId | None) -> bool:
    return any(s.validity is Validity.OPERATIVE for s in view.segments(ref, subject))


def against(view: Outlook, ref: EffectRef, at: datetime, subject: SubjectId | None) -> tuple[EffectRef, ...]:
    """What was done against an effect by a moment and does not work then, and what keeps that from working."""
    found: dict[EffectRef, None] = {}
    for other, _ in voids_of(view, ref):
        for segment in view.segments(other, subject) if view.start(other) <= at else ():
            if segment.start <= at < segment.end and segment.validity is not OPERATIVE:
                found |= dict.fromkeys((other, *segment.causes))
    return tuple(found)


def misrecorded(view: Outlook, ref: EffectRef, subject: SubjectId | None) -> bool:
    """Whether a correction that works says the record of an effect was wrong: then nothing can rest on it."""
    return any(
        void.ground in ("error", "retraction") and _works(view, other, subject) for other, void in voids_of(view, ref)
    )


def strike(
    view: Outlook,
    segments: tuple[Segment, ...],
    ref: EffectRef,
    start: datetime,
    void_ref: EffectRef,
    void: Void,
    subject: SubjectId | None,
) -> tuple[Segment, ...]:
    """Lay one void over the segments of its target, with the consequence it states where the target is a decision."""
    assert isinstance(void.target, EffectRef), "a described act has no segments"
    effect = view.record.effect(ref)
    decision = decision_of(view, ref)
    if isinstance(effect, Proceed | State) and void.target.n and void.target not in view.aliases(ref):
        return segments
    if corrects(effect) and decision is not None and void.target not in view.aliases(ref) and not corrects(void):
        return segments  # a correction beside a decision is nothing that it ordered
    consequence = "revives"
    if isinstance(effect, Void) or (decision is not None and decision[0] != ref):
        consequence = void.consequence or "revives"
        if consequence == "unstated":
            option = view.reading.pick(
                f"consequence {void_ref}", 2, void_ref.statement, "the consequence is not stated"
            )
            consequence = "stays" if option else "revives"
        if consequence == "stays":
            return segments
    worked = False
    for window in view.segments(void_ref, subject):
        if window.validity not in (Validity.OPERATIVE, Validity.SUSPENSE):
            worked = worked or window.validity not in (Validity.PENDING, Validity.SUSPENDED)
            continue
        if not worked:
            begin = _void_begin(view, void, void_ref, start, window.start)
        else:
            stated = window.start if isinstance(void.time, str) else view.moment(void.time, void_ref)
            begin = max(window.start, stated)
        worked = True
        doubtful = consequence == "suspense" or window.validity is Validity.SUSPENSE
        validity = Validity.SUSPENSE if doubtful else Validity.VOID
        end = min(window.end, _upheld(view, decision[0], begin, void_ref)) if doubtful and decision else window.end
        causes = (*(cause for cause in window.causes if cause != void_ref), void_ref)
        segments = overlay(segments, begin, end, validity, causes, void.reach == "dependants")
    return segments


def _void_begin(view: Outlook, void: Void, void_ref: EffectRef, start: datetime, window: datetime) -> datetime:
    """From when a void strikes in its first stretch; one that works again later, or is recognised later, only from then."""
    match void.time:
        case "own":
            return start
        case "judgment":
            return window
        case "unstated":
            why = "the time the void takes effect is not stated"
            return window if view.reading.pick(f"time {void_ref}", 2, void_ref.statement, why) else start
        case Days() | Instant() as when:
            return view.moment(when, void_ref)


def _upheld(view: Outlook, decision: EffectRef, since: datetime, struck_by: EffectRef) -> datetime:
    """When a decision in suspense was decided on again, on remand, and not undone."""
    names = view.aliases(decision)
    found = END
    for other, effect in view.naming(decision):
        if not isinstance(effect, Proceed) or reviewed_by(effect) not in names or not upholds(view, other, effect):
            continue
        if other.statement == struck_by.statement or not view.held(other):
            continue
        if since < view.start(other) < found and while_standing(view, other):
            found = view.start(other)
    return found
