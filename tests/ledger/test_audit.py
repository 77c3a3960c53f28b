"""The audit: every column tampered with through SQL, and logs that a dishonest writer made, are found and named."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.appending import Appending
from ledger.audit import CHECKS, Finding, Report, audit
from ledger.log.checkpoint import Checkpoint, cosign, open_checkpoint
from ledger.log.keys import Ed25519Cosigner
from ledger.reading import LedgerReader
from ledger.recording_clock import RecordingClock
from ledger.shelf import LogCorrupt
from ledger.statements.entry import Head
from ledger.statements.envelope import VerifiedStatement
from ledger.store.errors import StoreAbsent, StoreError
from ledger.store.recorder import LedgerRecorder
from tests.ledger.ledgers import ANNA, BY_ROOTS, DESK, PORT, founded, key_of, ledger_keys, signed
from tests.ledger.statements.samples import ed25519, seed

TABLES = {
    "entries": "position originator_id originator_version topic statement_id recorded_at leaf_hash entry",
    "membership": "subject n position ordinal",
    "head": "id size frontier recorded_at register_count",
    "checkpoints": "size note cosigned",
    "nodes": "level node_index hash",
    "filed": "name position",
    "introductions": "subject position ordinal",
}
COLUMNS = [(table, column) for table, columns in TABLES.items() for column in columns.split()]
KEYS = {
    "entries": "position",
    "membership": "(subject || ' ' || n)",
    "head": "id",
    "checkpoints": "size",
    "nodes": "(level || ' ' || node_index)",
    "filed": "(name || ' ' || position)",
    "introductions": "subject",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A ledger with a full tile, single appends and a batch, two checkpoints cosigned."""
    with founded(tmp_path_factory.mktemp("made")) as house:
        house.submit(house.sale())
        house.ledger.cosign_latest()
        house.ledger.submit_many([signed(house.note(f"report {n}")) for n in range(250)])
        house.ledger.cosign_latest()
        house.submit(house.note("the last"))
        path = house.path
    return path


@pytest.fixture
def copy(made, tmp_path) -> Path:
    return shutil.copy(made, tmp_path / "copy.db")


@pytest.fixture
def house(tmp_path):
    with founded(tmp_path) as house:
        yield house


def audited(path: Path) -> Report:
    return audit(f"sqlite:///{path}")


def numbers(report: Report) -> set[str]:
    return {finding.name for finding in report.findings}


def run(path: Path, *sql: str, parameters: tuple[object, ...] = ()) -> None:
    """SQL of somebody who owns the file: no trigger, no constraint stands in the way."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("PRAGMA ignore_check_constraints = ON")
        for trigger in list(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")):
            database.execute(f"DROP TRIGGER {trigger[0]}")
            DROPPED[trigger[0]] = trigger[1]
        for line in sql:
            database.execute(line, parameters)
        for create in DROPPED.values():
            database.execute(create)
        DROPPED.clear()


DROPPED: dict[str, str] = {}


def changed(value: int | str | bytes, chance: random.Random) -> int | bytes:
    """The value with one byte, or one bit of a number, altered."""
    if isinstance(value, int):
        return value ^ 1 << chance.randrange(3)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[chance.randrange(len(raw))] ^= chance.randrange(1, 256)
    return bytes(raw)


def tamper(path: Path, table: str, column: str, chance: random.Random) -> int | None:
    """Alters one value of a column; returns the index of the entry whose row it was, if it was of `entries`."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(f"SELECT {KEYS[table]}, {column}, typeof({column}) FROM {table}").fetchall()
    rows = [row for row in rows if row[1] is not None]
    while True:
        key, value, kind = chance.choice(rows)
        cast = "CAST(? AS TEXT)" if kind == "text" else "?"
        try:
            run(
                path,
                f"UPDATE {table} SET {column} = {cast} WHERE {KEYS[table]} = ?",
                parameters=(changed(value, chance), key),
            )
        except sqlite3.IntegrityError:
            continue  # another row has that key
        return int(key) - 1 if table == "entries" else None


def test_a_sound_ledger_has_no_findings(made):
    report = audited(made)
    assert report.findings == ()
    assert (report.size, report.sound, report.omitted) == (258, True, 0)
    with LedgerReader.open(f"sqlite:///{made}") as reader:
        assert (report.root, report.genesis) == (reader.root(258), reader.name.genesis)


