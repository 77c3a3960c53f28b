"""The parties of a measure over time: who succeeded its holder, those it binds and those whose stakes it lies over.

Guarantees spans cut wherever a party was succeeded by one alone, or became one with another under a further name. A succession by
several leaves a measure with the party it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from domain.effects import Exist, Stake
from domain.identifiers import PartyId, SubjectId
from domain.measures import Span
from domain.segments import Segment, Validity
from domain.standing import View
from domain.transfers import is_succession, joins

Succession = tuple[PartyId, PartyId, Segment]
"""From whom, to whom, and over which stretch it stands."""


def cut_by_party(
    view: View,
    spans: Iterable[Span],
    stakes: tuple[Stake, ...],
    binds: tuple[PartyId, ...],
    passings: Mapping[PartyId, list[Succession]],
    joined: set[datetime],
) -> list[Span]:
    """Spans cut where a party of a measure was succeeded, or became one with another: who holds it, whom it binds, and over whose
    stakes it lies, under any name."""
    turns = {turn for segments in passings.values() for _, _, s in segments for turn in (s.start, s.end)} | joined
    made: list[Span] = []
    for span in spans:
        if not turns:
            made.append(replace(span, stakes=stakes, binds=binds) if stakes or binds else span)
            continue
        cuts = [span.start, *sorted(turn for turn in turns if span.start < turn < span.end), span.end]
        for low, high in pairwise(cuts):

            def heir(party: PartyId, at: datetime = low) -> PartyId:
                return successor(party, passings[party], at)

            def names(party: PartyId, at: datetime = low) -> tuple[PartyId, ...]:
                return (party, *map(PartyId, view.same(party, at))) if joined else (party,)

            holder = heir(span.holder) if isinstance(span.holder, str) else span.holder
            over = tuple(replace(stake, holder=name) for stake in stakes for name in names(heir(stake.holder)))
            bound = tuple(dict.fromkeys(name for party in map(heir, binds) for name in names(party)))
            made.append(replace(span, start=low, end=high, holder=holder, stakes=over, binds=bound))
    return made


def joinings(view: View, parties: Iterable[PartyId]) -> tuple[set[datetime], set[PartyId]]:
    """When any of these parties became one with another, directly or through others, or ceased to be; and all their names."""
    found: set[datetime] = set()
    todo: list[SubjectId] = list(parties)
    seen: set[SubjectId] = set()
    while todo:
        party = todo.pop()
        if party in seen:
            continue
        seen.add(party)
        for ref in view.record.existing(party):
            effect = view.record.effect(ref)
            if isinstance(effect, Exist) and joins(effect):
                found |= {turn for s in view.segments(ref, party) for turn in (s.start, s.end)}
                todo += [effect.subject, *effect.others]
    return found, {PartyId(name) for name in seen} if found else set()


def successions(view: View, party: PartyId, subject: SubjectId | None) -> list[Succession]:
    """Successions from a party on: from whom, to whom, and over which stretches they stand."""
    found: list[Succession] = []
    todo = [party]
    seen: set[PartyId] = set()
    while todo:
        party = todo.pop()
        if party in seen:
            continue
        seen.add(party)
        for ref in view.record.existing(party):
            effect = view.record.effect(ref)
            if not isinstance(effect, Exist) or not is_succession(effect, party) or len(effect.others) > 1:
                continue
            heir = PartyId(effect.others[0])
            found += [(party, heir, s) for s in view.settled(ref, subject) if s.validity is Validity.OPERATIVE]
            todo.append(heir)
    return found


def successor(party: PartyId, passings: Sequence[Succession], at: datetime) -> PartyId:
    seen = {party}
    while True:
        heir = next((to for of, to, s in passings if of == party and s.start <= at < s.end), None)
        if heir is None or heir in seen:
            return party
        party = heir
        seen.add(heir)
