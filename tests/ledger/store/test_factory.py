"""The factory names one ledger, and hands out nothing that a ledger does not have."""

import pytest
from eventsourcing.compressor import ZlibCompressor
from eventsourcing.persistence import InfrastructureFactory, NotSupportedError

from ledger.store.errors import StoreAbsent
from ledger.store.factory import STORE_URL, LedgerFactory
from ledger.store.mapper import LedgerMapper
from ledger.store.recorder import LedgerRecorder
from tests.ledger.store.logs import Log


def test_the_library_finds_the_factory_by_its_module(sqlite_url):
    factory = InfrastructureFactory.construct({"PERSISTENCE_MODULE": "ledger.store.factory", STORE_URL: sqlite_url})
    assert isinstance(factory, LedgerFactory)
    assert isinstance(factory.application_recorder(), LedgerRecorder)
    assert isinstance(factory.mapper(), LedgerMapper)
    factory.close()


def test_without_an_address_nothing_is_opened():
    with pytest.raises(StoreAbsent, match=STORE_URL):
        LedgerFactory({})


def test_a_ledger_has_no_snapshots_processes_or_other_mappers(sqlite_url):
    factory = LedgerFactory.open(sqlite_url)
    for refused in (
        factory.aggregate_recorder,
        factory.process_recorder,
        lambda: factory.mapper(mapper_class=LedgerMapper),
    ):
        with pytest.raises(NotSupportedError):
            refused()
    factory.close()


def test_a_compressor_in_the_environment_is_refused(sqlite_url, monkeypatch):
    monkeypatch.setenv("COMPRESSOR_TOPIC", f"{ZlibCompressor.__module__}:{ZlibCompressor.__name__}")
    with pytest.raises(ValueError, match="verbatim"):
        Log(sqlite_url)
