"""Ownership as entities of FollowTheMoney, one JSON object a line, and what its schemata cannot carry.

Guarantees entities of published schemata with their published properties (Company, Person, PublicBody, Organization,
LegalEntity, Vessel, RealEstate; Ownership, Directorship, Representation, Succession, Sanction, UnknownLink), identifiers in
the alphabet it allows and a function of what is said, and on each link the statement that decides it first (`recordId`), all
of them in words. `startDate` and `endDate` are the first and the last legal day.

Votes and economic interest are links of their own only where they part from title: as Ownership they would be read as a
second holding. Percentages are text for a reader; an exact share that percent cannot spell stands beside it in words. Nothing
here is signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from domain.effects import Family, OneOf, Right, Unknown
from domain.folds import Folds
from domain.identifiers import EffectRef, SubjectId, company_asset, company_of, country_known
from domain.shares import Share, format_fraction
from ledger.evidence.bods import percentage
from ledger.evidence.ownership import Known, Lost, Office, Ownership, Stake

Entity = dict[str, str | dict[str, list[str]]]
"""`id`, `schema`, `properties`: each property a list of strings."""

_PARTIES: Final = {
    "company": "Company",
    "state": "PublicBody",
    "state-body": "PublicBody",
    "court": "PublicBody",
    "tribunal": "Organization",
    "group": "Organization",
    "fund": "Organization",
    "international-body": "Organization",
    "person": "Person",
}
"""Of any other kind, or of none on record: LegalEntity."""
_THINGS: Final = {
    "vessel": "Vessel",
    "land": "RealEstate",
    "facility": "RealEstate",
    "infrastructure": "RealEstate",
}
_SANCTIONS: Final = frozenset({"designation", "freeze"})
_SCHEMES: Final = {"LEI": "leiCode", "IMO": "imoNumber", "ISIN": "isinCode"}


@dataclass(frozen=True, slots=True, eq=False)
class FtmExport:
    """The entities, each before the links that name it, and what could not be carried."""

    entities: tuple[Entity, ...]
    could_not_carry: tuple[Lost, ...]

    def format(self) -> str:
        """One entity a line."""
        return "".join(json.dumps(e, ensure_ascii=False, separators=(",", ":")) + "\n" for e in self.entities)


def export_ftm(ownership: Ownership, publisher: str) -> FtmExport:
    """These assets, who holds them, who acts for them, and sanctions on those parties. `publisher` is the ledger's origin."""
    return _Export(ownership, publisher).run()


def entity_id(subject: SubjectId) -> str:
    """An identifier FollowTheMoney allows: letters, digits, hyphens, ending in a letter. Different subjects never share one."""
    kind, _, slug = subject.partition(":")
    return f"{slug}-{kind}"


