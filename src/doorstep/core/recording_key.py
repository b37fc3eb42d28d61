"""What a recording and its pictures are called in the store.  Writing them lives in `pipeline` and `stores`."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

from doorstep.core.camera import CameraId

_VIDEO = ".mp4"


def recording_key(camera: CameraId, at: datetime, taken: Callable[[str], bool]) -> str:
    """The key of a recording that begins at `at`: `camera/YYYY/MM/DD/YYYYMMDD_HHMMSS.mp4`, in UTC.

    Where that is `taken` (two in one second, or a clock that was set back) the name gets `_2`, `_3` and so on.
    """
    start = at.astimezone(UTC)
    # Not strftime: glibc's %Y writes the year 999 with three digits.
    day = f"{start.year:04}/{start.month:02}/{start.day:02}"
    stem = f"{camera}/{day}/{day.replace('/', '')}_{start.hour:02}{start.minute:02}{start.second:02}"
    if not taken(stem + _VIDEO):
        return stem + _VIDEO
    return next(key for number in count(2) if not taken(key := f"{stem}_{number}{_VIDEO}"))


def still_key(key: str) -> str:
    """Where the best still of the recording called `key` lies."""
    return key.removesuffix(_VIDEO) + ".jpg"


def thumbnail_key(key: str) -> str:
    """Where the small picture of the recording called `key` lies."""
    return key.removesuffix(_VIDEO) + ".thumb.jpg"
