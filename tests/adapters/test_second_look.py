"""A second, larger look, where the first leaves doubt and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.errors import DetectorUnavailable, ModelInvalid
from doorstep.ports import Detector, Frame
from doorstep.vision.onnx_detector import load_detector
from doorstep.vision.second_look import SecondLook, looking_twice
from fakes.pictures import model_file
from fakes.stand_in_frame import StandInFrame
from fakes.troubled_models import troubled_model

FRAME = StandInFrame(0.0, 0.0)
SEEN = max(FRAME.width, FRAME.height) - 1
THRESHOLDS = Thresholds(open=0.35, keep=0.22)
NEAR, FAR = Box(0.1, 0.1, 0.5, 0.9), Box(0.8, 0.4, 0.85, 0.5)


@dataclass
class Scripted:
    """Implements `ports.Detector`: always the same answer, of which it gives what scores enough."""

    sees: Sequence[Detection]
    is_down: bool = False
    asked: list[float] = field(default_factory=list)
    name: str = "scripted"
    thresholds: Thresholds = THRESHOLDS

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        assert frame is FRAME
        self.asked.append(least)
        if self.is_down:
            msg = "The model cannot be run."
            raise DetectorUnavailable(msg)
        return [detection for detection in self.sees if detection.score >= least]


def both(first: Detector, second: Detector, seen: int = SEEN) -> SecondLook:
    return SecondLook(first, second, seen)


def person(score: float, box: Box = NEAR) -> Detection:
    return Detection(PERSON, score, box)


@pytest.mark.parametrize("found", [(), (person(0.21),), (person(0.6),), (person(0.9), person(0.7, FAR))])
def test_who_is_surely_there_or_not_is_looked_at_once(found: Sequence[Detection]) -> None:
    second = Scripted(())
    looked = both(Scripted(found), second).detect(FRAME, 0.22)
    assert looked == [one for one in found if one.score >= 0.22]
    assert second.asked == []


@pytest.mark.parametrize("score", [0.22, 0.4, 0.59])
def test_of_a_doubt_the_second_look_decides(score: float) -> None:
    first, second = Scripted((person(score),)), Scripted((person(0.7, FAR),))
    assert both(first, second).detect(FRAME, 0.2) == [person(0.7, FAR)]
    assert both(first, Scripted(())).detect(FRAME, 0.2) == []
    assert second.asked == [0.2]


def test_who_was_surely_seen_beside_a_doubt_stays_and_is_one_with_who_is_seen_again() -> None:
    first = Scripted((person(0.8), person(0.3, FAR)))
    assert both(first, Scripted(())).detect(FRAME, 0.22) == [person(0.8)]
    again = Scripted((person(0.7, Box(0.1, 0.1, 0.5, 0.85)), person(0.4, FAR)))
    assert both(first, again).detect(FRAME, 0.22) == [person(0.8), person(0.4, FAR)]


def test_a_picture_that_the_first_saw_in_full_shows_nothing_new_blown_up() -> None:
    second = Scripted((person(0.9),))
    assert both(Scripted((person(0.3),)), second, SEEN + 1).detect(FRAME, 0.22) == [person(0.3)]
    assert second.asked == []


@pytest.mark.parametrize(("side", "larger"), [(416, "640x640"), (320, "512x512"), (256, "448x448")])
def test_the_same_weights_look_twice_and_say_whose_they_are(side: int, larger: str) -> None:
    path = model_file("yolox_nano.onnx")
    first = load_detector(path, "yolox-nano", 1, side)
    looked = looking_twice(first, path, 1)
    assert looked.second_input == larger
    assert (looked.sha256, looked.input) == (first.sha256, f"{side}x{side}")


def test_a_high_least_score_hides_no_doubt_and_is_kept_to() -> None:
    second = Scripted((person(0.3, FAR), person(0.8)))
    assert both(Scripted((person(0.3),)), second).detect(FRAME, 0.5) == [person(0.8)]


def test_without_the_second_the_first_answers_alone_and_without_the_first_nobody() -> None:
    first = Scripted((person(0.3),))
    down = Scripted((), is_down=True)
    assert both(first, down).detect(FRAME, 0.22) == [person(0.3)]
    with pytest.raises(DetectorUnavailable):
        both(down, first).detect(FRAME, 0.22)
    assert (both(first, down).name, both(first, down).thresholds) == (first.name, first.thresholds)
    assert (both(first, down).sha256, both(first, down).input) == ("", "")


def test_a_model_with_its_size_built_in_is_refused_by_the_setting_that_asks_for_more(tmp_path: Path) -> None:
    path = troubled_model(tmp_path / "stiff.onnx", "none")
    first = load_detector(path, "stiff", 1)
    with pytest.raises(ModelInvalid, match=r"stiff cannot look again at 192 x 192\. Take detection\.second_look out"):
        looking_twice(first, path, 1)
