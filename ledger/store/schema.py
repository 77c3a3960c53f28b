"""Creates a ledger's database and checks that one is ours before anything is read or written (DESIGN section 4).

Alembic owns the schema: `create` and `upgrade` run the packaged migrations, each in one transaction, so a failed one
leaves the database as it was. `check` refuses an absent, foreign or differently versioned database, and one whose
head contradicts its entries.

Not done: downgrades (a ledger is restored from a copy, never wound back) and the full audit.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from alembic.command import upgrade as run_migrations
from alembic.config import Config
from sqlalchemy import URL, Connection, Text, column, func, inspect, select, table

from ledger.store.datastore import Datastore, parse_url
from ledger.store.dialect import address
from ledger.store.errors import CommitUnknown, StoreAbsent, StoreCorrupt, StoreForeign, StoreOutdated, StoreUnavailable
from ledger.store.tables import SCHEMA_REVISION, VERSION_TABLE, entries, head, metadata

Fill = Callable[[Connection, Datastore], None]
"""Writes the first rows of a new ledger, in the transaction that makes its tables."""


def create(url: str | URL, fill: Fill | None = None) -> None:
    """Makes a ledger: empty, or filled, all in one transaction: there is a whole ledger afterwards or none.

    Raises `StoreForeign` where the database already holds anything, `StoreUnavailable`, and what `fill` raises.
    """
    target = parse_url(url)
    created = _create_file(target)
    try:
        datastore = Datastore(target)
        try:
            with datastore.writing() as connection:
                present = inspect(connection).get_table_names()
                if present:
                    raise StoreForeign(
                        f"The database already holds tables ({', '.join(sorted(present)[:3])} …)",
                        where=datastore.where,
                        remedy="Nothing was written. Open it if it is a ledger; else name an empty database.",
                    )
                _migrate(connection)
                if fill is not None:
                    fill(connection, datastore)
        finally:
            datastore.close()
    except BaseException as error:
        if created is not None:
            created.unlink(missing_ok=True)
            if isinstance(error, CommitUnknown):
                raise StoreUnavailable(
                    error.what, where=error.where, remedy="Nothing was kept. Free the disk, then try again."
                ) from error
        raise


def upgrade(url: str | URL) -> None:
    """Brings an older ledger to this version's schema. Raises `StoreForeign` for what is no ledger, `StoreOutdated` for one
    of a newer release."""
    datastore = Datastore(url)
    try:
        with datastore.writing() as connection:
            _require_not_newer(_revision(connection, datastore.where), datastore.where)
            _migrate(connection)
    finally:
        datastore.close()


def check(datastore: Datastore) -> None:
    """Raises `StoreForeign`, `StoreOutdated` or `StoreCorrupt` unless this is a ledger that can be used as it is."""
    with datastore.reading() as connection:
        revision = _revision(connection, datastore.where)
        _require_not_newer(revision, datastore.where)
        if revision != SCHEMA_REVISION:
            raise StoreOutdated(
                f"The ledger has schema {revision}, this program needs {SCHEMA_REVISION}",
                where=datastore.where,
                remedy="Upgrade it with this program, or open it with the version that wrote it.",
            )
        missing = sorted(set(metadata.tables) - set(inspect(connection).get_table_names()))
        size = None if missing else connection.execute(select(head.c.size)).scalar_one_or_none()
        last = None if missing else connection.execute(select(func.coalesce(func.max(entries.c.position), 0))).scalar()
    if missing or size is None or size != last:
        raise StoreCorrupt(
            f"Tables are missing: {', '.join(missing)}" if missing else f"The head says {size}, the last entry {last}",
            where=datastore.where,
            remedy="Stop appending, keep the database as it is, run the audit, restore from a backup.",
        )


def migrations() -> Path:
    """The folder of the migrations: packaged in a wheel, beside the packages in a source tree."""
    spec = find_spec("ledger")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    for folder in (package / "store" / "migrations", package.parent / "alembic"):
        if (folder / "env.py").is_file() and (folder / "versions").is_dir():
            return folder
    raise StoreAbsent(
        "The migrations are not installed", where=str(package), remedy="Install the program again from its wheel."
    )


def _create_file(url: URL) -> Path | None:
    """An empty file for SQLite, since opening never creates one; None on a server."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    path = Path(url.database or "")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
    except FileExistsError as error:
        raise StoreForeign(
            "The file exists", where=address(url), remedy="Nothing was written. Open it if it is a ledger."
        ) from error
    except OSError as error:
        raise StoreUnavailable(
            f"The file cannot be made: {error.strerror}", where=address(url), remedy="Check the folder and its owner."
        ) from error
    return path


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations()).replace("%", "%%"))
    config.attributes["connection"] = connection
    run_migrations(config, "head")


def _revision(connection: Connection, where: str) -> str:
    revision: str | None = None
    if inspect(connection).has_table(VERSION_TABLE):
        stored = table(VERSION_TABLE, column("version_num", Text))
        revision = connection.execute(select(stored.c.version_num)).scalar_one_or_none()
    if revision is None:
        raise StoreForeign(
            "The database is not a ledger",
            where=where,
            remedy="Nothing was written. Check the address, or create the ledger first.",
        )
    return revision


def _require_not_newer(revision: str, where: str) -> None:
    """Revisions are counted, in four digits: a later release's sorts behind ours."""
    if revision > SCHEMA_REVISION:
        raise StoreOutdated(
            f"The ledger has schema {revision}, of a newer release; this program knows those up to {SCHEMA_REVISION}",
            where=where,
            remedy="Nothing was written. Open it with the release that wrote it, or a later one.",
        )
