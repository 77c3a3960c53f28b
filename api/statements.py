"""`/v1/statements`: submit, check, read, prove.

Guarantees that what a client sends is judged as the bytes it sent (no model parses them first), that 201 and 200 are answered only
when the entry is durable and come with its receipt, and that a check records nothing. Which answer means what: 201 recorded now;
200 the same statement with the same signatures was recorded before; 400 not a statement; 409 other signatures, or a stale `exact`;
422 objections, signed. Bulk submission is in `bulk`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import SHOWN, Access, gate
from api.deliveries import Deliveries
from api.direct import Answer
from api.limits import read_body
from api.open_ledger import OpenLedger
from api.problems import Problem, malformed, objection_told, refused
from api.queries import ClockQuery, StatementPath, accepted, etag, question, require_single, unchanged
from api.replies import as_json, head_told
from api.schemas import UNCHANGED, CheckedAnswer, Raw, RecordedAnswer, body_of, problems, text_of
from api.telemetry import Metrics
from domain.answers import Plain, Teller, Told
from domain.answers_names import ever_bearers
from domain.errors import Malformed
from domain.identifiers import StatementId, SubjectId
from domain.lots import Gap
from domain.objections import Refused
from domain.periods import Effective
from ledger.application import Recorded
from ledger.reading import Checked, Unrecorded
from ledger.statements.base64url import format_base64url
from ledger.statements.canonical import Json, canonical_bytes, parse_strict
from ledger.statements.draft import DraftCompiler
from ledger.statements.entry import parse_entry
from ledger.statements.envelope import parse_envelope
from ledger.statements.statement import statement_id
from ledger.store.tokens import Scope

SUBMIT: Final = "/v1/statements"
JOSE: Final = "application/jose+json"
JSON: Final = "application/json"
PROOF: Final = "text/plain"
ENVELOPES: Final = (JOSE, JSON)
EXAMPLE: Final = {
    "type": "report.recorded",
    "subjects": ["asset:rosneft-deutschland"],
    "actor": "party:demo-transcriber",
    "signers": [
        {
            "party": "party:demo-transcriber",
            "role": "transcriber",
            "capacity": "transcriber",
            "sources": [{"title": "Inspection report", "accessed": "2026-11-22"}],
        }
    ],
    "basis": {"kind": "other", "title": "Inspection report"},
    "effects": [
        {
            "effect": "state",
            "kind": "report",
            "asset": "asset:rosneft-deutschland",
            "text": "The refinery was inspected.",
        }
    ],
}
"""A draft that the demonstration accepts."""


class Submissions:
    """Taking statements in: what single and bulk submission share."""

    def __init__(self, opened: OpenLedger, metrics: Metrics) -> None:
        self._opened = opened
        self._metrics = metrics
        self._deliveries: Deliveries[Recorded] = Deliveries()

    async def submit(self, raw: bytes) -> Recorded:
        """Records one statement. Raises Problem, LedgerError."""
        # Nobody cancels the recording itself: a client that goes away does not take back what is being recorded.
        answer: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        self._opened.verifiers.submit(self._take_in, raw, answer)
        try:
            recorded = await answer
        except (Malformed, Refused) as error:
            raise await self.problem(raw, error) from error
        self.count(recorded)
        return recorded

    def _take_in(self, raw: bytes, answer: asyncio.Future[Recorded]) -> None:
        """In a verifying thread: from here the submission goes to the committing one, and its outcome to the loop."""
        try:
            outcome = self._opened.sequencer.enqueue(raw)
        except Exception as error:  # noqa: BLE001  # whoever waits is told; the loop tells what it means
            outcome = Future()
            outcome.set_exception(error)
        outcome.add_done_callback(lambda done: self._deliveries.deliver(answer, done))

    async def problem(self, raw: bytes, error: Malformed | Refused) -> Problem:
        """The same as `problem_of`, made in a verifying thread."""
        return await asyncio.get_running_loop().run_in_executor(self._opened.verifiers, self.problem_of, raw, error)

    def count(self, recorded: Recorded) -> None:
        """Counts what was recorded now."""
        if recorded.new:
            self._metrics.recorded.inc()

    def problem_of(self, raw: bytes, error: Malformed | Refused) -> Problem:
        """Why a submission was not recorded, objections with the ledger's signature."""
        self._metrics.refused.inc()
        if isinstance(error, Malformed):
            return malformed(error)
        return refused(error, self._opened.ledger.refuse(statement_id(parse_envelope(raw).payload), error.objections))


