"""Who speaks for a state in the eyes of a forum: recognitions of governments, over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from domain.effects import (
    Admit,
)
from domain.identifiers import EffectRef, PartyId
from domain.segments import Segment, Validity
from domain.standing import View
from domain.title import ordered


@dataclass(frozen=True, slots=True)
class Representation:
    """Who may act for a party over a period, by which measure or recognition."""

    start: datetime
    end: datetime
    party: PartyId
    agent: PartyId
    kind: str
    causes: tuple[EffectRef, ...]


def governments(view: View, state: PartyId) -> tuple[Representation, ...]:
    """Who may act for a state in the forum of the view: each recognition holds until withdrawn or another is recognised."""
    refs = [
        ref
        for ref, effect in view.record.about(state)
        if isinstance(effect, Admit) and effect.state == state and effect.forum == view.forum
    ]
    stretches = {
        ref: [s for s in view.settled(ref, state) if s.validity is Validity.OPERATIVE]
        for ref in ordered(view, refs, state)
    }
    cuts = sorted({moment for found in stretches.values() for s in found for moment in (s.start, s.end)})
    made: list[Representation] = []
    for low, high in pairwise(cuts):
        standing = [ref for ref, found in stretches.items() if any(s.start <= low < s.end for s in found)]
        agent, by, ended_by = _government(view, standing)
        last = made[-1] if made and made[-1].end == low else None
        if last is not None and agent == last.agent and by == last.causes[0]:
            made[-1] = replace(last, end=high)
            continue
        if last is not None:
            made[-1] = replace(last, causes=(*last.causes, *_turn(view, stretches, low, by or ended_by)))
        if agent is not None and by is not None:
            made.append(Representation(low, high, state, agent, "recognised government", (by,)))
    return tuple(made)


def _government(view: View, standing: Iterable[EffectRef]) -> tuple[PartyId | None, EffectRef | None, EffectRef | None]:
    """Which government these answers of a forum leave recognised, by which of them, or by which of them none."""
    agent, by, ended_by = None, None, None
    for ref in standing:
        admit = view.record.effect(ref)
        assert isinstance(admit, Admit), "answers only"
        if admit.answer == "recognised" and admit.government is not None:
            agent, by = admit.government, ref
        elif admit.answer in ("withdrawn", "refused") and admit.government == agent:
            agent, by, ended_by = None, None, ref
    return agent, by, ended_by


def _turn(
    view: View, stretches: Mapping[EffectRef, list[Segment]], at: datetime, by: EffectRef | None
) -> tuple[EffectRef, ...]:
    """What ended a recognition at a moment: the answer that took its place, or what took it back."""
    if by is not None and any(s.start == at for s in stretches[by]):
        return (by,)
    return tuple(dict.fromkeys(c for ref in stretches for s in view.settled(ref) if s.start == at for c in s.causes))
