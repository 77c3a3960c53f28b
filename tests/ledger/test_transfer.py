"""A ledger copied, backed up and restored has the same bytes and the same root, on each database, or is not there."""

import json
import sqlite3
from collections.abc import Iterator

import pytest

from ledger import transfer
from ledger.application import Ledger
from ledger.audit import audit
from ledger.cli.app import run
from ledger.errors import Malformed
from ledger.object_store import published_note
from ledger.publish import publish
from ledger.reading import LedgerReader, LogBehind
from ledger.shelf import LogCorrupt
from ledger.store import schema
from ledger.store.errors import StoreCorrupt, StoreForeign, StoreUnavailable
from tests.ledger.ledgers import PORT, Clock, founded, ledger_keys, signed
from tests.ledger.store.databases import empty_database, postgres


@pytest.fixture(scope="module")
def server() -> Iterator:
    with postgres() as running:
        yield running


@pytest.fixture
def database(server) -> Iterator[str]:
    with empty_database(server) as url:
        yield url


@pytest.fixture
def house(tmp_path):
    with founded(tmp_path) as house:
        for n in range(3):
            house.submit(house.note(f"report {n}"))
        house.ledger.cosign_latest()
        yield house


def everything(url: str) -> tuple:
    with LedgerReader.open(url) as reader:
        entries = reader._entries
        size = reader.size
        return (entries.head(), list(entries.recorded(0, size)), list(entries.checkpoints()), reader.root(size))


def test_to_postgresql_and_back_every_byte_stays(house, database, tmp_path):
    there = transfer.migrate(house.url, database)
    back = f"sqlite:///{tmp_path / 'back.db'}"
    assert transfer.migrate(database, back) == there
    assert everything(house.url) == everything(database) == everything(back)
    assert (there.size, there.root) == (house.reader.size, house.reader.root(house.reader.size))
    assert audit(database).sound
    assert audit(back).sound


def test_the_copy_goes_on_where_the_source_stopped(house, database):
    transfer.migrate(house.url, database)
    with Ledger.open(database, ledger_keys(), Clock()) as copy:
        recorded = copy.submit(signed(house.note("after the move", follows=[house.reader.head_of(PORT)])))
        assert recorded.index == house.reader.size
    assert audit(database).sound


def test_nothing_is_written_where_something_is(house, database, tmp_path):
    schema.create(database)
    with pytest.raises(StoreForeign):
        transfer.migrate(house.url, database)
    (tmp_path / "taken").write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        transfer.backup(house.url, tmp_path / "taken")
    with pytest.raises(StoreForeign):
        transfer.migrate(house.url, f"sqlite:///{tmp_path / 'taken'}")
    assert (tmp_path / "taken").read_bytes() == b"precious"


def tamper(path, *lines: str) -> None:
    connection = sqlite3.connect(path)
    for line in lines:
        connection.execute(line)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["UPDATE head SET frontier = zeroblob(8)"], LogCorrupt),
        (["DROP TRIGGER checkpoints_update", "UPDATE checkpoints SET note = CAST('no note' AS BLOB)"], Malformed),
        (["DROP TRIGGER entries_update", "UPDATE entries SET entry = zeroblob(700) WHERE position = 4"], StoreCorrupt),
    ],
)
def test_a_copy_that_cannot_be_proven_is_not_there(house, database, tmp_path, lines, error):
    house.ledger.close()
    tamper(house.path, *lines)
    with pytest.raises(error):
        transfer.migrate(house.url, database)
    with pytest.raises(error):
        transfer.backup(house.url, tmp_path / "backup.db")
    assert not (tmp_path / "backup.db").exists()
    schema.create(database)  # still empty


