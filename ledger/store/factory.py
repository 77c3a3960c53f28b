"""The library's infrastructure factory for a ledger: names one database and hands out what reads and writes it.

    LedgerApplication(env={"PERSISTENCE_MODULE": "ledger.store.factory", "LEDGER_STORE_URL": "sqlite:///…"})

Guarantees: nothing is handed out before the database is proved to be a ledger of this schema (`schema.check`).
Opening never creates one; `schema.create` does.

Not offered, because a ledger has none: snapshots, process recorders, ciphers, compressors.
"""

from __future__ import annotations

from typing import Never, cast

from eventsourcing.domain import TAggregateID
from eventsourcing.persistence import (
    InfrastructureFactory,
    Mapper,
    NotSupportedError,
    Transcoder,
)
from eventsourcing.utils import Environment, EnvType

from ledger.store import schema
from ledger.store.datastore import Datastore
from ledger.store.errors import StoreAbsent
from ledger.store.mapper import LedgerMapper
from ledger.store.recorder import LedgerRecorder
from ledger.store.tracking import LedgerTrackingRecorder

STORE_URL = "LEDGER_STORE_URL"


class LedgerFactory(InfrastructureFactory[LedgerTrackingRecorder]):
    """Opens the ledger at `LEDGER_STORE_URL`.

    Raises `StoreAbsent`, `StoreForeign`, `StoreOutdated`, `StoreCorrupt`, `StoreUnavailable`.
    """

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        url = self.env.get(STORE_URL)
        if not url:
            raise StoreAbsent(
                "No ledger is named", where=f"environment {STORE_URL}", remedy="Set it, or use LedgerFactory.open."
            )
        self.datastore = Datastore(url)
        try:
            schema.check(self.datastore)
            self._recorder = LedgerRecorder(self.datastore)
        except BaseException:
            self.datastore.close()
            raise

    @classmethod
    def open(cls, url: str) -> LedgerFactory:
        """The factory for one address, whatever the process environment says."""
        return cls({STORE_URL: url})

    def mapper(
        self, transcoder: Transcoder | None = None, mapper_class: type[Mapper[TAggregateID]] | None = None
    ) -> Mapper[TAggregateID]:
        if mapper_class is not None:
            raise NotSupportedError("a ledger has its own mapper")
        # The library leaves the type of ids open; a ledger's are str.
        return super().mapper(transcoder, cast("type[Mapper[TAggregateID]]", LedgerMapper))

    def application_recorder(self) -> LedgerRecorder:
        """The one recorder of this factory: subscriptions hear its appends."""
        return self._recorder

    def tracking_recorder(
        self, tracking_recorder_class: type[LedgerTrackingRecorder] | None = None
    ) -> LedgerTrackingRecorder:
        return (tracking_recorder_class or LedgerTrackingRecorder)(self.datastore)

    def aggregate_recorder(self, purpose: str = "events") -> Never:
        raise NotSupportedError(f"a ledger keeps no {purpose} beside its entries")

    def process_recorder(self) -> Never:
        raise NotSupportedError("a ledger's entries are signed statements, never the output of another log")

    def close(self) -> None:
        self.datastore.close()
