"""An act on the record for trial, and what the fold says of it: one method a kind of effect (DESIGN section 3, rule 6).

Guarantees that an objection is what the answering fold found: no room, a misfit alteration, a bar, an act on record that would
lose its room. It records nothing and decides nothing: `admission` puts the act on the record, asks here, and takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from domain.act_types import TYPES
from domain.acts import Act, Strength
from domain.affairs import debt, identity, permit_course, proceedings, succeeds
from domain.antecedents import antecedents
from domain.coherence import impossible, targeted
from domain.effects import (
    UNKNOWN,
    Admit,
    Alter,
    Declare,
    Described,
    Effect,
    Exist,
    Family,
    Grip,
    Holder,
    Impose,
    Move,
    OneOf,
    Over,
    Owe,
    Pay,
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
from domain.filing import parties_of, subjects_of
from domain.folds import Folds
from domain.grants import (
    GRANTS,
    bars_backdated,
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
from domain.identifiers import AssetId, EffectRef, Forum, PartyId, StatementId, SubjectId
from domain.lots import Gap, NoRoom, held, holder_of
from domain.measure_kinds import family_of
from domain.measures import Live, company_of, holders_before, longest_first_term, stated_end
from domain.measures import course as course_of
from domain.objections import Kind, Objection
from domain.periods import BEGINNING, END, start_bounds, until_bounds
from domain.readings import Reading
from domain.record import PlaceMember
from domain.restrictions import (
    CONSENSUAL,
    UNGRANTED,
    Bar,
    bars_burden,
    bars_dispossessed,
    bars_move,
    bars_passing,
    bars_payment,
    bars_reunit,
    for_another,
    gives_disposal,
    lacks_power,
    lies_over,
    perhaps_binding,
    speaks_for,
)
from domain.segments import Validity, first_operative
from domain.standing import View
from domain.title import TitleFold, after_rank

_ENDING = frozenset({"end", "merge", "divide", "repeal"})
_OF_ITS_HOLDER = frozenset({"discharge", "end", "assign", "subordinate", "rank"})
_REACHING_BACK = frozenset({Void, Permit, Proceed, Admit})
"""Effects that change how others stand, from before their own start."""
_TAKING_ROOM = frozenset({Declare, Move, Reunit, Exist, Alter})
"""Effects by which one act leaves another less: an alteration, where it meets the condition of a transfer."""
_UNDOING = frozenset({Void, Admit})
_OFFICES = frozenset(row.name for row in TYPES.values() if row.actor & {"court", "authority"})
"""Types of act that a court or an authority records."""
_PASSING = frozenset({Move, Reunit})
_TELLING = frozenset({Pay, Impose, Void})
"""Effects that may tell of something the record lacks, beside what the folds do."""
_OF_AN_OFFER = frozenset({"lapse-of-offer", "amendment", "agreement", "offer"})
"""What is said of an agreement or offer by which it lapses, or goes on."""
_OFFICIAL = frozenset({"order", "decree", "decision", "judgment", "award", "statute", "regulation"})


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


class Trial:
    """An act on the record for trial, and what the fold says of it."""

    def __init__(self, folds: Folds, act: Act, home: Forum | None, before: Before) -> None:
        self.folds = folds
        self.view = folds.view
        self.record = folds.view.record
        self.act = act
        self.home = home
        self.before = before
        sells = act.type in _OFFICES and not act.kinds.isdisjoint(_PASSING)
        official = sells or act.basis.kind in _OFFICIAL
        self.authority = official and self.record.actor_forum(act) is not None

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
                for ref, _ in self.act.refs():
                    found += [report for report in fold.reports_of(ref) if isinstance(report, Gap)]
            if subject.startswith("proceeding:"):
                seen = proceedings(self.view, subject)  # type: ignore[arg-type]  # a subject with this prefix is a proceeding
                found += [
                    Gap("antecedent-not-on-record", ref, words)
                    for ref, words in seen.missing
                    if ref.statement == self.act.id
                ]
        for subject in self.act.subjects:
            found += antecedents(self.folds, subject, [self.act])
        for ref, effect in self.act.refs() if Move in self.act.kinds else ():
            found += perhaps_binding(self.folds, self.act, ref, effect, self.home) if isinstance(effect, Move) else []
        for ref, effect in self.act.refs() if Impose in self.act.kinds else ():
            found += self._granted_in_part(ref, effect) if isinstance(effect, Impose) else []
        for ref, effect in self.act.refs() if Alter in self.act.kinds else ():
            found += self._perhaps_misfit(ref, effect) if isinstance(effect, Alter) else []
        for ref, effect in self.act.refs() if not self.act.kinds.isdisjoint(_TELLING) else ():
            if isinstance(effect, Pay) and effect.debt is None:
                found.append(Gap("debt-not-on-record", ref, "a payment of a debt that is not on record"))
            if isinstance(effect, Pay) and effect.debt is not None:
                owed = self.record.effect(effect.debt)
                if (
                    isinstance(owed, Owe)
                    and owed.payee != effect.payee
                    and not succeeds(self.view, effect.payee, owed.payee, self.view.start(ref))
                ):
                    words = f"paid to {effect.payee}; what is owed is owed to {owed.payee}"
                    found.append(Gap("payee-differs", ref, words, (effect.debt,)))
            if isinstance(effect, Impose) and effect.norm is not None:
                repealed = identity(self.view, effect.norm).ended
                if repealed is not None and repealed[0] <= self.view.start(ref):
                    words = f"{effect.norm}, on which this measure rests, was no longer in force"
                    found.append(Gap("norm-repealed", ref, words, (repealed[1],)))
            if isinstance(effect, Void) and isinstance(effect.target, Described):
                found.append(
                    Gap("described-act-void", ref, f"voids an act that is not on record: {effect.target.text}")
                )
        return found

    def _granted_in_part(self, ref: EffectRef, effect: Impose) -> list[Gap]:
        """A burden of a whole asset that some of its holders grant, the others taking no part that is on record."""
        if self.authority or effect.kind not in CONSENSUAL or self.record.actor_forum(self.act) is not None:
            return []
        at, named = self.view.start(ref), named_in(self.act)
        found: list[Gap] = []
        for over in effect.over:
            if isinstance(over, Stake) or not over.startswith("asset:"):
                continue
            holders = held(self.folds.title(SubjectId(over)).lots_at(at), Right.TITLE, at)
            owners = [holder for holder in holders if isinstance(holder, str)]
            givers = {owner for owner in owners if speaks_for(self.folds, named, owner, at)}
            if givers and len(owners) > len(givers):
                others = ", ".join(sorted(set(owners) - givers))
                words = f"{over} is burdened as a whole; that {others}, who hold part of it, agree is not on record"
                found.append(Gap("grantors-missing", ref, words))
        return found

    def _perhaps_misfit(self, ref: EffectRef, effect: Alter) -> list[Gap]:
        """An alteration that meets its measure as dates are first read, and does not where all of them are read at their last."""
        first = Reading()
        if self._misfits(effect, first, ref) or not first.met:
            return []
        if not self._misfits(effect, Reading(dict.fromkeys(first.met, 1)), ref):
            return []
        words = "whether the measure could still be altered so depends on dates that are not known exactly"
        return [Gap("alteration-uncertain", ref, words, (effect.measure,))]

    def _misfits(self, effect: Alter, reading: Reading, ref: EffectRef) -> bool:
        """Whether an alteration misfits its measure in a reading."""
        measure = self.record.effect(effect.measure)
        subject = next(iter(subjects_of(measure)), None) if measure is not None else None
        found = course_of(View(self.record, self.view.clocks, self.view.forum, reading), effect.measure, subject)
        return found is not None and any(misfit.ref == ref for misfit in found.misfits)

    # --- one kind of effect each ---------------------------------------------------------------------------------

    def _object(
        self, kind: Kind, rule: str, met: EffectRef | StatementId | None, words: str, where: str, remedy: str = ""
    ) -> Objection:
        statement = met.statement if isinstance(met, EffectRef) else met
        state = (
            acted.basis.title if statement is not None and (acted := self.record.find(statement)) is not None else ""
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
        dates = self.act.effective_of(effect)
        term = effect.term.until if isinstance(effect, Impose) else None
        if dates.until is None and term is None:
            return []
        early, late = self.record.start_bounds(ref)
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
        for ref in self.record.existing(asset):
            effect = self.record.effect(ref)
            if isinstance(effect, Exist) and effect.op in _ENDING:
                break
        else:
            return self._company_ended(asset, at, where) if asset.startswith("asset:") else []
        ended = identity(self.view, asset).ended
        if ended is not None and ended[0] <= at and ended[1].statement != self.act.id:
            return [self._irregular("asset.ended", ended[1], f"{asset} had ended", where)]
        return []

    def _company_ended(self, asset: SubjectId, at: datetime, where: str) -> list[Objection]:
        """The shares of a company that was merged away, or ended, under its name as a party."""
        if not any(said.kind == "company" for _, said in self.record.registrations(asset)):
            return []
        company = company_of(asset)
        ended = identity(self.view, company).ended
        if ended is not None and ended[0] <= at and ended[1].statement != self.act.id:
            return [self._irregular("asset.ended", ended[1], f"{company}, whose shares {asset} is, had ended", where)]
        return []

    def _declare(self, ref: EffectRef, effect: Declare, at: datetime, where: str) -> list[Objection]:
        found = self._asset_ended(effect.asset, at, where)
        if effect.right is Right.TITLE:
            found += self._own_chain(effect.asset, [portion.holder for portion in effect.split], at, where)
        for other, said in self.record.about(effect.asset):
            if (
                not isinstance(said, Declare)
                or other == ref
                or said.right is not effect.right
                or said.split == effect.split
            ):
                continue
            if self.view.start(other) != at or not self.view.stands(other, at, effect.asset):
                continue
            act = self.record.act(other.statement)
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
        asset = effect.asset
        found = [*self._asset_ended(asset, at, where), *self._wrong_asset(asset, where)]
        fold = self.folds.title(asset)
        for report in fold.reports_of(ref):
            if isinstance(report, NoRoom):
                met = next((m for m in report.met if m.statement != self.act.id), None)
                words = f"{_name(effect.source)} does not hold {effect.amount.low} of {effect.right} in {asset} then"
                remedy = "move what is held, or rectify the earlier record"
                found.append(self._irregular("shares.no-room", met, words, where, remedy))
        works = first_operative(self.view.segments(ref, asset))
        starts = works if works is not None else at
        bars = [*bars_move(self.folds, self.act, effect, starts, self.home), *bars_order(self.folds, self.act, effect)]
        if not self.authority:
            bars += bars_dispossessed(self.folds, self.act, effect, starts)
        lacking = lacks_power(self.folds, self.act, effect, at, self.authority)
        if lacking is not None:
            bars.append(lacking)
        found += [self._bar(bar, where) for bar in bars] if bars else []
        if effect.amount.units_of is not None:
            found += self._units_on_record(ref, asset, {effect.amount.units_of}, where)
        for performed in effect.performs:
            found += self._performs(performed, at, where)
        if effect.right is Right.TITLE:
            found += self._own_chain(asset, [effect.target], at, where)
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
        act = self.record.act(performed.statement)
        effects = [act.effects[performed.n - 1]] if performed.n else list(act.effects)
        if not any(isinstance(e, State | Impose | Proceed | Permit | Exist) for e in effects):
            words = "a completion performs an agreement, an order or a decision; this is none"
            return [
                self._object(
                    "impossible", "performs.nothing-to-perform", performed, words, where, "name what it completes"
                )
            ]
        refs = [performed] if performed.n else [ref for ref, _ in act.refs()]
        struck = [s for ref in refs if (s := self._struck(ref, at)) is not None]
        if struck and len(struck) == len(refs):
            return [self._irregular("performs.void", struck[0], "what it performs had been declared void", where)]
        for effect in effects:
            if isinstance(effect, State) and effect.kind == "lapse-of-offer":
                return [self._irregular("performs.lapsed", performed, "what it performs had lapsed", where)]
        said = [
            (self.view.start(ref), ref, effect.kind)
            for ref, effect in self.view.naming_of(performed)
            if isinstance(effect, State) and effect.kind in _OF_AN_OFFER and self.view.stands(ref, at)
        ]
        if said and max(said)[2] == "lapse-of-offer":
            return [self._irregular("performs.lapsed", max(said)[1], "what it performs had lapsed", where)]
        return []

    def _struck(self, ref: EffectRef, at: datetime) -> EffectRef | None:
        """The void of an effect that had been decided by a moment, if it is void then."""
        decided = self.view.void_decided(ref, None)
        if decided is None or decided > at:
            return None
        return next(
            (s.causes[-1] for s in self.view.segments(ref) if s.start <= at < s.end and s.validity is Validity.VOID),
            None,
        )

    def _own_chain(self, asset: SubjectId, holders: Iterable[Holder], at: datetime, where: str) -> list[Objection]:
        """A company that would come to own itself by majority, directly or through others."""
        company = SubjectId("party:" + asset.split(":", 1)[1])
        for holder in holders:
            path = self._up_to(company, SubjectId(holder), at) if isinstance(holder, str) else None
            if path is None:
                continue
            share = held(self.folds.title(asset).lots_at(at), Right.TITLE, at).get(holder)
            if share is None or share.low <= Fraction(1, 2):
                continue
            met = next((ref for ref, _ in reversed(path)), None)
            words = f"{company} would own itself through {' and '.join(p for _, p in path) or 'this act'}"
            return [self._irregular("chain.owns-itself", met, words, where)]
        return []

    def _up_to(
        self, company: SubjectId, holder: SubjectId, at: datetime
    ) -> list[tuple[EffectRef | None, SubjectId]] | None:
        """The majority holders from one up to a company, each with what made it so; None where it is not above."""
        path: list[tuple[EffectRef | None, SubjectId]] = []
        current = holder
        while current != company:
            asset = SubjectId("asset:" + current.split(":", 1)[1])
            if current in [party for _, party in path] or not self.record.about(asset):
                return None
            state = self.folds.title(asset).state_at(at)
            shares = held(state.lots, Right.TITLE, at)
            major = [h for h, share in shares.items() if share.low > Fraction(1, 2) and isinstance(h, str)]
            if not major:
                return None
            path.append((state.changed.get(major[0]), current))
            current = major[0]
        return path

    def _reunit(self, ref: EffectRef, effect: Reunit, at: datetime, where: str) -> list[Objection]:
        asset = SubjectId(effect.asset)
        found = self._asset_ended(asset, at, where)
        fold = self.folds.title(asset)
        for report in fold.reports_of(ref):
            if isinstance(report, NoRoom):
                met = next((m for m in report.met if m.statement != self.act.id), None)
                found.append(self._irregular("shares.no-room", met, "more is cancelled than its holders hold", where))
        stated = {p.share.units_of for p in effect.cancel if p.share.units_of}
        found += [*_units(effect, where), *self._units_on_record(ref, asset, stated, where)]
        found += self._issued_upon(ref, effect, where) if not stated else []
        found += self._own_chain(asset, [portion.holder for portion in effect.issue], at, where)
        found += [self._bar(bar, where) for bar in bars_reunit(self.folds, self.act, effect, at, self.home)]
        power_less = [
            live
            for live in self.folds.live(asset, at)
            if live.span.holder == self.act.actor and not any(p.value == "dispose" for p, _ in live.span.powers)
        ]
        if power_less and not self.authority:
            words = "the actor's measure does not give the power to dispose"
            found.append(self._irregular("measure.lacks-disposal", power_less[0].course.ref, words, where))
        return found

    def _units_on_record(self, mine: EffectRef, asset: SubjectId, stated: set[int], where: str) -> list[Objection]:
        """Units cancelled or moved are counted of the total that was issued last, where one is on record."""
        last = self._last_total(mine, asset) if stated else None
        if last is None or stated == {last[1]}:
            return []
        words = f"it counts units of {', '.join(map(str, sorted(stated)))}; {last[1]} are on record"
        return [self._irregular("units.other-total", last[0], words, where)]

    def _issued_upon(self, mine: EffectRef, effect: Reunit, where: str) -> list[Objection]:
        """Units issued, where those cancelled are not counted, make the new total together with what is left of the last one."""
        totals = {p.share.units_of for p in effect.issue if p.share.units_of}
        last = self._last_total(mine, SubjectId(effect.asset)) if len(totals) == 1 else None
        if last is None:
            return []
        (total,) = totals
        cut = sum((p.share.low for p in effect.cancel), Fraction(0)) * last[1]
        issued = sum((p.share.low for p in effect.issue), Fraction(0)) * total
        if last[1] - cut + issued == total:
            return []
        words = f"{last[1]} units on record less {cut} plus {issued} are {last[1] - cut + issued}, not {total}"
        return [self._irregular("units.other-total", last[0], words, where)]

    def _last_total(self, mine: EffectRef, asset: SubjectId) -> tuple[EffectRef, int] | None:
        """The total of which units were last counted before an act, and what says so; of its own moment, what ranks before."""
        view = self.view

        def order(ref: EffectRef) -> tuple[datetime, int]:
            start = view.start(ref)
            return start, after_rank(view, ref, start)

        at = order(mine)
        before = [
            (order(ref), ref, said)
            for ref, said in self.record.about(asset)
            if isinstance(said, Declare | Reunit) and ref != mine and view.held(ref) and order(ref) <= at
            if view.stands(ref, at[0], asset)
        ]
        last: tuple[EffectRef, int] | None = None
        for rank, ref, said in sorted(before, key=lambda item: item[:2]):
            if rank < at or isinstance(said, Declare) or last is None:
                last = _total_after(ref, said, last)
        return last

    def _impose(self, ref: EffectRef, effect: Impose, at: datetime, where: str) -> list[Objection]:
        found: list[Objection] = []
        end = stated_end(self.view, ref, effect)
        longest = longest_first_term(self.view, ref, effect, at) if at != BEGINNING else None
        if longest is not None and end != END and end > longest:
            words = f"the term is longer than the {effect.term.max_step} its legal basis allows"
            found.append(self._irregular("term.beyond-maximum", None, words, where))
        for over in effect.over:
            asset = over.asset if isinstance(over, Stake) else over
            if asset.startswith("asset:"):
                found += self._asset_ended(asset, at, where)
                granted = family_of(effect.kind) is Family.ENCUMBRANCE and effect.kind not in UNGRANTED
                if effect.kind in GRANTS or granted:
                    found += self._grantor(over, effect, at, where)
        for bars in (bars_grant, bars_control):
            found += [self._bar(bar, where) for bar in bars(self.folds, self.act, ref, effect, at)]
        if family_of(effect.kind) is Family.ENCUMBRANCE and not self.authority:
            above = effect.rank_above
            found += [self._bar(bar, where) for bar in bars_rank(self.folds, self.act, above, ref, at)]
            found += [self._bar(bar, where) for bar in bars_backdated(self.folds, self.act, ref, effect, at)]
        found += self._rank_cycle(ref, where)
        return found

    def _grantor(self, over: Over, effect: Impose, at: datetime, where: str) -> list[Objection]:
        """Who burdens an asset or a stake, or gives its use, holds it, acts for who does, or is an authority."""
        if self.authority or self.record.actor_forum(self.act) is not None:
            return []
        asset = over.asset if isinstance(over, Stake) else AssetId(SubjectId(over))
        holders = held(self.folds.title(asset).lots_at(at), Right.TITLE, at)
        named = named_in(self.act)
        grantors = {s.party for s in self.act.signers if s.role in ("grantor", "debtor", "seller", "transferor")}
        links = [holder_of(lot, Right.TITLE, at)[0] for lot in self.folds.title(asset).lots_at(at)]
        behind = {(link.holder, owner) for link in links if (owner := for_another(link.manner)) is not None}
        owners = {owner for owner in _all_named(holders) if not isinstance(over, Stake) or self._is_of(over, owner, at)}
        owners |= {owner for nominee, owner in behind if nominee in owners}
        givers = sorted(owner for owner in owners if speaks_for(self.folds, named, owner, at))
        told_by_taker = self.act.strength is Strength.TRANSCRIBER and not grantors and self.act.actor == effect.holder
        if told_by_taker and len(owners) == 1:
            givers = sorted(owners)  # its source names who was granted it; only one can have granted it
        if givers and effect.kind in CONSENSUAL:
            bars = bars_burden(self.folds, self.act, effect, asset, givers, at, self.home)
            return [self._bar(bar, where) for bar in bars]
        if givers or not holders or any(isinstance(h, Unknown) for h in holders):
            return []
        if told_by_taker and owners:
            return []
        whose: Holder = over.holder if isinstance(over, Stake) else UNKNOWN
        if any(
            live.span.holder in named and _may_grant(live, effect.kind) and lies_over(live, SubjectId(asset), whose)
            for live in self.folds.live(asset, at)
        ):
            return []
        met = next(iter(self.folds.title(asset).state_at(at).changed.values()), None)
        words = f"none of those who grant it holds {asset} then"
        rule = "encumbrance.grantor-lacks" if family_of(effect.kind) is Family.ENCUMBRANCE else "grant.lacks-right"
        return [self._irregular(rule, met, words, where)]

    def _is_of(self, stake: Stake, owner: PartyId, at: datetime) -> bool:
        """Whether a stake is that of an owner, under one of its names."""
        return owner == stake.holder or owner in self.view.same(stake.holder, at)

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
            holders = holders_before(self.view, course, ref)
            # a burden whose holder receives what it promised is spent
            given = {e.target for e in self.act.effects if isinstance(e, Move) and isinstance(e.target, str)}
            makers = {*named_in(self.act), *given}
            may = not holders or any(speaks_for(self.folds, makers, holder, at) for holder in holders)
            if may and not self.authority and effect.op != "rank":
                for holder in [
                    one for one in holders if isinstance(one, str) and speaks_for(self.folds, makers, one, at)
                ]:
                    bars = bars_passing(self.folds, self.act, course, holder, effect, at, self.home)
                    found += [self._bar(bar, where) for bar in bars]
            if not may and not self.authority:
                words = f"only its holder {_name(holders[0])} or a court disposes of this encumbrance"
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
            for ref, e in self.record.naming(measure)
            if isinstance(e, Alter)
            and any(d.rule.startswith(("measure.", "extension.")) for d in self.record.act(ref.statement).despite)
        }

    def _other_authority(self, effect: Alter, where: str) -> list[Objection]:
        """A measure of an authority is altered by it, its holder's superior or a court of its legal order; not by another order."""
        if effect.op not in ("extend", "end", "suspend", "resume", "assign"):
            return []
        return self._foreign_to(effect.measure, where)

    def _foreign_to(self, measure: EffectRef, where: str, *, inner: bool = False) -> list[Objection]:
        """A measure of an authority that the actor is not of the legal order of; `inner`: an order nested in it will do."""
        imposed = self.record.effect(measure)
        if not isinstance(imposed, Impose) or family_of(imposed.kind) not in (Family.CONTROL, Family.RESTRICTION):
            return []
        imposing = self.record.act(measure.statement)
        own, other = self.record.actor_forum(self.act), self.record.actor_forum(imposing)
        if self.act.actor == imposing.actor or other is None:
            return []
        if own is None and self.act.strength is Strength.TRANSCRIBER and (inner or self.home == other):
            return []
        at = self.view.start(EffectRef(self.act.id, 1))
        if own is not None and (
            own == other or own in self.record.nesting(other, at) or (inner and other in self.record.nesting(own, at))
        ):
            return []
        words = f"{self.act.actor} is not of the legal order of {imposing.actor}, which imposed the measure"
        return [self._irregular("measure.other-authority", measure, words, where)]

    def _permit(self, ref: EffectRef, effect: Permit, at: datetime, where: str) -> list[Objection]:
        if effect.of is None or effect.op not in ("revoked", "extended", "conditions"):
            found = [self._bar(bar, where) for bar in bars_permit(self.folds, effect, at)]
            for excepted in effect.excepts if effect.op == "granted" else ():
                found += self._foreign_to(excepted, where, inner=True)
            return found
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
        if effect.stage == "appealed" and effect.on is not None:
            steps = self.record.act(effect.on.statement).refs()
            named = [own for own, e in steps if effect.on.n in (0, own.n) and isinstance(e, Proceed) and e.decision]
            final = [by for one in named if (by := self.view.final_at(one, at)) is not None]
            if final:
                found.append(
                    self._irregular("proceeding.final", final[-1], "the decision was final: no appeal lies", where)
                )
        own = self.record.actor_forum(self.act)
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
        act = self.record.act(target.statement)
        decision = any(isinstance(e, Void) or (isinstance(e, Proceed) and e.decision) for e in targeted(act, target))
        if decision and effect.consequence is None:
            words = "a void of a decision, or of what voids or rectifies, states what becomes of what that had done"
            remedy = "state its consequence: revives, suspense, stays or unstated"
            found.append(self._object("impossible", "void.consequence-missing", target, words, where, remedy))
        for other, said in self.record.naming_effect(target):
            if not isinstance(said, Void) or other.statement == self.act.id or not self.view.held(other):
                continue
            covers = said.target in (target, EffectRef(target.statement, 0))
            if not covers or not self.view.stands(other, max(at, self.view.start(other))):
                continue
            if not self._left_to_void(target, other, said, ref, effect):
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
        elif self.record.actor_forum(self.act) is None and effect.ground == "annulment":
            words = "an annulment is the act of a court or an authority; its actor has no such competence on record"
            found.append(self._irregular("actor.no-power", target, words, where))
        elif self.record.actor_forum(self.act) is None and not self._of_a_party(act, at):
            words = "who avoids an act is a party to it, acts for one, or succeeds one; its actor is none on record"
            found.append(self._irregular("actor.no-power", target, words, where))
        return found

    def _of_a_party(self, act: Act, at: datetime) -> bool:
        """Whether the actor, or a signer, is a party to an act, acts for one by a measure then, or has succeeded one."""
        parties = {act.actor, *(s.party for s in act.signers), *(p for e in act.effects for p in parties_of(e))}
        mine = {self.act.actor, *(s.party for s in self.act.signers)}
        if parties & mine or any(succeeds(self.view, one, other, at) for one in mine for other in parties):
            return True
        return any(live.span.holder in mine for party in parties for live in self.folds.live(party, at))

    def _left_to_void(self, target: EffectRef, other: EffectRef, said: Void, ref: EffectRef, effect: Void) -> bool:
        """Whether a void that stands leaves something to a new one: the time before it begins, or the corrected record that took
        the place of what it struck."""
        struck = [target] if target.n else [each for each, _ in self.record.act(target.statement).refs()]
        if said.ground == "error":
            later = self.record.act(other.statement).refs()
            return effect.ground != "error" and any(each in self.view.aliases(r) for r, _ in later for each in struck)
        return all(
            self._begin(effect, ref, start) < self._begin(said, other, start) for start in map(self.view.start, struck)
        )

    def _begin(self, void: Void, ref: EffectRef, start: datetime) -> datetime:
        """From when a void strikes what started at a moment; at once, where that is not stated."""
        if isinstance(void.time, str):
            return max(start, self.view.start(ref)) if void.time == "judgment" else start
        return self.view.moment(void.time, ref)

    def _admit(self, effect: Admit, where: str) -> list[Objection]:
        own = self.record.actor_forum(self.act)
        if own is not None and own != effect.forum:
            words = f"{self.act.actor} speaks for {own}: a recognition binds its own forum only, not {effect.forum}"
            return [
                self._object(
                    "impossible", "recognition.other-forum", None, words, where, "state the forum of the court"
                )
            ]
        return []

    def _pay(self, effect: Pay, at: datetime, where: str) -> list[Objection]:
        if effect.refused:
            return []
        barred = bars_payment(self.folds, self.act, effect, at, self.home)
        return [*(self._bar(bar, where) for bar in barred), *self._beyond_debt(effect, at, where)]

    def _beyond_debt(self, effect: Pay, at: datetime, where: str) -> list[Objection]:
        """A payment of a debt that does not stand, that is in another currency, or of which less is left."""
        if effect.debt is None:
            return []
        now = debt(self.view, effect.debt, at)
        while now is not None and now.replaced_by is not None and (anew := debt(self.view, now.replaced_by, at)):
            now = anew  # what is left is left of what was last determined
        if now is None:
            own = self.view.settled_own(effect.debt)  # who pays it need not wait for recognition here
            if any(s.start <= at < s.end and s.validity is Validity.OPERATIVE for s in own):
                return []
            return [self._irregular("payment.no-debt", effect.debt, "the debt does not stand then", where)]
        if now.currency is not None and now.currency != effect.amount.currency:
            return [self._irregular("payment.other-currency", effect.debt, f"the debt is in {now.currency}", where)]
        if now.high is not None and now.paid > now.high and now.owe.interest is None:
            over = now.paid - now.high
            return [self._irregular("payment.above-debt", now.ref, f"{over} {now.currency} more than is owed", where)]
        if now.high is not None and Decimal(effect.amount.low) > now.high and now.owe.interest is None:
            return [self._irregular("payment.above-debt", now.ref, "more than is owed", where)]
        return []

    def _exist(self, ref: EffectRef, effect: Exist, at: datetime, where: str) -> list[Objection]:
        found: list[Objection] = []
        if effect.op == "register":
            for other, said in self.record.registrations(effect.subject):
                records = self.act.records is not None and self.act.records == other.statement
                if other == ref or records or not self.view.held(other) or self._replaced_here(other):
                    continue
                if self._changes_place(ref, effect, other, said):
                    continue
                words = f"{effect.subject} is registered: a slug is chosen once and never reused"
                remedy = "choose another slug; if it changed its place, state the day and the new place"
                found.append(self._object("impossible", "subject.registered", other, words, where, remedy))
                break
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

    def _changes_place(self, ref: EffectRef, effect: Exist, other: EffectRef, said: Exist) -> bool:
        """Whether a registration says that what another registers lay elsewhere from another day on: the same kind of thing, with
        the same identifiers (a register's numbers change with the register), and a place or zone other than said without it."""
        bounds, others = self.record.start_bounds(ref), self.record.start_bounds(other)
        if effect.kind != said.kind or bounds == others:
            return False
        lasting = {e.scheme: e.value for e in said.identifiers if e.scheme != "register"}
        if any(lasting.get(e.scheme, e.value) != e.value for e in effect.identifiers):
            return False
        stated: tuple[tuple[PlaceMember, str | None], ...] = (("place", effect.place), ("zone", effect.zone))
        said_else = ((value, self._said_without(ref, effect, member)) for member, value in stated)
        return any(None not in (value, known) and value != known for value, known in said_else)

    def _said_without(self, ref: EffectRef, effect: Exist, member: PlaceMember) -> str | None:
        """What the other registrations say of a subject's place or zone when one of them starts."""
        told = [item for item in self.record.placed(effect.subject, member) if item[0] != ref]
        at = self.record.start_bounds(ref)[0]
        before = [value for other, value in told if self.record.start_bounds(other)[0] <= at]
        return before[-1] if before else told[0][1] if told else None

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
        """Acts on record that would lose their room if this one were recorded: not where a court or an authority decides how others
        stand, which is what its decision is for."""
        found: list[Objection] = []
        if self.act.kinds.isdisjoint(_TAKING_ROOM) or not self.act.kinds.isdisjoint(_UNDOING):
            return found
        for subject, earlier in self.before.no_room.items():
            now = {r for r in _no_room(self.folds.title(subject)) if r.statement != self.act.id}
            for ref in sorted(now - earlier):
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
            impossible(
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
    return [impossible("units.do-not-add-up", None, words, where, "correct the counts")]


def _total_after(
    ref: EffectRef, said: Declare | Reunit, before: tuple[EffectRef, int] | None
) -> tuple[EffectRef, int] | None:
    """The total of units after a declaration or a change of capital; None where it cannot be known."""
    stated = {p.share.units_of for p in (said.split if isinstance(said, Declare) else said.issue) if p.share.units_of}
    if stated:
        return (ref, stated.pop()) if len(stated) == 1 else None
    if isinstance(said, Declare):
        return before
    olds = {p.share.units_of for p in said.cancel if p.share.units_of} or ({before[1]} if before is not None else set())
    if said.issue or len(olds) != 1:
        return None
    left = olds.pop() * (1 - sum((p.share.low for p in said.cancel), Fraction(0)))
    return (ref, int(left)) if left and left.denominator == 1 else None


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


def _name(holder: object) -> str:
    return holder if isinstance(holder, str) else "the holder named"
