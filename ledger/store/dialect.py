"""Everything that differs between SQLite and PostgreSQL, in one place (DESIGN section 4).

Each `Dialect` says how to open an engine that is durable, how a writer takes the one lock, how rows go in or are asked for
in one statement, in how few statements an append is written, and what the driver's error codes mean. All other SQL of the
store is the same on both. The statements of an append are compiled once: `ledger.store.driver`.

What is asserted when a connection opens, because a setting that is silently off loses acknowledged entries:
SQLite: `journal_mode=WAL`, `synchronous=FULL`, foreign keys. PostgreSQL: `fsync`, `full_page_writes` and
`synchronous_commit` not off, nor local, which would not wait for a synchronous standby.

Not done: choosing synchronous replicas, backups, vacuum. They are the operator's.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import (
    URL,
    ClauseElement,
    Connection,
    Engine,
    Table,
    Text,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    insert,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.selectable import TableValuedAlias

from ledger.store import tables
from ledger.store.append_statements import (
    APPENDED,
    INSERT_CHECKPOINT,
    INTRODUCE,
    MOVE_HEAD,
    Appended,
    columns_of,
    insert_all,
    insert_unnested,
    move_head_and_tell,
)
from ledger.store.driver import Answer, Row, Statement, Value, Values, unreadable_message
from ledger.store.errors import (
    StoreAbsent,
    StoreBusy,
    StoreConflict,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreUnavailable,
)
from ledger.store.listening import Listener, PostgreSQLListener

BUSY_SECONDS = 10
"""How long a writer waits for the one lock before `StoreBusy`."""
READERS = 8
"""Read connections kept open."""
CACHE_KIBIBYTES = 65_536
"""SQLite page cache of the writer: random keys slow a big index when its pages do not stay in memory."""
READER_CACHE_KIBIBYTES = 4_096
"""SQLite page cache of each reader: there are several, and the system keeps what they read."""
LOG_PAGES = 4_096
"""SQLite pages in the write-ahead log (16 MiB) after which they are copied into the file: an append writes eight, most of
them the same as the append before. What is durable does not depend on it: each commit syncs the log."""

_WARNINGS = "ledger.warnings"
_CORRUPT = "Stop appending, keep the files as they are, run the audit, restore from a backup or a published copy."
_BUSY = "Nothing was written. Try again; if it persists, look for a second sequencer or a long-running migration."
_UNAVAILABLE = "Nothing was written. Free the disk, restore write permission or the connection, then try again."
_CONFLICT = "Nothing was written. Read the head and the statement again before another attempt."


class Dialect(Protocol):
    """What a database must offer to hold the log."""

    failures: type[Exception]
    """The base of what its driver raises."""
    one_writer: bool
    """Whether one transaction at a time can write, to whatever table: one connection does it all then."""

    def writer(self, url: URL) -> Engine: ...

    def reader(self, url: URL) -> Engine: ...

    def take_lock(self, connection: Connection) -> None:
        """Called first in each writing transaction, before anything is read."""

    def statement(self, composed: ClauseElement) -> Statement:
        """The statement, compiled for this database."""

    def listed(self) -> TableValuedAlias:
        """The values of the parameter `listed`, spelled by `listing`, as a table with one column, `value`."""

    def listing(self, values: Iterable[str]) -> str | list[str]:
        """The parameter `listed` of these values."""

    def insert_rows(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """All rows, at least one."""

    def lock_head(
        self, connection: Connection, head: Statement, others: Sequence[tuple[Statement, Values]]
    ) -> tuple[Answer | None, list[Sequence[Answer]]]:
        """The head, locked, and what other statements answer under the lock."""

    def insert_entries(self, connection: Connection, appended: Appended) -> None:
        """Rows of each table that entries add rows to, at least one entry."""

    def move_head(self, connection: Connection, moved: Values) -> bool:
        """Moves the head from `size_before` to the other columns of `moved`, keeps the checkpoint `note` over it, and has
        other processes told of the append once it is durable. False where the head is not at `size_before`."""

    def listener(self, url: URL) -> Listener | None:
        """What hears of it; None where processes cannot tell each other."""

    def doubt(self, connection: Connection) -> str | None:
        """After a commit that did not fail: what the database said against its being durable everywhere it should be."""

    def explain(self, error: BaseException | None, where: str) -> StoreError | None:
        """The driver's error in the store's words, or None where it is none that an operator can act on."""


class SQLite:
    """A file, one writer at a time through BEGIN IMMEDIATE, readers beside it through the write-ahead log."""

    _BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
    _UNAVAILABLE = frozenset(
        {
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_PERM,
        }
    )
    _CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

    failures: type[Exception] = sqlite3.Error
    one_writer = True

    def __init__(self) -> None:
        self._lock = self.statement(text("BEGIN IMMEDIATE"))
        self._snapshot = self.statement(text("BEGIN"))
        self._inserts: dict[str, Statement] = {tables.introductions.name: self.statement(INTRODUCE)}
        self._move_head = self.statement(MOVE_HEAD)
        self._insert_checkpoint = self.statement(INSERT_CHECKPOINT)
        self._files: dict[Path, tuple[int, int] | None] = {}

    def writer(self, url: URL) -> Engine:
        return self._engine(url, pool_size=1)

    def reader(self, url: URL) -> Engine:
        engine = self._engine(url, pool_size=READERS)

        @event.listens_for(engine, "connect")
        def refuse_writing(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            _pragma(connection, "query_only = ON")
            _pragma(connection, f"cache_size = -{READER_CACHE_KIBIBYTES}")

        @event.listens_for(engine, "begin")
        def begin_snapshot(connection: Connection) -> None:
            self._require_in_place()
            self._snapshot.first(connection)

        return engine

    def _engine(self, url: URL, pool_size: int) -> Engine:
        path = Path(url.database or "")
        if not path.is_file():
            raise StoreAbsent(
                "There is no ledger file", where=str(path), remedy="Check the path, or create the ledger first."
            )
        path = path.resolve()
        self._files[path] = _identity(path)
        # mode=rw: opening must never create an empty database in place of a lost one.
        engine = create_engine(
            URL.create("sqlite+pysqlite", database=f"{path.as_uri()}", query={"mode": "rw", "uri": "true"}),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=BUSY_SECONDS,
            # None: the driver must not open transactions of its own, or BEGIN IMMEDIATE comes too late.
            connect_args={"isolation_level": None, "timeout": BUSY_SECONDS, "check_same_thread": False},
        )

        @event.listens_for(engine, "connect")
        def make_durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            try:
                if _pragma(connection, "journal_mode") != "wal":
                    _require_ledger_or_nothing(connection, str(path))
                journal = _pragma(connection, "journal_mode = WAL")
            except UnicodeDecodeError as error:
                raise self._damaged(error, str(path)) from error
            _pragma(connection, "synchronous = FULL")
            _pragma(connection, "fullfsync = ON")
            _pragma(connection, "checkpoint_fullfsync = ON")
            _pragma(connection, "foreign_keys = ON")
            _pragma(connection, f"cache_size = -{CACHE_KIBIBYTES}")
            _pragma(connection, f"wal_autocheckpoint = {LOG_PAGES}")
            if journal != "wal" or _pragma(connection, "synchronous") != 2 or _pragma(connection, "foreign_keys") != 1:
                raise StoreUnavailable(
                    f"SQLite refused the durable settings (journal {journal})",
                    where=str(path),
                    remedy="Put the file on a local disk that supports a write-ahead log.",
                )

        @event.listens_for(engine, "handle_error")
        def name_damage(context: ExceptionContext) -> None:
            if isinstance(context.original_exception, UnicodeDecodeError):
                raise self._damaged(context.original_exception, str(path)) from context.original_exception

        @event.listens_for(engine, "handle_error")
        def keep_to_roll_back(context: ExceptionContext) -> None:
            # On an interrupt SQLAlchemy drops the connection with its cursor still open; SQLite then keeps the write
            # lock until the cursor is collected. Kept, the connection is rolled back, and the lock is free at once.
            if not isinstance(context.original_exception, Exception):
                context.is_disconnect = False

        return engine

    def take_lock(self, connection: Connection) -> None:
        self._require_in_place()
        self._lock.first(connection)

    def _require_in_place(self) -> None:
        """A file that was moved away or replaced takes writes as before, and nobody will find them."""
        for path, opened in self._files.items():
            if _identity(path) != opened:
                raise StoreUnavailable(
                    "The ledger file is no longer where it was opened",
                    where=str(path),
                    remedy="Nothing was written. Put it back with its -wal file, or start the program anew.",
                )

    def statement(self, composed: ClauseElement) -> Statement:
        return Statement(composed, URL.create("sqlite+pysqlite").get_dialect()())

    def listed(self) -> TableValuedAlias:
        return func.json_each(bindparam("listed", type_=Text)).table_valued("value")

    def listing(self, values: Iterable[str]) -> str:
        return json.dumps(list(values))

    def insert_rows(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        self._insert(table).change_each(connection, rows)

    def _insert(self, table: Table) -> Statement:
        found = self._inserts.get(table.name)
        if found is None:
            found = self._inserts[table.name] = self.statement(insert(table))
        return found

    def lock_head(
        self, connection: Connection, head: Statement, others: Sequence[tuple[Statement, Values]]
    ) -> tuple[Answer | None, list[Sequence[Answer]]]:
        return head.first(connection), [statement.all(connection, values) for statement, values in others]

    def insert_entries(self, connection: Connection, appended: Appended) -> None:
        for table, rows in zip(APPENDED, appended, strict=True):
            if rows:
                self._insert(table).change_each(connection, rows)

    def move_head(self, connection: Connection, moved: Values) -> bool:
        if self._move_head.change(connection, moved) != 1:
            return False
        self._insert_checkpoint.change(connection, moved)
        return True

    def listener(self, url: URL) -> Listener | None:
        return None

    def doubt(self, connection: Connection) -> str | None:
        return None

    def explain(self, error: BaseException | None, where: str) -> StoreError | None:
        if not isinstance(error, sqlite3.Error):
            return None
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in self._BUSY:
            return StoreBusy(f"Another writer holds the lock: {error}", where=where, remedy=_BUSY)
        if code in self._UNAVAILABLE:
            return StoreUnavailable(f"The ledger cannot be written: {error}", where=where, remedy=_UNAVAILABLE)
        if code in self._CORRUPT:
            return StoreCorrupt(f"The ledger file is damaged: {error}", where=where, remedy=_CORRUPT)
        if code == sqlite3.SQLITE_CONSTRAINT:
            return StoreConflict(f"The database refused a row: {error}", where=where, remedy=_CONFLICT)
        return None

    def _damaged(self, error: UnicodeDecodeError, where: str) -> StoreError:
        found = self.explain(unreadable_message(error), where)
        assert found is not None, "its code is known"
        return found


class PostgreSQL:
    """A server, one writer at a time through the head row's lock, readers on snapshots."""

    _BUSY = ("55P03", "57014", "40001", "40P01")
    _UNAVAILABLE = ("08", "25006", "53", "57P", "58", "28", "3D")
    _CORRUPT = ("XX001", "XX002")
    _CONFLICT = ("23",)

    failures: type[Exception] = psycopg.Error
    one_writer = False

    def __init__(self) -> None:
        self._insert_entries = self.statement(insert_all())
        self._move_head = self.statement(move_head_and_tell())

    def writer(self, url: URL) -> Engine:
        # More than one: a projection may write while the sequencer holds the head row.
        engine = create_engine(
            self._address(url), pool_size=4, max_overflow=0, pool_timeout=BUSY_SECONDS, pool_pre_ping=True
        )

        @event.listens_for(engine, "connect")
        def require_durable(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
            warnings: list[str] = []
            entry.info[_WARNINGS] = warnings
            psycopg_connection = entry.driver_connection
            assert isinstance(psycopg_connection, psycopg.Connection), "a new connection is one of the driver's"
            psycopg_connection.add_notice_handler(partial(_keep_warning, warnings))
            cursor = connection.cursor()
            # How long a writer may wait for the head row, or any other lock.
            cursor.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                cursor.execute(f"SHOW {setting}")
                answer = cursor.fetchone()
                if answer is None or answer[0] in ("off", "local"):
                    raise StoreUnavailable(
                        f"PostgreSQL runs with {setting} {'off' if answer is None else answer[0]}",
                        where=address(url),
                        remedy="Acknowledged entries could be lost in a crash. Turn it on.",
                    )
            cursor.close()
            connection.commit()

        return engine

    def reader(self, url: URL) -> Engine:
        return create_engine(
            self._address(url),
            pool_size=READERS,
            max_overflow=0,
            pool_timeout=BUSY_SECONDS,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )

    def _address(self, url: URL) -> URL:
        return url.set(drivername="postgresql+psycopg")

    def take_lock(self, connection: Connection) -> None:
        # The head row is locked by whoever reads it FOR UPDATE; how long that may wait, each connection was told.
        return None

    def statement(self, composed: ClauseElement) -> Statement:
        return Statement(composed, URL.create("postgresql+psycopg").get_dialect()())

    def listed(self) -> TableValuedAlias:
        array = cast(bindparam("listed", type_=ARRAY(Text)), ARRAY(Text))
        return func.unnest(array).table_valued("value", name="listed").render_derived()

    def listing(self, values: Iterable[str]) -> list[str]:
        return list(values)

    def insert_rows(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        # One statement for the batch: many times faster than one per row (DESIGN section 4).
        connection.execute(insert_unnested(table), columns_of(table, rows))

    def lock_head(
        self, connection: Connection, head: Statement, others: Sequence[tuple[Statement, Values]]
    ) -> tuple[Answer | None, list[Sequence[Answer]]]:
        # One round trip for BEGIN and all: each sees what was committed when its own turn came, the others under the lock.
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection), "it is the driver's"
        with driver.pipeline():
            locked = head.ask(connection)
            asked = [statement.ask(connection, values) for statement, values in others]
        answers: list[Sequence[Answer]] = []
        with closing(locked):
            row: Answer | None = locked.fetchone()
        for cursor in asked:
            with closing(cursor):
                answers.append(cursor.fetchall())
        return row, answers

    def insert_entries(self, connection: Connection, appended: Appended) -> None:
        # One statement, because each is a round trip while the head is locked. References are checked at its end.
        columns: dict[str, Sequence[Value]] = {}
        for table, rows in zip(APPENDED, appended, strict=True):
            columns |= columns_of(table, rows)
        self._insert_entries.change(connection, columns)

    def move_head(self, connection: Connection, moved: Values) -> bool:
        return self._move_head.change(connection, moved) == 1

    def listener(self, url: URL) -> Listener | None:
        return PostgreSQLListener(self._address(url))

    def doubt(self, connection: Connection) -> str | None:
        # Cancelling a commit that waits for its standby ends the wait: the commit succeeds, with a warning.
        warnings: list[str] = connection.info.get(_WARNINGS, [])
        said = "; ".join(warnings) or None
        warnings.clear()
        return said

    def explain(self, error: BaseException | None, where: str) -> StoreError | None:
        if not isinstance(error, psycopg.Error):
            return None
        state, message = error.sqlstate, str(error).splitlines()[0]
        if state is None:
            if not isinstance(error, psycopg.OperationalError):
                return None
            return StoreUnavailable(f"The server is not reached: {message}", where=where, remedy=_UNAVAILABLE)
        if state.startswith(self._BUSY):
            return StoreBusy(f"Another writer holds the lock: {message}", where=where, remedy=_BUSY)
        if state.startswith(self._UNAVAILABLE):
            return StoreUnavailable(f"The ledger cannot be written: {message}", where=where, remedy=_UNAVAILABLE)
        if state.startswith(self._CORRUPT):
            return StoreCorrupt(f"The server found damaged data: {message}", where=where, remedy=_CORRUPT)
        if state.startswith(self._CONFLICT):
            return StoreConflict(f"The database refused a row: {message}", where=where, remedy=_CONFLICT)
        return None


def _keep_warning(warnings: list[str], notice: psycopg.errors.Diagnostic) -> None:
    if notice.severity_nonlocalized == "WARNING":
        warnings.append(str(notice.message_primary))


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file is there; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _require_ledger_or_nothing(connection: DBAPIConnection, where: str) -> None:
    """Refuses a file of something else before a setting is written into it. Raises StoreForeign."""
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT name FROM sqlite_master")
        present = {name for (name,) in cursor.fetchall()}
    finally:
        cursor.close()
    if present and tables.VERSION_TABLE not in present:
        raise StoreForeign(
            "The database is not a ledger",
            where=where,
            remedy="Nothing was written. Check the address, or create the ledger first.",
        )


def _pragma(connection: DBAPIConnection, setting: str) -> str | int | None:
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA {setting}")
        answer = cursor.fetchone()
    finally:
        cursor.close()
    value: str | int | None = None if answer is None else answer[0]
    return value


def dialect_of(url: URL) -> Dialect:
    """The dialect for an address. Raises StoreAbsent for a database that cannot hold a ledger."""
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database not in (None, "", ":memory:"):
        return SQLite()
    if backend == "postgresql":
        return PostgreSQL()
    raise StoreAbsent(
        "This address cannot hold a ledger",
        where=address(url),
        remedy="Use sqlite:///path/to/file or postgresql://host/database.",
    )


def address(url: URL) -> str:
    """The address for people: no password."""
    return url.render_as_string(hide_password=True)
