"""What people hear of the way from outside: that it is lost once, and that it is back only when it is."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from doorstep.app.hub import HubDesk
from doorstep.app.hub_place import open_place
from doorstep.core.alert import Alert
from doorstep.core.hub_tunnel import HubReason
from doorstep.core.settings import HubSettings, ServerSettings, Settings
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.health_alerts import HealthAlerts
from fakes.instant_loop import LoopClock, run, while_running
from fakes.kept_hub import keep
from fakes.scripted_tunnel import ScriptedHub

LOST, AGAIN = "Your door cannot be reached from outside", "Your door is reached from outside again"


class Heard:
    """A house that has joined a hub, and the titles of what people were told."""

    def __init__(self, data: Path) -> None:
        self.clock = LoopClock()
        self.hub = ScriptedHub(self.clock)
        self.board = HealthBoard(self.clock)
        self.told: list[Alert] = []
        self.alerts = HealthAlerts(self.board, self.told.append, self.clock, "http://pi/", list)
        self.data = data
        keep(data)
        self.desk = HubDesk(
            open_place(self.settings(enabled=True)),
            self.settings(enabled=True),
            self.board,
            self.clock,
            str,
            self.hub.tunnel,
        )

    def settings(self, *, enabled: bool) -> Settings:
        return Settings(server=ServerSettings(data=self.data), hub=HubSettings(enabled))

    async def lose(self) -> None:
        await self.clock.sleep(30)
        self.hub.refuses = HubReason.TIMED_OUT
        self.hub.end()
        await self.clock.sleep(180)

    @property
    def titles(self) -> list[str]:
        return [alert.title for alert in self.told]

    def play(self, act: Callable[[], Awaitable[object]]) -> list[str]:
        async def running() -> None:
            tasks = (self.desk.run, self.desk.endless()["hub health"], self.alerts.run)

            async def acted() -> None:
                await act()

            await while_running(*tasks, act=acted)  # type: ignore[arg-type]

        run(self.clock, running)
        return self.titles


@pytest.fixture
def heard(tmp_path: Path) -> Heard:
    return Heard(tmp_path)


def test_a_door_that_is_reached_again_is_told(heard: Heard) -> None:
    async def act() -> None:
        await heard.lose()
        heard.hub.refuses = None
        await heard.clock.sleep(60)

    assert heard.play(act) == [LOST, AGAIN]


@pytest.mark.parametrize("first", [False, None])
def test_a_way_that_is_back_and_leads_nowhere_is_no_good_news(heard: Heard, first: bool | None) -> None:
    async def act() -> None:
        await heard.lose()
        heard.hub.reached, heard.hub.refuses = first, None
        await heard.clock.sleep(20)
        heard.hub.reached = False
        await heard.clock.sleep(300)
        assert heard.titles == [LOST]
        heard.hub.reached = True
        await heard.clock.sleep(30)

    assert heard.play(act) == [LOST, AGAIN]


def test_a_hub_that_cannot_look_is_believed_after_a_minute(heard: Heard) -> None:
    async def act() -> None:
        await heard.lose()
        heard.hub.reached, heard.hub.refuses = None, None
        await heard.clock.sleep(90)

    assert heard.play(act) == [LOST, AGAIN]


def test_who_leaves_a_hub_that_was_lost_is_not_told_that_all_is_well(heard: Heard) -> None:
    async def act() -> None:
        await heard.lose()
        await heard.desk.leave()
        await heard.clock.sleep(60)
        assert heard.board.problems() == []

    assert heard.play(act) == [LOST]


def test_nor_is_who_switches_it_off(heard: Heard) -> None:
    async def act() -> None:
        await heard.lose()
        heard.desk.use(heard.settings(enabled=False))
        await heard.clock.sleep(60)
        assert heard.board.problems() == []
        heard.desk.use(heard.settings(enabled=True))
        await heard.clock.sleep(200)

    assert heard.play(act) == [LOST, LOST]


def test_a_way_that_only_comes_and_goes_is_told_as_lost(heard: Heard) -> None:
    async def act() -> None:
        await heard.clock.sleep(60)
        for _ in range(60):
            heard.hub.refuses = HubReason.CLOSED
            heard.hub.end()
            await heard.clock.sleep(20)
            heard.hub.refuses = None
            await heard.clock.sleep(8)

    assert heard.play(act)[:1] == [LOST]
