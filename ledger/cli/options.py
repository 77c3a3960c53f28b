"""What commands share: where the ledger and the keys are, how a passphrase is read, how an answer is printed.

Guarantees that a passphrase comes from a file named by CONTROL_LEDGER_PASSPHRASE_FILE or from the terminal, never from an argument,
and that `--json` prints exactly one JSON value on standard output while progress and notes go to standard error.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from domain.answers import Told
from ledger.cli.pages import Page
from ledger.errors import LedgerError
from ledger.recording_clock import second_clock
from ledger.statements.keyring import Keyring

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.reading import LedgerReader

PASSPHRASE_FILE = "CONTROL_LEDGER_PASSPHRASE_FILE"

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value, and nothing else, on standard output.")]
LedgerAt = Annotated[
    str,
    typer.Option(
        "--ledger",
        metavar="FILE|URL",
        envvar="CONTROL_LEDGER_URL",
        help="The ledger: an SQLite file, or a database URL.",
    ),
]
KeysIn = Annotated[
    Path,
    typer.Option(
        "--keys", metavar="FOLDER", envvar="CONTROL_LEDGER_KEYS", help="The folder of encrypted private keys."
    ),
]
LEDGER_DEFAULT = "ledger.db"
KEYS_DEFAULT = Path("keys")


class PassphraseMissing(LedgerError):
    """No passphrase can be had: no file is named and there is no terminal to ask at."""


class CheckFailed(Exception):
    """A command answered "no": what was asked was done, the result is printed, and the exit code is 1."""


class CheckIncomplete(Exception):
    """A command found nothing wrong, but could not check everything; the result is printed, and the exit code is 3."""


def ledger_url(spelled: str) -> str:
    """A database URL; a plain path names an SQLite file."""
    return spelled if "://" in spelled else f"sqlite:///{Path(spelled)}"


@cache
def passphrase() -> bytes:
    """The passphrase of the private keys, without the line's end; asked for once. Raises PassphraseMissing."""
    named = os.environ.get(PASSPHRASE_FILE)
    if named is not None:
        try:
            return Path(named).read_bytes().rstrip(b"\r\n")
        except OSError as error:
            raise PassphraseMissing(f"{named}: the passphrase file cannot be read: {error.strerror}") from error
    if not sys.stdin.isatty():
        raise PassphraseMissing(
            f"No passphrase: set {PASSPHRASE_FILE} to the name of a file that holds it, or run in a terminal."
        )
    return getpass.getpass("Passphrase of the private keys: ").encode()


def keyring(folder: Path) -> Keyring:
    """The keys in a folder; the passphrase is asked for once, when the first is opened."""
    return Keyring(folder, passphrase)


def counted(number: int, what: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def console() -> Console:
    """Where pages go: the terminal's width, at most 120 columns; 100 where there is none."""
    found = Console(highlight=False)
    found.width = min(found.width, 120) if found.is_terminal else int(os.environ.get("COLUMNS", "100"))
    return found


def notes() -> Console:
    """Where progress and notes go."""
    return Console(stderr=True, highlight=False)


def show_answer(answer: Told, as_json: bool, page: Callable[[Page], None]) -> None:
    """One answer: its JSON, or its page."""
    if as_json:
        print_json(answer)
    else:
        page(Page(console(), answer))


def print_json(value: object) -> None:
    """One JSON value, readable, in the order it was made."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, for a terminal only; it is told (done, in all)."""
    target = notes()
    if not target.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=target, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def reading(spelled: str) -> Iterator[LedgerReader]:
    """The ledger, to be asked."""
    from ledger.reading import LedgerReader

    with progress("reading the ledger") as told, LedgerReader.open(ledger_url(spelled), progress=told) as reader:
        yield reader


@contextmanager
def writing(spelled: str, keys: Path) -> Iterator[Ledger]:
    """The ledger, to be written with its own keys."""
    from ledger.application import Ledger
    from ledger.cli.ledger_keys import open_ledger_keys
    from ledger.object_store import published_note
    from ledger.settings import read_settings

    settings = read_settings()
    with progress("reading the ledger") as told:
        ledger = Ledger.open(
            ledger_url(spelled),
            open_ledger_keys(keys, keyring(keys), passphrase),
            second=second_clock(settings.second_clock),
            progress=told,
            published=published_note(settings.published) if settings.published else None,
        )
    try:
        yield ledger
        ledger.cosign_latest()
    finally:
        ledger.close()
