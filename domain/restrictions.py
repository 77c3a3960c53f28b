"""What bars a dealing: restrictions on assets and parties, their reach through ownership, caps, measures that withhold disposal,
and the permits that lift them (DESIGN section 3, rules 2, 6 and 9).

Pure questions to the kept folds of the forum in which a dealing is judged. A restriction is an objection only to acts at home
in its forum or in one nested in it. Nothing here decides whether an act is recorded: `admission` does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from domain.acts import Act
from domain.affairs import PermitCourse, governments, permit_course
from domain.effects import (
    UNKNOWN,
    Alter,
    Declare,
    Effect,
    Exist,
    Family,
    Grip,
    Holder,
    Impose,
    Limit,
    Manner,
    Move,
    OneOf,
    Pay,
    Permit,
    Power,
    Proceed,
    Reach,
    Reunit,
    Right,
    Stake,
    Void,
)
from domain.folds import Folds
from domain.identifiers import AssetId, EffectRef, Forum, PartyId, SubjectId
from domain.lots import Gap, held, holder_of
from domain.measures import Course, Live, outranked
from domain.periods import BEGINNING, END, until_bounds
from domain.shares import NOTHING, WHOLE, Share, total
from domain.transfers import is_succession

_FIRST_DAY = datetime(1000, 1, 2, tzinfo=BEGINNING.tzinfo)
"""The earliest moment a nesting is asked for."""


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
    """Whether a restriction is an objection to acts at home in `home`: of its own order, or of one that recognised it."""
    record = folds.view.record
    act = record.act(ref.statement)
    own = folds.view.home(act, subject)
    if own is None or home is None or own == home:
        return True
    if own in record.nesting(home, max(at, _FIRST_DAY)):
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
        outer = record.nesting(home, max(at, _FIRST_DAY)) if home is not None else ()
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
        if permit.transaction is not None and not _performs(performs, permit.transaction):
            continue
        found.append(course)
    return found


def _performs(performs: Sequence[EffectRef], transaction: EffectRef) -> bool:
    return any(
        p == transaction or (p.statement == transaction.statement and 0 in (p.n, transaction.n)) for p in performs
    )


def bars_move(folds: Folds, act: Act, move: Move, at: datetime, home: Forum | None) -> list[Bar]:
    """Everything that speaks against a transfer that is on the record for trial, at the moment it works."""
    asset = move.asset
    found: list[Bar] = []
    over = [live for live in folds.live(asset, at) if not exempt(folds, live, act, asset, move.performs, at, home)]
    for live in over:
        found += _bar_over_asset(folds, live, act, move, asset, at, home)
    between = (move.source, move.target)
    givers, takers = _giving(folds, move, at), _taking(move)
    for party in dict.fromkeys((*givers, *takers)):
        power = Power.DISPOSE if party in givers else Power.RECEIVE
        for live, path in reaching(folds, party, at):
            dealing = live.course.impose.transaction
            if dealing is not None and not _performs(move.performs, dealing):
                continue
            if exempt(folds, live, act, asset, move.performs, at, home):
                continue
            if _binds(folds, live, act, power, asset, at, home) and not licensed(
                folds, live, asset, (*between, party), move.performs, at
            ):
                found.append(_bound(live, party, path))
    capping = [live for live in over if live.span.limit is not None]
    found += _caps(folds, act, move, at, home, capping) if capping else []
    if move.performs:
        found += _beyond_clearance(folds, act, move, at)
        found += _withheld(folds, move, at, home)
    return list({(bar.rule, bar.ref): bar for bar in found}.values()) if found else found


def _giving(folds: Folds, move: Move, at: datetime) -> tuple[PartyId, ...]:
    """Who gives: the transferor, and those for whom it holds, as nominee, what it cannot do without."""
    if not isinstance(move.source, str) or at == BEGINNING:
        return (move.source,) if isinstance(move.source, str) else ()
    before = at - datetime.resolution
    mine: list[tuple[Share, PartyId | None]] = []
    for lot in folds.title(SubjectId(move.asset)).lots_at(before):
        chain = lot.chain(move.right) or lot.title
        if chain.fragile or chain.holder == move.source:
            link = holder_of(lot, move.right, before)[0]
            mine += [(lot.share, for_another(link.manner))] if link.holder == move.source else []
    found = [move.source]
    for party in dict.fromkeys(behind for _, behind in mine if behind is not None):
        if move.amount.low > total([NOTHING, *(share for share, behind in mine if behind != party)]).high:
            found.append(party)
    return tuple(found)


def _taking(move: Move) -> tuple[PartyId, ...]:
    """Who takes: the transferee, and for whom it is to hold as nominee."""
    behind = for_another(move.manner)
    return (*((move.target,) if isinstance(move.target, str) else ()), *((behind,) if behind is not None else ()))


def for_another(manner: Manner | None) -> PartyId | None:
    """For whom who holds so holds, as its nominee; None where for itself, or for one who is not named."""
    return manner.beneficiary if manner is not None and manner.kind == "nominee" else None


def _binds(
    folds: Folds, live: Live, act: Act, power: Power, asset: SubjectId, at: datetime, home: Forum | None
) -> bool:
    """Whether a measure over a party forbids acts of this home what they do to a power."""
    return _forbids(live, power) and not _self(act, live) and binds_forum(folds, live.course.ref, home, at, asset)


def _bound(live: Live, party: SubjectId, path: Sequence[SubjectId]) -> Bar:
    words = f"{_lying(live, party, path)} is in force and no licence covers this dealing"
    return Bar("restriction.binds", live.course.ref, words, "obtain a licence, or record it despite")


def bars_reunit(folds: Folds, act: Act, reunit: Reunit, at: datetime, home: Forum | None) -> list[Bar]:
    """What speaks against a change of capital: restrictions on those who lose or gain by its own terms, or over what is cut, and
    caps on what it issues. That the others' shares follow is no dealing of theirs."""
    asset = SubjectId(reunit.asset)
    net: dict[Holder, Fraction] = {}
    for portions, sign in ((reunit.cancel, -1), (reunit.issue, 1)):
        for portion in portions:
            net[portion.holder] = net.get(portion.holder, Fraction(0)) + sign * portion.share.low
    losing = [holder for holder, share in net.items() if share < 0]
    gaining = [holder for holder, share in net.items() if share > 0]
    found: list[Bar] = []
    before = at - datetime.resolution if at > BEGINNING else at
    behind = _behind_nominees(folds, asset, losing, before)
    to = [for_another(p.manner) for p in reunit.issue if p.holder in gaining]
    givers, takers = [*losing, *behind], [*gaining, *(one for one in to if one is not None)]
    for party in dict.fromkeys(p for p in (*givers, *takers) if isinstance(p, str)):
        for live, path in reaching(folds, party, at):
            power = Power.DISPOSE if party in givers else Power.RECEIVE
            if live.course.impose.transaction is not None or licensed(folds, live, asset, (party,), (), at):
                continue
            if exempt(folds, live, act, asset, (), at, home):
                continue
            if _binds(folds, live, act, power, asset, at, home):
                found.append(_bound(live, party, path))
    for live in folds.live(asset, at):
        impose = live.course.impose
        if impose.transaction is not None or _self(act, live) or exempt(folds, live, act, asset, (), at, home):
            continue
        if not binds_forum(folds, live.course.ref, home, at, asset):
            continue
        stakes = {stake.holder for stake in live.stakes if stake.asset == reunit.asset}
        struck = [h for h in givers if (not stakes or asset in impose.over or h in stakes)]
        struck = [h for h in struck if not live.span.binds or h in live.span.binds]
        forbids = live.course.family is Family.RESTRICTION and _forbids(live, Power.DISPOSE)
        if forbids and struck and not licensed(folds, live, asset, struck, (), at):
            words = f"{impose.kind} forbids disposal of {asset}, of which it cancels what {struck[0]} holds"
            remedy = "obtain a licence, or record it despite"
            found.append(Bar("restriction.binds", live.course.ref, words, remedy))
        found += [bar for holder in dict.fromkeys(takers) for bar in _beyond_cap(folds, live, asset, holder, at)]
    return list({(bar.rule, bar.ref): bar for bar in found}.values())


