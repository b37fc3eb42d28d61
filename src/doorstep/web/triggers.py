"""Presses and motion that come by HTTP: from a button, a camera or a cloud function.  What they lead to is the
pipeline's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header
from pydantic import BaseModel, Field
from starlette.requests import Request

from doorstep.core.access import Grant
from doorstep.core.camera import CameraId
from doorstep.core.event import Cause
from doorstep.core.motion_word import MotionWord, motion_word
from doorstep.core.outside_word import OutsideWord
from doorstep.core.pace import Buckets, Pace
from doorstep.core.signed_motion import HEADER, TOO_LATE
from doorstep.web.gate import Asker, Parts, SeenCamera, resource
from doorstep.web.idempotency import Answer, Answered, Report, checked_key
from doorstep.web.instants import parse_optional_instant, rfc3339
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal, too_often
from doorstep.web.shapes import TakenShape

router = resource("triggers")

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]
Signed = Annotated[str | None, Header(alias=HEADER)]


class Trigger(BaseModel):
    """When it was, if the sender knows, and a few words about it.

    `at` is believed if it lies within the last 15 minutes; else it is taken for the word of a wrong clock, and means
    now.  The answer says what holds.
    """

    at: str | None = None
    note: str = Field(default="", max_length=500)


PACES = {Cause.PRESS: Pace(10, 1.0), Cause.TRIGGER: Pace(20, 1.0)}
"""Of one sender about one camera.  A visitor rings less often; a camera that sees motion reports it once a second."""


def trigger_buckets() -> Mapping[Cause, Buckets]:
    """For one app."""
    return {cause: Buckets(pace) for cause, pace in PACES.items()}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a trigger, from where, about which camera, under which key.

    `nonce` is that of a signature that holds, empty without one.
    """

    answered: Answered
    buckets: Mapping[Cause, Buckets]
    parts: WebParts
    camera: CameraId
    asker: Grant
    place: str
    key: str | None
    nonce: str = ""

    def word(self, cause: Cause, body: Trigger) -> OutsideWord:
        """What was sent.  People speak from many places; a token that does so is told.  Raises Refusal.

        Who signs proves himself by that, and a function in the cloud has an address of its own in each call.
        """
        at = parse_optional_instant(body.at, "at")
        is_token = self.asker.account is None and self.place and not self.nonce
        return OutsideWord(
            self.camera,
            cause,
            at,
            body.note,
            origin=self.asker.id,
            place=self.place if is_token else "",
            sender=self.asker.name if is_token else "",
        )

    @property
    def marks(self) -> tuple[str, ...]:
        """By what it is known when it comes again, also in another run; nothing where nobody signed."""
        return MotionWord(self.camera, key=self.key or "", nonce=self.nonce).marks if self.nonce else ()

    def was_acted_on(self) -> bool:
        """Here, in the run before, or as it lay in the queue."""
        return self.parts.seen_motion.knows(self.marks, self.parts.clock.monotonic())

    def acted_on(self) -> None:
        """From now on."""
        if self.marks:
            self.parts.seen_motion.remember(self.marks, self.parts.clock.monotonic())

    def count(self, cause: Cause) -> None:
        """One more of those.  Raises Refusal where there were too many."""
        wait = self.buckets[cause].wait((self.asker.id, self.camera), self.parts.clock.monotonic())
        if wait:
            detail = "This sender reports too often about this camera; nothing new was learnt from it."
            raise too_often(detail, wait)


# A coroutine: FastAPI runs a plain function or class in a thread, and a press must not wait for a stalled disk.
async def _sender(
    request: Request,
    parts: Parts,
    camera: SeenCamera,
    asker: Asker,
    key: IdempotencyKey = None,
    signed: Signed = None,
) -> Sender:
    state, place = request.app.state, request.client.host if request.client else ""
    nonce = await _nonce(request, parts, camera.id, signed)
    return Sender(state.answered, state.trigger_buckets, parts, camera.id, asker, place, checked_key(key), nonce)


async def _nonce(request: Request, parts: WebParts, camera: CameraId, signed: str | None) -> str:
    """Of the signature, empty where nobody signed or nothing is known to sign with.

    Raises Refusal where it does not hold, is old, or signs a word about another camera.
    """
    if parts.motion_secret is None or signed is None:
        return ""
    body = await request.body()
    signature, word = parts.motion_secret.verified(signed, body), motion_word(body)
    if signature is None or (word is not None and word.camera not in {"", camera}):
        raise Refusal(403, "wrong-signature", f"The {HEADER} of this report is wrong.")
    if not signature.is_fresh(parts.clock.now()):
        raise Refusal(403, "too-late", TOO_LATE)
    return (word.nonce if word else "") or signature.nonce


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
    """Pass it on once for each key and each signature; without either, each time."""
    word = sent.word(cause, body)

    async def act() -> Answer:
        if sent.was_acted_on():  # the answer of then is gone; who asks again only needs to hear that it was taken
            at = word.at or sent.parts.clock.now()
        else:
            sent.count(cause)
            at = await sent.parts.trigger(word)
            sent.acted_on()
        return {"camera": sent.camera, "cause": cause, "at": rfc3339(at)}

    async def once_by_key() -> Answer:
        if sent.key is None:
            return await act()
        key = (sent.asker.id, cause, sent.camera, sent.key)
        return await sent.answered.once(key, act, Report("" if sent.nonce else sent.place, word.at))

    if not sent.nonce:
        return TakenShape.model_validate(await once_by_key())
    # Whoever saw a signed word may send it again, under another key or about another camera.
    return TakenShape.model_validate(await sent.answered.once(("signed", cause, sent.nonce), once_by_key))
