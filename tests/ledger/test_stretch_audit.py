"""A log is found to be the same in whatever stretches it is examined, by one process or by several."""

import copy
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from ledger import audit as auditing
from ledger import audit_processes
from ledger.appending import Appending
from ledger.audit import Report, audit
from ledger.audit_processes import ExaminerLost, Examiners, examine
from ledger.entry_audit import Foretold, foretell
from ledger.recording_clock import RecordingClock
from ledger.statements.entry import Head
from ledger.statements.envelope import VerifiedStatement
from ledger.store.datastore import Datastore
from ledger.store.inspection import StoredRows
from ledger.store.recorder import LedgerRecorder
from ledger.stretch_audit import Assumed, Chains
from tests.ledger.ledgers import ANNA, DESK, PORT, founded, key_of
from tests.ledger.statements.samples import ed25519
from tests.ledger.test_audit import COLUMNS, run, tamper

FORGE = 'UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), \'"signature":"\', \'"signature":"{}\') AS BLOB)'


class Here:
    """Stands in for the pool of processes: what is handed out is examined at once, in this process."""

    def __init__(self, processes: int, context: object, begin: Callable[..., None], given: tuple[object, ...]) -> None:
        begin(*given)

    def submit(self, work: Callable[..., object], *given: object) -> Future[object]:
        future: Future[object] = Future()
        future.set_result(work(*given))
        return future

    def shutdown(self, cancel_futures: bool) -> None:
        owned = audit_processes._own
        assert owned is not None
        owned[0]._datastore.close()


@contextmanager
def narrow(width: int, page: int) -> Iterator[None]:
    """Stretches and pages of a few entries, examined in this process as others would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auditing, "PARALLEL_MIN", 1)
        patch.setattr(audit_processes, "WIDTH", width)
        patch.setattr("ledger.store.inspection.PAGE", page)
        patch.setattr(audit_processes, "ProcessPoolExecutor", Here)
        patch.setattr(auditing, "warm_up", lambda: None)
        yield


def both(path: Path, width: int = 3, page: int = 2) -> Report:
    """The report of one process; that of stretches is the same."""
    alone = audit(f"sqlite:///{path}")
    with narrow(width, page):
        assert audit(f"sqlite:///{path}", processes=1) == alone
    return alone


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A ledger in whose middle a key is revoked and a competence granted."""
    with founded(tmp_path_factory.mktemp("stretches")) as house:
        for n in range(6):
            house.submit(house.note(f"before {n}"))
        revoke = {"op": "key-revoke", "thumbprint": key_of(ANNA).kid, "reason": "lost"}
        house.submit(house.register_act("key.revoked", revoke))
        house.submit(
            house.register_act(
                "competence.granted", {"op": "competence-add", "competence": {"party": ANNA, "types": ["*"]}}
            )
        )
        for n in range(6):
            house.submit(house.note(f"after {n}"))
        house.ledger.cosign_latest()
        path = house.path
    return path


@pytest.fixture
def ledger(made, tmp_path) -> Path:
    return shutil.copy(made, tmp_path / "copy.db")


@pytest.mark.parametrize(("width", "page"), [(1, 1), (3, 2), (5, 5), (7, 3), (100, 4)])
def test_the_same_in_whatever_stretches(ledger, width, page):
    assert both(ledger, width, page).sound
    run(
        ledger,
        "UPDATE entries SET topic = 'x' WHERE position = 5",
        "UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), '\"v\":1', '\"v\":2') AS BLOB) WHERE position = 9",
        "UPDATE entries SET leaf_hash = zeroblob(32) WHERE position = 14",
        "DELETE FROM membership WHERE position = 11",
    )
    assert {finding.index for finding in both(ledger, width, page).findings} >= {4, 8, 10, 13}


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM entries WHERE position = 10",
        "DELETE FROM entries WHERE position = 1",
        "UPDATE entries SET position = 0 WHERE position = 1",
        "UPDATE entries SET position = 400 WHERE position = 7",
        "UPDATE head SET size = 13",
        "UPDATE head SET size = 4000000000",
        "DELETE FROM head",
        "UPDATE entries SET originator_id = 'asset:other' WHERE originator_id = 'register' AND position > 6",
        "UPDATE entries SET originator_id = 'register', originator_version = 77 WHERE position = 9",
        "UPDATE entries SET entry = CAST('{}' AS BLOB) WHERE position = 1",
        "UPDATE entries SET entry = CAST('{}' AS BLOB) WHERE position < 5",
        "UPDATE entries SET entry = CAST('{}' AS BLOB) WHERE position = 13",
        "DELETE FROM introductions WHERE position > 3",
        "UPDATE introductions SET position = 9 WHERE subject = 'party:bodo'",
        "DELETE FROM filed WHERE position = 5",
        "DELETE FROM membership",
        "UPDATE membership SET n = n + 100 WHERE position = 16",
        "UPDATE checkpoints SET note = zeroblob(9) WHERE size IN (9, 12)",
        f"{FORGE.format('A')} WHERE position > 5",
        f"{FORGE.format('A')} WHERE position = 13",
    ],
)
def test_damage_is_told_alike(ledger, sql):
    run(ledger, sql)
    assert not both(ledger).sound


