"""`--json`: every command has it, and with it prints one JSON value on standard output and nothing else."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.core import TyperGroup
from typer.main import get_command

from ledger.cli.app import app
from ledger.evidence.local_authority import LocalAuthority, pem
from tests.api.servers import seal_files
from tests.ledger.cli import test_commands as commands

office, opened, said = commands.office, commands.opened, commands.said
DAY = ("--effective", "2024-06-30")
OTHER = [
    {**commands.REGISTERED, "label": "B1"},
    {**commands.REGISTERED, "label": "B2", "effects": [{**commands.REGISTERED["effects"][0], "subject": "asset:quay"}]},
]


def leaves(command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Every command that does something, by its words, with the help of each option."""
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from leaves(below, (*path, name))
    else:
        yield path, {option: parameter.help for parameter in command.params for option in parameter.opts}


COMMANDS = dict(leaves(get_command(app)))


def test_every_command_takes_json():
    assert [path for path, options in COMMANDS.items() if "--json" not in options] == []


def test_clocks_are_asked_for_in_the_same_words_everywhere():
    told: dict[str, set[str]] = {}
    for name in ("show", "forums", "holdings", "chain", "find", "explain", "proceedings", "evidence"):
        parameters = COMMANDS[(name,)]
        assert {"--effective", "--known", "--knower", "--recorded", "--size"} <= set(parameters), name
        for option in ("--effective", "--known", "--knower", "--recorded", "--size", "--forum"):
            told.setdefault(option, set()).add(parameters.get(option) or "")
    assert {option: len(words - {""}) for option, words in told.items()} == dict.fromkeys(told, 1)


def test_with_json_every_command_prints_one_value_and_nothing_else(opened, said, monkeypatch):
    """In the order of an office: what later commands need, earlier ones make. Those that answer no or cannot be used here
    say so as a value, too."""
    calls = steps(opened, monkeypatch)
    seen = set()
    for path, *arguments in calls:
        code, out, err = said(*path, *arguments, "--json")
        told = json.loads(out)  # fails on anything before or behind the one value
        refused = isinstance(told, dict) and "error" in told
        assert refused == (path == ("grant",)), (path, out, err)
        assert code == int(refused), (path, out, err)
        seen.add(path)
        if path == ("tokens", "create"):
            calls.append((("tokens", "revoke"), told["id"]))
        if path == ("suppose",):
            assert told["supposed"][0]["accepted"]
        if path == ("evidence",):
            assert (opened / told["package"]).stat().st_size == int(told["bytes"])
        if path == ("stamp",):
            assert told[0]["time"].startswith(f"{datetime.now(UTC).year}")
        if path == ("demo",):
            assert (told["questions"], told["wrong"], len(told["answers"])) == (62, 0, 62)
            assert "questions answered as expected" in err
    assert set(COMMANDS) - seen == {("serve",)}


def steps(folder: Path, monkeypatch) -> list[tuple]:
    seal = {name: str(path) for name, path in seal_files(folder).items()}
    authority = LocalAuthority(folder / "authority", datetime.now(UTC) - timedelta(hours=1))
    monkeypatch.setattr("ledger.cli.evidence.post", authority.post)
    (folder / "root.pem").write_bytes(pem(authority.root.certificate))
    drafts = commands.write(folder / "a.ndjson", commands.REGISTERED, commands.DECLARED)
    one = commands.write(folder / "one.ndjson", OTHER[1])
    sealed = ["--seal-key", seal["seal_key"], "--seal-chain", seal["seal_chain"], "--no-bundle", "--no-page"]
    return [
        (("init",), "--origin", "ledger.example/other", "--ledger", "other.db", "--keys", "other"),
        (("keys", "new"), "clerk", "--party", "party:clerk"),
        (("keys", "list"),),
        (("keys", "draft"), "clerk", "--root", "root-1", "--root", "root-2"),
        (("types",),),
        (("rules",),),
        (("check",), drafts),
        (("import",), drafts),
        (("sign",), one, "--out", folder / "one.jws"),
        (("submit",), folder / "one.jws"),
        (("receipt",), "3", "--out", folder / "receipt", "--entry", folder / "entry"),
        (("publish",), folder / "log"),
        (("verify",), folder / "entry", folder / "receipt", "--vkey", vkey(folder)),
        (("show",), "port", *DAY),
        (("history",), "port"),
        (("proceedings",), "port", *DAY),
        (("restrictions",), "port", *DAY),
        (("encumbrances",), "port", *DAY),
        (("forums",), "port", *DAY),
        (("holdings",), "anna", *DAY),
        (("holders",), "--effective", "2024-03-01"),
        (("chain",), "asset:port", *DAY),
        (("find",), "Port GmbH", *DAY),
        (("find",), "Port", *DAY),
        (("calendar",), "--from", "2024-01-01", "--to", "2024-12-31"),
        (("explain",), "port", "title", *DAY),
        (("suppose",), commands.write(folder / "sale.ndjson", sale()), "port"),
        (("stamp",), "--stamps", "stamps", "--authority", "local=http://127.0.0.1/", "--root", "root.pem"),
        (("evidence",), "port", "--out", "port.asice", *sealed, *DAY),
        (("audit",),),
        (("views", "rebuild"),),
        (("views", "check"),),
        (("export", "bods"), "--all"),
        (("export", "ftm"), "port", "--output", "ftm.ndjson"),
        (("backup",), "backup.db"),
        (("restore",), "backup.db", "--ledger", "restored.db"),
        (("migrate",), "backup.db", "moved.db"),
        (("upgrade",),),
        (("grant",), "writer", "--may", "append"),
        (("tokens", "create"), "court"),
        (("tokens", "list"),),
        (("demo",), "--into", "demo"),
    ]


def sale() -> dict:
    effect = {**commands.OVERSOLD["effects"][0], "from": "party:anna", "to": "party:bodo"}
    return {**commands.OVERSOLD, "effects": [effect]}


def vkey(folder: Path) -> str:
    from ledger.reading import LedgerReader

    with LedgerReader.open(f"sqlite:///{folder / 'ledger.db'}") as reader:
        return reader.verifiers[0].format()


def test_serve_says_as_one_value_what_it_serves(opened):
    program = Path(sys.executable).with_name("control-ledger")
    arguments = [str(program), "serve", "--port", "0", "--json"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            while "Uvicorn running" not in (line := process.stderr.readline()):
                assert line, "the server ended"
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
    told = json.loads(out)
    assert (told["origin"], told["size"], told["reading"]) == (commands.ORIGIN, "3", "public")


def test_wrong_usage_is_a_value_too(opened, said):
    for arguments in (("show", "nowhere"), ("show",), ("show", "port", "--colour", "red"), ("paint",)):
        code, out, err = said(*arguments, "--json")
        assert (code, json.loads(out)["error"]) == (2, "usage")
        assert json.loads(out)["why"] in " ".join(err.split())
