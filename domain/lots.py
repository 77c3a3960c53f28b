"""Lots of an asset and their chains of title: the state that the fold of the rights keeps.

An asset is cut into lots that always sum to the whole. Each lot carries its chain of title as links; a link is operative or not
over stretches of legal time (`standing`), so an annulment gives a lot back only where the transferee still holds it, and what was
built on a void link stands, marked, unless the void reaches dependants (DESIGN section 3, rules 1, 6 and 8). Votes and economic
interest follow title until an effect separates them. What moves lots is `transfers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from domain.acts import Strength
from domain.effects import UNKNOWN, Holder, Manner, Right
from domain.identifiers import EffectRef
from domain.periods import BEGINNING, END
from domain.segments import Segment, Validity, for_ever
from domain.shares import WHOLE, Share

_CAUSES_MAX = 8
_TITLE, _VOTES = Right.TITLE, Right.VOTES
"""Looked up once: a member of an enumeration is found anew at every mention, and these are mentioned for every lot."""
_CHANGES_LATE = 32
"""A state keeps what changed so many holders' shares of its own; what is before that, it shares."""
_NOTHING_CHANGED: Mapping[Holder, EffectRef] = MappingProxyType({})


class Link(NamedTuple):
    """One step in a lot's chain of title. `segments` None = operative for ever after its start."""

    holder: Holder
    causes: tuple[EffectRef, ...]
    strongest: Strength
    start: datetime
    manner: Manner | None = None
    parent: Link | None = None
    segments: tuple[Segment, ...] | None = None
    by_act: bool = False
    footing: Link | None = None
    """What this link was built on: `parent`, or the nearest below it whose void was not decided by then. Kept where it matters."""
    falls_under: Link | None = None
    """The nearest link, this one or one it was built on, whose void reaches dependants."""
    fragile: bool = False
    """Whether any link at or below this one is not operative for ever."""
    follows: bool = False
    """Votes or interest come home: while this link decides, they follow title again."""
    void_decided: datetime | None = None
    """When it was first decided that this link is void."""
    inherits: bool = False
    """A succession: it works only while what is right below it does, which it takes the place of."""

    def validity(self, at: datetime) -> Segment | None:
        """The segment in force at a moment; None for a link that is operative for ever."""
        if self.segments is not None:
            for segment in self.segments:
                if segment.start <= at < segment.end:
                    return segment
        return None

    def decided(self, at: datetime) -> bool:
        """Whether the void of this link was decided by a moment, so that nobody can build on it any more."""
        return self.void_decided is not None and self.void_decided <= at

    def operative(self, at: datetime) -> bool:
        found = self.validity(at)
        return found is None or found.validity is Validity.OPERATIVE


def link(
    holder: Holder,
    cause: EffectRef | None,
    strength: Strength,
    start: datetime,
    manner: Manner | None = None,
    parent: Link | None = None,
    segments: tuple[Segment, ...] | None = None,
    by_act: bool = False,
) -> Link:
    """A new link on top of `parent`."""
    if segments is not None and for_ever(segments):
        segments = None
    causes = (cause,) if cause is not None else ()
    if parent is None:
        made = Link(holder, causes, strength, start, manner, None, segments, by_act, None, None, segments is not None)
    else:
        made = Link(
            holder,
            causes,
            max(strength, parent.strongest),
            start,
            manner,
            parent,
            segments,
            by_act or (parent.by_act if cause is None else by_act),
            None,
            parent.falls_under,
            segments is not None or parent.fragile,
        )
    if segments is not None and any(s.falls for s in segments):
        return made._replace(falls_under=made)
    return made


class Lot(NamedTuple):
    """A slice of the asset. `votes` and `economic` None = they follow title."""

    share: Share
    title: Link
    votes: Link | None = None
    economic: Link | None = None

    def chain(self, right: Right) -> Link | None:
        if right is _TITLE:
            return self.title
        return self.votes if right is _VOTES else self.economic

    @property
    def parted(self) -> bool:
        """Whether votes or interest do not follow title."""
        return self.votes is not None or self.economic is not None

    def with_chain(self, right: Right, chain: Link | None) -> Lot:
        return self.of_chain(self.share, right, chain)

    def of_chain(self, share: Share, right: Right, chain: Link | None) -> Lot:
        """A lot of this share, one of whose chains is another."""
        if right is _TITLE:
            assert chain is not None, "title always has a chain"
            return Lot(share, chain, self.votes, self.economic)
        if right is _VOTES:
            return Lot(share, self.title, chain, self.economic)
        return Lot(share, self.title, self.votes, chain)


