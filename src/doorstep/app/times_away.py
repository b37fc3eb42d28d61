"""Tells since when a camera was not kept where its buffer cannot: the machine started anew, or the camera was gone."""

import asyncio
from datetime import datetime, timedelta

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.clock_state import Dating
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.gap import gap_between
from doorstep.core.recorded_span import camera_of_minute
from doorstep.pipeline.clock_watch import ALWAYS
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import Catalog, Clock

log = structlog.get_logger()

ANSWER_WITHIN_SECONDS = 3.0
SOON = timedelta(seconds=30)
"""A camera that needs longer for its first picture has a reason of its own, which its condition tells."""


class TimesAway:
    """One for each server; used on the event loop.

    Only a camera that is recorded round the clock leaves behind when it was kept last.
    """

    def __init__(self, catalog: Catalog, rows: EventRows, clock: Clock) -> None:
        self._catalog = catalog
        self._rows = rows
        self._clock = clock
        self._told: list[tuple[CameraId, datetime, str]] = []

    async def expect(self, buffered: BufferedCamera, why: str) -> None:
        """Tell the gap with the first segment of an empty buffer; to be called before its camera runs."""
        if buffered.buffer.newest is not None:
            return  # by which its condition tells
        kept_until = await self._kept_until(buffered.camera)
        if kept_until is None:
            return
        began, go_on = self._clock.now(), buffered.on_segment

        def kept_again() -> None:
            buffered.on_segment = go_on
            first = buffered.buffer.newest
            again = first.starts_at if first is not None and first.starts_at - began < SOON else began
            self._tell(buffered.camera, kept_until, again, why)
            self._told.append((buffered.camera, kept_until, why))
            go_on()

        buffered.on_segment = kept_again

    def redate(self, dating: Dating) -> None:
        """Both ends of what was told move, though only the later one was a guess: tell what lies before it now."""
        for camera, kept_until, why in self._told:
            self._tell(camera, kept_until, dating.dated(kept_until), why)
        self._told.clear()

    def _tell(self, camera: CameraId, kept_until: datetime, again: datetime, why: str) -> None:
        gap = gap_between(camera, kept_until, again, why)
        if gap is not None:
            self._rows.gap(gap)

    async def _kept_until(self, camera: CameraId) -> datetime | None:
        """None also where something else was recorded last: an event, and nobody knows until when it was watched."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                newest = (await asyncio.to_thread(self._catalog.timeline, camera, *ALWAYS, 1)).spans
        except (CatalogUnavailable, TimeoutError) as error:
            log.warning("nobody knows since when a camera was not kept", camera=camera, reason=str(error))
            return None
        return max((span.ends_at for span in newest if camera_of_minute(span.key)), default=None)
