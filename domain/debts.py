"""What is owed at a moment: as last determined, less what was paid, never below nothing (DESIGN section 3, rule 13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.effects import (
    Owe,
    Pay,
)
from domain.identifiers import EffectRef, SubjectId
from domain.segments import Validity
from domain.standing import View


@dataclass(frozen=True, slots=True)
class Debt:
    """A debt and its balance: what is owed as last determined, what was paid in that currency, what is left (never negative)."""

    ref: EffectRef
    owe: Owe
    low: Decimal | None
    high: Decimal | None
    currency: str | None
    paid: Decimal
    left_low: Decimal | None
    left_high: Decimal | None
    payments: tuple[EffectRef, ...]
    replaced_by: EffectRef | None
    causes: tuple[EffectRef, ...]


def debt(view: View, ref: EffectRef, at: datetime, subject: SubjectId | None = None) -> Debt | None:
    """A debt at a moment; None when it does not stand then. Interest terms are told, not computed."""
    owe = view.record.effect(ref)
    if not isinstance(owe, Owe) or not any(
        s.start <= at < s.end and s.validity is Validity.OPERATIVE for s in view.settled(ref, subject)
    ):
        return None
    names = view.aliases(ref)
    anew = [other for other, effect in _standing_on(view, names, at, subject) if isinstance(effect, Owe)]
    payments = payments_of(view, ref, at, subject)
    payments.sort(key=lambda other: (view.start(other), other))
    replaced = max(anew, key=lambda other: (view.start(other), other), default=None)
    low = Decimal(owe.amount.low) if owe.amount else None
    high = Decimal(owe.amount.high) if owe.amount else None
    currency = owe.amount.currency if owe.amount else None
    paid = Decimal(0)
    for other in payments:
        payment = view.record.effect(other)
        assert isinstance(payment, Pay), "filtered above"
        if payment.amount.currency == currency:
            paid += Decimal(payment.amount.low)
    zero = Decimal(0)
    left = (max(zero, low - paid), max(zero, high - paid)) if low is not None and high is not None else (None, None)
    causes = (ref, *payments)
    return Debt(ref, owe, low, high, currency, paid, left[0], left[1], tuple(payments), replaced, causes)


def payments_of(view: View, ref: EffectRef, at: datetime, subject: SubjectId | None = None) -> list[EffectRef]:
    """Payments of a debt by a moment, and of what it determines anew, whether or not that stands: what was paid was paid."""
    found: dict[EffectRef, None] = {}
    todo, seen = [ref], set[EffectRef]()
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        owe = view.record.effect(current)
        todo += [owe.replaces] if isinstance(owe, Owe) and owe.replaces is not None else []
        standing = _standing_on(view, view.aliases(current), at, subject)
        found |= {other: None for other, effect in standing if isinstance(effect, Pay)}
    return list(found)


def _standing_on(
    view: View, names: Sequence[EffectRef], at: datetime, subject: SubjectId | None
) -> list[tuple[EffectRef, Owe | Pay]]:
    """What stands at a moment and pays a debt, or determines it anew."""
    found: dict[EffectRef, Owe | Pay] = {}
    for name in names:
        for other, effect in view.record.naming(name):
            pays = isinstance(effect, Pay) and effect.debt in names and not effect.refused
            replaces = isinstance(effect, Owe) and effect.replaces in names
            if (pays or replaces) and view.held(other) and view.stands(other, at, subject):
                assert isinstance(effect, Owe | Pay), "asked above"
                found[other] = effect
    return list(found.items())
