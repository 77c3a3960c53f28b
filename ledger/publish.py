"""Publishes the log as a static folder that any tlog-tiles client can read (c2sp.org/tlog-tiles).

Guarantees about the folder, also after a crash between any two writes:

- its ``checkpoint`` never goes back, never changes history, and is written last, by atomic rename, after every tile
  and bundle beneath it is on disk (fsync of files and folders);
- tiles and bundles are created, never overwritten: other bytes in their place stop publication;
- what is written hashes to the root that the log signed, and continues what the folder held before.

Publishing again what is there changes nothing; publishing after a crash completes it. Partial tiles go once the full
one is there. It signs nothing, serves nothing, and reads its source only up to the size of the checkpoint it is given.
Of what is published it rereads the right edge, which the published root vouches for; that the older files are still
intact, an audit finds out.

The same goes for any other `Place`, with that place's means; `ledger.object_store` has one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from ledger.errors import LedgerError
from ledger.log.checkpoint import VerifiedCheckpoint, open_checkpoint
from ledger.log.keys import VerifierKey
from ledger.log.merkle import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, Frontier, TileHashes, leaf_hash, subtree_root
from ledger.log.note import NOTE_BYTES_MAX
from ledger.log.tiles import Tile, bundles_between, format_bundle, format_tile, tile_at

CHECKPOINT: Final = "checkpoint"
_UNFINISHED = ".writing"


class EntrySource(Protocol):
    """Where the entries come from: the store, or another copy of the log."""

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """The entries with log indices from ``start`` up to, not including, ``stop``, in order."""
        ...

    def leaf_hashes(self, start: int, stop: int) -> Iterator[bytes]:
        """The stored leaf hashes of the same entries."""
        ...


class PublicationRefused(LedgerError):
    """The checkpoint to publish does not extend the published one. Both notes are the evidence."""

    def __init__(self, why: str, published: bytes | None, offered: bytes) -> None:
        super().__init__(f"the checkpoint is not published: {why}")
        self.why = why
        self.published = published
        self.offered = offered


class FolderCorrupt(LedgerError):
    """The folder, or object, at ``path`` holds other bytes than those the log commits to, or lacks some."""

    def __init__(self, path: Path | str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class SourceCorrupt(LedgerError):
    """The source's entries, leaf hashes and checkpoint do not belong together."""


class Place(Protocol):
    """Where a log is published. Paths are those of tlog-tiles, with slashes."""

    written: int

    def locked(self) -> AbstractContextManager[None]:
        """Keeps other publishers out, where the place can; where not, ``replace_checkpoint`` finds them out."""
        ...

    def address(self, path: str) -> Path | str:
        """A path as an operator knows it."""
        ...

    def read(self, path: str, limit: int) -> bytes | None:
        """The bytes there, cut off after ``limit``; None if there is nothing."""
        ...

    def create(self, path: str, data: bytes, full: bool) -> None:
        """Creates a file, whole or not at all; an existing one must hold the same bytes. Full ones end partials."""
        ...

    def settle(self) -> None:
        """Makes everything created so far durable."""
        ...

    def replace_checkpoint(self, note: bytes) -> None:
        """Publishes: everything beneath ``note`` was settled before."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """What the folder now holds. ``written`` counts the files created or replaced."""

    checkpoint: VerifiedCheckpoint
    written: int


def publish(folder: Path, source: EntrySource, note: bytes, verifiers: Sequence[VerifierKey]) -> Published:
    """Brings ``folder`` up to the checkpoint ``note``; creates it if it is absent.

    ``verifiers`` are the log's keys, past ones included, since the published checkpoint is opened with them too.
    Raises `PublicationRefused`, `FolderCorrupt`, `SourceCorrupt`, or what `open_checkpoint` raises. Two publishers of
    one folder exclude each other.
    """
    return publish_to(_Folder(folder), source, note, verifiers)


def folder_place(folder: Path) -> Place:
    """A folder as a place, for one publication."""
    return _Folder(folder)


def publish_to(place: Place, source: EntrySource, note: bytes, verifiers: Sequence[VerifierKey]) -> Published:
    """The same for any place; it is to be used for one publication."""
    offered = open_checkpoint(note, verifiers)
    with place.locked():
        published = _checkpoint_in(place, verifiers)
        edge = _RightEdge.read(place, published)
        _check_extends(published, offered, edge, source)
        _write_tiles(place, edge, source, published.size if published else 0, offered)
        place.replace_checkpoint(note)
        return Published(offered, place.written)


def published_checkpoint(folder: Path, verifiers: Iterable[VerifierKey]) -> VerifiedCheckpoint | None:
    """The folder's verified checkpoint, or None if it has none yet."""
    return _checkpoint_in(_Folder(folder), verifiers)


