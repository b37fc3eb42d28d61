"""A test of the doorstep that a crash cut short: it stays a test, and nothing of the camera gets into it."""

from dataclasses import replace

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.event import Event, EventId
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.recovery import Recovery
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import EventQuery
from fakes.footage import CAMERA, NOON, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.recording_house import RecordingHouse

TEST = EventId("front-door-test-1")
LANE = CameraId(f"{CAMERA}.test")


def lane_of(house: RecordingHouse) -> RecordingHouse:
    """The same house with another buffer, as the lane of a test has it."""
    house.camera = BufferedCamera(LANE, house.buffer, house.shelf, house.clock)
    house.recorder = Recorder(house.camera, house.store, house.rows, house.health, house.clock, house.durability)
    house.camera.on_segment = house.recorder.segment_added
    return house


async def crashes_while_it_records(house: RecordingHouse) -> None:
    lane_of(house)
    house.connect()
    await house.film(21)

    async def act() -> None:
        now = house.clock.now()
        event = Event(TEST, CAMERA, now, now, causes=(Cause.PERSON,), is_test=True)
        house.rows.decided(event)
        house.recorder.begin(event, now, now)
        await house.film(12)
        house.rows.decided(replace(event, ended_at=house.clock.now() + seconds(5)))  # the rest is missing
        await turns()

    await while_running(house.recorder.run, house.rows.run, act=act)


async def starts_again(house: RecordingHouse) -> None:
    """With the camera's own buffer, which holds what was filmed right behind the crash."""
    now = RecordingHouse(house.clock, store=house.store, catalog=house.catalog)
    now.connect()
    await now.film(40)
    await Recovery(house.store, house.catalog, now.rows, 2.0).run({CAMERA: now.recorder})

    async def quiet() -> None:
        await now.recorder.drained()
        await turns()
        await now.rows.settled()

    await while_running(now.recorder.run, now.rows.run, act=quiet)


@pytest.mark.parametrize("with_row", [True, False])
def test_it_is_closed_as_a_test_without_a_second_of_the_camera(*, with_row: bool) -> None:
    clock = LoopClock(NOON)

    async def main() -> None:
        house = RecordingHouse(clock)
        await crashes_while_it_records(house)
        (key,) = house.keys()
        assert key.startswith(f"{LANE}/")
        before = house.read_back(key)
        if not with_row:
            house.catalog.forget_event(TEST)
        await starts_again(house)
        (event,) = house.catalog.events(EventQuery(tests=True))[0]
        assert event.is_test
        assert event.camera == CAMERA
        assert event.ended_at is not None
        assert house.read_back(key).segments == before.segments
        assert house.catalog.events(EventQuery())[0] == []

    run(clock, main)
