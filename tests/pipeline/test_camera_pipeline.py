import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any, TypeVar

import pytest

from doorstep.core.alert import AlertPolicy
from doorstep.core.camera import CameraId, CameraState
from doorstep.core.cause import Cause
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.errors import SourceEnded, SourceLost, SourceRefused
from doorstep.core.event import Event, EventTracker
from doorstep.core.ledger import Stage
from doorstep.core.media import Packet
from doorstep.core.settings import CameraSettings, DetectionSettings, EventSettings
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.camera_pipeline import STALL_SECONDS, CameraParts, CameraPipeline
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.watcher import Eyes, Watcher
from doorstep.ports import Frame
from fakes.footage import CAMERA, FORMAT, NOON, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, turns, while_running
from fakes.listening_notifier import ListeningNotifier
from fakes.recording_house import RecordingHouse
from fakes.scripted_source import ScriptedSource
from fakes.taps import ListTap

T = TypeVar("T")
SOMEBODY = (Detection(PERSON, 0.9, Box(0.4, 0.2, 0.6, 0.8)),)
EVENTS = EventSettings(pre_roll=2.0, close_after=3.0, post_roll=2.0)


class Still:
    """Implements `ports.MotionScorer`: everything moves always, so that every frame is looked at."""

    def score(self, frame: Frame) -> float:
        del frame
        return 1.0


class Guard:
    """Implements `ports.Detector`: somebody is there while the test says so."""

    name = "guard"
    thresholds = Thresholds(open=0.5, keep=0.3)

    def __init__(self) -> None:
        self.somebody = False

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        del frame, least
        return SOMEBODY if self.somebody else ()


class Porch:
    """One camera with everything behind it, over memory, and a source that is fed by hand."""

    def __init__(self, clock: LoopClock, *, enabled: bool = True) -> None:
        self.clock = clock
        self.house = RecordingHouse(clock)
        self.source = ScriptedSource(clock)
        self.guard = Guard()
        self.mail = ListeningNotifier()
        house = self.house
        self.outbox = Outbox([self.mail], house.rows, house.health, clock)
        eyes = Eyes(Still, lambda: self.guard, InlineExecutor())
        parts = CameraParts(
            source=lambda: self.source,
            live=ListTap(),
            mailbox=FrameMailbox(4.0, asyncio.get_running_loop()),
            buffered=house.camera,
            watcher=Watcher(CAMERA, eyes, DetectionSettings(), (), EVENTS.close_after, house.health, clock),
            tracker=EventTracker(CAMERA, EVENTS),
            recorder=house.recorder,
            stills=Stills(house.store, house.rows, clock),
            alerts=AlertDesk(
                "Porch", AlertPolicy(0.0, EVENTS.alert_on), self.outbox, UTC, lambda event: f"http://door/{event.id}"
            ),
        )
        settings = CameraSettings(CAMERA, "Porch", "demo://", enabled=enabled)
        self.pipeline = CameraPipeline(settings, parts, house.rows, house.health, clock)
        self.cameras = Cameras([self.pipeline])

    def state(self) -> CameraState:
        return self.pipeline.status().state

    @property
    def problems(self) -> list[str]:
        return [problem.key for problem in self.house.health.problems()]

    def events(self) -> list[Event]:
        """What the catalog says, oldest first."""
        return self.house.catalog._oldest_first()

    async def goes_live(self) -> None:
        await turns(3)
        self.source.send(FORMAT)
        await self.source.film(21)

    async def visited(self, count: int, first: int) -> None:
        """Somebody is there for so many pictures, and then nobody for eight seconds."""
        self.guard.somebody = True
        await self.source.film(count, first=first)
        self.guard.somebody = False
        await self.source.film(32, first=first + count)


def at_porch(act: Callable[[Porch], Coroutine[Any, Any, T]], *, enabled: bool = True) -> T:
    clock = LoopClock(NOON)

    async def main() -> T:
        porch = Porch(clock, enabled=enabled)
        return await while_running(porch.cameras.run, porch.outbox.run, porch.house.rows.run, act=lambda: act(porch))

    return run(clock, main)


