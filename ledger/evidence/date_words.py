"""Dates and legal orders as a reader of English says them, for the bundle.

Guarantees that nothing is lost: a month or a year stays one, a range stays a range, an instant keeps its second and its
zone; and that what has none of these forms is returned as it is. It checks no dates: the statements did.
"""

from __future__ import annotations

import re
from typing import Final

import pycountry

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DATE: Final = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-([0-9]{2}))?)?\Z")
_INSTANT: Final = re.compile(r"([0-9-]{10})T([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?)Z\Z")


def date_words(text: str) -> str:
    """`2023-03-15` as "15 March 2023", `2022-10` as "October 2022", `a/b` as "between a and b", once what they share."""
    if "/" in text:
        first, _, last = text.partition("/")
        one, other = date_words(first), date_words(last)
        words, more = one.split(" "), other.split(" ")
        while len(words) > 1 and len(words) == len(more) and words[-1] == more[-1]:
            words.pop()
            more.pop()
        return f"between {' '.join(words)} and {other}"
    if (instant := _INSTANT.match(text)) is not None:
        return f"{date_words(instant[1])}, {instant[2]} UTC"
    found = _DATE.match(text)
    if found is None:
        return text
    year, month, day = found.groups()
    return " ".join(part for part in (day and str(int(day)), month and _MONTHS[int(month) - 1], year) if part)


def forum_words(code: str) -> str:
    """A legal order by its name and code: `DE` as "Germany (DE)". A body outside the list stays as it is spelled."""
    if code == "EU":
        return "European Union (EU)"
    country = pycountry.countries.get(alpha_2=code)
    return code if country is None else f"{getattr(country, 'common_name', country.name)} ({code})"
