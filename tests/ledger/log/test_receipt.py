"""A receipt proves one entry under one log and as many witnesses as the reader demands; nothing else passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import LedgerError, Malformed
from ledger.log.checkpoint import cosign, open_checkpoint
from ledger.log.keys import Algorithm, Ed25519Cosigner, MlDsa44Cosigner, SignatureInvalid, VerifierKey
from ledger.log.merkle import InclusionInvalid, memory_nodes, prove_inclusion
from ledger.log.note import NoteUnverified, SignedNote
from ledger.log.receipt import (
    EXTRA_BYTES_MAX,
    NO_WITNESSES,
    RECEIPT_BYTES_MAX,
    OriginUnexpected,
    Receipt,
    WitnessesMissing,
    WitnessPolicy,
    verify_receipt,
)
from tests.ledger.log.logs import (
    ALL_KEYS,
    LOG_KEY,
    LOG_PQ,
    LOG_PQ_KEY,
    ORIGIN,
    WITNESS,
    WITNESS_KEY,
    WITNESS_PQ,
    WITNESS_PQ_KEY,
    ed25519_private,
    entries,
    flips,
    leaves,
    ml_dsa_44_private,
    signed,
    vector,
)

KNOWN = vector("receipt-entry-5-of-8.tlog-proof")
ENTRY = bytes.fromhex("40414243")
ONE_WITNESS = WitnessPolicy((WITNESS_KEY,), 1)


def receipt(index, size):
    proof = prove_inclusion(index, size, memory_nodes(leaves(size)))
    return Receipt(index, proof, signed(size)).format()


def test_the_known_receipt_proves_its_entry():
    verified = verify_receipt(KNOWN, ENTRY, ORIGIN, [LOG_KEY], ONE_WITNESS)
    assert (verified.index, verified.entry, verified.checkpoint.size) == (5, ENTRY, 8)
    assert [signature.key for signature in verified.witnessed] == [WITNESS_KEY]
    assert verified.extra is None


def test_the_known_receipts_with_extra_data_and_of_the_only_entry():
    assert (
        verify_receipt(vector("receipt-with-extra.tlog-proof"), ENTRY, ORIGIN, [LOG_KEY]).extra == b"not authenticated"
    )
    only = verify_receipt(vector("receipt-only-entry.tlog-proof"), b"", ORIGIN, [LOG_KEY])
    assert (only.index, only.checkpoint.size, only.inclusion.root) == (0, 1, only.inclusion.leaf)


@pytest.mark.parametrize("name", ["entry-5-of-8", "with-extra", "only-entry"])
def test_a_receipt_formats_as_it_was_parsed(name):
    known = vector(f"receipt-{name}.tlog-proof")
    assert Receipt.parse(known).format() == known


@pytest.mark.parametrize("size", [1, 2, 3, 63, 64, 300])
def test_each_entry_of_a_log_has_a_receipt_and_no_other_entry_fits_it(size):
    logged = entries(size)
    for index in {0, 1, size // 2, size - 1} & set(range(size)):
        verified = verify_receipt(receipt(index, size), logged[index], ORIGIN, [LOG_KEY])
        assert verified.index == index
        with pytest.raises(InclusionInvalid):
            verify_receipt(receipt(index, size), logged[index] + b" ", ORIGIN, [LOG_KEY])


def test_a_receipt_with_any_byte_changed_is_refused():
    # Only the unauthenticated extra data may be changed without the receipt failing.
    for changed in flips(KNOWN):
        with pytest.raises((Malformed, LedgerError)):
            verify_receipt(changed, ENTRY, ORIGIN, [LOG_KEY], ONE_WITNESS)


def test_a_receipt_cut_off_anywhere_is_refused():
    for length in range(len(KNOWN)):
        with pytest.raises((Malformed, LedgerError)):
            verify_receipt(KNOWN[:length], ENTRY, ORIGIN, [LOG_KEY], ONE_WITNESS)


def test_a_receipt_of_another_log_is_refused_though_its_key_is_known():
    with pytest.raises(OriginUnexpected) as refused:
        verify_receipt(KNOWN, ENTRY, "log.example/other", [LOG_KEY])
    assert (refused.value.expected, refused.value.origin) == ("log.example/other", ORIGIN)


def test_a_receipt_without_a_known_log_key_is_refused_whoever_witnessed_it():
    with pytest.raises(NoteUnverified):
        verify_receipt(KNOWN, ENTRY, ORIGIN, [], ONE_WITNESS)


def test_a_receipt_whose_index_is_another_is_refused():
    for index in (0, 4, 6, 8, 2**62):
        with pytest.raises(InclusionInvalid):
            verify_receipt(KNOWN.replace(b"index 5", b"index %d" % index), ENTRY, ORIGIN, [LOG_KEY])


def test_witnesses_are_counted_by_name_not_by_key():
    opened = open_checkpoint(Receipt.parse(KNOWN).note, ALL_KEYS)
    twice = Receipt(5, Receipt.parse(KNOWN).proof, cosign(opened, WITNESS_PQ, 9)).format()
    policy = WitnessPolicy((WITNESS_KEY, WITNESS_PQ_KEY), 1)
    assert len(verify_receipt(twice, ENTRY, ORIGIN, [LOG_KEY], policy).witnessed) == 2
    second = Ed25519Cosigner("witness.example/w2", ed25519_private("second"))
    two = WitnessPolicy((WITNESS_KEY, WITNESS_PQ_KEY, second.key), 2)
    with pytest.raises(WitnessesMissing) as refused:
        verify_receipt(twice, ENTRY, ORIGIN, [LOG_KEY], two)
    assert refused.value.cosigned == {WITNESS}
    enough = Receipt(5, Receipt.parse(KNOWN).proof, cosign(opened, second, 9)).format()
    assert len(verify_receipt(enough, ENTRY, ORIGIN, [LOG_KEY], two).witnessed) == 2


def test_the_log_s_own_post_quantum_signature_is_no_witness():
    opened = open_checkpoint(Receipt.parse(KNOWN).note, [LOG_KEY])
    upgraded = Receipt(5, Receipt.parse(KNOWN).proof, cosign(opened, LOG_PQ, 9)).format()
    verified = verify_receipt(upgraded, ENTRY, ORIGIN, [LOG_KEY, LOG_PQ_KEY])
    assert [signature.key for signature in verified.checkpoint.log_signatures] == [LOG_KEY, LOG_PQ_KEY]
    with pytest.raises(WitnessesMissing):
        verify_receipt(upgraded, ENTRY, ORIGIN, [LOG_KEY], WitnessPolicy((LOG_PQ_KEY,), 1))


def test_a_false_cosignature_by_a_known_witness_refuses_the_receipt_even_if_none_is_demanded():
    parsed = Receipt.parse(KNOWN)
    note = SignedNote.parse(parsed.note)
    forged = note.with_signature(type(note.signatures[1])(WITNESS, WITNESS_KEY.key_id, bytes(72)))
    with pytest.raises(SignatureInvalid):
        verify_receipt(
            Receipt(5, parsed.proof, forged.format()).format(),
            ENTRY,
            ORIGIN,
            [LOG_KEY],
            WitnessPolicy((WITNESS_KEY,), 0),
        )


def test_a_policy_that_counts_one_witness_twice_or_cannot_be_met_is_malformed():
    cosigner = MlDsa44Cosigner("a.example", ml_dsa_44_private("a"))
    renamed = VerifierKey("b.example", Algorithm.ML_DSA_44_COSIGNATURE, cosigner.key.public)
    for keys, threshold in (
        ((cosigner.key, renamed), 1),
        ((WITNESS_KEY, WITNESS_PQ_KEY), 2),
        ((WITNESS_KEY,), -1),
        ((LOG_KEY,), 0),
    ):
        with pytest.raises(Malformed):
            WitnessPolicy(keys, threshold)
    assert NO_WITNESSES.threshold == 0


LINES = KNOWN.decode().split("\n")


@pytest.mark.parametrize(
    "text",
    [
        "", "c2sp.org/tlog-proof@v1", KNOWN.decode().replace("@v1", "@v2"), "\n" + KNOWN.decode(),
        KNOWN.decode().replace("index 5", "index 05"), KNOWN.decode().replace("index 5", "index -5"),
        KNOWN.decode().replace("index 5", "Index 5"), KNOWN.decode().replace("index 5\n", ""),
        KNOWN.decode().replace("index 5", "index  5"), KNOWN.decode().replace("index 5", "extra \nindex 5"),
        KNOWN.decode().replace("index 5", "extra AB==\nindex 5"), KNOWN.decode().replace("index 5", "extra\nindex 5"),
        KNOWN.decode().replace("index 5", "index 5\nextra AA=="),
        KNOWN.decode().replace("index 5", "extra AA==\nextra AA==\nindex 5"),
        KNOWN.decode().replace("index 5", f"index {2**63}"), KNOWN.decode().replace(LINES[2], LINES[2][:-1]),
        KNOWN.decode().replace(LINES[2], LINES[2] + " "), KNOWN.decode().replace(LINES[2], "AAAA"),
        KNOWN.decode().replace(LINES[2], "\n".join([LINES[2]] * 70)), KNOWN.decode().replace("\n", "\r\n"),
    ],
)  # fmt: skip
def test_a_receipt_spelled_otherwise_is_malformed(text):
    with pytest.raises(Malformed):
        Receipt.parse(text.encode())


def test_a_receipt_beyond_the_size_limit_is_refused_unread():
    with pytest.raises(Malformed, match="more than"):
        Receipt.parse(b"\xff" * (RECEIPT_BYTES_MAX + 1))
    with pytest.raises(Malformed, match="extra data has"):
        Receipt(0, (), signed(1), b"x" * (EXTRA_BYTES_MAX + 1))
    longest = Receipt(0, (), signed(1), b"x" * EXTRA_BYTES_MAX)
    assert Receipt.parse(longest.format()) == longest


@given(st.integers(0, 2**62), st.lists(st.binary(min_size=32, max_size=32), max_size=64), st.binary(max_size=50))
def test_a_receipt_survives(index, proof, extra):
    kept = Receipt(index, tuple(proof), signed(3), extra or None)
    assert Receipt.parse(kept.format()) == kept


@given(st.binary(max_size=100) | st.text(alphabet="a\n— index0 extra=", max_size=60).map(str.encode))
def test_any_bytes_are_no_receipt_but_malformed(raw):
    for whole in (raw, b"c2sp.org/tlog-proof@v1\n" + raw):
        with pytest.raises(Malformed):
            Receipt.parse(whole)
