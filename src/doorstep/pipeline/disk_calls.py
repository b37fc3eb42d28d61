"""Blocking calls of store and catalog in threads that suffice, and the owner told while one does not come back."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

import structlog

from doorstep.core.disk_state import DiskLevel, disk_words
from doorstep.core.errors import CatalogUnavailable
from doorstep.pipeline.health import HealthBoard

log = structlog.get_logger()

KEY = "disk:waits"
SLOW_SECONDS = 3.0
AGAIN_SECONDS = 1.0

MOST_THREADS = 160
"""Two for each of 32 cameras that may wait for a disk (recorder, stills), three that compute (motion, the picture of an
alert, a snapshot): those must find a thread while all of those wait.  What is left is for rows, sweeper and clips.
"""

Args = TypeVarTuple("Args")
Result = TypeVar("Result")


def use_enough_threads() -> None:
    """Of the running loop, for `asyncio.to_thread`; before anything is put into one.

    The loop's own choice is by processors, eight on a Raspberry Pi: a disk that stalls fills them with four cameras,
    and then nobody sees motion any more.  Everybody has one call under way at a time, so few are ever begun.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(MOST_THREADS, "work"))


async def on_disk(health: HealthBoard, call: Callable[[*Args], Result], *args: *Args) -> Result:
    """The result of the call; used on the event loop.  Raises as the call does.

    A disk that stalls raises nothing, and only who waits for it knows of it: that is a problem from SLOW_SECONDS on,
    for as long as anybody waits.  Everybody tells it again and again, so that it goes when the last one goes on.
    """
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle

    def tell() -> None:
        nonlocal timer
        what, remedy = disk_words(DiskLevel.NOT_ANSWERING, None)
        if health.report(KEY, what, remedy, 2 * AGAIN_SECONDS):
            log.warning("the disk does not answer")
        timer = loop.call_later(AGAIN_SECONDS, tell)

    timer = loop.call_later(SLOW_SECONDS, tell)
    try:
        return await asyncio.to_thread(call, *args)
    finally:
        timer.cancel()


class AFew:
    """Calls of one kind, `most` of them at a time, also of those that nobody waits for any more.

    Whoever leaves leaves his thread behind for as long as the disk stalls; others need theirs.  Used on the event loop.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: set[object] = set()

    async def on_disk(self, health: HealthBoard, call: Callable[[*Args], Result], *args: *Args) -> Result:
        """As the function of that name; CatalogUnavailable at once while `most` are under way."""
        if len(self._under_way) >= self._most:
            msg = "Too many wait for the disk already."
            raise CatalogUnavailable(msg)
        this, begun = object(), False

        def counted() -> Result:
            nonlocal begun
            begun = True
            try:
                return call(*args)
            finally:
                self._under_way.discard(this)

        self._under_way.add(this)
        try:
            return await on_disk(health, counted)
        finally:
            if not begun:  # whoever left before he got a thread
                self._under_way.discard(this)
