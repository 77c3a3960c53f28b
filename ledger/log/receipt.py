"""Receipts: proof that one entry is in the log, for a reader without a network (c2sp.org/tlog-proof).

Guarantees that a `VerifiedReceipt` holds an entry whose inclusion leads to the root of a checkpoint which a known key
of the expected log signed and as many known witnesses cosigned as the reader demands. Steps, in this order:

1. parse the receipt, strictly;
2. open its checkpoint with the log's and the witnesses' keys: every signature by one of them must verify;
3. the checkpoint's origin is the one the reader asked for;
4. enough witnesses cosigned it;
5. the inclusion proof leads from the entry's hash to the checkpoint's root.

It judges no entry: whether a statement in it was rightly signed and admitted is decided elsewhere. The extra data is
not authenticated by anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.errors import LedgerError, Malformed
from ledger.log.checkpoint import VerifiedCheckpoint, open_checkpoint
from ledger.log.encoding import decode_lines, format_base64, parse_base64, parse_decimal, parse_hash
from ledger.log.keys import Algorithm, VerifiedSignature, VerifierKey
from ledger.log.merkle import (
    HASH_BYTES,
    PROOF_HASHES_MAX,
    SIZE_MAX,
    VerifiedInclusion,
    leaf_hash,
    verify_inclusion,
)
from ledger.log.note import NOTE_BYTES_MAX, SignedNote

EXTRA_BYTES_MAX = 65_536
RECEIPT_BYTES_MAX = NOTE_BYTES_MAX + 2 * EXTRA_BYTES_MAX
_HEADER = "c2sp.org/tlog-proof@v1"


class OriginUnexpected(LedgerError):
    """The receipt is of another log than the reader asked about."""

    def __init__(self, expected: str, note: bytes, origin: str) -> None:
        super().__init__(f"the receipt is of the log {origin}, not of {expected}")
        self.expected = expected
        self.origin = origin
        self.note = note


class WitnessesMissing(LedgerError):
    """Fewer known witnesses cosigned the checkpoint than the reader demands."""

    def __init__(self, policy: WitnessPolicy, cosigned: frozenset[str], note: bytes) -> None:
        super().__init__(f"{len(cosigned)} of {policy.threshold} required witnesses cosigned the checkpoint")
        self.policy = policy
        self.cosigned = cosigned
        self.note = note


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """At least ``threshold`` witnesses, by name, must have cosigned with one of ``keys``.

    A witness may have several keys under its one name; one key under two names would be counted twice and is refused.
    """

    keys: tuple[VerifierKey, ...]
    threshold: int

    def __post_init__(self) -> None:
        if any(key.algorithm is Algorithm.ED25519 for key in self.keys):
            raise Malformed("policy/keys", "a witness key is a cosignature key")
        names_by_public = {key.public: key.name for key in self.keys}
        if any(names_by_public[key.public] != key.name for key in self.keys):
            raise Malformed("policy/keys", "one public key stands under two names")
        if not 0 <= self.threshold <= len({key.name for key in self.keys}):
            raise Malformed("policy/threshold", f"{self.threshold} of these witnesses cannot be had")

    def check(self, checkpoint: VerifiedCheckpoint) -> tuple[VerifiedSignature, ...]:
        """The cosignatures by this policy's witnesses; raises `WitnessesMissing` if they are too few."""
        cosigned = tuple(signature for signature in checkpoint.cosignatures if signature.key in self.keys)
        names = frozenset(signature.key.name for signature in cosigned)
        if len(names) < self.threshold:
            raise WitnessesMissing(self, names, checkpoint.note)
        return cosigned


NO_WITNESSES = WitnessPolicy((), 0)


