"""An act on trial that declares, moves or re-divides a right in an asset (DESIGN section 3, rule 6).

Guarantees that an objection is what the answering fold found: no room, a bar of the dealing, a completion with nothing to perform,
a company that would own itself. Splits that cannot be in themselves never come this far: `coherence` refuses them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from domain.act_types import TYPES
from domain.dealings import bars_move, bars_reunit
from domain.disposal import bars_dispossessed, lacks_power
from domain.effects import Declare, Exist, Holder, Impose, Move, Permit, Proceed, Reunit, Right, State
from domain.grants import bars_order
from domain.identifiers import EffectRef, SubjectId, company_asset, company_of
from domain.lots import NoRoom, held
from domain.objections import Objection
from domain.periods import BEGINNING
from domain.segments import Validity, first_operative
from domain.trial import Trial, name_of
from domain.trial_subjects import asset_ended
from domain.trial_units import issued_upon, units_add_up, units_on_record

_OF_AN_OFFER = frozenset({"lapse-of-offer", "amendment", "agreement", "offer"})
"""What is said of an agreement or offer by which it lapses, or goes on."""


def judge_declare(trial: Trial, ref: EffectRef, effect: Declare, at: datetime, where: str) -> list[Objection]:
    """A split declared: of an asset that had ended, against the actor's own word, or beside another opening."""
    found = asset_ended(trial, effect.asset, at, where)
    if effect.right is Right.TITLE:
        found += _own_chain(trial, effect.asset, [portion.holder for portion in effect.split], at, where)
    for other, said in trial.record.about(effect.asset):
        if (
            not isinstance(said, Declare)
            or other == ref
            or said.right is not effect.right
            or said.split == effect.split
        ):
            continue
        if trial.view.start(other) != at or not trial.view.stands(other, at, effect.asset):
            continue
        act = trial.record.act(other.statement)
        if trial.act.records in (act.id, act.records) and trial.act.records is not None:
            continue
        if (
            act.actor == trial.act.actor
            and trial.record.strength(act) >= trial.act.strength
            and act.signers == trial.act.signers
        ):
            words = (
                f"{trial.act.actor} has declared another split of {effect.right} in {effect.asset} for the same time"
            )
            found.append(
                trial.objection(
                    "impossible", "contradicts.own-statement", other, words, where, "rectify the first record"
                )
            )
        elif at == BEGINNING:
            words = f"an opening split of {effect.right} in {effect.asset} is on record and says otherwise"
            found.append(trial.irregular("declare.second-opening", other, words, where))
    return found


def judge_move(trial: Trial, ref: EffectRef, effect: Move, at: datetime, where: str) -> list[Objection]:
    """A transfer: room for what it moves, what bars the dealing, and what it says it completes."""
    asset = effect.asset
    found = [*asset_ended(trial, asset, at, where), *_wrong_asset(trial, asset, where)]
    fold = trial.folds.title(asset)
    for report in fold.reports_of(ref):
        if isinstance(report, NoRoom):
            met = next((m for m in report.met if m.statement != trial.act.id), None)
            words = f"{name_of(effect.source)} does not hold {effect.amount.low} of {effect.right} in {asset} then"
            remedy = "move what is held, or rectify the earlier record"
            found.append(trial.irregular("shares.no-room", met, words, where, remedy))
    works = first_operative(trial.view.segments(ref, asset))
    starts = works if works is not None else at
    bars = [*bars_move(trial.folds, trial.act, effect, starts, trial.home), *bars_order(trial.folds, trial.act, effect)]
    if not trial.authority:
        bars += bars_dispossessed(trial.folds, trial.act, effect, starts)
    lacking = lacks_power(trial.folds, trial.act, effect, at, trial.authority)
    if lacking is not None:
        bars.append(lacking)
    found += [trial.bar(bar, where) for bar in bars] if bars else []
    if effect.amount.units_of is not None:
        found += units_on_record(trial, ref, asset, {effect.amount.units_of}, where)
    for performed in effect.performs:
        found += _performed(trial, performed, at, where)
    if effect.right is Right.TITLE:
        found += _own_chain(trial, asset, [effect.target], at, where)
    return found


def _wrong_asset(trial: Trial, asset: SubjectId, where: str) -> list[Objection]:
    """An asset of a kind that this type of act does not move: shares in a company are no business."""
    barred = TYPES[trial.act.type].not_of
    for ref, said in trial.record.registrations(asset) if barred else ():
        if said.kind in barred and trial.view.segments(ref):
            words = f"{asset} is a {said.kind}: its shares pass by ownership.transferred"
            remedy = "use ownership.transferred, or name the business as an asset of its own"
            return [trial.objection("impossible", "type.asset-barred", ref, words, where, remedy)]
    return []


