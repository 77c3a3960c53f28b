"""Admission: may this act be recorded, and what speaks against it (DESIGN section 3, rule 6).

An act is tried on the record in its home forum, knowing everything recorded, with the same fold that answers questions: what the
fold cannot place, the alterations it finds misfit and the bars a dealing meets become objections. Impossible ones refuse; irregular
ones refuse unless the signers list each of them, and only those, in `despite`. What the record merely does not hold (a judgment
whose filing was never recorded) is a gap: told, never an objection. The record is left as it was found.

Signatures, keys, `submit_by`, `exact` and `seen` are judged where bytes and clock are known: by the register and the application.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from domain.act_types import TYPES
from domain.acts import Act, Strength
from domain.affairs import debt, identity, permit_course, proceedings
from domain.antecedents import antecedents
from domain.effects import (
    Admit,
    Alter,
    Declare,
    Described,
    Effect,
    Exist,
    Family,
    Impose,
    Move,
    Owe,
    Pay,
    Permit,
    Portion,
    Proceed,
    Reunit,
    Right,
    Stake,
    State,
    Unknown,
    Void,
)
from domain.folds import Folds
from domain.grants import (
    GRANTS,
    bars_control,
    bars_debt,
    bars_decision,
    bars_grant,
    bars_joinder,
    bars_order,
    bars_permit,
    bars_rank,
    named_in,
)
from domain.identifiers import EffectRef, Forum, StatementId, SubjectId
from domain.measure_kinds import family_of
from domain.measures import longest_first_term, stated_end
from domain.objections import Kind, Objection
from domain.periods import BEGINNING, END, Clocks, start_bounds, until_bounds
from domain.record import Record, named_by, subjects_of
from domain.restrictions import Bar, bars_move, lacks_power
from domain.standing import Validity, View
from domain.title import Gap, NoRoom, TitleFold, held
from domain.type_objections import judge_type

_OF_ITS_HOLDER = frozenset({"discharge", "end", "assign", "subordinate", "rank"})
_OFFICIAL = frozenset({"order", "decree", "decision", "judgment", "award", "statute", "regulation"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer to an act: objections that stand (none: it may be recorded), and gaps that recording it would show."""

    objections: tuple[Objection, ...]
    gaps: tuple[Gap, ...]

    @property
    def accepted(self) -> bool:
        return not self.objections


