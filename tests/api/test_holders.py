"""What is listed from the views is what the full answers say, as of the entries it names."""

import time
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text

from api.open_ledger import OpenLedger
from api.problem_types import PROBLEM_TYPES
from domain.answers import Asked, understand
from domain.answers_assets import show
from domain.identifiers import SubjectId
from ledger.cli.app import run
from ledger.projections.holders import HeldRight, Holders, asked_of
from ledger.projections.projection import LedgerProjection
from ledger.projections.rows import HoldingRow, RowMaker
from ledger.projections.view import LedgerView
from ledger.reading import LedgerReader
from ledger.store import roles
from ledger.store.datastore import Datastore
from tests.api.servers import running, served, serving, settings
from tests.ledger.ledgers import ANNA, BODO, PORT, START, founded, founded_at, ledger_keys
from tests.ledger.store.databases import empty_database, postgres

PATH = "/v1/holdings"
RIGHTS: tuple[HeldRight, ...] = ("title", "votes", "economic")


def abreast(found) -> None:
    """The views have taken in what is recorded."""
    found.opened.views.view.wait_for(found.opened.reader.size, 20)


def held(answer) -> list[tuple[str, object, object]]:
    return [(item["asset"], item["holder"], item["share"]) for item in answer.json()["holdings"]]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """Ships in three zones, sold on one day; a company whose votes are held apart."""
    with served(tmp_path_factory.mktemp("holders")) as found:
        house = found.house
        for n, (place, zone) in enumerate(
            [("JP", "Asia/Tokyo"), ("DE", "Europe/Berlin"), ("US", "America/Los_Angeles"), ("US", "Pacific/Honolulu")]
        ):
            ship = f"asset:ship-{n}"
            registered = house.registered(ship)
            registered["effects"][0] |= {"place": place, "zone": zone, "name": f"Ship {n}"}
            assert found.post(registered).status_code == 201
            assert found.post(house.declared(ship)).status_code == 201
            assert found.post(house.sale("1/4", "2024-02-29", ship)).status_code == 201
        apart = {"effect": "move", "asset": PORT, "right": "votes", "amount": "1/2", "from": ANNA, "to": BODO}
        assert found.post(house.sale(effects=[apart])).status_code == 201
        abreast(found)
        yield found


def test_the_end_of_a_day_is_that_of_each_asset(fleet):
    """The sale is of a legal day in Berlin; where the day began or ended earlier or later, the full answer says the same."""
    for day in ("2024-02-28", "2024-02-29", "2024-03-01"):
        listed = fleet.http.get(PATH, params={"effective": day, "limit": 100})
        told = listed.json()
        assert told["clocks"]["whole_day"] is True
        for n in range(4):
            full = fleet.http.get(f"/v1/assets/asset:ship-{n}", params={"effective": day}).json()
            mine = [(h, s) for asset, h, s in held(listed) if asset == f"asset:ship-{n}"]
            assert mine == [(h["holder"], h["share"]) for h in full["title"]], (day, n)
    by_ship: dict[str, list[object]] = {}
    for asset, holder, _ in held(fleet.http.get(PATH, params={"effective": "2024-02-28"})):
        by_ship.setdefault(asset, []).append(holder)
    assert {len(by_ship[f"asset:ship-{n}"]) for n in range(4)} == {1, 2}, "the day tells zones apart"


@pytest.mark.parametrize("right", ["title", "votes", "economic"])
@pytest.mark.parametrize(
    "effective", ["2024-02-28", "2024-02-29", "2024-02-28T23:00:00Z", "2024-02-28T22:59:59.999Z", None]
)
def test_each_right_is_that_of_the_full_answer(fleet, right, effective):
    clock = {"effective": effective} if effective is not None else {}
    listed = fleet.http.get(PATH, params={"right": right, **clock})
    for asset in (PORT, *(f"asset:ship-{n}" for n in range(4))):
        full = fleet.http.get(f"/v1/assets/{asset}", params=clock).json()
        mine = [item for item in listed.json()["holdings"] if item["asset"] == asset]
        assert [(i["holder"], i["share"], i["percent"], i["causes"]) for i in mine] == [
            (h["holder"], h["share"], h["percent"], h["causes"]) for h in full[right]
        ], asset
        assert all(item["right"] == right for item in mine)
    follows = {item["asset"] for item in listed.json()["holdings"] if item["follows_title"]}
    assert ("asset:ship-0" in follows) is (right != "title")
    assert PORT not in follows or right == "economic" or effective not in (None, "2024-02-29")


