"""What stands: which acts a view holds, and over which periods each of their effects is operative.

A view is a record seen at a size of the log, with what was known at a moment, in the eyes of a forum (DESIGN section 3, rules 3,
6 to 10). For every effect it yields segments of legal time: operative, pending, suspended, void. It settles voids to any depth,
conditions, the force of decisions, recognition, and two records of one act. It never looks at holdings: that is `title`.

Where the record leaves a choice (a date known to the month, an unstated reach, sources of equal strength), a view takes the
option its `Reading` names and notes the choice; `history` folds every reading and calls uncertain what differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from domain.acts import Act, Strength
from domain.effects import (
    Admit,
    Alter,
    Decision,
    Declare,
    Effect,
    Exist,
    Impose,
    Move,
    Permit,
    Proceed,
    Reunit,
    State,
    Void,
)
from domain.identifiers import EffectRef, Forum, StatementId, SubjectId
from domain.periods import BEGINNING, END, Clocks, Days, Instant, When, day_end, parse_days, start_bounds, until_bounds
from domain.record import Located, PlaceMember, Record


class Validity(StrEnum):
    """How an effect stands over a stretch of legal time."""

    OPERATIVE = "operative"
    PENDING = "pending"
    SUSPENDED = "suspended"
    SUSPENSE = "in suspense"
    """Neither standing nor undone until a court decides; folded both ways."""
    VOID = "void"
    ENDED = "ended"
    """Its own term is over."""
    UNRECOGNISED = "unrecognised"


_OPERATIVE: Final = Validity.OPERATIVE
"""Looked up once: a member of an enumeration is found anew at every mention, and this one is mentioned for every effect."""


class Segment(NamedTuple):
    """From `start` (inclusive) to `end` (exclusive) an effect has this validity, because of `causes`."""

    start: datetime
    end: datetime
    validity: Validity
    causes: tuple[EffectRef, ...] = ()
    falls: bool = False
    """Void with its dependants: what was built on it falls too."""


def first_operative(segments: tuple[Segment, ...]) -> datetime | None:
    """When an effect first works; None where it never does."""
    for segment in segments:
        if segment.validity is _OPERATIVE:
            return segment.start
    return None


def for_ever(segments: tuple[Segment, ...]) -> bool:
    """Whether an effect works from its start on, and never ceases to."""
    return len(segments) == 1 and segments[0].validity is _OPERATIVE and segments[0].end == END


@dataclass(frozen=True, slots=True)
class Choice:
    """A point on which the record leaves `options` readings open: the statement that leaves it open, and why."""

    key: str
    options: int
    statement: StatementId
    why: str


@dataclass(slots=True)
class Reading:
    """The option taken at each choice (0 where none is named), and every choice met on the way."""

    taken: Mapping[str, int] = field(default_factory=dict)
    met: dict[str, Choice] = field(default_factory=dict)

    def pick(self, key: str, options: int, statement: StatementId, why: str) -> int:
        """The option to take at a choice; the choice is noted."""
        if key not in self.met:
            self.met[key] = Choice(key, options, statement, why)
        return min(self.taken.get(key, 0), options - 1)


@dataclass(frozen=True, slots=True)
class Applied:
    """How a forum takes an act: from `since` to `until` it has effect there, and whether the forum has itself decided."""

    since: datetime
    decided: bool
    causes: tuple[EffectRef, ...] = ()
    until: datetime = END
    refused: tuple[_Answer, ...] = ()
    """Refusals that were later undone: over their stretches it has no effect there."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A forum's answer to an act, and the stretch over which it stands."""

    start: datetime
    ref: EffectRef
    answer: str
    end: datetime


def _recognitions(answers: list[_Answer]) -> list[_Answer]:
    """The recognitions that come last, in a row, the last one first."""
    run: list[_Answer] = []
    for answer in reversed(answers):
        if answer.answer != "recognised":
            break
        run.append(answer)
    return run


_EVERYWHERE = Applied(BEGINNING, True)
"""An act that a forum applies without asking."""

REVERSALS = frozenset(
    {
        "annulled",
        "overturned",
        "quashed",
        "reversed",
        "set-aside",
        "vacated",
        "reversed-and-remanded",
        "quashed-and-remanded",
    }
)
"""Outcomes of a review that undo the decision reviewed."""
UPHOLDING: Final = frozenset(
    {"upheld", "affirmed", "confirmed", "dismissed", "dismissed-on-appeal", "rejected", "denied", "refused"}
    | {"inadmissible", "no-jurisdiction", "discontinued", "struck-out", "appeal-dismissed", "leave-refused"}
)
"""Outcomes of a review that leave the decision reviewed as it is; of others, only what they void is known."""

LAST: Final = END - datetime.resolution
"""The last moment of time."""

_FIRST_DAY = datetime(1000, 1, 2, tzinfo=BEGINNING.tzinfo)
"""The earliest moment a nesting is asked for: time zones can be applied to it."""


