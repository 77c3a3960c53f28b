"""A second examination: steps of proceedings that do not stand, corrections beside decisions, capital and restrictions, nominees,
governments, and burdens whose holder nobody asked."""

from __future__ import annotations

from dataclasses import replace

from domain.acts import Act, Signer
from domain.concerning import bound_stakes
from domain.effects import Admit, Exist, Limit, Manner, Part, Permit, Portion, Power, Reach, Right
from domain.identifiers import Forum
from domain.ranks import encumbrance_order
from tests.domain.builders import (
    Case,
    admit,
    agree,
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
    reunit,
    share,
    subject,
    void,
)

OFFICES = {"court": "DE", "appeal": "DE", "supreme": "DE", "ministry": "DE", "registrar": "DE", "court-us": "US"}
ALPHA, BETA, STATE = {"alpha": "1/1"}, {"beta": "1/1"}, {"state": "1/1"}


def held() -> Case:
    case = Case(OFFICES)
    case.given(declare("port", ALPHA))
    return case


# --- proceedings -----------------------------------------------------------------------------------------------------


def annulled(case: Case, force: str) -> Act:
    """A sale of 2010 and the judgment of 2012 that annuls it."""
    sale = case.given(move("port", "1/1", "alpha", "beta"), on="2010-01-01")
    decided = proceed("k", "decided", "DE", force=force, outcome="annulled")
    return case.given(decided, void(ref(sale), consequence="revives"), on="2012-01-01", by="court")


def forfeited(case: Case) -> Act:
    decided = proceed("k", "decided", "DE", force="immediate", outcome="forfeited")
    taken = move("port", "1/1", "alpha", "state")
    return case.given(decided, taken, on="2010-01-01", by="court", type="ownership.forfeited", basis="judgment")


def taken_back(case: Case, act: Act) -> Act:
    correction = void(act, ground="retraction", consequence="revives")
    return case.given(correction, by=act.actor.removeprefix("party:"), type="record.retracted", basis="correction")


def test_a_judgment_is_not_final_by_a_step_that_was_recorded_in_error():
    case = held()
    first = annulled(case, "on_finality")
    final = case.given(proceed("k", "final", "DE", on=ref(first)), on="2012-06-01", by="court")
    assert case.split("2013-01-01", "port") == ALPHA
    taken_back(case, final)
    assert case.split("2013-01-01", "port") == BETA


def test_nor_by_one_about_the_whole_proceeding():
    case = held()
    annulled(case, "on_finality")
    final = case.given(proceed("k", "final", "DE"), on="2012-06-01", by="court")
    assert case.split("2013-01-01", "port") == ALPHA
    taken_back(case, final)
    assert case.split("2013-01-01", "port") == BETA


def test_a_judgment_reopened_is_no_longer_final_from_then_on():
    case = held()
    first = annulled(case, "on_finality")
    final = case.given(proceed("k", "final", "DE", on=ref(first)), on="2012-06-01", by="court")
    reopened = proceed("k-2", "decided", "DE", force="immediate", outcome="reopened")
    case.given(reopened, void(ref(final), "judgment"), on="2013-01-01", by="supreme")
    days = ("2012-03-01", "2012-09-01", "2013-06-01")
    assert [case.split(day, "port") for day in days] == [ALPHA, ALPHA, BETA]


def test_an_appeal_that_was_never_filed_suspends_nothing():
    case = held()
    first = annulled(case, "suspended_by_appeal")
    appeal = case.given(proceed("k", "appealed", "DE", on=ref(first)), on="2012-06-01", by="beta")
    assert case.split("2013-01-01", "port") == BETA
    taken_back(case, appeal)
    assert case.split("2013-01-01", "port") == ALPHA


def test_a_stay_that_is_annulled_suspends_until_then():
    case = held()
    first = annulled(case, "immediate")
    stay = case.given(proceed("k", "stayed", "DE", on=ref(first)), on="2012-02-01", by="appeal")
    lifted = proceed("k-2", "decided", "DE", force="immediate", outcome="annulled")
    case.given(lifted, void(ref(stay), "judgment"), on="2012-08-01", by="supreme")
    assert case.split("2012-05-01", "port") == BETA
    assert case.split("2012-09-01", "port") == ALPHA


