"""Tiles and entry bundles: a log as files that never change (c2sp.org/tlog-tiles).

Guarantees one path per tile and one tile per path, the exact lengths of tiles and bundles, and the list of both that a
tree of a given size has. It does not check that hashes or entries belong to a tree: proofs and roots do that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.errors import Malformed
from ledger.log.merkle import HASH_BYTES, SIZE_MAX, TILE_HEIGHT, TILE_WIDTH, split_hashes

ENTRY_BYTES_MAX = 65_535
"""What the big-endian 16-bit length before an entry can hold."""

LEVEL_MAX = 63
_PATH_CHARS_MAX = 64
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)"
    r"/(?P<index>(x[0-9]{3}/)*[0-9]{3})"
    r"(\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """``width`` consecutive hashes at tile level ``level``, from the hash ``index * 256`` on; 256 wide is full.

    Hash i of a tile level is the root of the complete subtree i of ``256**level`` leaves.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= LEVEL_MAX:
            raise Malformed("tile/level", f"a tile level is 0 to {LEVEL_MAX}, not {self.level}")
        _check_extent(self.level, self.index, self.width)

    @property
    def path(self) -> str:
        return f"tile/{self.level}/{_format_index(self.index)}{_format_width(self.width)}"

    @property
    def full(self) -> bool:
        return self.width == TILE_WIDTH


@dataclass(frozen=True, slots=True)
class Bundle:
    """The ``width`` entries under the level-0 tile of the same index and width."""

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        _check_extent(0, self.index, self.width)

    @property
    def path(self) -> str:
        return f"tile/entries/{_format_index(self.index)}{_format_width(self.width)}"

    @property
    def full(self) -> bool:
        return self.width == TILE_WIDTH

    @property
    def start(self) -> int:
        """The log index of the first entry."""
        return self.index * TILE_WIDTH

    @property
    def stop(self) -> int:
        """The log index after the last entry."""
        return self.start + self.width


def parse_path(path: str) -> Tile | Bundle:
    """The inverse of ``path``; raises `Malformed` on any other spelling and on tiles that no tree can have."""
    matched = _PATH.fullmatch(path) if len(path) <= _PATH_CHARS_MAX else None
    if matched is None:
        raise Malformed("path", "not the path of a tile or of an entry bundle")
    level, spelled = matched["level"], matched["width"]
    index = int(matched["index"].replace("x", "").replace("/", ""))
    width = TILE_WIDTH if spelled is None else int(spelled)
    if spelled is not None and width >= TILE_WIDTH:
        raise Malformed("path", f"a partial tile is 1 to {TILE_WIDTH - 1} wide, not {width}")
    parsed = Bundle(index, width) if level == "entries" else Tile(int(level), index, width)
    if parsed.path != path:
        raise Malformed("path", f"is spelled {parsed.path}")
    return parsed


def tiles_at(size: int) -> Iterator[Tile]:
    """Every tile of a tree of ``size`` leaves, level by level; at most the last of each level is partial."""
    return tiles_between(0, size)


def tiles_between(old_size: int, new_size: int) -> Iterator[Tile]:
    """The tiles of the tree of ``new_size`` leaves that the tree of ``old_size`` did not have in that width."""
    _check_sizes(old_size, new_size)
    for level in range(LEVEL_MAX + 1):
        old, new = old_size >> (TILE_HEIGHT * level), new_size >> (TILE_HEIGHT * level)
        if new == 0:
            return
        for index, width in _extents_between(old, new):
            yield Tile(level, index, width)


def bundles_at(size: int) -> Iterator[Bundle]:
    """Every entry bundle of a tree of ``size`` leaves; at most the last is partial."""
    return bundles_between(0, size)


def bundles_between(old_size: int, new_size: int) -> Iterator[Bundle]:
    """The entry bundles of ``new_size`` leaves that ``old_size`` leaves did not have in that width."""
    _check_sizes(old_size, new_size)
    for index, width in _extents_between(old_size, new_size):
        yield Bundle(index, width)


def tile_at(size: int, level: int, index: int) -> Tile:
    """The widest tile ``index`` at ``level`` in a tree of ``size`` leaves; raises `Malformed` if it has none."""
    _check_sizes(0, size)
    return Tile(level, index, min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH))


def format_tile(hashes: Sequence[bytes]) -> bytes:
    """The bytes of a tile."""
    if not 1 <= len(hashes) <= TILE_WIDTH or any(len(part) != HASH_BYTES for part in hashes):
        raise Malformed("tile", f"a tile is 1 to {TILE_WIDTH} hashes of {HASH_BYTES} bytes")
    return b"".join(hashes)


def parse_tile(tile: bytes, width: int) -> tuple[bytes, ...]:
    """The ``width`` hashes of a tile; raises `Malformed` if it has any other length."""
    if not 1 <= width <= TILE_WIDTH or len(tile) != width * HASH_BYTES:
        raise Malformed("tile", f"{len(tile)} bytes are not {width} hashes")
    return split_hashes(tile)


def format_bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle."""
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise Malformed("bundle", f"a bundle has 1 to {TILE_WIDTH} entries, not {len(entries)}")
    if any(len(entry) > ENTRY_BYTES_MAX for entry in entries):
        raise Malformed("bundle", f"an entry has more than {ENTRY_BYTES_MAX} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(bundle: bytes, width: int) -> tuple[bytes, ...]:
    """The ``width`` entries of a bundle; raises `Malformed` if it does not hold exactly these."""
    if not 1 <= width <= TILE_WIDTH:
        raise Malformed("bundle", f"a bundle has 1 to {TILE_WIDTH} entries, not {width}")
    entries: list[bytes] = []
    at = 0
    while at < len(bundle) and len(entries) < width:
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        if start > len(bundle) or at > len(bundle):
            raise Malformed("bundle", f"entry {len(entries)} is cut short")
        entries.append(bundle[start:at])
    if len(entries) != width or at != len(bundle):
        raise Malformed("bundle", f"does not hold exactly {width} entries")
    return tuple(entries)


def _check_extent(level: int, index: int, width: int) -> None:
    if not 1 <= width <= TILE_WIDTH:
        raise Malformed("tile/width", f"a tile is 1 to {TILE_WIDTH} wide, not {width}")
    if index < 0 or (index * TILE_WIDTH + width) << (TILE_HEIGHT * level) > SIZE_MAX:
        raise Malformed("tile/index", f"no tree has a tile {index} of width {width} at level {level}")


def _check_sizes(old_size: int, new_size: int) -> None:
    if not 0 <= old_size <= new_size <= SIZE_MAX:
        raise Malformed("size", f"{old_size} and {new_size} are not the sizes of a tree and an extension of it")


def _extents_between(old: int, new: int) -> Iterator[tuple[int, int]]:
    """(index, width) of the tiles of ``new`` hashes that ``old`` hashes did not have."""
    if old == new:
        return
    first, full = old // TILE_WIDTH, new // TILE_WIDTH
    for index in range(first, full):
        yield index, TILE_WIDTH
    if new % TILE_WIDTH:
        yield full, new % TILE_WIDTH


def _format_index(index: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))


def _format_width(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"
