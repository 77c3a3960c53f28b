"""PostgreSQL under a ledger: writers and servers killed at random, connections cut, two writers. Nothing acknowledged is lost.

The same on SQLite is in `test_application_faults`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, make_url, text

from ledger.application import Ledger
from ledger.audit import audit
from ledger.reading import LedgerReader
from ledger.store import driver
from ledger.store.errors import StoreUnavailable
from tests.ledger.crashes import kill_backends, kill_writers, missing
from tests.ledger.ledgers import Clock, House, founded_at, ledger_keys, signed
from tests.ledger.store.databases import empty_database, postgres
from tests.ledger.store.processes import run_together


@pytest.fixture(scope="module")
def server():
    # One of this module's own: killing a process of a server ends the connections of all.
    with postgres() as url:
        yield url


@pytest.fixture
def house(server) -> Iterator[House]:
    with empty_database(server) as url, founded_at(url) as house:
        yield house


@pytest.fixture
def url(house) -> str:
    return house.url


def killed(url: str, house: House, how: Callable[..., None], rounds: int, seed: int, folder: Path) -> None:
    house.ledger.close()
    told = folder / "acknowledged"
    assert run_together((how, url, rounds, seed, str(told)), seconds=60 + 3 * rounds) == [0]
    count, lost = missing(url, told)
    assert lost == []
    assert count >= rounds
    # No repair was needed: it opens, is sound, and goes on.
    assert audit(url).findings == ()
    with Ledger.open(url, ledger_keys(), Clock()) as ledger:
        ledger.submit(signed(House(ledger, Clock(), url).note("afterwards")))


def test_writers_killed_at_random_lose_nothing(url, house, tmp_path):
    killed(url, house, kill_writers, 20, 7, tmp_path)


@pytest.mark.soak
def test_writers_killed_five_hundred_times_lose_nothing(url, house, tmp_path):
    killed(url, house, kill_writers, 500, 11, tmp_path)


@pytest.mark.parametrize("moment", ["statement", "commit"])
def test_a_connection_cut_by_the_server_is_made_anew(url, house, moment, monkeypatch):
    engine = house.ledger.recorder._datastore.writer
    admin = create_engine(make_url(url), isolation_level="AUTOCOMMIT")

    cuts: list[str] = []

    def cut(connection, *_: object) -> None:
        if cuts:
            return
        cuts.append(moment)
        pid = connection.connection.dbapi_connection.info.backend_pid
        with admin.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    size = house.reader.size
    envelope = signed(house.note("note"))
    cursor_of = driver.cursor_of

    def cursor_of_a_cut_connection(connection):
        cut(connection)
        return cursor_of(connection)

    if moment == "statement":
        monkeypatch.setattr(driver, "cursor_of", cursor_of_a_cut_connection)
    else:
        event.listen(engine, moment, cut)
    with pytest.raises(StoreUnavailable):
        house.ledger.submit(envelope)
    admin.dispose()
    assert house.ledger.submit(envelope).index == size
    assert house.reader.size == size + 1


def write_beside(url: str, salt: str, batches: int) -> None:
    """In another process: batches on the one stream that all share."""
    with Ledger.open(url, ledger_keys(), Clock()) as ledger:
        house = House(ledger, Clock(), url)
        for number in range(batches):
            ledger.submit_many([signed(house.note(f"{salt} {number} {n}")) for n in range(3)])


def test_two_writers_on_one_database_keep_one_order_without_gaps(url, house):
    size = house.reader.size
    house.ledger.close()
    assert run_together((write_beside, url, "a", 10), (write_beside, url, "b", 10)) == [0, 0]
    assert audit(url).findings == ()
    with LedgerReader.open(url) as reader:
        assert reader.size == size + 60


def test_databases_killed_at_random_lose_nothing(url, house, tmp_path):
    killed(url, house, kill_backends, 3, 7, tmp_path)


@pytest.mark.soak
def test_databases_killed_a_hundred_times_lose_nothing(url, house, tmp_path):
    killed(url, house, kill_backends, 100, 11, tmp_path)