class View:
    """A record at a size, with what was known at a moment, in a forum, under a reading. Caches; `forget` after the record grows."""

    def __init__(self, record: Record, clocks: Clocks, forum: Forum | None, reading: Reading | None = None) -> None:
        self.record = record
        self.clocks = clocks
        self.forum = forum
        self.reading = reading if reading is not None else Reading()
        self.at = LAST if clocks.effective_at is None else clocks.effective_at
        """The moment whose place is the forum of a subject where none is asked for; by default the end of time."""
        self.alike = (BEGINNING, END)
        """The moments at which every subject asked for so far lies where it lies at that one: the view answers alike for them."""
        self._segments: dict[EffectRef, dict[SubjectId | None, tuple[Segment, ...]]] = {}
        self._plain: dict[EffectRef, tuple[Segment, ...]] = {}
        """Of effects that nothing qualifies: the same for every subject."""
        self._applied: dict[SubjectId | None, dict[EffectRef | StatementId, Applied | None]] = {}
        """By statement, or by effect where its effects may be taken differently."""
        self._singled: dict[StatementId, bool] = {}
        self._speaks: dict[StatementId, StatementId | None] = {}
        self._asking: set[EffectRef] = set()
        """Decisions whose force is being asked for: none hangs on itself."""

    def turn_to(self, at: datetime) -> bool:
        """Be of another moment, if everything asked so far is alike then."""
        if not self.alike[0] <= at < self.alike[1]:
            return False
        self.at = at
        return True

    # --- selection -----------------------------------------------------------------------------------------------

    def holds(self, act: Act) -> bool:
        """Whether the clocks of this view contain the act."""
        clocks = self.clocks
        if clocks.size is not None and act.position >= clocks.size:
            return False
        if clocks.known_at is None:
            return True
        early, late = known_bounds(self.record, act, clocks.knower)
        if late <= clocks.known_at:
            return True
        if early > clocks.known_at:
            return False
        return self.reading.pick(f"known {act.id}", 2, act.id, "the day it became known is uncertain") == 0

    def speaks(self, act: Act) -> bool:
        """Whether this record of its act is the one that speaks: the strongest; of equal ones that differ, the reading picks."""
        if act.records is None and not self.record.recorders(act.id):
            return True
        root = act.id
        seen = {root}
        while (parent := self.record.find(root)) is not None and parent.records is not None:
            root = parent.records
            if root in seen:
                break
            seen.add(root)
        if root not in self._speaks:
            self._speaks[root] = self._speaker(root)
        return self._speaks[root] == act.id

    def group(self, root: StatementId) -> list[Act]:
        """All held records of one act that are not themselves withdrawn as erroneous, sorted by id."""
        todo, members = [root], []
        while todo:
            current = todo.pop()
            act = self.record.find(current)
            if act is not None and self.holds(act) and not self._withdrawn(act):
                members.append(act)
            todo += [other.id for other in self.record.recorders(current)]
        return sorted(members, key=lambda act: act.id)

    def _withdrawn(self, act: Act) -> bool:
        whole = EffectRef(act.id, 0)
        return any(
            isinstance(effect, Void)
            and effect.ground in ("error", "retraction")
            and self.held(ref)
            and any(s.validity is Validity.OPERATIVE for s in self.settled_own(ref))
            for ref, effect in self.record.naming(whole)
        )

    def strength(self, act: Act) -> Strength:
        """The strength of the record of an act, as far as this view goes back and as was known."""
        if self.clocks.known_at is None:
            return self.record.strength(act, self.clocks.size)
        return self.record.strength(act, self.clocks.size, self.holds)

    def home(self, act: Act, subject: SubjectId | None) -> Forum | None:
        """An act's home, as far as this view goes back."""
        return self.record.home(act, subject, self.clocks.size, lambda asked: self.place_then(act, asked))

    def place(self, subject: SubjectId, at: datetime) -> Forum | None:
        """The legal order of the place of a subject at a moment, in this reading. A change counts where this view holds its act;
        the first registration always does."""
        told = self.record.placed(subject, "place", self.clocks.size)
        if len(told) < 2:
            return Forum(told[0][1]) if told else None
        return next((forum for start, end, forum, _ in self.stations(subject) if start <= at < end), None)

    def place_then(self, act: Act, subject: SubjectId) -> Forum | None:
        """The place of a subject when the first effect of an act starts."""
        told = self.record.placed(subject, "place", self.clocks.size)
        if len(told) < 2:
            return Forum(told[0][1]) if told else None
        return self.place(subject, self.start(EffectRef(act.id, 1)) if act.effects else BEGINNING)

    def stations(self, subject: SubjectId) -> list[tuple[datetime, datetime, Forum, EffectRef]]:
        """Where a subject lay: from, until, which legal order, and the registration that says so; of all time."""
        return [(start, end, Forum(value), ref) for start, end, value, ref in self.stretches(subject, "place")]

    def stretches(self, subject: SubjectId, member: PlaceMember) -> list[tuple[datetime, datetime, str, EffectRef]]:
        """What is registered of a subject's place or zone, through all time."""
        told = self.record.placed(subject, member, self.clocks.size)
        if len(told) > 1:
            told = (told[0], *(item for item in told[1:] if self.holds(self.record.act(item[0].statement))))
        if len(told) < 2:
            return [(BEGINNING, END, value, ref) for ref, value in told]
        starts = [(self.start(ref), n, value, ref) for n, (ref, value) in enumerate(told)]
        starts.sort(key=lambda item: item[:2])
        begins = [BEGINNING, *(start for start, _, _, _ in starts[1:]), END]
        found = [(begins[n], begins[n + 1], value, ref) for n, (_, _, value, ref) in enumerate(starts)]
        return [item for item in found if item[0] < item[1]]

    def eyes(self, subject: SubjectId) -> Forum | None:
        """The forum in whose eyes a subject is seen: that of this view, else the place of the subject at the view's moment. What is
        asked so narrows `alike`."""
        if self.forum is not None:
            return self.forum
        told = self.record.placed(subject, "place", self.clocks.size)
        if len(told) < 2:
            return Forum(told[0][1]) if told else None
        start, end, forum, _ = next(item for item in self.stations(subject) if item[0] <= self.at < item[1])
        self.alike = (max(self.alike[0], start), min(self.alike[1], end))
        return forum

    def _speaker(self, root: StatementId) -> StatementId | None:
        members = self.group(root)
        if not members:
            return None
        best = max(self.strength(act) for act in members)
        strongest = [act for act in members if self.strength(act) is best]
        distinct: list[Act] = []
        for act in strongest:
            if not any(same_act(act, other) for other in distinct):
                distinct.append(act)
        if len(distinct) == 1:
            return distinct[0].id
        option = self.reading.pick(f"records {root}", len(distinct), root, "sources of equal strength differ")
        return distinct[option].id

    def applied(self, ref: EffectRef, subject: SubjectId | None) -> Applied | None:
        """How the forum of this view takes an effect concerning a subject; None when it does not apply it."""
        known = self._applied.get(subject)
        if known is None:
            known = self._applied[subject] = {}
        if ref.statement in known:  # taken as a whole
            return known[ref.statement]
        forum = self.eyes(subject) if subject is not None else self.forum
        key = ref if forum is not None and self.singled(ref.statement) else ref.statement
        if key not in known:
            known[key] = self._apply(ref if key is ref else EffectRef(ref.statement, 0), subject, forum)
        return known[key]

    def singled(self, statement: StatementId) -> bool:
        """Whether an answer of a forum on record names a single effect of an act: then its effects may be taken differently."""
        known = self._singled.get(statement)
        if known is None:
            act = self.record.act(statement)
            known = self._singled[statement] = self._mentioned(act) and any(
                isinstance(effect, Admit) and effect.target is not None and effect.target.n
                for own, _ in act.refs()
                for _, effect in self.naming(own)
            )
        return known

    def _apply(self, ref: EffectRef, subject: SubjectId | None, forum: Forum | None) -> Applied | None:
        if forum is None:
            return _EVERYWHERE  # nor has the subject a place
        act = self.record.act(ref.statement)
        place = self.place_then(act, subject) if subject is not None else None
        home = self.home(act, subject)
        if home is None:
            return _EVERYWHERE
        return self._taken(ref, home, forum, place)

    def _taken(self, ref: EffectRef, home: Forum, forum: Forum, place: Forum | None) -> Applied | None:
        """How a forum takes an effect, or (n = 0) a whole act: by its own answers, else because it is at home there, else as the
        place takes it."""
        act = self.record.act(ref.statement)
        answers = self._answers(ref, forum) if self._mentioned(act) else []
        if not answers and home == forum:
            return _EVERYWHERE
        past = tuple(answer for answer in answers if answer.answer == "refused" and answer.end != END)
        if past:
            taken = self._by_answers(ref, [a for a in answers if a not in past], home, forum, place)
            return replace(taken, refused=(*taken.refused, *past)) if taken is not None else None
        return self._by_answers(ref, answers, home, forum, place)

    def _by_answers(
        self, ref: EffectRef, answers: list[_Answer], home: Forum, forum: Forum, place: Forum | None
    ) -> Applied | None:
        act = self.record.act(ref.statement)
        last = answers[-1] if answers else None
        if last is not None and last.answer == "refused":
            given = _recognitions(answers[:-1])
            return Applied(given[-1].start, True, (given[0].ref, last.ref), last.start) if given else None
        silent: Applied | None = None
        if self._by_home(home, forum, self._nested_at(act)):
            silent = Applied(BEGINNING, True)
        elif place is not None and place != forum:
            there = self._taken(ref, home, place, None)
            silent = replace(there, decided=False) if there is not None else None
        if last is None or (last.answer == "withdrawn" and silent is not None):
            return silent
        run = _recognitions(answers[:-1] if last.answer == "withdrawn" else answers)
        if not run:
            return None
        if silent is not None and silent.since == BEGINNING and silent.until == END:
            return Applied(BEGINNING, True, (run[0].ref,))
        if last.answer == "withdrawn":
            return Applied(run[-1].start, True, (run[0].ref, last.ref), last.start)
        return Applied(run[-1].start, True, (run[0].ref,), max(answer.end for answer in run))

    def _mentioned(self, act: Act) -> bool:
        """Whether anything recorded may refer to an act: by its own name, or by that of another record of it or of what it
        corrects."""
        return act.records is not None or Void in act.kinds or not self.record.alone(act.id)

    def _nested_at(self, act: Act) -> datetime:
        """The moment at which it counts what an act's home is nested in: the start of its first effect."""
        at = self.record.start_bounds(EffectRef(act.id, 1))[0] if act.effects else BEGINNING
        return max(at, _FIRST_DAY)

    def _by_home(self, home: Forum, forum: Forum, at: datetime) -> bool:
        return home == forum or home in self.record.nesting(forum, at)

    def _answers(self, named: EffectRef, forum: Forum) -> list[_Answer]:
        """The answers to an effect that stand in a forum: to itself, to its statement, or to the decision it rests on (n = 0: to
        any effect of the statement); an outer order answers for the inner one."""
        found: dict[EffectRef, _Answer] = {}
        decision = self._decision_of(named)
        asked = [own for own, _ in self.record.act(named.statement).refs()]
        if named.n:
            asked = [named] if decision is None or decision[0] == named else [named, decision[0]]
        for own in asked:
            for ref, effect in self.naming(own):
                if ref in found or not isinstance(effect, Admit) or effect.answer in ("filed", "stayed"):
                    continue
                start = self.start(ref)
                if forum != effect.forum and effect.forum not in self.record.nesting(forum, max(start, _FIRST_DAY)):
                    continue
                if not self.held(ref):
                    continue
                stretch = next((s for s in self.settled_own(ref) if s.validity is Validity.OPERATIVE), None)
                if stretch is None:
                    continue
                found[ref] = _Answer(stretch.start, ref, effect.answer, stretch.end)
        return sorted(found.values(), key=lambda answer: (answer.start, answer.ref))

    # --- time ----------------------------------------------------------------------------------------------------

    def start(self, ref: EffectRef) -> datetime:
        """When an effect starts in this reading."""
        early, late, after = self.record.started(ref)
        if early == late:
            return early if after is None else self._after(ref, early)
        stated = self.record.dates(ref).start
        key = f"date {ref.statement} {stated.text if stated is not None else ''}"  # one statement, one date: read alike
        option = self.reading.pick(key, 2, ref.statement, "the date it took effect is uncertain")
        return late if option else early

    def _after(self, ref: EffectRef, midnight: datetime) -> datetime:
        """When an effect dated by a legal day starts that comes after one of a known moment of that day: not before it."""
        dates = self.record.dates(ref)
        if not isinstance(dates.start, Days) or dates.zone is None:
            return midnight
        moment, seen, current = midnight, {ref}, self.record.started(ref)[2]
        end = day_end(dates.start.first, dates.zone, self.record.zones)
        while current is not None and current not in seen:
            seen.add(current)
            act = self.record.find(current.statement)
            if act is None or current.n > len(act.effects) or not self.holds(act):
                break
            early, late, after = self.record.started(current)
            if early == late and moment < early < end:
                moment = early
            current = after
        return moment

    def void_start(self, ref: EffectRef, void: Void) -> datetime:
        """When a void of an act that is not on record bites: its stated date, else its own start."""
        return self.start(ref) if isinstance(void.time, str) else self.moment(void.time, ref)

    def same(self, subject: SubjectId, at: datetime) -> tuple[SubjectId, ...]:
        """The other identities that are one with this one at a moment, sorted: joined, directly or through others, and not parted
        since."""
        found = {subject}
        todo = [subject]
        while todo:
            current = todo.pop()
            last: dict[SubjectId, tuple[datetime, EffectRef, bool]] = {}
            for ref in self.record.existing(current):
                effect = self.record.effect(ref)
                if isinstance(effect, Exist) and effect.op in ("same", "distinct") and self.stands(ref, at, current):
                    said = (self.start(ref), ref, effect.op == "same")
                    for other in effect.others if effect.subject == current else (effect.subject,):
                        last[other] = max(said, last.get(other, said))
            fresh = [other for other, (_, _, joined) in last.items() if joined and other not in found]
            found.update(fresh)
            todo += fresh
        return tuple(sorted(found - {subject}))

    # --- segments ------------------------------------------------------------------------------------------------

    def segments(self, ref: EffectRef, subject: SubjectId | None = None) -> tuple[Segment, ...]:
        """How an effect on a subject stands over legal time, from its start to the end; empty when the view does not hold or
        apply it."""
        act = self.record.find(ref.statement)
        if act is None or not self.holds(act) or not self.speaks(act):
            return ()
        if corrects(act.effects[ref.n - 1]):
            return self.settled_own(ref, subject)  # of this ledger, not of a legal order
        applied = self.applied(ref, subject)
        if applied is None:
            return ()
        segments = self._own(act, ref, subject)
        for answer in applied.refused:
            segments = overlay(segments, answer.start, answer.end, Validity.UNRECOGNISED, (answer.ref,))
        if applied is _EVERYWHERE or (applied.since == BEGINNING and applied.until == END):
            return segments
        segments = overlay(segments, BEGINNING, applied.since, Validity.UNRECOGNISED, applied.causes)
        segments = overlay(segments, applied.until, END, Validity.UNRECOGNISED, applied.causes)
        by = applied.causes[:1] if applied.since != BEGINNING else ()  # what recognised it is why it counts
        return tuple(
            s._replace(causes=tuple(dict.fromkeys((*s.causes, *by)))) if s.validity is _OPERATIVE else s
            for s in segments
        )

    def settled(self, ref: EffectRef, subject: SubjectId | None = None) -> tuple[Segment, ...]:
        """Segments with what is in suspense read one way or the other."""
        segments = self.segments(ref, subject)
        if len(segments) == 1 and segments[0].validity is _OPERATIVE:
            return segments
        if Validity.SUSPENSE not in [s.validity for s in segments]:
            return segments
        option = self.reading.pick(f"suspense {ref}", 2, ref.statement, "in suspense until a court decides")
        settled = Validity.VOID if option else Validity.OPERATIVE
        return tuple(s._replace(validity=settled) if s.validity is Validity.SUSPENSE else s for s in segments)

    def settled_own(self, ref: EffectRef, subject: SubjectId | None = None) -> tuple[Segment, ...]:
        """Segments whatever this forum makes of the effect's own act: how a step stands in its own legal order."""
        return self._own(self.record.act(ref.statement), ref, subject)

    def _own(self, act: Act, ref: EffectRef, subject: SubjectId | None) -> tuple[Segment, ...]:
        found = self._plain.get(ref)
        if found is not None:
            return found
        cached = self._segments.get(ref)
        found = cached.get(subject) if cached is not None else None
        if found is None:
            effect = act.effect(ref)
            if self._unqualified(act, effect):
                found = self._plain[ref] = (Segment(self.start(ref), END, _OPERATIVE, (ref,)),)
            else:
                found = self._segments.setdefault(ref, {})[subject] = self._settle(ref, effect, subject)
        return found

    def moment(self, when: When, ref: EffectRef) -> datetime:
        """The start of a date an effect states, in its zone and in this reading."""
        early, late = start_bounds(when, self.record.dates(ref).zone, self.record.zones)
        if early == late:
            return early
        return late if self.reading.pick(f"moment {ref}", 2, ref.statement, "a date it states is uncertain") else early

    def stands(self, ref: EffectRef, at: datetime, subject: SubjectId | None = None) -> bool:
        """Whether an effect is operative at a moment."""
        return any(s.start <= at < s.end and s.validity is _OPERATIVE for s in self.segments(ref, subject))

    def forget(self, refs: Iterable[EffectRef]) -> None:
        """Drop what was cached of these effects and of the records of their statements."""
        for ref in refs:
            self._segments.pop(ref, None)
            self._plain.pop(ref, None)
        self._speaks.clear()

    def forget_recognition(self) -> None:
        """Drop what was cached of how the forum takes acts; needed after an `admit` or a registration."""
        self._applied.clear()
        self._singled.clear()

    def _settle(self, ref: EffectRef, effect: Effect, subject: SubjectId | None) -> tuple[Segment, ...]:
        """Segments from condition, force and sanction, and then from voids."""
        start = self.start(ref)
        segments: tuple[Segment, ...] = (Segment(start, END, Validity.OPERATIVE, (ref,)),)
        dates = self.record.dates(ref)
        if dates.until is not None and ends_by_itself(effect):
            end = max(start, until_bound(self, dates.until, dates.zone, ref))
            segments = tuple(
                s
                for s in (Segment(start, end, _OPERATIVE, (ref,)), Segment(end, END, Validity.ENDED))
                if s.start < s.end
            )
        segments = self._by_condition(segments, ref, effect, start, subject)
        segments = self._by_force(segments, ref, effect, subject)
        if isinstance(effect, (Move, Reunit)):
            segments = self._by_sanction(segments, ref, start, SubjectId(effect.asset))
        for void_ref, void in self._voids(ref):
            segments = self._strike(segments, ref, start, void_ref, void, subject)
        return segments

    def _unqualified(self, act: Act, effect: Effect) -> bool:
        """Whether nothing can qualify an effect: no condition, no decision it rests on, no objection, no other record of its act,
        and nothing recorded that names it. Most acts of a long history are of this kind."""
        if act.despite or self._mentioned(act):
            return False
        if act.effective_of(effect).until is not None and ends_by_itself(effect):
            return False
        if isinstance(effect, (Move, Reunit, Impose)) and effect.pending is not None:
            return False
        return Proceed not in act.kinds

    def _by_condition(
        self,
        segments: tuple[Segment, ...],
        ref: EffectRef,
        effect: Effect,
        start: datetime,
        subject: SubjectId | None,
    ) -> tuple[Segment, ...]:
        pending = effect.pending if isinstance(effect, (Move, Reunit, Impose)) else None
        if pending is None:
            return segments
        met: tuple[datetime, EffectRef] | None = None
        if pending.on == "final":
            decision = self._decision_of(ref)
            met = self.finality(decision[0], subject, ref) if decision is not None else None
        else:
            asked = self.naming(ref)
            if pending.on == "permit" and isinstance(effect, Move):
                asked += [located for performed in effect.performs for located in self.naming_of(performed)]
            for other, candidate in asked:
                fits = (isinstance(candidate, Permit) and candidate.op == "granted" and pending.on == "permit") or (
                    isinstance(candidate, Alter) and candidate.op == "fulfil" and pending.on == "fulfilled"
                )
                if not fits or not self.held(other) or self._never_good(other, candidate, subject):
                    continue
                for segment in self.segments(other, subject):
                    if segment.validity is Validity.OPERATIVE and (met is None or (segment.start, other) < met):
                        met = (segment.start, other)
        if met is None:
            return overlay(segments, BEGINNING, END, Validity.PENDING, (ref,))
        if pending.retroactive:
            return tuple(s._replace(causes=(*s.causes, met[1])) for s in segments)
        return overlay(segments, BEGINNING, max(met[0], start), Validity.PENDING, (ref, met[1]))

    def _never_good(self, ref: EffectRef, effect: Effect, subject: SubjectId | None) -> bool:
        """Whether a permit was revoked from its very start."""
        if not isinstance(effect, Permit):
            return False
        start = self.start(ref)
        return any(
            isinstance(change, Permit)
            and change.op == "revoked"
            and self.held(other)
            and any(s.validity is Validity.OPERATIVE for s in self.segments(other, subject))
            and self.revoked_from(other, change, start) <= start
            for other, change in self.naming(ref)
        )

    def revoked_from(self, ref: EffectRef, change: Permit, start: datetime) -> datetime:
        """From when a revocation bites: from the permit's start (ex tunc), from now on (ex nunc), or as stated."""
        own = self.start(ref)
        match change.time:
            case "own":
                return start
            case None | "judgment":
                return own
            case "unstated":
                why = "whether the revocation reaches back is not stated"
                return start if self.reading.pick(f"time {ref}", 2, ref.statement, why) else own
            case when:
                return self.moment(when, ref)

    def _decision_of(self, ref: EffectRef) -> tuple[EffectRef, Proceed] | None:
        for n, effect in enumerate(self.record.act(ref.statement).effects, 1):
            if isinstance(effect, Proceed) and effect.decision is not None:
                return EffectRef(ref.statement, n), effect
        return None

    def _by_force(
        self, segments: tuple[Segment, ...], ref: EffectRef, effect: Effect, subject: SubjectId | None
    ) -> tuple[Segment, ...]:
        if isinstance(effect, (Proceed, State)) or corrects(effect):
            return segments  # a correction of the record is nothing that the decision beside it orders
        found = self._decision_of(ref)
        if found is None:
            return segments
        decision_ref, decision = found
        for window in self.force(decision_ref, decision, subject, ref):
            start = BEGINNING if window.start == self.start(decision_ref) and pending(window) else window.start
            segments = overlay(segments, start, window.end, window.validity, window.causes)
            segments = tuple(
                s._replace(causes=tuple(dict.fromkeys((*s.causes, *window.causes[1:]))))
                if s.start == window.end and s.validity is _OPERATIVE
                else s
                for s in segments
            )
        return segments

    def force(
        self, ref: EffectRef, step: Proceed, subject: SubjectId | None = None, part: EffectRef | None = None
    ) -> tuple[Segment, ...]:
        """Over which stretches a decision is not enforceable: pending finality, or suspended by an appeal or a stay. Of each the
        causes: what it waits for or what suspends it, and what ends that. `subject`: in whose place's eyes, where no forum is asked
        for; what another legal order than the decision's own does counts only where that order's acts are applied.
        `part`: asked of one effect that it orders, else of the whole."""
        assert step.decision is not None, "asked of decisions only"
        found: list[Segment] = []
        if ref in self._asking:
            return ()
        self._asking.add(ref)
        try:
            if step.decision.force == "on_finality":
                found += self._until_final(ref, subject, part)
            for other, effect in self._steps_on(ref, subject, part):
                found += self._suspending(ref, step.decision, other, effect, subject)
        finally:
            self._asking.discard(ref)
        return tuple(sorted(found, key=lambda s: (s.start, s.causes)))

    def _steps_on(
        self, ref: EffectRef, subject: SubjectId | None, part: EffectRef | None = None
    ) -> list[tuple[EffectRef, Proceed]]:
        """The held steps that name a decision and bear on it here: those of its own legal order and of one above it wherever it is
        applied; those of another order (a foreign stay of its enforcement) where that order's acts are at home."""
        return [
            (other, effect)
            for other, effect in self.naming(ref)
            if isinstance(effect, Proceed) and other != ref and self.held(other)
            if self._heeded(ref, other, effect, subject) and self._touches(effect, ref, part)
        ]

    def _touches(self, step: Proceed, ref: EffectRef, part: EffectRef | None) -> bool:
        """Whether a step on a decision is about one effect that it orders: not where it concerns others of them only. One that
        makes only some of them final does not make the whole so."""
        named = {name.statement for name in self.aliases(ref)}
        heads = [
            c for c in step.concerns
            if isinstance(c, EffectRef) and c.n and c.statement in named and not isinstance(self.record.effect(c), Proceed)
        ]  # fmt: skip
        if not heads:
            return True
        return step.stage != "final" if part is None else not set(heads).isdisjoint(self.aliases(part))

    def _heeded(self, ref: EffectRef, other: EffectRef, step: Proceed, subject: SubjectId | None) -> bool:
        decision = self.record.effect(ref)
        assert isinstance(decision, Proceed), "asked of decisions, and of steps on them"
        if step.forum == decision.forum:
            return True
        at = max(self.record.start_bounds(other)[0], _FIRST_DAY)
        eyes: list[Forum | None] = [decision.forum, self.forum]
        if subject is not None:
            eyes += [self.eyes(subject), self.place_then(self.record.act(other.statement), subject)]
        return any(forum is not None and self._by_home(step.forum, forum, at) for forum in eyes)

    def _until_final(self, ref: EffectRef, subject: SubjectId | None, part: EffectRef | None) -> list[Segment]:
        """The stretches over which a decision is not final, from its start."""
        since = self.start(ref)
        by: tuple[EffectRef, ...] = (ref,)
        found: list[Segment] = []
        for start, end, final in sorted(self._finals(ref, subject, part)):
            if since < start:
                found.append(Segment(since, start, Validity.PENDING, (*by, final)))
            if since < end:
                since, by = end, (ref, final)
        return [*found, Segment(since, END, Validity.PENDING, by)] if since < END else found

    def _suspending(
        self, ref: EffectRef, decision: Decision, other: EffectRef, effect: Proceed, subject: SubjectId | None
    ) -> list[Segment]:
        """The stretches over which a later step keeps a decision from being in force, as long as that step itself stands."""
        if self.reverses_without_void(other, effect):
            if not self._means(undone(effect), ref):
                return []  # it only mentions this decision
            taken = self.applied(other, subject)
            if taken is None:
                return []  # as a void would be: foreign here
            end, by = self._reversal_end(other)
            works = [
                (max(s.start, taken.since), min(s.end, end, taken.until))
                for s in self._in_force(other, effect, subject)
            ]
            return [Segment(low, high, Validity.SUSPENDED, (other, *by)) for low, high in works if low < high]
        found: list[Segment] = []
        if self.upholds(other, effect) and _reviewed(effect) in self.aliases(ref):
            windows = [
                w
                for w in self.force(other, effect, subject)
                if not (pending(w) or self._sent_back(w)) or self._ended_suspension(ref, decision, other, subject)
            ]
            stretches = self._standing(other) if windows else []
            cut = [(w, max(w.start, s.start), min(w.end, s.end)) for w in windows for s in stretches]
            found += [Segment(start, end, Validity.SUSPENDED, w.causes) for w, start, end in cut]
        if self._suspends(decision, effect):
            for stretch in self._standing(other):
                end, by = self._suspension_end(ref, other, effect, stretch.start, subject)
                if stretch.end < end:
                    end, by = stretch.end, self._undone_by(other, stretch.end)
                found.append(Segment(stretch.start, end, Validity.SUSPENDED, (other, *by)))
        return [s for s in found if s.start < s.end]

    @staticmethod
    def _suspends(decision: Decision, step: Proceed) -> bool:
        """Whether a step taken on a decision suspends it."""
        if step.on is None:
            return False
        weighty = step.suspensive or decision.force == "suspended_by_appeal"
        return step.stage == "stayed" or (step.stage == "appealed" and weighty)

    def _ended_suspension(
        self, ref: EffectRef, decision: Decision, review: EffectRef, subject: SubjectId | None
    ) -> bool:
        """Whether a decision had been suspended by an appeal when it was decided on again."""
        at = self.start(review)
        return any(
            self._suspends(decision, step) and any(s.start <= at < s.end for s in self._standing(other))
            for other, step in self._steps_on(ref, subject)
        )

    def _standing(self, ref: EffectRef) -> list[Segment]:
        """The stretches over which a step stands: not those in which it is void, or was wrongly recorded."""
        return [s for s in self.settled_own(ref) if s.validity is Validity.OPERATIVE]

    def _undone_by(self, ref: EffectRef, at: datetime) -> tuple[EffectRef, ...]:
        return next((s.causes for s in self.settled_own(ref) if s.start == at), ())

    def _sent_back(self, window: Segment) -> bool:
        """Whether a decision has no force because it was sent back: then what it had upheld is as it was before that."""
        step = self.record.effect(window.causes[0])
        outcome = step.decision.outcome if isinstance(step, Proceed) and step.decision is not None else ""
        return isinstance(step, Proceed) and (step.stage == "remanded" or outcome.endswith("-and-remanded"))

    def _means(self, named: EffectRef | None, ref: EffectRef) -> bool:
        """Whether a reference means an effect, under any of its names, or the statement it stands in."""
        return named is not None and any(named in (name, EffectRef(name.statement, 0)) for name in self.aliases(ref))

    def _in_force(self, ref: EffectRef, step: Proceed, subject: SubjectId | None) -> list[Segment]:
        """The stretches over which a decision, or a remand, stands and is in force."""
        segments = self.settled_own(ref)
        for window in self.force(ref, step, subject) if step.decision is not None else ():
            segments = overlay(segments, window.start, window.end, window.validity, window.causes)
        return [s for s in segments if s.validity is Validity.OPERATIVE]

    def _uncorrected(self, ref: EffectRef) -> bool:
        """Whether no correction says that a step about a whole proceeding never was. Only that is asked of it: it may have been
        recorded before the decision it is about, and what that decision voids cannot hang on itself."""
        return not any(
            isinstance(effect, Void)
            and corrects(effect)
            and effect.target in (ref, EffectRef(ref.statement, 0))
            and self.held(other)
            and self._standing(other)
            for other, effect in self.naming(ref)
        )

    def reverses_without_void(self, ref: EffectRef, step: Proceed) -> bool:
        """Whether a decision on review undoes the one it reviews, and its statement does not say from when and with what
        consequence: it voids nothing."""
        gone = undone(step)
        return gone is not None and not self._voided_by(ref, gone)

    def leaves_open(self, ref: EffectRef, step: Proceed) -> bool:
        """Whether neither the outcome of a decision on review, nor a void in its statement, tells of the one it reviews."""
        reviewed = _reviewed(step)
        if step.decision is None or reviewed is None or undone(step) is not None:
            return False
        return step.decision.outcome not in UPHOLDING and not self._voided_by(ref, reviewed)

    def _voided_by(self, ref: EffectRef, reviewed: EffectRef) -> list[EffectRef]:
        """What a decision on review voids of the statement it reviews."""
        statements = {name.statement for name in self.aliases(reviewed)} if reviewed.n else set()
        statements.add(reviewed.statement)
        voided = [e.target for e in self.record.act(ref.statement).effects if isinstance(e, Void)]
        return [target for target in voided if isinstance(target, EffectRef) and target.statement in statements]

    def upholds(self, ref: EffectRef, step: Proceed) -> bool:
        """Whether a decision on review leaves the one it reviews standing, at least in part: its outcome does not undo it, or its
        statement voids single things that one ordered, not the decision."""
        if step.decision is None or _reviewed(step) is None:
            return False
        gone = undone(step)
        if gone is None:
            return True
        voided = self._voided_by(ref, gone)
        decisions = [target for target in voided if not target.n or isinstance(self.record.effect(target), Proceed)]
        return bool(voided) and not decisions

    def _reversal_end(self, reversal: EffectRef) -> tuple[datetime, tuple[EffectRef, ...]]:
        """When a reversal is itself undone: being final, it only lasts."""
        begin, names = self.start(reversal), self.aliases(reversal)
        reversing = [
            (self.start(other), other)
            for other, effect in self.naming(reversal)
            if isinstance(effect, Proceed)
            and undone(effect) in names
            and not self.upholds(other, effect)
            and self.held(other)
            and self.start(other) >= begin
            and self._standing(other)
        ]
        return (min(reversing)[0], (min(reversing)[1],)) if reversing else (END, ())

    def _suspension_end(
        self, decision: EffectRef, by: EffectRef, step: Proceed, begin: datetime, subject: SubjectId | None
    ) -> tuple[datetime, tuple[EffectRef, ...]]:
        end: datetime = END
        causes: tuple[EffectRef, ...] = ()
        if step.until is not None:
            dates = self.record.dates(by)
            end = until_bound(self, step.until, dates.zone, by)
        names = {*self.aliases(decision), *self.aliases(by)}
        candidates = dict(self._steps_on(decision, subject))
        for other, effect in self.naming(by):
            if isinstance(effect, Proceed) and self._heeded(by, other, effect, subject):
                candidates.setdefault(other, effect)
        for other, effect in self.record.about(SubjectId(step.proceeding)):
            if isinstance(effect, Proceed) and effect.on is None and effect.forum == step.forum:
                candidates.setdefault(other, effect)
        for other, effect in candidates.items():
            if other in names or not self.held(other):
                continue
            reviews = _reviewed(effect)
            ends = reviews in names or effect.stage in ("resumed", "final", "withdrawn", "settled")
            if not ends or not (
                self._uncorrected(other) if effect.on is None and reviews is None else self._standing(other)
            ):
                continue
            start = self.start(other)
            if begin <= start and (start < end or (start == end and causes > (other,))):
                end, causes = start, (other,)
        return end, causes

    def step_ended(self, ref: EffectRef, step: Proceed) -> datetime | None:
        """When what a step began (a stay, an appeal) was ended by another: on it, on what it is about, or on its proceeding."""
        decision = self.record.effect(step.on) if step.on is not None and step.on.n else None
        about = step.on if step.on is not None and isinstance(decision, Proceed) else ref
        end, causes = self._suspension_end(about, ref, replace(step, until=None), self.start(ref), None)
        return end if causes else None

    def finality(
        self, ref: EffectRef, subject: SubjectId | None = None, part: EffectRef | None = None
    ) -> tuple[datetime, EffectRef] | None:
        """When a decision became final, and by which step: stated of it, of its proceeding, or of a decision that upheld it. None
        where what made it final was undone."""
        return min(((start, by) for start, end, by in self._finals(ref, subject, part) if end == END), default=None)

    def final_at(self, ref: EffectRef, at: datetime) -> EffectRef | None:
        """The step by which a decision is final at a moment, after it was made so."""
        return min(
            ((start, by) for start, end, by in self._finals(ref, None, None) if start < at < end), default=(at, None)
        )[1]

    def _finals(
        self, ref: EffectRef, subject: SubjectId | None, part: EffectRef | None, below: tuple[EffectRef, ...] = ()
    ) -> list[tuple[datetime, datetime, EffectRef]]:
        """The stretches over which a decision is final, and the steps that make it so. `below`: the decisions it upheld, asked
        for it; corrected records can review each other in a circle."""
        act = self.record.act(ref.statement)
        step = act.effects[ref.n - 1]
        assert isinstance(step, Proceed), "asked of decisions only"
        found: list[tuple[datetime, datetime, EffectRef]] = []
        begin = self.start(ref)
        names = self.aliases(ref)
        for other, later in self._steps_on(ref, subject, part):
            if other in below:
                continue
            stretches = [(s.start, s.end, other) for s in self._standing(other)]
            if later.on in names and later.stage == "final":
                found += stretches
            elif _reviewed(later) in names and self.upholds(other, later):  # else it does not become final with it
                if later.stage == "final":
                    found += stretches
                elif stretches:
                    found += self._finals(other, subject, None, (*below, ref))
        for other, effect in self.record.about(SubjectId(step.proceeding)):
            if not isinstance(effect, Proceed) or effect.stage != "final" or effect.on is not None or other == ref:
                continue
            if effect.forum == step.forum and self.held(other) and self.start(other) >= begin:
                if self._uncorrected(other) and not self._undone_before(ref, self.start(other)):
                    found.append((self.start(other), END, other))
        return found

    def _undone_before(self, ref: EffectRef, at: datetime) -> bool:
        """Whether a decision had been undone on review when its proceeding became final: then another decision did."""
        names = self.aliases(ref)
        return any(
            isinstance(effect, Proceed)
            and undone(effect) in names
            and not self.upholds(other, effect)
            and self.held(other)
            and self.start(other) <= at < self._reversal_end(other)[0]
            and self._standing(other)
            for other, effect in self.naming(ref)
        )

    def _by_sanction(
        self, segments: tuple[Segment, ...], ref: EffectRef, start: datetime, asset: SubjectId
    ) -> tuple[Segment, ...]:
        """What breach of a restriction, recorded despite it, does to the act: void or pending, if the restriction stood then."""
        act = self.record.act(ref.statement)
        for item in act.despite:
            if item.statement is None or not item.rule.startswith(("restriction.", "limit.", "measure.")):
                continue
            other = self.record.find(item.statement)
            if other is None:
                continue
            for barred, effect in other.refs():
                if not isinstance(effect, Impose) or effect.sanction not in ("void", "pending"):
                    continue
                if self.stands(barred, start, asset):
                    validity = Validity.VOID if effect.sanction == "void" else Validity.PENDING
                    segments = overlay(segments, BEGINNING, END, validity, (barred,))
        return segments

    def held(self, ref: EffectRef) -> bool:
        """Whether the clocks hold the statement of an effect and it speaks for its act."""
        act = self.record.act(ref.statement)
        return self.holds(act) and self.speaks(act)

    def naming(self, ref: EffectRef) -> list[Located]:
        """Every effect that refers to this effect under any of its names, or to the statement it stands in."""
        found: dict[EffectRef, Effect] = {}
        for name in self.aliases(ref):
            for other, effect in self.record.naming_effect(name):
                found.setdefault(other, effect)
        return list(found.items())

    def naming_of(self, named: EffectRef) -> list[Located]:
        """Every effect that refers to an effect, or to any of a statement named as a whole."""
        act = self.record.find(named.statement)
        if act is None:
            return []
        refs = [named] if named.n else [ref for ref, _ in act.refs()]
        return list(dict([located for ref in refs for located in self.naming(ref)]).items())

    def aliases(self, ref: EffectRef) -> tuple[EffectRef, ...]:
        """The names under which an effect may be meant: its own, those of other records of its act, those it rectifies."""
        act = self.record.act(ref.statement)
        alone = act.records is None and not self.record.recorders(act.id)
        if alone and Void not in act.kinds:
            return (ref,)
        names = [ref]
        root: StatementId | None = act.records
        while root is not None:
            names.append(EffectRef(root, ref.n))
            parent = self.record.find(root)
            root = parent.records if parent is not None else None
        todo = [act.id]
        while todo:
            for other in self.record.recorders(todo.pop()):
                names.append(EffectRef(other.id, ref.n))
                todo.append(other.id)
        kind = type(act.effects[ref.n - 1])
        mine = [
            EffectRef(act.id, n)
            for n, effect in enumerate(act.effects, 1)
            if isinstance(effect, kind) and not corrects(effect)  # what corrects takes the place of nothing
        ]
        replaced: list[EffectRef] = []
        for effect in act.effects:
            if isinstance(effect, Void) and effect.ground == "error" and isinstance(effect.target, EffectRef):
                target = self.record.find(effect.target.statement)
                if target is None:
                    continue
                numbers = [effect.target.n] if effect.target.n else range(1, len(target.effects) + 1)
                replaced += [
                    EffectRef(target.id, n)
                    for n in numbers
                    if isinstance(target.effects[n - 1], kind) and not corrects(target.effects[n - 1])
                ]
        if ref in mine and mine.index(ref) < len(replaced):
            names += self.aliases(replaced[mine.index(ref)])
        return tuple(dict.fromkeys(names))

    # --- voids ---------------------------------------------------------------------------------------------------

    def _voids(self, ref: EffectRef) -> list[tuple[EffectRef, Void]]:
        """Held voids whose target is this effect, its statement, or the decision its statement rests on; newest first. A void
        of another record of the act, or of the record this one rectifies, hits the act, unless it only corrects that record."""
        found: dict[EffectRef, Void] = {}
        for target in self._targets(ref):
            own = target.statement == ref.statement
            for other, effect in self.record.naming_effect(target):
                if (
                    isinstance(effect, Void)
                    and (own or effect.ground in ("annulment", "avoidance"))
                    and self.held(other)
                ):
                    found[other] = effect
        for other, effect in list(found.items()):
            if effect.ground == "error" and not self._works(other):
                found |= self._corrected_since(ref, other)
        if len(found) < 2:
            return list(found.items())
        return sorted(found.items(), key=lambda item: (self.start(item[0]), item[0]), reverse=True)

    def against(self, ref: EffectRef, at: datetime, subject: SubjectId | None) -> tuple[EffectRef, ...]:
        """What was done against an effect by a moment and does not work then, and what keeps that from working."""
        found: dict[EffectRef, None] = {}
        for other, _ in self._voids(ref):
            for segment in self.segments(other, subject) if self.start(other) <= at else ():
                if segment.start <= at < segment.end and segment.validity is not _OPERATIVE:
                    found |= dict.fromkeys((other, *segment.causes))
        return tuple(found)

    def _works(self, ref: EffectRef) -> bool:
        return any(s.validity is Validity.OPERATIVE for s in self.segments(ref))

    def _corrected_since(self, ref: EffectRef, taken_back: EffectRef) -> dict[EffectRef, Void]:
        """Voids for error of what a rectification, itself taken back, had put in the place of an effect: the last correction of a
        record takes the place of the first record too."""
        found: dict[EffectRef, Void] = {}
        rectifying = self.record.act(taken_back.statement)
        for n in range(1, len(rectifying.effects) + 1):
            heir = EffectRef(rectifying.id, n)
            if ref not in self.aliases(heir):
                continue
            for other, effect in self.naming(heir):
                if not isinstance(effect, Void) or effect.ground != "error" or other.statement == rectifying.id:
                    continue
                later = self.record.act(other.statement)
                places = (EffectRef(later.id, m) for m in range(1, len(later.effects) + 1))
                if self.held(other) and any(heir in self.aliases(place) for place in places):
                    found[other] = effect
        return found

    def misrecorded(self, ref: EffectRef, subject: SubjectId | None) -> bool:
        """Whether a correction that works says the record of an effect was wrong: then nothing can rest on it."""
        return any(
            void.ground in ("error", "retraction")
            and any(s.validity is Validity.OPERATIVE for s in self.segments(other, subject))
            for other, void in self._voids(ref)
        )

    def void_decided(self, ref: EffectRef, subject: SubjectId | None) -> datetime | None:
        """When it was first decided that an effect is void; None where no void of it ever works."""
        works = (Validity.OPERATIVE, Validity.SUSPENSE)
        decided = (
            self.start(other)
            for other, _ in self._voids(ref)
            if any(s.validity in works for s in self.segments(other, subject))
        )
        return min(decided, default=None)

    def _targets(self, ref: EffectRef) -> tuple[EffectRef, ...]:
        decision = self._decision_of(ref)
        names = self.aliases(ref)
        return tuple(dict.fromkeys((*names, *self.aliases(decision[0])))) if decision is not None else names

    def _strike(
        self,
        segments: tuple[Segment, ...],
        ref: EffectRef,
        start: datetime,
        void_ref: EffectRef,
        void: Void,
        subject: SubjectId | None,
    ) -> tuple[Segment, ...]:
        """Lay one void over the segments of its target, with the consequence it states where the target is a decision."""
        assert isinstance(void.target, EffectRef), "a described act has no segments"
        effect = self.record.effect(ref)
        decision = self._decision_of(ref)
        if isinstance(effect, Proceed | State) and void.target.n and void.target not in self.aliases(ref):
            return segments
        if corrects(effect) and decision is not None and void.target not in self.aliases(ref) and not corrects(void):
            return segments  # a correction beside a decision is nothing that it ordered
        consequence = "revives"
        if isinstance(effect, Void) or (decision is not None and decision[0] != ref):
            consequence = void.consequence or "revives"
            if consequence == "unstated":
                option = self.reading.pick(
                    f"consequence {void_ref}", 2, void_ref.statement, "the consequence is not stated"
                )
                consequence = "stays" if option else "revives"
            if consequence == "stays":
                return segments
        worked = False
        for window in self.segments(void_ref, subject):
            if window.validity not in (Validity.OPERATIVE, Validity.SUSPENSE):
                worked = worked or window.validity not in (Validity.PENDING, Validity.SUSPENDED)
                continue
            if not worked:
                begin = self._void_begin(void, void_ref, start, window.start)
            else:
                stated = window.start if isinstance(void.time, str) else self.moment(void.time, void_ref)
                begin = max(window.start, stated)
            worked = True
            doubtful = consequence == "suspense" or window.validity is Validity.SUSPENSE
            validity = Validity.SUSPENSE if doubtful else Validity.VOID
            end = min(window.end, self._upheld(decision[0], begin, void_ref)) if doubtful and decision else window.end
            causes = (*(cause for cause in window.causes if cause != void_ref), void_ref)
            segments = overlay(segments, begin, end, validity, causes, void.reach == "dependants")
        return segments

    def _upheld(self, decision: EffectRef, since: datetime, struck_by: EffectRef) -> datetime:
        """When a decision in suspense was decided on again, on remand, and not undone."""
        names = self.aliases(decision)
        found = END
        for other, effect in self.naming(decision):
            if not isinstance(effect, Proceed) or _reviewed(effect) not in names or not self.upholds(other, effect):
                continue
            if other.statement == struck_by.statement or not self.held(other):
                continue
            if since < self.start(other) < found and self._standing(other):
                found = self.start(other)
        return found

    def _void_begin(self, void: Void, void_ref: EffectRef, start: datetime, window: datetime) -> datetime:
        """From when a void strikes in its first stretch; one that works again later, or is recognised later, only from then."""
        match void.time:
            case "own":
                return start
            case "judgment":
                return window
            case "unstated":
                why = "the time the void takes effect is not stated"
                return window if self.reading.pick(f"time {void_ref}", 2, void_ref.statement, why) else start
            case Days() | Instant() as when:
                return self.moment(when, void_ref)


