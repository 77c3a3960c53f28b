#!/usr/bin/env python3
"""Measures the law alone: histories, states, admission and chains, as one pure function of recorded acts.

No signature, storage or network is in these figures. The record is one asset held by four parties who pass small shares on, one
transfer a day or more, some of them annulled; every act is what the tests build, so that the figures speak of the code that
answers. The collector is set as an opened ledger sets it. Figures named `cold` fold the asset first; the others find its fold kept,
as every question but the first does. Rounds of what is compared alternate; the median speaks, the least and greatest are kept
beside it. Prints one JSON object.
"""

import gc
import json
import statistics
import sys
import time
import types
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Named outright: an installed library may ship a package called `tests`, which would come first.
_tests = types.ModuleType("tests")
_tests.__path__ = [str(ROOT / "tests")]
sys.modules["tests"] = _tests
sys.path.insert(0, str(ROOT))

from domain.acts import Act  # noqa: E402  # after the paths are set
from domain.chains import Chains  # noqa: E402
from domain.folds import Folds  # noqa: E402
from domain.history import history_of, snapshot_of  # noqa: E402
from domain.periods import Clocks, end_of  # noqa: E402
from domain.standing import View  # noqa: E402
from ledger.reading import COLLECTED_EVERY, spare_collector  # noqa: E402
from tests.domain.builders import ZONE, ZONES, Case, asset, declare, move, ref, void  # noqa: E402

PARTIES = [f"p{n}" for n in range(4)]
FIRST = date(2000, 1, 1)
ROUNDS = 7


def milliseconds(run: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000


def figure(what: str, unit: str, reach: str, values: Sequence[float]) -> dict[str, Any]:
    return {
        "what": what,
        "value": round(statistics.median(values), 3),
        "least": round(min(values), 3),
        "greatest": round(max(values), 3),
        "rounds": len(values),
        "unit": unit,
        "reach": reach,
        "bound_by": "CPU, Python",
    }


def passing_on(count: int, voids: int) -> Case:
    """A record of `count` statements about one asset: an opening, transfers, and annulments spread over them."""
    case = Case({"court": "DE"})
    case.given(declare("port", dict.fromkeys(PARTIES, "1/4")))
    sales: list[Act] = []
    for n in range(count - voids - 1):
        source, target = PARTIES[n % 4], PARTIES[(n + 1 + n // 4 % 3) % 4]
        day = FIRST + timedelta(days=n)
        sales.append(case.given(move("port", "1/100000", source, target), on=str(day), label=f"sale {n}"))
    for n in range(voids):
        sale = sales[n * len(sales) // voids]
        day = FIRST + timedelta(days=len(sales) + n)
        case.given(void(ref(sale), "own" if n % 2 else "judgment"), on=str(day), by="court", label=f"void {n}")
    return case


def submitted(case: Case, number: int, day: date) -> float:
    """Judging one transfer; nothing is recorded, so that every round meets the same record."""
    act = case.act(move("port", "1/100000", PARTIES[number % 4], "buyer"), on=str(day), label=f"tried {number}")
    return milliseconds(lambda: case.admission.judge(act))


def tower(height: int) -> Case:
    """A company held by a company, up to the last."""
    case = Case()
    for n in range(height):
        case.given(declare(f"c{n}", {f"c{n + 1}": "99/100", "other": "1/100"}))
    return case


def main() -> None:
    figures: dict[str, dict[str, Any]] = {}
    long, short = passing_on(10_000, 50), passing_on(1_000, 5)
    of, last = asset("port"), FIRST + timedelta(days=12_000)
    moment = end_of(last, ZONE, ZONES)
    gc.set_threshold(*COLLECTED_EVERY)
    spare_collector()
    questions: dict[str, tuple[Case, Callable[[Case], object], str, str]] = {
        "history_10000": (
            long,
            lambda case: history_of(case.record, Clocks(), None, of),
            "history of an asset with 10,000 statements, 50 voids",
            "< 500",
        ),
        "law_state_1000": (
            short,
            lambda case: snapshot_of(case.record, Clocks(), None, of, moment),
            "state of an asset with 1,000 statements, from acts alone",
            "< 20",
        ),
    }
    for name, (case, ask, what, reach) in questions.items():
        cold, kept = [], []
        for _ in range(ROUNDS):
            case.record.kept = None
            cold.append(milliseconds(lambda ask=ask, case=case: ask(case)))
            kept.append(milliseconds(lambda ask=ask, case=case: ask(case)))
        figures[f"{name}_ms"] = figure(f"{what}, its fold kept", "ms", reach, kept)
        figures[f"{name}_cold_ms"] = figure(f"{what}, folded first", "ms", reach, cold)

    few = passing_on(100, 0)
    tried: dict[str, list[float]] = {"few": [], "long": [], "middle": []}
    for case in (few, long):
        submitted(case, 0, last)  # the folds are made once, when a ledger opens
    for n in range(1, 31):
        tried["few"].append(submitted(few, n, last + timedelta(days=n)))
        tried["long"].append(submitted(long, n, last + timedelta(days=n)))
    for n in range(1, ROUNDS + 1):
        tried["middle"].append(submitted(long, n, FIRST + timedelta(days=5_000)))
    growth = statistics.median(tried["long"]) / statistics.median(tried["few"])
    spread = [later / statistics.median(tried["few"]) for later in tried["long"]]
    figures["admission_growth"] = figure(
        "admission of the act effective last, 10,000 against 100", "ratio", "≤ 2", spread
    )
    assert figures["admission_growth"]["value"] == round(growth, 3), "both are medians of the same rounds"
    figures["admission_last_ms"] = figure("admission of the act effective last on 10,000", "ms", "", tried["long"])
    figures["admission_backdated_ms"] = figure(
        "admission of an act effective in the middle of 10,000", "ms", "", tried["middle"]
    )

    high = tower(1_000)
    spare_collector()
    folds = high.admission.folds(None)

    def climb(folds: Folds) -> None:
        chains = Chains(folds, moment)
        chains.interests(asset("c0"))
        chains.control(asset("c0"))

    climb(folds)  # the folds are made once, when a ledger opens
    warm = [milliseconds(lambda: climb(folds)) for _ in range(ROUNDS)]
    figures["chain_1000_ms"] = figure("interest and control through 1,000 companies, folds kept", "ms", "< 100", warm)
    cold = [milliseconds(lambda: climb(Folds(View(high.record, Clocks(), None)))) for _ in range(ROUNDS)]
    figures["chain_1000_cold_ms"] = figure("the same, every company folded first", "ms", "", cold)
    print(json.dumps({"figures": figures}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
