"""Calls of a detector in AWS are signed: as AWS's own examples say, anew for each try, with nothing secret shown."""

import builtins
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import ReadOnlyCredentials  # type: ignore[import-untyped]

from doorstep.app.remote_detection import RemoteDetection, try_remote
from doorstep.core.cloud_settings import AccessKey, AwsSettings
from doorstep.core.errors import ConfigInvalid, DetectorUnavailable
from doorstep.core.remote_use import DetectionPlace
from doorstep.core.settings import DetectionSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.vision.aws_signature import AwsSignature
from doorstep.vision.remote import RemoteDetector, RemoteSettings
from doorstep.vision.remote_purse import Purse
from fakes.clock import FakeClock
from fakes.lambda_runtime import FrontRequest
from fakes.remote_detector import PERSON_THERE, SOMEBODY, Remote, remote_detector
from fakes.signed_requests import WRONG, SignatureCheck

REGION = "eu-central-1"
KEY = AccessKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SECRETS = {KEY.key_id: KEY.secret}
THEN = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
UNHURRIED = 30.0


def signed(
    signature: AwsSignature, method: str, url: str, content: bytes = b"", headers: Mapping[str, str] | None = None
) -> httpx.Request:
    request = httpx.Request(method, url, content=content, headers=headers)
    return next(signature.sync_auth_flow(request))


