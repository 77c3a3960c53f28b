"""From a submission to an entry: parsed, verified, judged, given its place (DESIGN sections 1, 2 and 4).

Guarantees about whatever `Appending.take` accepts, in this order:

1. it parses, its signatures are valid and its signers' keys are in force at its position, for this ledger;
2. it is no repeat: a repeat is verified as well and answered with the entry that is there, or with its difference;
3. its codes are in the lists of the day, its `submit_by` has not passed;
4. where it demands the heads (`exact`), it has them; where it names a checkpoint (`seen`), our tree agrees;
5. neither the register nor the law objects to it, earlier statements of the same batch included;
6. its entry holds the true heads of its streams and of the register, and a time not before the entry before it.

It stores nothing and signs nothing: `ledger.application` does, in one transaction for the batch. What is refused
leaves no trace in the state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.acts import Act
from domain.admission import Judgement
from domain.effects import Authorise
from domain.errors import Malformed
from domain.filing import filed_under, introduced_by
from domain.identifiers import REGISTER, StatementId, SubjectId
from domain.objections import Objection, Refused
from domain.register import KEY_HOLDER_ROLE, ROOT_ROLE, Register, carried_keys, judge_register_act, judge_signers
from ledger.kept_state import KeptState
from ledger.log.merkle import leaf_hash
from ledger.statements.codes import check_codes
from ledger.statements.entry import EMPTY_STREAM, Entry, Head, format_entry, format_recorded_at, parse_entry
from ledger.statements.envelope import Envelope, VerifiedStatement, parse_envelope, verify
from ledger.statements.schema import parse_statement
from ledger.statements.statement import Seen, Statement
from ledger.statements.zones import tzdata_versions
from ledger.store.events import StatementRecorded, StreamHead

RootAt = Callable[[int], bytes]
"""The root of our tree at a size up to the present one."""
EntryAt = Callable[[int], bytes]
"""The bytes of the entry at an index."""


class SubmittedLate(Refused):
    """Its signers allowed it to be submitted until `submit_by` only."""

    def __init__(self, submit_by: datetime, now: datetime) -> None:
        words = f"the statement was to be submitted by {submit_by.isoformat()}; it is {now.isoformat()}"
        super().__init__((_impossible("submit-by.passed", words, "/submit_by", "have it signed anew"),))
        self.submit_by = submit_by
        self.now = now


class HeadStale(Refused):
    """It demands to follow the heads exactly, and the stream of `subject` has moved on to `head`."""

    def __init__(self, subject: SubjectId, head: StatementId | None, where: str) -> None:
        words = f"the last statement of {subject} is {head or 'none'}, not the one this statement follows"
        remedy = "read what was recorded since, then sign anew"
        super().__init__((_impossible("head.stale", words, where, remedy, head),))
        self.subject = subject
        self.head = head


class SeenInconsistent(Refused):
    """Its signers saw another tree than ours: one of the two logs shows a split view. The fields are the evidence."""

    def __init__(self, seen: Seen, size: int, root: bytes | None) -> None:
        ours = f"has the root {root.hex()} at that size" if root is not None else f"has {size} entries only"
        words = f"its signers saw a tree of {seen.size} entries with the root {seen.root.hex()}; this log {ours}"
        remedy = "keep the checkpoint that was seen: it is evidence; compare it with the witnesses'"
        super().__init__((_impossible("seen.inconsistent", words, "/seen", remedy),))
        self.seen = seen
        self.size = size
        self.root = root


class SignaturesDiffer(Refused):
    """The statement is recorded already, as entry `index`, with other signatures."""

    def __init__(self, statement: StatementId, index: int) -> None:
        words = f"the statement is recorded as entry {index} with other signatures"
        remedy = "nothing is to be done: it is recorded; ask for the receipt of that entry"
        super().__init__((_impossible("repeat.signatures-differ", words, "/signatures", remedy, statement),))
        self.statement = statement
        self.index = index


def _impossible(
    rule: str, words: str, where: str, remedy: str, statement: StatementId | None = None, state: str = "the log"
) -> Objection:
    return Objection("impossible", rule, statement, state, words, where, remedy)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A submission that was parsed and, as far as `register` allowed, verified: work that needs no lock.

    `verified` is None where that register refused it; another may be in force when its turn comes.
    """

    envelope: Envelope
    statement: Statement
    register: Register
    verified: VerifiedStatement | None

    def verified_by(self, register: Register) -> VerifiedStatement:
        """Verified by the register in force at its position. Raises Malformed, Refused."""
        if self.verified is not None and self.register is register:
            return self.verified
        return verify(self.envelope, self.statement, register)


def prepare(raw: bytes, register: Register) -> Prepared:
    """Parses a submission and checks its signatures. Raises Malformed for bytes that no register could accept."""
    envelope = parse_envelope(raw)
    statement = parse_statement(envelope.payload)
    try:
        verified = verify(envelope, statement, register)
    except Refused:
        verified = None
    return Prepared(envelope, statement, register, verified)


def judge(state: KeptState, act: Act, kids: tuple[str, ...]) -> Judgement:
    """What speaks against an act that would be the next entry, signed by these keys: the register's objections first."""
    by_register = _by_register(state, act, kids)
    judgement = state.admission.judge(act)
    return Judgement((*by_register, *judgement.objections), judgement.gaps) if by_register else judgement


def admit(state: KeptState, act: Act, kids: tuple[str, ...]) -> None:
    """The same, and an act to which nobody objects is on the record afterwards. Raises Refused, and then it is not."""
    if _by_register(state, act, kids):
        raise Refused(judge(state, act, kids).objections)
    judgement = state.admission.admit(act)
    if not judgement.accepted:
        raise Refused(judgement.objections)


