"""The time an entry is recorded at, and when to stop rather than record a wrong one (DESIGN section 2, "Entry").

Guarantees UTC with whole milliseconds, never before the entry before it. A clock up to 2 s behind repeats the last
time; one further behind, or more than 60 s ahead of a second source, is refused. It reads no clock by itself: both
sources are handed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from ledger.errors import LedgerError

BEHIND_MAX: Final = timedelta(seconds=2)
AHEAD_MAX: Final = timedelta(seconds=60)

Now = Callable[[], datetime]
"""A clock: an aware datetime."""


class ClockRefused(LedgerError):
    """The clock cannot be right; nothing is appended until it is. `now` is what it said, `met` what that contradicts."""

    def __init__(self, why: str, now: datetime, met: datetime) -> None:
        super().__init__(f"appending stops: {why}. Set the clock, then try again; nothing was recorded.")
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
            if now - second > AHEAD_MAX:
                raise ClockRefused(f"the clock says {now}, a second source {second}", now, second)
        if last is None or now >= last:
            return now
        if last - now > BEHIND_MAX:
            raise ClockRefused(f"the clock says {now}, but the last entry was recorded at {last}", now, last)
        return last
