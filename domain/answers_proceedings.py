"""Proceedings, restrictions and encumbrances as answers (DESIGN section 3, rules 5 to 9 and 14).

Guarantees that decided, enforceable and final are three answers, forum by forum, and that a step undone by a later decision stays
visible with what undid it. The rank of an encumbrance is evidence of its source register's, not constitutive.
"""

from __future__ import annotations

from datetime import datetime

from domain.affairs import Proceedings, ProceedingStep, Status, proceedings
from domain.answers import Plain, Question, Teller, Told, folds_of, moment, when_text
from domain.answers_measures import measure_told, permit_told, window_told
from domain.concerning import proceedings_about
from domain.effects import Family
from domain.history import history_of
from domain.identifiers import EffectRef, ProceedingId
from domain.measures import encumbrance_order
from domain.remarks import remarks


def proceedings_of(question: Question) -> Told:
    """The proceedings about an asset, or one proceeding by its own name: steps, and the status in each forum."""
    teller = Teller(question)
    folds = folds_of(question)
    if question.subject.startswith("proceeding:"):
        found = [proceedings(folds.view, ProceedingId(question.subject))]
    else:
        found = proceedings_about(folds, question.subject)
    body: Told = {"proceedings": [proceedings_told(teller, item, question.at) for item in found]}
    return teller.answer({**body, **teller.remarks(remarks(folds, question.subject, question.at))})


def proceedings_told(teller: Teller, item: Proceedings, at: datetime | None = None) -> Told:
    """A proceeding. With a moment: its steps up to then, its status then, and apart the later
    steps that these clocks hold; else all of them."""
    steps = [s for s in item.steps if at is None or s.start <= at]
    statuses = [s for s in item.statuses if at is None or s.start <= at < s.end]
    missing = [(ref, words) for ref, words in item.missing if any(s.ref == ref for s in steps)]
    return {
        "proceeding": teller.subject(item.proceeding),
        "status": [_status_told(teller, s) for s in statuses],
        "steps": [_step_told(teller, s) for s in steps],
        "later": [_step_told(teller, s) for s in item.steps if at is not None and s.start > at],
        "missing": [{"words": words, "causes": teller.causes([ref])} for ref, words in missing],
    }


def _status_told(teller: Teller, status: Status) -> Told:
    return {
        **teller.span(status.start, status.end),
        "forum": status.forum,
        "stage": status.stage,
        "outcome": status.outcome,
        "causes": teller.causes(status.causes),
    }


def _step_told(teller: Teller, item: ProceedingStep) -> Told:
    step = item.step
    decision: Plain = None
    if step.decision is not None:
        reviews = step.decision.reviews
        decision = {
            "outcome": step.decision.outcome,
            "force": step.decision.force,
            "reviews": str(reviews) if reviews is not None else None,
            "not_enforceable": teller.segments(item.enforceable),
            "final": _final_told(teller, item.final),
        }
    return {
        "ref": str(item.ref),
        "at": moment(item.start),
        "day": teller.day(item.start),
        "forum": item.forum,
        "stage": item.stage,
        "court": teller.subject(step.court) if step.court is not None else None,
        "number": step.number,
        "institution": step.institution,
        "claimants": teller.subjects(step.claimants),
        "respondents": teller.subjects(step.respondents),
        "concerns": [str(c) for c in step.concerns],
        "on": str(step.on) if step.on is not None else None,
        "decision": decision,
        "validity": teller.segments(item.validity),
        "until": when_text(step.until),
        "text": step.text,
        "causes": teller.causes([item.ref]),
    }


def _final_told(teller: Teller, final: tuple[datetime, EffectRef] | None) -> Plain:
    if final is None:
        return None
    return {"at": moment(final[0]), "day": teller.day(final[0]), "causes": teller.causes([final[1]])}


def restrictions_of(question: Question) -> Told:
    """The restrictions that bear on an asset through all time, their windows by permit, and the permits themselves."""
    teller = Teller(question)
    folds = folds_of(question)
    found = history_of(question.record, question.clocks, question.forum, question.subject)
    body: Told = {
        "restrictions": [measure_told(teller, c) for c in found.courses if c.family is Family.RESTRICTION],
        "windows": [
            {**window_told(teller, folds, w), "now": w.start <= question.at < w.end} for w in found.restrictions
        ],
        "permits": [permit_told(teller, p) for p in found.permits],
        **teller.remarks(found.remarks, found.uncertain),
    }
    return teller.answer(body)


def encumbrances_of(question: Question) -> Told:
    """Encumbrances in the order of their rank, those in force at the moment marked."""
    teller = Teller(question)
    folds = folds_of(question)
    ranked = encumbrance_order(
        folds.view, [c for c in folds.courses(question.subject) if c.family is Family.ENCUMBRANCE]
    )
    told: list[Plain] = []
    rank = 0
    for course in ranked:
        span = course.span_at(question.at)
        now = span is not None and span.status == "in force"
        rank += now
        told.append({**measure_told(teller, course), "now": now, "rank": str(rank) if now else None})
    body: Told = {"encumbrances": told}
    return teller.answer({**body, **teller.remarks(remarks(folds, question.subject, question.at))})
