"""An act on trial that imposes or alters a measure: its term, who grants it, who may alter it, its rank (DESIGN section 3, rules 2
and 6).

Guarantees that an alteration is judged by the course of the measure as the fold replays it. What a measure forbids to others is
judged with their dealings, not with the measure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.acts import Strength
from domain.courses import course as course_of
from domain.courses import holders_before, longest_first_term, stated_end
from domain.dealings import bars_burden, bars_passing
from domain.disposal import gives_disposal, lies_over, named_in, speaks_for
from domain.effects import UNKNOWN, Alter, Family, Grip, Holder, Impose, Move, OneOf, Over, Power, Right, Stake, Unknown
from domain.filing import subjects_of
from domain.grants import GRANTS, bars_backdated, bars_control, bars_grant, bars_rank
from domain.identifiers import AssetId, EffectRef, PartyId, SubjectId
from domain.lots import Gap, held, holder_of
from domain.measure_kinds import CONSENSUAL, UNGRANTED, family_of
from domain.measures import Live
from domain.nominees import for_another
from domain.objections import Objection
from domain.periods import BEGINNING, END, until_bounds
from domain.readings import Reading
from domain.standing import View
from domain.trial import Trial, name_of
from domain.trial_subjects import asset_ended

_OF_ITS_HOLDER = frozenset({"discharge", "end", "assign", "subordinate", "rank"})
_MISFITS = {
    "measure.lapsed": "the measure had lapsed: a new one is needed",
    "measure.ended": "the measure had ended",
    "measure.not-in-force": "the measure is not in force then",
    "measure.not-suspended": "the measure is not suspended then",
    "extension.not-later": "the new end is not later than the old one",
    "extension.beyond-maximum": "one step longer than its legal basis allows",
}


def judge_impose(trial: Trial, ref: EffectRef, effect: Impose, at: datetime, where: str) -> list[Objection]:
    """A measure: its first term, who grants it, what it is granted beside, its rank."""
    found: list[Objection] = []
    end = stated_end(trial.view, ref, effect)
    longest = longest_first_term(trial.view, ref, effect, at) if at != BEGINNING else None
    if longest is not None and end != END and end > longest:
        words = f"the term is longer than the {effect.term.max_step} its legal basis allows"
        found.append(trial.irregular("term.beyond-maximum", None, words, where))
    for over in effect.over:
        asset = over.asset if isinstance(over, Stake) else over
        if asset.startswith("asset:"):
            found += asset_ended(trial, asset, at, where)
            granted = family_of(effect.kind) is Family.ENCUMBRANCE and effect.kind not in UNGRANTED
            if effect.kind in GRANTS or granted:
                found += _grantor(trial, over, effect, at, where)
    for bars in (bars_grant, bars_control):
        found += [trial.bar(bar, where) for bar in bars(trial.folds, trial.act, ref, effect, at)]
    if family_of(effect.kind) is Family.ENCUMBRANCE and not trial.authority:
        above = effect.rank_above
        found += [trial.bar(bar, where) for bar in bars_rank(trial.folds, trial.act, above, ref, at)]
        found += [trial.bar(bar, where) for bar in bars_backdated(trial.folds, trial.act, ref, effect, at)]
    found += _rank_cycle(trial, ref, where)
    return found


def _grantor(trial: Trial, over: Over, effect: Impose, at: datetime, where: str) -> list[Objection]:
    """Who burdens an asset or a stake, or gives its use, holds it, acts for who does, or is an authority."""
    if trial.authority or trial.record.actor_forum(trial.act) is not None:
        return []
    asset = over.asset if isinstance(over, Stake) else AssetId(SubjectId(over))
    holders = held(trial.folds.title(asset).lots_at(at), Right.TITLE, at)
    named = named_in(trial.act)
    grantors = {s.party for s in trial.act.signers if s.role in ("grantor", "debtor", "seller", "transferor")}
    links = [holder_of(lot, Right.TITLE, at)[0] for lot in trial.folds.title(asset).lots_at(at)]
    behind = {(link.holder, owner) for link in links if (owner := for_another(link.manner)) is not None}
    owners = {owner for owner in _all_named(holders) if not isinstance(over, Stake) or _is_of(trial, over, owner, at)}
    owners |= {owner for nominee, owner in behind if nominee in owners}
    givers = sorted(owner for owner in owners if speaks_for(trial.folds, named, owner, at))
    told_by_taker = trial.act.strength is Strength.TRANSCRIBER and not grantors and trial.act.actor == effect.holder
    if told_by_taker and len(owners) == 1:
        givers = sorted(owners)  # its source names who was granted it; only one can have granted it
    if givers and effect.kind in CONSENSUAL:
        bars = bars_burden(trial.folds, trial.act, effect, asset, givers, at, trial.home)
        return [trial.bar(bar, where) for bar in bars]
    if givers or not holders or any(isinstance(h, Unknown) for h in holders):
        return []
    if told_by_taker and owners:
        return []
    whose: Holder = over.holder if isinstance(over, Stake) else UNKNOWN
    if any(
        live.span.holder in named and _may_grant(live, effect.kind) and lies_over(live, SubjectId(asset), whose)
        for live in trial.folds.live(asset, at)
    ):
        return []
    met = next(iter(trial.folds.title(asset).state_at(at).changed.values()), None)
    words = f"none of those who grant it holds {asset} then"
    rule = "encumbrance.grantor-lacks" if family_of(effect.kind) is Family.ENCUMBRANCE else "grant.lacks-right"
    return [trial.irregular(rule, met, words, where)]


def _is_of(trial: Trial, stake: Stake, owner: PartyId, at: datetime) -> bool:
    """Whether a stake is that of an owner, under one of its names."""
    return owner == stake.holder or owner in trial.view.same(stake.holder, at)


def _all_named(holders: Iterable[Holder]) -> set[PartyId]:
    """The parties among holders; of several who may hold, each."""
    return {
        party
        for holder in holders
        for party in (holder.parties if isinstance(holder, OneOf) else (holder,) if isinstance(holder, str) else ())
    }


def _may_grant(live: Live, kind: str) -> bool:
    """Whether who has a measure may grant a burden by it: a use by who has the use, any other by who may dispose."""
    if gives_disposal(live):
        return True
    return kind in GRANTS and any(grip is Grip.TAKES and power in _USING for power, grip in live.span.powers)


_USING = frozenset({Power.USE, Power.MANAGE})


def granted_in_part(trial: Trial, ref: EffectRef, effect: Impose) -> list[Gap]:
    """A burden of a whole asset that some of its holders grant, the others taking no part that is on record."""
    if trial.authority or effect.kind not in CONSENSUAL or trial.record.actor_forum(trial.act) is not None:
        return []
    at, named = trial.view.start(ref), named_in(trial.act)
    found: list[Gap] = []
    for over in effect.over:
        if isinstance(over, Stake) or not over.startswith("asset:"):
            continue
        holders = held(trial.folds.title(SubjectId(over)).lots_at(at), Right.TITLE, at)
        owners = [holder for holder in holders if isinstance(holder, str)]
        givers = {owner for owner in owners if speaks_for(trial.folds, named, owner, at)}
        if givers and len(owners) > len(givers):
            others = ", ".join(sorted(set(owners) - givers))
            words = f"{over} is burdened as a whole; that {others}, who hold part of it, agree is not on record"
            found.append(Gap("grantors-missing", ref, words))
    return found


def judge_alter(trial: Trial, ref: EffectRef, effect: Alter, at: datetime, where: str) -> list[Objection]:
    """An alteration of a measure: whether it fits the measure's course then, and whose it is to make."""
    if effect.op == "fulfil":
        return []
    course = trial.folds.course(effect.measure)
    if course is None:
        words = "the measure does not stand in the forum of this act"
        foreign = _other_authority(trial, effect, where)
        return foreign or [trial.irregular("measure.not-in-force", effect.measure, words, where)]
    found: list[Objection] = []
    if effect.op == "suspend" and effect.until is not None:
        if until_bounds(effect.until, trial.record.dates(ref).zone, trial.record.zones)[1] <= at:
            words = "the suspension ends before it begins"
            found.append(trial.objection("impossible", "time.ends-before-start", None, words, where, "correct it"))
    for misfit in (m for m in course.misfits if m.ref == ref):
        words = _MISFITS[misfit.rule]
        if misfit.rule == "extension.beyond-maximum":
            words = f"one step longer than the {course.impose.term.max_step} its legal basis allows"
        met = misfit.met if misfit.met.statement != trial.act.id else effect.measure
        found.append(trial.irregular(misfit.rule, met, words, where))
    others = [
        m
        for m in course.misfits
        if m.ref.statement != trial.act.id and m.ref not in _misfits_before(trial, effect.measure)
    ]
    found += [
        trial.irregular("later-act.displaced", m.ref, "a later alteration no longer finds its measure", where)
        for m in others
    ]
    if effect.op in _OF_ITS_HOLDER and course.family is Family.ENCUMBRANCE:
        holders = holders_before(trial.view, course, ref)
        # a burden whose holder receives what it promised is spent
        given = {e.target for e in trial.act.effects if isinstance(e, Move) and isinstance(e.target, str)}
        makers = {*named_in(trial.act), *given}
        may = not holders or any(speaks_for(trial.folds, makers, holder, at) for holder in holders)
        if may and not trial.authority and effect.op != "rank":
            for holder in [one for one in holders if isinstance(one, str) and speaks_for(trial.folds, makers, one, at)]:
                bars = bars_passing(trial.folds, trial.act, course, holder, effect, at, trial.home)
                found += [trial.bar(bar, where) for bar in bars]
        if not may and not trial.authority:
            words = f"only its holder {name_of(holders[0])} or a court disposes of this encumbrance"
            found.append(trial.irregular("encumbrance.not-holder", effect.measure, words, where))
    found += _other_authority(trial, effect, where)
    if effect.op == "rank":
        found += _rank_cycle(trial, effect.measure, where)
        if not trial.authority:
            bars = bars_rank(trial.folds, trial.act, effect.rank_above, effect.measure, at)
            found += [trial.bar(bar, where) for bar in bars]
    return found


