"""Sends one alert by one channel because somebody asked whether it works, and waits for how it goes."""

import asyncio
from itertools import count

from doorstep.core.alert import word_about_doorstep
from doorstep.core.delivery import Delivery, delivery_id, was_tried
from doorstep.pipeline.outbox import Outbox
from doorstep.ports import Clock

PATIENCE_SECONDS = 10.0
TITLE = "Test alert from Doorstep"
TEXT = "This is a test: alerts reach you here. Nobody is at the door."


class ChannelTests:
    """Used on the event loop; one test at a time for each channel."""

    def __init__(self, outbox: Outbox, clock: Clock, link: str) -> None:
        """`link` is the address of Doorstep's page."""
        self._outbox = outbox
        self._clock = clock
        self._link = link
        self._numbers = count(1)
        self._running: dict[str, tuple[str, asyncio.Event]] = {}  # by channel: the delivery, and that it was tried
        outbox.on_change.append(self._on_change)

    async def test(self, channel: str) -> Delivery | None:
        """The delivery after its first try, or as it stands after PATIENCE_SECONDS; None without such a channel.

        Raises OverflowError while another test of this channel runs.
        """
        if channel in self._running:
            raise OverflowError(channel)
        at = self._clock.now()
        alert_id = f"test:{at:%Y%m%d%H%M%S%f}-{next(self._numbers)}"
        alert = word_about_doorstep(alert_id, at, (TITLE, TEXT), self._link, is_test=True)
        tested, tried = delivery_id(alert.id, channel), asyncio.Event()
        self._running[channel] = tested, tried
        try:
            if not self._outbox.send_to(channel, alert):
                return None
            async with asyncio.timeout(PATIENCE_SECONDS):
                await tried.wait()
        except TimeoutError:
            pass
        finally:
            del self._running[channel]
        return self._outbox.delivery(tested)

    def _on_change(self, delivery: Delivery) -> None:
        tested, tried = self._running.get(delivery.channel, ("", None))
        if tried is not None and delivery.id == tested and was_tried(delivery):
            tried.set()
