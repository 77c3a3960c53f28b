#!/usr/bin/env python3
"""The peers' figures as a picture and a table: `scripts/peers/picture.py build/bench.json docs/pictures/peers.svg` writes the one
and prints the other. SVG by hand: bars on a logarithmic scale, with the least and the greatest round.
"""

import json
import sys
from collections.abc import Mapping
from html import escape
from math import log10
from pathlib import Path
from typing import Any

KINDS = ("single", "batch")
Figures = Mapping[str, Mapping[str, Any]]

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
WIDTH, LEFT, BAR, TOP = 860, 270, 24, 46
PANEL = TOP + BAR * len(SYSTEMS) + 34


def draw(figures: Figures) -> str:
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


def table(figures: Figures) -> str:
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
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    figures = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["figures"]
    Path(sys.argv[2]).write_text(draw(figures), encoding="utf-8")
    print(table(figures))


if __name__ == "__main__":
    main()
