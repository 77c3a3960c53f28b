"""Bad input at the door: each kind has its own named error, whoever sends it, and nothing of it is stored.

A case prepares what must be on record and yields the envelope that is then submitted. What only a file can be (truncated, foreign,
tampered) is in `test_schema` and `test_audit`.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from domain.objections import Refused
from ledger.errors import Malformed
from ledger.recording_clock import ClockRefused
from ledger.statements.base64url import format_base64url, parse_base64url
from ledger.statements.canonical import canonical_bytes
from ledger.statements.envelope import STATEMENT_TYP, sign, signing_input
from tests.ledger.ledgers import (
    ANNA,
    BODO,
    BY_ROOTS,
    DESK,
    IAT,
    MINISTRY,
    OFFICER_ONE,
    OFFICER_TWO,
    PORT,
    House,
    by,
    founded,
    key_json,
    key_of,
    signed,
)
from tests.ledger.statements.samples import ed25519, es256

Case = Callable[[House], bytes]
WEAK = json.loads((Path(__file__).parents[1] / "vectors" / "log" / "ed25519-weak-points.json").read_text())
ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
ROOT_KEYS = [key_of(root["party"]) for root in BY_ROOTS]
BERLIN = {"zone": "Europe/Berlin"}


@pytest.fixture
def house(tmp_path):
    with founded(tmp_path) as house:
        yield house


def stored(house: House) -> tuple[object, ...]:
    recorder = house.ledger.recorder
    return recorder.head(), list(recorder.recorded(0, recorder.size())), list(recorder.checkpoints())


def refused_by(house: House, envelope: bytes) -> list[str | None]:
    try:
        house.ledger.submit(envelope)
    except Malformed as error:
        return [error.rule]
    except Refused as error:
        return [objection.rule for objection in error.objections]
    pytest.fail("was not refused")


# --- bytes --------------------------------------------------------------------------------------------------------


def bytes_signed(change: Callable[[bytes], bytes]) -> Case:
    """The desk signs the bytes of a report, changed."""
    return lambda house: sign(change(canonical_bytes(house.note("report"))), [key_of(DESK)], IAT).to_bytes()


def text_of_report(text: str) -> Case:
    return bytes_signed(lambda raw: raw.replace(b'"report"', json.dumps(text, ensure_ascii=False).encode()))


def sold(**members: Any) -> Case:
    return lambda house: signed(house.sale(**members))


BYTES: dict[str, tuple[Case, str]] = {
    "not canonical": (bytes_signed(lambda raw: raw + b"\n"), "json.not-canonical"),
    "a duplicate key": (bytes_signed(lambda raw: raw.replace(b'"v":1}', b'"v":1,"v":1}')), "json.duplicate-key"),
    "a lone surrogate": (bytes_signed(lambda raw: raw.replace(b'"report"', b'"\\ud800"')), "json.lone-surrogate"),
    "2^53 + 1": (bytes_signed(lambda raw: raw.replace(b'"v":1}', b'"v":9007199254740993}')), "json.integer-too-large"),
    "a float": (bytes_signed(lambda raw: raw.replace(b'"v":1}', b'"v":1.0}')), "json.float"),
    "another spelling of an identifier": (
        bytes_signed(lambda raw: raw.replace(b'"subjects":["asset:port"]', b'"subjects":["asset:Port"]')),
        "subject.spelling",
    ),
    "another spelling of a share": (lambda house: signed(house.sale("2/8")), "share.spelling"),
    "the whole as 1": (lambda house: signed(house.sale("1")), "share.spelling"),
    "a control character": (text_of_report("a\x07b"), "json.control-character"),
    "a bidi character": (text_of_report("a\u202eb"), "json.bidi-character"),
    "an unknown member": (lambda house: signed(house.note("report", remark="x")), "member.unknown"),
    "too large": (bytes_signed(lambda raw: raw.replace(b'"report"', b'"' + b"x" * 24_576 + b'"')), "json.too-large"),
    "a zone nobody knows": (sold(effective={"from": "2024-02-29", "zone": "Europe/Atlantis"}), "time.unknown-zone"),
    "a day that never was": (sold(effective={"from": "2023-02-29", **BERLIN}), "time.spelling"),
    "an instant that never was": (sold(effective={"from": "2023-02-28T24:00:00Z"}), "time.spelling"),
}

# --- envelope and keys --------------------------------------------------------------------------------------------


def wire(change: Callable[[dict[str, Any]], object]) -> Case:
    """The envelope of a sale, changed as JSON."""

    def case(house: House) -> bytes:
        value = json.loads(signed(house.sale()))
        change(value)
        return json.dumps(value).encode()

    return case


def first_signature(change: Callable[[str], str]) -> Case:
    def alter(value: dict[str, Any]) -> None:
        value["signatures"][0]["signature"] = change(value["signatures"][0]["signature"])

    return wire(alter)


def small_order_r(signature: str) -> str:
    return format_base64url(bytes.fromhex(WEAK["small-order"][2]) + parse_base64url(signature, "")[32:])


def unused_bits(signature: str) -> str:
    """64 bytes leave four unused bits in the last character."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return signature[:-1] + alphabet[alphabet.index(signature[-1]) + 1]


