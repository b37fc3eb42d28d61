"""A short form of the campaign of trouble.py: nobody comes, and nobody is told of; somebody comes, and is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pytest

from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.ports import Detector, Frame
from fakes.eval_pictures import frame_of, pixels_of
from fakes.pictures import model_file, shared_file
from fakes.trouble import HEIGHT, TROUBLE, WIDTH, Pixels, TroubleClip, drawn_background
from faults.trouble import LOOKS_PER_SECOND, campaign, clips, line, second_looking, told

SECONDS = 12.0
THRESHOLDS = Thresholds(open=0.35, keep=0.22)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return second_looking(model_file("yolox_nano.onnx"))


@pytest.mark.slow
def test_minutes_of_trouble_are_no_event(detector: Detector) -> None:
    hours = SECONDS * len(TROUBLE) / 3600
    sums = campaign(clips(hours, [drawn_background(seed) for seed in range(4)], length=SECONDS), detector)
    assert {kind for kind, of_kind in sums.items() if of_kind.pictures == SECONDS * LOOKS_PER_SECOND} == set(TROUBLE)
    assert {kind: of_kind.events for kind, of_kind in sums.items() if of_kind.events} == {}
    assert any(of_kind.looked > 1 for of_kind in sums.values())


def test_a_visitor_in_the_same_campaign_is_one_event(detector: Detector) -> None:
    visitor = pixels_of(shared_file("eval/obo_014.0.jpg"))
    nobody = pixels_of(shared_file("eval/obo_002.0.jpg"))
    pictures = ((number / 4, visitor if 40 <= number < 60 else nobody) for number in range(80))
    counted = told(pictures, detector)
    assert len(counted.events) == 1
    assert counted.pictures == 80


@dataclass(frozen=True)
class Dreamer:
    """Implements `ports.Detector`: always sees somebody."""

    name: str = "dreamer"
    thresholds: Thresholds = THRESHOLDS

    def detect(self, _frame: Frame, _least: float) -> Sequence[Detection]:
        return [Detection(PERSON, 0.9, Box(0.4, 0.2, 0.6, 0.9))]


def test_an_event_without_a_visitor_is_told_with_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    sums = campaign([TroubleClip("shake", drawn_background(1), 7, 5.0)], Dreamer())
    assert '"false_events": 1' in line("shake", sums["shake"])
    assert "shake, seed 7" in capsys.readouterr().err


def some_of(clip: TroubleClip) -> Iterator[Pixels]:
    return (pixels for _, pixels in islice(clip.pictures(1.0), 5, 12, 3))


@pytest.mark.parametrize("kind", TROUBLE)
def test_a_clip_is_drawn_again_by_its_seed_and_another_by_another(kind: str) -> None:
    before = drawn_background(2)
    one, again, other = (list(some_of(TroubleClip(kind, before, seed))) for seed in (3, 3, 4))
    assert all(np.array_equal(first, second) for first, second in zip(one, again, strict=True))
    assert not any(np.array_equal(first, second) for first, second in zip(one, other, strict=True))
    assert {picture.shape for picture in one} == {(HEIGHT, WIDTH, 3)}
    assert frame_of(one[0]).width == WIDTH