def test_a_reversal_that_is_not_final_leaves_the_judgment_in_force():
    case = held()
    order = forfeited(case)
    reversal = proceed("k", "decided", "DE", force="on_finality", outcome="reversed", reviews=ref(order))
    second = case.given(reversal, on="2012-01-01", by="appeal")
    assert case.split("2012-06-01", "port") == STATE
    case.given(proceed("k", "final", "DE", on=ref(second)), on="2013-01-01", by="appeal")
    assert case.split("2012-06-01", "port") == STATE
    assert case.split("2013-06-01", "port") == ALPHA


def test_a_reversal_that_is_annulled_reversed_nothing():
    case = held()
    order = forfeited(case)
    reversal = proceed("k", "decided", "DE", force="immediate", outcome="reversed", reviews=ref(order))
    second = case.given(reversal, on="2012-01-01", by="appeal")
    assert case.split("2012-06-01", "port") == ALPHA
    annulling = proceed("k-2", "decided", "DE", force="immediate", outcome="annulled")
    case.given(annulling, void(ref(second), consequence="revives"), on="2014-01-01", by="supreme")
    assert case.split("2012-06-01", "port") == STATE


def test_a_further_appeal_suspends_what_the_first_one_had():
    case = held()
    first = annulled(case, "suspended_by_appeal")
    case.given(proceed("k", "appealed", "DE", on=ref(first)), on="2012-02-01", by="beta")
    upheld = proceed("k", "decided", "DE", force="suspended_by_appeal", outcome="upheld", reviews=ref(first))
    second = case.given(upheld, on="2013-01-01", by="appeal")
    assert case.split("2013-06-01", "port") == ALPHA
    case.given(proceed("k", "appealed", "DE", on=ref(second)), on="2013-02-01", by="beta")
    last = proceed("k", "decided", "DE", force="immediate", outcome="upheld", reviews=ref(second))
    case.given(last, on="2014-01-01", by="supreme")
    days = ("2012-06-01", "2013-01-15", "2013-06-01", "2014-06-01")
    assert [case.split(day, "port") for day in days] == [BETA, ALPHA, BETA, ALPHA]


def test_what_was_suspended_stays_so_until_what_upholds_it_is_final():
    case = held()
    first = annulled(case, "suspended_by_appeal")
    case.given(proceed("k", "appealed", "DE", on=ref(first)), on="2012-02-01", by="beta")
    upheld = proceed("k", "decided", "DE", force="on_finality", outcome="upheld", reviews=ref(first))
    second = case.given(upheld, on="2013-01-01", by="appeal")
    assert case.split("2013-06-01", "port") == BETA
    case.given(proceed("k", "final", "DE", on=ref(second)), on="2014-01-01", by="appeal")
    assert [case.split(day, "port") for day in ("2013-06-01", "2014-06-01")] == [BETA, ALPHA]


def test_an_appeal_against_a_final_step_taken_back_is_in_time():
    case = held()
    first = annulled(case, "suspended_by_appeal")
    final = case.given(proceed("k", "final", "DE", on=ref(first)), on="2012-06-01", by="court")
    appeal = proceed("k", "appealed", "DE", on=ref(first))
    more = {"on": "2012-07-01", "by": "beta", "type": "appeal.filed", "basis": "pleading"}
    assert case.objections(appeal, **more) == {("proceeding.final", final.id)}
    taken_back(case, final)
    assert case.objections(appeal, **more) == set()


# --- corrections beside decisions ------------------------------------------------------------------------------------


def rectified(case: Case, force: str) -> tuple[Act, Act]:
    """A judgment recorded as annulling the first of two sales, and the record corrected: it annulled the second."""
    wrong = case.given(move("port", "1/2", "alpha", "beta"), on="2010-01-01")
    right = case.given(move("port", "1/4", "alpha", "gamma"), on="2010-02-01")
    decided = proceed("k", "decided", "DE", force="immediate", outcome="annulled")
    first = case.given(decided, void(ref(wrong), consequence="revives"), on="2012-01-01", by="court")
    corrected = case.given(
        void(first, ground="error", consequence="revives"),
        proceed("k", "decided", "DE", force=force, outcome="annulled"),
        void(ref(right), consequence="revives"),
        on="2012-01-01",
        by="court",
        type="record.rectified",
        basis="correction",
    )
    return first, corrected


