"""When a restriction binds: in whose forum, on what dealings, what lifts it, whose votes it silences, over which stretches
(DESIGN section 3, rules 2, 6 and 9).

Pure questions to the kept folds of the forum in which a dealing is judged. A restriction is an objection only to acts at home
in its forum or in one nested in it. Nothing here speaks against an act: `dealings`, `disposal` and `caps` do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from domain.acts import Act
from domain.effects import Family, Grip, Holder, Permit, Power, Proceed
from domain.folds import Folds
from domain.identifiers import EffectRef, Forum, PartyId, SubjectId, company_of
from domain.measures import Live
from domain.periods import BEGINNING, END, FIRST_DAY
from domain.permits import PermitCourse, permit_course
from domain.reach import reach_moments, reaching, upstream


def binds_forum(folds: Folds, ref: EffectRef, home: Forum | None, at: datetime, subject: SubjectId) -> bool:
    """Whether a restriction is an objection to acts at home in `home`: of its own order, or of one that recognised it."""
    record = folds.view.record
    act = record.act(ref.statement)
    own = folds.view.home(act, subject)
    if own is None or home is None or own == home:
        return True
    if own in record.nesting(home, max(at, FIRST_DAY)):
        return True
    taken = folds.view.applied(ref, subject) if folds.view.forum == home else None
    return taken is not None and taken.decided and bool(taken.causes) and taken.since <= at < taken.until


_TAKINGS = frozenset({"ownership.nationalised", "ownership.forfeited"})
"""Types of act by which the state takes title."""


def exempt(
    folds: Folds,
    live: Live,
    act: Act,
    asset: SubjectId,
    performs: Sequence[EffectRef],
    at: datetime,
    home: Forum | None,
) -> bool:
    """Whether an act is none of the dealings that a measure is there to stop: what a state takes under its own law is stopped by
    the law of an order it is nested in, by nothing beneath it; what secures a claim does not stop the decision on that claim."""
    record = folds.view.record
    imposing = record.act(live.course.ref.statement)
    if act.type in _TAKINGS:
        own = folds.view.home(imposing, asset)
        outer = record.nesting(home, max(at, FIRST_DAY)) if home is not None else ()
        if own not in outer:
            return True
    secured = {effect.proceeding for effect in imposing.effects if isinstance(effect, Proceed)}
    if not secured:
        return False
    deciding = [act, *(done for ref in performs if (done := record.find(ref.statement)) is not None)]
    steps = [effect for one in deciding for effect in one.effects if isinstance(effect, Proceed)]
    return any(step.decision is not None and step.proceeding in secured for step in steps)


def permits_for(folds: Folds, refs: Iterable[EffectRef], at: datetime) -> list[PermitCourse]:
    """Permits granted that name any of these measures or transactions and are good at a moment."""
    record = folds.view.record
    found: dict[EffectRef, PermitCourse] = {}
    for ref in refs:
        for other, effect in record.naming_effect(ref):
            if isinstance(effect, Permit) and effect.op == "granted" and folds.view.held(other):
                course = permit_course(folds.view, other)
                if course is not None and course.granted and course.start <= at < course.end:
                    found[other] = course
    return list(found.values())


def licensed(
    folds: Folds, live: Live, asset: SubjectId, parties: Sequence[Holder], performs: Sequence[EffectRef], at: datetime
) -> bool:
    """Whether a permit lifts a restriction for a dealing in this asset between these parties."""
    return bool(lifting(folds, live, asset, parties, performs, at))


def lifting(
    folds: Folds, live: Live, asset: SubjectId, parties: Sequence[Holder], performs: Sequence[EffectRef], at: datetime
) -> list[PermitCourse]:
    """The permits that lift a restriction for a dealing in this asset between these parties, under any of their names."""
    found: list[PermitCourse] = []
    for course in permits_for(folds, folds.view.aliases(live.course.ref), at):
        permit = course.permit
        if permit.to or permit.over:
            names = {name for p in parties if isinstance(p, str) for name in (SubjectId(p), *folds.view.same(p, at))}
            if permit.to and names.isdisjoint(permit.to):
                continue
            if permit.over and asset not in permit.over and names.isdisjoint(permit.over):
                continue
        if permit.transaction is not None and not carries_out(performs, permit.transaction):
            continue
        found.append(course)
    return found


def carries_out(performs: Sequence[EffectRef], transaction: EffectRef) -> bool:
    return any(
        p == transaction or (p.statement == transaction.statement and 0 in (p.n, transaction.n)) for p in performs
    )


def imposed_by(act: Act, live: Live) -> bool:
    return live.course.ref.statement == act.id


def forbidden(live: Live, power: Power) -> bool:
    return (power, Grip.FORBIDS) in live.span.powers


def silenced(folds: Folds, asset: SubjectId, voters: Iterable[Holder], at: datetime) -> dict[PartyId, EffectRef]:
    """Those of some holders whose votes in an asset a measure over them, or one that reaches them, forbids, and no permit gives
    back: where it binds acts at home where the asset is seen."""
    found: dict[PartyId, EffectRef] = {}
    home = folds.view.eyes(asset)
    for voter in (one for one in voters if isinstance(one, str)):
        for live, _ in reaching(folds, voter, at):
            told_apart = live.course.family in (Family.REPRESENTATION, Family.POSSESSION)
            if told_apart or not forbidden(live, Power.VOTE) or live.course.impose.transaction is not None:
                continue
            if binds_forum(folds, live.course.ref, home, at, asset) and not licensed(
                folds, live, asset, (voter,), (), at
            ):
                found.setdefault(voter, live.course.ref)
    return found


def silencing_moments(folds: Folds, asset: SubjectId) -> list[datetime]:
    """Every moment at which whose votes are forbidden may change; none where no measure over a holder forbids any."""
    company = company_of(asset)
    above = upstream(folds, company) if folds.view.record.reaching else folds.title(asset).parties
    if not any((Power.VOTE, Grip.FORBIDS) in s.powers for one in above for c in folds.courses(one) for s in c.spans):
        return []
    if folds.view.record.reaching:
        return reach_moments(folds, company)
    found = {turn for one in above for c in folds.courses(one) for span in c.spans for turn in (span.start, span.end)}
    return sorted((found | {BEGINNING}) - {END})


Source = tuple[EffectRef, SubjectId, tuple[SubjectId, ...]]
"""A restriction, what it lies over, and the companies through which it reaches an asset."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch in which a restriction stands and nothing lifts it, or in which a permit does."""

    start: datetime
    end: datetime
    restriction: EffectRef
    permit: EffectRef | None
    over: SubjectId
    path: tuple[SubjectId, ...]