def headed(**members: object) -> Case:
    """A sale whose first signer put more into the protected header."""

    def case(house: House) -> bytes:
        value = json.loads(signed(house.sale()))
        header = {"alg": "Ed25519", "kid": key_of(ANNA).kid, "typ": STATEMENT_TYP, "iat": IAT, **members}
        protected = json.dumps(header).encode()
        proof = key_of(ANNA).sign(signing_input(protected, parse_base64url(value["payload"], "")))
        value["signatures"][0] = {"protected": format_base64url(protected), "signature": format_base64url(proof)}
        return json.dumps(value).encode()

    return case


def certificate_of_another() -> str:
    key = es256("another")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Another")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.private.public_key())
    built = built.serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days=900))
    return b64encode(built.sign(key.private, hashes.SHA256()).public_bytes(Encoding.DER)).decode()


def new_key(spki: bytes) -> Case:
    """The roots register a key for a newcomer."""

    def case(house: House) -> bytes:
        add = {"op": "key-add", "party": "party:new", "key": {"alg": "Ed25519", "spki": format_base64url(spki)}}
        act = house.register_act("key.added", add, signers=[*BY_ROOTS, by("party:new", "key-holder")])
        return signed(act)

    return case


def revoked_before(house: House) -> bytes:
    revoke = {"op": "key-revoke", "thumbprint": key_of(DESK).kid, "reason": "compromised"}
    house.submit(house.register_act("key.revoked", revoke))
    return signed(house.note("afterwards"))


def key_of_another_party(house: House) -> bytes:
    """A new party has no key but Anna's, who even signs for it."""
    add = {"op": "key-add", "party": "party:new", "key": key_json(key_of(ANNA))}
    signers = [*BY_ROOTS, by("party:new", "key-holder")]
    return signed(house.register_act("key.added", add, signers=signers), [*ROOT_KEYS, key_of(ANNA)])


def signed_with_another_partys_key(house: House) -> bytes:
    return signed(house.sale(), [key_of(MINISTRY), key_of(BODO), key_of(DESK)])


def incompetent(house: House) -> bytes:
    return signed(house.note("by a private party", signers=[by(ANNA, "registrar", "registrar")]))


def taken_along(house: House) -> bytes:
    """The new party signs with a key of its own, and registers Anna's beside it."""
    mine = ed25519("new")
    added = [{"op": "key-add", "party": "party:new", "key": key_json(key)} for key in (mine, key_of(ANNA))]
    act = house.register_act("key.added", *added, signers=[*BY_ROOTS, by("party:new", "key-holder")])
    return signed(act, [*ROOT_KEYS, mine])


def late(house: House) -> bytes:
    envelope = signed(house.note("late", submit_by="2026-01-15T09:30:01Z"))
    house.clock.move(seconds=1)
    return envelope


def stale(house: House) -> bytes:
    exact = signed(house.note("exact", exact=True))
    house.submit(house.note("in between"))
    return exact


def signed_again(house: House) -> bytes:
    members = house.note("twice")
    house.submit(members)
    return sign(canonical_bytes(members), [key_of(DESK)], IAT + 1).to_bytes()


def other_ledger(house: House) -> bytes:
    members = house.sale()
    return signed({**members, "ledger": {**members["ledger"], "genesis": "sha256:" + "0" * 64}})


def cut(value: dict[str, Any]) -> None:
    value["signatures"].pop()


def doubled(value: dict[str, Any]) -> None:
    value["signatures"].append(value["signatures"][0])


def turned(value: dict[str, Any]) -> None:
    value["signatures"].reverse()


def unprotected(value: dict[str, Any]) -> None:
    value["signatures"][0]["header"] = {"kid": "x"}


ENVELOPE: dict[str, tuple[Case, str]] = {
    "the genesis of another ledger": (other_ledger, "ledger.other-genesis"),
    "late for submit_by": (late, "submit-by.passed"),
    "a key unknown": (lambda h: signed(h.note("x"), [ed25519("stranger")]), "key.unknown"),
    "a key revoked at an earlier position": (revoked_before, "key.revoked"),
    "a signer without competence": (incompetent, "signer.incompetent"),
    "a key of small order": (new_key(ED25519_SPKI + bytes.fromhex(WEAK["small-order"][3])), "key.small-order"),
    "a key outside the prime-order subgroup": (
        new_key(ED25519_SPKI + bytes.fromhex(WEAK["mixed-order"][0])),
        "key.not-prime-order",
    ),
    "a key already another party's": (key_of_another_party, "key.other-party"),
    "a key already another party's, taken along": (taken_along, "key.already-registered key.not-possessed"),
    "a signature by another party's key": (signed_with_another_partys_key, "key.other-party"),
    "a signature with small-order R": (first_signature(small_order_r), "signature.small-order-r"),
    "a signature missing": (wire(cut), "envelope.signature-missing"),
    "a signature extra": (wire(doubled), "envelope.signature-extra"),
    "signatures reordered": (wire(turned), "envelope.signature-reordered"),
    "a signature of another algorithm": (headed(alg="ES256"), "key.wrong-algorithm"),
    "padded base64": (first_signature(lambda text: text + "="), "envelope.padded-base64"),
    "non-canonical base64": (first_signature(unused_bits), "envelope.noncanonical-base64"),
    "an unprotected header": (wire(unprotected), "envelope.unprotected-header"),
    "crit": (headed(crit=["exp"], exp=1), "envelope.crit"),
    "a certificate of another key": (headed(x5c=[certificate_of_another()]), "certificate.other-key"),
    "a repeat with other signatures": (signed_again, "repeat.signatures-differ"),
    "exact, and stale": (stale, "head.stale"),
}

