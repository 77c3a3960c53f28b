"""What goes out of a connection: together, in order, not more than a little held back."""

import asyncio

from api.connection import HELD_BYTES_MAX, Joined


class Transport(asyncio.Transport):
    """Notes what it is asked to do."""

    def __init__(self):
        super().__init__()
        self.done: list[object] = []

    def write(self, data):
        self.done.append(data)

    def close(self):
        self.done.append("closed")

    def is_closing(self):
        return self.done[-1:] == ["closed"]


def sent(write) -> list[object]:
    """What the transport was asked after `write`, the turn of the loop after it included."""

    async def main():
        transport = Transport()
        write(Joined(transport, asyncio.get_running_loop()), transport.done)
        await asyncio.sleep(0)
        return transport.done

    return asyncio.run(main())


def test_what_is_written_in_one_turn_goes_out_at_once():
    def write(joined, done):
        for part in (b"header ", b"", b"body", b""):
            joined.write(part)
        assert done == []

    assert sent(write) == [b"header body"]


def test_closing_sends_what_is_held_first():
    def write(joined, done):
        joined.write(b"last words")
        assert not joined.is_closing()
        joined.close()
        assert joined.is_closing()

    assert sent(write) == [b"last words", "closed"]


def test_no_more_is_held_back_than_allowed():
    def write(joined, done):
        joined.write(b"a" * HELD_BYTES_MAX)
        assert done == []
        joined.write(b"b")
        assert [len(part) for part in done] == [HELD_BYTES_MAX + 1]
        joined.write(b"c")

    assert sent(write)[1:] == [b"c"]
