"""Measures, permits and debts (docs/law.md, rules 17 to 20): terms, suspension, rank, and who controls."""

from __future__ import annotations

import pytest

from domain.effects import Impose, Limit, Money, Owe, Pay, Power, Right
from domain.identifiers import PartyId
from tests.domain.builders import (
    Case,
    alter,
    asset,
    declare,
    freeze,
    impose,
    move,
    named,
    party,
    permit,
    proceed,
    ref,
    share,
    void,
)

TRUST = "trusteeship"


def trust(**more) -> tuple[Case, Impose]:
    case = Case({"bnetza": "DE", "ministry": "DE", "court": "DE"})
    case.given(declare("rdg", {"rosneft": "27/50", "shell": "23/50"}))
    return case, impose(TRUST, "asset:rdg", "bnetza", **more)


def days(case: Case, of: str = "rdg") -> list[tuple[str, str, str]]:
    (course,) = case.history(of).courses
    return [(s.start.isoformat()[:16], s.end.isoformat()[:16], s.status) for s in course.spans]


def exercising(case: Case, day: str, power: Power, of: str = "rdg") -> list[tuple[str, str | None]]:
    state = case.at(day, of).control.power(power)
    return [(named(e.holder), named(e.over) if e.over is not None else None) for e in state.exercised]


# --- term --------------------------------------------------------------------------------------------------------


def test_it_lapses_at_the_end_of_its_last_legal_day_across_the_change_of_clocks():
    case, measure = trust(until="2022-10-30")
    case.given(measure, on="2022-09-16", by="ministry")
    assert days(case) == [("2022-09-15T22:00", "2022-10-30T23:00", "in force")]
    assert case.controllers("2022-10-30", "rdg") == {"bnetza"}
    assert case.controllers("2022-10-31", "rdg") == {"rosneft", "shell"}
    (course,) = case.history("rdg").courses
    assert course.ending == "lapsed"
    assert [c.ref for c in case.at("2022-11-01", "rdg").ended] == [course.ref]


def test_an_extension_in_time_prolongs_it_without_a_break():
    case, measure = trust(until="2023-03-15", max_step="P6M")
    held = case.accepted(measure, on="2022-09-16", by="ministry")
    case.accepted(alter(ref(held), "extend", until="2023-09-15"), on="2023-03-14", by="ministry")
    assert case.controllers("2023-09-15", "rdg") == {"bnetza"}
    assert case.controllers("2023-09-16", "rdg") == {"rosneft", "shell"}
    assert case.at("2023-09-15", "rdg").remarks.irregular == ()


def test_an_extension_after_the_lapse_is_objected_to_and_changes_nothing():
    case, measure = trust(until="2023-03-15")
    held = case.accepted(measure, on="2022-09-16", by="ministry")
    late = alter(ref(held), "extend", until="2023-09-15")
    assert case.objections(late, on="2023-03-16", by="ministry") == {("measure.lapsed", held.id)}
    case.accepted(late, on="2023-03-16", by="ministry", despite=[("measure.lapsed", held)])
    assert case.controllers("2023-04-01", "rdg") == {"rosneft", "shell"}
    (told,) = [i for i in case.at("2023-04-01", "rdg").remarks.irregular if i.rule == "measure.lapsed"]
    assert (told.met, told.knowingly) == (held.id, True)


def test_an_extension_of_what_was_ended_is_objected_to_and_so_is_one_that_is_not_later():
    case, measure = trust(until="2023-03-15")
    held = case.accepted(measure, on="2022-09-16", by="ministry")
    shorter = alter(ref(held), "extend", until="2023-03-15")
    assert case.objections(shorter, on="2022-12-01", by="ministry") == {("extension.not-later", held.id)}
    over = case.accepted(alter(ref(held), "end"), on="2023-01-01", by="ministry", type="control.ended")
    late = alter(ref(held), "extend", until="2023-09-15")
    assert case.objections(late, on="2023-02-01", by="ministry") == {("measure.ended", over.id)}
    assert case.controllers("2022-12-31", "rdg") == {"bnetza"}
    assert case.controllers("2023-01-01", "rdg") == {"rosneft", "shell"}


