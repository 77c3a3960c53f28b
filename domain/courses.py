"""The course of a measure in time (DESIGN section 3, rules 2 and 4).

A measure's course is computed from the act that imposed it and those that alter it; lapse is derived, at the end of the last
legal day in its zone, never stated. Suspension does not stop the clock unless the act says so. What alters a measure that is no
longer in force changes nothing and is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from domain.effects import Alter, Holder, Impose, Stake
from domain.filing import subjects_of
from domain.identifiers import EffectRef, PartyId, SubjectId
from domain.measure_kinds import family_of
from domain.measure_parties import cut_by_party, joinings, successions, successor
from domain.measures import Course, Ending, Misfit, Span
from domain.periods import BEGINNING, END, day_end, day_of, until_bounds
from domain.segments import Segment, Validity
from domain.standing import View
from domain.title import after_rank


def course(view: View, ref: EffectRef, subject: SubjectId | None = None) -> Course | None:
    """The course of the measure that `ref` imposes; None when the view does not hold it or it is no measure."""
    impose = view.record.effect(ref)
    if not isinstance(impose, Impose):
        return None
    segments = view.settled(ref, subject)
    if not segments:
        return None
    alters = _alterations(view, ref, subject)
    bounds = {BEGINNING, END}
    for segs in [segments, *(item[3] for item in alters)]:
        if len(segs) == 1 and segs[0].validity is Validity.OPERATIVE and segs[0].end == END:
            continue
        for segment in segs:
            bounds |= {segment.start, segment.end}
    cuts = sorted(bounds)
    spans: list[Span] = []
    misfits: dict[EffectRef, Misfit] = {}
    struck = _struck(view, ref, subject, segments, alters)
    ending: Ending | None = None
    ended_by: tuple[EffectRef, ...] = ()
    for low, high in pairwise(cuts):
        own = _segment_at(segments, low, high)
        if own is None:
            continue
        if own.validity is not Validity.OPERATIVE:
            if own.validity is Validity.VOID and (not spans or spans[-1].end == low):
                ending, ended_by = "void", own.causes
            continue
        live = [item for item in alters if item[1] not in struck and _operative(item[3], low)]
        replay = _Replay(view, ref, impose, segments)
        replay.run(live)
        for span in replay.spans:
            start, end = max(span.start, low), min(span.end, high)
            if start < end:
                whole = (start, end) == (span.start, span.end)
                spans.append(span if whole else replace(span, start=start, end=end))
        misfits |= {m.ref: m for m in replay.misfits}
        if replay.end <= high:
            ending, ended_by = replay.ending, replay.ended_by
    misfits |= struck
    stakes = tuple(over for over in impose.over if isinstance(over, Stake))
    named = {impose.holder, *(alter.holder for _, _, alter, _ in alters), *impose.binds, *(s.holder for s in stakes)}
    passings = {party: successions(view, party, subject) for party in named if isinstance(party, str)}
    parties = {*passings, *(heir for found in passings.values() for _, heir, _ in found)}
    turns, names = joinings(view, parties) if stakes or impose.binds else (set[datetime](), set[PartyId]())
    spans = cut_by_party(view, spans, stakes, impose.binds, passings, turns)
    family = family_of(impose.kind)
    return Course(
        ref,
        impose,
        family,
        _joined(spans),
        ending,
        ended_by,
        tuple(misfits.values()),
        segments,
        frozenset(parties | names),
    )


def _struck(
    view: View,
    ref: EffectRef,
    subject: SubjectId | None,
    segments: tuple[Segment, ...],
    alters: Sequence[_Alteration],
) -> dict[EffectRef, Misfit]:
    """Alterations of a measure that had been declared void by then, and was void: they change nothing, whatever comes later."""
    voids = [s for s in segments if s.validity is Validity.VOID]
    decided = view.void_decided(ref, subject) if voids and alters else None
    found: dict[EffectRef, Misfit] = {}
    for at, other, alter, _ in alters:
        void = next((s for s in voids if s.start <= at < s.end), None)
        if void is not None and decided is not None and decided <= at and alter.op != "fulfil":
            found[other] = Misfit(other, "measure.ended", void.causes[-1])
    return found


def holders_before(view: View, course: Course, ref: EffectRef) -> list[Holder]:
    """Who holds a measure when an alteration of it is made, by succession too: one; each who may, where it was assigned at that
    moment and nothing ranks the two."""
    at, ranked = view.start(ref), view.record.started(ref)[2] is not None
    subject = next(iter(subjects_of(course.impose)), None)
    misfits = {misfit.ref for misfit in course.misfits}
    may: list[Holder | None] = [course.impose.holder]
    own = False
    for start, other, alter, _ in _alterations(view, course.ref, subject):
        own = own or other == ref
        if alter.op != "assign" or other == ref or other in misfits or start > at:
            continue
        if start < at or (ranked and not own):
            may = [alter.holder]
        elif not ranked:
            may.append(alter.holder)
    heirs = (successor(one, successions(view, one, subject), at) if isinstance(one, str) else one for one in may)
    return [one for one in dict.fromkeys(heirs) if one is not None]


_Alteration = tuple[datetime, EffectRef, Alter, tuple[Segment, ...]]


def _alterations(view: View, ref: EffectRef, subject: SubjectId | None) -> list[_Alteration]:
    """Alterations of a measure that the view holds, in the order in which they work."""
    found = []
    for name in view.aliases(ref):
        for other, effect in view.record.naming(name):
            if not isinstance(effect, Alter) or effect.measure != name:
                continue
            segments = view.settled(other, subject)
            start = next((s.start for s in segments if s.validity is Validity.OPERATIVE), None)
            if start is None:
                continue
            strength = view.strength(view.record.act(other.statement))
            last = effect.op in ("end", "discharge")  # what nothing ranks comes before what leaves nothing to alter
            key = (start, after_rank(view, other, start), -strength, last, other)
            found.append((key, (start, other, effect, segments)))
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def _segment_at(segments: tuple[Segment, ...], low: datetime, high: datetime) -> Segment | None:
    for segment in segments:
        if segment.start < high and low < segment.end:
            return segment
    return None


def _operative(segments: tuple[Segment, ...], low: datetime) -> bool:
    """Whether an alteration counts in the stretch that begins at `low`: it works, or will, without having been undone."""
    if len(segments) == 1 and segments[0].end == END:
        return segments[0].validity is Validity.OPERATIVE
    return any(s.validity is Validity.OPERATIVE and s.start <= low < s.end for s in segments)


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Adjacent spans that say the same become one."""
    made: list[Span] = []
    for span in spans:
        if made and made[-1].end == span.start and replace(made[-1], start=span.start, end=span.end) == span:
            made[-1] = replace(made[-1], end=span.end)
        else:
            made.append(span)
    return tuple(made)


