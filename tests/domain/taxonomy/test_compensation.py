"""COMPENSATION: each row once accepted, and objected to for what the taxonomy says speaks against it."""

from dataclasses import replace

from domain.effects import State
from tests.domain.builders import Case, asset, move, party, ref
from tests.domain.taxonomy.situations import opening, owed, paid, port

TAKEN = "2008-02-22"
SETS = {"by": "ministry", "type": "compensation.determined", "basis": "order"}


def taken() -> Case:
    """All of the port is nationalised in 2008."""
    case = port()
    case.accepted(
        move("port", "3/4", "alpha", "state"), move("port", "1/4", "beta", "state"),
        on=TAKEN, by="ministry", type="ownership.nationalised", basis="statute",
    )  # fmt: skip
    return case


def test_cmp_determined_accepted_valued_before_the_taking():
    case = taken()
    debt = case.accepted(owed("100", "beta", valued="2008-02-21"), on="2010-01-01", **SETS)
    (item,) = case.at("2010-01-01", "port").debts
    assert (item.ref, str(item.left_low)) == (ref(debt), "100")
    assert case.split("2010-01-01", "port") == {"state": "1/1"}


def test_cmp_determined_objected_no_amount_or_currency():
    assert taken().objections(owed(None, "beta"), on="2010-01-01", **SETS) == {("type.member-missing", None)}


def test_cmp_determined_objected_it_restores_no_title():
    back = move("port", "1/4", "state", "beta")
    assert {rule for rule, _ in taken().objections(owed("1", "beta"), back, on="2010-01-01", **SETS)} == {
        "type.effect-barred"
    }


def test_cmp_determined_objected_the_payee_held_nothing_on_the_day_of_valuation():
    case = taken()
    late = owed("100", "buyer", valued="2008-02-21")
    assert case.objections(late, on="2010-01-01", **SETS) == {("compensation.payee-not-holder", opening(case).id)}
    after = owed("100", "beta", valued="2008-02-23")
    assert {rule for rule, _ in case.objections(after, on="2010-01-01", **SETS)} == {"compensation.payee-not-holder"}


def test_cmp_determined_accepted_to_an_assignee():
    case = taken()
    assigned = case.accepted(
        State("agreement", parties=(party("beta"), party("buyer")), asset=asset("port")),
        on="2009-01-01", by="beta", type="ownership.agreed",
    )  # fmt: skip
    debt = replace(owed("100", "buyer", valued="2008-02-21"), cause=ref(assigned))
    assert case.objections(debt, on="2010-01-01", **SETS) == set()


def test_cmp_paid_accepted_to_the_last_cent():
    case = taken()
    debt = case.accepted(owed("100", "beta"), on="2010-01-01", **SETS)
    case.accepted(paid("40", "beta", ref(debt)), on="2010-02-01", by="state")
    case.accepted(paid("60", "beta", ref(debt)), on="2010-03-01", by="state")
    (item,) = case.at("2010-03-01", "port").debts
    assert str(item.left_high) == "0"


def test_cmp_paid_objected_more_than_determined_without_interest():
    case = taken()
    debt = case.accepted(owed("100", "beta"), on="2010-01-01", **SETS)
    case.accepted(paid("40", "beta", ref(debt)), on="2010-02-01", by="state")
    more = {"on": "2010-03-01", "by": "state"}
    assert case.objections(paid("61", "beta", ref(debt)), **more) == {("payment.above-debt", debt.id)}
    bearing = case.accepted(replace(owed("100", "alpha"), interest="4 % a year"), on="2010-01-01", **SETS)
    assert case.objections(paid("104", "alpha", ref(bearing)), **more) == set()


def test_cmp_paid_objected_in_another_currency():
    case = taken()
    debt = case.accepted(owed("100", "beta"), on="2010-01-01", **SETS)
    found = case.objections(paid("1", "beta", ref(debt), "USD"), on="2010-02-01", by="state")
    assert found == {("payment.other-currency", debt.id)}


def test_cmp_paid_of_an_unrecorded_debt_is_a_gap():
    case = taken()
    judged = case.admission.judge(case.act(paid("1", "beta", None), on="2010-02-01", by="state"))
    assert judged.accepted
    assert [gap.kind for gap in judged.gaps] == ["debt-not-on-record"]
