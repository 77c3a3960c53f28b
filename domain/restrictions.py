"""What bars a dealing: restrictions on assets and parties, their reach through ownership, caps, measures that withhold disposal,
and the permits that lift them (DESIGN section 3, rules 2, 6 and 9).

Pure questions to the kept folds of the forum in which a dealing is judged. A restriction is an objection only to acts at home
in its forum or in one nested in it. Nothing here decides whether an act is recorded: `admission` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from domain.acts import Act
from domain.affairs import PermitCourse, permit_course
from domain.effects import Family, Grip, Holder, Impose, Limit, Move, Permit, Power, Reach, Right, Void
from domain.folds import Folds
from domain.identifiers import AssetId, EffectRef, Forum, PartyId, SubjectId
from domain.lots import held
from domain.measures import Live, outranked
from domain.periods import BEGINNING, END
from domain.shares import NOTHING, Share


@dataclass(frozen=True, slots=True)
class Bar:
    """A rule that a dealing meets, the measure it comes from, and what that measure says, in words."""

    rule: str
    ref: EffectRef
    words: str
    remedy: str


def company_asset(party: SubjectId) -> AssetId:
    """The asset that stands for the shares of a company: one slug, as `party:x` and `asset:x`."""
    return AssetId(SubjectId("asset:" + party.split(":", 1)[1]))


def binds_forum(folds: Folds, ref: EffectRef, home: Forum | None, at: datetime, subject: SubjectId) -> bool:
    """Whether a restriction is an objection to acts at home in `home`."""
    record = folds.view.record
    own = folds.view.home(record.act(ref.statement), subject)
    if own is None or home is None:
        return True
    return own == home or own in record.nesting(home, max(at, datetime(1000, 1, 2, tzinfo=at.tzinfo)))


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
    names = folds.view.aliases(live.course.ref)
    for course in permits_for(folds, names, at):
        permit = course.permit
        if permit.to and not any(p in permit.to for p in parties):
            continue
        if permit.over and asset not in permit.over and not any(p in permit.over for p in parties):
            continue
        if permit.transaction is not None and not _performs(performs, permit.transaction):
            continue
        return True
    return False


def _performs(performs: Sequence[EffectRef], transaction: EffectRef) -> bool:
    return any(
        p == transaction or (p.statement == transaction.statement and 0 in (p.n, transaction.n)) for p in performs
    )


def bars_move(folds: Folds, act: Act, move: Move, at: datetime, home: Forum | None) -> list[Bar]:
    """Everything that speaks against a transfer that is on the record for trial, at the moment it works."""
    asset = move.asset
    found: list[Bar] = []
    over = folds.live(asset, at)
    for live in over:
        found += _bar_over_asset(folds, live, act, move, asset, at, home)
    for party in dict.fromkeys((move.source, move.target)):
        if not isinstance(party, str):
            continue
        for live, path in reaching(folds, party, at):
            if not binds_forum(folds, live.course.ref, home, at, asset) or _self(act, live):
                continue
            if not _forbids(live, Power.DISPOSE if party == move.source else Power.RECEIVE):
                continue
            if live.course.impose.transaction and not _performs(move.performs, live.course.impose.transaction):
                continue
            if licensed(folds, live, asset, (move.source, move.target), move.performs, at):
                continue
            words = f"{_lying(live, party, path)} is in force and no licence covers this dealing"
            found.append(Bar("restriction.binds", live.course.ref, words, "obtain a licence, or record it despite"))
    capping = [live for live in over if live.span.limit is not None]
    found += _caps(folds, act, move, at, home, capping) if capping else []
    return list({(bar.rule, bar.ref): bar for bar in found}.values()) if found else found


def _lying(live: Live, party: SubjectId, path: Sequence[SubjectId]) -> str:
    """A restriction on a party, or one over parties that own it, with the companies between."""
    if not path:
        return f"{live.course.impose.kind} over {party}"
    over = ", ".join(str(o) for o in live.course.impose.over if isinstance(o, str))
    between = [company for company in path if company != party]
    through = f" through {' and '.join(between)}" if between else ""
    return f"{live.course.impose.kind} over {over}, which reaches {party}{through},"


def _self(act: Act, live: Live) -> bool:
    return live.course.ref.statement == act.id


def _forbids(live: Live, power: Power) -> bool:
    return (power, Grip.FORBIDS) in live.span.powers


def _bar_over_asset(
    folds: Folds, live: Live, act: Act, move: Move, asset: SubjectId, at: datetime, home: Forum | None
) -> list[Bar]:
    impose = live.course.impose
    if _self(act, live) or live.course.family in (Family.REPRESENTATION, Family.POSSESSION):
        return []
    if any(
        _performs(move.performs, name) for name in folds.view.aliases(live.course.ref)
    ):  # what enforces it is not barred by it
        return []
    stakes = [stake for stake in live.stakes if stake.asset == move.asset]
    if stakes and asset not in impose.over and not any(o.holder == move.source for o in stakes):
        return []
    if impose.binds and not any(p in impose.binds for p in (move.source, move.target)):
        return []
    if impose.transaction is not None and not _performs(move.performs, impose.transaction):
        return []
    restricts = live.course.family is Family.RESTRICTION
    if restricts and not binds_forum(folds, live.course.ref, home, at, asset):
        return []
    power = Power.DISPOSE if move.right is not Right.VOTES else Power.VOTE
    grips = {grip for name, grip in live.span.powers if name in (power, Power.DISPOSE)}
    if not grips & {Grip.FORBIDS, Grip.VETOES}:
        return []
    if live.span.holder is not None and act.actor == live.span.holder and Grip.FORBIDS not in grips:
        return []
    if licensed(folds, live, asset, (move.source, move.target), move.performs, at):
        return []
    consents = [
        c for c in permits_for(folds, move.performs, at) if c.kind in ("consent", "clearance", "licence", "exemption")
    ]
    holder = live.span.holder
    granted_by_holder = any(folds.view.record.act(c.ref.statement).actor == holder for c in consents)
    if Grip.FORBIDS not in grips and (granted_by_holder or act.actor == holder or _cosigned(act, holder)):
        return []
    if Grip.FORBIDS in grips:
        rule = "restriction.binds" if restricts else "measure.bars-disposal"
        return [
            Bar(
                rule,
                live.course.ref,
                f"{impose.kind} forbids disposal of {asset}",
                "obtain a licence, or record it despite",
            )
        ]
    words = f"{impose.kind} makes disposal of {asset} need the consent of its holder, and none is on record"
    return [Bar("measure.consent-missing", live.course.ref, words, "record the consent first, or record it despite")]


def _cosigned(act: Act, holder: Holder | None) -> bool:
    return any(signer.party == holder for signer in act.signers)


def _caps(folds: Folds, act: Act, move: Move, at: datetime, home: Forum | None, capping: Iterable[Live]) -> list[Bar]:
    asset = move.asset
    found: list[Bar] = []
    lots = folds.title(asset).lots_at(at)
    ref = next(ref for ref, effect in act.refs() if effect is move)
    included = folds.view.stands(ref, at, asset)
    for live in capping:
        limit, binds = live.span.limit, live.course.impose.binds
        if limit is None or _self(act, live) or not binds_forum(folds, live.course.ref, home, at, asset):
            continue
        if move.right is not limit.right and move.right is not Right.TITLE:
            continue
        if binds and move.target not in binds:
            continue
        if live.course.impose.transaction is not None and not _performs(move.performs, live.course.impose.transaction):
            continue
        holders = held(lots, limit.right, at)
        reach = live.course.impose.reach
        counted: Sequence[Holder] = binds if reach is not None and reach.aggregate else (move.target,)
        if move.source in counted:
            continue
        after = NOTHING if included else move.amount
        for holder in counted:
            after = after.plus(holders.get(holder, NOTHING))
        if exceeds(after, limit) and not licensed(folds, live, asset, (move.source, move.target), move.performs, at):
            bound = f"{'at most' if limit.inclusive else 'below'} {limit.bound.low}"
            words = f"{live.course.impose.kind}: {move.target} may hold {bound}, and would hold {after.low}"
            found.append(
                Bar("limit.exceeded", live.course.ref, words, "move less, obtain a permit, or record it despite")
            )
    return found


def exceeds(share: Share, limit: Limit) -> bool:
    """Whether a holding is surely beyond a cap."""
    bound = limit.bound.low
    return share.low > bound if limit.inclusive else share.low >= bound


def lacks_power(folds: Folds, act: Act, move: Move, at: datetime, authority: bool) -> Bar | None:
    """An actor that disposes of what is not its own: a manager needs the power to dispose, anyone else is no party to the act.

    Who corrects the record of an act does not dispose: the power of the first record's actor was judged with that record.
    """
    asset = move.asset
    if act.actor in (move.source, move.target):
        return None
    if Void in act.kinds and any(isinstance(e, Void) and e.ground == "error" for e in act.effects):
        return None
    mine = [
        item
        for item in folds.live(asset, at)
        if item.span.holder == act.actor and item.course.family in (Family.CONTROL, Family.ENCUMBRANCE)
    ]
    mine += [
        item
        for item in (folds.live(SubjectId(move.source), at) if isinstance(move.source, str) else [])
        if item.span.holder == act.actor and item.course.family in (Family.REPRESENTATION, Family.CONTROL)
    ]
    if any(
        (Power.DISPOSE, Grip.TAKES) in item.span.powers or (Power.DISPOSE, Grip.DIRECTS) in item.span.powers
        for item in mine
    ):
        return None
    if any(item.course.family is Family.REPRESENTATION for item in mine):
        return None
    if any(_performs(move.performs, name) for item in mine for name in folds.view.aliases(item.course.ref)):
        return None  # who enforces a burden realises it
    if mine:
        first = mine[0]
        words = f"{act.actor} acts under {first.course.impose.kind}, which does not give the power to dispose"
        return Bar(
            "measure.lacks-disposal",
            first.course.ref,
            words,
            "name the instrument that gives the power, or record it despite",
        )
    if authority:
        return None
    words = f"{act.actor} is neither transferor nor transferee and holds no measure over {asset}"
    return Bar("actor.no-power", EffectRef(act.id, 0), words, "let a party to the transfer act, or record it despite")


# --- reach through ownership -------------------------------------------------------------------------------------


def reaching(folds: Folds, party: SubjectId, at: datetime) -> list[tuple[Live, tuple[SubjectId, ...]]]:
    """Measures over a party, and those over parties that own it far enough for the measure's reach; with the path of companies."""
    own = folds.live(party, at)
    if not own and not folds.view.record.reaching:
        return []
    found: dict[EffectRef, tuple[Live, tuple[SubjectId, ...]]] = {live.course.ref: (live, ()) for live in own}
    for live, path in _reached(folds, party, at) if folds.view.record.reaching else ():
        found.setdefault(live.course.ref, (live, path))
    return list(found.values())


