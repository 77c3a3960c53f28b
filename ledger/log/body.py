"""The text of a checkpoint: origin, tree size, root (c2sp.org/tlog-checkpoint, "Note text").

Guarantees one spelling per checkpoint. Extension lines, which that specification allows and discourages because
nobody audits them, are refused: this log makes none and an ML-DSA-44 cosignature would not cover them. It knows
nothing of signatures, and does not check that size and root belong together: that is what proofs are for.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import Malformed
from ledger.log.encoding import decode_lines, format_base64, parse_decimal, parse_hash
from ledger.log.merkle import HASH_BYTES, SIZE_MAX

ORIGIN_BYTES_MAX = 255
"""What the one-byte length before the origin in an ML-DSA-44 cosigned message can hold."""

CHECKPOINT_BYTES_MAX = ORIGIN_BYTES_MAX + 1 + 19 + 1 + 44 + 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log commits to: under ``origin``, ``size`` entries with the Merkle root ``root``."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        check_origin(self.origin)
        if not 0 <= self.size <= SIZE_MAX:
            raise Malformed("checkpoint/size", f"{self.size} is not a tree size")
        if len(self.root) != HASH_BYTES:
            raise Malformed("checkpoint/root", f"a root has {HASH_BYTES} bytes, not {len(self.root)}")

    @classmethod
    def parse(cls, text: bytes) -> Checkpoint:
        """The inverse of `format`; raises `Malformed` on anything else."""
        lines = decode_lines(text, "checkpoint", CHECKPOINT_BYTES_MAX).split("\n")
        if len(lines) != 4 or lines[3]:
            raise Malformed("checkpoint", "not exactly the three lines origin, size and root")
        size = parse_decimal(lines[1], "checkpoint/size")
        return cls(lines[0], size, parse_hash(lines[2], "checkpoint/root"))

    def format(self) -> bytes:
        """The note text: three lines, each ended by a newline."""
        return f"{self.origin}\n{self.size}\n{format_base64(self.root)}\n".encode()


def check_origin(origin: str) -> str:
    """Returns ``origin`` if a checkpoint can carry it: one line of 1 to 255 bytes of UTF-8; `Malformed` otherwise."""
    try:
        encoded = origin.encode("utf-8")
    except UnicodeEncodeError as refused:
        raise Malformed("checkpoint/origin", "not representable in UTF-8") from refused
    if not 1 <= len(encoded) <= ORIGIN_BYTES_MAX:
        raise Malformed("checkpoint/origin", f"an origin has 1 to {ORIGIN_BYTES_MAX} bytes, not {len(encoded)}")
    if any(character < " " for character in origin):
        raise Malformed("checkpoint/origin", "contains a control character")
    return origin
