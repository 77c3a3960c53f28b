"""Keys that verifiers disagree about, or that are too weak, never enter the register; names are RFC 7638 thumbprints."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.errors import Malformed
from ledger.statements.base64url import format_base64url, parse_base64url
from ledger.statements.keys import public_key_of, read_public_key, thumbprint
from tests.ledger.statements.samples import BUYER, SELLER

WEAK = json.loads((Path(__file__).parents[2] / "vectors" / "log" / "ed25519-weak-points.json").read_text())
ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")


def refused(alg: str, spki: bytes) -> str | None:
    with pytest.raises(Malformed) as caught:
        read_public_key(alg, spki, "/key")
    assert caught.value.where == "/key"
    return caught.value.rule


def spki(key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_rfc_8037_names_its_key():
    x = parse_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "")
    assert thumbprint(Ed25519PublicKey.from_public_bytes(x)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_rfc_7638_names_its_key():
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw"
    )
    numbers = rsa.RSAPublicNumbers(65537, int.from_bytes(parse_base64url(n, "")))
    assert thumbprint(numbers.public_key()) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize(("kind", "rule"), [("small-order", "key.small-order"), ("mixed-order", "key.not-prime-order")])
def test_weak_ed25519_points(kind, rule):
    for raw in WEAK[kind]:
        assert refused("Ed25519", ED25519_SPKI + bytes.fromhex(raw)) == rule


def test_non_canonical_ed25519_points():
    for raw in WEAK["non-canonical"]:
        assert refused("Ed25519", ED25519_SPKI + bytes.fromhex(raw)) in ("key.not-on-curve", "key.not-spki")


def test_what_is_no_key_or_the_wrong_one():
    assert refused("Ed25519", b"") == "key.not-spki"
    assert refused("Ed25519", SELLER.public.spki + b"\0") == "key.not-spki"
    assert refused("Ed25519", BUYER.public.spki) == "key.wrong-algorithm"
    assert refused("ES256", SELLER.public.spki) == "key.wrong-algorithm"
    assert refused("ES256", spki(ec.generate_private_key(ec.SECP384R1()))) == "key.wrong-algorithm"
    assert refused("Ed25519", spki(ed448.Ed448PrivateKey.generate())) == "key.wrong-algorithm"
    assert refused("EdDSA", SELLER.public.spki) == "key.unknown-algorithm"
    assert refused("Ed25519", b"0" * 2000) == "key.too-large"
    assert refused("Ed25519", ED25519_SPKI + b"\x02" + bytes(31)) == "key.not-on-curve"


def test_weak_rsa():
    assert refused("PS256", spki(rsa.generate_private_key(public_exponent=65537, key_size=2048))) == "key.rsa-size"
    three = rsa.RSAPublicNumbers(3, (1 << 3071) + 12345).public_key()
    assert refused("PS256", three.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) == "key.rsa-exponent"


def test_a_compressed_point_is_another_spelling():
    point = BUYER.private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    assert refused("ES256", head + point) == "key.noncanonical-spki"


def test_reads_what_it_writes():
    for key in (SELLER, BUYER):
        assert read_public_key(key.alg, key.public.spki, "") == public_key_of(key.private.public_key()) == key.public


def test_base64url_has_one_spelling():
    for size in range(5):
        assert parse_base64url(format_base64url(b"\xff" * size), "") == b"\xff" * size
