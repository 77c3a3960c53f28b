"""Sealing a bundle: poppler accepts it, the bytes before it are the bundle's, and a change shows."""

import io
import re
import subprocess
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from asn1crypto import cms, keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from domain.errors import Malformed
from ledger.evidence import bundle_seal
from ledger.evidence.bundle import build_bundle, bundle_input_from
from ledger.evidence.bundle_seal import BundleChanged, open_bundle_seal, seal_bundle, unsealed
from ledger.evidence.local_authority import LocalAuthority, issue
from tests.ledger.evidence.demo_cases import case_ledger


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return LocalAuthority(tmp_path_factory.mktemp("authority"), datetime.now(UTC) - timedelta(days=1))


@pytest.fixture(scope="module")
def operator(authority):
    return issue("Operator of the test ledger", authority.root, datetime.now(UTC) - timedelta(days=1))


@pytest.fixture(scope="module")
def pdf():
    ledger = case_ledger("invented-nordhafen")
    state = ledger.state("asset:nordhafen-terminal")
    return build_bundle(bundle_input_from(state, dict(enumerate(ledger.entries)), ledger.checkpoint()))


@pytest.fixture(scope="module")
def sealed(pdf, operator, authority):
    return seal_bundle(
        pdf, operator.key, operator.certificate, [authority.root.certificate], ("https://local", authority.post)
    )


def pdfsig(path):
    return subprocess.run(["pdfsig", str(path)], check=False, capture_output=True, text=True, timeout=60).stdout


def test_poppler_finds_a_valid_pades_seal_over_the_whole_file(sealed, tmp_path):
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)
    said = pdfsig(path)
    assert "Signature Type: ETSI.CAdES.detached" in said
    assert "Signer Certificate Common Name: Operator of the test ledger" in said
    assert "Total document signed" in said
    assert "Signature Validation: Signature is Valid." in said


def test_one_changed_byte_breaks_the_seal(sealed, pdf, tmp_path):
    path = tmp_path / "changed.pdf"
    at = pdf.index(b"/Title")
    path.write_bytes(sealed[:at] + b"/Titel" + sealed[at + 6 :])
    assert "Signature is Valid" not in pdfsig(path)


def test_the_seal_carries_a_timestamp_only_when_an_authority_is_asked(sealed, pdf, operator):
    token = bytes.fromhex("060b2a864886f70d010910020e").hex()  # id-aa-timeStampToken, RFC 3161 appendix A
    assert token in sealed.decode("latin-1").lower()
    assert token not in seal_bundle(pdf, operator.key, operator.certificate).decode("latin-1").lower()


def test_the_bytes_before_the_first_signature_are_the_bundle(sealed, pdf):
    assert unsealed(sealed, pdf) == pdf
    with pytest.raises(BundleChanged):
        unsealed(b"x" + sealed, pdf)
    with pytest.raises(BundleChanged):
        unsealed(sealed, pdf[:-10])


def test_what_stands_behind_the_bundle_is_one_valid_seal(sealed, pdf, operator):
    assert open_bundle_seal(sealed, pdf) == "CN=Operator of the test ledger"
    assert (
        open_bundle_seal(seal_bundle(pdf, operator.key, operator.certificate), pdf) == "CN=Operator of the test ledger"
    )


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/St_Johns", "UTC"])
def test_a_seal_made_in_another_zone_is_the_same_seal(pdf, operator, monkeypatch, zone):
    """pyHanko writes local times, so that what is behind them moves."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("tzlocal.get_localzone", lambda: ZoneInfo(zone))
        made = seal_bundle(pdf, operator.key, operator.certificate)
    assert open_bundle_seal(made, pdf)


def sealed_after(pdf, operator, change):
    """What a hostile sealer hands over: the bundle, an update that changes what is seen, and a valid seal over all of it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    key = keys.PrivateKeyInfo.load(
        operator.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )
    certificate = asn1_x509.Certificate.load(operator.certificate.public_bytes(Encoding.DER))
    signer = signers.SimpleSigner(certificate, key, SimpleCertificateStore())
    made = signers.PdfSigner(bundle_seal._meta(), signer).sign_pdf(writer)
    assert made.getvalue().startswith(pdf)
    return made.getvalue()


