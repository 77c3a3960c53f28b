"""Legal days, half-open periods and the three clocks.

A legal day begins and ends in its zone; `until` in a statement is inclusive for dates and exclusive for instants, inside the
house every period is half-open in UTC (DESIGN sections 2 and 3, rules 3 and 4). Zones are data handed in by the caller: this
module reads neither the system's clock nor its time zone files.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from domain.errors import Malformed
from domain.identifiers import EffectRef

Zones = Mapping[str, ZoneInfo]
"""IANA name → rules of that zone, of the tzdata version in force; never the system's."""

BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
"""Since before the record begins."""
END: Final = datetime.max.replace(tzinfo=UTC)
"""Open."""
LAST: Final = END - datetime.resolution
"""The last moment of time."""
FIRST_DAY: Final = datetime(1000, 1, 2, tzinfo=UTC)
"""The earliest moment a nesting of legal orders is asked for: time zones can be applied to it."""

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?\Z")
_INSTANT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{3}))?Z\Z")
_DURATION = re.compile(r"P([1-9][0-9]{0,3})([DMY])\Z")
_YEARS: Final = range(1000, 9999)


@dataclass(frozen=True, slots=True)
class Days:
    """A date as known: the first and the last day it may be; both equal for an exact date. `text` is its one spelling."""

    first: date
    last: date
    text: str

    @property
    def exact(self) -> bool:
        return self.first == self.last


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment in UTC. `text` is its one spelling."""

    at: datetime
    text: str


When = Days | Instant


def parse_days(text: str, where: str) -> Days:
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD`, years 1000 to 9998. Raises Malformed for impossible dates."""
    found = _DATE.match(text)
    if found is None:
        raise Malformed(where, "not a date: expected YYYY-MM-DD, YYYY-MM or YYYY")
    year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if year not in _YEARS:
        raise Malformed(where, "impossible date: the year must lie between 1000 and 9998")
    try:
        first = date(year, month if found[2] else 1, day if found[3] else 1)
    except ValueError as error:
        raise Malformed(where, "impossible date: no such day in the calendar") from error
    if found[3]:
        return Days(first, first, text)
    last_month = month or 12
    return Days(first, date(year, last_month, calendar.monthrange(year, last_month)[1]), text)


def parse_day_range(earliest: str, latest: str, where: str) -> Days:
    """`[not before, not after]`: two dates, the first before the second. Raises Malformed."""
    low, high = parse_days(earliest, where + "/0"), parse_days(latest, where + "/1")
    if not low.exact or not high.exact or low.first >= high.first:
        raise Malformed(where, "a range of dates needs two whole dates, the earlier first")
    return Days(low.first, high.last, f"{earliest}/{latest}")


def parse_instant(text: str, where: str) -> Instant:
    """`YYYY-MM-DDThh:mm:ss[.sss]Z`; no `.000`, no leap second. Raises Malformed."""
    found = _INSTANT.match(text)
    if found is None:
        raise Malformed(where, "not an instant: expected YYYY-MM-DDThh:mm:ssZ or with three decimals, in UTC")
    if found[7] == "000":
        raise Malformed(where, "not an instant in its one spelling: leave out .000")
    numbers = [int(found[i]) for i in range(1, 7)]
    if numbers[0] not in _YEARS:
        raise Malformed(where, "impossible instant: the year must lie between 1000 and 9998")
    try:
        year, month, day, hour, minute, second = numbers
        at = datetime(year, month, day, hour, minute, second, int(found[7] or 0) * 1000, tzinfo=UTC)
    except ValueError as error:
        raise Malformed(where, "impossible instant: no such time in the calendar") from error
    return Instant(at, text)


def format_instant(at: datetime) -> str:
    """The one spelling of a moment; milliseconds only when there are any."""
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    milliseconds = at.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


