"""A call that does not come back from the disk: told, while everybody else finds a thread."""

import asyncio
from threading import Event

import pytest

from doorstep.core.errors import StoreFull
from doorstep.pipeline.disk_calls import KEY, SLOW_SECONDS, on_disk, use_enough_threads
from doorstep.pipeline.health import HealthBoard
from fakes.clock import FakeClock
from fakes.instant_loop import LoopClock, run

MANY = 2 * 32
"""All recorders and stills; more than asyncio has threads by itself on any machine."""


def test_a_call_comes_back_with_its_result_or_its_error_and_nothing_is_told() -> None:
    clock = LoopClock()

    def fails() -> None:
        msg = "full"
        raise StoreFull(msg)

    async def act() -> None:
        health = HealthBoard(clock)
        assert await on_disk(health, divmod, 7, 2) == (3, 1)
        with pytest.raises(StoreFull):
            await on_disk(health, fails)
        await clock.sleep(2 * SLOW_SECONDS)
        assert health.problems() == []

    run(clock, act)


def test_while_the_disk_holds_up_everybody_it_is_told_and_others_find_a_thread() -> None:
    goes_on = Event()
    clock = FakeClock()

    async def act() -> None:
        use_enough_threads()
        health = HealthBoard(clock)
        try:
            async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
                for _ in range(MANY):
                    tasks.create_task(on_disk(health, goes_on.wait, 60.0))
                await asyncio.sleep(0)
                assert await asyncio.wait_for(asyncio.to_thread(int, "7"), 60) == 7
                assert health.problems() == []
                while not health.problems():  # noqa: ASYNC110 - only the loop's own time tells it
                    await asyncio.sleep(0.1)
                goes_on.set()
        finally:
            goes_on.set()
        assert [problem.key for problem in health.problems()] == [KEY]
        clock.advance(SLOW_SECONDS)
        assert health.problems() == []

    asyncio.run(act())
