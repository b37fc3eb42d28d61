"""What a signal means to the server: the end, or a changed config.  What follows lives in `server` and `reloading`."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set; a second one ends the process in the ordinary way."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        stopped.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    try:
        yield stopped
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextmanager
def reload_signal() -> Iterator[asyncio.Event]:
    """An event that SIGHUP sets, from now on; afterwards it means nothing, where without this it ends the process."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, asked.set)
    try:
        yield asked
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the end has begun, or a new beginning, which reads the config


async def unless(stopped: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What the work returns; None where a signal came first, and then it was broken off."""
    doing = asyncio.ensure_future(work)  # noqa: TID251 - the root itself, awaited below
    waiting = asyncio.ensure_future(stopped.wait())  # noqa: TID251 - as above
    try:
        await asyncio.wait([doing, waiting], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        if not doing.done():
            doing.cancel()
            await asyncio.wait([doing])
    return None if doing.cancelled() else doing.result()
