"""The application: every route, in one OpenAPI 3.1 document, inside the limits, with every error a problem.

Guarantees that nothing is loaded from elsewhere (there is no interactive documentation page; the document is `/openapi.json`), that
FastAPI's own error answers, which repeat input and fail on lone surrogates, are never used, and that closing the application
answers everything it took in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from api import assets, bulk, evidence, feed, health, holders, log, parties, problems, register, statements
from api.access import Access
from api.direct import Direct, told
from api.document import document_of
from api.limits import Guard, Rates, internal
from api.open_ledger import OpenLedger
from api.problems import Problem
from api.telemetry import Metrics
from ledger.errors import LedgerError

VERSION = "1"
_DESCRIPTION = (
    "An audit ledger of who owns and who controls an asset. Statements are signed by those who make them; every answer names the"
    " statements that cause it, the clocks it was asked at and the size of the log it rests on."
)


def build_app(opened: OpenLedger) -> ASGIApp:
    """The whole application over an open ledger, which it closes when the server stops."""
    metrics, rates = Metrics(), Rates(opened.settings)
    access = Access(opened, rates)
    submissions = statements.Submissions(opened, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            opened.close()

    app = FastAPI(
        title="control-ledger",
        version=VERSION,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
    )
    for router in (
        bulk.routes(opened, access, submissions),
        statements.routes(opened, access, submissions),
        assets.routes(opened, access),
        evidence.routes(opened, access),
        parties.routes(opened, access),
        holders.routes(opened, access),
        register.routes(opened, access),
        feed.routes(opened, access, metrics),
        log.routes(opened, access),
        health.routes(opened, access, metrics),
    ):
        app.include_router(router)

    @app.get("/problems/{name:path}", include_in_schema=False)
    async def problem_page(name: str) -> Response:
        return problems.page(name)

    _answer_errors(app)
    direct = Direct(app, {("POST", statements.SUBMIT): statements.submission(opened, access, submissions)})
    app.openapi = lambda: document_of(app, access.reading_is_public)  # type: ignore[method-assign]  # FastAPI's way to extend the document
    return Guard(direct, opened.settings, rates, metrics)


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def problem(_: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def validation(request: Request, error: RequestValidationError) -> Response:
        return problems.of_validation(error, _parameters(request.scope.get("route"))).response()

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> Response:
        return problems.of_http(error).response()

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, _: Exception) -> Response:
        return internal(request.scope).response()

    @app.exception_handler(LedgerError)
    async def ledger(_: Request, error: LedgerError) -> Response:
        return told(error).response()


def _parameters(route: object) -> Sequence[str]:
    """The names of a route's own parameters."""
    if not isinstance(route, APIRoute):
        return ()
    flat: list[str] = []
    pending = [route.dependant]
    while pending:
        dependant = pending.pop()
        pending += dependant.dependencies
        for parameter in (*dependant.path_params, *dependant.query_params):
            fields = getattr(parameter.field_info.annotation, "model_fields", None)
            if fields is None:
                flat.append(parameter.alias)
            else:
                flat += [info.alias or name for name, info in fields.items()]
    return tuple(dict.fromkeys(flat))
