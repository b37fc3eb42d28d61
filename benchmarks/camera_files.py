"""Videos as cameras send them: constant bit rate, a key frame every two seconds, no B-frames.  Made once, then kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "bench"
FILMED = ROOT.parent / "shared" / "media" / "one-by-one-person-detection.mp4"
SECONDS = 60
KEY_FRAME_EVERY_SECONDS = 2


@dataclass(frozen=True, slots=True)
class CameraFile:
    """What a camera would send."""

    name: str
    width: int
    height: int
    rate: int
    bits_per_second: int
    part: tuple[float, float] = (0.0, float("inf"))
    """Seconds of the filmed scene that it shows, again and again."""

    def path(self) -> Path:
        """The file, made where it is missing: of a filmed scene where that is at hand, else of a drawn one."""
        path = FOLDER / f"{self.name}.mp4"
        if not path.exists():
            FOLDER.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".new")
            self._encode(unfinished)
            unfinished.replace(path)
        return path

    def _encode(self, path: Path) -> None:
        with av.open(str(path), "w", format="mp4") as output:
            stream = output.add_stream("libx264", rate=self.rate, options=self._options())
            stream.width, stream.height, stream.pix_fmt = self.width, self.height, "yuv420p"
            stream.bit_rate = self.bits_per_second
            for number, picture in zip(range(SECONDS * self.rate), self._pictures(), strict=False):
                frame = picture.reformat(width=self.width, height=self.height, format="yuv420p")
                frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, self.rate), 0
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))

    def _options(self) -> dict[str, str]:
        return {
            "preset": "ultrafast",
            "bf": "0",
            "g": str(KEY_FRAME_EVERY_SECONDS * self.rate),
            "maxrate": str(self.bits_per_second),
            "bufsize": str(self.bits_per_second),
            "x264-params": "nal-hrd=cbr:scenecut=0",
        }

    def _pictures(self) -> Iterator[av.VideoFrame]:
        while FILMED.exists():
            with av.open(str(FILMED)) as container:
                yield from (frame for frame in container.decode(video=0) if self.part[0] <= frame.time < self.part[1])
        yield from _drawn()


CAMERA_1080P = CameraFile("1080p30", 1920, 1080, 30, 4_000_000)
CAMERA_480P = CameraFile("480p25", 640, 480, 25, 1_500_000)
BOTH = (CAMERA_1080P, CAMERA_480P)


def _drawn() -> Iterator[av.VideoFrame]:
    """Grain that drifts: enough to spend the bits on."""
    grain = np.random.default_rng(1).integers(40, 216, (360, 640), dtype=np.uint8)
    number = 0
    while True:
        yield av.VideoFrame.from_ndarray(np.roll(grain, number, axis=1), format="gray")
        number += 1
