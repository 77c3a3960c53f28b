"""Readings: the options taken where a record leaves a choice.

A choice is a date known to the month, an unstated reach, or sources of equal strength. Guarantees that every choice met is noted,
so that `history` can fold each reading and call uncertain what differs; a reading itself decides nothing but which option is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.identifiers import StatementId


@dataclass(frozen=True, slots=True)
class Choice:
    """A point on which the record leaves `options` readings open: the statement that leaves it open, and why."""

    key: str
    options: int
    statement: StatementId
    why: str


@dataclass(slots=True)
class Reading:
    """The option taken at each choice (0 where none is named), and every choice met on the way."""

    taken: Mapping[str, int] = field(default_factory=dict)
    met: dict[str, Choice] = field(default_factory=dict)

    def pick(self, key: str, options: int, statement: StatementId, why: str) -> int:
        """The option to take at a choice; the choice is noted."""
        if key not in self.met:
            self.met[key] = Choice(key, options, statement, why)
        return min(self.taken.get(key, 0), options - 1)
