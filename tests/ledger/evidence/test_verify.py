"""The verifier against packages that somebody changed: every change is a finding that names the item."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.answers import Asked
from domain.identifiers import StatementId
from ledger.errors import Malformed
from ledger.evidence import replay
from ledger.evidence.anchors import Anchors
from ledger.evidence.container import read_container, write_container
from ledger.evidence.findings import Check, Report
from ledger.evidence.local_authority import issue
from ledger.evidence.package import gather, seal_package
from ledger.evidence.verify import verify_package
from ledger.log.keys import Ed25519Cosigner
from ledger.log.receipt import Receipt, WitnessPolicy
from ledger.statements.base64url import format_base64url
from ledger.statements.canonical import canonical_bytes
from ledger.statements.entry import format_entry, parse_entry
from ledger.statements.envelope import sign
from ledger.statements.zones import load_zones
from tests.ledger.evidence.packages import NOW, YESTERDAY, Court, court_house
from tests.ledger.ledgers import BODO, IAT, PORT, key_of
from tests.ledger.log.logs import ed25519_private

Members = dict[str, bytes]


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


def check(report: Report, name: str) -> Check:
    return next(c for c in report.checks if c.name == name)


def items(report: Report, name: str) -> set[str]:
    return {finding.item for finding in check(report, name).findings}


def resealed(court: Court, change: Callable[[Members], object]) -> Report:
    """The report on a package whose maker changed it and listed and sealed it anew."""
    members = court.members
    change(members)
    report = court.verify(court.resealed(members))
    assert not check(report, "container").findings
    assert not check(report, "manifest").findings
    assert not check(report, "seal").findings
    assert not report.sound
    return report


def test_a_package_as_made_is_sound_and_says_what_it_does_not_prove(court):
    report = court.verify()
    assert report.sound, report.to_text()
    assert [c.result for c in report.checks].count("passed") == 14
    assert {c.name for c in report.checks if c.undone} == {"bundle", "page"}
    assert len(report.unproven) >= 8
    told = json.loads(report.to_json())
    assert told["sound"] is True
    assert [c["number"] for c in told["checks"]] == [str(n) for n in range(1, 17)]
    assert "does not prove" in report.to_text()


def test_anchors_survive_their_own_spelling(court):
    assert Anchors.parse(court.anchors.to_bytes()) == court.anchors
    for junk in (
        b"",
        b"{}",
        b"[]",
        court.anchors.to_bytes()[:-1],
        court.anchors.to_bytes().replace(b'"v":1', b'"v":2'),
    ):
        with pytest.raises(Malformed):
            Anchors.parse(junk)


# --- bytes that somebody else changed ----------------------------------------------------------------------------


def test_a_flipped_byte_anywhere_is_told_with_its_member(court):
    random_source = random.Random(6)
    for name, data in court.members.items():
        start = court.archive.index(data) if len(data) > 40 else court.archive.index(name.encode()) + len(name)
        for at in {0, len(data) - 1, random_source.randrange(len(data))}:
            changed = bytearray(court.archive)
            changed[start + at] ^= 1 << random_source.randrange(8)
            report = court.verify(bytes(changed))
            assert name in {finding.item for finding in report.findings}, (name, at)


@pytest.mark.soak
def test_every_byte_of_what_proves_something_is_covered(court):
    for name, data in court.members.items():
        if name.startswith(("statements/", "proofs/", "checkpoint", "manifest")):
            start = court.archive.index(data)
            for at in range(len(data)):
                changed = bytearray(court.archive)
                changed[start + at] ^= 1
                assert name in {finding.item for finding in court.verify(bytes(changed)).findings}, (name, at)


def test_junk_of_any_kind_gives_a_report(court):
    random_source = random.Random(7)
    for junk in (b"", b"x", court.archive[:100], court.archive[:-30], court.archive * 2):
        assert not court.verify(junk).sound
    for _ in range(40):
        changed = bytearray(court.archive)
        for _ in range(random_source.randrange(1, 20)):
            changed[random_source.randrange(len(changed))] = random_source.randrange(256)
        report = court.verify(bytes(changed))
        assert not report.sound
        assert report.to_text()
        assert report.to_json()


def test_a_manifest_that_lists_less_than_there_is(court):
    members = court.members
    lines = members["manifest-sha256.txt"].splitlines(keepends=True)
    members["manifest-sha256.txt"] = b"".join(line for line in lines if b"statements/7.json" not in line)
    report = court.verify(write_container(members))
    assert items(report, "manifest") == {"statements/7.json"}
    assert items(report, "seal") == {"manifest-sha256.txt", "META-INF/ASiCManifest001.xml"}


def test_a_member_that_was_added_or_taken_away(court):
    added = court.verify(write_container({**court.members, "note.txt": b"Read me first"}))
    assert "note.txt" in items(added, "manifest")
    members = court.members
    del members["statements/7.json"]
    taken = court.verify(write_container(members))
    assert "statements/7.json" in items(taken, "manifest")


def test_a_seal_that_is_missing_or_of_somebody_else(court):
    members = court.members
    del members["META-INF/signature001.p7s"]
    assert items(court.verify(write_container(members)), "seal") == {"META-INF/signature001.p7s"}
    stranger = issue("Somebody else", None, YESTERDAY, authority=True)
    report = verify_package(court.archive, replace(court.anchors, seal_roots=(stranger.certificate,)))
    assert items(report, "seal") == {"META-INF/signature001.p7s"}
    unjudged = check(verify_package(court.archive, replace(court.anchors, seal_roots=())), "seal")
    assert unjudged.result == "not checked"


# --- a maker who lists and seals what he changed -----------------------------------------------------------------


def test_no_byte_can_be_changed_even_by_who_lists_and_seals_anew(court):
    """But those of a stamp that its authority did not sign, and of the log's lines by keys nobody knows."""
    random_source = random.Random(8)
    for name, data in court.members.items():
        if name == "mimetype" or name.startswith("META-INF/") or name.endswith((".tsr", "manifest-sha256.txt")):
            continue
        for at in random_source.sample(range(len(data)), min(4, len(data))):
            changed = court.members
            changed[name] = data[:at] + bytes((data[at] ^ (1 << random_source.randrange(7)),)) + data[at + 1 :]
            report = court.verify(court.resealed(changed))
            assert not report.sound, (name, at)


