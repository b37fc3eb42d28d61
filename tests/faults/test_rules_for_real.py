"""Rules of health over their real parts in one process: a real fault, a real mail when it starts, and when it ends.

Of what would take minutes or days only the clock is the test's, which moves it on.  Rules that need a whole server are
in `test_health_for_real`, `test_full_disk` and `test_certificate_for_real`.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from doorstep.app.alive_file import EVERY_SECONDS, NAME, AliveFile
from doorstep.app.detector import LateDetector, open_sized
from doorstep.app.remote_detection import RemoteDetection
from doorstep.buttons.gpio import GpioButton
from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.memory_recipients import MemoryRecipientRecords
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.upgrade import upgrade
from doorstep.chimes.pin import PinChime
from doorstep.clock import SystemClock
from doorstep.core.access import SCOPES_OF_ROLE, Role
from doorstep.core.alert import Alert, AlertId
from doorstep.core.button import MOST_PRESSES, STUCK_SECONDS
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clock_state import ClockReading
from doorstep.core.errors import DetectorUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.health_rules import STUCK_AFTER_SECONDS, UNSEEN_AFTER
from doorstep.core.health_telling import RULES
from doorstep.core.health_words import TITLES
from doorstep.core.notify_settings import ButtonSettings, WebhookSettings
from doorstep.core.outside_word import OutsideWord
from doorstep.core.remote_use import DetectionPlace
from doorstep.core.settings import DetectionSettings
from doorstep.notifiers.vapid_key import vapid_key
from doorstep.notifiers.web_push import PushNotifier, PushSender
from doorstep.notifiers.webhook import WebhookNotifier
from doorstep.pipeline.chime_lane import ChimeLane
from doorstep.pipeline.clock_watch import ClockWatch
from doorstep.pipeline.disk_watch import DiskWatch
from doorstep.pipeline.doorbell import Doorbell
from doorstep.pipeline.drift_watch import DriftWatch
from doorstep.pipeline.house_health import HouseFacts, HouseHealth
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.push_devices import PushDevices
from doorstep.pipeline.supervisor import keep_running
from doorstep.pipeline.watcher import Eyes, Look, Watcher
from doorstep.ports import Frame
from doorstep.stores.local import LocalStore
from fakes.accounts import FakeAccounts
from fakes.certificates import certificate
from fakes.http_channel import http_channel
from fakes.instant_loop import InlineExecutor
from fakes.mailed_house import MailedHouse, mailed_house
from fakes.pictures import DrawnFrame, model_file
from fakes.pins import MockPins, mock_pins
from fakes.push_service import push_service, trusting
from fakes.remote_detector import NOBODY, SOMEBODY, remote_detector
from fakes.small_disk import disk_in_memory
from fakes.troubled_models import BRIGHT, troubled_model

pytestmark = pytest.mark.slow

PORCH = CameraId("porch")
PIN = 17
MB = 1_000_000


@pytest.fixture
def house() -> Iterator[MailedHouse]:
    with mailed_house() as made:
        yield made


@pytest.fixture
def pins() -> Iterator[MockPins]:
    with mock_pins() as made:
        yield made


def fill(folder: Path, *, but: int = 0) -> Path:
    """A file that leaves so many bytes."""
    there = shutil.disk_usage(folder)
    filler = folder / "filler"
    filler.write_bytes(bytes(there.free - but))
    return filler


def press(house: MailedHouse, number: int) -> Alert:
    return Alert(AlertId(f"a{number}"), None, None, Cause.PRESS, house.clock.now(), "Doorbell rang", "Rung.", "/")


async def nothing(*_told: object) -> None:
    """What a press leads to is not looked at here."""


class EverythingMoves:
    """Implements `ports.MotionScorer`, so that every picture is looked at."""

    def score(self, frame: Frame) -> float:
        del frame
        return 1.0


def looking(look: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def looked() -> None:
        look()

    return looked


def test_a_disk_that_fills_is_told_in_steps_and_that_it_has_room_again(tmp_path: Path, house: MailedHouse) -> None:
    with disk_in_memory(tmp_path / "disk", "40m") as disk:
        watch = DiskWatch(LocalStore(disk).disk_reading, house.board, house.clock)
        house.looks.append(watch.look)

        async def act() -> None:
            filler = fill(disk, but=MB)
            await house.told("Storage is nearly full")
            rest = filler.with_name("rest")
            rest.write_bytes(bytes(shutil.disk_usage(disk).free))
            await house.told("Recording has stopped")
            rest.unlink()
            await house.told("Recording goes on")
            filler.unlink()
            await house.told("Storage has room again")

        house.run(act)
    assert house.titles() == [
        "Storage is nearly full",
        "Recording has stopped",
        "Recording goes on",
        "Storage has room again",
    ]


def test_a_catalog_whose_disk_is_full_is_told_until_it_is_written_again(tmp_path: Path) -> None:
    with disk_in_memory(tmp_path / "disk", "4m") as disk:
        engine = open_engine(sqlite_url(disk / "catalog.db"))
        upgrade(engine)
        with mailed_house(SqlCatalog(engine)) as house:

            async def act() -> None:
                filler = fill(disk)
                for number in range(200):  # whatever is left in its files is soon written
                    at = house.clock.now()
                    house.rows.decided(Event(EventId(f"e{number}"), PORCH, at, at, ended_at=at))
                await house.told(TITLES["catalog"][0])
                filler.unlink()
                await house.told(TITLES["catalog"][1])

            house.run(act)
        engine.dispose()
    assert house.titles() == [*TITLES["catalog"]]


def test_a_model_that_is_missing_is_told_until_it_is_there(tmp_path: Path, house: MailedHouse) -> None:
    there, wanted = model_file("yolox_nano.onnx"), tmp_path / "yolox_nano.onnx"
    settings = DetectionSettings(model=str(wanted), input_size=256)
    late = LateDetector(partial(open_sized, settings, [], 1, SystemClock()), house.board, house.clock)

    async def act() -> None:
        await house.told(TITLES["model"][0])
        shutil.copy(there, wanted)
        await house.told(TITLES["model"][1])

    house.run(act, late.run)
    assert house.titles() == [*TITLES["model"]]


def test_a_model_that_breaks_off_is_told_until_it_looks_again(tmp_path: Path, house: MailedHouse) -> None:
    settings = DetectionSettings(model=str(troubled_model(tmp_path / "mine.onnx", "crash")))
    bright, dark = (np.full((96, 96), grey, np.uint8) for grey in (int(BRIGHT) + 50, 20))
    shown, at = bright, 0

    async def act() -> None:
        nonlocal shown
        detector, _ = await asyncio.to_thread(open_sized, settings, [], 1, SystemClock())
        eyes = Eyes(EverythingMoves, lambda: detector, InlineExecutor())
        watcher = Watcher("porch", eyes, settings, (), 10.0, house.board, house.clock)
        mailbox = FrameMailbox(4.0, asyncio.get_running_loop())
        looks: list[Look] = []

        async def look() -> None:
            nonlocal at
            at += 1
            seen = len(looks)
            mailbox.wants(float(at))
            mailbox.put(DrawnFrame(shown, float(at), house.clock.monotonic()))
            await house.until(lambda: len(looks) > seen)

        house.looks.append(look)
        watching = asyncio.create_task(watcher.run(mailbox, lambda _frame: house.clock.now(), looks.append))
        await house.told(TITLES["detector"][0])
        shown = dark
        await house.told(TITLES["detector"][1])
        watching.cancel()

    house.run(act)
    assert house.titles() == [*TITLES["detector"]]


def test_a_remote_detector_that_fails_is_told_until_it_answers(tmp_path: Path, house: MailedHouse) -> None:
    with remote_detector("500") as server:
        settings = DetectionSettings(where=DetectionPlace.REMOTE, endpoint=server.address)
        remote = RemoteDetection(settings, lambda: None, tmp_path, house.board, house.clock, 30.0)

        async def look() -> None:
            """As a camera does again and again."""
            with suppress(DetectorUnavailable):
                remote.look(remote.current(), NOBODY if server.mode == "good" else SOMEBODY, 0.3, lambda _call: None)

        async def act() -> None:
            house.looks.append(look)
            await house.told(TITLES["remote-detector"][0])
            server.mode = "good"
            await house.told(TITLES["remote-detector"][1])

        house.run(act, remote.run)
        remote.close()
    assert house.titles() == [*TITLES["remote-detector"]]


def test_a_channel_that_fails_and_alerts_that_wait_for_it_are_told_by_another() -> None:
    with http_channel() as there:
        url = f"http://{there.host}/bell"
        bell = WebhookNotifier(WebhookSettings("bell", url, "a secret of some length"), SystemClock(), seconds=60.0)
        there.answer = lambda _asked: 503
        with mailed_house(others=[bell]) as house:
            facts = HouseFacts(house.outbox.standings)
            health = HouseHealth(facts, DriftWatch(house.board, house.clock), house.board, house.clock)
            house.looks.append(looking(health.look))

            async def act() -> None:
                house.outbox.dispatch(press(house, 1))
                await house.told(TITLES["notifier"][0])
                await house.told(TITLES["outbox"][0], STUCK_AFTER_SECONDS / 10)
                there.answer = lambda _asked: 200
                house.outbox.dispatch(press(house, 2))
                await house.told(TITLES["notifier"][1])
                await house.told(TITLES["outbox"][1])

            house.run(act)
    told = [title for title in house.titles() if title != "Doorbell rang"]
    assert sorted(told) == sorted([*TITLES["notifier"], *TITLES["outbox"]])


def test_a_phone_that_shows_nothing_for_a_week_is_told_until_it_does(tmp_path: Path, house: MailedHouse) -> None:
    """The week is the clock's; the push service is a real one that takes all and shows nothing."""
    tls, accounts = certificate(tmp_path), FakeAccounts()
    grant = accounts.grants[accounts.grant(SCOPES_OF_ROLE[Role.OWNER], None, account="ada", expires_at=None)]
    with push_service(tls) as service:
        sender = PushSender(
            vapid_key(tmp_path / "push.pem"), "mailto:a@example.org", SystemClock(), (service.base,), tls=trusting(tls)
        )
        devices = PushDevices(
            house.book,
            MemoryRecipientRecords(),
            lambda _grant: grant,
            lambda subscription, gone: PushNotifier(subscription, sender, gone),
            nothing,
            nothing,  # type: ignore[arg-type]
            house.board,
            house.clock,
        )
        house.outbox.on_change.append(devices.told)
        facts = HouseFacts(house.outbox.standings, devices.devices)
        health = HouseHealth(facts, DriftWatch(house.board, house.clock), house.board, house.clock)
        phone = service.browser()

        async def act() -> None:
            made = await devices.subscribe(grant, phone.device)
            house.outbox.dispatch(press(house, 1))
            await house.told("Doorbell rang")
            await house.until(lambda: devices.devices()[0].unshown_since is not None)
            house.clock.advance(UNSEEN_AFTER.total_seconds())
            house.looks.append(looking(health.look))
            await house.told(TITLES["push"][0], RULES["push"].lasts / 20)
            delivery = f"{press(house, 1).id}:{made.channel}"
            assert await house.outbox.acknowledge(delivery, "ada", opened=False)
            await house.told(TITLES["push"][1])

        house.run(act)
    assert house.titles() == ["Doorbell rang", *TITLES["push"]]