def _by_register(state: KeptState, act: Act, kids: tuple[str, ...]) -> tuple[Objection, ...]:
    return (
        *judge_register_act(state.register, act, kids),
        *judge_signers(state.register, act),
        *_unknown_rules(act),
    )


def supposed_kids(register: Register, statement: Statement) -> tuple[str, ...]:
    """The keys that the signers would sign with, for a payload that nobody has signed yet; "" for one without a key."""
    carried = {party: name for name, (party, _, _) in carried_keys(statement.effects).items()}
    found = []
    for signer in statement.signers:
        own = [held.key.thumbprint for held in register.keys_of(signer.party)]
        if signer.role == ROOT_ROLE:
            own = [name for name in sorted(register.roots) if register.keys[name].party == signer.party]
        if signer.role == KEY_HOLDER_ROLE or (signer.role == ROOT_ROLE and register.genesis is None):
            own = [carried[signer.party]] if signer.party in carried else []
        found.append(own[0] if own else "")
    return tuple(found)


def _unknown_rules(act: Act) -> tuple[Objection, ...]:
    """Rules that this release could not judge by are not adopted by it."""
    found = []
    for n, effect in enumerate(act.effects):
        if isinstance(effect, Authorise) and effect.rules is not None:
            known = tzdata_versions()
            if effect.rules.tzdata not in known:
                words = f"this release does not ship tzdata {effect.rules.tzdata}"
                remedy = f"adopt one of {', '.join(known)}, or run a release that ships it"
                where = f"/effects/{n}/rules/tzdata"
                found.append(_impossible("rules.tzdata-unknown", words, where, remedy, state="the register"))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A statement with its place. `event` is None for a repeat of what is recorded already."""

    index: int
    statement: StatementId
    entry: bytes
    event: StatementRecorded | None


class Appending:
    """One batch under the write lock. `streams` are the heads of all subjects of the batch and of the register, `recorded` the
    indexes of those of its statements that are recorded already."""

    def __init__(
        self,
        state: KeptState,
        streams: Mapping[str, StreamHead],
        recorded: Mapping[str, int],
        recorded_at: datetime,
        root_at: RootAt,
        entry_at: EntryAt,
    ) -> None:
        self._state = state
        self._streams = dict(streams)
        self._recorded = dict(recorded)
        self._recorded_at = recorded_at
        self._spelled_at = format_recorded_at(recorded_at)
        self._root_at = root_at
        self._entry_at = entry_at
        self._size = state.size
        self._taken: dict[int, bytes] = {}
        self.events: list[StatementRecorded] = []

    def take(self, prepared: Prepared) -> Accepted:
        """The next entry of the batch. Raises Malformed or Refused, and then nothing has changed."""
        state, statement = self._state, prepared.statement
        recorded = self._recorded.get(statement.id)
        if recorded is not None:
            return self._repeated(prepared, recorded)
        verified = prepared.verified_by(state.register)
        act = statement.act(state.size, self._recorded_at)
        self._check(statement)
        # Its bytes first: once it is admitted, nothing may refuse it any more.
        raw = format_entry(self._entry(verified))
        admit(state, act, verified.kids)
        return self._accept(statement, act, raw)

    def _repeated(self, prepared: Prepared, index: int) -> Accepted:
        """The same statement again: with the same signatures it is answered, with others it is told where it is."""
        raw = self._taken.get(index) or self._entry_at(index)
        same = parse_entry(raw).envelope.signatures == prepared.envelope.signatures
        prepared.verified_by(self._state.register_for(index) if same else self._state.register)
        if not same:
            raise SignaturesDiffer(prepared.statement.id, index)
        return Accepted(index, prepared.statement.id, raw, None)

    def _check(self, statement: Statement) -> None:
        check_codes(statement, self._state.zones)
        if statement.submit_by is not None and self._recorded_at > statement.submit_by.at:
            raise SubmittedLate(statement.submit_by.at, self._recorded_at)
        if statement.exact:
            for n, (subject, seen) in enumerate(zip(statement.subjects, statement.follows, strict=True)):
                stream = self._streams.get(subject)
                head = StatementId(stream.statement_id) if stream is not None else None
                if head != seen:
                    raise HeadStale(subject, head, f"/follows/{n}")
        if statement.seen is not None:
            root = self._root_at(statement.seen.size) if statement.seen.size <= self._size else None
            if root != statement.seen.root:
                raise SeenInconsistent(statement.seen, self._size, root)

    def _entry(self, verified: VerifiedStatement) -> Entry:
        prev = tuple(self._head(subject) for subject in verified.statement.subjects)
        return Entry(verified.envelope, prev, self._head(REGISTER), self._recorded_at)

    def _head(self, subject: str) -> Head:
        stream = self._streams.get(subject)
        return EMPTY_STREAM if stream is None else Head(stream.count, stream.leaf_hash)

    def _accept(self, statement: Statement, act: Act, raw: bytes) -> Accepted:
        leaf = leaf_hash(raw)
        for subject in statement.subjects:
            count = self._head(subject).count + 1
            self._streams[subject] = StreamHead(count, leaf, statement.id, act.position + 1)
        event = StatementRecorded(
            originator_id=statement.subjects[0],
            originator_version=self._streams[statement.subjects[0]].count,
            topic=statement.type,
            entry=raw,
            statement_id=statement.id,
            leaf_hash=leaf,
            subjects=statement.subjects,
            recorded_at=self._spelled_at,
            filed=filed_under(act),
            introduced=introduced_by(act),
        )
        self._state.admitted(act, leaf)
        self._taken[act.position] = raw
        self._recorded[statement.id] = act.position
        self.events.append(event)
        return Accepted(act.position, statement.id, raw, event)


Refusal = Malformed | Refused
"""Why one submission of a batch was not recorded."""
