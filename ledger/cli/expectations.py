"""Questions with expected answers, as the demonstration and the scenarios ask them (demo/README.md, "Questions").

Guarantees that an expectation is compared with the same answer that is printed, that every key of `expect` is known (an unknown one
is a failure, not passed over), and that what differs is told in words. Labels of drafts stand for statements.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from domain.answers import Asked, Plain, Question, Told, understand
from domain.answers_assets import history, show
from domain.answers_names import found
from domain.answers_parties import interests_in
from domain.answers_proceedings import proceedings_of
from domain.identifiers import StatementId, SubjectId
from domain.record import Record
from ledger.cli import asset_pages, compared_pages, term_pages
from ledger.cli.pages import Page
from ledger.cli.parts import Part
from ledger.errors import Malformed


@dataclass(frozen=True, slots=True)
class Asking:
    """One question of a case: what to ask, in words and as a command, and what a machine compares."""

    id: str
    question: str
    command: tuple[str, ...]
    expect: Part
    answer: str
    why: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, how to print it, the values asked for as the ledger computed them, and what differs from what was expected."""

    answer: Told
    page: Callable[[Page], None]
    computed: Told
    differences: tuple[str, ...]


def read_questions(path: Path) -> list[Asking]:
    """The questions of one case."""
    items = Part(json.loads(path.read_bytes())).each()
    return [
        Asking(
            q["id"].text, q["question"].text, tuple(q["command"].texts()), q["expect"], q["answer"].text, q["why"].text
        )
        for q in items
    ]


def answered(record: Record, size: int, asking: Asking, labels: Mapping[str, StatementId]) -> Answered:
    """Ask one question of a record and compare. Raises Malformed for a command it does not know."""
    name, *rest = asking.command
    words, options = _split(rest)
    asked = Asked(options.get("effective"), options.get("known"), options.get("recorded"), None, options.get("forum"))
    subject = SubjectId("register" if name == "find" else words[-1])
    question = understand(record, subject, asked, datetime.now(UTC), size)
    told, page = _tell(name, question, words)
    comparison = Comparison(Part(told), labels)
    differences = tuple(comparison.against(asking.expect))
    return Answered(told, page, comparison.computed, differences)