def resolve(top: Link | None, at: datetime) -> tuple[Link | None, tuple[Link, ...]]:
    """The link that decides a chain at a moment, and the ones above it that are not operative then (topmost first)."""
    skipped: list[Link] = []
    current = top
    while current is not None:
        if current.operative(at) and fallen_below(current, at) is None:
            return current, tuple(skipped)
        skipped.append(current)
        current = current.parent
    return None, tuple(skipped)


def fallen_below(top: Link, at: datetime) -> Link | None:
    """The link, this one or one it was built on, that is void with its dependants at a moment."""
    fallen = top.falls_under
    while fallen is not None:
        segment = fallen.validity(at)
        if segment is not None and segment.falls and segment.validity is Validity.VOID:
            return fallen
        fallen = fallen.footing.falls_under if fallen.footing is not None else None
    return None


def _footing(top: Link | None, at: datetime) -> Link | None:
    """The link that a dealing made at a moment is built on: none whose void, with what fell with it, was decided by then."""
    current = top
    while current is not None:
        fallen = current if (s := current.validity(at)) and s.validity is Validity.VOID else fallen_below(current, at)
        if fallen is None or not fallen.decided(at):
            return current
        current = current.parent
    return None


def next_change(top: Link | None, at: datetime) -> datetime:
    """The next moment at which a link of a chain may begin or cease to work."""
    found = END
    current = top
    while current is not None and current.fragile:
        for segment in current.segments or ():
            if at < segment.start < found:
                found = segment.start
            if at < segment.end < found:
                found = segment.end
        current = current.parent
    return found


def holder_of(lot: Lot, right: Right, at: datetime) -> tuple[Link, tuple[Link, ...]]:
    """Who holds a right in a lot: the deciding link of its own chain, else of title."""
    skipped: tuple[Link, ...] = ()
    if right is _TITLE:
        if not lot.title.fragile:
            return lot.title, skipped
    else:
        own, skipped = resolve(lot.chain(right), at)
        if own is not None and not own.follows:
            return own, skipped
    decisive, above = resolve(lot.title, at)
    assert decisive is not None, "the root of a chain is operative for ever"
    return decisive, skipped + above


