"""Who holds what, in all assets or by one holder: an answer from the views, a page at a time.

Guarantees that a page is one snapshot of the views, says as of how many entries they answer, and does not contradict the full
answer about an asset (`domain.answers_assets.show`) at the same size: a bare date stands for the end of that legal day in the zone
of each asset. Rows hold moments, not zones: what holds throughout the day before and the day after, wherever the day ends, is
taken as it is, and only where something changes within them is the zone of the asset asked of the record. A page costs what it
holds, not what there is.

What it answers: everything recorded and known as of that size, in the eyes of the place of each asset, in the first reading. What
the record leaves open, what is pending, how something is held and what else must be said, the full answer tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Final, Literal

from domain.answers import Plain, Told, moment
from domain.errors import Malformed
from domain.identifiers import SubjectId
from domain.periods import end_of, format_instant, parse_days, parse_instant
from domain.shares import Share, exactly, percent
from ledger.errors import LedgerError
from ledger.projections.projection import Reading
from ledger.projections.rows import HoldingRow, refs_of, spell
from ledger.projections.view import Found, LedgerView
from ledger.store.reader import EntryReader

HeldRight = Literal["title", "votes", "economic"]
CURSOR: Final = r"^[0-9T:.Z-]{10,24}~[a-z0-9][a-z0-9-]{0,63}~[0-9]{1,9}$"
_ONE_OF = re.compile(r"\bparty:[a-z0-9-]+")
_A_DAY: Final = timedelta(days=1)
"""More than any zone is from UTC."""

Place = tuple[str, int]
"""An asset, and the number of a row of it."""


class ViewsUnbuilt(LedgerError):
    """The views hold nothing yet."""


@dataclass(frozen=True, slots=True)
class HoldersAsked:
    """Which holdings. `day` where the clock was a bare date, `at` then the end of it in UTC."""

    at: datetime
    day: date | None
    right: HeldRight
    holder: str | None
    after: Place | None
    limit: int

    @property
    def clock(self) -> str:
        """The effective clock in its one spelling."""
        return self.day.isoformat() if self.day is not None else format_instant(self.at)


def asked_of(
    effective: str | None, right: HeldRight, holder: str | None, cursor: str | None, limit: int, now: datetime
) -> HoldersAsked:
    """The question as understood. A cursor names the clock of the pages before. Raises Malformed."""
    after: Place | None = None
    if cursor is not None:
        if re.match(CURSOR, cursor) is None:
            raise Malformed("cursor", "is not what a page named as its next")
        clock, slug, n = cursor.split("~")
        if effective not in (None, clock):
            raise Malformed("cursor", "is of another effective clock than is asked for")
        effective, after = clock, (f"asset:{slug}", int(n))
    if effective is None:
        return HoldersAsked(now.astimezone(UTC), None, right, holder, after, limit)
    if "T" in effective:
        return HoldersAsked(parse_instant(effective, "effective").at, None, right, holder, after, limit)
    days = parse_days(effective, "effective")
    if not days.exact:
        raise Malformed("effective", "a clock needs a whole day, YYYY-MM-DD, or an instant in UTC")
    following = datetime.combine(days.first + _A_DAY, datetime.min.time(), UTC)
    return HoldersAsked(following - datetime.resolution, days.first, right, holder, after, limit)


class Holders:
    """The answers, from the views of one ledger. Safe to share between threads."""

    def __init__(self, view: LedgerView, reading: Reading) -> None:
        """`reading`: the record of the same ledger, for zones."""
        self._view = view
        self._reading = reading
        self._entries = EntryReader(view.datastore)

    def sizes(self) -> tuple[int, int]:
        """How many entries the views have taken in, and how many there are."""
        with self._view.datastore.reading():
            return self._view.size(), self._entries.size()

    def tell(self, asked: HoldersAsked, still: str | None = None) -> Told:
        """A page. `still`: why the views stand still, if they do. Raises ViewsUnbuilt, StoreError."""
        with self._view.datastore.reading():
            size, tree_size = self.sizes()
            if not size:
                raise ViewsUnbuilt("the views are being built for the first time")
            found = self._page(asked, size)
            page = found[: asked.limit]
            told: list[Plain] = [_told(asked, one) for one in page]
            subjects = {one.subject for one in page} | {p for one in page for p in _ONE_OF.findall(one.row.holder)}
            names = self._view.names_at(sorted(subjects), asked.at)
            cited = {ref.statement for one in page for ref in refs_of(one.row.causes)}
            positions = self._entries.indexes_of(sorted(cited))
        stale = still is not None and size < tree_size
        following = (
            f"{asked.clock}~{page[-1].subject.removeprefix('asset:')}~{page[-1].n}" if found[len(page) :] else None
        )
        return {
            "clocks": _clocks_told(asked, size),
            "tree_size": str(tree_size),
            "size": str(size),
            "stale": stale,
            "reason": still if stale else None,
            "right": asked.right,
            "holder": asked.holder,
            "holdings": told,
            "next": following,
            "statements": {
                id_: {"position": str(at)} for id_, at in sorted(positions.items(), key=lambda item: item[1])
            },
            "names": dict[str, Plain](sorted(names.items())),
        }

    def _page(self, asked: HoldersAsked, size: int) -> list[Found[HoldingRow]]:
        """As many as a page holds and one more, if there are."""
        margin = _A_DAY if asked.day is not None else timedelta()
        low, high = asked.at - margin, asked.at + margin
        kinds = ["title"] if asked.right == "title" else ["title", asked.right]
        found: list[Found[HoldingRow]] = []
        after = asked.after
        while len(found) <= asked.limit:
            rows = self._view.held_within(low, high, kinds, after, asked.limit + 1, asked.holder)
            found += self._held(asked, size, low, high, rows)
            if len(rows) <= asked.limit:
                break
            after = (rows[-1].subject, rows[-1].n)
        return found[: asked.limit + 1]

    def _held(
        self, asked: HoldersAsked, size: int, low: datetime, high: datetime, rows: Sequence[Found[HoldingRow]]
    ) -> list[Found[HoldingRow]]:
        """Those of the rows that hold at the moment, which for a day is another where the day ends at another."""
        apart: dict[str, list[tuple[str, str]]] = {}
        if asked.right != "title":
            apart = self._view.separated(low, high, asked.right, sorted({row.subject for row in rows}))
        first, last = spell(low), spell(high)
        stretches = [(one.subject, (one.row.start, one.row.stop)) for one in rows]
        stretches += [(asset, stretch) for asset, periods in apart.items() for stretch in periods]
        changing = {asset for asset, (start, stop) in stretches if start > first or stop <= last}
        ends = self._ends(asked, size, changing) if asked.day is not None else {}
        default = spell(asked.at)
        found: list[Found[HoldingRow]] = []
        for one in rows:
            at = ends.get(one.subject, default)
            separated = any(start <= at < stop for start, stop in apart.get(one.subject, ()))
            if one.row.start <= at < one.row.stop and (one.row.kind == asked.right or not separated):
                found.append(one)
        return found

    def _ends(self, asked: HoldersAsked, size: int, assets: Iterable[str]) -> dict[str, str]:
        """When the day ends where each of these assets is."""
        named = [SubjectId(asset) for asset in assets]
        if not named or asked.day is None:
            return {}
        with self._reading(size) as record:
            return {asset: spell(end_of(asked.day, record.zone_of(asset), record.zones)) for asset in named}


def _clocks_told(asked: HoldersAsked, size: int) -> Told:
    return {
        "effective_at": moment(asked.at),
        "effective_day": asked.day.isoformat() if asked.day is not None else None,
        "whole_day": asked.day is not None,
        "each_zone": asked.day is not None,
        "known_at": None,
        "size": str(size),
        "forum": None,
    }


def _told(asked: HoldersAsked, one: Found[HoldingRow]) -> Told:
    row = one.row
    share, exact = _share_told(row.share)
    return {
        "asset": one.subject,
        "right": asked.right,
        "follows_title": row.kind != asked.right,
        "holder": _holder_told(row.holder),
        "share": share,
        "percent": percent(exact),
        "from": moment(_moment(row.start)),
        "until": moment(_moment(row.stop)),
        "causes": list[Plain](row.causes.split()),
    }


def _holder_told(spelled: str) -> Plain:
    if spelled == "unknown":
        return {"unknown": True}
    if spelled.startswith("party:"):
        return spelled
    return {"one_of": list[Plain](_ONE_OF.findall(spelled))}


def _share_told(spelled: str) -> tuple[Plain, Share]:
    """A share as the row spells it, and what it is."""
    if not spelled.startswith("{"):
        return spelled, exactly(Fraction(spelled))
    members: dict[str, str] = json.loads(spelled)
    told = dict[str, Plain](members)
    if "units" in members:
        return told, exactly(Fraction(int(members["units"]), int(members["of"])))
    return told, Share(Fraction(members["min"]), Fraction(members["max"]))


def _moment(spelled: str) -> datetime:
    return datetime.fromisoformat(spelled)
