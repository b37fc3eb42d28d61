"""The contract of `MseFeed`, for its adapter; what a viewer is fed is read back by a reader of its own."""

import asyncio
import io
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.live_piece import LiveFormat, LiveFragment, LivePiece, LiveSkip
from doorstep.core.media import AudioFormat, AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.live.mse import MseFeed
from doorstep.live.packet_feed import PacketFeed
from doorstep.live.viewer_queue import QueueLimits
from doorstep.mp4.fragment import ParsedFragment, read_fragment
from doorstep.mp4.init_segment import init_segment
from fakes.clock import FakeClock
from fakes.footage import (
    CAMERA,
    FORMAT,
    SOUND_FORMAT,
    audio_packet,
    number_of,
    packet,
    plain_packets,
    real_stream,
    with_sound,
)
from fakes.packet_streams import streams_with_sound

MAIN, SUB = StreamKind.MAIN, StreamKind.SUB
NIGHT = replace(FORMAT, width=320, height=240)


class Shown:
    """A camera and what shows it."""

    def __init__(self, *items: StreamItem, limits: QueueLimits | None = None) -> None:
        self.packets = PacketFeed()
        self.clock = FakeClock()
        self.feed = MseFeed(self.packets, self.clock, limits or QueueLimits())
        self.put(*items)

    def put(self, *items: StreamItem, stream: StreamKind = MAIN) -> None:
        for item in items:
            self.packets.put(CAMERA, item, stream)

    def watch(self, stream: StreamKind = MAIN) -> aclosing[AsyncGenerator[LivePiece]]:
        return aclosing(self.feed.pieces(CAMERA, stream))


@dataclass(frozen=True, slots=True)
class Fed:
    """A fragment as its bytes say."""

    captured: float
    media_time: int
    parsed: ParsedFragment
    mdat: bytes


def read(piece: LivePiece) -> Fed:
    assert isinstance(piece, LiveFragment)
    size, kind, flags, track, ntp, media_time = struct.unpack(">I4sIIQQ", piece.data[:32])
    assert (size, kind, flags, track) == (32, b"prft", 0x01000018, 1)
    parsed = read_fragment(piece.data[32:])
    assert parsed.size == len(piece.data) - 32
    return Fed(ntp / 2**32 - 2_208_988_800, media_time, parsed, piece.data[32 + parsed.data_offset :])


async def taken(pieces: AsyncGenerator[LivePiece], count: int) -> list[LivePiece]:
    async with asyncio.timeout(60):
        return [await anext(pieces) for _ in range(count)]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def run(act: Callable[[], Awaitable[None]]) -> None:
    async def acting() -> None:
        await act()

    asyncio.run(acting())


def samples(pieces: Sequence[LivePiece]) -> bytes:
    return b"".join(read(piece).mdat for piece in pieces)


def test_the_format_and_the_running_group_of_pictures_come_at_once() -> None:
    async def act() -> None:
        packets = plain_packets(30)
        shown = Shown(FORMAT, *packets)
        async with shown.watch() as pieces:
            fmt, backlog = await taken(pieces, 2)
            assert isinstance(fmt, LiveFormat)
            assert (fmt.mime, fmt.width, fmt.height) == ('video/mp4; codecs="avc1.42001E"', 640, 480)
            assert fmt.init == init_segment(FORMAT)
            fed = read(backlog)
            assert fed.mdat == b"".join(one.data for one in packets[25:])
            assert (fed.parsed.first_dts, list(fed.parsed.samples.keys)) == (0, [1, 0, 0, 0, 0])

    run(act)


def test_then_a_fragment_comes_for_each_picture_on_the_same_time_line() -> None:
    async def act() -> None:
        packets = plain_packets(40, first=5000)
        shown = Shown(FORMAT, *packets[:30])
        async with shown.watch() as pieces:
            await taken(pieces, 2)
            for number, one in enumerate(packets[30:], 30):
                shown.put(one)
                [piece] = await taken(pieces, 1)
                fed = read(piece)
                assert (fed.mdat, fed.parsed.first_dts) == (one.data, one.dts - packets[25].dts)
                assert isinstance(piece, LiveFragment)
                assert piece.key == one.key == bool(fed.parsed.samples.keys[0]), number

    run(act)


