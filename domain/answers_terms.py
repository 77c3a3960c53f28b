"""`calendar` as an answer, and as iCalendar: what lapses or falls due in a window (DESIGN section 3, rule 4).

Guarantees that each date is the last legal day in the zone of its own act. iCalendar (RFC 5545): one all-day event per deadline,
its UID a function of what ends and when, so that importing a calendar again replaces nothing else; lines folded at 75 octets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from domain.answers import SUBJECT, Plain, Question, Teller, Told, folds_of, moment
from domain.deadlines import Deadline, calendar
from domain.identifiers import StatementId

Among = Sequence[StatementId] | None
"""The statements that all deadlines of a window come from, where that is known."""


def deadlines_of(question: Question, first: date, last: date, among: Among = None) -> list[Deadline]:
    """Deadlines whose last legal day, in their own zones, lies from the first to the last day; about the subject of the question
    only, unless that is the register (then all)."""
    found = calendar(folds_of(question), first, last, among)
    return [d for d in found if question.subject == "register" or question.subject in d.subjects]


def calendar_of(question: Question, first: date, last: date, among: Among = None) -> Told:
    """What lapses or falls due from the first to the last day, in order of time."""
    teller = Teller(question)
    told: list[Plain] = [_deadline_told(teller, item) for item in deadlines_of(question, first, last, among)]
    return teller.answer({"window": {"from": first.isoformat(), "to": last.isoformat()}, "deadlines": told})


def _deadline_told(teller: Teller, item: Deadline) -> Told:
    return {
        "last_day": item.last_day.isoformat(),
        "zone": item.zone,
        "end": moment(item.end),
        "kind": item.kind,
        "subjects": teller.subjects(item.subjects),
        "words": item.words if item.quoted else teller.words(item.words),
        "quoted": item.quoted,
        "stated": item.stated,
        "causes": teller.causes(item.causes),
    }


def format_icalendar(question: Question, first: date, last: date, stamp: datetime, among: Among = None) -> str:
    """The same as an iCalendar document; `stamp` is the moment it is made."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//control-ledger//calendar//EN", "CALSCALE:GREGORIAN"]
    teller = Teller(question)
    for item in deadlines_of(question, first, last, among):
        about = ", ".join(map(teller.named, item.subjects))
        words = item.words if item.quoted else SUBJECT.sub(lambda found: teller.named(found[0]), item.words)
        causes = ", ".join(str(ref) for ref in item.causes)
        name = f"{item.kind} {item.last_day} {causes}"
        lines += [
            "BEGIN:VEVENT",
            f"UID:{hashlib.sha256(name.encode()).hexdigest()[:32]}@control-ledger",
            f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{item.last_day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{item.last_day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(f'{item.kind}: {words}, {about}')}",
            f"DESCRIPTION:{_escaped(f'Ends with this legal day in {item.zone}{_doubt(item)}. Decided by {causes}.')}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _doubt(item: Deadline) -> str:
    return f", which is known only as {item.stated}" if item.stated is not None else ""


def _escaped(text: str) -> str:
    for char, spelled in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(char, spelled)
    return text


def _folded(line: str) -> str:
    """RFC 5545 section 3.1: at most 75 octets a line, continued after a space; never inside a character."""
    folded, room = "", 75
    for char in line:
        width = len(char.encode())
        if width > room:
            folded, room = folded + "\r\n ", 74
        folded += char
        room -= width
    return folded
