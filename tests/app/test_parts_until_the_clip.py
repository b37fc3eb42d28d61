"""Parts of an event are dropped when its clip lies off-site, and not a moment before."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from doorstep.app import off_site
from doorstep.app.ground import open_ground
from doorstep.app.off_site import OffSiteCopies, make_off_site
from doorstep.core.camera import CameraId
from doorstep.core.clip_file import Clip
from doorstep.core.clip_form import AS_RECORDED, ClipForm
from doorstep.core.cloud_settings import S3Settings
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.settings import BufferSettings, ServerSettings, Settings, StoreSettings
from doorstep.core.upload import UploadState
from fakes.off_site import MemoryOffSite

DOOR = CameraId("front-door")
KEY = "front-door/2026/11/21/20261121_120000.mp4"
CLIP = b"a clip that is whole"
PATIENCE = 120.0


class Clips:
    """Stands in for what reads recordings."""

    async def of_event(self, event: Event, form: ClipForm = AS_RECORDED) -> Clip:
        del form
        at = event.started_at

        def read(offset: int, length: int) -> Iterator[bytes]:
            yield CLIP[offset : offset + length]

        return Clip(name="a.mp4", size=len(CLIP), starts_at=at, ends_at=at, read=read, camera=DOOR)


class House:
    def __init__(self, copies: OffSiteCopies, there: MemoryOffSite, event: Event) -> None:
        self.copies, self.there, self.event = copies, there, event
        self.over: list[EventId] = []
        copies.cameras[DOOR] = "Front door"
        copies.parts.on_over = lambda event, _keys: self.over.append(event)
        copies.parts.begin(cast("Any", None), event, event.started_at, event.started_at)

    def state(self) -> UploadState | None:
        found = self.copies.records.upload_of(self.event.id)
        return found.state if found else None


async def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


def lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[House], Awaitable[None]]) -> None:
    there = MemoryOffSite()
    monkeypatch.setattr("doorstep.stores.s3.S3Store", lambda _settings, _clock: there)
    monkeypatch.setattr(off_site, "RecordedClips", lambda *_: Clips())
    settings = Settings(
        server=ServerSettings(data=tmp_path / "data"),
        buffer=BufferSettings(directory=tmp_path / "buffer"),
        store=StoreSettings("s3", s3=S3Settings("door", region="eu-central-1")),
    )

    async def live() -> None:
        (tmp_path / "data").mkdir()
        ground = await open_ground(settings, "http://127.0.0.1")
        at = ground.clock.now() - timedelta(minutes=1)
        event = Event(EventId("e1"), DOOR, at, at, ended_at=at, recording=Recording(KEY, at, at, len(CLIP)))
        ground.catalog.save_event(event)
        copies = make_off_site(ground)
        assert copies is not None
        house = House(copies, there, event)
        sending = asyncio.ensure_future(copies.uploads.run())
        try:
            await act(house)
        finally:
            sending.cancel()
            await asyncio.wait([sending])
            copies.way.end()
            ground.engine.dispose()

    asyncio.run(live())


def clips_tried(tried: Sequence[str]) -> int:
    return sum(key == KEY for key in tried)


def test_parts_stay_while_the_clip_is_on_its_way_and_go_once_it_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(house: House) -> None:
        house.there.cut = True
        house.copies.uploads.event_written(house.event)
        await until(lambda: clips_tried(house.there.tried) > 0)
        await until(lambda: not house.copies.way.works)
        assert house.over == []  # asked for, tried, and not there: its parts are all that anybody has
        assert house.state() is UploadState.DUE
        house.there.cut = False
        await until(lambda: house.over)
        assert (house.over, house.there.objects[KEY]) == ([house.event.id], CLIP)
        assert house.state() is UploadState.DONE

    lived(tmp_path, monkeypatch, act)


def test_parts_of_a_clip_that_is_given_up_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(house: House) -> None:
        house.copies.stay_here.add(DOOR)
        house.copies.uploads.event_written(house.event)
        await until(lambda: house.state() is UploadState.GIVEN_UP)
        assert house.over == []

    lived(tmp_path, monkeypatch, act)