def _performed(trial: Trial, performed: EffectRef, at: datetime, where: str) -> list[Objection]:
    act = trial.record.act(performed.statement)
    effects = [act.effects[performed.n - 1]] if performed.n else list(act.effects)
    if not any(isinstance(e, State | Impose | Proceed | Permit | Exist) for e in effects):
        words = "a completion performs an agreement, an order or a decision; this is none"
        return [
            trial.objection(
                "impossible", "performs.nothing-to-perform", performed, words, where, "name what it completes"
            )
        ]
    refs = [performed] if performed.n else [ref for ref, _ in act.refs()]
    struck = [s for ref in refs if (s := _struck(trial, ref, at)) is not None]
    if struck and len(struck) == len(refs):
        return [trial.irregular("performs.void", struck[0], "what it performs had been declared void", where)]
    for effect in effects:
        if isinstance(effect, State) and effect.kind == "lapse-of-offer":
            return [trial.irregular("performs.lapsed", performed, "what it performs had lapsed", where)]
    said = [
        (trial.view.start(ref), ref, effect.kind)
        for ref, effect in trial.view.naming_of(performed)
        if isinstance(effect, State) and effect.kind in _OF_AN_OFFER and trial.view.stands(ref, at)
    ]
    if said and max(said)[2] == "lapse-of-offer":
        return [trial.irregular("performs.lapsed", max(said)[1], "what it performs had lapsed", where)]
    return []


def _struck(trial: Trial, ref: EffectRef, at: datetime) -> EffectRef | None:
    """The void of an effect that had been decided by a moment, if it is void then."""
    decided = trial.view.void_decided(ref, None)
    if decided is None or decided > at:
        return None
    return next(
        (s.causes[-1] for s in trial.view.segments(ref) if s.start <= at < s.end and s.validity is Validity.VOID),
        None,
    )


def judge_reunit(trial: Trial, ref: EffectRef, effect: Reunit, at: datetime, where: str) -> list[Objection]:
    """A change of capital: room for what it cuts, its units, who would come to own itself, and what bars it."""
    asset = SubjectId(effect.asset)
    found = asset_ended(trial, asset, at, where)
    fold = trial.folds.title(asset)
    for report in fold.reports_of(ref):
        if isinstance(report, NoRoom):
            met = next((m for m in report.met if m.statement != trial.act.id), None)
            found.append(trial.irregular("shares.no-room", met, "more is cancelled than its holders hold", where))
    stated = {p.share.units_of for p in effect.cancel if p.share.units_of}
    found += [*units_add_up(effect, where), *units_on_record(trial, ref, asset, stated, where)]
    found += issued_upon(trial, ref, effect, where) if not stated else []
    found += _own_chain(trial, asset, [portion.holder for portion in effect.issue], at, where)
    found += [trial.bar(bar, where) for bar in bars_reunit(trial.folds, trial.act, effect, at, trial.home)]
    power_less = [
        live
        for live in trial.folds.live(asset, at)
        if live.span.holder == trial.act.actor and not any(p.value == "dispose" for p, _ in live.span.powers)
    ]
    if power_less and not trial.authority:
        words = "the actor's measure does not give the power to dispose"
        found.append(trial.irregular("measure.lacks-disposal", power_less[0].course.ref, words, where))
    return found


def _own_chain(trial: Trial, asset: SubjectId, holders: Iterable[Holder], at: datetime, where: str) -> list[Objection]:
    """A company that would come to own itself by majority, directly or through others."""
    company = company_of(asset)
    for holder in holders:
        path = _up_to(trial, company, SubjectId(holder), at) if isinstance(holder, str) else None
        if path is None:
            continue
        share = held(trial.folds.title(asset).lots_at(at), Right.TITLE, at).get(holder)
        if share is None or share.low <= Fraction(1, 2):
            continue
        met = next((ref for ref, _ in reversed(path)), None)
        words = f"{company} would own itself through {' and '.join(p for _, p in path) or 'this act'}"
        return [trial.irregular("chain.owns-itself", met, words, where)]
    return []


def _up_to(
    trial: Trial, company: SubjectId, holder: SubjectId, at: datetime
) -> list[tuple[EffectRef | None, SubjectId]] | None:
    """The majority holders from one up to a company, each with what made it so; None where it is not above."""
    path: list[tuple[EffectRef | None, SubjectId]] = []
    current = holder
    while current != company:
        asset = company_asset(current)
        if current in [party for _, party in path] or not trial.record.about(asset):
            return None
        state = trial.folds.title(asset).state_at(at)
        shares = held(state.lots, Right.TITLE, at)
        major = [h for h, share in shares.items() if share.low > Fraction(1, 2) and isinstance(h, str)]
        if not major:
            return None
        path.append((state.changed.get(major[0]), current))
        current = major[0]
    return path
