"""Records a camera whose pictures are numbered, for long, and counts: every number once and in order.

python tests/faults/every_frame.py --minutes 30 --intake rtsp      (or rtmp: pushed to Doorstep's own listener)
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import av
import numpy as np

from fakes.free_port import free_port
from fakes.rtsp_camera import MODULUS, CameraOptions, RtspCamera, indices_of
from fakes.server_process import ServerProcess, wait_for

RATE = 25
WIDTH, HEIGHT = 320, 240
KEY = "a-key-of-the-door"
CONFIG = """
[buffer]
seconds = {seconds}
max_bytes = "2 GB"
[[camera]]
id = "door"
name = "Door"
source = "{source}"
stream_key = "{key}"
"""
SPARE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Count:
    """Pictures that were shown, where a number is not the one behind the last, and gap rows of the camera."""

    pictures: int
    breaks: list[tuple[int, int]]
    seconds: float


def counted(data: Path, intake: str, seconds: float, options: CameraOptions) -> Count:
    """Let it run, ask for the clip of the whole time, read every number in it."""
    with _camera(data.parent, intake, seconds, options) as source:
        server = ServerProcess(data, CONFIG.format(seconds=seconds + SPARE_SECONDS, source=source.url, key=KEY))
        server.start()
        try:
            with source.flowing():
                wait_for(lambda: server.cameras()[0]["state"] == "live", 60, "the camera is live")
                time.sleep(seconds)
                clip = _fetched(server, data.parent / "clip.mp4", seconds)
        finally:
            server.stop()
    numbers = indices_of(clip)
    breaks = [
        (place, after - before)
        for place, (before, after) in enumerate(pairwise(numbers))
        if (after - before) % MODULUS != 1
    ]
    return Count(len(numbers), breaks, len(numbers) / options.fps)


def _fetched(server: ServerProcess, path: Path, seconds: float) -> Path:
    with server.client() as client, client.stream("GET", "/cameras/door/clip", params={"duration": seconds}) as answer:
        answer.raise_for_status()
        with path.open("wb") as file:
            for piece in answer.iter_bytes():
                file.write(piece)
    return path


# --------------------------------------------------------------------------------------------------- two cameras


class _Rtsp:
    def __init__(self, camera: RtspCamera) -> None:
        self.url = camera.url

    @contextmanager
    def flowing(self) -> Iterator[None]:
        yield


class _Rtmp:
    """ffmpeg, which pushes a numbered file in real time; it begins once somebody listens."""

    def __init__(self, video: Path) -> None:
        self._video = video
        self._port = free_port()
        self.url = f"rtmp-listen://127.0.0.1:{self._port}/live"

    @contextmanager
    def flowing(self) -> Iterator[None]:
        time.sleep(1.0)
        process = subprocess.Popen(
            [
                *("ffmpeg", "-v", "error", "-nostdin", "-re", "-i", str(self._video), "-c", "copy"),
                *("-f", "flv", f"rtmp://127.0.0.1:{self._port}/live/{KEY}"),
            ]
        )
        try:
            yield
        finally:
            process.kill()
            process.wait()


@contextmanager
def _camera(folder: Path, intake: str, seconds: float, options: CameraOptions) -> Iterator[_Rtsp | _Rtmp]:
    if intake == "rtsp":
        with RtspCamera(options) as camera:
            yield _Rtsp(camera)
    else:
        yield _Rtmp(numbered_video(folder / "numbered.mp4", int((seconds + 60) * RATE), options))


def numbered_video(path: Path, pictures: int, options: CameraOptions) -> Path:
    """An MP4 of numbered pictures, key frames and B-frames as the options say."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        gop = round(options.gop * RATE)
        stream.options = {
            "preset": "ultrafast",
            "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={options.b_frames}:b-adapt=0",
        }
        for number in range(pictures):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number % MODULUS), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbered_picture(number: int) -> "np.typing.NDArray[np.uint8]":
    """As the RTSP camera draws it: sixteen blocks for the bits, and below them the same inverted."""
    block = WIDTH // 16
    picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    for place in range(16):
        bit = number >> (15 - place) & 1
        columns = slice(place * block, (place + 1) * block)
        picture[:block, columns] = 235 if bit else 16
        picture[block : 2 * block, columns] = 16 if bit else 235
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--intake", choices=["rtsp", "rtmp"], default="rtsp")
    parser.add_argument("--gop", type=float, default=1.0)
    parser.add_argument("--b-frames", type=int, default=0)
    chosen = parser.parse_args()
    options = CameraOptions(gop=chosen.gop, b_frames=chosen.b_frames)
    with tempfile.TemporaryDirectory() as folder:
        count = counted(Path(folder) / "data", chosen.intake, chosen.minutes * 60, options)
    figures = {"intake": chosen.intake, "pictures": count.pictures, "seconds": count.seconds, "breaks": count.breaks}
    print(json.dumps(figures))
    sys.exit(bool(count.breaks) or count.seconds < chosen.minutes * 60 - 1)


if __name__ == "__main__":
    main()
