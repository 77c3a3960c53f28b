"""The fifteen effects, those of control and of the register in modules of their own, from their JSON form to data
(docs/statement-format.md, "Effects").

Guarantees that every member of an effect is read or refused, and that dates inside it have a zone: that of its own
`effective`, else the statement's. Whether the type allows the effect, and whether the law does, is judged in
`domain`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

from domain.effects import (
    Admit,
    Conceal,
    Decision,
    Declare,
    Described,
    Effect,
    Exist,
    Move,
    Owe,
    Part,
    Pay,
    Proceed,
    Reunit,
    Stage,
    State,
    Void,
)
from domain.errors import Malformed
from domain.identifiers import EffectRef, StatementId, SubjectId
from domain.periods import Days, Effective
from ledger.statements.canonical import Json
from ledger.statements.measure_forms import alter, impose, permit
from ledger.statements.members import UNPLACED, Members, Parse, choice, refuse_repeated, slug, string, text
from ledger.statements.register_forms import authorise
from ledger.statements.values import (
    Scope,
    asset,
    cancelled_portion,
    condition,
    count,
    effective,
    external,
    forum,
    fraction,
    holder,
    manner,
    money,
    money_or_range,
    norm,
    party,
    pending,
    portion,
    proceeding,
    right,
    share,
    subject_but_register,
    unique_parties,
    void_time,
    zone,
)

PORTIONS_MAX: Final = 1024

_STAGE: Final[Parse[Stage]] = choice(
    "notified", "filed", "stayed", "resumed", "interim", "decided", "appealed", "remanded", "settled", "withdrawn",
    "final",
)  # fmt: skip
_FORCE: Final[Parse[Literal["immediate", "on_finality", "suspended_by_appeal"]]] = choice(
    "immediate", "on_finality", "suspended_by_appeal"
)
_REACH: Final[Parse[Literal["this", "dependants"]]] = choice("this", "dependants")
_GROUND: Final[Parse[Literal["error", "retraction", "annulment", "avoidance"]]] = choice(
    "error", "retraction", "annulment", "avoidance"
)
_CONSEQUENCE: Final[Parse[Literal["revives", "suspense", "stays", "unstated"]]] = choice(
    "revives", "suspense", "stays", "unstated"
)
_ANSWER: Final[Parse[Literal["filed", "recognised", "refused", "stayed", "withdrawn"]]] = choice(
    "filed", "recognised", "refused", "stayed", "withdrawn"
)
_DEBT: Final = choice("compensation", "price", "award", "damages", "fine", "scheme")
_CONCEAL: Final[Parse[Literal["seal", "unseal", "erase"]]] = choice("seal", "unseal", "erase")
_STATEMENT: Final = choice(
    "agreement", "offer", "option", "bill", "plan", "announcement", "approval", "tender-award", "position",
    "confirmation", "dispute", "report", "amendment", "lapse-of-offer", "upstream-change", "operation", "other",
)  # fmt: skip


def read_effect(value: Json, where: str, own: StatementId, n: int, common: Scope, head: Effective | None) -> Effect:
    """The n-th effect. `common` is the scope of the statement's head, which learns whether its zone was read."""
    if where is UNPLACED and isinstance(value, dict) and value.get("effect") == "move" and len(value) == 6:
        try:
            return _plain_move(value)
        except KeyError:
            pass  # another six members
    members = Members(value, where)
    name = members.one("effect", string)
    read = _READERS.get(name)
    if read is None:
        raise Malformed(members.at("effect"), f"unknown effect; one of: {', '.join(_READERS)}", "effect.unknown")
    scope = Scope(own, n)
    dated = members.maybe("effective", effective(scope)) if "effective" in members else None
    if dated is not None and dated == head:
        raise Malformed(members.at("effective"), "repeats the statement's effective; leave it out", "member.default")
    scope.zone = (dated.zone if dated is not None else None) or common.zone
    found = read(members, scope)
    members.end()
    if dated is None:
        common.zone_read = common.zone_read or scope.zone_read
        return found
    if dated.zone is None:
        common.zone_read = common.zone_read or scope.zone_read
        dated = replace(dated, zone=scope.zone if scope.zone_read else None)
    else:
        refuse_unread_zone(dated, scope, where + "/effective")
    return replace(found, effective=dated)


