"""Interest and control through companies (DESIGN section 3, rule 12).

A company is one slug, as `party:x` and `asset:x`. Multiplied interest adds the products of shares along every path;
majority control follows, link by link, who holds more than half of the votes (or the threshold asked for). What nobody is named
for may be anyone's: it is told, and every interest ranges up to what it would be with it. Cycles are cut and told, nominees are
passed through to whom they hold for; identities that are one count under one name. Each value names the effects it rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from domain.effects import Exist, Holder, OneOf, Right, Unknown
from domain.folds import Folds
from domain.holdings import Holding, split_of
from domain.identifiers import EffectRef, PartyId, SubjectId, company_asset, company_of
from domain.shares import NOTHING, Share, exactly, rising, total

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Interest:
    """A multiplied interest of a party in an asset: at least `share.low`, at most `share.high`; `direct` is its own part."""

    party: PartyId
    asset: SubjectId
    share: Share
    direct: Share
    paths: tuple[tuple[SubjectId, ...], ...]
    causes: tuple[EffectRef, ...]
    cyclic: bool


@dataclass(frozen=True, slots=True)
class Unnamed:
    """The part of the interest in an asset, multiplied along the chain, for which nobody is named: in which assets, by which
    effects."""

    share: Share
    assets: tuple[SubjectId, ...]
    causes: tuple[EffectRef, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a chain of control: who holds how much of the votes in what, because of which effects."""

    holder: PartyId
    asset: SubjectId
    share: Share
    causes: tuple[EffectRef, ...]


@dataclass(frozen=True, slots=True)
class ControlChain:
    """Who controls an asset by majority of votes, link by link from the asset up. `top` is the last that nobody controls."""

    asset: SubjectId
    top: PartyId | None
    links: tuple[Link, ...]
    cyclic: bool