def test_a_statement_left_out_breaks_the_chain_of_its_streams(court):
    report = resealed(court, lambda m: (m.pop("statements/7.json"), m.pop("proofs/7.tlog-proof")))
    assert "statements/9.json" in items(report, "streams")


def test_the_last_statement_left_out_contradicts_the_claimed_head(court):
    report = resealed(court, lambda m: (m.pop("statements/10.json"), m.pop("proofs/10.tlog-proof")))
    assert "package.json" in items(report, "streams")


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_a_register_act_left_out_is_found(court, index: int):
    report = resealed(court, lambda m: (m.pop(f"register/{index}.json"), m.pop(f"proofs/{index}.tlog-proof")))
    assert items(report, "register")


def test_contents_swapped_between_statements(court):
    def swap(m: Members) -> None:
        m["statements/7.json"], m["statements/9.json"] = m["statements/9.json"], m["statements/7.json"]

    report = resealed(court, swap)
    assert {"statements/7.json", "statements/9.json"} <= items(report, "inclusion") & items(report, "streams")


def test_a_statement_shown_twice(court):
    def double(m: Members) -> None:
        m["statements/8.json"] = m["statements/7.json"]
        m["proofs/8.tlog-proof"] = m["proofs/7.tlog-proof"].replace(b"index 7\n", b"index 8\n")

    report = resealed(court, double)
    assert "statements/8.json" in items(report, "inclusion")


def test_a_proof_of_another_index(court):
    def other(m: Members) -> None:
        m["proofs/7.tlog-proof"] = m["proofs/9.tlog-proof"]

    assert items(resealed(court, other), "inclusion") == {"proofs/7.tlog-proof"}


