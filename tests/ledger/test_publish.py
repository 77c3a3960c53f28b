"""The published folder is a tlog-tiles log, never goes back, and survives a crash between any two writes."""

import multiprocessing
import os
from contextlib import suppress
from pathlib import Path

import pytest

from ledger import publish as publishing
from ledger.log.checkpoint import Checkpoint, cosign, open_checkpoint, sign_checkpoint
from ledger.log.keys import Ed25519Signer
from ledger.log.merkle import Frontier, TileHashes, leaf_hash, prove_inclusion, verify_inclusion
from ledger.log.note import NoteUnverified
from ledger.log.tiles import bundles_at, parse_bundle, parse_path, parse_tile, tiles_at
from ledger.publish import FolderCorrupt, PublicationRefused, SourceCorrupt, publish, published_checkpoint
from tests.ledger.log.logs import ALL_KEYS, LOG_KEY, LOG_PQ, LOG_SIGNER, ORIGIN, ed25519_private, entries, signed

KEYS = (LOG_KEY,)


class Entries:
    """A source in memory."""

    def __init__(self, logged):
        self.logged = logged
        self.hashes = [leaf_hash(entry) for entry in logged]

    def entries(self, start, stop):
        return iter(self.logged[start:stop])

    def leaf_hashes(self, start, stop):
        return iter(self.hashes[start:stop])

    def note(self, size, signer=LOG_SIGNER):
        root = Frontier().extend(self.hashes[:size]).root()
        return sign_checkpoint(Checkpoint(signer.key.name, size, root), [signer])


SOURCE = Entries(entries(2000))


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def contents(folder):
    return {name: (folder / name).read_bytes() for name in files(folder)}


def check_complete(folder, size, source=SOURCE):
    """Reads the folder as a client does: checkpoint, then every tile and bundle it requires, then proofs."""
    opened = open_checkpoint((folder / "checkpoint").read_bytes(), KEYS)
    assert opened.size == size
    leaves = []
    for bundle in bundles_at(size):
        leaves += [leaf_hash(entry) for entry in parse_bundle((folder / bundle.path).read_bytes(), bundle.width)]
    assert Frontier().extend(leaves).root() == opened.root

    def tile(level, index, width):
        found = next(tile for tile in tiles_at(size) if (tile.level, tile.index) == (level, index))
        assert found.width == width
        return (folder / found.path).read_bytes()

    for resource in tiles_at(size):
        parse_tile((folder / resource.path).read_bytes(), resource.width)
    read = TileHashes(size, tile)
    for index in {0, 255, 256, size - 1} & set(range(size)):
        verify_inclusion(leaves[index], index, size, prove_inclusion(index, size, read), opened.root)


@pytest.mark.parametrize("sizes", [[0], [1], [255], [256], [257], [2000], [0, 1, 255, 256, 257, 700, 700, 1024, 1100]])
def test_each_published_size_is_a_complete_log(tmp_path, sizes):
    for size in sizes:
        published = publish(tmp_path / "log", SOURCE, SOURCE.note(size), KEYS)
        assert published.checkpoint.size == size
        check_complete(tmp_path / "log", size)


def test_a_tree_of_65536_and_more_has_a_third_level(tmp_path):
    source = Entries([b"%d" % index for index in range(66_000)])
    for size in (65_400, 65_536, 66_000):
        publish(tmp_path, source, source.note(size), KEYS)
        check_complete(tmp_path, size, source)
    assert (tmp_path / "tile/2/000.p/1").is_file()
    assert not (tmp_path / "tile/1/000.p").exists()


def test_growing_step_by_step_ends_in_the_same_files_as_one_publication(tmp_path):
    for size in (3, 300, 600, 768):
        publish(tmp_path / "steps", SOURCE, SOURCE.note(size), KEYS)
    publish(tmp_path / "once", SOURCE, SOURCE.note(768), KEYS)
    steps, once = contents(tmp_path / "steps"), contents(tmp_path / "once")
    assert once.items() <= steps.items()
    # What remains beside them: the level-1 tile is still partial, so its earlier widths stay.
    assert set(steps) - set(once) == {"tile/1/000.p/1", "tile/1/000.p/2"}
    for name in set(steps) - {"checkpoint"}:
        assert parse_path(name).path == name


def test_partial_tiles_and_bundles_go_once_the_full_one_exists(tmp_path):
    publish(tmp_path, SOURCE, SOURCE.note(200), KEYS)
    publish(tmp_path, SOURCE, SOURCE.note(250), KEYS)
    assert {"tile/0/000.p/200", "tile/0/000.p/250", "tile/entries/000.p/200"} <= files(tmp_path)
    publish(tmp_path, SOURCE, SOURCE.note(256), KEYS)
    assert files(tmp_path) == {"checkpoint", "tile/0/000", "tile/entries/000", "tile/1/000.p/1"}


