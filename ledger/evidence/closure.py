"""The closure of an asset: every stream that its history can depend on (DESIGN section 3, "Its input is the closure").

Guarantees that the builder of a package and its verifier follow the same links: from a subject to the acts of its
stream and to acts elsewhere that are about it; from each act to its subjects, to everything its effects are about, to
the holders, parties, actors and signers it names, to the acts it refers to and those that refer to it; and between a
company as asset and as party. `streams_of` is the whole of the streams reached.

Acts outside these streams that are about a subject or refer to an act in them are found by `mentions` and
`referring`, which need the whole record: only the builder has it, and a verifier says that it cannot show their
absence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from domain.acts import Act
from domain.filing import holders_in, named_by, parties_of, subjects_of
from domain.identifiers import REGISTER, EffectRef, StatementId, SubjectId
from domain.record import Record

Stream = Callable[[SubjectId], Iterable[Act]]
"""The acts that bear on a subject, as far as they are at hand."""
Find = Callable[[StatementId], Act | None]


def streams_of(
    asset: SubjectId, stream: Stream, find: Find, referring: Callable[[Act], Iterable[Act]]
) -> set[SubjectId]:
    """The subjects whose streams make up the closure of `asset`; the register, which is always whole, left out."""
    found: set[SubjectId] = set()
    waiting = [asset]
    seen: set[StatementId] = set()
    while waiting:
        subject = waiting.pop()
        if subject in found or subject == REGISTER:
            continue
        found.add(subject)
        waiting += _twin(subject)
        acts = list(stream(subject))
        while acts:
            act = acts.pop()
            if act.id in seen:
                continue
            seen.add(act.id)
            waiting += links_of(act)
            acts += [other for other in map(find, references_of(act)) if other is not None]
            acts += referring(act)
    return found


def links_of(act: Act) -> Iterator[SubjectId]:
    """The subjects that an act names in any way that a history can depend on."""
    yield from act.subjects
    yield act.actor
    yield from (signer.party for signer in act.signers)
    for effect in act.effects:
        yield from subjects_of(effect)
        yield from parties_of(effect)
        for party, asset in holders_in(effect):
            yield party
            yield asset


def references_of(act: Act) -> Iterator[StatementId]:
    """The statements that an act refers to."""
    if act.records is not None:
        yield act.records
    yield from (named.statement for named in act.despite if named.statement is not None)
    for effect in act.effects:
        yield from (ref.statement for ref in named_by(effect) if ref.statement != act.id)
        after = act.effective_of(effect).after
        if after is not None and after.statement != act.id:
            yield after.statement


def mentions(record: Record) -> Stream:
    """The acts of a record that bear on a subject: those of its stream, and those elsewhere whose effects are about it
    (a claim that concerns an asset stands in the stream of its proceeding alone)."""

    def found(subject: SubjectId) -> Iterator[Act]:
        yield from record.stream(subject)
        for ref, _ in record.about(subject):
            yield record.act(ref.statement)

    return found


def referring(record: Record) -> Callable[[Act], Iterator[Act]]:
    """Finds the acts of a record that refer to an act, from whichever stream."""

    def found(act: Act) -> Iterator[Act]:
        yield from record.recorders(act.id)
        for name in (EffectRef(act.id, 0), *(ref for ref, _ in act.refs())):
            for other, _ in record.naming(name):
                yield record.act(other.statement)

    return found


def _twin(subject: SubjectId) -> Iterator[SubjectId]:
    """A company is one slug, as asset and as party."""
    kind, _, slug = subject.partition(":")
    if kind in ("asset", "party"):
        yield SubjectId(f"{'party' if kind == 'asset' else 'asset'}:{slug}")
