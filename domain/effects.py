"""The fifteen primitive effects an act can have (DESIGN section 3). Data only; `standing` and `history` give them meaning.

Every effect carries its own `effective` when its instrument states several dates, else the act's. References (`EffectRef`) are
absolute here: the parser has already turned `#n` into `<own id>#n`. The JSON form of each is in docs/statement-format.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Literal

from domain.identifiers import AssetId, EffectRef, Forum, NormId, PartyId, ProceedingId, SubjectId
from domain.periods import Duration, Effective, When
from domain.shares import Share


class Right(StrEnum):
    """The three rights in an asset; votes and economic interest follow title until an effect separates them."""

    TITLE = "title"
    VOTES = "votes"
    ECONOMIC = "economic"


of_each = itemgetter(*Right)
"""What a mapping tells of title, votes and economic interest, in this order."""


class Power(StrEnum):
    """What a measure acts on."""

    VOTE = "vote"
    MANAGE = "manage"
    USE = "use"
    DISPOSE = "dispose"
    RECEIVE = "receive"


class Grip(StrEnum):
    """What a measure does to a power: exercises it, directs who does, must consent, or bars it."""

    TAKES = "takes"
    DIRECTS = "directs"
    VETOES = "vetoes"
    FORBIDS = "forbids"


class Family(StrEnum):
    """What a measure is, by its kind (table `MEASURE_KINDS` in domain.measure_kinds)."""

    CONTROL = "control"
    RESTRICTION = "restriction"
    ENCUMBRANCE = "encumbrance"
    REPRESENTATION = "representation"
    POSSESSION = "possession"


@dataclass(frozen=True, slots=True, order=True)
class OneOf:
    """A holder known to be one of several, sorted."""

    parties: tuple[PartyId, ...]

    def __str__(self) -> str:
        return "one of " + " or ".join(self.parties)


@dataclass(frozen=True, slots=True, order=True)
class Unknown:
    """A holder nobody names: ignorance, not a fact."""

    def __str__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()
Holder = PartyId | OneOf | Unknown


@dataclass(frozen=True, slots=True)
class Manner:
    """How a holder holds, when not for itself: as `nominee`, or `administration`, for whom if stated."""

    kind: Literal["nominee", "administration"]
    beneficiary: PartyId | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The effect waits for a condition. `on` = `permit` (one that names this effect as its transaction), `final` (the decision
    of its own statement becoming final) or `fulfilled` (an `alter` with op `fulfil` that names this effect)."""

    on: Literal["permit", "final", "fulfilled"]
    retroactive: bool
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """One line of a split."""

    holder: Holder
    share: Share
    manner: Manner | None = None


@dataclass(frozen=True, slots=True)
class Declare:
    """An asset's split of a right as of the effective date."""

    asset: AssetId
    right: Right
    split: tuple[Portion, ...]
    effective: Effective | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A right passes. `performs` names the agreements or orders it completes."""

    asset: AssetId
    right: Right
    amount: Share
    source: Holder
    target: Holder
    performs: tuple[EffectRef, ...] = ()
    manner: Manner | None = None
    pending: Pending | None = None
    voidable: bool = False
    effective: Effective | None = None


@dataclass(frozen=True, slots=True)
class Reunit:
    """Lots are cancelled, then lots are issued, in order; no chain of title between them."""

    asset: AssetId
    cancel: tuple[Portion, ...]
    issue: tuple[Portion, ...]
    pending: Pending | None = None
    effective: Effective | None = None


@dataclass(frozen=True, slots=True)
class Stake:
    """A holder's stake in an asset, as what a measure lies over."""

    asset: AssetId
    holder: PartyId


Over = AssetId | PartyId | Stake


