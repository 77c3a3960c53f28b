"""Routes that are answered before FastAPI's own routing and dependencies, which cost more than checking a signature.

Guarantees that such a route behaves as the one of the same path and method that FastAPI has and documents: it is the same
function, its errors become the same problems, its log line names the same pattern. Only an exact path and method is taken;
everything else, other methods of the path included, goes on to FastAPI.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import Problem, failed
from api.telemetry import LOGGER
from ledger.errors import LedgerError

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What `scope["route"]` says of a route."""

    path: str


class Direct:
    """The answers by method and path, in front of the application that has all the others."""

    def __init__(self, app: ASGIApp, answers: Mapping[tuple[str, str], Answer]) -> None:
        self._app = app
        self._answers = {at: (Pattern(at[1]), answer) for at, answer in answers.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._answers.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"], answer = found
        try:
            response = await answer(Request(scope, receive, send))
        except Problem as problem:
            response = problem.response()
        except LedgerError as error:
            response = told(error).response()
        await response(scope, receive, send)


def told(error: LedgerError) -> Problem:
    """A failure of the ledger as a problem; what is not the client's doing is logged."""
    found = failed(error)
    if found.kind.status >= 500:
        LOGGER.error("the ledger failed", exc_info=error)
    return found
