"""Folds kept between questions: the state of an asset at the head of the record, in the eyes of one forum.

Guarantees that an answer does not depend on whether it was asked before: folds are kept only while everything recorded is known
and no reading is open, take in what the record gained since, and are dropped when an act they hold was taken back. What is kept
is bounded by the acts it was folded from; the one asked for longest ago goes first. The caller holds the record still meanwhile,
as for every question.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.folds import Folds
from domain.identifiers import Forum, SubjectId
from domain.periods import Clocks
from domain.record import Record
from domain.standing import View

_BEHIND_MAX: Final = 32
"""How many acts a kept fold takes in at a question; further behind, folding a short stream anew costs less."""

_Key = tuple[Forum | None, SubjectId]


class KeptFolds:
    """The kept folds of one record."""

    def __init__(self) -> None:
        self._folds: dict[_Key, tuple[int, Folds]] = {}
        self._weight = 0

    def take(self, record: Record, forum: Forum | None, subject: SubjectId, at: datetime) -> Folds | None:
        """The folds kept for a subject, brought up to the head and taken out; None where there are none that hold for the moment
        (where no forum is asked for, a subject may lie elsewhere then)."""
        weight, folds = self._folds.pop((forum, subject), (0, None))
        self._weight -= weight
        if folds is None or not folds.holds_of(record):
            return None
        if not folds.view.turn_to(at):
            return None
        if record.count - folds.taken > _BEHIND_MAX + weight:
            return None
        folds.catch_up()
        return folds if not folds.view.reading.met else None

    def keep(self, folds: Folds, forum: Forum | None, subject: SubjectId) -> None:
        """Keep folds that leave no reading open; they are not changed by anyone else. All kept rest on no more effects than the
        record has room for; the last one is always kept."""
        weight = len(folds.view.record.about(subject)) + 1
        self._folds[forum, subject] = (weight, folds)
        self._weight += weight
        while self._weight > folds.view.record.room and len(self._folds) > 1:
            oldest = next(iter(self._folds))
            self._weight -= self._folds.pop(oldest)[0]


def first_folds(record: Record, clocks: Clocks, forum: Forum | None, subject: SubjectId) -> Folds:
    """Folds in the first reading, to answer a question about a subject: kept ones where everything recorded is known."""
    if not _at_head(record, clocks):
        return Folds(View(record, clocks, forum))
    clocks = Clocks(clocks.effective_at)
    view = View(record, clocks, forum)
    return _of(record).take(record, forum, subject, view.at) or Folds(view)


def keep(folds: Folds, clocks: Clocks, forum: Forum | None, subject: SubjectId) -> None:
    """Keep folds that answered a question, if the next one about the subject can be answered from them."""
    record = folds.view.record
    if _at_head(record, clocks) and not folds.view.reading.met:
        _of(record).keep(folds, forum, subject)


def _at_head(record: Record, clocks: Clocks) -> bool:
    if clocks.known_at is not None:
        return False
    return clocks.size is None or record.end <= clocks.size


def _of(record: Record) -> KeptFolds:
    if not isinstance(record.kept, KeptFolds):
        record.kept = KeptFolds()
    return record.kept
