"""`show` and `history` of an asset on a terminal: the plain answer first, then the tables with causes (see `pages`)."""

from __future__ import annotations

from collections.abc import Callable

from ledger.cli.pages import BEGINNING, Page
from ledger.cli.parts import Part
from ledger.cli.term_pages import (
    binding_words,
    bound_words,
    debts,
    permits,
    proceedings,
    restriction_words,
    stake_words,
)

RIGHTS = {"title": "Title", "votes": "Votes", "economic": "Economic interest"}

_PROMISES = {"agreement", "offer", "option", "bill", "plan", "announcement", "approval", "tender-award"}


def print_show(page: Page) -> None:
    """An asset at a moment."""
    page.title()
    page.become(page.answer["identity"])
    page.console.print()
    print_state(page, page.answer)
    changes = page.answer["changes"].each()
    if changes:
        page.heading("Changes within this day")
        for change in changes:
            before, after = change["before"].text or "none", change["after"].text or "none"
            page.item(page.words(f"{change['what'].text}: {before} → {after}"), page.cite(change["causes"]))
    page.foot()


def print_state(page: Page, state: Part) -> None:
    """Rights, control, measures and what else stands."""
    rows = [[RIGHTS["title"], *_holding(page, item)] for item in state["title"].each()]
    for right in ("votes", "economic"):
        if [_plain(i) for i in state[right].each()] == [_plain(i) for i in state["title"].each()]:
            rows.append([RIGHTS[right], "as title", "", page.cite(())])
        else:
            rows += [[RIGHTS[right], *_holding(page, item)] for item in state[right].each()]
    rows += [["Controller", *_exercise(page, state, item)] for item in state["control"]["controller"].each()]
    seen = ""
    for row in rows:
        row[0], seen = ("" if row[0] == seen else row[0]), row[0]
    page.table(["", "who", "share", "by"], rows, wide="who")
    _powers(page, state)
    _measures(page, "Measures in force", state["measures"].each())
    _measures(page, "Factual possession", state["possession"].each())
    _measures(page, "Representation", state["representation"].each())
    _represented(page, state["represented"].each())
    suspended = state["suspended"].each()
    if suspended:
        page.heading("Suspended")
        page.table(
            ["measure", "over", "term", "by"],
            [[m["kind"].text, _over(page, m), page.days(m), page.cite(m["causes"])] for m in suspended],
            wide="over",
        )
    _restrictions(page, [*state["restrictions"].each(), *state["restricted_stakes"].each()])
    permits(page, state["permits"].each())
    debts(page, state["debts"].each())
    proceedings(page, state["proceedings"].each(), short=True)
    _beside(page, state)


def _beside(page: Page, state: Part) -> None:
    """What does not stand at the moment, but a reader should know of."""
    blocks: tuple[tuple[str, str, Callable[[Part], str]], ...] = (
        ("standing", "Recorded, but not operative", lambda i: f"{i['effect'].text}: {i['validity'].text}"),
        (
            "stated",
            "Said only, not completed",
            lambda i: f"{page.legal_day(i, 'day') or BEGINNING}  {i['kind'].text}{_text(i)}",
        ),
        ("noted", "Noted", lambda i: _noted(page, i)),
        ("ahead", "On record, taking effect later", lambda i: f"{page.legal_day(i, 'day')}  {i['effect'].text}"),
        ("ended", "Measures that had ended", lambda i: f"{i['kind'].text}  {page.days(i, i['ending'].text)}"),
    )
    promised = [item for item in state["stated"].each() if item["kind"].text in _PROMISES]
    noted = [item for item in state["stated"].each() if item["kind"].text not in _PROMISES]
    for name, title, words in blocks:
        items = {"stated": promised, "noted": noted}.get(name, state[name].each())
        if items:
            page.heading(title)
        for item in items:
            page.item(words(item), page.cite(item["causes"]))


