"""A fourth examination: histories of practice nobody had told this ledger yet, and the rules they found wanting."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.deadlines import calendar
from domain.effects import Admit, Money, Owe, Power, Reach, Right
from domain.identifiers import Forum
from tests.domain.builders import (
    Case,
    admit,
    alter,
    asset,
    dates,
    declare,
    exist,
    freeze,
    impose,
    in_eu,
    move,
    named,
    party,
    permit,
    proceed,
    ref,
    register,
    reunit,
    share,
    void,
    when,
)

OFFICES = {"court": "DE", "appeal": "DE", "ministry": "DE", "council": "EU", "abroad": "CN"}
LENT = {"by": "alpha", "type": "rights.separated", "basis": "agreement"}
TAKEN = {"by": "ministry", "type": "ownership.nationalised", "basis": "statute"}


def held(**split: str) -> Case:
    case = Case(OFFICES, in_eu("DE"))
    case.given(register("asset:port", "DE"))
    case.given(declare("port", split or {"alpha": "1/1"}))
    return case


def rights(case: Case, day: str, of: str = "port") -> list[dict[str, str]]:
    return [case.split(day, of, right) for right in Right]


# --- rights that part and come together (an expropriation in two steps, a loan of votes) ------------------------------


def test_title_that_follows_the_votes_taken_before_comes_to_who_has_them():
    case = held(alpha="3/5", beta="2/5")
    case.given(move("port", "1/2", "alpha", "state", Right.VOTES), on="2012-05-07", **TAKEN)
    case.given(move("port", "1/2", "alpha", "state"), on="2014-05-08", **TAKEN)
    assert rights(case, "2014-06-01") == [{"state": "1/2", "beta": "2/5", "alpha": "1/10"}] * 3
    case.given(move("port", "1/2", "state", "buyer"), on="2016-01-01")
    assert rights(case, "2016-06-01") == [{"buyer": "1/2", "beta": "2/5", "alpha": "1/10"}] * 3


def test_votes_that_are_returned_are_those_that_were_lent():
    case = held(alpha="3/10", state="1/10", float="3/5")
    case.given(move("port", "1/5", "alpha", "state", Right.VOTES), on="2016-01-01", **LENT)
    case.given(move("port", "1/5", "state", "alpha", Right.VOTES), on="2017-01-01", **{**LENT, "by": "state"})
    case.given(move("port", "1/10", "state", "buyer"), on="2018-01-01")
    assert rights(case, "2018-06-01") == [{"float": "3/5", "alpha": "3/10", "buyer": "1/10"}] * 3


@pytest.mark.parametrize(("gone", "heir"), [("alpha", "state"), ("state", "alpha")])
def test_votes_and_title_that_meet_by_succession_pass_together_again(gone: str, heir: str):
    case = held()
    case.given(move("port", "1/2", "alpha", "state", Right.VOTES), on="2012-01-01", **LENT)
    case.given(exist("merge", f"party:{gone}", f"party:{heir}"), on="2013-01-01")
    case.given(move("port", "1/1", heir, "buyer"), on="2014-01-01")
    assert rights(case, "2014-06-01") == [{"buyer": "1/1"}] * 3


def test_title_that_comes_only_once_it_is_cleared_joins_the_votes_only_then():
    case = held()
    case.given(move("port", "1/1", "alpha", "state", Right.VOTES), on="2012-01-01", **LENT)
    bought = case.given(move("port", "1/1", "alpha", "state", pending="permit"), on="2013-01-01")
    case.given(permit(transaction=ref(bought), kind="clearance"), on="2014-01-01", by="ministry")
    assert rights(case, "2013-06-01") == [{"alpha": "1/1"}, {"state": "1/1"}, {"alpha": "1/1"}]
    assert rights(case, "2014-06-01") == [{"state": "1/1"}] * 3


# --- terms -----------------------------------------------------------------------------------------------------------


def test_what_is_transferred_for_a_term_is_held_to_its_last_legal_day():
    case = held(alpha="3/10", float="7/10")
    lent = case.given(move("port", "1/5", "alpha", "state", Right.VOTES), on="2016-02-04", until="2017-10-17", **LENT)
    assert case.split("2017-10-17", "port", Right.VOTES) == {"float": "7/10", "state": "1/5", "alpha": "1/10"}
    now = case.at("2017-10-18", "port")
    assert rights(case, "2017-10-18") == [{"float": "7/10", "alpha": "3/10"}] * 3
    back = next(item for item in now.rights[Right.VOTES] if named(item.holder) == "alpha")
    assert ref(lent) in back.causes
    assert back.pendencies == ()
    onward = move("port", "1/5", "state", "buyer", Right.VOTES)
    assert {rule for rule, _ in case.objections(onward, on="2018-01-01", by="state")} == {"shares.no-room"}
    (due,) = calendar(case.folds(), date(2017, 1, 1), date(2017, 12, 31))
    assert (due.kind, due.last_day, due.causes) == ("transfer ends", date(2017, 10, 17), (ref(lent),))


def test_a_term_that_ends_in_a_month_is_read_both_ways():
    case = held()
    case.given(move("port", "1/1", "alpha", "state", Right.VOTES), on="2016-01-01", until="2017-10", **LENT)
    assert {u.what for u in case.at("2017-10-15", "port").uncertain} == {"votes", "controller"}
    due = calendar(case.folds(), date(2017, 1, 1), date(2017, 12, 31))
    assert [(one.last_day, one.stated) for one in due] == [
        (date(2017, 10, 1), "2017-10"),
        (date(2017, 10, 31), "2017-10"),
    ]


def test_an_annulment_for_a_term_strikes_to_its_last_day():
    case = held()
    sale = case.given(move("port", "1/1", "alpha", "buyer"), on="2016-01-01")
    case.given(void(ref(sale), "judgment"), on="2017-01-01", until="2017-06-30", by="court")
    days = ("2016-12-31", "2017-01-01", "2017-06-30", "2017-07-01")
    assert [case.split(day, "port") for day in days] == [{who: "1/1"} for who in ("buyer", "alpha", "alpha", "buyer")]


def test_a_recognition_for_a_term_counts_to_its_last_day():
    case = held()
    sale = case.given(move("port", "1/1", "alpha", "buyer"), on="2016-01-01", by="abroad")
    case.given(admit(ref(sale), "DE"), on="2017-01-01", until="2017-06-30", by="court")
    days = ("2016-12-31", "2017-01-01", "2017-06-30", "2017-07-01")
    assert [case.split(day, "port") for day in days] == [{who: "1/1"} for who in ("alpha", "buyer", "buyer", "alpha")]


def test_what_was_lent_for_a_term_and_declared_void_later_was_never_lent():
    case = held()
    lent = case.given(move("port", "1/1", "alpha", "state", Right.VOTES), on="2016-01-01", until="2017-12-31", **LENT)
    case.given(void(ref(lent)), on="2018-06-01", by="court")
    for day in ("2016-06-01", "2018-01-01", "2019-01-01"):
        assert case.split(day, "port", Right.VOTES) == {"alpha": "1/1"}


def test_a_licence_dated_to_a_day_covers_nothing_after_it():
    case = held()
    frozen = case.given(freeze("party:alpha"), on="2019-01-01", by="ministry", type="restriction.imposed")
    case.given(permit(excepts=[ref(frozen)]), on="2019-02-01", until="2019-03-01", by="ministry")
    assert case.objections(move("port", "1/1", "alpha", "beta"), on="2019-03-01") == set()
    assert case.objections(move("port", "1/1", "alpha", "beta"), on="2019-03-02") == {("restriction.binds", frozen.id)}


def test_a_suspension_dated_to_a_day_ends_with_it():
    case = held()
    over = impose("trusteeship", "asset:port", "trustee", takes="manage takes")
    order = case.given(over, on="2019-01-01", by="ministry", type="trusteeship.imposed")
    case.given(
        alter(ref(order), "suspend"), on="2020-01-01", until="2020-03-31", by="ministry", type="control.suspended"
    )
    assert [case.controllers(day, "port") for day in ("2020-03-31", "2020-04-01")] == [{"alpha"}, {"trustee"}]


# --- annulments that are held up -------------------------------------------------------------------------------------


def test_capital_whose_annulment_an_appeal_suspends_is_as_old_as_it_was():
    case = held()
    made = case.given(reunit("port", {"alpha": "1/1"}, {"fund": "1/1"}), on="2016-12-20", by="ministry")
    case.given(move("port", "1/1", "fund", "state"), on="2016-12-21")
    ruling = proceed("p", "decided", "DE", force="suspended_by_appeal")
    judgment = case.given(ruling, void(made), on="2019-04-18", by="court", type="act.annulled")
    assert case.split("2019-05-09", "port")["state"] == "1/1"  # a buyer before the judgment stands
    appeal = case.act(proceed("p", "appealed", "DE", on=ref(judgment)), on="2019-05-10", type="appeal.filed", by="state",
                      basis="pleading")  # fmt: skip
    assert case.admission.judge(appeal).objections == ()
    case.admission.add(appeal)
    now = case.at("2019-06-01", "port")
    assert case.split("2019-06-01", "port") == {"state": "1/1"}
    assert now.remarks.irregular == ()


def test_a_void_from_a_stated_day_does_not_strike_before_it_though_it_works_again_before():
    case = held()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2019-01-01")
    annulled = case.given(proceed("p", "decided", "DE", force="immediate"), void(ref(sale), "2020-06-01"), on="2020-01-02",
                          by="court", type="act.annulled")  # fmt: skip
    quashed = case.given(void(annulled, consequence="revives"), on="2020-02-01", by="appeal")
    case.given(void(quashed, "judgment", consequence="revives"), on="2020-03-01", by="appeal", type="act.reinstated")
    assert [case.split(day, "port") for day in ("2020-05-31", "2020-06-01")] == [{"beta": "1/1"}, {"alpha": "1/1"}]


# --- one order, several places ---------------------------------------------------------------------------------------


def test_one_order_over_things_in_two_places_is_seen_at_each_as_its_place_takes_it():
    case = held()
    case.given(register("asset:branch", "CN"))
    case.given(declare("branch", {"port": "1/1"}))
    veto = impose(
        "decision-veto", ["asset:branch", "asset:port"], "ministry", takes="manage vetoes", until="2026-09-29"
    )
    order = case.given(veto, on="2025-09-30", by="ministry")
    here, there = case.at("2025-12-01", "port"), case.at("2025-12-01", "branch")
    assert [named(e.holder) for e in here.control.power(Power.MANAGE).consent] == ["ministry"]
    assert there.control.power(Power.MANAGE).consent == ()
    assert there.measures == ()
    assert [item.act for item in there.remarks.unapplied] == [order.id]
    assert [len(case.at("2025-12-01", name, forum="DE").measures) for name in ("port", "branch")] == [1, 1]
    (due,) = calendar(case.folds(), date(2026, 1, 1), date(2026, 12, 31))
    assert due.causes == (ref(order),)


# --- takings and decisions beside measures ---------------------------------------------------------------------------


def test_a_taking_is_no_dealing_that_a_measure_of_the_same_order_stops():
    case = held()
    case.given(freeze("party:alpha"), on="2022-01-01", by="ministry", type="restriction.imposed")
    case.given(
        impose("attachment", "asset:port/party:alpha", "bank", takes="dispose forbids"), on="2022-02-01", by="court"
    )
    case.given(impose("pledge", "asset:port/party:alpha", "bank", takes="dispose vetoes"), on="2022-02-01", by="alpha",
               type="encumbrance.created", basis="deed")  # fmt: skip
    taken = move("port", "1/1", "alpha", "state")
    assert case.objections(taken, on="2023-01-01", **TAKEN) == set()
    by_judgment = {"by": "court", "type": "ownership.forfeited", "basis": "judgment"}
    assert (
        case.objections(proceed("p", "decided", "DE", force="immediate"), taken, on="2023-01-01", **by_judgment)
        == set()
    )
    cut = reunit("port", {"alpha": "1/1"}, {"state": "1/1"})
    assert case.objections(cut, on="2023-01-01", **TAKEN) == set()
    assert len(case.objections(move("port", "1/1", "alpha", "buyer"), on="2023-01-01")) == 3


def test_but_one_of_an_order_above_it_does():
    case = held()
    frozen = case.given(freeze("party:alpha"), on="2022-01-01", by="council", type="restriction.imposed")
    taken = move("port", "1/1", "alpha", "state")
    assert case.objections(taken, on="2023-01-01", **TAKEN) == {("restriction.binds", frozen.id)}


def test_what_secures_a_claim_does_not_stop_the_decision_on_it_nor_its_completion():
    case = held()
    secured = impose("attachment", "asset:port/party:alpha", "claimant", takes="dispose forbids")
    writ = case.given(secured, proceed("p", "interim", "DE"), on="2014-09-26", by="court", type="interim.ordered")
    ordered = move("port", "1/1", "alpha", "state")
    ruling = {"by": "court", "type": "claim.decided", "basis": "judgment"}
    assert (
        case.objections(proceed("p", "decided", "DE", force="immediate"), ordered, on="2014-11-07", **ruling) == set()
    )
    other = case.objections(proceed("q", "decided", "DE", force="immediate"), ordered, on="2014-11-07", **ruling)
    assert other == {("measure.bars-disposal", writ.id)}
    decided = case.given(proceed("p", "decided", "DE", force="immediate"), on="2014-11-07", **ruling)
    assert case.objections(replace(ordered, performs=(ref(decided),)), on="2014-12-09") == set()
    assert case.objections(ordered, on="2014-12-09") == {("measure.bars-disposal", writ.id)}


def test_what_a_court_decides_needs_no_consent_what_it_sells_does():
    case = held()
    veto = case.given(
        impose("decision-veto", "asset:port", "minister", takes="dispose vetoes"), on="2025-09-30", by="ministry"
    )
    handed = move("port", "1/1", "alpha", "custodian")
    decided = proceed("p", "decided", "DE", force="immediate")
    ruling = {"by": "court", "type": "claim.decided", "basis": "judgment"}
    assert case.objections(decided, handed, on="2025-10-07", **ruling) == set()
    sold = {"by": "court", "type": "ownership.sold-by-court", "basis": "completion"}
    assert case.objections(handed, decided, on="2025-10-07", **sold) == {("measure.consent-missing", veto.id)}


def test_who_acts_for_an_owner_disposes_past_a_requisition_no_more_than_the_owner():
    case = held()
    order = impose("requisition", "asset:port", "mayor", takes="use takes, dispose takes", until="1968-10-01")
    taken = case.given(order, on="1968-04-02", by="ministry")
    case.given(impose("director", "party:alpha", "ann", takes="dispose takes"), on="1968-01-01", by="alpha",
               type="board.appointed", basis="deed")  # fmt: skip
    sale = move("port", "1/1", "alpha", "buyer")
    for one in ("alpha", "ann"):
        assert case.objections(sale, on="1968-09-01", by=one) == {("measure.bars-disposal", taken.id)}
        assert case.objections(sale, on="1968-10-02", by=one) == set()


def test_a_refusal_of_recognition_is_recorded_though_a_buyer_loses_its_title_by_it():
    case = Case({"decree": "RU", "court": "GB"})
    case.given(register("asset:timber", "RU", kind="cargo"))
    case.given(declare("timber", {"luther": "1/1"}))
    taken = case.given(move("timber", "1/1", "luther", "state"), on="1919-01-01", by="decree",
                       type="ownership.nationalised", basis="decree")  # fmt: skip
    case.given(move("timber", "1/1", "state", "buyer"), on="1920-08-14")
    case.given(register("asset:timber", "GB", kind="cargo"), on="1920-09-01")
    refused = case.accepted(proceed("p", "decided", "GB", force="immediate"), admit(taken, "GB", "refused"),
                            on="1920-12-21", by="court", type="recognition.refused")  # fmt: skip
    assert case.split("1921-01-01", "timber") == {"luther": "1/1"}
    reversal = proceed("p", "decided", "GB", force="immediate", outcome="reversed", reviews=ref(refused))
    since: Admit = replace(admit(taken, "GB"), effective=dates("1919-01-01"))
    case.accepted(
        reversal, void(refused, consequence="revives"), since, on="1921-05-12", by="court", type="appeal.decided"
    )
    assert case.split("1921-01-01", "timber") == {"buyer": "1/1"}
    assert since.forum == Forum("GB")


# --- units and debts -------------------------------------------------------------------------------------------------


def test_units_issued_make_the_new_total_with_those_on_record():
    case = Case(OFFICES)
    opened = case.given(declare("firm", {"alpha": "800 of 1000", "float": "200 of 1000"}))
    wrong = reunit("firm", {}, {"bund": "9000 of 9500"})
    registered = {"on": "2022-12-21", "by": "firm", "basis": "register-entry"}
    assert case.objections(wrong, **registered) == {("units.other-total", opened.id)}
    made = case.accepted(reunit("firm", {}, {"bund": "9000 of 10000"}), **registered)
    sold = move("firm", "800 of 10000", "alpha", "bund", after=ref(made), on="2022-12-21")
    case.accepted(sold, by="alpha")
    assert case.split("2022-12-21", "firm") == {"bund": "49/50", "float": "1/50"}


def test_units_cancelled_leave_a_smaller_total():
    case = Case(OFFICES)
    case.given(declare("firm", {"alpha": "1000 of 1000"}))
    cut = case.accepted(reunit("firm", {"alpha": "900 of 1000"}, {}), on="2022-01-01", by="firm")
    stale = {("units.other-total", cut.id)}
    assert case.objections(reunit("firm", {}, {"bund": "400 of 1400"}), on="2022-02-01", by="firm") == stale
    assert case.objections(reunit("firm", {}, {"bund": "400 of 500"}), on="2022-02-01", by="firm") == set()


def test_what_is_owed_for_one_asset_is_not_told_of_another_in_the_same_decision():
    case = held()
    case.given(declare("bonds", {"beta": "1/1"}))
    owed = [
        Owe("compensation", party("state"), party(payee), Money(amount, amount, "EUR"), asset(name), None, None, when("2013-02-01"))
        for payee, amount, name in (("alpha", "0", "port"), ("beta", "804", "bonds"))
    ]  # fmt: skip
    case.given(*owed, on="2021-02-11", by="court", basis="judgment")
    assert [str(d.owe.payee) for d in case.at("2022-01-01", "port").debts] == ["party:alpha"]
    assert [str(d.owe.payee) for d in case.at("2022-01-01", "bonds").debts] == ["party:beta"]


# --- successors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gone", "after"), [("alpha", "heir"), ("beta", "alpha")])
@pytest.mark.parametrize("time", ["own", "judgment"])
def test_an_annulled_sale_gives_back_to_who_succeeded_the_seller_from_who_succeeded_the_buyer(
    gone: str, after: str, time: str
):
    case = held()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    case.given(exist("merge", f"party:{gone}", "party:heir"), on="2011-01-01", by="registrar")
    case.given(void(ref(sale), time), on="2012-01-01", by="court")
    assert case.split("2013-01-01", "port") == {after: "1/1"}


def test_what_the_successor_of_a_buyer_sold_before_the_annulment_stands_marked():
    case = held()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    case.given(exist("merge", "party:beta", "party:heir"), on="2011-01-01", by="registrar")
    case.given(move("port", "1/4", "heir", "gamma"), on="2011-06-01")
    case.given(void(ref(sale)), on="2012-01-01", by="court")
    assert case.split("2013-01-01", "port") == {"alpha": "3/4", "gamma": "1/4"}
    assert [gap.kind for gap in case.at("2013-01-01", "port").remarks.gaps] == ["root-of-title-void"]
    assert {rule for rule, _ in case.objections(move("port", "3/4", "heir", "delta"), on="2013-01-01")} == {
        "shares.no-room"
    }


@pytest.mark.parametrize(("gone", "waiting", "cleared"), [("alpha", "heir", "beta"), ("beta", "alpha", "heir")])
def test_a_sale_that_waits_for_its_clearance_is_completed_with_who_succeeded(gone: str, waiting: str, cleared: str):
    case = held()
    sale = case.given(move("port", "1/1", "alpha", "beta", pending="permit"), on="2010-01-01")
    case.given(exist("merge", f"party:{gone}", "party:heir"), on="2011-01-01", by="registrar")
    now = case.at("2011-06-01", "port").rights[Right.TITLE]
    assert [named(p.to) for item in now for p in item.pendencies] == ["heir" if gone == "beta" else "beta"]
    case.given(permit(transaction=ref(sale), kind="clearance"), on="2012-01-01", by="ministry")
    assert case.split("2011-06-01", "port") == {waiting: "1/1"}
    assert case.split("2012-06-01", "port") == {cleared: "1/1"}


def test_a_successor_holds_for_the_term_of_its_predecessor():
    case = held()
    case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01", until="2012-12-31")
    case.given(exist("merge", "party:beta", "party:heir"), on="2011-01-01", by="registrar")
    assert [case.split(day, "port") for day in ("2012-12-31", "2013-01-01")] == [{"heir": "1/1"}, {"alpha": "1/1"}]


def test_what_was_held_for_a_term_and_sold_on_stands_and_is_told():
    case = held()
    lent = case.given(move("port", "1/10", "alpha", "beta"), on="2018-01-01", until="2029-12-31")
    back = case.act(move("port", "1/10", "beta", "alpha"), on="2019-01-01")
    assert case.admission.judge(back).gaps == ()
    sold = case.given(move("port", "1/10", "beta", "gamma"), on="2020-01-01")
    now = case.at("2031-01-01", "port")
    assert case.split("2031-01-01", "port") == {"alpha": "9/10", "gamma": "1/10"}
    assert [(gap.kind, gap.ref, gap.met) for gap in now.remarks.gaps] == [("held-for-a-term", ref(sold), (ref(lent),))]


# --- votes that are forbidden ----------------------------------------------------------------------------------------


def test_votes_are_not_exercised_by_whom_a_measure_forbids_to_as_far_as_it_reaches_and_binds():
    case = held(firm="1/4", other="3/4")
    case.given(declare("firm", {"oligarch": "1/1"}))
    reach = Reach(share("1/2"), True, True, "list")
    frozen = case.given(
        impose("freeze", "party:oligarch", takes="dispose forbids, vote forbids", reach=reach, until="2024-12-31"),
        on="2022-04-08", by="council", type="restriction.imposed",
    )  # fmt: skip

    def voters(day: str, forum: str | None = None) -> list[str]:
        return [named(e.holder) for e in case.at(day, "port", forum=forum).control.power(Power.VOTE).exercised]

    assert voters("2022-04-07") == ["other", "firm"]
    assert voters("2022-04-08") == ["other"]
    assert case.at("2023-01-01", "port").control.power(Power.VOTE).barred == (ref(frozen),)
    assert voters("2025-01-01") == ["other", "firm"]
    assert voters("2023-01-01", "CN") == ["other", "firm"]
    through = [[named(e.holder) for e in p.control.headline] for p in case.history("port").control]
    assert through == [["other", "firm"], ["other"], ["other", "firm"]]
    case.given(permit(excepts=[ref(frozen)], to=["firm"]), on="2023-05-01", by="council", type="licence.granted")
    assert voters("2023-06-01") == ["other", "firm"]


def test_who_takes_the_votes_of_a_party_that_may_not_vote_votes_in_its_place():
    case = held(alpha="1/4", beta="3/4")
    case.given(impose("designation", "party:alpha", takes="vote forbids"), on="2022-01-01", by="ministry",
               type="restriction.imposed")  # fmt: skip
    case.given(impose("trusteeship", "asset:port/party:alpha", "trustee", takes="vote takes"), on="2022-09-16",
               by="ministry", type="trusteeship.imposed")  # fmt: skip

    def voters(day: str) -> set[str]:
        return {named(e.holder) for e in case.at(day, "port").control.power(Power.VOTE).exercised}

    assert [voters(day) for day in ("2022-06-01", "2023-01-01")] == [{"beta"}, {"beta", "trustee"}]


def test_one_of_two_identities_gives_what_the_other_may_have_left():
    case = held(alpha="1/4", beta="1/2", gamma="1/4")
    case.given(exist("same", "party:alpha", "party:beta"), on="2015-01-01", by="registrar")
    case.given(move("port", "1/4..1/2", "alpha", "buyer"), on="2016-01-01")
    assert case.split("2016-06-01", "port") == {"buyer": "1/4..1/2", "beta": "1/4..1/2", "gamma": "1/4"}


def test_a_stake_is_burdened_by_who_holds_it_or_acts_for_who_does():
    case = held(alpha="3/5", beta="2/5")
    deed = {"on": "2025-03-01", "type": "encumbrance.created", "basis": "deed"}
    of_alpha, of_nobody = (impose("pledge", f"asset:port/party:{who}", "bank", takes="") for who in ("alpha", "gamma"))
    case.given(impose("attorney", "party:alpha", "ann", takes=""), on="2025-01-01", by="alpha", type="board.appointed",
               basis="deed")  # fmt: skip
    for one in ("alpha", "ann", "court"):
        assert case.objections(of_alpha, by=one, **deed) == set()
    for effect, one in ((of_alpha, "stranger"), (of_alpha, "beta"), (of_nobody, "gamma")):
        assert {rule for rule, _ in case.objections(effect, by=one, **deed)} == {"encumbrance.grantor-lacks"}
    assert case.objections(of_alpha, by="bank", capacity="transcriber", **deed) == set()
