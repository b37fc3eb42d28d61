"""Cameras at USB, with a file in the place of the device: the same code reads both."""

import errno
from itertools import pairwise
from pathlib import Path

import av
import pytest
from av.container import InputContainer

from doorstep.core.errors import SourceLost, SourceRefused
from doorstep.core.media import Packet, VideoFormat
from doorstep.sources.address import V4l2Address
from doorstep.sources.v4l2 import OpenCamera, V4l2Source
from fakes.masked_pictures import MASK, assert_masked, take
from fakes.taps import HurriedClock, ListTap
from fakes.usb_camera import ADDRESS, HEIGHT, WIDTH, camera_of, filmed


def source(
    open_camera: OpenCamera, masks: tuple[tuple[tuple[float, float], ...], ...] = (), rotation: int = 0
) -> V4l2Source:
    return V4l2Source(ADDRESS, masks=masks, rotation=rotation, clock=HurriedClock(0.02), open_camera=open_camera)


def test_h264_of_the_camera_is_passed_on_as_it_is(tmp_path: Path) -> None:
    asked: list[str | None] = []
    tap = ListTap(rule=lambda _at: True)
    film = filmed(tmp_path / "a.mp4", "libx264")
    fmt, *packets = take(source(camera_of({"h264": film}, asked)), 30, tap)
    assert asked == ["h264"]
    assert isinstance(fmt, VideoFormat)
    with av.open(str(film)) as container:
        sent = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert [packet.data for packet in packets if isinstance(packet, Packet)] == sent[: len(packets)]
    assert tap.frames


@pytest.mark.parametrize("codec", ["mjpeg", "rawvideo"])
def test_other_pictures_are_encoded_once(codec: str, tmp_path: Path) -> None:
    asked: list[str | None] = []
    film = filmed(tmp_path / "a.avi", codec)
    offered: dict[str | None, Path] = {"mjpeg" if codec == "mjpeg" else None: film}
    fmt, *packets = take(source(camera_of(offered, asked)), 30)
    assert asked == ["h264", "mjpeg"] if codec == "mjpeg" else ["h264", "mjpeg", None]
    assert isinstance(fmt, VideoFormat)
    assert (fmt.width, fmt.height) == (WIDTH, HEIGHT)
    whole = [packet for packet in packets if isinstance(packet, Packet)]
    assert whole[0].key
    for one, two in pairwise(whole):
        assert two.pts - one.pts == pytest.approx((two.arrived - one.arrived) * 90_000, abs=2)


@pytest.mark.parametrize("codec", ["mjpeg", "rawvideo", "libx264"])
@pytest.mark.parametrize("rotation", [0, 90])
def test_nothing_under_a_mask_is_seen_anywhere(codec: str, rotation: int, tmp_path: Path) -> None:
    asked: list[str | None] = []
    tap = ListTap(rule=lambda _at: True)
    film = filmed(tmp_path / ("a.mp4" if codec == "libx264" else "a.avi"), codec)
    # Even a camera that answers with H.264 where none was asked for is decoded and painted.
    items = take(source(camera_of({None: film}, asked), (MASK,), rotation), 25, tap)
    assert "h264" not in asked
    assert_masked(items, tap.frames)


def test_a_camera_that_is_pulled_out_is_lost(tmp_path: Path) -> None:
    with pytest.raises(SourceLost, match="plugged in"):
        take(source(camera_of({"mjpeg": filmed(tmp_path / "a.avi", "mjpeg", 5)})), 1000)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOENT, SourceLost, "no camera at /dev/video0"),
        (errno.EACCES, SourceRefused, "group video"),
        (errno.EBUSY, SourceLost, "another program"),
        (errno.ENOTTY, SourceRefused, "is no camera"),
        (errno.ENODEV, SourceLost, "plug it in again"),
        (errno.EINVAL, SourceRefused, "size and rate"),
    ],
)
def test_a_device_that_does_not_open_is_said_plainly(number: int, kind: type[Exception], words: str) -> None:
    def open_camera(_address: V4l2Address, _input_format: str | None) -> InputContainer:
        raise OSError(number, "as the kernel says")

    with pytest.raises(kind, match=words):
        take(source(open_camera), 1)


def test_the_real_opening_names_what_is_wrong() -> None:
    with pytest.raises(SourceLost, match="no camera"):
        take(V4l2Source(V4l2Address(Path("/dev/video99")), clock=HurriedClock()), 1)
    with pytest.raises(SourceRefused, match="is no camera"):
        take(V4l2Source(V4l2Address(Path("/dev/null"), (640, 480), 15), clock=HurriedClock()), 1)
