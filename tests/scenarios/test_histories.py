"""Histories that the demonstration does not hold, one from general knowledge and three invented, recorded together and asked."""

from pathlib import Path

import pytest

from ledger.cli.drafts import compiler
from ledger.cli.expectations import answered, read_questions
from ledger.cli.options import ledger_url
from ledger.reading import LedgerReader
from tests.scenarios.conftest import copied

FILES = sorted((Path(__file__).parent / "histories").glob("*.ndjson"))
QUESTIONS = [(path.stem, asking) for path in FILES for asking in read_questions(path.with_suffix(".json"))]


@pytest.fixture(scope="module")
def recorded(founded, tmp_path_factory):
    """(the ledger with every history on record, statements by label of each)"""
    bench = copied(founded, tmp_path_factory.mktemp("histories"))
    bench.record(*FILES)
    with LedgerReader.open(ledger_url(str(bench.database))) as reader:
        yield (
            reader,
            {
                path.stem: {d.label: d.statement.id for d in compiler(reader, seeing=False).compile(path.read_bytes())}
                for path in FILES
            },
        )


@pytest.mark.parametrize(("history", "asking"), QUESTIONS, ids=[f"{history}-{q.id}" for history, q in QUESTIONS])
def test_the_ledger_answers(recorded, history, asking):
    reader, labels = recorded
    with reader.reading() as record:
        found = answered(record, reader.size, asking, labels[history])
    assert found.differences == (), asking.question
    assert asking.expect.items(), "a question that expects nothing cannot fail"


def test_each_history_is_asked_on_more_than_one_clock_or_in_more_than_one_forum():
    for path in FILES:
        commands = [asking.command for asking in read_questions(path.with_suffix(".json"))]
        assert any("--known" in command or "--forum" in command for command in commands), path.stem
