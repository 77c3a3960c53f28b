"""Drafts: what a person writes before signing, one JSON object a line (docs/statement-format.md, "Drafts").

Guarantees that a payload is a function of its file, the ledger's name and what the caller says was seen: no clock,
no randomness, so compiling a file twice gives the same statement ids. Labels become statement ids, `follows` the
order of the file, missing `subjects` what the effects are about, names the one subject that bears them. It signs
nothing and asks no ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.effects import (
    Admit,
    Alter,
    Authorise,
    Declare,
    Described,
    Effect,
    Exist,
    Impose,
    Move,
    Owe,
    Pay,
    Permit,
    Proceed,
    Reunit,
    Stake,
    State,
    Void,
)
from domain.errors import Malformed
from domain.identifiers import REGISTER, EffectRef, StatementId, SubjectId
from domain.periods import Effective
from ledger.statements.canonical import Json, canonical_bytes, parse_strict
from ledger.statements.effect_forms import read_effect
from ledger.statements.members import Members, listed
from ledger.statements.schema import parse_statement
from ledger.statements.statement import LedgerName, Statement
from ledger.statements.values import Scope, effective

DRAFT_BYTES_MAX: Final = 65_535
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_LABELLED = re.compile(r"@([A-Za-z0-9][A-Za-z0-9_.-]{0,63})(#[1-9][0-9]{0,3})?\Z")
_REFERENCES: Final = frozenset(
    {
        "about", "above", "after", "below", "cause", "concerns", "debt", "excepts", "measure", "of", "on", "performs",
        "records", "replaces", "reviews", "secures", "statement", "target", "transaction",
    }
)  # fmt: skip
"""The members that hold references; `@label` anywhere else is text."""
_THIS: Final = StatementId("sha256:" + "0" * 64)
"""Stands for the statement being compiled, whose id is not known before its subjects are."""

Resolve = Callable[[str, Effective | None], Sequence[SubjectId]]
"""A name and when → every subject that bears it then."""
Sight = Callable[[SubjectId], StatementId | None]
"""A stream → the last statement of it that the signers have seen."""
SubjectsOf = Callable[[StatementId], Sequence[SubjectId]]
"""A recorded statement → the streams it extends; empty when it is not known."""


@dataclass(frozen=True, slots=True)
class CompiledDraft:
    """A draft as the statement it becomes, ready to sign. `line` is where it stands in its file, from 1."""

    line: int
    label: str
    statement: Statement


class DraftCompiler:
    """Compiles files of drafts in order: a later file sees the statements of an earlier one, but not its labels."""

    def __init__(
        self,
        ledger: LedgerName,
        resolve: Resolve = lambda name, when: (),
        sight: Sight = lambda subject: None,
        subjects_of: SubjectsOf = lambda statement: (),
    ) -> None:
        self._ledger = ledger
        self._resolve = resolve
        self._sight = sight
        self._subjects_of = subjects_of
        self._heads: dict[SubjectId, StatementId] = {}
        self._subjects: dict[StatementId, tuple[SubjectId, ...]] = {}
        self._names: dict[str, set[SubjectId]] = {}

    def compile(self, raw: bytes) -> tuple[CompiledDraft, ...]:
        """The statements of one file. Raises Malformed, naming the line and label; then nothing of the file counts."""
        kept = dict(self._heads), dict(self._subjects), {n: set(s) for n, s in self._names.items()}, self._ledger
        labels: dict[str, StatementId] = {}
        compiled = []
        try:
            for n, line in enumerate(raw.splitlines(), 1):
                if line.strip():
                    compiled.append(self._compile_line(n, line, labels))
        except Malformed:
            self._heads, self._subjects, self._names, self._ledger = kept
            raise
        return tuple(compiled)

    def _compile_line(self, n: int, line: bytes, labels: dict[str, StatementId]) -> CompiledDraft:
        place = f"line {n}"
        try:
            draft = parse_strict(line, DRAFT_BYTES_MAX)
            label = draft.pop("label", None)
            if not isinstance(label, str) or _LABEL.match(label) is None:
                raise Malformed("/label", "a draft needs a label of letters, digits and . _ -", "draft.label")
            place = f"line {n} ({label})"
            if label in labels:
                raise Malformed("/label", "the label is taken by an earlier draft of this file", "draft.label")
            for name in ("v", "ledger", "follows"):
                if name in draft:
                    raise Malformed(f"/{name}", "is filled in when the draft is compiled; leave it out", "draft.member")
            statement = self._compile_draft(draft, labels)
        except Malformed as error:
            raise Malformed(f"{place}{error.where}", error.why, error.rule) from error
        labels[label] = statement.id
        return CompiledDraft(n, label, statement)

    def _compile_draft(self, draft: dict[str, Json], labels: Mapping[str, StatementId]) -> Statement:
        dated = (
            effective(Scope(_THIS))(_labelled(draft["effective"], labels, where="/effective"), "/effective")
            if "effective" in draft
            else None
        )
        members = {
            name: self._with_names(_labelled(value, labels, name, f"/{name}"), f"/{name}", dated)
            for name, value in draft.items()
        }
        if "subjects" not in members:
            members["subjects"] = list[Json](self._about(members, dated))
        if isinstance(despite := members.get("despite"), list):
            members["despite"] = sorted(despite, key=_rule_then_statement)
        subjects = [SubjectId(s) for s in listed(members["subjects"], "/subjects", _any_string)]
        members["v"] = 1
        members["ledger"] = {"origin": self._ledger.origin, "genesis": self._ledger.genesis}
        members["follows"] = [self._last(subject) for subject in subjects]
        statement = parse_statement(canonical_bytes(members))
        if self._ledger.genesis is None:
            self._ledger = LedgerName(self._ledger.origin, statement.id)
        self._subjects[statement.id] = statement.subjects
        self._heads.update(dict.fromkeys(statement.subjects, statement.id))
        for effect in statement.effects:
            if isinstance(effect, Exist) and effect.name is not None:
                self._names.setdefault(effect.name, set()).add(effect.subject)
        return statement

    def _last(self, subject: SubjectId) -> StatementId | None:
        """The last statement of a stream: in these files, else as seen; the register begins with entry 0."""
        last = self._heads.get(subject) or self._sight(subject)
        return last or (self._ledger.genesis if subject == REGISTER else None)

    def _with_names(self, value: Json, where: str, dated: Effective | None) -> Json:
        """`value` with each `{"name": …}` replaced by the subject that bears it."""
        if isinstance(value, list):
            return [self._with_names(item, f"{where}/{n}", dated) for n, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if set(value) == {"name"} and isinstance(name := value["name"], str):
            return self._named(name, where, dated)
        return {member: self._with_names(item, f"{where}/{member}", dated) for member, item in value.items()}

    def _named(self, name: str, where: str, dated: Effective | None) -> SubjectId:
        found: list[SubjectId] = sorted({*self._resolve(name, dated), *self._names.get(name, ())})
        if not found:
            raise Malformed(
                where, f"nothing bears the name {name!r} at that date; give its identifier", "draft.name-unknown"
            )
        if len(found) > 1:
            raise Malformed(
                where,
                f"the name {name!r} is borne by {', '.join(found)}; give the identifier meant",
                "draft.name-ambiguous",
            )
        return found[0]

    def _about(self, members: Mapping[str, Json], dated: Effective | None) -> Iterator[SubjectId]:
        """What the effects are about, in order of first mention. Raises Malformed when that is nothing."""
        common = Scope(_THIS, 0, dated.zone if dated is not None else None)
        numbers = iter(range(1, 10_000))
        effects = listed(
            Members(dict(members), "").raw("effects"),
            "/effects",
            lambda item, at: read_effect(item, at, _THIS, next(numbers), common, dated),
        )
        found: dict[SubjectId, None] = {}
        for effect in effects:
            found.update(dict.fromkeys(self._about_effect(effect)))
        if not found:
            raise Malformed(
                "/subjects", "the effects are about nothing in particular; state the subjects", "draft.subjects"
            )
        yield from found

    def _about_effect(self, effect: Effect) -> Iterator[SubjectId]:
        match effect:
            case Declare() | Move() | Reunit():
                yield effect.asset
            case Impose():
                yield from (over.asset if isinstance(over, Stake) else over for over in effect.over)
            case Exist():
                yield effect.subject
                yield from (part.asset for part in effect.parts)
                yield from effect.others
            case Proceed():
                yield effect.proceeding
            case Alter():
                yield from self._of(effect.measure)
            case Permit():
                yield from effect.over
                for ref in (effect.of, effect.transaction, *effect.excepts):
                    yield from self._of(ref)
            case Void(target=Described(asset=asset)):
                yield asset
            case Void(target=EffectRef() as target) | Admit(target=EffectRef() as target):
                yield from self._of(target)
            case Owe():
                yield from (effect.asset,) if effect.asset is not None else self._of(effect.cause)
            case Pay():
                yield from (effect.asset,) if effect.asset is not None else self._of(effect.debt)
            case State():
                yield from (effect.asset,) if effect.asset is not None else ()
                yield from (about for about in effect.about if isinstance(about, str))
            case Authorise():
                yield REGISTER
            case _:
                return

    def _of(self, ref: EffectRef | None) -> Sequence[SubjectId]:
        if ref is None or ref.statement == _THIS:
            return ()
        return self._subjects.get(ref.statement) or self._subjects_of(ref.statement)


def _any_string(value: Json, where: str) -> str:
    if not isinstance(value, str):
        raise Malformed(where, "expected a subject", "member.wrong-kind")
    return value


def _rule_then_statement(item: Json) -> tuple[str, str]:
    """The order of `despite`; whatever is no objection is refused when the statement is parsed."""
    return (str(item.get("rule")), str(item.get("statement") or "")) if isinstance(item, dict) else ("", "")


def _labelled(value: Json, labels: Mapping[str, StatementId], member: str = "", where: str = "") -> Json:
    """`value` with `@label` and `@label#n` replaced in the members that hold references."""
    if isinstance(value, list):
        return [_labelled(item, labels, member, f"{where}/{n}") for n, item in enumerate(value)]
    if isinstance(value, dict):
        return {name: _labelled(item, labels, name, f"{where}/{name}") for name, item in value.items()}
    if not isinstance(value, str) or member not in _REFERENCES or not value.startswith("@"):
        return value
    found = _LABELLED.match(value)
    if found is None or found[1] not in labels:
        raise Malformed(where, f"no earlier draft of this file has the label of {value[:80]!a}", "draft.label-unknown")
    return labels[found[1]] + (found[2] or "")
