"""The kept state of a view: the fold of every asset asked for, the course of every measure, and what bars a dealing.

Guarantees that taking in a new act costs what it touches: its own effects, the effects whose standing it changes (what it voids,
reviews, permits or recognises, to any depth), and the assets those lie in. Everything here can be dropped and rebuilt from the
record; `Folds(view)` of the same record answers the same.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from datetime import datetime

from domain.acts import Act
from domain.effects import (
    Admit,
    Alter,
    Exist,
    Impose,
    Permit,
    Proceed,
    State,
    Void,
)
from domain.identifiers import EffectRef, StatementId, SubjectId
from domain.measures import Course, Live, course
from domain.record import Record, subjects_of
from domain.standing import View
from domain.title import TitleFold, is_succession


def affected(record: Record, act: Act) -> list[EffectRef]:
    """The effects whose standing a newly recorded act may change, its own first: voids, reviews, conditions, recognition, other
    records of the same act, followed to any depth."""
    todo: list[EffectRef] = [ref for ref, _ in act.refs()]
    if act.records is not None:
        todo += _group(record, act.records)
    seen: dict[EffectRef, None] = {}
    while todo:
        ref = todo.pop()
        if ref in seen:
            continue
        seen[ref] = None
        effect = record.effect(ref)
        match effect:
            case Void(target=EffectRef() as target):
                todo += _whole(record, target)
            case Admit(target=EffectRef() as target):
                todo += _statement(record, target.statement)
            case Permit(transaction=EffectRef() as target, op="granted"):
                todo += _whole(record, target)
            case Permit(of=EffectRef() as target):
                todo.append(target)
            case Alter(op="fulfil", measure=target):
                todo.append(target)
            case Proceed():
                if effect.decision is not None:
                    todo += _statement(record, ref.statement)
                for reviewed in (effect.on, effect.decision.reviews if effect.decision else None):
                    if reviewed is not None:
                        todo += _statement(record, reviewed.statement)
                if effect.stage == "final" and effect.on is None:
                    todo += [
                        r for r, e in record.about.get(effect.proceeding, ()) if isinstance(e, Proceed) and e.decision
                    ]
            case State(kind="confirmation"):
                for about in effect.about:
                    if isinstance(about, EffectRef):
                        todo += _statement(record, about.statement)
            case _:
                pass
    return list(seen)


def _statement(record: Record, statement: StatementId) -> list[EffectRef]:
    act = record.by_id.get(statement)
    return [ref for ref, _ in act.refs()] if act is not None else []


def _whole(record: Record, ref: EffectRef) -> list[EffectRef]:
    """An effect, or all of its statement: where a decision falls, what it ordered falls with it."""
    effect = record.effect(ref) if ref.n else None
    if ref.n and not isinstance(effect, Proceed):
        return [ref]
    found = _statement(record, ref.statement)
    return found + _group(record, ref.statement)


def _group(record: Record, statement: StatementId) -> list[EffectRef]:
    """Every effect of every record of one act."""
    root = statement
    seen = {root}
    while (act := record.by_id.get(root)) is not None and act.records is not None and act.records not in seen:
        root = act.records
        seen.add(root)
    found: list[EffectRef] = []
    todo = [root]
    while todo:
        current = todo.pop()
        found += _statement(record, current)
        todo += [other.id for other in record.recorders.get(current, ())]
    return found


class Folds:
    """Kept folds of one view."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.taken = len(view.record.acts)
        self._titles: dict[SubjectId, TitleFold] = {}
        self._courses: dict[EffectRef, Course | None] = {}
        self._over: dict[SubjectId, list[tuple[datetime, EffectRef]]] = {}

    # --- growth --------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Take in what the record gained since."""
        record = self.view.record
        while self.taken < len(record.acts):
            self.taken += 1
            self.refresh(record.acts[self.taken - 1])

    def refresh(self, act: Act) -> None:
        """Take in an act just added, or let go of one just taken back: refold what it touches."""
        record = self.view.record
        refs = affected(record, act)
        if any(isinstance(e, Admit) or (isinstance(e, Exist) and e.op == "register") for e in act.effects):
            self.view.forget_recognition()
            for registered in (e for e in act.effects if isinstance(e, Exist) and e.op == "register"):
                self._titles.pop(registered.subject, None)
                self._drop_subject(registered.subject)
        self.view.forget(refs)
        by_asset: dict[SubjectId, list[EffectRef]] = {}
        for ref in refs:
            statement = record.by_id.get(ref.statement, act if ref.statement == act.id else None)
            effect = statement.effects[ref.n - 1] if statement is not None else None
            if effect is None:
                continue
            for subject in subjects_of(effect):
                by_asset.setdefault(subject, []).append(ref)
                if isinstance(effect, Exist) and is_succession(effect, subject):
                    for asset, fold in self._titles.items():
                        if subject in fold.parties:
                            by_asset.setdefault(asset, []).append(ref)
            if isinstance(effect, Impose):
                self._recourse(ref, effect)
            elif isinstance(effect, Alter):
                for name in (effect.measure, *self._namesakes(effect.measure)):
                    target = record.effect(name)
                    if isinstance(target, Impose):
                        self._recourse(name, target)
        for subject, mine in by_asset.items():
            if subject in self._titles:
                self._titles[subject].add(mine)

    def _namesakes(self, ref: EffectRef) -> tuple[EffectRef, ...]:
        """Effects that may be meant by a reference to this one: other records of its act, and what rectified it."""
        record = self.view.record
        found = [r for r in _group(record, ref.statement) if r.n == ref.n and r != ref]
        for other, effect in record.naming_effect(ref):
            if isinstance(effect, Void) and effect.ground == "error":
                found += [r for r, e in record.by_id[other.statement].refs() if isinstance(e, Impose)]
        return tuple(found)

    def _drop_subject(self, subject: SubjectId) -> None:
        for _, ref in self._over.pop(subject, ()):
            self._courses.pop(ref, None)

    def _recourse(self, ref: EffectRef, impose: Impose) -> None:
        old = self._courses.pop(ref, None)
        for subject in subjects_of(impose):
            listed = self._over.get(subject)
            if listed is None:
                continue
            if old is not None:
                listed.remove((old.end, ref))
            new = self.course(ref)
            if new is not None and self.view.record.by_id.get(ref.statement) is not None:
                insort(listed, (new.end, ref))

    # --- answers -------------------------------------------------------------------------------------------------

    def title(self, asset: SubjectId) -> TitleFold:
        """The fold of the rights in an asset."""
        fold = self._titles.get(asset)
        if fold is None:
            fold = self._titles[asset] = TitleFold(self.view, asset)
        return fold

    def course(self, ref: EffectRef) -> Course | None:
        """The course of a measure."""
        if ref not in self._courses:
            impose = self.view.record.effect(ref)
            if not isinstance(impose, Impose):
                return None
            subjects = subjects_of(impose)
            self._courses[ref] = course(self.view, ref, subjects[0] if subjects else None)
        return self._courses[ref]

    def _listed(self, subject: SubjectId) -> list[tuple[datetime, EffectRef]]:
        listed = self._over.get(subject)
        if listed is None:
            listed = []
            for ref, effect in self.view.record.about.get(subject, ()):
                if isinstance(effect, Impose):
                    found = self.course(ref)
                    if found is not None:
                        listed.append((found.end, ref))
            listed.sort()
            self._over[subject] = listed
        return listed

    def courses(self, subject: SubjectId) -> list[Course]:
        """The courses of every measure over a subject (for an asset: or over a stake in it), by start."""
        found = [c for _, ref in self._listed(subject) if (c := self.course(ref)) is not None]
        return sorted(found, key=lambda c: (c.spans[0].start if c.spans else c.end, c.ref))

    def live(self, subject: SubjectId, at: datetime) -> list[Live]:
        """The measures over a subject that are in force at a moment; costs only those that end after it."""
        listed = self._listed(subject)
        first = bisect_right(listed, at, key=lambda item: item[0])
        found: list[Live] = []
        for _, ref in listed[first:]:
            item = self.course(ref)
            span = item.span_at(at) if item is not None else None
            if item is not None and span is not None and span.status == "in force":
                found.append(Live(item, span))
        return sorted(found, key=lambda live: (live.span.start, live.course.ref))
