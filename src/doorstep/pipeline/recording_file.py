"""One recording as the store has it: read to its last byte, whose it is, and the event that its label tells of."""

import json
from dataclasses import replace
from datetime import datetime
from functools import partial

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clock_state import NOTICED_STEP, Dating
from doorstep.core.event import Event, EventId
from doorstep.core.recorded_span import camera_of_minute
from doorstep.core.redating import on_one_line
from doorstep.core.segment import Segment
from doorstep.mp4.recording import RecordingIndex
from doorstep.mp4.salvage import Salvage, salvage
from doorstep.ports import Store

VIDEO = ".mp4"


def read_whole(store: Store, key: str, size: int) -> Salvage:
    """The recording, every byte checked.  Raises BlobMissing, MediaInvalid, StoreUnavailable."""
    return salvage(partial(store.read, key), size, camera_of(key))


def camera_of(key: str) -> CameraId:
    """Whose recording it is."""
    return camera_of_minute(key) or CameraId(key.split("/", 1)[0])


def event_label(event: Event) -> bytes:
    """The label of a recording, or a part of one, as `labelled_event` reads it."""
    told = {
        "event": event.id,
        "camera": event.camera,
        "started_at": event.started_at.isoformat(),
        "causes": event.causes,
        **({"test": True} if event.is_test else {}),
    }
    return json.dumps(told).encode()


def redated_label(label: bytes, dating: Dating) -> bytes:
    """The label of a recording whose clock was set before it was begun."""
    told = json.loads(label)
    started_at = dating.dated(datetime.fromisoformat(told["started_at"]))
    return json.dumps({**told, "started_at": started_at.isoformat()}).encode()


def minute_label(first: Segment) -> bytes:
    """The label of a minute file that begins with this segment."""
    return json.dumps({"camera": first.camera, "started_at": first.starts_at.isoformat()}).encode()


def dated_index(index: RecordingIndex, started_at: datetime, label: bytes | None = None) -> RecordingIndex:
    """What a file tells, as its row dates it; `started_at` is of the row's event, or of its minute.

    Both say in the label of the file what that was when it was told: what lies between is what the guess was wrong by.
    `label` is that of the file which the row was made for, where a mended one stands for it now.
    """
    try:
        told = datetime.fromisoformat(json.loads(index.label if label is None else label)["started_at"])
        dating = Dating(started_at - told)
    except (ValueError, KeyError, TypeError, RecursionError):
        return index
    if not index.segments or abs(dating.correction) <= NOTICED_STEP:
        return index
    segments = [one.segment for one in index.segments]
    line = on_one_line(segments, dating.dated(segments[0].starts_at))
    dated = (replace(one, segment=segment) for one, segment in zip(index.segments, line, strict=True))
    return replace(index, segments=tuple(dated))


def labelled_event(label: bytes, key: str) -> Event | None:
    """The event that the label of the recording `key` tells of, as far as it does; None where it makes no sense."""
    try:
        told = json.loads(label)
        event, started_at = EventId(str(told["event"])), datetime.fromisoformat(told["started_at"])
        causes = tuple(Cause(cause) for cause in told["causes"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if started_at.tzinfo is None:
        return None
    is_test = told.get("test") is True
    camera = CameraId(str(told.get("camera"))) if is_test else camera_of(key)  # a test's file lies apart
    return Event(event, camera, started_at, started_at, causes=causes, is_test=is_test)
