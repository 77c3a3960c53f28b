"""The use cases of a ledger that records: found it, submit to it, cosign its checkpoints, refuse with a signature.

    envelope ─▶ prepare (no lock) ─▶ append: lock ─▶ catch up ─▶ judge in order ─▶ one transaction ─▶ receipts

Guarantees (DESIGN sections 2 and 4): a batch becomes durable whole, with one checkpoint, or not at all; one bad
statement never fails its neighbours; nobody is answered before the commit is durable, and nobody is answered wrongly
when it is unknown whether it was; each statement is judged against everything recorded before it, whoever recorded it.
The state kept for judging is dropped and folded anew after any failure.

This is the library's `Application`: entries go through its event store and our mapper to our recorder. Reading is
`ledger.reading`, steps of admission `ledger.appending`, collecting concurrent submissions `ledger.sequencer`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from eventsourcing.application import Application

from domain.identifiers import REGISTER, StatementId, SubjectId
from domain.objections import Objection, Refused
from domain.register import Register
from ledger.appending import Accepted, Appending, Prepared, Refusal, prepare
from ledger.errors import LedgerError, Malformed
from ledger.kept_state import KeptState, Progress, silent
from ledger.log.checkpoint import Checkpoint, cosign, open_checkpoint, sign_checkpoint
from ledger.log.keys import Cosigner, Signer
from ledger.log.merkle import EMPTY_ROOT, TileHashes, prove_appended, prove_inclusion
from ledger.log.receipt import format_receipt
from ledger.reading import LedgerReader, follow, proving_checkpoint, rebuilt, require_continues, root_at, verifiers_of
from ledger.recording_clock import ClockRefused, Now, RecordingClock, utc_now
from ledger.statements.entry import format_recorded_at
from ledger.statements.envelope import StatementKey, parse_envelope
from ledger.statements.refusal import Refusal as SignedRefusal
from ledger.statements.refusal import sign_refusal
from ledger.statements.schema import parse_statement
from ledger.store import schema
from ledger.store.datastore import Datastore
from ledger.store.errors import CommitUnknown, StoreBusy, StoreConflict, StoreError, StoreForeign, StoreUnavailable
from ledger.store.events import Head
from ledger.store.factory import STORE_URL
from ledger.store.reader import EntryReader
from ledger.store.recorder import LedgerRecorder


class KeysForeign(LedgerError):
    """A key the ledger was opened with is not the one its register names."""


@dataclass(frozen=True, slots=True)
class LedgerKeys:
    """The ledger's own private keys. `signer` (Ed25519) and `cosigner` (ML-DSA-44) are named as the origin."""

    signer: Signer
    cosigner: Cosigner
    service: StatementKey


@dataclass(frozen=True, slots=True)
class Recorded:
    """A durable entry. `index` from 0; `note` and `proof` are of the checkpoint that proves it; `new` is False where
    the same statement was recorded before."""

    index: int
    statement: StatementId
    entry: bytes
    note: bytes
    proof: tuple[bytes, ...]
    new: bool

    @property
    def receipt(self) -> bytes:
        """The receipt (c2sp.org/tlog-proof)."""
        return format_receipt(self.index, self.proof, self.note)


Outcome = Recorded | Refusal


