"""What stands: which acts a view holds, and over which periods each of their effects is operative.

A view is a record seen at a size of the log, with what was known at a moment, in the eyes of a forum (DESIGN section 3, rules 3,
6 to 10). For every effect it yields segments of legal time: operative, pending, suspended, void. It composes what settles them:
which of two records of one act speaks (`rectification`), recognition, conditions and the force of decisions (`qualifications`), and
voids to any depth. It never looks at holdings: that is `title`.

Where the record leaves a choice, a view takes the option its `Reading` names and notes the choice (`readings`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain import finality
from domain.acts import Act, Strength
from domain.effects import Admit, Effect, Exist, Impose, Move, Proceed, Reunit, Void
from domain.entries import Located
from domain.identifiers import EffectRef, Forum, StatementId, SubjectId
from domain.outlook import EVERYWHERE, Applied
from domain.periods import BEGINNING, END, LAST, Clocks, Days, When, day_end, parse_days, start_bounds
from domain.qualifications import by_condition, by_force, by_sanction
from domain.readings import Reading
from domain.recognition import apply, mentioned
from domain.record import PlaceMember, Record
from domain.rectification import corrects, other_names, speaker
from domain.segments import OPERATIVE, Segment, Validity, overlay
from domain.terms import ends_by_itself, until_bound
from domain.voids import strike, voids_of


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
        self.asking: set[EffectRef] = set()
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
            self._speaks[root] = speaker(self, root)
        return self._speaks[root] == act.id

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
            known[key] = apply(self, ref if key is ref else EffectRef(ref.statement, 0), subject, forum)
        return known[key]

    def singled(self, statement: StatementId) -> bool:
        """Whether an answer of a forum on record names a single effect of an act: then its effects may be taken differently."""
        known = self._singled.get(statement)
        if known is None:
            act = self.record.act(statement)
            known = self._singled[statement] = mentioned(self, act) and any(
                isinstance(effect, Admit) and effect.target is not None and effect.target.n
                for own, _ in act.refs()
                for _, effect in self.naming(own)
            )
        return known

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
        if applied is EVERYWHERE or (applied.since == BEGINNING and applied.until == END):
            return segments
        segments = overlay(segments, BEGINNING, applied.since, Validity.UNRECOGNISED, applied.causes)
        segments = overlay(segments, applied.until, END, Validity.UNRECOGNISED, applied.causes)
        by = applied.causes[:1] if applied.since != BEGINNING else ()  # what recognised it is why it counts
        return tuple(
            s._replace(causes=tuple(dict.fromkeys((*s.causes, *by)))) if s.validity is OPERATIVE else s
            for s in segments
        )

    def settled(self, ref: EffectRef, subject: SubjectId | None = None) -> tuple[Segment, ...]:
        """Segments with what is in suspense read one way or the other."""
        segments = self.segments(ref, subject)
        if len(segments) == 1 and segments[0].validity is OPERATIVE:
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
                found = self._plain[ref] = (Segment(self.start(ref), END, OPERATIVE, (ref,)),)
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
        return any(s.start <= at < s.end and s.validity is OPERATIVE for s in self.segments(ref, subject))

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
                for s in (Segment(start, end, OPERATIVE, (ref,)), Segment(end, END, Validity.ENDED))
                if s.start < s.end
            )
        segments = by_condition(self, segments, ref, effect, start, subject)
        segments = by_force(self, segments, ref, effect, subject)
        if isinstance(effect, (Move, Reunit)):
            segments = by_sanction(self, segments, ref, start, SubjectId(effect.asset))
        for void_ref, void in voids_of(self, ref):
            segments = strike(self, segments, ref, start, void_ref, void, subject)
        return segments

    def _unqualified(self, act: Act, effect: Effect) -> bool:
        """Whether nothing can qualify an effect: no condition, no decision it rests on, no objection, no other record of its act,
        and nothing recorded that names it. Most acts of a long history are of this kind."""
        if act.despite or mentioned(self, act):
            return False
        if act.effective_of(effect).until is not None and ends_by_itself(effect):
            return False
        if isinstance(effect, (Move, Reunit, Impose)) and effect.pending is not None:
            return False
        return Proceed not in act.kinds

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
        return other_names(self, act, ref)

    def void_decided(self, ref: EffectRef, subject: SubjectId | None) -> datetime | None:
        """When it was first decided that an effect is void; None where no void of it ever works."""
        works = (Validity.OPERATIVE, Validity.SUSPENSE)
        decided = (
            self.start(other)
            for other, _ in voids_of(self, ref)
            if any(s.validity in works for s in self.segments(other, subject))
        )
        return min(decided, default=None)

    def final_at(self, ref: EffectRef, at: datetime) -> EffectRef | None:
        """The step by which a decision is final at a moment, after it was made so."""
        return finality.final_at(self, ref, at)


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
