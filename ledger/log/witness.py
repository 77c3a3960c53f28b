"""Witnessing: the ``add-checkpoint`` call of c2sp.org/tlog-witness, both its ends, without HTTP.

Guarantees that a witness deciding by `decide` accepts only checkpoints signed by a known key of a known log that
extend the last one it accepted, and answers as that specification numbers it; and that a log taking cosignatures by
`add_cosignatures` takes only those of witnesses it knows, over the very checkpoint it sent.

`decide` is pure: whoever calls it must store what it accepts, by compare-and-set on what it replaces, before making
and returning a cosignature. Checkpoints with extension lines are refused (`ledger.log.body`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import LedgerError, Malformed
from ledger.log.checkpoint import Checkpoint, VerifiedCheckpoint, cosignature, open_checkpoint
from ledger.log.encoding import decode_lines, format_base64, parse_decimal, parse_hash
from ledger.log.keys import Cosigner, SignatureInvalid, VerifiedSignature, VerifierKey
from ledger.log.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX, ConsistencyInvalid, verify_consistency
from ledger.log.note import (
    NOTE_BYTES_MAX,
    NoteUnverified,
    Signature,
    SignedNote,
    parse_signature_lines,
    verify_signatures,
)

PROOF_LINES_MAX = 63
REQUEST_BYTES_MAX = NOTE_BYTES_MAX + 4096
SIZE_CONTENT_TYPE = "text/x.tlog.size"
LINES_CONTENT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The request: the size the log believes the witness knows, the proof from there, the new checkpoint's note."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.old_size <= SIZE_MAX:
            raise Malformed("add-checkpoint/old", f"{self.old_size} is not a tree size")
        if len(self.proof) > PROOF_LINES_MAX or any(len(part) != HASH_BYTES for part in self.proof):
            raise Malformed("add-checkpoint/proof", f"at most {PROOF_LINES_MAX} hashes of {HASH_BYTES} bytes")
        SignedNote.parse(self.note)

    @classmethod
    def parse(cls, request: bytes) -> AddCheckpoint:
        """The inverse of `format`; raises `Malformed` on anything else."""
        text = decode_lines(request, "add-checkpoint", REQUEST_BYTES_MAX)
        head, blank, note = text.partition("\n\n")
        old, *lines = head.split("\n")
        if not blank or not old.startswith("old "):
            raise Malformed("add-checkpoint/old", "the line is missing")
        old_size = parse_decimal(old.removeprefix("old "), "add-checkpoint/old")
        if len(lines) > PROOF_LINES_MAX:
            raise Malformed("add-checkpoint/proof", f"more than {PROOF_LINES_MAX} lines")
        return cls(old_size, tuple(parse_hash(line, "add-checkpoint/proof") for line in lines), note.encode())

    def format(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old_size}", *(format_base64(part) for part in self.proof)]
        return "\n".join(lines).encode() + b"\n\n" + self.note


@dataclass(frozen=True, slots=True)
class Accepted:
    """The checkpoint may be cosigned once it is stored in place of ``replaces`` (None: nothing was accepted before)."""

    checkpoint: VerifiedCheckpoint
    replaces: Checkpoint | None

    status = 200

    def answer(self, cosigners: Sequence[Cosigner], time: int) -> bytes:
        """The response body: one signature line per cosigner. To be made only after storing the checkpoint."""
        return "".join(cosignature(self.checkpoint, cosigner, time).format() for cosigner in cosigners).encode()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the checkpoint is not cosigned. ``evidence`` is set where the log's own signature contradicts it."""

    status: int
    body: bytes
    content_type: str
    evidence: ConsistencyInvalid | None = None


def decide(
    request: bytes, logs: Mapping[str, Sequence[VerifierKey]], accepted: Mapping[str, Checkpoint]
) -> Accepted | Refused:
    """What a witness that knows the keys of ``logs`` and last ``accepted`` these checkpoints, by origin, answers.

    In this order: 400 not a request; 404 unknown origin; 403 no or a false signature by the log; 400 old size above
    the new; 409 old size not the accepted one, which the body tells; 422 no extension of the accepted checkpoint.
    """
    try:
        asked = AddCheckpoint.parse(request)
        claimed = Checkpoint.parse(SignedNote.parse(asked.note).text)
    except Malformed as refused:
        return _refuse(400, str(refused))
    keys = logs.get(claimed.origin)
    if keys is None:
        return _refuse(404, "unknown origin")
    try:
        checkpoint = open_checkpoint(asked.note, keys)
    except (NoteUnverified, SignatureInvalid, Malformed) as refused:
        return _refuse(403, str(refused))
    last = accepted.get(claimed.origin)
    known = last or Checkpoint(claimed.origin, 0, EMPTY_ROOT)
    if asked.old_size > checkpoint.size:
        return _refuse(400, "the old size is above the checkpoint's")
    if asked.old_size != known.size:
        return Refused(409, b"%d\n" % known.size, SIZE_CONTENT_TYPE)
    try:
        verify_consistency(known.size, known.root, checkpoint.size, checkpoint.root, asked.proof)
    except ConsistencyInvalid as refused:
        return Refused(422, f"{refused}\n".encode(), LINES_CONTENT_TYPE, refused)
    return Accepted(checkpoint, last)


class CosignatureMissing(LedgerError):
    """A witness answered without a usable cosignature by any of the keys it is known by."""

    def __init__(self, why: str, note: bytes, response: bytes) -> None:
        super().__init__(why)
        self.why = why
        self.note = note
        self.response = response


def add_cosignatures(
    checkpoint: VerifiedCheckpoint, response: bytes, witness_keys: Iterable[VerifierKey]
) -> VerifiedCheckpoint:
    """The log's end: ``checkpoint`` with the cosignatures of known witnesses from a 200 ``response``.

    Lines of unknown keys are ignored. Raises `Malformed` if the response is no signature lines, `SignatureInvalid`
    if a known key's fails, `CosignatureMissing` if none is by a known key or one of them tells no time.
    """
    lines = parse_signature_lines(decode_lines(response, "cosignatures", NOTE_BYTES_MAX))
    signed, _ = verify_signatures(checkpoint.checkpoint.format(), lines, witness_keys)
    if not signed:
        raise CosignatureMissing("no known witness cosigned", checkpoint.note, response)
    if any(not signature.time for signature in signed):
        raise CosignatureMissing("a witness tells the time of its cosignature", checkpoint.note, response)
    return _with_lines(checkpoint, lines, signed)


def parse_known_size(body: bytes) -> int:
    """The size a witness says it knows, from the body of a 409 with content type `SIZE_CONTENT_TYPE`."""
    text = decode_lines(body, "known size", 32)
    if not text.endswith("\n"):
        raise Malformed("known size", "does not end in a newline")
    return parse_decimal(text[:-1], "known size")


def _with_lines(
    checkpoint: VerifiedCheckpoint, lines: Sequence[Signature], signed: Sequence[VerifiedSignature]
) -> VerifiedCheckpoint:
    note = SignedNote.parse(checkpoint.note)
    ours = {(signature.key.name, signature.key.key_id) for signature in signed}
    for line in lines:
        if (line.name, line.key_id) in ours:
            note = note.with_signature(line)
    replaced = {signature.key for signature in signed}
    kept = (signature for signature in checkpoint.cosignatures if signature.key not in replaced)
    return VerifiedCheckpoint(checkpoint.checkpoint, note.format(), checkpoint.log_signatures, (*kept, *signed))


def _refuse(status: int, why: str) -> Refused:
    return Refused(status, f"{why}\n".encode(), LINES_CONTENT_TYPE)
