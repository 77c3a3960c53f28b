"""Each store test that asks for `url` or `log` runs on every database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from ledger.store import schema
from tests.ledger.store.databases import KINDS, empty_database, postgres, postgres_15
from tests.ledger.store.logs import Log


@pytest.fixture(scope="session")
def postgresql() -> Iterator[URL]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_15() -> Iterator[URL]:
    with postgres_15() as server:
        yield server


@pytest.fixture(params=KINDS)
def empty_url(request, tmp_path) -> Iterator[str]:
    """The address of a database without tables (for SQLite: of no file yet)."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    with empty_database(request.getfixturevalue(request.param.replace("-", "_"))) as address:
        yield address


@pytest.fixture
def url(empty_url) -> str:
    schema.create(empty_url)
    return empty_url


@pytest.fixture
def log(url) -> Iterator[Log]:
    with Log(url) as opened:
        yield opened


@pytest.fixture
def sqlite_url(tmp_path) -> str:
    address = f"sqlite:///{tmp_path / 'ledger.db'}"
    schema.create(address)
    return address
