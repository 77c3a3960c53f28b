"""`forums`, `explain` and `suppose` as answers: where a value would be another, and what brings that about.

Guarantees that forums stand side by side with no winner, and that supposing leaves the record as it was (see `comparison`). A
supposed act is told apart: it is listed under `supposed`, and its objections with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.acts import Act
from domain.answers import Plain, Question, Teller, Told, folds_of
from domain.answers_assets import snapshot_told
from domain.answers_proceedings import proceedings_told
from domain.comparison import Difference, Explanation, Value, changes_by, explain, supposing, where_forums_differ
from domain.concerning import proceedings_about
from domain.errors import Malformed
from domain.history import snapshot_of
from domain.identifiers import Forum
from domain.objections import Objection


def forums_of(question: Question, forums: tuple[Forum, ...] = ()) -> Told:
    """Every point on which the forums concerned (or those asked for) differ at the moment, and proceedings forum by forum."""
    teller = Teller(question)
    folds = folds_of(question)
    here = snapshot_of(question.record, question.clocks, question.forum, question.subject, question.at)
    asked, differences = where_forums_differ(question.record, question.clocks, question.subject, question.at, forums)
    body: Told = {
        "forums": list[Plain](asked),
        "differences": [_difference_told(teller, d) for d in differences],
        "proceedings": [proceedings_told(teller, p, question.at) for p in proceedings_about(folds, question.subject)],
        **teller.remarks(here.remarks, here.uncertain),
    }
    return teller.answer(body)


def _difference_told(teller: Teller, difference: Difference) -> Told:
    views: Told = {name: _value_told(teller, value) for name, value in difference.views.items()}
    return {"what": teller.words(difference.what), "views": views}


def _value_told(teller: Teller, value: Value) -> Told:
    return {"value": teller.words(value.words), "causes": teller.causes(value.causes)}


def explained(question: Question, what: str) -> Told:
    """The statements that make a value so, and those that would change it on another clock or in another forum. Raises Malformed
    when the answer has no value of that name."""
    teller = Teller(question)
    found = explain(question.record, question.clocks, question.forum, question.subject, question.at, what)
    if found is None:
        raise Malformed(
            "value",
            f"the answer has no value {what!r} at this moment: ask for title, votes, economic, controller, or for a measure,"
            " restriction or debt by its reference as shown",
        )
    body: Told = {"what": what, **_value_told(teller, found.value), "elsewhere": _elsewhere_told(teller, found)}
    mine = [item for item in found.snapshot.uncertain if item.what == what]
    return teller.answer({**body, **teller.remarks(found.snapshot.remarks, mine)})


def _elsewhere_told(teller: Teller, found: Explanation) -> list[Plain]:
    return [
        {
            "view": view,
            **_value_told(teller, value),
            "brought_about_by": [teller.statement(statement) for statement in statements],
        }
        for view, value, statements in found.elsewhere
    ]


def supposed(question: Question, acts: Sequence[Act], objections: Sequence[Sequence[Objection]]) -> Told:
    """The answer if these acts were recorded: what would change, the state then, and what would be objected to each (in order).
    Nothing is stored; the question is asked at the head with everything known."""
    before = snapshot_of(question.record, question.clocks, question.forum, question.subject, question.at)
    with supposing(question.record, tuple(acts)) as record:
        after = snapshot_of(record, question.clocks, question.forum, question.subject, question.at)
        teller = Teller(question)
        folds = folds_of(question)
        told: list[Plain] = [
            {
                "statement": teller.statement(act.id),
                "type": act.type,
                "accepted": not found,
                "objections": [teller.objection(o) for o in found],
            }
            for act, found in zip(acts, objections, strict=True)
        ]
        body: Told = {
            "supposed": told,
            "changes": [
                _difference_told(teller, d) for d in changes_by(record, question.clocks, question.forum, before, after)
            ],
            **snapshot_told(teller, folds, after),
        }
        return teller.answer(body)
