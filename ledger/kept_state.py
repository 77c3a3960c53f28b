"""What the log means at its end: register, record of acts, admission, tree — a function of the entries, never stored.

Guarantees that the state after `size` entries is a function of those entries alone, so that one which was kept and one
which is opened anew are equal; and that the register, the time zones and the legal orders an entry is judged by are those
in force at its position (DESIGN section 2, "Register"): adopting another tzdata rereads every date from then on,
nesting a forum drops what was folded without it. The register's chain and the leaf hashes are held whole; acts are read
when they are asked for (`ledger.shelf`), so that memory does not grow with the log.

It checks no signature and no `prev`: that the entries are the ones the log signed, whoever opens it compares by the root;
the audit checks the rest. One thread at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime

from domain.acts import Act
from domain.admission import Admission
from domain.effects import Authorise
from domain.identifiers import REGISTER, Forum, StatementId
from domain.periods import Zones
from domain.record import Record
from domain.register import Register
from ledger.errors import Malformed
from ledger.log.merkle import Frontier, leaf_hash
from ledger.shelf import EntryShelf, LeafHashes, LogCorrupt, act_of, known, remembered
from ledger.statements.entry import parse_entry
from ledger.statements.schema import parse_statement
from ledger.statements.statement import LedgerName, Statement, statement_id
from ledger.statements.zones import load_zones, tzdata_versions
from ledger.store.reader import EntryReader

Progress = Callable[[int, int], None]
"""Called with the entries done and the entries in all."""


def silent(done: int, total: int) -> None:
    """Reports progress to nobody."""


class KeptState:
    """The fold of the first `size` entries."""

    def __init__(self, origin: str, zones: Zones) -> None:
        """Before entry 0. `zones` are those that entry 0 adopts."""
        self.frontier = Frontier()
        self.recorded_at: datetime | None = None
        self.register = Register.empty(origin)
        self.zones = zones
        self._founding_zones = zones
        self._leaves = LeafHashes()
        self._registers: list[Register] = [self.register]
        self._in_force_from: list[int] = [0]
        self.record = Record(zones, self._forum_of, self._nesting)
        self.admission = Admission(self.record)

    @classmethod
    def before(cls, founding: Statement) -> KeptState:
        """The empty state in which a founding statement is judged: by the time zones it adopts itself."""
        adopted = [effect.rules for effect in founding.effects if isinstance(effect, Authorise) and effect.rules]
        shipped = adopted and adopted[-1].tzdata in tzdata_versions()
        return cls(founding.ledger.origin, load_zones(adopted[-1].tzdata) if shipped else {})

    @classmethod
    def opened(cls, entries: EntryReader, size: int, progress: Progress = silent) -> KeptState:
        """The state after the first `size` entries of a store, at least one. Raises LogCorrupt, StoreError."""
        leaves = LeafHashes()
        for done, leaf in enumerate(entries.leaf_hashes(0, size), 1):
            leaves.append(leaf)
            if done % 10_000 == 0 or done == size:
                progress(done, size)
        shelf = EntryShelf(entries, leaves)
        try:
            state = cls.before(parse_statement(parse_entry(next(entries.entries(0, 1))).envelope.payload))
        except Malformed as error:
            raise LogCorrupt(f"the founding entry cannot be read: {error}", 0) from error
        state._leaves = leaves
        state.frontier = leaves.frontier()
        for act in shelf.streams([REGISTER], size)[REGISTER]:
            state._registered(act)
        if state.register.adopted:
            state.zones = load_zones(state.register.rules.tzdata)
        state.recorded_at = next(shelf.acts(size - 1, size)).recorded_at
        state.record = Record(state.zones, state._forum_of, state._nesting, shelf, size)
        state.admission = Admission(state.record)
        return state

    @property
    def size(self) -> int:
        return self.frontier.size

    @property
    def name(self) -> LedgerName:
        return LedgerName(self.register.origin, self.register.genesis)

    def register_for(self, index: int) -> Register:
        """The register that entry `index` is judged by: the fold of the entries before it."""
        return self._registers[bisect_right(self._in_force_from, index) - 1]

    def index_of(self, statement: StatementId) -> int | None:
        """The index of the entry that records a statement."""
        act = self.record.find(statement)
        return None if act is None else act.position

    def size_at(self, moment: datetime) -> int:
        """How many entries were recorded up to and including a moment."""
        return self.record.size_at(moment)

    def replay(self, raw: bytes) -> None:
        """Takes in the entry that stands next in the log. Raises LogCorrupt; then the state is to be dropped."""
        try:
            entry = parse_entry(raw)
            found = known(statement_id(entry.envelope.payload), self.size, entry.recorded_at)
            act = found if found is not None else act_of(entry, self.size)
        except Malformed as error:
            raise LogCorrupt(f"it cannot be read: {error}", self.size) from error
        before = self.index_of(act.id)
        if before is not None:
            raise LogCorrupt(f"it records again what entry {before} records", self.size)
        self.add(act, leaf_hash(raw))

    def add(self, act: Act, leaf: bytes) -> None:
        """Takes in an act that was judged, recorded as the next entry with this leaf hash."""
        self.admission.add(act)
        self.admitted(act, leaf)

    def admitted(self, act: Act, leaf: bytes) -> None:
        """The same of an act that `admission.admit` has put on the record already."""
        assert act.position == self.size, "entries are taken in order"
        assert self.record.count == self.size + 1, "it is on the record"
        remembered(act)
        before = self.register
        self.frontier = self.frontier.append(leaf)
        self._leaves.append(leaf)
        self.recorded_at = act.recorded_at
        if not self._registered(act):
            return
        zones = load_zones(self.register.rules.tzdata) if self.register.adopted else self.zones
        if zones is not self.zones:
            self.zones = zones
            self.record = self.record.read_by(zones, self._nesting)
            self.admission = Admission(self.record)
        elif self.register.nestings != before.nestings:
            self.admission = Admission(self.record)

    def settle(self) -> None:
        """Between batches, and between questions: everything taken in is durable, and what is held beyond measure is let go of."""
        self.record.settle()

    def record_at(self, size: int) -> Record:
        """A record that answers as the ledger of `size` entries did, once its view is limited to that size."""
        register = self.register_for(size)
        if register.nestings == self.register.nestings and register.rules.tzdata == self.register.rules.tzdata:
            return self.record
        zones = load_zones(register.rules.tzdata)

        def nesting(forum: Forum, at: datetime) -> frozenset[Forum]:
            return register.outer_forums(forum, at, zones)

        return self.record.read_by(zones, nesting).cut(size)

    def _registered(self, act: Act) -> bool:
        """Whether an act changes the register, which it does for the entries after it."""
        after = self.register.apply(act)
        if after is self.register:
            return False
        self.register = after
        self._registers.append(after)
        self._in_force_from.append(act.position + 1)
        return True

    def _forum_of(self, act: Act) -> Forum | None:
        """The legal order the actor speaks for, by the register at the act's position."""
        register = self.register_for(act.position)
        grants = [grant.competence for grant in register.grants if grant.competence.party == act.actor]
        if not any(granted.forum is not None for granted in grants):
            return None  # as for most acts: their dates, which admission has looked at, need not be read for that
        return register.actor_forum(
            act, load_zones(register.rules.tzdata) if register.adopted else self._founding_zones
        )

    def _nesting(self, forum: Forum, at: datetime) -> frozenset[Forum]:
        return self.register.outer_forums(forum, at, self.zones)
