"""Legal orders that are nested in another by treaty: the members of the European Union, with dates (DESIGN section 3, rule 9).

Data that comes with the rules of law in force; acts of the register (`forum.nested`) extend it and never take from it. A
membership begins and ends with a legal day in Brussels, written here as moments in UTC. Source: the accession treaties, and
Article 50 TEU with the withdrawal agreement, OJ L 29 of 31 January 2020. Not here: which acts a legal order applies, and
transition periods, in which a former member goes on applying the union's law by its own statute.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from domain.identifiers import Forum

EUROPEAN_UNION: Final = Forum("EU")


def _midnight(year: int, month: int, day: int, utc_offset: int) -> datetime:
    """The first moment of a day in Brussels. `utc_offset` in hours: 1 in winter, 2 in summer time."""
    return datetime.fromisoformat(f"{year}-{month:02d}-{day:02d}T00:00:00+0{utc_offset}:00").astimezone(UTC)


_ACCESSIONS: Final = (
    (_midnight(1958, 1, 1, 1), "BE DE FR IT LU NL"),
    (_midnight(1973, 1, 1, 1), "DK GB IE"),
    (_midnight(1981, 1, 1, 1), "GR"),
    (_midnight(1986, 1, 1, 1), "ES PT"),
    (_midnight(1995, 1, 1, 1), "AT FI SE"),
    (_midnight(2004, 5, 1, 2), "CY CZ EE HU LT LV MT PL SI SK"),
    (_midnight(2007, 1, 1, 1), "BG RO"),
    (_midnight(2013, 7, 1, 2), "HR"),
)
MEMBER_SINCE: Final = {Forum(code): since for since, codes in _ACCESSIONS for code in codes.split()}
"""The first moment of membership."""
MEMBER_UNTIL: Final = {Forum("GB"): _midnight(2020, 2, 1, 1)}
"""The first moment after it: 31 January 2020 was the last day of the United Kingdom's."""


def treaty_orders(forum: Forum, at: datetime) -> frozenset[Forum]:
    """The legal orders that a forum is a member of at a moment, by the table above."""
    since, until = MEMBER_SINCE.get(forum), MEMBER_UNTIL.get(forum)
    if since is None or at < since or (until is not None and at >= until):
        return frozenset()
    return frozenset((EUROPEAN_UNION,))
