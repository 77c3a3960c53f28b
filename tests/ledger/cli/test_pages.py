"""What a page prints of an answer: the words of the law in percent and by name, the words of signers as they wrote them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from rich.console import Console

from domain.answers import Asked, Question, Told, understand
from domain.answers_assets import history, show
from domain.answers_parties import chain_of, holdings_of, interests_in
from domain.answers_proceedings import encumbrances_of, proceedings_of, restrictions_of
from domain.answers_terms import calendar_of
from domain.effects import Condition, Described, Manner, Money, Owe, Part, Pay, Portion, Reach, Right, Void
from domain.identifiers import EffectRef, NormId
from ledger.cli.asset_pages import print_history, print_show
from ledger.cli.compared_pages import print_chain, print_holdings
from ledger.cli.pages import Page
from ledger.cli.term_pages import print_calendar, print_encumbrances, print_proceedings, print_restrictions
from tests.domain.builders import (
    Case,
    alter,
    asset,
    cap,
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
    register,
    share,
    subject,
    when,
)

NOW = datetime(2031, 1, 1, tzinfo=UTC)


def page_of(answer: Told) -> Page:
    return Page(Console(file=io.StringIO(), width=160, highlight=False), answer)


def printed(
    case: Case, name: str, tell: Callable[[Question], Told], page: Callable[[Page], None], effective: str | None = None
) -> str:
    found = page_of(tell(understand(case.record, subject(name), Asked(effective), NOW)))
    page(found)
    file = found.console.file
    assert isinstance(file, io.StringIO)
    return "\n".join(" ".join(line.split()) for line in file.getvalue().splitlines())


def placed(**names: str) -> Case:
    """Assets by slug, each with the name it bears."""
    case = Case({"ministry": "DE", "court": "DE"})
    for slug, name in names.items():
        case.given(replace(register(f"asset:{slug}", "DE"), name=name))
        case.given(replace(register(f"party:{slug}"), name=name))
    return case


def test_words_of_the_law_are_spelled_out_and_names_are_not_touched():
    page = page_of({"asset": "asset:port", "names": {"party:halves": "1/2 Holding 1; AG"}, "statements": {}})
    assert (
        page.words("title: party:halves 1/4 to 1/2; unknown 1") == "title: 1/2 Holding 1; AG 25 %–50 %; unknown 100 %"
    )


def test_a_condition_is_printed_as_it_was_signed():
    case = placed(port="Port")
    granted = permit(kind="clearance", over=["asset:port"])
    condition = Condition("reduce to 25 % + 1; 1/4 at most", when("2020-06-30"))
    case.given(replace(granted, conditions=(condition,)), on="2020-01-01", by="ministry")
    june = date(2020, 6, 30)
    out = printed(case, "register", lambda q: calendar_of(q, june, june), lambda p: print_calendar(p, "a", "b"))
    assert "condition due: reduce to 25 % + 1; 1/4 at most" in out


def test_a_decision_that_waits_to_be_final_is_not_called_enforceable():
    case = placed(port="Port")
    for number, force in (("one", "on_finality"), ("two", "immediate")):
        case.given(proceed(number, "decided", "DE", force=force), on="2020-01-01", by="court")
    waiting = printed(case, "proceeding:one", proceedings_of, print_proceedings)
    assert "not enforceable before it is final" in waiting
    assert "enforceable, but" not in waiting
    assert "enforceable at once" in printed(case, "proceeding:two", proceedings_of, print_proceedings)


def test_show_says_at_the_top_what_the_asset_has_become():
    case = placed(port="Port", quay="Quay", dock="Dock", group="Group")
    case.given(
        exist("divide", "asset:port", parts=tuple(Part(asset(n), share("1/2")) for n in ("quay", "dock"))),
        on="2020-06-01",
    )
    case.given(exist("merge", "asset:quay", "asset:group"), on="2021-06-01")
    out = printed(case, "asset:port", show, print_show, "2020-06-01").splitlines()
    assert out[2].startswith("Divided: Quay (asset:quay), Dock (asset:dock) on 2020-06-01 [")
    assert out[3] == ""
    assert "Divided" not in printed(case, "asset:port", show, print_show, "2020-05-31")
    merged = printed(case, "asset:quay", show, print_show, "2021-06-01")
    assert "Merged into Group (asset:group) on 2021-06-01" in merged
    assert "Ended" not in merged
    case.given(exist("end", "asset:dock"), on="2022-06-01")
    assert "Ended on 2022-06-01" in printed(case, "asset:dock", show, print_show, "2022-06-01")


def test_show_and_history_say_at_the_top_where_the_asset_lay():
    case = placed(port="Port")
    assert "Place:" not in printed(case, "asset:port", show, print_show, "2020-05-31")
    case.given(register("asset:port", "US"), on="2020-06-01", by="court")
    out = printed(case, "asset:port", show, print_show, "2020-06-01").splitlines()
    assert "in the eyes of US (place of the asset)" in out[1]
    assert out[2].startswith("Place: DE, before the record – 2020-05-31 [")
    assert out[3].startswith("Place: US, 2020-06-01 – open [")
    assert "place: DE → US" in "\n".join(out)
    through = printed(case, "asset:port", history, print_history)
    assert "each asset in the eyes of its own place" in through
    assert "Place: US, 2020-06-01" in through


def test_a_restriction_is_told_over_whom_it_lies_and_through_whom():
    case = placed(port="Port", mid="Mid", top="Top")
    case.given(declare("port", {"mid": "1/1"}))
    case.given(declare("mid", {"top": "1/1"}))
    case.given(declare("top", {"boss": "3/5", "ann": "2/5"}))
    case.given(freeze("party:boss", reach=Reach(share("1/2"), True, True, "sdn")), on="2022-01-01", by="ministry")
    out = printed(case, "asset:port", restrictions_of, print_restrictions, "2022-06-01")
    assert "freeze over party:boss, through Top, Mid [" in out
    assert "No restriction is binding now." in printed(
        case, "asset:port", restrictions_of, print_restrictions, "2021-06-01"
    )
    case.given(freeze("party:ann"), on="2023-01-01", until="2023-12-31", by="ministry")
    out = printed(case, "asset:top", restrictions_of, print_restrictions, "2023-06-01")
    assert "freeze over party:ann: binds dealings in the stake of party:ann only [" in out
    assert "No restriction" not in out
    assert "binds dealings in the stake of party:ann only binding" in printed(
        case, "asset:top", show, print_show, "2023-06-01"
    )


def test_a_term_of_another_zone_is_printed_with_it():
    case = placed(port="Port")
    order = impose("temporary-management", "asset:port", "manager", until="2004-12-27")
    case.given(order, on="2004-12-20", zone="America/Chicago", by="ministry")
    out = printed(case, "asset:port", show, print_show, "2004-12-24")
    assert "until 2004-12-27 in America/Chicago inclusive" in out
    assert "2004-12-20 in America/Chicago – 2004-12-27 in America/Chicago" in out


def test_holdings_print_nominees_and_who_represents():
    case = placed(co="Co")
    case.given(declare("co", [Portion(holder("depot"), share("1/1"), Manner("nominee", party("owner")))]))
    case.given(impose("director", "party:depot", "dir", takes="manage takes"), on="2020-01-01", by="depot")
    out = printed(case, "party:depot", holdings_of, print_holdings, "2021-01-01")
    assert "Co (asset:co) all rights, as nominee for party:owner 100 %" in out
    assert "director party:dir 2020-01-01 – open" in out
    assert "Held for it by party:depot, a nominee" in printed(case, "party:owner", holdings_of, print_holdings)


def test_a_chain_prints_what_nobody_is_named_for_and_who_votes_instead():
    case = placed(port="Port")
    case.given(declare("port", {"mid": "39/50", "?": "11/50"}))
    case.given(impose("trusteeship", "asset:port", "trustee"), on="2021-01-01", by="ministry")
    for name, tell in (("asset:port", interests_in), ("party:mid", chain_of)):
        out = printed(case, name, tell, print_chain, "2021-06-01")
        assert "78 %–100 % 78 %" in out
        assert "obody is named for 22 %" in out
        assert "Port: vote and manage by party:trustee, trusteeship" in out
    case.given(declare("dock", {"ann|bob": "1/2", "city": "1/2"}))
    out = printed(case, "asset:dock", interests_in, print_chain)
    assert "50 % of asset:dock is held by one of: party:ann / party:bob [" in out
    assert "party:ann 0 %–50 %" in out


def test_a_suspended_decision_and_one_that_orders_nothing_are_not_called_enforceable():
    case = placed(port="Port")
    first = case.given(proceed("one", "decided", "DE", force="suspended_by_appeal"), on="2020-01-01", by="court")
    case.given(proceed("one", "appealed", "DE", on=ref(first)), on="2020-02-01", by="court")
    out = printed(case, "proceeding:one", proceedings_of, print_proceedings)
    assert "not enforceable while suspended, " in out
    case.given(proceed("two", "decided", "DE", force="immediate", outcome="dismissed"), on="2020-01-01", by="court")
    out = printed(case, "proceeding:two", proceedings_of, print_proceedings)
    assert "orders nothing to be enforced" in out
    assert "enforceable at once" not in out


def test_remarks_stand_under_what_they_are_and_quote_signers_as_they_wrote():
    case = placed(port="Port")
    described = Described(asset("port"), Right.TITLE, "the lease of 1/4 of the quay")
    case.given(Void(described, "own", "this", "annulment", None), on="2020-01-01", by="court")
    case.given(register("norm:act-1", "DE"), type="norm.enacted", by="ministry")
    order = replace(impose("temporary-management", "asset:port", "manager"), norm=NormId(subject("norm:act-1")))
    case.given(order, on="2020-01-01", by="ministry")
    case.given(exist("repeal", "norm:act-1"), on="2021-01-01", by="ministry")
    out = printed(case, "asset:port", show, print_show, "2021-06-01")
    assert "an act that is not on record is void: the lease of 1/4 of the quay" in out
    _, _, told = out.partition("Norms no longer in force:\n")
    assert "norm:act-1, on which this measure rests, was repealed" in told.splitlines()[0]


def test_the_controller_acts_until_the_measure_ends_though_its_rank_or_powers_change_before():
    case = placed(line="Line")
    case.given(declare("line", {"state": "1/1"}))
    lease = case.given(impose("concession", "asset:line", "one", until="2030-12-31"), on="2015-01-01")
    case.given(alter(ref(lease), "powers", takes="manage takes"), on="2016-05-01")
    out = printed(case, "asset:line", show, print_show, "2015-06-01")
    assert "party:one, by concession until 2030-12-31 inclusive" in out


def test_a_step_elsewhere_is_dated_by_its_own_legal_day():
    case = placed(mine="Mine")
    case.given(
        proceed("set-aside", "filed", "NL", concerns=[subject("asset:mine")]), on="2018-06-15", zone="Asia/Tokyo"
    )
    ruling = proceed("set-aside", "decided", "NL", force="immediate", concerns=[subject("asset:mine")])
    case.given(ruling, on="2020-02-18", zone="Asia/Tokyo", by="court")
    out = printed(case, "asset:mine", proceedings_of, print_proceedings, "2021-01-01")
    assert "NL decided: allowed 2020-02-18 in Asia/Tokyo – open" in out
    assert "2018-06-15 in Asia/Tokyo NL filed" in out
    out = printed(case, "asset:mine", show, print_show, "2019-01-01")
    assert "later, after the day asked for: 2020-02-18 in Asia/Tokyo decided" in out


def test_a_payment_in_another_currency_is_told_beside_the_debt_and_a_debt_determined_anew_has_no_rest_of_its_own():
    case = placed(mine="Mine")

    def owed(amount: str, replaces: EffectRef | None = None) -> Owe:
        money = Money(amount, amount, "USD")
        return Owe("compensation", party("state"), party("inv"), money, asset("mine"), replaces=replaces)

    offered = case.given(owed("400"), on="2012-05-07", by="ministry")
    fixed = case.given(owed("900", ref(offered)), on="2014-02-01", by="ministry")
    for amount, currency in (("300", "USD"), ("50", "EUR")):
        paid = Pay(party("state"), party("inv"), Money(amount, amount, currency), ref(fixed), asset("mine"))
        case.given(paid, on="2014-05-01", by="state")
    out = printed(case, "asset:mine", show, print_show, "2015-01-01")
    assert "besides, 50 EUR paid, not counted" in out
    assert "900 USD 600 USD" in out
    assert "400 USD left" not in out
    assert "400 USD 400 USD" not in out


def test_a_restriction_says_whom_it_binds_and_what_a_breach_is_and_a_breach_says_which_rule():
    case = placed(port="Port")
    case.given(declare("port", {"state": "7/10", "fund": "3/10"}))
    limit = cap("port", "1/4", "fund", inclusive=False, sanction="voidable")
    order = case.given(limit, on="2018-03-01", by="ministry", type="transaction.prohibited")
    case.given(move("port", "1/10", "state", "fund"), on="2019-03-01", despite=[("limit.exceeded", order)])
    for tell, page in ((show, print_show), (restrictions_of, print_restrictions)):
        out = printed(case, "asset:port", tell, page, "2020-01-01")
        assert "acquisition-cap over Port; binds only party:fund; a breach is voidable" in out
        assert (
            "recorded despite this objection: a holding stays within a cap (limit.exceeded, knowingly); it met [" in out
        )


def test_an_order_overdue_does_not_meet_itself():
    case = placed(port="Port")
    case.given(declare("port", {"fund": "1/1"}))
    order = impose("divestment-order", "asset:port", takes="", binds=["fund"], until="2020-03-31")
    case.given(order, on="2019-09-30", by="ministry", type="divestment.ordered")
    told = [
        line for line in printed(case, "asset:port", show, print_show, "2020-06-01").splitlines() if "overdue" in line
    ]
    assert len(told) == 1
    assert "it met" not in told[0]


def test_an_insolvency_officer_of_the_owner_is_shown_with_what_the_owner_holds():
    case = placed(hall="Hall", yard="Yard")
    case.given(declare("hall", {"yard": "1/1"}))
    officer = impose("insolvency-officer", "party:yard", "liq", takes="manage takes, dispose takes", until="2020-12-31")
    case.given(officer, on="2020-04-01", by="court", type="administrator.appointed")
    out = printed(case, "asset:hall", show, print_show, "2020-04-15")
    assert "Yard party:liq insolvency-officer 2020-04-01 – 2020-12-31" in out
    assert "insolvency-officer" not in printed(case, "asset:hall", show, print_show, "2021-04-15")


def test_what_an_act_presupposes_is_said_in_words():
    case = placed(hall="Hall")
    case.given(declare("hall", {"yard": "1/1"}))
    case.given(move("hall", "1/1", "yard", "newco"), on="2020-04-01", by="court", type="ownership.sold-by-court")
    out = printed(case, "asset:hall", show, print_show, "2020-06-01")
    assert "no attachment or decision or interim order is on record before it" in out


def test_a_burden_is_told_with_the_stake_it_lies_over_and_an_uncertain_rank_as_a_rank():
    case = placed(port="Port")
    case.given(declare("port", {"ann": "3/5", "boss": "2/5"}))
    more = {"by": "ann", "type": "encumbrance.created"}
    case.given(impose("pledge", "asset:port/party:ann", "bank", takes=""), on="2022-03", **more)
    case.given(impose("pledge", "asset:port/party:ann", "fund", takes=""), on="2022-03-15", **more)
    out = printed(case, "asset:port", encumbrances_of, print_encumbrances, "2022-06-01")
    assert "1 pledge, over the stake of party:ann party:bank" in out
    assert "rank 1 of 2" in out
    assert "100 %" not in out
    assert "pledge, over the stake of party:ann party:fund" in printed(
        case, "asset:port", show, print_show, "2022-06-01"
    )


def test_votes_that_a_measure_forbids_are_told_beside_the_chain():
    case = placed(port="Port")
    case.given(declare("port", {"ann": "3/5", "boss": "2/5"}))
    barred = impose("designation", "asset:port", takes="vote forbids", binds=["ann"])
    case.given(barred, on="2022-01-01", by="ministry", type="restriction.imposed")
    out = printed(case, "party:ann", chain_of, print_chain, "2022-06-01")
    assert "a measure takes or forbids it" in out
    assert "Port: vote forbidden to party:ann, designation" in out
