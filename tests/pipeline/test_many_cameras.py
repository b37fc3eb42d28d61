"""Cameras side by side: what is wrong with one is nobody else's trouble, and a reload touches only what changed."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from datetime import UTC
from typing import Any, TypeVar

import pytest

from doorstep.core.camera import CameraId, CameraState
from doorstep.core.event import Cause
from doorstep.core.event_tracker import EventTracker
from doorstep.core.media import Packet, StreamItem
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.settings import CameraSettings, DetectionSettings, EventSettings
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.camera_pipeline import CameraParts, CameraPipeline
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.reading import FIRST_PICTURE_SECONDS
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.watcher import Eyes, Watcher
from doorstep.ports import Frame, FrameTap, Source
from doorstep.shelves.memory import MemoryShelf
from doorstep.stores.memory import MemoryStore
from fakes.footage import FORMAT, NOON
from fakes.instant_loop import InlineExecutor, LoopClock, run, turns, while_running
from fakes.recording_house import FailingCatalog
from fakes.scripted_source import ScriptedSource
from fakes.taps import ListTap

T = TypeVar("T")
GOOD, BAD = CameraId("good"), CameraId("bad")


class Unmoved:
    """Implements `ports.MotionScorer`: nothing ever moves."""

    def score(self, frame: Frame) -> float:
        del frame
        return 0.0


class BadSource:
    """Implements `ports.Source`; `does` is what its stream does."""

    def __init__(self, does: Callable[[], AsyncGenerator[StreamItem]]) -> None:
        self._does = does

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        del tap
        return self._does()


async def raises_bugs() -> AsyncGenerator[StreamItem]:
    yield FORMAT
    raise ZeroDivisionError


async def hangs() -> AsyncGenerator[StreamItem]:
    await asyncio.Event().wait()
    yield FORMAT


async def clings() -> AsyncGenerator[StreamItem]:
    """Does not even end when it is told to."""
    yield FORMAT
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(1000)


async def floods() -> AsyncGenerator[StreamItem]:
    """As much as it can, without a pause in which anybody else could work."""
    yield FORMAT
    for number in range(20_000):
        yield Packet(b"x" * 100, number * 40, number * 40, 40, number % 25 == 0, arrived=0.0)
    await asyncio.Event().wait()


async def changes_its_format() -> AsyncGenerator[StreamItem]:
    for _ in range(1000):
        yield FORMAT


async def breaks_its_word() -> AsyncGenerator[StreamItem]:
    """A packet before any format."""
    yield Packet(b"x", 0, 0, 40, key=True, arrived=0.0)


class Street:
    """Houses have one camera; a street has many, over one shelf, one store and one catalog."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.health = HealthBoard(clock)
        self.catalog = FailingCatalog()
        self.rows = EventRows(self.catalog, self.health, clock)
        self.store = MemoryStore()
        self.shelf = MemoryShelf()
        self.buffers: dict[CameraId, BufferedCamera] = {}
        self.cameras = Cameras([], clock, self.health)

    def pipeline(self, camera: CameraId, source: Source) -> CameraPipeline:
        clock, health, rows = self.clock, self.health, self.rows
        buffered = BufferedCamera(camera, RollingBuffer(120.0, 10_000_000), self.shelf, clock)
        recorder = Recorder(buffered, self.store, rows, health, clock, 1.0)
        buffered.on_segment = recorder.segment_added
        self.buffers[camera] = buffered
        events = EventSettings(pre_roll=1.0, close_after=3.0, post_roll=1.0)
        parts = CameraParts(
            source=lambda: source,
            live=ListTap(),
            mailbox=FrameMailbox(4.0, asyncio.get_running_loop()),
            buffered=buffered,
            watcher=Watcher(
                camera, Eyes(Unmoved, lambda: None, InlineExecutor()), DetectionSettings(), (), 3.0, health, clock
            ),
            tracker=EventTracker(camera, events),
            recorder=recorder,
            stills=Stills(self.store, rows, clock),
            alerts=AlertDesk(
                camera,
                Outbox(RecipientBook.of([]), rows, health, clock),
                UTC,
                lambda _event: "x",
            ),
        )
        return CameraPipeline(CameraSettings(camera, camera.title(), "demo://"), parts, rows, health, clock)

    def kept(self, camera: CameraId) -> int:
        """Pictures in the buffer, those of the open second included."""
        buffered = self.buffers[camera]
        newest = buffered.open_second()
        held = buffered.buffer.between(NOON.replace(year=2000), NOON.replace(year=2100))
        return sum(len(segment.samples) for segment in held) + (len(newest[0].samples) if newest else 0)

    def state(self, camera: CameraId) -> CameraState:
        status = self.cameras.camera(camera)
        assert status is not None
        return status.state


