"""Search: which assets and parties bear, or ever bore, a name or an identifier.

Guarantees that a search sees past names as well as present ones, that its result at a pinned tree size is the same for ever,
and that its order is the order in which subjects were first mentioned, so that a cursor stays valid while the log grows.
Names compare without regard to case and Unicode compatibility forms, identifiers without regard to case and blanks
(`domain.filing`); a long name is found by its first 200 characters. Whether a name is in force is said by the answer, not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.acts import Act
from domain.effects import Exist
from domain.filing import IDENTIFIED, NAME_CHARS, NAMED, folded, squeezed
from domain.identifiers import SubjectId
from domain.record import Record
from domain.shelf import Place


def find(
    record: Record, kind: str, after: Place | None, name: str | None, identifier: str | None
) -> Iterator[tuple[Place, SubjectId]]:
    """Subjects of a kind mentioned after the place, that match both where both are given."""
    if name is None and identifier is None:
        yield from record.introductions(kind, after)
        return
    matching: set[SubjectId] | None = None
    if name is not None:
        part = folded(name)[:NAME_CHARS]
        matching = {
            effect.subject
            for effect in _existing(record.filed_like(NAMED, part))
            if effect.name is not None and part in folded(effect.name)
        }
    if identifier is not None:
        wanted = squeezed(identifier)
        bearers = {
            effect.subject
            for effect in _existing(record.filed_as(f"{IDENTIFIED}{wanted[:NAME_CHARS]}"))
            if any(squeezed(item.value) == wanted for item in effect.identifiers)
        }
        matching = bearers if matching is None else matching & bearers
    places = [(record.introduction(subject), subject) for subject in matching or () if subject.startswith(f"{kind}:")]
    for place, subject in sorted((place, subject) for place, subject in places if place is not None):
        if after is None or place > after:
            yield place, subject


def known(record: Record, subject: SubjectId) -> bool:
    """Whether a statement is about the subject, or names it as a holder, as a signer or as whose act it is."""
    return record.introduction(subject) is not None or bool(record.stream(subject)) or bool(record.about(subject))


def _existing(acts: Iterable[Act]) -> Iterator[Exist]:
    return (effect for act in acts for effect in act.effects if isinstance(effect, Exist))
