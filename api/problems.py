"""Problems: every answer that is no success, as RFC 9457 problem details, and the pages that explain them.

Guarantees that an answer names a documented `type`, repeats nothing of a request but what parsers have bounded to harmless
characters, and shows no traceback. What speaks against a statement in law comes with the ledger's signed refusal. Exceptions
become problems here and nowhere else.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from api.format_rules import ECHOING, FORMAT_RULES
from api.problem_types import PROBLEM_TYPES, ProblemType, problem_members
from domain.errors import Malformed
from domain.objections import Objection, Refused
from ledger.appending import HeadStale, SignaturesDiffer
from ledger.errors import LedgerError
from ledger.reading import Unrecorded
from ledger.sequencer import Busy, Closed
from ledger.statements.canonical import Json

MEDIA_TYPE: Final = "application/problem+json"
_HARMLESS = re.compile(r"[A-Za-z0-9_./#~:-]{0,200}\Z")
RETRY_SECONDS: Final = 2


class Problem(Exception):
    """A problem to answer with. `detail` says it for this case, `more` are further members."""

    def __init__(
        self,
        name: str,
        detail: str = "",
        more: Mapping[str, Json] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, detail)
        self.name = name
        self.detail = detail
        self.more = more or {}
        self.headers = headers or {}

    @property
    def kind(self) -> ProblemType:
        return PROBLEM_TYPES[self.name]

    def members(self) -> dict[str, Json]:
        """The problem details object."""
        return {**problem_members(self.kind, self.detail), **self.more}

    def body(self) -> bytes:
        return json.dumps(self.members(), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    def response(self) -> Response:
        headers = {"Cache-Control": "no-store", **self.headers}
        if self.kind.status in (429, 503):
            headers.setdefault("Retry-After", str(RETRY_SECONDS))
        if self.kind.status == 401:
            headers.setdefault("WWW-Authenticate", 'Bearer realm="control-ledger"')
        return Response(self.body(), self.kind.status, headers, MEDIA_TYPE)


def bad_parameter(name: str, why: str) -> Problem:
    """A parameter that cannot be read; `name` is one of ours, never the sender's."""
    return Problem("query-invalid", f"{name}: {why}", {"parameter": name, "why": why})


def malformed(error: Malformed) -> Problem:
    """A breach of the statement format: its own type, and the place."""
    rule = error.rule if error.rule in FORMAT_RULES else "statement.malformed"
    why = FORMAT_RULES[rule][0] if rule in ECHOING else _printable(error.why)
    # The last name of the place is the sender's where the rule is about a name of the sender's.
    place = error.where.rpartition("/")[0] if rule in ECHOING else error.where
    where = place if _HARMLESS.match(place) else ""
    return Problem(f"format/{rule}", f"{where}: {why}" if where else why, {"rule": rule, "where": where, "why": why})


def refused(error: Refused, signed: bytes | None) -> Problem:
    """Objections; `signed` is the ledger's refusal of the same statement."""
    objections: list[Json] = [dict[str, Json](objection_told(objection)) for objection in error.objections]
    more: dict[str, Json] = {"objections": objections}
    if signed is not None:
        more["refusal"] = json.loads(signed)
    detail = "; ".join(_printable(objection.words) for objection in error.objections[:8])
    match error:
        case HeadStale():
            more |= {"subject": error.subject, "head": error.head}
            return Problem("head-stale", detail, more)
        case SignaturesDiffer():
            more |= {"statement": error.statement, "index": str(error.index)}
            return Problem("signatures-differ", detail, more)
        case _:
            return Problem("refused", detail, more)


def objection_told(objection: Objection) -> dict[str, str | None]:
    """An objection as a value."""
    return {
        "kind": objection.kind,
        "rule": objection.rule,
        "statement": objection.statement,
        "state": objection.state,
        "words": _printable(objection.words),
        "where": objection.where if _HARMLESS.match(objection.where) else "",
        "remedy": objection.remedy,
    }


def failed(error: LedgerError) -> Problem:
    """A ledger that cannot answer or append as it should. Nothing of the error is told; the log has it."""
    match error:
        case Busy():
            return Problem("queue-full", headers={"Retry-After": str(max(1, round(error.retry_after)))})
        case Closed():
            return Problem("stopping")
        case Unrecorded():
            return Problem("statement-unknown")
        case _:
            return Problem("unavailable")


def of_validation(error: RequestValidationError, known: Sequence[str]) -> Problem:
    """A path or query that FastAPI's models refuse. Names of unknown parameters are the sender's and not repeated."""
    first = error.errors()[0]
    name = str(first["loc"][-1]) if first["loc"] else ""
    if first["type"] == "extra_forbidden" or name not in known:
        return Problem("query-invalid", f"an unknown parameter; known here: {', '.join(known) or 'none'}")
    return bad_parameter(name, str(first["msg"]).removeprefix("Value error, "))


def of_http(error: HTTPException) -> Problem:
    """What the router answers by itself."""
    headers = dict(error.headers or {})
    if headers.get("Allow") == "GET":
        headers["Allow"] = "GET, HEAD"
    names = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}
    return Problem(names.get(error.status_code, "request-invalid"), headers=headers)


def _printable(text: str) -> str:
    """One line of printable characters, at most 1,000."""
    return "".join(c if c.isprintable() else "�" for c in text[:1000])


_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{{font:17px/1.55 Georgia,serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a}}
code{{font-size:.9em}}h1{{font-size:1.5rem;line-height:1.25}}</style>
<main><p><code>{uri}</code> · status {status}</p><h1>{title}</h1><p>{meaning}</p>
<h2>What to do</h2><p>{remedy}</p></main></html>
"""


def page(name: str) -> Response:
    """The page behind a `type`. Raises Problem where there is none."""
    kind = PROBLEM_TYPES.get(name)
    if kind is None:
        raise Problem("not-found")
    parts = {"uri": kind.uri, "title": kind.title, "meaning": kind.meaning, "remedy": kind.remedy}
    shown = _PAGE.format(status=kind.status, **{part: html.escape(text) for part, text in parts.items()})
    headers = {
        "Cache-Control": "public, max-age=86400",
        # base-uri, form-action and frame-ancestors do not fall back to default-src.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'",
    }
    return HTMLResponse(shown, headers=headers)
