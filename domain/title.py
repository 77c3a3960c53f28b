"""The fold of the three rights in one asset: lots, their chain of title, and who holds what at a moment.

An asset is cut into lots that always sum to the whole. Each lot carries its chain of title as links; a link is operative or not
over stretches of legal time (`standing`), so an annulment gives a lot back only where the transferee still holds it, and what was
built on a void link stands, marked, unless the void reaches dependants (DESIGN section 3, rules 1, 6 and 8). Votes and economic
interest follow title until an effect separates them.

`TitleFold` keeps the state after every step: an act effective last costs one step, a backdated one the steps after it. The fold
is total: what finds no room is reported, never raised. Where a holder has lots of several origins, those of undisputed title and
those with all rights joined go first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from operator import itemgetter

from domain.acts import Strength
from domain.effects import (
    UNKNOWN,
    Declare,
    Described,
    Effect,
    Exist,
    Holder,
    Manner,
    Move,
    OneOf,
    Portion,
    Reunit,
    Right,
    Unknown,
    Void,
)
from domain.identifiers import EffectRef, PartyId, StatementId, SubjectId
from domain.periods import BEGINNING, END
from domain.record import parties_of
from domain.shares import NOTHING, Share, exactly
from domain.standing import Segment, Validity, View

_LOTS_MAX = 16
_CAUSES_MAX = 8


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """One step in a lot's chain of title. `segments` None = operative for ever after its start."""

    holder: Holder
    causes: tuple[EffectRef, ...]
    strongest: Strength
    start: datetime
    manner: Manner | None = None
    parent: Link | None = None
    segments: tuple[Segment, ...] | None = None
    by_act: bool = False
    falls_under: Link | None = None
    """The nearest link at or below this one whose void reaches dependants."""
    fragile: bool = False
    """Whether any link at or below this one is not operative for ever."""
    follows: bool = False
    """Votes or interest come home: while this link decides, they follow title again."""
    void_decided: datetime | None = None
    """When it was first decided that this link is void."""

    def validity(self, at: datetime) -> Segment | None:
        """The segment in force at a moment; None for a link that is operative for ever."""
        for segment in self.segments or ():
            if segment.start <= at < segment.end:
                return segment
        return None

    def decided(self, at: datetime) -> bool:
        """Whether the void of this link was decided by a moment, so that nobody can build on it any more."""
        return self.void_decided is not None and self.void_decided <= at

    def operative(self, at: datetime) -> bool:
        found = self.validity(at)
        return found is None or found.validity is Validity.OPERATIVE


def link(
    holder: Holder,
    cause: EffectRef | None,
    strength: Strength,
    start: datetime,
    manner: Manner | None = None,
    parent: Link | None = None,
    segments: tuple[Segment, ...] | None = None,
    by_act: bool = False,
) -> Link:
    """A new link on top of `parent`."""
    if (
        segments is not None
        and len(segments) == 1
        and segments[0].validity is Validity.OPERATIVE
        and segments[0].end == END
    ):
        segments = None
    made = Link(
        holder,
        (cause,) if cause is not None else (),
        max(strength, parent.strongest) if parent is not None else strength,
        start,
        manner,
        parent,
        segments,
        by_act or (parent.by_act if parent is not None and cause is None else by_act),
        parent.falls_under if parent is not None else None,
        segments is not None or (parent is not None and parent.fragile),
    )
    if segments is not None and any(s.falls for s in segments):
        return replace(made, falls_under=made)
    return made


@dataclass(frozen=True, slots=True, eq=False)
class Lot:
    """A slice of the asset. `votes` and `economic` None = they follow title."""

    share: Share
    title: Link
    votes: Link | None = None
    economic: Link | None = None

    def chain(self, right: Right) -> Link | None:
        match right:
            case Right.TITLE:
                return self.title
            case Right.VOTES:
                return self.votes
            case Right.ECONOMIC:
                return self.economic

    def with_chain(self, right: Right, chain: Link | None) -> Lot:
        return self.of_chain(self.share, right, chain)

    def of_chain(self, share: Share, right: Right, chain: Link | None) -> Lot:
        """A lot of this share, one of whose chains is another."""
        match right:
            case Right.TITLE:
                assert chain is not None, "title always has a chain"
                return Lot(share, chain, self.votes, self.economic)
            case Right.VOTES:
                return Lot(share, self.title, chain, self.economic)
            case Right.ECONOMIC:
                return Lot(share, self.title, self.votes, chain)


def resolve(top: Link | None, at: datetime) -> tuple[Link | None, tuple[Link, ...]]:
    """The link that decides a chain at a moment, and the ones above it that are not operative then (topmost first)."""
    skipped: list[Link] = []
    current = top
    while current is not None:
        if not current.operative(at):
            skipped.append(current)
            current = current.parent
            continue
        fallen = current.falls_under
        while fallen is not None:
            segment = fallen.validity(at)
            if segment is not None and segment.falls and segment.validity is Validity.VOID:
                break
            fallen = fallen.parent.falls_under if fallen.parent is not None else None
        if fallen is None:
            return current, tuple(skipped)
        skipped.append(current)
        current = fallen.parent
    return None, tuple(skipped)


