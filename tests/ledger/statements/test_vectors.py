"""Bytes once written are read in the same way for ever (tests/vectors/statements)."""

import json
import re
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from domain.errors import Malformed
from domain.register import Register, judge_register_act
from ledger.statements.base64url import parse_base64url
from ledger.statements.canonical import canonical_bytes
from ledger.statements.entry import format_entry, open_entry, parse_entry
from ledger.statements.envelope import parse_envelope, parse_header, verify
from ledger.statements.refusal import open_refusal
from ledger.statements.schema import parse_statement
from ledger.statements.statement import CommittedDocument
from tests.ledger.statements.samples import AT, ORIGIN, SALE_KEYS, SELLER, enveloped, introduced, sale

VECTORS = Path(__file__).parents[2] / "vectors" / "statements"
IDS = json.loads((VECTORS / "ids.json").read_text())
COMMITMENTS = json.loads((VECTORS / "commitments.json").read_text())
REFUSED = json.loads((VECTORS / "refused.json").read_text())
PARSERS: dict[str, Any] = {
    "statement": parse_statement,
    "envelope": parse_envelope,
    "header": lambda raw: parse_header(raw, ""),
    "entry": parse_entry,
}


def read(name: str) -> bytes:
    return (VECTORS / f"{name}.json").read_bytes()


def test_every_payload_has_an_id():
    assert {path.stem for path in VECTORS.glob("statement-*.json")} == {f"statement-{name}" for name in IDS}


@pytest.mark.parametrize("one", [*COMMITMENTS["sealed"], *COMMITMENTS["documents"]], ids=lambda one: one["name"])
def test_a_commitment_is_of_salt_name_and_value(one):
    preimage = [one["salt"], one["name"], one["value"]]
    assert re.fullmatch("[0-9a-f]{64}", one["salt"])
    assert canonical_bytes(preimage) == rfc8785.dumps(preimage) == one["canonical"].encode()
    assert sha256(canonical_bytes(preimage)).hexdigest() == one["commit"]


def test_a_statement_carries_commitments_and_the_law_reads_their_names_only():
    members: dict[str, Any] = sale()
    members["sealed"] = [{"name": one["name"], "commit": one["commit"]} for one in COMMITMENTS["sealed"]]
    (document,) = COMMITMENTS["documents"]
    attached = {"title": document["name"], "media_type": "application/pdf", "size": "22", "commit": document["commit"]}
    found = parse_statement(canonical_bytes({**members, "evidence": [attached]}))
    assert found.evidence == (CommittedDocument(document["name"], "application/pdf", 22, document["commit"]),)
    assert [one.commit for one in found.sealed] == [one["commit"] for one in COMMITMENTS["sealed"]]
    assert found.act(7, AT).sealed == ("price", "natural_person")


@pytest.mark.parametrize("name", IDS)
def test_payloads_keep_their_ids_and_are_canonical(name):
    payload = read(f"statement-{name}")
    assert parse_statement(payload).id == IDS[name]
    assert canonical_bytes(json.loads(payload)) == payload


def register_of(*names: str) -> Register:
    """The fold of the acts in these envelopes, each judged before it counts."""
    register = Register.empty(ORIGIN)
    for position, name in enumerate(names):
        envelope = parse_envelope(read(name))
        verified = verify(envelope, parse_statement(envelope.payload), register)
        act = verified.statement.act(position, introduced_at())
        assert judge_register_act(register, act, verified.kids) == ()
        register = register.apply(act)
    return register


def introduced_at():
    return parse_entry(read("entry-founding")).recorded_at


LEDGER = ("envelope-founding-ed25519", "envelope-introduction-ed25519-es256", "envelope-key-added-ps256")


@pytest.mark.parametrize("name", ["envelope-sale-ed25519-es256", "envelope-sale-ps256"])
def test_envelopes_verify(name):
    envelope = parse_envelope(read(name))
    assert envelope.to_bytes() == read(name)
    assert verify(envelope, parse_statement(envelope.payload), register_of(*LEDGER))


def test_signing_again_gives_the_same_bytes():
    """Ed25519 and our ECDSA (RFC 6979) draw no randomness."""
    assert enveloped(sale(), SALE_KEYS).to_bytes() == read("envelope-sale-ed25519-es256")


def test_small_order_r_is_refused():
    envelope = parse_envelope(read("envelope-refused-small-order-r"))
    with pytest.raises(Malformed) as caught:
        verify(envelope, parse_statement(envelope.payload), introduced())
    assert caught.value.rule == "signature.small-order-r"
    assert envelope.payload == parse_envelope(read("envelope-sale-ed25519-es256")).payload


@pytest.mark.parametrize("name", ["entry-founding", "entry-sale"])
def test_entries_come_back_byte_for_byte(name):
    assert format_entry(parse_entry(read(name))) == read(name)


def test_an_entry_opens():
    founding = open_entry(read("entry-founding"), 0, Register.empty(ORIGIN))
    assert founding.act.id == IDS["founding"]
    assert open_entry(read("entry-sale"), 2, introduced()).verified.kids[0] == SELLER.kid


def test_the_refusal_opens():
    refusal = open_refusal(read("refusal"), introduced())
    assert [objection.rule for objection in refusal.objections] == ["freeze.live", "holder.too-little"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case['parser']}: {case['name']}")
def test_refused_bytes_are_refused_at_the_same_place_by_the_same_rule(case):
    with pytest.raises(Malformed) as caught:
        PARSERS[case["parser"]](parse_base64url(case["bytes"], ""))
    assert (caught.value.rule, caught.value.where) == (case["rule"], case["where"])


def test_each_refusal_is_named_once():
    names = Counter((case["parser"], case["name"]) for case in REFUSED)
    assert max(names.values()) == 1
