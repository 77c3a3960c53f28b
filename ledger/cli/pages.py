"""What every printed answer has in common: the question as used first, causes as numbers in brackets, remarks, statements.

Guarantees that each printed value shows the entries that decide it, as `[17]`, the index in the log, and that the table of
statements at the foot tells each: who says so, in which capacity, on which instrument. The plain answer comes first. Nothing is
computed here: a page prints the same value that `--json` gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from domain.answers import Told
from domain.shares import Share, percent
from ledger.cli.parts import Part

_REFERENCE = re.compile(r"sha256:[0-9a-f]{64}(#[0-9]+)?")
_INTERVAL = re.compile(
    r"(?<![\w/])([0-9]+(?:/[0-9]+)?)(?:–| to )([0-9]+(?:/[0-9]+)?)(?![\w/-])|(?<![\w/])([0-9]+/[0-9]+)(?![\w/-])"
)
OPEN = "open"
BEGINNING = "before the record"

TIMELESS = frozenset({"void", "state", "authorise", "conceal"})
"""Effects that have no time of their own in law."""

REMARKS = {
    "gaps": "",
    "irregular": "Irregular",
    "unapplied": "Foreign acts not applied here",
    "undecided": "Applied as the place of the asset does; this forum has not decided",
    "unseen": "Signed without sight of earlier statements",
    "late": "Recorded after the day of knowledge asked for",
    "disputed": "Disputed",
    "choices": "Where the record leaves more than one reading",
}


GAPS = {
    "cooling-off-running": "Out of time",
    "divested-late": "Out of time",
    "held-for-a-term": "Title in doubt",
    "ignorance-yields": "Declared otherwise",
    "norm-repealed": "Norms no longer in force",
    "root-of-title-void": "Title in doubt",
    "stake-gone": "Measures over a stake that is gone",
    "unexplained-difference": "Declared otherwise",
}
"""Titles of gaps by kind; of all others what they miss is not on record."""

_QUOTING = frozenset({"described-act-void"})
"""Kinds of gap whose words end with those of signers."""


def _short(text: str, length: int = 56) -> str:
    """The beginning of a long title."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def grouped(number: str) -> str:
    """A decimal number with its thousands apart: 83,292,493,000."""
    whole, point, rest = number.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.isdecimal() else number


def _percent(found: re.Match[str]) -> str:
    """A share in words of the law as percent."""
    low, high = Fraction(found[1] or found[3]), Fraction(found[2] or found[3])
    return percent(Share(low, high)) if low <= high <= 1 else found[0]


