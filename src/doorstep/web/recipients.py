"""Who is told, a test alert to one of them, and the word of a phone that it shows an alert.  Sending: `pipeline`."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Path
from pydantic import BaseModel

from doorstep.core.access import SCOPES_OF_ROLE, Scope
from doorstep.core.reached import Reached, reached_people
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


class ToldPersonShape(BaseModel):
    """Whether somebody is told, as far as is known: by a channel through which something came and still comes."""

    name: str
    state: Reached


class ToldShape(BaseModel):
    """The asker first; the owner sees everybody who may watch alerts, others only themselves."""

    people: list[ToldPersonShape]


class Acknowledgement(BaseModel):
    """The device shows the alert; `opened` once somebody reacted to it."""

    opened: bool = False


@router.get("/recipients")
async def list_recipients(parts: Parts) -> RecipientsShape:
    """Everybody who is told, those of the config first."""
    return RecipientsShape(recipients=[recipient_shape(standing) for standing in parts.telling.standings()])


@router.get("/told")
async def who_is_told(parts: Parts, asker: Asker) -> ToldShape:
    """For each person whether an alert would come through."""
    names = [asker.account] if asker.account is not None else []
    if asker.allows(Scope.ADMIN):
        people = await run_sync(parts.people)
        alerted = (one.name for one in people if Scope.EVENTS_READ in SCOPES_OF_ROLE[one.role])
        names += [name for name in alerted if name not in names]
    found = reached_people(names, parts.telling.standings())
    return ToldShape(people=[ToldPersonShape(name=name, state=state) for name, state in found])


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
