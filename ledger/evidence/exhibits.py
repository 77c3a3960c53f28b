"""Exhibits: each entry of a package as a court reads it (DESIGN section 2; the acts in full in the bundle).

Guarantees that an exhibit's number is the entry's position in the log, so that it is the same in every bundle that will
ever be made; that every member of the payload is printed, in words where there are words and member by member besides;
and that the competence shown for a signer is that of the register at that position. It verifies no signature: whoever
relies on an exhibit verifies the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from domain.act_types import TYPES
from domain.acts import Act, Basis, Signer
from domain.effects import Effect, Exist
from domain.errors import Malformed
from domain.identifiers import REGISTER, EffectRef
from domain.periods import Effective, format_instant
from domain.register import Register, covers
from domain.rules import RULES
from ledger.evidence.date_words import date_words
from ledger.evidence.effect_words import competence_words, effect_words
from ledger.log.merkle import leaf_hash
from ledger.statements.canonical import Json, parse_canonical
from ledger.statements.entry import Entry, format_recorded_at, parse_entry
from ledger.statements.envelope import parse_header
from ledger.statements.schema import parse_statement
from ledger.statements.statement import STATEMENT_BYTES_MAX, CommittedDocument, Document, Statement

_NAMED_MAX: Final = 3
_RULES: Final = {rule.name: rule.words for rule in RULES}


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One entry, read: its exact bytes, its statement, and the register in force at its position."""

    position: int
    raw: bytes
    entry: Entry
    statement: Statement
    act: Act
    register: Register

    @property
    def about_register(self) -> bool:
        return self.statement.subjects == (REGISTER,)


def read_exhibits(entries: Mapping[int, bytes], origin: str) -> tuple[Exhibit, ...]:
    """The entries in the order of the log. Raises Malformed, naming the entry, for bytes that are not one.

    `entries` holds the whole register chain, as a package does; else competences are told as of what is there."""
    register = Register.empty(origin)
    found = []
    for position in sorted(entries):
        raw = entries[position]
        try:
            entry = parse_entry(raw)
            statement = parse_statement(entry.envelope.payload)
            act = statement.act(position, entry.recorded_at)
        except Malformed as error:
            raise Malformed(f"entry {position}{error.where}", error.why, error.rule) from error
        found.append(Exhibit(position, raw, entry, statement, act, register))
        register = register.apply(act)
    return tuple(found)


class Reader:
    """How identifiers and references of these exhibits are shown: names as registered here, statements by number."""

    def __init__(self, exhibits: tuple[Exhibit, ...], names: Mapping[str, str]) -> None:
        self._numbers = {exhibit.statement.id: exhibit.position for exhibit in exhibits}
        self._single = {e.statement.id for e in exhibits if len(e.statement.effects) == 1}
        registered = {
            str(effect.subject): effect.name
            for exhibit in exhibits
            for effect in exhibit.statement.effects
            if isinstance(effect, Exist) and effect.name is not None
        }
        self.names: dict[str, str] = {**registered, **names}
        """By the answer where it names a subject at its moment, else by the last name recorded in the package."""

    def name(self, subject: str) -> str:
        """A subject's name, else its identifier."""
        return self.names.get(subject, subject)

    def cite(self, ref: EffectRef) -> str:
        """An effect as "Exhibit 14, effect 2", or "Exhibit 14" where it has no other."""
        position = self._numbers.get(ref.statement)
        if position is None:
            return f"statement {ref.statement[7:19]}… (not in this bundle)"
        only = ref.n == 0 or (ref.n == 1 and ref.statement in self._single)
        return f"Exhibit {position}" if only else f"Exhibit {position}, effect {ref.n}"

    @property
    def numbers(self) -> dict[str, Json]:
        """Statement id → exhibit number."""
        return {statement: str(position) for statement, position in self._numbers.items()}


def exhibit_told(exhibit: Exhibit, reader: Reader) -> Json:
    """An exhibit as the template takes it: strings and lists only."""
    statement, entry = exhibit.statement, exhibit.entry
    payload = parse_canonical(entry.envelope.payload, STATEMENT_BYTES_MAX)
    raw_effects = payload["effects"]
    assert isinstance(raw_effects, list), "the statement was parsed from this payload"
    row = TYPES.get(statement.type)
    basis = statement.basis
    dates = statement.effective or exhibit.act.effective_of(statement.effects[0])
    told: dict[str, Json] = {
        "position": str(exhibit.position),
        "id": statement.id,
        "leaf": leaf_hash(exhibit.raw).hex(),
        "bytes": str(len(exhibit.raw)),
        "type": statement.type,
        "title": row.title if row is not None else statement.type,
        "actor": reader.name(statement.actor),
        "actor_id": statement.actor,
        "recorded_at": format_recorded_at(entry.recorded_at),
        "day": date_words(dates.start.text) if dates.start is not None else None,
        "stated": dates.start.text if dates.start is not None else None,
        "dates": _dates(dates),
        "instrument": _instrument(basis),
        "notice": [
            f"{date_words(n.at.text)}, to {'the public' if n.to == 'public' else reader.name(n.to)} ({_plain(n.how)})"
            for n in statement.notice
        ],
        "sequence": _sequence(exhibit, reader),
        "signers": [
            _signer_told(exhibit, signer, protected.protected, reader)
            for signer, protected in zip(statement.signers, entry.envelope.signatures, strict=False)
        ],
        "effects": [
            {
                "words": effect_words(effect, reader.name, reader.cite),
                "dates": _dates(effect.effective) if effect.effective is not None else None,
                "stated": _stated(effect),
                "rows": _rows(raw),
            }
            for effect, raw in zip(statement.effects, raw_effects, strict=True)
        ],
        "more": _more(statement, reader),
    }
    return told


