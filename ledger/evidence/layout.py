"""The members of a package: their names, and those that are a function of the others.

Guarantees one name per thing and one content of `index.csv` and `manifest-sha256.txt` for the rest of a package, so
that a verifier makes them again and compares. Log indices are decimal without leading zeros. Cells of the index that a
spreadsheet would read as a formula are set off with an apostrophe.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from typing import Final

from domain.identifiers import REGISTER
from ledger.errors import Malformed
from ledger.log.merkle import leaf_hash
from ledger.statements.entry import OpenedEntry, format_recorded_at
from ledger.statements.statement import Document

PACKAGE, CHECKPOINT, STATE, INDEX = "package.json", "checkpoint", "state.json", "index.csv"
HOW_TO, MANIFEST = "VERIFY.txt", "manifest-sha256.txt"
PAGE, BUNDLE = "verify.html", "bundle.pdf"
FIXED: Final = frozenset({"mimetype", PACKAGE, CHECKPOINT, STATE, INDEX, HOW_TO, MANIFEST})
OPTIONAL: Final = frozenset({PAGE, BUNDLE})
_N = r"(?P<n>0|[1-9][0-9]{0,18})"
_STATEMENT = re.compile(rf"statements/{_N}\.json\Z")
_REGISTER = re.compile(rf"register/{_N}\.json\Z")
_PROOF = re.compile(rf"proofs/{_N}\.tlog-proof\Z")
_CONSISTENCY = re.compile(rf"consistency/{_N}\.(checkpoint|proof)\Z")
_TIMESTAMP = re.compile(r"timestamps/[0-9a-z.-]+\Z")
_DOCUMENT = re.compile(r"documents/(?P<hash>[0-9a-f]{64})\.(?P<kind>[a-z0-9]{1,8})\Z")
_KINDS: Final = {
    "application/pdf": "pdf",
    "text/plain": "txt",
    "text/html": "html",
    "application/json": "json",
    "application/xml": "xml",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/tiff": "tif",
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS: Final = (
    *("index", "statement", "type", "recorded_at", "effective_from", "actor", "subjects", "signers", "instrument"),
    *("leaf_hash", "file", "proof"),
)


def entry_name(index: int, about_register: bool) -> str:
    """Where an entry lies."""
    return f"{'register' if about_register else 'statements'}/{index}.json"


def proof_name(index: int) -> str:
    """Where its proof lies."""
    return f"proofs/{index}.tlog-proof"


def document_name(document: Document) -> str:
    """Where a document named by a statement lies, if it is in the package."""
    return f"documents/{document.sha256}.{_KINDS.get(document.media_type, 'bin')}"


def indexed(members: Mapping[str, bytes], pattern: re.Pattern[str]) -> dict[int, bytes]:
    """The members of one numbered kind, by number."""
    return {int(found["n"]): data for name, data in members.items() if (found := pattern.match(name))}


def statements_in(members: Mapping[str, bytes]) -> dict[int, bytes]:
    return indexed(members, _STATEMENT)


def register_in(members: Mapping[str, bytes]) -> dict[int, bytes]:
    return indexed(members, _REGISTER)


def proofs_in(members: Mapping[str, bytes]) -> dict[int, bytes]:
    return indexed(members, _PROOF)


def earlier_in(members: Mapping[str, bytes]) -> list[int]:
    """Sizes of earlier checkpoints, from their notes or their proofs."""
    return sorted({int(found["n"]) for name in members if (found := _CONSISTENCY.match(name))})


def unknown_names(members: Mapping[str, bytes]) -> list[str]:
    """Members that a package of this version does not have."""
    patterns = (_STATEMENT, _REGISTER, _PROOF, _CONSISTENCY, _TIMESTAMP, _DOCUMENT)
    return [
        name
        for name in members
        if name not in FIXED | OPTIONAL
        and not name.startswith("META-INF/")
        and not any(pattern.match(name) for pattern in patterns)
    ]


def format_index(entries: Mapping[int, OpenedEntry], raw: Mapping[int, bytes]) -> bytes:
    """`index.csv`: one line for each entry, in the order of the log."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for index in sorted(entries):
        act = entries[index].act
        dates = act.effective or (act.effective_of(act.effects[0]) if act.effects else None)
        start = dates.start.text if dates is not None and dates.start is not None else ""
        cells = (
            str(index),
            act.id,
            act.type,
            format_recorded_at(act.recorded_at),
            start,
            act.actor,
            " ".join(act.subjects),
            " ".join(f"{signer.party}/{signer.role}/{signer.capacity}" for signer in act.signers),
            act.basis.title,
            leaf_hash(raw[index]).hex(),
            entry_name(index, act.subjects == (REGISTER,)),
            proof_name(index),
        )
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return target.getvalue().encode()


def format_manifest(members: Mapping[str, bytes]) -> bytes:
    """`manifest-sha256.txt` of a package with these members."""
    return format_manifest_of(manifest_lines(members))


def format_manifest_of(lines: Iterable[tuple[str, str]]) -> bytes:
    """The manifest of these names and hashes, for `sha256sum -c`."""
    return "".join(f"{digest}  {name}\n" for name, digest in lines).encode()


def manifest_lines(members: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Name and SHA-256 of each member that the manifest lists: all but itself and those of `META-INF/`, by name."""
    listed = sorted(name for name in members if name != MANIFEST and not name.startswith("META-INF/"))
    return [(name, hashlib.sha256(members[name]).hexdigest()) for name in listed]


def parse_manifest(raw: bytes) -> dict[str, str]:
    """What a manifest lists: names to hashes, the last where one stands twice. Raises Malformed."""
    listed: dict[str, str] = {}
    for number, line in enumerate(raw.split(b"\n")[:-1], 1):
        digest, gap, name = line.decode("utf-8", "backslashreplace").partition("  ")
        if not gap or not name.strip() or re.fullmatch(r"[0-9a-f]{64}", digest) is None:
            raise Malformed(MANIFEST, f"line {number} is not a SHA-256, two spaces and a name")
        listed[name] = digest
    return listed
