"""A PostgreSQL role that appends can do that and nothing worse; one that reads changes nothing."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from ledger.cli.app import run as run_command
from ledger.store import roles, schema
from ledger.store.errors import AppendRefused, StoreUnavailable
from tests.ledger.store.databases import empty_database
from tests.ledger.store.logs import Log

MADE: list[str] = []
SHIP = ("asset:ship",)
HARM = [
    "UPDATE entries SET entry = 'x'",
    "DELETE FROM entries",
    "TRUNCATE entries CASCADE",
    "ALTER TABLE entries DISABLE TRIGGER ALL",
    "ALTER TABLE entries DISABLE TRIGGER entries_alter",
    "DROP TRIGGER entries_alter ON entries",
    "CREATE TRIGGER mine BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
    "DROP TABLE entries CASCADE",
    "ALTER TABLE entries OWNER TO CURRENT_USER",
    "DELETE FROM membership",
    "UPDATE membership SET n = n + 1",
    "DELETE FROM checkpoints",
    "UPDATE checkpoints SET note = 'x'",
    "TRUNCATE checkpoints",
    "UPDATE nodes SET hash = 'x'",
    "DELETE FROM nodes",
    "DELETE FROM head",
    "INSERT INTO head VALUES (2, 0, '', NULL, 0)",
    "UPDATE ledger_schema SET version_num = '9'",
    "CREATE TABLE mine (id int)",
]


@pytest.fixture(params=["postgresql", "postgresql_15"])
def owned(request) -> Iterator[str]:
    with empty_database(request.getfixturevalue(request.param)) as url:
        schema.create(url)
        yield url
        while MADE:
            role = MADE.pop()
            run(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def as_role(owned: str, may: roles.Role) -> str:
    """The address of the same database for a new role that may log in."""
    role = f"ledger_{may}_{uuid4().hex[:8]}"
    roles.grant(owned, role, may)
    roles.grant(owned, role, may)
    MADE.append(role)
    run(owned, f"ALTER ROLE {role} LOGIN")
    return make_url(owned).set(username=role).render_as_string(hide_password=False)


def run(url: str, *lines: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for line in lines:
                connection.execute(text(line))
    finally:
        engine.dispose()


def test_who_appends_cannot_alter(owned):
    url = as_role(owned, "append")
    with Log(url) as log:
        log.append(*[SHIP] * 257)
        log.recorder.add_cosigned(257, b"cosigned")
        for harm in HARM:
            with pytest.raises(ProgrammingError, match=r"permission denied|must be (owner|able)|InsufficientPrivilege"):
                run(url, harm)
        log.append(SHIP)
        assert log.recorder.size() == 258


def test_who_reads_cannot_append(owned):
    with Log(owned) as writer:
        writer.append(SHIP)
    url = as_role(owned, "read")
    with Log(url) as log:
        assert log.recorder.size() == 1
        with pytest.raises(StoreUnavailable, match="permission denied"):
            log.append(SHIP)
        for harm in [*HARM, "SELECT secret_hash FROM tokens"]:
            with pytest.raises(ProgrammingError):
                run(url, harm)


def test_a_role_is_named_plainly_and_on_a_server(owned, sqlite_url):
    for name in ('x"; DROP TABLE entries; --', "", "Größe", "a" * 64):
        with pytest.raises(AppendRefused, match="no name for a role"):
            roles.grant(owned, name, "append")
    with pytest.raises(AppendRefused, match="no roles"):
        roles.grant(sqlite_url, "ledger", "append")


def test_the_command_says_what_a_role_may_as_one_value(owned, capsys):
    role = f"ledger_read_{uuid4().hex[:8]}"
    MADE.append(role)
    assert run_command(["grant", role, "--may", "read", "--ledger", owned, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"role": role, "may": "read"}
