"""`serve`: the ledger over HTTP, until it is told to stop.

Guarantees that settings and keys are checked before the port is opened, and that stopping loses nothing acknowledged: what was
taken in is committed and answered first. Settings come from the environment (docs/http.md lists them); options go before them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.options import keyring, notes, passphrase, print_json
from ledger.recording_clock import RecordingClock, second_clock


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
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what is served as one JSON value on standard output, at the start.")
    ] = False,
) -> None:
    """Serve the ledger over HTTP until it is told to stop (Ctrl-C, SIGTERM)."""
    from api.open_ledger import OpenLedger
    from api.server import server
    from api.telemetry import logging_lines
    from ledger.cli.ledger_keys import open_ledger_keys
    from ledger.settings import read_settings

    given = {"url": ledger, "keys": keys, "host": host, "port": port}
    settings = read_settings(**{name: value for name, value in given.items() if value is not None})
    own = open_ledger_keys(settings.keys, keyring(settings.keys), passphrase)
    second = second_clock(settings.second_clock)
    RecordingClock(second=second).next_after(None)  # a clock that is wrong already stops the start
    with logging_lines(settings.log_level):
        opened = OpenLedger.open(settings, own, second=second)
        name = opened.reader.name
        reading = "reading is public" if settings.reading == "public" else "reading needs a token"
        if as_json:
            at = f"http://{settings.host}:{settings.port}"
            print_json({"origin": name.origin, "size": str(opened.reader.size), "url": at, "reading": settings.reading})
            sys.stdout.flush()
        notes().print(
            f"{name.origin}, {opened.reader.size} entries, at http://{settings.host}:{settings.port} ({reading})"
        )
        server(opened).run()
        notes().print("Stopped; everything taken in was answered.")
