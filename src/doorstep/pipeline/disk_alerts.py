"""Tells people that the disk keeps us from recording, and when it goes on.  How the disk is, `disk_watch` finds out."""

from collections import deque
from itertools import count

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.disk_state import MAY_RECORD, DiskLevel
from doorstep.core.event import EventId
from doorstep.pipeline.outbox import Outbox
from doorstep.ports import Clock

MOST_TOLD, WITHIN_SECONDS = 4, 3600.0
"""A disk that comes and goes is told so often in so long."""


class DiskAlerts:
    """`tell` is for `DiskWatch.on_level`; used on the event loop.

    One alert when recording stops and one when it goes on.  They leave from memory: nothing of them needs the disk.
    """

    def __init__(self, outbox: Outbox, clock: Clock, link: str) -> None:
        """`link` is the address of the page that shows what is wrong."""
        self._outbox = outbox
        self._clock = clock
        self._link = link
        self._told_at: deque[float] = deque(maxlen=MOST_TOLD)
        self._told = False
        self._numbers = count(1)

    def tell(self, level: DiskLevel, what: str) -> None:
        """The disk is like this from now on; `what` is wrong with it, in the owner's words."""
        stopped = level not in MAY_RECORD
        if stopped == self._told:
            return
        if stopped:
            now = self._clock.monotonic()
            if len(self._told_at) == MOST_TOLD and now - self._told_at[0] < WITHIN_SECONDS:
                return
            self._told_at.append(now)
        self._told = stopped
        self._send("Recording has stopped" if stopped else "Recording goes on", what or "The disk is well again.")

    def _send(self, title: str, text: str) -> None:
        at = self._clock.now()
        # An alert is of an event at a camera; this one is of neither, so no row keeps it.
        alert = Alert(
            AlertId(f"disk:{at:%Y%m%d%H%M%S}:{next(self._numbers)}"),
            EventId("disk"),
            CameraId("disk"),
            Cause.TRIGGER,
            at,
            title,
            text,
            self._link,
        )
        self._outbox.dispatch(alert)
