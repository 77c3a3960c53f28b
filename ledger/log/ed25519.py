"""Ed25519 keys and signatures on which verifiers disagree, found by plain arithmetic on edwards25519 (RFC 8032 5.1).

Guarantees that a key that passes is the canonical encoding of a point of the prime-order subgroup other than the
identity, and that a signature that passes does not begin with a small-order or non-canonical R. For all such keys and
signatures every conforming verifier, with or without cofactor, gives the same answer ("Taming the many EdDSAs",
2020). It verifies no signature, and as it sees public bytes only it takes no care to run in constant time.
"""

from __future__ import annotations

from functools import lru_cache

from ledger.errors import Malformed

KEY_BYTES = 32
SIGNATURE_BYTES = 64

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

SMALL_ORDER_POINTS: frozenset[bytes] = frozenset(
    bytes.fromhex(encoded)
    for encoded in (
        "0100000000000000000000000000000000000000000000000000000000000000",  # order 1
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # order 2
        "0000000000000000000000000000000000000000000000000000000000000000",  # order 4
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  # order 8
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)
"""The canonical encodings of the eight points whose order divides the cofactor."""

_Point = tuple[int, int, int, int]
_IDENTITY: _Point = (0, 1, 1, 0)


def check_public_key(key: bytes) -> bytes:
    """Returns ``key`` if it is safe to verify with; raises `Malformed` otherwise."""
    if len(key) != KEY_BYTES:
        raise Malformed("ed25519 key", f"has {KEY_BYTES} bytes, not {len(key)}")
    why = _weakness(key)
    if why is not None:
        raise Malformed("ed25519 key", why)
    return key


def check_signature_r(signature: bytes) -> bytes:
    """Returns ``signature`` unless its R, the first 32 bytes, is non-canonical or of small order: `Malformed` then.

    Whether R is on the curve, and whether s is reduced, the verification itself decides.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise Malformed("ed25519 signature", f"has {SIGNATURE_BYTES} bytes, not {len(signature)}")
    encoded = signature[:32]
    # Encodings that are not canonical have all of the last byte's seven bits of y set, or none.
    if not 0 < encoded[31] & 127 < 127 and not _canonical(encoded):
        raise Malformed("ed25519 signature", "R is not the canonical encoding of a point")
    if encoded in SMALL_ORDER_POINTS:
        raise Malformed("ed25519 signature", "R is a point of small order")
    return signature


@lru_cache(maxsize=4096)
def _weakness(key: bytes) -> str | None:
    if not _canonical(key):
        return "is not the canonical encoding of a point"
    point = _decompress(key)
    if point is None:
        return "is not a point of the curve"
    if key in SMALL_ORDER_POINTS:
        return "is a point of small order"
    if not _is_identity(_multiply(point, _ORDER)):
        return "is not in the prime-order subgroup"
    return None


def _canonical(encoded: bytes) -> bool:
    packed = int.from_bytes(encoded, "little")
    y, sign = packed & (2**255 - 1), packed >> 255
    return y < _P and not (sign == 1 and y in (1, _P - 1))


def _decompress(encoded: bytes) -> _Point | None:
    """RFC 8032 section 5.1.3, on an encoding known to be canonical."""
    packed = int.from_bytes(encoded, "little")
    y, sign = packed & (2**255 - 1), packed >> 255
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _SQRT_MINUS_ONE % _P
    if x * x % _P != square:
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(left: _Point, right: _Point) -> _Point:
    """RFC 8032 section 5.1.4, complete: it holds for the identity too."""
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a = (y1 - x1) * (y2 - x2) % _P
    b = (y1 + x1) * (y2 + x2) % _P
    c = 2 * t1 * t2 * _D % _P
    d = 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _double(point: _Point) -> _Point:
    """RFC 8032 section 5.1.4, of a point with itself."""
    x, y, z, _ = point
    a, b = x * x % _P, y * y % _P
    h = a + b
    e, g = h - (x + y) ** 2 % _P, a - b
    f = 2 * z * z % _P + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(point: _Point, scalar: int) -> _Point:
    product = _IDENTITY
    for bit in bin(scalar)[2:]:
        product = _double(product)
        if bit == "1":
            product = _add(product, point)
    return product


def _is_identity(point: _Point) -> bool:
    x, y, z, _ = point
    return x % _P == 0 and (y - z) % _P == 0
