"""What is found under a name: streams, statements, names, first mentions, moments; the same on every database."""

from dataclasses import replace

import pytest

from ledger.store.errors import StoreCorrupt
from tests.ledger.store.logs import Log, instant, next_head, note_of, run_sql, statement

SHIP, QUAY = "asset:ship", "asset:quay"


def append(log: Log, *entries: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]) -> list[str]:
    """One transaction: an entry for each of subjects, names it is filed under, subjects it mentions. Returns statement ids."""
    with log.recorder.locked({subject for subjects, _, _ in entries for subject in subjects}) as head:
        heads = log.recorder.stream_heads({subject for subjects, _, _ in entries for subject in subjects})
        counts = {subject: stream.count for subject, stream in heads.items()}
        events = []
        for position, (subjects, filed, introduced) in enumerate(entries, head.size + 1):
            for subject in subjects:
                counts[subject] = counts.get(subject, 0) + 1
            made = statement(position, subjects, counts[subjects[0]], instant(position))
            events.append(replace(made, filed=filed, introduced=introduced))
        log.save(*events)
        log.recorder.commit_head(next_head(head, events), note_of(head.size + len(events)))
    return [event.statement_id for event in events]


@pytest.fixture
def ids(log) -> list[str]:
    first = append(
        log,
        ((SHIP,), ("holder party:anna", "name hafen_1"), (SHIP, "party:scribe")),
        ((QUAY, SHIP), ("holder party:anna", "name 50% hafen"), (QUAY, SHIP, "party:anna")),
    )
    return first + append(log, ((SHIP,), (first[0], "term"), (SHIP, "party:scribe", "party:bodo")))


def test_streams_in_their_order_up_to_a_size(log, ids):
    found = log.recorder.found_streams([SHIP, QUAY, "asset:none"], 3)
    assert {subject: [one.log_index for one in entries] for subject, entries in found.items()} == {
        SHIP: [0, 1, 2],
        QUAY: [1],
    }
    assert [one.statement for one in found[SHIP]] == ids
    assert [one.entry for one in found[SHIP]] == list(log.recorder.entries(0, 3))
    assert [one.log_index for one in log.recorder.found_streams([SHIP], 2)[SHIP]] == [0, 1]


def test_a_stream_with_a_gap_is_a_damaged_store(log, ids):
    run_sql(log.recorder, f"DELETE FROM membership WHERE subject = '{SHIP}' AND n = 2")
    with pytest.raises(StoreCorrupt, match="lacks its entry 2"):
        log.recorder.found_streams([SHIP], 3)


def test_statements_and_where_they_are(log, ids):
    assert log.recorder.found_statement(ids[2], 3).log_index == 2
    assert log.recorder.found_statement(ids[2], 2) is None
    assert log.recorder.indexes_of([ids[1], "sha256:" + "0" * 64]) == {ids[1]: 1}


def test_what_is_filed_under_a_name(log, ids):
    found = log.recorder.found_under(["holder party:anna", ids[0], "holder party:none"], 3)
    assert {name: [one.log_index for one in entries] for name, entries in found.items()} == {
        "holder party:anna": [0, 1],
        ids[0]: [2],
    }
    assert [one.log_index for one in log.recorder.found_through("term", 3)] == [2]
    assert [one.log_index for one in log.recorder.found_through("holder party:anna", 3, 1)] == [1]
    assert [one.log_index for one in log.recorder.found_through("holder party:anna", 1)] == [0]


@pytest.mark.parametrize(
    ("part", "indexes"), [("hafen", [0, 1]), ("50% h", [1]), ("%", [1]), ("_", [0]), ("afen_1", [0]), ("name", [])]
)
def test_names_that_hold_a_part(log, ids, part, indexes):
    assert [one.log_index for one in log.recorder.found_like("name ", part, 3)] == indexes


def test_first_mentions(log, ids):
    recorder = log.recorder
    assert list(recorder.introductions("", 3)) == [
        (0, 0, SHIP),
        (0, 1, "party:scribe"),
        (1, 0, QUAY),
        (1, 2, "party:anna"),
        (2, 2, "party:bodo"),
    ]
    assert list(recorder.introductions("asset", 3)) == [(0, 0, SHIP), (1, 0, QUAY)]
    assert list(recorder.introductions("party", 3, (0, 1))) == [(1, 2, "party:anna"), (2, 2, "party:bodo")]
    assert recorder.introduction("party:anna", 3) == (1, 2)
    assert recorder.introduction("party:anna", 1) is None
    assert [subject for _, _, subject in recorder.introductions("", 1)] == [SHIP, "party:scribe"]


def test_how_many_were_recorded_by_a_moment(log, ids):
    recorder = log.recorder
    assert [recorder.recorded_until(instant(n), 3) for n in range(5)] == [0, 1, 2, 3, 3]
    assert recorder.recorded_until(instant(3), 2) == 2
    assert recorder.recorded_until("2026-01-01T00:00:01.999Z", 3) == 1


def test_an_entry_that_was_altered_is_not_handed_out(log, ids):
    datastore = log.recorder._datastore
    if datastore.url.get_backend_name() == "sqlite":
        run_sql(log.recorder, "DROP TRIGGER entries_update")
    else:
        run_sql(log.recorder, "ALTER TABLE entries DISABLE TRIGGER entries_alter")
    run_sql(
        log.recorder,
        "UPDATE entries SET leaf_hash = (SELECT leaf_hash FROM entries WHERE position = 2) WHERE position = 1",
    )
    with pytest.raises(StoreCorrupt, match="do not hash"):
        log.recorder.found_statement(ids[0], 3)


def test_what_is_read_inside_a_snapshot_is_of_one_moment(log, ids):
    with log.recorder.snapshot():
        assert log.recorder.size() == 3
        with Log(log.recorder._datastore.url) as other:
            append(other, ((SHIP,), (), ()))
        assert log.recorder.size() == 3
        assert list(log.recorder.introductions("", 9))[-1] == (2, 2, "party:bodo")
    assert log.recorder.size() == 4
