"""Finality: when a decision became final, by which step, and over which stretches it is not.

It is stated of the decision, of its proceeding, or of a decision that upheld it; and lost where what made it final is undone.
Whether a decision that is not final can be enforced meanwhile is settled in `force`.
"""

from __future__ import annotations

from datetime import datetime

from domain.effects import Proceed
from domain.identifiers import EffectRef, SubjectId
from domain.outlook import Outlook
from domain.periods import END
from domain.proceedings import steps_on, uncorrected, while_standing
from domain.reviews import reviewed_by, undone_before, upholds
from domain.segments import Segment, Validity


def finality(
    view: Outlook, ref: EffectRef, subject: SubjectId | None = None, part: EffectRef | None = None
) -> tuple[datetime, EffectRef] | None:
    """When a decision became final, and by which step: stated of it, of its proceeding, or of a decision that upheld it. None
    where what made it final was undone."""
    return min(((start, by) for start, end, by in _finals(view, ref, subject, part) if end == END), default=None)


def final_at(view: Outlook, ref: EffectRef, at: datetime) -> EffectRef | None:
    """The step by which a decision is final at a moment, after it was made so."""
    return min(
        ((start, by) for start, end, by in _finals(view, ref, None, None) if start < at < end), default=(at, None)
    )[1]


def until_final(view: Outlook, ref: EffectRef, subject: SubjectId | None, part: EffectRef | None) -> list[Segment]:
    """The stretches over which a decision is not final, from its start."""
    since = view.start(ref)
    by: tuple[EffectRef, ...] = (ref,)
    found: list[Segment] = []
    for start, end, final in sorted(_finals(view, ref, subject, part)):
        if since < start:
            found.append(Segment(since, start, Validity.PENDING, (*by, final)))
        if since < end:
            since, by = end, (ref, final)
    return [*found, Segment(since, END, Validity.PENDING, by)] if since < END else found


def _finals(
    view: Outlook, ref: EffectRef, subject: SubjectId | None, part: EffectRef | None, below: tuple[EffectRef, ...] = ()
) -> list[tuple[datetime, datetime, EffectRef]]:
    """The stretches over which a decision is final, and the steps that make it so. `below`: the decisions it upheld, asked
    for it; corrected records can review each other in a circle."""
    act = view.record.act(ref.statement)
    step = act.effects[ref.n - 1]
    assert isinstance(step, Proceed), "asked of decisions only"
    found: list[tuple[datetime, datetime, EffectRef]] = []
    begin = view.start(ref)
    names = view.aliases(ref)
    for other, later in steps_on(view, ref, subject, part):
        if other in below:
            continue
        stretches = [(s.start, s.end, other) for s in while_standing(view, other)]
        if later.on in names and later.stage == "final":
            found += stretches
        elif reviewed_by(later) in names and upholds(view, other, later):  # else it does not become final with it
            if later.stage == "final":
                found += stretches
            elif stretches:
                found += _finals(view, other, subject, None, (*below, ref))
    for other, effect in view.record.about(SubjectId(step.proceeding)):
        if not isinstance(effect, Proceed) or effect.stage != "final" or effect.on is not None or other == ref:
            continue
        if effect.forum == step.forum and view.held(other) and view.start(other) >= begin:
            if uncorrected(view, other) and not undone_before(view, ref, view.start(other)):
                found.append((view.start(other), END, other))
    return found
