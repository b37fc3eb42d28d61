import re
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, SpanUnavailable
from doorstep.core.event import Event
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.ports import Clip
from fakes.footage import CAMERA, FORMAT, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.recording_house import EVENT, RecordingHouse

T = TypeVar("T")
PICTURE = re.compile(rb"picture (\d+)")


def whole(clip: Clip) -> bytes:
    content = b"".join(clip.read(0, clip.size))
    assert len(content) == clip.size
    return content


def pictures_in(clip: Clip) -> list[float]:
    """The decode times, in seconds within their connection, of the pictures in a clip of the house's camera."""
    content = whole(clip)
    return [int(found) / 1000 for found in PICTURE.findall(content[content.index(b"mdat") :])]


def in_house(act: Callable[[RecordingHouse, RecordedClips], Coroutine[Any, Any, T]]) -> T:
    clock = LoopClock()

    async def main() -> T:
        house = RecordingHouse(clock)
        clips = RecordedClips(house.store, {CAMERA: house.camera}, clock)
        house.connect()
        return await while_running(house.recorder.run, house.rows.run, act=lambda: act(house, clips))

    return run(clock, main)


async def an_event(house: RecordingHouse) -> Event:
    """Five seconds of nobody, then three of somebody; not over yet."""
    await house.film(20)
    event = house.open_event()
    house.recorder.extend(event.id, house.clock.now() + seconds(60))
    await house.film(13)
    return event


def latest(house: RecordingHouse, event: Event) -> Event:
    found = house.rows.latest(event.id)
    assert found is not None
    return found


def test_a_clip_of_the_last_seconds_shows_the_second_that_is_still_open() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        await house.film(18)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(2), now)
        assert clip.starts_at <= now - seconds(2) < clip.starts_at + seconds(0.25)
        assert clip.ends_at == now
        assert pictures_in(clip)[-1] == 4.25

    in_house(act)


def test_the_open_second_stays_as_it_was_when_the_clip_was_asked_for() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        await house.film(18)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(2), now)
        before = whole(clip)
        await house.film(9)
        assert whole(clip) == before

    in_house(act)


def test_a_span_in_the_past_ends_where_it_was_asked_to() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(40)
        clip = await clips.of_span(CAMERA, began + seconds(2.5), began + seconds(4))
        assert (clip.starts_at, clip.ends_at) == (began + seconds(2.5), began + seconds(4))
        assert pictures_in(clip) == [2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75]

    in_house(act)


def test_where_nothing_was_recorded_there_is_no_clip() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        now = house.clock.now()
        await house.film(8)
        for camera, start, end in (
            (CameraId("nobody"), now, now + seconds(2)),
            (CAMERA, now - seconds(60), now - seconds(50)),
            (CAMERA, now + seconds(50), now + seconds(60)),
        ):
            with pytest.raises(SpanUnavailable):
                await clips.of_span(camera, start, end)

    in_house(act)


def test_of_a_span_with_a_hole_the_longest_part_is_shown() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(12)
        house.camera.end()
        await house.clock.sleep(5)
        house.connect()
        back = house.clock.now()
        await house.film(24)
        clip = await clips.of_span(CAMERA, began, house.clock.now())
        assert (clip.starts_at, clip.ends_at) == (back, house.clock.now())

    in_house(act)


def test_what_fell_out_of_the_buffer_meanwhile_is_missed_aloud() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        await house.film(18)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(3), now)
        for shelved in house.shelf.reindex():
            house.shelf.remove(shelved.segments[-1])
        with pytest.raises(BlobMissing):
            whole(clip)

    in_house(act)


def test_an_event_has_a_clip_while_it_runs_and_the_clip_grows() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        early = await clips.of_event(latest(house, event))
        await house.film(8)
        await turns()
        later = await clips.of_event(latest(house, event))
        assert early.starts_at == later.starts_at
        assert early.starts_at <= event.started_at - seconds(2)
        assert later.ends_at >= early.ends_at + seconds(2)
        assert whole(early)[-100:] in whole(later)

    in_house(act)


def test_the_clip_of_an_event_that_is_over_ends_with_it() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        ended_at = house.clock.now() - seconds(0.3)
        house.close_event(event, ended_at)
        await house.film(8)
        await house.recorder.drained()
        clip = await clips.of_event(latest(house, event))
        assert ended_at <= clip.ends_at < ended_at + seconds(0.25)
        assert clip.name.endswith(".mp4")

    in_house(act)


def test_a_clip_over_two_connections_holds_the_last_picture_of_the_first() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        house.camera.end()
        await house.clock.sleep(3)
        house.connect()
        await house.film(13)
        house.close_event(event)
        await house.recorder.drained()
        clip = await clips.of_event(latest(house, event))
        shown = (clip.ends_at - clip.starts_at).total_seconds()
        assert shown == pytest.approx(2 + 3.25 + 3 + 3.25, abs=0.6)
        assert pictures_in(clip)[-12:] == [number / 4 for number in range(12)]

    in_house(act)


def test_an_event_without_video_says_so() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        now = house.clock.now()
        with pytest.raises(SpanUnavailable):
            await clips.of_event(Event(EVENT, CAMERA, now, now, ended_at=now))

    in_house(act)


@pytest.mark.parametrize("size", [0, 200])
def test_a_recording_that_is_gone_or_damaged_from_its_first_byte_says_so(size: int) -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        recording = latest(house, event).recording
        assert recording is not None
        if size:
            house.store.put(recording.key, bytes(size))
        else:
            house.store.delete(recording.key)
        with pytest.raises(BlobMissing):
            await clips.of_event(latest(house, event))

    in_house(act)


@given(first=st.integers(0, 4000), length=st.integers(1, 4000))
@settings(max_examples=40, deadline=None)
def test_any_part_of_a_clip_is_that_part_of_the_whole(first: int, length: int) -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        clip = await clips.of_event(latest(house, event))
        content = whole(clip)
        offset = min(first, clip.size - 1)
        part = b"".join(clip.read(offset, min(length, clip.size - offset)))
        assert part == content[offset : offset + length]

    in_house(act)


def test_the_clip_is_of_the_format_of_its_connection() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> datetime:
        await house.film(9)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(1), now)
        assert FORMAT.decoder_config in whole(clip)
        return clip.ends_at

    in_house(act)
