"""An act on trial that permits, decides, voids or recognises (DESIGN section 3, rules 5 to 9).

Guarantees that a void states a consequence where its target is a decision, and is of one who may ask for it. Whether a decision is
right is no question here, nor what it changes: the folds say that.
"""

from __future__ import annotations

from datetime import datetime

from domain.acts import Act
from domain.coherence import targeted
from domain.effects import Admit, Described, Permit, Proceed, Void
from domain.filing import parties_of
from domain.grants import bars_decision, bars_permit
from domain.identifiers import EffectRef
from domain.identity import succeeds
from domain.objections import Objection
from domain.permits import permit_course
from domain.trial import Trial
from domain.trial_measures import foreign_to


def judge_permit(trial: Trial, ref: EffectRef, effect: Permit, at: datetime, where: str) -> list[Objection]:
    """A permit, or what ends or changes one that must stand."""
    if effect.of is None or effect.op not in ("revoked", "extended", "conditions"):
        found = [trial.bar(bar, where) for bar in bars_permit(trial.folds, effect, at)]
        for excepted in effect.excepts if effect.op == "granted" else ():
            found += foreign_to(trial, excepted, where, inner=True)
        return found
    course = permit_course(trial.view, effect.of)
    mine = course is not None and trial.act.id in {r.statement for r in course.ended_by}
    if course is None or course.op != "granted" or not (course.granted or mine):
        return [
            trial.irregular("permit.not-granted", effect.of, "the permit was not granted, or does not stand", where)
        ]
    ended = course.end <= at and not any(r.statement == trial.act.id for r in (*course.ended_by, *course.causes))
    if ended:
        return [trial.irregular("permit.ended", effect.of, "the permit had ended", where)]
    return []


def judge_proceed(trial: Trial, ref: EffectRef, effect: Proceed, at: datetime, where: str) -> list[Objection]:
    """A step of a proceeding: by whose forum, and whether an appeal still lies."""
    found = [trial.bar(bar, where) for bar in bars_decision(trial.folds, ref, effect, at)]
    if effect.stage == "appealed" and effect.on is not None:
        steps = trial.record.act(effect.on.statement).refs()
        named = [own for own, e in steps if effect.on.n in (0, own.n) and isinstance(e, Proceed) and e.decision]
        final = [by for one in named if (by := trial.view.final_at(one, at)) is not None]
        if final:
            found.append(
                trial.irregular("proceeding.final", final[-1], "the decision was final: no appeal lies", where)
            )
    own = trial.record.actor_forum(trial.act)
    if effect.stage in ("decided", "interim", "remanded", "final") and own is not None and own != effect.forum:
        if (
            own not in trial.record.nesting(effect.forum, at)
            and not effect.forum.startswith("body:")
            and not own.startswith("body:")
        ):
            words = f"{trial.act.actor} decides for {own}, not for {effect.forum}"
            found.append(trial.irregular("proceeding.other-forum", None, words, where))
    return found


def judge_void(trial: Trial, ref: EffectRef, effect: Void, at: datetime, where: str) -> list[Objection]:
    """A void: its consequence where that must be stated, what is void already, and who may ask for it."""
    if isinstance(effect.target, Described):
        return []
    found: list[Objection] = []
    target = effect.target
    act = trial.record.act(target.statement)
    decision = any(isinstance(e, Void) or (isinstance(e, Proceed) and e.decision) for e in targeted(act, target))
    if decision and effect.consequence is None:
        words = "a void of a decision, or of what voids or rectifies, states what becomes of what that had done"
        remedy = "state its consequence: revives, suspense, stays or unstated"
        found.append(trial.objection("impossible", "void.consequence-missing", target, words, where, remedy))
    for other, said in trial.record.naming_effect(target):
        if not isinstance(said, Void) or other.statement == trial.act.id or not trial.view.held(other):
            continue
        covers = said.target in (target, EffectRef(target.statement, 0))
        if not covers or not trial.view.stands(other, max(at, trial.view.start(other))):
            continue
        if not _left_to_void(trial, target, other, said, ref, effect):
            found.append(trial.irregular("void.already-void", other, "its target is already void", where))
    if effect.ground in ("error", "retraction"):
        own = {s.party for s in act.signers} | {act.actor}
        mine = {s.party for s in trial.act.signers}
        steward = any(
            s.capacity == "registrar" or s.role in ("steward", "registrar", "court") for s in trial.act.signers
        )
        if not own & mine and not steward and trial.act.actor != act.actor:
            words = "only who recorded it, its actor, the registrar or a court corrects a record; others dispute it"
            found.append(
                trial.objection("impossible", "void.not-recorder", target, words, where, "record a dispute instead")
            )
    elif trial.record.actor_forum(trial.act) is None and effect.ground == "annulment":
        words = "an annulment is the act of a court or an authority; its actor has no such competence on record"
        found.append(trial.irregular("actor.no-power", target, words, where))
    elif trial.record.actor_forum(trial.act) is None and not _of_a_party(trial, act, at):
        words = "who avoids an act is a party to it, acts for one, or succeeds one; its actor is none on record"
        found.append(trial.irregular("actor.no-power", target, words, where))
    return found


def _of_a_party(trial: Trial, act: Act, at: datetime) -> bool:
    """Whether the actor, or a signer, is a party to an act, acts for one by a measure then, or has succeeded one."""
    parties = {act.actor, *(s.party for s in act.signers), *(p for e in act.effects for p in parties_of(e))}
    mine = {trial.act.actor, *(s.party for s in trial.act.signers)}
    if parties & mine or any(succeeds(trial.view, one, other, at) for one in mine for other in parties):
        return True
    return any(live.span.holder in mine for party in parties for live in trial.folds.live(party, at))


def _left_to_void(trial: Trial, target: EffectRef, other: EffectRef, said: Void, ref: EffectRef, effect: Void) -> bool:
    """Whether a void that stands leaves something to a new one: the time before it begins, or the corrected record that took
    the place of what it struck."""
    struck = [target] if target.n else [each for each, _ in trial.record.act(target.statement).refs()]
    if said.ground == "error":
        later = trial.record.act(other.statement).refs()
        return effect.ground != "error" and any(each in trial.view.aliases(r) for r, _ in later for each in struck)
    return all(
        _begin(trial, effect, ref, start) < _begin(trial, said, other, start) for start in map(trial.view.start, struck)
    )


def _begin(trial: Trial, void: Void, ref: EffectRef, start: datetime) -> datetime:
    """From when a void strikes what started at a moment; at once, where that is not stated."""
    if isinstance(void.time, str):
        return max(start, trial.view.start(ref)) if void.time == "judgment" else start
    return trial.view.moment(void.time, ref)


def judge_admit(trial: Trial, effect: Admit, where: str) -> list[Objection]:
    """A recognition, which a court gives for its own forum only."""
    own = trial.record.actor_forum(trial.act)
    if own is not None and own != effect.forum:
        words = f"{trial.act.actor} speaks for {own}: a recognition binds its own forum only, not {effect.forum}"
        return [
            trial.objection("impossible", "recognition.other-forum", None, words, where, "state the forum of the court")
        ]
    return []
