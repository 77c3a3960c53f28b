"""Dates and legal orders in words: nothing lost, and what is no date left as it is."""

import pytest

from ledger.evidence.date_words import date_words, forum_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2023-03-15", "15 March 2023"),
        ("2022-10", "October 2022"),
        ("2022", "2022"),
        ("2025-03-03/2025-03-10", "between 3 and 10 March 2025"),
        ("2025-09-28/2025-10-02", "between 28 September and 2 October 2025"),
        ("2000-01-01/2022-09-13", "between 1 January 2000 and 13 September 2022"),
        ("2022/2023", "between 2022 and 2023"),
        ("2024-05-05T10:00:00Z", "5 May 2024, 10:00:00 UTC"),
        ("2024-05-05T10:00:00.500Z", "5 May 2024, 10:00:00.500 UTC"),
        ("2024-13-01", "2024-13-01"),
        ("someday", "someday"),
    ],
)
def test_a_date_as_a_reader_says_it(text, words):
    assert date_words(text) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [("DE", "Germany (DE)"), ("EU", "European Union (EU)"), ("body:icsid", "body:icsid"), ("XX", "XX")],
)
def test_a_legal_order_by_its_name_and_code(code, words):
    assert forum_words(code) == words