def test_progress_reaches_the_end(made, monkeypatch):
    monkeypatch.setattr("ledger.store.inspection.PAGE", 100)
    told: list[tuple[int, int]] = []
    audit(f"sqlite:///{made}", lambda done, total: told.append((done, total)))
    assert told == [(100, 258), (200, 258), (258, 258)]


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda name: name)
def test_a_byte_changed_in_any_column_is_found_and_named(copy, made, table, column):
    chance = random.Random(f"{table} {column}")
    for _ in range(3):
        shutil.copy(made, copy)
        index = tamper(copy, table, column, chance)
        report = audited(copy)
        assert not report.sound
        if index is not None:
            assert index in {finding.index for finding in report.findings}
        else:
            assert any(finding.where.startswith(table) for finding in report.findings), report.findings


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("DELETE FROM entries WHERE position = 100", "positions"),
        ("DELETE FROM entries WHERE position = 258", "positions"),
        ("DELETE FROM membership WHERE position = 100", "membership"),
        ("INSERT INTO membership VALUES ('asset:other', 1, 100, 7)", "membership"),
        ("INSERT INTO membership VALUES ('asset:other', 1, 400, 0)", "positions"),
        ("DELETE FROM filed WHERE position = 7", "names"),
        ("INSERT INTO filed VALUES ('holder party:other', 100)", "names"),
        ("INSERT INTO filed VALUES ('holder party:other', 400)", "positions"),
        ("DELETE FROM introductions WHERE subject = 'asset:port'", "names"),
        ("INSERT INTO introductions VALUES ('asset:other', 100, 9)", "names"),
        ("INSERT INTO introductions VALUES ('asset:other', 400, 0)", "positions"),
        ("DELETE FROM checkpoints WHERE size = 258", "checkpoints"),
        ("DELETE FROM nodes", "tree"),
        ("INSERT INTO nodes VALUES (1, 7, zeroblob(32))", "tree"),
        ("INSERT INTO nodes VALUES (2, 0, zeroblob(32))", "tree"),
        ("DELETE FROM head", "tree"),
        ("UPDATE head SET size = 257", "positions"),
        ("INSERT INTO tracking VALUES ('view', 400)", "tracking"),
        ("DROP TABLE nodes", "schema"),
        ("DROP TABLE head", "schema"),
        ("ALTER TABLE entries DROP COLUMN topic", "schema"),
        ("UPDATE ledger_schema SET version_num = '0009'", "schema"),
        ("UPDATE entries SET topic = 'ownership.declared' WHERE position = 100", "columns"),
        ("UPDATE checkpoints SET cosigned = note WHERE size = 257", "checkpoints"),
    ],
)
def test_rows_tables_and_columns_that_are_gone_or_too_many(copy, sql, name):
    try:
        run(copy, sql)
    except sqlite3.OperationalError:
        assert sql.startswith(("DROP", "ALTER"))  # a trigger on what is gone cannot be made again
    assert name in numbers(audited(copy))


@pytest.mark.parametrize("trigger", ["entries_update", "entries_delete", "entries_insert", "checkpoints_update"])
def test_a_trigger_that_is_switched_off_is_named(copy, trigger):
    with closing(sqlite3.connect(copy)) as database:
        database.execute(f"DROP TRIGGER {trigger}")
    (finding,) = audited(copy).findings
    assert (finding.number, finding.name) == (1, "schema")
    assert trigger in finding.what