def test_a_run_that_was_killed_is_told_by_the_next_and_that_that_one_runs_on(
    tmp_path: Path, house: MailedHouse
) -> None:
    killed_at: datetime = house.clock.now() - timedelta(minutes=3)
    (tmp_path / NAME).write_text(killed_at.isoformat())
    alive = AliveFile(tmp_path, house.board, house.clock)

    async def act() -> None:
        await house.told(TITLES["restarted"][0])
        await house.told(TITLES["restarted"][1], EVERY_SECONDS)

    house.run(act, alive.run)
    assert house.titles() == [*TITLES["restarted"]]


def test_a_press_storm_is_told_once_and_that_it_is_over(house: MailedHouse) -> None:
    doorbell = Doorbell(nothing, [], house.board, house.clock)

    async def act() -> None:
        for _ in range(3 * MOST_PRESSES):
            house.clock.advance(0.5)
            await doorbell.take(OutsideWord(PORCH, Cause.PRESS, origin="one"))
        await house.told(TITLES["press-storm"][0])
        await house.told(TITLES["press-storm"][1])

    house.run(act)
    assert house.titles() == [*TITLES["press-storm"]]


def test_a_bell_that_cannot_sound_is_told_until_it_does(house: MailedHouse, pins: MockPins) -> None:
    with closing(PinChime(PIN, 0.01)) as chime:
        lane = ChimeLane(chime, house.board, house.clock)

        async def act() -> None:
            with pins.taken(PIN):
                lane.ring()
                await house.told(TITLES["chime"][0])
            lane.ring()
            await house.told(TITLES["chime"][1])

        house.run(act, lane.run)
    assert house.titles() == [*TITLES["chime"]]