def test_a_correction_does_not_wait_until_the_judgment_it_records_is_final():
    case = held()
    _, corrected = rectified(case, "on_finality")
    assert case.split("2012-06-01", "port") == {"alpha": "1/4", "beta": "1/2", "gamma": "1/4"}
    case.given(proceed("k", "final", "DE", on=ref(corrected, 2)), on="2013-01-01", by="court")
    assert case.split("2014-01-01", "port") == {"alpha": "1/2", "beta": "1/2"}


def test_a_correction_does_not_fall_with_the_judgment_it_records():
    case = held()
    _, corrected = rectified(case, "immediate")
    assert case.split("2014-01-01", "port") == {"alpha": "1/2", "beta": "1/2"}
    quashed = proceed("k", "decided", "DE", force="immediate", outcome="quashed", reviews=ref(corrected, 2))
    case.given(quashed, void(ref(corrected, 2), consequence="revives"), on="2013-01-01", by="appeal")
    assert case.split("2014-01-01", "port") == {"alpha": "1/4", "beta": "1/2", "gamma": "1/4"}


def test_a_record_taken_back_is_so_in_every_forum():
    case = Case(OFFICES)
    case.given(exist("register", "asset:port", kind="company", place="US", zone="America/New_York"), by="court-us")
    case.given(declare("port", ALPHA), by="alpha")
    order = forfeited(case)
    case.given(admit(order, "US"), on="2011-01-01", by="court-us")
    assert case.split("2012-01-01", "port") == STATE
    taken_back(case, order)
    assert case.split("2012-01-01", "port") == ALPHA


def test_corrected_records_that_review_each_other_are_answered():
    case = held()
    taking = move("port", "1/4", "alpha", "beta")
    more = {"by": "court", "type": "ownership.forfeited", "basis": "judgment"}
    one = case.given(proceed("a", "decided", "DE", force="on_finality"), taking, on="2010-01-01", **more)
    two = case.given(proceed("b", "decided", "DE", force="on_finality"), taking, on="2010-02-01", **more)
    more |= {"type": "record.rectified", "basis": "correction"}
    again = proceed("a", "decided", "DE", force="on_finality", reviews=ref(two))
    wrong = void(one, ground="error", consequence="revives")
    first = case.given(wrong, again, taking, on="2010-01-01", **more)
    again = proceed("b", "decided", "DE", force="on_finality", reviews=ref(first, 2))
    case.given(void(two, ground="error", consequence="revives"), again, taking, on="2010-02-01", **more)
    assert case.split("2012-01-01", "port") == ALPHA
    case.given(proceed("a", "final", "DE", on=ref(first, 2)), on="2011-01-01", by="court")
    assert case.split("2012-01-01", "port") == {"alpha": "1/2", "beta": "1/2"}


# --- capital and restrictions ----------------------------------------------------------------------------------------


def shared() -> Case:
    case = Case(OFFICES)
    case.given(declare("port", {"city": "4/5", "cosco": "1/5"}))
    return case


def test_a_cap_is_met_by_capital_that_is_issued():
    case = shared()
    limit = case.given(cap("port", "1/4", "cosco"), on="2012-01-01", by="ministry", type="transaction.prohibited")
    more = {"on": "2013-01-01", "by": "port"}
    assert case.objections(reunit("port", {}, {"cosco": "1/5"}), **more) == {("limit.exceeded", limit.id)}
    assert case.objections(reunit("port", {}, {"cosco": "1/20"}), **more) == set()
    assert case.objections(reunit("port", {"city": "1/5"}, {"bank": "1/5"}), **more) == set()


def test_a_frozen_party_is_issued_no_capital_and_loses_none():
    case = shared()
    frozen = case.given(freeze("party:cosco"), on="2012-01-01", by="ministry", type="restriction.imposed")
    more = {"on": "2013-01-01", "by": "port"}
    for issue in (reunit("port", {}, {"cosco": "1/5"}), reunit("port", {"cosco": "1/10"}, {"city": "1/10"})):
        assert case.objections(issue, **more) == {("restriction.binds", frozen.id)}
    assert case.objections(reunit("port", {"city": "1/10"}, {"bank": "1/10"}), **more) == set()
    again = reunit("port", {"cosco": "1/5"}, {"cosco": "1/5"})
    assert case.objections(again, **more) == set()