def _behind_nominees(folds: Folds, asset: SubjectId, holders: Collection[Holder], at: datetime) -> list[PartyId]:
    """For whom these hold as nominees."""
    links = [holder_of(lot, Right.TITLE, at)[0] for lot in folds.title(asset).lots_at(at)]
    found = [owner for link in links if link.holder in holders and (owner := for_another(link.manner)) is not None]
    return list(dict.fromkeys(found))


def held_for(folds: Folds, asset: SubjectId, right: Right, parties: Collection[Holder], at: datetime) -> Share:
    """What these parties hold together, themselves or through nominees."""
    links = [(lot.share, holder_of(lot, right, at)[0]) for lot in folds.title(asset).lots_at(at)]
    mine = [share for share, link in links if link.holder in parties or for_another(link.manner) in parties]
    return total([NOTHING, *mine])


def _beyond_cap(folds: Folds, live: Live, asset: SubjectId, holder: Holder, at: datetime) -> list[Bar]:
    """A cap that a holder is beyond by what was issued to it."""
    limit = live.span.limit
    counted = _counted(folds, live.course, asset, holder, at) if limit is not None else ()
    if limit is None or not counted:
        return []
    after = held_for(folds, asset, limit.right, counted, at)
    if not exceeds(after, limit) or _allowed(folds, live, asset, (holder,), (), at, after):
        return []
    return [_over(live, holder, limit, after)]


