"""What the `source` of a camera means, and that its password is never shown."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import ConfigInvalid
from doorstep.sources.address import DemoAddress, FileAddress, parse_source, redacted


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
    ],
)
def test_known_addresses(address: str, means: object) -> None:
    assert parse_source(address) == means


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("gopher://door", r"no source gopher://; it knows file://, demo://"),
        ("/srv/door.mp4", "has no scheme"),
        ("", "has no scheme"),
        ("file://srv/door.mp4", "three slashes"),
        ("file://", "three slashes"),
        ("file:///srv/door%00.mp4", "three slashes"),
        ("file:///srv/door.mp4?lop", "does not know: lop"),
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
    with pytest.raises(ConfigInvalid) as caught:
        parse_source(address)
    assert "S3CRET" not in str(caught.value)
