"""Every write of an append fails once before and once after it, and a process dies there. Nothing is ever half-written."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from sqlalchemy import event

from ledger.store import dialect, driver
from ledger.store.datastore import Datastore
from ledger.store.errors import CommitUnknown, StoreBusy, StoreUnavailable
from tests.ledger.store.logs import Log, everything, next_head, note_of, statements
from tests.ledger.store.processes import run_together

SHIP, MILL = ("asset:ship",), ("asset:mill",)
# After 255 entries these complete a tile: then an append has every kind of write.
BATCH = (SHIP, (*MILL, *SHIP))
WRITES = [
    "INSERT INTO entries",
    "INSERT INTO membership",
    "UPDATE head",
    "INSERT INTO checkpoints",
    "INSERT INTO nodes",
]


class Crash(BaseException):
    """Worse than any error a driver raises: nothing may catch it and go on."""


def crash() -> None:
    raise Crash


def die() -> None:
    os._exit(9)


@contextmanager
def fault(datastore: Datastore, moment: str, number: int, happen: Callable[[], None]) -> Iterator[list[str]]:
    """Something happens before or after the writer's statement of this number; yields the statements seen."""
    seen: list[str] = []

    def count(statement: str) -> None:
        seen.append(statement)
        if len(seen) == number:
            happen()

    def composed(connection, cursor, statement, parameters, context, executemany):
        count(statement)

    class Counting:
        """The driver's cursor, with the fault before or after what it executes."""

        def __init__(self, cursor):
            self._cursor = cursor

        def execute(self, statement, *values):
            self._around(statement, self._cursor.execute, values)

        def executemany(self, statement, *values):
            self._around(statement, self._cursor.executemany, values)

        def _around(self, statement, execute, values):
            if moment == "before":
                count(statement)
            execute(statement, *values)
            if moment == "after":
                count(statement)

        def __getattr__(self, name):
            return getattr(self._cursor, name)

    real = driver.cursor_of

    def cursor_of(connection):
        cursor = real(connection)
        return Counting(cursor) if connection.engine is datastore.writer else cursor

    event.listen(datastore.writer, f"{moment}_cursor_execute", composed)
    driver.cursor_of = cursor_of
    try:
        yield seen
    finally:
        driver.cursor_of = real
        event.remove(datastore.writer, f"{moment}_cursor_execute", composed)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_fault_at_any_statement_leaves_nothing(log, moment):
    log.append(*[SHIP] * 255)
    before = everything(log.recorder)
    for number in range(1, 30):
        with fault(log.recorder._datastore, moment, number, crash) as seen:
            try:
                log.append(*BATCH)
            except Crash:
                assert everything(log.recorder) == before
                continue
            break
    # The last round met no fault: it appended, at the next positions, with nothing left over from the rounds before.
    assert [line for line in WRITES if any(line in statement for statement in seen)] == WRITES
    assert number == len(seen) + 1
    assert len(list(log.recorder.entries(0, 257))) == log.recorder.size() == 257
    assert log.recorder.stream_positions("asset:ship") == list(range(1, 258))


def test_an_append_takes_few_statements(log):
    """Each is a round trip to a server, while nobody else can append."""
    log.append(SHIP)
    with fault(log.recorder._datastore, "after", 0, crash) as seen:
        log.append(*BATCH)
    words = {"sqlite": ["BEGIN", "SELECT", "SELECT", "INSERT", "INSERT", "UPDATE", "INSERT"],
             "postgresql": ["SELECT", "SELECT", "WITH", "WITH"]}  # fmt: skip
    assert [statement.split()[0] for statement in seen] == words[log.recorder._datastore.url.get_backend_name()]


def test_what_is_asked_with_the_lock_is_not_asked_again(log):
    """On a server it came in the round trip that takes the lock."""
    log.append(SHIP)
    (recorded,) = log.recorder.recorded(0, 1)
    with log.recorder.locked(["asset:ship"], [recorded.statement_id, "sha256:none"]) as head:
        with fault(log.recorder._datastore, "after", 0, crash) as seen:
            assert log.recorder.indexes_of([recorded.statement_id, "sha256:none"]) == {recorded.statement_id: 0}
            assert log.recorder.stream_heads(["asset:ship"])["asset:ship"].count == 1
        assert seen == []
        (event,) = statements(log.recorder, head, [SHIP])
        log.events.put([event])
        log.recorder.commit_head(next_head(head, [event]), note_of(2))
        # What was recorded meanwhile counts, and so does what was not asked for.
        assert log.recorder.indexes_of([event.statement_id]) == {event.statement_id: 1}
        assert log.recorder.indexes_of([recorded.statement_id]) == {recorded.statement_id: 0}
    with log.recorder.locked([], [recorded.statement_id]):
        assert log.recorder.indexes_of([event.statement_id]) == {event.statement_id: 1}


@pytest.mark.parametrize("durable", [False, True], ids=["nothing committed", "committed"])
def test_a_failure_during_commit_is_told_apart(log, monkeypatch, durable):
    """Nobody may answer "refused" for an append that may be durable."""
    log.append(SHIP)
    engine = log.recorder._datastore.writer
    commit = engine.dialect.do_commit
    failure = (sqlite3 if engine.dialect.name == "sqlite" else psycopg).OperationalError("the connection is lost")

    def fail(connection):
        if durable:
            commit(connection)
        raise failure

    monkeypatch.setattr(engine.dialect, "do_commit", fail)
    with pytest.raises(CommitUnknown, match="may be durable"):
        log.append(SHIP)
    monkeypatch.undo()
    assert log.recorder.size() == (2 if durable else 1)
    assert [r.notification.id for r in log.append(SHIP)] == [3 if durable else 2]


