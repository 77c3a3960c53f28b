#!/usr/bin/env python3
"""One writer of a drill: signed transfers through the real ledger, several submitters at once, each repeating until it is told.

Guarantees that a line is written for a statement only after the ledger gave its receipt, and that what failed is submitted again,
the same bytes, as ledger/client.py does: so a statement that was recorded unheard is told at the index it has. Ends when its
standard input ends, after each submitter was told of its last statement. A submitter that meets what is no passing failure writes
down what it met, and stops.
"""

import argparse
import json
import sys
import threading
import time
import types
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TextIO, TypeVar

ROOT = Path(__file__).resolve().parents[1]
# Named outright: an installed library may ship a package called `tests`, which would come first.
_tests = types.ModuleType("tests")
_tests.__path__ = [str(ROOT / "tests")]
sys.modules["tests"] = _tests
sys.path.insert(0, str(ROOT))

from domain.identifiers import SubjectId  # noqa: E402  # after the paths are set
from domain.objections import Refused  # noqa: E402
from ledger.appending import Prepared  # noqa: E402
from ledger.application import Ledger, Recorded  # noqa: E402
from ledger.errors import LedgerError, Malformed  # noqa: E402
from ledger.recording_clock import ClockRefused  # noqa: E402
from ledger.sequencer import Busy, Sequencer  # noqa: E402
from ledger.store.errors import StoreError  # noqa: E402
from scripts.drill_proof import Acknowledged  # noqa: E402
from tests.ledger import ledgers  # noqa: E402

SUBMITTERS = 3
ASSETS = 20
PASSING = (StoreError, Busy, ClockRefused)
MOVE = {"effect": "move", "right": "title", "amount": "1/1000000"}
SOURCES = [{"title": "Commercial register", "accessed": "2026-01-02"}]


def assets(writer: int, submitter: int) -> list[SubjectId]:
    """What a submitter sells; nobody else does."""
    return [SubjectId(f"asset:drill-{writer}-{submitter}-{number}") for number in range(ASSETS)]


def found(url: str, writers: int) -> None:
    """The founding entries, and every asset with its one owner."""
    with Ledger.create(url, ledgers.signed(ledgers.founding()), ledgers.ledger_keys()) as ledger:
        house = ledgers.House(ledger, ledgers.Clock(), url)
        house.introduce()
        for make in (house.registered, house.declared):
            every = [one for writer in range(writers) for n in range(SUBMITTERS) for one in assets(writer, n)]
            for outcome in ledger.submit_many([ledgers.signed(make(one)) for one in every]):
                if not isinstance(outcome, Recorded):
                    raise outcome


Read = TypeVar("Read")


def patiently(ask: Callable[[], Read]) -> Read:
    """An answer, once there is one."""
    while True:
        try:
            return ask()
        except StoreError:
            time.sleep(0.5)


class Submitter(threading.Thread):
    """Sells a millionth of one asset after another, one statement at a time."""

    def __init__(
        self,
        sequencer: Sequencer[Prepared, Recorded],
        house: ledgers.House,
        numbers: tuple[int, int],
        told: TextIO,
        stopped: Path,
        pause: float,
    ) -> None:
        super().__init__(name=f"submitter-{numbers[1]}")
        self._sequencer = sequencer
        self._house = house
        self._told = told
        self._stopped = stopped
        self._pause = pause
        self._heads = {one: patiently(partial(house.reader.head_of, one)) for one in assets(*numbers)}
        self.ending = threading.Event()
        self.failures: Counter[str] = Counter()
        self.repeated = 0

    def run(self) -> None:
        try:
            number = 0
            while not self.ending.wait(self._pause):
                self._sell(number)
                number += 1
        except (LedgerError, Malformed, Refused) as error:
            self._stopped.write_text(f"{type(error).__name__}: {error}", encoding="utf-8")

    def _sell(self, number: int) -> None:
        subject = list(self._heads)[number % ASSETS]
        day = f"{2002 + number // ASSETS // 27 % 20}-01-{number // ASSETS % 27 + 1:02}"
        members = {
            "v": 1,
            "ledger": {"origin": ledgers.ORIGIN, "genesis": self._house.genesis},
            "type": "ownership.transferred",
            "subjects": [subject],
            "follows": [self._heads[subject]],
            "effective": {"from": day, "zone": "Europe/Berlin"},
            "actor": ledgers.ANNA,
            "signers": [{**ledgers.by(ledgers.SCRIBE, "transcriber", "transcriber"), "sources": SOURCES}],
            "basis": {"kind": "completion", "title": f"Completion {number}"},
            "effects": [{**MOVE, "asset": subject, "from": ledgers.ANNA, "to": ledgers.BODO}],
        }
        recorded = self._told_of(ledgers.signed(members))
        self._heads[subject] = recorded.statement
        one = Acknowledged(recorded.statement, recorded.index, recorded.receipt, time.monotonic())
        self._told.write(one.line())
        self._told.flush()

    def _told_of(self, envelope: bytes) -> Recorded:
        wait = 0.05
        while True:
            try:
                recorded = self._sequencer.submit(envelope)
            except PASSING as error:
                self.failures[type(error).__name__] += 1
                time.sleep(wait)
                wait = min(1.0, 2 * wait)
                continue
            self.repeated += not recorded.new
            return recorded


def write(url: str, writer: int, folder: Path, pause: float) -> None:
    failures: Counter[str] = Counter()
    submitters = []
    with ExitStack() as stack:
        ledger = stack.enter_context(patiently(lambda: Ledger.open(url, ledgers.ledger_keys())))
        sequencer: Sequencer[Prepared, Recorded] = stack.enter_context(Sequencer(ledger))
        house = ledgers.House(ledger, ledgers.Clock(), url)
        for n in range(SUBMITTERS):
            told = stack.enter_context((folder / f"told-{writer}-{n}.jsonl").open("a", encoding="utf-8"))
            stopped = folder / f"stopped-{writer}-{n}.txt"
            submitters.append(Submitter(sequencer, house, (writer, n), told, stopped, pause))
        for submitter in submitters:
            submitter.start()
        sys.stdin.read()
        for submitter in submitters:
            submitter.ending.set()
        for submitter in submitters:
            submitter.join()
            failures += submitter.failures
    repeated = sum(submitter.repeated for submitter in submitters)
    json.dump({"failures": failures, "repeated": repeated}, sys.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writer", type=int, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--pause", type=float, required=True, help="seconds between two statements of a submitter")
    asked = parser.parse_args()
    # The address holds a password: it comes in the first line of standard input, not as an argument.
    write(sys.stdin.readline().strip(), asked.writer, asked.into, asked.pause)


if __name__ == "__main__":
    main()
