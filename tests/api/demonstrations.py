"""The demonstration's ledger behind a server, recorded by a clock that stands still."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ledger.application import Ledger, LedgerKeys
from ledger.cli import demonstration
from ledger.cli.ledger_keys import open_ledger_keys
from ledger.cli.options import PASSPHRASE_FILE, keyring, passphrase
from ledger.cli.recording import import_drafts
from ledger.statements.entry import parse_entry
from tests.ledger.ledgers import Clock


@dataclass
class Demonstration:
    """What the import by the command line recorded: the ledger's address and keys, every envelope, the root."""

    url: str
    keys: LedgerKeys
    clock: Clock
    envelopes: list[bytes]
    root: bytes


@contextmanager
def imported(folder: Path) -> Iterator[Demonstration]:
    """The demonstration's drafts, signed by its keys and recorded as `control-ledger import` records them."""
    before = os.environ.get(PASSPHRASE_FILE)
    clock = Clock()
    try:
        demonstration.prepare(folder)
        demonstration.found(folder, Console(quiet=True))
        ring = keyring(folder / "keys")
        keys = open_ledger_keys(folder / "keys", ring, passphrase)
        with Ledger.open(f"sqlite:///{folder / 'ledger.db'}", keys) as made:
            founding = parse_entry(made.reader.entry(0)).envelope.to_bytes()
        url = f"sqlite:///{folder / 'imported.db'}"
        with Ledger.create(url, founding, keys, clock) as ledger:
            import_drafts(ledger, ring, [demonstration.registrations(folder, ring), *demonstration.draft_files()])
            size = ledger.reader.size
            envelopes = [parse_entry(raw).envelope.to_bytes() for raw in ledger.reader.entries(0, size)]
            root = ledger.reader.root(size)
        yield Demonstration(url, keys, clock, envelopes, root)
    finally:
        passphrase.cache_clear()
        os.environ.pop(PASSPHRASE_FILE, None)
        if before is not None:
            os.environ[PASSPHRASE_FILE] = before
