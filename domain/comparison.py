"""Where answers differ: between forums, between clocks, and with an act that is only supposed.

Guarantees that no forum is preferred: every point on which forums differ stands side by side, with what causes each view.
`explain` tells for one value which effects make it so, and which statements would change it on another clock or in another forum;
`suppose` answers as if an act were recorded, and leaves the record as it was found (DESIGN section 3, rules 3 and 9).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, TypeGuard

from domain.acts import Act
from domain.concerning import bearing_on
from domain.effects import Admit, Declare, Holder, Right, Unknown
from domain.folds import Folds
from domain.history import Snapshot, representation_of, snapshot_of
from domain.identifiers import EffectRef, Forum, ProceedingId, StatementId, SubjectId, company_of
from domain.periods import Clocks, day_of, end_of
from domain.record import Record
from domain.segments import Validity
from domain.standing import View, known_bounds
from domain.voids import against


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an answer as words, with the effects that cause it."""

    words: str
    causes: tuple[EffectRef, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A point on which views differ: what, and the value in each view, by its name."""

    what: str
    views: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a value is what it is, and where it would be another: by view, the other value and the statements that bring it about."""

    what: str
    value: Value
    elsewhere: tuple[tuple[str, Value, tuple[StatementId, ...]], ...]
    snapshot: Snapshot
    """The answer that has the value."""


def values_of(snap: Snapshot) -> dict[str, Value]:
    """The values of a snapshot by name: `place`, where it changed, the three rights, `controller`, and `measure`, `restriction` or
    `debt` with its ref. What the record leaves open is told as the first reading of it, and each other."""
    found = _first_reading(snap)
    for item in snap.uncertain:
        known = found.get(item.what, Value("does not stand", ()))
        others = "; ".join(f"or {_as_told(value)}; {why}" for value, why in item.others)
        found[item.what] = Value(f"{known.words} (uncertain: {others})", known.causes)
    return found


_ONE_SHARE = re.compile(r"(?<=\s)(\S+)–\1(?=;|$)")


def _as_told(spelled: str) -> str:
    """A value of another reading, with an exact share told once."""
    return "does not stand" if spelled == "none" else _ONE_SHARE.sub(r"\1", spelled)


def _first_reading(snap: Snapshot) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if len(snap.identity.places) > 1:
        (here,) = [d for d in snap.identity.places if d.start <= snap.at < d.end]
        found["place"] = Value(here.value, (here.cause,))
    for right in Right:
        items = snap.rights[right]
        words = "; ".join(f"{_holder(h.holder)} {_share(h.share.low, h.share.high)}" for h in items)
        found[str(right)] = Value(words, tuple(dict.fromkeys(c for h in items for c in h.causes)))
    headline = snap.control.headline
    words = "; ".join(sorted(_holder(e.holder) for e in headline))
    found["controller"] = Value(words, tuple(dict.fromkeys(c for e in headline for c in e.causes)))
    for live in snap.measures:
        words = f"{live.course.impose.kind}, in force, {_holder(live.span.holder)}"
        found[f"measure {live.course.ref}"] = Value(words, live.span.causes)
    for course in snap.suspended:
        found[f"measure {course.ref}"] = Value(f"{course.impose.kind}, suspended", (course.ref,))
    for window in snap.restrictions:
        words = "lifted by a permit" if window.permit else "binding"
        causes = (window.restriction, window.permit) if window.permit else (window.restriction,)
        found[f"restriction {window.restriction}"] = Value(words, causes)
    for item in snap.debts:
        left = "amount not stated" if item.left_low is None else f"{item.left_low} {item.currency} left"
        found[f"debt {item.ref}"] = Value(left, item.causes)
    return found


def _holder(holder: object) -> str:
    return holder if isinstance(holder, str) else "nobody named" if holder is None else str(holder)


def _share(low: object, high: object) -> str:
    return str(low) if low == high else f"{low} to {high}"


def forums_concerned(record: Record, asset: SubjectId) -> tuple[Forum, ...]:
    """The legal orders with a say about an asset: its places, the homes of acts about it, those that answered such an act."""
    found: dict[Forum, None] = {}
    for _, place in record.placed(asset, "place"):
        found[Forum(place)] = None
    for act in record.stream(asset):
        home = record.home(act, asset)
        if home is not None:
            found[home] = None
        for n in range(len(act.effects) + 1):
            for _, effect in record.naming(EffectRef(act.id, n)):
                if isinstance(effect, Admit):
                    found[effect.forum] = None
    return tuple(found)


def where_forums_differ(
    record: Record, clocks: Clocks, asset: SubjectId, at: datetime, forums: tuple[Forum, ...] = ()
) -> tuple[tuple[Forum, ...], tuple[Difference, ...]]:
    """Every value on which the forums concerned (or those asked for) differ at a moment, side by side; no winner."""
    asked = forums or forums_concerned(record, asset)
    snaps = {forum: snapshot_of(record, clocks, forum, asset, at) for forum in asked}
    parties = {company_of(asset), *(h.holder for snap in snaps.values() for h in snap.rights[Right.TITLE])}
    views = {
        forum: _all_grounded(record, clocks, forum, snap)
        | _represented(Folds(View(record, clocks, forum)), sorted(filter(_is_party, parties)), at)
        for forum, snap in snaps.items()
    }
    return asked, _differences(views)


def _is_party(holder: Holder | SubjectId) -> TypeGuard[SubjectId]:
    return isinstance(holder, str)


def _represented(folds: Folds, parties: Iterable[SubjectId], at: datetime) -> dict[str, Value]:
    """Who may act for the company and for those who hold it, governments too, in the eyes of a forum."""
    found: dict[str, Value] = {}
    for party in parties:
        agents = [r for r in representation_of(folds, party) if r.start <= at < r.end]
        words = "; ".join(f"{r.agent}, {r.kind}" for r in agents)
        if agents:
            found[f"representation {party}"] = Value(words, tuple(dict.fromkeys(c for r in agents for c in r.causes)))
    return found


def _differences(views: Mapping[Forum, Mapping[str, Value]]) -> tuple[Difference, ...]:
    names = list(dict.fromkeys(name for values in views.values() for name in values))
    none = Value("does not stand", ())
    found = []
    for name in names:
        side = {str(forum): values.get(name, none) for forum, values in views.items()}
        if len({value.words for value in side.values()}) > 1:
            found.append(Difference(name, side))
    return tuple(found)


def explain(
    record: Record, clocks: Clocks, forum: Forum | None, asset: SubjectId, at: datetime, what: str
) -> Explanation | None:
    """Why one value is what it is; None when the snapshot has no value of that name in this view."""
    base = snapshot_of(record, clocks, forum, asset, at)
    if what not in values_of(base):
        return None
    value = _grounded(record, clocks, forum, base, what)
    others: list[tuple[str, Clocks, Forum | None]] = []
    zone = record.zone_of(asset, at=at)
    if clocks.known_at is not None:
        others.append(("as known now", replace(clocks, known_at=None), forum))
    others += [
        (f"as known on {day.isoformat()}", replace(clocks, known_at=end_of(day, zone, record.zones)), forum)
        for day in _turns(record, asset, zone, clocks.knower)
    ]
    own = forum or View(record, replace(clocks, effective_at=at), None).place(asset, at)
    eyes = [(f"in the eyes of {other}", clocks, other) for other in forums_concerned(record, asset) if other != own]
    elsewhere = []
    for name, other_clocks, other_forum in (*others, *eyes):
        their_snap = snapshot_of(record, other_clocks, other_forum, asset, at)
        theirs = _grounded(record, other_clocks, other_forum, their_snap, what)
        if theirs.words != value.words:
            changed = {c.statement for c in theirs.causes} ^ {c.statement for c in value.causes}
            elsewhere.append((name, theirs, tuple(sorted(changed))))
    of_forums = {name for name, _, _ in eyes}
    before = _recorded_before(record, clocks, forum, asset, at, what, value)
    on_clocks = _first_of_each([*(item for item in elsewhere if item[0] not in of_forums), *before])
    return Explanation(what, value, (*on_clocks, *(item for item in elsewhere if item[0] in of_forums)), base)


def _all_grounded(record: Record, clocks: Clocks, forum: Forum | None, snap: Snapshot) -> dict[str, Value]:
    """The values of a snapshot, those of rights and control with all their grounds."""
    found = values_of(snap)
    return found | {what: _grounded(record, clocks, forum, snap, what) for what in found if what in _OF_TITLE}


def _grounded(record: Record, clocks: Clocks, forum: Forum | None, snap: Snapshot, what: str) -> Value:
    """A value with all its grounds: beside what causes it, what was done against that and does not work, and what keeps it from
    working; where nobody is named, the declarations that are void and what made them so."""
    value = values_of(snap).get(what, Value("does not stand", ()))
    view = View(record, replace(clocks, effective_at=snap.at), forum)
    found = dict.fromkeys(value.causes)
    if what in _OF_TITLE and any(isinstance(h.holder, Unknown) for h in snap.rights[Right.TITLE]):
        for ref, effect in record.about(snap.asset):
            if isinstance(effect, Declare) and view.held(ref) and view.start(ref) <= snap.at:
                segments = view.segments(ref, snap.asset)
                void = [s for s in segments if s.start <= snap.at < s.end and s.validity is Validity.VOID]
                found |= dict.fromkeys(cause for s in void for cause in (ref, *s.causes))
    grounds = [*found]
    for cause in grounds:  # which grows
        grounds += [ref for ref in against(view, cause, snap.at, snap.asset) if ref not in found]
        found = dict.fromkeys(grounds)
    return Value(value.words, tuple(found))


_OF_TITLE = frozenset({*map(str, Right), "controller"})


def _first_of_each(
    items: list[tuple[str, Value, tuple[StatementId, ...]]],
) -> tuple[tuple[str, Value, tuple[StatementId, ...]], ...]:
    """Views that give the same other value for the same reason are told once, the first."""
    seen: dict[tuple[str, tuple[StatementId, ...]], tuple[str, Value, tuple[StatementId, ...]]] = {}
    for item in items:
        seen.setdefault((item[1].words, item[2]), item)
    return tuple(seen.values())


def _recorded_before(
    record: Record, clocks: Clocks, forum: Forum | None, asset: SubjectId, at: datetime, what: str, value: Value
) -> list[tuple[str, Value, tuple[StatementId, ...]]]:
    """What the ledger had said last, before it said this: at the last smaller size at which the value was another. What was
    recorded after the size asked for is not looked at, for an answer at a size never changes."""
    sizes = sorted({act.position for act in bearing_on(record, asset)}, reverse=True)[:_TURNS_MAX]
    for size in sizes:
        earlier, then = record.cut(size), replace(clocks, size=size)
        theirs = _grounded(earlier, then, forum, snapshot_of(earlier, then, forum, asset, at), what)
        if theirs.words != value.words:
            changed = {c.statement for c in theirs.causes} ^ {c.statement for c in value.causes}
            return [(f"as recorded in the first {size} entries", theirs, tuple(sorted(changed)))]
    return []


def _turns(record: Record, asset: SubjectId, zone: str, knower: str | None) -> list[date]:
    """The legal days on which an act that bears on an asset became known, the last ones first."""
    moments = {moment for act in bearing_on(record, asset) for moment in known_bounds(record, act, knower)}
    return sorted({day_of(m, zone, record.zones) for m in moments if m.year > 1}, reverse=True)[:_TURNS_MAX]


_TURNS_MAX: Final = 32
"""How many turns of a clock an explanation looks at, the last ones."""


@contextmanager
def supposing(record: Record, acts: tuple[Act, ...]) -> Iterator[Record]:
    """The record as if these acts were recorded after all others; they are taken back on leaving, whatever happens."""
    added = 0
    try:
        for act in acts:
            record.add(act)
            added += 1
        yield record
    finally:
        for _ in range(added):
            record.remove_last()


def changes_by(
    record: Record, clocks: Clocks, forum: Forum | None, before: Snapshot, after: Snapshot
) -> tuple[Difference, ...]:
    """What supposed acts change, while they are on the record: each value before, and after with its grounds."""
    then = _all_grounded(record, clocks, forum, after)
    return _differences({Forum("before"): values_of(before), Forum("after"): then})


def proceedings_named(record: Record, asset: SubjectId) -> tuple[ProceedingId, ...]:
    """Proceedings on the stream of an asset."""
    found = [s for act in record.stream(asset) for s in act.subjects if s.startswith("proceeding:")]
    return tuple(dict.fromkeys(ProceedingId(s) for s in found))
