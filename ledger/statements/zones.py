"""Time zone rules by the tzdata version that the register adopted, from archives that ship with this package.

Guarantees that the same version gives the same legal days on every machine and for ever: neither the system's zone
files nor the installed tzdata package are read (DESIGN section 2, "Register"). `scripts/archive-tzdata` adds the
archive of a new version.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final
from zipfile import ZipFile
from zoneinfo import ZoneInfo

from ledger.errors import LedgerError

_ARCHIVES: Final = Path(__file__).parent / "tzdata"


class TzdataUnknown(LedgerError):
    """The register adopted a version of tzdata that this release does not ship. `version` names it."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"this release does not ship tzdata {version}, only {', '.join(tzdata_versions())}; install a newer release"
        )
        self.version = version


class _Zones(Mapping[str, ZoneInfo]):
    """The zones of one archive, each read when first asked for."""

    def __init__(self, archive: bytes) -> None:
        self._archive = ZipFile(io.BytesIO(archive))
        self._names = frozenset(self._archive.namelist())
        self._read: dict[str, ZoneInfo] = {}

    def __getitem__(self, name: str) -> ZoneInfo:
        if name not in self._read:
            if name not in self._names:
                raise KeyError(name)
            self._read[name] = ZoneInfo.from_file(io.BytesIO(self._archive.read(name)), key=name)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)


def tzdata_versions() -> tuple[str, ...]:
    """The versions this release ships, oldest first, such as 2026f."""
    return tuple(sorted(path.stem for path in _ARCHIVES.glob("*.zip")))


@cache
def load_zones(version: str) -> Mapping[str, ZoneInfo]:
    """The zones of a version, by IANA name. Raises TzdataUnknown."""
    if version not in tzdata_versions():
        raise TzdataUnknown(version)
    return _Zones((_ARCHIVES / f"{version}.zip").read_bytes())
