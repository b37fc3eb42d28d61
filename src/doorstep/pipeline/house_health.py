"""Looks now and then at what nobody else watches: channels, outbox, phones, certificate.  The rules: `core`."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from doorstep.core.errors import CatalogUnavailable
from doorstep.core.health_rules import (
    STUCK_AFTER_SECONDS,
    Trouble,
    certificate_expires,
    nobody_told,
    outbox_stuck,
    unknown_person,
    unseen_on,
)
from doorstep.core.lasting import Lasting
from doorstep.core.push_subscription import PushSubscription
from doorstep.core.standing import Standing
from doorstep.pipeline.drift_watch import DriftWatch
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

EVERY_SECONDS = 2.0
SLOWLY_SECONDS = 600.0
NOBODY_AFTER_SECONDS = 30.0
"""A house that has just started is red within its first minute; meanwhile its channels are being opened."""

PUSH = "push:"


def _nothing_known() -> datetime | None:
    return None


@dataclass(frozen=True, slots=True)
class HouseFacts:
    """What the rules ask.  `standings` and `subscriptions` answer at once, on the loop; the others block, in a thread.

    `certificate_ends` is None where there is none, or it cannot be read; `people`, everybody who may sign in, raises
    CatalogUnavailable.
    """

    standings: Callable[[], Sequence[Standing]]
    subscriptions: Callable[[], Sequence[PushSubscription]] = tuple
    certificate_ends: Callable[[], datetime | None] = _nothing_known
    people: Callable[[], Sequence[str]] = tuple


class HouseHealth:
    """One task; used on the event loop."""

    def __init__(
        self, facts: HouseFacts, drift: DriftWatch, health: HealthBoard, clock: Clock, hurry: float = 1.0
    ) -> None:
        """`hurry` divides the seconds that it waits."""
        self._facts = facts
        self._drift = drift
        self._health = health
        self._clock = clock
        self._hurry = hurry
        self._nobody = Lasting(NOBODY_AFTER_SECONDS / hurry, 0.0)
        self._stuck = Lasting(STUCK_AFTER_SECONDS / hurry, 0.0)
        self._unseen: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Look for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._again_and_again())
            tasks.create_task(self._slowly_again())

    def look(self) -> None:
        """Once, at what is known without any disk."""
        at = self._clock.monotonic()
        standings = self._facts.standings()
        nobody, stuck = nobody_told(standings), outbox_stuck(standings)
        self._pin("nobody-told", nobody if self._nobody.observe(at, found=nobody is not None) else None)
        self._pin("outbox", stuck if self._stuck.observe(at, found=stuck is not None) else None)
        self._look_at_devices()
        self._drift.look()

    async def look_slowly(self) -> None:
        """Once, at what lies on the disk."""
        recipients = [one.recipient for one in self._facts.standings()]
        ends = await asyncio.to_thread(self._facts.certificate_ends)
        self._pin("certificate", None if ends is None else certificate_expires(ends, self._clock.now()))
        try:
            people = await asyncio.to_thread(self._facts.people)
        except CatalogUnavailable:
            return  # which is a problem of its own
        self._pin("person", unknown_person(recipients, people))

    async def _again_and_again(self) -> None:
        while True:
            self.look()
            await self._clock.sleep(EVERY_SECONDS / self._hurry)

    async def _slowly_again(self) -> None:
        """Beside the other, for while the disk hangs nobody waits for it."""
        while True:
            await self.look_slowly()
            await self._clock.sleep(SLOWLY_SECONDS / self._hurry)

    def _look_at_devices(self) -> None:
        now, subscriptions = self._clock.now(), self._facts.subscriptions()
        unseen = {f"{PUSH}{one.id}": trouble for one in subscriptions if (trouble := unseen_on(one, now))}
        for key in {*self._unseen, *unseen}:  # what others pinned of devices is theirs to unpin
            self._pin(key, unseen.get(key))
        self._unseen = frozenset(unseen)

    def _pin(self, key: str, trouble: Trouble | None) -> None:
        if trouble is None:
            if self._health.clear(key):
                log.info("a problem is over", problem=key)
        elif self._health.report(key, trouble.what, trouble.remedy, minor=trouble.minor, person=trouble.person):
            log.warning("a problem began", problem=key, reason=trouble.what)
