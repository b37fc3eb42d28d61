"""The detect function as AWS runs it: our client, signed, by a Function URL, to the handler under `awslambdaric`."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from doorstep.clock import SystemClock
from doorstep.core.cloud_settings import AccessKey
from doorstep.core.errors import DetectorUnavailable
from doorstep.core.remote_use import DetectionPlace, RemoteUse
from doorstep.media.pictures import frames_of
from doorstep.vision.aws_signature import AwsSignature
from doorstep.vision.models import YOLOX_NANO
from doorstep.vision.remote import RemoteDetector, RemoteSettings
from doorstep.vision.remote_fallback import FallbackDetector
from doorstep.vision.remote_purse import Purse
from fakes.clock import FakeClock
from fakes.detect_image import DOCKERFILE, HANDLER, LOCK, ROOT, arguments, copied, lay_sources
from fakes.lambda_runtime import (
    Front,
    FunctionError,
    FunctionTimedOut,
    LambdaFunction,
    function_url,
    lambda_function,
)
from fakes.pictures import NEEDS_MODEL, shared_file
from fakes.remote_detector import NOBODY, SOMEBODY, BrightnessDetector
from fakes.server_process import model_folder
from fakes.signed_requests import SignatureCheck

pytestmark = pytest.mark.slow

REGION = "eu-central-1"
KEY = AccessKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
UNHURRIED = 60.0
CROWD, EMPTY_STREET = "eval/coco_000000005001.jpg", "eval/coco_000000269314.jpg"

TOY = """
import os, threading

def handler(event, context):
    asked = event["queryStringParameters"]["least"]
    if os.path.exists(os.environ["SWITCH"]):
        with open(os.environ["SWITCH"]) as file:
            match file.read():
                case "hang":
                    threading.Event().wait(600)
                case "die":
                    os._exit(3)
                case "raise":
                    raise RuntimeError("out of order")
    return {"person_detected": False, "persons": [], "model": f"toy {asked}"}
