"""Membership in the Union by date, and through the register."""

from datetime import UTC, datetime

import pytest

from domain.forums import MEMBER_SINCE, treaty_orders
from domain.identifiers import Forum
from domain.periods import BEGINNING, END
from domain.register import Register


@pytest.mark.parametrize(
    ("forum", "at", "member"),
    [
        ("DE", "1957-12-31T22:59:59Z", False),
        ("DE", "1957-12-31T23:00:00Z", True),
        ("HR", "2013-06-30T21:59:59Z", False),
        ("HR", "2013-06-30T22:00:00Z", True),
        ("GB", "2020-01-31T22:59:59Z", True),
        ("GB", "2020-01-31T23:00:00Z", False),
        ("CH", "2020-01-31T23:00:00Z", False),
        ("EU", "2020-01-31T23:00:00Z", False),
    ],
)
def test_membership_begins_and_ends_with_a_day_in_brussels(forum, at, member):
    found = treaty_orders(Forum(forum), datetime.fromisoformat(at))
    assert found == ({"EU"} if member else set())


def test_twenty_seven_are_members_today_and_none_was_at_the_beginning():
    today = datetime(2026, 1, 1, tzinfo=UTC)
    assert sum(bool(treaty_orders(forum, today)) for forum in MEMBER_SINCE) == 27
    assert not any(treaty_orders(forum, BEGINNING) for forum in MEMBER_SINCE)
    assert treaty_orders(Forum("DE"), END) == {"EU"}


def test_a_register_nests_members_without_an_act_of_its_own():
    register = Register.empty("ledger.example/test")
    assert register.outer_forums(Forum("FR"), datetime(2020, 1, 1, tzinfo=UTC), {}) == {"EU"}
    assert register.outer_forums(Forum("US"), datetime(2020, 1, 1, tzinfo=UTC), {}) == set()
