"""The recorded clock at its limits."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ledger.recording_clock import ClockRefused, RecordingClock, steady_clock, utc_now

NOW = datetime(2026, 1, 15, 9, 30, 0, 250_999, tzinfo=UTC)
MS = timedelta(milliseconds=1)


def clock(now: datetime = NOW, second: datetime | None = None) -> RecordingClock:
    return RecordingClock(lambda: now, None if second is None else lambda: second)


def test_it_reads_utc_in_whole_milliseconds():
    assert clock().read() == NOW.replace(microsecond=250_000)
    elsewhere = NOW.astimezone(timezone(timedelta(hours=3)))
    assert clock(elsewhere).read().tzinfo is UTC


@pytest.mark.parametrize(
    ("last", "recorded"),
    [
        (None, timedelta(0)),
        (timedelta(days=-1), timedelta(0)),
        (timedelta(0), timedelta(0)),
        (MS, MS),
        (timedelta(seconds=2), timedelta(seconds=2)),
    ],
)
def test_time_goes_on_or_stands_still(last, recorded):
    read = clock().read()
    assert clock().next_after(None if last is None else read + last) == read + recorded


def test_more_than_two_seconds_behind_is_refused():
    read = clock().read()
    with pytest.raises(ClockRefused) as refused:
        clock().next_after(read + timedelta(seconds=2) + MS)
    assert refused.value.met - refused.value.now == timedelta(seconds=2) + MS


def test_more_than_a_minute_ahead_of_the_second_source_is_refused():
    read = clock().read()
    assert clock(second=read - timedelta(seconds=60)).next_after(None) == read
    with pytest.raises(ClockRefused):
        clock(second=read - timedelta(seconds=60) - MS).next_after(None)
    assert clock(second=read + timedelta(days=1)).next_after(None) == read


def test_the_steady_clock_does_not_follow_a_step():
    told = [NOW]
    steady = steady_clock(lambda: told[0])
    told[0] = NOW + timedelta(hours=1)
    assert timedelta(0) <= steady() - NOW < timedelta(minutes=1)
    with pytest.raises(ClockRefused):
        RecordingClock(lambda: told[0], steady).next_after(None)
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(minutes=1)
