"""A calendar that looks only at what the views name is the calendar that looks at everything, byte for byte."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from domain.answers import Asked, Question, understand
from domain.answers_terms import calendar_of, format_icalendar
from domain.filing import TERM
from domain.identifiers import REGISTER, StatementId
from domain.record import Record
from ledger.projections.due import due_among, moments_of
from ledger.projections.projection import LedgerProjection
from ledger.projections.rows import RowMaker
from ledger.projections.view import LedgerView
from ledger.reading import LedgerReader
from ledger.store.datastore import Datastore
from tests.api.demonstrations import imported
from tests.domain.law.at_random import plans, play

NOW = datetime(2026, 11, 22, tzinfo=UTC)
STAMP = datetime(2026, 1, 1, tzinfo=UTC)


def spelled(question: Question, first: date, last: date, among: list[StatementId] | None) -> str:
    told = json.dumps(calendar_of(question, first, last, among))
    return told + format_icalendar(question, first, last, STAMP, among)


def asked(record: Record, last: date, known: str | None = None, forum: str | None = None) -> Question:
    return understand(record, REGISTER, Asked(effective=last.isoformat(), known=known, forum=forum), NOW)


def days_told(record: Record) -> set[date]:
    """Every last legal day that the walk finds."""
    told: Any = calendar_of(asked(record, date(2200, 1, 1)), date(1800, 1, 1), date(2200, 1, 1))
    return {date.fromisoformat(item["last_day"]) for item in told["deadlines"]}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with imported(tmp_path_factory.mktemp("due")) as found, LedgerReader.open(found.url) as reader:
        datastore = Datastore(found.url)
        yield reader, LedgerProjection(LedgerView(datastore), reader.reading)
        datastore.close()


def windows(days: set[date]) -> list[tuple[date, date]]:
    """Around each day: it alone, the days beside it, a month; and everything."""
    near = {day + timedelta(days=n) for day in days for n in (-1, 0, 1)}
    return [
        *((day, day) for day in sorted(near)),
        *((day, day + timedelta(days=30)) for day in sorted(days)),
        (min(days), max(days)),
    ]


def test_the_histories(demo):
    reader, projection = demo
    projection.catch_up()
    with reader.reading() as record:
        days = days_told(record)
        assert len(days) > 10
        dated, fewer = len(record.filed_as(TERM)), 0
        for first, last in windows(days):
            question = asked(record, last)
            among = due_among(projection.view, question, first, last)
            assert among is not None
            fewer += len(among) < dated // 2
            assert spelled(question, first, last, among) == spelled(question, first, last, None)
        assert fewer > 10


def test_other_questions_are_not_answered_from_the_views(demo):
    reader, projection = demo
    projection.catch_up()
    day = date(2026, 3, 1)
    with reader.reading() as record:
        for question in (asked(record, day, known="2026-01-01"), asked(record, day, forum="DE")):
            assert due_among(projection.view, question, day, day) is None
        assert due_among(projection.view, asked(record, day), day, day) is not None
    with reader.reading(reader.size - 1) as record:
        assert due_among(projection.view, asked(record, day), day, day) is None


@settings(max_examples=60)
@given(plans)
def test_random_cases(plan):
    """The rows of each act that bears a date name every day on which the walk finds something."""
    record = play(plan).record
    maker = RowMaker(record)
    rows = {act.id: maker.deadlines(act.id) for act in record.acts}
    days = {date.fromisoformat(row.last_day) for found in rows.values() for row in found}
    assert days_told(record) == days
    for first, last in windows(days) if days else []:
        low, high = moments_of(first, last)
        among = [one for one, found in rows.items() if any(low < _at(row.stop) <= high for row in found)]
        question = asked(record, last)
        assert spelled(question, first, last, among) == spelled(question, first, last, None)


def _at(spelled_moment: str) -> datetime:
    return datetime.fromisoformat(spelled_moment)
