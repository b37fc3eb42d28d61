"""Running events on their way off-site, second by second, while line, disk and buffer do what they like."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from doorstep.core import running_part
from doorstep.core.camera import CameraId
from doorstep.core.clock_state import Dating
from doorstep.core.event import Event, EventId
from doorstep.core.off_site_key import read_part_key
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import ConnectionId
from doorstep.mp4.recording import RecordingIndex, read_recording
from doorstep.pipeline.off_site_parts import OffSiteParts
from doorstep.pipeline.recording_file import labelled_event
from doorstep.pipeline.way_out import WayOut
from fakes.footage import CAMERA, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, while_running
from fakes.off_site import MemoryOffSite
from fakes.recording_house import RecordingHouse


class House:
    """A camera, its recorder, and who sends its running events."""

    def __init__(self, buffer_seconds: float = 120.0) -> None:
        self.clock = LoopClock()
        self.there = MemoryOffSite()
        self.over: list[tuple[EventId, int]] = []
        self._buffer_seconds = buffer_seconds

    def live(self, act: Callable[[RecordingHouse, OffSiteParts], Awaitable[Any]]) -> None:
        async def lived() -> None:
            here = RecordingHouse(self.clock, buffer=RollingBuffer(self._buffer_seconds, 10_000_000))
            parts = OffSiteParts(WayOut(self.there, InlineExecutor(), self.clock), self.clock)
            parts.on_over = lambda event, keys: self.over.append((event, len(keys)))
            here.camera.on_segment = parts.segment_added
            here.connect()
            await here.film(20)
            await while_running(parts.run, act=lambda: self._act(act, here, parts))

        run(self.clock, lived)

    async def _act(self, act: Callable[[RecordingHouse, OffSiteParts], Awaitable[Any]], *given: Any) -> None:
        await act(*given)

    def begin(self, here: RecordingHouse, parts: OffSiteParts, name: str = "e1", **more: Any) -> Event:
        now = self.clock.now()
        event = Event(EventId(name), CAMERA, now, now, **more)
        parts.of(here.camera).begin(event, now - seconds(2), now + seconds(1000))
        return event

    def indexes(self) -> list[RecordingIndex]:
        """Every part, checked to its last byte, in the order in which they came."""
        return [
            read_recording(partial(_slice, data), len(data), CAMERA, verify=True)
            for data in self.there.objects.values()
        ]

    def seconds_there(self) -> list[tuple[ConnectionId, float]]:
        """When each segment that came began, in the order in which it came."""
        segments = [one.segment for index in self.indexes() for one in index.segments]
        return [(one.connection, one.starts_at.timestamp()) for one in segments]


def _slice(data: bytes, offset: int, length: int) -> bytes:
    return data[offset : offset + length]


def test_each_second_goes_as_it_closes_from_the_pre_roll_on() -> None:
    house = House()

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        event = house.begin(here, parts)
        await here.film(40)
        there = house.seconds_there()
        assert there == sorted(set(there))
        first, last = there[0][1], there[-1][1]
        assert first <= (event.started_at - seconds(2)).timestamp()
        assert house.clock.now().timestamp() - last <= 2.5
        assert len(house.there.objects) >= 10
        for key, index in zip(house.there.objects, house.indexes(), strict=True):
            part, told = read_part_key(key), labelled_event(index.label, "front-door/x.mp4")
            assert part is not None
            assert told is not None
            assert (part.event, part.camera, told.id) == ("e1", CAMERA, "e1")
            assert index.segments[0].segment.first_dts == 0

    house.live(act)


def test_after_a_break_the_newest_comes_first_and_then_the_older_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_part, "LEAST_BYTES", 1000)
    monkeypatch.setattr(running_part, "MOST_BYTES", 1000)  # a second or two of such pictures
    house = House()

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        house.begin(here, parts)
        await here.film(8)
        house.there.cut = True
        await here.film(80)
        house.there.cut = False
        house.there.objects.clear()
        await here.film(40)
        there = [at for _, at in house.seconds_there()]
        assert there[0] > house.clock.now().timestamp() - 20  # of the end of the break, not of its beginning
        assert len(set(there)) == len(there) >= 29
        assert parts.waiting <= 1

    house.live(act)


def test_what_fell_out_of_the_buffer_is_not_waited_for() -> None:
    house = House(buffer_seconds=10.0)

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        house.begin(here, parts)
        house.there.cut = True
        await here.film(400)
        house.there.cut = False
        await here.film(40)
        assert parts.waiting <= 1
        assert 15 <= len(house.seconds_there()) <= 30

    house.live(act)


def test_an_event_that_is_over_is_sent_to_its_end_and_then_forgotten() -> None:
    house = House()

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        event = house.begin(here, parts)
        await here.film(20)
        until = house.clock.now()
        parts.finish(event.id, until)
        await here.film(40)
        assert max(at for _, at in house.seconds_there()) <= until.timestamp()
        assert max(at for _, at in house.seconds_there()) >= until.timestamp() - 1.5
        assert house.over == [(event.id, len(house.there.objects))]
        assert parts.waiting == 0

    house.live(act)


def test_nothing_more_is_sent_once_the_clip_takes_over() -> None:
    house = House()

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        event = house.begin(here, parts)
        await here.film(20)
        sent = len(house.there.objects)
        parts.drop(event.id)
        await here.film(20)
        assert len(house.there.objects) == sent
        assert house.over == [(event.id, sent)]

    house.live(act)


def test_a_test_of_the_doorstep_goes_nowhere() -> None:
    house = House()

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        house.begin(here, parts, is_test=True)
        await here.film(20)
        assert house.there.tried == []

    house.live(act)


def test_parts_go_on_over_a_new_connection_each_of_one_only() -> None:
    house = House()

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        house.begin(here, parts)
        await here.film(20)
        here.camera.end()
        here.connect()
        await here.film(20)
        for index in house.indexes():
            assert len({one.segment.connection for one in index.segments}) == 1
        assert len({connection for connection, _ in house.seconds_there()}) == 2

    house.live(act)


def test_two_events_share_the_line() -> None:
    house = House()

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        house.begin(here, parts, "e1")
        house.begin(here, parts, "e2")
        await here.film(40)
        events = [read_part_key(key).event for key in house.there.objects]  # type: ignore[union-attr]
        assert abs(events.count(EventId("e1")) - events.count(EventId("e2"))) <= 1

    house.live(act)


def test_a_clock_that_is_set_in_mid_event_repeats_and_skips_nothing() -> None:
    house = House()

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        house.begin(here, parts)
        await here.film(20)
        dating = Dating(seconds(3600))
        house.clock.set_wall(3600)
        here.camera.redate(dating)
        parts.of(here.camera).redate(dating)
        await here.film(20)
        sizes = [one.segment.samples.sizes[0] for index in house.indexes() for one in index.segments]
        assert len(sizes) >= 9
        sequences = [one.segment for index in house.indexes() for one in index.segments]
        assert len({one.starts_at for one in sequences}) == len(sequences)

    house.live(act)


def test_a_line_that_never_answers_keeps_memory_bounded() -> None:
    house = House(buffer_seconds=20.0)
    house.there.cut = True

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        for number in range(100):
            event = house.begin(here, parts, f"e{number}")
            await here.film(4)
            parts.finish(event.id, house.clock.now())
        assert len(parts._events) <= 64
        await asyncio.sleep(0)

    house.live(act)


def test_a_part_that_hangs_in_a_dead_connection_keeps_no_newer_one_waiting() -> None:
    house = House()

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        event = house.begin(here, parts)
        await here.film(8)
        running = parts._events[event.id]
        running.under_way.append(house.clock.monotonic())
        came = len(house.there.objects)
        await here.film(8)
        assert len(house.there.objects) == came
        await here.film(40)
        assert parts.waiting <= 1
        assert len(house.there.objects) > came
        running.under_way.remove(running.under_way[0])

    house.live(act)


def test_nothing_more_goes_of_a_camera_that_stays_here_from_now_on() -> None:
    house = House()

    async def switched_off(here: RecordingHouse, parts: OffSiteParts) -> None:
        house.begin(here, parts)
        await here.film(3)
        await asyncio.sleep(5)
        sent = len(house.there.objects)
        assert sent
        house.there.cut = True
        await here.film(3)
        parts.drop_camera(CameraId("garden"))
        assert parts.waiting
        parts.drop_camera(CAMERA)
        house.there.cut = False
        await here.film(3)
        await asyncio.sleep(100)
        assert (len(house.there.objects), parts.waiting) == (sent, 0)

    house.live(switched_off)


def test_an_event_whose_parts_are_refused_keeps_no_other_waiting_and_is_tried_now_and_then() -> None:
    house = House()

    class Refusing(MemoryOffSite):
        def send(self, key: str, *rest: Any) -> bool:
            if "/e1/" in key:
                self.refused.add(key)
            return super().send(key, *rest)

    house.there = Refusing()

    async def act(here: RecordingHouse, parts: OffSiteParts) -> None:
        house.begin(here, parts, "e1")
        house.begin(here, parts, "e2")
        await here.film(300)
        assert sum("/e2/" in key for key in house.there.objects) > 50
        assert 1 <= sum("/e1/" in key for key in house.there.tried) <= 7

    house.live(act)