def test_a_fragment_tells_when_its_newest_picture_was_captured() -> None:
    async def act() -> None:
        shown = Shown()
        begun, wall = shown.clock.monotonic(), shown.clock.now().timestamp()
        pictures = [replace(one, arrived=begun + one.dts / 1000) for one in plain_packets(12, key_every=5)]
        shown.put(FORMAT, *pictures[:8])
        shown.clock.advance(10)
        async with shown.watch() as pieces:
            _, backlog = await taken(pieces, 2)
            assert abs(read(backlog).captured - (wall + 0.28)) < 1e-5
            assert read(backlog).media_time == 80
            shown.clock.set_wall(3600)  # the clock is set: what comes is dated by the right one
            shown.put(*pictures[8:9])
            [piece] = await taken(pieces, 1)
            assert abs(read(piece).captured - (wall + 3600.32)) < 1e-5
            assert read(piece).media_time == 120

    run(act)


def test_sound_comes_with_the_next_picture_and_none_of_it_twice_or_never() -> None:
    async def act() -> None:
        stream = with_sound(plain_packets(60))
        for joined in range(20, 40):
            shown = Shown(SOUND_FORMAT, *stream[:joined])
            async with shown.watch() as pieces:
                fmt, *first = await taken(pieces, 2)
                assert isinstance(fmt, LiveFormat)
                assert fmt.mime == 'video/mp4; codecs="avc1.42001E,mp4a.40.2"'
                shown.put(*stream[joined:])
                later = [one for one in stream[joined:] if isinstance(one, Packet)]
                fed = [read(piece) for piece in first + await taken(pieces, len(later))]
            sounds = [one.parsed.audio for one in fed if one.parsed.audio is not None]
            ends = [one.first_pts + sum(one.durations) for one in sounds]
            assert [one.first_pts for one in sounds[1:]] == ends[:-1]
            assert sounds[0].first_pts < 2048
            assert ends[-1] > 16_000 * (later[-1].dts - stream_key(stream, joined).dts) // 1000 - 2048

    def stream_key(stream: Sequence[Packet | AudioPacket], until: int) -> Packet:
        return [one for one in stream[:until] if isinstance(one, Packet) and one.key][-1]

    run(act)


def test_a_group_of_pictures_of_many_bytes_comes_in_pieces() -> None:
    async def act() -> None:
        packets = [replace(one, data=bytes([number]) * 100_000) for number, one in enumerate(plain_packets(20))]
        shown = Shown(FORMAT, *packets)
        async with shown.watch() as pieces:
            first = (await taken(pieces, 8))[1:]
            assert samples(first) == b"".join(one.data for one in packets)
            assert max(len(piece.data) for piece in first if isinstance(piece, LiveFragment)) < 400_000

    run(act)


def test_fifty_viewers_cost_one_packetization_and_none_costs_nothing() -> None:
    async def act() -> None:
        packets = plain_packets(400)
        shown = Shown(FORMAT, *packets[:10])
        assert shown.feed.fragments(CAMERA) == 0
        async with AsyncExitStack() as leaving:
            viewers = [await leaving.enter_async_context(shown.watch()) for _ in range(50)]
            seen = [await taken(viewer, 2) for viewer in viewers]
            assert shown.feed.fragments(CAMERA) == 1
            for one in packets[10:100]:
                shown.put(one)
                newest = [(await taken(viewer, 1))[0] for viewer in viewers]
                assert all(piece is newest[0] for piece in newest)
            assert shown.feed.fragments(CAMERA) == 91
            assert len({id(piece) for pieces in seen for piece in pieces}) == 2
            assert shown.packets.viewers(CAMERA) == 1
        shown.put(*packets[100:])
        assert (shown.feed.fragments(CAMERA), shown.packets.viewers(CAMERA)) == (91, 0)

    run(act)


def test_who_comes_later_begins_at_the_newest_key_frame_on_everybodys_time_line() -> None:
    async def act() -> None:
        packets = plain_packets(60)
        shown = Shown(FORMAT, *packets[:5])
        async with shown.watch() as early:
            await taken(early, 2)
            shown.put(*packets[5:30])
            async with shown.watch() as late:
                _, backlog = await taken(late, 2)
                assert read(backlog).parsed.first_dts == packets[25].dts
                shown.put(packets[30])
                assert (await taken(late, 1))[0] is (await taken(early, 26))[-1]

    run(act)


