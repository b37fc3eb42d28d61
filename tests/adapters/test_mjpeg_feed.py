"""Pictures of now: encoded once, shared, and only while somebody asks."""

import asyncio
from collections.abc import Awaitable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from doorstep.core.camera import CameraId
from doorstep.live.mjpeg import MjpegFeed
from doorstep.ports import Plane, Snapshot
from fakes.clock import FakeClock
from fakes.pictures import DrawnFrame

DOOR, GARDEN = CameraId("front-door"), CameraId("garden")
T = TypeVar("T")


@dataclass
class CountedFrame:
    """Implements `ports.Frame` and notes each JPEG that is asked of it."""

    at: float
    captured_at: float
    width: int = 1920
    height: int = 1080
    asked: list[tuple[int, int, int]] = field(default_factory=list)

    def luma(self) -> Plane:
        return DrawnFrame(np.zeros((2, 2), np.uint8)).luma()

    def bgr(self, width: int, height: int) -> Plane:
        return DrawnFrame(np.zeros((2, 2), np.uint8)).bgr(width, height)

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        self.asked.append((width, height, quality))
        return f"{self.at} {width}x{height}".encode()


class Door:
    """A feed, its clock, and the source's side of it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.feed = MjpegFeed(self.clock, wait_seconds=0.05)
        self.frames: list[CountedFrame] = []

    def show(self, after: float = 0.0, camera: CameraId = DOOR) -> CountedFrame:
        self.clock.advance(after)
        frame = CountedFrame(at=float(len(self.frames)), captured_at=self.clock.monotonic())
        self.frames.append(frame)
        self.feed.offer(camera, frame, self.clock.now())
        return frame

    def wants(self, camera: CameraId = DOOR) -> bool:
        return self.feed.wants(camera, self.clock.monotonic())


async def soon(waited_for: Awaitable[T]) -> T:
    return await asyncio.wait_for(waited_for, 60)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_nothing_is_wanted_or_encoded_while_nobody_asks() -> None:
    door = Door()
    frame = door.show()
    assert not door.wants()
    assert frame.asked == []


def test_a_snapshot_is_the_newest_picture_in_full_size_encoded_once() -> None:
    async def ask() -> None:
        door = Door()
        door.show()
        frame = door.show(0.5)
        first, second = await asyncio.gather(door.feed.snapshot(DOOR), door.feed.snapshot(DOOR))
        assert first == second == Snapshot(b"1.0 1920x1080", door.clock.now())
        assert frame.asked == [(1920, 1080, 85)]
        assert door.frames[0].asked == []

    asyncio.run(ask())


def test_a_new_frame_gives_a_new_snapshot() -> None:
    async def ask() -> None:
        door = Door()
        door.show()
        await door.feed.snapshot(DOOR)
        door.show(0.5)
        snapshot = await door.feed.snapshot(DOOR)
        assert snapshot is not None
        assert snapshot.jpeg.startswith(b"1.0")

    asyncio.run(ask())


def test_there_is_no_snapshot_of_a_camera_that_never_gave_a_picture() -> None:
    async def ask() -> None:
        door = Door()
        door.show(camera=GARDEN)
        assert await soon(door.feed.snapshot(DOOR)) is None

    asyncio.run(ask())


def test_an_old_picture_is_replaced_by_a_fresh_one_if_one_comes() -> None:
    async def ask() -> None:
        door = Door()
        door.feed = MjpegFeed(door.clock, wait_seconds=5.0)
        door.show()
        door.clock.advance(30.0)
        asked = asyncio.ensure_future(door.feed.snapshot(DOOR))
        await settle()
        assert door.wants()
        door.show()
        snapshot = await soon(asked)
        assert snapshot is not None
        assert snapshot.jpeg.startswith(b"1.0")
        assert not door.wants()

    asyncio.run(ask())


def test_an_old_picture_serves_if_the_camera_is_silent() -> None:
    async def ask() -> None:
        door = Door()
        door.show()
        door.clock.advance(3600.0)
        snapshot = await soon(door.feed.snapshot(DOOR))
        assert snapshot is not None
        assert (door.clock.now() - snapshot.taken_at).total_seconds() == 3600.0

    asyncio.run(ask())


def test_all_viewers_share_one_jpeg() -> None:
    async def watch() -> None:
        door = Door()
        viewers = [door.feed.pictures(DOOR) for _ in range(3)]
        waiting = [asyncio.ensure_future(anext(viewer)) for viewer in viewers]
        await settle()
        assert door.wants()
        frame = door.show()
        shown = await soon(asyncio.gather(*waiting))
        assert shown[0] is shown[1] is shown[2]
        assert frame.asked == [(1280, 720, 75)]
        for viewer in viewers:
            await viewer.aclose()
        assert not door.wants()

    asyncio.run(watch())


def test_viewers_get_ten_pictures_a_second_at_most() -> None:
    async def watch() -> None:
        door = Door()
        viewer = door.feed.pictures(DOOR)
        waiting = asyncio.ensure_future(anext(viewer))
        await settle()
        for _ in range(100):
            door.show(after=0.02)
        encoded = sum(len(frame.asked) for frame in door.frames)
        assert 18 <= encoded <= 21
        await soon(waiting)
        await viewer.aclose()

    asyncio.run(watch())


def test_the_newest_picture_wins() -> None:
    async def watch() -> None:
        door = Door()
        viewer = door.feed.pictures(DOOR)
        waiting = asyncio.ensure_future(anext(viewer))
        await settle()
        for _ in range(5):
            door.show(after=0.2)
        assert (await soon(waiting)).jpeg.startswith(b"4.0")
        await viewer.aclose()

    asyncio.run(watch())


def test_each_picture_is_shown_once() -> None:
    async def watch() -> None:
        door = Door()
        shown = []
        async with aclosing(door.feed.pictures(DOOR)) as viewer:
            for _ in range(3):
                waiting = asyncio.ensure_future(anext(viewer))
                await settle()
                assert not waiting.done()
                door.show(after=0.2)
                shown.append((await soon(waiting)).jpeg.split()[0])
        assert shown == [b"0.0", b"1.0", b"2.0"]

    asyncio.run(watch())


def test_cameras_do_not_mix() -> None:
    async def watch() -> None:
        door = Door()
        viewer = door.feed.pictures(DOOR)
        waiting = asyncio.ensure_future(anext(viewer))
        await settle()
        assert not door.wants(GARDEN)
        door.show(camera=GARDEN)
        await settle()
        assert not waiting.done()
        door.show(after=1.0)
        await soon(waiting)
        await viewer.aclose()

    asyncio.run(watch())


def test_what_is_shown_ends_when_the_camera_is_removed() -> None:
    async def watch() -> list[Snapshot]:
        door = Door()
        pictures = door.feed.pictures(DOOR)

        async def rest() -> list[Snapshot]:
            return [each async for each in pictures]

        watching = asyncio.ensure_future(rest())
        await settle()
        door.feed.remove(DOOR)
        return await soon(watching)

    assert asyncio.run(watch()) == []


def test_offers_come_from_another_thread() -> None:
    async def watch() -> Snapshot:
        door = Door()
        viewer = door.feed.pictures(DOOR)
        waiting = asyncio.ensure_future(anext(viewer))
        await settle()
        await asyncio.to_thread(door.show)
        shown = await soon(waiting)
        await viewer.aclose()
        return shown

    assert asyncio.run(watch()).jpeg == b"0.0 1280x720"


def test_only_what_somebody_waited_for_counts_as_decoded_for_them() -> None:
    async def ask() -> None:
        door = Door()
        door.show()
        assert door.feed.decoded(DOOR) == door.feed.decoded(GARDEN) == 0
        async with aclosing(door.feed.pictures(DOOR)) as one, aclosing(door.feed.pictures(DOOR)) as two:
            for number in range(1, 4):
                asked = [asyncio.ensure_future(anext(viewer)) for viewer in (one, two)]
                await settle()
                door.show(0.2)
                await soon(asyncio.gather(*asked))
                assert door.feed.decoded(DOOR) == number
        door.show(0.2)
        assert door.feed.decoded(DOOR) == 3
        assert door.feed.decoded(GARDEN) == 0

    asyncio.run(ask())


def test_ten_who_ask_for_a_snapshot_of_a_camera_that_nobody_watches_cost_one_picture_and_one_encoding() -> None:
    async def ask() -> None:
        door = Door()
        door.feed = MjpegFeed(door.clock, wait_seconds=5.0)
        asked = [asyncio.ensure_future(door.feed.snapshot(DOOR)) for _ in range(10)]
        await settle()
        assert door.wants()
        frame = door.show()
        snapshots = await soon(asyncio.gather(*asked))
        again = [await door.feed.snapshot(DOOR) for _ in range(10)]
        assert {snapshot.jpeg for snapshot in (*snapshots, *again) if snapshot} == {b"0.0 1920x1080"}
        assert frame.asked == [(1920, 1080, 85)]
        assert door.feed.decoded(DOOR) == 1

    asyncio.run(ask())


def test_who_waits_for_a_snapshot_slows_down_nobody_who_watches() -> None:
    async def ask() -> None:
        door = Door()
        door.feed = MjpegFeed(door.clock, wait_seconds=5.0)
        async with aclosing(door.feed.pictures(DOOR)) as viewer:
            asked = asyncio.ensure_future(anext(viewer))
            snapshot = asyncio.ensure_future(door.feed.snapshot(DOOR))
            await settle()
            frame = door.show()
            assert (await soon(asked)).jpeg == b"0.0 1280x720"
            found = await soon(snapshot)
            assert found is not None
            assert found.jpeg == b"0.0 1920x1080"
            assert frame.asked == [(1280, 720, 75), (1920, 1080, 85)]

    asyncio.run(ask())