def refuse_unread_zone(dated: Effective, scope: Scope, where: str) -> None:
    """A zone that no date is read in says nothing: one meaning has one spelling."""
    if dated.zone is not None and not scope.zone_read and not isinstance(dated.start or dated.until, Days):
        raise Malformed(where + "/zone", "no date is read in this zone; leave it out", "time.zone-unused")


def _declare(members: Members, scope: Scope) -> Declare:
    return Declare(
        members.one("asset", asset), members.one("right", right), members.many("split", portion, high=PORTIONS_MAX)
    )


def _plain_move(value: dict[str, Json]) -> Move:
    """A move of which no more is said than what passes from whom to whom: the usual one. Raises Malformed, KeyError."""
    return Move(
        asset(value["asset"], UNPLACED),
        right(value["right"], UNPLACED),
        share(value["amount"], UNPLACED),
        holder(value["from"], UNPLACED),
        holder(value["to"], UNPLACED),
    )


def _move(members: Members, scope: Scope) -> Move:
    moved = (
        members.one("asset", asset),
        members.one("right", right),
        members.one("amount", share),
        members.one("from", holder),
        members.one("to", holder),
    )
    if not members.more():
        return Move(*moved)
    return Move(
        *moved,
        performs=_targets(members, "performs", scope),
        manner=members.maybe("manner", manner),
        pending=members.maybe("pending", pending),
        voidable=members.flag("voidable"),
    )


def _reunit(members: Members, scope: Scope) -> Reunit:
    found = Reunit(
        asset=members.one("asset", asset),
        cancel=members.maybe_many("cancel", cancelled_portion, PORTIONS_MAX),
        issue=members.maybe_many("issue", portion, PORTIONS_MAX),
        pending=members.maybe("pending", pending),
    )
    if not found.cancel and not found.issue:
        raise Malformed(members.where, "neither cancels nor issues anything", "member.empty")
    return found


def _proceed(members: Members, scope: Scope) -> Proceed:
    return Proceed(
        proceeding=members.one("proceeding", proceeding),
        stage=members.one("stage", _STAGE),
        forum=members.one("forum", forum),
        court=members.maybe("court", party),
        number=members.maybe("number", text),
        institution=members.maybe("institution", text),
        claimants=unique_parties(members, "claimants"),
        respondents=unique_parties(members, "respondents"),
        concerns=_concerns(members, "concerns", scope),
        decision=members.maybe("decision", _decision(scope)),
        on=members.maybe("on", scope.ref),
        suspensive=members.flag("suspensive"),
        until=members.maybe("until", scope.when),
        text=members.maybe("text", text),
    )


def _decision(scope: Scope) -> Callable[[Json, str], Decision]:
    def parse(value: Json, where: str) -> Decision:
        members = Members(value, where)
        found = Decision(
            outcome=members.one("outcome", slug),
            force=members.one("force", _FORCE),
            reviews=members.maybe("reviews", scope.ref),
        )
        members.end()
        return found

    return parse


def _void(members: Members, scope: Scope) -> Void:
    return Void(
        target=members.one("target", _void_target(scope)),
        time=members.one("time", void_time(scope)),
        reach=members.one("reach", _REACH),
        ground=members.one("ground", _GROUND),
        consequence=members.maybe("consequence", _CONSEQUENCE),
    )


def _void_target(scope: Scope) -> Callable[[Json, str], EffectRef | Described]:
    def parse(value: Json, where: str) -> EffectRef | Described:
        if isinstance(value, str):
            return scope.target(value, where)
        members = Members(value, where)
        found = Described(
            asset=members.one("asset", asset),
            right=members.one("right", right),
            text=members.one("text", text),
            holder=members.maybe("holder", holder),
        )
        members.end()
        return found

    return parse


def _admit(members: Members, scope: Scope) -> Admit:
    by_target = "target" in members
    return Admit(
        forum=members.one("forum", forum),
        answer=members.one("answer", _ANSWER),
        target=members.one("target", scope.target) if by_target else None,
        government=None if by_target else members.one("government", party),
        state=None if by_target else members.one("state", party),
        proceeding=members.maybe("proceeding", proceeding),
    )


def _owe(members: Members, scope: Scope) -> Owe:
    return Owe(
        kind=members.one("kind", _DEBT),
        debtor=members.one("debtor", party),
        payee=members.one("payee", party),
        amount=members.maybe("amount", money_or_range),
        asset=members.maybe("asset", asset),
        cause=members.maybe("cause", scope.target),
        replaces=members.maybe("replaces", scope.ref),
        valuation_date=members.maybe("valuation_date", scope.date),
        due=members.maybe("due", scope.when),
        interest=members.maybe("interest", text),
        text=members.maybe("text", text),
    )