@pytest.mark.parametrize("table", ["membership", "filed", "introductions"])
def test_a_table_that_is_gone_is_told_in_each_stretch(ledger, table):
    """As many findings as pages could not be compared."""
    run(ledger, f"DROP TABLE {table}")
    alone = audit(f"sqlite:///{ledger}")
    with narrow(3, 2):
        apart = audit(f"sqlite:///{ledger}", processes=1)
    assert set(alone.findings) == set(apart.findings)


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, c in COLUMNS if t != "nodes"], ids=lambda name: name)
def test_a_byte_changed_in_any_column_is_told_alike(made, tmp_path, table, column):
    chance = random.Random(f"stretches {table} {column}")
    for _ in range(3):
        path = shutil.copy(made, tmp_path / "copy.db")
        tamper(path, table, column, chance)
        both(path)


def test_what_a_dishonest_writer_did_is_told_alike(tmp_path, monkeypatch):
    """At the border of two stretches, where what came before is assumed at first."""

    def believe(envelope, statement, register) -> VerifiedStatement:
        return VerifiedStatement(statement, envelope, (key_of(DESK).kid,), (0,))

    honest = Appending._head

    def lie(self, asked):
        head = honest(self, asked)
        return Head(head.count, b"\x01" * 32) if asked in (PORT, "register") else head

    with founded(tmp_path) as house:
        for n in range(3):
            house.submit(house.note(f"honest {n}"))
        monkeypatch.setattr(Appending, "_head", lie)
        house.submit(house.note("with another past"))
        monkeypatch.undo()
        monkeypatch.setattr(RecordingClock, "next_after", lambda clock, last: last - timedelta(seconds=1))
        monkeypatch.setattr(LedgerRecorder, "_require_next", lambda self, append, entry: None)
        house.submit(house.note("backdated"))
        monkeypatch.undo()
        monkeypatch.setattr("ledger.appending.verify", believe)
        house.submit(house.note("forged"), [ed25519("stranger")])
        monkeypatch.undo()
        house.submit(house.note("honest at last"))
        for width in (1, 2, 3, 4):
            report = both(house.path, width, 1)
            found = {(finding.name, finding.index) for finding in report.findings}
            assert found == {("streams", 9), ("register", 9), ("time", 10), ("signatures", 11)}


def test_a_statement_recorded_twice_in_two_stretches(tmp_path):
    with founded(tmp_path) as house:
        house.submit(house.note("once"))
        path = house.path
    run(
        path,
        "CREATE TABLE other AS SELECT * FROM entries",
        "DROP TABLE entries",
        "ALTER TABLE other RENAME TO entries",
        "INSERT INTO entries SELECT 8, originator_id, 4, topic, statement_id, recorded_at, leaf_hash, entry FROM entries "
        "WHERE position = 7",
        "UPDATE head SET size = 8",
    )
    told = [finding for finding in both(path, 7).findings if finding.name == "entries"]
    assert [(finding.index, finding.where) for finding in told] == [(7, "entry/payload")]


def test_findings_are_bounded_alike(tmp_path):
    with founded(tmp_path) as house:
        for n in range(230):
            house.submit(house.note(f"report {n}"))
        path = house.path
    run(path, f"{FORGE.format('A')} WHERE position > 6", "UPDATE entries SET topic = 'x'")
    assert both(path, 32, 32).omitted > 50


@pytest.fixture
def halves(made) -> tuple[Chains, Chains]:
    """Chains of the first entries, and of a stretch that goes on."""
    datastore = Datastore(f"sqlite:///{made}")
    rows = StoredRows(datastore)
    foretold = foretell(rows.register_entries(20))
    assert foretold is not None
    one, other = (examine(rows, foretold, after, after + 8) for after in (0, 8))
    datastore.close()
    assert one is not None
    assert other is not None
    whole = Chains()
    assert whole.absorb(one.chains)
    return whole, other.chains


