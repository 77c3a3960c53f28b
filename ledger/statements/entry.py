"""The entry: the exact bytes that become one leaf of the log (DESIGN section 2, "Entry").

Guarantees one spelling per entry: canonical JSON `{v, payload, prev, register, recorded_at, signatures}` of at most
65,535 bytes, which any JOSE library still reads as a JWS in general serialisation. `prev` makes each stream a hash
chain: for each subject the count and the head (leaf hash) of its stream before this entry; `register` the same for
the register's chain. That these are the true heads, the store and the audit check; `open_entry` checks the
signatures by the register it is handed.
"""

from __future__ import annotations

import re
from binascii import hexlify, unhexlify
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from domain.acts import Act
from domain.errors import Malformed
from domain.register import Register
from ledger.statements.base64url import encode_base64url
from ledger.statements.canonical import Json, parse_canonical
from ledger.statements.envelope import (
    PAYLOAD_FORM,
    SIGNATURES_FORM,
    Envelope,
    VerifiedStatement,
    envelope_of,
    read_envelope,
    verify,
)
from ledger.statements.members import Members, hexadecimal_32, string
from ledger.statements.schema import LIST_MAX, parse_statement
from ledger.statements.statement import Statement
from ledger.statements.values import count

ENTRY_BYTES_MAX: Final = 65_535
"""What the two-byte length of an entry bundle can hold (c2sp.org/tlog-tiles)."""

_HEAD = rb'\{"count":"(?:0|[1-9][0-9]{0,29})","head":(?:null|"[0-9a-f]{64}")\}'
_HEAD_PARTS = rb'\{"count":"(0|[1-9][0-9]{0,29})","head":(?:null|"([0-9a-f]{64})")\}'
_HEADS = re.compile(_HEAD_PARTS)
_REST = re.compile(
    rb'","prev":\[%b((?:,%b)*)\],"recorded_at":"([^"]*)","register":(%b),%b,"v":1\}'
    % (_HEAD_PARTS, _HEAD, _HEAD, SIGNATURES_FORM)
)
"""What every entry looks like behind its payload: all of it is base64url, hexadecimal and digits, in canonical order. The
first head of `prev` is mostly the only one."""
_RECORDED_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z\Z")


class _Head(NamedTuple):
    count: int  # type: ignore[assignment]  # hides the method of tuples, which nobody needs
    head: bytes | None


class Head(_Head):
    """A stream before an entry: how many statements it has, and the leaf hash of the last (None when there is none).
    A tuple, because each entry has two and the audit compares them all."""

    __slots__ = ()

    def __new__(cls, count: int, head: bytes | None) -> Head:
        if count < 0 or (head is None) is not (count == 0):
            raise Malformed("head", 'a stream has a head exactly when its count is not "0"', "entry.head")
        if head is not None and len(head) != 32:
            raise Malformed("head", "a leaf hash has 32 bytes", "entry.head")
        return super().__new__(cls, count, head)


