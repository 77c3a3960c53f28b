"""Checkpoints have one spelling and count only with a signature of their own log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.log.checkpoint import (
    Checkpoint,
    check_origin,
    cosign,
    open_checkpoint,
    sign_checkpoint,
)
from ledger.log.keys import Ed25519Cosigner, Ed25519Signer, SignatureInvalid, VerifierKey
from ledger.log.merkle import EMPTY_ROOT, Frontier, leaf_hash
from ledger.log.note import NoteUnverified, SignedNote, open_note
from tests.ledger.log.logs import (
    ALL_KEYS,
    KEYS,
    LOG_KEY,
    LOG_PQ,
    LOG_PQ_KEY,
    LOG_SIGNER,
    ORIGIN,
    WITNESS_KEY,
    WITNESS_PQ,
    WITNESS_PQ_KEY,
    WITNESS_SIGNER,
    checkpoint,
    ed25519_private,
    malformed_notes,
    signed,
    vector,
)

CHECKPOINT_MALFORMED = {name: note for name, note in malformed_notes().items() if name.startswith("checkpoint-")}
ORIGINS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=60)


def test_the_known_checkpoint_of_70000_entries_opens_with_every_signature():
    opened = open_checkpoint(vector("checkpoint-70000-fully-signed.note"), ALL_KEYS)
    root = Frontier().extend(leaf_hash(b"entry %d" % index) for index in range(70_000)).root()
    assert opened.checkpoint == Checkpoint(ORIGIN, 70_000, root)
    assert (opened.origin, opened.size, opened.root) == (ORIGIN, 70_000, root)
    assert [signature.key for signature in opened.log_signatures] == [LOG_KEY, LOG_PQ_KEY]
    assert [(signature.key, signature.time) for signature in opened.cosignatures] == [
        (WITNESS_KEY, KEYS["witness_ed25519_time"]),
        (WITNESS_PQ_KEY, KEYS["witness_ml_dsa_44_time"]),
    ]


def test_the_known_checkpoints_open_with_one_key_each():
    opened = open_checkpoint(vector("checkpoint-0-empty-log.note"), [LOG_KEY])
    assert opened.checkpoint == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    opened = open_checkpoint(vector("checkpoint-70000-ml-dsa-44-only.note"), [LOG_PQ_KEY])
    assert [signature.time for signature in opened.log_signatures] == [KEYS["log_time"]]
    assert open_checkpoint(vector("checkpoint-70000-ed25519.note"), [LOG_KEY]).size == 70_000


def test_signing_the_known_checkpoint_gives_the_known_note():
    opened = open_checkpoint(vector("checkpoint-70000-ed25519.note"), [LOG_KEY])
    assert sign_checkpoint(opened.checkpoint, [LOG_SIGNER]) == opened.note


@pytest.mark.parametrize("name", CHECKPOINT_MALFORMED)
def test_a_signed_text_that_is_no_checkpoint_is_malformed(name):
    note = CHECKPOINT_MALFORMED[name]
    text = open_note(note, [LOG_KEY]).text
    with pytest.raises(Malformed):
        Checkpoint.parse(text)
    with pytest.raises(Malformed):
        open_checkpoint(note, [LOG_KEY])


@given(ORIGINS, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_survives(origin, size, root):
    if len(origin.encode()) <= 255:
        kept = Checkpoint(origin, size, root)
        assert Checkpoint.parse(kept.format()) == kept


@given(st.binary(max_size=400) | st.text(alphabet="a\n018=+", max_size=80).map(str.encode))
def test_any_bytes_are_a_checkpoint_or_malformed(text):
    try:
        assert Checkpoint.parse(text).format() == text
    except Malformed:
        return


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("", 0, bytes(32)), ("o" * 256, 0, bytes(32)), ("ö" * 128, 0, bytes(32)), ("a\nb", 0, bytes(32)),
     ("\ud800", 0, bytes(32)), ("o", -1, bytes(32)), ("o", 2**63, bytes(32)), ("o", 0, bytes(31))],
)  # fmt: skip
def test_no_checkpoint_is_built_that_could_not_be_read(origin, size, root):
    with pytest.raises(Malformed):
        Checkpoint(origin, size, root)


def test_an_origin_of_255_bytes_is_carried_and_cosigned():
    origin = "o" * 255
    signer = Ed25519Signer(origin, ed25519_private("long"))
    opened = open_checkpoint(sign_checkpoint(Checkpoint(check_origin(origin), 1, bytes(32)), [signer]), [signer.key])
    cosigned = cosign(opened, WITNESS_PQ, 7)
    assert open_checkpoint(cosigned, [signer.key, WITNESS_PQ_KEY]).cosignatures[0].time == 7


def test_witnesses_alone_make_no_checkpoint():
    note = SignedNote.parse(vector("checkpoint-70000-fully-signed.note"))
    with pytest.raises(NoteUnverified, match=f"no known key of {ORIGIN}"):
        open_checkpoint(note.format(), [WITNESS_KEY, WITNESS_PQ_KEY])


def test_a_key_of_another_log_makes_no_checkpoint_of_this_one():
    other = Ed25519Signer("other.example/log", ed25519_private("other"))
    with pytest.raises(Malformed, match="does not sign for"):
        sign_checkpoint(checkpoint(3), [other])
    text = checkpoint(3).format()
    note = SignedNote.parse(signed(3)).with_signature(
        SignedNote.parse(sign_checkpoint(Checkpoint("other.example/log", 3, bytes(32)), [other])).signatures[0]
    )
    with pytest.raises(SignatureInvalid):
        open_checkpoint(note.format(), [other.key])
    rightly = Ed25519Cosigner(ORIGIN, ed25519_private("witness that took the log's name"))
    named = cosign(open_checkpoint(signed(3), [LOG_KEY]), rightly, 1)
    assert SignedNote.parse(named).text == text
    with pytest.raises(NoteUnverified):
        open_checkpoint(named, [rightly.key])


def test_cosigning_adds_one_line_and_replaces_the_cosigner_s_earlier_one():
    opened = open_checkpoint(signed(3), ALL_KEYS)
    once = open_checkpoint(cosign(opened, WITNESS_SIGNER, 10), ALL_KEYS)
    both = open_checkpoint(cosign(once, LOG_PQ, 11), ALL_KEYS)
    again = open_checkpoint(cosign(both, WITNESS_SIGNER, 12), ALL_KEYS)
    assert again.note.startswith(signed(3))
    assert [signature.time for signature in again.log_signatures] == [None, 11]
    assert [signature.time for signature in again.cosignatures] == [12]


@pytest.mark.parametrize("time", [0, -1, 2**63])
def test_a_cosignature_tells_a_time(time):
    with pytest.raises(Malformed, match="not a time"):
        cosign(open_checkpoint(signed(3), [LOG_KEY]), WITNESS_SIGNER, time)


def test_a_rotated_key_opens_what_it_signed_and_nothing_else():
    old = Ed25519Signer(ORIGIN, ed25519_private("before rotation"))
    note = sign_checkpoint(checkpoint(3), [old])
    assert open_checkpoint(note, [LOG_KEY, old.key]).log_signatures[0].key == old.key
    with pytest.raises(NoteUnverified):
        open_checkpoint(note, [LOG_KEY])
    assert VerifierKey.parse(old.key.format()) == old.key
