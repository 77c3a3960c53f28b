"""The container: an ASiC-E archive (ETSI EN 319 162-1, APPNOTE.TXT 6.3) in one exact form.

Guarantees that a set of members has exactly one archive: `mimetype` first, the others in byte order of their names,
every member stored uncompressed, every header field a constant but for name, size and CRC-32, no extra fields, no
comments, no directories, nothing before, between or behind. A stored archive is as large as its contents, so it
cannot be a bomb, and its bytes depend on no compression library.

`read_container` parses what it can, rebuilds the archive from it and compares every byte: a flipped header field,
hidden data, a second member of one name, a name that leads out of the folder, a size that lies are each told with the
member they concern. It does not know what the members mean.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ledger.errors import Malformed

MIMETYPE_NAME: Final = "mimetype"
MIMETYPE: Final = b"application/vnd.etsi.asic-e+zip"
ARCHIVE_BYTES_MAX: Final = 1 << 30
MEMBERS_MAX: Final = 65_534
"""What the 16-bit counts of an archive without ZIP64 can hold."""
NAME_CHARS_MAX: Final = 200

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")
_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END: Final = struct.Struct("<4sHHHHIIH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION: Final = 10
_MIDNIGHT, _FIRST_DAY = 0, 0x0021
"""1 January 1980, 00:00: the zero of the format's clock."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where an archive is not in the one form: the member (or part of the archive) and what is wrong with it."""

    item: str
    words: str


@dataclass(frozen=True, slots=True)
class Container:
    """An archive as read. Exactly `write_container(members)` when `deviations` is empty; otherwise not to be relied
    on, though `members` holds what could be read, so that everything wrong can be told at once."""

    members: Mapping[str, bytes]
    deviations: tuple[Deviation, ...]


@dataclass(frozen=True, slots=True)
class _Region:
    start: int
    stop: int
    item: str
    words: str


def check_name(name: str) -> str:
    """`name` if a member can bear it: ASCII letters, digits, `.`, `_`, `-` in steps that begin with a letter or digit,
    separated by single `/`. So no absolute path, no `..`, no hidden file, no drive. Raises Malformed."""
    if len(name) > NAME_CHARS_MAX or _NAME.match(name) is None:
        raise Malformed(
            repr(name[:NAME_CHARS_MAX]), "not a plain relative path of ASCII letters, digits, '.', '_' and '-'"
        )
    return name


def write_container(members: Mapping[str, bytes]) -> bytes:
    """The one archive of `members` (names to contents; `mimetype` is added). Raises Malformed for names that cannot
    stand in it or stand in it together, and for more than it can hold."""
    names = [check_name(name) for name in members]
    if MIMETYPE_NAME in members and members[MIMETYPE_NAME] != MIMETYPE:
        raise Malformed(MIMETYPE_NAME, "another media type than that of ASiC-E")
    folded: dict[str, str] = {}
    for name in names:
        if (other := folded.setdefault(name.lower(), name)) != name:
            raise Malformed(name, f"differs from {other} only in case: one file on many machines")
    if len(names) >= MEMBERS_MAX:
        raise Malformed("archive", f"{len(names)} members, fewer than {MEMBERS_MAX} fit")
    ordered = _in_order({**members, MIMETYPE_NAME: MIMETYPE}.items())
    archive = _joined(_assemble(ordered))
    if len(archive) > ARCHIVE_BYTES_MAX:
        raise Malformed("archive", f"{len(archive)} bytes, at most {ARCHIVE_BYTES_MAX} fit")
    return archive


def read_container(archive: bytes) -> Container:
    """What `archive` holds and where it is not in the one form. Never raises, whatever the bytes are."""
    if len(archive) > ARCHIVE_BYTES_MAX:
        words = f"{len(archive)} bytes; at most {ARCHIVE_BYTES_MAX} are read"
        return Container(MappingProxyType({}), (Deviation("archive", words),))
    found, deviations = _walk(archive)
    members: dict[str, bytes] = {}
    folded: dict[str, str] = {}
    for name, data in found:
        if _item(name) != name:
            deviations.append(Deviation(_item(name), "holds a member without a name"))
            continue
        try:
            check_name(name)
        except Malformed as refused:
            deviations.append(Deviation(name, refused.why))
        if name in members:
            deviations.append(Deviation(name, "stands in the archive twice: which one is meant, readers decide apart"))
            continue
        if (other := folded.setdefault(name.lower(), name)) != name:
            deviations.append(Deviation(name, f"differs from {other} only in case"))
        members[name] = data
    if members.get(MIMETYPE_NAME) != MIMETYPE:
        deviations.append(Deviation(MIMETYPE_NAME, "is missing or is not that of ASiC-E"))
    ordered = _in_order(found)
    if ordered != found:
        first = next(name for (name, _), (wanted, _) in zip(found, ordered, strict=True) if name != wanted)
        deviations.append(Deviation(_item(first), "is out of order"))
    deviations += _differences(archive, ordered)
    return Container(MappingProxyType(members), tuple(dict.fromkeys(deviations)))