def other_words_on_the_first_page(writer):
    page = writer.root["/Pages"]["/Kids"].raw_get(0).get_object()
    while page["/Type"] != "/Page":
        page = page["/Kids"].raw_get(0).get_object()
    page["/Contents"] = writer.add_object(
        generic.StreamObject(stream_data=b"BT /F1 40 Tf (Title was held by the thief) Tj ET")
    )
    writer.update_container(page)


def other_files_attached(writer):
    writer.root["/Names"]["/EmbeddedFiles"] = generic.DictionaryObject()
    writer.update_root()


def another_title(writer):
    writer.trailer["/Info"]["/Title"] = generic.TextStringObject("Who owned nothing")
    writer.update_container(writer.trailer["/Info"])


@pytest.mark.parametrize("change", [other_words_on_the_first_page, other_files_attached, another_title])
def test_a_change_that_a_valid_signature_covers_is_found(pdf, operator, tmp_path, change):
    made = sealed_after(pdf, operator, change)
    (tmp_path / "made.pdf").write_bytes(made)
    said = pdfsig(tmp_path / "made.pdf")
    assert "Total document signed" in said
    assert "Signature is Valid" in said, "readers of PDF see nothing"
    with pytest.raises(BundleChanged):
        open_bundle_seal(made, pdf)


def zeroed(sealed: bytes) -> bytes:
    """Without the digest that the seal's signed attributes hold (OID 1.2.840.113549.1.9.4)."""
    at = sealed.lower().index(b"2a864886f70d010904", sealed.rindex(b"/Contents <")) + 30
    return sealed[:at] + b"0" * 40 + sealed[at + 40 :]


def signed_by_nobody(sealed: bytes) -> bytes:
    """With one digit of the signature itself changed; the attributes it is over stay as they were."""
    begin = sealed.rindex(b"/Contents <") + 11
    raw = bytes.fromhex(sealed[begin : sealed.index(b">", begin)].decode())
    value = cms.ContentInfo.load(raw)["content"]["signer_infos"][0]["signature"].native
    at = sealed.lower().rindex(value.hex().encode()) + 20
    return sealed[:at] + (b"0" if sealed[at : at + 1] != b"0" else b"1") + sealed[at + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        zeroed,
        signed_by_nobody,
        lambda sealed: sealed + b"\n",
        lambda sealed: sealed[:-1],
        lambda sealed: sealed.replace(b"/Rect [ 0 0 0 0 ]", b"/Rect [ 0 0 9 9 ]"),
        lambda sealed: sealed.replace(b"/P 1\n", b"/P 3\n"),
        lambda sealed: sealed.replace(b"65535 f", b"65534 f"),
        lambda sealed: sealed[: sealed.rindex(b"startxref")] + b"startxref\n9\n%%EOF\n",
    ],
)
def test_another_update_than_a_seal_is_found(sealed, pdf, change):
    made = change(sealed)
    assert made != sealed
    with pytest.raises(BundleChanged):
        open_bundle_seal(made, pdf)


def test_references_that_lead_elsewhere_are_found(sealed, pdf):
    """A hostile sealer signs its own table of references too: it is compared by itself."""
    update = sealed[len(pdf) :]
    table = update.rindex(b"\nxref\n")
    assert bundle_seal._form(update, len(pdf))
    place = re.search(rb"[0-9]{10}(?= 00000 n)", update[table:])
    assert place is not None
    elsewhere = update[:table] + update[table:].replace(place[0], b"0000000017", 1)
    with pytest.raises(BundleChanged, match="lead elsewhere"):
        bundle_seal._form(elsewhere, len(pdf))


def test_every_byte_behind_the_bundle_counts(sealed, pdf):
    """One flipped in each stretch of forty, the signature's own place aside: certificates beside the signer's and what fills it up
    are signed by nobody."""
    signature = sealed.rindex(b"/Contents <") + 11
    ends = sealed.index(b">", signature)
    for at in range(len(pdf), len(sealed), 40):
        made = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        if signature <= at < ends:
            continue
        with pytest.raises(BundleChanged):
            open_bundle_seal(made, pdf)


def test_only_p256_keys_with_their_own_certificate_seal(pdf, operator, authority):
    with pytest.raises(Malformed, match="P-256"):
        seal_bundle(pdf, generate_private_key(SECP384R1()), operator.certificate)
    with pytest.raises(Malformed, match="certificate that holds it"):
        seal_bundle(pdf, operator.key, authority.stamping.certificate)