def _signer_told(exhibit: Exhibit, signer: Signer, protected: bytes, reader: Reader) -> Json:
    header = parse_header(protected, f"entry {exhibit.position}/signatures")
    return {
        "name": reader.name(signer.party),
        "party": signer.party,
        "role": _plain(signer.role if signer.role == signer.capacity else f"{signer.role}, {signer.capacity}"),
        "key": header.kid,
        "alg": header.alg,
        "signed": _signed_at(header.iat),
        "competence": _competence(exhibit, signer, reader),
        "sources": [
            f"{source.title}{f', {source.url}' if source.url else ''}, read on {date_words(source.accessed)}"
            for source in signer.sources
        ],
    }


def _signed_at(seconds: int) -> str:
    """`iat` as a signer claims it: any whole number of seconds, also one that no calendar has."""
    try:
        return format_instant(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError):
        return f"{seconds} seconds after 1970"


def _competence(exhibit: Exhibit, signer: Signer, reader: Reader) -> str:
    """By what the register let this signer sign: a grant, a root key, or that an author signs its own act."""
    if signer.role in ("root", "key-holder"):
        return "key of the register" if signer.role == "root" else "holder of the key that this act adds"
    for grant in exhibit.register.grants:
        held = grant.competence
        if held.party == signer.party and grant.ended is None and covers(held, exhibit.statement.type):
            return f"granted by {reader.cite(EffectRef(grant.statement, 0))}: {competence_words(held)}"
    if signer.capacity == "author":
        return "author, signs beside a signer who has the competence"
    return "none in the register at this position"


def _dates(dates: Effective) -> str:
    start = date_words(dates.start.text) if dates.start is not None else "since before the record begins"
    until = f" until {date_words(dates.until.text)}" if dates.until is not None else ""
    return f"{start}{until}{f' ({dates.zone})' if dates.zone is not None else ''}"


def _stated(effect: Effect) -> str | None:
    """The day of an effect's own, as spelled."""
    dates = effect.effective
    return dates.start.text if dates is not None and dates.start is not None else None


def _instrument(basis: Basis) -> str:
    """The instrument in one line: what it is and is called, then what identifies it."""
    marks = (
        ("number", basis.number),
        ("ECLI", basis.ecli),
        ("ELI", basis.eli),
        ("gazette", basis.gazette),
        ("legal basis", basis.legal_basis),
        ("dated", date_words(basis.date) if basis.date is not None else None),
    )
    return "; ".join(
        (f"{_plain(basis.kind)} “{basis.title}”", *(f"{label} {value}" for label, value in marks if value is not None))
    )


def _sequence(exhibit: Exhibit, reader: Reader) -> list[Json]:
    """Where the entry stands among the statements about each of its subjects, one line for all that it opens."""
    statement = exhibit.statement
    lines: list[Json] = []
    first: list[str] = []
    for subject, seen, head in zip(statement.subjects, statement.follows, exhibit.entry.prev, strict=True):
        if head.count == 0:
            first.append(subject)
            continue
        sight = (
            f"signed in sight of {reader.cite(EffectRef(seen, 0))}"
            if seen is not None
            else "signed without sight of any of them"
        )
        lines.append(f"statement {head.count + 1} about {_called(reader, subject)}, {sight}")
    if first:
        # Where an act opens many streams, its effects have just named their subjects.
        told = first if len(first) > _NAMED_MAX else [_called(reader, subject) for subject in first]
        lines.append(f"the first statement about {', '.join(told)}")
    return lines


def _called(reader: Reader, subject: str) -> str:
    found = reader.name(subject)
    return f"{found} ({subject})" if found != subject else subject


def _plain(code: str) -> str:
    return code.replace("-", " ").replace("_", " ")


def _more(statement: Statement, reader: Reader) -> Json:
    """What else the statement says: rows of a label and a value."""
    rows: list[Json] = []
    for item in statement.despite:
        met = f", which met {reader.cite(EffectRef(item.statement, 0))}" if item.statement is not None else ""
        rows.append(["Recorded despite", f"the objection “{_RULES.get(item.rule, item.rule)}” ({item.rule}){met}"])
    if statement.records is not None:
        rows.append(["Another record of", reader.cite(EffectRef(statement.records, 0))])
    for document in statement.evidence:
        match document:
            case Document():
                digest = f"SHA-256 {document.sha256}"
            case CommittedDocument():
                digest = f"commitment {document.commit}"
        rows.append(["Document", f"{document.title} ({document.media_type}, {document.size} bytes), {digest}"])
    rows += [["Sealed", f"{sealed.name}, commitment {sealed.commit}"] for sealed in statement.sealed]
    if statement.exact:
        rows.append(["Demanded", "to follow directly on what its signers had seen"])
    if statement.seen is not None:
        rows.append(
            ["Signers had seen", f"the tree of {statement.seen.size} entries, root {statement.seen.root.hex()}"]
        )
    if statement.submit_by is not None:
        rows.append(["To be recorded by", date_words(statement.submit_by.text)])
    return rows


def _rows(value: Json, label: str = "") -> list[Json]:
    """A JSON value as rows of a path and a value, nothing left out."""
    match value:
        case dict():
            return [row for name, item in value.items() for row in _rows(item, f"{label}.{name}" if label else name)]
        case list():
            if all(isinstance(item, str) for item in value):
                return [[label, ", ".join(str(item) for item in value)]]
            return [row for n, item in enumerate(value, 1) for row in _rows(item, f"{label}[{n}]")]
        case None:
            return [[label, "null"]]
        case bool():
            return [[label, "true" if value else "false"]]
        case _:
            return [[label, str(value)]]
