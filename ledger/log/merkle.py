"""The Merkle tree over the log's entries: roots, inclusion proofs, consistency proofs, as pure functions on bytes.

Guarantees the tree of RFC 6962 section 2.1 over SHA-256 (leaf ``SHA256(00‖entry)``, node ``SHA256(01‖left‖right)``,
empty tree ``SHA256("")``), proofs in the order of its sections 2.1.1 and 2.1.2, and verification by the loops of
RFC 9162 sections 2.1.3.2 and 2.1.4.2. Verifying returns a verified value or raises; what is raised carries the proof.

Does not store anything and trusts no reader: a prover given wrong hashes makes a proof that fails to verify.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.errors import LedgerError, Malformed

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
SIZE_MAX = 2**63 - 1
"""The largest tree size: what a signed 64-bit integer holds, so that every reader of the formats can hold it."""

PROOF_HASHES_MAX = 64
"""A path in a tree of at most ``SIZE_MAX`` leaves has at most 63 hashes; a consistency proof at most one more."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


class NodeReader(Protocol):
    """Reads the root of the complete subtree of ``2**level`` leaves that starts at leaf ``index * 2**level``."""

    def __call__(self, level: int, index: int, /) -> bytes: ...


class TileReader(Protocol):
    """Reads ``width`` concatenated hashes: the tile ``index`` at tile level ``level`` (c2sp.org/tlog-tiles)."""

    def __call__(self, level: int, index: int, width: int, /) -> bytes: ...


class ProofInvalid(LedgerError):
    """A Merkle proof does not show what it was presented for. Its fields hold all that was presented."""

    def __init__(self, why: str, proof: Sequence[bytes]) -> None:
        super().__init__(why)
        self.why = why
        self.proof = tuple(proof)


class InclusionInvalid(ProofInvalid):
    """``proof`` does not lead from ``leaf`` at ``index`` to ``root``, the root of the tree of ``size`` leaves."""

    def __init__(self, why: str, proof: Sequence[bytes], *, leaf: bytes, index: int, size: int, root: bytes) -> None:
        super().__init__(f"inclusion of leaf {index} in the tree of size {size} is not shown: {why}", proof)
        self.leaf = leaf
        self.index = index
        self.size = size
        self.root = root


class ConsistencyInvalid(ProofInvalid):
    """``proof`` does not show that the tree of ``new_size`` extends that of ``old_size``: possibly two histories."""

    def __init__(
        self, why: str, proof: Sequence[bytes], *, old_size: int, old_root: bytes, new_size: int, new_root: bytes
    ) -> None:
        super().__init__(f"the tree of size {new_size} is not shown to extend that of size {old_size}: {why}", proof)
        self.old_size = old_size
        self.old_root = old_root
        self.new_size = new_size
        self.new_root = new_root


@dataclass(frozen=True, slots=True)
class VerifiedInclusion:
    """``leaf`` is at ``index`` of the tree of ``size`` leaves whose root is ``root``. Made by `verify_inclusion`."""

    leaf: bytes
    index: int
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class VerifiedConsistency:
    """The first ``old_size`` leaves under ``new_root`` are those under ``old_root``. Made by `verify_consistency`."""

    old_size: int
    old_root: bytes
    new_size: int
    new_root: bytes


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one log entry's exact bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node from its two children's hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """The root over ``hashes``, taken as consecutive nodes of one level; their number must be a power of two."""
    width = len(hashes)
    if width == 0 or width & (width - 1):
        raise Malformed("subtree", f"a complete subtree has a power of two of nodes, not {width}")
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The compact right edge of a tree: enough to append to it and to know its root, and no more.

    ``peaks`` are the roots of the complete subtrees the tree splits into, the largest (leftmost) first: one for each
    set bit of ``size``.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= SIZE_MAX:
            raise Malformed("frontier/size", f"{self.size} is not a tree size")
        if len(self.peaks) != self.size.bit_count():
            raise Malformed("frontier/peaks", f"size {self.size} has {self.size.bit_count()}, not {len(self.peaks)}")
        if {*map(len, self.peaks)} - {HASH_BYTES}:
            raise Malformed("frontier/peaks", f"each peak is a hash of {HASH_BYTES} bytes")

    def append(self, leaf: bytes) -> Frontier:
        """The frontier after one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier after these leaf hashes, in this order."""
        size = self.size
        peaks = list(self.peaks)
        for leaf in leaves:
            if len(leaf) != HASH_BYTES:
                raise Malformed("leaf", f"a leaf hash has {HASH_BYTES} bytes, not {len(leaf)}")
            node = leaf
            carry = size
            while carry & 1:
                node = node_hash(peaks.pop(), node)
                carry >>= 1
            peaks.append(node)
            size += 1
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """The root hash of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """The stored form: the size as 8 big-endian bytes, then the peaks."""
        return self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @classmethod
    def parse(cls, stored: bytes) -> Frontier:
        """The inverse of `to_bytes`; raises `Malformed` on anything else."""
        if len(stored) < 8 or (len(stored) - 8) % HASH_BYTES or len(stored) > 8 + HASH_BYTES * PROOF_HASHES_MAX:
            raise Malformed("frontier", f"{len(stored)} bytes are not a size and whole hashes")
        return cls(int.from_bytes(stored[:8], "big"), split_hashes(stored[8:]))

    @classmethod
    def read(cls, size: int, read: NodeReader) -> Frontier:
        """The frontier of the tree of ``size`` leaves, from its complete subtrees."""
        return cls(size, tuple(read(level, index) for level, index in _peaks_of(0, size)))


def split_hashes(joined: bytes) -> tuple[bytes, ...]:
    """Cuts concatenated hashes apart."""
    if len(joined) % HASH_BYTES:
        raise Malformed("hashes", f"{len(joined)} bytes are not whole hashes of {HASH_BYTES}")
    return tuple(joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES))


def prove_inclusion(index: int, size: int, read: NodeReader) -> tuple[bytes, ...]:
    """The audit path of leaf ``index`` in the tree of ``size`` leaves, from the leaf's sibling upwards."""
    if not 0 <= index < size <= SIZE_MAX:
        raise Malformed("index", f"the tree of size {size} has no leaf {index}")
    path: list[bytes] = []
    level, node, last = 0, index, size - 1
    while last:
        sibling = node ^ 1
        if sibling < last or (sibling == last and (sibling + 1) << level == size):
            path.append(read(level, sibling))
        elif sibling == last:  # the right edge: no complete subtree
            path.append(_range_root(sibling << level, size, read))
        level, node, last = level + 1, node >> 1, last >> 1
    return tuple(path)


