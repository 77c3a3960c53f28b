"""Companies are assets and parties at once (DESIGN section 3, rule 12): interest, control, and how far a restriction reaches."""

from __future__ import annotations

from fractions import Fraction

from domain.acts import Act
from domain.chains import Chains, ControlChain, Interest
from domain.effects import Manner, Portion, Reach
from domain.reach import reaching
from tests.domain.builders import (
    Case,
    asset,
    declare,
    freeze,
    holder,
    move,
    named,
    party,
    permit,
    ref,
    register,
    share,
    written,
)


def chains(case: Case, day: str = "2022-01-01") -> Chains:
    return Chains(case.folds(), case.at(day, "port").at)


def interests(case: Case, of: str, day: str = "2022-01-01") -> dict[str, str]:
    return {named(i.party): written(i.share) for i in chains(case, day).interests(asset(of))}


def control(case: Case, of: str, threshold: Fraction = Fraction(1, 2)) -> ControlChain:
    return chains(case).control(asset(of), threshold)


def case_of(**splits: dict[str, str]) -> Case:
    case = Case({"ministry": "DE"})
    for name, split in splits.items():
        case.given(declare(name, split))
    return case


def test_interest_multiplies_along_the_chain():
    case = case_of(port={"mid": "17/20", "city": "3/20"}, mid={"top": "29/50", "rest": "21/50"})
    found = interests(case, "port")
    assert found["top"] == "493/1000"
    assert found["mid"] == "17/20"
    (via,) = [i for i in chains(case).interests(asset("port")) if i.party == "party:top"]
    assert via.paths == (("party:mid",),)
    assert {str(c.statement) for c in via.causes} == {a.id for a in case.record.acts}


def test_interests_along_several_paths_add_up():
    case = case_of(port={"left": "1/2", "right": "1/2"}, left={"top": "1/1"}, right={"top": "1/2", "other": "1/2"})
    assert interests(case, "port")["top"] == "3/4"


def test_what_nobody_is_named_for_may_be_anyones():
    case = case_of(port={"mid": "3/5", "fund": "2/5"}, mid={"top": "3/4", "?": "1/4"})
    assert interests(case, "port") == {"mid": "3/5", "top": "9/20..3/5", "fund": "2/5..11/20"}
    unnamed = chains(case).unnamed(asset("port"))
    assert unnamed is not None
    assert (written(unnamed.share), unnamed.assets) == ("3/20", ("asset:mid",))
    assert interests(case_of(port={"owner": "39/50", "?": "11/50"}), "port") == {"owner": "39/50..1/1"}
    case.given(register("asset:top", "DE"))
    assert chains(case).unnamed(asset("top")) is None, "where no act names a holder, the chain ends"


def test_an_unknown_link_ends_the_chain_and_a_range_stays_one():
    case = case_of(port={"mid": "1/2..3/4", "?": "1/4..1/2"}, mid={"top": "1/2", "fund": "1/2"})
    assert interests(case, "port") == {"mid": "1/2..1/1", "top": "1/4..7/8", "fund": "1/4..7/8"}


def test_one_of_two_owners_has_all_of_it_or_nothing():
    case = case_of(port={"ann|bob": "1/1"})
    assert interests(case, "port") == {"ann": "0/1..1/1", "bob": "0/1..1/1"}


def test_a_nominee_is_passed_through():
    case = Case()
    case.given(declare("port", [Portion(holder("depot"), share("1/1"), Manner("nominee", party("mid")))]))
    case.given(declare("mid", {"top": "1/1"}))
    assert interests(case, "port") == {"mid": "1/1", "top": "1/1"}
    assert control(case, "port").top == "party:top"


def test_a_cycle_is_cut_and_told():
    case = case_of(port={"left": "1/1"}, left={"right": "1/2", "top": "1/2"}, right={"left": "1/1"})
    found: list[Interest] = chains(case).interests(asset("port"))
    assert all(i.cyclic for i in found)
    assert {named(i.party): written(i.share) for i in found}["top"] == "1/2"
    ring = case_of(port={"left": "1/1"}, left={"right": "1/1"}, right={"left": "1/1"})
    assert control(ring, "port").cyclic


def test_majority_control_follows_more_than_half_link_by_link():
    case = case_of(port={"mid": "51/100", "city": "49/100"}, mid={"top": "1/2", "rest": "1/2"})
    assert [named(link.holder) for link in control(case, "port").links] == ["mid"]
    higher = case_of(port={"mid": "51/100", "city": "49/100"}, mid={"top": "2/3", "rest": "1/3"})
    assert control(higher, "port").top == "party:top"
    assert control(higher, "port", Fraction(2, 3)).top is None


