"""Recognition: how a forum takes an act of another legal order (DESIGN section 3, rule 9).

By its own answers first (recognised, refused, withdrawn; those of an outer order answer for the inner one), else because the act is
at home there or in an order it is nested in, else as the place of the subject takes it. Which forum is asked is the view's to say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.acts import Act
from domain.effects import Admit, Void
from domain.identifiers import EffectRef, Forum, SubjectId
from domain.outlook import EVERYWHERE, Answer, Applied, Outlook
from domain.periods import BEGINNING, END, FIRST_DAY
from domain.proceedings import decision_of, within
from domain.segments import Validity


def apply(view: Outlook, ref: EffectRef, subject: SubjectId | None, forum: Forum | None) -> Applied | None:
    """How a forum takes an effect, or (n = 0) a whole act, concerning a subject; None when it does not apply it."""
    if forum is None:
        return EVERYWHERE  # nor has the subject a place
    act = view.record.act(ref.statement)
    place = view.place_then(act, subject) if subject is not None else None
    home = view.record.own_home(act) or place or view.home(act, subject)
    if home is None:
        return EVERYWHERE
    return _taken(view, ref, home, forum, place)


def _taken(view: Outlook, ref: EffectRef, home: Forum, forum: Forum, place: Forum | None) -> Applied | None:
    """How a forum takes an effect, or (n = 0) a whole act: by its own answers, else because it is at home there, else as the
    place takes it."""
    act = view.record.act(ref.statement)
    answers = _answers(view, ref, forum) if mentioned(view, act) else []
    if not answers and home == forum:
        return EVERYWHERE
    past = tuple(answer for answer in answers if answer.answer == "refused" and answer.end != END)
    if past:
        taken = _by_answers(view, ref, [a for a in answers if a not in past], home, forum, place)
        return replace(taken, refused=(*taken.refused, *past)) if taken is not None else None
    return _by_answers(view, ref, answers, home, forum, place)


def _by_answers(
    view: Outlook, ref: EffectRef, answers: list[Answer], home: Forum, forum: Forum, place: Forum | None
) -> Applied | None:
    act = view.record.act(ref.statement)
    last = answers[-1] if answers else None
    if last is not None and last.answer == "refused":
        given = _recognitions(answers[:-1])
        return Applied(given[-1].start, True, (given[0].ref, last.ref), last.start) if given else None
    silent: Applied | None = None
    if within(view, home, forum, _nested_at(view, act)):
        silent = Applied(BEGINNING, True)
    elif place is not None and place != forum:
        there = _taken(view, ref, home, place, None)
        silent = replace(there, decided=False) if there is not None else None
    if last is None or (last.answer == "withdrawn" and silent is not None):
        return silent
    run = _recognitions(answers[:-1] if last.answer == "withdrawn" else answers)
    if not run:
        return None
    if silent is not None and silent.since == BEGINNING and silent.until == END:
        return Applied(BEGINNING, True, (run[0].ref,))
    if last.answer == "withdrawn":
        return Applied(run[-1].start, True, (run[0].ref, last.ref), last.start)
    return Applied(run[-1].start, True, (run[0].ref,), max(answer.end for answer in run))


def _recognitions(answers: list[Answer]) -> list[Answer]:
    """The recognitions that come last, in a row, the last one first."""
    run: list[Answer] = []
    for answer in reversed(answers):
        if answer.answer != "recognised":
            break
        run.append(answer)
    return run


def mentioned(view: Outlook, act: Act) -> bool:
    """Whether anything recorded may refer to an act: by its own name, or by that of another record of it or of what it
    corrects."""
    return act.records is not None or Void in act.kinds or not view.record.alone(act.id)


def _nested_at(view: Outlook, act: Act) -> datetime:
    """The moment at which it counts what an act's home is nested in: the start of its first effect."""
    at = view.record.start_bounds(EffectRef(act.id, 1))[0] if act.effects else BEGINNING
    return max(at, FIRST_DAY)


def _answers(view: Outlook, named: EffectRef, forum: Forum) -> list[Answer]:
    """The answers to an effect that stand in a forum: to itself, to its statement, or to the decision it rests on (n = 0: to
    any effect of the statement); an outer order answers for the inner one."""
    found: dict[EffectRef, Answer] = {}
    decision = decision_of(view, named)
    asked = [own for own, _ in view.record.act(named.statement).refs()]
    if named.n:
        asked = [named] if decision is None or decision[0] == named else [named, decision[0]]
    for own in asked:
        for ref, effect in view.naming(own):
            if ref in found or not isinstance(effect, Admit) or effect.answer in ("filed", "stayed"):
                continue
            start = view.start(ref)
            if forum != effect.forum and effect.forum not in view.record.nesting(forum, max(start, FIRST_DAY)):
                continue
            if not view.held(ref):
                continue
            stretch = next((s for s in view.settled_own(ref) if s.validity is Validity.OPERATIVE), None)
            if stretch is None:
                continue
            found[ref] = Answer(stretch.start, ref, effect.answer, stretch.end)
    return sorted(found.values(), key=lambda answer: (answer.start, answer.ref))
