"""The questions: one command each, on three clocks and in the eyes of a forum; `--json` gives the same answer as a value.

Guarantees that a command only understands the question and prints: the answer is `domain.answers`' for every way of asking. A bare
date on a clock stands for the end of that legal day in the asset's zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.answers import Asked, Question, Told, understand
from domain.answers_assets import history as told_history
from domain.answers_assets import show as told_show
from domain.answers_compared import explained, forums_of, supposed
from domain.answers_names import found
from domain.answers_parties import chain_of, holdings_of, interests_in
from domain.answers_proceedings import encumbrances_of, proceedings_of, restrictions_of
from domain.answers_terms import calendar_of, format_icalendar
from domain.comparison import values_of
from domain.effects import Exist
from domain.errors import Malformed
from domain.filing import NAMED, folded
from domain.history import snapshot_of
from domain.identifiers import REGISTER, PartyId, StatementId, SubjectId, parse_forum, parse_subject
from domain.periods import parse_days
from domain.shares import parse_fraction
from ledger.cli import asset_pages, compared_pages, term_pages
from ledger.cli.drafts import compiled, judged, naming
from ledger.cli.options import LEDGER_DEFAULT, AsJson, CheckFailed, LedgerAt, console, ledger_url, reading, show_answer
from ledger.cli.pages import Page

if TYPE_CHECKING:
    from domain.record import Record
    from ledger.reading import LedgerReader
    from ledger.statements.draft import CompiledDraft

Subject = Annotated[str, typer.Argument(help="The asset: asset:rosneft-deutschland, or only rosneft-deutschland.")]
Party = Annotated[str, typer.Argument(help="The party: party:rosneft, or only rosneft.")]
Effective = Annotated[
    str | None,
    typer.Option(
        "--effective",
        metavar="WHEN",
        help="The moment in law: a day (its end, where the asset is), such as 2024-12-01, or an instant in UTC, such as"
        " 2024-12-01T10:00:00Z. Left out: now.",
    ),
]
Known = Annotated[
    str | None,
    typer.Option(
        "--known",
        metavar="WHEN",
        help="Count only what was known to the public by this day or instant. Left out: all that is recorded.",
    ),
]
Knower = Annotated[
    str | None,
    typer.Option(
        "--knower",
        metavar="PARTY",
        help="With --known: what this party, such as party:rosneft, knew by then, instead of the public.",
    ),
]
Recorded = Annotated[
    str | None,
    typer.Option(
        "--recorded",
        metavar="WHEN",
        help="Count only what this ledger contained by this day or instant. Left out: all that is recorded.",
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        "--size", metavar="N", min=1, help="The same by count: only the first so many entries. Not with --recorded."
    ),
]
InForum = Annotated[
    str | None,
    typer.Option(
        "--forum",
        metavar="FORUM",
        help="In whose eyes: a legal order, such as DE, EU or body:nordhafen. Left out: that of the place of the asset.",
    ),
]


SIMILAR_MAX = 10
_NUMBERED = re.compile(r"(?:(measure|restriction|debt) )?\[?([0-9]{1,18})(?:#([0-9]{1,4}))?\]?")


def subject_of(spelled: str, *kinds: str) -> SubjectId:
    """A subject of one of these kinds (an asset, if none is given); a bare slug is of the first."""
    allowed = kinds or ("asset",)
    if spelled == REGISTER and spelled in allowed:
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
    require_one_meaning(asked)
    with reading(ledger) as reader:
        now = datetime.now(UTC)
        pinned = _pinned(reader, subject, asked, now)
        if pinned.size is not None and pinned.size > reader.size:
            raise typer.BadParameter(f"the ledger has {reader.size} entries", param_hint="--size")
        with reader.reading(pinned.size) as record:
            understood = _understood(record, subject, pinned, now, reader.size)
            if subject != REGISTER and not record.stream(subject) and not record.about(subject):
                if not record.naming_party(PartyId(subject)):
                    raise typer.BadParameter(f"nothing is recorded about {subject}; `find NAME` looks for names")
            yield understood


def require_one_meaning(asked: Asked) -> None:
    """Refuses clocks that contradict each other: an answer on other clocks than were meant is a wrong answer."""
    if asked.recorded is not None and asked.size is not None:
        raise typer.BadParameter("both say what the ledger contained: give one", param_hint="--recorded, --size")
    if asked.knower not in (None, "public") and asked.known is None:
        raise typer.BadParameter("what a party knew is asked by a day: give --known as well", param_hint="--knower")


def _pinned(reader: LedgerReader, subject: SubjectId, asked: Asked, now: datetime) -> Asked:
    """The recorded clock as the size it stands for, so that the rules and time zones of that size answer."""
    if asked.recorded is None:
        return asked
    with reader.reading() as record:
        size = _understood(record, subject, asked, now, reader.size).size
    if size == 0:
        raise typer.BadParameter("lies before the founding of this ledger", param_hint="--recorded")
    return replace(asked, recorded=None, size=size)


def _understood(record: Record, subject: SubjectId, asked: Asked, now: datetime, size: int) -> Question:
    try:
        return understand(record, subject, asked, now, size)
    except Malformed as error:
        raise typer.BadParameter(error.why, param_hint=f"--{error.where}") from error


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
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Who held and controlled it through time, period by period, each with the acts that cause it."""
    asked = Asked(None, known, recorded, size, forum, knower)
    _answer(ledger, subject_of(asset), asked, told_history, asset_pages.print_history, as_json)