def _split(arguments: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    words: list[str] = []
    options: dict[str, str] = {}
    waiting = iter(arguments)
    for argument in waiting:
        if argument.startswith("--"):
            options[argument[2:]] = next(waiting, "")
        else:
            words.append(argument)
    return words, options


def _tell(name: str, question: Question, words: list[str]) -> tuple[Told, Callable[[Page], None]]:
    match name:
        case "show":
            return show(question), asset_pages.print_show
        case "history":
            return history(question), asset_pages.print_history
        case "proceedings":
            return proceedings_of(question), term_pages.print_proceedings
        case "chain":
            return interests_in(question), compared_pages.print_chain
        case "find":
            return found(question, words[0]), compared_pages.print_found
        case _:
            raise Malformed("command", f"{name}: no question of the demonstration")


class Comparison:
    """An answer against what was expected of it."""

    def __init__(self, answer: Part, labels: Mapping[str, StatementId]) -> None:
        self._answer = answer
        self._labels = labels
        self._names = {statement: label for label, statement in labels.items()}
        self.computed: Told = {}
        """The values compared, as the answer has them."""

    def against(self, expect: Part) -> Iterable[str]:
        """What differs, in words."""
        comparers: dict[str, Callable[[], Plain]] = {
            "holders": lambda: self._holders(expect["holders"]),
            "pending": self._pending,
            "controller": self._controller,
            "exercises": lambda: self._exercises(expect["exercises"]),
            "measures": lambda: self._measures(expect["measures"]),
            "permits": self._permits,
            "until": lambda: self._until(expect["until"]),
            "claim_status": self._claim_status,
            "standing": lambda: self._standing(expect["standing"]),
            "interest": self._interest,
            "chain": self._chain,
            "debts": self._debts,
            "named": self._named,
            "types": lambda: self._types(expect["types"]),
        }
        for key, wanted in expect.items():
            if key == "decided_by":
                yield from self._undecided(wanted.texts())
            elif key not in comparers:
                yield f"{key}: no such key of an expectation"
            else:
                got = self.computed[key] = comparers[key]()
                if got != wanted.value:
                    yield f"{key}: expected {json.dumps(wanted.value)}, the answer is {json.dumps(got)}"

    def _label(self, reference: str) -> str:
        statement, _, n = reference.partition("#")
        label = self._names.get(StatementId(statement), statement)
        return f"{label}#{n}" if n else label

    def _undecided(self, wanted: list[str]) -> Iterable[str]:
        cited = {name for name, _ in self._answer["statements"].items()}
        missing = [label for label in wanted if self._labels.get(label) not in cited]
        if missing:
            yield f"decided_by: {', '.join(missing)} not among the statements of the answer"

    @staticmethod
    def _holder(part: Part) -> str:
        if part["unknown"]:
            return "unknown"
        return " | ".join(part["one_of"].texts()) if part["one_of"] else part.text

    def _holders(self, wanted: Part) -> Plain:
        return {
            right: {self._holder(item["holder"]): item["share"].value for item in self._answer[right].each()}
            for right, _ in wanted.items()
        }

    def _pending(self) -> Plain:
        return {
            self._holder(pending["to"]): item["share"].value
            for item in self._answer["title"].each()
            for pending in item["pending"].each()
        }

    def _controller(self) -> Plain:
        return sorted_texts(self._holder(item["holder"]) for item in self._answer["control"]["controller"].each())

    def _exercises(self, wanted: Part) -> Plain:
        found: Told = {}
        for power, _ in wanted.items():
            items = self._answer["control"]["powers"][power]["exercised"].each()
            by_measure = [self._label(item["measure"].text) for item in items if item["measure"]]
            found[power] = sorted_texts(by_measure or [self._holder(item["holder"]) for item in items])
        return found

    def _measures(self, wanted: Part) -> Plain:
        names = ("measures", "possession", "representation")
        found = [(i["family"].text, i["ref"].text) for name in names for i in self._answer[name].each()]
        found += [("restriction", window["restriction"].text) for window in self._answer["restrictions"].each()]
        families = [family for family, _ in wanted.items()] or [family for family, _ in found]
        return {family: sorted_texts(self._label(ref) for own, ref in found if own == family) for family in families}

    def _permits(self) -> Plain:
        return sorted_texts(self._label(item["ref"].text) for item in self._answer["permits"].each() if item["granted"])

    def _until(self, wanted: Part) -> Plain:
        items = {self._label(item["ref"].text): item for item in self._answer["measures"].each()}
        return {label: items[label]["stated_end"].value if label in items else None for label, _ in wanted.items()}

    def _claim_status(self) -> Plain:
        return {
            item["proceeding"].text: {
                status["forum"].text: status["outcome"].value or status["stage"].value
                for status in item["status"].each()
            }
            for item in self._answer["proceedings"].each()
        }

    def _standing(self, wanted: Part) -> Plain:
        other = {self._label(item["ref"].text): item["validity"].value for item in self._answer["standing"].each()}
        return {label: other.get(label, "operative") for label, _ in wanted.items()}

    def _interest(self) -> Plain:
        """Interests at the ends of chains: companies that others hold through are links, not ends."""
        items = self._answer["interests"].each()
        links = {name for item in items for path in item["paths"].each() for name in path.texts()}
        return {item["party"].text: item["share"].value for item in items if item["party"].text not in links}

    def _chain(self) -> Plain:
        return [link["holder"].text for link in self._answer["controlled_by"]["links"].each()]

    def _debts(self) -> Plain:
        return {
            self._label(item["ref"].text): f"{item['left']['max'].text} {item['currency'].text}"
            for item in self._answer["debts"].each()
            if not item["replaced_by"]
        }

    def _named(self) -> Plain:
        return {self._answer["name"].text: [item["subject"].text for item in self._answer["found"].each()]}

    def _types(self, wanted: Part) -> Plain:
        statements = self._answer["statements"]
        return {label: statements[self._labels.get(label, "")]["type"].value for label, _ in wanted.items()}


def sorted_texts(items: Iterable[str]) -> list[Plain]:
    """Distinct texts, sorted."""
    return list[Plain](sorted(set(items)))
