"""What the server tells its operator: metrics for Prometheus and one JSON line per request.

Guarantees that a line holds no token, key, body, query or personal data: the client's address is left out, the path is the
route's pattern, never what a client wrote in it. A request id ties an answer to its line.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
LOGGER: Final = logging.getLogger("control_ledger")


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, event, and what the caller added."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


@contextmanager
def logging_lines(level: str) -> Iterator[None]:
    """All log lines go to standard error as JSON; uvicorn's own access lines, which hold addresses and queries, do not. Afterwards
    the process logs as before: a server that did not start, or has stopped, decides nothing for what else runs in it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    theirs = {name: logging.getLogger(name) for name in ("uvicorn", "uvicorn.error", "uvicorn.access")}
    before = root.handlers[:], root.level
    before_theirs = {name: (logger.handlers[:], logger.propagate) for name, logger in theirs.items()}
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, logger in theirs.items():
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
    try:
        yield
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        for name, logger in theirs.items():
            logger.handlers[:], logger.propagate = before_theirs[name]


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ledger_http_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "ledger_http_request_seconds",
            "Time from the header to the end of the answer",
            ["route"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self.registry,
        )
        self.recorded = Counter("ledger_statements_recorded", "Statements recorded over HTTP", registry=self.registry)
        self.refused = Counter("ledger_statements_refused", "Statements refused over HTTP", registry=self.registry)
        self.size = Gauge("ledger_tree_size", "Entries in the log", registry=self.registry)
        self.waiting = Gauge("ledger_submissions_waiting", "Submissions in the queue", registry=self.registry)
        self.views = Gauge("ledger_views_size", "Entries that the views have taken in", registry=self.registry)
        self.behind = Gauge("ledger_views_behind", "Entries that they have not taken in yet", registry=self.registry)
        self.still = Gauge("ledger_views_still", "1 where they cannot be kept up", registry=self.registry)
        self.stopped = Gauge(
            "ledger_views_stopped_before",
            "The entry they cannot take in; -1 where there is none",
            registry=self.registry,
        )
        self.streams = Gauge("ledger_event_streams", "Event streams open", registry=self.registry)

    def render(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)