class Page:
    """One answer on a console."""

    def __init__(self, console: Console, answer: Told) -> None:
        self.console = console
        self.answer = Part(answer)
        self._positions = {name: part["position"].text for name, part in self.answer["statements"].items()}
        self._names = {name: part.text for name, part in self.answer["names"].items()}

    # --- words ---------------------------------------------------------------------------------------------------

    def number(self, reference: str) -> str:
        """`17`, or `17#2` for another effect than the first; the id itself where the answer does not cite it."""
        statement, _, n = reference.partition("#")
        position = self._positions.get(statement)
        if position is None:
            return f"{statement[:15]}…{'#' + n if n else ''}"
        return f"{position}#{n}" if n not in ("", "1") else position

    def cite(self, references: Part | Iterable[str]) -> str:
        """`[17, 24]`."""
        found = references.texts() if isinstance(references, Part) else list(references)
        numbers = list(dict.fromkeys(self.number(item) for item in found))
        return f"[{', '.join(numbers)}]" if numbers else ""

    def name(self, subject: str) -> str:
        """The name a subject bears, else its identifier."""
        return self._names.get(subject, subject)

    def full_name(self, subject: str) -> str:
        """Name and identifier: identity is by identifier, never by name."""
        name = self._names.get(subject)
        return f"{name} ({subject})" if name else subject

    def holder(self, part: Part) -> str:
        """A holder in words."""
        if part["unknown"]:
            return "unknown"
        if part["one_of"]:
            return "one of: " + " / ".join(self.name(name) for name in part["one_of"].texts())
        return self.name(part.text) if part.text else "nobody named"

    def words(self, text: str) -> str:
        """A sentence of the law: shares in percent, references shortened to entry numbers, subjects named. What signers wrote is
        printed as they wrote it."""
        counted = re.sub(r"(?<=[^0-9] )1(?=;|$| →| \(uncertain: )", "100 %", _INTERVAL.sub(_percent, text))
        shortened = _REFERENCE.sub(lambda found: f"[{self.number(found[0])}]", counted)
        return re.sub(r"\b(?:party|asset):[a-z0-9-]+", lambda found: self.name(found[0]), shortened)

    def share(self, part: Part) -> str:
        """Percent, and units where they are stated."""
        share = part["share"]
        units = f" ({grouped(share['units'].text)} of {grouped(share['of'].text)})" if share["units"] else ""
        exact = f" ({share.text})" if part["percent"].text.startswith("≈") and share.text else ""
        return f"{part['percent'].text}{units}{exact}"

    def days(self, part: Part, ending: str = "") -> str:
        """First and last legal day of a period."""
        first = self.legal_day(part, "first_day") or BEGINNING
        last = self.legal_day(part, "last_day") or OPEN
        if first == BEGINNING and last == OPEN:
            return "throughout"
        return f"{first} – {last}{f' ({ending})' if ending else ''}"

    def legal_day(self, part: Part, name: str) -> str:
        """The first or last legal day of a period, with its zone where that is not the asset's; empty where it is open."""
        zone = part[f"{name}_zone"].text
        return f"{part[name].text} in {zone}" if zone else part[name].text

    def become(self, identity: Part) -> None:
        """What the subject had become by the moment: merged, succeeded, divided, ended; and where it lay, if it moved."""
        self._places(identity)
        met: set[str] = set()
        for item in identity["successors"].each():
            if item["now"]:
                how = "Merged into" if item["how"].text == "merge" else "Succeeded by"
                self._became(f"{how} {self.full_name(item['subject'].text)}", item)
                met.update(item["causes"].texts())
        parts = [item for item in identity["parts"].each() if item["now"]]
        for cause in dict.fromkeys(ref for item in parts for ref in item["causes"].texts()):
            mine = [item for item in parts if cause in item["causes"].texts()]
            self._became(f"Divided: {', '.join(self.full_name(item['subject'].text) for item in mine)}", mine[0])
            met.add(cause)
        ended = identity["ended"]
        if ended["now"] and not met.intersection(ended["causes"].texts()):
            self._became("Ended", ended)

    def _places(self, identity: Part) -> None:
        places = identity["places"].each()
        for item in places if len(places) > 1 else ():
            self.line(f"Place: {item['value'].text}, {self.days(item)} {self.cite(item['causes'])}")

    def _became(self, words: str, item: Part) -> None:
        on = f" on {item['day'].text}" if item["day"] else ""
        self.console.print(Text(f"{words}{on} {self.cite(item['causes'])}", style="bold yellow"))

    # --- blocks --------------------------------------------------------------------------------------------------

    def line(self, text: str = "", style: str = "") -> None:
        self.console.print(Text(text, style=style))

    def heading(self, text: str) -> None:
        self.console.print()
        self.console.print(Text(text, style="bold"))

    def item(self, text: str, cites: str = "", indent: int = 2) -> None:
        """One line of a list, wrapped under itself."""
        words = Text(text)
        if cites:
            words.append(f" {cites}", style="cyan")
        for line in words.wrap(self.console, self.console.width - indent):
            line.rstrip()
            self.console.print(Text(" " * indent).append_text(line), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], wide: str = "") -> None:
        """Rows under columns; the last column holds causes. `wide` names the column that takes what room is left."""
        if not rows:
            return
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
        for n, column in enumerate(columns):
            last = n == len(columns) - 1
            table.add_column(
                column,
                style="cyan" if last else "",
                ratio=1 if column == wide else None,
                overflow="fold",
                no_wrap=last,
                min_width=min(len(column), 6),
            )
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        self.console.print(Padding(table, (0, 0, 0, 2), expand=False))

    def title(self) -> None:
        """Whose state this is, and on which clocks."""
        _, subject = self.answer.items()[0]
        clocks = self.answer["clocks"]
        self.console.print(Text(self.full_name(subject.text), style="bold"))
        day = clocks["effective_day"].text
        at = re.sub(r"\.[0-9]+Z", "Z", clocks["effective_at"].text)
        when = f"at the end of {day}" if clocks["whole_day"] else f"at {at} ({day})" if at else "through time"
        known = clocks["known_day"].text
        knower = clocks["knower"].text
        by = "" if knower == "public" else f" to {self.name(knower)}"
        zone = "each asset where it is" if clocks["each_zone"] else clocks["zone"].text
        parts = [f"{when}, {zone}", f"as known{by} on {known}" if known else "with all that is recorded"]
        if not clocks["forum"]:
            parts.append("each asset in the eyes of its own place")
        else:
            default = " (place of the asset)" if clocks["forum_by_default"] else ""
            parts.append(f"in the eyes of {clocks['forum'].text}{default}")
        parts.append(f"entries 0–{int(clocks['size'].text) - 1}" if clocks["size"].text != "0" else "an empty ledger")
        self.line("; ".join(parts), "dim")

    def uncertain(self) -> None:
        """What differs between the readings that the record leaves open."""
        items = self.answer["uncertain"].each()
        if not items:
            return
        self.heading("Uncertain")
        for item in items:
            self.item(f"{self.words(item['what'].text)}: {self.words(item['value'].text)}")
            for other in item["others"].each():
                self.item(f"or {self.words(other['value'].text)}: {other['why'].text}", indent=4)

    def remarks(self) -> None:
        """What the record does not hold, or holds irregularly."""
        remarks = self.answer["remarks"]
        if not any(part for _, part in remarks.items()):
            return
        self.heading("Remarks")
        for name, title in REMARKS.items():
            items = remarks[name].each()
            if not items:
                continue
            if all(item.text for item in items):
                self.item(f"{title}:", self.cite(item.text for item in items))
                continue
            titles: dict[str, dict[str, list[str]]] = {}
            for item in items:
                words, about = self._remark(item)
                own = GAPS.get(item["kind"].text, "Not on record") if name == "gaps" else title
                titles.setdefault(own, {}).setdefault(words, []).extend(about)
            for own, alike in titles.items():
                self.item(f"{own}:")
                for words, about in alike.items():
                    self.item(words, self.cite(about), indent=4)

    def _remark(self, item: Part) -> tuple[str, list[str]]:
        """What is remarked, and the effects it is remarked of; those with the same words share a line."""
        if item["count"]:
            return f"without sight of {item['count'].text}", [item["statement"].text]
        if item["by"]:
            return f"{self.cite([item['statement'].text])} is disputed by", [item["by"].text]
        if item["answers"]:
            return f"{self.cite(item['causes'])} {item['words'].text}: see", item["answers"].texts()
        quoting = item["kind"].text in _QUOTING
        words = item["words"].text if quoting else self.words(item["words"].text or item["why"].text)
        if item["rule"]:
            words += f" ({item['rule'].text}{', knowingly' if item['knowingly'] else ''})"
        met = item["met"].texts() or ([item["met"].text] if item["met"].text else [])
        own = {ref.partition("#")[0] for ref in item["causes"].texts()}
        if met and not own.issuperset(ref.partition("#")[0] for ref in met):
            return f"{self.cite(item['causes'])} {words}; it met", met
        return words, item["causes"].texts()

    def statements(self) -> None:
        """The statements cited, in the order of the log."""
        items = self.answer["statements"].items()
        if not items:
            return
        self.heading("Statements")
        for _, part in items:
            self.item(self.statement_line(part))

    def statement_line(self, part: Part) -> str:
        """One statement: when, which type, who, on which instrument, who says so."""
        basis = part["basis"]
        numbers = [basis[name].text for name in ("number", "ecli") if basis[name]]
        told = "".join(f", {number}" for number in numbers if number not in basis["title"].text)
        said = {"author": "signed by its author", "registrar": "signed by a registrar", "transcriber": "transcribed"}
        sources = [_short(source["title"].text) for source in part["sources"].each()]
        how = said.get(part["capacity"].text, "") + (f" from {', '.join(sources[:2])}" if sources else "")
        how += f" and {len(sources) - 2} more" if len(sources) > 2 else ""
        text = f"[{part['position'].text}] {self._dated(part)}  {part['type'].text}, {self.name(part['actor'].text)}: "
        return text + f"{basis['title'].text}{told}; {how}"

    def _dated(self, part: Part) -> str:
        """When a statement takes effect; one that only speaks of others is dated by its first notice."""
        if part["effective"]["from"].text:
            return part["effective"]["from"].text
        if any(name.partition(" ")[0] not in TIMELESS for name in part["effects"].texts()):
            return "since before the record"
        noticed = [notice["at"].text for notice in part["notice"].each() if notice["at"].text]
        return f"made known {noticed[0]}" if noticed else "undated"

    def foot(self) -> None:
        """What closes every page."""
        self.uncertain()
        self.remarks()
        self.statements()
