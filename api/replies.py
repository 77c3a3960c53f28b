"""Successful answers as JSON, and the clocks of answers that are about the log rather than about a moment."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from api.open_ledger import OpenLedger
from domain.answers import Told


def as_json(told: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON, in the order it was made."""
    return Response(orjson.dumps(told), status, {"Cache-Control": "no-cache", **(headers or {})}, "application/json")


def head_told(opened: OpenLedger, size: int | None = None) -> Told:
    """`tree_size` and `clocks` of an answer that rests on the first `size` entries, by default all."""
    used = opened.reader.size if size is None else size
    return {"tree_size": str(used), "clocks": {"effective_at": None, "known_at": None, "size": str(used)}}