def _misfits_before(trial: Trial, measure: EffectRef) -> set[EffectRef]:
    return {
        ref
        for ref, e in trial.record.naming(measure)
        if isinstance(e, Alter)
        and any(d.rule.startswith(("measure.", "extension.")) for d in trial.record.act(ref.statement).despite)
    }


def _other_authority(trial: Trial, effect: Alter, where: str) -> list[Objection]:
    """A measure of an authority is altered by it, its holder's superior or a court of its legal order; not by another order."""
    if effect.op not in ("extend", "end", "suspend", "resume", "assign"):
        return []
    return foreign_to(trial, effect.measure, where)


def foreign_to(trial: Trial, measure: EffectRef, where: str, *, inner: bool = False) -> list[Objection]:
    """A measure of an authority that the actor is not of the legal order of; `inner`: an order nested in it will do."""
    imposed = trial.record.effect(measure)
    if not isinstance(imposed, Impose) or family_of(imposed.kind) not in (Family.CONTROL, Family.RESTRICTION):
        return []
    imposing = trial.record.act(measure.statement)
    own, other = trial.record.actor_forum(trial.act), trial.record.actor_forum(imposing)
    if trial.act.actor == imposing.actor or other is None:
        return []
    if own is None and trial.act.strength is Strength.TRANSCRIBER and (inner or trial.home == other):
        return []
    at = trial.view.start(EffectRef(trial.act.id, 1))
    if own is not None and (
        own == other or own in trial.record.nesting(other, at) or (inner and other in trial.record.nesting(own, at))
    ):
        return []
    words = f"{trial.act.actor} is not of the legal order of {imposing.actor}, which imposed the measure"
    return [trial.irregular("measure.other-authority", measure, words, where)]


