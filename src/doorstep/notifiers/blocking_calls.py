"""Calls of a library that blocks, each in a thread of its own and with an end to the waiting.  What they do: others."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from doorstep.core.errors import NotifierUnavailable
from doorstep.own_threads import OwnThreads

MOST_RUNNING = 4
MOST_LATE = 100


class BlockingCalls:
    """Used on the event loop.  The threads end with the process, so that one that hangs keeps nobody from stopping.

    A call that takes too long goes on.  Whoever makes it again, by its key, waits for the end of the first: a service
    that is only slow tells nobody twice.  One that failed meanwhile is made anew.
    """

    def __init__(self, name: str, seconds: float) -> None:
        """`name` is what the owner calls who is asked; nobody waits longer than `seconds`."""
        self._name = name
        self._seconds = seconds
        self._running: list[Future[object]] = []
        self._late: OrderedDict[str, Future[object]] = OrderedDict()

    async def make(self, key: str, call: Callable[[], object]) -> object:
        """What it returns, or raises.  Raises NotifierUnavailable, too, when it takes too long or too many hang."""
        late = self._late.pop(key, None)
        if late is not None and late.done() and late.exception() is not None:
            late = None  # it says nothing of now
        future = late or self._begun(call)
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self._keep(key, future)
            raise
        except TimeoutError as error:
            if not future.done():
                self._keep(key, future)
            elif future.exception() is None:  # just in time
                return future.result()
            msg = f"{self._name} did not answer within {self._seconds:g} seconds."
            raise NotifierUnavailable(msg) from error

    def _keep(self, key: str, future: Future[object]) -> None:
        self._late[key] = future
        while len(self._late) > MOST_LATE:
            self._late.popitem(last=False)

    def _begun(self, call: Callable[[], object]) -> Future[object]:
        self._running = [one for one in self._running if not one.done()]
        if len(self._running) >= MOST_RUNNING:
            msg = f"{self._name} has not answered several times, and is left alone until it does."
            raise NotifierUnavailable(msg)
        self._running.append(OwnThreads(self._name).submit(call))
        return self._running[-1]