def test_a_stretch_that_assumed_what_is_true_is_taken_over(halves):
    whole, later = halves
    assert later.assumed is not None
    assert later.assumed.heads.keys() >= {PORT, "register"}
    assert later.assumed.introduced
    assert whole.absorb(later)
    assert (whole.size, len(whole.leaves), len(whole.statements)) == (16, 16, 16)


def assume_a_head(whole: Chains, later: Chains, assumed: Assumed) -> None:
    assumed.heads[PORT] = assumed.heads[PORT][0], bytes(32)


def assume_a_count(whole: Chains, later: Chains, assumed: Assumed) -> None:
    assumed.heads["register"] = 1, assumed.heads["register"][1]


def assume_a_stream(whole: Chains, later: Chains, assumed: Assumed) -> None:
    assumed.heads["asset:other"] = 1, bytes(32)


def assume_a_name(whole: Chains, later: Chains, assumed: Assumed) -> None:
    assumed.introduced.add("asset:other")


def introduce_again(whole: Chains, later: Chains, assumed: Assumed) -> None:
    later.introduced.add("party:desk")
    assumed.introduced.discard("party:desk")
    whole.introduced.add("party:desk")


def record_again(whole: Chains, later: Chains, assumed: Assumed) -> None:
    later.statements[next(iter(whole.statements))] = 9


def record_earlier(whole: Chains, later: Chains, assumed: Assumed) -> None:
    assert assumed.not_after is not None
    assumed.not_after -= timedelta(days=1)


def begin_elsewhere(whole: Chains, later: Chains, assumed: Assumed) -> None:
    assumed.size += 1


@pytest.mark.parametrize(
    "false",
    [
        assume_a_head,
        assume_a_count,
        assume_a_stream,
        assume_a_name,
        introduce_again,
        record_again,
        record_earlier,
        begin_elsewhere,
    ],
    ids=lambda false: false.__name__,
)
def test_a_stretch_that_assumed_what_is_false_is_not(halves, false):
    whole, later = halves
    false(whole, later, later.assumed)
    before = copy.deepcopy(whole)
    assert not whole.absorb(later)
    assert whole == before


def test_a_register_that_is_not_as_foretold_is_not_believed(ledger, monkeypatch):
    """As if the rows had named other acts when the register was foretold: a key that was revoked is not."""
    run(ledger, f"{FORGE.format('A')} WHERE position = 15")
    honest = audit(f"sqlite:///{ledger}")
    foretelling = foretell

    def omit(entries) -> Foretold | None:
        told = foretelling(entries)
        return None if told is None else Foretold(told.origin, [told.changes[n] for n in (0, 1)])

    monkeypatch.setattr(auditing, "foretell", omit)
    with narrow(3, 2):
        assert audit(f"sqlite:///{ledger}", processes=1) == honest


def test_signatures_fail_alike_in_two_threads_and_in_one(ledger, monkeypatch):
    run(ledger, f"{FORGE.format('A')} WHERE position IN (8, 11, 12, 16)")
    reports = []
    for second in (False, True):
        monkeypatch.setattr(auditing, "SECOND_THREAD", second)
        reports.append(audit(f"sqlite:///{ledger}"))
    assert reports[0] == reports[1]
    assert [finding.index for finding in reports[0].findings if finding.name == "signatures"] == [7, 10, 11, 15]


def test_processes_give_the_same_report(ledger, monkeypatch):
    monkeypatch.setattr(auditing, "PARALLEL_MIN", 1)
    monkeypatch.setattr(audit_processes, "WIDTH", 2)
    url = f"sqlite:///{ledger}"
    assert audit(url, processes=2) == audit(url)
    run(ledger, "UPDATE entries SET topic = 'x' WHERE position = 5", f"{FORGE.format('A')} WHERE position = 13")
    report = audit(url, processes=2)
    assert not report.sound
    assert report == audit(url)


def test_a_process_that_dies_is_an_error(ledger, monkeypatch):
    monkeypatch.setattr(audit_processes, "WIDTH", 2)
    datastore = Datastore(f"sqlite:///{ledger}")
    rows = StoredRows(datastore)
    foretold = foretell(rows.register_entries(20))
    assert foretold is not None
    examiners = Examiners(f"sqlite:///{ledger}", rows, foretold, 1)
    try:
        examiners._pool.submit(os.kill, examiners._pool.submit(os.getpid).result(), signal.SIGKILL)
        with pytest.raises(ExaminerLost, match="nothing is known of them"):
            for _ in examiners.examine(20):
                pass
    finally:
        examiners.close()
        datastore.close()