def test_one_step_longer_than_the_maximum_is_objected_to_and_told_and_still_applied():
    case, measure = trust(until="2023-03-15", max_step="P6M")
    held = case.accepted(measure, on="2022-09-16", by="ministry")
    longest = alter(ref(held), "extend", until="2023-09-15")
    assert case.objections(longest, on="2023-03-01", by="ministry") == set()
    beyond = alter(ref(held), "extend", until="2023-09-16")
    assert case.objections(beyond, on="2023-03-01", by="ministry") == {("extension.beyond-maximum", held.id)}
    case.accepted(beyond, on="2023-03-01", by="ministry", despite=[("extension.beyond-maximum", held)])
    assert case.controllers("2023-09-16", "rdg") == {"bnetza"}
    assert [i.rule for i in case.at("2023-09-16", "rdg").remarks.irregular] == ["extension.beyond-maximum"]


def test_an_extension_that_becomes_final_only_after_the_lapse_revives_nothing():
    case, measure = trust(until="2023-03-15")
    held = case.given(measure, on="2022-09-16", by="ministry")
    order = case.given(
        proceed("suit", "decided", "DE", force="on_finality"),
        alter(ref(held), "extend", until="2024-03-15"),
        on="2023-03-01",
        by="court",
    )
    case.given(proceed("suit", "final", "DE", on=ref(order)), on="2023-06-01", by="court")
    assert case.controllers("2023-07-01", "rdg") == {"rosneft", "shell"}


# --- suspension --------------------------------------------------------------------------------------------------


def test_suspension_leaves_the_clock_running():
    case, measure = trust(until="2023-03-15")
    held = case.given(measure, on="2022-09-16", by="ministry")
    case.given(alter(ref(held), "suspend"), on="2022-10-01", by="court")
    case.given(alter(ref(held), "resume"), on="2022-11-01", by="court")
    assert case.controllers("2022-10-15", "rdg") == {"rosneft", "shell"}
    assert [c.ref for c in case.at("2022-10-15", "rdg").suspended] == [ref(held)]
    assert case.controllers("2022-11-01", "rdg") == {"bnetza"}
    assert case.controllers("2023-03-16", "rdg") == {"rosneft", "shell"}


def test_unless_the_act_stops_it():
    case, measure = trust(until="2023-03-15")
    held = case.given(measure, on="2022-09-16", by="ministry")
    case.given(alter(ref(held), "suspend", stops_clock=True), on="2022-10-01", by="court")
    case.given(alter(ref(held), "resume"), on="2022-10-11", by="court")
    assert case.controllers("2023-03-25", "rdg") == {"bnetza"}
    assert case.controllers("2023-03-26", "rdg") == {"rosneft", "shell"}


def test_with_the_clock_stopped_it_does_not_lapse_while_suspended():
    case, measure = trust(until="2023-03-15")
    held = case.given(measure, on="2022-09-16", by="ministry")
    case.given(alter(ref(held), "suspend", stops_clock=True), on="2022-10-01", by="court")
    assert [c.ref for c in case.at("2024-01-01", "rdg").suspended] == [ref(held)]
    assert case.at("2024-01-01", "rdg").ended == ()
    assert case.objections(alter(ref(held), "resume"), on="2024-01-01", by="court", type="control.resumed") == set()


def test_a_suspension_for_a_time_ends_by_itself():
    case, measure = trust()
    held = case.given(measure, on="2022-09-16", by="ministry")
    case.given(alter(ref(held), "suspend", until="2022-10-31"), on="2022-10-01", by="court")
    assert case.controllers("2022-10-31", "rdg") == {"rosneft", "shell"}
    assert case.controllers("2022-11-01", "rdg") == {"bnetza"}


def test_a_suspension_does_not_end_before_it_begins():
    case, measure = trust()
    held = case.given(measure, on="2022-09-16", by="ministry")
    backwards = alter(ref(held), "suspend", until="2022-09-01")
    assert case.objections(backwards, on="2022-10-01", by="ministry", type="control.suspended") == {
        ("time.ends-before-start", None)
    }
    case.given(backwards, on="2022-10-01", by="ministry")
    assert days(case) == [("2022-09-15T22:00", "9999-12-31T23:59", "in force")]


