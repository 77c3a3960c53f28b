"""The views say what the record says, however the entries came; they are built anew beside the live ones."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from eventsourcing.persistence import Tracking
from sqlalchemy import text

from domain.periods import Clocks
from ledger.cli.app import run
from ledger.projections import projection
from ledger.projections.follower import ViewFollower
from ledger.projections.projection import LedgerProjection, ProjectionFailed
from ledger.projections.rows import DeadlineRow, HoldingRow, NameRow, RowMaker, refs_of
from ledger.projections.view import Changes, LedgerView
from ledger.shelf import EntryShelf
from ledger.store import tables
from ledger.store.datastore import Datastore
from ledger.store.errors import StoreConflict, StoreUnavailable
from tests.ledger.ledgers import ANNA, BODO, PORT, START, House, founded


@pytest.fixture
def views(house):
    with opened(house) as made:
        yield made


@contextmanager
def opened(house: House):
    datastore = Datastore(house.url)
    try:
        yield LedgerProjection(LedgerView(datastore), house.reader.reading)
    finally:
        datastore.close()


def held(views, at=START):
    return [(found.subject, found.row.holder, found.row.share) for found in views.view.holders(at)]


def test_current_and_past_holders_with_their_causes(house, views):
    views.catch_up()
    assert held(views) == [(PORT, ANNA, "1/1")]
    sale = house.submit(house.sale("1/4"))
    assert views.catch_up() == views.view.size() == house.reader.size
    assert held(views) == [(PORT, ANNA, "3/4"), (PORT, BODO, "1/4")]
    before = datetime(2024, 2, 1, tzinfo=UTC)
    assert held(views, before) == [(PORT, ANNA, "1/1")]
    (bodo,) = views.view.held_within(START, START, ["title"], None, 9, BODO)
    assert bodo.row.share == "1/4"
    assert refs_of(bodo.row.causes)[0].statement == sale.statement
    assert list(views.drift()) == []


def test_the_same_holders_as_the_full_answer(house, views):
    house.submit(house.sale("1/3", day="2024-02-29"))
    house.submit(house.sale("1/6", day="2023-01-10"))
    views.catch_up()
    for at in (datetime(y, 6, 1, tzinfo=UTC) for y in (1999, 2010, 2023, 2025)):
        snap = house.reader.snapshot(PORT, at, Clocks(effective_at=at))
        told = [(PORT, str(one.holder), str(one.share.low)) for one in next(iter(snap.rights.values()))]
        assert [(a, h, s.replace("1/1", "1")) for a, h, s in held(views, at)] == told


def test_pages_follow_each_other(house, views):
    for n in range(7):
        house.submit(house.registered(f"asset:ship-{n}"))
        house.submit(house.declared(f"asset:ship-{n}"))
    views.catch_up()
    whole, pages, after = held(views), [], None
    while page := views.view.holders(START, after, 3):
        pages += [(found.subject, found.row.holder, found.row.share) for found in page]
        after = (page[-1].subject, page[-1].n)
    assert pages == whole
    assert len(whole) == 8


def test_names_and_identifiers_past_and_present(house, views):
    renamed = house.statement(
        "asset.renamed",
        [{"effect": "exist", "op": "name", "subject": PORT, "name": "Großer Hafen"}],
        effective={"from": "2020-01-01", "zone": "Europe/Berlin"},
    )
    house.submit(renamed)
    views.catch_up()
    assert [(f.subject, f.row.value) for f in views.view.find("asset:po")] == [(PORT, "Asset:Port")]
    assert [(f.subject, f.row.value) for f in views.view.find("GROSSER")] == [(PORT, "Großer Hafen")]
    assert views.view.find("asset:po", START) == []
    assert [f.subject for f in views.view.find("grosser", START)] == [PORT]
    assert views.view.find("fen") == []


def test_entries_are_taken_in_once(house, views):
    views.catch_up()
    view = views.view
    rows = held(views)
    with pytest.raises(StoreConflict):
        view.write(view.live(), view.size(), Changes({PORT: []}, {}, {}))
    assert held(views) == rows


def test_one_entry_at_a_time_as_the_library_does_it(house, views):
    views.catch_up()
    house.submit(house.sale("1/4"))
    event = next(iter(house.ledger.events.get(PORT, gt=2)))
    views.process_event(event, Tracking("ledger", house.reader.size))
    assert held(views) == [(PORT, ANNA, "3/4"), (PORT, BODO, "1/4")]


def test_built_anew_beside_the_live_ones(house, views):
    views.catch_up()
    generation = views.view.live()
    seen = []
    views.rebuild(lambda done, total: seen.append((views.view.live(), held(views))))
    assert seen
    assert all(one == (generation, [(PORT, ANNA, "1/1")]) for one in seen)
    assert views.view.live() == generation + 1
    assert list(views.drift()) == []
    with views.view.datastore.reading() as connection:
        left = connection.execute(text("SELECT DISTINCT generation FROM view_holdings")).scalars().all()
    assert left == [generation + 1]


def test_a_part_is_read_from_the_store_at_once(house, views, monkeypatch):
    """What is on record about a hundred subjects is asked for together, not for one after another."""
    assets = [f"asset:ship-{n}" for n in range(20)]
    for asset in assets:
        house.submit(house.registered(asset))
    with house.reader.reading() as record:
        record.let_go()
    asked = []
    real = EntryShelf.streams

    def counted(self, subjects, size):
        asked.append(set(subjects))
        return real(self, subjects, size)

    monkeypatch.setattr(EntryShelf, "streams", counted)
    views.rebuild()
    assert sum(not subjects.isdisjoint(assets) for subjects in asked) == 1
    assert list(views.drift()) == []


def test_rows_stand_in_the_order_of_their_columns():
    for kind, table in ((HoldingRow, "holdings"), (NameRow, "names"), (DeadlineRow, "deadlines")):
        columns = tables.metadata.tables[f"view_{table}"].columns.keys()
        assert columns == ["generation", "subject", "n", *kind._fields]


def test_two_that_build_them_do_not_write_into_each_others(house, views):
    """The later generation stays; of the earlier one nothing is left, and its builder is told."""
    views.catch_up()
    with opened(house) as other:

        def overtaken(done, total):
            if views.view.live() == 2:
                other.rebuild()

        with pytest.raises(StoreConflict):
            views.rebuild(overtaken)
    assert held(views) == [(PORT, ANNA, "1/1")]
    assert list(views.drift()) == []
    with views.view.datastore.reading() as connection:
        for table in ("view_holdings", "view_names"):
            assert connection.execute(text(f"SELECT DISTINCT generation FROM {table}")).scalars().all() == [4]
        names = connection.execute(text("SELECT application_name FROM tracking ORDER BY 1")).scalars().all()
    assert names == ["views-4", "views-4-begun"]


def test_whoever_still_keeps_up_the_old_ones_is_told(house, views):
    views.catch_up()
    before = views.view.live()
    views.rebuild()
    house.submit(house.sale("1/4"))
    with pytest.raises(StoreConflict):
        views.view.write(before, house.reader.size, Changes({}, {}, {}))
    assert views.catch_up() == house.reader.size


def test_they_never_say_more_than_the_ledger_of_their_size(house, views, monkeypatch):
    """Taken in two by two, of a record that is ahead: after each batch the rows are those of that size."""
    monkeypatch.setattr(projection, "BATCH", 2)
    monkeypatch.setattr(projection, "FEW", 1)
    views.catch_up()
    for day, amount in (("2024-01-10", "1/4"), ("2024-01-20", "1/8"), ("2024-01-30", "1/16")):
        house.submit(house.sale(amount, day))
        house.submit(house.note("Nothing changes"))
    seen = []

    def compare(done, total):
        with house.reader.reading(done) as record:
            rows = RowMaker(record).holdings(PORT)
        seen.append((done, views.view.rows_of(HoldingRow, [PORT])[PORT] == rows))

    views.catch_up(compare)
    assert seen == [(8, True), (10, True), (12, True)]


@pytest.mark.parametrize(
    "effect",
    [
        {"op": "forum-nest", "inner": "body:court", "outer": "DE"},
        {"op": "rules-adopt", "rules": {"law": "2026.1", "tzdata": "2026f", "codes": "2026.2"}},
    ],
    ids=["nesting", "rules"],
)
def test_what_changes_how_all_is_read_builds_them_anew(house, views, effect):
    views.catch_up()
    before = views.view.live()
    house.submit(house.sale("1/4"))
    kind = "forum.nested" if effect["op"] == "forum-nest" else "rules.adopted"
    house.submit(house.register_act(kind, effect))
    house.submit(house.sale("1/8"))
    assert views.catch_up() == house.reader.size == views.view.size()
    assert views.view.live() == before + 1
    assert list(views.drift()) == []


def test_what_changes_very_much_builds_them_anew(house, views, monkeypatch):
    views.catch_up()
    before = views.view.live()
    monkeypatch.setattr(projection, "TOUCHED_MAX", 1)
    house.submit(house.sale("1/4"))
    assert views.catch_up() == house.reader.size == views.view.size()
    assert views.view.live() == before + 1
    assert list(views.drift()) == []


def test_rows_of_nobody_are_found(house, views, monkeypatch):
    monkeypatch.setattr(projection, "PART", 3)
    monkeypatch.setattr(projection, "FEW", 2)
    views.catch_up()
    with views.view.datastore.writing() as connection:
        for table in ("view_holdings", "view_names"):
            for stray in ("asset:a-stray", "asset:z-stray"):
                columns = connection.execute(text(f"SELECT * FROM {table} WHERE subject = 'asset:port'"))
                row = {**dict(columns.mappings().first()), "subject": stray}
                spelled = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({spelled})"), row)
    strays = [(d.table, d.subject, d.expected) for d in views.drift()]
    tables = ("view_holdings", "view_names")
    assert strays == [(table, f"asset:{one}-stray", ()) for table in tables for one in "az"]
    views.rebuild()
    assert list(views.drift()) == []


def test_one_that_was_begun_and_left_goes_with_the_next(house, views):
    class Stopped(Exception):
        pass

    def stop(done, total):
        raise Stopped

    views.catch_up()
    live = views.view.live()
    for _ in range(2):
        with pytest.raises(Stopped):
            views.rebuild(stop)
    assert (views.view.live(), held(views)) == (live, [(PORT, ANNA, "1/1")])
    views.rebuild()
    assert list(views.drift()) == []
    with views.view.datastore.reading() as connection:
        left = connection.execute(text("SELECT DISTINCT generation FROM view_names")).scalars().all()
        names = connection.execute(text("SELECT application_name FROM tracking ORDER BY 1")).scalars().all()
    assert left == [views.view.live()] == [live + 3]
    assert names == [f"views-{live + 3}", f"views-{live + 3}-begun"]


def test_what_somebody_altered_is_found_and_mended(house, views):
    views.catch_up()
    with views.view.datastore.writing() as connection:
        connection.execute(text("UPDATE view_holdings SET share = '1/2'"))
        connection.execute(text("DELETE FROM view_names"))
    assert [(drift.table, drift.subject) for drift in views.drift()] == [("view_holdings", PORT), ("view_names", PORT)]
    views.rebuild()
    assert list(views.drift()) == []


def test_an_entry_that_cannot_be_taken_in_is_named_and_the_last_good_state_answers(house, views, monkeypatch):
    views.catch_up()
    for party in ("party:anna", "party:bodo", "party:scribe"):
        grant = {"op": "competence-add", "competence": {"party": party, "types": ["report.*"]}}
        house.submit(house.register_act("competence.granted", grant))
    size = house.reader.size
    house.submit(house.sale("1/4"))
    house.submit(house.note("behind it"))

    def poison(*_: object) -> None:
        raise ZeroDivisionError("poison")

    with monkeypatch.context() as patched:
        patched.setattr(RowMaker, "holdings", poison)
        with pytest.raises(ProjectionFailed, match=f"before entry {size}: ZeroDivisionError"):
            views.catch_up()
        with pytest.raises(ProjectionFailed):
            views.rebuild()
        with ViewFollower(views) as follower:
            while follower.failed is None:
                pass
        assert isinstance(follower.failed, ProjectionFailed)
    assert held(views) == [(PORT, ANNA, "1/1")]
    assert views.view.size() == size
    views.catch_up()
    assert held(views) == [(PORT, ANNA, "3/4"), (PORT, BODO, "1/4")]


def test_a_follower_lets_the_submitter_read_what_it_wrote(house, views):
    with ViewFollower(views) as follower:
        recorded = house.submit(house.sale("1/4"))
        views.view.wait_for(recorded.index + 1, 10)
        assert (PORT, BODO, "1/4") in held(views)
        with pytest.raises(TimeoutError):
            views.view.wait_for(recorded.index + 2, 0.2)
    assert follower.failed is None


def test_two_followers_take_each_entry_in_once(house, views):
    with opened(house) as other, ViewFollower(views), ViewFollower(other):
        for n in range(5):
            house.submit(house.note(f"note {n}"))
        views.view.wait_for(house.reader.size, 10)
    assert list(views.drift()) == []


def test_a_failed_write_leaves_view_and_tracking_as_they_were(house, views, monkeypatch):
    views.catch_up()
    before = (held(views), views.view.size())
    house.submit(house.sale("1/4"))
    real = LedgerView._add

    def fail(self, connection, *rest):
        real(self, connection, *rest)
        raise StoreUnavailable("full", where="here", remedy="")

    with monkeypatch.context() as patched:
        patched.setattr(LedgerView, "_add", fail)
        with pytest.raises(StoreUnavailable):
            views.catch_up()
    assert (held(views), views.view.size()) == before


def test_the_commands(tmp_path, capsys):
    with founded(tmp_path) as house:
        house.submit(house.sale("1/4"))
    at = ["--ledger", str(house.path)]
    assert run(["views", "check", *at]) == 0
    assert "0 differences at 7 entries" in capsys.readouterr().out
    datastore = Datastore(house.url)
    with datastore.writing() as connection:
        connection.execute(text("DELETE FROM view_holdings"))
    datastore.close()
    assert run(["views", "check", "--json", *at]) == 1
    assert json.loads(capsys.readouterr().out) == {"size": 7, "drift": [{"view": "view_holdings", "subject": PORT}]}
    assert run(["views", "rebuild", *at]) == 0
    assert run(["views", "check", *at]) == 0
    assert run(["upgrade", *at]) == 0