def proceedings(
    subject: Annotated[
        str,
        typer.Argument(help="The asset: asset:yukos-awards, or only yukos-awards; or one case: proceeding:yukos-us."),
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
    compare: Annotated[
        list[str] | None, typer.Option("--compare", metavar="FORUM", help="Only this legal order, such as DE; repeat.")
    ] = None,
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Where legal orders see an asset differently, side by side; none is preferred."""
    chosen = tuple(parse_forum(forum, "--compare") for forum in compare or [])
    asked = Asked(effective, known, recorded, size, None, knower)
    _answer(ledger, subject_of(asset), asked, lambda q: forums_of(q, chosen), compared_pages.print_forums, as_json)


def holdings(
    party: Party,
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """What a party holds in each asset, and the measures by which it acts or that bind it."""
    asked = Asked(effective, known, recorded, size, forum, knower)
    _answer(ledger, subject_of(party, "party"), asked, holdings_of, compared_pages.print_holdings, as_json)


def chain(
    subject: Annotated[
        str,
        typer.Argument(
            help="party:… for what it owns and who owns it, through companies; asset:… for everyone above. A bare name is"
            " a party's."
        ),
    ],
    threshold: Annotated[
        str,
        typer.Option(
            metavar="SHARE", help="Control needs more than this share of the votes: a fraction, such as 1/2 or 3/4."
        ),
    ] = "1/2",
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Interest multiplied through companies (85 % of 58 %), and control by majorities, link by link."""
    try:
        above = parse_fraction(threshold, "--threshold")
    except Malformed as error:
        raise typer.BadParameter(error.why, param_hint="--threshold") from error
    named = subject_of(subject, "party", "asset")
    asked = Asked(effective, known, recorded, size, forum, knower)

    def tell(understood: Question) -> Told:
        if named.startswith("asset:"):
            return interests_in(understood, threshold=above)
        return chain_of(understood, above)

    _answer(ledger, named, asked, tell, compared_pages.print_chain, as_json)


def find(
    name: Annotated[
        str, typer.Argument(help="The whole name, as recorded; where nothing bears it, similar ones are told.")
    ],
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Who or what bears a name on a day."""
    with question(ledger, REGISTER, Asked(effective, known, recorded, size, None, knower)) as understood:
        answer = found(understood, name)
        show_answer(answer, as_json, compared_pages.print_found)
        if not answer["found"] and not as_json:
            compared_pages.print_similar(console(), _similar(understood, name))


def _similar(understood: Question, name: str) -> list[tuple[str, str]]:
    """Names on record that hold the text, whoever bore them whenever, each with its subject."""
    named = {
        (effect.name, str(effect.subject))
        for act in understood.record.filed_like(NAMED, folded(name))
        for effect in act.effects
        if isinstance(effect, Exist) and effect.name is not None and name.casefold() in effect.name.casefold()
    }
    return sorted(named)[:SIMILAR_MAX]


def calendar(
    start: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day, YYYY-MM-DD.")],
    end: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day, YYYY-MM-DD.")],
    asset: Annotated[
        str,
        typer.Option(
            "--asset",
            metavar="SUBJECT",
            help="Only about this subject: asset:…, party:… or proceeding:…. Left out: about all.",
        ),
    ] = REGISTER,
    ics: Annotated[
        Path | None, typer.Option("--ics", metavar="FILE", help="Write them as an iCalendar file as well.")
    ] = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """What lapses or falls due in a window: terms, permits, conditions, long-stop dates, payments."""
    named = subject_of(asset, "asset", "party", "proceeding", REGISTER)
    first, last = _day(start, "--from"), _day(end, "--to")
    if last < first:
        raise typer.BadParameter("lies before --from", param_hint="--to")
    with question(ledger, named, Asked(end, known, recorded, size, forum, knower)) as understood:
        among = _due(ledger, understood, first, last)
        if ics is not None:
            ics.write_text(format_icalendar(understood, first, last, datetime.now(UTC), among), encoding="utf-8")
        told = calendar_of(understood, first, last, among)
        show_answer(told, as_json, lambda page: term_pages.print_calendar(page, start, end))


def _due(ledger: str, understood: Question, first: date, last: date) -> list[StatementId] | None:
    """The statements that the deadlines come from, where the views tell."""
    from ledger.projections.due import due_among
    from ledger.projections.view import LedgerView
    from ledger.store.datastore import Datastore

    datastore = Datastore(ledger_url(ledger))
    try:
        return due_among(LedgerView(datastore), understood, first, last)
    finally:
        datastore.close()


def _day(text: str, option: str) -> date:
    try:
        days = parse_days(text, option)
    except Malformed as error:
        raise typer.BadParameter(error.why, param_hint=option) from error
    if not days.exact:
        raise typer.BadParameter("expected a whole day, YYYY-MM-DD", param_hint=option)
    return days.first


def explain(
    asset: Subject,
    value: Annotated[
        str,
        typer.Argument(
            help="title, votes, economic or controller; or the number in brackets of the act behind a measure, restriction"
            " or debt, such as 137 or 137#2."
        ),
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
    named = subject_of(asset)
    _answer(ledger, named, asked, lambda q: explained(q, _meant(q, value)), compared_pages.print_explained, as_json)


def _meant(understood: Question, value: str) -> str:
    """A value by its name; the number of an act, as pages print it, stands for the measure, restriction or debt it made."""
    numbered = _NUMBERED.fullmatch(value)
    if numbered is None:
        return value
    position = int(numbered[2])
    act = next(understood.record.walk(position, position + 1), None)
    if act is None:
        return value
    made = f"{numbered[1] or ''} {act.id}#{numbered[3] or 1}"
    q = understood
    named = values_of(snapshot_of(q.record, q.clocks, q.forum, q.subject, q.at))
    return next((name for name in named if name.endswith(made)), value)


def suppose(
    draft: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file of drafts, one a line.")],
    asset: Subject,
    effective: Effective = None,
    forum: InForum = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """The answer if these drafts were recorded, for instance if the pending appeal succeeds. Nothing is stored."""
    subject = subject_of(asset)
    with reading(ledger) as reader, judged(reader, _compiled(reader, draft)) as (record, _, results):
        acts = [item.act for item in results if item.recorded is None]
        objections = [item.objections for item in results if item.recorded is None]
        asked = Asked(effective, forum=forum)
        understood = _understood(record, subject, asked, datetime.now(UTC), reader.size + len(acts))
        show_answer(supposed(understood, acts, objections), as_json, compared_pages.print_supposed)
        if any(objections):
            raise CheckFailed


def _compiled(reader: LedgerReader, file: Path) -> tuple[CompiledDraft, ...]:
    with naming(file):
        return compiled(reader, file.read_bytes())
