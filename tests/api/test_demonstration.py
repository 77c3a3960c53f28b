"""All the demonstration's statements over HTTP, and every operation of the document answered from them."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.document import answers_document
from api.open_ledger import OpenLedger
from ledger.application import Ledger
from ledger.log.checkpoint import open_checkpoint
from ledger.store.tokens import Scope
from tests.api.servers import running, seal_files
from tests.api.servers import settings as settings_of

ROOT = Path(__file__).resolve().parents[2]
BULK = {"Content-Type": "application/x-ndjson"}
ASSET, PARTY = "asset:rosneft-deutschland", "party:rosneft"
FEW = hypothesis_settings(
    max_examples=10, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None, derandomize=True
)


@pytest.fixture(scope="module")
def served(demo, tmp_path_factory) -> Iterator[httpx.Client]:
    seal = seal_files(tmp_path_factory.mktemp("seal"))
    opened = OpenLedger.open(
        settings_of(demo.url, address_rate="1000000/minute", token_rate="1000000/minute", **seal),
        demo.keys,
        demo.clock,
    )
    _, token = opened.tokens.create("tests", [Scope.SUBMIT], demo.clock())
    with (
        running(opened) as (_, port),
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
        ) as http,
    ):
        yield http


def test_bulk_import_over_http_gives_the_root_of_the_import_by_command(demo, tmp_path):
    url = f"sqlite:///{tmp_path / 'bulk.db'}"
    Ledger.create(url, demo.envelopes[0], demo.keys, demo.clock).close()
    opened = OpenLedger.open(settings_of(url), demo.keys, demo.clock)
    _, token = opened.tokens.create("tests", [Scope.SUBMIT], demo.clock())
    with running(opened) as (_, port):
        answer = httpx.post(
            f"http://127.0.0.1:{port}/v1/statements:bulk",
            content=b"\n".join(demo.envelopes),
            headers={**BULK, "Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
        )
        results = [json.loads(line) for line in answer.text.splitlines()]
        assert [r["status"] for r in results] == [200] + [201] * (len(demo.envelopes) - 1)
        assert [int(r["index"]) for r in results] == list(range(len(demo.envelopes)))
        assert opened.reader.root(opened.reader.size) == demo.root


def requests_of_every_operation(demo, served) -> dict[tuple[str, str], dict[str, Any]]:
    """For each operation of the document one request that is answered with a success."""
    statement = served.get("/v1/changes?limit=1").json()["changes"][0]["statement"]
    jose = {"content": demo.envelopes[-1], "headers": {"Content-Type": "application/jose+json"}}
    asset, party, one = f"/v1/assets/{ASSET}", f"/v1/parties/{PARTY}", f"/v1/statements/{statement}"
    return {
        ("post", "/v1/statements"): {"url": "/v1/statements", **jose},
        ("post", "/v1/statements/check"): {"url": "/v1/statements/check", **jose},
        ("post", "/v1/statements:bulk"): {"url": "/v1/statements:bulk", "content": demo.envelopes[-1], "headers": BULK},
        ("get", "/v1/statements/{statement}"): {"url": one, "headers": {"Accept": "application/json"}},
        ("get", "/v1/statements/{statement}/receipt"): {"url": f"{one}/receipt"},
        ("get", "/v1/assets"): {"url": "/v1/assets?name=rosneft"},
        ("get", "/v1/assets/{asset}"): {"url": f"{asset}?effective=2024-12-01&known=2024-12-01&forum=DE"},
        ("get", "/v1/assets/{asset}/history"): {"url": f"{asset}/history"},
        ("get", "/v1/assets/{asset}/proceedings"): {"url": f"{asset}/proceedings?effective=2024-12-01"},
        ("get", "/v1/assets/{asset}/restrictions"): {"url": f"{asset}/restrictions"},
        ("get", "/v1/assets/{asset}/encumbrances"): {"url": f"{asset}/encumbrances"},
        ("get", "/v1/assets/{asset}/forums"): {"url": f"{asset}/forums?forums=DE,RU"},
        ("get", "/v1/assets/{asset}/evidence"): {"url": f"{asset}/evidence?bundle=false"},
        ("get", "/v1/assets/{asset}/explain"): {"url": f"{asset}/explain?value=controller&effective=2024-12-01"},
        ("get", "/v1/parties/{party}"): {"url": party},
        ("get", "/v1/parties/{party}/holdings"): {"url": f"{party}/holdings?effective=2022-01-01"},
        ("get", "/v1/parties/{party}/chain"): {"url": f"{party}/chain?threshold=1/2"},
        ("get", "/v1/holdings"): {"url": f"/v1/holdings?effective=2024-12-01&at_least={len(demo.envelopes)}"},
        ("get", "/v1/register"): {"url": "/v1/register"},
        ("get", "/v1/calendar"): {"url": "/v1/calendar?from=2020-01-01&to=2027-12-31"},
        ("get", "/v1/changes"): {"url": "/v1/changes?after=3&limit=5"},
        ("get", "/checkpoint"): {"url": "/checkpoint"},
        ("get", "/tile/{path}"): {"url": f"/tile/0/000.p/{len(demo.envelopes)}"},
        ("get", "/healthz"): {"url": "/healthz"},
        ("get", "/readyz"): {"url": "/readyz"},
        ("get", "/metrics"): {"url": "/metrics"},
    }


def test_every_operation_answers_as_documented(demo, served):
    document = served.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    schema = schemathesis.openapi.from_dict(document)
    wanted = requests_of_every_operation(demo, served)
    assert {(m, p) for p, ms in document["paths"].items() for m in ms} == set(wanted)
    for (method, path), request in wanted.items():
        answer = served.request(method.upper(), **request)
        assert answer.status_code in (200, 201), (path, answer.text[:300])
        schema[path][method.upper()].validate_response(answer)
        if answer.headers["content-type"] == "application/json" and path.startswith("/v1/") and method == "get":
            assert int(answer.json()["tree_size"]) == len(demo.envelopes), path
            assert answer.json()["clocks"], path


def closed(schema: Any) -> Any:
    """A document in which an object that names its members takes no others."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(value) for name, value in schema.items()}
    return {**found, "additionalProperties": False} if isinstance(found.get("properties"), dict) else found


