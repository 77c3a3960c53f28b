"""Drafts on their way to the ledger: compiled, judged as if the earlier ones were recorded, and signed from a keyring.

Guarantees that the payload of a draft is a function of its file and of the ledger's name: `follows` comes from the order of the
file, never from what happens to be recorded (one that is signed alone follows the heads instead). Nothing is stored here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from domain.acts import Act, Signer
from domain.admission import Admission
from domain.answers_names import ever_bearers
from domain.comparison import supposing
from domain.identifiers import PartyId, StatementId, SubjectId
from domain.lots import Gap
from domain.objections import Objection
from domain.periods import Effective
from domain.record import Record
from domain.register import KEY_HOLDER_ROLE, ROOT_ROLE, Register, judge_register_act, judge_signers
from ledger.errors import Malformed
from ledger.statements.codes import check_codes
from ledger.statements.draft import CompiledDraft, DraftCompiler
from ledger.statements.envelope import Envelope, sign
from ledger.statements.keyring import Keyring, SoftwareKey
from ledger.statements.statement import Statement

if TYPE_CHECKING:
    from ledger.reading import LedgerReader


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft and what would be said of it, the acceptable drafts before it being recorded. `recorded`: its index if it is on
    record."""

    draft: CompiledDraft
    act: Act
    objections: tuple[Objection, ...]
    gaps: tuple[Gap, ...]
    recorded: int | None


def compiler(reader: LedgerReader, seeing: bool) -> DraftCompiler:
    """A compiler of drafts for this ledger. `seeing`: statements follow the heads as they are now, else only their own file."""

    def resolve(name: str, when: Effective | None) -> Sequence[SubjectId]:
        with reader.reading() as record:
            return ever_bearers(record, name)

    def subjects_of(statement: StatementId) -> Sequence[SubjectId]:
        with reader.reading() as record:
            act = record.find(statement)
        return act.subjects if act is not None else ()

    return DraftCompiler(reader.name, resolve, reader.head_of if seeing else lambda subject: None, subjects_of)


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """What is wrong with a draft is said with its file before the line."""
    try:
        yield
    except Malformed as error:
        raise Malformed(f"{file}: {error.where}", error.why, error.rule) from error


def compiled(reader: LedgerReader, raw: bytes) -> tuple[CompiledDraft, ...]:
    """The statements of a file that is tried, not imported: as imported where part of it is on record, else following the heads."""
    as_imported = compiler(reader, seeing=False).compile(raw)
    with reader.reading() as record:
        if any(record.find(draft.statement.id) is not None for draft in as_imported):
            return as_imported
    return compiler(reader, seeing=True).compile(raw)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def judged(reader: LedgerReader, drafts: Sequence[CompiledDraft]) -> Iterator[tuple[Record, Register, list[Judged]]]:
    """Each draft judged in order, the earlier ones that are not refused supposed recorded; the record holds none of them while the
    block runs."""
    register = reader.register()
    size = reader.size
    with reader.reading() as record:
        found: list[Judged] = []
        acts: list[Act] = []
        for draft in drafts:
            recorded = record.find(draft.statement.id)
            if recorded is not None:
                found.append(Judged(draft, recorded, (), (), recorded.position))
                continue
            act = draft.statement.act(size + len(acts), _now())
            beside = _circumstances(reader, draft, alone=not acts)
            with supposing(record, tuple(acts)):
                result = _judge(record, register, draft, act, beside)
            found.append(result)
            if not result.objections:
                register = register.apply(act)
                acts.append(act)
        yield record, register, found


def _circumstances(reader: LedgerReader, draft: CompiledDraft, alone: bool) -> tuple[Objection, ...]:
    """What speaks against it by the clock and the log: `submit_by`, `seen`, and `exact` where nothing is supposed before it."""
    statement = draft.statement
    if statement.submit_by is None and statement.seen is None and not statement.exact:
        return ()
    rules = {"submit-by.passed", "seen.inconsistent", *(("head.stale",) if alone else ())}
    return tuple(o for o in reader.check_payload(statement.payload).objections if o.rule in rules)


def _judge(record: Record, register: Register, draft: CompiledDraft, act: Act, beside: tuple[Objection, ...]) -> Judged:
    from ledger.appending import supposed_kids

    try:
        check_codes(draft.statement, record.zones)
    except Malformed as error:  # said of its line, as an import does, so that the other lines are judged too
        found = Objection("impossible", error.rule or "malformed", None, "", error.why, error.where, "")
        return Judged(draft, act, (found,), (), None)
    by_register = (
        *judge_register_act(register, act, supposed_kids(register, draft.statement)),
        *judge_signers(register, act),
    )
    judgement = Admission(record).judge(act)
    return Judged(draft, act, (*beside, *by_register, *judgement.objections), judgement.gaps, None)


def signed(statement: Statement, ring: Keyring, register: Register) -> Envelope:
    """The statement signed by a key of each of its signers. Raises KeyUnavailable naming the signer whose key is not there."""
    keys = [_key_of(signer, ring, register) for signer in statement.signers]
    return sign(statement.payload, keys, int(time.time()))


def _key_of(signer: Signer, ring: Keyring, register: Register) -> SoftwareKey:
    """The signer's key: a root key for a root, one not registered yet for a new key's holder, else one in force."""
    use = "root" if signer.role == ROOT_ROLE else "statement"
    own = [record for record in ring.records() if record.party == signer.party and record.use == use]
    if signer.role == KEY_HOLDER_ROLE:
        fresh = [record for record in own if register.key(record.public.thumbprint) is None]
        own = fresh or own
    else:
        in_force = [r for r in own if (held := register.key(r.public.thumbprint)) is not None and held.revoked is None]
        own = in_force or own
    if len(own) != 1:
        return ring.for_party(PartyId(signer.party), "root" if use == "root" else "statement")
    return ring.open(own[0].name)
