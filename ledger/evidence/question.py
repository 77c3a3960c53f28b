"""`package.json`: what a package is about: log, tree size, asset, clocks and forum, and the streams it claims to hold whole.

Guarantees one spelling. Bare dates stay as they were asked; "now" is written down, so that the same question gives the
same answer in ten years. The recorded clock is a tree size. That the named streams end where they are said to end is the
sealer's claim: links by `prev` show what is missing before the last statement, not behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.answers import Asked
from domain.identifiers import StatementId, SubjectId, parse_kind, parse_statement_id, parse_subject
from domain.periods import format_instant, parse_instant
from ledger.errors import Malformed
from ledger.log.body import check_origin
from ledger.statements.canonical import Json, canonical_bytes, parse_canonical
from ledger.statements.members import Members, hexadecimal_32, string, text
from ledger.statements.values import count

PACKAGE_BYTES_MAX: Final = 16 << 20
SIZE_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Claimed:
    """A stream as the package says it holds it: how many statements, and the leaf hash of the last."""

    count: int
    head: bytes | None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of which log. `size`: of the package's checkpoint. `renderer`: what set the bundle, if there is one."""

    origin: str
    genesis: StatementId
    size: int
    asset: SubjectId
    asked: Asked
    now: datetime
    streams: Mapping[SubjectId, Claimed]
    renderer: str | None = None

    def __post_init__(self) -> None:
        check_origin(self.origin)
        if self.asked.recorded is not None:
            raise Malformed("asked/recorded", "a package asks by tree size")
        if not 0 < self.size <= SIZE_MAX or not 0 <= self.size_asked <= self.size:
            raise Malformed("size", "expected a tree size, and one asked that is not larger")

    @property
    def size_asked(self) -> int:
        """The tree size on the recorded clock."""
        return self.size if self.asked.size is None else self.asked.size

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        asked = self.asked
        spoken: dict[str, str | None] = {
            "effective": asked.effective,
            "known": asked.known,
            "size": str(asked.size) if asked.size is not None else None,
            "forum": asked.forum,
            "knower": asked.knower,
        }
        streams: list[Json] = [
            {"subject": s, "count": str(c.count), "head": c.head.hex() if c.head is not None else None}
            for s, c in sorted(self.streams.items())
        ]
        value: dict[str, Json] = {
            "v": 1,
            "origin": self.origin,
            "genesis": self.genesis,
            "size": str(self.size),
            "asset": self.asset,
            "asked": {name: value for name, value in spoken.items() if value is not None},
            "now": format_instant(self.now),
            "streams": streams,
        }
        if self.renderer is not None:
            value["renderer"] = self.renderer
        return canonical_bytes(value)

    @classmethod
    def parse(cls, raw: bytes) -> Question:
        """The inverse of `to_bytes`. Raises Malformed."""
        members = Members(parse_canonical(raw, PACKAGE_BYTES_MAX), "")
        if members.raw("v") != 1:
            raise Malformed("/v", "unknown version of the package; this verifier reads version 1")
        asked = Members(members.raw("asked"), "/asked")
        spoken = Asked(
            effective=asked.maybe("effective", text),
            known=asked.maybe("known", text),
            size=asked.maybe("size", count),
            forum=asked.maybe("forum", text),
            knower=asked.maybe("knower", text),
        )
        asked.end()
        streams: dict[SubjectId, Claimed] = {}
        for subject, claimed in members.many("streams", _stream):
            if subject in streams:
                raise Malformed("/streams", f"{subject} stands twice")
            streams[subject] = claimed
        question = cls(
            members.one("origin", string),
            members.one("genesis", lambda value, where: parse_statement_id(string(value, where), where)),
            members.one("size", count),
            members.one("asset", lambda value, where: SubjectId(parse_kind(string(value, where), "asset", where))),
            spoken,
            members.one("now", lambda value, where: parse_instant(string(value, where), where).at),
            streams,
            members.maybe("renderer", text),
        )
        members.end()
        if question.to_bytes() != raw:
            raise Malformed("", "not in its one spelling")
        return question


def _stream(value: Json, where: str) -> tuple[SubjectId, Claimed]:
    members = Members(value, where)
    subject = members.one("subject", lambda v, w: parse_subject(string(v, w), w))
    length = members.one("count", count)
    head = members.raw("head")
    members.end()
    if (head is None) is not (length == 0):
        raise Malformed(f"{where}/head", 'null exactly when count is "0"')
    return subject, Claimed(length, bytes.fromhex(hexadecimal_32(head, f"{where}/head")) if head is not None else None)
