"""Exact shares of a whole: fractions, units of a total, all but n units, and inclusive ranges.

Guarantees exactness (no float anywhere) and one spelling per value: a fraction is reduced, counts have no leading zero.
`Share` is the value used in arithmetic: an interval of fractions, exact when both ends are equal (DESIGN section 3, rule 1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import cmp_to_key
from math import gcd, lcm
from operator import neg
from typing import Final, NamedTuple

from domain.errors import Malformed

_FRACTION = re.compile(r"(0|[1-9][0-9]{0,29})/([1-9][0-9]{0,29})\Z")
_COUNT = re.compile(r"(0|[1-9][0-9]{0,29})\Z")


class _Kept(NamedTuple):
    """What a share keeps."""

    low_part: int
    high_part: int
    parts: int
    units_of: int | None


class Share(_Kept):
    """From `low` to `high` of the whole, both inclusive, 0 ≤ low ≤ high. `units_of` keeps the total of a stated count.

    Immutable. Both ends are kept as whole numbers over one denominator, because a long history adds and compares shares by the
    ten thousand: equal denominators then need no fractions at all. A tuple only so that making one is fast: equality and hash are
    of the values, however written, and shares have no order of their own.
    """

    __slots__ = ()

    def __new__(cls, low: Fraction, high: Fraction, units_of: int | None = None) -> Share:
        if not 0 <= low <= high:
            raise Malformed("share", "a share lies between nothing and the whole, its minimum not above its maximum")
        den = lcm(low.denominator, high.denominator)
        ends = (low.numerator * (den // low.denominator), high.numerator * (den // high.denominator))
        return tuple.__new__(cls, (*ends, den, units_of))

    def __repr__(self) -> str:
        counted = f", units_of={self.units_of}" if self.units_of is not None else ""
        return f"Share({self.low}, {self.high}{counted})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Share):
            return NotImplemented
        low, high, den, of = self
        least, most, parts, counted = other
        return of == counted and low * parts == least * den and high * parts == most * den

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: object) -> bool:
        raise TypeError("shares have no order of their own: ranges overlap; see `within`, `below` and `rising`")

    def __hash__(self) -> int:
        return hash((self.low, self.high, self.units_of))

    def __reduce__(self) -> tuple[type[Share], tuple[Fraction, Fraction, int | None]]:
        return Share, (self.low, self.high, self.units_of)

    @property
    def low(self) -> Fraction:
        return Fraction(self.low_part, self.parts)

    @property
    def high(self) -> Fraction:
        return Fraction(self.high_part, self.parts)

    @property
    def exact(self) -> bool:
        return self.low_part == self.high_part

    @property
    def empty(self) -> bool:
        return self.high_part == 0

    @property
    def positive(self) -> bool:
        """Whether it is surely more than nothing."""
        return self.low_part > 0

    def counted(self, units_of: int | None) -> Share:
        """The same share, of this total of units."""
        return (
            self
            if units_of == self.units_of
            else _share(self.low_part, self.high_part, self.parts, units_of, self.parts)
        )

    def plus(self, other: Share) -> Share:
        mine, theirs, den = _over(self, other)
        low, high = self.low_part * mine + other.low_part * theirs, self.high_part * mine + other.high_part * theirs
        return _share(low, high, den, self.units_of or other.units_of, max(self.parts, other.parts))

    def minus(self, other: Share) -> Share:
        """What is left when `other` is taken away; never below nothing."""
        mine, theirs, den = _over(self, other)
        low, high = self.low_part * mine - other.high_part * theirs, self.high_part * mine - other.low_part * theirs
        return _share(max(0, low), max(0, high), den, self.units_of or other.units_of, max(self.parts, other.parts))

    def times(self, other: Share) -> Share:
        low, high, den = self.low_part * other.low_part, self.high_part * other.high_part, self.parts * other.parts
        return _share(low, high, den, None, max(self.parts, other.parts))

    def scaled(self, factor: Fraction, units_of: int | None) -> Share:
        n = factor.numerator
        return _share(self.low_part * n, self.high_part * n, self.parts * factor.denominator, units_of, self.parts)

    def smaller(self, other: Share) -> Share:
        """The end-wise minimum."""
        mine, theirs, den = _over(self, other)
        low, high = (
            min(self.low_part * mine, other.low_part * theirs),
            min(self.high_part * mine, other.high_part * theirs),
        )
        return _share(low, high, den, self.units_of or other.units_of, max(self.parts, other.parts))

    def parted(self, need: Share) -> tuple[Share, Share, Share]:
        """What can be given of `need`, what is left of this share then, and what of `need` is still missing."""
        low, high, den, of = self
        least, most, parts, counted = need
        before, units = den, counted or of
        if den != parts:
            mine, theirs, den = _over(self, need)
            low, high, least, most, before = low * mine, high * mine, least * theirs, most * theirs, max(before, parts)
        whole = den == parts and least <= low and most <= high and units == counted  # one value in memory, not two
        return (
            need if whole else _share(min(low, least), min(high, most), den, units, before),
            _share(max(0, low - most), max(0, high - least), den, of or counted, before),
            _share(max(0, least - high), max(0, most - low), den, units, before),
        )

    def above(self, value: Fraction) -> bool:
        """Whether it is surely more than a value."""
        return self.low_part * value.denominator > value.numerator * self.parts

    def within(self, other: Share) -> bool:
        """Whether its maximum is not above the other's."""
        return self.high_part * other.parts <= other.high_part * self.parts

    def below(self, other: Share) -> bool:
        """Whether its maximum is under the other's."""
        return self.high_part * other.parts < other.high_part * self.parts