def _over(live: Live, holder: Holder, limit: Limit, after: Share) -> Bar:
    bound = f"{'at most' if limit.inclusive else 'below'} {limit.bound.low}"
    words = f"{live.course.impose.kind}: {holder} may hold {bound}, and would hold {after.low}"
    return Bar("limit.exceeded", live.course.ref, words, "move less, obtain a permit, or record it despite")


def _allowed(
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


def _beyond_clearance(folds: Folds, act: Act, move: Move, at: datetime) -> list[Bar]:
    """A transfer beyond the share up to which its transaction was cleared."""
    found: list[Bar] = []
    for permit in permits_for(folds, move.performs, at):
        if permit.limit is None or permit.permit.transaction is None:
            continue
        after = _after(folds, act, move, permit.limit.right, (move.target,), at)
        if exceeds(after, permit.limit):
            bound = f"{'at most' if permit.limit.inclusive else 'below'} {permit.limit.bound.low}"
            words = f"the {permit.kind} lets {move.target} hold {bound}, and it would hold {after.low}"
            found.append(Bar("limit.exceeded", permit.ref, words, "move less, or obtain another permit"))
    return found


def _withheld(folds: Folds, move: Move, at: datetime, home: Forum | None) -> list[Bar]:
    """A transfer whose transaction a legal order was asked to clear, and denied, or cleared and revoked: by its last answer. Not
    one that waits for the permit itself, nor where all that was to be excepted from had ended."""
    if move.pending is not None and move.pending.on == "permit":
        return []
    asset = SubjectId(move.asset)
    last: dict[tuple[Forum | None, str], tuple[datetime, EffectRef, PermitCourse]] = {}
    view = folds.view
    for performed in move.performs:
        for ref, effect in view.naming_of(performed):
            if not isinstance(effect, Permit) or effect.op not in ("granted", "denied") or not view.held(ref):
                continue
            course = permit_course(view, ref)
            if course is None or course.start > at or not binds_forum(folds, ref, home, at, asset):
                continue
            key = (view.home(view.record.act(ref.statement), asset), effect.kind)
            if key not in last or last[key][:2] < (course.start, ref):
                last[key] = (course.start, ref, course)
    found: list[Bar] = []
    for _, ref, course in last.values():
        if course.op == "granted" and (at < course.end or not course.ended_by):
            continue
        excepted = [folds.course(name) for name in course.permit.excepts]
        if excepted and not any(one is not None and one.span_at(at) is not None for one in excepted):
            continue
        how = "denied" if course.op == "denied" else "revoked"
        by = course.ended_by[0] if how == "revoked" else ref
        words = f"the {course.kind} of the transaction it completes was {how}, and none has been granted since"
        found.append(Bar("permit.withheld", by, words, "obtain it, or record it despite"))
    return found


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
    givers = {move.source, *_giving(folds, move, at)} if stakes or live.span.binds else {move.source}
    if stakes and asset not in impose.over and not any(o.holder in givers for o in stakes):
        return []
    if live.span.binds and givers.union((move.target, *_taking(move))).isdisjoint(live.span.binds):
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
    granting = {actor for c in consents for actor in _makers(folds.view.record.act(c.ref.statement))}
    granted_by_holder = speaks_for(folds, granting, holder, at)
    consents_itself = move.target == holder or speaks_for(folds, _makers(act), holder, at)
    decides = any(isinstance(effect, Proceed) and effect.decision is not None for effect in act.effects)
    if Grip.FORBIDS not in grips and (granted_by_holder or consents_itself or (decides and act.type not in _SALES)):
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


_SALES = frozenset({"ownership.sold-by-court"})
"""Types of act by which a court sells: what a court decides needs nobody's consent, what it sells may."""
_DISPLACING = frozenset({"insolvency-officer", "liquidator"})
"""Kinds of representation that put themselves in the place of who is represented; directors and attorneys act beside it."""


def bars_dispossessed(folds: Folds, act: Act, move: Move, at: datetime) -> list[Bar]:
    """Against a transfer by an owner, or who acts for it, whose disposal a measure of control gives to another, who has no part in
    the act."""
    asset = SubjectId(move.asset)
    if not isinstance(move.source, str):
        return []
    own = (move.source, move.target, *folds.view.same(move.source, at))
    acting = acting_for(folds, [act.actor], move.source, at)
    if act.actor not in own and not any(live.course.family is Family.REPRESENTATION for live in acting):
        return []
    taking = [
        live
        for live in folds.live(asset, at)
        if live.course.family is Family.CONTROL
        and (asset in live.course.impose.over or any(s.asset == asset and s.holder == move.source for s in live.stakes))
    ]
    taking += [
        live
        for live in _under_any_name(folds, move.source, at)
        if live.course.family is Family.CONTROL or live.course.impose.kind in _DISPLACING
    ]
    taking = [live for live in taking if (Power.DISPOSE, Grip.TAKES) in live.span.powers and not _self(act, live)]
    taking = [live for live in taking if live.course.ref not in outranked(taking)] if taking else []
    consents = {folds.view.record.act(c.ref.statement).actor for c in permits_for(folds, move.performs, at)}
    involved = {act.actor, move.target, *(signer.party for signer in act.signers), *consents}
    if not taking or any(live.span.holder in involved for live in taking):
        return []
    found: list[Bar] = []
    for live in taking:
        if any(_performs(move.performs, name) for name in folds.view.aliases(live.course.ref)):
            continue
        words = f"{live.course.impose.kind} gives the disposal of {asset} to {live.span.holder}, who has no part in this act"
        remedy = "let that holder act or sign, or record it despite"
        found.append(Bar("measure.bars-disposal", live.course.ref, words, remedy))
    return found


def perhaps_binding(folds: Folds, act: Act, ref: EffectRef, move: Move, home: Forum | None) -> list[Gap]:
    """Restrictions on a transfer that may have been in force when it was made, as far as the dates of both are known. One that
    surely was in force at its first moment is an objection."""
    record, asset = folds.view.record, SubjectId(move.asset)
    early, late = record.start_bounds(ref)
    found: list[Gap] = []
    found += _perhaps_beyond(folds, act, move, early, home)
    between = [(SubjectId(move.asset), Power.DISPOSE)]
    between += [(SubjectId(party), Power.DISPOSE) for party in _each(move.source)]
    between += [(SubjectId(party), Power.RECEIVE) for party in _each(move.target)]
    for subject, power in between:
        sure = subject in (asset, move.source, move.target)
        for course in folds.courses(subject):
            impose = course.impose
            if course.family is not Family.RESTRICTION or course.ref.statement == act.id or not course.spans:
                continue
            if not any((power, Grip.FORBIDS) in span.powers for span in course.spans) or impose.transaction is not None:
                continue
            if impose.binds and move.source not in course.spans[-1].binds:
                continue
            stakes = [stake.holder for stake in course.spans[-1].stakes if stake.asset == asset]
            if subject == asset and asset not in impose.over and move.source not in stakes:
                continue
            first, last = record.start_bounds(course.ref)[0], _latest_end(folds, course)
            span = course.span_at(early)
            now = span is not None and span.status == "in force"
            if (now and sure) or not (first <= late and early < last):
                continue
            surely_over = early == late and first == record.start_bounds(course.ref)[1] and last == course.end
            if (surely_over and not now) or permits_for(folds, folds.view.aliases(course.ref), early):
                continue
            if binds_forum(folds, course.ref, home, early, asset):
                words = f"whether this {impose.kind} was in force when it was made depends on dates that are not known exactly"
                if not sure:
                    words = f"whether this {impose.kind} over {subject} binds depends on which of several it is"
                found.append(Gap("restriction-uncertain", ref, words, (course.ref,)))
    return found


def _each(holder: Holder) -> tuple[PartyId, ...]:
    """A holder, or each of those of whom it is one."""
    return holder.parties if isinstance(holder, OneOf) else (holder,) if isinstance(holder, str) else ()


def _perhaps_beyond(folds: Folds, act: Act, move: Move, at: datetime, home: Forum | None) -> list[Gap]:
    """Caps that a transfer may go beyond, as far as the shares are known, and does not surely."""
    asset = SubjectId(move.asset)
    found: list[Gap] = []
    for live in folds.live(asset, at):
        limit = live.span.limit
        if limit is None or _self(act, live) or not binds_forum(folds, live.course.ref, home, at, asset):
            continue
        if move.right not in (limit.right, Right.TITLE) or live.course.impose.transaction is not None:
            continue
        for target in _each(move.target):
            counted = _counted(folds, live.course, asset, target, at)
            if not counted or move.source in counted:
                continue
            after = _after(folds, act, move, limit.right, [*counted, *{move.target} - {*counted}], at)
            most = Share(after.high, after.high)
            surely = target == move.target and exceeds(after, limit)
            if (
                not surely
                and exceeds(most, limit)
                and not _allowed(folds, live, asset, (target,), move.performs, at, most)
            ):
                words = f"whether {target} goes beyond this {live.course.impose.kind} depends on shares that are not known exactly"
                found.append(Gap("limit-uncertain", live.course.ref, words, ()))
    return found


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
                counted = _counted(folds, live.course, asset, PartyId(heir), since)
                if limit is None or not counted or live.course.span_at(at) is None:
                    continue
                before = held_for(folds, asset, limit.right, counted, since - datetime.resolution)
                then, now = (held_for(folds, asset, limit.right, counted, t) for t in (since, at))
                if not exceeds(before, limit) and exceeds(then, limit) and exceeds(now, limit):
                    words = f"{heir} came to hold more than this {live.course.impose.kind} allows by succession"
                    found.append(Gap("limit-passed", step.ref, words, (live.course.ref,)))
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


def _latest_end(folds: Folds, course: Course) -> datetime:
    """The latest moment at which a measure may have ended, as far as the dates that end it are known."""
    record = folds.view.record
    found = course.end
    for ref in course.ended_by if course.ending in ("lapsed", "ended") else ():
        effect, dates = record.effect(ref), record.dates(ref)
        if isinstance(effect, Alter) and effect.op in ("end", "discharge"):
            found = max(found, record.start_bounds(ref)[1])
        elif isinstance(effect, Alter):
            found = max(found, until_bounds(effect.until, dates.zone, record.zones)[1])
        elif isinstance(effect, Impose):
            found = max(found, until_bounds(effect.term.until or dates.until, dates.zone, record.zones)[1])
    return found


CONSENSUAL = frozenset(
    {"charge", "concession", "escrow", "ground-lease", "lease", "mortgage", "operation-lease", "option", "pledge"}
    | {"pre-emption", "usufruct"}
)
"""What an owner grants; other burdens are made by a court, a claimant or the law."""
UNGRANTED = frozenset({"lien", "lis-pendens", "retention-of-title"})
"""Burdens that nobody grants: the law makes them, or a claim does."""


def bars_burden(
    folds: Folds, act: Act, impose: Impose, asset: AssetId, givers: Iterable[PartyId], at: datetime, home: Forum | None
) -> list[Bar]:
    """Against a burden that an owner grants: to grant one is to dispose. What forbids disposal to the owner, or of the asset, or
    receipt to its holder; and a measure of control that gives the disposal to another, who has no part in the act."""
    found: list[Bar] = []
    subject = SubjectId(asset)
    for giver in givers:
        taker: Holder = impose.holder if impose.holder is not None else UNKNOWN
        dealing = Move(asset, Right.TITLE, WHOLE, giver, taker)
        found += _between_parties(folds, act, dealing, _giving(folds, dealing, at), at, home)
        for live in folds.live(subject, at):
            if live.course.family is Family.RESTRICTION and _forbids(live, Power.DISPOSE):
                found += _bar_over_asset(folds, live, act, dealing, subject, at, home)
    return list({(bar.rule, bar.ref): bar for bar in found}.values())


def _between_parties(
    folds: Folds, act: Act, dealing: Move, giving: Sequence[PartyId], at: datetime, home: Forum | None
) -> list[Bar]:
    """What speaks against a dealing because of measures over those who give and who take."""
    subject = SubjectId(dealing.asset)
    found = bars_dispossessed(folds, act, dealing, at)
    for party in (*giving, *((dealing.target,) if isinstance(dealing.target, str) else ())):
        power = Power.DISPOSE if party in giving else Power.RECEIVE
        for live, path in reaching(folds, party, at):
            if live.course.impose.transaction is not None or not _binds(folds, live, act, power, subject, at, home):
                continue
            if not licensed(folds, live, subject, (dealing.source, dealing.target), (), at):
                found.append(_bound(live, party, path))
    return found


def bars_passing(
    folds: Folds, act: Act, course: Course, holder: PartyId, alter: Alter, at: datetime, home: Forum | None
) -> list[Bar]:
    """Against a burden assigned, given up or put behind others by its holder: a measure that gives the holder's disposal to one who
    has no part in the act; against an assignment also what forbids disposal to the holder, or receipt to who takes it."""
    over = [one.asset if isinstance(one, Stake) else one for one in course.impose.over]
    found: list[Bar] = []
    for asset in [AssetId(SubjectId(one)) for one in over if one.startswith("asset:")][:1]:
        dealing = Move(asset, Right.TITLE, WHOLE, holder, alter.holder if alter.holder is not None else UNKNOWN)
        if alter.op == "assign":
            found += _between_parties(folds, act, dealing, (holder,), at, home)
        else:
            found += bars_dispossessed(folds, act, dealing, at)
    return found


def bars_payment(folds: Folds, act: Act, payment: Pay, at: datetime, home: Forum | None) -> list[Bar]:
    """Against a payment by or to one over whom a ban on payments lies."""
    found: list[Bar] = []
    between = (payment.payer, payment.payee)
    asset = SubjectId(payment.asset) if payment.asset is not None else SubjectId(payment.payer)
    for party in between:
        for live, path in reaching(folds, party, at):
            binds = live.span.binds
            if live.course.impose.kind != "payment-ban" or (binds and not set(between) & set(binds)):
                continue
            if binds_forum(folds, live.course.ref, home, at, asset) and not licensed(
                folds, live, asset, between, (), at
            ):
                found.append(_bound(live, party, path))
    return found


def speaks_for(folds: Folds, names: Iterable[PartyId], party: Holder | None, at: datetime) -> bool:
    """Whether one of those who make an act is a party under one of its names, or acts for it: by representation, or by a measure
    of control over it that gives its disposal."""
    if not isinstance(party, str):
        return False
    mine = set(names)
    if party in mine or not mine.isdisjoint(folds.view.same(party, at)):
        return True
    return any(_disposes_for(live) for live in acting_for(folds, mine, party, at))


def acting_for(folds: Folds, names: Collection[PartyId], party: Holder, at: datetime) -> list[Live]:
    """The measures over a party, not outranked by another over it, by which one of these represents or controls it."""
    if not isinstance(party, str):
        return []
    over = [live for live in _under_any_name(folds, party, at) if live.course.family in _FOR_ANOTHER]
    beaten = outranked(over) if over else set()
    return [live for live in over if live.span.holder in names and live.course.ref not in beaten]


_FOR_ANOTHER = frozenset({Family.REPRESENTATION, Family.CONTROL})


def lies_over(live: Live, asset: SubjectId, holder: Holder) -> bool:
    """Whether a measure lies over the whole of an asset, or over the stake of this holder in it."""
    if any(over == asset for over in live.course.impose.over):
        return True
    stakes = {stake.holder for stake in live.stakes if stake.asset == asset}
    return not stakes or any(party in stakes for party in _each(holder)) or not isinstance(holder, str)


def _disposes_for(live: Live) -> bool:
    if live.course.family is Family.REPRESENTATION:
        return True
    return live.course.family is Family.CONTROL and gives_disposal(live)


def gives_disposal(live: Live) -> bool:
    """Whether a measure gives its holder the power to dispose."""
    return (Power.DISPOSE, Grip.TAKES) in live.span.powers or (Power.DISPOSE, Grip.DIRECTS) in live.span.powers


def _makers(act: Act) -> frozenset[PartyId]:
    """Those who make an act: its actor and its signers."""
    return frozenset({act.actor, *(signer.party for signer in act.signers)})


def _caps(folds: Folds, act: Act, move: Move, at: datetime, home: Forum | None, capping: Iterable[Live]) -> list[Bar]:
    asset = move.asset
    found: list[Bar] = []
    for live in capping:
        limit = live.span.limit
        if limit is None or _self(act, live) or not binds_forum(folds, live.course.ref, home, at, asset):
            continue
        if move.right is not limit.right and move.right is not Right.TITLE:
            continue
        if live.course.impose.transaction is not None and not _performs(move.performs, live.course.impose.transaction):
            continue
        for taker in _taking(move) or (move.target,):
            counted = _counted(folds, live.course, asset, taker, at)
            if not counted or not {move.source, *_giving(folds, move, at)}.isdisjoint(counted):
                continue
            after = _after(folds, act, move, limit.right, counted, at)
            between = (move.source, move.target, taker)
            if exceeds(after, limit) and not _allowed(folds, live, asset, between, move.performs, at, after):
                found.append(_over(live, taker, limit, after))
    return found


def _counted(folds: Folds, course: Course, asset: SubjectId, target: Holder, at: datetime) -> Sequence[Holder]:
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


def _after(folds: Folds, act: Act, move: Move, right: Right, counted: Sequence[Holder], at: datetime) -> Share:
    """What holders hold together after a transfer that is on the record for trial; one that waits for something is added."""
    asset = SubjectId(move.asset)
    ref = next(ref for ref, effect in act.refs() if effect is move)
    mine = held_for(folds, asset, right, counted, at)
    return mine if folds.view.stands(ref, at, asset) else mine.plus(move.amount)


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
        if lies_over(item, SubjectId(asset), move.source)
    ]
    mine += acting_for(folds, [act.actor], move.source, at)
    if any(
        (Power.DISPOSE, Grip.TAKES) in item.span.powers or (Power.DISPOSE, Grip.DIRECTS) in item.span.powers
        for item in mine
    ):
        return None
    if any(item.course.family is Family.REPRESENTATION for item in mine):
        return None
    if isinstance(move.source, str) and act.actor in folds.view.same(move.source, at):
        return None
    if isinstance(move.source, str) and any(
        item.agent == act.actor and item.start <= at < item.end for item in governments(folds.view, move.source)
    ):
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
    words = f"{act.actor} is neither transferor nor transferee and holds no measure over what it moves of {asset}"
    return Bar("actor.no-power", EffectRef(act.id, 0), words, "let a party to the transfer act, or record it despite")