def loosened(path: Path, table: str, strict: str, plain: str) -> None:
    """Another form of a table over the same pages: what damage to a file can do, and no SQL on a strict table."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = ?", (strict, plain, table))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("entries", "entry"),
        ("entries", "leaf_hash"),
        ("checkpoints", "note"),
        ("head", "frontier"),
    ],
)
def test_bytes_that_became_text_are_a_finding(copy, table: str, column: str):
    loosened(copy, table, "STRICT", "     ")
    run(copy, f"UPDATE {table} SET {column} = CAST({column} AS TEXT)")
    loosened(copy, table, "     ", "STRICT")
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute(f"SELECT typeof({column}) FROM {table}").fetchone() == ("text",)
    assert not audited(copy).sound
    if table == "entries":
        with pytest.raises(StoreError):
            LedgerReader.open(f"sqlite:///{copy}")


def test_every_check_runs_though_an_earlier_one_found_something(copy):
    chance = random.Random(7)
    for table, column in (
        ("entries", "leaf_hash"),
        ("entries", "topic"),
        ("membership", "n"),
        ("nodes", "hash"),
        ("checkpoints", "note"),
    ):
        tamper(copy, table, column, chance)
    assert numbers(audited(copy)) >= {"leaves", "columns", "membership", "tree", "checkpoints"}


def test_findings_are_bounded_and_the_rest_is_counted(copy):
    run(copy, "UPDATE entries SET topic = 'ownership.declared'")
    report = audited(copy)
    assert (len(report.findings), report.omitted) == (200, 57)


def test_a_finding_says_number_name_entry_and_place():
    assert str(Finding(9, "columns", 4, "entries.topic", "differs")) == "9 columns: entry 4, entries.topic: differs"
    assert [CHECKS.index(name) + 1 for name in ("schema", "signatures", "tracking")] == [1, 4, 14]


def test_where_there_is_no_database_there_is_no_report(tmp_path):
    with pytest.raises(StoreAbsent):
        audited(tmp_path / "none.db")


@pytest.mark.parametrize("kind", ["empty", "text", "truncated"])
def test_a_file_that_is_no_ledger_or_only_part_of_one_is_reported(made, tmp_path, kind):
    path = tmp_path / "other.db"
    whole = made.read_bytes()
    path.write_bytes({"empty": b"", "text": b"no database at all " * 99, "truncated": whole[: len(whole) // 2]}[kind])
    try:
        assert not audited(path).sound
    except StoreError:
        assert kind == "text"  # SQLite refuses to open it at all


def answers(path: Path) -> object:
    with LedgerReader.open(f"sqlite:///{path}") as reader:
        size = reader.size
        with reader.reading() as record:
            acts = list(record.walk())
        return acts, list(reader.entries(0, size)), reader.checkpoint(), [reader.receipt(n) for n in range(size)]


@pytest.fixture(scope="module")
def told(made) -> object:
    """What a reader of the sound ledger is told."""
    return answers(made)


def damaged(made: Path, copy: Path, told: object, chance: random.Random) -> None:
    """One byte of the file is altered: either the audit finds it, or nothing that anybody is told has changed."""
    raw = bytearray(made.read_bytes())
    raw[chance.randrange(len(raw))] ^= chance.randrange(1, 256)
    copy.write_bytes(raw)
    try:
        sound = audited(copy).sound
    except StoreError:
        return
    if sound:
        assert answers(copy) == told


def test_random_bytes_of_the_file_are_found_or_change_no_answer(made, copy, told):
    chance = random.Random(1)
    for _ in range(20):
        damaged(made, copy, told, chance)


def test_two_hundred_random_bytes_of_a_small_ledger(tmp_path):
    with founded(tmp_path) as house:
        house.ledger.cosign_latest()
        whole = house.path
    chance, expected = random.Random(3), answers(whole)
    for _ in range(200):
        damaged(whole, tmp_path / "copy.db", expected, chance)


@pytest.mark.soak
def test_two_hundred_random_bytes_of_the_file(made, copy, told):
    chance = random.Random(2)
    for _ in range(200):
        damaged(made, copy, told, chance)


@pytest.mark.soak
def test_every_byte_of_every_column_of_a_small_ledger(tmp_path):
    with founded(tmp_path) as house:
        house.ledger.cosign_latest()
        whole = house.path
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(whole)) as database:
        values = [
            (table, column, key, value, kind)
            for table, column in COLUMNS
            for key, value, kind in database.execute(
                f"SELECT {KEYS[table]}, {column}, typeof({column}) FROM {table} WHERE {column} IS NOT NULL"
            )
            if kind != "integer"
        ]
    for table, column, key, value, kind in values:
        raw = value.encode() if kind == "text" else value
        for at in range(len(raw)):
            shutil.copy(whole, copy)
            other = raw[:at] + bytes([raw[at] ^ 0x01]) + raw[at + 1 :]
            cast = "CAST(? AS TEXT)" if kind == "text" else "?"
            run(copy, f"UPDATE {table} SET {column} = {cast} WHERE {KEYS[table]} = ?", parameters=(other, key))
            assert not audited(copy).sound, (table, column, key, at)


# --- a dishonest writer, who holds the log's key ------------------------------------------------------------------


def found(house) -> Iterator[tuple[str, int | None]]:
    return iter([(finding.name, finding.index) for finding in audit(house.url).findings])


def ask_no_register(monkeypatch) -> None:
    monkeypatch.setattr("ledger.appending.judge_register_act", lambda register, act, kids: ())
    monkeypatch.setattr("ledger.appending.judge_signers", lambda register, act: ())


def test_signatures_that_nobody_made(house, monkeypatch):
    def believe(envelope, statement, register) -> VerifiedStatement:
        return VerifiedStatement(statement, envelope, (key_of(DESK).kid,), (0,))

    monkeypatch.setattr("ledger.appending.verify", believe)
    house.submit(house.note("forged"), [ed25519("stranger")])
    monkeypatch.undo()
    house.submit(house.note("honest"))
    assert list(found(house)) == [("signatures", 6)]


def test_a_register_act_without_its_threshold_grants_nothing(house, monkeypatch):
    ask_no_register(monkeypatch)
    grant = {"op": "competence-add", "competence": {"party": ANNA, "types": ["*"]}}
    house.submit(house.register_act("competence.granted", grant, signers=BY_ROOTS[:1]))
    monkeypatch.undo()
    report = house.note("by a private party", signers=[{"party": ANNA, "role": "registrar", "capacity": "registrar"}])
    house.submit(report)
    assert list(found(house)) == [("register", 6), ("register", 7)]


def test_a_recorder_without_competence(house, monkeypatch):
    ask_no_register(monkeypatch)
    house.submit(
        house.note("by a private party", signers=[{"party": ANNA, "role": "registrar", "capacity": "registrar"}])
    )
    assert list(found(house)) == [("register", 6)]


@pytest.mark.parametrize(("subject", "name"), [(PORT, "streams"), ("register", "register")])
def test_heads_that_are_not_the_true_ones(house, monkeypatch, subject, name):
    honest = Appending._head

    def lie(self, asked):
        head = honest(self, asked)
        return Head(head.count, b"\x01" * 32) if asked == subject else head

    monkeypatch.setattr(Appending, "_head", lie)
    house.submit(house.note("with another past"))
    monkeypatch.undo()
    assert list(found(house)) == [(name, 6)]


def test_time_that_runs_backwards(house, monkeypatch):
    monkeypatch.setattr(RecordingClock, "next_after", lambda clock, last: last - timedelta(seconds=1))
    monkeypatch.setattr(LedgerRecorder, "_require_next", lambda self, append, entry: None)
    house.submit(house.note("backdated"))
    monkeypatch.undo()
    house.submit(house.note("honest"))
    assert list(found(house)) == [("time", 6)]


def test_a_checkpoint_over_another_tree(house, monkeypatch):
    monkeypatch.setattr(
        "ledger.application.Checkpoint", lambda origin, size, root: Checkpoint(origin, size, b"\x01" * 32)
    )
    house.submit(house.note("under another root"))
    monkeypatch.undo()
    assert list(found(house)) == [("checkpoints", 6)]
    with pytest.raises(LogCorrupt):
        LedgerReader.open(house.url)


def test_a_statement_recorded_twice(house, monkeypatch):
    """The database refuses a second row of one statement; who takes that away is found out."""
    house.submit(house.note("once"))
    run(
        house.path,
        "CREATE TABLE other AS SELECT * FROM entries",
        "DROP TABLE entries",
        "ALTER TABLE other RENAME TO entries",
        "INSERT INTO entries SELECT 8, originator_id, 4, topic, statement_id, recorded_at, leaf_hash, entry FROM entries "
        "WHERE position = 7",
        "UPDATE head SET size = 8",
    )
    told = [finding for finding in audit(house.url).findings if finding.name == "entries"]
    assert [(finding.index, finding.where) for finding in told] == [(7, "entry/payload")]


def test_a_witness_is_known_or_named(house):
    witness = Ed25519Cosigner("witness.example", Ed25519PrivateKey.from_private_bytes(seed("witness")))
    recorder = house.ledger.recorder
    stored = recorder.latest_checkpoint()
    keys = house.reader.verifiers
    own = open_checkpoint(cosign(open_checkpoint(stored.note, keys), ledger_keys().cosigner, 1_800_000_000), keys)
    recorder.add_cosigned(stored.size, cosign(own, witness, 1_800_000_000))
    assert audit(house.url, witnesses=[witness.key]).findings == ()
    (finding,) = audit(house.url).findings
    assert (finding.name, finding.index) == ("checkpoints", 5)
    assert replace(finding, what="") == Finding(12, "checkpoints", 5, "checkpoints.cosigned", "")


def test_an_audit_beside_a_writer_that_goes_on(house, monkeypatch):
    monkeypatch.setattr("ledger.store.inspection.PAGE", 3)

    def write(done: int, total: int) -> None:
        if done == 3:
            house.submit(house.note("meanwhile"))

    report = audit(house.url, write)
    assert (report.findings, report.size) == ((), 6)
    assert house.reader.size == 7
