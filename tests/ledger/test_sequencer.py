"""Group commit: order, neighbours, back-pressure, closing; first on a fake writer, then on a real ledger."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import Malformed
from domain.objections import Objection, Refused
from ledger.application import Recorded
from ledger.audit import audit
from ledger.errors import LedgerError
from ledger.sequencer import Busy, Closed, Sequencer
from ledger.store.errors import StoreUnavailable
from tests.ledger.ledgers import founded, signed


class FakeWriter:
    """Records texts; a gate holds its commits back, some texts have effects of their own."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.entered = threading.Semaphore(0)
        self.batches: list[list[str]] = []
        self.prepared_in: set[str] = set()
        self.cosigned = 0
        self.cosigning: LedgerError | None = None

    def open_for(self, batches: int) -> None:
        for _ in range(batches):
            self.gate.release()

    def prepare(self, envelope: bytes) -> str:
        self.prepared_in.add(threading.current_thread().name)
        if envelope == b"malformed":
            raise Malformed("", "malformed")
        return envelope.decode()

    def append(self, batch: Sequence[str]) -> list[str | Refused]:
        self.entered.release()
        assert self.gate.acquire(timeout=20)
        if "bug" in batch:
            raise KeyError("bug")
        if "outage" in batch:
            raise StoreUnavailable("The disk is full", where="here", remedy="Free it.")
        self.batches.append(list(batch))
        refused = Refused((Objection("impossible", "no", None, "", "no"),))
        return [refused if text == "refused" else f"recorded {text}" for text in batch]

    def cosign_latest(self) -> bytes | None:
        self.cosigned += 1
        if self.cosigning is not None:
            raise self.cosigning
        return b""


@pytest.fixture
def writer():
    return FakeWriter()


def test_a_lone_caller_does_not_wait_for_others(writer):
    writer.open_for(1)
    with Sequencer(writer) as sequencer:
        began = time.monotonic()
        assert sequencer.submit(b"alone") == "recorded alone"
        assert time.monotonic() - began < 0.4
    assert writer.batches == [["alone"]]


def test_what_comes_in_during_a_commit_is_the_next_batch_in_order(writer):
    with Sequencer(writer, batch_max=3) as sequencer:
        first = sequencer.enqueue(b"0")
        assert writer.entered.acquire(timeout=20)
        others = [sequencer.enqueue(str(n).encode()) for n in range(1, 6)]
        assert sequencer.waiting == 5
        assert not first.done()
        writer.open_for(3)
        assert [other.result(20) for other in others] == [f"recorded {n}" for n in range(1, 6)]
    assert writer.batches == [["0"], ["1", "2", "3"], ["4", "5"]]


def test_each_is_answered_with_its_own_outcome(writer):
    with Sequencer(writer) as sequencer:
        sequencer.enqueue(b"first")
        assert writer.entered.acquire(timeout=20)
        refused, good = sequencer.enqueue(b"refused"), sequencer.enqueue(b"good")
        with pytest.raises(Malformed):
            sequencer.enqueue(b"malformed")
        writer.open_for(2)
        assert good.result(20) == "recorded good"
        with pytest.raises(Refused):
            refused.result(20)


def test_many_are_queued_together_in_their_order_and_a_bad_one_keeps_its_place(writer):
    with Sequencer(writer) as sequencer:
        sequencer.enqueue(b"first")
        assert writer.entered.acquire(timeout=20)
        one, malformed, two = sequencer.enqueue_all([b"one", b"malformed", b"two"])
        assert isinstance(malformed, Malformed)
        assert not isinstance(one, Malformed)
        assert not isinstance(two, Malformed)
        writer.open_for(2)
        assert [one.result(20), two.result(20)] == ["recorded one", "recorded two"]
    assert writer.batches == [["first"], ["one", "two"]]


def test_of_many_as_many_are_taken_as_there_is_room_for(writer):
    with Sequencer(writer, capacity=3) as sequencer:
        sequencer.enqueue(b"first")
        assert writer.entered.acquire(timeout=20)
        sequencer.enqueue(b"waiting")
        taken = sequencer.enqueue_all([b"a", b"malformed", b"b", b"c"])
        assert len(taken) == 2
        sequencer.enqueue(b"last")
        with pytest.raises(Busy):
            sequencer.enqueue_all([b"d"])
        writer.open_for(2)
    assert writer.batches == [["first"], ["waiting", "a", "last"]]
    with pytest.raises(Closed):
        sequencer.enqueue_all([b"too late"])


class CrowdedWriter(FakeWriter):
    """While it verifies `slow`, another submission takes a place in the queue."""

    def __init__(self) -> None:
        super().__init__()
        self.sequencer: Sequencer[str, str] | None = None

    def prepare(self, envelope: bytes) -> str:
        if envelope == b"slow" and self.sequencer is not None:
            self.sequencer.enqueue(b"faster")
        return super().prepare(envelope)


