"""Everything that differs between SQLite and PostgreSQL, in one place (DESIGN section 4).

Each `Dialect` says how to open an engine that is durable, how a writer takes the one lock, how many rows go in or are
asked for in one statement, and what the driver's error codes mean. All other SQL of the store is the same on both.

What is asserted when a connection opens, because a setting that is silently off loses acknowledged entries:
SQLite: `journal_mode=WAL`, `synchronous=FULL`, foreign keys. PostgreSQL: `fsync`, `full_page_writes` and
`synchronous_commit` not off.

Not done: choosing synchronous replicas, backups, vacuum. They are the operator's.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    Engine,
    LargeBinary,
    Table,
    Text,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.selectable import TableValuedAlias

from ledger.store.errors import StoreAbsent, StoreBusy, StoreConflict, StoreCorrupt, StoreError, StoreUnavailable
from ledger.store.listening import CHANNEL, Listener, PostgreSQLListener

Parameter = int | str | bytes | None
Row = Mapping[str, Parameter]

BUSY_SECONDS = 10
"""How long a writer waits for the one lock before `StoreBusy`."""
READERS = 8
"""Read connections kept open."""
CACHE_KIBIBYTES = 65_536
"""SQLite page cache per connection: random keys slow a big index when its pages do not stay in memory."""

_CORRUPT = "Stop appending, keep the files as they are, run the audit, restore from a backup or a published copy."
_BUSY = "Nothing was written. Try again; if it persists, look for a second sequencer or a long-running migration."
_UNAVAILABLE = "Nothing was written. Free the disk, restore write permission or the connection, then try again."
_CONFLICT = "Nothing was written. Read the head and the statement again before another attempt."


class Dialect(Protocol):
    """What a database must offer to hold the log."""

    def writer(self, url: URL) -> Engine: ...

    def reader(self, url: URL) -> Engine: ...

    def take_lock(self, connection: Connection) -> None:
        """Called first in each writing transaction, before anything is read."""

    def listed(self, values: Sequence[str]) -> TableValuedAlias:
        """The values as a table with one column, `value`."""

    def insert_rows(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """All rows, at least one, all with the same columns, in one statement."""

    def announce(self, connection: Connection) -> None:
        """Within a transaction: tells other processes of the append, once it is durable."""

    def listener(self, url: URL) -> Listener | None:
        """What hears of it; None where processes cannot tell each other."""

    def explain(self, error: DBAPIError, where: str) -> StoreError | None:
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

    def writer(self, url: URL) -> Engine:
        return self._engine(url, pool_size=1)

    def reader(self, url: URL) -> Engine:
        engine = self._engine(url, pool_size=READERS)

        @event.listens_for(engine, "connect")
        def refuse_writing(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            _pragma(connection, "query_only = ON")

        @event.listens_for(engine, "begin")
        def begin_snapshot(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

        return engine

    def _engine(self, url: URL, pool_size: int) -> Engine:
        path = Path(url.database or "")
        if not path.is_file():
            raise StoreAbsent(
                "There is no ledger file", where=str(path), remedy="Check the path, or create the ledger first."
            )
        # mode=rw: opening must never create an empty database in place of a lost one.
        engine = create_engine(
            URL.create("sqlite+pysqlite", database=f"{path.resolve().as_uri()}", query={"mode": "rw", "uri": "true"}),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=BUSY_SECONDS,
            # None: the driver must not open transactions of its own, or BEGIN IMMEDIATE comes too late.
            connect_args={"isolation_level": None, "timeout": BUSY_SECONDS, "check_same_thread": False},
        )

        @event.listens_for(engine, "connect")
        def make_durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            try:
                journal = _pragma(connection, "journal_mode = WAL")
            except UnicodeDecodeError as error:
                raise _unreadable_message(error, str(path)) from error
            _pragma(connection, "synchronous = FULL")
            _pragma(connection, "fullfsync = ON")
            _pragma(connection, "checkpoint_fullfsync = ON")
            _pragma(connection, "foreign_keys = ON")
            _pragma(connection, f"cache_size = -{CACHE_KIBIBYTES}")
            if journal != "wal" or _pragma(connection, "synchronous") != 2 or _pragma(connection, "foreign_keys") != 1:
                raise StoreUnavailable(
                    f"SQLite refused the durable settings (journal {journal})",
                    where=str(path),
                    remedy="Put the file on a local disk that supports a write-ahead log.",
                )

        @event.listens_for(engine, "handle_error")
        def name_damage(context: ExceptionContext) -> None:
            if isinstance(context.original_exception, UnicodeDecodeError):
                raise _unreadable_message(context.original_exception, str(path)) from context.original_exception

        @event.listens_for(engine, "handle_error")
        def keep_to_roll_back(context: ExceptionContext) -> None:
            # On an interrupt SQLAlchemy drops the connection with its cursor still open; SQLite then keeps the write
            # lock until the cursor is collected. Kept, the connection is rolled back, and the lock is free at once.
            if not isinstance(context.original_exception, Exception):
                context.is_disconnect = False

        return engine

    def take_lock(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def listed(self, values: Sequence[str]) -> TableValuedAlias:
        return func.json_each(bindparam("listed", json.dumps(list(values)), unique=True)).table_valued("value")

    def insert_rows(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        connection.execute(insert(table), rows)

    def announce(self, connection: Connection) -> None:
        return None

    def listener(self, url: URL) -> Listener | None:
        return None

    def explain(self, error: DBAPIError, where: str) -> StoreError | None:
        if not isinstance(error.orig, sqlite3.Error):
            return None
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in self._BUSY:
            return StoreBusy(f"Another writer holds the lock: {error.orig}", where=where, remedy=_BUSY)
        if code in self._UNAVAILABLE:
            return StoreUnavailable(f"The ledger cannot be written: {error.orig}", where=where, remedy=_UNAVAILABLE)
        if code in self._CORRUPT:
            return StoreCorrupt(f"The ledger file is damaged: {error.orig}", where=where, remedy=_CORRUPT)
        if code == sqlite3.SQLITE_CONSTRAINT:
            return StoreConflict(f"The database refused a row: {error.orig}", where=where, remedy=_CONFLICT)
        return None


class PostgreSQL:
    """A server, one writer at a time through the head row's lock, readers on snapshots."""

    _BUSY = ("55P03", "57014", "40001", "40P01")
    _UNAVAILABLE = ("08", "25006", "53", "57P", "58", "28", "3D")
    _CORRUPT = ("XX001", "XX002")
    _CONFLICT = ("23",)

    def writer(self, url: URL) -> Engine:
        # More than one: a projection may write while the sequencer holds the head row.
        engine = create_engine(
            self._address(url), pool_size=4, max_overflow=0, pool_timeout=BUSY_SECONDS, pool_pre_ping=True
        )

        @event.listens_for(engine, "connect")
        def require_durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            cursor = connection.cursor()
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                cursor.execute(f"SHOW {setting}")
                answer = cursor.fetchone()
                if answer is None or answer[0] == "off":
                    raise StoreUnavailable(
                        f"PostgreSQL runs with {setting} off",
                        where=address(url),
                        remedy="Acknowledged entries could be lost in a crash. Turn it on.",
                    )
            cursor.close()
            connection.rollback()

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
        # The head row itself is locked by whoever reads it FOR UPDATE; this bounds how long that may wait.
        connection.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": f"{BUSY_SECONDS}s"})

    def listed(self, values: Sequence[str]) -> TableValuedAlias:
        array = cast(bindparam("listed", list(values), unique=True, type_=ARRAY(Text)), ARRAY(Text))
        return func.unnest(array).table_valued("value", name="listed").render_derived()

    def insert_rows(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        # One statement for the batch: many times faster than one per row (DESIGN section 4).
        names = list(rows[0])
        columns = func.unnest(
            *(cast(bindparam(name, type_=_array_of(table, name)), _array_of(table, name)) for name in names)
        ).table_valued(*names, name="added")
        connection.execute(
            insert(table).from_select(names, select(*columns.render_derived().c)),
            {name: [row[name] for row in rows] for name in names},
        )

    def announce(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")

    def listener(self, url: URL) -> Listener | None:
        return PostgreSQLListener(self._address(url))

    def explain(self, error: DBAPIError, where: str) -> StoreError | None:
        if not isinstance(error.orig, psycopg.Error):
            return None
        state, message = error.orig.sqlstate, str(error.orig).splitlines()[0]
        if state is None:
            if not isinstance(error.orig, psycopg.OperationalError):
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


def _array_of(table: Table, column: str) -> ARRAY[int] | ARRAY[str] | ARRAY[bytes]:
    kind = table.c[column].type
    if isinstance(kind, LargeBinary):
        return ARRAY(LargeBinary)
    if isinstance(kind, Text):
        return ARRAY(Text)
    return ARRAY(BigInteger)


def _unreadable_message(error: UnicodeDecodeError, where: str) -> StoreCorrupt:
    """SQLite quotes the damaged text of its schema; the driver then fails on the message itself, outside its own errors."""
    quoted = bytes(error.object).decode(errors="backslashreplace")
    return StoreCorrupt(f"The ledger file is damaged: {quoted}", where=where, remedy=_CORRUPT)


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
