"""The command line as a user meets it: one ledger from its founding to its audit, and what goes wrong on the way."""

import contextlib
import errno
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from ledger.cli import options
from ledger.cli.app import run
from ledger.reading import LedgerReader
from ledger.statements import keyring
from ledger.statements.envelope import parse_envelope
from ledger.statements.refusal import open_refusal
from ledger.statements.statement import statement_id
from tests.ledger.clocks import dated

ORIGIN = "ledger.example/office"
DESK = {"party": "party:desk", "role": "registrar", "capacity": "registrar"}


def draft(label, type_, effects, **members):
    return {
        "label": label,
        "type": type_,
        "actor": "party:desk",
        "signers": [DESK],
        "basis": {"kind": "register-entry", "title": f"Entry {label}"},
        "effects": effects,
        **members,
    }


REGISTERED = draft(
    "A1",
    "asset.registered",
    [{"effect": "exist", "op": "register", "subject": "asset:port", "kind": "company", "place": "DE", "zone": "Europe/Berlin",
      "name": "Port GmbH"}],
)  # fmt: skip
DECLARED = draft(
    "A2",
    "ownership.declared",
    [
        {
            "effect": "declare",
            "asset": "asset:port",
            "right": "title",
            "split": [{"holder": "party:anna", "share": "1/1"}],
        }
    ],
)
OVERSOLD = draft(
    "A3",
    "ownership.transferred",
    [
        {
            "effect": "move",
            "asset": "asset:port",
            "right": "title",
            "amount": "1/2",
            "from": "party:bodo",
            "to": "party:anna",
        }
    ],
    actor="party:anna",
    effective={"from": "2024-01-01", "zone": "Europe/Berlin"},
    basis={"kind": "completion", "title": "Sale by one who holds nothing"},
)


