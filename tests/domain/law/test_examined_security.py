"""A fourth examination: burdens and who may grant, rank or discharge them; identities under measures; debts that fell; dates not
known exactly beside restrictions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.acts import Act, Signer
from domain.answers import Asked, understand
from domain.answers_proceedings import encumbrances_of
from domain.chains import Chains
from domain.deadlines import calendar
from domain.effects import Condition, Exist, Impose, Limit, Manner, Money, Owe, Part, Pay, Portion, Power, Reach, Right
from domain.identifiers import EffectRef
from domain.ranks import encumbrance_order
from tests.domain.builders import (
    Case,
    agree,
    alter,
    asset,
    cap,
    declare,
    exist,
    freeze,
    impose,
    move,
    named,
    party,
    permit,
    proceed,
    ref,
    register,
    reunit,
    share,
    subject,
    void,
    when,
)

OFFICES = {"court": "DE", "ministry": "DE", "registrar": "DE", "appeal": "DE", "treasury": "US"}
BURDEN: dict[str, Any] = {"type": "encumbrance.created", "basis": "deed"}
RANKED = {"type": "encumbrance.subordinated", "basis": "agreement"}
OFFICER = {"by": "court", "type": "administrator.appointed", "basis": "judgment"}


def held(split: dict[str, str] | None = None) -> Case:
    case = Case(OFFICES)
    case.given(declare("port", split or {"alpha": "1/1"}))
    return case


def mortgage(to: str = "bank", over: str = "asset:port", kind: str = "mortgage", takes: str = "") -> Impose:
    return impose(kind, over, to, takes=takes)


def pledge(of: str) -> Impose:
    return mortgage(over=f"asset:port/party:{of}", kind="pledge")


def gaps(case: Case, day: str, of: str = "port") -> list[str]:
    return [gap.kind for gap in case.at(day, of).remarks.gaps]


# --- rank ------------------------------------------------------------------------------------------------------------


def ranked(case: Case, day: str) -> list[str]:
    folds = case.folds()
    return [
        named(course.impose.holder)
        for course in encumbrance_order(folds.view, folds.courses(asset("port")), case.at(day, "port").at)
        if course.impose.holder is not None
    ]


def three() -> tuple[Case, EffectRef, EffectRef, EffectRef]:
    case = held()
    made = [case.given(mortgage(to), on=f"201{n}-01-01", by="alpha", **BURDEN) for n, to in enumerate("bcd")]
    return case, ref(made[0]), ref(made[1]), ref(made[2])


def test_what_is_subordinated_to_a_burden_comes_after_it_though_that_was_subordinated_later():
    case, b, c, d = three()
    case.given(alter(b, "subordinate", below=[c]), on="2013-01-01", by="b", **RANKED)
    case.given(alter(c, "subordinate", below=[d]), on="2013-02-01", by="c", **RANKED)
    assert ranked(case, "2013-01-15") == ["c", "b", "d"]
    assert ranked(case, "2014-01-01") == ["d", "c", "b"]


def test_what_is_put_before_one_that_was_itself_put_before_another_is_before_both():
    case, b, c, d = three()
    case.given(alter(d, "rank", above=[b]), on="2013-01-01", by="d", **RANKED)
    case.given(alter(c, "rank", above=[d]), on="2013-02-01", by="c", **RANKED)
    assert ranked(case, "2014-01-01") == ["c", "d", "b"]


def test_of_what_contradicts_the_last_word_on_rank_prevails():
    case, b, c, _ = three()
    for n, (lower, upper) in enumerate([(b, c), (c, b), (b, c)]):
        by = "b" if lower == b else "c"
        case.given(alter(lower, "subordinate", below=[upper]), on=f"201{3 + n}-01-01", by=by, **RANKED)
    assert [ranked(case, f"201{3 + n}-06-01") for n in range(3)] == [["c", "b", "d"], ["b", "c", "d"], ["c", "b", "d"]]


def test_a_measure_subordinated_to_what_it_was_ranked_before_takes_the_power_no_more():
    case = held()
    order = {"by": "ministry", "type": "trusteeship.imposed"}
    one = case.given(impose("trusteeship", "asset:port", "t-one"), on="2010-01-01", **order)
    two = case.given(impose("trusteeship", "asset:port", "t-two", above=[ref(one)]), on="2011-01-01", **order)
    assert case.controllers("2012-06-01", "port") == {"t-two"}
    case.given(alter(ref(two), "subordinate", below=[ref(one)]), on="2013-01-01", by="ministry", **RANKED)
    assert case.controllers("2013-06-01", "port") == {"t-one"}
    case.given(alter(ref(one), "subordinate", below=[ref(two)]), on="2014-01-01", by="ministry", **RANKED)
    assert case.controllers("2014-06-01", "port") == {"t-one", "t-two"}


# --- who grants ------------------------------------------------------------------------------------------------------


def test_a_stake_is_pledged_by_who_holds_it():
    case = held({"alpha": "1/2", "beta": "1/2"})
    more = {"on": "2010-01-01", **BURDEN}
    assert case.objections(pledge("alpha"), by="alpha", **more) == set()
    for whose, by in (("gamma", "gamma"), ("alpha", "beta")):
        assert {rule for rule, _ in case.objections(pledge(whose), by=by, **more)} == {"encumbrance.grantor-lacks"}


def test_who_has_the_use_gives_the_use_and_burdens_nothing_else():
    case = held()
    leased = mortgage("tenant", kind="lease", takes="use takes")
    case.given(leased, on="2010-01-01", by="alpha", type="encumbrance.created", basis="lease")
    more = {"on": "2011-01-01", "by": "tenant", **BURDEN}
    assert {rule for rule, _ in case.objections(mortgage(), **more)} == {"encumbrance.grantor-lacks"}
    assert case.objections(mortgage("sub", kind="lease", takes="use takes"), **more) == set()


def test_who_acts_for_the_owner_grants_for_it_and_the_owner_not_past_its_liquidator():
    case = held()
    case.given(impose("director", "party:alpha", "dora", takes="manage takes"), on="2009-01-01", by="alpha")
    officer = impose("liquidator", "party:alpha", "liq", takes="dispose takes, manage takes")
    wound_up = case.given(officer, on="2012-01-01", **OFFICER)
    assert case.objections(mortgage(), on="2011-06-01", by="dora", **BURDEN) == set()
    assert case.objections(mortgage(), on="2013-01-01", by="liq", **BURDEN) == set()
    past = {("measure.bars-disposal", wound_up.id)}
    for by in ("alpha", "dora"):
        assert case.objections(mortgage(), on="2013-01-01", by=by, **BURDEN) == past
        assert case.objections(move("port", "1/1", "alpha", "beta"), on="2013-01-01", by=by) == past
    assert case.objections(move("port", "1/1", "alpha", "beta"), on="2011-06-01", by="dora") == set()


def test_to_grant_a_burden_is_to_dispose_and_to_take_one_is_to_receive():
    case = held()
    frozen = case.given(freeze("party:alpha"), on="2012-01-01", by="ministry", type="restriction.imposed")
    binds = {("restriction.binds", frozen.id)}
    for burden in (mortgage(), pledge("alpha")):
        assert case.objections(burden, on="2011-12-31", by="alpha", **BURDEN) == set()
        assert case.objections(burden, on="2012-01-01", by="alpha", **BURDEN) == binds
    attached = {"on": "2013-01-01", "by": "court", "type": "encumbrance.created", "basis": "judgment"}
    assert case.objections(mortgage(kind="attachment"), **attached) == set()
    case.given(permit(excepts=[ref(frozen)], until="2013-12-31"), on="2013-01-01", by="ministry")
    assert case.objections(mortgage(), on="2013-12-31", by="alpha", **BURDEN) == set()
    assert case.objections(mortgage(), on="2014-01-01", by="alpha", **BURDEN) == binds
    listed = case.given(freeze("party:bank"), on="2015-01-01", by="ministry", type="restriction.imposed")
    both = binds | {("restriction.binds", listed.id)}
    assert case.objections(mortgage(), on="2015-01-01", by="alpha", **BURDEN) == both


def test_a_ban_on_disposal_of_the_asset_bars_its_burdens():
    case = held()
    ban = impose("disposal-ban", "asset:port", takes="dispose forbids")
    banned = case.given(ban, on="2012-01-01", by="ministry", type="restriction.imposed")
    assert case.objections(mortgage(), on="2012-06-01", by="alpha", **BURDEN) == {("restriction.binds", banned.id)}
    case.given(void(ref(banned), "own"), on="2013-01-01", by="court")
    assert case.objections(mortgage(), on="2012-06-01", by="alpha", **BURDEN) == set()


# --- who disposes of a burden ----------------------------------------------------------------------------------------


def test_who_acts_for_the_holder_of_a_burden_or_is_one_with_it_discharges_it():
    case = held()
    burden = case.given(mortgage(), on="2010-01-01", by="alpha", **BURDEN)
    case.given(exist("same", "party:bank", "party:bank-ag"), on="2011-01-01", type="identity.joined")
    case.given(impose("liquidator", "party:bank", "liq", takes="dispose takes"), on="2012-01-01", **OFFICER)
    more = {"type": "encumbrance.discharged", "basis": "deed"}
    released = alter(ref(burden), "discharge")
    assert case.objections(released, on="2013-01-01", by="liq", **more) == set()
    assert case.objections(released, on="2011-06-01", by="bank-ag", **more) == set()
    for day, by in (("2011-06-01", "liq"), ("2010-06-01", "bank-ag"), ("2013-01-01", "alpha")):
        assert case.objections(released, on=day, by=by, **more) == {("encumbrance.not-holder", burden.id)}


def test_on_the_day_a_burden_was_assigned_its_new_holder_discharges_it():
    case = held()
    burden = case.given(mortgage(), on="2010-01-01", by="alpha", **BURDEN)
    more = {"type": "encumbrance.assigned", "basis": "agreement"}
    given = case.given(alter(ref(burden), "assign", to="fund"), on="2012-01-01", by="bank", **more)
    lacks = {("encumbrance.not-holder", burden.id)}
    after = {"on": "2012-01-01", "after": ref(given)}
    for op in (alter(ref(burden), "discharge"), alter(ref(burden), "assign", to="other")):
        more["type"] = f"encumbrance.{'discharged' if op.op == 'discharge' else 'assigned'}"
        assert case.objections(op, by="fund", **after, **more) == set()
        assert case.objections(op, by="bank", **after, **more) == lacks
        assert case.objections(op, by="fund", on="2012-01-01", **more) == set()
        assert case.objections(op, by="bank", on="2012-01-02", **more) == lacks
    discharged = {"type": "encumbrance.discharged", "basis": "deed"}
    case.given(alter(ref(burden), "discharge"), on="2012-01-01", by="fund", **discharged)
    assert case.at("2012-06-01", "port").remarks.irregular == ()


# --- measures of control over stakes ---------------------------------------------------------------------------------


def test_two_trusteeships_over_one_stake_need_a_rank():
    case = held({"alpha": "1/2", "beta": "1/2"})
    order = {"by": "ministry", "type": "trusteeship.imposed"}
    over = "asset:port/party:alpha"
    first = case.given(impose("trusteeship", over, "t-one"), on="2012-01-01", **order)
    overlaps = {("measure.overlaps-unranked", first.id)}
    more = {"on": "2012-06-01", "known": "2012-06-01", **order}
    assert case.objections(impose("trusteeship", over, "t-two"), **more) == overlaps
    assert case.objections(impose("trusteeship", "asset:port", "t-two"), **more) == overlaps
    assert case.objections(impose("trusteeship", over, "t-two", above=[ref(first)]), **more) == set()
    assert case.objections(impose("trusteeship", "asset:port/party:beta", "t-two"), **more) == set()
    whole = held()
    first = whole.given(impose("trusteeship", "asset:port", "t-one"), on="2012-01-01", **order)
    found = whole.objections(impose("trusteeship", over, "t-two"), **more)
    assert found == {("measure.overlaps-unranked", first.id)}


def test_votes_forbidden_to_those_a_measure_binds_are_not_exercised():
    case = held({"alpha": "3/5", "beta": "2/5"})
    barred = impose("designation", "asset:port", takes="vote forbids", binds=["alpha"], until="2014-12-31")
    order = case.given(barred, on="2012-01-01", by="ministry", type="restriction.imposed")
    assert case.controllers("2014-12-31", "port") == {"beta"}
    assert case.at("2013-01-01", "port").control.power(Power.VOTE).barred == (ref(order),)
    assert case.controllers("2015-01-01", "port") == {"alpha", "beta"}


# --- identities that are one -----------------------------------------------------------------------------------------


def joined(case: Case, one: str, other: str, on: str) -> None:
    case.given(exist("same", f"party:{one}", f"party:{other}"), on=on, type="identity.joined", basis="extract")


def test_a_cap_counts_what_is_held_under_another_name():
    case = held({"city": "4/5", "cosco": "1/5"})
    limit = case.given(cap("port", "1/4", "cosco"), on="2010-01-01", by="ministry", type="transaction.prohibited")
    joined(case, "cosco", "cosco-hk", "2012-01-01")
    exceeded = {("limit.exceeded", limit.id)}
    bought = move("port", "1/10", "city", "cosco-hk")
    assert case.objections(bought, on="2011-12-31") == set()
    assert case.objections(bought, on="2012-01-01") == exceeded
    assert case.objections(move("port", "1/20", "city", "cosco-hk"), on="2012-01-01") == set()
    assert case.objections(reunit("port", {}, {"cosco-hk": "1/5"}), on="2012-01-01", by="port") == exceeded


@pytest.mark.parametrize("first", ["one", "two"])
def test_what_is_held_under_two_names_is_one_interest(first: str):
    case = held({"one": "3/10", "two": "3/10", "beta": "2/5"})
    case.given(declare("quay", {"port": "1/1"}))
    half = Reach(share("1/2"), False, False, "regime")
    order = freeze(f"party:{first}", reach=half)
    frozen = case.given(order, on="2010-01-01", by="ministry", type="restriction.imposed")
    sale = move("quay", "1/1", "port", "x")
    assert case.objections(sale, on="2011-06-01") == set()
    joined(case, "one", "two", "2012-01-01")
    assert case.objections(sale, on="2012-06-01") == {("restriction.binds", frozen.id)}
    for day, top, most in (("2011-06-01", None, "2/5"), ("2012-06-01", "party:one", "3/5")):
        chains = Chains(case.folds(), case.at(day, "port").at)
        assert chains.control(asset("port")).top == top
        assert chains.interests(asset("port"))[0].share == share(most)


def test_a_measure_over_a_stake_or_one_bound_finds_it_under_every_name_until_they_are_parted():
    case = held({"alpha": "1/2", "beta": "1/2"})
    over = impose("trusteeship", "asset:port/party:alias", "trustee", takes="vote takes")
    case.given(over, on="2010-01-01", by="ministry", type="trusteeship.imposed")
    ban = impose("disposal-ban", "asset:port/party:alias", takes="dispose forbids")
    banned = case.given(ban, on="2010-01-01", by="ministry", type="restriction.imposed")
    quarter = Limit(Right.TITLE, share("1/4"), inclusive=True)
    order = impose("divestment-order", "asset:port", takes="", binds=["alias"], limit=quarter, until="2013-12-31")
    case.given(order, on="2010-01-01", by="ministry", type="divestment.ordered")
    kept = case.admission.folds(None)
    assert kept.live(asset("port"), case.at("2012-06-01", "port").at)[0].stakes[0].holder == party("alias")
    joined(case, "alpha", "alias", "2012-01-01")
    case.given(exist("distinct", "party:alpha", "party:alias"), on="2015-01-01", type="identity.parted")
    assert case.controllers("2011-06-01", "port") == {"alpha", "beta"}
    assert case.controllers("2012-06-01", "port") == {"trustee", "beta"}
    assert case.controllers("2015-06-01", "port") == {"alpha", "beta"}
    sale = move("port", "1/8", "alpha", "x")
    assert case.objections(sale, on="2011-06-01") == set()
    assert case.objections(sale, on="2012-06-01") == {("restriction.binds", banned.id)}
    assert [i.rule for i in case.at("2014-06-01", "port").remarks.irregular] == ["divestment.overdue"]


# --- permits ---------------------------------------------------------------------------------------------------------


def test_a_licence_is_given_by_who_is_of_the_order_that_restricts():
    case = Case(OFFICES)
    case.given(register("asset:port", "DE"))
    case.given(declare("port", {"alpha": "1/1"}), by="alpha")
    frozen = case.given(freeze("asset:port"), on="2012-01-01", by="ministry", type="restriction.imposed")
    licence = permit(excepts=[ref(frozen)])
    more = {"on": "2013-01-01", "type": "licence.granted"}
    assert case.objections(licence, by="court", **more) == set()
    assert case.objections(licence, by="treasury", **more) == {("measure.other-authority", frozen.id)}


# --- dates not known exactly -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "sold", "told"),
    [
        ("2012-01-01", "2013-06", "2013-06-15", ["restriction-uncertain"]),
        ("2012-01-01", "2013-06", "2013-07-01", []),
        ("2012-03-10", None, "2012-03", ["restriction-uncertain"]),
        ("2012-03-10", None, "2012-02", []),
        ("2012-03-10", "2012-05-10", "2012-05", []),
    ],
)
def test_a_restriction_that_may_have_been_in_force_is_told(since: str, until: str | None, sold: str, told: list[str]):
    case = held()
    frozen = case.given(freeze("party:alpha", until=until), on=since, by="ministry", type="restriction.imposed")
    found = case.admission.judge(case.act(move("port", "1/1", "alpha", "beta"), on=sold))
    assert [gap.kind for gap in found.gaps] == told
    assert {o.statement for o in found.objections} == ({frozen.id} if sold == "2012-05" else set())


# --- debts -----------------------------------------------------------------------------------------------------------


def owe(amount: str = "100", **more) -> Owe:
    return Owe("award", party("state"), party("alpha"), Money(amount, amount, "EUR"), asset("port"), **more)


def pay(debt: EffectRef, amount: str) -> Pay:
    return Pay(party("state"), party("alpha"), Money(amount, amount, "EUR"), debt)


def awarded(case: Case, amount: str, on: str, **more) -> Act:
    decided = proceed("k", "decided", "DE", force="immediate")
    return case.given(decided, owe(amount, **more), on=on, by="court", type="award.made", basis="award")


def test_what_was_paid_of_an_annulled_award_is_told_and_counts_for_the_one_that_replaces_it():
    case = held()
    award = awarded(case, "100", "2012-01-01")
    paid = case.given(pay(ref(award, 2), "40"), on="2012-06-01", by="state")
    annulled = proceed("k", "decided", "DE", force="immediate", outcome="annulled", reviews=ref(award))
    case.given(annulled, void(ref(award), consequence="revives"), on="2013-01-01", by="appeal")
    assert case.at("2013-06-01", "port").debts == ()
    assert [gap.ref for gap in case.at("2013-06-01", "port").remarks.gaps if gap.kind == "paid-in-vain"] == [ref(paid)]
    assert "paid-in-vain" not in gaps(case, "2012-05-31")
    anew = awarded(case, "80", "2014-01-01", replaces=ref(award, 2))
    (debt,) = case.at("2014-06-01", "port").debts
    assert (debt.paid, debt.left_low) == (Decimal(40), Decimal(40))
    assert "paid-in-vain" not in gaps(case, "2014-06-01")
    more = {"on": "2015-01-01", "by": "state"}
    assert case.objections(pay(ref(anew, 2), "40"), **more) == set()
    assert case.objections(pay(ref(anew, 2), "41"), **more) == {("payment.above-debt", anew.id)}


def test_a_repayment_owed_answers_what_was_paid_in_vain():
    case = held()
    award = awarded(case, "100", "2012-01-01")
    paid = case.given(pay(ref(award, 2), "40"), on="2012-06-01", by="state")
    case.given(void(ref(award, 2)), on="2013-01-01", by="appeal")
    back = Owe("repayment", party("alpha"), party("state"), Money("40", "40", "EUR"), asset("port"), ref(paid))
    case.given(back, on="2013-06-01", by="court", type="compensation.determined")
    assert ["paid-in-vain" in gaps(case, day) for day in ("2013-03-01", "2013-07-01")] == [True, False]


def test_no_more_is_paid_of_a_debt_than_is_left_of_what_replaced_it():
    case = held()
    first = case.given(owe("100"), on="2012-01-01", by="court")
    anew = case.given(owe("80", replaces=ref(first)), on="2013-01-01", by="court")
    more = {"on": "2014-01-01", "by": "state"}
    assert case.objections(pay(ref(first), "80"), **more) == set()
    assert case.objections(pay(ref(first), "81"), **more) == {("payment.above-debt", anew.id)}


def test_the_calendar_tells_only_what_is_still_owed():
    def due(case: Case) -> list[str]:
        return [item.kind for item in calendar(case.folds(), date(2015, 1, 1), date(2015, 12, 31))]

    for what in ("owed", "paid", "void", "replaced", "paid late"):
        case = held()
        first = case.given(owe(due=when("2015-03-31")), on="2012-01-01", by="court")
        if what == "paid":
            case.given(pay(ref(first), "100"), on="2015-03-31", by="state")
        if what == "paid late":
            case.given(pay(ref(first), "100"), on="2015-04-01", by="state")
        if what == "void":
            case.given(void(ref(first)), on="2013-01-01", by="appeal")
        if what == "replaced":
            case.given(owe(replaces=ref(first)), on="2013-01-01", by="court")
        assert due(case) == (["payment due"] if what in ("owed", "paid late") else [])


# --- burdens on what became something else ---------------------------------------------------------------------------


def test_a_pledge_over_a_stake_in_what_was_divided_and_a_mortgage_of_what_was_merged_are_told():
    case = held()
    case.given(declare("dock", {"alpha": "1/1"}))
    burden = case.given(pledge("alpha"), on="2010-01-01", by="alpha", **BURDEN)
    parts = (Part(asset("quay"), share("1/2")), Part(asset("yard"), share("1/2")))
    case.given(Exist("divide", subject("asset:port"), parts=parts), on="2012-01-01", type="asset.divided")
    case.given(mortgage(over="asset:yard"), on="2012-06-01", by="alpha", **BURDEN)
    case.given(exist("merge", "asset:yard", "asset:dock"), on="2013-01-01", type="asset.merged")
    assert [g.met for g in case.at("2012-03-01", "quay").remarks.gaps if g.kind == "whole-burdened"] == [(ref(burden),)]
    assert [gaps(case, day, "dock") for day in ("2012-12-31", "2013-01-01")] == [[], ["whole-burdened"]]


def test_what_was_cancelled_of_a_pledged_stake_is_told():
    case = held()
    case.given(pledge("alpha"), on="2010-01-01", by="alpha", **BURDEN)
    case.given(reunit("port", {"alpha": "1/1"}, {"alpha": "1/10", "fund": "9/10"}), on="2012-01-01", by="port")
    assert [gaps(case, day) for day in ("2011-12-31", "2012-01-01")] == [[], ["stake-reissued"]]


def test_an_issue_past_a_right_of_pre_emption_that_nobody_asked_about_is_a_gap():
    case = held()
    right = impose("pre-emption", "asset:port", "beta", takes="")
    case.given(right, on="2010-01-01", by="alpha", **BURDEN)
    case.given(reunit("port", {}, {"beta": "1/10"}), on="2011-01-01", by="port")
    assert gaps(case, "2011-06-01") == []
    case.given(reunit("port", {}, {"fund": "1/10"}), on="2012-01-01", by="port")
    assert gaps(case, "2012-06-01") == ["waiver-not-on-record"]


# --- a second round --------------------------------------------------------------------------------------------------


def test_a_measure_over_one_stake_gives_no_power_over_another():
    case = held({"alpha": "3/5", "beta": "2/5"})
    over = impose("trusteeship", "asset:port/party:alpha", "trustee", takes="vote takes, dispose takes")
    case.given(over, on="2010-01-01", by="ministry", type="trusteeship.imposed")
    secured = case.given(
        impose("pledge", "asset:port/party:alpha", "bank", takes="dispose takes"), on="2009-01-01", by="alpha", **BURDEN
    )
    sold = {"on": "2012-01-01", "by": "trustee"}
    assert case.objections(move("port", "3/5", "alpha", "x"), **sold) == set()
    assert {rule for rule, _ in case.objections(move("port", "2/5", "beta", "x"), **sold)} == {"actor.no-power"}
    seized = move("port", "2/5", "beta", "x", performs=[ref(secured)])
    assert {rule for rule, _ in case.objections(seized, on="2009-06-01", by="bank")} == {"actor.no-power"}
    assert case.objections(pledge("alpha"), **sold, **BURDEN) == set()
    assert {rule for rule, _ in case.objections(pledge("beta"), **sold, **BURDEN)} == {"encumbrance.grantor-lacks"}


def test_of_two_boards_the_one_outranked_does_not_act():
    case = held()
    first = case.given(impose("board", "party:alpha", "old", takes="manage takes"), on="2010-01-01", by="alpha")
    above = impose("board", "party:alpha", "new", takes="manage takes", above=[ref(first)])
    case.given(above, on="2011-01-01", by="court", type="board.appointed", basis="judgment")
    sale = move("port", "1/1", "alpha", "x")
    assert case.objections(sale, on="2010-06-01", by="old") == set()
    assert {rule for rule, _ in case.objections(sale, on="2012-01-01", by="old")} == {"actor.no-power"}
    assert case.objections(sale, on="2012-01-01", by="new") == set()


def test_a_rank_from_before_the_burden_that_no_register_says_it_has_needs_the_holders_it_goes_before():
    case = held()
    first = case.given(mortgage("first"), on="2010-01-01", by="alpha", **BURDEN)
    back = impose("mortgage", "asset:port", "second", takes="", source_rank=("2009-01-01", 1))
    more = {"on": "2012-01-01", "by": "alpha", "type": "encumbrance.created"}
    assert case.objections(back, basis="deed", **more) == {("encumbrance.rank-unconsented", first.id)}
    assert case.objections(back, basis="extract", **more) == set()
    after = impose("mortgage", "asset:port", "second", takes="", source_rank=("2011-01-01", 1))
    assert case.objections(after, basis="deed", **more) == set()
    court = {**more, "by": "court", "basis": "judgment"}
    assert case.objections(back, **court) == set()


def test_a_rank_that_depends_on_a_date_known_to_the_month_is_told():
    case = held()
    first = case.given(mortgage("b-one"), on="2012-03", by="alpha", **BURDEN)
    case.given(mortgage("b-two"), on="2012-03-15", by="alpha", **BURDEN)
    asked = understand(case.record, subject("asset:port"), Asked("2013-01-01"), datetime(2026, 1, 1, tzinfo=UTC))
    told: Any = encumbrances_of(asked)
    assert [str(item["rank"]) for item in told["encumbrances"]] == ["1", "2"]
    mine = next(item for item in told["uncertain"] if str(ref(first)) in item["what"])
    assert (mine["value"], [other["value"] for other in mine["others"]]) == ("rank 1 of 2", ["rank 2 of 2"])


def test_what_a_nominee_holds_is_pledged_by_either_and_by_neither_past_a_freeze():
    case = Case(OFFICES)
    case.given(declare("port", [Portion(party("nominee"), share("1/1"), Manner("nominee", party("owner")))]))
    pledged = pledge("nominee")
    for by in ("nominee", "owner"):
        assert case.objections(pledged, on="2010-01-01", by=by, **BURDEN) == set()
    frozen = case.given(freeze("party:owner"), on="2011-01-01", by="ministry", type="restriction.imposed")
    for by in ("nominee", "owner"):
        assert case.objections(pledged, on="2011-01-01", by=by, **BURDEN) == {("restriction.binds", frozen.id)}


def test_a_freeze_of_who_was_merged_away_is_told_of_what_it_held():
    case = held()
    frozen = case.given(freeze("party:alpha"), on="2012-01-01", by="ministry", type="restriction.imposed")
    case.given(exist("merge", "party:alpha", "party:clean"), on="2013-01-01")
    assert [gaps(case, day) for day in ("2012-12-31", "2013-01-01")] == [[], ["restriction-left-behind"]]
    case.given(alter(ref(frozen), "end"), on="2014-01-01", by="ministry", type="restriction.lifted")
    assert gaps(case, "2014-01-01") == []


def test_a_limit_that_may_be_passed_as_far_as_shares_are_known_is_told():
    case = held({"city": "7/10..4/5", "cosco": "1/5..3/10"})
    case.given(cap("port", "1/4", "cosco"), on="2012-01-01", by="ministry", type="transaction.prohibited")
    quarter = Limit(Right.TITLE, share("1/4"), inclusive=True)
    order = impose("divestment-order", "asset:port", takes="", binds=["cosco"], limit=quarter, until="2014-12-31")
    case.given(order, on="2012-01-01", by="ministry", type="divestment.ordered")
    found = [
        case.admission.judge(case.act(move("port", amount, "city", "cosco"), on="2013-01-01"))
        for amount in ("1/100", "1/10")
    ]
    assert [{o.rule for o in one.objections} for one in found] == [set(), {"limit.exceeded"}]
    assert [{gap.kind for gap in one.gaps} for one in found] == [{"limit-uncertain"}, set()]
    assert [gaps(case, day) for day in ("2014-12-31", "2015-01-01")] == [[], ["divestment-uncertain"]]


def test_a_dealing_by_one_of_two_of_whom_one_is_frozen_is_told():
    case = held()
    case.given(freeze("party:beta"), on="2012-01-01", by="ministry", type="restriction.imposed")
    found = case.admission.judge(case.act(move("port", "1/1", "alpha", "beta|gamma"), on="2013-01-01"))
    assert (found.objections, [gap.kind for gap in found.gaps]) == ((), ["restriction-uncertain"])


@pytest.mark.parametrize(
    ("on", "rules", "told"),
    [("2023-02", [], []), ("2023-03", [], ["alteration-uncertain"]), ("2023-04", ["measure.lapsed"], [])],
)
def test_an_extension_that_may_have_come_too_late_is_told(on: str, rules: list[str], told: list[str]):
    case = held()
    over = impose("trusteeship", "asset:port", "trustee", until="2023-03-15")
    order = case.given(over, on="2022-09-16", by="ministry", type="trusteeship.imposed")
    extended = alter(ref(order), "extend", until="2023-09-15")
    found = case.admission.judge(case.act(extended, on=on, by="ministry", type="control.extended"))
    assert ([o.rule for o in found.objections], [gap.kind for gap in found.gaps]) == (rules, told)


def test_compensation_goes_to_who_held_under_another_name_to_its_heir_or_to_whom_a_nominee_held_for():
    case = Case(OFFICES)
    held_so = [
        Portion(party("nominee"), share("1/2"), Manner("nominee", party("owner"))),
        Portion(party("alpha"), share("1/2")),
    ]
    case.given(declare("port", held_so))
    case.given(move("port", "1/2", "alpha", "state"), move("port", "1/2", "nominee", "state"), on="2012-02-01")
    joined(case, "owner", "owner-ltd", "2011-01-01")
    case.given(exist("merge", "party:alpha", "party:heir"), on="2012-06-01")
    more = {"on": "2013-01-01", "by": "court", "type": "compensation.determined"}
    for payee in ("alpha", "heir", "nominee", "owner", "owner-ltd", "stranger"):
        debt = Owe("compensation", party("state"), party(payee), Money("9", "9", "EUR"), asset("port"))
        rules = {rule for rule, _ in case.objections(replace(debt, valuation_date=when("2012-01-01")), **more)}
        assert rules == ({"compensation.payee-not-holder"} if payee == "stranger" else set())


def test_shares_of_a_company_that_was_merged_away_are_not_sold():
    case = Case(OFFICES)
    case.given(register("asset:firm", "DE"))
    case.given(declare("firm", {"alpha": "1/1"}), by="alpha")
    merged = case.given(exist("merge", "party:firm", "party:heir"), on="2012-01-01")
    sale = move("firm", "1/1", "alpha", "x")
    assert case.objections(sale, on="2011-12-31") == set()
    assert case.objections(sale, on="2012-01-01") == {("asset.ended", merged.id)}


# --- through nominees ------------------------------------------------------------------------------------------------


def through_nominee(of: str, amount: str = "1/5") -> Case:
    case = Case(OFFICES)
    mine = Portion(party("nominee"), share(amount), Manner("nominee", party(of)))
    rest = {"1/5": "4/5", "3/5": "2/5"}[amount]
    case.given(declare("port", [mine, Portion(party("city"), share(rest))]))
    return case


def test_a_cap_counts_what_a_nominee_takes_and_holds():
    case = through_nominee("cosco")
    limit = case.given(cap("port", "1/4", "cosco"), on="2010-01-01", by="ministry", type="transaction.prohibited")
    exceeded = {("limit.exceeded", limit.id)}
    behind = Manner("nominee", party("cosco"))
    more = {"on": "2011-01-01"}
    assert case.objections(move("port", "1/10", "city", "cosco"), **more) == exceeded
    assert case.objections(move("port", "1/10", "city", "other", manner=behind), **more) == exceeded
    assert case.objections(move("port", "1/20", "city", "other", manner=behind), **more) == set()
    assert case.objections(move("port", "1/10", "city", "other"), **more) == set()
    assert case.objections(move("port", "1/5", "nominee", "cosco"), **more) == set()
    issued = replace(reunit("port", {}, {"other": "1/5"}), issue=(Portion(party("other"), share("1/5"), behind),))
    assert case.objections(issued, by="port", **more) == exceeded


def test_an_order_to_divest_is_not_obeyed_by_handing_over_to_a_nominee():
    case = held({"alpha": "1/2", "beta": "1/2"})
    quarter = Limit(Right.TITLE, share("1/4"), inclusive=True)
    order = impose("divestment-order", "asset:port", takes="", binds=["alpha"], limit=quarter, until="2012-12-31")
    case.given(order, on="2012-01-01", by="ministry", type="divestment.ordered")
    behind = Manner("nominee", party("alpha"))
    case.given(move("port", "1/2", "alpha", "nominee", manner=behind), on="2012-06-01")
    assert [i.rule for i in case.at("2013-01-01", "port").remarks.irregular] == ["divestment.overdue"]
    case.given(move("port", "1/4", "nominee", "gamma"), on="2013-02-01")
    assert case.at("2013-02-01", "port").remarks.irregular == ()


def test_a_ban_that_binds_who_holds_through_a_nominee_binds_the_nominee():
    for over, binds in (("asset:port", ["owner"]), ("asset:port/party:owner", [])):
        case = through_nominee("owner", "3/5")
        ban = impose("disposal-ban", over, takes="dispose forbids", binds=binds)
        banned = case.given(ban, on="2010-01-01", by="ministry", type="restriction.imposed")
        sale = move("port", "3/5", "nominee", "x")
        assert case.objections(sale, on="2011-01-01") == {("restriction.binds", banned.id)}
        assert case.objections(move("port", "2/5", "city", "x"), on="2011-01-01") == set()


def test_capital_held_through_a_nominee_is_not_cut_past_a_freeze():
    case = through_nominee("owner")
    frozen = case.given(freeze("party:owner"), on="2010-01-01", by="ministry", type="restriction.imposed")
    cut = reunit("port", {"nominee": "1/5"}, {"city": "1/5"})
    assert case.objections(cut, on="2011-01-01", by="port") == {("restriction.binds", frozen.id)}


def test_a_licence_to_one_name_is_to_the_other():
    case = held()
    frozen = case.given(freeze("party:alpha"), on="2010-01-01", by="ministry", type="restriction.imposed")
    case.given(permit(excepts=[ref(frozen)], to=["beta"]), on="2010-06-01", by="ministry")
    joined(case, "beta", "beta-ag", "2012-01-01")
    sale = move("port", "1/1", "alpha", "beta-ag")
    assert case.objections(sale, on="2011-01-01") == {("restriction.binds", frozen.id)}
    assert case.objections(sale, on="2012-01-01") == set()


def test_who_acts_for_the_holder_of_a_veto_consents():
    case = held()
    veto = impose("golden-share", "asset:port", "fund", takes="dispose vetoes")
    golden = case.given(veto, on="2010-01-01", by="ministry")
    case.given(impose("liquidator", "party:fund", "liq", takes="dispose takes"), on="2011-01-01", **OFFICER)
    agreed = case.given(agree(of="port"), on="2011-06-01", by="alpha")
    done = move("port", "1/1", "alpha", "x", performs=[ref(agreed)])
    assert case.objections(done, on="2013-01-01") == {("measure.consent-missing", golden.id)}
    consent = permit(kind="consent", transaction=ref(agreed))
    case.given(consent, on="2012-01-01", by="liq", type="clearance.granted", basis="notice")
    assert case.objections(done, on="2013-01-01") == set()


# --- burdens that pass, payments, what falls due ---------------------------------------------------------------------


def test_a_burden_is_not_assigned_past_a_freeze_nor_given_up_past_an_insolvency_officer():
    case = held()
    burden = case.given(mortgage(), on="2010-01-01", by="alpha", **BURDEN)
    frozen = case.given(freeze("party:bank"), on="2012-01-01", by="ministry", type="restriction.imposed")
    listed = case.given(freeze("party:fund"), on="2013-01-01", by="ministry", type="restriction.imposed")
    more = {"by": "bank", "type": "encumbrance.assigned", "basis": "agreement"}
    passed = alter(ref(burden), "assign", to="fund")
    assert case.objections(passed, on="2011-01-01", **more) == set()
    assert case.objections(passed, on="2012-01-01", **more) == {("restriction.binds", frozen.id)}
    both = {("restriction.binds", frozen.id), ("restriction.binds", listed.id)}
    assert case.objections(passed, on="2013-01-01", **more) == both
    released, more = alter(ref(burden), "discharge"), {"type": "encumbrance.discharged", "basis": "deed"}
    assert case.objections(released, on="2013-01-01", by="bank", **more) == set()
    officer = impose("insolvency-officer", "party:bank", "officer", takes="dispose takes")
    opened = case.given(officer, on="2014-01-01", **OFFICER)
    assert case.objections(released, on="2014-01-01", by="bank", **more) == {("measure.bars-disposal", opened.id)}
    assert case.objections(released, on="2014-01-01", by="officer", **more) == set()
    assert case.objections(released, on="2014-01-01", by="court", type=more["type"], basis="judgment") == set()


def test_what_was_assigned_by_one_whose_own_assignment_is_void_stands_marked():
    case = held()
    burden = case.given(mortgage(), on="2010-01-01", by="alpha", **BURDEN)
    more = {"type": "encumbrance.assigned", "basis": "agreement"}
    first = case.given(alter(ref(burden), "assign", to="first"), on="2011-01-01", by="bank", **more)
    second = case.given(alter(ref(burden), "assign", to="second"), on="2012-01-01", by="first", **more)
    assert gaps(case, "2013-01-01") == []
    case.given(void(ref(first)), on="2013-01-01", by="court")
    (live,) = case.at("2013-06-01", "port").measures
    assert live.span.holder == party("second")
    assert [gap.ref for gap in case.at("2013-06-01", "port").remarks.gaps] == [ref(second)]


def test_a_concession_of_a_frozen_owner_is_barred_as_a_lease_is():
    case = held()
    frozen = case.given(freeze("party:alpha"), on="2012-01-01", by="ministry", type="restriction.imposed")
    granted = impose("concession", "asset:port", "operator", takes="use takes, manage takes")
    more = {"by": "alpha", "type": "concession.granted", "basis": "agreement"}
    assert case.objections(granted, on="2011-12-31", **more) == set()
    assert case.objections(granted, on="2012-01-01", **more) == {("restriction.binds", frozen.id)}


def test_a_ban_on_payments_bars_a_payment():
    case = held()
    debt = case.given(owe("100"), on="2010-01-01", by="court")
    for over in ("party:state", "party:alpha"):
        again = held()
        debt = again.given(owe("100"), on="2010-01-01", by="court")
        ban = impose("payment-ban", over, takes="", until="2012-12-31")
        banned = again.given(ban, on="2012-01-01", by="ministry", type="restriction.imposed")
        assert again.objections(pay(ref(debt), "40"), on="2011-12-31", by="state") == set()
        assert again.objections(pay(ref(debt), "40"), on="2012-12-31", by="state") == {("restriction.binds", banned.id)}
        assert again.objections(pay(ref(debt), "40"), on="2013-01-01", by="state") == set()
        again.given(permit(excepts=[ref(banned)]), on="2012-06-01", by="ministry")
        assert again.objections(pay(ref(debt), "40"), on="2012-12-31", by="state") == set()


def test_conditions_of_a_revoked_permit_and_a_stay_taken_back_are_no_longer_due():
    case = held()
    frozen = case.given(freeze("party:alpha"), on="2012-01-01", by="ministry", type="restriction.imposed")
    condition = Condition("sell", when("2015-03-31"))
    licence = case.given(
        replace(permit(excepts=[ref(frozen)]), conditions=(condition,)), on="2013-01-01", by="ministry"
    )
    stay = case.given(proceed("k", "stayed", "DE", until="2015-05-31"), on="2013-01-01", by="court")

    def due() -> list[str]:
        return [item.kind for item in calendar(case.folds(), date(2015, 1, 1), date(2015, 12, 31))]

    assert due() == ["condition due", "suspension ends"]
    revoked = permit("revoked", of=ref(licence), time="judgment")
    case.given(revoked, on="2014-01-01", by="ministry", type="licence.revoked")
    assert due() == ["suspension ends"]
    wrong = void(stay, ground="retraction", consequence="revives")
    case.given(wrong, by="court", type="record.retracted", basis="correction")
    assert due() == []


def test_a_burden_of_the_whole_by_some_of_its_holders_is_told():
    case = held({"alpha": "1/2", "beta": "1/2"})

    def told(burden: Impose, **more: Any) -> list[str]:
        found = case.admission.judge(case.act(burden, on="2012-01-01", by="beta", **BURDEN, **more))
        assert found.objections == ()
        return [gap.kind for gap in found.gaps]

    assert told(mortgage()) == ["grantors-missing"]
    both = [Signer(party(name), "grantor", "author") for name in ("alpha", "beta")]
    assert told(mortgage(), signers=both) == []
    assert told(pledge("beta")) == []


def test_a_cap_passed_by_succession_is_told_while_it_is_passed():
    case = held({"city": "3/5", "cosco": "1/5", "daughter": "1/5"})
    case.given(cap("port", "1/4", "cosco"), on="2012-01-01", by="ministry", type="transaction.prohibited")
    case.given(exist("merge", "party:daughter", "party:cosco"), on="2013-01-01")
    assert [gaps(case, day) for day in ("2012-12-31", "2013-01-01")] == [[], ["limit-passed"]]
    case.given(move("port", "3/20", "cosco", "city"), on="2014-01-01")
    assert gaps(case, "2014-01-01") == []
