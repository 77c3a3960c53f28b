"""The seal: what openssl accepts, what a changed byte does, and what no seal covers."""

import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key

from ledger.errors import Malformed
from ledger.evidence.local_authority import issue, pem
from ledger.evidence.seal import (
    MANIFEST_NAME,
    SIGNATURE_NAME,
    Sealer,
    SealInvalid,
    manifest_differences,
    open_seal,
    seal,
)

NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW - timedelta(days=1)
ROOT = issue("Root", None, START, authority=True)
MIDDLE = issue("Middle", ROOT, START, authority=True)
LEAF = issue("Operator", MIDDLE, START)
SEALER = Sealer(LEAF.key, (LEAF.certificate, MIDDLE.certificate), NOW)
MEMBERS = {"mimetype": b"x", "a.json": b"{}", "b/c.txt": b"text"}
SEALED = {**MEMBERS, **seal(MEMBERS, SEALER)}
ROOTS = (ROOT.certificate,)


def openssl(folder: Path) -> bool:
    """What the court's own tool says, on files laid out as in VERIFY.txt."""
    (folder / "manifest").write_bytes(SEALED[MANIFEST_NAME])
    (folder / "root.pem").write_bytes(pem(ROOT.certificate))
    command = "openssl cms -verify -cades -binary -inform DER -in seal -content manifest -CAfile root.pem -purpose any"
    done = subprocess.run([*command.split(), "-out", "/dev/null"], cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


def test_a_seal_opens_and_openssl_agrees(tmp_path):
    found = open_seal(SEALED, ROOTS)
    assert (found.subject, found.signed_at, found.rooted, found.uncovered) == ("CN=Operator", NOW, True, ())
    assert manifest_differences(SEALED) == []
    (tmp_path / "seal").write_bytes(SEALED[SIGNATURE_NAME])
    assert openssl(tmp_path)


def test_sealing_twice_gives_the_same_bytes():
    assert seal(MEMBERS, SEALER) == seal(dict(reversed(MEMBERS.items())), SEALER)


@pytest.mark.parametrize("count", [120, pytest.param(10_000, marks=pytest.mark.soak)])
def test_every_byte_of_the_signature_is_covered(count: int):
    raw = SEALED[SIGNATURE_NAME]
    for at in random.Random(9).sample(range(len(raw)), min(count, len(raw))):
        changed = raw[:at] + bytes((raw[at] ^ 0x21,)) + raw[at + 1 :]
        with pytest.raises(SealInvalid):
            open_seal({**SEALED, SIGNATURE_NAME: changed}, ROOTS)


@pytest.mark.parametrize("count", [120, pytest.param(10_000, marks=pytest.mark.soak)])
def test_every_byte_of_the_list_is_covered(count: int):
    raw = SEALED[MANIFEST_NAME]
    for at in random.Random(9).sample(range(len(raw)), min(count, len(raw))):
        changed = {**SEALED, MANIFEST_NAME: raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]}
        assert manifest_differences(changed)
        with pytest.raises(SealInvalid):
            open_seal(changed, ROOTS)


def test_members_changed_added_and_taken_away_are_named():
    assert ("a.json", "the sealed list does not have this member with these contents") in manifest_differences(
        {**SEALED, "a.json": b"[]"}
    )
    assert manifest_differences({**SEALED, "new": b""})[0][0] == "new"
    less = {name: data for name, data in SEALED.items() if name != "a.json"}
    assert [item for item, _ in manifest_differences(less)] == [MANIFEST_NAME]


def test_unsigned_attributes_are_told_and_the_rest_is_still_judged(tmp_path):
    parsed = cms.ContentInfo.load(SEALED[SIGNATURE_NAME])
    added = cms.CMSAttribute({"type": "1.2.3.4", "values": [core.Any(core.UTF8String("not covered"))]})
    parsed["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([added])
    raw = parsed.dump(force=True)
    found = open_seal({**SEALED, SIGNATURE_NAME: raw}, ROOTS)
    assert found.uncovered == ("1.2.3.4",)
    (tmp_path / "seal").write_bytes(raw)
    assert openssl(tmp_path)
    changed = raw.replace(b"Operator", b"0perator")
    with pytest.raises(SealInvalid):
        open_seal({**SEALED, SIGNATURE_NAME: changed}, ROOTS)


def test_the_readers_roots_decide():
    stranger = issue("Root", None, START, authority=True)
    with pytest.raises(SealInvalid, match="no path"):
        open_seal(SEALED, (stranger.certificate,))
    assert not open_seal(SEALED, ()).rooted


def test_a_certificate_outside_its_term_seals_nothing():
    late = Sealer(LEAF.key, SEALER.chain, NOW + timedelta(days=4000))
    with pytest.raises(SealInvalid, match="no path"):
        open_seal({**MEMBERS, **seal(MEMBERS, late)}, ROOTS)


def test_a_seal_of_another_key_than_its_certificates(tmp_path):
    other = issue("Operator", MIDDLE, START)
    with pytest.raises(Malformed, match="the first with the sealer's key"):
        Sealer(other.key, SEALER.chain, NOW)
    with pytest.raises(Malformed, match="P-256"):
        Sealer(generate_private_key(SECP384R1()), SEALER.chain, NOW)


@pytest.mark.parametrize("junk", [b"", b"\x30\x00", b"x" * 70_000, b"\x30\x80\x00\x00"])
def test_what_is_no_seal_is_refused(junk: bytes):
    with pytest.raises(SealInvalid):
        open_seal({**SEALED, SIGNATURE_NAME: junk}, ROOTS)
