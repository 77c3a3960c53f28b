"""A small founded ledger on each database."""

import pytest

from tests.ledger.ledgers import founded, founded_at
from tests.ledger.store.databases import empty_database, postgres


@pytest.fixture(scope="module")
def server():
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, tmp_path):
    if request.param == "sqlite":
        with founded(tmp_path) as house:
            yield house
        return
    with empty_database(request.getfixturevalue("server")) as url, founded_at(url) as house:
        yield house
