"""`/v1/statements:bulk`: many statements in one request, NDJSON in and out, one result a line.

Guarantees that lines are taken in their order, that a refused or malformed line never stops the others, and that sending the same
file again is safe: lines recorded before are answered with 200, so an interrupted import is resumed by repeating it. The body is
read whole, within its limits, before the first line is submitted: half a file is never half a surprise. When the queue is full,
this request waits; it does not fail.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from typing import Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.access import Access, gate
from api.deliveries import settled
from api.limits import read_body
from api.open_ledger import OpenLedger
from api.problems import Problem, failed
from api.schemas import body_of, problems, text_of
from api.statements import Submissions, no_parameters, require_media
from api.telemetry import LOGGER
from domain.errors import Malformed
from domain.objections import Refused
from ledger.application import Recorded
from ledger.errors import LedgerError
from ledger.sequencer import Busy
from ledger.store.tokens import Scope

NDJSON: Final = "application/x-ndjson"
WINDOW: Final = 512
CHUNK: Final = 64
"""Lines verified, queued and answered together."""

Line = tuple[int, bytes]
Outcome = Future[Recorded] | Malformed | LedgerError
Taken = tuple[int, bytes, Outcome]


def routes(opened: OpenLedger, access: Access, submissions: Submissions) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["statements"])
    settings = opened.settings

    @router.post(
        "/v1/statements:bulk",
        summary="Submit many signed statements, one a line",
        dependencies=gate(access, Scope.SUBMIT, 10),
        openapi_extra=body_of({NDJSON: "one signed statement a line"}),
        responses={
            200: text_of(NDJSON, "One result a line, in order: line, status, and statement and index, or the problem"),
            **problems("query-invalid", "unauthorized", "forbidden", "body-too-large", "media-type"),
        },
        response_class=StreamingResponse,
        response_model=None,
    )
    async def bulk(request: Request) -> Response:
        no_parameters(request)
        require_media(request, (NDJSON,))
        body = await read_body(request, settings.bulk_bytes_max, settings.body_seconds * 4)
        lines = [(n, line.rstrip(b"\r")) for n, line in enumerate(body.split(b"\n"), 1) if line.strip()]
        if len(lines) > settings.bulk_lines_max:
            raise Problem("body-too-large", f"at most {settings.bulk_lines_max} lines")
        return StreamingResponse(_results(opened, submissions, lines), media_type=NDJSON)

    return router


async def _results(opened: OpenLedger, submissions: Submissions, lines: Sequence[Line]) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    waiting: deque[Taken] = deque()
    at = 0
    while at < len(lines) or waiting:
        if at < len(lines) and len(waiting) < WINDOW:
            chunk = lines[at : at + CHUNK]
            taken = await loop.run_in_executor(opened.verifiers, _enqueue, opened, chunk)
            at += len(taken)
            waiting.extend(taken)
            if len(taken) == len(chunk):
                continue
            if not waiting:
                await asyncio.sleep(0.05)
                continue
        page = [waiting.popleft() for _ in range(min(CHUNK, len(waiting)))]
        # They are settled in their order: with the last, all are.
        for _, _, outcome in reversed(page):
            if isinstance(outcome, Future):
                await settled(outcome)
        yield await loop.run_in_executor(opened.verifiers, _told, submissions, page)


def _enqueue(opened: OpenLedger, lines: Sequence[Line]) -> list[Taken]:
    """Queues lines together, in their order, as far as there is room."""
    try:
        outcomes = opened.sequencer.enqueue_all([raw for _, raw in lines])
    except Busy:
        return []
    except LedgerError as error:
        return [(n, raw, error) for n, raw in lines]
    return [(n, raw, outcome) for (n, raw), outcome in zip(lines, outcomes, strict=False)]


def _told(submissions: Submissions, page: Sequence[Taken]) -> bytes:
    """The results of lines that are settled. One failure of a batch is logged once, not once a line."""
    logged: set[int] = set()
    told = (_result(submissions, n, raw, outcome, logged) for n, raw, outcome in page)
    return b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in told)


def _result(submissions: Submissions, n: int, raw: bytes, outcome: Outcome, logged: set[int]) -> dict[str, object]:
    try:
        if not isinstance(outcome, Future):
            raise outcome
        recorded = outcome.result()
    except (Malformed, Refused) as error:
        problem = submissions.problem_of(raw, error)
    except LedgerError as error:
        if id(error) not in logged:
            LOGGER.error("lines could not be recorded", exc_info=error)
        logged.add(id(error))
        problem = failed(error)
    else:
        submissions.count(recorded)
        status = 201 if recorded.new else 200
        return {"line": n, "status": status, "statement": recorded.statement, "index": str(recorded.index)}
    return {"line": n, "status": problem.kind.status, "problem": problem.members()}
