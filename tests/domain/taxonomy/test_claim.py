"""CLAIM and RECOGNITION: each row once accepted, and objected to for what the taxonomy says speaks against it."""

from typing import Any

from domain.acts import Act
from domain.dockets import proceedings
from domain.effects import Admit
from domain.identifiers import EffectRef, Forum, ProceedingId
from tests.domain.builders import Case, admit, impose, move, party, proceed, ref, statement_id, subject, void
from tests.domain.taxonomy.situations import decided, opening, port

SALE = move("port", "1/4", "beta", "gamma")
BY_ALPHA: dict[str, Any] = {"by": "alpha", "basis": "pleading"}


def step(stage: str, **more):
    return decided(stage=stage, **more)


def filed(case: Case, on: str = "2020-01-01", **more) -> Act:
    return case.accepted(step("filed", **more), on=on, type="claim.filed", **BY_ALPHA)


def ruled(case: Case, on: str = "2020-06-01", **more) -> Act:
    return case.accepted(step("decided", **more), on=on, by="court", type="claim.decided")


# --- clm.notice_of_dispute ---------------------------------------------------------------------------------------

NOTICE: dict[str, Any] = {"on": "2020-01-01", "by": "alpha", "type": "dispute.notified", "basis": "notice"}


def test_clm_notice_of_dispute_accepted():
    case = port()
    case.accepted(step("notified", until="2020-06-30"), **NOTICE)
    (status,) = proceedings(case.folds().view, ProceedingId(subject("proceeding:suit"))).statuses
    assert (status.stage, status.outcome) == ("notified", None)
    assert case.split("2020-07-01", "port") == {"alpha": "3/4", "beta": "1/4"}


def test_clm_notice_of_dispute_objected_posted_as_filed():
    found = port().objections(step("filed"), **NOTICE)
    assert {rule for rule, _ in found} == {"type.effect-barred", "type.effect-missing"}


# --- clm.filed ---------------------------------------------------------------------------------------------------


def gaps(case: Case, *effects, **more) -> list[tuple[str, tuple[EffectRef, ...]]]:
    judged = case.admission.judge(case.act(*effects, **more))
    assert judged.accepted, judged.objections
    return [(gap.kind, gap.met) for gap in judged.gaps]


def test_clm_filed_accepted():
    case = port()
    claim = filed(case)
    judged = case.at("2020-01-01", "port")
    assert judged.rights == port().at("2020-01-01", "port").rights
    assert case.record.find(ref(claim).statement) is not None


def test_clm_filed_during_the_cooling_off_period_is_accepted_and_told():
    case = port()
    notice = case.accepted(step("notified", until="2020-06-30"), **NOTICE)
    asked: dict[str, Any] = {"type": "claim.filed", **BY_ALPHA}
    assert gaps(case, step("filed"), on="2020-06-30", **asked) == [("cooling-off-running", (ref(notice),))]
    assert gaps(case, step("filed"), on="2020-07-01", **asked) == []


def test_clm_filed_objected_a_pleading_only_asks():
    found = port().objections(step("filed"), SALE, on="2020-01-01", type="claim.filed", **BY_ALPHA)
    assert {rule for rule, _ in found} == {"type.effect-barred", "type.basis-barred"}


# --- clm.interim_measure, stay, injunction -----------------------------------------------------------------------

INTERIM: dict[str, Any] = {"on": "2020-02-01", "by": "court", "type": "interim.ordered", "basis": "order"}


def sequestration():
    return impose("administrator", "asset:port", "officer", takes="manage takes")


def test_clm_interim_measure_accepted():
    case = port()
    filed(case)
    case.accepted(step("interim"), sequestration(), **INTERIM)
    assert case.controllers("2020-02-01", "port") == {"officer"}


def test_clm_interim_measure_objected_no_proceeding():
    assert port().objections(sequestration(), **INTERIM) == {("type.effect-missing", None)}


# --- clm.judgment, award, settled, withdrawn ---------------------------------------------------------------------

PARTIES: dict[str, Any] = {"claimants": ["alpha"], "respondents": ["beta"]}


