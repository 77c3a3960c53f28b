#!/usr/bin/env python3
"""Runs every scripts/bench_*.py, one after another, and writes their figures with the machine they were taken on.

Each script prints one JSON object of figures by name. Nothing runs beside a measurement but what the machine itself runs: the
load at the start is written down with the figures. A script that fails is named, and so is a figure that the project promised
and no script measured: the run fails then, after the others are done.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parent
LIBRARIES = ("cryptography", "eventsourcing", "sqlalchemy", "psycopg")
# What a run must bring, by what it is about. A script may print more.
PROMISED = {
    "log": "single_append_vs_library state_1000_ms audit_vs_verify proof_growth",
    "law": "history_10000_ms admission_growth admission_backdated_ms chain_1000_ms",
    "http": "http_append_vs_verify_route http_state_p99_ms http_tile_vs_empty_route http_group_vs_single_commit "
    "http_group_p99_vs_single_p99 http_bulk_vs_batch server_rss_mb",
    "store": "batch_append_vs_verify batch_append_pg_vs_verify batch_append_vs_library unsigned_batch_vs_library "
    "append_growth asof_p99_ms_sqlite asof_p99_ms_pg list_first_page_ms rebuild_vs_verify bytes_per_entry bytes_per_entry_all",
    "evidence": "verify_vs_verify_rate package_1000_s verify_html_1000_s",
    "peers": "peer_single_eventsourcing_sqlite peer_single_eventsourcing_postgresql peer_single_audit_triggers_postgresql "
    "peer_single_continuum_postgresql peer_single_pymerkle_sqlite peer_single_hypercore",
}


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
    parser.add_argument(
        "--quick", action="store_true", help="small rounds where a script has them, to see that it runs"
    )
    asked = parser.parse_args()
    report: dict[str, Any] = {"machine": machine(), "figures": {}, "seconds": {}, "failed": [], "missing": []}
    for script in sorted(SCRIPTS.glob("bench_*.py")):
        text = script.read_text(encoding="utf-8")
        options = [option for option in ("--long", "--quick") if getattr(asked, option[2:]) and f'"{option}"' in text]
        began = time.monotonic()
        done = subprocess.run([sys.executable, str(script), *options], stdout=subprocess.PIPE, text=True)
        report["seconds"][script.name] = round(time.monotonic() - began)
        try:
            printed = json.loads(done.stdout)
            report["figures"] |= printed.get("figures", printed)
        except ValueError:
            report["failed"].append(script.name)
            continue
        if done.returncode:
            report["failed"].append(script.name)
    promised = [name for names in PROMISED.values() for name in names.split()]
    report["missing"] = [name for name in promised if name not in report["figures"]]
    asked.into.parent.mkdir(parents=True, exist_ok=True)
    asked.into.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, figure in report["figures"].items():
        if isinstance(figure, dict):
            print(f"{name:32} {figure.get('value')!s:>12} {figure.get('unit', ''):6} {figure.get('reach', '')}")
        else:
            print(f"{name:32} {figure!s:>12}")
    for name in report["failed"]:
        print(f"failed: {name}")
    for name in report["missing"]:
        print(f"missing: {name}")
    return 1 if report["failed"] or report["missing"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
