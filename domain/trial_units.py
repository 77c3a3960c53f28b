"""Units of an act on trial: whether those cut and issued add up, in themselves and with the total on record.

Guarantees exact counts: a total is compared with the one last counted before, in the order in which the folds rank acts of one
moment. Who holds the units, `trial_title` asks.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from domain.coherence import impossible
from domain.effects import Declare, Reunit
from domain.identifiers import EffectRef, SubjectId
from domain.objections import Objection
from domain.title import after_rank
from domain.trial import Trial


def units_add_up(effect: Reunit, where: str) -> list[Objection]:
    """Where a cut and reissue is stated in units, the units after it are the units before, less those cut, plus those issued."""
    olds = {p.share.units_of for p in effect.cancel if p.share.units_of}
    news = {p.share.units_of for p in effect.issue if p.share.units_of}
    if len(olds) > 1 or len(news) > 1:
        return [
            impossible(
                "units.totals-differ", None, "its lots are counted against different totals", where, "use one total"
            )
        ]
    if not olds or not news:
        return []
    old, new = olds.pop(), news.pop()
    cancelled = sum((p.share.low for p in effect.cancel), Fraction(0)) * old
    issued = sum((p.share.low for p in effect.issue), Fraction(0)) * new
    if old - cancelled + issued == new:
        return []
    words = f"{old} units less {cancelled} plus {issued} are {old - cancelled + issued}, not {new}"
    return [impossible("units.do-not-add-up", None, words, where, "correct the counts")]


def units_on_record(trial: Trial, mine: EffectRef, asset: SubjectId, stated: set[int], where: str) -> list[Objection]:
    """Units cancelled or moved are counted of the total that was issued last, where one is on record."""
    last = _last_total(trial, mine, asset) if stated else None
    if last is None or stated == {last[1]}:
        return []
    words = f"it counts units of {', '.join(map(str, sorted(stated)))}; {last[1]} are on record"
    return [trial.irregular("units.other-total", last[0], words, where)]


def issued_upon(trial: Trial, mine: EffectRef, effect: Reunit, where: str) -> list[Objection]:
    """Units issued, where those cancelled are not counted, make the new total together with what is left of the last one."""
    totals = {p.share.units_of for p in effect.issue if p.share.units_of}
    last = _last_total(trial, mine, SubjectId(effect.asset)) if len(totals) == 1 else None
    if last is None:
        return []
    (total,) = totals
    cut = sum((p.share.low for p in effect.cancel), Fraction(0)) * last[1]
    issued = sum((p.share.low for p in effect.issue), Fraction(0)) * total
    if last[1] - cut + issued == total:
        return []
    words = f"{last[1]} units on record less {cut} plus {issued} are {last[1] - cut + issued}, not {total}"
    return [trial.irregular("units.other-total", last[0], words, where)]


def _last_total(trial: Trial, mine: EffectRef, asset: SubjectId) -> tuple[EffectRef, int] | None:
    """The total of which units were last counted before an act, and what says so; of its own moment, what ranks before."""
    view = trial.view

    def order(ref: EffectRef) -> tuple[datetime, int]:
        start = view.start(ref)
        return start, after_rank(view, ref, start)

    at = order(mine)
    before = [
        (order(ref), ref, said)
        for ref, said in trial.record.about(asset)
        if isinstance(said, Declare | Reunit) and ref != mine and view.held(ref) and order(ref) <= at
        if view.stands(ref, at[0], asset)
    ]
    last: tuple[EffectRef, int] | None = None
    for rank, ref, said in sorted(before, key=lambda item: item[:2]):
        if rank < at or isinstance(said, Declare) or last is None:
            last = _total_after(ref, said, last)
    return last


def _total_after(
    ref: EffectRef, said: Declare | Reunit, before: tuple[EffectRef, int] | None
) -> tuple[EffectRef, int] | None:
    """The total of units after a declaration or a change of capital; None where it cannot be known."""
    stated = {p.share.units_of for p in (said.split if isinstance(said, Declare) else said.issue) if p.share.units_of}
    if stated:
        return (ref, stated.pop()) if len(stated) == 1 else None
    if isinstance(said, Declare):
        return before
    olds = {p.share.units_of for p in said.cancel if p.share.units_of} or ({before[1]} if before is not None else set())
    if said.issue or len(olds) != 1:
        return None
    left = olds.pop() * (1 - sum((p.share.low for p in said.cancel), Fraction(0)))
    return (ref, int(left)) if left and left.denominator == 1 else None
