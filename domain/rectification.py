"""Several records of one act: which of them speaks, and under which names its effects are meant (DESIGN section 3, rules 10
and 11).

An act may be recorded more than once, and a record may be rectified or retracted. The strongest record that is not withdrawn
speaks; of equally strong ones that differ, the reading picks. What a rectification puts in the place of an effect goes by that
effect's names too. What a void does to what it hits is settled in `voids`.
"""

from __future__ import annotations

from domain.acts import Act
from domain.effects import Effect, Void
from domain.identifiers import EffectRef, StatementId
from domain.outlook import Outlook
from domain.segments import Validity


def corrects(effect: Effect | None) -> bool:
    """Whether an effect says that the record was wrong."""
    return isinstance(effect, Void) and effect.ground in ("error", "retraction")


def same_act(one: Act, other: Act) -> bool:
    """Whether two records say the same of an act: effects and dates; a reference within itself counts as the same."""
    said = [(repr(act.effects) + repr(act.effective)).replace(act.id, "self") for act in (one, other)]
    return said[0] == said[1]


def speaker(view: Outlook, root: StatementId) -> StatementId | None:
    """The record that speaks for an act, named by its first record; None where none is held."""
    members = _group(view, root)
    if not members:
        return None
    best = max(view.strength(act) for act in members)
    strongest = [act for act in members if view.strength(act) is best]
    distinct: list[Act] = []
    for act in strongest:
        if not any(same_act(act, other) for other in distinct):
            distinct.append(act)
    if len(distinct) == 1:
        return distinct[0].id
    option = view.reading.pick(f"records {root}", len(distinct), root, "sources of equal strength differ")
    return distinct[option].id


def _group(view: Outlook, root: StatementId) -> list[Act]:
    """All held records of one act that are not themselves withdrawn as erroneous, sorted by id."""
    todo, members = [root], []
    while todo:
        current = todo.pop()
        act = view.record.find(current)
        if act is not None and view.holds(act) and not _withdrawn(view, act):
            members.append(act)
        todo += [other.id for other in view.record.recorders(current)]
    return sorted(members, key=lambda act: act.id)


def _withdrawn(view: Outlook, act: Act) -> bool:
    whole = EffectRef(act.id, 0)
    return any(
        isinstance(effect, Void)
        and effect.ground in ("error", "retraction")
        and view.held(ref)
        and any(s.validity is Validity.OPERATIVE for s in view.settled_own(ref))
        for ref, effect in view.record.naming(whole)
    )


def other_names(view: Outlook, act: Act, ref: EffectRef) -> tuple[EffectRef, ...]:
    """The names under which an effect may be meant, where its act has other records or rectifies one."""
    names = [ref]
    root: StatementId | None = act.records
    while root is not None:
        names.append(EffectRef(root, ref.n))
        parent = view.record.find(root)
        root = parent.records if parent is not None else None
    todo = [act.id]
    while todo:
        for other in view.record.recorders(todo.pop()):
            names.append(EffectRef(other.id, ref.n))
            todo.append(other.id)
    kind = type(act.effects[ref.n - 1])
    mine = [
        EffectRef(act.id, n)
        for n, effect in enumerate(act.effects, 1)
        if isinstance(effect, kind) and not corrects(effect)  # what corrects takes the place of nothing
    ]
    replaced: list[EffectRef] = []
    for effect in act.effects:
        if isinstance(effect, Void) and effect.ground == "error" and isinstance(effect.target, EffectRef):
            target = view.record.find(effect.target.statement)
            if target is None:
                continue
            numbers = [effect.target.n] if effect.target.n else range(1, len(target.effects) + 1)
            replaced += [
                EffectRef(target.id, n)
                for n in numbers
                if isinstance(target.effects[n - 1], kind) and not corrects(target.effects[n - 1])
            ]
    if ref in mine and mine.index(ref) < len(replaced):
        names += view.aliases(replaced[mine.index(ref)])
    return tuple(dict.fromkeys(names))
