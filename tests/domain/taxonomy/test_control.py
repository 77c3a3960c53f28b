"""OPERATIONAL_CONTROL: each row of the taxonomy once accepted, and objected to for what it says speaks against it."""

from dataclasses import replace
from typing import Any

import pytest

from domain.acts import Basis
from tests.domain.builders import Case, alter, impose, move, ref
from tests.domain.taxonomy.situations import decided, opening, port, signed

START: dict[str, Any] = {"on": "2022-09-16", "by": "ministry", "type": "trusteeship.imposed"}


def held(until: str | None = "2023-03-15", **more):
    return impose("trusteeship", "asset:port", "trustee", until=until, max_step="P6M", **more)


def in_force() -> Case:
    """A trusteeship from 16 September 2022 to 15 March 2023; at most six months a step."""
    case = port()
    case.accepted(held(), **START)
    return case


def measure(case: Case):
    return ref(case.record.acts[2])


# --- ctl.trusteeship, ctl.temporary_management -------------------------------------------------------------------


def test_ctl_trusteeship_accepted_and_title_stays():
    case = in_force()
    assert case.controllers("2023-03-15", "port") == {"trustee"}
    assert case.split("2023-03-15", "port") == {"alpha": "3/4", "beta": "1/4"}


def test_ctl_trusteeship_objected_no_legal_basis():
    case = port()
    act = case.act(held(), **START)
    bare = replace(act, basis=Basis("order", "an order that names no law"))
    assert {(o.rule, o.where) for o in case.admission.judge(bare).objections} == {
        ("type.member-missing", "basis.legal_basis")
    }


def test_ctl_trusteeship_objected_longer_than_its_maximum():
    assert port().objections(held("2023-03-16"), **START) == {("term.beyond-maximum", None)}


def test_ctl_trusteeship_objected_before_its_publication():
    assert port().objections(held(), **START, known="2022-09-17") == {("measure.before-notice", None)}
    assert port().objections(held(), **START, known="2022-09-16") == set()
    assert port().objections(held(), **START, known="2022-09-20", told={"trustee": "2022-09-16"}) == set()
    assert port().objections(held(), **START, known="2022-09-20", basis="statute") == set()


def test_ctl_trusteeship_objected_beside_another_without_rank():
    case = in_force()
    other = impose("temporary-management", "asset:port", "manager")
    more: dict[str, Any] = {"on": "2022-10-01", "by": "court", "basis": "judgment"}
    assert case.objections(other, **more) == {("measure.overlaps-unranked", measure(case).statement)}
    ranked = impose("temporary-management", "asset:port", "manager", above=[measure(case)])
    assert case.objections(ranked, **more) == set()
    assert case.objections(other, on="2023-03-16", by="court", basis="judgment") == set()


def test_ctl_trusteeship_objected_it_takes_no_title():
    taking = move("port", "1/4", "beta", "state")
    assert {rule for rule, _ in port().objections(held(), taking, **START)} == {"type.effect-barred"}


# --- ctl.extended ------------------------------------------------------------------------------------------------


def extended(case: Case, until: str, on: str, by: str = "ministry"):
    return case.objections(alter(measure(case), "extend", until=until), on=on, by=by, type="control.extended")


def test_ctl_extended_accepted():
    case = in_force()
    assert extended(case, "2023-09-15", "2023-03-15") == set()
    case.accepted(
        alter(measure(case), "extend", until="2023-09-15"), on="2023-03-15", by="ministry", type="control.extended"
    )
    assert case.controllers("2023-09-15", "port") == {"trustee"}


def test_ctl_extended_objected_it_had_lapsed():
    case = in_force()
    assert extended(case, "2023-09-10", "2023-03-16") == {("measure.lapsed", measure(case).statement)}


def test_ctl_extended_objected_it_had_ended():
    case = in_force()
    end = case.accepted(alter(measure(case), "end"), on="2022-12-01", by="ministry", type="control.ended")
    assert extended(case, "2023-09-10", "2023-03-01") == {("measure.ended", end.id)}


def test_ctl_extended_objected_unknown_measure():
    case = in_force()
    unknown = ref(case.record.acts[2], 2)
    found = case.objections(
        alter(unknown, "extend", until="2023-09-15"), on="2023-03-15", by="ministry", type="control.extended"
    )
    assert found == {("reference.unknown", None)}


def test_ctl_extended_objected_not_later_or_beyond_the_maximum_step():
    case = in_force()
    assert extended(case, "2023-03-15", "2023-03-01") == {("extension.not-later", measure(case).statement)}
    assert extended(case, "2024-03-15", "2023-03-15") == {("extension.beyond-maximum", measure(case).statement)}


def test_ctl_extended_objected_by_another_authority():
    case = in_force()
    assert extended(case, "2023-09-15", "2023-03-01", by="treasury") == {
        ("measure.other-authority", measure(case).statement)
    }


# --- ctl.suspended, ctl.resumed ----------------------------------------------------------------------------------


def test_ctl_suspended_accepted_and_the_clock_runs_on():
    case = in_force()
    case.accepted(alter(measure(case), "suspend"), on="2022-11-01", by="court", type="control.suspended")
    assert case.controllers("2022-11-01", "port") == {"alpha", "beta"}
    case.accepted(alter(measure(case), "resume"), on="2022-12-01", by="court", type="control.resumed")
    assert case.controllers("2023-03-15", "port") == {"trustee"}
    assert case.controllers("2023-03-16", "port") == {"alpha", "beta"}


def test_ctl_suspended_objected_not_in_force():
    case = in_force()
    late = {"on": "2023-04-01", "by": "court", "type": "control.suspended"}
    assert case.objections(alter(measure(case), "suspend"), **late) == {("measure.lapsed", measure(case).statement)}


