"""Every refusal is a problem of its own, documented, and repeats nothing that a client made up."""

import ast
import json
import re
from pathlib import Path

import pytest

from api.format_rules import FORMAT_RULES
from api.problem_types import PROBLEM_TYPES, document
from ledger.statements.base64url import format_base64url, parse_base64url
from tests.ledger.ledgers import DESK, key_of, signed

ROOT = Path(__file__).resolve().parents[2]
REFUSED = json.loads((ROOT / "tests/vectors/statements/refused.json").read_bytes())
RULE = re.compile(r"[a-z][a-z-]*\.[a-z0-9-]+")
MARK = "zzyzx"
# Objections of the register that `envelope` raises beside its format rules.
OF_LAW = {"key.other-party", "key.revoked", "key.wrong-role", "ledger.other-genesis"}


def submission(case: dict) -> bytes:
    """The bytes of a vector as a client would send them."""
    raw = parse_base64url(case["bytes"], "vector")
    if case["parser"] == "envelope":
        return raw
    header = b'{"alg":"Ed25519","iat":1,"kid":"%s","typ":"control-statement+json"}' % key_of(DESK).kid.encode()
    signature = {"protected": format_base64url(header), "signature": "AA"}
    return json.dumps({"payload": format_base64url(raw), "signatures": [signature]}).encode()


@pytest.mark.parametrize("parser", ["statement", "envelope"])
def test_every_refusal_of_the_format_is_its_own_problem(house, parser):
    before = house.opened.reader.size
    seen = set()
    for case in (case for case in REFUSED if case["parser"] == parser):
        answer = house.post(submission(case))
        assert answer.status_code in (400, 413), case["name"]
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        if answer.status_code == 413:
            continue
        assert told["rule"] == case["rule"], case["name"]
        assert told["type"] == f"/problems/format/{case['rule']}", case["name"]
        assert told["remedy"]
        seen.add(told["type"])
    assert len(seen) > 6
    assert house.opened.reader.size == before


def test_every_rule_of_the_parsers_has_a_page():
    named = set()
    for path in (ROOT / "ledger/statements").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and RULE.fullmatch(node.value):
                named.add(node.value)
    assert named - set(FORMAT_RULES) == OF_LAW
    assert set(FORMAT_RULES) - named == {"statement.malformed"}


def test_every_type_is_served_as_a_page(house):
    for kind in PROBLEM_TYPES.values():
        page = house.anonymous.get(kind.uri)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        for barred in ("default-src", "base-uri", "form-action", "frame-ancestors"):
            assert f"{barred} 'none'" in page.headers["content-security-policy"]
        assert kind.title.replace("'", "&#x27;") in page.text
    assert house.anonymous.get("/problems/none-such").status_code == 404


def test_the_document_of_problems_is_the_table():
    assert (ROOT / "docs/problems.md").read_text() == document()


def test_no_limit_is_a_5xx():
    for kind in PROBLEM_TYPES.values():
        if kind.status >= 500:
            assert kind.name in ("internal", "queue-full", "unavailable", "views-behind", "stopping")


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/assets/{MARK}",
        f"/v1/assets/asset:port?{MARK}=1",
        f"/v1/assets/asset:port?effective={MARK}",
        f"/v1/assets/asset:port?effective=2024-02-30&knower={MARK}",
        f"/v1/assets/asset:port/explain?value={MARK}",
        f"/v1/assets/asset:port/explain?value=measure%20sha256:{'0' * 64}%23{MARK}",
        f"/{MARK}",
        f"/problems/{MARK}",
        f"/tile/{MARK}",
        f"/v1/statements/sha256:{MARK}",
        f"/v1/calendar?from={MARK}&to=2024-01-01",
        f"/v1/parties/party:anna/chain?threshold={MARK}",
    ],
)
def test_nothing_hostile_comes_back(house, path):
    answer = house.http.get(path)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert MARK not in answer.text
    assert MARK not in str(answer.headers)


def test_nothing_hostile_in_a_statement_comes_back(house):
    script = f"<script>{MARK}</script>"
    good = house.house.note("x")
    for bad in (
        {**good, script: 1},
        {**good, "type": script},
        {**good, "subjects": [script]},
        {**good, "signers": [{**good["signers"][0], script: "x"}]},
        {**good, "effective": {"from": "2024-01-01", "zone": MARK}},
        {**good, "ledger": {"origin": MARK, "genesis": house.house.genesis, MARK: 1}},
    ):
        answer = house.post(json.dumps(bad).encode(), "/v1/statements/check")
        assert answer.status_code in (200, 400)
        assert "<script>" not in answer.text or answer.status_code == 200
        if answer.status_code == 400:
            assert MARK not in answer.text
    for raw in (b'{"a":1,"%s":2,"%s":3}' % (MARK.encode(), MARK.encode()), b'{"payload":1.%d}' % 5):
        assert MARK not in house.post(raw).text


def test_a_failure_nobody_foresaw_shows_nothing_of_itself(house, caplog):
    def fails(*_: object) -> None:
        raise RuntimeError(f"secret {MARK} in the program")

    kept = house.opened.reader.receipt
    statement = house.opened.reader.register().genesis
    house.opened.reader.receipt = fails
    try:
        answer = house.anonymous.get(f"/v1/statements/{statement}/receipt")
    finally:
        house.opened.reader.receipt = kept
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal"
    assert MARK not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert signed(house.house.note("still serving"))
    assert house.anonymous.get("/healthz").status_code == 200