def routes(opened: OpenLedger, access: Access, submissions: Submissions) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["statements"])
    settings = opened.settings
    taken = {JOSE: "JWS in general JSON serialisation: payload, signatures", JSON: "the same"}
    drafted = {JOSE: "a signed statement", JSON: "a signed statement, an unsigned one, or a draft"}

    router.add_api_route(
        SUBMIT,
        submission(opened, access, submissions),
        methods=["POST"],
        summary="Submit a signed statement",
        status_code=201,
        response_model=RecordedAnswer,
        dependencies=SHOWN,
        openapi_extra=body_of(taken),
        responses={
            200: {"model": RecordedAnswer, "description": "Recorded before, by the same signatures"},
            **problems("query-invalid", "format/statement.malformed", "unauthorized", "forbidden", "body-too-large", "media-type",
                       "head-stale", "signatures-differ", "refused", "queue-full", "unavailable", "stopping"),
        },
    )  # fmt: skip

    @router.post(
        "/v1/statements/check",
        summary="Judge a statement or a draft; nothing is recorded",
        response_model=CheckedAnswer,
        dependencies=gate(access, Scope.SUBMIT, 5),
        openapi_extra=body_of(drafted, EXAMPLE),
        responses=problems(
            "query-invalid",
            "format/statement.malformed",
            "unauthorized",
            "forbidden",
            "body-too-large",
            "media-type",
            "busy",
            "unavailable",
        ),
    )
    async def check(request: Request) -> Response:
        no_parameters(request)
        require_media(request, ENVELOPES)
        raw = await read_body(request, settings.body_bytes_max, settings.body_seconds)
        try:
            return as_json(await run_in_threadpool(checked_told, opened, raw))
        except Malformed as error:
            raise malformed(error) from error

    @router.get(
        "/v1/statements/{statement}",
        summary="A recorded statement: its exact bytes, or readable",
        dependencies=gate(access, Scope.READ, 2),
        responses={
            200: {
                "description": "The exact bytes of the entry, or the readable form",
                "content": {
                    JOSE: {"schema": {"type": "object"}},
                    JSON: {"schema": {"$ref": "#/components/schemas/StatementAnswer"}},
                },
            },
            **UNCHANGED,
            **problems("query-invalid", "statement-unknown", "not-acceptable", "busy", "unavailable"),
        },
        response_class=Raw,
        response_model=None,
    )
    def statement(request: Request, statement: StatementPath) -> Response:
        no_parameters(request)
        form = accepted(request, (JOSE, JSON))
        index = opened.reader.index_of(StatementId(statement))
        if form == JSON:
            return readable(request, opened, StatementId(statement), index)
        headers = {"Cache-Control": "no-cache", "ETag": f'"{statement.removeprefix("sha256:")}"', "Vary": "Accept"}
        if unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Raw(opened.reader.entry(index), headers=headers, media_type=JOSE)

    @router.get(
        "/v1/statements/{statement}/receipt",
        summary="The proof that a statement is in the log (c2sp.org/tlog-proof)",
        dependencies=gate(access, Scope.READ),
        responses={
            200: text_of(PROOF, "The receipt, under the strongest checkpoint there is for it"),
            **problems("query-invalid", "statement-unknown", "not-acceptable", "unavailable"),
        },
        response_class=Raw,
        response_model=None,
    )
    def receipt(request: Request, statement: StatementPath) -> Response:
        no_parameters(request)
        accepted(request, (PROOF,))
        proof = opened.reader.receipt(opened.reader.index_of(StatementId(statement)))
        return Raw(proof, headers={"Cache-Control": "no-cache"}, media_type="text/plain; charset=utf-8")

    return router


def submission(opened: OpenLedger, access: Access, submissions: Submissions) -> Answer:
    """The answer to `POST /v1/statements`, its gate included: it is also asked without FastAPI (`api.direct`)."""
    settings = opened.settings

    async def submit(request: Request) -> Response:
        await access.require(request, Scope.SUBMIT, 1)
        no_parameters(request)
        require_media(request, ENVELOPES)
        raw = await read_body(request, settings.body_bytes_max, settings.body_seconds)
        recorded = await submissions.submit(raw)
        location = {"Location": f"{SUBMIT}/{recorded.statement}"}
        return as_json(recorded_told(recorded), 201 if recorded.new else 200, location)

    return submit


