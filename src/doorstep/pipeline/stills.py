"""The best picture of each running event: which one is the sharpest story, and when it is written to the store."""

import asyncio
from dataclasses import dataclass

import structlog

from doorstep.core.detection import Box
from doorstep.core.errors import MediaInvalid, StoreUnavailable
from doorstep.core.event import EventId
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.media.thumbnail import still, thumbnail
from doorstep.pipeline.event_rows import EventRows
from doorstep.ports import Clock, Frame, Store

log = structlog.get_logger()

BETTER_BY = 1.2
LOOK_AGAIN_SECONDS = 0.2
REWRITE_SECONDS = 5.0
MOST_WAITING = 16


@dataclass(slots=True)
class BestPicture:
    """The best frame so far, None once the store has it; who is where in it, its worth, and when that was last tried.

    A frame is some megabytes, so it is not kept for the rest of a visit.
    """

    frame: Frame | None
    worth: float
    box: Box | None
    tried_at: float = float("-inf")
    failed: bool = False


class Stills:
    """One task for each camera.  Writes a picture once the recording has a key, and a better one now and then.

    Nothing is drawn into a picture.  It says itself where somebody is, and the row says what the picture in the store
    says: until it does, the event is unfinished, and a start after a crash asks the picture.
    """

    def __init__(self, store: Store, rows: EventRows, clock: Clock) -> None:
        self._store = store
        self._rows = rows
        self._clock = clock
        self._best: dict[EventId, BestPicture] = {}
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()

    def offer(self, event_id: EventId, frame: Frame, worth: float, box: Box | None = None) -> None:
        """A frame of this event, with somebody in `box`; `worth` compares only among frames of one event."""
        best = self._best.get(event_id)
        if best is None:
            self._best[event_id] = BestPicture(frame, worth, box)
            self._give_up_one()
        elif worth > best.worth * BETTER_BY:
            best.frame, best.worth, best.box = frame, worth, box
        else:
            return
        self._rows.still_waits(event_id)
        self._wake.set()

    async def run(self) -> None:
        """For ever: look at what is unwritten, rest while there is nothing."""
        while True:
            if all(best.frame is None for best in self._best.values()) and not self._over():
                await self._wake.wait()
            self._wake.clear()
            await self.write_due()
            await self._clock.sleep(LOOK_AGAIN_SECONDS)

    async def write_due(self) -> None:
        """Write each picture that is new and whose event has a recording; forget events that are over.

        Also when all stops: the task above may be in the middle of it.
        """
        async with self._writing:
            for event_id, best in list(self._best.items()):
                await self._write_if_due(event_id, best)

    async def _write_if_due(self, event_id: EventId, best: BestPicture) -> None:
        event = self._rows.latest(event_id)
        over = event is None or event.ended_at is not None
        rested = self._clock.monotonic() - best.tried_at >= REWRITE_SECONDS
        due = best.frame is not None and (rested or (over and not best.failed))
        if event is not None and event.recording is not None and due:
            await self._write(event_id, event.recording.key, best)
        if over and (best.frame is None or event is None or event.recording is None):
            self._forget_when_settled(event_id, best)

    async def _write(self, event_id: EventId, key: str, best: BestPicture) -> None:
        frame, box = best.frame, best.box
        if frame is None:
            return
        try:
            await asyncio.to_thread(self._put, key, frame, box)
        except (StoreUnavailable, MediaInvalid) as error:
            if not best.failed:
                log.warning("still not written", recording_of=event_id, reason=str(error))
            best.failed, best.tried_at = True, self._clock.monotonic()
            return
        # A better one may have been offered meanwhile.
        if best.frame is frame:
            best.frame = None
        best.failed, best.tried_at = False, self._clock.monotonic()
        self._rows.has_still(event_id, box, waits=best.frame is not None)

    def _put(self, key: str, frame: Frame, box: Box | None) -> None:
        self._store.put(still_key(key), still(frame, box))
        self._store.put(thumbnail_key(key), thumbnail(frame))

    def _over(self) -> bool:
        return any((event := self._rows.latest(key)) is None or event.ended_at is not None for key in self._best)

    def _give_up_one(self) -> None:
        """While the store takes nothing: a frame is some megabytes, and the oldest event's goes first."""
        if len(self._best) > MOST_WAITING:
            self._forget(next(iter(self._best)))

    def _forget_when_settled(self, event_id: EventId, best: BestPicture) -> None:
        """An event can be over before its recording has a key: wait a little for that."""
        if best.frame is None or self._clock.monotonic() - max(best.tried_at, best.frame.captured_at) > REWRITE_SECONDS:
            self._forget(event_id)

    def _forget(self, event_id: EventId) -> None:
        best = self._best.pop(event_id, None)
        if best is not None and best.frame is not None:
            self._rows.no_still(event_id)
