"""Permits, debts, proceedings, encumbrances and deadlines on a terminal (see `pages`)."""

from __future__ import annotations

from ledger.cli.pages import Page, grouped
from ledger.cli.parts import Part

_BREACH = {
    "void": "; a breach is void",
    "voidable": "; a breach is voidable",
    "pending": "; a breach is pending",
    "penalty": "; a breach is penalised",
}


def permits(page: Page, items: list[Part]) -> None:
    """Permits with number, scope, what they are good for and their conditions."""
    if not items:
        return
    page.heading("Permits")
    rows = []
    for item in items:
        state = item["op"].text if not item["granted"] else "granted"
        what = f"{item['kind'].text} {item['number'].text}".strip()
        to = f" to {', '.join(page.name(s) for s in item['to'].texts())}" if item["to"] else ""
        conditions = ""
        for condition in item["conditions"].each():
            by = f", by {condition['by'].text}" if condition["by"] else ""
            conditions += f"\n· {condition['text'].text}{by}"
        rows.append(
            [
                what + to + conditions,
                state,
                page.days(item),
                page.cite(item["causes"].texts() + item["ended_by"].texts()),
            ]
        )
    page.table(["permit", "state", "good for", "by"], rows, wide="permit")


def money(part: Part, currency: str) -> str:
    """An amount, or a range, in a currency."""
    low, high = grouped(part["min"].text), grouped(part["max"].text)
    if not low:
        return "not stated"
    return f"{low} {currency}" if low == high else f"{low} to {high} {currency}"


def debts(page: Page, items: list[Part]) -> None:
    """Debts with what was paid and what is left."""
    if not items:
        return
    page.heading("Debts")
    rows = []
    for item in items:
        what = f"{item['kind'].text}: {page.name(item['debtor'].text)} owes {page.name(item['payee'].text)}"
        if item["interest"]:
            what += f"; interest: {item['interest'].text}"
        for one in item["succeeded"].each():
            what += f"; {page.name(one['party'].text)} was succeeded by {page.name(one['by'].text)} {page.cite(one['causes'])}"
        if item["replaced_by"]:
            what += f"; determined anew by {page.cite([item['replaced_by'].text])}"
        for one in item["paid_otherwise"].each():
            what += f"; besides, {grouped(one['amount'].text)} {one['currency'].text} paid, not counted {page.cite(one['causes'])}"
        currency = item["currency"].text
        left = money(item["left"], currency) if not item["replaced_by"] else ""
        rows.append([what, money(item["amount"], currency), left, page.cite(item["causes"])])
    page.table(["debt", "amount", "left", "by"], rows, wide="debt")


def proceedings(page: Page, items: list[Part], short: bool = False) -> None:
    """Proceedings: status forum by forum, and (unless short) every step."""
    if not items:
        return
    page.heading("Proceedings")
    for item in items:
        page.item(page.full_name(item["proceeding"].text))
        for status in item["status"].each():
            outcome = f": {status['outcome'].text}" if status["outcome"] else ""
            page.item(f"{status['forum'].text}  {status['stage'].text}{outcome}  {page.days(status)}",
                      page.cite(status["causes"]), indent=4)  # fmt: skip
        if not short:
            rows = [_step(page, step) for step in item["steps"].each()]
            page.table(["", "day", "forum", "step", "by"], [["", *row] for row in rows], wide="step")
        later = item["later"].each()
        if later:
            days = {id(s): s["dated"].text or page.legal_day(s, "day") for s in later}
            known = ", ".join(f"{days[id(s)]} {s['stage'].text} {page.cite(s['causes'])}" for s in later)
            page.item(f"later, after the day asked for: {known}", indent=4)
        for missing in item["missing"].each():
            page.item(f"not on record: {missing['words'].text}", page.cite(missing["causes"]), indent=4)


def _step(page: Page, step: Part) -> list[str]:
    decision = step["decision"]
    what = step["stage"].text
    if step["court"]:
        what += f", {page.name(step['court'].text)}"
    if step["number"]:
        what += f", {step['number'].text}"
    if decision:
        what += f"\n{decision['outcome'].text}, force {decision['force'].text.replace('_', ' ')}"
        what += f"\n{_enforceable(page, decision)}"
        final = decision["final"]
        what += (
            f"\nfinal: {page.legal_day(final, 'day') + ' ' + page.cite(final['causes']) if final else 'not on record'}"
        )
    for segment in step["validity"].each():
        if segment["validity"].text != "operative":
            what += f"\n{segment['validity'].text} {page.days(segment)} {page.cite(segment['causes'])}"
    return [
        step["dated"].text or page.legal_day(step, "day") or "?",
        step["forum"].text,
        what,
        page.cite(step["causes"]),
    ]


