"""What bars a dealing: restrictions on assets and parties, their reach through ownership, caps, measures that withhold disposal,
and the permits that lift them (DESIGN section 3, rules 2, 6 and 9).

Pure questions to the kept folds of the forum in which a dealing is judged. A restriction is an objection only to acts at home
in its forum or in one nested in it. Nothing here decides whether an act is recorded: `admission` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from domain.acts import Act
from domain.affairs import PermitCourse, permit_course
from domain.effects import Family, Grip, Holder, Impose, Limit, Move, Permit, Power, Reach, Right, Stake, Void
from domain.folds import Folds
from domain.identifiers import AssetId, EffectRef, Forum, PartyId, SubjectId
from domain.measures import Live, outranked
from domain.periods import BEGINNING
from domain.shares import NOTHING, Share
from domain.title import held

_CHAIN_MAX = 64


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
    own = folds.view.home(record.by_id[ref.statement], subject)
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
    asset = SubjectId(move.asset)
    found: list[Bar] = []
    for live in folds.live(asset, at):
        found += _bar_over_asset(folds, live, act, move, asset, at, home)
    for party in dict.fromkeys(p for p in (move.source, move.target) if isinstance(p, str)):
        for live, path in reaching(folds, party, at):
            if not binds_forum(folds, live.course.ref, home, at, asset) or _self(act, live):
                continue
            if not _forbids(live, Power.DISPOSE if party == move.source else Power.RECEIVE):
                continue
            if live.course.impose.transaction and not _performs(move.performs, live.course.impose.transaction):
                continue
            if licensed(folds, live, asset, (move.source, move.target), move.performs, at):
                continue
            through = f" through {' and '.join(path)}" if path else ""
            words = f"{live.course.impose.kind} over {party}{through} is in force and no licence covers this dealing"
            found.append(Bar("restriction.binds", live.course.ref, words, "obtain a licence, or record it despite"))
    found += _caps(folds, act, move, at, home)
    return list({(bar.rule, bar.ref): bar for bar in found}.values())


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
    stakes = [o for o in impose.over if isinstance(o, Stake) and o.asset == move.asset]
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
    granted_by_holder = any(folds.view.record.by_id[c.ref.statement].actor == holder for c in consents)
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


def _caps(folds: Folds, act: Act, move: Move, at: datetime, home: Forum | None) -> list[Bar]:
    asset = SubjectId(move.asset)
    found: list[Bar] = []
    lots = folds.title(asset).lots_at(at)
    ref = next(ref for ref, effect in act.refs() if effect is move)
    included = folds.view.stands(ref, at, asset)
    for live in folds.live(asset, at):
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
    asset = SubjectId(move.asset)
    if act.actor in (move.source, move.target) or any(isinstance(e, Void) and e.ground == "error" for e in act.effects):
        return None
    live = folds.live(asset, at)
    mine = [
        item
        for item in live
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
    found = [(live, ()) for live in folds.live(party, at)]
    made: list[tuple[Live, tuple[SubjectId, ...]]] = list(found)
    seen = {live.course.ref for live in folds.live(party, at)}
    for live, path in _upstream(folds, party, at, (party,), seen):
        made.append((live, path))
    return made


def _upstream(
    folds: Folds, company: SubjectId, at: datetime, path: tuple[SubjectId, ...], seen: set[EffectRef]
) -> Iterable[tuple[Live, tuple[SubjectId, ...]]]:
    asset = SubjectId(company_asset(company))
    if asset not in folds.view.record.about or len(path) > _CHAIN_MAX:
        return
    holders = held(folds.title(asset).lots_at(at), Right.TITLE, at)
    by_regime: dict[str, list[tuple[Live, Share]]] = {}
    for holder, share in sorted(holders.items(), key=lambda item: str(item[0])):
        if not isinstance(holder, str) or holder in path:
            continue
        for live in _with_reach(folds, holder, at, path):
            reach = live.course.impose.reach
            if reach is not None:
                by_regime.setdefault(reach.regime, []).append((live, share))
    for items in by_regime.values():
        total = sum((share.low for _, share in items), Fraction(0))
        for live, share in items:
            reach = live.course.impose.reach
            assert reach is not None, "filtered above"
            if live.course.ref not in seen and reaches(total if reach.aggregate else share.low, reach):
                seen.add(live.course.ref)
                yield live, path


def _with_reach(folds: Folds, holder: PartyId, at: datetime, path: tuple[SubjectId, ...]) -> list[Live]:
    """Measures with a reach that hold a party: its own, and those that reach it in turn."""
    own = [live for live in folds.live(holder, at) if live.course.impose.reach is not None]
    own += [live for live, _ in _upstream(folds, holder, at, (*path, holder), {live.course.ref for live in own})]
    return own


def reaches(share: Fraction, reach: Reach) -> bool:
    """Whether an interest suffices for a measure's reach."""
    return share >= reach.share.low if reach.at_least else share > reach.share.low


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
    folds: Folds, asset: SubjectId, refs: Iterable[tuple[EffectRef, SubjectId, tuple[SubjectId, ...]]]
) -> list[Window]:
    """For each restriction, its stretches by permit: covered by one, or by none."""
    made: list[Window] = []
    record = folds.view.record
    for ref, over, path in refs:
        course = folds.course(ref)
        if course is None:
            continue
        permits = []
        for name in folds.view.aliases(ref):
            for other, effect in record.naming.get(name, ()):
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
        for span in course.spans:
            if span.status != "in force":
                continue
            cuts = sorted(
                {span.start, span.end, *(t for p in permits for t in (p.start, p.end) if span.start < t < span.end)}
            )
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
