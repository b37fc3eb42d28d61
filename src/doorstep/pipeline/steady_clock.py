"""The clock that the whole house is told: it steps when everybody is ready for it, and not before."""

from collections.abc import Callable
from datetime import datetime, timedelta

from doorstep.core.clock_state import ClockReading
from doorstep.ports import Clock


class SteadyClock:
    """The machine's clock; while that waits to be set, one that runs on evenly by the guess that it began with.

    `ClockWatch` says with `keep_to` when it steps, in one turn of the event loop with all that is told of the step.  So
    there is no moment in which some times are by the old guess and some by the new, and what is to be dated anew is
    simply everything.  Implements `ports.Clock`; from any thread.
    """

    def __init__(self, clock: Clock, read: Callable[[], ClockReading]) -> None:
        """`read` reads both clocks of the machine at once (`clock.SystemClock.reading`)."""
        self._clock = clock
        self._booted_at: datetime | None = None
        self.reading = read

    def keep_to(self, booted_at: datetime | None) -> None:
        """Wall time is `booted_at` and what the monotonic clock shows; with None it is the machine's again."""
        self._booted_at = booted_at

    def now(self) -> datetime:
        """Wall time, aware, in UTC."""
        booted_at = self._booted_at
        return self._clock.now() if booted_at is None else booted_at + timedelta(seconds=self._clock.monotonic())

    def monotonic(self) -> float:
        """Seconds; never runs backwards."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking the loop."""
        await self._clock.sleep(seconds)
