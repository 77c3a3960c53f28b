"""Under which names a move is found, whatever it says of its holders."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

from domain.effects import UNKNOWN, Manner, Move, OneOf, Right
from domain.filing import TERM, filed_under
from domain.identifiers import AssetId, EffectRef, PartyId, StatementId, SubjectId
from domain.periods import Effective, parse_days
from domain.shares import exactly

ONE, TWO, THREE = (PartyId(SubjectId(f"party:{name}")) for name in ("one", "two", "three"))
PORT = AssetId(SubjectId("asset:port"))
FOR_A_YEAR = Effective(parse_days("2016-01-01", "from"), parse_days("2016-12-31", "until"), "UTC")
AGREED = EffectRef(StatementId("sha256:" + "a" * 64), 1)


def names(subject: str = PORT, **said: object) -> tuple[str, ...]:
    given: dict[str, object] = {"source": ONE, "target": TWO, **said}
    move = Move(PORT, Right.TITLE, exactly(Fraction(1, 2)), **given)  # type: ignore[arg-type]
    act = SimpleNamespace(id="own", subjects=(subject,), effects=(move,), effective=None, records=None, despite=())
    return filed_under(act)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ("holder party:one", "holder party:two")),
        ({"subject": "asset:other"}, ("asset:port", "holder party:one", "holder party:two")),
        ({"target": ONE}, ("holder party:one",)),
        ({"source": UNKNOWN}, ("holder party:two",)),
        ({"target": UNKNOWN, "subject": "asset:other"}, ("asset:port", "holder party:one")),
        ({"source": OneOf((ONE, THREE))}, ("holder party:one", "holder party:three", "holder party:two")),
        ({"performs": (AGREED,)}, (AGREED.statement, "holder party:one", "holder party:two")),
        (
            {"manner": Manner("nominee", beneficiary=THREE)},
            ("holder party:one", "holder party:two", "holder party:three"),
        ),
        ({"effective": FOR_A_YEAR}, ("holder party:one", "holder party:two", TERM)),
    ],
)
def test_a_move_is_filed_under_all_that_it_names(said, expected):
    assert names(**said) == expected
