"""Packages as made: the same bytes twice, what is in them, and the judgement of tools that are not ours."""

import base64
import io
import json
import subprocess
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pymerkle
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, OKPKey

from domain.answers import Asked, understand
from domain.answers_assets import history, show
from domain.identifiers import SubjectId
from ledger.errors import Malformed
from ledger.evidence.container import read_container
from ledger.evidence.local_authority import issue, pem
from ledger.evidence.package import gather, seal_package
from ledger.evidence.seal import Sealer, open_seal
from ledger.evidence.verify import verify_package
from ledger.log.merkle import ConsistencyInvalid, leaf_hash
from ledger.statements.keys import read_public_key
from tests.ledger.evidence.packages import DOCUMENT, NOW, Court, court_house
from tests.ledger.ledgers import PORT, key_of

JOSE = jws.JWSRegistry(algorithms=["Ed25519", "ES256"], strict_check_header=False)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with court_house(tmp_path_factory.mktemp("court")) as (house, court):
        yield house, court


@pytest.fixture(scope="module")
def house(bench):
    return bench[0]


@pytest.fixture(scope="module")
def court(bench) -> Court:
    return bench[1]


@pytest.fixture
def unpacked(court, tmp_path) -> Path:
    """The package as a clerk unpacks it, with the three files of her own."""
    with zipfile.ZipFile(io.BytesIO(court.archive)) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "seal-root.pem").write_bytes(pem(court.anchors.seal_roots[0]))
    (tmp_path / "tsa-root.pem").write_bytes(pem(court.anchors.stamp_roots[0]))
    (tmp_path / "log.vkey").write_text(court.anchors.log_keys[0].format() + "\n")
    return tmp_path


def typed(folder: Path) -> list[str]:
    """What a clerk types: the lines of VERIFY.txt that are set in, in one shell."""
    lines = (folder / "VERIFY.txt").read_text().splitlines()
    script = "\n".join(line[4:] for line in lines if line.startswith("    "))
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()


def test_the_same_question_gives_the_same_bytes(court, house):
    again = gather(house.reader, PORT, Asked(effective="2024-12-31"), NOW, court.stamps, documents=[DOCUMENT])
    assert again.members == court.gathered.members
    assert seal_package(again, {}, court.sealer) == court.archive


def test_another_seal_changes_nothing_but_the_seal(court):
    later = replace(court.sealer, at=court.sealer.at + timedelta(seconds=1))
    archive = seal_package(court.gathered, {}, later)
    assert court.verify(archive).sound
    members = read_container(archive).members
    assert [name for name in members if members[name] != court.members[name]] == ["META-INF/signature001.p7s"]
    assert open_seal(members, court.anchors.seal_roots).signed_at == later.at


def test_the_state_is_what_the_ledger_itself_answers(court, house):
    told = json.loads(court.members["state.json"])
    with house.reader.reading() as record:
        asked = understand(record, PORT, Asked(effective="2024-12-31"), NOW, house.reader.size)
        assert told["show"] == show(asked)
        assert told["history"] == history(asked)
    assert [h["holder"] for h in told["show"]["title"]] == ["party:anna", "party:bodo"]


def test_only_the_closure_of_the_asset_is_in_it(court):
    statements = {name for name in court.members if name.startswith("statements/")}
    assert "statements/8.json" not in statements  # the registration of another asset
    assert statements == {f"statements/{n}.json" for n in (4, 5, 6, 7, 9, 10)}


@pytest.mark.parametrize(
    "asked",
    [
        Asked(),
        Asked(size=8),
        Asked(known="2024-03-01"),
        Asked(forum="FR"),
        Asked(knower="party:bodo", known="2024-03-01"),
    ],
)
def test_packages_on_every_clock_verify(court, house, asked: Asked):
    archive = seal_package(gather(house.reader, PORT, asked, NOW), {}, court.sealer)
    report = verify_package(archive, court.anchors)
    assert report.sound, report.to_text()


def test_the_recorded_clock_is_packed_as_a_tree_size(court, house):
    gathered = gather(house.reader, PORT, Asked(recorded="2026-01-15T09:45:00Z"), NOW)
    assert gathered.question.asked == Asked(size=10)
    assert verify_package(seal_package(gathered, {}, court.sealer), court.anchors).sound


def test_a_company_above_the_asset_is_part_of_it(court, house):
    house.submit(house.registered("asset:bodo"))
    gathered = gather(house.reader, PORT, Asked(), NOW)
    assert SubjectId("asset:bodo") in gathered.question.streams
    assert any(entry.act.subjects == ("asset:bodo",) for entry in gathered.opened.entries.values())


