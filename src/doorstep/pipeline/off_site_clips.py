"""Plays from off-site what is gone here: clips and pictures of events whose copy lies in the bucket.

Whether something is gone here, and who may see it, is decided before: nothing is asked of the bucket for what is here.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Protocol, TypeVar

from doorstep.core.clip_file import Clip
from doorstep.core.errors import BlobMissing, StoreRefused, StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.media import Codec
from doorstep.core.upload import Upload
from doorstep.ports import Clock, OffSite, UploadRecords

T = TypeVar("T")

LINK_SECONDS = 3600.0
"""How long a link opens a clip for whoever has it."""

REMEMBERED_SECONDS = 600.0
MOST_REMEMBERED = 256

REST_SECONDS = 10.0
"""So long nobody asks again once the bucket did not answer: a page of pictures would wait for each of them."""

LARGEST_PICTURE = 16 << 20
FIRST_BYTES = 256 * 1024
MOST_BYTES = 4 << 20
"""Of one reading: small at first, so that a picture shows soon, then fewer and larger."""

_FRONT_BYTES = 4096
"""In which the index of a clip of ours says how its picture is encoded."""

_HEVC = (b"hvc1", b"hev1")


OnFetched = Callable[[str, int, EventId | None], None]
"""Told what was asked ("read", "size" or "link"), how many bytes leave the bucket for it, and of which event where that
is known; from any thread, never raises."""


def unheard(_what: str, _size: int, _event: EventId | None) -> None:
    """Where nobody counts."""


class Waited(Protocol):
    """Makes a call that may take long, and returns or raises what it does."""

    def __call__(self, call: Callable[[], T]) -> T:
        """Blocks; raises StoreUnavailable, too, where nobody waits for it any more."""
        ...


def at_once(call: Callable[[], T]) -> T:
    """In the thread that asks, however long it takes."""
    return call()


@dataclass(frozen=True, slots=True)
class _Copy:
    """What is known of a clip in the bucket."""

    size: int
    codec: Codec
    seen_at: float


class OffSiteClips:
    """For all askers.  Thread-safe; every method blocks, each step for bounded time."""

    def __init__(
        self,
        off_site: OffSite,
        records: UploadRecords,
        clock: Clock,
        *,
        direct: bool,
        waited: Waited = at_once,
        paid: OnFetched = unheard,
    ) -> None:
        """`direct` says whether browsers may be sent to the bucket itself, `waited` how its answers are waited for.

        `paid` counts.  It is never asked whether one more call may be paid: whoever looks for what happened gets it.
        """
        self._off_site = off_site
        self._records = records
        self._clock = clock
        self._direct = direct
        self._waited = waited
        self._paid = paid
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        self._remembering = Lock()
        self._rests_until: tuple[float, str] | None = None
        self._opens = False

    def uploads_of(self, events: Sequence[EventId]) -> Mapping[EventId, Upload]:
        """Those of these events that have one.  Raises CatalogUnavailable."""
        return self._records.uploads_of(events) if events else {}

    def clip_of(self, event: Event, upload: Upload) -> Clip:
        """As it lies there.

        Raises BlobMissing where it was deleted there, StoreUnavailable, and StoreRefused where only the owner can help.
        """
        copy, recording = self._copy(upload), event.recording
        starts_at = recording.starts_at if recording is not None else event.started_at
        return Clip(
            camera=event.camera,
            name=f"{starts_at:%Y%m%d_%H%M%S}.mp4",
            size=copy.size,
            starts_at=starts_at,
            ends_at=recording.ends_at if recording is not None else event.last_seen_at,
            read=partial(self._pieces, upload),
            codec=copy.codec,
            off_site=True,
        )

    def link_to(self, upload: Upload, name: str) -> str | None:
        """An address in the bucket that opens the clip for an hour; None where it must come through this server.

        Nobody here sees what is fetched by it: it counts as the whole clip, once.  Raises StoreUnavailable.
        """
        if not self._direct or upload.sealed:
            return None
        link = self._off_site.link(upload.key, LINK_SECONDS, name)
        if link is not None:
            self._paid("link", upload.size or 0, upload.event)
        return link

    def picture(self, key: str) -> bytes:
        """Raises as `clip_of` does."""
        return self._read(key, 0, LARGEST_PICTURE, None)

    def _copy(self, upload: Upload) -> _Copy:
        now, key = self._clock.monotonic(), upload.key
        known = self._copies.get(key)
        if known is not None and now - known.seen_at <= REMEMBERED_SECONDS:
            return known
        # Read first: to a HEAD a server cannot say what is wrong.
        front = self._read(key, 0, _FRONT_BYTES, upload.event)
        size = self._asked(lambda: self._off_site.size(key))
        self._paid("size", 0, upload.event)
        codec = Codec.HEVC if any(mark in front for mark in _HEVC) else Codec.H264
        with self._remembering:
            self._copies[key] = copy = _Copy(size, codec, now)
            self._copies.move_to_end(key)
            if len(self._copies) > MOST_REMEMBERED:
                self._copies.popitem(last=False)
        return copy

    def _pieces(self, upload: Upload, offset: int, length: int) -> Iterator[bytes]:
        step = FIRST_BYTES
        while length > 0:
            count = min(step, length)
            piece = self._read(upload.key, offset, count, upload.event)
            if len(piece) != count:
                msg = "the copy off-site is shorter than it was"
                raise BlobMissing(msg)
            yield piece
            offset, length, step = offset + count, length - count, min(step * 2, MOST_BYTES)

    def _read(self, key: str, offset: int, length: int, event: EventId | None) -> bytes:
        data = self._asked(lambda: self._off_site.read(key, offset, length))
        self._paid("read", len(data), event)
        return data

    def _asked(self, ask: Callable[[], T]) -> T:
        now, rests = self._clock.monotonic(), self._rests_until
        if rests is not None and now < rests[0]:
            raise StoreUnavailable(rests[1])
        try:
            answer = self._waited(ask)
        except StoreRefused as error:
            if self._opens:
                # Who may not list is told of a key that is gone what he is told of one that is not his.
                raise BlobMissing(str(error)) from error
            raise
        except StoreUnavailable as error:
            self._rests_until = (now + REST_SECONDS, str(error))
            raise
        self._rests_until, self._opens = None, True
        return answer