EMPTY_STREAM: Final = Head(0, None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `prev` has one head for each of the statement's subjects, in order; `recorded_at` whole
    milliseconds, UTC."""

    envelope: Envelope
    prev: tuple[Head, ...]
    register: Head
    recorded_at: datetime

    def __post_init__(self) -> None:
        if not 1 <= len(self.prev) <= LIST_MAX:
            raise Malformed("/prev", f"{len(self.prev)} heads; one for each subject, 1 to {LIST_MAX}", "entry.prev")
        if self.recorded_at.tzinfo is not UTC or self.recorded_at.microsecond % 1000:
            raise Malformed("/recorded_at", "expected whole milliseconds in UTC", "entry.recorded-at")


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """An entry whose statement is verified, and the act it records."""

    entry: Entry
    verified: VerifiedStatement
    act: Act


def format_entry(entry: Entry) -> bytes:
    """The bytes of the leaf. Raises Malformed when they would be more than 65,535."""
    # Written member by member in canonical order: all of it is base64url, hexadecimal and digits, which no form escapes.
    prev = b",".join([_spelled(head) for head in entry.prev])
    signatures = b",".join(
        [
            b'{"protected":"%b","signature":"%b"}' % (encode_base64url(one.protected), encode_base64url(one.signature))
            for one in entry.envelope.signatures
        ]
    )
    raw = b'{"payload":"%b","prev":[%b],"recorded_at":"%b","register":%b,"signatures":[%b],"v":1}' % (
        entry.envelope.spelled,
        prev,
        format_recorded_at(entry.recorded_at).encode("ascii"),
        _spelled(entry.register),
        signatures,
    )
    if len(raw) > ENTRY_BYTES_MAX:
        raise Malformed("", f"an entry of {len(raw)} bytes, at most {ENTRY_BYTES_MAX} fit", "entry.too-large")
    return raw


def _spelled(head: Head) -> bytes:
    if head.head is None:
        return b'{"count":"%d","head":null}' % head.count
    return b'{"count":"%d","head":"%b"}' % (head.count, hexlify(head.head))


def parse_entry(raw: bytes) -> Entry:
    """The inverse of `format_entry`. Raises Malformed."""
    start = len(PAYLOAD_FORM)
    if len(raw) <= ENTRY_BYTES_MAX and raw.startswith(PAYLOAD_FORM):
        found = _REST.fullmatch(raw, raw.find(b'"', start))
        if found is not None:
            try:
                return _from_form(raw[start : found.start()], *found.groups())
            except ValueError:
                pass  # refused below, with its place
    return _read_entry(raw)


def _from_form(
    payload: bytes,
    number: bytes,
    at: bytes | None,
    more: bytes,
    recorded_at: bytes,
    register: bytes,
    protected: bytes,
    signature: bytes,
    others: bytes,
) -> Entry:
    """The entry of which `_REST` found these parts. Raises ValueError, without saying where."""
    prev: tuple[Head, ...] = (_head_of(number, at),)
    if more:
        prev += tuple([_head_of(number, at or None) for number, at in _HEADS.findall(more)])
    envelope = envelope_of(payload, protected, signature, others)
    return Entry(envelope, prev, _register_head(register), _moment(recorded_at))


def _head_of(number: bytes, at: bytes | None) -> Head:
    return Head(int(number), unhexlify(at) if at is not None else None)


@lru_cache(maxsize=256)
def _register_head(form: bytes) -> Head:
    """The head of the register stays the same from one entry to the next, mostly."""
    ((number, at),) = _HEADS.findall(form)
    return _head_of(number, at or None)


@lru_cache(maxsize=256)
def _moment(spelled: bytes) -> datetime:
    """Entries of one batch have one time."""
    return parse_recorded_at(spelled.decode("latin-1"), "")


def _read_entry(raw: bytes) -> Entry:
    """`parse_entry` by the letter of the format."""
    members = Members(parse_canonical(raw, ENTRY_BYTES_MAX), "")
    if not members.is_one("v"):
        raise Malformed("/v", "unknown version; this ledger reads version 1", "entry.version")
    envelope = read_envelope(members, closed=False)
    prev = members.many("prev", _head, high=LIST_MAX)
    register = members.one("register", _head)
    recorded_at = members.one("recorded_at", _recorded_at)
    members.end()
    return Entry(envelope, prev, register, recorded_at)


def open_entry(raw: bytes, position: int, register: Register) -> OpenedEntry:
    """The act that entry `position` records, its signatures verified by `register`, the fold of the entries before it.

    Raises Malformed, or Refused when the register does not allow it.
    """
    return open_read(*read_entry(raw), position, register)


def read_entry(raw: bytes) -> tuple[Entry, Statement]:
    """An entry and its statement, nothing verified yet. Raises Malformed."""
    entry = parse_entry(raw)
    statement = parse_statement(entry.envelope.payload)
    if len(entry.prev) != len(statement.subjects):
        raise Malformed("/prev", "expected one head for each subject of the statement", "entry.prev")
    return entry, statement


def open_read(entry: Entry, statement: Statement, position: int, register: Register) -> OpenedEntry:
    """`open_entry` of what `read_entry` read."""
    verified = verify(entry.envelope, statement, register)
    return OpenedEntry(entry, verified, statement.act(position, entry.recorded_at))


def format_recorded_at(at: datetime) -> str:
    """UTC with milliseconds, always 24 characters. `at` has whole milliseconds."""
    return f"{at.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def parse_recorded_at(text: str, where: str) -> datetime:
    """The inverse of `format_recorded_at`. Raises Malformed."""
    if _RECORDED_AT.match(text) is None:
        raise Malformed(where, "expected YYYY-MM-DDThh:mm:ss.sssZ", "entry.recorded-at")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(where, "no such moment in the calendar", "entry.recorded-at") from error
    if at.year < 1000:
        raise Malformed(where, "a year before 1000", "entry.recorded-at")
    return at


def _recorded_at(value: Json, where: str) -> datetime:
    return parse_recorded_at(string(value, where), where)


def _head(value: Json, where: str) -> Head:
    members = Members(value, where)
    length = members.one("count", count)
    head = members.raw("head")
    members.end()
    if (head is None) is not (length == 0):
        raise Malformed(f"{where}/head", 'null exactly when count is "0"', "entry.head")
    return Head(length, bytes.fromhex(hexadecimal_32(head, f"{where}/head")) if head is not None else None)
