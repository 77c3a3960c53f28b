"""Packages as a hostile party would hand them over: each is a finding that names the item, never a traceback, never a pass.

Three hands: one that cannot seal (the archive's bytes, or its members put into the one form again), one that seals anew
what it likes to list, and one that lists and seals everything anew.
"""

import io
import json
import random
import subprocess
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.errors import Malformed
from ledger.evidence.anchors import Anchors
from ledger.evidence.container import read_container, write_container
from ledger.evidence.findings import MEANINGS, Report
from ledger.evidence.layout import MANIFEST, format_manifest
from ledger.evidence.local_authority import LocalAuthority, issue
from ledger.evidence.package import seal_package
from ledger.evidence.seal import Sealer, seal
from ledger.evidence.verify import verify_package
from ledger.log.keys import VerifierKey
from tests.ledger.evidence.demo_cases import LOG_VKEY, ORIGIN, case_ledger
from tests.ledger.evidence.demo_cases import lines as lines_of
from tests.ledger.evidence.hostile import CHECKPOINT, LISTED, PROOF, RESEALED, UNSEALED
from tests.ledger.evidence.packages import TODAY, YESTERDAY, Court, court_house


@pytest.fixture(scope="module")
def court(tmp_path_factory):
    with court_house(tmp_path_factory.mktemp("court")) as (_, court):
        yield court


def told(report: Report, name: str, item: str) -> None:
    """The finding is there, by the check that is to make it, and the report can be told in both its forms."""
    assert not report.sound
    assert item in {f.item for c in report.checks if c.name == name for f in c.findings}, report.to_text()
    assert f"! {item}: " in report.to_text()
    (made,) = (c for c in json.loads(report.to_json())["checks"] if c["name"] == name)
    assert item in {finding["item"] for finding in made["findings"]}
    assert made["result"] == "failed"


# --- who lists and seals anew ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "check", "item"), RESEALED)
def test_a_maker_who_lists_and_seals_anew_is_found_out(court: Court, change, check: str, item: str):
    members = court.members
    change(members)
    told(court.verify(court.resealed(members)), check, item)


# --- who seals anew, but lists as he likes -----------------------------------------------------------------------


@pytest.mark.parametrize(("change", "item"), LISTED)
def test_a_list_in_another_form_is_found_out(court: Court, change, item: str):
    members = {name: data for name, data in court.members.items() if not name.startswith("META-INF/")}
    change(members)
    told(court.verify(write_container({**members, **seal(members, court.sealer)})), "manifest", item)


# --- who cannot seal ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "check", "item"), UNSEALED)
def test_members_that_the_seal_does_not_cover_are_found_out(court: Court, change, check: str, item: str):
    members = court.members
    change(members)
    told(court.verify(write_container(members)), check, item)


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return target.getvalue()


@pytest.mark.parametrize(
    ("change", "item"),
    [
        (lambda court: zipped(list(court.members.items())), "mimetype"),
        (lambda court: zipped(list(reversed(court.members.items()))), "mimetype"),
        (lambda court: zipped([(n, d) for n, d in court.members.items() if n != "mimetype"]), "mimetype"),
        (lambda court: court.archive + court.archive, "archive"),
        (lambda court: court.archive[:-2] + b"\x05\x00hello", "archive"),
        (lambda court: b"MZ" + court.archive, "archive"),
        (lambda court: b"\xef\xbb\xbf" + court.archive, "archive"),
        (lambda court: court.archive.replace(b"\n", b"\r\n"), "mimetype"),
        (lambda court: b"%PDF-1.7\n" + court.archive, "archive"),
        (lambda court: b"", "archive"),
    ],
)
def test_an_archive_in_another_form_is_found_out(court: Court, change, item: str):
    told(court.verify(change(court)), "container", item)


# --- authorities and anchors -------------------------------------------------------------------------------------