def test_every_member_of_every_answer_is_described(demo, served):
    """All that the histories have, at several moments, refused where the document names a member otherwise or not at all."""
    document = served.get("/openapi.json").json()
    document["components"]["schemas"] = closed(document["components"]["schemas"])
    schema = schemathesis.openapi.from_dict(document)
    root, changes = "/v1/assets/{asset}", served.get("/v1/changes?limit=500").json()["changes"]
    asked: dict[str, list[str]] = {path: [] for path in document["paths"]}
    for asset in (one["asset"] for one in served.get("/v1/assets?limit=100").json()["assets"]):
        moments = ("?effective=2022-09-16&known=2024-12-01", "?effective=2024-12-01&forum=DE")
        for part in ("", "/proceedings", "/restrictions", "/encumbrances", "/forums"):
            asked[root + part] += [f"/v1/assets/{asset}{part}{moment}" for moment in moments]
        asked[f"{root}/history"].append(f"/v1/assets/{asset}/history")
        asked[f"{root}/explain"] += [f"/v1/assets/{asset}/explain?value={value}" for value in ("title", "controller")]
    parties = sorted(
        {name for one in changes for name in (*one["subjects"], one["actor"]) if name.startswith("party:")}
    )
    for party in parties:
        for part in ("", "/holdings", "/chain"):
            asked["/v1/parties/{party}" + part].append(f"/v1/parties/{party}{part}?effective=2024-12-01")
    for right in ("title", "votes", "economic"):
        asked["/v1/holdings"] += [
            f"/v1/holdings?right={right}&limit=100",
            f"/v1/holdings?right={right}&effective=2015-06-01",
        ]
    asked["/v1/assets"] += ["/v1/assets?name=rosneft", "/v1/assets?name=rosneft&name=x", "/v1/assets?size=999"]
    asked["/v1/register"] += ["/v1/register", "/v1/register?size=3"]
    asked["/v1/calendar"] += [
        "/v1/calendar?from=2000-01-01&to=2029-12-31",
        f"/v1/calendar?from=2000-01-01&to=2029-12-31&subject={ASSET}",
    ]
    asked["/v1/changes"] += ["/v1/changes?limit=500", "/v1/changes?after=999"]
    asked["/readyz"].append("/readyz")
    asked["/healthz"].append("/healthz")
    asked["/v1/statements/{statement}"] += [f"/v1/statements/{one['statement']}" for one in changes[::10]]
    answers = 0
    for path, urls in asked.items():
        for url in urls:
            answer = served.get(url, headers={"Accept": "application/json"})
            schema[path]["GET"].validate_response(answer)
            assert str(answer.status_code) in document["paths"][path]["get"]["responses"], url
            answers += answer.status_code == 200
    assert answers > 500


