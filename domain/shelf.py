"""The shelf: acts that lie outside memory, and the questions a record asks of them.

A shelf answers as a record of the same acts held in memory would; `ledger` has one over a store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.acts import Act
from domain.identifiers import StatementId, SubjectId

Place = tuple[int, int]
"""The position of an act, and which of the subjects it mentions."""


class Shelf(Protocol):
    """Acts that lie outside memory: the first `size` acts of a log, in its order. Raises what its store raises."""

    def act(self, statement: StatementId, size: int) -> Act | None:
        """The act that a statement records."""
        ...

    def streams(self, subjects: Sequence[SubjectId], size: int) -> Mapping[SubjectId, Sequence[Act]]:
        """The acts that extend each of these subjects' streams; subjects without any are left out."""
        ...

    def filed(self, names: Sequence[str], size: int) -> Mapping[str, Sequence[Act]]:
        """The acts filed under each of these names (`filed_under`); names without any are left out."""
        ...

    def filed_through(self, name: str, size: int, start: int = 0) -> Iterator[Act]:
        """The acts filed under a name, from a position on, one after another: none is held."""
        ...

    def filed_like(self, prefix: str, part: str, size: int) -> Sequence[Act]:
        """The acts filed under any name that begins so and holds this after its beginning, each once."""
        ...

    def acts(self, start: int, stop: int) -> Iterator[Act]:
        """The acts at positions [start, stop), one after another: none is held."""
        ...

    def subjects(self, size: int) -> Iterator[SubjectId]:
        """Every subject that has a stream, the one first recorded first."""
        ...

    def introduction(self, subject: SubjectId, size: int) -> Place | None:
        """Where a subject or party is first mentioned (`introduced_by`)."""
        ...

    def introductions(self, kind: str, size: int, after: Place | None) -> Iterator[tuple[Place, SubjectId]]:
        """Subjects of a kind (asset, party …) in the order of their first mention, after that place."""
        ...

    def size_at(self, moment: datetime, size: int) -> int:
        """How many of the acts were recorded up to and including a moment."""
        ...
