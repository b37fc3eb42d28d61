"""Files that a config may name by mistake, and two that are fine.  Made when a test needs them."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from media.make_clips import Recipe, make_sound, make_video

WIDTH, HEIGHT, RATE, SIDE, BIT_RATE = 320, 240, 10, 56, 240_000


def make_moving(path: Path, seconds: int = 6) -> Path:
    """A bright square goes from left to right over a still wall; a key frame a second."""
    return _make(path, seconds, moving=True)


def make_still(path: Path, seconds: int = 6) -> Path:
    """Nothing but the grain of the picture, which takes some 30 kB a second; a key frame a second."""
    return _make(path, seconds, moving=False)


def _make(path: Path, seconds: int, *, moving: bool) -> Path:
    chance = np.random.default_rng(1)
    wall = chance.integers(60, 90, (HEIGHT, WIDTH), np.uint8)
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "x264-params": f"keyint={RATE}:min-keyint={RATE}:scenecut=0:bframes=0"}
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", BIT_RATE
        stream.codec_context.thread_count = 1
        for number in range(seconds * RATE):
            pixels = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            pixels[:HEIGHT] = wall + chance.integers(0, 12, wall.shape, np.uint8)
            if moving:
                left = (WIDTH - SIDE) * number // (seconds * RATE)
                pixels[90 : 90 + SIDE, left : left + SIDE] = 235
            frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def make_bad_sources(folder: Path) -> dict[str, Path]:
    """By the id of the camera that shall read it."""
    whole = make_video(folder / "whole.mp4", Recipe(frames=60))
    cut = folder / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    letter = folder / "letter.mp4"
    letter.write_text("Dear Doorstep, I am no video at all.\n" * 200, encoding="utf-8")
    return {
        "missing": folder / "not-there.mp4",
        "truncated": cut,
        "audio-only": make_sound(folder / "sound.mp4"),
        "no-video": letter,
    }


def make_strange_model(path: Path) -> Path:
    """A sound ONNX file whose one node passes on a vector of three numbers: a model, but none that sees persons.

    The wire format of Protocol Buffers, the fields of onnx.proto 1.17 (ModelProto, GraphProto, NodeProto, ...).
    """
    shape = _message(2, _message(1, _number(1, 1) + _message(2, _message(1, _number(1, 3)))))
    x, y = (_message(1, name) + shape for name in (b"x", b"y"))
    node = _message(1, b"x") + _message(2, b"y") + _message(4, b"Identity")
    graph = _message(1, node) + _message(2, b"strange") + _message(11, x) + _message(12, y)
    path.write_bytes(_number(1, 8) + _message(7, graph) + _message(8, _number(2, 13)))
    return path


def _message(field: int, content: bytes) -> bytes:
    assert len(content) < 128, "one byte of length is enough here"
    return bytes((field << 3 | 2, len(content))) + content


def _number(field: int, value: int) -> bytes:
    return bytes((field << 3, value))
