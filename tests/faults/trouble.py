"""Hours of light, weather, wind and animals, in which nobody comes: how often does Doorstep say that somebody did?

python tests/faults/trouble.py --hours 8      (models from DOORSTEP_MODELS, photographs from ../shared)

Every clip is a minute of its own kind, background and seed, seen by the server's own watcher four times a second, on a
clock that jumps.  Prints a line of JSON for each kind and one for all; exit code 1 when any event was told.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.event import OpenEvent, Tick
from doorstep.core.event_tracker import EventTracker
from doorstep.core.settings import DetectionSettings, EventSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.watcher import Eyes, Look, Watcher, WatchRules
from doorstep.ports import Detector, MotionScorer
from doorstep.vision.luma_difference import LumaDifference
from doorstep.vision.onnx_detector import load_detector
from doorstep.vision.second_look import looking_twice
from fakes.doorbell_pictures import Photograph
from fakes.eval_pictures import EvalPictures, frame_of
from fakes.footage import NOON, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, while_running
from fakes.server_process import MODEL_FOLDERS, SHARED
from fakes.trouble import HEIGHT, TROUBLE, WIDTH, Pixels, TroubleClip, drawn_background

LOOKS_PER_SECOND = 4.0
CLIP_SECONDS = 60.0
SETTINGS = EventSettings()
AS_LIVE = WatchRules()


@dataclass(frozen=True, slots=True)
class Told:
    """What was made of some pictures: `open` of them moved enough, at `looked` of them the detector looked."""

    pictures: int = 0
    open: int = 0
    looked: int = 0
    events: tuple[str, ...] = ()

    def __add__(self, other: "Told") -> "Told":
        return Told(
            self.pictures + other.pictures,
            self.open + other.open,
            self.looked + other.looked,
            self.events + other.events,
        )


def told(
    pictures: Iterable[tuple[float, Pixels]],
    detector: Detector,
    scorer: Callable[[], MotionScorer] = LumaDifference,
    rules: WatchRules = AS_LIVE,
) -> Told:
    """Show the pictures (seconds, B G R) to a new connection of a camera."""
    clock = LoopClock(NOON)
    tracker = EventTracker(CameraId("trouble"), SETTINGS)
    counted = Told()

    def seen(look: Look) -> None:
        nonlocal counted
        opened = tuple(
            f"{decision.event.score:.2f} at {look.frame.at:.2f} s"
            for decision in tracker.observe(look.observation)
            if isinstance(decision, OpenEvent) and Cause.PERSON in decision.event.causes
        )
        moved = not isinstance(look.observation, Tick)
        counted += Told(1, int(moved), int(bool(look.found.crops)), opened)

    async def main() -> None:
        eyes = Eyes(scorer, lambda: detector, InlineExecutor(), lambda one: getattr(one, "regions", ()))
        watcher = Watcher(
            "trouble", eyes, DetectionSettings(), (), SETTINGS.close_after, HealthBoard(clock), clock, rules
        )
        mailbox = FrameMailbox(LOOKS_PER_SECOND, asyncio.get_running_loop())

        async def film() -> None:
            for at, pixels in pictures:
                mailbox.wants(at)
                mailbox.put(frame_of(pixels, at))
                await clock.sleep(1 / LOOKS_PER_SECOND)

        await while_running(lambda: watcher.run(mailbox, lambda frame: NOON + seconds(frame.at), seen), act=film)

    run(clock, main)
    return counted


def backgrounds(shared: Path, detector: Detector) -> list[Pixels]:
    """Eight drawn ones, and the photographs in which nobody is and the model sees nobody: those are no trouble."""
    found = [drawn_background(seed) for seed in range(8)]
    pictures = EvalPictures(shared)
    if pictures.there:
        photographs = (_sized(photo) for photo in pictures.photographs(person=False))
        found += [one for one in photographs if not detector.detect(frame_of(one), detector.thresholds.keep)]
    return found


def _sized(photo: Photograph) -> Pixels:
    """Stretched to a camera's picture."""
    plane = frame_of(photo.pixels).bgr(WIDTH, HEIGHT)
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * HEIGHT].reshape(HEIGHT, plane.stride)
    return rows[:, : plane.width].reshape(HEIGHT, WIDTH, 3).copy()


def clips(
    hours: float,
    before: Sequence[Pixels],
    first_seed: int = 0,
    length: float = CLIP_SECONDS,
    kinds: Sequence[str] = tuple(TROUBLE),
) -> Iterator[TroubleClip]:
    """So many, kind after kind, each before the next background."""
    for seed in range(first_seed, first_seed + max(1, round(hours * 3600 / length))):
        yield TroubleClip(kinds[seed % len(kinds)], before[seed % len(before)], seed, length)


def campaign(all_of_them: Iterable[TroubleClip], detector: Detector, rules: WatchRules = AS_LIVE) -> dict[str, Told]:
    """By kind; each false event is told on standard error as it comes, with the seed that draws it again."""
    sums: dict[str, Told] = {}
    for clip in all_of_them:
        of_clip = told(clip.pictures(LOOKS_PER_SECOND), detector, rules=rules)
        for event in of_clip.events:
            print(f"false event: {clip.kind}, seed {clip.seed}, score {event}", file=sys.stderr, flush=True)
        sums[clip.kind] = sums.get(clip.kind, Told()) + of_clip
    return sums


def line(kind: str, sums: Told) -> str:
    return json.dumps(
        {
            "trouble": kind,
            "video_hours": round(sums.pictures / LOOKS_PER_SECOND / 3600, 3),
            "false_events": len(sums.events),
            "gate_open": round(sums.open / max(1, sums.pictures), 3),
            "looked": round(sums.looked / max(1, sums.pictures), 3),
        }
    )


def second_looking(model: Path, *, once: bool = False) -> Detector:
    """YOLOX-nano at its own size, and again at a larger one where that leaves doubt, unless it shall look `once`."""
    first = load_detector(model, "yolox-nano", 1)
    return first if once else looking_twice(first, model, 1)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--hours", type=float, default=8.0)
    options.add_argument("--first-seed", type=int, default=0)
    options.add_argument("--once", action="store_true", help="without the second look")
    options.add_argument("--no-crops", action="store_true", help="look at whole pictures only")
    options.add_argument("--kinds", nargs="+", choices=list(TROUBLE), default=list(TROUBLE))
    options.add_argument("--shared", type=Path, default=SHARED)
    chosen = options.parse_args()
    model = next(folder / "yolox_nano.onnx" for folder in MODEL_FOLDERS if (folder / "yolox_nano.onnx").is_file())
    detector = second_looking(model, once=chosen.once)
    before = backgrounds(chosen.shared, detector)
    rules = WatchRules(regions=None) if chosen.no_crops else AS_LIVE
    sums = campaign(clips(chosen.hours, before, chosen.first_seed, kinds=chosen.kinds), detector, rules)
    for kind, of_kind in sums.items():
        print(line(kind, of_kind))
    everything = sum(sums.values(), Told())
    print(line("all", everything))
    print(f"{len(before)} backgrounds, {time.process_time():.0f} s of CPU", file=sys.stderr)
    sys.exit(1 if everything.events else 0)


if __name__ == "__main__":
    main()
