"""The wheel carries what an installed ledger needs, and nothing that would overwrite a library."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_wheel_ships_the_migrations_under_our_own_name(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "ledger/store/migrations/script.py.mako" in names
    assert "ledger/demonstration/drafts/00-authorities.ndjson" in names
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"domain", "ledger", "api"}