def append_until(url: str, number: int) -> None:
    """In another process: an append that dies after its statement of this number."""
    with Log(url) as log, fault(log.recorder._datastore, "after", number, die):
        log.append(*BATCH)


@pytest.mark.parametrize("number", [3, 5, 6])
def test_a_process_that_dies_leaves_nothing(log, url, number):
    log.append(*[SHIP] * 255)
    before = everything(log.recorder)
    assert run_together((append_until, url, number)) == [9]
    assert everything(log.recorder) == before
    log.append(*BATCH)
    assert len(list(log.recorder.entries(0, 257))) == 257


def append_batches(url: str, subject: str, batches: int) -> None:
    """In another process: batches of three, the middle one on a stream that all processes share."""
    with Log(url) as log:
        for _ in range(batches):
            log.append((subject,), ("asset:shared",), (subject, "asset:shared"))


def test_two_processes_append_in_one_order(log, url):
    assert run_together((append_batches, url, "asset:a", 12), (append_batches, url, "asset:b", 12)) == [0, 0]
    assert [entry.id for entry in log.recorder.recorded(0, 72)] == list(range(1, 73))
    assert log.recorder.size() == 72
    assert [len(log.recorder.stream_positions(f"asset:{name}")) for name in ("a", "b", "shared")] == [24, 24, 48]
    assert [checkpoint.size for checkpoint in log.recorder.checkpoints()] == list(range(3, 73, 3))


def test_readers_go_on_while_a_writer_holds_the_lock(log, url):
    log.append(SHIP)
    with Log(url) as other:
        before = everything(other.recorder)
        with log.recorder.locked() as head:
            log.events.put([])
            assert everything(other.recorder) == before
            assert head.size == other.recorder.size()


def test_a_second_writer_waits_and_then_is_told(url, monkeypatch):
    monkeypatch.setattr(dialect, "BUSY_SECONDS", 1)
    with Log(url) as first, Log(url) as second:
        with first.recorder.locked(), pytest.raises(StoreBusy, match="Try again") as busy:
            second.append(SHIP)
        assert isinstance(busy.value, OperationalError)
        assert [r.notification.id for r in second.append(SHIP)] == [1]


def limited(sqlite_url: str, pragma: str) -> Log:
    """A log whose writing connection carries a real limit of SQLite's."""
    log = Log(sqlite_url)
    log.append(SHIP)
    with log.recorder._datastore.connection() as connection:
        connection.exec_driver_sql(f"PRAGMA {pragma}").close()
    return log


def test_one_connection_writes_until_it_fails(sqlite_url):
    """Taking it from the pool for each append costs a twentieth of it; what failed goes back, where it is rolled back."""
    with Log(sqlite_url) as log:
        taken = []
        event.listen(log.recorder._datastore.writer, "checkout", lambda *_: taken.append("taken"))
        event.listen(log.recorder._datastore.writer, "checkin", lambda *_: taken.append("given back"))
        for _ in range(3):
            log.append(SHIP)
        assert taken == ["taken"]
        with pytest.raises(Crash), log.recorder.locked():
            raise Crash
        assert taken == ["taken", "given back"]
        assert [r.notification.id for r in log.append(SHIP)] == [4]
        assert taken == ["taken", "given back", "taken"]
    assert taken == ["taken", "given back", "taken", "given back"]


def test_whoever_waits_for_the_connection_that_writes_gets_it_or_is_told(sqlite_url, monkeypatch):
    monkeypatch.setattr("ledger.store.datastore.BUSY_SECONDS", 0.2)
    with Log(sqlite_url) as log, ThreadPoolExecutor(1) as beside:
        with log.recorder.locked():
            refused = beside.submit(log.append, SHIP)
            assert isinstance(refused.exception(10), StoreBusy)
        monkeypatch.setattr("ledger.store.datastore.BUSY_SECONDS", 10)
        with log.recorder.locked():
            waiting = beside.submit(log.append, SHIP)
            assert not waiting.done()
        assert [r.notification.id for r in waiting.result(10)] == [1]


@pytest.mark.parametrize(("pragma", "words"), [("max_page_count = 1", "full"), ("query_only = ON", "readonly")])
def test_a_full_disk_and_a_read_only_file_are_told_apart_from_a_conflict(sqlite_url, pragma, words):
    with limited(sqlite_url, pragma) as log:
        before = everything(log.recorder)
        with pytest.raises(StoreUnavailable, match=words):
            log.append(*[SHIP] * 50)
        assert everything(log.recorder) == before


def test_every_connection_is_durable(log):
    datastore = log.recorder._datastore
    with datastore.writing() as connection:
        if datastore.url.get_backend_name() == "sqlite":
            settings = ("PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA foreign_keys")
            expected = ["wal", 2, 1]
        else:
            settings = ("SHOW fsync", "SHOW full_page_writes", "SHOW synchronous_commit")
            expected = ["on", "on", "on"]
        assert [connection.exec_driver_sql(line).scalar() for line in settings] == expected
