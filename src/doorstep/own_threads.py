"""Threads for calls that may hang: they keep no one from stopping, and no pool waits.  How many there may be: callers.

The event loop's own threads are no place for such a call: the end of the process waits for them.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import ParamSpec, TypeVar

Args = ParamSpec("Args")
Result = TypeVar("Result")


class OwnThreads(Executor):
    """A thread for each call, which ends with it or with the process."""

    def __init__(self, name: str) -> None:
        self._name = name

    def submit(self, call: Callable[Args, Result], /, *args: Args.args, **kwargs: Args.kwargs) -> Future[Result]:
        """Begun when it returns."""
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()  # from here on nobody can cancel it: the call is made
        work = partial(_work, future, partial(call, *args, **kwargs))
        threading.Thread(target=work, name=self._name, daemon=True).start()
        return future


async def in_own_thread(name: str, call: Callable[[], Result]) -> Result:
    """What it returns or raises, from a thread of that name; whoever is cancelled leaves it to itself."""
    return await asyncio.wrap_future(OwnThreads(name).submit(call))


def _work(future: Future[Result], call: Callable[[], Result]) -> None:
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - whoever waits gets it, whatever it is
        future.set_exception(error)
    else:
        future.set_result(result)
