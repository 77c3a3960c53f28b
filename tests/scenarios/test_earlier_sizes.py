"""What the ledger answered at a size, it answers for ever: nothing recorded later shows, not even among the remarks."""

from datetime import UTC, datetime

import pytest

from domain.answers import Asked, understand
from domain.answers_assets import history, show
from domain.answers_compared import forums_of
from domain.record import Record

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def as_it_was(record: Record, size: int) -> Record:
    """A record that never held more than the first entries."""
    made = Record(record.zones, record.actor_forum, record.nesting)
    for act in record.walk():
        if act.position < size:
            made.add(act)
    return made


@pytest.mark.parametrize("size", [60, 100, 140])
def test_an_answer_at_a_size_is_the_answer_of_then(cases, size):
    with cases.reader.reading() as record:
        then = as_it_was(record, size)
        assets = [s for s in then.subjects() if s.startswith("asset:") and then.registrations(s)]
        assert assets
        for asset in assets:
            for answer in (show, history, forums_of):
                asked = Asked("2024-06-01", None, None, size)
                now = answer(understand(record, asset, asked, NOW, cases.reader.size))
                was = answer(understand(then, asset, asked, NOW, size))
                now["tree_size"] = was["tree_size"]
                assert now == was, (asset, answer.__name__)
