"""Who holds what and by which measures, flattened for other formats: stakes, offices, parties, and what they cannot say.

Guarantees that every stake and office is one the history answers with (`domain.history`), on the clocks and in the eyes of
the forum of the question, with the effects that decide it; that neighbouring stretches which say the same are one; and that
whatever the history holds beside them is listed as `Lost`, with its causes, instead of dropped (DESIGN section 5, ownership
formats). Holdings that nobody ever stated (the whole before the first act) are no stakes. It computes no multiplied
interest: that follows from the links it lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.answers import Question
from domain.comparison import where_forums_differ
from domain.effects import Declare, Family, Holder, Manner, Move, OneOf, Power, Reunit, Right
from domain.folds import Folds
from domain.history import History, history_of, representation_of
from domain.identifiers import EffectRef, PartyId, SubjectId, company_asset, company_of
from domain.identity import Identity, identity
from domain.measures import Course
from domain.periods import BEGINNING, END, day_of
from domain.segments import Validity
from domain.shares import Share


@dataclass(frozen=True, slots=True)
class Stake:
    """A share of a right in an asset, held over a stretch (half-open) by one holder in one manner."""

    asset: SubjectId
    right: Right
    holder: Holder
    manner: Manner | None
    share: Share
    start: datetime
    end: datetime
    causes: tuple[EffectRef, ...]


@dataclass(frozen=True, slots=True)
class Office:
    """A party's powers over an asset or for a party, by a measure of control or representation (kind), over a stretch."""

    subject: SubjectId
    holder: PartyId
    kind: str
    family: Family
    words: str
    start: datetime
    end: datetime
    causes: tuple[EffectRef, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """Something the ledger holds and a format cannot carry: which sort of thing, about what, in words, because of which effects."""

    sort: str
    subject: SubjectId
    words: str
    causes: tuple[EffectRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A subject as the export names it: kind (None: not on record), name in use, other names, identity of its streams."""

    subject: SubjectId
    kind: str | None
    name: str | None
    other_names: tuple[str, ...]
    identity: Identity
    causes: tuple[EffectRef, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ownership:
    """What there is to export. `companies` = assets that are companies, as parties; `things` = the other assets."""

    question: Question
    companies: tuple[Known, ...]
    things: tuple[Known, ...]
    parties: tuple[Known, ...]
    stakes: tuple[Stake, ...]
    offices: tuple[Office, ...]
    lost: tuple[Lost, ...]

    def first_day(self, subject: SubjectId, at: datetime, by: Iterable[EffectRef] = ()) -> str | None:
        """The legal day on which something starts; None since before the record begins."""
        return None if at == BEGINNING else self._day(subject, at, by)

    def end_day(self, subject: SubjectId, at: datetime, by: Iterable[EffectRef] = ()) -> str | None:
        """The legal day from which something is no more; None while it lasts."""
        return None if at == END else self._day(subject, at, by)

    def last_day(self, subject: SubjectId, at: datetime, by: Iterable[EffectRef] = ()) -> str | None:
        """The last legal day of something that ends (exclusively) then; None while it lasts."""
        return None if at == END else self._day(subject, at - datetime.resolution, by)

    def _day(self, subject: SubjectId, at: datetime, by: Iterable[EffectRef]) -> str:
        """The legal day where the subject, or the company it is, lies; where that is not on record, in the zone of what decides it
        (docs/law.md, rule 21)."""
        record = self.question.record
        stated = [zone for ref in by if (zone := record.dates(ref).zone) is not None]
        placed = [one for one in (subject, company_asset(subject)) if record.placed(one, "zone")]
        zone = record.zone_of(placed[0], at=at) if placed else next(iter(stated), "UTC")
        return day_of(at, zone, record.zones).isoformat()

    def position(self, ref: EffectRef) -> int:
        """The index in the log of the entry that holds an effect."""
        return self.question.record.act(ref.statement).position

    def recorded_day(self, causes: Iterable[EffectRef]) -> str:
        """The day (UTC) on which the last of these statements was recorded; of none: the first entry's day."""
        record = self.question.record
        times = [record.act(ref.statement).recorded_at for ref in causes] or [record.at(0).recorded_at]
        return max(times).date().isoformat()

    def published_day(self) -> str:
        """The day (UTC) of the last entry the question sees: an export is a function of the ledger, not of the day it is made."""
        record = self.question.record
        last = record.last_before(self.question.size) or record.at(0)
        return last.recorded_at.date().isoformat()


def assets_with_rights(question: Question) -> list[SubjectId]:
    """Every asset of which some act states or moves a right."""
    record = question.record
    return sorted(
        s for s in record.subjects() if any(isinstance(e, Declare | Move | Reunit) for _, e in record.about(s))
    )


def ownership_of(question: Question, assets: Iterable[SubjectId]) -> Ownership:
    """These assets and every company on record above them, through time."""
    return _Gathering(question).gather(assets)


@dataclass(slots=True)
class _Gathering:
    question: Question
    histories: dict[SubjectId, History] = field(default_factory=dict)
    stakes: list[Stake] = field(default_factory=list)
    offices: list[Office] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    named: dict[SubjectId, None] = field(default_factory=dict)

    def gather(self, assets: Iterable[SubjectId]) -> Ownership:
        question = self.question
        folds = Folds(question.view)
        known = set(assets_with_rights(question))
        todo = sorted(set(assets), reverse=True)
        while todo:
            asset = todo.pop()
            if asset in self.histories:
                continue
            history = history_of(question.record, question.clocks, question.forum, asset)
            self.histories[asset] = history
            self.stakes += _stakes(history)
            self.offices += [office for course in history.courses for office in _offices(course, asset)]
            self.lost += self._beside(history)
            owners = [company_asset(p) for stake in self.stakes if stake.asset == asset for p in parties_of(stake)]
            todo += [owner for owner in dict.fromkeys(owners) if owner in known and owner not in self.histories]
        for stake in self.stakes:
            self.named |= dict.fromkeys(parties_of(stake))
        for party in [*self.named, *(company_of(asset) for asset in self.histories)]:
            self.offices += _agents(folds, PartyId(party))
        for office in self.offices:
            self.named[office.holder] = None
            if office.subject.startswith("party:"):
                self.named[office.subject] = None
        companies, things = self._assets()
        taken = {known.subject for known in companies}
        parties = tuple(self._known(party) for party in sorted(self.named) if party not in taken)
        offices = tuple(sorted(set(self.offices), key=lambda o: (o.subject, o.start, o.holder, o.kind, o.causes)))
        return Ownership(question, companies, things, parties, tuple(self.stakes), offices, tuple(self.lost))

    def _assets(self) -> tuple[tuple[Known, ...], tuple[Known, ...]]:
        companies: list[Known] = []
        things: list[Known] = []
        for asset in sorted(self.histories):
            as_party = self._known(company_of(asset))
            as_asset = self._known(asset)
            if "company" in (as_asset.kind, as_party.kind):
                companies.append(_joined(as_party, as_asset))
            else:
                things.append(as_asset)
        return tuple(companies), tuple(things)

    def _known(self, subject: SubjectId) -> Known:
        found = identity(self.question.view, subject)
        at = self.question.at
        name = found.name_at(at) or (found.names[-1].value if found.names else None)
        others = tuple(dict.fromkeys(d.value for d in found.names if d.value != name))
        causes = [d.cause for d in (*found.names, *found.identifiers)]
        return Known(subject, found.kind, name, others, found, tuple(dict.fromkeys(causes)))

    # --- what no ownership format has room for -------------------------------------------------------------------

    def _beside(self, history: History) -> Iterator[Lost]:
        asset = history.asset
        for course in history.courses:
            yield from _not_carried(course, asset)
        for window in history.restrictions:
            if window.over != asset:
                words = (
                    f"a restriction over {window.over} reaches it through {' and '.join(window.path) or 'its owner'}"
                )
                yield Lost("restriction", asset, words, (window.restriction,))
        yield from self._pending(history)
        for permit in history.permits:
            yield Lost("permit", asset, f"{permit.kind}, {permit.op}", permit.causes)
        for debt in history.debts:
            yield Lost("debt", asset, f"{debt.owe.kind} owed by {debt.owe.debtor} to {debt.owe.payee}", debt.causes)
        for item in history.proceedings:
            yield Lost(
                "proceeding", asset, f"{item.proceeding}, {len(item.steps)} steps", tuple(s.ref for s in item.steps)
            )
        for uncertain in history.uncertain:
            words = f"{uncertain.what} is uncertain: {len(uncertain.others)} other readings; the first is exported"
            yield Lost("uncertain", asset, words)
        remarks = history.remarks
        yield from (Lost("gap", asset, gap.words, (gap.ref, *gap.met)) for gap in remarks.gaps)
        yield from (Lost("irregular", asset, f"{i.words} ({i.rule})", (i.act,)) for i in remarks.irregular)
        for unapplied in remarks.unapplied:
            yield Lost("forum", asset, unapplied.words, (EffectRef(unapplied.act, 0),))
        for record, dispute in remarks.disputed:
            causes = (EffectRef(record, 0), EffectRef(dispute, 0))
            yield Lost("dispute", asset, "a record about it is disputed by its actor or a party", causes)
        yield from self._views(asset)

    def _pending(self, history: History) -> Iterator[Lost]:
        told: set[tuple[EffectRef, ...]] = set()
        for period in history.rights[Right.TITLE]:
            for holding in period.holdings:
                for item in holding.pendencies:
                    if item.causes not in told:
                        told.add(item.causes)
                        words = f"a transfer to {item.to} is recorded and {item.validity}, not in effect"
                        yield Lost("pending", history.asset, words, item.causes)

    def _views(self, asset: SubjectId) -> Iterator[Lost]:
        question = self.question
        forums, differences = where_forums_differ(question.record, question.clocks, asset, question.at)
        own = question.forum or question.view.place(asset, question.at) or "no forum"
        for item in differences:
            others = ", ".join(f for f in forums if f != own)
            causes = tuple(dict.fromkeys(c for value in item.views.values() for c in value.causes))
            yield Lost("forum", asset, f"{item.what} differs between {own}, which is exported, and {others}", causes)


def parties_of(stake: Stake) -> tuple[PartyId, ...]:
    """The parties a stake names: its holder or possible holders, and whom a nominee holds for."""
    named: tuple[PartyId, ...] = ()
    if isinstance(stake.holder, OneOf):
        named = stake.holder.parties
    elif isinstance(stake.holder, str):
        named = (stake.holder,)
    if stake.manner is not None and stake.manner.beneficiary is not None:
        named = (*named, stake.manner.beneficiary)
    return named


def _stakes(history: History) -> list[Stake]:
    """Every stretch in which a holder has the same share of a right."""
    made: list[Stake] = []
    for right, periods in history.rights.items():
        open_: dict[tuple[Holder, Manner | None], Stake] = {}
        for period in periods:
            now: dict[tuple[Holder, Manner | None], Stake] = {}
            for item in period.holdings:
                if not item.causes or item.share.empty:
                    continue
                key = (item.holder, item.manner)
                before = open_.pop(key, None)
                if before is not None and before.end == period.start and before.share == item.share:
                    causes = tuple(dict.fromkeys((*before.causes, *item.causes)))
                    now[key] = replace(before, end=period.end, causes=causes)
                    continue
                made += [before] if before is not None else []
                now[key] = Stake(history.asset, right, *key, item.share, period.start, period.end, item.causes)
            made += open_.values()
            open_ = now
        made += open_.values()
    order = list(Right)
    return sorted(made, key=lambda s: (order.index(s.right), str(s.holder), str(s.manner), s.start))


def _offices(course: Course, subject: SubjectId) -> Iterator[Office]:
    if course.family not in (Family.CONTROL, Family.REPRESENTATION):
        return
    for span in course.spans:
        if span.status == "in force" and isinstance(span.holder, str):
            powers = ", ".join(f"{power} {grip}" for power, grip in span.powers)
            of = " and ".join(stake.holder for stake in span.stakes if stake.asset == subject)
            over = f" over the stake of {of}" if of and subject not in course.impose.over else ""
            words = f"{course.impose.kind}{over}{': ' if powers else ''}{powers}"
            yield Office(
                subject, span.holder, course.impose.kind, course.family, words, span.start, span.end, span.causes
            )


def _agents(folds: Folds, party: PartyId) -> Iterator[Office]:
    for item in representation_of(folds, party):
        yield Office(party, item.agent, item.kind, Family.REPRESENTATION, item.kind, item.start, item.end, item.causes)


def _not_carried(course: Course, asset: SubjectId) -> Iterator[Lost]:
    impose = course.impose
    causes = tuple(dict.fromkeys((course.ref, *(c for span in course.spans for c in span.causes))))
    if course.family not in (Family.CONTROL, Family.REPRESENTATION):
        yield Lost(str(course.family), asset, f"{impose.kind}: holder, rank, term and sanction", causes)
        return
    if not any(isinstance(span.holder, str) for span in course.spans):
        yield Lost("measure", asset, f"{impose.kind}: no holder is named, or it was never in force", causes)
    elif any(span.rank_above or span.below for span in course.spans):
        yield Lost("measure", asset, f"{impose.kind}: its rank among other measures", causes)
    if asset not in impose.over and any(stake.asset == asset for span in course.spans for stake in span.stakes):
        yield Lost(
            "measure", asset, f"{impose.kind}: that it lies over one stake, not the whole: told in words only", causes
        )
    if any(span.status == "suspended" for span in course.spans):
        yield Lost("measure", asset, f"{impose.kind}: that it was suspended, not ended", causes)
    if any(power is not Power.MANAGE for span in course.spans for power, _ in span.powers):
        yield Lost("measure", asset, f"{impose.kind}: its powers one by one, told in words only", causes)
    pending = [s for s in course.validity if s.validity in (Validity.PENDING, Validity.SUSPENSE)]
    if pending:
        yield Lost("pending", asset, f"{impose.kind}: over part of the time it is {pending[0].validity}", causes)


def _joined(party: Known, asset: Known) -> Known:
    """A company is one slug, as party and as asset: what is known of either is known of it."""
    both = (party.identity, asset.identity)
    name = asset.name or party.name
    names = [n for n in (party.name, asset.name, *party.other_names, *asset.other_names) if n is not None and n != name]
    known = replace(
        party.identity,
        place=party.identity.place or asset.identity.place,
        identifiers=tuple({d.value: d for one in both for d in one.identifiers}.values()),
        ended=party.identity.ended or asset.identity.ended,
        successors=tuple(dict.fromkeys(s for one in both for s in one.successors)),
    )
    causes = tuple(dict.fromkeys((*party.causes, *asset.causes)))
    return Known(party.subject, "company", name, tuple(dict.fromkeys(names)), known, causes)