def test_capital_issued_in_breach_is_void_where_the_restriction_says_so():
    case = shared()
    frozen = case.given(freeze("party:cosco", sanction="void"), on="2012-01-01", by="ministry")
    issue = reunit("port", {"city": "1/10"}, {"cosco": "1/10"})
    case.given(issue, on="2013-01-01", by="port", despite=[("restriction.binds", frozen)])
    assert case.split("2014-01-01", "port") == {"city": "4/5", "cosco": "1/5"}


def test_a_cap_with_a_reach_counts_what_companies_of_those_bound_hold():
    case = shared()
    case.given(declare("cspl", {"cosco": "1/1"}))
    case.given(declare("joint", {"cosco": "1/10", "other": "9/10"}))
    controlled = Reach(share("1/2"), False, False, "control")
    made = cap("port", "1/4", "cosco", reach=controlled)
    limit = case.given(made, on="2012-01-01", by="ministry", type="transaction.prohibited")
    exceeded = {("limit.exceeded", limit.id)}
    assert case.objections(move("port", "1/10", "city", "cspl"), on="2013-01-01") == exceeded
    assert case.objections(move("port", "1/20", "city", "cspl"), on="2013-01-01") == set()
    assert case.objections(move("port", "1/2", "city", "joint"), on="2013-01-01") == set()
    assert case.objections(move("port", "1/5", "cosco", "cspl"), on="2013-01-01") == set()
    assert case.objections(reunit("port", {}, {"cspl": "1/5"}), on="2013-01-01", by="port") == exceeded


# --- permits ---------------------------------------------------------------------------------------------------------


def up_to(made: Permit, bound: str) -> Permit:
    return replace(made, limit=Limit(Right.TITLE, share(bound), inclusive=False))


def test_an_exemption_from_a_cap_goes_as_far_as_its_own_limit():
    case = shared()
    limit = case.given(cap("port", "1/4", "cosco"), on="2012-01-01", by="ministry", type="transaction.prohibited")
    case.given(up_to(permit(kind="exemption", excepts=[ref(limit)]), "1/3"), on="2012-06-01", by="ministry")
    assert case.objections(move("port", "1/10", "city", "cosco"), on="2013-01-01") == set()
    beyond = case.objections(move("port", "1/5", "city", "cosco"), on="2013-01-01")
    assert beyond == {("limit.exceeded", limit.id)}


def test_a_transaction_is_completed_up_to_the_share_that_was_cleared():
    case = shared()
    agreed = case.given(agree(of="port"), on="2012-01-01", by="city")
    cleared = up_to(permit(kind="clearance", transaction=ref(agreed)), "1/4")
    given = case.given(cleared, on="2012-06-01", by="ministry", type="clearance.granted")
    assert case.objections(move("port", "1/25", "city", "cosco", performs=[ref(agreed)]), on="2013-01-01") == set()
    beyond = case.objections(move("port", "1/20", "city", "cosco", performs=[ref(agreed)]), on="2013-01-01")
    assert beyond == {("limit.exceeded", given.id)}


def test_a_transaction_whose_clearance_was_denied_is_not_completed_until_one_is_granted():
    case = held()
    agreed = case.given(agree(of="port"), on="2010-01-01", by="alpha")
    denied = case.given(
        permit("denied", "clearance", transaction=ref(agreed)), on="2010-06-01", by="ministry", type="clearance.denied"
    )
    sale = move("port", "1/1", "alpha", "beta", performs=[ref(agreed)])
    assert case.objections(sale, on="2011-01-01") == {("permit.withheld", denied.id)}
    assert case.objections(sale, on="2010-03-01") == set()
    case.given(
        permit("granted", "clearance", transaction=ref(agreed)),
        on="2010-09-01",
        by="ministry",
        type="clearance.granted",
    )
    assert case.objections(sale, on="2011-01-01") == set()


def test_nor_is_one_whose_clearance_was_revoked_before():
    case = held()
    agreed = case.given(agree(of="port"), on="2010-01-01", by="alpha")
    given = case.given(permit(kind="clearance", transaction=ref(agreed)), on="2010-06-01", by="ministry")
    revoked = permit("revoked", "clearance", of=ref(given), time="judgment")
    revocation = case.given(revoked, on="2010-10-01", by="ministry", type="clearance.revoked")
    sale = move("port", "1/1", "alpha", "beta", performs=[ref(agreed)])
    assert case.objections(sale, on="2010-09-01") == set()
    assert case.objections(sale, on="2011-01-01") == {("permit.withheld", revocation.id)}


