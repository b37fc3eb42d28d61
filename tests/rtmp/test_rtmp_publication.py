"""The queue between a publisher and whoever streams its camera."""

import asyncio

import pytest

from doorstep.core.errors import SourceLost, SourceOverrun
from doorstep.core.media import Codec, Packet, StreamItem, VideoFormat
from doorstep.sources.rtmp_publication import Publication
from doorstep.sources.threaded import HandoverBounds

FORMAT = VideoFormat(Codec.H264, 320, 240, 1000, b"\x01a")
OTHER = VideoFormat(Codec.H264, 640, 480, 1000, b"\x01b")
GONE = SourceLost("gone")


def packet(number: int, size: int = 10) -> Packet:
    """A key frame every five."""
    return Packet(bytes(size), 40 * number, 40 * number, 40, number % 5 == 0, 0.0)


def everything(publication: Publication) -> list[StreamItem]:
    async def taken() -> list[StreamItem]:
        items: list[StreamItem] = []
        publication.begin()
        publication.end(GONE)
        try:
            while True:
                items.append(await publication.take())
        except SourceLost:
            return items

    return asyncio.run(taken())


def filled(count: int, most: int = 20) -> Publication:
    publication = Publication(HandoverBounds(packets=most))
    publication.put(FORMAT)
    for number in range(count):
        publication.put(packet(number))
    return publication


def test_a_late_reader_misses_nothing_that_fits() -> None:
    assert everything(filled(12)) == [FORMAT, *map(packet, range(12))]


def test_without_a_reader_the_oldest_groups_go() -> None:
    items = everything(filled(103))
    assert items == [FORMAT, *map(packet, range(90, 103))]


def test_a_group_that_does_not_fit_waits_for_the_next_key_frame() -> None:
    assert everything(filled(5, most=3)) == []
    assert everything(filled(7, most=3)) == [FORMAT, packet(5), packet(6)]


def test_bytes_are_bounded_too() -> None:
    publication = Publication(HandoverBounds(packets=1000, bytes=5000))
    publication.put(FORMAT)
    for number in range(100):
        publication.put(packet(number, 500))
        assert publication._bytes <= 5000 + 500
    assert everything(publication)[0] == FORMAT


def test_a_slow_reader_ends_loudly() -> None:
    async def act() -> None:
        publication = Publication(HandoverBounds(packets=5))
        publication.put(FORMAT)
        publication.begin()
        for number in range(10):
            publication.put(packet(number))
        for _ in range(2):
            with pytest.raises(SourceOverrun, match="too slow"):
                await publication.take()

    asyncio.run(act())


def test_a_stream_that_is_half_behind_asks_for_a_pause_until_it_has_caught_up() -> None:
    async def act() -> None:
        publication = Publication(HandoverBounds(packets=20))
        told: list[int] = []
        publication.put(FORMAT)
        for number in range(15):
            publication.put(packet(number))
        before = publication.is_pressed  # nobody streams: the oldest go, and nobody waits
        publication.begin()
        assert (before, publication.is_pressed) == (False, True)
        publication.when_relieved(lambda: told.append(1))
        for _ in range(10):
            await publication.take()
        assert not told
        await publication.take()
        assert told == [1]
        await publication.take()
        assert told == [1]

    asyncio.run(act())


def test_who_leaves_lets_the_publisher_go_on() -> None:
    told: list[int] = []
    publication = filled(15)
    publication.begin()
    publication.when_relieved(lambda: told.append(1))
    publication.leave()
    assert told == [1]


def test_behind_an_overrun_the_next_stream_begins_at_a_key_frame_and_stays() -> None:
    async def act() -> None:
        publication = Publication(HandoverBounds(packets=5))
        publication.put(FORMAT)
        publication.begin()
        for number in range(8):
            publication.put(packet(number))
        with pytest.raises(SourceOverrun):
            await publication.take()
        publication.leave()
        publication.begin()
        assert [await publication.take() for _ in range(4)] == [FORMAT, packet(5), packet(6), packet(7)]
        async with asyncio.TaskGroup() as tasks:
            waits = tasks.create_task(publication.take())
            await asyncio.sleep(0)
            publication.put(packet(8))
        assert waits.result() == packet(8)

    asyncio.run(act())


def test_a_second_reader_at_once_is_turned_away() -> None:
    publication = filled(3)
    publication.begin()
    with pytest.raises(SourceLost, match="already"):
        publication.begin()


def test_who_comes_after_another_begins_at_a_key_frame_of_the_right_format() -> None:
    async def act() -> None:
        publication = filled(8)
        publication.begin()
        for _ in range(3):
            await publication.take()
        publication.leave()
        publication.put(OTHER)
        publication.put(packet(10))
        publication.begin()
        taken = [await publication.take() for _ in range(6)]
        assert taken == [FORMAT, packet(5), packet(6), packet(7), OTHER, packet(10)]

    asyncio.run(act())


def test_the_end_is_told_once_everything_is_taken() -> None:
    assert everything(filled(2)) == [FORMAT, packet(0), packet(1)]
