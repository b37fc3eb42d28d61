"""Tells of copies in buckets that the config does not name any more.  One task; nothing is asked of any bucket."""

from dataclasses import dataclass

import structlog

from doorstep.core.errors import CatalogUnavailable
from doorstep.core.off_site_line import elsewhere_words
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock, UploadRecords

log = structlog.get_logger()

KEY = "off-site-elsewhere"
REMEDY = "They play once [store] names that bucket again; until then nothing there is asked for or deleted."
EVERY_SECONDS = 3600.0
AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class OffSitePlaces:
    """Used on the event loop; `place` is the bucket that the config names."""

    records: UploadRecords
    place: str
    health: HealthBoard
    clock: Clock

    async def run(self) -> None:
        """At the start and now and then, for ever."""
        while True:
            wait = EVERY_SECONDS
            try:
                await self.look()
            except CatalogUnavailable as error:
                log.info("nobody knows which copies lie elsewhere", reason=str(error))
                wait = AGAIN_SECONDS
            await self.clock.sleep(wait)

    async def look(self) -> None:
        """Rows of before there were places get the one of now; tells what lies elsewhere.  CatalogUnavailable."""
        await on_disk(self.health, self.records.take_for, self.place)
        words = elsewhere_words(await on_disk(self.health, self.records.copies_elsewhere, self.place))
        if not words:
            self.health.clear(KEY)
        elif self.health.report(KEY, words, REMEDY, minor=True):
            log.warning("copies lie in a bucket that the config does not name", copies=words)
