"""The recorded clock at its limits."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ledger.recording_clock import (
    ClockRefused,
    RecordingClock,
    SecondClockMissing,
    second_clock,
    steady_clock,
    utc_now,
)
from ledger.settings import SettingsInvalid, read_settings
from tests.ledger.clocks import dated

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


@pytest.mark.parametrize("way", [1, -1])
def test_more_than_a_minute_from_the_second_source_is_refused_either_way(way):
    read = clock().read()
    assert clock(second=read + way * timedelta(seconds=60)).next_after(None) == read
    with pytest.raises(ClockRefused, match="a second source, which says") as refused:
        clock(second=read + way * (timedelta(seconds=60) + MS)).next_after(None)
    assert (refused.value.now, refused.value.met) == (read, read + way * (timedelta(seconds=60) + MS))


@pytest.mark.parametrize("hours", [1, -1])
def test_the_steady_clock_does_not_follow_a_step(hours):
    """An hour back, the last entry being a day old, is noticed by nothing else."""
    told = [NOW]
    steady = steady_clock(lambda: told[0])
    recording = RecordingClock(lambda: told[0], steady)
    yesterday = NOW - timedelta(days=1)
    assert recording.next_after(yesterday) == clock().read()
    told[0] = NOW + timedelta(hours=hours)
    assert timedelta(0) <= steady() - NOW < timedelta(minutes=1)
    with pytest.raises(ClockRefused, match="ahead of" if hours > 0 else "behind"):
        recording.next_after(yesterday)
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_server_is_asked_for_its_date_once_and_carried_on():
    with dated(lambda: NOW, status=404) as (address, asked):
        second = second_clock(address)
        assert timedelta(0) <= second() - NOW.replace(microsecond=0) < timedelta(minutes=1)
        second()
    assert asked == ["HEAD"]


@pytest.mark.parametrize(
    ("date", "why"),
    [(None, "says no Date"), ("soon", "says no Date"), ("Thu, 15 Jan 2026 09:30:00 -0000", "without a zone")],
)
def test_a_server_without_a_usable_date_is_no_second_source(date, why):
    with dated(lambda: NOW, date=date) as (address, _), pytest.raises(SecondClockMissing, match=why):
        second_clock(address)


def test_a_server_that_is_not_there_is_no_second_source():
    with dated(lambda: NOW) as (address, _):
        pass
    with pytest.raises(SecondClockMissing, match="does not answer"):
        second_clock(address)
    with pytest.raises(SecondClockMissing, match="over http"):
        second_clock("ftp://127.0.0.1/")


def test_the_settings_name_the_second_source(monkeypatch):
    assert read_settings().second_clock == "steady"
    assert second_clock(read_settings().second_clock)() <= utc_now()
    monkeypatch.setenv("CONTROL_LEDGER_SECOND_CLOCK", "sundial")
    with pytest.raises(SettingsInvalid, match="CONTROL_LEDGER_SECOND_CLOCK: expected steady"):
        read_settings()