def test_a_claim_that_concerns_the_asset_is_part_of_it_though_its_stream_is_its_own(court, house):
    claim = {"effect": "proceed", "proceeding": "proceeding:hc-1", "stage": "filed", "forum": "DE", "concerns": [PORT]}
    members = {
        "subjects": ["proceeding:hc-1"],
        "effective": {"from": "2024-06-01", "zone": "Europe/Berlin"},
        "basis": {"kind": "pleading", "title": "Statement of claim"},
    }
    recorded = house.submit(house.statement("claim.filed", [claim], **members))
    gathered = gather(house.reader, PORT, Asked(), NOW)
    assert recorded.index in gathered.entries
    assert SubjectId("proceeding:hc-1") in gathered.question.streams
    proceedings = json.loads(gathered.state)["show"]["proceedings"]
    assert [p["proceeding"] for p in proceedings] == ["proceeding:hc-1"]
    assert verify_package(seal_package(gathered, {}, court.sealer), court.anchors).sound


def test_what_cannot_be_packed_is_refused(court, house):
    with pytest.raises(Malformed, match="no statement is about"):
        gather(house.reader, SubjectId("asset:nowhere"), Asked(), NOW)
    with pytest.raises(Malformed, match="no statement of the package names the document"):
        gather(house.reader, PORT, Asked(), NOW, documents=[b"unknown"])
    with pytest.raises(Malformed, match="no such part"):
        seal_package(court.gathered, {"notes.txt": b""}, court.sealer)


def test_a_checkpoint_that_was_shown_before_is_shown_to_be_contained(court, house):
    shown = court.members["timestamps/7.checkpoint"]
    archive = seal_package(gather(house.reader, PORT, Asked(), NOW, earlier=[shown]), {}, court.sealer)
    (made,) = (c for c in verify_package(archive, court.anchors).checks if c.name == "consistency")
    assert made.result == "passed"
    assert made.notes == ("the log only grew since it had 7 entries",)


def test_a_checkpoint_of_another_history_is_refused_by_the_maker(court, house, tmp_path):
    with court_house(tmp_path) as (other, _):
        other.submit(other.note("another history"))
        shown = other.reader.checkpoint()
    house.submit(house.note("this history"))
    with pytest.raises(ConsistencyInvalid):
        gather(house.reader, PORT, Asked(), NOW, earlier=[shown])


# --- tools that are not ours -------------------------------------------------------------------------------------


def test_a_clerk_types_the_instructions_and_all_is_well(unpacked, court):
    told = typed(unpacked)
    assert not [line for line in told if "FAILED" in line or "rror" in line or "not found" in line], told
    assert told.count("statements/10.json: OK") == 1
    assert "CAdES Verification successful" in told
    at = told.index("CAdES Verification successful")
    assert told[at - 4 : at - 1] == ["log.vkey", "seal-root.pem", "tsa-root.pem"], "nothing but the clerk's own files"
    assert told[at - 1] == f"{court.sealer.at:%b %e %H:%M:%S %Y} GMT"
    assert told[at + 1] == "1"
    assert told[at + 2] == "Signature Verified Successfully"
    root, expected = told[at + 3], told[at + 4]
    assert root == expected
    assert told[at + 5].split() == [str(len(court.gathered.entries)), expected], "every entry, one root"
    assert "Verification: OK" in told


def test_a_clerk_types_them_long_after_the_sealers_certificate_ended(unpacked, court):
    then = court.sealer.at - timedelta(days=12 * 365)
    root = issue("Sealing root", None, then - timedelta(days=1), authority=True)
    sealing = issue("The ledger's operator", root, then - timedelta(days=1), days=730)
    archive = seal_package(court.gathered, {}, Sealer(sealing.key, (sealing.certificate,), then))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(unpacked)
    (unpacked / "seal-root.pem").write_bytes(pem(root.certificate))
    assert "CAdES Verification successful" in typed(unpacked)
    assert verify_package(archive, replace(court.anchors, seal_roots=(root.certificate,))).sound


@pytest.mark.parametrize("name", ["statements/99.json", "META-INF/signature002.p7s", "META-INF/manifest.xml"])
def test_a_clerk_sees_a_file_that_was_put_in(unpacked, name: str):
    (unpacked / name).write_bytes(b"{}")
    told = typed(unpacked)
    assert name in told[: told.index("CAdES Verification successful")]


def test_a_clerk_sees_a_link_that_was_put_in(unpacked):
    """unzip makes symbolic links, which are no files to `find -type f`."""
    (unpacked / "README.txt").symlink_to("/etc/hostname")
    told = typed(unpacked)
    assert "README.txt" in told[: told.index("CAdES Verification successful")]