def test_pages_make_up_the_list_at_one_clock(fleet):
    for clock in ({}, {"effective": "2024-02-28"}, {"effective": "2024-02-29", "right": "votes"}, {"holder": BODO}):
        whole = held(fleet.http.get(PATH, params={"limit": 100, **clock}))
        found, cursor = [], None
        while True:
            params = {"limit": 2, **clock} | ({"cursor": cursor} if cursor else {})
            page = fleet.http.get(PATH, params=params)
            assert len(page.json()["holdings"]) <= 2
            found += held(page)
            cursor = page.json()["next"]
            if cursor is None:
                break
        assert found == whole
        assert len(whole) > 3
    cursor = fleet.http.get(PATH, params={"limit": 1, "effective": "2024-02-28"}).json()["next"]
    other = fleet.http.get(PATH, params={"cursor": cursor, "effective": "2024-02-29"})
    assert (other.status_code, other.json()["parameter"]) == (400, "cursor")


def test_names_causes_and_clocks_are_told(fleet):
    told = fleet.http.get(PATH, params={"limit": 100}).json()
    assert told["names"]["asset:ship-0"] == "Ship 0"
    cited = {cause.partition("#")[0] for item in told["holdings"] for cause in item["causes"]}
    assert cited == set(told["statements"])
    for statement, where in told["statements"].items():
        assert fleet.opened.reader.index_of(statement) == int(where["position"])
    assert told["size"] == told["clocks"]["size"] == told["tree_size"] == str(fleet.opened.reader.size)
    assert (told["stale"], told["reason"]) == (False, None)


def test_what_a_party_holds(fleet):
    listed = held(fleet.http.get(PATH, params={"holder": BODO, "effective": "2024-03-05"}))
    full = fleet.http.get(f"/v1/parties/{BODO}/holdings?effective=2024-03-05").json()["holdings"]
    assert listed == [(item["asset"], BODO, item["share"]) for item in full if item["right"] == "title"]
    votes = held(fleet.http.get(PATH, params={"holder": BODO, "effective": "2024-03-05", "right": "votes"}))
    assert votes == [(item["asset"], BODO, item["share"]) for item in full if item["right"] == "votes"]
    assert held(fleet.http.get(PATH, params={"holder": "party:nobody"})) == []


