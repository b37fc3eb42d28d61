"""Who is told, a test alert to one of them, and the word of a phone that it shows an alert.  Sending: `pipeline`."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from doorstep.web.delivery_shapes import (
    DeliveryShape,
    RecipientsShape,
    delivery_shape,
    recipient_shape,
)
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.problems import not_found, too_often

router = resource("recipients")

TEST_SECONDS = 5.0
"""So long a test alert mostly takes."""


class Acknowledgement(BaseModel):
    """The device shows the alert; `opened` once somebody reacted to it."""

    opened: bool = False


@router.get("/recipients")
async def list_recipients(parts: Parts) -> RecipientsShape:
    """Everybody who is told, those of the config first."""
    return RecipientsShape(recipients=[recipient_shape(standing) for standing in parts.telling.standings()])


@router.post("/recipients/{channel}/test")
async def send_test_alert(channel: Annotated[str, Path(max_length=300)], parts: Parts) -> DeliveryShape:
    """Send a test alert by this channel alone, and wait a few seconds for how it goes."""
    try:
        delivery = await parts.telling.test(channel)
    except OverflowError:
        detail = "A test alert is on its way there. Wait a moment."
        raise too_often(detail, TEST_SECONDS) from None
    if delivery is None:
        raise not_found()
    return delivery_shape(delivery)


@router.post("/deliveries/{delivery_id}/ack", status_code=204)
async def acknowledge(
    delivery_id: Annotated[str, Path(max_length=500)], parts: Parts, asker: Asker, body: Acknowledgement | None = None
) -> None:
    """An alert of the asker's own arrived.  No error the second time."""
    opened = body is not None and body.opened
    if asker.account is None or not await parts.telling.acknowledge(delivery_id, asker.account, opened):
        raise not_found()
