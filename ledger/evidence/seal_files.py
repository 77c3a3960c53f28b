"""The seal's key and certificates as files in PEM.

Guarantees a key and certificates that can seal, or an error that names the file. It judges no chain: a reader does, by
roots of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificates

from ledger.errors import LedgerError
from ledger.evidence.seal import Sealer


class CertificateUnusable(LedgerError):
    """A file that holds no certificate or key of the kind that is needed."""


def read_sealer(key: Path, chain: Path, at: datetime, passphrase: Callable[[], bytes]) -> Sealer:
    """The key and certificates of a seal; an encrypted key asks for the passphrase. Raises CertificateUnusable."""
    raw = _read(key)
    try:
        private = load_pem_private_key(raw, passphrase() if b"ENCRYPTED" in raw else None)
    except (ValueError, TypeError) as error:
        raise CertificateUnusable(f"{key}: no private key in PEM, or the passphrase is wrong") from error
    if not isinstance(private, EllipticCurvePrivateKey):
        raise CertificateUnusable(f"{key}: a seal is made with a key on P-256")
    return Sealer(private, tuple(read_certificates(chain)), at)


def read_certificates(path: Path) -> list[Certificate]:
    """The certificates in a PEM file. Raises CertificateUnusable."""
    try:
        return load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise CertificateUnusable(f"{path}: no certificate in PEM") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateUnusable(f"{path}: cannot be read: {error.strerror}") from error
