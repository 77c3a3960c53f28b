"""Rank: which of several measures in force another outranks, and the order of encumbrances (DESIGN section 3, rules 2 and 4).

Guarantees that the order has no cycle: of words that contradict each other, directly or through others, the last prevails.
Measures of which nothing says the rank are left unranked; nothing here chooses between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from domain.effects import Alter, Grip, Power
from domain.identifiers import EffectRef
from domain.measures import Course, Live
from domain.periods import BEGINNING, END, day_of
from domain.standing import View


def outranked(live: Sequence[Live]) -> set[EffectRef]:
    """The measures that another one in force outranks, directly or through others."""
    if not any(item.span.rank_above or item.span.below for item in live):
        return set()
    present = {item.course.ref: item for item in live}
    beaten: set[EffectRef] = set()
    for item in live:
        todo = list(item.span.rank_above)
        seen: set[EffectRef] = set()
        while todo:
            ref = todo.pop()
            if ref in seen:
                continue
            seen.add(ref)
            if ref in present and ref != item.course.ref:
                beaten.add(ref)
                todo += present[ref].span.rank_above
        if any(ref in present and item.course.ref not in present[ref].span.below for ref in item.span.below):
            beaten.add(item.course.ref)
    return beaten


def overlap_unranked(live: Sequence[Live], power: Power) -> tuple[EffectRef, ...]:
    """Measures that take the same power without a rank between them."""
    taking = [item for item in live if (power, Grip.TAKES) in item.span.powers]
    beaten = outranked(taking)
    left = tuple(item.course.ref for item in taking if item.course.ref not in beaten)
    return left if len(left) > 1 else ()


def encumbrance_order(view: View, courses: Iterable[Course], at: datetime = END) -> list[Course]:
    """Encumbrances by rank at a moment: constitution in the source register (date, number), else the day they took effect in
    their zone; what is by then put before others comes right before the first of them, what is subordinated to others right after
    the last. Where what was said of rank contradicts, directly or through others, what was said last prevails."""

    ordered = sorted(courses, key=lambda item: (*constituted(view, item), item.ref))
    said = _rank_said(view, ordered, at)
    if not said:
        return ordered
    by_ref = {item.ref: item for item in ordered}
    first = [item.ref for item in ordered]
    for ref in dict.fromkeys(one for _, one, _ in said):
        ahead = [first.index(lower) for above, one, lower in said if one == ref and above]
        behind = [first.index(upper) for above, one, upper in said if one == ref and not above]
        own = first.index(ref)
        if ahead and own > min(ahead):
            first.insert(min(ahead), first.pop(own))
        elif behind and own < max(behind):
            first.insert(max(behind), first.pop(own))
    before = {ref: {a if above else b for above, a, b in said if ref == (b if above else a)} for ref in first}
    found: list[EffectRef] = []
    while first:  # the first of those before whom nothing is left; what was kept of rank has no cycle
        found.append(next(ref for ref in first if before[ref].isdisjoint(first)))
        first.remove(found[-1])
    return [by_ref[ref] for ref in found]


def constituted(view: View, item: Course) -> tuple[str, int, datetime]:
    """When a burden was constituted: day and number of its entry in the source register, else the legal day it took effect."""
    rank = item.impose.source_rank
    start = view.start(item.ref)
    if rank:
        return rank[0], rank[1], start
    zone = view.record.dates(item.ref).zone
    day = start.date() if zone is None or start == BEGINNING else day_of(start, zone, view.record.zones)
    return day.isoformat(), 10**9, start


def _rank_said(view: View, courses: Sequence[Course], at: datetime) -> list[tuple[bool, EffectRef, EffectRef]]:
    """What is said of rank by a moment, in order of time: of which measure, whether it is before or after which other."""
    present = {item.ref for item in courses}
    said: dict[tuple[bool, EffectRef, EffectRef], tuple[datetime, EffectRef]] = {}
    for item in courses:
        for span in item.spans:
            if span.start > at:
                continue
            for above, others in ((True, span.rank_above), (False, span.below)):
                for other in others:
                    key = (above, item.ref, other)
                    again = [ref for ref in span.causes if _says_rank(view.record.effect(ref), other)]
                    if other in present and other != item.ref and (key not in said or again):
                        by = again[-1] if again else item.ref
                        said[key] = max(said.get(key, (BEGINNING, by)), (max(view.start(by), item.spans[0].start), by))
    kept: list[tuple[bool, EffectRef, EffectRef]] = []
    lower: dict[EffectRef, set[EffectRef]] = {}
    for above, one, other in sorted(said, key=lambda key: (said[key], key), reverse=True):
        upper, under = (one, other) if above else (other, one)
        if upper in _reached(lower, under):
            continue  # a later word says otherwise
        lower.setdefault(upper, set()).add(under)
        kept.append((above, one, other))
    return kept[::-1]


def _says_rank(effect: object, other: EffectRef) -> bool:
    return isinstance(effect, Alter) and other in (*effect.rank_above, *effect.below)


def _reached(lower: Mapping[EffectRef, set[EffectRef]], ref: EffectRef) -> set[EffectRef]:
    """A measure and what is, through others, after it."""
    found: set[EffectRef] = set()
    todo = [ref]
    while todo:
        current = todo.pop()
        if current not in found:
            found.add(current)
            todo += lower.get(current, ())
    return found
