"""A second examination: steps of proceedings that do not stand, corrections beside decisions, capital and restrictions, nominees,
governments, and burdens whose holder nobody asked."""

from __future__ import annotations

from domain.acts import Act
from tests.domain.builders import (
    Case,
    admit,
    declare,
    exist,
    move,
    proceed,
    ref,
    void,
)

OFFICES = {"court": "DE", "appeal": "DE", "supreme": "DE", "ministry": "DE", "registrar": "DE", "court-us": "US"}
ALPHA, BETA, STATE = {"alpha": "1/1"}, {"beta": "1/1"}, {"state": "1/1"}


def held() -> Case:
    case = Case(OFFICES)
    case.given(declare("port", ALPHA))
    return case


# --- proceedings -----------------------------------------------------------------------------------------------------


def annulled(case: Case, force: str) -> Act:
    """A sale of 2010 and the judgment of 2012 that annuls it."""
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    decided = proceed("k", "decided", "DE", force=force, outcome="annulled")
    return case.given(decided, void(ref(sale), consequence="revives"), on="2012-01-01", by="court")


def forfeited(case: Case) -> Act:
    decided = proceed("k", "decided", "DE", force="immediate", outcome="forfeited")
    taken = move("port", "1/1", "alpha", "state")
    return case.given(decided, taken, on="2010-01-01", by="court", type="ownership.forfeited", basis="judgment")


def taken_back(case: Case, act: Act) -> Act:
    correction = void(act, ground="retraction", consequence="revives")
    return case.given(correction, by=act.actor.removeprefix("party:"), type="record.retracted", basis="correction")


def test_a_judgment_is_not_final_by_a_step_that_was_recorded_in_error():
    case = held()
    first = annulled(case, "on_finality")
    final = case.given(proceed("k", "final", "DE", on=ref(first)), on="2012-06-01", by="court")
    assert case.split("2013-01-01", "port") == ALPHA
    taken_back(case, final)
    assert case.split("2013-01-01", "port") == BETA


def test_nor_by_one_about_the_whole_proceeding():
    case = held()
    annulled(case, "on_finality")
    final = case.given(proceed("k", "final", "DE"), on="2012-06-01", by="court")
    assert case.split("2013-01-01", "port") == ALPHA
    taken_back(case, final)
    assert case.split("2013-01-01", "port") == BETA


def test_a_judgment_reopened_is_no_longer_final_from_then_on():
    case = held()
    first = annulled(case, "on_finality")
    final = case.given(proceed("k", "final", "DE", on=ref(first)), on="2012-06-01", by="court")
    reopened = proceed("k-2", "decided", "DE", force="immediate", outcome="reopened")
    case.given(reopened, void(ref(final), "judgment"), on="2013-01-01", by="supreme")
    days = ("2012-03-01", "2012-09-01", "2013-06-01")
    assert [case.split(day, "port") for day in days] == [ALPHA, ALPHA, BETA]


def test_an_appeal_that_was_never_filed_suspends_nothing():
    case = held()
    first = annulled(case, "suspended_by_appeal")
    appeal = case.given(proceed("k", "appealed", "DE", on=ref(first)), on="2012-06-01", by="beta")
    assert case.split("2013-01-01", "port") == BETA
    taken_back(case, appeal)
    assert case.split("2013-01-01", "port") == ALPHA


def test_a_stay_that_is_annulled_suspends_until_then():
    case = held()
    first = annulled(case, "immediate")
    stay = case.given(proceed("k", "stayed", "DE", on=ref(first)), on="2012-02-01", by="appeal")
    lifted = proceed("k-2", "decided", "DE", force="immediate", outcome="annulled")
    case.given(lifted, void(ref(stay), "judgment"), on="2012-08-01", by="supreme")
    assert case.split("2012-05-01", "port") == BETA
    assert case.split("2012-09-01", "port") == ALPHA


def test_a_reversal_that_is_not_final_leaves_the_judgment_in_force():
    case = held()
    order = forfeited(case)
    reversal = proceed("k", "decided", "DE", force="on_finality", outcome="reversed", reviews=ref(order))
    second = case.given(reversal, on="2012-01-01", by="appeal")
    assert case.split("2012-06-01", "port") == STATE
    case.given(proceed("k", "final", "DE", on=ref(second)), on="2013-01-01", by="appeal")
    assert case.split("2012-06-01", "port") == STATE
    assert case.split("2013-06-01", "port") == ALPHA


def test_a_reversal_that_is_annulled_reversed_nothing():
    case = held()
    order = forfeited(case)
    reversal = proceed("k", "decided", "DE", force="immediate", outcome="reversed", reviews=ref(order))
    second = case.given(reversal, on="2012-01-01", by="appeal")
    assert case.split("2012-06-01", "port") == ALPHA
    annulling = proceed("k-2", "decided", "DE", force="immediate", outcome="annulled")
    case.given(annulling, void(ref(second), consequence="revives"), on="2014-01-01", by="supreme")
    assert case.split("2012-06-01", "port") == STATE


