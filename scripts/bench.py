#!/usr/bin/env python3
"""Runs every scripts/bench_*.py, one after another, and writes their figures with the machine they were taken on.

Each script prints one JSON object of figures by name. Nothing runs beside a measurement but what the machine itself runs: the
load at the start is written down with the figures. A script that fails is named, and the run fails after the others are done.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parent
LIBRARIES = ("cryptography", "eventsourcing", "sqlalchemy", "psycopg")


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("build/bench.json"))
    parser.add_argument("--long", action="store_true", help="up to a million entries: takes hours")
    asked = parser.parse_args()
    report: dict[str, Any] = {"machine": machine(), "figures": {}, "failed": []}
    for script in sorted(SCRIPTS.glob("bench_*.py")):
        options = ["--long"] if asked.long and "--long" in script.read_text(encoding="utf-8") else []
        done = subprocess.run([sys.executable, str(script), *options], stdout=subprocess.PIPE, text=True)
        try:
            printed = json.loads(done.stdout)
            report["figures"] |= printed.get("figures", printed)
        except ValueError:
            report["failed"].append(script.name)
            continue
        if done.returncode:
            report["failed"].append(script.name)
    asked.into.parent.mkdir(parents=True, exist_ok=True)
    asked.into.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, figure in report["figures"].items():
        if isinstance(figure, dict):
            print(f"{name:32} {figure.get('value')!s:>12} {figure.get('unit', ''):6} {figure.get('reach', '')}")
        else:
            print(f"{name:32} {figure!s:>12}")
    for name in report["failed"]:
        print(f"failed: {name}")
    return 1 if report["failed"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
