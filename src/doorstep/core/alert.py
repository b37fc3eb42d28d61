"""Whom to tell, and when: the content of an alert and the rule of the cooldown.  Channels live in `notifiers`."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from doorstep.core.camera import CameraId
from doorstep.core.event import Cause, EventId

AlertId = NewType("AlertId", str)


@dataclass(frozen=True, slots=True)
class Alert:
    """Content for a person, the same for every channel.

    `id` is the idempotency key: a notifier that gets the same alert twice tells it once where the channel can.
    `title` and `text` are plain words; `link` opens the event; `snapshot` is a JPEG or empty.
    """

    id: AlertId
    event: EventId
    camera: CameraId
    cause: Cause
    at: datetime
    title: str
    text: str
    link: str
    snapshot: bytes = b""