def test_publishing_again_writes_nothing(tmp_path):
    publish(tmp_path, SOURCE, SOURCE.note(300), KEYS)
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in files(tmp_path)}
    assert publish(tmp_path, SOURCE, SOURCE.note(300), KEYS).written == 0
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in files(tmp_path)} == before


def test_a_cosigned_note_of_the_same_size_replaces_the_checkpoint_only(tmp_path):
    publish(tmp_path, SOURCE, SOURCE.note(300), KEYS)
    cosigned = cosign(open_checkpoint(SOURCE.note(300), KEYS), LOG_PQ, 5)
    assert publish(tmp_path, SOURCE, cosigned, ALL_KEYS).written == 1
    assert (tmp_path / "checkpoint").read_bytes() == cosigned


def test_the_folder_is_left_alone_by_a_smaller_checkpoint(tmp_path):
    publish(tmp_path, SOURCE, SOURCE.note(300), KEYS)
    before = contents(tmp_path)
    with pytest.raises(PublicationRefused, match="smaller") as refused:
        publish(tmp_path, SOURCE, SOURCE.note(299), KEYS)
    assert (refused.value.published, refused.value.offered) == (SOURCE.note(300), SOURCE.note(299))
    assert contents(tmp_path) == before


@pytest.mark.parametrize("changed", [0, 255, 256, 299])
@pytest.mark.parametrize("size", [300, 301, 1000])
def test_the_folder_is_left_alone_by_another_history(tmp_path, changed, size):
    publish(tmp_path, SOURCE, SOURCE.note(300), KEYS)
    before = contents(tmp_path)
    fork = Entries([*SOURCE.logged[:changed], b"another act", *SOURCE.logged[changed + 1 :]])
    with pytest.raises((PublicationRefused, SourceCorrupt)):
        publish(tmp_path, fork, fork.note(size), KEYS)
    assert contents(tmp_path) == before


def test_two_roots_of_one_size_are_refused_with_both_notes(tmp_path):
    publish(tmp_path, SOURCE, SOURCE.note(300), KEYS)
    fork = Entries([b"another first act", *SOURCE.logged[1:]])
    with pytest.raises(PublicationRefused, match="another root") as refused:
        publish(tmp_path, fork, fork.note(300), KEYS)
    assert (refused.value.published, refused.value.offered) == (SOURCE.note(300), fork.note(300))


def test_another_log_is_not_published_into_the_folder(tmp_path):
    publish(tmp_path, SOURCE, SOURCE.note(3), KEYS)
    other = Ed25519Signer("log.example/other", ed25519_private("other"))
    with pytest.raises(PublicationRefused, match="another log"):
        publish(tmp_path, SOURCE, SOURCE.note(4, other), (*KEYS, other.key))


def test_an_unsigned_checkpoint_is_not_published(tmp_path):
    stranger = Ed25519Signer(ORIGIN, ed25519_private("stranger"))
    with pytest.raises(NoteUnverified):
        publish(tmp_path, SOURCE, SOURCE.note(3, stranger), KEYS)
    assert files(tmp_path) == set()


def test_a_source_whose_entries_are_not_those_of_the_checkpoint_publishes_none(tmp_path):
    with pytest.raises(SourceCorrupt, match="another root"):
        publish(tmp_path, SOURCE, sign_checkpoint(Checkpoint(ORIGIN, 300, bytes(32)), [LOG_SIGNER]), KEYS)
    with pytest.raises(SourceCorrupt, match="size 2000"):
        publish(tmp_path, SOURCE, sign_checkpoint(Checkpoint(ORIGIN, 2001, bytes(32)), [LOG_SIGNER]), KEYS)
    assert files(tmp_path) == set()
    altered = Entries(list(SOURCE.logged))
    altered.logged[290] = b"altered behind its leaf hash"
    with pytest.raises(SourceCorrupt, match="entries 256 to 299"):
        publish(tmp_path, altered, SOURCE.note(300), KEYS)
    assert "checkpoint" not in files(tmp_path)
    assert publish(tmp_path, SOURCE, SOURCE.note(300), KEYS).checkpoint.size == 300
    check_complete(tmp_path, 300)


@pytest.mark.parametrize("name", ["tile/0/001.p/44", "tile/1/000.p/1"])
@pytest.mark.parametrize("size", [300, 600])
def test_a_tile_changed_on_disk_stops_publication(tmp_path, name, size):
    publish(tmp_path, SOURCE, SOURCE.note(300), KEYS)
    path = tmp_path / name
    for damaged in (path.read_bytes()[:-1] + b"\0", path.read_bytes()[:-1], b""):
        path.write_bytes(damaged)
        with pytest.raises(FolderCorrupt):
            publish(tmp_path, SOURCE, SOURCE.note(size), KEYS)
    path.unlink()
    with pytest.raises(FolderCorrupt, match="missing"):
        publish(tmp_path, SOURCE, SOURCE.note(size), KEYS)


