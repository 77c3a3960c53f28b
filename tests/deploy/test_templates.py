"""What an operator renders is strict: nothing is acknowledged that one disk has, and nothing goes over the wire in clear."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from deploy.render import FOLDER, read, render, write
from ledger.application import Ledger
from ledger.store import roles
from ledger.store.datastore import Datastore
from tests.ledger.ledgers import Clock, House, founded_at, ledger_keys, signed
from tests.ledger.store.databases import postgres

PASSWORDS = [f"{name}_password" for name in ("superuser", "replication", "rewind", "owner", "writer", "reader")]
STRICT = {
    "synchronous_mode": "true",
    "synchronous_mode_strict": "true",
    "synchronous_commit": '"on"',
    "fsync": '"on"',
    "full_page_writes": '"on"',
    "failsafe_mode": "false",
    "primary_start_timeout": "0",
    "restart_after_crash": '"off"',
    "sslmode": "verify-full",
}


@pytest.fixture
def values() -> dict[str, str]:
    """The example of the repository, with passwords."""
    return {**read(FOLDER / "node.env"), **{name: f"secret-{name}" for name in PASSWORDS}}


def settings(rendered: str, name: str) -> list[str]:
    return re.findall(rf"^ *{name}: (.*)$", rendered, re.MULTILINE)


@pytest.mark.parametrize("name", STRICT)
def test_the_cluster_is_strict(values, name):
    assert settings(render(values)["patroni.yml"], name) == [STRICT[name]]


def test_a_lease_outlasts_two_tries_and_a_round(values):
    rendered = render(values)["patroni.yml"]
    ttl, wait, retry = (int(settings(rendered, name)[0]) for name in ("ttl", "loop_wait", "retry_timeout"))
    assert wait + 2 * retry <= ttl


def test_nobody_connects_in_clear_or_without_a_password(values):
    rendered = render(values)
    rules = re.search(r"pg_hba:\n((?: +- .*\n)+)", rendered["patroni.yml"])
    assert rules is not None
    lines = [line.strip("- ").split() for line in rules.group(1).splitlines()]
    assert {line[0] for line in lines} == {"hostssl", "local"}
    assert {line[-1] for line in lines} == {"scram-sha-256"}
    assert rendered["etcd.yml"].count("client-cert-auth: true") == 1
    assert "peer-transport-security: *certificates" in rendered["etcd.yml"]
    assert "http:" not in rendered["etcd.yml"] + rendered["patroni.yml"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("writer_password", ""),
        ("writer_password", "x'; ALTER ROLE ledger_writer SUPERUSER; --"),
        ("owner_password", 'x"'),
        ("node", "a\nfailsafe_mode: true"),
        ("unheard_of", "x"),
    ],
)
def test_a_value_that_could_say_something_else_is_refused(values, name, value):
    with pytest.raises(ValueError, match=name):
        render({**values, name: value})


def test_a_missing_value_is_refused(values):
    del values["network"]
    with pytest.raises(ValueError, match="missing: \\['network'\\]"):
        render(values)


def test_the_example_has_no_password(tmp_path):
    with pytest.raises(ValueError, match="password"):
        write(read(FOLDER / "node.env"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_its_owners(values, tmp_path):
    (tmp_path / "roles.sql").touch(mode=0o644)
    write(values, tmp_path)
    assert {(file.name, oct(file.stat().st_mode)) for file in tmp_path.iterdir()} == {
        (name, "0o100600") for name in ("etcd.yml", "patroni.yml", "roles.sql")
    }


@pytest.fixture
def cluster(values) -> Iterator[dict[str, str]]:
    """The roles and the database, made on a server of their own as Patroni makes them; the address for each."""
    with postgres() as url:
        with psycopg.connect(url.set(drivername="postgresql").render_as_string(False), autocommit=True) as admin:
            for statement in re.sub("(?m)^--.*$", "", render(values)["roles.sql"]).split(";"):
                if statement.strip():
                    admin.execute(statement.encode())
        users = ("ledger_owner", "ledger_writer", "ledger_reader")
        named = make_url(url).set(database="ledger", password=None)
        yield {user: named.set(username=user).render_as_string() for user in users}


def run(url: str, statement: str) -> None:
    datastore = Datastore(url)
    try:
        with datastore.writer.begin() as connection:
            connection.execute(text(statement))
    finally:
        datastore.close()


def test_the_writer_appends_and_the_reader_reads_and_neither_does_more(cluster):
    owner, writer, reader = cluster.values()
    with founded_at(owner):
        pass
    roles.grant(owner, "ledger_append", "append")
    roles.grant(owner, "ledger_read", "read")
    with Ledger.open(writer, ledger_keys(), Clock()) as ledger:
        assert ledger.submit(signed(House(ledger, Clock(), writer).note("appended"))).index == 6
    for url in (writer, reader):
        for harm in ("DELETE FROM entries", "DROP TRIGGER entries_alter ON entries", "CREATE TABLE mine (n int)"):
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                run(url, harm)
    with pytest.raises(ProgrammingError, match="permission denied"):
        run(reader, "UPDATE head SET size = size")


def test_the_units_start_what_the_drill_starts():
    units = {file.name: file.read_text() for file in FOLDER.glob("*.service")}
    assert "ExecStart=/usr/bin/etcd --config-file /etc/control-ledger/etcd.yml\n" in units["etcd.service"]
    assert "-m patroni /etc/control-ledger/patroni.yml\n" in units["patroni.service"]
    assert all(Path(FOLDER / name).is_file() for name in ("etcd.yml", "patroni.yml"))
