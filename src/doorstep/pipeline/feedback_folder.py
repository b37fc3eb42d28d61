"""What the family says about events, each with a crop of its still: kept on this machine alone, for tuning.

Two files for each event, EVENT.jpg and EVENT.json; the second makes the pair whole.  How many: `core/feedback`.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from threading import Lock

import structlog

from doorstep.core.errors import BlobMissing, MediaInvalid, StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.explanation import Verdict
from doorstep.core.feedback import MOST_BYTES, MOST_PAIRS, Feedback, feedback_of, feedback_text, surplus, surroundings
from doorstep.core.recording_key import still_key
from doorstep.media.crop import CroppedFrame
from doorstep.media.sent_picture import decode_sent
from doorstep.media.still_box import box_in
from doorstep.ports import Catalog, Clock, Store

log = structlog.get_logger()

LARGEST_STILL = 16 << 20
LARGEST_TEXT = 1 << 20
LONGEST_SIDE = 640
QUALITY = 90

GONE_REMEMBERED = 64
"""Events whose rows may be there for a moment yet: what is said of them now would outlive them."""

_PICTURE, _TEXT = ".jpg", ".json"


class FeedbackFolder:
    """One for each server.  Thread-safe; every method blocks and raises StoreUnavailable, CatalogUnavailable."""

    def __init__(
        self,
        folder: Store,
        pictures: Store,
        catalog: Catalog,
        clock: Clock,
        most: int = MOST_PAIRS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """`pictures` has the stills; of more than `most` pairs or `most_bytes` the oldest events' go."""
        self._folder = folder
        self._pictures = pictures
        self._catalog = catalog
        self._clock = clock
        self._most = most
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._gone: deque[EventId] = deque(maxlen=GONE_REMEMBERED)

    def take(self, event: Event, verdict: Verdict) -> bool:
        """Keep it in place of what was said before; False where nothing is known of why the event opened.

        Said twice of an event that is over, nothing is written the second time.
        """
        with self._lock:
            explanation = self._catalog.explanation(event.id)
            if explanation is None or event.id in self._gone:
                return False
            is_known = explanation.verdict is verdict and event.ended_at is not None
            if is_known and all(self._folder.exists(event.id + kind) for kind in (_PICTURE, _TEXT)):
                return True
            still = self._still(event)
            box = box_in(still) or event.box
            judged = replace(explanation, verdict=verdict)
            self._put(
                Feedback(event.id, event.camera, event.started_at, self._clock.now(), verdict, box, judged), still
            )
            if self._catalog.judge(event.id, verdict):
                return True
            self._remove(event.id)  # the event went meanwhile
            return False

    def event_goes(self, event: Event) -> None:
        """Its row is about to be removed; what was said of an event that somebody deleted goes with it.

        Where the event goes by age or for space, a picture that shows nobody stays; a person's does not outlive it.
        A folder that does not answer keeps no retention from its work: only what was judged and deleted waits for it.
        """
        with self._lock:
            self._gone.append(event.id)
            try:
                if event.deleted_at is not None or not _is_of_nobody(self._folder, event.id):
                    self._remove(event.id)
            except StoreUnavailable as error:
                known = self._catalog.explanation(event.id)
                if event.deleted_at is not None and known is not None and known.verdict is not None:
                    raise
                log.warning("feedback could not be removed", event_id=event.id, reason=str(error))

    def _still(self, event: Event) -> bytes:
        """Empty where there is none (yet)."""
        if event.recording is None or not event.has_still:
            return b""
        try:
            return self._pictures.read(still_key(event.recording.key), 0, LARGEST_STILL)
        except BlobMissing:
            return b""

    def _put(self, feedback: Feedback, still: bytes) -> None:
        try:
            part = CroppedFrame(decode_sent(still), surroundings(feedback.box))
            self._folder.put(feedback.event + _PICTURE, part.jpeg(LONGEST_SIDE, LONGEST_SIDE, QUALITY))
        except MediaInvalid:  # without a picture it still tells what was seen
            self._folder.delete(feedback.event + _PICTURE)
        self._folder.put(feedback.event + _TEXT, feedback_text(feedback).encode())
        self._keep_the_bounds(feedback.event)

    def _keep_the_bounds(self, newest: EventId) -> None:
        sizes: dict[EventId, int] = {}
        whole: set[EventId] = set()
        for key in self._folder.keys():  # noqa: SIM118 - a store is no dict
            event, _, kind = key.rpartition(".")
            if f".{kind}" not in {_PICTURE, _TEXT}:
                continue
            with suppress(BlobMissing):
                sizes[EventId(event)] = sizes.get(EventId(event), 0) + self._folder.size(key)
            if f".{kind}" == _TEXT:
                whole.add(EventId(event))
        for event_id in sizes.keys() - whole:  # what a crash left of a pair
            self._folder.delete(event_id + _PICTURE)
            del sizes[event_id]
        for event_id in surplus(sizes, newest, self._most, self._most_bytes):
            self._remove(event_id)

    def _remove(self, event: EventId) -> None:
        self._folder.delete(event + _TEXT)
        self._folder.delete(event + _PICTURE)


def every_feedback(folder: Store) -> Iterator[Feedback]:
    """All that was said, in no order, for who tunes; what is damaged is left out.  Raises StoreUnavailable."""
    for key in folder.keys():  # noqa: SIM118 - a store is no dict
        if key.endswith(_TEXT):
            found = _read(folder, EventId(key.removesuffix(_TEXT)))
            if found is not None:
                yield found


def picture_of(folder: Store, feedback: Feedback) -> bytes | None:
    """The crop of its still, a JPEG; None where there was no picture.  Raises StoreUnavailable."""
    try:
        return folder.read(feedback.event + _PICTURE, 0, LARGEST_STILL)
    except BlobMissing:
        return None


def _read(folder: Store, event: EventId) -> Feedback | None:
    try:
        return feedback_of(folder.read(event + _TEXT, 0, LARGEST_TEXT).decode(errors="replace"))
    except (BlobMissing, MediaInvalid):
        return None


def _is_of_nobody(folder: Store, event: EventId) -> bool:
    found = _read(folder, event)
    return found is not None and found.verdict is Verdict.NOT_A_PERSON
