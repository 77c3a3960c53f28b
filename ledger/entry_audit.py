"""What entries show by their bytes and the register: form, signatures, competence (checks 3 to 5 of `ledger.audit`).

Guarantees that entries handed in one after another, in whatever portions, give the same answers: everything that one
entry hands on to the next is the register, an argument and part of the answer. An entry whose signatures fail changes
no register. So portions can be judged beside each other, in processes or threads of their own (`Judges`): each begins
with the register as it was when it was handed out, and one that turns out to follow a change of the register is judged
again. A process that dies costs time, never an answer. What needs the entries before (order, streams, tree, repeats) and
the stored rows, the audit compares.
"""

from __future__ import annotations

import gc
import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import count
from multiprocessing import get_context
from typing import Final, Generic, NamedTuple, TypeVar

from domain.acts import Act
from domain.filing import filed_under, introduced_by
from domain.identifiers import REGISTER, StatementId, SubjectId
from domain.objections import Refused
from domain.register import Register, judge_register_act, judge_signers
from ledger.errors import Malformed
from ledger.log.merkle import leaf_hash
from ledger.statements.entry import Entry, parse_entry
from ledger.statements.envelope import verify
from ledger.statements.schema import parse_statement
from ledger.statements.statement import Statement

T = TypeVar("T")

_ABOUT_REGISTER: Final = (REGISTER,)

COLLECTED_EVERY: Final = (50_000, 20, 20)
"""Objects made between two collections, while entries are judged."""

AHEAD: Final = 2
"""Portions that wait for each process or thread, so that none is idle while an answer is read."""

Found = tuple[str, str, str]
"""A finding about one entry: the name of the check, where, what."""


End = tuple[int, bytes | None]
"""A stream before an entry, as `Head` has it: how many statements, and the leaf hash of the last."""


class Stated(NamedTuple):
    """What the audit compares of an entry that could be read. A tuple, as `Judged`: they come by the hundred thousand
    from other processes, and pickling anything else costs a tenth of judging it."""

    id: StatementId
    origin: str
    type: str
    subjects: tuple[SubjectId, ...]
    prev: tuple[End, ...]
    register: End
    recorded_at: datetime
    filed: tuple[str, ...]
    introduced: tuple[SubjectId, ...]


class Judged(NamedTuple):
    """One entry: its leaf hash, what it says (None if it cannot be read), and what was found."""

    leaf: bytes
    stated: Stated | None
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Portion:
    """Consecutive entries, and the registers they left behind: each with the size of the log from which it holds."""

    judged: tuple[Judged, ...]
    registers: tuple[tuple[int, Register], ...]
    register: Register | None
    """After the last of them; None while no entry could be read."""


def judge_entries(entries: Sequence[bytes], first: int, register: Register | None) -> Portion:
    """The entries from index `first` on, judged by `register`, the fold of those before."""
    judged = []
    registers = []
    # All are read, then all are judged: threads that change places at every entry cost half as much again on some machines.
    read = [_read(raw) for raw in entries]
    for index, raw, one in zip(count(first), entries, read, strict=False):
        leaf = leaf_hash(raw)
        if isinstance(one, Malformed):
            judged.append(Judged(leaf, None, (("entries", f"entry{one.where}", str(one)),)))
            continue
        entry, statement = one
        if register is None:
            register = Register.empty(statement.ledger.origin)
        act = statement.act(index, entry.recorded_at) if statement.subjects == _ABOUT_REGISTER else None
        found = _judge(entry, statement, act, register)
        if act is not None and not found:
            register = register.apply(act)
            registers.append((index + 1, register))
        prev = tuple([(head.count, head.head) for head in entry.prev])
        if len(prev) != len(statement.subjects):
            found = (("entries", "entry/prev", "not one head for each subject"), *found)
        judged.append(Judged(leaf, _stated(entry, statement, prev), found))
    return Portion(tuple(judged), tuple(registers), register)


def _read(raw: bytes) -> tuple[Entry, Statement] | Malformed:
    try:
        entry = parse_entry(raw)
        return entry, parse_statement(entry.envelope.payload)
    except Malformed as error:
        return error


def _stated(entry: Entry, statement: Statement, prev: tuple[End, ...]) -> Stated:
    head = entry.register
    return Stated(
        statement.id,
        statement.ledger.origin,
        statement.type,
        statement.subjects,
        prev,
        (head.count, head.head),
        entry.recorded_at,
        filed_under(statement),
        introduced_by(statement),
    )


