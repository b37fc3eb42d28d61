"""A camera whose every picture carries its number, served from a file by the shared tools: `../shared/tools`.

It is not encoded while it is served, so it costs little, and its picture is there at once; `rtsp_camera.py` encodes as
a camera does.  Picture n is painted at n / fps seconds of the clock, modulo the length of the loop.
"""

import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from fakes.free_port import free_port
from fakes.rtsp_camera import SYSTEM_PYTHON, why_not
from fakes.server_process import ROOT, SHARED

TOOLS = SHARED / "tools"
FILMED = SHARED / "media" / "one-by-one-person-detection.mp4"
FOLDER = ROOT / "var" / "bench"
WIDTH, HEIGHT, RATE = 640, 480, 25
BITS, CELL = 13, 8  # as timecode.py stamps pictures that are less than 1000 wide
_MAKE = (
    "import sys; sys.path.insert(0, sys.argv[1]); import make_input; "
    f"make_input.make(sys.argv[2], sys.argv[3], {WIDTH}, {HEIGHT}, {RATE}, '1500k', int(sys.argv[4]))"
)
_READ = "import sys; sys.path.insert(0, sys.argv[1]); import timecode; print(*timecode.indices(sys.argv[2]))"
_ANSWER_SECONDS = 60.0


def missing() -> str:
    """Why there can be no such camera here; empty where there can."""
    wanted = [TOOLS / "serve_rtsp.py", TOOLS / "make_input.py", TOOLS / "timecode.py", FILMED]
    absent = [path.name for path in wanted if not path.exists()]
    return f"the shared material is absent: {', '.join(absent)}" if absent else why_not()


def stamped_film(gop_seconds: float = 1.0, filmed: Path = FILMED) -> Path:
    """640x480, 25 pictures and 1.5 Mbit a second, no B-frames; made once."""
    gop = round(gop_seconds * RATE)
    path = FOLDER / f"stamped-480p25-gop{gop}{'' if filmed is FILMED else f'-{filmed.stem}'}.mp4"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"new-{path.name}")
        words = [sys.executable, "-c", _MAKE, str(TOOLS), str(filmed), str(unfinished), str(gop)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, timeout=600)
        unfinished.replace(path)
    return path


def short_film(seconds: int) -> Path:
    """The beginning of it."""
    cut = FOLDER / f"first-{seconds}s.mp4"
    FOLDER.mkdir(parents=True, exist_ok=True)
    words = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-t", str(seconds), "-i", str(FILMED), "-c", "copy", str(cut)]
    subprocess.run(words, check=True, timeout=300)
    return stamped_film(filmed=cut)


def numbers_in(path: Path) -> list[int]:
    """Of every picture of a file or a screenshot, as the shared reader reads them."""
    words = [sys.executable, "-c", _READ, str(TOOLS), str(path)]
    found = subprocess.run(words, check=True, capture_output=True, text=True, timeout=300).stdout
    return [int(word) for word in found.split()]


class StampedCamera:
    """`with` starts it and ends it; its port stays the same over a restart."""

    def __init__(self, film: Path, port: int | None = None) -> None:
        self.film = film
        self.port = port or free_port()
        self.frames = 0
        self.fps = 0.0
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/door"

    def start(self) -> None:
        """Return once it listens."""
        words = [SYSTEM_PYTHON, str(TOOLS / "serve_rtsp.py"), "--port", str(self.port), f"door={self.film}"]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        found = re.search(r"(\d+) frames, ([\d.]+) fps", self._line("door:"))
        assert found is not None
        self.frames, self.fps = int(found[1]), float(found[2])
        self._line("ready")

    def stop(self) -> None:
        """Off at once, as by pulling the plug."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def age(self, number: int, at: float) -> float:
        """Seconds from when the picture was painted, last before `at` (seconds of time.time()), until then."""
        return (at * self.fps - number) % self.frames / self.fps

    def _line(self, begins: str) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        alarm = threading.Timer(_ANSWER_SECONDS, self._process.kill)
        alarm.start()
        try:
            while not (line := self._process.stdout.readline()).startswith(begins):
                assert line, f"the camera ended with {self._process.wait()}"
        finally:
            alarm.cancel()
        return line
