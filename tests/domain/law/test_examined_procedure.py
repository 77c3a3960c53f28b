"""A fourth examination, of procedure: remands, withdrawals, foreign stays, partial annulments and recognitions, refusals undone,
governments, what was known of the strength of a record, and whether answers tell what is uncertain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from domain.acts import Act
from domain.answers import Asked, Question, Told, understand
from domain.answers_compared import explained, forums_of, supposed
from domain.answers_proceedings import proceedings_of
from domain.deadlines import calendar
from domain.dockets import proceedings
from domain.effects import Admit, Money, Owe, Pay, Right, State
from domain.errors import Malformed
from domain.history import representation_of
from domain.identifiers import EffectRef, Forum, ProceedingId, SubjectId
from ledger.cli.parts import Part
from tests.domain.builders import (
    Case,
    admit,
    agree,
    asset,
    declare,
    impose,
    move,
    party,
    proceed,
    ref,
    register,
    subject,
    void,
    when,
)

OFFICES = {
    "court": "DE", "appeal": "DE", "supreme": "DE", "ministry": "DE", "registrar": "DE",
    "court-us": "US", "minister": "US", "registrar-us": "US", "tribunal": "NL",
}  # fmt: skip
ALPHA, BETA, STATE = {"alpha": "1/1"}, {"beta": "1/1"}, {"state": "1/1"}
SUIT = ProceedingId(SubjectId("proceeding:k"))


def held(place: str | None = None) -> Case:
    case = Case(OFFICES)
    if place is not None:
        case.given(register("asset:port", place), by="registrar-us" if place == "US" else "registrar")
    case.given(declare("port", ALPHA), by="alpha")
    return case


def annulled(case: Case, force: str) -> Act:
    """A sale of 2010 and the judgment of 2012 that annuls it."""
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    decided = proceed("k", "decided", "DE", force=force, outcome="annulled")
    return case.given(decided, void(ref(sale), consequence="revives"), on="2012-01-01", by="court")


def forfeited(case: Case) -> Act:
    decided = proceed("k", "decided", "DE", force="immediate", outcome="forfeited")
    taken = move("port", "1/1", "alpha", "state")
    return case.given(decided, taken, on="2010-01-01", by="court", type="ownership.forfeited", basis="judgment")


def on_days(case: Case, *days: str, forum: str | None = None) -> list[dict[str, str]]:
    return [case.split(day, "port", forum=forum) for day in days]


def gaps(case: Case, day: str) -> str:
    return " | ".join(gap.words for gap in case.at(day, "port").remarks.gaps)


# --- remands, withdrawals, reviews whose outcome says little -------------------------------------------------------------


def test_a_judgment_sent_back_has_no_force_from_the_remand_on():
    case = held()
    judgment = annulled(case, "immediate")
    case.given(proceed("k", "remanded", "DE", on=ref(judgment)), on="2013-01-01", by="supreme", type="claim.remanded")
    assert on_days(case, "2012-06-01", "2013-06-01") == [ALPHA, BETA]
    assert "no void on record says from when" in gaps(case, "2013-06-01")


def test_a_judgment_sent_back_does_not_become_final_with_its_proceeding():
    case = held()
    judgment = annulled(case, "on_finality")
    case.given(proceed("k", "remanded", "DE", on=ref(judgment)), on="2013-01-01", by="supreme", type="claim.remanded")
    case.given(proceed("k", "final", "DE"), on="2015-01-01", by="court", type="decision.finalised")
    assert on_days(case, "2013-06-01", "2015-06-01") == [BETA, BETA]
    (step, *_) = proceedings(case.folds().view, SUIT).steps
    assert step.final is None


@pytest.mark.parametrize(("force", "after"), [("immediate", ALPHA), ("suspended_by_appeal", BETA)])
def test_when_the_judgment_on_appeal_is_sent_back_the_first_is_as_it_was_before_it(force: str, after: dict[str, str]):
    case = held()
    judgment = annulled(case, force)
    case.given(proceed("k", "appealed", "DE", on=ref(judgment)), on="2012-06-01", by="beta")
    upheld = proceed("k", "decided", "DE", force="immediate", outcome="upheld", reviews=ref(judgment))
    second = case.given(upheld, on="2013-01-01", by="appeal")
    case.given(proceed("k", "remanded", "DE", on=ref(second)), on="2014-01-01", by="supreme", type="claim.remanded")
    assert on_days(case, "2012-09-01", "2013-06-01", "2014-06-01") == [after, ALPHA, after]


def test_a_remand_that_voids_what_it_sends_back_says_itself_what_becomes_of_it():
    case = held()
    judgment = annulled(case, "immediate")
    back = proceed("k", "remanded", "DE", on=ref(judgment))
    case.given(back, void(judgment, consequence="stays"), on="2013-01-01", by="supreme", type="claim.remanded")
    assert on_days(case, "2012-06-01", "2013-06-01") == [ALPHA, ALPHA]
    assert "no void on record" not in gaps(case, "2013-06-01")


@pytest.mark.parametrize("stage", ["withdrawn", "settled"])
def test_a_claim_withdrawn_or_settled_after_a_judgment_that_was_not_final_leaves_its_fate_open(stage: str):
    case = held()
    judgment = annulled(case, "suspended_by_appeal")
    appeal = case.given(proceed("k", "appealed", "DE", on=ref(judgment)), on="2012-06-01", by="beta")
    mine = proceed("k", stage, "DE", on=ref(appeal))
    case.given(mine, on="2013-01-01", by="beta", type=f"claim.{stage}", basis="notice")
    assert on_days(case, "2012-09-01", "2013-06-01") == [BETA, ALPHA]
    assert "whether that still stands" not in gaps(case, "2013-06-01")
    case.given(proceed("k", stage, "DE"), on="2014-01-01", by="alpha", type=f"claim.{stage}", basis="notice")
    assert f"the claim was {stage} after a decision that was not final then" in gaps(case, "2014-06-01")


def test_a_claim_withdrawn_once_its_judgment_is_final_leaves_nothing_open():
    case = held()
    judgment = annulled(case, "immediate")
    case.given(proceed("k", "final", "DE", on=ref(judgment)), on="2013-01-01", by="court")
    case.given(proceed("k", "withdrawn", "DE"), on="2014-01-01", by="alpha", type="claim.withdrawn", basis="notice")
    assert "whether that still stands" not in gaps(case, "2014-06-01")


@pytest.mark.parametrize(("outcome", "open_"), [("reopened", True), ("allowed", True), ("upheld", False)])
def test_a_review_whose_outcome_does_not_say_what_becomes_of_the_judgment_is_told(outcome: str, open_: bool):
    case = held()
    judgment = annulled(case, "immediate")
    again = proceed("k", "decided", "DE", force="immediate", outcome=outcome, reviews=ref(judgment))
    case.given(again, on="2013-01-01", by="court")
    assert ("does not say whether the decision it reviews stands" in gaps(case, "2013-06-01")) is open_


@pytest.mark.parametrize("outcome", ["annulled-in-part", "annulled"])
@pytest.mark.parametrize("whole", [True, False])
def test_what_a_partial_annulment_leaves_becomes_final_with_it(outcome: str, whole: bool):
    case = held()
    heads = [move("port", "1/4", "alpha", who) for who in ("state", "fund")]
    decided = proceed("k", "decided", "DE", force="on_finality", outcome="forfeited")
    judgment = case.given(decided, *heads, on="2010-01-01", by="court", type="ownership.forfeited", basis="judgment")
    review = proceed("k", "decided", "DE", force="immediate", outcome=outcome, reviews=ref(judgment))
    second = case.given(review, void(ref(judgment, 2), consequence="revives"), on="2012-01-01", by="appeal")
    case.given(proceed("k", "final", "DE", on=None if whole else ref(second)), on="2013-01-01", by="court")
    assert on_days(case, "2012-06-01", "2013-06-01") == [ALPHA, {"alpha": "3/4", "fund": "1/4"}]


def test_a_reversal_takes_force_from_what_it_reviews_not_from_what_it_mentions():
    case = held()
    first = forfeited(case)
    other = proceed("k", "decided", "DE", force="immediate", outcome="costs")
    second = case.given(other, on="2011-01-01", by="court")
    reversal = proceed(
        "k", "decided", "DE", force="immediate", outcome="reversed", reviews=ref(second), concerns=[ref(first)]
    )
    case.given(reversal, on="2012-01-01", by="appeal")
    assert case.split("2012-06-01", "port") == STATE


def test_an_appeal_against_a_later_judgment_is_not_barred_by_the_finality_of_an_earlier_one():
    case = held()
    first = proceed("k", "decided", "DE", force="immediate", outcome="jurisdiction-upheld")
    interim = case.given(first, on="2011-01-01", by="court")
    final = case.given(proceed("k", "final", "DE", on=ref(interim)), on="2011-06-01", by="court")
    judgment = annulled(case, "immediate")
    more = {"on": "2012-02-01", "by": "beta", "type": "appeal.filed", "basis": "pleading"}
    assert case.objections(proceed("k", "appealed", "DE", on=ref(judgment)), **more) == set()
    assert case.objections(proceed("k-2", "appealed", "DE", on=ref(interim)), **more) == {
        ("proceeding.final", final.id)
    }


def statuses(case: Case) -> list[tuple[str, str | None]]:
    return [(s.stage, s.outcome) for s in proceedings(case.folds().view, SUIT).statuses]


def test_a_stay_whose_date_has_passed_is_no_status():
    case = held()
    judgment = annulled(case, "immediate")
    stay = proceed("k", "stayed", "DE", on=ref(judgment), until="2012-06-30")
    case.given(stay, on="2012-03-01", by="appeal", type="claim.stayed", basis="order")
    assert statuses(case) == [("decided", "annulled"), ("stayed", None), ("decided", "annulled")]


def test_the_withdrawal_of_an_appeal_is_not_that_of_the_claim():
    case = held()
    judgment = annulled(case, "suspended_by_appeal")
    appeal = case.given(proceed("k", "appealed", "DE", on=ref(judgment)), on="2012-06-01", by="beta")
    dropped = proceed("k", "withdrawn", "DE", on=ref(appeal))
    last = case.given(dropped, on="2013-01-01", by="beta", type="claim.withdrawn", basis="notice")
    assert statuses(case) == [("decided", "annulled"), ("appealed", None), ("decided", "annulled")]
    assert ref(last) in proceedings(case.folds().view, SUIT).statuses[-1].causes


@pytest.mark.parametrize(("stage", "outcome"), [("decided", "dismissed"), ("withdrawn", None), ("settled", None)])
def test_an_interim_measure_that_outlives_its_proceeding_is_told(stage: str, outcome: str | None):
    case = held()
    over = impose("administrator", "asset:port", "keeper", takes="manage takes")
    more = {"by": "court", "type": "interim.ordered", "basis": "order"}
    order = case.given(proceed("k", "interim", "DE"), over, on="2012-01-01", **more)
    assert "for the time being" not in gaps(case, "2012-06-01")
    ends = proceed("k", stage, "DE", force="immediate" if outcome else None, outcome=outcome or "")
    last = case.given(ends, on="2013-01-01", by="court")
    assert case.controllers("2013-06-01", "port") == {"keeper"}
    gap = next(g for g in case.at("2013-06-01", "port").remarks.gaps if g.kind == "interim-outlived")
    assert (gap.ref, gap.met) == (ref(order, 2), (ref(last),))
    assert "for the time being" not in gaps(case, "2012-06-01")


def two_heads(case: Case, force: str) -> Act:
    heads = [move("port", "1/4", "alpha", who) for who in ("state", "fund")]
    decided = proceed("k", "decided", "DE", force=force, outcome="forfeited")
    return case.given(decided, *heads, on="2010-01-01", by="court", type="ownership.forfeited", basis="judgment")


def test_an_appeal_against_one_head_suspends_that_head_only():
    case = held()
    judgment = two_heads(case, "suspended_by_appeal")
    appeal = proceed("k", "appealed", "DE", on=ref(judgment), concerns=[ref(judgment, 2)])
    case.given(appeal, on="2011-01-01", by="alpha", type="appeal.filed", basis="pleading")
    assert on_days(case, "2010-06-01", "2011-06-01") == [
        {"alpha": "1/2", "state": "1/4", "fund": "1/4"}, {"alpha": "3/4", "fund": "1/4"},
    ]  # fmt: skip


def test_one_head_becomes_final_alone():
    case = held()
    judgment = two_heads(case, "on_finality")
    final = proceed("k", "final", "DE", on=ref(judgment), concerns=[ref(judgment, 3)])
    case.given(final, on="2011-01-01", by="court", type="decision.finalised")
    assert on_days(case, "2010-06-01", "2011-06-01") == [ALPHA, {"alpha": "3/4", "fund": "1/4"}]
    (step, _) = proceedings(case.folds().view, SUIT).steps
    assert step.final is None


# --- voids of corrected voids ------------------------------------------------------------------------------------------


def test_what_annuls_an_annulment_annuls_the_corrected_record_of_it():
    case = held()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    wrong = case.given(void(ref(sale)), on="2012-01-01", by="court")
    fixed = [void(ref(wrong), ground="error", consequence="revives"), void(ref(sale), "judgment")]
    case.given(*fixed, on="2012-01-01", by="court", type="record.rectified", basis="correction")
    assert on_days(case, "2011-01-01", "2013-01-01") == [BETA, ALPHA]
    case.given(void(ref(wrong), consequence="revives"), on="2014-01-01", by="supreme")
    assert on_days(case, "2011-01-01", "2013-01-01") == [BETA, BETA]


# --- steps of another legal order --------------------------------------------------------------------------------------


def recognised(case: Case) -> Act:
    judgment = forfeited(case)
    case.given(admit(judgment, "US"), on="2011-01-01", by="court-us")
    return judgment


def test_a_foreign_stay_of_enforcement_binds_in_its_own_order_only():
    case = held("DE")
    judgment = recognised(case)
    stay = proceed("us", "stayed", "US", on=ref(judgment))
    case.given(stay, on="2012-01-01", by="court-us", type="claim.stayed", basis="order")
    assert [case.split("2012-06-01", "port", forum=forum) for forum in (None, "DE", "US", "FR")] == [
        STATE, STATE, ALPHA, STATE,
    ]  # fmt: skip


def test_so_do_a_foreign_appeal_and_a_foreign_reversal():
    for step in ("appealed", "decided"):
        case = held("DE")
        judgment = recognised(case)
        reverses = step == "decided"
        foreign = proceed(
            "us", step, "US", outcome="annulled", force="immediate" if reverses else None,
            reviews=ref(judgment) if reverses else None, on=None if reverses else ref(judgment), suspensive=not reverses,
        )  # fmt: skip
        case.given(foreign, on="2012-01-01", by="court-us")
        assert [case.split("2012-06-01", "port", forum=forum) for forum in ("DE", "US")] == [STATE, ALPHA]


def test_a_foreign_step_makes_no_judgment_final_where_it_was_given():
    case = held("DE")
    judgment = annulled(case, "on_finality")
    case.given(proceed("us", "final", "US", on=ref(judgment)), on="2013-01-01", by="court-us")
    assert case.split("2014-01-01", "port") == BETA
    case.given(proceed("k", "final", "DE", on=ref(judgment)), on="2015-01-01", by="court")
    assert case.split("2016-01-01", "port") == ALPHA


def test_a_step_of_an_order_above_bears_on_a_judgment_below():
    case = Case({**OFFICES, "curia": "EU"}, lambda forum, at: frozenset({Forum("EU")} if forum == "DE" else ()))
    case.given(register("asset:port", "DE"), by="registrar")
    case.given(declare("port", ALPHA), by="alpha")
    judgment = forfeited(case)
    stay = proceed("c", "stayed", "EU", on=ref(judgment))
    case.given(stay, on="2012-01-01", by="curia", type="claim.stayed", basis="order")
    assert [case.split("2012-06-01", "port", forum=forum) for forum in ("DE", "US")] == [ALPHA, ALPHA]


# --- what a forum recognises or refuses ----------------------------------------------------------------------------------


def award(case: Case) -> Act:
    heads = [move("port", "1/4", "alpha", who) for who in ("state", "fund")]
    decided = proceed("arb", "decided", "NL", force="immediate", outcome="ordered")
    return case.given(decided, *heads, on="2010-01-01", by="tribunal", type="award.made", basis="award")


def test_a_recognition_of_one_head_leaves_the_others_foreign_and_says_so():
    case = held("US")
    made = award(case)
    case.given(admit(ref(made, 2), "US"), on="2011-01-01", by="court-us")
    now = case.at("2011-06-01", "port")
    assert case.split("2011-06-01", "port") == {"alpha": "3/4", "state": "1/4"}
    assert [u.words for u in now.remarks.unapplied] == ["a foreign act applied only in part: not #1, #3"]


def test_a_recognition_of_the_decision_is_one_of_all_it_orders():
    case = held("US")
    made = award(case)
    case.given(admit(ref(made), "US"), on="2011-01-01", by="court-us")
    assert case.split("2011-06-01", "port") == {"alpha": "1/2", "state": "1/4", "fund": "1/4"}
    assert case.at("2011-06-01", "port").remarks.unapplied == ()


@pytest.mark.parametrize("voids", [True, False])
def test_an_award_set_aside_at_its_seat_stands_where_it_was_recognised_until_that_is_recognised_too(voids: bool):
    case = held("DE")
    made = award(case)
    case.given(admit(made, "DE"), on="2011-01-01", by="court")
    undone = proceed("seat", "decided", "NL", force="immediate", outcome="set-aside", reviews=ref(made))
    more = [void(made, "judgment", consequence="revives")] if voids else []
    aside = case.given(undone, *more, on="2012-01-01", by="tribunal", subjects=["asset:port", "proceeding:seat"])
    moved = {"alpha": "1/2", "state": "1/4", "fund": "1/4"}
    assert [case.split("2012-06-01", "port", forum=forum) for forum in ("DE", "NL")] == [moved, ALPHA]
    assert aside.id in {u.act for u in case.at("2012-06-01", "port").remarks.unapplied}
    case.given(admit(aside, "DE"), on="2013-01-01", by="court")
    assert on_days(case, "2012-06-01", "2013-06-01") == [moved, ALPHA]


def test_a_head_that_was_refused_is_not_recognised_with_the_rest():
    case = held("US")
    made = award(case)
    case.given(admit(made, "US"), on="2011-01-01", by="court-us")
    case.given(admit(ref(made, 2), "US", "refused"), on="2011-01-02", by="court-us", type="recognition.refused")
    assert case.split("2011-06-01", "port") == {"alpha": "3/4", "fund": "1/4"}


def test_a_refusal_counts_until_it_is_reversed():
    case = held("DE")
    judgment = annulled(case, "immediate")
    decided = proceed("us", "decided", "US", force="immediate", outcome="refused")
    refusal = case.given(decided, admit(judgment, "US", "refused"), on="2013-01-01", by="court-us")
    assert on_days(case, "2012-06-01", "2013-06-01", forum="US") == [BETA, BETA]
    reversal = proceed("us", "decided", "US", force="immediate", outcome="reversed", reviews=ref(refusal))
    case.given(reversal, on="2014-01-01", by="court-us")
    assert on_days(case, "2012-06-01", "2013-06-01", "2014-06-01", forum="US") == [ALPHA, BETA, ALPHA]


def test_two_transfers_recognised_later_do_not_take_the_same_share_from_nobody_named():
    case = Case(OFFICES)
    case.given(register("asset:port", "US"), by="registrar-us")
    made = award(case)
    case.given(admit(made, "US"), on="2011-01-01", by="court-us")
    assert case.split("2011-06-01", "port") == {"?": "1/2", "state": "1/4", "fund": "1/4"}


def test_what_recognised_a_judgment_and_made_it_final_is_told_as_a_cause():
    case = held("US")
    decided = proceed("k", "decided", "DE", force="on_finality", outcome="forfeited")
    taken = move("port", "1/1", "alpha", "state")
    judgment = case.given(decided, taken, on="2010-01-01", by="court", type="ownership.forfeited", basis="judgment")
    final = case.given(proceed("k", "final", "DE", on=ref(judgment)), on="2010-06-01", by="court")
    given = case.given(admit(judgment, "US"), on="2011-01-01", by="court-us")
    (mine,) = case.at("2012-01-01", "port").rights[Right.TITLE]
    assert {cause.statement for cause in mine.causes} >= {judgment.id, final.id, given.id}


def governed(case: Case) -> list[tuple[str, str, str]]:
    found = representation_of(case.folds("US"), party("state"))
    return [(str(r.start.year), str(r.end.year), r.agent.removeprefix("party:")) for r in found]


def test_a_recognition_of_a_government_that_is_annulled_ends_or_never_was():
    for time, expected in (("judgment", [("2012", "2014", "junta")]), ("own", [])):
        case = held("US")
        answer = Admit(Forum("US"), "recognised", None, party("junta"), party("state"))
        given = case.given(answer, on="2012-06-01", by="minister", type="government.recognised", basis="announcement")
        decided = proceed("us", "decided", "US", force="immediate", outcome="annulled")
        case.given(decided, void(ref(given), time, consequence="revives"), on="2014-06-01", by="court-us")
        assert governed(case) == expected


def test_of_rival_governments_the_last_recognised_represents_until_that_is_taken_back():
    case = held("US")
    more = {"by": "minister", "type": "government.recognised", "basis": "announcement"}
    for year, who in (("2012", "cabinet"), ("2013", "junta")):
        answer = Admit(Forum("US"), "recognised", None, party(who), party("state"))
        last = case.given(answer, on=f"{year}-06-01", **more)
    assert governed(case) == [("2012", "2013", "cabinet"), ("2013", "9999", "junta")]
    case.given(void(ref(last), "judgment"), on="2014-06-01", by="court-us")
    assert governed(case) == [("2012", "2013", "cabinet"), ("2013", "2014", "junta"), ("2014", "9999", "cabinet")]


# --- what was known ------------------------------------------------------------------------------------------------------


def test_a_confirmation_lifts_a_record_once_it_is_known():
    case = Case(OFFICES)
    case.given(declare("port", ALPHA), known="2000-01-01")
    more = {"on": "2010-01-01", "known": "2010-01-01", "by": "alpha"}
    read = case.given(move("port", "1/2", "alpha", "beta"), capacity="transcriber", label="read", **more)
    case.given(move("port", "1/4", "alpha", "beta"), capacity="registrar", records=read, label="entered", **more)
    said = agree("confirmation", EffectRef(read.id, 0))
    case.given(said, on="2015-01-01", known="2015-01-01", by="alpha", type="record.confirmed", basis="other")
    assert case.split("2011-01-01", "port", known="2014-12-31") == {"alpha": "3/4", "beta": "1/4"}
    assert case.split("2011-01-01", "port", known="2015-01-01") == {"alpha": "1/2", "beta": "1/2"}


# --- what is uncertain is told -------------------------------------------------------------------------------------------


NOW = datetime(2031, 1, 1, tzinfo=UTC)


def ask(case: Case, tell: Callable[[Question], Told], on: str, known: str | None = None) -> Part:
    return Part(tell(understand(case.record, subject("asset:port"), Asked(on, known), NOW)))


def unstated(case: Case) -> Act:
    """A sale of 2010, annulled in March 2012; from when the annulment works is not said."""
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    decided = proceed("k", "decided", "DE", force="immediate", outcome="annulled")
    return case.given(decided, void(ref(sale), "unstated", consequence="revives"), on="2012-03", by="court")


def test_an_explanation_says_that_the_value_is_one_of_two_readings():
    case = held("DE")
    judgment = unstated(case)
    told = ask(case, lambda q: explained(q, "title"), "2011-06-01")
    why = "the time the void takes effect is not stated"
    assert told["value"].text == f"party:alpha 1 (uncertain: or party:beta 1; {why})"
    assert [item["what"].text for item in told["uncertain"].each()] == ["title"]
    assert [c["causes"].texts() for c in told["remarks"]["choices"].each()] == [[judgment.id]] * 2


def test_forums_that_differ_in_what_is_uncertain_differ():
    case = held("DE")
    judgment = unstated(case)
    case.given(admit(judgment, "US", "refused"), on="2013-01-01", by="court-us", type="recognition.refused")
    title = next(d for d in ask(case, forums_of, "2011-06-01")["differences"].each() if d["what"].text == "title")
    assert title["views"]["DE"]["value"].text.startswith("party:alpha 1 (uncertain: or party:beta 1")
    assert title["views"]["US"]["value"].text == "party:beta 1"


def test_what_a_draft_would_make_uncertain_is_a_change():
    case = held("DE")
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    decided = proceed("k", "decided", "DE", force="immediate", outcome="annulled")
    draft = case.act(decided, void(ref(sale), "unstated", consequence="revives"), on="2012-01-01", by="court")
    size = case.record.end + 1
    told = Part(supposed(understand(case.record, subject("asset:port"), Asked("2011-06-01"), NOW, size), [draft], [()]))
    title = next(c for c in told["changes"].each() if c["what"].text == "title")
    assert "uncertain" in title["views"]["after"]["value"].text


def test_a_step_dated_by_its_month_is_told_so_and_its_status_is_uncertain_within_it():
    case = held("DE")
    judgment = unstated(case)
    told = ask(case, proceedings_of, "2012-03-15")
    (step,) = told["proceedings"].each()[0]["steps"].each()
    assert (step["day"].text, step["dated"].text) == ("2012-03-01", "2012-03")
    uncertain = {item["what"].text: item["others"].each()[0]["value"].text for item in told["uncertain"].each()}
    assert uncertain["proceeding:k in DE"] == "not yet"
    assert uncertain[f"decision {ref(judgment)}"] == "not yet decided, not final"
    assert not ask(case, proceedings_of, "2012-04-01")["uncertain"]


def test_finality_known_later_is_a_turn_though_its_step_is_only_of_the_proceeding():
    case = held("DE")
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01", known="2010-01-01")
    decided = proceed("k", "decided", "DE", force="on_finality", outcome="annulled")
    more = {"by": "court", "known": "2012-01-01"}
    judgment = case.given(decided, void(ref(sale), consequence="revives"), on="2012-01-01", **more)
    step = proceed("k", "final", "DE", on=ref(judgment))
    final = case.given(step, on="2013-01-01", by="court", known="2013-05-01", subjects=["proceeding:k"])
    told = ask(case, lambda q: explained(q, "title"), "2013-02-01")
    assert f"{ref(final)}" in told["causes"].texts()
    before = ask(case, lambda q: explained(q, "title"), "2013-02-01", known="2013-04-30")
    turns = {item["view"].text: item["brought_about_by"].texts() for item in before["elsewhere"].each()}
    assert final.id in turns["as known on 2013-05-01"]
    assert final.id in case.at("2013-06-01", "port", known="2013-06-01").remarks.late


def test_an_explanation_tells_what_was_done_against_a_value_and_what_keeps_that_from_working():
    case = held("DE")
    judgment = annulled(case, "suspended_by_appeal")
    appeal = case.given(proceed("k", "appealed", "DE", on=ref(judgment)), on="2012-06-01", by="beta")
    told = ask(case, lambda q: explained(q, "title"), "2013-01-01")
    assert told["value"].text == "party:beta 1"
    assert set(told["causes"].texts()) >= {str(ref(judgment, 2)), str(ref(appeal))}
    again = proceed("k", "decided", "DE", force="immediate", outcome="quashed", reviews=ref(judgment))
    last = case.given(again, void(judgment, consequence="revives"), on="2014-01-01", by="appeal")
    after = ask(case, lambda q: explained(q, "title"), "2015-01-01")
    assert set(after["causes"].texts()) >= {str(ref(judgment, 2)), str(ref(last, 2))}


def test_an_explanation_tells_what_the_ledger_had_said_before():
    case = held("DE")
    known = {"known": "2015-01-01"}
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01", **known)
    struck = case.given(void(ref(sale)), on="2012-01-01", by="court", **known)
    told = ask(case, lambda q: explained(q, "title"), "2013-01-01")
    assert told["value"].text == "party:alpha 1"
    rows = {row["view"].text: row for row in told["elsewhere"].each()}
    before = rows[f"as recorded in the first {struck.position} entries"]
    assert before["value"].text == "party:beta 1"
    assert struck.id in before["brought_about_by"].texts()
    again = understand(case.record, subject("asset:port"), Asked("2013-01-01", size=struck.position), NOW)
    case.given(void(ref(struck), consequence="revives"), on="2014-01-01", by="supreme")
    later = understand(case.record, subject("asset:port"), Asked("2013-01-01", size=struck.position), NOW)
    assert explained(again, "title") == explained(later, "title")


def test_an_explanation_of_nobody_names_the_declaration_that_was_taken_back():
    case = Case(OFFICES)
    case.given(register("asset:port", "DE"), by="registrar")
    opening = case.given(declare("port", ALPHA), by="alpha", known="2000-01-01")
    taken = void(ref(opening), ground="retraction", consequence="revives")
    back = case.given(taken, by="alpha", type="record.retracted", basis="correction", known="2015-01-01")
    told = ask(case, lambda q: explained(q, "title"), "2013-01-01")
    assert told["value"].text == "unknown 1"
    assert set(told["causes"].texts()) == {str(ref(opening)), str(ref(back))}
    before = next(item for item in told["elsewhere"].each() if item["value"].text == "party:alpha 1")
    assert before["brought_about_by"].texts() == [back.id]


def test_a_day_that_there_was_not_is_not_answered_for():
    case = Case(OFFICES)
    case.given(register("asset:port", "WS", "Pacific/Apia"), by="ministry")
    with pytest.raises(Malformed, match="there was no 2011-12-30 in Pacific/Apia"):
        understand(case.record, subject("asset:port"), Asked("2011-12-30"), NOW)
    assert understand(case.record, subject("asset:port"), Asked("2011-12-29"), NOW).day == date(2011, 12, 29)


# --- the calendar ----------------------------------------------------------------------------------------------------------


def due(case: Case) -> list[tuple[str, str]]:
    return [(d.kind, str(d.last_day)) for d in calendar(case.folds(), date(2013, 1, 1), date(2014, 12, 31))]


def test_what_an_annulled_agreement_stated_does_not_fall_due():
    case = held("DE")
    promise = State("agreement", (), (), asset("port"), long_stop=when("2013-07-31"))
    agreed = case.given(promise, on="2012-01-01", by="alpha", type="ownership.agreed")
    assert due(case) == [("long-stop date", "2013-07-31")]
    case.given(void(ref(agreed), "judgment"), on="2013-07-31", by="court")
    assert due(case) == []


def test_a_stay_lifted_before_its_date_and_a_debt_paid_are_not_due():
    case = held("DE")
    judgment = forfeited(case)
    stay = proceed("k", "stayed", "DE", on=ref(judgment), until="2013-08-31")
    case.given(stay, on="2012-02-01", by="appeal", type="claim.stayed", basis="order")
    ten = Money("10", "10", "EUR")
    owed = Owe("compensation", party("state"), party("alpha"), ten, asset("port"), due=when("2013-10-31"))
    debt = case.given(owed, on="2012-01-01", by="ministry")
    assert due(case) == [("suspension ends", "2013-08-31"), ("payment due", "2013-10-31")]
    case.given(proceed("k", "resumed", "DE"), on="2012-05-01", by="appeal", type="claim.resumed")
    case.given(
        Pay(party("state"), party("alpha"), ten, ref(debt)), on="2012-03-01", by="state", subjects=["asset:port"]
    )
    assert due(case) == []


def test_a_cooling_off_period_is_called_one():
    case = held("DE")
    notice = proceed("k", "notified", "DE", until="2013-09-30")
    case.given(notice, on="2013-03-31", by="alpha", type="dispute.notified", basis="notice")
    case.given(proceed("k", "filed", "DE"), on="2013-06-01", by="alpha", type="claim.filed", basis="pleading")
    assert due(case) == [("cooling-off ends", "2013-09-30")]


def test_an_end_known_to_the_month_is_told_at_both_its_ends():
    case = held("DE")
    case.given(impose("trusteeship", "asset:port", "trustee", until="2013-06"), on="2012-01-01", by="ministry")
    found = calendar(case.folds(), date(2013, 1, 1), date(2013, 12, 31))
    assert [(str(d.last_day), d.stated) for d in found] == [("2013-06-01", "2013-06"), ("2013-06-30", "2013-06")]
