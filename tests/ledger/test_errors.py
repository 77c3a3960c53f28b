"""The roots stay apart: catching one never catches another."""

from domain import errors as of_domain
from ledger.errors import LedgerError, Malformed


def test_one_malformed_for_domain_and_ledger():
    assert Malformed is of_domain.Malformed
    assert issubclass(Malformed, ValueError)


def test_roots_do_not_overlap():
    assert not issubclass(LedgerError, ValueError)
    assert not issubclass(Malformed, LedgerError)
