"""Who or what bears a name, and what the ledger knows of a subject: identity is by identifier, never by name (DESIGN, rule 13).

Guarantees that every bearer at the moment is told, none preferred: where several bear a name, it names none of them.
"""

from __future__ import annotations

from domain.answers import Plain, Question, Teller, Told, zone_of
from domain.answers_measures import identity_told
from domain.effects import Exist
from domain.filing import named_as
from domain.identifiers import SubjectId
from domain.identity import identity
from domain.periods import Clocks
from domain.record import Record
from domain.standing import View


def bearers(question: Question, name: str) -> list[tuple[SubjectId, Question]]:
    """The subjects that bear a name at the moment of a question, by slug, each with the question asked where it is; a company is
    one slug, told as asset and as party."""
    named = {
        effect.subject
        for act in question.record.filed_as(named_as(name))
        for effect in act.effects
        if isinstance(effect, Exist) and effect.name == name
    }
    asked = ((subject, _where_it_is(question, subject)) for subject in sorted(named))
    return [(subject, there) for subject, there in asked if identity(there.view, subject).name_at(there.at) == name]


def _where_it_is(question: Question, subject: SubjectId) -> Question:
    """The question where a legal day ends as it does for a subject: in its own zone, else in that of the acts that named it."""
    zone = zone_of(question.record, subject)
    if zone == "UTC":
        named = (question.record.dates(dated.cause).zone for dated in identity(question.view, subject).names)
        zone = next((stated for stated in named if stated is not None), zone)
    return question.in_zone(zone)


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
    told: list[Plain] = [
        {"subject": teller.subject(subject), **identity_told(teller.of(there), identity(there.view, subject))}
        for subject, there in bearers(question, name)
    ]
    return teller.answer({"name": name, "found": told})
