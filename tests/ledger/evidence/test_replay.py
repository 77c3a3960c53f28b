"""Entries are opened alike however many there are and in whatever portions."""

import gc
from dataclasses import replace

import pytest

from ledger.evidence import replay
from ledger.evidence.anchors import Anchors
from ledger.evidence.replay import Opened, open_entries
from ledger.evidence.verify import verify_package
from ledger.log.keys import VerifierKey
from ledger.statements.entry import format_entry, open_entry, parse_entry
from tests.ledger.evidence import demo_cases


@pytest.fixture(scope="module")
def entries() -> tuple[dict[int, bytes], dict[int, bytes]]:
    """The register's entries of an invented history and the others: one forged, one that is none."""
    ledger = demo_cases.case_ledger("invented-nordhafen")
    about_register = {act.position for act in ledger.acts if act.subjects == ("register",)}
    register = {index: ledger.entries[index] for index in about_register}
    statements = {index: raw for index, raw in enumerate(ledger.entries) if index not in about_register}
    first, *_, last = sorted(statements)
    entry = parse_entry(statements[first])
    (one, *others) = entry.envelope.signatures
    forged = replace(one, signature=one.signature[:-1] + bytes([one.signature[-1] ^ 1]))
    statements[first] = format_entry(replace(entry, envelope=replace(entry.envelope, signatures=(forged, *others))))
    statements[last] = b"{}"
    return register, statements


def test_every_entry_is_opened_by_the_register_at_its_position(entries):
    register, statements = entries
    opened = open_entries(demo_cases.ORIGIN, register, statements)
    first, *between, last = sorted(statements)
    assert list(opened.failures) == [first, last]
    for index in between:
        assert opened.entries[index] == open_entry(statements[index], index, opened.register_for(index))


@pytest.mark.parametrize("portion", [1, 2, 5])
def test_the_same_in_whatever_portions(entries, monkeypatch, portion):
    whole = open_entries(demo_cases.ORIGIN, *entries)
    assert len(entries[1]) > 2 * portion
    monkeypatch.setattr(replay, "PORTION", portion)
    found = open_entries(demo_cases.ORIGIN, *entries)
    assert told(found) == told(whole)


def told(opened: Opened):
    """All of it, in the order in which it was opened."""
    return list(opened.entries.items()), list(opened.failures.items()), opened.registers, opened.in_force_from


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_is_left_as_it_was(collecting):
    anchors = Anchors(demo_cases.ORIGIN, demo_cases.case_ledger().acts[0].id, (VerifierKey.parse(demo_cases.LOG_VKEY),))
    was = gc.isenabled()
    (gc.enable if collecting else gc.disable)()
    try:
        assert not verify_package(b"no archive", anchors).sound
        assert gc.isenabled() is collecting
    finally:
        (gc.enable if was else gc.disable)()
