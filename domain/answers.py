"""Answers as plain JSON values: the question as understood, and the statements that every value cites.

Guarantees that an answer is a pure function of the record and the question, the same for command line, HTTP, published state and
offline verifier: strings, lists, objects, booleans and null only, numbers as decimal strings, shares as `format_share` spells
them, moments in UTC beside the legal day in the asset's zone (DESIGN section 3, rules 3, 6 and 10). Every value carries `causes`,
references into the answer's one table `statements`, which tells who says so, in which capacity, on which instrument. It computes no
law: `history`, `chains`, `dockets`, `permits`, `debts` and `identity` do; and it knows no clock: the caller says when "now" is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from domain.acts import Act
from domain.effects import Holder, Manner, OneOf, Unknown, Void
from domain.errors import Malformed
from domain.folds import Folds
from domain.history import Uncertain
from domain.identifiers import EffectRef, Forum, StatementId, SubjectId, parse_forum, parse_kind
from domain.identity import identity
from domain.objections import Objection
from domain.periods import (
    BEGINNING,
    END,
    Clocks,
    When,
    day_end,
    day_of,
    day_start,
    end_of,
    format_instant,
    parse_days,
    parse_instant,
)
from domain.record import Record
from domain.remarks import Remarks
from domain.segments import Segment
from domain.shares import Share, format_share, percent
from domain.standing import View

SUBJECT = re.compile(r"\b(?:asset|party|proceeding|norm):[a-z0-9][a-z0-9-]*")

Plain = None | bool | str | list["Plain"] | dict[str, "Plain"]
Told = dict[str, Plain]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader may say of the clocks and the forum; None leaves a choice to its default (now, all that is recorded, the
    head, the place of the asset)."""

    effective: str | None = None
    known: str | None = None
    recorded: str | None = None
    size: int | None = None
    forum: str | None = None
    knower: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A question about a subject as understood: the moments its clocks stand for, the forum in whose eyes it is answered."""

    record: Record
    subject: SubjectId
    at: datetime
    clocks: Clocks
    forum: Forum | None
    zone: str
    size: int
    day: date | None = None
    """The legal day, when the effective clock was a bare date: the answer is for its end."""
    known_day: date | None = None
    """The same of the clock of knowledge."""

    @property
    def view(self) -> View:
        return View(self.record, self.clocks, self.forum)

    @property
    def place(self) -> Forum | None:
        """The place of the subject at the moment."""
        return self.view.place(self.subject, self.at)

    def in_forum(self, forum: Forum | None) -> Question:
        """The same question in the eyes of another forum."""
        return replace(self, forum=forum)

    def in_zone(self, zone: str, last: datetime | None = None) -> Question:
        """The same question where a legal day ends in another zone: a bare date stands for the end of that day there (`last`)."""
        zones = self.record.zones
        at = self.at if self.day is None else last if last is not None else end_of(self.day, zone, zones)
        known = end_of(self.known_day, zone, zones) if self.known_day is not None else self.clocks.known_at
        return replace(self, at=at, clocks=replace(self.clocks, effective_at=at, known_at=known), zone=zone)

    def at_moment(self, at: datetime) -> Question:
        """The same question at another moment."""
        return replace(self, at=at, clocks=replace(self.clocks, effective_at=at))

    def zone_for(self, subject: SubjectId) -> tuple[str, datetime | None]:
        """The zone of a subject at the moment of the question, and the last moment there of the day it asks for."""
        if self.day is None:
            return zone_of(self.record, subject, self.at), None
        last, zone = last_of(self.record, subject, self.day)
        return zone, last

    def zone_at(self, at: datetime) -> str:
        """The zone where the subject is at a moment; that of the question, where it is asked in another."""
        if len(self.record.placed(_zoned(self.record, self.subject), "zone")) < 2:
            return self.zone
        return zone_of(self.record, self.subject, at) if self.zone == self.zone_for(self.subject)[0] else self.zone

    def about(self, subject: SubjectId) -> Question:
        """The same clocks and forum, asked about another subject."""
        return replace(self, subject=subject)


def understand(
    record: Record, subject: SubjectId, asked: Asked, now: datetime, tree_size: int | None = None
) -> Question:
    """The question `asked` about a subject. `tree_size`: entries in the log (the register's included). Raises Malformed, naming the
    clock that is not a date or an instant."""
    head = tree_size if tree_size is not None else record.end
    size = head if asked.size is None else asked.size
    if not 0 <= size <= head:
        raise Malformed("size", f"the ledger has {head} entries: ask for a size from 0 to {head}")
    if asked.recorded is not None:
        recorded, _, _ = _moment(asked.recorded, "recorded", subject, record)
        size = min(size, record.size_at(recorded))
    record = record.cut(size)
    here = zone_of(record, subject, now)
    at, day, zone = (
        (now, None, here) if asked.effective is None else _moment(asked.effective, "effective", subject, record)
    )
    known, known_day = (None, None) if asked.known is None else _moment(asked.known, "known", subject, record)[:2]
    forum = parse_forum(asked.forum, "forum") if asked.forum is not None else None
    knower = parse_kind(asked.knower, "party", "knower") if asked.knower not in (None, "public") else None
    clocks = Clocks(at, known, size, str(knower) if knower is not None else None)
    return Question(record, subject, at, clocks, forum, zone, size, day, known_day)


def zone_of(record: Record, subject: SubjectId, at: datetime = END) -> str:
    """The zone of a subject's legal days at a moment; a party has that of the company it is."""
    own = _zoned(record, subject)
    return record.zone_of(own, at=at)


def _zoned(record: Record, subject: SubjectId) -> SubjectId:
    """Whose zone is a subject's: its own, or that of the company that a party is."""
    kind, _, slug = subject.partition(":")
    return SubjectId(f"asset:{slug}") if kind == "party" and record.zone_of(subject) == "UTC" else subject


def last_of(record: Record, subject: SubjectId, day: date) -> tuple[datetime, str]:
    """The last moment of a legal day where a subject is, and in which zone: of the zones in which it was that day, the last. A day
    that a change of zone cuts short ends with the change."""
    zones = record.zones
    told = record.placed(_zoned(record, subject), "zone")
    starts = [BEGINNING, *(record.start_bounds(ref)[0] for ref, _ in told[1:]), END]
    for n, (_, zone) in reversed(list(enumerate(told))):
        end = min(end_of(day, zone, zones), starts[n + 1] - datetime.resolution)
        if max(day_start(day, zone, zones), starts[n]) <= end:
            return end, zone
    zone = zone_of(record, subject)
    return end_of(day, zone, zones), zone


def _moment(text: str, where: str, subject: SubjectId, record: Record) -> tuple[datetime, date | None, str]:
    """An instant, or the last moment of a legal day where the subject is; and the zone there then."""
    if "T" in text:
        at = parse_instant(text, where).at
        return at, None, zone_of(record, subject, at)
    days = parse_days(text, where)
    if not days.exact:
        raise Malformed(where, "a clock needs a whole day, YYYY-MM-DD, or an instant in UTC")
    at, zone = last_of(record, subject, days.first)
    if day_start(days.first, zone, record.zones) == day_end(days.first, zone, record.zones):
        raise Malformed(where, f"there was no {days.first} in {zone}: ask for the day before or after")
    return at, days.first, zone


# --- values ------------------------------------------------------------------------------------------------------


def texts(items: Iterable[object]) -> list[Plain]:
    """Each item as its one spelling."""
    return [str(item) for item in items]


def moment(at: datetime) -> Plain:
    """A moment in UTC; null for "since before the record begins" and for "open"."""
    return None if at in (BEGINNING, END) else format_instant(at)


def when_text(when: When | None) -> Plain:
    """A date or instant as its statement spells it."""
    return when.text if when is not None else None


def share_told(share: Share) -> Told:
    """A share exactly, and in percent for a reader."""
    spelled = format_share(share)
    exact: Plain = spelled if isinstance(spelled, str) else dict[str, Plain](spelled)
    return {"share": exact, "percent": percent(share)}


def decimal_told(amount: Decimal | None) -> Plain:
    """An amount as a decimal string."""
    return format(amount, "f") if amount is not None else None


@dataclass(slots=True)
class Teller:
    """Spells values for one question and keeps what they cite: `statements` and `names` of the finished answer."""

    question: Question
    _cited: dict[StatementId, None] = field(default_factory=dict)
    _named: dict[SubjectId, None] = field(default_factory=dict)

    def of(self, question: Question) -> Teller:
        """Spells values of another question into the same tables."""
        return Teller(question, self._cited, self._named)

    def causes(self, refs: Iterable[EffectRef]) -> list[Plain]:
        """References to the effects that make a value so; their statements join the table."""
        found: list[Plain] = []
        for ref in refs:
            self.statement(ref.statement)
            found.append(str(ref))
        return found

    def statement(self, statement: StatementId) -> str:
        """A statement cited as a whole."""
        act = self.question.record.find(statement)
        if act is not None and statement not in self._cited:
            self._cited[statement] = None
            self.subject(act.actor)
            for signer in act.signers:
                self.subject(signer.party)
        return statement

    def subject(self, subject: str) -> str:
        """A subject, whose name joins the table of names."""
        self._named[SubjectId(subject)] = None
        return subject

    def subjects(self, found: Iterable[str]) -> list[Plain]:
        return [self.subject(item) for item in found]

    def holder(self, holder: Holder | None) -> Plain:
        """A holder as a statement spells it: a party, `{"unknown": true}` or `{"one_of": […]}`."""
        match holder:
            case None:
                return None
            case Unknown():
                return {"unknown": True}
            case OneOf(parties=parties):
                return {"one_of": self.subjects(parties)}
            case party:
                return self.subject(party)

    def manner(self, manner: Manner | None) -> Plain:
        if manner is None:
            return None
        return {"kind": manner.kind, "for": self.subject(manner.beneficiary) if manner.beneficiary else None}

    def span(self, start: datetime, end: datetime, by: Sequence[EffectRef] = ()) -> Told:
        """A half-open period: moments in UTC, and its first and last legal day in the zone. A term that `by` states begins and ends
        with legal days of its own zone: where these do not begin here, its own days are told, and their zone is named."""
        last = end if end in (BEGINNING, END) else end - datetime.resolution
        told: Told = {"from": moment(start), "until": moment(end)}
        for name, edge, inside in (("first_day", start, start), ("last_day", end, last)):
            zone = self._zone_of_edge(edge, inside, by)
            told[name] = self.day(inside) if zone is None else self._day_in(inside, zone)
            if zone is not None:
                told[f"{name}_zone"] = zone
        return told

    def _zone_of_edge(self, edge: datetime, inside: datetime, by: Sequence[EffectRef]) -> str | None:
        """The zone, where the asset was then or of the first of these effects, in which a legal day begins then; None where it does
        where the asset is."""
        if edge in (BEGINNING, END):
            return None
        zones, here = self.question.record.zones, self.question.zone_at(inside)
        for zone in (here, self.question.zone, *(self.question.record.dates(ref).zone for ref in by)):
            if zone is not None and day_start(day_of(edge, zone, zones), zone, zones) == edge:
                return zone if zone != self.question.zone else None
        return None

    def day(self, at: datetime) -> Plain:
        """The legal day of a moment; null at either end of time."""
        if at in (BEGINNING, END):
            return None
        return self._day_in(at, self.question.zone_at(at))

    def _day_in(self, at: datetime, zone: str) -> str:
        return day_of(at, zone, self.question.record.zones).isoformat()

    def began(self, at: datetime, by: EffectRef) -> Told:
        """The legal day on which an effect takes effect: here, or by name in its own zone, where its day does not begin here."""
        zone = self._zone_of_edge(at, at, [by])
        return {"day": self.day(at)} if zone is None else {"day": self._day_in(at, zone), "day_zone": zone}

    def last_day(self, end: datetime) -> Plain:
        """The last legal day of a period that ends (exclusively) then."""
        if end in (BEGINNING, END):
            return None
        return self.day(end - datetime.resolution)

    def segments(self, segments: Sequence[Segment]) -> list[Plain]:
        """How an effect stands over time."""
        return [
            {**self.span(s.start, s.end, s.causes), "validity": str(s.validity), "causes": self.causes(s.causes)}
            for s in segments
        ]

    # --- the finished answer -------------------------------------------------------------------------------------

    def answer(self, body: Told, through_time: bool = False) -> Told:
        """The whole answer: the question as used first, then the body, then the tables it refers to. An answer through all time
        uses no effective clock."""
        question = self.question
        head = self._head(through_time)
        statements = sorted((question.record.act(cited) for cited in self._cited), key=lambda act: act.position)
        table: Told = {act.id: self._statement_told(act) for act in statements}
        return {**head, **body, "statements": table, "names": self._names()}

    def _head(self, through_time: bool) -> Told:
        question = self.question
        kind = question.subject.split(":", 1)[0]
        last = question.record.last_before(question.size)
        each_place = through_time and len(question.record.placed(question.subject, "place")) > 1
        clocks: Told = {
            "effective_at": None if through_time else moment(question.at),
            "effective_day": None if through_time else self.day(question.at),
            "whole_day": question.day is not None and not through_time,
            "zone": question.zone,
            "each_zone": kind == "party" and not (question.day is None and question.known_day is None),
            "known_at": moment(question.clocks.known_at) if question.clocks.known_at is not None else None,
            "known_day": self.day(question.clocks.known_at) if question.clocks.known_at is not None else None,
            "knower": question.clocks.knower or "public",
            "recorded_at": moment(last.recorded_at) if last is not None else None,
            "size": str(question.size),
            "forum": question.forum or (None if kind in ("party", "register") or each_place else question.place),
            "forum_by_default": question.forum is None,
        }
        return {kind: self.subject(question.subject), "clocks": clocks, "tree_size": str(question.size)}

    def _names(self) -> Told:
        view = View(self.question.record, self.question.clocks, None)
        return {subject: name for subject in sorted(self._named) if (name := self._name(view, subject)) is not None}

    def _name(self, view: View, subject: SubjectId) -> str | None:
        """The name a subject bears at the moment, else the last one it bore."""
        known = identity(view, subject).names
        borne = [d.value for d in known if d.start <= self.question.at < d.end] or [d.value for d in known[-1:]]
        return borne[-1] if borne else None

    def named(self, subject: str) -> str:
        """The name of a subject with its identifier, for text that has no table of names."""
        name = self._name(View(self.question.record, self.question.clocks, None), SubjectId(subject))
        return f"{name} ({subject})" if name is not None else subject

    def _statement_told(self, act: Act) -> Told:
        record = self.question.record
        basis = act.basis
        told: Told = {
            "position": str(act.position),
            "type": act.type,
            "subjects": texts(act.subjects),
            "actor": act.actor,
            "capacity": self.question.view.strength(act).name.lower(),
            "signers": [{"party": s.party, "role": s.role, "capacity": s.capacity} for s in act.signers],
            "sources": [
                {"title": source.title, "accessed": source.accessed, "url": source.url}
                for signer in act.signers
                for source in signer.sources
            ],
            "basis": {
                name: value
                for name in ("kind", "title", "number", "ecli", "eli", "gazette", "legal_basis", "date")
                if (value := getattr(basis, name)) is not None
            },
            "effective": self._dates_told(act),
            "notice": [{"to": n.to, "at": n.at.text, "how": n.how} for n in act.notice],
            "recorded_at": format_instant(act.recorded_at),
            "effects": [effect_named(effect) for effect in act.effects],
        }
        if unseen := record.unseen(act):
            told["without_sight_of"] = str(unseen)
        if act.despite:
            told["despite"] = [{"rule": d.rule, "statement": d.statement} for d in act.despite]
        if act.records is not None:
            told["records"] = act.records
        if act.sealed:
            told["sealed"] = texts(act.sealed)
        return told

    def _dates_told(self, act: Act) -> Plain:
        """The dates of the act, else of its first effect but a void; null = since before the record begins."""
        timed = [effect for effect in act.effects if not isinstance(effect, Void)]
        dates = act.effective or act.effective_of((timed or act.effects)[0])
        if dates.start is None and dates.until is None:
            return None
        return {"from": when_text(dates.start), "until": when_text(dates.until), "zone": dates.zone}

    # --- what must be said beside an answer ----------------------------------------------------------------------

    def remarks(self, remarks: Remarks, uncertain: Sequence[Uncertain] = ()) -> Told:
        """`remarks` and `uncertain` of an answer."""
        gaps: list[Plain] = [
            {"kind": g.kind, "words": self.words(g.words), "causes": self.causes([g.ref]), "met": self.causes(g.met)}
            for g in remarks.gaps
        ]
        irregular: list[Plain] = [
            {
                "rule": i.rule,
                "words": self.words(i.words),
                "knowingly": i.knowingly,
                "causes": self.causes([i.act]),
                "met": self.statement(i.met) if i.met is not None else None,
            }
            for i in remarks.irregular
        ]
        unapplied: list[Plain] = [
            {"words": u.words, "home": u.home, "causes": [self.statement(u.act)], "answers": self.causes(u.answers)}
            for u in remarks.unapplied
        ]
        spoken: Told = {
            "gaps": gaps,
            "irregular": irregular,
            "unapplied": unapplied,
            "undecided": [self.statement(s) for s in remarks.undecided],
            "unseen": [{"statement": self.statement(s), "count": str(n)} for s, n in remarks.unseen],
            "late": [self.statement(s) for s in remarks.late],
            "disputed": [{"statement": self.statement(a), "by": self.statement(b)} for a, b in remarks.disputed],
            "choices": [
                {"why": why, "causes": [self.statement(statement)]}
                for why, statement in dict.fromkeys((c.why, c.statement) for c in remarks.choices)
            ],
        }
        return {"remarks": spoken, "uncertain": [told for u in uncertain if (told := self._uncertain(u)) is not None]}

    def words(self, text: str) -> str:
        """Words that may name subjects: their names join the table of names."""
        for subject in SUBJECT.findall(text):
            self.subject(subject)
        return text

    def _uncertain(self, item: Uncertain) -> Told | None:
        if " | " in item.first or any(" | " in value for value, _ in item.others):
            return self._uncertain_stretches(item)
        others: list[Plain] = [{"value": self.words(value), "why": why} for value, why in item.others]
        return {"what": item.what, "value": self.words(item.first), "others": others}

    def _uncertain_stretches(self, item: Uncertain) -> Told | None:
        """What differs through time: of the other readings only the stretches that the first does not have. None where only causes
        differ, not values."""
        first = self._stretches(item.first)
        others: dict[str, Plain] = {}
        for value, why in item.others:
            differing = "; ".join(stretch for stretch in self._stretches(value) if stretch not in first)
            if differing:
                others.setdefault(differing, {"value": differing, "why": why})
        return {"what": item.what, "value": "; ".join(first), "others": list(others.values())} if others else None

    def _stretches(self, spelled: str) -> list[str]:
        """`<instant> <value> | …` as days of the zone; neighbours with one value are one stretch."""
        found: list[str] = []
        before = ""
        for stretch in spelled.split(" | "):
            start, _, value = stretch.partition(" ")
            if value != before:
                day = self.day(datetime.fromisoformat(start))
                found.append(self.words(f"from {day}: {value}" if day is not None else f"at first: {value}"))
            before = value
        return found

    def objection(self, objection: Objection) -> Told:
        """An objection as a value."""
        return {
            "kind": objection.kind,
            "rule": objection.rule,
            "statement": self.statement(objection.statement) if objection.statement is not None else None,
            "state": objection.state,
            "words": self.words(objection.words),
            "where": objection.where,
            "remedy": objection.remedy,
        }


def effect_named(effect: object) -> str:
    """What an effect is, in the words of the format."""
    name = type(effect).__name__.lower()
    detail = getattr(effect, "kind", None) or getattr(effect, "op", None) or getattr(effect, "stage", None)
    return f"{name} {detail}" if isinstance(detail, str) else name


def folds_of(question: Question) -> Folds:
    """Fresh folds of the question's view, in the first reading."""
    return Folds(question.view)
