"""An act as recorded: what a signed statement means, where and when it entered the record. Data only.

`Act` is what the law reads. Evidence, sealed commitments and signatures stay with the statement; an act keeps only what the
history function may depend on, and what every answer shows (who says so, on what basis).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Literal

from domain.effects import Effect
from domain.identifiers import EffectRef, PartyId, StatementId, SubjectId
from domain.periods import Effective, When


class Strength(IntEnum):
    """How strong a record of an act is (DESIGN section 3, rule 10)."""

    TRANSCRIBER = 1
    REGISTRAR = 2
    AUTHOR = 3


CAPACITIES = {"author": Strength.AUTHOR, "registrar": Strength.REGISTRAR, "transcriber": Strength.TRANSCRIBER}


@dataclass(frozen=True, slots=True)
class Source:
    """What a transcriber read, and on which day."""

    title: str
    accessed: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, in which role of the instrument, in which capacity towards the record."""

    party: PartyId
    role: str
    capacity: Literal["author", "registrar", "transcriber"]
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """When and how the act became known, to the `public` or to one party."""

    to: Literal["public"] | PartyId
    at: When
    how: str
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """The instrument an act rests on."""

    kind: str
    title: str
    number: str | None = None
    ecli: str | None = None
    eli: str | None = None
    gazette: str | None = None
    legal_basis: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Despite:
    """An objection the signers know of: its rule, and the statement it met (None where it met the register or no statement)."""

    rule: str
    statement: StatementId | None


_Kinds = frozenset[type]


@lru_cache(maxsize=1_024)
def _kinds(effects: tuple[type, ...]) -> _Kinds:
    """One set for all acts alike: most are of a few patterns."""
    return frozenset(effects)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Act:
    """A recorded act. `position` is its index in the log; `follows` the last statement of each subject its signers had seen."""

    id: StatementId
    position: int
    recorded_at: datetime
    type: str
    subjects: tuple[SubjectId, ...]
    follows: tuple[StatementId | None, ...]
    actor: PartyId
    signers: tuple[Signer, ...]
    basis: Basis
    effects: tuple[Effect, ...]
    effective: Effective | None = None
    notice: tuple[Notice, ...] = ()
    despite: tuple[Despite, ...] = ()
    records: StatementId | None = None
    sealed: tuple[str, ...] = ()
    strength: Strength = field(init=False, repr=False, compare=False)
    """The strongest capacity among the signers."""
    kinds: _Kinds = field(init=False, repr=False, compare=False)
    """The kinds of effect among its effects."""
    _refs: tuple[tuple[EffectRef, Effect], ...] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_refs", None)
        object.__setattr__(self, "kinds", _kinds(tuple([effect.__class__ for effect in self.effects])))
        strengths = [CAPACITIES[signer.capacity] for signer in self.signers]
        object.__setattr__(self, "strength", max(strengths, default=Strength.TRANSCRIBER))

    def effect(self, ref: EffectRef) -> Effect:
        """The effect `ref` names; n counts from 1. Raises IndexError when there is none."""
        if not 1 <= ref.n <= len(self.effects):
            raise IndexError(f"statement {self.id} has no effect #{ref.n}")
        return self.effects[ref.n - 1]

    def refs(self) -> tuple[tuple[EffectRef, Effect], ...]:
        """Each effect with its reference."""
        if self._refs is None:  # made when the act is put on a record: who only checks signatures never asks
            numbered = tuple([(EffectRef(self.id, n), effect) for n, effect in enumerate(self.effects, 1)])
            object.__setattr__(self, "_refs", numbered)
            return numbered
        return self._refs

    def effective_of(self, effect: Effect) -> Effective:
        """The effect's own dates, else the act's, else since before the record begins."""
        return effect.effective or self.effective or Effective()
