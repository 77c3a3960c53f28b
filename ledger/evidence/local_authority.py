"""A time-stamping and sealing authority on this machine, for the demonstration and the tests: nobody's trust.

Guarantees replies as real authorities make them, since `openssl ts -reply` makes them (RFC 3161), with P-256 keys
under a root made for the occasion; and a certificate to seal packages with. Whoever holds the folder can stamp any
time it sets its clock to: a court is shown stamps of authorities it knows.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger.errors import LedgerError

_CONFIG = """\
[tsa]
default_tsa = local
[local]
dir = .
serial = serial
crypto_device = builtin
signer_cert = stamp.pem
{certs}signer_key = stamp.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class AuthorityFailed(LedgerError):
    """`openssl ts -reply` refused or is not installed; `why` is what it said."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the local authority gave no reply: {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


def issue(
    name: str,
    by: Issued | None,
    start: datetime,
    days: int = 3650,
    usage: x509.ObjectIdentifier | None = None,
    authority: bool = False,
) -> Issued:
    """A P-256 certificate for `name`, signed `by` another or by itself; `usage` alone and critical, if given."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = by.certificate.subject if by is not None else subject
    signer = by.key if by is not None else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_key_usage(authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    return Issued(builder.sign(signer, hashes.SHA256()), key)


class LocalAuthority:
    """A root, a time-stamping certificate under it, and a folder for `openssl ts`."""

    def __init__(self, folder: Path, start: datetime, days: int = 3650, with_root: bool = False) -> None:
        self.root = issue("Local test root", None, start, days, authority=True)
        self.stamping = issue("Local test time-stamping", self.root, start, days, ExtendedKeyUsageOID.TIME_STAMPING)
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ts.cnf").write_text(_CONFIG.format(certs="certs = root.pem\n" if with_root else ""))
        (folder / "serial").write_text("01\n")
        (folder / "root.pem").write_bytes(pem(self.root.certificate))
        (folder / "stamp.pem").write_bytes(pem(self.stamping.certificate))
        write_private(folder / "stamp.key", self.stamping.key)

    def post(self, url: str, body: bytes, /) -> bytes:
        """A reply to the request `body`, whatever the `url`: satisfies `timestamp.Post`. Raises AuthorityFailed."""
        (self._folder / "request.tsq").write_bytes(body)
        command = ["openssl", "ts", "-reply", "-config", "ts.cnf", "-queryfile", "request.tsq", "-out", "reply.tsr"]
        try:
            made = subprocess.run(command, cwd=self._folder, capture_output=True, check=False)
        except FileNotFoundError as missing:
            raise AuthorityFailed("the program openssl is not installed") from missing
        if made.returncode:
            raise AuthorityFailed(made.stderr.decode(errors="replace"))
        return (self._folder / "reply.tsr").read_bytes()


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate in PEM."""
    return certificate.public_bytes(Encoding.PEM)


def write_private(path: Path, key: EllipticCurvePrivateKey) -> None:
    """A private key in PEM, readable by its owner only."""
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _key_usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
