"""Films in which somebody comes at known times, and cameras that show one round and round by the clock of the wall.

Encoded once and kept; a camera sends what lies in the file, so several of them cost little beside what they try.
"""

import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fakes.stamped_camera import FOLDER, StampedCamera
from faults.visits import FILM, VISITS

Span = tuple[float, float]
"""From and to: of a film in its own seconds, of what happened in seconds since 1970."""

QUIET: Span = (0.0, 5.0)
"""Of the filmed scene, in which nobody is."""
FIRST_VISIT, LATER_VISIT = (3.0, 22.0), (72.0, 89.0)
"""Pieces with one visit each, and some seconds of nobody on both sides."""


@dataclass(frozen=True, slots=True)
class VisitedFilm:
    """Pieces of the filmed scene one behind the other; a key frame every `gop` pictures, no B-frames."""

    name: str
    pieces: Sequence[Span]
    width: int = 640
    height: int = 360
    rate: int = 10
    bits_per_second: int = 400_000
    gop: int = 10

    @property
    def seconds(self) -> float:
        """Of one round."""
        return sum(end - begin for begin, end in self.pieces)

    @property
    def visits(self) -> Sequence[Span]:
        """When somebody is in view, in seconds of the film."""
        found, at = [], 0.0
        for begin, end in self.pieces:
            found += [(at + first - begin, at + last - begin) for first, last in VISITS if begin <= first < last <= end]
            at += end - begin
        return found

    def path(self) -> Path:
        """The file, made where it is missing."""
        path = FOLDER / f"visited-{self.name}.mp4"
        if not path.exists():
            FOLDER.mkdir(parents=True, exist_ok=True)
            half_done = path.with_suffix(".part.mp4")
            subprocess.run([*self._command(), str(half_done)], check=True, timeout=900)
            half_done.replace(path)
        return path

    def _command(self) -> Sequence[str]:
        inputs = [word for begin, end in self.pieces for word in _input(begin, end)]
        joined = "".join(f"[{number}:v]" for number in range(len(self.pieces)))
        shape = f"concat=n={len(self.pieces)}:v=1,fps={self.rate},scale={self.width}:{self.height},format=yuv420p"
        bits = str(self.bits_per_second)
        encoder = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-b:v", bits, "-maxrate", bits]
        key_frames = ["-bufsize", bits, "-g", str(self.gop), "-keyint_min", str(self.gop), "-sc_threshold", "0"]
        length = ["-an", "-frames:v", str(round(self.seconds * self.rate))]
        begin = ["ffmpeg", "-v", "error", "-nostdin", "-y", *inputs, "-filter_complex", joined + shape]
        return [*begin, *encoder, *key_frames, *length]


def _input(begin: float, end: float) -> Sequence[str]:
    return ("-ss", f"{begin:.1f}", "-t", f"{end - begin:.1f}", "-i", str(FILM))


def rolled(film: VisitedFilm, places: int) -> VisitedFilm:
    """The same that begins so many pieces later, so that not all cameras are visited at once."""
    pieces = (*film.pieces[places:], *film.pieces[:places])
    return VisitedFilm(
        f"{film.name}-{places}", pieces, film.width, film.height, film.rate, film.bits_per_second, film.gop
    )


class VisitedCamera(StampedCamera):
    """An RTSP camera that shows such a film: where in it, the clock alone says, also after a restart."""

    def __init__(self, film: VisitedFilm) -> None:
        super().__init__(film.path())
        self.visited = film

    def freeze(self) -> None:
        """Send and answer nothing; the kernel still takes connections."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on, and make up for what was not sent."""
        self._signal(signal.SIGCONT)

    def visits(self, begin: float, end: float) -> Sequence[Span]:
        """Those that begin between two times, oldest first; all in seconds since 1970."""
        round_seconds = self.frames / self.fps
        first, last = int(begin // round_seconds), int(end // round_seconds)
        starts = (number * round_seconds for number in range(first - 1, last + 1))
        found = [(start + come, start + gone) for start in starts for come, gone in self.visited.visits]
        return sorted(visit for visit in found if begin <= visit[0] < end)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
