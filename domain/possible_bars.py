"""What may bar a transfer, as far as dates, shares and parties are known: told as gaps, never objections.

Guarantees that what surely binds at the first moment of the transfer is not told here: that is a bar (`dealings`, `caps`).
"""

from __future__ import annotations

from datetime import datetime

from domain.acts import Act
from domain.caps import counted_together, exceeds, held_after, permitted
from domain.effects import Alter, Family, Grip, Impose, Move, Power, Right
from domain.folds import Folds
from domain.identifiers import EffectRef, Forum, SubjectId
from domain.lots import Gap
from domain.measures import Course
from domain.nominees import each_of
from domain.periods import until_bounds
from domain.restrictions import binds_forum, imposed_by, permits_for
from domain.shares import Share


def perhaps_binding(folds: Folds, act: Act, ref: EffectRef, move: Move, home: Forum | None) -> list[Gap]:
    """Restrictions on a transfer that may have been in force when it was made, as far as the dates of both are known. One that
    surely was in force at its first moment is an objection."""
    record, asset = folds.view.record, SubjectId(move.asset)
    early, late = record.start_bounds(ref)
    found: list[Gap] = []
    found += _perhaps_beyond(folds, act, move, early, home)
    between = [(SubjectId(move.asset), Power.DISPOSE)]
    between += [(SubjectId(party), Power.DISPOSE) for party in each_of(move.source)]
    between += [(SubjectId(party), Power.RECEIVE) for party in each_of(move.target)]
    for subject, power in between:
        sure = subject in (asset, move.source, move.target)
        for course in folds.courses(subject):
            impose = course.impose
            if course.family is not Family.RESTRICTION or course.ref.statement == act.id or not course.spans:
                continue
            if not any((power, Grip.FORBIDS) in span.powers for span in course.spans) or impose.transaction is not None:
                continue
            if impose.binds and move.source not in course.spans[-1].binds:
                continue
            stakes = [stake.holder for stake in course.spans[-1].stakes if stake.asset == asset]
            if subject == asset and asset not in impose.over and move.source not in stakes:
                continue
            first, last = record.start_bounds(course.ref)[0], _latest_end(folds, course)
            span = course.span_at(early)
            now = span is not None and span.status == "in force"
            if (now and sure) or not (first <= late and early < last):
                continue
            surely_over = early == late and first == record.start_bounds(course.ref)[1] and last == course.end
            if (surely_over and not now) or permits_for(folds, folds.view.aliases(course.ref), early):
                continue
            if binds_forum(folds, course.ref, home, early, asset):
                words = f"whether this {impose.kind} was in force when it was made depends on dates that are not known exactly"
                if not sure:
                    words = f"whether this {impose.kind} over {subject} binds depends on which of several it is"
                found.append(Gap("restriction-uncertain", ref, words, (course.ref,)))
    return found


def _perhaps_beyond(folds: Folds, act: Act, move: Move, at: datetime, home: Forum | None) -> list[Gap]:
    """Caps that a transfer may go beyond, as far as the shares are known, and does not surely."""
    asset = SubjectId(move.asset)
    found: list[Gap] = []
    for live in folds.live(asset, at):
        limit = live.span.limit
        if limit is None or imposed_by(act, live) or not binds_forum(folds, live.course.ref, home, at, asset):
            continue
        if move.right not in (limit.right, Right.TITLE) or live.course.impose.transaction is not None:
            continue
        for target in each_of(move.target):
            counted = counted_together(folds, live.course, asset, target, at)
            if not counted or move.source in counted:
                continue
            after = held_after(folds, act, move, limit.right, [*counted, *{move.target} - {*counted}], at)
            most = Share(after.high, after.high)
            surely = target == move.target and exceeds(after, limit)
            if (
                not surely
                and exceeds(most, limit)
                and not permitted(folds, live, asset, (target,), move.performs, at, most)
            ):
                words = f"whether {target} goes beyond this {live.course.impose.kind} depends on shares that are not known exactly"
                found.append(Gap("limit-uncertain", live.course.ref, words, ()))
    return found


def _latest_end(folds: Folds, course: Course) -> datetime:
    """The latest moment at which a measure may have ended, as far as the dates that end it are known."""
    record = folds.view.record
    found = course.end
    for ref in course.ended_by if course.ending in ("lapsed", "ended") else ():
        effect, dates = record.effect(ref), record.dates(ref)
        if isinstance(effect, Alter) and effect.op in ("end", "discharge"):
            found = max(found, record.start_bounds(ref)[1])
        elif isinstance(effect, Alter):
            found = max(found, until_bounds(effect.until, dates.zone, record.zones)[1])
        elif isinstance(effect, Impose):
            found = max(found, until_bounds(effect.term.until or dates.until, dates.zone, record.zones)[1])
    return found
