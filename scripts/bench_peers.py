#!/usr/bin/env python3
"""This ledger beside what else keeps a record of changes, appending in turn: the figures named `peer_…` of build/bench.json.

Each peer is a process of its own with its own pinned libraries (`requirements/bench.txt`, `scripts/peers/package-lock.json`);
in each round every one appends, one after another, so that a busy machine slows all. The unit is records a second: `single`,
each in a commit of its own; `batch`, a hundred in one. What they do for it differs, which is the point: ours parses and verifies
a signature, judges by the law, hashes into the tree, signs a checkpoint and gives a receipt; the peers write what they are told.
Prints one JSON object; `scripts/peers/picture.py` draws it.
"""

import argparse
import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench_store import Figure, Figures, Workload, elapsed, ledgers, submit_batches, submit_each
from sqlalchemy import make_url

from scripts.peers.picture import KINDS, SYSTEMS
from tests.ledger.store.databases import empty_database, postgres

SCRIPTS = Path(__file__).resolve().parent
PYTHON = SCRIPTS.parent / "build" / "bench-venv" / "bin" / "python"
Rate = Callable[[str, int], float]


@contextmanager
def own(url: str) -> Iterator[Rate]:
    """This ledger, in this process; signing is the submitter's, and not timed."""
    with ledgers.founded_at(url) as house:
        work = Workload(house, 300)

        def seconds(kind: str, count: int) -> float:
            envelopes = work.transfers(count)
            submit = submit_each if kind == "single" else submit_batches
            gc.collect()
            return elapsed(lambda: submit(house.ledger, envelopes))

        yield seconds


@contextmanager
def peer(command: list[str]) -> Iterator[Rate]:
    """A peer, in its process."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout
        try:
            if stdout.readline().strip() != '"ready"':
                raise SystemExit(f"bench: {command[1:3]} did not start")

            def seconds(kind: str, count: int) -> float:
                stdin.write(f"{kind} {count}\n")
                stdin.flush()
                return float(json.loads(stdout.readline()))

            yield seconds
        finally:
            stdin.close()
            process.wait(60)


def conninfo(url: str) -> str:
    """An address of SQLAlchemy's form as libpq writes it."""
    parts = make_url(url)
    named = {
        "host": parts.host or parts.query.get("host"),
        "port": parts.port,
        "user": parts.username,
        "password": parts.password,
        "dbname": parts.database,
    }
    return " ".join(f"{name}={value}" for name, value in named.items() if value)


def measure(rounds: int, counts: dict[str, int]) -> Figures:
    rates: dict[tuple[str, str], list[float]] = {(kind, name): [] for kind in KINDS for name in SYSTEMS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(postgres())
        systems: dict[str, Rate] = {}
        for name in SYSTEMS:
            place = folder / name
            place.mkdir()
            if name == "ledger_sqlite":
                systems[name] = stack.enter_context(own(f"sqlite:///{place}/ledger.db"))
                continue
            url = stack.enter_context(empty_database(server)) if name.endswith("_postgresql") else str(server)
            if name == "ledger_postgresql":
                systems[name] = stack.enter_context(own(url))
            elif name == "hypercore":
                systems[name] = stack.enter_context(peer(["node", str(SCRIPTS / "peers/hypercore.mjs"), str(place)]))
            else:
                worker = [str(PYTHON), str(SCRIPTS / "peers/worker.py"), name, "--folder", str(place)]
                systems[name] = stack.enter_context(peer([*worker, "--conninfo", conninfo(url)]))
        for kind in KINDS:
            for seconds in systems.values():
                seconds(kind, 100)
            for _ in range(rounds):
                for name, seconds in systems.items():
                    rates[kind, name].append(counts[kind] / seconds(kind, counts[kind]))
    ways = {"single": "each in a commit of its own", "batch": "100 in a commit"}
    return {
        f"peer_{kind}_{name}": Figure(f"{SYSTEMS[name][0]}: records a second, {ways[kind]}", "1/s", "", found).json
        for (kind, name), found in rates.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small round, to see that it runs")
    asked = parser.parse_args()
    rounds, counts = (1, {"single": 20, "batch": 100}) if asked.quick else (7, {"single": 200, "batch": 1_000})
    json.dump({"figures": measure(rounds, counts)}, sys.stdout, indent=2, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