def _checkpoint_in(place: Place, verifiers: Iterable[VerifierKey]) -> VerifiedCheckpoint | None:
    note = place.read(CHECKPOINT, NOTE_BYTES_MAX + 1)
    return None if note is None else open_checkpoint(note, verifiers)


def _check_extends(
    published: VerifiedCheckpoint | None, offered: VerifiedCheckpoint, edge: _RightEdge, source: EntrySource
) -> None:
    """Recomputes the offered root from the published tiles and the source's leaf hashes, before anything is written."""
    old_size = 0
    if published is not None:
        old_size = published.size
        if published.origin != offered.origin:
            raise PublicationRefused("it is of another log", published.note, offered.note)
        if offered.size < old_size:
            raise PublicationRefused("it is smaller than the published one", published.note, offered.note)
        if offered.size == old_size and offered.root != published.root:
            raise PublicationRefused("it has another root at the same size", published.note, offered.note)
    frontier = edge.frontier.extend(source.leaf_hashes(edge.size, old_size))
    if published is not None and frontier.root() != published.root:
        raise PublicationRefused("the source has another history than the published one", published.note, offered.note)
    frontier = frontier.extend(source.leaf_hashes(old_size, offered.size))
    if (frontier.size, frontier.root()) != (offered.size, offered.root):
        raise SourceCorrupt(f"the leaf hashes give size {frontier.size} and another root than the checkpoint's")


def _write_tiles(
    place: Place, edge: _RightEdge, source: EntrySource, old_size: int, offered: VerifiedCheckpoint
) -> None:
    """Writes what the offered tree has beyond the old one; checks each entry against its leaf hash and the root."""
    frontier = edge.frontier
    for bundle in bundles_between(old_size, offered.size):
        entries = list(source.entries(bundle.start, bundle.stop))
        leaves = [leaf_hash(entry) for entry in entries]
        if leaves != list(source.leaf_hashes(bundle.start, bundle.stop)) or len(leaves) != bundle.width:
            raise SourceCorrupt(f"entries {bundle.start} to {bundle.stop - 1} do not have the stored leaf hashes")
        place.create(bundle.path, format_bundle(entries), bundle.full)
        for tile, hashes in edge.extend(leaves):
            place.create(tile.path, format_tile(hashes), tile.full)
        frontier = frontier.extend(leaves)
    for tile, hashes in edge.partial_tiles(old_size):
        place.create(tile.path, format_tile(hashes), tile.full)
    if old_size < offered.size and frontier.root() != offered.root:
        raise SourceCorrupt("the entries changed while they were being published")
    place.settle()


