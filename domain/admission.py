"""Admission: may this act be recorded, and what speaks against it (DESIGN section 3, rule 6).

An act is tried on the record in its home forum, knowing everything recorded, with the same fold that answers questions: what the
fold cannot place, the alterations it finds misfit and the bars a dealing meets become objections. Impossible ones refuse; irregular
ones refuse unless the signers list each of them, and only those, in `despite`. What the record merely does not hold (a judgment
whose filing was never recorded) is a gap: told, never an objection. The record is left as it was found.

Signatures, keys, `submit_by`, `exact` and `seen` are judged where bytes and clock are known: by the register and the application.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.acts import Act
from domain.coherence import contradictions, references
from domain.effects import (
    Admit,
    Exist,
    Proceed,
)
from domain.findings import Before, gaps, objections
from domain.folds import Folds
from domain.identifiers import Forum, SubjectId
from domain.lots import Gap
from domain.objections import Objection
from domain.periods import Clocks
from domain.record import Record
from domain.standing import View
from domain.trial import Trial
from domain.type_objections import judge_type


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer to an act: objections that stand (none: it may be recorded), and gaps that recording it would show."""

    objections: tuple[Objection, ...]
    gaps: tuple[Gap, ...]

    @property
    def accepted(self) -> bool:
        return not self.objections


class Admission:
    """Judges acts against a growing record, with kept folds per home forum. One writer at a time."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._folds: dict[Forum | None, Folds] = {}

    def folds(self, forum: Forum | None) -> Folds:
        """The kept folds of a forum at the head of the record, everything known."""
        folds = self._folds.get(forum)
        if folds is None or not folds.lasting:
            folds = self._folds[forum] = Folds(View(self.record, Clocks(), forum))
        folds.catch_up()
        return folds

    def judge(self, act: Act) -> Judgement:
        """Judge an act that is not recorded yet; nothing is left behind."""
        return self._tried(act, keep=False)

    def admit(self, act: Act) -> Judgement:
        """Judge an act and record it if nothing speaks against it: what the trial folded is kept, not folded again."""
        return self._tried(act, keep=True)

    def _tried(self, act: Act, keep: bool) -> Judgement:
        early = [*judge_type(act), *references(self.record, act), *contradictions(act)]
        if early and any(o.kind == "impossible" for o in early):
            return Judgement(_against_despite(act, early), ())
        forum = self._home(act)
        # Tried as if it named no objection: a breach that makes it void would hide what else speaks against it.
        tried = replace(act, despite=()) if act.despite else act
        count = self.record.count
        try:
            folds = self.folds(forum)
            before = Before(folds, act)
            self.record.add(tried)
            folds.refresh(tried)
            trial = Trial(folds, tried, forum)
            found = [*early, *objections(trial, before)]
            judgement = Judgement(_against_despite(act, found), tuple(gaps(trial)))
            if keep and judgement.accepted and tried is act:
                folds.took()
                return judgement
            self.record.remove_last()
            folds.refresh(tried)
        except BaseException:
            # Acts that lie elsewhere could not be read: what was folded on the way is dropped, the record is as it was.
            self._folds.clear()
            if self.record.count > count:
                self.record.remove_last()
            raise
        if keep and judgement.accepted:
            self.record.add(act)
        return judgement

    def add(self, act: Act) -> None:
        """Record an act that was judged, or is replayed: never refused."""
        self.record.add(act)

    def _home(self, act: Act) -> Forum | None:
        for effect in act.effects:
            if isinstance(effect, (Proceed, Admit)):
                return effect.forum
        own = self.record.actor_forum(act)  # forgotten with the act, should it be taken back
        if own is not None:
            return own
        for kind in ("asset:", "party:"):
            for subject in act.subjects:
                if subject.startswith(kind):
                    place = _registered_at(act, subject) or self.record.place_then(subject, act)
                    if place is not None:
                        return place
        return None


def _registered_at(act: Act, subject: SubjectId) -> Forum | None:
    """The place at which an act itself registers a subject; the last one it says."""
    found = None
    for effect in act.effects:
        if isinstance(effect, Exist) and effect.op == "register" and effect.subject == subject:
            found = effect.place
    return found


def _against_despite(act: Act, found: list[Objection]) -> tuple[Objection, ...]:
    """Irregular objections that `despite` names are answered; one it names without need is itself an objection."""
    if not found and not act.despite:
        return ()
    unique = list({(o.kind, o.rule, o.statement, o.where): o for o in found}.values())
    named = set(act.despite)
    met = {o.known_as for o in unique if o.kind == "irregular"}
    left = [o for o in unique if o.kind == "impossible" or o.known_as not in named]
    if any(o.kind == "impossible" for o in unique):
        return tuple(left)
    for extra in sorted(named - met, key=lambda d: (d.rule, d.statement or "")):
        words = f"the act is recorded despite {extra.rule}, but nothing of that kind speaks against it"
        left.append(
            Objection(
                "impossible",
                "despite.unfounded",
                extra.statement,
                "",
                words,
                "despite",
                "leave this entry out of despite",
            )
        )
    return tuple(left)