@pytest.fixture
def office(tmp_path, monkeypatch):
    """An empty folder with a passphrase; keys are derived with few rounds, to be quick."""
    (tmp_path / "passphrase").write_text("correct horse\n")
    monkeypatch.setenv("CONTROL_LEDGER_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("CONTROL_LEDGER_URL", str(tmp_path / "ledger.db"))
    monkeypatch.setenv("CONTROL_LEDGER_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(options, "Keyring", lambda folder, phrase: keyring.Keyring(folder, phrase, rounds=1000))
    return tmp_path


@pytest.fixture
def said(capsys):
    """Runs a command; (exit code, standard output, standard error)."""

    def call(*arguments):
        capsys.readouterr()
        code = run([str(a) for a in arguments])
        out = capsys.readouterr()
        return code, out.out, out.err

    return call


def write(path, *drafts):
    path.write_text("".join(json.dumps(d) + "\n" for d in drafts))
    return path


@pytest.fixture
def opened(office, said):
    """A founded ledger whose desk may record everything."""
    assert said("init", "--origin", ORIGIN)[0] == 0
    assert said("keys", "new", "desk", "--party", "party:desk")[0] == 0
    code, line, _ = said("keys", "draft", "desk", "--root", "root-1", "--root", "root-2")
    assert code == 0
    roots = [{"party": f"party:root-{n}", "role": "root", "capacity": "author"} for n in (1, 2)]
    granted = {
        "label": "K2",
        "type": "competence.granted",
        "actor": "party:root-1",
        "signers": roots,
        "basis": {"kind": "ceremony", "title": "The desk"},
        "effects": [
            {"effect": "authorise", "op": "competence-add", "competence": {"party": "party:desk", "types": ["*"]}}
        ],
    }
    assert said("import", write(office / "register.ndjson", json.loads(line), granted))[0] == 0
    return office


def test_founding_prints_what_a_reader_must_pin(office, said):
    code, out, _ = said("init", "--origin", ORIGIN, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["genesis"].startswith("sha256:")
    assert [v.split("+")[0] for v in found["vkeys"]] == [ORIGIN, ORIGIN]
    assert found["roots"] == ["root-1", "root-2", "root-3"]
    code, _, err = said("init", "--origin", ORIGIN)
    assert code == 1
    assert "exists already" in err


def test_private_keys_are_encrypted_files_and_nowhere_else(opened):
    files = sorted((opened / "keys").glob("*.pem"))
    assert {f.stem for f in files} >= {"desk", "log", "log-cosigner", "service", "root-1"}
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert b"PRIVATE KEY" not in (opened / "ledger.db").read_bytes()


def test_a_draft_travels_to_an_entry_with_a_receipt_that_verifies_offline(opened, said):
    file = write(opened / "a1.ndjson", REGISTERED)
    assert said("check", file)[0] == 0
    assert said("sign", file, "--out", opened / "a1.jws")[0] == 0
    code, out, _ = said("submit", opened / "a1.jws", "--receipt", opened / "r", "--entry", opened / "e", "--json")
    assert (code, json.loads(out)["index"], json.loads(out)["new"]) == (0, "3", True)
    again = json.loads(said("submit", opened / "a1.jws", "--json")[1])
    assert (again["index"], again["new"]) == ("3", False)
    vkeys = write_vkeys(opened, said)
    code, out, _ = said("verify", opened / "e", opened / "r", "--vkey", vkeys, "--json")
    assert code == 0
    assert json.loads(out)["signed_by"] == ["Ed25519", "ML-DSA-44 (cosignature)"]
    (opened / "e").write_bytes((opened / "e").read_bytes().replace(b"recorded_at", b"recorded_ad"))
    assert said("verify", opened / "e", opened / "r", "--vkey", vkeys)[0] == 1


def test_a_refusal_is_told_as_one_value_and_handed_over_signed(opened, said):
    assert said("import", write(opened / "a.ndjson", REGISTERED, DECLARED))[0] == 0
    code, out, _ = said("sign", write(opened / "a3.ndjson", OVERSOLD), "--json")
    assert code == 0
    envelope = json.loads(out)["envelope"]
    (opened / "a3.jws").write_text(envelope)
    code, out, err = said("submit", opened / "a3.jws", "--refusal", opened / "refusal", "--json")
    told = json.loads(out)
    assert (code, told["error"], [o["rule"] for o in told["objections"]]) == (1, "refused", ["shares.no-room"])
    assert "shares.no-room" in err
    with LedgerReader.open(f"sqlite:///{opened / 'ledger.db'}") as reader:
        refusal = open_refusal((opened / "refusal").read_bytes(), reader.register())
        assert reader.size == 5
    assert refusal.statement == statement_id(parse_envelope(envelope.encode()).payload)
    assert [objection.rule for objection in refusal.objections] == ["shares.no-room"]


def test_with_json_what_goes_wrong_is_a_value_too(opened, said):
    code, out, _ = said("submit", write(opened / "a.ndjson", REGISTERED), "--json")
    assert (code, json.loads(out)["error"], "`sign` makes one" in json.loads(out)["why"]) == (2, "usage", True)
    (opened / "bad.jws").write_text("{}")
    code, out, _ = said("submit", opened / "bad.jws", "--json")
    assert (code, json.loads(out)["error"], json.loads(out)["rule"]) == (1, "malformed", "member.missing")
    code, out, _ = said("audit", "--ledger", "gone.db", "--json")
    assert (code, json.loads(out)["error"], json.loads(out)["kind"]) == (1, "failed", "StoreAbsent")


def write_vkeys(folder, said):
    with LedgerReader.open(f"sqlite:///{folder / 'ledger.db'}") as reader:
        (folder / "vkeys.txt").write_text("".join(f"{key.format()}\n" for key in reader.verifiers))
    return folder / "vkeys.txt"


def test_verify_loads_no_library_of_the_server(opened, said):
    write(opened / "a.ndjson", REGISTERED)
    assert said("import", opened / "a.ndjson")[0] == 0
    assert said("receipt", "3", "--out", opened / "r", "--entry", opened / "e")[0] == 0
    vkeys = write_vkeys(opened, said)
    program = (
        "import sys; from ledger.cli.app import run; code = run(sys.argv[1:]);"
        "print(code, sorted({m.partition('.')[0] for m in sys.modules} & "
        "{'sqlalchemy', 'eventsourcing', 'alembic', 'fastapi', 'uvicorn', 'psycopg'}))"
    )
    arguments = ["verify", str(opened / "e"), str(opened / "r"), "--vkey", str(vkeys)]
    found = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "0 []"


def test_import_goes_on_where_it_stopped_and_reports_every_objection_with_its_line(opened, said):
    file = write(opened / "all.ndjson", REGISTERED, DECLARED, OVERSOLD)
    code, out, _ = said("import", file, "--json")
    states = [(r["line"], r["label"], r["state"], r["index"]) for r in json.loads(out)]
    assert code == 1
    assert states == [(1, "A1", "recorded", "3"), (2, "A2", "recorded", "4"), (3, "A3", "refused", None)]
    assert [o["rule"] for o in json.loads(out)[2]["objections"]] == ["shares.no-room"]
    page = said("import", file)[1]
    assert f"{file}, line 3 (A3): ownership.transferred: refused" in " ".join(page.split())
    assert "shares.no-room" in page
    code, out, _ = said("import", write(opened / "all.ndjson", REGISTERED, DECLARED), "--json")
    assert code == 0
    assert [r["state"] for r in json.loads(out)] == ["recorded already", "recorded already"]


def test_a_file_that_does_not_parse_records_nothing_and_names_the_line(opened, said):
    file = opened / "bad.ndjson"
    file.write_text(json.dumps(REGISTERED) + "\n" + '{"label": "A2", "surprise": 1}\n')
    code, _, err = said("import", file)
    assert code == 1
    assert "bad.ndjson: line 2 (A2)" in err
    assert json.loads(said("audit", "--json")[1])["size"] == "3"


def test_an_import_of_several_files_names_file_and_line_of_whatever_goes_wrong(opened, said):
    first = write(opened / "first.ndjson", REGISTERED, DECLARED)
    second = write(opened / "second.ndjson", OVERSOLD)
    code, out, _ = said("import", first, second, "--json")
    assert code == 1
    assert [(r["file"], r["line"], r["label"], len(r["objections"])) for r in json.loads(out)] == [
        (str(first), 1, "A1", 0),
        (str(first), 2, "A2", 0),
        (str(second), 1, "A3", 1),
    ]
    page = " ".join(said("import", first, second)[1].split())
    assert f"{second}, line 1 (A3): ownership.transferred: refused" in page
    assert "2 recorded already" in page
    stranger = {**DECLARED, "label": "A4", "signers": [{**DESK, "party": "party:stranger"}]}
    third = write(opened / "third.ndjson", {**DECLARED, "label": "A5", "effects": []})
    code, _, err = said("import", first, write(opened / "unsigned.ndjson", REGISTERED, stranger))
    assert (code, "unsigned.ndjson, line 2 (A4) cannot be signed: " in err) == (1, True)
    for command in (["import", first], ["check"], ["sign"], ["suppose"]):
        code, _, err = said(*command, third, *(["port"] if command == ["suppose"] else []))
        assert (code, f"{third}: line 1 (A5)" in err) == (1, True)


def test_clocks_that_differ_record_nothing(opened, said, monkeypatch):
    """An hour back, the last entry being no bound: only a second source can tell."""
    file = write(opened / "a.ndjson", REGISTERED)
    with dated(lambda: datetime.now(UTC) + timedelta(hours=1)) as (address, _):
        monkeypatch.setenv("CONTROL_LEDGER_SECOND_CLOCK", address)
        code, out, err = said("import", file, "--json")
        assert (code, json.loads(out)["kind"]) == (1, "ClockRefused")
        assert "behind a second source, which says" in err
        assert "Set the clock" in err
        assert said("init", "--origin", "other.example/x", "--ledger", "other.db", "--keys", "other")[0] == 1
        assert not (opened / "other.db").exists()
        code, _, err = said("serve", "--port", "0")
        assert (code, "behind a second source" in err) == (1, True)
    assert "does not answer" in said("import", file)[2]
    assert json.loads(said("audit", "--json")[1])["size"] == "3"
    with dated(lambda: datetime.now(UTC)) as (address, _):
        monkeypatch.setenv("CONTROL_LEDGER_SECOND_CLOCK", address)
        assert said("import", file)[0] == 0


def test_pages_show_the_answer_its_causes_and_the_statements(opened, said):
    assert said("import", write(opened / "a.ndjson", REGISTERED, DECLARED))[0] == 0
    code, out, _ = said("show", "port", "--effective", "2024-06-30")
    assert code == 0
    assert "Port GmbH (asset:port)" in out
    assert "at the end of 2024-06-30, Europe/Berlin" in out
    assert "party:anna" in out
    assert "[4]" in out
    assert "[4] since before the record  ownership.declared" in out
    assert max(map(len, out.splitlines())) <= 100
    for command in ("history", "proceedings", "restrictions", "encumbrances", "forums"):
        assert said(command, "port")[0] == 0
    assert "100 %" in said("holdings", "anna")[1]
    assert "asset:port" in said("find", "Port GmbH")[1]
    assert "title: party:anna 100 % [4]" in said("explain", "port", "title")[1]
    assert said("chain", "asset:port")[0] == 0
    assert "Port GmbH (asset:port)" in said("find", "port")[1]
    assert "Only DE is concerned on record: there is nothing to compare." in said("forums", "port")[1]
    code, _, err = said("explain", "port", "colour")
    assert (code, "no value 'colour'" in " ".join(err.split())) == (2, True)
    due = said("calendar", "--from", "2024-01-01", "--to", "2024-12-31")[1]
    assert "Deadlines from 2024-01-01 to 2024-12-31" in due
    assert "Nothing lapses" in due


def test_suppose_stores_nothing(opened, said):
    assert said("import", write(opened / "a.ndjson", REGISTERED, DECLARED))[0] == 0
    sale = {**OVERSOLD, "effects": [{**OVERSOLD["effects"][0], "from": "party:anna", "to": "party:bodo"}]}
    code, out, _ = said("suppose", write(opened / "sale.ndjson", sale), "port", "--json")
    answer = json.loads(out)
    assert code == 0
    assert {i["holder"]: i["share"] for i in answer["title"]} == {"party:anna": "1/2", "party:bodo": "1/2"}
    assert "title" in [c["what"] for c in answer["changes"]]
    assert json.loads(said("audit", "--json")[1])["size"] == "5"


def test_check_judges_by_the_clock_and_the_register_too(opened, said):
    late = {**REGISTERED, "submit_by": "2020-01-01T00:00:00Z"}
    code, out, _ = said("check", write(opened / "late.ndjson", late), "--json")
    assert (code, [o["rule"] for o in json.loads(out)[0]["objections"]]) == (1, ["submit-by.passed"])
    key = json.loads(said("keys", "draft", "desk", "--root", "root-1", "--root", "root-2")[1])
    one_root = {**key, "label": "K9", "signers": [key["signers"][0], key["signers"][2]]}
    code, out, _ = said("check", write(opened / "key.ndjson", one_root), "--json")
    rules = [o["rule"] for o in json.loads(out)[0]["objections"]]
    assert code == 1
    assert {"key.already-registered", "root.threshold"} <= set(rules)


def test_publish_and_audit(opened, said):
    assert said("publish", opened / "log")[0] == 0
    assert (opened / "log" / "checkpoint").read_text().splitlines()[:2] == [ORIGIN, "3"]
    code, out, _ = said("audit")
    assert code == 0
    assert "Sound. 3 entries" in out


def tampered(path):
    """One word of the last entry changed behind the triggers' back, its length kept."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        (sql,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'entries_update'").fetchone()
        database.execute("DROP TRIGGER entries_update")
        (entry,) = database.execute("SELECT entry FROM entries ORDER BY position DESC LIMIT 1").fetchone()
        database.execute("UPDATE entries SET entry = ? WHERE entry = ?", (entry.replace(b"2026", b"2025"), entry))
        database.execute(sql)


def content(path):
    """What is in the file: its rows, or its bytes where it is no database (any more)."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            return list(database.iterdump())
    except sqlite3.DatabaseError:
        return path.read_bytes()


def foreign(path):
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE invoices (id INTEGER)")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "damaged"),
        (lambda path: path.write_text("no database " * 999), "not a database"),
        (foreign, "not a ledger"),
        (tampered, "entry 2"),
    ],
    ids=["truncated", "text", "foreign", "tampered"],
)
def test_a_database_that_is_not_the_ledger_it_was_is_told_and_left_alone(opened, said, harm, words):
    for file in opened.glob("ledger.db-*"):
        file.unlink()
    harm(opened / "ledger.db")
    before = content(opened / "ledger.db")
    for command in (
        ["audit"],
        ["show", "port"],
        ["import", write(opened / "a.ndjson", REGISTERED)],
        ["serve", "--port", "0"],
    ):
        code, out, err = said(*command)
        told = out + err
        assert (command[0], code) == (command[0], 1)
        assert "Traceback" not in told
        if command == ["audit"]:
            assert words in told
        assert content(opened / "ledger.db") == before


def test_tables(said, office):
    assert "ownership.transferred" in [t["type"] for t in json.loads(said("types", "--json")[1])]
    assert {"rule": "limit.exceeded", "kind": "irregular", "words": "a holding stays within a cap"} in json.loads(
        said("rules", "--json")[1]
    )
    assert said("types")[0] == said("rules")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show"], 2, "Missing argument"),
        (["show", "port", "--effective", "2024-02-30"], 2, "impossible date"),
        (["show", "port", "--size", "99"], 2, "the ledger has 3 entries"),
        (["show", "port", "--size", "2", "--recorded", "2024-01-01"], 2, "give one"),
        (["show", "port", "--recorded", "2024-01-01"], 2, "lies before the founding"),
        (["holdings", "anna", "--knower", "party:anna"], 2, "give --known as well"),
        (["calendar", "--from", "2024-01-02", "--to", "2024-01-01"], 2, "lies before --from"),
        (["calendar", "--from", "2024-01", "--to", "2024-12-31"], 2, "expected a whole day"),
        (["calendar", "--from", "2024-01-01", "--to", "soon"], 2, "value for --to"),
        (["receipt", "1", "--out", "none/receipt"], 1, "none/receipt: No such file or directory. Check the path."),
        (["publish", "ledger.db"], 1, "ledger.db: File exists. Name another, or move it away."),
        (["restore", "ledger.db", "--checkpoint", "none"], 1, "none: No such file or directory. Check the path."),
        (["show", "nowhere"], 2, "nothing is recorded about asset:nowhere"),
        (["show", "party:UPPER"], 2, "party:UPPER"),
        (["explain", "port", "title", "--ledger", "gone.db"], 1, "no ledger file"),
        (["explain", "party:desk", "title"], 2, "this is asked about asset:…"),
        (["holdings", "asset:port"], 2, "this is asked about party:…"),
        (["receipt", "77"], 1, "no entry 77"),
        (["keys", "new", "x", "--party", "party:x", "--use", "log"], 2, "expected statement or root"),
        (["keys", "new", "desk", "--party", "party:desk"], 1, "exists already"),
        (["init", "--origin", ORIGIN, "--root", "nobody"], 2, "no root key is named nobody"),
    ],
)
def test_what_goes_wrong_is_said_in_words(opened, said, arguments, code, words):
    found, _, err = said(*arguments)
    assert found == code
    assert words in " ".join(err.split())
    assert "Traceback" not in err


