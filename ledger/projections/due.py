"""Which statements may have something end or fall due in a window, from the views: the calendar then looks at these only.

Guarantees that a calendar is the same whether it is told these or walks through every act that bears a date: where it is not
asked about everything recorded and known as of exactly what the views have taken in, in the eyes of the place of each subject,
there is no answer here. The deadlines themselves are computed from the record.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from domain.answers import Question
from domain.identifiers import StatementId
from ledger.projections.view import LedgerView

_MARGIN = timedelta(days=2)
"""A legal day begins and ends within a day of the same day in UTC; one more to be safe."""


def due_among(view: LedgerView, question: Question, first: date, last: date) -> list[StatementId] | None:
    """Every statement because of which something may have its last legal day from the first to the last day; None where the views
    cannot tell. Raises StoreError."""
    if question.clocks.known_at is not None or question.forum is not None:
        return None
    with view.datastore.reading():
        if view.size() != question.size:
            return None
        return view.due(*moments_of(first, last))


def moments_of(first: date, last: date) -> tuple[datetime, datetime]:
    """Moments between which a legal day from the first to the last day ends, wherever it is."""
    low, high = (datetime.combine(day, time(), UTC) for day in (first, last))
    return low - _MARGIN, high + _MARGIN
