"""Measures, permits, restrictions, debts and identity in answers: what a value of each says.

Guarantees only the spelling (see `answers`): each function turns one value of the law into plain JSON with its causes. Ends that no
act states are told as derived (`ending`: lapsed); open ends are null.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.answers import Plain, Teller, Told, decimal_told, moment, share_told, when_text
from domain.concerning import bound_stakes
from domain.control import Control
from domain.debts import Debt
from domain.effects import Condition, Grip, Impose, Limit, Over, Pay, Power, Stake
from domain.folds import Folds
from domain.governments import Representation
from domain.identifiers import EffectRef, PartyId, SubjectId
from domain.identity import Dated, Identity, identity, operative_end
from domain.measures import Course, Exercise, Live, Span
from domain.permits import PermitCourse
from domain.restrictions import Window, windows


def measure_told(teller: Teller, course: Course) -> Told:
    """A measure with its whole course in time."""
    start = course.spans[0].start if course.spans else course.end
    return {
        "ref": str(course.ref),
        "family": str(course.family),
        **_imposed(teller, course.impose),
        **teller.span(start, course.end, states_end(course)),
        "ending": course.ending,
        "ended_by": teller.causes(course.ended_by),
        "spans": [_span_told(teller, course, span) for span in course.spans],
        "misfits": [{"rule": m.rule, "met": str(m.met), "causes": teller.causes([m.ref])} for m in course.misfits],
        "validity": teller.segments(course.validity),
        "causes": teller.causes(dict.fromkeys((course.ref, *(c for span in course.spans for c in span.causes)))),
    }


def live_told(teller: Teller, live: Live) -> Told:
    """A measure as it is at the moment asked for."""
    return {
        "ref": str(live.course.ref),
        "family": str(live.course.family),
        **_imposed(teller, live.course.impose),
        **_span_told(teller, live.course, live.span),
        "over": [over_told(teller, over) for over in _over_now(live)],
        "whole": teller.span(live.course.spans[0].start, live.course.end, states_end(live.course)),
        "ending": live.course.ending,
    }


def _over_now(live: Live) -> tuple[Over, ...]:
    """What a measure lies over at its moment: a stake follows whoever succeeds its holder."""
    return (*(over for over in live.course.impose.over if not isinstance(over, Stake)), *live.stakes)


def states_end(course: Course) -> tuple[EffectRef, ...]:
    """The effects that may state when a measure ends, the last one first."""
    return (*reversed(course.ended_by), course.ref)


def _imposed(teller: Teller, impose: Impose) -> Told:
    return {
        "kind": impose.kind,
        "over": [over_told(teller, over) for over in impose.over],
        "binds": teller.subjects(impose.binds),
        "transaction": str(impose.transaction) if impose.transaction is not None else None,
        "sanction": impose.sanction,
        "max_step": str(impose.term.max_step) if impose.term.max_step is not None else None,
        "reach": _reach_told(impose),
        "secures": str(impose.secures) if impose.secures is not None else None,
        "norm": teller.subject(impose.norm) if impose.norm is not None else None,
        "source_rank": _source_rank_told(impose),
        "text": impose.text,
    }


def _reach_told(impose: Impose) -> Plain:
    reach = impose.reach
    if reach is None:
        return None
    test = "at-least" if reach.at_least else "more-than"
    return {**share_told(reach.share), "test": test, "aggregate": reach.aggregate, "regime": reach.regime}


def _source_rank_told(impose: Impose) -> Plain:
    rank = impose.source_rank
    return {"date": rank[0], "number": str(rank[1])} if rank is not None else None


def over_told(teller: Teller, over: Over) -> Plain:
    """What a measure lies over: an asset, a party, or a holder's stake."""
    if isinstance(over, Stake):
        return {"asset": teller.subject(over.asset), "holder": teller.subject(over.holder)}
    return teller.subject(over)


def _span_told(teller: Teller, course: Course, span: Span) -> Told:
    by = (*reversed(span.causes), *states_end(course))
    return {
        **teller.span(span.start, span.end, by),
        "status": span.status,
        "holder": teller.holder(span.holder),
        "powers": powers_told(span.powers),
        "rank_above": [str(ref) for ref in span.rank_above],
        "below": [str(ref) for ref in span.below],
        "limit": limit_told(span.limit),
        "stated_end": teller.span(span.start, span.until, by)["last_day"],
        "causes": teller.causes(span.causes),
    }


