"""`/v1/assets/{asset}/evidence`: the answer as one sealed file for a court.

Guarantees the package that `control-ledger evidence` makes at the same clocks: both call `assemble`. One is made at a time (429
for others), because setting the bundle takes a second. It is sealed anew each time, hence never cached. Documents are not put
in: their contents are outside the ledger.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.access import Access, gate
from api.open_ledger import OpenLedger
from api.problems import Problem, bad_parameter
from api.queries import AssetPath, ClockQuery, checked, pinned, question
from api.schemas import Raw, problems, text_of
from domain.identifiers import SubjectId
from ledger.errors import Malformed
from ledger.evidence.assemble import Parts, assemble
from ledger.log.timestamp import Stamps
from ledger.store.tokens import Scope

PACKAGE: Final = "application/vnd.etsi.asic-e+zip"


class EvidenceQuery(ClockQuery):
    """The clocks, and what to put in."""

    bundle: bool = Field(True, description="with the court bundle as PDF")


def routes(opened: OpenLedger, access: Access) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["assets"])
    making = threading.Lock()
    stamps = Stamps(opened.settings.stamps) if opened.settings.stamps is not None else None

    @router.get(
        "/v1/assets/{asset}/evidence",
        summary="One sealed file for a court: all that is recorded about an asset, with proofs (ASiC-E)",
        dependencies=gate(access, Scope.READ, 100),
        responses={
            200: text_of(PACKAGE, "The package"),
            **problems("query-invalid", "clocks-contradict", "subject-unknown", "no-seal", "busy", "unavailable"),
        },
        response_class=Raw,
        response_model=None,
    )
    def evidence(request: Request, asset: AssetPath, query: Annotated[EvidenceQuery, Query()]) -> Response:
        checked(request, query)
        if opened.sealer is None:
            raise Problem("no-seal")
        now = opened.now()
        asked = pinned(opened, asset, query, now)
        with opened.reading(asked.size) as record:
            question(record, asset, asked, now)
        if not making.acquire(blocking=False):
            raise Problem("busy")
        try:
            with opened.working():
                archive = assemble(
                    opened.reader,
                    SubjectId(asset),
                    asked.asked,
                    now,
                    replace(opened.sealer, at=now),
                    Parts(bundle=query.bundle),
                    stamps,
                )
        except Malformed as error:
            raise bad_parameter(error.where, error.why) from None
        finally:
            making.release()
        name = f"{asset.removeprefix('asset:')}.asice"
        headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
        return Raw(archive, headers=headers, media_type=PACKAGE)

    return router
