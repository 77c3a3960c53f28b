"""A third examination: who succeeds the parties of a measure, what is counted in units, offers that lapsed, votes that are barred,
and whether the answers about one thing agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from domain.answers import Asked, Question, Told, understand
from domain.answers_assets import show
from domain.answers_parties import holdings_of, interests_in
from domain.answers_proceedings import encumbrances_of
from domain.effects import Limit, Power, Right, State
from ledger.cli.parts import Part
from tests.domain.builders import (
    Case,
    admit,
    agree,
    alter,
    asset,
    cap,
    declare,
    exist,
    freeze,
    impose,
    move,
    permit,
    ref,
    register,
    reunit,
    share,
    subject,
    void,
)

OFFICES = {"court": "DE", "ministry": "DE", "registrar": "DE", "treasury": "US"}
NOW = datetime(2031, 1, 1, tzinfo=UTC)
ALPHA = {"alpha": "1/1"}


def held() -> Case:
    case = Case(OFFICES)
    case.given(register("asset:port", "DE"), by="registrar")
    case.given(declare("port", ALPHA))
    return case


def ask(case: Case, name: str, tell: Callable[[Question], Told], on: str) -> Part:
    return Part(tell(understand(case.record, subject(name), Asked(on), NOW)))


# --- successors of the parties of a measure ---------------------------------------------------------------------------


def test_a_concession_passes_with_the_merger_of_its_holder():
    case = held()
    granted = impose("concession", "asset:port", "operator", takes="manage takes", until="2020-12-31")
    first = case.given(granted, on="2010-01-01", by="alpha", type="concession.granted", basis="agreement")
    given = alter(ref(first), "assign", to="second")
    case.given(given, on="2012-01-01", by="operator", type="control.assigned", basis="agreement")
    kept = case.admission.folds(None)
    kept.live(asset("port"), NOW)
    merger = case.given(exist("merge", "party:second", "party:third"), on="2014-01-01", by="registrar")
    assert [case.controllers(f"{year}-06-01", "port") for year in (2011, 2013, 2015)] == [
        {"operator"}, {"second"}, {"third"},
    ]  # fmt: skip
    kept = case.admission.folds(None)
    assert [str(s.holder) for c in kept.courses(asset("port")) for s in c.spans] == [
        "party:operator", "party:second", "party:third",
    ]  # fmt: skip
    (mine,) = ask(case, "party:second", holdings_of, "2013-06-01")["measures_held"].each()
    assert mine["kind"].text == "concession"
    held_by = ask(case, "party:third", holdings_of, "2015-06-01")["measures_held"].each()
    assert [item["kind"].text for item in held_by] == ["concession"]
    assert ask(case, "party:second", holdings_of, "2015-06-01")["measures_held"].each() == []
    case.given(void(ref(merger)), on="2016-01-01", by="court")
    assert case.controllers("2015-06-01", "port") == {"second"}


def test_who_succeeds_the_holder_of_a_mortgage_discharges_it():
    case = held()
    mortgage = impose("mortgage", "asset:port", "bank", takes="")
    burden = case.given(mortgage, on="2010-01-01", by="alpha", type="encumbrance.created", basis="deed")
    case.given(exist("merge", "party:bank", "party:heir"), on="2014-01-01", by="registrar")
    more = {"on": "2015-01-01", "type": "encumbrance.discharged", "basis": "deed"}
    released = alter(ref(burden), "discharge")
    assert case.objections(released, by="heir", **more) == set()
    assert case.objections(released, by="bank", **more) == {("encumbrance.not-holder", burden.id)}
    (told,) = ask(case, "asset:port", encumbrances_of, "2015-01-01")["encumbrances"].each()
    assert told["holder"].text == "party:heir"


def test_who_succeeds_one_bound_to_divest_is_bound():
    for merged in ("2013-01-01", "2015-01-01"):
        case = held()
        quarter = Limit(Right.TITLE, share("1/4"), inclusive=True)
        order = impose("divestment-order", "asset:port", takes="", binds=["alpha"], limit=quarter, until="2014-12-31")
        case.given(order, on="2012-01-01", by="ministry", type="divestment.ordered")
        case.given(exist("merge", "party:alpha", "party:heir"), on=merged, by="registrar")
        assert [i.rule for i in case.at("2015-06-01", "port").remarks.irregular] == ["divestment.overdue"]


# --- units and offers ------------------------------------------------------------------------------------------------


def test_units_are_moved_of_the_total_that_was_issued_last():
    case = Case(OFFICES)
    case.given(declare("firm", {"alpha": "1000 of 1000"}))
    split = reunit("firm", {"alpha": "1000 of 1000"}, {"alpha": "10000 of 10000"})
    made = case.given(split, on="2011-01-01", by="firm")
    stale = move("firm", "100 of 1000", "alpha", "beta")
    assert case.objections(stale, on="2012-01-01") == {("units.other-total", made.id)}
    assert case.objections(move("firm", "100 of 10000", "alpha", "beta"), on="2012-01-01") == set()
    assert case.objections(move("firm", "1/10", "alpha", "beta"), on="2012-01-01") == set()
    case.given(void(ref(made)), on="2012-06-01", by="court")
    assert case.objections(stale, on="2013-01-01") == set()


def test_an_agreement_that_lapsed_is_not_completed_unless_it_was_taken_up_again():
    case = held()
    agreed = case.given(agree(of="port"), on="2010-01-01", by="alpha")
    lapse = State("lapse-of-offer", (ref(agreed),), asset=asset("port"))
    lapsed = case.given(lapse, on="2010-12-31", by="alpha", type="offer.lapsed", basis="announcement")
    done = move("port", "1/1", "alpha", "beta", performs=[ref(agreed)])
    assert case.objections(done, on="2010-06-01") == set()
    assert case.objections(done, on="2011-06-01") == {("performs.lapsed", lapsed.id)}
    again = State("amendment", (ref(agreed),), asset=asset("port"))
    case.given(again, on="2011-03-01", by="alpha", type="agreement.amended", basis="agreement")
    assert case.objections(done, on="2011-06-01") == set()


# --- restrictions ----------------------------------------------------------------------------------------------------


def test_a_foreign_freeze_binds_once_it_is_recognised():
    case = held()
    frozen = case.given(freeze("party:alpha"), on="2012-01-01", by="treasury", type="restriction.imposed")
    sale = move("port", "1/1", "alpha", "beta")
    assert case.objections(sale, on="2012-06-01") == set()
    case.given(admit(frozen, "DE"), on="2012-03-01", by="court")
    assert case.objections(sale, on="2012-06-01") == {("restriction.binds", frozen.id)}
    assert case.objections(sale, on="2012-02-01") == set()
    case.given(admit(frozen, "DE", "withdrawn"), on="2012-05-01", by="court", type="recognition.withdrawn")
    assert case.objections(sale, on="2012-06-01") == set()


def test_a_licence_denied_withholds_nothing_once_the_restriction_is_lifted():
    case = held()
    frozen = case.given(freeze("party:alpha"), on="2012-01-01", by="ministry", type="restriction.imposed")
    agreed = case.given(agree(of="port"), on="2012-02-01", by="alpha")
    asked = permit("denied", transaction=ref(agreed), excepts=[ref(frozen)])
    denied = case.given(asked, on="2012-03-01", by="ministry", type="licence.denied")
    done = move("port", "1/1", "alpha", "beta", performs=[ref(agreed)])
    barred = {("restriction.binds", frozen.id), ("permit.withheld", denied.id)}
    assert case.objections(done, on="2012-06-01") == barred
    waiting = move("port", "1/1", "alpha", "beta", performs=[ref(agreed)], pending="permit")
    assert case.objections(waiting, on="2012-06-01") == {("restriction.binds", frozen.id)}
    case.given(alter(ref(frozen), "end"), on="2013-01-01", by="ministry", type="restriction.lifted")
    assert case.objections(done, on="2013-06-01") == set()


def test_a_cap_is_met_by_units_issued():
    case = Case(OFFICES)
    case.given(declare("firm", {"city": "800 of 1000", "cosco": "200 of 1000"}))
    limit = case.given(cap("firm", "1/4", "cosco"), on="2012-01-01", by="ministry", type="transaction.prohibited")
    issue = reunit("firm", {}, {"cosco": "250 of 1250"})
    assert case.objections(issue, on="2013-01-01", by="firm") == {("limit.exceeded", limit.id)}


def test_votes_that_are_barred_are_not_exercised():
    case = Case(OFFICES)
    case.given(declare("port", {"alpha": "3/5", "beta": "2/5"}))
    barred = impose("designation", "asset:port/party:alpha", takes="vote forbids", until="2014-12-31")
    order = case.given(barred, on="2012-01-01", by="ministry", type="restriction.imposed")
    now = case.at("2013-01-01", "port")
    assert case.controllers("2013-01-01", "port") == {"beta"}
    assert now.control.power(Power.VOTE).barred == (ref(order),)
    assert case.split("2013-01-01", "port", Right.VOTES) == {"alpha": "3/5", "beta": "2/5"}
    assert case.controllers("2015-06-01", "port") == {"alpha", "beta"}


# --- answers that agree ----------------------------------------------------------------------------------------------


def test_what_is_over_the_company_is_told_wherever_control_is():
    case = held()
    case.given(declare("quay", {"port": "1/1"}))
    managed = impose("special-administration", "party:port", "agency", takes="manage takes", until="2012-12-31")
    case.given(managed, on="2012-01-01", by="court", type="administrator.appointed", basis="judgment")
    first = ask(case, "asset:port", show, "2012-01-01")
    assert [change["what"].text for change in first["changes"].each()][:1] == ["controller"]
    assert [measure["kind"].text for measure in first["measures"].each()] == ["special-administration"]
    after = ask(case, "asset:port", show, "2013-06-01")
    assert [ended["ending"].text for ended in after["ended"].each()] == ["lapsed"]
    above = ask(case, "asset:quay", interests_in, "2012-06-01")["controlled_by"]
    assert [(m["kind"].text, m["asset"].text) for m in above["measures"].each()] == [
        ("special-administration", "asset:port")
    ]
