"""Cases in which the record says less than it seems to: reviews, revoked permits, corrections, successions, divisions, stakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.acts import Act
from domain.effects import Exist, Part, Power, Reach, Right, Stake
from domain.finality import finality
from domain.identifiers import Forum, NormId
from domain.periods import Duration
from tests.domain.builders import (
    Case,
    admit,
    agree,
    alter,
    asset,
    declare,
    exist,
    freeze,
    holder,
    impose,
    move,
    party,
    permit,
    proceed,
    ref,
    reunit,
    share,
    subject,
    void,
)


def held() -> Case:
    case = Case({"court": "DE", "appeal": "DE", "ministry": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    return case


def divide(of: str, **parts: str) -> Exist:
    named = tuple(Part(asset(name), share(amount)) for name, amount in parts.items())
    return Exist("divide", subject(f"asset:{of}"), parts=named)


def over_stake(kind: str, of: str, owner: str, by: str, takes: str):
    made = impose(kind, f"asset:{of}", by, takes=takes)
    object.__setattr__(made, "over", (Stake(asset(of), party(owner)),))
    return made


# --- permits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("time", "expected"), [("own", {"alpha": "1/1"}), (None, {"alpha": "1/2", "beta": "1/2"})])
def test_a_clearance_revoked_from_its_start_leaves_the_transfer_waiting(time: str | None, expected: dict[str, str]):
    case = held()
    sale = case.given(move("port", "1/2", "alpha", "beta", pending="permit retroactive"), on="2010-01-01")
    given = case.given(permit(kind="clearance", transaction=ref(sale)), on="2010-06-01", by="ministry")
    assert case.split("2010-07-01", "port") == {"alpha": "1/2", "beta": "1/2"}
    case.given(permit("revoked", "clearance", of=ref(given), time=time), on="2011-01-01", by="ministry")
    assert case.split("2011-06-01", "port") == expected


def test_a_clearance_of_the_agreement_lets_its_completion_pass():
    case = held()
    agreed = case.given(agree(of="port"), on="2010-01-01")
    case.given(move("port", "1/2", "alpha", "beta", performs=[ref(agreed)], pending="permit"), on="2010-02-01")
    case.at("2010-07-01", "port")
    case.given(permit(kind="clearance", transaction=ref(agreed)), on="2010-06-01", by="ministry")
    assert case.split("2010-05-01", "port") == {"alpha": "1/1"}
    assert case.split("2010-07-01", "port") == {"alpha": "1/2", "beta": "1/2"}


# --- reviews ---------------------------------------------------------------------------------------------------------


def annulled_and_appealed(case: Case) -> Act:
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    decided = proceed("k", "decided", "DE", force="suspended_by_appeal", outcome="annulled")
    first = case.given(decided, void(ref(sale), consequence="revives"), on="2012-01-01", by="court")
    case.given(proceed("k", "appealed", "DE", on=ref(first)), on="2012-02-01", by="beta")
    return first


def test_a_reversal_that_voids_nothing_does_not_bring_the_reversed_judgment_into_force():
    case = held()
    first = annulled_and_appealed(case)
    upheld = proceed("k", "decided", "DE", force="immediate", outcome="reversed", reviews=ref(first))
    case.given(upheld, on="2013-01-01", by="appeal")
    assert case.split("2014-01-01", "port") == {"beta": "1/1"}
    assert any("no void on record" in gap.words for gap in case.at("2014-01-01", "port").remarks.gaps)


def test_a_judgment_upheld_on_appeal_comes_into_force():
    case = held()
    first = annulled_and_appealed(case)
    case.given(
        proceed("k", "decided", "DE", force="immediate", outcome="upheld", reviews=ref(first)),
        on="2013-01-01",
        by="appeal",
    )
    assert case.split("2014-01-01", "port") == {"alpha": "1/1"}


def test_what_was_in_suspense_stands_once_it_is_upheld_on_remand():
    case = held()
    decided = proceed("k", "decided", "DE", force="immediate", outcome="sale-ordered")
    order = case.given(decided, move("port", "1/1", "alpha", "beta"), on="2010-01-01", by="court")
    quashed = proceed("k", "remanded", "DE", force="immediate", outcome="quashed-and-remanded", reviews=ref(order))
    case.given(quashed, void(ref(order), "judgment", consequence="suspense"), on="2012-01-01", by="appeal")
    assert case.at("2013-01-01", "port").uncertain
    again = proceed("k", "decided", "DE", force="immediate", outcome="upheld", reviews=ref(order))
    case.given(again, on="2014-01-01", by="court")
    assert case.at("2013-01-01", "port").uncertain
    assert not case.at("2015-01-01", "port").uncertain
    assert case.split("2015-01-01", "port") == {"beta": "1/1"}


def test_a_refusal_ends_an_earlier_recognition_from_its_day_on():
    case = held()
    case.given(exist("register", "asset:ship", kind="vessel", zone="UTC", place="DE"))
    case.given(declare("ship", {"alpha": "1/1"}))
    seized = case.given(move("ship", "1/1", "alpha", "state"), on="2010-01-01", by="court-ru")
    case.record._forums[seized.id] = Forum("RU")  # a foreign court
    case.given(admit(seized, "DE"), on="2011-01-01", by="court")
    case.given(admit(seized, "DE", "refused"), on="2013-01-01", by="court")
    assert [case.split(f"{year}-06-01", "ship", forum="DE") for year in (2012, 2014)] == [
        {"state": "1/1"},
        {"alpha": "1/1"},
    ]


# --- corrections -----------------------------------------------------------------------------------------------------


def test_the_last_correction_speaks_though_the_one_before_it_is_taken_back():
    case = held()
    first = case.given(move("port", "2/5", "alpha", "beta"), on="2010-01-01")
    second = case.given(void(ref(first), ground="error"), move("port", "1/5", "alpha", "beta"), on="2010-01-01")
    third = case.given(void(ref(second, 2), ground="error"), move("port", "3/10", "alpha", "beta"), on="2010-01-01")
    assert case.split("2011-01-01", "port") == {"alpha": "7/10", "beta": "3/10"}
    case.given(void(second, ground="retraction", consequence="revives"), label="taken back")
    assert case.split("2011-01-01", "port") == {"alpha": "7/10", "beta": "3/10"}
    case.given(void(third, ground="retraction", consequence="revives"), label="taken back too")
    assert case.split("2011-01-01", "port") == {"alpha": "3/5", "beta": "2/5"}


def test_what_is_left_by_a_void_can_be_voided():
    case = held()
    sale = case.given(move("port", "1/2", "alpha", "beta"), on="2010-01-01")
    case.given(void(ref(sale), "judgment"), on="2014-01-01", by="court")
    assert case.objections(void(ref(sale), "own"), on="2015-01-01", by="court") == set()
    assert {rule for rule, _ in case.objections(void(ref(sale), "judgment"), on="2015-01-01", by="court")} == {
        "void.already-void"
    }


# --- measures --------------------------------------------------------------------------------------------------------


def test_a_measure_declared_void_is_not_extended():
    case = held()
    order = case.given(
        impose("trusteeship", "asset:port", "agency", until="2020-06-30"), on="2020-01-01", by="ministry"
    )
    struck = case.given(void(ref(order), "judgment"), on="2020-03-01", by="court")
    found = case.objections(alter(ref(order), "extend", until="2020-12-31"), on="2020-04-01", by="ministry")
    assert found == {("measure.ended", struck.id)}
    assert case.objections(alter(ref(order), "extend", until="2020-12-31"), on="2020-02-01", by="ministry") == set()


def test_the_holder_of_a_measure_is_told_with_the_assignment_that_made_it_so():
    case = held()
    first = case.given(
        impose("mortgage", "asset:port", "bank", takes="", source_rank=("1995-01-10", 1)), on="1995-01-10"
    )
    second = case.given(
        impose("mortgage", "asset:port", "other", takes="", source_rank=("1998-03-03", 1)), on="1998-03-03"
    )
    given = case.given(alter(ref(first), "assign", to="fund"), on="2001-05-01", by="bank")
    below = case.given(alter(ref(first), "subordinate", below=[ref(second)]), on="2005-05-01", by="fund")
    (live,) = [m for m in case.at("2006-01-01", "port").measures if m.course.ref == ref(first)]
    assert live.span.holder == party("fund")
    assert live.span.causes == (ref(first), ref(given), ref(below))


def test_a_burden_on_a_stake_binds_who_succeeds_its_holder():
    case = held()
    order = case.given(
        over_stake("attachment", "port", "alpha", "bailiff", "dispose forbids, vote takes"), on="2015-01-01", by="court"
    )
    case.at("2018-01-01", "port")
    case.given(exist("merge", "party:alpha", "party:heir"), on="2017-01-01", by="registrar")
    found = case.objections(move("port", "1/1", "heir", "buyer"), on="2018-01-01", by="heir")
    assert ("measure.bars-disposal", order.id) in found
    votes = case.at("2018-01-01", "port").control.power(Power.VOTE).exercised
    assert [e.measure for e in votes] == [ref(order)]


def test_what_enforces_a_burden_is_not_barred_by_it():
    case = held()
    order = case.given(
        impose("attachment", "asset:port", "bailiff", takes="dispose forbids"), on="2015-01-01", by="court"
    )
    sale = move("port", "1/1", "alpha", "buyer", performs=[ref(order)])
    assert case.objections(sale, on="2016-01-01", by="bailiff") == set()
    assert {rule for rule, _ in case.objections(move("port", "1/1", "alpha", "buyer"), on="2016-01-01")} == {
        "measure.bars-disposal"
    }


@pytest.mark.parametrize(("first", "last"), [("2020-08-31", "2021-02-28"), ("2020-08-15", "2021-02-14")])
def test_a_term_in_months_ends_before_the_corresponding_day_or_with_the_month(first: str, last: str):
    assert Duration(6, "M").last_day(date.fromisoformat(first)).isoformat() == last


# --- who holds -------------------------------------------------------------------------------------------------------


def test_one_of_several_successors_may_sell_and_the_doubt_is_told():
    case = held()
    case.given(exist("succeed", "party:alpha", "party:north", "party:south"), on="2010-01-01", by="registrar")
    assert case.objections(move("port", "1/4", "north", "buyer"), on="2011-01-01", by="north") == set()
    case.given(move("port", "1/4", "north", "buyer"), on="2011-01-01")
    assert case.split("2012-01-01", "port") == {"north|south": "3/4", "buyer": "1/4"}
    assert "antecedent-not-on-record" in {gap.kind for gap in case.at("2012-01-01", "port").remarks.gaps}


def test_a_mortgage_by_who_holds_nothing_is_irregular_though_transcribed():
    case = held()
    by_nobody = impose("mortgage", "asset:port", "bank", takes="")
    found = case.objections(
        by_nobody, on="2010-01-01", by="stranger", capacity="transcriber", type="encumbrance.created"
    )
    assert {rule for rule, _ in found} == {"encumbrance.grantor-lacks"}
    assert (
        case.objections(by_nobody, on="2010-01-01", by="bank", capacity="transcriber", type="encumbrance.created")
        == set()
    )
    assert holder("bank")


# --- divisions -------------------------------------------------------------------------------------------------------


def divided() -> Case:
    case = Case({"court": "DE", "registrar": "DE"})
    case.given(declare("plant", {"owner": "3/5", "other": "2/5"}))
    case.given(declare("plant", {"owner": "1/1"}, Right.VOTES))
    return case


def test_the_parts_of_a_divided_asset_are_held_as_the_whole_was():
    case = divided()
    case.at("2013-01-01", "north")
    case.given(divide("plant", north="1/3", south="2/3"), on="2012-01-01", by="registrar")
    for part in ("north", "south"):
        assert case.split("2012-06-01", part) == {"owner": "3/5", "other": "2/5"}
        assert case.split("2012-06-01", part, Right.VOTES) == {"owner": "1/1"}
        assert case.split("2011-06-01", part) == {"?": "1/1"}
    assert case.objections(move("plant", "1/5", "owner", "buyer"), on="2013-01-01", by="owner")
    assert case.objections(move("north", "1/5", "owner", "buyer"), on="2013-01-01", by="owner") == set()


def test_what_is_learnt_of_the_whole_later_is_learnt_of_its_parts():
    case = divided()
    case.given(divide("plant", north="1/3", south="2/3"), on="2012-01-01", by="registrar")
    case.at("2013-01-01", "north")
    case.given(move("plant", "1/5", "other", "third"), on="2011-01-01", label="backdated")
    assert case.split("2013-01-01", "north") == {"owner": "3/5", "other": "1/5", "third": "1/5"}
    case.given(exist("succeed", "party:third", "party:heir"), on="2014-01-01", by="registrar")
    assert case.split("2015-01-01", "north") == {"owner": "3/5", "other": "1/5", "heir": "1/5"}


def test_a_part_declared_of_others_is_theirs_and_a_division_annulled_never_was():
    case = divided()
    split = case.given(divide("plant", north="1/3", south="2/3"), on="2012-01-01", by="registrar")
    case.given(declare("south", {"buyer": "1/1"}), on="2012-01-01", label="declared otherwise")
    assert case.split("2012-06-01", "south") == {"buyer": "1/1"}
    case.given(void(ref(split), "own"), on="2013-01-01", by="court")
    assert case.split("2014-01-01", "north") == {"?": "1/1"}


def test_a_capital_change_that_makes_a_company_own_itself_is_irregular():
    case = Case()
    case.given(declare("firm", {"alpha": "1/1"}))
    issue = reunit("firm", {"alpha": "1/1"}, {"firm": "1/1"})
    assert "chain.owns-itself" in {rule for rule, _ in case.objections(issue, on="2012-01-01", by="alpha")}
    case.given(declare("inn", {"alpha": "500 of 500"}))
    cut = reunit("inn", {"alpha": "600 of 600"}, {"beta": "600 of 600"})
    assert "units.other-total" in {rule for rule, _ in case.objections(cut, on="2012-01-01", by="alpha")}
    itself = declare("mill", {"mill": "1/1"})
    assert "chain.owns-itself" in {rule for rule, _ in case.objections(itself)}


# --- one day, one debt, one norm -------------------------------------------------------------------------------------


def test_an_act_of_a_day_comes_after_the_moment_of_that_day_it_says_it_follows():
    case = held()
    first = case.given(move("port", "1/1", "alpha", "beta"), on="2020-05-01T10:00:00Z")
    onward = move("port", "1/1", "beta", "gamma")
    assert case.objections(onward, on="2020-05-01", after=ref(first), by="beta") == set()
    case.given(onward, on="2020-05-01", after=ref(first))
    assert case.split("2020-05-01", "port") == {"gamma": "1/1"}
    assert case.split("2020-05-01T09:00:00Z", "port") == {"alpha": "1/1"}


def test_what_falls_with_an_annulment_is_told_as_falling_and_is_no_breach():
    case = held()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    case.given(move("port", "1/1", "beta", "gamma"), on="2011-01-01")
    case.given(move("port", "1/2", "gamma", "delta"), on="2013-01-01")
    case.given(void(ref(sale), "own", reach="dependants"), on="2014-01-01", by="court")
    now = case.at("2015-01-01", "port")
    assert case.split("2015-01-01", "port") == {"alpha": "1/1"}
    assert now.remarks.irregular == ()
    assert ["falls" in gap.words for gap in now.remarks.gaps] == [True, True]


def test_a_measure_that_rests_on_a_repealed_norm_is_told():
    case = held()
    case.given(Exist("register", subject("norm:act"), kind="norm", name="Act"), on="2000-01-01")
    case.given(exist("repeal", "norm:act"), on="2010-01-01")
    order = replace(impose("trusteeship", "asset:port", "agency"), norm=NormId(subject("norm:act")))
    told = case.admission.judge(case.act(order, on="2011-01-01", by="ministry")).gaps
    assert "norm-repealed" in {gap.kind for gap in told}
    assert not case.admission.judge(case.act(order, on="2009-01-01", by="ministry")).gaps


# --- reach -----------------------------------------------------------------------------------------------------------


def test_a_freeze_reaches_an_asset_from_the_day_its_owners_own_enough():
    case = Case({"ministry": "DE"})
    case.given(declare("co", {"hold": "1/1"}))
    case.given(declare("hold", {"ann": "2/5", "bob": "3/5"}))
    case.given(freeze("party:ann", reach=Reach(share("1/2"), True, True, "list")), on="2019-01-01", by="ministry")
    assert case.at("2020-01-01", "co").restrictions == ()
    case.given(move("hold", "1/5", "bob", "ann"), on="2022-04-08")
    case.given(move("hold", "2/5", "ann", "cyd"), on="2022-08-01")
    (window,) = case.history("co").restrictions
    assert (window.start.date().isoformat(), window.end.date().isoformat()) == ("2022-04-07", "2022-07-31")
    assert case.at("2022-06-01", "co").restrictions == (window,)
    assert case.at("2022-09-01", "co").restrictions == ()


def test_what_a_forum_refused_it_refuses_in_its_corrected_record_too():
    case = Case({"court": "DE"})
    case.given(declare("port", {"ann": "1/1"}))
    case.given(exist("register", "asset:port", kind="other", place="DE", zone="Europe/Berlin"))
    first = case.given(move("port", "1/2", "ann", "bob"), on="2020-01-01")
    case.given(admit(first, "DE", "refused"), on="2020-02-01", by="court")
    case.given(void(ref(first), ground="error"), move("port", "1/4", "ann", "bob"), on="2020-01-01")
    assert case.split("2021-01-01", "port", forum="DE") == {"ann": "1/1"}


@pytest.mark.parametrize("whole_proceeding", [True, False])
def test_a_reversal_that_becomes_final_keeps_the_reversed_judgment_without_force(whole_proceeding: bool):
    case = held()
    first = annulled_and_appealed(case)
    undone = proceed("k", "decided", "DE", force="immediate", outcome="reversed", reviews=ref(first))
    reversal = case.given(undone, on="2013-01-01", by="appeal")
    last = proceed("k", "final", "DE", on=None if whole_proceeding else ref(reversal))
    case.given(last, on="2013-06-01", by="appeal")
    assert case.split("2014-01-01", "port") == {"beta": "1/1"}
    again = proceed("k", "decided", "DE", force="immediate", outcome="quashed", reviews=ref(reversal))
    case.given(again, on="2015-01-01", by="appeal", label="the reversal is reversed")
    assert case.split("2016-01-01", "port") == {"alpha": "1/1"}


def test_what_a_reversal_undoes_does_not_become_final_with_it():
    case = held()
    first = annulled_and_appealed(case)
    undone = proceed("k", "decided", "DE", force="immediate", outcome="reversed", reviews=ref(first))
    reversal = case.given(undone, on="2013-01-01", by="appeal")
    case.given(proceed("k", "final", "DE", on=ref(reversal)), on="2013-06-01", by="appeal")
    view = case.folds().view
    assert finality(view, ref(first)) is None
    assert finality(view, ref(reversal)) is not None


def test_a_forum_that_is_silent_takes_the_revocation_as_the_place_does():
    case = held()
    case.given(exist("register", "asset:port", kind="other", place="DE", zone="Europe/Berlin"))
    sale = case.given(move("port", "1/2", "alpha", "beta", pending="permit retroactive"), on="2010-01-01")
    given = case.given(permit(kind="clearance", transaction=ref(sale)), on="2010-06-01", by="ministry")
    case.given(permit("revoked", "clearance", of=ref(given), time="own"), on="2011-01-01", by="ministry")
    assert case.split("2011-06-01", "port", forum="US") == {"alpha": "1/1"}