class Ledger(Application[str]):
    """A ledger that can be written. Safe to share between threads; appends serialise, in this process and between."""

    name = "ledger"
    recorder: LedgerRecorder

    def __init__(self, url: str, keys: LedgerKeys, clock: RecordingClock) -> None:
        """Use `open` or `create`."""
        super().__init__({"PERSISTENCE_MODULE": "ledger.store.factory", STORE_URL: url})
        self._keys = keys
        self._clock = clock
        self._appending = threading.RLock()
        self._reading = threading.Lock()
        self._state: KeptState | None = None
        self._reader: LedgerReader | None = None

    @classmethod
    def open(
        cls,
        url: str,
        keys: LedgerKeys,
        now: Now = utc_now,
        second: Now | None = None,
        progress: Progress = silent,
        published: bytes | None = None,
    ) -> Self:
        """The ledger at an address, to be written. `second`: another clock to compare `now` with. `published`: a
        checkpoint of it that others may hold; a ledger restored from an older copy is not opened.

        Raises StoreError, NotFounded, LogCorrupt, KeysForeign, LogBehind.
        """
        ledger = cls(url, keys, RecordingClock(now, second))
        try:
            ledger._state = rebuilt(ledger.recorder, progress)
            _require_named(keys, ledger._state.register)
            if published is not None:
                require_continues(ledger.recorder, ledger._state.register, ledger._state.size, published)
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    def create(cls, url: str, founding: bytes, keys: LedgerKeys, now: Now = utc_now) -> Self:
        """A new ledger, founded by an envelope; where an earlier attempt died before its first entry, it is completed.

        Raises Malformed, Refused or KeysForeign before anything is made, StoreForeign where the place is taken.
        """
        clock = RecordingClock(now)
        prepared, state = _founding(founding)
        trial = Appending(state, {}, {}, clock.next_after(None), lambda size: EMPTY_ROOT, _no_entry)
        trial.take(prepared)
        _require_named(keys, state.register)
        try:
            schema.create(url)
        except StoreForeign:
            if not _unfounded(url):
                raise
        ledger = cls(url, keys, clock)
        try:
            ledger._state = _founding(founding)[1]
            (outcome,) = ledger.append([prepared])
            if not isinstance(outcome, Recorded):
                raise outcome
            ledger._state = None  # it holds what it judged; opened anew it reads what it is asked for
        except BaseException:
            ledger.close()
            raise
        return ledger

    def close(self) -> None:
        """Closes all connections."""
        super().close()
        self.factory.close()

    @property
    def reader(self) -> LedgerReader:
        """Everything that can be asked, on the same connections. Its state is its own: asking never delays appending."""
        with self._reading:
            if self._reader is None:
                self._reader = LedgerReader(self.recorder, self._clock.read)
            return self._reader

    # Submitting

    def submit(self, envelope: bytes) -> Recorded:
        """Records one statement. Raises Malformed, Refused, ClockRefused, StoreError."""
        (outcome,) = self.append([self.prepare(envelope)])
        if isinstance(outcome, Recorded):
            return outcome
        raise outcome

    def submit_many(self, envelopes: Iterable[bytes]) -> list[Outcome]:
        """Records what can be recorded of these, in order, in one transaction. Raises ClockRefused, StoreError."""
        prepared: list[Prepared | Malformed] = []
        for envelope in envelopes:
            try:
                prepared.append(self.prepare(envelope))
            except Malformed as malformed:
                prepared.append(malformed)
        outcomes = iter(self.append([one for one in prepared if isinstance(one, Prepared)]))
        return [next(outcomes) if isinstance(one, Prepared) else one for one in prepared]

    def prepare(self, envelope: bytes) -> Prepared:
        """Parses and verifies a submission, without the lock: the work to do in many threads. Raises Malformed."""
        return prepare(envelope, self.register)

    def append(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Judges a batch in order and makes what is accepted durable. Raises ClockRefused, StoreError: nothing of the
        batch is recorded then, except after CommitUnknown, when it may be: submitting again tells."""
        if not batch:
            return []
        with self._appending:
            state = self._kept()
            before = state.size
            try:
                return self._append(state, batch)
            except BaseException as error:
                # Stopped before anything was taken in, the state is still that of the store.
                if not isinstance(error, StoreBusy | ClockRefused) or state.size != before:
                    self._state = None
                raise

    @property
    def register(self) -> Register:
        """The register as of the last append of this process."""
        state = self._state
        if state is None:
            with self._appending:
                state = self._kept()
        return state.register

    # What the ledger signs beside entries

    def cosign_latest(self) -> bytes | None:
        """Adds the ML-DSA-44 cosignature to the latest checkpoint and returns it; None if it has it already."""
        stored = self.recorder.latest_checkpoint()
        if stored is None or stored.cosigned is not None:
            return None
        signed = open_checkpoint(stored.note, verifiers_of(self.register))
        note = cosign(signed, self._keys.cosigner, int(self._clock.read().timestamp()))
        try:
            self.recorder.add_cosigned(stored.size, note)
        except StoreConflict:
            # Another process was faster; its cosignature is as good.
            return None
        return note

    def refuse(self, statement: StatementId, objections: Sequence[Objection]) -> bytes:
        """The refusal of a statement, signed with the service key: what the refused holds against us.

        It names as many of the objections, from the first, as fit into a refusal.
        """
        reader = self.reader
        refusal = SignedRefusal(reader.name, statement, tuple(objections), reader.size, self._clock.read())
        while True:
            try:
                return sign_refusal(refusal, self._keys.service).to_bytes()
            except Malformed:
                if len(refusal.objections) < 2:
                    raise
                refusal = replace(refusal, objections=refusal.objections[: len(refusal.objections) // 2])

    # Within an append

    def _kept(self) -> KeptState:
        if self._state is None:
            self._state = rebuilt(self.recorder)
        return self._state

    def _append(self, state: KeptState, batch: Sequence[Prepared]) -> list[Outcome]:
        taken: list[Accepted | Refusal] = []
        note = None
        try:
            subjects = {REGISTER, *(subject for prepared in batch for subject in prepared.statement.subjects)}
            statements = [prepared.statement.id for prepared in batch]
            with self.recorder.locked(subjects, statements) as head:
                follow(state, self.recorder, head)
                state.settle()
                before = state.frontier
                state.record.fetch(subjects - {REGISTER})
                appending = self._begin(state, subjects, statements)
                for prepared in batch:
                    try:
                        taken.append(appending.take(prepared))
                    except (Malformed, Refused) as refusal:
                        taken.append(refusal)
                if appending.events:
                    note = self._write(appending, state, head)
        except CommitUnknown as error:
            self._resolve(taken, error)
        proofs = iter(prove_appended(before, [event.leaf_hash for event in appending.events]))
        return [self._outcome(one, note, proofs) for one in taken]

    def _begin(self, state: KeptState, subjects: Iterable[SubjectId], statements: Iterable[StatementId]) -> Appending:
        recorder = self.recorder
        return Appending(
            state,
            recorder.stream_heads(subjects),
            recorder.indexes_of(statements),
            self._clock.next_after(state.recorded_at),
            lambda size: root_at(recorder, size),
            lambda index: next(iter(recorder.entries(index, index + 1))),
        )

    def _write(self, appending: Appending, state: KeptState, head: Head) -> bytes:
        # `save` would look into each of them for pending events of aggregates; there are none.
        self.events.put(appending.events)
        added = sum(REGISTER in event.subjects for event in appending.events)
        assert state.recorded_at is not None, "an entry was appended"
        at = format_recorded_at(state.recorded_at)
        checkpoint = Checkpoint(state.register.origin, state.size, state.frontier.root())
        note = sign_checkpoint(checkpoint, [self._keys.signer])
        self.recorder.commit_head(Head(state.size, state.frontier.to_bytes(), at, head.register_count + added), note)
        return note

    def _resolve(self, taken: Sequence[Accepted | Refusal], error: CommitUnknown) -> None:
        """After a failure during COMMIT: returns if the batch is durable after all, which its first entry tells.

        It is looked up under the lock, in a transaction that writes: its own commit waits for the synchronous standby,
        and with it for all before it. A leader that crashed shows what nobody else has yet.

        Raises StoreUnavailable if it is not, and the CommitUnknown itself while nobody can tell.
        """
        self._state = None
        first = next((one for one in taken if isinstance(one, Accepted) and one.event is not None), None)
        if first is None:
            return
        try:
            with self.recorder.locked():
                found = self.recorder.find_statement(first.statement)
        except StoreError:
            raise error from None
        if found is None or found.entry != first.entry:
            raise StoreUnavailable(
                "The database failed while committing, and nothing was recorded",
                where=error.where,
                remedy="Submit again.",
            ) from error

    def _outcome(self, one: Accepted | Refusal, note: bytes | None, proofs: Iterator[tuple[bytes, ...]]) -> Outcome:
        if not isinstance(one, Accepted):
            return one
        if one.event is not None:
            assert note is not None, "what is new was written"
            return Recorded(one.index, one.statement, one.entry, note, next(proofs), True)
        covering = proving_checkpoint(self.recorder, one.index)
        proof = prove_inclusion(one.index, covering.size, TileHashes(covering.size, self.recorder.tile))
        return Recorded(one.index, one.statement, one.entry, covering.strongest, proof, False)


def _founding(raw: bytes) -> tuple[Prepared, KeptState]:
    """The founding statement, and the empty state it is judged in."""
    state = KeptState.before(parse_statement(parse_envelope(raw).payload))
    return prepare(raw, state.register), state


def _unfounded(url: str) -> bool:
    """Whether a ledger was prepared there that has no entry yet. Raises what the store raises for anything else."""
    datastore = Datastore(url)
    try:
        schema.check(datastore)
        return EntryReader(datastore).size() == 0
    finally:
        datastore.close()


def _require_named(keys: LedgerKeys, register: Register) -> None:
    for key, use in ((keys.signer.key, "sign"), (keys.cosigner.key, "cosign")):
        if key.format() not in register.log_vkeys:
            raise KeysForeign(f"the register names no log key {key.name}+{key.key_id.hex()} to {use} checkpoints with")
    if not register.service_keys or register.service_keys[-1].thumbprint != keys.service.kid:
        raise KeysForeign(f"the service key of the register is not {keys.service.kid}")


def _no_entry(index: int) -> bytes:
    raise AssertionError(f"an empty log has no entry {index}")