def test_clm_judgment_accepted_and_changes_title_only_as_it_orders():
    case = port()
    filed(case, **PARTIES)
    ruled(case, **PARTIES)
    assert case.split("2021-01-01", "port") == {"alpha": "3/4", "beta": "1/4"}
    case.accepted(
        step("decided", **PARTIES), SALE, on="2021-06-01", by="court", type="claim.decided",
        subjects=["asset:port", "proceeding:suit"],
    )  # fmt: skip
    assert case.split("2021-06-01", "port") == {"alpha": "3/4", "gamma": "1/4"}


def test_clm_judgment_without_a_filing_is_a_gap():
    asked: dict[str, Any] = {"on": "2020-06-01", "by": "court", "type": "claim.decided"}
    assert [kind for kind, _ in gaps(port(), step("decided"), **asked)] == ["antecedent-not-on-record"]


def test_clm_judgment_objected_between_other_parties():
    case = port()
    claim = filed(case, **PARTIES)
    other = step("decided", claimants=["alpha"], respondents=["delta"])
    found = case.objections(other, on="2020-06-01", by="court", type="claim.decided")
    assert found == {("proceeding.other-parties", claim.id)}
    reversed_roles = step("decided", claimants=["beta"], respondents=["alpha"])
    assert case.objections(reversed_roles, on="2020-06-01", by="court", type="claim.decided") == set()


def test_clm_judgment_objected_a_decision_states_its_outcome():
    found = port().objections(proceed("suit", "decided", "DE"), on="2020-06-01", by="court", type="claim.decided")
    assert found == {("type.member-missing", None)}


# --- clm.appeal --------------------------------------------------------------------------------------------------

APPEAL: dict[str, Any] = {"type": "appeal.filed", **BY_ALPHA}


def test_clm_appeal_accepted():
    case = port()
    filed(case)
    first = ruled(case)
    case.accepted(step("appealed", on=ref(first)), on="2020-07-01", **APPEAL)
    upheld = proceed("suit", "decided", "DE", force="immediate", outcome="upheld", reviews=ref(first))
    case.accepted(upheld, on="2021-01-01", by="high-court", type="appeal.decided")


def test_clm_appeal_objected_no_decision_to_appeal():
    case = port()
    assert case.objections(step("appealed"), on="2020-07-01", **APPEAL) == {("type.member-missing", None)}
    from_a_split = step("appealed", on=ref(opening(case)))
    assert case.objections(from_a_split, on="2020-07-01", **APPEAL) == {("reference.kind", opening(case).id)}


def test_clm_appeal_objected_after_finality():
    case = port()
    filed(case)
    first = ruled(case)
    last = case.accepted(
        step("final", on=ref(first)), on="2020-08-01", by="court", type="decision.finalised", basis="notice"
    )
    assert case.objections(step("appealed", on=ref(first)), on="2020-09-01", **APPEAL) == {
        ("proceeding.final", last.id)
    }


# --- clm.set_aside, reinstated, annulled -------------------------------------------------------------------------

ANNULS: dict[str, Any] = {"by": "court", "type": "act.annulled", "subjects": ["asset:port", "proceeding:suit"]}


def sold(case: Case) -> Act:
    return case.accepted(SALE, on="2020-01-01")


def test_clm_set_aside_accepted_from_its_own_time():
    case = port()
    sale = sold(case)
    case.accepted(decided(), void(ref(sale)), on="2021-01-01", **ANNULS)
    assert case.split("2020-06-01", "port") == {"alpha": "3/4", "beta": "1/4"}


def test_clm_set_aside_objected_target_unknown():
    missing = void(EffectRef(statement_id("nothing"), 1))
    assert port().objections(decided(), missing, on="2021-01-01", **ANNULS) == {("reference.unknown", None)}


def test_clm_set_aside_objected_target_already_void():
    case = port()
    sale = sold(case)
    first = case.accepted(decided(), void(ref(sale)), on="2021-01-01", **ANNULS)
    again = case.objections(decided(), void(ref(sale)), on="2022-01-01", **ANNULS)
    assert again == {("void.already-void", first.id)}


def test_clm_set_aside_by_a_foreign_court_stays_its_own_position():
    case = port()
    sale = sold(case)
    foreign = ANNULS | {"by": "court-us"}
    case.accepted(decided(forum="US"), void(ref(sale)), on="2021-01-01", **foreign)
    assert case.split("2022-01-01", "port") == {"alpha": "3/4", "gamma": "1/4"}
    assert case.split("2022-01-01", "port", forum="US") == {"alpha": "3/4", "beta": "1/4"}
    assert len(case.at("2022-01-01", "port").remarks.unapplied) == 1