def powers_told(powers: Iterable[tuple[Power, Grip]]) -> Told:
    """`{power: grip}`."""
    return {str(power): str(grip) for power, grip in powers}


def limit_told(limit: Limit | None) -> Plain:
    """A cap: of which right, and how much at most or below which share."""
    if limit is None:
        return None
    return {"right": str(limit.right), "test": "at-most" if limit.inclusive else "below", **share_told(limit.bound)}


# --- control -----------------------------------------------------------------------------------------------------


def control_told(teller: Teller, control: Control) -> Told:
    """The headline controller, and per power who exercises it, on whose direction, with whose consent."""
    powers: Told = {}
    for power, state in control.powers.items():
        powers[str(power)] = {
            "exercised": [exercise_told(teller, e) for e in state.exercised],
            "directed": [exercise_told(teller, e) for e in state.directed],
            "consent": [exercise_told(teller, e) for e in state.consent],
            "barred": teller.causes(state.barred),
            "unranked": state.unranked,
        }
    return {"controller": [exercise_told(teller, e) for e in control.headline], "powers": powers}


def exercise_told(teller: Teller, exercise: Exercise) -> Told:
    """Who exercises a power; `share` null = over the whole, by a measure."""
    told: Told = {"holder": teller.holder(exercise.holder)}
    if exercise.share is not None:
        told |= share_told(exercise.share)
    if exercise.over is not None:
        told["over"] = teller.subject(exercise.over)
    told["measure"] = str(exercise.measure) if exercise.measure is not None else None
    told["causes"] = teller.causes(exercise.causes)
    return told


# --- restrictions, permits, debts --------------------------------------------------------------------------------


def bound_stakes_told(teller: Teller, folds: Folds, asset: SubjectId, at: datetime) -> list[Plain]:
    """Restrictions that bind dealings in a holder's stake at a moment, and the permits that lift them."""
    return [
        {**window_told(teller, folds, window), "stake_of": teller.subject(stake.holder)}
        for stake in bound_stakes(folds, asset, at)
        for window in windows(folds, asset, [(stake.restriction, stake.over, stake.path)])
        if window.start <= at < window.end
    ]


def window_told(teller: Teller, folds: Folds, window: Window) -> Told:
    """A stretch in which a restriction binds, or a permit lifts it."""
    course = folds.course(window.restriction, window.over)
    span = course.span_at(window.start) if course is not None else None
    causes = [window.restriction, *((window.permit,) if window.permit is not None else ())]
    return {
        **teller.span(
            window.start, window.end, [*reversed(causes), *(states_end(course) if course is not None else ())]
        ),
        "kind": course.impose.kind if course is not None else None,
        "restriction": str(window.restriction),
        "binding": window.permit is None,
        "binds": teller.subjects(span.binds if span is not None else ()),
        "sanction": course.impose.sanction if course is not None else None,
        "permit": str(window.permit) if window.permit is not None else None,
        "over": teller.subject(window.over),
        "through": teller.subjects(window.path),
        "causes": teller.causes(causes),
    }


def permit_told(teller: Teller, course: PermitCourse) -> Told:
    """A permit applied for, granted or denied, and what became of it."""
    permit = course.permit
    return {
        "ref": str(course.ref),
        "kind": course.kind,
        "op": course.op,
        "granted": course.granted,
        **teller.span(course.start, course.end, (*reversed(course.ended_by), *reversed(course.causes))),
        "number": permit.number,
        "to": teller.subjects(permit.to),
        "over": teller.subjects(permit.over),
        "excepts": [str(ref) for ref in permit.excepts],
        "transaction": str(permit.transaction) if permit.transaction is not None else None,
        "conditions": conditions_told(course.conditions),
        "limit": limit_told(course.limit),
        "text": permit.text,
        "causes": teller.causes(course.causes),
        "ended_by": teller.causes(course.ended_by),
    }


def conditions_told(conditions: Iterable[Condition]) -> list[Plain]:
    """Conditions with their deadlines."""
    return [{"text": c.text, "by": when_text(c.by)} for c in conditions]


