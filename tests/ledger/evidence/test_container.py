"""The container has one form: anything else is told, with the member it concerns."""

import io
import random
import stat
import struct
import zipfile
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.evidence.container import MIMETYPE, Container, Deviation, check_name, read_container, write_container

MEMBERS = {
    "statements/1.json": b'{"v":1}',
    "statements/2.json": b'{"v":1,"x":2}',
    "checkpoint": b"origin\n2\nroot\n",
    "META-INF/signature001.p7s": b"\x30\x80",
    "empty.txt": b"",
}
ARCHIVE = write_container(MEMBERS)
LOCAL_FIELDS = [(4, 2), (6, 2), (8, 2), (10, 2), (12, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)]
CENTRAL_FIELDS = [
    *((4, 2), (6, 2), (8, 2), (10, 2), (12, 2), (14, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2)),
    *((34, 2), (36, 2), (38, 4), (42, 4)),
]
"""Offset and width of each field of the two headers of a member (APPNOTE.TXT 4.3.7, 4.3.12)."""
NAMES = {*MEMBERS, "mimetype", "archive"}


def zipped(members: Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    """What an ordinary tool makes of `members`."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def items(container: Container) -> set[str]:
    return {deviation.item for deviation in container.deviations}


def test_a_container_reads_back_without_deviation():
    container = read_container(ARCHIVE)
    assert container.deviations == ()
    assert container.members == {**MEMBERS, "mimetype": MIMETYPE}


def test_order_of_the_given_members_does_not_matter():
    assert write_container(dict(reversed(MEMBERS.items()))) == ARCHIVE


def test_other_tools_read_it():
    with zipfile.ZipFile(io.BytesIO(ARCHIVE)) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "mimetype"
        assert archive.namelist()[1:] == sorted(MEMBERS)
        assert {name: archive.read(name) for name in MEMBERS} == MEMBERS


def test_the_media_type_stands_where_readers_look_for_it():
    assert ARCHIVE[30:38] == b"mimetype"
    assert ARCHIVE[38 : 38 + len(MIMETYPE)] == MIMETYPE


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../up",
        "a/../b",
        "a//b",
        "a/",
        ".hidden",
        "a/.b",
        "C:\\x",
        "a\\b",
        "ä",
        "a b",
        "a\nb",
        "x" * 201,
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str):
    with pytest.raises(Malformed):
        check_name(name)
    with pytest.raises(Malformed):
        write_container({name: b""})
    hostile = read_container(zipped([("mimetype", MIMETYPE), (name, b"")]))
    assert hostile.deviations


def test_names_that_differ_only_in_case_are_refused():
    with pytest.raises(Malformed):
        write_container({"a/B": b"", "a/b": b""})
    read = read_container(zipped([("mimetype", MIMETYPE), ("a/B", b"1"), ("a/b", b"2")]))
    assert Deviation("a/b", "differs from a/B only in case") in read.deviations


@pytest.mark.parametrize("name", [" ", "\t", "\n \n"])
def test_a_member_without_a_name_is_told_as_the_archives(name: str):
    """Nothing else could name it: a finding without an item would tell a clerk nothing."""
    read = read_container(zipped([("mimetype", MIMETYPE), ("a", b"1"), (name, b"2")]))
    assert Deviation("archive", "holds a member without a name") in read.deviations
    assert all(item.strip() for item in items(read)), "every deviation has an item that can be seen"
    assert set(read.members) == {"mimetype", "a"}


def test_the_nameless_are_told_wherever_a_header_says_so():
    """The length of each name set to 0, in turn, in the local headers: what a stretch of zeros does at random."""
    at = 0
    for name in ("mimetype", *sorted(MEMBERS)):
        at = ARCHIVE.index(name.encode(), at)
        made = ARCHIVE[: at - 4] + bytes(2) + ARCHIVE[at - 2 :]
        read = read_container(made)
        assert read.deviations, name
        assert all(item.strip() for item in items(read)), name


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_told():
    read = read_container(zipped([("mimetype", MIMETYPE), ("a", b"1"), ("a", b"2")]))
    assert any(d.item == "a" and "twice" in d.words for d in read.deviations)


def test_another_media_type_is_refused():
    with pytest.raises(Malformed):
        write_container({"mimetype": b"application/zip"})
    assert "mimetype" in items(read_container(zipped([("mimetype", b"application/zip"), ("a", b"1")])))


def test_compression_is_told_and_never_expanded():
    bomb = zipped([("mimetype", MIMETYPE), ("a", bytes(20_000_000))], zipfile.ZIP_DEFLATED)
    read = read_container(bomb)
    assert len(bomb) < 100_000
    assert "a" in items(read)
    assert sum(map(len, read.members.values())) < 100_000


def test_a_symbolic_link_is_told():
    link = zipfile.ZipInfo("a")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "a" in items(read_container(zipped([("mimetype", MIMETYPE), (link, b"/etc/passwd")])))


@pytest.mark.parametrize("offset", [18, 22])
def test_a_size_that_lies_is_told(offset: int):
    at = ARCHIVE.index(b"checkpoint") - 30
    for lie in (0, 1, 15, 2**31, 2**32 - 1):
        read = read_container(ARCHIVE[: at + offset] + struct.pack("<I", lie) + ARCHIVE[at + offset + 4 :])
        assert read.deviations


def test_every_flipped_byte_is_told_with_the_member_it_concerns():
    reached = set()
    for at in range(len(ARCHIVE)):
        flipped = bytearray(ARCHIVE)
        flipped[at] ^= 0x41
        found = items(read_container(bytes(flipped)))
        assert found, f"byte {at}"
        reached |= found & NAMES
    assert reached == NAMES


def test_cuts_additions_and_swaps_are_told():
    for cut in range(len(ARCHIVE)):
        assert read_container(ARCHIVE[:cut]).deviations
    for made in (ARCHIVE + b"\0", b"\0" + ARCHIVE, ARCHIVE + ARCHIVE, b"", b"PK\x05\x06" + bytes(18)):
        assert read_container(made).deviations
    random_source = random.Random(6)
    for _ in range(200):
        one, other = sorted(random_source.sample(range(len(ARCHIVE)), 2))
        width = random_source.randint(1, 40)
        shorter = ARCHIVE[:one] + ARCHIVE[one + width :]
        doubled = ARCHIVE[:other] + ARCHIVE[one : one + width] + ARCHIVE[other:]
        for made in (shorter, doubled):
            assert read_container(made).deviations


def test_a_name_as_long_as_the_format_allows_is_told_whatever_its_bytes_are():
    """Spelled out, such a name would be longer than a header can say; and a rebuilt archive four times as large."""
    at = ARCHIVE.index(b"checkpoint") - 4
    for name in (b"\xff" * 0xFFFF, bytes(0xFFFF), "ä".encode() * 0x7FFF):
        made = ARCHIVE[:at] + struct.pack("<H", len(name)) + ARCHIVE[at + 2 : at + 4] + name + ARCHIVE[at + 14 :]
        read = read_container(made)
        assert read.deviations
        assert any("not a plain relative path" in d.words for d in read.deviations)


@pytest.mark.parametrize("name", ["mimetype", *sorted(MEMBERS)])
def test_every_field_of_every_header_set_to_its_ends_is_told(name: str):
    local, central = ARCHIVE.index(name.encode()) - 30, ARCHIVE.rindex(name.encode()) - 46
    fields = [(local + offset, width) for offset, width in LOCAL_FIELDS]
    fields += [(central + offset, width) for offset, width in CENTRAL_FIELDS]
    for at, width in fields:
        for value in (bytes(width), b"\xff" * width):
            made = ARCHIVE[:at] + value + ARCHIVE[at + width :]
            assert made == ARCHIVE or items(read_container(made)), (at, value)


def test_members_out_of_order_are_told():
    ordinary = zipped([("mimetype", MIMETYPE), ("b", b"1"), ("a", b"2")])
    assert any(d.words == "is out of order" for d in read_container(ordinary).deviations)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(raw: bytes):
    assert read_container(raw).deviations
    assert read_container(ARCHIVE[:40] + raw).deviations


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9]{0,5}(/[a-z0-9]{1,5})?", fullmatch=True), st.binary(max_size=40), max_size=6
    )
)
def test_what_is_written_is_what_is_read(members: dict[str, bytes]):
    members.pop("mimetype", None)
    container = read_container(write_container(members))
    assert container.deviations == ()
    assert {name: data for name, data in container.members.items() if name != "mimetype"} == members
