"""Who or what bears a name, and what the ledger knows of a subject: identity is by identifier, never by name (DESIGN, rule 13).

Guarantees that every bearer at the moment is told, none preferred: where several bear a name, it names none of them.
"""

from __future__ import annotations

from datetime import datetime

from domain.affairs import identity
from domain.answers import Plain, Question, Teller, Told
from domain.answers_measures import identity_told
from domain.effects import Exist
from domain.filing import named_as
from domain.identifiers import SubjectId
from domain.periods import Clocks
from domain.record import Record
from domain.standing import View


def bearers(view: View, name: str, at: datetime) -> list[SubjectId]:
    """The subjects that bear a name at a moment, by slug; a company is one slug, told as asset and as party."""
    named = {
        effect.subject
        for act in view.record.filed_as(named_as(name))
        if view.holds(act)
        for effect in act.effects
        if isinstance(effect, Exist) and effect.name == name
    }
    return sorted(subject for subject in named if identity(view, subject).name_at(at) == name)


def ever_bearers(record: Record, name: str) -> list[SubjectId]:
    """The subjects that ever bore a name, on everything recorded: a draft that names several is refused, since names move."""
    view = View(record, Clocks(), None)
    named = {
        e.subject
        for act in record.filed_as(named_as(name))
        for e in act.effects
        if isinstance(e, Exist) and e.name == name
    }
    return sorted(s for s in named if any(dated.value == name for dated in identity(view, s).names))


def found(question: Question, name: str) -> Told:
    """Every subject that bears a name at the moment of the question, with its identifiers."""
    teller = Teller(question)
    view = question.view
    told: list[Plain] = [
        {"subject": teller.subject(subject), **identity_told(teller, identity(view, subject))}
        for subject in bearers(view, name, question.at)
    ]
    return teller.answer({"name": name, "found": told})
