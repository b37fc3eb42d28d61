"""The detector is there when it is: no start waits for it, and what keeps it away is told."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from doorstep.app.detector import LateDetector, open_sized
from doorstep.clock import SystemClock
from doorstep.core.detection import Label
from doorstep.core.errors import ModelInvalid
from doorstep.core.input_size import SizeChoice
from doorstep.core.settings import DetectionSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Detector
from doorstep.vision.second_look import SecondLook
from fakes.clock import FakeClock
from fakes.pictures import model_file
from fakes.remote_detector import BrightnessDetector

PLENTY = SizeChoice(416, "416 is the largest that affords 4 looks a second here (416: 20 ms).")
TOO_LITTLE = SizeChoice(256, "256 is the fastest, yet this machine affords only 0.1 of 4 looks.", suffices=False)


@dataclass
class Loading:
    """A load that takes as long, and ends as often in a fault, as the test wants."""

    choice: SizeChoice = PLENTY
    faults: int = 0
    may_end: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> tuple[Detector, SizeChoice]:
        assert self.may_end.wait(60)
        if self.faults:
            self.faults -= 1
            msg = "The model is not there."
            raise ModelInvalid(msg)
        return BrightnessDetector(), self.choice


def while_loading(
    loading: Loading,
    act: Callable[[LateDetector, HealthBoard], Awaitable[None]],
    patience: float = 60.0,
    *,
    beside_remote: bool = False,
) -> None:
    async def main() -> None:
        clock = FakeClock()
        health = HealthBoard(clock)
        late = LateDetector(loading, health, clock, patience, beside_remote=beside_remote)
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(late.run())
            try:
                await act(late, health)
            finally:
                loading.may_end.set()
            running.cancel()

    asyncio.run(main())


async def until(what: Callable[[], object]) -> None:
    while not what():  # noqa: ASYNC110 - what it waits for knows no event
        await asyncio.sleep(0.005)


def test_a_model_that_takes_a_minute_is_told_of_and_then_used() -> None:
    loading = Loading()

    async def act(late: LateDetector, health: HealthBoard) -> None:
        assert late.current() is None
        await until(health.problems)
        (problem,) = health.problems()
        assert (problem.minor, problem.what) == (
            False,
            "Nobody can be recognised: the model is still being loaded and tried out.",
        )
        assert "Motion alone makes events" in problem.remedy
        assert late.sized_model() is None
        loading.may_end.set()
        await until(late.current)
        await until(lambda: not health.problems())
        model = late.sized_model()
        assert model is not None
        assert (model.name, model.size) == ("brightness", PLENTY)

    while_loading(loading, act, patience=0.01)


def test_beside_a_remote_detector_a_missing_model_blinds_nobody() -> None:
    loading = Loading()

    async def act(_late: LateDetector, health: HealthBoard) -> None:
        await until(health.problems)
        (problem,) = health.problems()
        assert problem.minor
        assert problem.what.startswith("Only the remote detector can look: ")

    while_loading(loading, act, patience=0.01, beside_remote=True)


def test_a_machine_that_looks_too_seldom_is_a_minor_problem_with_a_way_out() -> None:
    loading = Loading(TOO_LITTLE)
    loading.may_end.set()

    async def act(_late: LateDetector, health: HealthBoard) -> None:
        await until(health.problems)
        (problem,) = health.problems()
        assert problem.minor
        assert "affords only 0.1 of 4 looks" in problem.what
        assert "looks_per_second" in problem.remedy

    while_loading(loading, act)


def test_a_missing_model_is_tried_again() -> None:
    loading = Loading(faults=2)
    loading.may_end.set()

    async def act(late: LateDetector, health: HealthBoard) -> None:
        await until(late.current)
        await until(lambda: not health.problems())

    while_loading(loading, act)


def test_the_size_and_the_labels_of_the_config_are_the_detectors() -> None:
    path = model_file("yolox_nano.onnx")
    settings = DetectionSettings(model=str(path), input_size=256, labels=frozenset({Label.PERSON, Label.DOG}))
    detector, choice = open_sized(settings, [], 1, SystemClock())
    assert choice.side == 256
    assert getattr(detector, "labels", None) == (Label.PERSON, Label.DOG)


def test_a_second_look_of_the_config_is_taken_and_the_model_is_still_known() -> None:
    settings = DetectionSettings(model=str(model_file("yolox_nano.onnx")), input_size=256, second_look=True)
    detector, choice = open_sized(settings, [], 1, SystemClock())
    assert isinstance(detector, SecondLook)
    assert (choice.side, detector.input, len(detector.sha256)) == (256, "256x256", 64)


def test_a_model_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid):
        open_sized(DetectionSettings(model=str(tmp_path / "gone.onnx")), [], 1, SystemClock())