def _enforceable(page: Page, decision: Part) -> str:
    """When a decision can be enforced: not before it is final, not while it is suspended, never if it orders nothing."""
    if decision["orders_nothing"]:
        return "orders nothing to be enforced"
    barred = decision["not_enforceable"].each()
    words = ["before it is final"] if any(item["validity"].text == "pending" for item in barred) else []
    words += [f"while suspended, {page.days(item)}" for item in barred if item["validity"].text != "pending"]
    return f"not enforceable {' or '.join(words)}" if words else "enforceable at once"


def restriction_words(page: Page, window: Part) -> str:
    """A restriction: over whom it lies, through which companies it reaches the asset (from the one above to the asset's own, which
    is left out), or whose stake only it binds."""
    own = page.answer.items()[0][1].text.partition(":")[2]
    names = [page.name(s) for s in reversed(window["through"].texts()) if s.partition(":")[2] != own]
    words = f"{window['kind'].text} over {page.name(window['over'].text)}"
    stake = window["stake_of"].text
    if stake:
        words += f", through {', '.join(names)}" if names else ""
        return f"{words}: binds dealings in the stake of {page.name(stake)} only"
    words += f", through {', '.join(names)}" if names else ""
    return words + binding_words(page, window)


def binding_words(page: Page, item: Part) -> str:
    """Whom alone a measure binds, and what its own terms make of a breach; nothing where it states neither."""
    bound = f"; binds only {', '.join(page.name(s) for s in item['binds'].texts())}" if item["binds"] else ""
    return bound + _BREACH.get(item["sanction"].text, "")


def stake_words(page: Page, item: Part) -> str:
    """Over whose stake alone a measure lies; nothing where it lies over more than stakes."""
    over = item["over"].each()
    if not over or not all(one["holder"] for one in over):
        return ""
    return f", over the stake of {' and '.join(page.name(one['holder'].text) for one in over)}"


def bound_words(page: Page, window: Part) -> str:
    """Whether a restriction binds, or which permit lifts it."""
    return "binding" if window["binding"] else f"lifted by permit {page.cite([window['permit'].text])}"


def print_proceedings(page: Page) -> None:
    """The proceedings about an asset, or one by its name."""
    page.title()
    items = page.answer["proceedings"].each()
    if not items:
        page.item("No proceedings are on record.")
    proceedings(page, items)
    page.foot()


def print_restrictions(page: Page) -> None:
    """Restrictions, their windows and permits."""
    page.title()
    windows, stakes = page.answer["windows"].each(), page.answer["restricted_stakes"].each()
    binding = [w for w in [*(w for w in windows if w["now"]), *stakes] if w["binding"]]
    page.console.print()
    page.line("Binding now:" if binding else "No restriction is binding now.", "bold")
    for item in binding:
        page.item(restriction_words(page, item), page.cite(item["causes"]))
    rows = [
        [page.days(item), restriction_words(page, item), bound_words(page, item), page.cite(item["causes"])]
        for item in [*windows, *stakes]
    ]
    if rows:
        page.heading("Windows")
    page.table(["window", "restriction", "state", "by"], rows, wide="restriction")
    permits(page, page.answer["permits"].each())
    page.foot()


def print_encumbrances(page: Page) -> None:
    """Encumbrances by rank."""
    page.title()
    items = page.answer["encumbrances"].each()
    page.console.print()
    if not items:
        page.line("No encumbrance is on record.", "bold")
    rows = []
    for item in items:
        source = item["source_rank"]
        entry = f", entered {source['date'].text} no. {source['number'].text}" if source else ""
        term = page.days(item, item["ending"].text) if item["spans"] else "never in force"
        holder = page.holder(item["holder"]) if item["holder"] else ""
        rank = item["rank"].text or item["ending"].text or "not now"
        rows.append(
            [
                rank,
                f"{item['kind'].text}{stake_words(page, item)}{entry}",
                holder,
                term,
                page.cite(item["causes"]),
            ]
        )
    page.table(["rank", "encumbrance", "for", "term", "by"], rows, wide="encumbrance")
    page.foot()


def print_calendar(page: Page, first: str, last: str) -> None:
    """What lapses or falls due, from the first to the last day."""
    page.line(f"Deadlines from {first} to {last}", "bold")
    rows = [
        [
            item["last_day"].text + (f", known only as {item['stated'].text}" if item["stated"] else ""),
            f"{item['kind'].text}: {item['words'].text if item['quoted'] else page.words(item['words'].text)}",
            ", ".join(page.name(s) for s in item["subjects"].texts()),
            item["zone"].text,
            page.cite(item["causes"]),
        ]
        for item in page.answer["deadlines"].each()
    ]
    if not rows:
        page.item("Nothing lapses or falls due.")
    page.table(["last day", "what", "about", "zone", "by"], rows, wide="what")
    page.foot()
