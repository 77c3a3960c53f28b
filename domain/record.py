"""The record: recorded acts in the order of the log, indexed for the law. Append only.

Guarantees that an act once added is found by its id, its subjects and everything it refers to, and that adding one is
bounded by what it mentions. It judges nothing and knows no clock; `standing` reads it through a view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from domain.acts import Act, Strength
from domain.effects import (
    Admit,
    Alter,
    Declare,
    Effect,
    Exist,
    Impose,
    Move,
    OneOf,
    Owe,
    Pay,
    Permit,
    Proceed,
    Reunit,
    Stake,
    State,
    Void,
)
from domain.identifiers import EffectRef, Forum, PartyId, StatementId, SubjectId
from domain.periods import Effective, Zones, start_bounds

Located = tuple[EffectRef, Effect]

ForumOf = Callable[[Act], Forum | None]
"""The legal order an act's actor speaks for, by the register in force at the act's position; None for a private actor."""

Nesting = Callable[[Forum, datetime], frozenset[Forum]]
"""The legal orders a forum is nested in at a moment (itself left out)."""


_CUTS_MAX = 4
"""How many earlier sizes are kept ready; the past does not change, so they stay true."""


class Record:
    """All acts recorded so far. One writer adds; readers take views of a size."""

    def __init__(self, zones: Zones, forum_of: ForumOf, nesting: Nesting) -> None:
        self.zones = zones
        self.nesting = nesting
        self.acts: list[Act] = []
        self.by_id: dict[StatementId, Act] = {}
        self.by_subject: dict[SubjectId, list[Act]] = {}
        self.about: dict[SubjectId, list[Located]] = {}
        self.naming: dict[EffectRef, list[Located]] = {}
        self.mentioned: dict[StatementId, int] = {}
        """For each statement that recorded effects refer to, or to an effect of it, how many do."""
        self.following: dict[EffectRef, EffectRef] = {}
        """Effects that say which effect they come after, with that effect."""
        self.place: dict[tuple[SubjectId, StatementId], int] = {}
        """Where a statement stands in a subject's stream, from 0."""
        self.named_in: dict[PartyId, dict[SubjectId, int]] = {}
        """For each party, the assets in which an effect names it as a holder, with how often."""
        self.recorders: dict[StatementId, list[Act]] = {}
        self.breaches: dict[StatementId, list[Act]] = {}
        """For each statement, the acts recorded despite it."""
        self.actor_forum: dict[StatementId, Forum | None] = {}
        self.registered: dict[SubjectId, list[tuple[EffectRef, Exist]]] = {}
        """The effects that register a subject."""
        self.existing: dict[SubjectId, list[EffectRef]] = {}
        """The effects that say who or what a subject is."""
        self.reaching = 0
        """How many measures recorded reach through ownership."""
        self.forum_of = forum_of
        self.kept: object = None
        """What questions keep between them (`kept`); nothing is lost by dropping it."""
        self._bounds: dict[EffectRef, tuple[datetime, datetime]] = {}
        self._cuts: dict[int, Record] = {}
        self._spoken_now: dict[tuple[SubjectId, str, int | None], str | None] = {}

    def add(self, act: Act) -> None:
        """Append an act. Raises ValueError when its id is already recorded: the caller has checked for repeats."""
        if act.id in self.by_id:
            raise ValueError(f"already recorded: {act.id}")
        self.acts.append(act)
        self.by_id[act.id] = act
        for subject in act.subjects:
            stream = self.by_subject.setdefault(subject, [])
            self.place[subject, act.id] = len(stream)
            stream.append(act)
        if act.records is not None:
            self.recorders.setdefault(act.records, []).append(act)
        for met in {item.statement for item in act.despite if item.statement is not None}:
            self.breaches.setdefault(met, []).append(act)
        self.actor_forum[act.id] = self.forum_of(act)
        for ref, effect in act.refs():
            after = act.effective_of(effect).after
            if after is not None:
                self.following[ref] = after if after.n else EffectRef(after.statement, 1)
            for subject in subjects_of(effect):
                self.about.setdefault(subject, []).append((ref, effect))
                if isinstance(effect, Exist):
                    self.existing.setdefault(subject, []).append(ref)
            for named in named_by(effect):
                self.naming.setdefault(named, []).append((ref, effect))
                self.mentioned[named.statement] = self.mentioned.get(named.statement, 0) + 1
            for party, asset in holders_in(effect):
                counts = self.named_in.setdefault(party, {})
                counts[asset] = counts.get(asset, 0) + 1
            if isinstance(effect, Exist) and effect.op == "register":
                self.registered.setdefault(effect.subject, []).append((ref, effect))
            self._noted(effect, 1)

    def remove_last(self) -> Act:
        """Take back the act added last: how a trial judgement leaves no trace."""
        act = self.acts.pop()
        del self.by_id[act.id], self.actor_forum[act.id]
        for subject in act.subjects:
            _pop(self.by_subject, subject)
            del self.place[subject, act.id]
        if act.records is not None:
            _pop(self.recorders, act.records)
        for met in {item.statement for item in act.despite if item.statement is not None}:
            _pop(self.breaches, met)
        for n in range(len(act.effects) + 1):
            self._bounds.pop(EffectRef(act.id, n), None)
        for ref, effect in reversed(act.refs()):
            self.following.pop(ref, None)
            for subject in subjects_of(effect):
                _pop(self.about, subject)
                if isinstance(effect, Exist):
                    _pop(self.existing, subject)
            for named in named_by(effect):
                _pop(self.naming, named)
                self.mentioned[named.statement] -= 1
                if not self.mentioned[named.statement]:
                    del self.mentioned[named.statement]
            for party, asset in holders_in(effect):
                counts = self.named_in[party]
                counts[asset] -= 1
                if not counts[asset]:
                    del counts[asset]
                if not counts:
                    del self.named_in[party]
            if isinstance(effect, Exist) and effect.op == "register":
                _pop(self.registered, effect.subject)
            self._noted(effect, -1)
        return act

    def cut(self, size: int) -> Record:
        """The record as it was when the log held `size` entries: an answer at a size sees nothing that came later."""
        if not self.acts or self.acts[-1].position < size:
            return self
        found = self._cuts.get(size)
        if found is None:
            found = Record(self.zones, lambda act: self.actor_forum[act.id], self.nesting)
            for act in self.acts:
                if act.position >= size:
                    break
                found.add(act)
            if len(self._cuts) >= _CUTS_MAX:
                del self._cuts[next(iter(self._cuts))]
            self._cuts[size] = found
        return found

    def _noted(self, effect: Effect, count: int) -> None:
        """Keep what is derived for speed in step with an effect added or taken back."""
        if isinstance(effect, Impose) and effect.reach is not None:
            self.reaching += count
        if isinstance(
            effect, Exist | Void | State
        ):  # a registration, a correction of one, a confirmation that strengthens one
            self._spoken_now.clear()

    def naming_party(self, party: PartyId) -> set[SubjectId]:
        """Assets in which an effect names a party, or one it succeeds, as a holder."""
        found = set(self.named_in.get(party, ()))
        for _, effect in self.about.get(party, ()):
            if isinstance(effect, Exist) and effect.op in ("merge", "succeed") and party in effect.others:
                found |= self.naming_party(PartyId(effect.subject))
        return found

    def unseen(self, act: Act) -> int:
        """How many statements on its subjects were recorded before an act without its signers having seen them."""
        found = 0
        for subject, seen in zip(act.subjects, act.follows, strict=True):
            before = self.place[subject, act.id]
            known = self.place.get((subject, seen), -1) if seen is not None else -1
            found = max(found, before - known - 1)
        return found

    def effect(self, ref: EffectRef) -> Effect | None:
        """The effect `ref` names, or None when the record does not hold it."""
        act = self.by_id.get(ref.statement)
        return act.effects[ref.n - 1] if act is not None and 1 <= ref.n <= len(act.effects) else None

    def naming_effect(self, ref: EffectRef) -> Iterator[Located]:
        """Every effect that refers to this effect, or to the statement it stands in."""
        yield from self.naming.get(ref, ())
        if ref.n:
            yield from self.naming.get(EffectRef(ref.statement, 0), ())

    def dates(self, ref: EffectRef) -> Effective:
        """The dates of an effect of a recorded act."""
        act = self.by_id[ref.statement]
        return act.effective_of(act.effects[ref.n - 1]) if ref.n else (act.effective or Effective())

    def start_bounds(self, ref: EffectRef) -> tuple[datetime, datetime]:
        """Earliest and latest legal start of an effect."""
        found = self._bounds.get(ref)
        if found is None:
            dates = self.dates(ref)
            found = self._bounds[ref] = start_bounds(dates.start, dates.zone, self.zones)
        return found

    def strength(self, act: Act, size: int | None = None) -> Strength:
        """The strength of the record of an act in a log of that size; its actor's own signed confirmation makes it an author's."""
        own = act.strength
        if own is Strength.AUTHOR:
            return own
        for ref, effect in self.naming.get(EffectRef(act.id, 0), ()):
            if isinstance(effect, State) and effect.kind == "confirmation" and self.within(ref, size):
                other = self.by_id[ref.statement]
                if other.actor == act.actor and other.strength is Strength.AUTHOR and not self._corrected(ref, size):
                    return Strength.AUTHOR
        return own

    def within(self, ref: EffectRef, size: int | None) -> bool:
        """Whether a log of that size holds an effect."""
        return size is None or self.by_id[ref.statement].position < size

    def registrations(self, subject: SubjectId, size: int | None = None) -> list[tuple[EffectRef, Exist]]:
        """The effects that register a subject."""
        return [(ref, e) for ref, e in self.registered.get(subject, ()) if self.within(ref, size)]

    def place_of(self, subject: SubjectId, size: int | None = None) -> Forum | None:
        """The legal order of the place of a subject, as registered; the last correction by strength, then start, speaks."""
        found = self._spoken(subject, "place", size)
        return Forum(found) if found else None

    def zone_of(self, subject: SubjectId, size: int | None = None) -> str:
        """The zone of a subject's legal days, as registered; UTC where none is."""
        return self._spoken(subject, "zone", size) or "UTC"

    def _spoken(self, subject: SubjectId, member: str, size: int | None) -> str | None:
        key = (subject, member, size)
        if key not in self._spoken_now:
            self._spoken_now[key] = self._speak(subject, member, size)
        return self._spoken_now[key]

    def _speak(self, subject: SubjectId, member: str, size: int | None) -> str | None:
        best: tuple[Strength, datetime, EffectRef] | None = None
        value: str | None = None
        for ref, effect in self.registrations(subject, size):
            stated = effect.place if member == "place" else effect.zone
            if stated is None or self._corrected(ref, size):
                continue
            key = (self.strength(self.by_id[ref.statement], size), self.start_bounds(ref)[0], ref)
            if best is None or key > best:
                best, value = key, stated
        return value

    def _corrected(self, ref: EffectRef, size: int | None) -> bool:
        """Whether a record of an effect was taken back, by a correction that was not taken back itself."""
        return any(
            isinstance(e, Void)
            and e.ground in ("error", "retraction")
            and self.within(other, size)
            and not self._corrected(other, size)
            for other, e in self.naming_effect(ref)
        )

    def home(self, act: Act, subject: SubjectId | None = None, size: int | None = None) -> Forum | None:
        """An act's home: a decision's or award's forum, else its authority's, else the place of the asset it is about."""
        for effect in act.effects:
            if isinstance(effect, Proceed):
                return effect.forum
            if isinstance(effect, Admit):
                return effect.forum
        own = self.actor_forum.get(act.id)
        if own is not None:
            return own
        place = self.place_of(subject, size) if subject is not None else None
        if place is not None:
            return place
        for kind in ("asset:", "party:"):
            for candidate in act.subjects:
                if candidate.startswith(kind):
                    place = self.place_of(candidate, size)
                    if place is not None:
                        return place
        return None


