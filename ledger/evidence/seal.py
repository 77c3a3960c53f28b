"""The seal: who put a package together, over everything in it (CAdES-B-B, ETSI EN 319 122-1, in an ASiC-E manifest).

Guarantees that a `VerifiedSeal` signs, with the P-256 key of the certificate it names, an ASiCManifest (ETSI EN 319
162-1, A.4) that lists every member of the container but `mimetype` and `META-INF/` with its SHA-256; that both files
have the one form that this module writes, rebuilt and compared byte for byte, unsigned attributes aside; and that the
certificate leads to one of the reader's roots at the time of signing, which is the sealer's claim.

A seal says who assembled the package. It proves nothing about the log: signatures of statements, checkpoint and
stamps do. Unsigned attributes are covered by nothing, and told. Revocation is not checked: a reader drops the root.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, DuplicateExtension, InvalidVersion, load_der_x509_certificate
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from ledger.errors import LedgerError, Malformed
from ledger.evidence.container import MIMETYPE_NAME

MANIFEST_NAME: Final = "META-INF/ASiCManifest001.xml"
SIGNATURE_NAME: Final = "META-INF/signature001.p7s"
SIGNATURE_BYTES_MAX: Final = 65_536
CHAIN_MAX: Final = 8
_SHA256_URI: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
_MEDIA_TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv",
    "txt": "text/plain",
    "html": "text/html",
    "pdf": "application/pdf",
    "tsr": "application/timestamp-reply",
    "pem": "application/x-pem-file",
}
_UNREADABLE: Final = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError),
    *(UnsupportedAlgorithm, InvalidVersion, DuplicateExtension),
)


class SealInvalid(LedgerError):
    """The seal does not seal these members. `item` is the member of the container that shows it."""

    def __init__(self, item: str, why: str) -> None:
        super().__init__(f"{item}: {why}")
        self.item = item
        self.why = why


@dataclass(frozen=True, slots=True)
class Sealer:
    """A P-256 key, its certificate and those between it and a root (leaf first), and the time to put into the seal."""

    key: EllipticCurvePrivateKey
    chain: tuple[Certificate, ...]
    at: datetime

    def __post_init__(self) -> None:
        public = self.key.public_key()
        if not isinstance(public.curve, SECP256R1):
            raise Malformed("sealer/key", "a seal is made with a key on P-256")
        if not 1 <= len(self.chain) <= CHAIN_MAX or self.chain[0].public_key() != public:
            raise Malformed("sealer/chain", f"expected 1 to {CHAIN_MAX} certificates, the first with the sealer's key")


@dataclass(frozen=True, slots=True)
class VerifiedSeal:
    """A valid seal. `signed_at` is the sealer's claim; `rooted` says that a root of the reader's vouches for `subject`
    (False: the reader gave no roots). `uncovered` names unsigned attributes. Made by `open_seal`."""

    subject: str
    signed_at: datetime
    rooted: bool
    uncovered: tuple[str, ...]


def seal(members: Mapping[str, bytes], sealer: Sealer) -> dict[str, bytes]:
    """The two members of `META-INF/` that seal `members`."""
    manifest = format_manifest(members)
    chain = [certificate.public_bytes(Encoding.DER) for certificate in sealer.chain]
    moment = sealer.at.astimezone(UTC).replace(microsecond=0)
    attributes = _signed_attributes(chain[0], moment, hashlib.sha256(manifest).digest())
    signature = sealer.key.sign(attributes.dump(), ECDSA(hashes.SHA256(), deterministic_signing=True))
    return {MANIFEST_NAME: manifest, SIGNATURE_NAME: _signed_data(chain, attributes, signature)}


def format_manifest(members: Mapping[str, bytes]) -> bytes:
    """The ASiCManifest over `members`, those of `META-INF/` and `mimetype` left out. Names need no escaping: the
    container allows none that would."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
        f'<asic:SigReference URI="{SIGNATURE_NAME}" MimeType="application/pkcs7-signature"/>',
    ]
    lines += [_reference(name, members[name]) for name in sealed_names(members)]
    lines.append("</asic:ASiCManifest>")
    return "".join(f"{line}\n" for line in lines).encode()


def _reference(name: str, data: bytes) -> str:
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    media_type = _MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return (
        f'<asic:DataObjectReference URI="{name}" MimeType="{media_type}"><ds:DigestMethod Algorithm="{_SHA256_URI}"/>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></asic:DataObjectReference>"
    )


def sealed_names(members: Mapping[str, bytes]) -> list[str]:
    """The members a seal covers, in order."""
    return sorted(name for name in members if name != MIMETYPE_NAME and not name.startswith("META-INF/"))


