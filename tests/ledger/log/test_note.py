"""Signed notes open only whole, well formed, and signed by a key the caller knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.log.keys import Algorithm, Ed25519Signer, SignatureInvalid, VerifierKey
from ledger.log.note import (
    NOTE_BYTES_MAX,
    SIGNATURES_MAX,
    NoteUnverified,
    Signature,
    SignedNote,
    open_note,
    sign_note,
)
from tests.ledger.log.logs import ed25519_private, flips, malformed_notes, vector

PETER = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
NOTE = vector("signed-note-two-line-text.note")
TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
ALICE = Ed25519Signer("alice.example", ed25519_private("alice"))
BOB = Ed25519Signer("bob.example", ed25519_private("bob"))
NOTE_MALFORMED = {name: note for name, note in malformed_notes().items() if not name.startswith("checkpoint-")}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(
    lambda text: "".join(c for c in text if c >= " " or c == "\n").encode() + b"\n"
)


def test_the_example_of_another_implementation_opens():
    opened = open_note(NOTE, [PETER, ALICE.key])
    assert opened.text == TEXT
    assert [signature.key for signature in opened.signed] == [PETER]
    assert opened.unknown == ()


@pytest.mark.parametrize("name", NOTE_MALFORMED)
def test_what_is_no_note_is_malformed(name):
    with pytest.raises(Malformed):
        SignedNote.parse(NOTE_MALFORMED[name])


@given(TEXTS)
def test_a_text_opens_as_it_was_signed_whatever_empty_lines_it_has(text):
    note = sign_note(text, [ALICE, BOB])
    opened = open_note(note, [BOB.key, ALICE.key])
    assert opened.text == text
    assert [signature.key.name for signature in opened.signed] == ["alice.example", "bob.example"]
    assert SignedNote.parse(note).format() == note


@pytest.mark.parametrize("text", [b"", b"no newline", b"tab\there\n", b"\xff\n", b"x" * NOTE_BYTES_MAX + b"\n"])
def test_a_text_that_no_note_can_carry_is_not_signed(text):
    with pytest.raises(Malformed):
        sign_note(text, [ALICE])


def test_a_note_has_a_signature():
    with pytest.raises(Malformed, match="1 to 64"):
        sign_note(b"text\n", [])


def test_a_note_no_known_key_signed_is_not_opened():
    for known in ([], [BOB.key], [Ed25519Signer("alice.example", ed25519_private("other alice")).key]):
        with pytest.raises(NoteUnverified) as refused:
            open_note(sign_note(b"text\n", [ALICE]), known)
        assert refused.value.note == sign_note(b"text\n", [ALICE])


def test_signatures_of_unknown_keys_are_ignored_even_if_false_or_repeated():
    note = SignedNote.parse(sign_note(b"text\n", [ALICE, BOB]))
    false = Signature("stranger.example", b"\0\0\0\0", b"not a signature")
    same_name = Signature("alice.example", b"\0\0\0\1", bytes(64))
    same_id = Signature("mallory.example", ALICE.key.key_id, bytes(64))
    crowded = SignedNote(note.text, (false, false, same_name, *note.signatures, same_id))
    opened = open_note(crowded.format(), [ALICE.key])
    assert [signature.key for signature in opened.signed] == [ALICE.key]
    assert opened.unknown == (false, false, same_name, note.signatures[1], same_id)


def test_a_false_signature_by_a_known_key_refuses_the_note_whoever_else_signed():
    note = SignedNote.parse(sign_note(b"text\n", [ALICE, BOB]))
    for field in flips(note.signatures[1].field):
        false = Signature(BOB.key.name, BOB.key.key_id, field)
        with pytest.raises(SignatureInvalid) as refused:
            open_note(SignedNote(note.text, (note.signatures[0], false)).format(), [ALICE.key, BOB.key])
        assert refused.value.key == BOB.key


def test_every_changed_byte_of_a_note_refuses_it():
    for changed in flips(NOTE):
        with pytest.raises((Malformed, SignatureInvalid, NoteUnverified)):
            open_note(changed, [PETER])


def test_a_second_signature_by_a_known_key_refuses_the_note():
    line = SignedNote.parse(sign_note(b"text\n", [ALICE])).signatures[0]
    with pytest.raises(Malformed, match="signed twice"):
        open_note(SignedNote(b"text\n", (line, line)).format(), [ALICE.key])


def test_a_key_given_twice_is_one_key_but_two_of_one_name_and_id_are_a_misconfiguration(monkeypatch):
    note = sign_note(b"text\n", [ALICE])
    assert len(open_note(note, [ALICE.key, ALICE.key]).signed) == 1
    monkeypatch.setattr(VerifierKey, "key_id", property(lambda key: b"same"))
    with pytest.raises(Malformed, match="two different keys"):
        open_note(note, [ALICE.key, VerifierKey("alice.example", Algorithm.ED25519, BOB.key.public)])


def test_a_new_signature_takes_the_place_of_the_same_key_s_earlier_one():
    note = SignedNote.parse(sign_note(b"text\n", [ALICE, BOB]))
    again = Signature.by(ALICE.key, b"newer")
    assert note.with_signature(again).signatures == (note.signatures[1], again)


def test_as_many_signatures_as_promised_are_read_and_no_more():
    lines = tuple(Signature(f"w{number}.example", b"\0\0\0\1", b"x" * 2428) for number in range(SIGNATURES_MAX))
    full = SignedNote(b"text\n", lines)
    assert len(full.format()) <= NOTE_BYTES_MAX
    assert SignedNote.parse(full.format()) == full
    with pytest.raises(Malformed, match="more than 64"):
        SignedNote.parse(full.format() + lines[0].format().encode())


def test_a_note_beyond_the_size_limit_is_refused_unread():
    with pytest.raises(Malformed, match="more than"):
        SignedNote.parse(b"\xff" * (NOTE_BYTES_MAX + 1))


@given(st.binary(max_size=200) | st.text(alphabet="a\n— +=AQ", max_size=80).map(str.encode))
def test_any_bytes_are_a_note_or_malformed(raw):
    try:
        assert SignedNote.parse(raw).format() == raw
    except Malformed:
        return
