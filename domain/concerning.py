"""What concerns an asset beside its rights: restrictions, permits, debts and proceedings on record, in one view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.acts import Act
from domain.dockets import Proceedings, proceedings
from domain.effects import Family, Grip, Owe, Permit, Power, Proceed, Right
from domain.folds import Folds
from domain.identifiers import EffectRef, PartyId, SubjectId, company_asset, company_of
from domain.lots import holder_of
from domain.measures import Live
from domain.nominees import for_another, owners_of
from domain.permits import PermitCourse, permit_course
from domain.reach import reaching
from domain.record import Record
from domain.restrictions import binds_forum


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
    for live, path in reaching(folds, company_of(asset), at):
        if live.course.family is Family.RESTRICTION and live.course.impose.reach is not None:
            found.append((live.course.ref, _lies_over(folds, live, path, at) or asset, path))
    return found


def _lies_over(
    folds: Folds, live: Live, path: tuple[SubjectId, ...], at: datetime, of: SubjectId | None = None
) -> SubjectId | None:
    """The party over which a measure lies that reaches through these companies: of several, one that owns the last of them, or
    (through none) that is the one asked about."""
    parties = [SubjectId(over) for over in live.course.impose.over if isinstance(over, str)]
    if not path or len(parties) < 2:
        own = () if of is None else (of, *folds.view.same(of, at))
        return next((party for party in parties if party in own), next(iter(parties), None))
    owners = owners_of(folds, SubjectId(company_asset(path[-1])), at)
    return next((party for party in parties if party in owners), parties[0])


@dataclass(frozen=True, slots=True)
class BoundStake:
    """A restriction that binds a holder's dealings in its stake, though it does not reach the asset."""

    holder: PartyId
    restriction: EffectRef
    over: SubjectId
    path: tuple[SubjectId, ...]


def bound_stakes(folds: Folds, asset: SubjectId, at: datetime) -> list[BoundStake]:
    """Restrictions over holders of an asset, or reaching them, that forbid them to dispose of their stakes and bind acts at home
    where the asset is seen; those that reach the asset itself are left out."""
    known = {ref for ref, _, _ in restricting(folds, asset, at)}
    home = folds.view.eyes(asset)
    found: list[BoundStake] = []
    lots = folds.title(asset).lots_at(at)
    links = [holder_of(lot, Right.TITLE, at)[0] for lot in lots]
    stakes = {(link.holder, for_another(link.manner) or link.holder) for link in links if isinstance(link.holder, str)}
    stakes |= {(holder, holder) for holder, _ in stakes}
    for holder, owner in sorted(stakes):
        for live, path in reaching(folds, owner, at):
            course = live.course
            if course.family is not Family.RESTRICTION or course.ref in known or course.impose.transaction is not None:
                continue
            if (Power.DISPOSE, Grip.FORBIDS) in live.span.powers and binds_forum(folds, course.ref, home, at, asset):
                found.append(BoundStake(holder, course.ref, _lies_over(folds, live, path, at, owner) or owner, path))
    return found


def permits_about(folds: Folds, asset: SubjectId) -> list[PermitCourse]:
    """Permits over an asset, for a dealing in it, or inside a measure over it."""
    record = folds.view.record
    refs: dict[EffectRef, None] = {}
    for ref, effect in record.about(asset):
        if isinstance(effect, Permit):
            refs[ref] = None
    refs |= dict.fromkeys([ref for ref, _ in record.told(asset, Permit)])
    courses = [permit_course(folds.view, ref, asset) for ref in refs if folds.view.held(ref)]
    return sorted((c for c in courses if c is not None), key=lambda c: (c.start, c.ref))


def debts_about(folds: Folds, asset: SubjectId) -> list[EffectRef]:
    """Debts that concern an asset."""
    owed = folds.view.record.told(asset, Owe)
    return [ref for ref, effect in owed if effect.asset in (None, asset) and folds.view.held(ref)]


def bearing_on(record: Record, asset: SubjectId) -> list[Act]:
    """The acts that may bear on an asset: those of its stream, the steps of the proceedings these name, and the steps taken on
    any of these, in the order of the log. A step need not extend the stream of what its proceeding is about."""
    found = {act.id: act for act in record.stream(asset)}
    todo = list(found.values())
    while todo:
        act = todo.pop()
        if Proceed not in act.kinds:
            continue
        refs = [ref for ref, effect in act.refs() if isinstance(effect, Proceed)]
        near = [other for ref in refs for other, _ in record.naming_effect(ref)]
        near += [
            other
            for _, effect in act.refs()
            if isinstance(effect, Proceed)
            for other, _ in record.about(SubjectId(effect.proceeding))
        ]
        for other in near:
            if other.statement not in found:
                found[other.statement] = record.act(other.statement)
                todo.append(found[other.statement])
    return sorted(found.values(), key=lambda act: act.position)


def proceedings_about(folds: Folds, asset: SubjectId) -> list[Proceedings]:
    """Proceedings that concern an asset: named by an act on its stream, or that name it or an effect about it."""
    view, record = folds.view, folds.view.record
    about = record.about(asset)
    naming = [other for ref, _ in about for other in record.naming_effect(ref)]
    located = [(ref, effect) for ref, effect in (*about, *naming) if isinstance(effect, Proceed)]
    located += record.told(asset, Proceed)
    names = {effect.proceeding for ref, effect in located if view.holds(record.act(ref.statement))}
    return [proceedings(view, name) for name in sorted(names)]
