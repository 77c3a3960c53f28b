"""What must be said beside an answer: what the record does not hold, or holds only in part.

Guarantees that a remark is a function of the view alone, like the value it stands beside (DESIGN section 3). It changes no value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.acts import Act
from domain.antecedents import antecedents
from domain.caps import passed_by_succession
from domain.concerning import bearing_on, debts_about, proceedings_about
from domain.debts import debt, payments_of
from domain.divestment import overdue, perhaps_overdue
from domain.dockets import proceedings
from domain.effects import (
    Admit,
    Alter,
    Exist,
    Family,
    Grip,
    Holder,
    Move,
    OneOf,
    Owe,
    Pay,
    Proceed,
    Reunit,
    Right,
    Void,
)
from domain.effects import State as Said
from domain.folds import Folds
from domain.grants import ORDERS_NOTHING
from domain.identifiers import EffectRef, Forum, StatementId, SubjectId, company_of
from domain.identity import identity
from domain.lots import Gap, NoRoom, held
from domain.measures import Misfit
from domain.periods import END, FIRST_DAY
from domain.reach import perhaps_reaching
from domain.readings import Choice
from domain.record import Record
from domain.rules import RULES
from domain.segments import Validity
from domain.standing import View


@dataclass(frozen=True, slots=True)
class Irregularity:
    """Something recorded that the law forbade or found no room for: rule, the act, what it met, whether the signers knew."""

    rule: str
    act: EffectRef
    met: StatementId | None
    knowingly: bool
    words: str


@dataclass(frozen=True, slots=True)
class Unapplied:
    """A foreign act the forum does not apply: listed, not counted."""

    act: StatementId
    home: Forum | None
    words: str
    answers: tuple[EffectRef, ...] = ()
    """Where the forum refused it, or has it before it: the acts that say so."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """What the record does not hold, or holds only in part: part of every answer."""

    gaps: tuple[Gap, ...]
    irregular: tuple[Irregularity, ...]
    unapplied: tuple[Unapplied, ...]
    undecided: tuple[StatementId, ...]
    """Applied because the place of the asset applies them; the forum asked has not decided."""
    unseen: tuple[tuple[StatementId, int], ...]
    """Signed without sight of that many statements recorded before."""
    late: tuple[StatementId, ...]
    """Recorded after the known clock: this answer could not have been given by the ledger then."""
    disputed: tuple[tuple[StatementId, StatementId], ...]
    """(disputed record, the statement by which its actor or a party disputes it)."""
    choices: tuple[Choice, ...]


def remarks(folds: Folds, asset: SubjectId, at: datetime | None) -> Remarks:
    """What must be said beside an answer about an asset, up to a moment or over all time (what is overdue is so at a moment)."""
    view = folds.view
    record = view.record
    fold = folds.title(asset)
    until = at if at is not None else END
    gaps: list[Gap] = []
    irregular: list[Irregularity] = []
    for report in fold.reports():
        if view.start(report.ref) > until:
            continue
        if isinstance(report, NoRoom):
            met = report.met[0].statement if report.met else None
            words = "the transferor did not hold enough: what was missing is not moved"
            irregular.append(Irregularity("shares.no-room", report.ref, met, _known(record, report.ref), words))
        else:
            gaps.append(report)
    for course in folds.courses(asset):
        irregular += [_misfit(record, m) for m in course.misfits if view.start(m.ref) <= until]
    irregular += divestments_overdue(folds, asset, at) if at is not None else []
    unapplied: list[Unapplied] = []
    undecided: list[StatementId] = []
    late: list[StatementId] = []
    unseen: list[tuple[StatementId, int]] = []
    disputed: list[tuple[StatementId, StatementId]] = []
    counted: list[Act] = []
    forum = view.eyes(asset)
    for act in record.stream(asset):
        if not view.holds(act) or (act.effects and view.start(act.refs()[0][0]) > until):
            continue
        applied = view.applied(act.refs()[0][0] if act.effects else EffectRef(act.id, 0), asset)
        silent = applied is not None and not applied.decided
        foreign = [1] if applied is None else []
        if forum is not None and view.singled(act.id):
            taken = [view.applied(ref, asset) for ref, _ in act.refs()]
            applied = next((one for one in taken if one is not None), None)
            silent = any(one is not None and not one.decided for one in taken)
            foreign = [n for n, one in enumerate(taken, 1) if one is None]
        if foreign:
            unapplied.append(_unapplied(view, act, asset, foreign))
        if silent:
            undecided.append(act.id)
        missed = record.unseen(act)
        if missed:
            unseen.append((act.id, missed))
        if act.despite:
            irregular += [
                Irregularity(d.rule, EffectRef(act.id, 0), d.statement, True, _despite(d.rule))
                for d in act.despite
                if not any(i.rule == d.rule and i.act.statement == act.id for i in irregular)
            ]
        disputed += _disputes(view, act)
        if applied is not None:
            counted.append(act)
    if view.clocks.known_at is not None:
        late += [act.id for act in bearing_on(record, asset) if _late(view, act, until)]
    gaps += antecedents(folds, asset, counted)
    for seen in proceedings_about(folds, asset):
        gaps += [Gap("antecedent-not-on-record", ref, words) for ref, words in seen.missing if view.start(ref) <= until]
    gaps += _payments_unrecorded(folds, asset, until)
    gaps += _paid_in_vain(folds, asset, at) if at is not None else []
    gaps += _norms_ended(folds, asset, until)
    if at is not None:
        gaps += _stakes_gone(folds, asset, at)
        gaps += _whole_burdened(folds, asset, at)
        gaps += _perhaps_reached(folds, asset, at)
        gaps += _interim_outlived(folds, asset, at)
        gaps += perhaps_overdue(folds, asset, at)
        gaps += passed_by_succession(folds, asset, at)
        gaps += _merged_away(folds, asset, at)
        gaps += _assigned_by_none(folds, asset, at)
    return Remarks(
        tuple(gaps),
        tuple(irregular),
        tuple(unapplied),
        tuple(undecided),
        tuple(unseen),
        tuple(late),
        tuple(disputed),
        (),
    )


def _late(view: View, act: Act, until: datetime) -> bool:
    """Whether an act that counts was recorded after the moment of knowledge."""
    known_at = view.clocks.known_at
    if known_at is None or act.recorded_at <= known_at or not view.holds(act):
        return False
    return not act.effects or view.start(act.refs()[0][0]) <= until


def divestments_overdue(folds: Folds, asset: SubjectId, at: datetime) -> list[Irregularity]:
    """Orders to divest whose term is over at a moment, while one they bind still holds too much."""
    words = "the term has passed and {} still holds more than the order allows"
    return [
        Irregularity("divestment.overdue", ref, ref.statement, False, words.format(holder))
        for ref, holder, _ in overdue(folds, asset, at)
    ]


def with_overdue(through_time: Remarks, folds: Folds, asset: SubjectId, at: datetime) -> Remarks:
    """Remarks over all time, and what is overdue at a moment."""
    return replace(through_time, irregular=(*through_time.irregular, *divestments_overdue(folds, asset, at)))


def _unapplied(view: View, act: Act, asset: SubjectId, numbers: list[int]) -> Unapplied:
    """A foreign act that the forum does not apply, or of which it does not apply some effects, and what it has said of it."""
    home, place = view.home(act, asset), view.place_then(act, asset)
    if view.singled(act.id) and len(numbers) < len(act.effects):
        own = {EffectRef(act.id, n) for n in numbers}
        parts = [ref for asked in (view.eyes(asset), place) if asked for ref, _ in _answers(view, act, asked)]
        left = ", ".join(f"#{ref.n}" for ref in sorted(own))
        return Unapplied(act.id, home, f"a foreign act applied only in part: not {left}", tuple(dict.fromkeys(parts)))
    forum = view.eyes(asset)
    for asked, whose in ((forum, "this forum"), (place, "the place of the asset")):
        said = _answers(view, act, asked) if asked is not None else []
        refused = tuple(ref for ref, answer in said if answer == "refused")
        if refused:
            return Unapplied(act.id, home, f"a foreign act that {whose} has refused", refused)
        if said:
            words = f"a foreign act that {whose} was asked to admit, and has not"
            return Unapplied(act.id, home, words, tuple(ref for ref, _ in said))
    return Unapplied(act.id, home, "a foreign act that this forum has not been asked to admit")


def _answers(view: View, act: Act, forum: Forum) -> list[tuple[EffectRef, str]]:
    """What a forum, or one it is nested in, has said of an act so far, in order of time."""
    found: dict[EffectRef, str] = {}
    for own, _ in act.refs():
        for ref, effect in view.naming(own):
            standing = isinstance(effect, Admit) and view.held(ref) and view.settled_own(ref)
            if isinstance(effect, Admit) and any(s.validity is Validity.OPERATIVE for s in standing or ()):
                outer = view.record.nesting(forum, max(view.start(ref), FIRST_DAY))
                if effect.forum == forum or effect.forum in outer:
                    found[ref] = effect.answer
    return sorted(found.items(), key=lambda item: (view.start(item[0]), item[0]))


def _despite(rule: str) -> str:
    """What was set aside by recording an act despite a rule; a rule of a later release is named only."""
    protects = next((known.words for known in RULES if known.name == rule), "")
    return f"recorded despite this objection: {protects}" if protects else "recorded despite this objection"


def _known(record: Record, ref: EffectRef) -> bool:
    return bool(record.act(ref.statement).despite)


def _misfit(record: Record, misfit: Misfit) -> Irregularity:
    words = {
        "measure.lapsed": "the measure had lapsed before: this changes nothing",
        "measure.ended": "the measure had ended before: this changes nothing",
        "measure.not-in-force": "the measure was not yet in force",
        "measure.not-suspended": "the measure was not suspended",
        "extension.not-later": "the new end is not later than the old one",
        "extension.beyond-maximum": "one step longer than the legal basis allows",
    }[misfit.rule]
    return Irregularity(misfit.rule, misfit.ref, misfit.met.statement, _known(record, misfit.ref), words)


def _disputes(view: View, act: Act) -> list[tuple[StatementId, StatementId]]:
    found: list[tuple[StatementId, StatementId]] = []
    if not view.record.mentioned(act.id):
        return found
    for ref, effect in view.record.naming(EffectRef(act.id, 0)):
        if isinstance(effect, Said) and effect.kind == "dispute" and view.held(ref):
            found.append((act.id, ref.statement))
    return found


def _payments_unrecorded(folds: Folds, asset: SubjectId, until: datetime) -> list[Gap]:
    view = folds.view
    return [
        Gap("debt-not-on-record", ref, "a payment of a debt that is not on record")
        for ref, effect in view.record.told(asset, Pay)
        if effect.debt is None and view.held(ref) and view.start(ref) <= until
    ]


def _paid_in_vain(folds: Folds, asset: SubjectId, at: datetime) -> list[Gap]:
    """Payments of a debt that is void, and that nothing determines anew: whether they were paid back is not on record."""
    view = folds.view
    found: list[Gap] = []
    for owed in debts_about(folds, asset):
        now = next((s for s in view.settled(owed, asset) if s.start <= at < s.end), None)
        if now is None or now.validity is not Validity.VOID or _determined_anew(folds, owed, at):
            continue
        for ref in payments_of(view, owed, at, asset):
            paid = view.record.effect(ref)
            back = any(
                isinstance(effect, Owe) and effect.cause == ref and view.held(other) and view.start(other) <= at
                for other, effect in view.record.naming(ref)
            )
            if isinstance(paid, Pay) and not back:
                words = f"{paid.amount.low} {paid.amount.currency} were paid of a debt that is void; no repayment is on record"
                found.append(Gap("paid-in-vain", ref, words, now.causes))
    return found


def _determined_anew(folds: Folds, ref: EffectRef, at: datetime) -> bool:
    """Whether another debt that stands takes the place of one."""
    view = folds.view
    return any(
        isinstance(effect, Owe) and effect.replaces == name and debt(view, other, at) is not None
        for name in view.aliases(ref)
        for other, effect in view.record.naming(name)
    )


def _norms_ended(folds: Folds, asset: SubjectId, until: datetime) -> list[Gap]:
    """Measures whose norm was repealed, or annulled: whether they outlive it is for the law to say, the record shows both."""
    found = []
    for course in folds.courses(asset):
        norm = course.impose.norm
        if norm is None or not course.spans:
            continue
        ended = identity(folds.view, norm).ended
        if ended is None or ended[0] > until or course.end <= ended[0]:
            continue
        annulled = isinstance(folds.view.record.effect(ended[1]), Void)
        when = "while it was in force" if course.spans[0].start < ended[0] else "before it was imposed"
        words = f"{norm}, on which this measure rests, was {'annulled' if annulled else f'repealed {when}'}"
        found.append(Gap("norm-repealed", course.ref, words, (ended[1],)))
    return found


def _stakes_gone(folds: Folds, asset: SubjectId, at: datetime) -> list[Gap]:
    """Measures in force over stakes whose holders hold nothing of the asset any more; encumbrances of which they sold a part."""
    found: list[Gap] = []
    holders: set[Holder] = set()
    for live in folds.live(asset, at):
        mine = [stake.holder for stake in live.stakes if stake.asset == asset]
        if not mine or live.course.family not in (Family.CONTROL, Family.ENCUMBRANCE):
            continue
        if not holders:
            for holder in held(folds.title(asset).lots_at(at), Right.TITLE, at):
                holders.update(holder.parties if isinstance(holder, OneOf) else (holder,))
        if not holders.intersection(mine):
            words = f"{mine[0]}, over whose stake this measure lies, holds nothing of {asset}"
            found.append(Gap("stake-gone", live.course.ref, words, ()))
        elif live.course.family is Family.ENCUMBRANCE:
            since = live.course.spans[0].start
            sold = [
                step.ref
                for step in folds.title(asset).steps
                if isinstance(step.effect, Move) and step.effect.source in mine and step.effect.right is Right.TITLE
                if since <= step.key[0] <= at and step.operative(at)
            ]
            if sold:
                words = f"whether what {mine[0]} disposed of since is still under this {live.course.impose.kind} is not on record"
                found.append(Gap("stake-reduced", live.course.ref, words, tuple(sold)))
            cut = [
                step.ref
                for step in folds.title(asset).steps
                if isinstance(step.effect, Reunit) and any(p.holder in mine for p in step.effect.cancel)
                if since <= step.key[0] <= at and step.operative(at)
            ]
            if cut:
                kind = live.course.impose.kind
                words = f"{mine[0]}'s units were cancelled since; whether this {kind} lies over what it holds now is not on record"
                found.append(Gap("stake-reissued", live.course.ref, words, tuple(cut)))
    return found


def _whole_burdened(folds: Folds, asset: SubjectId, at: datetime) -> list[Gap]:
    """What lay over the whole when it was divided, or over what was merged into the asset, and is still in force: whether it lies
    over the part, or what it was merged into, is not on record."""
    found: list[Gap] = []
    for step in folds.title(asset).steps:
        if not step.divides or step.key[0] > at or not step.operative(at):
            continue
        whole = step.effect.subject if isinstance(step.effect, Exist) else asset
        found += _left_behind(folds, whole, asset, step.ref, step.key[0], at, "divided")
    for ref in folds.view.record.existing(asset):
        effect = folds.view.record.effect(ref)
        if isinstance(effect, Exist) and effect.op == "merge" and asset in effect.others:
            if folds.view.stands(ref, at, asset):
                found += _left_behind(folds, effect.subject, asset, ref, folds.view.start(ref), at, "merged")
    return found


def _left_behind(
    folds: Folds, whole: SubjectId, asset: SubjectId, ref: EffectRef, since: datetime, at: datetime, how: str
) -> list[Gap]:
    """Measures over an asset that was divided or merged, or over a stake in it: in force since before, and not imposed anew."""
    found: list[Gap] = []
    own = {(course.impose.kind, course.impose.holder) for course in folds.courses(asset)}
    for live in folds.live(whole, at):
        impose = live.course.impose
        if live.course.spans[0].start >= since or live.course.family not in _STAYS:
            continue
        if (impose.kind, impose.holder) in own:
            continue
        stakes = [stake.holder for stake in live.stakes if stake.asset == whole]
        what = whole if whole in impose.over else f"the stake of {stakes[0]} in {whole}" if stakes else None
        if what is not None:
            words = f"{impose.kind} lay over {what} when it was {how}; whether it lies over {asset} is not on record"
            found.append(Gap("whole-burdened", ref, words, (live.course.ref,)))
    return found


def _interim_outlived(folds: Folds, asset: SubjectId, at: datetime) -> list[Gap]:
    """Measures ordered for the time being that are in force although their proceeding has ended."""
    found: list[Gap] = []
    record = folds.view.record
    for live in folds.live(asset, at):
        steps = [e for e in record.act(live.course.ref.statement).effects if isinstance(e, Proceed)]
        for step in steps:
            if step.stage != "interim":
                continue
            course = proceedings(folds.view, step.proceeding)
            now = next((s for s in course.statuses if s.forum == step.forum and s.start <= at < s.end), None)
            if now is None or not (now.stage in _ENDED or now.outcome in ORDERS_NOTHING):
                continue
            told = f"{now.stage}: {now.outcome}" if now.outcome else now.stage
            words = (
                f"ordered for the time being in {step.proceeding}, which is {told}: whether it goes on is not on record"
            )
            found.append(Gap("interim-outlived", live.course.ref, words, now.causes))
    return found


_ENDED = frozenset({"final", "withdrawn", "settled"})
_STAYS = frozenset({Family.CONTROL, Family.RESTRICTION, Family.ENCUMBRANCE})


def _assigned_by_none(folds: Folds, asset: SubjectId, at: datetime) -> list[Gap]:
    """Measures assigned by one to whom an assignment had given them that is void: the later one stands, marked."""
    view = folds.view
    found: list[Gap] = []
    for live in folds.live(asset, at):
        assigned = {
            ref: effect
            for name in view.aliases(live.course.ref)
            for ref, effect in view.record.naming(name)
            if isinstance(effect, Alter) and effect.op == "assign" and view.held(ref) and view.start(ref) <= at
        }
        for ref in assigned if len(assigned) > 1 else ():
            now = next((s for s in view.settled(ref, asset) if s.start <= at < s.end), None)
            if now is None or now.validity is not Validity.VOID:
                continue
            for later in assigned:
                act = view.record.act(later.statement)
                makers = {act.actor, *(signer.party for signer in act.signers)}
                if (
                    assigned[ref].holder in makers
                    and view.start(later) >= view.start(ref)
                    and view.stands(later, at, asset)
                ):
                    words = (
                        f"{assigned[ref].holder} assigned this {live.course.impose.kind}, whose own assignment is void"
                    )
                    found.append(Gap("root-of-title-void", later, words, now.causes))
    return found


def _merged_away(folds: Folds, asset: SubjectId, at: datetime) -> list[Gap]:
    """Restrictions still in force over parties whose holding passed to others by succession: a measure over a party is over that
    party, and whether it reaches who succeeded it is for who imposed it."""
    found: list[Gap] = []
    for step in folds.title(asset).steps:
        effect = step.effect
        if (
            not isinstance(effect, Exist)
            or effect.op not in ("merge", "succeed")
            or not effect.subject.startswith("party:")
        ):
            continue
        if step.key[0] > at or not step.operative(at):
            continue
        known = {live.course.ref for other in effect.others for live in folds.live(other, at)}
        for live in folds.live(effect.subject, at):
            forbids = any(grip is Grip.FORBIDS for _, grip in live.span.powers)
            if live.course.family is Family.RESTRICTION and forbids and live.course.ref not in known:
                heirs = " or ".join(effect.others)
                words = f"{effect.subject}, over whom this {live.course.impose.kind} lies, was succeeded by {heirs}"
                found.append(Gap("restriction-left-behind", live.course.ref, words, (step.ref,)))
    return found


def _perhaps_reached(folds: Folds, asset: SubjectId, at: datetime) -> list[Gap]:
    """Restrictions that may reach an asset through its owners, as far as it is known how much they hold."""
    return [
        Gap(
            "reach-uncertain",
            live.course.ref,
            f"whether this {live.course.impose.kind} reaches {asset} depends on shares that are not known exactly",
        )
        for live in perhaps_reaching(folds, company_of(asset), at)
        if live.course.family is Family.RESTRICTION
    ]
