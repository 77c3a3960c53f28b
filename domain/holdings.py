"""Who holds each right in an asset at a moment, and who would exercise it by that, out of its lots.

Guarantees that the order and the causes of the answer are a function of the lots alone, not of what was asked before. A `Splitter`
asked for rising moments works out again only the holders whose lots, or whose last cause, changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain, compress, islice, repeat
from operator import attrgetter, indexOf, is_, is_not, itemgetter
from typing import Final, NamedTuple

from domain.control import Held
from domain.effects import Holder, Manner, Right, Unknown
from domain.identifiers import EffectRef
from domain.lots import INITIAL, Link, Lot, State, holder_of, next_change
from domain.measures import Exercise
from domain.periods import BEGINNING, END
from domain.segments import Validity
from domain.shares import Share, descending, total


class Pendency(NamedTuple):
    """A transfer of (part of) a holding that is recorded but not operative: to whom, how it stands, why."""

    to: Holder
    validity: Validity
    causes: tuple[EffectRef, ...]


class Holding(NamedTuple):
    """What one holder holds of a right: its share, the effects that make it so, and what must be said beside it."""

    holder: Holder
    share: Share
    manner: Manner | None
    causes: tuple[EffectRef, ...]
    pendencies: tuple[Pendency, ...] = ()


class Split(NamedTuple):
    """How the rights are split from a moment on: the holdings of each, who would exercise it by them, and until when it lasts."""

    rights: Mapping[Right, tuple[Holding, ...]]
    held: Held
    until: datetime


class _Hand:
    """One holder holding a right one way: what its lots say, in their order, and what follows from it."""

    __slots__ = (
        "_causes",
        "_known",
        "_told",
        "changed",
        "exercise",
        "holder",
        "holding",
        "manner",
        "name",
        "pendencies",
        "share",
        "shares",
        "told",
    )
    share: Share
    holding: Holding
    exercise: Exercise

    def __init__(self, holder: Holder, manner: Manner | None) -> None:
        self.holder = holder
        self.manner = manner
        self.name = (isinstance(holder, Unknown), str(holder))
        """The order of equal holdings: what nobody is named for comes last."""
        self.shares: list[Share] = []
        self.told: list[tuple[EffectRef, ...]] = []
        self.pendencies: list[tuple[Pendency, ...]] = []
        """Of each lot: how much, why, and what pends."""
        self.changed: EffectRef | None = None
        self._told: list[tuple[EffectRef, ...]] = []
        self._known: dict[EffectRef, None] = {}
        self._causes: tuple[EffectRef, ...] = ()
        """What the lots told last, and the causes in that: they stay while only shares change."""

    def insert(self, place: int, said: _Said) -> None:
        """A lot more, after so many others."""
        share, _, _, told, pending = said
        self.shares.insert(place, share)
        self.told.insert(place, told)
        self.pendencies.insert(place, pending)

    def remove(self, place: int) -> None:
        """A lot less."""
        del self.shares[place], self.told[place], self.pendencies[place]

    def clear(self) -> None:
        """No lot is left."""
        self.shares, self.told, self.pendencies = [], [], []

    def work_out(self, changed: EffectRef | None) -> None:
        """What it holds, by what its lots say and what last changed it."""
        if self.told != self._told:
            self._told = [*self.told]
            self._known = dict.fromkeys(chain.from_iterable(self._told))
            self._causes = self._told[0] if len(self._told) == 1 else tuple(self._known)
        causes = self._causes
        if changed is not None and changed not in self._known:
            causes = (*causes, changed)
        pendencies = self.pendencies
        pending = tuple(dict.fromkeys(chain.from_iterable(pendencies))) if any(pendencies) else ()
        self.changed, self.share = changed, total(self.shares)
        self.holding = Holding(self.holder, self.share, self.manner, causes, pending)
        self.exercise = Exercise(self.holder, self.share, None, causes)


_Said = tuple[Share, datetime, _Hand, tuple[EffectRef, ...], tuple[Pendency, ...]]
"""What a lot says of a right until its chain next changes: how much, until when, who holds it and how, causes, what pends."""
_hand_of = itemgetter(2)
_holder, _changed = attrgetter("holder"), attrgetter("changed")
_ranked = attrgetter("share", "name", "holding", "exercise")
_own_chains = itemgetter(2, 3)
_RIGHTS = tuple(Right)


class _Side:
    """One right at rising moments."""

    def __init__(self, right: Right) -> None:
        self._right = right
        self._titled = right is Right.TITLE
        self._lots: tuple[Lot, ...] = ()
        self._said: list[_Said] = []
        """What each lot says."""
        self._hands: dict[tuple[Holder, Manner | None], _Hand] = {}
        self._holding: dict[_Hand, None] = {}
        """Those that hold something."""
        self._changed: Mapping[Holder, EffectRef] = {}
        self.until = END
        self.apart = 0
        """How many lots have votes or interest that do not follow title."""
        self.holdings: tuple[Holding, ...] = ()
        self.exercises: tuple[Exercise, ...] = ()

    def advance(self, state: State, at: datetime) -> None:
        """Take in the lots of a moment, which is not before the last one."""
        touched: dict[_Hand, int] = {}
        if state.lots is not self._lots:
            touched = self._replace(state.lots, at)
        if self.until <= at:
            touched |= self._turn(at)
        if self._titled and state.changed is not self._changed:
            self._changed = state.changed
            last = map(state.changed.get, map(_holder, self._holding))
            news = map(is_not, last, map(_changed, self._holding))
            touched.update(zip(compress(self._holding, news), repeat(0)))
        if touched:
            for hand in touched:
                if hand.shares:
                    hand.work_out(self._changed.get(hand.holder))
                    self._holding[hand] = None
                else:
                    self._holding.pop(hand, None)
            self._rank()

    def _replace(self, lots: tuple[Lot, ...], at: datetime) -> dict[_Hand, int]:
        """Other lots are there. Returns whose came or left, and after how many others of theirs."""
        said, before = self._said, self._lots
        head, tail = _alike(before, lots)
        left, come = slice(head, len(before) - tail), slice(head, len(lots) - tail)
        self._lots = lots
        self.apart += _apart(lots[come]) - _apart(before[left])
        gone = said[left]
        said[left] = fresh = [self._say(lot, at) for lot in lots[come]]
        places = dict.fromkeys(map(_hand_of, chain(gone, fresh)), 0)
        for hand in map(_hand_of, said[:head]):
            if hand in places:
                places[hand] += 1
        for hand in map(_hand_of, gone):
            hand.remove(places[hand])
        for one in reversed(fresh):
            one[2].insert(places[one[2]], one)
        return places

    def _turn(self, at: datetime) -> dict[_Hand, int]:
        """The chains of some lots change. Returns whose they were or are."""
        touched: dict[_Hand, int] = {}
        for index, one in enumerate(self._said):
            if one[1] <= at:
                self._said[index] = now = self._say(self._lots[index], at)
                touched[one[2]] = touched[now[2]] = 0
        self.until = min([one[1] for one in self._said])
        for hand in self._hands.values():
            hand.clear()
        for one in self._said:
            one[2].insert(len(one[2].shares), one)
        return touched

    def _say(self, lot: Lot, at: datetime) -> _Said:
        title = lot.title
        own = None if self._titled else lot.chain(self._right)
        if own is None and not title.fragile:
            return (lot.share, END, self._hand(title), title.causes, ())
        decisive, skipped = holder_of(lot, self._right, at)
        causes, pending = _beside(decisive, skipped, at)
        until = next_change(title, at)
        if own is not None:
            until = min(until, next_change(own, at))
        self.until = min(self.until, until)
        return (lot.share, until, self._hand(decisive), causes, pending)

    def _hand(self, decisive: Link) -> _Hand:
        key = (decisive.holder, decisive.manner)
        found = self._hands.get(key)
        if found is None:
            found = self._hands[key] = _Hand(*key)
        return found

    def _rank(self) -> None:
        """Largest first, then by name; one holder's equal holdings in the order of their lots."""
        if len({*map(_holder, self._holding)}) < len(self._holding):
            self._holding = dict.fromkeys(map(_hand_of, self._said))
        shares, names, holdings, exercises = zip(*map(_ranked, self._holding), strict=True)
        keys = [*zip(descending(shares), names, strict=True)]
        if keys != sorted(keys):
            order = sorted(range(len(keys)), key=keys.__getitem__)
            hands = [*self._holding]
            self._holding = dict.fromkeys([hands[n] for n in order])
            holdings, exercises = tuple([holdings[n] for n in order]), tuple([exercises[n] for n in order])
        self.holdings, self.exercises = holdings, exercises


