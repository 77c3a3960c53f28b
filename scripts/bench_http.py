#!/usr/bin/env python3
"""What HTTP costs: appending against a route that only verifies, one commit for many against one for each, a file of statements
against the same in this process, a state, a tile. Prints one JSON object of figures.

One client process with 64 kept connections that writes prepared bytes and parses no more than it must: on two cores what is
measured is the server. Each way of appending has its own copy of one ledger and its own server, all of them idle but the one that
is asked; so rounds of what is compared alternate, with the same statements, and the figure is the median of their ratios.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import types
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
# `tests` is named outright: an installed library may ship a package of that name, which would come first.
_tests = types.ModuleType("tests")
_tests.__path__ = [str(ROOT / "tests")]
sys.modules["tests"] = _tests

from bench_store import Figure, Figures, seconds, submit_batches  # noqa: E402  # after the paths are set
from fastapi import FastAPI, Request  # noqa: E402
from starlette.responses import Response  # noqa: E402

from api.limits import read_body  # noqa: E402
from api.open_ledger import OpenLedger  # noqa: E402
from api.server import server  # noqa: E402
from ledger.settings import Settings  # noqa: E402
from ledger.store.tokens import Scope, TokenStore  # noqa: E402
from tests.ledger.ledgers import DESK, founded, key_of, ledger_keys, signed  # noqa: E402

CONNECTIONS = 64
UNLIMITED = "100000000/minute"


def serve(url: str, batch: int) -> None:
    """The server process: the application, a route that only verifies, and an empty one, in one stack."""
    settings = Settings(
        url=url,
        port=0,
        log_level="error",
        address_rate=UNLIMITED,
        token_rate=UNLIMITED,
        batch_max=batch,
        queue_max=8192,
        views=False,  # kept up by `views rebuild`, or by another server: what is measured is answering and appending
    )
    opened = OpenLedger.open(settings, ledger_keys())
    built = server(opened)
    guard: Any = built.config.app
    app: FastAPI = guard._app._app

    @app.post("/bench/verify")
    async def verify(request: Request) -> Response:
        raw = await read_body(request, settings.body_bytes_max, settings.body_seconds)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(opened.verifiers, opened.ledger.prepare, raw)
        return Response(b"{}", media_type="application/json")

    @app.get("/bench/empty")
    async def empty() -> Response:
        return Response(b"", media_type="application/octet-stream")

    @app.get("/bench/memory")
    async def memory() -> Response:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return Response(str(pages * os.sysconf("SC_PAGE_SIZE") / 2**20))

    started = built.startup

    async def startup(*arguments: Any, **named: Any) -> None:
        await started(*arguments, **named)
        print(built.servers[0].sockets[0].getsockname()[1], flush=True)

    built.startup = startup  # type: ignore[method-assign]  # to learn the port
    built.run()


@contextmanager
def served(url: str, batch: int) -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", url, "--batch", str(batch)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(30)


async def drive(
    port: int, requests: list[bytes], expected: set[int], connections: int = CONNECTIONS
) -> tuple[float, list[float]]:
    """Requests a second, and the time of each, over kept connections."""
    waiting = iter(requests)
    times: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head[9:12])
            if status not in expected:
                raise SystemExit(f"status {status}: {(await reader.read(2000))!r}")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return len(requests) / (time.perf_counter() - began), sorted(times)


def post(path: str, token: str, envelope: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/jose+json\r\n"
    )
    return f"{head}Content-Length: {len(envelope)}\r\n\r\n".encode() + envelope


def bulk(port: int, token: str, envelopes: Sequence[bytes]) -> float:
    """Seconds for one request with all of these statements, to its last result."""
    body = b"\n".join(envelopes)
    head = (
        f"POST /v1/statements:bulk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + body)
        found = await reader.read()
        writer.close()
        return found

    began = time.perf_counter()
    found = asyncio.run(ask())
    took = time.perf_counter() - began
    if found.count(b'"status":201') != len(envelopes):
        raise SystemExit(f"bulk: {found[:2000]!r}")
    return took


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def p99(times: list[float]) -> float:
    return times[int(len(times) * 0.99)] * 1000


def statements(house: Any, count: int, assets: int) -> list[bytes]:
    """Reports about many assets, by the registrar's one key."""
    return [signed(house.note(f"Report {n}", f"asset:bench-{n % assets}"), [key_of(DESK)]) for n in range(count)]


def copied(path: Path, name: str) -> str:
    """The address of a copy of a ledger's file, beside it."""
    target = path.with_name(name)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as made:
        source.backup(made)
    return f"sqlite:///{target}"