def _reviewed(step: Proceed) -> EffectRef | None:
    """The decision that a decision reviews."""
    return step.decision.reviews if step.decision is not None else None


def undone(step: Proceed) -> EffectRef | None:
    """The decision that a step undoes by its outcome, or by sending the matter back."""
    if step.stage == "remanded":
        return _reviewed(step) or step.on
    return _reviewed(step) if step.decision is not None and step.decision.outcome in REVERSALS else None


_ALTERED_FOR_A_TIME: Final = frozenset({"assign", "limit", "powers", "rank", "suspend"})


def ends_by_itself(effect: Effect) -> bool:
    """Whether the end that an effect's dates state is the end of what it does. The term of a measure has rules of its own; what an
    instrument with a term does once and for all (issues, pays, decides, registers, ends) is not undone by it."""
    match effect:
        case Declare() | Move() | Void() | Admit():
            return True
        case Permit(op=op):
            return op == "granted"
        case Alter(op=op):
            return op in _ALTERED_FOR_A_TIME
        case _:
            return False


def corrects(effect: Effect | None) -> bool:
    """Whether an effect says that the record was wrong."""
    return isinstance(effect, Void) and effect.ground in ("error", "retraction")


def pending(window: Segment) -> bool:
    """Whether over a stretch something waits for its condition."""
    return window.validity is Validity.PENDING


