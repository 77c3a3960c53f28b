"""The closed list of kinds of measure, and the family each belongs to (DESIGN section 3, rule 2; `impose` in the
format).

Guarantees that every kind has exactly one family. It says nothing of what a measure does: that is in its powers,
limit and sanction, which each instrument states for itself. The list is a code list: it counts at admission only, so
`family_of` answers for a kind it does not know too, and a replay never fails on one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.effects import Family

_BY_FAMILY: Final = {
    Family.CONTROL: """administrator concession custodianship decision-veto direction golden-share management-contract
        operation-lease operator receivership requisition special-administration step-in temporary-management
        trusteeship voting-agreement""",
    Family.RESTRICTION: """access-restriction acquisition-cap call-in critical-infrastructure designation disposal-ban
        divestment-order export-ban freeze hold-separate import-ban licence-duty licence-refusal notification-duty
        payment-ban suspension-order transaction-prohibition undertaking""",
    Family.ENCUMBRANCE: """attachment charge escrow ground-lease lease lien lis-pendens mortgage option pledge
        pre-emption retention-of-title usufruct""",
    Family.REPRESENTATION: """attorney board director government guardian insolvency-officer liquidator
        nominee-authority""",
    Family.POSSESSION: "handover lost-access occupation",
}

MEASURE_KINDS: Final[Mapping[str, Family]] = MappingProxyType(
    {kind: family for family, kinds in _BY_FAMILY.items() for kind in kinds.split()}
)

CONSENSUAL = frozenset(
    {"charge", "concession", "escrow", "ground-lease", "lease", "mortgage", "operation-lease", "option", "pledge"}
    | {"pre-emption", "usufruct"}
)
"""What an owner grants; other burdens are made by a court, a claimant or the law."""
UNGRANTED = frozenset({"lien", "lis-pendens", "retention-of-title"})
"""Burdens that nobody grants: the law makes them, or a claim does."""


def family_of(kind: str) -> Family:
    """The family of a kind. A kind from a later code list counts as a restriction: it can bar, never give a power."""
    return MEASURE_KINDS.get(kind, Family.RESTRICTION)
