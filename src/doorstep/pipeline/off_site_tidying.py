"""Deletes off-site what has had its time, where the bucket has no rule of its own that does.  One task.

What may be deleted here is said by others: uploads whose events are gone, and parts whose clip lies there.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from doorstep.core.errors import CatalogUnavailable, StoreRefused, StoreUnavailable
from doorstep.core.event import EventId
from doorstep.core.off_site_key import day_of_part
from doorstep.core.upload import Upload
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.off_site_bodies import picture_keys
from doorstep.pipeline.way_out import WayOut
from doorstep.ports import Clock, UploadRecords

log = structlog.get_logger()

KEY = "off-site-deleting"
REMEDY = 'Give the recorder\'s keys s3:DeleteObject and s3:ListBucket, or set [store] delete to "lifecycle".'
EVERY_SECONDS = 60.0
LIST_SECONDS = 86_400.0
PARTS_STAY = timedelta(days=7)
BATCH = 50
MOST_PARTS = 20_000


@dataclass(slots=True)
class OffSiteTidying:
    """Used on the event loop.  `delete` removes what lies there, no error if nothing does, and `keys` lists all; both
    block and raise StoreUnavailable.  Nothing goes by its age while `may_expire_by_age` says no.  What lies elsewhere
    than at `place` is left alone: its rows wait until the config names that bucket again.
    """

    records: UploadRecords
    delete: Callable[[str], None]
    keys: Callable[[], Iterator[str]]
    way: WayOut
    health: HealthBoard
    clock: Clock
    may_expire_by_age: Callable[[], bool] = lambda: True
    place: str = ""
    _parts: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_PARTS))
    _over: dict[EventId, Sequence[str]] = field(default_factory=dict)
    _done: deque[EventId] = field(default_factory=lambda: deque(maxlen=BATCH))
    _listed_at: float | None = None

    def parts_are_over(self, event_id: EventId, keys: Sequence[str]) -> None:
        """These are all parts of an event; they go once its clip lies there."""
        if event_id in self._done:
            self._parts.extend(keys)
        elif keys:
            self._over[event_id] = tuple(keys)
            if len(self._over) > BATCH:  # what is forgotten here is found by its age
                del self._over[next(iter(self._over))]

    def clip_is_there(self, upload: Upload) -> None:
        """Its parts are of no use any more."""
        self._done.append(upload.event)
        self._parts.extend(self._over.pop(upload.event, ()))

    async def run(self) -> None:
        """Now and then, for ever."""
        while True:
            try:
                await self.tidy()
                self.health.clear(KEY)
            except StoreRefused as error:
                what = f"What was deleted here still lies off-site: {error}"
                self.health.report(KEY, what, REMEDY, minor=True)
            except (StoreUnavailable, CatalogUnavailable) as error:
                log.info("what lies off-site is deleted later", reason=str(error))
            await self.clock.sleep(EVERY_SECONDS)

    async def tidy(self) -> None:
        """All that is due.  Raises StoreUnavailable, CatalogUnavailable."""
        await self._delete_parts()
        while leaving := await on_disk(self.health, self.records.leaving_uploads, self.place, BATCH):
            for upload in leaving:
                for key in (upload.key, *picture_keys(upload.key)):
                    await self._delete(key)
                await on_disk(self.health, self.records.forget_upload, upload.event)
        await self._tidy_old_parts()

    async def _tidy_old_parts(self) -> None:
        """Once a day: those of events that a crash cut short, and of former runs."""
        now = self.clock.monotonic()
        if not self.may_expire_by_age():
            return
        if self._listed_at is None or now - self._listed_at >= LIST_SECONDS:
            before = f"{self.clock.now() - PARTS_STAY:%Y%m%d}"
            self._parts.extend(await self.way.in_thread(lambda: self._old(before)))
            self._listed_at = now  # not before: a list that could not be had is asked for again
            await self._delete_parts()

    async def _delete_parts(self) -> None:
        """What could not be deleted stays, and is due again in a minute, without another list."""
        while self._parts:
            await self._delete(self._parts[0])
            self._parts.popleft()

    def _old(self, before: str) -> list[str]:
        """In a thread."""
        return [key for key in self.keys() if (day := day_of_part(key)) is not None and day < before]

    async def _delete(self, key: str) -> None:
        await self.way.in_thread(lambda: self.delete(key))
