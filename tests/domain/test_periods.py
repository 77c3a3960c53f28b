"""Legal days begin and end in their zone; dates, instants and durations have one spelling."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from domain.periods import (
    BEGINNING,
    END,
    Days,
    Duration,
    day_end,
    day_of,
    day_start,
    end_of,
    format_instant,
    parse_day_range,
    parse_days,
    parse_duration,
    parse_instant,
    start_bounds,
    until_bounds,
)

ZONES = {
    name: ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "Europe/Moscow",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Asia/Beirut",
        "America/Toronto",
        "UTC",
    )
}
DATES = st.dates(date(1900, 1, 1), date(2037, 12, 31))


def utc(*moment: int) -> datetime:
    year, month, day, *clock = moment
    hour, minute = [*clock, 0, 0][:2]
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@given(st.dates(date(1000, 1, 1), date(9998, 12, 31)))
def test_a_day_comes_back(day):
    assert parse_days(day.isoformat(), "") == Days(day, day, day.isoformat())


def test_a_month_and_a_year_are_every_day_of_it():
    assert parse_days("2024-02", "") == Days(date(2024, 2, 1), date(2024, 2, 29), "2024-02")
    assert parse_days("2023", "") == Days(date(2023, 1, 1), date(2023, 12, 31), "2023")
    assert not parse_days("2023", "").exact
    assert parse_day_range("2023-01-15", "2023-03-01", "") == Days(
        date(2023, 1, 15), date(2023, 3, 1), "2023-01-15/2023-03-01"
    )


@pytest.mark.parametrize(
    "text",
    [
        "", "24-01-01", "2024-1-1", "2024-13", "2023-02-29", "2024-00", "2024-01-00", "0999-01-01", "9999", "2024-01-01T",
        "2024/01/01", "2024-01-01\n", "٢٠٢٤", "+2024", "2024-W01",
    ],
)  # fmt: skip
def test_any_other_date_is_refused(text):
    with pytest.raises(Malformed):
        parse_days(text, "/from")


@pytest.mark.parametrize(
    ("low", "high"), [("2024-01-02", "2024-01-01"), ("2024-01-01", "2024-01-01"), ("2024", "2025-01-01")]
)
def test_any_other_range_is_refused(low, high):
    with pytest.raises(Malformed):
        parse_day_range(low, high, "")


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1000 <= at.year <= 9998))
def test_an_instant_comes_back(at):
    whole = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert parse_instant(format_instant(whole), "").at == whole


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01T00:00:00", "2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00+00:00",
        "2024-01-01 00:00:00Z", "2024-01-01T24:00:00Z", "2016-12-31T23:59:60Z", "2023-02-29T00:00:00Z", "2024-01-01",
        "2024-01-01T00:00Z", "2024-01-01t00:00:00z", "2024-01-01T00:00:00Z\n", "0999-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_any_other_instant_is_refused(text):
    with pytest.raises(Malformed):
        parse_instant(text, "/from")


@given(st.integers(1, 9999), st.sampled_from("DMY"))
def test_a_duration_comes_back(count, unit):
    assert parse_duration(str(Duration(count, unit)), "") == Duration(count, unit)


@pytest.mark.parametrize("text", ["", "P", "P0D", "P01D", "P1W", "P1Y6M", "PT1H", "-P1D", "P10000D", "p1d", "P1D\n"])
def test_any_other_duration_is_refused(text):
    with pytest.raises(Malformed):
        parse_duration(text, "")


@pytest.mark.parametrize(
    ("day", "duration", "after"),
    [
        ("2023-01-31", "P1M", "2023-02-28"),
        ("2024-01-31", "P1M", "2024-02-29"),
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2022-09-16", "P6M", "2023-03-16"),
        ("2022-12-31", "P1D", "2023-01-01"),
        ("2022-12-15", "P1M", "2023-01-15"),
        ("2022-11-30", "P3M", "2023-02-28"),
    ],
)
def test_month_ends_are_clipped(day, duration, after):
    assert parse_duration(duration, "").after(date.fromisoformat(day)) == date.fromisoformat(after)


def test_a_legal_day_of_23_and_of_25_hours():
    spring, autumn = date(2024, 3, 31), date(2024, 10, 27)
    assert day_end(spring, "Europe/Berlin", ZONES) - day_start(spring, "Europe/Berlin", ZONES) == timedelta(hours=23)
    assert day_end(autumn, "Europe/Berlin", ZONES) - day_start(autumn, "Europe/Berlin", ZONES) == timedelta(hours=25)


def test_a_day_whose_midnight_does_not_exist_begins_at_its_first_moment():
    assert day_start(date(2018, 11, 4), "America/Sao_Paulo", ZONES) == utc(2018, 11, 4, 3)
    assert day_start(date(2022, 3, 27), "Asia/Beirut", ZONES) == utc(2022, 3, 26, 22)


def test_a_clock_change_across_midnight_ends_the_day_early():
    """Toronto, 30 March 1919: 23:30 became 00:30 of the next day."""
    assert day_end(date(1919, 3, 30), "America/Toronto", ZONES) == utc(1919, 3, 31, 4, 30)


def test_a_day_that_was_skipped_is_empty_and_takes_nothing_from_its_neighbours():
    assert day_start(date(2011, 12, 29), "Pacific/Apia", ZONES) == utc(2011, 12, 29, 10)
    assert day_end(date(2011, 12, 29), "Pacific/Apia", ZONES) == utc(2011, 12, 30, 10)
    assert day_end(date(2011, 12, 30), "Pacific/Apia", ZONES) == utc(2011, 12, 30, 10)
    assert day_end(date(2011, 12, 31), "Pacific/Apia", ZONES) == utc(2011, 12, 31, 10)


@given(DATES, st.sampled_from(sorted(set(ZONES) - {"Pacific/Apia"})))
def test_days_join_without_gap_or_overlap(day, zone):
    start, end = day_start(day, zone, ZONES), day_end(day, zone, ZONES)
    assert start < end == day_start(day + timedelta(days=1), zone, ZONES)
    assert day_of(start, zone, ZONES) == day_of(end_of(day, zone, ZONES), zone, ZONES) == day
    assert day_of(end, zone, ZONES) == day + timedelta(days=1)


def test_bounds_of_what_is_known_to_the_month():
    march = parse_days("2024-03", "")
    assert start_bounds(march, "Europe/Berlin", ZONES) == (utc(2024, 2, 29, 23), utc(2024, 3, 30, 23))
    assert until_bounds(march, "Europe/Berlin", ZONES) == (utc(2024, 3, 1, 23), utc(2024, 3, 31, 22))


def test_until_is_inclusive_for_dates_and_exclusive_for_instants():
    last = parse_days("2024-03-10", "")
    assert until_bounds(last, "Europe/Moscow", ZONES) == (utc(2024, 3, 10, 21), utc(2024, 3, 10, 21))
    moment = parse_instant("2024-03-10T12:00:00Z", "")
    assert until_bounds(moment, None, ZONES) == start_bounds(moment, None, ZONES) == (moment.at, moment.at)


def test_open_ends():
    assert start_bounds(None, None, ZONES) == (BEGINNING, BEGINNING)
    assert until_bounds(None, None, ZONES) == (END, END)
