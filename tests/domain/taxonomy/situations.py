"""Where the scenarios of the taxonomy begin: a port company in Germany, held three quarters by alpha and one by beta."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.acts import Act, Signer
from domain.effects import Condition, Money, Owe, Part, Pay, Permit, Proceed
from domain.identifiers import EffectRef, Forum, ProceedingId, StatementId
from tests.domain.builders import (
    Case,
    asset,
    declare,
    in_eu,
    party,
    proceed,
    register,
    share,
    when,
)

OFFICES: Mapping[str, str] = {
    "ministry": "DE",
    "court": "DE",
    "high-court": "DE",
    "council": "EU",
    "treasury": "US",
    "court-us": "US",
    "tribunal": "body:icsid",
}
Found = set[tuple[str, StatementId | None]]


def port() -> Case:
    """The opening split, declared by the registrar, and the register entry."""
    case = Case(OFFICES, in_eu("DE"))
    case.accepted(register("asset:port", "DE"))
    case.accepted(declare("port", {"alpha": "3/4", "beta": "1/4"}))
    return case


def opening(case: Case) -> Act:
    return case.record.acts[1]


def decided(
    case: str = "suit",
    forum: str = "DE",
    *,
    stage: str = "decided",
    claimants: Sequence[str] = (),
    respondents: Sequence[str] = (),
    **more: Any,
) -> Proceed:
    """A step between named parties."""
    step = proceed(case, stage, forum, force="immediate" if stage == "decided" else None, **more)
    return Proceed(
        ProceedingId(step.proceeding),
        step.stage,
        Forum(forum),
        claimants=tuple(party(name) for name in claimants),
        respondents=tuple(party(name) for name in respondents),
        decision=step.decision,
        on=step.on,
        until=step.until,
    )


def owed(amount: str | None, payee: str, *, kind: str = "compensation", valued: str | None = None, **more: Any) -> Owe:
    money = Money(amount, amount, "EUR") if amount is not None else None
    date = when(valued) if valued is not None else None
    return Owe(kind, party("state"), party(payee), money, asset("port"), valuation_date=date, **more)


def paid(amount: str, payee: str, debt: EffectRef | None, currency: str = "EUR") -> Pay:
    return Pay(party("state"), party(payee), Money(amount, amount, currency), debt, asset("port"))


def conditional(*texts: str, transaction: EffectRef | None = None) -> Permit:
    """A clearance on conditions."""
    conditions = tuple(Condition(text, when("2021-12-31")) for text in texts)
    return Permit("clearance", "granted", transaction=transaction, conditions=conditions)


def divided(*shares: str) -> tuple[Part, ...]:
    return tuple(Part(asset(f"part-{n}"), share(text)) for n, text in enumerate(shares))


def signed(*parties: str, role: str = "party") -> tuple[Signer, ...]:
    return tuple(Signer(party(name), role, "author") for name in parties)
