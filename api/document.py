"""The OpenAPI 3.1 document of all routes.

Guarantees that what no route declares for FastAPI is in it all the same: the headers that answers and questions have, the refusal
of a token that is not in force, which also comes where none is needed; and that nothing is in it which this server never answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.schemas import CalendarAnswer, ProblemTold, StatementAnswer, header, problems

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
        shapes = [(shape, "serialization") for shape in (ProblemTold, StatementAnswer, CalendarAnswer)]
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
