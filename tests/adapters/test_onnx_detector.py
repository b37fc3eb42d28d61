"""From a model file to persons in parts of the picture; scores against a golden picture."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from doorstep.core.detection import Detection, Label
from doorstep.core.errors import DetectorUnavailable, ModelInvalid
from doorstep.media.frame import DecodedFrame
from doorstep.media.pictures import frames_of
from doorstep.ports import Detector
from doorstep.vision.classes import wanted_classes
from doorstep.vision.family import Surface, Tensor
from doorstep.vision.onnx_detector import OnnxDetector, default_threads, load_detector, recognise
from doorstep.vision.yolo import Yolox, cell_count
from fakes.pictures import DrawnFrame, model_file, shared_file

GOLDEN_PICTURE = "eval/coco_000000261888.jpg"
GOLDEN = (
    (0.791, (0.564, 0.336, 0.751, 0.932)),
    (0.720, (0.374, 0.510, 0.426, 0.689)),
    (0.625, (0.447, 0.548, 0.491, 0.686)),
)


class FakeSession:
    """Answers like an onnxruntime session of YOLOX."""

    def __init__(self, rows: NDArray[np.float32] | None = None, error: BaseException | None = None) -> None:
        self.rows = np.zeros((1, cell_count(416, 416), 85), np.float32) if rows is None else rows
        self.error = error

    def run(self, names: None, inputs: dict[str, Any], _: object) -> Sequence[NDArray[np.float32]]:
        assert names is None
        assert set(inputs) == {"images"}
        if self.error is not None:
            raise self.error
        return [self.rows]


def detector(session: FakeSession) -> Detector:
    return OnnxDetector("some-model", session, Yolox("images", 416, 416))


def row(objectness: float, size: float) -> NDArray[np.float32]:
    """One person around the upper left corner."""
    rows = np.zeros((1, cell_count(416, 416), 85), np.float32)
    rows[0, 0, :6] = (1.0, 1.0, np.log(size), np.log(size), objectness, 1.0)
    return rows


EMPTY = DrawnFrame(np.full((480, 640), 90, np.uint8))


def test_boxes_are_parts_of_the_picture_and_end_at_its_edges() -> None:
    (found,) = detector(FakeSession(row(0.75, 400.0))).detect(EMPTY, 0.3)
    assert found.score == 0.75
    assert (found.box.left, found.box.top, found.box.right, found.box.bottom) == (0.0, 0.0, 1.0, 1.0)


def test_who_scores_too_little_is_not_there() -> None:
    assert detector(FakeSession(row(0.25, 4.0))).detect(EMPTY, 0.3) == []


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_make_the_detector_unavailable(poison: float) -> None:
    rows = row(0.9, 4.0)
    rows[0, 77, 3] = poison
    with pytest.raises(DetectorUnavailable, match="models verify"):
        detector(FakeSession(rows)).detect(EMPTY, 0.3)


def test_boxes_beyond_all_numbers_make_the_detector_unavailable() -> None:
    rows = row(0.9, 4.0)
    rows[0, 0, 2] = 1000.0
    with pytest.raises(DetectorUnavailable):
        detector(FakeSession(rows)).detect(EMPTY, 0.3)


def test_a_runtime_that_fails_makes_the_detector_unavailable() -> None:
    with pytest.raises(DetectorUnavailable, match="some-model"):
        detector(FakeSession(error=RuntimeError("out of memory"))).detect(EMPTY, 0.3)


@pytest.mark.parametrize("crash", [AttributeError("bug"), MemoryError(), SystemExit(3)])
def test_a_crash_in_the_models_thread_costs_one_look(crash: BaseException) -> None:
    session = FakeSession(row(0.75, 400.0), crash)
    shaky = detector(session)
    with pytest.raises(
        DetectorUnavailable, match=rf"some-model could not look at a picture \({type(crash).__name__}\)"
    ):
        shaky.detect(EMPTY, 0.3)
    session.error = None
    assert len(shaky.detect(EMPTY, 0.3)) == 1


class HangingSession(FakeSession):
    """Answers when the test says so."""

    def __init__(self) -> None:
        super().__init__(row(0.75, 400.0))
        self.may_end = threading.Event()
        self.asked_to_end = False

    def run(self, names: None, inputs: dict[str, Any], options: Any) -> Sequence[NDArray[np.float32]]:
        self.may_end.wait(60)
        self.asked_to_end = bool(options.terminate)
        return super().run(names, inputs, options)


def test_a_model_that_hangs_is_given_up_and_comes_back() -> None:
    session = HangingSession()
    slow = OnnxDetector("slow", session, Yolox("images", 416, 416), longest_look=0.05)
    with pytest.raises(DetectorUnavailable, match=r"took over 0\.05 s"):
        slow.detect(EMPTY, 0.3)
    with pytest.raises(DetectorUnavailable, match="still busy"):
        slow.detect(EMPTY, 0.3)
    late = slow._late
    session.may_end.set()
    assert late is not None
    late.result(60)
    assert session.asked_to_end
    slow._longest_look = 60.0
    assert len(slow.detect(EMPTY, 0.3)) == 1


def test_a_model_that_sees_persons_everywhere_is_answered_in_time() -> None:
    rows = np.zeros((1, cell_count(416, 416), 85), np.float32)
    rows[0, :, 4:6] = 1.0
    assert 0 < len(detector(FakeSession(rows)).detect(EMPTY, 0.3)) <= 1000


def test_other_labels_come_beside_persons_and_change_nothing_of_them() -> None:
    rows = row(0.75, 400.0)
    rows[0, 40, :6] = (1.0, 1.0, 3.0, 3.0, 0.5, 0.0)
    rows[0, 40, 5 + 16] = 1.0
    alone = detector(FakeSession(rows)).detect(EMPTY, 0.3)
    wanted = wanted_classes((Label.DOG, Label.PERSON), None)
    both = OnnxDetector("m", FakeSession(rows), Yolox("images", 416, 416), wanted).detect(EMPTY, 0.3)
    assert [(each.label, each.score) for each in both] == [(Label.PERSON, 0.75), (Label.DOG, 0.5)]
    assert both[:1] == alone


# ------------------------------------------------------------------------------------------------- loading a file


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="models fetch"):
        load_detector(tmp_path / "absent.onnx", "absent", 1)


@pytest.mark.parametrize("side", [None, 320])
@pytest.mark.parametrize("content", [b"", b"no model at all" * 100, b"\x3a\x04\x5a\x02\x12\x00"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes, side: int | None) -> None:
    path = tmp_path / "wrong.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelInvalid):
        load_detector(path, "wrong", 1, side)


@pytest.mark.parametrize("side", [None, 320])
def test_half_a_model_is_refused(tmp_path: Path, side: int | None) -> None:
    path = tmp_path / "half.onnx"
    path.write_bytes(model_file("yolox_nano.onnx").read_bytes()[:1_800_000])
    with pytest.raises(ModelInvalid, match="models fetch"):
        load_detector(path, "half", 1, side)


@pytest.mark.parametrize("side", [0, -32, 100, 33])
def test_a_size_that_no_model_takes_is_refused(side: int) -> None:
    with pytest.raises(ModelInvalid, match="multiple of 32"):
        load_detector(model_file("yolox_nano.onnx"), "yolox-nano", 1, side)


def test_an_unknown_family_is_refused_with_what_was_found() -> None:
    found = Surface((Tensor("x", (1, 3, None, 9), "float32"),), (Tensor("y", (1, 84, 8400), "float32"),))
    with pytest.raises(ModelInvalid, match=r"x float32\[1, 3, \?, 9\]; outputs y float32\[1, 84, 8400\]"):
        recognise(found, "mine")


def test_one_core_stays_free() -> None:
    assert 1 <= default_threads() <= 2


# ------------------------------------------------------------------------------------------------ the real model


@pytest.fixture(scope="module")
def yolox() -> Detector:
    return load_detector(model_file("yolox_nano.onnx"), "yolox-nano", 1)


def looked_at(real: Detector, name: str) -> Sequence[Detection]:
    return real.detect(next(frames_of(shared_file(name))), 0.3)


def test_the_golden_picture_scores_as_the_reference_does(yolox: Detector) -> None:
    found = looked_at(yolox, GOLDEN_PICTURE)
    assert [each.score for each in found] == pytest.approx([score for score, _ in GOLDEN], abs=0.02)
    for each, (_, corners) in zip(found, GOLDEN, strict=True):
        assert (each.box.left, each.box.top, each.box.right, each.box.bottom) == pytest.approx(corners, abs=0.02)


def test_it_knows_its_name_and_its_thresholds(yolox: Detector) -> None:
    assert yolox.name == "yolox-nano"
    assert (yolox.thresholds.open, yolox.thresholds.keep) == (0.35, 0.22)


def test_threads_may_share_a_detector(yolox: Detector) -> None:
    wanted = looked_at(yolox, GOLDEN_PICTURE)
    found: list[Sequence[Detection]] = []
    threads = [threading.Thread(target=lambda: found.append(looked_at(yolox, GOLDEN_PICTURE))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 4


@pytest.mark.parametrize(("side", "best"), [(416, 0.791), (320, 0.808), (256, 0.756)])
def test_the_same_file_looks_at_smaller_pictures(side: int, best: float) -> None:
    smaller = load_detector(model_file("yolox_nano.onnx"), "yolox-nano", 1, side)
    assert (smaller.family.width, smaller.family.height) == (side, side)
    found = looked_at(smaller, GOLDEN_PICTURE)[0]
    assert found.score == pytest.approx(best, abs=0.02)
    corners = (found.box.left, found.box.top, found.box.right, found.box.bottom)
    assert corners == pytest.approx(GOLDEN[0][1], abs=0.05)


@pytest.mark.parametrize("size", [(1, 1), (20_000, 16), (16, 16_000), (4096, 4096)])
@pytest.mark.parametrize("pixels", ["gray", "rgba", "yuv420p"])
def test_pictures_of_any_size_and_kind_can_be_looked_at(yolox: Detector, size: tuple[int, int], pixels: str) -> None:
    picture = av.VideoFrame(*size, "gray" if pixels == "yuv420p" and 1 in size else pixels)
    for plane in picture.planes:
        plane.update(bytes(plane.buffer_size))
    assert yolox.detect(DecodedFrame(picture, at=0.0, captured_at=0.0), 0.5) == []


def test_the_real_runtime_stops_when_it_is_given_up() -> None:
    real = load_detector(model_file("yolox_nano.onnx"), "yolox-nano", 1)
    may_begin = threading.Event()

    class LateSession:
        def run(self, names: None, inputs: dict[str, Any], options: Any) -> Sequence[NDArray[np.float32]]:
            may_begin.wait(60)
            answer: Sequence[NDArray[np.float32]] = real._session.run(names, inputs, options)
            return answer

    late = OnnxDetector("late", LateSession(), real.family, longest_look=0.05)
    with pytest.raises(DetectorUnavailable, match="took over"):
        late.detect(EMPTY, 0.3)
    may_begin.set()
    assert late._late is not None
    assert "terminate" in str(late._late.exception(60)).lower()
    late._longest_look = 60.0
    assert late.detect(EMPTY, 0.3) == []
