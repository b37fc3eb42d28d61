"""A camera read by a child: the same stream as in a thread, its pictures, its end, and that nothing is left behind."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from doorstep.clock import SystemClock
from doorstep.core.errors import SourceCrashed, SourceEnded, SourceLost, SourceRefused
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.sources.confined import ConfinedSource, ReaderBroke
from doorstep.sources.nursery import Nursery
from doorstep.sources.readers import reader_of
from doorstep.sources.source_spec import SourceSpec
from fakes.free_port import free_port
from fakes.taps import ListTap
from fakes.tries import soon_enough
from media.make_clips import Recipe, make_video, number_in

TESTS = Path(__file__).parents[1]
CLOCK = SystemClock()


def always(_at: float) -> bool:
    return True


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(CLOCK, readers="fakes.hostile_readers:reader_of", import_from=[TESTS])
    yield nursery
    nursery.close()


def eventually(condition: Callable[[], bool], seconds: float = 120.0) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        threading.Event().wait(0.02)
    return condition()


def children(nursery: Nursery) -> set[int]:
    return set(nursery.pids[1:])


def confined(nursery: Nursery, address: str) -> ConfinedSource:
    return ConfinedSource(nursery, SourceSpec(address), name="front-door", clock=CLOCK)


async def taken(source: ConfinedSource, count: int, tap: ListTap | None = None) -> list[StreamItem]:
    items: list[StreamItem] = []
    async with aclosing(source.stream(tap or ListTap())) as stream:
        async for item in stream:
            items.append(item)
            if len(items) == count:
                break
    return items


def take(source: ConfinedSource, count: int = 10**9, tap: ListTap | None = None) -> list[StreamItem]:
    return asyncio.run(asyncio.wait_for(taken(source, count, tap), 120))


def test_the_stream_is_the_one_that_a_thread_reads(nursery: Nursery, tmp_path: Path) -> None:
    address = make_video(tmp_path / "a.mkv", Recipe(frames=12, b_frames=2)).as_uri()
    items: list[StreamItem] = []

    async def collect() -> None:
        async with aclosing(confined(nursery, address).stream(ListTap())) as stream:
            async for item in stream:
                items.append(item)  # noqa: PERF401 - what came before the end is kept

    with pytest.raises(SourceEnded, match="end of file"):
        asyncio.run(asyncio.wait_for(collect(), 120))
    alone: list[StreamItem] = []
    with pytest.raises(SourceEnded):
        alone.extend(reader_of(SourceSpec(address), CLOCK).read(ListTap(), threading.Event()))
    assert [_without_arrival(item) for item in items] == [_without_arrival(item) for item in alone]
    assert len(items) == 13


def _without_arrival(item: StreamItem) -> object:
    if isinstance(item, VideoFormat):
        return item
    return (item.data, item.pts, item.duration, getattr(item, "dts", 0), getattr(item, "key", False))


def test_pictures_that_are_wanted_come_with_their_times_and_pixels(nursery: Nursery, tmp_path: Path) -> None:
    address = make_video(tmp_path / "a.mp4", Recipe(frames=100, rate=20)).as_uri()
    tap = ListTap(rule=always)
    fmt, *packets = take(confined(nursery, address), 40, tap)
    assert isinstance(fmt, VideoFormat)
    times = [packet.pts / fmt.timescale for packet in packets if isinstance(packet, Packet)]
    assert len(tap.frames) >= 8
    for frame in tap.frames:
        assert frame.at <= max(times) + 1
        plane = frame.luma()
        rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, -1)
        assert number_in(rows[:, : plane.width]) == round(frame.at * 20) % 12
        assert frame.jpeg(80, 60, 80).startswith(b"\xff\xd8")
        assert (frame.bgr(64, 48).height, frame.width) == (48, 160)
        assert 0 <= CLOCK.monotonic() - frame.captured_at < 60
    assert all(two.at > one.at for one, two in pairwise(tap.frames))


def test_pictures_stay_as_they_were_while_somebody_has_them_and_their_memory_comes_back(
    nursery: Nursery, tmp_path: Path
) -> None:
    address = make_video(tmp_path / "a.mp4", Recipe(frames=200, rate=25)).as_uri() + "?loop"
    before = _descriptors()
    tap = ListTap(rule=always)
    kept: list[tuple[float, bytes]] = []

    async def look() -> None:
        async with aclosing(confined(nursery, address).stream(tap)) as stream:
            count = 0
            async for _ in stream:
                count += 1
                if tap.frames and not kept:
                    kept.append((tap.frames[0].at, bytes(tap.frames[0].luma().pixels)))
                del tap.frames[1:-1]
                if count == 100:
                    break

    asyncio.run(asyncio.wait_for(look(), 120))
    assert bytes(tap.frames[0].luma().pixels) == kept[0][1]
    assert tap.frames[-1].at - tap.frames[0].at > 1.5  # far more than pieces of memory: they are lent again
    tap.frames.clear()
    assert eventually(lambda: _descriptors() == before)


def _descriptors() -> set[str]:
    """What is open, by what it is: the numbers say nothing."""
    return {f"{entry.name}" for entry in Path("/proc/self/fd").iterdir() if entry.exists()}


def test_nobody_who_wants_no_picture_gets_one(nursery: Nursery, tmp_path: Path) -> None:
    tap = ListTap()
    take(confined(nursery, make_video(tmp_path / "a.mp4", Recipe(rate=25)).as_uri()), 20, tap)
    assert tap.frames == []


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ("lose", SourceLost, "The camera.*is gone"),
        ("devour", SourceLost, "more memory"),
        ("refuse", SourceRefused, "said no"),
        ("end", SourceLost, "That was all"),  # a camera has no end
        ("crash", SourceCrashed, "segmentation fault, signal 11"),
        ("leave", SourceCrashed, "exit 7"),
        ("backwards", SourceCrashed, "out of order"),
    ],
)
def test_how_a_child_ends_is_told_in_plain_words(
    nursery: Nursery, what: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        take(confined(nursery, f"rtsp://{what}/stream"))
    assert type(caught.value) is error
    assert str(caught.value).isprintable()
    assert eventually(lambda: not children(nursery))


def test_a_giant_packet_ends_the_connection_and_no_more(nursery: Nursery) -> None:
    with pytest.raises(SourceLost, match="larger than any camera's"):
        take(confined(nursery, "rtsp://giant/stream"))


def test_a_bug_in_a_child_comes_with_its_traceback_but_without_the_password(nursery: Nursery) -> None:
    with pytest.raises(ReaderBroke, match="ZeroDivisionError") as caught:
        take(confined(nursery, "rtsp://owner:secret@err/stream"))
    assert "hostile_readers" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("what", ["steady", "wait", "deaf", "hang"])
def test_closing_leaves_neither_process_nor_thread_nor_descriptor(nursery: Nursery, what: str) -> None:
    take(confined(nursery, "rtsp://steady/stream"), 5)  # the nursery runs
    assert eventually(lambda: not children(nursery))
    threads, descriptors = threading.active_count(), len(_descriptors())
    began = time.monotonic()
    take(confined(nursery, f"rtsp://{what}/stream"), 21)
    assert time.monotonic() - began < 10
    assert eventually(lambda: not children(nursery))
    assert eventually(lambda: threading.active_count() <= threads)
    assert eventually(lambda: len(_descriptors()) <= descriptors)


def test_a_reading_is_closed_within_a_second_even_if_the_child_hangs(nursery: Nursery) -> None:
    async def close() -> float:
        loop = asyncio.get_running_loop()
        async with aclosing(confined(nursery, "rtsp://hang/stream").stream(ListTap())) as stream:
            for _ in range(21):
                await anext(stream)
            began = loop.time()
        return loop.time() - began

    assert soon_enough(lambda: asyncio.run(close()), 1.0)
    assert eventually(lambda: not children(nursery))


def test_cameras_do_not_know_of_each_other(nursery: Nursery) -> None:
    async def both() -> None:
        first = confined(nursery, "rtsp://steady/one").stream(ListTap())
        second = confined(nursery, "rtsp://steady/two").stream(ListTap())
        async with aclosing(first), aclosing(second):
            await anext(first)
            await anext(second)
            for pid in nursery.pids:
                assert b"steady" not in _told_by_the_kernel(pid, "environ")
                assert b"HOME=" not in _told_by_the_kernel(pid, "environ")
                assert b"steady" not in _told_by_the_kernel(pid, "cmdline")

    asyncio.run(asyncio.wait_for(both(), 120))


def _told_by_the_kernel(pid: int, what: str) -> bytes:
    """Children are not dumpable: only the administrator may look at theirs."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except PermissionError:
        return b""


