"""The demonstration's ledger, made once: every draft signed, judged and recorded by the commands a user would type."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ledger.cli import demonstration
from ledger.cli.drafts import compiler
from ledger.cli.options import PASSPHRASE_FILE, keyring, ledger_url, writing
from ledger.cli.recording import import_drafts
from ledger.reading import LedgerReader


@dataclass
class Bench:
    """A founded ledger with its keys; `record` imports files of drafts into it."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    def record(self, *files: Path) -> None:
        with writing(str(self.database), self.keys) as opened:
            for file, results in import_drafts(opened, keyring(self.keys), files):
                assert [r for r in results if r.state == "refused"] == [], file


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A ledger with all keys and competences of the demonstration, and no case yet."""
    folder = tmp_path_factory.mktemp("founded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSPHRASE_FILE, "")
        demonstration.prepare(folder)
        demonstration.found(folder, Console(file=io.StringIO()))
        bench = Bench(folder)
        bench.record(demonstration.registrations(folder, keyring(bench.keys)), demonstration.draft_files()[0])
        yield bench


class Cases:
    """Every case on record, and its statements by label."""

    def __init__(self, reader: LedgerReader) -> None:
        self.reader = reader
        self.labels = {
            path.stem: {
                draft.label: draft.statement.id for draft in compiler(reader, seeing=False).compile(path.read_bytes())
            }
            for path in demonstration.draft_files()
        }


@pytest.fixture(scope="session")
def cases(founded: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cases]:
    copy = copied(founded, tmp_path_factory.mktemp("cases"))
    copy.record(*demonstration.draft_files()[1:])
    with LedgerReader.open(ledger_url(str(copy.database))) as reader:
        yield Cases(reader)


def copied(bench: Bench, folder: Path) -> Bench:
    """The same ledger again, to be continued differently; the keys are shared."""
    (folder / "ledger.db").write_bytes(bench.database.read_bytes())
    (folder / "keys").symlink_to(bench.keys)
    return Bench(folder)


@pytest.fixture
def copy_of_founded(founded: Bench, tmp_path: Path) -> Bench:
    return copied(founded, tmp_path)


Json = Any
Command = Callable[..., tuple[int, Json]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command with --json; its exit code and its answer, which is a value even when it is refused."""
    from ledger.cli.app import run

    def call(*arguments: object) -> tuple[int, Json]:
        capsys.readouterr()
        code = run([*map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call
