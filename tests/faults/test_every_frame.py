"""Every picture that a camera sends is recorded once and in order: the number in the picture says so."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from fakes.begun import Begun, begun
from fakes.rtsp_camera import CameraOptions, needs_camera
from faults.every_frame import Count, counted

SECONDS = 8.0
LATE_SECONDS = 4.0
"""That a loaded machine may be behind its camera; how long the clip is, is proven elsewhere."""

RTSP = [(1.0, 0), (4.0, 2), (10.0, 0)]
RTMP = [0, 2]


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun[Count]]:
    """Three at once: two cores can film no more in time."""
    needs_camera()
    acts: dict[str, Callable[[int], Count]] = {}
    folder = tmp_path_factory.mktemp("counts")
    for gop, b_frames in RTSP:
        options = CameraOptions(gop=gop, b_frames=b_frames)
        acts[f"rtsp-{gop}"] = partial(count, folder / f"rtsp-{gop}", "rtsp", SECONDS + gop, options)
    if shutil.which("ffmpeg") is not None:
        for b_frames in RTMP:
            options = CameraOptions(b_frames=b_frames)
            acts[f"rtmp-{b_frames}"] = partial(count, folder / f"rtmp-{b_frames}", "rtmp", SECONDS, options)
    with begun(acts, at_once=3) as found:
        yield found


def count(folder: Path, intake: str, seconds: float, options: CameraOptions, number: int) -> Count:
    own = folder / str(number)
    own.mkdir(parents=True)
    return counted(own / "data", intake, seconds, options)


@pytest.mark.parametrize("gop", [gop for gop, _ in RTSP])
def test_every_picture_of_an_rtsp_camera_is_there_once(counts: Begun[Count], gop: float) -> None:
    found = counts.result(f"rtsp-{gop}")
    assert found.breaks == []
    assert found.seconds > SECONDS - LATE_SECONDS


@pytest.mark.parametrize("b_frames", RTMP)
def test_every_picture_that_is_pushed_is_there_once(counts: Begun[Count], b_frames: int) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    found = counts.result(f"rtmp-{b_frames}")
    assert found.breaks == []
    assert found.seconds > SECONDS - LATE_SECONDS
