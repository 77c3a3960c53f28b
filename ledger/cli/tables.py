"""`types` and `rules`: the tables by which acts are judged, as data.

Guarantees that what is printed is what admission uses: the rows of `domain.act_types`, and the rules of `domain.rules`.
"""

from __future__ import annotations

from rich.console import Console

from domain.act_types import TYPES
from domain.rules import RULES
from ledger.cli.options import AsJson, console, print_json


def types(as_json: AsJson = False) -> None:
    """The types of act: what each may, must and must not contain."""
    if as_json:
        print_json(
            [
                {
                    "type": row.name,
                    "title": row.title,
                    "allows": sorted(row.allows),
                    "requires": [sorted(group) for group in row.requires],
                    "basis": sorted(row.basis),
                    "actor": sorted(row.actor),
                    "members": list(row.members),
                    "refuses": dict(row.refuses),
                }
                for row in TYPES.values()
            ]
        )
        return
    page = console()
    for row in TYPES.values():
        page.print(f"[bold]{row.name}[/bold]  {row.title}")
        needs = "; ".join(" or ".join(sorted(group)) for group in row.requires)
        _told(page, "must have", needs)
        _told(page, "may have", ", ".join(sorted(row.allows - frozenset().union(*row.requires))))
        _told(page, "instrument", ", ".join(sorted(row.basis)))


def _told(page: Console, name: str, words: str) -> None:
    if words:
        page.print(f"  {name}: {words}", style="dim")


def rules(as_json: AsJson = False) -> None:
    """The rules by which an act is objected to: impossible ones refuse, irregular ones unless named in `despite`."""
    if as_json:
        print_json([{"rule": rule.name, "kind": rule.kind, "words": rule.words} for rule in RULES])
        return
    page = console()
    for kind in ("impossible", "irregular"):
        page.print(f"\n[bold]{kind}[/bold]")
        for rule in RULES:
            if rule.kind == kind:
                page.print(f"  [cyan]{rule.name}[/cyan]  {rule.words}")
