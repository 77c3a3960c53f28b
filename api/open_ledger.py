"""The ledger as the routes have it open: reader, sequencer, views, tokens, clock, settings.

Guarantees that answers come from a record that is held still while they are made, that what is asked is counted against the
number of answers worked on at a time (429, never an unbounded queue), and that closing answers everything taken in first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from api.kept_views import KeptViews
from api.problems import Problem, bad_parameter
from api.telemetry import LOGGER
from domain.record import Record
from ledger.appending import Prepared
from ledger.application import Ledger, LedgerKeys, Recorded
from ledger.errors import LedgerError
from ledger.evidence.seal import Sealer
from ledger.evidence.seal_files import CertificateUnusable, read_sealer
from ledger.object_store import published_note
from ledger.reading import LedgerReader, Unrecorded
from ledger.recording_clock import utc_now
from ledger.sequencer import Sequencer
from ledger.settings import Settings
from ledger.store.tokens import TokenStore

Now = Callable[[], datetime]
VERIFIERS = 2
"""Threads that parse and verify submissions: signature checks leave the interpreter, so a second core helps."""


@dataclass(eq=False)
class OpenLedger:
    """What the routes share. Use `open`, and close it."""

    ledger: Ledger
    reader: LedgerReader
    sequencer: Sequencer[Prepared, Recorded]
    tokens: TokenStore
    views: KeptViews
    settings: Settings
    now: Now
    sealer: Sealer | None = None
    """What seals evidence packages; its time is that of the start, to be replaced by that of the package."""
    stopping: threading.Event = field(default_factory=threading.Event)
    verifiers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(VERIFIERS, "ledger-verify"))
    _working: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self._working = threading.BoundedSemaphore(self.settings.answers_max)

    @classmethod
    def open(cls, settings: Settings, keys: LedgerKeys, now: Now = utc_now, second: Now | None = None) -> Self:
        """The ledger that the settings name; `second` is the clock they name to compare `now` with. Raises what opening it
        raises; then nothing is left open."""
        sealer = _sealer(settings, now)
        tokens = TokenStore.open(settings.url)
        try:
            published = published_note(settings.published) if settings.published else None
            ledger = Ledger.open(settings.url, keys, now, second, published=published)
            try:
                sequencer: Sequencer[Prepared, Recorded] = Sequencer(ledger, settings.queue_max, settings.batch_max)
                try:
                    views = KeptViews.open(settings.url, ledger.reader.reading, settings.views)
                except BaseException:
                    sequencer.close()
                    raise
            except BaseException:
                ledger.close()
                raise
        except BaseException:
            tokens.close()
            raise
        return cls(ledger, ledger.reader, sequencer, tokens, views, settings, now, sealer)

    def close(self) -> None:
        """Answers what was taken in, then closes everything."""
        self.stopping.set()
        self.verifiers.shutdown()
        try:
            self.sequencer.close()
        except LedgerError as error:
            # Everything is recorded and provable; where this role may only read, another process cosigns.
            LOGGER.warning("the last checkpoint is not cosigned", extra={"why": str(error)})
        finally:
            self.views.close()
            self.ledger.close()
            self.tokens.close()

    @contextmanager
    def working(self) -> Iterator[None]:
        """One of the answers worked on at a time. Raises Problem when there are as many as may be."""
        if not self._working.acquire(blocking=False):
            raise Problem("busy")
        try:
            yield
        finally:
            self._working.release()

    @contextmanager
    def reading(self, size: int | None = None) -> Iterator[Record]:
        """The record, held still for one answer. Raises Problem for a size the log does not have, and as `working` does."""
        with self.working(), ExitStack() as held:
            try:
                record = held.enter_context(self.reader.reading(size))
            except Unrecorded:
                raise bad_parameter("size", f"the ledger has {self.reader.size} entries") from None
            yield record


def _sealer(settings: Settings, now: Now) -> Sealer | None:
    """What the settings name to seal with. Raises CertificateUnusable, Malformed."""
    if settings.seal_key is None or settings.seal_chain is None:
        return None

    def passphrase() -> bytes:
        if settings.passphrase_file is None:
            raise CertificateUnusable(f"{settings.seal_key}: the key is encrypted, and no file names its passphrase")
        return settings.passphrase_file.read_bytes().rstrip(b"\r\n")

    return read_sealer(settings.seal_key, settings.seal_chain, now(), passphrase)
