"""Servers as they are run: two on one file, one stopped under load, one from the command line with wrong settings."""

import json
import logging
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from api.open_ledger import OpenLedger
from ledger.cli.app import run
from ledger.log.checkpoint import open_checkpoint
from ledger.log.receipt import verify_receipt
from ledger.reading import LedgerReader
from ledger.settings import Settings, SettingsInvalid, read_settings
from ledger.store.tokens import Scope, TokenStore
from tests.api.processes import command, served_apart
from tests.api.servers import JOSE, running, served, settings
from tests.ledger.ledgers import ORIGIN, PORT, founded, ledger_keys, signed

KEYS = (ledger_keys().signer.key, ledger_keys().cosigner.key)


@pytest.fixture
def ledger(tmp_path):
    """A founded ledger nobody has open, forty statements for it, and a token."""
    with founded(tmp_path) as house:
        envelopes = [signed(house.note(f"Statement {n}")) for n in range(40)]
        size = house.reader.size
        url = house.url
        store = TokenStore.open(url)
        _, token = store.create("tests", [Scope.SUBMIT], house.clock())
        store.close()
    return url, envelopes, size, {**JOSE, "Authorization": f"Bearer {token}"}


def test_two_servers_on_one_file_are_both_correct(ledger):
    """Each catches up inside the lock: one order, one tree, no statement twice, whoever is asked."""
    url, envelopes, size, headers = ledger
    with served_apart(url) as (_, one), served_apart(url) as (_, two):
        ports = [one, two]

        def submit(n: int) -> httpx.Response:
            at = f"http://127.0.0.1:{ports[n % 2]}/v1/statements"
            return httpx.post(at, content=envelopes[n // 2], headers=headers, timeout=60, trust_env=False)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(submit, range(80)))
        assert {answer.status_code for answer in answers} == {200, 201}
        recorded = [int(answer.json()["index"]) for answer in answers if answer.status_code == 201]
        assert sorted(recorded) == list(range(size, size + 40))
        for first, second in zip(answers[::2], answers[1::2], strict=True):
            assert first.json()["entry"] == second.json()["entry"]
            for told in (first.json(), second.json()):
                verify_receipt(told["receipt"].encode(), told["entry"].encode(), ORIGIN, KEYS)
        notes = [httpx.get(f"http://127.0.0.1:{port}/checkpoint", trust_env=False).content for port in ports]
        assert {open_checkpoint(note, KEYS).checkpoint for note in notes} == {
            open_checkpoint(notes[0], KEYS).checkpoint
        }
        assert open_checkpoint(notes[0], KEYS).size == size + 40


def test_a_server_stopped_under_load_loses_nothing_acknowledged(ledger):
    url, envelopes, size, headers = ledger
    acknowledged: list[dict] = []
    refused: list[int] = []
    with served_apart(url) as (process, port):
        enough = threading.Event()

        def submit(envelope: bytes) -> None:
            try:
                answer = httpx.post(
                    f"http://127.0.0.1:{port}/v1/statements",
                    content=envelope,
                    headers=headers,
                    timeout=60,
                    trust_env=False,
                )
            except httpx.TransportError:
                return
            if answer.status_code == 201:
                acknowledged.append(answer.json())
                if len(acknowledged) > 10:
                    enough.set()
            else:
                refused.append(answer.status_code)

        with ThreadPoolExecutor(6) as pool:
            for envelope in envelopes:
                pool.submit(submit, envelope)
            assert enough.wait(30)
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert set(refused) <= {503}
    with LedgerReader.open(url) as reader:
        assert reader.size == size + len(acknowledged), "what was taken in was answered"
        for told in acknowledged:
            assert reader.entry(int(told["index"])).decode() == told["entry"]
        # The last checkpoint was cosigned before the ledger was closed.
        assert len(open_checkpoint(reader.checkpoint(), KEYS).log_signatures) == 2


def test_the_command_serves_and_stops(demo, tmp_path):
    folder = str(demo.url).removeprefix("sqlite:///").rpartition("/")[0]
    passphrase = {"CONTROL_LEDGER_PASSPHRASE_FILE": f"{folder}/passphrase"}
    with command("serve", "--ledger", demo.url, "--keys", f"{folder}/keys", "--port", "0", **passphrase) as process:
        assert process.stderr is not None
        told = ""
        while "Uvicorn running" not in told:
            told += process.stderr.readline()
        port = int(re.findall(r"http://127\.0\.0\.1:(\d+) \(Press", told)[0])
        assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).json()["status"] == "ready"
        httpx.get(f"http://127.0.0.1:{port}/v1/assets?name=Mustermann", trust_env=False)
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(30) == 0
    assert "Mustermann" not in rest
    assert "Stopped" in rest
    lines = [json.loads(line) for line in rest.splitlines() if line.startswith("{")]
    assert {"request_id", "route", "status", "milliseconds"} <= set(
        next(one for one in lines if one["event"] == "request")
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "99999"), ("PORT", "x"), ("READING", "everyone"), ("ADDRESS_RATE", "many"), ("BODY_SECONDS", "0"),
        ("BATCH_MAX", "5000"), ("BULK_BYTES_MAX", "66000"), ("PROT", "8000"), ("QUEUE_MAX", "-1"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_stops_the_start(monkeypatch, name, value, capsys):
    monkeypatch.setenv(f"CONTROL_LEDGER_{name}", value)
    with pytest.raises(SettingsInvalid) as met:
        read_settings()
    if name not in ("BATCH_MAX", "BULK_BYTES_MAX"):
        assert f"CONTROL_LEDGER_{name}" in str(met.value)
    assert run(["serve"]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_start_that_fails_leaves_the_logging_of_the_process_as_it_was(demo, tmp_path, monkeypatch, capsys):
    """Else whatever runs in the process afterwards logs as the server would: a test that counts log lines then saw others'."""
    folder = str(demo.url).removeprefix("sqlite:///").rpartition("/")[0]
    monkeypatch.setenv("CONTROL_LEDGER_PASSPHRASE_FILE", f"{folder}/passphrase")
    root, theirs = logging.getLogger(), logging.getLogger("uvicorn.access")
    before = root.level, root.handlers[:], theirs.propagate
    assert run(["serve", "--ledger", str(tmp_path / "none.db"), "--keys", f"{folder}/keys", "--port", "0"]) == 1
    assert "none.db" in capsys.readouterr().err
    assert (root.level, root.handlers[:], theirs.propagate) == before


def test_options_go_before_the_environment(monkeypatch):
    monkeypatch.setenv("CONTROL_LEDGER_PORT", "1234")
    monkeypatch.setenv("CONTROL_LEDGER_URL", "some.db")
    monkeypatch.setenv("CONTROL_LEDGER_PROXIES", "192.0.2.1, 192.0.2.2")
    settings = read_settings(port=4321)
    assert (settings.port, settings.url) == (4321, "sqlite:///some.db")
    assert settings.proxies == ("192.0.2.1", "192.0.2.2")


def test_every_setting_is_documented():
    page = (Path(__file__).resolve().parents[2] / "docs/http.md").read_text()
    for name, info in Settings.model_fields.items():
        row = next((line for line in page.splitlines() if f"`CONTROL_LEDGER_{name.upper()}`" in line), None)
        assert row is not None, name
        assert str(info.description) in row, name


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_stepped_while_it_runs_stops_appending_and_nothing_else(tmp_path, hours):
    with founded(tmp_path) as house:
        envelope = signed(house.note("report"))
        house.clock.move(days=1)
        second = house.clock.at
        opened = OpenLedger.open(settings(house.url), ledger_keys(), house.clock, lambda: second)
        _, token = opened.tokens.create("tests", [Scope.SUBMIT], house.clock())
        with running(opened) as (_, port):
            headers = {**JOSE, "Authorization": f"Bearer {token}"}
            at = f"http://127.0.0.1:{port}"
            house.clock.move(hours=hours)
            refused = httpx.post(f"{at}/v1/statements", content=envelope, headers=headers, trust_env=False)
            assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
            assert httpx.get(f"{at}/checkpoint", trust_env=False).text.splitlines()[1] == str(house.reader.size)
            house.clock.move(hours=-hours)
            again = httpx.post(f"{at}/v1/statements", content=envelope, headers=headers, trust_env=False)
            assert again.status_code == 201


def test_a_server_whose_file_is_gone_is_alive_and_not_ready(tmp_path):
    with served(tmp_path) as house:
        assert house.anonymous.get("/readyz").status_code == 200
        size, path = house.opened.reader.size, house.house.path
        note = house.house.note("Nobody would find it")
        away = path.rename(path.with_name("away.db"))
        for asked in ("/readyz", "/checkpoint", f"/v1/assets/{PORT}"):
            answer = house.anonymous.get(asked)
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable"), asked
            assert answer.headers["retry-after"]
        assert house.post(note).status_code == 503
        assert house.anonymous.get("/healthz").status_code == 200
        away.rename(path)
        assert house.anonymous.get("/readyz").json()["tree_size"] == str(size)
        assert house.post(note).status_code == 201


def test_tokens_are_made_listed_and_revoked_by_command(ledger, capsys):
    url = ledger[0]
    assert run(["tokens", "create", "court registry", "--days", "30", "--ledger", url]) == 0
    text = capsys.readouterr().out.strip()
    store = TokenStore.open(url)
    found = store.find(text)
    assert found is not None
    assert run(["tokens", "list", "--ledger", url, "--json"]) == 0
    listed = capsys.readouterr().out
    assert text not in listed
    assert {"court registry", "tests"} == {one["label"] for one in json.loads(listed)}
    assert run(["tokens", "revoke", found.id, "--ledger", url]) == 0
    revoked = store.find(text)
    assert revoked is not None
    assert not revoked.allows(Scope.READ, found.created_at)
    store.close()
    assert run(["tokens", "revoke", "000000000000", "--ledger", url]) == 1
    assert run(["tokens", "create", "x", "--scope", "everything", "--ledger", url]) == 2


def test_a_statement_recorded_elsewhere_is_seen_by_the_next_question(ledger):
    url, envelopes, size, headers = ledger
    with served_apart(url) as (_, one), served_apart(url) as (_, two):
        httpx.post(
            f"http://127.0.0.1:{one}/v1/statements", content=envelopes[0], headers=headers, trust_env=False, timeout=30
        )
        began = time.monotonic()
        told = httpx.get(f"http://127.0.0.1:{two}/v1/changes?after={size}", trust_env=False, timeout=30).json()
        assert [change["index"] for change in told["changes"]] == [str(size)]
        assert time.monotonic() - began < 10