def test_chains_are_asked_at_a_moment():
    case = case_of(port={"mid": "1/1"}, mid={"top": "1/1"})
    case.given(move("mid", "1/1", "top", "buyer"), on="2022-06-01")
    assert interests(case, "port", "2022-05-31") == {"mid": "1/1", "top": "1/1"}
    assert interests(case, "port", "2022-06-01") == {"mid": "1/1", "buyer": "1/1"}
    assert set(chains(case).beneath(party("top"))) == {"asset:mid", "asset:port"}


# --- reach -------------------------------------------------------------------------------------------------------

HALF = Reach(share("1/2"), True, True, "us-sdn")


def frozen_chain(first: str, second: str) -> tuple[Case, Act]:
    case = case_of(
        port={"mid": "1/1"},
        mid={"top": first, "rest": str(1 - Fraction(first))},
        top={"boss": second, "others": str(1 - Fraction(second))},
    )
    return case, case.given(freeze("party:boss", reach=HALF), on="2022-01-01", by="ministry")


def test_a_freeze_reaches_what_the_designated_own_by_half_through_every_company():
    case, frozen = frozen_chain("1/2", "1/2")
    sale = move("port", "1/4", "mid", "buyer")
    assert case.objections(sale, on="2022-02-01") == {("restriction.binds", frozen.id)}
    (found,) = reaching(case.folds(), party("mid"), case.at("2022-02-01", "port").at)
    assert found[1] == ("party:mid", "party:top")
    below, _ = frozen_chain("1/2", "49/100")
    assert below.objections(sale, on="2022-02-01") == set()
    early, _ = frozen_chain("1/2", "1/2")
    assert early.objections(sale, on="2021-12-31") == set()


def test_holdings_of_all_designated_under_one_regime_are_added_up():
    case = case_of(port={"mid": "1/1"}, mid={"ann": "1/4", "bob": "1/4", "rest": "1/2"})
    one = case.given(freeze("party:ann", reach=HALF), on="2022-01-01", by="ministry")
    sale = move("port", "1/4", "mid", "buyer")
    assert case.objections(sale, on="2022-02-01") == set()
    two = case.given(freeze("party:bob", reach=HALF), on="2022-01-15", by="ministry")
    assert case.objections(sale, on="2022-02-01") == {("restriction.binds", one.id), ("restriction.binds", two.id)}
    case.given(permit(excepts=[ref(one), ref(two)]), on="2022-02-01", by="ministry")
    assert case.objections(sale, on="2022-02-01") == set()


def test_more_than_half_is_not_half():
    case = case_of(port={"mid": "1/1"}, mid={"ann": "1/2", "rest": "1/2"})
    more = Reach(share("1/2"), False, False, "eu")
    case.given(freeze("party:ann", reach=more), on="2022-01-01", by="ministry")
    assert case.objections(move("port", "1/4", "mid", "buyer"), on="2022-02-01") == set()


def test_reach_through_a_lattice_of_companies_is_found_once_and_soon():
    """Thirty layers of two companies, each owned half by both above it: two to the thirtieth paths."""
    case = Case({"ministry": "DE"})
    case.given(declare("port", {"l0a": "1/2", "l0b": "1/2"}))
    for n in range(30):
        for side in "ab":
            case.given(declare(f"l{n}{side}", {f"l{n + 1}a": "1/2", f"l{n + 1}b": "1/2"}))
    for side in "ab":
        case.given(freeze(f"party:l30{side}", reach=HALF), on="2022-01-01", by="ministry")
    found = reaching(case.folds(), party("port"), case.at("2022-02-01", "port").at)
    assert {str(live.course.impose.over[0]) for live, _ in found} == {"party:l30a", "party:l30b"}


def test_a_ring_of_companies_is_walked_once():
    case = case_of(port={"left": "1/1"}, left={"right": "1/1"}, right={"left": "1/2", "boss": "1/2"})
    frozen = case.given(freeze("party:boss", reach=HALF), on="2022-01-01", by="ministry")
    assert case.objections(move("port", "1/4", "left", "buyer"), on="2022-02-01") == {("restriction.binds", frozen.id)}


def test_a_holder_designated_twice_counts_once():
    case = case_of(port={"mid": "1/1"}, mid={"ann": "1/4", "rest": "3/4"})
    for _ in range(2):
        case.given(freeze("party:ann", reach=HALF), on="2022-01-01", by="ministry")
    assert case.objections(move("port", "1/4", "mid", "buyer"), on="2022-02-01") == set()
