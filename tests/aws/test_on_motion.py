"""`on_motion` under the real Lambda client: whom it believes, what it passes on, and what it says to others."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.core.signed_motion import HEADER, MotionSecret
from fakes.api_gateway import HttpApi, http_api
from fakes.free_port import free_port
from fakes.lambda_runtime import FunctionError, LambdaFunction, lambda_function
from fakes.motion_house import House, house
from fakes.moto_server import Cloud, moto_server
from fakes.server_process import wait_for

HANDLER, ROUTE, PARAMETER = "doorstep.aws.on_motion.handler", "POST /motion/{camera}", "/doorstep/motion"
SECRET, TOKEN = MotionSecret("a secret of both ends"), "dst_token-of-the-box"
BODY = b'{"at": "2026-11-21T13:00:00.000Z", "note": "motion score 0.250"}'


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with moto_server() as made:
        made.parameter(PARAMETER, {"secret": SECRET.value, "token": TOKEN})
        yield made


@pytest.fixture(scope="module")
def queue(cloud: Cloud) -> str:
    return cloud.queue(hidden=0)


@pytest.fixture(scope="module")
def function(cloud: Cloud, queue: str) -> Iterator[LambdaFunction]:
    words = {**cloud.environment(), "DOORSTEP_MOTION_PARAMETER": PARAMETER, "DOORSTEP_QUEUE_URL": queue}
    with lambda_function(HANDLER, words) as made:
        yield made


@pytest.fixture
def api(function: LambdaFunction, cloud: Cloud, queue: str) -> Iterator[HttpApi]:
    taken_out(cloud, queue)
    with http_api(function, ROUTE) as made:
        yield made


@pytest.fixture
def box(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


@pytest.fixture
def called(box: House, cloud: Cloud, tmp_path: Path) -> Iterator[tuple[HttpApi, LambdaFunction]]:
    """An API whose function calls the box."""
    with ExitStack() as open_ones:
        made = open_ones.enter_context(lambda_function(HANDLER, calling(cloud, box.url, tmp_path)))
        yield open_ones.enter_context(http_api(made, ROUTE)), made


def calling(cloud: Cloud, url: str, folder: Path) -> dict[str, str]:
    (certificate,) = folder.glob("cert*.pem")
    return {
        **cloud.environment(),
        "DOORSTEP_MOTION_PARAMETER": PARAMETER,
        "DOORSTEP_BOX_URL": url.partition("/api/")[0],
        "SSL_CERT_FILE": str(certificate),
    }


def sent(
    api: HttpApi, body: bytes = BODY, at: float | None = None, secret: MotionSecret = SECRET, **more: str
) -> httpx.Response:
    """As `doorstep publish` does it."""
    signed = secret.sign(datetime.fromtimestamp(at or time.time(), UTC), body)
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k1", HEADER: signed}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return httpx.post(f"{api.address}/motion/front-door", content=body, headers=headers, timeout=60)


def waiting(cloud: Cloud, queue: str) -> list[dict[str, Any]]:
    """What lies in the queue, which is taken out; each must be signed."""
    found = taken_out(cloud, queue)
    for message in found:
        signed = message["MessageAttributes"][HEADER]["StringValue"]
        assert SECRET.verified(signed, message["Body"].encode()) is not None
    return [json.loads(message["Body"]) for message in found]


def taken_out(cloud: Cloud, queue: str) -> list[dict[str, Any]]:
    sqs = cloud.client("sqs")
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    messages: list[dict[str, Any]] = found.get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return messages


def test_what_is_signed_waits_in_the_queue_signed_anew_with_the_senders_key(
    api: HttpApi, cloud: Cloud, queue: str
) -> None:
    answer = sent(api)
    assert (answer.status_code, answer.json()["queued"]) == (202, True)
    [word] = waiting(cloud, queue)
    assert (word["camera"], word["key"], word["note"]) == ("front-door", "k1", "motion score 0.250")
    assert word["at"] == "2026-11-21T13:00:00.000Z"
    assert word["nonce"]


def test_a_replay_has_the_nonce_of_the_first_whatever_key_it_bears(api: HttpApi, cloud: Cloud, queue: str) -> None:
    at = time.time()
    for key in ("k1", "k2"):
        assert sent(api, at=at, Idempotency_Key=key).status_code == 202
    first, second = waiting(cloud, queue)
    assert first["nonce"] == second["nonce"]


def test_a_token_serves_who_cannot_sign_and_mends_no_signature(api: HttpApi, cloud: Cloud, queue: str) -> None:
    address, right = f"{api.address}/motion/front-door", {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.post(address, headers=right).status_code == 202
    assert httpx.post(address, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert httpx.post(address).status_code == 401
    assert sent(api, secret=MotionSecret("a guess"), Authorization=f"Bearer {TOKEN}").status_code == 403
    assert len(waiting(cloud, queue)) == 1


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["code"]


def test_what_is_forged_old_or_ahead_is_refused_in_plain_words(api: HttpApi, cloud: Cloud, queue: str) -> None:
    assert problem(sent(api, secret=MotionSecret("a guess"))) == (403, "wrong-signature")
    assert problem(sent(api, at=time.time() - 320)) == (403, "too-late")
    assert problem(sent(api, at=time.time() + 320)) == (403, "too-late")
    assert waiting(cloud, queue) == []


def test_what_is_no_report_is_refused(api: HttpApi, cloud: Cloud, queue: str) -> None:
    assert problem(sent(api, b"[")) == (400, "invalid")
    assert problem(sent(api, b'{"note": "' + b"x" * 5000 + b'"}')) == (413, "too-large")
    assert problem(sent(api, b"x" * 50_000)) == (413, "too-large")
    assert problem(sent(api, b"\xff\xfe")) == (400, "invalid")
    assert problem(sent(api, b'{"camera": "garden"}')) == (400, "no-camera")
    assert problem(sent(api, Idempotency_Key="k" * 256)) == (400, "bad-key")
    signed = {HEADER: SECRET.sign(datetime.now(UTC), b"{}")}
    assert problem(httpx.post(f"{api.address}/motion/UP..", content=b"{}", headers=signed)) == (400, "no-camera")
    assert httpx.get(f"{api.address}/motion/front-door").status_code == 404
    assert waiting(cloud, queue) == []


def test_no_secret_or_token_stands_in_the_log(api: HttpApi, function: LambdaFunction) -> None:
    sent(api)
    sent(api, secret=MotionSecret("a guess"))
    sent(api, Authorization=f"Bearer {TOKEN}")
    assert '"motion passed on"' in function.log
    assert SECRET.value not in function.log
    assert TOKEN not in function.log


def test_a_new_secret_holds_at_once(api: HttpApi, cloud: Cloud, function: LambdaFunction) -> None:
    assert sent(api).status_code == 202
    new = MotionSecret("another secret of both ends")
    cloud.parameter(PARAMETER, {"secret": new.value, "token": TOKEN})
    try:
        function.end()
        assert sent(api, secret=new).status_code == 202
        assert sent(api).status_code == 403
    finally:
        cloud.parameter(PARAMETER, {"secret": SECRET.value, "token": TOKEN})
        function.end()


@pytest.mark.parametrize("service", ["SQS", "SSM"])
def test_where_queue_or_parameter_are_down_the_sender_is_asked_to_try_again(
    cloud: Cloud, queue: str, service: str
) -> None:
    words = {**cloud.environment(), "DOORSTEP_MOTION_PARAMETER": PARAMETER, "DOORSTEP_QUEUE_URL": queue}
    words[f"AWS_ENDPOINT_URL_{service}"] = f"http://127.0.0.1:{free_port()}"
    with lambda_function(HANDLER, words) as function, http_api(function, ROUTE) as api:
        assert problem(sent(api)) == (502, "not-passed-on")


def test_the_box_is_called_signed_with_its_token_and_the_senders_key(
    called: tuple[HttpApi, LambdaFunction], box: House
) -> None:
    assert sent(called[0]).status_code == 202
    [(path, headers, body)] = box.asked
    assert path == "/api/v1/cameras/front-door/motion"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Idempotency-Key"] == "k1"
    assert SECRET.verified(headers[HEADER], body) is not None
    assert json.loads(body)["camera"] == "front-door"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        *((401, 502, "box-refuses"), (403, 502, "box-refuses"), (404, 404, "not-found"), (429, 429, "too-often")),
        *((422, 422, "invalid"), (301, 502, "box-away")),
    ],
)
def test_what_the_box_says_is_told_as_what_the_sender_can_do(
    called: tuple[HttpApi, LambdaFunction], box: House, said: int, status: int, code: str
) -> None:
    box.status = said
    assert problem(sent(called[0])) == (status, code)
    assert len(box.asked) == 1


def test_a_box_in_trouble_is_tried_again_with_the_same_words_until_the_sender_would_leave(
    called: tuple[HttpApi, LambdaFunction], box: House
) -> None:
    box.status = 503
    began = time.monotonic()
    assert problem(sent(called[0])) == (502, "box-away")
    assert time.monotonic() - began < 60
    assert len(box.asked) >= 3
    assert len({(headers[HEADER], headers["Idempotency-Key"], body) for _, headers, body in box.asked}) == 1


def test_a_box_that_is_away_or_shows_a_strange_certificate_is_a_bad_gateway(
    cloud: Cloud, box: House, tmp_path: Path
) -> None:
    away = calling(cloud, f"https://127.0.0.1:{free_port()}", tmp_path)
    strange = calling(cloud, box.url, tmp_path) | {"SSL_CERT_FILE": "/dev/null"}
    for words in (away, strange):
        with lambda_function(HANDLER, words) as function, http_api(function, ROUTE) as api:
            assert problem(sent(api)) == (502, "box-away")
    assert box.asked == []


def test_a_function_that_is_ended_in_the_middle_passes_the_same_key_on_the_next_time(
    cloud: Cloud, box: House, tmp_path: Path
) -> None:
    """The API answers 503 to who waited, the sender tries again, and the box knows the key."""
    words = calling(cloud, box.url, tmp_path)
    with lambda_function(HANDLER, words) as function, http_api(function, ROUTE, seconds=0.0) as api:
        assert sent(api).status_code == 503
        wait_for(lambda: len(box.asked) == 1, 30)
        function.end()
    with lambda_function(HANDLER, words) as function, http_api(function, ROUTE) as api:
        assert sent(api).status_code == 202
    assert [headers["Idempotency-Key"] for _, headers, _ in box.asked] == ["k1", "k1"]


@pytest.mark.parametrize(
    "words",
    [{"DOORSTEP_BOX_URL": ""}, {"DOORSTEP_BOX_URL": "http://box.example.org"}, {"DOORSTEP_MOTION_PARAMETER": ""}],
)
def test_a_function_that_lacks_an_environment_says_so(cloud: Cloud, words: dict[str, str]) -> None:
    whole = {"DOORSTEP_MOTION_PARAMETER": PARAMETER, "DOORSTEP_BOX_URL": "https://box.example.org", **words}
    event = {"version": "2.0", "requestContext": {"http": {"method": "POST"}}, "pathParameters": {"camera": "a"}}
    with (
        lambda_function(HANDLER, cloud.environment() | whole) as function,
        pytest.raises(FunctionError, match="ConfigInvalid: DOORSTEP_"),
    ):
        function.invoke(event)
