"""The wheel carries what an installed ledger needs and nothing that would overwrite a library; installed alone, it works."""

import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_wheel_ships_the_migrations_under_our_own_name(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "ledger/store/migrations/script.py.mako" in names
    assert "ledger/demonstration/drafts/00-authorities.ndjson" in names
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"domain", "ledger", "api"}


def run_requirements() -> list[str]:
    """The distributions that `requirements/run.txt` pins for this machine."""
    lines = (ROOT / "requirements" / "run.txt").read_text().splitlines()
    pinned = [Requirement(line.removesuffix(" \\")) for line in lines if line[:1].isalnum()]
    return [one.name for one in pinned if one.marker is None or one.marker.evaluate()]


def lay_out(names: list[str], folder: Path) -> None:
    """The installed files of these distributions, and of no other, in a folder: what pip would bring, without a network."""
    folder.mkdir()
    for name in names:
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            place = folder / top
            if not place.exists():
                place.symlink_to(str(distribution(name).locate_file(top)))


def environment(tmp_path: Path) -> Path:
    """An empty environment with the requirements of a run; its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True, timeout=60)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    lay_out(run_requirements(), tmp_path / "required")
    (packages / "required.pth").write_text(f"{tmp_path / 'required'}\n")
    return tmp_path / "venv" / "bin"


def test_installed_in_an_empty_environment_it_founds_a_ledger_and_audits_it(wheel, tmp_path):
    programs = environment(tmp_path)
    (tmp_path / "passphrase").write_text("correct horse\n")
    away = {
        "PATH": os.defpath,
        "HOME": str(tmp_path),
        "CONTROL_LEDGER_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
        "PIP_CONFIG_FILE": os.devnull,
    }

    def call(*command: str | Path) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=away, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    # Without an index pip refuses, unless every requirement the wheel names is met by what is pinned.
    pip = (sys.executable, "-m", "pip", "--python", str(programs / "python"), "--disable-pip-version-check")
    call(*pip, "install", "--no-index", str(wheel))
    ledger = programs / "control-ledger"
    said = json.loads(call(ledger, "init", "--origin", "ledger.example/installed", "--ledger", "l.db", "--json"))
    assert said["genesis"].startswith("sha256:")
    report = json.loads(call(ledger, "audit", "--ledger", "l.db", "--json"))
    assert (report["size"], report["findings"]) == ("1", [])
    where = call(programs / "python", "-c", "import ledger, domain, api; print(ledger.__file__)")
    assert Path(where).is_relative_to(tmp_path / "venv")
