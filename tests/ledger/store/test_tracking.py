"""Projections process each entry exactly once: position and view move in one transaction."""

from threading import Event

import pytest
from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, Tracking, WaitInterruptedError
from eventsourcing.projection import Projection, ProjectionRunner
from sqlalchemy import text

from ledger.store.factory import STORE_URL, LedgerFactory
from ledger.store.tracking import LedgerTrackingRecorder


@pytest.fixture
def factory(url):
    with LedgerFactory.open(url) as opened:
        yield opened
        opened.close()


@pytest.fixture
def view(factory):
    return factory.tracking_recorder()


class Counting(LedgerTrackingRecorder):
    """A view that counts what it processed."""

    def count(self, tracking, *, fail=False):
        with self.tracked(tracking) as connection:
            connection.execute(text("UPDATE counted SET n = n + 1"))
            if fail:
                raise ZeroDivisionError

    def counted(self):
        with self._datastore.reading() as connection:
            return connection.execute(text("SELECT n FROM counted")).scalar_one()


def test_tracking_only_moves_forward(view):
    for tracking in (Tracking("a", 21), Tracking("a", 22), Tracking("b", 21), Tracking("a", 24)):
        view.insert_tracking(tracking)
        with pytest.raises(IntegrityError):
            view.insert_tracking(tracking)
    for behind in (Tracking("a", 21), Tracking("a", 23), Tracking("b", 20)):
        with pytest.raises(IntegrityError):
            view.insert_tracking(behind)
    assert (view.max_tracking_id("a"), view.max_tracking_id("b"), view.max_tracking_id("c")) == (24, 21, None)
    assert view.has_tracking_id("a", None)
    assert view.has_tracking_id("a", 23)
    assert not view.has_tracking_id("b", 22)


def test_waiting_for_a_position_ends_in_time_or_when_interrupted(view):
    view.wait("a", None)
    with pytest.raises(TimeoutError):
        view.wait("a", 21, timeout=0.05)
    view.insert_tracking(Tracking("a", 21))
    view.wait("a", 21)
    interrupt = Event()
    interrupt.set()
    with pytest.raises(WaitInterruptedError):
        view.wait("a", 22, interrupt=interrupt)


def test_a_view_and_its_position_move_together_or_not_at_all(factory):
    view = factory.tracking_recorder(Counting)
    with factory.datastore.writing() as connection:
        connection.execute(text("CREATE TABLE counted (n INTEGER)"))
        connection.execute(text("INSERT INTO counted VALUES (0)"))
    view.count(Tracking("a", 1))
    with pytest.raises(ZeroDivisionError):
        view.count(Tracking("a", 2), fail=True)
    assert (view.counted(), view.max_tracking_id("a")) == (1, 1)
    with pytest.raises(IntegrityError):
        view.count(Tracking("a", 1))
    assert (view.counted(), view.max_tracking_id("a")) == (1, 1)
    view.count(Tracking("a", 2))
    assert (view.counted(), view.max_tracking_id("a")) == (2, 2)


class Entries(Projection[Counting]):
    """Counts every statement, whatever its topic."""

    name = "entries"

    def process_event(self, domain_event, tracking):
        self.view.count(tracking)


def test_the_librarys_runner_follows_the_log_and_goes_on_where_it_stopped(log, url, factory):
    with factory.datastore.writing() as connection:
        connection.execute(text("CREATE TABLE counted (n INTEGER)"))
        connection.execute(text("INSERT INTO counted VALUES (0)"))
    environment = {"PERSISTENCE_MODULE": "ledger.store.factory", STORE_URL: url}
    for _ in range(2):
        log.append(("asset:ship",), ("asset:mill",))
        with ProjectionRunner(
            application_class=Application[str], projection_class=Entries, view_class=Counting, env=environment
        ) as runner:
            log.append(("asset:ship",))
            runner.wait(log.recorder.max_notification_id(), timeout=10)
    assert factory.tracking_recorder(Counting).counted() == 6
