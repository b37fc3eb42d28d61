"""What the detect function makes of what it is sent: pictures, JSON, and all that is neither."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from doorstep.aws.picture_call import MOST_BYTES, answer_to
from doorstep.clock import SystemClock
from doorstep.media.frame import grey_picture
from doorstep.vision.remote_answer import parse_answer
from fakes.lambda_runtime import FrontRequest, http_event
from fakes.odd_jpegs import odd_jpeg
from fakes.remote_detector import PERSON_THERE, BrightnessDetector

GREY = grey_picture(320, 240).jpeg(320, 240, 85)
JPEG = {"content-type": "image/jpeg"}
JSON = {"content-type": "application/json"}
BOMB = odd_jpeg(3, 8200, 8)
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(28)
DEEP = b'{"image": ' + b"[" * 100_000


def text_of(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def posted(
    body: bytes, headers: Mapping[str, str], query: str = "", detector: BrightnessDetector | None = None
) -> dict[str, Any]:
    event = http_event(FrontRequest("POST", "/", query, headers, body))
    return answer_to(event, detector or BrightnessDetector(), SystemClock())


def problem_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(answer["body"])
    assert document["status"] == answer["statusCode"]
    assert document["detail"].endswith((".", "."))
    return document


def test_a_picture_is_answered_as_the_remote_detector_reads_it() -> None:
    answer = posted(GREY, JPEG)
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "application/json")
    read = parse_answer(answer["body"].encode())
    assert (list(read.detections), read.model) == ([PERSON_THERE], "brightness")
    assert set(json.loads(answer["body"])) == {"person_detected", "persons", "model", "ms"}


@pytest.mark.parametrize("kind", ["image/jpeg", "IMAGE/JPEG; charset=binary", "image/webp"])
def test_a_type_may_be_written_as_http_allows(kind: str) -> None:
    assert posted(GREY, {"content-type": kind})["statusCode"] == 200


@pytest.mark.parametrize(("least", "persons"), [("0.95", 0), ("0.5", 1), ("1e-1", 1), ("0", 1)])
def test_the_least_score_may_be_asked_for(least: str, persons: int) -> None:
    by_query = posted(GREY, JPEG, f"least={least}")
    by_document = posted(json.dumps({"image": text_of(GREY), "least": float(least)}).encode(), JSON)
    directly = answer_to({"image": text_of(GREY), "least": float(least)}, BrightnessDetector(), SystemClock())
    for document in (json.loads(by_query["body"]), json.loads(by_document["body"]), directly):
        assert (len(document["persons"]), document["person_detected"]) == (persons, persons > 0)


def test_json_that_comes_as_base64_is_read_too() -> None:
    event = http_event(FrontRequest("POST", "/", "", JSON, json.dumps({"image": text_of(GREY)}).encode()))
    event |= {"body": text_of(event["body"].encode()), "isBase64Encoded": True}
    assert answer_to(event, BrightnessDetector(), SystemClock())["statusCode"] == 200


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (b"", JPEG, "no picture"),
        (b"", JSON, "no picture"),
        (GREY, {}, "Send a picture as image/jpeg or image/webp"),
        (GREY, {"content-type": "image/png"}, "Send a picture as image/jpeg or image/webp"),
        (GREY, {"content-type": "text/plain"}, "Send a picture as image/jpeg or image/webp"),
        (b"\x00\xff" * 500, JPEG, "neither a JPEG nor a WebP"),
        (b"GIF89a" + bytes(50), JPEG, "neither a JPEG nor a WebP"),
        (GREY[:40], JPEG, "cut on the way"),
        (GREY[: len(GREY) * 9 // 10], JPEG, "cut on the way"),
        (GREY[:3] + bytes(50) + b"\xff\xd9", JPEG, "damaged"),
        (WEBP[:30], {"content-type": "image/webp"}, "cut on the way"),
        (WEBP, {"content-type": "image/webp"}, "damaged"),
        (BOMB, JPEG, "larger than|too large"),
        (odd_jpeg(3, 60_000, 60_000), JPEG, "larger than|too large"),
        (b"not json", JSON, "no JSON"),
        (DEEP, JSON, "no JSON"),
        (b"[1, 2]", JSON, "Send {"),
        (b"null", JSON, "Send {"),
        (b"{}", JSON, "Send {"),
        (b'{"image": ""}', JSON, "Send {"),
        (b'{"image": 7}', JSON, "no base64"),
        (b'{"image": ["/9j/"]}', JSON, "no base64"),
        (b'{"image": "/9j*"}', JSON, "no base64"),
        (b'{"image": "/9j"}', JSON, "no base64"),
        ('{"image": "grün"}'.encode(), JSON, "no base64"),
        (b'{"image": "aGVsbG8="}', JSON, "neither a JPEG nor a WebP"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(body: bytes, headers: dict[str, str], words: str) -> None:
    document = problem_of(answer := posted(body, headers))
    assert answer["statusCode"] == 400
    assert any(word in document["detail"] for word in words.split("|")), document


@pytest.mark.parametrize("least", ["-0.1", "1.1", "nan", "inf", "much", "", "0.3,0.4"])
def test_a_least_score_out_of_range_is_refused(least: str) -> None:
    if least:  # an empty one is none
        assert problem_of(posted(GREY, JPEG, f"least={least}"))["detail"].startswith("least:")
    told = '"high"' if least in {"", "much", "0.3,0.4"} else least.replace("nan", "NaN").replace("inf", "Infinity")
    body = f'{{"image": "{text_of(GREY)}", "least": {told}}}'.encode()
    assert problem_of(posted(body, JSON))["detail"].startswith("least:")


@pytest.mark.parametrize("least", ["true", "[]", "{}", '"0.3"'])
def test_a_least_score_that_is_no_number_is_refused(least: str) -> None:
    body = f'{{"image": "{text_of(GREY)}", "least": {least}}}'.encode()
    assert problem_of(posted(body, JSON))["detail"].startswith("least:")


@pytest.mark.parametrize("over", [1, 1_000_000])
def test_more_than_five_megabytes_are_refused_before_they_are_looked_at(over: int) -> None:
    detector = BrightnessDetector()
    large = GREY + bytes(MOST_BYTES + over - len(GREY))
    for body, headers in ((large, JPEG), (json.dumps({"image": text_of(large)}).encode(), JSON)):
        answer = posted(body, headers, detector=detector)
        assert (answer["statusCode"], problem_of(answer)["code"]) == (400, "too-large")
    assert detector.looks == 0


def test_exactly_five_megabytes_are_taken() -> None:
    full = GREY + bytes(MOST_BYTES - len(GREY))
    assert posted(full, JPEG)["statusCode"] == 200
    assert posted(json.dumps({"image": text_of(full), "least": 0.3}).encode(), JSON)["statusCode"] == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_another_method_is_told_which_one_is_right(method: str) -> None:
    answer = answer_to(http_event(FrontRequest(method, "/", "", JPEG, GREY)), BrightnessDetector(), SystemClock())
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "event", [None, [], "text", 7, {}, {"Records": []}, {"image": None}, {"image": 3}, {"body": "x"}, {"image": "?"}]
)
def test_a_plain_invocation_without_a_picture_gets_a_problem_document(event: object) -> None:
    document = answer_to(event, BrightnessDetector(), SystemClock())
    assert (document["status"], document["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "changed",
    [
        {"requestContext": None},
        {"requestContext": {"http": 7}},
        {"headers": None},
        {"headers": ["content-type"]},
        {"isBase64Encoded": False},
        {"isBase64Encoded": "yes"},
        {"body": 7},
        {"body": "grün"},
        {"body": ["/9j/"]},
        {"queryStringParameters": {"least": ["0.3"]}},
    ],
)
def test_an_event_that_nobody_at_aws_makes_is_refused_too(changed: dict[str, object]) -> None:
    event = http_event(FrontRequest("POST", "/", "", JPEG, GREY)) | changed
    answer = answer_to(event, BrightnessDetector(), SystemClock())
    assert answer["statusCode"] in {400, 405}
    problem_of(answer)


def test_a_model_that_cannot_look_is_told_with_when_to_come_again() -> None:
    detector = BrightnessDetector()
    detector.broken = True
    answer = posted(GREY, JPEG, detector=detector)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "5")
    assert problem_of(answer)["code"] == "detector-unavailable"
