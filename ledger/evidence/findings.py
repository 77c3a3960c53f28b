"""What a verification says: numbered checks, everything found, and what stays unproven, in words and as JSON.

Guarantees that a report is sound only if every check that could be made was passed, and that a check which could not
be made is told with the reason, never counted as passed. It judges nothing: `verify` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ledger.statements.canonical import Json, canonical_bytes

ITEM_CHARS_MAX: Final = 200
FINDINGS_MAX: Final = 1000
"""As many findings as a report tells; the number of the rest is told too."""
MEANINGS: Final = {
    "container": "the archive has its one form, compared byte for byte",
    "manifest": "every file is listed with its SHA-256, and no other is",
    "question": "it is about a ledger that the reader trusts",
    "checkpoint": "the log's key, as the reader has it, signed the state of the log",
    "inclusion": "every entry is in that log at its place",
    "register": "keys and competences are all here, from the first entry on",
    "statements": "each is signed by all its signers, with keys in force then",
    "streams": "of all that bears on the asset no statement before another is missing",
    "consistency": "the log only grew since earlier checkpoints",
    "timestamps": "authorities that the reader trusts saw the log by then",
    "documents": "those here are the ones that statements name",
    "state": "the answer is what the statements give, computed anew",
    "index": "index and instructions belong to these entries",
    "bundle": "the PDF for the court is what the other files give, set anew",
    "page": "verify.html is the one of this release",
    "seal": "somebody whom the reader can name put all of it together",
}
"""What each check is about, to a reader who does not know its name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be: the item of the package, and what is wrong with it."""

    item: str
    words: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `findings` empty and `undone` None: passed. `notes` tell what was established, and by whom."""

    number: int
    name: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    undone: str | None = None

    @property
    def result(self) -> str:
        return "failed" if self.findings else "not checked" if self.undone else "passed"


@dataclass(slots=True)
class Result:
    """What one check is finding out, while it runs."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    undone: str | None = None

    def find(self, item: str, words: str) -> None:
        """A name that a hostile archive made as long as a book is told by its beginning."""
        self.findings.append(Finding(item if len(item) <= ITEM_CHARS_MAX else f"{item[:ITEM_CHARS_MAX]}…", words))

    def as_check(self, number: int, name: str) -> Check:
        return Check(number, name, tuple(dict.fromkeys(self.findings)), tuple(self.notes), self.undone)


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of one package, and what none of them proves."""

    checks: tuple[Check, ...]
    unproven: tuple[str, ...]
    package: tuple[tuple[str, str], ...] = ()
    """What the package says it is, as far as it could be read: origin, asset, size, question."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for check in self.checks for finding in check.findings)

    @property
    def sound(self) -> bool:
        """Nothing was found against the package. Read `unproven` and the checks that were not made as well."""
        return not self.findings

    @property
    def not_checked(self) -> tuple[str, ...]:
        """The checks that could not be made, by name."""
        return tuple(check.name for check in self.checks if check.result == "not checked")

    def to_json(self) -> bytes:
        """The report as canonical JSON."""
        checks: list[Json] = [
            {
                "number": str(check.number),
                "name": check.name,
                "about": MEANINGS.get(check.name),
                "result": check.result,
                "findings": [{"item": f.item, "words": f.words} for f in check.findings[:FINDINGS_MAX]],
                "findings_count": str(len(check.findings)),
                "notes": list(check.notes),
                "undone": check.undone,
            }
            for check in self.checks
        ]
        value: dict[str, Json] = {
            "v": 1,
            "sound": self.sound,
            "verdict": self.verdict,
            "not_checked": list(self.not_checked),
            "package": dict[str, Json](self.package),
            "checks": checks,
            "unproven": list(self.unproven),
        }
        return canonical_bytes(legible(value))

    @property
    def verdict(self) -> str:
        """The report in one sentence."""
        undone = self.not_checked
        failed = [check for check in self.checks if check.findings]
        if failed:
            count = len(self.findings)
            found = f"{count} finding{'' if count == 1 else 's'}"
            return f"NOT SOUND: {found} in {len(failed)} of {len(self.checks)} checks."
        if undone:
            passed = len(self.checks) - len(undone)
            return f"No findings. {passed} checks passed, {len(undone)} could not be made: {', '.join(undone)}."
        return f"Sound: all {len(self.checks)} checks passed."

    def to_text(self) -> str:
        """The report in words, the verdict first."""
        lines = [self.verdict, ""]
        lines += [f"{name}: {value}" for name, value in self.package]
        lines += [""] if self.package else []
        for check in self.checks:
            meaning = f" ({MEANINGS[check.name]})" if check.name in MEANINGS else ""
            lines.append(f"{check.number:2}. {check.name}{meaning}: {check.result}")
            lines += [f"      ! {f.item}: {f.words}" for f in check.findings[:FINDINGS_MAX]]
            if len(check.findings) > FINDINGS_MAX:
                lines.append(f"      ! and {len(check.findings) - FINDINGS_MAX} more")
            lines += [f"      - {note}" for note in check.notes]
            lines += [f"      not checked: {check.undone}"] if check.undone else []
        lines += ["", "What this does not prove:"]
        lines += [f"  * {words}" for words in self.unproven]
        return "".join(f"{legible(line)}\n" for line in lines)


def legible(value: Json) -> Json:
    """`value` with every character that could hide or turn text, or is none at all, written as its code point: names
    and words in a report may come from a hostile package."""
    if isinstance(value, str):
        return "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in value)
    if isinstance(value, list):
        return [legible(item) for item in value]
    if isinstance(value, dict):
        return {name: legible(item) for name, item in value.items()}
    return value
