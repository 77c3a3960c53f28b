"""A package made long ago still verifies, without the ledger that made it."""

import hashlib
from pathlib import Path

from ledger.evidence.anchors import Anchors
from ledger.evidence.container import read_container, write_container
from ledger.evidence.verify import verify_package

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "evidence"
ARCHIVE = (VECTORS / "port.asice").read_bytes()
ANCHORS = Anchors.parse((VECTORS / "anchors.json").read_bytes())
# The answers of `state.json` still move before the first release; everything that proves something does not.
LASTING = {
    *("container", "manifest", "question", "checkpoint", "inclusion", "register", "statements", "streams"),
    *("consistency", "timestamps", "documents", "seal"),
}


def test_what_proves_something_in_an_old_package_still_does():
    report = verify_package(ARCHIVE, ANCHORS)
    results = {check.name: check.result for check in report.checks if check.name in LASTING}
    assert results == dict.fromkeys(LASTING, "passed"), report.to_text()


def test_its_container_is_still_the_one_form_of_its_members():
    members = dict(read_container(ARCHIVE).members)
    assert write_container(members) == ARCHIVE
    assert len(members) == 34


def test_its_members_are_the_ones_that_were_written():
    members = read_container(ARCHIVE).members
    lines = members["manifest-sha256.txt"].decode().splitlines()
    assert {line[66:]: line[:64] for line in lines} == {
        name: hashlib.sha256(data).hexdigest()
        for name, data in members.items()
        if name != "manifest-sha256.txt" and not name.startswith("META-INF/")
    }
