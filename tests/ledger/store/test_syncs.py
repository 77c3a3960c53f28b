"""What SQLite writes is on the disk before anybody is told, and in an order that survives a loss of power at any moment."""

import itertools

import pytest

from tests.ledger.store.file_calls import file_calls
from tests.ledger.store.logs import Log

SHIP = ("asset:ship",)
LOG, FILE = "ledger.db-wal", "ledger.db"


@pytest.fixture
def watched(sqlite_url):
    with file_calls() as seen, Log(sqlite_url) as log:
        yield log, seen


def order(seen):
    """The calls without repetitions in a row."""
    return [call for call, _ in itertools.groupby(seen)]


def test_an_append_is_synced_after_its_last_write_and_before_it_is_acknowledged(watched):
    log, seen = watched
    log.append(SHIP)
    for batch in (1, 1, 7, 100):
        seen.clear()
        log.append(*[SHIP] * batch)
        assert order(seen) == [("write", LOG), ("sync", LOG)], batch


def test_with_less_than_full_synchronous_it_would_not_be(watched):
    """What the test above rests on: the calls are seen, and it is the setting that makes them."""
    log, seen = watched
    log.append(SHIP)
    with log.recorder._datastore.connection() as connection:
        connection.exec_driver_sql("PRAGMA synchronous = NORMAL").close()
        connection.exec_driver_sql("CREATE TABLE beside (n INTEGER)").close()
        seen.clear()
        connection.exec_driver_sql("BEGIN IMMEDIATE").close()
        connection.exec_driver_sql("INSERT INTO beside VALUES (1)").close()
        connection.exec_driver_sql("COMMIT").close()
        connection.exec_driver_sql("PRAGMA synchronous = FULL").close()
    assert order(seen) == [("write", LOG)]


def test_pages_reach_the_file_only_after_the_log_and_the_log_starts_anew_only_after_the_file(watched):
    log, seen = watched
    log.append(*[SHIP] * 20)
    seen.clear()
    with log.recorder._datastore.connection() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(RESTART)").close()
    assert order(seen) == [("sync", LOG), ("write", FILE), ("sync", FILE)]
    seen.clear()
    log.append(SHIP)
    # The new header of the log is on the disk before any page after it: old pages are never taken for new ones.
    assert order(seen) == [("write", LOG), ("sync", LOG), ("write", LOG), ("sync", LOG)]
