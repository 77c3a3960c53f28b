"""Title, votes and economic interest (docs/law.md, rules 4 and 10 to 16)."""

from __future__ import annotations

import random
from collections.abc import Mapping

from domain.effects import Holder, Manner, Portion, Right
from domain.identifiers import EffectRef
from domain.lots import Changes, changed_by
from tests.domain.builders import (
    Case,
    alter,
    asset,
    declare,
    exist,
    holder,
    move,
    named,
    party,
    ref,
    reunit,
    share,
    spelled,
    statement_id,
    void,
)


def gaps(case: Case, day: str, of: str = "port") -> list[str]:
    return [gap.kind for gap in case.at(day, of).remarks.gaps]


def irregular(case: Case, day: str, of: str = "port") -> list[str]:
    return [item.rule for item in case.at(day, of).remarks.irregular]


# --- the whole ---------------------------------------------------------------------------------------------------


def test_nothing_recorded_means_nobody_named():
    case = Case()
    case.given(exist("register", "asset:port", kind="company", zone="Europe/Berlin"))
    assert case.split("2020-01-01", "port") == {"?": "1/1"}


def test_a_day_in_berlin_begins_and_ends_in_berlin():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    case.given(move("port", "1/1", "alpha", "beta"), on="2022-07-01")
    assert case.split("2022-06-30T21:59:59Z", "port") == {"alpha": "1/1"}
    assert case.split("2022-06-30T22:00:00Z", "port") == {"beta": "1/1"}


def test_acts_of_one_day_take_the_order_their_signers_gave_them():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    first = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    second = case.given(move("port", "1/1", "beta", "alpha"), on="2020-01-01", after=ref(first))
    case.given(move("port", "1/1", "alpha", "gamma"), on="2020-01-01", after=ref(second))
    assert case.split("2020-01-01", "port") == {"gamma": "1/1"}


def test_or_the_one_order_in_which_all_find_room():
    """Five links of one day, recorded last first and without `after`: the shares leave only one order."""
    case = Case()
    case.given(declare("port", {"p0": "1/1"}))
    for n in (4, 2, 0, 3, 1):
        case.given(move("port", "1/1", f"p{n}", f"p{n + 1}"), on="2020-01-01", label=f"link {n}")
    snap = case.at("2020-01-01", "port")
    assert spelled(snap) == {"p5": "1/1"}
    assert not snap.uncertain
    assert not snap.remarks.irregular
    assert not snap.remarks.gaps


def test_two_sales_of_one_moment_that_cannot_both_find_room_are_read_both_ways():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    case.given(move("port", "1/1", "alpha", "gamma"), on="2020-01-01")
    (told,) = [u for u in case.at("2020-02-01", "port").uncertain if u.what == "title"]
    assert {told.first, *(v for v, _ in told.others)} == {"party:beta 1–1", "party:gamma 1–1"}


def test_unless_one_record_is_stronger():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01", capacity="transcriber")
    case.given(move("port", "1/1", "alpha", "gamma"), on="2020-01-01", capacity="registrar")
    snap = case.at("2020-02-01", "port")
    assert spelled(snap) == {"gamma": "1/1"}
    assert not [u for u in snap.uncertain if u.what == "title"]


def test_a_date_known_to_the_month_is_read_at_its_first_and_last_day():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    case.given(move("port", "1/1", "alpha", "beta"), on="2020-03")
    assert not case.at("2020-02-29", "port").uncertain
    assert [u.what for u in case.at("2020-03-15", "port").uncertain] == ["title", "votes", "economic", "controller"]
    assert not case.at("2020-03-31", "port").uncertain
    assert case.split("2020-03-31", "port") == {"beta": "1/1"}


# --- declarations ------------------------------------------------------------------------------------------------


def test_a_second_declaration_that_differs_is_applied_and_told():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}), on="2019-01-01")
    case.given(declare("port", {"alpha": "1/2", "beta": "1/2"}), on="2020-01-01")
    assert case.split("2020-01-01", "port") == {"alpha": "1/2", "beta": "1/2"}
    assert gaps(case, "2020-01-01") == ["unexplained-difference"]
    assert gaps(case, "2019-12-31") == []


