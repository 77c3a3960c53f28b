"""The fold of the three rights in one asset: the lots after every step, and who holds what at a moment.

`TitleFold` keeps the state after every step (`transfers`) over the lots (`lots`): an act effective last costs one step, a backdated
one the steps after it. The fold is total: what finds no room is reported, never raised.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import datetime
from operator import itemgetter
from typing import Final

from domain.effects import Declare, Described, Effect, Exist, Move, Reunit, Void
from domain.filing import parties_of
from domain.identifiers import EffectRef, PartyId, StatementId, SubjectId
from domain.lots import INITIAL, Gap, Lot, NoRoom, State
from domain.periods import END
from domain.segments import Segment, Validity, first_operative
from domain.standing import View
from domain.transfers import Step, apply, disregarded, is_succession, joins
from domain.voids import misrecorded

Divided = Callable[[SubjectId], "TitleFold | None"]
"""The fold of an asset that was divided, whose holders its parts inherit."""
_NONE: Final = frozenset[EffectRef]()
"""No step left out: the full fold."""


class TitleFold:
    """The kept fold of one asset in one view.

    A declaration or a reunit that works only for a time cannot be undone in the chains of title: over the stretches in which it
    does not work, the fold without it answers, kept beside the first as a variant.
    """

    def __init__(self, view: View, asset: SubjectId, divided: Divided = lambda asset: None) -> None:
        self.view = view
        self.asset = asset
        self.steps: list[Step] = []
        self._variants: dict[frozenset[EffectRef], list[State]] = {_NONE: []}
        """States after each step, without the steps left out; each is folded as far as it was asked for."""
        self._passing: list[Step] = []
        """Steps that reset, and do not work for ever."""
        self._orders: list[tuple[datetime, int, int, int, StatementId, int]] = []
        self._refs: dict[EffectRef, Step] = {}
        self.parties: set[PartyId] = set()
        """Every party that a step names as a holder: whose succession, and whose freezes, matter to this asset."""
        self.add([ref for ref, _ in view.record.about(asset)], divided)

    # --- steps ---------------------------------------------------------------------------------------------------

    def add(self, refs: Iterable[EffectRef], divided: Divided) -> int:
        """Take in effects of the record, or take in again those whose standing changed. Returns how many steps were folded.

        `divided` is handed in each time: who keeps folds is not kept by them, and goes at once when it is let go of."""
        lowest = len(self.steps)
        fresh: list[Step] = []
        passing = False
        todo = list(refs)
        done: set[EffectRef] = set()
        while todo:
            ref = todo.pop()
            if ref in done:
                continue
            done.add(ref)
            old = self._refs.pop(ref, None)
            if old is not None:
                index = bisect_left(self._orders, old.order)
                del self.steps[index], self._orders[index]
                lowest = min(lowest, bisect_left(self._orders, old.key))
                passing = passing or old.passing
            step = self._step(ref, divided)
            if step is not None:
                self._refs[ref] = step
                fresh.append(step)
                passing = passing or step.passing
                todo += self._successions(step.effect, divided)
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
                order = step.order
                index = bisect_left(self._orders, order)
                self.steps.insert(index, step)
                self._orders.insert(index, order)
                lowest = min(lowest, index)
        if passing:
            self._passing = [step for step in self.steps if step.passing]
            left_out = {step.ref for step in self._passing}
            self._variants = {without: kept for without, kept in self._variants.items() if without <= left_out}
        return self._refold(lowest)

    def _successions(self, effect: Effect, divided: Divided) -> list[EffectRef]:
        """Successions of the parties an effect names for the first time: what they hold passes by operation of law."""
        found: list[EffectRef] = []
        named = parties_of(effect)
        if isinstance(effect, Exist) and self._is_part(effect):
            whole = divided(effect.subject)
            named = tuple(sorted(whole.parties)) if whole is not None else ()
        if isinstance(effect, Exist) and joins(effect):
            named = tuple(PartyId(name) for name in (effect.subject, *effect.others))
        for party in named:
            if party not in self.parties:
                self.parties.add(party)
                about = self.view.record.about(party)
                found += [ref for ref, other in about if is_succession(other, party) or joins(other)]
        return found

    def _step(self, ref: EffectRef, divided: Divided) -> Step | None:
        view = self.view
        effect = view.record.effect(ref)
        if isinstance(effect, (Declare, Move, Reunit)):
            pass
        elif isinstance(effect, Void):
            if not isinstance(effect.target, Described):
                return None
        elif isinstance(effect, Exist):
            heir = effect.subject in self.parties and is_succession(effect, effect.subject)
            heir = heir or (joins(effect) and not self.parties.isdisjoint((effect.subject, *effect.others)))
            if not heir and not self._is_part(effect):
                return None
        else:
            return None
        segments = view.settled(ref, self.asset)
        if not segments:
            return None
        operative = first_operative(segments)
        if operative is None:
            passes = isinstance(effect, (Move, Exist)) or (isinstance(effect, Reunit) and self._undone(segments))
            if not passes or misrecorded(view, ref, self.asset):
                return None
        strength = view.strength(view.record.act(ref.statement))
        start = view.start(ref)
        inherited: tuple[Lot, ...] = ()
        if not isinstance(effect, Move):
            if isinstance(effect, Void) and not isinstance(effect.time, str):
                start = view.void_start(ref, effect)
            elif operative is not None:
                start = self._turn(segments)
            if isinstance(effect, Exist) and self._is_part(effect):
                whole = divided(effect.subject)
                inherited = whole.lots_at(start) if whole is not None else ()
        key = (start, after_rank(view, ref, start), -strength)
        return Step(key, ref, effect, strength, segments, inherited)

    def _is_part(self, effect: Exist) -> bool:
        """Whether this asset is a part of what an effect divides."""
        return (
            effect.op == "divide"
            and effect.subject != self.asset
            and any(part.asset == self.asset for part in effect.parts)
        )

    @staticmethod
    def _turn(segments: tuple[Segment, ...]) -> datetime:
        """When what works at some time takes its place among the others: where it first works, or would but for a void. One that
        a void struck from its start, and that works again, is as old as it was."""
        return next(s.start for s in segments if s.validity in (Validity.OPERATIVE, Validity.VOID))

    @staticmethod
    def _undone(segments: tuple[Segment, ...]) -> bool:
        return any(s.validity is Validity.VOID for s in segments)

    def _refold(self, index: int) -> int:
        if index < len(self.steps):
            index = bisect_left(self._orders, self.steps[index].key)
        for states in self._variants.values():
            del states[index:]
        self._folded(_NONE, len(self.steps))
        return len(self.steps) - index

    def _folded(self, without: frozenset[EffectRef], count: int) -> list[State]:
        """The states of a variant, at least the first `count`; what it shares with the full fold is taken from there."""
        states = self._variants.get(without)
        if states is None:
            first = min(bisect_left(self._orders, step.key) for step in self._passing if step.ref in without)
            states = self._variants[without] = self._variants[_NONE][:first]
        steps = self.steps
        while len(states) < count:
            first = len(states)
            step, end = steps[first], first + 1
            while end < len(steps) and steps[end].key == step.key:
                end += 1
            before = states[-1] if states else INITIAL
            if end == first + 1 and step.ref not in without:
                states.append(apply(before, step, self.view))
                continue
            group = steps[first:end]
            for step in group:
                if step.ref in without:
                    before = disregarded(before, step, self.view)
                    states.append(before)
            kept = [step for step in group if step.ref not in without]
            states += self._fold_group(before, kept) if kept else []
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
        return self._folded(self._left_out(at), index)[index - 1] if index else INITIAL

    def _left_out(self, at: datetime) -> frozenset[EffectRef]:
        if not self._passing:
            return _NONE
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
            for state in self._folded(_NONE, len(self.steps)):
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
        key, steps = step.key, self.steps
        first = last = bisect_left(self._orders, key)
        while last < len(steps) and steps[last].key == key:
            last += 1
        found: list[NoRoom | Gap] = []
        for state in self._folded(self._left_out(key[0]), last)[first:last]:
            if state.reports:
                found += [report for report in state.reports if report.ref == ref]
        return tuple(found)


def _short(states: Iterable[State]) -> bool:
    return any(isinstance(report, NoRoom) for state in states for report in state.reports)


def after_rank(view: View, ref: EffectRef, start: datetime) -> int:
    """How many effects of the same moment an effect says it comes after."""
    anchor = view.record.started(ref)[2]
    if anchor is None:
        return 0
    rank = 0
    seen = {ref}
    while anchor is not None:
        act = view.record.find(anchor.statement)
        if anchor in seen or act is None or anchor.n > len(act.effects) or not view.holds(act):
            break
        if view.start(anchor) != start:
            break
        seen.add(anchor)
        rank += 1
        anchor = view.record.started(anchor)[2]
    return rank


def ordered(view: View, refs: Iterable[EffectRef], subject: SubjectId | None = None) -> list[EffectRef]:
    """Effects that stand at some time in the view, in the order of the law: start, `after`, strength, statement."""
    keyed = []
    for ref in refs:
        if not view.held(ref) or first_operative(view.settled(ref, subject)) is None:
            continue
        start = view.start(ref)
        strength = view.strength(view.record.act(ref.statement))
        keyed.append(((start, after_rank(view, ref, start), -strength, ref), ref))
    return [ref for _, ref in sorted(keyed)]
