"""What is read by its usual form is read as by the letter: the same values, and for every altered byte the same refusal."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from ledger.statements import base64url, canonical, entry, envelope, schema
from ledger.statements.members import UNPLACED
from tests.ledger.statements import test_canonical
from tests.ledger.statements.samples import SALE_KEYS, attempt, enveloped, introduction, sale

VECTORS = Path(__file__).parents[2] / "vectors" / "statements"
REFUSED = json.loads((VECTORS / "refused.json").read_text())
PAYLOADS = [path.read_bytes() for path in sorted(VECTORS.glob("statement-*.json"))]
ENTRIES = [path.read_bytes() for path in sorted(VECTORS.glob("entry-*.json"))]
HEADERS = [
    *(one.protected for one in enveloped(sale(), SALE_KEYS).signatures),
    *(one.protected for raw in ENTRIES for one in entry.parse_entry(raw).envelope.signatures),
]
PIECES = [
    b"",
    b"0",
    b"1",
    b"A",
    b"B",
    b"=",
    b"+",
    b"/",
    b'"',
    b"\\",
    b" ",
    b"\n",
    b",",
    b"}",
    b"{",
    b"[",
    b"null",
    b"\xc3\xa9",
]


class Refusal(NamedTuple):
    """A refusal as a caller sees it."""

    where: str
    why: str
    rule: str | None


def outcome(read, *arguments):
    """What was read, or the refusal."""
    try:
        return read(*arguments)
    except Malformed as error:
        return Refusal(error.where, error.why, error.rule)


@st.composite
def altered(draw, samples: list[bytes]) -> bytes:
    """A sample with up to two of its pieces replaced, left out, doubled or swapped for other bytes."""
    raw = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(raw)))
        cut = draw(st.sampled_from([0, 1, 1, 1, 2, 8]))
        raw = raw[:at] + draw(st.sampled_from(PIECES) | st.binary(max_size=2)) + raw[at + cut :]
    return raw


@given(altered(ENTRIES))
def test_entries(raw):
    assert outcome(entry.parse_entry, raw) == outcome(entry._read_entry, raw)


@pytest.mark.parametrize("raw", ENTRIES)
def test_every_byte_of_an_entry_outside_its_payload(raw):
    for at in [*range(16), *range(raw.index(b'","prev"') - 3, len(raw))]:
        for other in (raw[:at] + raw[at + 1 :], raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]):
            assert outcome(entry.parse_entry, other) == outcome(entry._read_entry, other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"count":"0","head":null', b'"count":"1","head":null'),
        (b'"recorded_at":"2', b'"recorded_at":"0'),
        (b'"v":1', b'"v":2'),
        (b'"prev":[', b'"prev":[' + b'{"count":"0","head":null},' * 64),
    ],
)
def test_entries_that_are_wrong_beyond_their_form(old, new):
    raw = ENTRIES[0].replace(old, new, 1)
    assert raw != ENTRIES[0]
    found = outcome(entry.parse_entry, raw)
    assert isinstance(found, Refusal)
    assert found == outcome(entry._read_entry, raw)


@given(altered(HEADERS), st.sampled_from([envelope.STATEMENT_TYP, "control-refusal+json"]))
def test_headers(protected, typ):
    assert outcome(envelope.parse_header, protected, "/h", typ) == outcome(envelope._read_header, protected, "/h", typ)


ENVELOPES = [
    enveloped(sale(), SALE_KEYS).to_bytes(),
    *(entry.parse_entry(raw).envelope.to_bytes() for raw in ENTRIES),
]


@given(altered(ENVELOPES))
def test_envelopes(raw):
    assert outcome(envelope.parse_envelope, raw) == outcome(envelope._read_envelope, raw, envelope.ENVELOPE_BYTES_MAX)


def test_an_envelope_as_large_as_it_may_be():
    raw = ENVELOPES[0]
    for limit in (len(raw), len(raw) - 1):
        found = outcome(envelope.parse_envelope, raw, limit)
        assert found == outcome(envelope._read_envelope, raw, limit)
        assert isinstance(found, Refusal) is (limit < len(raw))


def test_the_payload_that_was_read_is_the_one_that_is_signed():
    """What was spelled goes with its payload: not into a copy with another, nor where it was never spelled."""
    read = envelope.parse_envelope(ENVELOPES[0])
    other = replace(read, payload=b"other")
    assert other.spelled == base64url.encode_base64url(b"other")
    assert read.spelled == envelope.Envelope(read.payload, read.signatures).spelled
    assert read == envelope.Envelope(read.payload, read.signatures)


def by_the_letter(payload: bytes):
    return schema._read(payload, canonical.parse_canonical(payload, 24_576), "")


def usual(**members: Any) -> bytes:
    """A sale with these members instead of its own."""
    return canonical.canonical_bytes({**sale(), **members})


LAST = "sha256:" + "ab" * 32
DOCUMENT = {"title": "Scan", "media_type": "application/pdf", "size": "12", "commit": "cd" * 32}
MOVE = sale()["effects"][0]
USUAL = [
    usual(),
    usual(follows=[LAST], evidence=[DOCUMENT]),
    usual(
        effective={"from": "2024", "until": "2025", "zone": "Europe/Berlin"},
        notice=[{**sale()["notice"][0], "at": "2023"}],
    ),
    usual(effective={"from": "2024-01-02", "zone": "Europe/Berlin", "after": f"{LAST}#1"}),
    usual(basis={"kind": "deed", "title": "Deed \\ 7", "number": "UR 7/24"}),
    usual(basis={"kind": "deed", "title": "Deed", "number": "Nº 7"}, effects=[{**MOVE, "voidable": True}]),
    usual(effects=[MOVE, {**MOVE, "performs": ["#1"]}]),
    usual(effects=[{"effect": "state", "kind": "report", "asset": "asset:nordhafen", "text": "Nothing, it says."}]),
    canonical.canonical_bytes({name: value for name, value in sale().items() if name not in ("effective", "notice")}),
]


@pytest.mark.parametrize("payload", USUAL)
def test_what_most_statements_look_like(payload):
    assert schema._USUAL.fullmatch(payload) is not None
    assert schema.parse_statement(payload) == by_the_letter(payload)


def test_every_byte_of_what_most_statements_look_like():
    raw = USUAL[1]
    for at in range(len(raw)):
        for other in (
            raw[:at] + raw[at + 1 :],
            raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :],
            raw[:at] + b" " + raw[at:],
        ):
            assert outcome(schema.parse_statement, other) == outcome(by_the_letter, other)


def test_a_statement_that_looks_usual_again_and_again_is_read_once():
    """Whatever its text repeats: were each repetition tried as the end of each part, this would take hours."""
    raw = USUAL[0]
    start, end = raw.index(b'],"follows"'), raw.index(b',"subjects"')
    raw = (
        raw[:start]
        + 90 * b'],"evidence":[],"follows":[null],"ledger":{},"notice":['
        + 700 * b'],"signers":['
        + raw[end:]
    )
    assert outcome(schema.parse_statement, raw) == outcome(by_the_letter, raw)


@pytest.mark.parametrize("limit", [24_576, 24_577])
def test_a_usual_statement_as_large_as_it_may_be(limit):
    """Its notices make it so; every text has its own bound."""
    notices = [{"to": f"party:p{n}", "at": "2024-03-01", "how": "register"} for n in range(64)]
    left = limit - len(usual(notice=notices, evidence=[]))
    documents = [{**DOCUMENT, "title": "x"} for _ in range(12)]
    empty = len(usual(notice=notices, evidence=documents)) - len(usual(notice=notices, evidence=[]))
    for n, document in enumerate(documents):
        more = min(1_999, left - empty - n * 1_999)
        document["title"] = "x" * (1 + max(0, more))
    raw = usual(notice=notices, evidence=documents)
    assert len(raw) == limit
    found = outcome(schema.parse_statement, raw)
    assert found == outcome(by_the_letter, raw)
    assert isinstance(found, Refusal) is (limit > 24_576)


@given(altered([raw for raw in PAYLOADS if len(raw) < 4_000] + USUAL))
def test_statements(payload):
    """Read twice only to be refused, and then with places."""
    placed = outcome(by_the_letter, payload)
    assert outcome(schema.parse_statement, payload) == placed
    if isinstance(placed, Refusal):
        assert UNPLACED not in placed[0]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_statements_of_every_form(payload):
    assert schema.parse_statement(payload) == by_the_letter(payload)


OTHERS: tuple[object, ...] = (0, 1, 2**53, 2**64, 1.0, 1e300, True, None, "", "e\u0301", "\ud800", [])


def with_each_value_replaced(value, other):
    """Copies of `value`, in each of which one value is `other`."""
    yield other
    if isinstance(value, dict):
        for name, member in value.items():
            for changed in with_each_value_replaced(member, other):
                yield {**value, name: changed}
    if isinstance(value, list):
        for n, item in enumerate(value):
            for changed in with_each_value_replaced(item, other):
                yield [*value[:n], changed, *value[n + 1 :]]


@pytest.mark.parametrize("payload", PAYLOADS + USUAL[:3])
def test_no_value_passes_as_another_kind(payload):
    """What the quick reader does not judge itself, numbers above all, no member takes."""
    for other in OTHERS:
        for changed in with_each_value_replaced(json.loads(payload), other):
            text = json.dumps(changed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            raw = text.encode("utf-8", "surrogatepass")
            assert outcome(schema.parse_statement, raw) == outcome(by_the_letter, raw)


NUMBERS = {"json.float", "json.integer-too-large", "json.too-deep"}
"""What only `parse_canonical` refuses."""


def same_in_both(raw: bytes):
    quick, letter = canonical.read_usual(raw, 65_535), outcome(canonical.parse_canonical, raw, 65_535)
    if isinstance(letter, dict):
        assert quick == letter
        assert json.dumps(quick) == json.dumps(letter)  # in the same order, and no 1 as true
    else:
        assert quick is None or letter[2] in NUMBERS | {"json.member-name"}


@pytest.mark.parametrize("case", test_canonical.REFUSED)
def test_what_is_refused_is_left_to_be_refused(case):
    same_in_both(test_canonical.REFUSED[case][0])


@given(altered([raw for raw in PAYLOADS if len(raw) < 4_000]))
def test_the_quick_reader_takes_what_is_canonical_and_no_more(raw):
    same_in_both(raw)


def test_no_refusal_of_the_vectors_lost_its_place():
    for one in REFUSED:
        found = attempt(schema.parse_statement, json.dumps(one).encode())
        assert UNPLACED not in str(found)
    other = json.loads(json.dumps(introduction()))
    other["signers"][1]["sources"] = [{"title": "", "accessed": "2026"}]
    found = outcome(schema.parse_statement, canonical.canonical_bytes(other))
    assert found[0] == "/signers/1/sources/0/title"


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), JSONS, max_size=4), st.integers(0, 40), st.booleans())
def test_the_quick_reader_on_any_json(value, depth, ascii_only):
    for _ in range(depth):
        value = {"m": [value]}
    text = json.dumps(value, ensure_ascii=ascii_only, sort_keys=True, separators=(",", ":"))
    same_in_both(text.encode("utf-8", "surrogatepass"))


@given(JSONS, st.booleans(), st.integers(0, 40))
def test_values_within_bounds_need_no_walk(value, ascii_only, depth):
    """Whatever `parse_strict` accepts or refuses for its values, the walk says so too."""
    for _ in range(depth):
        value = [value]
    raw = json.dumps({"m": value}, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")

    def walked():
        text = canonical._decode(raw, 10_000, "")
        read = canonical._load(text, "", canonical._READ_UNIQUE[1])
        canonical._check_values(read, "", 1)
        canonical._check_text(canonical._write(read), read, "")
        return read

    assert outcome(canonical.parse_strict, raw, 10_000) == outcome(walked)


@given(st.text(alphabet="AQgwBZaz09-_+/=é\n ", max_size=12) | st.binary(max_size=12).map(base64url.format_base64url))
def test_base64url_re_encodes_to_itself(text):
    """Against the standard library, and the rule as it is written."""
    try:
        value = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        own = base64.urlsafe_b64encode(value).rstrip(b"=").decode() == text
    except ValueError:
        own = False
    if own:
        assert base64url.parse_base64url(text, "") == value
        assert base64url.format_base64url(value) == text
    else:
        with pytest.raises(Malformed):
            base64url.parse_base64url(text, "")
