"""From packets to looks, with a real decoder: how soon the first motion hurries them, whatever the key frames do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from doorstep.core.detection import Detection, Thresholds
from doorstep.core.media import Packet, VideoFormat
from doorstep.core.settings import DetectionSettings
from doorstep.media.decode import Eye
from doorstep.media.demux import read_file
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.watcher import Eyes, Watcher
from doorstep.ports import Frame
from fakes.clock import FakeClock
from fakes.footage import NOON, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, while_running
from media.make_clips import Recipe, make_video

RATE = 20
LASTS = 12
LOOKS_PER_SECOND = 4.0
A_PICTURE = 1 / RATE
GATE_SECONDS = 2.0
THRESHOLDS = Thresholds(open=0.5, keep=0.3)


@dataclass
class Scene:
    """Implements `ports.MotionScorer` and `ports.Detector`: something moves from `begins` to `ends`, and is nobody."""

    begins: float
    ends: float
    scored: list[float] = field(default_factory=list)
    looked: list[float] = field(default_factory=list)
    name: str = "scene"
    thresholds: Thresholds = THRESHOLDS

    def score(self, frame: Frame) -> float:
        self.scored.append(frame.at)
        return 0.5 if self.begins <= frame.at <= self.ends else 0.0

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        del least
        self.looked.append(frame.at)
        return ()


@pytest.fixture(scope="module", params=[0.5, 1.0, 4.0, 10.0], ids=lambda every: f"a key frame every {every} s")
def stream(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[float, Path]:
    recipe = Recipe(rate=RATE, frames=LASTS * RATE, gop=round(request.param * RATE), width=64, height=48)
    return request.param, make_video(tmp_path_factory.mktemp("motion") / "stream.mp4", recipe)


def watched(path: Path, scene: Scene) -> Scene:
    """Played in simulated real time, decoded as a camera's stream is."""
    fmt, *packets = list(read_file(path, FakeClock()))
    assert isinstance(fmt, VideoFormat)
    clock = LoopClock(NOON)

    async def main() -> None:
        mailbox = FrameMailbox(LOOKS_PER_SECOND, asyncio.get_running_loop())
        eyes = Eyes(lambda: scene, lambda: scene, InlineExecutor())
        watcher = Watcher("door", eyes, DetectionSettings(), (), 10.0, HealthBoard(clock), clock)

        async def film() -> None:
            eye = Eye(fmt, mailbox)
            for packet in packets:
                assert isinstance(packet, Packet)
                eye.take(packet)
                await clock.sleep(A_PICTURE)

        await while_running(
            lambda: watcher.run(mailbox, lambda frame: NOON + seconds(frame.at), lambda _look: None), act=film
        )

    run(clock, main)
    return scene


@pytest.mark.parametrize("begins", [5.0 + step / RATE for step in range(0, 11, 2)])
def test_the_first_motion_is_looked_at_four_times_a_second_at_once(stream: tuple[float, Path], begins: float) -> None:
    every, path = stream
    scene = watched(path, Scene(begins, begins + 2.0))
    late = 0.5 if every == 0.5 else 1 / LOOKS_PER_SECOND  # where key frames come often they are enough to notice
    hurried = [at for at in scene.looked if begins <= at <= begins + 2.0 + GATE_SECONDS]
    assert hurried[0] - begins <= late + A_PICTURE
    assert max(after - before for before, after in pairwise(hurried)) <= 1 / LOOKS_PER_SECOND + A_PICTURE / 2
    assert hurried[-1] >= begins + 2.0 + GATE_SECONDS - 2 / LOOKS_PER_SECOND


def test_while_nothing_moves_frequent_key_frames_are_enough_and_rare_ones_are_not_waited_for(
    stream: tuple[float, Path],
) -> None:
    every, path = stream
    scene = watched(path, Scene(1e9, 1e9))
    assert len(scene.looked) == 1
    paces = [after - before for before, after in pairwise(at for at in scene.scored if at >= 1.0)]
    assert set(map(round, (pace * RATE for pace in paces))) == {10 if every == 0.5 else 5}