def until_bound(view: View, when: Days | Instant, zone: str | None, ref: EffectRef) -> datetime:
    """The moment after `when`, in the reading of the view."""
    early, late = until_bounds(when, zone, view.record.zones)
    if early == late:
        return early
    option = view.reading.pick(f"until {ref}", 2, ref.statement, "the date it runs until is uncertain")
    return late if option else early


def least(
    best: tuple[datetime, EffectRef] | None, other: tuple[datetime, EffectRef] | None
) -> tuple[datetime, EffectRef] | None:
    """The earlier of two dated references, either of which may be absent."""
    if best is None or other is None:
        return best or other
    return min(best, other)


def known_bounds(record: Record, act: Act, knower: str | None) -> tuple[datetime, datetime]:
    """Earliest and latest moment an act became known to the public, or to `knower`; recording it made it known at the latest. Whose
    act it is, and who signed it as author, knew it on the day of its instrument."""
    early = late = act.recorded_at
    dated = act.basis.date
    if knower is not None and dated is not None and "/" not in dated and (knower == act.actor or _author(act, knower)):
        place = (act.effective.zone if act.effective else None) or "UTC"
        signed = start_bounds(parse_days(dated, "basis"), place, record.zones)
        early, late = min(early, signed[0]), min(late, signed[1])
    for notice in act.notice:
        if notice.to == "public" or notice.to == knower:
            zone = notice.zone or (act.effective.zone if act.effective else None)
            first, last = start_bounds(notice.at, zone, record.zones)
            early, late = min(early, first), min(late, last)
    return early, late