def _noted(page: Page, item: Part) -> str:
    day, kind = page.legal_day(item, "day") or BEGINNING, item["kind"].text
    return f"{day}  {kind}{_text(item)}" if kind != "other" else f"{day}  {_text(item).removeprefix(': ')}"


def _text(item: Part) -> str:
    text = item["text"].text
    return f": {text if len(text) < 100 else text[:99].rstrip() + '…'}" if text else ""


def _plain(item: Part) -> tuple[object, object, object]:
    return item["holder"].value, item["share"].value, item["pending"].value


def _holding(page: Page, item: Part) -> list[str]:
    who = page.holder(item["holder"])
    manner = item["manner"]
    if manner:
        whom = f" for {page.name(manner['for'].text)}" if manner["for"] else ""
        who += (
            f", as {manner['kind'].text}{whom}" if manner["kind"].text == "nominee" else f", for administration{whom}"
        )
    for pending in item["pending"].each():
        to, validity = page.holder(pending["to"]), pending["validity"].text
        who += f"\n{validity} to {to} {page.cite(pending['causes'])}"
    return [who, page.share(item), page.cite(item["causes"])]


def _exercise(page: Page, state: Part, item: Part) -> list[str]:
    who = page.holder(item["holder"])
    measure = item["measure"].text
    if measure:
        found = next((m for m in state["measures"].each() if m["ref"].text == measure), Part(None))
        until = page.legal_day(found["whole"], "last_day")
        who += f", by {found['kind'].text or 'measure'}"
        who += f" until {until} inclusive" if until else ", no end stated"
    over = f"stake of {page.name(item['over'].text)}, " if item["over"] else ""
    return [who, f"{over}{page.share(item)}" if item["percent"] else "", page.cite(item["causes"])]


def _powers(page: Page, state: Part) -> None:
    """Per power, where a measure changes what follows from holding."""
    rows = []
    for power, part in state["control"]["powers"].items():
        if not any(e["measure"] for e in part["exercised"].each()) and not (
            part["directed"] or part["consent"] or part["barred"]
        ):
            continue
        who = ", ".join(dict.fromkeys(page.holder(e["holder"]) for e in part["exercised"].each()))
        if part["unranked"]:
            who += " (nothing ranks these)"
        beside = [f"directed by {page.holder(e['holder'])}" for e in part["directed"].each()]
        beside += [f"consent of {page.holder(e['holder'])}" for e in part["consent"].each()]
        beside += ["forbidden"] if part["barred"] else []
        refs = [
            ref
            for name in ("exercised", "directed", "consent")
            for e in part[name].each()
            for ref in e["causes"].texts()
        ]
        rows.append([power, who, "; ".join(beside), page.cite([*refs, *part["barred"].texts()])])
    if rows:
        page.heading("Powers")
        page.table(["power", "exercised by", "subject to", "by"], rows, wide="exercised by")


def _over(page: Page, measure: Part) -> str:
    found = []
    for over in measure["over"].each():
        if over["asset"]:
            found.append(f"stake of {page.name(over['holder'].text)} in {page.name(over['asset'].text)}")
        else:
            found.append(page.name(over.text))
    return ", ".join(found)


def _powers_words(measure: Part) -> str:
    """`takes vote, manage; vetoes dispose`."""
    by_grip: dict[str, list[str]] = {}
    for power, grip in measure["powers"].items():
        by_grip.setdefault(grip.text, []).append(power)
    return "; ".join(f"{grip} {', '.join(powers)}" for grip, powers in by_grip.items())


def _measures(page: Page, title: str, measures: list[Part]) -> None:
    if not measures:
        return
    page.heading(title)
    rows = []
    for item in measures:
        what = f"{item['kind'].text}{stake_words(page, item)}"
        if powers := _powers_words(item):
            what += f": {powers}"
        limit = item["limit"]
        if limit:
            what += f"; {limit['right'].text} {limit['test'].text.replace('-', ' ')} {page.share(limit)}"
        what += binding_words(page, item)
        term = page.days(item["whole"])
        rows.append([what, page.holder(item["holder"]) if item["holder"] else "", term, page.cite(item["causes"])])
    page.table(["measure", "held by", "term", "by"], rows, wide="measure")


