"""The recorder's contract, on every database: order without gaps, whole batches, the library's own expectations."""

from dataclasses import replace

import pytest
from eventsourcing.persistence import IntegrityError, ProgrammingError, StoredEvent, Tracking

from ledger.log.merkle import Frontier, TileHashes, leaf_hash, prove_inclusion, verify_inclusion
from ledger.store.errors import AppendRefused, OutOfRange, StoreConflict, StoreCorrupt
from ledger.store.events import Head, StreamHead
from tests.ledger.store.logs import everything, instant, next_head, note_of, run_sql, statement, statements

SHIP, MILL, ANNA = ("asset:ship",), ("asset:mill",), ("party:anna",)


def test_an_empty_log_has_no_notifications(log):
    assert log.recorder.max_notification_id() is None
    assert log.recorder.select_notifications(start=None, limit=3) == []
    assert log.recorder.select_notifications(start=None, limit=3, topics=["a.b"]) == []
    assert log.recorder.select_events("asset:ship", desc=True, limit=1) == []
    assert log.recorder.head() == Head(0, Frontier().to_bytes(), None, 0)
    assert log.recorder.latest_checkpoint() is None


def test_notification_ids_are_contiguous_from_one(log):
    assert [r.notification.id for r in log.append(SHIP, SHIP)] == [1, 2]
    assert [r.notification.id for r in log.append(MILL)] == [3]
    assert log.recorder.max_notification_id() == 3
    assert [entry.id for entry in log.recorder.select_notifications(None, 10)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"start": None, "limit": 10}, [1, 2, 3, 4]),
        ({"start": 1, "limit": 10}, [1, 2, 3, 4]),
        ({"start": 2, "limit": 2}, [2, 3]),
        ({"start": 2, "limit": 10, "inclusive_of_start": False}, [3, 4]),
        ({"start": 4, "limit": 1, "inclusive_of_start": False}, []),
        ({"start": None, "limit": 10, "stop": 2}, [1, 2]),
        ({"start": 2, "limit": 10, "stop": 2}, [2]),
        ({"start": 1, "limit": 10, "stop": 3, "inclusive_of_start": False}, [2, 3]),
        ({"start": 1, "limit": 10, "topics": ["control.seized"]}, [3, 4]),
        ({"start": 1, "limit": 10, "topics": ["control.seized", "ownership.transferred"]}, [1, 2, 3, 4]),
        ({"start": 1, "limit": 1, "topics": ["control.seized"]}, [3]),
        ({"start": 1, "limit": 10, "topics": ["nothing.happened"]}, []),
    ],
)
def test_notifications_are_selected_by_range_and_topic(log, arguments, expected):
    log.append(SHIP, MILL)
    log.append(SHIP, ANNA, topic="control.seized")
    assert [entry.id for entry in log.recorder.select_notifications(**arguments)] == expected


def test_events_are_selected_by_originator_and_version(log):
    log.append(SHIP, MILL, SHIP, (*ANNA, *SHIP), SHIP)
    versions = [(e.id, e.originator_version) for e in log.recorder.select_events("asset:ship")]
    # The fourth entry extends the ship's stream, but its originator is Anna.
    assert versions == [(1, 1), (3, 2), (5, 4)]
    assert [e.id for e in log.recorder.select_events("asset:ship", desc=True, limit=1)] == [5]
    assert [e.id for e in log.recorder.select_events("asset:ship", desc=True)] == [5, 3, 1]
    assert [e.id for e in log.recorder.select_events("asset:ship", gt=1, lte=2)] == [3]
    assert [e.id for e in log.recorder.select_events("asset:ship", lte=3, desc=True, limit=1)] == [3]


def test_an_entry_comes_back_byte_for_byte_through_the_library(log):
    (recording,) = log.append((*SHIP, *ANNA, *MILL))
    event = recording.domain_event
    assert list(log.events.get("asset:ship")) == [event]
    (entry,) = log.recorder.select_notifications(1, 1)
    assert (entry.entry, entry.topic, entry.index) == (event.entry, "ownership.transferred", 0)
    assert entry.subjects == ("asset:ship", "party:anna", "asset:mill")
    assert list(log.recorder.entries(0, 1)) == [event.entry]
    assert list(log.recorder.leaf_hashes(0, 1)) == [leaf_hash(event.entry)]


def test_statements_are_found_by_id(log):
    first, second = (r.domain_event for r in log.append(SHIP, MILL))
    assert log.recorder.find_statement(second.statement_id).entry == second.entry
    assert log.recorder.find_statement("sha256:" + "0" * 64) is None
    found = log.recorder.find_statements([first.statement_id, second.statement_id, "sha256:" + "0" * 64])
    assert {key: entry.id for key, entry in found.items()} == {first.statement_id: 1, second.statement_id: 2}
    assert log.recorder.find_statements([]) == {}


