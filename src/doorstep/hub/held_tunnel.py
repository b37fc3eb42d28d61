"""Holds the way to the hub for ever: connects, asks, notices silence, waits and connects again.

What is so and how long to wait is `core/hub_link.py`'s rule; how a connection is made is the tunnel's business.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import structlog

from doorstep.core.errors import HubLost
from doorstep.core.hub_link import HubLink, HubState
from doorstep.core.hub_tunnel import HubReason
from doorstep.ports import Clock, HubTunnel

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 1.0
LINE_SECONDS = 0.02
"""A hub that says more than one line in this time waits: it says one in some seconds, and the house has more to do."""


class HeldTunnel:
    """One for a pairing; `jitter` gives a number in 0..1.  On the event loop only."""

    def __init__(self, tunnel: HubTunnel, link: HubLink, clock: Clock, jitter: Callable[[], float]) -> None:
        self._tunnel = tunnel
        self._link = link
        self._clock = clock
        self._jitter = jitter

    async def run(self) -> None:
        """For ever; cancelled, it closes the connection."""
        while True:
            await self._clock.sleep(self._link.delay(self._clock.monotonic(), self._jitter()))
            if self._link.should_let_go:
                await self._tunnel.let_go()
            self._link.started(self._clock.monotonic())
            reason = await self._hold()
            was_up = self._link.view.state is HubState.UP
            self._link.ended(reason, self._clock.monotonic())
            tell = log.warning if was_up else log.debug
            tell("the way to the hub is lost", reason=reason.value)

    async def _hold(self) -> HubReason:
        """One connection; why it ended.  Neither part raises what is expected, so that no cancelling is ever lost."""
        async with asyncio.TaskGroup() as group:
            parts = [group.create_task(self._listen()), group.create_task(self._watch())]
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            ended = next(part for part in parts if part.done())
            for part in parts:
                part.cancel()
        return ended.result()

    async def _listen(self) -> HubReason:
        """Until the connection ends by itself."""
        try:
            async with aclosing(self._tunnel.lines()) as lines:
                async for status in lines:
                    if self._link.view.state is not HubState.UP:
                        log.info("the way to the hub is there")
                    self._link.heard(status, self._clock.monotonic(), self._clock.now().timestamp())
                    await self._clock.sleep(LINE_SECONDS)
        except HubLost as lost:
            return HubReason(lost.reason)
        return HubReason.CLOSED

    async def _watch(self) -> HubReason:
        """Ask in turn, until nothing comes any more: then the connection is half open."""
        while not self._link.is_silent(self._clock.monotonic()):
            number = self._link.question(self._clock.monotonic())
            if number is not None:
                await self._tunnel.ask(number)
            await self._clock.sleep(LOOK_EVERY_SECONDS)
        return HubReason.SILENT if self._link.view.state is HubState.UP else HubReason.TIMED_OUT
