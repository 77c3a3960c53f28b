"""Every question of every case, asked of the ledger, with the answer and the deciding statements that the case demands."""

import pytest

from ledger.cli.demonstration import demo_files
from ledger.cli.expectations import answered, read_questions

QUESTIONS = [
    (path.stem, q) for path in sorted((demo_files() / "questions").glob("*.json")) for q in read_questions(path)
]


def test_there_are_questions_on_every_case():
    assert len(QUESTIONS) >= 60
    assert len({case for case, _ in QUESTIONS}) >= 14


@pytest.mark.parametrize(("case", "asking"), QUESTIONS, ids=[f"{case}-{q.id}" for case, q in QUESTIONS])
def test_the_ledger_answers(cases, case, asking):
    with cases.reader.reading() as record:
        found = answered(record, cases.reader.size, asking, cases.labels[case])
    assert found.differences == (), asking.question
    assert asking.expect.items(), "a question that expects nothing cannot fail"


def test_a_wrong_expectation_is_noticed(cases):
    case, asking = next((c, q) for c, q in QUESTIONS if q.expect["holders"])
    wrong = type(asking)(
        asking.id, "", asking.command, type(asking.expect)({"controller": ["party:nobody"], "x": "y"}), "", ""
    )
    with cases.reader.reading() as record:
        found = answered(record, cases.reader.size, wrong, cases.labels[case])
    assert len(found.differences) == 2