class Admission:
    """Judges acts against a growing record, with kept folds per home forum. One writer at a time."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._folds: dict[Forum | None, Folds] = {}

    def folds(self, forum: Forum | None) -> Folds:
        """The kept folds of a forum at the head of the record, everything known."""
        folds = self._folds.get(forum)
        if folds is None:
            folds = self._folds[forum] = Folds(View(self.record, Clocks(), forum))
        folds.catch_up()
        return folds

    def judge(self, act: Act) -> Judgement:
        """Judge an act that is not recorded yet; nothing is left behind."""
        return self._tried(act, keep=False)

    def admit(self, act: Act) -> Judgement:
        """Judge an act and record it if nothing speaks against it: what the trial folded is kept, not folded again."""
        return self._tried(act, keep=True)

    def _tried(self, act: Act, keep: bool) -> Judgement:
        early = [*judge_type(act), *_references(self.record, act), *_itself(act)]
        if any(o.kind == "impossible" for o in early):
            return Judgement(_against_despite(act, early), ())
        forum = self._home(act)
        folds = self.folds(forum)
        before = _State(folds, act)
        kept = False
        # Tried as if it named no objection: a breach that makes it void would hide what else speaks against it.
        tried = replace(act, despite=()) if act.despite else act
        self.record.add(tried)
        try:
            folds.refresh(tried)
            trial = _Trial(folds, tried, forum, before)
            found = [*early, *trial.objections()]
            judgement = Judgement(_against_despite(act, found), tuple(trial.gaps()))
            kept = keep and judgement.accepted and tried is act
        finally:
            if kept:
                folds.taken += 1
            else:
                self.record.remove_last()
                folds.refresh(tried)
        if keep and judgement.accepted and not kept:
            self.record.add(act)
        return judgement

    def add(self, act: Act) -> None:
        """Record an act that was judged, or is replayed: never refused."""
        self.record.add(act)

    def _home(self, act: Act) -> Forum | None:
        for effect in act.effects:
            if isinstance(effect, Proceed | Admit):
                return effect.forum
        own = self.record.forum_of(act)
        if own is not None:
            return own
        registered = {e.subject: e.place for e in act.effects if isinstance(e, Exist) and e.op == "register"}
        for kind in ("asset:", "party:"):
            for subject in (s for s in act.subjects if s.startswith(kind)):
                place = self.record.place_of(subject) or registered.get(subject)
                if place is not None:
                    return place
        return None


def _against_despite(act: Act, found: list[Objection]) -> tuple[Objection, ...]:
    """Irregular objections that `despite` names are answered; one it names without need is itself an objection."""
    unique = list({(o.kind, o.rule, o.statement, o.where): o for o in found}.values())
    named = set(act.despite)
    met = {o.known_as for o in unique if o.kind == "irregular"}
    left = [o for o in unique if o.kind == "impossible" or o.known_as not in named]
    if any(o.kind == "impossible" for o in unique):
        return tuple(left)
    for extra in sorted(named - met, key=lambda d: (d.rule, d.statement or "")):
        words = f"the act is recorded despite {extra.rule}, but nothing of that kind speaks against it"
        left.append(
            Objection(
                "impossible",
                "despite.unfounded",
                extra.statement,
                "",
                words,
                "despite",
                "leave this entry out of despite",
            )
        )
    return tuple(left)


# --- before the fold ---------------------------------------------------------------------------------------------


def _references(record: Record, act: Act) -> list[Objection]:
    """Everything an act refers to must be on record and of the right kind; its effects must be about its subjects."""
    found: list[Objection] = []
    about = set(act.subjects)
    for n, effect in enumerate(act.effects):
        where = f"/effects/{n}"
        after = act.effective_of(effect).after
        for ref in dict.fromkeys((*named_by(effect), *((after,) if after is not None else ()))):
            if ref.statement == act.id:
                continue
            other = record.by_id.get(ref.statement)
            if other is None or ref.n > len(other.effects):
                words = f"{ref} is not on record: an act can only refer to what was recorded before it"
                found.append(
                    _impossible(
                        "reference.unknown", None, words, where, "record that act first, or void by description"
                    )
                )
            else:
                found += _kinds(record, effect, ref, where)
        found += [
            _impossible(
                "subjects.missing", None, f"this effect is about {s}, which subjects does not list", where, "add it"
            )
            for s in _concerned(record, effect)
            if s not in about
        ]
    for subject, seen in zip(act.subjects, act.follows, strict=True):
        if seen is not None and (subject, seen) not in record.place:
            words = f"follows names {seen} for {subject}, which is no statement of that stream"
            found.append(
                _impossible("follows.unknown", None, words, "/follows", "name the last statement of the stream you saw")
            )
    if act.records is not None:
        first = record.by_id.get(act.records)
        if first is None:
            found.append(
                _impossible("reference.unknown", None, f"{act.records} is not on record", "/records", "record it first")
            )
        elif first.actor != act.actor or not set(first.subjects) & set(act.subjects):
            words = "another source for an act has the same actor and shares a subject with it"
            found.append(
                _impossible("records.other-act", first.id, words, "/records", "record it as an act of its own")
            )
    return found


def _concerned(record: Record, effect: Effect) -> list[SubjectId]:
    """The streams an effect must extend: what it is about, and what that is about which it alters, voids, permits or admits. So
    nothing that changes a subject's state is missing from its stream, and a stream cut short shows."""
    found = [] if isinstance(effect, State | Pay | Permit | Proceed) else list(subjects_of(effect))
    changed: tuple[EffectRef | None, ...] = ()
    match effect:
        case Alter():
            changed = (effect.measure,)
        case Permit():
            changed = (effect.of, effect.transaction, *effect.excepts)
        case Void(target=EffectRef() as target) | Admit(target=EffectRef() as target):
            changed = (target,)
        case _:
            pass
    for ref in changed:
        act = record.by_id.get(ref.statement) if ref is not None else None
        if ref is None or act is None or ref.n > len(act.effects):
            continue
        targets = (act.effects[ref.n - 1],) if ref.n else act.effects
        found += [s for target in targets if not isinstance(target, State | Pay) for s in subjects_of(target)]
    return list(dict.fromkeys(found))


def _kinds(record: Record, effect: Effect, ref: EffectRef, where: str) -> list[Objection]:
    target = record.effect(ref) if ref.n else None
    wanted: tuple[type, ...] = ()
    match effect:
        case Alter(op="fulfil"):
            wanted = (Move, Reunit, Impose)
        case Alter():
            wanted = (Impose,)
        case Permit() if effect.of == ref:
            wanted = (Permit,)
        case Permit() if ref in effect.excepts:
            wanted = (Impose,)
        case Impose() if ref in effect.rank_above:
            wanted = (Impose,)
        case Proceed() if effect.on == ref and effect.stage in ("appealed", "remanded", "final"):
            wanted = (Proceed,)
            target = next((e for e in _targeted(record.by_id[ref.statement], ref) if isinstance(e, Proceed)), None)
        case _:
            return []
    if isinstance(target, wanted):
        return []
    names = " or ".join(sorted(w.__name__.lower() for w in wanted))
    return [
        _impossible(
            "reference.kind", ref.statement, f"{ref} is not an effect of the kind {names}", where, "refer to the effect"
        )
    ]


