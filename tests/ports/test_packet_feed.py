"""The contract of `PacketFeed`, for its adapter."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.live.packet_feed import FeedLimits, PacketFeed
from fakes.footage import CAMERA, FORMAT, packet, plain_packets

NIGHT = replace(FORMAT, width=320, height=240)
OTHER = CameraId("garden")
LIMITS = FeedLimits(gop_bytes=400, queue_bytes=200, queue_items=6)


def audio(number: int) -> AudioPacket:
    return AudioPacket(f"sound {number}".encode(), number * 1024, 1024, arrived=0.0)


def fed(*items: StreamItem, limits: FeedLimits | None = None) -> PacketFeed:
    feed = PacketFeed(limits)
    put_all(feed, *items)
    return feed


def put_all(feed: PacketFeed, *items: StreamItem) -> None:
    for item in items:
        feed.put(CAMERA, item)


async def taken(packets: AsyncGenerator[StreamItem], count: int) -> list[StreamItem]:
    async with asyncio.timeout(60):
        return [await anext(packets) for _ in range(count)]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_the_format_and_the_running_group_of_pictures_come_at_once() -> None:
    async def act() -> None:
        packets = plain_packets(30)
        feed = fed(FORMAT, *packets)
        async with aclosing(feed.packets(CAMERA)) as watched:
            assert await taken(watched, 6) == [FORMAT, *packets[25:]]

    asyncio.run(act())


def test_then_each_packet_comes_as_it_is_put_and_sound_among_them() -> None:
    async def act() -> None:
        first, second, third = plain_packets(3)
        feed = fed(FORMAT, first, audio(0))
        async with aclosing(feed.packets(CAMERA)) as watched:
            assert await taken(watched, 3) == [FORMAT, first, audio(0)]
            put_all(feed, second, audio(1), third)
            assert await taken(watched, 3) == [second, audio(1), third]

    asyncio.run(act())


def test_a_new_format_is_told_before_its_first_key_frame() -> None:
    async def act() -> None:
        day, night = plain_packets(2), plain_packets(2)
        feed = fed(FORMAT, *day)
        async with aclosing(feed.packets(CAMERA)) as watched:
            await taken(watched, 3)
            put_all(feed, NIGHT, audio(0), *night)
            assert await taken(watched, 3) == [NIGHT, *night]

    asyncio.run(act())


def test_nothing_comes_while_the_camera_is_not_connected() -> None:
    async def act() -> None:
        feed = fed(FORMAT, *plain_packets(3))
        feed.disconnected(CAMERA)
        async with asyncio.TaskGroup() as tasks, aclosing(feed.packets(CAMERA)) as watched:
            first = tasks.create_task(taken(watched, 2))
            await settle()
            assert not first.done()
            again = plain_packets(1)
            put_all(feed, NIGHT, *again)
            assert await first == [NIGHT, *again]

    asyncio.run(act())


def test_who_watches_over_an_outage_goes_on_at_the_next_connection() -> None:
    async def act() -> None:
        packets = plain_packets(2)
        feed = fed(FORMAT, *packets)
        async with aclosing(feed.packets(CAMERA)) as watched:
            await taken(watched, 3)
            feed.disconnected(CAMERA)
            put_all(feed, FORMAT, *packets)
            assert await taken(watched, 3) == [FORMAT, *packets]

    asyncio.run(act())


def test_it_ends_when_the_camera_is_removed() -> None:
    async def act() -> None:
        feed = fed(FORMAT, *plain_packets(3))
        async with asyncio.TaskGroup() as tasks:

            async def watch() -> int:
                return len([item async for item in feed.packets(CAMERA)])

            early = tasks.create_task(watch())
            await settle()
            assert feed.viewers(CAMERA) == 1
            feed.forget(CAMERA)
            feed.forget(CAMERA)
        assert early.result() == 4
        assert feed.viewers(CAMERA) == 0

    asyncio.run(act())


def test_cameras_are_kept_apart() -> None:
    async def act() -> None:
        feed = fed(FORMAT, *plain_packets(1))
        elsewhere = plain_packets(1)
        feed.put(OTHER, NIGHT)
        feed.put(OTHER, elsewhere[0])
        async with aclosing(feed.packets(OTHER)) as watched:
            assert await taken(watched, 2) == [NIGHT, *elsewhere]
            assert (feed.viewers(OTHER), feed.viewers(CAMERA)) == (1, 0)
        assert feed.viewers(OTHER) == 0

    asyncio.run(act())


def test_who_is_slow_goes_on_at_a_key_frame_behind_the_format_told_again() -> None:
    async def act() -> None:
        before, after = plain_packets(10), plain_packets(3, first=1000)
        feed = fed(FORMAT, before[0], limits=LIMITS)
        async with aclosing(feed.packets(CAMERA)) as watched:
            await taken(watched, 2)
            put_all(feed, *before[1:], *after)
            assert await taken(watched, 4) == [FORMAT, *after]

    asyncio.run(act())


def test_a_slow_viewer_costs_the_others_nothing() -> None:
    async def act() -> None:
        packets = plain_packets(100)
        feed = fed(FORMAT, packets[0], limits=LIMITS)
        async with aclosing(feed.packets(CAMERA)) as slow, aclosing(feed.packets(CAMERA)) as quick:
            await taken(slow, 1)
            seen = await taken(quick, 2)
            for item in packets[1:]:
                feed.put(CAMERA, item)
                seen += await taken(quick, 1)
            assert [item for item in seen if isinstance(item, Packet)] == packets

    asyncio.run(act())


@st.composite
def doings(draw: st.DrawFn) -> list[str]:
    """What a camera and a viewer do, in any order: one letter each."""
    return draw(st.lists(st.sampled_from("FKppppaattttttD"), max_size=120))


class Shown:
    """A camera, and a viewer of it that takes one item at a time."""

    def __init__(self) -> None:
        self.feed = PacketFeed(LIMITS)
        self.connected = self.opened = False

    def do(self, letter: str, number: int) -> None:
        match letter:
            case "F":
                self.feed.put(CAMERA, replace(FORMAT, width=64 + number))
                self.connected, self.opened = True, False
            case "K" if self.connected:
                self.feed.put(CAMERA, packet(number, key=True))
                self.opened = True
            case "p" if self.opened:
                self.feed.put(CAMERA, packet(number, data=bytes(number % 50 + 1)))
            case "a" if self.opened:
                self.feed.put(CAMERA, audio(number))
            case "D":
                self.feed.disconnected(CAMERA)
                self.connected = self.opened = False
            case _:
                pass


@given(doings())
def test_what_a_viewer_gets_can_always_be_decoded(todo: list[str]) -> None:
    """A key frame behind every format, nothing missing between, whatever is put, taken and lost in between."""

    async def act() -> list[StreamItem]:
        shown, seen = Shown(), list[StreamItem]()
        async with aclosing(shown.feed.packets(CAMERA)) as watched, asyncio.TaskGroup() as tasks:
            wanted = tasks.create_task(taken(watched, 1))
            for number, letter in enumerate([*todo, "t"]):
                shown.do(letter, number)
                if letter == "t":
                    await settle()
                    if wanted.done():
                        seen += wanted.result()
                        wanted = tasks.create_task(taken(watched, 1))
            wanted.cancel()
        return seen

    check_decodable(asyncio.run(act()), todo)


def check_decodable(seen: Sequence[StreamItem], todo: list[str]) -> None:
    assert not seen or isinstance(seen[0], VideoFormat)
    for one, next_one in pairwise(seen):
        if isinstance(one, VideoFormat):
            assert isinstance(next_one, Packet)
            assert next_one.key
        elif not isinstance(next_one, VideoFormat):
            between = todo[place(one) + 1 : place(next_one)]
            assert not set(between) & {"p", "a", "K"}, "an item is missing without the format told again"
            assert place(one) < place(next_one)


def place(item: Packet | AudioPacket) -> int:
    return item.dts if isinstance(item, Packet) else item.pts // 1024
