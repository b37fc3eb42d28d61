"""`make smoke-aws` against servers here: radosgw holds the identities to their rights, stand-ins play the functions."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from deploy.aws import policies, smoke
from deploy.aws.access_keys import Key
from deploy.aws.home import home_of
from deploy.aws.own_folder import MOTION_SECRET, MOTION_TOKEN, RECORDER_SECRET, SNIPPET, VIEWER_SECRET, OwnFolder
from deploy.aws.snippet import snippet

from doorstep.core.clip_words import METADATA, clip_words
from fakes.radosgw import Keys, missing, radosgw
from fakes.server_process import wait_for

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

TOKEN, SECRET = "a-token-of-motion", "a-secret-that-motion-is-signed-with"
HOME = {"mail_from": "door@example.org", "mail_to": "ann@example.org", "box_url": "https://door.example.org"}
SEEN = {"person_detected": False, "persons": [], "model": "stand-in", "ms": 1}


@dataclass
class Functions:
    """What API Gateway and Lambda would answer; `open_to_all` is a deployment that went wrong."""

    address: str = ""
    open_to_all: bool = False
    reported: list[str] = field(default_factory=list)


@pytest.fixture
def functions() -> Iterator[Functions]:
    state = Functions()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            shown = self.headers.get("Authorization", "")
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path.startswith("/motion/"):
                return self._motion(shown)
            signed = shown.startswith("AWS4-HMAC-SHA256 Credential=AK")
            return self._answer(200 if signed or state.open_to_all else 403, SEEN)

        def _motion(self, shown: str) -> None:
            known = shown == f"Bearer {TOKEN}"
            if known:
                state.reported.append(self.path.removeprefix("/motion/"))
            self._answer(202 if known or state.open_to_all else 401, {})

        def _answer(self, status: int, told: Any) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def deployed(folder: Path, functions: Functions, recorder: Keys, viewer: Keys, bucket: str) -> dict[str, str]:
    """The owner's folder as a deployment leaves it, but for where S3 is; the outputs of the stack."""
    outputs = {
        "Bucket": bucket,
        "Region": "us-east-1",
        "DetectUrl": f"{functions.address}/",
        "MotionUrl": f"{functions.address}/motion/",
    }
    own, home = OwnFolder(folder), home_of(HOME)
    own.remember(region="us-east-1", choices=home.context())
    secrets = {RECORDER_SECRET: recorder.secret_access_key, VIEWER_SECRET: viewer.secret_access_key}
    for name, secret in {**secrets, MOTION_SECRET: SECRET, MOTION_TOKEN: TOKEN}.items():
        own.write(name, secret)
    mine, theirs = (Key(one.access_key_id, one.secret_access_key) for one in (recorder, viewer))
    text = snippet(home, outputs, mine, theirs, own.path)
    elsewhere = f'kind = "s3"\nendpoint = "{radosgw().endpoint}"\nencryption = "none"\n'
    own.write(SNIPPET, text.replace('kind = "s3"\n', elsewhere))
    return outputs


@contextmanager
def mailing(bucket: str, state: str) -> Iterator[list[str]]:
    """The function that mails: notes what became of each clip that arrives."""
    told: list[str] = []
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(0.05):
            for key in radosgw().keys_in(bucket):
                if key.endswith(".mp4") and "/running/" not in key and key not in told:
                    told.append(key)
                    mark = f"doorstep/told/{key.removeprefix('doorstep/')}.json"
                    body = json.dumps({"state": state, "why": "SES has not verified the sender"}).encode()
                    radosgw().client().put_object(Bucket=bucket, Key=mark, Body=body)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield told
    finally:
        ended.set()
        thread.join()


def rows(output: str) -> dict[str, str]:
    """Whether it is well, by what was tried."""
    lines = (line.split(" ", 1) for line in output.splitlines() if line.startswith(("ok ", "FAULT")))
    return {words.strip().partition(":")[0]: mark for mark, words in lines}


def limited(bucket: str) -> tuple[Keys, Keys]:
    return (
        radosgw().user(policies.recorder(bucket, "doorstep")),
        radosgw().user(policies.viewer(bucket, "doorstep")),
    )


def test_a_cloud_that_works_is_well_in_every_line(
    tmp_path: Path, functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = radosgw().bucket()
    recorder, viewer = limited(bucket)
    outputs = deployed(tmp_path, functions, recorder, viewer, bucket)
    with mailing(bucket, "sent") as told:
        code = smoke.main(["--into", str(tmp_path)], outputs)
    output = capsys.readouterr().out
    assert code == 0, output
    assert list(rows(output)) == [
        *("bucket", "limits of the recorder", "viewer", "limits of the viewer", "clock", "detector"),
        *("stranger at the detector", "stranger at the motion", "motion"),
        *("clip", "stranger at the bucket", "link of the recorder", "mail"),
    ]
    assert functions.reported == ["smoke-test"]
    assert "WARNING" not in output
    assert not [secret for secret in (SECRET, TOKEN, recorder.secret_access_key) if secret in output]
    (clip,) = told
    beside = radosgw().client("s3", viewer).head_object(Bucket=bucket, Key=clip)["Metadata"][METADATA]
    words = clip_words(beside)
    assert words is not None
    assert words.camera == "smoke-test"


def test_each_thing_that_is_wrong_is_a_line_and_the_others_go_on(
    tmp_path: Path, functions: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = radosgw().bucket()
    _, viewer = limited(bucket)
    functions.open_to_all = True
    outputs = deployed(tmp_path, functions, radosgw().admin, viewer, bucket)
    with mailing(bucket, "failed"):
        code = smoke.main(["--into", str(tmp_path), "--wait", "12"], outputs)
    output = capsys.readouterr().out
    assert code == 1
    wrong = {what for what, mark in rows(output).items() if mark == "FAULT"}
    assert wrong == {"stranger at the detector", "stranger at the motion", "link of the recorder", "mail"}
    assert "SES has not verified the sender" in output
    assert "WARNING: the keys may also read" in output


def test_without_a_deployment_it_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["--into", str(tmp_path)]) == 1
    assert "Nothing was deployed from" in capsys.readouterr().err


def test_the_stand_in_for_the_function_sees_clips_alone(functions: Functions) -> None:
    bucket = radosgw().bucket()
    assert functions.reported == []
    with mailing(bucket, "sent") as told:
        for key in ("doorstep/running/check/a.txt", "doorstep/running/porch/x.mp4", "doorstep/porch/x.mp4"):
            radosgw().client().put_object(Bucket=bucket, Key=key, Body=b"x")
        wait_for(lambda: told == ["doorstep/porch/x.mp4"], 30, "one clip")
