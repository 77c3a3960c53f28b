"""Proceedings, restrictions and encumbrances as answers (DESIGN section 3, rules 5 to 9 and 14).

Guarantees that decided, enforceable and final are three answers, forum by forum, and that a step undone by a later decision stays
visible with what undid it. The rank of an encumbrance is evidence of its source register's, not constitutive.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.answers import Plain, Question, Teller, Told, folds_of, moment, when_text
from domain.answers_measures import bound_stakes_told, measure_told, permit_told, window_told
from domain.concerning import proceedings_about
from domain.dockets import Proceedings, ProceedingStep, Status, proceedings
from domain.effects import Family
from domain.folds import Folds
from domain.grants import ORDERS_NOTHING
from domain.history import Uncertain, by_readings, history_of, snapshot_of
from domain.identifiers import EffectRef, ProceedingId
from domain.periods import Days
from domain.ranks import encumbrance_order
from domain.remarks import Remarks, remarks, with_overdue
from domain.restrictions import Window


def proceedings_of(question: Question) -> Told:
    """The proceedings about an asset, or one proceeding by its own name: steps, and the status in each forum."""
    teller = Teller(question)
    asked = (question.record, question.clocks, question.forum, question.subject)
    first, choices, others = by_readings(*asked, lambda folds: _course(folds, question))
    found, noted = first
    body: Told = {"proceedings": [proceedings_told(teller, item, question.at) for item in found]}
    base = _standing(found, question.at)
    uncertain = []
    for what, value in base.items():
        rest: dict[str, str] = {}
        for why, (other, _) in others:
            if (theirs := _standing(other, question.at).get(what, "not yet")) != value:
                rest.setdefault(theirs, why)
        if rest:
            uncertain.append(Uncertain(what, value, tuple(rest.items())))
    return teller.answer({**body, **teller.remarks(replace(noted, choices=choices), uncertain)})


def _course(folds: Folds, question: Question) -> tuple[list[Proceedings], Remarks]:
    """The proceedings asked for in one reading, and what must be said beside them."""
    if question.subject.startswith("proceeding:"):
        found = [proceedings(folds.view, ProceedingId(question.subject))]
    else:
        found = proceedings_about(folds, question.subject)
    return found, remarks(folds, question.subject, question.at)


def _standing(found: list[Proceedings], at: datetime) -> dict[str, str]:
    """Where proceedings stand at a moment, forum by forum, by which readings of the record are compared."""
    told: dict[str, str] = {}
    for item in found:
        for forum in dict.fromkeys(step.forum for step in item.steps):
            now = next((s for s in item.statuses if s.forum == forum and s.start <= at < s.end), None)
            outcome = f": {now.outcome}" if now is not None and now.outcome else ""
            told[f"{item.proceeding} in {forum}"] = f"{now.stage}{outcome}" if now is not None else "not yet"
        for step in item.steps:
            if step.outcome is not None:
                barred = any(s.start <= at < s.end for s in step.enforceable)
                final = step.final is not None and step.final[0] <= at
                begun = "not yet decided" if at < step.start else "not enforceable" if barred else "enforceable"
                told[f"decision {step.ref}"] = f"{begun}, {'final' if final else 'not final'}"
    return told


def proceedings_told(teller: Teller, item: Proceedings, at: datetime | None = None) -> Told:
    """A proceeding. With a moment: its steps up to then, its status then, and apart the later
    steps that these clocks hold; else all of them."""
    steps = [s for s in item.steps if at is None or s.start <= at]
    statuses = [s for s in item.statuses if at is None or s.start <= at < s.end]
    missing = [(ref, words) for ref, words in item.missing if any(s.ref == ref for s in steps)]
    return {
        "proceeding": teller.subject(item.proceeding),
        "status": [_status_told(teller, item, s) for s in statuses],
        "steps": [_step_told(teller, s) for s in steps],
        "later": [_step_told(teller, s) for s in item.steps if at is not None and s.start > at],
        "missing": [{"words": words, "causes": teller.causes([ref])} for ref, words in missing],
    }


def _stating(item: Proceedings, status: Status) -> list[EffectRef]:
    """The effects that may state when a status begins or ends: those that cause it, and the steps of its proceeding."""
    return [*status.causes, *(step.ref for step in item.steps)]


def _status_told(teller: Teller, item: Proceedings, status: Status) -> Told:
    return {
        **teller.span(status.start, status.end, _stating(item, status)),
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
            "orders_nothing": step.decision.outcome in ORDERS_NOTHING,
            "reviews": str(reviews) if reviews is not None else None,
            "not_enforceable": teller.segments(item.enforceable),
            "final": _final_told(teller, item.final),
        }
    return {
        "ref": str(item.ref),
        "at": moment(item.start),
        **teller.began(item.start, item.ref),
        "dated": _inexact(teller, item.ref),
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


def _inexact(teller: Teller, ref: EffectRef) -> Plain:
    """The date of a step as stated, where that is no whole day: its day is then the first it may be."""
    stated = teller.question.record.dates(ref).start
    return stated.text if isinstance(stated, Days) and not stated.exact else None


def _final_told(teller: Teller, final: tuple[datetime, EffectRef] | None) -> Plain:
    if final is None:
        return None
    return {"at": moment(final[0]), **teller.began(*final), "causes": teller.causes([final[1]])}


def restrictions_of(question: Question) -> Told:
    """The restrictions that bear on an asset through all time, their windows by permit, and the permits themselves."""
    teller = Teller(question)
    folds = folds_of(question)
    asked = (question.record, question.clocks, question.forum, question.subject)
    found, now = history_of(*asked), snapshot_of(*asked, question.at).restrictions
    known = {(w.restriction, w.over) for w in found.restrictions if w.start <= question.at < w.end}
    through = sorted((*found.restrictions, *(w for w in now if (w.restriction, w.over) not in known)), key=_by_start)
    body: Told = {
        "restrictions": [measure_told(teller, c) for c in found.courses if c.family is Family.RESTRICTION],
        "windows": [{**window_told(teller, folds, w), "now": w.start <= question.at < w.end} for w in through],
        "restricted_stakes": bound_stakes_told(teller, folds, question.subject, question.at),
        "permits": [permit_told(teller, p) for p in found.permits],
        **teller.remarks(with_overdue(found.remarks, folds, question.subject, question.at), found.uncertain),
    }
    return teller.answer(body)


def _by_start(window: Window) -> tuple[datetime, EffectRef]:
    return window.start, window.restriction


def encumbrances_of(question: Question) -> Told:
    """Encumbrances in the order of their rank at the moment, those in force then marked, and for whom each is or last was."""
    teller = Teller(question)
    folds = folds_of(question)
    ranked = encumbrance_order(
        folds.view, [c for c in folds.courses(question.subject) if c.family is Family.ENCUMBRANCE], question.at
    )
    clocks = replace(question.clocks, effective_at=question.at)
    asked = (question.record, clocks, question.forum, question.subject)
    first, choices, others = by_readings(*asked, lambda folds: _ranks(folds, question))
    told: list[Plain] = []
    rank = 0
    for course in ranked:
        span = course.span_at(question.at)
        now = span is not None and span.status == "in force"
        rank += now
        last = span or next((s for s in reversed(course.spans) if s.end <= question.at), next(iter(course.spans), None))
        holder = teller.holder(last.holder if last is not None else course.impose.holder)
        begun = [course.ref, *(ref for s in course.spans if s.start <= question.at for ref in s.causes)]
        causes = teller.causes(dict.fromkeys((*begun, *(course.ended_by if course.end <= question.at else ()))))
        mine: Told = {"now": now, "rank": str(rank) if now else None, "holder": holder, "causes": causes}
        told.append({**measure_told(teller, course), **mine})
    body: Told = {"encumbrances": told}
    said = replace(remarks(folds, question.subject, question.at), choices=choices)
    return teller.answer({**body, **teller.remarks(said, _otherwise(first, others))})


def _ranks(folds: Folds, question: Question) -> dict[EffectRef, str]:
    """The rank of each encumbrance in force, in one reading."""
    courses = [c for c in folds.courses(question.subject) if c.family is Family.ENCUMBRANCE]
    order = encumbrance_order(folds.view, courses, question.at)
    spans = {course.ref: course.span_at(question.at) for course in order}
    now = [ref for ref, span in spans.items() if span is not None and span.status == "in force"]
    return {ref: f"rank {n} of {len(now)}" for n, ref in enumerate(now, 1)}


def _otherwise(first: dict[EffectRef, str], others: list[tuple[str, dict[EffectRef, str]]]) -> list[Uncertain]:
    """The encumbrances whose rank, or force, differs between readings."""
    found: list[Uncertain] = []
    for ref in sorted({*first, *(ref for _, ranks in others for ref in ranks)}):
        value, rest = first.get(ref, "not in force"), dict[str, str]()
        for why, ranks in others:
            if (theirs := ranks.get(ref, "not in force")) != value:
                rest.setdefault(theirs, why)
        if rest:
            found.append(Uncertain(f"encumbrance {ref}", value, tuple(rest.items())))
    return found
