"""The OpenAPI 3.1 document of all routes, and docs/answers.md, which tells the members of answers to a reader.

Guarantees that what no route declares for FastAPI is in it all the same: the headers that answers and questions have, the refusal
of a token that is not in force, which also comes where none is needed; and that nothing is in it which this server never answers.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.answer_shapes import Shape
from api.asset_shapes import (
    AssetEncumbrances,
    AssetExplained,
    AssetForums,
    AssetHistory,
    AssetProceedings,
    AssetRestrictions,
    AssetState,
    SearchAnswer,
)
from api.party_shapes import CalendarAnswer, PartyChain, PartyHoldings, PartyTold, RegisterAnswer
from api.schemas import (
    Alive,
    BulkResult,
    ChangesAnswer,
    CheckedAnswer,
    HoldersAnswer,
    ProblemTold,
    Ready,
    RecordedAnswer,
    StatementAnswer,
    header,
    problems,
)

_WITHOUT_GATE: Final = frozenset({"/healthz", "/readyz"})
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "description": "the ETag of the answer the client has; 304 where it is this one",
    "schema": {"type": "string"},
}
_LAST_EVENT_ID: Final = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "for a stream: the id of the last event told, in place of `after`; a browser sends it by itself",
    "schema": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,15})$"},
}


def document_of(app: FastAPI, reading_is_public: bool) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        shapes = [(shape, "serialization") for shape in (ProblemTold, StatementAnswer, CalendarAnswer, BulkResult)]
        _, described = models_json_schema(shapes, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
        schemas: dict[str, Any] = found.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in described["$defs"].items():
            schemas.setdefault(name, schema)
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        refused = ("unauthorized",) if reading_is_public else ("unauthorized", "forbidden")
        for path, operations in found["paths"].items():
            for operation in operations.values():
                _without_422(operation)
                if path not in _WITHOUT_GATE:
                    _with_gate(operation, refused)
                _with_headers(path, operation)
        app.openapi_schema = found
    return app.openapi_schema


def _without_422(operation: Mapping[str, Any]) -> None:
    """Takes out the answer that FastAPI documents for its own validation, which this server never gives."""
    if "application/json" in operation["responses"].get("422", {}).get("content", {}):
        del operation["responses"]["422"]


def _with_gate(operation: Mapping[str, Any], refused: tuple[str, ...]) -> None:
    told = problems(*refused)
    for status in (401, 403):
        if status in told:
            operation["responses"].setdefault(str(status), told[status])


def _with_headers(path: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    asked: list[Any] = []
    if "304" in answers:
        answers["200"]["headers"] = header("ETag", "the answer's tag: tree size first")
        asked.append(_IF_NONE_MATCH)
    if path == "/v1/changes":
        asked.append(_LAST_EVENT_ID)
    if asked:
        operation.setdefault("parameters", []).extend(asked)
    if "201" in answers:
        for status in ("200", "201"):
            answers[status]["headers"] = header("Location", "the statement's address")


ANSWERS: Final = (
    AssetState, AssetHistory, AssetProceedings, AssetRestrictions, AssetEncumbrances, AssetForums, AssetExplained, SearchAnswer,
    PartyTold, PartyHoldings, PartyChain, HoldersAnswer, RegisterAnswer, CalendarAnswer, StatementAnswer, RecordedAnswer,
    CheckedAnswer, BulkResult, ChangesAnswer, Alive, Ready, ProblemTold,
)  # fmt: skip
"""The answers in JSON, as docs/answers.md orders them."""


def answers_document() -> str:
    """docs/answers.md, whole: each shape with its own members, after those it has in common with others."""
    shapes = [(shape, "serialization") for shape in ANSWERS]
    _, described = models_json_schema(shapes, ref_template="{model}")  # type: ignore[arg-type]
    lines = [
        "# Members of answers",
        "",
        "The shapes of `/openapi.json`, to be read. `?` marks a member that is left out where there is nothing to say; every other"
        " member is",
        "always there. A later release may add members: ignore those you do not know. What counts is a decimal string (*count*).",
        "",
    ]
    pending, told = list[type[BaseModel]](ANSWERS), set[type[BaseModel]]()
    while pending:
        shape = pending.pop(0)
        if shape in told:
            continue
        told.add(shape)
        schema = described["$defs"].get(shape.__name__) or shape.model_json_schema(
            ref_template="{model}", mode="serialization"
        )
        bases = [base for base in shape.__bases__ if base is not Shape]
        common = [f"[{base.__name__}](#{base.__name__.lower()})" for base in bases]
        own = {shape.model_fields[name].alias or name for name in shape.__annotations__}
        rows = list(_members_told(schema, own))
        lines += [f"## {shape.__name__}", "", *str(shape.__doc__).replace("\n    ", "\n").splitlines(), ""]
        lines += [f"The members of {' and of '.join(common)}" + (", and:" if rows else "."), ""] if common else []
        lines += ["| member | form | what |", "|---|---|---|", *rows, ""] if rows else []
        found = {name for member in schema["properties"].values() for name in _named(member)}
        pending += [*bases, *(one for one in _shapes(Shape) if one.__name__ in found)]
    return "\n".join(lines[:-1]) + "\n"


def _shapes(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every shape, in the order of their definition."""
    for shape in base.__subclasses__():
        yield shape
        yield from _shapes(shape)


def _members_told(schema: Mapping[str, Any], own: Container[str]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, member in schema["properties"].items():
        if name in own:
            mark = "" if name in required else "?"
            yield f"| `{name}`{mark} | {_form(member)} | {member.get('description', '')} |"


def _form(schema: Mapping[str, Any]) -> str:
    """The form of a value in words."""
    match schema:
        case {"$ref": "JsonValue"}:
            return "any JSON"
        case {"$ref": name}:
            return f"[{name}](#{name.lower()})"
        case {"anyOf": forms}:
            return " or ".join(_form(form) for form in forms)
        case {"const": value}:
            return f"`{json.dumps(value)}`"
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": items}:
            return f"list of {_form(items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"for each, {_form(values)}"
        case {"type": "string", "pattern": _}:
            return "count"
    return {"string": "text", "boolean": "true or false", "integer": "number", "null": "null", "object": "object"}.get(
        str(schema.get("type")), "any"
    )


def _named(schema: object) -> Iterator[str]:
    """The shapes that a schema refers to, in order."""
    if isinstance(schema, dict):
        if schema.get("$ref", "JsonValue") != "JsonValue":
            yield schema["$ref"]
        for value in schema.values():
            yield from _named(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _named(value)
