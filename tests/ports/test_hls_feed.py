"""The contract of `HlsFeed`, for its adapter."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import pairwise

import pytest

from doorstep.core.errors import BlobMissing
from doorstep.live.hls import BLOCKED_TARGETS, CHECK_SECONDS, IDLE_SECONDS, HlsFeed
from doorstep.live.hls_window import LARGEST_WINDOW
from doorstep.live.packet_feed import PacketFeed
from doorstep.mp4.fragment import read_fragment
from doorstep.mp4.init_segment import read_init
from doorstep.ports import HlsPlace
from fakes.footage import CAMERA, FORMAT, SOUND_FORMAT, TIMESCALE, plain_packets, with_sound
from fakes.hls_validator import ReadPlaylist, attributes, read
from fakes.instant_loop import LoopClock, run, while_running

STEP = 0.04


class Hls:
    """A camera that films on, and the feed of it."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.packets = PacketFeed()
        self.feed = HlsFeed(self.packets, self.clock)
        self.filmed = 0

    def connect(self) -> None:
        self.packets.put(CAMERA, FORMAT)

    async def film(self, seconds: float, size: int = 10) -> None:
        """At 25 a second, a key frame each second."""
        for one in plain_packets(round(seconds / STEP), first=self.filmed):
            self.filmed += one.duration
            await self.clock.sleep(STEP)
            self.packets.put(CAMERA, replace(one, data=b"p" * size, arrived=self.clock.monotonic()))

    async def filming(self) -> None:
        while True:
            await self.film(60)

    async def read(self, wanted: HlsPlace | None = None) -> ReadPlaylist:
        text = await self.feed.playlist(CAMERA, wanted, "")
        assert text is not None
        return read(text)

    async def piece(self, name: str) -> bytes:
        return b"".join(await self.feed.piece(CAMERA, name))


def watched(act: Callable[[Hls], Coroutine[None, None, None]], *, films: bool = True) -> None:
    """Do it while the camera films."""
    hls = Hls()

    async def acting() -> None:
        hls.connect()
        if films:
            await while_running(hls.filming, act=lambda: act(hls))
        else:
            await act(hls)

    run(hls.clock, acting)


def next_place(playlist: ReadPlaylist) -> HlsPlace:
    last = playlist.segments[-1]
    return HlsPlace(last.number + 1, 0) if last.uri else HlsPlace(last.number, len(last.parts))


def test_the_first_who_asks_waits_for_one_whole_segment() -> None:
    async def act(hls: Hls) -> None:
        began = hls.clock.monotonic()
        playlist = await hls.read()
        assert len(playlist.whole) == 1
        assert 1.9 < hls.clock.monotonic() - began < 3.1

    watched(act)


def test_a_camera_that_sends_nothing_is_not_waited_for_for_ever() -> None:
    async def act(hls: Hls) -> None:
        assert await hls.feed.playlist(CAMERA, None, "") is None
        assert await hls.feed.master(CAMERA, "") is None

    watched(act, films=False)


def test_a_camera_whose_description_is_cut_off_is_as_one_that_sends_nothing() -> None:
    async def act(hls: Hls) -> None:
        hls.packets.put(CAMERA, replace(FORMAT, decoder_config=b"\1"))
        await while_running(hls.filming, act=lambda: _shows_nothing(hls))
        hls.connect()
        await while_running(hls.filming, act=lambda: _shows(hls))

    watched(act, films=False)


async def _shows_nothing(hls: Hls) -> None:
    assert await hls.feed.master(CAMERA, "") is None


async def _shows(hls: Hls) -> None:
    assert "CODECS" in (await hls.feed.master(CAMERA, "") or "")


def test_a_reload_that_asks_for_the_next_part_gets_it_as_soon_as_it_is_there() -> None:
    async def act(hls: Hls) -> None:
        playlist = await hls.read()
        for _ in range(20):
            wanted, began = next_place(playlist), hls.clock.monotonic()
            playlist = await hls.read(wanted)
            assert hls.clock.monotonic() - began <= playlist.part_target + STEP
            assert next_place(playlist) != wanted

    watched(act)


