#!/usr/bin/env python3
"""How long Chromium takes to verify a package of 1,000 statements with verify.html, and what a bundle of them costs.

`verify_html_1000_s`: from the click to the verdict, without the bundle in the package. `bundle_1000_s`, `bundle_1000_mib`:
setting the bundle in a process of its own, with its peak of memory.
"""

import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from domain.answers import Asked
from ledger.evidence.bundle import build_bundle, bundle_input_from
from ledger.evidence.verify_page import verify_page

ROOT = Path(__file__).resolve().parent.parent
STATEMENTS = 1000
ASSET, REGISTRAR = "asset:nordhafen-terminal", "party:nordhafen-registrar"


def cases() -> Any:
    """The tests' ledger in memory, loaded by its path: some libraries install a package named tests."""
    path = ROOT / "tests" / "ledger" / "evidence" / "demo_cases.py"
    spec = importlib.util.spec_from_file_location("demo_cases", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["demo_cases"] = module
    spec.loader.exec_module(module)
    return module


def report(n: int) -> dict[str, Any]:
    """One act of a year's daily reports."""
    day = f"{2027 + n // 336}-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}"
    return {
        "label": f"B{n}",
        "type": "report.recorded",
        "subjects": [ASSET],
        "effective": {"from": day, "zone": "Europe/Berlin"},
        "notice": [{"to": "public", "at": day, "how": "register"}],
        "actor": REGISTRAR,
        "signers": [{"party": REGISTRAR, "role": "registrar", "capacity": "registrar"}],
        "basis": {"kind": "report", "title": f"Report {n} on the holdings", "number": str(n)},
        "effects": [{"effect": "state", "kind": "report", "asset": ASSET, "text": "Nothing has changed."}],
    }


def bundle(folder: Path) -> None:
    """Sets the bundle of the members in a folder: what the measured process does."""
    entries = {int(path.stem): path.read_bytes() for path in (folder / "entries").iterdir()}
    state, note = (folder / "state").read_bytes(), (folder / "checkpoint").read_bytes()
    started = time.perf_counter()
    build_bundle(bundle_input_from(state, entries, note))
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"bundle_1000_s": round(time.perf_counter() - started, 2), "bundle_1000_mib": mib}))


def in_browser(folder: Path, archive: bytes, anchors: str) -> float:
    """Seconds from the click to the verdict."""
    page_file, package = folder / "verify.html", folder / "case.asice"
    page_file.write_bytes(verify_page())
    package.write_bytes(archive)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(page_file.as_uri())
        page.fill("#anchors", anchors)
        page.set_input_files("#file", package)
        started = time.perf_counter()
        page.click("#check")
        page.wait_for_selector("#verdict:not([hidden])", timeout=120_000)
        took = time.perf_counter() - started
        assert page.inner_text("#verdict h2").startswith("Sound, "), page.inner_text("#checks")
        browser.close()
    return took


def main() -> None:
    if len(sys.argv) == 2:
        return bundle(Path(sys.argv[1]))
    made = cases()
    ledger = made.case_ledger("invented-nordhafen")
    ledger.append_drafts(made.lines(report(n) for n in range(STATEMENTS - len(ledger.entries))))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "entries").mkdir()
        for index, raw in enumerate(ledger.entries):
            (folder / "entries" / f"{index}.json").write_bytes(raw)
        (folder / "state").write_bytes(ledger.state(ASSET, Asked(effective="2026-07-05")))
        (folder / "checkpoint").write_bytes(ledger.checkpoint())
        figures = json.loads(subprocess.check_output([sys.executable, __file__, name]))
        archive = ledger.package(ASSET, Asked(effective="2026-07-05"), whole=False)
        anchors = f"{made.LOG_VKEY}\n{ledger.acts[0].id}"
        figures["verify_html_1000_s"] = round(in_browser(folder, archive, anchors), 2)
    print(json.dumps(figures, sort_keys=True))


if __name__ == "__main__":
    main()