"""


def model_path() -> Path:
    """Whichever there is."""
    folder = model_folder()
    assert folder is not None
    return next(path for path in (folder / "yolox_nano.onnx", folder / "nanodet_g.onnx") if path.is_file())


@contextmanager
def detect_function(**environment: str) -> Iterator[LambdaFunction]:
    with lambda_function(HANDLER, {"DOORSTEP_MODEL": str(model_path()), **environment}) as function:
        yield function


def checked() -> SignatureCheck:
    return SignatureCheck({KEY.key_id: KEY.secret}, SystemClock(), REGION)


@contextmanager
def client(
    front: Front, key: AccessKey = KEY, clock: SystemClock | FakeClock | None = None
) -> Iterator[RemoteDetector]:
    """As a server has it, without its hurry."""
    where = RemoteSettings(front.address, answer_seconds=UNHURRIED)
    signature = AwsSignature(key, REGION, clock or SystemClock())
    made = RemoteDetector(where, Purse(Path("/nonexistent"), 0.0, 0.0), SystemClock(), auth=signature)
    try:
        yield made
    finally:
        made.close()


@NEEDS_MODEL
def test_our_client_signed_finds_who_is_in_a_picture() -> None:
    crowd, empty = (next(frames_of(shared_file(name))) for name in (CROWD, EMPTY_STREET))
    with detect_function() as function, function_url(function, checked()) as front, client(front) as remote:
        began = time.monotonic()
        found = remote.detect(crowd, 0.3)
        cold = time.monotonic() - began
        assert len(found) >= 4
        assert found[0].score > 0.5
        assert all(0.0 <= corner <= 1.0 for one in found for corner in one.box.corners)
        assert remote.name.split()[0] in {"yolox-nano", "nanodet-g"}
        warm = []
        for _ in range(5):
            began = time.monotonic()
            assert remote.detect(empty, 0.3) == []
            warm.append(time.monotonic() - began)
        assert function.starts == 1
        assert front.requests[0].headers["content-type"] == "image/jpeg"
        print(f"cold {cold:.2f} s, of it {function.cold_seconds:.2f} s before the first event; warm {min(warm):.3f} s")


@NEEDS_MODEL
def test_json_and_plain_bytes_and_a_plain_invocation_find_the_same_persons() -> None:
    picture = shared_file(CROWD).read_bytes()
    image = base64.b64encode(picture).decode()
    with detect_function() as function, function_url(function) as front, httpx.Client(timeout=UNHURRIED) as http:
        answers = [
            http.post(f"{front.address}/?least=0.3", content=picture, headers={"Content-Type": "image/jpeg"}).json(),
            http.post(front.address, json={"image": image, "least": 0.3}).json(),
            function.invoke({"image": image, "least": 0.3}),
        ]
    assert answers[0]["person_detected"]
    assert answers[0]["persons"] == answers[1]["persons"] == answers[2]["persons"]
    assert {frozenset(answer) for answer in answers} == {frozenset({"person_detected", "persons", "model", "ms"})}


@NEEDS_MODEL
def test_what_is_no_picture_is_a_problem_document_and_the_function_lives_on() -> None:
    jpeg = {"Content-Type": "image/jpeg"}
    with detect_function() as function, function_url(function) as front, httpx.Client(timeout=UNHURRIED) as http:
        for content, headers, status in (
            (b"", jpeg, 400),
            (b"no picture", jpeg, 400),
            (shared_file(CROWD).read_bytes()[:5000], jpeg, 400),
            (b"\x89PNG\r\n\x1a\n", {"Content-Type": "image/png"}, 400),
            (b'{"image": "?"}', {"Content-Type": "application/json"}, 400),
        ):
            answer = http.post(front.address, content=content, headers=headers)
            assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
        # AWS itself takes no event of more than 6 MB, in which 4.5 MB of picture fit.
        assert http.post(front.address, content=bytes(5_000_000), headers=jpeg).status_code == 413
        assert http.get(front.address).status_code == 405
        assert function.starts == 1
        assert "Traceback" not in function.log


@NEEDS_MODEL
def test_nobody_without_the_keys_or_with_a_wrong_clock_gets_to_the_function() -> None:
    late = FakeClock()  # years away
    with detect_function() as function, function_url(function, checked()) as front:
        assert httpx.post(front.address, content=b"x").status_code == 403
        with client(front, AccessKey(KEY.key_id, "another")) as stranger, pytest.raises(DetectorUnavailable) as refused:
            stranger.detect(SOMEBODY, 0.3)
        assert "does not accept the token or the keys (it answers 403)" in str(refused.value)
        with (
            client(front, clock=late) as slow,
            pytest.raises(DetectorUnavailable, match="clock of this machine is wrong"),
        ):
            slow.detect(SOMEBODY, 0.3)
        assert function.starts == 0
        assert KEY.secret not in f"{refused.value!r}"


def broken_model(folder: Path, name: str) -> dict[str, str]:
    garbage = folder / "garbage.onnx"
    garbage.write_bytes(b"\x00garbage" * 1000)
    good = {"DOORSTEP_MODEL": str(model_path())}
    return {
        "unset": {"DOORSTEP_MODEL": ""},
        "missing": {"DOORSTEP_MODEL": "/opt/model/gone.onnx"},
        "garbage": {"DOORSTEP_MODEL": str(garbage)},
        "size": good | {"DOORSTEP_INPUT_SIZE": "large"},
        "odd size": good | {"DOORSTEP_INPUT_SIZE": "100"},
    }[name]


@NEEDS_MODEL
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unset", "ConfigInvalid: DOORSTEP_MODEL is not set"),
        ("missing", "ModelInvalid: There is no model at /opt/model/gone.onnx"),
        ("garbage", "no model that onnxruntime can read"),
        ("size", "ConfigInvalid: DOORSTEP_INPUT_SIZE is no number"),
        ("odd size", "Use a multiple of 32"),
    ],
)
def test_a_model_that_cannot_be_used_fails_the_import_in_plain_words(tmp_path: Path, name: str, words: str) -> None:
    environment = broken_model(tmp_path, name)
    with lambda_function(HANDLER, environment) as function, function_url(function) as front:
        with pytest.raises(FunctionError, match=words):
            function.invoke({})
        assert words.removeprefix("ConfigInvalid: ").removeprefix("ModelInvalid: ") in function.log
        with client(front) as remote, pytest.raises(DetectorUnavailable, match="it answers 502"):
            remote.detect(SOMEBODY, 0.3)


def test_a_handler_that_is_none_is_told_by_its_name() -> None:
    for handler, kind in (("gone.handler", "ImportModuleError"), ("json.gone", "HandlerNotFound")):
        with lambda_function(handler) as function, pytest.raises(FunctionError, match=kind):
            function.invoke({})


def test_a_function_that_raises_dies_or_hangs_costs_that_look_alone(tmp_path: Path) -> None:
    (tmp_path / "toy.py").write_text(TOY)
    switch = tmp_path / "switch"
    places = {"PYTHONPATH": str(tmp_path), "SWITCH": str(switch)}
    with lambda_function("toy.handler", places, seconds=2) as function, function_url(function, checked()) as front:
        for trouble in ("raise", "die", "hang"):
            before = function.starts
            switch.write_text(trouble)
            with client(front) as remote, pytest.raises(DetectorUnavailable, match="it answers 502"):
                remote.detect(NOBODY, 0.3)
            switch.unlink()
            with client(front) as remote:
                assert remote.detect(NOBODY, 0.3) == []
                assert remote.name.startswith("toy 0.300 at ")
            # Each try of our client met one that died; one that only raised goes on.
            assert function.starts - before == {"raise": 1, "die": 2, "hang": 2}[trouble]
        switch.write_text("hang")
        with pytest.raises(FunctionTimedOut, match=r"Task timed out after 2\.00 seconds"):
            function.invoke({"queryStringParameters": {"least": "0.3"}})
        assert "RuntimeError: out of order" in function.log


def test_while_the_function_fails_the_model_at_home_looks(tmp_path: Path) -> None:
    (tmp_path / "toy.py").write_text("def handler(event, context):\n    raise RuntimeError\n")
    local = BrightnessDetector()
    with (
        lambda_function("toy.handler", {"PYTHONPATH": str(tmp_path)}) as function,
        function_url(function, checked()) as front,
        client(front) as remote,
    ):
        both = FallbackDetector(remote, lambda: local, RemoteUse.EVERY_LOOK)
        for _ in range(6):
            looked = both.look(SOMEBODY, 0.3, lambda _call: None)
            assert (len(looked.detections), looked.where) == (1, DetectionPlace.LOCAL)
        assert local.looks == 6
        assert remote.left_alone
        assert 2 <= len(front.requests) <= 4  # each failed look once more, then nobody asks for a while


# The image.


def test_the_dockerfile_passes_hadolint() -> None:
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([program, "--no-color", DOCKERFILE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_model_in_the_image_is_the_default_one_by_its_pin() -> None:
    told = arguments()
    assert told["MODEL_FILE"] == YOLOX_NANO.file_name
    assert told["MODEL_SHA256"] == YOLOX_NANO.pins[0].sha256
    assert "sha256sum --check --strict" in DOCKERFILE.read_text()


def test_the_image_installs_by_hash_and_runs_as_nobody() -> None:
    text = DOCKERFILE.read_text()
    assert "--require-hashes" in text
    assert "USER 65534" in text
    assert f'CMD ["{HANDLER}"]' in text
    pinned = {line.partition("==")[0] for line in LOCK.read_text().splitlines() if "==" in line and line[0] != " "}
    assert {"av", "awslambdaric", "numpy", "onnxruntime"} <= pinned
    assert not {"boto3", "fastapi", "starlette", "httpx", "structlog"} & pinned


@NEEDS_MODEL
def test_what_the_image_copies_of_the_checkout_suffices(tmp_path: Path) -> None:
    lay_sources(tmp_path)
    with detect_function(PYTHONPATH=str(tmp_path)) as function:
        answer = function.invoke({"image": base64.b64encode(shared_file(CROWD).read_bytes()).decode()})
    assert answer["person_detected"]
    assert json.dumps(answer)
    assert not list(tmp_path.rglob("app"))
    assert {path.parts[len(ROOT.parts)] for path, _ in copied()} == {"src"}
