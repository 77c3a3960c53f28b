"""The course of a permit: granted, conditioned, extended, revoked; from when until when it is good (DESIGN section 3, rule 12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.effects import (
    Condition,
    Limit,
    Permit,
)
from domain.identifiers import EffectRef, SubjectId
from domain.periods import END, until_bounds
from domain.qualifications import revoked_from
from domain.segments import Validity
from domain.standing import View
from domain.title import ordered


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