def test_a_visitor_becomes_one_event_with_video_picture_and_alert() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        await porch.visited(12, first=21)
        (event,) = porch.events()
        assert event.causes == (Cause.PERSON,)
        assert event.started_at == NOON + seconds(5.25)
        assert event.ended_at == event.last_seen_at + seconds(2)
        assert event.recording is not None
        assert event.recording.seconds == pytest.approx(2 + 2.75 + 2, abs=0.3)
        assert event.pre_roll_seconds is not None
        assert 2.0 <= event.pre_roll_seconds < 2.25
        assert event.has_still
        stages = [entry.stage for entry in event.ledger]
        assert stages == [Stage.CAPTURED, Stage.SEEN, Stage.DECIDED, Stage.SENT, Stage.ACCEPTED]
        (alert,) = porch.mail.accepted
        assert alert.snapshot.startswith(b"picture")
        assert porch.problems == []

    at_porch(act)


def test_a_press_is_an_event_also_while_nobody_is_seen() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        await porch.cameras.trigger(CAMERA, Cause.PRESS, "ding")
        await porch.cameras.trigger(CAMERA, Cause.TRIGGER, "relay")
        await porch.source.film(40, first=21)
        (event,) = porch.events()
        assert event.causes == (Cause.PRESS, Cause.TRIGGER)
        assert event.recording is not None
        assert porch.mail.accepted[0].snapshot.startswith(b"picture")

    at_porch(act)


def test_a_press_at_a_camera_that_is_gone_shows_no_old_picture_and_is_told_all_the_same() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.source.send(SourceLost("no answer"))
        await porch.clock.sleep(60)
        await porch.cameras.trigger(CAMERA, Cause.PRESS, "ding")
        await porch.clock.sleep(15)
        (event,) = porch.events()
        assert event.recording is None
        assert event.ended_at is not None
        assert porch.mail.accepted[0].snapshot == b""

    at_porch(act)


def test_a_camera_that_is_lost_says_so_and_what_was_missed_is_a_gap() -> None:
    async def act(porch: Porch) -> None:
        assert porch.state() is CameraState.CONNECTING
        await porch.goes_live()
        assert (porch.state(), porch.problems) == (CameraState.LIVE, [])
        porch.source.send(SourceLost("The camera does not answer."))
        await porch.clock.sleep(10)
        assert porch.state() is CameraState.STALLED
        assert porch.problems == [f"camera:{CAMERA}"]
        await porch.goes_live()
        assert (porch.state(), porch.problems) == (CameraState.LIVE, [])
        (gap,) = porch.house.catalog.gaps(CAMERA, NOON, NOON + seconds(100))
        assert (gap.ends_at - gap.starts_at).total_seconds() == pytest.approx(10, abs=0.5)
        assert gap.reason == "The camera does not answer."
        assert porch.source.closed == 1

    at_porch(act)


def test_a_camera_that_says_nothing_for_long_is_lost() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        await porch.clock.sleep(STALL_SECONDS + 0.5)
        assert porch.source.closed == 1
        assert porch.state() is CameraState.STALLED
        assert "no picture" in porch.pipeline.status().reason

    at_porch(act)


def test_a_camera_that_refuses_says_why() -> None:
    async def act(porch: Porch) -> None:
        porch.source.send(SourceRefused("The camera does not accept the password."))
        await porch.clock.sleep(1)
        assert porch.state() is CameraState.REFUSED
        assert "password" in porch.pipeline.status().reason

    at_porch(act)


def test_times_that_run_backwards_are_a_loss_and_no_fault_of_ours() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        for dts in (9000, 100, 12_000):
            porch.source.send(Packet(b"picture", dts, dts, 250, key=True, arrived=porch.clock.monotonic()))
        await turns()
        assert porch.state() is CameraState.STALLED
        assert "timestamps" in porch.pipeline.status().reason

    at_porch(act)


