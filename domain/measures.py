"""Measures: their course in time, and the control stack, power by power (DESIGN section 3, rules 2 and 4).

A measure's course is computed from the act that imposed it and those that alter it; lapse is derived, at the end of the last
legal day in its zone, never stated. Suspension does not stop the clock unless the act says so. What alters a measure that is no
longer in force changes nothing and is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from types import MappingProxyType
from typing import Literal, NamedTuple

from domain.effects import UNKNOWN, Alter, Exist, Family, Grip, Holder, Impose, Limit, Power, Right, Stake, of_each
from domain.filing import subjects_of
from domain.identifiers import EffectRef, PartyId, SubjectId
from domain.measure_kinds import family_of
from domain.periods import BEGINNING, END, day_end, day_of, until_bounds
from domain.segments import Segment, Validity
from domain.shares import Share
from domain.standing import View
from domain.title import after_rank
from domain.transfers import is_succession, joins

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
    passings = {party: _passings(view, party, subject) for party in named if isinstance(party, str)}
    parties = {*passings, *(heir for found in passings.values() for _, heir, _ in found)}
    turns, names = _joinings(view, parties) if stakes or impose.binds else (set[datetime](), set[PartyId]())
    spans = _following(view, spans, stakes, impose.binds, passings, turns)
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


def _following(
    view: View,
    spans: Iterable[Span],
    stakes: tuple[Stake, ...],
    binds: tuple[PartyId, ...],
    passings: Mapping[PartyId, list[_Passing]],
    joined: set[datetime],
) -> list[Span]:
    """Spans cut where a party of a measure was succeeded, or became one with another: who holds it, whom it binds, and over whose
    stakes it lies, under any name."""
    turns = {turn for segments in passings.values() for _, _, s in segments for turn in (s.start, s.end)} | joined
    made: list[Span] = []
    for span in spans:
        if not turns:
            made.append(replace(span, stakes=stakes, binds=binds) if stakes or binds else span)
            continue
        cuts = [span.start, *sorted(turn for turn in turns if span.start < turn < span.end), span.end]
        for low, high in pairwise(cuts):

            def heir(party: PartyId, at: datetime = low) -> PartyId:
                return _successor(party, passings[party], at)

            def names(party: PartyId, at: datetime = low) -> tuple[PartyId, ...]:
                return (party, *map(PartyId, view.same(party, at))) if joined else (party,)

            holder = heir(span.holder) if isinstance(span.holder, str) else span.holder
            over = tuple(replace(stake, holder=name) for stake in stakes for name in names(heir(stake.holder)))
            bound = tuple(dict.fromkeys(name for party in map(heir, binds) for name in names(party)))
            made.append(replace(span, start=low, end=high, holder=holder, stakes=over, binds=bound))
    return made


def _joinings(view: View, parties: Iterable[PartyId]) -> tuple[set[datetime], set[PartyId]]:
    """When any of these parties became one with another, directly or through others, or ceased to be; and all their names."""
    found: set[datetime] = set()
    todo: list[SubjectId] = list(parties)
    seen: set[SubjectId] = set()
    while todo:
        party = todo.pop()
        if party in seen:
            continue
        seen.add(party)
        for ref in view.record.existing(party):
            effect = view.record.effect(ref)
            if isinstance(effect, Exist) and joins(effect):
                found |= {turn for s in view.segments(ref, party) for turn in (s.start, s.end)}
                todo += [effect.subject, *effect.others]
    return found, {PartyId(name) for name in seen} if found else set()


_Passing = tuple[PartyId, PartyId, Segment]


def _passings(view: View, party: PartyId, subject: SubjectId | None) -> list[_Passing]:
    """Successions from a party on: from whom, to whom, and over which stretches they stand."""
    found: list[_Passing] = []
    todo = [party]
    seen: set[PartyId] = set()
    while todo:
        party = todo.pop()
        if party in seen:
            continue
        seen.add(party)
        for ref in view.record.existing(party):
            effect = view.record.effect(ref)
            if not isinstance(effect, Exist) or not is_succession(effect, party) or len(effect.others) > 1:
                continue
            heir = PartyId(effect.others[0])
            found += [(party, heir, s) for s in view.settled(ref, subject) if s.validity is Validity.OPERATIVE]
            todo.append(heir)
    return found


def _successor(party: PartyId, passings: Sequence[_Passing], at: datetime) -> PartyId:
    seen = {party}
    while True:
        heir = next((to for of, to, s in passings if of == party and s.start <= at < s.end), None)
        if heir is None or heir in seen:
            return party
        party = heir
        seen.add(heir)


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
    heirs = (_successor(one, _passings(view, one, subject), at) if isinstance(one, str) else one for one in may)
    return [one for one in dict.fromkeys(heirs) if one is not None]


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


# --- the control stack -------------------------------------------------------------------------------------------


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


class PowerState(NamedTuple):
    """One power at a moment: who exercises it, on whose direction, with whose consent, and what bars it."""

    exercised: tuple[Exercise, ...]
    directed: tuple[Exercise, ...]
    consent: tuple[Exercise, ...]
    barred: tuple[EffectRef, ...]
    unranked: bool
    """Several measures take this power and nothing ranks them: all are shown."""


class Control(NamedTuple):
    """The control stack at a moment, power by power, and the headline: who manages, else who votes."""

    states: tuple[PowerState, ...]
    """Of each power, in the order of `_FOLLOWS`; a history keeps one stack for each of its stretches."""
    headline: tuple[Exercise, ...]

    @property
    def powers(self) -> dict[Power, PowerState]:
        return dict(zip(_FOLLOWS, self.states, strict=True))

    def power(self, power: Power) -> PowerState:
        return self.powers[power]


_FOLLOWS: dict[Power, Right] = {
    Power.VOTE: Right.VOTES,
    Power.MANAGE: Right.VOTES,
    Power.USE: Right.TITLE,
    Power.DISPOSE: Right.TITLE,
    Power.RECEIVE: Right.ECONOMIC,
}
_followed = itemgetter(*_FOLLOWS.values())
"""Of what is told by right, what holds for each power."""


def live_over(courses: Iterable[Course], asset: SubjectId, at: datetime) -> list[Live]:
    """Measures over an asset, or a stake in it, that are in force (not suspended) at a moment."""
    found = []
    for item in courses:
        span = item.span_at(at)
        if span is not None and span.status == "in force" and any(_lies_over(o, asset) for o in item.impose.over):
            found.append(Live(item, span))
    return found


def in_force(courses: Iterable[Course], at: datetime) -> list[Live]:
    """Those of some measures that are in force (not suspended) at a moment."""
    spans = [(item, item.span_at(at)) for item in courses]
    return [Live(item, span) for item, span in spans if span is not None and span.status == "in force"]


def _lies_over(over: object, asset: SubjectId) -> bool:
    return over == asset or (isinstance(over, Stake) and over.asset == asset)


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


Held = Mapping[Right, tuple[Exercise, ...]]
"""Who would exercise each right by what it holds, were there no measure."""


def manages_company(course: Course, asset: SubjectId) -> bool:
    """Whether a measure of control over the company that an asset is, and not over the asset, takes its management: its other
    powers are over what the company itself holds."""
    if course.family is not Family.CONTROL or asset in course.impose.over:
        return False
    taken = any((Power.MANAGE, Grip.TAKES) in span.powers for span in course.spans)
    return taken and company_of(asset) in course.impose.over


def company_of(asset: SubjectId) -> PartyId:
    """The company whose shares an asset is: one slug, as `asset:x` and `party:x`."""
    return PartyId(SubjectId("party:" + asset.split(":", 1)[1]))


Silenced = Mapping[PartyId, EffectRef]
"""Those whose votes a measure over them, or reaching them, forbids; and that measure."""


def control(live: Sequence[Live], asset: SubjectId, held: Held, silenced: Silenced = MappingProxyType({})) -> Control:
    """The control stack from the measures in force and what is held; possession and representation are told apart."""
    title, votes, interest = of_each(held)
    if title is votes is interest:
        plain = dict.fromkeys(held, PowerState(title, (), (), (), False))
    else:
        plain = {right: PowerState(who, (), (), (), False) for right, who in held.items()}
    if not live and not silenced:
        return Control(_followed(plain), votes)
    gripped: dict[Power, dict[Grip, list[Live]]] = {}
    for item in live:
        for power, grip in item.grips:
            if power is not Power.MANAGE and manages_company(item.course, asset):
                continue
            gripped.setdefault(power, {}).setdefault(grip, []).append(item)
    if silenced:
        gripped.setdefault(Power.VOTE, {})
    states = {
        power: _power(power, gripped[power], asset, held[right], silenced) if power in gripped else plain[right]
        for power, right in _FOLLOWS.items()
    }
    by_measure = tuple(e for e in states[Power.MANAGE].exercised if e.measure is not None)
    return Control(tuple(states.values()), by_measure or states[Power.VOTE].exercised)


def _power(
    power: Power,
    gripped: Mapping[Grip, list[Live]],
    asset: SubjectId,
    holders: tuple[Exercise, ...],
    muted: Silenced,
) -> PowerState:
    barred = tuple(item.course.ref for item in gripped.get(Grip.FORBIDS, []))
    silenced = {party for item in gripped.get(Grip.FORBIDS, ()) for party in _barred(item, asset)}
    if power is Power.VOTE:
        barred = tuple(dict.fromkeys((*barred, *muted.values())))
    taking = gripped.get(Grip.TAKES, [])
    beaten = outranked(taking)
    winning = [item for item in taking if item.course.ref not in beaten] if beaten else taking
    company = company_of(asset)
    whole = [item.exercise for item in winning if not {asset, company}.isdisjoint(item.course.impose.over)]
    stakes: dict[PartyId, list[Live]] = {}
    for item in winning:
        for over in item.stakes:
            if over.asset == asset:
                stakes.setdefault(over.holder, []).append(item)
    if (
        power is Power.VOTE
    ):  # others decide without them; who takes the votes of a party that may not vote votes in its place
        silenced.update(party for party in muted if party not in stakes)
        holders = tuple(own for own in holders if own.holder not in silenced) if silenced else holders
    exercised = whole
    shared = False
    if stakes or not whole:
        exercised = list(whole)
        for own in holders:
            takers = stakes.get(own.holder, []) if isinstance(own.holder, str) else []
            shared = shared or (bool(takers) and len(takers) + len(whole) > 1)
            if takers:
                over_party = own.holder if isinstance(own.holder, str) else None
                exercised += [item.exercise._replace(share=own.share, over=over_party) for item in takers]
            elif not whole:
                exercised.append(own)
    return PowerState(
        tuple(exercised),
        tuple(item.exercise for item in gripped.get(Grip.DIRECTS, [])),
        tuple(item.exercise for item in gripped.get(Grip.VETOES, [])),
        barred,
        len(whole) > 1 or shared,
    )


def _barred(item: Live, asset: SubjectId) -> set[PartyId]:
    """Whose exercise of a power a measure forbids: of those over whose stake it lies, or whom it binds; where both, of both."""
    over = {stake.holder for stake in item.stakes if stake.asset == asset}
    binds = set(item.span.binds)
    return over & binds if over and binds else over | binds


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
