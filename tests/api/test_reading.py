"""Answers: clocks used as asked, tags, forms, searching, the register, the calendar."""

from pathlib import Path
from shutil import copytree

import pytest

from api import queries
from tests.api.servers import served
from tests.ledger.ledgers import ANNA, BODO, DESK, PORT


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The port is sold in part, renamed, and put under a trusteeship that lapses."""
    with served(tmp_path_factory.mktemp("reading")) as found:
        house = found.house
        found.post(house.sale("1/4", "2024-02-29"))
        found.clock.move(days=1)
        for name, day in (("Old Harbour", "2010-01-01"), ("New Harbour", "2020-01-01")):
            effect = {"effect": "exist", "op": "name", "subject": PORT, "name": name}
            when = {"from": day, "zone": "Europe/Berlin"}
            assert found.post(house.statement("asset.renamed", [effect], effective=when)).status_code == 201
        for n in range(7):
            assert found.post(house.registered(f"asset:quay-{n}")).status_code == 201
        yield found


def test_the_clocks_asked_are_the_clocks_used(house):
    path = f"/v1/assets/{PORT}"
    before = house.http.get(f"{path}?effective=2024-02-28").json()
    after = house.http.get(f"{path}?effective=2024-02-29").json()
    assert [h["holder"] for h in before["title"]] == [ANNA]
    assert {h["holder"]: h["share"] for h in after["title"]} == {ANNA: "3/4", BODO: "1/4"}
    assert after["clocks"]["effective_day"] == "2024-02-29"
    assert after["clocks"]["effective_at"].startswith("2024-02-29T22:59:59")
    early = house.http.get(f"{path}?effective=2024-02-29&size=6").json()
    assert [h["holder"] for h in early["title"]] == [ANNA]
    assert early["tree_size"] == early["clocks"]["size"] == "6"
    recorded = house.http.get(f"{path}?effective=2024-02-29&recorded=2026-01-15").json()
    assert recorded["tree_size"] == "7"
    assert recorded["title"] == after["title"]
    unknown = house.http.get(f"{path}?effective=2024-02-29&known=2024-03-01").json()
    assert unknown["clocks"]["known_day"] == "2024-03-01"
    assert [h["holder"] for h in unknown["title"]] != [h["holder"] for h in after["title"]]
    french = house.http.get(f"{path}?forum=FR").json()
    assert french["clocks"]["forum"] == "FR"


def test_every_value_names_its_causes_and_every_cause_is_told(house):
    told = house.http.get(f"/v1/assets/{PORT}?effective=2024-02-29").json()
    causes = {cause.partition("#")[0] for holding in told["title"] for cause in holding["causes"]}
    assert causes
    assert causes <= set(told["statements"])
    assert {"type", "position", "recorded_at", "basis", "signers"} <= set(told["statements"][causes.pop()])


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("recorded=2026-01-01&size=5", "clocks-contradict"),
        (f"knower={ANNA}", "clocks-contradict"),
        ("effective=yesterday", "query-invalid"),
        ("effective=2024-02-30", "query-invalid"),
        ("effective=2024-02-29T00:00:00.000Z", "query-invalid"),
        ("effective=2024", "query-invalid"),
        ("size=99999", "query-invalid"),
        ("size=0", "query-invalid"),
        ("size=-1", "query-invalid"),
        ("size=1.5", "query-invalid"),
        ("recorded=1999-01-01", "query-invalid"),
        ("forum=de", "query-invalid"),
        ("knower=asset:x", "query-invalid"),
        ("effective=2024-01-01&effective=2024-01-02", "query-invalid"),
        ("nonsense=1", "query-invalid"),
        ("effective", "query-invalid"),
        ("effective=2024-01-01%ed%a0%80", "query-invalid"),
    ],
)
def test_clocks_that_cannot_be_meant_are_refused_by_name(house, query, problem):
    answer = house.http.get(f"/v1/assets/{PORT}?{query}")
    assert answer.status_code == 400
    assert answer.json()["type"] == f"/problems/{problem}"


def test_a_name_that_is_no_text_is_refused_not_searched_as_another(house):
    answer = house.http.get("/v1/assets?name=%ed%a0%80")
    assert (answer.status_code, answer.json()["detail"]) == (400, "a parameter is not UTF-8")


def test_an_answer_is_tagged_by_tree_size_and_clocks(house):
    path = f"/v1/assets/{PORT}?effective=2024-03-01"
    first = house.http.get(path)
    tag = first.headers["etag"]
    assert tag.startswith(f'"{first.json()["tree_size"]}.')
    again = house.http.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["etag"], again.headers["cache-control"]) == (tag, first.headers["cache-control"])
    assert house.http.get(path.replace("03-01", "03-02"), headers={"If-None-Match": tag}).status_code == 200
    assert house.http.get(f"/v1/assets/{PORT}/history", headers={"If-None-Match": '"x"'}).status_code == 200
    house.post(house.house.note("Something new"))
    assert house.http.get(path, headers={"If-None-Match": tag}).status_code == 200
    pinned = f"{path}&size=6"
    tag = house.http.get(pinned).headers["etag"]
    assert house.http.get(pinned, headers={"If-None-Match": tag}).status_code == 304


def test_an_answer_of_another_reading_of_the_law_has_another_tag(house, monkeypatch):
    pinned = f"/v1/assets/{PORT}?effective=2024-03-01&size=6"
    tag = house.http.get(pinned).headers["etag"]
    monkeypatch.setattr("api.queries.reading", lambda: "corrected")
    again = house.http.get(pinned, headers={"If-None-Match": tag})
    assert (again.status_code, again.headers["etag"] == tag) == (200, False)


def test_the_reading_changes_with_the_law(tmp_path, monkeypatch):
    before = queries.reading()
    for package in ("domain", "api"):
        copytree(Path(queries.__file__).parents[1] / package, tmp_path / package)
    monkeypatch.setattr(queries, "files", lambda package: tmp_path / package)
    assert queries.reading.__wrapped__() == before
    with (tmp_path / "domain" / "title.py").open("a") as file:
        file.write("\n# corrected\n")
    assert queries.reading.__wrapped__() != before


def test_an_answer_through_time_takes_no_moment(house):
    for path in (f"/v1/assets/{PORT}/history?", "/v1/calendar?from=2026-01-01&to=2026-01-31&"):
        told = house.http.get(f"{path}effective=2024-01-01").json()
        assert told["type"] == "/problems/query-invalid"
        assert "known here" in told["detail"]
        assert "effective" not in told["detail"]
    calendar = house.http.get("/v1/calendar?from=2026-01-01&to=2026-01-31&size=6")
    assert calendar.json()["clocks"]["effective_day"] == "2026-01-31"
    assert (
        house.http.get("/v1/calendar?from=2026-01-01&to=2026-01-31&size=6").headers["etag"] == calendar.headers["etag"]
    )


@pytest.mark.parametrize("spelled", ["+6", "06", "6.0", "1_0", "%D9%A6", "6%20", "1e1"])
@pytest.mark.parametrize("path", ["/v1/assets?size=", "/v1/assets?limit=", "/v1/changes?after="])
def test_a_number_has_one_spelling(house, path, spelled):
    answer = house.http.get(path + spelled)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/query-invalid")
    assert answer.json()["why"] == "written in decimal digits, without a leading zero"


def test_whoever_has_any_answer_has_this_one(house):
    assert house.http.get(f"/v1/assets/{PORT}", headers={"If-None-Match": "*"}).status_code == 304


def test_the_form_that_a_client_excludes_is_not_given(house):
    path = house.post(house.house.note("In two forms")).headers["location"]
    for accept, given in {
        "*/*": "application/jose+json",
        "application/jose+json;q=0, */*": "application/json",
        "*/*;q=0.5, application/jose+json;q=0.1": "application/json",
        "application/json;q=0.2, application/jose+json;q=0.3": "application/jose+json",
        "application/*;q=0": None,
    }.items():
        answer = house.http.get(path, headers={"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == (given or "application/problem+json"), accept
        assert answer.status_code == (200 if given else 406), accept


def test_searching_finds_past_names_too(house):
    for word in ("old harbour", "NEW HARB", "harbour"):
        found = house.http.get("/v1/assets", params={"name": word}).json()["assets"]
        assert [item["asset"] for item in found] == [PORT], word
        assert {name["value"] for name in found[0]["names"]} >= {"Old Harbour", "New Harbour"}
    assert house.http.get("/v1/assets", params={"name": "old harbour", "size": 7}).json()["assets"] == []
    assert (
        house.http.get("/v1/assets", params={"name": "no such"}).json() | {"assets": []}
        == house.http.get("/v1/assets", params={"name": "no such"}).json()
    )


def test_pages_of_a_search_are_pinned_to_a_tree_size(house):
    everything = [item["asset"] for item in house.http.get("/v1/assets").json()["assets"]]
    assert everything == [PORT, *(f"asset:quay-{n}" for n in range(7))]
    first = house.http.get("/v1/assets?limit=3").json()
    house.post(house.house.registered("asset:later"))
    found, cursor = [item["asset"] for item in first["assets"]], first["next"]
    while cursor:
        page = house.http.get("/v1/assets", params={"limit": 3, "cursor": cursor}).json()
        assert page["tree_size"] == first["tree_size"]
        found += [item["asset"] for item in page["assets"]]
        cursor = page["next"]
    assert found == everything
    other = house.http.get("/v1/assets", params={"cursor": first["next"], "size": 6})
    assert other.json()["parameter"] == "cursor"
    assert "asset:later" in str(house.http.get("/v1/assets").json())


def test_an_identifier_finds_its_asset(house):
    identifiers = [{"scheme": "register", "value": "DE-HRB 12345"}]
    effect = {"effect": "exist", "op": "identify", "subject": PORT, "identifiers": identifiers}
    when = {"from": "2005-01-01", "zone": "Europe/Berlin"}
    assert house.post(house.house.statement("asset.identified", [effect], effective=when)).status_code == 201
    for spelled in ("DE-HRB 12345", "de-hrb12345"):
        found = house.http.get("/v1/assets", params={"identifier": spelled}).json()["assets"]
        assert [item["asset"] for item in found] == [PORT]
    assert house.http.get("/v1/assets", params={"identifier": "12345"}).json()["assets"] == []


def test_what_the_ledger_does_not_know_is_not_found(house):
    for path in ("/v1/assets/asset:none", "/v1/parties/party:none", f"/v1/assets/{PORT}?size=3"):
        answer = house.http.get(path)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/subject-unknown")
    answer = house.http.get(f"/v1/assets/{PORT}/explain?value=measure")
    assert answer.json()["type"] == "/problems/value-unknown"


def test_the_register_at_a_position(house):
    told = house.http.get("/v1/register").json()
    assert {key["party"] for key in told["keys"]} >= {DESK, ANNA, BODO}
    assert told["threshold"] == "2"
    assert len(told["log_keys"]) == 2
    assert told["genesis"] == house.house.genesis
    founding = house.http.get("/v1/register?size=1").json()
    assert {key["party"] for key in founding["keys"]} == {"party:root-1", "party:root-2", "party:root-3"}
    assert founding["competences"] == []


def test_a_party_its_holdings_and_its_chain(house):
    holdings = house.http.get(f"/v1/parties/{BODO}/holdings?effective=2024-03-01").json()["holdings"]
    assert [(h["asset"], h["share"]) for h in holdings if h["right"] == "title"] == [(PORT, "1/4")]
    chain = house.http.get(f"/v1/parties/{ANNA}/chain?effective=2024-03-01&threshold=2/3").json()
    assert chain["threshold"]["share"] == "2/3"
    assert chain["below"][0]["asset"] == PORT
    assert house.http.get(f"/v1/parties/{ANNA}").json()["party"] == ANNA
    for bad in ("2/4", "0/1", "1/1", "3/2", "1/0"):
        answer = house.http.get(f"/v1/parties/{ANNA}/chain?threshold={bad}")
        assert answer.json()["parameter"] == "threshold", bad


def test_the_calendar_in_both_forms(house):
    effect = {
        "effect": "impose", "kind": "trusteeship", "over": [PORT], "holder": "party:ministry",
        "powers": {"vote": "takes", "manage": "takes"}, "term": {"until": "2026-03-31"},
    }  # fmt: skip
    imposed = house.house.statement(
        "trusteeship.imposed",
        [effect],
        effective={"from": "2025-10-01", "zone": "Europe/Berlin"},
        actor="party:ministry",
        signers=[
            {"party": p, "role": "officer", "capacity": "author"} for p in ("party:officer-one", "party:officer-two")
        ],
        basis={"kind": "order", "title": "Order", "legal_basis": "§ 6 AWG"},
    )
    recorded = house.post(imposed)
    assert recorded.status_code == 201, recorded.text
    path = "/v1/calendar?from=2026-03-31&to=2026-03-31"
    told = house.http.get(path).json()
    assert [(d["last_day"], d["kind"]) for d in told["deadlines"]] == [("2026-03-31", "measure lapses")]
    assert house.http.get(path.replace("03-31", "03-30")).json()["deadlines"] == []
    events = house.http.get(path, headers={"Accept": "text/calendar"})
    assert events.headers["content-type"].startswith("text/calendar")
    assert b"DTSTART;VALUE=DATE:20260331\r\n" in events.content
    assert events.headers["etag"] != house.http.get(path).headers["etag"]
    assert house.http.get(f"{path}&subject={PORT}").json()["deadlines"]
    assert house.http.get(f"{path}&subject=asset:quay-1").json()["deadlines"] == []
    for bad in (
        "from=2026-02-01&to=2026-01-01",
        "from=1900-01-01&to=2100-01-01",
        "from=2026-02-30&to=2026-03-01",
        "to=2026-01-01",
    ):
        assert house.http.get(f"/v1/calendar?{bad}").json()["type"] == "/problems/query-invalid", bad
