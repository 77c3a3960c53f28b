"""The time an entry is recorded at, and when to stop rather than record a wrong one (DESIGN section 2, "Entry").

Guarantees UTC with whole milliseconds, never before the entry before it. A clock up to 2 s behind repeats the last
time; one further behind, or more than 60 s apart from a second source, is refused: a clock that is ahead would date
entries into the future, one that is behind could not be told from an old ledger that nobody wrote to for a while.
`RecordingClock` reads no clock by itself: both sources are handed in, the second as the settings name it.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from ledger.errors import LedgerError

BEHIND_MAX: Final = timedelta(seconds=2)
APART_MAX: Final = timedelta(seconds=60)
ASK_SECONDS: Final = 10
STEADY: Final = "steady"

Now = Callable[[], datetime]
"""A clock: an aware datetime."""


class ClockRefused(LedgerError):
    """The clock cannot be right; nothing is appended until it is. `now` is what it said, `met` what that contradicts."""

    def __init__(self, why: str, now: datetime, met: datetime) -> None:
        super().__init__(
            f"appending stops: {why}. Set the clock, start this program again if it was set while it ran, and try again;"
            " nothing was recorded."
        )
        self.why = why
        self.now = now
        self.met = met


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


def steady_clock(now: Now = utc_now) -> Now:
    """A second source for a process that runs long: the time at which it started, and what has passed since then by a
    counter that no step of the system's clock moves. It does not notice a clock that was wrong from the start."""
    began, counted = now(), time.clock_gettime(time.CLOCK_BOOTTIME)
    return lambda: began + timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME) - counted)


class SecondClockMissing(LedgerError):
    """The second source of time gave no answer that can be used. `source` names it."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(
            f"{source}: the second source of time {why}. Name another in CONTROL_LEDGER_SECOND_CLOCK, or `{STEADY}`."
        )
        self.source = source
        self.why = why


def second_clock(source: str) -> Now:
    """The second source as the settings name it: `steady`, or the http(s) address of a server, whose Date (RFC 9110
    section 6.6.1) is asked once, now, and carried on by the counter of `steady_clock`. Raises SecondClockMissing."""
    return steady_clock() if source == STEADY else steady_clock(lambda: _date_of(source))


def _date_of(address: str) -> datetime:
    request = urllib.request.Request(address, method="HEAD")
    if request.type not in ("http", "https"):
        raise SecondClockMissing(address, "is asked over http or https")
    try:
        with urllib.request.urlopen(request, timeout=ASK_SECONDS) as answer:
            told = answer.headers["Date"]
    except urllib.error.HTTPError as error:
        told = error.headers["Date"]  # a server that refuses the page still says the time
    except OSError as error:
        raise SecondClockMissing(address, f"does not answer ({error})") from error
    try:
        date = parsedate_to_datetime(told or "")
    except ValueError as error:
        raise SecondClockMissing(address, "says no Date") from error
    if date.tzinfo is None:
        raise SecondClockMissing(address, "says a Date without a zone")
    return date.astimezone(UTC)


class RecordingClock:
    """Says when the next entry is recorded."""

    def __init__(self, now: Now = utc_now, second: Now | None = None) -> None:
        self._now = now
        self._second = second

    def read(self) -> datetime:
        """The moment, UTC, whole milliseconds."""
        now = self._now().astimezone(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def next_after(self, last: datetime | None) -> datetime:
        """The time for the next entry after one recorded at `last`. Raises ClockRefused."""
        now = self.read()
        if self._second is not None:
            second = self._second()
            if abs(now - second) > APART_MAX:
                behind = "ahead of" if now > second else "behind"
                raise ClockRefused(
                    f"the clock says {now}, {abs(now - second)} {behind} a second source, which says {second}",
                    now,
                    second,
                )
        if last is None or now >= last:
            return now
        if last - now > BEHIND_MAX:
            raise ClockRefused(f"the clock says {now}, but the last entry was recorded at {last}", now, last)
        return last