def test_room_that_others_took_meanwhile_is_not_taken_again():
    writer = CrowdedWriter()
    with Sequencer(writer, capacity=3) as sequencer:
        sequencer.enqueue(b"first")
        assert writer.entered.acquire(timeout=20)
        writer.sequencer = sequencer
        taken = sequencer.enqueue_all([b"a", b"slow", b"b"])
        assert len(taken) == 2
        assert sequencer.waiting == 3
        writer.open_for(2)
    assert writer.batches == [["first"], ["faster", "a", "slow"]]


def test_an_outage_is_told_to_the_whole_batch_and_the_next_goes_on(writer):
    with Sequencer(writer) as sequencer:
        sequencer.enqueue(b"first")
        assert writer.entered.acquire(timeout=20)
        batch = [sequencer.enqueue(text) for text in (b"a", b"outage", b"b")]
        writer.open_for(3)
        for one in batch:
            with pytest.raises(StoreUnavailable):
                one.result(20)
        assert sequencer.submit(b"again") == "recorded again"


def test_a_fault_of_the_program_meets_only_who_caused_it(writer):
    with Sequencer(writer) as sequencer:
        sequencer.enqueue(b"first")
        assert writer.entered.acquire(timeout=20)
        a, bug, b = (sequencer.enqueue(text) for text in (b"a", b"bug", b"b"))
        writer.open_for(5)
        assert [a.result(20), b.result(20)] == ["recorded a", "recorded b"]
        with pytest.raises(KeyError):
            bug.result(20)
    assert writer.batches == [["first"], ["a"], ["b"]]


def test_a_full_queue_says_when_to_try_again_and_loses_nothing(writer):
    with Sequencer(writer, capacity=2) as sequencer:
        taken = [sequencer.enqueue(b"0")]
        assert writer.entered.acquire(timeout=20)
        taken += [sequencer.enqueue(b"1"), sequencer.enqueue(b"2")]
        with pytest.raises(Busy) as busy:
            sequencer.enqueue(b"3")
        assert (busy.value.waiting, busy.value.retry_after) == (2, 1)
        writer.open_for(3)
        assert [one.result(20) for one in taken] == ["recorded 0", "recorded 1", "recorded 2"]
        assert sequencer.submit(b"3") == "recorded 3"


def test_closing_answers_what_was_taken_in_and_takes_nothing_more(writer):
    sequencer = Sequencer(writer)
    first = sequencer.enqueue(b"0")
    assert writer.entered.acquire(timeout=20)
    rest = [sequencer.enqueue(str(n).encode()) for n in range(1, 300)]
    closing = threading.Thread(target=sequencer.close)
    closing.start()
    while not sequencer._closed:
        time.sleep(0.001)
    with pytest.raises(Closed):
        sequencer.enqueue(b"too late")
    writer.open_for(3)
    closing.join(20)
    assert [one.done() for one in (first, *rest)] == [True] * 300
    assert [len(batch) for batch in writer.batches] == [1, 256, 43]
    assert writer.cosigned >= 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ledger-")]
    sequencer.close()


def test_verification_runs_in_the_callers_thread(writer):
    writer.open_for(1)
    with Sequencer(writer) as sequencer:
        sequencer.submit(b"a")
    assert writer.prepared_in == {threading.current_thread().name}


def test_commits_are_cosigned_within_a_second(writer):
    writer.open_for(1)
    with Sequencer(writer) as sequencer:
        sequencer.submit(b"a")
        deadline = time.monotonic() + 1
        while not writer.cosigned:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_cosignature_that_fails_is_told_when_closing(writer):
    writer.open_for(1)
    writer.cosigning = StoreUnavailable("The disk is full", where="here", remedy="Free it.")
    sequencer = Sequencer(writer)
    assert sequencer.submit(b"a") == "recorded a"
    with pytest.raises(StoreUnavailable):
        sequencer.close()


def test_many_threads_into_one_ledger(tmp_path):
    with founded(tmp_path) as house:
        envelopes = [signed(house.note(f"report {n}")) for n in range(60)]
        lost = signed(house.resale())
        with Sequencer(house.ledger) as sequencer, ThreadPoolExecutor(8) as threads:
            recorded = list(threads.map(sequencer.submit, envelopes))
            with pytest.raises(Refused):
                sequencer.submit(lost)
        assert all(isinstance(one, Recorded) for one in recorded)
        assert sorted(one.index for one in recorded) == list(range(6, 66))
        assert len(list(house.ledger.recorder.checkpoints(after=6))) < 60
        stored = house.ledger.recorder.latest_checkpoint()
        assert stored is not None
        assert stored.cosigned is not None
        assert audit(house.url).findings == ()