def test_one_that_says_what_the_acts_led_to_is_no_gap():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}), on="2019-01-01")
    case.given(move("port", "1/2", "alpha", "beta"), on="2019-06-01")
    case.given(declare("port", {"alpha": "1/2", "beta": "1/2"}), on="2020-01-01")
    assert gaps(case, "2020-01-01") == []


def test_a_weaker_declaration_is_shown_and_not_applied():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}), on="2019-01-01", capacity="registrar")
    case.given(declare("port", {"beta": "1/1"}), on="2020-01-01", capacity="transcriber")
    assert case.split("2020-01-01", "port") == {"alpha": "1/1"}
    assert gaps(case, "2020-01-01") == ["sources-differ"]


def test_a_declaration_annulled_ex_nunc_does_not_take_the_next_one_with_it():
    case = Case({"court": "DE"})
    first = case.given(declare("port", {"alpha": "1/1"}), on="2019-01-01")
    case.given(declare("port", {"beta": "1/1"}), on="2020-01-01")
    case.given(void(ref(first), "judgment"), on="2021-01-01", by="court")
    assert case.split("2019-06-01", "port") == {"alpha": "1/1"}
    assert case.split("2022-01-01", "port") == {"beta": "1/1"}


def test_sales_after_a_declaration_that_fell_stand_on_what_was_there_before_it():
    case = Case({"court": "DE"})
    case.given(declare("port", {"alpha": "1/1"}), on="2018-01-01")
    wrong = case.given(declare("port", {"alpha": "1/2", "gamma": "1/2"}), on="2019-01-01")
    case.given(move("port", "1/4", "alpha", "beta"), on="2020-01-01")
    case.given(void(ref(wrong), "judgment"), on="2021-01-01", by="court")
    assert case.split("2020-06-01", "port") == {"alpha": "1/4", "beta": "1/4", "gamma": "1/2"}
    assert case.split("2022-01-01", "port") == {"alpha": "3/4", "beta": "1/4"}


def test_ranges_always_leave_room_for_the_whole():
    case = Case()
    case.given(declare("port", {"alpha": "1/4..1/2", "beta": "1/2..3/4"}), on="2019-01-01")
    case.given(move("port", "1/8..1/4", "alpha", "gamma"), on="2020-01-01")
    assert case.split("2019-06-01", "port") == {"beta": "1/2..3/4", "alpha": "1/4..1/2"}
    later = case.split("2020-06-01", "port")
    assert later == {"beta": "1/2..3/4", "alpha": "0/1..3/8", "gamma": "1/8..1/4"}


def test_a_range_that_may_exceed_what_is_held_is_not_an_overdraft():
    case = Case()
    case.given(declare("port", {"alpha": "1/2", "beta": "1/2"}), on="2019-01-01")
    case.given(move("port", "1/4..3/4", "alpha", "gamma"), on="2020-01-01")
    assert case.split("2020-06-01", "port") == {"beta": "1/2", "alpha": "0/1..1/4", "gamma": "1/4..1/2"}
    assert irregular(case, "2020-06-01") == []


def test_units_are_exact():
    case = Case()
    case.given(declare("bank", {"state": "83292493000 of 83292578000", "?": "85000 of 83292578000"}), on="2022-01-01")
    (first, _) = case.at("2022-01-01", "bank").rights[Right.TITLE]
    assert first.share.low * 83292578000 == 83292493000
    assert first.share.units_of == 83292578000


# --- transfers ---------------------------------------------------------------------------------------------------


def test_who_transfers_what_it_was_never_recorded_to_hold_takes_it_from_the_unnamed_and_a_gap_is_told():
    case = Case()
    case.given(declare("port", {"alpha": "1/2", "?": "1/2"}), on="2019-01-01")
    case.given(move("port", "1/2", "beta", "gamma"), on="2020-01-01")
    assert case.split("2020-01-01", "port") == {"alpha": "1/2", "gamma": "1/2"}
    assert gaps(case, "2020-01-01") == ["antecedent-not-on-record"]


