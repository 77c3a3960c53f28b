"""The members that tell holdings, control, measures, permits and debts; how they are used, see `answer_shapes`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.answer_shapes import Causes, Count, HolderTold, Shape, ShareExact, ShareTold, SpanTold, ValidityTold, optional


class MannerTold(Shape):
    """How title is held, where not for oneself."""

    kind: Literal["nominee", "administration"]
    beneficiary: str | None = Field(alias="for")


class PendencyTold(Shape):
    """To whom it goes if a condition is met."""

    to: HolderTold | None
    validity: str
    causes: Causes


class HoldingOf(ShareTold):
    """Who holds how much of a right."""

    holder: HolderTold
    manner: MannerTold | None
    pending: list[PendencyTold]
    causes: Causes


class PeriodTold(SpanTold):
    """A period in which the holdings of a right stay the same."""

    holdings: list[HoldingOf]


class ExerciseTold(Shape):
    """Who exercises a power. Without `share`: over the whole, by a measure."""

    holder: HolderTold | None
    share: ShareExact = optional("of how much")
    percent: str = optional("the same for a reader")
    over: str = optional("the holder whose stake it is")
    measure: str | None = Field(description="by which measure; null: as holder")
    causes: Causes


class PowerTold(Shape):
    """A power: who exercises it, on whose direction, with whose consent."""

    exercised: list[ExerciseTold]
    directed: list[ExerciseTold]
    consent: list[ExerciseTold]
    barred: list[str] = Field(description="the effects that forbid it")
    unranked: bool = Field(description="several take it and nothing ranks them: all are told")


class ControlTold(Shape):
    """Control: the headline, and each power (vote, manage, use, dispose, receive)."""

    controller: list[ExerciseTold]
    powers: dict[str, PowerTold]


class ControlPeriod(SpanTold, ControlTold):
    """Control over a period."""


class StakeTold(Shape):
    """What a holder has of an asset."""

    asset: str
    holder: str


class LimitTold(ShareTold):
    """A cap."""

    right: Literal["title", "votes", "economic"]
    test: Literal["at-most", "below"]


class ReachTold(ShareTold):
    """Which stakes a restriction reaches."""

    test: Literal["at-least", "more-than"]
    aggregate: bool
    regime: str | None


class SourceRankTold(Shape):
    """The rank of an encumbrance in its source register."""

    date: str
    number: Count


class ImposedTold(Shape):
    """What was imposed."""

    kind: str
    over: list[str | StakeTold] = Field(description="assets, parties, or a holder's stake")
    binds: list[str] = Field(description="the parties bound; empty: everybody")
    transaction: str | None = Field(description="the act it concerns")
    sanction: str | None = Field(description="what a breach is: void, voidable, pending or penalty")
    max_step: str | None = Field(description="the longest extension at a time")
    reach: ReachTold | None
    secures: str | None = Field(description="the debt it secures")
    norm: str | None = Field(description="the norm it follows from")
    source_rank: SourceRankTold | None
    text: str | None


class StateOfMeasure(SpanTold):
    """A measure over a period in which nothing of it changes."""

    status: Literal["in force", "suspended"]
    holder: HolderTold | None
    powers: dict[str, Literal["takes", "directs", "vetoes", "forbids"]]
    rank_above: list[str]
    below: list[str] = Field(description="the measures it is subordinate to")
    limit: LimitTold | None
    stated_end: str | None = Field(description="the last legal day that is stated, if one is")
    causes: Causes


Family = Literal["control", "restriction", "encumbrance", "representation", "possession"]
Ending = Literal["lapsed", "ended", "discharged", "void"]


class MeasureNow(ImposedTold, StateOfMeasure):
    """A measure as it is at the moment."""

    ref: str
    family: Family
    whole: SpanTold = Field(description="its whole course")
    ending: Ending | None = Field(description="how that ends; null: open")


class MisfitTold(Shape):
    """An act on a measure that met none it could change."""

    rule: str
    met: str
    causes: Causes


class MeasureTold(ImposedTold, SpanTold):
    """A measure with its whole course in time."""

    ref: str
    family: Family
    ending: Ending | None = Field(description="how it ends; null: open")
    ended_by: list[str]
    spans: list[StateOfMeasure]
    misfits: list[MisfitTold]
    validity: list[ValidityTold]
    causes: Causes


class RankedTold(MeasureTold):
    """An encumbrance, in the order of rank."""

    now: bool = Field(description="in force at the moment")
    rank: str | None = Field(description="its rank then; null where it is not in force")
    holder: HolderTold | None = Field(description="for whom it is, or last was")


class WindowTold(SpanTold):
    """A stretch in which a restriction binds, or a permit lifts it."""

    kind: str | None
    restriction: str
    binding: bool
    binds: list[str] = Field(description="the parties bound; empty: everybody")
    sanction: str | None = Field(description="what a breach is: void, voidable, pending or penalty")
    permit: str | None = Field(description="what lifts it")
    over: str
    through: list[str] = Field(description="the companies through which it reaches the asset")
    causes: Causes


class WindowNow(WindowTold):
    """The same, marked where it is so at the moment."""

    now: bool


class StakeWindow(WindowTold):
    """A restriction on dealings in one holder's stake."""

    stake_of: str


class ConditionTold(Shape):
    """A condition, and its deadline as the statement spells it."""

    text: str
    by: str | None


class PermitTold(SpanTold):
    """A permit, and what became of it."""

    ref: str
    kind: str
    op: Literal["applied", "granted", "denied", "conditions", "extended", "revoked"]
    granted: bool
    number: str | None
    to: list[str]
    over: list[str]
    excepts: list[str] = Field(description="the restrictions it lifts")
    transaction: str | None
    conditions: list[ConditionTold]
    limit: LimitTold | None
    text: str | None
    causes: Causes
    ended_by: list[str]


class AmountTold(Shape):
    """An amount or a range; null where none is stated."""

    min: str | None
    max: str | None


class SucceededTold(Shape):
    """A party of a debt that another has succeeded."""

    party: str
    by: str
    causes: Causes


class PaidOtherwise(Shape):
    """A payment in another currency than the debt's."""

    amount: str | None
    currency: str
    causes: Causes


class DebtTold(Shape):
    """A debt, what was paid and what is left."""

    ref: str
    kind: str
    debtor: str
    payee: str
    succeeded: list[SucceededTold]
    amount: AmountTold
    currency: str | None
    paid: str | None
    paid_otherwise: list[PaidOtherwise] = Field(description="told, not counted: no rate is the ledger's to choose")
    left: AmountTold
    interest: str | None
    valuation_date: str | None
    due: str | None
    replaced_by: str | None
    text: str | None
    causes: Causes
