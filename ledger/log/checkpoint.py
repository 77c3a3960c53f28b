"""Checkpoints: the log's signed commitments (c2sp.org/tlog-checkpoint, cosigned per c2sp.org/tlog-cosignature).

Guarantees that a `VerifiedCheckpoint` carries a valid signature by a known key of the log it names: a key whose name
is the origin, with type 0x01 or 0x06. Witnesses alone never make one. Only a verified checkpoint can be cosigned.

Which keys a log has, at which position, is the register's to say; it does not compare checkpoints with each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.errors import Malformed
from ledger.log.body import CHECKPOINT_BYTES_MAX, ORIGIN_BYTES_MAX, Checkpoint, check_origin
from ledger.log.keys import TIME_MAX, Algorithm, Cosigner, Signer, VerifiedSignature, VerifierKey
from ledger.log.note import NoteUnverified, Signature, SignedNote, open_note, sign_note

__all__ = [
    "CHECKPOINT_BYTES_MAX",
    "ORIGIN_BYTES_MAX",
    "Checkpoint",
    "VerifiedCheckpoint",
    "check_origin",
    "cosign",
    "cosignature",
    "open_checkpoint",
    "sign_checkpoint",
]

_LOG_ALGORITHMS = (Algorithm.ED25519, Algorithm.ML_DSA_44_COSIGNATURE)


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint its log signed. ``note`` is the exact note that was opened. Made by `open_checkpoint`.

    ``log_signatures`` are by keys of the log, at least one; ``cosignatures`` by the other known keys.
    """

    checkpoint: Checkpoint
    note: bytes
    log_signatures: tuple[VerifiedSignature, ...]
    cosignatures: tuple[VerifiedSignature, ...]

    @property
    def origin(self) -> str:
        return self.checkpoint.origin

    @property
    def size(self) -> int:
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        return self.checkpoint.root


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """The signed note of ``checkpoint``, as made in the commit. The caller must never sign two histories."""
    for signer in signers:
        if signer.key.name != checkpoint.origin:
            raise Malformed("signer", f"a key named {signer.key.name} does not sign for {checkpoint.origin}")
    return sign_note(checkpoint.format(), signers)


def open_checkpoint(note: bytes, verifiers: Iterable[VerifierKey]) -> VerifiedCheckpoint:
    """Verifies every signature by one of ``verifiers``, the log's keys and the witnesses' alike.

    Raises `Malformed` if it is no checkpoint, `SignatureInvalid` if any known key's signature fails, `NoteUnverified`
    if no signature is by a key of the log the checkpoint names.
    """
    opened = open_note(note, verifiers)
    checkpoint = Checkpoint.parse(opened.text)
    by_log = tuple(
        signature
        for signature in opened.signed
        if signature.key.name == checkpoint.origin and signature.key.algorithm in _LOG_ALGORITHMS
    )
    if not by_log:
        raise NoteUnverified(f"no known key of {checkpoint.origin} signed this checkpoint", note)
    others = tuple(signature for signature in opened.signed if signature not in by_log)
    return VerifiedCheckpoint(checkpoint, note, by_log, others)


def cosignature(checkpoint: VerifiedCheckpoint, cosigner: Cosigner, time: int) -> Signature:
    """The cosigner's signature line for ``checkpoint`` at ``time``, in POSIX seconds, from 1."""
    if not 1 <= time <= TIME_MAX:
        raise Malformed("cosignature/time", f"{time} is not a time in POSIX seconds")
    return Signature.by(cosigner.key, cosigner.cosign(checkpoint.checkpoint.format(), time))


def cosign(checkpoint: VerifiedCheckpoint, cosigner: Cosigner, time: int) -> bytes:
    """The note of ``checkpoint`` with the cosigner's line added, in place of an earlier one of its own."""
    return SignedNote.parse(checkpoint.note).with_signature(cosignature(checkpoint, cosigner, time)).format()
