"""Statements that go to the driver itself: what comes back, and that nothing of an error or a lock stays behind."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import bindparam, select, text, update

from ledger.store import driver, tables
from ledger.store.errors import StoreConflict, StoreCorrupt, StoreUnavailable
from ledger.store.reader import HEAD
from tests.ledger.store.logs import Log, everything

SHIP = ("asset:ship",)


def test_rows_come_as_the_database_has_them(log):
    log.append(SHIP, SHIP)
    datastore = log.recorder._datastore
    rows = select(tables.entries.c.position, tables.entries.c.leaf_hash, tables.entries.c.topic).order_by(
        tables.entries.c.position
    )
    every = datastore.dialect.statement(rows)
    one = datastore.dialect.statement(rows.where(tables.entries.c.position == bindparam("position")))
    expected = [(n, leaf, "ownership.transferred") for n, leaf in enumerate(log.recorder.leaf_hashes(0, 2), 1)]
    with datastore.reading() as connection:
        assert [tuple(row) for row in every.all(connection)] == expected
        assert tuple(one.first(connection, {"position": 2}) or ()) == expected[1]
        assert one.first(connection, {"position": 3}) is None


def test_a_statement_with_values_of_its_own_is_refused(log):
    with pytest.raises(AssertionError, match="come with each execution"):
        log.recorder._datastore.dialect.statement(HEAD.limit(1))


def test_the_drivers_errors_are_told_in_the_stores_words_and_nothing_is_written(log):
    log.append(SHIP)
    before = everything(log.recorder)
    datastore = log.recorder._datastore
    forged = datastore.dialect.statement(update(tables.entries).values(topic=bindparam("topic_now")))
    with pytest.raises(StoreConflict, match="never altered"), datastore.writing() as connection:
        forged.change(connection, {"topic_now": "control.seized"})
    with pytest.raises(StoreUnavailable, match=r"no such table|does not exist"), datastore.writing() as connection:
        datastore.dialect.statement(text("SELECT 1 FROM nowhere")).first(connection)
    # Neither left the lock behind.
    assert everything(log.recorder) == before
    log.append(SHIP)


def test_a_head_that_is_not_where_it_was_is_never_moved(log):
    """Another writer that went past the lock is found out, whatever it did."""
    log.append(SHIP)
    datastore = log.recorder._datastore
    moved = {"size_before": 7, "size": 8, "frontier": b"", "recorded_at": "x", "register_count": 0, "note": b"note"}
    with datastore.writing() as connection:
        assert not datastore.dialect.move_head(connection, moved)
    assert log.recorder.size() == 1
    assert log.recorder.checkpoint(8) is None


def test_a_message_that_is_no_text_is_damage(sqlite_url, monkeypatch):
    """SQLite quotes the damaged schema in its message; the driver then fails on the message."""

    class Broken:
        def __init__(self, cursor):
            self.close = cursor.close

        def execute(self, *_):
            b"malformed \xff schema".decode()

    with Log(sqlite_url) as log:
        real = driver.cursor_of
        monkeypatch.setattr(driver, "cursor_of", lambda connection: Broken(real(connection)))
        with pytest.raises(StoreCorrupt, match=r"malformed \\xff schema"):
            log.recorder.head()


def test_an_interrupted_statement_leaves_no_cursor_open(sqlite_url, monkeypatch):
    closed = []

    class Interrupted:
        def __init__(self, cursor):
            self._cursor = cursor

        def execute(self, *_):
            raise KeyboardInterrupt

        def close(self):
            closed.append(True)
            self._cursor.close()

    with Log(sqlite_url) as log:
        real = driver.cursor_of
        monkeypatch.setattr(driver, "cursor_of", lambda connection: Interrupted(real(connection)))
        with pytest.raises(KeyboardInterrupt):
            log.append(SHIP)
        monkeypatch.undo()
        assert closed
        path = str(log.recorder._datastore.url.database)
        with closing(sqlite3.connect(path, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE").close()
            other.rollback()
