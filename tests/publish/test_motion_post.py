"""What a server is told of motion, and what its answers mean."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest

from doorstep.core.errors import ConfigInvalid, NotifierRefused, NotifierUnavailable
from doorstep.core.motion_report import MotionReport
from doorstep.core.signed_motion import signature
from doorstep.publish.motion_post import MotionPost, MotionTarget
from fakes.certificates import OPENSSL, certificate
from fakes.clock import FakeClock
from fakes.motion_house import house

TOKEN, SECRET = "dst_token", "shared secret"


def test_the_report_carries_its_moment_its_key_and_both_proofs() -> None:
    clock = FakeClock()
    with house() as heard:
        post = MotionPost(MotionTarget(heard.url, TOKEN, SECRET), clock)
        post.send(MotionReport("one key", clock.monotonic(), 0.25))
    path, headers, body = heard.asked[0]
    assert path == "/api/v1/cameras/front-door/motion"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Idempotency-Key"] == "one key"
    assert json.loads(body) == {"at": "2026-11-21T13:00:00.000Z", "note": "motion score 0.250"}
    at, _, seal = headers["X-Doorstep-Signature"].partition(",")
    expected = hmac.new(SECRET.encode(), at.removeprefix("t=").encode() + b"." + body, hashlib.sha256).hexdigest()
    assert seal == f"v1={expected}"
    assert at == f"t={int(clock.now().timestamp())}"


def test_a_late_report_tells_when_it_was_and_how_late_it_is() -> None:
    clock = FakeClock()
    seen_at = clock.monotonic()
    clock.advance(300.0)
    with house() as heard:
        MotionPost(MotionTarget(heard.url, TOKEN), clock).send(MotionReport("k", seen_at, 0.1))
    told = json.loads(heard.asked[0][2])
    assert told["at"] == "2026-11-21T13:00:00.000Z"
    assert "sent 300 s late" in told["note"]
    assert "X-Doorstep-Signature" not in heard.asked[0][1]


@pytest.mark.parametrize("status", [429, 500, 503, 408])
def test_a_server_in_trouble_is_tried_again(status: int) -> None:
    with house() as heard:
        heard.status = status
        with pytest.raises(NotifierUnavailable):
            MotionPost(MotionTarget(heard.url, TOKEN), FakeClock()).send(MotionReport("k", 0.0, 0.1))


@pytest.mark.parametrize("status", [301, 401, 403, 404, 422])
def test_a_no_is_final_and_a_redirection_is_not_followed_with_the_token(status: int) -> None:
    with house() as heard:
        heard.status = status
        with pytest.raises(NotifierRefused) as refused:
            MotionPost(MotionTarget(heard.url, TOKEN), FakeClock()).send(MotionReport("k", 0.0, 0.1))
    assert TOKEN not in str(refused.value)
    assert len(heard.asked) == 1


def test_nobody_there_is_tried_again() -> None:
    with house() as heard:
        pass
    with pytest.raises(NotifierUnavailable):
        MotionPost(MotionTarget(heard.url, TOKEN), FakeClock()).send(MotionReport("k", 0.0, 0.1))


def test_a_token_in_clear_text_to_a_public_address_is_never_sent() -> None:
    target = MotionTarget("http://8.8.8.8/motion", TOKEN)
    with pytest.raises(ConfigInvalid, match="--insecure"):
        MotionPost(target, FakeClock()).send(MotionReport("k", 0.0, 0.1))


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_https_is_verified(tmp_path: Path) -> None:
    with house(tmp_path) as heard:
        target = MotionTarget(heard.url, TOKEN)
        with pytest.raises(NotifierUnavailable, match="certificate"):
            MotionPost(target, FakeClock()).send(MotionReport("k", 0.0, 0.1))
        assert heard.asked == []
        made = certificate(tmp_path)
    assert made.certificate.exists()


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("ftp://host/motion", TOKEN),
        ("https:///motion", TOKEN),
        ("https://host:x/motion", TOKEN),
        ("https://me:geheim@host/motion", TOKEN),
        ("https://host/mo tion", TOKEN),
        ("https://host/motion", "geheim\r\nX: y"),
        ("https://host/motion", ""),
    ],
)
def test_what_cannot_be_used_is_told_without_its_secrets(url: str, token: str) -> None:
    with pytest.raises(ConfigInvalid, match="--motion") as refused:
        MotionTarget(url, token)
    assert "geheim" not in str(refused.value)


def test_secrets_are_not_in_the_targets_text() -> None:
    assert "geheim" not in repr(MotionTarget("https://host/motion?key=geheim", "geheim", "geheim"))


def test_the_signature_is_the_one_that_the_guide_tells() -> None:
    assert signature("s", 1, b"{}") == "t=1,v1=" + hmac.new(b"s", b"1.{}", hashlib.sha256).hexdigest()
