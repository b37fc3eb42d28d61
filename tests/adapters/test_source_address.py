"""What the `source` of a camera means, and that its password is never shown."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import ConfigInvalid
from doorstep.sources.address import (
    DemoAddress,
    FileAddress,
    MjpegAddress,
    PicameraAddress,
    RtmpListenAddress,
    RtmpPullAddress,
    RtspAddress,
    V4l2Address,
    parse_source,
)
from doorstep.sources.redaction import redacted


@pytest.mark.parametrize(
    ("address", "means"),
    [
        ("demo://", DemoAddress()),
        ("DEMO://", DemoAddress()),
        ("file:///srv/door.mp4", FileAddress(Path("/srv/door.mp4"), loop=False)),
        ("file://localhost/srv/door.mp4", FileAddress(Path("/srv/door.mp4"), loop=False)),
        ("file:///srv/door.mp4?loop", FileAddress(Path("/srv/door.mp4"), loop=True)),
        ("file:///srv/door.mp4?loop=1", FileAddress(Path("/srv/door.mp4"), loop=True)),
        ("file:///srv/my%20door.mp4?loop=0", FileAddress(Path("/srv/my door.mp4"), loop=False)),
        ("rtsp://u:p@192.0.2.10/s", RtspAddress("rtsp://u:p@192.0.2.10/s")),
        ("RTSPS://192.0.2.10:322/s", RtspAddress("RTSPS://192.0.2.10:322/s")),
        ("rtmp://127.0.0.1/live/key", RtmpPullAddress("rtmp://127.0.0.1/live/key")),
        ("rtmp-listen://192.0.2.9/live", RtmpListenAddress("192.0.2.9", 1935, "live", tls=False)),
        ("rtmps-listen://[::]:1936/live/", RtmpListenAddress("::", 1936, "live", tls=True)),
        ("https://192.0.2.10/video.mjpg?user=x", MjpegAddress("https://192.0.2.10/video.mjpg?user=x")),
        ("v4l2:///dev/video0", V4l2Address(Path("/dev/video0"))),
        ("v4l2:///dev/video2?size=1280x720&fps=10", V4l2Address(Path("/dev/video2"), (1280, 720), 10)),
        ("picamera://", PicameraAddress()),
        (
            "picamera://?size=1920x1080&fps=30&camera=1&shutter=8000&gain=2.5&hdr",
            PicameraAddress((1920, 1080), 30, 1, 8000, 2.5, hdr=True),
        ),
        ("picamera://?lens=1.5", PicameraAddress(autofocus="manual", lens=1.5)),
    ],
)
def test_known_addresses(address: str, means: object) -> None:
    assert parse_source(address) == means


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("gopher://door", r"must begin with one of rtsp://"),
        ("/srv/door.mp4", "has no scheme"),
        ("", "has no scheme"),
        ("file://srv/door.mp4", "three slashes"),
        ("file://", "three slashes"),
        ("file:///srv/door%00.mp4", "three slashes"),
        ("file:///srv/door.mp4?lop", "does not know; it knows loop"),
        ("rtsp:///stream", "names no camera"),
        ("rtsp://[::1/stream", "not an address"),
        ("rtmp-listen://0.0.0.0:1935", "no place to listen at"),
        ("rtmp-listen://0.0.0.0:1935/live/key", "no place to listen at"),
        ("rtmp-listen://user@0.0.0.0/live", "no place to listen at"),
        ("v4l2:///etc/passwd", "names no camera of this machine"),
        ("v4l2:///dev/../etc/passwd", "names no camera of this machine"),
        ("v4l2:///dev/video0?size=641x480", "a wrong size"),
        ("v4l2:///dev/video0?size=big", "a wrong size"),
        ("v4l2:///dev/video0?fps=0", "a wrong fps"),
        ("v4l2:///dev/video0?fps=fast", "a wrong fps"),
        ("picamera://0?size=640x480", "picamera:// followed by"),
        ("picamera://?autofocus=never", "a wrong autofocus"),
        ("picamera://?gain=much", "a wrong gain"),
        ("picamera://?lens=99", "a wrong lens"),
        ("picamera://?zoom=2", "it knows size, fps"),
    ],
)
def test_unknown_addresses_are_named(address: str, says: str) -> None:
    with pytest.raises(ConfigInvalid, match=says):
        parse_source(address)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://viewer:hunter2@192.0.2.10/stream1", "rtsp://***@192.0.2.10/stream1"),
        ("rtsp://viewer@192.0.2.10/stream1", "rtsp://***@192.0.2.10/stream1"),
        ("rtsp://viewer:p@ss@host:554/a", "rtsp://***@host:554/a"),
        ("rtsp://viewer:p/ss@host/a", "rtsp://***@host/a"),
        ("http://cam/video.mjpg?user=me&password=hunter2&size=1", "http://cam/video.mjpg?user=***&password=***&size=1"),
        ("http://cam/video.mjpg?TOKEN=hunter2", "http://cam/video.mjpg?TOKEN=***"),
        ("rtmp://host/live/hunter2?x=1", "rtmp://host/live/***"),
        ("rtmp-listen://0.0.0.0:1935/live", "rtmp-listen://0.0.0.0:1935/live"),
        ("file:///srv/door.mp4?loop", "file:///srv/door.mp4?loop"),
        ("file:///srv/me@home.mp4", "file:///srv/me@home.mp4"),
        ("demo://", "demo://"),
        ("viewer:hunter2@host", "***@host"),
    ],
)
def test_secrets_are_left_out(address: str, shown: str) -> None:
    assert redacted(address) == shown


secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="@"), min_size=1).map(
    "S3CRET".__add__
)


@given(secrets, st.sampled_from(["rtsp", "gopher", "http", "rtmp"]))
def test_no_password_is_ever_shown(secret: str, scheme: str) -> None:
    address = f"{scheme}://viewer:{secret}@192.0.2.10/stream"
    assert "S3CRET" not in redacted(address)
    assert "S3CRET" not in _words_of(address)


def _words_of(address: str) -> str:
    try:
        return repr(parse_source(address))
    except ConfigInvalid as error:
        return str(error)
