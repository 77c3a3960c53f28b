#!/usr/bin/env python3
"""This ledger beside what else keeps a record of changes, appending in turn: the figures named `peer_…` of build/bench.json.

Each peer is a process of its own with its own pinned libraries (`requirements/bench.txt`, `scripts/peers/package-lock.json`);
in each round every one appends, one after another, so that a busy machine slows all. The unit is records a second: `single`,
each in a commit of its own; `batch`, a hundred in one. What they do for it differs, which is the point: ours parses and verifies
a signature, judges by the law, hashes into the tree, signs a checkpoint and gives a receipt; the peers write what they are told.
Prints one JSON object. `--draw build/bench.json --into FILE` draws the figures as SVG instead, and prints their table.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from html import escape
from math import log10
from pathlib import Path
from typing import Any

from bench_store import Figure, Figures, Workload, elapsed, gc, ledgers, submit_batches, submit_each
from sqlalchemy import make_url

from tests.ledger.store.databases import empty_database, postgres

SCRIPTS = Path(__file__).resolve().parent
PYTHON = SCRIPTS.parent / "build" / "bench-venv" / "bin" / "python"
KINDS = ("single", "batch")
Rate = Callable[[str, int], float]

# Name in bench.json: title, what it does for an append. In the order of the table and the picture.
SYSTEMS = {
    "ledger_sqlite": ("this ledger, SQLite", "signature verified, law judged, tree, checkpoint, receipt"),
    "ledger_postgresql": ("this ledger, PostgreSQL", "the same"),
    "eventsourcing_sqlite": ("eventsourcing, SQLite", "an event, unsigned; no tree"),
    "eventsourcing_postgresql": ("eventsourcing, PostgreSQL", "the same"),
    "audit_triggers_postgresql": ("audit table with triggers, PostgreSQL", "old and new row; whoever owns the table can alter it"),
    "continuum_postgresql": ("SQLAlchemy-Continuum, PostgreSQL", "a row of the old version; the same"),
    "pymerkle_sqlite": ("pymerkle, SQLite", "a leaf; no checkpoint, no signature"),
    "hypercore": ("hypercore", "a leaf, tree signed; the disk is not waited for: a power cut can lose it"),
}  # fmt: skip


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


# The picture: bars on a logarithmic scale, the median with the least and the greatest round

WIDTH, LEFT, BAR, TOP = 860, 270, 24, 46
PANEL = TOP + BAR * len(SYSTEMS) + 34


def draw(figures: dict[str, dict[str, Any]]) -> str:
    """The figures as SVG."""
    values = [
        value for name, one in figures.items() if name.startswith("peer_") for value in (one["least"], one["greatest"])
    ]
    low, high = int(log10(min(values))), int(log10(max(values))) + 1
    scale = (WIDTH - LEFT - 80) / (high - low)

    def x(value: float) -> float:
        return round(LEFT + (log10(value) - low) * scale, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * PANEL + 30}" '
        'font-family="sans-serif" font-size="13" role="img" aria-label="Records appended a second, by system">',
        f'<rect width="{WIDTH}" height="{2 * PANEL + 30}" fill="#fff"/>',
    ]
    titles = {"single": "Records a second, each in a commit of its own", "batch": "Records a second, 100 in a commit"}
    for panel, kind in enumerate(KINDS):
        top = panel * PANEL
        bottom = top + TOP + BAR * len(SYSTEMS)
        parts.append(f'<text x="10" y="{top + 24}" font-size="15" font-weight="bold">{titles[kind]}</text>')
        for power in range(low, high + 1):
            at = x(10**power)
            parts.append(f'<line x1="{at}" x2="{at}" y1="{top + TOP - 6}" y2="{bottom}" stroke="#ddd"/>')
            parts.append(f'<text x="{at}" y="{bottom + 16}" text-anchor="middle" fill="#555">{10**power:,}</text>')
        for row, (name, (title, _)) in enumerate(SYSTEMS.items()):
            one = figures[f"peer_{kind}_{name}"]
            y = top + TOP + BAR * row
            fill = "#14507a" if name.startswith("ledger") else "#c9c9c9" if name == "hypercore" else "#8fb3c9"
            dashed = ' stroke="#777" stroke-dasharray="4 3"' if name == "hypercore" else ""
            end = x(one["value"])
            middle = y + BAR // 2 - 3
            parts.append(f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(title)}</text>')
            parts.append(
                f'<rect x="{LEFT}" y="{y}" width="{round(end - LEFT, 1)}" height="{BAR - 6}" fill="{fill}"{dashed}/>'
            )
            least, greatest = x(one["least"]), x(one["greatest"])
            parts.append(
                f'<line x1="{least}" x2="{greatest}" y1="{middle}" y2="{middle}" stroke="#000" stroke-width="1.5"/>'
            )
            parts.append(f'<text x="{max(end, greatest) + 6}" y="{y + 13}">{one["value"]:,.0f}</text>')
    note = "Logarithmic. Line: least and greatest round. Dashed: does not wait for the disk at each append."
    parts.append(f'<text x="10" y="{2 * PANEL + 18}" fill="#555">{note}</text></svg>')
    return "\n".join(parts) + "\n"


def table(figures: dict[str, dict[str, Any]]) -> str:
    """The figures as a Markdown table."""
    lines = ["| system | for each record | single, 1/s | batch of 100, 1/s |", "|---|---|---|---|"]
    for name, (title, what) in SYSTEMS.items():
        cells = []
        for kind in KINDS:
            one = figures[f"peer_{kind}_{name}"]
            cells.append(f"{one['value']:,.0f} ({one['least']:,.0f}–{one['greatest']:,.0f})")
        lines.append(f"| {title} | {what} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small round, to see that it runs")
    parser.add_argument("--draw", type=Path, help="a bench.json to draw")
    parser.add_argument("--into", type=Path, help="the picture to write")
    asked = parser.parse_args()
    if asked.draw is not None:
        figures = json.loads(asked.draw.read_text(encoding="utf-8"))["figures"]
        asked.into.parent.mkdir(parents=True, exist_ok=True)
        asked.into.write_text(draw(figures), encoding="utf-8")
        print(table(figures))
        return
    rounds, counts = (1, {"single": 20, "batch": 100}) if asked.quick else (7, {"single": 200, "batch": 1_000})
    json.dump({"figures": measure(rounds, counts)}, sys.stdout, indent=2, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
