"""What is filed of one subject, and of one statement: the entries of a record's index.

Guarantees that an effect filed last and taken off again leaves its entry as it was. Which names an act is filed under is `filing`.
"""

from __future__ import annotations

from typing import Final

from domain.acts import Act
from domain.effects import Effect, Exist
from domain.identifiers import EffectRef, StatementId, SubjectId

Located = tuple[EffectRef, Effect]
"""An effect and the reference that names it."""


class OfSubject:
    """What is on record about one subject."""

    __slots__ = ("about", "acts", "existing", "place", "registered")

    def __init__(self) -> None:
        self.acts: list[Act] = []
        self.place: dict[StatementId, int] = {}
        self.about: list[Located] = []
        self.existing: list[EffectRef] = []
        self.registered: list[tuple[EffectRef, Exist]] = []


class OfStatement:
    """What refers to one statement: effects by the number of the effect they name, other records of its act, breaches."""

    __slots__ = ("breaches", "naming", "recorders")

    def __init__(self) -> None:
        self.naming: dict[int, list[Located]] = {}
        self.recorders: list[Act] = []
        self.breaches: list[Act] = []


NOTHING_SUBJECT: Final = OfSubject()
NOTHING_NAMED: Final = OfStatement()
"""What is answered where nothing is filed: never added to."""


def file_about(found: OfSubject, located: Located, subject: SubjectId) -> None:
    """File an effect about a subject."""
    found.about.append(located)
    ref, effect = located
    if isinstance(effect, Exist):
        found.existing.append(ref)
        if effect.op == "register" and effect.subject == subject:
            found.registered.append((ref, effect))


def unfile_about(found: OfSubject, located: Located, subject: SubjectId) -> None:
    """Take the effect filed last about a subject off again."""
    found.about.pop()
    effect = located[1]
    if isinstance(effect, Exist):
        found.existing.pop()
        if effect.op == "register" and effect.subject == subject:
            found.registered.pop()