def _pay(members: Members, scope: Scope) -> Pay:
    return Pay(
        payer=members.one("payer", party),
        payee=members.one("payee", party),
        amount=members.one("amount", money),
        debt=members.maybe("debt", scope.ref),
        asset=members.maybe("asset", asset),
        refused=members.flag("refused"),
    )


_KINDS: Final = {
    "asset": choice("company", "facility", "concession", "claim", "vessel", "infrastructure", "land", "other"),
    "party": choice(
        "company", "state", "state-body", "court", "tribunal", "person", "group", "fund", "international-body", "other"
    ),
    "proceeding": choice("court", "arbitration", "administrative"),
    "norm": choice("statute", "regulation", "decree", "treaty"),
}


def _exist(members: Members, scope: Scope) -> Exist:
    op = members.raw("op")
    about = members.one("subject", subject_but_register)
    remark = members.maybe("text", text)
    kind = about.partition(":")[0]
    match op:
        case "register":
            return Exist(
                "register",
                about,
                kind=members.one("kind", _KINDS[kind]),
                place=members.maybe("place", forum),
                zone=members.maybe("zone", zone),
                name=members.maybe("name", text),
                identifiers=refuse_repeated(members.maybe_many("identifiers", external), members.at("identifiers")),
                units=members.maybe("units", count),
                text=remark,
            )
        case "name":
            return Exist("name", about, name=members.one("name", text), text=remark)
        case "identify":
            named = refuse_repeated(members.many("identifiers", external), members.at("identifiers"))
            return Exist("identify", about, identifiers=named, text=remark)
        case "divide":
            return Exist(
                "divide", about, parts=refuse_repeated(members.many("parts", _part), members.at("parts")), text=remark
            )
        case "merge" | "succeed" | "same" | "distinct" as joining:
            return Exist(joining, about, others=_others(members, about), text=remark)
        case "amend":
            norms = refuse_repeated(members.maybe_many("others", norm), members.at("others"))
            return Exist("amend", about, others=tuple(SubjectId(n) for n in norms), text=remark)
        case "end" | "repeal" as plain:
            return Exist(plain, about, text=remark)
        case _:
            raise Malformed(members.at("op"), "unknown op of exist", "code.not-in-list")


def _others(members: Members, about: SubjectId) -> tuple[SubjectId, ...]:
    others = refuse_repeated(members.many("others", subject_but_register), members.at("others"))
    if about in others:
        raise Malformed(members.at("others"), "names the subject itself", "list.repeated")
    return others


def _part(value: Json, where: str) -> Part:
    members = Members(value, where)
    found = Part(members.one("asset", asset), members.maybe("share", fraction))
    members.end()
    return found


def _conceal(members: Members, scope: Scope) -> Conceal:
    return Conceal(members.one("op", _CONCEAL), members.one("target", scope.ref))


def _state(members: Members, scope: Scope) -> State:
    return State(
        kind=members.one("kind", _STATEMENT),
        about=_concerns(members, "about", scope),
        parties=unique_parties(members, "parties"),
        asset=members.maybe("asset", asset),
        amount=members.maybe("amount", share),
        buyer=members.maybe("buyer", party),
        conditions=members.maybe_many("conditions", condition(scope)),
        long_stop=members.maybe("long_stop", scope.date),
        text=members.maybe("text", text),
    )


def _targets(members: Members, name: str, scope: Scope) -> tuple[EffectRef, ...]:
    return refuse_repeated(members.maybe_many(name, scope.target), members.at(name)) if name in members else ()


def _concerns(members: Members, name: str, scope: Scope) -> tuple[EffectRef | SubjectId, ...]:
    return (
        refuse_repeated(members.maybe_many(name, scope.target_or_subject), members.at(name)) if name in members else ()
    )


def _authorise(members: Members, scope: Scope) -> Effect:
    return authorise(members)


_READERS: Final[dict[str, Callable[[Members, Scope], Effect]]] = {
    "declare": _declare,
    "move": _move,
    "reunit": _reunit,
    "impose": impose,
    "alter": alter,
    "permit": permit,
    "proceed": _proceed,
    "void": _void,
    "admit": _admit,
    "owe": _owe,
    "pay": _pay,
    "exist": _exist,
    "authorise": _authorise,
    "conceal": _conceal,
    "state": _state,
}
