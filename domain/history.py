"""The answers: an asset at a moment, and its whole history, on three clocks and in the eyes of a forum.

One pure function of the record (DESIGN section 3): select by recorded, notice and forum; settle voids and conditions; sort by
(effective, after, strength); apply effects; derive lapse. It never raises on what was admitted. Every value names the effects that
cause it. Where the record leaves readings open, each is folded, and what differs is told as uncertain beside the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Generic, TypeVar

from domain.acts import Act
from domain.affairs import (
    Debt,
    Identity,
    PermitCourse,
    Proceedings,
    Representation,
    debt,
    governments,
    identity,
    permit_course,
    proceedings,
)
from domain.antecedents import antecedents
from domain.effects import Family, Owe, Pay, Permit, Proceed, Right
from domain.effects import State as Said
from domain.folds import Folds
from domain.holdings import Holding, Split, Splitter, split_of
from domain.identifiers import EffectRef, Forum, PartyId, StatementId, SubjectId
from domain.lots import Gap, NoRoom
from domain.measures import Control, Course, Live, Misfit, control, encumbrance_order
from domain.periods import BEGINNING, END, Clocks
from domain.record import Record
from domain.restrictions import Window, overdue, reaching, windows
from domain.standing import Choice, Reading, View

T = TypeVar("T")
_READINGS_MAX = 32


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch over which a right is split the same way for the same reasons."""

    start: datetime
    end: datetime
    holdings: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class ControlPeriod:
    """A stretch over which the control stack is the same."""

    start: datetime
    end: datetime
    control: Control


@dataclass(frozen=True, slots=True)
class Irregularity:
    """Something recorded that the law forbade or found no room for: rule, the act, what it met, whether the signers knew."""

    rule: str
    act: EffectRef
    met: StatementId | None
    knowingly: bool
    words: str


@dataclass(frozen=True, slots=True)
class Unapplied:
    """A foreign act the forum does not apply: listed, not counted."""

    act: StatementId
    home: Forum | None
    words: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A value that differs between readings of the record: what, the first reading's value, the others with their reason."""

    what: str
    first: str
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Remarks:
    """What the record does not hold, or holds only in part: part of every answer."""

    gaps: tuple[Gap, ...]
    irregular: tuple[Irregularity, ...]
    unapplied: tuple[Unapplied, ...]
    undecided: tuple[StatementId, ...]
    """Applied because the place of the asset applies them; the forum asked has not decided."""
    unseen: tuple[tuple[StatementId, int], ...]
    """Signed without sight of that many statements recorded before."""
    late: tuple[StatementId, ...]
    """Recorded after the known clock: this answer could not have been given by the ledger then."""
    disputed: tuple[tuple[StatementId, StatementId], ...]
    """(disputed record, the statement by which its actor or a party disputes it)."""
    choices: tuple[Choice, ...]


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


def by_readings(build: Callable[[Reading], T]) -> tuple[T, tuple[Choice, ...], list[tuple[str, T]]]:
    """Fold the first reading, then the others it left open: all combinations where they are few, else each choice alone and all
    together. Returns the first, the choices, and the others with the reason in words."""
    base = Reading()
    first = build(base)
    choices = tuple(base.met.values())
    if not choices:
        return first, (), []
    combinations = 1
    for choice in choices:
        combinations *= choice.options
    taken: list[dict[str, int]] = []
    if combinations <= _READINGS_MAX:
        for options in product(*(range(choice.options) for choice in choices)):
            if any(options):
                taken.append({c.key: o for c, o in zip(choices, options, strict=True)})
    else:
        taken += [{c.key: o} for c in choices[: _READINGS_MAX - 1] for o in range(1, c.options)]
        taken.append({c.key: c.options - 1 for c in choices})
    others = []
    by_key = {choice.key: choice for choice in choices}
    for options_taken in taken:
        why = "; ".join(sorted({by_key[key].why for key, option in options_taken.items() if option}))
        others.append((why, build(Reading(options_taken))))
    return first, choices, others


# --- a moment ----------------------------------------------------------------------------------------------------


def snapshot_of(record: Record, clocks: Clocks, forum: Forum | None, asset: SubjectId, at: datetime) -> Snapshot:
    """An asset at a moment, with what other readings of the record would say."""

    def build(reading: Reading) -> Snapshot:
        return snapshot(Folds(View(record, clocks, forum, reading)), asset, at)

    first, choices, others = by_readings(build)
    if not choices:
        return first
    base = _values(first)
    differing: list[Uncertain] = []
    for what, value in base.items():
        rest: dict[str, str] = {}
        for why, other in others:
            theirs = _values(other).get(what, "none")
            if theirs != value:
                rest.setdefault(theirs, why)
        if rest:
            differing.append(Uncertain(what, value, tuple((v, w) for v, w in rest.items())))
    extra = {what for _, other in others for what in _values(other)} - set(base)
    for what in sorted(extra):
        values = {_values(o)[what]: why for why, o in others if what in _values(o)}
        differing.append(Uncertain(what, "none", tuple(values.items())))
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


