"""Creating and opening: migrations and tables agree, and nothing that is not our ledger is read or written."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, MetaData, create_engine, inspect, make_url, text

from ledger.store import schema, tables
from ledger.store.datastore import Datastore
from ledger.store.errors import (
    StoreAbsent,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreOutdated,
    StoreUnavailable,
)
from ledger.store.factory import LedgerFactory
from tests.ledger.ledgers import founded
from tests.ledger.store.logs import Log, run_sql

SHIP = ("asset:ship",)


def path_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def checks(connection: Connection, table: str) -> set[tuple[str, str]]:
    """Check constraints as the database words them, so that equal rules compare equal."""
    found = inspect(connection).get_check_constraints(table)
    return {(str(check["name"]), re.sub(r"\s+", " ", check["sqltext"])) for check in found}


def test_migrations_and_tables_agree(log, empty_url, tmp_path):
    """Columns, keys, indexes by Alembic's own comparison; check constraints by the database's wording of both."""
    datastore = log.recorder._datastore
    with datastore.writing() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": tables.VERSION_TABLE})
        assert compare_metadata(context, tables.metadata) == []
        migrated = {name: checks(connection, name) for name in tables.metadata.tables}
        for name in reversed(tables.metadata.sorted_tables):
            connection.execute(text(f"DROP TABLE {name.name}"))
        tables.metadata.create_all(connection)
        assert {name: checks(connection, name) for name in tables.metadata.tables} == migrated
    declared = sum(isinstance(c, CheckConstraint) for t in tables.metadata.tables.values() for c in t.constraints)
    assert sum(len(found) for found in migrated.values()) == declared > 20


def test_the_schema_revision_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(schema.migrations()))
    assert ScriptDirectory.from_config(config).get_heads() == [tables.SCHEMA_REVISION]


def test_creating_twice_is_refused_and_changes_nothing(log, empty_url):
    log.append(SHIP)
    with pytest.raises(StoreForeign):
        schema.create(empty_url)
    assert log.recorder.size() == 1


def test_an_upgrade_of_a_current_ledger_changes_nothing(log, empty_url):
    log.append(SHIP)
    schema.upgrade(empty_url)
    assert [r.notification.id for r in log.append(SHIP)] == [2]


def test_another_schema_version_is_refused(log, empty_url):
    run_sql(log.recorder, f"UPDATE {tables.VERSION_TABLE} SET version_num = '0000'")
    with pytest.raises(StoreOutdated, match=f"schema 0000, this program needs {tables.SCHEMA_REVISION}"):
        LedgerFactory.open(empty_url)


def test_a_ledger_of_a_newer_release_is_left_alone_and_nobody_is_told_to_upgrade_it(log, empty_url):
    run_sql(log.recorder, f"UPDATE {tables.VERSION_TABLE} SET version_num = '0999'")
    for touched in (LedgerFactory.open, schema.upgrade):
        with pytest.raises(StoreOutdated, match="schema 0999, of a newer release") as met:
            touched(empty_url)
        assert "Upgrade" not in str(met.value)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE head SET size = 2, recorded_at = '2026-01-01T00:00:00.000Z'", "head says 2, the last entry 1"),
        ("DELETE FROM head", "head says None"),
        ("DROP TABLE nodes", "Tables are missing: nodes"),
    ],
)
def test_a_ledger_that_contradicts_itself_is_not_opened(log, empty_url, sql, words):
    log.append(SHIP)
    run_sql(log.recorder, sql)
    with pytest.raises(StoreCorrupt, match=words):
        LedgerFactory.open(empty_url)


def test_a_foreign_database_is_refused_and_left_alone(empty_url, monkeypatch):
    foreign = MetaData()
    if make_url(empty_url).get_backend_name() == "sqlite":
        path_of(empty_url).touch()
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    for act in (schema.create, schema.upgrade, LedgerFactory.open):
        with pytest.raises(StoreForeign, match="Nothing was written"):
            act(empty_url)
    foreign.reflect(engine)
    assert set(foreign.tables) == {"alembic_version"}
    engine.dispose()


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_not_a_byte_of_a_foreign_file_is_changed(tmp_path, journal):
    path = tmp_path / "accounts.db"
    with closing(sqlite3.connect(path)) as foreign:
        foreign.execute(f"PRAGMA journal_mode = {journal}")
        foreign.execute("CREATE TABLE accounts (n INTEGER)")
        foreign.commit()
    before = path.read_bytes()
    for act in (schema.upgrade, LedgerFactory.open):
        with pytest.raises(StoreForeign, match="Nothing was written"):
            act(f"sqlite:///{path}")
    assert path.read_bytes() == before


@pytest.mark.parametrize("put", [None, "copy"])
def test_a_file_that_was_moved_away_takes_nothing_and_answers_nothing(sqlite_url, put):
    path = path_of(sqlite_url)
    with Log(sqlite_url) as log, closing(Datastore(sqlite_url)) as datastore:
        log.append(SHIP)
        schema.check(datastore)
        away = path.with_name("away.db")
        path.rename(away)
        if put is not None:
            shutil.copy(away, path)
        with pytest.raises(StoreUnavailable, match="no longer where it was"):
            log.append(SHIP)
        with pytest.raises(StoreUnavailable, match="no longer where it was"):
            schema.check(datastore)
        away.rename(path)
        assert log.append(SHIP)


def test_a_failed_migration_leaves_no_ledger(empty_url, monkeypatch):
    monkeypatch.setattr(
        schema, "_migrate", lambda connection: connection.execute(text("CREATE TABLE half (n INTEGER)")) / 0
    )
    with pytest.raises(TypeError):
        schema.create(empty_url)
    monkeypatch.undo()
    schema.create(empty_url)
    with Log(empty_url) as log:
        assert log.append(SHIP)


def test_an_absent_file_is_not_made_by_opening(tmp_path):
    missing = tmp_path / "missing.db"
    for act in (LedgerFactory.open, schema.upgrade):
        with pytest.raises(StoreAbsent, match=r"missing\.db"):
            act(f"sqlite:///{missing}")
    assert not missing.exists()


def test_a_folder_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(StoreUnavailable, match="cannot be made"):
        schema.create(f"sqlite:///{tmp_path / 'no' / 'ledger.db'}")


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "mysql://host/db", "not an address", ""])
def test_an_address_that_cannot_hold_a_ledger(address):
    for act in (LedgerFactory.open, schema.create):
        with pytest.raises(StoreAbsent):
            act(address)


def test_no_error_shows_the_password():
    with pytest.raises(StoreUnavailable) as caught:
        LedgerFactory.open("postgresql://ledger:s3cret@127.0.0.1:1/ledger?connect_timeout=2")
    assert "s3cret" not in str(caught.value)
    assert "ledger:***@" in caught.value.where


def test_a_file_that_is_no_database_is_refused(tmp_path):
    text_file = tmp_path / "notes.db"
    text_file.write_text("These are my notes, not a ledger. " * 200)
    with pytest.raises(StoreCorrupt, match="not a database"):
        LedgerFactory.open(f"sqlite:///{text_file}")
    empty = tmp_path / "empty.db"
    empty.touch()
    with pytest.raises(StoreForeign):
        LedgerFactory.open(f"sqlite:///{empty}")


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_refused(sqlite_url, kept):
    with Log(sqlite_url) as log:
        log.append(*[SHIP] * 100)
    path = path_of(sqlite_url)
    sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    os.truncate(path, int(path.stat().st_size * kept))
    with pytest.raises(StoreCorrupt, match="damaged"):
        LedgerFactory.open(sqlite_url)


def damage_schema(path: Path) -> None:
    """The definition of a table becomes text that is no SQL, and no UTF-8 either."""
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("PRAGMA writable_schema = ON")
        (version,) = database.execute("PRAGMA schema_version").fetchone()
        database.execute(
            "UPDATE sqlite_master SET sql = CAST(x'435245415445205441828282' AS TEXT) WHERE name = 'nodes'"
        )
        database.execute("UPDATE sqlite_master SET name = CAST(x'6e82' AS TEXT) WHERE name = 'nodes'")
        database.execute(f"PRAGMA schema_version = {version + 1}")
    database.close()


def test_damage_that_the_driver_cannot_even_quote_is_named(sqlite_url):
    """Python fails on SQLite's message, which quotes the damaged bytes, with an error that is none of the driver's."""
    with Log(sqlite_url) as log:
        log.append(SHIP)
        damage_schema(path_of(sqlite_url))
        with pytest.raises(StoreCorrupt, match="damaged"):
            log.append(SHIP)
    with pytest.raises(StoreCorrupt, match="damaged"):
        LedgerFactory.open(sqlite_url)


def test_a_read_only_file_is_unavailable_for_writing():
    """Permissions bind everyone but root, who lays his rights down for the test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        schema.create(f"sqlite:///{path}")
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        user = os.geteuid()
        try:
            if user == 0:
                os.seteuid(65_534)
            with pytest.raises(StoreError, match="cannot be written"):
                Log(f"sqlite:///{path}").append(SHIP)
        finally:
            os.seteuid(user)
            Path(folder).chmod(0o755)


