"""Following the log: each entry once, in order, from this process or another writer's."""

import threading
import time

import pytest
from eventsourcing.persistence import ProgrammingError

from ledger.store import subscription as following
from tests.ledger.store.logs import Log, run_sql

SHIP = ("asset:ship",)


def take(subscription, count):
    return [next(subscription).id for _ in range(count)]


def test_recorded_and_new_entries_come_once_and_in_order(log):
    log.append(SHIP, SHIP)
    with log.recorder.subscribe() as subscription:
        assert take(subscription, 2) == [1, 2]
        log.append(SHIP)
        assert take(subscription, 1) == [3]
    with log.recorder.subscribe(gt=2) as subscription:
        assert take(subscription, 1) == [3]


def test_topics_select(log):
    log.append(SHIP)
    log.append(SHIP, topic="control.seized")
    with log.recorder.subscribe(topics=["control.seized"]) as subscription:
        assert take(subscription, 1) == [2]


def test_a_waiting_reader_wakes_at_once_without_polling(log, monkeypatch):
    monkeypatch.setattr(following, "POLL_SECONDS", 60)
    seen: list[int] = []
    with log.recorder.subscribe() as subscription:
        reader = threading.Thread(target=lambda: seen.extend(take(subscription, 1)))
        reader.start()
        log.append(SHIP)
        reader.join(timeout=10)
        assert seen == [1]


def test_another_writer_is_seen_by_polling(log, url):
    with Log(url) as other, log.recorder.subscribe() as subscription:
        other.append(SHIP)
        assert take(subscription, 1) == [1]


def test_another_writer_is_heard_at_once_where_the_database_tells(log, url, monkeypatch):
    if log.recorder.listener() is None:
        assert url.startswith("sqlite")
        return
    monkeypatch.setattr(following, "POLL_SECONDS", 60)
    seen: list[int] = []
    with Log(url) as other, log.recorder.subscribe() as subscription:
        reader = threading.Thread(target=lambda: seen.extend(take(subscription, 3)))
        reader.start()
        for _ in range(3):
            time.sleep(0.05)
            other.append(SHIP)
        reader.join(timeout=10)
        assert seen == [1, 2, 3]


def test_a_follower_whose_connection_is_cut_goes_on(log, url):
    if url.startswith("sqlite"):
        return
    with Log(url) as other, log.recorder.subscribe() as subscription:
        other.append(SHIP)
        assert take(subscription, 1) == [1]
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        run_sql(other.recorder, cut)
        other.append(SHIP)
        assert take(subscription, 1) == [2]


def test_stopping_ends_the_iteration_even_while_it_waits(log, monkeypatch):
    monkeypatch.setattr(following, "POLL_SECONDS", 60)
    subscription = log.recorder.subscribe()
    with subscription:
        reader = threading.Thread(target=lambda: list(subscription))
        reader.start()
        subscription.stop()
        reader.join(timeout=10)
        assert not reader.is_alive()
    stopped = log.recorder.subscribe()
    stopped.stop()
    with stopped:
        assert list(stopped) == []
    with pytest.raises(ProgrammingError):
        stopped.__enter__()
