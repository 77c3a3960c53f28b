"""Histories told end to end as drafts, and what their readers found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.answers import Asked, understand
from domain.answers_names import found
from domain.comparison import explain
from domain.concerning import bound_stakes
from domain.effects import Exist, Reach
from domain.identifiers import Forum
from tests.domain.builders import (
    Case,
    admit,
    alter,
    asset,
    declare,
    freeze,
    impose,
    move,
    party,
    proceed,
    ref,
    register,
    share,
    subject,
    void,
)

OFFICES = {"court": "DE", "appeal": "DE", "ministry": "DE"}


def annulled_under_appeal(time: str) -> Case:
    """A trusteeship to the end of June, extended in time to December; annulled on 1 September, appealed on the 20th."""
    case = Case(OFFICES)
    case.given(declare("fab", {"alpha": "1/1"}))
    over = impose("trusteeship", "asset:fab", "trustee", takes="manage takes", until="2021-06-30")
    order = case.given(over, by="ministry", on="2021-01-01")
    case.given(alter(ref(order), "extend", until="2021-12-30"), by="ministry", on="2021-06-28")
    ruling = proceed("p", "decided", "DE", force="suspended_by_appeal", outcome="annulled")
    judgment = case.given(ruling, void(order, time), by="court", on="2021-09-01")
    case.given(alter(ref(order), "extend", until="2022-06-30"), by="ministry", on="2021-09-10")
    case.given(proceed("p", "appealed", "DE", on=ref(judgment)), on="2021-09-20")
    return case


@pytest.mark.parametrize("time", ["own", "judgment"])
def test_while_an_appeal_suspends_an_annulment_the_measure_runs_as_it_had_been_extended(time: str) -> None:
    case = annulled_under_appeal(time)
    assert case.controllers("2021-09-19", "fab") == {"alpha"}
    assert case.controllers("2021-09-20", "fab") == {"trustee"}
    assert case.controllers("2021-12-30", "fab") == {"trustee"}


@pytest.mark.parametrize("time", ["own", "judgment"])
def test_what_extends_a_measure_declared_void_by_then_changes_nothing_once_an_appeal_suspends_that(time: str) -> None:
    case = annulled_under_appeal(time)
    assert case.controllers("2021-12-31", "fab") == {"alpha"}
    assert {i.rule for i in case.at("2021-12-31", "fab").remarks.irregular} == {"measure.ended"}


def test_an_extension_while_an_appeal_suspends_the_annulment_is_accepted() -> None:
    case = Case(OFFICES)
    case.given(declare("fab", {"alpha": "1/1"}))
    over = impose("trusteeship", "asset:fab", "trustee", takes="manage takes", until="2021-06-30")
    order = case.given(over, by="ministry", on="2021-01-01")
    case.given(alter(ref(order), "extend", until="2021-12-30"), by="ministry", on="2021-06-28")
    ruling = proceed("p", "decided", "DE", force="suspended_by_appeal", outcome="annulled")
    judgment = case.given(ruling, void(order), by="court", on="2021-09-01")
    case.given(proceed("p", "appealed", "DE", on=ref(judgment)), on="2021-09-20")
    case.accepted(alter(ref(order), "extend", until="2022-06-30"), by="ministry", on="2021-12-20")


def test_a_name_that_moved_is_borne_by_one_on_every_legal_day_where_it_is() -> None:
    case = Case(OFFICES)
    for slug, name in (("old", "Nordbank AG"), ("new", "Bridge 27 AG")):
        for kind in ("asset", "party"):
            registered = Exist("register", subject(f"{kind}:{slug}"), kind="company", name=name)
            zone = "Europe/Berlin" if kind == "asset" else None
            case.given(replace(registered, zone=zone), type=f"{kind}.registered")
    for slug, name in (("old", "Old Nord AG"), ("new", "Nordbank AG")):
        for kind in ("asset", "party"):
            case.given(Exist("name", subject(f"{kind}:{slug}"), name=name), on="2012-01-01", type="asset.renamed")

    def bears(day: str) -> list[object]:
        asked = understand(case.record, subject("register"), Asked(day), datetime(2026, 1, 1, tzinfo=UTC))
        told = found(asked, "Nordbank AG")["found"]
        assert isinstance(told, list)
        return [item["subject"] for item in told if isinstance(item, dict)]

    assert bears("2011-12-31") == ["asset:old", "party:old"]
    assert bears("2012-01-01") == ["asset:new", "party:new"]


def test_a_freeze_over_two_binds_the_stake_of_each_by_its_own_name() -> None:
    case = Case({"ofac": "DE"})
    case.given(declare("hold", {"one": "3/10", "two": "1/10", "fund": "3/5"}))
    reach = Reach(share("1/2"), True, True, "us-sdn")
    order = replace(freeze("party:one", reach=reach), over=(party("one"), party("two")))
    case.given(order, on="2022-03-01", by="ofac")
    stakes = bound_stakes(case.folds(), asset("hold"), case.at("2022-06-01", "hold").at)
    assert [(stake.holder, stake.over) for stake in stakes] == [(party("one"),) * 2, (party("two"),) * 2]


def test_what_is_uncertain_names_only_the_dates_it_depends_on_and_tells_an_end_as_a_day() -> None:
    case = Case(OFFICES)
    case.given(declare("quay", {"alpha": "1/1"}))
    case.given(move("quay", "1/1", "alpha", "beta"), on="2012-03")
    lease = case.given(impose("lease", "asset:quay", "tenant", takes="use takes", until="2013-06"), on="2012-06-15")
    title = case.history("quay").uncertain[0]
    assert title.what == "title"
    assert [why for _, why in title.others] == ["the date it took effect is uncertain"]
    told = {u.what: u.others for u in case.at("2013-06-15", "quay").uncertain}
    until = ("in force until 2013-06-30 inclusive, party:tenant", "the date it runs until is uncertain")
    assert told == {f"measure {ref(lease)}": (until,)}


def test_each_forum_that_sees_a_value_otherwise_is_told_though_on_another_day_of_knowledge_it_was_so_too() -> None:
    case = Case({"tribunal": "NL", "court-us": "US"})
    case.given(register("asset:mine", "AR"))
    case.given(declare("mine", {"alpha": "1/1"}), known="2010-01-01")
    award = case.given(move("mine", "1/1", "alpha", "beta"), on="2018-03-01", known="2018-03-01", by="tribunal")
    case.given(admit(award, "US"), on="2019-02-01", known="2019-02-01", by="court-us")
    at = case.at("2021-01-01", "mine").at
    told = explain(case.record, case.clocks(None, None, None), Forum("US"), asset("mine"), at, "title")
    assert told is not None
    assert [view for view, _, _ in told.elsewhere][-1] == "in the eyes of AR"


def test_an_answer_as_known_on_a_day_is_explained_by_what_was_known_on_other_days_too() -> None:
    case = Case(OFFICES)
    case.given(declare("fab", {"alpha": "1/1"}), known="2010-01-01")
    case.given(move("fab", "1/1", "alpha", "beta"), on="2012-01-01", known="2012-01-01")
    at = case.at("2013-01-01", "fab").at
    told = explain(case.record, case.clocks("2013-01-01", None, None), None, asset("fab"), at, "title")
    assert told is not None
    assert [value.words for _, value, _ in told.elsewhere] == ["party:alpha 1"]
