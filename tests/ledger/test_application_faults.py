"""Every write of an append fails, processes die, two write at once: nothing acknowledged is lost, nothing is repaired."""

import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from domain.identifiers import StatementId
from domain.objections import Refused
from ledger.application import Ledger, Recorded
from ledger.audit import audit
from ledger.recording_clock import utc_now
from ledger.store.errors import CommitUnknown, StoreBusy, StoreUnavailable
from tests.ledger.ledgers import Clock, House, founded, ledger_keys, signed
from tests.ledger.store.processes import run_together
from tests.ledger.store.test_faults import Crash, crash, fault


@pytest.fixture
def house(tmp_path):
    with founded(tmp_path) as house:
        yield house


def stored(house: House) -> tuple[object, ...]:
    recorder = house.ledger.recorder
    return recorder.head(), list(recorder.recorded(0, recorder.size())), list(recorder.checkpoints())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_fault_at_any_statement_of_the_database_leaves_nothing(house, moment):
    batch = [signed(house.sale()), signed(house.note("beside it"))]
    before = stored(house)
    for number in range(1, 40):
        with fault(house.ledger.recorder._datastore, moment, number, crash) as seen:
            try:
                outcomes = house.ledger.submit_many(batch)
            except Crash:
                assert stored(house) == before
                assert house.ledger._state is None or house.ledger._state.size == 6
                continue
            break
    assert number == len(seen) + 1 > 5
    assert [outcome.index for outcome in outcomes] == [6, 7]
    assert audit(house.url).findings == ()


def failing_commit(house: House, monkeypatch, *, durable: bool, reading: bool = True) -> None:
    """The next commit loses its connection, before or after it took effect; `reading` says whether others still work."""
    datastore = house.ledger.recorder._datastore
    dialect = datastore.writer.dialect
    commit = dialect.do_commit
    lost = sqlite3.OperationalError("the connection is lost")

    def fail(connection):
        if durable:
            commit(connection)
        monkeypatch.undo()
        if not reading:
            monkeypatch.setattr(house.ledger.recorder, "find_statement", unreachable)
        raise lost

    def unreachable(statement_id):
        monkeypatch.undo()
        raise StoreUnavailable("The server is not reached", where="here", remedy="Try again.")

    monkeypatch.setattr(dialect, "do_commit", fail)


def test_a_commit_that_failed_after_it_took_effect_is_acknowledged(house, monkeypatch):
    envelope = signed(house.sale())
    failing_commit(house, monkeypatch, durable=True)
    recorded = house.ledger.submit(envelope)
    assert (recorded.index, recorded.new) == (6, True)
    assert house.ledger.submit(envelope).receipt == recorded.receipt
    assert house.submit(house.note("and on")).index == 7
    assert audit(house.url).findings == ()


def test_a_commit_that_failed_before_it_took_effect_is_not(house, monkeypatch):
    envelope = signed(house.sale())
    failing_commit(house, monkeypatch, durable=False)
    with pytest.raises(StoreUnavailable) as unavailable:
        house.ledger.submit(envelope)
    assert not isinstance(unavailable.value, CommitUnknown)
    again = house.ledger.submit(envelope)
    assert (again.index, again.new) == (6, True)


def test_while_nobody_can_tell_nobody_is_told(house, monkeypatch):
    envelope = signed(house.sale())
    failing_commit(house, monkeypatch, durable=True, reading=False)
    with pytest.raises(CommitUnknown):
        house.ledger.submit(envelope)
    again = house.ledger.submit(envelope)
    assert (again.index, again.new) == (6, False)


def test_a_writer_that_waited_in_vain_keeps_its_state(house, monkeypatch):
    monkeypatch.setattr("ledger.store.dialect.BUSY_SECONDS", 0.2)
    with Ledger.open(house.url, ledger_keys(), house.clock) as other:
        kept = other._state
        with house.ledger.recorder.locked(), pytest.raises(StoreBusy):
            other.submit(signed(house.sale()))
        assert other._state is kept
        assert other.submit(signed(house.sale())).index == 6


def write_reports(path: str, name: str, count: int) -> None:
    """In another process: reports, one commit each, sometimes two at once."""
    with Ledger.open(f"sqlite:///{path}", ledger_keys(), utc_now) as ledger:
        house = House(ledger, Clock(), f"sqlite:///{path}")
        for n in range(0, count, 2):
            outcomes = ledger.submit_many([signed(house.note(f"{name} {n + k}")) for k in range(2)])
            assert all(isinstance(outcome, Recorded) for outcome in outcomes)
        with_room = [signed(house.sale("1/1", day=f"2025-01-{len(name):02}"))]
        (outcome,) = ledger.submit_many(with_room)
        sys.exit(0 if isinstance(outcome, Recorded) else 3 if isinstance(outcome, Refused) else 4)


def test_two_processes_write_one_log_and_sell_the_port_once(house):
    codes = run_together((write_reports, str(house.path), "one", 20), (write_reports, str(house.path), "four", 20))
    assert sorted(codes) == [0, 3]
    assert house.reader.size == 6 + 40 + 1
    assert house.submit_now("and on").index == 47
    assert audit(house.url).findings == ()


def die_at_random(path: str, kills: int, seed: int) -> None:
    """In another process: child after child appends and acknowledges through a pipe, until it is killed."""
    chance = random.Random(seed)
    acknowledged: list[tuple[int, str]] = []
    for kill in range(kills):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            _append_for_ever(path, kill, write)
        os.close(write)
        with closing(os.fdopen(read)) as pipe:
            lines = [pipe.readline()]
            time.sleep(chance.uniform(0, 0.03))
            os.kill(child, signal.SIGKILL)
            lines += pipe.readlines()
        os.waitpid(child, 0)
        whole = [line.split() for line in lines if line.endswith("\n")]
        acknowledged += [(int(index), statement) for index, statement in whole]
    Path(path + ".acknowledged").write_text("".join(f"{index} {statement}\n" for index, statement in acknowledged))


def _append_for_ever(path: str, kill: int, pipe: int) -> None:
    with Ledger.open(f"sqlite:///{path}", ledger_keys(), utc_now) as ledger:
        house = House(ledger, Clock(), f"sqlite:///{path}")
        n = 0
        while True:
            outcomes = ledger.submit_many([signed(house.note(f"kill {kill} report {n + k}")) for k in range(n % 4 + 1)])
            for outcome in outcomes:
                assert isinstance(outcome, Recorded)
                os.write(pipe, f"{outcome.index} {outcome.statement}\n".encode())
            if n % 3 == 0:
                ledger.cosign_latest()
            n += n % 4 + 1


def killed(house: House, kills: int, seed: int) -> None:
    assert run_together((die_at_random, str(house.path), kills, seed)) == [0]
    acknowledged = Path(f"{house.path}.acknowledged").read_text().splitlines()
    assert len(acknowledged) >= kills
    for line in acknowledged:
        index, statement = line.split()
        assert house.reader.index_of(StatementId(statement)) == int(index)
    assert audit(house.url).findings == ()
    assert house.submit_now("and on").index == house.reader.size - 1


def test_twenty_kills_lose_nothing_acknowledged(house):
    killed(house, 20, seed=1)


@pytest.mark.soak
def test_five_hundred_kills_lose_nothing_acknowledged(house):
    for seed in range(25):
        killed(house, 20, seed)
