"""An entry has one spelling, binds what came before it, and is still a JWS to everyone else."""

import json
import subprocess
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from domain.objections import Refused
from ledger.statements.base64url import format_base64url
from ledger.statements.canonical import canonical_bytes, parse_canonical
from ledger.statements.entry import (
    EMPTY_STREAM,
    ENTRY_BYTES_MAX,
    Entry,
    Head,
    format_entry,
    format_recorded_at,
    open_entry,
    parse_entry,
    parse_recorded_at,
)
from ledger.statements.envelope import Envelope, Signature
from tests.ledger.statements.samples import AT, SALE_KEYS, altered, enveloped, founded, introduced, sale

NODE = Path(__file__).parents[2] / "node"
ENTRY = Entry(enveloped(sale(), SALE_KEYS), (Head(7, bytes(range(32))),), Head(2, b"\xff" * 32), AT)
RAW = format_entry(ENTRY)


def refused(pointer: str, value: object) -> Malformed:
    with pytest.raises(Malformed) as caught:
        parse_entry(canonical_bytes(altered(parse_canonical(RAW, ENTRY_BYTES_MAX), pointer, value)))
    return caught.value


def test_comes_back_as_it_was():
    assert parse_entry(RAW) == ENTRY
    assert list(json.loads(RAW)) == ["payload", "prev", "recorded_at", "register", "signatures", "v"]
    assert json.loads(RAW)["prev"] == [{"count": "7", "head": bytes(range(32)).hex()}]
    assert json.loads(RAW)["recorded_at"] == "2026-11-22T09:30:00.250Z"


def test_opens_to_the_act_it_records():
    opened = open_entry(RAW, 12, introduced())
    assert (opened.act.position, opened.act.recorded_at, opened.act.type) == (12, AT, "ownership.transferred")
    assert opened.verified.kids == tuple(key.kid for key in SALE_KEYS)
    with pytest.raises(Refused):
        open_entry(RAW, 12, founded())


def test_one_head_for_each_subject():
    two = format_entry(Entry(ENTRY.envelope, (EMPTY_STREAM, EMPTY_STREAM), EMPTY_STREAM, AT))
    with pytest.raises(Malformed, match=r"entry\.prev"):
        open_entry(two, 0, introduced())


REFUSALS = {
    "another version": ("/v", 2, "entry.version"),
    "true for version 1": ("/v", True, "entry.version"),
    "a member more": ("/extra", 1, "member.unknown"),
    "no register": ("/register", ..., "member.missing"),
    "a count as a number": ("/register/count", 2, "member.wrong-kind"),
    "a count with a leading zero": ("/register/count", "02", "count.spelling"),
    "a head of an empty stream": ("/register/count", "0", "entry.head"),
    "no head of a stream": ("/register/head", None, "entry.head"),
    "a head in capitals": ("/register/head", "F" * 64, "hash.spelling"),
    "no streams": ("/prev", [], "list.length"),
    "no milliseconds": ("/recorded_at", "2026-11-22T09:30:00Z", "entry.recorded-at"),
    "microseconds": ("/recorded_at", "2026-11-22T09:30:00.250000Z", "entry.recorded-at"),
    "another zone": ("/recorded_at", "2026-11-22T09:30:00.250+01:00", "entry.recorded-at"),
    "no such day": ("/recorded_at", "2026-02-29T09:30:00.250Z", "entry.recorded-at"),
    "a leap second": ("/recorded_at", "2016-12-31T23:59:60.000Z", "entry.recorded-at"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_any_other_form_is_refused(case):
    pointer, value, rule = REFUSALS[case]
    assert refused(pointer, value).rule == rule


def test_whitespace_is_refused():
    with pytest.raises(Malformed, match=r"json\.not-canonical"):
        parse_entry(json.dumps(json.loads(RAW)).encode())


def test_at_most_65535_bytes():
    def sized(signature_bytes: int) -> bytes:
        envelope = Envelope(b"p" * 24_576, (Signature(b"{}", b"s" * signature_bytes),))
        return format_entry(Entry(envelope, (EMPTY_STREAM,), EMPTY_STREAM, AT))

    room = (ENTRY_BYTES_MAX - len(sized(0))) * 3 // 4  # base64url: four characters for three bytes
    assert ENTRY_BYTES_MAX - 3 <= len(sized(room)) <= ENTRY_BYTES_MAX
    with pytest.raises(Malformed, match=r"entry\.too-large"):
        sized(room + 3)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1000 <= at.year <= 9998))
def test_recorded_at_has_24_characters_and_comes_back(at):
    whole = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert len(format_recorded_at(whole)) == 24
    assert parse_recorded_at(format_recorded_at(whole), "") == whole


def test_recorded_at_is_whole_milliseconds():
    with pytest.raises(Malformed):
        Entry(ENTRY.envelope, ENTRY.prev, ENTRY.register, AT + timedelta(microseconds=1))


@given(st.binary(max_size=100))
def test_random_bytes_are_malformed(raw):
    with pytest.raises(Malformed):
        parse_entry(raw)


def jwk(key):
    public = key.private.public_key()
    if key.alg == "Ed25519":
        return {"kty": "OKP", "crv": "Ed25519", "x": format_base64url(public.public_bytes_raw()), "alg": "Ed25519"}
    x, y = (format_base64url(n.to_bytes(32, "big")) for n in (public.public_numbers().x, public.public_numbers().y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256"}


def test_node_jose_verifies_every_signature_of_an_entry():
    task = json.dumps({"jws": json.loads(RAW), "keys": [jwk(key) for key in SALE_KEYS]})
    done = subprocess.run(["node", "verify.mjs"], cwd=NODE, input=task, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["thumbprints"] == [key.kid for key in SALE_KEYS]
    assert [header["kid"] for header in answer["headers"]] == [key.kid for key in SALE_KEYS]
    assert answer["payloads"] == [ENTRY.envelope.payload.decode()] * 3


def test_node_jose_refuses_a_tampered_entry():
    tampered = altered(json.loads(RAW), "/payload", format_base64url(canonical_bytes({"v": 1})))
    task = json.dumps({"jws": tampered, "keys": [jwk(key) for key in SALE_KEYS]})
    done = subprocess.run(["node", "verify.mjs"], cwd=NODE, input=task, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" in done.stderr