def test_what_nobody_holds_is_not_moved_and_told_as_irregular():
    case = Case()
    case.given(declare("port", {"alpha": "1/2", "delta": "1/2"}), on="2019-01-01")
    case.given(move("port", "3/4", "alpha", "gamma"), on="2020-01-01")
    assert case.split("2020-01-01", "port") == {"delta": "1/2", "gamma": "1/2"}
    assert irregular(case, "2020-01-01") == ["shares.no-room"]


def test_an_authors_act_does_not_fail_against_transcriptions():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}), on="2019-01-01", capacity="transcriber")
    case.given(move("port", "1/1", "beta", "gamma"), on="2020-01-01", capacity="author")
    assert case.split("2020-01-01", "port") == {"gamma": "1/1"}
    assert gaps(case, "2020-01-01") == ["transcription-displaced"]


def test_a_transcribed_act_does():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}), on="2019-01-01", capacity="transcriber")
    case.given(move("port", "1/1", "beta", "gamma"), on="2020-01-01", capacity="transcriber")
    assert case.split("2020-01-01", "port") == {"alpha": "1/1"}
    assert irregular(case, "2020-01-01") == ["shares.no-room"]


def test_among_several_transcribed_holders_each_may_have_lost():
    case = Case()
    case.given(declare("port", {"alpha": "1/2", "beta": "1/2"}), on="2019-01-01", capacity="transcriber")
    case.given(move("port", "1/4", "gamma", "delta"), on="2020-01-01")
    assert case.split("2020-01-01", "port") == {"alpha": "1/4..1/2", "beta": "1/4..1/2", "delta": "1/4"}