# --- reach through ownership -------------------------------------------------------------------------------------


def reaching(folds: Folds, party: SubjectId, at: datetime) -> list[tuple[Live, tuple[SubjectId, ...]]]:
    """Measures over a party, and those over parties that own it far enough for the measure's reach; with the path of companies."""
    own = _under_any_name(folds, party, at)
    if not own and not folds.view.record.reaching:
        return []
    found: dict[EffectRef, tuple[Live, tuple[SubjectId, ...]]] = {live.course.ref: (live, ()) for live in own}
    for live, path in _reached(folds, party, at).values() if folds.view.record.reaching else ():
        found.setdefault(live.course.ref, (live, path))
    return list(found.values())


def _under_any_name(folds: Folds, party: SubjectId, at: datetime) -> list[Live]:
    """The measures over a party, or over what is one with it."""
    return [live for name in (party, *folds.view.same(party, at)) for live in folds.live(name, at)]


_Reached = dict[tuple[EffectRef, SubjectId], tuple[Live, tuple[SubjectId, ...]]]
"""By measure and the party it lies over, under one of its names: the measure, and the companies it passed through."""


def perhaps_reaching(folds: Folds, party: SubjectId, at: datetime) -> list[Live]:
    """Measures that may reach a company through its owners, as far as it is known who they are and how much they hold."""
    if not folds.view.record.reaching:
        return []
    sure = {live.course.ref for live, _ in reaching(folds, party, at)}
    perhaps = {live.course.ref: live for live, _ in _reached(folds, party, at, perhaps=True).values()}
    return [live for ref, live in sorted(perhaps.items()) if ref not in sure]