def _itself(act: Act) -> list[Objection]:
    """What an act contradicts in itself, before any record is looked at."""
    found: list[Objection] = []
    for n, effect in enumerate(act.effects):
        where = f"/effects/{n}"
        match effect:
            case Declare():
                found += _not_whole(effect.split, where)
            case Move():
                if effect.source == effect.target:
                    found.append(
                        _impossible(
                            "move.same-holder", None, "transferor and transferee are the same", where, "name two"
                        )
                    )
                if effect.amount.empty:
                    found.append(
                        _impossible("move.nothing", None, "nothing is moved", where, "state a share above nothing")
                    )
            case Reunit():
                issued = sum((p.share.low for p in effect.issue), Fraction(0))
                cancelled = sum((p.share.low for p in effect.cancel), Fraction(0))
                if issued > 1 or cancelled > 1:
                    found.append(
                        _impossible(
                            "shares.not-whole", None, "more than the whole is cancelled or issued", where, "correct it"
                        )
                    )
            case Exist(op="divide"):
                total = sum((p.share.low for p in effect.parts if p.share is not None), Fraction(0))
                if total > 1:
                    found.append(
                        _impossible(
                            "parts.exceed-whole", None, f"the parts sum to {total}", where, "correct the shares"
                        )
                    )
            case Exist(op="same" | "merge" | "succeed") if effect.subject in effect.others:
                found.append(
                    _impossible(
                        "identity.cycle", None, f"{effect.subject} cannot be its own successor", where, "name another"
                    )
                )
            case Void():
                if isinstance(effect.target, EffectRef) and effect.target.statement == act.id:
                    found.append(_impossible("void.itself", None, "an act cannot void itself", where, "leave it out"))
            case _:
                pass
    return found


def _not_whole(split: tuple[Portion, ...], where: str) -> list[Objection]:
    low = sum((p.share.low for p in split), Fraction(0))
    high = sum((p.share.high for p in split), Fraction(0))
    holders = [(p.holder, p.manner) for p in split]
    if len(set(holders)) != len(holders):
        return [
            _impossible(
                "shares.holder-twice", None, "a holder is listed twice in one split", where, "add the shares up"
            )
        ]
    if low <= 1 <= high:
        return []
    total = f"{low}" if low == high else f"{low} to {high}"
    remedy = 'state shares that sum to the whole; what is not known is held by {"unknown": true}'
    return [_impossible("shares.not-whole", None, f"the split sums to {total} of the whole, not to 1", where, remedy)]


def _impossible(rule: str, statement: StatementId | None, words: str, where: str, remedy: str = "") -> Objection:
    return Objection("impossible", rule, statement, "", words, where, remedy)


# --- with the fold -----------------------------------------------------------------------------------------------


class _State:
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
    if any(isinstance(e, Void | Permit | Proceed | Admit) for e in act.effects) or not fold.steps:
        return not fold.steps
    zones = folds.view.record.zones
    starts = [start_bounds(d.start, d.zone, zones)[0] for e in act.effects for d in [act.effective_of(e)]]
    return all(start > fold.steps[-1].key[0] for start in starts)


def _no_room(fold: TitleFold) -> set[EffectRef]:
    return {r.ref for r in fold.reports() if isinstance(r, NoRoom)}


