"""A span that somebody keeps: an event with a finished recording, and nothing where that cannot be."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clip_form import ClipForm
from doorstep.core.errors import Overtaken, SpanUnavailable, StoreFull
from doorstep.core.past_picture import PastPicture, PreviewGrid, PreviewSheet
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.recording_file import labelled_event
from doorstep.pipeline.saved_clips import FULL, ROOM_LEFT, SavedClips
from fakes.footage import CAMERA, seconds
from fakes.instant_loop import LoopClock, run, while_running
from fakes.recording_house import RecordingHouse

T = TypeVar("T")
JPEG = b"\xff\xd8picture\xff\xd9"


class Pictures:
    """Implements `ports.PastPictures`."""

    def __init__(self) -> None:
        self.fails = False
        self.asked: list[tuple[CameraId, datetime]] = []

    async def frame(self, camera: CameraId, at: datetime, most: tuple[int, int], asker: str) -> PastPicture:
        del most, asker
        if self.fails:
            raise Overtaken
        self.asked.append((camera, at))
        return PastPicture(JPEG, at)

    async def previews(self, camera: CameraId, grid: PreviewGrid, asker: str) -> PreviewSheet:
        raise NotImplementedError


class House(RecordingHouse):
    """One whose people keep clips."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.pictures = Pictures()
        self.clips = RecordedClips(self.store, {CAMERA: self.camera}, self.clock, self.catalog)
        self.saved = SavedClips(self.clips, self.store, self.pictures, self.rows)

    def videos(self) -> list[str]:
        return [key for key in self.keys() if key.endswith(".mp4")]


def in_house(act: Callable[[House], Coroutine[Any, Any, T]]) -> T:
    clock = LoopClock()

    async def main() -> T:
        house = House(clock)
        house.connect()
        return await while_running(house.recorder.run, house.rows.run, act=lambda: act(house))

    return run(clock, main)


def test_a_span_of_the_buffer_becomes_an_event_of_its_own() -> None:
    async def act(house: House) -> None:
        await house.film(40)
        now = house.clock.now()
        event = await house.saved.keep(CAMERA, now - seconds(5), now - seconds(1))
        assert event.causes == (Cause.SAVED,)
        assert (event.started_at, event.ended_at) == (now - seconds(5), now - seconds(1))
        assert not event.unfinished
        assert event.recording is not None
        assert event.has_still
        row = house.catalog.event(event.id)
        assert row == event
        assert event.recording.size == house.store.size(event.recording.key)
        assert house.store.read(still_key(event.recording.key), 0, 99) == JPEG
        assert house.store.read(thumbnail_key(event.recording.key), 0, 99) == JPEG

    in_house(act)


def test_its_clip_has_the_same_pictures_as_the_download() -> None:
    async def act(house: House) -> None:
        await house.film(40)
        now = house.clock.now()
        span = now - seconds(6), now - seconds(0.5)
        download = await house.clips.of_span(CAMERA, *span)
        event = await house.saved.keep(CAMERA, *span)
        clip = await house.clips.of_event(event, ClipForm())
        assert (clip.starts_at, clip.ends_at) == (download.starts_at, download.ends_at)
        assert body(clip) == body(download)

    in_house(act)


def body(clip: Any) -> bytes:
    content = b"".join(clip.read(0, clip.size))
    return content[content.index(b"mdat") :]


def test_it_is_whole_when_the_buffer_has_long_forgotten_it() -> None:
    async def act(house: House) -> None:
        await house.film(40)
        now = house.clock.now()
        event = await house.saved.keep(CAMERA, now - seconds(5), now)
        await house.film(600)
        clip = await house.clips.of_event(event)
        assert clip.ends_at - clip.starts_at == seconds(5)
        assert len(b"".join(clip.read(0, clip.size))) == clip.size

    in_house(act)


