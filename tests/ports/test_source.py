"""The contract of `ports.Source`, held by every source that needs no hardware."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager
from datetime import UTC
from itertools import pairwise
from pathlib import Path

import pytest

from doorstep.app.camera_child import READERS
from doorstep.clock import SystemClock
from doorstep.core.media import Codec, Packet, StreamItem, VideoFormat
from doorstep.media.nal import split_length_prefixed
from doorstep.ports import Source
from doorstep.sources.address import MjpegAddress, PicameraAddress
from doorstep.sources.confined import ConfinedSource
from doorstep.sources.demo import DemoSource
from doorstep.sources.file import FileSource
from doorstep.sources.mjpeg import MjpegSource
from doorstep.sources.nursery import Nursery
from doorstep.sources.picamera import PicameraSource
from doorstep.sources.reencoded import ReencodedSource
from doorstep.sources.source_spec import SourceSpec
from doorstep.sources.v4l2 import V4l2Source
from fakes.clock import FakeClock
from fakes.masked_pictures import loud_picture
from fakes.mjpeg_camera import jpeg_of, mjpeg_camera, stream
from fakes.pi_camera import stand_in_python
from fakes.recorded_camera import Recorded, loud_stream
from fakes.taps import HurriedClock, ListTap
from fakes.tries import soon_enough
from fakes.usb_camera import ADDRESS, camera_of, filmed
from media.make_clips import Recipe, make_video

Make = Callable[[Path], AbstractContextManager[Source]]
OWN_CLOCK = SystemClock()


def opened(make: Callable[[Path], Source]) -> Make:
    """A source that needs nothing beside it."""

    @contextmanager
    def made(folder: Path) -> Iterator[Source]:
        yield make(folder)

    return made


@contextmanager
def over_http(_folder: Path) -> Iterator[Source]:
    pictures = [jpeg_of(loud_picture(96, 160, number)) for number in range(4)]
    with mjpeg_camera({"/stream": stream(pictures)}) as camera:
        yield MjpegSource(MjpegAddress(camera.url()), clock=OWN_CLOCK)


@contextmanager
def in_a_child(folder: Path) -> Iterator[Source]:
    nursery = Nursery(OWN_CLOCK, readers=READERS)
    spec = SourceSpec(make_video(folder / "a.mp4", Recipe(frames=120, rate=25)).as_uri() + "?loop")
    source = ConfinedSource(nursery, spec, name="front-door", clock=OWN_CLOCK)
    try:
        take(source, 1)  # so that the nursery's own thread is there before any test counts
        yield source
    finally:
        nursery.close()


SOURCES: dict[str, Make] = {
    "file": opened(
        lambda folder: FileSource(make_video(folder / "a.mp4", Recipe(frames=60)), loop=False, clock=HurriedClock())
    ),
    "looped": opened(lambda folder: FileSource(make_video(folder / "a.mp4"), loop=True, clock=HurriedClock())),
    "reordered": opened(
        lambda folder: FileSource(make_video(folder / "a.mkv", Recipe(b_frames=2)), loop=True, clock=HurriedClock())
    ),
    "hevc": opened(
        lambda folder: FileSource(make_video(folder / "a.ts", Recipe(codec="libx265")), loop=True, clock=HurriedClock())
    ),
    "demo": opened(lambda _folder: DemoSource(None, clock=HurriedClock(0.034), timezone=UTC)),
    "mjpeg": over_http,
    "v4l2": opened(
        lambda folder: V4l2Source(
            ADDRESS,
            clock=HurriedClock(0.02),
            open_camera=camera_of({"h264": filmed(folder / "a.mp4", "libx264", 80)}),
        )
    ),
    "v4l2, encoded here": opened(
        lambda folder: V4l2Source(
            ADDRESS, clock=HurriedClock(0.02), open_camera=camera_of({"mjpeg": filmed(folder / "a.avi", "mjpeg", 80)})
        )
    ),
    "reencoded": opened(lambda _folder: ReencodedSource(Recorded(loud_stream(count=80)), clock=FakeClock())),
    "picamera": opened(
        lambda folder: PicameraSource(
            PicameraAddress(size=(96, 160), rate=30), clock=OWN_CLOCK, python=str(stand_in_python(folder))
        )
    ),
    "confined": in_a_child,
}
SLOW_TO_LOOK = {"confined", "picamera"}
"""Wishes go to another process, or looks have a pace of their own: fewer of them come true."""


@pytest.fixture(params=SOURCES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def source(kind: str, tmp_path: Path) -> Iterator[Source]:
    with SOURCES[kind](tmp_path) as made:
        yield made


def take(source: Source, count: int, tap: ListTap | None = None) -> list[StreamItem]:
    async def taken() -> list[StreamItem]:
        items: list[StreamItem] = []
        async with aclosing(source.stream(tap or ListTap())) as streamed:
            async for item in streamed:
                items.append(item)
                if len(items) == count:
                    break
        return items

    return asyncio.run(asyncio.wait_for(taken(), 120))


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


def test_frames_that_are_wanted_come_with_the_times_of_their_packets(source: Source, kind: str) -> None:
    tap = ListTap(rule=lambda _at: True)
    fmt, *packets = take(source, 45, tap)
    assert isinstance(fmt, VideoFormat)
    times = {packet.pts / fmt.timescale for packet in packets if isinstance(packet, Packet)}
    assert len(tap.frames) >= (5 if kind in SLOW_TO_LOOK else 44 // 3 - 2)
    # The thread reads ahead of who takes, and decode order ahead of presentation.
    whole = max(times) - 0.5
    assert {frame.at for frame in tap.frames if frame.at < whole} <= times
    assert [frame.at for frame in tap.frames] == sorted(frame.at for frame in tap.frames)
    assert {(frame.width, frame.height) for frame in tap.frames} == {(fmt.width, fmt.height)}


def test_closing_releases_the_thread_within_a_second(source: Source) -> None:
    before = _threads()

    async def open_and_close() -> float:
        loop = asyncio.get_running_loop()
        async with aclosing(source.stream(ListTap())) as streamed:
            for _ in range(5):
                await anext(streamed)
            assert len(_threads() - before) <= 1  # who need not wait may have read to the end
            began = loop.time()
        return loop.time() - began

    assert soon_enough(lambda: asyncio.run(open_and_close()), 1.0)
    assert not _threads() - before


def _threads() -> set[threading.Thread]:
    """But those of a camera that runs beside the test."""
    return {thread for thread in threading.enumerate() if "request" not in thread.name}


def test_a_source_may_be_streamed_again(source: Source) -> None:
    first, second = take(source, 2), take(source, 2)
    assert first[0] == second[0]