def no_parameters(request: Request) -> None:
    """Refuses every query parameter. Raises Problem."""
    if request.scope["query_string"]:
        require_single(request)
        raise Problem("query-invalid", "an unknown parameter; known here: none")


def require_media(request: Request, taken: Sequence[str]) -> None:
    """Refuses a body of another media type. Raises Problem."""
    values = request.headers.getlist("content-type")
    name, _, parameters = (values[0] if len(values) == 1 else "").partition(";")
    utf_8 = parameters.strip().lower() in ("", "charset=utf-8", 'charset="utf-8"')
    if name.strip().lower() not in taken or not utf_8 or "content-encoding" in request.headers:
        raise Problem("media-type", more={"accepted": list(taken)})


def recorded_told(recorded: Recorded) -> Told:
    """A durable entry with its receipt. Entry and note are the ledger's own: read, not checked again."""
    return {
        "statement": recorded.statement,
        "index": str(recorded.index),
        "tree_size": recorded.note.split(b"\n", 2)[1].decode("ascii"),
        # No value of an entry holds a quotation mark: this is the member, and it has 24 characters.
        "recorded_at": recorded.entry.partition(b'"recorded_at":"')[2][:24].decode("ascii"),
        "new": recorded.new,
        "entry": recorded.entry.decode("utf-8"),
        "receipt": recorded.receipt.decode("utf-8"),
    }


def checked_told(opened: OpenLedger, raw: bytes) -> Told:
    """The judgement on an envelope, a payload or a draft. Raises Malformed, Problem."""
    members = parse_strict(raw, opened.settings.body_bytes_max)
    signed = "payload" in members or "signatures" in members
    with opened.working():
        if signed:
            found = opened.reader.check(raw)
        else:
            found = opened.reader.check_payload(
                canonical_bytes(members) if "v" in members else compiled(opened, members)
            )
    return {
        "statement": found.statement.id,
        "payload": found.statement.payload.decode("utf-8"),
        "payload_base64url": format_base64url(found.statement.payload),
        "signed": signed,
        "accepted": not found.objections,
        "objections": [dict[str, Plain](objection_told(objection)) for objection in found.objections],
        "gaps": [_gap_told(gap) for gap in found.gaps],
        "unseen": str(found.unseen),
        "index": str(found.recorded) if found.recorded is not None else None,
        "signers": _signers_told(opened, found),
        **head_told(opened),
    }


def _gap_told(gap: Gap) -> Plain:
    return {"kind": gap.kind, "words": gap.words, "causes": [str(gap.ref)], "met": [str(ref) for ref in gap.met]}


def _signers_told(opened: OpenLedger, found: Checked) -> list[Plain]:
    register = opened.reader.register()
    return [
        {
            "party": signer.party,
            "role": signer.role,
            "capacity": signer.capacity,
            "keys": [{"kid": k.key.thumbprint, "alg": k.key.alg} for k in register.keys_of(signer.party)],
        }
        for signer in found.statement.signers
    ]


def compiled(opened: OpenLedger, members: dict[str, Json]) -> bytes:
    """The payload of a draft, following the heads as they are now. Raises Malformed."""
    reader = opened.reader

    def resolve(name: str, when: Effective | None) -> Sequence[SubjectId]:
        with reader.reading() as record:
            return ever_bearers(record, name)

    def subjects_of(statement: StatementId) -> Sequence[SubjectId]:
        try:
            return reader.act(statement).subjects
        except Unrecorded:
            return ()

    draft = json.dumps({"label": "draft", **members}, ensure_ascii=False).encode("utf-8")
    (found,) = DraftCompiler(reader.name, resolve, reader.head_of, subjects_of).compile(draft)
    return found.statement.payload


def readable(request: Request, opened: OpenLedger, statement: StatementId, index: int) -> Response:
    """A statement as an answer: who, what, when, and where it stands."""
    with opened.reading() as record:
        act = record.act(statement)
        asked = question(record, "register", ClockQuery(), opened.now())
        tag = etag(asked)
        teller = Teller(asked)
        told = teller.answer({"statement": teller.statement(act.id), "index": str(index)})
    raw = opened.reader.entry(index)
    payload = json.loads(parse_entry(raw).envelope.payload)
    return as_json({**told, "payload": payload}, headers={"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept"})
