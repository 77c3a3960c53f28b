"""Notes on the cases as a lawyer would write them: what is asked, the answer, and which act says so."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console

from domain.answers import Asked, understand
from domain.answers_assets import history, show
from domain.answers_compared import explained, forums_of
from domain.answers_parties import chain_of, holdings_of
from domain.answers_proceedings import proceedings_of, restrictions_of
from domain.answers_terms import calendar_of, format_icalendar
from domain.identifiers import SubjectId
from domain.record import Record
from ledger.cli.asset_pages import print_show
from ledger.cli.pages import Page


class Notes:
    """Questions about the cases on record, with statements told by their labels."""

    def __init__(self, cases):
        self.reader = cases.reader
        self.names = {statement: label for labels in cases.labels.values() for label, statement in labels.items()}

    def ask(self, tell, subject, **asked):
        with self.reader.reading() as record:
            return tell(understand(record, SubjectId(subject), Asked(**asked), datetime.now(UTC), self.reader.size))

    def labels(self, causes):
        found = []
        for cause in causes:
            statement, _, n = cause.partition("#")
            found.append(self.names[statement] + (f"#{n}" if n not in ("", "1") else ""))
        return found

    def held(self, answer, right="title"):
        return {str(i["holder"]): i["percent"] for i in answer[right]}


@pytest.fixture
def notes(cases):
    return Notes(cases)


def test_rosneft_deutschland_control_moved_title_did_not(notes):
    answer = notes.ask(show, "asset:rosneft-deutschland", effective="2024-12-01", known="2024-12-01")
    (controller,) = answer["control"]["controller"]
    assert controller["holder"] == "party:bundesnetzagentur"
    assert notes.labels(controller["causes"]) == ["E03", "E09"]
    assert notes.held(answer) == {"party:rosneft": "100 %"}
    assert notes.labels(answer["title"][0]["causes"]) == ["E01"]
    assert answer["measures"][0]["last_day"] == "2025-03-10"


def test_rosneft_deutschland_the_end_of_the_trusteeship_depends_on_what_was_known(notes):
    asked = {"effective": "2024-09-01"}
    then = notes.ask(show, "asset:rosneft-deutschland", known="2024-09-01", **asked)
    now = notes.ask(show, "asset:rosneft-deutschland", **asked)
    assert then["measures"][0]["stated_end"] == "2024-09-10"
    assert now["measures"][0]["whole"]["last_day"] == "2026-03-10"
    assert now["measures"][0]["ending"] == "lapsed"


def test_rosneft_deutschland_frozen_under_american_law_until_the_licence(notes):
    answer = notes.ask(restrictions_of, "asset:rosneft-deutschland", forum="US")
    windows = [(w["first_day"], w["binding"], notes.labels(w["causes"])) for w in answer["windows"]]
    assert windows[0] == ("2025-10-22", True, ["E12"])
    assert [(binding, causes) for _, binding, causes in windows[1:]] == [
        (False, ["E12", "E13"]),
        (False, ["E12", "E17#2"]),
    ]
    home = notes.ask(restrictions_of, "asset:rosneft-deutschland")
    assert home["windows"] == [], "a foreign freeze does not bind at home"


def test_gazprom_germania_the_declared_unknown_yields_to_the_assignment_found_later(notes):
    early = notes.ask(show, "asset:gazprom-germania", effective="2022-04-02", known="2022-04-02")
    late = notes.ask(show, "asset:gazprom-germania", effective="2022-04-02", known="2022-04-05")
    assert notes.held(early) == {"{'unknown': True}": "100 %"}
    assert notes.held(late) == {"party:gazprom-export": "100 %"}
    (pending,) = late["title"][0]["pending"]
    assert (pending["to"], pending["validity"]) == ("party:gazprom-export-business-services", "pending")
    why = notes.ask(
        lambda q: explained(q, "title"), "asset:gazprom-germania", effective="2022-04-02", known="2022-04-02"
    )
    views = {e["view"]: e["value"] for e in why["elsewhere"]}
    assert list(views) == ["as known now", "as known on 2022-03-24", "as known on 2000-01-01"]
    assert "uncertain: or unknown 1; the day it became known is uncertain" in views["as known on 2000-01-01"]


def test_gazprom_germania_capital_cut_and_reissued_in_units(notes):
    answer = notes.ask(history, "asset:gazprom-germania")
    last = answer["title"][-1]
    assert last["first_day"] == "2022-11-14"
    assert last["last_day"] is None
    assert last["holdings"][0]["share"] == {"units": "225595000", "of": "225595000"}


def test_yukos_the_annulment_was_annulled_so_the_award_stood_all_along(notes):
    asked = {"subject": "proceeding:yukos-set-aside", "effective": "2018-01-01"}
    then = notes.ask(proceedings_of, known="2018-01-01", **asked)
    now = notes.ask(proceedings_of, known="2026-01-01", **asked)
    assert [(s["stage"], s["outcome"]) for s in then["proceedings"][0]["status"]] == [("decided", "set-aside")]
    assert [(s["stage"], s["outcome"]) for s in now["proceedings"][0]["status"]] == [("filed", None)]
    award = notes.ask(show, "asset:yukos-awards", effective="2018-01-01", known="2018-01-01")
    assert ["E02#2" in notes.labels([s["ref"]]) and s["validity"] for s in award["standing"]].count("void") == 1
    award = notes.ask(show, "asset:yukos-awards", effective="2018-01-01", known="2026-01-01")
    assert [(notes.labels([s["ref"]]), s["validity"]) for s in award["standing"]] == [
        (["E05"], "void"),
        (["E05#2"], "void"),
    ]


def test_hambantota_interest_below_half_yet_control_through_the_chain(notes):
    answer = notes.ask(chain_of, "party:china-merchants-port", effective="2018-07-01")
    below = {i["asset"]: i for i in answer["below"]}
    assert below["asset:hips"]["percent"] == "49.3 %"
    assert below["asset:hips"]["control"]["by_this_party"] is True
    assert [link["holder"] for link in below["asset:hips"]["control"]["links"]] == [
        "party:hipg",
        "party:china-merchants-port",
    ]


def test_northern_rock_held_by_a_nominee_for_the_treasury(notes):
    answer = notes.ask(holdings_of, "party:treasury-solicitor", effective="2009-06-01")
    titles = [h for h in answer["holdings"] if h["right"] == "title"]
    assert [(h["asset"], h["percent"], h["manner"]["for"]) for h in titles] == [
        ("asset:company-03273685", "100 %", "party:hm-treasury")
    ]


def test_a_bare_date_answers_for_the_end_of_the_day_and_lists_what_changed_in_it(notes):
    answer = notes.ask(show, "asset:rosneft-deutschland", effective="2022-09-16")
    assert answer["clocks"]["effective_at"] == "2022-09-16T21:59:59.999Z"
    (change,) = [c for c in answer["changes"] if c["what"] == "controller"]
    assert (change["before"], change["after"]) == ("party:rosneft", "party:bundesnetzagentur")
    assert change["at"] == "2022-09-15T22:00:00Z"
    before = notes.ask(show, "asset:rosneft-deutschland", effective="2022-09-15")
    assert before["changes"] == []


def test_a_breach_recorded_knowingly_stands_in_every_answer(notes):
    answer = notes.ask(show, "asset:nordhafen-terminal")
    irregular = [(i["rule"], i["knowingly"]) for i in answer["remarks"]["irregular"]]
    assert ("measure.bars-disposal", True) in irregular
    assert answer["remarks"]["disputed"] != []


def test_forums_stand_side_by_side(notes):
    answer = notes.ask(forums_of, "asset:rosneft-deutschland", effective="2025-10-25")
    assert {"DE", "US"} <= set(answer["forums"])
    (freeze,) = [d for d in answer["differences"] if d["what"].startswith("restriction")]
    assert freeze["views"]["US"]["value"] == "binding"
    assert freeze["views"]["DE"]["value"] == "does not stand"
    assert notes.labels(freeze["views"]["US"]["causes"]) == ["E12"]


def test_every_cause_is_in_the_table_of_statements(notes):
    def causes(value):
        if isinstance(value, dict):
            for name, item in value.items():
                if name == "causes":
                    yield from item
                elif name != "statements":
                    yield from causes(item)
        elif isinstance(value, list):
            for item in value:
                yield from causes(item)

    for subject in (
        "asset:rosneft-deutschland",
        "asset:yukos-awards",
        "asset:company-03273685",
        "asset:nordhafen-terminal",
    ):
        for tell in (show, history, proceedings_of, restrictions_of, forums_of):
            answer = notes.ask(tell, subject)
            cited = {cause.partition("#")[0] for cause in causes(answer)}
            assert cited or tell in (restrictions_of, forums_of, proceedings_of)
            assert cited <= set(answer["statements"])
            assert list(answer)[:3] == ["asset", "clocks", "tree_size"]


def test_an_answer_at_a_fixed_size_is_the_one_given_then(notes):
    size = notes.reader.size - 40
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with notes.reader.reading() as record:
        then = Record(record.zones, record.forum_of, record.nesting)
        for act in record.walk(0, size):
            then.add(act)
        for subject in ("asset:aixtron", "asset:nordhafen-terminal", "asset:pao-fortum"):
            given = show(understand(then, SubjectId(subject), Asked(), now))
            again = show(understand(record, SubjectId(subject), Asked(size=size), now, notes.reader.size))
            assert again == given
            assert again["tree_size"] == str(size)


def test_the_calendar_tells_the_last_legal_day(notes):
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    answer = notes.ask(lambda q: calendar_of(q, first, last), "asset:rosneft-deutschland")
    assert [(d["last_day"], d["kind"], d["zone"]) for d in answer["deadlines"]] == [
        ("2026-03-10", "measure lapses", "Europe/Berlin")
    ]
    ics = notes.ask(
        lambda q: format_icalendar(q, first, last, datetime(2026, 1, 1, tzinfo=UTC)), "asset:rosneft-deutschland"
    )
    assert "DTSTART;VALUE=DATE:20260310\r\n" in ics
    assert all(len(line.encode()) <= 75 for line in ics.split("\r\n"))


def test_the_readme_shows_what_the_ledger_answers(cases):
    out = io.StringIO()
    page = Console(file=out, width=96, highlight=False)
    notes = Notes(cases)
    print_show(Page(page, notes.ask(show, "asset:rosneft-deutschland", effective="2024-12-01", known="2024-12-01")))
    told = [line.rstrip() for line in out.getvalue().splitlines()]
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text().splitlines()
    start = readme.index(f"    {told[0]}")
    shown = [line.removeprefix("    ") for line in readme[start:]]
    shown = shown[: next(n for n, line in enumerate(shown) if line.startswith("The numbers in brackets")) - 1]
    assert [line for line in shown if line not in ("", "  …")] == [line for line in told if line in shown and line]
    assert told[: told.index("Statements")] == shown[: shown.index("Statements")]
