"""Tests of the doorstep on memory adapters: a visitor who is not there passes every step, or one of them is named."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from typing import Any, TypeVar

import pytest

from doorstep.app.cameras import free_buffer
from doorstep.app.rehearsals import short_events, told_by
from doorstep.core.camera import CameraId, CameraState, CameraStatus
from doorstep.core.delivery import Delivery
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.errors import RehearsalRefused, SourceEnded
from doorstep.core.event import EventId
from doorstep.core.event_tracker import EventTracker
from doorstep.core.health_words import TITLES
from doorstep.core.media import Packet, StreamItem
from doorstep.core.notice import Notice
from doorstep.core.recipient import Recipient
from doorstep.core.rehearsal import RehearsalReport, RehearsalState, Step, StepReport, StepState
from doorstep.core.settings import CameraSettings, DetectionSettings, EventSettings, RetentionSettings
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.camera_parts import CameraParts
from doorstep.pipeline.camera_pipeline import CameraPipeline
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.health_alerts import HealthAlerts
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.nightly_test import NightlyTest
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.rehearsal_walk import OwnLane, Walk
from doorstep.pipeline.rehearsals import BROKEN, Rehearsals
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.supervisor import keep_running
from doorstep.pipeline.sweeper import UNDO_FOR, Sweeper
from doorstep.pipeline.watcher import Eyes, Watcher
from doorstep.ports import EventQuery, Frame, FrameTap
from fakes.footage import CAMERA, FORMAT, NOON, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, turns, while_running
from fakes.listening_notifier import ListeningNotifier
from fakes.recording_house import RecordingHouse
from fakes.stand_in_frame import StandInFrame
from fakes.taps import ListTap

T = TypeVar("T")
GARDEN = CameraId("garden")
EMPTY, VISITED = 24, 24
"""Pictures, four a second."""


class Moving:
    """Implements `ports.MotionScorer`: everything moves always."""

    def score(self, frame: Frame) -> float:
        del frame
        return 1.0


class Guard:
    """Implements `ports.Detector`: sees who is there unless it is blind."""

    name = "guard"
    thresholds = Thresholds(open=0.5, keep=0.3)

    def __init__(self) -> None:
        self.somebody = self.blind = False

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        del frame, least
        return (Detection(PERSON, 0.9, Box(0.4, 0.2, 0.6, 0.8)),) if self.somebody and not self.blind else ()


class Played:
    """Implements `ports.Source`: an empty porch, a visitor, and the end."""

    def __init__(self, house: "TestedHouse", walk: Walk) -> None:
        self._house = house
        self._walk = walk

    async def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        yield FORMAT
        clock, step = self._house.clock, FORMAT.timescale // 4
        for number in range(EMPTY + VISITED):
            arrived = clock.monotonic()
            if number == EMPTY:
                self._walk.captured(arrived)
                self._house.guard.somebody = True
            if tap.wants(number / 4):
                tap.put(StandInFrame(number / 4, arrived))
            yield Packet(b"picture", number * step, number * step, step, number % 4 == 0, arrived)
            await clock.sleep(0.25)
        self._house.guard.somebody = False
        msg = "The visitor has gone."
        raise SourceEnded(msg)


class TestedHouse:
    """Implements `ports.CameraDirectory`; everything that a test of the doorstep needs."""

    __test__ = False

    def __init__(self, clock: LoopClock, notifiers: Sequence[ListeningNotifier]) -> None:
        self.clock = clock
        self.kept = RecordingHouse(clock)
        self.board = HealthBoard(clock)
        self.guard = Guard()
        self.noticed: list[Notice] = []
        self.book = RecipientBook.of(notifiers)
        self.outbox = Outbox(self.book, self.kept.rows, self.board, clock)
        self.statuses = {
            camera: CameraStatus(camera, camera, CameraState.LIVE, clock.now(), "", False, True, None, "local")
            for camera in (CAMERA, GARDEN)
        }
        self.outbox_breaks = False
        told = replace(told_by(self.outbox), deliveries=self.deliveries)
        clips = RecordedClips(self.kept.store, {}, clock, self.kept.catalog)
        self.freed = 0
        self.rehearsals = Rehearsals(self, self.lane, self.kept.rows, self.kept.catalog, clips, told, self.board, clock)

    def deliveries(self, event: EventId) -> Sequence[Delivery]:
        if self.outbox_breaks:
            raise ZeroDivisionError
        return self.outbox.deliveries_of(event)

    def cameras(self) -> Sequence[CameraStatus]:
        return tuple(self.statuses.values())

    def camera(self, camera_id: CameraId) -> CameraStatus | None:
        return self.statuses.get(camera_id)

    def lane(self, camera: CameraId, walk: Walk) -> OwnLane:
        kept, clock = self.kept, self.clock
        events = short_events(EventSettings())
        eyes = Eyes(Moving, lambda: self.guard, InlineExecutor())
        parts = CameraParts(
            source=lambda: Played(self, walk),
            live=ListTap(),
            mailbox=FrameMailbox(4.0, asyncio.get_running_loop()),
            buffered=kept.camera,
            watcher=Watcher(camera, eyes, DetectionSettings(), (), events.close_after, kept.health, clock),
            tracker=EventTracker(camera, events, is_test=True),
            recorder=kept.recorder,
            stills=Stills(kept.store, kept.rows, clock),
            alerts=AlertDesk("Front door", self.outbox, UTC, lambda event: f"http://door/{event.id}"),
            explain=walk.observed,
            notice=self.noticed.append,
        )
        settings = CameraSettings(CameraId(f"{camera}.test"), "The test", "demo://")
        pipeline = CameraPipeline(settings, parts, kept.rows, kept.health, clock)
        return OwnLane(pipeline, kept.camera, kept.health, self._free)

    def _free(self) -> None:
        self.freed += 1
        free_buffer(self.kept.camera, self.kept.shelf)

    async def tested(self, camera: CameraId = CAMERA) -> RehearsalReport:
        """The report of one test, once it is over."""
        begun = self.rehearsals.begin(camera)
        while (report := self.rehearsals.report(begun)) is not None and report.state is RehearsalState.RUNNING:
            await self.clock.sleep(0.5)
        assert report is not None
        await turns(50)
        return report

    @property
    def problems(self) -> list[str]:
        return [problem.key for problem in self.board.problems()]


def in_house(act: Callable[[TestedHouse], Coroutine[Any, Any, T]], *notifiers: ListeningNotifier) -> T:
    clock = LoopClock(NOON)

    async def main() -> T:
        house = TestedHouse(clock, notifiers)
        tests = partial(keep_running, "tests", house.rehearsals.run, clock, house.board)
        tasks = tests, house.outbox.run, house.kept.rows.run
        return await while_running(*tasks, act=lambda: act(house))

    return run(clock, main)


def of(report: RehearsalReport, step: Step, channel: str = "") -> StepReport:
    return next(one for one in report.steps if one.step is step and one.channel == channel)


def test_the_visitor_of_a_test_passes_every_step() -> None:
    mail = ListeningNotifier()

    async def act(house: TestedHouse) -> None:
        report = await house.tested()
        assert report.state is RehearsalState.PASSED, report
        times = [of(report, step).ms for step in (Step.CAPTURED, Step.SEEN, Step.DECIDED, Step.RECORDED, Step.STORED)]
        assert None not in times
        assert times == sorted(times, key=lambda ms: ms or 0)
        (alert,) = mail.accepted
        assert alert.is_test
        assert alert.camera == CAMERA
        assert alert.snapshot
        assert house.problems == []
        assert house.noticed == []  # nobody is there: no lamp is switched on

    in_house(act, mail)


def test_its_event_is_marked_listed_nowhere_and_gone_soon() -> None:
    async def act(house: TestedHouse) -> None:
        await house.tested()
        catalog = house.kept.catalog
        assert catalog.events(EventQuery())[0] == []
        (event,) = catalog.events(EventQuery(tests=True))[0]
        assert event.is_test
        assert event.camera == CAMERA
        assert catalog.recorded(CAMERA, NOON - seconds(60), NOON + seconds(600)) == []
        assert house.kept.keys()
        await house.clock.sleep(UNDO_FOR.total_seconds() + 5)
        await Sweeper(house.kept.store, catalog, RetentionSettings(), house.clock).sweep()
        assert catalog.events(EventQuery(tests=True))[0] == []
        assert house.kept.keys() == []

    in_house(act, ListeningNotifier())


def test_nothing_of_its_video_stays_in_memory() -> None:
    async def act(house: TestedHouse) -> None:
        await house.tested()
        assert house.kept.shelf.reindex() == []

    in_house(act, ListeningNotifier())


def test_a_channel_that_refuses_is_named_and_stays_a_problem_until_a_test_passes() -> None:
    mail = ListeningNotifier(answers=lambda: "no")

    async def act(house: TestedHouse) -> None:
        report = await house.tested()
        assert report.state is RehearsalState.FAILED
        assert of(report, Step.ACCEPTED, "mail").words == "The mail server refuses the mail."
        assert of(report, Step.STORED).state is StepState.REACHED
        assert f"test:{CAMERA}" in house.problems
        mail.answers = lambda: "ok"
        assert (await house.tested()).state is RehearsalState.PASSED
        assert f"test:{CAMERA}" not in house.problems

    in_house(act, mail)


def test_a_test_that_fails_is_told_and_that_the_next_one_passed() -> None:
    mail, sms = ListeningNotifier(), ListeningNotifier("sms", answers=lambda: "no")

    async def act(house: TestedHouse) -> None:
        alerts = HealthAlerts(house.board, house.outbox.dispatch, house.clock, "http://door/", house.outbox.standings)
        for answer in ("no", "ok"):
            sms.answers = lambda answer=answer: answer  # type: ignore[misc]
            await house.tested()
            alerts.look()
            await turns(50)

    in_house(act, mail, sms)
    assert [alert.title for alert in mail.accepted if alert.title in TITLES["test"]] == [*TITLES["test"]]


@pytest.mark.parametrize("answer", ["hang", "later", "bug"])
def test_a_channel_that_never_takes_it_ends_the_test_all_the_same(answer: str) -> None:
    mail = ListeningNotifier(answers=lambda: answer)

    async def act(house: TestedHouse) -> None:
        report = await house.tested()
        assert of(report, Step.ACCEPTED, "mail").state is StepState.FAILED
        tried = len(mail.tried)
        await house.clock.sleep(3600)
        assert len(mail.tried) <= tried + 1  # nobody is told tomorrow that there was a test

    in_house(act, mail)


def test_a_detector_that_sees_nobody_fails_the_test_there() -> None:
    async def act(house: TestedHouse) -> None:
        house.guard.blind = True
        report = await house.tested()
        assert of(report, Step.MOVED).state is StepState.REACHED
        assert of(report, Step.SEEN).state is StepState.FAILED
        assert of(report, Step.SENT, "mail").state is StepState.SKIPPED
        assert "Nobody was recognised" in report.summary

    in_house(act, ListeningNotifier())


def test_a_full_store_fails_the_test_and_stops_no_alert() -> None:
    mail = ListeningNotifier()

    async def act(house: TestedHouse) -> None:
        house.kept.store.fails = lambda: True
        report = await house.tested()
        assert of(report, Step.RECORDED).state is StepState.FAILED
        assert "no space" in of(report, Step.RECORDED).words
        assert of(report, Step.ACCEPTED, "mail").state is StepState.REACHED
        assert len(mail.accepted) == 1
        await house.clock.sleep(30)
        (event,) = house.kept.catalog.events(EventQuery(tests=True))[0]
        assert event.ended_at is not None
        assert not event.unfinished  # else nothing would ever remove it

    in_house(act, mail)


def test_a_test_that_breaks_off_says_so_and_the_next_may_begin() -> None:
    async def act(house: TestedHouse) -> None:
        house.outbox_breaks = True
        begun = house.rehearsals.begin(CAMERA)
        await house.clock.sleep(15)
        report = house.rehearsals.report(begun)
        assert report is not None
        assert report.state is RehearsalState.FAILED
        assert BROKEN in report.summary
        assert f"test:{CAMERA}" in house.problems
        assert house.freed == 1
        house.outbox_breaks = False
        assert house.rehearsals.begin(CAMERA) != begun

    in_house(act, ListeningNotifier())


def test_it_waits_for_the_phone() -> None:
    phone = ListeningNotifier("push:1")

    async def act(house: TestedHouse) -> None:
        house.book.put(Recipient("push:1", "Anna's phone", "anna"), phone)
        begun = house.rehearsals.begin(CAMERA)
        while not phone.accepted:
            await house.clock.sleep(0.1)
        await house.clock.sleep(10)
        waiting = house.rehearsals.report(begun)
        assert waiting is not None
        assert waiting.state is RehearsalState.RUNNING
        assert await house.outbox.acknowledge(f"{phone.accepted[0].id}:push:1", "anna", opened=False)
        await house.clock.sleep(1)
        report = house.rehearsals.report(begun)
        assert report is not None
        assert report.state is RehearsalState.PASSED
        acknowledged = of(report, Step.ACKNOWLEDGED, "push:1")
        assert acknowledged.name == "Anna's phone"
        assert (acknowledged.ms or 0) > (of(report, Step.ACCEPTED, "push:1").ms or 0)

    in_house(act, phone)


def test_a_phone_that_shows_nothing_fails_the_test() -> None:
    async def act(house: TestedHouse) -> None:
        report = await house.tested()
        assert of(report, Step.ACKNOWLEDGED, "push:1").state is StepState.FAILED
        assert report.state is RehearsalState.FAILED

    in_house(act, ListeningNotifier("push:1"))


def test_without_a_channel_nobody_will_be_told() -> None:
    async def act(house: TestedHouse) -> None:
        report = await house.tested()
        assert report.state is RehearsalState.FAILED
        assert "no channel" in report.summary

    in_house(act)


def test_there_is_one_test_at_a_time() -> None:
    async def act(house: TestedHouse) -> None:
        begun = house.rehearsals.begin(CAMERA)
        assert house.rehearsals.begin(CAMERA) == begun
        with pytest.raises(RehearsalRefused, match="another camera"):
            house.rehearsals.begin(GARDEN)
        with pytest.raises(RehearsalRefused):
            house.rehearsals.begin(CameraId("nowhere"))
        assert house.rehearsals.report("unknown") is None

    in_house(act, ListeningNotifier())


def test_a_camera_that_is_not_seen_passes_no_test() -> None:
    async def act(house: TestedHouse) -> None:
        stalled = replace(house.statuses[CAMERA], state=CameraState.STALLED, reason="the camera does not answer")
        house.statuses[CAMERA] = stalled
        report = await house.tested()
        assert report.state is RehearsalState.FAILED
        assert "does not answer" in report.summary
        house.statuses[CAMERA] = replace(stalled, state=CameraState.LIVE, detecting=False)
        assert of(await house.tested(), Step.SEEN).state is StepState.FAILED

    in_house(act, ListeningNotifier())


def test_each_night_there_is_one_test() -> None:
    mail = ListeningNotifier()

    async def act(house: TestedHouse) -> None:
        nightly = NightlyTest(house.rehearsals, CAMERA, 3 * 60, UTC, house.board, house.clock)

        async def nights() -> None:
            await house.clock.sleep(timedelta(hours=14).total_seconds())  # it is noon now
            assert mail.accepted == []
            await house.clock.sleep(timedelta(hours=2).total_seconds())
            assert len(mail.accepted) == 1
            await house.clock.sleep(timedelta(hours=24).total_seconds())

        await while_running(nightly.run, act=nights)
        assert len(mail.accepted) == 2
        assert not any("could not begin" in problem.what for problem in house.board.problems())

    in_house(act, mail)


def test_a_nightly_test_that_cannot_begin_is_a_problem() -> None:
    async def act(house: TestedHouse) -> None:
        nightly = NightlyTest(house.rehearsals, CameraId("gone"), 13 * 60, UTC, house.board, house.clock)
        await while_running(nightly.run, act=lambda: house.clock.sleep(3700))
        assert house.problems == ["test:gone"]

    in_house(act, ListeningNotifier())
