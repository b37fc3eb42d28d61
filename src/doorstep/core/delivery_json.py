"""A delivery as one line of JSON, without its picture, and back.  Where it is kept: `stores/alert_journal`."""

import json
from datetime import datetime
from typing import Any

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.event import EventId

BROKEN = (ValueError, KeyError, TypeError, AttributeError)
"""What `delivery_of` raises for a text that it cannot read."""


def delivery_line(delivery: Delivery) -> str:
    """Without a line's end."""
    alert = delivery.alert
    return json.dumps(
        {
            "alert": alert.id,
            "event": alert.event,
            "camera": alert.camera,
            "cause": alert.cause,
            "at": alert.at.isoformat(),
            "title": alert.title,
            "text": alert.text,
            "link": alert.link,
            "test": alert.is_test,
            "channel": delivery.channel,
            "state": delivery.state,
            "attempts": delivery.attempts,
            "next_at": delivery.next_at.isoformat(),
            "outcome": delivery.outcome,
            "told_to": delivery.told_to,
            "acknowledged_at": _text(delivery.acknowledged_at),
            "opened_at": _text(delivery.opened_at),
        }
    )


def delivery_of(line: str) -> Delivery:
    """Raises BROKEN."""
    found: dict[str, Any] = json.loads(line)
    alert = Alert(
        id=AlertId(found["alert"]),
        event=EventId(found["event"]) if found["event"] is not None else None,
        camera=CameraId(found["camera"]) if found["camera"] is not None else None,
        cause=Cause(found["cause"]) if found["cause"] is not None else None,
        at=datetime.fromisoformat(found["at"]),
        title=found["title"],
        text=found["text"],
        link=found["link"],
        is_test=found["test"],
    )
    return Delivery(
        alert,
        found["channel"],
        DeliveryState(found["state"]),
        found["attempts"],
        datetime.fromisoformat(found["next_at"]),
        found["outcome"],
        found["told_to"],
        _instant(found["acknowledged_at"]),
        _instant(found["opened_at"]),
    )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
