"""Stamps by outside authorities: what is accepted, what is kept, when to renew. `openssl ts` makes and checks them."""

import random
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from ledger.errors import LedgerError, Malformed
from ledger.evidence.local_authority import LocalAuthority, issue, pem
from ledger.log.timestamp import (
    ATTEMPTS,
    Authority,
    Stamped,
    StampInvalid,
    StampKept,
    StampName,
    Stamps,
    Unstamped,
    VerifiedStamp,
    chain_pem,
    examine,
    renew,
    renewals_due,
    stamp,
    verify_stamp,
)
from tests.ledger.log.logs import signed

NOW = datetime.now(UTC)
YESTERDAY = NOW - timedelta(days=1)
NOTE = signed(5)


def patient(attempt: int) -> None:
    """No wait between attempts."""


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> LocalAuthority:
    return LocalAuthority(tmp_path_factory.mktemp("authority"), YESTERDAY)


@pytest.fixture(scope="module")
def chained(tmp_path_factory) -> LocalAuthority:
    """An authority whose replies carry two certificates."""
    return LocalAuthority(tmp_path_factory.mktemp("chained"), YESTERDAY, with_root=True)


def named(authority: LocalAuthority, name: str = "local") -> Authority:
    return Authority(name, "https://stamps.example/", (authority.root.certificate,))


def stamped(folder: Path, authority: LocalAuthority, note: bytes = NOTE) -> tuple[bytes, Stamped]:
    (outcome,) = stamp(Stamps(folder), note, [named(authority)], authority.post, patient)
    assert isinstance(outcome, Stamped)
    return (folder / str(outcome.name)).read_bytes(), outcome


@pytest.fixture(scope="module")
def reply(tmp_path_factory, local) -> bytes:
    return stamped(tmp_path_factory.mktemp("stamps"), local)[0]


def test_a_stamp_is_archived_and_says_when(tmp_path, local):
    reply, outcome = stamped(tmp_path, local)
    assert str(outcome.name) == "5-local.tsr"
    assert outcome.name.covers == "5.checkpoint"
    assert (tmp_path / "5.checkpoint").read_bytes() == NOTE
    assert abs(outcome.stamp.time - datetime.now(UTC)) < timedelta(minutes=1)
    assert outcome.stamp.accuracy == timedelta(seconds=1)
    assert outcome.stamp.ends == local.stamping.certificate.not_valid_after_utc
    assert verify_stamp(reply, NOTE, [local.root.certificate]) == outcome.stamp


def test_replies_with_two_certificates_verify(tmp_path, chained):
    _, outcome = stamped(tmp_path, chained)
    assert len(outcome.stamp.chain) == 2
    assert chain_pem(outcome.stamp).count(b"BEGIN CERTIFICATE") == 2


def test_openssl_accepts_what_is_archived_and_refuses_another_note(tmp_path, chained):
    _, outcome = stamped(tmp_path, chained)
    (tmp_path / "root.pem").write_bytes(pem(chained.root.certificate))
    (tmp_path / "chain.pem").write_bytes(chain_pem(outcome.stamp))
    (tmp_path / "other").write_bytes(NOTE + b"x")

    def check(data: str) -> int:
        moment = str(int(outcome.stamp.time.timestamp()))
        command = ["openssl", "ts", "-verify", "-data", data, "-in", "5-local.tsr", "-CAfile", "root.pem"]
        whole = [*command, "-untrusted", "chain.pem", "-attime", moment]
        return subprocess.run(whole, cwd=tmp_path, capture_output=True, check=False).returncode

    assert check("5.checkpoint") == 0
    assert check("other") != 0


def test_other_bytes_are_refused(reply, local):
    with pytest.raises(StampInvalid, match="other bytes"):
        verify_stamp(reply, NOTE + b"\n", [local.root.certificate])


def test_the_readers_roots_decide_not_the_certificates_in_the_reply(reply, local, chained):
    with pytest.raises(StampInvalid, match="issuer certificate"):
        verify_stamp(reply, NOTE, [chained.root.certificate])
    with pytest.raises(StampInvalid, match="no root"):
        verify_stamp(reply, NOTE, [])


def test_an_authority_outside_its_term_is_refused(tmp_path, local):
    expired = LocalAuthority(tmp_path / "expired", NOW - timedelta(days=30), days=20)
    (outcome,) = stamp(Stamps(tmp_path), NOTE, [named(expired)], expired.post, patient)
    assert isinstance(outcome, Unstamped)
    assert "expired" in outcome.why[0]
    assert not list(tmp_path.glob("*.tsr"))


@pytest.mark.parametrize("usage", [None, ExtendedKeyUsageOID.CLIENT_AUTH])
def test_a_certificate_for_another_use_makes_no_stamps(tmp_path, usage):
    authority = LocalAuthority(tmp_path / "authority", YESTERDAY)
    other = issue("Not for time-stamping", authority.root, YESTERDAY, usage=usage)
    (tmp_path / "authority" / "stamp.pem").write_bytes(pem(other.certificate))
    with pytest.raises(LedgerError):  # openssl itself refuses to sign with it
        stamp(Stamps(tmp_path), NOTE, [named(authority)], authority.post, patient)