def test_a_clerk_is_asked_for_no_tool_and_no_file_that_the_package_gives_no_use_for(unpacked, house, court):
    told = (unpacked / "VERIFY.txt").read_text()
    assert "tsa-root.pem" in told
    assert "poppler" not in told, "there is no bundle in it"
    assert "verify.html" not in told
    bare = seal_package(gather(house.reader, PORT, Asked(), NOW), {}, court.sealer)
    told = read_container(bare).members["VERIFY.txt"].decode()
    assert "tsa-root.pem" not in told
    assert "This package holds no timestamps." in told


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("statements/10.json", "statements/10.json: FAILED"),
        ("checkpoint", "Signature Verification Failure"),
        ("META-INF/ASiCManifest001.xml", "CAdES Verification failure"),
        ("timestamps/7.checkpoint", "Verification: FAILED"),
    ],
)
def test_a_clerk_sees_what_was_changed(unpacked, name: str, broken: str):
    data = bytearray((unpacked / name).read_bytes())
    data[25] ^= 1
    (unpacked / name).write_bytes(data)
    told = "\n".join(typed(unpacked))
    assert broken in told


def test_a_clerk_sees_that_a_statement_is_not_in_the_log(unpacked):
    (unpacked / "statements" / "10.json").write_bytes((unpacked / "statements" / "9.json").read_bytes())
    told = typed(unpacked)
    at = told.index("Signature Verified Successfully")
    assert told[at + 1] != told[at + 2]


def test_a_jose_library_verifies_every_statement(court):
    """Any JOSE library reads an entry as a JWS; its extra members are ignored (RFC 7515, 7.2.1)."""
    checked = 0
    for name, raw in court.members.items():
        if name.startswith(("statements/", "register/")):
            value = json.loads(raw)
            statement = json.loads(base64.urlsafe_b64decode(value["payload"] + "=="))
            for signature, signer in zip(value["signatures"], statement["signers"], strict=True):
                registered = key_of(signer["party"]).public
                key = read_public_key(registered.alg, registered.spki, "key")
                loaded = (ECKey if key.alg == "ES256" else OKPKey).import_key(_pem(key.spki))
                one: jws.GeneralJSONSerialization = {"payload": value["payload"], "signatures": [signature]}
                found = jws.deserialize_json(one, loaded, registry=JOSE)
                assert json.loads(found.payload) == statement
                checked += 1
    assert checked == 27


def test_a_jose_library_refuses_a_payload_that_was_changed(court):
    value = json.loads(court.members["statements/10.json"])
    statement = json.loads(base64.urlsafe_b64decode(value["payload"] + "=="))
    forged = json.dumps({**statement, "actor": "party:bodo"}).encode()
    for signature, signer in zip(value["signatures"], statement["signers"], strict=True):
        registered = key_of(signer["party"]).public
        loaded = (ECKey if registered.alg == "ES256" else OKPKey).import_key(_pem(registered.spki))
        payload = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
        one: jws.GeneralJSONSerialization = {"payload": payload, "signatures": [signature]}
        with pytest.raises(BadSignatureError):
            jws.deserialize_json(one, loaded, registry=JOSE)


def _pem(spki: bytes) -> bytes:
    return load_der_public_key(spki).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_merkle_library_comes_to_the_same_root_and_accepts_the_proofs(court, house):
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    size = court.gathered.question.size
    entries = list(house.reader.entries(0, size))
    for entry in entries:
        tree.append_entry(entry)
    root = base64.b64decode(court.members["checkpoint"].split(b"\n")[2])
    assert tree.get_root(size) == root
    for index in court.gathered.entries:
        lines = court.members[f"proofs/{index}.tlog-proof"].split(b"\n\n", 1)[0].split(b"\n")[2:]
        theirs = tree.prove_inclusion(index + 1, size)
        assert [leaf_hash(entries[index]), *(base64.b64decode(line) for line in lines)] == theirs.path
        pymerkle.verify_inclusion(leaf_hash(entries[index]), root, theirs)


def test_a_merkle_library_refuses_another_entry_and_accepts_the_growth_of_the_log(court, house):
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    size = court.gathered.question.size
    entries = list(house.reader.entries(0, size))
    for entry in entries:
        tree.append_entry(entry)
    theirs = tree.prove_inclusion(8, size)
    root, other = tree.get_root(size), leaf_hash(court.members["statements/9.json"])
    with pytest.raises(pymerkle.InvalidProof):
        pymerkle.verify_inclusion(other, root, theirs)
    with pytest.raises(pymerkle.InvalidProof):
        pymerkle.verify_inclusion(leaf_hash(entries[7]), tree.get_root(size - 1), theirs)
    early = base64.b64decode(court.members["consistency/7.checkpoint"].split(b"\n")[2])
    grown = tree.prove_consistency(7, size)
    pymerkle.verify_consistency(early, root, grown)
    with pytest.raises(pymerkle.InvalidProof):
        pymerkle.verify_consistency(tree.get_root(6), root, grown)
