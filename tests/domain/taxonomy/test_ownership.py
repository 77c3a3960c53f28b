"""OWNERSHIP: each row of the taxonomy once accepted, and objected to for what it says speaks against it."""

import pytest

from domain.effects import Limit, Right
from tests.domain.builders import (
    agree,
    alter,
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
    void,
)
from tests.domain.taxonomy.situations import decided, opening, port

SALE = move("port", "1/4", "beta", "gamma")
ON = "2020-01-01"


def divestment(until: str = "2020-12-31"):
    limit = Limit(Right.TITLE, share("1/10"), True)
    return impose("divestment-order", "asset:port", takes="", until=until, limit=limit, binds=["alpha"])


# --- own.initial -------------------------------------------------------------------------------------------------


def test_own_initial_accepted():
    case = port()
    case.accepted(declare("quay", {"alpha": "1/2", "?": "1/2"}))
    assert case.split("2020-01-01", "quay") == {"alpha": "1/2", "?": "1/2"}


def test_own_initial_objected_a_second_opening():
    case = port()
    again = declare("port", {"beta": "1/1"})
    assert case.objections(again, by="beta") == {("declare.second-opening", opening(case).id)}
    assert case.objections(again) == {("contradicts.own-statement", opening(case).id)}


def test_own_initial_objected_not_the_whole():
    assert port().objections(declare("quay", {"alpha": "17/20", "beta": "4/25"})) == {("shares.not-whole", None)}
    assert port().objections(declare("quay", {"alpha": "17/20"})) == {("shares.not-whole", None)}


# --- own.transfer ------------------------------------------------------------------------------------------------


def test_own_transfer_accepted():
    case = port()
    case.accepted(SALE, on=ON)
    assert case.split(ON, "port") == {"alpha": "3/4", "gamma": "1/4"}


def test_own_transfer_objected_more_than_it_holds():
    case = port()
    assert case.objections(move("port", "1/3", "beta", "gamma"), on=ON) == {("shares.no-room", opening(case).id)}


def test_own_transfer_objected_a_freeze_without_licence():
    case = port()
    frozen = case.accepted(freeze("party:beta"), on="2019-01-01", by="council", type="restriction.imposed")
    assert case.objections(SALE, on=ON) == {("restriction.binds", frozen.id)}
    case.accepted(permit(excepts=[ref(frozen)], until="2020-06-30"), on="2019-12-01", by="council")
    assert case.objections(SALE, on=ON) == set()
    assert case.objections(SALE, on="2020-07-01") == {("restriction.binds", frozen.id)}


def test_own_transfer_objected_a_measure_that_excludes_disposal():
    case = port()
    held = case.accepted(
        impose("trusteeship", "asset:port", "ministry", takes="vote takes, dispose forbids"),
        on="2019-01-01",
        by="ministry",
        type="trusteeship.imposed",
    )
    assert case.objections(SALE, on=ON) == {("measure.bars-disposal", held.id)}


def test_own_transfer_objected_the_asset_had_ended():
    case = port()
    over = case.accepted(exist("end", "asset:port"), on="2019-12-31", type="asset.ended")
    assert case.objections(SALE, on=ON) == {("asset.ended", over.id)}


@pytest.mark.parametrize("basis", ["agreement", "offer", "tender-award", "announcement"])
def test_own_transfer_objected_only_a_promise_is_evidenced(basis: str):
    assert port().objections(SALE, on=ON, basis=basis) == {("type.basis-barred", None)}


# --- own.agreement -----------------------------------------------------------------------------------------------


def test_own_agreement_accepted_and_moves_nothing():
    case = port()
    case.accepted(agree(of="port"), on=ON, by="beta")
    assert case.split("2021-01-01", "port") == {"alpha": "3/4", "beta": "1/4"}


def test_own_agreement_objected_it_carries_a_split():
    case = port()
    found = case.objections(agree(of="port"), SALE, on=ON, by="beta", type="ownership.agreed", basis="agreement")
    assert {rule for rule, _ in found} == {"type.effect-barred", "type.basis-barred"}
    split = declare("port", {"gamma": "1/1"})
    found = case.objections(agree(of="port"), split, on=ON, by="beta", type="ownership.agreed", basis="agreement")
    assert found == {("type.effect-barred", None)}


# --- own.asset_transfer ------------------------------------------------------------------------------------------