class Chains:
    """Chains at one moment in one view; every asset is read once."""

    def __init__(self, folds: Folds, at: datetime) -> None:
        self._folds = folds
        self._at = at
        self._held: dict[tuple[SubjectId, Right], tuple[Holding, ...]] = {}
        self._walked: dict[tuple[SubjectId, Right], tuple[list[Interest], Unnamed | None]] = {}
        self._named: dict[PartyId, PartyId] = {}

    def held(self, asset: SubjectId, right: Right) -> tuple[Holding, ...]:
        """Who holds a right in an asset; empty for what no act on record is about."""
        key = (asset, right)
        found = self._held.get(key)
        if found is not None:
            return found
        if not self._folds.view.record.about(asset):
            found = ()
        else:
            rights = split_of(self._folds.title(asset).state_at(self._at), self._at).rights
            self._held |= {(asset, each): items for each, items in rights.items()}
            found = rights[right]
        self._held[key] = found
        return found

    def one(self, party: PartyId) -> PartyId:
        """The name under which a party counts: the first of those that are one with it, a company's that is on record if any is."""
        found = self._named.get(party)
        if found is None:
            same = self._folds.view.same(party, self._at)
            names = sorted((party, *map(PartyId, same)))
            about = self._folds.view.record.about
            found = next((name for name in names if about(company_asset(name))), names[0]) if same else party
            self._named[party] = found
        return found

    def _counts_for(self, item: Holding) -> list[PartyId]:
        """Whom a holding counts for, each under one name."""
        return list(dict.fromkeys(map(self.one, _beneficial(item))))

    def _order(self, asset: SubjectId, right: Right) -> tuple[list[SubjectId], set[tuple[SubjectId, SubjectId]]]:
        """Assets upstream of one, each before those above it; and the links that close a cycle."""
        order: list[SubjectId] = []
        cut: set[tuple[SubjectId, SubjectId]] = set()
        state: dict[SubjectId, int] = {}
        stack: list[tuple[SubjectId, list[SubjectId]]] = [(asset, self._owners(asset, right))]
        state[asset] = 1
        while stack:
            current, owners = stack[-1]
            if not owners:
                state[current] = 2
                order.append(current)
                stack.pop()
                continue
            above = owners.pop()
            if state.get(above) == 1:
                cut.add((current, above))
            elif above not in state:
                state[above] = 1
                stack.append((above, self._owners(above, right)))
        order.reverse()
        return order, cut

    def _owners(self, asset: SubjectId, right: Right) -> list[SubjectId]:
        return [company_asset(h) for item in self.held(asset, right) for h in self._counts_for(item)]

    def interests(self, asset: SubjectId, right: Right = Right.ECONOMIC) -> list[Interest]:
        """Every party's multiplied interest in an asset, largest first. A link that closes a cycle counts for its first round."""
        return self._walk(asset, right)[0]

    def unnamed(self, asset: SubjectId, right: Right = Right.ECONOMIC) -> Unnamed | None:
        """What nobody is named for, in the asset and in the companies above it; None where everybody is."""
        return self._walk(asset, right)[1]

    def undecided(self, asset: SubjectId, right: Right = Right.ECONOMIC) -> list[tuple[SubjectId, Holding]]:
        """What one of several holds, nobody knows which, in the asset and in the companies above it."""
        found = [(one, item) for one in self._order(asset, right)[0] for item in self.held(one, right)]
        return [(one, item) for one, item in found if isinstance(item.holder, OneOf)]

    def _walk(self, asset: SubjectId, right: Right) -> tuple[list[Interest], Unnamed | None]:
        found = self._walked.get((asset, right))
        if found is None:
            found = self._walked[asset, right] = self._interests(asset, right)
        return found

    def _interests(self, asset: SubjectId, right: Right) -> tuple[list[Interest], Unnamed | None]:
        order, cut = self._order(asset, right)
        weight: dict[SubjectId, Share] = {asset: exactly(Fraction(1))}
        paths: dict[SubjectId, list[tuple[SubjectId, ...]]] = {asset: [()]}
        causes: dict[SubjectId, dict[EffectRef, None]] = {asset: {}}
        direct: dict[SubjectId, Share] = {}
        below: dict[SubjectId, list[SubjectId]] = {}
        unnamed: dict[SubjectId, Holding] = {}
        for current in order:
            holdings = self.held(current, right)
            for item in holdings:
                if isinstance(item.holder, Unknown) and (item.causes or len(holdings) > 1):
                    unnamed[current] = item
                for holder in self._counts_for(item):
                    above: SubjectId = company_asset(holder)
                    share = item.share if not isinstance(item.holder, OneOf) else Share(Fraction(0), item.share.high)
                    if current == asset:
                        direct[above] = direct[above].plus(share) if above in direct else share
                    if (current, above) in cut:
                        continue
                    below.setdefault(above, []).append(current)
                    part = weight[current].times(share)
                    weight[above] = weight[above].plus(part) if above in weight else part
                    mine = paths.setdefault(above, [])
                    via = () if current == asset else (company_of(current),)
                    mine += [(*via, *path) for path in paths[current][: 16 - len(mine)]]
                    if above in causes:
                        causes[above].update(causes[current])
                    else:
                        causes[above] = causes[current].copy()
                    causes[above].update(dict.fromkeys(item.causes))
        open_parts = {current: weight[current].times(item.share) for current, item in unnamed.items()}
        made = []
        for above, share in _widened(weight, open_parts, below).items():
            if above == asset:
                continue
            made.append(
                Interest(
                    PartyId(company_of(above)),
                    asset,
                    share,
                    direct.get(above, NOTHING),
                    tuple(paths[above]),
                    tuple(causes[above]),
                    bool(cut),
                )
            )
        made.sort(key=lambda i: i.party)
        made.sort(key=lambda i: rising(i.share), reverse=True)
        if not unnamed:
            return made, None
        rests = dict.fromkeys(ref for c, item in unnamed.items() for ref in (*causes[c], *item.causes))
        return made, Unnamed(total([*open_parts.values()]), tuple(open_parts), tuple(rests))

    def control(self, asset: SubjectId, threshold: Fraction = HALF) -> ControlChain:
        """Who controls an asset through majorities, by what is held (measures of control are told by the control stack)."""
        links: list[Link] = []
        seen: set[SubjectId] = {asset}
        current = asset
        cyclic = False
        while True:
            over = self._majority(current, threshold)
            if over is None:
                break
            links.append(over)
            current = company_asset(over.holder)
            if current in seen:
                cyclic = True
                break
            seen.add(current)
        return ControlChain(asset, links[-1].holder if links else None, tuple(links), cyclic)

    def _majority(self, asset: SubjectId, threshold: Fraction) -> Link | None:
        totals: dict[PartyId, Share] = {}
        causes: dict[PartyId, tuple[EffectRef, ...]] = {}
        for item in self.held(asset, Right.VOTES):
            for holder in self._counts_for(item):
                if isinstance(item.holder, OneOf):
                    continue
                totals[holder] = totals[holder].plus(item.share) if holder in totals else item.share
                causes[holder] = (*causes.get(holder, ()), *item.causes)
        major = [holder for holder, share in totals.items() if share.above(threshold)]
        if not major:
            return None
        holder = max(major, key=lambda h: (totals[h].low, h))
        return Link(holder, asset, totals[holder], causes[holder])

    def held_by(self, asset: SubjectId, party: PartyId) -> list[tuple[Right, Holding]]:
        """What a party holds directly in an asset."""
        return [(right, item) for right in Right for item in self.held(asset, right) if _is(item.holder, party)]

    def held_for(self, asset: SubjectId, party: PartyId) -> list[tuple[Right, Holding]]:
        """What others hold in an asset as nominees of a party."""
        return [
            (right, item)
            for right in Right
            for item in self.held(asset, right)
            if not _is(item.holder, party) and _is_nominee(item) and party in _beneficial(item)
        ]

    def beneath(self, party: PartyId) -> list[SubjectId]:
        """The assets below a party, directly or through companies."""
        reached: dict[SubjectId, None] = {}
        todo: list[SubjectId] = [party, *self._folds.view.same(party, self._at)]
        seen: set[SubjectId] = set()
        while todo:
            current = todo.pop()
            if current in seen:
                continue
            seen.add(current)
            for asset in assets_naming(self._folds, PartyId(current)):
                if any(PartyId(current) in _beneficial(item) for item in self.held(asset, Right.ECONOMIC)):
                    reached[asset] = None
                    todo += [company_of(asset), *self._folds.view.same(company_of(asset), self._at)]
        return list(reached)