_K = TypeVar("_K")
_V = TypeVar("_V")


def _pop(lists: dict[_K, list[_V]], key: _K) -> None:
    """Take the last entry off a list; an empty list goes too, so that nothing shows it was there."""
    lists[key].pop()
    if not lists[key]:
        del lists[key]


def subjects_of(effect: Effect) -> tuple[SubjectId, ...]:
    """The subjects whose state an effect speaks about."""
    match effect:
        case Declare() | Move() | Reunit():
            return (SubjectId(effect.asset),)
        case Impose():
            return tuple(
                dict.fromkeys(SubjectId(o.asset) if isinstance(o, Stake) else SubjectId(o) for o in effect.over)
            )
        case Permit():
            return effect.over
        case Proceed():
            return (SubjectId(effect.proceeding), *(c for c in effect.concerns if isinstance(c, str)))
        case Void(target=target):
            return () if isinstance(target, EffectRef) else (SubjectId(target.asset),)
        case Admit():
            return (SubjectId(effect.state),) if effect.state else ()
        case Owe() | Pay():
            return (SubjectId(effect.asset),) if effect.asset else ()
        case Exist():
            return (effect.subject, *(SubjectId(p.asset) for p in effect.parts), *effect.others)
        case State():
            named = tuple(a for a in effect.about if isinstance(a, str))
            return (SubjectId(effect.asset), *named) if effect.asset else named
        case _:
            return ()