def business(case):
    case.accepted(register("asset:yard", "DE", kind="facility"))
    case.accepted(declare("yard", {"alpha": "1/1"}))
    return case


def test_own_asset_transfer_accepted():
    case = business(port())
    case.accepted(move("yard", "1/1", "alpha", "gamma"), on=ON, type="business.transferred")
    assert case.split(ON, "yard") == {"gamma": "1/1"}
    assert case.split(ON, "port") == {"alpha": "3/4", "beta": "1/4"}


def test_own_asset_transfer_objected_shares_are_no_business():
    case = business(port())
    assert case.objections(SALE, on=ON, type="business.transferred") == {("type.asset-barred", case.record.acts[0].id)}


# --- own.forced_divestment ---------------------------------------------------------------------------------------


def test_own_forced_divestment_accepted():
    case = port()
    order = case.accepted(divestment(), on="2019-06-01", by="ministry", type="divestment.ordered")
    sale = move("port", "3/4", "alpha", "gamma", performs=[ref(order)])
    act = case.act(sale, on=ON, type="ownership.divested")
    assert case.admission.judge(act).gaps == ()
    case.accepted(sale, on=ON, type="ownership.divested")


def test_own_forced_divestment_accepted_after_the_deadline_and_told():
    case = port()
    order = case.accepted(divestment(), on="2019-06-01", by="ministry", type="divestment.ordered")
    case.accepted(move("port", "3/4", "alpha", "gamma"), on="2021-02-01", type="ownership.divested")
    late = [gap for gap in case.at("2021-02-01", "port").remarks.gaps if gap.kind == "divested-late"]
    assert [gap.met for gap in late] == [(ref(order),)]


def test_own_forced_divestment_in_time_is_not_told_as_late():
    case = port()
    order = case.accepted(divestment(), on="2019-06-01", by="ministry", type="divestment.ordered")
    case.accepted(
        alter(ref(order), "extend", until="2021-12-31"), on="2020-12-01", by="ministry", type="restriction.extended"
    )
    case.accepted(move("port", "3/4", "alpha", "gamma"), on="2021-02-01", type="ownership.divested")
    assert "divested-late" not in {gap.kind for gap in case.at("2022-02-01", "port").remarks.gaps}


def test_own_forced_divestment_without_an_order_is_a_gap():
    case = port()
    judged = case.admission.judge(case.act(SALE, on=ON, type="ownership.divested"))
    assert judged.accepted
    assert [gap.kind for gap in judged.gaps] == ["antecedent-not-on-record"]


def test_own_forced_divestment_objected_the_order_is_no_completion():
    case = port()
    order = case.accepted(divestment(), on="2019-06-01", by="ministry", type="divestment.ordered")
    sale = move("port", "3/4", "alpha", "gamma", performs=[ref(order)])
    assert case.objections(sale, on=ON, type="ownership.divested", basis="order") == {("type.basis-barred", None)}
    assert case.objections(sale, on=ON, type="ownership.divested", by="broker") == {("actor.no-power", None)}


# --- own.court_sale ----------------------------------------------------------------------------------------------


def attached(case):
    return case.accepted(
        impose("attachment", "asset:port/party:beta", "creditor", takes="dispose vetoes"),
        on="2019-01-01", by="court", type="encumbrance.created", basis="order",
    )  # fmt: skip


def test_own_court_sale_accepted_and_extinguishes_what_it_lists():
    case = port()
    writ = attached(case)
    closing = (SALE, alter(ref(writ), "discharge"))
    judged = case.admission.judge(case.act(*closing, on=ON, by="court", type="ownership.sold-by-court"))
    assert (judged.objections, judged.gaps) == ((), ())
    case.accepted(*closing, on=ON, by="court", type="ownership.sold-by-court")
    assert case.split(ON, "port") == {"alpha": "3/4", "gamma": "1/4"}
    assert case.at(ON, "port").measures == ()


def test_own_court_sale_without_writ_or_judgment_is_a_gap():
    judged = port().admission.judge(port().act(SALE, on=ON, by="court", type="ownership.sold-by-court"))
    assert [gap.kind for gap in judged.gaps] == ["antecedent-not-on-record"]


def test_own_court_sale_objected_only_the_order_exists():
    case = port()
    attached(case)
    assert case.objections(agree(of="port"), SALE, on=ON, by="court", type="sale.ordered", basis="order") == {
        ("type.effect-barred", None)
    }
    found = case.objections(SALE, on=ON, by="court", type="ownership.sold-by-court", basis="order")
    assert found == {("type.basis-barred", None)}


