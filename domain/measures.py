"""What a measure is over time: its spans, how it ends, and the measures in force at a moment (DESIGN section 3, rule 2).

Guarantees half-open spans in order, each the same throughout. Values only: `courses` computes them from the record, `ranks` says
which goes before which, `control` who exercises what by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from domain.effects import UNKNOWN, Family, Grip, Holder, Impose, Limit, Power, Stake
from domain.identifiers import EffectRef, PartyId
from domain.periods import BEGINNING
from domain.segments import Segment
from domain.shares import Share

Status = Literal["in force", "suspended"]
Ending = Literal["lapsed", "ended", "discharged", "void"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch over which a measure is the same; `until` is the end then stated, END when open."""

    start: datetime
    end: datetime
    status: Status
    holder: Holder | None
    powers: tuple[tuple[Power, Grip], ...]
    rank_above: tuple[EffectRef, ...]
    below: tuple[EffectRef, ...]
    limit: Limit | None
    until: datetime
    causes: tuple[EffectRef, ...]
    stakes: tuple[Stake, ...] = ()
    """The stakes it lies over, each with who holds it by succession."""
    binds: tuple[PartyId, ...] = ()
    """Whom it binds, or who has succeeded them."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """An alteration that met a measure in no state to be altered so, or beyond its maximum: rule, and what it met."""

    ref: EffectRef
    rule: str
    met: EffectRef


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A measure over time. `ending` says how its last span ends, None while it is open."""

    ref: EffectRef
    impose: Impose
    family: Family
    spans: tuple[Span, ...]
    ending: Ending | None
    ended_by: tuple[EffectRef, ...]
    misfits: tuple[Misfit, ...]
    validity: tuple[Segment, ...]
    parties: frozenset[PartyId] = frozenset()
    """All whose succession matters to it: whom it names, and who succeeded them."""

    @property
    def end(self) -> datetime:
        return self.spans[-1].end if self.spans else BEGINNING

    def span_at(self, at: datetime) -> Span | None:
        """The span in force (or suspended) at a moment."""
        for span in self.spans:
            if span.start <= at < span.end:
                return span
        return None


class Exercise(NamedTuple):
    """Who exercises a power, over which share (None = the whole by a measure), because of what."""

    holder: Holder
    share: Share | None
    over: PartyId | None
    causes: tuple[EffectRef, ...]
    measure: EffectRef | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """A measure in force at a moment, how its holder exercises what it takes, and which powers it grips for everyone."""

    course: Course
    span: Span
    exercise: Exercise = field(init=False)
    grips: tuple[tuple[Power, Grip], ...] = field(init=False)

    def __post_init__(self) -> None:
        holder: Holder = self.span.holder if self.span.holder is not None else UNKNOWN
        impose = self.course.impose
        told_apart = self.course.family in (Family.POSSESSION, Family.REPRESENTATION)
        partial = bool(impose.binds or impose.transaction)
        of_those = impose.transaction is None and (Power.VOTE, Grip.FORBIDS) in self.span.powers
        grips = (
            ()
            if told_apart
            else tuple(
                g
                for g in self.span.powers
                if not (partial and g[1] is Grip.FORBIDS and not (of_those and g[0] is Power.VOTE))
            )
        )
        object.__setattr__(self, "exercise", Exercise(holder, None, None, self.span.causes, self.course.ref))
        object.__setattr__(self, "grips", grips)

    @property
    def stakes(self) -> tuple[Stake, ...]:
        """The stakes it lies over now."""
        return self.span.stakes


def in_force(courses: Iterable[Course], at: datetime) -> list[Live]:
    """Those of some measures that are in force (not suspended) at a moment."""
    spans = [(item, item.span_at(at)) for item in courses]
    return [Live(item, span) for item, span in spans if span is not None and span.status == "in force"]
