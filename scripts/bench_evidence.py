#!/usr/bin/env python3
"""What a package of 1,000 statements costs to make and to verify offline.

`verify_vs_verify_rate`: signatures verified a second within `verify_package`, every check made but the bundle's, over those
that `cryptography` alone verifies a second in one thread (the parties sign with Ed25519 and ES256; for Ed25519 alone a second
thread reads meanwhile); `verify_vs_verify_rate_one_signature` the same for statements with
one signature each, the case in which everything beside the signature weighs most. `package_1000_s`, `package_1000_mib`:
making it, bundle, page and seal included, in a process of its own, with its peak of memory. The statements are
signed by a registrar and two parties, as a transfer is.
"""

import importlib.util
import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.answers import Asked
from domain.register import Register
from ledger.evidence.anchors import Anchors
from ledger.evidence.assemble import Parts, assemble
from ledger.evidence.verify import verify_package
from ledger.log.keys import VerifierKey
from ledger.statements.entry import open_entry
from ledger.statements.envelope import signing_input
from ledger.statements.keys import verify_signature

ROOT = Path(__file__).resolve().parent.parent
STATEMENTS = 1000
ASSET = "asset:nordhafen-terminal"
SIGNERS = [
    {"party": "party:nordhafen-registrar", "role": "registrar", "capacity": "registrar"},
    {"party": "party:baltic-quay-holding", "role": "seller", "capacity": "author"},
    {"party": "party:lindqvist-reederei", "role": "buyer", "capacity": "author"},
]
ASKED = Asked(effective="2026-07-05")


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


def report(n: int, signers: int) -> dict[str, Any]:
    """One act of a year's daily reports."""
    day = f"{2027 + n // 336}-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}"
    return {
        "label": f"B{n}",
        "type": "report.recorded",
        "subjects": [ASSET],
        "effective": {"from": day, "zone": "Europe/Berlin"},
        "notice": [{"to": "public", "at": day, "how": "register"}],
        "actor": SIGNERS[0]["party"],
        "signers": SIGNERS[:signers],
        "basis": {"kind": "report", "title": f"Report {n} on the holdings", "number": str(n)},
        "effects": [{"effect": "state", "kind": "report", "asset": ASSET, "text": "Nothing has changed."}],
    }


def filled(made: Any, signers: int) -> Any:
    """The invented history and reports until there are 1,000 entries."""
    ledger = made.case_ledger("invented-nordhafen")
    ledger.append_drafts(made.lines(report(n, signers) for n in range(STATEMENTS - len(ledger.entries))))
    return ledger


def make() -> None:
    """Makes the package: what the measured process does. Printed: seconds, and peak memory in MiB."""
    made = cases()
    ledger = filled(made, 3)
    sealer = made.sealer()
    started = time.perf_counter()
    archive = assemble(ledger, ASSET, ASKED, datetime.now(UTC), sealer, Parts())
    took = time.perf_counter() - started
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"package_1000_s": round(took, 2), "package_1000_mib": mib, "package_1000_bytes": len(archive)}))


def raw_rate(ledger: Any) -> tuple[int, float]:
    """How many signatures the ledger holds, and how many a second `cryptography` alone verifies: the best of three."""
    register = Register.empty(ledger.register.origin)
    checks = []
    for index, raw in enumerate(ledger.entries):
        opened = open_entry(raw, index, register)
        register = register.apply(opened.act)
        for kid, signature in zip(opened.verified.kids, opened.verified.envelope.signatures, strict=True):
            message = signing_input(signature.protected, opened.verified.envelope.payload)
            held = register.key(kid)
            assert held is not None
            checks.append((held.key, message, signature.signature))
    best = 0.0
    for _ in range(3):
        started = time.perf_counter()
        for key, message, signature in checks:
            verify_signature(key, message, signature, "bench")
        best = max(best, len(checks) / (time.perf_counter() - started))
    return len(checks), best


def rates(signers: int) -> tuple[float, float]:
    """Signatures a second within a package, and alone."""
    made = cases()
    ledger = filled(made, signers)
    anchors = Anchors(made.ORIGIN, ledger.acts[0].id, (VerifierKey.parse(made.LOG_VKEY),))
    archive = assemble(ledger, ASSET, ASKED, datetime.now(UTC), made.sealer(), Parts(bundle=False))
    signatures, raw = raw_rate(ledger)
    best = 0.0
    for _ in range(3):
        started = time.perf_counter()
        told = verify_package(archive, anchors)
        best = max(best, signatures / (time.perf_counter() - started))
        assert told.sound, told.to_text()
    return best, raw


def main() -> None:
    if sys.argv[1:] == ["make"]:
        return make()
    figures = json.loads(subprocess.check_output([sys.executable, __file__, "make"]))
    verified, raw = rates(3)
    one, raw_one = rates(1)
    figures |= {
        "verify_vs_verify_rate": round(verified / raw, 3),
        "verify_vs_verify_rate_one_signature": round(one / raw_one, 3),
        "verify_package_signatures_per_s": round(verified),
        "verify_raw_signatures_per_s": round(raw),
    }
    print(json.dumps(figures, sort_keys=True))


if __name__ == "__main__":
    main()
