"""What an act takes for granted and the record does not hold, or holds otherwise: told as gaps, never objections.

DESIGN section 3, rule 6: a missing antecedent is a stated gap. So are a completion after the term of the order it obeys, and a
claim filed while the cooling-off period of its notice runs: both are recorded as they happened, and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.act_types import TYPES
from domain.acts import Act
from domain.caps import exceeds
from domain.divestment import TO_DIVEST
from domain.effect_tokens import token_of
from domain.effects import Holder, Move, Permit, Power, Proceed, Reunit, Right, State
from domain.filing import named_by
from domain.folds import Folds
from domain.identifiers import EffectRef, SubjectId
from domain.lots import Gap, held
from domain.measures import Course
from domain.periods import until_bounds
from domain.standing import View


def antecedents(folds: Folds, subject: SubjectId, acts: Iterable[Act]) -> list[Gap]:
    """The gaps these acts of a subject's stream show; of transfers, those in that asset."""
    orders: list[Course] | None = None
    asking: list[Course] = []
    found: list[Gap] = []
    for act in acts:
        found += _presupposed(folds.view, act)
        for ref, effect in act.refs():
            if isinstance(effect, Proceed) and effect.stage == "filed":
                found += _cooling_off(folds.view, ref, effect)
            if isinstance(effect, Move) and effect.asset == subject:
                if orders is None:
                    asking = [c for c in folds.courses(subject) if c.impose.kind == "pre-emption"]
                    orders = [c for c in folds.courses(subject) if c.impose.kind in TO_DIVEST and c.ending == "lapsed"]
                found += _late(folds, orders, ref, effect) if orders else []
                found += _unasked(folds, asking, act, ref, effect) if asking else []
            if isinstance(effect, Reunit) and effect.asset == subject:
                asking = [c for c in folds.courses(subject) if c.impose.kind == "pre-emption"]
                found += _unasked(folds, asking, act, ref, effect)
    return found


def _presupposed(view: View, act: Act) -> list[Gap]:
    """An act whose type presupposes another, of which its streams hold none that takes effect before it."""
    row = TYPES.get(act.type)
    if row is None or not row.presupposes or not act.effects:
        return []
    ref = EffectRef(act.id, 1)
    at = view.start(ref)
    record = view.record
    named = {name.statement for effect in act.effects for name in named_by(effect)}
    before = [other for name in named if (other := record.find(name)) is not None]
    before += [other for subject in act.subjects for other in record.stream(subject)]
    for other in (act, *before):
        for their, effect in other.refs():
            if token_of(effect) & row.presupposes and view.held(their) and view.start(their) <= at:
                return []
    wanted = " or ".join(sorted(map(_wanted, row.presupposes)))
    return [Gap("antecedent-not-on-record", ref, f"{act.type}: no {wanted} is on record before it")]


_STEPS = {"proceed:decided": "decision", "proceed:interim": "interim order", "proceed": "proceeding"}


def _wanted(token: str) -> str:
    """What an act presupposes, in words: a step of a proceeding, or a measure by its kind."""
    return _STEPS.get(token) or token.partition(":")[2].replace("-", " ") or token


def _cooling_off(view: View, ref: EffectRef, effect: Proceed) -> Iterator[Gap]:
    at = view.start(ref)
    for other, step in view.record.about(effect.proceeding):
        if not isinstance(step, Proceed) or step.stage != "notified" or step.until is None or not view.held(other):
            continue
        end = until_bounds(step.until, view.record.dates(other).zone, view.record.zones)[0]
        if view.start(other) <= at < end:
            words = f"filed before the cooling-off period ended on {step.until.text}"
            yield Gap("cooling-off-running", ref, words, (other,))


def _late(folds: Folds, orders: list[Course], ref: EffectRef, effect: Move) -> Iterator[Gap]:
    """A transfer by one bound to divest, after the term in which it had to."""
    at = folds.view.start(ref)
    for order in orders:
        if not order.spans or order.end > at or effect.source not in order.spans[-1].binds:
            continue
        limit = order.spans[-1].limit
        if limit is not None:
            then = held(folds.title(SubjectId(effect.asset)).lots_at(order.end), limit.right, order.end)
            if effect.source not in then or not exceeds(then[effect.source], limit):
                continue
        words = f"{effect.source} was bound to divest before: the term of the order had passed"
        yield Gap("divested-late", ref, words, (order.ref,))


def _unasked(folds: Folds, courses: list[Course], act: Act, ref: EffectRef, effect: Move | Reunit) -> Iterator[Gap]:
    """A transfer, or an issue of capital, to others than the holder of a right of pre-emption, of whom no word about it is on
    record. Where the right gives a veto, or forbids, its breach is an objection."""
    view = folds.view
    at = view.start(ref)
    for course in courses:
        span = course.span_at(at)
        holder = span.holder if span is not None else None
        if span is None or span.status != "in force" or any(power is Power.DISPOSE for power, _ in span.powers):
            continue
        performs: tuple[EffectRef, ...] = ()
        concerned: set[Holder] = {*span.binds, *(stake.holder for stake in span.stakes)}
        involved: set[Holder | None] = {act.actor, *(signer.party for signer in act.signers)}
        if isinstance(effect, Move):
            performs = effect.performs
            if effect.right is Right.VOTES or course.ref in performs or (concerned and effect.source not in concerned):
                continue
            involved |= {effect.source, effect.target}
        else:
            involved |= {portion.holder for portion in effect.issue}
            if concerned or {p.holder for p in effect.issue} <= {p.holder for p in effect.cancel}:
                continue
        if holder in involved:
            continue
        said = [*view.naming(course.ref), *(one for name in performs for one in view.naming_of(name))]
        words = [
            view.record.act(other.statement)
            for other, effect_said in said
            if isinstance(effect_said, Permit | State) and view.held(other) and view.start(other) <= at
        ]
        if not any(holder == word.actor or any(s.party == holder for s in word.signers) for word in words):
            told = f"{_named(holder)} had a right of pre-emption; that it was offered the share, or waived, is not on record"
            yield Gap("waiver-not-on-record", ref, told, (course.ref,))


def _named(holder: Holder | None) -> str:
    return holder if isinstance(holder, str) else "its holder"