def _widened(
    weight: dict[SubjectId, Share], unnamed: dict[SubjectId, Share], below: dict[SubjectId, list[SubjectId]]
) -> dict[SubjectId, Share]:
    """Interests, each up to what it would be if its party also held what nobody is named for; in itself, or in what owns it, it
    holds nothing."""
    found = dict(weight)
    for current, part in unnamed.items():
        beneath: set[SubjectId] = set()
        todo = [current]
        while todo:
            one = todo.pop()
            if one not in beneath:
                beneath.add(one)
                todo += below.get(one, ())
        for above, share in found.items():
            if above not in beneath:
                found[above] = Share(share.low, min(share.high + part.high, Fraction(1)), share.units_of)
    return found


def _is(holder: Holder, party: PartyId) -> bool:
    return holder == party or (isinstance(holder, OneOf) and party in holder.parties)


def _is_nominee(item: Holding) -> bool:
    return item.manner is not None and item.manner.kind == "nominee" and item.manner.beneficiary is not None


def _beneficial(item: Holding) -> Sequence[PartyId]:
    """Whom a holding counts for: the beneficiary of a nominee, each of several possible holders, nobody when unknown."""
    if item.manner is not None and item.manner.beneficiary is not None and _is_nominee(item):
        return (item.manner.beneficiary,)
    match item.holder:
        case OneOf(parties=parties):
            return parties
        case Unknown():
            return ()
        case holder:
            return (holder,)


def assets_naming(folds: Folds, party: PartyId) -> list[SubjectId]:
    """Assets in which an act ever named a party as a holder, and the parts into which they were divided, by slug."""
    record = folds.view.record
    found = set(record.naming_party(party))
    todo = list(found)
    while todo:
        for ref in record.existing(todo.pop()):
            effect = record.effect(ref)
            parts = effect.parts if isinstance(effect, Exist) and effect.op == "divide" else ()
            fresh = {SubjectId(part.asset) for part in parts} - found
            found |= fresh
            todo += fresh
    return sorted(found)
