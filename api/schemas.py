"""The shapes of answers, for the OpenAPI document: what every answer has, and the members an integration relies on.

These models describe; they never build or filter an answer (the domain does), so no second model of the law grows here. Tests
hold real answers against the document. Numbers that could outgrow a double are decimal strings, as in statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.problem_types import PROBLEM_TYPES, ProblemType, problem_members

COUNT: Final = r"^(0|[1-9][0-9]{0,15})$"


class Shape(BaseModel):
    """An object with further members beside those described."""

    model_config = ConfigDict(extra="allow")


class ClocksTold(Shape):
    """The clocks as used."""

    effective_at: str | None = Field(description="the moment in UTC the answer is about; null where it is about none")
    known_at: str | None = Field(description="what was known by then; null: everything known")
    size: str = Field(pattern=COUNT, description="the entries of the log that the answer rests on")


class Answer(Shape):
    """What every answer has. `statements` and `names` are the tables that causes and identifiers refer to."""

    clocks: ClocksTold
    tree_size: str = Field(pattern=COUNT)
    statements: dict[str, JsonValue]
    names: dict[str, str]


class AssetState(Answer):
    """An asset at a moment."""

    asset: str


class AssetAnswer(Answer):
    """Another answer about an asset."""

    asset: str


class PartyAnswer(Answer):
    """An answer about a party."""

    party: str


class RegisterAnswer(Answer):
    """Who may sign and record what."""

    origin: str
    genesis: str
    log_keys: list[str]
    service_keys: list[JsonValue]
    keys: list[JsonValue]
    threshold: str


class CalendarAnswer(Answer):
    """What lapses or falls due."""

    deadlines: list[JsonValue]


class Found(Shape):
    """A subject found."""

    asset: str
    causes: list[str]


class SearchAnswer(Answer):
    """Assets, in the order of their registration. `next` is the cursor of the next page, null at the end."""

    assets: list[Found]
    next: str | None


class HoldingTold(Shape):
    """What one holder holds of a right in an asset. `from` and `until` bound the period over which nobody's share of it changes;
    null is since before the record begins, and open."""

    asset: str
    right: Literal["title", "votes", "economic"]
    follows_title: bool
    holder: JsonValue
    share: JsonValue
    percent: str
    since: str | None = Field(alias="from")
    until: str | None
    causes: list[str]


class HoldersAnswer(Answer):
    """Holdings by asset. `size`: the entries that the views answer as of; `tree_size`: the entries there are. `stale`: the views
    stand still, for this `reason`. `next` is the cursor of the next page, null at the end."""

    size: str = Field(pattern=COUNT)
    stale: bool
    reason: str | None
    holdings: list[HoldingTold]
    next: str | None


class StatementAnswer(Answer):
    """A statement, readable: its payload as an object, and where it stands in the log."""

    statement: str
    index: str = Field(pattern=COUNT)
    payload: dict[str, JsonValue]


class RecordedAnswer(Shape):
    """A statement is durable. `entry` is its exact text in the log, `receipt` the proof (c2sp.org/tlog-proof)."""

    statement: str
    index: str = Field(pattern=COUNT)
    tree_size: str = Field(pattern=COUNT)
    recorded_at: str
    new: bool
    entry: str
    receipt: str


class CheckedAnswer(Shape):
    """What would be said of a statement; nothing was recorded. `payload` is the canonical text that is to be signed."""

    statement: str
    payload: str
    signed: bool
    accepted: bool
    objections: list[JsonValue]
    gaps: list[JsonValue]
    unseen: str = Field(pattern=COUNT)
    index: str | None
    signers: list[JsonValue]
    tree_size: str = Field(pattern=COUNT)
    clocks: ClocksTold


class Change(Shape):
    """An entry of the log, told briefly."""

    index: str = Field(pattern=COUNT)
    statement: str
    type: str
    subjects: list[str]
    recorded_at: str


class ChangesAnswer(Shape):
    """Entries after the cursor; `next` is the cursor to go on with."""

    changes: list[Change]
    next: str = Field(pattern=COUNT)
    tree_size: str = Field(pattern=COUNT)


class Health(Shape):
    """Whether the server can do its work."""

    status: Literal["alive", "ready"]


class ProblemTold(Shape):
    """RFC 9457 problem details. `type` is the address of a page on this server."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str


_EVERYWHERE: Final = (
    "request-invalid",
    "uri-too-long",
    "too-many-requests",
    "too-slow",
    "header-too-large",
    "internal",
)


UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {
        "description": "Unchanged",
        "headers": {"ETag": {"description": "the tag the client named", "schema": {"type": "string"}}},
    }
}
"""The answer to a client that has the answer already."""


def problems(*names: str) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, for the document; those of every route are added."""
    by_status: dict[int | str, list[ProblemType]] = {}
    for name in dict.fromkeys((*names, *_EVERYWHERE)):
        kind = PROBLEM_TYPES[name]
        by_status.setdefault(kind.status, []).append(kind)
    return {status: _problems_told(status, kinds) for status, kinds in by_status.items()}


def _problems_told(status: int | str, kinds: Sequence[ProblemType]) -> dict[str, Any]:
    """The problems of one status, each with an example of its `type`, and the headers that come with them."""
    examples = {kind.name: {"summary": kind.title, "value": problem_members(kind)} for kind in kinds}
    told: dict[str, Any] = {
        "description": "; ".join(dict.fromkeys(kind.title for kind in kinds)),
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemTold"}, "examples": examples}
        },
    }
    if status in (429, 503):
        told["headers"] = header("Retry-After", "seconds to wait")
    if status == 401:
        told["headers"] = header("WWW-Authenticate", "Bearer")
    return told


def header(name: str, what: str) -> dict[str, Any]:
    """A header of an answer, for the document."""
    return {name: {"description": what, "schema": {"type": "string"}}}


def body_of(media_types: Mapping[str, str], example: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A request body in one of these media types, for the document; each with what it holds; an example of JSON."""
    content: dict[str, dict[str, Any]] = {
        name: {"schema": {"type": "string" if name.endswith("ndjson") else "object", "description": what}}
        for name, what in media_types.items()
    }
    if example is not None:
        content["application/json"]["example"] = example
    return {"requestBody": {"required": True, "content": content}}


def text_of(media_type: str, what: str) -> dict[str, Any]:
    """A success in a form that is no JSON, for the document."""
    return {"description": what, "content": {media_type: {"schema": {"type": "string"}}}}


class Raw(Response):
    """Bytes in the media type given, without a charset added."""
