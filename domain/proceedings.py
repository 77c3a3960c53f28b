"""Steps in proceedings: which of them bear on a decision, and over which stretches a step stands.

A step counts where its own legal order is the decision's or one above it; that of another order only where its acts are at home.
What a step does to a decision is settled in `reviews`, `finality` and `force`.
"""

from __future__ import annotations

from datetime import datetime

from domain.effects import Proceed, Void
from domain.identifiers import EffectRef, Forum, SubjectId
from domain.outlook import Outlook
from domain.periods import FIRST_DAY
from domain.rectification import corrects
from domain.segments import Segment, Validity


def decision_of(view: Outlook, ref: EffectRef) -> tuple[EffectRef, Proceed] | None:
    """The decision that a statement records, on which its other effects rest."""
    for n, effect in enumerate(view.record.act(ref.statement).effects, 1):
        if isinstance(effect, Proceed) and effect.decision is not None:
            return EffectRef(ref.statement, n), effect
    return None


def while_standing(view: Outlook, ref: EffectRef) -> list[Segment]:
    """The stretches over which a step stands: not those in which it is void, or was wrongly recorded."""
    return [s for s in view.settled_own(ref) if s.validity is Validity.OPERATIVE]


def uncorrected(view: Outlook, ref: EffectRef) -> bool:
    """Whether no correction says that a step about a whole proceeding never was. Only that is asked of it: it may have been
    recorded before the decision it is about, and what that decision voids cannot hang on itself."""
    return not any(
        isinstance(effect, Void)
        and corrects(effect)
        and effect.target in (ref, EffectRef(ref.statement, 0))
        and view.held(other)
        and while_standing(view, other)
        for other, effect in view.naming(ref)
    )


def steps_on(
    view: Outlook, ref: EffectRef, subject: SubjectId | None, part: EffectRef | None = None
) -> list[tuple[EffectRef, Proceed]]:
    """The held steps that name a decision and bear on it here: those of its own legal order and of one above it wherever it is
    applied; those of another order (a foreign stay of its enforcement) where that order's acts are at home."""
    return [
        (other, effect)
        for other, effect in view.naming(ref)
        if isinstance(effect, Proceed) and other != ref and view.held(other)
        if heeded(view, ref, other, effect, subject) and _touches(view, effect, ref, part)
    ]


def _touches(view: Outlook, step: Proceed, ref: EffectRef, part: EffectRef | None) -> bool:
    """Whether a step on a decision is about one effect that it orders: not where it concerns others of them only. One that
    makes only some of them final does not make the whole so."""
    named = {name.statement for name in view.aliases(ref)}
    heads = [
        c for c in step.concerns
        if isinstance(c, EffectRef) and c.n and c.statement in named and not isinstance(view.record.effect(c), Proceed)
    ]  # fmt: skip
    if not heads:
        return True
    return step.stage != "final" if part is None else not set(heads).isdisjoint(view.aliases(part))


def heeded(view: Outlook, ref: EffectRef, other: EffectRef, step: Proceed, subject: SubjectId | None) -> bool:
    """Whether a step that names a decision counts here, as the order it was taken in stands to the decision's and the view's."""
    decision = view.record.effect(ref)
    assert isinstance(decision, Proceed), "asked of decisions, and of steps on them"
    if step.forum == decision.forum:
        return True
    at = max(view.record.start_bounds(other)[0], FIRST_DAY)
    eyes: list[Forum | None] = [decision.forum, view.forum]
    if subject is not None:
        eyes += [view.eyes(subject), view.place_then(view.record.act(other.statement), subject)]
    return any(forum is not None and within(view, step.forum, forum, at) for forum in eyes)


def within(view: Outlook, home: Forum, forum: Forum, at: datetime) -> bool:
    """Whether a legal order is a forum's own, or one that the forum is nested in at a moment."""
    return home == forum or home in view.record.nesting(forum, at)
