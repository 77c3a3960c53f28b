"""What bars a dealing: a transfer, a change of capital, a burden granted or passed on, a payment (DESIGN section 3, rules 2, 6
and 9).

Guarantees that each bar names the measure it comes from: a restriction that binds those who give or take or the asset and that no
permit lifts, a measure that withholds disposal, a cap, a permit denied or revoked. Nothing here decides whether an act is
recorded: `admission` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction

from domain.acts import Act
from domain.caps import beyond_cap, beyond_caps, beyond_clearance
from domain.disposal import bars_dispossessed, named_in, speaks_for
from domain.effects import (
    UNKNOWN,
    Alter,
    Family,
    Grip,
    Holder,
    Impose,
    Move,
    Pay,
    Permit,
    Power,
    Proceed,
    Reunit,
    Right,
    Stake,
)
from domain.folds import Folds
from domain.identifiers import AssetId, EffectRef, Forum, PartyId, SubjectId
from domain.measures import Course, Live
from domain.nominees import behind_nominees, for_another, givers_of, takers_of
from domain.objections import Bar
from domain.periods import BEGINNING
from domain.permits import PermitCourse, permit_course
from domain.reach import reaching
from domain.restrictions import binds_forum, carries_out, exempt, forbidden, imposed_by, licensed, permits_for
from domain.shares import WHOLE


def bars_move(folds: Folds, act: Act, move: Move, at: datetime, home: Forum | None) -> list[Bar]:
    """Everything that speaks against a transfer that is on the record for trial, at the moment it works."""
    asset = move.asset
    found: list[Bar] = []
    over = [live for live in folds.live(asset, at) if not exempt(folds, live, act, asset, move.performs, at, home)]
    for live in over:
        found += _bar_over_asset(folds, live, act, move, asset, at, home)
    between = (move.source, move.target)
    givers, takers = givers_of(folds, move, at), takers_of(move)
    for party in dict.fromkeys((*givers, *takers)):
        power = Power.DISPOSE if party in givers else Power.RECEIVE
        for live, path in reaching(folds, party, at):
            dealing = live.course.impose.transaction
            if dealing is not None and not carries_out(move.performs, dealing):
                continue
            if exempt(folds, live, act, asset, move.performs, at, home):
                continue
            if _binds(folds, live, act, power, asset, at, home) and not licensed(
                folds, live, asset, (*between, party), move.performs, at
            ):
                found.append(_bound(live, party, path))
    capping = [live for live in over if live.span.limit is not None]
    found += beyond_caps(folds, act, move, at, home, capping) if capping else []
    if move.performs:
        found += beyond_clearance(folds, act, move, at)
        found += _withheld(folds, move, at, home)
    return list({(bar.rule, bar.ref): bar for bar in found}.values()) if found else found


def _bar_over_asset(
    folds: Folds, live: Live, act: Act, move: Move, asset: SubjectId, at: datetime, home: Forum | None
) -> list[Bar]:
    impose = live.course.impose
    if imposed_by(act, live) or live.course.family in (Family.REPRESENTATION, Family.POSSESSION):
        return []
    if any(
        carries_out(move.performs, name) for name in folds.view.aliases(live.course.ref)
    ):  # what enforces it is not barred by it
        return []
    stakes = [stake for stake in live.stakes if stake.asset == move.asset]
    givers = {move.source, *givers_of(folds, move, at)} if stakes or live.span.binds else {move.source}
    if stakes and asset not in impose.over and not any(o.holder in givers for o in stakes):
        return []
    if live.span.binds and givers.union((move.target, *takers_of(move))).isdisjoint(live.span.binds):
        return []
    if impose.transaction is not None and not carries_out(move.performs, impose.transaction):
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
    granting = {actor for c in consents for actor in named_in(folds.view.record.act(c.ref.statement))}
    granted_by_holder = speaks_for(folds, granting, holder, at)
    consents_itself = move.target == holder or speaks_for(folds, named_in(act), holder, at)
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
    behind = behind_nominees(folds, asset, losing, before)
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
        if impose.transaction is not None or imposed_by(act, live) or exempt(folds, live, act, asset, (), at, home):
            continue
        if not binds_forum(folds, live.course.ref, home, at, asset):
            continue
        stakes = {stake.holder for stake in live.stakes if stake.asset == reunit.asset}
        struck = [h for h in givers if (not stakes or asset in impose.over or h in stakes)]
        struck = [h for h in struck if not live.span.binds or h in live.span.binds]
        forbids = live.course.family is Family.RESTRICTION and forbidden(live, Power.DISPOSE)
        if forbids and struck and not licensed(folds, live, asset, struck, (), at):
            words = f"{impose.kind} forbids disposal of {asset}, of which it cancels what {struck[0]} holds"
            remedy = "obtain a licence, or record it despite"
            found.append(Bar("restriction.binds", live.course.ref, words, remedy))
        found += [bar for holder in dict.fromkeys(takers) for bar in beyond_cap(folds, live, asset, holder, at)]
    return list({(bar.rule, bar.ref): bar for bar in found}.values())


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
        found += _between_parties(folds, act, dealing, givers_of(folds, dealing, at), at, home)
        for live in folds.live(subject, at):
            if live.course.family is Family.RESTRICTION and forbidden(live, Power.DISPOSE):
                found += _bar_over_asset(folds, live, act, dealing, subject, at, home)
    return list({(bar.rule, bar.ref): bar for bar in found}.values())


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


def _binds(
    folds: Folds, live: Live, act: Act, power: Power, asset: SubjectId, at: datetime, home: Forum | None
) -> bool:
    """Whether a measure over a party forbids acts of this home what they do to a power."""
    return forbidden(live, power) and not imposed_by(act, live) and binds_forum(folds, live.course.ref, home, at, asset)


def _bound(live: Live, party: SubjectId, path: Sequence[SubjectId]) -> Bar:
    words = f"{_lying(live, party, path)} is in force and no licence covers this dealing"
    return Bar("restriction.binds", live.course.ref, words, "obtain a licence, or record it despite")


def _lying(live: Live, party: SubjectId, path: Sequence[SubjectId]) -> str:
    """A restriction on a party, or one over parties that own it, with the companies between."""
    if not path:
        return f"{live.course.impose.kind} over {party}"
    over = ", ".join(str(o) for o in live.course.impose.over if isinstance(o, str))
    between = [company for company in path if company != party]
    through = f" through {' and '.join(between)}" if between else ""
    return f"{live.course.impose.kind} over {over}, which reaches {party}{through},"