_Reached = dict[tuple[EffectRef, SubjectId], tuple[Live, tuple[SubjectId, ...]]]
"""By measure and the party it lies over: the measure, and the companies it passed through."""


def _reached(folds: Folds, party: SubjectId, at: datetime) -> Iterable[tuple[Live, tuple[SubjectId, ...]]]:
    """Measures that reach a company through its owners: each company above it once, from the top down, until nothing is added;
    more than one round only where companies own each other."""
    owners = _owners(folds, party, at)
    reached: dict[SubjectId, _Reached] = {}
    for company in {company for shares in owners.values() for company in shares} | set(owners):
        own = [live for live in folds.live(company, at) if live.course.impose.reach is not None]
        reached[company] = {(live.course.ref, company): (live, ()) for live in own}
    if not any(reached.values()):
        return ()
    through: dict[SubjectId, _Reached] = {company: {} for company in owners}
    grew = True
    while grew:
        grew = False
        for company, shares in owners.items():
            above = {holder: {**through.get(holder, {}), **reached[holder]} for holder in shares}
            for key, (live, path) in _far_enough(shares, above).items():
                if key not in through[company]:
                    through[company][key] = (live, (company, *path))
                    grew = True
    return tuple(through.get(party, {}).values())


def _owners(folds: Folds, party: SubjectId, at: datetime) -> dict[SubjectId, dict[PartyId, Share]]:
    """The companies above and including one, those further up first, each with its holders of title."""
    found: dict[SubjectId, dict[PartyId, Share]] = {}
    done: dict[SubjectId, None] = {}
    todo: list[tuple[SubjectId, bool]] = [(party, False)]
    while todo:
        company, left = todo.pop()
        if left:
            done[company] = None
            continue
        asset = SubjectId(company_asset(company))
        if company in found or not folds.view.record.about(asset):
            continue
        holders = held(folds.title(asset).lots_at(at), Right.TITLE, at)
        found[company] = {holder: share for holder, share in holders.items() if isinstance(holder, str)}
        todo.append((company, True))
        todo += [(holder, False) for holder in sorted(found[company], reverse=True)]
    return {company: found[company] for company in done}


