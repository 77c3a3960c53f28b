"""Segments of legal time: over which periods an effect is operative, pending, suspended, void (DESIGN section 3, rule 7).

Guarantees that what is laid over segments covers only what it may: a void covers what pends, is suspended or has ended too, all
else only what is operative. Data and pure functions: nothing here knows of a record or of why an effect stands as it does.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from domain.identifiers import EffectRef
from domain.periods import END


class Validity(StrEnum):
    """How an effect stands over a stretch of legal time."""

    OPERATIVE = "operative"
    PENDING = "pending"
    SUSPENDED = "suspended"
    SUSPENSE = "in suspense"
    """Neither standing nor undone until a court decides; folded both ways."""
    VOID = "void"
    ENDED = "ended"
    """Its own term is over."""
    UNRECOGNISED = "unrecognised"


OPERATIVE: Final = Validity.OPERATIVE
"""Looked up once: a member of an enumeration is found anew at every mention, and this one is mentioned for every effect."""


class Segment(NamedTuple):
    """From `start` (inclusive) to `end` (exclusive) an effect has this validity, because of `causes`."""

    start: datetime
    end: datetime
    validity: Validity
    causes: tuple[EffectRef, ...] = ()
    falls: bool = False
    """Void with its dependants: what was built on it falls too."""


def first_operative(segments: tuple[Segment, ...]) -> datetime | None:
    """When an effect first works; None where it never does."""
    for segment in segments:
        if segment.validity is OPERATIVE:
            return segment.start
    return None


def for_ever(segments: tuple[Segment, ...]) -> bool:
    """Whether an effect works from its start on, and never ceases to."""
    return len(segments) == 1 and segments[0].validity is OPERATIVE and segments[0].end == END


def pending(window: Segment) -> bool:
    """Whether over a stretch something waits for its condition."""
    return window.validity is Validity.PENDING


def overlay(
    segments: tuple[Segment, ...],
    start: datetime,
    end: datetime,
    validity: Validity,
    causes: tuple[EffectRef, ...],
    falls: bool = False,
) -> tuple[Segment, ...]:
    """Lay a validity over what was operative between two moments; void covers pending, suspended and ended too."""
    if start >= end:
        return segments
    found: list[Segment] = []
    for segment in segments:
        covers = segment.validity is Validity.OPERATIVE or (
            (validity is Validity.VOID or (validity is Validity.SUSPENSE and segment.validity is not Validity.ENDED))
            and (segment.validity is not Validity.VOID or (validity is Validity.VOID and falls and not segment.falls))
        )
        low, high = max(segment.start, start), min(segment.end, end)
        if not covers or low >= high:
            found.append(segment)
            continue
        if segment.start < low:
            found.append(segment._replace(end=low))
        found.append(Segment(low, high, validity, causes, falls))
        if high < segment.end:
            found.append(segment._replace(start=high))
    return tuple(found)