def windows(
    folds: Folds,
    asset: SubjectId,
    refs: Iterable[Source],
    reached: Mapping[Source, Sequence[tuple[datetime, datetime]]] | None = None,
) -> list[Window]:
    """For each restriction, its stretches by permit: covered by one, or by none. One that reaches through owners counts only over
    the stretches in which they own enough (`reached`)."""
    made: list[Window] = []
    record = folds.view.record
    for ref, over, path in refs:
        course = folds.course(ref, over)
        if course is None:
            continue
        permits = []
        for name in folds.view.aliases(ref):
            for other, effect in record.naming(name):
                if (
                    isinstance(effect, Permit)
                    and effect.op == "granted"
                    and name in effect.excepts
                    and folds.view.held(other)
                ):
                    permit = permit_course(folds.view, other)
                    if (
                        permit is not None
                        and permit.granted
                        and (not effect.over or asset in effect.over or over in effect.over)
                    ):
                        permits.append(permit)
        stretches = [(span.start, span.end) for span in course.spans if span.status == "in force"]
        within = reached.get((ref, over, path)) if reached is not None else None
        if within is not None:
            stretches = [(max(a, c), min(b, d)) for a, b in stretches for c, d in within if max(a, c) < min(b, d)]
        for start, end in stretches:
            cuts = sorted({start, end, *(t for p in permits for t in (p.start, p.end) if start < t < end)})
            for low, high in pairwise(cuts):
                covering = [p for p in permits if p.start <= low < p.end]
                made += [Window(low, high, ref, p.ref, over, path) for p in covering] or [
                    Window(low, high, ref, None, over, path)
                ]
    return sorted(made, key=lambda w: (w.start, w.restriction, w.permit or w.restriction))
