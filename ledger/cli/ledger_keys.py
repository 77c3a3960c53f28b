"""The ledger's own private keys in a folder: Ed25519 and ML-DSA-44 for checkpoints, and the service key for refusals.

Guarantees the same care as for signers' keys (`keyring`): encrypted PKCS#8 with 600,000 rounds, mode 0600, never over an existing
file. The two log keys are `log.pem` and `log-cosigner.pem`; the service key is `service` of the keyring.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from ledger.application import LedgerKeys
from ledger.log.keys import Ed25519Signer, MlDsa44Cosigner
from ledger.statements.keyring import KDF_ROUNDS, Keyring, KeyUnavailable
from ledger.statements.pkcs8 import encrypt_pkcs8

LOG = "log"
COSIGNER = "log-cosigner"
SERVICE = "service"
_ORIGIN = "origin"

Passphrase = Callable[[], bytes]


def make_ledger_keys(folder: Path, ring: Keyring, passphrase: Passphrase, origin: str) -> LedgerKeys:
    """New keys of a ledger with this origin. Raises KeyUnavailable where the folder has some already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    signer, cosigner = Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate()
    for name, private in ((LOG, signer), (COSIGNER, cosigner)):
        plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        _write_new(folder / f"{name}.pem", encrypt_pkcs8(plain, passphrase(), KDF_ROUNDS))
    ring.create(SERVICE, "service")
    _write_new(folder / _ORIGIN, origin.encode() + b"\n")
    return LedgerKeys(Ed25519Signer(origin, signer), MlDsa44Cosigner(origin, cosigner), ring.open(SERVICE))


def open_ledger_keys(folder: Path, ring: Keyring, passphrase: Passphrase) -> LedgerKeys:
    """The ledger's keys. Raises KeyUnavailable."""
    origin = _read(folder / _ORIGIN).decode("utf-8", errors="replace").strip()
    signer, cosigner = _load(folder / f"{LOG}.pem", passphrase), _load(folder / f"{COSIGNER}.pem", passphrase)
    if not isinstance(signer, Ed25519PrivateKey):
        raise KeyUnavailable(folder / f"{LOG}.pem", "is no Ed25519 key")
    if not isinstance(cosigner, MLDSA44PrivateKey):
        raise KeyUnavailable(folder / f"{COSIGNER}.pem", "is no ML-DSA-44 key")
    return LedgerKeys(Ed25519Signer(origin, signer), MlDsa44Cosigner(origin, cosigner), ring.open(SERVICE))


def _load(path: Path, passphrase: Passphrase) -> object:
    pem = _read(path)
    try:
        return load_pem_private_key(pem, passphrase())
    except (ValueError, TypeError) as error:
        raise KeyUnavailable(path, "the passphrase is wrong, or the file is no encrypted PKCS#8 key") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyUnavailable(path, f"cannot be read: {error.strerror}; `init` makes it") from error


def _write_new(path: Path, content: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyUnavailable(path, "exists already; keys are never overwritten, choose another folder") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
