"""An act on trial that says what exists: registrations, divisions, successions; and assets that have ended (DESIGN section 3,
rule 6).

Guarantees that a slug is registered once but where the thing changed its place, and that nobody succeeds itself. That a subject
was never registered is a gap, not found here.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from domain.effects import Exist, Void
from domain.grants import bars_joinder
from domain.identifiers import EffectRef, SubjectId, company_of
from domain.identity import identity
from domain.objections import Objection
from domain.record import PlaceMember
from domain.trial import Trial

_ENDING = frozenset({"end", "merge", "divide", "repeal"})


def judge_exist(trial: Trial, ref: EffectRef, effect: Exist, at: datetime, where: str) -> list[Objection]:
    """A registration, division, succession or end: a slug chosen once, parts that make the whole, no circle."""
    found: list[Objection] = []
    if effect.op == "register":
        for other, said in trial.record.registrations(effect.subject):
            records = trial.act.records is not None and trial.act.records == other.statement
            if other == ref or records or not trial.view.held(other) or _replaced_here(trial, other):
                continue
            if _changes_place(trial, ref, effect, other, said):
                continue
            words = f"{effect.subject} is registered: a slug is chosen once and never reused"
            remedy = "choose another slug; if it changed its place, state the day and the new place"
            found.append(trial.objection("impossible", "subject.registered", other, words, where, remedy))
            break
    if effect.op == "divide":
        shares = [p.share.low for p in effect.parts if p.share is not None]
        if len(shares) == len(effect.parts) and sum(shares, Fraction(0)) < 1:
            words = f"the parts cover {sum(shares, Fraction(0))} of {effect.subject}, not the whole"
            found.append(trial.irregular("parts.below-whole", None, words, where))
    if effect.op in ("merge", "succeed", "same"):
        found += _identity_cycle(trial, effect, where)
    found += [trial.bar(bar, where) for bar in bars_joinder(trial.folds, trial.act, effect, at)]
    if effect.op not in ("register", "end"):
        found += asset_ended(trial, effect.subject, at, where)
    return found


def asset_ended(trial: Trial, asset: SubjectId, at: datetime, where: str) -> list[Objection]:
    """A dealing in an asset that had ended, or in the shares of a company that had."""
    for ref in trial.record.existing(asset):
        effect = trial.record.effect(ref)
        if isinstance(effect, Exist) and effect.op in _ENDING:
            break
    else:
        return _company_ended(trial, asset, at, where) if asset.startswith("asset:") else []
    ended = identity(trial.view, asset).ended
    if ended is not None and ended[0] <= at and ended[1].statement != trial.act.id:
        return [trial.irregular("asset.ended", ended[1], f"{asset} had ended", where)]
    return []


def _company_ended(trial: Trial, asset: SubjectId, at: datetime, where: str) -> list[Objection]:
    """The shares of a company that was merged away, or ended, under its name as a party."""
    if not any(said.kind == "company" for _, said in trial.record.registrations(asset)):
        return []
    company = company_of(asset)
    ended = identity(trial.view, company).ended
    if ended is not None and ended[0] <= at and ended[1].statement != trial.act.id:
        return [trial.irregular("asset.ended", ended[1], f"{company}, whose shares {asset} is, had ended", where)]
    return []


def _changes_place(trial: Trial, ref: EffectRef, effect: Exist, other: EffectRef, said: Exist) -> bool:
    """Whether a registration says that what another registers lay elsewhere from another day on: the same kind of thing, with
    the same identifiers (a register's numbers change with the register), and a place or zone other than said without it."""
    bounds, others = trial.record.start_bounds(ref), trial.record.start_bounds(other)
    if effect.kind != said.kind or bounds == others:
        return False
    lasting = {e.scheme: e.value for e in said.identifiers if e.scheme != "register"}
    if any(lasting.get(e.scheme, e.value) != e.value for e in effect.identifiers):
        return False
    stated: tuple[tuple[PlaceMember, str | None], ...] = (("place", effect.place), ("zone", effect.zone))
    said_else = ((value, _said_without(trial, ref, effect, member)) for member, value in stated)
    return any(None not in (value, known) and value != known for value, known in said_else)


def _said_without(trial: Trial, ref: EffectRef, effect: Exist, member: PlaceMember) -> str | None:
    """What the other registrations say of a subject's place or zone when one of them starts."""
    told = [item for item in trial.record.placed(effect.subject, member) if item[0] != ref]
    at = trial.record.start_bounds(ref)[0]
    before = [value for other, value in told if trial.record.start_bounds(other)[0] <= at]
    return before[-1] if before else told[0][1] if told else None


def _replaced_here(trial: Trial, other: EffectRef) -> bool:
    return any(
        isinstance(e, Void) and isinstance(e.target, EffectRef) and e.target.statement == other.statement
        for e in trial.act.effects
    )


def _identity_cycle(trial: Trial, effect: Exist, where: str) -> list[Objection]:
    if effect.op == "same":
        return []
    todo, seen = list(effect.others), set[SubjectId]()
    while todo:
        current = todo.pop()
        for _, successor, _, ref in identity(trial.view, current).successors:
            if successor == effect.subject:
                words = f"{effect.subject} would succeed itself through {current}"
                return [trial.objection("impossible", "identity.cycle", ref, words, where, "correct the succession")]
            if successor not in seen:
                seen.add(successor)
                todo.append(successor)
    return []
