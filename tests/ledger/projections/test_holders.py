"""Lists of holders, on each database: pages, clocks, parties; over HTTP they are tested in tests/api/test_holders.py."""

from typing import Any

import pytest

from domain.errors import Malformed
from ledger.cli.app import run
from ledger.projections.holders import Holders, HoldersAsked, ViewsUnbuilt, asked_of
from ledger.projections.projection import LedgerProjection
from ledger.projections.view import LedgerView
from ledger.store.datastore import Datastore
from tests.ledger.ledgers import ANNA, BODO, START


@pytest.fixture
def projection(house):
    datastore = Datastore(house.url)
    yield LedgerProjection(LedgerView(datastore), house.reader.reading)
    datastore.close()


def asked(
    effective: str | None = None, holder: str | None = None, cursor: str | None = None, limit: int = 9
) -> HoldersAsked:
    return asked_of(effective, "title", holder, cursor, limit, START)


def held(told: Any) -> list[tuple[str, str, str]]:
    return [(item["asset"], item["holder"], item["share"]) for item in told["holdings"]]


def test_pages_and_parties(house, projection):
    for n in range(5):
        house.submit(house.registered(f"asset:ship-{n}"))
        house.submit(house.declared(f"asset:ship-{n}"))
        house.submit(house.sale("1/4", "2024-02-29", f"asset:ship-{n}"))
    with pytest.raises(ViewsUnbuilt):
        Holders(projection.view, house.reader.reading).tell(asked())
    projection.catch_up()
    holders = Holders(projection.view, house.reader.reading)
    for effective in (None, "2024-02-29", "2024-02-28", "2024-02-28T23:00:00Z"):
        for holder in (None, ANNA, BODO):
            found: list[tuple[str, str, str]] = []
            cursor = None
            while True:
                told: Any = holders.tell(asked(effective, holder, cursor, 2))
                found += held(told)
                cursor = told["next"]
                if cursor is None:
                    break
            whole = held(holders.tell(asked(effective, holder, limit=100)))
            assert found == whole
            assert len(whole) == {None: 11, ANNA: 6, BODO: 5}[holder] - (
                {None: 5, ANNA: 0, BODO: 5}[holder] if effective == "2024-02-28" else 0
            )
            assert all(one == holder for _, one, _ in whole) or holder is None


@pytest.mark.parametrize(
    "cursor", ["", "x", "2024-02-29~asset:port~1", "2024-02-30~port~1", "2024-02~port~1", "~port~1"]
)
def test_a_cursor_that_no_page_named(cursor):
    with pytest.raises(Malformed):
        asked(None, None, cursor)


def test_the_command(house, capsys):
    house.submit(house.sale("1/4"))
    at = ["--ledger", house.url]
    assert run(["holders", *at]) == 0
    out = capsys.readouterr().out
    assert "Holders of title at 20" in out
    assert f"as of {house.reader.size} entries" in out
    assert "Asset:Port (asset:port)" in out
    assert "75 %" in out
    assert "[5, 6]" in out or "[6]" in out
    assert run(["holders", "--effective", "2024-02-28", "--holder", "bodo", *at]) == 0
    out = capsys.readouterr().out
    assert "at the end of 2024-02-28 in each asset's zone" in out
    assert "Nothing is held." in out
    assert run(["holders", "--limit", "1", *at]) == 0
    out = capsys.readouterr().out
    cursor = out.rpartition("--cursor ")[2].strip()
    assert run(["holders", "--limit", "1", "--cursor", cursor, *at]) == 0
    assert "25 %" in capsys.readouterr().out
    assert run(["holders", "--cursor", cursor, "--effective", "2024-02-28", *at]) == 2
    assert run(["holders", "--effective", "2024", *at]) == 2


def test_the_command_tells_where_it_cannot_catch_up(house, capsys, monkeypatch):
    assert run(["holders", "--ledger", house.url]) == 0
    house.submit(house.sale("1/4"))
    capsys.readouterr()

    def fails(self, *_):
        raise house_is_read_only

    house_is_read_only = ViewsUnbuilt("this file is read-only")
    monkeypatch.setattr(LedgerView, "write", fails)
    assert run(["holders", "--ledger", house.url]) == 0
    out = capsys.readouterr().out
    assert "Behind: there are 7 entries. this file is read-only" in out
    assert "100 %" in out
