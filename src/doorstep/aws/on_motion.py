"""Motion that comes over the internet, `POST /motion/{camera}`: verified, then passed on to the box, once.

What API Gateway calls is `handler`.  A box with an address is called at its motion route; for one without, the word
waits in a queue that the box reads.  Either way it is signed anew, with the sender's key and a nonce, by which the box
knows what it was told already, also when this function was ended in the middle.
"""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from doorstep.aws.box_door import BoxAnswer, BoxDoor
from doorstep.aws.clients import client
from doorstep.aws.gateway import Answer, Call, Refusal, answer, call_of
from doorstep.aws.lambda_context import Context
from doorstep.aws.log_lines import say
from doorstep.aws.motion_line import MotionLine
from doorstep.aws.secret_parameter import AGAIN_SECONDS, REMEMBERED_SECONDS, SecretParameter
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid, StoreUnavailable
from doorstep.core.motion_word import LONGEST_KEY, MOST_BYTES, MotionWord, is_camera, motion_word
from doorstep.core.signed_motion import HEADER, TOO_LATE, MotionSecret, Signature
from doorstep.ports import Clock

MOST_SECONDS = 8.0
"""Who reports motion (`publish/motion_post`) waits for ten."""

LAST_SECONDS = 1.0
"""Kept for the answer."""


@dataclass(frozen=True, slots=True)
class Motion:
    """One for all calls of one instance of the function; of `box` and `queue` there is one."""

    parameter: SecretParameter
    clock: Clock
    box: BoxDoor | None = None
    queue: MotionLine | None = None

    def pass_on(self, call: Call, seconds: float) -> Answer:
        """What the box or the queue said.  Raises Refusal, StoreUnavailable."""
        if call.method != "POST":
            raise Refusal(405, "wrong-method", "This address does not take that method.", {"Allow": "POST"})
        until = self.clock.monotonic() + seconds
        fields, signature = self._sender(call)
        word = _word(call, signature)
        secret = MotionSecret(fields.get("secret", ""))
        if not secret.value:
            msg = "The parameter of this function holds no secret: deploy again, which writes it."
            raise StoreUnavailable(msg)
        if self.box is not None:
            told = self.box.tell(word, secret, fields.get("token", ""), until - self.clock.monotonic())
            return _said_by_box(told)
        if self.queue is not None:
            self.queue.tell(word, secret)
        return answer(202, {"camera": word.camera, "cause": "trigger", "queued": True})

    def _sender(self, call: Call) -> tuple[Mapping[str, str], Signature | None]:
        """The secrets, and the signature where there is one.  Raises Refusal for a stranger.

        What does not fit is looked at once more with the newest secrets, which may have been changed.
        """
        for age in (REMEMBERED_SECONDS, AGAIN_SECONDS):
            fields = self.parameter.fields(age)
            signature = _verified(call, fields)
            if signature is not None or _has_token(call, fields):
                break
        else:
            raise _stranger(call)
        if signature is not None and not signature.is_fresh(self.clock.now()):
            raise Refusal(403, "too-late", TOO_LATE)
        return fields, signature


def handler(event: object, context: Context) -> Answer:
    """The answer to one call; it never raises for what came from outside."""
    try:
        call = call_of(event, MOST_BYTES)
        seconds = min(MOST_SECONDS, context.get_remaining_time_in_millis() / 1000 - LAST_SECONDS)
        given = _motion().pass_on(call, seconds)
    except Refusal as refusal:
        say("motion refused", status=refusal.status, code=refusal.code)
        return refusal.answer()
    except StoreUnavailable as error:
        say("motion not passed on", reason=str(error))
        return Refusal(502, "not-passed-on", "The report could not be passed on. Try again.").answer()
    say("motion passed on", status=given["statusCode"], camera=call.place)
    return given


def _verified(call: Call, fields: Mapping[str, str]) -> Signature | None:
    return MotionSecret(fields.get("secret", "")).verified(call.headers.get(HEADER.lower(), ""), call.body)


def _has_token(call: Call, fields: Mapping[str, str]) -> bool:
    """Who cannot sign may show the box's token instead; a signature that is wrong is not mended by it."""
    if HEADER.lower() in call.headers:
        return False
    scheme, _, shown = call.headers.get("authorization", "").partition(" ")
    token = fields.get("token", "")
    return scheme.lower() == "bearer" and bool(token) and hmac.compare_digest(shown.strip().encode(), token.encode())


def _stranger(call: Call) -> Refusal:
    if HEADER.lower() in call.headers:
        return Refusal(403, "wrong-signature", f"The {HEADER} of this report is wrong.")
    asked = {"WWW-Authenticate": 'Bearer realm="Doorstep"'}
    return Refusal(401, "sign-in", f"Sign the report with {HEADER}, or show a token.", asked)


def _word(call: Call, signature: Signature | None) -> MotionWord:
    """What is passed on.  Raises Refusal."""
    word = motion_word(call.body)
    if word is None:
        raise Refusal(400, "invalid", 'The body must be JSON with "at", a time like 2026-11-21T13:00:00Z, and "note".')
    camera = call.place or word.camera
    if not is_camera(camera) or (word.camera and word.camera != camera):
        raise Refusal(400, "no-camera", "Say which camera: POST /motion/CAMERA, or its id as camera in the body.")
    key = call.headers.get("idempotency-key", word.key)
    if len(key) > LONGEST_KEY or not key.isprintable() or not key.isascii():
        raise Refusal(400, "bad-key", f"Idempotency-Key must have 1 to {LONGEST_KEY} characters.")
    nonce = signature.nonce if signature else secrets.token_hex(16)
    return replace(word, camera=CameraId(camera), key=key, nonce=nonce)


def _said_by_box(said: BoxAnswer) -> Answer:
    """Its yes and its no to the sender as they are; what is ours or the box's to mend is a bad gateway.

    Raises Refusal.
    """
    match said.status:
        case 200 | 202:
            return answer(202, _document(said.body))
        case 404:
            raise Refusal(404, "not-found", "The box knows no such camera.")
        case 400 | 422:
            raise Refusal(said.status, "invalid", "The box does not take this report.")
        case 429:
            wait = said.retry_after if said.retry_after.isdecimal() else "1"
            raise Refusal(429, "too-often", "This sender reports too often about this camera.", {"Retry-After": wait})
        case 401 | 403:
            say("the box refuses the token or the signature", status=said.status)
            raise Refusal(502, "box-refuses", "The box does not accept this function's token or signature.")
        case _:
            say("the box does not answer", status=said.status)
            raise Refusal(502, "box-away", "The box could not be reached. Try again.")


def _document(body: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {}


def motion_of(environment: Mapping[str, str], clock: Clock) -> Motion:
    """From the function's environment.  Raises ConfigInvalid."""
    parameter, box, queue = (
        environment.get(f"DOORSTEP_{name}", "") for name in ("MOTION_PARAMETER", "BOX_URL", "QUEUE_URL")
    )
    if not parameter or not (box or queue):
        msg = "DOORSTEP_MOTION_PARAMETER and DOORSTEP_BOX_URL or DOORSTEP_QUEUE_URL must be set."
        raise ConfigInvalid(msg)
    secret = SecretParameter(parameter, clock)
    if box:
        return Motion(secret, clock, box=BoxDoor(box, clock))
    return Motion(secret, clock, queue=MotionLine(client("sqs"), queue, clock))


@cache
def _motion() -> Motion:
    """Made at the first call, so that what is missing is told as that call's error."""
    return motion_of(os.environ, SystemClock())
