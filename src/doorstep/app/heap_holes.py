"""Every ten minutes the kernel gets back what viewers and clips that are gone left as holes in the server's heap.

Each rush leaves some, for what it asked for lies between what stays; over weeks the process would be as large as all
its rushes together.
"""

import asyncio
from collections.abc import Callable

from doorstep.ports import Clock

EVERY_SECONDS = 600.0


async def keep_giving_back(give_back: Callable[[], None], clock: Clock) -> None:
    """For ever; `give_back` is called in a thread."""
    while True:
        await clock.sleep(EVERY_SECONDS)
        await asyncio.to_thread(give_back)
