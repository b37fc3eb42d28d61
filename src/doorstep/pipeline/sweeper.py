"""Carries out retention: bytes first, then the row.  The rule of what to expire lives in `core/retention.py`."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from doorstep.core.clock_state import AgeLimit, next_age_limit
from doorstep.core.errors import CatalogUnavailable, StoreUnavailable
from doorstep.core.event import Event, Recording
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.retention import expired, expired_minutes
from doorstep.core.settings import RetentionSettings
from doorstep.pipeline.off_site_retention import OffSiteRetention
from doorstep.ports import Catalog, Clock, Store

log = structlog.get_logger()

EVERY_SECONDS = 60.0
BATCH = 200
MOST_STUCK = 20
FORGET_LOOSE_SECONDS = 3600.0
UNDO_FOR = timedelta(minutes=10)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ages:
    """Up to when age may delete in one sweep: events are judged as if it were `events_at`; LONG_AGO for nothing."""

    minutes_before: datetime = LONG_AGO
    events_at: datetime = LONG_AGO
    events_before: datetime = LONG_AGO


class Sweeper:
    """One task.  Deletes what is too old, too much, or deleted and no longer to be restored.

    Of too much the loose minutes go first, then the oldest event.  By age never more than a day's worth goes in an
    hour, and nothing while `may_expire_by_age` says no: a clock that is wrong must not cost a recording.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        settings: RetentionSettings,
        clock: Clock,
        *,
        bytes_now: Callable[[int, int], int] = lambda most, _used: most,
        may_expire_by_age: Callable[[], bool] = lambda: True,
        event_goes: Callable[[Event], None] = lambda _event: None,
        off_site: OffSiteRetention | None = None,
    ) -> None:
        """`bytes_now`: of the most bytes and those used, how many there may be now; less while the disk fills up.

        `event_goes` removes what else is kept of an event; it blocks and raises StoreUnavailable.  `off_site` says what
        may go where copies go off-site.
        """
        self._store = store
        self._catalog = catalog
        self._settings = settings
        self._minutes_days = min(settings.always_days, settings.days)
        self._bytes_now = bytes_now
        self._clock = clock
        self._may_expire_by_age = may_expire_by_age
        self._event_goes = event_goes
        self._off_site = off_site
        self._limits: dict[str, AgeLimit] = {}
        self._loose_since: tuple[datetime, float] | None = None

    def keep(self, settings: RetentionSettings) -> None:
        """From the next sweep on."""
        self._settings = settings
        self._minutes_days = min(settings.always_days, settings.days)

    async def run(self) -> None:
        """Now and then once a minute, for ever."""
        while True:
            await self.sweep()
            await self._clock.sleep(EVERY_SECONDS)

    async def sweep(self) -> None:
        """Until nothing is due; what cannot be deleted now is tried in the next sweep."""
        try:
            ages, limit = await asyncio.to_thread(self._ages), await asyncio.to_thread(self._limit)
            stuck: set[str] = set()
            while len(stuck) < MOST_STUCK and (due := await asyncio.to_thread(self._due, ages, limit, stuck)):
                for one in due:
                    await self._try_to_remove(one, ages, stuck)
            await asyncio.to_thread(self._catalog.forget_gaps, ages.events_before)
            await asyncio.to_thread(self._catalog.forget_deliveries, ages.events_before)
        except (StoreUnavailable, CatalogUnavailable) as error:
            log.warning("retention could not be carried out", reason=str(error))

    def _ages(self) -> Ages:
        """Raises CatalogUnavailable."""
        if not self._may_expire_by_age():
            return Ages()
        now = self._clock.now()
        minutes, events = self._loose(1), self._catalog.expired_events(now, 1)
        oldest_minute = minutes[0].starts_at if minutes else None
        minutes_before = self._reached("minutes", oldest_minute, _days_before(now, self._minutes_days))
        wanted = _days_before(now, self._settings.days)
        events_before = self._reached("events", events[0].started_at if events else None, wanted)
        return Ages(minutes_before, now - (wanted - events_before), events_before)

    def _limit(self) -> int:
        """Once a sweep: the disk is looked at between two of them, and what goes in one is not seen before the next."""
        return self._bytes_now(self._settings.max_bytes, self._catalog.recorded_bytes())

    def _reached(self, kind: str, oldest: datetime | None, wanted: datetime) -> datetime:
        limit = next_age_limit(self._limits.get(kind), oldest, wanted, self._clock.monotonic())
        self._limits[kind] = limit
        return min(limit.reached, wanted)

    def _due(self, ages: Ages, limit: int, stuck: set[str]) -> Sequence[Event | RecordedSpan]:
        """What goes next, oldest first; the bytes of one kind are gone before the next kind is looked at."""
        most = BATCH + len(stuck)
        now = self._clock.now()
        deleted = [one for one in self._catalog.deleted_events(now - UNDO_FOR, most) if one.id not in stuck]
        if deleted:
            return deleted
        used = self._catalog.recorded_bytes()
        loose = [span for span in self._loose(most) if span.key not in stuck]
        minutes = expired_minutes(loose, ages.minutes_before, used, limit)
        if minutes:
            return minutes
        if self._off_site is not None:
            aged = self._off_site.aged(ages.events_at, ages.events_before, stuck)
            return aged or self._off_site.too_much(ages.events_at, used, limit, stuck)
        # Those that a clock dated in the future too, last of all: the bytes hold whatever the clock says.
        over = self._catalog.expired_events(now.replace(year=9999), most)
        events = [event for event in over if event.id not in stuck]
        return expired(events, ages.events_at, used, replace(self._settings, max_bytes=limit))

    def _loose(self, most: int) -> Sequence[RecordedSpan]:
        """The oldest loose minutes; those held by events are passed over once an hour, and not in every sweep."""
        known, now = self._loose_since, self._clock.monotonic()
        since = known[0] if known is not None and now - known[1] < FORGET_LOOSE_SECONDS else None
        loose = self._catalog.loose_spans(most, since)
        if loose:
            self._loose_since = (loose[0].starts_at, known[1] if since is not None and known is not None else now)
        return loose

    async def _try_to_remove(self, one: Event | RecordedSpan, ages: Ages, stuck: set[str]) -> None:
        """One that cannot be deleted must not keep all others.  Raises CatalogUnavailable."""
        try:
            await asyncio.to_thread(self._remove, one, ages)
        except StoreUnavailable as error:
            name = one.id if isinstance(one, Event) else one.key
            stuck.add(name)
            log.warning("a recording could not be deleted", recording=name, reason=str(error))

    def _remove(self, one: Event | RecordedSpan, ages: Ages) -> None:
        if isinstance(one, RecordedSpan):
            self._store.delete(one.key)
            self._catalog.forget_span(one.key)
            return
        self._loose_since = None
        if self._off_site is not None and self._off_site.keeps_row(one, ages.events_at):
            self._remove_video(one)
            return
        if one.recording is not None:
            self._delete_video(one.recording)
            for name in (still_key(one.recording.key), thumbnail_key(one.recording.key)):
                self._store.delete(name)
        self._event_goes(one)
        self._catalog.forget_event(one.id)
        log.info("event expired", event_id=one.id)

    def _remove_video(self, event: Event) -> None:
        """What was seen stays, with its pictures; its copy off-site shows the rest."""
        if event.recording is not None:
            self._delete_video(event.recording)
            gone = replace(event.recording, size=0, in_minutes=False)
            self._catalog.save_event(replace(event, recording=gone))
        log.info("a recording went from here", event_id=event.id)

    def _delete_video(self, recording: Recording) -> None:
        """Of an event in minute files no file is called so; its minutes are loose from now on."""
        if not recording.in_minutes:
            self._store.delete(recording.key)


def _days_before(now: datetime, days: float) -> datetime:
    """As far back as the calendar goes, at most."""
    return now - timedelta(days=min(days, (now - LONG_AGO).days - 1))
