"""Outcomes from other threads reach the loop in order, with few wake-ups, and nobody is waited for in vain."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from api.deliveries import Deliveries, settled


def outcome(value: str | Exception) -> Future[str]:
    made: Future[str] = Future()
    if isinstance(value, Exception):
        made.set_exception(value)
    else:
        made.set_result(value)
    return made


def in_thread(run) -> None:
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)


def test_a_batch_arrives_in_order_with_one_wake_up(monkeypatch):
    async def main():
        loop = asyncio.get_running_loop()
        woken = []
        call = loop.call_soon_threadsafe

        def counted(*given):
            woken.append(1)
            return call(*given)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        deliveries: Deliveries[str] = Deliveries()
        arrived: list[str] = []
        answers = [loop.create_future() for _ in range(50)]
        for answer in answers:
            answer.add_done_callback(lambda done: arrived.append(done.result()))

        def hand_over():
            for n, answer in enumerate(answers):
                deliveries.deliver(answer, outcome(str(n)))

        in_thread(hand_over)
        assert await asyncio.gather(*answers) == arrived == [str(n) for n in range(50)]
        assert len(woken) == 1
        # The next batch wakes it again.
        answers[:] = [loop.create_future()]
        in_thread(hand_over)
        assert await answers[0] == "0"
        assert len(woken) == 2

    asyncio.run(main())


def test_errors_are_raised_and_who_went_away_is_left_out():
    async def main():
        loop = asyncio.get_running_loop()
        deliveries: Deliveries[str] = Deliveries()
        gone, failed, good = (loop.create_future() for _ in range(3))
        gone.cancel()

        def hand_over():
            deliveries.deliver(gone, outcome("for nobody"))
            deliveries.deliver(failed, outcome(KeyError("bug")))
            deliveries.deliver(good, outcome("good"))

        in_thread(hand_over)
        assert await good == "good"
        with pytest.raises(KeyError):
            await failed

    asyncio.run(main())


def test_settled_waits_for_any_outcome():
    async def main():
        for value in ("good", KeyError("bug")):
            await settled(outcome(value))
            later: Future[str] = Future()
            waiting = asyncio.create_task(settled(later))
            await asyncio.sleep(0)
            assert not waiting.done()
            in_thread(lambda future=later: future.set_exception(KeyError("bug")))
            await asyncio.wait_for(waiting, 20)

    asyncio.run(main())
