"""What an answer says beside the law it tells: legal days where each asset is, terms in their own zone, causes of the moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from domain.answers import Asked, Plain, Question, Told, understand
from domain.answers_assets import history, show
from domain.answers_compared import explained, forums_of
from domain.answers_parties import chain_of, holdings_of
from domain.answers_proceedings import encumbrances_of, restrictions_of
from domain.answers_terms import calendar_of, format_icalendar
from domain.effects import Admit, Limit, Manner, Owe, Portion, Reach, Right, State
from domain.effects import Part as PartOfAsset
from domain.identifiers import Forum, NormId
from ledger.cli.parts import Part
from tests.domain.builders import (
    Case,
    admit,
    alter,
    asset,
    declare,
    exist,
    freeze,
    holder,
    impose,
    move,
    party,
    ref,
    register,
    reunit,
    share,
    subject,
    void,
    when,
)

NOW = datetime(2031, 1, 1, tzinfo=UTC)
EAST, WEST = "Pacific/Kiritimati", "America/Los_Angeles"


def ask(
    case: Case,
    name: str,
    tell: Callable[[Question], Told] = show,
    *,
    effective: str | None = None,
    known: str | None = None,
    forum: str | None = None,
) -> Part:
    return Part(tell(understand(case.record, subject(name), Asked(effective, known, forum=forum), NOW)))


def split(answer: Part, right: str = "title") -> dict[str, str]:
    return {item["holder"].text: item["share"].text for item in answer[right].each()}


def placed(**zones: str) -> Case:
    case = Case({"ministry": "DE"})
    for name, zone in zones.items():
        case.given(register(f"asset:{name}", "DE", zone))
        case.given(declare(name, {"ann": "1/1"}), known="2000-01-01")
    return case


# --- a bare date, where each asset is ----------------------------------------------------------------------------


def test_holdings_on_a_day_are_those_that_show_tells_of_each_asset():
    case = placed(east=EAST, west=WEST)
    for name, zone in (("east", EAST), ("west", WEST)):
        case.given(move(name, "1/1", "ann", "bob"), on="2020-05-01", zone=zone, known="2020-05-01")
    for day in ("2020-04-29", "2020-04-30", "2020-05-01"):
        for effective, known in ((day, None), ("2021-01-01", day)):
            shown: dict[Plain, list[Plain]] = {}
            for name in ("asset:east", "asset:west"):
                for item in ask(case, name, effective=effective, known=known)["title"].each():
                    shown.setdefault(item["holder"].value, []).append(name)
            for who in ("party:ann", "party:bob"):
                held = ask(case, who, holdings_of, effective=effective, known=known)["holdings"].each()
                assert [i["asset"].value for i in held if i["right"].text == "title"] == shown.get(who, [])
                below = ask(case, who, chain_of, effective=effective, known=known)["below"].each()
                assert [i["asset"].value for i in below] == shown.get(who, [])


def test_a_chain_is_seen_where_the_company_at_its_foot_is():
    case = placed(port=EAST, mid=WEST)
    case.given(move("port", "1/1", "ann", "mid"), on="2020-01-01", zone=EAST)
    case.given(move("mid", "1/1", "ann", "bob"), on="2020-05-01T06:00:00Z")
    (item,) = ask(case, "party:bob", chain_of, effective="2020-04-30")["below"].each()
    assert item["asset"].text == "asset:mid", "in Kiritimati that day ended before the sale"
    (link,) = ask(case, "party:mid", chain_of, effective="2020-04-30")["above"].each()
    assert link["party"].text == "party:bob"


def test_a_measure_over_a_party_is_told_in_the_days_of_its_own_zone():
    case = placed(co="Europe/Amsterdam")
    board = impose("director", "party:co", "dir", until="2020-12-31")
    case.given(board, on="2020-06-01", zone="Europe/Amsterdam", by="co")
    (held,) = ask(case, "party:dir", holdings_of, effective="2020-06-01")["measures_held"].each()
    assert (held["whole"]["first_day"].text, held["whole"]["last_day"].text) == ("2020-06-01", "2020-12-31")
    assert not ask(case, "party:dir", holdings_of, effective="2020-05-31")["measures_held"]
    (over,) = ask(case, "party:co", holdings_of, effective="2020-12-31")["measures_over"].each()
    assert over["whole"]["first_day"].text == "2020-06-01"
    (who,) = ask(case, "party:co", holdings_of, effective="2020-06-01")["representation"].each()
    assert (who["agent"].text, who["first_day"].text) == ("party:dir", "2020-06-01")


def test_a_term_ends_with_a_legal_day_of_its_own_zone_which_is_named():
    case = placed(port="Europe/Berlin")
    order = impose("temporary-management", "asset:port", "manager", until="2004-12-27")
    case.given(order, on="2004-12-20", zone="America/Chicago", by="ministry")
    (told,) = ask(case, "asset:port", effective="2004-12-27")["measures"].each()
    assert (told["whole"]["last_day"].text, told["whole"]["last_day_zone"].text) == ("2004-12-27", "America/Chicago")
    assert told["stated_end"].text == "2004-12-27"
    home = impose("temporary-management", "asset:port", "other", until="2005-12-27")
    case.given(home, on="2005-12-20", zone="Europe/Paris", by="ministry")
    (told,) = ask(case, "asset:port", effective="2005-12-27")["measures"].each()
    assert (told["whole"]["last_day"].text, told["whole"]["last_day_zone"].value) == ("2005-12-27", None)


def test_explain_names_the_legal_day_on_which_show_says_the_same():
    case = placed(port=EAST)
    for day, source, target in (("2010-01-01", "ann", "bob"), ("2012-01-01", "bob", "cid")):
        case.given(move("port", "1/1", source, target), on=day, zone=EAST, known=day)
    told = ask(case, "asset:port", lambda q: explained(q, "title"))
    views = {item["view"].text: item["value"].text for item in told["elsewhere"].each()}
    assert views["as known on 2010-01-01"] == "party:bob 1"
    for view in views:
        day = view.removeprefix("as known on ")
        (who,) = split(ask(case, "asset:port", known=day))
        assert views[view] == f"{who} 1"


# --- encumbrances ------------------------------------------------------------------------------------------------


def test_rank_and_holder_of_an_encumbrance_are_those_of_the_day():
    case = placed(port="Europe/Berlin")
    first = case.given(
        impose("mortgage", "asset:port", "bank", takes="", source_rank=("1995-01-10", 1)), on="1995-01-10"
    )
    case.given(impose("mortgage", "asset:port", "bank2", takes="", source_rank=("1998-03-03", 1)), on="1998-03-03")
    case.given(alter(ref(first), "assign", to="fund"), on="2001-05-01", by="bank")
    second = case.record.acts[-2]
    case.given(alter(ref(first), "subordinate", below=[ref(second)]), on="2005-05-01", by="fund")

    def ranked(day: str) -> list[tuple[str, str]]:
        told = ask(case, "asset:port", encumbrances_of, effective=day)["encumbrances"].each()
        return [(item["rank"].text, item["holder"].text) for item in told]

    assert ranked("1996-01-01") == [("1", "party:bank"), ("", "party:bank2")]
    assert ranked("1999-01-01") == [("1", "party:bank"), ("2", "party:bank2")]
    assert ranked("2003-01-01") == [("1", "party:fund"), ("2", "party:bank2")]
    assert ranked("2006-01-01") == [("1", "party:bank2"), ("2", "party:fund")]
    told = ask(case, "asset:port", encumbrances_of, effective="1999-01-01")["encumbrances"].each()
    assert told[0]["causes"].texts() == [str(ref(first))], "what came later did not cause what was"


def test_a_burden_without_an_entry_ranks_by_the_legal_day_of_its_zone():
    case = placed(port=EAST)
    case.given(impose("pledge", "asset:port", "late", takes=""), on="2020-05-01", zone=EAST)
    entered = impose("mortgage", "asset:port", "bank", takes="", source_rank=("2020-05-01", 1))
    case.given(entered, on="2020-05-01", zone=EAST)
    told = ask(case, "asset:port", encumbrances_of, effective="2020-05-01")["encumbrances"].each()
    assert [item["holder"].text for item in told] == ["party:bank", "party:late"]


# --- chains ------------------------------------------------------------------------------------------------------


def test_what_a_nominee_holds_is_told_of_both():
    case = placed()
    case.given(declare("port", [Portion(holder("depot"), share("1/1"), Manner("nominee", party("owner")))]))
    told = ask(case, "party:owner", holdings_of)
    assert not told["holdings"]
    assert {(i["holder"].text, i["asset"].text) for i in told["held_for"].each()} == {("party:depot", "asset:port")}
    assert ask(case, "party:depot", holdings_of)["holdings"].each()[0]["manner"]["for"].text == "party:owner"
    assert [i["asset"].text for i in ask(case, "party:owner", chain_of)["below"].each()] == ["asset:port"]


def test_a_chain_tells_what_nobody_is_named_for_and_which_measures_take_the_votes():
    case = placed()
    case.given(declare("port", {"mid": "39/50", "?": "11/50"}))
    case.given(impose("trusteeship", "asset:port", "trustee"), on="2021-01-01", by="ministry")
    told = ask(case, "party:mid", chain_of, effective="2021-06-01")["below"].each()[0]
    assert told["percent"].text == "78 %–100 %"
    (measure,) = told["control"]["measures"].each()
    assert (measure["holder"].text, measure["asset"].text) == ("party:trustee", "asset:port")
    assert set(dict(measure["powers"].items())) == {"vote", "manage"}
    assert not ask(case, "party:mid", chain_of, effective="2020-06-01")["below"].each()[0]["control"]["measures"]


# --- what a subject became, and who acts for it ------------------------------------------------------------------


def test_show_marks_what_an_asset_had_become_by_the_moment():
    case = placed(port="Europe/Berlin", new="Europe/Berlin")
    case.given(exist("merge", "asset:port", "asset:new"), on="2020-06-01")
    for day, now in (("2020-05-31", False), ("2020-06-01", True)):
        identity = ask(case, "asset:port", effective=day)["identity"]
        assert (identity["ended"]["now"].value, identity["successors"].each()[0]["now"].value) == (now, now)


def test_show_tells_who_represents_the_company_that_the_asset_is():
    case = placed(co="Europe/Berlin")
    case.given(
        impose("director", "party:co", "dir", takes="manage takes", until="2020-12-31"), on="2020-06-01", by="co"
    )
    (told,) = ask(case, "asset:co", effective="2020-06-01")["representation"].each()
    assert (told["kind"].text, told["holder"].text) == ("director", "party:dir")
    assert not ask(case, "asset:co", effective="2021-01-01")["representation"]
    director = ref(case.record.acts[-1])
    case.given(alter(director, "suspend"), on="2020-09-01", by="ministry")
    told = ask(case, "asset:co", effective="2020-09-01")
    assert (told["representation"].each(), [m["ref"].text for m in told["suspended"].each()]) == ([], [str(director)])


def test_forums_compare_who_may_act_for_those_who_hold_the_asset():
    case = Case({"state-us": "US", "mfa-ru": "RU"})
    case.given(register("asset:oil", "VE"))
    case.given(declare("oil", {"venezuela": "1/1"}))
    for by, forum, government in (("state-us", "US", "guaido"), ("mfa-ru", "RU", "maduro")):
        answer = Admit(Forum(forum), "recognised", None, party(government), party("venezuela"))
        case.given(answer, on="2019-01-23", by=by, subjects=["party:venezuela"])
    told = ask(case, "asset:oil", lambda q: forums_of(q, (Forum("US"), Forum("RU"))), effective="2020-01-01")
    (point,) = told["differences"].each()
    assert point["what"].text == "representation party:venezuela"
    assert {forum: view["value"].text for forum, view in point["views"].items()} == {
        "US": "party:guaido, recognised government",
        "RU": "party:maduro, recognised government",
    }


# --- remarks -----------------------------------------------------------------------------------------------------


def test_a_foreign_act_not_applied_is_told_with_the_refusal_or_as_not_asked_for():
    case = Case({"court-nl": "NL", "court-us": "US"})
    case.given(register("asset:port", "NL"))
    case.given(declare("port", {"ann": "1/1"}))
    award = case.given(impose("trusteeship", "asset:port", "trustee"), on="2020-01-01", by="court-us")

    def unapplied(day: str) -> Part:
        (item,) = ask(case, "asset:port", effective=day)["remarks"]["unapplied"].each()
        return item

    assert unapplied("2020-02-01")["words"].text == "a foreign act that this forum has not been asked to admit"
    refusal = case.given(admit(award, "NL", "refused"), on="2021-01-01", by="court-nl")
    told = unapplied("2021-02-01")
    assert told["words"].text == "a foreign act that this forum has refused"
    assert told["answers"].texts() == [str(ref(refusal))]


def test_a_divestment_is_overdue_at_the_moment_asked_never_before_its_term():
    case = placed(port="Europe/Berlin")
    order = impose(
        "divestment-order",
        "asset:port",
        takes="",
        until="2030-12-31",
        limit=Limit(Right.TITLE, share("1/2"), True),
        binds=["ann"],
    )
    case.given(order, on="2025-01-01", by="ministry")

    def rules(tell: Callable[[Question], Told], now: datetime) -> list[str]:
        answer = Part(tell(understand(case.record, subject("asset:port"), Asked(), now)))
        return [item["rule"].text for item in answer["remarks"]["irregular"].each()]

    for tell in (history, restrictions_of):
        assert rules(tell, datetime(2026, 1, 1, tzinfo=UTC)) == []
        assert rules(tell, datetime(2031, 1, 1, tzinfo=UTC)) == ["divestment.overdue"]


# --- restrictions ------------------------------------------------------------------------------------------------


def test_a_freeze_over_a_holder_below_its_reach_is_told_of_that_stake_only():
    case = placed(port="Europe/Berlin")
    case.given(declare("co", {"ann": "3/10", "bob": "7/10"}))
    frozen = case.given(
        freeze("party:ann", reach=Reach(share("1/2"), True, True, "sdn")), on="2022-01-01", by="ministry"
    )
    for tell in (show, restrictions_of):
        told = ask(case, "asset:co", tell, effective="2022-06-01")
        (stake,) = told["restricted_stakes"].each()
        assert (stake["stake_of"].text, stake["over"].text, stake["binding"].value) == ("party:ann", "party:ann", True)
        assert stake["restriction"].text == str(ref(frozen))
        assert not ask(case, "asset:co", tell, effective="2021-06-01")["restricted_stakes"]
    (reached,) = ask(case, "asset:port", effective="2022-06-01")["restrictions"].each()
    assert not ask(case, "asset:port", effective="2022-06-01")["restricted_stakes"], "the whole of it is reached"
    assert reached["over"].text == "party:ann"


def test_a_freeze_of_several_lies_over_the_one_through_whom_it_reaches():
    case = placed()
    case.given(declare("port", {"mid": "1/1"}))
    case.given(declare("mid", {"zed": "1/1"}))
    both = impose(
        "freeze",
        ["party:ann", "party:zed"],
        takes="dispose forbids, receive forbids",
        reach=Reach(share("1/2"), True, True, "sdn"),
    )
    case.given(both, on="2022-01-01", by="ministry")
    for tell, name in ((show, "restrictions"), (restrictions_of, "windows")):
        (told,) = ask(case, "asset:port", tell, effective="2022-06-01")[name].each()
        assert (told["over"].text, told["through"].texts()) == ("party:zed", ["party:port", "party:mid"])


# --- deadlines ---------------------------------------------------------------------------------------------------


def test_a_deadline_is_due_on_its_legal_day_in_its_own_zone():
    case = placed(east=EAST, west=WEST)
    for name, zone in (("east", EAST), ("west", WEST)):
        order = impose("temporary-management", f"asset:{name}", "manager", until="2020-06-30")
        case.given(order, on="2020-01-01", zone=zone, by="ministry")

    def due(day: int, name: str = "register") -> list[str]:
        told = ask(case, name, lambda q: calendar_of(q, date(2020, 6, day), date(2020, 6, day)))
        return [item["subjects"].texts()[0] for item in told["deadlines"].each()]

    assert (due(29), due(30)) == ([], ["asset:east", "asset:west"])
    for name in ("asset:east", "asset:west"):
        assert (due(29, name), due(30, name)) == ([], [name])


def test_the_calendar_names_parties_and_leaves_the_words_of_signers_alone():
    case = placed(port="Europe/Berlin")
    case.given(register("party:ann"))
    case.given(
        Owe("price", party("ann"), party("bob"), None, due=when("2020-06-30"), asset=asset("port")), on="2020-01-01"
    )
    said = State("agreement", asset=asset("port"), text="reduce to 25 % + 1", long_stop=when("2020-06-30"))
    case.given(said, on="2020-01-01")
    june = (date(2020, 6, 1), date(2020, 6, 30))
    told = ask(case, "register", lambda q: calendar_of(q, *june))
    assert {(i["words"].text, i["quoted"].value) for i in told["deadlines"].each()} == {
        ("price: party:ann to party:bob", False),
        ("reduce to 25 % + 1", True),
    }
    assert told["names"]["party:ann"].text == "party:ann"
    asked = understand(case.record, subject("register"), Asked(), NOW)
    assert "price: party:ann (party:ann) to party:bob" in format_icalendar(asked, *june, NOW).replace("\r\n ", "")


def test_what_a_rectification_puts_in_place_is_dated_by_it():
    case = placed(port="Europe/Berlin")
    sale = case.given(move("port", "1/2", "ann", "bob"), on="2020-01-01")
    right = case.given(
        void(sale, ground="error"),
        move("port", "1/4", "ann", "bob", on="2020-01-01"),
        by="ann",
        type="record.rectified",
    )
    told = ask(case, "asset:port", effective="2021-01-01")["statements"][right.id]
    assert told["effective"]["from"].text == "2020-01-01"


def test_a_measure_whose_norm_ended_is_told_with_what_ended_it():
    def gaps(case: Case, day: str) -> list[tuple[str, str]]:
        told = ask(case, "asset:port", effective=day)["remarks"]["gaps"].each()
        return [(item["kind"].text, item["words"].text.partition("rests, ")[2]) for item in told]

    for ending in ("repeal", "annulment"):
        case = placed(port="Europe/Berlin")
        enacted = case.given(register("norm:act-1", "DE"), type="norm.enacted", by="ministry")
        order = replace(impose("temporary-management", "asset:port", "manager"), norm=NormId(subject("norm:act-1")))
        case.given(order, on="2020-01-01", by="ministry")
        assert gaps(case, "2021-06-01") == []
        if ending == "repeal":
            case.given(exist("repeal", "norm:act-1"), on="2021-01-01", by="ministry")
            assert gaps(case, "2020-06-01") == []
            assert gaps(case, "2021-06-01") == [("norm-repealed", "was repealed while it was in force")]
        else:
            case.given(void(enacted), on="2022-01-01", by="ministry", subjects=["norm:act-1"])
            assert gaps(case, "2022-06-01") == [("norm-repealed", "was annulled")]


def test_a_debt_tells_who_succeeded_its_parties():
    case = placed(port="Europe/Berlin")
    case.given(Owe("fine", party("old"), party("bank"), None, asset=asset("port")), on="2009-01-01")
    done = case.given(exist("succeed", "party:old", "party:new"), on="2010-01-01")
    assert not ask(case, "asset:port", effective="2009-12-31")["debts"].each()[0]["succeeded"]
    (told,) = ask(case, "asset:port", effective="2010-01-01")["debts"].each()[0]["succeeded"].each()
    assert (told["party"].text, told["by"].text) == ("party:old", "party:new")
    assert told["causes"].texts() == [str(ref(done))]


def test_what_passed_by_a_division_is_among_the_holdings():
    case = placed(port="Europe/Berlin")
    parts = tuple(PartOfAsset(asset(name), share("1/2")) for name in ("quay", "dock"))
    case.given(exist("divide", "asset:port", parts=parts), on="2020-06-01")
    for day in ("2020-05-31", "2020-06-01"):
        shown = {
            name for name in ("asset:port", "asset:quay") if split(ask(case, name, effective=day)).get("party:ann")
        }
        held = {item["asset"].text for item in ask(case, "party:ann", holdings_of, effective=day)["holdings"].each()}
        assert held - {"asset:dock"} == shown


def test_a_measure_over_a_stake_follows_the_successor_and_is_remarked_when_nothing_is_left():
    case = placed()
    case.given(register("asset:bank", "DE"))
    case.given(declare("bank", {"old": "1/2", "rest": "1/2"}))
    pledge = case.given(impose("pledge", "asset:bank/party:old", "lender", takes=""), on="2005-01-01", by="old")
    case.given(exist("succeed", "party:old", "party:new"), on="2010-01-01")
    case.given(reunit("bank", {"new": "1/2", "rest": "1/2"}, {"state": "1/1"}), on="2013-02-01", by="ministry")

    def told(day: str) -> tuple[str, list[str]]:
        answer = ask(case, "asset:bank", effective=day)
        (measure,) = answer["measures"].each()
        gone = [gap["words"].text for gap in answer["remarks"]["gaps"].each() if gap["kind"].text == "stake-gone"]
        assert measure["ref"].text == str(ref(pledge))
        return measure["over"].each()[0]["holder"].text, gone

    assert told("2009-12-31") == ("party:old", [])
    assert told("2010-01-01") == ("party:new", [])
    assert told("2013-02-01") == (
        "party:new",
        ["party:new, over whose stake this measure lies, holds nothing of asset:bank"],
    )