def next_change(top: Link | None, at: datetime) -> datetime:
    """The next moment at which a link of a chain may begin or cease to work."""
    found = END
    current = top
    while current is not None and current.fragile:
        for segment in current.segments or ():
            if at < segment.start < found:
                found = segment.start
            if at < segment.end < found:
                found = segment.end
        current = current.parent
    return found


def holder_of(lot: Lot, right: Right, at: datetime) -> tuple[Link, tuple[Link, ...]]:
    """Who holds a right in a lot: the deciding link of its own chain, else of title."""
    skipped: tuple[Link, ...] = ()
    if right is Right.TITLE and not lot.title.fragile:
        return lot.title, skipped
    if right is not Right.TITLE:
        own, skipped = resolve(lot.chain(right), at)
        if own is not None and not own.follows:
            return own, skipped
    decisive, above = resolve(lot.title, at)
    assert decisive is not None, "the root of a chain is operative for ever"
    return decisive, skipped + above


@dataclass(frozen=True, slots=True)
class NoRoom:
    """An effect that found no room for all it moves: how much was missing, and the statements the room is taken by."""

    ref: EffectRef
    missing: Share
    met: tuple[EffectRef, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something the record does not explain, where it shows, in words."""

    kind: str
    ref: EffectRef
    words: str
    met: tuple[EffectRef, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The lots after a step, the last statement that changed each holder's share, and what the step reported."""

    lots: tuple[Lot, ...]
    changed: Mapping[Holder, EffectRef] = field(default_factory=dict)
    reports: tuple[NoRoom | Gap, ...] = ()
    merged: int = 0
    """How many lots were left when lots were last merged."""


def initial() -> State:
    """Nothing is recorded: the whole is held by nobody the record names."""
    root = link(UNKNOWN, None, Strength.TRANSCRIBER, BEGINNING)
    return State((Lot(exactly(Fraction(1)), root),))


@dataclass(frozen=True, slots=True)
class Step:
    """One effect on the rights of an asset, ready to apply. `key` sorts: start, rank by `after`, strength (strongest first)."""

    key: tuple[datetime, int, int]
    ref: EffectRef
    effect: Declare | Move | Reunit | Void | Exist
    strength: Strength
    segments: tuple[Segment, ...]

    @property
    def order(self) -> tuple[datetime, int, int, bool, StatementId, int]:
        """Of one moment and rank, what is declared comes before what passes."""
        return (*self.key, isinstance(self.effect, (Move, Exist)), self.ref.statement, self.ref.n)

    @property
    def resets(self) -> bool:
        """Whether it sets lots anew, so that no chain of title remembers what was before."""
        return isinstance(self.effect, (Declare, Reunit, Void))

    @property
    def passing(self) -> bool:
        """Whether it resets, and does not work for ever."""
        return self.resets and not _for_ever(self.segments)

    def operative(self, at: datetime) -> bool:
        return any(s.start <= at < s.end and s.validity is Validity.OPERATIVE for s in self.segments)


class TitleFold:
    """The kept fold of one asset in one view.

    A declaration or a reunit that works only for a time cannot be undone in the chains of title: over the stretches in which it
    does not work, the fold without it answers, kept beside the first as a variant.
    """

    def __init__(self, view: View, asset: SubjectId) -> None:
        self.view = view
        self.asset = asset
        self.steps: list[Step] = []
        self._variants: dict[frozenset[EffectRef], list[State]] = {frozenset(): []}
        """States after each step, without the steps left out; each is folded as far as it was asked for."""
        self._passing: list[Step] = []
        """Steps that reset, and do not work for ever."""
        self._orders: list[tuple[datetime, int, int, bool, StatementId, int]] = []
        self._refs: dict[EffectRef, Step] = {}
        self.parties: set[PartyId] = set()
        """Every party that a step names as a holder: whose succession, and whose freezes, matter to this asset."""
        self.add([ref for ref, _ in view.record.about.get(asset, ())])

    # --- steps ---------------------------------------------------------------------------------------------------

    def add(self, refs: Iterable[EffectRef]) -> int:
        """Take in effects of the record, or take in again those whose standing changed. Returns how many steps were folded."""
        lowest = len(self.steps)
        fresh: list[Step] = []
        passing = False
        todo = list(refs)
        while todo:
            ref = todo.pop()
            old = self._refs.pop(ref, None)
            if old is not None:
                index = bisect_left(self._orders, old.order)
                del self.steps[index], self._orders[index]
                lowest = min(lowest, bisect_left(self._orders, old.key))
                passing = passing or old.passing
            step = self._step(ref)
            if step is not None:
                self._refs[ref] = step
                fresh.append(step)
                passing = passing or step.passing
                todo += self._successions(step.effect)
        if len(fresh) > 8:
            if fresh and self._orders:
                lowest = min(lowest, bisect_left(self._orders, min(step.order for step in fresh)))
            else:
                lowest = 0
            fresh_orders = [step.order for step in fresh]
            pairs = sorted(zip([*self._orders, *fresh_orders], [*self.steps, *fresh], strict=True), key=itemgetter(0))
            self._orders = [order for order, _ in pairs]
            self.steps = [step for _, step in pairs]
        else:
            for step in fresh:
                index = bisect_left(self._orders, step.order)
                self.steps.insert(index, step)
                self._orders.insert(index, step.order)
                lowest = min(lowest, index)
        if passing:
            self._passing = [step for step in self.steps if step.passing]
            left_out = {step.ref for step in self._passing}
            self._variants = {without: kept for without, kept in self._variants.items() if without <= left_out}
        return self._refold(lowest)

    def _successions(self, effect: Effect) -> list[EffectRef]:
        """Successions of the parties an effect names for the first time: what they hold passes by operation of law."""
        found: list[EffectRef] = []
        for party in parties_of(effect):
            if party in self.parties:
                continue
            self.parties.add(party)
            found += [ref for ref, other in self.view.record.about.get(party, ()) if is_succession(other, party)]
        return found

    def _step(self, ref: EffectRef) -> Step | None:
        effect = self.view.record.effect(ref)
        if isinstance(effect, Void):
            if not isinstance(effect.target, Described):
                return None
        elif isinstance(effect, Exist):
            if effect.subject not in self.parties or not is_succession(effect, effect.subject):
                return None
        elif not isinstance(effect, (Declare, Move, Reunit)):
            return None
        segments = self.view.settled(ref, self.asset)
        if not segments:
            return None
        works = [s.start for s in segments if s.validity is Validity.OPERATIVE]
        operative = works[0] if works else None
        if operative is None and (not isinstance(effect, Move) or self.view.misrecorded(ref, self.asset)):
            return None
        strength = self.view.strength(self.view.record.by_id[ref.statement])
        start = self.view.start(ref)
        if isinstance(effect, Void) and not isinstance(effect.time, str):
            start = self.view.void_start(ref, effect)
        elif operative is not None and not isinstance(effect, Move):
            start = operative
        return Step((start, after_rank(self.view, ref, start), -strength), ref, effect, strength, segments)

    def _refold(self, index: int) -> int:
        if index < len(self.steps):
            index = bisect_left(self._orders, self.steps[index].key)
        for states in self._variants.values():
            del states[index:]
        self._folded(frozenset(), len(self.steps))
        return len(self.steps) - index

    def _folded(self, without: frozenset[EffectRef], count: int) -> list[State]:
        """The states of a variant, at least the first `count`; what it shares with the full fold is taken from there."""
        states = self._variants.get(without)
        if states is None:
            first = min(bisect_left(self._orders, step.key) for step in self._passing if step.ref in without)
            states = self._variants[without] = self._variants[frozenset()][:first]
        steps = self.steps
        while len(states) < count:
            first = len(states)
            end = first + 1
            while end < len(steps) and steps[end].key == steps[first].key:
                end += 1
            before = states[-1] if states else initial()
            group = steps[first:end]
            if end == first + 1 and steps[first].ref not in without:
                states.append(apply(before, steps[first], self.view))
                continue
            kept = [step for step in group if step.ref not in without]
            states += [before] * (len(group) - len(kept)) + (self._fold_group(before, kept) if kept else [])
        return states

    def _fold_group(self, before: State, group: list[Step]) -> list[State]:
        """Steps that nothing ranks: in an order in which all find room, if there is one; else the reading picks who is first."""
        states = self._run(before, group)
        statements = list(dict.fromkeys(step.ref.statement for step in group))
        if len(statements) == 1 or not any(state.reports for state in states):
            return states
        told = self._run(before, self._fitting(before, group, statements))
        if not _short(told):
            return told
        why = "several acts of one moment conflict and nothing ranks them"
        key = f"order {self.asset} {group[0].key[0].isoformat()} {group[0].key[1]} {group[0].key[2]}"
        option = self.view.reading.pick(key, len(statements), min(statements), why)
        first = sorted(statements)[option]
        ahead = [step for step in group if step.ref.statement == first]
        rest = [step for step in group if step.ref.statement != first]
        after = self._run(before, ahead)
        others = [statement for statement in statements if statement != first]
        return after + self._run(after[-1], self._fitting(after[-1], rest, others))

    def _fitting(self, before: State, group: list[Step], statements: list[StatementId]) -> list[Step]:
        """Steps in an order found by always taking the first statement that leaves nothing to report."""
        made: list[Step] = []
        left = list(statements)
        state = before
        while left:
            runs = ((statement, [s for s in group if s.ref.statement == statement]) for statement in left)
            fits = next(
                ((st, steps) for st, steps in runs if not any(x.reports for x in self._run(state, steps))),
                (left[0], [s for s in group if s.ref.statement == left[0]]),
            )
            left.remove(fits[0])
            made += fits[1]
            state = self._run(state, fits[1])[-1]
        return made

    def _run(self, state: State, group: list[Step]) -> list[State]:
        states = []
        for step in group:
            state = apply(state, step, self.view)
            states.append(state)
        return states

    # --- answers -------------------------------------------------------------------------------------------------

    def state_at(self, at: datetime) -> State:
        """The state after every step that starts at or before a moment, those that set lots anew only while they work."""
        index = bisect_right(self._orders, at, key=itemgetter(0))
        return self._folded(self._left_out(at), index)[index - 1] if index else initial()

    def _left_out(self, at: datetime) -> frozenset[EffectRef]:
        return frozenset(step.ref for step in self._passing if step.key[0] <= at and not step.operative(at))

    def lots_at(self, at: datetime) -> tuple[Lot, ...]:
        """The lots in force at a moment."""
        return self.state_at(at).lots

    def moments(self) -> list[datetime]:
        """Every moment at which who holds what may change, in order."""
        found = {step.key[0] for step in self.steps}
        for step in self.steps:
            for segment in step.segments:
                found.add(segment.start)
                if segment.end != END:
                    found.add(segment.end)
        return sorted(found)

    def reports(self) -> list[NoRoom | Gap]:
        """What the fold could not place or explain, in order of time."""
        found: list[NoRoom | Gap] = []
        if not self._passing:
            for state in self._folded(frozenset(), len(self.steps)):
                found += state.reports
            return found
        for index, step in enumerate(self.steps):
            found += self._folded(self._left_out(step.key[0]), index + 1)[index].reports
        return found

    def reports_of(self, ref: EffectRef) -> tuple[NoRoom | Gap, ...]:
        """What the fold could not place or explain of one effect."""
        step = self._refs.get(ref)
        if step is None:
            return ()
        first = bisect_left(self._orders, step.key)
        last = bisect_right(self._orders, step.key, key=lambda order: order[:3])
        states = self._folded(self._left_out(step.key[0]), last)
        return tuple(report for state in states[first:last] for report in state.reports if report.ref == ref)


def _for_ever(segments: tuple[Segment, ...]) -> bool:
    return len(segments) == 1 and segments[0].validity is Validity.OPERATIVE and segments[0].end == END


def _short(states: Iterable[State]) -> bool:
    return any(isinstance(report, NoRoom) for state in states for report in state.reports)


def after_rank(view: View, ref: EffectRef, start: datetime) -> int:
    """How many effects of the same moment an effect says it comes after."""
    current = view.record.dates(ref).after
    if current is None:
        return 0
    rank = 0
    seen = {ref}
    while current is not None:
        anchor = current if current.n else EffectRef(current.statement, 1)
        act = view.record.by_id.get(anchor.statement)
        if anchor in seen or act is None or anchor.n > len(act.effects) or not view.holds(act):
            break
        if view.start(anchor) != start:
            break
        seen.add(anchor)
        rank += 1
        current = view.record.dates(anchor).after
    return rank


# --- applying one step -------------------------------------------------------------------------------------------


def apply(state: State, step: Step, view: View) -> State:
    """The state after a step. Total: what finds no room is reported in the new state."""
    at = step.key[0]
    match step.effect:
        case Move() as move:
            made = _move(state, step, move, at, view)
        case Declare() as declare:
            made = _declare(state, step, declare, at)
        case Reunit() as reunit:
            made = _reunit(state, step, reunit, at)
        case Void() as void:
            made = _unknown_from(state, step, void, at)
        case Exist() as exist:
            made = _succeed(state, step, exist, at)
    if len(made.lots) <= state.merged + _LOTS_MAX:
        return made if made.merged == state.merged else replace(made, merged=state.merged)
    lots = _merged(made.lots, at)
    return State(lots, made.changed, made.reports, len(lots))


def _matches(source: Holder, holder: Holder) -> bool:
    match source:
        case Unknown():
            return isinstance(holder, Unknown)
        case OneOf(parties=parties):
            return holder == source or holder in parties
        case _:
            return holder == source


def _held_by(lots: Sequence[Lot], source: Holder, right: Right, at: datetime) -> Iterator[int]:
    """The lots in which a source holds a right, those of undisputed title, then those with all rights joined, first. A long
    history has many disputed lots and moves seldom reach them: they are looked into only when asked for."""
    named = isinstance(source, str)
    later: list[list[int]] = [[], [], []]
    for index, lot in enumerate(lots):
        title = lot.title
        joined = lot.votes is None and lot.economic is None
        if title.fragile or not joined:
            later[(1 if title.fragile else -1) + (0 if joined else 1)].append(index)
        elif title.holder == source or (not named and _matches(source, title.holder)):
            yield index
    for indices in later:
        yield from (i for i in indices if _matches(source, holder_of(lots[i], right, at)[0].holder))


def _take(
    lots: list[Lot], wanted: Iterable[int], need: Share, at: datetime, right: Right, top: Link
) -> tuple[list[Lot], Share]:
    """Move `need` out of the lots `wanted` (indices, in order) onto `top`: the lots, and what is missing."""
    made: dict[int, list[Lot]] = {}
    if need.empty:
        return lots, need
    for index in wanted:
        lot = lots[index]
        moved, rest, need = lot.share.parted(need)
        parent = lot.chain(right)
        chain: Link | None = _stack(top, parent)
        if right is not Right.TITLE and holder_of(lot, Right.TITLE, at)[0].holder == top.holder:
            chain = _stack(replace(top, follows=True), parent)
            chain = chain if chain.fragile else None
        pieces = [lot.of_chain(moved, right, chain)]
        if not rest.empty:
            pieces.append(Lot(rest, lot.title, lot.votes, lot.economic))
        made[index] = pieces
        if need.empty:
            break
    after = list(lots)
    for index in sorted(made, reverse=True):
        after[index : index + 1] = made[index]
    return after, need


def _stack(top: Link, parent: Link | None) -> Link:
    """`top` on `parent`. What lies below a link that always works matters only where a void below may reach dependants."""
    if parent is None:
        return top
    strongest = max(top.strongest, parent.strongest)
    if top.segments is None and parent.falls_under is None:
        return top if strongest is top.strongest else replace(top, strongest=strongest)
    fallen = top.falls_under is not None
    stacked = replace(top, parent=parent, strongest=strongest, fragile=True)
    return replace(stacked, falls_under=stacked if fallen else parent.falls_under)


def settled_chain(top: Link, at: datetime) -> Link:
    """A chain without what can no longer matter after `at`: a link that will never work again and whose void was decided, and
    what lies below one that will always work from now on."""
    while top.fragile and top.segments is not None and top.falls_under is None:
        last = top.segments[-1]
        if last.start > at or last.end != END:
            return top
        if last.validity is Validity.OPERATIVE:
            causes = tuple(dict.fromkeys((*top.causes, *last.causes)))
            return replace(top, causes=causes, segments=None, parent=None, fragile=False)
        if last.validity is not Validity.VOID or top.parent is None or not top.decided(at):
            return top
        top = replace(top.parent, causes=tuple(dict.fromkeys((*top.parent.causes, *last.causes))))
    return top


def _move(state: State, step: Step, move: Move, at: datetime, view: View) -> State:
    lots = list(state.lots)
    top = link(move.target, step.ref, step.strength, at, move.manner, None, step.segments, by_act=True)
    if top.segments is not None:
        top = replace(top, void_decided=view.void_decided(step.ref, SubjectId(move.asset)))
    lots, missing = _take(lots, _held_by(lots, move.source, move.right, at), move.amount, at, move.right, top)
    reports: list[NoRoom | Gap] = []
    if missing.positive:
        lots, missing = _from_void_root(lots, step, move, at, missing, top, reports)
    if missing.positive and not isinstance(move.source, Unknown):
        lots, missing = _from_unknown(lots, step, move, at, missing, top, reports)
    if missing.positive and step.strength is Strength.AUTHOR:
        lots, missing = _from_transcribed(lots, step, move, at, missing, top, reports)
    if missing.positive:
        met = tuple(dict.fromkeys(c for lot in lots for c in holder_of(lot, move.right, at)[0].causes))
        blocking = tuple(ref for ref in (state.changed.get(move.source),) if ref is not None)
        reports.append(NoRoom(step.ref, missing, tuple(dict.fromkeys((*blocking, *met)))))
    changed = dict(state.changed)
    if missing.below(move.amount):
        changed[move.source] = step.ref
        changed[move.target] = step.ref
    return State(tuple(lots), changed, tuple(reports), state.merged)


def _from_void_root(
    lots: list[Lot],
    step: Step,
    move: Move,
    at: datetime,
    missing: Share,
    top: Link,
    reports: list[NoRoom | Gap],
) -> tuple[list[Lot], Share]:
    """A transferor whose own title is void, disposing before that was decided: the disposal stands, its root is void."""
    wanted = []
    for index, lot in enumerate(lots):
        _, skipped = holder_of(lot, move.right, at)
        for above in skipped:
            segment = above.validity(at)
            if segment is None or segment.validity is not Validity.VOID or not _matches(move.source, above.holder):
                continue
            if not above.decided(at):
                wanted.append(index)
                break
    if not wanted:
        return lots, missing
    met = tuple(
        dict.fromkeys(c for i in wanted for above in holder_of(lots[i], move.right, at)[1] for c in above.causes)
    )
    lots, rest = _take(lots, wanted, missing, at, move.right, top)
    reports.append(
        Gap("root-of-title-void", step.ref, "the transferor's own title is void; this transfer stands on it", met)
    )
    return lots, rest


def _from_unknown(
    lots: list[Lot],
    step: Step,
    move: Move,
    at: datetime,
    missing: Share,
    top: Link,
    reports: list[NoRoom | Gap],
) -> tuple[list[Lot], Share]:
    """A named transferor, where the record names no holder: ignorance yields to the act that names one."""
    wanted = [i for i, lot in enumerate(lots) if isinstance(holder_of(lot, move.right, at)[0].holder, Unknown)]
    if not wanted:
        return lots, missing
    met = tuple(dict.fromkeys(c for i in wanted for c in holder_of(lots[i], move.right, at)[0].causes))
    lots, rest = _take(lots, wanted, missing, at, move.right, top)
    reports.append(
        Gap(
            "antecedent-not-on-record",
            step.ref,
            "how the transferor came to hold what it transfers is not on record",
            met,
        )
    )
    return lots, rest


def _from_transcribed(
    lots: list[Lot], step: Step, move: Move, at: datetime, missing: Share, top: Link, reports: list[NoRoom | Gap]
) -> tuple[list[Lot], Share]:
    """An author's act never fails against holdings that rest on transcriptions only: they give way, and the gap is told."""
    weak = [i for i, lot in enumerate(lots) if _weak(holder_of(lot, move.right, at)[0], move.target)]
    if not weak:
        return lots, missing
    met = tuple(dict.fromkeys(c for i in weak for c in holder_of(lots[i], move.right, at)[0].causes))
    holders = {holder_of(lots[i], move.right, at)[0].holder for i in weak}
    if len(holders) == 1:
        lots, rest = _take(lots, weak, missing, at, move.right, top)
    else:
        lots, rest = _squeeze(lots, weak, missing, move.right, top)
    reports.append(
        Gap(
            "transcription-displaced",
            step.ref,
            "holdings that rest on transcriptions only gave way to an author's act",
            met,
        )
    )
    return lots, rest


def _weak(decisive: Link, target: Holder) -> bool:
    return decisive.strongest is Strength.TRANSCRIBER and decisive.holder != target


def _squeeze(lots: list[Lot], weak: list[int], need: Share, right: Right, top: Link) -> tuple[list[Lot], Share]:
    """Take an amount from several holders without knowing from whom: each may keep all of its share or lose up to the amount."""
    total = NOTHING
    for index in weak:
        total = total.plus(lots[index].share)
    taken = total.smaller(need).counted(need.units_of)
    made = list(lots)
    for index in weak:
        share = lots[index].share
        made[index] = replace(
            lots[index], share=Share(max(Fraction(0), share.low - taken.high), share.high, share.units_of)
        )
    pattern = lots[weak[0]]
    made.append(replace(pattern, share=taken).with_chain(right, _stack(top, pattern.chain(right))))
    return made, need.minus(total)


def _declare(state: State, step: Step, declare: Declare, at: datetime) -> State:
    right = declare.right
    lots = list(state.lots)
    before = held(tuple(lots), right, at)
    if right is Right.TITLE:
        first = all(isinstance(h, Unknown) for h in before) and not any(
            holder_of(lot, right, at)[0].causes for lot in lots
        )
    else:
        first = all(lot.chain(right) is None for lot in lots)
    named = [p for p in declare.split if not isinstance(p.holder, Unknown)]
    unknown = [p for p in declare.split if isinstance(p.holder, Unknown)]
    differs = not first and any(before.get(p.holder, NOTHING) != _plain(p.share, before.get(p.holder)) for p in named)
    differs = differs or (not first and bool(set(before) - {p.holder for p in declare.split} - {UNKNOWN}))
    stronger = [lot for lot in lots if holder_of(lot, right, at)[0].strongest > step.strength]
    if differs and stronger and not first:
        met = tuple(dict.fromkeys(c for lot in stronger for c in holder_of(lot, right, at)[0].causes))
        gap = Gap(
            "sources-differ", step.ref, "a stronger record says otherwise; this declaration is shown, not applied", met
        )
        return State(state.lots, state.changed, (gap,))
    lots, yielded = _redistribute(lots, declare, named, unknown, step, at)
    reports: tuple[NoRoom | Gap, ...] = ()
    if differs and not yielded:
        met = tuple(dict.fromkeys(c for lot in state.lots for c in holder_of(lot, right, at)[0].causes))
        reports = (Gap("unexplained-difference", step.ref, "declared otherwise than the acts on record led to", met),)
    elif yielded:
        met = tuple(dict.fromkeys(c for lot in lots for c in holder_of(lot, right, at)[0].causes))
        reports = (Gap("ignorance-yields", step.ref, "declared unknown, but an act on record names the holder", met),)
    changed = {**state.changed, **{p.holder: step.ref for p in named}}
    return State(tuple(lots), changed, reports)


def _plain(share: Share, like: Share | None) -> Share:
    return share.counted(like.units_of if like is not None else None)


def _redistribute(
    lots: list[Lot], declare: Declare, named: list[Portion], unknown: list[Portion], step: Step, at: datetime
) -> tuple[list[Lot], bool]:
    """Lots that give each declared holder its share: lots it holds already first, so that chains of title survive."""
    right = declare.right
    if not all(p.share.exact for p in declare.split) or not all(lot.share.exact for lot in lots):
        return _restated(lots, declare, step, at), False
    free = list(lots)
    made: list[Lot] = []
    short: list[tuple[Portion, Share]] = []
    for portion in sorted(named, key=lambda p: str(p.holder)):
        need = portion.share
        own = [i for i, lot in enumerate(free) if holder_of(lot, right, at)[0].holder == portion.holder]
        for index in own:
            if need.empty:
                break
            lot = free[index]
            kept = lot.share if _fits(lot.share, need) else need
            free[index] = replace(lot, share=lot.share.minus(kept))
            need = need.minus(kept)
            made.append(
                _declared_onto(replace(lot, share=kept.counted(portion.share.units_of)), right, portion, step, at)
            )
        free = [lot for lot in free if not lot.share.empty]
        if not need.empty:
            short.append((portion, need))
    yielded = False
    for portion in unknown:
        need = portion.share
        for index, lot in enumerate(free):
            decisive = holder_of(lot, right, at)[0]
            if need.empty or not (decisive.by_act or _pending_act(lot, right)) or isinstance(decisive.holder, Unknown):
                continue
            kept = lot.share if _fits(lot.share, need) else need
            free[index] = replace(lot, share=lot.share.minus(kept))
            need = need.minus(kept)
            made.append(replace(lot, share=kept))
            yielded = True
        free = [lot for lot in free if not lot.share.empty]
        if not need.empty:
            short.append((portion, need))
    for portion, need in short:
        made += _fill(free, portion, need, right, step, at)
        free = [lot for lot in free if not lot.share.empty]
    return made, yielded


def _restated(lots: list[Lot], declare: Declare, step: Step, at: datetime) -> list[Lot]:
    """A split with ranges is what it says, lot by lot: taking shares out of uncertain lots would only widen them."""
    right = declare.right
    made = []
    for portion in declare.split:
        own = [lot for lot in lots if holder_of(lot, right, at)[0].holder == portion.holder]
        if len(own) == 1 and own[0].share == _plain(portion.share, own[0].share):
            made.append(own[0])
            continue
        top = link(portion.holder, step.ref, step.strength, at, portion.manner)
        if right is Right.TITLE:
            made.append(Lot(portion.share, top))
        else:
            root = own[0].title if len(own) == 1 else lots[0].title if len(lots) == 1 else _unnamed(lots, at)
            made.append(Lot(portion.share, root).with_chain(right, top))
    return made


def _unnamed(lots: list[Lot], at: datetime) -> Link:
    """A title whose place among several uncertain lots is not known: one of their holders."""
    holders = {holder_of(lot, Right.TITLE, at)[0].holder for lot in lots}
    parties = sorted(
        p for h in holders for p in (h.parties if isinstance(h, OneOf) else (h,) if isinstance(h, str) else ())
    )
    holder: Holder = OneOf(tuple(parties)) if len(parties) > 1 else parties[0] if parties else UNKNOWN
    return link(holder, None, Strength.TRANSCRIBER, at)


def _fits(share: Share, need: Share) -> bool:
    return share.within(need)


def _pending_act(lot: Lot, right: Right) -> bool:
    """Whether an act, even one not yet operative, names who this lot comes from."""
    chain = lot.chain(right) or lot.title
    return chain.by_act and chain.parent is not None


def _declared_onto(lot: Lot, right: Right, portion: Portion, step: Step, at: datetime) -> Lot:
    """A lot its holder keeps, confirmed: the declaration is noted as a cause where it is at least as strong."""
    chain = lot.chain(right)
    target = chain if chain is not None else lot.title
    if portion.manner != target.manner and portion.manner is not None:
        return lot.with_chain(
            right, _stack(link(portion.holder, step.ref, step.strength, at, portion.manner, None, None), target)
        )
    return lot


def _fill(free: list[Lot], portion: Portion, need: Share, right: Right, step: Step, at: datetime) -> list[Lot]:
    """Give a declared holder what is left of other lots; a declaration starts a new root of title."""
    made: list[Lot] = []
    top = link(portion.holder, step.ref, step.strength, at, portion.manner, None, None)
    for index, lot in enumerate(free):
        if need.empty:
            break
        taken = lot.share if _fits(lot.share, need) else need
        free[index] = replace(lot, share=lot.share.minus(taken))
        need = need.minus(taken)
        share = taken.counted(portion.share.units_of or taken.units_of)
        made.append(replace(lot, share=share).with_chain(right, top))
    if not need.empty and not need.exact:
        made.append(
            Lot(need, top) if right is Right.TITLE else replace(made[-1], share=need) if made else Lot(need, top)
        )
    return made


def _reunit(state: State, step: Step, reunit: Reunit, at: datetime) -> State:
    lots = list(state.lots)
    reports: list[NoRoom | Gap] = []
    gone = link(UNKNOWN, step.ref, step.strength, at)
    cancelled = Fraction(0)
    for portion in reunit.cancel:
        wanted = [
            i for i, lot in enumerate(lots) if _matches(portion.holder, holder_of(lot, Right.TITLE, at)[0].holder)
        ]
        spare = [i for i, lot in enumerate(lots) if isinstance(holder_of(lot, Right.TITLE, at)[0].holder, Unknown)]
        lots, missing = _take(lots, wanted or spare, portion.share, at, Right.TITLE, gone)
        cancelled += portion.share.high
        if missing.positive:
            met = tuple(dict.fromkeys(c for lot in lots for c in holder_of(lot, Right.TITLE, at)[0].causes))
            reports.append(NoRoom(step.ref, missing, met))
    issued = sum((p.share.high for p in reunit.issue), Fraction(0))
    kept = [lot for lot in lots if step.ref not in lot.title.causes]
    remaining = sum((lot.share.high for lot in kept), Fraction(0))
    of = next((p.share.units_of for p in reunit.issue if p.share.units_of), None)
    made = []
    if remaining and issued < 1:
        factor = (1 - issued) / remaining
        made = [replace(lot, share=lot.share.scaled(factor, of)) for lot in kept]
    for portion in reunit.issue:
        top = link(portion.holder, step.ref, step.strength, at, portion.manner, None, None, by_act=True)
        made.append(Lot(portion.share, top))
    total = sum((lot.share.high for lot in made), Fraction(0))
    if total < 1:
        made.append(Lot(exactly(1 - total), link(UNKNOWN, step.ref, step.strength, at)))
    changed = {**state.changed, **{p.holder: step.ref for p in (*reunit.cancel, *reunit.issue)}}
    changed |= {holder_of(lot, Right.TITLE, at)[0].holder: step.ref for lot in kept}
    return State(tuple(made), changed, tuple(reports))


def is_succession(effect: Effect, party: SubjectId) -> bool:
    """Whether by this effect all that a party holds passes to others."""
    return (
        isinstance(effect, Exist)
        and effect.op in ("merge", "succeed")
        and effect.subject == party
        and bool(effect.others)
    )


def _succeed(state: State, step: Step, exist: Exist, at: datetime) -> State:
    """All a party holds passes to its successor; to several, without a division stated, to one of them."""
    heirs = tuple(PartyId(other) for other in exist.others)
    heir: Holder = heirs[0] if len(heirs) == 1 else OneOf(tuple(sorted(heirs)))
    top = link(heir, step.ref, step.strength, at, None, None, step.segments, by_act=True)
    made = []
    touched = False
    for lot in state.lots:
        passed = lot
        for right in Right:
            chain = lot.chain(right)
            if chain is None:
                continue
            decisive, _ = resolve(chain, at)
            if decisive is not None and decisive.holder == exist.subject:
                passed = passed.with_chain(right, _stack(replace(top, manner=decisive.manner), chain))
                touched = True
        made.append(passed)
    changed = {**state.changed, heir: step.ref} if touched else state.changed
    return State(tuple(made), changed, ())


def _unknown_from(state: State, step: Step, void: Void, at: datetime) -> State:
    """An act that is not on record is void: who holds what it gave becomes unknown."""
    assert isinstance(void.target, Described), "only a described act reaches here"
    lots = list(state.lots)
    holder = void.target.holder
    top = link(UNKNOWN, step.ref, step.strength, at)
    made = []
    for lot in lots:
        decisive = holder_of(lot, void.target.right, at)[0]
        hit = holder is None or decisive.holder == holder
        made.append(lot.with_chain(void.target.right, _stack(top, lot.chain(void.target.right))) if hit else lot)
    gap = Gap("described-act-void", step.ref, f"an act that is not on record is void: {void.target.text}", ())
    return State(tuple(made), state.changed, (gap,))


def _merged(lots: tuple[Lot, ...], at: datetime) -> tuple[Lot, ...]:
    """Lots of one holder that nothing can disturb are one lot; done now and then, so that a long history stays fast."""
    alike: dict[object, list[Lot]] = {}
    made: list[Lot] = []
    for lot in lots:
        if lot.title.fragile:
            lot = replace(lot, title=settled_chain(lot.title, at))
        title, votes, economic = lot.title, lot.votes, lot.economic
        if title.fragile or (votes is not None and votes.fragile) or (economic is not None and economic.fragile):
            made.append(lot)
            continue
        own = (votes.holder if votes is not None else None, economic.holder if economic is not None else None)
        alike.setdefault((title.holder, title.manner, title.strongest, title.by_act, own), []).append(lot)
    return (*(_one(group) for group in alike.values()), *made)


def _one(lots: list[Lot]) -> Lot:
    """One lot for several that are alike; it keeps the causes that came last."""
    first = lots[0]
    if len(lots) == 1:
        return first
    share = first.share
    for lot in lots[1:]:
        share = share.plus(lot.share)
    causes = tuple(dict.fromkeys(c for lot in lots for c in lot.title.causes))[-_CAUSES_MAX:]
    return Lot(share, replace(first.title, causes=causes), first.votes, first.economic)


# --- reading the lots --------------------------------------------------------------------------------------------


def held(lots: tuple[Lot, ...], right: Right, at: datetime) -> dict[Holder, Share]:
    """What each holder holds of a right at a moment."""
    found: dict[Holder, Share] = {}
    for lot in lots:
        holder = holder_of(lot, right, at)[0].holder
        found[holder] = found[holder].plus(lot.share) if holder in found else lot.share
    return found
