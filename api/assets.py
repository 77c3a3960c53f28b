"""`/v1/assets`: search, and what is to be said of one asset at any clocks, in any forum's eyes.

Guarantees that each answer is the domain's own, with its causes, remarks and clocks, unaltered; and that searching sees past names.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.access import Access, gate
from api.answer_shapes import Remarked
from api.asset_shapes import (
    AssetEncumbrances,
    AssetExplained,
    AssetForums,
    AssetHistory,
    AssetProceedings,
    AssetRestrictions,
    AssetState,
    SearchAnswer,
)
from api.open_ledger import OpenLedger
from api.problems import Problem, bad_parameter
from api.queries import (
    SIZE_MAX,
    AssetPath,
    ClockQuery,
    ClocksAsked,
    Count,
    TimelineQuery,
    checked,
    etag,
    pinned,
    question,
    unchanged,
)
from api.replies import as_json
from api.schemas import UNCHANGED, problems
from api.subject_search import find
from domain.answers import Plain, Question, Teller, Told
from domain.answers_assets import history, show
from domain.answers_compared import explained, forums_of
from domain.answers_measures import identity_told
from domain.answers_proceedings import encumbrances_of, proceedings_of, restrictions_of
from domain.errors import Malformed
from domain.identifiers import Forum
from domain.identity import identity
from domain.shelf import Place
from ledger.store.tokens import Scope

PAGE_MAX = 100
FORUMS_MAX = 8
PROBLEMS = problems("query-invalid", "subject-unknown", "busy", "unavailable")


class SearchQuery(ClockQuery):
    """What to search for. Without a word, every asset is found."""

    name: str | None = Field(default=None, min_length=1, max_length=200, description="part of a name it bears or bore")
    identifier: str | None = Field(
        default=None, min_length=1, max_length=100, description="an LEI, IMO, ISIN or register number"
    )
    cursor: str | None = Field(
        default=None, pattern=r"^[1-9][0-9]{0,14}\.[0-9]{1,15}\.[0-9]{1,4}$", description="`next` of the page before"
    )
    limit: Count = Field(50, ge=1, le=PAGE_MAX, description="assets a page")


class ExplainQuery(ClockQuery):
    """Which value to explain."""

    value: str = Field(
        min_length=1,
        max_length=120,
        pattern=r"^[a-z]+( sha256:[0-9a-f]{64}(#[0-9]{1,4})?)?$",
        description="title, votes, economic, controller, or measure, restriction or debt with its reference",
    )


class ForumsQuery(ClockQuery):
    """Which forums to compare."""

    forums: str | None = Field(
        default=None,
        pattern=r"^([A-Z]{2}|body:[a-z0-9-]{1,64})(,([A-Z]{2}|body:[a-z0-9-]{1,64})){0,7}$",
        description="up to 8 legal orders, separated by commas; those concerned where left out",
    )


def answered(
    opened: OpenLedger, request: Request, subject: str, query: TimelineQuery, tell: Callable[[Question], Told]
) -> Response:
    """The answer to a question about a subject, unless the client has it already. Raises Problem."""
    now = opened.now().replace(microsecond=0)
    query = pinned(opened, subject, query, now)
    with opened.reading(query.size) as record:
        asked = question(record, subject, query, now)
        headers = {"ETag": etag(asked), "Cache-Control": "no-cache"}
        if unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        told = tell(asked)
    return as_json(told, headers=headers)


def routes(opened: OpenLedger, access: Access) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["assets"])

    @router.get(
        "/v1/assets",
        summary="Search assets by name or identifier, past ones too",
        response_model=SearchAnswer,
        dependencies=gate(access, Scope.READ, 5),
        responses={**UNCHANGED, **problems("query-invalid", "busy", "unavailable")},
    )
    def search(request: Request, query: Annotated[SearchQuery, Query()]) -> Response:
        checked(request, query)
        size, after = _cursor(query)
        fixed = query.model_copy(update={"size": size} if size is not None else {})
        return answered(opened, request, "register", fixed, lambda asked: _searched(asked, query, after))

    def about(path: str, summary: str, tell: Callable[[Question], Told], cost: int, shape: type[Remarked]) -> None:
        @router.get(
            path,
            summary=summary,
            operation_id=path.removeprefix("/v1/assets/{asset}").strip("/") or "state",
            response_model=shape,
            dependencies=gate(access, Scope.READ, cost),
            responses={**UNCHANGED, **PROBLEMS},
        )
        def answer(request: Request, asset: AssetPath, query: ClocksAsked) -> Response:
            return answered(opened, request, asset, query, tell)

    root = "/v1/assets/{asset}"
    about(root, "Who holds and who controls an asset at a moment", show, 2, AssetState)
    about(f"{root}/proceedings", "Proceedings about an asset, forum by forum", proceedings_of, 5, AssetProceedings)
    about(f"{root}/restrictions", "Restrictions on an asset and what lifts them", restrictions_of, 5, AssetRestrictions)
    about(f"{root}/encumbrances", "Encumbrances of an asset by rank", encumbrances_of, 5, AssetEncumbrances)

    @router.get(
        f"{root}/history",
        summary="An asset through time, in periods with their causes",
        operation_id="history",
        response_model=AssetHistory,
        dependencies=gate(access, Scope.READ, 10),
        responses={**UNCHANGED, **PROBLEMS},
    )
    def through_time(request: Request, asset: AssetPath, query: Annotated[TimelineQuery, Query()]) -> Response:
        checked(request, query)
        return answered(opened, request, asset, query, history)

    @router.get(
        f"{root}/forums",
        summary="Where legal orders see an asset differently, side by side",
        response_model=AssetForums,
        dependencies=gate(access, Scope.READ, 20),
        responses={**UNCHANGED, **PROBLEMS},
    )
    def forums(request: Request, asset: AssetPath, query: Annotated[ForumsQuery, Query()]) -> Response:
        checked(request, query)
        wanted = tuple(Forum(part) for part in query.forums.split(",")) if query.forums else ()
        return answered(opened, request, asset, query, lambda asked: forums_of(asked, wanted))

    @router.get(
        f"{root}/explain",
        summary="Which statements make a value so, and which would change it",
        response_model=AssetExplained,
        dependencies=gate(access, Scope.READ, 20),
        responses={**UNCHANGED, **PROBLEMS},
    )
    def explain(request: Request, asset: AssetPath, query: Annotated[ExplainQuery, Query()]) -> Response:
        checked(request, query)
        try:
            return answered(opened, request, asset, query, lambda asked: explained(asked, query.value))
        except Malformed:
            raise Problem("value-unknown") from None

    return router


def _cursor(query: SearchQuery) -> tuple[int | None, Place | None]:
    """The tree size a cursor pins and the place it stands at. Raises Problem when `size` contradicts it."""
    if query.cursor is None:
        return query.size, None
    size, index, n = (int(part) for part in query.cursor.split("."))
    if query.size not in (None, size) or query.recorded is not None or size > SIZE_MAX:
        raise bad_parameter("cursor", "is of another tree size than the clocks ask for")
    return size, (index, n)


def _searched(asked: Question, query: SearchQuery, after: Place | None) -> Told:
    found = find(asked.record.cut(asked.size), "asset", after, query.name, query.identifier)
    page = list(islice(found, query.limit + 1))
    teller = Teller(asked)
    assets: list[Plain] = []
    for _, subject in page[: query.limit]:
        known = identity(asked.view, subject)
        first = asked.record.stream(subject) or [asked.record.at(0)]
        assets.append(
            {
                "asset": teller.subject(subject),
                **identity_told(teller, known),
                "causes": [teller.statement(first[0].id)],
            }
        )
    following = None
    if len(page) > query.limit:
        last = page[query.limit - 1][0]
        following = f"{asked.size}.{last[0]}.{last[1]}"
    return teller.answer({"assets": assets, "next": following})
