"""Whoever stole the broker's password may ring and switch, but floods nothing: neither events, rows nor logs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.notify_settings import MqttSettings
from doorstep.notifiers.mqtt_house import COMMANDS_PACE, HouseWays, MqttHouse
from doorstep.notifiers.mqtt_link import Message, MqttLink, Session
from fakes.clock import FakeClock
from fakes.house import FRONT, FakeCameras, FakeFeed

FLOOD = 1000


class Stormy(MqttLink):
    """A broker that passes on these messages, takes everything, and breaks."""

    def __init__(self, clock: FakeClock, messages: Sequence[tuple[str, str]]) -> None:
        super().__init__(MqttSettings("mqtt://broker.example"), clock)
        self._said = messages

    async def run(self, session: Session, topics: Sequence[str], hints: Sequence[str] = ()) -> None:
        """Pass them on once."""
        del topics, hints
        over = asyncio.Event()

        async def messages() -> AsyncIterator[Message]:
            for topic, payload in self._said:
                yield Message(topic, payload.encode(), kept=False)
            over.set()

        running: Awaitable[None] = session(messages())
        task = asyncio.ensure_future(running)
        await over.wait()
        task.cancel()
        await asyncio.wait([task])

    async def publish(self, topic: str, payload: str | bytes, *, keep: bool = False) -> None:
        """Taken."""

    async def keep_at(self, whole_topic: str, payload: str | bytes) -> None:
        """Taken."""


class Flooded:
    """What a house was asked."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.asked: list[object] = []
        self.after_each: Callable[[], None] = lambda: None

    async def trigger(self, camera: CameraId, cause: Cause, note: str) -> None:
        self.asked.append((camera, cause, note))
        self.after_each()

    def hears(self, messages: Sequence[tuple[str, str]]) -> list[object]:
        ways = HouseWays(
            self.trigger, lambda camera, on: self.asked.append((camera, on)), self.asked.append, lambda: False
        )
        cameras, feed = FakeCameras(self.clock), FakeFeed(self.clock)
        house = MqttHouse(Stormy(self.clock, messages), cameras, feed, ways, self.clock, None, pictures=False)
        asyncio.run(house.run())
        return self.asked


def test_a_flood_of_commands_does_little() -> None:
    switches = [(f"cameras/{FRONT}/detection/set", ("ON", "OFF")[number % 2]) for number in range(FLOOD)]
    others = [(topic, "60") for _ in range(FLOOD) for topic in (f"cameras/{FRONT}/trigger", "snooze/set")]
    assert len(Flooded().hears([*switches, *others])) == 3 * COMMANDS_PACE.burst


def test_a_flood_of_nonsense_fills_no_log_and_keeps_nobody_else_out() -> None:
    nonsense = [(f"cameras/nowhere-{number}/press", "x" * 10_000) for number in range(FLOOD)]
    nonsense += [(f"cameras/nowhere-{number}/press", "hello\x1b[2J") for number in range(FLOOD)]
    with structlog.testing.capture_logs() as logs:
        assert Flooded().hears([*nonsense, (f"cameras/{FRONT}/press", "hello")]) == [(FRONT, Cause.PRESS, "hello")]
    assert len(logs) <= COMMANDS_PACE.burst + 1


def test_who_commands_now_and_then_is_always_obeyed() -> None:
    house = Flooded()
    house.after_each = lambda: house.clock.advance(1.0)
    assert len(house.hears([(f"cameras/{FRONT}/trigger", "")] * 200)) == 200