def test_a_denial_annulled_or_of_a_foreign_order_withholds_nothing():
    case = Case(OFFICES)
    case.given(exist("register", "asset:port", kind="company", place="DE", zone="Europe/Berlin"), by="registrar")
    case.given(declare("port", ALPHA))
    agreed = case.given(agree(of="port"), on="2010-01-01", by="alpha")
    asked = permit("denied", "clearance", transaction=ref(agreed))
    case.given(asked, on="2010-06-01", by="court-us", type="clearance.denied")
    sale = move("port", "1/1", "alpha", "beta", performs=[ref(agreed)])
    assert case.objections(sale, on="2011-01-01") == set()
    denied = case.given(asked, on="2010-06-01", by="ministry", type="clearance.denied")
    assert case.objections(sale, on="2011-01-01") == {("permit.withheld", denied.id)}
    case.given(void(ref(denied)), on="2010-12-01", by="court")
    assert case.objections(sale, on="2011-01-01") == set()


# --- who is behind ---------------------------------------------------------------------------------------------------


def test_a_freeze_reaches_what_is_held_by_a_nominee():
    case = Case(OFFICES)
    nominee = Portion(holder("depot"), share("3/5"), Manner("nominee", party("oligarch")))
    case.given(declare("firm", [nominee, Portion(holder("public"), share("2/5"))]))
    case.given(declare("ship", {"firm": "1/1"}))
    more_than_half = Reach(share("1/2"), False, True, "list")
    frozen = case.given(freeze("party:oligarch", reach=more_than_half), on="2012-01-01", by="ministry")
    binds = {("restriction.binds", frozen.id)}
    assert case.objections(move("ship", "1/1", "firm", "buyer"), on="2013-01-01") == binds
    assert case.objections(move("firm", "3/5", "depot", "buyer"), on="2013-01-01") == binds
    assert case.objections(move("firm", "2/5", "public", "buyer"), on="2013-01-01") == set()
    for_it = Manner("nominee", party("oligarch"))
    assert case.objections(move("firm", "1/5", "public", "other", manner=for_it), on="2013-01-01") == binds
    assert [w.restriction for w in case.at("2013-01-01", "firm").restrictions] == [ref(frozen)]
    assert [w.restriction for w in case.history("firm").restrictions] == [ref(frozen)]
    assert [w.restriction for w in case.history("ship").restrictions] == [ref(frozen)]


def test_a_nominee_of_several_sells_what_is_not_frozen():
    case = Case(OFFICES)
    behind = [(name, Manner("nominee", party(name)) if name else None) for name in ("oligarch", "saver", "")]
    case.given(declare("firm", [Portion(holder("depot"), share("1/3"), manner) for _, manner in behind]))
    frozen = case.given(freeze("party:oligarch"), on="2012-01-01", by="ministry")
    assert case.objections(move("firm", "2/3", "depot", "buyer"), on="2013-01-01") == set()
    assert case.objections(move("firm", "1/1", "depot", "buyer"), on="2013-01-01") == {("restriction.binds", frozen.id)}
    assert [s.holder for s in bound_stakes(case.folds(), asset("firm"), case.at("2013-01-01", "firm").at)] == [
        party("depot")
    ]


def joined(case: Case, on: str) -> Act:
    return case.given(exist("same", "party:alpha", "party:alfa"), on=on, by="registrar", type="identity.joined")


def test_what_one_identity_holds_the_other_disposes_of_once_they_are_joined():
    case = held()
    sale = move("port", "1/2", "alfa", "buyer")
    case.given(sale, on="2013-01-01", by="alfa")
    assert case.at("2013-06-01", "port").remarks.irregular[0].rule == "shares.no-room"
    one = joined(case, "2011-01-01")
    assert case.split("2013-06-01", "port") == {"alpha": "1/2", "buyer": "1/2"}
    assert not case.at("2013-06-01", "port").remarks.irregular
    assert {rule for rule, _ in case.objections(sale, on="2010-01-01", by="alfa")} == {"shares.no-room"}
    case.given(void(ref(one)), on="2014-01-01", by="court")
    assert case.split("2013-06-01", "port") == ALPHA


