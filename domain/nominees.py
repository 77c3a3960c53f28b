"""Who holds an asset for whom: parties behind their nominees, who gives and takes in a transfer, and what is held together.

Guarantees that a nominee never stands for itself: what it holds counts as held by its beneficiary where that one is named. Of
several who may hold, each may hold all and surely holds nothing. Pure questions to the kept folds; it judges no dealing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from fractions import Fraction

from domain.effects import Declare, Effect, Holder, Manner, Move, OneOf, Reunit, Right
from domain.folds import Folds
from domain.identifiers import PartyId, SubjectId
from domain.lots import holder_of
from domain.periods import BEGINNING
from domain.shares import NOTHING, Share, total


def for_another(manner: Manner | None) -> PartyId | None:
    """For whom who holds so holds, as its nominee; None where for itself, or for one who is not named."""
    return manner.beneficiary if manner is not None and manner.kind == "nominee" else None


def owners_of(folds: Folds, asset: SubjectId, at: datetime) -> dict[PartyId, Share]:
    """Who holds title in an asset, for itself or through a nominee, and how much: of several who may, each from nothing up."""
    found: dict[PartyId, Share] = {}
    for lot in folds.title(asset).lots_at(at):
        link = holder_of(lot, Right.TITLE, at)[0]
        owner = for_another(link.manner) or link.holder
        share = Share(Fraction(0), lot.share.high) if isinstance(owner, OneOf) else lot.share
        for one in owner.parties if isinstance(owner, OneOf) else (owner,) if isinstance(owner, str) else ():
            found[one] = found[one].plus(share) if one in found else share
    return found


def held_for(folds: Folds, asset: SubjectId, right: Right, parties: Collection[Holder], at: datetime) -> Share:
    """What these parties hold together, themselves or through nominees."""
    links = [(lot.share, holder_of(lot, right, at)[0]) for lot in folds.title(asset).lots_at(at)]
    mine = [share for share, link in links if link.holder in parties or for_another(link.manner) in parties]
    return total([NOTHING, *mine])


def givers_of(folds: Folds, move: Move, at: datetime) -> tuple[PartyId, ...]:
    """Who gives: the transferor, and those for whom it holds, as nominee, what it cannot do without."""
    if not isinstance(move.source, str) or at == BEGINNING:
        return (move.source,) if isinstance(move.source, str) else ()
    before = at - datetime.resolution
    mine: list[tuple[Share, PartyId | None]] = []
    for lot in folds.title(SubjectId(move.asset)).lots_at(before):
        chain = lot.chain(move.right) or lot.title
        if chain.fragile or chain.holder == move.source:
            link = holder_of(lot, move.right, before)[0]
            mine += [(lot.share, for_another(link.manner))] if link.holder == move.source else []
    found = [move.source]
    for party in dict.fromkeys(behind for _, behind in mine if behind is not None):
        if move.amount.low > total([NOTHING, *(share for share, behind in mine if behind != party)]).high:
            found.append(party)
    return tuple(found)


def takers_of(move: Move) -> tuple[PartyId, ...]:
    """Who takes: the transferee, and for whom it is to hold as nominee."""
    behind = for_another(move.manner)
    return (*((move.target,) if isinstance(move.target, str) else ()), *((behind,) if behind is not None else ()))


def behind_nominees(folds: Folds, asset: SubjectId, holders: Collection[Holder], at: datetime) -> list[PartyId]:
    """For whom these hold as nominees."""
    links = [holder_of(lot, Right.TITLE, at)[0] for lot in folds.title(asset).lots_at(at)]
    found = [owner for link in links if link.holder in holders and (owner := for_another(link.manner)) is not None]
    return list(dict.fromkeys(found))


def beneficiaries(effect: Effect) -> list[PartyId]:
    """The parties for whom an effect makes nominees hold."""
    manners: list[Manner | None] = []
    match effect:
        case Declare():
            manners += [portion.manner for portion in effect.split]
        case Move():
            manners.append(effect.manner)
        case Reunit():
            manners += [portion.manner for portion in effect.issue]
        case _:
            pass
    return [behind for manner in manners if (behind := for_another(manner)) is not None]


def each_of(holder: Holder) -> tuple[PartyId, ...]:
    """A holder, or each of those of whom it is one."""
    return holder.parties if isinstance(holder, OneOf) else (holder,) if isinstance(holder, str) else ()