def test_what_submitting_answers_is_described_too(demo, served):
    document = served.get("/openapi.json").json()
    shapes = document["components"]["schemas"] = closed(document["components"]["schemas"])
    schema = schemathesis.openapi.from_dict(document)
    bodies = [
        demo.envelopes[-1],
        demo.envelopes[0][:-3],
        b'{"v":1}',
        demo.envelopes[-1].replace(b'"signature":"', b'"signature":"A'),
    ]
    draft = json.dumps(
        document["paths"]["/v1/statements/check"]["post"]["requestBody"]["content"]["application/json"]["example"]
    )
    for path in ("/v1/statements", "/v1/statements/check"):
        for body in (*bodies, draft.encode(), draft.replace('"report"', '"plan", "asset": "x"').encode()):
            for kind in ("application/jose+json", "text/plain"):
                answer = served.post(path, content=body, headers={"Content-Type": kind})
                schema[path]["POST"].validate_response(answer)
                assert str(answer.status_code) in document["paths"][path]["post"]["responses"]
    lines = served.post("/v1/statements:bulk", content=b"\n".join(bodies), headers=BULK).text.splitlines()
    assert [json.loads(line)["status"] for line in lines] == [200, 400, 400, 400]
    for line in lines:
        assert set(json.loads(line)) <= set(shapes["BulkResult"]["properties"])
        assert set(json.loads(line).get("problem", ())) <= set(shapes["ProblemTold"]["properties"])


def test_the_document_of_answers_is_made_of_the_shapes():
    assert (ROOT / "docs/answers.md").read_text() == answers_document()


def test_the_document_says_what_comes_with_an_answer_and_shows_every_problem(demo, served):
    document = served.get("/openapi.json").json()
    operations = {(path, method): one for path, ways in document["paths"].items() for method, one in ways.items()}
    assert len({one["operationId"] for one in operations.values()}) == len(operations)
    for (path, method), operation in operations.items():
        if path not in ("/healthz", "/readyz"):
            assert "WWW-Authenticate" in operation["responses"]["401"]["headers"], path
            refused = served.request(method, path, headers={"Authorization": "Basic x"})
            assert refused.status_code in (400, 401), path
        for status, answer in operation["responses"].items():
            if status >= "400":
                examples = answer["content"]["application/problem+json"]["examples"]
                assert {str(one["value"]["status"]) for one in examples.values()} == {status}
                assert all(served.get(one["value"]["type"]).status_code == 200 for one in examples.values())
        asked = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert ("304" in operation["responses"]) == ("If-None-Match" in asked), path
        assert ("Last-Event-ID" in asked) == (path == "/v1/changes")
    submitting = operations["/v1/statements", "post"]["responses"]
    assert set(submitting["409"]["content"]["application/problem+json"]["examples"]) == {
        "head-stale",
        "signatures-differ",
    }
    assert set(submitting["503"]["content"]["application/problem+json"]["examples"]) >= {"queue-full", "stopping"}


def test_the_example_of_a_draft_is_one_that_the_demonstration_accepts(served):
    checking = served.get("/openapi.json").json()["paths"]["/v1/statements/check"]["post"]
    draft = checking["requestBody"]["content"]["application/json"]["example"]
    told = served.post("/v1/statements/check", json=draft).json()
    assert (told["accepted"], told["objections"]) == (True, [])


