"""What speaks against a grant, a rank, a debt or a decision because of who has which right then (DESIGN section 3, rules 6 and 14).

Who grants a concession has the right to, for no longer than its own, and grants it once; a burden is not put before another's
without its holder; compensation goes to who held; a decision is about the parties of its proceeding. Each finding is a `Bar`, of
the irregular kind. Pure questions to the folds in which an act is on trial; `admission` makes objections of them.
"""

from __future__ import annotations

from datetime import datetime

from domain.acts import Act
from domain.courses import stated_end
from domain.disposal import named_in, speaks_for
from domain.dockets import ProceedingStep, proceedings
from domain.effects import Effect, Exist, Family, Grip, Impose, Move, Owe, Permit, Power, Proceed, Right, Stake, State
from domain.filing import parties_of
from domain.folds import Folds
from domain.identifiers import EffectRef, PartyId, SubjectId, company_asset
from domain.identity import identity, succeeds
from domain.lots import held
from domain.measure_kinds import family_of
from domain.measures import Course, Live, in_force
from domain.nominees import owners_of
from domain.objections import Bar
from domain.periods import BEGINNING, day_of, start_bounds, until_bounds
from domain.ranks import constituted, outranked, overlap_unranked

GRANTS = frozenset({"concession", "operation-lease", "lease", "ground-lease"})
"""Measures that give the use of a thing for a term: granted by who has it, to one at a time."""


# --- grants ------------------------------------------------------------------------------------------------------


def bars_grant(folds: Folds, act: Act, ref: EffectRef, effect: Impose, at: datetime) -> list[Bar]:
    """Against a concession or lease: longer than the grantor's own, or of what another holder has for the time."""
    if effect.kind not in GRANTS:
        return []
    end = stated_end(folds.view, ref, effect)
    found: list[Bar] = []
    for over in effect.over:
        if isinstance(over, str) and over.startswith("asset:"):
            found += _beyond_own_term(folds, act, ref, SubjectId(over), (at, end))
            found += _granted_before(folds, act, ref, effect, SubjectId(over), (at, end))
    return found


def _beyond_own_term(
    folds: Folds, act: Act, ref: EffectRef, asset: SubjectId, term: tuple[datetime, datetime]
) -> list[Bar]:
    """Who has the use for a term itself can give it for no longer."""
    at, end = term
    grantors = named_in(act)
    if set(held(folds.title(asset).lots_at(at), Right.TITLE, at)) & grantors:
        return []
    own = [
        live for live in folds.live(asset, at)
        if live.course.ref != ref and live.course.impose.kind in GRANTS and live.span.holder in grantors
    ]  # fmt: skip
    longest = max(own, key=lambda live: live.span.until, default=None)
    if longest is None or longest.span.until >= end:
        return []
    words = f"it would last longer than the {longest.course.impose.kind} of who grants it"
    return [Bar("grant.beyond-own-term", longest.course.ref, words, "grant it for the grantor's own term at most")]


def _granted_before(
    folds: Folds, act: Act, ref: EffectRef, effect: Impose, asset: SubjectId, term: tuple[datetime, datetime]
) -> list[Bar]:
    """The same use was granted to another for the time, and nothing ranks the two. The grantor's own is not another's."""
    at, end = term
    mine = _taken(effect.powers)
    found = []
    for course in folds.courses(asset):
        if course.ref == ref or course.impose.kind not in GRANTS or _ranked(folds, asset, at, course, ref):
            continue
        spans = [s for s in course.spans if s.status == "in force" and s.start < end and at < s.end]
        if any(s.holder != effect.holder and s.holder not in named_in(act) and _taken(s.powers) & mine for s in spans):
            words = f"{asset} is under a {course.impose.kind} of another holder for the time, and no rank is stated"
            found.append(Bar("grant.overlaps", course.ref, words, "end the other first, or state the rank"))
    return found


def _taken(powers: tuple[tuple[Power, Grip], ...]) -> frozenset[Power]:
    return frozenset(power for power, grip in powers if grip is Grip.TAKES)


