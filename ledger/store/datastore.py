"""Connections and transactions: one writer, many readers, every error in the store's words.

Guarantees: a writing transaction either commits whole or leaves nothing, whatever is raised inside it; a failure
during COMMIT is told apart (`CommitUnknown`), because then nobody may answer "refused". Code that reads while its own
thread is writing reads through that transaction. Nothing from SQLAlchemy or a driver leaves this package.

Not done: retries. The caller knows whether its work may be repeated.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from queue import Empty, SimpleQueue
from types import TracebackType

from sqlalchemy import URL, Connection, Engine, RootTransaction, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger.store.dialect import BUSY_SECONDS, address, dialect_of
from ledger.store.errors import AppendRefused, CommitUnknown, StoreAbsent, StoreBusy, StoreConflict, StoreUnavailable


class _Held(threading.local):
    connection: Connection | None = None
    reading: Connection | None = None


class OneWriter:
    """The one connection that writes to a database: kept from one transaction to the next, until one fails. Taking it from the
    pool and putting it back would cost a twentieth of an append. Use it in a `with`; others wait for it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._taken: Connection | None = None
        self._idle: SimpleQueue[Connection | None] = SimpleQueue()
        """Holds the connection while nobody has it, or None where it is to be made."""
        self._idle.put(None)

    def __enter__(self) -> Connection:
        try:
            connection = self._idle.get(timeout=BUSY_SECONDS)
        except Empty:
            raise PoolTimeout("the connection that writes is in use") from None
        try:
            self._taken = connection = connection or self._engine.connect()
        except BaseException:
            self._idle.put(None)
            raise
        return connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        connection, self._taken = self._taken, None
        assert connection is not None, "it was taken"
        kept = None
        try:
            if kind is None and not connection.in_transaction():
                kept = connection
            else:
                connection.close()
        finally:
            self._idle.put(kept)

    def close(self) -> None:
        """Closes the connection, unless somebody has it; the next transaction makes another."""
        with suppress(Empty):
            connection = self._idle.get_nowait()
            self._idle.put(None)
            if connection is not None:
                connection.close()


class Datastore:
    """The two pools of one database. Raises `StoreAbsent` where there is none."""

    def __init__(self, url: str | URL) -> None:
        self.url = parse_url(url)
        self.where = address(self.url)
        self.dialect = dialect_of(self.url)
        self.writer = self.dialect.writer(self.url)
        self.reader = self.dialect.reader(self.url)
        self._one_writer = OneWriter(self.writer) if self.dialect.one_writer else None
        self._held = _Held()
        # The library's projection runner makes a factory that it never closes.
        self._finalizer = weakref.finalize(self, _dispose, self.writer, self.reader, self._one_writer)

    def close(self) -> None:
        """Closes all connections; may be called twice."""
        self._finalizer()

    def connection(self) -> AbstractContextManager[Connection]:
        """A connection that may write, outside a transaction."""
        return self._one_writer or self.writer.connect()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction with the write lock; commits on a normal exit, rolls back on any error.

        Raises `StoreBusy`, `StoreUnavailable`, `StoreConflict`, `StoreCorrupt`, `CommitUnknown`.
        """
        if self._held.connection is not None:
            raise AppendRefused(
                "This thread is writing already", where=self.where, remedy="End the first transaction before the next."
            )
        with self.translated(), self.connection() as connection:
            transaction = connection.begin()
            self._held.connection = connection
            try:
                self.dialect.take_lock(connection)
                yield connection
            except BaseException:
                self._roll_back(connection, transaction)
                raise
            else:
                self._commit(connection, transaction)
            finally:
                self._held.connection = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot; inside another, or inside the thread's own writing transaction, that one's."""
        held = self._held.connection or self._held.reading
        if held is not None:
            with self.translated():
                yield held
            return
        with self.translated(), self.reader.connect() as connection, connection.begin():
            self._held.reading = connection
            try:
                yield connection
            finally:
                self._held.reading = None

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turns the errors of SQLAlchemy and of the driver into the store's."""
        try:
            yield
        except PoolTimeout as error:
            raise StoreBusy(
                "All connections are in use", where=self.where, remedy="Nothing was written. Try again."
            ) from error
        except (DBAPIError, self.dialect.failures) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise (
                self.dialect.explain(cause, self.where)
                or StoreUnavailable(
                    f"The database failed: {cause}", where=self.where, remedy="Nothing was written. Read its log."
                )
            ) from error

    def _roll_back(self, connection: Connection, transaction: RootTransaction) -> None:
        try:
            transaction.rollback()
        except SQLAlchemyError:
            # A connection that cannot roll back is closed; the database then rolls back by itself. The error that
            # brought us here is the one to report.
            connection.invalidate()

    def _commit(self, connection: Connection, transaction: RootTransaction) -> None:
        try:
            transaction.commit()
        except DBAPIError as error:
            self._roll_back(connection, transaction)
            known = self.dialect.explain(error.orig, self.where)
            if isinstance(known, StoreBusy | StoreConflict):
                raise known from error
            raise self._unknown(f"The database failed while committing: {error.orig}") from error
        doubt = self.dialect.doubt(connection)
        if doubt is not None:
            raise self._unknown(f"The database committed with a warning: {doubt}")

    def _unknown(self, what: str) -> CommitUnknown:
        return CommitUnknown(
            what,
            where=self.where,
            remedy="The append may be durable. Read the head and look for the statements before answering.",
        )


def _dispose(writer: Engine, reader: Engine, one_writer: OneWriter | None) -> None:
    if one_writer is not None:
        one_writer.close()
    writer.dispose()
    reader.dispose()


def parse_url(url: str | URL) -> URL:
    """An address of SQLAlchemy's form. Raises `StoreAbsent`."""
    try:
        return make_url(url)
    except ArgumentError as error:
        # The text itself is not repeated: it may hold a password.
        raise StoreAbsent(
            "This is not the address of a database",
            where="a text that is no URL",
            remedy="Use sqlite:///path/to/file or postgresql://host/database.",
        ) from error
