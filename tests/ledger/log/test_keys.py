"""Verifier keys have one spelling; each algorithm signs exactly the bytes its specification names."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.log.body import Checkpoint
from ledger.log.keys import (
    Algorithm,
    Ed25519Cosigner,
    Ed25519Signer,
    MlDsa44Cosigner,
    SignatureInvalid,
    VerifierKey,
    ed25519_cosigned_message,
    ml_dsa_44_cosigned_message,
)
from ledger.log.note import SignedNote
from tests.ledger.log.logs import (
    ALL_KEYS,
    KEYS,
    LOG_KEY,
    LOG_PQ,
    LOG_PQ_KEY,
    LOG_SIGNER,
    ORIGIN,
    WITNESS,
    WITNESS_KEY,
    WITNESS_PQ,
    WITNESS_PQ_KEY,
    WITNESS_SIGNER,
    ed25519_private,
    flips,
    json_vector,
    ml_dsa_44_private,
    signature_with_small_order_r,
    vector,
)

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
MESSAGES = json_vector("cosigned-messages.json")
NOTE = SignedNote.parse(vector("checkpoint-70000-fully-signed.note"))
NAMES = st.text(st.characters(min_codepoint=33, exclude_categories=["Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=40)


SPELLED = [KEYS[name] for name in ("log_ed25519", "log_ml_dsa_44", "witness_ed25519", "witness_ml_dsa_44")]


@pytest.mark.parametrize("spelled", [PETER, *SPELLED])
def test_a_verifier_key_formats_as_it_was_parsed(spelled):
    assert VerifierKey.parse(spelled).format() == spelled


def test_a_key_whose_base64_contains_a_plus_is_split_at_the_first_two_only():
    for number in range(200):
        spelled = Ed25519Signer("log.example", ed25519_private(f"{number}")).key.format()
        if "+" in spelled.split("+", 2)[2]:
            assert VerifierKey.parse(spelled).format() == spelled
            return
    raise AssertionError("none of 200 keys has a plus in its base64")


@given(NAMES.filter(lambda name: "+" not in name and not any(map(str.isspace, name))))
def test_any_lawful_name_survives(name):
    for key in (
        Ed25519Signer(name, ed25519_private("a")).key,
        Ed25519Cosigner(name, ed25519_private("a")).key,
        MlDsa44Cosigner(name, ml_dsa_44_private("a")).key,
    ):
        assert VerifierKey.parse(key.format()) == key


@pytest.mark.parametrize(
    ("spelled", "why"),
    [
        ("", "not name"),
        ("PeterNeumann", "not name"),
        ("PeterNeumann+c74f20a3", "not name"),
        (PETER.replace("c74f20a3", "C74F20A3"), "lower-case"),
        (PETER.replace("c74f20a3", "c74f20a"), "eight"),
        (PETER.replace("c74f20a3", "c74f20a4"), "the key's own is c74f20a3"),
        (PETER.replace("Peter", "Pater"), "the key's own"),
        (PETER.replace("PeterNeumann", ""), "1 to 255 bytes"),
        (PETER.replace("PeterNeumann", "Peter Neumann"), "space"),
        (PETER.replace("PeterNeumann", "Peter\u00a0Neumann"), "space"),
        (PETER.replace("PeterNeumann", "Peter\nNeumann"), "space"),
        (PETER.replace("PeterNeumann", "Peter\ud800"), "UTF-8"),
        (PETER.replace("PeterNeumann", "P" * 256), "1 to 255 bytes"),
        (PETER[:-1], "base64"),
        (PETER + "=", "base64"),
        (PETER.replace("+ARpc", "+ABpc"), "known signature type|own"),
        (PETER.replace("+ARpc", "+CRpc"), "known signature type"),
        ("PeterNeumann+c74f20a3+", "known signature type"),
        ("PeterNeumann+c74f20a3+AQ==", "do not have 0 bytes"),
        ("P" * 5000, "longer than"),
    ],
)
def test_a_key_spelled_otherwise_is_malformed(spelled, why):
    with pytest.raises(Malformed, match=why):
        VerifierKey.parse(spelled)


@given(st.text(max_size=120))
def test_any_text_is_a_verifier_key_or_malformed(text):
    with pytest.raises(Malformed):
        VerifierKey.parse(text)
    with pytest.raises(Malformed):
        VerifierKey.parse("name+00000000+" + text)


def test_a_weak_key_is_no_verifier_key():
    for algorithm in (Algorithm.ED25519, Algorithm.ED25519_COSIGNATURE):
        with pytest.raises(Malformed, match="small order"):
            VerifierKey("log.example", algorithm, bytes(32))


def test_the_signers_of_the_known_secrets_have_the_known_keys():
    signers = (LOG_SIGNER, LOG_PQ, WITNESS_SIGNER, WITNESS_PQ)
    assert tuple(signer.key for signer in signers) == ALL_KEYS


def test_cosigned_messages_are_the_known_bytes():
    assert ed25519_cosigned_message(NOTE.text, KEYS["witness_ed25519_time"]).hex() == MESSAGES["witness_ed25519"]
    for name, signer in ((ORIGIN, "log_ml_dsa_44"), (WITNESS, "witness_ml_dsa_44")):
        time = KEYS["log_time" if name == ORIGIN else "witness_ml_dsa_44_time"]
        assert ml_dsa_44_cosigned_message(name, NOTE.text, time).hex() == MESSAGES[signer]


def test_the_known_signatures_verify_with_the_times_they_carry():
    assert [key.verify(NOTE.text, line.field).time for key, line in zip(ALL_KEYS, NOTE.signatures, strict=True)] == [
        None,
        KEYS["log_time"],
        KEYS["witness_ed25519_time"],
        KEYS["witness_ml_dsa_44_time"],
    ]


def test_our_signatures_verify_under_the_library_alone():
    Ed25519PublicKey.from_public_bytes(LOG_KEY.public).verify(LOG_SIGNER.sign(NOTE.text), NOTE.text)
    field = WITNESS_SIGNER.cosign(NOTE.text, KEYS["witness_ed25519_time"])
    message = bytes.fromhex(MESSAGES["witness_ed25519"])
    Ed25519PublicKey.from_public_bytes(WITNESS_KEY.public).verify(field[8:], message)
    field = WITNESS_PQ.cosign(NOTE.text, KEYS["witness_ml_dsa_44_time"])
    assert field[:8] == KEYS["witness_ml_dsa_44_time"].to_bytes(8, "big")
    message = bytes.fromhex(MESSAGES["witness_ml_dsa_44"])
    MLDSA44PublicKey.from_public_bytes(WITNESS_PQ_KEY.public).verify(field[8:], message)


@pytest.mark.parametrize("at", range(4))
def test_a_signature_with_any_byte_changed_is_refused_with_its_evidence(at):
    key, line = ALL_KEYS[at], NOTE.signatures[at]
    step = 1 if len(line.field) < 100 else 97
    for changed in flips(line.field)[::step]:
        with pytest.raises(SignatureInvalid) as refused:
            key.verify(NOTE.text, changed)
        assert (refused.value.key, refused.value.text, refused.value.signature) == (key, NOTE.text, changed)


@pytest.mark.parametrize("at", range(4))
def test_a_signature_of_another_length_is_refused(at):
    key, line = ALL_KEYS[at], NOTE.signatures[at]
    for changed in (b"", line.field[:-1], line.field + b"\0"):
        with pytest.raises(SignatureInvalid, match="bytes"):
            key.verify(NOTE.text, changed)


def test_a_cosignature_time_is_signed_and_bounded():
    field = WITNESS_SIGNER.cosign(NOTE.text, 1)
    with pytest.raises(SignatureInvalid, match="does not verify"):
        WITNESS_KEY.verify(NOTE.text, (2).to_bytes(8, "big") + field[8:])
    with pytest.raises(SignatureInvalid, match=r"2\^63-1"):
        WITNESS_KEY.verify(NOTE.text, (2**63).to_bytes(8, "big") + field[8:])


def test_a_signature_with_small_order_r_is_refused_in_a_note_and_in_a_cosignature():
    private = ed25519_private("signer who picks R")
    signer, cosigner = Ed25519Signer("a.example", private), Ed25519Cosigner("a.example", private)
    with pytest.raises(SignatureInvalid, match="small order"):
        signer.key.verify(NOTE.text, signature_with_small_order_r(private, NOTE.text))
    message = ed25519_cosigned_message(NOTE.text, 5)
    with pytest.raises(SignatureInvalid, match="small order"):
        cosigner.key.verify(NOTE.text, (5).to_bytes(8, "big") + signature_with_small_order_r(private, message))


def test_a_post_quantum_cosignature_binds_the_name_of_the_cosigner():
    field = WITNESS_PQ.cosign(NOTE.text, 5)
    renamed = VerifierKey("other.example/w1", Algorithm.ML_DSA_44_COSIGNATURE, WITNESS_PQ_KEY.public)
    with pytest.raises(SignatureInvalid):
        renamed.verify(NOTE.text, field)


def test_a_cosignature_is_of_a_checkpoint_only():
    for key, cosigner in ((WITNESS_KEY, WITNESS_SIGNER), (LOG_PQ_KEY, LOG_PQ)):
        with pytest.raises(Malformed, match="three lines"):
            cosigner.cosign(b"a poem\n", 1)
        with pytest.raises(Malformed, match="three lines"):
            key.verify(b"a poem\n", cosigner.cosign(Checkpoint(ORIGIN, 1, bytes(32)).format(), 1))


def test_one_algorithm_never_verifies_for_another():
    private = ed25519_private("one private key in two uses")
    signer, cosigner = Ed25519Signer("a.example", private), Ed25519Cosigner("a.example", private)
    assert signer.key.key_id != cosigner.key.key_id
    with pytest.raises(SignatureInvalid):
        cosigner.key.verify(NOTE.text, (0).to_bytes(8, "big") + signer.sign(NOTE.text))
    with pytest.raises(SignatureInvalid):
        signer.key.verify(NOTE.text, cosigner.cosign(NOTE.text, 0)[8:])