def test_an_event_goes_on_over_a_short_loss() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.guard.somebody = True
        await porch.source.film(8, first=21)
        porch.source.send(SourceLost("no answer"))
        await porch.clock.sleep(1)
        porch.source.send(FORMAT)
        await porch.source.film(8)
        porch.guard.somebody = False
        await porch.source.film(32, first=8)
        (event,) = porch.events()
        assert event.recording is not None
        index = porch.house.read_back(event.recording.key)
        assert len({recorded.segment.connection for recorded in index.segments}) == 2

    at_porch(act)


@pytest.mark.parametrize("is_lost_first", [False, True])
def test_another_format_in_mid_event_closes_it_and_the_next_look_opens_another(is_lost_first: bool) -> None:
    other = replace(FORMAT, width=1280, height=720)

    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.guard.somebody = True
        await porch.source.film(9, first=21)
        if is_lost_first:
            porch.source.send(SourceLost("no answer"))
            await porch.clock.sleep(1)
        porch.source.send(other)
        await porch.source.film(13)
        porch.guard.somebody = False
        await porch.source.film(32, first=13)
        first, second = porch.events()
        for event, fmt in ((first, FORMAT), (second, other)):
            assert event.recording is not None
            assert porch.house.read_back(event.recording.key).format == fmt
        assert second.recording is not None
        assert second.recording.seconds >= 3.25

    at_porch(act)


def test_the_end_of_a_file_closes_the_event_and_switches_the_camera_off() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.guard.somebody = True
        await porch.source.film(9, first=21)
        porch.source.send(SourceEnded("end of file"))
        await porch.clock.sleep(2)
        (event,) = porch.events()
        assert event.ended_at is not None
        assert event.recording is not None
        assert event.recording.ends_at >= NOON + seconds(7.25)
        assert (porch.state(), porch.problems) == (CameraState.OFF, [])
        assert porch.source.opened == 1

    at_porch(act)


def test_to_finish_closes_what_runs_while_somebody_still_stands_there() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.guard.somebody = True
        await porch.source.film(9, first=21)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(porch.source.film(20, first=30))
            finishing = tasks.create_task(porch.cameras.finish(8.0))
        assert finishing.result()
        await porch.house.rows.settled()
        (event,) = porch.events()
        assert event.ended_at is not None
        assert event.recording is not None
        assert event.recording.ends_at == pytest.approx(NOON + seconds(7.5), abs=seconds(0.3))
        assert porch.state() is CameraState.LIVE

    at_porch(act)


def test_to_finish_takes_no_longer_than_it_may() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.guard.somebody = True
        await porch.source.film(9, first=21)
        porch.house.store.fails = lambda: True
        began = porch.clock.monotonic()
        assert not await porch.cameras.finish(8.0)
        assert porch.clock.monotonic() - began == pytest.approx(8.0)

    at_porch(act)


def test_an_event_ends_though_no_frame_comes_any_more() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.guard.somebody = True
        await porch.source.film(9, first=21)
        porch.source.send(SourceLost("no answer"))
        await porch.clock.sleep(30)
        (event,) = porch.events()
        assert event.ended_at is not None

    at_porch(act)


def test_a_camera_that_is_switched_off_is_not_opened() -> None:
    async def act(porch: Porch) -> None:
        await porch.clock.sleep(60)
        assert porch.source.opened == 0
        assert (porch.state(), porch.problems) == (CameraState.OFF, [])
        assert not porch.pipeline.status().watching

    at_porch(act, enabled=False)


def test_the_directory_knows_its_cameras() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        (status,) = porch.cameras.cameras()
        assert status == porch.cameras.camera(CAMERA)
        assert status.watching
        assert not status.recording
        assert status.last_look_at is not None
        assert porch.cameras.camera(CameraId("nobody")) is None

    at_porch(act)


def test_a_buffer_that_cannot_be_kept_is_told() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.house.camera.store_fault = "The buffer's folder is full."
        await porch.clock.sleep(1.5)
        assert porch.problems == [f"buffer:{CAMERA}"]
        porch.house.camera.store_fault = None
        await porch.clock.sleep(1.5)
        assert porch.problems == []

    at_porch(act)
