"""A record on a shelf while acts are tried on it: what is asked then sees both."""

from datetime import timedelta

import pytest

from domain.filed_acts import FiledActs
from tests.domain.builders import EPOCH, Case, asset, declare, exist, move
from tests.domain.shelves import ListShelf, shelved

PORT = asset("port")


def test_what_is_tried_beside_a_shelf_is_seen_and_hides_nothing():
    case = Case()
    case.given(exist("register", "asset:port", kind="company", place="DE", zone="UTC"), type="asset.registered")
    case.given(declare("port", {"alpha": "1/1"}))
    there = shelved(case.record)
    for label in ("first", "second"):
        act = case.given(move("port", "1/4", "alpha", "beta"), on="2020-01-01", label=label)
        there.add(act)
    moments = [EPOCH + timedelta(seconds=30 * n) for n in range(-1, 9)]
    assert [there.size_at(at) for at in moments] == [case.record.size_at(at) for at in moments]
    assert list(there.subjects()) == [*dict.fromkeys(["asset:port", *there.subjects()])]
    assert set(case.record.subjects()) <= set(there.subjects())
    for size in range(1, 5):
        assert [act.id for act in there.cut(size).walk()] == [act.id for act in case.record.cut(size).walk()]
        assert list(there.cut(size).stream(PORT)) == list(case.record.cut(size).stream(PORT))
    there.remove_last()
    assert there.cut(4) is there
    assert [act.id for act in there.walk()] == [act.id for act in case.record.walk(0, 3)]


@pytest.mark.parametrize(
    ("entries", "held"), [(0, 25_000), (100_000, 23_000), (750_000, 10_000), (1_000_000, 10_000), (10**9, 10_000)]
)
def test_a_longer_log_leaves_room_for_fewer_acts(entries, held):
    assert FiledActs(None, entries).room == held


def test_what_was_fetched_or_added_to_last_is_let_go_of_last():
    case = Case()
    names = [f"quay-{n}" for n in range(5)]
    for name in names:
        case.given(declare(name, {"alpha": "1/1"}), label=name)
    there = shelved(case.record)
    shelf = there.shelf
    assert isinstance(shelf, ListShelf)
    there.fetch([asset(name) for name in names])
    there.add(case.given(move("quay-0", "1/4", "alpha", "beta"), on="2020-01-01", label="sold"))
    asked = shelf.asked
    there.let_go(3)
    for name, acts in (("quay-0", 2), ("quay-4", 1)):
        assert len(there.stream(asset(name))) == acts
        assert len(there.about(asset(name))) == acts
    assert shelf.asked == asked
    assert len(there.stream(asset("quay-3"))) == 1
    assert shelf.asked > asked
    there.let_go()
    asked = shelf.asked
    assert len(there.stream(asset("quay-4"))) == 1
    assert shelf.asked > asked


def test_beyond_its_room_a_record_keeps_half_of_it(monkeypatch):
    monkeypatch.setattr(FiledActs, "room", 4)
    case = Case()
    names = [f"quay-{n}" for n in range(6)]
    for name in names:
        case.given(declare(name, {"alpha": "1/1"}), label=name)
    there = shelved(case.record)
    shelf = there.shelf
    assert isinstance(shelf, ListShelf)
    there.fetch([asset(name) for name in names])
    there.settle()
    asked = shelf.asked
    assert len(there.stream(asset("quay-5"))) == len(there.stream(asset("quay-4"))) == 1
    assert shelf.asked == asked
    assert len(there.stream(asset("quay-0"))) == 1
    assert shelf.asked > asked


def test_records_of_earlier_sizes_share_the_room():
    case = Case()
    for n in range(4):
        case.given(declare(f"quay-{n}", {"alpha": "1/1"}), label=str(n))
    there = shelved(case.record)
    earlier = [there.cut(size) for size in (1, 2, 3)]
    assert sum(record.room for record in earlier) < there.room
