"""The statements that write an append, composed for each database; on PostgreSQL in as few round trips as can be.

SQLite writes one row after another, under the one lock. PostgreSQL takes the rows of a batch as one array for each column
(DESIGN section 4), entries and memberships in one statement, whose references are checked at its end; and moves the head, keeps
the checkpoint and announces both in another, which does nothing where the head is not where it was.

Not done here: running them. `ledger.store.dialect` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Insert,
    LargeBinary,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY

from ledger.store import tables
from ledger.store.driver import Row, Value
from ledger.store.listening import CHANNEL


def _bound(*names: str) -> dict[str, BindParameter[Value]]:
    """A parameter of its own name for each column."""
    return {name: bindparam(name) for name in names}


MOVE_HEAD: Final = (
    update(tables.head)
    .where(tables.head.c.size == bindparam("size_before"))
    .values(_bound("size", "frontier", "recorded_at", "register_count"))
)
INSERT_CHECKPOINT: Final = insert(tables.checkpoints).values(_bound("size", "note"))


INTRODUCE: Final = sqlite.insert(tables.introductions).on_conflict_do_nothing()
"""SQLite: a row of `introductions`, where its subject has none."""


@cache
def insert_unnested(table: Table) -> postgresql.Insert:
    """PostgreSQL: rows that are handed over as one array for each column, see `columns_of`."""
    names = table.columns.keys()
    arrays = [(_array_name(table, name), _array_of(table, name)) for name in names]
    columns = func.unnest(*(cast(bindparam(name, type_=kind), kind) for name, kind in arrays))
    added = columns.table_valued(*names, name="added").render_derived()
    return postgresql.insert(table).from_select(list(names), select(*added.c))


APPENDED: Final = (tables.entries, tables.membership, tables.filed, tables.introductions)
"""The tables that an entry adds rows to, in the order in which one refers to another."""


class Appended(NamedTuple):
    """The rows that entries add, by table as in `APPENDED`."""

    entries: list[Row]
    members: list[Row]
    filed: list[Row]
    introductions: list[Row]


def insert_all() -> Insert:
    """PostgreSQL: rows of each of `APPENDED`; an introduction of what is introduced already is none."""
    entries, members, filed, introductions = map(insert_unnested, APPENDED)
    return members.add_cte(
        entries.cte("entries_added"),
        filed.cte("filed_added"),
        introductions.on_conflict_do_nothing().cte("introductions_added"),
    )


def move_head_and_tell() -> Insert:
    """PostgreSQL: moves the head, keeps the checkpoint if it moved, and tells of it."""
    moved = MOVE_HEAD.returning(tables.head.c.size).cte("head_moved")
    kept: Select[tuple[int, bytes]] = select(moved.c.size, bindparam("note", type_=LargeBinary))
    told = func.pg_notify(literal_column(f"'{CHANNEL}'"), literal_column("''"))
    return insert(tables.checkpoints).from_select(["size", "note"], kept).returning(told)


def columns_of(table: Table, rows: Sequence[Row]) -> dict[str, list[Value]]:
    """The arrays that `insert_unnested` takes, by name."""
    return {_array_name(table, name): [row[n] for row in rows] for n, name in enumerate(table.columns.keys())}


def _array_name(table: Table, column: str) -> str:
    return f"{table.name}_{column}"


def _array_of(table: Table, column: str) -> ARRAY[int] | ARRAY[str] | ARRAY[bytes]:
    kind = table.c[column].type
    if isinstance(kind, LargeBinary):
        return ARRAY(LargeBinary)
    if isinstance(kind, Text):
        return ARRAY(Text)
    return ARRAY(BigInteger)