INSTALLED = """
import pathlib, sys
from ledger.store import schema
from ledger.store.factory import LedgerFactory
where = pathlib.Path(sys.argv[1])
assert schema.migrations() == where / "site" / "ledger" / "store" / "migrations", schema.migrations()
schema.create(f"sqlite:///{where / 'ledger.db'}")
print(LedgerFactory.open(f"sqlite:///{where / 'ledger.db'}").application_recorder().size())
"""


def test_an_installed_ledger_finds_its_migrations(tmp_path):
    """Laid out as the wheel lays it out, with the source tree out of sight."""
    root = Path(__file__).resolve().parents[3]
    for package in ("ledger", "domain"):
        shutil.copytree(root / package, tmp_path / "site" / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "alembic", tmp_path / "site" / "ledger" / "store" / "migrations")
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.path.insert(0, sys.argv.pop(1))\n" + INSTALLED,
            tmp_path / "site",
            tmp_path,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.stdout, run.stderr, run.returncode) == ("0\n", "", 0)


def test_an_older_ledger_is_filed_from_its_entries(tmp_path):
    """What a ledger of the schema before `filed` is given by the upgrade is what each append would have filed."""
    with founded(tmp_path) as house:
        house.submit(house.sale())
        house.submit(house.note("of the sale"))
        path = house.path
    with closing(sqlite3.connect(path)) as database:
        kept = [
            database.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in ("filed", "introductions")
        ]
        database.execute("DROP TABLE filed")
        database.execute("DROP TABLE introductions")
        database.execute(f"UPDATE {tables.VERSION_TABLE} SET version_num = '0003'")
        database.commit()
    with pytest.raises(StoreOutdated):
        LedgerFactory.open(f"sqlite:///{path}")
    schema.upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as database:
        again = [
            database.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in ("filed", "introductions")
        ]
    assert again == kept
    assert all(kept)
