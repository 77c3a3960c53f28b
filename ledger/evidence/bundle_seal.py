"""Sealing a bundle: PAdES (ETSI EN 319 142-1), level B-B or, with a time-stamping authority, B-T.

Guarantees that the bundle's bytes stay as they are and that the seal follows them as an incremental update, so that a
verifier who sets the bundle again can compare every byte before the first signature (`unsealed`). Keys are P-256:
poppler and most readers reject Ed25519 in PDF. The seal certifies the document and allows no later change. It says who
sealed the file, not that what it says is true; it validates no certificate.

An incremental update may replace any object of what stands before it, a page's contents too, and a reader of PDF would
call the whole "signed". So `open_bundle_seal` makes the update again and compares it object by object, times, identifier
and signature aside, and each place that its table of references names: behind the bundle stands a seal and nothing else.
Certificates beside the signer's, and a timestamp in it, are signed by others or by nobody: readers of PDF judge them.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable
from typing import Any, Final

from asn1crypto import cms, keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import Certificate, DuplicateExtension, InvalidVersion, load_der_x509_certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ledger.errors import LedgerError, Malformed
from ledger.log.timestamp import Post

FIELD: Final = "Seal"


_CONTENTS_HEX_MAX: Final = 1 << 18
_OBJECT = re.compile(rb"([0-9]{1,10}) 0 obj\n(.*?)\nendobj\n", re.DOTALL)
_REFERENCES = re.compile(
    rb"xref\n((?:[0-9]{1,10} [0-9]{1,10}\n(?:[0-9]{10} [0-9]{5} [nf] ?\r?\n)+)+)(trailer\n.*)startxref\n([0-9]{1,10})\n%%EOF\s*\Z",
    re.DOTALL,
)
_SECTION = re.compile(rb"([0-9]{1,10}) ([0-9]{1,10})\n((?:[0-9]{10} [0-9]{5} [nf] ?\r?\n)+)")
_ROW = re.compile(rb"([0-9]{10}) ([0-9]{5}) ([nf])")
_CONTENTS = re.compile(rb"/Contents <([0-9A-Fa-f]+)>")
_RANGE = re.compile(rb"/ByteRange \[ ?([0-9]{1,10}) +([0-9]{1,10}) +([0-9]{1,10}) +([0-9]{1,10}) *\] *")
# What two seals over the same bytes may differ in: times, the identifier of this state of the file, the signature.
_VARYING: Final = (
    (re.compile(rb"/(ModDate|M) \(D[0-9Z\\+'-]{1,48}\)"), rb"/\1"),
    (re.compile(rb'xmp:ModifyDate="[0-9T:.Z+-]{1,40}"'), b"ModifyDate"),
    (re.compile(rb"/ID \[ (<[0-9A-Fa-f]{2,128}>) <[0-9A-Fa-f]{32}> \]"), rb"/ID \1"),
    (_CONTENTS, b"/Contents"),
    (_RANGE, b"/ByteRange"),
    (re.compile(rb"/Length [0-9]{1,6}(?=\n/Type /Metadata)"), b"/Length"),
)
_UNREADABLE: Final = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError),
    *(UnsupportedAlgorithm, InvalidVersion, DuplicateExtension, PdfError, SigningError),
)


class BundleChanged(LedgerError):
    """A sealed bundle does not begin with the bytes that were set, or there is more behind them than one valid seal."""


def seal_bundle(
    pdf: bytes,
    key: EllipticCurvePrivateKey,
    certificate: Certificate,
    chain: Iterable[Certificate] = (),
    authority: tuple[str, Post] | None = None,
) -> bytes:
    """`pdf` with a seal by `key` behind it. `authority`: the URL of a time-stamping authority and how to post to it.

    Raises Malformed for a key that is not P-256 or not the certificate's; OSError, or pyHanko's TimestampRequestError,
    when the authority gives no stamp.
    """
    if not isinstance(key.curve, SECP256R1) or certificate.public_key() != key.public_key():
        raise Malformed("seal", "needs a P-256 key and the certificate that holds it")
    signer = signers.SimpleSigner(
        signing_cert=_asn1(certificate),
        signing_key=keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        cert_registry=_store(chain),
    )
    stamper = _Poster(*authority) if authority is not None else None
    out = signers.PdfSigner(_meta(), signer, timestamper=stamper).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    sealed: bytes = out.getvalue()
    unsealed(sealed, pdf)
    return sealed


def _meta() -> signers.PdfSignatureMetadata:
    return signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason="Seal of the ledger's operator over this bundle",
    )


def open_bundle_seal(sealed: bytes, pdf: bytes) -> str:
    """The name on the certificate whose key sealed `pdf`, over the whole file and with nothing else behind it.

    Raises BundleChanged. No certificate is validated: a reader of PDF does that, and `seal` for the package.
    """
    unsealed(sealed, pdf)
    update = sealed[len(pdf) :]
    found = _CONTENTS.findall(update)
    if len(found) != 1 or len(found[0]) > _CONTENTS_HEX_MAX or len(found[0]) % 2:
        raise BundleChanged("something was added behind the bundle that is not one signature")
    try:
        signer, leaf = _signer(bytes.fromhex(found[0].decode("ascii")))
        public = leaf.public_key()
        if not isinstance(public, EllipticCurvePublicKey) or not isinstance(public.curve, SECP256R1):
            raise BundleChanged("the certificate behind the bundle holds no key on P-256")
        again = _placeholder(pdf, len(found[0]), leaf)[len(pdf) :]
        if _form(update, len(pdf)) != _form(again, len(pdf)):
            raise BundleChanged("something was added behind the bundle beside its signature")
        at = sealed.rindex(b"/Contents <") + len(b"/Contents ")
        behind = at + len(found[0]) + 2
        if [tuple(map(int, row)) for row in _RANGE.findall(update)] != [(0, at, behind, len(sealed) - behind)]:
            raise BundleChanged("the signature behind the bundle does not cover the whole file")
        if _attribute(signer, "message_digest").native != hashlib.sha256(sealed[:at] + sealed[behind:]).digest():
            raise BundleChanged("the signature behind the bundle is over other bytes")
        public.verify(signer["signature"].native, signer["signed_attrs"].untag().dump(), ECDSA(SHA256()))
    except InvalidSignature as refused:
        raise BundleChanged("the signature behind the bundle is not valid") from refused
    except _UNREADABLE as refused:
        raise BundleChanged(f"the signature behind the bundle cannot be read: {refused}") from refused
    return leaf.subject.rfc4514_string()


def _placeholder(pdf: bytes, hex_digits: int, leaf: Certificate) -> bytes:
    """`pdf` with room for a signature behind it, as `seal_bundle` leaves it before it signs."""
    signer = signers.PdfSigner(_meta(), signers.ExternalSigner(_asn1(leaf), None, signature_value=64))
    making = signer.async_digest_doc_for_signing(IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=hex_digits)
    try:
        making.send(None)  # it waits for nobody: no authority is asked, and no loop of events is needed or disturbed
    except StopIteration as done:
        made: bytes = done.value[2].getvalue()
        return made
    raise AssertionError("making room for a signature waits for nothing")


def _form(update: bytes, start: int) -> tuple[dict[int, bytes], bytes]:
    """The objects of an update that begins at `start`, by number, and its trailer, without what may vary. Raises
    BundleChanged where it holds anything else, or its table names other places than where they stand."""
    objects: dict[int, bytes] = {}
    places: dict[int, int] = {}
    at = 0
    while (found := _OBJECT.match(update, at)) is not None:
        number = int(found[1])
        if number in objects:
            raise BundleChanged("an object behind the bundle stands twice")
        objects[number], places[number] = _without_varying(found[2]), start + at
        at = found.end()
    table = _REFERENCES.match(update, at)
    if table is None or int(table[3]) != start + at:
        raise BundleChanged("what stands behind the bundle is not in the form of a seal")
    named: dict[int, int] = {}
    for first, count, rows in _SECTION.findall(table[1]):
        told = _ROW.findall(rows)
        if len(told) != int(count):
            raise BundleChanged("the references behind the bundle are miscounted")
        for number, (place, generation, kind) in enumerate(told, int(first)):
            if (number, place, generation, kind) == (0, b"0000000000", b"65535", b"f"):
                continue
            if (generation, kind) != (b"00000", b"n") or number in named:
                raise BundleChanged("the references behind the bundle are not those of a seal")
            named[number] = int(place)
    if named != places:
        raise BundleChanged("the references behind the bundle lead elsewhere than to its objects")
    return objects, _without_varying(table[2])


def _without_varying(part: bytes) -> bytes:
    for pattern, told in _VARYING:
        part = pattern.sub(told, part)
    return part


def _signer(raw: bytes) -> tuple[cms.SignerInfo, Certificate]:
    """Who signed a CAdES signature, which zeros may follow, and the certificate that its signed attributes bind."""
    content = cms.ContentInfo.load(raw)["content"]
    (signer,) = content["signer_infos"]
    bound = _attribute(signer, "signing_certificate_v2")["certs"][0]["cert_hash"].native
    ders = [bytes(choice.chosen.dump()) for choice in content["certificates"]]
    (leaf,) = {der for der in ders if hashlib.sha256(der).digest() == bound}
    return signer, load_der_x509_certificate(leaf)


def _attribute(signer: cms.SignerInfo, kind: str) -> Any:
    (value,) = (a["values"][0] for a in signer["signed_attrs"] if a["type"].native == kind)
    return value


def unsealed(sealed: bytes, pdf: bytes) -> bytes:
    """The bytes before the first signature, which are `pdf`, a whole file. Raises BundleChanged when they are not."""
    if not pdf.rstrip(b"\r\n").endswith(b"%%EOF") or not sealed.startswith(pdf):
        raise BundleChanged("the bundle before its first signature is not the one that these members give")
    return sealed[: len(pdf)]


def _store(chain: Iterable[Certificate]) -> SimpleCertificateStore:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko annotates it in part
    for link in chain:
        store.register(_asn1(link))
    return store


def _asn1(certificate: Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


class _Poster(TimeStamper):
    """Asks an authority over a `post` handed in, as `ledger.log.timestamp` does."""

    def __init__(self, url: str, post: Post) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko annotates it in part
        self._url = url
        self._post = post

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._post(self._url, req.dump()))
