"""Search: which assets and parties bear, or ever bore, a name or an identifier.

Guarantees that a search sees past names as well as present ones, that its result at a pinned tree size is the same for ever,
and that its order is the order in which subjects were first registered, so that a cursor stays valid while the log grows.
Names compare without regard to case and Unicode compatibility forms; identifiers without regard to case and blanks.

A scan in memory: some milliseconds at 100,000 names. Whether a name is in force is said by the answer, not here.
"""

from __future__ import annotations

import threading
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from domain.effects import Exist
from domain.identifiers import SubjectId
from domain.record import Record


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subject first appears: the log index, and which of the subjects of that statement it is."""

    index: int
    n: int


class SubjectIndex:
    """Names and identifiers of a record that only grows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read = 0
        self._first: dict[SubjectId, Place] = {}
        self._ordered: list[tuple[Place, SubjectId]] = []
        self._words: dict[SubjectId, list[tuple[int, str, str]]] = {}

    def find(
        self, record: Record, kind: str, size: int, after: Place | None, name: str | None, identifier: str | None
    ) -> Iterator[tuple[Place, SubjectId]]:
        """Subjects of a kind registered before `size` and after the place, that match both where both are given."""
        with self._lock:
            self._follow(record)
        wanted_name = folded(name) if name is not None else None
        wanted_identifier = squeezed(identifier) if identifier is not None else None
        start = 0 if after is None else bisect_right(self._ordered, (after.index, after.n), key=_key)
        for n in range(start, len(self._ordered)):
            place, subject = self._ordered[n]
            if place.index >= size:
                return
            if not subject.startswith(kind + ":"):
                continue
            words = self._words.get(subject, ())
            if wanted_name is not None and not any(
                index < size and what == "name" and wanted_name in value for index, what, value in words
            ):
                continue
            if wanted_identifier is not None and not any(
                index < size and what == "identifier" and value == wanted_identifier for index, what, value in words
            ):
                continue
            yield place, subject

    def known(self, record: Record, subject: SubjectId, size: int) -> bool:
        """Whether a statement recorded before `size` is about the subject, or names it as holder."""
        stream = record.stream(subject)
        if stream and stream[0].position < size:
            return True
        about = record.about(subject)
        if about and record.act(about[0][0].statement).position < size:
            return True
        with self._lock:
            self._follow(record)
        first = self._first.get(subject)
        return first is not None and first.index < size

    def _follow(self, record: Record) -> None:
        for act in record.walk(self._read):
            mentioned: list[SubjectId] = list(act.subjects)
            for effect in act.effects:
                if isinstance(effect, Exist):
                    mentioned.append(effect.subject)
                    words = self._words.setdefault(effect.subject, [])
                    if effect.name is not None:
                        words.append((act.position, "name", folded(effect.name)))
                    words += [(act.position, "identifier", squeezed(item.value)) for item in effect.identifiers]
            mentioned += [signer.party for signer in act.signers] + [act.actor]
            for n, subject in enumerate(dict.fromkeys(mentioned)):
                if subject not in self._first:
                    place = Place(act.position, n)
                    self._first[subject] = place
                    self._ordered.append((place, subject))
        self._read = record.end


def _key(item: tuple[Place, SubjectId]) -> tuple[int, int]:
    return item[0].index, item[0].n


def folded(name: str) -> str:
    """A name for comparison."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def squeezed(identifier: str) -> str:
    """An identifier for comparison."""
    return "".join(identifier.split()).casefold()
