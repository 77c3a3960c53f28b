"""Terms: whether the end that an effect's dates state ends it, and when that is in the reading of a view.

The term of a measure has rules of its own (`measures`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.effects import Admit, Alter, Declare, Effect, Move, Permit, Void
from domain.identifiers import EffectRef
from domain.outlook import Outlook
from domain.periods import Days, Instant, until_bounds

_ALTERED_FOR_A_TIME: Final = frozenset({"assign", "limit", "powers", "rank", "suspend"})


def ends_by_itself(effect: Effect) -> bool:
    """Whether the end that an effect's dates state is the end of what it does. The term of a measure has rules of its own; what an
    instrument with a term does once and for all (issues, pays, decides, registers, ends) is not undone by it."""
    match effect:
        case Declare() | Move() | Void() | Admit():
            return True
        case Permit(op=op):
            return op == "granted"
        case Alter(op=op):
            return op in _ALTERED_FOR_A_TIME
        case _:
            return False


def until_bound(view: Outlook, when: Days | Instant, zone: str | None, ref: EffectRef) -> datetime:
    """The moment after `when`, in the reading of the view."""
    early, late = until_bounds(when, zone, view.record.zones)
    if early == late:
        return early
    option = view.reading.pick(f"until {ref}", 2, ref.statement, "the date it runs until is uncertain")
    return late if option else early
