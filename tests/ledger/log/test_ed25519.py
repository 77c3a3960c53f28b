"""Keys and signatures on which Ed25519 verifiers disagree are refused; sound ones are not."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.log.ed25519 import SMALL_ORDER_POINTS, check_public_key, check_signature_r
from tests.ledger.log.logs import ed25519_private, json_vector, signature_with_small_order_r

WEAK = json_vector("ed25519-weak-points.json")


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("small-order", "small order"),
        ("mixed-order", "not in the prime-order subgroup"),
        ("non-canonical", "not the canonical encoding"),
        ("not-on-curve", "not a point of the curve"),
    ],
)
def test_a_weak_key_is_refused_for_what_is_wrong_with_it(kind, why):
    assert WEAK[kind]
    for key in WEAK[kind]:
        with pytest.raises(Malformed, match=why):
            check_public_key(bytes.fromhex(key))


def test_the_small_order_points_are_all_eight():
    assert sorted(point.hex() for point in SMALL_ORDER_POINTS) == WEAK["small-order"]


@given(st.binary(min_size=32, max_size=32))
def test_the_key_of_any_seed_is_sound(seed):
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert check_public_key(key) == key


@given(st.binary(max_size=80))
def test_any_bytes_are_a_sound_key_or_malformed(key):
    try:
        assert check_public_key(key) == key
    except Malformed:
        return
    assert len(key) == 32


def test_a_signature_that_every_key_of_small_order_would_accept_is_refused():
    # With the identity as R and s = 0, the equation holds for any message under a small-order key: the library agrees.
    forged = (1).to_bytes(32, "little") + bytes(32)
    Ed25519PublicKey.from_public_bytes((1).to_bytes(32, "little")).verify(forged, b"any statement at all")
    with pytest.raises(Malformed, match="small order"):
        check_signature_r(forged)
    with pytest.raises(Malformed, match="small order"):
        check_public_key((1).to_bytes(32, "little"))


def test_a_signature_with_small_order_r_is_refused_though_the_library_verifies_it():
    signature = signature_with_small_order_r(ed25519_private("signer who picks R"), b"text")
    with pytest.raises(Malformed, match="small order"):
        check_signature_r(signature)


def test_a_signature_with_a_non_canonical_r_or_of_another_length_is_refused():
    for point in WEAK["non-canonical"]:
        with pytest.raises(Malformed, match="not the canonical"):
            check_signature_r(bytes.fromhex(point) + bytes(32))
    for length in (0, 63, 65):
        with pytest.raises(Malformed, match="64 bytes"):
            check_signature_r(bytes(length))


@given(st.binary(max_size=64))
def test_an_ordinary_signature_passes(text):
    signature = ed25519_private("someone").sign(text)
    assert check_signature_r(signature) == signature


@given(
    st.integers(0, 255), st.integers(0, 255), st.binary(min_size=30, max_size=30), st.binary(min_size=32, max_size=32)
)
def test_r_is_judged_by_what_it_encodes_whatever_its_last_byte(first, last, between, s):
    """Against RFC 8032 section 5.1.3 as it is written: y below p, and no sign where x is zero."""
    r = bytes([first]) + between + bytes([last])
    for encoded in (r, bytes([first]) + b"\xff" * 30 + bytes([last]), bytes([first]) + bytes(30) + bytes([last])):
        y, sign = int.from_bytes(encoded, "little") % 2**255, last >> 7
        sound = y < 2**255 - 19 and not (sign and y in (1, 2**255 - 20)) and encoded not in SMALL_ORDER_POINTS
        try:
            assert check_signature_r(encoded + s) == encoded + s
            assert sound
        except Malformed:
            assert not sound