def _values(snap: Snapshot) -> dict[str, str]:
    """The values of a snapshot that readings are compared by."""
    found = {f"{right}": _spell(holdings) for right, holdings in snap.rights.items()}
    found["controller"] = ", ".join(sorted(str(e.holder) for e in snap.control.headline))
    for live in snap.measures:
        found[f"measure {live.course.ref}"] = f"in force until {live.span.until.isoformat()}, {live.span.holder}"
    for permit in snap.permits:
        found[f"permit {permit.ref}"] = "good" if permit.granted else permit.op
    return found


def _spell(holdings: Iterable[Holding]) -> str:
    return "; ".join(sorted(f"{h.holder} {h.share.low}–{h.share.high}" for h in holdings))


def snapshot(folds: Folds, asset: SubjectId, at: datetime) -> Snapshot:
    """An asset at a moment, in one reading."""
    split = split_of(folds.title(asset).state_at(at), at)
    live = folds.live(asset, at)
    stack = control(live, asset, split.held)
    suspended = tuple(
        c for c in folds.courses(asset) if (span := c.span_at(at)) is not None and span.status == "suspended"
    )
    past = [c for c in folds.courses(asset) if c.spans and c.end <= at]
    ended = tuple(sorted(past, key=lambda c: (c.end, c.ref), reverse=True))
    sources = restricting(folds, asset, at)
    spans = tuple(w for w in windows(folds, asset, sources) if w.start <= at < w.end)
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
        identity(folds.view, asset),
        remarks(folds, asset, at),
    )


def restricting(
    folds: Folds, asset: SubjectId, at: datetime
) -> list[tuple[EffectRef, SubjectId, tuple[SubjectId, ...]]]:
    """Restrictions that bear on an asset at a moment: over it, over the company it is, or reaching that through its owners."""
    found = [
        (live.course.ref, asset, tuple[SubjectId, ...]())
        for live in folds.live(asset, at)
        if live.course.family is Family.RESTRICTION
    ]
    return found + reaching_through(folds, asset, at)


def reaching_through(
    folds: Folds, asset: SubjectId, at: datetime
) -> list[tuple[EffectRef, SubjectId, tuple[SubjectId, ...]]]:
    """Restrictions on the company an asset is, or on parties that own it far enough."""
    found = []
    for live, path in reaching(folds, SubjectId("party:" + asset.split(":", 1)[1]), at):
        if live.course.family is Family.RESTRICTION and live.course.impose.reach is not None:
            over = next(iter(SubjectId(o) for o in live.course.impose.over if isinstance(o, str)), asset)
            found.append((live.course.ref, over, path))
    return found


def permits_about(folds: Folds, asset: SubjectId) -> list[PermitCourse]:
    """Permits over an asset, for a dealing in it, or inside a measure over it."""
    record = folds.view.record
    refs: dict[EffectRef, None] = {}
    for ref, effect in record.about.get(asset, ()):
        if isinstance(effect, Permit):
            refs[ref] = None
    for act in record.by_subject.get(asset, ()):
        for ref, effect in act.refs():
            if isinstance(effect, Permit):
                refs[ref] = None
    courses = [permit_course(folds.view, ref, asset) for ref in refs if folds.view.held(ref)]
    return sorted((c for c in courses if c is not None), key=lambda c: (c.start, c.ref))


def debts_about(folds: Folds, asset: SubjectId) -> list[EffectRef]:
    """Debts that concern an asset."""
    acts = folds.view.record.by_subject.get(asset, ())
    return [ref for act in acts for ref, effect in act.refs() if isinstance(effect, Owe) and folds.view.held(ref)]


# --- remarks -----------------------------------------------------------------------------------------------------


