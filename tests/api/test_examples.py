"""The examples do what they say: three languages sign, submit and prove; a lie is noticed; openssl alone signs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ledger.log.receipt import verify_receipt
from tests.api.servers import served
from tests.ledger.ledgers import DESK, ORIGIN, PORT, key_of, ledger_keys

ROOT = Path(__file__).resolve().parents[2]
VKEY = ledger_keys().signer.key.format()


@pytest.fixture
def clerk(house, tmp_path):
    return written(house, tmp_path)


def written(house, tmp_path: Path) -> Path:
    """A folder with a key file, a token file and a draft a clerk typed."""
    key = key_of(DESK).private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "token").write_text(house.token + "\n")
    draft = json.loads((ROOT / "examples/draft.json").read_bytes())
    assert draft["subjects"] == [PORT]
    draft["basis"]["title"] += f" ({tmp_path.name})"
    (tmp_path / "draft.json").write_text(json.dumps(draft, indent=2))
    return tmp_path


def run(*command: str, folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "*"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def recorded(house, folder: Path, told: str) -> None:
    """The last entry is the draft's, and the receipt beside the draft proves it."""
    entry = house.opened.reader.entry(house.opened.reader.size - 1)
    assert house.http.get("/v1/changes?after=0&limit=500").json()["changes"][-1]["statement"] in told
    receipt = (folder / "draft.receipt").read_bytes()
    found = verify_receipt(receipt, entry, ORIGIN, (ledger_keys().signer.key, ledger_keys().cosigner.key))
    assert f"is entry {found.index}" in told


def test_python(house, clerk):
    told = run(
        sys.executable, str(ROOT / "examples/submit.py"), house.url, "token", "key.pem", "draft.json", ORIGIN,
        house.house.genesis, VKEY, folder=clerk,
    )  # fmt: skip
    recorded(house, clerk, told)
    assert (clerk / "draft.checkpoint").read_bytes().startswith(ORIGIN.encode())


def test_curl_and_openssl_alone(house, clerk):
    told = run(str(ROOT / "examples/submit.sh"), house.url, "token", "key.pem", "draft.json", folder=clerk)
    recorded(house, clerk, told)
    assert (clerk / "draft.entry").read_bytes() == house.opened.reader.entry(house.opened.reader.size - 1)


def test_curl_where_reading_needs_a_token_too(tmp_path):
    with served(tmp_path, reading="token") as house:
        clerk = written(house, tmp_path)
        told = run(str(ROOT / "examples/submit.sh"), house.url, "token", "key.pem", "draft.json", folder=clerk)
        assert verify_receipt((clerk / "draft.receipt").read_bytes(), (clerk / "draft.entry").read_bytes(), ORIGIN,
                              (ledger_keys().signer.key,)).index == house.opened.reader.size - 1  # fmt: skip
    assert "recorded" in told


def javascript(clerk: Path) -> str:
    """The example beside the libraries it is run with."""
    shutil.copy(ROOT / "examples/submit.mjs", clerk)
    (clerk / "node_modules").symlink_to(ROOT / "tests/node/node_modules")
    return str(clerk / "submit.mjs")


def test_javascript(house, clerk):
    told = run("node", javascript(clerk), house.url, "token", "key.pem", "draft.json", VKEY, folder=clerk)
    recorded(house, clerk, told)
    assert "proven" in told


def test_javascript_notices_another_logs_key(house, clerk):
    vkey = VKEY[:-5] + ("A" if VKEY[-5] != "A" else "B") + VKEY[-4:]
    command = ["node", javascript(clerk), house.url, "token", "key.pem", "draft.json", vkey]
    done = subprocess.run(command, cwd=clerk, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "not signed by the log" in done.stderr


def test_objections_stop_each_example_before_it_signs(house, clerk):
    draft = json.loads((clerk / "draft.json").read_bytes())
    draft["type"] = "control.imposed"
    (clerk / "draft.json").write_text(json.dumps(draft))
    size = house.opened.reader.size
    python = [sys.executable, str(ROOT / "examples/submit.py"), house.url, "token", "key.pem", "draft.json", ORIGIN]
    for command in (
        [*python, house.house.genesis, VKEY],
        [str(ROOT / "examples/submit.sh"), house.url, "token", "key.pem", "draft.json"],
        ["node", javascript(clerk), house.url, "token", "key.pem", "draft.json", VKEY],
    ):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=clerk, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode != 0
        assert "type." in done.stderr
    assert house.opened.reader.size == size
