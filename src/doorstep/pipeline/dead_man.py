"""Asks an address of the owner's while all is well: once nobody asks, whoever is there tells him.  Who watches us."""

from collections.abc import Awaitable, Callable

import structlog

from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

KEY = "ping"


class DeadMan:
    """One task; used on the event loop.

    While Doorstep does not see everything nobody is asked: then silence is the message.
    """

    def __init__(self, ping: Callable[[], Awaitable[None]], every: float, health: HealthBoard, clock: Clock) -> None:
        """`ping` raises NotifierUnavailable and NotifierRefused; `every` is in seconds."""
        self._ping = ping
        self._every = every
        self._health = health
        self._clock = clock

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._clock.sleep(self._every)
            await self.beat()

    async def beat(self) -> None:
        """Once."""
        if any(not problem.minor for problem in self._health.problems()):
            return
        try:
            await self._ping()
        except (NotifierRefused, NotifierUnavailable) as error:
            what = f"Who watches over Doorstep from outside cannot be told that it is well: {error}"
            if self._health.report(KEY, what, "Check watch.ping in the config, and the internet.", minor=True):
                log.warning("the ping was not taken", reason=str(error))
        else:
            self._health.clear(KEY)
