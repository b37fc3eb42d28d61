import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar

import pytest

from doorstep.core.camera import CameraId, CameraState
from doorstep.core.cause import Cause
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.errors import SourceCrashed, SourceEnded, SourceLost, SourceRefused, StoreUnavailable
from doorstep.core.event import Event
from doorstep.core.event_tracker import EventTracker
from doorstep.core.gap import Gap
from doorstep.core.health_words import TITLES
from doorstep.core.ledger import Stage
from doorstep.core.media import AudioPacket, Packet, StreamItem
from doorstep.core.segment import Segment
from doorstep.core.settings import CameraSettings, DetectionSettings, EventSettings
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.camera_pipeline import CLOCK_SET, LEFT_OUT, CameraParts, CameraPipeline
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.condition import CONNECTING_GRACE_SECONDS
from doorstep.pipeline.detect_stream import PATIENCE_SECONDS
from doorstep.pipeline.health_alerts import HealthAlerts
from doorstep.pipeline.live_stream import LiveStream
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.reading import FIRST_PICTURE_SECONDS, STALL_SECONDS
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.watcher import Eyes, Watcher
from doorstep.ports import Frame
from doorstep.shelves.folder import FolderShelf
from doorstep.shelves.memory import MemoryShelf
from fakes.footage import CAMERA, FORMAT, NOON, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, turns, while_running
from fakes.listening_notifier import ListeningNotifier
from fakes.recording_house import RecordingHouse
from fakes.scripted_source import ScriptedSource
from fakes.small_disk import disk_in_memory, make_read_only
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
        self.looks_on: Callable[[], None] = lambda: None
        """What happens while it looks."""

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        del frame, least
        self.looks_on()
        return SOMEBODY if self.somebody else ()


class Porch:
    """One camera with everything behind it, over memory, and a source that is fed by hand."""

    def __init__(
        self,
        clock: LoopClock,
        *,
        enabled: bool = True,
        detect: bool = False,
        encoded: bool = False,
        house: RecordingHouse | None = None,
    ) -> None:
        self.clock = clock
        self.sub = ScriptedSource(clock)
        self.fed: list[StreamItem | None] = []
        self.fed_small: list[StreamItem | None] = []
        self.house = house or RecordingHouse(clock)
        self.source = ScriptedSource(clock)
        self.guard = Guard()
        self.mail = ListeningNotifier()
        house = self.house
        self.outbox = Outbox(RecipientBook.of([self.mail]), house.rows, house.health, clock)
        self.detection_is_on = True
        eyes = Eyes(Still, lambda: self.guard, InlineExecutor(), wanted=lambda: self.detection_is_on)
        parts = CameraParts(
            source=lambda: self.source,
            live=ListTap(),
            mailbox=FrameMailbox(4.0, asyncio.get_running_loop()),
            buffered=house.camera,
            watcher=Watcher(CAMERA, eyes, DetectionSettings(), (), EVENTS.close_after, house.health, clock),
            tracker=EventTracker(CAMERA, EVENTS),
            recorder=house.recorder,
            stills=Stills(house.store, house.rows, clock),
            alerts=AlertDesk("Porch", self.outbox, UTC, lambda event: f"http://door/{event.id}"),
            detect=(lambda: self.sub) if detect else None,
            encoded=encoded,
            main=LiveStream(self.fed.append, lambda: self.fed.append(None)),
            sub=LiveStream(self.fed_small.append, lambda: self.fed_small.append(None)),
        )
        settings = CameraSettings(CAMERA, "Porch", "demo://", enabled=enabled)
        self.pipeline = CameraPipeline(settings, parts, house.rows, house.health, clock)
        self.cameras = Cameras([self.pipeline], clock, house.health)

    def state(self) -> CameraState:
        return self.pipeline.status().state

    @property
    def problems(self) -> list[str]:
        return [problem.key for problem in self.house.health.problems()]

    def events(self) -> list[Event]:
        """What the catalog says, oldest first."""
        return self.house.catalog._oldest_first()

    def gaps(self) -> list[Gap]:
        """What was missed, oldest first."""
        return list(self.house.catalog.gaps(CAMERA, NOON, NOON + seconds(10_000)))

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


