"""Presses and motion that come by HTTP: from a button, a camera or a cloud function.  What they lead to is the
pipeline's business.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header
from pydantic import BaseModel, Field
from starlette.requests import Request

from doorstep.core.camera import CameraId
from doorstep.core.event import Cause
from doorstep.web.gate import Asker, Parts, SeenCamera, resource
from doorstep.web.idempotency import Answer, Answered, checked_key
from doorstep.web.instants import parse_optional_instant, rfc3339
from doorstep.web.parts import WebParts
from doorstep.web.shapes import TakenShape

router = resource("triggers")

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]


class Trigger(BaseModel):
    """When it was, if the sender knows, and a few words about it."""

    at: str | None = None
    note: str = Field(default="", max_length=500)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a trigger, about which camera, under which key."""

    answered: Answered
    parts: WebParts
    camera: CameraId
    asker: str
    key: str | None


# A coroutine: FastAPI runs a plain function or class in a thread, and a press must not wait for a stalled disk.
async def _sender(
    request: Request, parts: Parts, camera: SeenCamera, asker: Asker, key: IdempotencyKey = None
) -> Sender:
    return Sender(request.app.state.answered, parts, camera.id, asker.id, checked_key(key))


Sent = Annotated[Sender, Depends(_sender)]


@router.post("/cameras/{camera_id}/motion", status_code=202)
async def report_motion(sent: Sent, body: Trigger | None = None) -> TakenShape:
    """Something moved there; taken, not yet acted on."""
    return await _take(Cause.TRIGGER, sent, body or Trigger())


@router.post("/cameras/{camera_id}/press", status_code=202)
async def report_press(sent: Sent, body: Trigger | None = None) -> TakenShape:
    """Somebody rang there; taken, not yet acted on."""
    return await _take(Cause.PRESS, sent, body or Trigger())


async def _take(cause: Cause, sent: Sender, body: Trigger) -> TakenShape:
    """Pass it on once for each key; without a key, each time."""
    at = parse_optional_instant(body.at, "at") or sent.parts.clock.now()

    async def act() -> Answer:
        await sent.parts.trigger(sent.camera, cause, body.note)
        return {"camera": sent.camera, "cause": cause, "at": rfc3339(at)}

    if sent.key is None:
        return TakenShape.model_validate(await act())
    return TakenShape.model_validate(await sent.answered.once((sent.asker, cause, sent.camera, sent.key), act))