def test_the_part_hinted_at_is_waited_for_and_is_what_the_playlist_lists_then() -> None:
    async def act(hls: Hls) -> None:
        for _ in range(8):
            hint = (await hls.read()).hint
            data = await hls.piece(hint)
            assert hint in {part.uri for segment in (await hls.read()).segments for part in segment.parts}
            assert data == await hls.piece(hint)

    watched(act)


def test_a_segment_is_its_parts_and_all_of_them_are_one_film_without_a_hole() -> None:
    async def act(hls: Hls) -> None:
        await hls.read()
        await hls.clock.sleep(12)
        playlist = await hls.read()
        times: list[tuple[int, int]] = []
        for segment in playlist.whole:
            whole = await hls.piece(segment.uri)
            if segment.parts:
                assert whole == b"".join([await hls.piece(part.uri) for part in segment.parts])
                shared = [await hls.feed.piece(CAMERA, segment.uri) for _ in range(2)]
                assert all(one is another for one, another in zip(*shared, strict=True))
            while whole:
                piece = read_fragment(whole)
                times.append((piece.first_dts, piece.first_dts + sum(piece.samples.durations)))
                whole = whole[piece.size :]
        assert all(before[1] == after[0] for before, after in pairwise(times))
        assert times[-1][1] - times[0][0] == round(sum(one.seconds for one in playlist.whole) * TIMESCALE)
        assert read_init(await hls.piece(playlist.segments[0].map_uri)) == FORMAT

    watched(act)


def test_sound_stands_in_the_same_fragments() -> None:
    async def act(hls: Hls) -> None:
        hls.packets.put(CAMERA, SOUND_FORMAT)
        waiting = asyncio.ensure_future(hls.read())
        await asyncio.sleep(0)
        for item in with_sound(plain_packets(120)):
            hls.packets.put(CAMERA, item)
        playlist = await waiting
        piece = read_fragment(await hls.piece(playlist.whole[0].uri))
        assert piece.audio is not None

    watched(act, films=False)


def test_a_part_that_a_whole_segment_does_not_have_is_not_waited_for() -> None:
    async def act(hls: Hls) -> None:
        newest = (await hls.read()).whole[-1].number
        began = hls.clock.monotonic()
        assert (await hls.read(HlsPlace(newest, 400))).whole
        with pytest.raises(BlobMissing):
            await hls.piece(f"part-{newest}-400.m4s")
        assert hls.clock.monotonic() == began

    watched(act)


@pytest.mark.parametrize(("segments", "part"), [(3, None), (3, 0), (1, 40), (1000, 0)])
def test_what_is_too_far_ahead_is_refused_at_once(segments: int, part: int | None) -> None:
    async def act(hls: Hls) -> None:
        last = (await hls.read()).whole[-1].number
        began = hls.clock.monotonic()
        with pytest.raises(ValueError, match="too far ahead"):
            await hls.feed.playlist(CAMERA, HlsPlace(last + segments, part), "")
        assert hls.clock.monotonic() == began

    watched(act)


def test_a_reload_while_the_camera_is_away_ends_in_time_and_the_playlist_stays() -> None:
    async def act(hls: Hls) -> None:
        waiting = asyncio.ensure_future(hls.read())
        await hls.film(6)
        await waiting
        hls.packets.disconnected(CAMERA)
        playlist = await hls.read()
        assert playlist.hint == ""
        began = hls.clock.monotonic()
        assert await hls.feed.playlist(CAMERA, HlsPlace(playlist.whole[-1].number + 1, 0), "") is None
        assert hls.clock.monotonic() - began == pytest.approx(BLOCKED_TARGETS * playlist.target)
        assert (await hls.read()).segments == playlist.segments
        hls.connect()
        await hls.film(3)
        assert [segment.begins_anew for segment in (await hls.read()).segments].count(True) == 1

    watched(act, films=False)