def test_a_further_appeal_suspends_what_the_first_one_had():
    case = held()
    first = annulled(case, "suspended_by_appeal")
    case.given(proceed("k", "appealed", "DE", on=ref(first)), on="2012-02-01", by="beta")
    upheld = proceed("k", "decided", "DE", force="suspended_by_appeal", outcome="upheld", reviews=ref(first))
    second = case.given(upheld, on="2013-01-01", by="appeal")
    assert case.split("2013-06-01", "port") == ALPHA
    case.given(proceed("k", "appealed", "DE", on=ref(second)), on="2013-02-01", by="beta")
    last = proceed("k", "decided", "DE", force="immediate", outcome="upheld", reviews=ref(second))
    case.given(last, on="2014-01-01", by="supreme")
    days = ("2012-06-01", "2013-01-15", "2013-06-01", "2014-06-01")
    assert [case.split(day, "port") for day in days] == [BETA, ALPHA, BETA, ALPHA]


def test_what_was_suspended_stays_so_until_what_upholds_it_is_final():
    case = held()
    first = annulled(case, "suspended_by_appeal")
    case.given(proceed("k", "appealed", "DE", on=ref(first)), on="2012-02-01", by="beta")
    upheld = proceed("k", "decided", "DE", force="on_finality", outcome="upheld", reviews=ref(first))
    second = case.given(upheld, on="2013-01-01", by="appeal")
    assert case.split("2013-06-01", "port") == BETA
    case.given(proceed("k", "final", "DE", on=ref(second)), on="2014-01-01", by="appeal")
    assert [case.split(day, "port") for day in ("2013-06-01", "2014-06-01")] == [BETA, ALPHA]


def test_an_appeal_against_a_final_step_taken_back_is_in_time():
    case = held()
    first = annulled(case, "suspended_by_appeal")
    final = case.given(proceed("k", "final", "DE", on=ref(first)), on="2012-06-01", by="court")
    appeal = proceed("k", "appealed", "DE", on=ref(first))
    more = {"on": "2012-07-01", "by": "beta", "type": "appeal.filed", "basis": "pleading"}
    assert case.objections(appeal, **more) == {("proceeding.final", final.id)}
    taken_back(case, final)
    assert case.objections(appeal, **more) == set()


# --- corrections beside decisions ------------------------------------------------------------------------------------


def rectified(case: Case, force: str) -> tuple[Act, Act]:
    """A judgment recorded as annulling the first of two sales, and the record corrected: it annulled the second."""
    wrong = case.given(move("port", "1/2", "alpha", "beta"), on="2010-01-01")
    right = case.given(move("port", "1/4", "alpha", "gamma"), on="2010-02-01")
    decided = proceed("k", "decided", "DE", force="immediate", outcome="annulled")
    first = case.given(decided, void(ref(wrong), consequence="revives"), on="2012-01-01", by="court")
    corrected = case.given(
        void(first, ground="error", consequence="revives"),
        proceed("k", "decided", "DE", force=force, outcome="annulled"),
        void(ref(right), consequence="revives"),
        on="2012-01-01",
        by="court",
        type="record.rectified",
        basis="correction",
    )
    return first, corrected


def test_a_correction_does_not_wait_until_the_judgment_it_records_is_final():
    case = held()
    _, corrected = rectified(case, "on_finality")
    assert case.split("2012-06-01", "port") == {"alpha": "1/4", "beta": "1/2", "gamma": "1/4"}
    case.given(proceed("k", "final", "DE", on=ref(corrected, 2)), on="2013-01-01", by="court")
    assert case.split("2014-01-01", "port") == {"alpha": "1/2", "beta": "1/2"}


def test_a_correction_does_not_fall_with_the_judgment_it_records():
    case = held()
    _, corrected = rectified(case, "immediate")
    assert case.split("2014-01-01", "port") == {"alpha": "1/2", "beta": "1/2"}
    quashed = proceed("k", "decided", "DE", force="immediate", outcome="quashed", reviews=ref(corrected, 2))
    case.given(quashed, void(ref(corrected, 2), consequence="revives"), on="2013-01-01", by="appeal")
    assert case.split("2014-01-01", "port") == {"alpha": "1/4", "beta": "1/2", "gamma": "1/4"}


def test_a_record_taken_back_is_so_in_every_forum():
    case = Case(OFFICES)
    case.given(exist("register", "asset:port", kind="company", place="US", zone="America/New_York"), by="court-us")
    case.given(declare("port", ALPHA), by="alpha")
    order = forfeited(case)
    case.given(admit(order, "US"), on="2011-01-01", by="court-us")
    assert case.split("2012-01-01", "port") == STATE
    taken_back(case, order)
    assert case.split("2012-01-01", "port") == ALPHA


def test_corrected_records_that_review_each_other_are_answered():
    case = held()
    taking = move("port", "1/4", "alpha", "beta")
    more = {"by": "court", "type": "ownership.forfeited", "basis": "judgment"}
    one = case.given(proceed("a", "decided", "DE", force="on_finality"), taking, on="2010-01-01", **more)
    two = case.given(proceed("b", "decided", "DE", force="on_finality"), taking, on="2010-02-01", **more)
    more |= {"type": "record.rectified", "basis": "correction"}
    again = proceed("a", "decided", "DE", force="on_finality", reviews=ref(two))
    wrong = void(one, ground="error", consequence="revives")
    first = case.given(wrong, again, taking, on="2010-01-01", **more)
    again = proceed("b", "decided", "DE", force="on_finality", reviews=ref(first, 2))
    case.given(void(two, ground="error", consequence="revives"), again, taking, on="2010-02-01", **more)
    assert case.split("2012-01-01", "port") == ALPHA
    case.given(proceed("a", "final", "DE", on=ref(first, 2)), on="2011-01-01", by="court")
    assert case.split("2012-01-01", "port") == {"alpha": "1/2", "beta": "1/2"}
