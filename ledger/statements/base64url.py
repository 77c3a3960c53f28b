"""base64url without padding (RFC 4648 section 5, RFC 7515 section 2): one spelling per byte string.

Guarantees that what it accepts re-encodes to itself, so that no two envelopes differ only in unused bits or padding.
"""

from __future__ import annotations

import base64
import binascii

from ledger.errors import Malformed


def format_base64url(value: bytes) -> str:
    """The one spelling, without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def parse_base64url(text: str, where: str) -> bytes:
    """The inverse of `format_base64url`. Raises Malformed for any other spelling."""
    if "=" in text:
        raise Malformed(where, "padded base64url; leave out the =", "envelope.padded-base64")
    try:
        value = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Malformed(where, "not base64url", "envelope.noncanonical-base64") from error
    if format_base64url(value) != text:
        raise Malformed(where, "base64url that does not re-encode to itself", "envelope.noncanonical-base64")
    return value
