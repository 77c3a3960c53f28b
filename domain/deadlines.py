"""What ends or falls due in a window: terms of measures, permits and their conditions, long-stop dates, debts (DESIGN rule 4).

Every date is computed from the acts in the view; a lapse is never stated by anyone. Each is told with the legal day in its zone.
What is void by its day, paid, or ended by another step before is none. A date known to the month, the year or as a range is told
twice: at the first day it may be and at the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from domain.acts import Act
from domain.debts import debt
from domain.effects import Alter, Condition, Impose, Move, Owe, Permit, Proceed, State
from domain.filing import TERM, subjects_of
from domain.folds import Folds
from domain.force import step_ended
from domain.identifiers import EffectRef, StatementId, SubjectId
from domain.periods import END, When, day_of, day_start, until_bounds
from domain.permits import permit_course
from domain.segments import Validity

STATING: Final = frozenset({Impose, Move, Permit, State, Owe, Proceed})
"""The kinds of effect because of which anything ends or falls due."""
Kind = Literal[
    "measure lapses", "permit lapses", "transfer ends", "condition due", "long-stop date", "payment due",
    "suspension ends", "cooling-off ends", "period ends",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deadline:
    """A last legal day: what ends with it, for which subjects, because of which effects. `end` = the first moment after it."""

    kind: Kind
    last_day: date
    zone: str
    end: datetime
    subjects: tuple[SubjectId, ...]
    words: str
    causes: tuple[EffectRef, ...]
    quoted: bool = False
    """The words are the signers', to be told as they stand."""
    stated: str | None = None
    """The date as stated, where it is no whole day: this is the first or the last day it may be."""


def calendar(folds: Folds, first: date, last: date, among: Iterable[StatementId] | None = None) -> list[Deadline]:
    """Everything whose last legal day, in its own zone, is one of these days, in order of time. `among`: statements that all of it
    comes from, where that is known; else every act that bears a date is looked at."""
    record = folds.view.record
    acts = (
        record.filed_through(TERM) if among is None else (act for one in among if (act := record.find(one)) is not None)
    )
    found = [item for act in acts for item in stated_by(folds, act) if first <= item.last_day <= last]
    return sorted(found, key=lambda item: (item.end, item.kind, item.causes))


def stated_by(folds: Folds, act: Act) -> list[Deadline]:
    """What ends or falls due because of one act, as it stands in the view."""
    found: list[Deadline] = []
    if not folds.view.holds(act):
        return found
    for ref, effect in act.refs():
        match effect:
            case Impose():
                found += _measure(folds, ref, effect)
            case Permit(op="granted"):
                found += _permit(folds, ref, effect)
            case Move():
                found += _transfer(folds, act, ref, effect)
            case State(long_stop=when) if when is not None and folds.view.held(ref):
                words, quoted = effect.text or effect.kind, bool(effect.text)
                found += _dated(folds, ref, "long-stop date", when, act.subjects, words, quoted)
            case Owe(due=when) if when is not None and folds.view.held(ref):
                words = f"{effect.kind}: {effect.debtor} to {effect.payee}"
                due = _dated(folds, ref, "payment due", when, tuple(act.subjects), words)
                found += [item for item in due if _still_owed(folds, ref, item.end - datetime.resolution)]
            case Proceed(until=when) if when is not None and folds.view.held(ref):
                kind = _PERIODS.get(effect.stage, "period ends")
                ends = _dated(
                    folds, ref, kind, when, tuple(act.subjects), effect.text or effect.stage, bool(effect.text)
                )
                found += [item for item in ends if not _ended(folds, ref, effect, item.end)]
            case _:
                pass
        if isinstance(effect, Permit | State) and folds.view.held(ref):
            due = _conditions(folds, ref, effect.conditions, tuple(act.subjects))
            found += [
                item for item in due if not isinstance(effect, Permit) or not _withdrawn(folds, ref, effect, item.end)
            ]
    return found


_PERIODS: Final[dict[str, Kind]] = {
    "notified": "cooling-off ends", "stayed": "suspension ends", "appealed": "suspension ends", "interim": "period ends",
}  # fmt: skip
"""What ends with the date that a step of a proceeding states."""


def _stands(folds: Folds, ref: EffectRef, at: datetime) -> bool:
    """Whether an effect is not void at a moment, in its own legal order."""
    segments = folds.view.settled_own(ref)
    return any(s.start <= at < s.end and s.validity is not Validity.VOID for s in segments) or at < folds.view.start(
        ref
    )


def _still_owed(folds: Folds, ref: EffectRef, at: datetime) -> bool:
    """Whether something is left of a debt at a moment, and it was not determined anew by then."""
    known = debt(folds.view, ref, at)
    return known is None or (known.replaced_by is None and known.left_high != 0)


def _ended(folds: Folds, ref: EffectRef, step: Proceed, end: datetime) -> bool:
    """Whether what a step began was ended by another before its date: the stay lifted, the appeal decided, the claim settled."""
    if step.stage == "notified":
        return False
    ended_at = step_ended(folds.view, ref, step)
    return ended_at is not None and ended_at < end


