"""The log's own files, byte-exact as tlog-tiles has them, and the feed of changes."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from ledger.log.checkpoint import open_checkpoint
from ledger.log.merkle import TileHashes, leaf_hash, prove_inclusion, verify_inclusion
from ledger.log.tiles import Bundle, Tile, parse_bundle, parse_tile
from ledger.publish import publish
from ledger.store.tokens import Scope
from tests.api.servers import served
from tests.ledger.ledgers import ledger_keys

KEYS = (ledger_keys().signer.key, ledger_keys().cosigner.key)


def test_a_client_of_tlog_tiles_proves_every_entry(house):
    for n in range(5):
        house.post(house.house.note(f"Entry {n}"))
    checkpoint = open_checkpoint(house.anonymous.get("/checkpoint").content, KEYS)
    size = checkpoint.size
    entries = parse_bundle(house.anonymous.get(f"/tile/entries/000.p/{size}").content, size)

    def tile(level: int, index: int, width: int) -> bytes:
        return house.anonymous.get(f"/{Tile(level, index, width).path}").content

    assert parse_tile(tile(0, 0, size), size) == tuple(leaf_hash(entry) for entry in entries)
    for index, entry in enumerate(entries):
        proof = prove_inclusion(index, size, TileHashes(size, tile))
        verify_inclusion(leaf_hash(entry), index, size, proof, checkpoint.root)


def test_the_same_bytes_as_the_published_folder(house, tmp_path):
    note = house.anonymous.get("/checkpoint").content
    publish(tmp_path / "log", house.opened.reader, note, KEYS)
    files = [path for path in (tmp_path / "log").rglob("*") if path.is_file()]
    assert len(files) >= 3
    for path in files:
        answer = house.anonymous.get("/" + str(path.relative_to(tmp_path / "log")))
        assert answer.content == path.read_bytes()


def test_what_never_changes_is_cached_and_the_checkpoint_is_not(house):
    size = house.opened.reader.size
    for path in (f"/tile/0/000.p/{size}", f"/tile/entries/000.p/{size}"):
        answer = house.anonymous.get(path)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] == "application/octet-stream"
    checkpoint = house.anonymous.get("/checkpoint")
    assert checkpoint.headers["cache-control"] == "no-store"
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"


def test_head_answers_as_get_without_the_body(house):
    got, head = house.anonymous.get("/checkpoint"), house.anonymous.head("/checkpoint")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(got.content))
    assert house.anonymous.head("/v1/statements").status_code == 405
    assert house.anonymous.post("/checkpoint").headers["allow"] == "GET, HEAD"
    assert house.anonymous.get("/checkpoint").content == got.content


@pytest.mark.parametrize(
    "path",
    ["/tile/0/000", "/tile/0/001.p/1", "/tile/1/000", "/tile/0/0", "/tile/00/000", "/tile/0/x000/000", "/tile/entries/000.p/256",
     "/tile/0/000.p/0", "/tile/0/000.p/01", "/tile/64/000", "/tile/%30/000.p/1", "/tile/../checkpoint", "/tile/0/000.p/1/",
     f"/{Bundle(10**12).path}"],
)  # fmt: skip
def test_no_other_path_is_a_tile(house, path):
    answer = house.raw(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
    assert answer.startswith(b"HTTP/1.1 404 "), path
    assert b"application/problem+json" in answer


def test_changes_are_told_once_and_in_order(house):
    size = house.opened.reader.size
    found: list[dict] = []
    after = 0
    while len(found) < size:
        page = house.anonymous.get(f"/v1/changes?after={after}&limit=4&size={size}").json()
        found += page["changes"]
        after = int(page["next"])
    assert [change["index"] for change in found] == [str(n) for n in range(size)]
    assert house.anonymous.get(f"/v1/changes?after={size}").json()["changes"] == []
    assert house.anonymous.get(f"/v1/changes?after={size + 7}").json()["parameter"] == "after"
    assert house.anonymous.get(f"/v1/changes?size={size + 7}").json()["parameter"] == "size"
    assert house.anonymous.get("/v1/changes?after=-1").status_code == 400


def events(answer: httpx.Response, count: int) -> list[tuple[int, dict]]:
    found, at = [], 0
    for line in answer.iter_lines():
        if line.startswith("id: "):
            at = int(line.removeprefix("id: "))
        if line.startswith("data: "):
            found.append((at, json.loads(line.removeprefix("data: "))))
            if len(found) == count:
                return found
    return found


def test_a_stream_follows_the_log_and_is_resumed_where_it_broke(house):
    size = house.opened.reader.size
    stream = {"Accept": "text/event-stream"}
    with house.anonymous.stream("GET", f"/v1/changes?after={size - 2}", headers=stream) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        house.post(house.house.note("While listening"))
        told = events(answer, 3)
    assert [change["index"] for _, change in told] == [str(size - 2), str(size - 1), str(size)]
    assert [at for at, _ in told] == [size - 1, size, size + 1]
    resumed = {**stream, "Last-Event-ID": str(size)}
    with house.anonymous.stream("GET", "/v1/changes?after=0", headers=resumed) as answer:
        assert [(at, change["index"]) for at, change in events(answer, 1)] == [(size + 1, str(size))]


@pytest.mark.parametrize(("last", "named"), [("banana", "Last-Event-ID"), ("-1", "Last-Event-ID"), ("999999", "after")])
def test_a_cursor_of_another_stream_is_refused_not_begun_anew(house, last, named):
    answer = house.anonymous.get("/v1/changes", headers={"Accept": "text/event-stream", "Last-Event-ID": last})
    assert (answer.status_code, answer.json()["parameter"]) == (400, named)
    assert house.anonymous.get("/v1/changes", headers={"Last-Event-ID": last}).status_code == 200


def test_a_stream_waits_while_as_much_is_worked_on_as_may_be(tmp_path):
    with served(tmp_path, answers_max=1) as house:
        size = house.opened.reader.size
        wanted = {"Accept": "text/event-stream"}
        with house.anonymous.stream("GET", f"/v1/changes?after={size}", headers=wanted) as answer:
            with house.opened.working():
                house.post(house.house.note("While others work"))
                time.sleep(0.7)
            assert [change["index"] for _, change in events(answer, 1)] == [str(size)]


def test_the_head_of_a_stream_holds_no_place(tmp_path):
    with served(tmp_path, streams_max=1) as house:
        wanted = {"Accept": "text/event-stream"}
        for _ in range(3):
            answer = house.anonymous.head("/v1/changes", headers=wanted, timeout=5)
            assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_stream_ends_when_the_server_stops(tmp_path):
    with served(tmp_path) as house:
        stream = house.anonymous.stream("GET", "/v1/changes?after=6", headers={"Accept": "text/event-stream"})
        with stream as answer:
            began = time.monotonic()
            house.running.stop()
            assert events(answer, 1) == []
        assert time.monotonic() - began < 5


def test_streams_are_bounded(tmp_path):
    with served(tmp_path, streams_max=1) as house:
        wanted = {"Accept": "text/event-stream"}
        with house.anonymous.stream("GET", "/v1/changes", headers=wanted) as answer:
            lines = answer.iter_lines()
            next(lines)
            with httpx.Client(base_url=house.url, trust_env=False) as other:
                assert other.get("/v1/changes", headers=wanted).status_code == 429
                assert other.get("/v1/changes").status_code == 200


def test_one_client_holds_a_quarter_of_the_streams(tmp_path):
    wanted = {"Accept": "text/event-stream"}
    with served(tmp_path, streams_max=8) as house, ExitStack() as streams:

        def opened(http: httpx.Client) -> tuple[int, Iterator[str]]:
            answer = streams.enter_context(http.stream("GET", "/v1/changes", headers=wanted, timeout=10))
            return answer.status_code, answer.iter_lines()

        kept = [opened(house.anonymous) for _ in range(2)]
        assert [next(lines) for _, lines in kept] == ["retry: 2000"] * 2
        assert opened(house.anonymous)[0] == 429
        status, lines = opened(house.http)
        assert (status, next(lines)) == (200, "retry: 2000")


def test_a_stream_ends_with_its_token(tmp_path):
    """Else a token that was revoked would go on reading for an hour."""
    with served(tmp_path, reading="token") as house:
        made, text = house.opened.tokens.create("short", [Scope.READ], house.clock())
        wanted = {"Accept": "text/event-stream", "Authorization": f"Bearer {text}"}
        with house.anonymous.stream("GET", "/v1/changes?after=6", headers=wanted, timeout=10) as answer:
            lines = answer.iter_lines()
            assert next(lines) == "retry: 2000"
            house.opened.tokens.revoke(made.id, house.clock())
            assert [line for line in lines if line] == []
        assert house.anonymous.get("/v1/changes?after=6", headers=wanted).status_code == 401
