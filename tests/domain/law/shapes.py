"""What a record holds, for comparing two records, or one before and after."""

from __future__ import annotations

from domain.identifiers import EffectRef
from domain.record import Record


def shape(record: Record) -> list[object]:
    """Everything that can be asked of a record which holds all its acts."""
    return [
        list(record.acts),
        {
            subject: (list(record.stream(subject)), list(record.about(subject)), list(record.existing(subject)))
            for subject in record.subjects()
        },
        {
            statement: (
                [list(record.naming(EffectRef(statement, n))) for n in range(9)],
                list(record.recorders(statement)),
                list(record.breaches(statement)),
            )
            for statement in sorted({*record._named, *record._acts})
        },
        [record.registrations(subject) for subject in record.subjects()],
        [record.place(subject, act.id) for act in record.acts for subject in act.subjects],
        (record.count, record.reaching, sorted(record._acts)),
    ]
