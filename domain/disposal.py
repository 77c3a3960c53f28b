"""The power to dispose: who makes an act, who speaks for a party, who lacks the power, and from whom a measure has taken it
(DESIGN section 3, rules 2 and 6).

Guarantees that one acts for a party by representation, or by a measure of control over it that gives its disposal and is not
outranked. It does not ask who holds the shares that are moved (`transfers` finds no room for what is not held), nor what else
forbids the dealing (`dealings`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from domain.acts import Act
from domain.effects import Family, Grip, Holder, Move, Power, Void
from domain.folds import Folds
from domain.governments import governments
from domain.identifiers import EffectRef, PartyId, SubjectId
from domain.measures import Live
from domain.nominees import each_of
from domain.objections import Bar
from domain.ranks import outranked
from domain.reach import under_any_name
from domain.restrictions import carries_out, imposed_by, permits_for


def named_in(act: Act) -> frozenset[PartyId]:
    """Those who make an act: its actor and its signers."""
    return frozenset({act.actor, *(signer.party for signer in act.signers)})


def speaks_for(folds: Folds, names: Iterable[PartyId], party: Holder | None, at: datetime) -> bool:
    """Whether one of those who make an act is a party under one of its names, or acts for it: by representation, or by a measure
    of control over it that gives its disposal."""
    if not isinstance(party, str):
        return False
    mine = set(names)
    if party in mine or not mine.isdisjoint(folds.view.same(party, at)):
        return True
    return any(_disposes_for(live) for live in acting_for(folds, mine, party, at))


def acting_for(folds: Folds, names: Collection[PartyId], party: Holder, at: datetime) -> list[Live]:
    """The measures over a party, not outranked by another over it, by which one of these represents or controls it."""
    if not isinstance(party, str):
        return []
    over = [live for live in under_any_name(folds, party, at) if live.course.family in _FOR_ANOTHER]
    beaten = outranked(over) if over else set()
    return [live for live in over if live.span.holder in names and live.course.ref not in beaten]


_FOR_ANOTHER = frozenset({Family.REPRESENTATION, Family.CONTROL})


def lies_over(live: Live, asset: SubjectId, holder: Holder) -> bool:
    """Whether a measure lies over the whole of an asset, or over the stake of this holder in it."""
    if any(over == asset for over in live.course.impose.over):
        return True
    stakes = {stake.holder for stake in live.stakes if stake.asset == asset}
    return not stakes or any(party in stakes for party in each_of(holder)) or not isinstance(holder, str)


def _disposes_for(live: Live) -> bool:
    if live.course.family is Family.REPRESENTATION:
        return True
    return live.course.family is Family.CONTROL and gives_disposal(live)


def gives_disposal(live: Live) -> bool:
    """Whether a measure gives its holder the power to dispose."""
    return (Power.DISPOSE, Grip.TAKES) in live.span.powers or (Power.DISPOSE, Grip.DIRECTS) in live.span.powers


def lacks_power(folds: Folds, act: Act, move: Move, at: datetime, authority: bool) -> Bar | None:
    """An actor that disposes of what is not its own: a manager needs the power to dispose, anyone else is no party to the act.

    Who corrects the record of an act does not dispose: the power of the first record's actor was judged with that record.
    """
    asset = move.asset
    if act.actor in (move.source, move.target):
        return None
    if Void in act.kinds and any(isinstance(e, Void) and e.ground == "error" for e in act.effects):
        return None
    mine = [
        item
        for item in folds.live(asset, at)
        if item.span.holder == act.actor and item.course.family in (Family.CONTROL, Family.ENCUMBRANCE)
        if lies_over(item, SubjectId(asset), move.source)
    ]
    mine += acting_for(folds, [act.actor], move.source, at)
    if any(
        (Power.DISPOSE, Grip.TAKES) in item.span.powers or (Power.DISPOSE, Grip.DIRECTS) in item.span.powers
        for item in mine
    ):
        return None
    if any(item.course.family is Family.REPRESENTATION for item in mine):
        return None
    if isinstance(move.source, str) and act.actor in folds.view.same(move.source, at):
        return None
    if isinstance(move.source, str) and any(
        item.agent == act.actor and item.start <= at < item.end for item in governments(folds.view, move.source)
    ):
        return None
    if any(carries_out(move.performs, name) for item in mine for name in folds.view.aliases(item.course.ref)):
        return None  # who enforces a burden realises it
    if mine:
        first = mine[0]
        words = f"{act.actor} acts under {first.course.impose.kind}, which does not give the power to dispose"
        return Bar(
            "measure.lacks-disposal",
            first.course.ref,
            words,
            "name the instrument that gives the power, or record it despite",
        )
    if authority:
        return None
    words = f"{act.actor} is neither transferor nor transferee and holds no measure over what it moves of {asset}"
    return Bar("actor.no-power", EffectRef(act.id, 0), words, "let a party to the transfer act, or record it despite")


_DISPLACING = frozenset({"insolvency-officer", "liquidator"})
"""Kinds of representation that put themselves in the place of who is represented; directors and attorneys act beside it."""


def bars_dispossessed(folds: Folds, act: Act, move: Move, at: datetime) -> list[Bar]:
    """Against a transfer by an owner, or who acts for it, whose disposal a measure of control gives to another, who has no part in
    the act."""
    asset = SubjectId(move.asset)
    if not isinstance(move.source, str):
        return []
    own = (move.source, move.target, *folds.view.same(move.source, at))
    acting = acting_for(folds, [act.actor], move.source, at)
    if act.actor not in own and not any(live.course.family is Family.REPRESENTATION for live in acting):
        return []
    taking = [
        live
        for live in folds.live(asset, at)
        if live.course.family is Family.CONTROL
        and (asset in live.course.impose.over or any(s.asset == asset and s.holder == move.source for s in live.stakes))
    ]
    taking += [
        live
        for live in under_any_name(folds, move.source, at)
        if live.course.family is Family.CONTROL or live.course.impose.kind in _DISPLACING
    ]
    taking = [live for live in taking if (Power.DISPOSE, Grip.TAKES) in live.span.powers and not imposed_by(act, live)]
    taking = [live for live in taking if live.course.ref not in outranked(taking)] if taking else []
    consents = {folds.view.record.act(c.ref.statement).actor for c in permits_for(folds, move.performs, at)}
    involved = {act.actor, move.target, *(signer.party for signer in act.signers), *consents}
    if not taking or any(live.span.holder in involved for live in taking):
        return []
    found: list[Bar] = []
    for live in taking:
        if any(carries_out(move.performs, name) for name in folds.view.aliases(live.course.ref)):
            continue
        words = f"{live.course.impose.kind} gives the disposal of {asset} to {live.span.holder}, who has no part in this act"
        remedy = "let that holder act or sign, or record it despite"
        found.append(Bar("measure.bars-disposal", live.course.ref, words, remedy))
    return found