def test_a_freeze_over_one_identity_binds_the_other():
    case = held()
    case.given(declare("ship", {"alfa": "1/1"}))
    frozen = case.given(freeze("party:alpha"), on="2012-01-01", by="ministry")
    sale = move("ship", "1/1", "alfa", "buyer")
    assert case.objections(sale, on="2013-01-01") == set()
    joined(case, "2012-06-01")
    assert case.objections(sale, on="2013-01-01") == {("restriction.binds", frozen.id)}
    assert case.objections(sale, on="2012-03-01") == set()
    parted = exist("distinct", "party:alfa", "party:alpha")
    case.given(parted, on="2012-09-01", by="registrar", type="identity.parted")
    assert case.objections(sale, on="2013-01-01") == set()


def test_the_government_a_forum_recognises_disposes_for_the_state():
    case = Case({**OFFICES, "minister": "US"})
    case.given(exist("register", "asset:port", kind="company", place="US", zone="America/New_York"), by="court-us")
    case.given(declare("port", STATE))
    recognised = Admit(Forum("US"), "recognised", None, party("junta"), party("state"))
    case.given(recognised, on="2012-01-01", by="minister", type="government.recognised", basis="announcement")
    sale = move("port", "1/1", "state", "buyer")
    assert case.objections(sale, on="2013-01-01", by="junta") == set()
    assert case.objections(sale, on="2011-01-01", by="junta") == {("actor.no-power", None)}
    assert case.objections(sale, on="2013-01-01", by="cabinet") == {("actor.no-power", None)}


# --- burdens ---------------------------------------------------------------------------------------------------------


def test_what_is_put_before_a_mortgage_ranks_before_it():
    case = held()
    more = {"by": "alpha", "type": "encumbrance.created", "basis": "deed"}
    first = case.given(impose("mortgage", "asset:port", "bank-a", takes=""), on="2010-01-01", **more)
    case.given(impose("mortgage", "asset:port", "bank-b", takes=""), on="2011-01-01", **more)
    third = case.given(impose("mortgage", "asset:port", "bank-c", takes=""), on="2012-01-01", **more)

    def order(day: str) -> list[str]:
        courses = case.folds().courses(asset("port"))
        return [
            str(c.impose.holder)[-1] for c in encumbrance_order(case.folds().view, courses, case.at(day, "port").at)
        ]

    assert order("2012-06-01") == ["a", "b", "c"]
    case.given(
        alter(ref(third), "rank", above=[ref(first)]), on="2013-01-01", by="court", type="encumbrance.subordinated"
    )
    assert order("2012-06-01") == ["a", "b", "c"]
    assert order("2013-06-01") == ["c", "a", "b"]


def test_who_holds_a_veto_may_buy_without_more():
    case = held()
    vetoed = impose("pre-emption", "asset:port", "partner", takes="dispose vetoes")
    burden = case.given(vetoed, on="2010-01-01", type="encumbrance.created", by="alpha", basis="agreement")
    missing = {("measure.consent-missing", burden.id)}
    assert case.objections(move("port", "1/2", "alpha", "third"), on="2012-01-01") == missing
    assert case.objections(move("port", "1/2", "alpha", "partner"), on="2012-01-01") == set()


def test_a_right_of_pre_emption_that_nobody_asked_about_is_a_gap():
    case = held()
    right = impose("pre-emption", "asset:port", "partner", takes="", until="2020-12-31")
    burden = case.given(right, on="2010-01-01", type="encumbrance.created", by="alpha", basis="agreement")
    case.given(move("port", "1/4", "alpha", "third"), on="2012-01-01")
    (gap,) = case.at("2013-01-01", "port").remarks.gaps
    assert (gap.kind, gap.met) == ("waiver-not-on-record", (ref(burden),))
    case.given(agree("position", ref(burden)), on="2011-06-01", by="partner", type="position.stated", basis="notice")
    assert case.at("2013-01-01", "port").remarks.gaps == ()
    case.given(move("port", "1/4", "alpha", "partner"), on="2014-01-01")
    case.given(move("port", "1/4", "alpha", "third"), on="2021-01-01")
    assert case.at("2022-01-01", "port").remarks.gaps == ()


def test_an_undertaking_to_divest_is_overdue_as_an_order_is():
    case = shared()
    kept = Limit(Right.TITLE, share("1/10"), inclusive=True)
    promised = impose("undertaking", "asset:port", takes="", binds=["cosco"], limit=kept, until="2012-12-31")
    case.given(promised, on="2012-01-01", by="cosco", type="ownership.agreed", basis="agreement")
    assert [i.rule for i in case.at("2012-12-31", "port").remarks.irregular] == []
    assert [i.rule for i in case.at("2013-01-01", "port").remarks.irregular] == ["divestment.overdue"]


