"""A stretch of a camera's video that one stored file holds.  Whose it is: of an event, or a minute of "always"."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from doorstep.core.camera import CameraId
from doorstep.core.event import Event
from doorstep.core.recording_key import recording_key

CONTINUOUS = "continuous"
_NAMES_OF_A_MINUTE = 6
"""`continuous/camera/YYYY/MM/DD/file`: one more than the key of an event's recording, whatever its camera is called."""


@dataclass(frozen=True, slots=True)
class RecordedSpan:
    """One file of the store and the wall time that its segments cover; `size` is in bytes, on the disk.

    A minute file holds segments of one connection as they were cut: their decode times, sequence and connection are
    those of the rolling buffer, so neighbours join without a hole.  `whole` is False while the file still grows: then
    it reaches at least to `ends_at`.  `event_at` is when the event of its own file began, None for a minute file.
    """

    key: str
    camera: CameraId
    starts_at: datetime
    ends_at: datetime
    size: int
    whole: bool = True
    event_at: datetime | None = None


def minute_key(camera: CameraId, at: datetime, taken: Callable[[str], bool]) -> str:
    """The key of a minute file that begins at `at`: that of a recording, under `continuous/`."""
    return f"{CONTINUOUS}/{recording_key(camera, at, lambda key: taken(f'{CONTINUOUS}/{key}'))}"


def camera_of_minute(key: str) -> CameraId | None:
    """The camera of a minute file; None for any other key."""
    names = key.split("/")
    is_minute = len(names) == _NAMES_OF_A_MINUTE and names[0] == CONTINUOUS and key.endswith(".mp4")
    return CameraId(names[1]) if is_minute else None


def own_file(event: Event) -> RecordedSpan | None:
    """The file of the event's recording; None where it has none, lies in minute files, or is not here any more."""
    recording = event.recording
    if recording is None or recording.in_minutes or not recording.is_here:
        return None
    whole = event.ended_at is not None and not event.unfinished
    begin, end = recording.starts_at, recording.ends_at
    return RecordedSpan(recording.key, event.camera, begin, end, recording.size, whole, event.started_at)


def holds(span: RecordedSpan, event: Event) -> bool:
    """Whether the minute file holds a part of the event's video, or may come to while the event runs."""
    recording = event.recording
    if recording is None or not recording.in_minutes or event.camera != span.camera:
        return False
    is_open = event.ended_at is None or event.unfinished
    return recording.starts_at < span.ends_at and (is_open or recording.ends_at > span.starts_at)
