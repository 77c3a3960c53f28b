"""The drill's proof finds what it is there to find: a loss, a fork, a double, a receipt that proves nothing."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ledger.application import Ledger, Recorded
from ledger.reading import LedgerReader
from scripts.drill_proof import Acknowledged, Proof, prove, read_acknowledged
from tests.ledger.ledgers import ORIGIN, Clock, House, founded, ledger_keys, signed

KEYS = [ledger_keys().signer.key, ledger_keys().cosigner.key]


@dataclass(frozen=True)
class Told:
    """A log's entries, and what was told of the last of them."""

    entries: list[bytes]
    told: list[Acknowledged]


def acknowledged(recorded: Recorded) -> Acknowledged:
    return Acknowledged(recorded.statement, recorded.index, recorded.receipt, 0.0)


def on_from(file: Path, *texts: str) -> Told:
    """A ledger that goes on from what the file holds, one statement a checkpoint."""
    url = f"sqlite:///{file}"
    with Ledger.open(url, ledger_keys(), Clock()) as ledger:
        house = House(ledger, Clock(), url)
        told = [acknowledged(ledger.submit(signed(house.note(text)))) for text in texts]
    with LedgerReader.open(url) as reader:
        return Told(list(reader.entries(0, reader.size)), told)


@pytest.fixture
def copies(tmp_path) -> tuple[Path, Path]:
    """Two copies of one ledger of nine entries."""
    with founded(tmp_path) as house:
        for n in range(3):
            house.submit(house.note(f"before {n}"))
    one, other = tmp_path / "one.db", tmp_path / "other.db"
    for file in (one, other):
        shutil.copyfile(tmp_path / "ledger.db", file)
    return one, other


def proof(entries: Sequence[bytes], told: Sequence[Acknowledged]) -> Proof:
    return prove(entries, told, ORIGIN, KEYS)


def kinds(entries: Sequence[bytes], told: Sequence[Acknowledged]) -> set[str]:
    return {fault.split()[0].rstrip(":") for fault in proof(entries, told).faults}


def test_what_is_there_has_no_fault(copies):
    log = on_from(copies[0], "a", "b", "c", "d")
    assert proof(log.entries, log.told) == Proof(4, 13, 4, ())


def test_a_lost_entry_is_found(copies):
    log = on_from(copies[0], "a", "b", "c", "d")
    assert kinds(log.entries[:-1], log.told) == {"lost"}
    # The last but one checkpoint is as long as the log: only the entry tells.
    assert kinds(log.entries[:-1], log.told[:-1]) == set()


def test_an_entry_elsewhere_than_told_is_found(copies):
    log = on_from(copies[0], "a", "b")
    assert "lost" in kinds([*log.entries[:-2], log.entries[-1], log.entries[-2]], log.told)


def test_a_log_that_went_another_way_is_found(copies):
    one, other = on_from(copies[0], "a", "b"), on_from(copies[1], "c", "d")
    assert kinds(other.entries, one.told) == {"lost", "fork"}
    # Longer than what was told, and still another.
    assert kinds([*other.entries, *one.entries[-1:]], one.told[:1]) == {"lost", "fork"}


def test_two_checkpoints_that_contradict_each_other_are_found_though_the_log_agrees_with_one(copies):
    one, other = on_from(copies[0], "a", "b"), on_from(copies[1], "c")
    faults = proof(one.entries, [*one.told, *other.told]).faults
    assert any(fault.startswith("fork:") for fault in faults)


def test_a_changed_entry_below_what_was_told_is_found(copies):
    log = on_from(copies[0], "a", "b")
    changed = log.entries[7].replace(b'"recorded_at":"2026-01-15', b'"recorded_at":"2026-01-16')
    assert changed != log.entries[7]
    assert kinds([*log.entries[:7], changed, *log.entries[8:]], log.told) == {"fork"}


def test_a_statement_recorded_twice_is_found(copies):
    log = on_from(copies[0], "a")
    assert kinds([*log.entries, log.entries[-1]], log.told) == {"twice"}


def test_an_index_told_for_two_statements_is_found(copies):
    log = on_from(copies[0], "a", "b")
    assert "twice" in kinds(log.entries, [*log.told, replace(log.told[0], statement=log.told[1].statement)])


@pytest.mark.parametrize("forge", ["of another entry", "of nobody's key", "no receipt"])
def test_a_receipt_that_proves_nothing_is_found(copies, forge):
    log = on_from(copies[0], "a", "b")
    first, second = log.told
    signature = first.receipt.rindex(b" ") + 12
    receipt = {
        "of another entry": second.receipt,
        "of nobody's key": first.receipt[:signature] + b"AAAA" + first.receipt[signature + 4 :],
        "no receipt": b"receipt\n",
    }[forge]
    assert "receipt" in kinds(log.entries, [replace(first, receipt=receipt), second])


def test_what_was_told_is_read_as_it_was_written(copies, tmp_path):
    log = on_from(copies[0], "a", "b")
    file = tmp_path / "told.jsonl"
    file.write_text("".join(one.line() for one in log.told))
    assert list(read_acknowledged([file])) == log.told