def test_ctl_suspended_objected_resumed_after_its_end_or_without_suspension():
    case = in_force()
    back = alter(measure(case), "resume")
    more: dict[str, Any] = {"by": "court", "type": "control.resumed"}
    assert case.objections(back, on="2022-12-01", **more) == {("measure.not-suspended", measure(case).statement)}
    case.accepted(alter(measure(case), "suspend"), on="2022-11-01", by="court", type="control.suspended")
    assert case.objections(back, on="2023-04-01", **more) == {("measure.lapsed", measure(case).statement)}


# --- ctl.ended ---------------------------------------------------------------------------------------------------


def test_ctl_ended_accepted_and_control_returns_to_the_votes():
    case = in_force()
    case.accepted(alter(measure(case), "end"), on="2022-12-01", by="ministry", type="control.ended")
    assert case.controllers("2022-12-01", "port") == {"alpha", "beta"}


def test_ctl_ended_objected_not_in_force_or_before_its_start():
    case = in_force()
    end = alter(measure(case), "end")
    more: dict[str, Any] = {"by": "ministry", "type": "control.ended"}
    assert case.objections(end, on="2023-04-01", **more) == {("measure.lapsed", measure(case).statement)}
    assert case.objections(end, on="2022-09-15", **more) == {("measure.not-in-force", measure(case).statement)}


# --- lapse -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["control.lapsed", "trusteeship.lapsed", "measure.expired", "licence.lapsed"])
def test_lapse_objected_it_is_derived_never_stated(name: str):
    case = in_force()
    found = case.objections(alter(measure(case), "end"), on="2023-03-16", by="ministry", type=name)
    assert found == {("type.derived-not-stated", None)}
    assert case.controllers("2023-03-16", "port") == {"alpha", "beta"}


# --- ctl.court_administrator -------------------------------------------------------------------------------------


def appointed(*more):
    return (impose("insolvency-officer", "party:port", "officer", takes="manage takes"), *more)


COURT: dict[str, Any] = {"on": "2022-09-16", "by": "court", "type": "administrator.appointed", "basis": "order"}


def test_ctl_court_administrator_accepted():
    case = port()
    judged = case.admission.judge(case.act(*appointed(decided(stage="interim")), **COURT))
    assert (judged.objections, [g.words for g in judged.gaps if "administrator" in g.words]) == ((), [])
    case.accepted(*appointed(decided(stage="interim")), **COURT)
    assert [r.agent for r in case.history("port").representation] == ["party:officer"]


def test_ctl_court_administrator_without_a_proceeding_is_a_gap():
    case = port()
    judged = case.admission.judge(case.act(*appointed(), **COURT))
    assert judged.accepted
    assert [(g.kind, "administrator.appointed" in g.words) for g in judged.gaps] == [("antecedent-not-on-record", True)]


def test_ctl_court_administrator_objected_an_announcement_appoints_nobody():
    found = port().objections(*appointed(), **COURT | {"basis": "announcement"})
    assert found == {("type.basis-barred", None)}


def test_ctl_court_administrator_objected_by_a_court_of_another_order():
    step = decided(stage="interim", forum="US")
    assert port().objections(*appointed(step), **COURT) == {("proceeding.other-forum", None)}


# --- ctl.concession_granted, lease, operator ---------------------------------------------------------------------


def granted(holder: str = "terminal", until: str = "2050-12-31", **more):
    return impose("concession", "asset:port", holder, takes="manage takes, use takes", until=until, **more)


GRANT: dict[str, Any] = {"on": "2022-01-01", "type": "concession.granted", "basis": "agreement"}


def test_ctl_concession_accepted_and_the_owner_stays():
    case = port()
    case.accepted(granted(), by="alpha", **GRANT)
    assert case.controllers("2030-01-01", "port") == {"terminal"}
    assert case.split("2030-01-01", "port") == {"alpha": "3/4", "beta": "1/4"}


def test_ctl_concession_objected_the_grantor_lacks_the_right():
    case = port()
    assert case.objections(granted(), by="stranger", **GRANT) == {("grant.lacks-right", opening(case).id)}


def test_ctl_concession_objected_beyond_the_grantors_own_term():
    case = port()
    own = case.accepted(granted(), by="alpha", **GRANT)
    longer: dict[str, Any] = {"on": "2030-01-01", "by": "terminal", "type": "concession.granted", "basis": "agreement"}
    assert case.objections(granted("sub", "2051-12-31"), **longer) == {("grant.beyond-own-term", own.id)}
    assert case.objections(granted("sub", "2050-12-31"), **longer) == set()


def test_ctl_concession_objected_the_same_use_to_two():
    case = port()
    first = case.accepted(granted(), by="alpha", **GRANT)
    again: dict[str, Any] = {"on": "2025-01-01", "by": "alpha", "type": "concession.granted", "basis": "agreement"}
    assert case.objections(granted("rival"), **again) == {("grant.overlaps", first.id)}
    assert case.objections(granted("rival", above=[ref(first)]), **again) == set()
    case.accepted(alter(ref(first), "end"), on="2024-12-31", by="terminal", type="control.ended", basis="agreement",
                  signers=signed("alpha", "terminal"))  # fmt: skip
    assert case.objections(granted("rival"), **again) == set()


def test_ctl_concession_accepted_signature_is_not_effectiveness():
    case = port()
    case.accepted(granted(pending="fulfilled"), by="alpha", **GRANT)
    assert case.controllers("2022-06-01", "port") == {"alpha", "beta"}
