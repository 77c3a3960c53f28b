"""Reading a ledger beside its writer: answers, proofs, and judgement without recording.

Guarantees that every answer is given from entries that hash to a root the log signed: the leaf hashes are read when the
ledger is opened, compared with the stored head and checked against the checkpoint over them, and each entry is compared
with its own when it is read. It follows the store, so what is durable is seen by the next question, which is answered
from one snapshot of it. It holds no private key and writes nothing. Safe to share between threads.

What is true at a moment, `domain.history` says; the clocks are explained there and in DESIGN section 3, rule 3. It
does not verify each signature again when it opens a ledger: the log's signature over the root stands for them, and
the audit checks them all.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Self

from domain.acts import Act
from domain.history import History, Snapshot, history_of, snapshot_of
from domain.identifiers import Forum, StatementId, SubjectId
from domain.lots import Gap
from domain.objections import Objection, Refused
from domain.periods import Clocks, Zones
from domain.record import Record
from domain.register import Register
from domain.standing import View
from ledger.appending import HeadStale, SeenInconsistent, SubmittedLate, judge, supposed_kids
from ledger.errors import LedgerError
from ledger.kept_state import KeptState, Progress, silent
from ledger.log.checkpoint import open_checkpoint
from ledger.log.keys import VerifierKey
from ledger.log.merkle import Frontier, TileHashes, prove_consistency, prove_inclusion
from ledger.log.receipt import Receipt
from ledger.recording_clock import Now, RecordingClock, utc_now
from ledger.shelf import LogCorrupt
from ledger.statements.codes import check_codes
from ledger.statements.envelope import Envelope, parse_envelope, verify
from ledger.statements.schema import parse_statement
from ledger.statements.statement import LedgerName, Statement
from ledger.store import schema
from ledger.store.datastore import Datastore
from ledger.store.events import Head, StoredCheckpoint
from ledger.store.reader import EntryReader

COLLECTED_EVERY = (50_000, 20, 20)
"""Objects, and younger collections, between two collections of a process that opened a ledger: what it folds stays, what it
answers is let go of without the collector, and a collection walks all of it."""


class NotFounded(LedgerError):
    """The store is prepared, but no founding statement was recorded: there is no ledger yet."""


class LogBehind(LedgerError):
    """What was published goes beyond this ledger, or shows another history: appending would fork the log.

    `note` is the published checkpoint: the evidence.
    """

    def __init__(self, why: str, note: bytes) -> None:
        super().__init__(
            f"{why}. Nothing is appended: restore a newer copy, or complete this one from what is published."
        )
        self.why = why
        self.note = note


class Unrecorded(LedgerError):
    """No entry of this ledger records that statement, or has that index."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A judgement that recorded nothing. `objections` as they stand now; `recorded` is the index if it is on record.

    `unseen`: how many statements on its subjects were recorded without its signers having seen them.
    """

    statement: Statement
    objections: tuple[Objection, ...]
    gaps: tuple[Gap, ...]
    unseen: int
    recorded: int | None


class LedgerReader:
    """All that can be asked of a ledger."""

    def __init__(self, entries: EntryReader, now: Now = utc_now, progress: Progress = silent) -> None:
        """Reads the leaf hashes and the register. Raises NotFounded, LogCorrupt, and what the store raises."""
        self._entries = entries
        self._clock = RecordingClock(now)
        self._lock = threading.RLock()
        self._datastore: Datastore | None = None
        self._past: tuple[int, Record] | None = None
        self._state = rebuilt(entries, progress)

    @classmethod
    def open(cls, url: str, now: Now = utc_now, progress: Progress = silent) -> LedgerReader:
        """The ledger at an address. Raises StoreError, NotFounded, LogCorrupt. Close it, or use it in a `with`."""
        datastore = Datastore(url)
        try:
            schema.check(datastore)
            reader = cls(EntryReader(datastore), now, progress)
        except BaseException:
            datastore.close()
            raise
        reader._datastore = datastore
        return reader

    def close(self) -> None:
        """Closes the connections that `open` opened."""
        if self._datastore is not None:
            self._datastore.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # The ledger

    @property
    def name(self) -> LedgerName:
        """Origin, and the id of entry 0."""
        return self._state.name

    @property
    def size(self) -> int:
        """Number of entries."""
        with self._followed() as state:
            return state.size

    @property
    def zones(self) -> Zones:
        """The time zones of the tzdata in force."""
        with self._followed() as state:
            return state.zones

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        """The log's keys, in the order the register named them."""
        return verifiers_of(self.register())

    def register(self, size: int | None = None) -> Register:
        """The register after `size` entries, by default all."""
        with self._followed() as state:
            return state.register if size is None else state.register_for(_within(size, state.size))

    def size_at(self, recorded_at: datetime) -> int:
        """The tree size on the recorded clock: entries recorded up to and including that moment."""
        with self._followed() as state:
            return state.size_at(recorded_at)

    # Acts and answers

    def index_of(self, statement: StatementId) -> int:
        """The index of the entry that records a statement. Raises Unrecorded."""
        with self._followed() as state:
            index = state.index_of(statement)
        if index is None:
            raise Unrecorded(f"no entry records {statement}")
        return index

    def act(self, statement: StatementId) -> Act:
        """The act that a statement records. Raises Unrecorded."""
        with self._followed() as state:
            found = state.record.find(statement)
        if found is None:
            raise Unrecorded(f"no entry records {statement}")
        return found

    def head_of(self, subject: SubjectId) -> StatementId | None:
        """The last statement of a subject's stream: what a new one is to follow."""
        with self._followed() as state:
            stream = state.record.stream(subject)
        return stream[-1].id if stream else None

    @contextmanager
    def reading(self, size: int | None = None) -> Iterator[Record]:
        """The record of the first `size` entries, by default all, held still until the block ends.

        Nothing recorded later can show in an answer: the record ends there. Raises Unrecorded for no entries, and for more
        than there are.
        """
        with self._followed() as state:
            if size is None or _within(size, state.size) == state.size:
                yield state.record
            else:
                record = self._record(state, size).cut(size)
                record.settle()
                yield record

    def snapshot(
        self, asset: SubjectId, at: datetime, clocks: Clocks | None = None, forum: Forum | None = None
    ) -> Snapshot:
        """An asset at a moment. `forum` None: the place of the asset."""
        asked = clocks or Clocks()
        with self.reading(asked.size) as record:
            clocks = replace(asked, effective_at=at)
            return snapshot_of(record, clocks, forum or View(record, clocks, None).place(asset, at), asset, at)

    def history(self, asset: SubjectId, clocks: Clocks | None = None, forum: Forum | None = None) -> History:
        """An asset through time. `forum` None: the place of the asset, where it changed each stretch that of the time."""
        asked = clocks or Clocks()
        with self.reading(asked.size) as record:
            if forum is None and len(record.placed(asset, "place")) < 2:
                forum = record.place_of(asset)
            return history_of(record, asked, forum, asset)

    # Entries and proofs

    def entry(self, index: int) -> bytes:
        """The exact bytes of an entry. Raises Unrecorded."""
        if not 0 <= index < self.size:
            raise Unrecorded(f"the log has no entry {index}")
        return next(iter(self._entries.entries(index, index + 1)))

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of entries [start, stop)."""
        return self._entries.entries(start, stop)

    def leaf_hashes(self, start: int, stop: int) -> Iterator[bytes]:
        """The leaf hashes of entries [start, stop)."""
        return self._entries.leaf_hashes(start, stop)

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile (c2sp.org/tlog-tiles)."""
        return self._entries.tile(level, index, width)

    def checkpoint(self, size: int | None = None) -> bytes:
        """The note of the latest checkpoint, or of the one over exactly `size` entries, cosigned if it is.

        Raises Unrecorded where no checkpoint has that size.
        """
        found = self._entries.latest_checkpoint() if size is None else self._entries.checkpoint(size)
        if found is None:
            raise Unrecorded(f"no checkpoint was made over {size} entries")
        return found.strongest

    def receipt(self, index: int) -> bytes:
        """The proof that an entry is in the log (c2sp.org/tlog-proof), under the strongest checkpoint there is for it.

        That is the one of its own commit; while that is not cosigned, the latest that is. Raises Unrecorded.
        """
        found = proving_checkpoint(self._entries, index)
        return Receipt(index, self.inclusion(index, found.size), found.strongest).format()

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """The inclusion proof of an entry in the tree of `size` entries. Raises Malformed, OutOfRange."""
        return prove_inclusion(index, size, TileHashes(size, self._entries.tile))

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """The proof that the tree of `new_size` entries extends that of `old_size`. Raises Malformed, OutOfRange."""
        return prove_consistency(old_size, new_size, TileHashes(new_size, self._entries.tile))

    def root(self, size: int) -> bytes:
        """The root of the tree of the first `size` entries."""
        return root_at(self._entries, size)

    # Judgement without recording

    def check(self, raw: bytes) -> Checked:
        """What would be said of an envelope if it were submitted now. Raises Malformed."""
        envelope = parse_envelope(raw)
        statement = parse_statement(envelope.payload)
        with self._followed() as state:
            return self._checked(state, statement, envelope)

    def check_payload(self, payload: bytes) -> Checked:
        """The same of a statement that is not signed yet, as if its signers signed with their registered keys."""
        statement = parse_statement(payload)
        with self._followed() as state:
            return self._checked(state, statement, None)

    def _checked(self, state: KeptState, statement: Statement, envelope: Envelope | None) -> Checked:
        recorded = state.index_of(statement.id)
        if recorded is not None:
            if envelope is not None:
                verify(envelope, statement, state.register_for(recorded))
            return Checked(statement, (), (), 0, recorded)
        kids = supposed_kids(state.register, statement)
        objections: tuple[Objection, ...] = ()
        if envelope is not None:
            try:
                kids = verify(envelope, statement, state.register).kids
            except Refused as refused:
                objections = refused.objections
        check_codes(statement, state.zones)
        now = self._clock.read()
        objections += tuple(self._circumstances(state, statement, now))
        act = statement.act(state.size, max(now, state.recorded_at or now))
        judgement = judge(state, act, kids)
        return Checked(statement, (*objections, *judgement.objections), judgement.gaps, _unseen(state, act), None)

    def _circumstances(self, state: KeptState, statement: Statement, now: datetime) -> Iterator[Objection]:
        if statement.submit_by is not None and now > statement.submit_by.at:
            yield from SubmittedLate(statement.submit_by.at, now).objections
        if statement.exact:
            for n, (subject, seen) in enumerate(zip(statement.subjects, statement.follows, strict=True)):
                stream = state.record.stream(subject)
                if (head := stream[-1].id if stream else None) != seen:
                    yield from HeadStale(subject, head, f"/follows/{n}").objections
        if statement.seen is not None:
            root = self.root(statement.seen.size) if statement.seen.size <= state.size else None
            if root != statement.seen.root:
                yield from SeenInconsistent(statement.seen, state.size, root).objections

    # Within

    @contextmanager
    def _followed(self) -> Iterator[KeptState]:
        with self._lock, self._entries.snapshot():
            follow(self._state, self._entries, self._entries.head())
            self._state.settle()
            yield self._state

    def _record(self, state: KeptState, size: int) -> Record:
        if self._past is None or self._past[0] != size:
            record = state.record_at(size)
            if record is state.record:
                return record
            self._past = (size, record)
        return self._past[1]


