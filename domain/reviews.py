"""Review of decisions: whether a decision on review undoes the one it reviews, upholds it, sends it back or leaves it open.

Told by its outcome and by what its statement voids of the decision reviewed. Over which stretches a decision undone without a void
is not enforceable is settled in `force`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.effects import Proceed, Void
from domain.identifiers import EffectRef
from domain.outlook import Outlook
from domain.periods import END
from domain.proceedings import while_standing
from domain.segments import Segment

REVERSALS = frozenset(
    {
        "annulled",
        "overturned",
        "quashed",
        "reversed",
        "set-aside",
        "vacated",
        "reversed-and-remanded",
        "quashed-and-remanded",
    }
)
"""Outcomes of a review that undo the decision reviewed."""
UPHOLDING: Final = frozenset(
    {"upheld", "affirmed", "confirmed", "dismissed", "dismissed-on-appeal", "rejected", "denied", "refused"}
    | {"inadmissible", "no-jurisdiction", "discontinued", "struck-out", "appeal-dismissed", "leave-refused"}
)
"""Outcomes of a review that leave the decision reviewed as it is; of others, only what they void is known."""


def reviewed_by(step: Proceed) -> EffectRef | None:
    """The decision that a decision reviews."""
    return step.decision.reviews if step.decision is not None else None


def undone(step: Proceed) -> EffectRef | None:
    """The decision that a step undoes by its outcome, or by sending the matter back."""
    if step.stage == "remanded":
        return reviewed_by(step) or step.on
    return reviewed_by(step) if step.decision is not None and step.decision.outcome in REVERSALS else None


def sent_back(view: Outlook, window: Segment) -> bool:
    """Whether a decision has no force because it was sent back: then what it had upheld is as it was before that."""
    step = view.record.effect(window.causes[0])
    outcome = step.decision.outcome if isinstance(step, Proceed) and step.decision is not None else ""
    return isinstance(step, Proceed) and (step.stage == "remanded" or outcome.endswith("-and-remanded"))


def means(view: Outlook, named: EffectRef | None, ref: EffectRef) -> bool:
    """Whether a reference means an effect, under any of its names, or the statement it stands in."""
    return named is not None and any(named in (name, EffectRef(name.statement, 0)) for name in view.aliases(ref))


def reverses_without_void(view: Outlook, ref: EffectRef, step: Proceed) -> bool:
    """Whether a decision on review undoes the one it reviews, and its statement does not say from when and with what
    consequence: it voids nothing."""
    gone = undone(step)
    return gone is not None and not _voided_by(view, ref, gone)


def leaves_open(view: Outlook, ref: EffectRef, step: Proceed) -> bool:
    """Whether neither the outcome of a decision on review, nor a void in its statement, tells of the one it reviews."""
    reviewed = reviewed_by(step)
    if step.decision is None or reviewed is None or undone(step) is not None:
        return False
    return step.decision.outcome not in UPHOLDING and not _voided_by(view, ref, reviewed)


def upholds(view: Outlook, ref: EffectRef, step: Proceed) -> bool:
    """Whether a decision on review leaves the one it reviews standing, at least in part: its outcome does not undo it, or its
    statement voids single things that one ordered, not the decision."""
    if step.decision is None or reviewed_by(step) is None:
        return False
    gone = undone(step)
    if gone is None:
        return True
    voided = _voided_by(view, ref, gone)
    decisions = [target for target in voided if not target.n or isinstance(view.record.effect(target), Proceed)]
    return bool(voided) and not decisions


def _voided_by(view: Outlook, ref: EffectRef, reviewed: EffectRef) -> list[EffectRef]:
    """What a decision on review voids of the statement it reviews."""
    statements = {name.statement for name in view.aliases(reviewed)} if reviewed.n else set()
    statements.add(reviewed.statement)
    voided = [e.target for e in view.record.act(ref.statement).effects if isinstance(e, Void)]
    return [target for target in voided if isinstance(target, EffectRef) and target.statement in statements]


def reversal_end(view: Outlook, reversal: EffectRef) -> tuple[datetime, tuple[EffectRef, ...]]:
    """When a reversal is itself undone: being final, it only lasts."""
    begin, names = view.start(reversal), view.aliases(reversal)
    reversing = [
        (view.start(other), other)
        for other, effect in view.naming(reversal)
        if isinstance(effect, Proceed)
        and undone(effect) in names
        and not upholds(view, other, effect)
        and view.held(other)
        and view.start(other) >= begin
        and while_standing(view, other)
    ]
    return (min(reversing)[0], (min(reversing)[1],)) if reversing else (END, ())


def undone_before(view: Outlook, ref: EffectRef, at: datetime) -> bool:
    """Whether a decision had been undone on review when its proceeding became final: then another decision did."""
    names = view.aliases(ref)
    return any(
        isinstance(effect, Proceed)
        and undone(effect) in names
        and not upholds(view, other, effect)
        and view.held(other)
        and view.start(other) <= at < reversal_end(view, other)[0]
        and while_standing(view, other)
        for other, effect in view.naming(ref)
    )