def test_restitution_of_what_the_buyer_still_holds():
    case = Case({"court": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    sale = case.given(move("port", "3/4", "alpha", "beta"), on="2020-01-01")
    case.given(move("port", "1/2", "beta", "gamma"), on="2021-01-01")
    case.given(void(ref(sale), "judgment"), on="2022-01-01", by="court")
    assert case.split("2021-06-01", "port") == {"alpha": "1/4", "beta": "1/4", "gamma": "1/2"}
    assert case.split("2022-01-01", "port") == {"alpha": "1/2", "gamma": "1/2"}


def test_after_the_annulment_is_decided_the_buyer_has_nothing_to_sell():
    case = Case({"court": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    case.given(void(ref(sale), "own"), on="2022-01-01", by="court")
    case.given(move("port", "1/1", "beta", "gamma"), on="2022-06-01")
    assert case.split("2023-01-01", "port") == {"alpha": "1/1"}
    assert irregular(case, "2023-01-01") == ["shares.no-room"]


def test_undisputed_lots_go_first():
    case = Case({"court": "DE"})
    case.given(declare("port", {"alpha": "1/2", "beta": "1/2"}))
    bought = case.given(move("port", "1/2", "alpha", "beta"), on="2020-01-01")
    case.given(move("port", "1/2", "beta", "gamma"), on="2021-01-01")
    case.given(void(ref(bought), "judgment"), on="2022-01-01", by="court")
    assert case.split("2022-01-01", "port") == {"alpha": "1/2", "gamma": "1/2"}


# --- votes and economic interest ---------------------------------------------------------------------------------


def test_votes_follow_title_until_they_part_and_then_stay_apart():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    case.given(move("port", "1/4", "alpha", "beta", Right.VOTES), on="2020-01-01")
    assert case.split("2020-01-01", "port", Right.VOTES) == {"alpha": "3/4", "beta": "1/4"}
    assert case.split("2020-01-01", "port") == {"alpha": "1/1"}
    case.given(move("port", "1/1", "alpha", "gamma"), on="2021-01-01")
    assert case.split("2021-01-01", "port", Right.VOTES) == {"gamma": "3/4", "beta": "1/4"}
    assert case.split("2021-01-01", "port", Right.ECONOMIC) == {"gamma": "1/1"}


def test_votes_that_come_home_follow_again():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    case.given(move("port", "1/4", "alpha", "beta", Right.VOTES), on="2020-01-01")
    case.given(move("port", "1/4", "beta", "alpha", Right.VOTES), on="2021-01-01")
    case.given(move("port", "1/1", "alpha", "gamma"), on="2022-01-01")
    assert case.split("2022-01-01", "port", Right.VOTES) == {"gamma": "1/1"}


def test_votes_that_come_home_follow_again_under_a_disputed_title_too():
    case = Case({"court": "DE"})
    case.given(declare("port", {"zeta": "1/1"}))
    sale = case.given(move("port", "1/1", "zeta", "alpha"), on="2019-01-01")
    case.given(move("port", "1/4", "alpha", "beta", Right.VOTES), on="2020-01-01")
    case.given(move("port", "1/4", "beta", "alpha", Right.VOTES), on="2021-01-01")
    case.given(void(ref(sale), "judgment"), on="2023-01-01", by="court")
    assert case.split("2023-01-01", "port", Right.VOTES) == {"zeta": "1/1"}


def test_votes_declared_apart():
    case = Case()
    case.given(declare("port", {"alpha": "1/2", "beta": "1/2"}))
    case.given(declare("port", {"alpha": "1/1"}, Right.VOTES), on="2020-01-01")
    assert case.split("2020-01-01", "port", Right.VOTES) == {"alpha": "1/1"}
    assert case.split("2020-01-01", "port") == {"alpha": "1/2", "beta": "1/2"}


def test_title_held_as_a_nominee_says_for_whom():
    case = Case()
    split = [Portion(holder("depot"), share("1/1"), Manner("nominee", party("alpha")))]
    case.given(declare("port", split))
    (held,) = case.at("2020-01-01", "port").rights[Right.TITLE]
    assert held.manner == Manner("nominee", party("alpha"))


# --- capital -----------------------------------------------------------------------------------------------------


def test_a_capital_cut_and_reissue_leaves_no_chain_from_the_old_shares():
    """A bail-in: all 1,000 old shares are cancelled, 100 new ones go to the state; a void of an old sale finds nothing."""
    case = Case({"court": "DE"})
    case.given(declare("bank", {"alpha": "1000 of 1000"}))
    sale = case.given(move("bank", "500 of 1000", "alpha", "beta"), on="2019-01-01")
    case.given(
        reunit("bank", {"alpha": "500 of 1000", "beta": "500 of 1000"}, {"state": "100 of 100"}), on="2020-01-01"
    )
    case.given(void(ref(sale), "own"), on="2021-01-01", by="court")
    assert case.split("2019-06-01", "bank") == {"alpha": "1/1"}
    assert case.split("2021-06-01", "bank") == {"state": "1/1"}


def test_an_issue_dilutes_those_who_remain():
    case = Case()
    case.given(declare("bank", {"alpha": "60 of 100", "beta": "40 of 100"}))
    case.given(reunit("bank", {}, {"state": "300 of 400"}), on="2020-01-01")
    assert case.split("2020-01-01", "bank") == {"state": "3/4", "alpha": "3/20", "beta": "1/10"}
    units = {str(h.holder): h.share.low * 400 for h in case.at("2020-01-01", "bank").rights[Right.TITLE]}
    assert units == {"party:state": 300, "party:alpha": 60, "party:beta": 40}


def test_a_reunit_in_its_condition_works_from_when_that_is_met():
    case = Case()
    case.given(declare("bank", {"alpha": "1/1"}))
    cut = case.given(reunit("bank", {"alpha": "1/1"}, {"state": "1/1"}, pending="fulfilled"), on="2020-01-01")
    case.given(move("bank", "1/4", "alpha", "beta"), on="2020-06-01")
    assert case.split("2020-07-01", "bank") == {"alpha": "3/4", "beta": "1/4"}
    assert irregular(case, "2020-07-01", "bank") == []
    case.given(alter(ref(cut), "fulfil"), on="2021-01-01", by="state")
    assert case.split("2020-07-01", "bank") == {"alpha": "3/4", "beta": "1/4"}
    assert case.split("2021-01-01", "bank") == {"state": "1/1"}
    assert irregular(case, "2021-01-01", "bank") == ["shares.no-room"]


def test_a_reissue_annulled_ex_nunc_gives_back_what_was_not_sold_on():
    case = Case({"court": "DE"})
    case.given(declare("bank", {"alpha": "1/1"}))
    cut = case.given(reunit("bank", {"alpha": "1/1"}, {"state": "1/1"}), on="2020-01-01")
    case.given(move("bank", "1/2", "state", "beta"), on="2021-01-01")
    case.given(void(ref(cut), "judgment"), on="2022-01-01", by="court")
    assert case.split("2021-06-01", "bank") == {"state": "1/2", "beta": "1/2"}
    assert case.split("2022-06-01", "bank") == {"alpha": "1/2", "beta": "1/2"}


# --- succession --------------------------------------------------------------------------------------------------


def test_what_a_party_holds_passes_to_its_successor_and_on_to_the_next():
    case = Case()
    case.given(declare("port", {"alpha": "1/2", "beta": "1/2"}))
    case.given(exist("merge", "party:alpha", "party:nova"), on="2020-01-01", type="party.succeeded")
    case.given(exist("merge", "party:nova", "party:ultima"), on="2021-01-01", type="party.succeeded")
    assert case.split("2020-06-01", "port") == {"beta": "1/2", "nova": "1/2"}
    assert case.split("2021-06-01", "port") == {"beta": "1/2", "ultima": "1/2"}


def test_a_succession_recorded_first_works_on_what_is_declared_later():
    case = Case()
    case.given(exist("succeed", "party:alpha", "party:nova"), on="2020-01-01", type="party.succeeded")
    case.given(declare("port", {"alpha": "1/1"}))
    assert case.split("2019-12-31", "port") == {"alpha": "1/1"}
    assert case.split("2020-01-01", "port") == {"nova": "1/1"}


def test_to_several_heirs_it_passes_to_one_of_them():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    case.given(exist("succeed", "party:alpha", "party:ann", "party:bob"), on="2020-01-01", type="party.succeeded")
    assert case.split("2020-01-01", "port") == {"ann|bob": "1/1"}


# --- kept state --------------------------------------------------------------------------------------------------


def test_a_refused_trial_leaves_the_kept_folds_and_the_record_as_they_were():
    case = Case({"court": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    fold = case.admission.folds(None).title(asset("port"))
    at = case.at("2022-01-01", "port").at
    assert fold.lots_at(at)[0].title.holder == "party:beta"
    assert case.objections(void(ref(sale), "own"), on="2021-01-01", by="somebody", capacity="author")
    assert [lot.title.operative(at) for lot in fold.lots_at(at)] == [True]
    assert case.objections(move("port", "1/1", "alpha", "gamma"), on="2021-01-01")
    assert not case.record.naming_party(party("gamma"))


def test_what_changed_last_among_many_holders_is_what_one_dictionary_would_say():
    order = random.Random(1)
    case = Case()
    told: dict[object, EffectRef] = {}
    kept: Mapping[Holder, EffectRef] = {}
    for n in range(600):
        cause = EffectRef(statement_id(f"sale {n}"), 1)
        pair = [party(f"h{order.randrange(1 + n // 3)}") for _ in range(2)]
        told |= dict.fromkeys(pair, cause)
        kept = changed_by(cause, pair, kept)
        assert list(kept.items()) == list(told.items())
        assert len(kept) == len(told)
        assert kept.get(party("nobody")) is None
    assert isinstance(kept, Changes)

    holders = {f"h{n}": "1/50" for n in range(50)}
    case.given(declare("port", holders))
    sales = [
        case.given(move("port", "1/1000", f"h{n % 50}", f"h{(n + 7) % 50}"), on=f"2020-0{1 + n // 28}-{1 + n % 28:02}")
        for n in range(110)
    ]
    last = {f"h{n}": max(k for k in range(110) if n in (k % 50, (k + 7) % 50)) for n in range(50)}
    shown = case.at("2021-01-01", "port").rights[Right.TITLE]
    assert len(shown) == 50
    for item in shown:
        assert ref(sales[last[named(item.holder)]]) in item.causes
