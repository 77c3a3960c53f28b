"""A place that changes at a date (docs/law.md, rules 3 and 21): a vessel re-flagged, a company that moves its seat."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from domain.answers import Asked, understand
from domain.answers_assets import history, show
from domain.comparison import explain, forums_concerned
from domain.effects import Exist, External, Right
from domain.history import Snapshot
from domain.identifiers import Forum
from domain.periods import END, start_bounds
from domain.standing import View
from tests.domain.builders import (
    EPOCH,
    ZONE,
    ZONES,
    Case,
    admit,
    asset,
    declare,
    freeze,
    impose,
    in_eu,
    move,
    ref,
    register,
    subject,
    void,
    when,
)

OFFICES = {
    "register-de": "DE",
    "register-us": "US",
    "register-nl": "NL",
    "court-de": "DE",
    "court-us": "US",
    "court-nl": "NL",
    "germany": "DE",
    "council": "EU",
}


def flagged(kind: str = "vessel", place: str = "DE", **more) -> Case:
    """A vessel, registered from 2010 on."""
    case = Case(OFFICES, **more)
    case.given(register("asset:ship", place, kind=kind), on="2010-01-01", by="register-de", label="first flag")
    case.given(declare("ship", {"alpha": "1/1"}))
    return case


def reflag(case: Case, on: str, place: str = "US", by: str = "register-us", kind: str = "vessel", **more):
    return case.given(register("asset:ship", place, kind=kind), on=on, by=by, type="asset.registered", **more)


def standing(snap: Snapshot) -> set[str]:
    """The statements of the measures in force."""
    return {live.course.ref.statement for live in snap.measures}


def arrest(case: Case, court: str, on: str) -> str:
    return case.given(freeze("asset:ship"), on=on, by=court, type="restriction.imposed").id


# --- a vessel changes its flag -----------------------------------------------------------------------------------


def arrested() -> tuple[Case, dict[str, str]]:
    case = flagged()
    reflag(case, "2018-01-01")
    days = {"de old": "2017-06-01", "de new": "2019-06-01", "us old": "2016-06-01", "us new": "2019-07-01"}
    made = {name: arrest(case, f"court-{name[:2]}", day) for name, day in days.items()}
    return case, made


@pytest.mark.parametrize(
    ("day", "forum", "names", "undecided"),
    [
        ("2017-12-31", None, {"de old"}, set()),
        ("2018-01-01", None, {"de old", "us old"}, {"de old"}),
        ("2020-01-01", None, {"de old", "us old", "us new"}, {"de old"}),
        ("2020-01-01", "DE", {"de old", "de new", "us new"}, {"us new"}),
        ("2020-01-01", "US", {"de old", "us old", "us new"}, {"de old"}),
        ("2020-01-01", "JP", {"de old", "us new"}, {"de old", "us new"}),
    ],
)
def test_an_arrest_is_judged_by_the_flag_when_it_was_made(day: str, forum: str | None, names: set, undecided: set):
    case, made = arrested()
    snap = case.at(day, "ship", forum)
    assert standing(snap) == {made[name] for name in names}
    assert set(snap.remarks.undecided) & set(made.values()) == {made[name] for name in undecided}


def test_what_the_forum_of_the_day_does_not_apply_is_listed():
    case, made = arrested()
    assert [u.act for u in case.at("2020-01-01", "ship").remarks.unapplied] == [made["de new"]]
    assert [u.act for u in case.at("2017-12-31", "ship").remarks.unapplied] == [made["us old"]]


def test_before_its_first_registration_a_vessel_was_where_that_says():
    case, _ = arrested()
    early = arrest(case, "court-de", "2009-01-01")
    assert early in standing(case.at("2009-02-01", "ship"))


def test_periods_say_what_each_day_says():
    case, _ = arrested()
    case.given(move("ship", "1/1", "alpha", "beta"), on="2018-06-01")
    case.given(impose("receivership", "asset:ship", "dan", takes="manage takes"), on="2016-02-01", by="court-us")
    case.given(impose("receivership", "asset:ship", "eve", takes="manage takes"), on="2019-02-01", by="court-de")
    told = case.history("ship")
    for year in range(2008, 2022):
        for day in (f"{year}-01-01", f"{year}-06-15", f"{year}-12-31"):
            snap = case.at(day, "ship")
            for right in Right:
                (period,) = [p for p in told.rights[right] if p.start <= snap.at < p.end]
                assert period.holdings == snap.rights[right], day
            (control,) = [p for p in told.control if p.start <= snap.at < p.end]
            assert control.control == snap.control, day
            live = {c.ref.statement for c in told.courses if (s := c.span_at(snap.at)) and s.status == "in force"}
            assert live == standing(snap), day
            assert {w.restriction for w in told.restrictions if w.start <= snap.at < w.end} == {
                w.restriction for w in snap.restrictions
            }, day


# --- a company moves its seat ------------------------------------------------------------------------------------


def test_a_nationalisation_under_the_old_seat_stands_until_the_new_one_refuses_it():
    case = flagged("company")
    taken = case.given(
        move("ship", "1/1", "alpha", "state"), on="2012-01-01", by="germany", type="ownership.nationalised"
    )
    reflag(case, "2015-01-01", "NL", "register-nl", "company")
    assert case.split("2014-01-01", "ship") == {"state": "1/1"}
    snap = case.at("2016-01-01", "ship")
    assert {h.holder for h in snap.rights[Right.TITLE]} == {"party:state"}
    assert taken.id in snap.remarks.undecided
    case.given(admit(ref(taken), "NL", "refused"), on="2017-01-01", by="court-nl")
    assert case.split("2014-12-31", "ship") == {"state": "1/1"}
    assert case.split("2015-01-01", "ship") == {"alpha": "1/1"}
    holders = [[h.holder for h in p.holdings] for p in case.history("ship").rights[Right.TITLE]]
    assert holders == [["party:alpha"], ["party:state"], ["party:alpha"]]


def test_a_nationalisation_by_the_old_seat_after_the_move_is_foreign():
    case = flagged("company")
    reflag(case, "2015-01-01", "NL", "register-nl", "company")
    taken = case.given(
        move("ship", "1/1", "alpha", "state"), on="2016-01-01", by="germany", type="ownership.nationalised"
    )
    snap = case.at("2017-01-01", "ship")
    assert {h.holder for h in snap.rights[Right.TITLE]} == {"party:alpha"}
    assert [u.act for u in snap.remarks.unapplied] == [taken.id]
    assert case.split("2017-01-01", "ship", forum="DE") == {"state": "1/1"}


def test_a_sale_is_at_home_where_the_vessel_was_then():
    case = flagged()
    reflag(case, "2018-01-01")
    old = case.given(move("ship", "1/2", "alpha", "beta"), on="2017-01-01")
    new = case.given(move("ship", "1/2", "alpha", "gamma"), on="2019-01-01")
    homes = [case.record.home(act, subject("asset:ship")) for act in (old, new)]
    assert homes == ["DE", "US"]
    assert case.split("2020-01-01", "ship", forum="DE") == {"beta": "1/2", "gamma": "1/2"}
    assert set(case.at("2020-01-01", "ship", "DE").remarks.undecided) >= {new.id}
    assert old.id not in case.at("2020-01-01", "ship", "DE").remarks.undecided


def test_a_measure_over_the_company_is_judged_by_the_seat_of_the_company():
    case = flagged("company")
    given = {}
    for court, on in (("de", "2014-01-01"), ("us", "2014-02-01"), ("nl", "2016-01-01")):
        effect = impose("receivership", "party:ship", court, takes="manage takes")
        given[court] = case.given(effect, on=on, by=f"court-{court}").id
        case.at("2020-01-01", "ship")
    assert standing(case.at("2020-01-01", "ship")) == {given["de"]}
    reflag(case, "2015-01-01", "NL", "register-nl", "company")
    assert standing(case.at("2014-12-31", "ship")) == {given["de"]}
    assert standing(case.at("2020-01-01", "ship")) == {given["de"], given["nl"]}
    assert standing(case.at("2020-01-01", "ship", "JP")) == {given["de"], given["nl"]}


def test_a_company_first_named_and_then_registered_is_seen_from_its_seat():
    case = Case(OFFICES)
    taken = case.given(
        impose("receivership", "party:ship", "dan", takes="manage takes"), on="2014-01-01", by="court-us"
    )
    kept = case.admission.folds(Forum("DE"))
    assert [c.ref.statement for c in kept.courses(subject("party:ship"))] == []
    assert standing(case.at("2020-01-01", "ship")) == {taken.id}
    case.given(register("asset:ship", "DE"), by="register-de")
    assert standing(case.at("2020-01-01", "ship")) == set()
    assert standing(case.at("2020-01-01", "ship", "US")) == {taken.id}


# --- corrections, doubt, strength, nesting -----------------------------------------------------------------------


def test_a_wrong_place_is_corrected_for_all_time():
    case = flagged()
    seized = arrest(case, "court-de", "2017-06-01")
    first = case.record.acts[0]
    case.given(
        void(ref(first), "own", ground="error"),
        register("asset:ship", "US", kind="vessel"),
        on="2018-01-01",
        by="register-de",
        type="record.rectified",
        basis="correction",
    )
    assert standing(case.at("2017-12-31", "ship")) == set()
    assert seized in {u.act for u in case.at("2020-01-01", "ship").remarks.unapplied}
    assert [d.value for d in case.at("2020-01-01", "ship").identity.places] == ["US"]


def test_a_change_taken_back_never_was():
    case = flagged()
    change = reflag(case, "2018-01-01")
    seized = arrest(case, "court-de", "2019-06-01")
    assert standing(case.at("2020-01-01", "ship")) == set()
    case.given(void(change, "own", ground="retraction"), by="register-us", type="record.retracted", basis="correction")
    assert standing(case.at("2020-01-01", "ship")) == {seized}


def test_a_change_known_to_the_month_is_read_at_its_first_and_at_its_last_day():
    case = flagged()
    reflag(case, "2018-05")
    seized = arrest(case, "court-de", "2018-05-15")
    assert standing(case.at("2018-04-30", "ship")) == set()
    snap = case.at("2018-06-15", "ship")
    assert [u.what for u in snap.uncertain] == [f"measure {seized}#1"]
    assert [c.statement for c in snap.remarks.choices] == [case.record.acts[2].id]
    early = arrest(case, "court-de", "2018-04-15")
    assert early in standing(case.at("2018-06-15", "ship"))


def test_of_two_registrations_for_one_date_the_stronger_speaks():
    case = flagged()
    reflag(case, "2018-01-01", "NL", "register-nl", capacity="transcriber")
    assert case.at("2019-01-01", "ship").identity.place == "NL"
    reflag(case, "2018-01-01", "US", capacity="registrar")
    assert case.at("2019-01-01", "ship").identity.place == "US"
    assert case.at("2017-01-01", "ship").identity.place == "DE"
    assert [d.value for d in case.at("2019-01-01", "ship").identity.places] == ["DE", "US"]


def test_of_two_records_of_one_change_the_stronger_says_when():
    case = flagged()
    change = reflag(case, "2018-01-01", capacity="transcriber")
    reflag(case, "2017-01-01", capacity="author", records=change)
    places = case.at("2019-01-01", "ship").identity.places
    assert [(d.value, d.start.isoformat()[:10]) for d in places][1:] == [("US", "2016-12-31")]  # midnight in Berlin


def test_an_outer_order_counts_while_the_vessel_was_within_it():
    case = flagged(nesting=in_eu("DE"))
    reflag(case, "2018-01-01")
    listed, late = arrest(case, "council", "2017-01-01"), arrest(case, "council", "2019-01-01")
    assert standing(case.at("2017-12-31", "ship")) == {listed}
    snap = case.at("2020-01-01", "ship")
    assert standing(snap) == {listed}
    assert listed in snap.remarks.undecided
    assert [u.act for u in snap.remarks.unapplied] == [late]
    assert standing(case.at("2020-01-01", "ship", "DE")) == {listed, late}


# --- clocks ------------------------------------------------------------------------------------------------------


def test_on_the_recorded_clock_the_place_is_what_was_recorded():
    case = flagged()
    seized = arrest(case, "court-de", "2019-06-01")
    size = len(case.record.acts)
    before = case.at("2020-01-01", "ship")
    reflag(case, "2018-01-01")
    assert standing(before) == {seized}
    assert standing(case.at("2020-01-01", "ship")) == set()
    assert standing(case.at("2020-01-01", "ship", size=size)) == {seized}
    assert case.at("2020-01-01", "ship", size=size).identity.place == "DE"


def test_a_change_is_known_like_any_act():
    case = flagged()
    case.given(freeze("asset:ship"), on="2019-06-01", by="court-de", type="restriction.imposed", known="2019-06-01")
    reflag(case, "2018-01-01", known="2019-12-01")
    early = case.at("2020-01-01", "ship", known="2019-07-01")
    assert len(standing(early)) == 1
    assert early.identity.place == "DE"
    assert standing(case.at("2020-01-01", "ship", known="2019-12-31")) == set()


def test_a_bare_date_ends_where_the_asset_was_then():
    case = Case(OFFICES)
    first = register("asset:ship", "DE", "Europe/Berlin", "vessel")
    case.given(first, by="register-de")
    case.given(replace(first, place=Forum("US"), zone="America/New_York"), on="2018-01-01", zone="America/New_York")
    ship = subject("asset:ship")

    def end(day: str) -> tuple[str, str]:
        asked = understand(case.record, ship, Asked(effective=day), EPOCH)
        return asked.at.isoformat(timespec="minutes")[:16], asked.zone

    assert end("2017-12-31") == ("2017-12-31T22:59", "Europe/Berlin")
    assert end("2018-01-01") == ("2018-01-02T04:59", "America/New_York")


def test_a_day_that_a_change_of_zone_cuts_short_ends_with_the_change():
    case = Case(OFFICES)
    first = register("asset:ship", "US", "America/New_York", "vessel")
    case.given(first, by="register-us")
    case.given(replace(first, place=Forum("DE"), zone="Europe/Berlin"), on="2018-01-01", zone="Europe/Berlin")
    asked = understand(case.record, subject("asset:ship"), Asked(effective="2017-12-31"), EPOCH)
    assert asked.at.isoformat()[:19] == "2017-12-31T22:59:59"
    assert (asked.zone, asked.place) == ("America/New_York", "US")


# --- the identity tells it, and admission lets it be recorded ----------------------------------------------------


def test_the_identity_lists_places_with_dates_and_causes():
    case, _ = arrested()
    places = case.at("2017-06-01", "ship").identity.places
    first, change = case.record.acts[0], case.record.acts[2]
    assert [(d.value, d.cause) for d in places] == [("DE", ref(first)), ("US", ref(change))]
    assert places[0].end == places[1].start
    assert places[1].end == END
    assert case.at("2017-06-01", "ship").identity.place == "DE"
    assert case.at("2018-06-01", "ship").identity.place == "US"


def test_answers_tell_the_change_with_its_cause():
    case, made = arrested()
    moved = str(ref(case.record.acts[2]))
    ship = subject("asset:ship")
    told: Any = show(understand(case.record, ship, Asked(effective="2018-01-01"), EPOCH))
    changes = {item["what"]: (item["before"], item["after"], item["causes"]) for item in told["changes"]}
    assert changes["place"] == ("DE", "US", [moved])
    assert f"measure {made['us old']}#1" in changes
    assert told["clocks"]["forum"] == "US"
    through: Any = history(understand(case.record, ship, Asked(), EPOCH))
    assert through["clocks"]["forum"] is None
    places = through["identity"]["places"]
    assert [(p["value"], p["first_day"], p["last_day"]) for p in places] == [
        ("DE", None, "2017-12-31"),
        ("US", "2018-01-01", None),
    ]
    assert places[1]["causes"] == [moved]
    later: Any = explain(case.record, case.clocks(None, None, None), None, ship, when_ends("2019-01-01"), "place")
    assert (later.value.words, [str(c) for c in later.value.causes]) == ("US", [moved])


def when_ends(day: str) -> datetime:
    return start_bounds(when(day), ZONE, ZONES)[0]


def change(**more) -> Exist:
    return replace(register("asset:ship", "US", kind="vessel"), **more)


def submitted(case: Case, effect: Exist, on: str | None = "2018-01-01", by: str = "register-us") -> set:
    return case.objections(effect, on=on, by=by, type="asset.registered")


def test_a_change_of_place_is_recorded_as_a_later_registration():
    case = flagged()
    case.accepted(change(), on="2018-01-01", by="register-us", type="asset.registered")
    back = change(place=Forum("DE"))
    case.accepted(back, on="2020-01-01", by="register-de", type="asset.registered")
    assert [d.value for d in case.at("2021-01-01", "ship").identity.places] == ["DE", "US", "DE"]


def test_an_earlier_place_may_be_recorded_later():
    case = flagged()
    case.accepted(change(), on="2005-01-01", by="register-us", type="asset.registered")
    assert [d.value for d in case.at("2021-01-01", "ship").identity.places] == ["US", "DE"]


@pytest.mark.parametrize(
    ("effect", "on"),
    [
        (change(place=Forum("DE")), "2018-01-01"),  # says nothing new
        (change(), None),  # no date: since before the record begins
        (change(), "2010-01-01"),  # the day of the first
        (change(kind="company"), "2018-01-01"),  # another thing
        (change(identifiers=(External("IMO", "9176187"),)), "2018-01-01"),  # another ship
        (change(place=None, zone=None), "2018-01-01"),
    ],
)
def test_what_is_no_change_of_place_takes_no_used_slug(effect: Exist, on: str | None):
    case = Case(OFFICES)
    first = replace(register("asset:ship", "DE", kind="vessel"), identifiers=(External("IMO", "9074729"),))
    given = case.given(first, on="2010-01-01" if on else None, by="register-de")
    assert submitted(case, effect, on) == {("subject.registered", given.id)}


def test_a_view_asks_for_the_place_of_its_moment():
    case, _ = arrested()
    view = View(case.record, case.clocks(None, None, None), None)
    assert view.eyes(asset("ship")) == "US"
    assert view.alike == (start_bounds(when("2018-01-01"), ZONE, ZONES)[0], END)


def test_what_was_tried_and_taken_back_leaves_the_place():
    case = flagged()
    seized = arrest(case, "court-de", "2019-06-01")
    assert standing(case.at("2020-01-01", "ship")) == {seized}
    case.admission.judge(case.act(change(), on="2018-01-01", by="register-us", type="asset.registered"))
    assert standing(case.at("2020-01-01", "ship")) == {seized}
    case.accepted(change(), on="2018-01-01", by="register-us", type="asset.registered")
    assert standing(case.at("2020-01-01", "ship")) == set()
    assert standing(case.at("2017-12-31", "ship")) == set()


def test_forums_name_every_place_it_had():
    case = flagged()
    reflag(case, "2018-01-01")
    assert forums_concerned(case.record, asset("ship"))[:2] == ("DE", "US")
