"""Caps on what one may hold: whose holdings count together, what goes beyond a cap or a clearance, and what passed one by
succession (DESIGN section 3, rules 2, 6 and 9).

Guarantees that a holding is beyond a cap only where it surely is, at the least that it may be; what is possible `possible_bars`
tells. Whom a cap without a reach binds it names itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.acts import Act
from domain.effects import Exist, Holder, Limit, Move, Reach, Right
from domain.folds import Folds
from domain.identifiers import EffectRef, Forum, PartyId, SubjectId, company_asset
from domain.lots import Gap, held
from domain.measures import Course, Live
from domain.nominees import givers_of, held_for, owners_of, takers_of
from domain.objections import Bar
from domain.periods import BEGINNING
from domain.reach import reaches
from domain.restrictions import binds_forum, carries_out, imposed_by, lifting, permits_for
from domain.shares import Share


def beyond_caps(
    folds: Folds, act: Act, move: Move, at: datetime, home: Forum | None, capping: Iterable[Live]
) -> list[Bar]:
    asset = move.asset
    found: list[Bar] = []
    for live in capping:
        limit = live.span.limit
        if limit is None or imposed_by(act, live) or not binds_forum(folds, live.course.ref, home, at, asset):
            continue
        if move.right is not limit.right and move.right is not Right.TITLE:
            continue
        if live.course.impose.transaction is not None and not carries_out(
            move.performs, live.course.impose.transaction
        ):
            continue
        for taker in takers_of(move) or (move.target,):
            counted = counted_together(folds, live.course, asset, taker, at)
            if not counted or not {move.source, *givers_of(folds, move, at)}.isdisjoint(counted):
                continue
            after = held_after(folds, act, move, limit.right, counted, at)
            between = (move.source, move.target, taker)
            if exceeds(after, limit) and not permitted(folds, live, asset, between, move.performs, at, after):
                found.append(_over(live, taker, limit, after))
    return found


def beyond_cap(folds: Folds, live: Live, asset: SubjectId, holder: Holder, at: datetime) -> list[Bar]:
    """A cap that a holder is beyond by what was issued to it."""
    limit = live.span.limit
    counted = counted_together(folds, live.course, asset, holder, at) if limit is not None else ()
    if limit is None or not counted:
        return []
    after = held_for(folds, asset, limit.right, counted, at)
    if not exceeds(after, limit) or permitted(folds, live, asset, (holder,), (), at, after):
        return []
    return [_over(live, holder, limit, after)]


def beyond_clearance(folds: Folds, act: Act, move: Move, at: datetime) -> list[Bar]:
    """A transfer beyond the share up to which its transaction was cleared."""
    found: list[Bar] = []
    for permit in permits_for(folds, move.performs, at):
        if permit.limit is None or permit.permit.transaction is None:
            continue
        after = held_after(folds, act, move, permit.limit.right, (move.target,), at)
        if exceeds(after, permit.limit):
            bound = f"{'at most' if permit.limit.inclusive else 'below'} {permit.limit.bound.low}"
            words = f"the {permit.kind} lets {move.target} hold {bound}, and it would hold {after.low}"
            found.append(Bar("limit.exceeded", permit.ref, words, "move less, or obtain another permit"))
    return found


def _over(live: Live, holder: Holder, limit: Limit, after: Share) -> Bar:
    bound = f"{'at most' if limit.inclusive else 'below'} {limit.bound.low}"
    words = f"{live.course.impose.kind}: {holder} may hold {bound}, and would hold {after.low}"
    return Bar("limit.exceeded", live.course.ref, words, "move less, obtain a permit, or record it despite")


def permitted(
    folds: Folds,
    live: Live,
    asset: SubjectId,
    parties: Sequence[Holder],
    performs: Sequence[EffectRef],
    at: datetime,
    after: Share,
) -> bool:
    """Whether a permit lets a holding go beyond a cap, as far as its own limit lets it."""
    permits = lifting(folds, live, asset, parties, performs, at)
    return any(permit.limit is None or not exceeds(after, permit.limit) for permit in permits)


def exceeds(share: Share, limit: Limit) -> bool:
    """Whether a holding is surely beyond a cap."""
    bound = limit.bound.low
    return share.low > bound if limit.inclusive else share.low >= bound


def counted_together(folds: Folds, course: Course, asset: SubjectId, target: Holder, at: datetime) -> Sequence[Holder]:
    """Whose holdings count together under a cap when a holder gets more; nobody's where the cap does not bind it. A cap with a
    reach binds also the companies in which those bound have such an interest, and counts what these hold as theirs."""
    binds, reach = (course.span_at(at) or course.spans[-1]).binds, course.impose.reach
    if not isinstance(target, str):
        return () if binds else (target,)
    if not binds or reach is None:
        return () if binds and target not in binds else (target, *map(PartyId, folds.view.same(target, at)))
    holders = {target, *owners_of(folds, asset, at)}
    holders |= {h for h in held(folds.title(asset).lots_at(at), Right.TITLE, at) if isinstance(h, str)}
    bound = {holder: {party for party in _above(folds, holder, reach, at) if party in binds} for holder in holders}
    together = {*binds} if reach.aggregate and bound[target] else bound[target]
    return [*sorted(together), *sorted(h for h in holders - together if bound[h] & together)]


def _above(folds: Folds, party: PartyId, reach: Reach, at: datetime) -> set[PartyId]:
    """A party, and those whose interest in it, or in a company above it, suffices."""
    found: set[PartyId] = set()
    todo = [party]
    while todo:
        company = todo.pop()
        if company in found:
            continue
        found.add(company)
        todo += map(PartyId, folds.view.same(company, at))
        asset = SubjectId(company_asset(company))
        if folds.view.record.about(asset):
            todo += [owner for owner, share in owners_of(folds, asset, at).items() if reaches(share.low, reach)]
    return found


def held_after(folds: Folds, act: Act, move: Move, right: Right, counted: Sequence[Holder], at: datetime) -> Share:
    """What holders hold together after a transfer that is on the record for trial; one that waits for something is added."""
    asset = SubjectId(move.asset)
    ref = next(ref for ref, effect in act.refs() if effect is move)
    mine = held_for(folds, asset, right, counted, at)
    return mine if folds.view.stands(ref, at, asset) else mine.plus(move.amount)


def passed_by_succession(folds: Folds, asset: SubjectId, at: datetime) -> list[Gap]:
    """Caps beyond which one they bind came by succeeding another, and still is: no dealing, and so no objection."""
    fold = folds.title(asset)
    found: list[Gap] = []
    for step in fold.steps:
        effect = step.effect
        since = step.key[0]
        if not isinstance(effect, Exist) or effect.op not in ("merge", "succeed") or not BEGINNING < since <= at:
            continue
        for live in folds.live(asset, since) if step.operative(at) else ():
            limit = live.span.limit
            for heir in effect.others if limit is not None else ():
                counted = counted_together(folds, live.course, asset, PartyId(heir), since)
                if limit is None or not counted or live.course.span_at(at) is None:
                    continue
                before = held_for(folds, asset, limit.right, counted, since - datetime.resolution)
                then, now = (held_for(folds, asset, limit.right, counted, t) for t in (since, at))
                if not exceeds(before, limit) and exceeds(then, limit) and exceeds(now, limit):
                    words = f"{heir} came to hold more than this {live.course.impose.kind} allows by succession"
                    found.append(Gap("limit-passed", step.ref, words, (live.course.ref,)))
    return found
