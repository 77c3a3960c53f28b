"""Ownership as statements of the Beneficial Ownership Data Standard, version 0.4, and what that standard cannot carry.

Guarantees statements that fit the published schema and its rules of order and reference (checked in the tests with
`libcovebods`); identifiers that are a function of what is said, so that the same ledger exports the same bytes; for each
interest an annotation with the statements that decide it and their positions in the log; and numbers that are never wrong:
a share that percent cannot spell exactly is given as an open interval around it, with the exact fraction in words.

One entity per company (party and asset are one slug), one relationship per holder and company, one interest per right and
stretch. `startDate` is the first legal day, `endDate` the day from which the interest is no more, as the standard has it. It
does not say who is a beneficial owner: the ledger holds title, votes and economic interest, not that judgement. It is a
snapshot, every record `new`: a later export replaces it. Nothing here is signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pycountry

from domain.acts import Strength
from domain.effects import Family, Holder, Manner, OneOf, Right, Unknown
from domain.identifiers import EffectRef, PartyId, SubjectId, company_of
from domain.shares import Share, format_fraction
from ledger.evidence.ownership import Known, Lost, Office, Ownership, Stake, parties_of

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
"""JSON for other programs: numbers may have decimals, as nothing of it is signed."""

VERSION: Final = "0.4"
ORG_ID: Final = frozenset({"GB-COH", "NL-KVK", "DK-CVR", "UA-EDR"})
"""Register codes that org-id.guide lists under the same name; others are named, without a code."""

_RIGHTS: Final = {
    Right.TITLE: "shareholding",
    Right.VOTES: "votingRights",
    Right.ECONOMIC: "rightsToProfitOrIncome",
}
_OFFICES: Final = {
    "board": "boardMember",
    "director": "boardMember",
    "attorney": "rightsGrantedByContract",
    "nominee-authority": "rightsGrantedByContract",
    "management-contract": "rightsGrantedByContract",
    "operation-lease": "rightsGrantedByContract",
    "operator": "rightsGrantedByContract",
    "concession": "rightsGrantedByContract",
    "voting-agreement": "rightsGrantedByContract",
    "step-in": "conditionalRightsGrantedByContract",
    "golden-share": "controlViaCompanyRulesOrArticles",
}
"""Kinds of measure that rest on a contract or on the articles; every other rests on law."""
_ENTITIES: Final[dict[str | None, dict[str, Value]]] = {
    "company": {"type": "registeredEntity"},
    "state": {"type": "state"},
    "state-body": {"type": "stateBody"},
    "court": {"type": "stateBody", "subtype": "other", "details": "court"},
    "tribunal": {"type": "legalEntity", "subtype": "other", "details": "tribunal"},
    "group": {"type": "arrangement", "subtype": "other", "details": "group"},
    "fund": {"type": "legalEntity", "subtype": "other", "details": "fund"},
    "international-body": {"type": "legalEntity", "subtype": "other", "details": "international body"},
    "other": {"type": "legalEntity", "subtype": "other", "details": "other"},
    None: {"type": "unknownEntity"},
}
_SOURCES: Final = {
    Strength.AUTHOR: "selfDeclaration",
    Strength.REGISTRAR: "officialRegister",
    Strength.TRANSCRIBER: "thirdParty",
}
_PLACES: Final = 12
_ROUNDED: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class BodsExport:
    """The statements, each before those that refer to it, and what could not be carried."""

    statements: tuple[dict[str, Value], ...]
    could_not_carry: tuple[Lost, ...]

    def format(self) -> str:
        """The data set as JSON text, with a line end."""
        return json.dumps(self.statements, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def export_bods(ownership: Ownership, publisher: str) -> BodsExport:
    """The companies among these assets, who holds them, and who acts for them. `publisher` names the ledger, its origin."""
    return _Export(ownership, publisher).run()


class _Export:
    def __init__(self, ownership: Ownership, publisher: str) -> None:
        self.ownership = ownership
        self.publisher = publisher
        self.companies = {known.subject for known in ownership.companies}
        self.known = {known.subject: known for known in (*ownership.companies, *ownership.parties)}
        self.subject_of: dict[SubjectId, SubjectId] = {}
        self.lost: list[Lost] = []

    def run(self) -> BodsExport:
        stakes = [s for s in self.ownership.stakes if company_of(s.asset) in self.companies]
        offices = [o for o in self.ownership.offices if self._carries(o)]
        for stake in stakes:
            for party in parties_of(stake):
                self.subject_of.setdefault(party, company_of(stake.asset))
        for office in offices:
            self.subject_of.setdefault(office.holder, company_of(office.subject))
        needed = [k for k in self.known.values() if k.subject in self.companies or k.subject in self.subject_of]
        seen = self._first_seen(stakes, offices)
        statements = [self._party(known, seen.get(known.subject, ())) for known in needed]
        statements += self._nominations(stakes)
        statements += self._relationships(stakes, offices)
        return BodsExport(tuple(statements), (*self._general(), *self.lost, *self.ownership.lost))

    # --- what cannot be said -------------------------------------------------------------------------------------

    def _general(self) -> Iterator[Lost]:
        question = self.ownership.question
        yield Lost(
            "clock", question.subject, "that it is as known and recorded at one moment: BODS has one date a statement"
        )
        yield Lost(
            "beneficial", question.subject, "who is a beneficial owner is not in the ledger: the member is left out"
        )
        for known in self.ownership.things:
            words = f"{known.kind or 'an asset of a kind not on record'}: BODS describes interests in entities only"
            causes = tuple(c for stake in self.ownership.stakes if stake.asset == known.subject for c in stake.causes)
            yield Lost("asset", known.subject, words, tuple(dict.fromkeys(causes)))
        for known in self.known.values():
            for _, other, how, ref in known.identity.successors:
                yield Lost("succession", known.subject, f"{how}: {other} comes after it", (ref,))
            for _, _, other, ref in known.identity.same_as:
                yield Lost("identity", known.subject, f"the same as {other}, from a date", (ref,))

    def _carries(self, office: Office) -> bool:
        if company_of(office.subject) in self.companies:
            return True
        known = self.known.get(office.subject)
        if known is not None:
            words = f"{office.words} held by {office.holder}: it acts for {office.subject}, in which no interest is exported"
            self.lost.append(Lost("representation", office.subject, words, office.causes))
        return False

    # --- records -------------------------------------------------------------------------------------------------

    def _first_seen(self, stakes: Sequence[Stake], offices: Sequence[Office]) -> dict[SubjectId, tuple[EffectRef, ...]]:
        """For each party, the effects that name it here: what dates a party of which nothing else is on record."""
        seen: dict[SubjectId, tuple[EffectRef, ...]] = {}
        for stake in stakes:
            for subject in (*parties_of(stake), company_of(stake.asset)):
                seen.setdefault(subject, stake.causes)
        for office in offices:
            for subject in (office.holder, company_of(office.subject)):
                seen.setdefault(subject, office.causes)
        return seen

    def _party(self, known: Known, seen: tuple[EffectRef, ...]) -> dict[str, Value]:
        causes = known.causes or seen
        if known.kind == "person":
            return self._statement(known.subject, "person", self._person(known), causes, known.subject)
        return self._statement(known.subject, "entity", self._entity(known), causes, known.subject)

    def _person(self, known: Known) -> dict[str, Value]:
        if known.name is not None:
            names: list[Value] = [{"type": "legal", "fullName": known.name}]
            return {"isComponent": False, "personType": "knownPerson", "names": names}
        self.lost.append(Lost("person", known.subject, "an opaque identifier: its name is sealed, outside the log"))
        reason: dict[str, Value] = {
            "reason": "informationUnknownToPublisher",
            "description": f"{known.subject}: the log holds no names of natural persons",
        }
        return {"isComponent": False, "personType": "anonymousPerson", "unspecifiedPersonDetails": reason}

    def _entity(self, known: Known) -> dict[str, Value]:
        details: dict[str, Value] = {
            "isComponent": False,
            "entityType": dict(_ENTITIES.get(known.kind, _ENTITIES["other"])),
        }
        if known.kind is None:
            self.lost.append(Lost("kind", known.subject, "whether it is a person or an entity is not on record"))
            description = f"{known.subject}: what it is was never recorded"
            details["unspecifiedEntityDetails"] = {
                "reason": "informationUnknownToPublisher",
                "description": description,
            }
        if known.name is not None:
            details["name"] = known.name
        if known.other_names:
            details["alternateNames"] = list[Value](known.other_names)
        if known.identity.place is not None:
            details["jurisdiction"] = _jurisdiction(known.identity.place)
        identifiers = [_identifier(d.value) for d in known.identity.identifiers]
        if identifiers:
            details["identifiers"] = list[Value](identifiers)
        if len({d.start for d in (*known.identity.names, *known.identity.identifiers)}) > 1:
            self.lost.append(
                Lost("name", known.subject, "from when to when it bore which name or identifier", known.causes)
            )
        if known.identity.ended is not None:
            at, ref = known.identity.ended
            details["dissolutionDate"] = self.ownership.first_day(known.subject, at, (ref,))
        return details

    def _nominations(self, stakes: Sequence[Stake]) -> Iterator[dict[str, Value]]:
        """A nominee and whom it holds for are the two parties of an arrangement, which holds the interest."""
        made: dict[str, Stake] = {}
        for stake in stakes:
            record = _nomination(stake)
            if record is not None:
                made.setdefault(record, stake)
        for record, stake in made.items():
            manner = stake.manner
            assert manner is not None, "a nomination has a manner"
            kind: Value = {"type": "arrangement", "subtype": "nomination"}
            yield self._statement(
                record, "entity", {"isComponent": False, "entityType": kind}, stake.causes, company_of(stake.asset)
            )
            for party, interest in ((stake.holder, "nominee"), (manner.beneficiary, "nominator")):
                details: dict[str, Value] = {
                    "isComponent": False,
                    "subject": record,
                    "interestedParty": str(party),
                    "interests": [{"type": interest, "directOrIndirect": "direct"}],
                }
                yield self._statement(
                    f"{record}/{interest}", "relationship", details, stake.causes, company_of(stake.asset)
                )

    def _relationships(self, stakes: Sequence[Stake], offices: Sequence[Office]) -> Iterator[dict[str, Value]]:
        found: dict[tuple[PartyId, str], list[tuple[dict[str, Value], tuple[EffectRef, ...]]]] = {}
        for stake in stakes:
            company = company_of(stake.asset)
            for party, share in self._interested(stake):
                item = self._interest(stake, share)
                found.setdefault((company, party), []).append((item, stake.causes))
        for office in offices:
            company = company_of(office.subject)
            found.setdefault((company, office.holder), []).append((self._office(office), office.causes))
        for (company, party), items in found.items():
            causes = tuple(dict.fromkeys(c for _, refs in items for c in refs))
            details: dict[str, Value] = {
                "isComponent": False,
                "subject": company,
                "interestedParty": party if party != "unknown" else _unknown(),
                "interests": [item for item, _ in items],
            }
            notes = [self._note(n, refs) for n, (_, refs) in enumerate(items)]
            yield self._statement(f"{company}/{party}", "relationship", details, causes, company, notes)

    def _interested(self, stake: Stake) -> Iterator[tuple[str, Share]]:
        """Whom a stake is told of, each with how much: `unknown` for nobody named."""
        match stake.holder:
            case Unknown():
                yield "unknown", stake.share
            case OneOf(parties=parties):
                words = f"{stake.right} is held by one of {len(parties)}: each is told with nothing to {_words(stake.share)}"
                self.lost.append(Lost("one-of", stake.asset, words, stake.causes))
                for party in parties:
                    yield party, Share(Fraction(0), stake.share.high)
            case holder:
                yield _nomination(stake) or holder, stake.share

    def _interest(self, stake: Stake, share: Share) -> dict[str, Value]:
        unsure = isinstance(stake.holder, OneOf | Unknown)
        item: dict[str, Value] = {
            "type": _RIGHTS[stake.right],
            "directOrIndirect": "unknown" if unsure else "direct",
            "details": _details(stake, share),
            "share": _share(share),
        }
        if "exclusiveMinimum" in _share(share):
            words = f"{stake.right}: {_words(share)} has no exact percentage; an interval around it is given"
            self.lost.append(Lost("fraction", stake.asset, words, stake.causes))
        if stake.manner is not None and _nomination(stake) is None:
            words = f"{stake.right}: held by {_holder(stake.holder)} {_manner(stake.manner)}, told in words only"
            self.lost.append(Lost("manner", stake.asset, words, stake.causes))
        return item | self._dates(stake)

    def _office(self, office: Office) -> dict[str, Value]:
        kind = _OFFICES.get(office.kind, "controlByLegalFramework")
        item: dict[str, Value] = {"type": kind, "directOrIndirect": "direct", "details": office.words}
        if office.family is Family.REPRESENTATION and kind == "controlByLegalFramework":
            item["details"] = f"represents it: {office.words}"
        return item | self._dates(office)

    def _dates(self, item: Stake | Office) -> dict[str, Value]:
        subject = item.asset if isinstance(item, Stake) else item.subject
        dates = {
            "startDate": self.ownership.first_day(subject, item.start, item.causes),
            "endDate": self.ownership.end_day(subject, item.end, item.causes),
        }
        return {name: day for name, day in dates.items() if day is not None}

    # --- statements ----------------------------------------------------------------------------------------------

    def _note(self, index: int, causes: Iterable[EffectRef]) -> dict[str, Value]:
        return {
            "statementPointerTarget": f"/recordDetails/interests/{index}",
            "motivation": "commenting",
            "createdBy": {"name": self.publisher},
            "description": f"Decided by {self._cited(causes)}.",
        }

    def _cited(self, causes: Iterable[EffectRef]) -> str:
        return "; ".join(f"entry {self.ownership.position(ref)} ({ref})" for ref in causes)

    def _statement(
        self,
        record: str,
        kind: str,
        details: dict[str, Value],
        causes: tuple[EffectRef, ...],
        subject: SubjectId,
        notes: Sequence[dict[str, Value]] = (),
    ) -> dict[str, Value]:
        body: dict[str, Value] = {
            "statementDate": self.ownership.recorded_day(causes),
            "declarationSubject": self._declared_of(subject),
            "recordId": record,
            "recordType": kind,
            "recordStatus": "new",
            "recordDetails": details,
        }
        if notes:
            body["annotations"] = list[Value](notes)
        if causes:
            body["source"] = self._source(causes)
        said = json.dumps([self.publisher, body], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        publication: dict[str, Value] = {
            "publicationDate": self.ownership.published_day(),
            "bodsVersion": VERSION,
            "publisher": {"name": self.publisher},
        }
        return {"statementId": hashlib.sha256(said.encode()).hexdigest(), **body, "publicationDetails": publication}

    def _declared_of(self, subject: SubjectId) -> str:
        """The company whose network a record belongs to."""
        return subject if subject in self.companies else self.subject_of[subject]

    def _source(self, causes: tuple[EffectRef, ...]) -> dict[str, Value]:
        record = self.ownership.question.record
        acts = list({ref.statement: record.act(ref.statement) for ref in causes}.values())
        kinds = dict.fromkeys(_SOURCES[record.strength(act, self.ownership.question.size)] for act in acts)
        actors = dict.fromkeys(act.actor for act in acts)
        cited = "; ".join(f"entry {act.position}: {act.basis.kind}, {act.basis.title}" for act in acts)
        return {
            "type": list[Value](kinds),
            "description": f"Signed statements of the ledger {self.publisher}: {cited}",
            "assertedBy": [{"name": actor} for actor in actors],
        }


def _unknown() -> dict[str, Value]:
    return {"reason": "unknown", "description": "recorded as unknown: ignorance, not a fact"}


def _nomination(stake: Stake) -> str | None:
    """The record of the arrangement between a nominee and whom it holds for; None where nobody is named."""
    manner = stake.manner
    if manner is None or manner.kind != "nominee" or manner.beneficiary is None or not isinstance(stake.holder, str):
        return None
    return f"{company_of(stake.asset)}/nomination/{stake.holder}/{manner.beneficiary}"


def _holder(holder: Holder) -> str:
    return holder if isinstance(holder, str) else str(holder)


def _manner(manner: Manner) -> str:
    kind = "as nominee" if manner.kind == "nominee" else "for administration"
    return f"{kind} for {manner.beneficiary}" if manner.beneficiary is not None else kind


def _details(stake: Stake, share: Share) -> str:
    found = f"{stake.right}: {_words(share)}"
    if isinstance(stake.holder, OneOf):
        found += f"; {stake.holder}, it is not known which"
    return f"{found}; {_manner(stake.manner)}" if stake.manner is not None else found


def _words(share: Share) -> str:
    if not share.exact:
        return f"{format_fraction(share.low)} to {format_fraction(share.high)}"
    units = share.low * share.units_of if share.units_of is not None else None
    if units is not None and units.denominator == 1:
        return f"{units.numerator} of {share.units_of} units"
    return format_fraction(share.low)


def _share(share: Share) -> dict[str, Value]:
    """Percent: exact where decimals can spell it; else bounds, open where they are not the bound itself."""
    low, high = percentage(share.low), percentage(share.high)
    if share.exact and low is not None:
        return {"exact": _number(low)}
    found: dict[str, Value] = {}
    if low is not None:
        found["minimum"] = _number(low)
    else:
        found["exclusiveMinimum"] = _number(_cut(share.low))
    if high is not None:
        found["maximum"] = _number(high)
    else:
        found["exclusiveMaximum"] = _number(_cut(share.high) + Decimal(1).scaleb(-_ROUNDED))
    return found


def percentage(share: Fraction) -> Decimal | None:
    """A share in percent, exactly; None where it takes more than twelve decimals."""
    scaled = share * 100 * 10**_PLACES
    return Decimal(scaled.numerator).scaleb(-_PLACES).normalize() if scaled.denominator == 1 else None


def _cut(share: Fraction) -> Decimal:
    return Decimal(int(share * 100 * 10**_ROUNDED)).scaleb(-_ROUNDED)


def _number(value: Decimal) -> int | float:
    """At most fifteen digits: the shortest spelling of the float is the decimal itself."""
    return int(value) if value == value.to_integral_value() else float(value)


def _jurisdiction(place: str) -> dict[str, Value]:
    country = pycountry.countries.get(alpha_2=place)
    return {"name": country.name, "code": place} if country is not None else {"name": place}


def _identifier(spelled: str) -> dict[str, Value]:
    scheme, _, value = spelled.partition(" ")
    if scheme == "LEI":
        return {"scheme": "XI-LEI", "schemeName": "Global Legal Entity Identifier Index", "id": value}
    if scheme != "register":
        return {"schemeName": scheme, "id": value}
    code, _, number = value.partition(" ")
    found: dict[str, Value] = {"schemeName": code, "id": number}
    if code in ORG_ID:
        found["scheme"] = code
    return found
