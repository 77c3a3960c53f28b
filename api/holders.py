"""`/v1/holdings`: who holds what, in all assets or by one holder, a page at a time, from the views.

Guarantees that an answer says as of how many entries it is given, that one asked for what its asker just recorded has it or is
refused, and that a stale one says that it is, and before which entry the views stand.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.access import Access, gate
from api.open_ledger import OpenLedger
from api.problems import Problem, bad_parameter
from api.queries import MOMENT, SIZE_MAX, Count, require_single
from api.replies import as_json
from api.schemas import HoldersAnswer, problems
from domain.errors import Malformed
from ledger.projections.holders import CURSOR, HeldRight, asked_of
from ledger.store.tokens import Scope

PAGE_MAX: Final = 100
_SAID: Final = (
    "From the views, which may be a moment behind the log: as of the first `size` entries, everything recorded and known, in the"
    " eyes of the place of each asset. Where the record leaves several readings open, the first is told, without remarks, and"
    " neither what is pending nor how something is held: /v1/assets/{asset} is the full answer, the same at `size`. A day stands"
    " for its end where each asset is. Votes and economic interest are those of title (`follows_title`) where nothing parts them."
    " Pages of one `size` and one effective clock make up one list; where `size` moves between pages, rows may be missed or told"
    " twice. `holder` finds what a party holds by itself, not what it may hold (`one_of`) or is held for it."
)


class HoldersQuery(BaseModel):
    """Which holdings, and of when."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    effective: str | None = Field(
        default=None,
        pattern=MOMENT,
        description="when it is true in law: a day (its end, in each asset's zone) or an instant; now where left out",
        examples=["2024-12-01", "2024-12-01T12:00:00Z"],
    )
    right: HeldRight = Field("title", description="which right")
    holder: str | None = Field(
        default=None,
        pattern="^party:[a-z0-9][a-z0-9-]{0,63}$",
        description="only what this party holds",
        examples=["party:srm-global"],
    )
    cursor: str | None = Field(default=None, pattern=CURSOR, description="`next` of the page before")
    limit: Count = Field(50, ge=1, le=PAGE_MAX, description="holdings a page")
    at_least: Count | None = Field(
        default=None,
        ge=1,
        le=SIZE_MAX,
        description="only as of so many entries or more, such as the index of one's receipt and one; waits a moment for them",
        examples=[100],
    )


def routes(opened: OpenLedger, access: Access) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["assets"])

    @router.get(
        "/v1/holdings",
        summary="Who holds what, in all assets or by one party, from the views",
        description=_SAID,
        operation_id="holders",
        response_model=HoldersAnswer,
        dependencies=gate(access, Scope.READ, 5),
        responses=problems("query-invalid", "busy", "views-behind", "unavailable"),
    )
    def holders(request: Request, query: Annotated[HoldersQuery, Query()]) -> Response:
        require_single(request)
        now = opened.now().replace(microsecond=0)
        try:
            asked = asked_of(query.effective, query.right, query.holder, query.cursor, query.limit, now)
        except Malformed as error:
            raise bad_parameter(error.where, error.why) from None
        with opened.working():
            if not opened.views.reach(query.at_least or 1):
                raise _behind(opened)
            return as_json(opened.views.holders.tell(asked, opened.views.still))

    return router


def _behind(opened: OpenLedger) -> Problem:
    size, tree_size = opened.views.holders.sizes()
    still = opened.views.still
    detail = f"the views have taken in {size} of {tree_size} entries" + (f"; {still}" if still is not None else "")
    return Problem("views-behind", detail, {"size": str(size), "tree_size": str(tree_size)})
