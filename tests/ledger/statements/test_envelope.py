"""Exactly the signers sign, each with a registered key in force; every way around it is refused by its own rule."""

import json
import subprocess
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import import_key

from domain.errors import Malformed
from domain.objections import Refused
from domain.register import Register
from ledger.statements.base64url import format_base64url
from ledger.statements.canonical import canonical_bytes
from ledger.statements.envelope import (
    STATEMENT_TYP,
    Envelope,
    Signature,
    parse_envelope,
    sign,
    signing_input,
    verify,
)
from ledger.statements.keyring import SoftwareKey
from ledger.statements.schema import parse_statement
from tests.ledger.statements.samples import (
    BUYER,
    IAT,
    ROOTS,
    SALE_KEYS,
    SELLER,
    STEWARD,
    altered,
    attempt,
    ed25519,
    enveloped,
    es256,
    founded,
    founding,
    introduced,
    introduction,
    key_json,
    recorded,
    register_act,
    sale,
    signer,
)

SMALL_ORDER_R = bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")


def verified(envelope: Envelope, register: Register | None = None):
    return verify(envelope, parse_statement(envelope.payload), introduced() if register is None else register)


def rules(envelope: Envelope, register: Register | None = None) -> list[str]:
    """The rules by which an envelope is refused, parsing included."""
    try:
        verified(parse_envelope(envelope.to_bytes()), register)
    except Malformed as error:
        return [str(error.rule)]
    except Refused as error:
        return [objection.rule for objection in error.objections]
    pytest.fail("was not refused")


def with_signature(envelope: Envelope, n: int, signature: Signature) -> Envelope:
    signatures = list(envelope.signatures)
    signatures[n] = signature
    return Envelope(envelope.payload, tuple(signatures))


def signed_header(header: dict, key: SoftwareKey = SELLER, n: int = 0) -> Envelope:
    """The sale, its n-th signature made by `key` over a header of one's own."""
    envelope = enveloped(sale(), SALE_KEYS)
    protected = json.dumps(header).encode()
    return with_signature(envelope, n, Signature(protected, key.sign(signing_input(protected, envelope.payload))))


