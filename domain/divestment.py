"""Orders and undertakings to divest whose term is over: who still holds more than they allow, surely or perhaps.

A breach is told, never an objection: not to sell is no dealing. Who succeeds one that was bound is bound in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.caps import counted_together, exceeds
from domain.effects import Exist, Holder, Limit, OneOf, Right
from domain.folds import Folds
from domain.identifiers import EffectRef, PartyId, SubjectId
from domain.lots import Gap, held
from domain.measures import Course
from domain.nominees import held_for
from domain.shares import Share
from domain.transfers import is_succession

TO_DIVEST = frozenset({"divestment-order", "undertaking"})
"""Measures by which one is bound to sell."""


def overdue(folds: Folds, asset: SubjectId, at: datetime) -> list[tuple[EffectRef, Holder, Share]]:
    """Orders and undertakings to divest whose term is over while one they bind still holds more than they allow; where an order
    states no share, all that it held then: the breach is told."""
    found: list[tuple[EffectRef, Holder, Share]] = []
    for course in folds.courses(asset):
        for party, counted, limit in _bound_to_divest(folds, course, asset, at):
            share = held_for(folds, asset, limit.right if limit is not None else Right.TITLE, counted, at)
            begin = course.spans[0].start
            if limit is not None:
                late = exceeds(share, limit)
            else:
                late = held_for(folds, asset, Right.TITLE, counted, begin).high <= share.low
            if late and not share.empty:
                found.append((course.ref, party, share))
    return found


def perhaps_overdue(folds: Folds, asset: SubjectId, at: datetime) -> list[Gap]:
    """Orders to divest whose term is over while one they bind may still hold more than they allow, as far as shares are known."""
    found: list[Gap] = []
    for course in folds.courses(asset):
        for party, counted, limit in _bound_to_divest(folds, course, asset, at):
            if limit is None:
                continue
            holders = held(folds.title(asset).lots_at(at), limit.right, at)
            perhaps = [holder for holder in holders if isinstance(holder, OneOf) and party in holder.parties]
            sure = held_for(folds, asset, limit.right, counted, at)
            most = held_for(folds, asset, limit.right, [*counted, *perhaps], at).high
            if not exceeds(sure, limit) and exceeds(Share(most, most), limit):
                words = f"whether {party} still holds more than the order allows depends on shares that are not known exactly"
                found.append(Gap("divestment-uncertain", course.ref, words, ()))
    return found


def _bound_to_divest(
    folds: Folds, course: Course, asset: SubjectId, at: datetime
) -> list[tuple[PartyId, Sequence[Holder], Limit | None]]:
    """Those whom an order to divest bound whose term is over, who has succeeded them, whose holdings count with theirs, and what
    they may hold."""
    if course.impose.kind not in TO_DIVEST or course.ending != "lapsed" or course.end > at or not course.spans:
        return []
    limit = course.spans[-1].limit
    if limit is None and course.impose.kind != "divestment-order":
        return []
    found: list[tuple[PartyId, Sequence[Holder], Limit | None]] = []
    seen: set[Holder] = set()
    holders = held(folds.title(asset).lots_at(at), limit.right if limit is not None else Right.TITLE, at)
    heirs = [(party, _heir(folds, party, asset, at)) for party in course.spans[-1].binds]
    for party, heir in sorted(heirs, key=lambda pair: pair[1] not in holders):
        counted: list[Holder] = [
            *counted_together(folds, course, asset, party, at),
            heir,
            *map(PartyId, folds.view.same(heir, at)),
        ]
        if seen.isdisjoint(counted):
            found.append((heir, list(counted), limit))
        seen.update(counted)
    return found


def _heir(folds: Folds, party: PartyId, asset: SubjectId, at: datetime) -> PartyId:
    """Who has succeeded a party by a moment; itself where nobody alone has."""
    record = folds.view.record
    seen = {party}
    while True:
        heirs = [
            effect.others[0]
            for ref in record.existing(party)
            if isinstance(effect := record.effect(ref), Exist) and is_succession(effect, party)
            if len(effect.others) == 1 and folds.view.stands(ref, at, asset)
        ]
        if not heirs or heirs[0] in seen:
            return party
        party = PartyId(heirs[0])
        seen.add(party)
