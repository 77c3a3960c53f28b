"""`holdings` and `chain` of a party as answers: what it holds, and its interest and control through companies.

Guarantees that multiplied interest and majority control are told apart, each with the links it rests on (DESIGN section 3, rule
12); what nobody is named for is told and makes ranges, cycles are told, and so are measures that take the votes of a link. A bare
date stands for the end of that legal day where each asset is, so that no answer contradicts `show`: a chain is seen where the
company at its foot is, a measure over a party where the company is, else in the zone of the measure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from domain.answers import Plain, Question, Teller, Told, folds_of, share_told
from domain.answers_assets import holding_told
from domain.answers_measures import identity_told, live_told, powers_told, representation_told
from domain.chains import HALF, Chains, ControlChain, Interest, Unnamed, assets_naming
from domain.effects import Alter, Exist, Grip, Impose, Power, Right, Stake
from domain.folds import Folds
from domain.history import representation_of
from domain.identifiers import EffectRef, PartyId, SubjectId, company_asset, company_of
from domain.identity import identity
from domain.measures import Live, in_force
from domain.record import Record
from domain.shares import exactly


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A question as understood in one zone, with its folds and chains."""

    teller: Teller
    folds: Folds
    chains: Chains

    @property
    def question(self) -> Question:
        return self.teller.question


@dataclass(slots=True)
class _Zones:
    """A question in every zone in which its legal day ends; one where it names an instant."""

    question: Question
    teller: Teller
    _folds: dict[object, Folds] = field(default_factory=dict)
    _seen: dict[tuple[str, datetime], _Seen] = field(default_factory=dict)

    def of(self, subject: SubjectId) -> _Seen:
        """Where a subject is."""
        return self.at(*self.question.zone_for(subject))

    def at(self, zone: str, last: datetime | None = None) -> _Seen:
        asked = self.question.in_zone(zone, last)
        found = self._seen.get((zone, asked.at))
        if found is None or not found.folds.view.turn_to(asked.at):
            folds = self._folds.get(asked.clocks.known_at)
            if folds is None or not folds.view.turn_to(asked.at):
                folds = self._folds[asked.clocks.known_at] = folds_of(asked)
            found = self._seen[zone, asked.at] = _Seen(self.teller.of(asked), folds, Chains(folds, asked.at))
        return found

    def of_measure(self, ref: EffectRef, impose: Impose) -> _Seen:
        """Where a measure works: where an asset it lies over is, or the company; else in the zone of the measure."""
        record = self.question.record
        over = [SubjectId(o.asset) if isinstance(o, Stake) else SubjectId(o) for o in impose.over]
        found = next((there for subject in over if (there := self.question.zone_for(subject))[0] != "UTC"), None)
        return self.at(*found) if found is not None else self.at(record.dates(ref).zone or self.question.zone)


def _zones(question: Question) -> _Zones:
    return _Zones(question, Teller(question))


def holdings_of(question: Question) -> Told:
    """What a party holds directly, what others hold for it, and the measures by which it exercises power, at the moment."""
    zones = _zones(question)
    teller, here = zones.teller, zones.of(question.subject)
    party = PartyId(question.subject)
    held: list[Plain] = []
    held_for: list[Plain] = []
    for asset in assets_naming(here.folds, party):
        seen = zones.of(asset)
        for right, item in seen.chains.held_by(asset, party):
            held.append({"asset": teller.subject(asset), "right": str(right), **holding_told(teller, item)})
        for right, item in seen.chains.held_for(asset, party):
            held_for.append({"asset": teller.subject(asset), "right": str(right), **holding_told(teller, item)})
    body: Told = {
        "holdings": held,
        "held_for": held_for,
        "measures_held": _measures_held(zones, party),
        "measures_over": _measures_over(zones, party),
        "representation": _representation(zones, party),
        "identity": identity_told(here.teller, identity(here.folds.view, party)),
    }
    return teller.answer(body)


def _measures_held(zones: _Zones, party: PartyId) -> list[Plain]:
    """Measures in force that the party holds, also as successor of who was named."""
    found: list[Plain] = []
    record = zones.question.record
    named = (party, *_succeeded(record, party))
    refs: dict[EffectRef, None] = {}
    for act in (act for one in named for act in record.naming_holder(one)):
        refs |= {ref: None for ref, effect in act.refs() if isinstance(effect, Impose)}
        refs |= {effect.measure: None for _, effect in act.refs() if isinstance(effect, Alter)}
    for ref in refs:
        effect = record.effect(ref)
        if isinstance(effect, Impose):
            seen = zones.of_measure(ref, effect)
            course = seen.folds.course(ref)
            span = course.span_at(seen.question.at) if course is not None else None
            if course is not None and span is not None and span.holder == party:
                found.append(live_told(seen.teller, Live(course, span)))
    return found


def _succeeded(record: Record, party: PartyId) -> list[PartyId]:
    """The parties that this one was ever recorded to succeed, directly or through others."""
    found: dict[PartyId, None] = {}
    todo = [party]
    while todo:
        current = todo.pop()
        for ref in record.existing(current):
            effect = record.effect(ref)
            if isinstance(effect, Exist) and effect.op in ("merge", "succeed") and current in effect.others:
                before = PartyId(effect.subject)
                todo += [before] if before not in found else []
                found[before] = None
    return list(found)