def test_who_comes_later_in_a_group_of_pictures_shares_what_was_made_of_it_for_others() -> None:
    async def act() -> None:
        packets = plain_packets(60)
        shown = Shown(FORMAT, *packets[:5])
        async with shown.watch() as first:
            made = await taken(first, 2)
            shown.put(*packets[5:8])
            made += await taken(first, 3)
            async with shown.watch() as late:
                assert all(one is another for one, another in zip(await taken(late, 5), made, strict=True))
            shown.put(*packets[8:26])
            async with shown.watch() as later:
                assert read((await taken(later, 2))[1]).parsed.first_dts == packets[25].dts

    run(act)


def test_what_is_kept_for_who_comes_is_bounded_also_where_key_frames_are_rare() -> None:
    async def act() -> None:
        shown = Shown(FORMAT, packet(0, key=True))
        async with shown.watch() as first:
            await taken(first, 2)
            shown.put(*(replace(one, data=bytes(1 << 20), key=False) for one in plain_packets(40, first=40)))
            async with shown.watch() as late:
                shown.put(packet(2000, key=True))
                fmt, begins = await taken(late, 2)
                assert isinstance(fmt, LiveFormat)
                assert read(begins).parsed.first_dts == 2000

    run(act)


def test_who_is_slow_goes_on_at_a_key_frame_and_the_others_lose_nothing() -> None:
    async def act() -> None:
        packets = plain_packets(200)
        shown = Shown(FORMAT, packets[0], limits=QueueLimits(items=10))
        async with shown.watch() as slow, shown.watch() as quick:
            await taken(slow, 2)
            seen = await taken(quick, 2)
            for one in packets[1:182]:
                shown.put(one)
                seen += await taken(quick, 1)
            assert samples(seen[1:]) == b"".join(one.data for one in packets[:182])
            skip, key, after = await taken(slow, 3)
            assert skip == LiveSkip()
            assert samples([key, after]) == packets[175].data + packets[176].data

    run(act)


def test_another_format_comes_before_its_first_key_frame_and_time_begins_anew() -> None:
    async def act() -> None:
        shown = Shown(FORMAT, *plain_packets(3, first=700))
        async with shown.watch() as pieces:
            await taken(pieces, 2)
            shown.put(NIGHT, *plain_packets(3, first=90_000))
            fmt, first, second = await taken(pieces, 3)
            assert isinstance(fmt, LiveFormat)
            assert (fmt.width, fmt.init) == (320, init_segment(NIGHT))
            assert (read(first).parsed.first_dts, read(second).parsed.first_dts) == (0, 40)

    run(act)


def test_who_watches_over_an_outage_goes_on_at_the_next_connection() -> None:
    async def act() -> None:
        shown = Shown(FORMAT, *plain_packets(3))
        async with shown.watch() as pieces:
            await taken(pieces, 2)
            shown.packets.disconnected(CAMERA)
            shown.put(FORMAT, *plain_packets(2))
            fmt, first = await taken(pieces, 2)
            assert isinstance(fmt, LiveFormat)
            assert read(first).parsed.first_dts == 0

    run(act)


def test_nothing_comes_while_the_camera_is_away() -> None:
    async def act() -> None:
        shown = Shown(FORMAT, *plain_packets(3))
        shown.packets.disconnected(CAMERA)
        async with asyncio.TaskGroup() as tasks, shown.watch() as pieces:
            first = tasks.create_task(taken(pieces, 2))
            await settle()
            assert not first.done()
            shown.put(NIGHT, *plain_packets(1))
            assert isinstance((await first)[0], LiveFormat)

    run(act)


def test_it_ends_when_the_camera_is_removed_and_begins_anew_when_it_is_back() -> None:
    async def act() -> None:
        shown = Shown(FORMAT, *plain_packets(3))
        async with shown.watch() as pieces:
            await taken(pieces, 2)
            shown.packets.forget(CAMERA)
            shown.put(NIGHT, *plain_packets(3))
            async with shown.watch() as again:
                fmt, _ = await taken(again, 2)
                assert isinstance(fmt, LiveFormat)
                assert fmt.width == 320
                assert [piece async for piece in pieces] == []
                shown.put(packet(3000, key=True))
                await taken(again, 1)
        assert shown.packets.viewers(CAMERA) == 0

    run(act)