def test_other_bytes_in_a_file_s_place_are_never_overwritten(tmp_path):
    for name in ("tile/0/000", "tile/entries/001.p/44"):
        folder = tmp_path / name.replace("/", "-")
        planted = folder / name
        planted.parent.mkdir(parents=True)
        planted.write_bytes(b"planted")
        with pytest.raises(FolderCorrupt, match="not overwritten") as refused:
            publish(folder, SOURCE, SOURCE.note(300), KEYS)
        assert refused.value.path == planted
        assert planted.read_bytes() == b"planted"
        assert not (folder / "checkpoint").exists()


def test_a_published_checkpoint_that_does_not_open_stops_publication(tmp_path):
    publish(tmp_path, SOURCE, SOURCE.note(3), KEYS)
    stranger = Ed25519Signer(ORIGIN, ed25519_private("stranger"))
    (tmp_path / "checkpoint").write_bytes(SOURCE.note(3, stranger))
    with pytest.raises(NoteUnverified):
        publish(tmp_path, SOURCE, SOURCE.note(4), KEYS)


class Crash(BaseException):
    """The power went."""


def crash_at(monkeypatch, number, after):
    """Raises `Crash` before or after the ``number``-th step that touches the disk; returns the count of steps."""
    count = [0]

    def counted(step):
        def run(*arguments, **options):
            count[0] += 1
            if count[0] == number and not after:
                raise Crash
            result = step(*arguments, **options)
            if count[0] == number:
                raise Crash
            return result

        return run

    for name in ("_write_durably", "_sync_folder"):
        monkeypatch.setattr(publishing, name, counted(getattr(publishing, name)))
    monkeypatch.setattr(os, "link", counted(os.link))
    monkeypatch.setattr(Path, "replace", counted(Path.replace))
    monkeypatch.setattr(Path, "unlink", counted(Path.unlink))
    return count


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_step_leaves_a_complete_log_that_publishing_again_completes(tmp_path, monkeypatch, after):
    number = 0
    while True:
        number += 1
        folder = tmp_path / f"{number}"
        publish(folder, SOURCE, SOURCE.note(250), KEYS)
        with monkeypatch.context() as patched:
            count = crash_at(patched, number, after)
            try:
                publish(folder, SOURCE, SOURCE.note(520), KEYS)
            except Crash:
                crashed = True
            else:
                crashed = False
        opened = published_checkpoint(folder, KEYS)
        assert opened is not None
        assert opened.size in (250, 520)
        if opened.size == 520:
            check_complete(folder, 520)
        else:
            check_readable_at_250(folder)
        publish(folder, SOURCE, SOURCE.note(530), KEYS)
        check_complete(folder, 530)
        assert ".writing" not in files(folder)
        assert not (folder / "tile/0/000.p").exists()
        if not crashed:
            assert count[0] < number
            break
    assert number > 20


def check_readable_at_250(folder):
    """The old checkpoint's entries are there: in the partial bundle, or in the full one that took its place."""
    bundles = [folder / "tile/entries/000.p/250", folder / "tile/entries/000"]
    raw = next(path for path in bundles if path.is_file())
    width = 250 if raw == bundles[0] else 256
    assert list(parse_bundle(raw.read_bytes(), width))[:250] == SOURCE.logged[:250]


def test_the_checkpoint_is_written_after_everything_beneath_it_is_on_disk(tmp_path, monkeypatch):
    steps = []
    write, sync = publishing._write_durably, publishing._sync_folder

    def noted_write(path, data):
        steps.append("checkpoint" if data == SOURCE.note(600) else "file")
        write(path, data)

    def noted_sync(folder):
        steps.append(folder)
        sync(folder)

    monkeypatch.setattr(publishing, "_write_durably", noted_write)
    monkeypatch.setattr(publishing, "_sync_folder", noted_sync)
    publish(tmp_path, SOURCE, SOURCE.note(600), KEYS)
    written = steps.index("checkpoint")
    assert steps[written:] == ["checkpoint", tmp_path]
    for folder in (
        "",
        "tile",
        "tile/0",
        "tile/0/002.p",
        "tile/1",
        "tile/1/000.p",
        "tile/entries",
        "tile/entries/002.p",
    ):
        synced = len(steps) - 1 - steps[::-1].index(tmp_path / folder) if folder else steps.index(tmp_path)
        assert synced < written
        assert "file" not in steps[synced:]


def test_every_published_file_was_synced_itself(tmp_path, monkeypatch):
    synced = set()
    fsync = os.fsync

    def noted(descriptor):
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    publish(tmp_path, SOURCE, SOURCE.note(600), KEYS)
    assert {(tmp_path / name).stat().st_ino for name in files(tmp_path)} <= synced


def publish_sizes(folder, sizes):
    for size in sizes:
        with suppress(PublicationRefused):
            publish(folder, SOURCE, signed(size), KEYS)


def test_two_publishers_at_once_never_take_the_checkpoint_back(tmp_path):
    context = multiprocessing.get_context("fork")
    workers = [
        context.Process(target=publish_sizes, args=(tmp_path, range(start, 700, 90)), daemon=True) for start in (10, 40)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    check_complete(tmp_path, 670)