def _begins(segments: Sequence[Segment]) -> datetime:
    """When a measure began. A void that was later held up leaves what was done with it before that was decided."""
    n = next(n for n, s in enumerate(segments) if s.validity is Validity.OPERATIVE)
    while n and segments[n - 1].validity is Validity.VOID and segments[n - 1].end == segments[n].start:
        n -= 1
    return segments[n].start


class _Replay:
    """One pass over the alterations that work, in order."""

    def __init__(self, view: View, ref: EffectRef, impose: Impose, segments: tuple[Segment, ...]) -> None:
        self.view = view
        self.ref = ref
        self.impose = impose
        begin = _begins(segments)
        self.end = stated_end(view, ref, impose)
        self.ending: Ending | None = "lapsed" if self.end != END else None
        self.ended_by: tuple[EffectRef, ...] = (ref,)
        self.misfits: list[Misfit] = []
        self.spans: list[Span] = []
        self.suspended: tuple[datetime, bool, datetime] | None = None
        self.shaped: dict[str, EffectRef] = {}
        self.current = Span(
            begin, END, "in force", impose.holder, impose.powers, impose.rank_above, (), impose.limit, self.end, (ref,)
        )

    def run(self, alters: Iterable[_Alteration]) -> None:
        for at, ref, alter, _ in alters:
            self._auto_resume(at)
            if self.ended(at):
                self.misfits.append(
                    Misfit(ref, "measure.lapsed" if self.ending == "lapsed" else "measure.ended", self._met())
                )
                continue
            if at < self.current.start and alter.op != "fulfil":
                self.misfits.append(Misfit(ref, "measure.not-in-force", self.ref))
                continue
            self._apply(at, ref, alter)
        self._auto_resume(END)
        if self.suspended is not None and self.suspended[1]:
            self.end, self.ending = END, None
        if self.current.start < self.end:
            self.spans.append(replace(self.current, end=self.end, until=self.end))

    def ended(self, at: datetime) -> bool:
        stopped = self.suspended is not None and self.suspended[1]
        return not stopped and at >= self.end

    def _met(self) -> EffectRef:
        return self.ended_by[-1] if self.ended_by else self.ref

    def _cut(self, at: datetime, **changes: object) -> None:
        if self.current.start < at:
            self.spans.append(replace(self.current, end=at))
        self.current = replace(self.current, start=at, **changes)  # type: ignore[arg-type]  # members named by the callers below

    def _causes(self, op: str, ref: EffectRef) -> tuple[EffectRef, ...]:
        """What makes the measure what it is from now on: its order, and of each kind of alteration the last."""
        self.shaped.pop(op, None)
        if ref != self.ref:
            self.shaped[op] = ref
        return (self.ref, *self.shaped.values())

    def _apply(self, at: datetime, ref: EffectRef, alter: Alter) -> None:
        match alter.op:
            case "extend":
                self._extend(at, ref, alter)
            case "assign":
                self._cut(at, holder=alter.holder, causes=self._causes("assign", ref))
            case "rank":
                above = tuple(dict.fromkeys((*self.current.rank_above, *alter.rank_above)))
                below = tuple(other for other in self.current.below if other not in alter.rank_above)
                self._cut(at, rank_above=above, below=below, causes=self._causes("rank", ref))
            case "subordinate":
                below = tuple(dict.fromkeys((*self.current.below, *alter.below)))
                above = tuple(other for other in self.current.rank_above if other not in alter.below)
                self._cut(at, rank_above=above, below=below, causes=self._causes("subordinate", ref))
            case "powers":
                self._cut(at, powers=alter.powers, causes=self._causes("powers", ref))
            case "limit":
                self._cut(at, limit=alter.limit, causes=self._causes("limit", ref))
            case "suspend":
                resume = END
                if alter.until is not None:
                    resume = _bound(self.view, alter, ref)
                if at < resume:
                    self.suspended = (at, alter.stops_clock, resume)
                    self._cut(at, status="suspended", causes=self._causes("suspend", ref))
            case "resume":
                if self.suspended is None:
                    self.misfits.append(Misfit(ref, "measure.not-suspended", self.ref))
                else:
                    self._resume(at, ref)
            case "end" | "discharge":
                if self.current.start < at:
                    self.spans.append(replace(self.current, end=at))
                self.current = replace(self.current, start=at)
                self.end, self.ending, self.ended_by = at, "ended" if alter.op == "end" else "discharged", (ref,)
            case "fulfil":
                pass

    def _extend(self, at: datetime, ref: EffectRef, alter: Alter) -> None:
        assert alter.until is not None, "the parser demands until"
        until = _bound(self.view, alter, ref)
        if until <= self.end:
            self.misfits.append(Misfit(ref, "extension.not-later", self._met()))
            return
        limit = longest_step(self.view, self.ref, self.impose, self.end)
        if limit is not None and until > limit:
            self.misfits.append(Misfit(ref, "extension.beyond-maximum", self.ref))
        self.end, self.ending, self.ended_by = until, "lapsed" if until != END else None, (ref,)
        self._cut(at, until=until, causes=self._causes("extend", ref))

    def _auto_resume(self, at: datetime) -> None:
        if self.suspended is not None and self.suspended[2] <= at and self.suspended[2] != END:
            self._resume(self.suspended[2], self.shaped.get("suspend", self.ref))

    def _resume(self, at: datetime, ref: EffectRef) -> None:
        assert self.suspended is not None, "only a suspended measure resumes"
        since, stops, _ = self.suspended
        self.suspended = None
        if not stops:
            self.shaped.pop("suspend", None)
        if stops and self.end != END:
            zone = self.view.record.dates(self.ref).zone or "UTC"
            zones = self.view.record.zones
            days = day_of(at, zone, zones) - day_of(since, zone, zones)
            last = day_of(self.end - timedelta(microseconds=1), zone, zones) + days
            self.end = day_end(last, zone, zones)
        if at < self.end:
            self._cut(at, status="in force", until=self.end, causes=self._causes("resume", ref))


