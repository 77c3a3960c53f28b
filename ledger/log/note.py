"""Signed notes: a text and the signatures under it (c2sp.org/signed-note).

Guarantees that a note opens only if at least one known key signed it, that every signature naming a known key was
verified, and that one which fails refuses the whole note. Signatures of unknown keys are ignored as that
specification demands, but must be well formed and are bounded in number. A second signature by one known key is
refused: with one line per key, a note says who signed it in one way.

Which keys are known is the caller's decision and never the note's. It does not know what the text means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.errors import LedgerError, Malformed
from ledger.log.encoding import decode_lines, format_base64, parse_base64
from ledger.log.keys import KEY_ID_BYTES, Signer, VerifiedSignature, VerifierKey, check_key_name

NOTE_BYTES_MAX = 262_144
"""Room for 64 post-quantum signature lines of 4 kB; the specification demands room for 16."""

SIGNATURES_MAX = 64
_DASH = "\u2014 "


class NoteUnverified(LedgerError):
    """None of the signatures that would make this note count is by a known key."""

    def __init__(self, why: str, note: bytes) -> None:
        super().__init__(why)
        self.why = why
        self.note = note


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, not verified: who is said to have signed, and the signature field."""

    name: str
    key_id: bytes
    field: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.key_id) != KEY_ID_BYTES:
            raise Malformed("signature", f"a key id has {KEY_ID_BYTES} bytes, not {len(self.key_id)}")
        if not self.field:
            raise Malformed("signature", "nothing follows the key id")

    @classmethod
    def by(cls, key: VerifierKey, field: bytes) -> Signature:
        """The line for a signature field that ``key``'s signer made."""
        return cls(key.name, key.key_id, field)

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Reads one signature line, without its newline; raises `Malformed` on anything else."""
        if not line.startswith(_DASH):
            raise Malformed("signature", "the line does not begin with an em dash and a space")
        name, _, encoded = line[len(_DASH) :].partition(" ")
        value = parse_base64(encoded, "signature")
        return cls(name, value[:KEY_ID_BYTES], value[KEY_ID_BYTES:])

    def format(self) -> str:
        """The signature line, with its newline."""
        return f"{_DASH}{self.name} {format_base64(self.key_id + self.field)}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note as it was read: nothing in it is verified."""

    text: bytes
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        if not decode_lines(self.text, "note/text", NOTE_BYTES_MAX).endswith("\n"):
            raise Malformed("note/text", "does not end in a newline")
        if not 1 <= len(self.signatures) <= SIGNATURES_MAX:
            raise Malformed("note/signatures", f"a note has 1 to {SIGNATURES_MAX}, not {len(self.signatures)}")

    @classmethod
    def parse(cls, note: bytes) -> SignedNote:
        """Splits a note at its last empty line; raises `Malformed` on what is no signed note."""
        decoded = decode_lines(note, "note", NOTE_BYTES_MAX)
        text, blank, lines = decoded.rpartition("\n\n")
        if not blank:
            raise Malformed("note", "no empty line separates a text from signatures")
        return cls(f"{text}\n".encode(), parse_signature_lines(lines))

    def format(self) -> bytes:
        """The inverse of `parse`."""
        return self.text + b"\n" + "".join(line.format() for line in self.signatures).encode()

    def with_signature(self, added: Signature) -> SignedNote:
        """The same note with ``added`` as its last signature, in place of an earlier one by the same key."""
        kept = (line for line in self.signatures if (line.name, line.key_id) != (added.name, added.key_id))
        return SignedNote(self.text, (*kept, added))


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A note that ``signed`` is true of; ``unknown`` are the lines of other keys. Made by `open_note`."""

    text: bytes
    signed: tuple[VerifiedSignature, ...]
    unknown: tuple[Signature, ...]


def parse_signature_lines(lines: str) -> tuple[Signature, ...]:
    """Reads lines each ended by a newline, at least one and at most `SIGNATURES_MAX`; raises `Malformed`."""
    if not lines.endswith("\n"):
        raise Malformed("note/signatures", "the last line does not end in a newline")
    if lines.count("\n") > SIGNATURES_MAX:
        raise Malformed("note/signatures", f"more than {SIGNATURES_MAX} lines")
    return tuple(Signature.parse(line) for line in lines[:-1].split("\n"))


def sign_note(text: bytes, signers: Sequence[Signer]) -> bytes:
    """The note of ``text`` signed by each of ``signers``, in that order."""
    return SignedNote(text, tuple(Signature.by(signer.key, signer.sign(text)) for signer in signers)).format()


def open_note(note: bytes, known: Iterable[VerifierKey]) -> VerifiedNote:
    """Verifies each signature by a ``known`` key.

    Raises `Malformed` if it is no note, or if one known key signed it twice; `SignatureInvalid` if a known key's
    signature does not verify; `NoteUnverified` if no known key signed it.
    """
    parsed = SignedNote.parse(note)
    signed, unknown = verify_signatures(parsed.text, parsed.signatures, known)
    if not signed:
        raise NoteUnverified("no known key signed this note", note)
    return VerifiedNote(parsed.text, signed, unknown)


def verify_signatures(
    text: bytes, lines: Iterable[Signature], known: Iterable[VerifierKey]
) -> tuple[tuple[VerifiedSignature, ...], tuple[Signature, ...]]:
    """Verifies those of ``lines`` that name a known key; the others are returned apart. Raises as `open_note` does."""
    keys = _by_name_and_id(known)
    signed: dict[VerifierKey, VerifiedSignature] = {}
    unknown: list[Signature] = []
    for line in lines:
        key = keys.get((line.name, line.key_id))
        if key is None:
            unknown.append(line)
        elif key in signed:
            raise Malformed("note/signatures", f"{key.name}+{key.key_id.hex()} signed twice")
        else:
            signed[key] = key.verify(text, line.field)
    return tuple(signed.values()), tuple(unknown)


def _by_name_and_id(known: Iterable[VerifierKey]) -> dict[tuple[str, bytes], VerifierKey]:
    keys: dict[tuple[str, bytes], VerifierKey] = {}
    for key in known:
        if keys.setdefault((key.name, key.key_id), key) != key:
            raise Malformed("verifier keys", f"two different keys are called {key.name}+{key.key_id.hex()}")
    return keys
