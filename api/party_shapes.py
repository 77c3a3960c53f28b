"""The answers about a party, the register and deadlines, member by member; see `answer_shapes`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.answer_shapes import (
    Answer,
    Causes,
    Count,
    DatesTold,
    Day,
    HolderTold,
    Shape,
    ShareTold,
    StatementIds,
    optional,
)
from api.asset_shapes import IdentityTold, RepresentationTold
from api.measure_shapes import HoldingOf, MeasureNow


class PartyTold(Answer):
    """Who a party is, and who acts for it."""

    party: str
    identity: IdentityTold
    representation: list[RepresentationTold]


class PartyHolding(HoldingOf):
    """What a party holds of a right in an asset."""

    asset: str
    right: Literal["title", "votes", "economic"]


class PartyHoldings(PartyTold):
    """What a party holds, and which measures it exercises."""

    holdings: list[PartyHolding]
    held_for: list[PartyHolding] = Field(description="what others hold for it")
    measures_held: list[MeasureNow]
    measures_over: list[MeasureNow]


class InterestTold(ShareTold):
    """A multiplied interest of a party in an asset."""

    party: str
    asset: str
    direct: ShareTold = Field(description="what of it is held directly")
    paths: list[list[str]] = Field(description="the companies on the way")
    cyclic: bool
    causes: Causes


class UnnamedTold(ShareTold):
    """What nobody is named for."""

    assets: list[str]
    causes: Causes


class LinkTold(ShareTold):
    """A majority."""

    holder: str
    asset: str
    causes: Causes


class TakingVotes(Shape):
    """A measure that takes the votes or the management of an asset in a chain, or forbids votes."""

    asset: str
    ref: str
    kind: str
    holder: HolderTold | None
    stakes: list[str] = Field(description="the holders whose stakes it lies over; empty: the whole")
    binds: list[str] = Field(description="those whom it binds, where it binds not everybody")
    powers: dict[str, str]
    causes: Causes


class ControlChainTold(Shape):
    """Control through majorities."""

    top: str | None = Field(description="who is at the top")
    cyclic: bool
    links: list[LinkTold]
    measures: list[TakingVotes]
    by_this_party: bool = optional("whether the party asked about is in the chain")


class BelowTold(InterestTold):
    """An asset below the party."""

    unnamed: UnnamedTold | None
    control: ControlChainTold


class UndecidedHolding(HoldingOf):
    """A holding of which the record does not say whose it is."""

    asset: str


class PartyChain(Answer):
    """Interest and control through companies."""

    party: str
    threshold: ShareTold
    below: list[BelowTold]
    above: list[InterestTold] = Field(description="interests in the company that the party is")
    unnamed: UnnamedTold | None
    undecided: list[UndecidedHolding]
    controlled_by: ControlChainTold


class KeyTold(Shape):
    """A public key."""

    kid: str = Field(description="its RFC 7638 thumbprint")
    alg: Literal["Ed25519", "ES256", "PS256"]
    spki: str = Field(description="SubjectPublicKeyInfo, base64url")


class RegisteredKeyTold(KeyTold):
    """A party's key."""

    party: str
    root: bool
    added: Count = Field(description="the entry that added it")
    revoked: Count | None = Field(description="the entry that ended it")
    reason: str | None
    causes: StatementIds


class GrantTold(Shape):
    """What a party may record."""

    party: str
    types: list[str]
    forum: str | None
    effective: DatesTold
    ended: Count | None = Field(description="the entry that ended it")
    ended_at: str | None
    causes: StatementIds


class NestingTold(Shape):
    """A legal order that is part of another."""

    inner: str
    outer: str
    effective: DatesTold


class RulesTold(Shape):
    """The versions of law, time zones and code lists in force."""

    law: str
    tzdata: str
    codes: str


class RegisterAnswer(Answer):
    """Who may sign and record what, as the next entry is judged."""

    subject: Literal["register"] = Field(alias="register")
    origin: str
    genesis: str
    last: str | None = Field(description="the last statement about the register")
    count: Count = Field(description="statements about the register")
    threshold: Count = Field(description="the roots that must sign together")
    log_keys: list[str] = Field(description="verifier keys of the log")
    service_keys: list[KeyTold]
    rules: RulesTold | None
    keys: list[RegisteredKeyTold]
    competences: list[GrantTold]
    forums: list[NestingTold]
    types_recordable_by: list[str] = Field(description="the parties with a competence in force")


class DeadlineTold(Shape):
    """A last legal day."""

    last_day: Day
    zone: str
    end: str | None = Field(description="the first moment after it")
    kind: Literal[
        "measure lapses",
        "permit lapses",
        "transfer ends",
        "condition due",
        "long-stop date",
        "payment due",
        "suspension ends",
        "cooling-off ends",
        "period ends",
    ]
    stated: str | None = Field(
        description="the date as stated, where it is no whole day: this is its first or its last day"
    )
    subjects: list[str]
    words: str
    quoted: bool = Field(description="the words are the signers'")
    causes: Causes


class CalendarWindow(Shape):
    """First and last day, both included."""

    since: Day = Field(alias="from")
    to: Day


class CalendarAnswer(Answer):
    """What lapses or falls due. The subject asked about stands under its kind."""

    subject: str = optional("where no subject is asked about", alias="register")
    asset: str = optional("the subject")
    party: str = optional("the subject")
    proceeding: str = optional("the subject")
    window: CalendarWindow
    deadlines: list[DeadlineTold]