class Splitter:
    """Works out who holds each right at rising moments, and keeps what did not change from one to the next."""

    def __init__(self) -> None:
        self._sides: dict[Right, _Side] = {}
        self._at: datetime | None = None
        self._state: State | None = None
        self._split: Split | None = None

    def split(self, state: State, at: datetime) -> Split:
        """Who holds each right; where votes and interest follow title everywhere, they are its holdings themselves."""
        if state is INITIAL:
            return _UNRECORDED
        return self._work_out(state, at)

    def _work_out(self, state: State, at: datetime) -> Split:
        if self._split is not None and self._at is not None and self._at <= at:
            if state is self._state and at < self._split.until:
                return self._split
        else:
            self._sides.clear()
        self._state, self._at = state, at
        title = self._side(Right.TITLE, state, at)
        if not title.apart:
            alike = dict.fromkeys(_RIGHTS, title.holdings), dict.fromkeys(_RIGHTS, title.exercises)
            self._split = Split(*alike, title.until)
            return self._split
        sides = [self._side(right, state, at) for right in _RIGHTS]
        rights = {right: side.holdings for right, side in zip(_RIGHTS, sides, strict=True)}
        held = {right: side.exercises for right, side in zip(_RIGHTS, sides, strict=True)}
        self._split = Split(rights, held, min([side.until for side in sides]))
        return self._split

    def _side(self, right: Right, state: State, at: datetime) -> _Side:
        side = self._sides.get(right)
        if side is None:
            side = self._sides[right] = _Side(right)
        side.advance(state, at)
        return side


