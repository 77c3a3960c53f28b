"""`demo`: a ledger from nothing, the drafts recorded, every question asked and its answer checked, audited and published.

Guarantees that nobody's signature is forged: reconstructed acts are signed by the demonstration's own transcriber, invented ones by
keys made for the invented parties. It ends with exit code 1 if an answer is not as expected, a draft is refused, or the audit finds
anything. The keys it makes are worthless elsewhere; their passphrase lies beside them.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from domain.answers import Plain
from domain.identifiers import PartyId, StatementId, SubjectId
from domain.shares import Share, exactly, percent
from ledger.cli.evidence import demonstrate
from ledger.cli.expectations import Answered, Asking, answered, read_questions
from ledger.cli.founding import SIGNERS_MAX, found_ledger, key_draft
from ledger.cli.options import (
    PASSPHRASE_FILE,
    AsJson,
    CheckFailed,
    console,
    counted,
    keyring,
    ledger_url,
    notes,
    passphrase,
    print_json,
    progress,
    writing,
)
from ledger.cli.pages import Page
from ledger.cli.parts import Part
from ledger.cli.recording import Result, import_drafts, print_result
from ledger.errors import LedgerError
from ledger.statements.canonical import canonical_bytes

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.statements.keyring import KeyRecord, Keyring

ORIGIN = "control-ledger.example/demo"
ROOTS = ("demo-root-one", "demo-root-two")
_SHARE = re.compile(r"[0-9]+/[1-9][0-9]*")
_AUTHORITIES = "00-authorities.ndjson"


class DemonstrationMissing(LedgerError):
    """The drafts of the demonstration are not installed."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How the demonstration went."""

    drafts: int
    refused: int
    questions: int
    wrong: int
    sound: bool

    @property
    def good(self) -> bool:
        return not self.refused and not self.wrong and self.sound


def demo_files() -> Path:
    """The folder of drafts and questions: in the installed package, else beside it in the source tree."""
    here = Path(__file__).resolve()
    for folder in (here.parent.parent / "demonstration", here.parents[2] / "demo"):
        if (folder / "drafts").is_dir():
            return folder
    raise DemonstrationMissing("the drafts of the demonstration are not installed; run it from the source tree")


def demo(
    into: Annotated[
        Path, typer.Option("--into", file_okay=False, help="A folder of its own; made, and emptied first.")
    ],
    case: Annotated[
        list[str] | None, typer.Option("--case", metavar="CASE", help="Print only this case's answers in full; repeat.")
    ] = None,
    pages: Annotated[bool, typer.Option("--pages/--no-pages", help="Print each answer's whole page.")] = False,
    as_json: AsJson = False,
) -> None:
    """From nothing: a ledger of fourteen real histories and an invented one, its questions answered and checked.

    With --json the story goes to standard error.
    """
    began = time.monotonic()
    page = notes() if as_json else console()
    prepare(into)
    vkeys = found(into, page)
    database = str(into / "ledger.db")
    with writing(database, into / "keys") as opened:
        ring = keyring(into / "keys")
        imported = import_drafts(opened, ring, [registrations(into, ring), *draft_files()])
        results = [result for _, of_file in imported for result in of_file]
        _say_imported(page, results)
        opened.cosign_latest()
        labels = {path.stem: {r.label: StatementId(r.statement) for r in of_file} for path, of_file in imported}
        told: list[dict[str, object]] = []
        for stem, asking, outcome in _ask(opened, labels):
            told.append(_told(stem, asking, outcome))
            _print(page, stem, asking, outcome, labels, pages or stem in (case or ()))
    sound = _audit_and_publish(page, into, database)
    wrong = sum(bool(item["differences"]) for item in told)
    tally = Tally(len(results), sum(r.state == "refused" for r in results), len(told), wrong, sound)
    page.rule()
    style = "bold green" if tally.good else "bold red"
    words = f"{tally.questions - tally.wrong} of {tally.questions} questions answered as expected"
    page.print(
        Text(
            f"{words}; {tally.drafts} statements, {tally.refused} refused; {time.monotonic() - began:.1f} s.",
            style=style,
        )
    )
    page.print(f"Ledger {database}, static log {into / 'log'}, verifier keys {into / 'vkeys.txt'} ({len(vkeys)})")
    program = sys.argv[0] if Path(sys.argv[0]).name == "control-ledger" else "control-ledger"
    page.print(f"Ask it yourself:  {program} show asset:rosneft-deutschland --effective 2024-12-01 --ledger {database}",
               style="dim", soft_wrap=True)  # fmt: skip
    if as_json:
        print_json({"ledger": database, "log": str(into / "log"), "vkeys": vkeys, **asdict(tally), "answers": told})
    if not tally.good:
        raise CheckFailed


