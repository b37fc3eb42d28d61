"""Channels, outbox, phones, certificate, cameras' clocks: each pinned once it lasts, unpinned when it is over."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable, NotifierUnavailable
from doorstep.core.health_rules import MOST_SET_RIGHT, STUCK_AFTER_SECONDS, WITHIN_SECONDS
from doorstep.core.push_subscription import PushSubscription
from doorstep.core.recipient import Recipient
from doorstep.core.standing import Standing
from doorstep.pipeline.dead_man import DeadMan
from doorstep.pipeline.drift_watch import DriftWatch
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.house_health import EVERY_SECONDS, NOBODY_AFTER_SECONDS, HouseFacts, HouseHealth
from fakes.clock import FakeClock

DAY = timedelta(days=1)


class House:
    """Facts that a test changes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.board = HealthBoard(self.clock)
        self.drift = DriftWatch(self.board, self.clock)
        self.mail = Standing(Recipient("email", "Mail"), proven_at=self.clock.now())
        self.standings: list[Standing] = [self.mail]
        self.subscriptions: list[PushSubscription] = []
        self.ends: datetime | None = None
        self.people: list[str] = ["Ada"]
        self.catalog_is_away = False
        facts = HouseFacts(lambda: self.standings, lambda: self.subscriptions, lambda: self.ends, self._people)
        self.house = HouseHealth(facts, self.drift, self.board, self.clock)

    def _people(self) -> Sequence[str]:
        if self.catalog_is_away:
            raise CatalogUnavailable
        return self.people

    def after(self, seconds: float) -> list[str]:
        async def main() -> None:
            for _ in range(int(seconds / EVERY_SECONDS) + 1):
                self.house.look()
                self.clock.advance(EVERY_SECONDS)
            await self.house.look_slowly()

        asyncio.run(main())
        return [problem.key for problem in self.board.problems()]


def test_a_house_without_a_channel_is_red_within_its_first_minute_and_until_one_is_proven() -> None:
    house = House()
    house.standings = []
    assert house.after(NOBODY_AFTER_SECONDS - 2) == []
    assert house.after(4) == ["nobody-told"]
    assert not house.board.problems()[0].minor
    house.standings = [replace(house.mail, proven_at=None)]
    assert house.after(60) == ["nobody-told"]
    assert "no channel has been proven yet (Mail)" in house.board.problems()[0].what
    house.standings = [house.mail]
    assert house.after(2) == []


def test_alerts_that_wait_for_ten_minutes_are_stuck_until_they_are_told() -> None:
    house = House()
    house.standings = [replace(house.mail, waiting=2), replace(house.mail, recipient=Recipient("b", "B"))]
    assert house.after(STUCK_AFTER_SECONDS - 4) == []
    assert house.after(6) == ["outbox"]
    house.standings = [house.mail]
    assert house.after(2) == []


def test_a_phone_that_shows_nothing_is_pinned_until_it_does_or_is_removed() -> None:
    house = House()
    now = house.clock.now()
    phone = PushSubscription(
        "7", "ada", "g", "Ada's phone", "https://x", "p", "a", now - 9 * DAY, unshown_since=now - 8 * DAY
    )
    house.subscriptions = [phone]
    assert house.after(2) == ["push:7"]
    assert house.board.problems()[0].person == "ada"
    house.subscriptions = [replace(phone, unshown_since=None)]
    assert house.after(2) == []
    house.subscriptions = [phone]
    assert house.after(2) == ["push:7"]
    house.subscriptions = []
    assert house.after(2) == []


def test_a_channel_of_somebody_who_has_no_account_is_pinned_until_it_has_one() -> None:
    house = House()
    pager = Recipient("apprise:pager", "annas-pager", person="anna")
    house.standings = [house.mail, Standing(pager, proven_at=house.clock.now())]
    house.people = []  # before the first account is made
    assert house.after(2) == []
    house.people = ["Ada", "Anna"]
    assert house.after(2) == ["person"]
    [problem] = house.board.problems()
    assert problem.what == "No account is called anna: annas-pager follows nobody's choices."
    assert problem.remedy == "Spell `person` in the config as one of the accounts is: Ada, Anna."
    assert problem.minor
    house.catalog_is_away, house.people = True, []
    assert house.after(2) == ["person"]
    house.catalog_is_away, house.people = False, ["anna"]
    assert house.after(2) == []


def test_a_disk_that_hangs_keeps_nobody_from_looking_whether_anybody_is_told() -> None:
    clock, hangs = FakeClock(), Event()
    board = HealthBoard(clock)

    def disk_hangs() -> None:
        hangs.wait(60)

    facts = HouseFacts(list, certificate_ends=disk_hangs)
    house = HouseHealth(facts, DriftWatch(board, clock), board, clock)

    async def main() -> None:
        watching = asyncio.ensure_future(house.run())
        for _ in range(10_000):
            if board.problems():
                break
            await asyncio.sleep(0.001)
        hangs.set()
        watching.cancel()
        await asyncio.wait([watching])

    asyncio.run(main())
    assert [problem.key for problem in board.problems()] == ["nobody-told"]


def test_what_others_pinned_of_devices_stays_until_they_unpin_it() -> None:
    house = House()
    for key in ("push:7:ended", "push:8:ended"):
        house.board.report(key, "It no longer takes alerts.", "Turn notifications on again.", minor=True)
    assert house.after(60) == ["push:7:ended", "push:8:ended"]


def test_a_certificate_is_pinned_before_and_after_it_runs_out_until_it_is_renewed() -> None:
    house = House()
    house.ends = house.clock.now() + 3 * DAY
    assert house.after(2) == ["certificate"]
    assert house.board.problems()[0].minor
    house.ends = house.clock.now() - DAY
    assert house.after(2) == ["certificate"]
    assert not house.board.problems()[0].minor
    house.ends = house.clock.now() + 90 * DAY
    assert house.after(2) == []


def test_a_camera_whose_clock_jumps_again_and_again_is_pinned_for_an_hour() -> None:
    house = House()
    for _ in range(MOST_SET_RIGHT):
        house.drift.set_right(CameraId("porch"), "Porch")
    assert house.after(2) == ["camera:porch:drift"]
    house.clock.advance(WITHIN_SECONDS)
    assert house.after(2) == []


def test_the_clock_of_a_camera_that_was_removed_is_nobodys_business() -> None:
    house = House()
    for camera in ("porch", "garden"):
        for _ in range(MOST_SET_RIGHT):
            house.drift.set_right(CameraId(camera), camera)
    house.drift.forget(CameraId("porch"))
    assert house.after(2) == ["camera:garden:drift"]
    house.drift.forget(CameraId("never seen"))
    assert house.after(2) == ["camera:garden:drift"]


def test_silence_tells_the_one_who_watches_that_something_is_wrong() -> None:
    clock, asked, answers = FakeClock(), [], [True]
    board = HealthBoard(clock)

    async def ping() -> None:
        asked.append(clock.now())
        if not answers[-1]:
            msg = "It answered 500."
            raise NotifierUnavailable(msg)

    dead_man = DeadMan(ping, 60.0, board, clock)

    async def main() -> None:
        await dead_man.beat()
        board.report("disk", "Full.", "Free some space.")
        await dead_man.beat()
        board.report("disk", "Nearly full.", "Free some space.", minor=True)
        answers.append(False)
        await dead_man.beat()
        assert [(one.key, one.minor) for one in board.problems()][1:] == [("ping", True)]
        answers.append(True)
        await dead_man.beat()

    asyncio.run(main())
    assert len(asked) == 3
    assert [problem.key for problem in board.problems()] == ["disk"]