def test_every_subject_is_a_stream(log):
    events = [r.domain_event for r in log.append((*SHIP, *ANNA), MILL, (*MILL, *SHIP))]
    assert log.recorder.stream_heads(["asset:ship", "party:anna", "asset:mill", "party:nobody"]) == {
        "asset:ship": StreamHead(2, events[2].leaf_hash, events[2].statement_id, 3),
        "party:anna": StreamHead(1, events[0].leaf_hash, events[0].statement_id, 1),
        "asset:mill": StreamHead(2, events[2].leaf_hash, events[2].statement_id, 3),
    }
    assert log.recorder.stream_heads([]) == {}
    assert log.recorder.stream_positions("asset:ship") == [1, 3]
    assert [entry.id for entry in log.recorder.stream("asset:ship")] == [1, 3]
    assert [entry.id for entry in log.recorder.stream("asset:ship", after=1)] == [3]


def test_a_long_stream_and_a_long_range_are_read_page_by_page(log):
    log.append(*[SHIP] * 600)
    assert [entry.id for entry in log.recorder.stream("asset:ship")] == list(range(1, 601))
    assert [entry.id for entry in log.recorder.recorded(10, 590)] == list(range(11, 591))
    assert len(list(log.recorder.entries(0, 600))) == 600
    assert [e.id for e in log.recorder.select_events("asset:ship", desc=True)] == list(range(600, 0, -1))


def test_the_lock_yields_the_head_of_the_append_before(log):
    log.append(SHIP, ("register",))
    log.append((*MILL, "register"))
    with log.recorder.locked() as head:
        assert (head.size, head.recorded_at, head.register_count) == (3, instant(3), 2)
        assert Frontier.parse(head.frontier).root() == Frontier().extend(log.recorder.leaf_hashes(0, 3)).root()
    assert log.recorder.size() == 3


def test_within_the_lock_a_batch_sees_its_own_entries(log):
    with log.recorder.locked() as head:
        first = statements(log.recorder, head, [SHIP])
        log.events.put(first)
        assert log.recorder.stream_heads(["asset:ship"])["asset:ship"].count == 1
        second = statement(2, SHIP, 2, instant(2))
        log.events.put([second])
        log.recorder.commit_head(next_head(head, [*first, second]), note_of(2))
    assert log.recorder.stream_positions("asset:ship") == [1, 2]


def test_stream_heads_read_with_the_lock_are_those_under_it(log):
    log.append(SHIP)
    with log.recorder.locked(["asset:ship", "asset:mill"]) as head:
        assert {subject: stream.count for subject, stream in log.recorder.stream_heads(SHIP + MILL).items()} == {
            "asset:ship": 1
        }
        assert log.recorder.stream_heads(ANNA) == {}
        first = statements(log.recorder, head, [SHIP, MILL])
        log.events.put(first)
        # What was inserted meanwhile counts.
        assert log.recorder.stream_heads(SHIP)["asset:ship"].count == 2
        later = [
            statement(4, ANNA, 1, instant(4)),
            statement(5, MILL, 2, instant(5)),
            statement(6, SHIP, 3, instant(6)),
        ]
        log.events.put(later)
        assert log.recorder.stream_heads(SHIP + MILL + ANNA) == {
            "asset:ship": StreamHead(3, later[2].leaf_hash, later[2].statement_id, 6),
            "asset:mill": StreamHead(2, later[1].leaf_hash, later[1].statement_id, 5),
            "party:anna": StreamHead(1, later[0].leaf_hash, later[0].statement_id, 4),
        }
        log.recorder.commit_head(next_head(head, [*first, *later]), note_of(6))
    assert log.recorder.stream_positions("asset:ship") == [1, 2, 6]


class Stop(Exception):
    """What a judge raises in the middle of an append."""


def put_and_commit(log, *events, change=lambda head: head, then=lambda: None):
    """An append of these events, with the new head changed, and something more before its end."""
    with log.recorder.locked() as head:
        log.events.put(events)
        log.recorder.commit_head(change(next_head(head, events)), note_of(head.size + len(events)))
        then()


def stop():
    raise Stop


def test_a_rejected_append_leaves_no_trace_and_no_gap(log):
    log.append(SHIP)
    before = everything(log.recorder)
    with pytest.raises(Stop):
        put_and_commit(log, statement(2, SHIP, 2, instant(2)), statement(3, MILL, 1, instant(3)), then=stop)
    assert everything(log.recorder) == before
    assert [r.notification.id for r in log.append(SHIP, MILL)] == [2, 3]


def test_a_stream_that_moved_on_is_a_conflict_and_nothing_of_the_batch_is_written(log):
    log.append(SHIP)
    before = everything(log.recorder)
    for version in (1, 3):
        with pytest.raises(IntegrityError, match="asset:ship has 1 entries"), log.recorder.locked():
            log.events.put([statement(2, MILL, 1, instant(2)), statement(3, SHIP, version, instant(3))])
    assert everything(log.recorder) == before


