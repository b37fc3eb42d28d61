"""NanoDet-g with its real weights: from $DOORSTEP_MODELS, or fetched and converted; scores over the shared pictures."""

import importlib.util
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import av
import pytest

from doorstep.core.errors import FetchFailed, ModelInvalid
from doorstep.media.frame import DecodedFrame
from doorstep.ports import Detector
from doorstep.vision.fetch import fetch
from doorstep.vision.models import find_model
from doorstep.vision.onnx_detector import load_detector

SHARED = Path(__file__).parents[2] / ".." / "shared"
PICTURES = SHARED / "eval"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PICTURES.is_dir(), reason="the shared pictures are not here"),
]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("DOORSTEP_MODELS")
    try:
        return find_model("nanodet-g", [Path(given)] if given else []).path
    except ModelInvalid:
        try:
            return fetch("nanodet-g", tmp_path_factory.mktemp("models"), lambda *_: None)
        except FetchFailed as failure:
            pytest.skip(f"NanoDet-g could not be fetched: {failure}")


@pytest.fixture(scope="module")
def detector(weights: Path) -> Detector:
    return load_detector(weights, "nanodet-g", threads=2)


def picture(name: str) -> DecodedFrame:
    with av.open(str(PICTURES / name)) as file:
        return DecodedFrame(next(file.decode(video=0)), at=0.0, captured_at=0.0)


def seen(detector: Detector, name: str, least: float) -> dict[str, Any]:
    persons = [
        {"box": [found.box.left, found.box.top, found.box.right, found.box.bottom], "score": found.score}
        for found in detector.detect(picture(name), least)
    ]
    return {"file": name, "persons": persons}


def shared_score() -> Callable[[Path, Iterable[str], float], dict[str, Any]]:
    """The scorer that everybody's detector is measured with."""
    spec = importlib.util.spec_from_file_location("score_detections", SHARED / "tools" / "score_detections.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    score: Callable[[Path, Iterable[str], float], dict[str, Any]] = module.score
    return score


@pytest.mark.parametrize(("name", "expected"), [("obo_058.0.jpg", 0.696), ("vtest_08.0.jpg", 0.799)])
def test_scores_of_a_picture_are_those_of_the_weights(detector: Detector, name: str, expected: float) -> None:
    """Wrong colours, values or padding shift them long before nobody is found."""
    best = detector.detect(picture(name), 0.05)[0]
    assert best.score == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("side", "expected"), [(320, 0.516), (256, 0.485)])
def test_the_same_file_looks_at_smaller_pictures(weights: Path, side: int, expected: float) -> None:
    best = load_detector(weights, "nanodet-g", 2, side).detect(picture("obo_058.0.jpg"), 0.05)[0]
    assert best.score == pytest.approx(expected, abs=0.02)


def test_the_shared_pictures_are_scored_as_measured(detector: Detector) -> None:
    lines = [json.dumps(seen(detector, path.name, 0.05)) for path in sorted(PICTURES.glob("*.jpg"))]
    result = shared_score()(PICTURES, lines, detector.thresholds.open)
    assert result["missing"] == 0
    assert result["at"]["f1"] >= 0.79
    assert result["at"]["image_accuracy"] >= 0.97
