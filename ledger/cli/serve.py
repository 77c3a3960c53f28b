"""`serve`: the ledger over HTTP, until it is told to stop.

Guarantees that settings and keys are checked before the port is opened, and that stopping loses nothing acknowledged: what was
taken in is committed and answered first. Settings come from the environment (docs/http.md lists them); options go before them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.options import keyring, notes, passphrase


def serve(
    ledger: Annotated[
        str | None, typer.Option("--ledger", help="The ledger: an SQLite file, or a database URL [CONTROL_LEDGER_URL].")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option("--keys", help="The folder of the ledger's own keys [CONTROL_LEDGER_KEYS].")
    ] = None,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on [CONTROL_LEDGER_HOST].")] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65_535, help="The port [CONTROL_LEDGER_PORT].")
    ] = None,
) -> None:
    """Serve the ledger over HTTP."""
    from api.open_ledger import OpenLedger
    from api.server import server
    from api.telemetry import start_logging
    from ledger.cli.ledger_keys import open_ledger_keys
    from ledger.settings import read_settings

    given = {"url": ledger, "keys": keys, "host": host, "port": port}
    settings = read_settings(**{name: value for name, value in given.items() if value is not None})
    own = open_ledger_keys(settings.keys, keyring(settings.keys), passphrase)
    start_logging(settings.log_level)
    opened = OpenLedger.open(settings, own)
    name = opened.reader.name
    reading = "reading is public" if settings.reading == "public" else "reading needs a token"
    notes().print(f"{name.origin}, {opened.reader.size} entries, at http://{settings.host}:{settings.port} ({reading})")
    server(opened).run()
    notes().print("Stopped; everything taken in was answered.")