def header(**changes) -> dict:
    whole = {"alg": "Ed25519", "kid": SELLER.kid, "typ": STATEMENT_TYP, "iat": IAT, **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def test_the_three_signers_of_a_sale():
    found = verified(parse_envelope(enveloped(sale(), SALE_KEYS).to_bytes()))
    assert found.kids == (SELLER.kid, BUYER.kid, STEWARD.kid)
    assert found.issued == (IAT, IAT, IAT)
    assert found.statement.payload == found.envelope.payload


def test_every_flipped_bit_of_payload_header_and_signature_is_refused():
    whole = enveloped(sale(), SALE_KEYS)

    def flipped(raw: bytes, at: int) -> bytes:
        return raw[: at // 8] + bytes([raw[at // 8] ^ (1 << at % 8)]) + raw[at // 8 + 1 :]

    for at in range(0, len(whole.payload) * 8, 61):
        with pytest.raises((Malformed, Refused)):
            verified(Envelope(flipped(whole.payload, at), whole.signatures))
    for n, signature in enumerate(whole.signatures):
        for at in range(0, 512, 3):
            broken = Signature(signature.protected, flipped(signature.signature, at))
            with pytest.raises(Malformed):
                verified(with_signature(whole, n, broken))
        for at in range(0, len(signature.protected) * 8, 17):
            with pytest.raises((Malformed, Refused)):
                verified(with_signature(whole, n, Signature(flipped(signature.protected, at), signature.signature)))


def test_missing_extra_reordered_and_repeated_signatures():
    whole = enveloped(sale(), SALE_KEYS)
    one, two, three = whole.signatures
    assert rules(Envelope(whole.payload, (one, two))) == ["envelope.signature-missing"]
    assert rules(Envelope(whole.payload, (one, two, three, one))) == ["envelope.signature-extra"]
    assert rules(Envelope(whole.payload, (two, one, three))) == ["envelope.signature-reordered"]
    assert rules(Envelope(whole.payload, (one, two, one))) == ["envelope.key-repeated"]


def test_signatures_of_another_statement_are_invalid():
    other = enveloped(altered(sale(), "/basis/title", "Another sale"), SALE_KEYS)
    assert rules(Envelope(other.payload, enveloped(sale(), SALE_KEYS).signatures)) == ["envelope.signature-invalid"]


def test_keys_come_from_the_register():
    stranger = ed25519("stranger")
    assert rules(enveloped(sale(), (stranger, BUYER, STEWARD))) == ["key.unknown"]
    assert rules(enveloped(sale(), (stranger, es256("x"), STEWARD))) == ["key.unknown", "key.unknown"]
    assert rules(enveloped(sale(), (ROOTS[0], BUYER, STEWARD))) == ["key.other-party"]
    own = altered(sale(), "/signers/0/party", "party:root-0")
    assert rules(enveloped(own, (ROOTS[0], BUYER, STEWARD))) == ["key.wrong-role"]
    root_role = altered(sale(), "/signers/0/role", "root")
    assert rules(enveloped(root_role, SALE_KEYS)) == ["key.wrong-role"]


def test_a_revoked_key_signs_no_more_and_its_earlier_signatures_stay_valid():
    revoked = register_act(
        [{"effect": "authorise", "op": "key-revoke", "thumbprint": SELLER.kid, "reason": "lost"}],
        [signer("party:seller", "author")],
        type="key.revoked",
    )
    after = recorded(introduced(), enveloped(revoked, [SELLER]), 2)
    assert rules(enveloped(sale(), SALE_KEYS), after) == ["key.revoked"]
    assert verified(enveloped(sale(), SALE_KEYS), introduced())


def test_an_algorithm_the_key_is_not_registered_for():
    assert rules(signed_header(header(alg="ES256"))) == ["key.wrong-algorithm"]
    for alg in ("EdDSA", "none", "HS256", "RS256", "ES384"):
        assert rules(signed_header(header(alg=alg))) == ["code.not-in-list"]


HEADERS = {
    "crit": (header(crit=["exp"], exp=1), "envelope.crit"),
    "an empty crit": (header(crit=[]), "envelope.crit"),
    "b64": (header(b64=False), "envelope.header-unknown"),
    "jwk": (header(jwk={"kty": "OKP"}), "envelope.header-unknown"),
    "jku": (header(jku="https://example.org"), "envelope.header-unknown"),
    "sigT": (header(sigT="2026-11-22T00:00:00Z"), "envelope.header-unknown"),
    "no iat": (header(iat=...), "envelope.header-missing"),
    "no typ": (header(typ=...), "envelope.header-missing"),
    "iat as text": (header(iat=str(IAT)), "envelope.iat"),
    "iat true": (header(iat=True), "envelope.iat"),
    "iat before 1970": (header(iat=-1), "envelope.iat"),
    "iat with a fraction": (header(iat=1.5), "json.float"),
    "typ of a refusal": (header(typ="control-refusal+json"), "envelope.typ"),
    "kid that is no thumbprint": (header(kid="seller"), "key.thumbprint-spelling"),
    "two certificates": (header(x5c=["AA==", "AA=="]), "list.length"),
    "certificate in base64url": (header(x5c=["_-8="]), "certificate.spelling"),
    "no certificate": (header(x5c=["AAAA"]), "certificate.spelling"),
    "hash of no certificate": (header(**{"x5t#S256": "AAAA"}), "certificate.other-hash"),
    "a null": (header(cty=None), "member.null"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_headers_are_a_closed_list(case):
    value, rule = HEADERS[case]
    assert rules(signed_header(value)) == [rule]


def test_a_header_may_be_spelled_in_any_order_and_carry_cty():
    assert verified(signed_header(dict(reversed(header(cty="json").items()))))


def certificate(key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Buyer")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.private.public_key())
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = built.serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days=900))
    algorithm = hashes.SHA256() if key.alg == "ES256" else None
    return built.sign(key.private, algorithm).public_bytes(Encoding.DER)


def test_a_certificate_must_hold_the_signing_key():
    der = certificate(BUYER)
    digest = format_base64url(sha256(der).digest())
    mine = header(alg="ES256", kid=BUYER.kid, x5c=[b64encode(der).decode()], **{"x5t#S256": digest})
    assert verified(signed_header(mine, BUYER, 1))
    other = {**mine, "x5c": [b64encode(certificate(es256("other"))).decode()], "x5t#S256": ...}
    assert rules(signed_header({k: v for k, v in other.items() if v is not ...}, BUYER, 1)) == ["certificate.other-key"]
    wrong = {**mine, "x5t#S256": format_base64url(bytes(32))}
    assert rules(signed_header(wrong, BUYER, 1)) == ["certificate.other-hash"]


def test_small_order_r_is_refused_whatever_the_verifier_thinks_of_it():
    whole = enveloped(sale(), SALE_KEYS)
    first = whole.signatures[0]
    small = with_signature(whole, 0, Signature(first.protected, SMALL_ORDER_R + first.signature[32:]))
    assert rules(small) == ["signature.small-order-r"]


def test_es256_signatures_are_64_bytes_not_der():
    whole = enveloped(sale(), SALE_KEYS)
    second = whole.signatures[1]
    for wrong in (b"", second.signature + b"\0", second.signature[:63], bytes(64)):
        assert rules(with_signature(whole, 1, Signature(second.protected, wrong))) == ["envelope.signature-invalid"]


WIRE = {
    "padding": (lambda v: {**v, "payload": v["payload"] + "="}, "envelope.padded-base64"),
    "another alphabet": (lambda v: {**v, "payload": "+" + v["payload"][1:]}, "envelope.noncanonical-base64"),
    "unused bits": (lambda v: {**v, "payload": "QR"}, "envelope.noncanonical-base64"),
    "a length no bytes have": (lambda v: {**v, "payload": "QUFBQ"}, "envelope.noncanonical-base64"),
    "a space": (lambda v: {**v, "payload": "QU FB"}, "envelope.noncanonical-base64"),
    "an unprotected header": (
        lambda v: {**v, "signatures": [{**v["signatures"][0], "header": {}}]},
        "envelope.unprotected-header",
    ),
    "a member beside": (lambda v: {**v, "extra": 1}, "member.unknown"),
    "a member beside a signature": (lambda v: {**v, "signatures": [{**v["signatures"][0], "x": 1}]}, "member.unknown"),
    "no signatures": (lambda v: {**v, "signatures": []}, "list.length"),
    "nine signatures": (lambda v: {**v, "signatures": v["signatures"] * 3}, "list.length"),
    "flattened": (lambda v: {"payload": v["payload"], **v["signatures"][0]}, "member.missing"),
    "a payload too large": (lambda v: {**v, "payload": "A" * 32_772}, "json.too-large"),
}


@pytest.mark.parametrize("case", WIRE)
def test_the_envelope_has_one_form(case):
    change, rule = WIRE[case]
    value = json.loads(enveloped(sale(), SALE_KEYS).to_bytes())
    with pytest.raises(Malformed) as caught:
        parse_envelope(json.dumps(change(value)).encode())
    assert caught.value.rule == rule


def test_an_envelope_for_another_ledger():
    assert rules(enveloped(altered(sale(), "/ledger/origin", "other.example"), SALE_KEYS)) == ["ledger.other-origin"]
    elsewhere = altered(sale(), "/ledger/genesis", "sha256:" + "0" * 64)
    assert rules(enveloped(elsewhere, SALE_KEYS)) == ["ledger.other-genesis"]
    assert rules(enveloped(founding(), ROOTS[:2]), founded()) == ["ledger.other-genesis"]


def test_the_founding_statement_is_verified_by_the_roots_it_carries():
    empty = Register.empty(sale()["ledger"]["origin"])
    assert verified(enveloped(founding(), ROOTS[:2]), empty).kids == (ROOTS[0].kid, ROOTS[1].kid)
    assert rules(enveloped(founding(), (ROOTS[0], STEWARD)), empty) == ["key.unknown"]


def test_a_new_key_signs_as_key_holder_only():
    assert verified(enveloped(introduction(), [*ROOTS[:2], STEWARD, SELLER, BUYER]), founded())
    new = ed25519("new")
    add = {"effect": "authorise", "op": "key-add", "party": "party:new", "key": key_json(new)}
    as_author = register_act([add], [signer("party:new", "author")])
    assert rules(enveloped(as_author, [new])) == ["key.wrong-role"]


def test_ps256_with_rsa_of_3072_bits():
    key = SoftwareKey.of(rsa.generate_private_key(public_exponent=65537, key_size=3072))
    add = {"effect": "authorise", "op": "key-add", "party": "party:card", "key": key_json(key)}
    added = register_act(
        [add], [signer("party:root-0", "root"), signer("party:root-1", "root"), signer("party:card", "key-holder")]
    )
    register = recorded(introduced(), enveloped(added, [*ROOTS[:2], key]), 2)
    act = altered(altered(sale(), "/signers", [signer("party:card", "seller")]), "/actor", "party:card")
    assert verified(enveloped(act, [key]), register).kids == (key.kid,)


def jwk_of(key: Any) -> dict:
    numbers = key.private.public_key()
    if key.alg == "Ed25519":
        return {"kty": "OKP", "crv": "Ed25519", "x": format_base64url(numbers.public_bytes_raw())}
    point = numbers.public_numbers()
    x, y = (format_base64url(n.to_bytes(32, "big")) for n in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


JOSE = jws.JWSRegistry(algorithms=["Ed25519", "ES256"], strict_check_header=False)


def test_joserfc_names_and_verifies_our_signatures():
    envelope = json.loads(enveloped(sale(), SALE_KEYS).to_bytes())
    one: Any
    for n, key in enumerate(SALE_KEYS):
        public = import_key(jwk_of(key))
        assert public.thumbprint() == key.kid
        one = {"payload": envelope["payload"], "signatures": [envelope["signatures"][n]]}
        assert jws.deserialize_json(one, public, registry=JOSE).payload == canonical_bytes(sale())


def test_we_verify_signatures_of_joserfc():
    payload = canonical_bytes(sale())
    private = [
        import_key({**jwk_of(key), "d": format_base64url(secret)})
        for key, secret in (
            (SELLER, SELLER.private.private_bytes_raw()),
            (BUYER, BUYER.private.private_numbers().private_value.to_bytes(32, "big")),
            (STEWARD, STEWARD.private.private_bytes_raw()),
        )
    ]
    heads = [header(alg=key.alg, kid=key.kid) for key in SALE_KEYS]
    parts = [
        jws.serialize_json([{"protected": head}], payload, key, registry=JOSE)
        for head, key in zip(heads, private, strict=True)
    ]
    whole = {"payload": parts[0]["payload"], "signatures": [part["signatures"][0] for part in parts]}
    assert verified(parse_envelope(json.dumps(whole).encode())).kids == tuple(key.kid for key in SALE_KEYS)


def test_openssl_verifies_an_ed25519_signature(tmp_path):
    envelope = enveloped(sale(), SALE_KEYS)
    first = envelope.signatures[0]
    (tmp_path / "message").write_bytes(signing_input(first.protected, envelope.payload))
    (tmp_path / "signature").write_bytes(first.signature)
    (tmp_path / "key").write_bytes(SELLER.public.spki)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", "-rawin"]
    done = subprocess.run(
        [*command, "-in", "message", "-sigfile", "signature"], cwd=tmp_path, capture_output=True, check=True
    )
    assert b"Verified Successfully" in done.stdout


@given(st.binary(max_size=100))
def test_random_bytes_are_malformed(raw):
    with pytest.raises(Malformed):
        parse_envelope(raw)


@given(
    st.recursive(st.none() | st.integers(-2, 2) | st.text(max_size=8), lambda x: st.lists(x, max_size=3), max_leaves=5),
    st.data(),
)
def test_whatever_a_header_says_it_is_read_or_malformed(value, data):
    name = data.draw(st.sampled_from(["alg", "kid", "typ", "iat", "x5c", "x5t#S256", "cty", "crit", "b64", "x"]))
    found = attempt(verified, signed_header(header(**{name: value})))
    assert not isinstance(found, Malformed) or found.rule


def test_extras_of_sign_enter_the_protected_header():
    envelope = sign(canonical_bytes(sale()), SALE_KEYS, IAT, [{"cty": "json"}, {}, {}])
    assert json.loads(envelope.signatures[0].protected)["cty"] == "json"
    assert verified(envelope)