def at_porch(
    act: Callable[[Porch], Coroutine[Any, Any, T]],
    *,
    enabled: bool = True,
    detect: bool = False,
    encoded: bool = False,
    kept: float = 0.0,
) -> T:
    """With `kept` seconds of a former run in the buffer, which ended ten seconds ago."""
    clock = LoopClock(NOON)

    async def main() -> T:
        porch = Porch(clock, enabled=enabled, detect=detect, encoded=encoded)
        if kept:
            porch.house.connect()
            await porch.house.film(round(kept * 4))
            porch.house.camera.end()
            await clock.sleep(10)
            porch = Porch(clock, enabled=enabled, house=porch.house)
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


def test_while_detection_is_off_nobody_is_looked_for_and_a_press_still_has_its_event_and_picture() -> None:
    async def act(porch: Porch) -> None:
        looked: list[float] = []
        porch.guard.looks_on = lambda: looked.append(porch.clock.monotonic())
        porch.detection_is_on = False
        await porch.goes_live()
        await porch.visited(12, first=21)
        assert (looked, porch.events()) == ([], [])
        status = porch.pipeline.status()
        assert (status.detecting, status.watching, status.state) == (False, False, CameraState.LIVE)
        await porch.cameras.trigger(CAMERA, Cause.PRESS, "ding")
        await porch.source.film(40, first=65)
        (event,) = porch.events()
        assert event.causes == (Cause.PRESS,)
        assert event.recording is not None
        assert event.has_still
        assert porch.mail.accepted[0].snapshot.startswith(b"picture")
        porch.detection_is_on = True
        await porch.visited(12, first=105)
        assert looked
        assert [one.causes for one in porch.events()] == [(Cause.PRESS,), (Cause.PERSON,)]

    at_porch(act)


def test_motion_that_is_told_late_is_recorded_from_when_it_was() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        await porch.source.film(80, first=21)
        was_at = porch.clock.now() - seconds(12)
        await porch.cameras.trigger(CAMERA, Cause.TRIGGER, "relay", was_at)
        await porch.source.film(40, first=101)
        (event,) = porch.events()
        assert event.started_at == was_at
        assert event.recording is not None
        assert event.recording.starts_at <= was_at - seconds(2)
        assert event.recording.ends_at >= was_at + seconds(1)

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
        (gap,) = porch.gaps()
        assert (gap.ends_at - gap.starts_at).total_seconds() == pytest.approx(10, abs=0.5)
        assert gap.reason == "The camera does not answer."
        assert porch.source.closed == 1

    at_porch(act)


def test_a_camera_that_comes_and_goes_fills_no_mailbox() -> None:
    seen, flaps = TITLES["packets"], 10

    async def act(porch: Porch) -> None:
        alerts = HealthAlerts(porch.house.health, porch.outbox.dispatch, porch.clock, "/", porch.outbox.standings)

        async def silent(seconds: int) -> None:
            porch.source.send(SourceLost("no answer"))
            for _ in range(seconds):
                await porch.clock.sleep(1.0)
                alerts.look()

        async def filmed(seconds: int) -> None:
            await porch.goes_live()
            for second in range(seconds):
                await porch.source.film(4, first=21 + 4 * second)
                alerts.look()

        for _ in range(flaps):
            await silent(45)
            await filmed(10)
        told = [alert.title for alert in porch.mail.accepted]
        assert told == [*seen, *seen, *seen, seen[0]]
        assert "comes and goes" in porch.mail.accepted[-1].text
        await silent(1)
        await filmed(16 * 60)
        assert [alert.title for alert in porch.mail.accepted] == [*told, seen[1]]

    at_porch(act)


