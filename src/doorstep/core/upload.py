"""What goes off-site: the copy of a recording in a bucket, how far its sending has come, and when it is tried again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from doorstep.core.backoff import delay_after
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId
from doorstep.core.off_site_key import key_number, next_key

NO_WORDS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent: `size` bytes, any part of which may be read again and is the same each time.

    `read` gives the bytes [offset, offset + length) in pieces; it blocks and raises BlobMissing, StoreUnavailable.
    `words` stand beside the object, for whoever finds it without our catalog; ASCII, 1 KB together at most.
    """

    size: int
    read: Callable[[int, int], Iterator[bytes]]
    content_type: str = "video/mp4"
    words: Mapping[str, str] = field(default_factory=lambda: NO_WORDS)


@dataclass(frozen=True, slots=True)
class BegunUpload:
    """How far a sending in several parts has come, to go on with: `etags` are of the parts that lie there, in order.

    `part_bytes` is how long each but the last is, `size` of the whole when it began: a body that has another size now
    begins anew.  `salt` (hexadecimal) belongs to what is sealed, empty where nothing is.
    """

    upload_id: str
    part_bytes: int
    size: int
    etags: tuple[str, ...] = ()
    salt: str = ""


class UploadState(StrEnum):
    """DUE until it lies off-site whole; GIVEN_UP where what was to be sent is gone from here.

    LEAVING: its event is gone, and what lies off-site goes too, as soon as it can be reached.
    """

    DUE = "due"
    DONE = "done"
    GIVEN_UP = "given up"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Upload:
    """The copy of one event's clip and pictures, off-site or on its way.  One for each event.

    `key` is the clip's, under the prefix.  `asked_at` is when the event asked for it, `next_at` when it is tried next.
    `unsure` says that a try for this key ended without an answer: the object may lie there already, and a key that is
    taken is ours.  `size` is the clip's in bytes, once known; `sealed` that it can only be opened with the key at home.
    `outcome` is the last try's, in plain words.  `place` is the bucket that it goes to, as `S3Settings.place` says it;
    empty where nobody wrote that down, and then it is the one that the config names.
    """

    event: EventId
    camera: CameraId
    key: str
    asked_at: datetime
    next_at: datetime
    state: UploadState = UploadState.DUE
    attempts: int = 0
    begun: BegunUpload | None = None
    unsure: bool = False
    size: int | None = None
    sealed: bool = False
    done_at: datetime | None = None
    outcome: str = ""
    place: str = ""


FIRST_RETRY_SECONDS = 30.0
LONGEST_RETRY_SECONDS = 3600.0
REFUSED_RETRY_SECONDS = 600.0
MOST_MISSES = 4
"""So often may something of a recording be missing before it is given up: what is damaged is left out next time."""

FARTHEST_AHEAD = timedelta(seconds=2 * LONGEST_RETRY_SECONDS)
"""A next try that is farther away than any pause was set by another clock."""

GONE = "its recording is gone from here"
STAYS_HERE = "nothing of its camera goes off-site any more"
NO_ROOM = "its recording was deleted before it was sent: the disk had no room for it any more"


def wants_upload(event: Event) -> bool:
    """Whether there is something whole of it to be sent: video of its own, here, that nobody deleted."""
    recording = event.recording
    is_over = event.ended_at is not None and not event.unfinished
    return is_over and recording is not None and recording.is_here and event.deleted_at is None and not event.is_test


def asked(event: Event, now: datetime, *, sealed: bool) -> Upload:
    """The upload of an event that `wants_upload`, due at once."""
    if event.recording is None:
        msg = "an event without a recording asks for no upload"
        raise ValueError(msg)
    asked_at = event.ended_at or now
    return Upload(event.id, event.camera, event.recording.key, asked_at, now, sealed=sealed)


def is_due(upload: Upload, now: datetime) -> bool:
    """Whether it is tried now; a clock that was set back makes nobody wait for years."""
    return upload.state is UploadState.DUE and not now < upload.next_at <= now + FARTHEST_AHEAD


def is_elsewhere(upload: Upload, place: str) -> bool:
    """Whether it was begun in another bucket than the one at `place`: nothing of it can be asked for there."""
    return upload.place not in {"", place}


def bound_for(upload: Upload, place: str) -> Upload:
    """On its way to the bucket at `place`; what was begun in another is worth nothing there."""
    if is_elsewhere(upload, place):
        upload = replace(upload, begun=None, unsure=False, attempts=0)
    return replace(upload, place=place)


def begun(upload: Upload) -> Upload:
    """To be kept before its clip is first sent: whoever starts again knows that it may lie there."""
    return replace(upload, attempts=upload.attempts + 1, unsure=True)


def is_ours(upload: Upload, size: int, size_there: int | None) -> bool:
    """Whether what has the key is this upload's clip, of so many bytes, as `upload` was known before this try.

    Asked where the store does not know it again: its words may have changed, as a link in them does when Doorstep
    starts anew.  `size_there` is None where nobody here may look.
    """
    return upload.unsure and size_there in {None, size}


def renamed(upload: Upload, now: datetime, jitter: float) -> Upload:
    """Something else has the key: the next one, from the beginning.

    At once the first time; who says of each key that it is taken is asked more and more slowly.
    """
    key = next_key(upload.key)
    upload = replace(upload, key=key, attempts=0, unsure=False, begun=None)
    tries = key_number(key) - 2
    return _later(upload, now, jitter, tries) if tries > 0 else upload


def done(upload: Upload, size: int, now: datetime) -> Upload:
    """It lies there whole."""
    outcome = "it lies off-site"
    return replace(upload, state=UploadState.DONE, size=size, begun=None, unsure=False, done_at=now, outcome=outcome)


def missed(upload: Upload, why: str, now: datetime, jitter: float) -> Upload:
    """Something of the recording could not be had here: tried again later, and given up after MOST_MISSES."""
    upload = replace(upload, attempts=upload.attempts + 1, outcome=why)
    if upload.attempts >= MOST_MISSES:
        return given_up(upload, GONE)
    return _later(upload, now, jitter)


def delayed(upload: Upload, why: str, now: datetime, jitter: float) -> Upload:
    """The disk here did not answer: tried again for as long as it takes, and that is no miss."""
    return _later(replace(upload, attempts=min(upload.attempts + 1, MOST_MISSES - 2), outcome=why), now, jitter)


def refused(upload: Upload, why: str, now: datetime, jitter: float) -> Upload:
    """The server does not take it, as a rule until the owner acts: tried again for as long as it takes."""
    wait = REFUSED_RETRY_SECONDS * (0.5 + jitter / 2)
    return replace(upload, outcome=why, next_at=now + timedelta(seconds=wait))


def given_up(upload: Upload, why: str) -> Upload:
    """There is nothing left to be sent."""
    return replace(upload, state=UploadState.GIVEN_UP, begun=None, outcome=why)


def _later(upload: Upload, now: datetime, jitter: float, tries: int = 0) -> Upload:
    tries = tries or max(1, upload.attempts)
    wait = delay_after(tries, jitter, first=FIRST_RETRY_SECONDS, factor=2.0, longest=LONGEST_RETRY_SECONDS)
    return replace(upload, next_at=now + timedelta(seconds=wait))