def test_a_stamp_by_an_authority_whose_certificate_had_ended(court: Court, tmp_path):
    ended = LocalAuthority(tmp_path / "ended", YESTERDAY - timedelta(days=30), days=20)
    members = court.members
    reply = _reply(ended, members["timestamps/7.checkpoint"])
    members["timestamps/7-local.tsr"] = reply
    anchors = replace(court.anchors, stamp_roots=(ended.root.certificate,))
    told(verify_package(court.resealed(members), anchors), "timestamps", "timestamps/7-local.tsr")


def test_a_stamp_over_another_checkpoint(court: Court):
    members = court.members
    members["timestamps/7-local.tsr"] = _reply(court.authority, members["timestamps/7.checkpoint"] + b"\n")
    told(court.verify(court.resealed(members)), "timestamps", "timestamps/7-local.tsr")


def _reply(authority: LocalAuthority, data: bytes) -> bytes:
    """What the authority replies about `data`, asked by a tool that is not ours."""
    asked = ["openssl", "ts", "-query", "-sha512", "-cert", "-data", "/dev/stdin"]
    return authority.post("", subprocess.run(asked, input=data, capture_output=True, check=True).stdout)


def test_a_seal_by_a_certificate_that_had_ended_says_which_and_when(court: Court):
    root = issue("Sealing root", None, YESTERDAY - timedelta(days=100), authority=True)
    ended = issue("The operator of old", root, YESTERDAY - timedelta(days=100), days=50)
    archive = seal_package(court.gathered, {}, Sealer(ended.key, (ended.certificate,), TODAY))
    report = verify_package(archive, replace(court.anchors, seal_roots=(root.certificate,)))
    told(report, "seal", "META-INF/signature001.p7s")
    assert f"no path at {TODAY:%Y-%m-%d} from the certificate of CN=The operator of old" in report.to_text()
    assert f"to {ended.certificate.not_valid_after_utc:%Y-%m-%d}, to a root of the reader" in report.to_text()


def test_a_key_of_the_log_alone_is_not_enough_where_its_name_is_another(court: Court):
    raw = json.loads(court.anchors.to_bytes())
    raw["origin"] = "ledger.example/other"
    raw["log_keys"] = [key.replace(court.anchors.origin, "ledger.example/other") for key in raw["log_keys"]]
    with pytest.raises(Malformed, match="where the key's own is"):
        Anchors.parse(json.dumps(raw).encode())


# --- the report --------------------------------------------------------------------------------------------------


def test_a_report_says_what_each_check_is_about_and_which_were_not_made(court: Court):
    report = verify_package(court.archive, replace(court.anchors, stamp_roots=(), seal_roots=()))
    assert {check.name for check in report.checks} == set(MEANINGS)
    text = report.to_text()
    assert text.startswith("No findings. 12 checks passed, 4 could not be made: timestamps, bundle, page, seal.\n")
    assert all(
        f"{check.number:2}. {check.name} ({MEANINGS[check.name]}): {check.result}\n" in text for check in report.checks
    )
    value = json.loads(report.to_json())
    assert value["not_checked"] == ["timestamps", "bundle", "page", "seal"]
    assert value["verdict"] == text.splitlines()[0]
    assert "the reader gave no root of a time-stamping authority" in text


@pytest.mark.parametrize("archive", [b"", b"%PDF-1.7\n", zipped([("mimetype", b"application/vnd.etsi.asic-e+zip")])])
def test_what_was_not_there_to_check_did_not_pass(court: Court, archive: bytes):
    """ "Every statement is signed: passed" over a file without statements would be read as praise."""
    results = {check.name: check.result for check in court.verify(archive).checks}
    assert {name for name, result in results.items() if result == "passed"} == set()
    told = json.loads(court.verify(archive).to_json())
    assert all(check["about"] == MEANINGS[check["name"]] for check in told["checks"])


def test_a_name_as_long_as_a_book_is_told_by_its_beginning(court: Court):
    report = court.verify(zipped([("mimetype", b"application/vnd.etsi.asic-e+zip"), ("x" * 60_000, b"")]))
    assert "x" * 200 + "…" in {finding.item for finding in report.findings}
    assert max(len(finding.item) for finding in report.findings) == 201


