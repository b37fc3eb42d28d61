"""Kills, stalls and corrupts the remote detector during visits, and counts visits lost and the delay of alerts.

    python tests/faults/remote_detector.py [VISITS]

The real watcher and the real rules of events look at a camera that shows four frames a second; the remote detector is
a real server on the loopback.  Time is the loop's, which waits for nobody, and what a look really takes is added to it:
a look that takes longer delays the next, and the minute of quiet between two visits takes no time.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from structlog.testing import capture_logs

from doorstep.core.camera import CameraId
from doorstep.core.event import OpenEvent, RaiseAlert
from doorstep.core.event_tracker import EventTracker
from doorstep.core.remote_use import CallTold, Looked
from doorstep.core.settings import DetectionSettings, EventSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.watcher import Eyes, Look, Watcher, WatchRules
from doorstep.ports import Detector, Frame, Plane
from doorstep.vision.remote import RemoteDetector, RemoteSettings
from doorstep.vision.remote_fallback import FallbackDetector
from doorstep.vision.remote_purse import Purse
from fakes.footage import NOON
from fakes.instant_loop import InlineExecutor, LoopClock, run, while_running
from fakes.remote_detector import BAD_BODIES, BrightnessDetector, Remote, remote_detector

FRAME_SECONDS = 0.25
VISIT_SECONDS = 5.0
QUIET_SECONDS = 15.0
UNTIL_ASKED_AGAIN = 61.0
"""The breaker is willing again: each visit meets the trouble anew."""
TROUBLES = ["kill", "slow", "late", "hang", "drip", "drop", "500", "429", "redirect", *BAD_BODIES]


@dataclass(frozen=True)
class DoorFrame:
    """Implements `ports.Frame`: bright while somebody is there, and its JPEG ends as the fake remote expects it."""

    at: float
    captured_at: float
    somebody: bool
    width: int = 64
    height: int = 48

    def luma(self) -> Plane:
        return self._plane(self.width, self.height)

    def bgr(self, width: int, height: int) -> Plane:
        return self._plane(3 * width, height)

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        del width, height, quality
        return b"jpeg 1.0" if self.somebody else b"jpeg 0.0"

    def _plane(self, width: int, height: int) -> Plane:
        light = 200 if self.somebody else 20
        return Plane(memoryview(bytes([light]) * (width * height)), width, height, width)


class BrightnessChange:
    """Implements `ports.MotionScorer`: something moves while somebody is there."""

    def score(self, frame: Frame) -> float:
        return 0.5 if frame.luma().pixels[0] > 100 else 0.0


@dataclass
class Result:
    """`delays` from the moment somebody is visible to the alert, in seconds; `by` counts who looked at persons."""

    visits: int = 0
    events: int = 0
    delays: list[float] = field(default_factory=list)
    by: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    blind: int = 0

    @property
    def lost(self) -> int:
        return self.visits - len(self.delays)

    @property
    def false_alarms(self) -> int:
        return self.events - len(self.delays)

    @property
    def p95(self) -> float:
        return sorted(self.delays)[max(0, -(-len(self.delays) * 95 // 100) - 1)] if self.delays else float("inf")


@dataclass
class Door:
    """One camera whose watcher asks the remote detector first; what the rules decide is counted."""

    remote: Remote
    both: FallbackDetector
    clock: LoopClock
    random: Random
    result: Result = field(default_factory=Result)
    visible_at: datetime | None = None

    async def stand(self, visits: int) -> None:
        mailbox = FrameMailbox(1 / FRAME_SECONDS, asyncio.get_running_loop())
        health = HealthBoard(self.clock)
        eyes = Eyes(BrightnessChange, lambda: self.both, InlineExecutor(), look=self._look)
        rules = WatchRules(regions=None)
        watcher = Watcher("door", eyes, DetectionSettings(), (), 10.0, health, self.clock, rules)
        tracker = EventTracker(CameraId("door"), EventSettings(alert_cooldown=0.0))

        async def film() -> None:
            for number in range(visits):
                await self._show(mailbox, QUIET_SECONDS, somebody=False)
                self.clock.advance(UNTIL_ASKED_AGAIN)
                await self._show(mailbox, FRAME_SECONDS, somebody=False)
                await self._visit(mailbox, TROUBLES[number % len(TROUBLES)])
            await self._show(mailbox, QUIET_SECONDS, somebody=False)

        await while_running(
            lambda: watcher.run(mailbox, lambda _frame: self.clock.now(), lambda look: self._seen(tracker, look)),
            act=film,
        )
        self.result.blind = len(health.problems())

    async def _visit(self, mailbox: FrameMailbox, trouble: str) -> None:
        """The trouble begins at any moment of it, before its first look or between two, and ends with it."""
        self.result.visits += 1
        self.visible_at = self.clock.now()
        begins = FRAME_SECONDS * self.random.choice([0, 0, 1, 2])
        await self._show(mailbox, begins, somebody=True)
        if trouble == "kill":
            self.remote.kill()
        else:
            self.remote.mode = trouble
        await self._show(mailbox, VISIT_SECONDS - begins, somebody=True)
        self.visible_at = None
        self.remote.over.set()  # what hung is let go
        self.remote.over.clear()
        self.remote.mode = "good"
        if not self.remote.is_alive:
            self.remote.begin()

    async def _show(self, mailbox: FrameMailbox, seconds: float, *, somebody: bool) -> None:
        """Frames as a camera sends them: right before each look was due, so that the first is a frame late."""
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            await self.clock.sleep(FRAME_SECONDS)
            now = self.clock.monotonic()
            if mailbox.wants(now):
                mailbox.put(DoorFrame(now, now, somebody))

    def _look(self, detector: Detector, frame: Frame, least: float, told: CallTold) -> Looked:
        assert detector is self.both
        began = time.monotonic()
        looked = self.both.look(frame, least, told)
        self.clock.advance(time.monotonic() - began)
        if looked.detections:
            self.result.by[looked.where] = self.result.by.get(looked.where, 0) + 1
        return looked

    def _seen(self, tracker: EventTracker, look: Look) -> None:
        self.result.sent += len(look.found.calls)
        for decision in tracker.observe(look.observation):
            self.result.events += isinstance(decision, OpenEvent)
            if isinstance(decision, RaiseAlert) and self.visible_at is not None:
                self.result.delays.append((self.clock.now() - self.visible_at) / timedelta(seconds=1))


@contextmanager
def _both(address: str, clock: LoopClock, folder: Path) -> Iterator[FallbackDetector]:
    local = BrightnessDetector(0.5)
    remote = RemoteDetector(RemoteSettings(address), Purse(folder, 0.0, 0.0), clock)
    try:
        yield FallbackDetector(remote, lambda: local)
    finally:
        remote.close()


def campaign(visits: int, seed: int = 6) -> Result:
    """One trouble for each visit, each kind in turn."""
    clock = LoopClock(NOON)
    with (
        tempfile.TemporaryDirectory() as folder,
        remote_detector() as remote,
        _both(remote.address, clock, Path(folder)) as both,
    ):
        door = Door(remote, both, clock, Random(seed))
        run(clock, lambda: door.stand(visits))
    return door.result


def main(words: Sequence[str]) -> int:
    """The exit code."""
    with capture_logs():
        outcome = campaign(int(words[0]) if words else 100)
    print(f"visits {outcome.visits}, lost {outcome.lost}, false alarms {outcome.false_alarms}, looked {outcome.by}")
    print(f"pictures sent {outcome.sent}; problems that say nobody looks: {outcome.blind}")
    print(f"alert delay: p95 {outcome.p95:.2f} s, worst {max(outcome.delays):.2f} s (p95 at most 2 s)")
    return 1 if outcome.lost or outcome.false_alarms or outcome.p95 > 2.0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
