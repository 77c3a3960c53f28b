"""A whole package in one call: gathered, with the bundle and the page if wanted, sealed.

Guarantees that what the command line, the HTTP service and the demonstration hand out is made the same way. The bundle
is set from the gathered members alone and sealed behind its bytes by the same key as the package; which renderer set
it is written down, so that a verifier can set it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.answers import Asked
from domain.identifiers import SubjectId
from ledger.evidence import layout
from ledger.evidence.bundle import build_bundle, bundle_input_from, renderer
from ledger.evidence.bundle_seal import seal_bundle
from ledger.evidence.package import EvidenceSource, Gathered, gather, seal_package
from ledger.evidence.seal import Sealer
from ledger.evidence.verify_page import verify_page
from ledger.log.timestamp import Post, Stamps


@dataclass(frozen=True, slots=True)
class Parts:
    """The optional parts of a package. `authority`: URL and line of a time-stamping authority for the bundle's seal."""

    bundle: bool = True
    page: bool = True
    authority: tuple[str, Post] | None = None


def assemble(
    source: EvidenceSource,
    asset: SubjectId,
    asked: Asked,
    now: datetime,
    sealer: Sealer,
    parts: Parts | None = None,
    stamps: Stamps | None = None,
    earlier: Iterable[bytes] = (),
    documents: Sequence[bytes] = (),
) -> bytes:
    """The archive. Raises as `gather`, `build_bundle` and `seal_bundle` do."""
    return finish(gather(source, asset, asked, now, stamps, earlier, documents), sealer, parts or Parts())


def finish(gathered: Gathered, sealer: Sealer, parts: Parts) -> bytes:
    """The archive of what was gathered."""
    extras: dict[str, bytes] = {}
    if parts.bundle:
        made = build_bundle(bundle_input_from(gathered.state, gathered.entries, gathered.checkpoint))
        extras[layout.BUNDLE] = seal_bundle(made, sealer.key, sealer.chain[0], sealer.chain[1:], parts.authority)
    if parts.page:
        extras[layout.PAGE] = verify_page()
    return seal_package(gathered, extras, sealer, renderer() if parts.bundle else None)
