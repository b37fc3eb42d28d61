"""Whoever is told of visits is told that they are not recorded any more, whatever the disk does meanwhile."""

from collections.abc import Callable

from doorstep.core.disk_state import DiskLevel
from doorstep.pipeline.disk_alerts import MOST_TOLD, WITHIN_SECONDS, DiskAlerts
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.listening_notifier import ListeningNotifier
from fakes.recording_house import FailingCatalog


class Told:
    """The alerts of a disk and who gets them; the catalog takes nothing."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock, self.mail = clock, ListeningNotifier()
        health = HealthBoard(clock)
        catalog = FailingCatalog()
        catalog.fails = lambda: True
        self.rows = EventRows(catalog, health, clock)
        self.outbox = Outbox([self.mail], self.rows, health, clock)
        self.alerts = DiskAlerts(self.outbox, clock, "http://pi/")

    def told(self) -> list[tuple[str, str]]:
        return [(alert.title, alert.text) for alert in self.mail.accepted]


def in_house(act: Callable[[Told], object]) -> Told:
    clock = LoopClock()

    async def main() -> Told:
        house = Told(clock)

        async def acted() -> None:
            act(house)
            await turns(200)

        await while_running(house.outbox.run, house.rows.run, act=acted)
        return house

    return run(clock, main)


def test_recording_that_stops_is_told_once_and_that_it_goes_on() -> None:
    def act(house: Told) -> None:
        for level, words in [
            (DiskLevel.NEARLY_FULL, "Nearly."),
            (DiskLevel.FULL, "It is full."),
            (DiskLevel.READ_ONLY, "It is read-only."),
            (DiskLevel.NEARLY_FULL, "Nearly."),
            (DiskLevel.WELL, ""),
        ]:
            house.alerts.tell(level, words)

    house = in_house(act)
    assert house.told() == [("Recording has stopped", "It is full."), ("Recording goes on", "Nearly.")]
    assert {alert.link for alert in house.mail.accepted} == {"http://pi/"}


def test_a_disk_that_comes_and_goes_does_not_fill_a_mailbox() -> None:
    def act(house: Told) -> None:
        for _ in range(50):
            house.alerts.tell(DiskLevel.NOT_ANSWERING, "Gone.")
            house.alerts.tell(DiskLevel.WELL, "")
        house.clock.advance(WITHIN_SECONDS)
        house.alerts.tell(DiskLevel.NOT_ANSWERING, "Gone again.")

    told = in_house(act).told()
    assert len(told) == 2 * MOST_TOLD + 1
    assert told[-1] == ("Recording has stopped", "Gone again.")
