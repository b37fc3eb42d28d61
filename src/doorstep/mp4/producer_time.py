"""When a picture was captured: the box prft before its fragment (ISO/IEC 14496-12, 8.16.5)."""

import struct
from datetime import UTC, datetime, timedelta

from doorstep.mp4.track import TRACK_ID

_BOX = struct.Struct(">I4sIIQQ")
_NTP_BEGINS = datetime(1900, 1, 1, tzinfo=UTC)
_VERSION_1_CAPTURED = 0x01000018
"""Version 1; flags 24: the time is that of the capture, not of the encoder."""

_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)


def producer_time(captured_at: datetime, media_time: int) -> bytes:
    """Box prft: the picture shown at `media_time` (ticks of the picture's track, from 0) was captured at an aware time.

    The time is NTP's: seconds since 1900 and their fraction (RFC 5905, 6), which begins anew in 2036.
    """
    seconds, rest = divmod(captured_at - _NTP_BEGINS, _SECOND)
    ntp = seconds % 2**32 << 32 | (rest // _MICROSECOND << 32) // 1_000_000
    return _BOX.pack(_BOX.size, b"prft", _VERSION_1_CAPTURED, TRACK_ID, ntp, media_time)
