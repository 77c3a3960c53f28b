"""An act on trial that pays: what bars the payment, and whether the debt stands and is as large.

A payment of a debt that is not on record is a gap, told by `findings`. What determines a debt is judged in `grants`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from domain.dealings import bars_payment
from domain.debts import debt
from domain.effects import Pay
from domain.objections import Objection
from domain.segments import Validity
from domain.trial import Trial


def judge_pay(trial: Trial, effect: Pay, at: datetime, where: str) -> list[Objection]:
    """A payment: what bars it, and the debt it pays; one that was refused is nothing paid."""
    if effect.refused:
        return []
    barred = bars_payment(trial.folds, trial.act, effect, at, trial.home)
    return [*(trial.bar(bar, where) for bar in barred), *_beyond_debt(trial, effect, at, where)]


def _beyond_debt(trial: Trial, effect: Pay, at: datetime, where: str) -> list[Objection]:
    """A payment of a debt that does not stand, that is in another currency, or of which less is left."""
    if effect.debt is None:
        return []
    now = debt(trial.view, effect.debt, at)
    while now is not None and now.replaced_by is not None and (anew := debt(trial.view, now.replaced_by, at)):
        now = anew  # what is left is left of what was last determined
    if now is None:
        own = trial.view.settled_own(effect.debt)  # who pays it need not wait for recognition here
        if any(s.start <= at < s.end and s.validity is Validity.OPERATIVE for s in own):
            return []
        return [trial.irregular("payment.no-debt", effect.debt, "the debt does not stand then", where)]
    if now.currency is not None and now.currency != effect.amount.currency:
        return [trial.irregular("payment.other-currency", effect.debt, f"the debt is in {now.currency}", where)]
    if now.high is not None and now.paid > now.high and now.owe.interest is None:
        over = now.paid - now.high
        return [trial.irregular("payment.above-debt", now.ref, f"{over} {now.currency} more than is owed", where)]
    if now.high is not None and Decimal(effect.amount.low) > now.high and now.owe.interest is None:
        return [trial.irregular("payment.above-debt", now.ref, "more than is owed", where)]
    return []