def test_what_was_not_suspended_cannot_resume():
    case, measure = trust()
    held = case.given(measure, on="2022-09-16", by="ministry")
    assert case.objections(alter(ref(held), "resume"), on="2022-10-01", by="ministry", type="control.resumed") == {
        ("measure.not-suspended", held.id)
    }


def test_an_alteration_before_the_measure_is_in_force_is_objected_to():
    case, measure = trust()
    held = case.given(measure, on="2022-09-16", by="ministry")
    early = alter(ref(held), "assign", to="ministry")
    assert case.objections(early, on="2022-09-01", by="ministry", type="control.assigned") == {
        ("measure.not-in-force", held.id)
    }


# --- voids of measures -------------------------------------------------------------------------------------------


def test_a_measure_that_lapsed_before_it_was_annulled_has_lapsed():
    case, measure = trust(until="2023-03-15")
    held = case.given(measure, on="2022-09-16", by="ministry")
    case.given(void(ref(held), "judgment"), on="2024-01-01", by="court")
    (course,) = case.history("rdg").courses
    assert course.ending == "lapsed"


def test_annulled_from_the_start_it_never_was():
    case, measure = trust()
    held = case.given(measure, on="2022-09-16", by="ministry")
    case.given(void(ref(held), "own"), on="2024-01-01", by="court")
    (course,) = case.history("rdg").courses
    assert (course.ending, course.spans) == ("void", ())


def test_an_annulled_extension_leaves_the_first_term():
    case, measure = trust(until="2023-03-15")
    held = case.given(measure, on="2022-09-16", by="ministry")
    longer = case.given(alter(ref(held), "extend", until="2024-03-15"), on="2023-03-01", by="ministry")
    case.given(void(ref(longer), "own"), on="2023-06-01", by="court")
    assert case.controllers("2023-04-01", "rdg") == {"rosneft", "shell"}


def test_a_rectified_measure_keeps_its_extension():
    case, measure = trust(until="2023-03-15")
    held = case.given(measure, on="2022-09-16", by="ministry")
    case.given(alter(ref(held), "extend", until="2023-09-15"), on="2023-03-01", by="ministry")
    case.given(
        void(held, "own", ground="error"),
        impose(TRUST, "asset:rdg", "ministry", until="2023-03-15"),
        on="2022-09-16",
        by="ministry",
        type="record.rectified",
        basis="correction",
    )
    assert case.controllers("2023-09-01", "rdg") == {"ministry"}
    assert case.controllers("2023-09-16", "rdg") == {"rosneft", "shell"}


# --- the stack ---------------------------------------------------------------------------------------------------


def test_two_trustees_without_rank_are_both_shown_and_with_rank_one():
    case, measure = trust()
    first = case.given(measure, on="2022-09-16", by="ministry")
    second = case.given(impose(TRUST, "asset:rdg", "other"), on="2022-10-01", by="ministry")
    snap = case.at("2022-10-01", "rdg")
    assert {named(e.holder) for e in snap.control.headline} == {"bnetza", "other"}
    assert snap.control.power(Power.MANAGE).unranked
    case.given(alter(ref(second), "rank", above=[ref(first)]), on="2022-11-01", by="ministry")
    assert case.controllers("2022-10-31", "rdg") == {"bnetza", "other"}
    assert case.controllers("2022-11-01", "rdg") == {"other"}


def test_who_manages_by_a_measure_controls_else_who_votes_by_one_else_who_holds_the_votes():
    case, _ = trust()
    assert case.controllers("2022-01-01", "rdg") == {"rosneft", "shell"}
    case.given(impose(TRUST, "asset:rdg", "voter", takes="vote takes"), on="2022-02-01", by="ministry")
    assert case.controllers("2022-02-01", "rdg") == {"voter"}
    case.given(impose("operator", "asset:rdg", "runner", takes="manage takes"), on="2022-03-01", by="ministry")
    assert case.controllers("2022-03-01", "rdg") == {"runner"}


def test_a_measure_over_a_stake_takes_the_powers_of_that_stake_only():
    case, _ = trust()
    case.given(impose(TRUST, "asset:rdg/party:rosneft", "bnetza"), on="2022-09-16", by="ministry")
    assert exercising(case, "2022-09-16", Power.VOTE) == [("bnetza", "rosneft"), ("shell", None)]


