"""Exact shares of a whole: fractions, units of a total, all but n units, and inclusive ranges.

Guarantees exactness (no float anywhere) and one spelling per value: a fraction is reduced, counts have no leading zero.
`Share` is the value used in arithmetic: an interval of fractions, exact when both ends are equal (DESIGN section 3, rule 1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from domain.errors import Malformed

_FRACTION = re.compile(r"(0|[1-9][0-9]{0,29})/([1-9][0-9]{0,29})\Z")
_COUNT = re.compile(r"(0|[1-9][0-9]{0,29})\Z")


@dataclass(frozen=True, slots=True)
class Share:
    """From `low` to `high` of the whole, both inclusive, 0 ≤ low ≤ high. `units_of` keeps the total of a stated count."""

    low: Fraction
    high: Fraction
    units_of: int | None = None

    def __post_init__(self) -> None:
        if self.low is not self.high and self.low == self.high:
            object.__setattr__(
                self, "high", self.low
            )  # one object for both ends: exactness is then seen without arithmetic
        if self.low is self.high and self.low.numerator >= 0:
            return
        if not 0 <= self.low <= self.high:
            raise Malformed("share", "a share lies between nothing and the whole, its minimum not above its maximum")

    @property
    def exact(self) -> bool:
        return self.low is self.high

    @property
    def empty(self) -> bool:
        return self.high.numerator == 0

    def plus(self, other: Share) -> Share:
        if self.low is self.high and other.low is other.high:
            return exactly(self.low + other.low, self.units_of or other.units_of)
        return Share(self.low + other.low, self.high + other.high, self.units_of or other.units_of)

    def minus(self, other: Share) -> Share:
        """What is left when `other` is taken away; never below nothing."""
        zero = Fraction(0)
        return Share(
            max(zero, self.low - other.high), max(zero, self.high - other.low), self.units_of or other.units_of
        )

    def times(self, other: Share) -> Share:
        return Share(self.low * other.low, self.high * other.high)

    def scaled(self, factor: Fraction, units_of: int | None) -> Share:
        return Share(self.low * factor, self.high * factor, units_of)

    def smaller(self, other: Share) -> Share:
        """The end-wise minimum."""
        return Share(min(self.low, other.low), min(self.high, other.high), self.units_of or other.units_of)


def less(one: Fraction, other: Fraction) -> bool:
    """`one < other`, without the detour through number towers that makes comparing fractions slow."""
    return one.numerator * other.denominator < other.numerator * one.denominator


NOTHING: Final = Share(Fraction(0), Fraction(0))
WHOLE: Final = Share(Fraction(1), Fraction(1))


def exactly(value: Fraction, units_of: int | None = None) -> Share:
    """The exact share `value`."""
    return Share(value, value, units_of)


def parse_fraction(text: object, where: str) -> Fraction:
    """`a/b`, reduced, the whole `1/1`, nothing `0/1`. Raises Malformed."""
    found = _FRACTION.match(text) if isinstance(text, str) else None
    if found is None:
        raise Malformed(where, 'not a share: expected a reduced fraction as a string, such as "1/4"')
    value = Fraction(int(found[1]), int(found[2]))
    if f"{value.numerator}/{value.denominator}" != text:
        raise Malformed(where, f'not reduced: write "{value.numerator}/{value.denominator}"')
    if value > 1:
        raise Malformed(where, "a share cannot exceed the whole")
    return value


def parse_count(text: object, where: str) -> int:
    """A whole number as a decimal string without leading zero. Raises Malformed."""
    if not isinstance(text, str) or not _COUNT.match(text):
        raise Malformed(where, "not a count: expected a decimal string without leading zero")
    return int(text)


def parse_share(value: object, where: str) -> Share:
    """`"a/b"`, `{units, of}`, `{all_but, of}` or `{min, max}`. Raises Malformed for anything else."""
    if isinstance(value, str):
        return exactly(parse_fraction(value, where))
    if not isinstance(value, dict):
        raise Malformed(where, "not a share: expected a fraction, {units, of}, {all_but, of} or {min, max}")
    match set(value):
        case members if members in ({"units", "of"}, {"all_but", "of"}):
            total = parse_count(value["of"], where + "/of")
            name = "units" if "units" in members else "all_but"
            count = parse_count(value[name], f"{where}/{name}")
            if total == 0 or count > total:
                raise Malformed(where, "more units than the total, or a total of nothing")
            return exactly(Fraction(count if name == "units" else total - count, total), total)
        case members if members == {"min", "max"}:
            low, high = parse_fraction(value["min"], where + "/min"), parse_fraction(value["max"], where + "/max")
            if low >= high:
                raise Malformed(where, "a range needs a minimum below its maximum; state an exact share as a fraction")
            return Share(low, high)
        case _:
            raise Malformed(where, "not a share: expected a fraction, {units, of}, {all_but, of} or {min, max}")


def format_fraction(value: Fraction) -> str:
    """The one spelling of a fraction."""
    return f"{value.numerator}/{value.denominator}"


def format_share(share: Share) -> str | dict[str, str]:
    """A share as an answer spells it: a fraction, units when a total is known and the count is whole, or a range."""
    if not share.exact:
        return {"min": format_fraction(share.low), "max": format_fraction(share.high)}
    if share.units_of is not None and (share.low * share.units_of).denominator == 1:
        return {"units": str(int(share.low * share.units_of)), "of": str(share.units_of)}
    return format_fraction(share.low)


def percent(share: Share, places: int = 4) -> str:
    """A share in percent for a reader, rounded half up to `places`, `≈` before a rounded value; never used to compute."""
    if not share.exact:
        return f"{_percent(share.low, places)}–{_percent(share.high, places)}"
    return _percent(share.low, places)


def _percent(value: Fraction, places: int) -> str:
    scaled = value * 100 * 10**places
    whole = int(scaled + Fraction(1, 2))
    digits = f"{whole // 10**places}.{whole % 10**places:0{places}d}".rstrip("0").rstrip(".")
    return f"{digits} %" if scaled == whole else f"≈ {digits} %"
