"""Encodes pictures that Doorstep owns, once, to H.264.  What is drawn on them is the source's business."""

from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from numpy.typing import NDArray

from doorstep.core.media import Codec, Packet, VideoFormat
from doorstep.media.frame import DecodedFrame
from doorstep.media.packetize import Packetizer

TIMESCALE = 90_000
LONGEST_SIDE = 4096

_LARGE = 1280 * 720  # pixels, above which a Pi 5 needs a cheaper preset and a second core
_BITS_A_PIXEL = 0.1
_LEAST_RATE = 1_500_000


class H264Encoder:
    """A key frame a second, no B-frames, no delay: each picture comes out as one packet.  One thread."""

    def __init__(self, width: int, height: int, rate: int, preset: str | None = None) -> None:
        """Even width and height in pixels; `rate` is about how many pictures a second are to come.

        `preset` is libx264's own word for how much work goes into a picture; by default what a Pi can do.
        """
        self._usual_duration = TIMESCALE // rate
        self._key_due_at: int | None = None
        encoder = VideoCodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base = Fraction(1, TIMESCALE)
        encoder.framerate = Fraction(rate)
        encoder.flags |= Flags.global_header
        encoder.options = _options(width * height, rate, preset)
        encoder.open()
        self._encoder = encoder
        self._packetizer = Packetizer(Codec.H264, TIMESCALE, encoder.extradata or b"")

    @property
    def format(self) -> VideoFormat:
        """Of every packet that comes out."""
        if self._packetizer.format is None:
            msg = "libx264 gave no parameter sets"
            raise RuntimeError(msg)
        return self._packetizer.format

    def encode(
        self, picture: NDArray[np.uint8], pts: int, captured_at: float, duration: int | None = None
    ) -> tuple[DecodedFrame, list[Packet]]:
        """The picture as a frame and as packets; `pts` rises strictly, in 1/90000 s, evenly or not.

        `picture` is yuv420p, limited range, BT.601: (height * 3 / 2) x width, brightness above, U and V below it.
        `duration` is a guess at when the next one comes, by default what the rate says.
        """
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = pts, Fraction(1, TIMESCALE)
        if self._key_is_due(pts):
            frame.pict_type = PictureType.I
        packets = [
            Packet(
                data=self._packetizer.packet(bytes(raw), key=raw.is_keyframe),
                pts=raw.pts if raw.pts is not None else pts,
                dts=raw.dts if raw.dts is not None else pts,
                duration=duration or self._usual_duration,
                key=raw.is_keyframe,
                arrived=captured_at,
            )
            for raw in self._encoder.encode(frame)
        ]
        return DecodedFrame(frame, at=pts / TIMESCALE, captured_at=captured_at), packets

    def _key_is_due(self, pts: int) -> bool:
        """Once a second of the pictures' own times, to the nearest picture, however many come in it."""
        if self._key_due_at is not None and pts + self._usual_duration // 2 < self._key_due_at:
            return False
        due = self._key_due_at if self._key_due_at is not None else pts
        self._key_due_at = max(due, pts - self._usual_duration) + TIMESCALE
        return True


def _options(pixels: int, rate: int, preset: str | None) -> dict[str, str]:
    """Fast enough for a Pi, and bounded: no busy scene takes more than a second of the usual bit rate at once."""
    most_kilobits = max(_LEAST_RATE, int(pixels * rate * _BITS_A_PIXEL)) // 1000
    threads = "threads=1:sliced-threads=0" if pixels <= _LARGE else "threads=2:sliced-threads=1"
    return {
        "preset": preset or ("superfast" if pixels <= _LARGE else "ultrafast"),
        "tune": "zerolatency",
        "crf": "26",
        "forced-idr": "1",
        "x264-params": (
            f"{threads}:keyint=infinite:min-keyint=1:scenecut=0:vbv-maxrate={most_kilobits}:vbv-bufsize={most_kilobits}"
        ),
    }