def test_a_taker_of_the_whole_and_one_of_a_stake_are_both_shown_unless_ranked():
    case, measure = trust()
    whole = case.given(measure, on="2022-09-16", by="ministry")
    stake = case.given(impose(TRUST, "asset:rdg/party:rosneft", "other"), on="2022-10-01", by="ministry")
    assert exercising(case, "2022-10-01", Power.VOTE) == [("bnetza", None), ("other", "rosneft")]
    assert case.at("2022-10-01", "rdg").control.power(Power.VOTE).unranked
    case.given(alter(ref(whole), "rank", above=[ref(stake)]), on="2022-11-01", by="ministry")
    assert exercising(case, "2022-11-01", Power.VOTE) == [("bnetza", None)]
    assert not case.at("2022-11-01", "rdg").control.power(Power.VOTE).unranked


def test_a_change_of_holder_and_of_powers():
    case, measure = trust()
    held = case.given(measure, on="2022-09-16", by="ministry")
    case.given(alter(ref(held), "assign", to="successor"), on="2022-10-01", by="ministry")
    case.given(alter(ref(held), "powers", takes="dispose vetoes"), on="2022-11-01", by="ministry")
    assert case.controllers("2022-10-01", "rdg") == {"successor"}
    assert case.controllers("2022-11-01", "rdg") == {"rosneft", "shell"}
    assert [named(e.holder) for e in case.at("2022-11-01", "rdg").control.power(Power.DISPOSE).consent] == ["successor"]


def test_factual_control_is_told_beside_legal_control():
    case, _ = trust()
    case.given(impose("occupation", "asset:rdg", "army"), on="2022-03-01", by="army")
    assert case.controllers("2022-03-01", "rdg") == {"rosneft", "shell"}
    assert [live.course.impose.kind for live in case.at("2022-03-01", "rdg").measures] == ["occupation"]


def test_encumbrances_rank_by_their_source_register_and_by_subordination():
    case, _ = trust()
    late = case.given(
        impose("mortgage", "asset:rdg", "bank-a", takes="", source_rank=("2020-05-01", 1)), on="2020-05-01"
    )
    early = case.given(
        impose("mortgage", "asset:rdg", "bank-b", takes="", source_rank=("2019-05-01", 7)), on="2020-06-01"
    )
    assert [c.ref for c in case.history("rdg").courses] == [ref(early), ref(late)]
    case.given(alter(ref(early), "subordinate", below=[ref(late)]), on="2021-01-01", by="bank-b")
    assert [c.ref for c in case.history("rdg").courses] == [ref(late), ref(early)]


# --- restrictions and permits ------------------------------------------------------------------------------------


def test_a_licence_is_a_window_in_a_freeze():
    case, _ = trust()
    frozen = case.given(freeze("asset:rdg"), on="2022-03-01", by="ministry")
    allowed = case.given(
        permit(excepts=[ref(frozen)], until="2022-06-30", over=["asset:rdg"]), on="2022-05-01", by="ministry"
    )
    sale = move("rdg", "1/100", "shell", "beta")
    assert case.objections(sale, on="2022-04-01") == {("restriction.binds", frozen.id)}
    assert case.objections(sale, on="2022-06-30") == set()
    assert case.objections(sale, on="2022-07-01") == {("restriction.binds", frozen.id)}
    windows = [(w.start.isoformat()[:10], w.permit) for w in case.history("rdg").restrictions]
    assert windows == [("2022-02-28", None), ("2022-04-30", ref(allowed)), ("2022-06-30", None)]


@pytest.mark.parametrize(
    ("time", "good_in_may", "good_in_july"),
    [("own", False, False), ("judgment", True, False), ("2022-05-15", False, False)],
)
def test_a_revoked_permit(time: str, good_in_may: bool, good_in_july: bool):
    case, _ = trust()
    frozen = case.given(freeze("asset:rdg"), on="2022-03-01", by="ministry")
    allowed = case.given(permit(excepts=[ref(frozen)], over=["asset:rdg"]), on="2022-05-01", by="ministry")
    case.given(permit("revoked", of=ref(allowed), time=time), on="2022-06-01", by="ministry")
    sale = move("rdg", "1/100", "shell", "beta")
    assert (case.objections(sale, on="2022-05-20") == set()) is good_in_may
    assert (case.objections(sale, on="2022-07-01") == set()) is good_in_july


