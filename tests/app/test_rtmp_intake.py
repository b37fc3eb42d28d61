"""Listeners come, go and change with the config, and a fault of one is not the other's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn

import pytest

from doorstep.app.rtmp_intake import RtmpIntake
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings import CameraSettings
from doorstep.live.packet_feed import PacketFeed
from doorstep.pipeline.health import HealthBoard
from doorstep.rtmp.client_session import ClientSession
from doorstep.rtmp.events import Accepted
from doorstep.sources.address import RtmpListenAddress, parse_source
from doorstep.sources.rtmp_listener import RtmpListener
from doorstep.sources.rtmp_play import Watching
from fakes.free_port import free_port

LONG = 60.0
EVERYWHERE = "0.0.0.0"  # noqa: S104 - refused, never bound
DOOR_KEY, YARD_KEY = "a-key-of-the-door", "a-key-of-the-yard"


def camera(name: str, port: int, key: str, app: str = "live", host: str = "127.0.0.1") -> CameraSettings:
    return CameraSettings(CameraId(name), name, f"rtmp-listen://{host}:{port}/{app}", stream_key=key)


async def nobody(camera: str, token: str) -> bool:  # noqa: ARG001 - whoever it is
    return False


class House:
    def __init__(self) -> None:
        clock = SystemClock()
        self.health = HealthBoard(clock)
        self.intake = RtmpIntake(clock, None, Watching(PacketFeed(), nobody), self.health)

    @asynccontextmanager
    async def runs(self, *cameras: CameraSettings) -> AsyncIterator[None]:
        self.intake.expect(cameras)
        async with asyncio.timeout(LONG), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.intake.run())
            try:
                yield
            finally:
                task.cancel()

    def listener(self, camera: CameraSettings) -> RtmpListener:
        address = parse_source(camera.source)
        assert isinstance(address, RtmpListenAddress)
        return self.intake.listener(address)


async def is_taken(port: int, key: str, app: str = "live") -> bool:
    """Whether somebody with this key may publish there."""
    session = ClientSession(f"rtmp://127.0.0.1:{port}/{app}", app, key, publish=True)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    try:
        while True:
            writer.write(session.to_send())
            received = await reader.read(65536)
            events = session.receive(received)
            if events or not received:
                return events == [Accepted()]
    except ConnectionError:
        return False
    finally:
        writer.close()


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(LONG):
        while not await what():  # noqa: ASYNC110 - a socket of another task tells nobody
            await asyncio.sleep(0.05)


class Broken(RtmpListener):
    async def run(self) -> NoReturn:
        msg = "a bug"
        raise ZeroDivisionError(msg)


@pytest.fixture
def ports() -> Sequence[int]:
    return free_port(), free_port()


def test_an_address_that_goes_is_closed_and_comes_again(ports: Sequence[int]) -> None:
    async def act() -> None:
        door, yard = camera("door", ports[0], DOOR_KEY), camera("yard", ports[1], YARD_KEY)
        house = House()
        async with house.runs(door, yard):
            await until(lambda: is_taken(ports[1], YARD_KEY))
            house.intake.expect([door])

            async def closed() -> bool:
                return not await is_taken(ports[1], YARD_KEY)

            await until(closed)
            assert await is_taken(ports[0], DOOR_KEY)
            house.intake.expect([door, yard])
            await until(lambda: is_taken(ports[1], YARD_KEY))

    asyncio.run(act())


def test_the_same_port_under_another_name_is_had_again(ports: Sequence[int]) -> None:
    async def act() -> None:
        house = House()
        async with house.runs(camera("door", ports[0], DOOR_KEY)):
            await until(lambda: is_taken(ports[0], DOOR_KEY))
            house.intake.expect([camera("door", ports[0], DOOR_KEY, app="cam")])
            await until(lambda: is_taken(ports[0], DOOR_KEY, "cam"))
            assert not await is_taken(ports[0], DOOR_KEY, "live")

    asyncio.run(act())


def test_a_changed_key_holds_at_once(ports: Sequence[int]) -> None:
    async def act() -> None:
        house = House()
        async with house.runs(camera("door", ports[0], DOOR_KEY)):
            await until(lambda: is_taken(ports[0], DOOR_KEY))
            house.intake.expect([camera("door", ports[0], YARD_KEY)])
            assert not await is_taken(ports[0], DOOR_KEY)
            await until(lambda: is_taken(ports[0], YARD_KEY))

    asyncio.run(act())


def test_a_fault_in_one_listener_is_told_and_the_other_listens_on(ports: Sequence[int]) -> None:
    async def act() -> None:
        door, yard = camera("door", ports[0], DOOR_KEY), camera("yard", ports[1], YARD_KEY)
        house = House()
        house.intake.expect([door, yard])
        address = parse_source(door.source)
        assert isinstance(address, RtmpListenAddress)
        house.intake._listeners[address].listener = Broken(address, (), SystemClock())
        async with house.runs(door, yard):
            await until(lambda: is_taken(ports[1], YARD_KEY))

            async def told() -> bool:
                return any(f"RTMP on port {ports[0]}" in problem.what for problem in house.health.problems())

            await until(told)
            reader, writer = await asyncio.open_connection("127.0.0.1", ports[1])
            writer.close()
            assert reader.exception() is None

    asyncio.run(act())


@pytest.mark.parametrize(
    ("app", "host"), [("cam", "127.0.0.1"), ("live", EVERYWHERE), ("live", "[::]")], ids=["path", "host", "host 6"]
)
def test_two_ways_to_push_to_one_port_are_refused_and_change_nothing(ports: Sequence[int], app: str, host: str) -> None:
    door = camera("door", ports[0], DOOR_KEY)
    house = House()
    house.intake.expect([door])
    before = house.listener(door)
    with pytest.raises(ConfigInvalid, match=f"port {ports[0]}"):
        house.intake.expect([door, camera("yard", ports[0], YARD_KEY, app, host)])
    assert house.listener(door) is before
    house.intake.expect([door, camera("yard", ports[0], YARD_KEY)])
    assert house.listener(door) is before