def _item(name: str) -> str:
    """How a deviation calls a member: by its name, or as the archive's where there is no name that a reader could see."""
    return name if name.strip() else "archive"


def _in_order(items: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return sorted(items, key=lambda item: (item[0] != MIMETYPE_NAME, item[0]))


def _walk(archive: bytes) -> tuple[list[tuple[str, bytes]], list[Deviation]]:
    """The members by their local headers, in order, until something else follows."""
    found: list[tuple[str, bytes]] = []
    deviations: list[Deviation] = []
    at = 0
    while archive[at : at + 4] == _LOCAL_MARK:
        if len(found) == MEMBERS_MAX:
            deviations.append(Deviation("archive", f"more than {MEMBERS_MAX} members"))
            break
        if at + _LOCAL.size > len(archive):
            deviations.append(Deviation("archive", "ends within a header"))
            break
        *_, method, _, _, _, stored, size, name_bytes, extra_bytes = _LOCAL.unpack_from(archive, at)
        name_at = at + _LOCAL.size
        data_at = name_at + name_bytes + extra_bytes
        name = archive[name_at : name_at + name_bytes].decode(
            "latin-1"
        )  # each byte a character, so that it is rebuilt as it was
        item = _item(name)
        if method or stored != size:
            deviations.append(Deviation(item, "is compressed; members are stored as they are"))
        if data_at + stored > len(archive):
            deviations.append(Deviation(item, f"claims {stored} bytes, more than the archive still has"))
            break
        found.append((name, archive[data_at : data_at + stored]))
        at = data_at + stored
    if not found:
        deviations.append(Deviation("archive", "is no archive: does not begin with a member"))
    return found, deviations


def _differences(archive: bytes, members: list[tuple[str, bytes]]) -> list[Deviation]:
    """Where `archive` differs from the one made of what was read from it."""
    parts = _assemble(members)
    rebuilt = _joined(parts)
    if rebuilt == archive:
        return []
    regions = _regions(parts)
    found = []
    if len(rebuilt) == len(archive):
        for region in regions:
            if rebuilt[region.start : region.stop] != archive[region.start : region.stop]:
                found.append(Deviation(region.item, region.words))
    else:
        at = _first_difference(rebuilt, archive)
        region = next((r for r in regions if r.start <= at < r.stop), regions[-1])
        words = f"{region.words}; {len(archive)} bytes where the one form has {len(rebuilt)}"
        found.append(Deviation(region.item, words))
    return found


def _first_difference(one: bytes, other: bytes) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


_Part = tuple[bytes, str, str]
"""A stretch of an archive, what it belongs to, and what is wrong where another stands in its place."""


def _assemble(members: list[tuple[str, bytes]]) -> list[_Part]:
    """The archive of `members` in this order, stretch by stretch."""
    parts: list[_Part] = []
    directory: list[_Part] = []
    at = 0
    for name, data in members:
        spelled, item = name.encode("latin-1"), _item(name)
        sums = (zlib.crc32(data), len(data), len(data))
        central = _CENTRAL.pack(
            _CENTRAL_MARK, _VERSION, _VERSION, 0, 0, _MIDNIGHT, _FIRST_DAY, *sums, len(spelled), 0, 0, 0, 0, 0, at
        )
        directory.append((central + spelled, item, "its record in the archive's directory is not in the one form"))
        local = _LOCAL.pack(_LOCAL_MARK, _VERSION, 0, 0, _MIDNIGHT, _FIRST_DAY, *sums, len(spelled), 0)
        wrong = "its header is not in the one form, or its contents do not have the CRC-32 it states"
        parts.append((local, item, wrong))
        parts.append((spelled, item, "its name is not what the archive says elsewhere"))
        parts.append((data, item, "its contents changed while being read"))
        at += len(local) + len(spelled) + len(data)
    size = sum(len(record) for record, _, _ in directory)
    count = min(len(members), 0xFFFF)
    end = _END.pack(_END_MARK, 0, 0, count, count, min(size, 0xFFFFFFFF), min(at, 0xFFFFFFFF), 0)
    return [*parts, *directory, (end, "archive", "the end of the archive is not in the one form")]


def _joined(parts: list[_Part]) -> bytes:
    return b"".join([part for part, _, _ in parts])


def _regions(parts: list[_Part]) -> list[_Region]:
    regions: list[_Region] = []
    at = 0
    for part, item, words in parts:
        regions.append(_Region(at, at + len(part), item, words))
        at += len(part)
    return regions
