"""The same bad input over HTTP: each kind is a problem of its own, by the rule that the ledger names, and nothing is stored."""

import pytest

from tests.api.servers import serving
from tests.ledger.ledgers import founded, signed
from tests.ledger.test_bad_input import CASES, stored

CONFLICTS = {"head.stale": "head-stale", "repeat.signatures-differ": "signatures-differ"}


def entries(house):
    """Head and entries; the server may have cosigned the latest checkpoint meanwhile."""
    return stored(house)[:2]


@pytest.mark.parametrize("name", CASES)
def test_it_is_answered_by_its_own_rule_and_nothing_is_stored(tmp_path, name):
    case, rule = CASES[name]
    with founded(tmp_path) as house:
        envelope = case(house)
        before = entries(house)
        with serving(house) as served:
            answer = served.post(envelope)
            told = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        if answer.status_code == 400:
            assert (told["rule"], told["type"]) == (rule, f"/problems/format/{rule}")
        elif answer.status_code == 409:
            assert told["type"] == f"/problems/{CONFLICTS[rule]}"
        else:
            assert answer.status_code == 422
            assert [objection["rule"] for objection in told["objections"]] == rule.split()
            assert told["refusal"]
        assert entries(house) == before


def test_a_clock_that_runs_backwards_records_nothing(tmp_path):
    with founded(tmp_path) as house, serving(house) as served:
        before = entries(house)
        envelope = signed(house.note("report"))
        house.clock.move(seconds=-2.001)
        answer = served.post(envelope)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert entries(house) == before