def _told(stem: str, asking: Asking, outcome: Answered) -> dict[str, object]:
    """One question, as asked at the command line, with what was computed and how it differs from what was expected."""
    return {
        "case": stem,
        "id": asking.id,
        "question": asking.question,
        "command": ["control-ledger", *asking.command],
        "computed": dict(outcome.computed),
        "differences": list(outcome.differences),
    }


def prepare(into: Path) -> None:
    """An empty folder with a passphrase of its own. Only what a demonstration made is removed."""
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm", "vkeys.txt", "passphrase", "registrations.ndjson", "seal.key",
                 "seal.pem"):  # fmt: skip
        (into / name).unlink(missing_ok=True)
    (into / "anchors.json").unlink(missing_ok=True)
    for package in into.glob("*.asice"):
        package.unlink()
    for name in ("log", "keys", "authority", "timestamps"):
        if (into / name).is_dir():
            shutil.rmtree(into / name)
    into.mkdir(parents=True, exist_ok=True)
    secret = into / "passphrase"
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
    os.environ[PASSPHRASE_FILE] = str(secret)
    passphrase.cache_clear()


def found(into: Path, page: Console) -> list[str]:
    """A founded ledger with keys of two roots and of every party that signs a draft. Returns the verifier keys of the log."""
    ring = keyring(into / "keys")
    with progress("making keys"):
        for root in ROOTS:
            ring.create(root, "root", _party(root))
        for party in _signing_parties():
            if party not in ROOTS:
                ring.create(party, "statement", _party(party))
        made = found_ledger(str(into / "ledger.db"), into / "keys", ORIGIN, ROOTS, 2)
    vkeys = [item.text for item in Part(list(made["vkeys"])).each()]
    (into / "vkeys.txt").write_text("".join(f"{vkey}\n" for vkey in vkeys))
    page.print(f"[bold]{ORIGIN}[/bold] founded by two root keys: {made['genesis']}", soft_wrap=True)
    page.print("Reconstructions from press and official pages, without warranty, not legal advice; one invented history.",
               style="dim")  # fmt: skip
    return vkeys


def _party(slug: str) -> PartyId:
    return PartyId(SubjectId(f"party:{slug}"))


def draft_files() -> list[Path]:
    """All files of drafts, the authorities first."""
    found = sorted((demo_files() / "drafts").glob("*.ndjson"))
    return [path for path in found if path.name == _AUTHORITIES] + [path for path in found if path.name != _AUTHORITIES]


def _signing_parties() -> list[str]:
    """The slugs of all parties that sign a draft, in order of first mention."""
    slugs: dict[str, None] = {}
    for path in draft_files():
        for line in path.read_text().splitlines():
            for signer in Part(json.loads(line))["signers"].each():
                slugs[signer["party"].text.removeprefix("party:")] = None
    return list(slugs)


def registrations(into: Path, ring: Keyring) -> Path:
    """The drafts that register the keys, as many statements as eight signers each demand."""
    records = ring.records()
    roots = [record for record in records if record.use == "root"]
    added = [record for record in records if record.use == "statement"]
    room = SIGNERS_MAX - len(roots)
    path = into / "registrations.ndjson"
    with path.open("wb") as file:
        for n, group in enumerate(_groups(added, room), 1):
            file.write(canonical_bytes(key_draft(group, roots, f"K{n:02}")) + b"\n")
    return path


def _groups(records: Sequence[KeyRecord], size: int) -> Iterator[Sequence[KeyRecord]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]


