"""From a decision to an alert on its way: words and picture.  Whom to tell, and sending, is the outbox's."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import tzinfo

import structlog

from doorstep.core.alert import Alert, AlertId, alert_words
from doorstep.core.errors import MediaInvalid
from doorstep.core.event import Event, RaiseAlert
from doorstep.media.thumbnail import still
from doorstep.pipeline.outbox import Outbox
from doorstep.ports import Frame

log = structlog.get_logger()

LONGEST_QUEUE = 100
PICTURE_SECONDS = 1.0
"""Longer nobody waits for a picture: an alert without one is better than a late one."""


class AlertDesk:
    """One task for each camera, because the picture is made in a thread: no camera waits for another's."""

    def __init__(self, camera_name: str, outbox: Outbox, zone: tzinfo, link_to: Callable[[Event], str]) -> None:
        self._camera_name = camera_name
        self._outbox = outbox
        self._zone = zone
        self._link_to = link_to
        self._raised: deque[tuple[RaiseAlert, Frame | None]] = deque(maxlen=LONGEST_QUEUE)
        self._wake = asyncio.Event()

    def tell(self, decision: RaiseAlert, frame: Frame | None) -> None:
        """Tell it at once; `frame` is the picture that goes with it.  With too many the oldest is not told."""
        if len(self._raised) == LONGEST_QUEUE:
            log.warning("too many alerts at once", camera=decision.event.camera)
        self._raised.append((decision, frame))
        self._wake.set()

    async def run(self) -> None:
        """Hand every alert to the outbox, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._raised:
                await self._tell_next()

    async def _tell_next(self) -> None:
        """With names of its own: a picture of some megabytes would be kept until the next alert."""
        decision, frame = self._raised.popleft()
        self._outbox.dispatch(self._alert(decision, await _picture(frame)))

    def _alert(self, decision: RaiseAlert, snapshot: bytes) -> Alert:
        event, cause, at = decision.event, decision.cause, decision.at
        title, text = alert_words(self._camera_name, cause, at.astimezone(self._zone), is_test=event.is_test)
        return Alert(
            id=AlertId(f"{event.id}:{cause}:{at:%H%M%S%f}"),
            event=event.id,
            camera=event.camera,
            cause=cause,
            at=at,
            title=title,
            text=text,
            link=self._link_to(event),
            snapshot=snapshot,
            is_test=event.is_test,
        )


async def _picture(frame: Frame | None) -> bytes:
    """Empty where it takes too long."""
    try:
        async with asyncio.timeout(PICTURE_SECONDS):
            return await asyncio.to_thread(_snapshot, frame) if frame is not None else b""
    except TimeoutError:
        return b""


def _snapshot(frame: Frame) -> bytes:
    """An alert without its picture is better than none."""
    try:
        return still(frame)
    except MediaInvalid:
        return b""
