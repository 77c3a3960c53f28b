"""What the parts of a view may ask of it: the record as it sees it, names, starts, what stands, how its forum takes an act.

A void may itself be void, and the force of a decision may hang on another that is recognised elsewhere: what settles one effect
asks the view about others. The view composes those parts (`standing`); they know it by this outlook only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from domain.acts import Act, Strength
from domain.entries import Located
from domain.identifiers import EffectRef, Forum, SubjectId
from domain.periods import BEGINNING, END, Clocks, When
from domain.readings import Reading
from domain.record import Record
from domain.segments import Segment


@dataclass(frozen=True, slots=True)
class Answer:
    """A forum's answer to an act, and the stretch over which it stands."""

    start: datetime
    ref: EffectRef
    answer: str
    end: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """How a forum takes an act: from `since` to `until` it has effect there, and whether the forum has itself decided."""

    since: datetime
    decided: bool
    causes: tuple[EffectRef, ...] = ()
    until: datetime = END
    refused: tuple[Answer, ...] = ()
    """Refusals that were later undone: over their stretches it has no effect there."""


EVERYWHERE: Final = Applied(BEGINNING, True)
"""An act that a forum applies without asking."""


class Outlook(Protocol):
    """A record at a size, with what was known at a moment, in a forum, under a reading."""

    record: Record
    clocks: Clocks
    forum: Forum | None
    reading: Reading
    asking: set[EffectRef]
    """Decisions whose force is being asked for: none hangs on itself."""

    def holds(self, act: Act) -> bool:
        """Whether the clocks of this view contain the act."""

    def held(self, ref: EffectRef) -> bool:
        """Whether the clocks hold the statement of an effect and it speaks for its act."""

    def strength(self, act: Act) -> Strength:
        """The strength of the record of an act, as far as this view goes back and as was known."""

    def home(self, act: Act, subject: SubjectId | None) -> Forum | None:
        """An act's home, as far as this view goes back."""

    def place_then(self, act: Act, subject: SubjectId) -> Forum | None:
        """The place of a subject when the first effect of an act starts."""

    def eyes(self, subject: SubjectId) -> Forum | None:
        """The forum in whose eyes a subject is seen."""

    def aliases(self, ref: EffectRef) -> tuple[EffectRef, ...]:
        """The names under which an effect may be meant."""

    def naming(self, ref: EffectRef) -> list[Located]:
        """Every effect that refers to this effect under any of its names, or to the statement it stands in."""

    def naming_of(self, named: EffectRef) -> list[Located]:
        """Every effect that refers to an effect, or to any of a statement named as a whole."""

    def start(self, ref: EffectRef) -> datetime:
        """When an effect starts in this reading."""

    def moment(self, when: When, ref: EffectRef) -> datetime:
        """The start of a date an effect states, in its zone and in this reading."""

    def applied(self, ref: EffectRef, subject: SubjectId | None) -> Applied | None:
        """How the forum of this view takes an effect concerning a subject; None when it does not apply it."""

    def segments(self, ref: EffectRef, subject: SubjectId | None = None) -> tuple[Segment, ...]:
        """How an effect on a subject stands over legal time, from its start to the end."""

    def settled_own(self, ref: EffectRef, subject: SubjectId | None = None) -> tuple[Segment, ...]:
        """Segments whatever this forum makes of the effect's own act."""

    def stands(self, ref: EffectRef, at: datetime, subject: SubjectId | None = None) -> bool:
        """Whether an effect is operative at a moment."""
