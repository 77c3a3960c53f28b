"""Strict JSON and its canonical form (RFC 8785, DESIGN section 2).

`parse_canonical` guarantees that the bytes it accepts are the only spelling of what it returns: it writes the value
again and refuses any difference, so whitespace, other orders, other escapes, other number forms and duplicate keys
cannot pass. Strings are UTF-8, NFC, without control, bidi, unassigned or non-characters; numbers are integers below
2^53; nothing nests deeper than 32. `parse_strict` gives the same value guarantees for JSON that others spell as they
like (envelopes, JOSE headers).

Writing uses the standard library's encoder, whose output equals RFC 8785 when keys are in the Basic Multilingual
Plane and no float occurs; both are checked first, and a test holds it against the `rfc8785` library. Neither checks
what the members mean.

`read_usual` is the quick way for bytes that are as they should be; whatever is wrong, or might be, is left to
`parse_canonical`, which alone refuses and says why.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final, NoReturn, TypeAlias, Union

import orjson

from ledger.errors import Malformed
from ledger.statements.characters import assigned

Json: TypeAlias = Union[bool, int, str, "list[Json]", "dict[str, Json]", None]

INTEGER_MAX: Final = 2**53 - 1
DEPTH_MAX: Final = 32

_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Cn"})
"""Control characters, surrogates, and what Unicode has not assigned, noncharacters among them."""
_ESCAPE = re.compile(r'\\[^"\\]')


def escape_pointer(member: str) -> str:
    """One member name as a token of a JSON pointer (RFC 6901)."""
    return member.replace("~", "~0").replace("/", "~1") if "~" in member or "/" in member else member


def canonical_bytes(value: Json) -> bytes:
    """The RFC 8785 form of `value`. Raises Malformed for what a signed document cannot hold."""
    _check_values(value, "", 1)
    text = _write(value)
    _check_text(text, value)
    return text.encode("utf-8")


def parse_canonical(raw: bytes, limit: int) -> dict[str, Json]:
    """The JSON object that `raw`, at most `limit` bytes, spells in RFC 8785 form. Raises Malformed."""
    text = _decode(raw, limit, "")
    value = _load_checked(text, "", _READ)
    if not isinstance(value, dict):
        raise Malformed("", "expected a JSON object", "json.not-an-object")
    if (written := _write(value)) != text:
        _explain_difference(text, written, value)
    _check_text(text, value)
    return value


def read_usual(raw: bytes, limit: int) -> dict[str, Json] | None:
    """What `parse_canonical` returns for `raw`, or None where that has to tell.

    But for numbers and depth: a number may be a float or beyond 2^53, and lists may nest deeper than 32. So it is for
    readers that look at the kind of every value and take no number but those they name. That the bytes are the only
    spelling holds as there: they are written again and compared.
    """
    value = read_usual_part(raw) if len(raw) <= limit else None
    return value if isinstance(value, dict) else None


def read_usual_part(raw: bytes) -> Json:
    """The same for any value that stands within a document whose size was judged: None where it is not in its one form,
    or null."""
    try:
        value: Json = orjson.loads(raw)
        if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) != raw:
            return None
        if (
            not raw.isascii() or b"\\" in raw or b"\x7f" in raw
        ):  # else every string is printable ASCII, as it stands there
            _check_text(raw.decode("utf-8"), value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, Malformed):
        return None
    return value


def parse_strict(raw: bytes, limit: int, where: str = "") -> dict[str, Json]:
    """A JSON object in any spelling but with unique keys, and values as in the canonical form. Raises Malformed."""
    text = _decode(raw, limit, where)
    value = _load_checked(text, where, _READ_UNIQUE)
    if not isinstance(value, dict):
        raise Malformed(where, "expected a JSON object", "json.not-an-object")
    if not text.isascii() or "\\" in text or "\x7f" in text:  # else every string is printable ASCII, as it stands there
        _check_text(_write(value), value, where)
    return value


def _decode(raw: bytes, limit: int, where: str) -> str:
    if len(raw) > limit:
        raise Malformed(where, f"{len(raw)} bytes, at most {limit} are allowed", "json.too-large")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(where, f"not UTF-8 at byte {error.start}", "json.not-utf-8") from error


class _Float(Exception):
    """A number with a fraction or an exponent, met while reading."""


class _Large(Exception):
    """An integer beyond the range, met while reading."""


class _Duplicate(Exception):
    """A member that occurs twice, met while reading."""


def _refuse_float(text: str) -> NoReturn:
    raise _Float(text)


def _read_integer(text: str) -> int:
    value = int(text) if len(text) <= 17 else INTEGER_MAX + 1
    if not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise _Large
    return value


def _read_any_integer(text: str) -> int:
    return int(text) if len(text) <= 17 else INTEGER_MAX + 1


def _unique(members: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(members)
    if len(found) != len(members):
        names = [name for name, _ in members]
        raise _Duplicate(next(name for name in names if names.count(name) > 1))
    return found


_Pairs = Callable[[list[tuple[str, Json]]], dict[str, Json]]


def _reader(parse_int: Callable[[str], int], pairs: _Pairs | None) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=pairs, parse_float=_refuse_float, parse_int=parse_int, parse_constant=_refuse_float
    )


_READ: Final = _reader(_read_integer, None), _reader(_read_any_integer, None)
_READ_UNIQUE: Final = _reader(_read_integer, _unique), _reader(_read_any_integer, _unique)
"""Each as it is, and as it is read again to say where an integer is too large."""
_WRITE = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


def _load_checked(text: str, where: str, readers: tuple[json.JSONDecoder, json.JSONDecoder]) -> Json:
    """What `text` spells, within the bounds of `_check_values`; without its walk where the text shows them kept: too few
    brackets to nest too deep, no character beyond the plane, and integers were judged as they were read."""
    try:
        value = _load(text, where, readers[0])
    except _Large:
        value = _load(text, where, readers[1])
        _check_values(value, where, 1)
        raise AssertionError("the walk finds the integer that the reader found") from None
    few = text.count("{") + text.count("[") <= DEPTH_MAX
    if not few or "\\" in text or not (text.isascii() or max(text) <= "\uffff"):
        _check_values(value, where, 1)
    return value


def _load(text: str, where: str, reader: json.JSONDecoder) -> Json:
    try:
        value: Json = reader.decode(text)
    except _Float as error:
        raise Malformed(where, f"{str(error)[:40]} is no integer; write amounts as strings", "json.float") from error
    except _Duplicate as error:
        raise Malformed(where, f"the member {str(error)[:80]!a} occurs twice", "json.duplicate-key") from error
    except RecursionError as error:
        raise Malformed(where, f"nested deeper than {DEPTH_MAX}", "json.too-deep") from error
    except json.JSONDecodeError as error:
        if error.msg.startswith("Invalid control character"):
            raise Malformed(where, f"control character at {error.pos}", "json.control-character") from error
        if text.startswith("\ufeff"):
            raise Malformed(
                where, "begins with a byte order mark; save it as UTF-8 without one", "json.syntax"
            ) from error
        raise Malformed(where, f"not JSON: {error.msg} at character {error.pos}", "json.syntax") from error
    return value


def _write(value: Json) -> str:
    """RFC 8785 form of a value that `_check_values` has passed."""
    return _WRITE.encode(value)


def _check_values(value: Json, where: str, depth: int) -> None:
    """Integers in range, nesting bounded, keys in the Basic Multilingual Plane: what `_write` relies on."""
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise Malformed(where, "an integer of 2^53 or more; write it as a string", "json.integer-too-large")
        return
    if depth > DEPTH_MAX:
        raise Malformed(where, f"nested deeper than {DEPTH_MAX}", "json.too-deep")
    if isinstance(value, dict):
        for name, member in value.items():
            if not name.isascii() and max(name) > "\uffff":
                raise Malformed(where, "a member name outside the Basic Multilingual Plane", "json.member-name")
            if not isinstance(member, str):
                _check_values(member, f"{where}/{escape_pointer(name)}", depth + 1)
    elif isinstance(value, list):
        for n, item in enumerate(value):
            if not isinstance(item, str):
                _check_values(item, f"{where}/{n}", depth + 1)
    else:  # a caller of canonical_bytes handed in something that is no JSON, such as a float
        raise Malformed(where, f"a {type(value).__name__} cannot be signed", "json.float")


def _check_text(text: str, value: Json, where: str = "") -> None:
    """Refuse characters no signed string may hold. On the whole text at once: between strings stand only `"` and
    punctuation, which neither compose nor reorder under NFC, so the text is NFC exactly when each string is."""
    if "\\" not in text or _ESCAPE.search(text) is None:
        if text.isascii():
            if text.isprintable():
                return
        else:
            characters = set(text)
            if (
                characters.isdisjoint(_BIDI)
                and _REFUSED_CATEGORIES.isdisjoint(map(unicodedata.category, characters))
                and all(map(assigned, map(ord, characters)))
                and unicodedata.is_normalized("NFC", text)
            ):
                return
    for place, string in _strings(value, where):
        _check_string(string, place)


def _strings(value: Json, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield where, name
            yield from _strings(member, f"{where}/{escape_pointer(name)}")
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from _strings(item, f"{where}/{n}")


def _noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _check_string(string: str, where: str) -> None:
    for character in string:
        category = unicodedata.category(character)
        code = f"U+{ord(character):04X}"
        if category == "Cs":
            raise Malformed(where, f"the lone surrogate {code}", "json.lone-surrogate")
        if category == "Cc":
            raise Malformed(where, f"the control character {code}; leave it out", "json.control-character")
        if character in _BIDI:
            raise Malformed(where, f"the bidirectional control {code}; leave it out", "json.bidi-character")
        if _noncharacter(ord(character)):
            raise Malformed(where, f"the noncharacter {code}; leave it out", "json.noncharacter")
        if not assigned(ord(character)):
            raise Malformed(where, f"{code}, which Unicode 14.0 does not assign", "json.unassigned-character")
    if not unicodedata.is_normalized("NFC", string):
        raise Malformed(
            where, "not in Unicode normalisation form C; normalise the text before signing", "json.string-not-nfc"
        )


def _explain_difference(text: str, written: str, value: Json) -> NoReturn:
    """Why `text` is not the canonical form of what it says; the most telling reason first."""
    _load(text, "", _READ_UNIQUE[1])
    for place, string in _strings(value, ""):
        _check_string(string, place)
    at = next((n for n, (a, b) in enumerate(zip(text, written, strict=False)) if a != b), min(len(text), len(written)))
    raise Malformed(
        "",
        f"not in RFC 8785 canonical form: differs from it at character {at}; canonicalise, then sign",
        "json.not-canonical",
    )