@pytest.mark.parametrize(
    ("method", "query", "expected"),
    [  # of AWS's own test suite for Signature Version 4
        ("GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            "?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ],
)
def test_a_signature_is_the_one_of_the_published_examples(method: str, query: str, expected: str) -> None:
    signature = AwsSignature(KEY, "us-east-1", FakeClock(THEN), "service")
    request = signed(signature, method, f"https://example.amazonaws.com/{query}")
    scope = "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
    assert request.headers["Authorization"].startswith(f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host;x-amz-date, ")
    assert request.headers["Authorization"].endswith(f"Signature={expected}")
    assert request.headers["X-Amz-Date"] == "20150830T123600Z"


@pytest.mark.parametrize("token", [None, "a-session/token=="])
def test_it_is_what_botocore_itself_would_send(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    url, content = "https://abc.lambda-url.eu-central-1.on.aws/look%20here/?least=0.350&a=b%2Fc", b"\xff\xd8picture"
    headers = {"Host": "abc.lambda-url.eu-central-1.on.aws", "Content-Type": "image/jpeg"}
    asked = AWSRequest("POST", url, headers, content)
    with patch("botocore.auth.get_current_datetime", lambda: THEN.replace(tzinfo=None)):
        SigV4Auth(ReadOnlyCredentials(KEY.key_id, KEY.secret, token), "lambda", REGION).add_auth(asked)
    set_environment(monkeypatch, token)
    mine = signed(AwsSignature(AccessKey(), REGION, FakeClock(THEN)), "POST", url, content, headers)
    assert mine.headers["Authorization"] == asked.headers["Authorization"]
    assert mine.headers.get("X-Amz-Security-Token") == token


def set_environment(monkeypatch: pytest.MonkeyPatch, token: str | None) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": KEY.key_id,
        "AWS_SECRET_ACCESS_KEY": KEY.secret,
        "AWS_SESSION_TOKEN": token,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


def asked_of(request: httpx.Request, **changed: Any) -> FrontRequest:
    headers = {name.lower(): value for name, value in request.headers.items()} | changed.pop("headers", {})
    fields = {
        "method": request.method,
        "path": request.url.raw_path.decode().partition("?")[0],
        "query": request.url.query.decode(),
        "headers": headers,
        "body": request.content,
    }
    return FrontRequest(**(fields | changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b"another picture"},
        {"query": "least=0.000"},
        {"path": "/elsewhere"},
        {"method": "PUT"},
        {"headers": {"host": "other.example"}},
        {"headers": {"content-type": "application/json"}},
        {"headers": {"x-amz-date": "20150830T123700Z"}},
    ],
)
def test_whoever_changes_anything_on_the_way_is_found_out(changed: dict[str, Any]) -> None:
    clock = FakeClock(THEN)
    check = SignatureCheck(SECRETS, clock, REGION)
    url = "https://abc.lambda-url.eu-central-1.on.aws/look%20here?least=0.350"
    request = signed(AwsSignature(KEY, REGION, clock), "POST", url, b"picture", {"Content-Type": "image/jpeg"})
    assert check(asked_of(request)) is None
    assert check(asked_of(request, **changed)) == WRONG


def answer_signed(remote: Remote, check: SignatureCheck) -> Mapping[str, Any]:
    """What the last request would have got in AWS."""
    headers = {name.lower(): value for name, value in remote.headers[-1].items()}
    path, _, query = remote.asked[-1].partition("?")
    body = SOMEBODY.jpeg(640, 640, 85)
    return {"refusal": check(FrontRequest("POST", path, query, headers, body)), "headers": headers}


@contextmanager
def detector(remote: Remote, signature: AwsSignature, token: str = "") -> Iterator[RemoteDetector]:
    where = RemoteSettings(remote.address, answer_seconds=UNHURRIED, token=token)
    made = RemoteDetector(where, Purse(Path("/nonexistent"), 0.0, 0.0), FakeClock(THEN), auth=signature)
    try:
        yield made
    finally:
        made.close()


def test_a_picture_is_sent_signed_by_the_host_of_the_config_in_the_place_of_any_token() -> None:
    clock = FakeClock(THEN)
    check = SignatureCheck(SECRETS, clock, REGION)
    with remote_detector() as remote, detector(remote, AwsSignature(KEY, REGION, clock), "a-token") as asked:
        assert asked.detect(SOMEBODY, 0.3) == [PERSON_THERE]
        told = answer_signed(remote, check)
        assert told["refusal"] is None
        assert "a-token" not in str(told["headers"])
        assert "content-type;host" in told["headers"]["authorization"]


def test_each_call_is_signed_with_the_time_of_its_own() -> None:
    clock = FakeClock(THEN)
    with remote_detector() as remote, detector(remote, AwsSignature(KEY, REGION, clock)) as asked:
        for _ in range(2):
            asked.detect(SOMEBODY, 0.3)
            clock.advance(3600)
        times = [headers["X-Amz-Date"] for headers in remote.headers]
    assert times == ["20150830T123600Z", "20150830T133600Z"]


@pytest.mark.parametrize("wrong", [-301, 301])
def test_a_clock_that_is_wrong_is_refused_by_the_front(wrong: int) -> None:
    clock = FakeClock(THEN)
    request = signed(AwsSignature(KEY, REGION, clock), "POST", "https://abc.lambda-url.eu-central-1.on.aws/", b"x")
    clock.advance(wrong)
    assert "Signature" in (SignatureCheck(SECRETS, clock, REGION)(asked_of(request)) or "")


def test_without_any_keys_it_says_so_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    signature = AwsSignature(AccessKey(), REGION, FakeClock(THEN))
    with remote_detector() as remote, detector(remote, signature) as asked:
        with pytest.raises(DetectorUnavailable, match="no keys for AWS were found; write access_key_id"):
            asked.detect(SOMEBODY, 0.3)
        assert remote.asked == []


def test_no_secret_is_shown_or_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, "the-session-token")
    for key in (KEY, AccessKey()):
        signature = AwsSignature(key, REGION, FakeClock(THEN))
        with caplog.at_level(logging.DEBUG):
            signed(signature, "POST", "https://abc.lambda-url.eu-central-1.on.aws/", b"x")
        shown = f"{signature!r} {key!r} {vars(signature)} {caplog.text}"
        assert KEY.secret not in shown
        assert "the-session-token" not in shown


def settings(address: str, sign: str = "aws") -> DetectionSettings:
    return DetectionSettings(where=DetectionPlace.REMOTE, endpoint=address, sign=sign)


def test_a_server_signs_with_the_keys_of_its_config(tmp_path: Path) -> None:
    clock = FakeClock(THEN)
    aws = AwsSettings(region=REGION, recorder=KEY)
    with remote_detector() as remote:
        board = HealthBoard(clock)
        made = RemoteDetection(settings(remote.address), lambda: None, tmp_path, board, clock, UNHURRIED, aws)
        assert made.current().detect(SOMEBODY, 0.3) == [PERSON_THERE]
        made.close()
        assert answer_signed(remote, SignatureCheck(SECRETS, clock, REGION))["refusal"] is None
        try_remote(settings(remote.address), tmp_path, clock, aws)
        assert "authorization" in {name.lower() for name in remote.headers[-1]}
        try_remote(settings(remote.address, ""), tmp_path, clock, aws)
        assert "authorization" not in {name.lower() for name in remote.headers[-1]}


def test_without_boto3_the_config_is_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("botocore"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigInvalid, match="boto3, which is not installed"):
        try_remote(settings("http://127.0.0.1:9"), tmp_path, FakeClock(THEN), AwsSettings(region=REGION))
