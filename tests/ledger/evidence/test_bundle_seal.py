"""Sealing a bundle: poppler accepts it, the bytes before it are the bundle's, and a change shows."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key

from domain.errors import Malformed
from ledger.evidence.bundle import build_bundle, bundle_input_from
from ledger.evidence.bundle_seal import BundleChanged, seal_bundle, unsealed
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


def test_only_p256_keys_with_their_own_certificate_seal(pdf, operator, authority):
    with pytest.raises(Malformed, match="P-256"):
        seal_bundle(pdf, generate_private_key(SECP384R1()), operator.certificate)
    with pytest.raises(Malformed, match="certificate that holds it"):
        seal_bundle(pdf, operator.key, authority.stamping.certificate)
