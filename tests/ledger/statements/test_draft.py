"""A draft becomes the statement a person meant: labels, subjects, follows and names filled in, the same each time."""

import json
from pathlib import Path

import pytest

from domain.errors import Malformed
from domain.identifiers import StatementId
from ledger.statements.draft import DraftCompiler
from ledger.statements.statement import LedgerName
from tests.ledger.statements.samples import ORIGIN, founding, sale

GENESIS = StatementId("sha256:" + "00" * 32)
SEEN = StatementId("sha256:" + "11" * 32)
DRAFTS = Path(__file__).parents[3] / "demo" / "drafts"


def compiler(**known):
    return DraftCompiler(LedgerName(ORIGIN, GENESIS), **known)


def draft(label: str, effects: list, **members) -> dict:
    base = {name: value for name, value in sale().items() if name not in ("v", "ledger", "follows", "subjects")}
    return {**base, "label": label, "effects": effects, **members}


def lines(*drafts: dict) -> bytes:
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in drafts).encode()


def move(asset="asset:a", **members) -> dict:
    return {
        "effect": "move", "asset": asset, "right": "title", "amount": "1/2", "from": "party:x", "to": "party:y", **members,
    }  # fmt: skip


def impose(over: list) -> dict:
    return {"effect": "impose", "kind": "freeze", "over": over}


def refused(*drafts: dict, **known) -> Malformed:
    with pytest.raises(Malformed) as caught:
        compiler(**known).compile(lines(*drafts))
    return caught.value


def test_streams_follow_in_file_order():
    one, two, three = compiler().compile(
        lines(draft("E1", [move()]), draft("E2", [move("asset:b")]), draft("E3", [move()]))
    )
    assert (one.label, one.statement.subjects, one.statement.follows) == ("E1", ("asset:a",), (None,))
    assert two.statement.follows == (None,)
    assert three.statement.follows == (one.statement.id,)
    assert one.statement.ledger == LedgerName(ORIGIN, GENESIS)


def test_the_same_file_gives_the_same_ids():
    raw = lines(draft("E1", [move()]), draft("E2", [move(performs=["@E1"])]))
    assert compiler().compile(raw) == compiler().compile(raw)


def test_labels_become_references():
    impose_, alter = compiler().compile(
        lines(
            draft("E1", [impose(["asset:a", "party:b", {"asset": "asset:c", "holder": "party:d"}])]),
            draft("E2", [{"effect": "alter", "measure": "@E1#1", "op": "end"}], records="@E1", despite=[
                {"rule": "b.c", "statement": "@E1"}, {"rule": "b.c", "statement": None}, {"rule": "a.c", "statement": "@E1"},
            ]),
        )
    )  # fmt: skip
    assert impose_.statement.subjects == ("asset:a", "party:b", "asset:c")
    assert alter.statement.effects[0].measure.statement == impose_.statement.id
    assert alter.statement.subjects == impose_.statement.subjects, "the subjects of what it refers to"
    assert alter.statement.records == impose_.statement.id
    assert [d.rule for d in alter.statement.despite] == ["a.c", "b.c", "b.c"], "sorted once the ids are known"


def test_a_label_in_a_text_is_text():
    basis = {"kind": "other", "title": "@E1"}
    assert compiler().compile(lines(draft("E1", [move()], basis=basis)))[0].statement.basis.title == "@E1"


def test_subjects_are_what_the_effects_are_about():
    effects = [
        {"effect": "declare", "asset": "asset:b", "right": "title", "split": [{"holder": "party:x", "share": "1/1"}]},
        {"effect": "exist", "op": "divide", "subject": "asset:a", "parts": [{"asset": "asset:c"}]},
        {"effect": "exist", "op": "succeed", "subject": "party:x", "others": ["party:y"]},
        {"effect": "proceed", "proceeding": "proceeding:p", "stage": "filed", "forum": "DE"},
        {"effect": "void", "target": {"asset": "asset:v", "right": "title", "text": "x"}, "time": "own", "reach": "this",
         "ground": "error"},
        {"effect": "permit", "kind": "licence", "op": "granted", "excepts": ["#1"], "over": ["asset:w"]},
        {"effect": "admit", "forum": "GB", "answer": "refused", "target": SEEN},
    ]  # fmt: skip
    (one,) = compiler(subjects_of=lambda s: ("asset:seen",) if s == SEEN else ()).compile(lines(draft("E1", effects)))
    assert one.statement.subjects == (
        "asset:b", "asset:a", "asset:c", "party:x", "party:y", "proceeding:p", "asset:v", "asset:w", "asset:seen",
    )  # fmt: skip


