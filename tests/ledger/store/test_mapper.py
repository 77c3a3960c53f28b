"""Mapper and events: the bytes stay as they are, topics are wire names, and nothing invalid can be built."""

from dataclasses import replace

import pytest
from eventsourcing.compressor import ZlibCompressor
from eventsourcing.persistence import JSONTranscoder, Notification, StoredEvent

from ledger.log.merkle import leaf_hash
from ledger.store.events import Head, RecordedEntry, completed_nodes
from ledger.store.mapper import LedgerMapper
from tests.ledger.store.logs import instant, statement

EVENT = statement(1, ("asset:ship", "party:anna"), 1, instant(1))


def recorded(position=1):
    stored = LedgerMapper().to_stored_event(EVENT)
    return RecordedEntry(
        originator_id=stored.originator_id,
        originator_version=stored.originator_version,
        topic=stored.topic,
        state=stored.state,
        id=position,
        statement_id=stored.statement_id,
        leaf_hash=stored.leaf_hash,
        subjects=stored.subjects,
        recorded_at=stored.recorded_at,
    )


def test_the_stored_state_is_the_entry_itself():
    stored = LedgerMapper().to_stored_event(EVENT)
    assert (stored.state, stored.topic) == (EVENT.entry, "ownership.transferred")
    assert LedgerMapper().to_domain_event(recorded()) == EVENT


def test_other_events_are_refused_in_both_directions():
    with pytest.raises(TypeError, match="RecordedEntry"):
        LedgerMapper().to_domain_event(StoredEvent("asset:ship", 1, "ownership.transferred", EVENT.entry))
    with pytest.raises(TypeError, match="RecordedEntry"):
        LedgerMapper().to_domain_event(Notification("asset:ship", 1, "ownership.transferred", EVENT.entry, 1))
    with pytest.raises(TypeError, match="StatementRecorded"):
        LedgerMapper().to_stored_event(recorded())


def test_entries_are_neither_compressed_nor_encrypted():
    with pytest.raises(ValueError, match="verbatim"):
        LedgerMapper(JSONTranscoder(), compressor=ZlibCompressor())


@pytest.mark.parametrize(
    "change",
    [
        {"entry": b""},
        {"entry": EVENT.entry + b" "},
        {"entry": b"x" * 65_536, "leaf_hash": leaf_hash(b"x" * 65_536)},
        {"leaf_hash": bytes(32)},
        {"statement_id": "sha256:" + "A" * 64},
        {"statement_id": "0" * 64},
        {"topic": "tests.ledger.store.logs:Statement"},
        {"topic": "transferred"},
        {"topic": "Ownership.Transferred"},
        {"originator_id": "party:anna"},
        {"subjects": ()},
        {"subjects": ("asset:ship", "asset:ship")},
        {"originator_version": 0},
        {"recorded_at": "2026-01-01T00:00:00Z"},
        {"recorded_at": "2026-01-01T00:00:00.000z"},
        {"recorded_at": "2026-01-01T00:00:00.00٠Z"},
    ],
)
def test_an_invalid_statement_cannot_be_built(change):
    with pytest.raises(ValueError, match=r"\w"):
        replace(EVENT, **change)
    with pytest.raises(ValueError, match=r"\w"):
        replace(recorded(), **{"state" if key == "entry" else key: value for key, value in change.items()})


def test_positions_count_from_one():
    assert recorded(3).index == 2
    with pytest.raises(ValueError, match="from 1"):
        recorded(0)


@pytest.mark.parametrize(
    "fields", [(0, b"", instant(1), 0), (1, b"", None, 0), (1, b"", instant(1), 2), (1, b"", "yesterday", 0)]
)
def test_an_invalid_head_cannot_be_built(fields):
    with pytest.raises(ValueError, match=r"\w"):
        Head(*fields)


@pytest.mark.parametrize(
    ("old", "new", "cells"),
    [
        (0, 255, []),
        (0, 256, [(1, 0)]),
        (255, 256, [(1, 0)]),
        (256, 511, []),
        (256, 768, [(1, 1), (1, 2)]),
        (65_535, 65_536, [(1, 255), (2, 0)]),
        (65_536, 65_792, [(1, 256)]),
    ],
)
def test_nodes_are_complete_when_their_last_leaf_is_there(old, new, cells):
    assert completed_nodes(old, new) == cells