def manifest_differences(members: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Where the ASiCManifest is not the one of `members`: item and what is wrong, for a reader of findings."""
    given = members.get(MANIFEST_NAME)
    if given is None:
        return [(MANIFEST_NAME, "is missing: nothing says what is sealed")]
    wanted = format_manifest(members)
    if given == wanted:
        return []
    references = {name: _reference(name, members[name]).encode() for name in sealed_names(members)}
    held, due = given.split(b"\n"), {*references.values(), *wanted.split(b"\n")}
    listed = set(held)
    found = [
        (name, "the sealed list does not have this member with these contents")
        for name, line in references.items()
        if line not in listed
    ]
    found += [
        (MANIFEST_NAME, f"lists what the package does not hold so: {line[:120].decode(errors='replace')}")
        for line in held
        if line not in due
    ]
    return found or [(MANIFEST_NAME, "is not in the one form")]


def open_seal(members: Mapping[str, bytes], roots: Sequence[Certificate]) -> VerifiedSeal:
    """Verifies the signature over the ASiCManifest in `members`. Raises SealInvalid.

    That the manifest is the one of these members, `manifest_differences` tells.
    """
    manifest, raw = members.get(MANIFEST_NAME), members.get(SIGNATURE_NAME)
    if manifest is None or raw is None:
        raise SealInvalid(
            MANIFEST_NAME if manifest is None else SIGNATURE_NAME, "is missing: the package is not sealed"
        )
    if len(raw) > SIGNATURE_BYTES_MAX:
        raise SealInvalid(SIGNATURE_NAME, f"{len(raw)} bytes, at most {SIGNATURE_BYTES_MAX} are read")
    try:
        return _open(manifest, raw, roots)
    except InvalidSignature as refused:
        raise SealInvalid(SIGNATURE_NAME, "the signature does not verify") from refused
    except _UNREADABLE as refused:
        raise SealInvalid(SIGNATURE_NAME, f"is no CAdES signature: {refused}") from refused


def _open(manifest: bytes, raw: bytes, roots: Sequence[Certificate]) -> VerifiedSeal:
    content = cms.ContentInfo.load(raw, strict=True)["content"]
    (signer,) = content["signer_infos"]
    ders = [bytes(choice.chosen.dump()) for choice in content["certificates"]]
    if not 1 <= len(ders) <= CHAIN_MAX:
        raise SealInvalid(SIGNATURE_NAME, f"carries {len(ders)} certificates")
    leaf_der = next((der for der in ders if _bound(signer, der)), None)
    if leaf_der is None:
        raise SealInvalid(SIGNATURE_NAME, "none of its certificates is the one its signed attributes bind")
    leaf = load_der_x509_certificate(leaf_der)
    (moment,) = (a["values"][0].native for a in signer["signed_attrs"] if a["type"].native == "signing_time")
    attributes = _signed_attributes(leaf_der, moment, hashlib.sha256(manifest).digest())
    signature = signer["signature"].native
    others = [der for der in ders if der != leaf_der]
    uncovered = tuple(str(attribute["type"].native) for attribute in signer["unsigned_attrs"] or ())
    rebuilt = _signed_data([leaf_der, *others], attributes, signature)
    if rebuilt != (_without_unsigned(raw) if uncovered else raw):
        if attributes.dump() != signer["signed_attrs"].untag().dump():
            raise SealInvalid(MANIFEST_NAME, "is not what was sealed")
        raise SealInvalid(SIGNATURE_NAME, "is not in the one form of a seal")
    public = leaf.public_key()
    if not isinstance(public, EllipticCurvePublicKey) or not isinstance(public.curve, SECP256R1):
        raise SealInvalid(SIGNATURE_NAME, "its certificate holds no key on P-256")
    public.verify(signature, attributes.dump(), ECDSA(hashes.SHA256()))
    if roots:
        _verify_path(leaf, [load_der_x509_certificate(der) for der in others], roots, moment)
    return VerifiedSeal(leaf.subject.rfc4514_string(), moment, bool(roots), uncovered)


def _without_unsigned(raw: bytes) -> bytes:
    parsed = cms.ContentInfo.load(raw)
    signer = parsed["content"]["signer_infos"][0]
    del signer["unsigned_attrs"]
    return bytes(parsed.dump(force=True))


def _bound(signer: cms.SignerInfo, der: bytes) -> bool:
    (bound,) = (
        a["values"][0]["certs"][0] for a in signer["signed_attrs"] if a["type"].native == "signing_certificate_v2"
    )
    return bool(bound["cert_hash"].native == hashlib.sha256(der).digest())


def _verify_path(leaf: Certificate, others: list[Certificate], roots: Sequence[Certificate], at: datetime) -> None:
    """A path of certificates to a root. Any purpose is taken: there is no agreed one for seals."""
    verifier = (
        PolicyBuilder()
        .store(Store(list(roots)))
        .time(at)
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        verifier.verify(leaf, others)
    except VerificationError as refused:
        why = (
            f"no path at {at:%Y-%m-%d} from the certificate of {leaf.subject.rfc4514_string()}, issued by "
            f"{leaf.issuer.rfc4514_string()} for {leaf.not_valid_before_utc:%Y-%m-%d} to {leaf.not_valid_after_utc:%Y-%m-%d}, "
            "to a root of the reader"
        )
        raise SealInvalid(SIGNATURE_NAME, why) from refused


def _signed_attributes(leaf: bytes, moment: datetime, digest: bytes) -> cms.CMSAttributes:
    """Content type, signing time, digest of the content, and the certificate that signs (RFC 5035)."""
    binding = tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(leaf).digest()})]})
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": core.UTCTime(moment)})]}),
            cms.CMSAttribute({"type": "message_digest", "values": [digest]}),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [binding]}),
        ]
    )


def _signed_data(chain: Sequence[bytes], attributes: cms.CMSAttributes, signature: bytes) -> bytes:
    """The detached signature in its one form."""
    leaf = asn1_x509.Certificate.load(chain[0])
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    identifier = cms.IssuerAndSerialNumber({"issuer": leaf.issuer, "serial_number": leaf.serial_number})
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": identifier}),
            "digest_algorithm": sha256,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": signature,
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "data"},
            "certificates": [asn1_x509.Certificate.load(der) for der in sorted(chain)],
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())
