"""Voids, decisions, conditions (docs/law.md, rules 5 to 9): what falls, from when, and what that brings back."""

from __future__ import annotations

import pytest

from domain.acts import Act
from domain.effects import Described, Right
from domain.effects import Void as VoidEffect
from domain.segments import Validity
from tests.domain.builders import (
    Case,
    admit,
    alter,
    asset,
    declare,
    exist,
    freeze,
    impose,
    move,
    permit,
    proceed,
    ref,
    reunit,
    void,
)


def sold() -> Case:
    """Alpha holds the port since before the record and sells a quarter to beta in 2020."""
    case = Case({"court": "DE", "appeal": "DE", "supreme": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    return case


# --- the time of a void ------------------------------------------------------------------------------------------


def test_annulment_ex_tunc_means_it_never_passed():
    case = sold()
    sale = case.given(move("port", "1/4", "alpha", "beta"), on="2020-03-01")
    case.given(void(ref(sale), "own"), on="2022-06-01", by="court")
    assert case.split("2021-01-01", "port") == {"alpha": "1/1"}
    assert case.split("2023-01-01", "port") == {"alpha": "1/1"}


def test_annulment_ex_nunc_gives_back_from_the_judgment_day_on():
    case = sold()
    sale = case.given(move("port", "1/4", "alpha", "beta"), on="2020-03-01")
    case.given(void(ref(sale), "judgment"), on="2022-06-01", by="court")
    assert case.split("2022-05-31", "port") == {"alpha": "3/4", "beta": "1/4"}
    assert case.split("2022-06-01", "port") == {"alpha": "1/1"}


def test_annulment_from_a_stated_date():
    case = sold()
    sale = case.given(move("port", "1/4", "alpha", "beta"), on="2020-03-01")
    case.given(void(ref(sale), "2021-01-01"), on="2022-06-01", by="court")
    assert case.split("2020-12-31", "port") == {"alpha": "3/4", "beta": "1/4"}
    assert case.split("2021-01-01", "port") == {"alpha": "1/1"}


def test_annulment_of_unstated_time_is_read_both_ways():
    case = sold()
    sale = case.given(move("port", "1/4", "alpha", "beta"), on="2020-03-01")
    case.given(void(ref(sale), "unstated"), on="2022-06-01", by="court")
    between = case.at("2021-01-01", "port")
    told = {u.what: (u.first, {v for v, _ in u.others}) for u in between.uncertain}
    assert told["title"] == ("party:alpha 1–1", {"party:alpha 3/4–3/4; party:beta 1/4–1/4"})
    assert case.at("2023-01-01", "port").uncertain == ()


def test_before_the_annulment_was_known_the_sale_stands():
    case = sold()
    sale = case.given(move("port", "1/4", "alpha", "beta"), on="2020-03-01", known="2020-03-01")
    case.given(void(ref(sale), "own"), on="2022-06-01", by="court", known="2022-06-01")
    assert case.split("2021-01-01", "port", known="2031-01-01") == {"alpha": "1/1"}
    assert case.split("2021-01-01", "port", size=2) == {"alpha": "3/4", "beta": "1/4"}


# --- reach -------------------------------------------------------------------------------------------------------


def chain_of_sales(reach: str) -> Case:
    case = sold()
    first = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    case.given(move("port", "1/2", "beta", "gamma"), on="2021-01-01")
    case.given(void(ref(first), "own", reach=reach), on="2022-01-01", by="court")  # type: ignore[arg-type]  # a case's word
    return case


def test_void_of_this_act_only_leaves_the_later_buyer_and_returns_what_is_still_held():
    case = chain_of_sales("this")
    assert case.split("2023-01-01", "port") == {"alpha": "1/2", "gamma": "1/2"}
    assert [g.kind for g in case.at("2023-01-01", "port").remarks.gaps] == ["root-of-title-void"]


def test_void_with_dependants_takes_the_later_sale_with_it():
    case = chain_of_sales("dependants")
    assert case.split("2023-01-01", "port") == {"alpha": "1/1"}


def test_of_two_voids_the_wider_reach_counts_whichever_is_newer():
    case = sold()
    first = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    case.given(move("port", "1/1", "beta", "gamma"), on="2021-01-01")
    case.given(void(ref(first), "own", reach="dependants"), on="2022-01-01", by="court")
    case.given(void(ref(first), "own"), on="2022-06-01", by="court")
    assert case.split("2023-01-01", "port") == {"alpha": "1/1"}


def test_an_act_that_is_not_on_record_is_voided_by_description():
    case = sold()
    described = Described(asset("port"), Right.TITLE, "the deed of 1999", None)
    case.given(VoidEffect(described, "judgment", "this", "annulment"), on="2022-01-01", by="court")
    assert case.split("2021-12-31", "port") == {"alpha": "1/1"}
    assert case.split("2022-01-01", "port") == {"?": "1/1"}
    assert "described-act-void" in {g.kind for g in case.at("2022-01-01", "port").remarks.gaps}


# --- a void of a void --------------------------------------------------------------------------------------------


def annulled_twice(consequence: str | None, time: str = "own") -> Case:
    case = sold()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    first = case.given(void(ref(sale), "own"), on="2021-01-01", by="court")
    case.given(void(ref(first), time, consequence=consequence), on="2022-01-01", by="appeal")
    return case


def test_when_an_annulment_is_annulled_what_it_had_undone_revives():
    case = annulled_twice("revives")
    for day in ("2020-06-01", "2021-06-01", "2023-01-01"):
        assert case.split(day, "port") == {"beta": "1/1"}


def test_or_stays_undone_where_the_second_court_says_so():
    case = annulled_twice("stays")
    assert case.split("2023-01-01", "port") == {"alpha": "1/1"}


def test_or_is_in_suspense_and_read_both_ways():
    case = annulled_twice("suspense")
    snap = case.at("2023-01-01", "port")
    (told,) = [u for u in snap.uncertain if u.what == "title"]
    assert {told.first, *(v for v, _ in told.others)} == {"party:alpha 1–1", "party:beta 1–1"}


def test_or_is_uncertain_where_it_does_not_say():
    case = annulled_twice("unstated")
    (told,) = [u for u in case.at("2023-01-01", "port").uncertain if u.what == "title"]
    assert {told.first, *(v for v, _ in told.others)} == {"party:alpha 1–1", "party:beta 1–1"}


def test_a_void_undone_ex_nunc_strikes_until_then():
    case = annulled_twice("revives", "judgment")
    assert case.split("2021-06-01", "port") == {"alpha": "1/1"}
    assert case.split("2022-01-01", "port") == {"beta": "1/1"}


def test_award_set_aside_reinstated_and_open_again_in_three_courts():
    """The pattern of the Yukos awards: an award set aside by the first court, revived by the second, remanded by the third."""
    case = Case({"tribunal": "NL", "district": "NL", "appeal": "NL", "supreme": "NL"})
    case.given(declare("port", {"alpha": "1/1"}))
    award = case.given(
        proceed("yukos", "decided", "NL", force="immediate"),
        move("port", "1/1", "alpha", "beta"),
        on="2014-07-18",
        by="tribunal",
        subjects=["asset:port", "proceeding:yukos"],
    )
    setting = case.given(
        proceed("setting-aside", "decided", "NL", force="immediate"),
        void(ref(award), "own", consequence="revives"),
        on="2016-04-20",
        by="district",
    )
    revived = case.given(
        proceed("setting-aside", "decided", "NL", force="immediate", reviews=ref(setting)),
        void(ref(setting), "own", consequence="revives"),
        on="2020-02-18",
        by="appeal",
    )
    case.given(
        proceed("setting-aside", "decided", "NL", force="immediate", reviews=ref(revived)),
        void(ref(revived), "judgment", consequence="suspense"),
        on="2021-11-05",
        by="supreme",
    )
    assert case.split("2015-01-01", "port") == {"beta": "1/1"}
    assert case.split("2015-01-01", "port", size=3) == {"alpha": "1/1"}
    assert case.split("2021-01-01", "port") == {"beta": "1/1"}
    assert case.at("2021-01-01", "port").uncertain == ()
    (told,) = [u for u in case.at("2022-01-01", "port").uncertain if u.what == "title"]
    assert {told.first, *(v for v, _ in told.others)} == {"party:alpha 1–1", "party:beta 1–1"}


# --- force -------------------------------------------------------------------------------------------------------


def ordered(force: str, *, source: str = "alpha") -> tuple[Case, Act]:
    case = Case({"court": "DE", "appeal": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    judgment = case.given(
        proceed("suit", "decided", "DE", force=force),
        move("port", "1/1", source, "beta"),
        on="2020-01-01",
        by="court",
        type="ownership.forfeited",
        basis="judgment",
        subjects=["asset:port", "proceeding:suit"],
    )
    return case, judgment


def test_a_decision_of_immediate_force_works_at_once():
    case, _ = ordered("immediate")
    assert case.split("2020-01-01", "port") == {"beta": "1/1"}


def test_a_decision_that_waits_for_finality_works_from_finality():
    case, judgment = ordered("on_finality")
    assert case.split("2021-01-01", "port") == {"alpha": "1/1"}
    assert [p.to for h in case.at("2021-01-01", "port").rights[Right.TITLE] for p in h.pendencies] == ["party:beta"]
    case.given(proceed("suit", "final", "DE", on=ref(judgment)), on="2020-06-01", by="court")
    assert case.split("2020-05-31", "port") == {"alpha": "1/1"}
    assert case.split("2020-06-01", "port") == {"beta": "1/1"}


def test_finality_may_come_from_the_decision_that_upheld_it_or_from_its_proceeding():
    case, judgment = ordered("on_finality")
    upheld = case.given(
        proceed("suit", "decided", "DE", force="immediate", reviews=ref(judgment)),
        on="2021-01-01",
        by="appeal",
    )
    case.given(proceed("suit", "final", "DE", on=ref(upheld)), on="2022-01-01", by="appeal")
    assert case.split("2021-06-01", "port") == {"alpha": "1/1"}
    assert case.split("2022-01-01", "port") == {"beta": "1/1"}
    other, _ = ordered("on_finality")
    other.given(proceed("suit", "final", "DE"), on="2020-09-01", by="court")
    assert other.split("2020-09-01", "port") == {"beta": "1/1"}


@pytest.mark.parametrize("ending", ["reviewed", "withdrawn", "settled", "resumed", "final"])
def test_an_appeal_suspends_until_it_is_decided_or_dropped(ending: str):
    case, judgment = ordered("suspended_by_appeal")
    appeal = case.given(proceed("suit", "appealed", "DE", on=ref(judgment)), on="2020-02-01", by="alpha")
    assert case.split("2020-01-31", "port") == {"beta": "1/1"}
    assert case.split("2020-02-01", "port") == {"alpha": "1/1"}
    if ending == "reviewed":
        last = proceed("suit", "decided", "DE", force="immediate", outcome="upheld", reviews=ref(judgment))
    elif ending == "resumed":
        last = proceed("suit", "resumed", "DE", on=ref(appeal))
    else:
        last = proceed("suit", ending, "DE")
    case.given(last, on="2020-09-01", by="appeal")
    assert case.split("2020-08-31", "port") == {"alpha": "1/1"}
    assert case.split("2020-09-01", "port") == {"beta": "1/1"}


def test_an_appeal_suspends_an_immediate_decision_only_when_marked_suspensive_and_a_stay_always_does():
    case, judgment = ordered("immediate")
    case.given(proceed("suit", "appealed", "DE", on=ref(judgment)), on="2020-02-01", by="alpha")
    assert case.split("2020-03-01", "port") == {"beta": "1/1"}
    case.given(proceed("suit", "stayed", "DE", on=ref(judgment), until="2020-05-31"), on="2020-04-01", by="appeal")
    assert case.split("2020-05-31", "port") == {"alpha": "1/1"}
    assert case.split("2020-06-01", "port") == {"beta": "1/1"}
    other, its = ordered("immediate")
    other.given(proceed("suit", "appealed", "DE", on=ref(its), suspensive=True), on="2020-02-01", by="alpha")
    assert other.split("2020-03-01", "port") == {"alpha": "1/1"}


def test_an_annulment_that_waits_for_finality_reaches_back_once_final():
    case = Case({"court": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2019-01-01")
    judgment = case.given(
        proceed("suit", "decided", "DE", force="on_finality"), void(ref(sale), "own"), on="2020-01-01", by="court"
    )
    assert case.split("2021-01-01", "port") == {"beta": "1/1"}
    case.given(proceed("suit", "final", "DE", on=ref(judgment)), on="2020-06-01", by="court")
    assert case.split("2019-06-01", "port") == {"alpha": "1/1"}
    assert case.split("2021-01-01", "port") == {"alpha": "1/1"}


def test_what_a_decision_ordered_falls_with_it():
    case, judgment = ordered("immediate")
    case.given(void(ref(judgment), "own", consequence="revives"), on="2021-01-01", by="appeal")
    assert case.split("2020-06-01", "port") == {"alpha": "1/1"}


def test_or_stays_where_the_court_above_says_so():
    case, judgment = ordered("immediate")
    case.given(void(ref(judgment), "own", consequence="stays"), on="2021-01-01", by="appeal")
    assert case.split("2022-06-01", "port") == {"beta": "1/1"}


# --- conditions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reach", "before"), [("", {"alpha": "1/1"}), (" retroactive", {"beta": "1/1"})])
def test_a_transfer_waits_for_its_permit(reach: str, before: dict[str, str]):
    case = Case({"ministry": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    sale = case.given(move("port", "1/1", "alpha", "beta", pending=f"permit{reach}"), on="2020-01-01")
    assert case.split("2025-01-01", "port") == {"alpha": "1/1"}
    case.given(permit(kind="clearance", transaction=ref(sale)), on="2020-06-01", by="ministry")
    assert case.split("2020-03-01", "port") == before
    assert case.split("2020-06-01", "port") == {"beta": "1/1"}


def test_a_condition_is_met_by_a_fulfilment():
    case = sold()
    sale = case.given(move("port", "1/2", "alpha", "beta", pending="fulfilled"), on="2020-01-01")
    case.given(alter(ref(sale), "fulfil"), on="2020-07-01", by="alpha")
    assert case.split("2020-06-30", "port") == {"alpha": "1/1"}
    assert case.split("2020-07-01", "port") == {"alpha": "1/2", "beta": "1/2"}


def test_a_declared_unknown_yields_to_a_pending_act_that_names_the_holder():
    """The pattern of Gazprom Germania: ignorance was declared before the transfer became known."""
    case = Case({"ministry": "DE"})
    case.given(exist("register", "asset:gpg", kind="company", zone="Europe/Berlin"))
    case.given(declare("gpg", {"gpe": "1/1"}), known="2022-03-01")
    case.given(declare("gpg", {"?": "1/1"}), on="2022-04-01", known="2022-04-01")
    case.given(
        move("gpg", "1/1", "gpe", "gpebs", pending="permit"),
        on="2022-03-25",
        known="2022-04-04",
        capacity="transcriber",
    )
    assert case.split("2022-04-01", "gpg", known="2022-04-02") == {"?": "1/1"}
    later = case.at("2022-04-01", "gpg", known="2022-04-05")
    assert {h.holder for h in later.rights[Right.TITLE]} == {"party:gpe"}
    (pendency,) = later.rights[Right.TITLE][0].pendencies
    assert (pendency.to, pendency.validity) == ("party:gpebs", Validity.PENDING)


# --- corrections of the record -----------------------------------------------------------------------------------


def test_a_retracted_record_never_happened_and_a_retraction_can_be_taken_back():
    case = sold()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    back = case.given(void(sale, "own", ground="retraction"), by="alpha", type="record.retracted")
    assert case.split("2021-01-01", "port") == {"alpha": "1/1"}
    case.given(void(back, "own", ground="retraction", consequence="revives"), by="alpha", type="record.retracted")
    assert case.split("2021-01-01", "port") == {"beta": "1/1"}


def test_nothing_rests_on_a_record_that_was_wrong():
    case = sold()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    case.given(move("port", "1/1", "beta", "gamma"), on="2021-01-01", by="beta")
    case.given(void(sale, "own", ground="error"), by="alpha", type="record.rectified", basis="correction")
    snap = case.at("2022-01-01", "port")
    assert "root-of-title-void" not in {g.kind for g in snap.remarks.gaps}
    assert case.split("2020-06-01", "port") == {"alpha": "1/1"}


def test_a_rectified_transfer_takes_the_place_of_the_first_and_inherits_its_permit_and_its_annulment():
    case = Case({"ministry": "DE", "court": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    sale = case.given(move("port", "1/4", "alpha", "beta", pending="permit"), on="2020-01-01")
    case.given(permit(kind="clearance", transaction=ref(sale)), on="2020-06-01", by="ministry")
    case.given(
        void(sale, "own", ground="error"),
        move("port", "1/2", "alpha", "beta", pending="permit", on="2020-02-01"),
        by="alpha",
        type="record.rectified",
        basis="correction",
    )
    assert case.split("2020-05-31", "port") == {"alpha": "1/1"}
    assert case.split("2020-06-01", "port") == {"alpha": "1/2", "beta": "1/2"}
    case.given(void(ref(sale), "judgment"), on="2023-01-01", by="court")
    assert case.split("2022-01-01", "port") == {"alpha": "1/2", "beta": "1/2"}
    assert case.split("2023-01-01", "port") == {"alpha": "1/1"}


# --- breach ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sanction", "after"), [("void", "alpha"), ("pending", "alpha"), ("penalty", "beta")])
def test_a_breach_recorded_knowingly_has_the_effect_the_measure_states(sanction: str, after: str):
    case = Case({"ministry": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    frozen = case.given(
        freeze("party:alpha", sanction=sanction), on="2020-01-01", by="ministry", type="restriction.imposed"
    )
    case.accepted(
        move("port", "1/1", "alpha", "beta"), on="2021-01-01", by="alpha", despite=[("restriction.binds", frozen)]
    )
    assert case.split("2022-01-01", "port") == {after: "1/1"}
    assert ("restriction.binds", frozen.id) in {
        (i.rule, i.met) for i in case.at("2022-01-01", "port").remarks.irregular
    }


def test_a_breach_of_a_measure_that_was_itself_annulled_is_none():
    case = Case({"ministry": "DE", "court": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    frozen = case.given(freeze("party:alpha", sanction="void"), on="2020-01-01", by="ministry")
    case.accepted(move("port", "1/1", "alpha", "beta"), on="2021-01-01", despite=[("restriction.binds", frozen)])
    case.given(void(ref(frozen), "own"), on="2022-01-01", by="court")
    assert case.split("2022-01-01", "port") == {"beta": "1/1"}
    assert (
        case.admission.folds(None).title(asset("port")).lots_at(case.at("2022-01-01", "port").at)[0].title.holder
        == "party:beta"
    )


def test_a_foreign_breach_is_no_breach_at_the_place_of_the_asset():
    case = Case({"ministry": "US", "registrar": "DE"})
    case.given(exist("register", "asset:port", kind="company", place="DE", zone="Europe/Berlin"), by="registrar")
    case.given(declare("port", {"alpha": "1/1"}))
    frozen = case.given(freeze("party:alpha", sanction="void"), on="2020-01-01", by="ministry")
    assert case.objections(move("port", "1/1", "alpha", "beta"), on="2021-01-01") == set()
    case.given(move("port", "1/1", "alpha", "beta"), on="2021-01-01", despite=[("restriction.binds", frozen)])
    assert case.split("2022-01-01", "port") == {"beta": "1/1"}
    assert case.split("2022-01-01", "port", forum="US") == {"alpha": "1/1"}


def test_an_unadmitted_foreign_annulment_does_not_strike_at_the_place_of_the_asset():
    case = Case({"court": "NL", "own-court": "DE"})
    case.given(exist("register", "asset:port", kind="company", place="DE", zone="Europe/Berlin"), by="own-court")
    case.given(declare("port", {"alpha": "1/1"}))
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2020-01-01")
    foreign = case.given(void(ref(sale), "own"), on="2021-01-01", by="court")
    assert case.split("2022-01-01", "port") == {"beta": "1/1"}
    assert case.split("2022-01-01", "port", forum="NL") == {"alpha": "1/1"}
    case.given(admit(foreign, "DE"), on="2022-06-01", by="own-court")
    assert case.split("2022-05-31", "port") == {"beta": "1/1"}
    assert case.split("2022-06-01", "port") == {"alpha": "1/1"}


def test_a_void_of_a_measure_ends_it():
    case = Case({"ministry": "DE", "court": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    held = case.given(impose("trusteeship", "asset:port", "ministry"), on="2020-01-01", by="ministry")
    assert case.controllers("2020-06-01", "port") == {"ministry"}
    case.given(void(ref(held), "judgment"), on="2021-01-01", by="court")
    assert case.controllers("2020-12-31", "port") == {"ministry"}
    assert case.controllers("2021-01-01", "port") == {"alpha"}
    (course,) = case.history("port").courses
    assert course.ending == "void"


def test_a_void_breach_that_a_court_also_annuls_is_decided_from_the_judgment_on():
    """What the buyer sold before the judgment stands on a void root; after it there is nothing to sell."""
    case = Case({"ministry": "DE", "court": "DE"})
    case.given(declare("port", {"alpha": "1/1"}))
    frozen = case.given(freeze("asset:port", sanction="void"), on="2020-01-01", by="ministry")
    breach = case.accepted(
        move("port", "1/1", "alpha", "beta"), on="2021-01-01", despite=[("restriction.binds", frozen)]
    )
    case.given(void(ref(breach), "own"), on="2022-01-01", by="court")
    case.given(alter(ref(frozen), "end"), on="2021-06-01", by="ministry")
    case.given(move("port", "1/4", "beta", "gamma"), on="2021-07-01", label="before")
    case.given(move("port", "1/4", "beta", "delta"), on="2022-07-01", label="after")
    assert case.split("2023-01-01", "port") == {"alpha": "3/4", "gamma": "1/4"}


def test_what_the_restored_owner_sells_does_not_fall_with_the_sale_that_was_annulled():
    case = sold()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    case.given(void(ref(sale), "own", reach="dependants"), on="2014-01-01", by="court")
    case.given(move("port", "1/2", "alpha", "gamma"), on="2015-01-01", label="by the restored owner")
    case.given(move("port", "1/4", "gamma", "delta"), on="2016-01-01", label="and on")
    assert case.split("2014-06-01", "port") == {"alpha": "1/1"}
    assert case.split("2016-06-01", "port") == {"alpha": "1/2", "gamma": "1/4", "delta": "1/4"}


def test_what_was_bought_before_the_annulment_was_decided_falls_with_it_all_the_same():
    case = sold()
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    case.given(move("port", "1/2", "beta", "gamma"), on="2012-01-01", label="before the judgment")
    case.given(void(ref(sale), "own", reach="dependants"), on="2014-01-01", by="court")
    case.given(move("port", "1/4", "alpha", "delta"), on="2015-01-01", label="after it")
    assert case.split("2016-06-01", "port") == {"alpha": "3/4", "delta": "1/4"}


def test_a_succession_annulled_leaves_the_successors_buyer_standing_marked():
    case = sold()
    merged = case.given(exist("succeed", "party:alpha", "party:heir"), on="2010-01-01")
    case.given(move("port", "1/4", "heir", "buyer"), on="2012-01-01")
    case.given(void(ref(merged), "own"), on="2014-01-01", by="court")
    assert case.split("2015-01-01", "port") == {"alpha": "3/4", "buyer": "1/4"}
    assert "root-of-title-void" in {gap.kind for gap in case.at("2015-01-01", "port").remarks.gaps}


@pytest.mark.parametrize("time", ["own", "judgment"])
def test_buyers_of_capital_whose_issue_is_annulled_stand_marked(time: str):
    case = sold()
    cut = case.given(reunit("port", {"alpha": "1/1"}, {"bank": "1/1"}), on="2017-06-07", by="court")
    case.given(move("port", "3/4", "bank", "buyer"), on="2018-01-01")
    case.given(move("port", "1/4", "buyer", "last"), on="2019-01-01", label="and on")
    case.given(void(ref(cut), time), on="2020-06-01", by="court")
    assert case.split("2020-06-01", "port") == {"alpha": "1/4", "buyer": "1/2", "last": "1/4"}
    marked = "root-of-title-void" in {gap.kind for gap in case.at("2020-06-01", "port").remarks.gaps}
    assert marked == (time == "own"), "ex nunc, they bought while the issue stood"
    case.given(move("port", "1/8", "bank", "late"), on="2021-01-01", label="after it was decided")
    assert "late" not in case.split("2021-06-01", "port")


def test_buyers_of_capital_annulled_with_its_dependants_fall():
    case = sold()
    cut = case.given(reunit("port", {"alpha": "1/1"}, {"bank": "1/1"}), on="2017-06-07", by="court")
    case.given(move("port", "3/4", "bank", "buyer"), on="2018-01-01")
    case.given(void(ref(cut), "own", reach="dependants"), on="2020-06-01", by="court")
    assert case.split("2020-06-01", "port") == {"alpha": "1/1"}


def test_a_dilution_annulled_gives_back_in_proportion_what_was_not_sold_on():
    case = Case({"court": "DE"})
    case.given(declare("port", {"alpha": "3/4", "beta": "1/4"}))
    more = case.given(reunit("port", {}, {"bank": "1/2"}), on="2017-06-07", by="court")
    case.given(move("port", "1/5", "bank", "buyer"), on="2018-01-01")
    assert case.split("2018-06-01", "port") == {"alpha": "3/8", "bank": "3/10", "buyer": "1/5", "beta": "1/8"}
    case.given(void(ref(more), "own"), on="2020-06-01", by="court")
    assert case.split("2020-06-01", "port") == {"alpha": "3/5", "beta": "1/5", "buyer": "1/5"}