def _reached(folds: Folds, party: SubjectId, at: datetime, *, perhaps: bool = False) -> _Reached:
    """Measures that surely (or perhaps) reach a company through its owners: each company above it once, from the top down, until
    nothing is added; more than one round only where companies own each other."""
    owners = _owners(folds, party, at)
    reached: dict[SubjectId, _Reached] = {}
    for company in {company for shares in owners.values() for company in shares} | set(owners):
        own = [live for live in _under_any_name(folds, company, at) if live.course.impose.reach is not None]
        name = min((company, *folds.view.same(company, at))) if own else company
        reached[company] = {(live.course.ref, name): (live, ()) for live in own}
    if not any(reached.values()):
        return {}
    through: dict[SubjectId, _Reached] = {company: {} for company in owners}
    grew = True
    while grew:
        grew = False
        for company, shares in owners.items():
            above = {holder: {**through.get(holder, {}), **reached[holder]} for holder in shares}
            for key, (live, path) in _far_enough(shares, above, perhaps).items():
                if key not in through[company]:
                    through[company][key] = (live, (company, *path))
                    grew = True
    return through.get(party, {})


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
        found[company] = owners_of(folds, asset, at)
        todo.append((company, True))
        todo += [(holder, False) for holder in sorted(found[company], reverse=True)]
    return {company: found[company] for company in done}