def test_own_court_sale_objected_the_licence_was_for_another_time():
    case = port()
    frozen = case.accepted(freeze("party:beta"), on="2019-01-01", by="ministry", type="restriction.imposed")
    case.accepted(permit(excepts=[ref(frozen)], until="2019-12-31"), on="2019-06-01", by="ministry")
    assert ("restriction.binds", frozen.id) in case.objections(SALE, on=ON, by="court", type="ownership.sold-by-court")


# --- own.nationalisation -----------------------------------------------------------------------------------------

TAKING = (move("port", "3/4", "alpha", "state"), move("port", "1/4", "beta", "state"))


def test_own_nationalisation_accepted():
    case = port()
    case.accepted(*TAKING, on=ON, by="ministry", type="ownership.nationalised", basis="statute")
    assert case.split(ON, "port") == {"state": "1/1"}


def test_own_nationalisation_objected_a_bill_takes_nothing():
    found = port().objections(*TAKING, on=ON, by="ministry", type="ownership.nationalised", basis="bill")
    assert {rule for rule, _ in found} == {"type.basis-barred"}


def test_own_nationalisation_objected_who_takes_has_no_such_power():
    case = port()
    found = case.objections(*TAKING, on=ON, by="party-committee", type="ownership.nationalised", basis="decree")
    assert found == {("actor.no-power", None)}
    held = case.accepted(
        impose("trusteeship", "asset:port", "agency"), on="2019-01-01", by="ministry", type="trusteeship.imposed"
    )
    found = case.objections(*TAKING, on=ON, by="agency", type="ownership.nationalised", basis="decree")
    assert found == {("measure.lacks-disposal", held.id)}


# --- own.capital_cut + own.issue ---------------------------------------------------------------------------------


def units():
    case = port()
    case.accepted(register("asset:bank", "DE"))
    case.accepted(declare("bank", {"alpha": "600 of 1000", "beta": "400 of 1000"}))
    return case


def test_own_capital_cut_accepted():
    case = units()
    cut = reunit("bank", {"alpha": "600 of 1000", "beta": "400 of 1000"}, {"state": "500 of 500"})
    case.accepted(cut, on=ON, by="ministry", basis="order")
    assert case.split(ON, "bank") == {"state": "1/1"}


def test_own_capital_cut_objected_units_do_not_add_up():
    cut = reunit("bank", {"alpha": "600 of 1000"}, {"state": "500 of 800"})
    assert units().objections(cut, on=ON, by="ministry", basis="order") == {("units.do-not-add-up", None)}


# --- own.return --------------------------------------------------------------------------------------------------


def test_own_return_accepted():
    case = port()
    case.accepted(*TAKING, on=ON, by="ministry", type="ownership.nationalised", basis="statute")
    back = move("port", "1/4", "state", "beta")
    case.accepted(back, on="2021-01-01", by="court", type="ownership.returned", basis="judgment")
    assert case.split("2021-01-01", "port") == {"state": "3/4", "beta": "1/4"}


def test_own_return_objected_what_was_sold_on_is_not_there_to_give_back():
    case = port()
    case.accepted(*TAKING, on=ON, by="ministry", type="ownership.nationalised", basis="statute")
    sold = case.accepted(move("port", "1/1", "state", "third"), on="2020-06-01", by="state")
    back = move("port", "1/4", "state", "beta")
    found = case.objections(back, on="2021-01-01", by="court", type="ownership.returned", basis="judgment")
    assert found == {("shares.no-room", sold.id)}


def test_own_return_objected_an_asset_that_was_merged_away():
    case = port()
    gone = case.accepted(exist("merge", "asset:port", "asset:harbour"), on="2020-06-01", type="asset.merged")
    back = move("port", "1/4", "alpha", "beta")
    found = case.objections(back, on="2021-01-01", by="court", type="ownership.returned", basis="judgment")
    assert found == {("asset.ended", gone.id)}


def test_own_return_by_judgment_restores_only_what_the_transferee_holds():
    case = port()
    sale = case.accepted(SALE, on=ON)
    case.accepted(
        decided(),
        void(ref(sale)),
        on="2021-01-01",
        by="court",
        type="act.annulled",
        subjects=["asset:port", "proceeding:suit"],
    )
    assert case.split("2021-01-01", "port") == {"alpha": "3/4", "beta": "1/4"}
