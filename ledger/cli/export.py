"""`export bods` and `export ftm`: ownership in the formats other programs read, and what those formats could not carry.

Guarantees that the data set alone goes to standard output (or the file named) and that what it could not carry is always said: on
standard error, counted by sort, and in full as JSON in the file that `--report` names, or beside the data with `--json`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from domain.answers import Asked, Question
from domain.identifiers import REGISTER
from ledger.cli.asking import InForum, Knower, Known, Recorded, Size, question, subject_of
from ledger.cli.help_pages import Listed
from ledger.cli.options import LEDGER_DEFAULT, AsJson, LedgerAt, notes, print_json, reading

if TYPE_CHECKING:
    from ledger.evidence.ownership import Lost, Ownership

export_app = typer.Typer(
    help="Ownership for other programs, and what their formats cannot carry.", no_args_is_help=True, cls=Listed
)

AssetOrNone = Annotated[str | None, typer.Argument(help="The asset, with the companies above it; or --all.")]
All = Annotated[bool, typer.Option("--all", help="Every asset of which a right is on record.")]
Output = Annotated[Path | None, typer.Option("--output", help="Write the data set here. Left out: to standard output.")]
Report = Annotated[Path | None, typer.Option("--report", help="Write what could not be carried here, as JSON.")]

Rendered = tuple[str, Sequence[object], tuple["Lost", ...]]
"""The data set as its format writes it, its items, and what it could not carry."""


@export_app.command("bods")
def bods(
    asset: AssetOrNone = None,
    every: All = False,
    output: Output = None,
    report: Report = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Beneficial Ownership Data Standard 0.4: companies, who holds them, who acts for them."""
    from ledger.evidence.bods import export_bods

    def render(ownership: Ownership, publisher: str) -> Rendered:
        made = export_bods(ownership, publisher)
        return made.format(), made.statements, made.could_not_carry

    _export(asset, every, Asked(None, known, recorded, size, forum, knower), ledger, render, (output, report), as_json)


@export_app.command("ftm")
def ftm(
    asset: AssetOrNone = None,
    every: All = False,
    output: Output = None,
    report: Report = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """FollowTheMoney entities, one JSON object a line (with --json, a list of them)."""
    from ledger.evidence.ftm import export_ftm

    def render(ownership: Ownership, publisher: str) -> Rendered:
        made = export_ftm(ownership, publisher)
        return made.format(), made.entities, made.could_not_carry

    _export(asset, every, Asked(None, known, recorded, size, forum, knower), ledger, render, (output, report), as_json)


def _export(
    asset: str | None,
    every: bool,
    asked: Asked,
    ledger: str,
    render: Callable[[Ownership, str], Rendered],
    files: tuple[Path | None, Path | None],
    as_json: bool,
) -> None:
    from ledger.evidence.ownership import assets_with_rights, ownership_of

    if (asset is None) is not every:
        raise typer.BadParameter("name one asset, or give --all", param_hint="ASSET")
    output, report = files
    with reading(ledger) as reader:
        publisher = reader.name.origin
    with question(ledger, subject_of(asset) if asset is not None else REGISTER, asked) as understood:
        assets = assets_with_rights(understood) if asset is None else [understood.subject]
        text, items, lost = render(ownership_of(understood, assets), publisher)
        not_carried = _told(understood, lost)
    if report is not None:
        report.write_text(json.dumps(not_carried, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if output is not None:
        output.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"data": list(items), **not_carried})
    elif output is None:
        typer.echo(text, nl=False)
    _say(lost, report)


def _told(understood: Question, lost: Iterable[Lost]) -> dict[str, object]:
    items = [
        {
            "sort": item.sort,
            "subject": item.subject,
            "words": item.words,
            "causes": [
                {"effect": str(ref), "entry": str(understood.record.act(ref.statement).position)} for ref in item.causes
            ],
        }
        for item in lost
    ]
    return {"could_not_carry": items}


def _say(lost: Iterable[Lost], report: Path | None) -> None:
    counts = Counter(item.sort for item in lost)
    told = ", ".join(f"{sort} {count}" for sort, count in sorted(counts.items()))
    where = f"; in full in {report}" if report is not None else "; --report FILE lists each with its causes"
    notes().print(Text(f"The format could not carry: {told}{where}."))
