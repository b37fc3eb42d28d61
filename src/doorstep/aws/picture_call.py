"""A picture that somebody sent to the detect function, and the answer: `vision/remote_answer`'s contract.

By HTTP (a Function URL's payload format 2.0) or by a plain invocation.  What looks is loaded in `detect`.
"""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from doorstep.aws.gateway import Answer, Refusal, answer
from doorstep.core.errors import DetectorUnavailable, MediaInvalid
from doorstep.media.sent_picture import decode_sent
from doorstep.ports import Clock, Detector
from doorstep.vision.remote_answer import as_document

MOST_BYTES: Final = 5_000_000
LEAST_SCORE: Final = 0.01
_MOST_LETTERS: Final = 4 * -(-MOST_BYTES // 3)
_MOST_AROUND: Final = 1024
"""Letters of JSON around the picture's."""

_TYPES: Final = frozenset({"image/jpeg", "image/webp"})
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class PictureCall:
    """What is to be looked at, still encoded, and the least score that is asked for, None where none is."""

    content: bytes
    least: float | None = None


def answer_to(event: object, detector: Detector, clock: Clock) -> Answer:
    """Never raises for what somebody sent: that is a problem document.

    Called by HTTP it is an HTTP answer, otherwise the document alone.
    """
    by_http = isinstance(event, Mapping) and "requestContext" in event
    try:
        call = _http_call(event) if by_http and isinstance(event, Mapping) else _told(event)
        document = _seen(call, detector, clock)
    except Refusal as refusal:
        refused = refusal.answer()
        return refused if by_http else dict(json.loads(refused["body"]))
    return answer(200, document) if by_http else document


def _seen(call: PictureCall, detector: Detector, clock: Clock) -> dict[str, Any]:
    least = max(detector.thresholds.keep if call.least is None else call.least, LEAST_SCORE)
    began = clock.monotonic()
    try:
        found = detector.detect(decode_sent(call.content), least)
    except MediaInvalid as error:
        raise Refusal(400, "invalid", str(error)) from None
    except DetectorUnavailable as error:
        raise Refusal(503, "detector-unavailable", str(error), {"Retry-After": "5"}) from None
    return as_document(found, detector.name, (clock.monotonic() - began) * 1000)


def _http_call(event: Mapping[str, Any]) -> PictureCall:
    """Raises Refusal."""
    method = str(_within(_within(event, "requestContext"), "http").get("method", ""))
    if method != "POST":
        raise Refusal(405, "wrong-method", "Send a picture by POST.", {"Allow": "POST"})
    headers = {str(name).lower(): str(value) for name, value in _within(event, "headers").items()}
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES | {_JSON}:
        raise Refusal(400, "invalid", "Send a picture as image/jpeg or image/webp, or within application/json.")
    if kind == _JSON:
        return _told(_document(event))
    told = _within(event, "queryStringParameters").get("least")
    return PictureCall(_picture_body(event), None if told is None else _least(_number(told)))


def _picture_body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body")
    if not body:
        raise Refusal(400, "invalid", "There is no picture in this request.")
    if event.get("isBase64Encoded") is not True:
        raise Refusal(400, "invalid", "The request could not be read: a picture comes as base64.")
    return _unpacked(body)


def _document(event: Mapping[str, Any]) -> object:
    """The JSON of the body, whatever it is."""
    body = event.get("body")
    if not isinstance(body, str) or not body:
        raise Refusal(400, "invalid", "There is no picture in this request.")
    packed = event.get("isBase64Encoded") is True
    if len(body) > (_MOST_LETTERS + _MOST_AROUND) * (4 if packed else 3) // 3:
        raise _too_large()
    try:
        return json.loads(b64decode(body, validate=True) if packed else body)
    except (ValueError, RecursionError):
        raise Refusal(400, "invalid", "This is no JSON.") from None


def _told(document: object) -> PictureCall:
    """`{"image": "<base64>", "least": 0.3}`; raises Refusal."""
    if not isinstance(document, Mapping) or not document.get("image"):
        raise Refusal(400, "invalid", 'Send {"image": "<the picture as base64>"}, with "least" where you like.')
    told = document.get("least")
    return PictureCall(_unpacked(document["image"]), None if told is None else _least(told))


def _unpacked(text: object) -> bytes:
    """The picture; what is too large is not even unpacked."""
    if isinstance(text, str) and len(text) > _MOST_LETTERS:
        raise _too_large()
    try:
        content = b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        content = b""
    if not content:
        raise Refusal(400, "invalid", "The picture is no base64.")
    if len(content) > MOST_BYTES:
        raise _too_large()
    return content


def _number(text: object) -> float:
    """-1 for what is none."""
    try:
        return float(str(text))
    except ValueError:
        return -1.0


def _least(told: object) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0.0 <= told <= 1.0:
        raise Refusal(400, "invalid", "least: it must be a number from 0 to 1.")
    return float(told)


def _within(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of that name, empty where there is none: not everybody who may call is AWS."""
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _too_large() -> Refusal:
    return Refusal(400, "too-large", "A picture may have at most 5 MB.")
