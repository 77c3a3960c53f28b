"""Entries are judged alike in one process and in several, however they are portioned."""

import os
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import pytest

from ledger import audit as auditing
from ledger.audit import audit
from ledger.entry_audit import Judges, Portion, judge_entries
from ledger.statements.entry import format_entry, parse_entry
from tests.ledger.ledgers import ANNA, founded, key_of
from tests.ledger.test_audit import run


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A ledger in whose middle a key is revoked; after it that key signs no more."""
    with founded(tmp_path_factory.mktemp("judged")) as house:
        for n in range(6):
            house.submit(house.note(f"before {n}"))
        revoke = {"op": "key-revoke", "thumbprint": key_of(ANNA).kid, "reason": "lost"}
        house.submit(house.register_act("key.revoked", revoke))
        for n in range(6):
            house.submit(house.note(f"after {n}"))
        yield house


@pytest.fixture(scope="module")
def entries(house) -> list[bytes]:
    """Its entries; two forged, one that is none."""
    entries = list(house.reader.entries(0, house.reader.size))
    for at in (4, 15):
        entry = parse_entry(entries[at])
        (first, *others) = entry.envelope.signatures
        forged = replace(first, signature=first.signature[:-1] + bytes([first.signature[-1] ^ 1]))
        entries[at] = format_entry(replace(entry, envelope=replace(entry.envelope, signatures=(forged, *others))))
    entries[8] = b"{}"
    return entries


@pytest.fixture(scope="module", params=[(0, 0), (1, 0), (0, 2)], ids=["alone", "a process", "threads"])
def judges(request):
    judges = Judges(*request.param)
    yield judges
    judges.close()


def portioned(entries: list[bytes], width: int) -> list[tuple[int, list[bytes]]]:
    return [(at, entries[at : at + width]) for at in range(0, len(entries), width)]


def whole(answers: list[tuple[int, Portion]]):
    judged = [one for _, portion in answers for one in portion.judged]
    registers = [
        (size, replace(held, keys=dict(held.keys))) for _, portion in answers for size, held in portion.registers
    ]
    return judged, registers, getattr(answers[-1][1].register, "last", None)


@pytest.mark.parametrize("width", [1, 3, 5, 100])
def test_the_same_in_whatever_portions(entries, judges, width):
    expected = judge_entries(entries, 0, None)
    found = [(n, where) for n, one in enumerate(expected.judged) for where, *_ in one.found]
    assert found == [(4, "signatures"), (8, "entries"), (15, "signatures")]
    assert len(expected.registers) == 5
    judges._register = None
    answers = list(judges.judge(portioned(entries, width)))
    assert [at for at, _ in answers] == list(range(0, len(entries), width))
    assert whole(answers) == whole([(0, expected)])


def test_a_process_that_dies_costs_no_answer(entries):
    judges = Judges(1)
    try:
        assert judges._pool is not None
        answers = []
        for answer in judges.judge(portioned(entries, 2)):
            answers.append(answer)
            if len(answers) == 3:
                judges._pool.submit(os._exit, 1)
        with pytest.raises(BrokenProcessPool):
            judges._pool.submit(os.getpid)
        assert whole(answers) == whole([(0, judge_entries(entries, 0, None))])
    finally:
        judges.close()


def test_the_report_is_the_same_from_several_processes(house, tmp_path, monkeypatch):
    monkeypatch.setattr(auditing, "PARALLEL_MIN", 1)
    monkeypatch.setattr("ledger.store.inspection.PAGE", 3)
    copy = tmp_path / "copy.db"
    copy.write_bytes(house.path.read_bytes())
    for suffix in ("-wal", "-shm"):
        beside = house.path.with_name(house.path.name + suffix)
        if beside.exists():
            copy.with_name(copy.name + suffix).write_bytes(beside.read_bytes())
    assert audit(f"sqlite:///{copy}", processes=1).sound
    run(
        copy,
        "UPDATE entries SET topic = 'x' WHERE position = 5",
        "UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), '\"v\":1', '\"v\":2') AS BLOB) WHERE position = 9",
        "UPDATE entries SET leaf_hash = zeroblob(32) WHERE position = 14",
        "DELETE FROM membership WHERE position = 11",
    )
    alone = audit(f"sqlite:///{copy}")
    assert {finding.index for finding in alone.findings} >= {4, 8, 10, 13}
    assert audit(f"sqlite:///{copy}", processes=1) == alone