def remarks(folds: Folds, asset: SubjectId, at: datetime | None) -> Remarks:
    """What must be said beside an answer about an asset, up to a moment or over all time."""
    view = folds.view
    record = view.record
    fold = folds.title(asset)
    until = at if at is not None else END
    gaps: list[Gap] = []
    irregular: list[Irregularity] = []
    for report in fold.reports():
        if view.start(report.ref) > until:
            continue
        if isinstance(report, NoRoom):
            met = report.met[0].statement if report.met else None
            words = "the transferor did not hold enough: what was missing is not moved"
            irregular.append(Irregularity("shares.no-room", report.ref, met, _known(record, report.ref), words))
        else:
            gaps.append(report)
    for course in folds.courses(asset):
        irregular += [_misfit(record, m) for m in course.misfits if view.start(m.ref) <= until]
    for ref, holder, _ in overdue(folds, asset, until):
        words = f"the term has passed and {holder} still holds more than the order allows"
        irregular.append(Irregularity("divestment.overdue", ref, ref.statement, False, words))
    unapplied: list[Unapplied] = []
    undecided: list[StatementId] = []
    late: list[StatementId] = []
    unseen: list[tuple[StatementId, int]] = []
    disputed: list[tuple[StatementId, StatementId]] = []
    counted: list[Act] = []
    for act in record.by_subject.get(asset, ()):
        if not view.holds(act) or (act.effects and view.start(EffectRef(act.id, 1)) > until):
            continue
        applied = view.applied(act, asset)
        if applied is None:
            unapplied.append(
                Unapplied(act.id, view.home(act, asset), "a foreign act this forum has not admitted, or has refused")
            )
        elif not applied.decided:
            undecided.append(act.id)
        if view.clocks.known_at is not None and act.recorded_at > view.clocks.known_at:
            late.append(act.id)
        missed = record.unseen(act)
        if missed:
            unseen.append((act.id, missed))
        irregular += [
            Irregularity(d.rule, EffectRef(act.id, 0), d.statement, True, "recorded despite this objection")
            for d in act.despite
            if not any(i.rule == d.rule and i.act.statement == act.id for i in irregular)
        ]
        disputed += _disputes(view, act)
        if applied is not None:
            counted.append(act)
    gaps += antecedents(folds, asset, counted)
    for seen in proceedings_about(folds, asset):
        gaps += [Gap("antecedent-not-on-record", ref, words) for ref, words in seen.missing if view.start(ref) <= until]
    gaps += _payments_unrecorded(folds, asset, until)
    gaps += _norms_repealed(folds, asset, until)
    return Remarks(
        tuple(gaps),
        tuple(irregular),
        tuple(unapplied),
        tuple(undecided),
        tuple(unseen),
        tuple(late),
        tuple(disputed),
        (),
    )


def _known(record: Record, ref: EffectRef) -> bool:
    return bool(record.by_id[ref.statement].despite)


def _misfit(record: Record, misfit: Misfit) -> Irregularity:
    words = {
        "measure.lapsed": "the measure had lapsed before: this changes nothing",
        "measure.ended": "the measure had ended before: this changes nothing",
        "measure.not-in-force": "the measure was not yet in force",
        "measure.not-suspended": "the measure was not suspended",
        "extension.not-later": "the new end is not later than the old one",
        "extension.beyond-maximum": "one step longer than the legal basis allows",
    }[misfit.rule]
    return Irregularity(misfit.rule, misfit.ref, misfit.met.statement, _known(record, misfit.ref), words)


def _disputes(view: View, act: Act) -> list[tuple[StatementId, StatementId]]:
    found = []
    for ref, effect in view.record.naming.get(EffectRef(act.id, 0), ()):
        if isinstance(effect, Said) and effect.kind == "dispute" and view.held(ref):
            found.append((act.id, ref.statement))
    return found


def _payments_unrecorded(folds: Folds, asset: SubjectId, until: datetime) -> list[Gap]:
    view = folds.view
    return [
        Gap("debt-not-on-record", ref, "a payment of a debt that is not on record")
        for act in view.record.by_subject.get(asset, ())
        for ref, effect in act.refs()
        if isinstance(effect, Pay) and effect.debt is None and view.held(ref) and view.start(ref) <= until
    ]


def _norms_repealed(folds: Folds, asset: SubjectId, until: datetime) -> list[Gap]:
    """Measures still in force whose norm was repealed: whether they outlive it is for the law to say, the record shows both."""
    found = []
    for course in folds.courses(asset):
        norm = course.impose.norm
        ended = identity(folds.view, norm).ended if norm is not None else None
        if ended is not None and ended[0] <= until and course.end > ended[0]:
            words = f"{norm}, on which this measure rests, was repealed while it was in force"
            found.append(Gap("norm-repealed", course.ref, words, (ended[1],)))
    return found