def test_changed_replies_verify_to_the_same_moment_or_not_at_all(reply, local):
    """What is under no signature may change; what the stamp says may not."""
    truth = verify_stamp(reply, NOTE, [local.root.certificate])
    random_source = random.Random(6)
    refusals = 0
    for at in random_source.sample(range(len(reply)), 120):
        changed = bytearray(reply)
        changed[at] ^= 1 << random_source.randrange(8)
        try:
            found = verify_stamp(bytes(changed), NOTE, [local.root.certificate])
        except StampInvalid:
            refusals += 1
        else:
            assert (found.time, found.accuracy, found.serial) == (truth.time, truth.accuracy, truth.serial)
    assert refusals > 60


@pytest.mark.parametrize("junk", [b"", b"\x30", b"\x30\x00", b"x" * 70_000, b"\x30\x03\x02\x01\x02", bytes(200)])
def test_what_is_no_reply_is_refused(junk, local):
    with pytest.raises(StampInvalid):
        verify_stamp(junk, NOTE, [local.root.certificate])


# --- asking ------------------------------------------------------------------------------------------------------


class Line:
    """A line to an authority that fails as often as told."""

    def __init__(self, post: Callable[[str, bytes], bytes], failures: int) -> None:
        self._post = post
        self._failures = failures
        self.calls = 0

    def __call__(self, url: str, body: bytes, /) -> bytes:
        self.calls += 1
        if self.calls <= self._failures:
            raise ConnectionResetError(f"line to {url} broke")
        return self._post(url, body)


def test_a_broken_line_is_tried_again(tmp_path, local):
    line = Line(local.post, 2)
    waits: list[int] = []
    (outcome,) = stamp(Stamps(tmp_path), NOTE, [named(local)], line, waits.append)
    assert isinstance(outcome, Stamped)
    assert line.calls == 3
    assert waits == [2, 3]


def test_one_authority_that_fails_does_not_stop_the_others(tmp_path, local, chained):
    def post(url: str, body: bytes, /) -> bytes:
        if "down" in url:
            raise TimeoutError("no answer")
        return local.post(url, body)

    down = Authority("down", "https://down.example/", (chained.root.certificate,))
    first, second = stamp(Stamps(tmp_path), NOTE, [down, named(local)], post, patient)
    assert first == Unstamped(StampName(5, ("down",)), ("no answer",) * ATTEMPTS)
    assert isinstance(second, Stamped)


def test_an_old_reply_to_a_new_request_is_refused(tmp_path, local):
    old, _ = stamped(tmp_path / "old", local)
    (outcome,) = stamp(Stamps(tmp_path / "new"), NOTE, [named(local)], lambda url, body: old, patient)
    assert isinstance(outcome, Unstamped)
    assert "nonce" in outcome.why[0]


def test_a_stamped_checkpoint_is_not_stamped_again(tmp_path, local):
    stamped(tmp_path, local)
    line = Line(local.post, 0)
    assert stamp(Stamps(tmp_path), NOTE, [named(local)], line, patient) == []
    assert line.calls == 0


def test_what_is_archived_is_not_replaced(tmp_path, local):
    reply, outcome = stamped(tmp_path, local)
    stamps = Stamps(tmp_path)
    stamps.keep(outcome.name, reply)
    with pytest.raises(StampKept):
        stamps.keep(outcome.name, reply + b"x")
    assert stamps.names() == (StampName(5, ("local",)),)


@pytest.mark.parametrize("name", ["5.tsr", "05-a.tsr", "5-A.tsr", "5-a..tsr", "5-a/b.tsr", "-a.tsr", "5-a.tsr\n"])
def test_names_have_one_spelling(name: str):
    with pytest.raises(Malformed):
        StampName.parse(name)


def test_a_stamp_is_renewed_before_its_authority_ends(tmp_path, local):
    ending = LocalAuthority(tmp_path / "ending", YESTERDAY, days=100)
    stamps = Stamps(tmp_path / "stamps")
    roots = [ending.root.certificate, local.root.certificate]
    stamp(stamps, NOTE, [named(ending, "ending")], ending.post, patient)
    assert renewals_due(stamps, roots, NOW, timedelta(days=30)) == []
    due = renewals_due(stamps, roots, NOW)
    assert due == [StampName(5, ("ending",))]
    (renewed,) = renew(stamps, due, named(local, "fresh"), local.post, patient)
    assert isinstance(renewed, Stamped)
    assert str(renewed.name) == "5-ending.fresh.tsr"
    assert renewed.name.covers == "5-ending.tsr"
    assert renewals_due(stamps, roots, NOW) == []
    assert StampName.parse("5-ending.fresh.tsr") == renewed.name


def test_an_audit_examines_every_stamp_and_names_the_broken_one(tmp_path, local):
    stamps = Stamps(tmp_path)
    stamped(tmp_path, local)
    stamped(tmp_path, local, signed(7))
    broken = tmp_path / "7-local.tsr"
    broken.write_bytes((tmp_path / "5-local.tsr").read_bytes())
    (good, verified), (bad, refused) = examine(stamps, [local.root.certificate])
    assert (good, bad) == (StampName(5, ("local",)), StampName(7, ("local",)))
    assert isinstance(verified, VerifiedStamp)
    assert isinstance(refused, StampInvalid)
    assert "other bytes" in refused.why