def _judge(entry: Entry, statement: Statement, act: Act | None, register: Register) -> tuple[Found, ...]:
    """Checks 4 and 5 of one entry. `act`: what it does to the register, if anything, when nothing is found."""
    try:
        kids = verify(entry.envelope, statement, register).kids
    except Malformed as error:
        return (("signatures", f"entry{error.where}", error.why),)
    except Refused as refused:
        return tuple(("signatures", f"entry{objection.where}", objection.words) for objection in refused.objections)
    objections = judge_signers(register, statement) if act is None else judge_register_act(register, act, kids)
    return tuple([("register", f"entry{objection.where}", objection.words) for objection in objections])


@dataclass(slots=True)
class _Handed(Generic[T]):
    """A portion on its way: what the caller knows it by, its entries, and the answer if another process works on it."""

    label: T
    entries: Sequence[bytes]
    first: int
    answer: Future[Portion] | None


class Judges:
    """Judges portions of one log in order, in `processes` processes beside this one; where there are none, in `threads`
    threads; where there are none either, in the one that asks. Close it."""

    def __init__(self, processes: int, threads: int = 0) -> None:
        self._ahead = AHEAD * (processes or threads)
        self._pool: Executor | None = None
        self._apart = processes > 0
        if processes:
            # Forked from a process that is started for it: to fork this one, with threads or open databases, is not safe, and to
            # start each anew costs as much as judging two thousand entries.
            context = get_context("forkserver")
            context.set_forkserver_preload([__name__])
            self._pool = ProcessPoolExecutor(processes, context, gc.set_threshold, COLLECTED_EVERY)
        elif threads:
            self._pool = ThreadPoolExecutor(threads, "judge")
        self._register: Register | None = None
        self._pickled = b""

    def close(self) -> None:
        """Ends processes and threads; portions that wait are not judged any more."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def judge(self, portions: Iterable[tuple[T, Sequence[bytes]]]) -> Iterator[tuple[T, Portion]]:
        """Each portion, under what the caller knows it by, with its answer."""
        waiting: deque[_Handed[T]] = deque()
        first = 0
        for label, entries in portions:
            waiting.append(_Handed(label, entries, first, self._hand_out(entries, first)))
            first += len(entries)
            if len(waiting) > self._ahead:
                yield self._next(waiting)
        while waiting:
            yield self._next(waiting)

    def _next(self, waiting: deque[_Handed[T]]) -> tuple[T, Portion]:
        handed = waiting.popleft()
        portion = self._answer(handed)
        if portion.register is not self._register:  # what was handed out is judged by what no longer holds
            self._register = portion.register
            if self._apart:
                self._pickled = b"" if portion.register is None else pickle.dumps(_plain(portion.register), -1)
            for later in waiting:
                # Not in other processes: the pool's own thread fails on what is cancelled when a process dies (Python 3.11).
                if later.answer is not None and not self._apart:
                    later.answer.cancel()
                later.answer = self._hand_out(later.entries, later.first)
        return handed.label, portion

    def _hand_out(self, entries: Sequence[bytes], first: int) -> Future[Portion] | None:
        if self._pool is None or self._register is None:
            return None
        if not self._apart:
            return self._pool.submit(judge_entries, entries, first, self._register)
        try:
            return self._pool.submit(_judge_apart, entries, first, self._pickled)
        except BrokenProcessPool:
            return None

    def _answer(self, handed: _Handed[T]) -> Portion:
        if handed.answer is not None:
            try:
                portion = handed.answer.result()
            except BrokenProcessPool:
                pass  # judged here
            else:
                return portion if portion.registers else replace(portion, register=self._register)
        return judge_entries(handed.entries, handed.first, self._register)


def _judge_apart(entries: Sequence[bytes], first: int, pickled: bytes) -> Portion:
    """`judge_entries` in a process of its own; the register left out where the caller has it."""
    portion = judge_entries(entries, first, _unpickled(pickled))
    registers = tuple((size, _plain(held)) for size, held in portion.registers)
    return Portion(portion.judged, registers, registers[-1][1] if registers else None)


def _plain(register: Register) -> Register:
    """The same register; a mapping proxy cannot be pickled."""
    return replace(register, keys=dict(register.keys))


@lru_cache(maxsize=2)
def _unpickled(pickled: bytes) -> Register:
    register: Register = pickle.loads(pickled)  # from the process that started this one
    return register