def test_its_file_tells_what_it_is() -> None:
    async def act(house: House) -> None:
        await house.film(40)
        event = await house.saved.keep(CAMERA, house.clock.now() - seconds(5), house.clock.now())
        assert event.recording is not None
        index = house.read_back(event.recording.key)
        assert index.whole_size == event.recording.size
        told = labelled_event(index.label, event.recording.key)
        assert told is not None
        assert (told.id, told.causes, told.started_at) == (event.id, event.causes, event.started_at)

    in_house(act)


def test_a_part_of_an_older_event_can_be_kept_out_of_its_recording() -> None:
    async def act(house: House) -> None:
        await house.film(20)
        visit = house.open_event()
        began = house.clock.now()
        house.recorder.extend(visit.id, began + seconds(6))
        await house.film(24)
        house.close_event(visit)
        await house.film(800)
        event = await house.saved.keep(CAMERA, began + seconds(1), began + seconds(4))
        assert (event.started_at, event.ended_at) == (began + seconds(1), began + seconds(4))
        assert len(house.videos()) == 2

    in_house(act)


def test_what_was_recorded_last_of_a_longer_span_is_kept() -> None:
    async def act(house: House) -> None:
        began = house.clock.now()
        await house.film(20)
        event = await house.saved.keep(CAMERA, began - seconds(60), house.clock.now())
        assert timedelta() < event.last_seen_at - event.started_at <= seconds(5)

    in_house(act)


def test_two_who_keep_the_same_minute_each_have_theirs() -> None:
    async def act(house: House) -> None:
        await house.film(40)
        now = house.clock.now()
        one, other = await asyncio.gather(*(house.saved.keep(CAMERA, now - seconds(5), now) for _ in range(2)))
        assert one.id != other.id
        assert one.recording is not None
        assert other.recording is not None
        assert one.recording.key != other.recording.key

    in_house(act)


def test_where_nothing_was_recorded_nothing_is_kept() -> None:
    async def act(house: House) -> None:
        await house.film(8)
        now = house.clock.now()
        for camera, ago in ((CameraId("nobody"), 2), (CAMERA, 100)):
            with pytest.raises(SpanUnavailable):
                await house.saved.keep(camera, now - seconds(ago), now - seconds(ago - 1))
        assert not house.keys()
        assert not house.catalog.saved

    in_house(act)


def test_a_store_that_fails_midway_leaves_nothing_behind() -> None:
    async def act(house: House) -> None:
        await house.film(40)
        now = house.clock.now()
        appended = 0

        def fails() -> bool:
            nonlocal appended
            appended += house.store.calls[-1] == "append"
            return house.store.calls[-1] == "append" and appended > 3

        house.store.fails = fails
        with pytest.raises(StoreFull, match="no room"):
            await house.saved.keep(CAMERA, now - seconds(8), now)
        assert not house.keys()
        assert not house.catalog.saved

    in_house(act)


def test_a_disk_that_is_almost_full_keeps_its_room_for_the_next_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(house: House) -> None:
        await house.film(40)
        now = house.clock.now()
        monkeypatch.setattr(house.store, "free_bytes", lambda: ROOM_LEFT)
        with pytest.raises(StoreFull) as raised:
            await house.saved.keep(CAMERA, now - seconds(5), now)
        assert str(raised.value) == FULL
        assert not house.keys()

    in_house(act)


def test_without_a_picture_it_is_kept_all_the_same() -> None:
    async def act(house: House) -> None:
        house.pictures.fails = True
        await house.film(40)
        event = await house.saved.keep(CAMERA, house.clock.now() - seconds(5), house.clock.now())
        assert not event.has_still
        assert house.catalog.event(event.id) == event

    in_house(act)


def test_it_waits_in_memory_while_the_catalog_takes_nothing() -> None:
    async def act(house: House) -> None:
        await house.film(40)
        house.catalog.fails = lambda: True
        event = await house.saved.keep(CAMERA, house.clock.now() - seconds(5), house.clock.now())
        assert house.catalog.event(event.id) is None
        house.catalog.fails = lambda: False
        await house.rows.settled()
        assert house.catalog.event(event.id) == event

    in_house(act)
