"""The contract of `ports.Source`, held by every source that needs no hardware."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC
from itertools import pairwise
from pathlib import Path

import pytest

from doorstep.core.media import Codec, Packet, VideoFormat
from doorstep.media.nal import split_length_prefixed
from doorstep.ports import Source
from doorstep.sources.demo import DemoSource
from doorstep.sources.file import FileSource
from fakes.taps import HurriedClock, ListTap
from media.make_clips import Recipe, make_video

Item = VideoFormat | Packet
Make = Callable[[Path], Source]

SOURCES: dict[str, Make] = {
    "file": lambda folder: FileSource(
        make_video(folder / "a.mp4", Recipe(frames=60)), loop=False, clock=HurriedClock()
    ),
    "looped": lambda folder: FileSource(make_video(folder / "a.mp4"), loop=True, clock=HurriedClock()),
    "reordered": lambda folder: FileSource(
        make_video(folder / "a.mkv", Recipe(b_frames=2)), loop=True, clock=HurriedClock()
    ),
    "hevc": lambda folder: FileSource(
        make_video(folder / "a.ts", Recipe(codec="libx265")), loop=True, clock=HurriedClock()
    ),
    "demo": lambda _folder: DemoSource(None, clock=HurriedClock(0.034), timezone=UTC),
}


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    return SOURCES[request.param](tmp_path)


def take(source: Source, count: int, tap: ListTap | None = None) -> list[Item]:
    async def taken() -> list[Item]:
        items: list[Item] = []
        async with aclosing(source.stream(tap or ListTap())) as stream:
            async for item in stream:
                items.append(item)
                if len(items) == count:
                    break
        return items

    return asyncio.run(asyncio.wait_for(taken(), 20))


def test_the_format_comes_first_and_says_how_to_decode(source: Source) -> None:
    fmt = take(source, 1)[0]
    assert isinstance(fmt, VideoFormat)
    assert fmt.width > 0
    assert fmt.decoder_config[0] == 1
    assert fmt.codec in Codec


def test_the_first_packet_is_a_key_frame(source: Source) -> None:
    packet = take(source, 2)[1]
    assert isinstance(packet, Packet)
    assert packet.key


def test_packets_have_lengths_rising_times_and_durations(source: Source) -> None:
    packets = [item for item in take(source, 45) if isinstance(item, Packet)]
    assert len(packets) == 44
    for packet in packets:
        assert packet.duration >= 1
        assert split_length_prefixed(packet.data, 4)
    for one, two in pairwise(packets):
        assert two.dts > one.dts
        assert two.arrived >= one.arrived


def test_frames_that_are_wanted_come_with_the_times_of_their_packets(source: Source) -> None:
    tap = ListTap(rule=lambda _at: True)
    fmt, *packets = take(source, 45, tap)
    assert isinstance(fmt, VideoFormat)
    times = {packet.pts / fmt.timescale for packet in packets if isinstance(packet, Packet)}
    assert len(tap.frames) >= 44 // 3 - 2
    # The thread reads ahead of who takes, and decode order ahead of presentation.
    whole = max(times) - 0.5
    assert {frame.at for frame in tap.frames if frame.at < whole} <= times
    assert [frame.at for frame in tap.frames] == sorted(frame.at for frame in tap.frames)
    assert {(frame.width, frame.height) for frame in tap.frames} == {(fmt.width, fmt.height)}


def test_closing_releases_the_thread_within_a_second(source: Source) -> None:
    before = threading.active_count()

    async def open_and_close() -> float:
        loop = asyncio.get_running_loop()
        async with aclosing(source.stream(ListTap())) as stream:
            for _ in range(5):
                await anext(stream)
            assert threading.active_count() == before + 1
            began = loop.time()
        return loop.time() - began

    assert asyncio.run(asyncio.wait_for(open_and_close(), 10)) < 1.0
    assert threading.active_count() == before


def test_a_source_may_be_streamed_again(source: Source) -> None:
    first, second = take(source, 2), take(source, 2)
    assert first[0] == second[0]