def owners_of(folds: Folds, asset: SubjectId, at: datetime) -> dict[PartyId, Share]:
    """Who holds title in an asset, for itself or through a nominee, and how much: of several who may, each from nothing up."""
    found: dict[PartyId, Share] = {}
    for lot in folds.title(asset).lots_at(at):
        link = holder_of(lot, Right.TITLE, at)[0]
        owner = for_another(link.manner) or link.holder
        share = Share(Fraction(0), lot.share.high) if isinstance(owner, OneOf) else lot.share
        for one in owner.parties if isinstance(owner, OneOf) else (owner,) if isinstance(owner, str) else ():
            found[one] = found[one].plus(share) if one in found else share
    return found


def _far_enough(shares: dict[PartyId, Share], above: dict[PartyId, _Reached], perhaps: bool) -> _Reached:
    """The measures over holders of a company, or reaching them, whose interests in it suffice: surely, or perhaps."""
    single: dict[tuple[EffectRef, SubjectId], Fraction] = {}
    together: dict[str, Fraction] = {}
    measures: _Reached = {}
    for holder, share in sorted(shares.items()):
        regimes = set()
        held_so = share.high if perhaps else share.low
        for key, (live, path) in above[holder].items():
            reach = live.course.impose.reach
            assert reach is not None, "only measures with a reach are carried on"
            single[key] = single.get(key, Fraction(0)) + held_so
            measures.setdefault(key, (live, path))
            regimes.add(reach.regime)
        for regime in regimes:
            together[regime] = together.get(regime, Fraction(0)) + held_so
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
    for company in _upstream(folds, party):
        found |= {turn for course in folds.courses(company) for span in course.spans for turn in (span.start, span.end)}
        asset = SubjectId(company_asset(company))
        if folds.view.record.about(asset):
            found |= set(folds.title(asset).moments())
    return sorted(found - {END})


