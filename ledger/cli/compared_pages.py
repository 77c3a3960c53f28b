"""`forums`, `explain`, `suppose`, `holdings`, `chain` and `find` on a terminal (see `pages`)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ledger.cli.asset_pages import RIGHTS, print_state
from ledger.cli.pages import Page
from ledger.cli.parts import Part
from ledger.cli.term_pages import proceedings


def print_forums(page: Page) -> None:
    """Where the forums differ, side by side."""
    page.title()
    forums = page.answer["forums"].texts()
    differences = page.answer["differences"].each()
    page.console.print()
    if not differences:
        page.line(
            f"{', '.join(forums)}: no difference at this moment."
            if len(forums) > 1
            else f"Only {forums[0] if forums else 'no forum'} is concerned on record: there is nothing to compare.",
            "bold",
        )
    else:
        points = f"{len(differences)} point{'' if len(differences) == 1 else 's'}"
        page.line(f"{points} on which {', '.join(forums)} differ; none is preferred here.", "bold")
    for item in differences:
        page.heading(page.words(item["what"].text))
        rows = [
            [forum, page.words(view["value"].text), page.cite(view["causes"])] for forum, view in item["views"].items()
        ]
        page.table(["forum", "value", "by"], rows, wide="value")
    proceedings(page, page.answer["proceedings"].each(), short=True)
    page.foot()


def print_explained(page: Page) -> None:
    """Why a value is what it is, and where it would be another."""
    page.title()
    page.console.print()
    page.item(f"{page.words(page.answer['what'].text)}: {page.words(page.answer['value'].text)}",
              page.cite(page.answer["causes"]), indent=0)  # fmt: skip
    elsewhere = page.answer["elsewhere"].each()
    if elsewhere:
        page.heading("It would be another")
    rows = [
        [item["view"].text, page.words(item["value"].text), page.cite(item["brought_about_by"])] for item in elsewhere
    ]
    page.table(["where", "value", "because of"], rows, wide="value")
    page.foot()


def print_supposed(page: Page) -> None:
    """What would change if a draft were recorded."""
    page.line("Supposed only: nothing is stored.", "bold yellow")
    page.title()
    page.console.print()
    for item in page.answer["supposed"].each():
        verdict = "would be accepted" if item["accepted"] else "would be refused"
        page.item(f"{item['type'].text} {verdict}", page.cite([item["statement"].text]), indent=0)
        for objection in item["objections"].each():
            objection_lines(page, objection)
    changes = page.answer["changes"].each()
    page.heading("What it would change" if changes else "It would change nothing at this moment")
    for change in changes:
        before, after = change["views"]["before"]["value"].text, change["views"]["after"]["value"].text
        page.item(
            page.words(f"{change['what'].text}: {before} → {after}"), page.cite(change["views"]["after"]["causes"])
        )
    page.heading("The state then")
    print_state(page, page.answer)
    page.foot()


def objection_lines(page: Page, objection: Part) -> None:
    """An objection: what speaks against the act, what it meets, what to do."""
    met = f", it meets {page.cite([objection['statement'].text])}" if objection["statement"] else ""
    page.item(f"{objection['kind'].text}: {page.words(objection['words'].text)} ({objection['rule'].text}{met})")
    if objection["remedy"]:
        page.item(f"→ {objection['remedy'].text}", indent=4)


def print_holdings(page: Page) -> None:
    """What a party holds, what others hold for it, by which measures it acts, and who acts for it."""
    page.title()
    page.become(page.answer["identity"])
    page.console.print()
    rows = _rights_rows(page, page.answer["holdings"].each())
    if not rows:
        page.line("It holds no right in any asset on record.", "bold")
    page.table(["asset", "right", "share", "by"], rows, wide="asset")
    held_for = page.answer["held_for"].each()
    for nominee in dict.fromkeys(item["holder"].text for item in held_for):
        page.heading(f"Held for it by {page.full_name(nominee)}, a nominee")
        mine = [item for item in held_for if item["holder"].text == nominee]
        page.table(["asset", "right", "share", "by"], _rights_rows(page, mine), wide="asset")
    for name, title in (("measures_held", "Acts by measure over"), ("measures_over", "Measures over it")):
        items = page.answer[name].each()
        if not items:
            continue
        page.heading(title)
        rows = []
        for item in items:
            over = ", ".join(page.name(o["asset"].text or o.text) for o in item["over"].each())
            rows.append([item["kind"].text, over, page.days(item["whole"]), page.cite(item["causes"])])
        page.table(["measure", "over", "term", "by"], rows, wide="over")
    agents = page.answer["representation"].each()
    if agents:
        page.heading("Represented by")
        rows = [[i["kind"].text, page.full_name(i["agent"].text), page.days(i), page.cite(i["causes"])] for i in agents]
        page.table(["by what", "who", "term", "by"], rows, wide="who")
    page.foot()


def _rights_rows(page: Page, holdings: list[Part]) -> list[list[str]]:
    """What is held in each asset: one row where all rights are held alike."""
    by_asset: dict[str, list[Part]] = {}
    for item in holdings:
        by_asset.setdefault(item["asset"].text, []).append(item)
    rows = []
    for asset, items in by_asset.items():
        values = {(page.share(item), page.cite(item["causes"]), _manner(page, item)) for item in items}
        if len(items) == len(RIGHTS) and len(values) == 1:
            share, cites, manner = values.pop()
            rows.append([page.full_name(asset), f"all rights{manner}", share, cites])
            continue
        for n, item in enumerate(items):
            name = page.full_name(asset) if n == 0 else ""
            rows.append([name, item["right"].text + _manner(page, item), page.share(item), page.cite(item["causes"])])
    return rows


def _manner(page: Page, item: Part) -> str:
    """How it holds, where not for itself."""
    manner = item["manner"]
    if not manner:
        return ""
    kind = "nominee" if manner["kind"].text == "nominee" else "for administration"
    return f", as {kind} for {page.name(manner['for'].text)}" if manner["for"] else f", {kind}"


def print_chain(page: Page) -> None:
    """Interest and control through companies: of a party downwards, or in an asset upwards."""
    page.title()
    for name, title, other in (
        ("below", "Interest in", "asset"),
        ("above", "Owned by, through companies", "party"),
        ("interests", "Interests, multiplied along the chain", "party"),
    ):
        items = page.answer[name].each()
        if not items:
            continue
        page.heading(title)
        rows = []
        for item in items:
            paths = [" → ".join(page.name(s) for s in path.texts()) for path in item["paths"].each() if path.texts()]
            through = f"\nthrough {'; '.join(paths)}" if paths else ""
            note = " (a cycle is cut)" if item["cyclic"] else ""
            note += f"\nnobody is named for {page.share(item['unnamed'])}" if item["unnamed"] else ""
            controls = "controls" if item["control"]["by_this_party"] else ""
            who = page.full_name(item[other].text) + through + note
            rows.append([who, page.share(item), page.share(item["direct"]), controls, page.cite(item["causes"])])
        page.table(["", "in all", "direct", "", "by"], rows, wide="")
    unnamed = page.answer["unnamed"]
    if unnamed:
        where = ", ".join(page.name(asset) for asset in unnamed["assets"].texts())
        words = f"Nobody is named for {page.share(unnamed)} (in {where}): an interest is larger by what its party holds of it."
        page.item(words, page.cite(unnamed["causes"]))
    for item in page.answer["undecided"].each():
        words = f"{page.share(item)} of {page.name(item['asset'].text)} is held by {page.holder(item['holder'])}"
        page.item(words, page.cite(item["causes"]))
    chain = page.answer["controlled_by"]
    if chain["links"]:
        page.heading("Majority control, link by link")
        for link in chain["links"].each():
            page.item(f"{page.full_name(link['holder'].text)} has {page.share(link)} of the votes in "
                      f"{page.name(link['asset'].text)}", page.cite(link["causes"]))  # fmt: skip
        if chain["cyclic"]:
            page.item("The chain closes on itself: it controls itself.")
    below = [m for item in page.answer["below"].each() for m in item["control"]["measures"].each()]
    taken = {(m["asset"].text, m["ref"].text): m for m in [*chain["measures"].each(), *below]}
    if taken:
        page.heading("Not exercised by the holders: a measure takes or forbids it")
    for item in taken.values():
        of = f"{page.name(item['asset'].text)}: "
        stakes = "".join(f" of the stake of {page.name(s)}" for s in item["stakes"].texts())
        for grip, by in (("takes", f" by {page.holder(item['holder'])}"), ("forbids", " forbidden")):
            powers = " and ".join(power for power, how in item["powers"].items() if how.text == grip)
            if not powers:
                continue
            to = " and ".join(page.name(s) for s in item["binds"].texts()) if grip == "forbids" else ""
            words = f"{of}{powers}{stakes}{by}{f' to {to}' if to else ''}, {item['kind'].text}"
            page.item(words, page.cite(item["causes"]))
    page.foot()


def print_found(page: Page) -> None:
    """Who bears a name."""
    items = page.answer["found"].each()
    name, clocks = page.answer["name"].text, page.answer["clocks"]
    day = clocks["effective_day"].text
    if not items:
        page.line(f"Nothing bears the name {name} on {day}.", "bold")
    elif len(items) > 1:
        page.line(f"{len(items)} subjects bear the name {name} on {day}: give the identifier meant.", "bold")
    for item in items:
        known = [i["value"].text for i in item["identifiers"].each()]
        page.item(f"{item['subject'].text}  {item['kind'].text} {item['place'].text}  {'; '.join(known)}", indent=0)
        for dated in item["names"].each():
            page.item(f"{page.days(dated)}: {dated['value'].text}", page.cite(dated["causes"]))
    page.foot()


def print_similar(console: Console, names: Sequence[tuple[str, str]]) -> None:
    """Names that hold what was asked for, where nothing bears exactly that name."""
    if names:
        console.print("Names on record that hold it:")
    for name, subject in names:
        console.print(Text(f"  {name} ({subject})"))