def _rank_cycle(trial: Trial, ref: EffectRef, where: str) -> list[Objection]:
    todo, seen = [ref], set[EffectRef]()
    while todo:
        current = todo.pop()
        course = trial.folds.course(current)
        above = course.spans[-1].rank_above if course is not None and course.spans else ()
        effect = trial.record.effect(current)
        if not above and isinstance(effect, Impose):
            above = effect.rank_above
        for lower in above:
            if lower == ref:
                words = "a measure cannot outrank itself, directly or through others"
                met = current if current.statement != trial.act.id else None
                return [trial.objection("impossible", "rank.cycle", met, words, where, "correct the rank")]
            if lower not in seen:
                seen.add(lower)
                todo.append(lower)
    return []


def perhaps_misfit(trial: Trial, ref: EffectRef, effect: Alter) -> list[Gap]:
    """An alteration that meets its measure as dates are first read, and does not where all of them are read at their last."""
    first = Reading()
    if _misfits(trial, effect, first, ref) or not first.met:
        return []
    if not _misfits(trial, effect, Reading(dict.fromkeys(first.met, 1)), ref):
        return []
    words = "whether the measure could still be altered so depends on dates that are not known exactly"
    return [Gap("alteration-uncertain", ref, words, (effect.measure,))]


def _misfits(trial: Trial, effect: Alter, reading: Reading, ref: EffectRef) -> bool:
    """Whether an alteration misfits its measure in a reading."""
    measure = trial.record.effect(effect.measure)
    subject = next(iter(subjects_of(measure)), None) if measure is not None else None
    found = course_of(View(trial.record, trial.view.clocks, trial.view.forum, reading), effect.measure, subject)
    return found is not None and any(misfit.ref == ref for misfit in found.misfits)
