"""Who holds each right in an asset at a moment, and who would exercise it by that, out of its lots.

Guarantees that the order and the causes of the answer are a function of the lots alone, not of what was asked before. A `Splitter`
asked for rising moments works out again only the holders whose lots, or whose last cause, changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain, compress, repeat
from operator import is_, itemgetter
from typing import NamedTuple

from domain.effects import Holder, Manner, Right, Unknown
from domain.identifiers import EffectRef
from domain.lots import Link, Lot, State, holder_of, next_change
from domain.measures import Exercise, Held
from domain.periods import END
from domain.shares import Share, descending, total
from domain.standing import Validity


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


_Key = tuple[Holder, Manner | None]
_Said = tuple[Share, datetime, _Key, tuple[EffectRef, ...], tuple[Pendency, ...]]
"""What a lot says of a right until its chain next changes: how much, until when, who holds it and how, causes, what pends."""
_Made = tuple[EffectRef | None, Holding, Exercise]
"""The last cause of a holder's share, its holding, and how it exercises the right by it."""
_key = itemgetter(2)
_RIGHTS = tuple(Right)


class _Side:
    """One right at rising moments."""

    def __init__(self, right: Right, keys: dict[_Key, _Key]) -> None:
        self._right = right
        self._keys = keys
        """One key for all that say the same, so that keys are told apart by identity."""
        self._lots: tuple[Lot, ...] = ()
        self._said: list[_Said] = []
        self._changed: Mapping[Holder, EffectRef] = {}
        self._made: dict[_Key, _Made] = {}
        self.until = END
        self.apart = 0
        """How many lots have votes or interest that do not follow title."""
        self.holdings: tuple[Holding, ...] = ()
        self.exercises: tuple[Exercise, ...] = ()

    def advance(self, state: State, at: datetime) -> None:
        """Take in the lots of a moment, which is not before the last one."""
        said, lots = self._said, state.lots
        fresh: list[_Said] = []
        gone: list[_Said] = []
        if lots is not self._lots:
            before = self._lots
            head = _alike(before, lots)
            stop = head - 1 if head else None
            tail = _alike(before[:stop:-1], lots[:stop:-1])
            come, left = lots[head : len(lots) - tail], before[head : len(before) - tail]
            self.apart += sum(map(_apart, come)) - sum(map(_apart, left))
            fresh = [self._say(lot, at) for lot in come]
            gone = said[head : len(said) - tail]
            said[head : len(said) - tail] = fresh
            self._lots = lots
            for one in fresh:
                if one[1] < self.until:
                    self.until = one[1]
        if self.until <= at:
            for index, one in enumerate(said):
                if one[1] <= at:
                    gone.append(one)
                    said[index] = self._say(lots[index], at)
                    fresh.append(said[index])
            self.until = min([one[1] for one in said])
        touched = {id(one[2]): one[2] for one in (*fresh, *gone)}
        changed = self._changed
        if self._right is Right.TITLE and state.changed is not changed:
            changed = self._changed = state.changed
            for key, made in self._made.items():
                last = changed.get(key[0])
                if last is not made[0] and last != made[0]:
                    touched[id(key)] = key
        if touched:
            keys = [*map(_key, said)]
            for key in touched.values():
                self._work_out(key, [*compress(said, map(is_, keys, repeat(key)))], changed.get(key[0]))
            self._rank()

    def _say(self, lot: Lot, at: datetime) -> _Said:
        right = self._right
        decisive, skipped = holder_of(lot, right, at)
        causes, pending = _beside(decisive, skipped, at)
        until = next_change(lot.title, at) if lot.title.fragile else END
        own = lot.chain(right) if right is not Right.TITLE else None
        if own is not None:
            until = min(until, next_change(own, at))
        key = (decisive.holder, decisive.manner)
        return (lot.share, until, self._keys.setdefault(key, key), causes, pending)

    def _work_out(self, key: _Key, items: list[_Said], changed: EffectRef | None) -> None:
        """What one holder holds one way, by what the lots say of it."""
        if not items:
            self._made.pop(key, None)
            return
        shares, _, _, told, pendencies = zip(*items, strict=True)
        share, causes = shares[0], told[0]
        if len(items) > 1:
            share = total(shares)
            causes = tuple(dict.fromkeys(chain.from_iterable(told)))
        pending = tuple(dict.fromkeys(chain.from_iterable(pendencies))) if any(pendencies) else ()
        if changed is not None and changed not in causes:
            causes = (*causes, changed)
        holder, manner = key
        holding = Holding(holder, share, manner, causes, pending)
        self._made[key] = (changed, holding, Exercise(holder, share, None, causes))

    def _rank(self) -> None:
        """Largest first, then by name; one holder's equal holdings in the order of their lots."""
        made = list(self._made.values())
        if len(made) > 1:
            if len({item[1].holder for item in made}) < len(made):
                made = [self._made[key] for key in dict.fromkeys(map(_key, self._said))]
            sizes = descending([item[1].share for item in made])
            names = [(isinstance(item[1].holder, Unknown), str(item[1].holder)) for item in made]
            made = [made[n] for _, _, n in sorted(zip(sizes, names, range(len(made)), strict=True))]
        _, self.holdings, self.exercises = zip(*made, strict=True)


class Splitter:
    """Works out who holds each right at rising moments, and keeps what did not change from one to the next."""

    def __init__(self) -> None:
        self._sides: dict[Right, _Side] = {}
        self._keys: dict[_Key, _Key] = {}
        self._at: datetime | None = None
        self._state: State | None = None
        self._split: Split | None = None

    def split(self, state: State, at: datetime) -> Split:
        """Who holds each right; where votes and interest follow title everywhere, they are its holdings themselves."""
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
            side = self._sides[right] = _Side(right, self._keys)
        side.advance(state, at)
        return side


def split_of(state: State, at: datetime) -> Split:
    """Who holds each right at one moment."""
    return Splitter().split(state, at)


def _alike(one: Sequence[Lot], other: Sequence[Lot]) -> int:
    """How many of the first lots are the same ones."""
    found = [*map(is_, one, other), False]
    return found.index(False)


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


def _apart(lot: Lot) -> bool:
    return lot.votes is not None or lot.economic is not None