def test_a_camera_may_send_its_first_key_frame_late_and_no_later_picture() -> None:
    """A stream is joined in the middle of a group of pictures, which may last long."""

    async def act(porch: Porch) -> None:
        await porch.clock.sleep(FIRST_PICTURE_SECONDS - 1)
        assert porch.source.closed == 0
        await porch.goes_live()
        assert porch.state() is CameraState.LIVE
        assert porch.source.opened == 1
        await porch.clock.sleep(STALL_SECONDS + 0.5)
        assert porch.source.closed == 1

    at_porch(act)


def test_a_camera_that_never_sends_a_first_picture_is_lost() -> None:
    async def act(porch: Porch) -> None:
        await turns(3)
        porch.source.send(FORMAT)
        await porch.clock.sleep(FIRST_PICTURE_SECONDS + 0.5)
        assert porch.source.closed == 1
        assert porch.pipeline.status().reason == "no picture came for 60 s"

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


def test_a_look_that_ends_after_the_file_makes_no_event_of_its_own() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.guard.somebody = True
        await porch.source.film(8, first=21)
        porch.guard.looks_on = lambda: porch.source.send(SourceEnded("end of file"))
        await porch.source.film(1, first=29)
        await porch.clock.sleep(10)
        (event,) = porch.events()
        assert event.ended_at is not None
        assert porch.state() is CameraState.OFF

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
        assert porch.problems == [f"camera:{CAMERA}:buffer"]
        porch.house.camera.store_fault = None
        await porch.clock.sleep(1.5)
        assert porch.problems == []

    at_porch(act)


def test_a_buffer_whose_folder_takes_nothing_is_told_until_it_does(tmp_path: Path) -> None:
    clock, told = LoopClock(NOON), list[str]()

    async def act(porch: Porch, disk: Path) -> None:
        alerts = HealthAlerts(porch.house.health, lambda alert: told.append(alert.title), clock, "/", tuple)
        await porch.goes_live()
        for first in range(21, 21 + 4 * 150, 4):
            make_read_only(disk, read_only=TITLES["buffer"][0] not in told)
            await porch.source.film(4, first=first)
            alerts.look()

    async def main(disk: Path) -> None:
        porch = Porch(clock, house=RecordingHouse(clock, shelf=FolderShelf(disk, "this boot")))  # type: ignore[arg-type]
        await while_running(porch.cameras.run, porch.outbox.run, porch.house.rows.run, act=lambda: act(porch, disk))

    with disk_in_memory(tmp_path / "disk", "1m") as disk:
        run(clock, lambda: main(disk))
    assert [title for title in told if title in TITLES["buffer"]] == [*TITLES["buffer"]]


# ---------------------------------------------------------------------------------------------------- gaps and reasons


def test_a_short_outage_costs_hardly_more_than_itself() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        away_until = porch.clock.monotonic() + 5
        while porch.clock.monotonic() < away_until:
            if porch.source._items.empty():
                porch.source.send(SourceLost("connection refused"))
            await porch.clock.sleep(0.01)
        await porch.goes_live()
        (gap,) = porch.gaps()
        assert (gap.ends_at - gap.starts_at).total_seconds() < 5 + 1.5

    at_porch(act)


def test_the_first_loss_of_an_outage_is_the_reason_of_its_one_gap() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        for reason in ("the stream broke off", "connection refused", "connection refused"):
            porch.source.send(SourceLost(reason))
            await porch.clock.sleep(2)
        await porch.goes_live()
        (gap,) = porch.gaps()
        assert gap.reason == "the stream broke off"

    at_porch(act)


@pytest.mark.parametrize("error", [SourceRefused("wrong password"), SourceCrashed("its reader crashed")])
def test_a_refusal_or_a_crash_says_more_than_that_it_was_lost(error: Exception) -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        for one in (SourceLost("the stream broke off"), error, error, error):
            porch.source.send(one)
        await porch.clock.sleep(400)
        porch.cameras.try_now()
        await turns()
        await porch.goes_live()
        (gap,) = porch.gaps()
        assert str(error) in gap.reason

    at_porch(act)


