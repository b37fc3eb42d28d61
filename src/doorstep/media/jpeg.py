"""JPEG by FFmpeg's own encoder: sizes that fit, and quality as people know it.  Which picture is not its business."""

from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext

_LAMBDA_PER_STEP = 118  # FF_QP2LAMBDA, libavutil/avutil.h
_ANY_TIME_BASE = Fraction(1, 25)


def fitting(width: int, height: int, most_width: int, most_height: int) -> tuple[int, int]:
    """The largest even size that fits, aspect kept to a pixel, never larger than the picture.

    Even, because half the colour samples are shared by two pixels each way; a side of one pixel stays at two.
    """
    ratio = min(1.0, most_width / width, most_height / height)
    return max(2, int(width * ratio) // 2 * 2), max(2, int(height * ratio) // 2 * 2)


def quantiser(quality: int) -> int:
    """FFmpeg's quantiser (2 is finest, 31 coarsest) for a quality of 1..100 as the IJG's encoder counts it.

    IJG scales its tables by 50/q below 50 and 2 - q/50 above; the encoder's own table (ISO/IEC 11172-2, 2.4.3.2) at
    step 16 is about the IJG's at quality 50.
    """
    bounded = min(100, max(1, quality))
    scale = 50 / bounded if bounded < 50 else 2 - bounded / 50
    return min(31, max(2, round(16 * scale)))


def encode_jpeg(picture: av.VideoFrame, quality: int) -> bytes:
    """A JPEG of a yuvj420p picture; the same bytes for the same picture."""
    step = quantiser(quality)
    encoder = VideoCodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuvj420p"
    encoder.time_base = _ANY_TIME_BASE
    encoder.thread_count = 1
    encoder.qmin = encoder.qmax = step
    encoder.options = {"flags": "+qscale+bitexact", "global_quality": str(step * _LAMBDA_PER_STEP)}
    picture.pts = None
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))
