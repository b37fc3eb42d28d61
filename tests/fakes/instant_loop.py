"""An event loop without waiting: when nothing is left to do, time jumps to the next timer.

Threads are none: what goes into a worker thread is done at once, though its result arrives a turn of the loop later.
So a test of the shell has every interleaving of the real thing, none of its waiting, and is the same each time.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from fakes.clock import FakeClock

T = TypeVar("T")
MOST_TURNS = 200_000


class LoopClock(FakeClock):
    """Implements `ports.Clock` on the time of an InstantLoop: `sleep` lets others live meanwhile."""

    async def sleep(self, seconds: float) -> None:
        """As long as the loop says."""
        await asyncio.sleep(seconds)


class InlineExecutor(ThreadPoolExecutor):
    """Does what it is given at once, in the thread that gives it."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        """Done when it returns."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - whoever awaits it gets it
            future.set_exception(error)
        return future


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting it moves the clock on."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock
        self._turns = 0

    def select(self, timeout: float | None = None) -> "list[tuple[selectors.SelectorKey, int]]":
        self._turns += 1
        ready = super().select(0)
        if self._turns > MOST_TURNS:
            msg = "this test goes round in circles"
            raise RuntimeError(msg)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            msg = "everybody waits, and nobody will ever wake them"
            raise RuntimeError(msg)
        self._clock.advance(timeout)
        return ready


class _InstantLoop(asyncio.SelectorEventLoop):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(_JumpingSelector(clock))
        self._now = clock.monotonic
        self.set_default_executor(InlineExecutor())

    def time(self) -> float:
        return self._now()

    async def shutdown_default_executor(self, *_seconds: float | None) -> None:
        """There are no threads to wait for.  asyncio's own waits in a real one, of which this loop knows nothing."""


def run(clock: FakeClock, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """`asyncio.run` on such a loop; fails when everybody waits for nothing."""
    with asyncio.Runner(loop_factory=lambda: _InstantLoop(clock)) as runner:
        return runner.run(act())


async def while_running(
    *tasks: Callable[[], Coroutine[Any, Any, None]], act: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """Do `act` while endless tasks run, which are cancelled then."""
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(task()) for task in tasks]
        try:
            return await act()
        finally:
            for task in running:
                task.cancel()


async def turns(count: int = 20) -> None:
    """Let everybody else go on, without time passing."""
    for _ in range(count):
        await asyncio.sleep(0)
