"""Pictures out of files that somebody points at."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from doorstep.core.errors import MediaInvalid
from doorstep.media.frame import DecodedFrame
from doorstep.media.pictures import frames_of
from fakes.odd_jpegs import odd_jpeg
from media.make_clips import LEVELS, Recipe, make_png, make_sound, make_video, number_in


def luma(frame: DecodedFrame) -> NDArray[np.uint8]:
    plane = frame.luma()
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
    return rows[:, : plane.width]


def test_an_image_gives_one_picture(tmp_path: Path) -> None:
    frames = list(frames_of(make_png(tmp_path / "picture.png", 30, 20)))
    assert [(frame.width, frame.height, frame.at) for frame in frames] == [(30, 20, 0.0)]


def test_an_image_is_known_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    path = make_png(tmp_path / "picture%03d.txt", 30, 20)
    assert len(list(frames_of(path))) == 1


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(b_frames=2), Recipe(codec="mpeg4"), Recipe(codec="libx265")])
def test_a_video_gives_all_its_pictures_with_their_times(tmp_path: Path, recipe: Recipe) -> None:
    frames = list(frames_of(make_video(tmp_path / "clip.mp4", recipe)))
    assert [round(frame.at * 10) for frame in frames] == list(range(30))
    assert [number_in(luma(frame)) for frame in frames] == [number % LEVELS for number in range(30)]


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (20_000, 10), (16_000, 16_000)])
def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path, width: int, height: int) -> None:
    with pytest.raises(MediaInvalid):
        list(frames_of(make_png(tmp_path / "huge.png", width, height)))


def test_a_huge_picture_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(MediaInvalid, match="20000 x 10 pixels; make it smaller"):
        list(frames_of(make_png(tmp_path / "huge.png", 20_000, 10)))


@pytest.mark.parametrize(("channels", "side"), [(1, 8), (1, 1), (3, 1), (4, 8), (4, 1)])
def test_grey_and_printers_colours_and_a_single_pixel_are_pictures(tmp_path: Path, channels: int, side: int) -> None:
    path = tmp_path / "odd.jpg"
    path.write_bytes(odd_jpeg(channels, side, side))
    (frame,) = frames_of(path)
    plane = frame.bgr(416, 416)
    assert (frame.width, frame.height, plane.width, plane.height) == (side, side, 3 * 416, 416)


def test_what_a_jpeg_claims_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "huge.jpg").write_bytes(odd_jpeg(3, 20_000, 20_000))
    (tmp_path / "cut.jpg").write_bytes(odd_jpeg(3)[:30])
    for name in ("huge.jpg", "cut.jpg"):
        with pytest.raises(MediaInvalid):
            list(frames_of(tmp_path / name))


def test_files_that_are_no_pictures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "words.jpg").write_text("no picture at all")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "half.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    for path in (tmp_path / "words.jpg", tmp_path / "empty.jpg", tmp_path / "half.jpg", tmp_path):
        with pytest.raises(MediaInvalid):
            list(frames_of(path))
    with pytest.raises(MediaInvalid, match="There is no file"):
        list(frames_of(tmp_path / "absent.jpg"))
    with pytest.raises(MediaInvalid, match="no picture"):
        list(frames_of(make_sound(tmp_path / "sound.mp4")))


def test_a_truncated_video_gives_what_is_there(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.ts")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert 5 < len(list(frames_of(path))) < 30