def test_what_one_kind_of_camera_needs_is_loaded_with_the_first_of_them() -> None:
    nursery = Nursery(CLOCK, readers="fakes.hostile_readers:reader_of", import_from=[TESTS])

    def has_numpy() -> bool:
        return "_multiarray_umath" in Path(f"/proc/{nursery.pids[0]}/maps").read_text()

    try:
        take(confined(nursery, "rtsp://steady/stream"), 5)
        assert not has_numpy()
        with pytest.raises(SourceLost):
            take(confined(nursery, f"http://127.0.0.1:{free_port()}/picture"))
        assert has_numpy()
        take(confined(nursery, "rtsp://steady/stream"), 5)
    finally:
        nursery.close()


def test_nothing_outlives_the_nursery() -> None:
    nursery = Nursery(CLOCK, readers="fakes.hostile_readers:reader_of", import_from=[TESTS])
    threads = threading.active_count()

    async def close_under_it() -> tuple[int, ...]:
        async with aclosing(confined(nursery, "rtsp://steady/one").stream(ListTap())) as stream:
            await anext(stream)
            pids = tuple(nursery.pids)
            nursery.close()
            with pytest.raises(SourceLost):
                async for _ in stream:
                    pass
        return pids

    pids = asyncio.run(asyncio.wait_for(close_under_it(), 120))
    assert len(pids) == 2
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    assert eventually(lambda: threading.active_count() <= threads)
    with pytest.raises(SourceLost, match="ending"):
        take(confined(nursery, "rtsp://steady/one"))
