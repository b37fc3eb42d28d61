"""Whoever is told of visits is told what is wrong with the house, whatever the disk does meanwhile."""

from collections.abc import Callable
from dataclasses import replace

from doorstep.core.alert import Alert
from doorstep.core.disk_state import DiskLevel, DiskReading
from doorstep.core.health_telling import MOST_AT_ONCE
from doorstep.core.recipient import Recipient
from doorstep.core.standing import Standing
from doorstep.pipeline.disk_watch import EVERY_SECONDS, DiskWatch
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.health_alerts import HealthAlerts
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from fakes.clock import FakeClock
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.listening_notifier import ListeningNotifier
from fakes.recording_house import FailingCatalog


class Told:
    """The alerts of a house and who gets them; the catalog takes nothing."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock, self.mail = clock, ListeningNotifier()
        self.health = HealthBoard(clock)
        catalog = FailingCatalog()
        catalog.fails = lambda: True
        self.rows = EventRows(catalog, HealthBoard(clock), clock)
        self.outbox = Outbox(RecipientBook.of([self.mail]), self.rows, HealthBoard(clock), clock)
        self.standings = [Standing(Recipient("sms", "SMS")), Standing(Recipient("email", "Mail"))]
        self.alerts = HealthAlerts(self.health, self.outbox.dispatch, clock, "http://pi/", lambda: self.standings)

    def pass_(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1.0)
            self.alerts.look()

    def told(self) -> list[str]:
        return [alert.title for alert in self.mail.accepted]


def in_house(act: Callable[[Told], object]) -> Told:
    clock = LoopClock()

    async def main() -> Told:
        house = Told(clock)

        async def acted() -> None:
            act(house)
            await turns(400)

        await while_running(house.outbox.run, house.rows.run, act=acted)
        return house

    return run(clock, main)


def test_a_problem_is_told_when_it_starts_and_when_it_ends_without_any_row() -> None:
    def act(house: Told) -> None:
        house.health.report("camera:porch:black", "Porch shows only black.", "Check its light.")
        house.pass_(120)
        house.health.clear("camera:porch:black")
        house.pass_(120)

    house = in_house(act)
    assert house.told() == ["A camera shows only black", "The camera shows a picture again"]
    started, ended = house.mail.accepted
    assert started.text.endswith("Porch shows only black. Check its light.")
    assert ended.text.endswith("That is over: Porch shows only black.")
    assert {(alert.event, alert.cause, alert.camera, alert.link) for alert in house.mail.accepted} == {
        (None, None, "porch", "http://pi/")
    }


def test_what_has_one_reason_makes_one_alert() -> None:
    def act(house: Told) -> None:
        for number in range(MOST_AT_ONCE + 1):
            house.health.report(f"camera:{number}", f"Camera {number} is not seen.", "Check it.")
        house.pass_(40)

    house = in_house(act)
    assert house.told() == ["4 things changed at once"]
    assert all(f"Camera {number} is not seen." in house.mail.accepted[0].text for number in range(4))


def test_no_name_that_somebody_chose_is_in_an_alerts_id() -> None:
    def act(house: Told) -> None:
        house.health.report("push:anna:Anna's/phone:again", "Anna's phone shows no alerts.", "Look at it.")
        house.pass_(3700)

    ids = [alert.id for alert in in_house(act).mail.accepted]
    assert ids
    assert not any("anna" in one.lower() or "again" in one for one in ids)


def test_a_channels_trouble_is_told_by_others_or_not_at_all() -> None:
    sms, mail = Standing(Recipient("sms", "SMS")), Standing(Recipient("email", "Mail"))
    broker = Standing(Recipient("mqtt", "Home automation", reaches_people=False))

    def act(house: Told) -> None:
        for house.standings in ([sms, broker], [sms, replace(mail, trouble="Refused.")], [sms, mail]):
            house.health.report("notifier:sms", "Alerts by SMS do not arrive.", "Check it.")
            house.pass_(60)
            house.health.clear("notifier:sms")
            house.pass_(60)

    assert in_house(act).told() == ["Alerts do not arrive by one channel", "The channel takes alerts again"]


def test_a_disk_that_fills_up_is_told_and_that_it_has_space_again() -> None:
    free = {DiskLevel.WELL: 10**10, DiskLevel.NEARLY_FULL: 10**8, DiskLevel.FULL: 10**6}
    clock, told = FakeClock(), list[Alert]()
    board = HealthBoard(clock)
    alerts = HealthAlerts(board, told.append, clock, "http://pi/", list)

    async def main() -> None:
        for level in (DiskLevel.WELL, DiskLevel.NEARLY_FULL, DiskLevel.FULL, DiskLevel.NEARLY_FULL, DiskLevel.WELL):
            disk = DiskWatch(lambda level=level: DiskReading(10**11, free[level]), board, clock)  # type: ignore[misc]
            for _ in range(8):
                await disk.look()
                alerts.look()
                clock.advance(EVERY_SECONDS)

    run(LoopClock(), main)
    assert [alert.title for alert in told] == [
        "Storage is nearly full",
        "Recording has stopped",
        "Recording goes on",
        "Storage has room again",
    ]
