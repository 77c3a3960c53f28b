"""What one effect does to the lots of an asset: transfers, declarations, capital changes, successions, acts unknown but void.

Guarantees totality: what finds no room is reported in the new state, never raised, and lots always sum to the whole. Where a holder
has lots of several origins, those of undisputed title and those with all rights joined go first (DESIGN section 3, rules 1, 6, 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from domain.acts import Strength
from domain.effects import (
    UNKNOWN,
    Declare,
    Described,
    Effect,
    Exist,
    Holder,
    Move,
    OneOf,
    Portion,
    Reunit,
    Right,
    Unknown,
    Void,
)
from domain.identifiers import EffectRef, PartyId, StatementId, SubjectId
from domain.lots import (
    Claim,
    Gap,
    Link,
    Lot,
    NoRoom,
    State,
    changed_by,
    fallen_below,
    held,
    holder_of,
    link,
    merged,
    resolve,
    stack,
)
from domain.segments import Segment, Validity, for_ever, overlay
from domain.shares import NOTHING, Share, exactly
from domain.standing import View

_LOTS_MAX = 16


class Step(NamedTuple):
    """One effect on the rights of an asset, ready to apply. `key` sorts: start, rank by `after`, strength (strongest first)."""

    key: tuple[datetime, int, int]
    ref: EffectRef
    effect: Declare | Move | Reunit | Void | Exist
    strength: Strength
    segments: tuple[Segment, ...]
    inherited: tuple[Lot, ...] = ()
    """The lots of the asset that was divided, when it was."""

    @property
    def order(self) -> tuple[datetime, int, int, int, StatementId, int]:
        """Of one moment and rank, what a division gave comes before what is declared, and that before what passes."""
        place = 0 if self.divides else 2 if isinstance(self.effect, (Move, Exist)) else 1
        return (*self.key, place, self.ref.statement, self.ref.n)

    @property
    def divides(self) -> bool:
        return isinstance(self.effect, Exist) and self.effect.op == "divide"

    @property
    def resets(self) -> bool:
        """Whether it sets lots anew, so that no chain of title remembers what was before."""
        return isinstance(self.effect, (Declare, Reunit, Void))

    @property
    def passing(self) -> bool:
        """Whether it resets, and does not work for ever."""
        return self.resets and not for_ever(self.segments)

    def operative(self, at: datetime) -> bool:
        return any(s.start <= at < s.end and s.validity is Validity.OPERATIVE for s in self.segments)


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
            if joins(exist):
                made = State(
                    state.lots, state.changed, ()
                )  # what is disposed of under the other name is found from now on
            else:
                made = _divide(state, step, at) if step.divides else _succeed(state, step, exist, at, view)
    if state.claims and not isinstance(step.effect, Move):
        made = made._replace(claims=state.claims)
    apart = state.apart or (isinstance(step.effect, Move | Declare) and step.effect.right is not Right.TITLE)
    if apart is not made.apart:
        made = made._replace(apart=apart)
    if len(made.lots) <= state.merged + _LOTS_MAX:
        return made if made.merged == state.merged else made._replace(merged=state.merged)
    lots = merged(made.lots, at)
    return made._replace(lots=lots, merged=len(lots))


def _matches(source: Holder, holder: Holder) -> bool:
    match source:
        case Unknown():
            return isinstance(holder, Unknown)
        case OneOf(parties=parties):
            return holder == source or holder in parties
        case _:
            return holder == source


def _held_by(
    lots: Sequence[Lot], source: Holder, right: Right, at: datetime, target: Holder, parted: bool
) -> Iterator[int]:
    """The lots in which a source holds a right: first those in which the target holds another right, which come together; then
    those of undisputed title, and those with all rights joined, first. A long history has many disputed lots and moves seldom
    reach them: they are looked into only when asked for. `parted`: lots may have their rights apart."""
    named = isinstance(source, str)
    completed: list[int] = []
    if parted:
        completed = [i for i, lot in enumerate(lots) if lot.parted and _joins(lot, right, target, at)]
        yield from (i for i in completed if _matches(source, holder_of(lots[i], right, at)[0].holder))
    later: list[list[int]] = [[], [], []]
    for index, (_, title, votes, economic) in enumerate(lots):
        joined = votes is None and economic is None
        if title.fragile or not joined:
            later[(1 if title.fragile else -1) + (0 if joined else 1)].append(index)
        elif title.holder == source or (not named and _matches(source, title.holder)):
            yield index
    for indices in later:
        yield from (
            i for i in indices if i not in completed and _matches(source, holder_of(lots[i], right, at)[0].holder)
        )


def _joins(lot: Lot, right: Right, target: Holder, at: datetime) -> bool:
    """Whether who is to get a right in a lot holds another one in it already."""
    return any(holder_of(lot, other, at)[0].holder == target for other in Right if other is not right)


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
        pieces = [_passed(lot, moved, right, top, at)]
        if not rest.empty:
            pieces.append(Lot(rest, lot.title, lot.votes, lot.economic))
        made[index] = pieces
        if need.empty:
            break
    if not made:
        return lots, need
    after = list(lots)
    for index in sorted(made, reverse=True):
        after[index : index + 1] = made[index]
    return after, need


def _passed(lot: Lot, share: Share, right: Right, top: Link, at: datetime) -> Lot:
    """A part of a lot in which a right passes: votes and interest that come to the holder of title, or to whose holder title comes,
    follow title again."""
    if right is Right.TITLE and not lot.parted:
        return Lot(share, stack(top, lot.title, at), None, None)
    parent = lot.chain(right)
    home = top._replace(follows=True)
    if right is not Right.TITLE:
        chain: Link | None = stack(top, parent, at)
        if holder_of(lot, Right.TITLE, at)[0].holder == top.holder:
            chain = stack(home, parent, at)
            chain = chain if chain.fragile else None
        return lot.of_chain(share, right, chain)
    passed = lot.of_chain(share, right, stack(top, parent, at))
    for other in (Right.VOTES, Right.ECONOMIC):
        own = lot.chain(other)
        if own is not None and holder_of(lot, other, at)[0].holder == top.holder:
            chain = stack(home, own, at)
            passed = passed.with_chain(other, chain if chain.fragile else None)
    return passed


def _move(state: State, step: Step, move: Move, at: datetime, view: View) -> State:
    lots = list(state.lots)
    top = link(move.target, step.ref, step.strength, at, move.manner, None, step.segments, by_act=True)
    if top.segments is not None:
        top = top._replace(void_decided=view.void_decided(step.ref, move.asset))
    touched: list[Lot] = []
    own = _held_by(lots, move.source, move.right, at, move.target, state.apart)
    lots, missing = _take(lots, _noting(lots, own, touched), move.amount, at, move.right, top)
    reports: list[NoRoom | Gap] = []
    claims = state.claims
    if not missing.empty:
        lots, missing, claims = _elsewhere(state, lots, step, move, at, missing, top, view, touched, reports)
    termed = _held_for_a_term(touched, move, at)
    if termed:
        words = "the transferor held for a term; whether what it disposes of outlasts that term is not on record"
        reports.append(Gap("held-for-a-term", step.ref, words, termed))
    changed = state.changed
    if missing.below(move.amount):
        changed = changed_by(step.ref, (move.source, move.target), changed)
    return State(tuple(lots), changed, tuple(reports), state.merged, claims)


def _elsewhere(
    state: State,
    lots: list[Lot],
    step: Step,
    move: Move,
    at: datetime,
    missing: Share,
    top: Link,
    view: View,
    touched: list[Lot],
    reports: list[NoRoom | Gap],
) -> tuple[list[Lot], Share, tuple[Claim, ...]]:
    """What a transferor gives away beyond what it holds: where else it comes from, one place after another."""
    if isinstance(move.source, str):
        for other in view.same(move.source, at):
            theirs = _held_by(lots, PartyId(other), move.right, at, move.target, state.apart)
            lots, missing = _take(lots, _noting(lots, theirs, touched), missing, at, move.right, top)
    if missing.positive:
        lots, missing = _from_void_root(lots, step, move, at, missing, top, reports)
    claims = state.claims
    if missing.positive and claims:
        lots, missing, claims = _from_claims(lots, step, move, at, missing, top, reports, claims)
    if missing.positive and not isinstance(move.source, Unknown):
        lots, missing = _from_unknown(lots, step, move, at, missing, top, reports)
    if missing.positive and step.strength is Strength.AUTHOR:
        lots, missing = _from_transcribed(lots, step, move, at, missing, top, reports)
    if missing.positive:
        met = tuple(dict.fromkeys(c for lot in lots for c in holder_of(lot, move.right, at)[0].causes))
        blocking = tuple(ref for ref in (state.changed.get(move.source),) if ref is not None)
        reports.append(NoRoom(step.ref, missing, tuple(dict.fromkeys((*blocking, *met)))))
    return lots, missing, claims


def _noting(lots: Sequence[Lot], wanted: Iterable[int], touched: list[Lot]) -> Iterator[int]:
    """The same indices; the lots they are taken from are noted."""
    for index in wanted:
        touched.append(lots[index])
        yield index


def _held_for_a_term(taken: Iterable[Lot], move: Move, at: datetime) -> tuple[EffectRef, ...]:
    """The transfers for a term that a disposal is built on: of the lots it takes, and does not give back to whose they are after
    it."""
    found: dict[EffectRef, None] = {}
    for lot in taken:
        chain = lot.chain(move.right) or lot.title
        if chain.segments is None or chain.segments[-1].validity is not Validity.ENDED or not chain.operative(at):
            continue
        back = resolve(chain.parent, at)[0]
        if back is None or back.holder != move.target:
            found |= dict.fromkeys(chain.causes)
    return tuple(found)


def disregarded(state: State, step: Step, view: View) -> State:
    """The state after a step that does not work: as it was, with what a void change of capital had issued remembered."""
    voids = [segment for segment in step.segments if segment.validity is Validity.VOID]
    if not isinstance(step.effect, Reunit) or not voids:
        return state._replace(reports=()) if state.reports else state
    decided = view.void_decided(step.ref, step.effect.asset)
    cancelled = tuple(dict.fromkeys(portion.holder for portion in step.effect.cancel))
    falls = any(segment.falls for segment in voids)
    made = [Claim(p.holder, p.share, cancelled, step.ref, decided, falls) for p in step.effect.issue]
    return state._replace(reports=(), claims=(*state.claims, *made))


def _from_claims(
    lots: list[Lot],
    step: Step,
    move: Move,
    at: datetime,
    missing: Share,
    top: Link,
    reports: list[NoRoom | Gap],
    claims: tuple[Claim, ...],
) -> tuple[list[Lot], Share, tuple[Claim, ...]]:
    """A transferor of what a void change of capital had issued to it, disposing before that was decided: the disposal stands, at
    the cost of those whose lots had made room for it, in proportion."""
    left = list(claims)
    for n, claim in enumerate(claims):
        if move.right is not Right.TITLE or not _matches(move.source, claim.holder) or missing.empty:
            continue
        if claim.decided is not None and claim.decided <= at:
            continue
        given, rest, missing = claim.share.parted(missing)
        left[n] = replace(claim, share=rest)
        if claim.falls:
            continue
        holders = [holder_of(lot, Right.TITLE, at)[0].holder for lot in lots]
        wanted = [i for i, holder in enumerate(holders) if not claim.cancelled or holder in claim.cancelled]
        lots, short = _take_evenly(lots, wanted, given, at, top)
        missing = missing.plus(short)
        words = "the capital the transferor disposed of was issued by an act that is void; this transfer stands on it"
        reports.append(Gap("root-of-title-void", step.ref, words, (claim.ref,)))
    return lots, missing, tuple(left)


def _take_evenly(lots: list[Lot], wanted: list[int], need: Share, at: datetime, top: Link) -> tuple[list[Lot], Share]:
    """Move `need` out of the title of several lots in proportion to their size; in their order where sizes are uncertain."""
    whole = sum((lots[i].share.low for i in wanted), Fraction(0))
    exact = need.exact and all(lots[i].share.exact for i in wanted)
    if not exact or whole <= need.low:
        return _take(lots, wanted, need, at, Right.TITLE, top)
    part = need.low / whole
    after: list[Lot] = []
    for index, lot in enumerate(lots):
        if index not in wanted:
            after.append(lot)
            continue
        moved = lot.share.scaled(part, lot.share.units_of)
        after.append(_passed(lot, moved, Right.TITLE, top, at))
        after.append(Lot(lot.share.scaled(1 - part, lot.share.units_of), lot.title, lot.votes, lot.economic))
    return after, NOTHING


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
    falling = False
    for index, lot in enumerate(lots):
        _, skipped = holder_of(lot, move.right, at)
        for above in skipped:
            segment = above.validity(at)
            void = segment is not None and segment.validity is Validity.VOID
            struck = above if void else fallen_below(above, at)
            if struck is None or not _matches(move.source, above.holder):
                continue
            if not struck.decided(at):
                wanted.append(index)
                falling = falling or fallen_below(above, at) is not None
                break
    if not wanted:
        return lots, missing
    met = tuple(
        dict.fromkeys(c for i in wanted for above in holder_of(lots[i], move.right, at)[1] for c in above.causes)
    )
    lots, rest = _take(lots, wanted, missing, at, move.right, top)
    words = "the transferor's own title is void; this transfer stands on it"
    if falling:
        words = "the transferor's own title is void, and what was built on it with it: this transfer falls"
    reports.append(Gap("root-of-title-void", step.ref, words, met))
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
    """A named transferor, where the record names no holder, or several of whom it is one: ignorance yields to the act that names
    one."""
    holders = [holder_of(lot, move.right, at)[0].holder for lot in lots]
    several = [i for i, h in enumerate(holders) if isinstance(h, OneOf) and move.source in h.parties]
    unnamed = [i for i, h in enumerate(holders) if isinstance(h, Unknown)]
    # first what no other transfer, though it does not work yet, has laid hold of
    wanted = [i for found in (several, unnamed) for i in sorted(found, key=lambda i: lots[i].title.fragile)]
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
        lots, rest = _squeeze(lots, weak, missing, at, move.right, top)
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


def _squeeze(
    lots: list[Lot], weak: list[int], need: Share, at: datetime, right: Right, top: Link
) -> tuple[list[Lot], Share]:
    """Take an amount from several holders without knowing from whom: each may keep all of its share or lose up to the amount."""
    total = NOTHING
    for index in weak:
        total = total.plus(lots[index].share)
    taken = total.smaller(need).counted(need.units_of)
    made = list(lots)
    for index in weak:
        share = lots[index].share
        made[index] = lots[index]._replace(
            share=Share(max(Fraction(0), share.low - taken.high), share.high, share.units_of)
        )
    pattern = lots[weak[0]]
    made.append(pattern._replace(share=taken).with_chain(right, stack(top, pattern.chain(right), at)))
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
            free[index] = lot._replace(share=lot.share.minus(kept))
            need = need.minus(kept)
            made.append(
                _declared_onto(lot._replace(share=kept.counted(portion.share.units_of)), right, portion, step, at)
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
            free[index] = lot._replace(share=lot.share.minus(kept))
            need = need.minus(kept)
            made.append(lot._replace(share=kept))
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
            right, stack(link(portion.holder, step.ref, step.strength, at, portion.manner, None, None), target, at)
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
        free[index] = lot._replace(share=lot.share.minus(taken))
        need = need.minus(taken)
        share = taken.counted(portion.share.units_of or taken.units_of)
        made.append(lot._replace(share=share).with_chain(right, top))
    if not need.empty and not need.exact:
        made.append(
            Lot(need, top) if right is Right.TITLE else made[-1]._replace(share=need) if made else Lot(need, top)
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
        made = [lot._replace(share=lot.share.scaled(factor, of)) for lot in kept]
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


def joins(effect: Effect) -> bool:
    """Whether it joins or parts identities."""
    return isinstance(effect, Exist) and effect.op in ("same", "distinct")


def _succeed(state: State, step: Step, exist: Exist, at: datetime, view: View) -> State:
    """All a party holds passes to its successor, also what it will hold or get back by what was done before; to several, without a
    division stated, to one of them. A successor has no more than its predecessor had."""
    heirs = tuple(PartyId(other) for other in exist.others)
    heir: Holder = heirs[0] if len(heirs) == 1 else OneOf(tuple(sorted(heirs)))
    top = link(heir, step.ref, step.strength, at, None, None, step.segments, by_act=True)._replace(inherits=True)
    if top.segments is not None:
        top = top._replace(void_decided=view.void_decided(step.ref, exist.subject))
    made = []
    touched = False
    for lot in state.lots:
        passed = lot
        passes = False
        for right in Right:
            chain = lot.chain(right)
            if chain is None or not _names(chain, exist.subject):
                continue
            decisive = resolve(chain, at)[0]
            passes = passes or (decisive is not None and decisive.holder == exist.subject)
            passed = passed.with_chain(right, _inherited(chain, exist.subject, top, at))
        made.append(_met(passed, top, at) if passes else passed)
        touched = touched or passes
    changed = {**state.changed, heir: step.ref} if touched else state.changed
    return State(tuple(made), changed, ())


def _names(chain: Link, party: SubjectId) -> bool:
    """Whether a party holds by any link of a chain."""
    current: Link | None = chain
    while current is not None:
        if current.holder == party and not current.follows:
            return True
        current = current.parent
    return False


def _inherited(chain: Link, party: SubjectId, top: Link, at: datetime) -> Link:
    """A chain in which whatever a party holds, would get, or would get back, its successor does."""
    links: list[Link] = []
    current: Link | None = chain
    while current is not None:
        links.append(current)
        current = current.parent
    made: Link | None = None
    for each in reversed(links):
        if made is each.parent:
            made = each
        else:
            bare = each._replace(parent=None, footing=None, falls_under=None, fragile=each.segments is not None)
            made = stack(_falling(bare), made, each.start)
        if each.holder == party and not each.follows:
            made = stack(_beneath(top._replace(manner=each.manner), each), made, at)
    assert made is not None, "a chain has a link"
    return made


def _beneath(top: Link, *under: Link) -> Link:
    """A link that works only while others do."""
    segments, decided = top.segments, top.void_decided
    for below in under:
        if segments is None or below.segments is None:
            segments = segments or below.segments
        else:
            for stretch in (s for s in below.segments if s.validity is not Validity.OPERATIVE):
                segments = overlay(segments, *stretch)
        decided = min((one for one in (decided, below.void_decided) if one is not None), default=None)
    return _falling(top._replace(segments=segments, fragile=segments is not None, void_decided=decided))


def _falling(bare: Link) -> Link:
    """A link with nothing below it, which says whether what is built on it falls with it."""
    falls = bare.segments is not None and any(s.falls for s in bare.segments)
    return bare._replace(falls_under=bare) if falls else bare


def _met(lot: Lot, top: Link, at: datetime) -> Lot:
    """A lot that was passed on by succession: votes and interest that now meet title with the successor follow it again."""
    title = holder_of(lot, Right.TITLE, at)[0]
    for right in (Right.VOTES, Right.ECONOMIC):
        chain = lot.chain(right)
        own = resolve(chain, at)[0] if chain is not None else None
        if chain is not None and own is not None and not own.follows and own.holder == title.holder == top.holder:
            home = stack(_beneath(top._replace(follows=True, inherits=False), own, title), chain, at)
            lot = lot.with_chain(right, home if home.fragile else None)
    return lot


def _divide(state: State, step: Step, at: datetime) -> State:
    """A part of a divided asset is held as the whole was, unless its holders are on record already."""
    if not all(isinstance(holder_of(lot, Right.TITLE, at)[0].holder, Unknown) for lot in state.lots):
        return State(state.lots, state.changed, ())
    root = state.lots[0].title
    made = []
    changed = dict(state.changed)
    for lot in step.inherited:
        title = holder_of(lot, Right.TITLE, at)[0]
        part = Lot(lot.share, _carried(title, step, at, root))
        for right in (Right.VOTES, Right.ECONOMIC):
            decisive = holder_of(lot, right, at)[0] if lot.chain(right) is not None else title
            if decisive.holder != title.holder:
                part = part.with_chain(right, _carried(decisive, step, at, None))
        made.append(part)
        changed[title.holder] = step.ref
    return State(tuple(made) or state.lots, changed, ())


def _carried(of: Link, step: Step, at: datetime, root: Link | None) -> Link:
    return link(of.holder, step.ref, step.strength, at, of.manner, root, step.segments, by_act=True)


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
        made.append(lot.with_chain(void.target.right, stack(top, lot.chain(void.target.right), at)) if hit else lot)
    gap = Gap("described-act-void", step.ref, f"an act that is not on record is void: {void.target.text}", ())
    return State(tuple(made), state.changed, (gap,))