def test_a_backup_beside_a_writer_comes_back(house, tmp_path):
    file = tmp_path / "backup.db"
    made = transfer.backup(house.url, file)
    assert [path.name for path in tmp_path.glob("backup.db*")] == ["backup.db"]
    house.submit(house.note("after the backup"))
    restored = f"sqlite:///{tmp_path / 'restored.db'}"
    assert transfer.restore(file, restored, made.checkpoint) == made
    assert audit(restored).sound
    assert made.size == house.reader.size - 1


def test_a_backup_that_is_not_in_one_file_is_not_kept(house, tmp_path):
    """What a full disk does, and a reader: the copy is committed, and stays in the write-ahead log of the unfinished file."""
    file, readers = tmp_path / "backup.db", []

    def read_meanwhile(_: int, __: int) -> None:
        reader = sqlite3.connect(f"{file}.writing")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        readers.append(reader)

    with pytest.raises(StoreUnavailable, match="cannot be completed"):
        transfer.backup(house.url, file, read_meanwhile)
    for reader in readers:
        reader.close()
    assert readers
    assert not list(tmp_path.glob("backup.db*"))
    assert transfer.backup(house.url, file).size == house.reader.size
    assert [one.name for one in tmp_path.glob("backup.db*")] == ["backup.db"]
    assert transfer.restore(file, f"sqlite:///{tmp_path / 'again.db'}").root == house.reader.root(house.reader.size)


def test_a_backup_older_than_a_published_checkpoint_is_not_restored(house, tmp_path):
    file = tmp_path / "backup.db"
    transfer.backup(house.url, file)
    house.submit(house.note("published, then lost"))
    target = tmp_path / "restored.db"
    with pytest.raises(LogBehind, match="are published") as stale:
        transfer.restore(file, f"sqlite:///{target}", house.reader.checkpoint())
    assert stale.value.note == house.reader.checkpoint()
    assert not target.exists()


def test_a_backup_of_another_history_is_not_restored(house, tmp_path):
    file = tmp_path / "backup.db"
    transfer.backup(house.url, file)
    house.submit(house.note("one history"))
    shown = house.reader.checkpoint()
    fork = f"sqlite:///{tmp_path / 'fork.db'}"
    transfer.restore(file, fork)
    with Ledger.open(fork, ledger_keys(), Clock()) as forked:
        forked.submit(signed(house.note("another history", follows=[None])))
    again = tmp_path / "again.db"
    transfer.backup(fork, again)
    with pytest.raises(LogBehind, match="another history"):
        transfer.restore(again, f"sqlite:///{tmp_path / 'third.db'}", shown)


def test_the_commands(house, tmp_path, capsys):
    assert run(["backup", str(tmp_path / "b.db"), "--ledger", str(house.path), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    (tmp_path / "checkpoint").write_text(made["checkpoint"])
    options = ["--ledger", str(tmp_path / "r.db"), "--checkpoint", str(tmp_path / "checkpoint"), "--json"]
    assert run(["restore", str(tmp_path / "b.db"), *options]) == 0
    assert json.loads(capsys.readouterr().out) == made
    assert run(["migrate", str(house.path), str(tmp_path / "m.db")]) == 0
    assert made["root"] in capsys.readouterr().out
    assert run(["migrate", str(house.path), str(tmp_path / "m.db")]) == 1


def test_a_ledger_older_than_what_was_published_is_not_opened_for_writing(house, tmp_path):
    file = tmp_path / "backup.db"
    transfer.backup(house.url, file)
    house.submit(house.note("published, then lost"))
    publish(tmp_path / "log", house.reader, house.reader.checkpoint(), house.reader.verifiers)
    note = published_note(str(tmp_path / "log"))
    assert note == published_note(f"file://{tmp_path}/log") == house.reader.checkpoint()
    with pytest.raises(LogBehind, match="Nothing is appended"):
        Ledger.open(f"sqlite:///{file}", ledger_keys(), Clock(), published=note)
    Ledger.open(house.url, ledger_keys(), house.clock, published=note).close()
    assert published_note(str(tmp_path / "nowhere")) is None