def test_a_statement_is_recorded_once(log):
    (recording,) = log.append(SHIP)
    copy = replace(recording.domain_event, originator_version=2, recorded_at=instant(2))
    before = everything(log.recorder)
    with pytest.raises(StoreConflict):
        put_and_commit(log, copy)
    assert everything(log.recorder) == before


def swallow_a_conflict(log, *, commit):
    event = statement(2, SHIP, 1, instant(2))
    with log.recorder.locked() as head:
        with pytest.raises(IntegrityError):
            log.events.put([event])
        if commit:
            log.recorder.commit_head(next_head(head, [event]), note_of(2))


def test_a_failed_insert_poisons_the_transaction_even_if_swallowed(log):
    log.append(SHIP)
    before = everything(log.recorder)
    with pytest.raises(AppendRefused, match="insert failed"):
        swallow_a_conflict(log, commit=False)
    with pytest.raises(AppendRefused, match="without an error"):
        swallow_a_conflict(log, commit=True)
    assert everything(log.recorder) == before


def test_entries_need_the_lock(log):
    event = log.mapper.to_stored_event(statement(1, SHIP, 1, instant(1)))
    with pytest.raises(ProgrammingError, match="write lock"):
        log.recorder.insert_events([event])
    with pytest.raises(AppendRefused, match="write lock"):
        log.recorder.commit_head(log.recorder.head(), b"note")
    with pytest.raises(AppendRefused, match="write lock"):
        log.save(statement(1, SHIP, 1, instant(1)))
    assert log.recorder.size() == 0


def test_forgetting_the_head_fails_the_append(log):
    with pytest.raises(AppendRefused, match="head was not committed"), log.recorder.locked() as head:
        log.events.put(statements(log.recorder, head, [SHIP]))
    assert log.recorder.size() == 0
    assert log.recorder.find_statement(statement(1, SHIP, 1, instant(1)).statement_id) is None


def test_a_lock_without_entries_changes_nothing(log):
    log.append(SHIP)
    before = everything(log.recorder)
    with log.recorder.locked() as head:
        assert log.recorder.insert_events([]) is None
        assert head.size == 1
    with pytest.raises(AppendRefused), log.recorder.locked() as head:
        log.recorder.commit_head(head, note_of(1))
    assert everything(log.recorder) == before


@pytest.mark.parametrize(
    "wrong",
    [
        lambda head: Head(head.size + 1, head.frontier, head.recorded_at, head.register_count),
        lambda head: Head(head.size - 1, head.frontier, head.recorded_at, head.register_count),
        lambda head: Head(head.size, head.frontier, instant(59), head.register_count),
        lambda head: Head(head.size, head.frontier, head.recorded_at, head.register_count + 1),
    ],
    ids=["size too large", "size too small", "another time", "another register count"],
)
def test_the_head_must_follow_from_the_entries(log, wrong):
    with pytest.raises(AppendRefused, match="does not follow"):
        put_and_commit(log, statement(1, SHIP, 1, instant(1)), statement(2, MILL, 1, instant(2)), change=wrong)
    assert log.recorder.size() == 0


def test_the_head_is_committed_once_and_last(log):
    first = statement(1, SHIP, 1, instant(1))
    second = statement(2, MILL, 1, instant(2))
    head = next_head(log.recorder.head(), [first])
    for then in (lambda: log.recorder.commit_head(head, note_of(1)), lambda: log.events.put([second])):
        with pytest.raises(AppendRefused, match="head is committed"):
            put_and_commit(log, first, then=then)
    assert log.recorder.size() == 0


def test_time_never_runs_backwards(log):
    log.append(SHIP, SHIP)
    with pytest.raises(AppendRefused, match="Time runs backwards"), log.recorder.locked():
        log.events.put([statement(3, SHIP, 3, instant(1))])
    put_and_commit(log, statement(3, SHIP, 3, instant(2)))
    assert log.recorder.head().recorded_at == instant(2)


def test_only_mapped_statements_without_tracking_are_stored(log):
    with pytest.raises(AppendRefused, match="LedgerMapper"), log.recorder.locked():
        log.recorder.insert_events([StoredEvent("asset:ship", 1, "a.b", b"bytes")])
    with pytest.raises(AppendRefused, match="tracking"), log.recorder.locked():
        log.recorder.insert_events([], tracking=Tracking("upstream", 1))


def test_a_transaction_is_not_opened_within_another(log):
    with pytest.raises(AppendRefused, match="writing already"), log.recorder.locked(), log.recorder.locked():
        pass


