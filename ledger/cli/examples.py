"""Examples at the foot of a command's help; those that ask are about the demonstration's ledger (`make demo`).

Guarantees that each is a line a person can type: a test runs the ones that ask and reads the options of the others.
"""

from __future__ import annotations

DEMO = "--ledger build/demo/ledger.db"

ASKING: dict[str, str] = {
    "show": f"show rosneft-deutschland --effective 2024-12-01 --known 2024-12-01 {DEMO}",
    "history": f"history danone-russia {DEMO}",
    "explain": f"explain rosneft-deutschland controller --effective 2024-12-01 {DEMO}",
    "proceedings": f"proceedings yukos-awards --effective 2018-01-01 --known 2026-01-01 {DEMO}",
    "restrictions": f"restrictions rosneft-deutschland --effective 2025-10-25 --forum US {DEMO}",
    "encumbrances": f"encumbrances nordhafen-terminal --effective 2026-03-06 --known 2026-03-06 {DEMO}",
    "forums": f"forums rosneft-deutschland --effective 2025-10-25 --compare DE --compare US {DEMO}",
    "holdings": f"holdings rosneft --effective 2024-12-01 {DEMO}",
    "holders": f"holders --effective 2024-12-01 {DEMO}",
    "chain": f"chain asset:rosneft-deutschland --effective 2024-12-01 {DEMO}",
    "find": f"find Rosneft {DEMO}",
    "calendar": f"calendar --from 2026-01-01 --to 2026-12-31 {DEMO}",
    "receipt": f"receipt 131 --entry entry --out receipt {DEMO}",
    "audit": f"audit {DEMO}",
    "types": "types",
    "rules": "rules --json",
}
OTHERS: dict[str, str] = {
    "suppose": f"suppose judgment.ndjson rosneft-deutschland {DEMO}",
    "check": "check drafts.ndjson",
    "sign": "sign draft.ndjson --out envelope.jws",
    "submit": "submit envelope.jws --receipt receipt --entry entry",
    "import": "import desk.ndjson acts.ndjson",
    "verify": "verify entry receipt --vkey build/demo/vkeys.txt",
    "evidence": "evidence rosneft-deutschland --out case.asice --seal-key seal.key --seal-chain seal.pem",
    "publish": "publish log/",
    "stamp": "stamp --stamps stamps --authority name=https://tsa.example/tsr --root roots.pem",
    "demo": "demo --into build/demo",
    "init": "init --origin ledger.example/assets",
    "serve": "serve --ledger ledger.db --keys keys --port 8000",
    "backup": "backup saturday.db",
    "restore": "restore saturday.db --ledger restored.db --checkpoint log/checkpoint",
    "migrate": "migrate ledger.db postgresql+psycopg://owner@db.example/ledger",
    "upgrade": "upgrade --ledger ledger.db",
    "grant": "grant ledger_writer --may append --ledger postgresql+psycopg://owner@db.example/ledger",
}


def epilog(command: str) -> str | None:
    """The example of a command as the last lines of its help, kept as they are."""
    example = (ASKING | OTHERS).get(command)
    return f"\b\nExample:\n  control-ledger {example}" if example is not None else None
