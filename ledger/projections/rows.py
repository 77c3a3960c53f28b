"""What the views say of a subject: a pure function of the record (DESIGN section 3), computed by the one fold.

Guarantees that the rows of a subject depend on the record alone, not on the order or the batches in which entries came;
`touched` names every subject whose rows an act may have changed, so that only those are computed again. The eyes are
those of the place of the asset; everything recorded is known; each row names the effects that cause it.

A period is half-open; moments are UTC with microseconds, 27 characters, and sort as text. Readings that the record leaves
open are not here: the full answer (`ledger.reading`) tells them. Nothing is stored here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from domain.acts import Act
from domain.deadlines import STATING, stated_by
from domain.effects import Authorise, Effect, Exist, Impose, Proceed, Right
from domain.filing import folded, named_by, squeezed, subjects_of
from domain.folds import Folds, affected
from domain.holdings import Holding, Splitter
from domain.identifiers import EffectRef, Forum, PartyId, StatementId, SubjectId, company_of
from domain.identity import called
from domain.periods import BEGINNING, END, Clocks
from domain.record import Record
from domain.shares import format_share
from domain.standing import View


class HoldingRow(NamedTuple):
    """Who holds how much of a right over a period. `kind` is the right; votes and interest only where they left title."""

    kind: str
    start: str
    stop: str
    holder: str
    share: str
    causes: str


class NameRow(NamedTuple):
    """A name (`kind` is "name") or an identifier (its scheme) over a period; `folded` is its form for comparing."""

    kind: str
    start: str
    stop: str
    value: str
    folded: str
    causes: str


class DeadlineRow(NamedTuple):
    """What ends or falls due because of a statement; `stop` is the first moment after the last legal day."""

    kind: str
    stop: str
    last_day: str
    zone: str
    subjects: str
    words: str
    causes: str


@dataclass(frozen=True, slots=True)
class Touched:
    """Subjects, and statements, whose rows are to be computed again."""

    subjects: frozenset[SubjectId]
    statements: frozenset[StatementId]

    def __or__(self, other: Touched) -> Touched:
        return Touched(self.subjects | other.subjects, self.statements | other.statements)

    def by(self, count: int) -> Iterator[Touched]:
        """The same, so many subjects and statements at a time."""
        subjects, statements = sorted(self.subjects), sorted(self.statements)
        for low in range(0, max(len(subjects), len(statements)), count):
            yield Touched(frozenset(subjects[low : low + count]), frozenset(statements[low : low + count]))


NOTHING = Touched(frozenset(), frozenset())


_EFFECTS_MAX: Final = 30_000
"""How many effects the folds kept may rest on: making the rows of an asset costs more than folding it anew now and then."""


class RowMaker:
    """Makes rows of a record that grows; keeps the folds, not without bound. Make a new one when the record is another object."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._folds: dict[Forum | None, Folds] = {}
        self._weight = 0
        """Effects that were folded, counted each time rows were made of them."""

    def holdings(self, asset: SubjectId) -> list[HoldingRow]:
        """The periods of who holds an asset, from before the record begins, by right and time, in the eyes of its place then; none
        where nothing says it."""
        self._weigh(len(self.record.about(asset)))
        home = self._at_home(asset)
        stations = home.view.stations(asset)
        seen = [
            (start, end, home if place == home.view.forum else self._seen_from(place))
            for start, end, place, _ in stations
        ]
        folds = [
            (start, end, eyes.title(asset)) for start, end, eyes in seen or [(BEGINNING, END, self._seen_from(None))]
        ]
        if not any(fold.steps for _, _, fold in folds):
            return []
        splitter = Splitter()
        periods: dict[Right, list[tuple[datetime, datetime, tuple[Holding, ...]]]] = {right: [] for right in Right}
        for since, until, fold in folds:
            for low, high in pairwise([since, *(at for at in fold.moments() if since < at < until), until]):
                split = splitter.split(fold.state_at(low), low).rights
                title = split[Right.TITLE]
                _extend(periods[Right.TITLE], low, high, title)
                for right in (Right.VOTES, Right.ECONOMIC):
                    items = split[right]
                    _extend(periods[right], low, high, () if items is title or items == title else items)
        rows: list[HoldingRow] = []
        for right, stretches in periods.items():
            for low, high, items in stretches:
                start, stop = spell(low), spell(high)
                rows += [
                    HoldingRow(right.value, start, stop, str(one.holder), _share(one), " ".join(map(str, one.causes)))
                    for one in items
                ]
        # Where nothing that stands says who holds it, kept folds may know of more effects that change nothing than fresh ones.
        return rows if any(row.causes for row in rows) else []

    def names(self, subject: SubjectId) -> list[NameRow]:
        """Every name and identifier a subject bears or bore."""
        self._weigh(len(self.record.existing(subject)))
        names, identifiers = called(self._at_home(subject).view, subject)
        rows = [NameRow("name", spell(d.start), spell(d.end), d.value, folded(d.value), str(d.cause)) for d in names]
        for dated in identifiers:
            scheme, value = dated.value.split(" ", 1)
            rows.append(NameRow(scheme, spell(dated.start), spell(dated.end), value, squeezed(value), str(dated.cause)))
        return rows

    def deadlines(self, statement: StatementId) -> list[DeadlineRow]:
        """What ends or falls due because of a statement, each effect in the eyes of the place of what it is about."""
        act = self.record.act(statement)
        if act.kinds.isdisjoint(STATING):
            return []
        self._weigh(len(act.effects))
        return [
            DeadlineRow(
                item.kind,
                spell(item.end),
                item.last_day.isoformat(),
                item.zone,
                " ".join(item.subjects),
                item.words,
                " ".join(str(cause) for cause in item.causes),
            )
            for item in stated_by(self._seen_from(None), act)
        ]

    def _weigh(self, effects: int) -> None:
        """So many effects are about to be folded, or were: beyond measure, all that was folded is let go of."""
        self._weight += effects
        if self._weight > _EFFECTS_MAX:
            self._folds.clear()
            self._weight = 0

    def _at_home(self, subject: SubjectId) -> Folds:
        return self._seen_from(self.record.place_of(subject))

    def _seen_from(self, forum: Forum | None) -> Folds:
        folds = self._folds.get(forum)
        if folds is None or not folds.lasting:
            folds = self._folds[forum] = Folds(View(self.record, Clocks(), forum))
        folds.catch_up()
        return folds


