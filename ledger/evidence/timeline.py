"""The timeline of an asset as one SVG picture, drawn from the periods of its `history` answer.

Guarantees that the picture is a pure function of the answer, that it shows nothing which the table of periods does not,
that it fits on a page (rows that do not are counted; those of the day asked about stay), and that text of statements stays
text. It has no script, no style sheet, no link. Periods that begin before the record, have no end, or end long after
everything else reach the frame and are marked with a triangle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import pairwise
from typing import Final

from domain.errors import Malformed
from ledger.evidence.date_words import date_words
from ledger.evidence.legible import legible, shortened
from ledger.statements.canonical import Json

WIDTH: Final = 720
_LEFT, _RIGHT = 214, 704
_ROW, _LINE, _BAR = 21, 14, 15
_LABEL_CHARS, _LABEL_WIDTH = 31, 36
_ROWS_HEIGHT_MAX: Final = 570
"""What the rows of all groups may take together, for the whole to stand on a page of A4 under its heading."""
_COLUMN, _COLUMNS_MAX, _NUMBERS_MAX = 24, 20, 8
"""Exhibits under the axis: the width of a column, and as many columns and numbers in one as can be read."""
_HUES: Final = ("#1f4e79", "#8a4b08", "#2e6b3e", "#6a3d7c", "#7a1f2b", "#3d5a66")
_ONE_OF: Final = "one of "
_INK, _PALE, _GRID, _UNKNOWN = "#1b1f24", "#5b6470", "#d5d9de", "#767f8a"


@dataclass(frozen=True, slots=True)
class _Bar:
    """A stretch of days, both inclusive; None = open at that end."""

    first: date | None
    last: date | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    bars: tuple[_Bar, ...]
    hue: str

    @property
    def lines(self) -> list[str]:
        """The label in one line, or in two: names of companies are long, and their ends tell them apart."""
        words = self.label.split(" ")
        first = words.pop(0)
        while words and len(first) + 1 + len(words[0]) <= _LABEL_CHARS:
            first += f" {words.pop(0)}"
        return [shortened(line, _LABEL_WIDTH) for line in (first, " ".join(words)) if line]

    @property
    def height(self) -> int:
        return _ROW + _LINE * (len(self.lines) - 1)


@dataclass(frozen=True, slots=True)
class _Column:
    """Exhibits whose days lie so close that one column tells them: where their days are, where their numbers stand."""

    days: tuple[int, ...]
    numbers: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class _Group:
    title: str
    rows: tuple[_Row, ...]
    left_out: int = 0

    @property
    def height(self) -> int:
        """Of the rows, and of the line that counts those left out."""
        return sum(row.height for row in self.rows) + (_ROW if self.left_out else 0)


def timeline_svg(history: Mapping[str, Json], day: str | None = None) -> str:
    """The picture of a `history` answer; `day` (YYYY-MM-DD) is marked."""
    marked = _day(day)
    groups = _fitting(_groups(history), marked)
    low, high = _range(groups, _steps(history), marked)
    return _Drawing(low, high).draw(groups, _steps(history), marked)


def timeline_words(history: Mapping[str, Json]) -> str:
    """The same in words, for a reader who does not see the picture."""
    said = []
    for group in _groups(history):
        for row in group.rows:
            spans = "; ".join(
                f"{_said(bar.first, 'the beginning')} to {_said(bar.last, 'open')} {bar.words}".strip()
                for bar in row.bars
            )
            said.append(f"{group.title}, {row.label}: {spans}.")
    return " ".join(said) or "No dated periods."


def _said(day: date | None, otherwise: str) -> str:
    return day.isoformat() if day is not None else otherwise


# --- what is drawn -----------------------------------------------------------------------------------------------


def _groups(history: Mapping[str, Json]) -> tuple[_Group, ...]:
    names = {key: value for key, value in _object(history.get("names")).items() if isinstance(value, str)}
    hues: dict[str, str] = {}

    def hue(holder: str) -> str:
        if holder == "unknown":
            return _UNKNOWN
        return hues.setdefault(holder, _HUES[len(hues) % len(_HUES)])

    found: list[_Group] = []
    title, votes, economic = (_rights(history, right) for right in ("title", "votes", "economic"))
    for words, rows, same in (
        (_heading(title == votes, title == economic), title, False),
        ("Votes", votes, title == votes),
        ("Economic interest", economic, title == economic),
    ):
        if not same and rows:
            drawn = [_Row(_named(h, names), tuple(bars), hue(h)) for h, bars in rows.items()]
            found.append(_Group(words, tuple(drawn)))
    control: dict[str, list[_Bar]] = {}
    for period in _objects(history.get("control")):
        for holder in dict.fromkeys(_holder(item) for item in _objects(period.get("controller"))):
            _add(control.setdefault(holder, []), _bar(period))
    if control:
        drawn = [_Row(_named(h, names), tuple(bars), hue(h)) for h, bars in control.items()]
        found.append(_Group("Control", tuple(drawn)))
    measures = []
    for measure in _objects(history.get("measures")):
        if not _objects(measure.get("spans")):
            continue
        holders = [_holder(span) for span in _objects(measure["spans"])]
        colour = hue(holders[-1]) if holders[-1] in hues else _PALE
        bars: list[_Bar] = []
        for span in _objects(measure["spans"]):
            if span.get("status") == "in force":
                _add(bars, _bar(span))
        measures.append(_Row(_measure_label(measure, _object(history.get("statements"))), tuple(bars), colour))
    if measures:
        found.append(_Group("Measures", tuple(measures)))
    return tuple(found)


def _fitting(groups: tuple[_Group, ...], marked: date | None) -> tuple[_Group, ...]:
    """The groups with as many rows each as all of them together have room for."""
    most = max((len(group.rows) for group in groups), default=0)
    while most > 1 and sum(group.height for group in groups) > _ROWS_HEIGHT_MAX:
        most -= 1
        groups = tuple(_cut(group, most, marked) for group in groups)
    return groups


def _cut(group: _Group, most: int, marked: date | None) -> _Group:
    """At most so many rows of a group, in their order: those that hold on the day asked about before the others."""
    first = sorted(group.rows, key=lambda row: not any(_holds(bar, marked) for bar in row.bars))[:most]
    kept = tuple(row for row in group.rows if row in first)[:most]
    return _Group(group.title, kept, group.left_out + len(group.rows) - len(kept))


def _holds(bar: _Bar, day: date | None) -> bool:
    return day is None or ((bar.first is None or bar.first <= day) and (bar.last is None or bar.last >= day))


def _named(holder: str, names: Mapping[str, str]) -> str:
    """A holder as a reader knows it."""
    if holder == "unknown":
        return "no holder named"
    several = [names.get(part, part) for part in holder.removeprefix(_ONE_OF).split(", ")]
    return f"{_ONE_OF if holder.startswith(_ONE_OF) else ''}{', '.join(several)}"


def _measure_label(measure: Mapping[str, Json], statements: Mapping[str, Json]) -> str:
    """Its kind, and the exhibit that imposed it."""
    position = _object(statements.get(str(measure.get("ref")).partition("#")[0])).get("position")
    kind = str(measure.get("kind")).replace("-", " ")
    return f"{kind} (Exhibit {position})" if isinstance(position, str) else kind


def _heading(votes: bool, economic: bool) -> str:
    more = [word for word, same in (("votes", votes), ("economic interest", economic)) if same]
    return " and ".join(["Title, " + more[0], more[1]]) if len(more) == 2 else " and ".join(["Title", *more])


def _rights(history: Mapping[str, Json], right: str) -> dict[str, list[_Bar]]:
    found: dict[str, list[_Bar]] = {}
    for period in _objects(history.get(right)):
        for holding in _objects(period.get("holdings")):
            _add(found.setdefault(_holder(holding), []), _bar(period, str(holding.get("percent", ""))))
    return found


def _add(bars: list[_Bar], bar: _Bar) -> None:
    """Joins a bar to the one before when they touch and say the same: only the causes changed."""
    if bars and bars[-1].words == bar.words and bars[-1].last is not None and bar.first is not None:
        if (bar.first - bars[-1].last).days <= 1:
            bars[-1] = _Bar(bars[-1].first, bar.last, bar.words)
            return
    bars.append(bar)


def _bar(span: Mapping[str, Json], words: str = "") -> _Bar:
    return _Bar(_day(span.get("first_day")), _day(span.get("last_day")), words)


def _steps(history: Mapping[str, Json]) -> tuple[tuple[date, str], ...]:
    """Days on which a statement says that something takes effect, with the number it has in the log."""
    found = []
    for statement in _objects(list(_object(history.get("statements")).values())):
        dates = _object(statement.get("effective"))
        day = _day(dates.get("from"))
        if day is not None:
            found.append((day, str(statement.get("position"))))
    return tuple(sorted(found))


def _range(groups: tuple[_Group, ...], steps: tuple[tuple[date, str], ...], marked: date | None) -> tuple[date, date]:
    begun = [b.first for g in groups for r in g.rows for b in r.bars if b.first is not None]
    begun += [day for day, _ in steps] + ([marked] if marked is not None else [])
    ended = [b.last for g in groups for r in g.rows for b in r.bars if b.last is not None]
    if not begun:
        begun = [min(ended, default=date(2000, 1, 1))]
    low, high = min(begun).toordinal(), max(begun).toordinal()
    # A lease of a century would press everything that happened into a corner: such an end lies behind the frame.
    near = high + max(366, (high - low) // 2)
    high = max([high, *(day for day in (end.toordinal() for end in ended) if day <= near)])
    low = min([low, *(end.toordinal() for end in ended)])
    margin = max(20, (high - low) // 16)
    return date.fromordinal(max(1, low - margin)), date.fromordinal(min(date.max.toordinal(), high + margin))


# --- drawing -----------------------------------------------------------------------------------------------------


class _Drawing:
    """Places days on the axis and writes the elements."""

    def __init__(self, low: date, high: date) -> None:
        self._low, self._high = low, high
        self._parts: list[str] = []

    def draw(self, groups: tuple[_Group, ...], steps: tuple[tuple[date, str], ...], marked: date | None) -> str:
        columns = self._columns(steps)
        below = 44 + 13 * max(len(column.numbers) for column in columns) if columns else 12
        bottom = 50 + sum(30 + group.height for group in groups)
        height = bottom + below
        self._axis(bottom + (8 if steps else 0))
        top = 50
        for group in groups:
            top = self._group(group, top)
        if columns:
            self._exhibits(columns, top + 12)
        if marked is not None:
            x = self._x(marked)
            self._parts.append(f'<line x1="{x}" y1="30" x2="{x}" y2="{bottom}" stroke="#b3261e" stroke-width="1.4"/>')
            anchor = "end" if x > (_LEFT + _RIGHT) // 2 else "start"
            shift = -5 if anchor == "end" else 5
            self._text(
                x + shift, 12, f"asked about: {date_words(marked.isoformat())}", 12, "#b3261e", anchor, bold=True
            )
        body = "".join(self._parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'font-family="Libertinus Serif, Georgia, serif">{body}</svg>'
        )

    def _x(self, day: date) -> int:
        span = self._high.toordinal() - self._low.toordinal()
        return _LEFT + (_RIGHT - _LEFT) * (day.toordinal() - self._low.toordinal()) // max(1, span)

    def _axis(self, bottom: int) -> None:
        years = range(self._low.year, self._high.year + 1)
        months = len(years) <= 2
        ticks = [date(y, m, 1) for y in years for m in ((1, 4, 7, 10) if months else (1,))]
        inside = [tick for tick in ticks if self._low <= tick <= self._high]
        every = max(1, -(-len(inside) // 9))
        for tick in inside[::every]:
            x = self._x(tick)
            self._parts.append(f'<line x1="{x}" y1="36" x2="{x}" y2="{bottom}" stroke="{_GRID}" stroke-width="1"/>')
            self._text(x, 30, tick.isoformat()[:7] if months else str(tick.year), 12, _PALE, "middle")

    def _group(self, group: _Group, top: int) -> int:
        self._text(8, top + 13, group.title, 13, _INK, bold=True)
        self._parts.append(
            f'<line x1="8" y1="{top + 19}" x2="{_RIGHT}" y2="{top + 19}" stroke="{_GRID}" stroke-width="1"/>'
        )
        y = top + 24
        for row in group.rows:
            for n, line in enumerate(row.lines):
                self._text(16, y + 13 + _LINE * n, line, 13, _INK)
            for bar in row.bars:
                self._bar(bar, y + (row.height - _ROW) // 2, row.hue)
            y += row.height
        if group.left_out:
            self._text(16, y + 13, f"and {group.left_out} more, in the tables", 12, _PALE)
            y += _ROW
        return y + 6

    def _bar(self, bar: _Bar, y: int, hue: str) -> None:
        left = _LEFT if bar.first is None else self._x(bar.first)
        beyond = bar.last is None or bar.last > self._high
        right = _RIGHT if bar.last is None or beyond else max(left + 2, self._x(bar.last))
        self._parts.append(f'<rect x="{left}" y="{y}" width="{right - left}" height="{_BAR}" rx="2" fill="{hue}"/>')
        middle = y + _BAR // 2
        if bar.first is None:
            self._parts.append(f'<path d="M{left} {y} L{left - 9} {middle} L{left} {y + _BAR} Z" fill="{hue}"/>')
        if beyond:
            self._parts.append(f'<path d="M{right} {y} L{right + 9} {middle} L{right} {y + _BAR} Z" fill="{hue}"/>')
        if bar.words and right - left > 7 * len(bar.words) + 8:
            self._text(left + 7, y + 12, bar.words, 12, "#ffffff")

    def _columns(self, steps: tuple[tuple[date, str], ...]) -> list[_Column]:
        """The exhibits in columns, days that lie closest together sharing one, none left out and none over another."""
        found: list[tuple[list[int], list[str]]] = []
        for day, number in steps:
            x = self._x(day)
            if found and found[-1][0][-1] == x:
                found[-1][1].append(number)
            else:
                found.append(([x], [number]))
        while len(found) > _COLUMNS_MAX:
            gaps = [after[0][0] - before[0][-1] for before, after in pairwise(found)]
            n = gaps.index(min(gaps))
            found[n : n + 2] = [(found[n][0] + found[n + 1][0], found[n][1] + found[n + 1][1])]
        wanted = [(days[0] + days[-1]) // 2 for days, _ in found]
        return [
            _Column(tuple(days), _numbers(numbers), at)
            for (days, numbers), at in zip(found, _spread(wanted), strict=True)
        ]

    def _exhibits(self, columns: list[_Column], top: int) -> None:
        self._text(8, top + 31, "Exhibits cited, by day", 13, _INK, bold=True)
        for column in columns:
            for x in column.days:
                self._parts.append(f'<circle cx="{x}" cy="{top}" r="2.5" fill="{_INK}"/>')
                self._parts.append(
                    f'<line x1="{x}" y1="{top}" x2="{column.at}" y2="{top + 18}" stroke="{_PALE}" stroke-width="0.7"/>'
                )
            for n, number in enumerate(column.numbers):
                self._text(column.at, top + 31 + 13 * n, number, 12, _INK, "middle")

    def _text(
        self, x: int, y: int, words: str, size: int, fill: str, anchor: str = "start", *, bold: bool = False
    ) -> None:
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}" text-anchor="{anchor}"{weight}>'
            f"{escape(legible(words))}</text>"
        )


def _numbers(numbers: list[str]) -> tuple[str, ...]:
    """The numbers of a column, those that do not fit counted."""
    if len(numbers) <= _NUMBERS_MAX:
        return tuple(numbers)
    return (*numbers[: _NUMBERS_MAX - 1], f"+ {len(numbers) - _NUMBERS_MAX + 1}")


def _spread(wanted: list[int]) -> list[int]:
    """Places near the wanted ones, a column apart: midway between pushing all to the right and all to the left."""
    right, left = list(wanted), list(wanted)
    for n in range(1, len(wanted)):
        right[n] = max(wanted[n], right[n - 1] + _COLUMN)
    for n in range(len(wanted) - 2, -1, -1):
        left[n] = min(wanted[n], left[n + 1] - _COLUMN)
    found = [(one + other) // 2 for one, other in zip(right, left, strict=True)]
    most = _RIGHT
    for n in range(len(found) - 1, -1, -1):
        found[n] = min(found[n], most)
        most = found[n] - _COLUMN
    least = _LEFT
    for n in range(len(found)):
        found[n] = max(found[n], least)
        least = found[n] + _COLUMN
    return found


# --- reading the answer ------------------------------------------------------------------------------------------


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _objects(value: Json) -> list[Mapping[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _day(value: Json) -> date | None:
    """A legal day; a month, a year or a range stands for the first day it may be."""
    if not isinstance(value, str):
        return None
    first = value.partition("/")[0].partition("T")[0]
    try:
        return date.fromisoformat(first + "-01-01"[len(first) - 4 :] if len(first) < 10 else first)
    except ValueError as error:
        raise Malformed("history", f"not a day: {value[:40]!a}") from error


def _holder(item: Mapping[str, Json]) -> str:
    holder = item.get("holder")
    if isinstance(holder, str):
        return holder
    several = _object(holder).get("one_of")
    if isinstance(several, list):
        return _ONE_OF + ", ".join(map(str, several))
    return "unknown"
