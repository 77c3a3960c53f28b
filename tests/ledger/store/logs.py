"""A small ledger on a database: entries of opaque bytes, appended the way the application appends."""

import hashlib
import random
from collections.abc import Callable, Sequence

from eventsourcing.application import Application
from eventsourcing.persistence import Recording
from sqlalchemy import Connection, text

from ledger.log.merkle import Frontier, leaf_hash
from ledger.store.events import Head, StatementRecorded
from ledger.store.factory import STORE_URL
from ledger.store.recorder import LedgerRecorder

TOPIC = "ownership.transferred"
Subjects = tuple[str, ...]


class Log(Application[str]):
    """The library's application on our factory, with nothing of ours between them."""

    recorder: LedgerRecorder

    def __init__(self, url: str) -> None:
        super().__init__({"PERSISTENCE_MODULE": "ledger.store.factory", STORE_URL: url})

    def append(self, *batch: Subjects, topic: str = TOPIC) -> list[Recording[str]]:
        """One transaction: a statement for each tuple of subjects."""
        with self.recorder.locked(subject for subjects in batch for subject in subjects) as head:
            events = statements(self.recorder, head, batch, topic)
            recordings = self.save(*events)
            self.recorder.commit_head(next_head(head, events), note_of(head.size + len(events)))
        return recordings


def entry_of(position: int, subjects: Subjects, salt: str = "") -> bytes:
    """Bytes of an entry's usual size, different for each position; with all byte values, so any re-encoding shows."""
    seed = f"{position} {' '.join(subjects)} {salt}"
    return seed.encode() + b"\x00\xff\r\n" + random.Random(seed).randbytes(700)


def statement(
    position: int, subjects: Subjects, version: int, recorded_at: str, *, topic: str = TOPIC, salt: str = ""
) -> StatementRecorded:
    entry = entry_of(position, subjects, salt)
    return StatementRecorded(
        originator_id=subjects[0],
        originator_version=version,
        topic=topic,
        entry=entry,
        statement_id="sha256:" + hashlib.sha256(entry).hexdigest(),
        leaf_hash=leaf_hash(entry),
        subjects=subjects,
        recorded_at=recorded_at,
    )


def statements(
    recorder: LedgerRecorder, head: Head, batch: Sequence[Subjects], topic: str = TOPIC
) -> list[StatementRecorded]:
    heads = recorder.stream_heads(subject for subjects in batch for subject in subjects)
    counts = {subject: stream.count for subject, stream in heads.items()}
    events = []
    for position, subjects in enumerate(batch, head.size + 1):
        for subject in subjects:
            counts[subject] = counts.get(subject, 0) + 1
        events.append(statement(position, subjects, counts[subjects[0]], instant(position), topic=topic))
    return events


def next_head(head: Head, events: Sequence[StatementRecorded]) -> Head:
    frontier = Frontier.parse(head.frontier).extend(event.leaf_hash for event in events)
    register = sum("register" in event.subjects for event in events)
    return Head(frontier.size, frontier.to_bytes(), events[-1].recorded_at, head.register_count + register)


def instant(position: int) -> str:
    day = 1 + position // 86_400
    return f"2026-01-{day:02}T{position // 3600 % 24:02}:{position // 60 % 60:02}:{position % 60:02}.000Z"


def note_of(size: int) -> bytes:
    return f"example.org/log\n{size}\n".encode()


def everything(recorder: LedgerRecorder) -> tuple[object, ...]:
    """All that a reader can see of the log: two equal values mean that nothing changed."""
    size = recorder.size()
    return (
        recorder.head(),
        list(recorder.recorded(0, size)),
        list(recorder.checkpoints()),
        [recorder.node(1, index) for index in range(size // 256)],
    )


def run_sql(recorder: LedgerRecorder, *sql: str) -> None:
    """SQL of a clumsy operator, past the recorder but through the same database."""

    def run(connection: Connection) -> None:
        for line in sql:
            connection.execute(text(line))

    write(recorder, run)


def write(recorder: LedgerRecorder, run: Callable[[Connection], None]) -> None:
    with recorder._datastore.writing() as connection:
        run(connection)
