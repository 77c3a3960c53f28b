"""What the documents claim: rows of SECURITY.md name tests and commands that exist, and examples do what is said of them."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from ledger.cli import examples
from ledger.cli.app import app, run
from tests.api.demonstrations import imported
from tests.ledger.cli.test_json import leaves

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
SECURITY = (ROOT / "SECURITY.md").read_text()
COMMANDS = dict(leaves(get_command(app)))
NAMED = re.compile(r"`(tests/[^`]+|control-ledger [^`]+)`")
DEMO_LEDGER = "build/demo/ledger.db"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with imported(tmp_path_factory.mktemp("demo")) as found:
        yield found.url


def rows(document: str) -> Iterator[str]:
    for line in document.splitlines():
        if line.startswith("| ") and not line.startswith(("| | shown by", "| key | what")):
            yield line


@pytest.mark.parametrize("row", list(rows(SECURITY)), ids=lambda row: row[2:60])
def test_every_row_of_the_threat_model_names_what_shows_it(row):
    shown = NAMED.findall(row.rstrip(" |").rpartition(" | ")[2])
    assert shown, "no test or command"
    for name in shown:
        if name.startswith("control-ledger "):
            words = tuple(name.split()[1:])
            assert words in COMMANDS, name
        else:
            path, _, test = name.partition("::")
            assert (ROOT / path).is_file(), name
            assert test in {"", *names_in(ROOT / path)}, name


def names_in(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.FunctionDef)}


def test_every_command_has_an_example_and_every_option_in_it_exists():
    written = examples.ASKING | examples.OTHERS
    groups = {path[0] for path in COMMANDS if len(path) > 1}
    assert set(written) == {path[0] for path in COMMANDS} - groups
    for name, example in written.items():
        words = shlex.split(example)
        assert words[0] == name
        assert {word for word in words if word.startswith("--")} <= set(COMMANDS[(name,)]), example


@pytest.mark.parametrize("name", list(examples.ASKING))
def test_examples_that_ask_are_answered(demo, name, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(examples.ASKING[name].replace(DEMO_LEDGER, demo))
    assert run(words) == 0
    out = capsys.readouterr().out
    assert out.strip()
    assert "Nothing bears" not in out or "Names on record" in out
    assert "No restriction" not in out
    assert "no difference" not in out
    assert "nothing to compare" not in out


def test_the_worked_question_of_the_readme_prints_what_the_readme_shows(demo, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "96")
    command, _, page = README.partition("    .venv/bin/control-ledger show ")[2].partition("\n")
    assert run(shlex.split("show " + command.replace(DEMO_LEDGER, demo))) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    shown = [line[4:].rstrip() for line in page.partition("The numbers in brackets")[0].strip("\n").splitlines()]
    missing = [line for line in shown if line != "  …" and line not in printed]
    assert missing == []


def test_the_commands_of_the_readme_exist():
    said = re.findall(r"^ {4,}(?:\.venv/bin/)?control-ledger ([^#>|\n]+)", README, re.MULTILINE)
    assert len(said) > 5
    for line in said:
        words = shlex.split(line)
        path = next((tuple(words[:n]) for n in (2, 1) if tuple(words[:n]) in COMMANDS), None)
        assert path is not None, line
        assert {word for word in words if word.startswith("--")} <= set(COMMANDS[path]), line