def format_receipt(index: int, proof: Iterable[bytes], note: bytes, extra: bytes | None = None) -> bytes:
    """The bytes of the receipt with these parts, which are the log's own: nothing of them is checked, see `Receipt`."""
    lines = [_HEADER]
    if extra is not None:
        lines.append(f"extra {format_base64(extra)}")
    lines.append(f"index {index}")
    lines += [format_base64(part) for part in proof]
    return "\n".join(lines).encode() + b"\n\n" + note


@dataclass(frozen=True, slots=True)
class Receipt:
    """A proof as it was read: nothing in it is verified. ``note`` is the checkpoint's note, verbatim."""

    index: int
    proof: tuple[bytes, ...]
    note: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index < SIZE_MAX:
            raise Malformed("receipt/index", f"{self.index} is not the index of an entry")
        if len(self.proof) > PROOF_HASHES_MAX or any(len(part) != HASH_BYTES for part in self.proof):
            raise Malformed("receipt/proof", f"a proof is at most {PROOF_HASHES_MAX} hashes of {HASH_BYTES} bytes")
        if self.extra is not None and not 1 <= len(self.extra) <= EXTRA_BYTES_MAX:
            raise Malformed("receipt/extra", f"extra data has 1 to {EXTRA_BYTES_MAX} bytes, not {len(self.extra)}")
        SignedNote.parse(self.note)

    @classmethod
    def parse(cls, receipt: bytes) -> Receipt:
        """The inverse of `format`; raises `Malformed` on anything else."""
        text = decode_lines(receipt, "receipt", RECEIPT_BYTES_MAX)
        head, blank, note = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines[0] != _HEADER:
            raise Malformed("receipt", f"does not begin with {_HEADER} and lines before an empty one")
        extra = None
        at = 1
        if lines[at:] and lines[at].startswith("extra "):
            extra = parse_base64(lines[at].removeprefix("extra "), "receipt/extra")
            at += 1
        if not lines[at:] or not lines[at].startswith("index "):
            raise Malformed("receipt/index", "the line is missing")
        index = parse_decimal(lines[at].removeprefix("index "), "receipt/index")
        hashes = lines[at + 1 :]
        if len(hashes) > PROOF_HASHES_MAX:
            raise Malformed("receipt/proof", f"more than {PROOF_HASHES_MAX} hashes")
        proof = tuple(parse_hash(line, "receipt/proof") for line in hashes)
        return cls(index, proof, note.encode(), extra)

    def format(self) -> bytes:
        """The receipt's bytes."""
        return format_receipt(self.index, self.proof, self.note, self.extra)


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """An entry shown to be in the log under a verified checkpoint. Made by `verify_receipt`.

    ``witnessed`` are the cosignatures the reader's policy counts. ``extra`` remains unauthenticated.
    """

    entry: bytes
    inclusion: VerifiedInclusion
    checkpoint: VerifiedCheckpoint
    witnessed: tuple[VerifiedSignature, ...]
    extra: bytes | None

    @property
    def index(self) -> int:
        return self.inclusion.index


def verify_receipt(
    receipt: bytes,
    entry: bytes,
    origin: str,
    log_keys: Iterable[VerifierKey],
    policy: WitnessPolicy = NO_WITNESSES,
) -> VerifiedReceipt:
    """Checks that ``receipt`` proves ``entry`` to be in the log ``origin``: the steps are in the module's docstring.

    Raises `Malformed`, `SignatureInvalid`, `NoteUnverified`, `OriginUnexpected`, `WitnessesMissing` or
    `InclusionInvalid`, whichever step fails first.
    """
    parsed = Receipt.parse(receipt)
    checkpoint = open_checkpoint(parsed.note, (*log_keys, *policy.keys))
    if checkpoint.origin != origin:
        raise OriginUnexpected(origin, parsed.note, checkpoint.origin)
    witnessed = policy.check(checkpoint)
    inclusion = verify_inclusion(leaf_hash(entry), parsed.index, checkpoint.size, parsed.proof, checkpoint.root)
    return VerifiedReceipt(entry, inclusion, checkpoint, witnessed, parsed.extra)