def test_an_order_to_divest_that_states_no_share_is_overdue_while_nothing_was_sold():
    case = shared()
    order = impose("divestment-order", "asset:port", takes="", binds=["cosco"], until="2012-12-31")
    case.given(order, on="2012-01-01", by="ministry", type="divestment.ordered")
    assert [i.rule for i in case.at("2013-06-01", "port").remarks.irregular] == ["divestment.overdue"]
    case.given(move("port", "1/20", "cosco", "buyer"), on="2012-06-01")
    assert [i.rule for i in case.at("2013-06-01", "port").remarks.irregular] == []


def test_what_was_sold_out_of_a_pledged_stake_is_told():
    case = shared()
    pledge = impose("pledge", "asset:port/party:cosco", "bank", takes="")
    burden = case.given(pledge, on="2010-01-01", by="cosco", type="encumbrance.created", basis="deed")
    sale = case.given(move("port", "1/10", "cosco", "buyer"), on="2012-01-01")
    assert case.at("2011-06-01", "port").remarks.gaps == ()
    (gap,) = case.at("2012-06-01", "port").remarks.gaps
    assert (gap.kind, gap.ref, gap.met) == ("stake-reduced", ref(burden), (ref(sale),))
    case.given(alter(ref(burden), "discharge"), on="2013-01-01", by="bank", type="encumbrance.discharged", basis="deed")
    assert case.at("2013-06-01", "port").remarks.gaps == ()


def test_what_lay_over_the_whole_when_it_was_divided_is_told_of_its_parts():
    case = Case(OFFICES)
    case.given(declare("plant", ALPHA))
    mortgage = impose("mortgage", "asset:plant", "bank", takes="")
    burden = case.given(mortgage, on="2010-01-01", by="alpha", type="encumbrance.created", basis="deed")
    parts = (Part(asset("north"), share("1/2")), Part(asset("south"), share("1/2")))
    case.given(Exist("divide", subject("asset:plant"), parts=parts), on="2012-01-01", by="registrar")
    (gap,) = case.at("2013-01-01", "north").remarks.gaps
    assert (gap.kind, gap.met) == ("whole-burdened", (ref(burden),))
    again = impose("mortgage", "asset:north", "bank", takes="")
    case.given(again, on="2012-01-01", by="alpha", type="encumbrance.created", basis="deed")
    assert case.at("2013-01-01", "north").remarks.gaps == ()
    assert [gap.kind for gap in case.at("2013-01-01", "south").remarks.gaps] == ["whole-burdened"]


def test_a_reach_that_hangs_on_shares_not_known_is_told():
    case = Case(OFFICES)
    case.given(declare("firm", {"oligarch": "2/5..3/5", "other": "2/5..3/5"}))
    case.given(declare("yard", {"oligarch|saver": "3/5", "other": "2/5"}))
    more_than_half = Reach(share("1/2"), False, True, "list")
    frozen = case.given(freeze("party:oligarch", reach=more_than_half), on="2012-01-01", by="ministry")
    for name in ("firm", "yard"):
        now = case.at("2013-01-01", name)
        assert now.restrictions == ()
        assert [(gap.kind, gap.ref) for gap in now.remarks.gaps] == [("reach-uncertain", ref(frozen))]
    case.given(declare("firm", {"oligarch": "2/5", "other": "3/5"}), on="2012-06-01", label="known")
    assert "reach-uncertain" not in {gap.kind for gap in case.at("2013-01-01", "firm").remarks.gaps}


# --- who acts --------------------------------------------------------------------------------------------------------


def test_a_debtor_does_not_dispose_past_its_insolvency_officer():
    case = held()
    officer = impose("insolvency-officer", "party:alpha", "officer", takes="dispose takes, manage takes")
    opened = case.given(officer, on="2012-01-01", by="court", type="administrator.appointed", basis="judgment")
    sale = move("port", "1/1", "alpha", "buyer")
    assert case.objections(sale, on="2013-01-01", by="officer") == set()
    assert case.objections(sale, on="2013-01-01", by="alpha") == {("measure.bars-disposal", opened.id)}
    assert case.objections(sale, on="2011-01-01", by="alpha") == set()
    director = impose("director", "party:beta", "ann", takes="dispose takes")
    case.given(director, on="2012-01-01", by="beta", type="board.appointed", basis="deed")
    case.given(declare("ship", BETA))
    assert case.objections(move("ship", "1/1", "beta", "buyer"), on="2013-01-01", by="beta") == set()


