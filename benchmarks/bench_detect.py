"""What each detector sees and costs: `make bench-detect`.  Prints tables, and writes them into PAGE.

    python -m benchmarks.bench_detect [--shared ../shared] [--rounds 15] [--no-write]

Seeing is measured on the labelled pictures by the script beside them, costs in rounds in which all take their turn.  A
model that is not on this machine is left out, and its old line with it.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.detection import drawn_frame, measured
from benchmarks.figures import machine, tell

from doorstep.core.detection import Detection
from doorstep.media.pictures import frames_of
from doorstep.ports import Detector, Frame
from doorstep.vision.onnx_detector import OnnxDetector, load_detector
from doorstep.vision.second_look import looking_twice
from fakes.doorbell_pictures import VARIANTS, Photograph, Pixels, fisheye
from fakes.eval_pictures import EvalPictures, frame_of
from fakes.server_process import MODEL_FOLDERS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "detection.md"
BEGIN, END = "<!-- make bench-detect -->", "<!-- as measured -->"
LEAST_SCORE = 0.05
FRAME_SIZE = (1280, 720)
SIDES = (416, 320, 256)
LARGER = (512, 640)
OWN = SIDES[0]
TWICE = "YOLOX-nano, second look"
SEEING = ("f1", "precision", "recall", "image_accuracy")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of the table; `bare` is the model of its looks, None where there is more than one."""

    model: str
    size: str
    detector: Detector
    bare: OnnxDetector | None = None


class Counted:
    """What a candidate found, and how much CPU its looks took together."""

    def __init__(self, candidate: Candidate) -> None:
        self._detector = candidate.detector
        self._detector.detect(drawn_frame(*FRAME_SIZE), LEAST_SCORE)  # the first look of a session takes longer
        self.seconds = 0.0
        self.found: dict[str, Sequence[Detection]] = {}

    def look(self, name: str, frame: Frame) -> None:
        """Look once and remember both."""
        began = time.process_time()
        self.found[name] = self._detector.detect(frame, LEAST_SCORE)
        self.seconds += time.process_time() - began


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--no-write", action="store_true")
    chosen = options.parse_args()
    pictures = EvalPictures(chosen.shared)
    if not pictures.there:
        options.error(f"{chosen.shared} holds no labelled pictures; say where they are with --shared")
    all_of_them = candidates()
    own = [one for one in all_of_them if one.size == str(OWN)]
    tables = [seeing(all_of_them, pictures, chosen.rounds), doorbell(own, pictures)]
    text = "\n\n".join("\n".join(table) for table in tables)
    print(text)
    if not chosen.no_write:
        write(f"{text}\n\nMeasured on {machine()}, one detector thread, {len(pictures.files)} pictures.")


# ---------------------------------------------------------------------------------------------------------- daylight


def candidates() -> list[Candidate]:
    """All that this machine has the weights of; the first is what costs are told against."""
    found = []
    if (yolox := _model("yolox_nano.onnx")) is not None:
        sized = {side: load_detector(yolox, "yolox-nano", 1, side) for side in (*SIDES, *LARGER)}
        found += [Candidate("YOLOX-nano", str(side), one, one) for side, one in sized.items()]
        found += [Candidate(TWICE, str(side), looking_twice(sized[side], yolox, 1)) for side in SIDES]
    if (nanodet := _model("nanodet_g.onnx")) is not None:
        again = {side: load_detector(nanodet, "nanodet-g", 1, side) for side in SIDES}
        found += [Candidate("NanoDet-g", str(side), one, one) for side, one in again.items()]
    return found


def seeing(all_of_them: Sequence[Candidate], pictures: EvalPictures, rounds: int) -> list[str]:
    """The table of models and sizes, at the score that opens an event."""
    counted = [Counted(candidate) for candidate in all_of_them]
    for path in pictures.files:
        frame = next(frames_of(path))
        for one in counted:
            one.look(path.name, frame)
    lines = [
        "| model | input | opens at | F1 | precision | recall | pictures right | CPU ms | cost | x bare model |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for candidate, one in zip(all_of_them, counted, strict=True):
        at = pictures.score(one.found, candidate.detector.thresholds.open)
        milliseconds = 1000 * one.seconds / len(pictures.files)
        lines.append(_line(candidate, at, milliseconds, one.seconds / counted[0].seconds, _overhead(candidate, rounds)))
    return lines


def _line(candidate: Candidate, at: Mapping[str, float], milliseconds: float, cost: float, overhead: str) -> str:
    seen = " | ".join(f"{at[key]:.3f}" for key in SEEING)
    opens = f"{candidate.detector.thresholds.open:.2f}"
    return (
        f"| {candidate.model} | {candidate.size} | {opens} | {seen} | {milliseconds:.0f} | x{cost:.2f} | {overhead} |"
    )


def _overhead(candidate: Candidate, rounds: int) -> str:
    if candidate.bare is None:
        return ""
    name = f"{candidate.model} {candidate.size}, {FRAME_SIZE[0]}x{FRAME_SIZE[1]} frame to persons"
    figure = measured(name, candidate.bare, drawn_frame(*FRAME_SIZE), rounds)
    tell(figure)
    return f"x{figure.value:.2f}"


def _model(name: str) -> Path | None:
    return next((folder / name for folder in MODEL_FOLDERS if (folder / name).is_file()), None)


# ---------------------------------------------------------------------------------------------------------- doorbell


def doorbell(looks: Sequence[Candidate], pictures: EvalPictures) -> list[str]:
    """The table of what a doorbell's camera makes of the same pictures: in how many of them somebody is found."""
    photographs = list(pictures.photographs(person=True))
    variants = {"daylight": _daylight, **VARIANTS, "fisheye (harsher than a doorbell)": fisheye}
    lines = ["| picture | " + " | ".join(f"{one.model}" for one in looks) + " |", "| --- " * (1 + len(looks)) + "|"]
    together = dict.fromkeys((one.model for one in looks), 0)
    for name, variant in variants.items():
        shown = [frame_of(variant(photo)) for photo in photographs]
        cells = []
        for one in looks:
            found = sum(bool(one.detector.detect(frame, one.detector.thresholds.open)) for frame in shown)
            together[one.model] += found if name in VARIANTS else 0
            cells.append(f"{found} of {len(shown)}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    most = len(photographs) * len(VARIANTS)
    shares = " | ".join(f"{found} of {most} ({found / most:.3f})" for found in together.values())
    return [*lines, f"| a doorbell's, all together | {shares} |"]


def _daylight(photo: Photograph) -> Pixels:
    return photo.pixels


# -------------------------------------------------------------------------------------------------------------- page


def write(text: str) -> None:
    """Between the two marks of the page; everything else there is left alone."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    assert after, f"{PAGE} has lost its marks"
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
