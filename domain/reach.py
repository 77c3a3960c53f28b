"""Who is reached: the measures over a party under any of its names, and those that reach it through its owners.

Guarantees that a measure reaches a company where the interests of those it lies over suffice at each step up, from the top down,
also where companies own each other; `perhaps` takes each interest at its most. What a measure forbids to whom it reaches, and
whether it binds in a forum, `restrictions` says.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from domain.effects import Reach
from domain.folds import Folds
from domain.identifiers import EffectRef, PartyId, SubjectId, company_asset
from domain.measures import Live
from domain.nominees import beneficiaries, owners_of
from domain.periods import BEGINNING, END
from domain.shares import Share


def reaching(folds: Folds, party: SubjectId, at: datetime) -> list[tuple[Live, tuple[SubjectId, ...]]]:
    """Measures over a party, and those over parties that own it far enough for the measure's reach; with the path of companies."""
    own = under_any_name(folds, party, at)
    if not own and not folds.view.record.reaching:
        return []
    found: dict[EffectRef, tuple[Live, tuple[SubjectId, ...]]] = {live.course.ref: (live, ()) for live in own}
    for live, path in _reached(folds, party, at).values() if folds.view.record.reaching else ():
        found.setdefault(live.course.ref, (live, path))
    return list(found.values())


def perhaps_reaching(folds: Folds, party: SubjectId, at: datetime) -> list[Live]:
    """Measures that may reach a company through its owners, as far as it is known who they are and how much they hold."""
    if not folds.view.record.reaching:
        return []
    sure = {live.course.ref for live, _ in reaching(folds, party, at)}
    perhaps = {live.course.ref: live for live, _ in _reached(folds, party, at, perhaps=True).values()}
    return [live for ref, live in sorted(perhaps.items()) if ref not in sure]


_Reached = dict[tuple[EffectRef, SubjectId], tuple[Live, tuple[SubjectId, ...]]]
"""By measure and the party it lies over, under one of its names: the measure, and the companies it passed through."""


def _reached(folds: Folds, party: SubjectId, at: datetime, *, perhaps: bool = False) -> _Reached:
    """Measures that surely (or perhaps) reach a company through its owners: each company above it once, from the top down, until
    nothing is added; more than one round only where companies own each other."""
    owners = _owners(folds, party, at)
    reached: dict[SubjectId, _Reached] = {}
    for company in {company for shares in owners.values() for company in shares} | set(owners):
        own = [live for live in under_any_name(folds, company, at) if live.course.impose.reach is not None]
        name = min((company, *folds.view.same(company, at))) if own else company
        reached[company] = {(live.course.ref, name): (live, ()) for live in own}
    if not any(reached.values()):
        return {}
    through: dict[SubjectId, _Reached] = {company: {} for company in owners}
    grew = True
    while grew:
        grew = False
        for company, shares in owners.items():
            above = {holder: {**through.get(holder, {}), **reached[holder]} for holder in shares}
            for key, (live, path) in _far_enough(shares, above, perhaps).items():
                if key not in through[company]:
                    through[company][key] = (live, (company, *path))
                    grew = True
    return through.get(party, {})


def _owners(folds: Folds, party: SubjectId, at: datetime) -> dict[SubjectId, dict[PartyId, Share]]:
    """The companies above and including one, those further up first, each with its holders of title."""
    found: dict[SubjectId, dict[PartyId, Share]] = {}
    done: dict[SubjectId, None] = {}
    todo: list[tuple[SubjectId, bool]] = [(party, False)]
    while todo:
        company, left = todo.pop()
        if left:
            done[company] = None
            continue
        asset = SubjectId(company_asset(company))
        if company in found or not folds.view.record.about(asset):
            continue
        found[company] = owners_of(folds, asset, at)
        todo.append((company, True))
        todo += [(holder, False) for holder in sorted(found[company], reverse=True)]
    return {company: found[company] for company in done}


def _far_enough(shares: dict[PartyId, Share], above: dict[PartyId, _Reached], perhaps: bool) -> _Reached:
    """The measures over holders of a company, or reaching them, whose interests in it suffice: surely, or perhaps."""
    single: dict[tuple[EffectRef, SubjectId], Fraction] = {}
    together: dict[str, Fraction] = {}
    measures: _Reached = {}
    for holder, share in sorted(shares.items()):
        regimes = set()
        held_so = share.high if perhaps else share.low
        for key, (live, path) in above[holder].items():
            reach = live.course.impose.reach
            assert reach is not None, "only measures with a reach are carried on"
            single[key] = single.get(key, Fraction(0)) + held_so
            measures.setdefault(key, (live, path))
            regimes.add(reach.regime)
        for regime in regimes:
            together[regime] = together.get(regime, Fraction(0)) + held_so
    found: _Reached = {}
    for key, (live, path) in measures.items():
        reach = live.course.impose.reach
        assert reach is not None, "only measures with a reach are carried on"
        if reaches(together[reach.regime] if reach.aggregate else single[key], reach):
            found[key] = (live, path)
    return found


def reaches(share: Fraction, reach: Reach) -> bool:
    """Whether an interest suffices for a measure's reach."""
    return share >= reach.share.low if reach.at_least else share > reach.share.low


def reach_moments(folds: Folds, party: SubjectId) -> list[datetime]:
    """Every moment at which what reaches a company through its owners may change: who holds it or those above it, and the terms of
    the measures over them. From the beginning, in order."""
    found = {BEGINNING}
    for company in upstream(folds, party):
        found |= {turn for course in folds.courses(company) for span in course.spans for turn in (span.start, span.end)}
        asset = SubjectId(company_asset(company))
        if folds.view.record.about(asset):
            found |= set(folds.title(asset).moments())
    return sorted(found - {END})


def upstream(folds: Folds, party: SubjectId) -> set[SubjectId]:
    """A party, and all that ever held it or a company above it, for themselves or through nominees."""
    todo, seen = [party], set[SubjectId]()
    while todo:
        company = todo.pop()
        if company in seen:
            continue
        seen.add(company)
        asset = SubjectId(company_asset(company))
        if folds.view.record.about(asset):
            fold = folds.title(asset)
            todo += fold.parties
            todo += {party for step in fold.steps for party in beneficiaries(step.effect)}
    return seen


def under_any_name(folds: Folds, party: SubjectId, at: datetime) -> list[Live]:
    """The measures over a party, or over what is one with it."""
    return [live for name in (party, *folds.view.same(party, at)) for live in folds.live(name, at)]
