"""A history told in pieces, each in the eyes of another legal order, put together: what lies in time is cut to its piece.

Guarantees that what the whole says of a moment is what the piece that holds the moment says of it (DESIGN section 3, rule 9:
default forum). A piece is a stretch of legal time with what begins it; pieces follow each other without a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from domain.identifiers import EffectRef, StatementId
from domain.lots import Gap
from domain.measures import Course, Span
from domain.periods import END
from domain.remarks import Irregularity, Remarks, Unapplied
from domain.standing import View


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` until `end` (exclusive), because of `causes`, as the view sees it."""

    start: datetime
    end: datetime
    causes: tuple[EffectRef, ...]
    view: View


class Lasting(Protocol):
    """A value over a half-open period."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


L = TypeVar("L", bound=Lasting)


def lasting(pieces: Iterable[tuple[Stretch, Iterable[L]]], alike: Callable[[L], Hashable]) -> tuple[L, ...]:
    """Values over periods, each cut to its piece; of one that goes on unchanged (`alike`) into the next, one period is told."""
    found: list[L] = []
    for stretch, items in pieces:
        for item in items:
            start, end = max(item.start, stretch.start), min(item.end, stretch.end)
            if start >= end:
                continue
            before = next((n for n, o in enumerate(found) if o.end == start and alike(o) == alike(item)), None)
            if before is None:
                found.append(item if (start, end) == (item.start, item.end) else _over(item, start, end))
            else:
                found[before] = _over(item, found[before].start, end)
    return tuple(found)


def _over(item: L, start: datetime, end: datetime) -> L:
    return replace(item, start=start, end=end)  # type: ignore[type-var]  # each is a frozen dataclass


def courses(pieces: Sequence[tuple[Stretch, Sequence[Course]]]) -> tuple[Course, ...]:
    """Measures, each with its spans in every piece; where the next piece does not take it, what begins that piece ends it."""
    made: dict[EffectRef, Course] = {}
    for stretch, items in pieces:
        here = {course.ref: course for course in items}
        for ref, known in made.items():
            if ref not in here and known.spans and known.end == stretch.start:
                made[ref] = replace(known, ended_by=known.ended_by or stretch.causes)
        for ref, course in here.items():
            spans = lasting([(stretch, course.spans)], _said)
            before = made.get(ref)
            if before is None:
                if spans or not course.spans:
                    made[ref] = replace(course, spans=spans)
                continue
            last = course if spans else before
            made[ref] = replace(
                last,
                spans=_joined((*before.spans, *spans)),
                misfits=tuple(dict.fromkeys((*before.misfits, *course.misfits))),
            )
    return tuple(made.values())


def _said(span: Span) -> Hashable:
    return replace(span, start=END, end=END)


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for span in spans:
        if found and found[-1].end == span.start and _said(found[-1]) == _said(span):
            found[-1] = replace(span, start=found[-1].start)
        else:
            found.append(span)
    return tuple(found)


def remarks(pieces: Sequence[tuple[Stretch, Remarks]]) -> Remarks:
    """All that must be said beside any piece, each once: of acts that begin before it ends."""
    gaps: dict[Hashable, Gap] = {}
    irregular: dict[Hashable, Irregularity] = {}
    unapplied: dict[StatementId, Unapplied] = {}
    undecided: dict[StatementId, None] = {}
    for stretch, told in pieces:
        view = stretch.view

        def begun(ref: EffectRef, view: View = view, end: datetime = stretch.end) -> bool:
            return view.start(EffectRef(ref.statement, ref.n or 1)) < end

        gaps |= {(g.kind, g.ref, g.words): g for g in told.gaps if begun(g.ref)}
        irregular |= {(i.rule, i.act, i.words): i for i in told.irregular if begun(i.act)}
        unapplied |= {u.act: u for u in told.unapplied if begun(EffectRef(u.act, 1))}
        undecided |= {s: None for s in told.undecided if begun(EffectRef(s, 1))}
    last = pieces[-1][1]
    return replace(
        last,
        gaps=tuple(gaps.values()),
        irregular=tuple(irregular.values()),
        unapplied=tuple(unapplied.values()),
        undecided=tuple(undecided),
    )