_REDUCED_EVERY: Final = 512
"""Shares are reduced when their denominator grows past another multiple of so many bits: more often costs more than it saves."""
_DENOMINATOR_MAX: Final = 1 << _REDUCED_EVERY


def _share(low: int, high: int, den: int, units_of: int | None, grown_from: int) -> Share:
    """A share over the denominator `den`, which was `grown_from` before."""
    if den >= _DENOMINATOR_MAX and den.bit_length() // _REDUCED_EVERY > grown_from.bit_length() // _REDUCED_EVERY:
        common = gcd(low, high, den)
        low, high, den = low // common, high // common, den // common
    return tuple.__new__(Share, (low, high, den, units_of))


def _over(one: Share, other: Share) -> tuple[int, int, int]:
    """Factors that bring two shares over one denominator, and that denominator."""
    if one.parts == other.parts:
        return 1, 1, one.parts
    if one.parts > _DENOMINATOR_MAX or other.parts > _DENOMINATOR_MAX:  # a division costs less than a common multiple
        factor, left = divmod(one.parts, other.parts)
        if not left:
            return 1, factor, one.parts
        factor, left = divmod(other.parts, one.parts)
        if not left:
            return factor, 1, other.parts
    den = lcm(one.parts, other.parts)
    return den // one.parts, den // other.parts, den


NOTHING: Final = Share(Fraction(0), Fraction(0))
WHOLE: Final = Share(Fraction(1), Fraction(1))


def exactly(value: Fraction, units_of: int | None = None) -> Share:
    """The exact share `value`."""
    return Share(value, value, units_of)


def total(shares: Sequence[Share]) -> Share:
    """The sum of one or more shares."""
    first = shares[0]
    if len(shares) == 1:
        return first
    lows, highs, parts, counts = zip(*shares, strict=True)
    den = first.parts
    if parts.count(den) == len(parts):
        units_of = next(filter(None, counts), None)
        return _share(sum(lows), sum(highs), den, units_of, den)
    for share in shares[1:]:
        first = first.plus(share)
    return first


def descending(shares: Sequence[Share]) -> list[tuple[int, int]]:
    """A sorting key for each of several shares: the larger maximum first, then the larger minimum."""
    lows, highs, parts, _ = zip(*shares, strict=True)
    if parts.count(parts[0]) == len(parts):
        return [*zip(map(neg, highs), map(neg, lows), strict=True)]
    den = lcm(*parts)
    return [(-share.high_part * (den // share.parts), -share.low_part * (den // share.parts)) for share in shares]


def _by_maximum(one: Share, other: Share) -> int:
    return one.high_part * other.parts - other.high_part * one.parts


_exact_maximum = cmp_to_key(_by_maximum)


def rising(share: Share) -> tuple[int, object]:
    """A sorting key by maximum: its first bits, which nearly always suffice, then all of it."""
    return (share.high_part << 64) // share.parts, _exact_maximum(share)


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
    low, high, parts, of = share
    if low != high:
        return {"min": format_fraction(share.low), "max": format_fraction(share.high)}
    if of is not None and not low * of % parts:
        return {"units": str(low * of // parts), "of": str(of)}
    common = gcd(low, parts)
    return f"{low // common}/{parts // common}"


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