def _far_enough(shares: dict[PartyId, Share], above: dict[PartyId, _Reached]) -> _Reached:
    """The measures over holders of a company, or reaching them, whose interests in it suffice."""
    single: dict[tuple[EffectRef, SubjectId], Fraction] = {}
    together: dict[str, Fraction] = {}
    measures: _Reached = {}
    for holder, share in sorted(shares.items()):
        regimes = set()
        for key, (live, path) in above[holder].items():
            reach = live.course.impose.reach
            assert reach is not None, "only measures with a reach are carried on"
            single[key] = single.get(key, Fraction(0)) + share.low
            measures.setdefault(key, (live, path))
            regimes.add(reach.regime)
        for regime in regimes:
            together[regime] = together.get(regime, Fraction(0)) + share.low
    found: _Reached = {}
    for key, (live, path) in measures.items():
        reach = live.course.impose.reach
        assert reach is not None, "only measures with a reach are carried on"
        if reaches(together[reach.regime] if reach.aggregate else single[key], reach):
            found[key] = (live, path)
    return found


def reaches(share: Fraction, reach: Reach) -> bool:
    """Whether an interest suffices for a measure's reach."""
    return share >= reach.share.low if reach.at_least else share > reach.share.low


def reach_moments(folds: Folds, party: SubjectId) -> list[datetime]:
    """Every moment at which what reaches a company through its owners may change: who holds it or those above it, and the terms of
    the measures over them. From the beginning, in order."""
    found = {BEGINNING}
    todo, seen = [party], set[SubjectId]()
    while todo:
        company = todo.pop()
        if company in seen:
            continue
        seen.add(company)
        found |= {turn for course in folds.courses(company) for span in course.spans for turn in (span.start, span.end)}
        asset = SubjectId(company_asset(company))
        if folds.view.record.about(asset):
            fold = folds.title(asset)
            found |= set(fold.moments())
            todo += fold.parties
    return sorted(found - {END})


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
        course = folds.course(ref)
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


def overlap_unranked(live: Sequence[Live], power: Power) -> tuple[EffectRef, ...]:
    """Measures that take the same power without a rank between them."""
    taking = [item for item in live if (power, Grip.TAKES) in item.span.powers]
    beaten = outranked(taking)
    left = tuple(item.course.ref for item in taking if item.course.ref not in beaten)
    return left if len(left) > 1 else ()


def overdue(folds: Folds, asset: SubjectId, at: datetime) -> list[tuple[EffectRef, Holder, Share]]:
    """Divestment orders whose term is over while one they bind still holds more than they allow: the breach is told."""
    found: list[tuple[EffectRef, Holder, Share]] = []
    lots = folds.title(asset).lots_at(at)
    for course in folds.courses(asset):
        impose: Impose = course.impose
        ended = course.end <= at and course.ending == "lapsed"
        if impose.kind != "divestment-order" or impose.limit is None or not ended or course.end == BEGINNING:
            continue
        holders = held(lots, impose.limit.right, at)
        found += [
            (course.ref, p, holders[p]) for p in impose.binds if p in holders and exceeds(holders[p], impose.limit)
        ]
    return found