@dataclass(frozen=True, slots=True)
class Term:
    """`until` is inclusive for dates. `max_step` = the longest single step the legal basis allows."""

    until: When | None = None
    max_step: Duration | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap on what those bound may hold: below, or at most, a share of a right."""

    right: Right
    bound: Share
    inclusive: bool
    """True: at most `bound` is allowed. False: only below it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A measure over a party reaches assets it owns: from which interest, whether that interest itself suffices (`at_least`) or
    must be exceeded, and whether interests of all parties under the same `regime` are added up."""

    share: Share
    at_least: bool
    aggregate: bool
    regime: str


Sanction = Literal["void", "voidable", "pending", "penalty", "unstated"]


@dataclass(frozen=True, slots=True)
class Impose:
    """A measure. `binds` = only these parties (empty: everyone); `transaction` = only dealings that perform this agreement;
    `source_rank` = date and running number of its entry in the source register (rank of an encumbrance)."""

    kind: str
    over: tuple[Over, ...]
    powers: tuple[tuple[Power, Grip], ...] = ()
    holder: Holder | None = None
    rank_above: tuple[EffectRef, ...] = ()
    term: Term = Term()
    limit: Limit | None = None
    reach: Reach | None = None
    binds: tuple[PartyId, ...] = ()
    transaction: EffectRef | None = None
    sanction: Sanction = "unstated"
    secures: EffectRef | None = None
    norm: NormId | None = None
    source_rank: tuple[str, int] | None = None
    text: str | None = None
    pending: Pending | None = None
    effective: Effective | None = None


AlterOp = Literal[
    "extend", "assign", "rank", "powers", "limit", "suspend", "resume", "end", "discharge", "subordinate", "fulfil"
]


@dataclass(frozen=True, slots=True)
class Alter:
    """A measure changes. Members by `op`: extend `until`; assign `holder`; rank `rank_above`; powers `powers`; limit `limit`;
    suspend `stops_clock` and optional `until`; subordinate `below`; fulfil (of a pending effect), resume, end, discharge: none."""

    measure: EffectRef
    op: AlterOp
    until: When | None = None
    holder: Holder | None = None
    rank_above: tuple[EffectRef, ...] = ()
    below: tuple[EffectRef, ...] = ()
    powers: tuple[tuple[Power, Grip], ...] = ()
    limit: Limit | None = None
    stops_clock: bool = False
    effective: Effective | None = None


VoidTime = Literal["own", "judgment", "unstated"]
"""From the voided effect's own time (ex tunc), from the voiding act's (ex nunc), or not said: folded both ways."""


PermitOp = Literal["applied", "granted", "denied", "conditions", "extended", "revoked"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a permit, with its deadline if any."""

    text: str
    by: When | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """A permission, its application, refusal or withdrawal. `granted`/`denied` may answer an `of` = applied; `conditions`,
    `extended`, `revoked` name the permit they change. `excepts` = measures it lifts for its scope;
    `transaction` = the dealing it clears."""

    kind: str
    op: PermitOp
    of: EffectRef | None = None
    excepts: tuple[EffectRef, ...] = ()
    transaction: EffectRef | None = None
    over: tuple[SubjectId, ...] = ()
    to: tuple[PartyId, ...] = ()
    conditions: tuple[Condition, ...] = ()
    limit: Limit | None = None
    until: When | None = None
    time: VoidTime | When | None = None
    number: str | None = None
    text: str | None = None
    effective: Effective | None = None


