"""Private keys of statements: encrypted PKCS#8 files in one folder, opened once per process.

Guarantees that a private key is on disk only encrypted (PBES2, AES-256, PBKDF2-HMAC-SHA256 with 600,000 rounds,
OWASP 2023; `cryptography`'s default would be 2,048), readable by its owner only (0600), written completely or not at
all, and never over an existing file. Beside `<name>.pem` lies `<name>.json`, the public part, readable without the
passphrase. It asks nobody for the passphrase: the caller hands in a callable. A token behind PKCS#11 can stand in
for a file: `envelope.StatementKey` is all that signing needs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from domain.effects import PublicKey
from domain.identifiers import PartyId
from ledger.errors import LedgerError, Malformed
from ledger.statements.base64url import format_base64url, parse_base64url
from ledger.statements.canonical import Json, canonical_bytes, parse_strict
from ledger.statements.keys import ALGORITHMS, public_key_of, read_public_key
from ledger.statements.members import Members, Parse, choice, slug, string
from ledger.statements.pkcs8 import encrypt_pkcs8
from ledger.statements.values import party

KDF_ROUNDS: Final = 600_000
RSA_BITS_NEW: Final = 3072
_PUBLIC_BYTES_MAX: Final = 8_192

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey
Use = Literal["statement", "root", "service", "log"]
"""What a key is for: statements of its party, register acts as a root, refusals, or checkpoints. One key has one use."""


class KeyUnavailable(LedgerError):
    """A key file that is missing, cannot be opened, or must not be overwritten. `path` names it."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True)
class SoftwareKey:
    """A private key in memory; satisfies `envelope.StatementKey`."""

    private: PrivateKey = field(repr=False)
    public: PublicKey

    @classmethod
    def of(cls, private: PrivateKey) -> SoftwareKey:
        """Raises Malformed for a key that no register would take."""
        return cls(private, public_key_of(private.public_key()))

    @property
    def alg(self) -> str:
        return self.public.alg

    @property
    def kid(self) -> str:
        return self.public.thumbprint

    def sign(self, message: bytes) -> bytes:
        """The JWS signature of `message`: for ES256 r and s as 64 bytes (RFC 7518 section 3.4)."""
        match self.private:
            case Ed25519PrivateKey():
                return self.private.sign(message)
            case EllipticCurvePrivateKey():
                r, s = decode_dss_signature(
                    self.private.sign(message, ECDSA(hashes.SHA256(), deterministic_signing=True))
                )
                return r.to_bytes(32, "big") + s.to_bytes(32, "big")
            case RSAPrivateKey():
                pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)
                return self.private.sign(message, pss, hashes.SHA256())


def generate_key(alg: str) -> PrivateKey:
    """A new private key for an algorithm of `keys.ALGORITHMS`."""
    match alg:
        case "Ed25519":
            return Ed25519PrivateKey.generate()
        case "ES256":
            return generate_private_key(SECP256R1())
        case "PS256":
            return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS_NEW)
        case _:
            raise Malformed("alg", f"unknown algorithm; one of: {', '.join(ALGORITHMS)}", "key.unknown-algorithm")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The public part of a key of the ring. `party` None for the ledger's own keys (service, log)."""

    name: str
    use: Use
    party: PartyId | None
    public: PublicKey

    def to_bytes(self) -> bytes:
        members: dict[str, Json] = {
            "name": self.name,
            "use": self.use,
            "key": {"alg": self.public.alg, "spki": format_base64url(self.public.spki)},
            "thumbprint": self.public.thumbprint,
        }
        if self.party is not None:
            members["party"] = self.party
        return canonical_bytes(members)

    @classmethod
    def parse(cls, raw: bytes) -> KeyRecord:
        """The inverse of `to_bytes`. Raises Malformed."""
        members = Members(parse_strict(raw, _PUBLIC_BYTES_MAX), "")
        key = Members(members.raw("key"), "/key")
        spki = parse_base64url(key.one("spki", string), "/key/spki")
        public = read_public_key(key.one("alg", choice(*ALGORITHMS)), spki, "/key")
        key.end()
        uses: Parse[Use] = choice("statement", "root", "service", "log")
        record = cls(members.one("name", slug), members.one("use", uses), members.maybe("party", party), public)
        if members.one("thumbprint", string) != public.thumbprint:
            raise Malformed("/thumbprint", "not the thumbprint of the key beside it", "key.thumbprint-spelling")
        members.end()
        return record


