"""The log itself, byte-exact as c2sp.org/tlog-tiles wants it: `/checkpoint` and `/tile/…`, served from the store.

Guarantees that any tlog-tiles client can read this server as a log. What is under a signed checkpoint never changes, so tiles and
bundles may be cached for ever; the checkpoint may not be cached at all. Every tile served lies under a checkpoint that is durable.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Access, gate
from api.open_ledger import OpenLedger
from api.problems import Problem
from api.schemas import Raw, problems, text_of
from api.statements import no_parameters
from ledger.errors import Malformed
from ledger.log.tiles import Bundle, Tile, format_bundle, parse_path
from ledger.store.errors import OutOfRange
from ledger.store.tokens import Scope

FOR_EVER: Final = "public, max-age=31536000, immutable"
FULL_BYTES_MAX: Final = 33_554_432
BYTES: Final = "application/octet-stream"


def routes(opened: OpenLedger, access: Access) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["log"])
    full = _Full()
    private = "" if access.reading_is_public else "private"
    cached = {"Cache-Control": FOR_EVER.replace("public", private or "public")}

    @router.get(
        "/checkpoint",
        summary="The latest checkpoint, a signed note (c2sp.org/tlog-checkpoint)",
        dependencies=gate(access, Scope.READ),
        responses={200: text_of("text/plain", "The signed note"), **problems("query-invalid", "unavailable")},
        response_class=Raw,
        response_model=None,
    )
    def checkpoint(request: Request) -> Response:
        no_parameters(request)
        note = opened.reader.checkpoint()
        return Raw(note, headers={"Cache-Control": "no-store"}, media_type="text/plain; charset=utf-8")

    @router.get(
        "/tile/{path:path}",
        summary="A tile, or a bundle of entries (c2sp.org/tlog-tiles)",
        dependencies=gate(access, Scope.READ),
        responses={
            200: text_of(BYTES, "The exact bytes"),
            **problems("query-invalid", "resource-unknown", "unavailable"),
        },
        response_class=Raw,
        response_model=None,
    )
    async def tile(request: Request, path: str) -> Response:
        no_parameters(request)
        try:
            wanted = parse_path(request.scope["raw_path"].decode("ascii").lstrip("/"))
        except Malformed:
            raise Problem("resource-unknown", "not the path of a tile or of an entry bundle") from None
        found = full.get(wanted)
        if found is None:
            found = await run_in_threadpool(_bytes, opened, wanted)
            if wanted.full:
                full.keep(wanted, found)
        return Raw(found, headers=cached, media_type=BYTES)

    return router


class _Full:
    """The full tiles and bundles asked for last. They never change; reading one from the store takes 256 rows."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Tile | Bundle, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, wanted: Tile | Bundle) -> bytes | None:
        found = self._kept.get(wanted)
        if found is not None:
            self._kept.move_to_end(wanted)
        return found

    def keep(self, wanted: Tile | Bundle, found: bytes) -> None:
        self._bytes += len(found) - len(self._kept.get(wanted, b""))
        self._kept[wanted] = found
        while self._bytes > FULL_BYTES_MAX:
            self._bytes -= len(self._kept.popitem(last=False)[1])


def _bytes(opened: OpenLedger, wanted: Tile | Bundle) -> bytes:
    """Raises Problem where the tree is too small."""
    try:
        match wanted:
            case Tile():
                return opened.reader.tile(wanted.level, wanted.index, wanted.width)
            case Bundle():
                return format_bundle(list(opened.reader.entries(wanted.start, wanted.stop)))
    except OutOfRange:
        raise Problem("resource-unknown") from None
