"""What a careless or hostile hand may submit: each refused by a rule that names what it met."""

import pytest

from domain.answers_names import ever_bearers
from domain.effects import Exist
from domain.identifiers import EffectRef
from tests.domain.builders import (
    admit,
    agree,
    alter,
    declare,
    exist,
    impose,
    move,
    proceed,
    ref,
    register,
    statement_id,
    subject,
    void,
)
from tests.domain.taxonomy.situations import decided, divided, opening, owed, paid, port

SALE = move("port", "1/4", "beta", "gamma")
ON = "2020-01-01"
RULING = {"by": "court", "type": "claim.decided", "subjects": ["asset:port", "proceeding:suit"]}


def test_recognition_that_reaches_into_another_forum():
    case = port()
    judgment = case.accepted(
        decided("claim", "US"), SALE, on=ON, by="court-us", type="claim.decided",
        subjects=["asset:port", "proceeding:claim"],
    )  # fmt: skip
    assert case.objections(admit(judgment, "US"), on="2021-01-01", by="court") == {("recognition.other-forum", None)}


def test_a_void_of_something_unknown_or_already_void():
    case = port()
    sale = case.accepted(SALE, on=ON)
    annuls = {"by": "court", "type": "act.annulled"}
    nothing = void(EffectRef(statement_id("nothing"), 1))
    assert case.objections(decided(), nothing, on="2021-01-01", **annuls) == {("reference.unknown", None)}
    first = case.accepted(decided(), void(ref(sale)), on="2021-01-01", **annuls)
    again = (decided(), void(ref(sale)))
    assert case.objections(*again, on="2022-01-01", **annuls) == {("void.already-void", first.id)}


def test_a_payment_above_the_debt():
    case = port()
    debt = case.accepted(owed("100", "beta"), on=ON, by="ministry", basis="order")
    found = case.objections(paid("100.01", "beta", ref(debt)), on="2020-02-01", by="state")
    assert found == {("payment.above-debt", debt.id)}
    assert case.objections(paid("100", "beta", ref(debt)), on="2020-02-01", by="state") == set()


def test_a_manager_without_the_power_to_dispose():
    case = port()
    held = case.accepted(
        impose("temporary-management", "asset:port", "manager", takes="vote takes, manage takes"), on=ON, by="ministry"
    )
    assert case.objections(SALE, on="2020-06-01", by="manager") == {("measure.lacks-disposal", held.id)}


def test_title_moved_by_a_judgment_that_does_not_order_it():
    case = port()
    dismissed = proceed("suit", "decided", "DE", force="immediate", outcome="dismissed")
    assert case.objections(dismissed, SALE, on=ON, **RULING) == {("decision.orders-nothing", None)}
    judgment = case.accepted(dismissed, on=ON, by="court", type="claim.decided")
    performing = move("port", "1/4", "beta", "gamma", performs=[ref(judgment)])
    assert case.objections(performing, on="2020-06-01") == {("decision.orders-nothing", judgment.id)}
    assert case.objections(SALE, on="2020-06-01", basis="judgment") == {("type.basis-barred", None)}
    ordered = case.accepted(decided(), on="2020-03-01", by="court", type="claim.decided")
    performing = move("port", "1/4", "beta", "gamma", performs=[ref(ordered)])
    assert case.objections(performing, on="2020-06-01") == set()


def test_an_ambiguous_name_names_every_bearer():
    case = port()
    for slug, name in (("company-1", "Northern Rock"), ("company-2", "Northern Rock"), ("company-3", "Southern Rock")):
        case.accepted(Exist("register", subject(f"asset:{slug}"), "company", name=name))
    found = ever_bearers(case.record, "Northern Rock")
    assert found == ["asset:company-1", "asset:company-2"]


@pytest.mark.parametrize("op", ["merge", "succeed"])
def test_identity_cycles(op: str):
    case = port()
    kind = "asset.merged" if op == "merge" else "party.succeeded"
    assert case.objections(exist(op, "party:one", "party:one"), on=ON, type=kind) == {("identity.cycle", None)}
    case.accepted(exist(op, "party:one", "party:two"), on=ON, type=kind)
    last = case.accepted(exist(op, "party:two", "party:three"), on="2021-01-01", type=kind)
    found = case.objections(exist(op, "party:three", "party:one"), on="2022-01-01", type=kind)
    assert ("identity.cycle", last.id) in found


def test_parts_that_exceed_the_whole():
    whole = Exist("divide", subject("asset:port"), parts=divided("2/3", "1/2"))
    found = port().objections(whole, on=ON, type="asset.divided", basis="deed")
    assert found == {("parts.exceed-whole", None)}


def test_a_measure_that_outranks_itself():
    case = port()
    first = case.accepted(impose("trusteeship", "asset:port", "ann"), on=ON, by="ministry", type="trusteeship.imposed")
    over = impose("trusteeship", "asset:port", "bob", above=[ref(first)])
    second = case.accepted(over, on="2020-02-01", by="ministry", type="trusteeship.imposed")
    third = case.accepted(
        impose("trusteeship", "asset:port", "cid", above=[ref(second)]),
        on="2020-03-01", by="ministry", type="trusteeship.imposed",
    )  # fmt: skip
    ranked = {"on": "2020-04-01", "by": "ministry", "type": "control.ranked"}
    assert case.objections(alter(ref(first), "rank", above=[ref(first)]), **ranked) == {("rank.cycle", first.id)}
    assert case.objections(alter(ref(first), "rank", above=[ref(third)]), **ranked) == {("rank.cycle", second.id)}


def test_a_chain_that_owns_itself():
    case = port()
    above = case.accepted(declare("mid", {"port": "1/1"}))
    case.accepted(declare("low", {"mid": "1/1"}))
    assert case.objections(move("port", "3/4", "alpha", "low"), on=ON) == {("chain.owns-itself", above.id)}
    assert case.objections(move("port", "1/2", "alpha", "low"), on=ON) == set()


def test_dates_uncertain_on_both_ends():
    case = port()
    unsure = impose("trusteeship", "asset:port", "trustee")
    more = {"by": "ministry", "type": "trusteeship.imposed"}
    assert case.objections(unsure, on="2020-03", until="2020", **more) == {("time.may-end-before-start", None)}
    assert case.objections(unsure, on="2020-03", until="2020-02", **more) == {("time.ends-before-start", None)}
    case.accepted(unsure, on="2020-03", until="2021", **more)
    told = {item.what for item in case.at("2020-03-15", "port").uncertain}
    assert "controller" in told
    settled = {item.what for item in case.at("2020-04-15", "port").uncertain}
    assert settled == {f"measure {ref(case.record.acts[-1])}"}  # in force surely, its end still uncertain


def test_subjects_and_splits_that_hide_what_they_are_about():
    case = port()
    assert case.objections(SALE, on=ON, subjects=["asset:quay"]) == {("subjects.missing", None)}
    assert case.objections(agree(of="port"), on=ON, follows=[statement_id("nothing")]) == {("follows.unknown", None)}
    assert case.objections(register("asset:port", "DE")) == {("subject.registered", case.record.acts[0].id)}
    assert case.record.find(opening(case).id) is not None