@pytest.mark.parametrize("change", ["drop", "add", "flip", "reorder", "extra"])
def test_a_proof_that_was_changed(court, change: str):
    def alter(m: Members) -> None:
        receipt = Receipt.parse(m["proofs/7.tlog-proof"])
        proof = list(receipt.proof)
        match change:
            case "drop":
                proof.pop()
            case "add":
                proof.append(proof[0])
            case "flip":
                proof[0] = bytes(32)
            case "reorder":
                proof.reverse()
        extra = b"x" if change == "extra" else None
        m["proofs/7.tlog-proof"] = Receipt(7, tuple(proof), receipt.note, extra).format()

    expected = "proofs/7.tlog-proof" if change == "extra" else "statements/7.json"
    assert items(resealed(court, alter), "inclusion") == {expected}


def test_a_checkpoint_of_a_fork(court, house, tmp_path):
    """Signed by the right key, over another history of the same size."""
    with court_house(tmp_path) as (other_house, other):
        other_house.submit(other_house.note("another history"))
        fork = gather(other_house.reader, PORT, Asked(effective="2024-12-31"), NOW)
        assert fork.question.genesis == court.gathered.question.genesis

        def replaced(m: Members) -> None:
            m["checkpoint"] = fork.checkpoint

        report = resealed(court, replaced)
        assert "package.json" in items(report, "checkpoint")
        assert len(check(report, "inclusion").findings) == 10
        assert "consistency/7.proof" in items(report, "consistency")
        assert other.archive != court.archive


def test_a_statement_signed_anew_for_this_place(court):
    """Another payload with valid signatures by the right keys, but not what the log holds."""

    def forge(m: Members) -> None:
        entry = parse_entry(m["statements/10.json"])
        payload = entry.envelope.payload.replace(b"1/4", b"1/5")
        statement = json.loads(payload)
        keys = [key_of(signer["party"]) for signer in statement["signers"]]
        m["statements/10.json"] = format_entry(replace(entry, envelope=sign(payload, keys, IAT)))

    report = resealed(court, forge)
    assert items(report, "inclusion") == {"statements/10.json"}
    assert items(report, "state") == {"state.json"}


def test_a_statement_of_another_ledger(court):
    def foreign(m: Members) -> None:
        entry = parse_entry(m["statements/10.json"])
        statement = json.loads(entry.envelope.payload)
        statement["ledger"]["genesis"] = "sha256:" + "0" * 64
        keys = [key_of(signer["party"]) for signer in statement["signers"]]
        m["statements/10.json"] = format_entry(replace(entry, envelope=sign(canonical_bytes(statement), keys, IAT)))

    report = resealed(court, foreign)
    (finding,) = check(report, "statements").findings
    assert finding.item == "statements/10.json"
    assert "ledger.other-genesis" in finding.words


def test_a_signed_statement_that_no_ledger_would_admit(court):
    """Rightly signed, in a zone that does not exist: the fold is total on what was admitted, and only there."""

    def absurd(m: Members) -> None:
        entry = parse_entry(m["statements/10.json"])
        payload = entry.envelope.payload.replace(b"Europe/Berlin", b"Europe/Atlantis")
        keys = [key_of(signer["party"]) for signer in json.loads(payload)["signers"]]
        m["statements/10.json"] = format_entry(replace(entry, envelope=sign(payload, keys, IAT)))

    report = resealed(court, absurd)
    assert items(report, "streams") == {"statements"}
    assert items(report, "state") == {"state.json"}
    assert "Europe/Atlantis" in check(report, "state").findings[0].words


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"effective":"2024-12-31"', b'"effective":"2024-02-30"'),
        (b'"effective":"2024-12-31"', b'"forum":"Atlantis"'),
        (b'"size":"11"', b'"size":"9223372036854775807"'),
        (b'"asset":"asset:port"', b'"asset":"asset:none"'),
        (b'"v":1', b'"v":2'),
    ],
)
def test_a_question_that_cannot_be_asked(court, old: bytes, new: bytes):
    def absurd(m: Members) -> None:
        m["package.json"] = m["package.json"].replace(old, new)

    report = resealed(court, absurd)
    assert report.to_text()