def test_a_moment_without_pictures_is_no_gap() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.source.send(SourceLost("lost"))
        await porch.clock.sleep(0.8)
        await porch.goes_live()
        assert porch.gaps() == []
        assert porch.pipeline.status().counts.connections == 2

    at_porch(act)


def test_while_doorstep_was_not_running_is_a_gap_of_that_reason() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        (gap,) = porch.gaps()
        assert (gap.ends_at - gap.starts_at).total_seconds() == pytest.approx(10, abs=0.5)
        assert gap.reason == "Doorstep was not running"

    at_porch(act, kept=5.0)


def test_a_camera_that_is_away_at_the_start_is_not_blamed_for_the_time_before() -> None:
    async def act(porch: Porch) -> None:
        porch.source.send(SourceLost("no answer"))
        await porch.clock.sleep(20)
        await porch.goes_live()
        before, after = porch.gaps()
        assert (before.reason, after.reason) == ("Doorstep was not running", "no answer")
        assert before.ends_at == after.starts_at
        assert (after.ends_at - after.starts_at).total_seconds() == pytest.approx(20, abs=0.5)

    at_porch(act, kept=5.0)


def test_a_new_camera_that_comes_late_was_missed_since_the_start() -> None:
    async def act(porch: Porch) -> None:
        porch.source.send(SourceLost("no answer"))
        await porch.clock.sleep(20)
        await porch.goes_live()
        (gap,) = porch.gaps()
        assert (gap.starts_at, gap.reason) == (NOON, "no answer")

    at_porch(act)


def test_another_format_without_a_pause_is_no_gap() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.source.send(replace(FORMAT, width=1280, height=720))
        await porch.source.film(13)
        assert porch.gaps() == []
        assert porch.state() is CameraState.LIVE

    at_porch(act)


def test_pictures_that_a_connection_left_out_are_a_gap() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        await porch.clock.sleep(5)
        await porch.source.film(8, first=21 + 20)
        (gap,) = porch.gaps()
        assert (gap.ends_at - gap.starts_at).total_seconds() == pytest.approx(5, abs=0.3)
        assert porch.pipeline.status().counts.gaps == 1

    at_porch(act)


# ------------------------------------------------------------------------------------------------------- its state


def test_to_connect_for_a_while_is_no_problem() -> None:
    async def act(porch: Porch) -> None:
        assert (porch.state(), porch.problems) == (CameraState.CONNECTING, [])
        porch.source.send(FORMAT)
        for _ in range(7):
            await porch.clock.sleep(4)
            assert porch.state() in {CameraState.CONNECTING, CameraState.STALLED}
        await porch.clock.sleep(CONNECTING_GRACE_SECONDS - 28 + 1.5)
        assert porch.problems == [f"camera:{CAMERA}"]

    at_porch(act)


def test_a_format_or_sound_alone_is_no_picture() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        for number in range(19):
            porch.source.send(AudioPacket(b"sound", 48_000 * number, 1024, porch.clock.monotonic()))
            await porch.clock.sleep(0.5)
        await porch.clock.sleep(1.0)
        assert porch.state() is CameraState.STALLED
        assert porch.source.closed == 1

    at_porch(act)


def test_a_refused_camera_says_what_to_do() -> None:
    async def act(porch: Porch) -> None:
        porch.source.send(SourceRefused("The camera does not accept the password."))
        await porch.clock.sleep(1)
        assert "password" in porch.pipeline.status().remedy
        (problem,) = porch.house.health.problems()
        assert problem.remedy == porch.pipeline.status().remedy

    at_porch(act)


