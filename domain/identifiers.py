"""Identifiers of subjects and of statements, and check digits of the outside world's identifiers.

Guarantees one spelling per identifier (DESIGN section 2): a subject is `asset:`, `party:`, `proceeding:` or `norm:` and a slug
chosen by the registrar, or the single word `register`. LEI (ISO 17442), IMO, ISIN (ISO 6166) and ECLI are dated attributes of a
subject, never its key; they are checked here by their own check digits or grammar. It does not know whether a subject exists.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple, NewType

from domain.errors import Malformed

SubjectId = NewType("SubjectId", str)
"""Any of the four below, or `register`."""
AssetId = NewType("AssetId", SubjectId)
PartyId = NewType("PartyId", SubjectId)
ProceedingId = NewType("ProceedingId", SubjectId)
NormId = NewType("NormId", SubjectId)
StatementId = NewType("StatementId", str)
Forum = NewType("Forum", str)
"""A legal order: ISO 3166-1 alpha-2, `EU`, or `body:slug` for a treaty body or an arbitral institution."""

REGISTER: Final = SubjectId("register")
_SUBJECT = re.compile(r"(asset|party|proceeding|norm):[a-z0-9][a-z0-9-]{0,63}\Z")
_STATEMENT = re.compile(r"sha256:[0-9a-f]{64}\Z")
_FORUM_BODY = re.compile(r"body:[a-z0-9][a-z0-9-]{0,63}\Z")
_ECLI = re.compile(r"ECLI:[A-Z]{2,6}:[A-Z0-9][A-Za-z0-9.]{0,6}:[0-9]{4}:[A-Za-z0-9.]{1,25}\Z")


def parse_subject(text: str, where: str) -> SubjectId:
    """A subject identifier. Raises Malformed for any other spelling."""
    if text != REGISTER and not _SUBJECT.match(text):
        raise Malformed(
            where, "not a subject: expected asset:, party:, proceeding: or norm: and a slug of a-z 0-9 -, or register"
        )
    return SubjectId(text)


def parse_kind(text: str, kind: str, where: str) -> str:
    """A subject of one kind (`asset`, `party`, `proceeding`, `norm`). Raises Malformed."""
    if not _SUBJECT.match(text) or not text.startswith(kind + ":"):
        raise Malformed(where, f"expected {kind}: and a slug of a-z, 0-9 and -, at most 64 characters")
    return text


def parse_statement_id(text: str, where: str) -> StatementId:
    """`sha256:` and 64 lower-case hexadecimal digits. Raises Malformed."""
    if not _STATEMENT.match(text):
        raise Malformed(where, "not a statement id: expected sha256: and 64 lower-case hexadecimal digits")
    return StatementId(text)


def parse_forum(text: str, where: str) -> Forum:
    """An ISO 3166-1 alpha-2 shape, `EU`, or `body:slug`. The code list itself is an admission matter. Raises Malformed."""
    if not re.match(r"[A-Z]{2}\Z", text) and not _FORUM_BODY.match(text):
        raise Malformed(where, "not a forum: expected two capital letters (ISO 3166-1, or EU) or body: and a slug")
    return Forum(text)


class EffectRef(NamedTuple):
    """`sha256:<hex>#n`: the n-th effect (from 1) of a statement; n = 0 stands for the statement as a whole. A tuple, because
    histories look references up by the million."""

    statement: StatementId
    n: int

    def __str__(self) -> str:
        return f"{self.statement}#{self.n}" if self.n else str(self.statement)


def parse_ref(text: str, where: str) -> EffectRef:
    """`sha256:<hex>` (n = 0) or `sha256:<hex>#n`. Raises Malformed."""
    head, mark, tail = text.partition("#")
    if not mark:
        return EffectRef(parse_statement_id(head, where), 0)
    return EffectRef(parse_statement_id(head, where), parse_effect_number(tail, where))


def parse_effect_number(text: str, where: str) -> int:
    """The n of `#n`: 1 to 9999 without leading zero. Raises Malformed."""
    if not re.match(r"[1-9][0-9]{0,3}\Z", text):
        raise Malformed(where, "not an effect number: expected #n with n from 1")
    return int(text)


EXTERNAL_SCHEMES: Final = (
    "LEI",
    "IMO",
    "ISIN",
    "ECLI",
    "UN/LOCODE",
    "register",
)
"""`register` values are `<register code> <number>`, for instance `GB-COH 03273685`."""


def company_of(asset: SubjectId) -> PartyId:
    """The company whose shares an asset is: one slug, as `asset:x` and `party:x`."""
    return PartyId(SubjectId("party:" + asset.split(":", 1)[1]))


def company_asset(party: SubjectId) -> AssetId:
    """The asset that stands for the shares of a company: one slug, as `party:x` and `asset:x`."""
    return AssetId(SubjectId("asset:" + party.split(":", 1)[1]))


def check_external(scheme: str, value: str, where: str) -> None:
    """Check an outside identifier against its own check digit or grammar. Raises Malformed; unknown schemes are refused."""
    from stdnum import imo, isin, lei  # here, as the lists below

    match scheme:
        case "LEI":
            valid = value == value.upper() and bool(lei.is_valid(value)) and len(value) == 20
        case "IMO":
            valid = bool(re.match(r"[0-9]{7}\Z", value)) and bool(imo.is_valid(value))
        case "ISIN":
            valid = value == value.upper() and len(value) == 12 and bool(isin.is_valid(value))
        case "ECLI":
            valid = bool(_ECLI.match(value))
        case "UN/LOCODE":
            valid = bool(re.match(r"[A-Z]{2}[A-Z2-9]{3}\Z", value))
        case "register":
            valid = bool(re.match(r"[A-Z0-9][A-Z0-9-]{1,19} \S[^\n]{0,79}\Z", value))
        case _:
            raise Malformed(where, f"unknown identifier scheme; known: {', '.join(EXTERNAL_SCHEMES)}")
    if not valid:
        raise Malformed(where, f"not a valid {scheme}: wrong form or wrong check digit")


def country_known(code: str) -> bool:
    """Whether ISO 3166-1 (as adopted by the rules) lists this alpha-2 code. Counts at admission only."""
    return code in _countries()


def currency_known(code: str) -> bool:
    """Whether ISO 4217 lists this alphabetic code. Counts at admission only."""
    return code in _currencies()


# Read when first asked for: who only verifies what was admitted never asks, and starts a sixth sooner.
@cache
def _countries() -> frozenset[str]:
    import pycountry

    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def _currencies() -> frozenset[str]:
    import pycountry

    return frozenset(currency.alpha_3 for currency in pycountry.currencies)
