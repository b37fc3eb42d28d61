"""Whatever a stream of a camera says that keeps the few promises of `sources.stream_order`: who shows it never raises,
for that would end the connection, and the recording with it.
"""

import asyncio
from dataclasses import replace
from itertools import accumulate

from hypothesis import example, given
from hypothesis import strategies as st

from doorstep.core.camera import StreamKind
from doorstep.core.errors import BlobMissing
from doorstep.core.media import AudioFormat, AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.live.annex_b_stream import AnnexBStream
from doorstep.live.encoded_picture import VIDEO_RATE
from doorstep.live.hls import HlsFeed
from doorstep.live.mse import MseFeed
from doorstep.live.packet_feed import PacketFeed
from fakes.clock import FakeClock
from fakes.footage import AUDIO_FORMAT, CAMERA, FORMAT

LATEST = 2**60 - 1
WHOLE = bytes.fromhex("014d001fffe1000467 4d001f 01 0002 68ce".replace(" ", ""))
FORMATS = st.builds(
    VideoFormat,
    codec=st.sampled_from([Codec.H264, Codec.H264, Codec.HEVC]),
    width=st.just(640),
    height=st.just(480),
    timescale=st.sampled_from([1, 2, 1000, 90_000, 10_000_000]),
    decoder_config=st.sampled_from([WHOLE, WHOLE, FORMAT.decoder_config, b"\x01"]) | st.binary(min_size=1, max_size=40),
    audio=st.sampled_from([None, AUDIO_FORMAT, AudioFormat(1, 8, b"\xff")]),
)
STEPS = st.sampled_from([1, 40, 40, 40, 3600, 3600, 90_000]) | st.integers(1, 2**58)
UNITS = st.sampled_from([b"\0\0\0\4\x65abc", b"\0\0\0\4\x41abc", b"\0\0\0\xffab", b"\0"])


@st.composite
def connections(draw: st.DrawFn) -> list[StreamItem]:
    """A format, then a key frame, decode times that rise, and sound among them; all else is as it likes."""
    fmt = draw(FORMATS)
    began = draw(st.sampled_from([0, -100, -LATEST, LATEST - 10**6]) | st.integers(-LATEST, LATEST))
    steps = draw(st.lists(STEPS, max_size=40))
    items: list[StreamItem] = [fmt]
    for dts in accumulate(steps, initial=began):
        if dts > LATEST:
            break
        pts = draw(st.just(dts) | st.sampled_from([dts + 1, dts - 1]) | st.integers(-LATEST, LATEST))
        key = len(items) == 1 or draw(st.integers(0, 9)) == 0
        duration = draw(st.sampled_from([1, 40, 3600, LATEST]))
        items.append(Packet(draw(UNITS), pts, dts, duration, key, arrived=0.0))
        if fmt.audio is not None and draw(st.booleans()):
            heard = draw(st.integers(-LATEST, LATEST))
            items.append(AudioPacket(b"sound", heard, draw(st.sampled_from([1, 1024, LATEST])), arrived=0.0))
    return items


LEAP: list[StreamItem] = [
    replace(FORMAT, decoder_config=WHOLE, timescale=1),
    Packet(b"\0\0\0\4\x65abc", 0, 0, 1, True, 0.0),
    Packet(b"\0\0\0\4\x41abc", 2**59, 2**59, 1, False, 0.0),
]
PACED: list[StreamItem] = [replace(FORMAT, timescale=90_000)]
PACED += [Packet(b"\0\0\0\4\x65abc", at, at, 3000, at % 9000 == 0, 0.0) for at in range(0, 400_000, 3000)]
LONE: list[StreamItem] = [replace(FORMAT, timescale=1), Packet(b"\0\0\0\4\x65abc", 0, 0, 1, True, 0.0)]


@example([LEAP, LEAP])
@example([PACED, LONE, PACED])
@given(st.lists(connections(), min_size=1, max_size=4))
def test_no_stream_breaks_who_shows_it(streams: list[list[StreamItem]]) -> None:
    packets, clock = PacketFeed(), FakeClock()
    mse, hls = MseFeed(packets, clock), HlsFeed(packets, clock, first_segment_seconds=0.0)

    async def watch() -> None:
        async for _ in mse.pieces(CAMERA, StreamKind.MAIN):
            pass

    async def look() -> None:
        """Whoever comes now is shown something or nothing, too."""
        try:
            await hls.master(CAMERA, "")
            await hls.playlist(CAMERA, None, "")
        except BlobMissing:
            pass
        AnnexBStream(packets, CAMERA, StreamKind.MAIN, lambda _reason: None).close()

    async def act() -> None:
        watching = asyncio.create_task(watch())
        await asyncio.sleep(0)
        await look()
        AnnexBStream(packets, CAMERA, StreamKind.MAIN, lambda _reason: None)
        for items in streams:
            for item in items:
                packets.put(CAMERA, item)
            await look()
            packets.disconnected(CAMERA)
            await look()
        packets.forget(CAMERA)
        await watching

    asyncio.run(act())


def test_a_leap_in_a_cameras_time_is_none_for_who_watches_by_webrtc() -> None:
    """Times of RTP are counted with fewer digits than a camera may write."""

    async def act() -> None:
        packets = PacketFeed()
        stream = AnnexBStream(packets, CAMERA, StreamKind.MAIN, lambda _reason: None)
        fmt, key, leap = LEAP
        packets.put(CAMERA, fmt)
        queue = stream.join()
        packets.put(CAMERA, key)
        packets.put(CAMERA, leap)
        first, second = await queue.get(), await queue.get()
        assert first is not None
        assert second is not None
        assert 0 < second.pts - first.pts < VIDEO_RATE

    asyncio.run(act())
