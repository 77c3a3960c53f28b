"""A signed refusal: the trace that refusing leaves with the refused (DESIGN section 2).

Guarantees that who submitted a statement and was refused holds the ledger's signature on which statement, which
objections, at which tree size and when: a JWS with `typ` `control-refusal+json`, by the registered service key,
never the log key. Whether the refusal was right, the log up to that size tells. Bytes that are no statement get no
signed refusal, only `Malformed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from domain.errors import Malformed
from domain.identifiers import StatementId
from domain.objections import Objection
from domain.register import Register
from ledger.statements.canonical import Json, canonical_bytes, parse_canonical
from ledger.statements.entry import format_recorded_at, parse_recorded_at
from ledger.statements.envelope import (
    Envelope,
    StatementKey,
    parse_envelope,
    parse_header,
    sign,
    signing_input,
)
from ledger.statements.keys import verify_signature
from ledger.statements.members import Members, Parse, choice, string
from ledger.statements.schema import ledger_name
from ledger.statements.statement import STATEMENT_BYTES_MAX, LedgerName
from ledger.statements.values import count, statement_ref

REFUSAL_TYP: Final = "control-refusal+json"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why `statement` was not recorded, as the ledger stood at tree size `size`, at `time` (whole milliseconds,
    UTC)."""

    ledger: LedgerName
    statement: StatementId
    objections: tuple[Objection, ...]
    size: int
    time: datetime


def sign_refusal(refusal: Refusal, key: StatementKey) -> Envelope:
    """The refusal signed by the service key. Raises Malformed if it would be too large: then fewer objections must
    do."""
    objections: list[Json] = [_objection_json(objection) for objection in refusal.objections]
    payload = canonical_bytes(
        {
            "v": 1,
            "ledger": {"origin": refusal.ledger.origin, "genesis": refusal.ledger.genesis},
            "statement": refusal.statement,
            "objections": objections,
            "size": str(refusal.size),
            "time": format_recorded_at(refusal.time.astimezone(UTC)),
        }
    )
    parse_refusal(payload)
    return sign(payload, [key], int(refusal.time.timestamp()), typ=REFUSAL_TYP)


def open_refusal(raw: bytes, register: Register) -> Refusal:
    """The refusal in `raw`, verified by a service key of the register. Raises Malformed."""
    envelope = parse_envelope(raw)
    if len(envelope.signatures) != 1:
        raise Malformed("/signatures", "a refusal has one signature", "envelope.signature-extra")
    (signature,) = envelope.signatures
    header = parse_header(signature.protected, "/signatures/0/protected", REFUSAL_TYP)
    keys = [key for key in register.service_keys if key.thumbprint == header.kid]
    if not keys or keys[0].alg != header.alg:
        raise Malformed("/signatures/0/protected/kid", "not a service key of this ledger", "key.unknown")
    verify_signature(
        keys[0], signing_input(signature.protected, envelope.payload), signature.signature, "/signatures/0/signature"
    )
    refusal = parse_refusal(envelope.payload)
    if refusal.ledger != LedgerName(register.origin, register.genesis):
        raise Malformed("/ledger", "a refusal of another ledger", "ledger.other-origin")
    return refusal


def parse_refusal(payload: bytes) -> Refusal:
    """What a refusal's payload says. Raises Malformed."""
    members = Members(parse_canonical(payload, STATEMENT_BYTES_MAX), "")
    if not members.is_one("v"):
        raise Malformed("/v", "unknown version; this ledger reads version 1", "refusal.version")
    refusal = Refusal(
        members.one("ledger", ledger_name),
        members.one("statement", statement_ref),
        members.many("objections", read_objection),
        members.one("size", count),
        members.one("time", lambda value, where: parse_recorded_at(string(value, where), where)),
    )
    members.end()
    return refusal


def _objection_json(objection: Objection) -> Json:
    return {
        "kind": objection.kind,
        "rule": objection.rule,
        "statement": objection.statement,
        "state": objection.state,
        "words": objection.words,
        "where": objection.where,
        "remedy": objection.remedy,
    }


def read_objection(value: Json, where: str) -> Objection:
    members = Members(value, where)
    kinds: Parse[Literal["impossible", "irregular"]] = choice("impossible", "irregular")
    kind, rule, met = members.one("kind", kinds), members.one("rule", string), members.raw("statement")
    found = Objection(
        kind,
        rule,
        statement_ref(met, members.at("statement")) if met is not None else None,
        members.one("state", string),
        members.one("words", string),
        members.one("where", string),
        members.one("remedy", string),
    )
    members.end()
    return found
