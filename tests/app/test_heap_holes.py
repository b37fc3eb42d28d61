"""The heap is given back again and again, not at the start alone."""

import asyncio
import threading

import pytest

from doorstep.app.heap_holes import EVERY_SECONDS, keep_giving_back
from fakes.clock import FakeClock

TIMES = 3


class EnoughError(Exception):
    """Ends what runs for ever."""


def test_every_ten_minutes_in_a_thread() -> None:
    clock, began, called, threads = FakeClock(), FakeClock().monotonic(), list[float](), set[int]()

    def give_back() -> None:
        called.append(clock.monotonic() - began)
        threads.add(threading.get_ident())
        if len(called) == TIMES:
            raise EnoughError

    async def main() -> None:
        async with asyncio.timeout(60):
            await keep_giving_back(give_back, clock)

    with pytest.raises(EnoughError):
        asyncio.run(main())
    assert called == [EVERY_SECONDS * times for times in range(1, TIMES + 1)]
    assert threading.get_ident() not in threads
