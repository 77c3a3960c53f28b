#!/usr/bin/env python3
"""What HTTP costs: appending against a route that only verifies, a state, a tile. Prints one JSON object of figures.

One server process, one client process with 64 kept connections that writes prepared bytes and parses no more than it must: on two
cores what is measured is the server. Rounds of the compared routes alternate; the figure is the median of their ratios.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
# `tests` is named outright: an installed library may ship a package of that name, which would come first.
_tests = types.ModuleType("tests")
_tests.__path__ = [str(ROOT / "tests")]
sys.modules["tests"] = _tests

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


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def p99(times: list[float]) -> float:
    return times[int(len(times) * 0.99)] * 1000


def statements(house: Any, count: int, assets: int) -> list[bytes]:
    """Reports about many assets, by the registrar's one key."""
    return [signed(house.note(f"Report {n}", f"asset:bench-{n % assets}"), [key_of(DESK)]) for n in range(count)]


def measure(folder: Path, entries: int, rounds: int, per_round: int) -> dict[str, Any]:
    with founded(folder) as house:
        assets = 200
        for n in range(assets):
            house.submit(house.registered(f"asset:bench-{n}"))
        prepared = statements(house, 2 * rounds * per_round + entries, assets)
        held, appended = prepared[:entries], prepared[entries:]
        for low in range(0, entries, 200):
            house.ledger.submit_many(held[low : low + 200])
        size, url = house.reader.size, house.url
        tokens = TokenStore.open(url)
        _, token = tokens.create("bench", [Scope.SUBMIT], house.clock())
        tokens.close()
    grouped: list[float] = []
    single: list[float] = []
    ratios: dict[str, list[float]] = {"group": [], "single": [], "tile": []}
    p99s: dict[str, list[float]] = {"group": [], "single": []}
    rest = iter(appended)
    with served(url, 256) as port:  # before anything is appended: the figure is for `size` entries
        states = [get(f"/v1/assets/asset:bench-{n % assets}?effective=2026-01-01") for n in range(2000)]
        asyncio.run(drive(port, states[:100], {200}, 1))
        alone, asked = asyncio.run(drive(port, states, {200}, 1))
    for batch, name, rates in ((256, "group", grouped), (1, "single", single)):
        with served(url, batch) as port:
            warm = [post("/bench/verify", token, one) for one in held[:200]]
            asyncio.run(drive(port, warm, {200}))
            for _ in range(rounds):
                some = [next(rest) for _ in range(per_round)]
                verify, _ = asyncio.run(drive(port, [post("/bench/verify", token, one) for one in some], {200}))
                append, times = asyncio.run(drive(port, [post("/v1/statements", token, one) for one in some], {201}))
                rates.append(append)
                ratios[name].append(append / verify)
                p99s[name].append(p99(times))
    with served(url, 256) as port:
        for _ in range(rounds):
            empty, _ = asyncio.run(drive(port, [get("/bench/empty")] * 3000, {200}))
            tile, _ = asyncio.run(drive(port, [get(f"/tile/0/{n % (size // 256):03d}") for n in range(3000)], {200}))
            ratios["tile"].append(tile / empty)
    return {
        "http_append_vs_verify_route": round(statistics.median(ratios["group"]), 3),
        "http_append_single_commit_vs_verify_route": round(statistics.median(ratios["single"]), 3),
        "http_append_per_second": round(statistics.median(grouped)),
        "http_group_vs_single_commit": round(statistics.median(grouped) / statistics.median(single), 2),
        "http_group_p99_vs_single_p99": round(statistics.median(p99s["group"]) / statistics.median(p99s["single"]), 2),
        "http_state_p99_ms": round(p99(asked), 2),
        "http_state_per_second": round(alone),
        "http_state_entries": size,
        "http_tile_vs_empty_route": round(statistics.median(ratios["tile"]), 3),
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
        print(json.dumps({"figures": measure(Path(folder), asked.entries, asked.rounds, asked.per_round)}, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
