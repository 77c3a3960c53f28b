"""Text of statements as a bundle can set it: inert, and never a reason for a document to fail.

Guarantees that what it returns has glyphs in the fonts that come with typst (a PDF/A must not hold a character without
one), breaks within lines, and hides nothing: a character outside the fonts is told as `[U+4E2D]`. Hebrew, Arabic and
other scripts written from right to left are told the same way, since they would move the text around them. The exact
bytes are attached to the bundle. It interprets no markup; the template is handed plain strings only.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from ledger.statements.canonical import Json

_SETTABLE: Final = (
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x2FF), (0x370, 0x377), (0x37A, 0x37F), (0x384, 0x38A), (0x38C, 0x38C), (0x38E, 0x3A1),
    (0x3A3, 0x482), (0x48A, 0x4FF), (0x1E00, 0x1F15), (0x2010, 0x2027), (0x2030, 0x2040), (0x2042, 0x2042), (0x2044, 0x2052),
    (0x2054, 0x205E), (0x2070, 0x2071), (0x2074, 0x208E), (0x20A0, 0x20BF), (0x2100, 0x211E), (0x2122, 0x2122),
    (0x2126, 0x2151), (0x2153, 0x2184), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2500, 0x25FF), (0xFB00, 0xFB06),
)  # fmt: skip
"""First and last code point of each range that Libertinus Serif or DejaVu Sans Mono can set, as a test shows."""
_STARTS: Final = [start for start, _ in _SETTABLE]
NUMBERED: Final = "[U+"
"""What a character begins with that is told by its number."""
_BREAK: Final = "\u200b"
_NUMBERED_RUN: Final = re.compile(r"\](?=\[U\+)")
_LONG: Final = re.compile(rf"[^\s{_BREAK}]{{19,}}")
_UNBROKEN_MAX, _PIECE = 36, 24
"""How wide a word may be before breaks are put into it, and how far apart; a small letter is 1 wide, see `width`."""


def settable(char: str) -> bool:
    """Whether the fonts have a glyph for a character."""
    at = bisect_right(_STARTS, ord(char)) - 1
    return at >= 0 and ord(char) <= _SETTABLE[at][1]


def legible(text: str) -> str:
    """`text` with every character that cannot be set told by its number, and break opportunities in long words."""
    spelled = (
        text if all(map(settable, text)) else "".join(c if settable(c) else f"{NUMBERED}{ord(c):04X}]" for c in text)
    )
    spelled = _NUMBERED_RUN.sub(f"]{_BREAK}", spelled)
    return _LONG.sub(lambda run: _with_breaks(run[0]), spelled) if len(spelled) > _UNBROKEN_MAX // 2 else spelled


def shortened(text: str, most: int) -> str:
    """`text` as `legible`, cut to a line as wide as `most` small letters."""
    spelled, room = "", most
    for char in legible(text).replace(_BREAK, ""):
        room -= width(char)
        if room < 0:
            return f"{spelled[:-1]}…"
        spelled += char
    return spelled


def width(char: str) -> int:
    """Twice a small letter for what may be nearly twice as wide: a column of a table is so many small letters wide."""
    return 2 if char.isupper() or char in "mw@%" or char > "\u2000" else 1


def _with_breaks(word: str) -> str:
    widths = [*map(width, word)]
    if sum(widths) <= _UNBROKEN_MAX:
        return word
    pieces, room = [""], _PIECE
    for char, wide in zip(word, widths, strict=True):
        if wide > room:
            pieces.append("")
            room = _PIECE
        pieces[-1] += char
        room -= wide
    return _BREAK.join(pieces)


def legible_json(value: Json) -> Json:
    """Every string of a JSON value as `legible`, but identifiers and digests, which are looked up and have glyphs anyway."""
    match value:
        case str():
            return value if _is_reference(value) else legible(value)
        case list():
            return [legible_json(item) for item in value]
        case dict():
            return {name: legible_json(item) for name, item in value.items()}
        case _:
            return value


_REFERENCE: Final = re.compile(
    r"(sha256:[0-9a-f]{64}(#[0-9]{1,4})?|(asset|party|proceeding|norm):[a-z0-9-]{1,64}|[0-9a-f]{64}|[A-Za-z0-9_-]{43})\Z"
)


def _is_reference(text: str) -> bool:
    return _REFERENCE.match(text) is not None