def test_an_owner_does_not_dispose_past_the_trustee_who_takes_disposal():
    case = held()
    order = impose("trusteeship", "asset:port", "trustee", takes="dispose takes, vote takes")
    trust = case.given(order, on="2012-01-01", by="ministry", type="trusteeship.imposed")
    agreed = case.given(agree(of="port"), on="2012-06-01", by="alpha")
    sale = move("port", "1/1", "alpha", "buyer", performs=[ref(agreed)])
    assert case.objections(sale, on="2013-01-01", by="trustee") == set()
    assert case.objections(sale, on="2013-01-01", by="alpha") == {("measure.bars-disposal", trust.id)}
    assert case.objections(move("port", "1/1", "alpha", "trustee"), on="2013-01-01", by="alpha") == set()
    taken = move("port", "1/1", "alpha", "state")
    by_law = {"by": "ministry", "type": "ownership.nationalised", "basis": "statute"}
    assert case.objections(taken, on="2013-01-01", **by_law) == set()
    case.given(permit(kind="consent", transaction=ref(agreed)), on="2012-09-01", by="trustee")
    assert case.objections(sale, on="2013-01-01", by="alpha") == set()


def test_only_who_is_or_acts_for_a_party_avoids_its_act():
    case = held()
    sale = case.given(move("port", "1/1", "alpha", "beta", voidable=True), on="2010-01-01")
    opened = impose("insolvency-officer", "party:alpha", "officer", takes="dispose takes")
    case.given(opened, on="2010-06-01", by="court", type="administrator.appointed", basis="judgment")
    case.given(exist("merge", "party:beta", "party:heir"), on="2010-06-01", by="registrar")
    avoided = void(ref(sale), ground="avoidance")
    more = {"on": "2011-01-01", "type": "act.avoided", "basis": "notice"}
    for one in ("alpha", "beta", "officer", "heir"):
        assert case.objections(avoided, by=one, **more) == set()
    assert case.objections(avoided, by="stranger", **more) == {("actor.no-power", sale.id)}


def test_who_manages_the_company_controls_it_though_the_measure_lies_over_the_party():
    case = held()
    managed = impose(
        "special-administration", "party:port", "agency", takes="manage takes, vote takes", until="2012-12-31"
    )
    order = case.given(managed, on="2012-01-01", by="court", type="administrator.appointed", basis="judgment")
    now = case.at("2012-06-01", "port")
    assert {str(e.holder) for e in now.control.headline} == {"party:agency"}
    assert {str(e.holder) for e in now.control.power(Power.VOTE).exercised} == {"party:alpha"}
    assert [live.course.ref for live in now.measures] == [ref(order)]
    assert case.controllers("2013-01-01", "port") == {"alpha"}
    assert [c.ref for c in case.at("2013-01-01", "port").ended] == [ref(order)]
    assert [str(e.holder) for p in case.history("port").control for e in p.control.headline] == [
        "party:alpha", "party:agency", "party:alpha",
    ]  # fmt: skip
    beside = impose("operator", "asset:port", "other", takes="manage takes")
    found = case.objections(beside, on="2012-06-01", by="ministry")
    assert ("measure.overlaps-unranked", order.id) in found


def test_who_makes_an_act_knows_it_from_the_day_of_its_instrument():
    case = Case(OFFICES)
    case.given(declare("port", ALPHA), known="2000-01-01")
    signers = [Signer(party("alpha"), "seller", "author"), Signer(party("beta"), "buyer", "author")]
    sale = case.act(move("port", "1/1", "alpha", "beta"), on="2012-01-01", known="2012-06-01", signers=signers)
    case.admission.add(replace(sale, basis=replace(sale.basis, date="2011-12-20")))

    def known(day: str, knower: str | None = None) -> dict[str, str]:
        return case.split("2012-03-01", "port", known=day, knower=knower)

    assert known("2012-03-01") == ALPHA
    assert known("2012-03-01", "gamma") == ALPHA
    assert [known("2011-12-20", one) for one in ("alpha", "beta")] == [BETA, BETA]
    assert known("2011-12-19", "alpha") == ALPHA
