"""Folds kept between questions: used again, brought up to date, dropped when they no longer hold, and bounded."""

from __future__ import annotations

import pytest

from domain import kept
from domain.comparison import supposing
from domain.filed_acts import FiledActs
from domain.folds import Folds
from domain.kept import KeptFolds
from domain.periods import LAST
from tests.domain.builders import Case, asset, declare, move


def folds_kept(case: Case, of: str = "port") -> Folds | None:
    assert isinstance(case.record.kept, KeptFolds)
    return case.record.kept.take(case.record, None, asset(of), LAST)


def owned() -> Case:
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}), on="2020-01-01")
    return case


def test_a_second_question_is_answered_from_the_fold_of_the_first():
    case = owned()
    case.at("2021-01-01", "port")
    folds = folds_kept(case)
    assert folds is not None
    fold = folds.title(asset("port"))
    kept.keep(folds, case.clocks(None, None, None), None, asset("port"))
    case.given(move("port", "1/4", "alpha", "beta"), on="2020-06-01")
    assert case.split("2021-01-01", "port") == {"alpha": "3/4", "beta": "1/4"}
    again = folds_kept(case)
    assert again is folds
    assert again.title(asset("port")) is fold


def test_an_act_that_was_only_supposed_leaves_nothing_behind():
    case = owned()
    case.at("2021-01-01", "port")
    supposed = case.act(move("port", "1/1", "alpha", "beta"), on="2020-06-01", label="supposed")
    with supposing(case.record, (supposed,)):
        assert case.split("2021-01-01", "port") == {"beta": "1/1"}
    assert case.split("2021-01-01", "port") == {"alpha": "1/1"}
    with supposing(case.record, (supposed,)):
        case.at("2021-01-01", "port")
    case.given(move("port", "1/2", "alpha", "gamma"), on="2020-07-01", label="other")
    assert case.split("2021-01-01", "port") == {"alpha": "1/2", "gamma": "1/2"}


def test_folds_with_a_reading_open_are_not_kept():
    case = owned()
    case.given(move("port", "1/2", "alpha", "beta"), on="2020-06", label="some day in June")
    assert case.at("2020-06-15", "port").uncertain
    assert folds_kept(case) is None


def test_what_was_known_on_a_day_is_folded_anew():
    case = owned()
    case.at("2021-01-01", "port", known="2026-01-01")
    assert case.record.kept is None


def test_the_one_asked_for_longest_ago_goes_first(monkeypatch: pytest.MonkeyPatch):
    case = owned()
    for name in ("quay", "dock"):
        case.given(declare(name, {"alpha": "1/1"}), on="2020-01-01", label=name)
    monkeypatch.setattr(FiledActs, "room", 4)
    for name in ("port", "quay", "dock"):
        case.at("2021-01-01", name)
    assert folds_kept(case, "port") is None
    assert folds_kept(case, "quay") is not None


def test_a_fold_too_far_behind_is_made_anew(monkeypatch: pytest.MonkeyPatch):
    case = owned()
    case.at("2021-01-01", "port")
    monkeypatch.setattr(kept, "_BEHIND_MAX", 0)
    for n in range(3):
        case.given(declare(f"quay-{n}", {"alpha": "1/1"}), on="2020-01-01", label=f"quay {n}")
    assert folds_kept(case) is None