def test_what_it_did_is_counted() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        counts = porch.pipeline.status().counts
        assert (counts.packets, counts.connections, counts.gaps) == (21, 1, 0)
        assert counts.bytes > 21 * len(b"picture")
        assert counts.looks >= 15
        assert counts.buffer_seconds >= 4
        assert counts.last_packet_seconds is not None
        assert counts.last_packet_seconds < 1

    at_porch(act)


def test_whoever_watches_undecoded_gets_everything_and_is_told_of_the_end() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        porch.source.send(SourceLost("lost"))
        await porch.clock.sleep(0.1)
        assert porch.fed[0] == FORMAT
        assert [type(item) for item in porch.fed[1:-1]] == [Packet] * 21
        assert porch.fed[-1] is None

    at_porch(act)


def test_a_camera_that_crashes_its_reader_again_and_again_is_faulted_and_well_again_later() -> None:
    why = "The video of this camera crashed its reader (segmentation fault, signal 11)."

    async def act(porch: Porch) -> None:
        await porch.goes_live()
        for _ in range(3):
            porch.source.send(SourceCrashed(why))
        await porch.clock.sleep(20)
        status = porch.pipeline.status()
        assert status.state is CameraState.FAULTED
        assert why in status.reason
        assert "every five minutes" in status.remedy
        (problem,) = porch.house.health.problems()
        assert (problem.key, problem.minor) == (f"camera:{CAMERA}", False)
        assert problem.what == f"Porch is not seen: it crashed again and again: {why}"
        assert problem.remedy == status.remedy
        opened = porch.source.opened
        await porch.clock.sleep(200)
        assert porch.source.opened == opened
        assert porch.state() is CameraState.FAULTED
        porch.pipeline.try_now()
        await porch.goes_live()
        assert (porch.state(), porch.problems) == (CameraState.LIVE, [])
        (gap,) = porch.gaps()
        assert why in gap.reason

    at_porch(act)


# --------------------------------------------------------------------------------------- gaps within a connection


def test_a_clock_that_is_set_forward_leaves_a_gap_with_its_reason() -> None:
    """Nothing was kept of the hour that never was: who asks for it is told why."""

    async def act(porch: Porch) -> None:
        await porch.goes_live()
        await porch.source.film(99, first=21)
        porch.clock.set_wall(3600)
        await porch.source.film(80, first=120)
        (gap,) = porch.gaps()
        assert gap.reason == CLOCK_SET
        assert (gap.ends_at - gap.starts_at).total_seconds() == pytest.approx(3600, abs=2)

    at_porch(act)


def test_a_clock_that_is_set_back_leaves_none() -> None:
    async def act(porch: Porch) -> None:
        await porch.goes_live()
        await porch.source.film(99, first=21)
        porch.clock.set_wall(-60)
        await porch.source.film(80, first=120)
        assert list(porch.house.catalog.gaps(CAMERA, NOON - seconds(10_000), NOON + seconds(10_000))) == []

    at_porch(act)


def test_a_camera_that_pauses_and_does_not_count_it_leaves_a_gap() -> None:
    """Its times go on as if nothing was: only when they came tells it."""

    async def act(porch: Porch) -> None:
        await porch.goes_live()
        await porch.source.film(99, first=21)
        await porch.clock.sleep(6)
        await porch.source.film(80, first=120)
        (gap,) = porch.gaps()
        assert gap.reason == LEFT_OUT
        assert (gap.ends_at - gap.starts_at).total_seconds() == pytest.approx(6, abs=1)
        assert porch.source.opened == 1

    at_porch(act)


class ShelfThatFails(MemoryShelf):
    """Keeps nothing while it `fails`."""

    fails = False

    def put(self, segment: Segment, fragment: bytes) -> None:
        if self.fails:
            msg = "The memory disk is gone."
            raise StoreUnavailable(msg)
        super().put(segment, fragment)


