"""What the log means at its end: register, record of acts, admission, tree — folded from the entries, never stored.

Guarantees that the state after `size` entries is a function of those entries alone, so that one which was kept and one
which is rebuilt are equal; and that the register, the time zones and the legal orders an entry is judged by are those
in force at its position (DESIGN section 2, "Register"): adopting another tzdata rereads every date from then on,
nesting a forum drops what was folded without it.

It checks no signature and no `prev`: that the entries are the ones the log signed, whoever hands them in compares by
the root; the audit checks the rest. One thread at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import datetime
from weakref import WeakValueDictionary

from domain.acts import Act
from domain.admission import Admission
from domain.effects import Authorise
from domain.identifiers import Forum, StatementId
from domain.periods import Zones
from domain.record import Nesting, Record
from domain.register import Register
from ledger.errors import LedgerError, Malformed
from ledger.log.merkle import Frontier, leaf_hash
from ledger.statements.entry import parse_entry
from ledger.statements.schema import parse_statement
from ledger.statements.statement import LedgerName, Statement, statement_id
from ledger.statements.zones import load_zones, tzdata_versions

Progress = Callable[[int, int], None]
"""Called with the entries done and the entries in all."""


def silent(done: int, total: int) -> None:
    """Reports progress to nobody."""


_READ: WeakValueDictionary[StatementId, Act] = WeakValueDictionary()
"""Acts that some state of this process holds. A writer and its reader keep one copy of what both have on record, and what one
has parsed the other does not parse again: a statement's id is the hash of its bytes."""


def _known(statement: StatementId, position: int, recorded_at: datetime) -> Act | None:
    """The act that a state of this process holds of that statement, recorded there and then."""
    act = _READ.get(statement)
    return act if act is not None and (act.position, act.recorded_at) == (position, recorded_at) else None


class LogCorrupt(LedgerError):
    """The entries are not those the log committed to, or no entries at all. `index` names the first, where known."""

    def __init__(self, why: str, index: int | None = None) -> None:
        place = "the log" if index is None else f"entry {index}"
        super().__init__(f"{place} is damaged: {why}. Stop appending, run the audit, restore from a backup.")
        self.why = why
        self.index = index


class KeptState:
    """The fold of the first `size` entries."""

    def __init__(self, origin: str, zones: Zones) -> None:
        """Before entry 0. `zones` are those that entry 0 adopts."""
        self.frontier = Frontier()
        self.recorded_at: datetime | None = None
        self.register = Register.empty(origin)
        self.zones = zones
        self._founding_zones = zones
        self.record = Record(zones, self._forum_of, self._nesting)
        self.admission = Admission(self.record)
        self._registers: list[Register] = [self.register]
        self._in_force_from: list[int] = [0]

    @classmethod
    def before(cls, founding: Statement) -> KeptState:
        """The empty state in which a founding statement is judged: by the time zones it adopts itself."""
        adopted = [effect.rules for effect in founding.effects if isinstance(effect, Authorise) and effect.rules]
        shipped = adopted and adopted[-1].tzdata in tzdata_versions()
        return cls(founding.ledger.origin, load_zones(adopted[-1].tzdata) if shipped else {})

    @classmethod
    def of(cls, entries: Iterable[bytes], total: int, progress: Progress = silent) -> KeptState | None:
        """The state after these entries; None when there are none. Raises LogCorrupt."""
        state: KeptState | None = None
        for done, raw in enumerate(entries, 1):
            if state is None:
                try:
                    state = cls.before(parse_statement(parse_entry(raw).envelope.payload))
                except Malformed as error:
                    raise LogCorrupt(f"the founding entry cannot be read: {error}", 0) from error
            state.replay(raw)
            progress(done, total)
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
            payload = entry.envelope.payload
            act = _known(statement_id(payload), self.size, entry.recorded_at)
            if act is None:
                act = parse_statement(payload).act(self.size, entry.recorded_at)
        except Malformed as error:
            raise LogCorrupt(f"it cannot be read: {error}", self.size) from error
        if self.record.find(act.id) is not None:
            raise LogCorrupt(f"it records again what entry {self.index_of(act.id)} records", self.size)
        self.add(act, leaf_hash(raw))

    def add(self, act: Act, leaf: bytes) -> None:
        """Takes in an act that was judged, recorded as the next entry with this leaf hash."""
        self.admission.add(act)
        self.admitted(act, leaf)

    def admitted(self, act: Act, leaf: bytes) -> None:
        """The same of an act that `admission.admit` has put on the record already."""
        assert act.position == self.size, "entries are taken in order"
        assert self.record.count == self.size + 1, "it is on the record"
        _READ[act.id] = act
        before = self.register
        self.frontier = self.frontier.append(leaf)
        self.recorded_at = act.recorded_at
        self.register = before.apply(act)
        if self.register is before:
            return
        self._registers.append(self.register)
        self._in_force_from.append(self.size)
        zones = load_zones(self.register.rules.tzdata) if self.register.adopted else self.zones
        if zones is not self.zones:
            self._reread(zones)
        elif self.register.nestings != before.nestings:
            self.admission = Admission(self.record)

    def record_at(self, size: int) -> Record:
        """A record that answers as the ledger of `size` entries did, once its view is limited to that size."""
        register = self.register_for(size)
        if register.nestings == self.register.nestings and register.rules.tzdata == self.register.rules.tzdata:
            return self.record
        zones = load_zones(register.rules.tzdata)

        def nesting(forum: Forum, at: datetime) -> frozenset[Forum]:
            return register.outer_forums(forum, at, zones)

        return self._record(zones, nesting, size)

    def _reread(self, zones: Zones) -> None:
        self.zones = zones
        self.record = self._record(zones, self._nesting, self.size)
        self.admission = Admission(self.record)

    def _record(self, zones: Zones, nesting: Nesting, size: int) -> Record:
        """The first `size` acts, read with these zones and legal orders."""
        record = Record(zones, self._forum_of, nesting)
        for act in self.record.acts[:size]:
            record.add(act)
        return record

    def _forum_of(self, act: Act) -> Forum | None:
        """The legal order the actor speaks for, by the register at the act's position."""
        register = self.register_for(act.position)
        return register.actor_forum(
            act, load_zones(register.rules.tzdata) if register.adopted else self._founding_zones
        )

    def _nesting(self, forum: Forum, at: datetime) -> frozenset[Forum]:
        return self.register.outer_forums(forum, at, self.zones)
