"""The state folded from the entries: rules in force by position, and what makes it start anew."""

import pytest

from ledger.kept_state import KeptState
from ledger.log.merkle import leaf_hash
from ledger.shelf import LogCorrupt
from ledger.statements.zones import load_zones
from tests.ledger.ledgers import BODO, DESK, MINISTRY, by, founded, key_of, signed


@pytest.fixture
def house(tmp_path):
    with founded(tmp_path) as house:
        yield house


def folded(house, size=None) -> KeptState:
    entries = house.ledger.recorder
    return KeptState.opened(entries, size or entries.size())


def test_each_entry_is_judged_by_the_register_before_it(house):
    state = folded(house)
    assert state.register_for(0).genesis is None
    assert [state.register_for(n).count for n in range(7)] == [0, 1, 2, 3, 4, 4, 4]
    assert state.register_for(2).key(key_of(BODO).kid) is None
    assert state.register_for(3).key(key_of(BODO).kid) is not None


def test_an_entry_cut_or_twice_or_unreadable_is_named(house):
    raw = list(house.reader.entries(0, 6))
    for size, entry in ((6, raw[5]), (3, raw[3][:-1]), (2, b"{}")):
        with pytest.raises(LogCorrupt) as corrupt:
            folded(house, size).replay(entry)
        assert corrupt.value.index == size


def test_an_entry_that_is_not_in_the_tree_of_the_log_is_named(house):
    """Entry and leaf hash changed together, after the ledger was opened: nothing is answered from it."""
    sale = house.submit(house.sale())
    state = folded(house)
    other = next(house.ledger.recorder.entries(sale.index - 1, sale.index))
    with house.ledger.recorder._datastore.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER entries_update")
        altered = "UPDATE entries SET entry = ?, leaf_hash = ? WHERE position = ?"
        connection.exec_driver_sql(altered, (other, leaf_hash(other), sale.index + 1))
    with pytest.raises(LogCorrupt, match=f"entry {sale.index} is damaged: it is not the entry that the tree"):
        state.record.find(sale.statement)


def test_an_actor_speaks_for_its_forum_from_the_position_of_its_competence(house):
    members = house.note("of the ministry", actor=MINISTRY)
    before = house.submit(members)
    granted = {"party": MINISTRY, "types": ["report.*"], "forum": "DE"}
    house.submit(house.register_act("competence.granted", {"op": "competence-add", "competence": granted}))
    after = house.submit(house.note("of the ministry again", actor=MINISTRY))
    record = folded(house).record
    assert [record.actor_forum(record.act(one.statement)) for one in (before, after)] == [None, "DE"]


def test_adopting_other_time_zones_rereads_every_date_but_no_forum(house, monkeypatch):
    """A later tzdata in which the day begins elsewhere: what `Europe/Berlin` is there, is what Moscow is here."""
    shipped = load_zones("2026f")
    later = {
        **{name: shipped[name] for name in ("UTC", "Europe/Moscow")},
        "Europe/Berlin": shipped["Europe/Moscow"],
    }
    monkeypatch.setattr("ledger.kept_state.load_zones", lambda version: {"2026f": shipped, "2027a": later}[version])
    monkeypatch.setattr("ledger.appending.tzdata_versions", lambda: ("2026f", "2027a"))
    sale = house.submit(house.sale())
    rules = {"law": "2026.1", "tzdata": "2027a", "codes": "2026.1"}
    adopted = house.submit(house.register_act("rules.adopted", {"op": "rules-adopt", "rules": rules}))
    state = house.ledger._kept()
    assert state.zones is later
    sold = state.record.act(sale.statement).refs()[0][0]
    assert state.record.start_bounds(sold)[0].isoformat() == "2024-02-28T21:00:00+00:00"
    earlier = state.record_at(adopted.index)
    assert earlier.start_bounds(sold)[0].isoformat() == "2024-02-28T23:00:00+00:00"
    assert [earlier.actor_forum(act) for act in earlier.walk()] == [
        state.record.actor_forum(act) for act in earlier.walk()
    ]
    again = folded(house)
    assert list(again.record.walk()) == list(state.record.walk())
    assert again.record.start_bounds(sold) == state.record.start_bounds(sold)
    assert house.submit(house.note("judged by the later ones")).new


def test_nesting_a_forum_drops_what_was_folded_without_it(house):
    house.submit(house.sale())
    before = house.ledger._kept().admission
    house.submit(house.register_act("forum.nested", {"op": "forum-nest", "inner": "body:court", "outer": "DE"}))
    assert house.ledger._kept().admission is not before
    kept = house.ledger._kept().admission
    house.ledger.submit_many([signed(house.note("later", signers=[by(DESK, "registrar", "registrar")]))])
    assert house.ledger._kept().admission is kept


def test_two_states_of_one_process_keep_one_copy_of_an_act(house):
    one, other = folded(house), folded(house)
    acts = list(one.record.walk())
    assert all(mine is theirs for mine, theirs in zip(acts, other.record.walk(), strict=True))
    assert [act.position for act in acts] == list(range(house.reader.size))
