"""The questions: one command each, on three clocks and in the eyes of a forum; `--json` gives the same answer as a value.

Guarantees that a command only understands the question and prints: the answer is `domain.answers`' for every way of asking. A bare
date on a clock stands for the end of that legal day in the asset's zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from domain.answers import Asked, Question, Told, understand
from domain.answers_assets import history as told_history
from domain.answers_assets import show as told_show
from domain.answers_compared import explained, forums_of, supposed
from domain.answers_names import found
from domain.answers_parties import chain_of, holdings_of, interests_in
from domain.answers_proceedings import encumbrances_of, proceedings_of, restrictions_of
from domain.answers_terms import calendar_of, format_icalendar
from domain.errors import Malformed
from domain.identifiers import PartyId, SubjectId, parse_forum, parse_subject
from domain.shares import parse_fraction
from ledger.cli import asset_pages, compared_pages, term_pages
from ledger.cli.drafts import compiled, judged
from ledger.cli.options import LEDGER_DEFAULT, AsJson, CheckFailed, LedgerAt, reading, show_answer
from ledger.cli.pages import Page

Subject = Annotated[str, typer.Argument(help="asset:…; a bare slug is an asset's.")]
Party = Annotated[str, typer.Argument(help="party:…; a bare slug is a party's.")]
Effective = Annotated[
    str | None, typer.Option("--effective", help="When it is true in law: YYYY-MM-DD or an instant. Now.")
]
Known = Annotated[str | None, typer.Option("--known", help="Only what was known by then. Everything recorded.")]
Knower = Annotated[str | None, typer.Option("--knower", help="What this party knew, in place of the public.")]
Recorded = Annotated[str | None, typer.Option("--recorded", help="Only what this ledger contained by then.")]
Size = Annotated[int | None, typer.Option("--size", min=1, help="The same by number of entries.")]
InForum = Annotated[str | None, typer.Option("--forum", help="In whose eyes: DE, EU, body:… The place of the asset.")]


def subject_of(spelled: str, *kinds: str) -> SubjectId:
    """A subject of one of these kinds (an asset, if none is given); a bare slug is of the first."""
    allowed = kinds or ("asset",)
    if spelled == "register" and spelled in allowed:
        return SubjectId(spelled)
    try:
        found = parse_subject(spelled if ":" in spelled else f"{allowed[0]}:{spelled}", "subject")
    except Malformed as error:
        raise typer.BadParameter(f"{spelled}: {error.why}") from error
    if found.partition(":")[0] not in allowed:
        raise typer.BadParameter(f"{spelled}: this is asked about {' or '.join(f'{kind}:…' for kind in allowed)}")
    return found


@contextmanager
def question(ledger: str, subject: SubjectId, asked: Asked) -> Iterator[Question]:
    """The question as understood, the record held still until it is answered."""
    with reading(ledger) as reader:
        size = asked.size
        if size is not None and size > reader.size:
            raise typer.BadParameter(f"the ledger has {reader.size} entries", param_hint="--size")
        with reader.reading(size) as record:
            try:
                understood = understand(record, subject, asked, datetime.now(UTC), reader.size)
            except Malformed as error:
                raise typer.BadParameter(error.why, param_hint=f"--{error.where}") from error
            if subject != "register" and not record.by_subject.get(subject) and not record.about.get(subject):
                if not record.naming_party(PartyId(subject)):
                    raise typer.BadParameter(f"nothing is recorded about {subject}; `find NAME` looks for names")
            yield understood


def _answer(
    ledger: str,
    subject: SubjectId,
    asked: Asked,
    tell: Callable[[Question], Told],
    page: Callable[[Page], None],
    as_json: bool,
) -> None:
    with question(ledger, subject, asked) as understood:
        try:
            answer = tell(understood)
        except Malformed as error:
            raise typer.BadParameter(error.why) from error
        show_answer(answer, as_json, page)


def show(
    asset: Subject,
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Who holds title, votes and economic interest, who controls, what stands against it: at a moment."""
    asked = Asked(effective, known, recorded, size, forum, knower)
    _answer(ledger, subject_of(asset), asked, told_show, asset_pages.print_show, as_json)


