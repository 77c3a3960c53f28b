"""Tokens: needed to submit, for reading where configured; revoked at once; never in a log line."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor

from ledger.store.tokens import Scope
from tests.api.servers import JOSE, served
from tests.ledger.ledgers import signed


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_submitting_needs_a_token_with_the_scope(house):
    envelope = signed(house.house.note("Who may"))
    for path in ("/v1/statements", "/v1/statements/check", "/v1/statements:bulk"):
        nobody = house.anonymous.post(path, content=envelope, headers=JOSE)
        assert (nobody.status_code, nobody.json()["type"]) == (401, "/problems/unauthorized")
        assert nobody.headers["www-authenticate"].startswith("Bearer")
        reader = house.anonymous.post(path, content=envelope, headers={**JOSE, **bearer(house.reading_token)})
        assert (reader.status_code, reader.json()["type"]) == (403, "/problems/forbidden")
    size = house.opened.reader.size
    assert house.post(envelope).status_code == 201
    assert house.opened.reader.size == size + 1


def test_a_credential_that_is_none_is_refused_even_where_reading_is_public(house):
    wrong = house.token[:-1] + ("A" if house.token[-1] != "A" else "B")
    for value in (f"Bearer {wrong}", "Bearer", "Bearer x y", "Basic YTpi", "Bearer " + "x" * 5000, house.token):
        answer = house.anonymous.get("/checkpoint", headers={"Authorization": value})
        assert answer.status_code == 401, value[:20]
        assert house.token not in answer.text


def test_a_revoked_or_expired_token_opens_nothing(tmp_path):
    with served(tmp_path) as house:
        made, text = house.opened.tokens.create("short", [Scope.SUBMIT], house.clock())
        assert house.anonymous.get("/checkpoint", headers=bearer(text)).status_code == 200
        house.opened.tokens.revoke(made.id, house.clock())
        time.sleep(1.1)
        assert house.anonymous.get("/checkpoint", headers=bearer(text)).status_code == 401
        at = house.clock()
        _, text = house.opened.tokens.create("dated", [Scope.SUBMIT], at, at.replace(year=at.year + 1))
        assert house.anonymous.get("/checkpoint", headers=bearer(text)).status_code == 200
        house.clock.move(days=366)
        assert house.anonymous.get("/checkpoint", headers=bearer(text)).status_code == 401


def test_reading_needs_a_token_where_configured(tmp_path):
    with served(tmp_path, reading="token") as house:
        size = house.opened.reader.size
        paths = (
            "/v1/assets",
            "/v1/assets/asset:port",
            "/checkpoint",
            f"/tile/0/000.p/{size}",
            "/v1/changes",
            "/metrics",
        )
        for path in paths:
            assert house.anonymous.get(path).status_code == 401, path
            assert house.anonymous.get(path, headers=bearer(house.reading_token)).status_code == 200, path
        assert house.http.get(f"/tile/0/000.p/{size}").headers["cache-control"].startswith("private")
        assert house.anonymous.get("/healthz").status_code == 200
        assert house.anonymous.get("/problems/refused").status_code == 200
        assert house.http.get("/openapi.json").json()["paths"]["/checkpoint"]["get"]["security"] == [{"token": []}]


def test_lines_and_metrics_hold_no_token_address_query_or_body(house, caplog):
    caplog.set_level(logging.INFO, "control_ledger")
    house.post(house.house.note("A secret title"))
    house.http.get("/v1/assets?name=Mustermann")
    house.http.get("/zzyzx/Mustermann")
    lines: list[dict] = []
    while len(lines) < 3:  # a line is written after its answer was sent
        time.sleep(0.01)
        lines = [vars(record) for record in caplog.records if record.message == "request"]
    assert {line["route"] for line in lines} >= {"/v1/statements", "/v1/assets", "none"}
    assert any(line["token"] for line in lines)
    metrics = house.anonymous.get("/metrics").text
    assert "ledger_statements_recorded_total" in metrics
    for told in (str(lines), metrics):
        for secret in (house.token, house.token.rpartition("_")[2], "Mustermann", "127.0.0.1", "secret title", "zzyzx"):
            assert secret not in told


def test_a_token_that_many_requests_wait_for_is_looked_up_once(house, monkeypatch):
    made, text = house.opened.tokens.create("crowd", [Scope.READ], house.clock())
    looked_up = []
    find = house.opened.tokens.find

    def slow(wanted):
        looked_up.append(wanted)
        time.sleep(0.2)
        return find(wanted)

    monkeypatch.setattr(house.opened.tokens, "find", slow)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: house.anonymous.get("/checkpoint", headers=bearer(text)), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert looked_up == [text]
    house.opened.tokens.revoke(made.id, house.clock())