def test_one_finding_is_one(court: Court):
    members = court.members
    members["index.csv"] += b"\n"
    report = court.verify(court.resealed(members))
    assert report.verdict == "NOT SOUND: 1 finding in 1 of 16 checks."


def test_every_file_of_a_larger_package_is_covered():
    """A history and twenty reports on it, with one bit flipped in each file, and for some the archive made anew."""
    ledger = case_ledger("invented-nordhafen")
    for n in range(20):
        ledger.append_drafts(lines_of([_report(n)]))
    archive = ledger.package("asset:nordhafen-terminal", whole=False)
    anchors = Anchors(ORIGIN, ledger.acts[0].id, (VerifierKey.parse(LOG_VKEY),))
    assert verify_package(archive, anchors).sound
    members = dict(read_container(archive).members)
    assert len(members) > 80
    chosen = random.Random(6)
    for n, (name, data) in enumerate(members.items()):
        at, bit = chosen.randrange(len(data)), chosen.randrange(7)
        raw = archive.index(data) if len(data) > 100 else archive.index(name.encode()) + len(name)
        made = [_flipped(archive, raw + at, bit)]
        if n % 4 == 0 and name != "mimetype":
            made.append(write_container({**members, name: _flipped(data, at, bit)}))
        for hostile in made:
            assert name in {f.item for f in verify_package(hostile, anchors).findings}, (name, at, bit)


def _report(n: int) -> dict[str, object]:
    registrar = "party:nordhafen-registrar"
    return {
        "label": f"H{n}",
        "type": "report.recorded",
        "subjects": ["asset:nordhafen-terminal"],
        "notice": [{"to": "public", "at": "2026-05-20", "how": "register", "zone": "Europe/Berlin"}],
        "actor": registrar,
        "signers": [{"party": registrar, "role": "registrar", "capacity": "registrar"}],
        "basis": {"kind": "report", "title": f"Report {n}"},
        "effects": [{"effect": "state", "kind": "report", "asset": "asset:nordhafen-terminal", "text": f"Number {n}."}],
    }


def test_three_hundred_random_changes_give_findings(court: Court):
    chosen = random.Random(300)
    for n in range(300):
        at, width = chosen.randrange(len(court.archive)), chosen.randrange(1, 60)
        other = chosen.randrange(len(court.archive))
        stretch = court.archive[at : at + width]
        match n % 5:
            case 0:
                made = court.archive[:at] + court.archive[at + width :]
            case 1:
                made = court.archive[:other] + stretch + court.archive[other:]
            case 2:
                made = court.archive[:at] + chosen.randbytes(width) + court.archive[at + width :]
            case 3:
                made = court.archive[:at] + bytes(width) + court.archive[at + width :]
            case _:
                made = court.archive[:at] + stretch[::-1] + court.archive[at + width :]
        if made != court.archive:
            report = court.verify(made)
            assert not report.sound, (n, at, width)
            assert all(finding.item for finding in report.findings)
            assert report.to_text()
            assert report.to_json()


def _flipped(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :]


@pytest.mark.soak
def test_every_byte_is_covered_even_where_all_is_listed_anew(court: Court):
    """Nothing of the container or the manifest gives these away, and the seal is left out of account, since a maker seals what
    he likes: only what the log and the signers signed. Of a proof the part before its checkpoint, which is the same in all of
    them and is flipped once."""
    members = {name: data for name, data in court.members.items() if not name.startswith("META-INF/")}
    assert [c.name for c in court.verify(write_container(members)).checks if c.findings] == ["seal"]
    signed = ("statements/", "register/", "proofs/", CHECKPOINT, "consistency/")
    for name, data in members.items():
        if not name.startswith(signed):
            continue
        own = len(data) - len(members[CHECKPOINT]) if name.startswith("proofs/") and name != PROOF else len(data)
        for at in range(own):
            changed = {**members, name: _flipped(data, at, 0)}
            changed[MANIFEST] = format_manifest(changed)
            found = [c.name for c in court.verify(write_container(changed)).checks if c.findings]
            assert set(found) > {"seal"}, (name, at)
            assert "manifest" not in found, (name, at)
