"""Private keys rest encrypted, private and unharmed; opening one takes its passphrase."""

import base64
import stat
import subprocess
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from domain.errors import Malformed
from domain.identifiers import PartyId, SubjectId
from ledger.statements.keyring import KDF_ROUNDS, KeyRecord, Keyring, KeyUnavailable, generate_key
from tests.ledger.statements.samples import SELLER, ed25519

A, B = (PartyId(SubjectId(f"party:{name}")) for name in "ab")


def ring(folder, passphrase=b"correct horse", rounds=1000):
    return Keyring(folder, lambda: passphrase, rounds)


@pytest.mark.parametrize("alg", ["Ed25519", "ES256", "PS256"])
def test_a_key_is_made_kept_and_opened_again(tmp_path, alg):
    record = ring(tmp_path).create("mine", "statement", A, alg)
    key = ring(tmp_path).for_party(A)
    assert (key.alg, key.kid, key.public) == (alg, record.public.thumbprint, record.public)
    assert ring(tmp_path).records() == (record,)
    assert KeyRecord.parse(record.to_bytes()) == record


def test_files_are_private_and_encrypted_with_many_rounds(tmp_path):
    folder = tmp_path / "keys"
    Keyring(folder, lambda: b"correct horse").keep("mine", "statement", SELLER.private, A)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {"mine.pem", "mine.json"}, "no draft is left"
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    pem = (folder / "mine.pem").read_bytes()
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    raw = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    assert KDF_ROUNDS.to_bytes(3, "big") in raw, "the rounds stand in the file"
    assert KDF_ROUNDS >= 600_000
    assert SELLER.private.private_bytes_raw() not in raw
    opened: Any = load_pem_private_key(pem, b"correct horse")
    assert opened.private_bytes_raw() == SELLER.private.private_bytes_raw()


def test_openssl_opens_the_file(tmp_path):
    ring(tmp_path).keep("mine", "statement", SELLER.private, A)
    command = ["openssl", "pkey", "-in", str(tmp_path / "mine.pem"), "-passin", "stdin", "-pubout", "-outform", "DER"]
    done = subprocess.run(command, input=b"correct horse", capture_output=True, check=True)
    assert done.stdout == SELLER.public.spki


def test_a_key_is_never_overwritten(tmp_path):
    keys = ring(tmp_path)
    keys.create("mine", "statement", A)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(KeyUnavailable, match="never overwritten"):
        keys.create("mine", "root", A)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_wrong_passphrase_a_missing_key_and_a_foreign_file(tmp_path):
    ring(tmp_path).create("mine", "statement", A)
    with pytest.raises(KeyUnavailable, match="passphrase is wrong"):
        ring(tmp_path, b"wrong").open("mine")
    with pytest.raises(KeyUnavailable, match="cannot be read"):
        ring(tmp_path).open("absent")
    with pytest.raises(KeyUnavailable, match="passphrase is empty"):
        ring(tmp_path, b"").create("other", "statement", A)
    (tmp_path / "mine.pem").write_bytes(b"no key")
    with pytest.raises(KeyUnavailable, match="no encrypted PKCS#8"):
        ring(tmp_path).open("mine")
    (tmp_path / "mine.json").write_bytes(b"{}")
    with pytest.raises(KeyUnavailable, match="no public part"):
        ring(tmp_path).open("mine")


def test_an_unencrypted_key_is_not_taken(tmp_path):
    ring(tmp_path).create("mine", "statement", A)
    plain = SELLER.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "mine.pem").write_bytes(plain)
    with pytest.raises(KeyUnavailable):
        ring(tmp_path).open("mine")


def test_a_swapped_key_is_noticed(tmp_path):
    ring(tmp_path).create("one", "statement", A)
    ring(tmp_path).create("two", "statement", B)
    (tmp_path / "one.pem").write_bytes((tmp_path / "two.pem").read_bytes())
    with pytest.raises(KeyUnavailable, match="another key"):
        ring(tmp_path).open("one")
    (tmp_path / "one.json").write_bytes((tmp_path / "two.json").read_bytes())
    with pytest.raises(KeyUnavailable, match="record of the key two"):
        ring(tmp_path).records()


def test_keys_are_found_by_party_and_use(tmp_path):
    keys = ring(tmp_path)
    keys.keep("root", "root", ed25519("x").private, A)
    keys.keep("mine", "statement", ed25519("y").private, A)
    keys.keep("service", "service", ed25519("z").private)
    assert keys.for_party(A).kid == ed25519("y").kid
    assert keys.for_party(A, "root").kid == ed25519("x").kid
    assert keys.find("service").name == "service"
    keys.create("second", "statement", A)
    with pytest.raises(KeyUnavailable, match="mine, second; name one"):
        keys.for_party(A)
    with pytest.raises(KeyUnavailable, match="0 statement keys of party:b"):
        keys.for_party(B)


def test_the_cosigning_key_of_the_log_is_kept_too(tmp_path):
    made = ring(tmp_path).create_cosigner("cosigner")
    assert ring(tmp_path).open_cosigner("cosigner").public_key() == made.public_key()
    with pytest.raises(KeyUnavailable, match="never overwritten"):
        ring(tmp_path).create_cosigner("cosigner")
    ring(tmp_path).create("mine", "statement", A)
    with pytest.raises(KeyUnavailable, match="ML-DSA-44"):
        ring(tmp_path).open_cosigner("mine")
    assert [record.name for record in ring(tmp_path).records()] == ["mine"]


def test_a_key_is_opened_once(tmp_path):
    ring(tmp_path).create("mine", "statement", A)
    passphrases = iter([b"correct horse"])
    keys = Keyring(tmp_path, lambda: next(passphrases))
    assert keys.open("mine") is keys.open("mine")


def test_names_are_slugs_and_private_bytes_are_not_shown(tmp_path):
    with pytest.raises(Malformed):
        ring(tmp_path).create("../mine", "statement", A)
    with pytest.raises(Malformed):
        ring(tmp_path).open("../mine")
    with pytest.raises(Malformed):
        generate_key("HS256")
    assert "private" not in repr(SELLER)
