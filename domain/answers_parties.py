"""`holdings` and `chain` of a party as answers: what it holds, and its interest and control through companies.

Guarantees that multiplied interest and majority control are told apart, each with the links it rests on (DESIGN section 3, rule
12); links nobody names are told as ranges, cycles are told.
"""

from __future__ import annotations

from fractions import Fraction

from domain.affairs import identity
from domain.answers import Plain, Question, Teller, Told, folds_of, share_told
from domain.answers_assets import holding_told
from domain.answers_measures import identity_told, live_told, representation_told
from domain.chains import HALF, Chains, ControlChain, Interest, asset_of
from domain.effects import Impose, Right
from domain.folds import Folds
from domain.history import representation_of
from domain.identifiers import EffectRef, PartyId
from domain.measures import Live
from domain.shares import exactly


def holdings_of(question: Question) -> Told:
    """What a party holds directly, and the measures by which it exercises power over assets, at the moment."""
    teller = Teller(question)
    folds = folds_of(question)
    party = PartyId(question.subject)
    chains = Chains(folds, question.at)
    held: list[Plain] = [
        {"asset": teller.subject(asset), "right": str(right), **holding_told(teller, item)}
        for asset, right, item in chains.holdings_of(party)
    ]
    body: Told = {
        "holdings": held,
        "measures_held": [live_told(teller, live) for live in _measures_held(folds, question)],
        "measures_over": [live_told(teller, live) for live in folds.live(party, question.at)],
        "representation": [
            representation_told(teller, r) for r in representation_of(folds, party) if r.start <= question.at < r.end
        ],
        "identity": identity_told(teller, identity(folds.view, party)),
    }
    return teller.answer(body)


def _measures_held(folds: Folds, question: Question) -> list[Live]:
    """Measures in force that the party holds."""
    found = []
    for act in folds.view.record.acts:
        for n, effect in enumerate(act.effects, 1):
            if isinstance(effect, Impose):
                course = folds.course(EffectRef(act.id, n))
                span = course.span_at(question.at) if course is not None else None
                if course is not None and span is not None and span.holder == question.subject:
                    found.append(Live(course, span))
    return found


def chain_of(question: Question, threshold: Fraction = HALF) -> Told:
    """A party's interest in everything below it; and, where it is itself a company on record, who is above it."""
    teller = Teller(question)
    folds = folds_of(question)
    party = PartyId(question.subject)
    chains = Chains(folds, question.at)
    below = chains.downstream(party)
    asset = asset_of(party)
    body: Told = {
        "threshold": share_told(exactly(threshold)),
        "below": [
            {**_interest_told(teller, i), "control": _control_told(teller, chains.control(i.asset, threshold), party)}
            for i in below
        ],
        "above": [_interest_told(teller, i) for i in chains.interests(asset)],
        "controlled_by": _control_told(teller, chains.control(asset, threshold)),
    }
    return teller.answer(body)


def interests_in(question: Question, right: Right = Right.ECONOMIC, threshold: Fraction = HALF) -> Told:
    """Everyone's multiplied interest in an asset, and who controls it through majorities."""
    teller = Teller(question)
    chains = Chains(folds_of(question), question.at)
    body: Told = {
        "right": str(right),
        "interests": [_interest_told(teller, i) for i in chains.interests(question.subject, right)],
        "controlled_by": _control_told(teller, chains.control(question.subject, threshold)),
    }
    return teller.answer(body)


def _interest_told(teller: Teller, item: Interest) -> Told:
    return {
        "party": teller.subject(item.party),
        "asset": teller.subject(item.asset),
        **share_told(item.share),
        "direct": share_told(item.direct),
        "paths": [list[Plain](teller.subjects(path)) for path in item.paths],
        "cyclic": item.cyclic,
        "causes": teller.causes(item.causes),
    }


def _control_told(teller: Teller, chain: ControlChain, party: PartyId | None = None) -> Told:
    told: Told = {
        "top": teller.subject(chain.top) if chain.top is not None else None,
        "cyclic": chain.cyclic,
        "links": [
            {
                "holder": teller.subject(link.holder),
                "asset": teller.subject(link.asset),
                **share_told(link.share),
                "causes": teller.causes(link.causes),
            }
            for link in chain.links
        ],
    }
    if party is not None:
        told["by_this_party"] = any(link.holder == party for link in chain.links)
    return told
