#!/usr/bin/env python3
"""One peer of the bench in a process of its own: reads `single N` or `batch N` from standard input, appends so many records,
durably, and prints the seconds it took.

`single`: each record in a transaction of its own; `batch`: a hundred in one. The record is a text of 1,500 characters. Each peer is
used as its manual says, with its defaults, and checked once at the start to wait for the disk. None of them verifies a signature or
judges anything.
"""

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import psycopg

BATCH = 100
TEXT = "x" * 1_500
Appends = tuple[Callable[[int], None], Callable[[int], None]]


def eventsourcing_library(settings: dict[str, str]) -> Appends:
    """The bare library: an aggregate, saved after each event, or after a hundred."""
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Noted(Aggregate):
        @event("Noted")
        def note(self, text: str) -> None:
            self.text = text

    application: Application = Application(settings)

    def single(count: int) -> None:
        noted = Noted()
        application.save(noted)
        for _ in range(count - 1):
            noted.note(TEXT)
            application.save(noted)

    def batch(count: int) -> None:
        for _ in range(0, count, BATCH):
            noted = Noted()
            for _ in range(BATCH - 1):
                noted.note(TEXT)
            application.save(noted)

    return single, batch


def eventsourcing_sqlite(folder: Path, _: str) -> Appends:
    return eventsourcing_library(
        {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "library.db")}
    )


def eventsourcing_postgresql(_: Path, conninfo: str) -> Appends:
    named = psycopg.conninfo.conninfo_to_dict(conninfo)
    return eventsourcing_library(
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(named["dbname"]),
            "POSTGRES_HOST": str(named["host"]),
            "POSTGRES_PORT": str(named.get("port", "5432")),
            "POSTGRES_USER": str(named["user"]),
            "POSTGRES_PASSWORD": str(named.get("password", "-")),
        }
    )


AUDIT = """
CREATE TABLE holding (id bigint PRIMARY KEY, text text NOT NULL);
CREATE TABLE holding_audit (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL DEFAULT session_user, op text NOT NULL, old jsonb, new jsonb);
CREATE FUNCTION holding_audited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO holding_audit (op, old, new) VALUES (TG_OP, to_jsonb(OLD), to_jsonb(NEW));
    RETURN NEW;
END $$;
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON holding FOR EACH ROW EXECUTE FUNCTION holding_audited();
INSERT INTO holding SELECT n, 'x' FROM generate_series(1, 1000) n;
"""


def audit_triggers(_: Path, conninfo: str) -> Appends:
    """A table of values, and a trigger that keeps the old and the new row."""
    connection = psycopg.connect(conninfo, autocommit=True)
    connection.execute(AUDIT)
    numbers = iter(range(1 << 60))
    update = "UPDATE holding SET text = %s WHERE id = %s"

    def single(count: int) -> None:
        for _ in range(count):
            n = next(numbers)
            connection.execute(update, (f"{n} {TEXT}", n % 1000 + 1))

    def batch(count: int) -> None:
        for _ in range(0, count, BATCH):
            rows = [(f"{n} {TEXT}", n % 1000 + 1) for n in (next(numbers) for _ in range(BATCH))]
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(update, rows)

    return single, batch


def continuum(_: Path, conninfo: str) -> Appends:
    """SQLAlchemy-Continuum: the version of an object is written beside it."""
    import sqlalchemy as sa
    from sqlalchemy.orm import Session, configure_mappers, declarative_base
    from sqlalchemy_continuum import make_versioned

    make_versioned(user_cls=None)
    base = declarative_base()

    class Holding(base):  # type: ignore[misc, valid-type]
        __versioned__: ClassVar[dict[str, str]] = {}
        __tablename__ = "continuum_holding"
        id = sa.Column(sa.Integer, primary_key=True)
        text = sa.Column(sa.Text, nullable=False)

    configure_mappers()
    engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo))
    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Holding(id=n, text="x") for n in range(1000)])
        session.commit()
    numbers = iter(range(1 << 60))

    def change(count: int) -> None:
        """So many objects, read together and written in one flush: nothing is flushed for each."""
        changed = [next(numbers) for _ in range(count)]
        with Session(engine) as session:
            held = session.scalars(sa.select(Holding).where(Holding.id.in_([n % 1000 for n in changed]))).all()
            for n, holding in zip(changed, held, strict=True):
                holding.text = f"{n} {TEXT}"  # type: ignore[assignment]
            session.commit()

    def single(count: int) -> None:
        for _ in range(count):
            change(1)

    def batch(count: int) -> None:
        for _ in range(0, count, BATCH):
            change(BATCH)

    return single, batch


def pymerkle(folder: Path, _: str) -> Appends:
    """pymerkle: a Merkle tree in SQLite, without anything around it."""
    from pymerkle import SqliteTree

    tree = SqliteTree(str(folder / "tree.db"))
    entry = TEXT.encode()

    def single(count: int) -> None:
        for _ in range(count):
            tree.append_entry(entry)

    def batch(count: int) -> None:
        for _ in range(0, count, BATCH):
            tree.append_entries([entry] * BATCH)

    return single, batch


PEERS: dict[str, Callable[[Path, str], Appends]] = {
    "eventsourcing_sqlite": eventsourcing_sqlite,
    "eventsourcing_postgresql": eventsourcing_postgresql,
    "audit_triggers_postgresql": audit_triggers,
    "continuum_postgresql": continuum,
    "pymerkle_sqlite": pymerkle,
}


def require_durable(conninfo: str) -> None:
    """The settings under which a commit waits for the disk. Raises SystemExit."""
    with psycopg.connect(conninfo) as connection:
        for setting in ("fsync", "synchronous_commit"):
            answer = connection.execute(f"SHOW {setting}").fetchone()
            if answer != ("on",):
                raise SystemExit(f"PostgreSQL runs with {setting} {answer}")
    if sqlite3.connect(":memory:").execute("PRAGMA synchronous").fetchone() != (2,):
        raise SystemExit("SQLite is built with synchronous off")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=sorted(PEERS))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--conninfo", required=True)
    asked = parser.parse_args()
    require_durable(asked.conninfo)
    single, batch = PEERS[asked.peer](asked.folder, asked.conninfo)
    appends = {"single": single, "batch": batch}
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        kind, count = line.split()
        began = time.perf_counter()
        appends[kind](int(count))
        print(json.dumps(time.perf_counter() - began), flush=True)


if __name__ == "__main__":
    main()
