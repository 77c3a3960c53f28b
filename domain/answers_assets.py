"""`show` and `history` of an asset as answers: an asset at a moment, and through time.

Guarantees that both come from the one fold in `history`, with remarks and with what is uncertain; a bare date on the effective
clock answers for the end of that legal day and lists the changes within it (DESIGN section 3, rule 3).
"""

from __future__ import annotations

from datetime import datetime

from domain.answers import Plain, Question, Teller, Told, effect_named, folds_of, moment, share_told
from domain.answers_measures import (
    bound_stakes_told,
    control_told,
    debt_told,
    identity_told,
    live_told,
    measure_told,
    permit_told,
    representation_told,
    states_end,
    window_told,
)
from domain.answers_proceedings import proceedings_told
from domain.comparison import values_of
from domain.concerning import proceedings_about
from domain.effects import Family, Move, Right
from domain.effects import State as Said
from domain.folds import Folds
from domain.history import Period, Snapshot, history_of, representation_of, snapshot, snapshot_of
from domain.holdings import Holding
from domain.identifiers import company_of
from domain.measures import Course
from domain.periods import day_end, day_start
from domain.remarks import with_overdue
from domain.segments import Validity


def show(question: Question) -> Told:
    """An asset at the moment of the question."""
    teller = Teller(question)
    folds = folds_of(question)
    snap = snapshot_of(question.record, question.clocks, question.forum, question.subject, question.at)
    return teller.answer({**snapshot_told(teller, folds, snap), "changes": changes_within(teller, folds)})


def snapshot_told(teller: Teller, folds: Folds, snap: Snapshot) -> Told:
    """The body of an answer for a moment."""
    rights: Told = {str(right): [holding_told(teller, h) for h in snap.rights[right]] for right in Right}
    by_family = {
        family: [live_told(teller, m) for m in snap.measures if m.course.family is family] for family in Family
    }
    return {
        **rights,
        "control": control_told(teller, snap.control),
        "measures": list[Plain](
            told for family in (Family.CONTROL, Family.RESTRICTION, Family.ENCUMBRANCE) for told in by_family[family]
        ),
        "possession": list[Plain](by_family[Family.POSSESSION]),
        "representation": [*by_family[Family.REPRESENTATION], *_representation(teller, folds, snap)],
        "represented": _represented(teller, folds, snap),
        "suspended": [measure_told(teller, c) for c in (*snap.suspended, *_suspended_agents(folds, snap))],
        "restrictions": [window_told(teller, folds, w) for w in snap.restrictions],
        "restricted_stakes": bound_stakes_told(teller, folds, snap.asset, snap.at),
        "permits": [permit_told(teller, p) for p in snap.permits],
        "debts": [debt_told(teller, d) for d in snap.debts],
        "proceedings": [proceedings_told(teller, p, snap.at) for p in proceedings_about(folds, snap.asset)],
        "standing": _not_operative(teller, folds, snap.at),
        "ended": _ended(teller, folds, snap.at),
        "ahead": _ahead(teller, folds, snap.at),
        "stated": _stated(teller, folds, snap.at),
        "identity": identity_told(teller, snap.identity),
        **teller.remarks(snap.remarks, snap.uncertain),
    }


def _representation(teller: Teller, folds: Folds, snap: Snapshot) -> list[Plain]:
    """Measures of representation over the company that the asset is."""
    found = folds.live(company_of(snap.asset), snap.at)
    return [live_told(teller, live) for live in found if live.course.family is Family.REPRESENTATION]


def _represented(teller: Teller, folds: Folds, snap: Snapshot) -> list[Plain]:
    """Who may act for those who hold title: an insolvency officer of the owner, the government of a state."""
    holders = dict.fromkeys(h.holder for h in snap.rights[Right.TITLE] if isinstance(h.holder, str))
    found = (item for holder in holders for item in representation_of(folds, holder))
    return [representation_told(teller, item) for item in found if item.start <= snap.at < item.end]


def _suspended_agents(folds: Folds, snap: Snapshot) -> list[Course]:
    """Suspended measures of representation over the company that the asset is."""
    found = [c for c in folds.courses(company_of(snap.asset)) if c.family is Family.REPRESENTATION]
    return [c for c in found if (span := c.span_at(snap.at)) is not None and span.status == "suspended"]


def _not_operative(teller: Teller, folds: Folds, at: datetime) -> list[Plain]:
    """Effects on record about the subject that have begun, and are void, pending, suspended or not recognised at the moment."""
    subject, view = teller.question.subject, folds.view
    found: list[Plain] = []
    for act in view.record.stream(subject):
        for ref, effect in act.refs():
            if not view.held(ref):
                continue
            segment = next((s for s in view.settled(ref, subject) if s.start <= at < s.end), None)
            if segment is not None and segment.validity is not Validity.OPERATIVE:
                causes = teller.causes(dict.fromkeys((ref, *segment.causes)))
                validity = str(segment.validity)
                found.append({"ref": str(ref), "effect": effect_named(effect), "validity": validity, "causes": causes})
    return found


