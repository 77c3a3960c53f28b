"""Only one spelling of a JSON value is accepted, and it is that of RFC 8785."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from ledger.statements.canonical import DEPTH_MAX, INTEGER_MAX, Json, canonical_bytes, parse_canonical, parse_strict
from tests.ledger.statements.samples import attempt

# Without what no signed string may hold; surrogates, controls and unassigned code points are the categories below.
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=12)
BMP_TEXT = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=("Cs", "Cc", "Cn")), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(BMP_TEXT, inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(BMP_TEXT, VALUES, max_size=5)


@given(OBJECTS)
def test_equals_the_rfc8785_library_and_comes_back(value):
    raw = attempt(canonical_bytes, value)
    if isinstance(raw, Malformed):
        assert raw.rule in ("json.string-not-nfc", "json.bidi-character")
        return
    assert raw == rfc8785.dumps(value)
    assert parse_canonical(raw, len(raw)) == value
    assert parse_strict(json.dumps(value, indent=1).encode(), 10**6) == value


NAMES_IN_UTF16_ORDER: dict[str, Json] = {"\u20ac": 1, "1": 2, "\uffe5": 3, "a": 4, "\u00f6": 5, "Z": 6}


def test_names_are_sorted_as_rfc8785_sorts_them():
    assert canonical_bytes(NAMES_IN_UTF16_ORDER) == rfc8785.dumps(NAMES_IN_UTF16_ORDER)


REFUSED = {
    "whitespace": (b'{"a": 1}', "json.not-canonical"),
    "a newline behind": (b'{"a":1}\n', "json.not-canonical"),
    "members out of order": (b'{"b":1,"a":2}', "json.not-canonical"),
    "an escape where none is needed": (b'{"a":"\\u0041"}', "json.not-canonical"),
    "an escaped slash": (b'{"a":"\\/"}', "json.not-canonical"),
    "minus zero": (b'{"a":-0}', "json.not-canonical"),
    "a duplicate key": (b'{"a":1,"a":1}', "json.duplicate-key"),
    "a duplicate key further down": (b'{"a":[{"b":1,"b":2}]}', "json.duplicate-key"),
    "a duplicate key in another spelling": (b'{"a":1,"\\u0061":1}', "json.duplicate-key"),
    "a fraction": (b'{"a":1.0}', "json.float"),
    "an exponent": (b'{"a":1e2}', "json.float"),
    "not a number": (b'{"a":NaN}', "json.float"),
    "infinity": (b'{"a":-Infinity}', "json.float"),
    "2^53": (b'{"a":9007199254740992}', "json.integer-too-large"),
    "2^53 + 1": (b'{"a":9007199254740993}', "json.integer-too-large"),
    "minus 2^53": (b'{"a":-9007199254740992}', "json.integer-too-large"),
    "five thousand digits": (b'{"a":' + b"9" * 5000 + b"}", "json.integer-too-large"),
    "a lone surrogate": (b'{"a":"\\ud800"}', "json.lone-surrogate"),
    "a lone surrogate as a name": (b'{"\\udfff":1}', "json.lone-surrogate"),
    "a surrogate in UTF-8": (b'{"a":"\xed\xa0\x80"}', "json.not-utf-8"),
    "latin 1": (b'{"a":"\xe9"}', "json.not-utf-8"),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}', "json.syntax"),
    "decomposed": ('{"a":"e\u0301"}'.encode(), "json.string-not-nfc"),
    "a decomposed name": ('{"e\u0301":1}'.encode(), "json.string-not-nfc"),
    "a canonical decomposition that composition excludes": ('{"a":"\u212b"}'.encode(), "json.string-not-nfc"),
    "a raw newline": (b'{"a":"\n"}', "json.control-character"),
    "an escaped newline": (b'{"a":"\\n"}', "json.control-character"),
    "an escaped null": (b'{"a":"\\u0000"}', "json.control-character"),
    "delete": (b'{"a":"\x7f"}', "json.control-character"),
    "a C1 control": ('{"a":"\u0085"}'.encode(), "json.control-character"),
    "right to left override": ('{"a":"\u202e"}'.encode(), "json.bidi-character"),
    "isolate": ('{"a":"\u2066"}'.encode(), "json.bidi-character"),
    "a noncharacter": ('{"a":"\ufdd0"}'.encode(), "json.noncharacter"),
    "the last noncharacter": ('{"a":"\U0010ffff"}'.encode(), "json.noncharacter"),
    "unassigned": ('{"a":"\U000e0fff"}'.encode(), "json.unassigned-character"),
    "a name outside the basic plane": ('{"\U0001f6a2":1}'.encode(), "json.member-name"),
    "a list": (b"[]", "json.not-an-object"),
    "nothing": (b"", "json.syntax"),
    "two values": (b"{}{}", "json.syntax"),
    "a comment": (b'{"a":1/*x*/}', "json.syntax"),
    "too deep": (b'{"a":' + b"[" * DEPTH_MAX + b"]" * DEPTH_MAX + b"}", "json.too-deep"),
    "a bomb": (b'{"a":' + b"[" * 30_000, "json.too-deep"),
    "too large": (b'{"a":"' + b"x" * 70_000 + b'"}', "json.too-large"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_its_own_rule(case):
    raw, rule = REFUSED[case]
    with pytest.raises(Malformed) as caught:
        parse_canonical(raw, 65_535)
    assert caught.value.rule == rule


@pytest.mark.parametrize("case", [case for case, (_, rule) in REFUSED.items() if rule != "json.not-canonical"])
def test_what_is_wrong_in_itself_is_wrong_in_an_envelope_too(case):
    raw, rule = REFUSED[case]
    with pytest.raises(Malformed) as caught:
        parse_strict(raw, 65_535)
    assert caught.value.rule == rule


def test_an_envelope_may_be_spelled_as_its_sender_likes():
    assert parse_strict(b' {"b": "\\u0041", "a" : 1 }\n', 100) == {"a": 1, "b": "A"}


def test_the_pointer_leads_to_the_string():
    with pytest.raises(Malformed) as caught:
        parse_canonical('{"a/b":[{"c~d":"\u202e"}]}'.encode(), 100)
    assert caught.value.where == "/a~1b/0/c~0d"


def test_the_deepest_allowed_is_allowed():
    raw = b'{"a":' + b"[" * (DEPTH_MAX - 1) + b"]" * (DEPTH_MAX - 1) + b"}"
    assert canonical_bytes(parse_canonical(raw, 1000)) == raw


def test_a_float_cannot_be_signed():
    careless: Any = {"a": [0.5]}
    with pytest.raises(Malformed) as caught:
        canonical_bytes(careless)
    assert (caught.value.rule, caught.value.where) == ("json.float", "/a/0")


@given(st.binary(max_size=60) | st.text(max_size=30).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_random_bytes_raise_nothing_but_malformed(raw):
    for parse in (parse_canonical, parse_strict):
        found = attempt(parse, raw, 1000)
        assert isinstance(found, dict) or found.rule