def rebuilt(entries: EntryReader, progress: Progress = silent) -> KeptState:
    """The state at the end of the log, opened anew. Raises NotFounded, LogCorrupt."""
    head = entries.head()
    if head.size == 0:
        raise NotFounded("no founding statement is recorded: found the ledger first")
    state = KeptState.opened(entries, head.size, progress)
    _require_head(state, head)
    _require_signed(state, entries)
    gc.set_threshold(*COLLECTED_EVERY)
    return state


def spare_collector() -> None:
    """What was folded stays as long as the ledger is open: the collector need not walk it at every answer. What an earlier
    opening left behind is let go of first."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def follow(state: KeptState, entries: EntryReader, head: Head) -> None:
    """Takes in what was appended since. Raises LogCorrupt where the log is not the one the state was folded from."""
    if head.size < state.size:
        raise LogCorrupt(f"it had {state.size} entries and has {head.size} now")
    for raw in entries.entries(state.size, head.size):
        state.replay(raw)
    _require_head(state, head)


def _require_head(state: KeptState, head: Head) -> None:
    if state.frontier.to_bytes() != head.frontier:
        raise LogCorrupt(f"the tree over its {state.size} entries is not the one its head keeps")


def _require_signed(state: KeptState, entries: EntryReader) -> None:
    """The checkpoint over the whole log is signed by a key of its register, and has the root of these entries."""
    stored = entries.checkpoint(state.size)
    if stored is None:
        raise LogCorrupt(f"no checkpoint covers its {state.size} entries")
    signed = open_checkpoint(stored.note, verifiers_of(state.register))
    if (signed.origin, signed.size, signed.root) != (state.register.origin, state.size, state.frontier.root()):
        raise LogCorrupt("the checkpoint over it is of another tree")


def require_continues(entries: EntryReader, register: Register, size: int, published: bytes) -> None:
    """The ledger of `size` entries holds all that a published checkpoint shows. Raises LogBehind, or what opening it does."""
    shown = open_checkpoint(published, verifiers_of(register))
    if shown.origin != register.origin:
        raise LogBehind(f"the published checkpoint is of the log {shown.origin}, this is {register.origin}", published)
    if shown.size > size:
        raise LogBehind(f"{shown.size} entries are published, this ledger has {size}", published)
    if root_at(entries, shown.size) != shown.root:
        raise LogBehind(f"of the {shown.size} published entries this ledger has another history", published)


def verifiers_of(register: Register) -> tuple[VerifierKey, ...]:
    """The log's keys that a register names, in its order."""
    return tuple(VerifierKey.parse(spelled) for spelled in register.log_vkeys)


def root_at(entries: EntryReader, size: int) -> bytes:
    """The root of the tree of the first `size` entries."""
    return Frontier.read(size, TileHashes(size, entries.tile)).root()


def proving_checkpoint(entries: EntryReader, index: int) -> StoredCheckpoint:
    """The checkpoint to prove an entry under. Raises Unrecorded."""
    own = entries.checkpoint_covering(index) if index >= 0 else None
    if own is None:
        raise Unrecorded(f"the log has no entry {index}")
    if own.cosigned is None:
        latest = entries.latest_cosigned()
        if latest is not None and latest.size > index:
            return latest
    return own


def _within(size: int, whole: int) -> int:
    if not 0 < size <= whole:
        raise Unrecorded(f"the log has {whole} entries, not {size}")
    return size


def _unseen(state: KeptState, act: Act) -> int:
    """As `Record.unseen`, of an act that is not recorded."""
    found = 0
    for subject, seen in zip(act.subjects, act.follows, strict=True):
        place = state.record.place(subject, seen) if seen is not None else None
        known = place if place is not None else -1
        found = max(found, len(state.record.stream(subject)) - known - 1)
    return found
