"""Which camera pushes with which key."""

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.stream_keys import StreamKeys

DOOR, YARD, SHED = CameraId("front-door"), CameraId("yard"), CameraId("shed")
KEYS = StreamKeys({DOOR: "open-sesame", YARD: "kľúč", SHED: ""})


def test_a_key_names_its_camera() -> None:
    assert KEYS.camera_of("open-sesame") == DOOR
    assert KEYS.camera_of("kľúč") == YARD


@pytest.mark.parametrize(
    "key", ["", "open-sesam", "open-sesame ", "OPEN-SESAME", "front-door", "\ud800", "x" * 100_000]
)
def test_nothing_else_names_one(key: str) -> None:
    assert KEYS.camera_of(key) is None
    assert StreamKeys({}).camera_of(key) is None


def test_keys_are_not_kept_as_they_are() -> None:
    assert "open-sesame" not in repr(KEYS.__dict__)
