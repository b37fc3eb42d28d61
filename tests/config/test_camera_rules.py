"""Keys of a camera that do not go together are said with their line and what to do."""

from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.core.errors import ConfigInvalid

MASKS = "masks = [[[0, 0], [0.5, 0], [0, 0.5]]]\n"


def camera(source: str, more: str, name: str = "a") -> str:
    return f'[[camera]]\nid = "{name}"\nname = "A"\nsource = "{source}"\n{more}'


def load(folder: Path, text: str) -> None:
    path = folder / "doorstep.toml"
    path.write_text(text, encoding="utf-8")
    load_settings(path, {})


@pytest.mark.parametrize(
    ("source", "more", "says"),
    [
        ("rtsp://192.0.2.1/a", MASKS, "line 5: camera.masks: needs reencode = true"),
        (
            "rtmp-listen://0.0.0.0/live",
            'stream_key = "long-enough"\n' + MASKS,
            "line 6: camera.masks: is not to be had",
        ),
        (
            "rtmp-listen://0.0.0.0/live",
            'stream_key = "long-enough"\nreencode = true\nrotation = 90',
            "line 7: camera.rotation: is not to be had where a camera pushes",
        ),
        ("file:///a.mp4", "rotation = 180", "line 5: camera.rotation: needs reencode = true"),
        ("demo://", "audio = true", "line 5: camera.audio: is not to be had"),
        ("http://192.0.2.1/a", "audio = true", "line 5: camera.audio: is not to be had"),
        ("http://192.0.2.1/a", 'transport = "udp"', "line 5: camera.transport: is for rtsp:// cameras only"),
        ("picamera://", 'detect = "rtsp://192.0.2.1/b"', "line 5: camera.detect: is for cameras with two streams"),
        ("rtmp-listen://0.0.0.0/live", "", "camera.stream_key: is missing"),
        ("rtmp-listen://0.0.0.0/live", 'stream_key = "short"', "line 5: camera.stream_key: must have at least 8"),
        (
            "rtmp-listen://0.0.0.0/live",
            'stream_key = "with/a/slash"',
            "line 5: camera.stream_key: must have at least 8",
        ),
    ],
)
def test_keys_that_do_not_go_together_are_refused(tmp_path: Path, source: str, more: str, says: str) -> None:
    with pytest.raises(ConfigInvalid, match=says):
        load(tmp_path, camera(source, more))


@pytest.mark.parametrize(
    ("source", "more"),
    [
        ("rtsp://192.0.2.1/a", "reencode = true\nrotation = 90\n" + MASKS),
        ("demo://", MASKS),
        ("http://192.0.2.1/a", MASKS + "rotation = 270"),
        ("v4l2:///dev/video0", MASKS),
        ("picamera://", MASKS + "rotation = 90"),
        ("rtsp://192.0.2.1/a", 'audio = true\ntransport = "udp"\ndetect = "rtsp://192.0.2.1/b"'),
        ("rtmp-listen://0.0.0.0/live", 'stream_key = "long-enough_1"'),
    ],
)
def test_keys_that_go_together_are_taken(tmp_path: Path, source: str, more: str) -> None:
    load(tmp_path, camera(source, more))


def test_two_cameras_do_not_share_a_stream_key(tmp_path: Path) -> None:
    one = camera("rtmp-listen://0.0.0.0/live", 'stream_key = "long-enough"\n', "a")
    two = camera("rtmp-listen://0.0.0.0/live", 'stream_key = "long-enough"\n', "b")
    with pytest.raises(ConfigInvalid, match=r"line 10: camera\.stream_key: is another camera's key") as caught:
        load(tmp_path, one + two)
    assert "long-enough" not in str(caught.value)


@pytest.mark.parametrize("name", [r"Front\nMAINPID=1", r"Front\r\nX: y", r"\u202eFront", " ", r"\u0000"])
def test_a_camera_has_a_name_that_can_be_read(tmp_path: Path, name: str) -> None:
    """It goes into mails, headers, topics and to systemd."""
    text = camera("demo://", "").replace('name = "A"', f'name = "{name}"')
    with pytest.raises(ConfigInvalid, match=r"camera\.name: must be a name that can be read"):
        load(tmp_path, text)
