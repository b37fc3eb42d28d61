"""What a decoded picture gives: brightness, scaled colours, JPEGs."""

import threading
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from doorstep.media.frame import DecodedFrame
from doorstep.media.jpeg import fitting, quantiser
from doorstep.media.pictures import frames_of
from doorstep.media.thumbnail import still, thumbnail
from doorstep.ports import Plane
from media.make_clips import picture

Pixels = NDArray[np.uint8]


def rows(plane: Plane) -> Pixels:
    samples = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height]
    return samples.reshape(plane.height, plane.stride)[:, : plane.width]


def grey_frame(number: int = 3, width: int = 160, height: int = 120) -> DecodedFrame:
    video = av.VideoFrame.from_ndarray(picture(number, width, height), format="yuv420p")
    return DecodedFrame(video, at=1.5, captured_at=2.5)


def colour_frame(pixels: Pixels, form: str = "bgr24") -> DecodedFrame:
    return DecodedFrame(av.VideoFrame.from_ndarray(pixels, format=form), at=0.0, captured_at=0.0)


def noise(width: int, height: int) -> DecodedFrame:
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return colour_frame(pixels)


def read_jpeg(data: bytes, folder: Path) -> DecodedFrame:
    path = folder / "picture.jpg"
    path.write_bytes(data)
    return next(frames_of(path))


def test_brightness_is_the_plane_as_it_was_decoded() -> None:
    frame = grey_frame()
    assert (rows(frame.luma()) == picture(3, 160, 120)[:120]).all()
    assert np.shares_memory(rows(frame.luma()), rows(frame.luma()))


def test_a_row_longer_than_the_picture_is_told_by_the_stride() -> None:
    frame = grey_frame(width=162, height=90)
    assert (rows(frame.luma()) == picture(3, 162, 90)[:90]).all()


def test_unusual_formats_have_brightness_too() -> None:
    grey = np.full((40, 60, 3), 90, np.uint8)
    assert abs(int(rows(colour_frame(grey).luma()).mean()) - 93) <= 4  # limited range: 16 + 90 * 219 / 255


def test_colours_come_blue_first() -> None:
    orange = np.zeros((48, 64, 3), np.uint8)
    orange[:] = (10, 120, 240)
    scaled = rows(colour_frame(orange).bgr(32, 24)).reshape(24, 32, 3)
    assert np.abs(scaled.astype(int) - (10, 120, 240)).max() <= 2


def test_a_plane_of_colours_counts_bytes() -> None:
    plane = grey_frame().bgr(50, 30)
    assert (plane.width, plane.height) == (150, 30)
    assert plane.stride >= 150


def bilinear(pixels: Pixels, width: int, height: int) -> NDArray[np.float64]:
    """Half-pixel centres, two taps a side: the reference for enlarging."""

    def taps(to: int, of: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        at = np.clip((np.arange(to) + 0.5) * of / to - 0.5, 0, of - 1)
        first = np.minimum(at.astype(np.intp), of - 2)
        return first, at - first

    row, down = taps(height, pixels.shape[0])
    column, across = taps(width, pixels.shape[1])
    mixed = pixels[row] * (1 - down)[:, None, None] + pixels[row + 1] * down[:, None, None]
    result: NDArray[np.float64] = mixed[:, column] * (1 - across)[:, None] + mixed[:, column + 1] * across[:, None]
    return result


@pytest.mark.parametrize("size", [(96, 72), (130, 60), (64, 48)])
def test_scaling_has_half_pixel_centres(size: tuple[int, int]) -> None:
    small = np.random.default_rng(5).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    scaled = rows(colour_frame(small).bgr(*size)).reshape(size[1], size[0], 3).astype(float)
    error = np.abs(scaled - bilinear(small, *size))
    assert error.mean() < 4.0  # the scaler works with eight bits and half the colour samples
    shifted = np.abs(scaled[:, 1:] - bilinear(small, *size)[:, :-1])
    assert size == (64, 48) or shifted.mean() > 3 * error.mean()


def test_scaling_down_keeps_a_slope_where_it_was() -> None:
    slope = np.repeat(np.linspace(0, 255, 640)[None, :, None], 480, axis=0).repeat(3, axis=2).astype(np.uint8)
    scaled = rows(colour_frame(slope).bgr(160, 120)).reshape(120, 160, 3)[60, :, 1].astype(float)
    wanted = ((np.arange(160) + 0.5) * 4 - 0.5) * 255 / 639
    assert np.abs(scaled - wanted).max() <= 2.5


@pytest.mark.parametrize(
    ("asked", "given_size"),
    [((160, 120), (160, 120)), ((80, 80), (80, 60)), ((10_000, 10_000), (160, 120)), ((81, 61), (80, 60))],
)
def test_a_jpeg_fits_keeps_its_aspect_and_is_never_enlarged(
    tmp_path: Path, asked: tuple[int, int], given_size: tuple[int, int]
) -> None:
    read = read_jpeg(grey_frame().jpeg(*asked, 80), tmp_path)
    assert (read.width, read.height) == given_size


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(2, 5000), st.integers(2, 5000))
def test_fitting_sizes_are_even_and_fit(width: int, height: int, most_width: int, most_height: int) -> None:
    fitted = fitting(width, height, most_width, most_height)
    assert fitted[0] % 2 == fitted[1] % 2 == 0
    assert 2 <= fitted[0] <= max(2, min(width, most_width))
    assert 2 <= fitted[1] <= max(2, min(height, most_height))


