"""Stretches of a log, examined by processes beside the one that asks, and by that one while it waits.

Guarantees that outcomes come in the order of the log, and that a process that dies is an error, `ExaminerLost`, never a gap.
Each process reads the store by itself and judges by a register of its own, folded from the acts that it was handed when it
started; what it sends back is short. What it took for true, whoever asked compares (`Chains.absorb`).
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from typing import Final

from ledger.entry_audit import Change, Foretold, failed
from ledger.errors import LedgerError
from ledger.store.datastore import Datastore
from ledger.store.errors import StoreError
from ledger.store.inspection import StoredRows
from ledger.stretch_audit import Chains, Findings, Stretch

COLLECTED_EVERY: Final = (50_000, 20, 20)
"""Objects made between two collections, while entries are examined: none of what is read is a cycle."""
WIDTH: Final = 1_024
"""Entries of a stretch."""
QUEUED: Final = 2
"""Stretches handed out to each process, so that none is idle while an outcome is taken over."""
AHEAD: Final = 4
"""Stretches that this process examines before an earlier one has come back."""


def warm_up() -> None:
    """Begins to start what processes are forked from, while something else is done here. To fork this process, with threads or
    open databases, is not safe; to start each anew costs as much as examining five thousand entries."""
    get_context("forkserver").set_forkserver_preload([__name__])
    ensure_running()


class ExaminerLost(LedgerError):
    """A process that examined entries ended before it had answered."""

    def __init__(self, after: int, until: int) -> None:
        super().__init__(
            f"a process that examined the entries {after} to {until - 1} ended before it had answered: nothing is known of"
            " them; audit again, or without further processes"
        )
        self.after = after
        self.until = until


@dataclass(frozen=True, slots=True)
class Outcome:
    """A stretch as examined."""

    chains: Chains
    findings: Findings


def examine(rows: StoredRows, foretold: Foretold, after: int, until: int) -> Outcome | None:
    """The entries of index `after` up to `until`; None if they cannot be read."""
    stretch = Stretch(rows, Chains.beginning(after), foretold.at(after))
    try:
        for entries in rows.entries(until, after):
            page = stretch.examine(entries)
            stretch.settle(page, failed(page.due))
    except StoreError:
        return None
    return Outcome(stretch.chains, stretch.findings)


class Examiners:
    """`processes` processes that examine stretches of the ledger at an address. Close them."""

    def __init__(self, url: str, rows: StoredRows, foretold: Foretold, processes: int) -> None:
        self._rows = rows
        self._foretold = foretold
        self._outstanding = QUEUED * processes
        self._pool = ProcessPoolExecutor(
            processes, get_context("forkserver"), _begin, (url, foretold.origin, foretold.changes)
        )

    def close(self) -> None:
        """Ends the processes; what they were still to examine is let go of."""
        self._pool.shutdown(cancel_futures=True)

    def examine(self, size: int) -> Iterator[tuple[int, int, Outcome | None]]:
        """All stretches of the first `size` entries in order: after which index, until which, and the outcome."""
        bounds = iter([(after, min(after + WIDTH, size)) for after in range(0, size, WIDTH)])
        waiting: deque[tuple[int, int, Future[Outcome | None] | Outcome | None]] = deque()
        handed_out = 0
        while True:
            while handed_out < self._outstanding and (bound := next(bounds, None)):
                waiting.append((*bound, self._hand_out(*bound)))
                handed_out += 1
            if not waiting:
                return
            after, until, answer = waiting[0]
            own = len(waiting) - handed_out
            if isinstance(answer, Future) and not answer.done() and own < AHEAD and (bound := next(bounds, None)):
                waiting.append((*bound, examine(self._rows, self._foretold, *bound)))
                continue
            waiting.popleft()
            if isinstance(answer, Future):
                handed_out -= 1
                try:
                    answer = answer.result()
                except BrokenProcessPool as error:
                    raise ExaminerLost(after, until) from error
            yield after, until, answer

    def _hand_out(self, after: int, until: int) -> Future[Outcome | None]:
        try:
            return self._pool.submit(_examine, after, until)
        except BrokenProcessPool as error:
            raise ExaminerLost(after, until) from error


_own: tuple[StoredRows, Foretold] | None = None
"""In a process that examines: what it reads from, and judges by."""


def _begin(url: str, origin: str, changes: Sequence[Change]) -> None:
    global _own
    gc.set_threshold(*COLLECTED_EVERY)
    _own = StoredRows(Datastore(url)), Foretold(origin, changes)


def _examine(after: int, until: int) -> Outcome | None:
    assert _own is not None, "begun"
    return examine(*_own, after, until)