def test_seconds_that_could_not_be_kept_are_a_gap() -> None:
    shelf = ShelfThatFails()

    async def act(porch: Porch) -> None:
        await porch.goes_live()
        shelf.fails = True
        await porch.source.film(20, first=21)
        shelf.fails = False
        await porch.source.film(20, first=41)
        (gap,) = porch.gaps()
        assert gap.reason == "it could not be kept: The memory disk is gone."
        assert (gap.ends_at - gap.starts_at).total_seconds() == pytest.approx(5, abs=1)
        assert porch.source.opened == 1

    clock = LoopClock(NOON)

    async def main() -> None:
        porch = Porch(clock, house=RecordingHouse(clock, shelf))
        await while_running(porch.cameras.run, porch.house.rows.run, act=lambda: act(porch))

    run(clock, main)


# ------------------------------------------------------------------------------------------------- its detect stream


def test_the_detect_stream_is_looked_at_and_the_main_one_recorded() -> None:
    async def act(porch: Porch) -> None:
        await turns(3)
        porch.source.send(FORMAT)
        porch.sub.send(replace(FORMAT, width=320, height=240))
        porch.guard.somebody = True
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(porch.source.film(40))
            tasks.create_task(porch.sub.film(40))
        porch.guard.somebody = False
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(porch.source.film(40, first=40))
            tasks.create_task(porch.sub.film(40, first=40))
        (event,) = porch.events()
        assert event.recording is not None
        assert porch.house.read_back(event.recording.key).format == FORMAT
        assert porch.pipeline.status().counts.looks == pytest.approx(80, abs=2)
        assert porch.problems == []

    at_porch(act, detect=True)


def test_the_detect_stream_goes_to_who_watches_the_smaller_picture_and_is_not_kept() -> None:
    async def act(porch: Porch) -> None:
        await turns(3)
        porch.sub.send(FORMAT)
        await porch.sub.film(1)
        porch.sub.send(SourceLost("the network is gone"))
        await turns(5)
        assert porch.fed_small[0] == FORMAT
        assert {type(item) for item in porch.fed_small[1:-1]} == {Packet}
        assert porch.fed_small[-1] is None
        assert porch.fed == []
        assert len(porch.house.camera.buffer) == 0

    at_porch(act, detect=True)


@pytest.mark.parametrize("detect", [False, True])
@pytest.mark.parametrize("encoded", [False, True])
def test_rare_key_frames_are_told_as_a_hint_where_they_cost_something(*, detect: bool, encoded: bool) -> None:
    async def act(porch: Porch) -> None:
        await turns(3)
        large = replace(FORMAT, width=3840, height=2160)
        porch.source.send(FORMAT if detect else large)
        porch.sub.send(large)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(porch.source.film(9))
            tasks.create_task(porch.sub.film(9))
        hint = porch.pipeline.status().hint
        assert ("come every 1 s, so every picture is decoded" in hint) == encoded
        assert ("detect stream come" in hint) == (detect and encoded)
        assert porch.problems == []

    at_porch(act, detect=detect, encoded=encoded)


def test_a_lost_detect_stream_lets_the_main_one_serve_and_says_so() -> None:
    async def act(porch: Porch) -> None:
        await turns(3)
        porch.source.send(FORMAT)
        porch.sub.send(FORMAT)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(porch.source.film(20))
            tasks.create_task(porch.sub.film(20))
        before = porch.pipeline.status().counts.looks
        porch.sub.send(SourceLost("no answer"))
        await porch.source.film(4 * round(PATIENCE_SECONDS) - 8, first=20)
        assert porch.pipeline.status().counts.looks <= before + 1
        await porch.source.film(40, first=100)
        status = porch.pipeline.status()
        assert status.counts.looks > before + 10
        assert status.state is CameraState.LIVE
        assert "no answer" in status.reason
        (problem,) = porch.house.health.problems()
        assert problem.minor
        porch.sub.send(FORMAT)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(porch.source.film(20, first=140))
            tasks.create_task(porch.sub.film(20))
        assert (porch.pipeline.status().reason, porch.problems) == ("", [])

    at_porch(act, detect=True)
