"""A frame to boxes, against the bare model: what letterbox, decoding and suppression add.  Goal: at most 1.15.

    python -m benchmarks.detection MODEL.onnx [--size 1280x720] [--rounds 40] [--threads 1]

Both are measured in interleaved rounds of one run; the ratio is of the medians, and its spread is over the rounds.
"""

import argparse
import statistics
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from benchmarks.figures import Figure, interleaved, ratio, tell

from doorstep.media.frame import DecodedFrame
from doorstep.vision.onnx_detector import OnnxDetector, load_detector

GOAL = 1.15


def drawn_frame(width: int, height: int) -> DecodedFrame:
    """A camera's picture with enough in it that the detector finds candidates, however weak."""
    pixels = np.random.default_rng(1).integers(60, 180, (height * 3 // 2, width), dtype=np.uint8)
    picture = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
    picture.pts, picture.time_base = 0, Fraction(1, 25)
    return DecodedFrame(picture, at=0.0, captured_at=0.0)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("model", type=Path)
    options.add_argument("--size", default="1280x720")
    options.add_argument("--rounds", type=int, default=40)
    options.add_argument("--threads", type=int, default=1)
    chosen = options.parse_args()
    width, height = (int(side) for side in chosen.size.split("x"))
    detector = load_detector(chosen.model, chosen.model.stem, chosen.threads)
    what = f"detection, {chosen.size} frame to persons, {chosen.threads} thread(s)"
    tell(measured(what, detector, drawn_frame(width, height), chosen.rounds))


def measured(what: str, detector: OnnxDetector, frame: DecodedFrame, rounds: int) -> Figure:
    """A frame to boxes, x the bare model."""
    inputs, _ = detector.family.prepare(frame)  # the bare model gets what the detector would give it
    session = detector._session  # noqa: SLF001 - the floor
    taken = interleaved(
        {
            "bare": lambda: session.run(None, inputs),
            "whole": lambda: detector.detect(frame, detector.thresholds.keep),
        },
        rounds,
        time.process_time,  # other programs on the same cores do not count
        warm_up=3,
    )
    return ratio(
        what,
        taken["whole"],
        taken["bare"],
        "CPU, x bare model",
        GOAL,
        bare_ms=1000 * statistics.median(taken["bare"]),
        ms=1000 * statistics.median(taken["whole"]),
    )


if __name__ == "__main__":
    main()
