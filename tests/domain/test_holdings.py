"""Holdings worked out from one moment to the next: what is kept between them changes no answer, and is let go of at once."""

from __future__ import annotations

import gc
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings

from domain.effects import Manner, Right
from domain.history import History
from domain.holdings import Splitter, split_of
from domain.lots import merged
from domain.title import TitleFold
from tests.domain.builders import Case, asset, declare, move, party, ref, void
from tests.domain.law.at_random import ASSETS, Item, plans, play

FIRST = date(2020, 1, 1)


def day(number: int) -> str:
    return str(FIRST + timedelta(days=number))


def passed_on(count: int) -> Case:
    """Parties passing small shares on, also to a nominee, some annulled long after; now and then votes only."""
    case = Case({"court": "DE"})
    case.given(declare("port", {"alpha": "1/2", "beta": "1/4", "gamma": "1/4"}), on=day(0))
    sales = []
    for n in range(1, count):
        source, target = ("alpha", "beta") if n % 3 else ("beta", "gamma")
        manner = Manner("nominee", party("alpha")) if n % 5 == 0 else None
        sales.append(case.given(move("port", f"1/{100 + n % 7}", source, target, manner=manner), on=day(n)))
        if n % 11 == 0:
            votes = Right.VOTES if n % 2 else Right.ECONOMIC
            case.given(move("port", "1/200", "beta", "gamma", votes), on=day(n))
        if n % 7 == 0:
            what = "own" if n % 2 else "judgment"
            case.given(void(ref(sales[n // 2]), what), on=day(n + 20), by="court")
    return case


def the_same_as_of_each_moment_alone(fold: TitleFold) -> None:
    rising = Splitter()
    for at in fold.moments():
        state = fold.state_at(at)
        kept, alone = rising.split(state, at), split_of(state, at)
        assert (kept.rights, kept.held) == (alone.rights, alone.held), at


def test_rising_moments_are_told_as_each_of_them_alone():
    case = passed_on(120)
    fold = case.folds().title(asset("port"))
    assert max(len(fold.state_at(at).lots) for at in fold.moments()) > 20, "lots are many, and merged now and then"
    the_same_as_of_each_moment_alone(fold)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(plans)
def test_so_they_are_at_random(plan: list[Item]):
    folds = play(plan).folds()
    for of in ASSETS:
        the_same_as_of_each_moment_alone(folds.title(asset(of)))


def test_lots_that_stay_as_they_are_stay_the_same_when_others_merge():
    case = Case({"court": "DE"})
    case.given(declare("port", {"alpha": "1/1"}), on=day(0))
    sales = [case.given(move("port", "1/10", "alpha", "beta"), on=day(n)) for n in (1, 2, 3)]
    case.given(void(ref(sales[0]), "judgment"), on=day(90), by="court")
    fold = case.folds().title(asset("port"))
    at = fold.moments()[3]
    lots = fold.state_at(at).lots
    disputed = [lot for lot in lots if lot.title.fragile]
    left = merged(lots, at)
    assert len(disputed) == 1
    assert len(left) == 3, "beta's other lots are one"
    assert any(lot is disputed[0] for lot in left)


def test_what_an_answer_needed_is_let_go_of_without_the_collector():
    case = passed_on(60)
    asked: list[History] = [case.history("port")]
    gc.collect()
    gc.disable()
    try:
        asked.append(case.history("port"))
        asked.clear()
        assert gc.collect() == 0
    finally:
        gc.enable()