def proceedings_about(folds: Folds, asset: SubjectId) -> list[Proceedings]:
    """Proceedings that concern an asset: named by an act on its stream, or that name it or an effect about it."""
    view, record = folds.view, folds.view.record
    about = record.about.get(asset, ())
    located = [ref_effect for act in record.by_subject.get(asset, ()) for ref_effect in act.refs()]
    located += [*about, *(other for ref, _ in about for other in record.naming_effect(ref))]
    names = {
        effect.proceeding
        for ref, effect in located
        if isinstance(effect, Proceed) and view.holds(record.by_id[ref.statement])
    }
    return [proceedings(view, name) for name in sorted(names)]


# --- all of it ---------------------------------------------------------------------------------------------------


def history_of(record: Record, clocks: Clocks, forum: Forum | None, asset: SubjectId) -> History:
    """An asset's whole history, with what other readings of the record would say."""

    def build(reading: Reading) -> History:
        return history(Folds(View(record, clocks, forum, reading)), asset)

    first, choices, others = by_readings(build)
    if not choices:
        return first
    base = _stretches(first)
    differing = []
    for what, value in base.items():
        rest = {theirs: why for why, other in others if (theirs := _stretches(other)[what]) != value}
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


def history(folds: Folds, asset: SubjectId) -> History:
    """An asset through time, in one reading."""
    fold = folds.title(asset)
    courses = folds.courses(asset)
    moments = set(fold.moments()) | {BEGINNING}
    for course in courses:
        for span in course.spans:
            moments |= {span.start, span.end}
    moments.discard(END)
    cuts = [*sorted(moments), END]
    rights = dict.fromkeys(Right, _Strand[tuple[Holding, ...]]())
    stack = _Strand[Control]()
    active, splitter = _Sweep(courses), Splitter()
    split: Split | None = None
    live: list[Live] | None = None
    for low in cuts[:-1]:
        before, split = split, splitter.split(fold.state_at(low), low)
        since, live = live, active.at(low)
        if split is not before:
            _take(rights, split, low)
        if split is not before or live is not since:
            stack.take(low, control(live, asset, split.held))
    told = {id(strand): tuple([Period(*stretch) for stretch in strand.stretches()]) for strand in rights.values()}
    reachable = cuts[:-1] if folds.view.record.reaching else []
    sources = {source[0]: source for low in reachable for source in reaching_through(folds, asset, low)}
    own = [(c.ref, asset, tuple[SubjectId, ...]()) for c in courses if c.family is Family.RESTRICTION]
    ordered = [c for c in courses if c.family is not Family.ENCUMBRANCE]
    ordered += encumbrance_order(folds.view, [c for c in courses if c.family is Family.ENCUMBRANCE])
    end = _last_moment(folds, asset)
    return History(
        asset,
        {right: told[id(strand)] for right, strand in rights.items()},
        tuple([ControlPeriod(*stretch) for stretch in stack.stretches()]),
        tuple(ordered),
        tuple(windows(folds, asset, [*own, *sources.values()])),
        tuple(permits_about(folds, asset)),
        tuple(proceedings_about(folds, asset)),
        tuple(d for ref in debts_about(folds, asset) if (d := debt(folds.view, ref, end, asset)) is not None),
        identity(folds.view, asset),
        representation_of(folds, SubjectId("party:" + asset.split(":", 1)[1])),
        remarks(folds, asset, None),
    )


def _last_moment(folds: Folds, asset: SubjectId) -> datetime:
    acts = folds.view.record.by_subject.get(asset, ())
    starts = [folds.view.start(EffectRef(a.id, n)) for a in acts for n in range(1, len(a.effects) + 1)]
    return max(starts, default=BEGINNING)


class _Strand(Generic[T]):
    """A value through time: the stretches over which it stayed the same, the last one open."""

    def __init__(self) -> None:
        self._ended: list[tuple[datetime, datetime, T]] = []
        self._open: tuple[datetime, T] | None = None

    def take(self, at: datetime, value: T) -> None:
        """The value from a moment on, which is after the last one."""
        if self._open is not None:
            start, last = self._open
            if last is value or last == value:
                return
            self._ended.append((start, at, last))
        self._open = (at, value)

    def copy(self) -> _Strand[T]:
        made = _Strand[T]()
        made._ended, made._open = list(self._ended), self._open
        return made

    def stretches(self) -> list[tuple[datetime, datetime, T]]:
        """From, until (exclusive), and the value between."""
        return [*self._ended, (self._open[0], END, self._open[1])] if self._open is not None else []


def _take(rights: dict[Right, _Strand[tuple[Holding, ...]]], split: Split, at: datetime) -> None:
    """The holdings of each right from a moment on. Rights that were always held alike are one strand."""
    together = rights[Right.TITLE]
    items = split.rights[Right.TITLE]
    if rights[Right.VOTES] is together and any(other is not items for other in split.rights.values()):
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