def _say_imported(page: Console, results: Sequence[Result]) -> None:
    recorded = [result for result in results if result.state != "refused"]
    page.print(f"{len(recorded)} of {len(results)} statements recorded, each signed, judged and in the log.")
    for result in results:
        if result.state == "refused":
            print_result(result)


def _ask(opened: Ledger, labels: Mapping[str, Mapping[str, StatementId]]) -> Iterator[tuple[str, Asking, Answered]]:
    reader = opened.reader
    for path in sorted((demo_files() / "questions").glob("*.json")):
        for asking in read_questions(path):
            with reader.reading() as record:
                yield path.stem, asking, answered(record, reader.size, asking, labels.get(path.stem, {}))


def _print(
    page: Console,
    stem: str,
    asking: Asking,
    outcome: Answered,
    labels: Mapping[str, Mapping[str, StatementId]],
    whole: bool,
) -> None:
    mark = Text(" ✗ ", style="bold red") if outcome.differences else Text(" ✓ ", style="bold green")
    page.print(mark + Text(f"{stem} {asking.id}  ", style="dim") + Text(asking.question))
    printed = Page(page, outcome.answer)
    page.print(Text(f"    $ control-ledger {' '.join(asking.command)}", style="dim"), soft_wrap=True)
    if whole:
        outcome.page(printed)
    else:
        decided = [
            labels[stem][label] for label in asking.expect["decided_by"].texts() if label in labels.get(stem, {})
        ]
        known = {statement: label for label, statement in labels.get(stem, {}).items()}
        for name, value in outcome.computed.items():
            words = computed_words(value, printed, {label: statement for statement, label in known.items()})
            printed.item(f"{name.replace('_', ' ')}: {words}", indent=4)
        if decided:
            printed.item(f"decided by {printed.cite(decided)}", indent=4)
        printed.item(f"in the words of the case: {asking.answer}", indent=4)
        for statement in decided:
            basis = printed.answer["statements"][statement]
            if basis:
                printed.item(printed.statement_line(basis), indent=6)
    for difference in outcome.differences:
        page.print(Text(f"    {difference}", style="red"))


def computed_words(value: Plain, printed: Page, labels: Mapping[str, StatementId]) -> str:
    """A computed value for a reader: parties by name, shares in percent, labels of drafts as entry numbers."""
    match value:
        case {"units": str() as units, "of": str() as of}:
            return f"{int(units):,} of {int(of):,} ({percent(exactly(Fraction(int(units), int(of))), 6)})"
        case {"min": str() as low, "max": str() as high}:
            return percent(Share(Fraction(low), Fraction(high)))
        case dict():
            return "; ".join(
                f"{computed_words(name, printed, labels)} {computed_words(item, printed, labels)}"
                for name, item in value.items()
            ) or "none"  # fmt: skip
        case list():
            return ", ".join(computed_words(item, printed, labels) for item in value) or "none"
        case str() if value.partition("#")[0] in labels:
            label, _, n = value.partition("#")
            return f"[{printed.number(f'{labels[label]}#{n}' if n else labels[label])}]"
        case str() if _SHARE.fullmatch(value):
            return percent(exactly(Fraction(value)), 6)
        case str() if value.startswith(("party:", "asset:")):
            return printed.name(value)
        case None:
            return "open"
        case _:
            return str(value)


def _audit_and_publish(page: Console, into: Path, database: str) -> bool:
    from ledger.audit import audit
    from ledger.publish import publish
    from ledger.reading import LedgerReader

    with progress("auditing") as told:
        report = audit(ledger_url(database), progress=told)
    page.print(
        f"Audit: {report.size} entries, {'sound' if report.sound else counted(len(report.findings), 'finding')}."
    )
    for finding in report.findings:
        page.print(Text(f"  {finding}", style="red"))
    with LedgerReader.open(ledger_url(database)) as reader:
        published = publish(into / "log", reader, reader.checkpoint(), reader.verifiers)
        page.print(f"Published: {published.checkpoint.size} entries, {published.written} files.")
        packed = demonstrate(into, reader, page)
    return report.sound and packed