def _ranked(folds: Folds, asset: SubjectId, at: datetime, course: Course, ref: EffectRef) -> bool:
    both = [live for live in folds.live(asset, at) if live.course.ref in (course.ref, ref)]
    return bool(outranked(both))


# --- measures of control -----------------------------------------------------------------------------------------

_UPON_NOTICE = frozenset({"order", "decree", "decision"})
"""Instruments that bind from their notice; a statute says itself from when it does, a judgment from when it is given."""


def bars_control(folds: Folds, act: Act, ref: EffectRef, effect: Impose, at: datetime) -> list[Bar]:
    """Against a measure of control: before anybody had notice of it, or taking a power another takes, no rank being stated."""
    if family_of(effect.kind) is not Family.CONTROL or folds.view.record.actor_forum(act) is None:
        return []
    found: list[Bar] = []
    zones = folds.view.record.zones
    noticed = min((start_bounds(n.at, n.zone, zones)[0] for n in act.notice), default=at)
    judicial = any(isinstance(e, Proceed) for e in act.effects) or any(s.role == "court" for s in act.signers)
    if noticed > at and act.basis.kind in _UPON_NOTICE and not judicial:
        words = f"it takes effect before anybody had notice of the {act.basis.kind}"
        found.append(
            Bar("measure.before-notice", ref, words, "state the day of its notice, or the statute that reaches back")
        )
    for over in effect.over:
        beside = _beside_stake(folds, ref, over, at) if isinstance(over, Stake) else _beside_whole(folds, ref, over, at)
        what = over if isinstance(over, str) else f"the stake of {over.holder} in {over.asset}"
        for other in sorted(beside):
            words = f"another measure takes the same power over {what}, and no rank between them is stated"
            found.append(Bar("measure.overlaps-unranked", other, words, "state the rank, or end the other"))
    return found


def _beside_whole(folds: Folds, ref: EffectRef, over: SubjectId, at: datetime) -> set[EffectRef]:
    """Measures of other holders that take a power over an asset or a company, or a stake in it, beside this one."""
    asset = company_asset(over)
    live = [item for item in folds.live(asset, at) if item.course.family is Family.CONTROL] if asset == over else []
    beside = {other for power in Power for other in _beside(live, ref, power)} if len(live) > 1 else set()
    managing = [
        item
        for item in in_force([*folds.courses(asset), *folds.managing(asset)], at)
        if item.course.family is Family.CONTROL
    ]
    return beside | _beside(managing, ref, Power.MANAGE)


def _beside_stake(folds: Folds, ref: EffectRef, stake: Stake, at: datetime) -> set[EffectRef]:
    """Measures of other holders that take a power over a stake, or the whole in which it is, beside this one."""
    asset = SubjectId(stake.asset)
    names = {stake.holder, *folds.view.same(stake.holder, at)}
    live = [
        item
        for item in folds.live(asset, at)
        if item.course.family is Family.CONTROL
        and (asset in item.course.impose.over or any(s.asset == asset and s.holder in names for s in item.stakes))
    ]
    return {other for power in Power for other in _beside(live, ref, power)} if len(live) > 1 else set()


def _beside(live: list[Live], ref: EffectRef, power: Power) -> set[EffectRef]:
    """Measures of other holders that take a power beside this one, unranked."""
    unranked = overlap_unranked(live, power)
    holders = {item.course.ref: item.span.holder for item in live}
    if ref not in unranked:
        return set()
    return {
        other
        for other in unranked
        if other.statement != ref.statement
        and holders[other] != holders[ref]
        and not {other, ref} & outranked([item for item in live if item.course.ref in (other, ref)])
    }


# --- rank and permits --------------------------------------------------------------------------------------------