def _bound(view: View, alter: Alter, ref: EffectRef) -> datetime:
    """The exclusive end an alteration states, in the reading of the view."""
    assert alter.until is not None, "asked only where until is stated"
    early, late = until_bounds(alter.until, view.record.dates(ref).zone, view.record.zones)
    if early == late:
        return early
    return late if view.reading.pick(f"until {ref}", 2, ref.statement, "the date it runs until is uncertain") else early


def stated_end(view: View, ref: EffectRef, impose: Impose) -> datetime:
    """The exclusive end an imposed measure states: its term, else the `until` of its effective period, else END."""
    dates = view.record.dates(ref)
    when = impose.term.until or dates.until
    early, late = until_bounds(when, dates.zone, view.record.zones)
    if early == late:
        return early
    return late if view.reading.pick(f"until {ref}", 2, ref.statement, "the date it runs until is uncertain") else early


def longest_step(view: View, ref: EffectRef, impose: Impose, end: datetime) -> datetime | None:
    """The latest end one extension may set: the maximum step counted from the day after the old end; None without a maximum."""
    if impose.term.max_step is None or end == END:
        return None
    zone = view.record.dates(ref).zone or "UTC"
    zones = view.record.zones
    first = day_of(end, zone, zones)
    return day_end(impose.term.max_step.last_day(first), zone, zones)


def longest_first_term(view: View, ref: EffectRef, impose: Impose, start: datetime) -> datetime | None:
    """The latest end a first term may set, counted from its first day."""
    if impose.term.max_step is None:
        return None
    zone = view.record.dates(ref).zone or "UTC"
    zones = view.record.zones
    return day_end(impose.term.max_step.last_day(day_of(start, zone, zones)), zone, zones)
