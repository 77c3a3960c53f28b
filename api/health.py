"""`/healthz`, `/readyz`, `/metrics`: for whoever runs the server. No route here tells anything about a statement."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import Access, gate
from api.open_ledger import OpenLedger
from api.problems import Problem
from api.replies import as_json
from api.schemas import Alive, Raw, Ready, problems, text_of
from api.statements import no_parameters
from api.telemetry import Metrics
from ledger.store.tokens import Scope


def routes(opened: OpenLedger, access: Access, metrics: Metrics) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["operation"])

    @router.get("/healthz", summary="The process answers", response_model=Alive, responses=problems("query-invalid"))
    async def healthz(request: Request) -> Response:
        no_parameters(request)
        return as_json({"status": "alive"})

    @router.get(
        "/readyz",
        summary="The database answers, and submissions are taken in",
        response_model=Ready,
        responses=problems("query-invalid", "stopping", "unavailable"),
    )
    def readyz(request: Request) -> Response:
        no_parameters(request)
        if opened.stopping.is_set():
            raise Problem("stopping")
        size, _ = opened.views.holders.sizes()
        before = opened.views.stopped_before
        views = {"size": str(size), "stopped_before": str(before) if before is not None else None}
        return as_json({"status": "ready", "tree_size": str(opened.reader.size), "views": views})

    @router.get(
        "/metrics",
        summary="Counters in the text format of Prometheus",
        dependencies=gate(access, Scope.READ),
        responses={200: text_of("text/plain", "The counters"), **problems("query-invalid", "unavailable")},
        response_class=Raw,
        response_model=None,
    )
    def counters(request: Request) -> Response:
        no_parameters(request)
        metrics.size.set(opened.reader.size)
        metrics.waiting.set(opened.sequencer.waiting)
        size, tree_size = opened.views.holders.sizes()
        before = opened.views.stopped_before
        metrics.views.set(size)
        metrics.behind.set(tree_size - size)
        metrics.still.set(opened.views.still is not None)
        metrics.stopped.set(before if before is not None else -1)
        return Raw(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
