"""Sealing a bundle: PAdES (ETSI EN 319 142-1), level B-B or, with a time-stamping authority, B-T.

Guarantees that the bundle's bytes stay as they are and that the seal follows them as an incremental update, so that a
verifier who sets the bundle again can compare every byte before the first signature (`unsealed`). Keys are P-256:
poppler and most readers reject Ed25519 in PDF. The seal certifies the document and allows no later change. It says who
sealed the file, not that what it says is true; it validates no certificate.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Final

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ledger.errors import LedgerError, Malformed
from ledger.log.timestamp import Post

FIELD: Final = "Seal"


class BundleChanged(LedgerError):
    """A sealed bundle does not begin with the bytes that were set."""


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
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason="Seal of the ledger's operator over this bundle",
    )
    stamper = _Poster(*authority) if authority is not None else None
    out = signers.PdfSigner(meta, signer, timestamper=stamper).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    sealed: bytes = out.getvalue()
    unsealed(sealed, pdf)
    return sealed


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