def test_the_small_stream_is_shown_where_there_is_one() -> None:
    async def act() -> None:
        shown = Shown(FORMAT, *plain_packets(3))
        assert shown.feed.shown(CAMERA, SUB) is MAIN
        shown.put(NIGHT, *plain_packets(1), stream=SUB)
        assert (shown.feed.shown(CAMERA, SUB), shown.feed.shown(CAMERA, MAIN)) == (SUB, MAIN)
        assert shown.feed.shown(CameraId("nowhere"), SUB) is MAIN
        async with shown.watch(SUB) as pieces:
            fmt, _ = await taken(pieces, 2)
            assert isinstance(fmt, LiveFormat)
            assert fmt.width == 320

    run(act)


def test_pictures_that_lead_the_key_frame_where_a_viewer_begins_are_left_out() -> None:
    """An open group of pictures: they need pictures that this viewer does not have."""

    async def act() -> None:
        stream = [
            *(packet(0, key=True, offset=80), packet(40, offset=80), packet(80, offset=0)),
            *(packet(120, key=True, offset=120), packet(160, offset=0), packet(200, offset=0), packet(240, offset=80)),
        ]
        shown = Shown(FORMAT, *stream[:3])
        async with shown.watch() as early:
            seen = await taken(early, 2)
            shown.put(*stream[3:5])
            async with shown.watch() as late:
                first = await taken(late, 2)
                shown.put(*stream[5:])
                last = await taken(late, 1)
                assert samples([*first[1:], *last]) == stream[3].data + stream[6].data
            seen += await taken(early, 4)
            assert samples(seen[1:]) == b"".join(one.data for one in stream)

    run(act)


def test_a_format_that_no_browser_could_be_told_of_shows_nothing_and_breaks_nothing() -> None:
    async def act() -> None:
        broken = VideoFormat(Codec.HEVC, 640, 480, 1000, b"\x01", AudioFormat(16_000, 1, b"\x14"))
        shown = Shown(broken, *plain_packets(3))
        async with asyncio.TaskGroup() as tasks, shown.watch() as pieces:
            first = tasks.create_task(taken(pieces, 2))
            shown.put(audio_packet(0), *plain_packets(2, first=500))
            await settle()
            assert not first.done()
            shown.put(FORMAT, *plain_packets(1))
            assert isinstance((await first)[0], LiveFormat)

    run(act)


@given(streams_with_sound(), st.data())
def test_whatever_a_camera_sends_times_fit_and_rise(stream: list[Packet | AudioPacket], data: st.DataObject) -> None:
    joined = data.draw(st.integers(0, len(stream)))

    async def act() -> None:
        shown = Shown(SOUND_FORMAT, *stream[:joined])
        seen: list[Fed] = []
        async with shown.watch() as pieces, asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(collect(pieces, seen))
            await settle()
            for item in stream[joined:]:
                shown.put(item)
                await asyncio.sleep(0)
            await settle()
            watching.cancel()
        times = [one.parsed.first_dts for one in seen]
        assert times == sorted(set(times))
        assert not seen or seen[0].parsed.samples.keys[0]
        heard = [one.parsed.audio.first_pts for one in seen if one.parsed.audio is not None]
        assert heard == sorted(set(heard))

    async def collect(pieces: AsyncGenerator[LivePiece], seen: list[Fed]) -> None:
        async for piece in pieces:
            if isinstance(piece, LiveFragment):
                seen.append(read(piece))  # noqa: PERF401 - it is cancelled on its way

    run(act)


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("joined", [1, 20, 45])
def test_another_decoder_shows_every_picture_from_the_key_frame_on(codec: Codec, joined: int) -> None:
    """A stream with B-frames, watched from its first picture and from the middle of it."""

    async def act() -> None:
        fmt, packets = real_stream(codec)
        shown = Shown(fmt, *packets[:joined])
        async with shown.watch() as pieces:
            first, backlog = await taken(pieces, 2)
            shown.put(*packets[joined:])
            rest = await taken(pieces, len(packets) - joined)
        assert isinstance(first, LiveFormat)
        fragments = b"".join(one.data for one in (backlog, *rest) if isinstance(one, LiveFragment))
        with av.open(io.BytesIO(first.init + fragments), "r") as container:
            numbers = [number_of(frame) for frame in container.decode(video=0)]
        assert numbers == list(range(30 * (joined // 30), 90))

    run(act)