class _Export:
    def __init__(self, ownership: Ownership, publisher: str) -> None:
        self.ownership = ownership
        self.publisher = publisher
        self.lost: list[Lost] = []
        self.ids: dict[SubjectId, str] = {}
        self.schemata: dict[SubjectId, str] = {}

    def run(self) -> FtmExport:
        nodes = list(self._nodes())
        links = [*self._stakes(), *self._offices(), *self._successions(), *self._sanctions()]
        unique = {str(e["id"]): e for e in (*nodes, *links)}
        return FtmExport(tuple(unique.values()), (*self._general(), *self.lost, *self.ownership.lost))

    def _general(self) -> Iterator[Lost]:
        subject = self.ownership.question.subject
        yield Lost("clock", subject, "that it is as known and recorded at one moment: an entity has no such clocks")
        for known in (*self.ownership.companies, *self.ownership.parties, *self.ownership.things):
            for _, _, other, ref in known.identity.same_as:
                yield Lost("identity", known.subject, f"the same as {other}, from a date", (ref,))

    # --- nodes ---------------------------------------------------------------------------------------------------

    def _nodes(self) -> Iterator[Entity]:
        for known in self.ownership.companies:
            asset = company_asset(known.subject)
            self.ids[asset] = self.ids[known.subject] = entity_id(known.subject)
            yield self._node(known, "Company")
        for known in self.ownership.parties:
            self.ids[known.subject] = entity_id(known.subject)
            yield self._node(known, _PARTIES.get(known.kind or "", "LegalEntity"))
        for known in self.ownership.things:
            schema = _THINGS.get(known.kind or "")
            if schema is None:
                causes = tuple(c for s in self.ownership.stakes if s.asset == known.subject for c in s.causes)
                words = f"{known.kind or 'an asset of a kind not on record'}: no schema for what can be owned fits it"
                self.lost.append(Lost("asset", known.subject, words, tuple(dict.fromkeys(causes))))
                continue
            self.ids[known.subject] = entity_id(known.subject)
            yield self._node(known, schema)

    def _node(self, known: Known, schema: str) -> Entity:
        self.schemata[known.subject] = schema
        found: dict[str, list[str]] = {"name": [known.name or known.subject.split(":", 1)[1]]}
        if known.other_names:
            found["previousName"] = list(known.other_names)
        place = known.identity.place
        if place is not None and country_known(place):
            legal = schema not in ("Vessel", "RealEstate", "Person")
            found["jurisdiction" if legal else "country"] = [place.lower()]
        for dated in known.identity.identifiers:
            name, value = _identifier(dated.value, schema)
            if name is None:
                words = f"its identifier {dated.value}: {schema} has no property for it"
                self.lost.append(Lost("identifier", known.subject, words, (dated.cause,)))
            else:
                found.setdefault(name, []).append(value)
        if known.identity.ended is not None:
            self._ended(known, schema, found)
        if known.kind is not None and schema == "RealEstate":
            found["propertyType"] = [known.kind]
        if known.kind == "person" and known.name is None:
            self.lost.append(Lost("person", known.subject, "an opaque identifier: its name is sealed, outside the log"))
        if known.kind is None:
            self.lost.append(Lost("kind", known.subject, "whether it is a person or an entity is not on record"))
        found["publisher"] = [self.publisher]
        return {"id": self.ids[known.subject], "schema": schema, "properties": found}

    def _ended(self, known: Known, schema: str, found: dict[str, list[str]]) -> None:
        assert known.identity.ended is not None, "asked only of what ended"
        at, ref = known.identity.ended
        day = self.ownership.first_day(known.subject, at, (ref,))
        if schema in ("Vessel", "RealEstate", "Person") or day is None:
            self.lost.append(Lost("ended", known.subject, f"that it ended, on {day or 'an unknown day'}", (ref,)))
        else:
            found["dissolutionDate"] = [day]

    # --- links ---------------------------------------------------------------------------------------------------

    def _stakes(self) -> Iterator[Entity]:
        titles = {_key(s) for s in self.ownership.stakes if s.right is Right.TITLE}
        for stake in self.ownership.stakes:
            if stake.asset not in self.ids or (stake.right is not Right.TITLE and _key(stake) in titles):
                continue
            if isinstance(stake.holder, Unknown):
                words = (
                    f"{stake.right}: {_words(stake.share)} is recorded as held by nobody known; a link needs two ends"
                )
                self.lost.append(Lost("unknown", stake.asset, words, stake.causes))
                continue
            if percentage(stake.share.low) is None or not stake.share.exact:
                words = f"{stake.right}: {_words(stake.share)} is no decimal percentage; it is told rounded, exactly in words"
                self.lost.append(Lost("fraction", stake.asset, words, stake.causes))
            yield from self._stake(stake)

    def _stake(self, stake: Stake) -> Iterator[Entity]:
        holders = stake.holder.parties if isinstance(stake.holder, OneOf) else (str(stake.holder),)
        if len(holders) > 1:
            words = (
                f"{stake.right}: it is not known which of {len(holders)} holds it; each is linked as a possible holder"
            )
            self.lost.append(Lost("one-of", stake.asset, words, stake.causes))
        for name in holders:
            holder = self.ids[SubjectId(name)]
            if holder == self.ids[stake.asset]:
                self.lost.append(
                    Lost("own-shares", stake.asset, "it holds itself: no link from an entity to itself", stake.causes)
                )
                continue
            if len(holders) > 1 or stake.right is not Right.TITLE:
                role = f"{'possible holder of ' if len(holders) > 1 else ''}{stake.right}"
                ends = {"subject": [holder], "object": [self.ids[stake.asset]], "role": [role]}
                yield self._link("UnknownLink", ends, stake, f"{stake.right}: {_words(stake.share)}")
                continue
            ends = {"owner": [holder], "asset": [self.ids[stake.asset]], "percentage": [_percentage(stake.share)]}
            if stake.share.exact and stake.share.units_of is not None:
                units = stake.share.low * stake.share.units_of
                if units.denominator == 1:
                    ends["sharesCount"] = [str(units.numerator)]
            ends["ownershipType"] = [stake.manner.kind if stake.manner is not None else "title"]
            yield self._link("Ownership", ends, stake, f"title: {_words(stake.share)}")
            yield from self._nominee(stake, holder)

    def _nominee(self, stake: Stake, holder: str) -> Iterator[Entity]:
        manner = stake.manner
        if manner is None:
            return
        if manner.beneficiary is None:
            words = f"it is held as {manner.kind}, for whom is not stated"
            self.lost.append(Lost("manner", stake.asset, words, stake.causes))
            return
        ends: dict[str, list[str]] = {
            "agent": [holder],
            "client": [self.ids[manner.beneficiary]],
            "role": [manner.kind],
        }
        yield self._link("Representation", ends, stake, f"holds {_words(stake.share)} of {stake.asset} for it")

    def _offices(self) -> Iterator[Entity]:
        for office in self.ownership.offices:
            if office.subject not in self.ids:
                self.lost.append(
                    Lost("measure", office.subject, f"{office.words} held by {office.holder}", office.causes)
                )
                continue
            holder, over = self.ids[office.holder], self.ids[office.subject]
            if office.kind in ("board", "director") and self.schemata.get(company_of(office.subject)) == "Company":
                ends = {"director": [holder], "organization": [over], "role": [office.kind]}
                yield self._link("Directorship", ends, office, office.words)
            elif office.family is Family.REPRESENTATION and office.subject.startswith("party:"):
                ends = {"agent": [holder], "client": [over], "role": [office.kind]}
                yield self._link("Representation", ends, office, office.words)
            else:
                words = f"{office.kind}: that it is control by law or contract; it is an unnamed link with a role"
                self.lost.append(Lost("measure", office.subject, words, office.causes))
                ends = {"subject": [holder], "object": [over], "role": [office.kind]}
                yield self._link("UnknownLink", ends, office, office.words)

    def _successions(self) -> Iterator[Entity]:
        for known in (*self.ownership.companies, *self.ownership.parties):
            for at, other, how, ref in known.identity.successors:
                if other not in self.ids:
                    self.lost.append(Lost("succession", known.subject, f"{how}: {other} comes after it", (ref,)))
                    continue
                ends = {"predecessor": [self.ids[known.subject]], "successor": [self.ids[other]], "role": [how]}
                day = self.ownership.first_day(known.subject, at, (ref,))
                if day is not None:
                    ends["date"] = [day]
                yield self._entity("Succession", ends, (ref,), how)

    def _sanctions(self) -> Iterator[Entity]:
        folds = Folds(self.ownership.question.view)
        record = self.ownership.question.record
        for known in (*self.ownership.companies, *self.ownership.parties):
            for course in folds.courses(known.subject):
                if course.impose.kind not in _SANCTIONS:
                    continue
                act = record.act(course.ref.statement)
                for span in course.spans:
                    ends: dict[str, list[str]] = {
                        "entity": [self.ids[known.subject]],
                        "authority": [act.actor],
                        "program": [act.basis.title],
                        "provisions": [course.impose.kind],
                        "status": [span.status],
                        **self._dates(known.subject, span.start, span.end, span.causes),
                    }
                    yield self._entity("Sanction", ends, span.causes, course.impose.kind)

    # --- one link ------------------------------------------------------------------------------------------------

    def _link(self, schema: str, ends: dict[str, list[str]], item: Stake | Office, words: str) -> Entity:
        subject = item.asset if isinstance(item, Stake) else item.subject
        return self._entity(schema, ends | self._dates(subject, item.start, item.end, item.causes), item.causes, words)

    def _dates(
        self, subject: SubjectId, start: datetime, end: datetime, by: Sequence[EffectRef]
    ) -> dict[str, list[str]]:
        first, last = self.ownership.first_day(subject, start, by), self.ownership.last_day(subject, end, by)
        days = {"startDate": first, "endDate": last}
        return {name: [day] for name, day in days.items() if day is not None}

    def _entity(self, schema: str, found: dict[str, list[str]], causes: Sequence[EffectRef], words: str) -> Entity:
        cited = "; ".join(f"entry {self.ownership.position(ref)} ({ref})" for ref in causes)
        found = {**found, "recordId": [str(causes[0])], "summary": [f"{words}. Decided by {cited}."]}
        said = json.dumps([self.publisher, schema, found], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return {"id": hashlib.sha256(said.encode()).hexdigest()[:40], "schema": schema, "properties": found}


def _key(stake: Stake) -> tuple[object, ...]:
    return stake.asset, stake.holder, stake.manner, stake.share, stake.start, stake.end


def _words(share: Share) -> str:
    if share.exact:
        return format_fraction(share.low)
    return f"{format_fraction(share.low)} to {format_fraction(share.high)}"


def _percentage(share: Share) -> str:
    """Percent as text: exact where decimals can spell it, else with six decimals and `~`."""
    bounds = [share.low] if share.exact else [share.low, share.high]
    exact = [percentage(bound) for bound in bounds]
    return " - ".join(
        format(value, "f") if value is not None else f"~{_rounded(bound)}"
        for bound, value in zip(bounds, exact, strict=True)
    )


def _rounded(share: Fraction) -> Decimal:
    return Decimal(round(share * 10**8)).scaleb(-6)


def _identifier(spelled: str, schema: str) -> tuple[str | None, str]:
    """The property an identifier goes into; None where the schema has none."""
    scheme, _, value = spelled.partition(" ")
    allowed = {
        "Company": {"LEI", "ISIN", "register"},
        "Vessel": {"IMO"},
        "RealEstate": {"register"},
    }.get(schema, {"LEI", "register"})
    if scheme not in allowed:
        return None, value
    return ("registrationNumber", value) if scheme == "register" else (_SCHEMES[scheme], value)