def test_a_state_that_disagrees_names_the_place(court):
    def richer(m: Members) -> None:
        m["state.json"] = m["state.json"].replace(b'"share":"5/8"', b'"share":"7/8"').replace(b'"1/4"', b'"3/4"')

    report = resealed(court, richer)
    assert items(report, "state") == {"state.json"}
    assert "/history/" in check(report, "state").findings[0].words


def test_other_clocks_than_the_state_was_made_for(court):
    def later(m: Members) -> None:
        m["package.json"] = m["package.json"].replace(b"2024-12-31", b"2024-03-01")

    assert items(resealed(court, later), "state") == {"state.json"}


def test_a_stream_that_is_not_claimed(court):
    def silent(m: Members) -> None:
        package = json.loads(m["package.json"])
        package["streams"] = [s for s in package["streams"] if s["subject"] != "party:bodo"]
        m["package.json"] = canonical_bytes(package)

    (finding,) = check(resealed(court, silent), "streams").findings
    assert "party:bodo is linked to asset:port" in finding.words


@pytest.mark.parametrize("name", ["consistency/7.proof", "consistency/7.checkpoint", "timestamps/7.checkpoint"])
def test_what_ties_earlier_checkpoints_to_the_package(court, name: str):
    checks = {"consistency", "timestamps"}
    without = resealed(court, lambda m: m.pop(name))
    assert name in {item for c in checks for item in items(without, c)}

    def flipped(m: Members) -> None:
        # The last byte of a note is a newline, the one before it a base64 character or its padding.
        at = m[name].index(b"\n", 30) - 4
        m[name] = m[name][:at] + (b"A" if m[name][at : at + 1] != b"A" else b"B") + m[name][at + 1 :]

    assert name in {item for c in checks for item in items(resealed(court, flipped), c)}


def test_a_stamp_by_an_authority_the_reader_does_not_know(court):
    stranger = issue("Another authority", None, YESTERDAY, authority=True)
    report = verify_package(court.archive, replace(court.anchors, stamp_roots=(stranger.certificate,)))
    assert items(report, "timestamps") == {"timestamps/7-local.tsr"}
    none = check(verify_package(court.archive, replace(court.anchors, stamp_roots=())), "timestamps")
    assert none.result == "not checked"


def test_a_document_that_is_not_the_one_named(court):
    (name,) = (name for name in court.members if name.startswith("documents/"))

    def other(m: Members) -> None:
        m[name] = b"Deed of sale, as it never was."

    assert items(resealed(court, other), "documents") == {name}


@pytest.mark.parametrize("name", ["index.csv", "VERIFY.txt"])
def test_index_and_instructions_are_made_again(court, name: str):
    def other(m: Members) -> None:
        m[name] = m[name].replace(b"sha256", b"md5")

    assert items(resealed(court, other), "index") == {name}


# --- rules of another day ------------------------------------------------------------------------------------------


def test_rules_that_this_release_does_not_know_are_told_and_never_passed(court, monkeypatch):
    monkeypatch.setattr(replay, "LAWS", ("2099.1",))
    report = court.verify()
    assert {c.name for c in report.checks if c.undone} >= {"streams", "state"}
    assert check(report, "state").undone == "this release computes by the rules 2099.1, not by 2026.1"
    assert check(report, "statements").result == "passed", "signatures need no rules"


def test_time_zones_that_this_release_does_not_ship_are_told_and_never_passed(court, monkeypatch):
    monkeypatch.setattr(replay, "load_zones", lambda version: load_zones(f"{version}-of-old"))
    report = court.verify()
    assert check(report, "state").result == "not checked"
    assert "2026f-of-old" in str(check(report, "state").undone)


def test_the_state_is_computed_by_the_rules_and_time_zones_that_the_register_names(court):
    assert check(court.verify(), "state").notes == (
        "recomputed by the rules 2026.1 with tzdata 2026f, as the register says",
    )


