"""The shapes of answers, for the OpenAPI document: what every answer has, and the members an integration relies on.

These models describe; they never build or filter an answer (the domain does), so no second model of the law grows here. Tests
hold real answers against the document. Numbers that could outgrow a double are decimal strings, as in statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from fastapi import Response
from pydantic import Field, JsonValue

from api.answer_shapes import (
    Answer,
    Causes,
    ClocksTold,
    Count,
    GapTold,
    HolderTold,
    ObjectionTold,
    Shape,
    ShareTold,
    optional,
)
from api.problem_types import PROBLEM_TYPES, ProblemType, problem_members


class HoldingTold(ShareTold):
    """What one holder holds of a right in an asset. `from` and `until` bound the period over which nobody's share changes;
    null is since before the record begins, and open."""

    asset: str
    right: Literal["title", "votes", "economic"]
    follows_title: bool = Field(description="nothing parts the right from title")
    holder: HolderTold
    since: str | None = Field(alias="from")
    until: str | None
    causes: Causes


class PositionTold(Shape):
    """Where a statement stands in the log."""

    position: Count


class HoldersAnswer(Shape):
    """Holdings by asset, from the views."""

    clocks: ClocksTold
    tree_size: Count = Field(description="the entries there are")
    size: Count = Field(description="the entries that the views answer as of")
    stale: bool = Field(description="the views stand still, and are behind")
    reason: str | None = Field(description="why they stand still")
    right: Literal["title", "votes", "economic"] = Field(description="as asked")
    holder: str | None = Field(description="as asked")
    holdings: list[HoldingTold]
    next: str | None = Field(description="the cursor of the next page; null at the end")
    statements: dict[str, PositionTold] = Field(description="what causes refer to, by statement id")
    names: dict[str, str] = Field(description="the names of the subjects, at the moment")


class StatementAnswer(Answer):
    """A statement, readable."""

    subject: Literal["register"] = Field(alias="register")
    statement: str
    index: Count = Field(description="its entry")
    payload: dict[str, JsonValue] = Field(description="what was signed (docs/statement-format.md)")


class RecordedAnswer(Shape):
    """A statement is durable."""

    statement: str
    index: Count = Field(description="its entry")
    tree_size: Count = Field(description="of the checkpoint in the receipt")
    recorded_at: str
    new: bool = Field(description="recorded by this request; false: recorded before")
    entry: str = Field(description="its exact text in the log")
    receipt: str = Field(description="the proof (c2sp.org/tlog-proof)")


class BulkResult(Shape):
    """What became of a line."""

    line: int = Field(description="its number, from 1")
    status: int = Field(description="201, 200 or that of the problem")
    statement: str = optional("where it is recorded")
    index: Count = optional("where it is recorded: its entry")
    problem: ProblemTold = optional("why it is not")


class KeyNamed(Shape):
    """A key, by its name."""

    kid: str
    alg: str


class SignerWanted(Shape):
    """Who is to sign, and with which keys it may."""

    party: str
    role: str
    capacity: Literal["author", "registrar", "transcriber"]
    keys: list[KeyNamed]


class CheckedAnswer(Shape):
    """What would be said of a statement; nothing was recorded."""

    statement: str
    payload: str = Field(description="the canonical text that is to be signed")
    payload_base64url: str = Field(description="the same in base64url")
    signed: bool
    accepted: bool
    objections: list[ObjectionTold]
    gaps: list[GapTold]
    unseen: Count = Field(description="later statements of its subjects that it does not follow")
    index: Count | None = Field(description="its entry, where it is recorded already")
    signers: list[SignerWanted]
    tree_size: Count
    clocks: ClocksTold


class Change(Shape):
    """An entry of the log, told briefly."""

    index: Count
    statement: str
    type: str
    subjects: list[str]
    actor: str
    recorded_at: str


class ChangesAnswer(Shape):
    """Entries after the cursor."""

    changes: list[Change]
    next: Count = Field(description="the cursor to go on with")
    tree_size: Count
    clocks: ClocksTold


class ViewsTold(Shape):
    """How far the views are."""

    size: Count
    stopped_before: Count | None = Field(description="the entry they cannot take in")


class Alive(Shape):
    """The process answers."""

    status: Literal["alive"]


class Ready(Shape):
    """The server can do its work."""

    status: Literal["ready"]
    tree_size: Count
    views: ViewsTold


class ProblemTold(Shape):
    """RFC 9457 problem details. `type` is the address of a page on this server."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str
    parameter: str = optional("the parameter that is meant")
    rule: str = optional("the rule of the format that is broken")
    where: str = optional("the place in the statement")
    why: str = optional("what is wrong with it")
    objections: list[ObjectionTold] = optional("what speaks against the statement")
    refusal: dict[str, JsonValue] = optional("the same, signed by the service key (JWS)")
    subject: str = optional("the subject whose head is stale")
    head: str | None = optional("the statement that is its head now")
    statement: str = optional("the statement that is recorded with other signatures")
    index: Count = optional("its entry")
    accepted: list[str] = optional("the media types that are taken")
    acceptable: list[str] = optional("the media types that are offered")
    bytes_max: Count = optional("the bytes that are taken")
    size: Count = optional("the entries that the views have taken in")
    tree_size: Count = optional("the entries there are")
    request_id: str = optional("names the failure in the operator's log")


BulkResult.model_rebuild()


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