@pytest.mark.parametrize(
    "query",
    [
        "effective=2024-02-30", "effective=2024", "right=control", "holder=asset:port", "limit=101", "limit=0", "cursor=x",
        "cursor=2024-02-30~port~1", "cursor=2024-02-29T00:00:00.000Z~port~1", "at_least=0", "size=3", "known=2024-01-01",
        "forum=DE", "limit=1&limit=2", "at_least=1.5",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(fleet, query):
    answer = fleet.http.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/query-invalid")


def test_a_submitter_reads_what_it_wrote(house):
    for n in range(3):
        recorded = house.post(house.house.sale("1/64", f"2025-01-{n + 10}")).json()
        told = house.http.get(PATH, params={"at_least": int(recorded["index"]) + 1, "holder": BODO}).json()
        assert int(told["size"]) > int(recorded["index"])
        assert recorded["statement"] in told["statements"]
    beyond = house.http.get(PATH, params={"at_least": house.opened.reader.size + 1})
    assert (beyond.status_code, beyond.json()["type"]) == (503, "/problems/views-behind")
    assert beyond.headers["retry-after"]
    assert PROBLEM_TYPES["views-behind"].status == 503


def test_an_entry_that_cannot_be_taken_in_stops_the_views_and_nothing_else(tmp_path, monkeypatch):
    def poison(*_: object) -> None:
        raise ZeroDivisionError("secret of the program")

    with served(tmp_path) as found:
        abreast(found)
        size = found.opened.reader.size
        with monkeypatch.context() as patched:
            patched.setattr(RowMaker, "holdings", poison)
            recorded = found.post(found.house.sale("1/4"))
            assert recorded.status_code == 201
            until = time.monotonic() + 10
            while not (told := found.http.get(PATH).json())["stale"]:
                assert time.monotonic() < until
            assert told["reason"] == f"the views stand before entry {size}"
            assert (told["size"], told["tree_size"]) == (str(size), str(size + 1))
            assert [item["holder"] for item in told["holdings"]] == [ANNA]
            assert "secret" not in str(told)
            behind = found.http.get(PATH, params={"at_least": size + 1})
            assert (behind.status_code, behind.json()["type"]) == (503, "/problems/views-behind")
            ready = found.anonymous.get("/readyz")
            assert (ready.status_code, ready.json()["views"]) == (200, {"size": str(size), "stopped_before": str(size)})
            metrics = found.http.get("/metrics").text
            assert f"ledger_views_stopped_before {float(size)}" in metrics
            assert "ledger_views_behind 1.0" in metrics
            assert "ledger_views_still 1.0" in metrics
            calendar = found.http.get("/v1/calendar?from=2026-01-01&to=2026-12-31")
            assert calendar.status_code == 200
            assert found.post(found.house.note("appending goes on")).status_code == 201
            full = found.http.get(f"/v1/assets/{PORT}?effective=2024-03-01").json()
            assert [item["holder"] for item in full["title"]] == [ANNA, BODO]
        abreast(found)
        assert "ledger_views_stopped_before -1.0" in found.http.get("/metrics").text
        assert [item["holder"] for item in found.http.get(PATH).json()["holdings"]] == [ANNA, BODO]


def test_a_server_that_does_not_keep_them_up_says_so(tmp_path):
    with founded(tmp_path) as house, serving(house, views=False) as found:
        unbuilt = found.http.get(PATH)
        assert (unbuilt.status_code, unbuilt.json()["type"]) == (503, "/problems/views-behind")
        with serving(house) as other:
            abreast(other)
            assert held(found.http.get(PATH)) == [(PORT, ANNA, "1/1")]
        assert found.http.get(PATH).json()["stale"] is False
        assert found.post(house.sale("1/4")).status_code == 201
        told = found.http.get(PATH).json()
        assert (told["stale"], told["reason"]) == (True, "this server does not keep the views up")
        assert [item["holder"] for item in told["holdings"]] == [ANNA]


def test_views_that_cannot_be_written_stop_neither_serving_nor_appending(tmp_path):
    """The tables of the views are gone, as they are out of reach for a role that only reads."""
    with founded(tmp_path) as house, serving(house) as found:
        abreast(found)
        with found.opened.views.view.datastore.writing() as connection:
            connection.execute(text("DROP TABLE view_names"))
        assert found.post(house.sale("1/4")).status_code == 201
        until = time.monotonic() + 10
        while found.opened.views.still is None:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert found.opened.views.stopped_before is None
        assert found.anonymous.get("/readyz").json()["status"] == "ready"
        assert found.post(house.note("appending goes on")).status_code == 201
        assert found.http.get(f"/v1/assets/{PORT}").status_code == 200


def test_a_calendar_looks_where_the_views_say(tmp_path):
    """Each deadline is computed from the entries; which acts to look at, the views say once they are abreast."""
    with served(tmp_path) as found:
        members = found.house.note("An offer that ends")
        members["effects"][0] |= {"long_stop": "2026-05-31"}
        members["effective"] = {"from": "2026-01-02", "zone": "Europe/Berlin"}
        recorded = found.post(members)
        assert recorded.status_code == 201, recorded.text
        abreast(found)
        path = "/v1/calendar?from=2026-05-01&to=2026-05-31"
        told = found.http.get(path).json()["deadlines"]
        assert [(item["last_day"], item["kind"]) for item in told] == [("2026-05-31", "long-stop date")]
        with found.opened.views.view.datastore.writing() as connection:
            connection.execute(text("UPDATE view_deadlines SET last_day = '1999-01-01', words = 'forged'"))
        assert found.http.get(path).json()["deadlines"] == told
        with found.opened.views.view.datastore.writing() as connection:
            connection.execute(text("DELETE FROM view_deadlines"))
        assert found.http.get(path).json()["deadlines"] == []
        assert found.http.get(f"{path}&forum=DE").json()["deadlines"] == told
        assert run(["views", "rebuild", "--ledger", found.house.url]) == 0
        assert found.http.get(path).json()["deadlines"] == told


def test_a_server_whose_role_may_only_read_lists_what_there_is(tmp_path, caplog):
    """The views stand still, and say so; all else that is read is answered as before, and stopping is no failure."""
    with postgres() as server, empty_database(server) as url, founded_at(url) as house:
        with serving(house) as found:
            abreast(found)
        size = house.reader.size
        roles.grant(url, "ledger_reader", "read")
        owner = create_engine(url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(text("ALTER ROLE ledger_reader LOGIN"))
        as_reader = make_url(url).set(username="ledger_reader").render_as_string(hide_password=False)
        house.submit(house.sale("1/4"))
        opened = OpenLedger.open(settings(as_reader), ledger_keys(), house.clock)
        with running(opened) as (_, port), httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            until = time.monotonic() + 10
            while not (told := http.get(PATH).json())["stale"]:
                assert time.monotonic() < until
            assert (told["size"], told["tree_size"]) == (str(size), str(size + 1))
            assert told["reason"] == "the views cannot be kept up at present"
            assert [item["holder"] for item in told["holdings"]] == [ANNA]
            assert len(http.get(f"/v1/assets/{PORT}?effective=2024-03-01").json()["title"]) == 2
            assert http.get("/readyz").json()["views"] == {"size": str(size), "stopped_before": None}
            assert http.get("/v1/calendar?from=2026-01-01&to=2026-12-31").status_code == 200
        told_last = [record.message for record in caplog.records if record.threadName == "test-server"]
        assert told_last == ["the last checkpoint is not cosigned"]
        with owner.connect() as connection:
            connection.execute(text("DROP OWNED BY ledger_reader"))
            connection.execute(text("DROP ROLE ledger_reader"))
        owner.dispose()


def told_by(answer: Any, right: str) -> dict[str, list[tuple[Any, ...]]]:
    """What an answer lists, by asset."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for item in answer["holdings" if "holdings" in answer else right]:
        asset = item.get("asset") or answer["asset"]
        found.setdefault(asset, []).append((item["holder"], item["share"], item["percent"], item["causes"]))
    return found


def test_all_histories_are_listed_as_their_full_answers_tell_them(demo):
    """Every asset of the demonstration, on its days of change and the days beside them."""
    datastore = Datastore(demo.url)
    compared = 0
    with LedgerReader.open(demo.url) as reader:
        view = LedgerView(datastore)
        LedgerProjection(view, reader.reading).catch_up()
        holders = Holders(view, reader.reading)
        assets = view.subjects(HoldingRow, "", 1_000)
        changes = {row.start[:10] for asset in assets for row in rows_in(reader, asset)} - {"0001-01-01"}
        days = {date.fromisoformat(day) + timedelta(days=n) for day in changes for n in (-1, 0, 1)}
        with reader.reading() as record:
            for n, day in enumerate(sorted(days)):
                right = RIGHTS[n % len(RIGHTS)]
                listed = told_by(holders.tell(asked_of(str(day), right, None, None, 1_000, START)), right)
                for asset in assets:
                    question = understand(record, SubjectId(asset), Asked(effective=str(day)), START)
                    full = told_by(show(question), right)
                    assert listed.get(asset, []) == full.get(asset, []), (asset, day, right)
                    compared += len(full)
    datastore.close()
    assert compared > 1_000


def rows_in(reader: LedgerReader, asset: str) -> list[HoldingRow]:
    with reader.reading() as record:
        return RowMaker(record).holdings(SubjectId(asset))
