"""Small real packages: a ledger with a port and its sales, a local authority, a seal."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.x509 import Certificate

from domain.answers import Asked
from ledger.evidence.anchors import Anchors
from ledger.evidence.container import read_container, write_container
from ledger.evidence.findings import Report
from ledger.evidence.layout import MANIFEST, format_manifest
from ledger.evidence.local_authority import LocalAuthority, issue
from ledger.evidence.package import Gathered, gather, seal_package
from ledger.evidence.seal import Sealer, seal
from ledger.evidence.verify import verify_package
from ledger.log.timestamp import Authority, Stamped, Stamps, stamp
from tests.ledger.ledgers import ORIGIN, PORT, House, founded

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
TODAY = datetime.now(UTC).replace(microsecond=0)
DOCUMENT = b"Deed of sale, as scanned."


@dataclass(frozen=True)
class Court:
    """What a case brings: a sealed package, the reader's anchors, and what the package was made from."""

    archive: bytes
    anchors: Anchors
    sealer: Sealer
    gathered: Gathered
    authority: LocalAuthority
    stamps: Stamps

    @property
    def members(self) -> dict[str, bytes]:
        return dict(read_container(self.archive).members)

    def resealed(self, members: Mapping[str, bytes]) -> bytes:
        """A package with other members, listed and sealed anew by its maker: no lists give it away."""
        kept = {name: data for name, data in members.items() if not name.startswith("META-INF/")}
        kept[MANIFEST] = format_manifest(kept)
        return write_container({**kept, **seal(kept, self.sealer)})

    def verify(self, archive: bytes | None = None) -> Report:
        return verify_package(self.archive if archive is None else archive, self.anchors)


def fill(house: House) -> None:
    """Three sales of the port, and one of another asset in between."""
    house.submit(house.sale("1/4", evidence=[_document()]))
    house.submit(house.registered("asset:quay"))
    house.submit(house.sale("1/8", day="2024-03-05"))
    house.clock.move(hours=1)
    house.submit(house.resale())


def _document() -> dict[str, str]:
    return {
        "title": "Deed",
        "media_type": "application/pdf",
        "size": str(len(DOCUMENT)),
        "sha256": hashlib.sha256(DOCUMENT).hexdigest(),
        "sha512": hashlib.sha512(DOCUMENT).hexdigest(),
    }


def anchors_of(house: House, authority: LocalAuthority, seal_root: Certificate) -> Anchors:
    roots = (authority.root.certificate,)
    return Anchors(ORIGIN, house.genesis, house.reader.verifiers, stamp_roots=roots, seal_roots=(seal_root,))


@contextmanager
def court_house(folder: Path) -> Iterator[tuple[House, Court]]:
    """A ledger as filled, its authority, and a package of the port."""
    authority = LocalAuthority(folder / "authority", YESTERDAY)
    sealing_root = issue("Sealing root", None, YESTERDAY, authority=True)
    sealing = issue("The ledger's operator", sealing_root, YESTERDAY)
    sealer = Sealer(sealing.key, (sealing.certificate,), TODAY)
    with founded(folder) as house:
        stamps = Stamps(folder / "timestamps")
        house.submit(house.note("before the sales"))
        early = house.reader.checkpoint()
        known = Authority("local", "https://stamps.example/", (authority.root.certificate,))
        (outcome,) = stamp(stamps, early, [known], authority.post, lambda attempt: None)
        assert isinstance(outcome, Stamped)
        fill(house)
        house.ledger.cosign_latest()
        gathered = gather(house.reader, PORT, Asked(effective="2024-12-31"), NOW, stamps, documents=[DOCUMENT])
        archive = seal_package(gathered, {}, sealer)
        anchors = anchors_of(house, authority, sealing_root.certificate)
        yield house, Court(archive, anchors, sealer, gathered, authority, stamps)
