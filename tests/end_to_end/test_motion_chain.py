"""Motion that `doorstep publish` sees reaches a phone by way of the cloud: as a call of the box, or through a queue."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.cli.accounts import accounts_of
from doorstep.core.access import Scope
from doorstep.core.camera import CameraId
from doorstep.core.motion_word import MotionWord
from doorstep.core.signed_motion import HEADER, MotionSecret
from fakes.api_gateway import HttpApi, http_api
from fakes.certificates import Certificate, certificate
from fakes.free_port import free_port
from fakes.lambda_runtime import lambda_function
from fakes.moto_server import REGION, Cloud, moto_server
from fakes.pictures import NEEDS_MODEL
from fakes.push_service import Browser, PushService, push_service
from fakes.server_process import PASSWORD, ServerProcess, command, model_folder, running, wait_for

FFMPEG = shutil.which("ffmpeg")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")]

HANDLER, ROUTE, PARAMETER = "doorstep.aws.on_motion.handler", "POST /motion/{camera}", "/doorstep/motion"
SECRET, KEY = "a secret of both ends", "key-of-the-door"
CONFIG = """
[buffer]
max_bytes = "90 MB"
[[camera]]
id = "front-door"
name = "Front door"
source = "rtmp-listen://127.0.0.1:{rtmp}/live"
stream_key = "{key}"
[events]
alert_on = ["trigger"]
post_roll = 2
close_after = 3
[server.tls]
cert = "{tls.certificate}"
key = "{tls.key}"
[notify.push]
contact = "ada@example.org"
services = ["{push}"]
[aws]
region = "{region}"
access_key_id = "testing"
secret_access_key = "testing"
motion_secret = "{secret}"
{more}
"""


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))  # everybody here trusts it
    return made


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds in which everything moves."""
    assert FFMPEG is not None
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    picture = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=15", "-t", "4", "-pix_fmt", "yuv420p"]
    encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "15"]
    subprocess.run([FFMPEG, "-v", "error", *picture, *encoder, str(path)], check=True, timeout=300)
    return path


@dataclass
class Chain:
    """A box with a phone, and the way to it from outside."""

    server: ServerProcess
    service: PushService
    phone: Browser
    api: HttpApi
    rtmp: int
    film: Path
    folder: Path

    def told(self) -> list[dict[str, Any]]:
        """What the phone shows of motion."""
        own = [pushed for pushed in self.service.pushed if self.phone.device.endpoint.endswith(pushed.path)]
        told = [self.phone.read(pushed.body) for pushed in own]
        return [word for word in told if word["cause"] == "trigger"]

    def triggers(self) -> list[dict[str, Any]]:
        return [event for event in self.server.events() if "trigger" in event["causes"]]

    @contextmanager
    def publishing(self) -> Iterator[Path]:
        """`doorstep publish` as it stands at a door: it shows the box its picture, and the cloud its motion."""
        log = self.folder / "publish.log"
        words = ["--to", f"rtmp://127.0.0.1:{self.rtmp}/live/{KEY}", "--from", f"file://{self.film}?loop"]
        words += ["--motion", f"{self.api.address}/motion/front-door", "--motion-cooldown", "600"]
        environment = {**os.environ, "DOORSTEP_MOTION_SECRET": SECRET}
        with log.open("wb") as written:
            process = subprocess.Popen(command("publish", *words), stdout=written, stderr=written, env=environment)
        try:
            yield log
        finally:
            process.kill()
            process.wait(60)


@contextmanager
def chain(tmp_path: Path, tls: Certificate, film: Path, *, queued: bool) -> Iterator[tuple[Chain, Cloud, str]]:
    with ExitStack() as opened:
        service, cloud = opened.enter_context(push_service(tls)), opened.enter_context(moto_server())
        queue, rtmp = cloud.queue() if queued else "", free_port()
        more = f'motion_queue = "{queue}"' if queued else ""
        config = CONFIG.format(rtmp=rtmp, key=KEY, tls=tls, push=service.base, region=REGION, secret=SECRET, more=more)
        environment = {"AWS_ENDPOINT_URL_SQS": cloud.endpoint}
        if (models := model_folder()) is not None:
            environment["DOORSTEP_MODELS"] = str(models)
        server = opened.enter_context(running(tmp_path / "data", config, environment))
        phone = service.browser("Phone")
        subscribe(server, phone)
        cloud.parameter(PARAMETER, {"secret": SECRET, "token": motion_token(server)})
        where = {"DOORSTEP_QUEUE_URL": queue} if queued else {"DOORSTEP_BOX_URL": server.url}
        words = {**cloud.environment(), "DOORSTEP_MOTION_PARAMETER": PARAMETER, **where}
        words["SSL_CERT_FILE"] = str(tls.certificate)
        function = opened.enter_context(lambda_function(HANDLER, words))
        api = opened.enter_context(http_api(function, ROUTE))
        yield Chain(server, service, phone, api, rtmp, film, tmp_path), cloud, queue


def subscribe(server: ServerProcess, phone: Browser) -> None:
    line = wait_for(lambda: next((line for line in server.lines if "/setup#" in line), None), 20, "the set-up address")
    headers = {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=60) as ada:
        code = line.strip().rpartition("#")[2]
        assert ada.post("/setup", json={"code": code, "name": "Ada", "password": PASSWORD}).status_code == 201
        assert ada.post("/push/subscriptions", json=phone.to_json()).status_code == 201


def motion_token(server: ServerProcess) -> str:
    """As `doorstep tokens create --scope motion:write --camera front-door` makes it."""
    with accounts_of(server.data) as accounts:
        return accounts.create_token("cloud", [Scope.MOTION_WRITE], ["front-door"], None)