# --- a key that was revoked before -------------------------------------------------------------------------------


def test_a_key_presented_as_valid_that_was_revoked_before(tmp_path):
    with court_house(tmp_path) as (house, court):
        backdated = house.sale("1/16", day="2024-06-01")
        house.submit(
            house.register_act("key.revoked", {"op": "key-revoke", "thumbprint": key_of(BODO).kid, "reason": "lost"})
        )
        house.submit(house.note("after the revocation"))
        gathered = gather(house.reader, PORT, Asked(effective="2024-12-31"), NOW)
        members = dict(read_container(seal_package(gathered, {}, court.sealer)).members)
        last = max(int(name[11:-5]) for name in members if name.startswith("statements/"))
        entry = parse_entry(members[f"statements/{last}.json"])
        keys = [key_of(signer["party"]) for signer in backdated["signers"]]
        forged = sign(canonical_bytes(backdated), keys, IAT)
        members[f"statements/{last}.json"] = format_entry(replace(entry, envelope=forged))
        report = court.verify(court.resealed(members))
        (finding,) = check(report, "statements").findings
        assert finding.item == f"statements/{last}.json"
        assert "was revoked in entry 11" in finding.words


# --- the reader's anchors decide ---------------------------------------------------------------------------------


def test_another_log_genesis_or_key_than_the_readers(court):
    anchors = court.anchors
    other = StatementId("sha256:" + "1" * 64)
    report = verify_package(court.archive, replace(anchors, genesis=other))
    assert items(report, "question") == {"package.json"}
    assert items(report, "register") == {"register/0.json"}
    stranger = Ed25519Cosigner("other", ed25519_private("other")).key
    foreign = replace(anchors.log_keys[0], public=stranger.public)
    report = verify_package(court.archive, replace(anchors, log_keys=(foreign,)))
    assert items(report, "checkpoint") == {"checkpoint"}


def test_witnesses_that_the_reader_demands_and_nobody_asked(court):
    witness = Ed25519Cosigner("witness.example", ed25519_private("witness")).key
    policy = WitnessPolicy((witness,), 1)
    report = verify_package(court.archive, replace(court.anchors, witnesses=policy))
    (finding,) = check(report, "checkpoint").findings
    assert "0 of 1 required witnesses" in finding.words


@pytest.mark.parametrize(
    "name", [b"\xff\xfe\x80\x81\x00", b"\xc3\xa4.tx", b'\n\r\t "', b"<a>&;", b"../..", b"PK\x03\x04x"]
)
def test_names_of_any_bytes_give_a_report(court, name: bytes):
    hostile = write_container({**court.members, "x.txt": b""}).replace(b"x.txt", name)
    report = court.verify(hostile)
    assert not report.sound
    assert report.to_text().encode()
    assert report.to_json()


def test_text_of_a_package_cannot_disguise_itself_in_a_report(court):
    hostile = write_container({**court.members, "x.txt": b""}).replace(b"x.txt", b"\x1b[2J\x08"[:5])
    text = court.verify(hostile).to_text()
    assert "\x1b" not in text
    assert "<U+001B>" in text


def test_the_verifier_loads_no_server_library():
    banned = ["sqlalchemy", "eventsourcing", "fastapi", "starlette", "pydantic", "uvicorn", "alembic", "typer", "typst"]
    code = f"import sys, ledger.evidence.verify; print([m for m in {banned} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_format_of_the_sample_keys_is_what_this_file_thinks(court):
    """Guards the forging helpers above: they sign as the registered parties do."""
    entry = parse_entry(court.members["statements/10.json"])
    statement = json.loads(entry.envelope.payload)
    again = sign(entry.envelope.payload, [key_of(s["party"]) for s in statement["signers"]], IAT)
    assert format_base64url(again.payload) == format_base64url(entry.envelope.payload)
    assert [s.protected for s in again.signatures] == [s.protected for s in entry.envelope.signatures]