def _upstream(folds: Folds, party: SubjectId) -> set[SubjectId]:
    """A party, and all that ever held it or a company above it, for themselves or through nominees."""
    todo, seen = [party], set[SubjectId]()
    while todo:
        company = todo.pop()
        if company in seen:
            continue
        seen.add(company)
        asset = SubjectId(company_asset(company))
        if folds.view.record.about(asset):
            fold = folds.title(asset)
            todo += fold.parties
            todo += {party for step in fold.steps for party in _behind(step.effect)}
    return seen


def silenced(folds: Folds, asset: SubjectId, voters: Iterable[Holder], at: datetime) -> dict[PartyId, EffectRef]:
    """Those of some holders whose votes in an asset a measure over them, or one that reaches them, forbids, and no permit gives
    back: where it binds acts at home where the asset is seen."""
    found: dict[PartyId, EffectRef] = {}
    home = folds.view.eyes(asset)
    for voter in (one for one in voters if isinstance(one, str)):
        for live, _ in reaching(folds, voter, at):
            told_apart = live.course.family in (Family.REPRESENTATION, Family.POSSESSION)
            if told_apart or not _forbids(live, Power.VOTE) or live.course.impose.transaction is not None:
                continue
            if binds_forum(folds, live.course.ref, home, at, asset) and not licensed(
                folds, live, asset, (voter,), (), at
            ):
                found.setdefault(voter, live.course.ref)
    return found


