"""What can go wrong with the durable log, each in three sentences: what happened, where, and what to do.

    LedgerError
    └── StoreError
        ├── StoreAbsent         no ledger at this address
        ├── StoreForeign        a database, but not a ledger
        ├── StoreOutdated       a ledger of another schema version
        ├── StoreCorrupt        what is stored contradicts itself           (library: DatabaseError)
        ├── StoreBusy           another writer holds the lock               (library: OperationalError)
        ├── StoreUnavailable    disk full, read-only, connection lost       (library: OperationalError)
        │   └── CommitUnknown   failed during COMMIT: it may have happened
        ├── StoreConflict       the row is already there                    (library: IntegrityError)
        ├── AppendRefused       the caller broke the order of an append     (library: ProgrammingError)
        └── OutOfRange          no such entry yet

Each also is the `eventsourcing` exception of that meaning, so that library code which waits for one sees it.
"""

from __future__ import annotations

from eventsourcing.persistence import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
)

from ledger.errors import LedgerError


class StoreError(LedgerError):
    """Base of everything the store raises. `where` is the database's address without its password."""

    def __init__(self, what: str, *, where: str, remedy: str) -> None:
        super().__init__(f"{what} ({where}). {remedy}")
        self.what = what
        self.where = where
        self.remedy = remedy


class StoreAbsent(StoreError):
    """There is no ledger at this address."""


class StoreForeign(StoreError):
    """The address holds something that is not a ledger of ours; nothing was written to it."""


class StoreOutdated(StoreError):
    """The ledger was written by another version of the schema."""


class StoreCorrupt(StoreError, DatabaseError):
    """What is stored contradicts itself. `position` (from 1) names the entry, where it is known."""

    def __init__(self, what: str, *, where: str, remedy: str, position: int | None = None) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.position = position


class StoreBusy(StoreError, OperationalError):
    """Another writer held the lock for longer than the wait allowed. Nothing was written; try again."""


class StoreUnavailable(StoreError, OperationalError):
    """The database cannot be written or reached: disk full, read-only, connection lost. Nothing was written."""


class CommitUnknown(StoreUnavailable):
    """The failure came during COMMIT: the append may or may not be durable. Read the head before answering anyone."""


class StoreConflict(StoreError, IntegrityError):
    """A row with this key is already there, or a rule of the database refused the row. Nothing was written."""


class AppendRefused(StoreError, ProgrammingError):
    """The caller broke the order of an append (lock, insert, commit the head). The transaction is rolled back."""


class OutOfRange(StoreError, IndexError):
    """An entry, node or checkpoint was asked for that the log does not have."""
