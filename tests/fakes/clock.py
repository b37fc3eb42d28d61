"""A clock that stands still until the test moves it."""

import asyncio
from datetime import UTC, datetime, timedelta


class FakeClock:
    """Implements `ports.Clock`; `sleep` moves it on at once, so that no test ever waits."""

    def __init__(self, now: datetime = datetime(2026, 11, 21, 13, 0, tzinfo=UTC), monotonic: float = 1000.0) -> None:
        self._now = now
        self._monotonic = monotonic

    def now(self) -> datetime:
        """Wall time, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds."""
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        """Move on, and let others run."""
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the wall clock, so many seconds forward; the monotonic one does not notice."""
        self._now += timedelta(seconds=seconds)
