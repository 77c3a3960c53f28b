"""With synchronous replication, nothing is acknowledged that only one disk has: not what is new, not a repeat, not what is found
again after a commit whose connection was lost.

`synchronous_standby_names` names a standby that does not exist, so that no commit can be confirmed.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import pytest
from sqlalchemy import Engine, create_engine, text

from ledger.application import Ledger
from ledger.store.errors import CommitUnknown, StoreUnavailable
from tests.ledger.ledgers import Clock, House, founded_at, ledger_keys, signed
from tests.ledger.store.databases import empty_database, postgres

SECONDS = 0.7
"""How long an acknowledgement is awaited that must not come; with a standby it takes a few milliseconds."""


@pytest.fixture(scope="module")
def server():
    # One of this module's own: its settings are changed.
    with postgres() as url:
        yield url


@pytest.fixture
def admin(server) -> Iterator[Engine]:
    engine = create_engine(server, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    yield engine
    wait_for(engine, "")
    engine.dispose()


@pytest.fixture
def house(server, admin) -> Iterator[House]:
    with empty_database(server) as url, founded_at(url) as house:
        yield house
        wait_for(admin, "")


def wait_for(admin: Engine, standby: str) -> None:
    """Commits wait for this standby from now on."""
    with admin.connect() as connection:
        connection.execute(text(f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'"))
        connection.execute(text("SELECT pg_reload_conf()"))
    for _ in range(500):
        with admin.connect() as connection:
            if connection.execute(text("SHOW synchronous_standby_names")).scalar_one() == standby:
                connection.execute(text("SELECT pg_sleep(0.1)"))
                return
    raise AssertionError("the setting did not take effect")


def assert_waits(house: House, envelope: bytes, admin: Engine) -> tuple[int, bool]:
    """Submits it; asserts that nothing is acknowledged before the standby is there. Where, and whether as new."""
    with ThreadPoolExecutor(1) as thread:
        submitted = thread.submit(house.ledger.submit, envelope)
        try:
            with pytest.raises(NotYet):
                submitted.result(SECONDS)
        finally:
            wait_for(admin, "")
        recorded = submitted.result(20)
    return recorded.index, recorded.new


def test_what_is_new_waits_for_the_standby(house, admin):
    wait_for(admin, "nobody")
    assert assert_waits(house, signed(house.note("new")), admin) == (6, True)


def test_a_repeat_waits_for_the_standby(house, admin):
    envelope = signed(house.note("again"))
    house.ledger.submit(envelope)
    wait_for(admin, "nobody")
    assert assert_waits(house, envelope, admin) == (6, False)


def test_what_is_found_after_a_lost_commit_waits_for_the_standby(house, admin, monkeypatch):
    dialect = house.ledger.recorder._datastore.writer.dialect
    commit = dialect.do_commit
    envelope = signed(house.note("unheard"))

    def lose(connection):
        commit(connection)
        monkeypatch.undo()
        wait_for(admin, "nobody")
        raise dialect.dbapi.OperationalError("the connection is lost")

    monkeypatch.setattr(dialect, "do_commit", lose)
    assert assert_waits(house, envelope, admin) == (6, True)


def test_a_server_that_does_not_wait_for_its_standbys_is_not_written_to(house, admin):
    with admin.connect() as connection:
        name = connection.execute(text("SELECT current_user")).scalar_one()
        connection.execute(text(f'ALTER ROLE "{name}" SET synchronous_commit = local'))
    try:
        with (
            Ledger.open(house.url, ledger_keys(), Clock()) as ledger,
            pytest.raises(StoreUnavailable, match="synchronous_commit local"),
        ):
            ledger.submit(signed(house.note("unread")))
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'ALTER ROLE "{name}" RESET synchronous_commit'))


def test_a_commit_whose_wait_was_cancelled_is_not_acknowledged(house, admin):
    wait_for(admin, "nobody")
    waiting = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    with ThreadPoolExecutor(1) as thread:
        submitted = thread.submit(house.ledger.submit, signed(house.note("cancelled")))
        try:
            for _ in range(2):
                with pytest.raises(NotYet):
                    submitted.result(SECONDS)
                with admin.connect() as connection:
                    assert connection.execute(text(waiting)).all() == [(True,)]
            # Committed here and nowhere else, and looked for in vain: nobody can tell.
            with pytest.raises(CommitUnknown):
                submitted.result(20)
        finally:
            wait_for(admin, "")
    assert house.ledger.submit(signed(house.note("cancelled"))).index in (6, 7)