def on_street(act: Callable[[Street], Coroutine[Any, Any, T]]) -> T:
    clock = LoopClock(NOON)

    async def main() -> T:
        street = Street(clock)

        async def begun() -> T:
            await turns()
            return await act(street)

        return await while_running(street.cameras.run, street.rows.run, act=begun)

    return run(clock, main)


@pytest.mark.parametrize(
    ("does", "ends_as"),
    [
        (raises_bugs, {CameraState.FAULTED}),
        (breaks_its_word, {CameraState.FAULTED}),
        (hangs, {CameraState.CONNECTING}),
        (clings, {CameraState.CONNECTING, CameraState.STALLED}),
        (floods, {CameraState.LIVE, CameraState.STALLED}),
        (changes_its_format, {CameraState.STALLED}),
    ],
)
def test_what_one_camera_does_costs_another_no_picture(
    does: Callable[[], AsyncGenerator[StreamItem]], ends_as: set[CameraState]
) -> None:
    async def act(street: Street) -> None:
        good = ScriptedSource(street.clock)
        street.cameras.start(street.pipeline(BAD, BadSource(does)))
        street.cameras.start(street.pipeline(GOOD, good))
        await turns()
        good.send(FORMAT)
        await good.film(100)
        await turns()
        assert street.kept(GOOD) == 100
        assert street.state(GOOD) is CameraState.LIVE
        assert street.state(BAD) in ends_as
        assert {problem.key for problem in street.health.problems()} <= {f"camera:{BAD}"}

    on_street(act)


def test_a_flood_leaves_the_others_their_turn() -> None:
    async def act(street: Street) -> int:
        street.cameras.start(street.pipeline(BAD, BadSource(floods)))
        turns_taken = 0
        while street.state(BAD) is not CameraState.LIVE or street.kept(BAD) < 100:
            await asyncio.sleep(0)
            turns_taken += 1
        while street.kept(BAD) < 2000:
            await asyncio.sleep(0)
            turns_taken += 1
        return turns_taken

    assert on_street(act) > 20


def test_a_pipeline_that_itself_fails_is_begun_again_beside_the_others() -> None:
    async def act(street: Street) -> None:
        good = ScriptedSource(street.clock)
        bad = street.pipeline(BAD, BadSource(hangs))
        failures = iter([ZeroDivisionError(), ZeroDivisionError()])
        inner = bad.run

        async def run_badly() -> None:
            for failure in failures:
                raise failure
            await inner()

        bad.run = run_badly  # type: ignore[method-assign]
        street.cameras.start(bad)
        street.cameras.start(street.pipeline(GOOD, good))
        await turns()
        good.send(FORMAT)
        await good.film(40)
        await turns()
        assert street.kept(GOOD) == 40
        assert street.state(BAD) is CameraState.CONNECTING

    on_street(act)


def test_a_camera_that_is_stopped_ends_its_event_and_the_others_do_not_notice() -> None:
    async def act(street: Street) -> None:
        one, other = ScriptedSource(street.clock), ScriptedSource(street.clock)
        street.cameras.start(street.pipeline(BAD, one))
        street.cameras.start(street.pipeline(GOOD, other))
        await turns()
        for source in (one, other):
            source.send(FORMAT)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(one.film(20))
            tasks.create_task(other.film(20))
        await street.cameras.trigger(BAD, Cause.PRESS, "ding")
        await one.film(2, first=20)
        assert await street.cameras.stop(BAD, 8.0)
        street.cameras.remove(BAD)
        await street.rows.settled()
        (event,) = street.catalog._oldest_first()
        assert event.ended_at is not None
        assert event.recording is not None
        assert (one.closed, other.closed) == (1, 0)
        await other.film(20, first=22)
        await turns()
        assert street.kept(GOOD) == 40
        assert [status.id for status in street.cameras.cameras()] == [GOOD]
        await street.cameras.trigger(BAD, Cause.PRESS, "too late")

    on_street(act)


def test_what_was_wrong_with_a_stopped_camera_is_forgotten() -> None:
    async def act(street: Street) -> None:
        street.cameras.start(street.pipeline(BAD, BadSource(hangs)))
        await street.clock.sleep(FIRST_PICTURE_SECONDS + 1)
        assert street.health.problems()
        await street.cameras.stop(BAD, 8.0)
        assert street.health.problems() == []

    on_street(act)


def test_cameras_are_shown_in_the_order_of_the_config() -> None:
    async def act(street: Street) -> None:
        for camera in (GOOD, BAD):
            street.cameras.start(street.pipeline(camera, BadSource(hangs)))
        street.cameras.arrange([BAD, GOOD])
        assert [status.id for status in street.cameras.cameras()] == [BAD, GOOD]

    on_street(act)