def reading(url: str, assets: int, size: int, rounds: int) -> Figures:
    """A state of an asset, asked one after another; a full tile, against a route that answers nothing."""
    paths = [f"/v1/assets/asset:bench-{n % assets}?effective=2026-01-01" for n in range(2000)]
    tiles: list[float] = []
    with served(url, 256) as port:
        asyncio.run(drive(port, [get(path) for path in paths[:100]], {200}, 1))
        rate, asked = asyncio.run(drive(port, [get(path) for path in paths], {200}, 1))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/bench/memory", timeout=30) as found:
            memory = float(found.read())
        for _ in range(rounds):
            empty, _ = asyncio.run(drive(port, [get("/bench/empty")] * 3000, {200}))
            tile, _ = asyncio.run(drive(port, [get(f"/tile/0/{n % (size // 256):03d}") for n in range(3000)], {200}))
            tiles.append(tile / empty)
    told = f"GET /v1/assets/{{id}}, one client, {size:,} entries"
    return {
        "http_state_p99_ms": Figure(f"{told}, 99th of 100", "ms", "< 10", [p99(asked)]).json,
        "server_rss_mb": Figure(
            f"resident memory of a server that judges and answers, {size:,} entries",
            "MiB",
            "<= 400 at 1,000,000",
            [memory],
        ).json,
        "http_state_per_second": Figure(f"{told}, a second", "1/s", "", [rate]).json,
        "http_tile_vs_empty_route": Figure("a full tile ÷ a route that answers nothing", "ratio", "", tiles).json,
    }


def appending(house: Any, url: dict[str, str], token: str, rest: Iterator[bytes], rounds: int, each: int) -> Figures:
    """The same statements through each server in turn, and in this process."""
    took: dict[str, list[float]] = {name: [] for name in ("verify", "group", "single", "bulk", "batch")}
    p99s: dict[str, list[float]] = {"group": [], "single": []}
    with ExitStack() as open_:
        ports = {name: open_.enter_context(served(url[name], 1 if name == "single" else 256)) for name in url}
        for port in ports.values():
            warm = [post("/bench/verify", token, next(rest)) for _ in range(200)]
            asyncio.run(drive(port, warm, {200}))
        for _ in range(rounds):
            some = [next(rest) for _ in range(each)]
            checked = [post("/bench/verify", token, one) for one in some]
            took["verify"].append(1 / asyncio.run(drive(ports["group"], checked, {200}))[0])
            for name in ("group", "single"):
                rate, times = asyncio.run(
                    drive(ports[name], [post("/v1/statements", token, one) for one in some], {201})
                )
                took[name].append(1 / rate)
                p99s[name].append(p99(times))
            took["bulk"].append(bulk(ports["bulk"], token, some) / each)
            took["batch"].append(seconds(lambda batch=some: submit_batches(house.ledger, batch)) / each)

    def against(own: str, other: str) -> list[float]:
        return [theirs / ours for ours, theirs in zip(took[own], took[other], strict=True)]

    verifying = "÷ a route that only parses and verifies it"
    return {
        "http_append_vs_verify_route": Figure(
            f"POST /v1/statements, {CONNECTIONS} clients, durable, with receipt, {verifying}",
            "ratio",
            ">= 0.75",
            against("group", "verify"),
            "Python's CPU: the law, and HTTP itself",
        ).json,
        "http_append_single_commit_vs_verify_route": Figure(
            f"the same with a commit for each, {verifying}", "ratio", ">= 0.35", against("single", "verify")
        ).json,
        "http_group_vs_single_commit": Figure(
            "group commit ÷ a commit for each", "ratio", ">= 1.5", against("group", "single")
        ).json,
        "http_group_p99_vs_single_p99": Figure(
            "time of an answer, 99th of 100, group commit ÷ a commit for each",
            "ratio",
            "<= 0.5",
            [group / single for group, single in zip(p99s["group"], p99s["single"], strict=True)],
        ).json,
        "http_bulk_vs_batch": Figure(
            f"one bulk request of {each:,} statements ÷ submitting them in this process, 100 a transaction",
            "ratio",
            ">= 0.8",
            against("bulk", "batch"),
        ).json,
        "http_append_per_second": Figure(
            "statements a second over HTTP, group commit", "1/s", "", [1 / t for t in took["group"]]
        ).json,
        "http_append_p99_ms": Figure("time of their answers, 99th of 100", "ms", "", p99s["group"]).json,
    }


def measure(folder: Path, entries: int, rounds: int, per_round: int) -> Figures:
    assets = 200
    with founded(folder) as house:
        for n in range(assets):
            house.submit(house.registered(f"asset:bench-{n}"))
        prepared = iter(statements(house, entries + 600 + rounds * per_round, assets))
        for _ in range(0, entries, 200):
            house.ledger.submit_many([next(prepared) for _ in range(200)])
        tokens = TokenStore.open(house.url)
        _, token = tokens.create("bench", [Scope.SUBMIT], house.clock())
        tokens.close()
        urls = {name: copied(house.path, f"{name}.db") for name in ("group", "single", "bulk")}
        return {
            **reading(house.url, assets, house.reader.size, rounds),
            **appending(house, urls, token, prepared, rounds, per_round),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--per-round", type=int, default=1_500)
    asked = parser.parse_args()
    if asked.serve is not None:
        serve(asked.serve, asked.batch)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), asked.entries, asked.rounds, asked.per_round)
    json.dump(figures, sys.stdout, indent=2, ensure_ascii=False)
    print()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
