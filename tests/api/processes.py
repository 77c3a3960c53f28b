"""Servers in processes of their own, to be stopped and killed like real ones."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.open_ledger import OpenLedger
from api.server import server
from tests.api.servers import settings
from tests.ledger.ledgers import ledger_keys
from tests.ledger.store.processes import ROOT, START


def serve(url: str) -> None:
    """Serves the ledger of the tests until a signal comes; prints its port first."""
    opened = OpenLedger.open(settings(url), ledger_keys())
    built = server(opened)
    started = built.startup

    async def startup(*arguments: object, **named: object) -> None:
        await started(*arguments, **named)  # type: ignore[arg-type]  # handed through
        print(json.dumps({"port": built.servers[0].sockets[0].getsockname()[1]}), flush=True)

    built.startup = startup  # type: ignore[method-assign]  # to learn the port
    built.run()


@contextmanager
def served_apart(url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server process over the ledger at `url`, and its port."""
    arguments = [sys.executable, "-c", START, str(ROOT), "tests.api.processes", "serve", json.dumps([url])]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())["port"]
        finally:
            if process.poll() is None:
                process.kill()


@contextmanager
def command(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`control-ledger` in a process; its standard error is to be read."""
    program = Path(sys.executable).with_name("control-ledger")
    with subprocess.Popen(
        [str(program), *arguments], env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
