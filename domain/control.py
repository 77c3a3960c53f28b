"""The control stack, power by power: who exercises, directs, consents, and what bars it (DESIGN section 3, rules 2 and 4).

Guarantees that every measure that takes a power and is not outranked is shown, all of them where nothing ranks them. Possession
and representation are told apart, never as control; control through companies is for `chains`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from domain.effects import Family, Grip, Power, Right, of_each
from domain.identifiers import EffectRef, PartyId, SubjectId, company_of
from domain.measures import Course, Exercise, Live
from domain.ranks import outranked


class PowerState(NamedTuple):
    """One power at a moment: who exercises it, on whose direction, with whose consent, and what bars it."""

    exercised: tuple[Exercise, ...]
    directed: tuple[Exercise, ...]
    consent: tuple[Exercise, ...]
    barred: tuple[EffectRef, ...]
    unranked: bool
    """Several measures take this power and nothing ranks them: all are shown."""


class Control(NamedTuple):
    """The control stack at a moment, power by power, and the headline: who manages, else who votes."""

    states: tuple[PowerState, ...]
    """Of each power, in the order of `_FOLLOWS`; a history keeps one stack for each of its stretches."""
    headline: tuple[Exercise, ...]

    @property
    def powers(self) -> dict[Power, PowerState]:
        return dict(zip(_FOLLOWS, self.states, strict=True))

    def power(self, power: Power) -> PowerState:
        return self.powers[power]


_FOLLOWS: dict[Power, Right] = {
    Power.VOTE: Right.VOTES,
    Power.MANAGE: Right.VOTES,
    Power.USE: Right.TITLE,
    Power.DISPOSE: Right.TITLE,
    Power.RECEIVE: Right.ECONOMIC,
}


_followed = itemgetter(*_FOLLOWS.values())
"""Of what is told by right, what holds for each power."""
Held = Mapping[Right, tuple[Exercise, ...]]
"""Who would exercise each right by what it holds, were there no measure."""
Silenced = Mapping[PartyId, EffectRef]
"""Those whose votes a measure over them, or reaching them, forbids; and that measure."""


def control(live: Sequence[Live], asset: SubjectId, held: Held, silenced: Silenced = MappingProxyType({})) -> Control:
    """The control stack from the measures in force and what is held; possession and representation are told apart."""
    title, votes, interest = of_each(held)
    if title is votes is interest:
        plain = dict.fromkeys(held, PowerState(title, (), (), (), False))
    else:
        plain = {right: PowerState(who, (), (), (), False) for right, who in held.items()}
    if not live and not silenced:
        return Control(_followed(plain), votes)
    gripped: dict[Power, dict[Grip, list[Live]]] = {}
    for item in live:
        for power, grip in item.grips:
            if power is not Power.MANAGE and manages_company(item.course, asset):
                continue
            gripped.setdefault(power, {}).setdefault(grip, []).append(item)
    if silenced:
        gripped.setdefault(Power.VOTE, {})
    states = {
        power: _power(power, gripped[power], asset, held[right], silenced) if power in gripped else plain[right]
        for power, right in _FOLLOWS.items()
    }
    by_measure = tuple(e for e in states[Power.MANAGE].exercised if e.measure is not None)
    return Control(tuple(states.values()), by_measure or states[Power.VOTE].exercised)


def _power(
    power: Power,
    gripped: Mapping[Grip, list[Live]],
    asset: SubjectId,
    holders: tuple[Exercise, ...],
    muted: Silenced,
) -> PowerState:
    barred = tuple(item.course.ref for item in gripped.get(Grip.FORBIDS, []))
    silenced = {party for item in gripped.get(Grip.FORBIDS, ()) for party in _barred(item, asset)}
    if power is Power.VOTE:
        barred = tuple(dict.fromkeys((*barred, *muted.values())))
    taking = gripped.get(Grip.TAKES, [])
    beaten = outranked(taking)
    winning = [item for item in taking if item.course.ref not in beaten] if beaten else taking
    company = company_of(asset)
    whole = [item.exercise for item in winning if not {asset, company}.isdisjoint(item.course.impose.over)]
    stakes: dict[PartyId, list[Live]] = {}
    for item in winning:
        for over in item.stakes:
            if over.asset == asset:
                stakes.setdefault(over.holder, []).append(item)
    if (
        power is Power.VOTE
    ):  # others decide without them; who takes the votes of a party that may not vote votes in its place
        silenced.update(party for party in muted if party not in stakes)
        holders = tuple(own for own in holders if own.holder not in silenced) if silenced else holders
    exercised = whole
    shared = False
    if stakes or not whole:
        exercised = list(whole)
        for own in holders:
            takers = stakes.get(own.holder, []) if isinstance(own.holder, str) else []
            shared = shared or (bool(takers) and len(takers) + len(whole) > 1)
            if takers:
                over_party = own.holder if isinstance(own.holder, str) else None
                exercised += [item.exercise._replace(share=own.share, over=over_party) for item in takers]
            elif not whole:
                exercised.append(own)
    return PowerState(
        tuple(exercised),
        tuple(item.exercise for item in gripped.get(Grip.DIRECTS, [])),
        tuple(item.exercise for item in gripped.get(Grip.VETOES, [])),
        barred,
        len(whole) > 1 or shared,
    )


def _barred(item: Live, asset: SubjectId) -> set[PartyId]:
    """Whose exercise of a power a measure forbids: of those over whose stake it lies, or whom it binds; where both, of both."""
    over = {stake.holder for stake in item.stakes if stake.asset == asset}
    binds = set(item.span.binds)
    return over & binds if over and binds else over | binds


def manages_company(course: Course, asset: SubjectId) -> bool:
    """Whether a measure of control over the company that an asset is, and not over the asset, takes its management: its other
    powers are over what the company itself holds."""
    if course.family is not Family.CONTROL or asset in course.impose.over:
        return False
    taken = any((Power.MANAGE, Grip.TAKES) in span.powers for span in course.spans)
    return taken and company_of(asset) in course.impose.over
