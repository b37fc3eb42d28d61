"""The thread behind every source: order, bounds, errors, and that it ends."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Generator
from contextlib import aclosing

import pytest

from doorstep.core.errors import SourceEnded, SourceLost, SourceOverrun
from doorstep.core.media import Codec, Packet, StreamItem, VideoFormat
from doorstep.sources.threaded import HandoverBounds, Read, threaded
from fakes.tries import soon_enough

FORMAT = VideoFormat(Codec.H264, 64, 48, 1000, b"record")


def packet(number: int, size: int = 10) -> Packet:
    return Packet(bytes(size), number, number, 1, number == 0, 0.0)


def live(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


async def collected(read: Read) -> tuple[list[StreamItem], BaseException]:
    items: list[StreamItem] = []
    try:
        async for item in threaded(read, "under test"):
            items.append(item)  # noqa: PERF401 - what came before the error is kept
    except BaseException as error:  # noqa: BLE001 - the error is what is tested
        return items, error
    raise AssertionError


def test_items_come_in_order_and_then_the_end() -> None:
    sent: list[StreamItem] = [FORMAT, *(packet(number) for number in range(500))]

    def read(_stop: threading.Event) -> Generator[StreamItem]:
        yield from sent
        msg = "end of file"
        raise SourceEnded(msg)

    items, error = asyncio.run(collected(read))
    assert items == sent
    assert isinstance(error, SourceEnded)
    assert str(error) == "end of file"


def test_a_reading_that_merely_stops_is_a_loss() -> None:
    def read(_stop: threading.Event) -> Generator[StreamItem]:
        yield FORMAT

    items, error = asyncio.run(collected(read))
    assert items == [FORMAT]
    assert isinstance(error, SourceLost)


class Held:
    """As a connection holds pictures in shared memory, each with a descriptor."""


def test_what_a_connection_held_is_free_once_it_is_over_without_the_collector() -> None:
    held: list[weakref.ref[Held]] = []

    def read(_stop: threading.Event) -> Generator[StreamItem]:
        pictures = Held()
        held.append(weakref.ref(pictures))
        yield FORMAT
        msg = "gone"
        raise SourceLost(msg)

    async def lost() -> None:
        with pytest.raises(SourceLost):
            async for _ in threaded(read, "under test"):
                pass

    gc.disable()
    try:
        asyncio.run(lost())
        assert held[0]() is None
    finally:
        gc.enable()


def test_a_bug_crosses_to_the_loop() -> None:
    def read(_stop: threading.Event) -> Generator[StreamItem]:
        yield FORMAT
        raise ZeroDivisionError

    _, error = asyncio.run(collected(read))
    assert isinstance(error, ZeroDivisionError)


@pytest.mark.parametrize("bounds", [HandoverBounds(packets=20), HandoverBounds(bytes=200)])
def test_a_slow_loop_ends_the_connection_loudly_with_what_was_read(bounds: HandoverBounds) -> None:
    refused = threading.Event()

    def read(_stop: threading.Event) -> Generator[StreamItem]:
        try:
            for number in range(10_000):
                yield packet(number)
        finally:
            refused.set()

    taken: list[StreamItem] = []

    async def slow() -> None:
        async for item in threaded(read, "under test", bounds):
            refused.wait(60)  # holds up the loop on purpose
            taken.append(item)

    with pytest.raises(SourceOverrun, match="too slow"):
        asyncio.run(slow())
    assert 20 <= len(taken) <= 22


def test_closing_ends_the_thread_and_what_it_has_open() -> None:
    closed = threading.Event()

    def read(stop: threading.Event) -> Generator[StreamItem]:
        try:
            yield FORMAT
            while not stop.wait(100):
                pass
        finally:
            closed.set()

    async def open_and_close() -> None:
        async with aclosing(threaded(read, "closes")) as stream:
            assert await anext(stream) == FORMAT
            assert len(live("closes")) == 1
        assert closed.is_set()

    asyncio.run(asyncio.wait_for(open_and_close(), 60))
    assert not live("closes")


def test_cancelling_who_waits_ends_the_thread() -> None:
    closed = threading.Event()

    def read(stop: threading.Event) -> Generator[StreamItem]:
        try:
            yield FORMAT
            stop.wait(100)
        finally:
            closed.set()

    async def consume(first: asyncio.Event) -> None:
        async with aclosing(threaded(read, "cancelled")) as stream:
            async for _ in stream:
                first.set()

    async def cancel() -> None:
        first = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(consume(first))
            await first.wait()
            task.cancel()

    asyncio.run(asyncio.wait_for(cancel(), 60))
    assert closed.is_set()


def test_a_thread_that_hangs_does_not_hold_the_house() -> None:
    release = threading.Event()

    def read(_stop: threading.Event) -> Generator[StreamItem]:
        yield FORMAT
        release.wait(30)

    async def open_and_close() -> float:
        loop = asyncio.get_running_loop()
        async with aclosing(threaded(read, "hangs")) as stream:
            await anext(stream)
            before = loop.time()
        return loop.time() - before

    def closing() -> float:
        took = asyncio.run(open_and_close())
        assert took > 0.9
        return took

    try:
        assert soon_enough(closing, 2.0)
    finally:
        release.set()


def test_no_thread_before_the_first_item_is_asked_for() -> None:
    def read(_stop: threading.Event) -> Generator[StreamItem]:
        yield FORMAT

    async def never_read() -> None:
        async with aclosing(threaded(read, "unread")):
            assert not live("unread")

    asyncio.run(never_read())
