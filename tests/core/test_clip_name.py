import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.clip_name import LONGEST_NAME, clip_file_name


@pytest.mark.parametrize(
    ("camera", "name"),
    [
        ("Front door", "20261121_130000_Front-door.mp4"),
        ("Einfahrt süd", "20261121_130000_Einfahrt-su-d.mp4"),
        ("<b>Gate</b> & \U0001f6aa", "20261121_130000_b-Gate-b.mp4"),
        ("../../etc/passwd", "20261121_130000_etc-passwd.mp4"),
        ("\U0001f6aa\U0001f436", "20261121_130000.mp4"),
        ("", "20261121_130000.mp4"),
    ],
)
def test_a_clip_is_called_after_its_time_and_its_camera(camera: str, name: str) -> None:
    assert clip_file_name("20261121_130000.mp4", camera) == name


@given(st.text(max_size=400))
def test_whatever_a_camera_is_called_the_name_is_plain_and_short(camera: str) -> None:
    name = clip_file_name("20261121_130000.zip", camera)
    assert name.startswith("20261121_130000")
    assert name.endswith(".zip")
    assert len(name) <= len("20261121_130000_.zip") + LONGEST_NAME
    assert all(letter.isascii() and (letter.isalnum() or letter in "_.-") for letter in name)
