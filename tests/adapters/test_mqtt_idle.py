"""What a broker costs while things happen of which nobody there is told anything new."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Self

from doorstep.core.camera import CameraId, CameraStatus
from doorstep.core.cause import Cause
from doorstep.core.event import Event, EventId
from doorstep.core.notice import EventNotice, Notice
from doorstep.core.notify_settings import MqttSettings
from doorstep.notifiers.home_assistant import Discovery
from doorstep.notifiers.mqtt_house import HouseWays, MqttHouse
from doorstep.notifiers.mqtt_link import Message, MqttLink, Session
from fakes.clock import FakeClock
from fakes.house import FRONT, FakeCameras, FakeFeed

LOOKS = 200


class Listening(MqttLink):
    """A broker that says nothing, takes everything and stays."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(MqttSettings("mqtt://broker.example"), clock)
        self.kept: dict[str, str | bytes] = {}

    async def run(self, session: Session, topics: Sequence[str], hints: Sequence[str] = ()) -> None:
        """For ever."""
        del topics, hints

        async def messages() -> AsyncIterator[Message]:
            await asyncio.Event().wait()
            yield Message("", b"", kept=False)

        await session(messages())

    async def publish(self, topic: str, payload: str | bytes, *, keep: bool = False) -> None:
        """Taken."""
        if keep:
            self.kept[topic] = payload

    async def keep_at(self, whole_topic: str, payload: str | bytes) -> None:
        """Taken."""
        self.kept[whole_topic] = payload


@dataclass(frozen=True, slots=True)
class Counted(Discovery):
    """Which cameras it was made for."""

    made: list[str] = field(default_factory=list)

    def of_camera(self, camera: CameraId, name: str) -> str:
        self.made.append(name)
        return Discovery.of_camera(self, camera, name)


class CountedCameras(FakeCameras):
    """How often all of them were asked for."""

    asked = 0

    def cameras(self) -> Sequence[CameraStatus]:
        self.asked += 1
        return super().cameras()


class Idle:
    """A house with a broker."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.link = Listening(self.clock)
        self.cameras = CountedCameras(self.clock)
        self.discovery = Counted("homeassistant", "doorstep", "http://pi:8080")
        self.notices: asyncio.Queue[Notice] = asyncio.Queue()
        ways = HouseWays(self._trigger, lambda _camera, _on: None, lambda _seconds: None, lambda: False)
        feed = FakeFeed(self.clock)
        self.house = MqttHouse(self.link, self.cameras, feed, ways, self.clock, self.discovery, pictures=False)

    async def _trigger(self, camera: CameraId, cause: Cause, note: str) -> None:
        raise NotImplementedError

    async def _heard(self) -> AsyncIterator[Notice]:
        while True:
            yield await self.notices.get()

    async def say(self, notice: Notice) -> None:
        """And let everybody who was woken by that do his work."""
        self.notices.put_nowait(notice)
        for _ in range(10):
            await asyncio.sleep(0)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110 - the house looks once a second by itself
                await asyncio.sleep(0.01)

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.ensure_future(self.house.run()), asyncio.ensure_future(self.house.hear(self._heard()))]
        await self.until(lambda: f"cameras/{FRONT}/person" in self.link.kept)
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)


def event(clock: FakeClock) -> Event:
    return Event(EventId("e1"), FRONT, clock.now(), clock.now(), causes=(Cause.MOTION,))


def test_an_event_that_only_gets_longer_is_not_looked_into() -> None:
    async def act() -> None:
        async with Idle() as idle:
            running = event(idle.clock)
            await idle.say(EventNotice(running))
            before = idle.cameras.asked
            for number in range(LOOKS):
                at = running.last_seen_at + timedelta(seconds=number)
                await idle.say(EventNotice(replace(running, last_seen_at=at)))
            assert idle.cameras.asked - before < LOOKS / 4  # it looks once a second by itself
            person = replace(running, causes=(Cause.MOTION, Cause.PERSON))
            await idle.say(EventNotice(person))
            await idle.until(lambda: idle.link.kept[f"cameras/{FRONT}/person"] == "ON")
            await idle.say(EventNotice(replace(person, ended_at=person.last_seen_at)))
            await idle.until(lambda: idle.link.kept[f"cameras/{FRONT}/person"] == "OFF")

    asyncio.run(act())


def test_home_assistant_is_told_of_a_camera_once_and_again_under_another_name() -> None:
    async def act() -> None:
        async with Idle() as idle:
            count = len(idle.cameras.cameras())
            for number in range(LOOKS):
                await idle.say(EventNotice(replace(event(idle.clock), id=EventId(f"e{number}"))))
            assert len(idle.discovery.made) == count
            idle.cameras.all[0] = replace(idle.cameras.all[0], name="Gate")
            await idle.until(lambda: len(idle.discovery.made) == count + 1)
            assert idle.discovery.made[-1] == "Gate"

    asyncio.run(act())