@dataclass(frozen=True, slots=True)
class NoRoom:
    """An effect that found no room for all it moves: how much was missing, and the statements the room is taken by."""

    ref: EffectRef
    missing: Share
    met: tuple[EffectRef, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something the record does not explain, where it shows, in words."""

    kind: str
    ref: EffectRef
    words: str
    met: tuple[EffectRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a holder was issued by a change of capital that is void: what it disposed of before that was decided stands."""

    holder: Holder
    share: Share
    cancelled: tuple[Holder, ...]
    """Whose lots were cancelled for it; empty where all were diluted."""
    ref: EffectRef
    decided: datetime | None
    falls: bool
    """The void reaches dependants: what it disposed of falls too."""


class Changes(Mapping[Holder, EffectRef]):
    """What last changed each holder's share, where holders are many: what changed of late beside what had before, which the states
    after many steps share. It says what one dictionary of both says, in its order."""

    __slots__ = ("_before", "_late")

    def __init__(self, before: Mapping[Holder, EffectRef], late: Mapping[Holder, EffectRef]) -> None:
        self._before = before
        self._late = late

    def __getitem__(self, holder: Holder) -> EffectRef:
        found = self._late.get(holder)
        return self._before[holder] if found is None else found

    def __iter__(self) -> Iterator[Holder]:
        yield from self._before
        yield from (holder for holder in self._late if holder not in self._before)

    def __len__(self) -> int:
        return len(self._before.keys() | self._late.keys())

    def after(self, news: Mapping[Holder, EffectRef]) -> Changes:
        """The same after more has changed."""
        late = {**self._late, **news}
        return Changes(self._before, late) if len(late) <= _CHANGES_LATE else Changes({**self._before, **late}, {})


def changed_by(
    ref: EffectRef, holders: Iterable[Holder], before: Mapping[Holder, EffectRef]
) -> Mapping[Holder, EffectRef]:
    """What last changed each holder's share, after an effect changed some."""
    news = dict.fromkeys(holders, ref)
    if type(before) is Changes:
        return before.after(news)
    return {**before, **news} if len(before) <= _CHANGES_LATE else Changes(before, news)


class State(NamedTuple):
    """The lots after a step, the last statement that changed each holder's share, and what the step reported."""

    lots: tuple[Lot, ...]
    changed: Mapping[Holder, EffectRef] = _NOTHING_CHANGED
    reports: tuple[NoRoom | Gap, ...] = ()
    merged: int = 0
    """How many lots were left when lots were last merged."""
    claims: tuple[Claim, ...] = ()
    apart: bool = False
    """Whether a step gave votes or interest apart from title: only then a lot may have them so."""


INITIAL: Final = State((Lot(WHOLE, link(UNKNOWN, None, Strength.TRANSCRIBER, BEGINNING)),))
"""Nothing is recorded: the whole is held by nobody the record names."""


# --- chains and lots over time ----


def stack(top: Link, parent: Link | None, at: datetime) -> Link:
    """`top` on `parent`, at a moment. What lies below a link that always works matters only where a void below may reach
    dependants; what a restored owner disposes of is not built on the link that was struck down."""
    if parent is None:
        return top
    strongest = max(top.strongest, parent.strongest)
    if top.segments is None and parent.falls_under is None:
        return top if strongest is top.strongest else top._replace(strongest=strongest)
    footing = _footing(parent, at) if parent.falls_under is not None else parent
    stacked = top._replace(parent=parent, footing=footing, strongest=strongest, fragile=True)
    if top.falls_under is not None:
        return stacked._replace(falls_under=stacked)
    return stacked._replace(falls_under=footing.falls_under if footing is not None else None)


def settled_chain(top: Link, at: datetime) -> Link:
    """A chain without what can no longer matter after `at`: a link that will never work again and whose void was decided, and
    what lies below one that will always work from now on."""
    while top.fragile and top.segments is not None and top.falls_under is None:
        last = top.segments[-1]
        if last.start > at or last.end != END:
            return top
        if last.validity is Validity.OPERATIVE:
            causes = tuple(dict.fromkeys((*top.causes, *last.causes)))
            return top._replace(causes=causes, segments=None, parent=None, fragile=False)
        if last.validity is not Validity.VOID or top.parent is None or not top.decided(at):
            return top
        top = top.parent._replace(causes=tuple(dict.fromkeys((*top.parent.causes, *last.causes))))
    return top


def merged(lots: tuple[Lot, ...], at: datetime) -> tuple[Lot, ...]:
    """Lots of one holder that nothing can disturb are one lot; done now and then, so that a long history stays fast."""
    alike: dict[object, list[Lot]] = {}
    made: list[Lot] = []
    for lot in lots:
        if lot.title.fragile and (settled := settled_chain(lot.title, at)) is not lot.title:
            lot = lot._replace(title=settled)  # one that stays as it is stays the same one
        title, votes, economic = lot.title, lot.votes, lot.economic
        if title.fragile or (votes is not None and votes.fragile) or (economic is not None and economic.fragile):
            made.append(lot)
            continue
        own = (votes.holder if votes is not None else None, economic.holder if economic is not None else None)
        alike.setdefault((title.holder, title.manner, title.strongest, title.by_act, own), []).append(lot)
    return (*(_one(group) for group in alike.values()), *made)


def _one(lots: list[Lot]) -> Lot:
    """One lot for several that are alike; it keeps the causes that came last."""
    first = lots[0]
    if len(lots) == 1:
        return first
    share = first.share
    for lot in lots[1:]:
        share = share.plus(lot.share)
    causes = tuple(dict.fromkeys(c for lot in lots for c in lot.title.causes))[-_CAUSES_MAX:]
    return Lot(share, first.title._replace(causes=causes), first.votes, first.economic)


def held(lots: tuple[Lot, ...], right: Right, at: datetime) -> dict[Holder, Share]:
    """What each holder holds of a right at a moment."""
    found: dict[Holder, Share] = {}
    for lot in lots:
        holder = holder_of(lot, right, at)[0].holder
        found[holder] = found[holder].plus(lot.share) if holder in found else lot.share
    return found
