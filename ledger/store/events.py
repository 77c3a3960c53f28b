"""The values that pass between application, library and store. Frozen, and validated when built.

`StatementRecorded` is the one domain event of the library's `Application`: a signed statement, recorded at a position.
`StoredEntry` (to be written) and `RecordedEntry` (read back) are the library's `StoredEvent` and `Notification` with
the columns of ours that the library does not know. None of them can exist with a leaf hash that is not the hash of
its bytes (DESIGN section 2 "Log": leaf = SHA256(00‖entry)).

Not done here: reading the entry. That topic, subjects and time say what the bytes say is for the audit to prove.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from eventsourcing.persistence import Notification, StoredEvent

from ledger.log.merkle import leaf_hash as hash_of_leaf
from ledger.store.tables import ENTRY_BYTES_MAX, RECORDED_AT_CHARS

TILE_WIDTH = 256
"""Hashes in a full tile (C2SP tlog-tiles)."""

_TOPIC = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+")
_STATEMENT_ID = re.compile(r"sha256:[0-9a-f]{64}")
_RECORDED_AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", re.ASCII)


def _require(condition: bool, why: str) -> None:
    if not condition:
        raise ValueError(why)


def _check_instant(recorded_at: str) -> None:
    well_formed = len(recorded_at) == RECORDED_AT_CHARS and _RECORDED_AT.fullmatch(recorded_at) is not None
    _require(well_formed, f"recorded_at {recorded_at!r} is not UTC with milliseconds")


def _check_statement(
    originator_id: str,
    originator_version: int,
    topic: str,
    entry: bytes,
    statement_id: str,
    leaf_hash: bytes,
    subjects: tuple[str, ...],
    recorded_at: str,
) -> None:
    _require(1 <= len(entry) <= ENTRY_BYTES_MAX, f"an entry has 1 to {ENTRY_BYTES_MAX} bytes, this one {len(entry)}")
    _require(leaf_hash == hash_of_leaf(entry), "the leaf hash is not the hash of the entry")
    _require(_STATEMENT_ID.fullmatch(statement_id) is not None, f"{statement_id!r} is not a statement id")
    _require(_TOPIC.fullmatch(topic) is not None, f"topic {topic!r} is not a wire name")
    _require(bool(subjects) and subjects[0] == originator_id, "the originator is the first of the subjects")
    _require(len(set(subjects)) == len(subjects), "a subject is named twice")
    _require(originator_version >= 1, "streams count from 1")
    _check_instant(recorded_at)


@dataclass(frozen=True, slots=True)
class StatementRecorded:
    """A signed statement and the log entry that records it.

    `originator_id` is `subjects[0]`; `originator_version` is the number of this entry in that subject's stream (from
    1). `topic` is the wire name, `entry` the exact bytes. Raises ValueError.
    """

    originator_id: str
    originator_version: int
    topic: str
    entry: bytes
    statement_id: str
    leaf_hash: bytes
    subjects: tuple[str, ...]
    recorded_at: str
    filed: tuple[str, ...] = ()
    """The names it is found under beside its streams (`domain.filing.filed_under`); unknown of one read back."""
    introduced: tuple[str, ...] = ()
    """Subjects and parties it mentions (`domain.filing.introduced_by`), of which some may be new; the same."""

    def __post_init__(self) -> None:
        _check_statement(
            self.originator_id,
            self.originator_version,
            self.topic,
            self.entry,
            self.statement_id,
            self.leaf_hash,
            self.subjects,
            self.recorded_at,
        )


@dataclass(frozen=True)
class StoredEntry(StoredEvent):
    """A `StatementRecorded` on its way into the database. Without slots: the library's base class has none."""

    originator_id: str
    statement_id: str
    leaf_hash: bytes
    subjects: tuple[str, ...]
    recorded_at: str
    filed: tuple[str, ...] = ()
    introduced: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordedEntry(Notification):
    """An entry read back: `id` is its position (from 1), `state` its exact bytes. Raises ValueError."""

    originator_id: str
    statement_id: str
    leaf_hash: bytes
    subjects: tuple[str, ...]
    recorded_at: str

    def __post_init__(self) -> None:
        _require(self.id >= 1, "positions count from 1")
        _check_statement(
            self.originator_id,
            self.originator_version,
            self.topic,
            self.state,
            self.statement_id,
            self.leaf_hash,
            self.subjects,
            self.recorded_at,
        )

    @property
    def entry(self) -> bytes:
        """The exact bytes that were appended."""
        return self.state

    @property
    def index(self) -> int:
        """Log index, from 0."""
        return self.id - 1


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: what the next append starts from.

    `frontier` is the compact range of the tree (`ledger.log.merkle.Frontier`), opaque here; `recorded_at` the time of
    the last entry (None before the first); `register_count` the length of the register chain. Raises ValueError.
    """

    size: int
    frontier: bytes
    recorded_at: str | None
    register_count: int

    def __post_init__(self) -> None:
        _require(0 <= self.register_count <= self.size, "the register chain is not longer than the log")
        _require((self.size == 0) == (self.recorded_at is None), "the last entry has a time, an empty log has none")
        if self.recorded_at is not None:
            _check_instant(self.recorded_at)


@dataclass(frozen=True, slots=True)
class StreamHead:
    """The last entry of one subject's stream, and how many entries the stream has."""

    count: int
    leaf_hash: bytes
    statement_id: str
    position: int


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed note over the first `size` entries, and its cosigned form once there is one."""

    size: int
    note: bytes
    cosigned: bytes | None

    @property
    def strongest(self) -> bytes:
        """The cosigned note if there is one, else the note signed in the commit."""
        return self.note if self.cosigned is None else self.cosigned


def completed_nodes(old_size: int, new_size: int) -> list[tuple[int, int]]:
    """(level, index) of every 256-wide subtree that is complete at `new_size` and was not at `old_size`, ascending."""
    cells: list[tuple[int, int]] = []
    level, width = 1, TILE_WIDTH
    while width <= new_size:
        cells.extend((level, index) for index in range(old_size // width, new_size // width))
        level, width = level + 1, width * TILE_WIDTH
    return cells
