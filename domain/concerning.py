"""What concerns an asset beside its rights: restrictions, permits, debts and proceedings on record, in one view."""

from __future__ import annotations

from datetime import datetime

from domain.affairs import PermitCourse, Proceedings, permit_course, proceedings
from domain.effects import Family, Owe, Permit, Proceed
from domain.folds import Folds
from domain.identifiers import EffectRef, SubjectId
from domain.restrictions import reaching


def restricting(
    folds: Folds, asset: SubjectId, at: datetime
) -> list[tuple[EffectRef, SubjectId, tuple[SubjectId, ...]]]:
    """Restrictions that bear on an asset at a moment: over it, over the company it is, or reaching that through its owners."""
    found = [
        (live.course.ref, asset, tuple[SubjectId, ...]())
        for live in folds.live(asset, at)
        if live.course.family is Family.RESTRICTION
    ]
    return found + reaching_through(folds, asset, at)


def reaching_through(
    folds: Folds, asset: SubjectId, at: datetime
) -> list[tuple[EffectRef, SubjectId, tuple[SubjectId, ...]]]:
    """Restrictions on the company an asset is, or on parties that own it far enough."""
    found = []
    for live, path in reaching(folds, SubjectId("party:" + asset.split(":", 1)[1]), at):
        if live.course.family is Family.RESTRICTION and live.course.impose.reach is not None:
            over = next(iter(SubjectId(o) for o in live.course.impose.over if isinstance(o, str)), asset)
            found.append((live.course.ref, over, path))
    return found


def permits_about(folds: Folds, asset: SubjectId) -> list[PermitCourse]:
    """Permits over an asset, for a dealing in it, or inside a measure over it."""
    record = folds.view.record
    refs: dict[EffectRef, None] = {}
    for ref, effect in record.about.get(asset, ()):
        if isinstance(effect, Permit):
            refs[ref] = None
    for act in record.by_subject.get(asset, ()):
        for ref, effect in act.refs():
            if isinstance(effect, Permit):
                refs[ref] = None
    courses = [permit_course(folds.view, ref, asset) for ref in refs if folds.view.held(ref)]
    return sorted((c for c in courses if c is not None), key=lambda c: (c.start, c.ref))


def debts_about(folds: Folds, asset: SubjectId) -> list[EffectRef]:
    """Debts that concern an asset."""
    acts = folds.view.record.by_subject.get(asset, ())
    return [ref for act in acts for ref, effect in act.refs() if isinstance(effect, Owe) and folds.view.held(ref)]


def proceedings_about(folds: Folds, asset: SubjectId) -> list[Proceedings]:
    """Proceedings that concern an asset: named by an act on its stream, or that name it or an effect about it."""
    view, record = folds.view, folds.view.record
    about = record.about.get(asset, ())
    located = [ref_effect for act in record.by_subject.get(asset, ()) for ref_effect in act.refs()]
    located += [*about, *(other for ref, _ in about for other in record.naming_effect(ref))]
    names = {
        effect.proceeding
        for ref, effect in located
        if isinstance(effect, Proceed) and view.holds(record.by_id[ref.statement])
    }
    return [proceedings(view, name) for name in sorted(names)]
