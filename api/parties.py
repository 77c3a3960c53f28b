"""`/v1/parties`: what a party holds, and its interest and control through companies, at any clocks."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.access import Access, gate
from api.assets import PROBLEMS, answered
from api.open_ledger import OpenLedger
from api.party_shapes import PartyChain, PartyHoldings, PartyTold
from api.problems import bad_parameter
from api.queries import ClockQuery, ClocksAsked, PartyPath, checked
from api.schemas import UNCHANGED
from domain.answers import Question, Teller, Told, folds_of
from domain.answers_measures import identity_told, representation_told
from domain.answers_parties import chain_of, holdings_of
from domain.errors import Malformed
from domain.history import representation_of
from domain.identifiers import PartyId
from domain.identity import identity
from domain.shares import parse_fraction
from ledger.store.tokens import Scope


class ChainQuery(ClockQuery):
    """From which part of the votes on a holder controls."""

    threshold: str = Field(
        "1/2", pattern=r"^[0-9]{1,6}/[0-9]{1,6}$", description="control is more than this part of votes"
    )


def party_told(asked: Question) -> Told:
    """Who a party is, and who may act for it."""
    teller = Teller(asked)
    folds = folds_of(asked)
    party = PartyId(asked.subject)
    spans = representation_of(folds, party)
    return teller.answer(
        {
            "identity": identity_told(teller, identity(folds.view, party)),
            "representation": [representation_told(teller, span) for span in spans],
        }
    )


def routes(opened: OpenLedger, access: Access) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["parties"])
    responses = {**UNCHANGED, **PROBLEMS}
    root = "/v1/parties/{party}"

    @router.get(
        root,
        summary="Who a party is, and who acts for it",
        response_model=PartyTold,
        dependencies=gate(access, Scope.READ, 2),
        responses=responses,
    )
    def party(request: Request, party: PartyPath, query: ClocksAsked) -> Response:
        return answered(opened, request, party, query, party_told)

    @router.get(
        f"{root}/holdings",
        summary="What a party holds and which measures it exercises",
        response_model=PartyHoldings,
        dependencies=gate(access, Scope.READ, 20),
        responses=responses,
    )
    def holdings(request: Request, party: PartyPath, query: ClocksAsked) -> Response:
        return answered(opened, request, party, query, holdings_of)

    @router.get(
        f"{root}/chain",
        summary="Interest and control through companies",
        response_model=PartyChain,
        dependencies=gate(access, Scope.READ, 20),
        responses=responses,
    )
    def chain(request: Request, party: PartyPath, query: Annotated[ChainQuery, Query()]) -> Response:
        checked(request, query)
        threshold = _threshold(query.threshold)
        return answered(opened, request, party, query, lambda asked: chain_of(asked, threshold))

    return router


def _threshold(text: str) -> Fraction:
    try:
        found = parse_fraction(text, "threshold")
    except Malformed as error:
        raise bad_parameter("threshold", error.why) from None
    if not 0 < found < 1:
        raise bad_parameter("threshold", "lies between 0 and 1")
    return found