class _Trial:
    """An act on the record for trial, and what the fold says of it."""

    def __init__(self, folds: Folds, act: Act, home: Forum | None, before: _State) -> None:
        self.folds = folds
        self.view = folds.view
        self.record = folds.view.record
        self.act = act
        self.home = home
        self.before = before
        sells = any(isinstance(e, Move | Reunit) for e in act.effects) and TYPES[act.type].actor & {
            "court",
            "authority",
        }
        official = act.basis.kind in _OFFICIAL or bool(sells)
        self.authority = official and self.record.actor_forum.get(act.id) is not None

    def objections(self) -> list[Objection]:
        found: list[Objection] = []
        for n, (ref, effect) in enumerate(self.act.refs()):
            where = f"/effects/{n}"
            at = self.view.start(ref)
            found += self._dates(ref, effect, where)
            match effect:
                case Declare():
                    found += self._declare(ref, effect, at, where)
                case Move():
                    found += self._move(ref, effect, at, where)
                case Reunit():
                    found += self._reunit(ref, effect, at, where)
                case Impose():
                    found += self._impose(ref, effect, at, where)
                case Alter():
                    found += self._alter(ref, effect, at, where)
                case Permit():
                    found += self._permit(ref, effect, at, where)
                case Proceed():
                    found += self._proceed(ref, effect, at, where)
                case Void():
                    found += self._void(ref, effect, at, where)
                case Admit():
                    found += self._admit(effect, where)
                case Owe():
                    found += [self._bar(bar, where) for bar in bars_debt(self.folds, effect, ref)]
                case Pay():
                    found += self._pay(effect, at, where)
                case Exist():
                    found += self._exist(ref, effect, at, where)
                case _:
                    pass
        found += self._displaced()
        return found

    def gaps(self) -> list[Gap]:
        """Gaps that recording this act would show for the first time."""
        found: list[Gap] = []
        for subject in self.act.subjects:
            if subject.startswith("asset:"):
                fold = self.folds.title(subject)
                found += [r for ref, _ in self.act.refs() for r in fold.reports_of(ref) if isinstance(r, Gap)]
            if subject.startswith("proceeding:"):
                seen = proceedings(self.view, subject)  # type: ignore[arg-type]  # a subject with this prefix is a proceeding
                found += [
                    Gap("antecedent-not-on-record", ref, words)
                    for ref, words in seen.missing
                    if ref.statement == self.act.id
                ]
        for subject in self.act.subjects:
            found += antecedents(self.folds, subject, [self.act])
        for ref, effect in self.act.refs():
            if isinstance(effect, Pay) and effect.debt is None:
                found.append(Gap("debt-not-on-record", ref, "a payment of a debt that is not on record"))
            if isinstance(effect, Void) and isinstance(effect.target, Described):
                found.append(
                    Gap("described-act-void", ref, f"voids an act that is not on record: {effect.target.text}")
                )
        return found

    # --- one kind of effect each ---------------------------------------------------------------------------------

    def _object(
        self, kind: Kind, rule: str, met: EffectRef | StatementId | None, words: str, where: str, remedy: str = ""
    ) -> Objection:
        statement = met.statement if isinstance(met, EffectRef) else met
        state = (
            self.record.by_id[statement].basis.title if statement is not None and statement in self.record.by_id else ""
        )
        return Objection(
            kind, rule, statement, state, words, where, remedy or "record it with this objection listed in despite"
        )

    def _irregular(
        self, rule: str, met: EffectRef | StatementId | None, words: str, where: str, remedy: str = ""
    ) -> Objection:
        return self._object("irregular", rule, met, words, where, remedy)

    def _bar(self, bar: Bar, where: str) -> Objection:
        met = None if bar.ref.statement == self.act.id else bar.ref
        return self._irregular(bar.rule, met, bar.words, where, bar.remedy)

    def _dates(self, ref: EffectRef, effect: Effect, where: str) -> list[Objection]:
        """An end before the start: certain, or possible as far as the dates are known."""
        dates = self.record.dates(ref)
        early, late = self.record.start_bounds(ref)
        term = effect.term.until if isinstance(effect, Impose) else None
        for until in dict.fromkeys(when for when in (dates.until, term) if when is not None):
            first, last = until_bounds(until, dates.zone, self.record.zones)
            if last <= early:
                words = "it ends before it takes effect"
                return [self._object("impossible", "time.ends-before-start", None, words, where, "correct the dates")]
            if first <= late and (early != late or first != last):
                words = "as its dates stand, it may end before it takes effect"
                return [self._irregular("time.may-end-before-start", None, words, where)]
        return []

    def _asset_ended(self, asset: SubjectId, at: datetime, where: str) -> list[Objection]:
        ended = identity(self.view, asset).ended
        if ended is not None and ended[0] <= at and ended[1].statement != self.act.id:
            return [self._irregular("asset.ended", ended[1], f"{asset} had ended", where)]
        return []

    def _declare(self, ref: EffectRef, effect: Declare, at: datetime, where: str) -> list[Objection]:
        found = self._asset_ended(effect.asset, at, where)
        for other, said in self.record.about.get(effect.asset, ()):
            if (
                not isinstance(said, Declare)
                or other == ref
                or said.right is not effect.right
                or said.split == effect.split
            ):
                continue
            if self.view.start(other) != at or not self.view.stands(other, at, effect.asset):
                continue
            act = self.record.by_id[other.statement]
            if self.act.records in (act.id, act.records) and self.act.records is not None:
                continue
            if (
                act.actor == self.act.actor
                and self.record.strength(act) >= self.act.strength
                and act.signers == self.act.signers
            ):
                words = (
                    f"{self.act.actor} has declared another split of {effect.right} in {effect.asset} for the same time"
                )
                found.append(
                    self._object(
                        "impossible", "contradicts.own-statement", other, words, where, "rectify the first record"
                    )
                )
            elif at == BEGINNING:
                words = f"an opening split of {effect.right} in {effect.asset} is on record and says otherwise"
                found.append(self._irregular("declare.second-opening", other, words, where))
        return found

    def _move(self, ref: EffectRef, effect: Move, at: datetime, where: str) -> list[Objection]:
        asset = SubjectId(effect.asset)
        found = [*self._asset_ended(asset, at, where), *self._wrong_asset(asset, where)]
        fold = self.folds.title(asset)
        for report in fold.reports_of(ref):
            if isinstance(report, NoRoom):
                met = next((m for m in report.met if m.statement != self.act.id), None)
                words = f"{_name(effect.source)} does not hold {effect.amount.low} of {effect.right} in {asset} then"
                remedy = "move what is held, or rectify the earlier record"
                found.append(self._irregular("shares.no-room", met, words, where, remedy))
        operative = [s for s in self.view.segments(ref, asset) if s.validity is Validity.OPERATIVE]
        starts = operative[0].start if operative else at
        found += [self._bar(bar, where) for bar in bars_move(self.folds, self.act, effect, starts, self.home)]
        found += [self._bar(bar, where) for bar in bars_order(self.folds, self.act, effect)]
        lacking = lacks_power(self.folds, self.act, effect, at, self.authority)
        if lacking is not None:
            found.append(self._bar(lacking, where))
        for performed in effect.performs:
            found += self._performs(performed, at, where)
        found += self._own_chain(effect, at, where)
        return found

    def _wrong_asset(self, asset: SubjectId, where: str) -> list[Objection]:
        """An asset of a kind that this type of act does not move: shares in a company are no business."""
        barred = TYPES[self.act.type].not_of
        for ref, said in self.record.registrations(asset) if barred else ():
            if said.kind in barred and self.view.segments(ref):
                words = f"{asset} is a {said.kind}: its shares pass by ownership.transferred"
                remedy = "use ownership.transferred, or name the business as an asset of its own"
                return [self._object("impossible", "type.asset-barred", ref, words, where, remedy)]
        return []

    def _performs(self, performed: EffectRef, at: datetime, where: str) -> list[Objection]:
        act = self.record.by_id[performed.statement]
        effects = [act.effects[performed.n - 1]] if performed.n else list(act.effects)
        if not any(isinstance(e, State | Impose | Proceed | Permit | Exist) for e in effects):
            words = "a completion performs an agreement, an order or a decision; this is none"
            return [
                self._object(
                    "impossible", "performs.nothing-to-perform", performed, words, where, "name what it completes"
                )
            ]
        for effect in effects:
            if isinstance(effect, State) and effect.kind == "lapse-of-offer":
                return [self._irregular("performs.lapsed", performed, "what it performs had lapsed", where)]
        return []

    def _own_chain(self, effect: Move, at: datetime, where: str) -> list[Objection]:
        """A company that would come to own itself by majority, directly or through others."""
        if effect.right is not Right.TITLE or not isinstance(effect.target, str):
            return []
        company = SubjectId("party:" + effect.asset.split(":", 1)[1])
        current: SubjectId = effect.target
        seen: list[SubjectId] = []
        while current != company:
            asset = SubjectId("asset:" + current.split(":", 1)[1])
            if current in seen or asset not in self.record.about:
                return []
            seen.append(current)
            holders = held(self.folds.title(asset).lots_at(at), Right.TITLE, at)
            major = [h for h, share in holders.items() if share.low > Fraction(1, 2) and isinstance(h, str)]
            if not major:
                return []
            current = major[0]
        mine = held(self.folds.title(effect.asset).lots_at(at), Right.TITLE, at).get(effect.target)
        if mine is None or mine.low <= Fraction(1, 2):
            return []
        words = f"{company} would own itself through {' and '.join(seen) or 'this transfer'}"
        return [self._irregular("chain.owns-itself", None, words, where)]

    def _reunit(self, ref: EffectRef, effect: Reunit, at: datetime, where: str) -> list[Objection]:
        asset = SubjectId(effect.asset)
        found = self._asset_ended(asset, at, where)
        fold = self.folds.title(asset)
        for report in fold.reports_of(ref):
            if isinstance(report, NoRoom):
                met = next((m for m in report.met if m.statement != self.act.id), None)
                found.append(self._irregular("shares.no-room", met, "more is cancelled than its holders hold", where))
        found += _units(effect, where)
        power_less = [
            live
            for live in self.folds.live(asset, at)
            if live.span.holder == self.act.actor and not any(p.value == "dispose" for p, _ in live.span.powers)
        ]
        if power_less and not self.authority:
            words = "the actor's measure does not give the power to dispose"
            found.append(self._irregular("measure.lacks-disposal", power_less[0].course.ref, words, where))
        return found

    def _impose(self, ref: EffectRef, effect: Impose, at: datetime, where: str) -> list[Objection]:
        found: list[Objection] = []
        end = stated_end(self.view, ref, effect)
        longest = longest_first_term(self.view, ref, effect, at) if at != BEGINNING else None
        if longest is not None and end != END and end > longest:
            words = f"the term is longer than the {effect.term.max_step} its legal basis allows"
            found.append(self._irregular("term.beyond-maximum", None, words, where))
        for over in effect.over:
            if isinstance(over, Stake):
                found += self._asset_ended(over.asset, at, where)
            elif over.startswith("asset:"):
                found += self._asset_ended(over, at, where)
                if effect.kind in GRANTS or family_of(effect.kind) is Family.ENCUMBRANCE:
                    found += self._grantor(over, effect.kind, at, where)
        for bars in (bars_grant, bars_control):
            found += [self._bar(bar, where) for bar in bars(self.folds, self.act, ref, effect, at)]
        if family_of(effect.kind) is Family.ENCUMBRANCE and not self.authority:
            above = effect.rank_above
            found += [self._bar(bar, where) for bar in bars_rank(self.folds, self.act, above, ref, at)]
        found += self._rank_cycle(ref, where)
        return found

    def _grantor(self, asset: SubjectId, kind: str, at: datetime, where: str) -> list[Objection]:
        """Who burdens an asset or gives its use holds it, has a measure over it, or is an authority."""
        if self.authority or self.record.actor_forum.get(self.act.id) is not None:
            return []
        holders = held(self.folds.title(asset).lots_at(at), Right.TITLE, at)
        parties = {signer.party for signer in self.act.signers} | {self.act.actor}
        grantors = {s.party for s in self.act.signers if s.role in ("grantor", "debtor", "seller", "transferor")}
        if (
            not holders
            or any(isinstance(h, Unknown) for h in holders)
            or grantors & set(holders)
            or parties & set(holders)
        ):
            return []
        if self.act.strength is Strength.TRANSCRIBER and not grantors:
            return []
        if any(live.span.holder in parties for live in self.folds.live(asset, at)):
            return []
        met = next(iter(self.folds.title(asset).state_at(at).changed.values()), None)
        words = f"none of those who grant it holds {asset} then"
        rule = "encumbrance.grantor-lacks" if family_of(kind) is Family.ENCUMBRANCE else "grant.lacks-right"
        return [self._irregular(rule, met, words, where)]

    def _rank_cycle(self, ref: EffectRef, where: str) -> list[Objection]:
        todo, seen = [ref], set[EffectRef]()
        while todo:
            current = todo.pop()
            course = self.folds.course(current)
            above = course.spans[-1].rank_above if course is not None and course.spans else ()
            effect = self.record.effect(current)
            if not above and isinstance(effect, Impose):
                above = effect.rank_above
            for lower in above:
                if lower == ref:
                    words = "a measure cannot outrank itself, directly or through others"
                    met = current if current.statement != self.act.id else None
                    return [self._object("impossible", "rank.cycle", met, words, where, "correct the rank")]
                if lower not in seen:
                    seen.add(lower)
                    todo.append(lower)
        return []

    def _alter(self, ref: EffectRef, effect: Alter, at: datetime, where: str) -> list[Objection]:
        if effect.op == "fulfil":
            return []
        course = self.folds.course(effect.measure)
        if course is None:
            words = "the measure does not stand in the forum of this act"
            foreign = self._other_authority(effect, where)
            return foreign or [self._irregular("measure.not-in-force", effect.measure, words, where)]
        found: list[Objection] = []
        if effect.op == "suspend" and effect.until is not None:
            if until_bounds(effect.until, self.record.dates(ref).zone, self.record.zones)[1] <= at:
                words = "the suspension ends before it begins"
                found.append(self._object("impossible", "time.ends-before-start", None, words, where, "correct it"))
        for misfit in (m for m in course.misfits if m.ref == ref):
            words = _MISFITS[misfit.rule]
            if misfit.rule == "extension.beyond-maximum":
                words = f"one step longer than the {course.impose.term.max_step} its legal basis allows"
            met = misfit.met if misfit.met.statement != self.act.id else effect.measure
            found.append(self._irregular(misfit.rule, met, words, where))
        others = [
            m
            for m in course.misfits
            if m.ref.statement != self.act.id and m.ref not in self._misfits_before(effect.measure)
        ]
        found += [
            self._irregular("later-act.displaced", m.ref, "a later alteration no longer finds its measure", where)
            for m in others
        ]
        if effect.op in _OF_ITS_HOLDER and course.family is Family.ENCUMBRANCE:
            holder = next((s.holder for s in course.spans if s.start <= at <= s.end), course.impose.holder)
            # a burden whose holder receives what it promised is spent
            given = {e.target for e in self.act.effects if isinstance(e, Move)}
            if holder is not None and holder not in {*named_in(self.act), *given} and not self.authority:
                words = f"only its holder {_name(holder)} or a court disposes of this encumbrance"
                found.append(self._irregular("encumbrance.not-holder", effect.measure, words, where))
        found += self._other_authority(effect, where)
        if effect.op == "rank":
            found += self._rank_cycle(effect.measure, where)
            if not self.authority:
                bars = bars_rank(self.folds, self.act, effect.rank_above, effect.measure, at)
                found += [self._bar(bar, where) for bar in bars]
        return found

    def _misfits_before(self, measure: EffectRef) -> set[EffectRef]:
        return {
            ref
            for ref, e in self.record.naming.get(measure, ())
            if isinstance(e, Alter)
            and any(d.rule.startswith(("measure.", "extension.")) for d in self.record.by_id[ref.statement].despite)
        }

    def _other_authority(self, effect: Alter, where: str) -> list[Objection]:
        """A measure of an authority is altered by it, its holder's superior or a court of its legal order; not by another order."""
        measure = effect.measure
        imposed = self.record.effect(measure)
        if not isinstance(imposed, Impose) or family_of(imposed.kind) not in (Family.CONTROL, Family.RESTRICTION):
            return []
        if effect.op not in ("extend", "end", "suspend", "resume", "assign"):
            return []
        imposing = self.record.by_id[measure.statement]
        own, other = self.record.actor_forum.get(self.act.id), self.record.actor_forum.get(imposing.id)
        if self.act.actor == imposing.actor or other is None:
            return []
        if own is None and self.act.strength is Strength.TRANSCRIBER and self.home == other:
            return []
        if own is not None and (
            own == other or own in self.record.nesting(other, self.view.start(EffectRef(self.act.id, 1)))
        ):
            return []
        words = f"{self.act.actor} is not of the legal order of {imposing.actor}, which imposed the measure"
        return [self._irregular("measure.other-authority", measure, words, where)]

    def _permit(self, ref: EffectRef, effect: Permit, at: datetime, where: str) -> list[Objection]:
        if effect.of is None or effect.op not in ("revoked", "extended", "conditions"):
            return [self._bar(bar, where) for bar in bars_permit(self.folds, effect, at)]
        course = permit_course(self.view, effect.of)
        mine = course is not None and self.act.id in {r.statement for r in course.ended_by}
        if course is None or course.op != "granted" or not (course.granted or mine):
            return [
                self._irregular("permit.not-granted", effect.of, "the permit was not granted, or does not stand", where)
            ]
        ended = course.end <= at and not any(r.statement == self.act.id for r in (*course.ended_by, *course.causes))
        if ended:
            return [self._irregular("permit.ended", effect.of, "the permit had ended", where)]
        return []

    def _proceed(self, ref: EffectRef, effect: Proceed, at: datetime, where: str) -> list[Objection]:
        found = [self._bar(bar, where) for bar in bars_decision(self.folds, ref, effect, at)]
        seen = proceedings(self.view, effect.proceeding)
        if effect.stage == "appealed":
            final = [
                s
                for s in seen.steps
                if s.forum == effect.forum and s.stage == "final" and s.start < at and s.ref != ref
            ]
            if final:
                found.append(
                    self._irregular("proceeding.final", final[-1].ref, "the decision was final: no appeal lies", where)
                )
        own = self.record.actor_forum.get(self.act.id)
        if effect.stage in ("decided", "interim", "remanded", "final") and own is not None and own != effect.forum:
            if (
                own not in self.record.nesting(effect.forum, at)
                and not effect.forum.startswith("body:")
                and not own.startswith("body:")
            ):
                words = f"{self.act.actor} decides for {own}, not for {effect.forum}"
                found.append(self._irregular("proceeding.other-forum", None, words, where))
        return found

    def _void(self, ref: EffectRef, effect: Void, at: datetime, where: str) -> list[Objection]:
        if isinstance(effect.target, Described):
            return []
        found: list[Objection] = []
        target = effect.target
        act = self.record.by_id[target.statement]
        decision = any(isinstance(e, Void) or (isinstance(e, Proceed) and e.decision) for e in _targeted(act, target))
        if decision and effect.consequence is None:
            words = "a void of a decision states its consequence: what that had done revives, is in suspense, or stays"
            found.append(
                self._object("impossible", "void.consequence-missing", target, words, where, "state it, or unstated")
            )
        for other, said in self.record.naming_effect(target):
            if not isinstance(said, Void) or other.statement == self.act.id or not self.view.held(other):
                continue
            covers = said.target in (target, EffectRef(target.statement, 0))
            if covers and self.view.stands(other, max(at, self.view.start(other))):
                found.append(self._irregular("void.already-void", other, "its target is already void", where))
        if effect.ground in ("error", "retraction"):
            own = {s.party for s in act.signers} | {act.actor}
            mine = {s.party for s in self.act.signers}
            steward = any(
                s.capacity == "registrar" or s.role in ("steward", "registrar", "court") for s in self.act.signers
            )
            if not own & mine and not steward and self.act.actor != act.actor:
                words = "only who recorded it, its actor, the registrar or a court corrects a record; others dispute it"
                found.append(
                    self._object("impossible", "void.not-recorder", target, words, where, "record a dispute instead")
                )
        elif self.record.actor_forum.get(self.act.id) is None and effect.ground == "annulment":
            words = "an annulment is the act of a court or an authority; its actor has no such competence on record"
            found.append(self._irregular("actor.no-power", target, words, where))
        return found

    def _admit(self, effect: Admit, where: str) -> list[Objection]:
        own = self.record.actor_forum.get(self.act.id)
        if own is not None and own != effect.forum:
            words = f"{self.act.actor} speaks for {own}: a recognition binds its own forum only, not {effect.forum}"
            return [
                self._object(
                    "impossible", "recognition.other-forum", None, words, where, "state the forum of the court"
                )
            ]
        return []

    def _pay(self, effect: Pay, at: datetime, where: str) -> list[Objection]:
        if effect.debt is None or effect.refused:
            return []
        now = debt(self.view, effect.debt, at)
        if now is None:
            return [self._irregular("payment.no-debt", effect.debt, "the debt does not stand then", where)]
        if now.currency is not None and now.currency != effect.amount.currency:
            return [self._irregular("payment.other-currency", effect.debt, f"the debt is in {now.currency}", where)]
        if now.high is not None and now.paid > now.high and now.owe.interest is None:
            over = now.paid - now.high
            return [
                self._irregular("payment.above-debt", effect.debt, f"{over} {now.currency} more than is owed", where)
            ]
        if now.high is not None and Decimal(effect.amount.low) > now.high and now.owe.interest is None:
            return [self._irregular("payment.above-debt", effect.debt, "more than is owed", where)]
        return []

    def _exist(self, ref: EffectRef, effect: Exist, at: datetime, where: str) -> list[Objection]:
        found: list[Objection] = []
        if effect.op == "register":
            for other, said in self.record.registrations(effect.subject):
                records = self.act.records is not None and self.act.records == other.statement
                if other != ref and not records and self.view.segments(other) and not self._replaced_here(other):
                    words = f"{effect.subject} is registered: a slug is chosen once and never reused"
                    found.append(
                        self._object("impossible", "subject.registered", other, words, where, "choose another slug")
                    )
                    break
                if said.op != "register":
                    continue
        if effect.op == "divide":
            shares = [p.share.low for p in effect.parts if p.share is not None]
            if len(shares) == len(effect.parts) and sum(shares, Fraction(0)) < 1:
                words = f"the parts cover {sum(shares, Fraction(0))} of {effect.subject}, not the whole"
                found.append(self._irregular("parts.below-whole", None, words, where))
        if effect.op in ("merge", "succeed", "same"):
            found += self._identity_cycle(effect, where)
        found += [self._bar(bar, where) for bar in bars_joinder(self.folds, self.act, effect, at)]
        if effect.op not in ("register", "end"):
            found += self._asset_ended(effect.subject, at, where)
        return found

    def _replaced_here(self, other: EffectRef) -> bool:
        return any(
            isinstance(e, Void) and isinstance(e.target, EffectRef) and e.target.statement == other.statement
            for e in self.act.effects
        )

    def _identity_cycle(self, effect: Exist, where: str) -> list[Objection]:
        if effect.op == "same":
            return []
        todo, seen = list(effect.others), set[SubjectId]()
        while todo:
            current = todo.pop()
            for _, successor, _, ref in identity(self.view, current).successors:
                if successor == effect.subject:
                    words = f"{effect.subject} would succeed itself through {current}"
                    return [self._object("impossible", "identity.cycle", ref, words, where, "correct the succession")]
                if successor not in seen:
                    seen.add(successor)
                    todo.append(successor)
        return []

    def _displaced(self) -> list[Objection]:
        """Acts on record that would lose their room if this one were recorded."""
        found = []
        for subject, earlier in self.before.no_room.items():
            now = {r for r in _no_room(self.folds.title(subject)) if r.statement != self.act.id}
            for ref in sorted(now - earlier):
                if any(isinstance(e, Void) for e in self.act.effects):
                    continue
                words = f"{ref} takes effect later and would no longer find the shares it moves"
                found.append(self._irregular("later-act.displaced", ref, words, ""))
        return found


