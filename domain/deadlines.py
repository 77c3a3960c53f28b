"""What ends or falls due in a window: terms of measures, permits and their conditions, long-stop dates, debts (DESIGN rule 4).

Every date is computed from the acts in the view; a lapse is never stated by anyone. Each is told with the legal day in its zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from domain.acts import Act
from domain.affairs import debt, permit_course
from domain.effects import Condition, Impose, Owe, Permit, Proceed, State
from domain.filing import TERM, subjects_of
from domain.folds import Folds
from domain.identifiers import EffectRef, StatementId, SubjectId
from domain.periods import END, When, day_of, day_start, until_bounds

STATING: Final = frozenset({Impose, Permit, State, Owe, Proceed})
"""The kinds of effect because of which anything ends or falls due."""
Kind = Literal["measure lapses", "permit lapses", "condition due", "long-stop date", "payment due", "suspension ends"]


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
            case State(long_stop=when) if when is not None and folds.view.held(ref):
                words, quoted = effect.text or effect.kind, bool(effect.text)
                found += _standing(folds, ref, _dated(folds, ref, "long-stop date", when, act.subjects, words, quoted))
            case Owe(due=when) if when is not None and folds.view.held(ref):
                words = f"{effect.kind}: {effect.debtor} to {effect.payee}"
                due = _dated(folds, ref, "payment due", when, tuple(act.subjects), words)
                found += [item for item in due if _left_to_pay(folds, ref, item.end)]
            case Proceed(until=when) if when is not None and folds.view.held(ref):
                ends = _dated(folds, ref, "suspension ends", when, tuple(act.subjects), effect.stage)
                found += _standing(folds, ref, ends)
            case _:
                pass
        if isinstance(effect, Permit | State) and folds.view.held(ref):
            due = _standing(folds, ref, _conditions(folds, ref, effect.conditions, tuple(act.subjects)))
            found += [
                item for item in due if not isinstance(effect, Permit) or not _withdrawn(folds, ref, effect, item.end)
            ]
    return found


def _standing(folds: Folds, ref: EffectRef, found: list[Deadline]) -> list[Deadline]:
    """Those of an effect that still stands on their last day."""
    return [item for item in found if folds.view.stands(ref, item.end - timedelta(microseconds=1))]


def _withdrawn(folds: Folds, ref: EffectRef, permit: Permit, end: datetime) -> bool:
    """Whether a permit was revoked, or fell, before a condition of it is due."""
    of = permit.of if permit.op == "conditions" and permit.of is not None else ref
    course = permit_course(folds.view, of)
    return course is not None and bool(course.ended_by) and course.end < end


def _left_to_pay(folds: Folds, ref: EffectRef, end: datetime) -> bool:
    """Whether a debt stands on its last day, was not determined anew and was not paid in full."""
    owed = debt(folds.view, ref, end - timedelta(microseconds=1))
    return owed is not None and owed.replaced_by is None and owed.left_high != 0


def _measure(folds: Folds, ref: EffectRef, impose: Impose) -> list[Deadline]:
    course = folds.course(ref)
    if course is None or not course.spans or course.end == END or course.ending != "lapsed":
        return []
    zone = _zone(folds, course.end, (*reversed(course.ended_by), ref))
    causes = tuple(dict.fromkeys((ref, *(cause for span in course.spans for cause in span.causes), *course.ended_by)))
    return [_deadline(folds, "measure lapses", course.end, zone, subjects_of(impose), impose.kind, causes)]


def _permit(folds: Folds, ref: EffectRef, permit: Permit) -> list[Deadline]:
    course = permit_course(folds.view, ref)
    if course is None or not course.granted or course.end == END or course.ended_by:
        return []
    zone = _zone(folds, course.end, tuple(reversed(course.causes)))
    words = f"{permit.kind} {permit.number or ''}".strip()
    act = folds.view.record.act(ref.statement)
    return [_deadline(folds, "permit lapses", course.end, zone, tuple(act.subjects), words, course.causes)]


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
    return [replace(_deadline(folds, kind, end, zone, subjects, words, (ref,)), quoted=quoted)]


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
