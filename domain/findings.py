"""What the fold says of an act on trial: the objections to it, and the gaps it would show first (DESIGN section 3, rule 6).

Guarantees that an objection is what the answering fold found: no room, a misfit alteration, a bar, an act on record that would
lose its room. It records nothing and decides nothing: `admission` puts the act on the record, asks here, and takes it back.
"""

from __future__ import annotations

from domain.acts import Act
from domain.antecedents import antecedents
from domain.dockets import proceedings
from domain.effects import (
    Admit,
    Alter,
    Declare,
    Described,
    Effect,
    Exist,
    Impose,
    Move,
    Owe,
    Pay,
    Permit,
    Proceed,
    Reunit,
    Void,
)
from domain.folds import Folds
from domain.grants import bars_debt
from domain.identifiers import EffectRef, SubjectId
from domain.identity import identity, succeeds
from domain.lots import Gap, NoRoom
from domain.objections import Objection
from domain.periods import start_bounds, until_bounds
from domain.possible_bars import perhaps_binding
from domain.title import TitleFold
from domain.trial import Trial
from domain.trial_debts import judge_pay
from domain.trial_measures import granted_in_part, judge_alter, judge_impose, perhaps_misfit
from domain.trial_procedure import judge_admit, judge_permit, judge_proceed, judge_void
from domain.trial_subjects import judge_exist
from domain.trial_title import judge_declare, judge_move, judge_reunit

_REACHING_BACK = frozenset({Void, Permit, Proceed, Admit})
"""Effects that change how others stand, from before their own start."""
_TAKING_ROOM = frozenset({Declare, Move, Reunit, Exist, Alter})
"""Effects by which one act leaves another less: an alteration, where it meets the condition of a transfer."""
_UNDOING = frozenset({Void, Admit})
_TELLING = frozenset({Pay, Impose, Void})
"""Effects that may tell of something the record lacks, beside what the folds do."""


class Before:
    """What the folds held before an act is tried: compared with after."""

    def __init__(self, folds: Folds, act: Act) -> None:
        self.no_room: dict[SubjectId, set[EffectRef]] = {}
        for subject in act.subjects:
            if not subject.startswith("asset:"):
                continue
            fold = folds.title(subject)
            if not _last(folds, fold, act):
                self.no_room[subject] = _no_room(fold)


def _last(folds: Folds, fold: TitleFold, act: Act) -> bool:
    """Whether an act takes effect after everything else on an asset, so that it cannot take room from what follows."""
    if not fold.steps:
        return True
    if not act.kinds.isdisjoint(_REACHING_BACK):
        return False
    zones, last = folds.view.record.zones, fold.steps[-1].key[0]
    for effect in act.effects:
        dates = act.effective_of(effect)
        if start_bounds(dates.start, dates.zone, zones)[0] <= last:
            return False
    return True


def _no_room(fold: TitleFold) -> set[EffectRef]:
    return {r.ref for r in fold.reports() if isinstance(r, NoRoom)}


def objections(trial: Trial, before: Before) -> list[Objection]:
    """Everything that speaks against an act by what the folds found of it, and of what is on record beside it."""
    found: list[Objection] = []
    for n, (ref, effect) in enumerate(trial.act.refs()):
        where = f"/effects/{n}"
        at = trial.view.start(ref)
        found += _dates(trial, ref, effect, where)
        match effect:
            case Declare():
                found += judge_declare(trial, ref, effect, at, where)
            case Move():
                found += judge_move(trial, ref, effect, at, where)
            case Reunit():
                found += judge_reunit(trial, ref, effect, at, where)
            case Impose():
                found += judge_impose(trial, ref, effect, at, where)
            case Alter():
                found += judge_alter(trial, ref, effect, at, where)
            case Permit():
                found += judge_permit(trial, ref, effect, at, where)
            case Proceed():
                found += judge_proceed(trial, ref, effect, at, where)
            case Void():
                found += judge_void(trial, ref, effect, at, where)
            case Admit():
                found += judge_admit(trial, effect, where)
            case Owe():
                found += [trial.bar(bar, where) for bar in bars_debt(trial.folds, effect, ref)]
            case Pay():
                found += judge_pay(trial, effect, at, where)
            case Exist():
                found += judge_exist(trial, ref, effect, at, where)
            case _:
                pass
    found += _displaced(trial, before)
    return found


