"""Code lists, check digits and zone names count when a statement is admitted, not when it is read."""

import pytest

from domain.errors import Malformed
from ledger.statements.canonical import canonical_bytes
from ledger.statements.codes import check_codes
from ledger.statements.schema import parse_statement
from tests.ledger.statements.forms import ALL
from tests.ledger.statements.samples import altered

ZONES = frozenset({"Europe/Berlin", "Europe/Paris", "Europe/Moscow"})


@pytest.mark.parametrize("name", ALL)
def test_known_codes_pass(name):
    check_codes(parse_statement(canonical_bytes(ALL[name])), ZONES)


UNKNOWN = {
    "zone of the statement": ("rights", "/effective/zone", "Europe/Atlantis", "time.unknown-zone"),
    "zone of a notice": ("rights", "/notice/1/zone", "Europe/Atlantis", "time.unknown-zone"),
    "zone of an effect": ("rights", "/effects/0/effective/zone", "Europe/Atlantis", "time.unknown-zone"),
    "zone of an asset": ("identity", "/effects/0/zone", "Europe/Atlantis", "time.unknown-zone"),
    "zone of a competence": ("register", "/effects/3/competence/zone", "Europe/Atlantis", "time.unknown-zone"),
    "forum of a proceeding": ("courts", "/effects/0/forum", "XX", "code.unknown-country"),
    "forum that answers": ("courts", "/effects/4/forum", "XX", "code.unknown-country"),
    "place": ("identity", "/effects/0/place", "XX", "code.unknown-country"),
    "forum of a competence": ("register", "/effects/3/competence/forum", "XX", "code.unknown-country"),
    "inner forum": ("register", "/effects/10/inner", "XX", "code.unknown-country"),
    "outer forum": ("register", "/effects/10/outer", "XX", "code.unknown-country"),
    "currency of a debt": ("courts", "/effects/6/amount/currency", "XYZ", "code.unknown-currency"),
    "currency of a payment": ("courts", "/effects/7/amount/currency", "XYZ", "code.unknown-currency"),
    "LEI": ("identity", "/effects/0/identifiers/0/value", "529900T8BM49AURSDO56", "identifier.check-digit"),
    "IMO": ("identity", "/effects/0/identifiers/1/value", "9074728", "identifier.check-digit"),
    "ECLI": ("rights", "/basis/ecli", "ECLI:DE", "identifier.check-digit"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_unknown_codes_are_read_but_not_admitted(case):
    name, where, value, rule = UNKNOWN[case]
    statement = parse_statement(canonical_bytes(altered(ALL[name], where, value)))
    with pytest.raises(Malformed) as caught:
        check_codes(statement, ZONES)
    assert (caught.value.where, caught.value.rule) == (where, rule)
