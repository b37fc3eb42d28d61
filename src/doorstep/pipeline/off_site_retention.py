"""What of the recordings here may go while copies of them are on their way off-site, or lie there already.

The rules are `core/retention`'s, the deleting is `sweeper`'s.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from doorstep.core.event import Event
from doorstep.core.retention import expired, outlives_its_video
from doorstep.core.settings import RetentionSettings
from doorstep.core.upload import NO_ROOM, UploadState, given_up
from doorstep.ports import Catalog, UploadRecords

log = structlog.get_logger()

BATCH = 200


@dataclass(frozen=True, slots=True)
class OffSiteRetention:
    """Blocks; raises CatalogUnavailable.  In the sweeper's threads.

    With `sweeps` what lies off-site is deleted with its event, else a rule of the bucket's own does that in its time.
    `lost` is told of each event that is deleted here before it lay there.
    """

    records: UploadRecords
    catalog: Catalog
    settings: RetentionSettings
    sweeps: bool = False
    lost: Callable[[Event], None] = lambda _event: None

    def aged(self, events_at: datetime, began_before: datetime, stuck: Collection[str]) -> Sequence[Event]:
        """What goes next for its age, as if it were `events_at`: what began before then, and waits for nothing."""
        waiting, _ = self.records.waiting_uploads()
        old = self.catalog.expired_events(began_before, BATCH + len(stuck) + waiting)
        due = self.records.uploads_of([event.id for event in old])
        waits = {event for event, upload in due.items() if upload.state is UploadState.DUE}
        events = [event for event in old if event.id not in waits and event.id not in stuck]
        return expired(events, events_at, 0, self.settings)

    def too_much(self, events_at: datetime, used: int, limit: int, stuck: Collection[str]) -> Sequence[Event]:
        """What goes next for its bytes: first what lies off-site or never goes there, and last what waits to."""
        if used <= limit:
            return ()
        settings = replace(self.settings, max_bytes=limit)
        for they_wait in (False, True):
            found = self.records.freeing_events(BATCH + len(stuck), waiting=they_wait)
            events = [event for event in found if event.id not in stuck]
            waiting = frozenset(event.id for event in events) if they_wait else frozenset()
            if gone := expired(events, events_at, used, settings, waiting):
                return gone
        return ()

    def keeps_row(self, event: Event, events_at: datetime) -> bool:
        """Whether only its recording goes; whoever waited for it to be sent is told so."""
        upload = self.records.upload_of(event.id)
        if upload is None or not outlives_its_video(event, upload.state, events_at, self.settings):
            if upload is not None and upload.state is UploadState.DUE and event.deleted_at is None:
                self._lose(event)
            return False
        if upload.state is UploadState.DUE:
            self.records.save_upload(given_up(upload, NO_ROOM))
            self._lose(event)
        return True

    def event_goes(self, event: Event) -> None:
        """The event is about to be forgotten: its upload ends, and what lies off-site goes too where that is ours."""
        upload = self.records.upload_of(event.id)
        if upload is None:
            return
        may_lie_there = upload.state is UploadState.DONE or upload.unsure
        if self.sweeps and may_lie_there:
            self.records.save_upload(replace(upload, state=UploadState.LEAVING, begun=None))
        else:
            self.records.forget_upload(event.id)

    def _lose(self, event: Event) -> None:
        log.warning("a recording was deleted before it went off-site", event_id=event.id)
        self.lost(event)
