"""The effects of control: `impose`, `alter`, `permit` (docs/statement-format.md, "Effects").

Guarantees that a measure, what changes it and what lifts it are read in full. What they mean together, `domain` says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from domain.effects import Alter, Impose, Over, Permit, PermitOp, Reach, Stake, Term
from domain.errors import Malformed
from domain.identifiers import EffectRef
from ledger.statements.canonical import Json
from ledger.statements.members import Members, Parse, boolean, choice, refuse_repeated, slug, text
from ledger.statements.values import (
    Scope,
    asset,
    condition,
    count,
    duration,
    fraction,
    holder,
    limit,
    norm,
    party,
    pending,
    powers,
    sorted_parties,
    subject_but_register,
    unique_parties,
    void_time,
)

_SANCTION: Final[Parse[Literal["void", "voidable", "pending", "penalty"]]] = choice(
    "void", "voidable", "pending", "penalty"
)
_TEST: Final = choice("at-least", "more-than")
_PERMIT_OP: Final[Parse[PermitOp]] = choice("applied", "granted", "denied", "conditions", "extended", "revoked")
_PERMIT: Final = choice(
    "licence", "general-licence", "clearance", "consent", "exemption", "aid-approval", "determination", "review"
)


def impose(members: Members, scope: Scope) -> Impose:
    return Impose(
        kind=members.one("kind", slug),
        over=refuse_repeated(members.many("over", _over), members.at("over")),
        powers=members.maybe("powers", powers) or (),
        holder=members.maybe("holder", holder),
        rank_above=_rank(members, scope),
        term=members.maybe("term", _term(scope)) or Term(),
        limit=members.maybe("limit", limit),
        reach=members.maybe("reach", _reach),
        binds=members.maybe("binds", sorted_parties) or (),
        transaction=members.maybe("transaction", scope.target),
        sanction=members.maybe("sanction", _SANCTION) or "unstated",
        secures=members.maybe("secures", scope.ref),
        norm=members.maybe("norm", norm),
        source_rank=members.maybe("source_rank", _source_rank(scope)),
        text=members.maybe("text", text),
        pending=members.maybe("pending", pending),
    )


def _over(value: Json, where: str) -> Over:
    if isinstance(value, dict):
        members = Members(value, where)
        stake = Stake(members.one("asset", asset), members.one("holder", party))
        members.end()
        return stake
    if isinstance(value, str) and value.startswith("party:"):
        return party(value, where)
    return asset(value, where)


def _rank(members: Members, scope: Scope) -> tuple[EffectRef, ...]:
    """`rank?: {above: refs}`."""

    def parse(value: Json, where: str) -> tuple[EffectRef, ...]:
        inner = Members(value, where)
        above = refuse_repeated(inner.many("above", scope.ref), inner.at("above"))
        inner.end()
        return above

    return members.maybe("rank", parse) or ()


def _term(scope: Scope) -> Callable[[Json, str], Term]:
    def parse(value: Json, where: str) -> Term:
        members = Members(value, where)
        found = Term(members.maybe("until", scope.when), members.maybe("max_step", duration))
        members.end()
        if found == Term():
            raise Malformed(where, "empty; leave term out", "member.empty")
        return found

    return parse


def _reach(value: Json, where: str) -> Reach:
    members = Members(value, where)
    found = Reach(
        share=members.one("share", fraction),
        at_least=members.one("test", _TEST) == "at-least",
        aggregate=members.one("aggregate", boolean),
        regime=members.one("regime", slug),
    )
    members.end()
    return found


def _source_rank(scope: Scope) -> Callable[[Json, str], tuple[str, int]]:
    def parse(value: Json, where: str) -> tuple[str, int]:
        members = Members(value, where)
        entered = members.one("date", scope.date)
        found = entered.text, members.one("number", count)
        members.end()
        return found

    return parse


def alter(members: Members, scope: Scope) -> Alter:
    measure = members.one("measure", scope.ref)
    op = members.raw("op")
    match op:
        case "extend":
            return Alter(measure, "extend", until=members.one("until", scope.when))
        case "assign":
            return Alter(measure, "assign", holder=members.one("holder", holder))
        case "rank":
            above = _rank(members, scope)
            if not above:
                raise Malformed(members.at("rank"), "the member rank is missing", "member.missing")
            return Alter(measure, "rank", rank_above=above)
        case "powers":
            return Alter(measure, "powers", powers=members.one("powers", powers))
        case "limit":
            return Alter(measure, "limit", limit=members.one("limit", limit))
        case "suspend":
            return Alter(
                measure, "suspend", until=members.maybe("until", scope.when), stops_clock=members.flag("stops_clock")
            )
        case "subordinate":
            return Alter(
                measure, "subordinate", below=refuse_repeated(members.many("below", scope.ref), members.at("below"))
            )
        case "resume" | "end" | "discharge" | "fulfil" as plain:
            return Alter(measure, plain)
        case _:
            raise Malformed(members.at("op"), "unknown op of alter", "code.not-in-list")


def permit(members: Members, scope: Scope) -> Permit:
    op = members.one("op", _PERMIT_OP)
    if op != "revoked" and "time" in members:
        raise Malformed(members.at("time"), "only revoked has a time; leave it out", "member.unknown")
    return Permit(
        kind=members.one("kind", _PERMIT),
        op=op,
        of=members.maybe("of", scope.ref),
        excepts=_refs(members, "excepts", scope),
        transaction=members.maybe("transaction", scope.target),
        over=refuse_repeated(members.maybe_many("over", subject_but_register), members.at("over")),
        to=unique_parties(members, "to"),
        conditions=members.maybe_many("conditions", condition(scope)),
        limit=members.maybe("limit", limit),
        until=members.maybe("until", scope.when),
        time=members.maybe("time", void_time(scope)),
        number=members.maybe("number", text),
        text=members.maybe("text", text),
    )


def _refs(members: Members, name: str, scope: Scope) -> tuple[EffectRef, ...]:
    return refuse_repeated(members.maybe_many(name, scope.ref), members.at(name))
