"""Measures how late the event loop is.  The counting lives in `core/lateness`."""

from doorstep.core.lateness import Lateness
from doorstep.ports import Clock

EVERY_SECONDS = 0.1


async def measure_lateness(lateness: Lateness, clock: Clock) -> None:
    """Sleep a tenth of a second and note by how much it was longer, for ever."""
    while True:
        began = clock.monotonic()
        await clock.sleep(EVERY_SECONDS)
        lateness.observe(clock.monotonic() - began - EVERY_SECONDS)