def test_stated_subjects_are_kept():
    (one,) = compiler().compile(lines(draft("E1", [move()], subjects=["asset:z"])))
    assert one.statement.subjects == ("asset:z",)


def test_what_was_seen_is_followed():
    (one,) = compiler(sight=lambda subject: SEEN).compile(lines(draft("E1", [move()])))
    assert one.statement.follows == (SEEN,)


def test_the_register_follows_genesis():
    nest = {"effect": "authorise", "op": "forum-nest", "inner": "DE", "outer": "EU"}
    basis = {"kind": "ceremony", "title": "x"}
    head = {"label": "R1", "type": "forum.nested", "actor": "party:s", "basis": basis, "effects": [nest]}
    head["signers"] = [{"party": "party:s", "role": "root", "capacity": "author"}]
    one, two = compiler().compile(lines(head, {**head, "label": "R2"}))
    assert (one.statement.subjects, one.statement.follows) == (("register",), (GENESIS,))
    assert two.statement.follows == (one.statement.id,)


def test_a_ledger_is_founded_by_the_first_draft():
    first = {name: value for name, value in founding().items() if name not in ("v", "ledger", "follows")}
    fresh = DraftCompiler(LedgerName(ORIGIN, None))
    zero, one = fresh.compile(lines({**first, "label": "E0"}, draft("E1", [move()])))
    assert zero.statement.ledger.genesis is None
    assert one.statement.ledger.genesis == zero.statement.id


def test_a_later_file_sees_the_statements_of_an_earlier_one_but_not_its_labels():
    both = compiler()
    (one,) = both.compile(lines(draft("E1", [move()])))
    (two,) = both.compile(lines(draft("E1", [move()])))
    assert two.statement.follows == (one.statement.id,)
    with pytest.raises(Malformed, match=r"draft\.label-unknown"):
        both.compile(lines(draft("E2", [move(performs=["@E1"])])))


def test_a_refused_file_leaves_nothing_behind():
    both = compiler()
    with pytest.raises(Malformed):
        both.compile(lines(draft("E1", [move()]), draft("E2", [move(amount="2/4")])))
    assert both.compile(lines(draft("E1", [move()])))[0].statement.follows == (None,)


def test_names_become_the_one_subject_that_bears_them():
    known = {"Hafen GmbH": ["asset:hafen"], "Meyer": ["party:m2", "party:m1"]}

    def resolve(name, when):
        assert when.start.text == "2024-02-29"
        return known.get(name, [])

    (one,) = compiler(resolve=resolve).compile(lines(draft("E1", [move(asset={"name": "Hafen GmbH"})])))
    assert one.statement.effects[0].asset == "asset:hafen"
    error = refused(draft("E1", [move(to={"name": "Meyer"})]), resolve=resolve)
    assert (error.rule, error.where) == ("draft.name-ambiguous", "line 1 (E1)/effects/0/to")
    assert "party:m1, party:m2" in error.why
    assert refused(draft("E1", [move(to={"name": "Nobody"})]), resolve=resolve).rule == "draft.name-unknown"


def test_a_name_given_earlier_in_the_file_counts():
    named = {"effect": "exist", "op": "name", "subject": "party:m", "name": "Meyer"}
    _, two = compiler().compile(lines(draft("E1", [named]), draft("E2", [move(to={"name": "Meyer"})])))
    assert two.statement.effects[0].target == "party:m"


def test_refusals_name_line_and_label():
    assert refused(draft("E1", [move()]), draft("E1", [move()])).where == "line 2 (E1)/label"
    assert refused(draft("E1", [move(amount="2/4")])).where == "line 1 (E1)/effects/0/amount"
    assert refused(draft("E1", [move(performs=["@E9"])])).rule == "draft.label-unknown"
    assert refused(draft("E1", [move()], v=1)).rule == "draft.member"
    assert refused(draft("E 1", [move()])).rule == "draft.label"
    assert refused(draft("E1", [{"effect": "state", "kind": "plan"}])).rule == "draft.subjects"
    assert refused(draft("E1", [])).rule == "list.length"