@dataclass(frozen=True, slots=True)
class Duration:
    """`PnD`, `PnM` or `PnY`."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"P{self.count}{self.unit}"

    def after(self, day: date) -> date:
        """`day` plus this duration, month ends clipped (31 January + P1M = 28 or 29 February)."""
        if self.unit == "D":
            return day + timedelta(days=self.count)
        months = self.count * (12 if self.unit == "Y" else 1)
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))

    def last_day(self, first: date) -> date:
        """The last day of a term of this length whose first day is `first`: the day before the one that corresponds to it, and
        where the last month has no such day, its last one (as § 188 BGB counts)."""
        corresponding = self.after(first)
        clipped = self.unit != "D" and corresponding.day != first.day
        return corresponding if clipped else corresponding - timedelta(days=1)


def parse_duration(text: str, where: str) -> Duration:
    """Raises Malformed for any form but PnD, PnM, PnY with n from 1 to 9999."""
    found = _DURATION.match(text)
    if found is None:
        raise Malformed(where, "not a duration: expected PnD, PnM or PnY")
    return Duration(int(found[1]), found[2])


@dataclass(frozen=True, slots=True)
class Effective:
    """When an act takes legal effect. `start` None = since before the record begins. Dates need `zone`, instants have none."""

    start: When | None = None
    until: When | None = None
    zone: str | None = None
    after: EffectRef | None = None


def day_start(day: date, zone: str, zones: Zones) -> datetime:
    """The first moment of a legal day, in UTC. Where a clock change skips midnight, the first moment after the change; a day
    skipped as a whole (Samoa, 30 December 2011) is empty."""
    return _first_moment(day, zones[zone])


@lru_cache(maxsize=65_536)
def _first_moment(day: date, local: ZoneInfo) -> datetime:
    early, late = (datetime(day.year, day.month, day.day, tzinfo=local, fold=fold).astimezone(UTC) for fold in (1, 0))
    if early >= late:  # midnight exists; if twice, the first one counts
        return late
    while late - early > timedelta(seconds=1):  # the change lies between: before it the day before, from it on this day
        middle = early + (late - early) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        early, late = (early, middle) if middle.astimezone(local).date() >= day else (middle, late)
    return late


def day_end(day: date, zone: str, zones: Zones) -> datetime:
    """The first moment after a legal day, in UTC."""
    return day_start(day + timedelta(days=1), zone, zones)


def day_of(at: datetime, zone: str, zones: Zones) -> date:
    """The legal day in `zone` that holds the moment `at`."""
    return at.astimezone(zones[zone]).date()


def start_bounds(when: When | None, zone: str | None, zones: Zones) -> tuple[datetime, datetime]:
    """The earliest and the latest moment at which something that starts `when` starts."""
    match when:
        case None:
            return BEGINNING, BEGINNING
        case Instant(at=at):
            return at, at
        case Days(first=first, last=last):
            assert zone is not None, "the parser demands a zone beside a date"
            early = day_start(first, zone, zones)
            return early, early if first == last else day_start(last, zone, zones)


def until_bounds(when: When | None, zone: str | None, zones: Zones) -> tuple[datetime, datetime]:
    """The earliest and the latest moment at which something that runs `until` when has just ended (exclusive end)."""
    match when:
        case None:
            return END, END
        case Instant(at=at):
            return at, at
        case Days(first=first, last=last):
            assert zone is not None, "the parser demands a zone beside a date"
            early = day_end(first, zone, zones)
            return early, early if first == last else day_end(last, zone, zones)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The moments a question is asked for. `effective_at` None = the whole history; `known_at` None = now; `size` None = head.

    A moment given as a legal day is turned into the last moment of that day by the caller (`end_of`), who also names the zone.
    `knower` None asks what was known to the public; a party asks what that party knew.
    """

    effective_at: datetime | None = None
    known_at: datetime | None = None
    size: int | None = None
    knower: str | None = None


def end_of(day: date, zone: str, zones: Zones) -> datetime:
    """The last moment (to the microsecond) of a legal day: what a bare date on a clock stands for."""
    return day_end(day, zone, zones) - timedelta(microseconds=1)