def test_a_camera_that_is_removed_is_missing_also_for_who_waits() -> None:
    async def act(hls: Hls) -> None:
        playlist = await hls.read()
        waiting = asyncio.ensure_future(hls.read(HlsPlace(playlist.segments[-1].number + 1)))
        await asyncio.sleep(0)
        hls.packets.forget(CAMERA)
        with pytest.raises(BlobMissing):
            await waiting

    watched(act)


@pytest.mark.parametrize("name", ["", "..", "init-0.mp4", "segment-1.m4s", "part-1-0.m4s", "media.m3u8", "part-1.m4s"])
def test_other_names_are_missing(name: str) -> None:
    async def act(hls: Hls) -> None:
        with pytest.raises(BlobMissing):
            await hls.piece(name)
        await hls.read()
        with pytest.raises(BlobMissing):
            await hls.piece(name)

    watched(act)


def test_one_packetization_for_all_and_none_for_nobody() -> None:
    async def act(hls: Hls) -> None:
        texts = await asyncio.gather(*(hls.feed.playlist(CAMERA, None, "") for _ in range(50)))
        assert len(set(texts)) == 1
        assert hls.packets.viewers(CAMERA) == 1
        await hls.clock.sleep(IDLE_SECONDS + 2 * CHECK_SECONDS)
        assert hls.packets.viewers(CAMERA) == 0
        assert hls.feed.running == 0

    hls = Hls()

    async def acting() -> None:
        hls.connect()
        await while_running(hls.filming, hls.feed.run, act=lambda: act(hls))

    run(hls.clock, acting)


def test_numbers_go_on_when_somebody_watches_again() -> None:
    async def act(hls: Hls) -> None:
        before = (await hls.read()).segments[-1]
        hls.packets.leave(CAMERA, hls.feed._runs[CAMERA])
        hls.feed._runs.clear()
        after = (await hls.read()).segments[0]
        assert after.number > before.number
        assert after.map_uri != before.map_uri
        assert after.discontinuity > before.discontinuity
        # hls.js keeps an array that is as long as the number of the discontinuity: a large one and its page freezes.
        assert after.discontinuity < 10_000

    watched(act)


def test_what_is_kept_is_bounded_in_bytes() -> None:
    async def act(hls: Hls) -> None:
        waiting = asyncio.ensure_future(hls.read())
        await hls.film(20, size=400_000)
        await waiting
        await hls.film(20, size=400_000)
        window = hls.feed._runs[CAMERA].window
        assert window is not None
        sizes = [segment.size for segment in (*window.kept, *window.listed)]
        assert sum(sizes) <= LARGEST_WINDOW + max(sizes)

    watched(act, films=False)


def test_a_segment_that_left_the_playlist_is_kept_for_who_is_late() -> None:
    async def act(hls: Hls) -> None:
        first = (await hls.read()).whole[0].uri
        await hls.clock.sleep(16)
        assert first not in {segment.uri for segment in (await hls.read()).whole}
        assert await hls.piece(first)
        await hls.clock.sleep(25)
        await hls.read()
        with pytest.raises(BlobMissing):
            await hls.piece(first)

    watched(act)


def test_the_first_address_says_what_a_player_needs_to_decode() -> None:
    async def act(hls: Hls) -> None:
        text = await hls.feed.master(CAMERA, "?key=k")
        assert text is not None
        *_, stream, uri, end = text.split("\n")
        found = attributes(stream.partition(":")[2])
        assert (found["CODECS"], found["RESOLUTION"]) == ("avc1.42001E", "640x480")
        assert int(found["BANDWIDTH"]) > 0
        assert (uri, end) == ("hls/media.m3u8?key=k", "")

    watched(act)


def test_who_reloads_without_a_wish_waits_for_a_new_segment_but_not_for_long() -> None:
    async def act(hls: Hls) -> None:
        newest = (await hls.read()).whole[-1].number
        text = await hls.feed.playlist(CAMERA, None, "", newest)
        assert text is not None
        assert read(text).whole[-1].number == newest + 1
        hls.packets.disconnected(CAMERA)
        began = hls.clock.monotonic()
        assert await hls.feed.playlist(CAMERA, None, "", newest + 5) is not None
        assert hls.clock.monotonic() - began == pytest.approx(2.0)

    watched(act)
