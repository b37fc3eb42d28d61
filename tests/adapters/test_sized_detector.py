"""The size that was set, or that this machine affords: real weights, a clock that the test owns."""

import pytest

from doorstep.core.input_size import InputSize
from doorstep.vision.sized_detector import load_sized, side_of
from fakes.clock import FakeClock
from fakes.pictures import model_file


class SlowClock(FakeClock):
    """Every look takes so many seconds: half of it passes at each reading."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def monotonic(self) -> float:
        self.advance(self._seconds)
        return super().monotonic()


@pytest.mark.parametrize(("size", "side"), [("own", 416), (416, 416), (320, 320), (256, 256)])
def test_a_size_that_was_set_is_used_unmeasured(size: InputSize, side: int) -> None:
    detector, choice = load_sized(model_file("yolox_nano.onnx"), "yolox-nano", 1, size, 4.0, FakeClock())
    assert (side_of(detector), choice.side) == (side, side)


def test_a_fast_machine_keeps_the_models_own_size_and_measures_no_other() -> None:
    detector, choice = load_sized(model_file("yolox_nano.onnx"), "yolox-nano", 1, "auto", 4.0, SlowClock(0.02))
    assert side_of(detector) == choice.side == 416
    assert choice.reason == "416 is the largest that affords 4 looks a second here (416: 20 ms)."


def test_a_slow_machine_says_what_it_measured_and_what_it_cannot_afford() -> None:
    _, choice = load_sized(model_file("yolox_nano.onnx"), "yolox-nano", 1, "auto", 8.0, SlowClock(0.2))
    assert "affords only 2.5 of 8 looks a second (416: 200 ms, 320: 200 ms, 256: 200 ms)" in choice.reason
