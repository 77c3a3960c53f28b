"""The members of answers about assets, parties, the register and deadlines: for the OpenAPI document and docs/answers.md.

Guarantees that every member which an answer has is described: a test holds the answers of all demonstrated histories against these
shapes, and refuses a member that none names. They describe only; the domain makes the answers, and nothing here filters them.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

COUNT: Final = r"^(0|[1-9][0-9]{0,15})$"


class Shape(BaseModel):
    """An object, to which a later release may add members."""

    model_config = ConfigDict(extra="allow")


def optional(words: str, **more: Any) -> Any:
    """A member that is left out where there is nothing to say."""
    return Field(default=None, description=words, **more)


Count = Annotated[str, Field(pattern=COUNT)]
Moment = Annotated[str, Field(description="a moment in UTC")]
Day = Annotated[str, Field(description="a legal day, YYYY-MM-DD")]
Causes = Annotated[list[str], Field(description="the effects that make it so: statement id, #, number of the effect")]
StatementIds = Annotated[list[str], Field(description="ids of statements")]


# --- values ----------------------------------------------------------------------------------------------------------


class UnknownHolder(Shape):
    """Nobody is named."""

    unknown: Literal[True]


class OneOfHolders(Shape):
    """One of several parties; the record does not decide which."""

    one_of: list[str]


class Units(Shape):
    """So many units of a total."""

    units: Count
    of: Count


class ShareRange(Shape):
    """At least and at most, as fractions."""

    min: str
    max: str


HolderTold = str | UnknownHolder | OneOfHolders
ShareExact = str | Units | ShareRange


class ShareTold(Shape):
    """How much."""

    share: ShareExact = Field(description="exactly: a reduced fraction, units of a total, or a range")
    percent: str = Field(description="for a reader; ≈ before a rounded value")


class SpanTold(Shape):
    """A period. Moments are half-open: `until` is the first moment after it."""

    since: str | None = Field(alias="from", description="the first moment; null: since before the record begins")
    until: str | None = Field(description="the first moment after it; null: open")
    first_day: str | None = Field(description="its first legal day")
    last_day: str | None = Field(description="its last legal day")
    first_day_zone: str = optional("the zone of `first_day`, where it is not that of the answer")
    last_day_zone: str = optional("the zone of `last_day`, where it is not that of the answer")


class ValidityTold(SpanTold):
    """How an effect stands over a period."""

    validity: Literal["operative", "pending", "suspended", "in suspense", "void", "ended", "unrecognised"]
    causes: Causes


# --- every answer ----------------------------------------------------------------------------------------------------


class ClocksTold(Shape):
    """The clocks as used."""

    effective_at: str | None = Field(description="the moment in UTC the answer is about; null where it is about none")
    effective_day: str | None = optional("the legal day of that moment")
    whole_day: bool = optional("a day was asked: the answer is for its end, and lists the changes within it")
    zone: str = optional("the zone of the legal days")
    each_zone: bool = optional("a day ends for each asset in the zone where it is")
    known_at: str | None = Field(description="what was known by then; null: everything known")
    known_day: str | None = optional("the legal day of that moment")
    knower: str = optional("to whom it was known: public, or a party")
    recorded_at: str | None = optional("when the last entry the answer rests on was recorded")
    size: Count = Field(description="the entries of the log that the answer rests on")
    forum: str | None = optional("the legal order in whose eyes; null: that of the place of each asset")
    forum_by_default: bool = optional("no forum was asked for")


class SignerTold(Shape):
    """Who signed."""

    party: str
    role: str
    capacity: Literal["author", "registrar", "transcriber"]


class SourceTold(Shape):
    """What a transcriber copied."""

    title: str
    accessed: Day
    url: str | None


class BasisTold(Shape):
    """The instrument; what the statement does not say is left out."""

    kind: str
    title: str
    number: str = optional("its number")
    ecli: str = optional("its ECLI")
    eli: str = optional("its ELI")
    gazette: str = optional("where it was published")
    legal_basis: str = optional("the provision it rests on")
    date: str = optional("its date")


class DatesTold(Shape):
    """Dates as the statement spells them; `until` is inclusive where it is a day."""

    since: str | None = Field(alias="from")
    until: str | None
    zone: str | None


class NoticeTold(Shape):
    """To whom an act was made known, when and how."""

    to: str
    at: str
    how: str


class DespiteTold(Shape):
    """An objection its signers knew of."""

    rule: str
    statement: str | None


class StatementTold(Shape):
    """A statement that an answer cites."""

    position: Count = Field(description="its entry in the log")
    type: str
    subjects: list[str]
    actor: str = Field(description="whose act it is")
    capacity: Literal["author", "registrar", "transcriber"] = Field(description="how strong a record of the act it is")
    signers: list[SignerTold]
    sources: list[SourceTold]
    basis: BasisTold
    effective: DatesTold | None = Field(description="when it takes effect; null: since before the record begins")
    notice: list[NoticeTold]
    recorded_at: Moment
    effects: list[str] = Field(description="its effects in words of the format, in order")
    without_sight_of: Count = optional("how many later statements of its subjects the signers had not seen")
    despite: list[DespiteTold] = optional("recorded in spite of these objections")
    records: str = optional("the statement about the same act for which this is another source")
    sealed: list[str] = optional("names of the members that only commitments are recorded of")


class Answer(Shape):
    """What every answer has."""

    clocks: ClocksTold
    tree_size: Count = Field(description="the entries the answer rests on")
    statements: dict[str, StatementTold] = Field(description="what causes refer to, by statement id")
    names: dict[str, str] = Field(description="the names of the subjects the answer mentions, at its moment")


class GapTold(Shape):
    """Something the record does not explain."""

    kind: str
    words: str
    causes: Causes
    met: list[str] = Field(description="what it was met beside")


class IrregularTold(Shape):
    """An act recorded although the law forbade it."""

    rule: str
    words: str
    knowingly: bool = Field(description="its signers listed the objection")
    causes: Causes
    met: str | None = Field(description="the statement it offends")


class UnappliedTold(Shape):
    """A foreign act that the forum does not apply."""

    words: str
    home: str | None = Field(description="the legal order it is at home in")
    causes: StatementIds
    answers: list[str] = Field(description="what the forum answered to it")


class UnseenTold(Shape):
    """A statement signed without sight of others."""

    statement: str
    count: Count


class DisputedTold(Shape):
    """A statement that its actor or another disputes."""

    statement: str
    by: str


class ChoiceTold(Shape):
    """A point on which the record leaves several readings open."""

    why: str
    causes: StatementIds


class RemarksTold(Shape):
    """What must be said beside an answer."""

    gaps: list[GapTold]
    irregular: list[IrregularTold]
    unapplied: list[UnappliedTold]
    undecided: list[str] = Field(description="foreign acts applied though the forum has not decided on them")
    unseen: list[UnseenTold]
    late: list[str] = Field(description="statements recorded after the day of knowledge that was asked")
    disputed: list[DisputedTold]
    choices: list[ChoiceTold]


class ReadingTold(Shape):
    """Another value, and what makes it so."""

    value: str
    why: str


class UncertainTold(Shape):
    """A value that another reading of the record has otherwise."""

    what: str
    value: str = Field(description="in the reading that is told")
    others: list[ReadingTold]


class Remarked(Answer):
    """An answer with its remarks."""

    remarks: RemarksTold
    uncertain: list[UncertainTold]


class ObjectionTold(Shape):
    """What speaks against an act."""

    kind: Literal["impossible", "irregular"]
    rule: str
    statement: str | None = Field(description="the statement it met")
    state: str | None = Field(description="the state it met")
    words: str
    where: str = Field(description="the member it is about")
    remedy: str
