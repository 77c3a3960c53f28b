"""Public keys of statements: reading, naming and verifying with them (DESIGN section 2, "Envelope").

Guarantees that a key it returns is one DER spelling (re-encoding gives the same bytes), strong enough, and safe:
Ed25519 in the prime-order subgroup, ES256 on P-256, PS256 with RSA of 3,072 to 8,192 bits and a sane exponent; and
that its name is its RFC 7638 thumbprint. `cryptography` defines which signatures are valid; Ed25519 signatures with
small-order R are refused before, because verifiers disagree about them. Which key belongs to whom, the register
says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from domain.effects import PublicKey
from domain.errors import Malformed
from ledger.log.ed25519 import SMALL_ORDER_POINTS, check_public_key, check_signature_r
from ledger.statements.base64url import format_base64url
from ledger.statements.canonical import canonical_bytes

ALGORITHMS: Final = ("Ed25519", "ES256", "PS256")
RSA_BITS: Final = range(3072, 8193)
SPKI_BYTES_MAX: Final = 1200

Check = Callable[[bytes, bytes, str], None]
"""Of a signature, the message, and where the signature stands. Raises InvalidSignature, Malformed."""
VerifyingKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey

_ES256: Final = ECDSA(hashes.SHA256())
_PS256: Final = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)


def read_public_key(alg: str, spki: bytes, where: str) -> PublicKey:
    """The key that `spki` (DER SubjectPublicKeyInfo) spells, for use with `alg` only. Raises Malformed."""
    key = _load(alg, spki, where)
    return PublicKey(alg, spki, thumbprint(key))


def public_key_of(key: VerifyingKey, where: str = "key") -> PublicKey:
    """A `cryptography` public key as the register carries it; the algorithm follows from its kind. Raises Malformed."""
    match key:
        case Ed25519PublicKey():
            alg = "Ed25519"
        case EllipticCurvePublicKey():
            alg = "ES256"
        case RSAPublicKey():
            alg = "PS256"
    return read_public_key(alg, spki_of(key), where)


def spki_of(key: VerifyingKey) -> bytes:
    """DER SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def thumbprint(key: VerifyingKey) -> str:
    """RFC 7638, with SHA-256: the base64url of the hash of the required JWK members in canonical form."""
    match key:
        case Ed25519PublicKey():
            x = format_base64url(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
            jwk = canonical_bytes({"crv": "Ed25519", "kty": "OKP", "x": x})
        case EllipticCurvePublicKey():
            numbers = key.public_numbers()
            x, y = (format_base64url(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
            jwk = canonical_bytes({"crv": "P-256", "kty": "EC", "x": x, "y": y})
        case RSAPublicKey():
            rsa = key.public_numbers()
            e, n = (format_base64url(v.to_bytes((v.bit_length() + 7) // 8, "big")) for v in (rsa.e, rsa.n))
            jwk = canonical_bytes({"e": e, "kty": "RSA", "n": n})
    return format_base64url(hashlib.sha256(jwk).digest())


def verify_signature(key: PublicKey, message: bytes, signature: bytes, where: str) -> None:
    """Raises Malformed (`envelope.signature-invalid`, `signature.small-order-r`) unless `signature` is valid."""
    try:
        check_of(key.alg, key.spki)(signature, message, where)
    except InvalidSignature as error:
        raise not_valid(where, key.thumbprint) from error


def not_valid(where: str, kid: str) -> Malformed:
    """What to raise for a signature that its key did not make."""
    return Malformed(where, f"the signature is not valid under key {kid}", "envelope.signature-invalid")


def _check_r(signature: bytes, where: str) -> None:
    try:
        check_signature_r(signature)
    except Malformed as error:
        small = signature[:32] in SMALL_ORDER_POINTS
        rule = "signature.small-order-r" if small else "envelope.signature-invalid"
        raise Malformed(where, f"Ed25519 signature: {error.why}", rule) from error


@lru_cache(maxsize=4096)
def check_of(alg: str, spki: bytes) -> Check:
    """The check of a signature by a key of the register, which was checked when it was read: loading it again costs more than
    half a verification, and telling its kind again a hundredth. Raises InvalidSignature, Malformed."""
    match key := _load(alg, spki, "register"):
        case Ed25519PublicKey():
            return partial(_check_ed25519_by, key.verify)
        case EllipticCurvePublicKey():
            return partial(_check_es256_by, key.verify)
        case RSAPublicKey():
            return lambda signature, message, where: key.verify(signature, message, _PS256, hashes.SHA256())


def _check_ed25519_by(check: Callable[[bytes, bytes], None], signature: bytes, message: bytes, where: str) -> None:
    if len(signature) != 64 or not 0 < signature[31] & 127 < 127 or signature[:32] in SMALL_ORDER_POINTS:
        _check_r(signature, where)  # mostly a weak one, or none at all
    check(signature, message)


def _check_es256_by(check: Callable[[bytes, bytes, ECDSA], None], signature: bytes, message: bytes, where: str) -> None:
    if len(signature) != 64:
        raise Malformed(where, "an ES256 signature is r and s, 64 bytes", "envelope.signature-invalid")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    check(encode_dss_signature(r, s), message, _ES256)


def _load(alg: str, spki: bytes, where: str) -> VerifyingKey:
    if alg not in ALGORITHMS:
        raise Malformed(where, f"unknown algorithm; one of: {', '.join(ALGORITHMS)}", "key.unknown-algorithm")
    if len(spki) > SPKI_BYTES_MAX:
        raise Malformed(
            where, f"a public key of {len(spki)} bytes, at most {SPKI_BYTES_MAX} are allowed", "key.too-large"
        )
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed(where, "not a public key in DER (SubjectPublicKeyInfo)", "key.not-spki") from error
    match alg, key:
        case "Ed25519", Ed25519PublicKey():
            _check_ed25519(key, where)
        case "ES256", EllipticCurvePublicKey() if isinstance(key.curve, SECP256R1):
            pass
        case "PS256", RSAPublicKey():
            _check_rsa(key, where)
        case _:
            raise Malformed(where, f"this key cannot sign {alg}", "key.wrong-algorithm")
    assert isinstance(key, VerifyingKey), "matched above"
    if spki_of(key) != spki:
        raise Malformed(
            where, "a public key in another DER spelling than the usual one; export it again", "key.noncanonical-spki"
        )
    return key


def _check_ed25519(key: Ed25519PublicKey, where: str) -> None:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    try:
        check_public_key(raw)
    except Malformed as error:
        small = raw in SMALL_ORDER_POINTS
        rule = "key.small-order" if small else "key.not-prime-order" if "subgroup" in error.why else "key.not-on-curve"
        raise Malformed(where, f"Ed25519 key {error.why}", rule) from error


def _check_rsa(key: RSAPublicKey, where: str) -> None:
    if key.key_size not in RSA_BITS:
        raise Malformed(where, f"RSA of {key.key_size} bits; 3,072 to 8,192 are allowed", "key.rsa-size")
    exponent = key.public_numbers().e
    if exponent % 2 == 0 or not 65537 <= exponent < 2**32:
        raise Malformed(where, "an RSA exponent that is even, below 65,537 or above 2^32", "key.rsa-exponent")
