"""Submitting, checking and reading statements: which answer means what, and that a refusal leaves nothing behind."""

import json
from base64 import urlsafe_b64encode

import pytest

from ledger.log.receipt import verify_receipt
from ledger.statements.canonical import canonical_bytes
from ledger.statements.envelope import Envelope, parse_envelope
from ledger.statements.refusal import open_refusal
from ledger.statements.statement import statement_id
from tests.api.servers import JOSE
from tests.ledger.ledgers import ANNA, BODO, DESK, ORIGIN, PORT, by, key_of, ledger_keys, signed

KEYS = (ledger_keys().signer.key, ledger_keys().cosigner.key)


def sizes(house) -> int:
    return int(house.http.get("/readyz").json()["tree_size"])


def test_a_statement_is_recorded_and_its_receipt_proves_it(house):
    envelope = signed(house.house.note("Recorded"))
    before = sizes(house)
    answer = house.post(envelope)
    assert answer.status_code == 201
    told = answer.json()
    assert told["index"] == str(before)
    assert told["tree_size"] == str(before + 1)
    assert answer.headers["location"] == f"/v1/statements/{told['statement']}"
    entry = told["entry"].encode()
    assert verify_receipt(told["receipt"].encode(), entry, ORIGIN, KEYS).index == before
    exact = house.http.get(answer.headers["location"])
    assert exact.content == entry
    assert exact.headers["content-type"] == "application/jose+json"
    receipt = house.http.get(f"{answer.headers['location']}/receipt")
    assert verify_receipt(receipt.content, entry, ORIGIN, KEYS).index == before


def test_an_identical_repeat_is_answered_with_the_first_entry(house):
    envelope = signed(house.house.note("Twice"))
    first, again = house.post(envelope), house.post(envelope)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["entry"] == first.json()["entry"]
    assert again.json()["new"] is False


def test_other_signatures_under_a_recorded_statement_conflict(house):
    """An ES256 key may sign the same statement again with another signature; Ed25519 here signs another header."""
    members = house.house.note("Signed twice")
    house.post(members)
    payload = canonical_bytes(members)
    from ledger.statements.envelope import sign

    other = sign(payload, [key_of(DESK)], 1_800_000_000).to_bytes()
    answer = house.post(other)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/signatures-differ"
    assert answer.json()["index"] == str(house.opened.reader.index_of(statement_id(payload)))


def test_a_stale_head_conflicts_and_names_the_head(house):
    stale = house.house.note("Exact", exact=True)
    latest = house.post(house.house.note("In between")).json()["statement"]
    answer = house.post(stale)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/head-stale"
    assert (answer.json()["subject"], answer.json()["head"]) == (PORT, latest)
    assert house.post(house.house.note("Exact again", exact=True)).status_code == 201


def test_objections_come_signed_by_the_service_key(house):
    before = sizes(house)
    answer = house.post(house.house.resale())
    assert answer.status_code == 422
    told = answer.json()
    assert told["type"] == "/problems/refused"
    assert {"kind", "rule", "statement", "state", "words", "where", "remedy"} <= set(told["objections"][0])
    refusal = open_refusal(json.dumps(told["refusal"]).encode(), house.opened.reader.register())
    assert [o.rule for o in refusal.objections] == [o["rule"] for o in told["objections"]]
    assert refusal.size == before == sizes(house)


def test_who_may_not_record_is_told_by_rule(house):
    note = house.house.note("By a stranger to the register", actor=ANNA, signers=[by(ANNA, "registrar", "registrar")])
    answer = house.post(note)
    assert answer.status_code == 422
    assert "signer.incompetent" in [o["rule"] for o in answer.json()["objections"]]
    unknown = house.post(signed(house.house.note("By another key"), [key_of(BODO)]))
    assert [o["rule"] for o in unknown.json()["objections"]] == ["key.other-party"]


def test_checking_stores_nothing_and_says_what_submitting_would(house):
    before = sizes(house)
    good, bad = house.house.note("Only checked"), house.house.resale()
    for members, accepted in ((good, True), (bad, False)):
        for body in (signed(members), canonical_bytes(members)):
            answer = house.post(body, "/v1/statements/check")
            assert answer.status_code == 200
            assert answer.json()["accepted"] is accepted
            assert answer.json()["payload"].encode() == canonical_bytes(members)
            assert answer.json()["index"] is None
    assert sizes(house) == before
    recorded = house.post(good).json()
    assert house.post(signed(good), "/v1/statements/check").json()["index"] == recorded["index"]


def test_a_draft_comes_back_as_the_bytes_to_sign(house):
    whole = house.house.note("A draft")
    draft = {name: value for name, value in whole.items() if name not in ("v", "ledger", "follows")}
    spelled = json.dumps(draft, indent=3).encode()
    told = house.post(spelled, "/v1/statements/check", **{"Content-Type": "application/json"}).json()
    assert told["payload"].encode() == canonical_bytes(whole)
    assert told["payload_base64url"] == urlsafe_b64encode(canonical_bytes(whole)).rstrip(b"=").decode()
    assert told["statement"] == statement_id(canonical_bytes(whole))
    assert told["signers"][0]["keys"] == [{"kid": key_of(DESK).kid, "alg": "Ed25519"}]


def test_a_draft_may_name_its_subject(house):
    whole = house.house.note("By name")
    draft = {name: value for name, value in whole.items() if name not in ("v", "ledger", "follows")}
    draft["subjects"] = [{"name": PORT.title()}]
    told = house.post(json.dumps(draft).encode(), "/v1/statements/check").json()
    assert json.loads(told["payload"])["subjects"] == [PORT]


def test_the_readable_form_says_where_the_statement_stands(house):
    recorded = house.post(house.house.note("Readable")).json()
    answer = house.http.get(f"/v1/statements/{recorded['statement']}", headers={"Accept": "application/json"})
    told = answer.json()
    assert told["payload"]["effects"][0]["text"] == "Readable"
    assert told["index"] == recorded["index"]
    assert told["statements"][recorded["statement"]]["type"] == "report.recorded"
    refused = house.http.get(f"/v1/statements/{recorded['statement']}", headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert refused.json()["acceptable"] == ["application/jose+json", "application/json"]


def test_unknown_statements_are_not_found(house):
    for path in ("/v1/statements/sha256:" + "0" * 64, "/v1/statements/sha256:" + "0" * 64 + "/receipt"):
        assert house.http.get(path).json()["type"] == "/problems/statement-unknown"
    assert house.http.get("/v1/statements/sha256:xyz").json()["type"] == "/problems/query-invalid"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/jose+json", 201),
        ("application/json; charset=utf-8", 201),
        ("text/plain", 415),
        ("application/json; charset=utf-16", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
def test_a_body_says_what_it_is(house, content_type, status):
    answer = house.post(house.house.note(f"As {content_type}"), **{"Content-Type": content_type})
    assert answer.status_code == status


def test_the_envelope_may_be_spelled_as_its_sender_likes(house):
    envelope = parse_envelope(signed(house.house.note("Spelled")))
    assert isinstance(envelope, Envelope)
    spelled = json.dumps(json.loads(envelope.to_bytes()), indent=2).encode()
    assert house.http.post("/v1/statements", content=spelled, headers=JOSE).status_code == 201
