"""The video of an event, as the store keeps it.  What is in its file is laid out in `mp4/recording.py`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """The video of an event, as the store keeps it: one growing file, named by its key.

    `starts_at` and `ends_at` bound what a clip of the event shows (the file may hold a little more on both sides,
    for it consists of whole segments and begins with a key frame); `size` is in bytes.
    With `in_minutes` there is no such file: the video lies in the minute files of a camera that is always recorded,
    `key` is only what the event's pictures are called after, and `size` is about what the span takes.
    A `size` of 0 says that the video is not here any more: a copy lies off-site, as the upload's row tells.
    """

    key: str
    starts_at: datetime
    ends_at: datetime
    size: int
    in_minutes: bool = False

    @property
    def is_here(self) -> bool:
        """Whether there is video of it in this house."""
        return self.in_minutes or self.size > 0

    @property
    def seconds(self) -> float:
        """How much video a clip of the event shows."""
        return (self.ends_at - self.starts_at).total_seconds()
