"""What an effect does, in one sentence a lawyer can read, for the bundle and the pages.

Guarantees a sentence for each of the fifteen effects, made from the effect alone. It is a reading aid beside the members
themselves, which every exhibit prints in full: it computes no law and says nothing of validity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, assert_never

from domain.effects import (
    Admit,
    Alter,
    Authorise,
    Competence,
    Conceal,
    Declare,
    Described,
    Effect,
    Exist,
    Holder,
    Impose,
    Limit,
    Move,
    OneOf,
    Owe,
    Pay,
    Permit,
    Proceed,
    Reunit,
    Stake,
    State,
    Unknown,
    Void,
)
from domain.identifiers import EffectRef
from domain.shares import Share, format_share, percent
from ledger.evidence.date_words import date_words, forum_words

_VKEY_CHARS_MAX: Final = 200
POWER_WORDS: Final = {
    "vote": "voting",
    "manage": "management",
    "use": "use",
    "dispose": "disposal",
    "receive": "the receipt of income",
}
Name = Callable[[str], str]
"""An identifier → how a reader is to see it."""
Cite = Callable[[EffectRef], str]
"""A reference → how a reader is to find it."""


def share_words(share: Share) -> str:
    """A share exactly and, where that helps, in percent."""
    exact = format_share(share)
    if isinstance(exact, dict):
        if "units" in exact:
            return f"{_grouped(exact['units'])} of {_grouped(exact['of'])} ({percent(share)})"
        return f"between {exact['min']} and {exact['max']} ({percent(share)})"
    return "the whole" if exact == "1/1" else f"{exact} ({percent(share)})"


def _grouped(digits: str) -> str:
    return f"{int(digits):,}"


def _money(amount: str) -> str:
    whole, point, part = amount.partition(".")
    return f"{_grouped(whole)}{point}{part}"


def holder_words(holder: Holder | None, name: Name) -> str:
    """A holder, known or not."""
    match holder:
        case None:
            return "nobody named"
        case Unknown():
            return "an unknown holder"
        case OneOf(parties=parties):
            return "one of " + ", ".join(name(p) for p in parties)
        case party:
            return name(party)


def effect_words(effect: Effect, name: Name, cite: Cite) -> str:
    """One sentence for an effect, and the text that stands in it, if any."""
    words = _sentence(effect, name, cite)
    match effect:
        case Impose() | Permit() | Proceed() | Owe() | Exist() | State() if effect.text is not None:
            return f"{words} “{effect.text}”"
        case _:
            return words


def _sentence(effect: Effect, name: Name, cite: Cite) -> str:
    match effect:
        case Declare():
            parts = [f"{holder_words(p.holder, name)} holds {share_words(p.share)}" for p in effect.split]
            verb = "are" if effect.right == "votes" else "is"
            return f"{_right(effect.right)} in {name(effect.asset)} {verb} declared: {_listed(parts)}."
        case Move():
            performs = f", performing {_listed(map(cite, effect.performs))}" if effect.performs else ""
            waits = f", once {_waiting(effect.pending.on)}" if effect.pending is not None else ""
            return (
                f"{_right(effect.right)} in {name(effect.asset)}: {share_words(effect.amount)} passes from "
                f"{holder_words(effect.source, name)} to {holder_words(effect.target, name)}{performs}{waits}."
            )
        case Reunit():
            cut = [f"{share_words(p.share)} of {holder_words(p.holder, name)}" for p in effect.cancel]
            new = [f"{share_words(p.share)} to {holder_words(p.holder, name)}" for p in effect.issue]
            return (
                f"In {name(effect.asset)} lots are cancelled ({_listed(cut) or 'none'}) and lots are issued "
                f"({_listed(new) or 'none'}); no chain of title between them."
            )
        case Impose():
            return _impose_words(effect, name)
        case Alter():
            return _alter_words(effect, name, cite)
        case Permit() | Proceed() | Void() | Admit():
            return _court_words(effect, name, cite)
        case Owe() | Pay():
            return _money_words(effect, name, cite)
        case Exist():
            return _exist_words(effect, name)
        case Authorise():
            return _authorise_words(effect, name)
        case Conceal():
            return f"{cite(effect.target)}: {effect.op}."
        case State():
            about = [_about(item, name, cite) for item in effect.about]
            about += [name(effect.asset)] if effect.asset is not None else []
            by = f" between {_listed(map(name, effect.parties))}" if effect.parties else ""
            over = f" over {share_words(effect.amount)}" if effect.amount is not None else ""
            on = f", about {_listed(dict.fromkeys(about))}" if about else ""
            return f"A statement that changes nothing: {_plain(effect.kind)}{by}{over}{on}."
        case _:
            assert_never(effect)


def _impose_words(effect: Impose, name: Name) -> str:
    over = [
        f"the stake of {name(o.holder)} in {name(o.asset)}" if isinstance(o, Stake) else name(o) for o in effect.over
    ]
    by = f" in favour of {holder_words(effect.holder, name)}" if effect.holder is not None else ""
    does = f"; it {_listed(_powers(effect.powers))}" if effect.powers else ""
    cap = f"; {limit_words(effect.limit)}" if effect.limit is not None else ""
    until = (
        f"; until {date_words(effect.term.until.text)} inclusive"
        if effect.term.until is not None
        else "; no end stated"
    )
    return f"A measure, {_plain(effect.kind)}, is laid over {_listed(over)}{by}{does}{cap}{until}."


def limit_words(limit: Limit) -> str:
    """A cap on a holding."""
    return f"{limit.right} {'at most' if limit.inclusive else 'below'} {share_words(limit.bound)}"


def _alter_words(effect: Alter, name: Name, cite: Cite) -> str:
    match effect.op:
        case "extend":
            until = date_words(effect.until.text) if effect.until is not None else None
            words = f"is extended until {until} inclusive" if until is not None else "is extended without end"
        case "assign":
            words = f"passes to {holder_words(effect.holder, name)}"
        case "powers":
            words = f"now {_listed(_powers(effect.powers))}"
        case "limit":
            words = f"now caps {limit_words(effect.limit)}" if effect.limit is not None else "has no cap any more"
        case "rank":
            words = f"ranks above {_listed(map(cite, effect.rank_above))}"
        case "subordinate":
            words = f"ranks below {_listed(map(cite, effect.below))}"
        case "suspend":
            clock = "its clock stops" if effect.stops_clock else "its clock runs on"
            until = f" until {date_words(effect.until.text)}" if effect.until is not None else ""
            words = f"is suspended{until}; {clock}"
        case "resume":
            words = "is in force again"
        case "end":
            words = "is ended"
        case "discharge":
            words = "is discharged"
        case "fulfil":
            return f"The condition of {cite(effect.measure)} is fulfilled."
        case _:
            assert_never(effect.op)
    return f"The measure of {cite(effect.measure)} {words}."


def _court_words(effect: Permit | Proceed | Void | Admit, name: Name, cite: Cite) -> str:
    match effect:
        case Permit():
            to = f" to {_listed(map(name, effect.to))}" if effect.to else ""
            of = f", answering {cite(effect.of)}" if effect.of is not None else ""
            lifts = f", lifting {_listed(map(cite, effect.excepts))} for its scope" if effect.excepts else ""
            clears = f", for the dealing of {cite(effect.transaction)}" if effect.transaction is not None else ""
            over = f" over {_listed(map(name, effect.over))}" if effect.over else ""
            number = f", number {effect.number}" if effect.number is not None else ""
            until = f", until {date_words(effect.until.text)} inclusive" if effect.until is not None else ""
            return f"A permission ({_plain(effect.kind)}{number}) is {_plain(effect.op)}{to}{over}{of}{lifts}{clears}{until}."
        case Proceed():
            concerns = (
                f", concerning {_listed(_about(c, name, cite) for c in effect.concerns)}" if effect.concerns else ""
            )
            outcome = ""
            if effect.decision is not None:
                reviews = f", reviewing {cite(effect.decision.reviews)}" if effect.decision.reviews is not None else ""
                outcome = f": {_plain(effect.decision.outcome)}, enforceable {_FORCE[effect.decision.force]}{reviews}"
            forum = forum_words(effect.forum)
            return f"{name(effect.proceeding)}, forum {forum}: {_plain(effect.stage)}{outcome}{concerns}."
        case Void():
            if isinstance(effect.target, Described):
                what = f"an act that is not recorded ({effect.target.text}) about {name(effect.target.asset)}"
            else:
                what = cite(effect.target)
            at = effect.time if isinstance(effect.time, str) else effect.time.text
            time = _VOID_TIME.get(at, f"from {date_words(at)}")
            reach = "with what depends on it" if effect.reach == "dependants" else "this act only"
            then = f"; what it had undone {effect.consequence}" if effect.consequence is not None else ""
            return f"Void for {effect.ground}: {what}, {time}, {reach}{then}."
        case Admit():
            what = cite(effect.target) if effect.target is not None else holder_words(effect.government, name)
            return f"In the eyes of {forum_words(effect.forum)}: {what} — {effect.answer}."


_FORCE = {"immediate": "at once", "on_finality": "when final", "suspended_by_appeal": "unless appealed"}
_VOID_TIME = {
    "own": "from its own time on",
    "judgment": "from the time of this act on",
    "unstated": "from a time that is not stated",
}


def _money_words(effect: Owe | Pay, name: Name, cite: Cite) -> str:
    money = "an amount not stated"
    if effect.amount is not None:
        low, high = effect.amount.low, effect.amount.high
        currency, least, most = effect.amount.currency, _money(low), _money(high)
        money = f"{currency} {least}" if low == high else f"{currency} {least} to {most}"
    if isinstance(effect, Owe):
        due = f", due {date_words(effect.due.text)}" if effect.due is not None else ""
        return f"{name(effect.debtor)} owes {name(effect.payee)} {money} ({_plain(effect.kind)}{due})."
    debt = f" on the debt of {cite(effect.debt)}" if effect.debt is not None else ""
    verb = "offers" if effect.refused else "pays"
    return f"{name(effect.payer)} {verb} {name(effect.payee)} {money}{debt}{'; refused' if effect.refused else ''}."


def _exist_words(effect: Exist, name: Name) -> str:
    others = [name(o) for o in effect.others] + [name(p.asset) for p in effect.parts]
    if effect.op == "name":
        return f"The name of {effect.subject} is {effect.name}."
    named = effect.name or name(effect.subject)
    shown = f"{named} ({effect.subject})" if named != effect.subject else effect.subject
    bears = (
        f", identified by {_listed(f'{i.scheme} {i.value}' for i in effect.identifiers)}" if effect.identifiers else ""
    )
    at = f", place: {forum_words(effect.place)}" if effect.place is not None else ""
    kind = f", {_plain(effect.kind)}" if effect.kind is not None else ""
    rest = f": {_listed(others)}" if others else ""
    return f"{_EXIST[effect.op]} {shown}{kind}{bears}{at}{rest}."


_EXIST = {
    "register": "Registered:",
    "identify": "Identified:",
    "divide": "Divided:",
    "merge": "Merged:",
    "succeed": "Succeeded:",
    "end": "Ended:",
    "same": "The same identity:",
    "distinct": "Not the same identity:",
    "amend": "Amended:",
    "repeal": "Repealed:",
}


def _authorise_words(effect: Authorise, name: Name) -> str:
    match effect.op:
        case "key-add" | "key-rotate" | "root-add" if effect.key is not None and effect.party is not None:
            replaced = f" in place of {effect.replaces}" if effect.replaces is not None else ""
            kind = "root key" if effect.op == "root-add" else "key"
            return f"The {kind} {effect.key.thumbprint} ({effect.key.alg}) belongs to {name(effect.party)}{replaced}."
        case "key-revoke" | "root-revoke":
            why = f" ({_plain(effect.reason)})" if effect.reason is not None else ""
            return f"The key {effect.thumbprint} is revoked{why}."
        case "competence-add" | "competence-end" if effect.competence is not None:
            held = effect.competence
            verb = "may record" if effect.op == "competence-add" else "may no longer record"
            return f"{name(held.party)} {verb} {competence_words(held)}."
        case "rules-adopt" if effect.rules is not None:
            adopted = effect.rules
            return f"Adopted: rules of law {adopted.law}, time zones {adopted.tzdata}, code lists {adopted.codes}."
        case "log-key" if effect.vkey is not None:
            return f"The log signs with {_vkey_words(effect.vkey)}."
        case "service-key" if effect.key is not None:
            return f"The service signs refusals with {effect.key.thumbprint}."
        case "forum-nest" if effect.inner is not None and effect.outer is not None:
            return f"{forum_words(effect.inner)} is nested in {forum_words(effect.outer)}."
        case _:
            return f"{_plain(effect.op)}."


def competence_words(held: Competence) -> str:
    """What a competence covers: types of act, and where."""
    types = "acts of every type" if held.types == ("*",) else ", ".join(held.types)
    return f"{types} for {forum_words(held.forum)}" if held.forum is not None else types


def _vkey_words(vkey: str) -> str:
    """A verifier key whole, or, where it would fill a page, by its name, its number and its length."""
    if len(vkey) <= _VKEY_CHARS_MAX:
        return vkey
    named = "+".join(vkey.split("+", 2)[:2])
    return f"{named} (post-quantum; its {len(vkey)} characters are in the attached entry)"


def _powers(powers: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{grip} {POWER_WORDS[power]}" for power, grip in powers]


def _about(item: object, name: Name, cite: Cite) -> str:
    return cite(item) if isinstance(item, EffectRef) else name(str(item))


def _right(right: str) -> str:
    return {"title": "Title", "votes": "The votes", "economic": "The economic interest"}[right]


def _waiting(condition: str) -> str:
    return {"permit": "it is permitted", "final": "the decision is final", "fulfilled": "its condition is fulfilled"}[
        condition
    ]


def _plain(code: str) -> str:
    return code.replace("-", " ").replace("_", " ")


def _listed(items: Iterable[str]) -> str:
    found = list(items)
    return found[0] if len(found) == 1 else ", ".join(found[:-1]) + " and " + found[-1] if found else ""