Stage = Literal[
    "notified",
    "filed",
    "stayed",
    "resumed",
    "interim",
    "decided",
    "appealed",
    "remanded",
    "settled",
    "withdrawn",
    "final",
]
Force = Literal["immediate", "on_finality", "suspended_by_appeal"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided: the outcome in the field's words, its force, and the decision it reviews, if any."""

    outcome: str
    force: Force
    reviews: EffectRef | None = None


@dataclass(frozen=True, slots=True)
class Proceed:
    """A step in a proceeding. `forum` = the legal order of the court or of an award's seat; `institution` is named beside it."""

    proceeding: ProceedingId
    stage: Stage
    forum: Forum
    court: PartyId | None = None
    number: str | None = None
    institution: str | None = None
    claimants: tuple[PartyId, ...] = ()
    respondents: tuple[PartyId, ...] = ()
    concerns: tuple[EffectRef | SubjectId, ...] = ()
    decision: Decision | None = None
    on: EffectRef | None = None
    suspensive: bool = False
    until: When | None = None
    text: str | None = None
    effective: Effective | None = None


VoidReach = Literal["this", "dependants"]
Consequence = Literal["revives", "suspense", "stays", "unstated"]


@dataclass(frozen=True, slots=True)
class Described:
    """An act that is not in the ledger, voided by description: over the period, the right in the asset becomes unknown."""

    asset: AssetId
    right: Right
    text: str
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Void:
    """An effect or a whole statement is void. `ground`: error and retraction undo a record, annulment and avoidance an act."""

    target: EffectRef | Described
    time: VoidTime | When
    reach: VoidReach
    ground: Literal["error", "retraction", "annulment", "avoidance"]
    consequence: Consequence | None = None
    effective: Effective | None = None


@dataclass(frozen=True, slots=True)
class Admit:
    """A forum's answer to a foreign act (`target`) or to a government's claim to act for a state (`government`, `state`)."""

    forum: Forum
    answer: Literal["filed", "recognised", "refused", "stayed", "withdrawn"]
    target: EffectRef | None = None
    government: PartyId | None = None
    state: PartyId | None = None
    proceeding: ProceedingId | None = None
    effective: Effective | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as a decimal string, exact or from–to, in an ISO 4217 currency."""

    low: str
    high: str
    currency: str


@dataclass(frozen=True, slots=True)
class Owe:
    """A debt. Its own reference names it. `replaces` = an earlier debt whose amount this one determines anew."""

    kind: str
    debtor: PartyId
    payee: PartyId
    amount: Money | None
    asset: AssetId | None = None
    cause: EffectRef | None = None
    replaces: EffectRef | None = None
    valuation_date: When | None = None
    due: When | None = None
    interest: str | None = None
    text: str | None = None
    effective: Effective | None = None


@dataclass(frozen=True, slots=True)
class Pay:
    """A payment, of a recorded debt or of one that is not on record."""

    payer: PartyId
    payee: PartyId
    amount: Money
    debt: EffectRef | None = None
    asset: AssetId | None = None
    refused: bool = False
    effective: Effective | None = None


@dataclass(frozen=True, slots=True)
class External:
    """An outside identifier, such as LEI or a register number."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a divided asset, and the share of the whole it takes, when stated."""

    asset: AssetId
    share: Share | None = None


ExistOp = Literal[
    "register", "name", "identify", "divide", "merge", "succeed", "end", "same", "distinct", "amend", "repeal"
]


@dataclass(frozen=True, slots=True)
class Exist:
    """Identity of an asset, party, proceeding or norm. By `op`: register (kind, place, zone, name, identifiers), name, identify
    (identifiers from this date), divide (`parts`), merge and succeed (`others` = successor), end, same and distinct (`others`),
    amend and repeal (norms)."""

    op: ExistOp
    subject: SubjectId
    kind: str | None = None
    place: Forum | None = None
    zone: str | None = None
    name: str | None = None
    identifiers: tuple[External, ...] = ()
    parts: tuple[Part, ...] = ()
    others: tuple[SubjectId, ...] = ()
    units: int | None = None
    text: str | None = None
    effective: Effective | None = None


AuthoriseOp = Literal[
    "key-add",
    "key-rotate",
    "key-revoke",
    "competence-add",
    "competence-end",
    "rules-adopt",
    "root-add",
    "root-revoke",
    "log-key",
    "service-key",
    "forum-nest",
]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key as a register carries it: `alg` is what it may sign with, `spki` its DER, `thumbprint` its RFC 7638 name."""

    alg: str
    spki: bytes
    thumbprint: str


@dataclass(frozen=True, slots=True)
class Competence:
    """What a party may record, or do in law: `types` are wire names, `family.*` or `*`; `forum` is the legal order it acts for."""

    party: PartyId
    types: tuple[str, ...]
    forum: Forum | None
    since: When | None = None
    until: When | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Versions in force: rules of law and admission, tzdata, and code lists."""

    law: str
    tzdata: str
    codes: str


@dataclass(frozen=True, slots=True)
class Authorise:
    """A change of the register. Members by `op`; `threshold` = signatures of root keys a root act needs from then on."""

    op: AuthoriseOp
    party: PartyId | None = None
    key: PublicKey | None = None
    replaces: str | None = None
    thumbprint: str | None = None
    reason: str | None = None
    competence: Competence | None = None
    rules: Rules | None = None
    vkey: str | None = None
    threshold: int | None = None
    inner: Forum | None = None
    outer: Forum | None = None
    effective: Effective | None = None


@dataclass(frozen=True, slots=True)
class Conceal:
    """Seal, unseal or erase an opening. Its store and its rules come with access control; no type allows it yet."""

    op: Literal["seal", "unseal", "erase"]
    target: EffectRef
    effective: Effective | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Something said that changes nothing: an agreement, offer, bill, plan, position, confirmation, dispute."""

    kind: str
    about: tuple[EffectRef | SubjectId, ...] = ()
    parties: tuple[PartyId, ...] = ()
    asset: AssetId | None = None
    amount: Share | None = None
    buyer: PartyId | None = None
    conditions: tuple[Condition, ...] = ()
    long_stop: When | None = None
    text: str | None = None
    effective: Effective | None = None


Effect = (
    Declare
    | Move
    | Reunit
    | Impose
    | Alter
    | Permit
    | Proceed
    | Void
    | Admit
    | Owe
    | Pay
    | Exist
    | Authorise
    | Conceal
    | State
)

EFFECT_NAMES: dict[type, str] = {
    Declare: "declare",
    Move: "move",
    Reunit: "reunit",
    Impose: "impose",
    Alter: "alter",
    Permit: "permit",
    Proceed: "proceed",
    Void: "void",
    Admit: "admit",
    Owe: "owe",
    Pay: "pay",
    Exist: "exist",
    Authorise: "authorise",
    Conceal: "conceal",
    State: "state",
}


def effect_name(effect: Effect) -> str:
    """The wire name of an effect."""
    return EFFECT_NAMES[type(effect)]
