"""A statement: what its signed bytes say, with every member as a value (DESIGN section 2, "Statement").

Guarantees that the payload is kept byte for byte beside its meaning, and that `act` gives the law what it may read
and nothing else: evidence, commitments to sealed text and `submit_by` stay here. Only `schema.parse_statement` makes
statements.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from sys import intern
from typing import Final, NamedTuple

from domain.acts import Act, Basis, Despite, Notice, Signer
from domain.effects import Effect
from domain.identifiers import PartyId, StatementId, SubjectId
from domain.periods import Effective, Instant

STATEMENT_BYTES_MAX: Final = 24_576
SIGNERS_MAX: Final = 8


def statement_id(payload: bytes) -> StatementId:
    """`sha256:` and the hash of the payload bytes."""
    return StatementId(intern("sha256:" + hashlib.sha256(payload).hexdigest()))


@dataclass(frozen=True, slots=True)
class LedgerName:
    """Which ledger a statement is for: its C2SP origin, and the id of its entry 0 (None in entry 0 itself)."""

    origin: str
    genesis: StatementId | None


@dataclass(frozen=True, slots=True)
class Document:
    """A document outside the log, by two hashes (lower-case hex). `size` in bytes."""

    title: str
    media_type: str
    size: int
    sha256: str
    sha512: str


@dataclass(frozen=True, slots=True)
class CommittedDocument:
    """A document outside the log, by salted commitment (hex), so that its hash cannot be guessed."""

    title: str
    media_type: str
    size: int
    commit: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A confidential value: `commit` = SHA-256 (hex) of the canonical `[salt, name, value]`."""

    name: str
    commit: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint the signers saw: tree size and root hash."""

    size: int
    root: bytes


class Statement(NamedTuple):
    """One signed instrument. References inside `effects` are absolute; `payload` is what was signed and `id` its
    hash. A tuple, because so many are read and setting nineteen frozen members costs more than reading them."""

    payload: bytes
    id: StatementId
    ledger: LedgerName
    type: str
    subjects: tuple[SubjectId, ...]
    follows: tuple[StatementId | None, ...]
    actor: PartyId
    signers: tuple[Signer, ...]
    basis: Basis
    effects: tuple[Effect, ...]
    exact: bool = False
    effective: Effective | None = None
    notice: tuple[Notice, ...] = ()
    despite: tuple[Despite, ...] = ()
    records: StatementId | None = None
    evidence: tuple[Document | CommittedDocument, ...] = ()
    sealed: tuple[Sealed, ...] = ()
    seen: Seen | None = None
    submit_by: Instant | None = None

    def act(self, position: int, recorded_at: datetime) -> Act:
        """What the law reads, once the statement stands in the log as entry `position`."""
        return Act(
            id=self.id,
            position=position,
            recorded_at=recorded_at,
            type=self.type,
            subjects=self.subjects,
            follows=self.follows,
            actor=self.actor,
            signers=self.signers,
            basis=self.basis,
            effects=self.effects,
            effective=self.effective,
            notice=self.notice,
            despite=self.despite,
            records=self.records,
            sealed=tuple([sealed.name for sealed in self.sealed]),
        )
