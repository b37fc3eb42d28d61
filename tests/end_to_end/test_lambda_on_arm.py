"""The detect function on arm64, as it runs in AWS: its wheels, its model and `awslambdaric` under emulation."""

import base64
import shutil
import time
from pathlib import Path

import pytest

from fakes.arm_root import PYTHON, TASK, arm_root
from fakes.detect_image import HANDLER, LOCK, lay_sources
from fakes.lambda_runtime import lambda_function
from fakes.pictures import NEEDS_MODEL, shared_file
from fakes.server_process import model_folder

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

CROWD = "eval/coco_000000005001.jpg"
EM_AARCH64 = b"\xb7\x00"  # ELF for the Arm 64-bit Architecture, section "ELF header"
SECONDS = 600.0
"""Emulated, a look at a small size takes from one second to half a minute, by no rule that could be found."""

SIDES = {"nanodet_g.onnx": "128", "yolox_nano.onnx": "160"}
"""The model that is quicker under emulation first; so small that it is over soon, and still sees somebody."""


def test_the_handler_on_arm64_sees_in_a_picture_what_it_sees_here() -> None:
    picture = base64.b64encode(shared_file(CROWD).read_bytes()).decode()
    event = {"image": picture, "least": 0.25}
    model, side = small_model()
    began = time.monotonic()
    root = arm_root(LOCK)
    made = time.monotonic() - began
    assert (root.folder / PYTHON.lstrip("/")).read_bytes()[18:20] == EM_AARCH64
    with root.scratch() as folder:
        lay_sources(folder)
        shutil.copy(model, folder / model.name)
        environment = {
            "DOORSTEP_MODEL": root.seen_as(folder / model.name),
            "DOORSTEP_INPUT_SIZE": side,
            "PYTHONPATH": f"{root.seen_as(folder)}:{TASK}",
            "ORT_DISABLE_TELEMETRY": "1",
        }
        with lambda_function(HANDLER, environment, seconds=SECONDS, python=root.python) as function:
            there = function.invoke(event)
            print(f"root {made:.1f} s, cold {function.cold_seconds:.1f} s, the picture {there['ms'] / 1000:.1f} s")
    with lambda_function(HANDLER, {"DOORSTEP_MODEL": str(model), "DOORSTEP_INPUT_SIZE": side}) as function:
        here = function.invoke(event)
    assert there["person_detected"]
    assert there["model"] == here["model"]
    assert best(there) == pytest.approx(best(here), abs=0.02)


def small_model() -> tuple[Path, str]:
    """Whichever there is, and the size at which it looks."""
    folder = model_folder()
    assert folder is not None
    return next((folder / name, side) for name, side in SIDES.items() if (folder / name).is_file())


def best(answer: dict[str, list[dict[str, object]]]) -> list[object]:
    """Score and box of the surest person."""
    person = answer["persons"][0]
    box = person["box"]
    assert isinstance(box, list)
    return [person["score"], *box]
