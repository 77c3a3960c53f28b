"""The kept state of a view: the fold of every asset asked for, the course of every measure, and what bars a dealing.

Guarantees that taking in a new act costs what it touches: its own effects, the effects whose standing it changes (what it voids,
reviews, permits or recognises, to any depth), and the assets those lie in. Everything here can be dropped and rebuilt from the
record; `Folds(view)` of the same record answers the same.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping
from datetime import datetime

from domain.acts import Act
from domain.control import manages_company
from domain.courses import course
from domain.effects import (
    Admit,
    Alter,
    Declare,
    Effect,
    Exist,
    Impose,
    Move,
    Permit,
    Proceed,
    State,
    Void,
)
from domain.filing import subjects_of
from domain.identifiers import EffectRef, StatementId, SubjectId, company_of
from domain.measures import Course, Live
from domain.record import Record
from domain.standing import View
from domain.title import TitleFold
from domain.transfers import is_succession, joins


def affected(record: Record, act: Act) -> list[EffectRef]:
    """The effects whose standing a newly recorded act may change, its own first: voids, reviews, conditions, recognition, other
    records of the same act, followed to any depth."""
    return list(_affected(record, act))


def _affected(record: Record, act: Act) -> dict[EffectRef, Effect | None]:
    own = dict(act.refs())
    todo: list[EffectRef] = list(own)
    if act.records is not None:
        todo += _meant(record, act.records)
    return _closure(record, todo, own)


def _closure(record: Record, todo: list[EffectRef], own: Mapping[EffectRef, Effect]) -> dict[EffectRef, Effect | None]:
    """Effects, and all whose standing depends on them; `own` are those of an act that may not be on record."""
    seen: dict[EffectRef, Effect | None] = {}
    while todo:
        ref = todo.pop()
        if ref not in seen:
            effect = seen[ref] = own.get(ref) or record.effect(ref)
            todo += _touched(record, ref, effect)
    return seen


def _touched(record: Record, ref: EffectRef, effect: Effect | None) -> list[EffectRef]:
    """The effects whose standing depends on this one."""
    named: list[EffectRef | None] = []
    found: list[EffectRef] = []
    match effect:
        case Move() | Declare() | Exist():
            pass
        case (
            Void(target=EffectRef() as target)
            | Admit(target=EffectRef() as target)
            | Alter(measure=target, op="fulfil")
        ):
            named.append(target)
        case Permit():
            named += [effect.transaction, effect.of]
            if effect.transaction is not None:
                found += _performing(record, effect.transaction.statement)
        case Proceed():
            decision = effect.decision
            named += [effect.on, decision.reviews if decision else None]
            found += _meant(record, ref.statement) if decision else []
            if effect.on is None and effect.stage in ("final", "resumed", "withdrawn", "settled"):
                steps = [e for _, e in record.about(effect.proceeding) if isinstance(e, Proceed)]
                named += [step.on for step in steps]
                found += [r for r, e in record.about(effect.proceeding) if isinstance(e, Proceed) and e.decision]
        case State(kind="confirmation"):
            named += [about for about in effect.about if isinstance(about, EffectRef)]
        case Impose(sanction="void" | "pending"):
            for breach in record.breaches(ref.statement):
                found += _meant(record, breach.id)
        case _:
            pass
    for name in named:
        found += _meant(record, name.statement) if name is not None else []
    return found


def _performing(record: Record, statement: StatementId) -> list[EffectRef]:
    """Transfers that complete what a statement agreed: they may wait for the same permit."""
    act = record.find(statement)
    refs = [EffectRef(statement, n) for n in range(len(act.effects) + 1)] if act is not None else []
    return [ref for named in refs for ref, effect in record.naming(named) if isinstance(effect, Move)]


def _meant(record: Record, statement: StatementId) -> list[EffectRef]:
    """Every effect that a reference into a statement may mean: of every record of its act, and of what rectifies one."""
    root = statement
    while (act := record.find(root)) is not None and act.records is not None:
        root = act.records
    seen: dict[StatementId, None] = {}
    found: list[EffectRef] = []
    todo = [root]
    while todo:
        current = todo.pop()
        act = record.find(current)
        if current in seen or act is None:
            continue
        seen[current] = None
        todo += [other.id for other in record.recorders(current)]
        for ref in (EffectRef(current, 0), *dict(act.refs())):
            found += [ref] if ref.n else []
            todo += [
                other.statement
                for other, effect in record.naming(ref)
                if isinstance(effect, Void) and effect.ground == "error"
            ]
    return found


class Folds:
    """Kept folds of one view."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.taken = 0
        """How many acts of the record were taken in."""
        self._removals = 0
        self.took()
        self._titles: dict[SubjectId, TitleFold] = {}
        self._courses: dict[EffectRef, dict[SubjectId | None, Course | None]] = {}
        """By measure, and by what it lies over that is asked about: one order may lie over things in several places."""
        self._over: dict[SubjectId, list[tuple[datetime, EffectRef]]] = {}
        self._folding: set[SubjectId] = set()
        self.weight = 0
        """How many effects what is kept was folded from."""
        self._heaviest = 0

    # --- growth --------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Take in what the record gained since."""
        if self.taken == self.view.record.count:
            return
        added = self.view.record.added_since(self.taken)
        assert added is not None, "whoever keeps folds drops those that are too far behind"
        for act in added:
            self.taken += 1
            self.refresh(act)

    @property
    def lasting(self) -> bool:
        """Whether they can go on: what the record gained since is remembered, and they have not grown too heavy."""
        return (
            self.weight <= self.view.record.room + self._heaviest
            and self.view.record.added_since(self.taken) is not None
        )

    def took(self) -> None:
        """Everything recorded was taken in."""
        record = self.view.record
        self.taken, self._removals = record.count, record.removals

    def holds_of(self, record: Record) -> bool:
        """Whether what was taken in is the beginning of a record: no act of it was taken back."""
        if record is not self.view.record or not record.holds_since(self._removals, self.taken):
            return False
        return record.added_since(self.taken) is not None

    def refresh(self, act: Act) -> None:
        """Take in an act just added, or let go of one just taken back: refold what it touches."""
        record = self.view.record
        self.weight += len(act.effects)
        effects = _affected(record, act)
        registered: set[SubjectId] = set()
        for effect in effects.values():
            if isinstance(effect, Exist) and effect.op == "register":
                registered.add(effect.subject)
            elif isinstance(effect, Admit):
                self.view.forget_recognition()
        if registered:
            self.view.forget_recognition()
        self.view.forget(effects)
        for subject in registered:
            self._replace_subject(subject)
            if subject.startswith("asset:") and record.about(company := company_of(subject)):
                self._replace_subject(company)
        by_asset: dict[SubjectId, list[EffectRef]] = {}
        for ref, effect in effects.items():
            if effect is None:
                continue
            for subject in subjects_of(effect):
                by_asset.setdefault(subject, []).append(ref)
                if isinstance(effect, Exist) and (is_succession(effect, subject) or joins(effect)):
                    for asset, fold in self._titles.items():
                        if subject in fold.parties:
                            by_asset.setdefault(asset, []).append(ref)
                    self._restake(subject)
            if isinstance(effect, Impose):
                self._recourse(ref, effect)
            elif isinstance(effect, Alter):
                for name in (effect.measure, *self._namesakes(effect.measure)):
                    target = record.effect(name)
                    if isinstance(target, Impose):
                        self._recourse(name, target)
        while by_asset:
            subject = next(iter(by_asset))
            mine = by_asset.pop(subject)
            if subject in self._titles:
                self._titles[subject].add(mine, self._divided)
            for ref, part in self._parts_of(subject):
                if part in self._titles and part != subject:
                    by_asset[part] = [*by_asset.pop(part, []), ref]

    def _parts_of(self, asset: SubjectId) -> list[tuple[EffectRef, SubjectId]]:
        """The parts an asset was divided into: who holds them follows from who held it."""
        record = self.view.record
        found: list[tuple[EffectRef, SubjectId]] = []
        for ref in record.existing(asset):
            effect = record.effect(ref)
            if isinstance(effect, Exist) and effect.op == "divide" and effect.subject == asset:
                found += [(ref, SubjectId(part.asset)) for part in effect.parts]
        return found

    def _restake(self, party: SubjectId) -> None:
        """A party was succeeded: what it held, or lay over its stake, or bound it, is another's now."""
        for ref, known in list(self._courses.items()):
            stake = next((c for c in known.values() if c is not None and party in c.parties), None)
            if stake is not None:
                self._recourse(ref, stake.impose)

    def _namesakes(self, ref: EffectRef) -> tuple[EffectRef, ...]:
        """Effects that may be meant by a reference to this one: other records of its act, and what rectified it."""
        record = self.view.record
        return tuple(r for r in _meant(record, ref.statement) if r != ref and isinstance(record.effect(r), Impose))

    def _replace_subject(self, subject: SubjectId) -> None:
        """The place of a subject may have changed, and with it the home of every act about it: drop what was folded of it, and of
        whatever shares an act with it."""
        record = self.view.record
        acts = record.stream(subject)
        refs = _closure(record, [ref for act in acts for ref, _ in act.refs()], {})
        self.view.forget(refs)
        touched = {subject, *(other for act in acts for other in act.subjects)}
        touched.update(other for effect in refs.values() if effect is not None for other in subjects_of(effect))
        for other in touched:
            self._titles.pop(other, None)
            self._over.pop(other, None)
            for ref, effect in record.about(other):
                if isinstance(effect, Impose):
                    self._courses.pop(ref, None)
                    for beside in subjects_of(effect):
                        self._over.pop(beside, None)

    def _recourse(self, ref: EffectRef, impose: Impose) -> None:
        known = self._courses.pop(ref, {})
        for subject in subjects_of(impose):
            listed = self._over.get(subject)
            if listed is None:
                continue
            old = known.get(subject)
            if old is not None:
                listed.remove((old.end, ref))
            new = self.course(ref, subject)
            if new is not None and self.view.record.find(ref.statement) is not None:
                insort(listed, (new.end, ref))

    # --- answers -------------------------------------------------------------------------------------------------

    def title(self, asset: SubjectId) -> TitleFold:
        """The fold of the rights in an asset."""
        fold = self._titles.get(asset)
        if fold is None:
            fold = self._titles[asset] = TitleFold(self.view, asset, self._divided)
            weight = 1 + len(self.view.record.about(asset))
            self.weight += weight
            self._heaviest = max(self._heaviest, weight)
        return fold

    def _divided(self, asset: SubjectId) -> TitleFold | None:
        """The fold of an asset that was divided; None where it is a part of itself."""
        if asset in self._folding:
            return None
        self._folding.add(asset)
        try:
            return self.title(asset)
        finally:
            self._folding.discard(asset)

    def course(self, ref: EffectRef, subject: SubjectId | None = None) -> Course | None:
        """The course of a measure over one of the subjects it lies over; by default over the first of them over which it stands."""
        known = self._courses.get(ref)
        if known is not None and subject in known:
            return known[subject]
        impose = self.view.record.effect(ref)
        if not isinstance(impose, Impose):
            return None
        known = self._courses.setdefault(ref, {})
        subjects = subjects_of(impose)
        for each in (subject,) if subject in subjects else subjects:
            if each not in known:
                known[each] = course(self.view, ref, each)
            if known[each] is not None:
                return known[each]
        return None

    def _listed(self, subject: SubjectId) -> list[tuple[datetime, EffectRef]]:
        listed = self._over.get(subject)
        if listed is None:
            listed = []
            for ref, effect in self.view.record.about(subject):
                if isinstance(effect, Impose):
                    found = self.course(ref, subject)
                    if found is not None:
                        listed.append((found.end, ref))
            listed.sort()
            self._over[subject] = listed
        return listed

    def courses(self, subject: SubjectId) -> list[Course]:
        """The courses of every measure over a subject (for an asset: or over a stake in it), by start."""
        listed = self._listed(subject)
        if not listed:
            return []
        found = [c for _, ref in listed if (c := self.course(ref, subject)) is not None]
        return sorted(found, key=lambda c: (c.spans[0].start if c.spans else c.end, c.ref))

    def live(self, subject: SubjectId, at: datetime) -> list[Live]:
        """The measures over a subject that are in force at a moment; costs only those that end after it."""
        listed = self._listed(subject)
        if not listed:
            return []
        first = bisect_right(listed, at, key=lambda item: item[0])
        found: list[Live] = []
        for _, ref in listed[first:]:
            item = self.course(ref, subject)
            span = item.span_at(at) if item is not None else None
            if item is not None and span is not None and span.status == "in force":
                found.append(Live(item, span))
        return sorted(found, key=lambda live: (live.span.start, live.course.ref))

    def managing(self, asset: SubjectId) -> list[Course]:
        """The measures of control over the company that an asset is, which take its management."""
        company = company_of(asset)
        if not self.view.record.about(company):
            return []
        return [course for course in self.courses(company) if manages_company(course, asset)]
