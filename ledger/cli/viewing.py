"""`holders`: who holds what, in all assets or by one holder, from the views. `views`: they are built anew, or compared with the
entries.

Guarantees that a list is as of all entries where the views can be caught up, and says how far they are where they cannot (a file or
a role that only reads).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from domain.errors import Malformed
from ledger.cli.asking import subject_of
from ledger.cli.help_pages import Listed
from ledger.cli.options import (
    LEDGER_DEFAULT,
    AsJson,
    CheckFailed,
    LedgerAt,
    console,
    counted,
    ledger_url,
    print_json,
    progress,
    reading,
    show_answer,
)
from ledger.cli.pages import Page
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.projections.projection import LedgerProjection
    from ledger.reading import LedgerReader

views_app = typer.Typer(
    help="Tables for lists and search, rebuilt from the entries at will.", no_args_is_help=True, cls=Listed
)


def holders(
    effective: Annotated[
        str | None,
        typer.Option(
            "--effective",
            metavar="WHEN",
            help="The moment in law: a day (its end, where each asset is), such as 2024-12-01, or an instant in UTC. Left"
            " out: now.",
        ),
    ] = None,
    right: Annotated[Literal["title", "votes", "economic"], typer.Option(help="Which right.")] = "title",
    holder: Annotated[
        str | None,
        typer.Option("--holder", metavar="PARTY", help="Only what this party holds by itself: party:rosneft."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Holdings a page.")] = 100,
    cursor: Annotated[str | None, typer.Option("--cursor", help="What the page before named as its next.")] = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Who holds what, asset by asset: everything recorded and known, in the eyes of the place of each asset. `show` tells more."""
    from ledger.projections.holders import Holders, asked_of

    named = subject_of(holder, "party") if holder is not None else None
    try:
        asked = asked_of(effective, right, named, cursor, limit, datetime.now(UTC).replace(microsecond=0))
    except Malformed as error:
        raise typer.BadParameter(error.why, param_hint=f"--{error.where}") from error
    with _projection(ledger) as (projection, reader):
        still = None
        try:
            with progress("catching up") as told:
                projection.catch_up(told)
        except LedgerError as error:
            if not projection.view.size():
                raise
            still = str(error)
        answer = Holders(projection.view, reader.reading).tell(asked, still)
    show_answer(answer, as_json, _print_holders)


def _print_holders(page: Page) -> None:
    """Holdings by asset, and where the list goes on."""
    answer = page.answer
    clocks = answer["clocks"]
    when = (
        f"the end of {clocks['effective_day'].text} in each asset's zone"
        if clocks["whole_day"]
        else clocks["effective_at"].text
    )
    right = {"title": "title", "votes": "votes", "economic": "economic interest"}[answer["right"].text]
    page.line(f"Holders of {right} at {when}; as of {answer['size'].text} entries", "bold")
    if answer["stale"]:
        page.line(f"Behind: there are {answer['tree_size'].text} entries. {answer['reason'].text}", "bold yellow")
    rows, before = [], ""
    for item in answer["holdings"].each():
        asset = item["asset"].text
        rows.append(
            [
                page.full_name(asset) if asset != before else "",
                page.holder(item["holder"]),
                page.share(item),
                page.cite(item["causes"]),
            ]
        )
        before = asset
    page.table(["asset", "holder", "share", "by"], rows, wide="asset")
    if not rows:
        page.item("Nothing is held.")
    if answer["next"]:
        page.item(f"More: --cursor {answer['next'].text}")


@views_app.command("rebuild")
def views_rebuild(ledger: LedgerAt = LEDGER_DEFAULT, as_json: AsJson = False) -> None:
    """Build the views anew from the entries, beside the live ones, which answer until the new ones take their place."""
    with _projection(ledger) as (projection, _), progress("building views") as told:
        size = projection.rebuild(told)
    if as_json:
        print_json({"size": size})
    else:
        console().print(f"The views are those of {size} entries.")


@views_app.command("check")
def views_check(ledger: LedgerAt = LEDGER_DEFAULT, as_json: AsJson = False) -> None:
    """Catch the views up and compare every row with what the entries say."""
    with _projection(ledger) as (projection, _):
        found = list(projection.drift())
        size = projection.view.size()
    if as_json:
        print_json({"size": size, "drift": [{"view": one.table, "subject": one.subject} for one in found]})
    else:
        for one in found:
            console().print(f"{one.table}: {one.subject} differs from what the entries say")
        differences = counted(len(found), "difference")
        console().print(f"{differences} at {size} entries." + (" Run `views rebuild`." if found else ""))
    if found:
        raise CheckFailed


@contextmanager
def _projection(ledger: str) -> Iterator[tuple[LedgerProjection, LedgerReader]]:
    from ledger.projections.projection import LedgerProjection
    from ledger.projections.view import LedgerView
    from ledger.store.datastore import Datastore

    with reading(ledger) as reader:
        datastore = Datastore(ledger_url(ledger))
        try:
            yield LedgerProjection(LedgerView(datastore), reader.reading), reader
        finally:
            datastore.close()