@schemathesis.serializer("application/x-ndjson")
def as_lines(_: Any, value: Any) -> bytes:
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()


def with_examples(document: dict[str, Any], statement: str, size: int) -> dict[str, Any]:
    """The document with values of the demonstration in place of patterns."""
    known = {
        "asset": [ASSET, "asset:company-03273685", "asset:yukos-oil"],
        "party": [PARTY, "party:united-kingdom"],
        "statement": [statement],
        "path": [f"0/000.p/{size}", "entries/000.p/9", "0/000", "0/x001/000"],
        "value": ["title", "controller", "votes"],
        "from": ["2020-01-01", "2030-01-01"],
        "to": ["2027-12-31"],
        "subject": ["register", ASSET],
        "effective": ["2024-12-01", "2022-09-16T12:00:00Z", "1850-01-01"],
        "known": ["2024-12-01", "2022-09-16"],
        "knower": ["public", PARTY],
        "forum": ["DE", "RU", "EU"],
        "threshold": ["1/2", "3/4"],
        "cursor": [f"{size}.40.0"],
        "name": ["rosneft", "ö"],
    }
    changed = copy.deepcopy(document)
    for path in changed["paths"].values():
        for operation in path.values():
            parameters = [p for p in operation.get("parameters", ()) if p["name"] != "recorded"]
            operation["parameters"] = parameters
            for parameter in parameters:
                if parameter["name"] == "size":
                    parameter["schema"] = {"type": "integer", "enum": [size]}
                if parameter["name"] in known:
                    parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
    return changed


@pytest.mark.parametrize("mode", ["known subjects", "any path", "invalid"])
def test_nothing_fails_and_nothing_is_answered_that_is_not_documented(demo, served, mode):
    """Schemathesis over the whole document: any request, however odd, is answered by what the document says."""
    document = served.get("/openapi.json").json()
    statement = served.get("/v1/changes?limit=1").json()["changes"][0]["statement"]
    if mode == "known subjects":
        document = with_examples(document, statement, len(demo.envelopes))
    schema = schemathesis.openapi.from_dict(document)
    headers = {"Authorization": served.headers["Authorization"]}
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    statuses: dict[str, set[int]] = {}
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]  # an Err has no ok and fails here

        def send(case: Any) -> None:
            sent = {**(case.headers or {}), **headers}
            answer = case.call(base_url=str(served.base_url), headers=sent, timeout=60)
            statuses.setdefault(case.operation.label, set()).add(answer.status_code)
            case.validate_response(answer, checks=checks)

        wanted = GenerationMode.NEGATIVE if mode == "invalid" else GenerationMode.POSITIVE
        try:
            given(case=operation.as_strategy(generation_mode=wanted))(FEW(send))()
        except Unsatisfiable:
            assert mode == "invalid", "an operation without parameters cannot be asked wrongly"
    assert len(statuses) >= (18 if mode == "invalid" else 24)
    if mode == "known subjects":
        reading = {label: found for label, found in statuses.items() if label.startswith("GET")}
        unanswered = {label: found for label, found in reading.items() if 200 not in found}
        assert len(unanswered) <= 2, unanswered


def test_methods_that_are_not_offered(served):
    for path in ("/v1/statements", "/v1/assets", "/checkpoint", "/healthz"):
        answer = served.delete(path)
        assert answer.status_code == 405
        assert answer.json()["type"] == "/problems/method-not-allowed"
        assert answer.headers["allow"]


def test_the_document_names_no_other_host(served):
    document = served.get("/openapi.json").text
    assert "http://" not in document
    assert "https://" not in document
    assert served.get("/docs").status_code == 404
    assert served.get("/redoc").status_code == 404


def test_nothing_that_was_asked_changed_the_log(demo, served):
    """Last in this module: every route was read, tried and fuzzed, with a token that may submit."""
    note = served.get("/checkpoint").content
    checkpoint = open_checkpoint(note, [demo.keys.signer.key, demo.keys.cosigner.key])
    assert (checkpoint.size, checkpoint.root) == (len(demo.envelopes), demo.root)
