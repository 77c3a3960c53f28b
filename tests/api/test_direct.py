"""Routes in front of FastAPI: only their own path and method, the same problems as behind it."""

import asyncio

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.direct import Direct
from api.limits import route_pattern
from api.problems import Problem
from ledger.sequencer import Busy
from ledger.store.errors import StoreUnavailable

FAILURES = {
    b"problem": Problem("media-type"),
    b"busy": Busy(7, 3),
    b"outage": StoreUnavailable("The disk is full", where="here", remedy="Free it."),
}


async def behind(scope, receive, send):
    await PlainTextResponse(f"behind {scope['method']} {scope['path']}")(scope, receive, send)


async def answer(request: Request) -> Response:
    body = await request.body()
    if body in FAILURES:
        raise FAILURES[body]
    return PlainTextResponse(f"direct {route_pattern(request.scope)} {body.decode()}", 201)


def ask(method: str, path: str, body: bytes = b"") -> httpx.Response:
    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(Direct(behind, {("POST", "/taken"): answer}))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.request(method, path, content=body)

    return asyncio.run(main())


def test_its_own_path_and_method_are_answered_and_named_by_their_pattern():
    found = ask("POST", "/taken", b"body")
    assert (found.status_code, found.text) == (201, "direct /taken body")


def test_everything_else_goes_on():
    for method, path in (("GET", "/taken"), ("POST", "/taken/"), ("POST", "/other")):
        assert ask(method, path).text == f"behind {method} {path}"


def test_errors_are_the_problems_they_are_elsewhere(caplog):
    problem, busy, outage = (ask("POST", "/taken", body) for body in FAILURES)
    assert (problem.status_code, problem.json()["type"]) == (415, "/problems/media-type")
    assert (busy.status_code, busy.json()["type"], busy.headers["retry-after"]) == (503, "/problems/queue-full", "3")
    assert (outage.status_code, outage.json()["type"]) == (503, "/problems/unavailable")
    # What the operator is to read stands in the log, and nothing of it in the answer.
    assert "disk" not in outage.text
    assert [record.message for record in caplog.records] == ["the ledger failed"] * 2