def named_by(effect: Effect) -> tuple[EffectRef, ...]:
    """Every effect or statement an effect refers to."""
    found: list[EffectRef | None] = []
    match effect:
        case Move():
            found += effect.performs
        case Impose():
            found += [*effect.rank_above, effect.transaction, effect.secures]
        case Alter():
            found += [effect.measure, *effect.rank_above, *effect.below]
        case Permit():
            found += [effect.of, *effect.excepts, effect.transaction]
        case Proceed():
            found += [c for c in effect.concerns if isinstance(c, EffectRef)]
            found += [effect.on, effect.decision.reviews if effect.decision else None]
        case Void(target=EffectRef() as target):
            found.append(target)
        case Admit():
            found.append(effect.target)
        case Owe():
            found += [effect.cause, effect.replaces]
        case Pay():
            found.append(effect.debt)
        case State():
            found += [a for a in effect.about if isinstance(a, EffectRef)]
        case _:
            pass
    return tuple(dict.fromkeys(ref for ref in found if ref is not None))


def holders_in(effect: Effect) -> list[tuple[PartyId, SubjectId]]:
    """The parties an effect on a right names as holders (beneficiaries too), each with the asset."""
    if not isinstance(effect, Declare | Move | Reunit):
        return []
    portions = (
        effect.split
        if isinstance(effect, Declare)
        else (*effect.cancel, *effect.issue)
        if isinstance(effect, Reunit)
        else ()
    )
    holders = [p.holder for p in portions]
    manners = [p.manner for p in portions]
    if isinstance(effect, Move):
        holders, manners = [effect.source, effect.target], [effect.manner]
    found: list[PartyId] = []
    for holder in holders:
        found += holder.parties if isinstance(holder, OneOf) else [holder] if isinstance(holder, str) else []
    found += [m.beneficiary for m in manners if m is not None and m.beneficiary is not None]
    return [(party, effect.asset) for party in found]


def parties_of(effect: Effect) -> tuple[PartyId, ...]:
    """The parties an effect names as holders or bound, for the closure of a question."""
    match effect:
        case Declare():
            return tuple(p.holder for p in effect.split if isinstance(p.holder, str))
        case Move():
            return tuple(h for h in (effect.source, effect.target) if isinstance(h, str))
        case Reunit():
            return tuple(p.holder for p in (*effect.cancel, *effect.issue) if isinstance(p.holder, str))
        case Impose():
            held = (effect.holder,) if isinstance(effect.holder, str) else ()
            return (*held, *effect.binds)
        case Exist(op="merge" | "succeed"):
            return tuple(PartyId(other) for other in effect.others)
        case _:
            return ()
