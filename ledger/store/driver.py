"""The statements of every append, compiled once for their database and handed to the driver itself.

SQLAlchemy composes them, so that each is written once for both databases; what it does besides at each execution (cache
keys, coercions, results by name) costs more than SQLite takes to run one. Only that is left out: connections, transactions
and the names of errors are those of `ledger.store.datastore`, inside whose blocks these run.

Values go in and come out as the driver has them: integers, texts, bytes, and lists of them. Not done: a statement that
holds values of its own, or needs its values converted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler

Value = int | str | bytes | None
Row = tuple[Value, ...]
"""The values of all columns of a table, in its order."""
Values = Mapping[str, Value | Sequence[Value]]
Answer = tuple[Any, ...]
"""The columns of one row, as the database declares them."""

_NONE: Final[Values] = {}


class Statement:
    """One statement for one database. Safe to share between threads."""

    def __init__(self, composed: ClauseElement, dialect: Dialect) -> None:
        compiled = composed.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler), "it is SQL"
        assert set(compiled.params.values()) <= {None}, "its values are named, and come with each execution"
        self.sql = compiled.string
        self._places = compiled.positiontup if compiled.positional else None

    def ask(self, connection: Connection, values: Values = _NONE) -> DBAPICursor:
        """The cursor of its rows, to be fetched and closed. `first`, `all` and `change` do both."""
        return self._run(connection, self._placed(values))

    def first(self, connection: Connection, values: Values = _NONE) -> Answer | None:
        """The first row, if there is one."""
        cursor = self.ask(connection, values)
        row: Answer | None = cursor.fetchone()
        cursor.close()
        return row

    def all(self, connection: Connection, values: Values = _NONE) -> Sequence[Answer]:
        """All rows."""
        cursor = self.ask(connection, values)
        rows: Sequence[Answer] = cursor.fetchall()
        cursor.close()
        return rows

    def change(self, connection: Connection, values: Values) -> int:
        """How many rows it changed."""
        cursor = self.ask(connection, values)
        changed = cursor.rowcount
        cursor.close()
        return changed

    def change_each(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Once for each of these rows, whose values stand in the order in which the statement names them."""
        assert self._places is not None, "it takes values by place"
        self._run(connection, rows, many=True).close()

    def _placed(self, values: Values) -> Any:
        return values if self._places is None else [values[name] for name in self._places]

    def _run(self, connection: Connection, placed: Any, *, many: bool = False) -> DBAPICursor:
        cursor = cursor_of(connection)
        try:
            if many:
                cursor.executemany(self.sql, placed)
            else:
                cursor.execute(self.sql, placed)
        except BaseException as error:
            # An open cursor would keep the lock after a rollback.
            cursor.close()
            if isinstance(error, UnicodeDecodeError):
                raise unreadable_message(error) from error
            raise
        return cursor


def cursor_of(connection: Connection) -> DBAPICursor:
    """The driver's own cursor in the transaction of a connection."""
    return connection.connection.cursor()


def unreadable_message(error: UnicodeDecodeError) -> sqlite3.DatabaseError:
    """SQLite quotes the damaged text of its schema; the driver then fails on the message itself, outside its own errors."""
    damaged = sqlite3.DatabaseError(bytes(error.object).decode(errors="backslashreplace"))
    damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return damaged