def bars_rank(folds: Folds, act: Act, above: tuple[EffectRef, ...], own: EffectRef, at: datetime) -> list[Bar]:
    """Against putting a burden before others: those whose holder is neither a signer nor the holder of both."""
    holder = _holder(folds, own, at)
    found = []
    for ref in above:
        course = folds.course(ref)
        if course is None or course.family is not Family.ENCUMBRANCE or ref.statement == act.id:
            continue
        other = _holder(folds, ref, at)
        if other is not None and other != holder and not speaks_for(folds, named_in(act), other, at):
            words = f"it would go before the {course.impose.kind} of {other}, who does not sign"
            found.append(Bar("encumbrance.rank-unconsented", ref, words, "let that holder sign, or a court order it"))
    return found


_OF_THE_REGISTER = frozenset({"register-entry", "extract"})
"""Instruments by which a register itself says what rank an entry has."""


def bars_backdated(folds: Folds, act: Act, ref: EffectRef, effect: Impose, at: datetime) -> list[Bar]:
    """Against a rank from before the burden took effect that no register says it has: those it would go before, whose holder does
    not sign."""
    own = folds.course(ref)
    if effect.source_rank is None or own is None or act.basis.kind in _OF_THE_REGISTER:
        return []
    zone = folds.view.record.dates(ref).zone or "UTC"
    if at == BEGINNING or effect.source_rank[0] >= day_of(at, zone, folds.view.record.zones).isoformat():
        return []
    found: list[Bar] = []
    for over in effect.over:
        asset = over.asset if isinstance(over, Stake) else over
        for live in folds.live(SubjectId(asset), at) if asset.startswith("asset:") else ():
            course = live.course
            if (
                course.family is not Family.ENCUMBRANCE
                or course.ref.statement == act.id
                or live.span.holder == effect.holder
            ):
                continue
            if constituted(folds.view, own) < constituted(folds.view, course) and isinstance(live.span.holder, str):
                if not speaks_for(folds, named_in(act), live.span.holder, at):
                    kind, theirs = course.impose.kind, live.span.holder
                    words = f"its rank of {effect.source_rank[0]} would put it before the {kind} of {theirs}"
                    remedy = "record the entry of the register, let that holder sign, or a court order it"
                    found.append(Bar("encumbrance.rank-unconsented", course.ref, words, remedy))
    return found


def _holder(folds: Folds, ref: EffectRef, at: datetime) -> PartyId | None:
    course = folds.course(ref)
    if course is None:
        return None
    span = course.span_at(at)
    holder = span.holder if span is not None else course.impose.holder
    return holder if isinstance(holder, str) else None


def bars_permit(folds: Folds, effect: Permit, at: datetime) -> list[Bar]:
    """Against an exception from what no longer restricts anything."""
    if effect.op != "granted":
        return []
    found = []
    for ref in effect.excepts:
        course = folds.course(ref)
        if course is not None and course.end <= at:
            words = f"the {course.impose.kind} it excepts from had ended"
            found.append(Bar("permit.nothing-excepted", ref, words, "name the restriction that stands"))
    return found


# --- debts and decisions -----------------------------------------------------------------------------------------


def bars_debt(folds: Folds, effect: Owe, ref: EffectRef) -> list[Bar]:
    """Against compensation for what the payee did not hold on the day of valuation, no assignment being named."""
    record = folds.view.record
    if effect.kind != "compensation" or effect.asset is None or effect.valuation_date is None:
        return []
    then = start_bounds(effect.valuation_date, "UTC", record.zones)[0]
    zone = record.dates(ref).zone or record.zone_of(effect.asset, at=then)
    early = start_bounds(effect.valuation_date, zone, record.zones)[0]
    late = until_bounds(effect.valuation_date, zone, record.zones)[1] - datetime.resolution
    fold = folds.title(effect.asset)
    holders = {h for at in (early, max(early, late)) for right in Right for h in held(fold.lots_at(at), right, at)}
    if not holders or any(not isinstance(h, str) for h in holders):
        return []
    owners = {owner for at in (early, max(early, late)) for owner in owners_of(folds, effect.asset, at)}
    start = folds.view.start(ref)
    if any(succeeds(folds.view, effect.payee, PartyId(SubjectId(str(own))), start) for own in holders | owners):
        return []
    if effect.cause is not None and effect.payee in _parties(folds, effect.cause):
        return []
    changed = fold.state_at(early).changed.values()
    met = next(iter(changed), None)
    if met is None:
        return []
    words = f"{effect.payee} held nothing of {effect.asset} on the day of valuation"
    return [Bar("compensation.payee-not-holder", met, words, "name the assignment as its cause")]


