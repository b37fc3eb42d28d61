"""HEVC from a camera to a clip as it is: open GOPs, B-frames and seams between connections, every picture decoded."""

import io
import shutil
import subprocess
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import cast

import av
import pytest
from av.video.stream import VideoStream

from doorstep.core.media import Packet, StreamItem, VideoFormat
from fakes.footage import HEIGHT, WIDTH, number_of, numbered_picture, seconds
from fakes.kept_film import KeptFilm, clip_of_recording, items_of
from fakes.whole_clips import played

COUNT = 125
FRAME = 1 / 25
GOP = 27
"""Pictures: no multiple of a mini-GOP, so that pictures of an open one lead its next key frame."""

STREAMS = [("libx265", 0, False), ("libx265", 3, False), ("libx265", 3, True), ("libx264", 3, True)]
"""Encoder, B-frames, whether GOPs are open."""


@lru_cache
def encoded(encoder: str, b_frames: int, open_gop: bool, gop: int = GOP) -> bytes:
    """A file of numbered pictures."""
    file = io.BytesIO()
    params = f"bframes={b_frames}:keyint={gop}:min-keyint={gop}:scenecut=0:b-adapt=0:open-gop={int(open_gop)}"
    key = "x265-params" if encoder == "libx265" else "x264-params"
    quiet = ":log-level=none" if encoder == "libx265" else ""
    with av.open(file, "w", format="mp4") as output:
        options = {"preset": "ultrafast", "crf": "16", key: params + quiet}
        stream = cast("VideoStream", output.add_stream(encoder, rate=25, options=options))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(COUNT):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number), format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


@pytest.fixture(params=STREAMS, ids=lambda made: f"{made[0]}-{made[1]}{'-open' if made[2] else ''}")
def items(request: pytest.FixtureRequest, tmp_path: Path) -> list[StreamItem]:
    path = tmp_path / "camera.mp4"
    path.write_bytes(encoded(*request.param))
    return items_of(path)


def packets_of(items: list[StreamItem]) -> list[Packet]:
    return [item for item in items if isinstance(item, Packet)]


def joined_at_key(items: list[StreamItem], which: int) -> list[StreamItem]:
    """The stream as one sees it who joins at its n-th key frame."""
    packets = packets_of(items)
    begin = [place for place, one in enumerate(packets) if one.key][which]
    return [items[0], *packets[begin:]]


def shown_after(items: list[StreamItem]) -> float:
    """Seconds from a connection's first decode time to its first key frame's picture."""
    first = packets_of(items)[0]
    assert isinstance(items[0], VideoFormat)
    return (first.pts - first.dts) / items[0].timescale


def test_every_gop_is_open_where_it_is_said_to_be() -> None:
    """The ruler itself: pictures that are decoded behind a key frame and shown before it."""
    for encoder, b_frames, open_gop in STREAMS:
        with av.open(io.BytesIO(encoded(encoder, b_frames, open_gop)), "r") as container:
            raw = [one for one in container.demux(video=0) if one.pts is not None]
        keys = [place for place, one in enumerate(raw) if one.is_keyframe]
        leading = [sum((one.pts or 0) < (raw[key].pts or 0) for one in raw[key:]) for key in keys[1:]]
        if encoder == "libx265":
            assert len(keys) == 5
            assert all(leading) == open_gop
            assert any(leading) == open_gop


@pytest.mark.parametrize(
    "asked", [(0, 125), (7, 8), (20, 30), (22, 60), (24, 26), (25, 50), (26, 40), (27, 60), (54, 82), (99, 124)]
)
def test_a_clip_shows_just_what_was_asked_for(items: list[StreamItem], asked: tuple[int, int]) -> None:
    camera = KeptFilm()
    camera.take(items)
    first, end = asked
    begin = shown_after(items)

    clip = camera.clip(begin + (first + 0.3) * FRAME, begin + (end - 0.3) * FRAME)

    pictures = played(clip.data)
    assert [number for number, _ in pictures] == list(range(first, end))
    assert [time for _, time in pictures] == pytest.approx([n * FRAME for n in range(end - first)], abs=1e-3)


def test_a_camera_that_is_joined_at_an_open_gop_begins_with_its_key_frame(items: list[StreamItem]) -> None:
    camera = KeptFilm()
    camera.take(joined_at_key(items, 1))

    pictures = played(camera.clip(0, 10).data)

    assert [number for number, _ in pictures] == list(range(GOP, COUNT))


@pytest.mark.parametrize("made", [one for one in STREAMS if one[0] == "libx265"], ids=str)
def test_over_the_seam_of_two_connections_nothing_is_decoded_from_the_other(
    made: tuple[str, int, bool], tmp_path: Path
) -> None:
    """What leads an open GOP needs pictures of the GOP before, which at a seam are another connection's."""
    path = tmp_path / "camera.mp4"
    path.write_bytes(encoded(*made))
    items = items_of(path)
    camera = KeptFilm()
    camera.take(items)
    began = camera.began
    camera.clock.advance(2.0)
    camera.take(joined_at_key(items, 2))
    again = camera.began

    clip = clip_of_recording(camera.recording(), began, again + seconds(10))

    pictures = played(clip.data)
    assert [number for number, _ in pictures] == [*range(COUNT), *range(2 * GOP, COUNT)]
    times = [time for _, time in pictures]
    assert times == sorted(times)
    assert_decodes_silently(clip.data, tmp_path)


def assert_decodes_silently(data: bytes, folder: Path) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        return
    path = folder / "clip.mp4"
    path.write_bytes(data)
    ran = subprocess.run(
        [program, "-v", "warning", "-i", str(path), "-f", "null", "-"], capture_output=True, check=True, timeout=60
    )
    assert ran.stderr == b""


def test_a_recording_of_hevc_says_so(tmp_path: Path) -> None:
    path = tmp_path / "camera.mp4"
    path.write_bytes(encoded("libx265", 3, True))
    camera = KeptFilm()
    camera.take(items_of(path))

    with av.open(io.BytesIO(camera.clip(0, 9).data), "r") as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.codec_tag) == ("hevc", "hvc1")
        assert [number_of(frame) for frame in container.decode(video=0)] == list(range(COUNT))