def test_clm_set_aside_objected_by_no_court():
    case = port()
    sale = sold(case)
    found = case.objections(decided(), void(ref(sale)), on="2021-01-01", **ANNULS | {"by": "alpha"})
    assert ("actor.no-power", sale.id) in found


def test_clm_reinstated_accepted_and_says_what_becomes_of_what_was_done():
    case = port()
    sale = sold(case)
    first = case.accepted(decided(), void(ref(sale)), on="2021-01-01", **ANNULS)
    more: dict[str, Any] = {
        "on": "2022-01-01",
        "by": "high-court",
        "type": "act.reinstated",
        "subjects": ["asset:port", "proceeding:suit"],
    }
    silent = case.objections(decided(), void(ref(first, 2)), **more)
    assert silent == {("void.consequence-missing", first.id)}
    case.accepted(decided(), void(ref(first, 2), consequence="revives"), **more)
    assert case.split("2022-01-01", "port") == {"alpha": "3/4", "gamma": "1/4"}


# --- rec.recognised, refused, stayed -----------------------------------------------------------------------------


def foreign(case: Case) -> Act:
    """A judgment of an American court that gives beta's quarter to gamma."""
    return case.accepted(
        decided("claim", "US"), SALE, on="2020-01-01", by="court-us", type="claim.decided",
        subjects=["asset:port", "proceeding:claim"],
    )  # fmt: skip


def test_rec_recognised_accepted_in_its_own_forum_from_its_day():
    case = port()
    case.accepted(admit(foreign(case), "DE"), on="2021-01-01", by="court")
    assert case.split("2020-12-31", "port") == {"alpha": "3/4", "beta": "1/4"}
    assert case.split("2021-01-01", "port") == {"alpha": "3/4", "gamma": "1/4"}
    assert case.split("2021-01-01", "port", forum="GB") == {"alpha": "3/4", "gamma": "1/4"}


def test_rec_refused_accepted_and_leaves_the_other_view():
    case = port()
    refusal = admit(foreign(case), "DE", "refused")
    case.accepted(refusal, on="2021-01-01", by="court", type="recognition.refused")
    assert case.split("2022-01-01", "port") == {"alpha": "3/4", "beta": "1/4"}
    assert case.split("2022-01-01", "port", forum="US") == {"alpha": "3/4", "gamma": "1/4"}


def test_rec_recognised_objected_no_foreign_act():
    missing = Admit(Forum("DE"), "recognised", EffectRef(statement_id("nothing"), 0))
    found = port().objections(missing, on="2021-01-01", by="court", subjects=["asset:port"])
    assert found == {("reference.unknown", None)}


def test_rec_recognised_objected_it_changes_another_forums_view():
    case = port()
    judgment = foreign(case)
    found = case.objections(admit(judgment, "US"), on="2021-01-01", by="court")
    assert found == {("recognition.other-forum", None)}
    found = case.objections(admit(judgment, "DE"), SALE, on="2021-01-01", by="court")
    assert {rule for rule, _ in found} == {"type.effect-barred"}


# --- rec.government_recognised, withdrawn ------------------------------------------------------------------------


def government(forum: str, answer: str = "recognised") -> Admit:
    return Admit(Forum(forum), answer, government=party("assembly"), state=party("republic"))  # type: ignore[arg-type]  # a word


def test_rec_government_accepted_and_withdrawn():
    case = port()
    case.accepted(government("US"), on="2019-01-23", by="treasury", type="government.recognised", basis="announcement")
    case.accepted(
        government("US", "withdrawn"), on="2023-01-05", by="treasury", type="government.derecognised",
        basis="announcement",
    )  # fmt: skip


def test_rec_government_objected_recognised_for_another_forum():
    more: dict[str, Any] = {
        "on": "2019-01-23",
        "by": "ministry",
        "type": "government.recognised",
        "basis": "announcement",
    }
    assert port().objections(government("US"), **more) == {("recognition.other-forum", None)}
    assert port().objections(government("DE"), **more) == set()
