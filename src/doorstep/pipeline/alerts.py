"""From a decision to an alert on its way: words and picture.  Whether to tell is the policy's, sending the outbox's."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, tzinfo

from doorstep.core.alert import Alert, AlertId, AlertPolicy, alert_words
from doorstep.core.errors import MediaInvalid
from doorstep.core.event import Cause, Event, RaiseAlert
from doorstep.media.thumbnail import still
from doorstep.pipeline.outbox import Outbox
from doorstep.ports import Frame

LONGEST_QUEUE = 100


class AlertDesk:
    """One task for each camera, because the cooldown is the camera's and the picture is made in a thread."""

    def __init__(
        self, camera_name: str, policy: AlertPolicy, outbox: Outbox, zone: tzinfo, link_to: Callable[[Event], str]
    ) -> None:
        self._camera_name = camera_name
        self._policy = policy
        self._outbox = outbox
        self._zone = zone
        self._link_to = link_to
        self._raised: deque[tuple[RaiseAlert, Frame | None]] = deque(maxlen=LONGEST_QUEUE)
        self._wake = asyncio.Event()

    def tell(self, decision: RaiseAlert, frame: Frame | None) -> None:
        """Tell it at once if the policy lets us; `frame` is the picture that goes with it."""
        if self._policy.may_tell(decision.cause, decision.at):
            self._raised.append((decision, frame))
            self._wake.set()

    async def run(self) -> None:
        """Hand every alert to the outbox, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._raised:
                decision, frame = self._raised.popleft()
                snapshot = await asyncio.to_thread(_snapshot, frame)
                self._outbox.dispatch(self._alert(decision.event, decision.cause, decision.at, snapshot))

    def _alert(self, event: Event, cause: Cause, at: datetime, snapshot: bytes) -> Alert:
        title, text = alert_words(self._camera_name, cause, at.astimezone(self._zone))
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
        )


def _snapshot(frame: Frame | None) -> bytes:
    """An alert without its picture is better than none."""
    try:
        return still(frame) if frame is not None else b""
    except MediaInvalid:
        return b""
