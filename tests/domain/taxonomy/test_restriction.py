"""RESTRICTION and ENCUMBRANCE: each row once accepted, and objected to for what the taxonomy says speaks against it."""

from domain.effects import Limit, Right
from tests.domain.builders import Case, agree, alter, declare, freeze, impose, move, permit, ref, register, share, void
from tests.domain.taxonomy.situations import conditional, decided, opening, port, signed

SALE = move("port", "1/4", "beta", "gamma")
LISTED = {"on": "2022-03-01", "by": "council", "type": "restriction.imposed", "basis": "listing"}


def frozen() -> Case:
    case = port()
    case.accepted(freeze("party:beta"), **LISTED)
    return case


def listing(case: Case):
    return ref(case.record.acts[2])


# --- res.freeze, res.unfreeze ------------------------------------------------------------------------------------


def test_res_freeze_accepted_and_ownership_stays():
    case = frozen()
    assert case.split("2022-03-01", "port") == {"alpha": "3/4", "beta": "1/4"}
    assert case.objections(SALE, on="2022-03-01") == {("restriction.binds", listing(case).statement)}
    assert case.objections(SALE, on="2022-02-28") == set()


def test_res_freeze_objected_it_is_no_change_of_ownership():
    case = port()
    split = declare("port", {"state": "1/1"})
    assert case.objections(freeze("party:beta"), split, **LISTED) == {("type.effect-barred", None)}


def test_res_freeze_objected_lifted_by_another_authority():
    case = frozen()
    lift = alter(listing(case), "end")
    more = {"on": "2023-01-01", "type": "restriction.lifted", "basis": "decision"}
    assert case.objections(lift, by="treasury", **more) == {("measure.other-authority", listing(case).statement)}
    assert case.objections(lift, by="council", **more) == set()


# --- res.licence -------------------------------------------------------------------------------------------------


def test_res_licence_accepted_until_its_day():
    case = frozen()
    case.accepted(permit(excepts=[listing(case)], until="2022-06-30"), on="2022-04-01", by="council")
    assert case.objections(SALE, on="2022-06-30") == set()


def test_res_licence_objected_used_after_its_day():
    case = frozen()
    case.accepted(permit(excepts=[listing(case)], until="2022-06-30"), on="2022-04-01", by="council")
    assert case.objections(SALE, on="2022-07-01") == {("restriction.binds", listing(case).statement)}


def test_res_licence_objected_no_restriction_it_excepts_from():
    case = frozen()
    case.accepted(
        alter(listing(case), "end"), on="2022-12-31", by="council", type="restriction.lifted", basis="decision"
    )
    late = permit(excepts=[listing(case)])
    assert case.objections(late, on="2023-02-01", by="council") == {
        ("permit.nothing-excepted", listing(case).statement)
    }
    assert case.objections(late, on="2022-12-01", by="council") == set()
    owner = permit(excepts=[ref(opening(case))])
    assert case.objections(owner, on="2022-12-01", by="council") == {("reference.kind", opening(case).id)}


# --- res.call_in, clearance --------------------------------------------------------------------------------------


def agreed(case: Case):
    return ref(case.accepted(agree(of="port"), on="2021-01-01", by="beta"))


CLEARED = {"by": "ministry", "type": "clearance.granted", "basis": "decision"}


def test_res_clearance_accepted_with_its_conditions():
    case = port()
    deal = agreed(case)
    case.accepted(
        conditional("keep the laboratory", transaction=deal), on="2021-02-01", subjects=["asset:port"], **CLEARED
    )
    (course,) = case.at("2021-03-01", "port").permits
    assert [c.text for c in course.conditions] == ["keep the laboratory"]


def test_res_clearance_objected_conditions_of_no_transaction():
    found = port().objections(conditional("keep it"), on="2021-02-01", subjects=["asset:port"], **CLEARED)
    assert found == {("type.member-missing", None)}


