"""The answers: an asset at a moment, and its whole history, on three clocks and in the eyes of a forum.

One pure function of the record (DESIGN section 3): select by recorded, notice and forum; settle voids and conditions; sort by
(effective, after, strength); apply effects; derive lapse. It never raises on what was admitted. Every value names the effects that
cause it. Where the record leaves readings open, each is folded, and what differs is told as uncertain beside the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise, product
from typing import Generic, NamedTuple, TypeVar

from domain import pieces
from domain.concerning import debts_about, permits_about, proceedings_about, reaching_through, restricting
from domain.control import Control, control
from domain.debts import Debt, debt
from domain.dockets import Proceedings
from domain.effects import Family, Right, of_each
from domain.folds import Folds
from domain.governments import Representation, governments
from domain.holdings import Holding, Split, Splitter, split_of
from domain.identifiers import EffectRef, Forum, PartyId, SubjectId, company_of
from domain.identity import Identity, identity
from domain.kept import first_folds, keep
from domain.measures import Course, Live, in_force
from domain.periods import BEGINNING, END, LAST, Clocks, day_of
from domain.permits import PermitCourse
from domain.pieces import Stretch
from domain.ranks import encumbrance_order
from domain.reach import reach_moments
from domain.readings import Choice, Reading
from domain.record import Record
from domain.remarks import Remarks, remarks
from domain.restrictions import Source, Window, silenced, silencing_moments, windows
from domain.standing import View

T = TypeVar("T")
S = TypeVar("S")
_READINGS_MAX = 32


class Period(NamedTuple):
    """A stretch over which a right is split the same way for the same reasons."""

    start: datetime
    end: datetime
    holdings: tuple[Holding, ...]


class ControlPeriod(NamedTuple):
    """A stretch over which the control stack is the same."""

    start: datetime
    end: datetime
    control: Control


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A value that differs between readings of the record: what, the first reading's value, the others with their reason."""

    what: str
    first: str
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """An asset at a moment."""

    asset: SubjectId
    at: datetime
    rights: Mapping[Right, tuple[Holding, ...]]
    control: Control
    measures: tuple[Live, ...]
    suspended: tuple[Course, ...]
    ended: tuple[Course, ...]
    """Measures that were in force before and no longer are, the last to end first: why control is where it is."""
    restrictions: tuple[Window, ...]
    permits: tuple[PermitCourse, ...]
    debts: tuple[Debt, ...]
    identity: Identity
    remarks: Remarks
    uncertain: tuple[Uncertain, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """An asset through time."""

    asset: SubjectId
    rights: Mapping[Right, tuple[Period, ...]]
    control: tuple[ControlPeriod, ...]
    courses: tuple[Course, ...]
    restrictions: tuple[Window, ...]
    permits: tuple[PermitCourse, ...]
    proceedings: tuple[Proceedings, ...]
    debts: tuple[Debt, ...]
    identity: Identity
    representation: tuple[Representation, ...]
    remarks: Remarks
    uncertain: tuple[Uncertain, ...] = ()


# --- readings ----------------------------------------------------------------------------------------------------


def by_readings(
    record: Record, clocks: Clocks, forum: Forum | None, subject: SubjectId, build: Callable[[Folds], T]
) -> tuple[T, tuple[Choice, ...], list[tuple[str, T]]]:
    """Fold the first reading, then the others it left open: all combinations where they are few, else each choice alone and all
    together. Returns the first, the choices, and the others with the reason in words."""
    folds = first_folds(record, clocks, forum, subject)
    first = build(folds)
    choices = tuple(folds.view.reading.met.values())
    if not choices:
        keep(folds, clocks, forum, subject)
        return first, (), []
    combinations = 1
    for choice in choices:
        combinations *= choice.options
    taken: list[dict[str, int]] = []
    if combinations <= _READINGS_MAX:
        for options in product(*(range(choice.options) for choice in choices)):
            if any(options):
                taken.append({c.key: o for c, o in zip(choices, options, strict=True)})
        taken.sort(key=_departures)  # of readings that say the same, the one that departs least gives the reason
    else:
        taken += [{c.key: o} for c in choices[: _READINGS_MAX - 1] for o in range(1, c.options)]
        taken.append({c.key: c.options - 1 for c in choices})
    others = []
    by_key = {choice.key: choice for choice in choices}
    for options_taken in taken:
        why = "; ".join(sorted({by_key[key].why for key, option in options_taken.items() if option}))
        others.append((why, build(Folds(View(record, clocks, forum, Reading(options_taken))))))
    return first, choices, others


def _departures(options: Mapping[str, int]) -> int:
    """At how many choices a reading departs from the first."""
    return sum(map(bool, options.values()))


# --- a moment ----------------------------------------------------------------------------------------------------


def snapshot_of(record: Record, clocks: Clocks, forum: Forum | None, asset: SubjectId, at: datetime) -> Snapshot:
    """An asset at a moment, with what other readings of the record would say."""
    clocks = replace(clocks, effective_at=at)
    first, choices, others = by_readings(record, clocks, forum, asset, lambda folds: snapshot(folds, asset, at))
    if not choices:
        return first
    base = _values(record, first)
    differing: list[Uncertain] = []
    for what, value in base.items():
        rest: dict[str, str] = {}
        for why, other in others:
            theirs = _values(record, other).get(what, "none")
            if theirs != value:
                rest.setdefault(theirs, why)
        if rest:
            differing.append(Uncertain(what, value, tuple((v, w) for v, w in rest.items())))
    extra = {what for _, other in others for what in _values(record, other)} - set(base)
    for what in sorted(extra):
        least: dict[str, str] = {}
        for why, other in others:
            if what in (own := _values(record, other)):
                least.setdefault(own[what], why)
        differing.append(Uncertain(what, "none", tuple(least.items())))
    remarks = _with_choices(first.remarks, choices)
    return Snapshot(
        first.asset,
        first.at,
        first.rights,
        first.control,
        first.measures,
        first.suspended,
        first.ended,
        first.restrictions,
        first.permits,
        first.debts,
        first.identity,
        remarks,
        tuple(differing),
    )


def _with_choices(remarks: Remarks, choices: tuple[Choice, ...]) -> Remarks:
    return Remarks(
        remarks.gaps,
        remarks.irregular,
        remarks.unapplied,
        remarks.undecided,
        remarks.unseen,
        remarks.late,
        remarks.disputed,
        choices,
    )


def _values(record: Record, snap: Snapshot) -> dict[str, str]:
    """The values of a snapshot that readings are compared by."""
    found = {f"{right}": _spell(holdings) for right, holdings in snap.rights.items()}
    found["controller"] = ", ".join(sorted(str(e.holder) for e in snap.control.headline))
    for live in snap.measures:
        who = f", {live.span.holder}" if live.span.holder is not None else ""
        found[f"measure {live.course.ref}"] = f"in force{_until(record, live)}{who}"
    for permit in snap.permits:
        found[f"permit {permit.ref}"] = "good" if permit.granted else permit.op
    return found


def _until(record: Record, live: Live) -> str:
    """The last legal day of a measure's term, in its own zone."""
    if live.span.until == END:
        return ", no end stated"
    zone = record.dates(live.course.ref).zone or "UTC"
    return f" until {day_of(live.span.until - datetime.resolution, zone, record.zones)} inclusive"


def _spell(holdings: Iterable[Holding]) -> str:
    return "; ".join(sorted(f"{h.holder} {h.share.low}–{h.share.high}" for h in holdings))


def snapshot(folds: Folds, asset: SubjectId, at: datetime) -> Snapshot:
    """An asset at a moment, in one reading."""
    split = split_of(folds.title(asset).state_at(at), at)
    courses = [*folds.courses(asset), *folds.managing(asset)]
    live = [*folds.live(asset, at), *in_force(folds.managing(asset), at)]
    voters = (own.holder for own in split.held[Right.VOTES]) if silencing_moments(folds, asset) else ()
    stack = control(live, asset, split.held, silenced(folds, asset, voters, at))
    suspended = tuple(c for c in courses if (span := c.span_at(at)) is not None and span.status == "suspended")
    past = [c for c in courses if c.spans and c.end <= at]
    ended = tuple(sorted(past, key=lambda c: (c.end, c.ref), reverse=True))
    sources = restricting(folds, asset, at)
    reached = _reached(folds, asset) if sources else {}
    spans = tuple(w for w in windows(folds, asset, sources, reached) if w.start <= at < w.end)
    permits = tuple(p for p in permits_about(folds, asset) if p.start <= at < p.end)
    debts = tuple(d for ref in debts_about(folds, asset) if (d := debt(folds.view, ref, at, asset)) is not None)
    return Snapshot(
        asset,
        at,
        split.rights,
        stack,
        tuple(live),
        suspended,
        ended,
        spans,
        permits,
        debts,
        identity(folds.view, asset, at),
        remarks(folds, asset, at),
    )


# --- all of it ---------------------------------------------------------------------------------------------------


def history_of(record: Record, clocks: Clocks, forum: Forum | None, asset: SubjectId) -> History:
    """An asset's whole history, with what other readings of the record would say. Where no forum is asked for, each stretch is seen
    in the eyes of the place of the asset then: what it says of a moment is what `snapshot_of` says."""
    clocks = replace(clocks, effective_at=BEGINNING)
    first, choices, others = by_readings(record, clocks, forum, asset, lambda folds: _through(folds, asset))
    if not choices:
        return first
    base = _stretches(first)
    differing = []
    for what, value in base.items():
        rest: dict[str, str] = {}
        for why, other in others:
            if (theirs := _stretches(other)[what]) != value:
                rest.setdefault(theirs, why)
        if rest:
            differing.append(Uncertain(what, value, tuple(rest.items())))
    return History(
        first.asset,
        first.rights,
        first.control,
        first.courses,
        first.restrictions,
        first.permits,
        first.proceedings,
        first.debts,
        first.identity,
        first.representation,
        _with_choices(first.remarks, choices),
        tuple(differing),
    )


def _stretches(item: History) -> dict[str, str]:
    found = {
        str(right): " | ".join(f"{p.start.isoformat()} {_spell(p.holdings)}" for p in periods)
        for right, periods in item.rights.items()
    }
    found["controller"] = " | ".join(
        f"{p.start.isoformat()} {', '.join(sorted(str(e.holder) for e in p.control.headline))}" for p in item.control
    )
    return found


def _through(folds: Folds, asset: SubjectId) -> History:
    """An asset through time, in one reading: each stretch in the eyes of the place then. `folds`: of the first stretch."""
    first = history(folds, asset)
    view = folds.view
    if view.alike == (BEGINNING, END):
        return first
    found = [(Stretch(BEGINNING, view.alike[1], (), view), first)]
    while (low := found[-1][0].end) != END:
        view = View(view.record, replace(view.clocks, effective_at=low), None, view.reading)
        piece = history(Folds(view), asset)
        causes = tuple(ref for start, _, _, ref in view.stations(asset) if start == low)
        found.append((Stretch(low, view.alike[1], causes, view), piece))
    return _joined(found)


def _joined(found: list[tuple[Stretch, History]]) -> History:
    """Histories of stretches that follow each other as one."""
    stacks = _Strand(ControlPeriod)
    rights = {right: _Strand(Period) for right in Right}
    for stretch, piece in found:
        for period in piece.control:
            if period.start < stretch.end and stretch.start < period.end:
                stacks.take(max(period.start, stretch.start), period.control)
        for right, strand in rights.items():
            for held in piece.rights[right]:
                if held.start < stretch.end and stretch.start < held.end:
                    strand.take(max(held.start, stretch.start), held.holdings)
    return replace(
        found[-1][1],
        rights={right: strand.stretches() for right, strand in rights.items()},
        control=stacks.stretches(),
        courses=pieces.courses([(stretch, piece.courses) for stretch, piece in found]),
        restrictions=pieces.lasting(
            [(stretch, piece.restrictions) for stretch, piece in found],
            lambda w: (w.restriction, w.permit, w.over, w.path),
        ),
        permits=pieces.lasting([(stretch, piece.permits) for stretch, piece in found], lambda p: (p.ref, p.op)),
        representation=pieces.lasting(
            [(stretch, piece.representation) for stretch, piece in found],
            lambda r: (r.party, r.agent, r.kind, r.causes),
        ),
        remarks=pieces.remarks([(stretch, piece.remarks) for stretch, piece in found]),
    )


def history(folds: Folds, asset: SubjectId) -> History:
    """An asset through time, in one reading."""
    fold = folds.title(asset)
    courses = [*folds.courses(asset), *folds.managing(asset)]
    moments = set(fold.moments()) | {BEGINNING}
    for course in courses:
        for span in course.spans:
            moments |= {span.start, span.end}
    turns = silencing_moments(folds, asset)
    moments |= {*turns}
    moments.discard(END)
    cuts = [*sorted(moments), END]
    rights = dict.fromkeys(Right, _Strand(Period))
    stack = _Strand(ControlPeriod)
    active, splitter = _Sweep(courses), Splitter()
    split: Split | None = None
    live: list[Live] | None = None
    for low in cuts[:-1]:
        before, split = split, splitter.split(fold.state_at(low), low)
        since, live = live, active.at(low)
        if split is not before:
            _take(rights, split, low)
        if split is not before or live is not since or turns:
            voters = [own.holder for own in split.held[Right.VOTES]] if turns else []
            stack.take(low, control(live, asset, split.held, silenced(folds, asset, voters, low) if voters else {}))
    told = {id(strand): strand.stretches() for strand in rights.values()}
    reached = _reached(folds, asset)
    own = [(c.ref, asset, tuple[SubjectId, ...]()) for c in courses if c.family is Family.RESTRICTION]
    ordered = [c for c in courses if c.family is not Family.ENCUMBRANCE]
    ordered += encumbrance_order(folds.view, [c for c in courses if c.family is Family.ENCUMBRANCE])
    end = _last_moment(folds, asset)
    return History(
        asset,
        {right: told[id(strand)] for right, strand in rights.items()},
        stack.stretches(),
        tuple(ordered),
        tuple(windows(folds, asset, [*own, *reached], reached)),
        tuple(permits_about(folds, asset)),
        tuple(proceedings_about(folds, asset)),
        tuple(d for ref in debts_about(folds, asset) if (d := debt(folds.view, ref, end, asset)) is not None),
        identity(folds.view, asset, LAST),
        representation_of(folds, company_of(asset)),
        remarks(folds, asset, None),
    )


def _reached(folds: Folds, asset: SubjectId) -> dict[Source, list[tuple[datetime, datetime]]]:
    """Restrictions that reach an asset through the company it is and its owners, each with the stretches over which it does."""
    found: dict[Source, list[tuple[datetime, datetime]]] = {}
    if not folds.view.record.reaching:
        return found
    moments = reach_moments(folds, company_of(asset))
    for low, high in pairwise([*moments, END]):
        for source in reaching_through(folds, asset, low):
            stretches = found.setdefault(source, [])
            if stretches and stretches[-1][1] == low:
                stretches[-1] = (stretches[-1][0], high)
            else:
                stretches.append((low, high))
    return found


def _last_moment(folds: Folds, asset: SubjectId) -> datetime:
    acts = folds.view.record.stream(asset)
    starts = [folds.view.start(ref) for act in acts for ref, _ in act.refs()]
    return max(starts, default=BEGINNING)


class _Strand(Generic[T, S]):
    """A value through time: the stretches over which it stayed the same, the last one open."""

    def __init__(self, stretch: Callable[[datetime, datetime, T], S]) -> None:
        """`stretch` makes one: from, until (exclusive), and the value between."""
        self._stretch = stretch
        self._ended: list[S] = []
        self._open: tuple[datetime, T] | None = None

    def take(self, at: datetime, value: T) -> None:
        """The value from a moment on, which is after the last one."""
        if self._open is not None:
            start, last = self._open
            if last is value or last == value:
                return
            self._ended.append(self._stretch(start, at, last))
        self._open = (at, value)

    def copy(self) -> _Strand[T, S]:
        made = _Strand(self._stretch)
        made._ended, made._open = list(self._ended), self._open
        return made

    def stretches(self) -> tuple[S, ...]:
        return (*self._ended, self._stretch(self._open[0], END, self._open[1])) if self._open is not None else ()


def _take(rights: dict[Right, _Strand[tuple[Holding, ...], Period]], split: Split, at: datetime) -> None:
    """The holdings of each right from a moment on. Rights that were always held alike are one strand."""
    together = rights[Right.TITLE]
    items, votes, interest = of_each(split.rights)
    if rights[Right.VOTES] is together and not (items is votes is interest):
        rights |= {right: together.copy() for right in (Right.VOTES, Right.ECONOMIC)}
    if rights[Right.VOTES] is together:
        together.take(at, items)
    else:
        for right, strand in rights.items():
            strand.take(at, split.rights[right])


class _Sweep:
    """The measures in force at rising moments."""

    def __init__(self, courses: list[Course]) -> None:
        self._waiting = sorted(
            ((span.start, course.ref, span.end, Live(course, span)) for course in courses for span in course.spans),
            key=lambda item: item[:3],
            reverse=True,
        )
        self._open: list[tuple[datetime, EffectRef, datetime, Live]] = []
        self._until = END
        self._now: list[Live] = []

    def at(self, moment: datetime) -> list[Live]:
        """In the order of their start, then of their reference; the same list while they stay the same."""
        changed = False
        while self._waiting and self._waiting[-1][0] <= moment:
            item = self._waiting.pop()
            if item[3].span.status == "in force":
                changed = True
                self._open.append(item)
                self._until = min(self._until, item[2])
        if self._until <= moment:
            changed = True
            self._open = [item for item in self._open if item[2] > moment]
            self._until = min((item[2] for item in self._open), default=END)
        if changed:
            self._now = [item[3] for item in self._open]
        return self._now


def representation_of(folds: Folds, party: SubjectId) -> tuple[Representation, ...]:
    """Who may act for a party over time, by the measures of representation over it."""
    found = []
    for course in folds.courses(party):
        if course.family is not Family.REPRESENTATION:
            continue
        found += [
            Representation(span.start, span.end, PartyId(party), span.holder, course.impose.kind, span.causes)
            for span in course.spans
            if span.status == "in force" and isinstance(span.holder, str)
        ]
    found += governments(folds.view, PartyId(party))
    return tuple(sorted(found, key=lambda r: (r.start, r.agent)))
