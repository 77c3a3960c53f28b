"""Outcomes from the committing thread to whoever waits for them in the event loop, a batch with one wake-up.

Guarantees that each outcome arrives, in the order in which they were handed over; that the loop is woken once for all that are
handed over before it looks, because waking it costs a system call; and that one for which nobody waits any more is dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Deliveries(Generic[T]):
    """The way into one event loop. `deliver` from any thread."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Future[T], Future[T]]] = deque()
        self._called = False

    def deliver(self, answer: asyncio.Future[T], outcome: Future[T]) -> None:
        """Settles `answer`, in its loop, with an outcome that is there."""
        self._waiting.append((answer, outcome))
        # Set back before the loop looks: what comes after that look calls it again.
        if not self._called:
            self._called = True
            answer.get_loop().call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        self._called = False
        while self._waiting:
            answer, outcome = self._waiting.popleft()
            if answer.done():
                continue
            error = outcome.exception()
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(outcome.result())


async def settled(outcome: Future[T]) -> None:
    """Returns when an outcome is there, whatever it is."""
    if outcome.done():
        return
    loop, there = asyncio.get_running_loop(), asyncio.Event()
    outcome.add_done_callback(lambda _: loop.call_soon_threadsafe(there.set))
    await there.wait()
