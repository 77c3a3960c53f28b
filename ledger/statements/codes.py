"""Code lists, check digits and zone names: what counts when a statement is admitted, and never again on replay.

Guarantees that an admitted statement names countries of ISO 3166-1 (or EU), currencies of ISO 4217, outside
identifiers whose check digits hold, and zones of the tzdata version in force (DESIGN section 2, "Register"; section
3, rule 13). Lists change; a statement once recorded is not judged by later ones, so `schema.parse_statement` does
not look at them.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from domain.effects import Admit, Authorise, Effect, Exist, Owe, Pay, Proceed
from domain.errors import Malformed
from domain.identifiers import Forum, check_external, country_known, currency_known
from ledger.statements.statement import Statement


def check_codes(statement: Statement, zones: Container[str]) -> None:
    """`zones`: the names the tzdata in force knows. Raises Malformed at the first code that is in no list."""
    if statement.effective is not None and statement.effective.zone is not None:
        _check_zone(statement.effective.zone, zones, "/effective/zone")
    for n, notice in enumerate(statement.notice):
        if notice.zone is not None:
            _check_zone(notice.zone, zones, f"/notice/{n}/zone")
    if statement.basis.ecli is not None:
        _check_identifier("ECLI", statement.basis.ecli, "/basis/ecli")
    for n, effect in enumerate(statement.effects):
        where = f"/effects/{n}"
        if effect.effective is not None and effect.effective.zone is not None:
            _check_zone(effect.effective.zone, zones, f"{where}/effective/zone")
        for zone, place in _zones(effect, where):
            _check_zone(zone, zones, place)
        for forum, place in _forums(effect, where):
            if forum != "EU" and not forum.startswith("body:") and not country_known(forum):
                raise Malformed(place, f"{forum} is no country of ISO 3166-1, nor EU", "code.unknown-country")
        if isinstance(effect, Owe | Pay) and effect.amount is not None and not currency_known(effect.amount.currency):
            place = f"{where}/amount/currency"
            raise Malformed(place, f"{effect.amount.currency} is no currency of ISO 4217", "code.unknown-currency")
        if isinstance(effect, Exist):
            for k, external in enumerate(effect.identifiers):
                _check_identifier(external.scheme, external.value, f"{where}/identifiers/{k}/value")


def _check_zone(zone: str, zones: Container[str], where: str) -> None:
    if zone not in zones:
        raise Malformed(where, f"the tzdata in force knows no zone {zone}; use an IANA name", "time.unknown-zone")


def _check_identifier(scheme: str, value: str, where: str) -> None:
    try:
        check_external(scheme, value, where)
    except Malformed as error:
        raise Malformed(where, error.why, "identifier.check-digit") from error


def _zones(effect: Effect, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(effect, Exist) and effect.zone is not None:
        yield effect.zone, f"{where}/zone"
    if isinstance(effect, Authorise) and effect.competence is not None and effect.competence.zone is not None:
        yield effect.competence.zone, f"{where}/competence/zone"


def _forums(effect: Effect, where: str) -> Iterator[tuple[Forum, str]]:
    match effect:
        case Proceed() | Admit():
            yield effect.forum, f"{where}/forum"
        case Exist(place=str() as place):
            yield Forum(place), f"{where}/place"
        case Authorise():
            if effect.competence is not None and effect.competence.forum is not None:
                yield effect.competence.forum, f"{where}/competence/forum"
            for forum, name in ((effect.inner, "inner"), (effect.outer, "outer")):
                if forum is not None:
                    yield forum, f"{where}/{name}"
        case _:
            return
