"""The forms that recur in a statement: subjects, references, dates, shares, holders, money
(docs/statement-format.md, "Forms").

Guarantees one spelling each. `Scope` carries what a form depends on: the statement's own id, which effect is being
read (`#n` may only point backwards) and the zone in which dates inside it are read. Code lists and check digits
count at admission only (`codes`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from sys import intern
from typing import Final, Literal, TypeVar

from domain.effects import (
    UNKNOWN,
    Condition,
    External,
    Grip,
    Holder,
    Limit,
    Manner,
    Money,
    OneOf,
    Pending,
    Portion,
    Power,
    Right,
)
from domain.errors import Malformed
from domain.identifiers import (
    EXTERNAL_SCHEMES,
    REGISTER,
    AssetId,
    EffectRef,
    Forum,
    NormId,
    PartyId,
    ProceedingId,
    StatementId,
    SubjectId,
    parse_effect_number,
    parse_forum,
    parse_kind,
    parse_ref,
    parse_statement_id,
    parse_subject,
)
from domain.periods import (
    Days,
    Duration,
    Effective,
    Instant,
    When,
    parse_day_range,
    parse_days,
    parse_duration,
    parse_instant,
)
from domain.shares import Share, exactly, parse_count, parse_fraction, parse_share
from ledger.statements.canonical import Json
from ledger.statements.members import Members, Parse, boolean, choice, listed, recurring, refuse_repeated, string, text

T = TypeVar("T")

RECURRING_MAX: Final = 16_384
"""Spellings of one form that are kept: identifiers, dates and shares, none longer than 70 characters."""

_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}\Z")
_WIRE_NAME = re.compile(r"[a-z][a-z-]{0,31}\.[a-z][a-z-]{0,31}\Z")
_TYPES_COVERED = re.compile(r"(\*|[a-z][a-z-]{0,31}\.(\*|[a-z][a-z-]{0,31}))\Z")
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,29})(\.[0-9]{0,11}[1-9])?\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")


class Scope:
    """What the forms of one effect (or, with n = 0, of the statement's head) depend on."""

    __slots__ = ("n", "own", "zone", "zone_read")

    def __init__(self, own: StatementId, n: int = 0, zone: str | None = None) -> None:
        self.own = own
        self.n = n
        self.zone = zone
        self.zone_read = False

    def ref(self, value: Json, where: str) -> EffectRef:
        """`sha256:<hex>#n`, or `#n` for an earlier effect of this statement."""
        spelled = string(value, where)
        if not spelled.startswith("#"):
            found = _ruled("ref.spelling", parse_ref, spelled, where)
            if found.n == 0:
                raise Malformed(
                    where, "names a whole statement; name one of its effects, as sha256:<hex>#n", "ref.no-effect"
                )
            return found
        n = _ruled("ref.spelling", parse_effect_number, spelled[1:], where)
        if n >= self.n:
            raise Malformed(
                where, "#n may name only an earlier effect of this statement; reorder the effects", "ref.forward"
            )
        return EffectRef(self.own, n)

    def target(self, value: Json, where: str) -> EffectRef:
        """A reference to an effect, or to a statement as a whole (`sha256:<hex>`)."""
        if isinstance(value, str) and value.startswith("sha256:"):
            return _ruled("ref.spelling", parse_ref, value, where)
        return self.ref(value, where)

    def target_or_subject(self, value: Json, where: str) -> EffectRef | SubjectId:
        if isinstance(value, str) and not value.startswith(("#", "sha256:")):
            return subject(value, where)
        return self.target(value, where)

    def when(self, value: Json, where: str) -> When:
        """A date, read in this scope's zone, or an instant."""
        found = when(value, where)
        if isinstance(found, Days):
            self.read_zone(where)
        return found

    def date(self, value: Json, where: str) -> Days:
        self.read_zone(where)
        return days(value, where)

    def read_zone(self, where: str) -> None:
        """A date is read in this scope's zone. Raises Malformed if there is none."""
        if self.zone is None:
            raise Malformed(where, "a date needs a zone: give effective.zone (IANA name)", "time.zone-missing")
        self.zone_read = True


def _ruled(rule: str, parse: Callable[[str, str], T], value: str, where: str) -> T:
    """`parse`, its refusal carrying `rule`."""
    try:
        return parse(value, where)
    except Malformed as error:
        raise Malformed(error.where, error.why, error.rule or rule) from error


def _text_form(rule: str, parse: Callable[[str, str], T]) -> Parse[T]:
    def read(value: Json, where: str) -> T:
        try:
            return parse(value if isinstance(value, str) else string(value, where), where)
        except Malformed as error:
            raise Malformed(error.where, error.why, error.rule or rule) from error

    return read


def _recurring_form(rule: str, parse: Callable[[str, str], T]) -> Parse[T]:
    """A form whose spellings recur from statement to statement: what a good one means is kept, bad ones are not."""
    known = lru_cache(maxsize=RECURRING_MAX)(lambda spelled: parse(spelled, ""))
    read_anew = _text_form(rule, parse)

    def read(value: Json, where: str) -> T:
        if isinstance(value, str):
            try:
                return known(value)
            except Malformed:
                pass  # refused below, with its place
        return read_anew(value, where)

    return read


def _of_kind(kind: str, name: Callable[[SubjectId], T]) -> Parse[T]:
    return _recurring_form(
        "subject.spelling", lambda value, where: name(SubjectId(intern(parse_kind(value, kind, where))))
    )


# Equal identifiers are one string in memory: a log names the same subjects, and the statement before, again and again.
subject: Final[Parse[SubjectId]] = _recurring_form(
    "subject.spelling", lambda value, where: SubjectId(intern(parse_subject(value, where)))
)
statement_ref: Final[Parse[StatementId]] = _text_form(
    "statement-id.spelling", lambda value, where: StatementId(intern(parse_statement_id(value, where)))
)
forum: Final[Parse[Forum]] = _text_form("forum.spelling", parse_forum)
duration: Final[Parse[Duration]] = _recurring_form("time.spelling", parse_duration)
instant: Final[Parse[Instant]] = _text_form("time.spelling", parse_instant)
fraction_value: Final = _recurring_form("share.spelling", parse_fraction)
_exact_share: Final = _recurring_form("share.spelling", lambda value, where: exactly(parse_fraction(value, where)))
_one_date: Final = _recurring_form("time.spelling", parse_days)
count: Final[Parse[int]] = _text_form("count.spelling", parse_count)
asset: Final[Parse[AssetId]] = _of_kind("asset", AssetId)
party: Final[Parse[PartyId]] = _of_kind("party", PartyId)
proceeding: Final[Parse[ProceedingId]] = _of_kind("proceeding", ProceedingId)
norm: Final[Parse[NormId]] = _of_kind("norm", NormId)
right: Final[Parse[Right]] = choice(*Right)
_MANNER: Final = choice("nominee", "administration")
_PENDING_ON: Final = choice("permit", "final", "fulfilled")


def wire_name(value: Json, where: str) -> str:
    """`noun.past-participle`."""
    if not isinstance(value, str) or _WIRE_NAME.match(value) is None:
        raise Malformed(
            where, "not a type: expected noun.past-participle, such as ownership.transferred", "type.spelling"
        )
    return value


def types_covered(value: Json, where: str) -> str:
    """A wire name, `family.*` or `*`."""
    if not isinstance(value, str) or _TYPES_COVERED.match(value) is None:
        raise Malformed(where, "expected a type, family.* or *", "type.spelling")
    return value


def days(value: Json, where: str) -> Days:
    """`YYYY[-MM[-DD]]` or `[not before, not after]`."""
    if isinstance(value, list):
        both = listed(value, where, string, 2, 2)
        return _ruled("time.spelling", lambda low, at: parse_day_range(low, both[1], at), both[0], where)
    return _one_date(value, where)


def when(value: Json, where: str) -> When:
    """A date or an instant."""
    if isinstance(value, str) and "T" in value:
        return instant(value, where)
    return days(value, where)


def zone(value: Json, where: str) -> str:
    """The syntax of an IANA name; whether the tzdata in force knows it is checked at admission."""
    if not isinstance(value, str) or _ZONE.match(value) is None:
        raise Malformed(where, "not an IANA time zone, such as Europe/Berlin", "time.zone-spelling")
    return value


def period(members: Members) -> tuple[When | None, When | None, str | None]:
    """`from`, `until` and `zone`: both dates or both instants, not reversed."""
    start, until = members.maybe("from", when), members.maybe("until", when)
    named = members.maybe("zone", zone)
    if start is not None and until is not None:
        if type(start) is not type(until):
            raise Malformed(members.at("until"), "from and until are both dates or both instants", "time.mixed")
        if isinstance(start, Days) and isinstance(until, Days) and until.last < start.first:
            raise Malformed(members.at("until"), "ends before it begins", "time.reversed")
        if isinstance(start, Instant) and isinstance(until, Instant) and until.at <= start.at:
            raise Malformed(
                members.at("until"), "ends before it begins (until is exclusive for instants)", "time.reversed"
            )
    if named is None and (isinstance(start, Days) or isinstance(until, Days)):
        raise Malformed(members.at("zone"), "a date needs a zone (IANA name) beside it", "time.zone-missing")
    return start, until, named


def effective(scope: Scope) -> Parse[Effective]:
    """`{from?, until?, zone?, after?}`, at least one."""

    def parse(value: Json, where: str) -> Effective:
        if isinstance(value, dict) and "after" not in value:
            return _without_after(value, where)
        members = Members(value, where)
        start, until, named = period(members)
        after = members.maybe("after", scope.ref)
        members.end()
        return Effective(start, until, named, after)

    return parse


def _read_without_after(value: Json, where: str) -> Effective:
    members = Members(value, where)
    start, until, named = period(members)
    members.end()
    if start is None and until is None and named is None:
        raise Malformed(where, "empty; leave effective out", "member.empty")
    return Effective(start, until, named)


_without_after: Final = recurring(_read_without_after)


def share(value: Json, where: str) -> Share:
    """`"a/b"`, `{units, of}`, `{all_but, of}` or `{min, max}`."""
    if isinstance(value, str):
        return _exact_share(value, where)
    try:
        return parse_share(value, where)
    except Malformed as error:
        raise Malformed(error.where, error.why, error.rule or "share.spelling") from error


def fraction(value: Json, where: str) -> Share:
    """`"a/b"` only."""
    return _exact_share(value, where)


def holder(value: Json, where: str) -> Holder:
    """`party:…`, `{"unknown": true}` or `{"one_of": [two or more parties, sorted]}`."""
    if isinstance(value, str):
        return party(value, where)
    members = Members(value, where)
    if members.flag("unknown"):
        members.end()
        return UNKNOWN
    parties = members.one("one_of", sorted_parties)
    members.end()
    if len(parties) < 2:
        raise Malformed(where, "one_of needs two or more parties", "list.length")
    return OneOf(parties)


def sorted_parties(value: Json, where: str) -> tuple[PartyId, ...]:
    """Parties in code point order, each once."""
    parties = listed(value, where, party)
    if any(first >= second for first, second in pairwise(parties)):
        raise Malformed(where, "sort the parties by code point and name each once", "list.unsorted")
    return parties


def manner(value: Json, where: str) -> Manner:
    members = Members(value, where)
    kind = members.one("kind", _MANNER)
    beneficiary = members.maybe("for", party)
    members.end()
    return Manner(kind, beneficiary)  # type: ignore[arg-type]  # `choice` gives one of the two words


def pending(value: Json, where: str) -> Pending:
    members = Members(value, where)
    on = members.one("on", _PENDING_ON)
    found = Pending(on, members.one("retroactive", boolean), members.maybe("text", text))  # type: ignore[arg-type]  # as above
    members.end()
    return found


def portion(value: Json, where: str) -> Portion:
    """`{holder, share, manner?}`."""
    members = Members(value, where)
    found = Portion(members.one("holder", holder), members.one("share", share), members.maybe("manner", manner))
    members.end()
    return found


def cancelled_portion(value: Json, where: str) -> Portion:
    """`{holder, share}`."""
    members = Members(value, where)
    found = Portion(members.one("holder", holder), members.one("share", share))
    members.end()
    return found


_SCHEME: Final = choice(*EXTERNAL_SCHEMES)
_GRIP: Final = choice(*Grip)


def powers(value: Json, where: str) -> tuple[tuple[Power, Grip], ...]:
    """`{vote, manage, use, dispose, receive: takes, directs, vetoes or forbids}`, at least one.

    In the order of `Power`."""
    members = Members(value, where)
    found = ((power, members.maybe(power.value, _GRIP)) for power in Power)
    held = tuple((power, grip) for power, grip in found if grip is not None)
    members.end()
    if not held:
        raise Malformed(where, "empty; leave powers out", "member.empty")
    return held


def limit(value: Json, where: str) -> Limit:
    """`{right, below or at_most: fraction}`."""
    members = Members(value, where)
    named = members.one("right", right)
    inclusive = "at_most" in members
    found = Limit(named, members.one("at_most" if inclusive else "below", fraction), inclusive)
    members.end()
    return found


def condition(scope: Scope) -> Parse[Condition]:
    """`{text, by?}`."""

    def parse(value: Json, where: str) -> Condition:
        members = Members(value, where)
        found = Condition(members.one("text", text), members.maybe("by", scope.when))
        members.end()
        return found

    return parse


def external(value: Json, where: str) -> External:
    """`{scheme, value}`; the check digit counts at admission."""
    members = Members(value, where)
    found = External(members.one("scheme", _SCHEME), members.one("value", text))
    members.end()
    return found


def amount(value: Json, where: str) -> str:
    """A decimal string without leading zero, and without trailing zero after a point."""
    if not isinstance(value, str) or _AMOUNT.match(value) is None:
        raise Malformed(
            where,
            "not an amount: a decimal string without leading zero, nor trailing zero after a point",
            "amount.spelling",
        )
    return value


def currency(value: Json, where: str) -> str:
    """Three capital letters; the list of ISO 4217 counts at admission."""
    if not isinstance(value, str) or _CURRENCY.match(value) is None:
        raise Malformed(where, "not a currency: expected three capital letters (ISO 4217)", "currency.spelling")
    return value


def money(value: Json, where: str) -> Money:
    """`{amount, currency}`."""
    members = Members(value, where)
    exact = members.one("amount", amount)
    found = Money(exact, exact, members.one("currency", currency))
    members.end()
    return found


def money_or_range(value: Json, where: str) -> Money:
    """`{amount, currency}` or `{min, max, currency}`."""
    members = Members(value, where)
    if "min" not in members:
        return money(value, where)
    found = Money(members.one("min", amount), members.one("max", amount), members.one("currency", currency))
    members.end()
    if _scaled(found.low) >= _scaled(found.high):
        raise Malformed(where, "a range needs a minimum below its maximum", "amount.reversed")
    return found


def _scaled(spelled: str) -> int:
    """The amount times 10^12: exact, as no more than twelve places are allowed."""
    whole, _, places = spelled.partition(".")
    return int(whole + places.ljust(12, "0"))


def unique_parties(members: Members, name: str) -> tuple[PartyId, ...]:
    """An optional list of parties in any order, each once."""
    return refuse_repeated(members.maybe_many(name, party), members.at(name)) if name in members else ()


def subject_but_register(value: Json, where: str) -> SubjectId:
    """An asset, a party, a proceeding or a norm."""
    found = subject(value, where)
    if found == REGISTER:
        raise Malformed(where, "the register is no asset, party, proceeding or norm", "subject.spelling")
    return found


_TIME_WORDS: Final[tuple[Literal["own", "judgment", "unstated"], ...]] = ("own", "judgment", "unstated")


def void_time(scope: Scope) -> Callable[[Json, str], Literal["own", "judgment", "unstated"] | When]:
    """`own`, `judgment`, `unstated` or a date."""

    def parse(value: Json, where: str) -> Literal["own", "judgment", "unstated"] | When:
        for word in _TIME_WORDS:
            if value == word:
                return word
        return scope.date(value, where)

    return parse
