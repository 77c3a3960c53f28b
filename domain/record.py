"""The record: recorded acts in the order of the log, with what can be said of each from the record alone. Append only.

That is: when its effects start, how strong the record of it is, its home, and where a subject lies as registered. Guarantees that a
record cut to a size answers as it did when the log held so many entries. It settles nothing that takes a clock or a forum's eyes;
`standing` reads it through a view. How acts are held and found is `filed_acts`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

from domain.acts import Act, Strength
from domain.effects import Admit, Exist, Proceed, State, Void
from domain.filed_acts import FiledActs
from domain.identifiers import EffectRef, Forum, StatementId, SubjectId
from domain.periods import BEGINNING, END, Effective, Zones, start_bounds
from domain.shelf import Shelf

ForumOf = Callable[[Act], Forum | None]
"""The legal order an act's actor speaks for, by the register in force at the act's position; None for a private actor."""

PlaceOf = Callable[[SubjectId], Forum | None]

Nesting = Callable[[Forum, datetime], frozenset[Forum]]
"""The legal orders a forum is nested in at a moment (itself left out)."""

PlaceMember = Literal["place", "zone"]
Placed = tuple[tuple[EffectRef, str], ...]
"""Registrations by their start, each with what it says."""

_CUTS_MAX = 4
"""How many earlier sizes are kept ready; the past does not change, so they stay true."""
_PLACING: Final = frozenset({Exist, Void, State})
"""Kinds of effects that may change what is registered: a registration, a correction of one, a confirmation that strengthens one."""


_OF_A_FORUM = frozenset({Proceed, Admit})


class Record(FiledActs):
    """All acts recorded so far. One writer adds; readers take views of a size."""

    def __init__(
        self, zones: Zones, forum_of: ForumOf, nesting: Nesting, shelf: Shelf | None = None, shelved: int = 0
    ) -> None:
        """`shelved`: how many acts lie on the shelf."""
        super().__init__(shelf, shelved)
        self.zones = zones
        self.nesting = nesting
        self.forum_of = forum_of
        self.kept: object = None
        """What questions keep between them (`kept`); nothing is lost by dropping it."""
        self._forums: dict[StatementId, Forum | None] = {}
        self._dates: dict[EffectRef, tuple[datetime, datetime, EffectRef | None]] = {}
        self._cuts: dict[int, Record] = {}
        self._spoken_now: dict[tuple[SubjectId, PlaceMember, int | None], Placed] = {}

    # --- growth --------------------------------------------------------------------------------------------------

    def add(self, act: Act) -> None:
        """Append an act. Raises ValueError when its id is already recorded: the caller has checked for repeats."""
        super().add(act)
        if not act.kinds.isdisjoint(_PLACING):
            self._spoken_now.clear()

    def remove_last(self) -> Act:
        """Take back the act added last: how a trial judgement leaves no trace."""
        act = super().remove_last()
        self._forums.pop(act.id, None)
        for n in range(len(act.effects) + 1):
            self._dates.pop(EffectRef(act.id, n), None)
        if not act.kinds.isdisjoint(_PLACING):
            self._spoken_now.clear()
        return act

    def let_go(self, keep: int = 0) -> None:
        """Hold no more of what lies on the shelf than so many acts, and nothing that was worked out of them."""
        super().let_go(keep)
        self._forums.clear()
        self._dates.clear()
        self._spoken_now.clear()
        self.kept = None

    def cut(self, size: int) -> Record:
        """The record as it was when the log held `size` entries: an answer at a size sees nothing that came later."""
        if self.end <= size:
            return self
        found = self._cuts.get(size)
        if found is None:
            shelved = min(size, self._shelved)
            found = Record(self.zones, self.actor_forum, self.nesting, self.shelf, shelved)
            for act in self._recent if self.shelf is None else self._unshelved():
                if act.position >= size:
                    break
                found.add(act)
            if shelved < size and self.shelf is not None:
                return found  # it holds acts that may be taken back
            found._sharing = _CUTS_MAX
            if len(self._cuts) >= _CUTS_MAX:
                del self._cuts[next(iter(self._cuts))]
            self._cuts[size] = found
        return found

    def read_by(self, zones: Zones, nesting: Nesting) -> Record:
        """The same acts, read by other time zones and legal orders."""
        made = Record(zones, self.forum_of, nesting, self.shelf, self._shelved)
        for act in self._recent if self.shelf is None else self._unshelved():
            made.add(act)
        return made

    # --- acts ----------------------------------------------------------------------------------------------------

    def actor_forum(self, act: Act) -> Forum | None:
        """The legal order an act's actor speaks for; None for a private actor."""
        if act.id not in self._forums:
            self._forums[act.id] = self.forum_of(act)
        return self._forums[act.id]

    def home(
        self, act: Act, subject: SubjectId | None = None, size: int | None = None, place_of: PlaceOf | None = None
    ) -> Forum | None:
        """An act's home: a decision's or award's forum, else its authority's, else the place of the asset it is about, then (as its
        first effect starts; `place_of` says where a reading knows better)."""
        own = self.own_home(act)
        if own is not None:
            return own
        asked = place_of or (lambda candidate: self.place_then(candidate, act, size))
        place = asked(subject) if subject is not None else None
        if place is not None:
            return place
        for kind in ("asset:", "party:"):
            for candidate in act.subjects:
                if candidate.startswith(kind):
                    place = asked(candidate)
                    if place is not None:
                        return place
        return None

    def own_home(self, act: Act) -> Forum | None:
        """The home that an act has wherever what it is about lies: a decision's or award's forum, else its authority's."""
        if not act.kinds.isdisjoint(_OF_A_FORUM):
            return next(effect.forum for effect in act.effects if isinstance(effect, Proceed | Admit))
        return self.actor_forum(act)

    def dates(self, ref: EffectRef) -> Effective:
        """The dates of an effect of a recorded act."""
        act = self.act(ref.statement)
        return act.effective_of(act.effects[ref.n - 1]) if ref.n else (act.effective or Effective())

    def start_bounds(self, ref: EffectRef) -> tuple[datetime, datetime]:
        """Earliest and latest legal start of an effect."""
        early, late, _ = self.started(ref)
        return early, late

    def started(self, ref: EffectRef) -> tuple[datetime, datetime, EffectRef | None]:
        """Earliest and latest legal start of an effect, and the effect it says it comes after."""
        found = self._dates.get(ref)
        if found is None:
            dates = self.dates(ref)
            after = dates.after
            if after is not None and not after.n:
                after = EffectRef(after.statement, 1)
            found = self._dates[ref] = (*start_bounds(dates.start, dates.zone, self.zones), after)
        return found

    def strength(self, act: Act, size: int | None = None, holds: Callable[[Act], bool] = lambda act: True) -> Strength:
        """The strength of the record of an act in a log of that size; its actor's own signed confirmation makes it an author's.
        `holds`: which of the others count, to who asks what was known at a moment."""
        own = act.strength
        if own is Strength.AUTHOR:
            return own
        for ref, effect in self.naming(EffectRef(act.id, 0)):
            if isinstance(effect, State) and effect.kind == "confirmation" and self.within(ref, size):
                other = self.act(ref.statement)
                if other.actor == act.actor and other.strength is Strength.AUTHOR and holds(other):
                    if not self._corrected(ref, size, holds):
                        return Strength.AUTHOR
        return own

    def within(self, ref: EffectRef, size: int | None) -> bool:
        """Whether a log of that size holds an effect."""
        return size is None or self.act(ref.statement).position < size

    def _corrected(self, ref: EffectRef, size: int | None, holds: Callable[[Act], bool] = lambda act: True) -> bool:
        """Whether a record of an effect was taken back, by a correction that was not taken back itself."""
        return any(
            isinstance(e, Void)
            and e.ground in ("error", "retraction")
            and self.within(other, size)
            and holds(self.act(other.statement))
            and not self._corrected(other, size, holds)
            for other, e in self.naming_effect(ref)
        )

    # --- places --------------------------------------------------------------------------------------------------

    def registrations(self, subject: SubjectId, size: int | None = None) -> list[tuple[EffectRef, Exist]]:
        """The effects that register a subject."""
        return [(ref, e) for ref, e in self._of(subject).registered if self.within(ref, size)]

    def place_of(self, subject: SubjectId, size: int | None = None, at: datetime = END) -> Forum | None:
        """The legal order of the place of a subject at a moment, by default the last one it came to: see `placed`."""
        found = self._value_at(subject, "place", size, at)
        return Forum(found) if found else None

    def place_then(self, subject: SubjectId, act: Act, size: int | None = None) -> Forum | None:
        """The place of a subject when the first effect of an act, on record or not, starts at the earliest."""
        if len(self.placed(subject, "place", size)) < 2 or not act.effects:
            return self.place_of(subject, size, BEGINNING)
        dates = act.effective_of(act.effects[0])
        return self.place_of(subject, size, start_bounds(dates.start, dates.zone, self.zones)[0])

    def zone_of(self, subject: SubjectId, size: int | None = None, at: datetime = END) -> str:
        """The zone of a subject's legal days at a moment, as registered; UTC where none is."""
        return self._value_at(subject, "zone", size, at) or "UTC"

    def placed(self, subject: SubjectId, member: PlaceMember, size: int | None = None) -> Placed:
        """The registrations that say where a subject lies, or its zone, by their start: each from then on, the first one also
        before. A record taken back says nothing; of several records of one act, and of those that start together, the strongest
        speaks, of equal ones the one whose reference comes last. A party lies where the company that it is does, unless it is
        registered itself."""
        key = (subject, member, size)
        found = self._spoken_now.get(key)
        if found is None:
            found = self._speak(subject, member, size)
            if not found and member == "place" and subject.startswith("party:"):
                found = self.placed(SubjectId(f"asset:{subject.partition(':')[2]}"), member, size)
            self._spoken_now[key] = found
        return found

    def _value_at(self, subject: SubjectId, member: PlaceMember, size: int | None, at: datetime) -> str | None:
        told = self.placed(subject, member, size)
        if len(told) < 2:
            return told[0][1] if told else None
        return next((value for ref, value in reversed(told) if self.start_bounds(ref)[0] <= at), told[0][1])

    def _speak(self, subject: SubjectId, member: PlaceMember, size: int | None) -> Placed:
        of_act: dict[StatementId, tuple[Strength, datetime, EffectRef]] = {}
        values: dict[EffectRef, str] = {}
        for ref, effect in self.registrations(subject, size):
            stated = effect.place if member == "place" else effect.zone
            if stated is None or self._corrected(ref, size):
                continue
            values[ref] = stated
            act = self.act(ref.statement)
            key = (self.strength(act, size), self.start_bounds(ref)[0], ref)
            root = self._root(act)
            of_act[root] = max(key, of_act.get(root, key))
        together = {start: key for key in sorted(of_act.values()) for start in (key[1],)}
        return tuple((ref, values[ref]) for _, (_, _, ref) in sorted(together.items()))

    def _root(self, act: Act) -> StatementId:
        """The first record of the act that this is a record of."""
        seen = {act.id}
        while act.records is not None and act.records not in seen and (parent := self.find(act.records)) is not None:
            seen.add(parent.id)
            act = parent
        return act.id
