"""Motion beside the video: told once in a while, kept while nobody listens, never in the way."""

import asyncio
import threading
from collections.abc import Callable

import structlog

from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.motion_report import MotionReport
from doorstep.ports import Frame
from doorstep.publish.motion_watch import MotionWatch
from fakes.clock import FakeClock
from fakes.stand_in_frame import StandInFrame

TELLER = "motion"
"""The thread's name."""


class Camera:
    """A mailbox: four frames a second of the fake clock; from `moves_from` on, everything moves."""

    patient = True

    def __init__(self, clock: FakeClock, seconds: float, moves_from: float = 0.0) -> None:
        self._clock = clock
        self._left = int(4 * seconds)
        self.moves_from = moves_from
        self.at = 0.0
        self.over = asyncio.Event()

    async def take(self) -> Frame:
        await asyncio.sleep(0.001)
        while self.patient and any(thread.name == TELLER for thread in threading.enumerate()):  # noqa: ASYNC110
            await asyncio.sleep(0.001)  # lets the teller's thread answer, however slow the machine is
        if not self._left:
            self.over.set()
            await asyncio.Event().wait()
        self._left -= 1
        self._clock.advance(0.25)
        self.at += 0.25
        return StandInFrame(at=self.at)

    def score(self, frame: Frame) -> float:
        return 0.5 if frame.at >= self.moves_from else 0.0


class Stopped(FakeClock):
    """Its sleep waits until somebody else moves the clock on."""

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        while self.monotonic() < until:  # noqa: ASYNC110 - another task moves it on
            await asyncio.sleep(0.001)


def watched(
    seconds: float, send: Callable[[MotionReport], None], *, moves_from: float = 0.0, patient: bool = True
) -> None:
    async def story() -> None:
        clock = Stopped()
        camera = Camera(clock, seconds, moves_from)
        camera.patient = patient
        watch = MotionWatch(camera, lambda: camera, send, clock, cooldown=60.0)
        running = asyncio.ensure_future(watch.run())
        async with asyncio.timeout(120):
            await camera.over.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())


def test_motion_is_told_once_a_minute() -> None:
    told: list[MotionReport] = []
    watched(150.0, told.append, moves_from=10.0)
    assert len(told) == 3
    assert len({report.key for report in told}) == 3
    assert told[1].at - told[0].at >= 60.0


def test_a_house_that_is_away_gets_the_same_report_later() -> None:
    tries: list[MotionReport] = []

    def send(report: MotionReport) -> None:
        tries.append(report)
        if len(tries) < 4:
            msg = "away"
            raise NotifierUnavailable(msg)

    with structlog.testing.capture_logs() as lines:
        watched(55.0, send)
    assert len(tries) == 4
    assert len({report.key for report in tries}) == 1
    assert [line["event"] for line in lines] == ["motion not reported", "motion reported"]


def test_a_refused_report_is_told_once_and_not_sent_again() -> None:
    tries: list[MotionReport] = []

    def send(report: MotionReport) -> None:
        tries.append(report)
        msg = "wrong token"
        raise NotifierRefused(msg)

    with structlog.testing.capture_logs() as lines:
        watched(130.0, send)
    assert len(tries) == 3
    assert [line["event"] for line in lines] == ["motion not reported"]


def test_a_house_that_hangs_does_not_stop_the_looking() -> None:
    begun, release = threading.Event(), threading.Event()
    tries: list[MotionReport] = []

    def send(report: MotionReport) -> None:
        tries.append(report)
        begun.set()
        release.wait(60)

    watched(150.0, send, patient=False)  # its end is the proof: every frame was taken
    assert begun.wait(60)
    release.set()
    assert len(tries) == 1