def test_a_jpeg_shows_the_picture(tmp_path: Path) -> None:
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[:, :32], colours[:, 32:] = (200, 40, 40), (40, 40, 200)
    read = read_jpeg(colour_frame(colours).jpeg(64, 64, 95), tmp_path)
    back = rows(read.bgr(64, 64)).reshape(64, 64, 3).astype(int)
    assert np.abs(back[:, 4:28] - (200, 40, 40)).max() < 12
    assert np.abs(back[:, 36:60] - (40, 40, 200)).max() < 12


def test_black_and_white_of_a_camera_are_black_and_white_in_the_jpeg(tmp_path: Path) -> None:
    video = np.full((96, 64), 128, np.uint8)
    video[:32], video[32:64] = 16, 235
    read = read_jpeg(colour_frame(video, "yuv420p").jpeg(64, 64, 95), tmp_path)
    luma = rows(read.luma())
    assert luma[4:28].max() <= 6
    assert luma[36:60].min() >= 249


def test_a_finer_quality_takes_more_bytes() -> None:
    frame = noise(320, 240)
    sizes = [len(frame.jpeg(320, 240, quality)) for quality in (1, 30, 60, 90)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4


@given(st.integers(-50, 200))
def test_the_quantiser_stays_in_ffmpegs_range(quality: int) -> None:
    assert 2 <= quantiser(quality) <= 31
    assert quantiser(quality + 1) <= quantiser(quality)


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert grey_frame().jpeg(160, 120, 80) == grey_frame().jpeg(160, 120, 80)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40))
def test_the_smallest_pictures_have_a_jpeg(width: int, height: int) -> None:
    assert noise(width, height).jpeg(480, 270, 80).startswith(b"\xff\xd8")


def test_threads_may_share_a_frame() -> None:
    frame = noise(320, 240)
    wanted = frame.jpeg(320, 240, 80), bytes(rows(frame.bgr(100, 80)))
    found: list[tuple[bytes, bytes]] = []

    def look() -> None:
        found.extend((frame.jpeg(320, 240, 80), bytes(rows(frame.bgr(100, 80)))) for _ in range(10))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 40


def test_a_thumbnail_fits_even_if_the_picture_is_noise(tmp_path: Path) -> None:
    data = thumbnail(noise(1280, 720))
    assert len(data) <= 25_000
    read = read_jpeg(data, tmp_path)
    assert read.width <= 480
    assert read.height <= 270


def test_a_thumbnail_of_a_quiet_picture_is_as_large_as_it_may_be(tmp_path: Path) -> None:
    read = read_jpeg(thumbnail(grey_frame(width=640, height=480)), tmp_path)
    assert (read.width, read.height) == (360, 270)


def test_a_still_has_the_full_size(tmp_path: Path) -> None:
    read = read_jpeg(still(noise(640, 360)), tmp_path)
    assert (read.width, read.height) == (640, 360)