@pytest.mark.parametrize("queued", [False, True], ids=["called", "queued"])
def test_motion_at_the_door_reaches_the_phone_once(tmp_path: Path, tls: Certificate, film: Path, queued: bool) -> None:
    with chain(tmp_path, tls, film, queued=queued) as (house, cloud, queue), house.publishing() as log:
        [shown] = wait_for(house.told, 60, "the push")
        assert (shown["camera"], shown["title"]) == ("front-door", "Motion reported at Front door")
        assert len(house.triggers()) == 1
        wait_for(lambda: "motion reported" in log.read_text(), 20, "the sender's line")
        if queued:
            wait_for(lambda: cloud.waiting(queue) == 0, 20, "an empty queue")
        told = house.server.log.read_text(encoding="utf-8") + log.read_text()
        assert SECRET not in told
        assert KEY not in told


@pytest.mark.parametrize("queued", [False, True], ids=["called", "queued"])
def test_an_answer_that_is_lost_on_the_way_is_asked_for_again_and_told_once(
    tmp_path: Path, tls: Certificate, film: Path, queued: bool
) -> None:
    with chain(tmp_path, tls, film, queued=queued) as (house, cloud, queue):
        house.api.break_off = 2
        with house.publishing() as log:
            wait_for(lambda: "motion reported" in log.read_text(), 60, "a report that was taken")
            wait_for(house.told, 60, "the push")
            if queued:
                wait_for(lambda: cloud.waiting(queue) == 0, 20, "an empty queue")
        assert len(house.api.requests) >= 3
        assert len({request.headers["idempotency-key"] for request in house.api.requests}) == 1
        assert len(house.triggers()) == 1
        assert len(house.told()) == 1


@NEEDS_MODEL
def test_a_replayed_call_and_a_forged_one_tell_nobody(tmp_path: Path, tls: Certificate, film: Path) -> None:
    with chain(tmp_path, tls, film, queued=False) as (house, _, _), house.publishing():
        wait_for(house.told, 60, "the push")
        wait_for(lambda: house.triggers()[0]["ended_at"], 60, "the end of the event")  # an open one hides another word
        [first] = [request for request in house.api.requests if request.path == "/motion/front-door"]
        address = f"{house.api.address}/motion/front-door"
        shown = {HEADER: first.headers[HEADER.lower()], "content-type": first.headers["content-type"]}
        for number in range(3):
            headers = {**shown, "idempotency-key": f"a stranger's {number}"}
            assert httpx.post(address, headers=headers, content=first.body, timeout=60).status_code == 202
        forged = {**shown, "idempotency-key": "forged"}
        assert httpx.post(address, headers=forged, content=b'{"note":"x"}', timeout=60).status_code == 403
        assert len(house.triggers()) == 1
        body = b'{"note":"a new one"}'
        signed = {**shown, "idempotency-key": "new", HEADER: MotionSecret(SECRET).sign(datetime.now(UTC), body)}
        assert httpx.post(address, headers=signed, content=body, timeout=60).status_code == 202
        wait_for(lambda: len(house.triggers()) == 2, 20, "what is no replay")


def test_what_the_queue_held_while_the_box_was_off_is_no_news(tmp_path: Path, tls: Certificate, film: Path) -> None:
    """More than a minute old: taken out, not acted on."""
    with chain(tmp_path, tls, film, queued=True) as (house, cloud, queue):
        late(cloud, queue)
        wait_for(lambda: cloud.waiting(queue) == 0, 60, "an empty queue")
        assert house.triggers() == []
        wait_for(lambda: "reason=late" in house.server.log.read_text(encoding="utf-8"), 20, "a line in the log")


def late(cloud: Cloud, queue: str) -> None:
    put(cloud, queue, *signed("late", datetime.now(UTC) - timedelta(seconds=90)))


def signed(nonce: str, at: datetime) -> tuple[bytes, str]:
    """A word as the function in the cloud passes it on, and its signature."""
    word = MotionWord(CameraId("front-door"), nonce=nonce).body()
    return word, MotionSecret(SECRET).sign(at, word)


def put(cloud: Cloud, queue: str, word: bytes, signature: str) -> None:
    attributes = {HEADER: {"DataType": "String", "StringValue": signature}}
    cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=word.decode(), MessageAttributes=attributes)


def test_what_the_queue_told_before_a_kill_is_known_to_the_next_run_when_it_is_called_in(
    tmp_path: Path, tls: Certificate, film: Path
) -> None:
    """A queue may give a message again after half a minute: what becomes of it then is shown beside the queue."""
    with chain(tmp_path, tls, film, queued=True) as (house, cloud, queue):
        told = signed("told", datetime.now(UTC))
        put(cloud, queue, *told)
        wait_for(house.triggers, 20, "the event")
        wait_for(lambda: cloud.waiting(queue) == 0, 20, "an empty queue")
        house.server.kill()
        house.server.start()
        called(house.server, *told)
        assert len(house.triggers()) == 1
        called(house.server, *signed("new", datetime.now(UTC)))
        wait_for(lambda: len(house.triggers()) == 2, 20, "what is no replay")


def called(server: ServerProcess, word: bytes, signature: str) -> None:
    """As somebody does who has it all, the token too."""
    headers = {"Authorization": f"Bearer {motion_token(server)}", HEADER: signature, "Content-Type": "application/json"}
    answer = httpx.post(f"{server.url}/api/v1/cameras/front-door/motion", headers=headers, content=word, timeout=60)
    assert answer.status_code == 202