def test_a_button_that_is_stuck_is_told_until_it_is_free(house: MailedHouse, pins: MockPins) -> None:
    button = GpioButton(ButtonSettings(PORCH, PIN, pulls_up=True, debounce=0.05), house.clock)
    doorbell = Doorbell(nothing, [], house.board, house.clock)

    async def act() -> None:
        await house.until(lambda: pins.is_listened_to(PIN))
        pins.close_contact(PIN)
        house.clock.advance(STUCK_SECONDS + 1)
        await house.told(TITLES["button"][0])
        pins.open_contact(PIN)
        await house.told(TITLES["button"][1])

    house.run(act, lambda: doorbell.listen(button, PORCH))
    assert house.titles() == [*TITLES["button"]]


def test_a_part_that_breaks_off_again_and_again_is_told_until_it_runs(house: MailedHouse) -> None:
    faults: Sequence[str] = ["one"]

    async def part() -> None:
        if faults:
            raise ZeroDivisionError
        await house.until(lambda: bool(faults))

    async def act() -> None:
        nonlocal faults
        await house.told(TITLES["task"][0])
        faults = []
        await house.told(TITLES["task"][1])
        faults = ["so that it ends"]

    house.run(act, lambda: keep_running("a part", part, house.clock, house.board))
    assert house.titles() == [*TITLES["task"]]


def test_a_clock_that_nobody_sets_is_told_until_it_is(house: MailedHouse) -> None:
    """What the kernel says of its clock is the test's: a machine that others use is not set wrong for it."""
    is_set = True

    def read() -> ClockReading:
        return ClockReading(house.clock.now(), house.clock.monotonic(), is_set)

    watch = ClockWatch(read, house.board, house.clock)
    house.looks.append(looking(watch.look))

    async def act() -> None:
        nonlocal is_set
        watch.look()
        is_set = False
        await house.told(TITLES["clock"][0], RULES["clock"].lasts / 10)
        is_set = True
        await house.told(TITLES["clock"][1])

    house.run(act)
    assert house.titles() == [*TITLES["clock"]]