def _represented(page: Page, items: list[Part]) -> None:
    if not items:
        return
    page.heading("Who acts for the holders")
    rows = [
        [page.name(i["party"].text), page.holder(i["agent"]), i["kind"].text, page.days(i), page.cite(i["causes"])]
        for i in items
    ]
    page.table(["holder", "represented by", "as", "term", "by"], rows, wide="holder")


def _restrictions(page: Page, windows: list[Part]) -> None:
    if not windows:
        return
    page.heading("Restrictions that bear on it now")
    rows = []
    for item in windows:
        rows.append(
            [restriction_words(page, item), bound_words(page, item), page.days(item), page.cite(item["causes"])]
        )
    page.table(["restriction", "state", "window", "by"], rows, wide="restriction")


def print_history(page: Page) -> None:
    """An asset through time."""
    page.title()
    answer = page.answer
    page.become(answer["identity"])
    for right, title in RIGHTS.items():
        periods = answer[right].each()
        if right != "title" and [_periods(p) for p in periods] == [_periods(p) for p in answer["title"].each()]:
            page.heading(f"{title}: as title throughout")
            continue
        page.heading(title)
        rows = []
        for period in periods:
            for n, item in enumerate(period["holdings"].each()):
                rows.append([page.days(period) if n == 0 else "", *_holding(page, item)])
        page.table(["period", "who", "share", "by"], rows, wide="who")
    page.heading("Controller")
    page.table(["period", "who", "", "by"], _control_rows(page, answer), wide="who")
    courses = answer["measures"].each()
    if courses:
        page.heading("Measures")
        page.table(["measure", "held by", "term", "by"], [_course(page, c) for c in courses], wide="measure")
    _restrictions_through_time(page, answer["restrictions"].each())
    permits(page, answer["permits"].each())
    debts(page, answer["debts"].each())
    proceedings(page, answer["proceedings"].each())
    page.foot()


def _periods(period: Part) -> tuple[object, ...]:
    return period["from"].value, *(_plain(item) for item in period["holdings"].each())


def _control_rows(page: Page, answer: Part) -> list[list[str]]:
    """Periods of the headline controller; neighbours with the same controller and causes are one row."""
    rows: list[list[str]] = []
    spans: list[tuple[Part, Part]] = []
    for period in answer["control"].each():
        who = ", ".join(page.holder(e["holder"]) for e in period["controller"].each())
        cites = page.cite(ref for e in period["controller"].each() for ref in e["causes"].texts())
        by = "by measure" if any(e["measure"] for e in period["controller"].each()) else "by votes"
        if rows and rows[-1][1:] == [who, by, cites]:
            spans[-1] = (spans[-1][0], period)
            rows[-1][0] = page.days(
                Part({"first_day": spans[-1][0]["first_day"].text, "last_day": period["last_day"].text})
            )
            continue
        spans.append((period, period))
        rows.append([page.days(period), who, by, cites])
    return rows


def _course(page: Page, course: Part) -> list[str]:
    spans = course["spans"].each()
    last = spans[-1] if spans else Part(None)
    what = f"{course['kind'].text} over {_over(page, course)}"
    if powers := _powers_words(last):
        what += f": {powers}"
    if not spans:
        return [f"{what} (never in force)", "", "", page.cite(course["causes"])]
    holders = dict.fromkeys(page.holder(s["holder"]) for s in spans if s["holder"])
    return [what, " → ".join(holders), page.days(course, course["ending"].text), page.cite(course["causes"])]


def _restrictions_through_time(page: Page, windows: list[Part]) -> None:
    if not windows:
        return
    page.heading("Windows of restrictions")
    rows = [
        [page.days(item), restriction_words(page, item), bound_words(page, item), page.cite(item["causes"])]
        for item in windows
    ]
    page.table(["window", "restriction", "state", "by"], rows, wide="restriction")