def _withdrawn(folds: Folds, ref: EffectRef, permit: Permit, end: datetime) -> bool:
    """Whether a permit was revoked, or fell, before a condition of it is due."""
    of = permit.of if permit.op == "conditions" and permit.of is not None else ref
    course = permit_course(folds.view, of)
    return course is not None and bool(course.ended_by) and course.end < end


def _measure(folds: Folds, ref: EffectRef, impose: Impose) -> list[Deadline]:
    course = folds.course(ref)
    if course is None or not course.spans or course.end == END or course.ending != "lapsed":
        return []
    zone = _zone(folds, course.end, (*reversed(course.ended_by), ref))
    causes = tuple(dict.fromkeys((ref, *(cause for span in course.spans for cause in span.causes), *course.ended_by)))
    made = _deadline(folds, "measure lapses", course.end, zone, subjects_of(impose), impose.kind, causes)
    until = course.ended_by[-1] if course.ended_by else ref
    return _both(folds, made, until, _until(folds, until))


def _permit(folds: Folds, ref: EffectRef, permit: Permit) -> list[Deadline]:
    course = permit_course(folds.view, ref)
    if course is None or not course.granted or course.end == END or course.ended_by:
        return []
    zone = _zone(folds, course.end, tuple(reversed(course.causes)))
    words = f"{permit.kind} {permit.number or ''}".strip()
    act = folds.view.record.act(ref.statement)
    made = _deadline(folds, "permit lapses", course.end, zone, tuple(act.subjects), words, course.causes)
    until = next((one for one in reversed(course.causes) if _until(folds, one) is not None), ref)
    return _both(folds, made, until, _until(folds, until))


def _until(folds: Folds, ref: EffectRef) -> When | None:
    """The end an effect states."""
    match effect := folds.view.record.effect(ref):
        case Impose():
            return effect.term.until or folds.view.record.dates(ref).until
        case Alter() | Permit():
            return effect.until
        case _:
            return None


def _both(folds: Folds, item: Deadline, ref: EffectRef, when: When | None) -> list[Deadline]:
    """A deadline, or the first and the last day it may be, where the date behind it is no whole day."""
    zone = folds.view.record.dates(ref).zone
    early, late = until_bounds(when, zone, folds.view.record.zones) if when is not None else (item.end, item.end)
    if early == late or item.end not in (early, late) or when is None:
        return [item]
    made = [
        _deadline(folds, item.kind, end, item.zone, item.subjects, item.words, item.causes) for end in (early, late)
    ]
    return [replace(one, quoted=item.quoted, stated=when.text) for one in made]


def _transfer(folds: Folds, act: Act, ref: EffectRef, move: Move) -> list[Deadline]:
    """The end of a transfer for a term, if it is one that then still works."""
    until = act.effective_of(move).until
    segments = folds.view.settled(ref, move.asset) if until is not None else ()
    ended = next((s for s in segments if s.validity is Validity.ENDED), None)
    if ended is None or not folds.view.stands(ref, ended.start - timedelta(microseconds=1), move.asset):
        return []
    zone = _zone(folds, ended.start, (ref,))
    words = f"{move.right} of {move.target}"
    made = _deadline(folds, "transfer ends", ended.start, zone, (SubjectId(move.asset),), words, (ref,))
    return _both(folds, made, ref, until)


def _conditions(
    folds: Folds, ref: EffectRef, conditions: tuple[Condition, ...], subjects: tuple[SubjectId, ...]
) -> list[Deadline]:
    return [
        item
        for condition in conditions
        if condition.by is not None
        for item in _dated(folds, ref, "condition due", condition.by, subjects, condition.text, quoted=True)
    ]


def _dated(
    folds: Folds,
    ref: EffectRef,
    kind: Kind,
    when: When,
    subjects: tuple[SubjectId, ...],
    words: str,
    quoted: bool = False,
) -> list[Deadline]:
    zone = folds.view.record.dates(ref).zone or "UTC"
    end = until_bounds(when, zone, folds.view.record.zones)[1]
    made = replace(_deadline(folds, kind, end, zone, subjects, words, (ref,)), quoted=quoted)
    found = _both(folds, made, ref, when)
    return [item for item in found if _stands(folds, ref, item.end - datetime.resolution)]


def _zone(folds: Folds, end: datetime, refs: Iterable[EffectRef]) -> str:
    """The zone of the first of these effects in which a legal day ends then; else of the first that states one."""
    record = folds.view.record
    stated = [zone for ref in refs if (zone := record.dates(ref).zone) is not None]
    days = (zone for zone in stated if day_start(day_of(end, zone, record.zones), zone, record.zones) == end)
    return next(days, next(iter(stated), "UTC"))


def _deadline(
    folds: Folds,
    kind: Kind,
    end: datetime,
    zone: str,
    subjects: tuple[SubjectId, ...],
    words: str,
    causes: tuple[EffectRef, ...],
) -> Deadline:
    last = day_of(end - timedelta(microseconds=1), zone, folds.view.record.zones)
    return Deadline(kind, last, zone, end, subjects, words, causes)