def test_res_clearance_objected_revocation_of_none():
    case = port()
    deal = agreed(case)
    revoked = {"on": "2021-06-01", "by": "ministry", "type": "clearance.revoked", "basis": "decision"}
    found = case.objections(permit("revoked", "clearance", of=deal, time="judgment"), **revoked)
    assert found == {("reference.kind", deal.statement)}
    refused = case.accepted(
        permit("denied", "clearance", transaction=deal), on="2021-02-01", by="ministry", type="clearance.denied",
        basis="decision", subjects=["asset:port"],
    )  # fmt: skip
    found = case.objections(permit("revoked", "clearance", of=ref(refused), time="judgment"), **revoked)
    assert found == {("permit.not-granted", refused.id)}


def test_res_clearance_objected_a_revocation_says_from_when():
    case = port()
    good = case.accepted(
        permit(kind="clearance", transaction=agreed(case)), on="2021-02-01", subjects=["asset:port"], **CLEARED
    )
    more = {"on": "2021-06-01", "by": "ministry", "type": "clearance.revoked", "basis": "decision"}
    assert case.objections(permit("revoked", "clearance", of=ref(good)), **more) == {("type.member-missing", None)}
    assert case.objections(permit("revoked", "clearance", of=ref(good), time="own"), **more) == set()


def test_res_call_in_accepted_and_binds_that_transaction():
    case = port()
    deal = agreed(case)
    review = impose("call-in", "asset:port", takes="dispose forbids", transaction=deal)
    called = case.accepted(review, on="2021-02-01", by="ministry", type="transaction.called-in", basis="notice")
    performing = move("port", "1/4", "beta", "gamma", performs=[deal])
    assert case.objections(performing, on="2021-03-01") == {("restriction.binds", called.id)}
    assert case.objections(SALE, on="2021-03-01") == set()


# --- res.transaction_prohibited, res.divest_order ----------------------------------------------------------------

ORDER = {"on": "2022-11-16", "by": "ministry", "type": "divestment.ordered", "basis": "order"}


def divest():
    limit = Limit(Right.TITLE, share("1/7"), True)
    return impose("divestment-order", "asset:port", takes="", limit=limit, binds=["alpha"], until="2023-06-30")


def test_res_divest_order_accepted_and_moves_nothing():
    case = port()
    case.accepted(divest(), **ORDER)
    assert case.split("2022-12-01", "port") == {"alpha": "3/4", "beta": "1/4"}


def test_res_divest_order_objected_a_restriction_moves_no_title():
    split = declare("port", {"alpha": "1/7", "beta": "6/7"})
    assert port().objections(divest(), split, **ORDER) == {("type.effect-barred", None)}


def test_res_transaction_prohibited_objected_it_moves_no_title():
    ban = impose("transaction-prohibition", "asset:port", takes="dispose forbids")
    more = {"on": "2022-11-16", "by": "ministry", "type": "transaction.prohibited", "basis": "order"}
    assert port().objections(ban, **more) == set()
    assert {rule for rule, _ in port().objections(ban, SALE, **more)} == {"type.effect-barred"}


# --- res.annulled, res.lifted ------------------------------------------------------------------------------------


def annulled(case: Case, target):
    more = {"on": "2023-01-01", "by": "council", "type": "restriction.annulled", "basis": "judgment"}
    return case.objections(decided(forum="EU"), void(target, "own"), **more)


def test_res_annulled_accepted_from_its_beginning():
    case = frozen()
    assert annulled(case, listing(case)) == set()
    case.accepted(
        decided(forum="EU"), void(listing(case), "own"), on="2023-01-01", by="council", type="restriction.annulled",
        basis="judgment",
    )  # fmt: skip
    assert case.objections(SALE, on="2022-06-01") == set()


def test_res_annulled_objected_unknown_restriction():
    case = frozen()
    assert annulled(case, ref(case.record.acts[2], 5)) == {("reference.unknown", None)}


# --- encumbrances ------------------------------------------------------------------------------------------------

DEED = {"on": "2020-01-01", "type": "encumbrance.created", "basis": "deed"}


def pledged(holder: str = "bank", **more):
    return impose(
        "pledge", "asset:port/party:beta" if more.pop("stake", False) else "asset:port", holder, takes="", **more
    )