def history(
    asset: Subject,
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """The same through time, in periods, each with its cause."""
    asked = Asked(effective, known, recorded, size, forum, knower)
    _answer(ledger, subject_of(asset), asked, told_history, asset_pages.print_history, as_json)


def proceedings(
    subject: Subject,
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Proceedings about an asset, or one of them: what was decided, what is enforceable, what is final, in each forum."""
    asked = Asked(effective, known, recorded, size, forum, knower)
    _answer(
        ledger, subject_of(subject, "asset", "proceeding"), asked, proceedings_of, term_pages.print_proceedings, as_json
    )


def restrictions(
    asset: Subject,
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """What forbids or limits dealings, in which windows, and the permits that lift it."""
    asked = Asked(effective, known, recorded, size, forum, knower)
    _answer(ledger, subject_of(asset), asked, restrictions_of, term_pages.print_restrictions, as_json)


def encumbrances(
    asset: Subject,
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Pledges, charges, leases and the like, by rank."""
    asked = Asked(effective, known, recorded, size, forum, knower)
    _answer(ledger, subject_of(asset), asked, encumbrances_of, term_pages.print_encumbrances, as_json)


def forums(
    asset: Subject,
    compare: Annotated[list[str] | None, typer.Option("--compare", help="Only these forums; repeat.")] = None,
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Where legal orders see it differently, side by side."""
    chosen = tuple(parse_forum(forum, "--compare") for forum in compare or [])
    asked = Asked(effective, known, recorded, size)
    _answer(ledger, subject_of(asset), asked, lambda q: forums_of(q, chosen), compared_pages.print_forums, as_json)


def holdings(
    party: Party,
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """What a party holds, and the measures by which it acts."""
    asked = Asked(effective, known, recorded, size, forum)
    _answer(ledger, subject_of(party, "party"), asked, holdings_of, compared_pages.print_holdings, as_json)


def chain(
    subject: Annotated[
        str, typer.Argument(help="party:… for what lies below and above it; asset:… for everyone above.")
    ],
    threshold: Annotated[str, typer.Option(help="The share of votes that must be exceeded to control.")] = "1/2",
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Interest multiplied through companies, and control by majorities, link by link."""
    try:
        above = parse_fraction(threshold, "--threshold")
    except Malformed as error:
        raise typer.BadParameter(error.why, param_hint="--threshold") from error
    named = subject_of(subject, "party", "asset")
    asked = Asked(effective, known, recorded, size, forum)

    def tell(understood: Question) -> Told:
        if named.startswith("asset:"):
            return interests_in(understood, threshold=above)
        return chain_of(understood, above)

    _answer(ledger, named, asked, tell, compared_pages.print_chain, as_json)


def find(
    name: Annotated[str, typer.Argument(help="A name, exactly as recorded.")],
    effective: Effective = None,
    known: Known = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Who or what bears a name on a day."""
    asked = Asked(effective, known)
    _answer(ledger, SubjectId("register"), asked, lambda q: found(q, name), compared_pages.print_found, as_json)


def calendar(
    start: Annotated[str, typer.Option("--from", help="The first day, YYYY-MM-DD.")],
    end: Annotated[str, typer.Option("--to", help="The last day, YYYY-MM-DD.")],
    asset: Annotated[str, typer.Option("--asset", help="Only about this subject.")] = "register",
    ics: Annotated[Path | None, typer.Option("--ics", help="Write an iCalendar file.")] = None,
    known: Known = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """What lapses or falls due in a window: terms, permits, conditions, long-stop dates, payments."""
    with question(
        ledger, subject_of(asset, "asset", "party", "proceeding", "register"), Asked(end, known)
    ) as understood:
        low = understand(understood.record, understood.subject, Asked(start), understood.at, understood.size).at
        low -= timedelta(days=1)
        if ics is not None:
            ics.write_text(
                format_icalendar(understood, low, understood.at + timedelta(milliseconds=1), datetime.now(UTC))
            )
        told = calendar_of(understood, low, understood.at + timedelta(milliseconds=1))
        show_answer(told, as_json, term_pages.print_calendar)


def explain(
    asset: Subject,
    value: Annotated[
        str, typer.Argument(help="title, votes, economic, controller, or a measure, restriction or debt.")
    ],
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Which statements make a value so, and which would change it on another clock or in another forum."""
    asked = Asked(effective, known, recorded, size, forum, knower)
    _answer(ledger, subject_of(asset), asked, lambda q: explained(q, value), compared_pages.print_explained, as_json)


def suppose(
    draft: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file of drafts.")],
    asset: Subject,
    effective: Effective = None,
    forum: InForum = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """The answer if these drafts were recorded, for instance if the pending appeal succeeds. Nothing is stored."""
    subject = subject_of(asset)
    with reading(ledger) as reader, judged(reader, compiled(reader, draft.read_bytes())) as (record, _, results):
        acts = [item.act for item in results if item.recorded is None]
        objections = [item.objections for item in results if item.recorded is None]
        asked = Asked(effective, forum=forum)
        size = reader.size + len(acts)
        try:
            understood = understand(record, subject, asked, datetime.now(UTC), size)
        except Malformed as error:
            raise typer.BadParameter(error.why, param_hint=f"--{error.where}") from error
        show_answer(supposed(understood, acts, objections), as_json, compared_pages.print_supposed)
        if any(objections):
            raise CheckFailed
