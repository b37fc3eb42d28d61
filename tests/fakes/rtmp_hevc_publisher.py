"""Publishes HEVC over enhanced RTMP, as FFmpeg from version 6.1 on does: `python rtmp_hevc_publisher.py ADDRESS`.

A process of its own, because PyAV holds the interpreter while it opens an address to write to.
"""

import sys
from fractions import Fraction

import av


def publish(to: str) -> None:
    """Eight seconds of grey, or until it is refused."""
    with av.open(to, "w", format="flv") as output:
        stream = output.add_stream("libx265", rate=25, options={"x265-params": "log-level=none"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(200):
            frame = av.VideoFrame(160, 120, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            output.mux(stream.encode(frame))


if __name__ == "__main__":
    publish(sys.argv[1])