def _parties(folds: Folds, cause: EffectRef) -> set[PartyId]:
    """The parties of the act a debt is caused by: of an assignment, the assignee."""
    act = folds.view.record.find(cause.statement)
    effects = () if act is None else (act.effects[cause.n - 1],) if cause.n else act.effects
    named = {party for effect in effects for party in parties_of(effect)}
    return named | {party for effect in effects if isinstance(effect, State) for party in effect.parties}


def bars_decision(folds: Folds, ref: EffectRef, effect: Proceed, at: datetime) -> list[Bar]:
    """Against a decision between others than the parties of the filing it decides."""
    named = _between(effect)
    if effect.stage != "decided" or not named:
        return []
    steps = [
        step for step in proceedings(folds.view, effect.proceeding).steps
        if step.ref != ref and step.forum == effect.forum and step.start <= at and _between(step.step)
    ]  # fmt: skip
    filings: list[ProceedingStep] = [step for step in steps if step.stage == "filed"]
    known = {party for step in steps for party in _between(step.step)}
    strangers = sorted(named - known)
    if not filings or not strangers:
        return []
    words = f"{' and '.join(strangers)} is no party to the proceeding as filed"
    return [
        Bar("proceeding.other-parties", filings[-1].ref, words, "name the proceeding it decides, or record the joinder")
    ]


ORDERS_NOTHING = frozenset({"dismissed", "dismissed-on-appeal", "inadmissible", "no-jurisdiction", "discontinued"})


def bars_order(folds: Folds, act: Act, effect: Move) -> list[Bar]:
    """Against title moved by, or in performance of, a decision that orders nothing."""
    found = [ref for ref, step in act.refs() if _orders_nothing(step)][:1] if Proceed in act.kinds else []
    for ref in effect.performs:
        other = folds.view.record.find(ref.statement)
        steps = other.refs() if other is not None else ()
        found += [r for r, step in steps if ref.n in (0, r.n) and _orders_nothing(step)]
    words = "the decision dismisses what was asked: it orders no transfer"
    return [Bar("decision.orders-nothing", ref, words, "name the decision that orders it") for ref in found]


def _orders_nothing(effect: Effect) -> bool:
    if not isinstance(effect, Proceed) or effect.decision is None:
        return False
    return effect.decision.outcome in ORDERS_NOTHING


def _between(step: Proceed) -> set[PartyId]:
    return {*step.claimants, *step.respondents}


# --- identities --------------------------------------------------------------------------------------------------


def bars_joinder(folds: Folds, act: Act, effect: Exist, at: datetime) -> list[Bar]:
    """Against making one of two that each bear a live LEI, by an actor that speaks for no register or authority."""
    if effect.op != "same" or folds.view.record.actor_forum(act) is not None:
        return []
    if any(signer.capacity == "registrar" for signer in act.signers):
        return []
    mine = _leis(folds, effect.subject, at)
    for other in effect.others:
        theirs = _leis(folds, other, at)
        for value, cause in theirs.items():
            if mine and value not in mine:
                words = f"{effect.subject} and {other} bear different LEI, each in use"
                return [Bar("identity.two-live", cause, words, "let the register that issues them join them")]
    return []


def _leis(folds: Folds, subject: SubjectId, at: datetime) -> dict[str, EffectRef]:
    known = identity(folds.view, subject)
    if known.ended is not None and known.ended[0] <= at:
        return {}
    return {d.value: d.cause for d in known.identifiers if d.value.startswith("LEI ") and d.start <= at < d.end}