def everything(record: Record) -> Touched:
    """All subjects and statements of a record."""
    return Touched(frozenset(record.subjects()), frozenset(act.id for act in record.walk()))


def touched(record: Record, acts: Iterable[Act]) -> Touched:
    """Everything whose rows these acts, which are on the record, may have changed; the rest is as it was before them."""
    found = NOTHING
    for act in acts:
        if changes_all(act):
            return everything(record)
        if not any(isinstance(effect, Authorise) for effect in act.effects):
            found |= _by_act(record, act)
    return found


def changes_all(act: Act) -> bool:
    """Whether an act changes the time zones or the legal orders that all is read by: any date and any home may be another."""
    changes = [effect for effect in act.effects if isinstance(effect, Authorise)]
    return bool(act.position) and any(e.rules is not None or e.outer is not None for e in changes)


def _by_act(record: Record, act: Act) -> Touched:
    refs = dict.fromkeys(affected(record, act))
    named = [name for ref in refs if (effect := record.effect(ref)) is not None for name in named_by(effect)]
    statements = {act.id, *(ref.statement for ref in refs), *(name.statement for name in named)}
    # A step may end what an earlier one of its proceeding began, and with it the date that one states.
    steps = [e.proceeding for ref in refs if isinstance(e := record.effect(ref), Proceed)]
    begun = [located for proceeding in dict.fromkeys(steps) for located in record.about(SubjectId(proceeding))]
    statements |= {ref.statement for ref, e in begun if isinstance(e, Proceed) and e.until is not None}
    # A record of the same act, or what rectifies one, speaks for it.
    statements |= {other.id for one in tuple(statements) for other in record.recorders(one)}
    acts = [found for one in statements if (found := record.find(one)) is not None]
    statements |= {one.records for one in acts if one.records is not None}
    subjects: set[SubjectId] = set()
    for one in acts:
        subjects.update(one.subjects)
        for effect in one.effects:
            subjects.update(subjects_of(effect))
            subjects.update(_through_parties(record, effect))
    if any(isinstance(effect, Exist) for effect in act.effects):
        # The place of a subject may be another, and with it the home of every act about it, or about the company it is.
        for subject in (*subjects, *[company_of(asset) for asset in subjects if asset.startswith("asset:")]):
            for other in record.stream(subject):
                statements.add(other.id)
                subjects.update(other.subjects)
                subjects.update(s for effect in other.effects for s in subjects_of(effect))
    subjects |= _parts_below(record, subjects)
    return Touched(frozenset(subjects), frozenset(one for one in statements if record.find(one) is not None))


def _through_parties(record: Record, effect: Effect) -> Iterator[SubjectId]:
    """Assets that a party's succession, or a freeze of what it holds, reaches."""
    if isinstance(effect, Exist):
        for party in _joined(record, (effect.subject, *effect.others)):
            yield from record.naming_party(PartyId(party))
    if isinstance(effect, Impose):
        for over in subjects_of(effect):
            if over.startswith("party:"):
                yield from record.naming_party(PartyId(over))


def _joined(record: Record, subjects: Iterable[SubjectId]) -> set[SubjectId]:
    """Subjects, and all that were ever said to be one with them."""
    found: set[SubjectId] = set()
    todo = list(subjects)
    while todo:
        subject = todo.pop()
        if subject in found:
            continue
        found.add(subject)
        for ref in record.existing(subject):
            effect = record.effect(ref)
            if isinstance(effect, Exist) and effect.op in ("same", "distinct"):
                todo += (effect.subject, *effect.others)
    return found


def _parts_below(record: Record, subjects: Iterable[SubjectId]) -> set[SubjectId]:
    """The parts into which assets were divided: who holds them follows from who held the whole."""
    found: set[SubjectId] = set()
    todo = [subject for subject in subjects if subject.startswith("asset:")]
    while todo:
        asset = todo.pop()
        for ref in record.existing(asset):
            effect = record.effect(ref)
            if isinstance(effect, Exist) and effect.op == "divide" and effect.subject == asset:
                fresh = {SubjectId(part.asset) for part in effect.parts} - found
                found |= fresh
                todo += fresh
    return found


def _extend(
    periods: list[tuple[datetime, datetime, tuple[Holding, ...]]],
    low: datetime,
    high: datetime,
    items: tuple[Holding, ...],
) -> None:
    if periods and periods[-1][2] == items:
        periods[-1] = (periods[-1][0], high, items)
    else:
        periods.append((low, high, items))


def _share(holding: Holding) -> str:
    spelled = format_share(holding.share)
    return spelled if isinstance(spelled, str) else json.dumps(spelled, separators=(",", ":"))


@lru_cache(maxsize=4_096)
def spell(moment: datetime) -> str:
    """A moment as the views hold it."""
    return f"{moment.isoformat(timespec='microseconds')[:26]}Z"


def refs_of(causes: str) -> list[EffectRef]:
    """The effects that a row names as its causes."""
    return [EffectRef(StatementId(s), int(n)) for s, n in (cause.split("#") for cause in causes.split())]