def silencing_moments(folds: Folds, asset: SubjectId) -> list[datetime]:
    """Every moment at which whose votes are forbidden may change; none where no measure over a holder forbids any."""
    company = SubjectId("party:" + asset.split(":", 1)[1])
    above = _upstream(folds, company) if folds.view.record.reaching else folds.title(asset).parties
    if not any((Power.VOTE, Grip.FORBIDS) in s.powers for one in above for c in folds.courses(one) for s in c.spans):
        return []
    if folds.view.record.reaching:
        return reach_moments(folds, company)
    found = {turn for one in above for c in folds.courses(one) for span in c.spans for turn in (span.start, span.end)}
    return sorted((found | {BEGINNING}) - {END})


def _behind(effect: Effect) -> list[PartyId]:
    """The parties for whom an effect makes nominees hold."""
    manners: list[Manner | None] = []
    match effect:
        case Declare():
            manners += [portion.manner for portion in effect.split]
        case Move():
            manners.append(effect.manner)
        case Reunit():
            manners += [portion.manner for portion in effect.issue]
        case _:
            pass
    return [behind for manner in manners if (behind := for_another(manner)) is not None]


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


def overlap_unranked(live: Sequence[Live], power: Power) -> tuple[EffectRef, ...]:
    """Measures that take the same power without a rank between them."""
    taking = [item for item in live if (power, Grip.TAKES) in item.span.powers]
    beaten = outranked(taking)
    left = tuple(item.course.ref for item in taking if item.course.ref not in beaten)
    return left if len(left) > 1 else ()


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
            *_counted(folds, course, asset, party, at),
            heir,
            *map(PartyId, folds.view.same(heir, at)),
        ]
        if seen.isdisjoint(counted):
            found.append((heir, list(counted), limit))
        seen.update(counted)
    return found


TO_DIVEST = frozenset({"divestment-order", "undertaking"})
"""Measures by which one is bound to sell."""