def debt_told(teller: Teller, debt: Debt) -> Told:
    """A debt, what was paid and what is left; amounts are decimal strings, null where not stated."""
    owe = debt.owe
    return {
        "ref": str(debt.ref),
        "kind": owe.kind,
        "debtor": teller.subject(owe.debtor),
        "payee": teller.subject(owe.payee),
        "succeeded": _succeeded(teller, (owe.debtor, owe.payee)),
        "amount": {"min": decimal_told(debt.low), "max": decimal_told(debt.high)},
        "currency": debt.currency,
        "paid": decimal_told(debt.paid),
        "paid_otherwise": _paid_otherwise(teller, debt),
        "left": {"min": decimal_told(debt.left_low), "max": decimal_told(debt.left_high)},
        "interest": owe.interest,
        "valuation_date": when_text(owe.valuation_date),
        "due": when_text(owe.due),
        "replaced_by": str(debt.replaced_by) if debt.replaced_by is not None else None,
        "text": owe.text,
        "causes": teller.causes(debt.causes),
    }


def _paid_otherwise(teller: Teller, debt: Debt) -> list[Plain]:
    """Payments of it in another currency than its own: told, not counted, since no rate is the ledger's to choose."""
    paid = [(ref, teller.question.record.effect(ref)) for ref in debt.payments]
    return [
        {"amount": pay.amount.low, "currency": pay.amount.currency, "causes": teller.causes([ref])}
        for ref, pay in paid
        if isinstance(pay, Pay) and pay.amount.currency != debt.currency
    ]


def _succeeded(teller: Teller, parties: Iterable[PartyId]) -> list[Plain]:
    """Which of these parties had been succeeded by the moment, and by whom: a debt goes on between the successors."""
    view = teller.question.view
    return [
        {"party": teller.subject(party), "by": teller.subject(successor), "causes": teller.causes([ref])}
        for party in parties
        for at, successor, _, ref in identity(view, party).successors
        if at <= teller.question.at < operative_end(view, ref, party)
    ]


# --- identity ----------------------------------------------------------------------------------------------------


def identity_told(teller: Teller, known: Identity) -> Told:
    """Who or what a subject is, over time; `now` marks what it had become by the moment."""
    view, moment_asked = teller.question.view, teller.question.at

    def become(start: datetime, ref: EffectRef) -> bool:
        return start <= moment_asked < operative_end(view, ref, known.subject)

    return {
        "kind": known.kind,
        "place": known.place,
        "zone": known.zone,
        "places": [_dated_told(teller, d) for d in known.places],
        "zones": [_dated_told(teller, d) for d in known.zones],
        "names": [_dated_told(teller, d) for d in known.names],
        "identifiers": [_dated_told(teller, d) for d in known.identifiers],
        "ended": _ended_told(teller, known),
        "successors": [
            {
                "at": moment(at),
                "day": teller.day(at),
                "subject": teller.subject(s),
                "how": how,
                "now": become(at, r),
                "causes": teller.causes([r]),
            }
            for at, s, how, r in known.successors
        ],
        "parts": [
            {
                "at": moment(at),
                "day": teller.day(at),
                "subject": teller.subject(s),
                "now": become(at, r),
                "causes": teller.causes([r]),
            }
            for at, s, r in known.parts
        ],
        "same_as": [
            {**teller.span(start, end), "subject": teller.subject(s), "causes": teller.causes([r])}
            for start, end, s, r in known.same_as
        ],
    }


def _dated_told(teller: Teller, dated: Dated) -> Told:
    return {"value": dated.value, **teller.span(dated.start, dated.end), "causes": teller.causes([dated.cause])}


def _ended_told(teller: Teller, known: Identity) -> Plain:
    if known.ended is None:
        return None
    at, ref = known.ended
    begun = at <= teller.question.at
    return {"at": moment(at), "day": teller.day(at), "now": begun, "causes": teller.causes([ref])}


def representation_told(teller: Teller, item: Representation) -> Told:
    """Who may act for a party over a period."""
    return {
        **teller.span(item.start, item.end),
        "party": teller.subject(item.party),
        "agent": teller.subject(item.agent),
        "kind": item.kind,
        "causes": teller.causes(item.causes),
    }