class Keyring:
    """The keys in one folder. Opening a key derives its encryption key (about 0.2 s), so each is opened once."""

    def __init__(self, folder: Path, passphrase: Callable[[], bytes], rounds: int = KDF_ROUNDS) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._rounds = rounds
        self._opened: dict[str, SoftwareKey] = {}

    def create(self, name: str, use: Use, owner: PartyId | None = None, alg: str = "Ed25519") -> KeyRecord:
        """Make and keep a new key. Raises KeyUnavailable if the name is taken, Malformed if it is no slug."""
        return self.keep(name, use, generate_key(alg), owner)

    def keep(self, name: str, use: Use, private: PrivateKey, owner: PartyId | None = None) -> KeyRecord:
        """Keep a given private key. Raises as `create`."""
        key = SoftwareKey.of(private)
        record = KeyRecord(slug(name, "name"), use, owner, key.public)
        self._write_private(name, private)
        _write_new(self._folder / f"{name}.json", record.to_bytes())
        self._opened[name] = key
        return record

    def create_cosigner(self, name: str) -> MLDSA44PrivateKey:
        """Make and keep the log's ML-DSA-44 key, which signs checkpoints only and has no public part here. Raises as
        `create`."""
        private = MLDSA44PrivateKey.generate()
        self._write_private(slug(name, "name"), private)
        return private

    def open_cosigner(self, name: str) -> MLDSA44PrivateKey:
        """The log's ML-DSA-44 key. Raises KeyUnavailable."""
        path = self._folder / f"{slug(name, 'name')}.pem"
        private = self._read_private(path)
        if not isinstance(private, MLDSA44PrivateKey):
            raise KeyUnavailable(path, "not an ML-DSA-44 key")
        return private

    def records(self) -> tuple[KeyRecord, ...]:
        """The public parts of all keys, by name. Raises KeyUnavailable for a file that is no key record."""
        return tuple(self._record(path) for path in sorted(self._folder.glob("*.json")))

    def find(self, use: Use, owner: PartyId | None = None) -> KeyRecord:
        """The one key of that use and party. Raises KeyUnavailable when there is none, or more than one."""
        found = [record for record in self.records() if record.use == use and record.party == owner]
        if len(found) != 1:
            whose = f" of {owner}" if owner is not None else ""
            names = f": {', '.join(record.name for record in found)}; name one" if found else ""
            raise KeyUnavailable(self._folder, f"{len(found)} {use} keys{whose}{names}")
        return found[0]

    def for_party(self, owner: PartyId, use: Use = "statement") -> SoftwareKey:
        """The party's one key of that use, opened. Raises KeyUnavailable."""
        return self.open(self.find(use, owner).name)

    def open(self, name: str) -> SoftwareKey:
        """The private key of that name. Raises KeyUnavailable: missing, wrong passphrase, or not the key of its
        record."""
        if name in self._opened:
            return self._opened[name]
        path = self._folder / f"{slug(name, 'name')}.pem"
        record = self._record(path.with_suffix(".json"))
        private = self._read_private(path)
        if not isinstance(private, PrivateKey):
            raise KeyUnavailable(path, f"a key of a kind that signs no statements; one of {', '.join(ALGORITHMS)}")
        key = SoftwareKey.of(private)
        if key.public != record.public:
            raise KeyUnavailable(path, "holds another key than the public part beside it; restore both from a backup")
        self._opened[name] = key
        return key

    def _write_private(self, name: str, private: PrivateKey | MLDSA44PrivateKey) -> None:
        plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        pem = encrypt_pkcs8(plain, self._checked_passphrase(name), self._rounds)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(self._folder / f"{name}.pem", pem)

    def _read_private(self, path: Path) -> PrivateKeyTypes:
        try:
            return load_pem_private_key(path.read_bytes(), self._checked_passphrase(path.stem))
        except OSError as error:
            raise KeyUnavailable(path, f"cannot be read: {error.strerror}") from error
        except (ValueError, TypeError) as error:
            raise KeyUnavailable(path, "the passphrase is wrong, or the file is no encrypted PKCS#8 key") from error

    def _record(self, path: Path) -> KeyRecord:
        try:
            record = KeyRecord.parse(path.read_bytes())
        except OSError as error:
            raise KeyUnavailable(path, f"cannot be read: {error.strerror}") from error
        except Malformed as error:
            raise KeyUnavailable(path, f"no public part of a key: {error}") from error
        if record.name != path.stem:
            raise KeyUnavailable(path, f"is the record of the key {record.name}")
        return record

    def _checked_passphrase(self, name: str) -> bytes:
        passphrase = self._passphrase()
        if not passphrase:
            raise KeyUnavailable(
                self._folder / f"{name}.pem", "the passphrase is empty; private keys are kept encrypted only"
            )
        return passphrase


def _write_new(path: Path, content: bytes) -> None:
    """Create `path` with mode 0600, complete and durable, or not at all; an existing file is never replaced."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike rename, fails when the name is taken
    except FileExistsError as error:
        raise KeyUnavailable(path, "exists already; keys are never overwritten, choose another name") from error
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
