"""What a viewer on a slow link is sent: bounded, moved to the small stream, and back; time is the test's own."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

from doorstep.core.camera import StreamKind
from doorstep.core.live_piece import LiveFormat, LiveFragment, LivePiece, LiveSkip
from doorstep.core.viewer_link import FIRST_WINDOW
from doorstep.live.mse import MseFeed
from doorstep.live.packet_feed import PacketFeed
from doorstep.web.fitted_live import FittedLive, LiveMove, LiveWish
from fakes.clock import FakeClock
from fakes.footage import CAMERA, FORMAT, packet

MAIN, SUB = StreamKind.MAIN, StreamKind.SUB
SMALL = replace(FORMAT, width=320, height=240)
MAIN_BYTES, SMALL_BYTES = 20_000, 2_000


class Watched:
    """A camera with 25 pictures a second, a key frame each second, and one viewer."""

    def __init__(self, wish: LiveWish, *, has_small: bool = True) -> None:
        self.clock = FakeClock()
        self.packets = PacketFeed()
        self.has_small = has_small
        self.put_formats()
        feed = MseFeed(self.packets, self.clock)
        self.pictures = 0
        self.picture()
        self.live = FittedLive(feed, self.clock, CAMERA, wish)
        self.sent = 0
        self.got = 0
        self.told: list[LivePiece | LiveMove] = []

    def put_formats(self) -> None:
        self.packets.put(CAMERA, FORMAT, MAIN)
        if self.has_small:
            self.packets.put(CAMERA, SMALL, SUB)

    def picture(self) -> None:
        for stream, size in ((MAIN, MAIN_BYTES), (SUB, SMALL_BYTES))[: 1 + self.has_small]:
            one = packet(40 * self.pictures, key=self.pictures % 25 == 0, data=bytes(size))
            self.packets.put(CAMERA, one, stream)
        self.pictures += 1

    async def watch(self, seconds: float, bytes_a_second: float) -> None:
        """The link carries so much, and the viewer says so twice a second."""
        async with aclosing(self._taken()) as taken:
            waits = asyncio.ensure_future(anext(taken))
            for number in range(round(seconds * 25)):
                self.picture()
                self.clock.advance(0.04)
                self.got = min(self.sent, self.got + int(bytes_a_second / 25))
                if number % 12 == 0:
                    self.live.got(self.got)
                for _ in range(40):
                    await asyncio.sleep(0)
                    if waits.done():
                        waits = asyncio.ensure_future(anext(taken))
            waits.cancel()
            await asyncio.gather(waits, return_exceptions=True)

    async def _taken(self) -> AsyncGenerator[None]:
        async with aclosing(self.live.pieces()) as pieces:
            async for piece in pieces:
                self.told.append(piece)
                match piece:
                    case LiveFormat():
                        self.sent += len(piece.init)
                    case LiveFragment():
                        self.sent += len(piece.data)
                yield

    @property
    def moves(self) -> list[StreamKind]:
        return [one.stream for one in self.told if isinstance(one, LiveMove)]


def run(act: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await act()

    asyncio.run(bounded())


def test_who_says_that_all_of_it_comes_is_sent_all_of_it() -> None:
    async def act() -> None:
        watched = Watched(LiveWish(MAIN, counts=True))
        await watched.watch(20, 2_000_000)
        assert watched.moves == []
        assert sum(isinstance(one, LiveFragment) for one in watched.told) > 490
        assert LiveSkip() not in watched.told

    run(act)


def test_who_is_too_slow_is_moved_to_the_small_stream_with_its_format_first() -> None:
    async def act() -> None:
        watched = Watched(LiveWish(MAIN, counts=True))
        await watched.watch(15, 150_000)
        assert watched.moves == [SUB]
        assert watched.live.stream is SUB
        at = watched.told.index(LiveMove(SUB))
        fmt, key = watched.told[at + 1 : at + 3]
        assert isinstance(fmt, LiveFormat)
        assert fmt.width == SMALL.width
        assert isinstance(key, LiveFragment)
        assert key.key

    run(act)


def test_they_are_moved_back_after_a_calm_minute() -> None:
    async def act() -> None:
        watched = Watched(LiveWish(MAIN, counts=True))
        await watched.watch(10, 150_000)
        assert watched.moves == [SUB]
        watched.told.clear()
        await watched.watch(70, 2_000_000)
        assert watched.moves == [MAIN]

    run(act)


def test_who_asks_for_it_because_their_link_was_slow_begins_with_the_small_stream() -> None:
    assert Watched(LiveWish(MAIN, counts=True, is_slow=True)).live.stream is SUB
    assert Watched(LiveWish(MAIN, counts=True, is_slow=True), has_small=False).live.stream is MAIN
    assert Watched(LiveWish(MAIN, counts=False, is_slow=True)).live.stream is MAIN


def test_who_says_nothing_of_what_came_is_sent_no_more_than_a_window() -> None:
    async def act() -> None:
        watched = Watched(LiveWish(MAIN, counts=True), has_small=False)
        await watched.watch(30, 0)
        assert watched.sent <= FIRST_WINDOW + MAIN_BYTES + 10_000
        assert watched.moves == []

    run(act)


def test_who_does_not_count_is_sent_what_they_asked_for() -> None:
    async def act() -> None:
        watched = Watched(LiveWish(MAIN))
        await watched.watch(10, 1_000)
        assert watched.moves == []
        assert sum(isinstance(one, LiveFragment) for one in watched.told) > 240

    run(act)


def test_who_asks_for_the_small_stream_stays_there() -> None:
    async def act() -> None:
        watched = Watched(LiveWish(SUB, counts=True))
        await watched.watch(80, 2_000_000)
        assert (watched.moves, watched.live.stream) == ([], SUB)

    run(act)


def test_where_the_camera_has_no_small_stream_pictures_are_left_out() -> None:
    async def act() -> None:
        watched = Watched(LiveWish(MAIN, counts=True), has_small=False)
        await watched.watch(20, 150_000)
        assert watched.moves == []
        assert LiveSkip() in watched.told
        newest = [one for one in watched.told if isinstance(one, LiveFragment)][-1]
        assert watched.clock.monotonic() - newest.made_at < 6

    run(act)


def test_it_ends_with_the_camera() -> None:
    async def act() -> None:
        watched = Watched(LiveWish(MAIN, counts=True))
        async with aclosing(watched.live.pieces()) as pieces:
            await anext(pieces)
            watched.packets.forget(CAMERA)
            assert [one async for one in pieces] == []

    run(act)