def gaps(trial: Trial) -> list[Gap]:
    """Gaps that recording this act would show for the first time."""
    found: list[Gap] = []
    for subject in trial.act.subjects:
        if subject.startswith("asset:"):
            fold = trial.folds.title(subject)
            for ref, _ in trial.act.refs():
                found += [report for report in fold.reports_of(ref) if isinstance(report, Gap)]
        if subject.startswith("proceeding:"):
            seen = proceedings(trial.view, subject)  # type: ignore[arg-type]  # a subject with this prefix is a proceeding
            found += [
                Gap("antecedent-not-on-record", ref, words)
                for ref, words in seen.missing
                if ref.statement == trial.act.id
            ]
    for subject in trial.act.subjects:
        found += antecedents(trial.folds, subject, [trial.act])
    for ref, effect in trial.act.refs() if Move in trial.act.kinds else ():
        found += perhaps_binding(trial.folds, trial.act, ref, effect, trial.home) if isinstance(effect, Move) else []
    for ref, effect in trial.act.refs() if Impose in trial.act.kinds else ():
        found += granted_in_part(trial, ref, effect) if isinstance(effect, Impose) else []
    for ref, effect in trial.act.refs() if Alter in trial.act.kinds else ():
        found += perhaps_misfit(trial, ref, effect) if isinstance(effect, Alter) else []
    for ref, effect in trial.act.refs() if not trial.act.kinds.isdisjoint(_TELLING) else ():
        if isinstance(effect, Pay) and effect.debt is None:
            found.append(Gap("debt-not-on-record", ref, "a payment of a debt that is not on record"))
        if isinstance(effect, Pay) and effect.debt is not None:
            owed = trial.record.effect(effect.debt)
            if (
                isinstance(owed, Owe)
                and owed.payee != effect.payee
                and not succeeds(trial.view, effect.payee, owed.payee, trial.view.start(ref))
            ):
                words = f"paid to {effect.payee}; what is owed is owed to {owed.payee}"
                found.append(Gap("payee-differs", ref, words, (effect.debt,)))
        if isinstance(effect, Impose) and effect.norm is not None:
            repealed = identity(trial.view, effect.norm).ended
            if repealed is not None and repealed[0] <= trial.view.start(ref):
                words = f"{effect.norm}, on which this measure rests, was no longer in force"
                found.append(Gap("norm-repealed", ref, words, (repealed[1],)))
        if isinstance(effect, Void) and isinstance(effect.target, Described):
            found.append(Gap("described-act-void", ref, f"voids an act that is not on record: {effect.target.text}"))
    return found


def _dates(trial: Trial, ref: EffectRef, effect: Effect, where: str) -> list[Objection]:
    """An end before the start: certain, or possible as far as the dates are known."""
    dates = trial.act.effective_of(effect)
    term = effect.term.until if isinstance(effect, Impose) else None
    if dates.until is None and term is None:
        return []
    early, late = trial.record.start_bounds(ref)
    for until in dict.fromkeys(when for when in (dates.until, term) if when is not None):
        first, last = until_bounds(until, dates.zone, trial.record.zones)
        if last <= early:
            words = "it ends before it takes effect"
            return [trial.objection("impossible", "time.ends-before-start", None, words, where, "correct the dates")]
        if first <= late and (early != late or first != last):
            words = "as its dates stand, it may end before it takes effect"
            return [trial.irregular("time.may-end-before-start", None, words, where)]
    return []


def _displaced(trial: Trial, before: Before) -> list[Objection]:
    """Acts on record that would lose their room if this one were recorded: not where a court or an authority decides how others
    stand, which is what its decision is for."""
    found: list[Objection] = []
    if trial.act.kinds.isdisjoint(_TAKING_ROOM) or not trial.act.kinds.isdisjoint(_UNDOING):
        return found
    for subject, earlier in before.no_room.items():
        now = {r for r in _no_room(trial.folds.title(subject)) if r.statement != trial.act.id}
        for ref in sorted(now - earlier):
            words = f"{ref} takes effect later and would no longer find the shares it moves"
            found.append(trial.irregular("later-act.displaced", ref, words, ""))
    return found
