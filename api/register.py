"""`/v1/register` and `/v1/calendar`: who may record what; what lapses or falls due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, Field
from starlette.responses import Response

from api.access import Access, gate
from api.assets import answered
from api.open_ledger import OpenLedger
from api.party_shapes import RegisterAnswer
from api.problems import bad_parameter
from api.queries import ClockQuery, TimelineQuery, accepted, checked, etag, pinned, question, unchanged
from api.replies import as_json
from api.schemas import UNCHANGED, Raw, problems
from domain.answers import Asked, Plain, Question, Teller, Told, moment
from domain.answers_terms import calendar_of, format_icalendar
from domain.effects import PublicKey
from domain.errors import Malformed
from domain.periods import Effective, parse_days
from domain.register import Grant, Register, RegisteredKey
from ledger.projections.due import due_among
from ledger.statements.base64url import format_base64url
from ledger.store.tokens import Scope

JSON: Final = "application/json"
ICALENDAR: Final = "text/calendar"
DAYS_MAX: Final = 366 * 30
_DAY: Final = r"^[0-9]{4}-[0-9][0-9]-[0-9][0-9]$"


class CalendarQuery(TimelineQuery):
    """The window, first and last day included, and about what. It is asked as of its last day."""

    model_config = ConfigDict(populate_by_name=True)

    start: str = Field(alias="from", pattern=_DAY, description="the first day")
    end: str = Field(alias="to", pattern=_DAY, description="the last day")
    subject: str = Field(
        "register",
        pattern=r"^(register|(asset|party|proceeding):[a-z0-9][a-z0-9-]{0,63})$",
        description="only about this subject; register = about all",
    )

    @property
    def asked(self) -> Asked:
        return replace(super().asked, effective=self.end)


def routes(opened: OpenLedger, access: Access) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["register"])

    @router.get(
        "/v1/register",
        summary="Keys, competences, rules and roots, at a position",
        response_model=RegisterAnswer,
        dependencies=gate(access, Scope.READ, 2),
        responses={**UNCHANGED, **problems("query-invalid", "busy", "unavailable")},
    )
    def register(request: Request, query: Annotated[ClockQuery, Query()]) -> Response:
        checked(request, query)
        return answered(opened, request, "register", query, lambda asked: register_told(opened, asked))

    @router.get(
        "/v1/calendar",
        summary="What lapses or falls due in a window; JSON or iCalendar",
        dependencies=gate(access, Scope.READ, 20),
        responses={
            200: {
                "description": "Deadlines in order of time",
                "content": {
                    JSON: {"schema": {"$ref": "#/components/schemas/CalendarAnswer"}},
                    ICALENDAR: {"schema": {"type": "string"}},
                },
            },
            **UNCHANGED,
            **problems("query-invalid", "subject-unknown", "not-acceptable", "busy", "unavailable"),
        },
        response_class=Raw,
        response_model=None,
    )
    def calendar(request: Request, query: Annotated[CalendarQuery, Query()]) -> Response:
        checked(request, query)
        form = accepted(request, (JSON, ICALENDAR))
        first, last = _window(query)
        now = opened.now().replace(microsecond=0)
        fixed = pinned(opened, query.subject, query, now)
        with opened.reading(fixed.size) as record:
            asked = question(record, query.subject, fixed, now)
            tag = etag(asked, form.partition("/")[2])
            headers = {"ETag": tag, "Vary": "Accept", "Cache-Control": "no-cache"}
            if unchanged(request, tag):
                return Response(status_code=304, headers=headers)
            among = due_among(opened.views.view, asked, first, last)
            if form == JSON:
                return as_json(calendar_of(asked, first, last, among), headers=headers)
            written = format_icalendar(asked, first, last, _stamp(asked), among)
        return Raw(written.encode("utf-8"), headers=headers, media_type="text/calendar; charset=utf-8")

    return router


def _window(query: CalendarQuery) -> tuple[date, date]:
    """The first and the last day. Raises Problem."""
    try:
        first, last = parse_days(query.start, "from").first, parse_days(query.end, "to").first
    except Malformed as error:
        raise bad_parameter(error.where, error.why) from None
    if last < first:
        raise bad_parameter("to", "lies before from")
    if last - first > timedelta(days=DAYS_MAX):
        raise bad_parameter("to", f"lies more than {DAYS_MAX} days after from")
    return first, last


def _stamp(asked: Question) -> datetime:
    """When what the calendar rests on was recorded: the same calendar has the same bytes."""
    last = asked.record.last_before(asked.size)
    return (last.recorded_at if last is not None else asked.at).astimezone(UTC)


def register_told(opened: OpenLedger, asked: Question) -> Told:
    """The register as it judges the entry after the first `size`."""
    register = opened.reader.register(asked.size)
    teller = Teller(asked)
    rules: Plain = None
    if register.adopted:
        rules = {"law": register.rules.law, "tzdata": register.rules.tzdata, "codes": register.rules.codes}
    body: Told = {
        "origin": register.origin,
        "genesis": register.genesis,
        "last": teller.statement(register.last) if register.last is not None else None,
        "count": str(register.count),
        "threshold": str(register.threshold),
        "log_keys": list(register.log_vkeys),
        "service_keys": [_key_told(key) for key in register.service_keys],
        "rules": rules,
        "keys": [_registered_told(teller, asked, key) for key in register.keys.values()],
        "competences": [_grant_told(teller, grant) for grant in register.grants],
        "forums": [
            {"inner": n.inner, "outer": n.outer, "effective": _effective_told(n.effective)} for n in register.nestings
        ],
        "types_recordable_by": _recorders(register, teller),
    }
    return teller.answer(body)


def _recorders(register: Register, teller: Teller) -> list[Plain]:
    return [teller.subject(party) for party in sorted({g.competence.party for g in register.grants if g.ended is None})]


def _key_told(key: PublicKey) -> Plain:
    return {"kid": key.thumbprint, "alg": key.alg, "spki": format_base64url(key.spki)}


def _registered_told(teller: Teller, asked: Question, held: RegisteredKey) -> Plain:
    causes: list[Plain] = [teller.statement(asked.record.at(held.added).id)]
    if held.revoked is not None:
        causes.append(teller.statement(asked.record.at(held.revoked).id))
    return {
        "party": teller.subject(held.party),
        "kid": held.key.thumbprint,
        "alg": held.key.alg,
        "spki": format_base64url(held.key.spki),
        "root": held.root,
        "added": str(held.added),
        "revoked": str(held.revoked) if held.revoked is not None else None,
        "reason": held.reason,
        "causes": causes,
    }


def _grant_told(teller: Teller, grant: Grant) -> Plain:
    competence = grant.competence
    return {
        "party": teller.subject(competence.party),
        "types": list(competence.types),
        "forum": competence.forum,
        "effective": _effective_told(Effective(competence.since, competence.until, competence.zone)),
        "ended": str(grant.ended) if grant.ended is not None else None,
        "ended_at": moment(grant.ended_at) if grant.ended_at is not None else None,
        "causes": [teller.statement(grant.statement)],
    }


def _effective_told(effective: Effective) -> Plain:
    return {
        "from": effective.start.text if effective.start is not None else None,
        "until": effective.until.text if effective.until is not None else None,
        "zone": effective.zone,
    }
