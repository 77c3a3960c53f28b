"""base64url without padding (RFC 4648 section 5, RFC 7515 section 2): one spelling per byte string.

Guarantees that what it accepts re-encodes to itself, so that no two envelopes differ only in unused bits or padding.
"""

from __future__ import annotations

import binascii
from typing import Final

from ledger.errors import Malformed

_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
"""`!` stands in no base64 alphabet: padding, and what only the other alphabet has, are refused."""
_LAST: Final = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")
"""What may come last, by the length modulo 4: digits whose unused bits are zero. A single digit spells nothing."""
_PADDING: Final = (b"", b"===", b"==", b"=")


def format_base64url(value: bytes) -> str:
    """The one spelling, without padding."""
    return encode_base64url(value).decode("ascii")


def encode_base64url(value: bytes) -> bytes:
    """`format_base64url` as bytes."""
    return binascii.b2a_base64(value, newline=False).translate(_TO_URL).rstrip(b"=")


def parse_base64url(text: str | bytes, where: str) -> bytes:
    """The inverse of `format_base64url`, from text or its ASCII bytes. Raises Malformed for any other spelling."""
    if "=" in text if isinstance(text, str) else b"=" in text:
        raise Malformed(where, "padded base64url; leave out the =", "envelope.padded-base64")
    try:
        return decode_base64url(text.encode("ascii") if isinstance(text, str) else text)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Malformed(where, "not base64url", "envelope.noncanonical-base64") from error
    except Malformed as error:
        raise Malformed(where, error.why, error.rule) from error


def decode_base64url(spelled: bytes) -> bytes:
    """`parse_base64url` without its words: raises Malformed or binascii.Error, both a ValueError, for any other spelling."""
    over = len(spelled) & 3
    if not over:
        return binascii.a2b_base64(spelled.translate(_FROM_URL), strict_mode=True)
    value = binascii.a2b_base64(spelled.translate(_FROM_URL) + _PADDING[over], strict_mode=True)
    if spelled[-1] not in _LAST[over]:
        raise Malformed("", "base64url that does not re-encode to itself", "envelope.noncanonical-base64")
    return value