def _ended(teller: Teller, folds: Folds, at: datetime) -> list[Plain]:
    """Measures that had ended before the moment, and by what: a term that ran out, an end, a discharge, a void."""
    return [
        {
            "ref": str(course.ref),
            "kind": course.impose.kind,
            "family": str(course.family),
            **teller.span(course.spans[0].start, course.end, states_end(course)),
            "ending": course.ending,
            "causes": teller.causes(dict.fromkeys((course.ref, *course.ended_by))),
        }
        for course in (*folds.courses(teller.question.subject), *folds.managing(teller.question.subject))
        if course.spans and course.end <= at
    ]


def _ahead(teller: Teller, folds: Folds, at: datetime) -> list[Plain]:
    """What the record holds, on these clocks, that takes effect only after the moment."""
    subject, view = teller.question.subject, folds.view
    return [
        {
            "ref": str(ref),
            "effect": effect_named(effect),
            "from": moment(view.start(ref)),
            **teller.began(view.start(ref), ref),
            "causes": teller.causes([ref]),
        }
        for act in view.record.stream(subject)
        for ref, effect in act.refs()
        if not isinstance(effect, Said) and view.held(ref) and view.start(ref) > at
    ]


def _stated(teller: Teller, folds: Folds, at: datetime) -> list[Plain]:
    """What was only said by then, and no act on these clocks has completed: it changes nothing (DESIGN section 3, rule 5)."""
    subject, view = teller.question.subject, folds.view
    found: list[Plain] = []
    for act in view.record.stream(subject):
        for ref, effect in act.refs():
            if not isinstance(effect, Said) or effect.kind in ("confirmation", "dispute"):
                continue
            if not view.held(ref) or view.start(ref) > at:
                continue
            performed = [
                other
                for other, done in view.record.naming_effect(ref)
                if isinstance(done, Move) and view.held(other) and view.start(other) <= at
            ]
            if not performed:
                told: Told = {
                    "ref": str(ref),
                    "kind": effect.kind,
                    "text": effect.text,
                    **teller.began(view.start(ref), ref),
                }
                found.append({**told, "causes": teller.causes([ref])})
    return found


def holding_told(teller: Teller, holding: Holding) -> Told:
    """Who holds how much, because of which effects, and what is pending on it."""
    return {
        "holder": teller.holder(holding.holder),
        **share_told(holding.share),
        "manner": teller.manner(holding.manner),
        "pending": [
            {"to": teller.holder(p.to), "validity": str(p.validity), "causes": teller.causes(p.causes)}
            for p in holding.pendencies
        ],
        "causes": teller.causes(holding.causes),
    }


def changes_within(teller: Teller, folds: Folds) -> list[Plain]:
    """What changed within the legal day asked for; empty when the question names an instant."""
    question = teller.question
    if question.day is None:
        return []
    low = day_start(question.day, question.zone, question.record.zones)
    high = day_end(question.day, question.zone, question.record.zones)
    view = folds.view
    moments = {*folds.title(question.subject).moments(), *(start for start, _, _, _ in view.stations(question.subject))}
    for course in (*folds.courses(question.subject), *folds.managing(question.subject)):
        moments |= {edge for span in course.spans for edge in (span.start, span.end)}
    found: list[Plain] = []
    for at in sorted(m for m in moments if low <= m < high):
        before, after = (values_of(_snapshot(folds, question, then)) for then in (at - datetime.resolution, at))
        for what in dict.fromkeys((*before, *after)):
            old, new = before.get(what), after.get(what)
            if (old.words if old else None) == (new.words if new else None):
                continue
            causes = dict.fromkeys((*(new.causes if new else ()), *(old.causes if old and not new else ())))
            found.append(
                {
                    "what": what,
                    "at": moment(at),
                    "before": teller.words(old.words) if old else None,
                    "after": teller.words(new.words) if new else None,
                    "causes": teller.causes(causes),
                }
            )
    return found


def _snapshot(folds: Folds, question: Question, at: datetime) -> Snapshot:
    """The asset at another moment, in the first reading, in the eyes of the place then."""
    if not folds.view.alike[0] <= at < folds.view.alike[1]:
        folds = folds_of(question.at_moment(at))
    return snapshot(folds, question.subject, at)


def history(question: Question) -> Told:
    """An asset through time, in periods."""
    teller = Teller(question)
    folds = folds_of(question)
    found = history_of(question.record, question.clocks, question.forum, question.subject)
    rights: Told = {str(right): [_period_told(teller, p) for p in found.rights[right]] for right in Right}
    body: Told = {
        **rights,
        "control": [{**teller.span(p.start, p.end), **control_told(teller, p.control)} for p in found.control],
        "measures": [measure_told(teller, course) for course in found.courses],
        "restrictions": [window_told(teller, folds, w) for w in found.restrictions],
        "permits": [permit_told(teller, p) for p in found.permits],
        "proceedings": [proceedings_told(teller, p) for p in found.proceedings],
        "debts": [debt_told(teller, d) for d in found.debts],
        "identity": identity_told(teller, found.identity),
        "representation": [representation_told(teller, r) for r in found.representation],
        **teller.remarks(with_overdue(found.remarks, folds, question.subject, question.at), found.uncertain),
    }
    return teller.answer(body, through_time=True)


def _period_told(teller: Teller, period: Period) -> Told:
    return {
        **teller.span(period.start, period.end),
        "holdings": [holding_told(teller, h) for h in period.holdings],
    }