class _RightEdge:
    """The tiles still growing: per level the hashes of the rightmost tile, for a tree of whole level-0 tiles.

    Each hash of it is under the frontier's root, so comparing that with a signed root vouches for all of them.
    """

    def __init__(self, frontier: Frontier, rows: list[list[bytes]]) -> None:
        self.frontier = frontier
        self.size = frontier.size
        self._rows = rows

    @classmethod
    def read(cls, place: Place, published: VerifiedCheckpoint | None) -> _RightEdge:
        """The edge of the published tree, cut back to whole level-0 tiles; the tiles must hash to its published root."""
        old_size = published.size if published else 0
        read = TileHashes(old_size, lambda level, index, width: _read_tile(place, Tile(level, index, width)))
        if published and Frontier.read(old_size, read).root() != published.root:
            raise FolderCorrupt(place.address("tile"), "the tiles do not hash to the root of the published checkpoint")
        size = old_size - old_size % TILE_WIDTH
        rows: list[list[bytes]] = [[]]
        level = 1
        while (nodes := size >> (TILE_HEIGHT * level)) > 0:
            first = nodes - nodes % TILE_WIDTH
            rows.append([read(TILE_HEIGHT * level, index) for index in range(first, nodes)])
            level += 1
        return cls(Frontier.read(size, read), rows)

    def extend(self, leaves: Sequence[bytes]) -> Iterator[tuple[Tile, list[bytes]]]:
        """Appends leaf hashes, at most one tile of them, and yields the tiles that became full, lowest level first."""
        assert len(self._rows[0]) + len(leaves) <= TILE_WIDTH
        self._rows[0].extend(leaves)
        self.size += len(leaves)
        level = 0
        while len(self._rows[level]) == TILE_WIDTH:
            full = self._rows[level]
            yield Tile(level, (self.size >> (TILE_HEIGHT * (level + 1))) - 1), full
            self._rows[level] = []
            level += 1
            if level == len(self._rows):
                self._rows.append([])
            self._rows[level].append(subtree_root(full))

    def partial_tiles(self, old_size: int) -> Iterator[tuple[Tile, list[bytes]]]:
        """The partial tiles of this tree that the tree of ``old_size`` leaves had not."""
        for level, row in enumerate(self._rows):
            nodes = self.size >> (TILE_HEIGHT * level)
            if row and nodes != old_size >> (TILE_HEIGHT * level):
                yield tile_at(self.size, level, nodes // TILE_WIDTH), row


def _read_tile(place: Place, tile: Tile) -> bytes:
    """The tile's bytes, from the full tile if the partial one is gone, as tlog-tiles allows."""
    for candidate in (tile, Tile(tile.level, tile.index)):
        read = place.read(candidate.path, TILE_WIDTH * HASH_BYTES + 1)
        if read is not None:
            if len(read) != candidate.width * HASH_BYTES:
                why = f"has {len(read)} bytes where a tile has {candidate.width * HASH_BYTES}"
                raise FolderCorrupt(place.address(candidate.path), why)
            return read[: tile.width * HASH_BYTES]
    raise FolderCorrupt(place.address(tile.path), "is missing beneath a published checkpoint")


class _Folder:
    """A folder, with durable writes. What is written is made durable only by the publisher who holds it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfinished = folder / _UNFINISHED
        self._unsettled: set[Path] = {folder}
        self.written = 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the folder for one publisher; another one waits. The lock ends with the process."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _sync_folder(self._folder.parent)
        opened = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
            # A crash may have left it as a second name of a finished file: writing into it would change that file.
            self._unfinished.unlink(missing_ok=True)
            yield
        finally:
            os.close(opened)

    def address(self, path: str) -> Path:
        return self._folder / path

    def read(self, path: str, limit: int) -> bytes | None:
        try:
            with (self._folder / path).open("rb") as file:
                return file.read(limit)
        except FileNotFoundError:
            return None

    def create(self, path: str, data: bytes, full: bool) -> None:
        target = self._folder / path
        self._make_folder(target.parent)
        if target.exists():
            if target.read_bytes() != data:
                raise FolderCorrupt(target, "holds other bytes than those to be published; it is not overwritten")
        else:
            _write_durably(self._unfinished, data)
            os.link(self._unfinished, target)
            self._unfinished.unlink()
            self.written += 1
        self._unsettled.add(target.parent)
        if full:
            self._drop_partials(target)

    def settle(self) -> None:
        for folder in sorted(self._unsettled):
            _sync_folder(folder)
        self._unsettled.clear()

    def replace_checkpoint(self, note: bytes) -> None:
        assert not self._unsettled
        path = self._folder / CHECKPOINT
        if path.exists() and path.read_bytes() == note:
            return
        _write_durably(self._unfinished, note)
        self._unfinished.replace(path)
        _sync_folder(self._folder)
        self.written += 1

    def _drop_partials(self, full: Path) -> None:
        """Removes the partial widths of a full tile that is on disk under its own name."""
        folder = full.with_name(full.name + ".p")
        if not folder.is_dir():
            return
        _sync_folder(full.parent)
        for partial in folder.iterdir():
            partial.unlink()
        folder.rmdir()
        self._unsettled.discard(folder)
        self._unsettled.add(full.parent)

    def _make_folder(self, folder: Path) -> None:
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for absent in reversed(missing):
            absent.mkdir()
            self._unsettled.add(absent.parent)


def _write_durably(path: Path, data: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        # A failed write names no file: whoever reads of a full disk must know which.
        raise OSError(error.errno, error.strerror, str(path)) from error


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
