"""`/v1/changes`: what was recorded, in order; as pages, or as a stream of server-sent events that can be resumed.

Guarantees that the cursor is the log index after the last entry told, so that no entry is told twice or left out, whatever happens
to the connection. An event's `id` is that cursor: a browser sends it back as `Last-Event-ID` by itself. A stream ends when the
server stops, within a second or two of its token's end and, so that no client holds a place for ever, after `STREAM_SECONDS`; the
client resumes. One client, by token or address, holds a quarter of the places at most.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.access import Access, gate
from api.limits import client_of
from api.open_ledger import OpenLedger
from api.problems import Problem, bad_parameter
from api.queries import SIZE_MAX, Count, accepted, require_single
from api.replies import as_json
from api.schemas import ChangesAnswer, problems, text_of
from api.telemetry import Metrics
from domain.answers import Plain
from ledger.statements.entry import format_recorded_at
from ledger.store.tokens import Scope

EVENTS: Final = "text/event-stream"
PAGE_MAX: Final = 500
POLL_SECONDS: Final = 0.25
SILENCE_SECONDS: Final = 15.0
STREAM_SECONDS: Final = 3_600.0


class ChangesQuery(BaseModel):
    """From where, and how many."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    after: Count | None = Field(
        default=None, ge=0, le=SIZE_MAX, description="entries known already: `next` of the page before"
    )
    size: Count | None = Field(default=None, ge=0, le=SIZE_MAX, description="up to this tree size only")
    limit: Count = Field(100, ge=1, le=PAGE_MAX, description="changes a page")


def _asked(request: Request, query: Annotated[ChangesQuery, Query()]) -> ChangesQuery:
    require_single(request)
    return query


def routes(opened: OpenLedger, access: Access, metrics: Metrics) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["log"])
    places = Places(opened.settings.streams_max)

    @router.get(
        "/v1/changes",
        summary="What was recorded since, as a page or a stream of events",
        response_model=ChangesAnswer,
        dependencies=gate(access, Scope.READ, 2),
        responses={
            200: text_of(EVENTS, "A page, or a stream of events"),
            **problems("query-invalid", "not-acceptable", "busy", "unavailable"),
        },
    )
    async def changes(request: Request, query: Annotated[ChangesQuery, Depends(_asked)]) -> Response:
        form = accepted(request, ("application/json", EVENTS))
        size = await run_in_threadpool(lambda: opened.reader.size)
        if query.size is not None and query.size > size:
            raise bad_parameter("size", "is larger than the tree")
        resumed = _last_event(request) if form == EVENTS else None
        after = (query.after or 0) if resumed is None else resumed
        if after > size:
            raise bad_parameter("after", "lies beyond the tree: it is the cursor of another log")
        if form != EVENTS:
            upto = size if query.size is None else query.size
            found = await run_in_threadpool(told, opened, after, min(after + query.limit, upto))
            following = str(after + len(found))
            return as_json({"changes": found, "next": following, "tree_size": str(upto), "clocks": _clocks(upto)})
        state = request.scope["state"]
        who = state.get("token_id") or client_of(request.client.host if request.client else "")
        if not places.free(who):
            raise Problem("busy")

        async def allowed() -> bool:
            return await access.stands(request)

        # Asked for its header only, a stream is over with it.
        events = _none() if state["head"] else _events(opened, places, who, allowed, metrics, after, query.size)
        return StreamingResponse(events, headers={"Cache-Control": "no-store"}, media_type=EVENTS)

    return router


class Places:
    """How many streams are open, and whose. Used in one event loop."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._each = max(1, places // 4)
        self._held: Counter[str] = Counter()

    def free(self, who: str) -> bool:
        """Whether there is a place for `who`."""
        return self._held.total() < self._places and self._held[who] < self._each

    @contextmanager
    def held(self, who: str) -> Iterator[bool]:
        """A place, where there is one: requests that came together may all have been told so."""
        if not self.free(who):
            yield False
            return
        self._held[who] += 1
        try:
            yield True
        finally:
            self._held -= Counter([who])


async def _none() -> AsyncIterator[bytes]:
    return
    yield


def _last_event(request: Request) -> int | None:
    """The event that a stream which broke had told last: it comes before what the address says. Raises Problem."""
    told_last = request.headers.get("last-event-id")
    if told_last is None:
        return None
    if not re.fullmatch("0|[1-9][0-9]{0,15}", told_last, re.ASCII):
        raise bad_parameter("Last-Event-ID", "is no id of an event of this stream")
    return int(told_last)


def _clocks(size: int) -> dict[str, Plain]:
    return {"effective_at": None, "known_at": None, "size": str(size)}


def told(opened: OpenLedger, start: int, stop: int) -> list[Plain]:
    """Entries [start, stop), briefly."""
    with opened.reading() as record:
        acts = list(record.walk(start, max(start, stop)))
    return [
        {
            "index": str(act.position),
            "statement": act.id,
            "type": act.type,
            "subjects": list[Plain](act.subjects),
            "actor": act.actor,
            "recorded_at": format_recorded_at(act.recorded_at),
        }
        for act in acts
    ]


async def _events(
    opened: OpenLedger,
    places: Places,
    who: str,
    allowed: Callable[[], Awaitable[bool]],
    metrics: Metrics,
    start: int,
    upto: int | None,
) -> AsyncIterator[bytes]:
    with places.held(who) as held:
        if not held:
            return
        metrics.streams.inc()
        try:
            began = spoke = time.monotonic()
            yield b"retry: 2000\n\n"
            while not opened.stopping.is_set() and time.monotonic() - began < STREAM_SECONDS and await allowed():
                if upto is not None and start >= upto:
                    return
                size = await run_in_threadpool(lambda: opened.reader.size)
                stop = min(size, start + PAGE_MAX, SIZE_MAX if upto is None else upto)
                try:
                    found = await run_in_threadpool(told, opened, start, stop) if stop > start else []
                except Problem:  # as many answers as may be are being worked on; what was begun goes on after them
                    found = []
                for change in found:
                    start += 1
                    data = json.dumps(change, ensure_ascii=False, separators=(",", ":"))
                    yield f"id: {start}\nevent: recorded\ndata: {data}\n\n".encode()
                    spoke = time.monotonic()
                if not found:
                    if time.monotonic() - spoke > SILENCE_SECONDS:
                        spoke = time.monotonic()
                        yield b": still here\n\n"
                    await asyncio.sleep(POLL_SECONDS)
        finally:
            metrics.streams.dec()
