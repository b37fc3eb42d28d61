"""A camera on this machine: a real RTSP server whose every picture carries its number, and how to read it back.

The number is the tick of the clock, modulo 65536: 43 minutes at 25 pictures a second.  As a script it takes the words
of `rtsp_camera_server.py` and serves until it is ended: python tests/fakes/rtsp_camera.py --port 8554 --fps 25 --gop 4
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from doorstep.core.media import Packet, StreamItem, VideoFormat
from fakes.free_port import free_port

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("rtsp_camera_server.py")
MODULUS = 2**16
_BITS = 16
_ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """What the camera films; `gop` is in seconds, `audio` none, pcmu or aac, `auth` basic or digest."""

    fps: float = 25.0
    width: int = 320
    height: int = 240
    gop: float = 1.0
    b_frames: int = 0
    codec: str = "h264"
    bitrate: int = 500
    audio: str = "none"
    user: str = ""
    password: str = ""
    auth: str = "digest"

    def words(self) -> list[str]:
        return [
            word
            for name in self.__slots__
            for word in (f"--{name.replace('_', '-')}", str(getattr(self, name)))
            if getattr(self, name) != ""
        ]


@lru_cache
def why_not() -> str:
    """Why no camera can run here, empty where one can."""
    check = (
        "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer;"
        "Gst.init(None); import sys; sys.exit(not all(map(Gst.ElementFactory.find, ('x264enc', 'rtph264pay'))))"
    )
    if not Path(SYSTEM_PYTHON).exists():
        return "there is no system Python"
    found = subprocess.run([SYSTEM_PYTHON, "-c", check], capture_output=True, check=False, timeout=300)
    return "" if found.returncode == 0 else "GStreamer with its RTSP server and x264 is not installed"


def needs_camera() -> None:
    """Skip the test where no camera can run."""
    if why_not():
        pytest.skip(why_not())


class RtspCamera:
    """One camera; `with` starts it and ends it.  Its port stays the same over a restart."""

    def __init__(self, options: CameraOptions = CameraOptions(), port: int | None = None) -> None:
        self.options = options
        self.port = port or free_port()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """With name and password, if it asks for them."""
        secret = f"{self.options.user}:{self.options.password}@" if self.options.user else ""
        return f"rtsp://{secret}127.0.0.1:{self.port}/camera"

    def start(self) -> None:
        """Return once it listens."""
        assert self._process is None
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(SERVER), "--port", str(self.port), *self.options.words()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._await_line("ready")

    def stop(self) -> None:
        """Off, at once, as by pulling the plug: the machine's kernel closes what was open."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None

    def stall(self) -> None:
        """Send no more pictures; the connection stays, and so do RTCP's reports."""
        self._say("stall")

    def flow(self) -> None:
        """Go on where the clock is."""
        self._say("flow")

    def freeze(self) -> None:
        """Send nothing at all, answer nothing; the kernel still takes connections."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on, and make up for what was not sent."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _say(self, word: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        self._await_line(word)

    def _await_line(self, begins: str) -> None:
        assert self._process is not None
        process, lines = self._process, self._process.stdout
        assert lines is not None
        alarm = threading.Timer(_ANSWER_SECONDS, process.kill)
        alarm.start()
        try:
            while not (line := lines.readline()).startswith(begins):
                assert line, f"the camera ended with {process.wait()}"
        finally:
            alarm.cancel()


# ------------------------------------------------------------------------------------------------ reading it back


def read_index(luma: NDArray[np.uint8]) -> int:
    """The number in a picture's brightness; ValueError where it carries none, or a damaged one."""
    block = luma.shape[1] // _BITS
    bits = []
    for row in range(2):
        strip = luma[block * row + block // 4 : block * (row + 1) - block // 4, : block * _BITS]
        levels = strip.reshape(strip.shape[0], _BITS, block)[:, :, block // 4 : -(block // 4)].mean(axis=(0, 2))
        bits.append([int(level > 128) for level in levels])
    if any(one == other for one, other in zip(*bits, strict=True)):
        msg = "the picture carries no number"
        raise ValueError(msg)
    return int("".join(map(str, bits[0])), 2)


def _index_of(picture: av.VideoFrame) -> int:
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return read_index(rows[:, : picture.width])


def indices_of(path: Path) -> list[int]:
    """The numbers of all pictures of a recording, in the order in which they are shown."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return [_index_of(picture) for picture in container.decode(video=0)]


def indices_in(items: Iterable[StreamItem]) -> list[int]:
    """The numbers of all pictures that a source gave, in the order of showing, connection by connection."""
    return [_index_of(picture) for picture in _decoded(items)]


def _decoded(items: Iterable[StreamItem]) -> Iterator[av.VideoFrame]:
    decoder: VideoCodecContext | None = None
    for item in items:
        if isinstance(item, VideoFormat):
            if decoder is not None:
                yield from decoder.decode(None)
            decoder = VideoCodecContext.create(item.codec.value, "r")
            decoder.extradata = item.decoder_config
            timescale = item.timescale
        elif isinstance(item, Packet) and decoder is not None:
            raw: av.Packet[Any] = av.Packet(item.data)
            raw.pts, raw.dts, raw.time_base = item.pts, item.dts, Fraction(1, timescale)
            yield from decoder.decode(raw)
    if decoder is not None:
        yield from decoder.decode(None)


def missing_in(indices: list[int]) -> list[tuple[int, int]]:
    """Where a number does not follow the one before: each pair.  Empty is: every picture once, and in order."""
    return [(one, two) for one, two in pairwise(indices) if (two - one) % MODULUS != 1]


if __name__ == "__main__":
    os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, str(SERVER), *sys.argv[1:]])  # noqa: S606 - no shell is meant
