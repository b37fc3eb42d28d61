"""One try of one delivery, and what is told about its outcome.  When to try, and what follows: `outbox`."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from doorstep.core.alert import as_told
from doorstep.core.alert_policy import may_see
from doorstep.core.delivery import Delivery, after_choice, after_failure, after_success
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.silence import Silence
from doorstep.pipeline.alert_pictures import AlertPictures
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.lane import Lane
from doorstep.ports import Clock

log = structlog.get_logger()

ATTEMPT_SECONDS = 20.0

Outcome = Callable[[Delivery], Delivery]
"""What a try made of its delivery, as that is by then: the clock may have been set while it lasted."""


class Attempts:
    """Used on the event loop; ledger, log and the board of problems are told, the lane remembers how it went."""

    def __init__(self, rows: EventRows, health: HealthBoard, clock: Clock, pictures: AlertPictures) -> None:
        self._rows = rows
        self._health = health
        self._clock = clock
        self._pictures = pictures

    async def make(self, lane: Lane, delivery: Delivery) -> Outcome:
        """Try it once more, which takes ATTEMPT_SECONDS at most."""
        if not may_see(lane.recipient, delivery.alert):  # any more: it may have waited for hours
            return partial(after_choice, why=Silence.MAY_NOT_SEE)
        sent_at, began = self._clock.now(), self._clock.monotonic()
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                alert = replace(delivery.alert, snapshot=await self._pictures.of(delivery.alert, sent_at))
                await lane.notifier.send(as_told(alert, sent_at))
        except NotifierRefused as error:
            return self._failed(lane, delivery, str(error), final=True)
        except NotifierUnavailable as error:
            return self._failed(lane, delivery, str(error), final=False, wait=error.wait)
        except TimeoutError:
            return self._failed(lane, delivery, f"no answer within {ATTEMPT_SECONDS:.0f} s", final=False)
        return self._accepted(lane, delivery, self._clock.monotonic() - began)

    def later(self, delivery: Delivery, outcome: str, *, final: bool = False, wait: float = 0.0) -> Delivery:
        """The delivery after a try that failed just now."""
        jitter = random.random()  # noqa: S311 - jitter, not a secret
        return after_failure(delivery, self._clock.now(), jitter, outcome, final=final, wait=wait)

    def _accepted(self, lane: Lane, delivery: Delivery, seconds: float) -> Outcome:
        accepted_at, channel = self._clock.now(), lane.channel
        sent_at = accepted_at - timedelta(seconds=seconds)
        if delivery.alert.event is not None:
            self._rows.ledger(
                delivery.alert.event,
                LedgerEntry(Stage.SENT, sent_at, channel),
                LedgerEntry(Stage.ACCEPTED, accepted_at, channel),
            )
        lane.standing = replace(lane.standing, proven_at=accepted_at, trouble="")
        lane.works(accepted_at)
        self._health.clear(f"notifier:{channel}")
        log.info("alert accepted", channel=channel, alert=delivery.alert.id)
        return partial(after_success, at=accepted_at)

    def _failed(self, lane: Lane, delivery: Delivery, outcome: str, *, final: bool, wait: float = 0.0) -> Outcome:
        channel = lane.channel
        lane.standing = replace(lane.standing, trouble=outcome)
        again = "It is not tried again" if final else "It is tried again by itself"
        remedy = f"{again}; check the channel with `doorstep check`."
        what = f"Alerts by {lane.recipient.name} do not arrive: {outcome}"
        person = lane.recipient.person
        if not lane.closed and self._health.report(f"notifier:{channel}", what, remedy, person=person):
            log.warning("alert not accepted", channel=channel, alert=delivery.alert.id, reason=outcome, final=final)
        return partial(self.later, outcome=outcome, final=final, wait=wait)
