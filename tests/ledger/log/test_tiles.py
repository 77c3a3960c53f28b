"""Tile paths, tiles and bundles have one spelling; a tree of each size has exactly the tiles tlog-tiles says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.log.merkle import leaf_hash, memory_nodes, node_hash
from ledger.log.tiles import (
    ENTRY_BYTES_MAX,
    Bundle,
    Tile,
    bundles_at,
    bundles_between,
    format_bundle,
    format_tile,
    parse_bundle,
    parse_path,
    parse_tile,
    tile_at,
    tiles_at,
    tiles_between,
)
from tests.ledger.log.logs import json_vector


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("tile/0/000", Tile(0, 0)),
        ("tile/0/x001/x234/067", Tile(0, 1_234_067)),
        ("tile/1/x001/x234/067.p/8", Tile(1, 1_234_067, 8)),
        ("tile/0/999.p/255", Tile(0, 999, 255)),
        ("tile/0/x001/000", Tile(0, 1000)),
        ("tile/7/000.p/127", Tile(7, 0, 127)),
        ("tile/entries/000", Bundle(0)),
        ("tile/entries/x001/x234/067.p/1", Bundle(1_234_067, 1)),
    ],
)
def test_a_path_names_one_tile(path, resource):
    assert resource.path == path
    assert parse_path(path) == resource
    assert resource.full == (".p/" not in path)


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000/001", "tile/0/x000",
        "tile/0/001/002", "tile/0/x001/x234", "tile/0/x1/234", "tile/00/000", "tile/01/000", "tile/-1/000",
        "tile/64/000", "tile/100/000", "tile/8/000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
        "tile/0/000.p/256", "tile/0/000.p/999", "tile/0/000.p/01", "tile/0/000.p/-1", "tile/0/000/", "/tile/0/000",
        "tile/0/../000", "tile//000", "tile/entries/", "tile/Entries/000", "tile/data/000", "tile/0/000\n",
        "tile/0/\u0661\u0662\u0663", "tile/0/x001/x234/067.p/8/", "tile/0/" + "x001/" * 20 + "000",
        "tile/7/000.p/128", "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)  # fmt: skip
def test_any_other_spelling_is_malformed(path):
    with pytest.raises(Malformed):
        parse_path(path)


def test_the_tiles_and_bundles_of_a_tree_of_257_entries():
    known = json_vector("tiles-257-entries.json")
    entries = [b"entry %d" % n for n in range(257)]
    nodes = memory_nodes([leaf_hash(entry) for entry in entries])
    made = {}
    for tile in tiles_at(257):
        first = tile.index * 256
        made[tile.path] = format_tile([nodes(8 * tile.level, first + n) for n in range(tile.width)])
    for bundle in bundles_at(257):
        made[bundle.path] = format_bundle(entries[bundle.start : bundle.stop])
    assert {path: content.hex() for path, content in made.items()} == known["files"]
    assert node_hash(nodes(8, 0), nodes(0, 256)).hex() == known["root"]


@given(st.text(alphabet="tile/enrsx0123456789.p", max_size=40).map(lambda rest: "tile/" + rest) | st.text(max_size=40))
def test_any_text_is_a_path_or_malformed(text):
    try:
        assert parse_path(text).path == text
    except Malformed:
        return


@given(st.integers(0, 7), st.integers(0, 2**54), st.integers(1, 256))
def test_a_tile_survives_its_path(level, index, width):
    try:
        tile = Tile(level, index, width)
    except Malformed:
        assert (index * 256 + width) << (8 * level) > 2**63 - 1
        return
    assert parse_path(tile.path) == tile


@pytest.mark.parametrize(("level", "index", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_no_tile_is_built_that_no_tree_has(level, index, width):
    with pytest.raises(Malformed):
        Tile(level, index, width)


def test_a_tree_of_70000_has_the_tiles_the_specification_lists():
    tiles = list(tiles_at(70_000))
    assert len([tile for tile in tiles if tile.level == 0 and tile.full]) == 273
    assert [tile for tile in tiles if tile.level > 0 or not tile.full] == [
        Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1),
    ]  # fmt: skip
    assert list(bundles_at(70_000))[272:] == [Bundle(272), Bundle(273, 112)]
    assert (Bundle(273, 112).start, Bundle(273, 112).stop) == (69_888, 70_000)


def test_a_tree_of_256_has_a_full_tile_and_one_hash_above():
    assert list(tiles_at(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_at(0)) == []
    assert list(bundles_at(0)) == []


@given(st.integers(0, 200_000), st.integers(0, 2000))
def test_the_tiles_between_two_sizes_are_those_the_smaller_tree_lacked(old, added):
    before, after = set(tiles_at(old)), set(tiles_at(old + added))
    assert set(tiles_between(old, old + added)) == after - before
    assert set(bundles_between(old, old + added)) == set(bundles_at(old + added)) - set(bundles_at(old))


@given(st.integers(1, 300_000))
def test_each_tile_of_a_tree_is_the_widest_of_its_place(size):
    for tile in tiles_at(size):
        if tile.index % 97 == 0 or not tile.full:
            assert tile_at(size, tile.level, tile.index) == tile
    with pytest.raises(Malformed):
        tile_at(size, 0, (size + 255) // 256)


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 1), (0, 2**63)])
def test_sizes_of_no_tree_are_malformed(old, new):
    for between in (tiles_between, bundles_between):
        with pytest.raises(Malformed):
            next(between(old, new))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=256))
def test_a_tile_survives(hashes):
    assert parse_tile(format_tile(hashes), len(hashes)) == tuple(hashes)


@pytest.mark.parametrize(
    ("tile", "width"), [(b"", 0), (bytes(32), 2), (bytes(33), 1), (bytes(31), 1), (bytes(32 * 257), 257)]
)
def test_a_tile_of_another_length_is_malformed(tile, width):
    with pytest.raises(Malformed):
        parse_tile(tile, width)


@pytest.mark.parametrize("hashes", [[], [bytes(31)], [bytes(32)] * 257])
def test_no_tile_is_made_that_could_not_be_read(hashes):
    with pytest.raises(Malformed):
        format_tile(hashes)


def test_a_bundle_is_its_entries_after_their_lengths():
    entries = [b"", b"a", b"x" * 258]
    bundle = bytes.fromhex("00000001610102") + b"x" * 258
    assert format_bundle(entries) == bundle
    assert parse_bundle(bundle, 3) == tuple(entries)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_a_bundle_survives_and_no_part_of_it_is_one(entries):
    bundle = format_bundle(entries)
    assert parse_bundle(bundle, len(entries)) == tuple(entries)
    for wrong in (bundle[:-1], bundle + b"\0", bundle + b"\0\0"):
        with pytest.raises(Malformed):
            parse_bundle(wrong, len(entries))
    with pytest.raises(Malformed):
        parse_bundle(bundle, len(entries) + 1)


def test_an_entry_of_the_greatest_length_is_bundled_and_a_greater_one_not():
    assert parse_bundle(format_bundle([b"x" * ENTRY_BYTES_MAX]), 1) == (b"x" * ENTRY_BYTES_MAX,)
    with pytest.raises(Malformed, match="more than 65535"):
        format_bundle([b"x" * (ENTRY_BYTES_MAX + 1)])
    for entries in ([], [b""] * 257):
        with pytest.raises(Malformed, match="1 to 256"):
            format_bundle(entries)


@given(st.binary(max_size=60), st.integers(-1, 258))
def test_any_bytes_are_a_bundle_or_malformed(raw, width):
    try:
        assert format_bundle(parse_bundle(raw, width)) == raw
    except Malformed:
        return