_MISFITS = {
    "measure.lapsed": "the measure had lapsed: a new one is needed",
    "measure.ended": "the measure had ended",
    "measure.not-in-force": "the measure is not in force then",
    "measure.not-suspended": "the measure is not suspended then",
    "extension.not-later": "the new end is not later than the old one",
    "extension.beyond-maximum": "one step longer than its legal basis allows",
}


def _units(effect: Reunit, where: str) -> list[Objection]:
    """Where a cut and reissue is stated in units, the units after it are the units before, less those cut, plus those issued."""
    olds = {p.share.units_of for p in effect.cancel if p.share.units_of}
    news = {p.share.units_of for p in effect.issue if p.share.units_of}
    if len(olds) > 1 or len(news) > 1:
        return [
            _impossible(
                "units.totals-differ", None, "its lots are counted against different totals", where, "use one total"
            )
        ]
    if not olds or not news:
        return []
    old, new = olds.pop(), news.pop()
    cancelled = sum((p.share.low for p in effect.cancel), Fraction(0)) * old
    issued = sum((p.share.low for p in effect.issue), Fraction(0)) * new
    if old - cancelled + issued == new:
        return []
    words = f"{old} units less {cancelled} plus {issued} are {old - cancelled + issued}, not {new}"
    return [_impossible("units.do-not-add-up", None, words, where, "correct the counts")]


def _targeted(act: Act, target: EffectRef) -> tuple[Effect, ...]:
    return (act.effects[target.n - 1],) if target.n else act.effects


def _name(holder: object) -> str:
    return holder if isinstance(holder, str) else "the holder named"
