"""What qualifies an effect: its condition, the force of the decision it rests on, the sanction of a restriction it breached.

Each lays its stretches over the segments of the effect. Voids come after all of these, in `voids`.
"""

from __future__ import annotations

from datetime import datetime

from domain.effects import Alter, Effect, Impose, Move, Permit, Proceed, Reunit, State
from domain.finality import finality
from domain.force import force
from domain.identifiers import EffectRef, SubjectId
from domain.outlook import Outlook
from domain.periods import BEGINNING, END
from domain.proceedings import decision_of
from domain.rectification import corrects
from domain.segments import OPERATIVE, Segment, Validity, overlay, pending


def by_condition(
    view: Outlook,
    segments: tuple[Segment, ...],
    ref: EffectRef,
    effect: Effect,
    start: datetime,
    subject: SubjectId | None,
) -> tuple[Segment, ...]:
    """What waits for a condition (finality, a permit, fulfilment) is pending until that is met, unless it then relates back."""
    pending = effect.pending if isinstance(effect, (Move, Reunit, Impose)) else None
    if pending is None:
        return segments
    met: tuple[datetime, EffectRef] | None = None
    if pending.on == "final":
        decision = decision_of(view, ref)
        met = finality(view, decision[0], subject, ref) if decision is not None else None
    else:
        asked = view.naming(ref)
        if pending.on == "permit" and isinstance(effect, Move):
            asked += [located for performed in effect.performs for located in view.naming_of(performed)]
        for other, candidate in asked:
            fits = (isinstance(candidate, Permit) and candidate.op == "granted" and pending.on == "permit") or (
                isinstance(candidate, Alter) and candidate.op == "fulfil" and pending.on == "fulfilled"
            )
            if not fits or not view.held(other) or _never_good(view, other, candidate, subject):
                continue
            for segment in view.segments(other, subject):
                if segment.validity is Validity.OPERATIVE and (met is None or (segment.start, other) < met):
                    met = (segment.start, other)
    if met is None:
        return overlay(segments, BEGINNING, END, Validity.PENDING, (ref,))
    if pending.retroactive:
        return tuple(s._replace(causes=(*s.causes, met[1])) for s in segments)
    return overlay(segments, BEGINNING, max(met[0], start), Validity.PENDING, (ref, met[1]))


def _never_good(view: Outlook, ref: EffectRef, effect: Effect, subject: SubjectId | None) -> bool:
    """Whether a permit was revoked from its very start."""
    if not isinstance(effect, Permit):
        return False
    start = view.start(ref)
    return any(
        isinstance(change, Permit)
        and change.op == "revoked"
        and view.held(other)
        and any(s.validity is Validity.OPERATIVE for s in view.segments(other, subject))
        and revoked_from(view, other, change, start) <= start
        for other, change in view.naming(ref)
    )


def revoked_from(view: Outlook, ref: EffectRef, change: Permit, start: datetime) -> datetime:
    """From when a revocation bites: from the permit's start (ex tunc), from now on (ex nunc), or as stated."""
    own = view.start(ref)
    match change.time:
        case "own":
            return start
        case None | "judgment":
            return own
        case "unstated":
            why = "whether the revocation reaches back is not stated"
            return start if view.reading.pick(f"time {ref}", 2, ref.statement, why) else own
        case when:
            return view.moment(when, ref)


def by_force(
    view: Outlook, segments: tuple[Segment, ...], ref: EffectRef, effect: Effect, subject: SubjectId | None
) -> tuple[Segment, ...]:
    """What a decision orders is pending or suspended as long as the decision is."""
    if isinstance(effect, (Proceed, State)) or corrects(effect):
        return segments  # a correction of the record is nothing that the decision beside it orders
    found = decision_of(view, ref)
    if found is None:
        return segments
    decision_ref, decision = found
    for window in force(view, decision_ref, decision, subject, ref):
        start = BEGINNING if window.start == view.start(decision_ref) and pending(window) else window.start
        segments = overlay(segments, start, window.end, window.validity, window.causes)
        segments = tuple(
            s._replace(causes=tuple(dict.fromkeys((*s.causes, *window.causes[1:]))))
            if s.start == window.end and s.validity is OPERATIVE
            else s
            for s in segments
        )
    return segments


def by_sanction(
    view: Outlook, segments: tuple[Segment, ...], ref: EffectRef, start: datetime, asset: SubjectId
) -> tuple[Segment, ...]:
    """What breach of a restriction, recorded despite it, does to the act: void or pending, if the restriction stood then."""
    act = view.record.act(ref.statement)
    for item in act.despite:
        if item.statement is None or not item.rule.startswith(("restriction.", "limit.", "measure.")):
            continue
        other = view.record.find(item.statement)
        if other is None:
            continue
        for barred, effect in other.refs():
            if not isinstance(effect, Impose) or effect.sanction not in ("void", "pending"):
                continue
            if view.stands(barred, start, asset):
                validity = Validity.VOID if effect.sanction == "void" else Validity.PENDING
                segments = overlay(segments, BEGINNING, END, validity, (barred,))
    return segments
