"""What the packet feed keeps, and never more."""

import asyncio
from contextlib import aclosing

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import StreamKind
from doorstep.core.media import Packet
from doorstep.live.packet_feed import FeedLimits, PacketFeed, _Viewer
from fakes.footage import CAMERA, FORMAT, packet, plain_packets

LIMITS = FeedLimits(gop_bytes=1000, queue_bytes=300, queue_items=10)
sizes = st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=200)


@given(sizes)
def test_nobody_watching_it_keeps_one_bounded_group_of_pictures(drawn: list[tuple[bool, int]]) -> None:
    feed = PacketFeed(LIMITS)
    feed.put(CAMERA, FORMAT)
    for number, (key, size) in enumerate(drawn):
        feed.put(CAMERA, packet(number, key=key, data=bytes(size)))
        channel = feed._channels[CAMERA, StreamKind.MAIN]
        assert channel.gop_bytes == sum(len(one.data) for one in channel.gop) <= 1000
        assert [one for one in channel.gop if isinstance(one, Packet) and one.key] == channel.gop[:1]


@given(sizes)
def test_for_a_viewer_who_takes_nothing_a_bounded_queue_waits(drawn: list[tuple[bool, int]]) -> None:
    async def act() -> None:
        feed = PacketFeed(LIMITS)
        feed.put(CAMERA, FORMAT)
        feed.put(CAMERA, packet(0, key=True))
        async with aclosing(feed.packets(CAMERA)) as watched:
            await anext(watched)
            [viewer] = feed._channels[CAMERA, StreamKind.MAIN].sinks
            for number, (key, size) in enumerate(drawn, 1):
                feed.put(CAMERA, packet(number, key=key, data=bytes(size)))
                assert isinstance(viewer, _Viewer)
                queue = viewer.queue
                waiting = [one for items, *_ in queue._waiting for one in items if isinstance(one, Packet)]
                assert queue._bytes == sum(len(one.data) for one in waiting)
                assert queue._bytes <= 300 or len(waiting) == 1
                assert len(queue._waiting) <= 10

    asyncio.run(act())


def test_a_group_of_pictures_that_grew_too_large_makes_who_comes_wait_for_the_next() -> None:
    async def act() -> None:
        feed = PacketFeed(LIMITS)
        feed.put(CAMERA, FORMAT)
        feed.put(CAMERA, packet(0, key=True))
        for number in range(1, 5):
            feed.put(CAMERA, packet(number, data=bytes(400)))
        async with asyncio.TaskGroup() as tasks, aclosing(feed.packets(CAMERA)) as watched:
            first = tasks.create_task(anext(watched))
            await asyncio.sleep(0)
            assert not first.done()
            feed.put(CAMERA, packet(6, key=True))
            assert await asyncio.wait_for(first, 60) == FORMAT
            assert await anext(watched) == packet(6, key=True)

    asyncio.run(act())


def test_a_single_giant_key_frame_still_comes() -> None:
    async def act() -> None:
        feed = PacketFeed(LIMITS)
        giant = packet(50, key=True, data=bytes(5000))
        feed.put(CAMERA, FORMAT)
        feed.put(CAMERA, packet(0, key=True))
        async with aclosing(feed.packets(CAMERA)) as watched:
            await anext(watched)
            await anext(watched)
            for item in (*plain_packets(20)[1:], giant):
                feed.put(CAMERA, item)
            assert [await anext(watched), await anext(watched)] == [FORMAT, giant]

    asyncio.run(act())
