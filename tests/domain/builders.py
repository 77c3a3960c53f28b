"""Cases for the law: given these statements, when this one is submitted, then these objections or these answers.

A `Case` is a record with an admission beside it. Effects are written short (`move("port", "1/4", "alpha", "beta")`), acts get
the plainest type and instrument that can carry their effects, and ids come from labels, so that a case reads the same in any
order of recording. Time zones are read from the pinned `tzdata` wheel. Nothing here computes an expected answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from domain.acts import Act, Basis, Despite, Notice, Signer
from domain.admission import Admission
from domain.effects import (
    UNKNOWN,
    Admit,
    Alter,
    Decision,
    Declare,
    Effect,
    Exist,
    Grip,
    Holder,
    Impose,
    Limit,
    Manner,
    Move,
    OneOf,
    Owe,
    Pay,
    Pending,
    Permit,
    Portion,
    Power,
    Proceed,
    Reach,
    Reunit,
    Right,
    Stake,
    State,
    Term,
    Void,
)
from domain.filing import named_by, subjects_of
from domain.folds import Folds
from domain.history import History, Snapshot, history_of, snapshot_of
from domain.identifiers import AssetId, EffectRef, Forum, PartyId, ProceedingId, StatementId, SubjectId, parse_subject
from domain.objections import Objection
from domain.periods import (
    Clocks,
    Days,
    Effective,
    When,
    day_start,
    end_of,
    parse_day_range,
    parse_days,
    parse_duration,
    parse_instant,
    start_bounds,
)
from domain.readings import Reading
from domain.record import Record
from domain.shares import Share, format_fraction, parse_share
from domain.standing import View

Capacity = Literal["author", "registrar", "transcriber"]
EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
"""When the first statement of a case enters the record, unless it says otherwise; each later one a minute after."""
ZONE = "Europe/Berlin"

_CARRIERS: Mapping[type, tuple[str, str]] = MappingProxyType(
    {
        Declare: ("ownership.declared", "extract"),
        Move: ("ownership.transferred", "completion"),
        Reunit: ("capital.reissued", "deed"),
        Impose: ("control.imposed", "order"),
        Alter: ("control.extended", "order"),
        Permit: ("licence.granted", "decision"),
        Proceed: ("claim.decided", "judgment"),
        Void: ("act.annulled", "judgment"),
        Admit: ("recognition.granted", "judgment"),
        Owe: ("compensation.determined", "order"),
        Pay: ("compensation.paid", "completion"),
        Exist: ("asset.registered", "extract"),
        State: ("ownership.agreed", "agreement"),
    }
)


class Zoned(Mapping[str, ZoneInfo]):
    """The zones of the pinned `tzdata` wheel, read when first asked for."""

    def __getitem__(self, name: str) -> ZoneInfo:
        return _zone(name)

    def __iter__(self):
        return iter(("UTC", ZONE))

    def __len__(self) -> int:
        return 2


@cache
def _zone(name: str) -> ZoneInfo:
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


ZONES = Zoned()


# --- words -------------------------------------------------------------------------------------------------------


def subject(text: str) -> SubjectId:
    return parse_subject(text, "test")


def asset(name: str) -> AssetId:
    return AssetId(subject(name if ":" in name else f"asset:{name}"))


def party(name: str) -> PartyId:
    return PartyId(subject(name if ":" in name else f"party:{name}"))


def holder(name: str) -> Holder:
    """`alpha`, `?` for unknown, `alpha|beta` for one of them."""
    if name == "?":
        return UNKNOWN
    if "|" in name:
        return OneOf(tuple(sorted(party(n) for n in name.split("|"))))
    return party(name)


def share(text: str | Share) -> Share:
    """`1/4`, or `1/4..1/2` for a range, or `25 of 100` units."""
    if isinstance(text, Share):
        return text
    if ".." in text:
        low, high = text.split("..")
        return parse_share({"min": low, "max": high}, "test")
    if " of " in text:
        units, of = text.split(" of ")
        return parse_share({"units": units, "of": of}, "test")
    return parse_share(text, "test")


def when(text: str) -> When:
    """A date, a month, a year, `first/last`, or an instant."""
    if "/" in text:
        first, last = text.split("/")
        return parse_day_range(first, last, "test")
    return parse_instant(text, "test") if "T" in text else parse_days(text, "test")


def dates(
    start: str | None = None, until: str | None = None, zone: str = ZONE, after: EffectRef | None = None
) -> Effective:
    stated = [when(t) for t in (start, until) if t is not None]
    return Effective(
        when(start) if start else None,
        when(until) if until else None,
        zone if any(isinstance(w, Days) for w in stated) else None,
        after,
    )


# --- effects -----------------------------------------------------------------------------------------------------


def portions(split: Mapping[str, str] | Iterable[Portion]) -> tuple[Portion, ...]:
    if isinstance(split, Mapping):
        return tuple(Portion(holder(name), share(amount)) for name, amount in split.items())
    return tuple(split)


def declare(
    of: str, split: Mapping[str, str] | Iterable[Portion], right: Right = Right.TITLE, on: str | None = None
) -> Declare:
    return Declare(asset(of), right, portions(split), dates(on) if on else None)


def move(
    of: str,
    amount: str | Share,
    source: str,
    target: str,
    right: Right = Right.TITLE,
    *,
    performs: Sequence[EffectRef] = (),
    manner: Manner | None = None,
    pending: str | None = None,
    voidable: bool = False,
    on: str | None = None,
    zone: str = ZONE,
    after: EffectRef | None = None,
) -> Move:
    effective = dates(on, None, zone, after) if on or after else None
    waits = waiting(pending) if pending else None
    return Move(
        asset(of),
        right,
        share(amount),
        holder(source),
        holder(target),
        tuple(performs),
        manner,
        waits,
        voidable,
        effective,
    )


def waiting(text: str) -> Pending:
    """`permit`, `final`, `fulfilled`; with ` retroactive` when it reaches back."""
    word, _, reach = text.partition(" ")
    on: Literal["permit", "final", "fulfilled"]
    on = "permit" if word == "permit" else "final" if word == "final" else "fulfilled"
    return Pending(on, reach == "retroactive")


def reunit(of: str, cancel: Mapping[str, str], issue: Mapping[str, str], pending: str | None = None) -> Reunit:
    return Reunit(asset(of), portions(cancel), portions(issue), waiting(pending) if pending else None)


POWERS = "vote takes, manage takes"


def powers(text: str) -> tuple[tuple[Power, Grip], ...]:
    """`vote takes, dispose vetoes`."""
    return tuple(
        (Power(power), Grip(grip)) for power, grip in (item.split() for item in text.split(", ") if item.strip())
    )


def impose(
    kind: str,
    over: str | Sequence[str],
    holder_name: str | None = None,
    *,
    takes: str = POWERS,
    until: str | None = None,
    max_step: str | None = None,
    above: Sequence[EffectRef] = (),
    limit: Limit | None = None,
    reach: Reach | None = None,
    binds: Sequence[str] = (),
    transaction: EffectRef | None = None,
    sanction: Literal["void", "voidable", "pending", "penalty", "unstated"] = "unstated",
    source_rank: tuple[str, int] | None = None,
    pending: str | None = None,
    on: str | None = None,
) -> Impose:
    """A measure over `asset:x`, `party:x`, or a stake written `asset:x/party:y`."""
    lies_over = []
    for text in [over] if isinstance(over, str) else over:
        of, _, whose = text.partition("/")
        lies_over.append(Stake(asset(of), party(whose)) if whose else subject(of))
    return Impose(
        kind,
        tuple(AssetId(o) if isinstance(o, str) else o for o in lies_over),
        powers(takes),
        holder(holder_name) if holder_name else None,
        tuple(above),
        Term(when(until) if until else None, parse_duration(max_step, "test") if max_step else None),
        limit,
        reach,
        tuple(sorted(party(b) for b in binds)),
        transaction,
        sanction,
        None,
        None,
        source_rank,
        None,
        waiting(pending) if pending else None,
        dates(on) if on else None,
    )


def freeze(over: str, **more) -> Impose:
    """A freeze: nothing may be disposed of or received."""
    return impose("freeze", over, takes="dispose forbids, receive forbids", **more)


def cap(of: str, bound: str, *binds: str, inclusive: bool = True, **more) -> Impose:
    return impose(
        "acquisition-cap",
        f"asset:{of}",
        takes="",
        limit=Limit(Right.TITLE, share(bound), inclusive),
        binds=binds,
        **more,
    )


def alter(
    measure: EffectRef,
    op: str,
    *,
    until: str | None = None,
    to: str | None = None,
    takes: str = "",
    above: Sequence[EffectRef] = (),
    below: Sequence[EffectRef] = (),
    stops_clock: bool = False,
    on: str | None = None,
) -> Alter:
    return Alter(
        measure,
        op,  # type: ignore[arg-type]  # a word of the case
        when(until) if until else None,
        holder(to) if to else None,
        tuple(above),
        tuple(below),
        powers(takes),
        None,
        stops_clock,
        dates(on) if on else None,
    )


def permit(
    op: str = "granted",
    kind: str = "licence",
    *,
    until: str | None = None,
    time: str | None = None,
    over: Sequence[str] = (),
    to: Sequence[str] = (),
    excepts: Sequence[EffectRef] = (),
    of: EffectRef | None = None,
    transaction: EffectRef | None = None,
) -> Permit:
    return Permit(
        kind,
        op,  # type: ignore[arg-type]  # a word of the case
        of,
        tuple(excepts),
        transaction,
        tuple(subject(o) for o in over),
        tuple(sorted(party(t) for t in to)),
        until=when(until) if until else None,
        time=time if time in ("own", "judgment", "unstated", None) else when(time),  # type: ignore[arg-type]  # narrowed
    )


def proceed(
    case: str,
    stage: str,
    forum: str,
    *,
    force: str | None = None,
    outcome: str = "allowed",
    reviews: EffectRef | None = None,
    on: EffectRef | None = None,
    suspensive: bool = False,
    until: str | None = None,
    concerns: Sequence[EffectRef | SubjectId] = (),
) -> Proceed:
    decision = Decision(outcome, force, reviews) if force else None  # type: ignore[arg-type]  # a word of the case
    return Proceed(
        ProceedingId(subject(f"proceeding:{case}")),
        stage,  # type: ignore[arg-type]  # a word of the case
        Forum(forum),
        concerns=tuple(concerns),
        decision=decision,
        on=on,
        suspensive=suspensive,
        until=when(until) if until else None,
    )


def void(
    target: EffectRef | Act,
    time: str = "own",
    *,
    reach: Literal["this", "dependants"] = "this",
    ground: Literal["error", "retraction", "annulment", "avoidance"] = "annulment",
    consequence: str | None = None,
    on: str | None = None,
) -> Void:
    aim = EffectRef(target.id, 0) if isinstance(target, Act) else target
    moment = time if time in ("own", "judgment", "unstated") else when(time)
    return Void(aim, moment, reach, ground, consequence, dates(on) if on else None)  # type: ignore[arg-type]  # words


def admit(target: EffectRef | Act, forum: str, answer: str = "recognised") -> Admit:
    aim = EffectRef(target.id, 0) if isinstance(target, Act) else target
    return Admit(Forum(forum), answer, aim)  # type: ignore[arg-type]  # a word of the case


def register(name: str, place: str | None = None, zone: str | None = ZONE, kind: str = "company") -> Exist:
    return Exist("register", subject(name), kind, Forum(place) if place else None, zone, name)


def exist(op: str, name: str, *others: str, **more) -> Exist:
    return Exist(op, subject(name), others=tuple(subject(o) for o in others), **more)  # type: ignore[arg-type]  # a word


def agree(kind: str = "agreement", *about: EffectRef | SubjectId, of: str | None = None) -> State:
    return State(kind, about, asset=asset(of) if of else None)


# --- acts --------------------------------------------------------------------------------------------------------


def ref(act: Act, n: int = 1) -> EffectRef:
    return EffectRef(act.id, n)


def statement_id(label: str) -> StatementId:
    return StatementId("sha256:" + hashlib.sha256(label.encode()).hexdigest())


def about(record: Record, effects: Sequence[Effect]) -> tuple[SubjectId, ...]:
    """The subjects an act extends when it does not say: what its effects speak of, and those of what it refers to."""
    found: dict[SubjectId, None] = {}
    for effect in effects:
        found |= dict.fromkeys(subjects_of(effect))
        if isinstance(effect, Move | Pay | State | Owe):
            continue
        for named in named_by(effect):
            other = record.find(named.statement)
            found |= dict.fromkeys(other.subjects if other is not None else ())
    return tuple(found) or (subject("party:nobody"),)


class Case:
    """A record of acts, judged and asked. `forums` = the legal order each authority acts for."""

    def __init__(
        self,
        forums: Mapping[str, str] = MappingProxyType({}),
        nesting: Callable[[Forum, datetime], frozenset[Forum]] = lambda forum, at: frozenset(),
    ) -> None:
        known = {party(name): Forum(forum) for name, forum in forums.items()}
        self.record = Record(ZONES, lambda act: known.get(act.actor), nesting)
        self.admission = Admission(self.record)
        self.count = 0

    def act(
        self,
        *effects: Effect,
        on: str | None = None,
        until: str | None = None,
        zone: str = ZONE,
        after: EffectRef | None = None,
        by: str | None = None,
        capacity: Capacity = "author",
        type: str | None = None,  # noqa: A002  # the word of the format
        basis: str | None = None,
        known: str | None = None,
        told: Mapping[str, str] = MappingProxyType({}),
        despite: Sequence[tuple[str, Act | None]] = (),
        records: Act | None = None,
        label: str | None = None,
        subjects: Sequence[str] | None = None,
        follows: Sequence[StatementId | None] | None = None,
        recorded_at: datetime | None = None,
        signers: Sequence[Signer] | None = None,
    ) -> Act:
        """An act ready to submit; dates are legal days in `zone`."""
        self.count += 1
        kind, instrument = _CARRIERS[effects[0].__class__]
        actor = party(by) if by else _natural(effects)
        mine = tuple(subject(s) for s in subjects) if subjects is not None else about(self.record, effects)
        position = len(self.record.acts)
        notices = [Notice("public", when(known), "press", zone)] if known else []
        notices += [Notice(party(p), when(t), "service", zone) for p, t in told.items()]
        return Act(
            statement_id(label or f"{type or kind} {self.count}"),
            position,
            recorded_at or EPOCH + timedelta(minutes=position),
            type or kind,
            mine,
            tuple(follows) if follows is not None else tuple(self._head(s) for s in mine),
            actor,
            tuple(signers) if signers is not None else (Signer(actor, "author", capacity),),
            Basis(basis or instrument, "an instrument", legal_basis="the law"),
            effects,
            dates(on, until, zone, after) if on or until or after else None,
            tuple(notices),
            tuple(sorted(Despite(rule, met.id if met is not None else None) for rule, met in despite)),
            records.id if records is not None else None,
        )

    def _head(self, of: SubjectId) -> StatementId | None:
        stream = self.record.stream(of)
        return stream[-1].id if stream else None

    def given(self, *effects: Effect, **more) -> Act:
        """Record an act without judging it: the past is as it is."""
        act = self.act(*effects, **more)
        self.admission.add(act)
        return act

    def accepted(self, *effects: Effect, **more) -> Act:
        """Submit an act: it must be accepted, and is recorded."""
        act = self.act(*effects, **more)
        found = self.admission.judge(act).objections
        assert not found, [(o.rule, o.words) for o in found]
        self.admission.add(act)
        return act

    def objections(self, *effects: Effect, **more) -> set[tuple[str, StatementId | None]]:
        """Submit an act: the rules and statements that speak against it; it is not recorded."""
        return {(o.rule, o.statement) for o in self.refused(*effects, **more)}

    def refused(self, *effects: Effect, **more) -> tuple[Objection, ...]:
        return self.admission.judge(self.act(*effects, **more)).objections

    # --- answers -------------------------------------------------------------------------------------------------

    def clocks(self, known: str | None, size: int | None, knower: str | None) -> Clocks:
        at = None
        if known is not None:
            at = end_of(date.fromisoformat(known), ZONE, ZONES)
        return Clocks(None, at, size, party(knower) if knower else None)

    def at(
        self,
        day: str,
        of: str,
        forum: str | None = None,
        known: str | None = None,
        size: int | None = None,
        knower: str | None = None,
    ) -> Snapshot:
        """The asset at the end of a legal day, or at an instant."""
        moment = start_bounds(when(day), ZONE, ZONES)[0] if "T" in day else end_of(date.fromisoformat(day), ZONE, ZONES)
        return snapshot_of(
            self.record, self.clocks(known, size, knower), Forum(forum) if forum else None, asset(of), moment
        )

    def history(self, of: str, forum: str | None = None, known: str | None = None, size: int | None = None) -> History:
        return history_of(self.record, self.clocks(known, size, None), Forum(forum) if forum else None, asset(of))

    def split(self, day: str, of: str, right: Right = Right.TITLE, **more) -> dict[str, str]:
        """Who holds what, written as the case writes it."""
        return spelled(self.at(day, of, **more), right)

    def controllers(self, day: str, of: str, **more) -> set[str]:
        return {named(e.holder) for e in self.at(day, of, **more).control.headline}

    def folds(self, forum: str | None = None, reading: Mapping[str, int] | None = None, **more) -> Folds:
        clocks = self.clocks(more.get("known"), more.get("size"), more.get("knower"))
        return Folds(View(self.record, clocks, Forum(forum) if forum else None, Reading(reading or {})))


def _natural(effects: Sequence[Effect]) -> PartyId:
    """The actor when the case names none: the transferor of a transfer, else the registrar."""
    first = effects[0]
    return first.source if isinstance(first, Move) and isinstance(first.source, str) else party("registrar")


def named(who: Holder) -> str:
    if isinstance(who, OneOf):
        return "|".join(p.removeprefix("party:") for p in who.parties)
    return who.removeprefix("party:") if isinstance(who, str) else "?"


def written(amount: Share) -> str:
    low, high = format_fraction(amount.low), format_fraction(amount.high)
    return low if amount.exact else f"{low}..{high}"


def spelled(snap: Snapshot, right: Right = Right.TITLE) -> dict[str, str]:
    sums: dict[str, Share] = {}
    for item in snap.rights[right]:
        who = named(item.holder)
        sums[who] = sums[who].plus(item.share) if who in sums else item.share
    return {who: written(amount) for who, amount in sums.items()}


def in_eu(
    *members: str, until: Mapping[str, str] = MappingProxyType({})
) -> Callable[[Forum, datetime], frozenset[Forum]]:
    """Members of the EU, some only to the end of a day."""

    def nesting(forum: Forum, at: datetime) -> frozenset[Forum]:
        if forum not in members:
            return frozenset()
        last = until.get(forum)
        left = last is not None and at >= day_start(date.fromisoformat(last) + timedelta(days=1), ZONE, ZONES)
        return frozenset() if left else frozenset({Forum("EU")})

    return nesting
