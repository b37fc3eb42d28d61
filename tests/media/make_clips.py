"""Tiny clips, made when a test needs them: every picture shows its number.  Run it with a folder to look at them."""

import struct
import sys
import zlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

LEVELS = 12


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to encode; times in pictures."""

    codec: str = "libx264"
    frames: int = 30
    rate: int = 10
    gop: int = 10
    b_frames: int = 0
    width: int = 160
    height: int = 120


def picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A grey whose level tells its number modulo 12, with a slope so that nothing is all flat; yuv420p."""
    pixels = np.full((height * 3 // 2, width), 128, np.uint8)
    slope = np.linspace(0, 8, width)
    pixels[:height] = (40 + 14 * (number % LEVELS) + slope).astype(np.uint8)
    return pixels


def number_in(luma: NDArray[np.uint8]) -> int:
    """The number modulo 12 of a decoded picture."""
    return round((float(luma.mean()) - 44) / 14) % LEVELS


def make_video(path: Path, recipe: Recipe = Recipe(), options: dict[str, str] | None = None) -> Path:
    """A video of one stream; the container is chosen by the name's ending."""
    with av.open(str(path), "w") as container:
        options = _options(recipe) | (options or {})
        stream = cast("VideoStream", container.add_stream(recipe.codec, rate=recipe.rate, options=options))
        stream.width, stream.height, stream.pix_fmt = recipe.width, recipe.height, "yuv420p"
        stream.codec_context.gop_size = recipe.gop
        stream.codec_context.max_b_frames = recipe.b_frames
        stream.codec_context.thread_count = 1
        for number in range(recipe.frames):
            frame = av.VideoFrame.from_ndarray(picture(number, recipe.width, recipe.height), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, recipe.rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _options(recipe: Recipe) -> dict[str, str]:
    match recipe.codec:
        case "libx264":
            gop = f"keyint={recipe.gop}:min-keyint={recipe.gop}:scenecut=0:bframes={recipe.b_frames}:b-adapt=0"
            return {"preset": "ultrafast", "x264-params": gop, "crf": "16"}
        case "libx265":
            gop = f"keyint={recipe.gop}:min-keyint={recipe.gop}:scenecut=0:bframes={recipe.b_frames}:b-adapt=0"
            return {"preset": "ultrafast", "x265-params": f"{gop}:log-level=none:info=0:pools=1", "crf": "16"}
        case _:
            return {}


def make_sound(path: Path) -> Path:
    """A second of silence, and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000)
        for start in range(0, 16_000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16_000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def make_png(path: Path, width: int, height: int) -> Path:
    """A picture that says it is this large; only the first row is there if it would be a huge file."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = height if width * height < 1_000_000 else 1
    body = zlib.compress((b"\x00" + b"\x80" * (3 * width)) * rows)
    chunks = ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4) for kind, data in chunks)
    )
    return path


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, recipe in {
        "plain.mp4": Recipe(),
        "b-frames.mp4": Recipe(b_frames=2),
        "hevc.mp4": Recipe(codec="libx265"),
        "mpeg4.mp4": Recipe(codec="mpeg4"),
        "plain.ts": Recipe(),
    }.items():
        print(make_video(folder / name, recipe))
    print(make_sound(folder / "sound.mp4"))