def _author(act: Act, party: str) -> bool:
    return any(signer.party == party and signer.capacity == "author" for signer in act.signers)


def same_act(one: Act, other: Act) -> bool:
    """Whether two records say the same of an act: effects and dates; a reference within itself counts as the same."""
    said = [(repr(act.effects) + repr(act.effective)).replace(act.id, "self") for act in (one, other)]
    return said[0] == said[1]


def overlay(
    segments: tuple[Segment, ...],
    start: datetime,
    end: datetime,
    validity: Validity,
    causes: tuple[EffectRef, ...],
    falls: bool = False,
) -> tuple[Segment, ...]:
    """Lay a validity over what was operative between two moments; void covers pending, suspended and ended too."""
    if start >= end:
        return segments
    found: list[Segment] = []
    for segment in segments:
        covers = segment.validity is Validity.OPERATIVE or (
            (validity is Validity.VOID or (validity is Validity.SUSPENSE and segment.validity is not Validity.ENDED))
            and (segment.validity is not Validity.VOID or (validity is Validity.VOID and falls and not segment.falls))
        )
        low, high = max(segment.start, start), min(segment.end, end)
        if not covers or low >= high:
            found.append(segment)
            continue
        if segment.start < low:
            found.append(segment._replace(end=low))
        found.append(Segment(low, high, validity, causes, falls))
        if high < segment.end:
            found.append(segment._replace(start=high))
    return tuple(found)


def held_about(view: View, subject: SubjectId) -> list[Located]:
    """The effects about a subject that the view holds and that speak."""
    return [(ref, effect) for ref, effect in view.record.about(subject) if view.held(ref)]
