"""Which finished events go off-site next: from rows that outlive a restart, for as long as it takes.

One try of one of them is `upload_try`'s, the rules are `core/upload`'s, and parts of running events `off_site_parts`'.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable, StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.off_site_line import waiting_words
from doorstep.core.off_site_status import OffSiteStatus
from doorstep.core.upload import Upload, UploadState, asked, wants_upload
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.upload_try import UploadTries
from doorstep.ports import EventQuery

log = structlog.get_logger()

KEY = "off-site"
AT_ONCE = 2
"""Clips on their way at a time: a small one of now need not wait for a large one of yesterday."""

LOOK_SECONDS = 20.0
REST_SECONDS = 30.0
"""So long rests one whose row could not be written, or whose event was deleted and may come back."""

TAKEN_UP, TAKEN_UP_SPAN = 500, timedelta(days=1)
"""How much of what a former run left unasked is found at the start: of the last day in which anything happened."""

MOST_ASKING = 1000


def _ignored(_told: object) -> None:
    """Who listens before somebody does."""


class Uploads:
    """One task.  Used on the event loop; what is not a coroutine returns at once.

    An event asks once its row says that it is whole.  Should the process end before the upload has its row, the next
    start finds that out from the catalog.
    """

    def __init__(
        self,
        tries: UploadTries,
        cameras: Callable[[], Collection[CameraId]],
        zone: tzinfo | None = None,
        *,
        sealed: bool = False,
    ) -> None:
        """`cameras` are those whose events go off-site now, `zone` is for times in words."""
        self._tries = tries
        self._records, self._way = tries.records, tries.way
        self._health, self._clock = tries.health, tries.clock
        self._cameras = cameras
        self._zone = zone
        self._sealed = sealed
        self._asking: deque[Event] = deque(maxlen=MOST_ASKING)
        self._asked: deque[EventId] = deque(maxlen=MOST_ASKING)
        self._sending: set[EventId] = set()
        self._rests: dict[EventId, float] = {}
        self._wake = asyncio.Event()
        self._takes_up = True
        self._status = OffSiteStatus()
        self.on_done: Callable[[Upload], None] = _ignored
        """Told that it lies there; on the loop."""
        self.parts_waiting: Callable[[], int] = lambda: 0
        tries.way.on_works.append(self._wake.set)

    # -------------------------------------------------------------------------------------------- what is wanted

    def event_written(self, event: Event) -> None:
        """Its row was written: once nothing more of it comes, it goes off-site."""
        if event.id in self._asked or event.camera not in self._cameras() or not wants_upload(event):
            return
        if len(self._asking) == MOST_ASKING:
            self._takes_up = True  # what falls out here is found in the catalog again
        self._asked.append(event.id)
        self._asking.append(event)
        self._wake.set()

    def status(self) -> OffSiteStatus:
        """As it was at the last look."""
        sending = tuple(sorted(self._sending))
        return replace(self._status, sending=sending, parts_waiting=self.parts_waiting(), works=self._way.works)

    # ------------------------------------------------------------------------------------------------ how it is done

    async def run(self) -> None:
        """Send what is due, for ever."""
        self._sending.clear()
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    await self._ask()
                    await self._look()
                    for upload in await self._next():
                        self._sending.add(upload.event)
                        tasks.create_task(self._try(upload))
                except CatalogUnavailable as error:
                    log.warning("uploads wait for the catalog", reason=str(error))
                await self._rest()

    async def _rest(self) -> None:
        wait = self._way.seconds_to_wait(urgent=False)
        try:
            async with asyncio.timeout(min(wait, LOOK_SECONDS) if wait > 0 else LOOK_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _ask(self) -> None:
        """Rows for those who asked, and for those of whom only the event's row was written.  CatalogUnavailable."""
        await self._ask_for_all()
        if self._takes_up:
            self._asking.extend(await on_disk(self._health, self._unasked))
            self._takes_up = False
            await self._ask_for_all()

    async def _ask_for_all(self) -> None:
        while self._asking:
            await on_disk(self._health, self._ask_for, self._asking[0])
            self._asking.popleft()

    def _unasked(self) -> Sequence[Event]:
        """In a thread.  Of the last day in which anything happened: before that there may have been no bucket.

        What a wrong clock dated into the future is taken up too, and says nothing of that day.
        """
        cameras = frozenset(self._cameras())
        newest = self._newest(cameras, self._clock.now() + timedelta(seconds=1)) or self._newest(cameras, None)
        if newest is None:
            return ()
        return self._records.unasked_events(cameras, newest.started_at - TAKEN_UP_SPAN, TAKEN_UP)

    def _newest(self, cameras: frozenset[CameraId], until: datetime | None) -> Event | None:
        found, _ = self._tries.catalog.events(EventQuery(cameras, until=until, limit=1)) if cameras else ((), None)
        return found[0] if found else None

    def _ask_for(self, event: Event) -> None:
        """In a thread.  One whose row was written again, or that was asked for in a former run, has its row already."""
        if self._records.upload_of(event.id) is None and self._tries.catalog.event(event.id) is not None:
            self._records.save_upload(asked(event, self._clock.now(), sealed=self._sealed))

    async def _look(self) -> None:
        """What waits, and what is told of it.  Raises CatalogUnavailable."""
        waiting, since = await on_disk(self._health, self._records.waiting_uploads)
        words = waiting_words(waiting, since.astimezone(self._zone) if since is not None else None)
        self._status = OffSiteStatus(waiting, since, words=words)
        trouble = self._way.trouble(words)
        if trouble is None:
            self._health.clear(KEY)
        else:
            self._health.report(KEY, trouble.what, trouble.remedy, minor=trouble.minor)

    async def _next(self) -> Sequence[Upload]:
        """Raises CatalogUnavailable."""
        free = (AT_ONCE if self._way.works else 1) - len(self._sending)
        if free <= 0 or self._way.seconds_to_wait(urgent=False) > 0:
            return ()
        now = self._clock.monotonic()
        self._rests = {event: until for event, until in self._rests.items() if until > now}
        passed = self._sending | self._rests.keys() | self._way.resting_events
        refused = self._way.refused_events
        most = free + len(passed) + len(refused)
        due = await on_disk(self._health, self._records.due_uploads, self._clock.now(), most)
        free_ones = [upload for upload in due if upload.event not in passed]
        # Who was refused by himself keeps nobody else waiting.
        return sorted(free_ones, key=lambda upload: upload.event in refused)[:free]

    async def _try(self, upload: Upload) -> None:
        became: Upload | None = None
        try:
            became = await self._tries.make(upload)
        except CatalogUnavailable as error:
            log.warning("an upload could not be written down", event_id=upload.event, reason=str(error))
        except StoreUnavailable:
            became = upload  # the line is told of by itself, and waits for everybody
        finally:
            self._sending.discard(upload.event)
            self._wake.set()
        if became is None:
            self._rests[upload.event] = self._clock.monotonic() + REST_SECONDS
        elif became.state is UploadState.DONE:
            log.info("a clip lies off-site", event_id=upload.event, key=became.key, size=became.size)
            self.on_done(became)
        elif became.state is UploadState.GIVEN_UP:
            log.warning("a clip cannot go off-site", event_id=upload.event, reason=became.outcome)