def test_a_permit_revoked_without_saying_from_when_is_read_both_ways():
    case, _ = trust()
    allowed = case.given(permit(over=["asset:rdg"]), on="2022-05-01", by="ministry")
    case.given(permit("revoked", of=ref(allowed), time="unstated"), on="2022-06-01", by="ministry")
    assert [u.what for u in case.at("2022-05-15", "rdg").uncertain] == [f"permit {ref(allowed)}"]


def test_a_permit_is_extended_while_it_is_good_and_not_after():
    case, _ = trust()
    allowed = case.accepted(permit(until="2022-06-30", over=["asset:rdg"]), on="2022-05-01", by="ministry")
    longer = permit("extended", of=ref(allowed), until="2022-09-30")
    assert case.objections(longer, on="2022-07-01", by="ministry") == {("permit.ended", allowed.id)}
    case.accepted(longer, on="2022-06-01", by="ministry")
    assert [p.ref for p in case.at("2022-09-30", "rdg").permits] == [ref(allowed)]
    assert case.at("2022-10-01", "rdg").permits == ()


def test_an_overdue_divestment_is_told():
    case, _ = trust()
    order = impose(
        "divestment-order",
        "asset:rdg",
        takes="",
        until="2023-01-31",
        limit=Limit(Right.TITLE, share("1/10"), True),
        binds=["rosneft"],
    )
    case.given(order, on="2022-06-01", by="ministry")
    assert case.at("2023-01-31", "rdg").remarks.irregular == ()
    assert [i.rule for i in case.at("2023-02-01", "rdg").remarks.irregular] == ["divestment.overdue"]
    case.given(move("rdg", "1/2", "rosneft", "buyer"), on="2023-03-01")
    assert case.at("2023-03-01", "rdg").remarks.irregular == ()


# --- debts -------------------------------------------------------------------------------------------------------


def owed(amount: str, high: str | None = None, currency: str = "EUR", replaces=None) -> Owe:
    money = Money(amount, high or amount, currency)
    return Owe("compensation", party("state"), party("rosneft"), money, asset("rdg"), replaces=replaces)


def paid(amount: str, debt, currency: str = "EUR") -> Pay:
    return Pay(party("state"), PartyId(party("rosneft")), Money(amount, amount, currency), debt, asset("rdg"))


def test_a_debt_less_its_payments_never_below_nothing():
    case, _ = trust()
    debt = case.accepted(owed("100"), on="2023-01-01", by="ministry")
    case.accepted(paid("30", ref(debt)), on="2023-02-01", by="state")
    (now,) = case.at("2023-02-01", "rdg").debts
    assert (str(now.left_low), str(now.left_high)) == ("70", "70")
    assert case.objections(paid("80", ref(debt)), on="2023-03-01", by="state") == {("payment.above-debt", debt.id)}
    assert case.objections(paid("1", ref(debt), "USD"), on="2023-03-01", by="state") == {
        ("payment.other-currency", debt.id)
    }
    assert case.objections(paid("1", ref(debt)), on="2022-12-31", by="state") == {("payment.no-debt", debt.id)}


def test_a_debt_determined_anew_keeps_its_payments():
    case, _ = trust()
    debt = case.given(owed("100", "200"), on="2023-01-01", by="ministry")
    case.given(paid("30", ref(debt)), on="2023-02-01", by="state")
    anew = case.given(owed("150", replaces=ref(debt)), on="2023-03-01", by="ministry")
    by_ref = {d.ref: d for d in case.at("2023-03-01", "rdg").debts}
    assert by_ref[ref(debt)].replaced_by == ref(anew)
    assert str(by_ref[ref(anew)].left_low) == "120"


def test_a_payment_of_an_unrecorded_debt_is_a_gap():
    case, _ = trust()
    case.accepted(paid("30", None), on="2023-02-01", by="state")
    assert [g.kind for g in case.at("2023-02-01", "rdg").remarks.gaps] == ["debt-not-on-record"]
