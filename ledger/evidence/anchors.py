"""What the reader trusts before opening a package: the anchors of a verification.

Guarantees that nothing a package says about itself decides whom to trust: the log's origin and genesis, its verifier
keys, the witnesses demanded, the roots of time-stamping and sealing authorities come from a file of the reader's own,
obtained on another way than the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, InvalidVersion, load_pem_x509_certificate

from domain.identifiers import StatementId, parse_statement_id
from ledger.errors import Malformed
from ledger.log.body import check_origin
from ledger.log.keys import VerifierKey
from ledger.log.receipt import NO_WITNESSES, WitnessPolicy
from ledger.statements.canonical import Json, canonical_bytes, parse_strict
from ledger.statements.members import Members, string
from ledger.statements.values import count

ANCHORS_BYTES_MAX: Final = 1 << 20
LIST_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Anchors:
    """`genesis` is the id of entry 0. Without `stamp_roots` or `seal_roots`, timestamps and seal are not judged."""

    origin: str
    genesis: StatementId
    log_keys: tuple[VerifierKey, ...]
    witnesses: WitnessPolicy = NO_WITNESSES
    stamp_roots: tuple[Certificate, ...] = ()
    seal_roots: tuple[Certificate, ...] = ()

    def __post_init__(self) -> None:
        check_origin(self.origin)
        if not any(key.name == self.origin for key in self.log_keys):
            raise Malformed("anchors/log_keys", f"no key of the log {self.origin} is given")

    @classmethod
    def parse(cls, raw: bytes) -> Anchors:
        """Reads `anchors.json`. Raises Malformed."""
        members = Members(parse_strict(raw, ANCHORS_BYTES_MAX, "anchors"), "anchors")
        if members.raw("v") != 1:
            raise Malformed("anchors/v", "unknown version; this verifier reads version 1")
        policy = NO_WITNESSES
        origin = members.one("origin", string)
        genesis = members.one("genesis", lambda value, where: parse_statement_id(string(value, where), where))
        keys = members.many("log_keys", _vkey, 1, LIST_MAX)
        if "witnesses" in members:
            given = Members(members.raw("witnesses"), "anchors/witnesses")
            policy = WitnessPolicy(given.many("keys", _vkey, 1, LIST_MAX), given.one("threshold", count))
            given.end()
        stamp_roots = members.maybe_many("timestamp_roots", _certificate, LIST_MAX)
        seal_roots = members.maybe_many("seal_roots", _certificate, LIST_MAX)
        members.end()
        return cls(origin, genesis, keys, policy, stamp_roots, seal_roots)

    def to_bytes(self) -> bytes:
        """The inverse of `parse`, in canonical form."""
        value: dict[str, Json] = {
            "v": 1,
            "origin": self.origin,
            "genesis": self.genesis,
            "log_keys": [key.format() for key in self.log_keys],
        }
        if self.witnesses.keys:
            keys: list[Json] = [key.format() for key in self.witnesses.keys]
            value["witnesses"] = {"keys": keys, "threshold": str(self.witnesses.threshold)}
        if self.stamp_roots:
            value["timestamp_roots"] = [_pem(root) for root in self.stamp_roots]
        if self.seal_roots:
            value["seal_roots"] = [_pem(root) for root in self.seal_roots]
        return canonical_bytes(value)


def _pem(certificate: Certificate) -> str:
    """In one line: no string of this format holds line ends."""
    return certificate.public_bytes(Encoding.PEM).decode("ascii").strip().replace("\n", " ")


def _vkey(value: Json, where: str) -> VerifierKey:
    return VerifierKey.parse(string(value, where))


def _certificate(value: Json, where: str) -> Certificate:
    """PEM in one line: spaces where the file has line ends."""
    text = string(value, where)
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    body = text.removeprefix(begin).removesuffix(end).split()
    try:
        return load_pem_x509_certificate("\n".join((begin, *body, end, "")).encode("ascii"))
    except (ValueError, InvalidVersion) as error:
        raise Malformed(where, "not a certificate in PEM") from error
