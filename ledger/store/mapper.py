"""Between the domain event and its stored form, without touching the bytes (DESIGN section 4).

The library's default mapper re-encodes state, stores Python class paths and skips constructors. This one keeps the
entry verbatim as the stored state, the wire name as topic, and builds both sides through their validating
constructors, so bytes that do not hash to their leaf pass in neither direction.

Not done: encryption or compression of entries. What is hashed is what is stored.
"""

from __future__ import annotations

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Cipher, Compressor, JSONTranscoder, Mapper, StoredEvent, Transcoder

from ledger.store.events import RecordedEntry, StatementRecorded, StoredEntry


class LedgerMapper(Mapper[str]):
    """Maps `StatementRecorded` to `StoredEntry`, and `RecordedEntry` back. Raises TypeError for anything else."""

    def __init__(
        self,
        transcoder: Transcoder | None = None,
        compressor: Compressor | None = None,
        cipher: Cipher | None = None,
    ) -> None:
        if compressor is not None or cipher is not None:
            raise ValueError("entries are stored verbatim: no compressor, no cipher")
        super().__init__(transcoder or JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEntry:
        if not isinstance(domain_event, StatementRecorded):
            raise TypeError(f"only StatementRecorded is stored, not {type(domain_event).__name__}")
        return StoredEntry(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.topic,
            state=domain_event.entry,
            statement_id=domain_event.statement_id,
            leaf_hash=domain_event.leaf_hash,
            subjects=domain_event.subjects,
            recorded_at=domain_event.recorded_at,
            filed=domain_event.filed,
            introduced=domain_event.introduced,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> StatementRecorded:
        if not isinstance(stored_event, RecordedEntry):
            raise TypeError(f"only RecordedEntry is read back, not {type(stored_event).__name__}")
        return StatementRecorded(
            originator_id=stored_event.originator_id,
            originator_version=stored_event.originator_version,
            topic=stored_event.topic,
            entry=stored_event.state,
            statement_id=stored_event.statement_id,
            leaf_hash=stored_event.leaf_hash,
            subjects=stored_event.subjects,
            recorded_at=stored_event.recorded_at,
        )
