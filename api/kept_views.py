"""The views as a server keeps them: a thread that takes in what is recorded, and what they answer.

Guarantees that nothing about the views can stop the server or an append: where they cannot be kept up (a role that only reads, a
standby, an entry that cannot be taken in), they answer as of the last good state, and say so. Which entry they stand before is
told to everybody; why, to the operator's log alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, Self

from api.telemetry import LOGGER
from ledger.errors import LedgerError
from ledger.projections.follower import ViewFollower
from ledger.projections.holders import Holders
from ledger.projections.projection import LedgerProjection, ProjectionFailed, Reading
from ledger.projections.view import WAIT_SECONDS, LedgerView
from ledger.store.datastore import Datastore

WAITED_SECONDS: Final = 2.0
"""How long a question waits for the views to take in what its asker recorded."""


@dataclass(eq=False)
class KeptViews:
    """Use `open`, and close it."""

    view: LedgerView
    holders: Holders
    follower: ViewFollower | None

    @classmethod
    def open(cls, url: str, reading: Reading, keep: bool) -> Self:
        """The views of the ledger at an address. `keep`: this process takes in what is recorded. Raises StoreError."""
        view = LedgerView(Datastore(url))
        follower = ViewFollower(LedgerProjection(view, reading), _say) if keep else None
        return cls(view, Holders(view, reading), follower)

    def close(self) -> None:
        """Ends the thread, then closes the connections."""
        if self.follower is not None:
            self.follower.close()
        self.view.datastore.close()

    @property
    def stopped_before(self) -> int | None:
        """The entry that cannot be taken in, if there is one."""
        failed = self.follower.failed if self.follower is not None else None
        return failed.index if isinstance(failed, ProjectionFailed) else None

    @property
    def still(self) -> str | None:
        """Why the views stand still, as far as everybody may know; None where they are kept up."""
        if self.follower is None:
            return "this server does not keep the views up"
        if self.follower.failed is None:
            return None
        before = self.stopped_before
        return "the views cannot be kept up at present" if before is None else f"the views stand before entry {before}"

    def reach(self, size: int) -> bool:
        """Whether the views have taken in so many entries, after a short wait if they are about to."""
        until = time.monotonic() + WAITED_SECONDS
        while True:
            taken, there = self.holders.sizes()
            if taken >= size:
                return True
            stuck = self.follower is not None and self.follower.failed is not None
            if stuck or there < size or time.monotonic() >= until:
                return False
            time.sleep(WAIT_SECONDS)


def _say(failed: LedgerError | None) -> None:
    if failed is None:
        LOGGER.info("the views go on")
    else:
        LOGGER.error("the views stand still", extra={"why": str(failed)})
