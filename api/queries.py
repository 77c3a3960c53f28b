"""The questions of the query string: three clocks, a forum, a knower, on every answer; and the tag of the answer.

Guarantees that an unknown, repeated or contradictory parameter is refused, never ignored, because an answer on other clocks than
were meant is a wrong answer; and that two answers have one ETag only if tree size, clocks and form are the same. Left out:
effective now (to the second), everything known, the head, the place of the asset. Of two releases that read the law or word an
answer differently the tags differ as well: a client must not keep an answer that a correction has changed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Final
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.open_ledger import OpenLedger
from api.problems import Problem, bad_parameter
from api.subject_search import known
from domain.answers import Asked, Question, understand
from domain.errors import Malformed
from domain.identifiers import SubjectId
from domain.record import Record

_SLUG: Final = "[a-z0-9][a-z0-9-]{0,63}"
MOMENT: Final = r"^[0-9]{4}-[0-9][0-9]-[0-9][0-9](T[0-9][0-9]:[0-9][0-9]:[0-9][0-9](\.[0-9]{3})?Z)?$"
SIZE_MAX: Final = 2**53 - 1

AssetPath = Annotated[
    str, Path(pattern=f"^asset:{_SLUG}$", description="an asset", examples=["asset:rosneft-deutschland"])
]
PartyPath = Annotated[str, Path(pattern=f"^party:{_SLUG}$", description="a party", examples=["party:srm-global"])]
StatementPath = Annotated[
    str, Path(pattern="^sha256:[0-9a-f]{64}$", description="a statement id; /v1/changes names them")
]


def _decimal(value: object) -> object:
    """One spelling of a number: Python would also read 1_0 as ten."""
    if isinstance(value, str) and not re.fullmatch("0|[1-9][0-9]{0,15}", value, re.ASCII):
        raise ValueError("written in decimal digits, without a leading zero")
    return value


Count = Annotated[int, BeforeValidator(_decimal)]


class TimelineQuery(BaseModel):
    """The clocks and the forum of an answer through time, which is about no moment."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    known: str | None = Field(
        default=None,
        pattern=MOMENT,
        description="what was known by then, by notice: a day or an instant",
        examples=["2024-12-01"],
    )
    knower: str | None = Field(
        default=None,
        pattern=f"^(public|party:{_SLUG})$",
        description="to whom it was known: public, or a party",
        examples=["public"],
    )
    recorded: str | None = Field(
        default=None,
        pattern=MOMENT,
        description="what this ledger contained then: a day or an instant",
        examples=["2026-12-31T12:00:00Z"],
    )
    size: Count | None = Field(
        default=None,
        ge=1,
        le=SIZE_MAX,
        description="what this ledger contained: its first so many entries",
        examples=[100],
    )
    forum: str | None = Field(
        default=None,
        pattern=f"^([A-Z]{{2}}|body:{_SLUG})$",
        description="in whose eyes: a legal order, such as DE",
        examples=["DE"],
    )

    @property
    def asked(self) -> Asked:
        return Asked(None, self.known, self.recorded, self.size, self.forum, self.knower)


class ClockQuery(TimelineQuery):
    """The clocks and the forum."""

    effective: str | None = Field(
        default=None,
        pattern=MOMENT,
        description="when it is true in law: a day (its end, in the asset's zone) or an instant",
        examples=["2024-12-01", "2024-12-01T12:00:00Z"],
    )

    @property
    def asked(self) -> Asked:
        return replace(super().asked, effective=self.effective)


def require_single(request: Request) -> None:
    """Refuses a parameter that is given twice, and bytes that are no UTF-8, which would be read as another text."""
    try:
        unquote_to_bytes(request.scope["query_string"]).decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("query-invalid", "a parameter is not UTF-8") from None
    names = [name for name, _ in request.query_params.multi_items()]
    if len(set(names)) != len(names):
        raise Problem("query-invalid", "a parameter is given more than once")


def _clocks(request: Request, query: Annotated[ClockQuery, Query()]) -> ClockQuery:
    checked(request, query)
    return query


def checked(request: Request, query: TimelineQuery) -> None:
    """Refuses clocks that contradict each other. Raises Problem."""
    require_single(request)
    if query.recorded is not None and query.size is not None:
        raise Problem("clocks-contradict")
    if query.knower not in (None, "public") and query.known is None:
        raise Problem("clocks-contradict", "knower asks what a party knew by a day: give known as well")


ClocksAsked = Annotated[ClockQuery, Depends(_clocks)]


def pinned(opened: OpenLedger, subject: str, query: TimelineQuery, now: datetime) -> TimelineQuery:
    """The same question with the tree size that its recorded clock stands for, so that the rules and time zones of that
    size answer it. Raises Problem."""
    if query.recorded is None:
        return query
    with opened.reading() as record:
        try:
            size = understand(record, SubjectId(subject), query.asked, now).size
        except Malformed as error:
            raise bad_parameter(error.where, error.why) from None
    if size == 0:
        raise bad_parameter("recorded", "lies before the founding of this ledger")
    return query.model_copy(update={"recorded": None, "size": size})


def question(record: Record, subject: str, query: TimelineQuery, now: datetime) -> Question:
    """The question asked about a subject that the ledger knows at that size. Raises Problem."""
    try:
        asked = understand(record, SubjectId(subject), query.asked, now)
    except Malformed as error:
        raise bad_parameter(error.where, error.why) from None
    if subject != "register" and not known(record.cut(asked.size), SubjectId(subject)):
        raise Problem("subject-unknown")
    return asked


def etag(asked: Question, form: str = "json") -> str:
    """The tag of an answer: tree size first, then the moment it is about, its form, and the reading it is of."""
    return f'"{asked.size}.{round(asked.at.timestamp())}.{form}.{reading()}"'


@cache
def reading() -> str:
    """Which law and which words this process answers by: 12 hexadecimal digits that change with any of their source."""
    sources = sorted(
        (f"{package}/{file.name}", file.read_bytes())
        for package in ("domain", "api")
        for file in files(package).iterdir()
        if file.name.endswith(".py")
    )
    return hashlib.sha256(repr(sources).encode()).hexdigest()[:12]


def unchanged(request: Request, tag: str) -> bool:
    """Whether the client has the answer of this tag already (RFC 9110 section 13.1.2)."""
    held = request.headers.get("if-none-match", "")
    tags = {part.strip().removeprefix("W/") for part in held[:2048].split(",")}
    return tag in tags or "*" in tags


def accepted(request: Request, offered: tuple[str, ...]) -> str:
    """The media type to answer in: the one the client prefers of those offered; the first where it has no preference."""
    header = ",".join(request.headers.getlist("accept"))[:1024]
    if not header.strip():
        return offered[0]
    ranges: list[tuple[str, float]] = []
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if found := re.fullmatch(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)", parameter):
                quality = float(found[1])
        ranges.append((name.lower(), quality))
    best, chosen = (0.0, 0), ""
    for media_type in offered:
        # The most specific range that names it decides how much it is wanted (RFC 9110 section 12.5.1).
        specific, quality = max((_matches(name, media_type), quality) for name, quality in ranges)
        if specific and quality and (quality, specific) > best:
            best, chosen = (quality, specific), media_type
    if not chosen:
        raise Problem("not-acceptable", more={"acceptable": list(offered)})
    return chosen


def _matches(name: str, media_type: str) -> int:
    """How specifically a range of Accept names a media type: 3 itself, 2 its kind, 1 anything, 0 not."""
    if name == media_type:
        return 3
    if name == media_type.split("/")[0] + "/*":
        return 2
    return int(name == "*/*")
