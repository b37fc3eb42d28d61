"""Events of a camera that is always recorded: each is a span over minute files, and a row says which."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from doorstep.core.clock_state import Dating
from doorstep.core.event import EventId, Recording
from doorstep.core.media import VideoFormat
from doorstep.core.recording_key import recording_key, still_key
from doorstep.core.redating import redated
from doorstep.core.segment import Segment
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.recorder import LAST_SEGMENT_WAIT_SECONDS
from doorstep.pipeline.recording_job import LONG_AGO, RecordingJob, first_shown
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import Store

TOLD_EVERY_SECONDS = 10.0


@dataclass(slots=True)
class Visit:
    """What is wanted of one event's video, and what its row says already."""

    event: EventId
    started_at: datetime
    wanted_from: datetime
    until: datetime
    format: VideoFormat | None = None
    finished_at: float | None = None
    key: str = ""
    shown_from: datetime | None = None
    told_at: float | None = None

    def redate(self, dating: Dating) -> None:
        """The clock was set: from when until when, by the clock as it is now."""
        self.started_at, self.wanted_from = dating.dated(self.started_at), dating.dated(self.wanted_from)
        self.until, self.shown_from = dating.dated(self.until), redated(self.shown_from, dating)


class Visits:
    """Used on the event loop only.  Bytes first, row second: a row speaks of synced segments alone."""

    def __init__(self, camera: BufferedCamera, store: Store, rows: EventRows) -> None:
        self._camera = camera
        self._store = store
        self._rows = rows
        self._visits: list[Visit] = []
        self._names: deque[str] = deque(maxlen=16)

    def __len__(self) -> int:
        return len(self._visits)

    def begin(self, visit: Visit) -> None:
        """One more, from now on unfinished in the catalog."""
        self._rows.records(visit.event)
        self._visits.append(visit)

    def of(self, event: EventId) -> Iterable[Visit]:
        """The visit of an event, if it is still worked on."""
        return (visit for visit in self._visits if visit.event == event)

    def redate(self, dating: Dating) -> None:
        """All times so far were told by a guess that is known now."""
        for visit in self._visits:
            visit.redate(dating)

    @property
    def finished(self) -> bool:
        """Whether any waits for its last segment."""
        return any(visit.finished_at is not None for visit in self._visits)

    async def settle(self, kept: Sequence[Segment], now: float, *, connected: bool) -> None:
        """Say what is known by now; whole are those of which nothing more will come.

        `kept` is what is in files, synced and still in the buffer; `now` in monotonic seconds.  `connected` is whether
        the camera was, before the last look for segments.
        """
        for visit in list(self._visits):
            if visit.shown_from is None:
                await self._find_begin(visit, kept)
            if visit.finished_at is None:
                self._tell(visit, kept, now)
            elif _reach(visit, kept) >= visit.until or not connected or _is_late(visit, now):
                self._tell_end(visit, kept)

    async def _find_begin(self, visit: Visit, kept: Sequence[Segment]) -> None:
        job = RecordingJob(visit.event, visit.wanted_from, visit.started_at, b"", visit.until, None)
        held = {id(one) for one in kept}
        shown = [one for one in job.wanted(self._camera.buffer) if id(one) in held]
        if not shown or shown[-1].ends_at <= visit.wanted_from:
            return
        # A clip never mixes two formats: it is the one of the connection in which somebody was seen.
        fmt = visit.format or self._camera.format_of(shown[0])
        runs = [list(run) for fits, run in groupby(shown, lambda one: self._camera.format_of(one) == fmt) if fits]
        if not runs:
            return
        visit.key = visit.key or await asyncio.to_thread(self._name, visit)
        visit.shown_from = first_shown(runs[-1], visit.wanted_from, max(visit.until, runs[-1][-1].ends_at))

    def _tell(self, visit: Visit, kept: Sequence[Segment], now: float) -> None:
        """At once, and now and then while it runs: by its row a start after a crash knows how long it lasted."""
        if visit.shown_from is None or not kept:
            return
        if visit.told_at is None or now - visit.told_at >= TOLD_EVERY_SECONDS:
            visit.told_at = now
            self._rows.recorded(visit.event, self._recording(visit, visit.shown_from, kept), _pre_roll(visit))

    def _tell_end(self, visit: Visit, kept: Sequence[Segment]) -> None:
        self._visits.remove(visit)
        if visit.shown_from is None:
            self._rows.not_recorded(visit.event)
            return
        recording = self._recording(visit, visit.shown_from, kept)
        self._rows.recorded(visit.event, recording, _pre_roll(visit), whole=True)

    def _recording(self, visit: Visit, shown_from: datetime, kept: Sequence[Segment]) -> Recording:
        ends_at = max(min(visit.until, _reach(visit, kept)), shown_from)
        size = sum(segment.size for segment in self._camera.buffer.between(shown_from, ends_at))
        return Recording(visit.key, shown_from, ends_at, size, in_minutes=True)

    def _name(self, visit: Visit) -> str:
        """In a thread.  No file is called so, only the event's pictures are."""
        key = recording_key(self._camera.camera, visit.started_at, self._is_taken)
        self._names.append(key)
        return key

    def _is_taken(self, key: str) -> bool:
        return key in self._names or self._store.exists(key) or self._store.exists(still_key(key))


def _pre_roll(visit: Visit) -> float:
    return max(0.0, (visit.started_at - (visit.shown_from or visit.started_at)).total_seconds())


def _reach(visit: Visit, kept: Sequence[Segment]) -> datetime:
    """Up to where its video is kept: not always where the newest ends, for a clock may have been set in its midst."""
    begin = visit.shown_from or visit.wanted_from
    within = (one.ends_at for one in kept if begin < one.ends_at and one.starts_at < visit.until)
    return max(within, default=kept[-1].ends_at if kept else LONG_AGO)


def _is_late(visit: Visit, now: float) -> bool:
    return visit.finished_at is not None and now - visit.finished_at > LAST_SEGMENT_WAIT_SECONDS