def prove_appended(before: Frontier, leaves: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """The audit paths of leaves just appended after ``before``, in the tree that they end: without reading the log, and
    what the paths share is hashed once."""
    if len(leaves) == 1:
        return [before.peaks[::-1]]  # nothing is to the right of it
    peaks, start, row = list(before.peaks), before.size, list(leaves)
    rows: list[tuple[int, list[bytes]]] = []
    while start or len(row) > 1:
        if start & 1:
            row.insert(0, peaks.pop())
            start -= 1
        rows.append((start, row))
        pairs = [node_hash(row[n], row[n + 1]) for n in range(0, len(row) - 1, 2)]
        row = pairs + row[2 * len(pairs) :]
        start >>= 1
    if not rows:
        return [()] * len(leaves)
    paths: list[tuple[bytes, ...]] = [()]
    above = 0
    for start, row in reversed(rows):
        paths = [
            (row[n ^ 1], *paths[(start + n >> 1) - above]) if n ^ 1 < len(row) else paths[(start + n >> 1) - above]
            for n in range(len(row))
        ]
        above = start
    return paths[before.size - above :]


def prove_consistency(old_size: int, new_size: int, read: NodeReader) -> tuple[bytes, ...]:
    """The proof that the tree of ``new_size`` leaves extends that of ``old_size``; empty if either is trivial."""
    if not 0 <= old_size <= new_size <= SIZE_MAX:
        raise Malformed("old_size", f"no tree of size {new_size} extends one of size {old_size}")
    if old_size in (0, new_size):
        return ()
    proof: list[bytes] = []
    start, stop = 0, new_size
    while stop != old_size:
        middle = start + _split(stop - start)
        if old_size <= middle:
            proof.append(_range_root(middle, stop, read))
            stop = middle
        else:
            proof.append(_range_root(start, middle, read))
            start = middle
    if start != 0:
        proof.append(_range_root(start, stop, read))
    return tuple(reversed(proof))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> VerifiedInclusion:
    """Checks that ``proof`` leads from the leaf hash to ``root`` (RFC 9162 section 2.1.3.2).

    Raises `InclusionInvalid` unless it does, with exactly the hashes that this index and size require.
    """

    def refuse(why: str) -> InclusionInvalid:
        return InclusionInvalid(why, proof, leaf=leaf, index=index, size=size, root=root)

    if not 0 <= index < size <= SIZE_MAX:
        raise refuse("there is no such leaf")
    if any(len(part) != HASH_BYTES for part in (leaf, root, *proof)):
        raise refuse(f"every hash has {HASH_BYTES} bytes")
    node, last = index, size - 1
    computed = leaf
    for part in proof:
        if last == 0:
            raise refuse("the proof is too long")
        if node & 1 or node == last:
            computed = node_hash(part, computed)
            while not node & 1 and node != 0:
                node >>= 1
                last >>= 1
        else:
            computed = node_hash(computed, part)
        node >>= 1
        last >>= 1
    if last != 0:
        raise refuse("the proof is too short")
    if computed != root:
        raise refuse("it leads to another root")
    return VerifiedInclusion(leaf, index, size, root)


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> VerifiedConsistency:
    """Checks that the new tree extends the old one (RFC 9162 section 2.1.4.2); raises `ConsistencyInvalid` if not.

    The empty tree is extended by every tree and equal trees by each other, both with an empty proof; the root of an
    empty tree must be `EMPTY_ROOT` (c2sp.org/tlog-witness).
    """

    def refuse(why: str) -> ConsistencyInvalid:
        return ConsistencyInvalid(
            why, proof, old_size=old_size, old_root=old_root, new_size=new_size, new_root=new_root
        )

    if not 0 <= old_size <= new_size <= SIZE_MAX:
        raise refuse("the sizes are not those of a tree and an extension of it")
    if any(len(part) != HASH_BYTES for part in (old_root, new_root, *proof)):
        raise refuse(f"every hash has {HASH_BYTES} bytes")
    verified = VerifiedConsistency(old_size, old_root, new_size, new_root)
    if (old_size == 0 and old_root != EMPTY_ROOT) or (new_size == 0 and new_root != EMPTY_ROOT):
        raise refuse("an empty tree has the root of the empty tree")
    if old_size in (0, new_size):
        if proof:
            raise refuse("the proof must be empty")
        if old_size == new_size and old_root != new_root:
            raise refuse("two roots of one size")
        return verified
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node >>= 1
        last >>= 1
    if not path:
        raise refuse("the proof is too short")
    computed_old = computed_new = path[0]
    for part in path[1:]:
        if last == 0:
            raise refuse("the proof is too long")
        if node & 1 or node == last:
            computed_old = node_hash(part, computed_old)
            computed_new = node_hash(part, computed_new)
            while not node & 1 and node != 0:
                node >>= 1
                last >>= 1
        else:
            computed_new = node_hash(computed_new, part)
        node >>= 1
        last >>= 1
    if last != 0:
        raise refuse("the proof is too short")
    if computed_old != old_root:
        raise refuse("it leads to another old root")
    if computed_new != new_root:
        raise refuse("it leads to another new root")
    return verified


class TileHashes:
    """A `NodeReader` over 256-wide tiles: reads each tile once and hashes inside it.

    One instance serves one tree size and is meant to be dropped with the proof it made: it keeps every tile it read.
    It does not authenticate the tiles; a proof made from them is worth what its verification says.
    """

    def __init__(self, size: int, tile: TileReader) -> None:
        if not 0 <= size <= SIZE_MAX:
            raise Malformed("size", f"{size} is not a tree size")
        self._size = size
        self._tile = tile
        self._tiles: dict[tuple[int, int], tuple[bytes, ...]] = {}
        self._inner: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int, /) -> bytes:
        """The root of the complete subtree of ``2**level`` leaves number ``index``."""
        if level < 0 or index < 0 or (index + 1) << level > self._size:
            raise Malformed("node", f"a tree of {self._size} leaves has no complete subtree {index} at level {level}")
        known = self._inner.get((level, index))
        if known is None:
            tile_level, height = divmod(level, TILE_HEIGHT)
            tile_index, first = divmod(index << height, TILE_WIDTH)
            hashes = self._hashes(tile_level, tile_index)
            known = subtree_root(hashes[first : first + (1 << height)])
            self._inner[level, index] = known
        return known

    def _hashes(self, level: int, index: int) -> tuple[bytes, ...]:
        known = self._tiles.get((level, index))
        if known is None:
            width = min(TILE_WIDTH, (self._size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)
            known = split_hashes(self._tile(level, index, width))
            if len(known) != width:
                raise Malformed(f"tile/{level}/{index}", f"holds {len(known)} hashes where {width} were asked for")
            self._tiles[level, index] = known
        return known


def memory_nodes(leaves: Sequence[bytes]) -> Callable[[int, int], bytes]:
    """A `NodeReader` over leaf hashes held in memory, for small trees; hashes each complete subtree when asked."""

    def read(level: int, index: int, /) -> bytes:
        if level < 0 or index < 0 or (index + 1) << level > len(leaves):
            raise Malformed("node", f"a tree of {len(leaves)} leaves has no complete subtree {index} at level {level}")
        return subtree_root(leaves[index << level : (index + 1) << level])

    return read


def _split(width: int) -> int:
    """The largest power of two smaller than ``width``, where RFC 6962 splits a tree of ``width`` > 1 leaves."""
    return 1 << ((width - 1).bit_length() - 1)


def _peaks_of(start: int, stop: int) -> Iterable[tuple[int, int]]:
    """The complete subtrees, as (level, index), that leaves ``start`` to ``stop`` of a tree split into, in order."""
    while start < stop:
        level = (stop - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _range_root(start: int, stop: int, read: NodeReader) -> bytes:
    """The root over leaves ``start`` to ``stop``, a range that RFC 6962 splits a tree into."""
    root = b""
    while start < stop:
        level = (stop - start & start - stop).bit_length() - 1  # of the last of its complete subtrees, the smallest
        stop -= 1 << level
        peak = read(level, stop >> level)
        root = node_hash(peak, root) if root else peak
    return root
