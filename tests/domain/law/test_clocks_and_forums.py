"""Which acts count (docs/law.md, rules 1 to 3): what was known when, who says so, and in whose eyes."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.effects import Right
from tests.domain.builders import (
    Case,
    admit,
    agree,
    alter,
    declare,
    exist,
    freeze,
    impose,
    in_eu,
    move,
    ref,
    void,
)

PLACED = {"steward": "DE", "court-nl": "NL", "court-de": "DE", "court-us": "US", "council": "EU", "court-gb": "GB"}


def placed(place: str = "DE", **more) -> Case:
    case = Case(PLACED, **more)
    case.given(exist("register", "asset:port", kind="company", place=place, zone="Europe/Berlin"), by="steward")
    case.given(declare("port", {"alpha": "1/1"}))
    return case


# --- three clocks ------------------------------------------------------------------------------------------------


def test_an_act_is_known_from_its_notice_and_marked_when_recorded_later():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}), known="2019-01-01")
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01", known="2020-02-01")
    assert case.split("2020-03-01", "port", known="2020-01-31") == {"alpha": "1/1"}
    later = case.at("2020-03-01", "port", known="2020-02-01")
    assert {h.holder for h in later.rights[Right.TITLE]} == {"party:beta"}
    assert sale.id in later.remarks.late
    assert case.at("2020-03-01", "port").remarks.late == ()


def test_who_was_told_first_knew_first():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}), known="2019-01-01")
    case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01", known="2020-06-01", told={"beta": "2020-01-02"})
    assert case.split("2020-03-01", "port", known="2020-03-01") == {"alpha": "1/1"}
    assert case.split("2020-03-01", "port", known="2020-03-01", knower="beta") == {"beta": "1/1"}
    assert case.split("2020-03-01", "port", known="2020-03-01", knower="gamma") == {"alpha": "1/1"}


def test_without_notice_it_is_known_from_its_recording():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}), recorded_at=datetime(2030, 1, 1, 12, tzinfo=UTC))
    assert case.split("2020-01-01", "port", known="2029-12-31") == {"?": "1/1"}
    assert case.split("2020-01-01", "port", known="2030-01-01") == {"alpha": "1/1"}


def test_a_month_of_notice_is_read_both_ways():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}), known="2019-01-01")
    case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01", known="2020-02")
    assert [u.what for u in case.at("2020-03-01", "port", known="2020-02-10").uncertain][:1] == ["title"]
    assert not case.at("2020-03-01", "port", known="2020-01-31").uncertain
    assert not case.at("2020-03-01", "port", known="2020-02-29").uncertain


def test_only_the_recorded_clock_is_fixed_for_ever():
    case = placed()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01", capacity="transcriber")
    size = len(case.record.acts)
    before = case.split("2021-01-01", "port", size=size)
    case.given(void(ref(sale), "own"), on="2020-06-01", by="court-de")
    case.given(agree("confirmation", ref(sale, 0)), by="alpha", type="record.confirmed", basis="other")
    wrong = case.record.registrations(case.record.acts[0].subjects[0])[0][0]
    case.given(
        void(wrong, "own", ground="error"),
        exist("register", "asset:port", kind="company", place="NL", zone="Europe/Amsterdam"),
        by="steward",
        type="record.rectified",
        basis="correction",
    )
    assert case.split("2021-01-01", "port", size=size) == before
    assert case.record.place_of(case.record.acts[0].subjects[0], size) == "DE"
    assert case.record.place_of(case.record.acts[0].subjects[0]) == "NL"
    assert case.at("2021-01-01", "port", size=size).identity.place == "DE"


def test_answers_say_what_was_signed_without_sight():
    case = Case()
    opening = case.given(declare("port", {"alpha": "1/1"}))
    case.given(move("port", "1/4", "alpha", "beta"), on="2020-01-01")
    blind = case.given(move("port", "1/4", "alpha", "gamma"), on="2021-01-01", follows=[opening.id])
    assert case.at("2022-01-01", "port").remarks.unseen == ((blind.id, 1),)


# --- records of one act ------------------------------------------------------------------------------------------


def twice(first: str, second: str, amount: str = "1/2") -> Case:
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    sale = case.given(move("port", "1/4", "alpha", "beta"), on="2020-01-01", capacity=first)
    case.given(move("port", amount, "alpha", "beta"), on="2020-01-01", capacity=second, records=sale)
    return case


def test_of_two_records_the_stronger_speaks_whichever_came_first():
    assert twice("transcriber", "registrar").split("2021-01-01", "port")["beta"] == "1/2"
    assert twice("registrar", "transcriber").split("2021-01-01", "port")["beta"] == "1/4"
    assert twice("registrar", "author").split("2021-01-01", "port")["beta"] == "1/2"


def test_equal_and_the_same_is_one_act():
    case = twice("registrar", "registrar", "1/4")
    snap = case.at("2021-01-01", "port")
    assert not snap.uncertain
    assert case.split("2021-01-01", "port")["beta"] == "1/4"


def test_equal_and_different_sources_differ():
    case = twice("transcriber", "transcriber")
    (told,) = [u for u in case.at("2021-01-01", "port").uncertain if u.what == "title"]
    assert {told.first, *(v for v, _ in told.others)} == {
        "party:alpha 3/4–3/4; party:beta 1/4–1/4",
        "party:alpha 1/2–1/2; party:beta 1/2–1/2",
    }
    assert {w for _, w in told.others} == {"sources of equal strength differ"}


def test_the_actors_confirmation_lifts_a_record():
    case = twice("transcriber", "registrar")
    first = case.record.acts[1]
    case.given(agree("confirmation", ref(first, 0)), by="alpha", type="record.confirmed", basis="other")
    assert case.split("2021-01-01", "port")["beta"] == "1/4"


def test_what_refers_to_one_record_of_an_act_means_the_act():
    case = twice("transcriber", "registrar")
    case.given(void(ref(case.record.acts[1]), "own"), on="2020-06-01", by="court")
    assert case.split("2021-01-01", "port") == {"alpha": "1/1"}


def test_a_retracted_record_does_not_speak():
    case = twice("transcriber", "registrar")
    case.given(void(case.record.acts[2], "own", ground="retraction"), by="alpha", type="record.retracted")
    assert case.split("2021-01-01", "port")["beta"] == "1/4"


def test_a_dispute_is_told_and_changes_nothing():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    against = case.given(agree("dispute", ref(sale, 0)), by="alpha", type="record.disputed", basis="other")
    snap = case.at("2021-01-01", "port")
    assert snap.remarks.disputed == ((sale.id, against.id),)
    assert case.split("2021-01-01", "port") == {"beta": "1/1"}


# --- forums ------------------------------------------------------------------------------------------------------


def test_private_acts_are_at_home_at_the_place_of_the_asset():
    case = placed()
    case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    assert case.split("2021-01-01", "port") == {"beta": "1/1"}
    assert case.split("2021-01-01", "port", forum="DE") == {"beta": "1/1"}


def test_a_silent_forum_follows_the_place_and_says_so():
    case = placed()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    snap = case.at("2021-01-01", "port", forum="JP")
    assert {h.holder for h in snap.rights[Right.TITLE]} == {"party:beta"}
    assert sale.id in snap.remarks.undecided
    assert case.at("2021-01-01", "port", forum="DE").remarks.undecided == ()


def test_a_silent_forum_follows_the_place_in_annulments_too():
    case = placed()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    case.given(void(ref(sale), "own"), on="2021-01-01", by="court-de")
    assert case.split("2022-01-01", "port", forum="JP") == {"alpha": "1/1"}


def test_a_foreign_act_is_listed_and_not_applied_until_it_is_recognised():
    case = placed()
    taken = case.given(
        move("port", "1/1", "alpha", "usa"),
        on="2020-01-01",
        by="court-us",
        type="ownership.nationalised",
        basis="order",
    )
    snap = case.at("2021-01-01", "port")
    assert {h.holder for h in snap.rights[Right.TITLE]} == {"party:alpha"}
    assert [(u.act, u.home) for u in snap.remarks.unapplied] == [(taken.id, "US")]
    assert case.split("2021-01-01", "port", forum="US") == {"usa": "1/1"}
    case.given(admit(taken, "DE"), on="2021-06-01", by="court-de")
    assert case.split("2021-05-31", "port") == {"alpha": "1/1"}
    assert case.split("2021-06-01", "port") == {"usa": "1/1"}
    case.given(admit(taken, "DE", "withdrawn"), on="2022-01-01", by="court-de", type="recognition.withdrawn")
    assert case.split("2021-12-31", "port") == {"usa": "1/1"}
    assert case.split("2022-01-01", "port") == {"alpha": "1/1"}


def test_a_recognition_that_is_quashed_recognises_nothing():
    case = placed()
    taken = case.given(move("port", "1/1", "alpha", "usa"), on="2020-01-01", by="court-us")
    answer = case.given(admit(taken, "DE"), on="2021-01-01", by="court-de")
    kept = case.admission.folds(None).title(case.record.acts[0].subjects[0])
    at = case.at("2021-06-01", "port").at
    assert kept.lots_at(at)[0].title.holder == "party:usa"
    case.given(void(ref(answer), "own", consequence="revives"), on="2022-01-01", by="court-de")
    assert case.split("2021-06-01", "port") == {"alpha": "1/1"}
    assert (
        case.admission.folds(None).title(case.record.acts[0].subjects[0]).lots_at(at)[0].title.holder == "party:alpha"
    )


def test_what_a_forum_refused_it_never_applies_also_where_the_place_does():
    case = placed("NL")
    taken = case.given(move("port", "1/1", "alpha", "state"), on="2020-01-01", by="court-nl")
    assert case.split("2021-01-01", "port", forum="DE") == {"state": "1/1"}
    case.given(admit(taken, "DE", "refused"), on="2021-01-01", by="court-de", type="recognition.refused")
    assert case.split("2021-06-01", "port", forum="DE") == {"alpha": "1/1"}
    assert case.split("2021-06-01", "port") == {"state": "1/1"}
    assert case.split("2021-06-01", "port", forum="JP") == {"state": "1/1"}


def test_a_forum_applies_the_orders_it_is_nested_in_and_never_the_reverse():
    case = placed("DE", nesting=in_eu("DE", "NL"))
    case.given(impose("trusteeship", "asset:port", "council"), on="2020-01-01", by="council")
    assert case.controllers("2020-06-01", "port") == {"council"}
    other = placed("DE", nesting=in_eu("DE", "NL"))
    other.given(impose("trusteeship", "asset:port", "ministry"), on="2020-01-01", by="court-nl")
    assert other.controllers("2020-06-01", "port", forum="EU") == {"alpha"}


def test_nesting_has_dates():
    """EU acts apply in GB until 2020-01-31 and not those that take effect after it."""
    nesting = in_eu("GB", "DE", until={"GB": "2020-01-31"})
    for start, controller in (("2020-01-15", "council"), ("2020-02-01", "alpha")):
        case = placed("GB", nesting=nesting)
        case.given(impose("trusteeship", "asset:port", "council"), on=start, by="council")
        assert case.controllers("2020-06-01", "port") == {controller}


def test_recognition_by_an_outer_order_counts_for_the_inner_ones_while_nested():
    nesting = in_eu("GB", "DE", until={"GB": "2020-01-31"})
    for answered, holder in (("2020-01-15", "usa"), ("2020-03-01", "alpha")):
        case = placed("GB", nesting=nesting)
        taken = case.given(move("port", "1/1", "alpha", "usa"), on="2019-06-01", by="court-us")
        case.given(admit(taken, "EU"), on=answered, by="council")
        assert case.split("2020-06-01", "port") == {holder: "1/1"}


def test_an_alteration_by_a_foreign_authority_is_not_applied():
    case = placed()
    held = case.given(impose("trusteeship", "asset:port", "council", until="2020-12-31"), on="2020-01-01", by="steward")
    case.given(alter(ref(held), "end"), on="2020-06-01", by="court-us")
    assert case.controllers("2020-07-01", "port") == {"council"}
    assert case.controllers("2020-07-01", "port", forum="US") == {"alpha"}


def test_a_restriction_objects_only_in_its_own_forum_and_those_nested_in_it():
    case = placed("DE", nesting=in_eu("DE"))
    by_council = case.given(freeze("party:alpha"), on="2020-01-01", by="council")
    case.given(freeze("party:beta"), on="2020-01-01", by="court-us")
    assert case.objections(move("port", "1/1", "alpha", "beta"), on="2021-01-01") == {
        ("restriction.binds", by_council.id)
    }
