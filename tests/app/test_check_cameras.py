"""What `doorstep check` says of a camera that works."""

import asyncio
from pathlib import Path

import pytest

from doorstep.app.check_cameras import camera_findings
from doorstep.app.finding import Finding
from doorstep.core.camera import CameraId
from doorstep.core.settings import CameraSettings, Settings
from media.make_clips import Recipe, make_video


def found(*cameras: CameraSettings) -> list[Finding]:
    async def check() -> list[Finding]:
        return [finding async for finding in camera_findings(Settings(cameras=cameras), None)]

    return asyncio.run(check())


def filmed(path: Path, **recipe: int) -> str:
    return f"file://{make_video(path, Recipe(**recipe))}"  # type: ignore[arg-type]  # all of them are numbers


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    return filmed(tmp_path_factory.mktemp("check") / "large.mp4", width=1920, height=1080, frames=15, gop=10)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    return filmed(tmp_path_factory.mktemp("check") / "small.mp4", frames=15, gop=10)


def test_a_camera_whose_key_frames_cost_something_is_told_what_to_set(large: str, small: str) -> None:
    door, yard = (CameraSettings(CameraId(name), name, source) for name, source in (("door", large), ("yard", small)))
    costly, cheap = found(door, yard)
    assert costly.ok
    assert costly.detail.startswith("h264 1920x1080; Its key frames come every 1 s, so every picture is decoded (")
    assert (cheap.ok, cheap.detail) == (True, "h264 160x120")


def test_of_two_streams_the_one_that_is_looked_at_is_told_about(large: str, small: str) -> None:
    main, sub = found(CameraSettings(CameraId("door"), "Door", large, detect=small))
    assert (main.detail, sub.detail) == ("h264 1920x1080", "h264 160x120")


def test_a_stream_that_ends_before_its_second_key_frame_was_seen_all_the_same(tmp_path: Path) -> None:
    (short,) = found(CameraSettings(CameraId("door"), "Door", filmed(tmp_path / "short.mp4", frames=5)))
    assert (short.ok, short.detail) == (True, "h264 160x120")
