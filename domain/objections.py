"""An objection: the lawful answer "no" or "only knowingly", as a value; and a bar, the finding that one is made of (DESIGN
section 3, rule 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.acts import Despite
from domain.identifiers import EffectRef, StatementId

Kind = Literal["impossible", "irregular"]


@dataclass(frozen=True, slots=True)
class Objection:
    """`rule` names what speaks against the act, `statement` the recorded statement it meets, `state` what that statement made
    so, `words` says it to a lawyer, `where` points into the act (`effects/0`), `remedy` says what to do."""

    kind: Kind
    rule: str
    statement: StatementId | None
    state: str
    words: str
    where: str = ""
    remedy: str = ""

    @property
    def known_as(self) -> Despite:
        """The entry of `despite` that answers this objection."""
        return Despite(self.rule, self.statement)


@dataclass(frozen=True, slots=True)
class Bar:
    """A rule that a dealing meets, the measure it comes from, and what that measure says, in words."""

    rule: str
    ref: EffectRef
    words: str
    remedy: str


class Refused(Exception):
    """A statement is refused for lawful reasons: every objection found, at least one. An answer, not a fault."""

    def __init__(self, objections: tuple[Objection, ...]) -> None:
        super().__init__(objections)
        self.objections = objections

    def __str__(self) -> str:
        return "; ".join(f"{objection.words} [{objection.rule}]" for objection in self.objections)