def test_enc_pledge_accepted():
    case = port()
    case.accepted(pledged(), by="beta", **DEED)
    (live,) = case.at("2020-01-01", "port").measures
    assert (live.course.impose.kind, live.span.holder) == ("pledge", "party:bank")


def test_enc_pledge_objected_the_grantor_does_not_hold_it():
    case = port()
    assert case.objections(pledged(), by="stranger", **DEED) == {("encumbrance.grantor-lacks", opening(case).id)}


def test_enc_pledge_objected_a_rank_before_another_without_its_holder():
    case = port()
    first = case.accepted(pledged(), by="beta", **DEED)
    later = {"on": "2021-01-01", "type": "encumbrance.created", "basis": "deed"}
    before = pledged("fund", above=[ref(first)])
    assert case.objections(before, by="beta", **later) == {("encumbrance.rank-unconsented", first.id)}
    assert case.objections(before, by="beta", **later, signers=signed("beta", "bank")) == set()
    assert case.objections(before, by="court", **later | {"basis": "order"}) == set()
    assert case.objections(pledged("fund"), by="beta", **later) == set()


def test_enc_rank_objected_taken_later_without_the_others_holder():
    case = port()
    first = case.accepted(pledged(), by="beta", **DEED)
    second = case.accepted(pledged("fund"), by="beta", **DEED | {"on": "2021-01-01"})
    rank = alter(ref(second), "rank", above=[ref(first)])
    more = {"on": "2022-01-01", "type": "encumbrance.subordinated", "basis": "deed"}
    assert case.objections(rank, by="fund", **more) == {("encumbrance.rank-unconsented", first.id)}
    assert case.objections(rank, by="fund", **more, signers=signed("fund", "bank")) == set()


# --- enc.discharged, enc.subordinated, enc.assigned --------------------------------------------------------------

CHANGES = (
    ("discharge", "encumbrance.discharged"),
    ("end", "encumbrance.discharged"),
    ("assign", "encumbrance.assigned"),
)


def test_enc_discharged_accepted_by_its_holder_and_by_a_court():
    case = port()
    burden = case.accepted(pledged(), by="beta", **DEED)
    for op, kind in CHANGES:
        change = alter(ref(burden), op, to="fund" if op == "assign" else None)
        assert case.objections(change, on="2021-01-01", by="bank", type=kind, basis="deed") == set()
        assert case.objections(change, on="2021-01-01", by="court", type=kind, basis="order") == set()
    case.accepted(
        alter(ref(burden), "discharge"), on="2021-01-01", by="bank", type="encumbrance.discharged", basis="deed"
    )
    assert case.at("2021-01-01", "port").measures == ()


def test_enc_discharged_objected_by_another_than_its_holder():
    case = port()
    burden = case.accepted(pledged(), by="beta", **DEED)
    for op, kind in CHANGES:
        change = alter(ref(burden), op, to="fund" if op == "assign" else None)
        found = case.objections(change, on="2021-01-01", by="beta", type=kind, basis="deed")
        assert found == {("encumbrance.not-holder", burden.id)}


def test_enc_option_accepted_and_spent_when_its_holder_receives_what_it_promised():
    case = port()
    option = impose("option", "asset:port", "bank", takes="")
    promised = case.accepted(option, by="beta", **DEED | {"basis": "agreement"})
    used = (move("port", "1/4", "beta", "bank"), alter(ref(promised), "end"))
    assert case.objections(*used, on="2021-01-01", by="beta") == set()


def test_enc_lease_objected_longer_than_the_lessors_own():
    case = port()
    case.accepted(register("asset:berth", "DE", kind="land"))
    case.accepted(declare("berth", {"city": "1/1"}))
    lease = impose("lease", "asset:berth", "alpha", takes="use takes", until="2040-12-31")
    own = case.accepted(lease, by="city", **DEED | {"basis": "lease"})
    under = impose("lease", "asset:berth", "beta", takes="use takes", until="2045-12-31")
    assert case.objections(under, by="alpha", **DEED | {"basis": "lease", "on": "2021-01-01"}) == {
        ("grant.beyond-own-term", own.id)
    }
