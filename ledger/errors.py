"""The roots of everything that can go wrong.

    ValueError
    └── Malformed      not a valid statement, note, proof …: where and why
    Exception
    └── LedgerError    a broken proof, a corrupt or unavailable store: the fields of each subclass hold the raw evidence

The third root is no exception: `Objection`, in the domain, is a lawful answer, a value with rule, statement and state.
Subclasses of `LedgerError` stand beside the code that raises them. Only `api` and `cli` translate errors for people.
"""

from domain.errors import Malformed

__all__ = ["LedgerError", "Malformed"]


class LedgerError(Exception):
    """The ledger, or what claims to come from it, cannot be trusted or used as it is. Raise a subclass."""