def split_of(state: State, at: datetime) -> Split:
    """Who holds each right at one moment."""
    return Splitter().split(state, at)


def _alike(one: Sequence[Lot], other: Sequence[Lot]) -> tuple[int, int]:
    """How many of the first lots are the same ones, and how many of the last, beside those."""
    head = indexOf(chain(map(is_, one, other), (False,)), False)
    others = min(len(one), len(other)) - head
    tail = indexOf(chain(islice(map(is_, reversed(one), reversed(other)), others), (False,)), False)
    return head, tail


def _beside(
    decisive: Link, skipped: tuple[Link, ...], at: datetime
) -> tuple[tuple[EffectRef, ...], tuple[Pendency, ...]]:
    """What makes a link decide where it does not decide for ever: its own condition, the voids of those above; and what pends."""
    pending = []
    extra: tuple[EffectRef, ...] = ()
    inherited: Link | None = None
    for above in skipped:
        if above is inherited:
            continue
        inherited = above.parent if above.inherits else None
        segment = above.validity(at)
        if segment is None or segment.validity is Validity.OPERATIVE:
            continue
        if segment.validity is Validity.VOID:
            extra += segment.causes
        elif segment.validity is Validity.ENDED:
            extra += above.causes
        else:
            pending.append(Pendency(above.holder, segment.validity, above.causes))
    own = decisive.validity(at)
    return (*decisive.causes, *(own.causes if own is not None else ()), *extra), tuple(pending)


def _apart(lots: Sequence[Lot]) -> int:
    """How many of some lots have votes or interest that do not follow title."""
    return len(lots) - [*map(_own_chains, lots)].count((None, None))


_UNRECORDED: Final = Splitter()._work_out(INITIAL, BEGINNING)
"""Before anything is recorded, the same of every asset at every moment."""
