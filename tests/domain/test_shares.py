"""Shares are exact, bounded and have one spelling."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from domain.shares import (
    NOTHING,
    WHOLE,
    Share,
    exactly,
    format_fraction,
    format_share,
    parse_count,
    parse_fraction,
    parse_share,
    percent,
    rising,
)

FRACTIONS = st.fractions(0, 1, max_denominator=10**9)
SHARES = st.tuples(FRACTIONS, FRACTIONS).map(lambda ends: Share(min(ends), max(ends)))


@given(FRACTIONS)
def test_a_fraction_comes_back(value):
    assert parse_fraction(format_fraction(value), "") == value


@given(SHARES)
def test_a_share_comes_back(share):
    assert parse_share(format_share(share), "") == share


@given(st.integers(1, 10**12), st.data())
def test_units_come_back(total, data):
    units = data.draw(st.integers(0, total))
    share = parse_share({"units": str(units), "of": str(total)}, "")
    assert (share.low, share.high) == (Fraction(units, total), Fraction(units, total))
    assert format_share(share) == {"units": str(units), "of": str(total)}
    assert parse_share({"all_but": str(total - units), "of": str(total)}, "") == share


def test_the_share_of_a_bank_is_exact_to_the_last_unit():
    share = parse_share({"units": "83292493000", "of": "83292578000"}, "")
    assert WHOLE.minus(share).low == Fraction(85_000, 83_292_578_000)


@pytest.mark.parametrize(
    "text",
    ["2/4", "1", "0.5", "1/0", "5/4", "-1/2", "01/2", "1/02", "1 / 2", "", "½", "1/2 ", "0/2", "2/2", "١/٢", "1/2\n"],
)
def test_any_other_spelling_of_a_fraction_is_refused(text):
    with pytest.raises(Malformed):
        parse_fraction(text, "/share")


@pytest.mark.parametrize("value", [1, None, True, 0.5, ["1", "2"]])
def test_a_fraction_is_a_string(value):
    with pytest.raises(Malformed):
        parse_fraction(value, "/share")


@pytest.mark.parametrize(
    "value",
    [
        {"units": "2", "of": "1"},
        {"units": "0", "of": "0"},
        {"units": 1, "of": "2"},
        {"units": "1", "of": "2", "all_but": "1"},
        {"all_but": "3", "of": "2"},
        {"min": "1/2", "max": "1/2"},
        {"min": "1/2", "max": "1/4"},
        {"min": "1/2"},
        {},
        [],
        7,
        None,
    ],
)
def test_any_other_form_of_a_share_is_refused(value):
    with pytest.raises(Malformed) as caught:
        parse_share(value, "/share")
    assert caught.value.where.startswith("/share")


@pytest.mark.parametrize("text", ["", "01", "-1", "+1", "1.0", "1e3", " 1", "٣", "1" * 31])
def test_any_other_spelling_of_a_count_is_refused(text):
    with pytest.raises(Malformed):
        parse_count(text, "/count")


def test_a_share_lies_between_nothing_and_its_maximum():
    with pytest.raises(Malformed):
        Share(Fraction(1, 2), Fraction(1, 4))
    with pytest.raises(Malformed):
        Share(Fraction(-1, 2), Fraction(1, 4))


@given(SHARES, SHARES)
def test_taking_away_what_was_added_leaves_the_share_within_what_is_possible(one, other):
    left = one.plus(other).minus(other)
    assert left.low <= one.low
    assert one.high <= left.high
    if other.exact:
        assert left == one


@given(SHARES, SHARES)
def test_a_share_is_parted_by_what_is_needed_of_it(one, need):
    given_up, rest, missing = one.parted(need)
    assert (given_up.low, given_up.high) == (min(one.low, need.low), min(one.high, need.high))
    assert (rest.low, rest.high) == (max(0, one.low - need.high), max(0, one.high - need.low))
    assert (missing.low, missing.high) == (max(0, need.low - one.high), max(0, need.high - one.low))


@given(SHARES, FRACTIONS)
def test_a_share_is_above_what_its_minimum_exceeds(share, value):
    assert share.above(value) == (share.low > value)


@given(st.lists(SHARES, max_size=8))
def test_shares_rise_by_their_maximum_however_close(shares):
    close = [s.plus(exactly(Fraction(n % 2, 10**40))) for n, s in enumerate([*shares, *shares])]
    assert [s.high for s in sorted(close, key=rising)] == sorted(s.high for s in close)


def test_a_long_product_and_its_sum_stay_exact():
    product, parts, value = WHOLE, NOTHING, Fraction(1)
    for n in range(1, 400):
        product, value = product.times(exactly(Fraction(n, n + 1))), value * Fraction(n, n + 1)
        parts = parts.plus(product)
    assert product == exactly(value) == exactly(Fraction(1, 400))
    assert parts.low == sum(Fraction(1, n) for n in range(2, 401))


@given(SHARES)
def test_nothing_and_the_whole(share):
    assert share.plus(NOTHING) == share
    assert share.times(WHOLE) == share
    assert share.times(NOTHING).empty
    assert NOTHING.minus(share) == NOTHING
    assert share.smaller(WHOLE) == share


def test_85_percent_of_58_percent():
    assert exactly(Fraction(85, 100)).times(exactly(Fraction(58, 100))) == exactly(Fraction(493, 1000))


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        ("1/4", "1/4", "25 %"),
        ("1/3", "1/3", "≈ 33.3333 %"),
        ("0/1", "1/1", "0 %–100 %"),
        ("1/1", "1/1", "100 %"),
        ("1/2000000", "1/2000000", "≈ 0.0001 %"),
    ],
)
def test_percent_says_when_it_is_rounded(low, high, text):
    assert percent(Share(parse_fraction(low, ""), parse_fraction(high, ""))) == text
