"""How far each projection has read, recorded in the transaction that changes its view: exactly once.

Guarantees: an entry's effect on a view and the note that it was processed commit together or not at all; the same or
an earlier entry cannot be processed again, whoever tries (DESIGN section 4).

Not done: the views. Projections subclass `LedgerTrackingRecorder` and write inside `tracked`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eventsourcing.persistence import Tracking, TrackingRecorder
from sqlalchemy import Connection, insert, select, update

from ledger.store import tables
from ledger.store.datastore import Datastore
from ledger.store.errors import StoreConflict


class LedgerTrackingRecorder(TrackingRecorder):
    """Base of every projection's view on the ledger's own database."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    @contextmanager
    def tracked(self, tracking: Tracking) -> Iterator[Connection]:
        """A transaction in which the entry at `tracking.notification_id` is processed; commits on a normal exit.

        Raises `StoreConflict` (an IntegrityError) before anything is written if it was processed already.
        """
        with self._datastore.writing() as connection:
            self._advance(connection, tracking)
            yield connection

    def insert_tracking(self, tracking: Tracking) -> None:
        with self.tracked(tracking):
            pass

    def max_tracking_id(self, application_name: str) -> int | None:
        row = tables.tracking.c
        with self._datastore.reading() as connection:
            return connection.execute(
                select(row.notification_id).where(row.application_name == application_name)
            ).scalar_one_or_none()

    def _advance(self, connection: Connection, tracking: Tracking) -> None:
        row = tables.tracking.c
        advanced = connection.execute(
            update(tables.tracking)
            .where(row.application_name == tracking.application_name, row.notification_id < tracking.notification_id)
            .values(notification_id=tracking.notification_id)
        )
        if advanced.rowcount == 1:
            return
        present = connection.execute(
            select(row.notification_id).where(row.application_name == tracking.application_name)
        ).scalar_one_or_none()
        if present is not None:
            raise StoreConflict(
                f"{tracking.application_name} has processed {present} already, not again {tracking.notification_id}",
                where=self._datastore.where,
                remedy="Nothing was written. Look for a second runner of this projection.",
            )
        connection.execute(
            insert(tables.tracking).values(
                application_name=tracking.application_name, notification_id=tracking.notification_id
            )
        )
