"""Effects in words: a sentence for each of the fifteen, and those that a court reads most."""

import pytest

from domain.effects import (
    Alter,
    Conceal,
    Declare,
    Effect,
    Grip,
    Impose,
    Move,
    OneOf,
    Pending,
    Portion,
    Power,
    Reunit,
    Right,
    Term,
    Void,
    effect_name,
)
from domain.identifiers import AssetId, EffectRef, PartyId, StatementId, SubjectId
from domain.periods import parse_days
from domain.shares import parse_share
from ledger.evidence.effect_words import effect_words
from tests.ledger.evidence.demo_cases import DRAFTS, case_ledger

PORT, ANNA, BODO = AssetId(SubjectId("asset:port")), PartyId(SubjectId("party:anna")), PartyId(SubjectId("party:bodo"))
ORDER = EffectRef(StatementId("sha256:" + "a" * 64), 2)
NAMES = {"asset:port": "Port", "party:anna": "Anna", "party:bodo": "Bodo"}
WHOLE, TENTH = parse_share("1/1", ""), parse_share({"units": "1000", "of": "10000"}, "")


def words(effect: Effect) -> str:
    return effect_words(effect, lambda subject: NAMES.get(subject, subject), lambda ref: f"Exhibit 7, effect {ref.n}")


@pytest.mark.parametrize(
    ("effect", "sentence"),
    [
        (
            Move(PORT, Right.TITLE, TENTH, ANNA, BODO, performs=(ORDER,), pending=Pending("permit", False)),
            "Title in Port: 1,000 of 10,000 (10 %) passes from Anna to Bodo, performing Exhibit 7, effect 2, once it is permitted.",
        ),
        (
            Declare(PORT, Right.VOTES, (Portion(OneOf((ANNA, BODO)), WHOLE),)),
            "The votes in Port are declared: one of Anna, Bodo holds the whole.",
        ),
        (
            Impose("trusteeship", (PORT,), ((Power.VOTE, Grip.TAKES),), ANNA, term=Term(parse_days("2026-10-09", ""))),
            "A measure, trusteeship, is laid over Port in favour of Anna; it takes voting; until 9 October 2026 inclusive.",
        ),
        (
            Alter(ORDER, "extend", until=parse_days("2027-04-09", "")),
            "The measure of Exhibit 7, effect 2 is extended until 9 April 2027 inclusive.",
        ),
        (Alter(ORDER, "suspend"), "The measure of Exhibit 7, effect 2 is suspended; its clock runs on."),
        (
            Void(ORDER, "own", "this", "annulment", "revives"),
            "Void for annulment: Exhibit 7, effect 2, from its own time on, this act only; what it had undone revives.",
        ),
        (
            Reunit(PORT, (Portion(ANNA, WHOLE),), (Portion(BODO, WHOLE),)),
            "In Port lots are cancelled (the whole of Anna) and lots are issued (the whole to Bodo); "
            "no chain of title between them.",
        ),
        (Conceal("seal", ORDER), "Exhibit 7, effect 2: seal."),
    ],
)
def test_what_an_effect_does_in_one_sentence(effect, sentence):
    assert words(effect) == sentence


def test_every_effect_of_the_demonstration_has_a_sentence_with_nothing_left_blank():
    slugs = sorted(path.stem for path in DRAFTS.glob("*.ndjson") if path.stem != "00-authorities")
    effects = [effect for act in case_ledger(*slugs).acts for effect in act.effects]
    told = {effect_name(effect) for effect in effects}
    assert told >= {
        "declare",
        "move",
        "impose",
        "alter",
        "permit",
        "proceed",
        "void",
        "owe",
        "pay",
        "exist",
        "authorise",
        "state",
    }
    for effect in effects:
        sentence = words(effect)
        assert sentence.endswith((".", "”")), sentence
        assert "None" not in sentence
        assert "  " not in sentence