def test_tree_nodes_prove_every_entry(log):
    log.append(*[SHIP] * 300)
    log.append(*[MILL] * 300)
    size = log.recorder.size()
    root = Frontier.parse(log.recorder.head().frontier).root()
    for index in (0, 255, 256, 299, 300, 511, 512, 599):
        leaf = log.recorder.node(0, index)
        proof = prove_inclusion(index, size, TileHashes(size, log.recorder.tile))
        assert verify_inclusion(leaf, index, size, proof, root)
    first = Frontier().extend(log.recorder.leaf_hashes(0, 256)).root()
    assert log.recorder.node(1, 0) == first
    assert log.recorder.tile(1, 0, 2) == first + log.recorder.node(1, 1)


def test_what_the_log_does_not_have_is_out_of_range(log):
    log.append(SHIP, MILL)
    for read in (
        lambda: list(log.recorder.entries(0, 3)),
        lambda: list(log.recorder.recorded(2, 3)),
        lambda: list(log.recorder.leaf_hashes(0, 300)),
        lambda: log.recorder.node(0, 2),
        lambda: log.recorder.node(1, 0),
        lambda: log.recorder.tile(1, 0, 1),
        lambda: log.recorder.add_cosigned(1, b"cosigned"),
    ):
        with pytest.raises(OutOfRange):
            read()
    assert list(log.recorder.entries(2, 2)) == []
    for read in (
        lambda: list(log.recorder.entries(2, 1)),
        lambda: list(log.recorder.entries(-1, 1)),
        lambda: log.recorder.node(-1, 0),
        lambda: log.recorder.tile(0, 0, 257),
    ):
        with pytest.raises(ValueError, match="no "):
            read()


def test_checkpoints_are_kept_and_cosigned_once(log):
    log.append(SHIP, MILL)
    log.append(SHIP)
    assert [(c.size, c.note, c.cosigned) for c in log.recorder.checkpoints()] == [
        (2, note_of(2), None),
        (3, note_of(3), None),
    ]
    assert log.recorder.latest_cosigned() is None
    log.recorder.add_cosigned(2, b"cosigned")
    log.recorder.add_cosigned(2, b"cosigned")
    with pytest.raises(StoreConflict, match="other bytes"):
        log.recorder.add_cosigned(2, b"otherwise")
    assert log.recorder.checkpoint(2).strongest == b"cosigned"
    assert log.recorder.latest_cosigned().size == 2
    assert log.recorder.latest_checkpoint().strongest == note_of(3)
    assert log.recorder.checkpoint(1) is None
    assert [log.recorder.checkpoint_covering(index).size for index in range(3)] == [2, 2, 3]
    assert log.recorder.checkpoint_covering(3) is None
    assert [c.size for c in log.recorder.checkpoints(after=2)] == [3]


def unlocked(log, *sql):
    """SQL of an attacker, who first removes the triggers."""
    names = ["entries_update"] if log.recorder._datastore.url.get_backend_name() == "sqlite" else ["entries_alter"]
    on = "" if names == ["entries_update"] else " ON entries"
    run_sql(log.recorder, *(f"DROP TRIGGER {name}{on}" for name in names), *sql)


@pytest.mark.parametrize("column", ["entry", "leaf_hash"])
def test_tampered_bytes_are_named_by_their_position_on_every_way_of_reading(log, column):
    log.append(SHIP, MILL, SHIP)
    statement_id = log.recorder.select_notifications(2, 1)[0].statement_id
    unlocked(log, f"UPDATE entries SET {column} = (SELECT {column} FROM entries WHERE position = 1) WHERE position = 2")
    for read in (
        lambda: list(log.recorder.entries(0, 3)),
        lambda: list(log.recorder.recorded(1, 2)),
        lambda: log.recorder.select_notifications(1, 3),
        lambda: log.recorder.select_events("asset:mill"),
        lambda: log.recorder.find_statement(statement_id),
        lambda: list(log.recorder.stream("asset:mill")),
        lambda: list(log.events.get("asset:mill")),
    ):
        with pytest.raises(StoreCorrupt, match="position 2") as caught:
            read()
        assert caught.value.position == 2
    assert list(log.recorder.entries(0, 1))


def test_missing_nodes_and_head_are_corruption(log):
    log.append(*[SHIP] * 256)
    run_sql(log.recorder, "DELETE FROM nodes")
    with pytest.raises(StoreCorrupt, match="level 1"):
        log.recorder.node(1, 0)
    run_sql(log.recorder, "DELETE FROM membership WHERE position = 7")
    with pytest.raises(StoreCorrupt, match="position 7"):
        log.recorder.select_notifications(7, 1)
    run_sql(log.recorder, "DELETE FROM head")
    with pytest.raises(StoreCorrupt, match="head row is missing"):
        log.recorder.size()
    with pytest.raises(StoreCorrupt, match="head row is missing"), log.recorder.locked():
        pass
