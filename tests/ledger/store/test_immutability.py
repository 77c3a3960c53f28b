"""SQL past the recorder: what is recorded cannot be altered, and an entry without a leaf or with a gap cannot be added."""

import pytest

from ledger.store.errors import StoreConflict
from tests.ledger.store.databases import KINDS
from tests.ledger.store.logs import Log, everything, run_sql

COLUMNS = "position, originator_id, originator_version, topic, statement_id, recorded_at, leaf_hash, entry"


@pytest.fixture
def filled(log):
    log.append(("asset:ship",), ("asset:mill",))
    log.append(("asset:ship",))
    log.recorder.add_cosigned(2, b"cosigned")
    return log


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE entries SET entry = entry || entry WHERE position = 2",
        "UPDATE entries SET recorded_at = recorded_at",
        "UPDATE entries SET position = 9 WHERE position = 3",
        "DELETE FROM entries WHERE position = 3",
        "DELETE FROM entries",
        "UPDATE checkpoints SET note = cosigned WHERE size = 2",
        "UPDATE checkpoints SET cosigned = note WHERE size = 2",
        "UPDATE checkpoints SET cosigned = NULL WHERE size = 2",
        "DELETE FROM checkpoints WHERE size = 3",
        "UPDATE head SET id = 2",
        "INSERT INTO head SELECT 2, size, frontier, recorded_at, register_count FROM head",
    ],
)
def test_what_is_recorded_is_never_altered(filled, sql):
    before = everything(filled.recorder)
    with pytest.raises(StoreConflict):
        run_sql(filled.recorder, sql)
    assert everything(filled.recorder) == before


@pytest.mark.parametrize(
    "values",
    [
        "5, originator_id, 9, topic, '{id}', recorded_at, leaf_hash, entry",
        "4, originator_id, 9, topic, '{id}', recorded_at, NULL, entry",
        "4, originator_id, 9, topic, '{id}', recorded_at, entry, entry",
        "4, originator_id, 9, topic, statement_id, recorded_at, leaf_hash, entry",
        "3, originator_id, 9, topic, '{id}', recorded_at, leaf_hash, entry",
        "0, originator_id, 9, topic, '{id}', recorded_at, leaf_hash, entry",
        "4, originator_id, 9, topic, '{id}', 'yesterday', leaf_hash, entry",
    ],
    ids=["gap", "no leaf", "leaf of another length", "statement twice", "position twice", "position 0", "no instant"],
)
def test_an_entry_that_breaks_a_rule_cannot_be_added(filled, values):
    before = everything(filled.recorder)
    with pytest.raises(StoreConflict):
        run_sql(
            filled.recorder,
            f"INSERT INTO entries ({COLUMNS}) SELECT {values.format(id='sha256:' + '0' * 64)} "
            "FROM entries WHERE position = 2",
        )
    assert everything(filled.recorder) == before


def test_an_entry_that_keeps_every_rule_can_be_added(filled):
    """The refusals above are for the rules, not for the statement."""
    run_sql(
        filled.recorder,
        f"INSERT INTO entries ({COLUMNS}) SELECT 4, originator_id, 9, topic, 'sha256:{'0' * 64}', recorded_at, leaf_hash, "
        "entry FROM entries WHERE position = 2",
    )


def test_a_subject_has_each_number_once(filled):
    with pytest.raises(StoreConflict):
        run_sql(
            filled.recorder, "INSERT INTO membership (subject, n, position, ordinal) VALUES ('asset:ship', 2, 2, 1)"
        )
    with pytest.raises(StoreConflict):
        run_sql(
            filled.recorder, "INSERT INTO membership (subject, n, position, ordinal) VALUES ('asset:ship', 3, 9, 0)"
        )


def test_sqlite_replaces_no_row(sqlite_url):
    """INSERT OR REPLACE deletes the old row without asking a DELETE trigger."""
    with Log(sqlite_url) as log:
        log.append(("asset:ship",), ("asset:mill",))
        before = everything(log.recorder)
        for position, statement_id in ((2, f"'sha256:{'0' * 64}'"), (3, "statement_id")):
            with pytest.raises(StoreConflict):
                run_sql(
                    log.recorder,
                    f"INSERT OR REPLACE INTO entries ({COLUMNS}) SELECT {position}, originator_id, 9, topic, "
                    f"{statement_id}, recorded_at, leaf_hash, entry FROM entries WHERE position = 1",
                )
        with pytest.raises(StoreConflict):
            run_sql(log.recorder, "INSERT OR REPLACE INTO checkpoints (size, note) VALUES (2, x'00')")
        assert everything(log.recorder) == before


@pytest.mark.parametrize("empty_url", [kind for kind in KINDS if kind != "sqlite"], indirect=True)
@pytest.mark.parametrize("table", ["entries", "checkpoints"])
def test_postgresql_truncates_nothing(filled, table):
    before = everything(filled.recorder)
    with pytest.raises(StoreConflict, match="TRUNCATE"):
        run_sql(filled.recorder, f"TRUNCATE {table} CASCADE")
    assert everything(filled.recorder) == before
