"""A shelf in memory, the simplest there can be: what a record that does not hold everything is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from domain.acts import Act
from domain.filing import filed_under, introduced_by
from domain.identifiers import StatementId, SubjectId
from domain.record import Record
from domain.shelf import Place


class ListShelf:
    """Acts in a list, looked through from the front each time. `asked` counts."""

    def __init__(self, acts: list[Act]) -> None:
        self.all = acts
        self.asked = 0

    def _within(self, size: int) -> list[Act]:
        self.asked += 1
        return [act for act in self.all if act.position < size]

    def act(self, statement: StatementId, size: int) -> Act | None:
        return next((act for act in self._within(size) if act.id == statement), None)

    def streams(self, subjects: Sequence[SubjectId], size: int) -> Mapping[SubjectId, Sequence[Act]]:
        found = {subject: [act for act in self._within(size) if subject in act.subjects] for subject in subjects}
        return {subject: acts for subject, acts in found.items() if acts}

    def filed(self, names: Sequence[str], size: int) -> Mapping[str, Sequence[Act]]:
        found = {name: [act for act in self._within(size) if name in filed_under(act)] for name in names}
        return {name: acts for name, acts in found.items() if acts}

    def filed_through(self, name: str, size: int, start: int = 0) -> Iterator[Act]:
        return iter([act for act in self.filed([name], size).get(name, ()) if act.position >= start])

    def filed_like(self, prefix: str, part: str, size: int) -> Sequence[Act]:
        def fits(name: str) -> bool:
            return name.startswith(prefix) and part in name.removeprefix(prefix)

        return [act for act in self._within(size) if any(fits(name) for name in filed_under(act))]

    def acts(self, start: int, stop: int) -> Iterator[Act]:
        return iter([act for act in self._within(stop) if act.position >= start])

    def subjects(self, size: int) -> Iterator[SubjectId]:
        return iter(dict.fromkeys(s for act in self._within(size) for s in introduced_by(act)))

    def introduction(self, subject: SubjectId, size: int) -> Place | None:
        return next((place for place, one in self._introductions(size) if one == subject), None)

    def introductions(self, kind: str, size: int, after: Place | None) -> Iterator[tuple[Place, SubjectId]]:
        for place, subject in self._introductions(size):
            if subject.startswith(f"{kind}:") and (after is None or place > after):
                yield place, subject

    def _introductions(self, size: int) -> Iterator[tuple[Place, SubjectId]]:
        seen = set[SubjectId]()
        for act in self._within(size):
            for n, subject in enumerate(introduced_by(act)):
                if subject not in seen:
                    seen.add(subject)
                    yield (act.position, n), subject

    def size_at(self, moment: datetime, size: int) -> int:
        return sum(act.recorded_at <= moment for act in self._within(size))


def shelved(record: Record) -> Record:
    """The same acts on a shelf: none is held."""
    acts = list(record.walk())
    return Record(record.zones, record.forum_of, record.nesting, ListShelf(acts), len(acts))