# --- law ----------------------------------------------------------------------------------------------------------

OFFICERS = [by(OFFICER_ONE, "officer"), by(OFFICER_TWO, "officer")]
ORDER = {
    "actor": MINISTRY,
    "signers": OFFICERS,
    "basis": {"kind": "order", "title": "Order", "legal_basis": "§ 17 EnSiG"},
}


def imposed(house: House) -> str:
    """A trusteeship for half of 2025, extended by six months at most in one step; its reference."""
    effect = {
        "effect": "impose",
        "kind": "trusteeship",
        "over": [PORT],
        "powers": {"manage": "takes", "vote": "takes"},
        "holder": MINISTRY,
        "term": {"until": "2025-06-30", "max_step": "P6M"},
    }
    order = house.statement("control.imposed", [effect], effective={"from": "2025-01-01", **BERLIN}, **ORDER)
    return f"{house.submit(order).statement}#1"


def extension(house: House, measure: str, on: str, until: str) -> bytes:
    effect = {"effect": "alter", "measure": measure, "op": "extend", "until": until}
    return signed(house.statement("control.extended", [effect], effective={"from": on, **BERLIN}, **ORDER))


def of_an_ended_measure(house: House) -> bytes:
    measure = imposed(house)
    end = {"effect": "alter", "measure": measure, "op": "end"}
    house.submit(house.statement("control.ended", [end], effective={"from": "2025-03-01", **BERLIN}, **ORDER))
    return extension(house, measure, "2025-04-01", "2025-12-31")


def not_whole(house: House) -> bytes:
    split = [{"holder": ANNA, "share": "1/2"}, {"holder": BODO, "share": "1/4"}]
    effect = {"effect": "declare", "asset": PORT, "right": "title", "split": split}
    return signed(house.statement("ownership.declared", [effect], effective={"from": "2024-01-01", **BERLIN}))


def stated_lapse(house: House) -> bytes:
    effect = {"effect": "state", "kind": "report", "asset": PORT, "text": "The trusteeship has lapsed."}
    return signed(house.statement("control.lapsed", [effect], effective={"from": "2025-07-01", **BERLIN}))


def by_agreement(house: House) -> bytes:
    return signed(house.sale(basis={"kind": "agreement", "title": "Sale and purchase agreement"}))


def after_the_end(house: House) -> bytes:
    end = {"effect": "exist", "op": "end", "subject": PORT}
    basis = {"kind": "register-entry", "title": "Struck off"}
    house.submit(house.statement("asset.ended", [end], effective={"from": "2024-01-01", **BERLIN}, basis=basis))
    return signed(house.sale())


LAW: dict[str, tuple[Case, str]] = {
    "shares that do not sum": (not_whole, "shares.not-whole"),
    "no room for a move": (lambda h: signed(h.resale()), "shares.no-room"),
    "an extension after the lapse": (lambda h: extension(h, imposed(h), "2025-07-01", "2025-12-31"), "measure.lapsed"),
    "an extension beyond the maximum": (
        lambda h: extension(h, imposed(h), "2025-06-01", "2026-01-01"),
        "extension.beyond-maximum",
    ),
    "an extension of a measure unknown": (
        lambda h: extension(h, f"sha256:{'0' * 64}#1", "2025-06-01", "2025-12-31"),
        "reference.unknown",
    ),
    "an extension of a measure ended": (of_an_ended_measure, "measure.ended"),
    "a lapse that is stated": (stated_lapse, "type.derived-not-stated"),
    "completion claimed on an agreement": (by_agreement, "type.basis-barred"),
    "an act on an ended asset": (after_the_end, "asset.ended"),
}

CASES = BYTES | ENVELOPE | LAW


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_by_its_own_rule_and_nothing_is_stored(house, name):
    case, rule = CASES[name]
    envelope = case(house)
    before = stored(house)
    assert refused_by(house, envelope) == rule.split()
    assert stored(house) == before


def test_a_clock_that_runs_backwards_stores_nothing(house):
    envelope = signed(house.note("report"))
    before = stored(house)
    house.clock.move(seconds=-2.001)
    with pytest.raises(ClockRefused):
        house.ledger.submit(envelope)
    assert stored(house) == before
