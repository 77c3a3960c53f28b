"""The answers about an asset, member by member; how the shapes are used, see `answer_shapes`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.answer_shapes import Answer, Causes, Remarked, Shape, SpanTold, StatementIds, ValidityTold, optional
from api.measure_shapes import (
    ControlPeriod,
    ControlTold,
    DebtTold,
    Ending,
    Family,
    HoldingOf,
    MeasureNow,
    MeasureTold,
    PeriodTold,
    PermitTold,
    RankedTold,
    StakeWindow,
    WindowNow,
    WindowTold,
)


class DatedTold(SpanTold):
    """A name, an identifier, a place or a zone over a period."""

    value: str
    causes: Causes


class EndedTold(Shape):
    """The end of a subject."""

    at: str | None
    day: str | None
    now: bool = Field(description="it had come by the moment")
    causes: Causes


class PartTold(EndedTold):
    """What was carved out of it."""

    subject: str


class SuccessorTold(PartTold):
    """Who came after it."""

    how: str


class SameTold(SpanTold):
    """Another identifier of the same."""

    subject: str
    causes: Causes


class IdentityTold(Shape):
    """Who or what a subject is, over time."""

    kind: str | None
    place: str | None = Field(description="the legal order it is in, at the moment")
    zone: str | None = Field(description="the zone of its legal days, at the moment")
    places: list[DatedTold] = Field(description="where it was, in order of time")
    zones: list[DatedTold] = Field(description="in which zone, in order of time")
    names: list[DatedTold]
    identifiers: list[DatedTold] = Field(description="scheme and value")
    ended: EndedTold | None
    successors: list[SuccessorTold]
    parts: list[PartTold]
    same_as: list[SameTold]


class RepresentationTold(SpanTold):
    """Who may act for a party."""

    party: str
    agent: str
    kind: str
    causes: Causes


class BegunTold(Shape):
    """When an effect takes effect."""

    day: str | None = Field(description="its legal day")
    day_zone: str = optional("the zone of `day`, where it is not that of the answer")


class FinalTold(BegunTold):
    """Since when a decision is final."""

    at: str | None
    causes: Causes


class DecisionTold(Shape):
    """A decision. Decided, enforceable and final are three answers."""

    outcome: str
    force: str
    orders_nothing: bool
    reviews: str | None = Field(description="the decision it reviews")
    not_enforceable: list[ValidityTold] = Field(description="when it could not be enforced, and why")
    final: FinalTold | None


class StepTold(BegunTold):
    """A step of a proceeding."""

    ref: str
    at: str | None
    dated: str | None = Field(
        description="its date as stated, where that is no whole day: `day` is then the first it may be"
    )
    forum: str
    stage: str
    court: str | None
    number: str | None
    institution: str | None
    claimants: list[str]
    respondents: list[str]
    concerns: list[str]
    on: str | None = Field(description="the decision appealed, stayed, remanded or made final")
    decision: DecisionTold | None
    validity: list[ValidityTold]
    until: str | None
    text: str | None
    causes: Causes


class StatusTold(SpanTold):
    """Where a proceeding stands in a forum."""

    forum: str
    stage: str
    outcome: str | None
    causes: Causes


class MissingTold(Shape):
    """A step that must have been, and is not on record."""

    words: str
    causes: Causes


class ProceedingTold(Shape):
    """A proceeding, forum by forum."""

    proceeding: str
    status: list[StatusTold]
    steps: list[StepTold] = Field(description="up to the moment; all of them in an answer through time")
    later: list[StepTold] = Field(description="the steps after it")
    missing: list[MissingTold]


class NotOperative(Shape):
    """An effect that has begun and does not operate."""

    ref: str
    effect: str
    validity: str
    causes: Causes


class EndedMeasure(SpanTold):
    """A measure that had ended."""

    ref: str
    kind: str
    family: Family
    ending: Ending | None
    causes: Causes


class AheadTold(BegunTold):
    """What takes effect only after the moment."""

    ref: str
    effect: str
    since: str | None = Field(alias="from")
    causes: Causes


class SaidTold(BegunTold):
    """What was only said: it changes nothing."""

    ref: str
    kind: str
    text: str | None
    causes: Causes


class ChangeWithin(Shape):
    """What changed within the legal day that was asked."""

    what: str
    at: str | None
    before: str | None
    after: str | None
    causes: Causes


class AssetState(Remarked):
    """An asset at a moment."""

    asset: str
    title: list[HoldingOf]
    votes: list[HoldingOf]
    economic: list[HoldingOf]
    control: ControlTold
    measures: list[MeasureNow] = Field(description="measures of control, restrictions, encumbrances in force")
    possession: list[MeasureNow] = Field(description="who has it in fact")
    representation: list[MeasureNow] = Field(description="who acts for the company that it is, by measures over it")
    represented: list[RepresentationTold] = Field(description="who may act for those who hold title")
    suspended: list[MeasureTold]
    restrictions: list[WindowTold]
    restricted_stakes: list[StakeWindow]
    permits: list[PermitTold]
    debts: list[DebtTold]
    proceedings: list[ProceedingTold]
    standing: list[NotOperative] = Field(description="effects that are void, pending, suspended or not recognised")
    ended: list[EndedMeasure] = Field(description="measures that had ended, and by what")
    ahead: list[AheadTold] = Field(description="what takes effect only later")
    stated: list[SaidTold] = Field(description="what was said by then and nothing has completed")
    identity: IdentityTold
    changes: list[ChangeWithin] = Field(description="empty where an instant was asked")


class AssetHistory(Remarked):
    """An asset through time, in periods."""

    asset: str
    title: list[PeriodTold]
    votes: list[PeriodTold]
    economic: list[PeriodTold]
    control: list[ControlPeriod]
    measures: list[MeasureTold]
    restrictions: list[WindowTold]
    permits: list[PermitTold]
    proceedings: list[ProceedingTold]
    debts: list[DebtTold]
    identity: IdentityTold
    representation: list[RepresentationTold] = Field(description="who may act for the company that it is, and when")


class AssetProceedings(Remarked):
    """Proceedings about an asset."""

    asset: str
    proceedings: list[ProceedingTold]


class AssetRestrictions(Remarked):
    """Restrictions on an asset through time, and what lifts them."""

    asset: str
    restrictions: list[MeasureTold]
    windows: list[WindowNow]
    restricted_stakes: list[StakeWindow]
    permits: list[PermitTold]


class AssetEncumbrances(Remarked):
    """Encumbrances by rank, which is evidence of the source register's."""

    asset: str
    encumbrances: list[RankedTold]


class ValueTold(Shape):
    """A value in words."""

    value: str
    causes: Causes


class DifferenceTold(Shape):
    """A point on which legal orders differ."""

    what: str
    views: dict[str, ValueTold] = Field(description="by forum")


class AssetForums(Remarked):
    """Where legal orders see an asset differently."""

    asset: str
    forums: list[str]
    differences: list[DifferenceTold]
    proceedings: list[ProceedingTold]


class ElsewhereTold(ValueTold):
    """The value on another clock or in another forum."""

    view: str
    brought_about_by: StatementIds


class AssetExplained(Remarked, ValueTold):
    """Why a value is so, and what would change it."""

    asset: str
    what: str = Field(description="the value asked for")
    elsewhere: list[ElsewhereTold]


class FoundTold(IdentityTold):
    """An asset found."""

    asset: str
    causes: StatementIds


class SearchAnswer(Answer):
    """Assets, in the order of their registration."""

    subject: Literal["register"] = Field(alias="register")
    assets: list[FoundTold]
    next: str | None = Field(description="the cursor of the next page; null at the end")
