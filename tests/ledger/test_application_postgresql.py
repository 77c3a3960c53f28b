"""The same ledger on PostgreSQL: written, read, audited; what is altered there is found as well."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from domain.objections import Refused
from ledger.application import Ledger, Recorded
from ledger.audit import audit
from ledger.log.receipt import verify_receipt
from ledger.reading import LedgerReader
from tests.ledger.ledgers import ORIGIN, House, founded_at, ledger_keys, signed
from tests.ledger.store.databases import empty_database, postgres
from tests.ledger.test_stretch_audit import narrow


@pytest.fixture(scope="module")
def server():
    with postgres() as url:
        yield url


@pytest.fixture
def house(server) -> Iterator[House]:
    with empty_database(server) as url, founded_at(url) as house:
        yield house


def run(house: House, *sql: str) -> None:
    """SQL of the owner of the database, past every trigger."""
    with house.ledger.recorder._datastore.writing() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for line in sql:
            connection.execute(text(line))


def names(house: House) -> list[tuple[str, int | None]]:
    report = audit(house.url)
    with narrow(100, 64):
        assert audit(house.url, processes=1) == report
    return [(finding.name, finding.index) for finding in report.findings]


def test_submitted_read_again_and_audited(house):
    outcomes = house.ledger.submit_many([signed(house.note(f"report {n}")) for n in range(260)])
    house.ledger.cosign_latest()
    assert all(isinstance(outcome, Recorded) for outcome in outcomes)
    last = house.submit(house.sale())
    verify_receipt(last.receipt, last.entry, ORIGIN, house.reader.verifiers)
    with LedgerReader.open(house.url) as reader:
        assert reader.size == 267
        assert reader.root(267) == house.reader.root(267)
    assert names(house) == []


def test_two_writers_judge_by_what_both_recorded(house):
    with Ledger.open(house.url, ledger_keys(), house.clock) as other:
        house.submit(house.sale("3/4"))
        with pytest.raises(Refused):
            other.submit(signed(house.sale("3/4", day="2024-03-05")))
        assert other.submit(signed(house.note("and on"))).index == 7


def test_a_connection_lost_after_the_commit_is_resolved_by_the_statement(house, monkeypatch):
    dialect = house.ledger.recorder._datastore.writer.dialect
    commit = dialect.do_commit
    envelope = signed(house.sale())

    def lose(connection):
        commit(connection)
        monkeypatch.undo()
        raise dialect.dbapi.OperationalError("the connection is lost")

    monkeypatch.setattr(dialect, "do_commit", lose)
    recorded = house.ledger.submit(envelope)
    assert (recorded.index, recorded.new) == (6, True)
    assert names(house) == []


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE entries SET topic = 'ownership.declared' WHERE position = 3", ("columns", 2)),
        ("UPDATE entries SET leaf_hash = sha256('x') WHERE position = 3", ("leaves", 2)),
        ("UPDATE entries SET entry = set_byte(entry, 40, 90) WHERE position = 3", ("leaves", 2)),
        ("UPDATE membership SET subject = 'asset:other' WHERE position = 5", ("membership", 4)),
        ("UPDATE checkpoints SET note = set_byte(note, 30, 90) WHERE size = 4", ("checkpoints", 3)),
        ("UPDATE head SET register_count = 1", ("tree", None)),
        ("INSERT INTO nodes VALUES (1, 0, sha256('x'))", ("tree", None)),
        ("DROP TRIGGER entries_alter ON entries", ("schema", None)),
        ("ALTER TABLE entries DISABLE TRIGGER entries_insert", ("schema", None)),
    ],
)
def test_what_the_owner_of_the_database_alters_is_found(house, sql, found):
    run(house, sql)
    assert found in names(house)
