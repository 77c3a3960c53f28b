"""A second reading of docs/law.md: slower, and written from the page, to be compared with `domain`.

It answers for one moment at a time. It cuts no segments: whether an effect stands at a moment is asked afresh,
and the lots of an asset are dealt out from nothing for every moment. Only identifiers, periods, shares, effects and acts are
shared with the code it checks. It covers title, votes, economic interest, the measures in force and the headline controller, in
records that leave no reading open; it does not know debts, permits as windows, proceedings or ranges in declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from domain.acts import CAPACITIES, Act, Strength
from domain.effects import (
    UNKNOWN,
    Admit,
    Alter,
    Declare,
    Effect,
    Exist,
    Family,
    Grip,
    Holder,
    Impose,
    Move,
    OneOf,
    Permit,
    Power,
    Proceed,
    Reunit,
    Right,
    Stake,
    State,
    Unknown,
    Void,
)
from domain.identifiers import EffectRef, Forum, PartyId, StatementId, SubjectId
from domain.measure_kinds import MEASURE_KINDS
from domain.periods import BEGINNING, END, When, day_end, day_of, start_bounds, until_bounds
from domain.reviews import REVERSALS
from domain.shares import Share, exactly
from tests.domain.builders import ZONES

NESTED_FROM = datetime(1000, 1, 2, tzinfo=BEGINNING.tzinfo)


class Beyond(Exception):
    """The record holds something this evaluator does not cover."""


@dataclass(frozen=True)
class Link:
    """A step in a chain: the holder, the effect it comes from (None: the beginning), whether an act or a declaration put it."""

    holder: Holder
    ref: EffectRef | None
    act: bool
    strength: Strength
    on: Link | None = None
    """The link it was built on: the highest one whose void, or what it fell with, was not decided by then."""
    home: bool = False
    """The right came back to the holder of title: it follows title again."""
    under: tuple[Link, ...] = ()
    """What a succession took the place of: it works only while that does."""


Chain = tuple[Link, ...]


@dataclass(frozen=True)
class Lot:
    share: Share
    chains: Mapping[Right, Chain]
    """From the bottom up; empty for a right that follows title."""

    def put(self, right: Right, chain: Chain) -> Lot:
        return replace(self, chains={**self.chains, right: chain})


class Evaluator:
    """One record, in the eyes of one forum (None: of the place of each asset at the moment asked)."""

    def __init__(
        self,
        acts: Sequence[Act],
        forum_of: Callable[[Act], Forum | None],
        nesting: Callable[[Forum, datetime], frozenset[Forum]],
        forum: Forum | None,
        asked: datetime = END,
    ) -> None:
        self.acts = acts
        self.by_id = {act.id: act for act in acts}
        self.forum_of = forum_of
        self.nesting = nesting
        self.forum = forum
        self.moment_asked = asked
        self.everything = [(EffectRef(a.id, n), e) for a in acts for n, e in enumerate(a.effects, 1)]
        self.grid = sorted({BEGINNING, *self._moments()})
        self.asked: dict[tuple[EffectRef, str, datetime], str] = {}
        self.answered: dict[tuple[EffectRef, Forum], list[tuple[datetime, str, datetime]]] = {}
        self.asking: set[EffectRef] = set()
        """Decisions whose force is being asked for: none hangs on itself."""
        self.dealt: dict[tuple[str, datetime], list[Lot]] = {}
        """Questions already answered, word for word; nothing is built on what was answered before."""

    def _moments(self) -> Iterator[datetime]:
        for ref, effect in self.everything:
            yield self.start(ref)
            dates = self.by_id[ref.statement].effective_of(effect)
            for until in (
                getattr(effect, "until", None),
                getattr(getattr(effect, "term", None), "until", None),
                dates.until,
            ):
                if until is not None:
                    yield until_bounds(until, dates.zone, ZONES)[0]
            if isinstance(effect, Void) and not isinstance(effect.time, str):
                yield self.moment(ref, effect.time)

    # --- small words -------------------------------------------------------------------------------------------------

    def effect(self, ref: EffectRef) -> Effect:
        return self.by_id[ref.statement].effects[ref.n - 1]

    def start(self, ref: EffectRef) -> datetime:
        dates = self.by_id[ref.statement].effective_of(self.effect(ref))
        early, late = start_bounds(dates.start, dates.zone, ZONES)
        if early != late:
            raise Beyond("an uncertain date")
        return early

    def moment(self, ref: EffectRef, stated: When) -> datetime:
        return start_bounds(stated, self.by_id[ref.statement].effective_of(self.effect(ref)).zone, ZONES)[0]

    def strength(self, act: Act) -> Strength:
        confirmed = any(
            isinstance(e, State)
            and e.kind == "confirmation"
            and EffectRef(act.id, 0) in e.about
            and self.by_id[r.statement].actor == act.actor
            and Strength.AUTHOR in {CAPACITIES[s.capacity] for s in self.by_id[r.statement].signers}
            and not self.taken_back(r)
            for r, e in self.everything
        )
        return Strength.AUTHOR if confirmed else max(CAPACITIES[s.capacity] for s in act.signers)

    def taken_back(self, ref: EffectRef) -> bool:
        return any(
            isinstance(e, Void)
            and e.ground in ("error", "retraction")
            and e.target in (ref, EffectRef(ref.statement, 0))
            and not self.taken_back(r)
            for r, e in self.everything
        )

    def place(self, asset: str, t: datetime) -> Forum | None:
        """Rule 3: where an asset lies at a moment: as said by the last registration that has started; before all, by the first."""
        said: list[tuple[datetime, Strength, EffectRef, Forum]] = []
        for ref, e in self.everything:
            if not isinstance(e, Exist) or e.op != "register" or e.subject != asset or e.place is None:
                continue
            if not self.taken_back(ref):
                said.append((self.start(ref), self.strength(self.by_id[ref.statement]), ref, e.place))
        if not said:
            return None
        reached = [item for item in said if item[0] <= t] or [item for item in said if item[0] == min(said)[0]]
        return max(reached)[3]

    def then(self, act: Act) -> datetime:
        """The moment by whose place an act is judged."""
        return self.start(EffectRef(act.id, 1))

    # --- rule 2: records of one act ------------------------------------------------------------------------------------

    def group(self, act: Act) -> list[Act]:
        """All records of the act this is a record of."""
        root = act
        while root.records is not None and root.records in self.by_id:
            root = self.by_id[root.records]
        found = [root]
        for member in found:
            found += [other for other in self.acts if other.records == member.id]
        return found

    def speaks(self, act: Act) -> bool:
        members = self.group(act)
        if len(members) == 1:
            return True
        members = [m for m in members if not self._withdrawn(m)]
        best = [m for m in members if self.strength(m) == max(self.strength(x) for x in members)]
        said = {(repr(m.effects) + repr(m.effective)).replace(m.id, "") for m in best}
        if len(said) > 1:
            raise Beyond("sources differ")
        return bool(best) and act.id == min(m.id for m in best)

    def _withdrawn(self, act: Act) -> bool:
        return any(
            isinstance(e, Void)
            and e.ground in ("error", "retraction")
            and e.target == EffectRef(act.id, 0)
            and self.speaks(self.by_id[r.statement])
            and any(self.standing(r, None, t) == "operative" for t in self.grid)
            for r, e in self.everything
        )

    def names(self, ref: EffectRef) -> set[EffectRef]:
        """Rules 2 and 8: the names an effect goes by: in each record of its act, and of what it takes the place of."""
        act = self.by_id[ref.statement]
        upward: list[StatementId] = []
        parent = act.records
        while parent is not None:
            upward.append(parent)
            parent = self.by_id[parent].records if parent in self.by_id else None
        downward = [act.id]
        for member in downward:
            downward += [other.id for other in self.acts if other.records == member]
        found = {EffectRef(s, ref.n) for s in (*upward, *downward)}
        kind = type(self.effect(ref))
        if _corrects(self.effect(ref)):
            return found  # what corrects takes the place of nothing
        mine = [n for n, e in enumerate(act.effects, 1) if type(e) is kind and not _corrects(e)]
        wrong: list[EffectRef] = []
        for e in act.effects:
            if isinstance(e, Void) and e.ground == "error" and isinstance(e.target, EffectRef):
                target = self.by_id[e.target.statement]
                numbers = [e.target.n] if e.target.n else range(1, len(target.effects) + 1)
                wrong += [EffectRef(target.id, n) for n in numbers if _stated_as(target.effects[n - 1], kind)]
        place = mine.index(ref.n)
        return found | (self.names(wrong[place]) if place < len(wrong) else set())

    def meant(self, named: EffectRef | None, ref: EffectRef) -> bool:
        """Whether a reference means this effect, or the whole of its statement."""
        return named is not None and any(named in (n, EffectRef(n.statement, 0)) for n in self.names(ref))

    # --- rule 3: forums ------------------------------------------------------------------------------------------------

    def home(self, act: Act, asset: str | None) -> Forum | None:
        for e in act.effects:
            if isinstance(e, Proceed | Admit):
                return e.forum
        own = self.forum_of(act)
        if own is not None:
            return own
        for subject in ([asset] if asset else []) + [s for s in act.subjects if s.startswith("asset:")]:
            place = self.place(subject, self.then(act))
            if place is not None:
                return place
        return None

    def applies(self, ref: EffectRef, asset: str | None, t: datetime) -> bool:
        """Whether the forum applies an effect concerning an asset at a moment of legal time."""
        act = self.by_id[ref.statement]
        home = self.home(act, asset)
        place = self.place(asset, self.then(act)) if asset else None
        forum = self.forum or (self.place(asset, self.moment_asked) if asset else None)
        if home is None or forum is None:
            return True
        return self._taken(ref, home, forum, place, t)

    def _taken(self, ref: EffectRef, home: Forum, forum: Forum, place: Forum | None, t: datetime) -> bool:
        answers = self._answers(ref, forum)
        for start, kind, over in answers:
            if kind == "refused" and over != END and start <= t < over:
                return False  # a refusal that was undone later, while it stood
        answers = [a for a in answers if a[1] != "refused" or a[2] == END]
        last = answers[-1][1] if answers else None
        if last == "refused":
            begin = self._run(answers[:-1])
            return begin is not None and begin <= t < answers[-1][0]
        anyway = home == forum or home in self.nesting(forum, max(self.start(EffectRef(ref.statement, 1)), NESTED_FROM))
        by_place = not anyway and place is not None and place != forum
        if last is None:
            return anyway or (by_place and self._taken(ref, home, place, None, t))  # type: ignore[arg-type]  # not None
        if last == "withdrawn":
            silent = anyway or (by_place and self._ever(ref, home, place))
            if silent:
                return anyway or self._taken(ref, home, place, None, t)  # type: ignore[arg-type]  # not None
            begin = self._run(answers[:-1])
            return begin is not None and begin <= t < answers[-1][0]
        if anyway or (by_place and all(self._taken(ref, home, place, None, g) for g in self.grid)):  # type: ignore[arg-type]
            return True
        begin = self._run(answers)
        return begin is not None and begin <= t < max(end for _, kind, end in answers if kind == "recognised")

    def _ever(self, ref: EffectRef, home: Forum, place: Forum | None) -> bool:
        assert place is not None
        return any(self._taken(ref, home, place, None, g) for g in self.grid)

    @staticmethod
    def _run(answers: list[tuple[datetime, str, datetime]]) -> datetime | None:
        begin = None
        for start, kind, _ in reversed(answers):
            if kind != "recognised":
                break
            begin = start
        return begin

    def _answers(self, named: EffectRef, forum: Forum) -> list[tuple[datetime, str, datetime]]:
        key = (named, forum)
        if key not in self.answered:
            self.answered[key] = self._asked_answers(named, forum)
        return self.answered[key]

    def _asked_answers(self, named: EffectRef, forum: Forum) -> list[tuple[datetime, str, datetime]]:
        """What a forum said of an effect: of itself, of its statement, or of the decision that ordered it."""
        found = []
        decision = self._decision(named)
        asked = [named] if decision is None else [named, decision]
        for ref, e in self.everything:
            if not isinstance(e, Admit) or e.answer in ("filed", "stayed") or e.target is None:
                continue
            if not any(self.meant(e.target, one) for one in asked):
                continue
            nested = self.nesting(forum, max(self.start(ref), NESTED_FROM))
            if (forum != e.forum and e.forum not in nested) or not self.speaks(self.by_id[ref.statement]):
                continue
            works = [t for t in self.grid if self.standing(ref, None, t) == "operative"]
            if not works:
                continue
            over = next((t for t in self.grid if t > works[0] and t not in works), END)
            found.append((works[0], ref, e.answer, over))
        return [(start, answer, over) for start, _, answer, over in sorted(found)]

    # --- rules 4 to 9: how an effect stands at a moment ------------------------------------------------------------------

    def stands(self, ref: EffectRef, asset: str | None, t: datetime) -> bool:
        here = _corrects(self.effect(ref)) or self.applies(ref, asset, t)
        return self.speaks(self.by_id[ref.statement]) and here and self.standing(ref, asset, t) == "operative"

    def there(self, ref: EffectRef, asset: str | None) -> bool:
        """Whether an effect is anything to this forum at any time, also only as pending or void."""
        return self.speaks(self.by_id[ref.statement]) and any(self.applies(ref, asset, t) for t in self.grid)

    def standing(self, ref: EffectRef, asset: str | None, t: datetime) -> str:
        key = (ref, asset or "", t)
        if key not in self.asked:
            self.asked[key] = self._standing(ref, asset, t)
        return self.asked[key]

    def _standing(self, ref: EffectRef, asset: str | None, t: datetime) -> str:
        if t < self.start(ref):
            return "not yet"
        for void_ref, e in self.everything:
            if isinstance(e, Void) and self._strikes(void_ref, e, ref, asset, t):
                return "void"
        effect = self.effect(ref)
        dates = self.by_id[ref.statement].effective_of(effect)
        if self._for_a_term(effect) and t >= until_bounds(dates.until, dates.zone, ZONES)[0]:
            return "ended"
        breach = self._breach(ref, effect) if isinstance(effect, Move | Reunit) else None
        if breach == "void":
            return "void"
        if breach == "pending" or not self._condition_met(ref, effect, asset, t):
            return "pending"
        if not isinstance(effect, Proceed | State) and not _corrects(effect):
            decision = self._decision(ref)
            if decision is not None and self._held_up(decision, t, asset, ref):
                return "pending"
        return "operative"

    @staticmethod
    def _for_a_term(effect: Effect) -> bool:
        """Rule 4: whether what an effect does ends with the `until` of its dates."""
        if isinstance(effect, Permit):
            return effect.op == "granted"
        if isinstance(effect, Alter):
            return effect.op in ("assign", "limit", "powers", "rank", "suspend")
        return isinstance(effect, Declare | Move | Void | Admit)

    def _decision(self, ref: EffectRef) -> EffectRef | None:
        act = self.by_id[ref.statement]
        found = (n for n, e in enumerate(act.effects, 1) if isinstance(e, Proceed) and e.decision is not None)
        return next((EffectRef(act.id, n) for n in found), None)

    def _bears(self, ref: EffectRef, step: EffectRef, asset: str | None) -> bool:
        """Rule 6: whether a step bears on a decision, or on a step on it, here: one of its own order or of one above that; one of
        another order where this forum, or the place of the asset then, applies what is at home there."""
        mine, own = self.effect(step), self.effect(ref)
        assert isinstance(mine, Proceed)
        assert isinstance(own, Proceed)
        here = [own.forum, self.forum]
        if asset is not None:
            here += [self.place(asset, self.moment_asked), self.place(asset, self.then(self.by_id[step.statement]))]
        at = max(self.start(step), NESTED_FROM)
        return any(f is not None and (f == mine.forum or mine.forum in self.nesting(f, at)) for f in here)

    def _condition_met(self, ref: EffectRef, effect: Effect, asset: str | None, t: datetime) -> bool:
        pending = effect.pending if isinstance(effect, Move | Reunit | Impose) else None
        if pending is None:
            return True
        met: list[datetime] = []
        if pending.on == "final":
            decision = self._decision(ref)
            final = self._final(decision, asset, ref) if decision is not None else None
            met = [final] if final is not None else []
        for other, e in self.everything:
            permit = (
                isinstance(e, Permit)
                and e.op == "granted"
                and pending.on == "permit"
                and (self.meant(e.transaction, ref) or self._performed(effect, e.transaction))
                and not self._never_good(other, asset)
            )
            done = (
                isinstance(e, Alter) and e.op == "fulfil" and pending.on == "fulfilled" and self.meant(e.measure, ref)
            )
            if permit or done:
                met += [g for g in self.grid if self.stands(other, asset, g)][:1]
        return bool(met) and (pending.retroactive or min(met) <= t)

    def _performed(self, effect: Effect, transaction: EffectRef | None) -> bool:
        """Whether a transfer completes what a permit was given for."""
        if not isinstance(effect, Move) or transaction is None:
            return False
        return any(
            p == transaction or (p.statement == transaction.statement and 0 in (p.n, transaction.n))
            for p in effect.performs
        )

    def _never_good(self, permit: EffectRef, asset: str | None) -> bool:
        """Whether a permit was revoked from its start, or no later: it was good for no moment (rule 19)."""
        for other, e in self.everything:
            if not isinstance(e, Permit) or e.op != "revoked" or not self.meant(e.of, permit):
                continue
            if not any(self.stands(other, asset, g) for g in self.grid):
                continue
            if e.time == "unstated":
                raise Beyond("a time read both ways")
            if e.time == "own" or (e.time in (None, "judgment") and self.start(other) <= self.start(permit)):
                return True
            if e.time is not None and not isinstance(e.time, str) and self.moment(other, e.time) <= self.start(permit):
                return True
        return False

    def _final(self, decision: EffectRef, asset: str | None, head: EffectRef) -> datetime | None:
        """Since when a decision is final for good."""
        lasting = [
            run[0]
            for step in self._making_final(decision, asset, head)
            if (run := self._runs(step)) and run[-1] == self.grid[-1]
        ]
        return min(lasting, default=None)

    def _making_final(
        self, decision: EffectRef, asset: str | None, head: EffectRef | None, below: tuple[EffectRef, ...] = ()
    ) -> list[EffectRef]:
        """The steps that make a decision final: on it, on its proceeding, or on a decision that upheld it."""
        step = self.effect(decision)
        assert isinstance(step, Proceed)
        found: list[EffectRef] = []
        for ref, e in self.everything:
            if not isinstance(e, Proceed) or ref in (decision, *below) or not self.speaks(self.by_id[ref.statement]):
                continue
            reviews = _reviewed(e) in self.names(decision)
            if reviews and self._undoes(ref, e):
                continue
            if not self._bears(decision, ref, asset) or not self._is_of(e, decision, head):
                continue
            if e.stage == "final" and (e.on in self.names(decision) or reviews):
                found.append(ref)
            elif reviews and self._runs(ref):
                found += self._making_final(ref, asset, None, (*below, decision))
            elif e.stage == "final" and e.on is None and e.proceeding == step.proceeding and e.forum == step.forum:
                if self.start(ref) >= self.start(decision) and not self._gone_by(decision, self.start(ref)):
                    found.append(ref)
        return found

    def _undoes(self, ref: EffectRef, e: Proceed) -> bool:
        """Whether a review, or a remand, undoes the decision: not where its statement voids single orders of it only."""
        if e.stage != "remanded" and (e.decision is None or e.decision.outcome not in REVERSALS):
            return False
        undone = _reviewed(e) or e.on
        if undone is None:
            return False
        voided = self._voided_of(ref, undone)
        return not voided or any(not v.n or isinstance(self.effect(v), Proceed) for v in voided)

    def _voided_of(self, ref: EffectRef, undone: EffectRef) -> list[EffectRef]:
        statements = {undone.statement} | ({n.statement for n in self.names(undone)} if undone.n else set())
        targets = [e.target for e in self.by_id[ref.statement].effects if isinstance(e, Void)]
        return [v for v in targets if isinstance(v, EffectRef) and v.statement in statements]

    def _gone_by(self, decision: EffectRef, at: datetime) -> bool:
        """Whether a decision had been undone on review by a moment, and what undid it stood then."""
        for ref, e in self.everything:
            if not isinstance(e, Proceed) or not self.speaks(self.by_id[ref.statement]):
                continue
            undone = (_reviewed(e) or e.on) if e.stage == "remanded" else _reviewed(e)
            if undone in self.names(decision) and self._undoes(ref, e) and self.start(ref) <= at:
                if self._runs(ref):
                    raise Beyond("a proceeding that became final after a decision of it was undone")
        return False

    def _runs(self, step: EffectRef) -> list[datetime]:
        """The moments of the last stretch over which a step of a proceeding stands. Of one about the whole proceeding only a
        correction is asked."""
        e = self.effect(step)
        assert isinstance(e, Proceed)
        if e.on is None and _reviewed(e) is None:
            return [] if self._corrected(step) else [g for g in self.grid if g >= self.start(step)]
        works = [g for g in self.grid if self.standing(step, None, g) == "operative"]
        gaps = [i for i, g in enumerate(self.grid) if works and g < works[-1] and g not in works]
        return [g for g in works if not gaps or g > self.grid[gaps[-1]]]

    def _corrected(self, step: EffectRef) -> bool:
        return any(
            _corrects(e)
            and isinstance(e, Void)
            and e.target in (step, EffectRef(step.statement, 0))
            and self.speaks(self.by_id[r.statement])
            and any(self.standing(r, None, g) == "operative" for g in self.grid)
            for r, e in self.everything
        )

    def _is_of(self, e: Proceed, decision: EffectRef, head: EffectRef | None) -> bool:
        """Whether a step on a decision is of one thing it orders: where it concerns some of them, of these; the whole is not final
        because some of it is."""
        statements = {n.statement for n in self.names(decision)}
        some = [c for c in e.concerns if isinstance(c, EffectRef) and c.n and c.statement in statements]
        some = [c for c in some if not isinstance(self.effect(c), Proceed)]
        if head is None:
            return not some or e.stage != "final"
        return not some or any(c in self.names(head) for c in some)

    def _final_now(self, decision: EffectRef, t: datetime, asset: str | None, head: EffectRef | None) -> bool:
        for step in self._making_final(decision, asset, head):
            e = self.effect(step)
            assert isinstance(e, Proceed)
            if t < self.start(step):
                continue
            if e.on is None and _reviewed(e) is None:
                if not self._corrected(step):
                    return True
            elif self.standing(step, None, t) == "operative":
                return True
        return False

    def _held_up(self, decision: EffectRef, t: datetime, asset: str | None, head: EffectRef | None = None) -> set[str]:
        """What keeps a decision from being in force at a moment: that it is not final, an appeal or a stay."""
        if decision in self.asking:
            return set()
        self.asking.add(decision)
        try:
            return self._keeping(decision, t, asset, head)
        finally:
            self.asking.discard(decision)

    def _keeping(self, decision: EffectRef, t: datetime, asset: str | None, head: EffectRef | None) -> set[str]:
        step = self.effect(decision)
        assert isinstance(step, Proceed)
        assert step.decision is not None
        found = (
            {"not final"}
            if step.decision.force == "on_finality" and not self._final_now(decision, t, asset, head)
            else set()
        )
        for ref, e in self.everything:
            if not isinstance(e, Proceed) or ref == decision or not self.speaks(self.by_id[ref.statement]):
                continue
            if not self._bears(decision, ref, asset) or not self._is_of(e, decision, head):
                continue
            undone = (_reviewed(e) or e.on) if e.stage == "remanded" else _reviewed(e)
            if undone and self.meant(undone, decision) and self._undoes(ref, e) and not self._voided_of(ref, undone):
                raise Beyond("a review that undoes without a void")
            if e.decision is not None and self.meant(_reviewed(e), decision) and not self._undoes(ref, e):
                if _reviewed(e) in self.names(decision) and self.standing(ref, None, t) == "operative":
                    above = self._held_up(ref, t, asset)
                    if "suspended" in above or (above and self._was_suspended(decision, self.start(ref), asset)):
                        found.add("suspended")
            if not self._suspends(decision, e) or self.standing(ref, None, t) != "operative":
                continue
            here = max(g for g in self.grid if g <= t)
            begin = here
            for g in reversed([g for g in self.grid if g < here]):
                if self.standing(ref, None, g) != "operative":
                    break
                begin = g
            if t < self._suspended_until(decision, ref, e, begin, asset):
                found.add("suspended")
        return found

    def _suspends(self, decision: EffectRef, e: Proceed) -> bool:
        step = self.effect(decision)
        assert isinstance(step, Proceed)
        assert step.decision is not None
        if e.on is None:
            return False
        if not any(e.on in (n, EffectRef(n.statement, 0)) for n in self.names(decision)) and not self._named(
            e, decision
        ):
            return False
        weighty = e.suspensive or step.decision.force == "suspended_by_appeal"
        return e.stage == "stayed" or (e.stage == "appealed" and weighty)

    def _was_suspended(self, decision: EffectRef, at: datetime, asset: str | None) -> bool:
        return any(
            isinstance(e, Proceed)
            and self._suspends(decision, e)
            and self._bears(decision, r, asset)
            and self.speaks(self.by_id[r.statement])
            and self.standing(r, None, at) == "operative"
            for r, e in self.everything
        )

    def _named(self, e: Proceed, decision: EffectRef) -> bool:
        return any(isinstance(c, EffectRef) and self.meant(c, decision) for c in e.concerns)

    def _suspended_until(
        self, decision: EffectRef, by: EffectRef, step: Proceed, begin: datetime, asset: str | None
    ) -> datetime:
        dates = self.by_id[by.statement].effective_of(step)
        ends = [until_bounds(step.until, dates.zone, ZONES)[0]] if step.until is not None else []
        both = self.names(decision) | self.names(by)
        for ref, e in self.everything:
            if not isinstance(e, Proceed) or ref in both or not self.speaks(self.by_id[ref.statement]):
                continue
            loose = e.on is None and e.proceeding == step.proceeding and e.forum == step.forum
            aimed = any(x is not None and (self.meant(x, decision) or self.meant(x, by)) for x in (e.on, _reviewed(e)))
            if not loose and not (aimed and (self._bears(decision, ref, asset) or self._bears(by, ref, asset))):
                continue
            if _reviewed(e) in both or e.stage in ("resumed", "final", "withdrawn", "settled"):
                if self.start(ref) >= begin and self._runs(ref):
                    ends.append(self.start(ref))
        return min(ends, default=END)

    def _breach(self, ref: EffectRef, move: Move | Reunit) -> str | None:
        """What the measures it was recorded despite make of a transfer or a change of capital, where they stood at its start."""
        found: set[str] = set()
        for item in self.by_id[ref.statement].despite:
            if item.statement is None or item.rule.split(".")[0] not in ("restriction", "limit", "measure"):
                continue
            for n, e in enumerate(self.by_id[item.statement].effects, 1):
                if isinstance(e, Impose) and e.sanction in ("void", "pending"):
                    if self.stands(EffectRef(item.statement, n), move.asset, self.start(ref)):
                        found.add(e.sanction)
        return max(found, default=None)

    def _strikes(self, void_ref: EffectRef, void: Void, ref: EffectRef, asset: str | None, t: datetime) -> bool:
        if not isinstance(void.target, EffectRef):
            return False
        if not self._hits(void, ref) and not self._corrects_since(void_ref, void, ref):
            return False
        if not self.speaks(self.by_id[void_ref.statement]):
            return False
        decision = self._decision(ref)
        if _corrects(self.effect(ref)) and decision is not None and not _corrects(void):
            if void.target not in self.names(ref):
                return False  # a correction is nothing that the decision beside it ordered
        if isinstance(self.effect(ref), Void) or (decision is not None and decision != ref):
            if void.consequence in ("suspense", "unstated"):
                raise Beyond("a consequence read both ways")
            if void.consequence == "stays":
                return False
        begin = self._void_begins(void_ref, void, ref, asset)
        if begin is None or t < begin:
            return False
        working = [g for g in self.grid if self.stands(void_ref, asset, g)]
        here = max(g for g in self.grid if g <= t)
        return here in working or (here < working[0] and not self._came_late(void_ref, asset, working[0]))

    def _came_late(self, void_ref: EffectRef, asset: str | None, first: datetime) -> bool:
        """Whether the void was there before it first worked, and something other than a condition kept it from working."""
        before = [g for g in self.grid if self.start(void_ref) <= g < first]
        return any(
            not self.applies(void_ref, asset, g) or self.standing(void_ref, asset, g) != "pending" for g in before
        )

    def _void_begins(self, void_ref: EffectRef, void: Void, ref: EffectRef, asset: str | None) -> datetime | None:
        working = [g for g in self.grid if self.stands(void_ref, asset, g)]
        if not working:
            return None
        if void.time == "unstated":
            raise Beyond("a time read both ways")
        first = working[0]
        if void.time == "judgment":
            return first
        stated = self.start(ref) if isinstance(void.time, str) else self.moment(void_ref, void.time)
        return max(stated, first) if self._came_late(void_ref, asset, first) else stated

    def _hits(self, void: Void, ref: EffectRef) -> bool:
        """Rule 7: its target, its statement, or the decision it rests on; rule 8: a correction hits only the record it names."""
        target = void.target
        assert isinstance(target, EffectRef)
        decision = self._decision(ref)
        aims = set(self.names(ref))
        if decision is not None and not isinstance(self.effect(ref), Proceed | State):
            aims |= self.names(decision)
        if void.ground in ("error", "retraction"):
            aims = {a for a in aims if a.statement == ref.statement}
        if decision is not None and target.n == 0:
            aims |= {a for a in self.names(decision) if void.ground == "annulment" or a.statement == ref.statement}
        return any(target in (a, EffectRef(a.statement, 0)) for a in aims)

    def _corrects_since(self, void_ref: EffectRef, void: Void, ref: EffectRef) -> bool:
        """Rule 8: whether a correction replaces what an earlier one, taken back since, had put in the place of this record."""
        if void.ground != "error" or not isinstance(void.target, EffectRef) or void_ref.statement == ref.statement:
            return False
        for first, e in self.everything:
            if not isinstance(e, Void) or e.ground != "error" or first.statement == void_ref.statement:
                continue
            if not self._hits(e, ref) or any(self.stands(first, None, g) for g in self.grid):
                continue
            heirs = [r for r, _ in self.everything if r.statement == first.statement and ref in self.names(r)]
            places = [r for r, _ in self.everything if r.statement == void_ref.statement]
            if any(self.meant(void.target, h) and any(h in self.names(p) for p in places) for h in heirs):
                return True
        return False

    # --- rules 10 to 16: rights ------------------------------------------------------------------------------------------

    def split(self, asset: str, right: Right, t: datetime) -> dict[Holder, Share]:
        found: dict[Holder, Share] = {}
        if (asset, t) not in self.dealt:
            self.dealt[asset, t] = self.lots(asset, t)
        for lot in self.dealt[asset, t]:
            holder = self.holder(lot, right, asset, t)[0].holder
            found[holder] = found[holder].plus(lot.share) if holder in found else lot.share
        return found

    def lots(self, asset: str, t: datetime) -> list[Lot]:
        """The lots at a moment, dealt out from the beginning."""
        lots = [Lot(exactly(Fraction(1)), {Right.TITLE: (Link(UNKNOWN, None, False, Strength.TRANSCRIBER),)})]
        steps = [s for s in self._steps(asset) if s[0][0] <= t]
        for group in _by_moment(steps):
            lots = self._group(lots, group, asset, t)
        return lots

    def _steps(self, asset: str) -> list[tuple[tuple[datetime, int, int, bool, str, int], EffectRef]]:
        parties = self._parties(asset)
        found = []
        for ref, e in self.everything:
            mine = isinstance(e, Declare | Move | Reunit) and e.asset == asset
            passes = isinstance(e, Exist) and e.op in ("merge", "succeed") and e.subject in parties
            if isinstance(e, Exist) and e.op == "divide":
                raise Beyond("a division")
            if isinstance(e, Void) and not isinstance(e.target, EffectRef):
                raise Beyond("a void by description")
            if not (mine or passes) or not self.there(ref, asset):
                continue
            works = [g for g in self.grid if self.stands(ref, asset, g)]
            if not works and (not isinstance(e, Move | Exist) or self._recorded_wrongly(ref, asset)):
                continue
            start = self._takes_its_place(ref, asset) if works and not isinstance(e, Move) else self.start(ref)
            strength = self.strength(self.by_id[ref.statement])
            if self.by_id[ref.statement].effective_of(e).after is not None:
                raise Beyond("after")
            found.append(((start, 0, -strength, isinstance(e, Move | Exist), ref.statement, ref.n), ref))
        return sorted(found)

    def _takes_its_place(self, ref: EffectRef, asset: str) -> datetime:
        """Rule 10: where it first works; what a void struck from there, and that works again, keeps its place."""
        here = (g for g in self.grid if self.applies(ref, asset, g))
        return next(g for g in here if self.standing(ref, asset, g) in ("operative", "void"))

    def _parties(self, asset: str) -> set[str]:
        found: set[str] = set()
        for _, e in self.everything:
            if isinstance(e, Declare) and e.asset == asset:
                found |= {p.holder for p in e.split if isinstance(p.holder, str)}
            if isinstance(e, Move) and e.asset == asset:
                found |= {h for h in (e.source, e.target) if isinstance(h, str)}
            if isinstance(e, Reunit) and e.asset == asset:
                found |= {p.holder for p in (*e.cancel, *e.issue) if isinstance(p.holder, str)}
        while True:
            more = {
                o for _, e in self.everything if isinstance(e, Exist) and e.op in ("merge", "succeed") and e.subject in found
                for o in e.others
            }  # fmt: skip
            if more <= found:
                return found
            found |= more

    def _recorded_wrongly(self, ref: EffectRef, asset: str) -> bool:
        return any(
            isinstance(e, Void)
            and e.ground in ("error", "retraction")
            and any(self._strikes(r, e, ref, asset, g) for g in self.grid)
            for r, e in self.everything
        )

    def _group(self, lots: list[Lot], group: list[EffectRef], asset: str, t: datetime) -> list[Lot]:
        """Acts of one moment that nothing ranks; only an order in which all find room is covered here."""
        kept = [r for r in group if isinstance(self.effect(r), Move | Exist) or self.stands(r, asset, t)]
        plain, told = self._apply_all(lots, kept, asset)
        statements = list(dict.fromkeys(r.statement for r in kept))
        if len(statements) < 2 or not told:
            return plain
        left, state, short = statements, lots, False
        while left:
            tries = [(s, self._apply_all(state, [r for r in kept if r.statement == s], asset)) for s in left]
            best = next((x for x in tries if not x[1][1]), tries[0])
            left = [s for s in left if s != best[0]]
            state = best[1][0]
            short = short or "no room" in best[1][1]
        if short:
            raise Beyond("acts of one moment conflict")
        return state

    def _apply_all(self, lots: list[Lot], refs: list[EffectRef], asset: str) -> tuple[list[Lot], list[str]]:
        told: list[str] = []
        for ref in refs:
            effect = self.effect(ref)
            match effect:
                case Move():
                    lots = self._move(lots, ref, effect, asset, told)
                case Declare():
                    lots = self._declare(lots, ref, effect, asset, told)
                case Reunit():
                    lots = self._reunit(lots, ref, effect, asset, told)
                case Exist():
                    lots = self._succeed(lots, ref, effect, asset)
                case _:
                    raise AssertionError(effect)
        return lots, told

    # one lot

    def _alive(self, link: Link, asset: str, t: datetime) -> bool:
        own = link.ref is None or not link.act or self.stands(link.ref, asset, t)
        return own and all(self._alive(below, asset, t) for below in link.under)

    def _how(self, link: Link, asset: str, t: datetime) -> str:
        """How a link stands: as its act does, and, where that works, as what it took the place of."""
        if link.ref is None or not link.act:
            return "operative"
        own = self.standing(link.ref, asset, t)
        if own == "void":
            return own
        return next((how for below in link.under if (how := self._how(below, asset, t)) == "void"), own)

    def _fallen(self, link: Link, asset: str, t: datetime) -> bool:
        """Whether a link is void with its dependants at a moment."""
        return (
            link.ref is not None
            and link.act
            and any(
                isinstance(e, Void) and e.reach == "dependants" and self._strikes(r, e, link.ref, asset, t)
                for r, e in self.everything
            )
        )

    def _decisive(self, chain: Chain, asset: str, t: datetime) -> tuple[Link | None, list[Link]]:
        """Rule 13: the last link that works, and those above it that do not; nothing stands on a fallen link."""
        skipped: list[Link] = []
        for link in reversed(chain):
            if self._alive(link, asset, t) and not any(self._fallen(below, asset, t) for below in self._built_on(link)):
                return link, skipped
            skipped.append(link)
        return None, skipped

    @staticmethod
    def _built_on(link: Link) -> Iterator[Link]:
        """A link and those it was built on."""
        current: Link | None = link
        while current is not None:
            yield current
            current = current.on

    def _footing(self, chain: Chain, asset: str, t: datetime) -> Link | None:
        """What a dealing at a moment is built on: not on what was struck down by then, nor on what fell with it."""
        for link in reversed(chain):
            struck = [below for below in self._built_on(link) if self._fallen(below, asset, t)]
            if self._how(link, asset, t) == "void":
                struck = [link]
            if not struck or not self._decided(struck[0], asset, t):
                return link
        return None

    def _decided(self, link: Link, asset: str, t: datetime) -> bool:
        """Whether the void of a link was decided by a moment."""
        assert link.ref is not None
        ref = link.ref
        voids = (r for r, e in self.everything if isinstance(e, Void) and self._ever_strikes(r, e, ref, asset))
        if any(self.start(r) <= t for r in voids):
            return True
        return any(below.ref is not None and below.act and self._decided(below, asset, t) for below in link.under)

    def holder(self, lot: Lot, right: Right, asset: str, t: datetime) -> tuple[Link, list[Link]]:
        skipped: list[Link] = []
        if right is not Right.TITLE:
            own, skipped = self._decisive(lot.chains.get(right, ()), asset, t)
            if own is not None and not own.home:
                return own, skipped
        link, above = self._decisive(lot.chains[Right.TITLE], asset, t)
        assert link is not None
        return link, skipped + above

    def _disputed(self, chain: Chain, asset: str) -> bool:
        """Whether the last link of a chain does not always work, or a void below it may take its dependants with it."""
        last = chain[-1]
        always = (
            last.ref is None
            or not last.act
            or all(self._alive(last, asset, g) for g in self.grid if g >= self.start(last.ref))
        )
        return not always or any(self._fallen(link, asset, g) for link in chain for g in self.grid)

    def _joined(self, lot: Lot, asset: str) -> bool:
        return all(not lot.chains.get(r) for r in (Right.VOTES, Right.ECONOMIC))

    # moves

    def _move(self, lots: list[Lot], ref: EffectRef, move: Move, asset: str, told: list[str]) -> list[Lot]:
        t = self.start(ref)
        strength = self.strength(self.by_id[ref.statement])
        top = Link(move.target, ref, True, strength)
        holders = [self.holder(lot, move.right, asset, t) for lot in lots]
        mine = [i for i, (h, _) in enumerate(holders) if _is(move.source, h.holder)]
        mine.sort(key=lambda i: self._preferred(lots[i], i, move, asset, t))
        before = lots
        lots, missing = self._take(lots, mine, move.amount, move.right, top, asset, t)
        for other in sorted(self._same(move.source, t) - {move.source}) if isinstance(move.source, str) else ():
            holders = [self.holder(lot, move.right, asset, t) for lot in lots]
            theirs = [i for i, (h, _) in enumerate(holders) if h.holder == other]
            theirs.sort(key=lambda i: self._preferred(lots[i], i, move, asset, t))
            lots, missing = self._take(lots, theirs, missing, move.right, top, asset, t)
        if any(lot not in lots and self._termed(lot, move, asset, t) for lot in before):
            told.append("held for a term")
        if missing.low:
            rooted = [i for i, lot in enumerate(lots) if self._void_root(lot, move, asset, t)]
            if rooted:
                lots, missing = self._take(lots, rooted, missing, move.right, top, asset, t)
                told.append("root of title void")
        if missing.low and self._issued_in_vain(move, asset):
            raise Beyond("a buyer of capital whose issue is void")
        if missing.low and not isinstance(move.source, Unknown):
            now = [self.holder(x, move.right, asset, t)[0].holder for x in lots]
            kinds = [isinstance(h, Unknown) + 2 * (isinstance(h, OneOf) and move.source in h.parties) for h in now]
            pledged = [self._disputed(lot.chains[Right.TITLE], asset) for lot in lots]
            blank = sorted((i for i, kind in enumerate(kinds) if kind), key=lambda i: (-kinds[i], pledged[i], i))
            if blank:
                lots, missing = self._take(lots, blank, missing, move.right, top, asset, t)
                told.append("no antecedent")
        if missing.low and strength is Strength.AUTHOR:
            lots, missing = self._displace(lots, move, missing, top, asset, t, told)
        if missing.low:
            told.append("no room")
        return lots

    def _preferred(self, lot: Lot, i: int, move: Move, asset: str, t: datetime) -> tuple[bool, int, int]:
        """Rule 12: which lots go first: what completes the transferee's rights, then undisputed title, then joined rights."""
        completes = any(
            self.holder(lot, other, asset, t)[0].holder == move.target for other in Right if other is not move.right
        )
        disputed = self._disputed(lot.chains[Right.TITLE], asset)
        return not completes, 2 * disputed + (not self._joined(lot, asset)), i

    def _same(self, party: str, t: datetime) -> set[str]:
        """Rule 16: the identities that are one with a party at a moment."""
        found = {party}
        while True:
            more = {o for p in found for o in self._neighbours(p, t)} - found
            if not more:
                return found
            found |= more

    def _neighbours(self, party: str, t: datetime) -> set[str]:
        said = [
            ((self.start(r), r), e)
            for r, e in self.everything
            if isinstance(e, Exist)
            and e.op in ("same", "distinct")
            and party in (e.subject, *e.others)
            and self.stands(r, party, t)
        ]
        about = {o for _, e in said for o in (e.subject, *e.others)} - {party}
        pairs = {
            o: [(at, e) for at, e in said if e.subject in (party, o) and {party, o} <= {e.subject, *e.others}]
            for o in about
        }
        return {o for o, acts in pairs.items() if acts and max(acts, key=lambda x: x[0])[1].op == "same"}

    def _issued_in_vain(self, move: Move, asset: str) -> bool:
        """Whether an act that is void at some time issued capital to the transferor."""
        return any(
            isinstance(e, Reunit)
            and e.asset == asset
            and any(p.holder == move.source for p in e.issue)
            and any(self.standing(r, asset, g) == "void" for g in self.grid)
            for r, e in self.everything
        )

    def _termed(self, lot: Lot, move: Move, asset: str, t: datetime) -> bool:
        """Whether a right in a lot was held for a term, and is not given back to whose it is after it."""
        chain = lot.chains.get(move.right) or lot.chains[Right.TITLE]
        last = chain[-1]
        if (
            last.ref is None
            or not self._alive(last, asset, t)
            or self.standing(last.ref, asset, self.grid[-1]) != "ended"
        ):
            return False
        below, _ = self._decisive(chain[:-1], asset, t)
        return below is None or below.holder != move.target

    def _void_root(self, lot: Lot, move: Move, asset: str, t: datetime) -> bool:
        for link in reversed((*lot.chains[Right.TITLE], *lot.chains.get(move.right, ()))):
            if self._alive(link, asset, t):
                return False
            if link.ref is None or not _is(move.source, link.holder):
                continue
            if self._how(link, asset, t) != "void" or not self.applies(link.ref, asset, t):
                continue
            if not self._decided(link, asset, t):
                return True
        return False

    def _ever_strikes(self, void_ref: EffectRef, void: Void, ref: EffectRef, asset: str) -> bool:
        return (
            isinstance(void.target, EffectRef)
            and (self._hits(void, ref) or self._corrects_since(void_ref, void, ref))
            and any(self.stands(void_ref, asset, g) for g in self.grid)
        )

    def _displace(
        self, lots: list[Lot], move: Move, missing: Share, top: Link, asset: str, t: datetime, told: list[str]
    ) -> tuple[list[Lot], Share]:
        found = [self.holder(lot, move.right, asset, t)[0] for lot in lots]
        weak = [
            i
            for i, link in enumerate(found)
            if self._strongest(lots[i], link, move.right) is Strength.TRANSCRIBER and link.holder != move.target
        ]
        if not weak:
            return lots, missing
        told.append("transcription gave way")
        if len({found[i].holder for i in weak}) > 1:
            raise Beyond("several transcribed holders")
        return self._take(lots, weak, missing, move.right, top, asset, t)

    def _strongest(self, lot: Lot, link: Link, right: Right) -> Strength:
        """The strongest record a holding rests on: of the link that decides and of those below it."""
        chain = lot.chains.get(right) or ()
        if link not in chain:
            chain = lot.chains[Right.TITLE]
        return max(x.strength for x in chain[: chain.index(link) + 1])

    def _take(
        self, lots: list[Lot], which: list[int], need: Share, right: Right, top: Link, asset: str, t: datetime
    ) -> tuple[list[Lot], Share]:
        cut: dict[int, list[Lot]] = {}
        for i in which:
            if need.empty:
                break
            lot = lots[i]
            moved, rest = lot.share.smaller(need), lot.share.minus(need)
            need = need.minus(lot.share)
            home = right is not Right.TITLE and self.holder(lot, Right.TITLE, asset, t)[0].holder == top.holder
            below = lot.chains.get(right, ())
            chain = (*below, replace(top, home=home, on=self._footing(below, asset, t)))
            if home and not self._disputed(chain, asset):
                chain = ()
            piece = replace(lot, share=moved).put(right, chain)
            if right is Right.TITLE:
                for other in (Right.VOTES, Right.ECONOMIC):  # rule 14: title comes to who has them
                    own = lot.chains.get(other, ())
                    if own and self.holder(lot, other, asset, t)[0].holder == top.holder:
                        joined = (*own, replace(top, home=True, on=self._footing(own, asset, t)))
                        piece = piece.put(other, joined if self._disputed(joined, asset) else ())
            cut[i] = [piece]
            cut[i] += [replace(lot, share=rest)] if not rest.empty else []
        return [piece for i, lot in enumerate(lots) for piece in cut.get(i, [lot])], need

    # declarations

    def _declare(self, lots: list[Lot], ref: EffectRef, declare: Declare, asset: str, told: list[str]) -> list[Lot]:
        if not all(amount.exact for amount in (*(p.share for p in declare.split), *(lot.share for lot in lots))):
            raise Beyond("ranges in a declaration")
        t, right = self._first(ref, asset), declare.right
        strength = self.strength(self.by_id[ref.statement])
        held = [self.holder(lot, right, asset, t)[0] for lot in lots]
        opening = all(isinstance(h.holder, Unknown) and h.ref is None for h in held)
        if right is not Right.TITLE:
            opening = not any(lot.chains.get(right) for lot in lots)
        now: dict[Holder, Fraction] = {}
        for lot, link in zip(lots, held, strict=True):
            now[link.holder] = now.get(link.holder, Fraction(0)) + lot.share.low
        named = [p for p in declare.split if not isinstance(p.holder, Unknown)]
        stated = {p.holder: p.share.low for p in named}
        differs = any(now.get(h, 0) != s for h, s in stated.items()) or bool(
            set(now) - set(stated) - {UNKNOWN} - {p.holder for p in declare.split}
        )
        stronger = any(self._strongest(x, h, right) > strength for x, h in zip(lots, held, strict=True))
        if not opening and differs and stronger:
            told.append("sources differ")
            return lots
        if not opening and differs:
            told.append("difference")
        free = list(lots)
        made: list[Lot] = []
        short: list[tuple[Holder, Share]] = []
        for portion in sorted(named, key=lambda p: str(p.holder)):
            theirs = [self._held_by(lot, portion.holder, right, asset, t) for lot in free]
            free, kept, rest = self._keep(free, portion.share, theirs)
            made += kept
            short += [(portion.holder, rest)] if not rest.empty else []
        for portion in declare.split:
            if isinstance(portion.holder, Unknown):
                free, kept, rest = self._keep(free, portion.share, [self._by_act(lot, right, asset, t) for lot in free])
                made += kept
                if kept:
                    told.append("ignorance yields")
                short += [(UNKNOWN, rest)] if not rest.empty else []
        for holder, need in short:
            free, kept, _ = self._keep(free, need, [True] * len(free))
            made += [lot.put(right, (Link(holder, ref, False, strength),)) for lot in kept]
        return made

    def _first(self, ref: EffectRef, asset: str) -> datetime:
        return next(g for g in self.grid if self.stands(ref, asset, g))

    @staticmethod
    def _keep(free: list[Lot], need: Share, fits: list[bool]) -> tuple[list[Lot], list[Lot], Share]:
        left: list[Lot] = []
        kept: list[Lot] = []
        for lot, fit in zip(free, fits, strict=True):
            if need.empty or not fit:
                left.append(lot)
                continue
            kept.append(replace(lot, share=lot.share.smaller(need)))
            rest = lot.share.minus(need)
            left += [replace(lot, share=rest)] if not rest.empty else []
            need = need.minus(lot.share)
        return left, kept, need

    def _held_by(self, lot: Lot, holder: Holder, right: Right, asset: str, t: datetime) -> bool:
        return self.holder(lot, right, asset, t)[0].holder == holder

    def _by_act(self, lot: Lot, right: Right, asset: str, t: datetime) -> bool:
        """Whether an act, also a pending one, put this lot where it is."""
        link = self.holder(lot, right, asset, t)[0]
        chain = lot.chains.get(right) or lot.chains[Right.TITLE]
        pending = chain[-1].act and len(chain) > 1 and self._disputed(chain, asset)
        return (link.act or pending) and not isinstance(link.holder, Unknown)

    # capital and succession

    def _reunit(self, lots: list[Lot], ref: EffectRef, reunit: Reunit, asset: str, told: list[str]) -> list[Lot]:
        t = self._first(ref, asset)
        strength = self.strength(self.by_id[ref.statement])
        gone = Link(UNKNOWN, ref, False, strength)
        for portion in reunit.cancel:
            holders = [self.holder(lot, Right.TITLE, asset, t)[0].holder for lot in lots]
            theirs = [i for i, h in enumerate(holders) if _is(portion.holder, h)]
            theirs = theirs or [i for i, h in enumerate(holders) if isinstance(h, Unknown)]
            lots, missing = self._take(lots, theirs, portion.share, Right.TITLE, gone, asset, t)
            if missing.low:
                told.append("no room")
        kept = [lot for lot in lots if all(link.ref != ref for link in lot.chains[Right.TITLE])]
        remain = sum((lot.share.high for lot in kept), Fraction(0))
        issued = sum((p.share.high for p in reunit.issue), Fraction(0))
        made = []
        if remain and issued < 1:
            made = [replace(lot, share=lot.share.scaled((1 - issued) / remain, None)) for lot in kept]
        for portion in reunit.issue:
            made.append(Lot(portion.share, {Right.TITLE: (Link(portion.holder, ref, True, strength),)}))
        total = sum((lot.share.high for lot in made), Fraction(0))
        if total < 1:
            made.append(Lot(exactly(1 - total), {Right.TITLE: (Link(UNKNOWN, ref, False, strength),)}))
        return made

    def _succeed(self, lots: list[Lot], ref: EffectRef, exist: Exist, asset: str) -> list[Lot]:
        t = self._first(ref, asset)
        heirs = tuple(PartyId(o) for o in exist.others)
        heir: Holder = heirs[0] if len(heirs) == 1 else OneOf(tuple(sorted(heirs)))
        top = Link(heir, ref, True, self.strength(self.by_id[ref.statement]))
        made = []
        for lot in lots:
            passes = False
            for right in Right:
                chain = lot.chains.get(right, ())
                link, _ = self._decisive(chain, asset, t)
                passes = passes or (link is not None and link.holder == exist.subject and not link.home)
                after: list[Link] = []
                for each in chain:
                    after.append(each)
                    if each.holder == exist.subject and not each.home:
                        after.append(replace(top, on=each, under=(each,)))
                lot = lot.put(right, tuple(after))
            title = self.holder(lot, Right.TITLE, asset, t)[0]
            for right in (Right.VOTES, Right.ECONOMIC) if passes and title.holder == heir else ():
                chain = lot.chains.get(right, ())
                own, _ = self._decisive(chain, asset, t)
                if own is not None and not own.home and own.holder == heir:
                    home = (*chain, replace(top, home=True, on=self._footing(chain, asset, t), under=(own, title)))
                    lot = lot.put(right, home if self._disputed(home, asset) else ())
            made.append(lot)
        return made

    # --- rules 17 and 18: measures and control ---------------------------------------------------------------------------

    def in_force(
        self, ref: EffectRef, asset: str, t: datetime
    ) -> tuple[Holder | None, frozenset[tuple[Power, Grip]], set[EffectRef], set[EffectRef]] | None:
        """Holder, powers, what it ranks above and what below, if a measure is in force (and not suspended) at a moment."""
        impose = self.effect(ref)
        assert isinstance(impose, Impose)
        if not self.stands(ref, asset, t):
            return None
        first = next(n for n, g in enumerate(self.grid) if self.stands(ref, asset, g))
        while first and self.standing(ref, asset, self.grid[first - 1]) == "void":
            first -= 1  # it was in force before it was declared void
        begin = self.grid[first]
        dates = self.by_id[ref.statement].effective_of(impose)
        end = until_bounds(impose.term.until or dates.until, dates.zone, ZONES)[0]
        zone = dates.zone or "UTC"
        holder, powers, above, below = impose.holder, impose.powers, set(impose.rank_above), set[EffectRef]()
        asleep: tuple[datetime, bool, datetime] | None = None

        def wake(at: datetime) -> None:
            nonlocal asleep, end
            assert asleep is not None
            since, stops, _ = asleep
            asleep = None
            if stops and end != END:
                slept = day_of(at, zone, ZONES) - day_of(since, zone, ZONES)
                end = day_end(day_of(end - timedelta(microseconds=1), zone, ZONES) + slept, zone, ZONES)

        for at, other, alter in self._alterations(ref, asset, t):
            if at > t:
                break
            if asleep is not None and asleep[2] <= at:
                wake(asleep[2])
            if (at >= end and not (asleep is not None and asleep[1])) or at < begin or self._void_by(ref, asset, at):
                continue
            until = until_bounds(alter.until, self.by_id[other.statement].effective_of(alter).zone, ZONES)[0]
            match alter.op:
                case "extend":
                    end = max(end, until)
                case "assign":
                    holder = alter.holder
                case "rank":
                    above, below = above | set(alter.rank_above), below - set(alter.rank_above)
                case "subordinate":
                    above, below = above - set(alter.below), below | set(alter.below)
                case "powers":
                    powers = alter.powers
                case "suspend" if at < until:
                    asleep = (at, alter.stops_clock, until)
                case "resume":
                    if asleep is not None:
                        wake(at)
                case "end" | "discharge":
                    end, asleep = at, None
        if asleep is not None and asleep[2] <= t and asleep[2] != END:
            wake(asleep[2])
        gone = asleep is not None or t >= end
        return None if gone else (self._heir(holder, asset, t), frozenset(powers), above, below)

    def _void_by(self, ref: EffectRef, asset: str, at: datetime) -> bool:
        """Rule 17: void at a moment, and declared so by then."""
        decided = any(
            any(self.stands(void, asset, g) for g in self.grid if g <= at)
            for void, e in self.everything
            if isinstance(e, Void) and self._hits(e, ref)
        )
        return decided and self.standing(ref, asset, at) == "void"

    def _heir(self, party: Holder | None, asset: str, t: datetime) -> Holder | None:
        """Rule 16: who alone has succeeded a party by a moment."""
        seen: set[Holder | None] = set()
        while party not in seen:
            seen.add(party)
            for ref, e in self.everything:
                if isinstance(e, Exist) and e.op in ("merge", "succeed") and e.subject == party and len(e.others) == 1:
                    if self.stands(ref, asset, t):
                        party = PartyId(e.others[0])
                        break
        return party

    def _alterations(self, ref: EffectRef, asset: str, t: datetime) -> list[tuple[datetime, EffectRef, Alter]]:
        found = []
        for other, e in self.everything:
            if not isinstance(e, Alter) or e.op == "fulfil" or e.measure not in self.names(ref):
                continue
            works = [g for g in self.grid if self.stands(other, asset, g)]
            if not works or not self.stands(other, asset, t):
                continue
            rank = -self.strength(self.by_id[other.statement])
            found.append((works[0], rank, e.op in ("end", "discharge"), other, e))
        return [(at, other, e) for at, _, _, other, e in sorted(found, key=lambda x: x[:4])]

    def measures(self, asset: str, t: datetime) -> set[EffectRef]:
        """The measures over an asset or a stake in it that are in force at a moment."""
        return {
            ref
            for ref, e in self.everything
            if isinstance(e, Impose)
            and (any(o == asset or (isinstance(o, Stake) and o.asset == asset) for o in e.over) or _manages(e, asset))
            and self.there(ref, asset)
            and self.in_force(ref, asset, t) is not None
        }

    def controllers(self, asset: str, t: datetime) -> set[Holder]:
        managing = self._takers(asset, Power.MANAGE, t)
        if any(managed for _, managed in managing):
            return {holder for holder, managed in managing if managed}
        return {holder for holder, _ in self._takers(asset, Power.VOTE, t)}

    def _takers(self, asset: str, power: Power, t: datetime) -> list[tuple[Holder, bool]]:
        """Who exercises a power, and whether by a measure."""
        taking: dict[EffectRef, tuple[Holder | None, set[EffectRef], set[EffectRef]]] = {}
        for ref in self.measures(asset, t):
            state = self.in_force(ref, asset, t)
            impose = self.effect(ref)
            assert state is not None
            assert isinstance(impose, Impose)
            if MEASURE_KINDS[impose.kind] in (Family.POSSESSION, Family.REPRESENTATION):
                continue
            if _manages(impose, asset) and power is not Power.MANAGE:
                continue
            if (power, Grip.TAKES) in state[1]:
                taking[ref] = (state[0], state[2], state[3])
        beaten: set[EffectRef] = set()
        for ref in taking:
            todo = list(taking[ref][1])
            for low in todo:
                if low in taking and low != ref and low not in beaten:
                    beaten.add(low)
                    todo += taking[low][1]
        beaten |= {ref for ref in taking for up in taking[ref][2] & set(taking) if ref not in taking[up][2]}
        found: list[tuple[Holder, bool]] = []
        stakes: dict[Holder, list[Holder]] = {}
        for ref, (holder, _, _) in taking.items():
            impose = self.effect(ref)
            assert isinstance(impose, Impose)
            who = holder if holder is not None else UNKNOWN
            if ref in beaten:
                continue
            found += [(who, True)] if asset in impose.over or _manages(impose, asset) else []
            for over in impose.over:
                if isinstance(over, Stake):
                    for name in self._called(over.holder, asset, t):
                        stakes.setdefault(name, []).append(who)
        whole = bool(found)
        silenced, muted = self._silenced(asset, t) if power is Power.VOTE else (set(), set())
        for holder in self.split(asset, Right.VOTES if power in (Power.VOTE, Power.MANAGE) else Right.TITLE, t):
            if holder in silenced:
                continue
            if holder in stakes:
                found += [(who, True) for who in stakes[holder]]
            elif not whole and holder not in muted:
                found.append((holder, False))
        return found

    def _silenced(self, asset: str, t: datetime) -> tuple[set[Holder], set[Holder]]:
        """Those over whose stakes a measure forbids the vote, or whom it binds (where it says both, who is both); and those whom
        one over themselves forbids to vote."""
        found: set[Holder] = set()
        muted: set[Holder] = set()
        for ref in self.measures(asset, t):
            impose, state = self.effect(ref), self.in_force(ref, asset, t)
            assert isinstance(impose, Impose)
            assert state is not None
            told_apart = MEASURE_KINDS[impose.kind] in (Family.POSSESSION, Family.REPRESENTATION)
            if (Power.VOTE, Grip.FORBIDS) in state[1] and not told_apart and not impose.transaction:
                over = {n for o in impose.over if isinstance(o, Stake) for n in self._called(o.holder, asset, t)}
                bound = {n for party in impose.binds for n in self._called(party, asset, t)}
                found |= over & bound if over and bound else over | bound
        for voter in self.split(asset, Right.VOTES, t):
            if isinstance(voter, str) and any(self._mutes(r, e, voter, asset, t) for r, e in self.everything):
                muted.add(voter)
        return found, muted

    def _mutes(self, ref: EffectRef, e: Effect, voter: PartyId, asset: str, t: datetime) -> bool:
        """Rule 18: whether a measure over a holder itself forbids its votes here."""
        if not isinstance(e, Impose) or e.transaction is not None or (Power.VOTE, Grip.FORBIDS) not in e.powers:
            return False
        if MEASURE_KINDS[e.kind] in (Family.POSSESSION, Family.REPRESENTATION):
            return False
        if e.reach is not None:
            raise Beyond("votes forbidden as far as a measure reaches")
        names = {voter, *self._same(voter, t)}
        over = next((name for name in names if name in e.over), None)
        if over is None or not self.there(ref, over) or self.in_force(ref, over, t) is None:
            return False
        if any(isinstance(p, Permit) and ref in p.excepts for _, p in self.everything):
            raise Beyond("a permit that may give votes back")
        home = self.home(self.by_id[ref.statement], asset)
        here = self.forum or self.place(asset, self.moment_asked)
        if None in (home, here) or home == here or home in self.nesting(here, max(t, NESTED_FROM)):  # type: ignore[arg-type]
            return True
        if any(isinstance(a, Admit) for _, a in self.everything):
            raise Beyond("a measure that may have been recognised")
        return False

    def _called(self, party: Holder, asset: str, t: datetime) -> set[Holder]:
        """Rule 16: who has succeeded a party by a moment, under all its names."""
        heir = self._heir(party, asset, t)
        return {PartyId(SubjectId(name)) for name in self._same(heir, t)} if isinstance(heir, str) else {UNKNOWN}


def _reviewed(step: Proceed) -> EffectRef | None:
    return step.decision.reviews if step.decision is not None else None


def _manages(impose: Impose, asset: str) -> bool:
    """Whether a measure of control lies over the company that an asset is, not over the asset, and takes its management."""
    company = "party:" + asset.split(":", 1)[1]
    takes = (Power.MANAGE, Grip.TAKES) in impose.powers and MEASURE_KINDS[impose.kind] is Family.CONTROL
    return takes and asset not in impose.over and company in impose.over


def _stated_as(effect: Effect, kind: type) -> bool:
    return type(effect) is kind and not _corrects(effect)


def _corrects(effect: Effect) -> bool:
    return isinstance(effect, Void) and effect.ground in ("error", "retraction")


def _is(source: Holder, holder: Holder) -> bool:
    if isinstance(source, OneOf):
        return holder == source or holder in source.parties
    return holder == source


def _by_moment(steps: list[tuple[tuple[datetime, int, int, bool, str, int], EffectRef]]) -> Iterator[list[EffectRef]]:
    keys = list(dict.fromkeys(key[:3] for key, _ in steps))
    for wanted in keys:
        yield [ref for key, ref in steps if key[:3] == wanted]
