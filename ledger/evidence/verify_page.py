"""The browser verifier: one self-contained HTML file that a reader opens from disk, without network (issue 6, DESIGN section 5).

Guarantees that the file is a constant of this release; that its policy (CSP) allows its one script and its one style by
their hashes and nothing else, no connection, image, frame or form; and that it uses only what current Firefox, Safari
and Chromium have. What it checks and what it does not check it says itself. It computes no law: `verify` does.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Final

from ledger.log.ed25519 import SMALL_ORDER_POINTS

_SCRIPTS: Final = ("bytes.js", "archive.js", "keys.js", "log.js", "statements.js", "checks.js", "view.js")
"""In order of use; each sees only what stands before it."""


@cache
def verify_page() -> bytes:
    """`verify.html`."""
    parts = "\n".join(_read(name) for name in _SCRIPTS)
    points = json.dumps(sorted(point.hex() for point in SMALL_ORDER_POINTS))
    script = f'"use strict";\n(() => {{\n{parts.replace("@SMALL_ORDER@", points)}}})();\n'
    style = _read("verify.css")
    assert "</script" not in script.lower(), "the script would end there"
    assert "</style" not in style.lower(), "the style would end there"
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _read("verify.html")
    for mark, part in (("@CSP@", policy), ("@STYLE@", style), ("@SCRIPT@", script)):
        page = page.replace(mark, part, 1)
    return page.encode("utf-8")


def _read(name: str) -> str:
    return files("ledger.evidence").joinpath("page", name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
