"""Writers that are killed: what they were told was recorded is told on, and must be found afterwards.

Runs in a process of its own (see `processes.run_together`), which loads the program once and forks each writer.
"""

import os
import random
import select
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from domain.identifiers import StatementId
from ledger.application import Ledger, LedgerKeys
from ledger.reading import LedgerReader
from ledger.store.errors import StoreUnavailable
from tests.ledger.ledgers import Clock, House, ledger_keys, signed


def write_on(url: str, keys: LedgerKeys, told: int, salt: str) -> None:
    """Appends singly and in batches until killed; tells each acknowledged statement with its index."""
    with Ledger.open(url, keys, Clock()) as ledger:
        house = House(ledger, Clock(), url)
        number = 0
        while True:
            # What is acknowledged is new each time; two texts of one batch differ.
            first, number = number, number + 1 + number % 3
            batch = _patiently(partial(_notes, house, salt, range(first, number)))
            for outcome in _patiently(partial(ledger.submit_many, batch)):
                os.write(told, f"{outcome.statement} {outcome.index:08}\n".encode())


def _notes(house: House, salt: str, numbers: range) -> list[bytes]:
    return [signed(house.note(f"{salt} {n}")) for n in numbers]


def _patiently(ask: Callable[[], list]) -> list:
    """What a client does after an error: the same again."""
    while True:
        try:
            return ask()
        except StoreUnavailable:
            time.sleep(0.02)


def kill_writers(url: str, rounds: int, seed: int, acknowledged: str) -> None:
    """Kills a writer at a random moment, so often; writes what was acknowledged into a file."""
    chance = random.Random(seed)
    keys = ledger_keys()
    for number in range(rounds):
        _run_writer(url, keys, f"round {number}", acknowledged, lambda: time.sleep(chance.uniform(0, 0.12)))


def kill_backends(url: str, rounds: int, seed: int, acknowledged: str) -> None:
    """Kills the database's own process beneath a writer, so often: the server then restarts all of them."""
    chance = random.Random(seed)

    def interfere() -> None:
        for _ in range(rounds):
            time.sleep(chance.uniform(0, 0.2))
            _kill_backend(url)

    _run_writer(url, ledger_keys(), "one writer", acknowledged, interfere)
    _connected(url).close()


def _connected(url: str) -> psycopg.Connection:
    """A connection, once the server has recovered."""
    options = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    for _ in range(600):
        try:
            return psycopg.connect(options, autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise AssertionError("the server does not recover")


def _kill_backend(url: str) -> None:
    for _ in range(600):
        try:
            with _connected(url) as connection:
                found = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
                    "AND datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
                ).fetchone()
                if found is not None:
                    os.kill(found[0], signal.SIGKILL)
                    return
        except psycopg.OperationalError:
            pass  # killed by the one before
        time.sleep(0.05)
    raise AssertionError("no writer came back")


def _run_writer(url: str, keys: LedgerKeys, salt: str, acknowledged: str, interfere: Callable[[], None]) -> None:
    heard, told = os.pipe()
    writer = os.fork()
    if writer == 0:
        os.close(heard)
        write_on(url, keys, told, salt)
        os._exit(3)
    os.close(told)
    select.select([heard], [], [], 30)
    # From the first acknowledgement on, any moment is as good as another.
    interfere()
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    with open(acknowledged, "ab") as file:
        while part := os.read(heard, 65_536):
            file.write(part)
    os.close(heard)


def missing(url: str, acknowledged: Path) -> tuple[int, list[str]]:
    """How many were acknowledged, and which of them the ledger does not hold where it said."""
    lines = acknowledged.read_text().splitlines()
    with LedgerReader.open(url) as reader:
        lost = [line for line in lines if reader._state.index_of(StatementId(line.split()[0])) != int(line.split()[1])]
        indices = [int(line.split()[1]) for line in lines]
    return len(lines), lost + (["an index was given twice"] if len(set(indices)) != len(indices) else [])
