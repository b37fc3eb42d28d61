"""Encodes pictures that Doorstep owns, once, to H.264.  What is drawn on them is the source's business."""

from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from doorstep.core.media import Codec, Packet, VideoFormat
from doorstep.media.frame import DecodedFrame
from doorstep.media.packetize import Packetizer

TIMESCALE = 90_000


class H264Encoder:
    """A key frame a second, no B-frames, no delay: each picture comes out as one packet.  One thread."""

    def __init__(self, width: int, height: int, rate: int) -> None:
        """Even width and height in pixels; `rate` pictures a second, a divisor of 90000."""
        self._duration = TIMESCALE // rate
        encoder = VideoCodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base = Fraction(1, TIMESCALE)
        encoder.framerate = Fraction(rate)
        encoder.flags |= Flags.global_header
        encoder.gop_size = rate
        encoder.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "crf": "26",
            "x264-params": f"threads=1:sliced-threads=0:keyint={rate}:min-keyint={rate}:scenecut=0",
        }
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

    def encode(self, picture: NDArray[np.uint8], number: int, captured_at: float) -> tuple[DecodedFrame, list[Packet]]:
        """The picture as a frame and as packets; `number` counts pictures of one rate and may skip some.

        `picture` is yuv420p, limited range, BT.601: (height * 3 / 2) x width, brightness above, U and V below it.
        """
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        pts = number * self._duration
        frame.pts, frame.time_base = pts, Fraction(1, TIMESCALE)
        packets = [
            Packet(
                data=self._packetizer.packet(bytes(raw), key=raw.is_keyframe),
                pts=raw.pts if raw.pts is not None else pts,
                dts=raw.dts if raw.dts is not None else pts,
                duration=self._duration,
                key=raw.is_keyframe,
                arrived=captured_at,
            )
            for raw in self._encoder.encode(frame)
        ]
        return DecodedFrame(frame, at=pts / TIMESCALE, captured_at=captured_at), packets