def _measures_over(zones: _Zones, party: PartyId) -> list[Plain]:
    """Measures over the party, or over what is one with it, that are in force."""
    found: list[Plain] = []
    here = zones.of(party)
    for name in (party, *here.folds.view.same(party, here.question.at)):
        for ref, effect in zones.question.record.about(name):
            if isinstance(effect, Impose):
                seen = zones.of_measure(ref, effect)
                found += [
                    live_told(seen.teller, live)
                    for live in seen.folds.live(name, seen.question.at)
                    if live.course.ref == ref
                ]
    return found


def _representation(zones: _Zones, party: PartyId) -> list[Plain]:
    """Who may act for the party."""
    record = zones.question.record
    own, last = zones.question.zone_for(party)
    found: list[Plain] = []
    for item in representation_of(zones.of(party).folds, party):
        zone = record.dates(item.causes[0]).zone
        seen = zones.at(zone) if own == "UTC" and zone is not None else zones.at(own, last)
        if item.start <= seen.question.at < item.end:
            found.append(representation_told(seen.teller, item))
    return found


def chain_of(question: Question, threshold: Fraction = HALF) -> Told:
    """A party's interest in everything below it; and, where it is itself a company on record, who is above it."""
    zones = _zones(question)
    teller = zones.teller
    party = PartyId(question.subject)
    asset = company_asset(party)
    here = zones.of(party)
    below = [
        (item, zones.of(item.asset).chains.control(item.asset, threshold))
        for name in _reached(zones, party)
        for item in zones.of(name).chains.interests(name)
        if item.party == zones.of(name).chains.one(party)
    ]
    below.sort(key=lambda pair: (-pair[0].share.high, pair[0].asset))
    body: Told = {
        "threshold": share_told(exactly(threshold)),
        "below": [
            {
                **_interest_told(teller, item),
                "unnamed": _unnamed_told(teller, zones.of(item.asset).chains.unnamed(item.asset)),
                "control": _control_told(zones.of(item.asset), control, party),
            }
            for item, control in below
        ],
        **_above_told(here, asset, Right.ECONOMIC, threshold, "above"),
    }
    return teller.answer(body)


def _reached(zones: _Zones, party: PartyId) -> list[SubjectId]:
    """Assets below a party, each as seen where it is."""
    if zones.question.day is None and zones.question.known_day is None:
        return zones.of(party).chains.beneath(party)
    folds = zones.of(party).folds
    places: dict[tuple[str, datetime | None], set[SubjectId]] = {}
    seen: set[SubjectId] = set()
    names, at = folds.view.same, zones.of(party).question.at
    todo: list[SubjectId] = [party, *names(party, at)]
    while todo:
        for asset in assets_naming(folds, PartyId(todo.pop())):
            if asset not in seen:
                seen.add(asset)
                places.setdefault(zones.question.zone_for(asset), set()).add(asset)
                todo += [company_of(asset), *names(company_of(asset), at)]
    return [
        asset for there, here in places.items() for asset in zones.at(*there).chains.beneath(party) if asset in here
    ]


def interests_in(question: Question, right: Right = Right.ECONOMIC, threshold: Fraction = HALF) -> Told:
    """Everyone's multiplied interest in an asset, and who controls it through majorities."""
    seen = _zones(question).of(question.subject)
    body: Told = {"right": str(right), **_above_told(seen, question.subject, right, threshold, "interests")}
    return seen.teller.answer(body)


def _above_told(seen: _Seen, asset: SubjectId, right: Right, threshold: Fraction, name: str) -> Told:
    """Everyone's interest in an asset, what nobody is named for, and who controls it."""
    return {
        name: [_interest_told(seen.teller, i) for i in seen.chains.interests(asset, right)],
        "unnamed": _unnamed_told(seen.teller, seen.chains.unnamed(asset, right)),
        "undecided": [
            {"asset": seen.teller.subject(one), **holding_told(seen.teller, item)}
            for one, item in seen.chains.undecided(asset, right)
        ],
        "controlled_by": _control_told(seen, seen.chains.control(asset, threshold)),
    }


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


def _unnamed_told(teller: Teller, item: Unnamed | None) -> Plain:
    if item is None:
        return None
    return {**share_told(item.share), "assets": teller.subjects(item.assets), "causes": teller.causes(item.causes)}


def _control_told(seen: _Seen, chain: ControlChain, party: PartyId | None = None) -> Told:
    teller = seen.teller
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
        "measures": _taking_votes(seen, dict.fromkeys((chain.asset, *(link.asset for link in chain.links)))),
    }
    if party is not None:
        told["by_this_party"] = any(link.holder == seen.chains.one(party) for link in chain.links)
    return told


_WITHHOLDING = frozenset({(Power.VOTE, Grip.TAKES), (Power.MANAGE, Grip.TAKES), (Power.VOTE, Grip.FORBIDS)})


def _taking_votes(seen: _Seen, assets: Iterable[SubjectId]) -> list[Plain]:
    """Measures in force that take the votes or the management of an asset in a chain, or forbid votes: its holders do not exercise
    them."""
    return [
        {
            "asset": seen.teller.subject(asset),
            "ref": str(live.course.ref),
            "kind": live.course.impose.kind,
            "holder": seen.teller.holder(live.span.holder),
            "stakes": seen.teller.subjects(stake.holder for stake in live.stakes if stake.asset == asset),
            "binds": seen.teller.subjects(live.span.binds),
            "powers": powers_told(taken),
            "causes": seen.teller.causes(live.span.causes),
        }
        for asset in assets
        for live in (
            *seen.folds.live(asset, seen.question.at),
            *in_force(seen.folds.managing(asset), seen.question.at),
        )
        if (taken := [g for g in live.grips if g in _WITHHOLDING])
    ]
