"""What holds of every record (DESIGN section 3): the whole, the recorded clock, the order of recording, voids, kept state."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.acts import Act
from domain.admission import Admission
from domain.effects import Holder, Right
from domain.folds import Folds
from domain.history import history, history_of, snapshot
from domain.identifiers import AssetId, Forum, PartyId
from domain.periods import Clocks
from domain.readings import Reading
from domain.record import Record
from domain.standing import View
from tests.domain.builders import Case, asset, void
from tests.domain.law.at_random import ASSETS, FORUMS, OFFICES, Item, plans, play, shuffled, told
from tests.domain.law.evaluator import Beyond, Evaluator
from tests.domain.law.shapes import shape
from tests.domain.shelves import ListShelf

QUICK = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])


def replayed(case: Case, count: int | None = None) -> Case:
    """A fresh record of the first `count` acts."""
    again = Case(OFFICES)
    for act in case.record.acts[:count]:
        again.admission.add(act)
    return again


def full(case: Case, of: str, forum: str | None = None, size: int | None = None, *, remarks: bool = True):
    clocks = Clocks(None, None, size, None)
    return told(history_of(case.record, clocks, Forum(forum) if forum else None, asset(of)), remarks)


def each_view_sums_to_the_whole(plan: list[Item]) -> None:
    case = play(plan)
    for of in ASSETS:
        for forum in (None, *FORUMS):
            for right, periods in case.history(of, forum).rights.items():
                for period in periods:
                    low = sum(h.share.low for h in period.holdings)
                    high = sum(h.share.high for h in period.holdings)
                    assert low <= 1 <= high, (of, forum, right, period)


def an_answer_at_a_size_never_changes(plan: list[Item]) -> None:
    case = play(plan)
    size = (len(case.record.acts) + 2) // 2
    then = replayed(case, size)
    for forum in (None, *FORUMS[:2]):
        assert full(case, "port", forum, size) == full(then, "port", forum)


def the_order_of_recording_never_decides(plan: list[Item], seed: int) -> None:
    case = play(plan)
    other = Case(OFFICES)
    for act in shuffled(case.record.acts, seed):
        other.admission.add(act)
    for forum in (None, *FORUMS[:2]):
        assert full(case, "port", forum) == full(other, "port", forum)


def an_annulment_annulled_never_was(plan: list[Item], number: int) -> None:
    case = play(plan)
    acts = case.record.acts[2:]
    before = full(case, "port", remarks=False)
    struck = case.given(void(acts[number % len(acts)]), on="2020-01-15", by="court-de", label="annulled")
    case.given(void(struck, "own", consequence="revives"), on="2020-01-20", by="court-de", label="annulled again")
    assert full(case, "port", remarks=False) == before


def what_is_kept_is_what_is_rebuilt(plan: list[Item]) -> None:
    def same(case: Case) -> None:
        for forum in (None, "DE"):
            kept = case.admission.folds(Forum(forum) if forum else None)
            fresh = Folds(View(case.record, Clocks(), Forum(forum) if forum else None))
            for of in ASSETS:
                assert told(history(kept, asset(of))) == told(history(fresh, asset(of)))

    play(plan, same)


def asking_before_changes_no_answer(plan: list[Item]) -> None:
    """What questions keep between them: asked after every act, refused ones tried in between, as of a record nobody asked."""

    def same(case: Case) -> None:
        unasked = replayed(case)
        for forum in (None, "DE"):
            for of in ASSETS:
                assert full(case, of, forum) == full(unasked, of, forum)

    play(plan, same)


def what_lies_on_a_shelf_answers_as_what_is_held(plan: list[Item]) -> None:
    """Judgements, answers and growth of a record that reads acts when it is asked, in batches, letting go in between."""
    case = play(plan)
    held, apart = case.record.acts, replayed(case, 2)
    shelf = ListShelf(list(held[:2]))
    there = Record(case.record.zones, case.record.forum_of, case.record.nesting, shelf, 2)
    admission = Admission(there)
    batch: list[Act] = []
    for n, act in enumerate(held[2:]):
        assert admission.judge(act) == apart.admission.judge(act)
        admission.add(act)
        apart.admission.add(act)
        batch.append(act)
        if n % 3:
            shelf.all += batch
            batch.clear()
            there.settle()
            if n % 2:
                there.let_go(n % 8)
    shelf.all += batch
    there.settle()
    same_answers(there, case.record)
    same_answers(there.cut(len(held) // 2), case.record.cut(len(held) // 2))
    there.let_go()
    for subject in case.record.subjects():
        assert list(there.about(subject)) == list(case.record.about(subject))
        assert list(there.existing(subject)) == list(case.record.existing(subject))
        assert there.introduction(subject) == case.record.introduction(subject)
        if subject.startswith("party:"):
            assert there.naming_party(PartyId(subject)) == case.record.naming_party(PartyId(subject))
    for kind in ("asset", "party", "proceeding"):
        assert list(there.introductions(kind)) == list(case.record.introductions(kind))
    assert shelf.asked


def same_answers(one: Record, other: Record) -> None:
    for forum in (None, Forum("DE")):
        for of in ASSETS:
            one.let_go()
            answers = [told(history_of(record, Clocks(), forum, asset(of))) for record in (one, other)]
            assert answers[0] == answers[1]


def judging_leaves_no_trace(plan: list[Item]) -> None:
    case = play(plan)
    again = replayed(case)
    assert shape(case.record) == shape(again.record)


@QUICK
@given(plans)
def test_each_view_sums_to_the_whole(plan: list[Item]):
    each_view_sums_to_the_whole(plan)


@QUICK
@given(plans)
def test_an_answer_at_a_size_never_changes(plan: list[Item]):
    an_answer_at_a_size_never_changes(plan)


@QUICK
@given(plans, st.integers(0, 9))
def test_the_order_of_recording_never_decides(plan: list[Item], seed: int):
    the_order_of_recording_never_decides(plan, seed)


@QUICK
@given(plans, st.integers(0, 9))
def test_an_annulment_annulled_never_was(plan: list[Item], number: int):
    an_annulment_annulled_never_was(plan, number)


@QUICK
@given(plans)
def test_what_is_kept_is_what_is_rebuilt(plan: list[Item]):
    what_is_kept_is_what_is_rebuilt(plan)


@QUICK
@given(plans)
def test_what_lies_on_a_shelf_answers_as_what_is_held(plan: list[Item]):
    what_lies_on_a_shelf_answers_as_what_is_held(plan)


@QUICK
@given(plans)
def test_asking_before_changes_no_answer(plan: list[Item]):
    asking_before_changes_no_answer(plan)


@QUICK
@given(plans)
def test_judging_leaves_no_trace(plan: list[Item]):
    judging_leaves_no_trace(plan)


@pytest.mark.soak
@LONG
@given(plans, st.integers(0, 9))
def test_all_of_it_for_longer(plan: list[Item], number: int):
    each_view_sums_to_the_whole(plan)
    an_answer_at_a_size_never_changes(plan)
    the_order_of_recording_never_decides(plan, number)
    an_annulment_annulled_never_was(plan, number)
    asking_before_changes_no_answer(plan)
    what_is_kept_is_what_is_rebuilt(plan)
    judging_leaves_no_trace(plan)
    what_lies_on_a_shelf_answers_as_what_is_held(plan)
    the_second_evaluator_agrees(plan)


# --- the second evaluator ----------------------------------------------------------------------------------------


def the_second_evaluator_agrees(plan: list[Item]) -> int:
    """Compares both, moment by moment; returns how many moments were compared (none where a reading is left open)."""
    case = play(plan)
    compared = 0
    for forum in FORUMS[:2]:
        for of in ASSETS:
            reading = Reading()
            folds = Folds(View(case.record, Clocks(), Forum(forum), reading))
            history(folds, asset(of))
            other = Evaluator(case.record.acts, case.record.forum_of, case.record.nesting, Forum(forum))
            try:
                for at in other.grid:
                    theirs = _second(other, asset(of), at)
                    if not reading.met:
                        assert _first(folds, asset(of), at) == theirs, (forum, of, str(at))
                        compared += 1
            except Beyond:
                continue
    return compared + sum(_agreeing_by_default(case, asset(of)) for of in ASSETS if _moved_about(case, of))


def _moved_about(case: Case, of: str) -> bool:
    return len(case.record.placed(asset(of), "place")) > 1


def _agreeing_by_default(case: Case, of: AssetId) -> int:
    """The same where no forum is asked for and the place changes; and the history says of each moment what the moment says."""
    compared = 0
    through = history_of(case.record, Clocks(), None, of)
    for at in Evaluator(case.record.acts, case.record.forum_of, case.record.nesting, None).grid:
        reading = Reading()
        folds = Folds(View(case.record, Clocks(at), None, reading))
        snap = snapshot(folds, of, at)
        if reading.met or through.uncertain or through.remarks.choices:
            return compared
        for right, periods in through.rights.items():
            assert [p.holdings for p in periods if p.start <= at < p.end] == [snap.rights[right]]
        live = {c.ref for c in through.courses if (span := c.span_at(at)) is not None and span.status == "in force"}
        assert live == {measure.course.ref for measure in snap.measures}
        try:
            theirs = _second(Evaluator(case.record.acts, case.record.forum_of, case.record.nesting, None, at), of, at)
        except Beyond:
            return compared
        if not reading.met:
            assert _first(folds, of, at) == theirs, (of, str(at))
            compared += 1
    return compared


def _first(folds: Folds, of: AssetId, at: datetime) -> tuple[object, ...]:
    snap = snapshot(folds, of, at)
    splits = []
    for right in Right:
        found: dict[Holder, tuple[Fraction, Fraction]] = {}
        for item in snap.rights[right]:
            low, high = found.get(item.holder, (Fraction(0), Fraction(0)))
            found[item.holder] = (low + item.share.low, high + item.share.high)
        splits.append(found)
    return *splits, {live.course.ref for live in snap.measures}, {e.holder for e in snap.control.headline}


def _second(other: Evaluator, of: AssetId, at: datetime) -> tuple[object, ...]:
    splits = [{h: (s.low, s.high) for h, s in other.split(of, right, at).items()} for right in Right]
    return *splits, other.measures(of, at), other.controllers(of, at)


@QUICK
@given(plans)
def test_the_second_evaluator_agrees(plan: list[Item]):
    the_second_evaluator_agrees(plan)
