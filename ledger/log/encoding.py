"""The spellings that the C2SP text formats share: a decimal, a base64 value, a line.

Each value has exactly one spelling here and every other is refused as `Malformed`: no sign, no leading zero, no
missing padding, no non-zero bits behind the last base64 byte (RFC 4648 section 3.5), no byte outside the alphabet.
"""

from __future__ import annotations

import base64
import binascii
import re

from ledger.errors import Malformed
from ledger.log.merkle import HASH_BYTES, SIZE_MAX

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def parse_decimal(spelled: str, where: str) -> int:
    """A decimal from 0 to 2^63-1 in ASCII digits without leading zeros."""
    if _DECIMAL.fullmatch(spelled) is None:
        raise Malformed(where, "not a decimal of at most 19 digits without leading zeros")
    value = int(spelled)
    if value > SIZE_MAX:
        raise Malformed(where, "greater than 2^63-1")
    return value


def parse_base64(spelled: str, where: str) -> bytes:
    """Bytes in the standard alphabet with padding (RFC 4648 section 4), in their only spelling."""
    try:
        value = base64.b64decode(spelled.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as refused:
        raise Malformed(where, "not base64") from refused
    if format_base64(value) != spelled:
        raise Malformed(where, "not the canonical base64 spelling")
    return value


def format_base64(value: bytes) -> str:
    """The inverse of `parse_base64`."""
    return binascii.b2a_base64(value, newline=False).decode("ascii")


def parse_hash(spelled: str, where: str) -> bytes:
    """One SHA-256 hash in base64."""
    value = parse_base64(spelled, where)
    if len(value) != HASH_BYTES:
        raise Malformed(where, f"a hash has {HASH_BYTES} bytes, not {len(value)}")
    return value


def decode_lines(raw: bytes, where: str, bytes_max: int) -> str:
    """UTF-8 text of at most ``bytes_max`` bytes without control characters below U+0020 other than newline."""
    if len(raw) > bytes_max:
        raise Malformed(where, f"{len(raw)} bytes, more than {bytes_max}")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as refused:
        raise Malformed(where, "not UTF-8") from refused
    if _CONTROL.search(text) is not None:
        raise Malformed(where, "contains a control character")
    return text
