"""`migrate`, `backup`, `restore`, `grant`: a ledger moves between databases, is backed up while it runs, and comes back;
a PostgreSQL role is allowed to append or to read, and nothing else. `upgrade`: a newer release takes a ledger over.

Guarantees that each copy prints the size and root of what it made, proven as `ledger.transfer` says, so that two runs can be
compared. What a role may do, `ledger.store.roles` says.
No private key is needed or touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ledger.cli.options import (
    LEDGER_DEFAULT,
    AsJson,
    LedgerAt,
    console,
    ledger_url,
    print_json,
    progress,
)

if TYPE_CHECKING:
    from ledger.transfer import Copied


def migrate(
    source: Annotated[str, typer.Argument(help="The ledger as it is: an SQLite file, or a database URL.")],
    target: Annotated[
        str, typer.Argument(help="An SQLite file that is not there yet, or the URL of an empty database.")
    ],
    as_json: AsJson = False,
) -> None:
    """Copy a ledger into another database, every byte as it is, and prove the copy by the root the log signed."""
    from ledger import transfer

    with progress("copying entries") as told:
        copied = transfer.migrate(ledger_url(source), ledger_url(target), told)
    _print("is copied to", target, copied, as_json)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to make; it must not be there yet.")],
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Make a backup while the ledger runs, and prove it by the root the log signed. Keys are not in it."""
    from ledger import transfer

    with progress("copying entries") as told:
        copied = transfer.backup(ledger_url(ledger), file, told)
    _print("is backed up in", str(file), copied, as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    ledger: LedgerAt = LEDGER_DEFAULT,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="A published or witnessed checkpoint: a backup that does not reach it is refused."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a ledger from a backup, and prove it by the root the log signed."""
    from ledger import transfer

    note = checkpoint.read_bytes() if checkpoint is not None else None
    with progress("copying entries") as told:
        copied = transfer.restore(file, ledger_url(ledger), note, told)
    _print("is restored in", ledger, copied, as_json)


def grant(
    role: Annotated[str, typer.Argument(help="The role of the PostgreSQL server; made if it is not there.")],
    may: Annotated[Literal["append", "read"], typer.Option(help="What it may do.")],
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Let a PostgreSQL role append to the ledger, or read it, and nothing else. Run it as the owner of the tables."""
    from ledger.store import roles

    roles.grant(ledger_url(ledger), role, may)
    if as_json:
        print_json({"role": role, "may": may})
    else:
        console().print(f"{role} may {may}.")


def upgrade(ledger: LedgerAt = LEDGER_DEFAULT, as_json: AsJson = False) -> None:
    """Bring a ledger that an older release wrote to the schema of this one. Entries stay as they are; back it up first."""
    from ledger.store.schema import upgrade as upgrade_schema
    from ledger.store.tables import SCHEMA_REVISION

    upgrade_schema(ledger_url(ledger))
    if as_json:
        print_json({"ledger": ledger, "schema": SCHEMA_REVISION})
    else:
        console().print(f"{ledger} has the schema of this release ({SCHEMA_REVISION}).")


def _print(done: str, place: str, copied: Copied, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "origin": copied.name.origin,
                "genesis": copied.name.genesis,
                "size": copied.size,
                "root": copied.root.hex(),
                "checkpoint": copied.checkpoint.decode("utf-8"),
            }
        )
        return
    page = console()
    page.print(f"[bold]{copied.name.origin}[/bold] {done} {place}.")
    page.print(f"{copied.size} entries, root {copied.root.hex()}")
