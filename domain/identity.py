"""Who or what a subject is, over time: names, identifiers, where it lies, what it became and whom it succeeds.

Folds of the effects about one subject, in the order (start, `after`, strength, statement); total, each with its causes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from domain.effects import (
    Exist,
    External,
)
from domain.identifiers import EffectRef, Forum, PartyId, SubjectId
from domain.periods import BEGINNING, END
from domain.record import PlaceMember
from domain.segments import Validity
from domain.standing import View
from domain.title import ordered


def operative_end(view: View, ref: EffectRef, subject: SubjectId | None = None) -> datetime:
    """When an effect's first operative stretch ends; END when it does not."""
    for segment in view.settled(ref, subject):
        if segment.validity is Validity.OPERATIVE:
            return segment.end
    return BEGINNING


@dataclass(frozen=True, slots=True)
class Dated:
    """A value over a period, with its cause."""

    start: datetime
    end: datetime
    value: str
    cause: EffectRef


@dataclass(frozen=True, slots=True)
class Identity:
    """A subject over time: names, outside identifiers, where it lay, what it became. `place` and `zone` are those of the moment
    asked, `places` and `zones` those of all time, each from the registration that says so."""

    subject: SubjectId
    kind: str | None
    place: Forum | None
    zone: str
    places: tuple[Dated, ...]
    zones: tuple[Dated, ...]
    names: tuple[Dated, ...]
    identifiers: tuple[Dated, ...]
    ended: tuple[datetime, EffectRef] | None
    successors: tuple[tuple[datetime, SubjectId, str, EffectRef], ...]
    parts: tuple[tuple[datetime, SubjectId, EffectRef], ...]
    same_as: tuple[tuple[datetime, datetime, SubjectId, EffectRef], ...]

    def name_at(self, at: datetime) -> str | None:
        """The name it bears at a moment."""
        return next((d.value for d in self.names if d.start <= at < d.end), None)


def identity(view: View, subject: SubjectId, at: datetime | None = None) -> Identity:
    """Who or what a subject is, over time; where it lies at a moment, by default that of the view."""
    at_moment = view.at if at is None else at
    refs = view.record.existing(subject)
    kind: str | None = None
    ended: tuple[datetime, EffectRef] | None = None
    successors: list[tuple[datetime, SubjectId, str, EffectRef]] = []
    parts: list[tuple[datetime, SubjectId, EffectRef]] = []
    same: list[tuple[datetime, datetime, SubjectId, EffectRef]] = []
    sayings = _sayings(view, subject)
    names, identifiers = _called(sayings, subject)
    for ref, effect, at, until in sayings:
        own = effect.subject == subject
        if own and effect.op in ("register", "identify"):
            kind = effect.kind or kind
        whole = effect.op == "divide" and _wholly(effect)
        if (
            own
            and (effect.op in ("end", "merge", "repeal") or whole)
            and (ended is None or at < ended[0])
            and until == END
        ):
            ended = (at, ref)
        if own and effect.op in ("merge", "succeed"):
            successors += [(at, other, effect.op, ref) for other in effect.others]
        if own and effect.op == "divide":
            parts += [(at, SubjectId(part.asset), ref) for part in effect.parts]
        if subject.startswith("norm:") and own and effect.op == "register" and until != END and ended is None:
            struck = next((s for s in view.settled(ref, subject) if s.start == until), None)
            ended = (until, struck.causes[-1] if struck is not None else ref)
        if effect.op == "same":
            others = effect.others if own else (effect.subject,)
            same += [(at, until, other, ref) for other in others]
        if effect.op == "distinct":
            others = effect.others if own else (effect.subject,)
            same = [(s, at if o in others and s <= at < e else e, o, r) for s, e, o, r in same]
    if subject.startswith("norm:") and ended is None and not names:
        voids = [
            s
            for ref in refs
            for s in (view.settled(ref, subject) if view.held(ref) else ())
            if s.validity is Validity.VOID
        ]
        ended = (voids[0].start, voids[0].causes[-1]) if voids else None
    places = _registered(view, subject, "place")
    zones = _registered(view, subject, "zone")
    return Identity(
        subject,
        kind,
        next((Forum(d.value) for d in places if d.start <= at_moment < d.end), None),
        next((d.value for d in zones if d.start <= at_moment < d.end), "UTC"),
        places,
        zones,
        names,
        identifiers,
        ended,
        tuple(successors),
        tuple(parts),
        tuple(same),
    )


def called(view: View, subject: SubjectId) -> tuple[tuple[Dated, ...], tuple[Dated, ...]]:
    """The names and the outside identifiers of a subject over time: what `identity` says of them, and nothing else worked out."""
    return _called(_sayings(view, subject), subject)


_Saying = tuple[EffectRef, Exist, datetime, datetime]
"""An effect that says who or what a subject is, and from when until when."""


def _sayings(view: View, subject: SubjectId) -> list[_Saying]:
    found: list[_Saying] = []
    for ref in ordered(view, view.record.existing(subject), subject):
        effect = view.record.effect(ref)
        assert isinstance(effect, Exist), "filed as such"
        found.append((ref, effect, view.start(ref), operative_end(view, ref, subject)))
    return found


def _called(sayings: list[_Saying], subject: SubjectId) -> tuple[tuple[Dated, ...], tuple[Dated, ...]]:
    names: list[Dated] = []
    identifiers: list[Dated] = []
    for ref, effect, at, until in sayings:
        if effect.subject != subject:
            continue
        if effect.op in ("register", "name") and effect.name is not None:
            _put(names, Dated(at, until, effect.name, ref))
        if effect.op in ("register", "identify"):
            for external in effect.identifiers:
                _put(identifiers, Dated(at, until, _spell(external), ref), external.scheme)
    return tuple(names), tuple(identifiers)


def succeeds(view: View, party: PartyId, other: PartyId, at: datetime) -> bool:
    """Whether a party is another, under one of its names, or has succeeded it, directly or through others."""
    todo, seen = [SubjectId(other)], set[SubjectId]()
    while todo:
        current = todo.pop()
        if current == party:
            return True
        if current not in seen:
            seen.add(current)
            todo += [*view.same(current, at), *(after for _, after, _, _ in identity(view, current).successors)]
    return False


def _registered(view: View, subject: SubjectId, member: PlaceMember) -> tuple[Dated, ...]:
    """What is registered of a place or zone through all time; neighbours that say the same are one."""
    found: list[Dated] = []
    for start, end, value, ref in view.stretches(subject, member):
        if found and found[-1].value == value:
            found[-1] = replace(found[-1], end=end)
        else:
            found.append(Dated(start, end, value, ref))
    return tuple(found)


def _wholly(effect: Exist) -> bool:
    """Whether a division leaves nothing of what is divided."""
    shares = [part.share.low for part in effect.parts if part.share is not None]
    return len(shares) == len(effect.parts) and sum(shares, Fraction(0)) == 1


def _spell(external: External) -> str:
    return f"{external.scheme} {external.value}"


def _put(dated: list[Dated], new: Dated, scheme: str | None = None) -> None:
    """A value replaces the one before it from its start on (identifiers: the one of the same scheme)."""
    for index, old in enumerate(dated):
        alike = scheme is None or old.value.split(" ", 1)[0] == scheme
        if alike and old.start <= new.start < old.end:
            dated[index] = Dated(old.start, new.start, old.value, old.cause)
    dated[:] = [d for d in dated if d.start < d.end]
    dated.append(new)
