"""A small real stream with a tone: H.264 and AAC in the order in which a camera sends them."""

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags

from doorstep.core.media import AudioFormat, AudioPacket, Codec, Packet, VideoFormat
from fakes.footage import real_stream

RATE = 16_000
FRAME = 1024


@lru_cache
def sounding_stream() -> tuple[VideoFormat, tuple[Packet | AudioPacket, ...]]:
    """Two seconds, pictures 25 a second, the last item a picture."""
    fmt, packets = real_stream(Codec.H264, 50, 25, 0)
    sound, tone = _tone(2.0)
    items: list[tuple[float, Packet | AudioPacket]] = [(one.dts / fmt.timescale, one) for one in packets]
    items += [(one.pts / RATE, one) for one in tone if one.pts / RATE < 1.9]
    return replace(fmt, audio=sound), tuple(item for _, item in sorted(items, key=lambda row: row[0]))


def _tone(seconds: float) -> tuple[AudioFormat, list[AudioPacket]]:
    encoder = AudioCodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "fltp"
    encoder.time_base = Fraction(1, RATE)
    encoder.flags |= Flags.global_header
    encoder.open()
    packets = []
    for first in range(0, int(seconds * RATE), FRAME):
        wave = np.sin(np.arange(first, first + FRAME) * (2 * np.pi * 440 / RATE)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
        packets += encoder.encode(frame)
    sound = AudioFormat(RATE, 1, encoder.extradata or b"")
    return sound, [AudioPacket(bytes(one), index * FRAME, FRAME, 0.0) for index, one in enumerate(packets)]
