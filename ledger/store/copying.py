"""One ledger's rows into another database, SQLite or PostgreSQL, without changing one of them (DESIGN section 4).

Guarantees: the copy is of one snapshot of the source, appends beside it or not; it is written in one transaction, so
that there is a whole copy or none; every byte of entries, checkpoints and tree is taken as it stands. Access tokens
come along, so that those who could submit still can.

`make_whole` makes an SQLite file one that may be moved: what was committed may stand in its write-ahead log alone, and stays there
where the disk is full or somebody reads when it is closed.

Not copied: how far projections have read, and their tables, which are rebuilt from the entries. Not done here: proving
that what was copied is sound. `ledger.transfer` hands in how.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, delete, func, select

from ledger.store import schema, tables
from ledger.store.datastore import Datastore
from ledger.store.errors import StoreUnavailable

PAGE: Final = 512
"""Rows at a time: at most 32 MiB of entries."""

_COPIED: Final = (
    tables.entries,
    tables.checkpoints,
    tables.membership,
    tables.filed,
    tables.introductions,
    tables.nodes,
    tables.head,
    tables.tokens,
)
"""In the order in which one refers to another."""

Progress = Callable[[int, int], None]


def copy(source: Datastore, target: str, prove: Callable[[Datastore], None], progress: Progress) -> None:
    """Makes a new ledger at `target` with the rows of `source`; `progress` hears entries copied, and in all.

    `prove` may read what was written, before it is committed. Raises `StoreForeign` where `target` holds anything already,
    `StoreUnavailable`, and what `prove` raises; then nothing is there.
    """
    with source.reading() as reading:

        def fill(writing: Connection, into: Datastore) -> None:
            # The migration put an empty head there.
            writing.execute(delete(tables.head))
            for table in _COPIED:
                _copy_table(table, reading, writing, into, progress)
            prove(into)

        schema.create(target, fill)


def _copy_table(table: Table, reading: Connection, writing: Connection, into: Datastore, progress: Progress) -> None:
    keys = list(table.primary_key.columns)
    total = reading.execute(select(func.count()).select_from(table)).scalar_one() if table is tables.entries else 0
    rows = reading.execution_options(yield_per=PAGE).execute(select(table).order_by(*keys))
    done = 0
    for page in rows.partitions(PAGE):
        into.dialect.insert_rows(writing, table, [tuple(row) for row in page])
        done += len(page)
        if total:
            progress(done, total)


def companions(file: Path) -> tuple[Path, Path]:
    """The files that SQLite keeps beside one while it is open: its write-ahead log, and the index of that."""
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


def make_whole(file: Path) -> None:
    """Takes the write-ahead log of an SQLite file nobody uses into it. Raises `StoreUnavailable` where not all of it is in."""
    why = "another process reads it"
    try:
        with closing(sqlite3.connect(file, timeout=1)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        busy, why = 1, str(error)
    log, _ = companions(file)
    if busy or log.exists():
        raise StoreUnavailable(
            f"The copy cannot be completed: {why}",
            where=str(file),
            remedy="Nothing was kept. Free the disk, then try again.",
        )
