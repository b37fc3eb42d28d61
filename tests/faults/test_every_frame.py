"""Every picture that a camera sends is recorded once and in order: the number in the picture says so."""

import shutil
from pathlib import Path

import pytest

from fakes.rtsp_camera import CameraOptions, needs_camera
from faults.every_frame import counted

SECONDS = 8.0
LATE_SECONDS = 4.0
"""That a loaded machine may be behind its camera; how long the clip is, is proven elsewhere."""


@pytest.mark.parametrize(("gop", "b_frames"), [(1.0, 0), (4.0, 2), (10.0, 0)])
def test_every_picture_of_an_rtsp_camera_is_there_once(tmp_path: Path, gop: float, b_frames: int) -> None:
    needs_camera()
    seconds = SECONDS + gop
    count = counted(tmp_path / "data", "rtsp", seconds, CameraOptions(gop=gop, b_frames=b_frames))
    assert count.breaks == []
    assert count.seconds > seconds - gop - LATE_SECONDS


@pytest.mark.parametrize("b_frames", [0, 2])
def test_every_picture_that_is_pushed_is_there_once(tmp_path: Path, b_frames: int) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    count = counted(tmp_path / "data", "rtmp", SECONDS, CameraOptions(b_frames=b_frames))
    assert count.breaks == []
    assert count.seconds > SECONDS - LATE_SECONDS
