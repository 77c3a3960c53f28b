"""Acts in the order of the log, filed under what they mention. Append only.

Guarantees that an act once added is found by its id, its subjects and everything it refers to, and that adding one is bounded by
what it mentions; acts are held in memory, all of them, or those asked for where the others lie on a shelf, and what is answered is
the same. It judges nothing and knows no clock, time zone or legal order: what an act's dates, record and home are is `record`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from domain.acts import Act
from domain.effects import Effect, Exist
from domain.entries import NOTHING_NAMED, NOTHING_SUBJECT, Located, OfStatement, OfSubject, file_about, unfile_about
from domain.filing import (
    HOLDER,
    REACHING,
    filed_under,
    holder_name,
    holders_in,
    introduced_by,
    named_by,
    reaches,
    subjects_of,
)
from domain.identifiers import EffectRef, PartyId, StatementId, SubjectId
from domain.shelf import Place, Shelf

_RECENT_MAX = 4_096
"""How many acts added last are remembered in their order, for folds to catch up with, where acts lie on a shelf."""
_ROOM_MAX, _ROOM_MIN, _ROOM_LEFT = 25_000, 10_000, 50
"""How many acts of a shelf are held in memory, with what was folded of them: some 5 kilobytes each. There is one less for so many
entries of the log, because their leaf hashes lie in memory too."""

_K = TypeVar("_K")
_V = TypeVar("_V")
_E = TypeVar("_E", bound=Effect)


class FiledActs:
    """All acts recorded so far, found under what they mention. One writer adds."""

    def __init__(self, shelf: Shelf | None = None, shelved: int = 0) -> None:
        """`shelved`: how many acts lie on the shelf."""
        self.shelf = shelf
        self.count = shelved
        """How many acts are on record."""
        self.reaching = 0
        """How many measures recorded reach through ownership."""
        self._shelved = shelved
        self._recent: list[Act] = []
        """The acts added last, all of them where there is no shelf."""
        self._acts: dict[StatementId, Act] = {}
        self._subjects: dict[SubjectId, OfSubject] = {}
        self._named: dict[StatementId, OfStatement] = {}
        self._holding: dict[PartyId, list[Act]] = {}
        """Of parties asked for, the acts that name them as holders."""
        self._sharing = 1
        """How many records share the room: those of earlier sizes do."""
        self._longest = 0
        """How many acts the longest stream held has: it alone may be longer than what is held of all others."""
        self._removals = 0
        self._lowest: list[tuple[int, int]] = []
        """For removals, how many were made and how many acts were left: those not followed by a lower one."""
        self._forgotten = 0
        """Up to which removal that is no longer remembered."""
        if shelf is not None:
            reaching = shelf.filed([REACHING], shelved).get(REACHING, ())
            self.reaching = sum(reaches(effect) for act in reaching for effect in act.effects)

    # --- growth --------------------------------------------------------------------------------------------------

    def add(self, act: Act) -> None:
        """Append an act. Raises ValueError when its id is already recorded: the caller has checked for repeats."""
        if act.id in self._acts:
            raise ValueError(f"already recorded: {act.id}")
        self._recent.append(act)
        self._acts[act.id] = act
        self.count += 1
        whole = self.shelf is None
        if not whole:
            self._named[act.id] = NOTHING_NAMED  # whatever refers to it comes after it
        for subject in act.subjects:
            found = self._subjects.get(subject)
            if found is None:
                if not whole:
                    continue
                found = self._subjects[subject] = OfSubject()
            elif not whole:
                self._subjects[subject] = self._subjects.pop(subject)  # the last to be let go of
            found.place[act.id] = len(found.acts)
            found.acts.append(act)
        if act.records is not None and (named := self._names_of(act.records)) is not None:
            named.recorders.append(act)
        if act.despite:
            for met in {item.statement for item in act.despite if item.statement is not None}:
                if (named := self._names_of(met)) is not None:
                    named.breaches.append(act)
        for located in act.refs():
            effect = located[1]
            for subject in subjects_of(effect):
                found = self._subjects.get(subject)
                if found is None:
                    if not whole:
                        continue
                    found = self._subjects[subject] = OfSubject()
                file_about(found, located, subject)
            for ref in named_by(effect):
                if (named := self._names_of(ref.statement)) is not None:
                    named.naming.setdefault(ref.n, []).append(located)
            self._noted(effect, 1)
        if self._holding:
            for name in filed_under(act):
                if (holding := self._holding.get(PartyId(SubjectId(name.removeprefix(HOLDER))))) is not None:
                    holding.append(act)

    def remove_last(self) -> Act:
        """Take back the act added last: how a trial judgement leaves no trace."""
        act = self._recent.pop()
        self.count -= 1
        del self._acts[act.id]
        self._named.pop(act.id, None)
        for subject in act.subjects:
            found = self._subjects.get(subject)
            if found is not None and found.acts and found.acts[-1] is act:
                found.acts.pop()
                del found.place[act.id]
        if act.records is not None and (named := self._named.get(act.records)) is not None:
            named.recorders.pop()
        for met in {item.statement for item in act.despite if item.statement is not None}:
            if (named := self._named.get(met)) is not None:
                named.breaches.pop()
        for located in reversed(act.refs()):
            effect = located[1]
            for subject in subjects_of(effect):
                found = self._subjects.get(subject)
                if found is not None and found.about and found.about[-1][0] == located[0]:
                    unfile_about(found, located, subject)
                    if not found.about and not found.acts and self.shelf is None:
                        del self._subjects[subject]
            for ref in named_by(effect):
                if (named := self._named.get(ref.statement)) is not None:
                    _pop(named.naming, ref.n)
                    if self.shelf is None and not (named.naming or named.recorders or named.breaches):
                        del self._named[ref.statement]
            self._noted(effect, -1)
        if self.shelf is None:
            for subject in act.subjects:
                if (found := self._subjects.get(subject)) is not None and not found.acts and not found.about:
                    del self._subjects[subject]
        for acts in self._holding.values():
            if acts and acts[-1] is act:
                acts.pop()
        self._removals += 1
        while self._lowest and self._lowest[-1][1] >= self.count:
            self._lowest.pop()
        self._lowest.append((self._removals, self.count))
        return act

    def settle(self) -> None:
        """Between questions, or batches: everything recorded lies on the shelf. What is held beyond measure is let go of."""
        if self.shelf is None:
            return
        self._shelved = self.count
        del self._recent[:-_RECENT_MAX]
        if len(self._lowest) > _RECENT_MAX:
            self._forgotten = self._lowest[-1][0]
            self._lowest.clear()
        if len(self._acts) > self.room + self._longest:
            self.let_go(self.room // 2)

    @property
    def room(self) -> int:
        """How many acts are held at most, where they lie on a shelf; what is folded of them keeps within it too."""
        return max(_ROOM_MIN, _ROOM_MAX - self.count // _ROOM_LEFT) // self._sharing

    def let_go(self, keep: int = 0) -> None:
        """Hold no more of what lies on the shelf than so many acts, of the subjects fetched or added to last; the rest is fetched
        again when it is asked for."""
        kept: dict[SubjectId, OfSubject] = {}
        for subject in reversed(self._subjects):
            found = self._subjects[subject]
            keep -= max(len(found.acts), len(found.about))
            if keep < 0:
                break
            kept[subject] = found
        self._subjects = dict(reversed(kept.items()))
        wanted = {act.id for found in kept.values() for act in found.acts}
        wanted |= {ref.statement for found in kept.values() for ref, _ in found.about}
        self._acts = {statement: self._acts[statement] for statement in wanted if statement in self._acts}
        self._named = {statement: named for statement, named in self._named.items() if statement in wanted}
        self._holding.clear()
        self._longest = max((len(found.acts) for found in kept.values()), default=0)

    @property
    def removals(self) -> int:
        """How many acts were taken back so far."""
        return self._removals

    def holds_since(self, removals: int, count: int) -> bool:
        """Whether the first `count` acts are still those that they were when so many had been taken back."""
        if count > self.count or removals < self._forgotten:
            return False
        index = bisect_left(self._lowest, (removals + 1, 0))
        return all(low >= count for _, low in self._lowest[index : index + 1])

    def added_since(self, count: int) -> Sequence[Act] | None:
        """The acts on record beyond the first `count`; None where they are too many to be remembered."""
        missing = self.count - count
        if missing > len(self._recent):
            return None
        return self._recent[len(self._recent) - missing :]

    # --- acts ----------------------------------------------------------------------------------------------------

    @property
    def end(self) -> int:
        """The position after the last act."""
        if self.shelf is not None:
            return self.count
        return self._recent[-1].position + 1 if self._recent else 0

    @property
    def acts(self) -> Sequence[Act]:
        """All acts in the order of the log, where they are all held."""
        assert self.shelf is None, "acts on a shelf are walked through, not held"
        return self._recent

    def walk(self, start: int = 0, stop: int | None = None) -> Iterator[Act]:
        """The acts at positions [start, stop), by default all, one after another."""
        end = self.end if stop is None else min(stop, self.end)
        if start >= end:
            return
        if self.shelf is None:
            first = bisect_left(self._recent, start, key=lambda act: act.position)
            for act in self._recent[first:]:
                if act.position >= end:
                    return
                yield act
            return
        if start < min(end, self._shelved):
            yield from self.shelf.acts(start, min(end, self._shelved))
        yield from [act for act in self._recent if max(start, self._shelved) <= act.position < end]

    def at(self, position: int) -> Act:
        """The act at a position that is on record. Raises IndexError."""
        act = next(self.walk(position, position + 1), None)
        if act is None:
            raise IndexError(f"no act at {position}")
        return act

    def last_before(self, position: int) -> Act | None:
        """The last act before a position."""
        if self.shelf is not None:
            return self.at(min(position, self.count) - 1) if min(position, self.count) > 0 else None
        before = bisect_left(self._recent, position, key=lambda act: act.position)
        return self._recent[before - 1] if before else None

    def size_at(self, moment: datetime) -> int:
        """How many entries were recorded up to and including a moment: the position after the last act of then."""
        if self.shelf is not None and (found := self.shelf.size_at(moment, self._shelved)) < self._shelved:
            return found
        held = self._recent if self.shelf is None else self._unshelved()
        later = bisect_right(held, moment, key=lambda act: act.recorded_at)
        return held[later].position if later < len(held) else self.end

    def find(self, statement: StatementId) -> Act | None:
        """The act that a statement records."""
        found = self._acts.get(statement)
        if found is None and self.shelf is not None:
            found = self.shelf.act(statement, self._shelved)
            if found is not None:
                self._acts[statement] = found
        return found

    def act(self, statement: StatementId) -> Act:
        """The act that a statement records, which is on record. Raises KeyError."""
        found = self._acts.get(statement) or self.find(statement)
        if found is None:
            raise KeyError(statement)
        return found

    # --- what is filed -------------------------------------------------------------------------------------------

    def stream(self, subject: SubjectId) -> Sequence[Act]:
        """The acts that extend a subject's stream, in the order of the log."""
        return self._of(subject).acts

    def about(self, subject: SubjectId) -> Sequence[Located]:
        """The effects about a subject."""
        return self._of(subject).about

    def existing(self, subject: SubjectId) -> Sequence[EffectRef]:
        """The effects that say who or what a subject is."""
        return self._of(subject).existing

    def told(self, subject: SubjectId, kind: type[_E]) -> list[tuple[EffectRef, _E]]:
        """The effects of a kind among those of the acts that extend a subject's stream."""
        acts = [act for act in self.stream(subject) if kind in act.kinds]
        return [(ref, effect) for act in acts for ref, effect in act.refs() if isinstance(effect, kind)]

    def place(self, subject: SubjectId, statement: StatementId) -> int | None:
        """Where a statement stands in a subject's stream, from 0."""
        return self._of(subject).place.get(statement)

    def naming(self, ref: EffectRef) -> Sequence[Located]:
        """The effects that refer to an effect, or, where `ref` is a statement as a whole, to that."""
        return self._named_in(ref.statement).naming.get(ref.n, ())

    def recorders(self, statement: StatementId) -> Sequence[Act]:
        """Other records of the act that a statement records."""
        return self._named_in(statement).recorders

    def breaches(self, statement: StatementId) -> Sequence[Act]:
        """The acts recorded despite a statement."""
        return self._named_in(statement).breaches

    def alone(self, statement: StatementId) -> bool:
        """Whether nothing recorded refers to a statement or to an effect of it, or records its act too."""
        named = self._named_in(statement)
        return not (named.naming or named.recorders)

    def mentioned(self, statement: StatementId) -> bool:
        """Whether a recorded effect refers to a statement or to an effect of it."""
        return bool(self._named_in(statement).naming)

    def subjects(self) -> Iterator[SubjectId]:
        """Every subject that anything is recorded about."""
        if self.shelf is None:
            yield from self._subjects
            return
        yield from self.shelf.subjects(self._shelved)
        later = dict.fromkeys(subject for act in self._unshelved() for subject in introduced_by(act))
        yield from [subject for subject in later if self.shelf.introduction(subject, self._shelved) is None]

    def introduction(self, subject: SubjectId) -> Place | None:
        """Where a subject or party is first mentioned, as a stream, as registered, as a signer or as an actor."""
        if self.shelf is not None and (found := self.shelf.introduction(subject, self._shelved)) is not None:
            return found
        later = self._recent if self.shelf is None else self._unshelved()
        return next((place for place, one in _introductions(later) if one == subject), None)

    def introductions(self, kind: str, after: Place | None = None) -> Iterator[tuple[Place, SubjectId]]:
        """Subjects of a kind ("" for all) in the order of their first mention, after that place."""
        if self.shelf is not None:
            assert self.count == self._shelved, "asked between batches"
            yield from self.shelf.introductions(kind, self._shelved, after)
            return
        for place, subject in _introductions(self._recent):
            if (not kind or subject.startswith(f"{kind}:")) and (after is None or place > after):
                yield place, subject

    def _of(self, subject: SubjectId) -> OfSubject:
        found = self._subjects.get(subject)
        if found is None:
            if self.shelf is None:
                return NOTHING_SUBJECT
            self.fetch([subject])
            found = self._subjects[subject]
        return found

    def _named_in(self, statement: StatementId) -> OfStatement:
        found = self._named.get(statement)
        if found is None:
            if self.shelf is None:
                return NOTHING_NAMED
            self._fetch_named([statement])
            found = self._named[statement]
        return found

    def _names_of(self, statement: StatementId) -> OfStatement | None:
        """Where what refers to a statement is filed when it is added; None where that is not held."""
        found = self._named.get(statement)
        if found is NOTHING_NAMED or (found is None and self.shelf is None):
            found = self._named[statement] = OfStatement()
        return found

    def _unshelved(self) -> list[Act]:
        """Acts on record that may not be on the shelf yet."""
        return self._recent[max(0, len(self._recent) - (self.count - self._shelved)) :]

    def fetch(self, subjects: Iterable[SubjectId]) -> None:
        """Hold what is on record about these subjects, which will be asked for: together it costs little more than one."""
        wanted = [subject for subject in dict.fromkeys(subjects) if subject not in self._subjects]
        if self.shelf is None or not wanted:
            return
        later = self._unshelved()
        streams = self.shelf.streams(wanted, self._shelved)
        filed = self.shelf.filed(wanted, self._shelved)
        made: dict[SubjectId, OfSubject] = {}
        for subject in wanted:
            found = made[subject] = OfSubject()
            acts = [*streams.get(subject, ()), *(act for act in later if subject in act.subjects)]
            found.acts = [self._acts.setdefault(act.id, act) for act in acts]
            found.place = {act.id: n for n, act in enumerate(found.acts)}
            told = {act.position: act for act in found.acts}
            for act in (*filed.get(subject, ()), *later):
                told.setdefault(act.position, self._acts.setdefault(act.id, act))
            for position in sorted(told):
                for located in told[position].refs():
                    if subject in subjects_of(located[1]):
                        file_about(found, located, subject)
        self._fetch_named([act.id for found in made.values() for act in found.acts])
        self._subjects.update(made)
        self._longest = max([self._longest, *(len(found.acts) for found in made.values())])

    def _fetch_named(self, statements: Iterable[StatementId]) -> None:
        assert self.shelf is not None, "asked where acts lie on a shelf"
        wanted = [statement for statement in statements if statement not in self._named]
        if not wanted:
            return
        filed = self.shelf.filed(wanted, self._shelved)
        later = self._unshelved()
        for statement in wanted:
            self._named[statement] = NOTHING_NAMED
            itself = self.find(statement)
            own = [itself] if itself is not None else []
            # What refers to a statement comes after it, but for its own effects, which may refer to each other.
            acts = [self._acts.setdefault(act.id, act) for act in filed.get(statement, ())]
            for act in own + [other for other in (*acts, *later) if other is not itself]:
                self._file_named(statement, act)

    def _file_named(self, statement: StatementId, act: Act) -> None:
        """File an act under a statement it refers to, if it does."""
        if act.records == statement:
            self._naming(statement).recorders.append(act)
        if act.despite and any(item.statement == statement for item in act.despite):
            self._naming(statement).breaches.append(act)
        for located in act.refs():
            for ref in named_by(located[1]):
                if ref.statement == statement:
                    self._naming(statement).naming.setdefault(ref.n, []).append(located)

    def _naming(self, statement: StatementId) -> OfStatement:
        found = self._names_of(statement)
        assert found is not None, "it is held"
        return found

    def _noted(self, effect: Effect, count: int) -> None:
        """Keep what is derived for speed in step with an effect added or taken back."""
        if reaches(effect):
            self.reaching += count

    def naming_party(self, party: PartyId) -> set[SubjectId]:
        """Assets in which an effect names a party, or one it succeeds, as a holder."""
        found = {
            asset for act in self.naming_holder(party) for e in act.effects for p, asset in holders_in(e) if p == party
        }
        for _, effect in self.about(party):
            if isinstance(effect, Exist) and effect.op in ("merge", "succeed") and party in effect.others:
                found |= self.naming_party(PartyId(effect.subject))
        return found

    def naming_holder(self, party: PartyId) -> Sequence[Act]:
        """The acts in which an effect names a party as the holder of a right, or as who holds a measure."""
        found = self._holding.get(party)
        if found is None:
            found = self._holding[party] = [
                self._acts.setdefault(act.id, act) for act in self.filed_as(holder_name(party))
            ]
        return found

    def filed_as(self, name: str) -> Sequence[Act]:
        """The acts filed under a name (`filed_under`), in the order of the log."""
        later = self._recent if self.shelf is None else self._unshelved()
        shelved = self.shelf.filed([name], self._shelved).get(name, ()) if self.shelf is not None else ()
        return [*shelved, *(act for act in later if name in filed_under(act))]

    def filed_through(self, name: str, start: int = 0) -> Iterator[Act]:
        """The same from a position on, one after another, none held."""
        if self.shelf is not None:
            yield from self.shelf.filed_through(name, self._shelved, start)
        later = self._recent if self.shelf is None else self._unshelved()
        yield from [act for act in later if act.position >= start and name in filed_under(act)]

    def filed_like(self, prefix: str, part: str) -> Sequence[Act]:
        """The acts filed under any name that begins so and holds this after its beginning."""
        later = self._recent if self.shelf is None else self._unshelved()
        shelved = self.shelf.filed_like(prefix, part, self._shelved) if self.shelf is not None else ()
        return [
            *shelved,
            *(act for act in later if any(n.startswith(prefix) and part in n[len(prefix) :] for n in filed_under(act))),
        ]

    def unseen(self, act: Act) -> int:
        """How many statements on its subjects were recorded before an act without its signers having seen them."""
        found = 0
        for subject, seen in zip(act.subjects, act.follows, strict=True):
            place = self._of(subject).place
            known = place.get(seen, -1) if seen is not None else -1
            found = max(found, place[act.id] - known - 1)
        return found

    def effect(self, ref: EffectRef) -> Effect | None:
        """The effect `ref` names, or None when the record does not hold it."""
        act = self._acts.get(ref.statement) or self.find(ref.statement)
        return act.effects[ref.n - 1] if act is not None and 1 <= ref.n <= len(act.effects) else None

    def naming_effect(self, ref: EffectRef) -> Iterator[Located]:
        """Every effect that refers to this effect, or to the statement it stands in."""
        naming = self._named_in(ref.statement).naming
        yield from naming.get(ref.n, ())
        if ref.n:
            yield from naming.get(0, ())


def _pop(lists: dict[_K, list[_V]], key: _K) -> None:
    """Take the last entry off a list; an empty list goes too, so that nothing shows it was there."""
    lists[key].pop()
    if not lists[key]:
        del lists[key]


def _introductions(acts: Iterable[Act]) -> Iterator[tuple[Place, SubjectId]]:
    seen: set[SubjectId] = set()
    for act in acts:
        for n, subject in enumerate(introduced_by(act)):
            if subject not in seen:
                seen.add(subject)
                yield (act.position, n), subject