def test_a_full_disk_is_told_with_the_file_and_what_to_do(opened, said, monkeypatch):
    def full(opened_file: int) -> None:
        if stat.S_ISREG(os.fstat(opened_file).st_mode):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("ledger.publish.os.fsync", full)
    code, _, err = said("publish", "log", "--json")
    assert code == 1
    assert re.search(
        r"log/\S+: No space left on device. Free the disk, then run the command again.", " ".join(err.split())
    )
    assert "Errno" not in err


def test_without_a_passphrase_nothing_is_signed(opened, said, monkeypatch):
    monkeypatch.delenv("CONTROL_LEDGER_PASSPHRASE_FILE")
    code, _, err = said("keys", "new", "other", "--party", "party:other")
    assert code == 1
    assert "CONTROL_LEDGER_PASSPHRASE_FILE" in err
    monkeypatch.setenv("CONTROL_LEDGER_PASSPHRASE_FILE", str(opened / "wrong"))
    (opened / "wrong").write_text("wrong")
    code, _, err = said("import", write(opened / "a.ndjson", REGISTERED))
    assert code == 1
    assert "passphrase is wrong" in err


def test_what_depends_on_a_refused_line_names_it_and_a_refused_line_counts_for_nothing(opened, said):
    sale = {**OVERSOLD, "effects": [{**OVERSOLD["effects"][0], "from": "party:anna", "to": "party:bodo"}]}
    order = draft(
        "A4", "ownership.agreed", [{"effect": "state", "kind": "agreement", "about": ["@A3"], "asset": "asset:port"}],
        basis={"kind": "agreement", "title": "Of what was sold"}, subjects=["asset:port"],
    )  # fmt: skip
    file = write(opened / "a.ndjson", REGISTERED, DECLARED, OVERSOLD, order)
    expected = f"it follows {file}, line 3 (A3), which is refused: this line depends on that one"
    for command in ("check", "import"):
        code, out, _ = said(command, file, "--json")
        results = {r["label"]: r for r in json.loads(out)}
        assert (code, results["A3"]["state"], results["A4"]["state"]) == (1, "refused", "refused")
        words = {o["rule"]: o["words"] for o in results["A4"]["objections"]}
        assert words["follows.unknown"] == expected
        assert words["reference.unknown"] == expected.replace("follows", "refers to")
    later = draft(
        "A5", "party.registered", [{"effect": "exist", "op": "register", "subject": "party:bodo", "kind": "person"}]
    )
    twice = [{**OVERSOLD, "label": "A6"}, {**sale, "label": "A7"}, later]
    code, out, _ = said("check", write(opened / "b.ndjson", *twice), "--json")
    found = {r["label"]: [o["rule"] for o in r["objections"]] for r in json.loads(out)}
    assert code == 1
    assert (found["A6"], found["A7"], found["A5"]) == (["shares.no-room"], ["follows.unknown"], [])


def test_what_an_objection_meets_is_named_by_its_line_and_a_misspelt_reference_or_zone_says_what_is_wrong(opened, said):
    short = draft("A4", "record.disputed", [{"effect": "state", "kind": "dispute", "about": ["@A1#9"]}])
    short["subjects"] = ["asset:port"]
    elsewhere = draft("A5", "asset.registered", [{**REGISTERED["effects"][0], "subject": "asset:quay"}])
    elsewhere["effective"] = {"from": "2020-01-01", "zone": "Mars/Base"}
    file = write(opened / "meets.ndjson", REGISTERED, DECLARED, OVERSOLD, short, elsewhere)
    code, out, _ = said("check", str(file))
    told = " ".join(out.split())
    assert code == 1
    assert f"(shares.no-room, meets {file}, line 2 (A2))" in told
    assert (
        "#9 is not on record: the last effect of that act is #1 (reference.unknown) → name one of its effects" in told
    )
    assert f"{file}, line 5 (A5): asset.registered: refused" in told
    assert "knows no zone Mars/Base" in told
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert "line 1: begins with a byte order mark" in said("check", str(file))[2]
