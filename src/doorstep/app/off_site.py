"""Makes what sends copies off-site, where the config has a bucket.  Nothing runs yet, and nothing connects."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from doorstep.app.cameras import time_zone
from doorstep.app.ground import Ground
from doorstep.catalog.sql_uploads import SqlUploadRecords
from doorstep.core.camera import CameraId
from doorstep.core.cloud_settings import S3Settings
from doorstep.core.event import Event
from doorstep.core.settings import CameraSettings
from doorstep.core.upload import Upload
from doorstep.own_threads import OwnThreads
from doorstep.pipeline.aside import NOBODY_BESIDE, Aside
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.off_site_bodies import EventBodies, no_link
from doorstep.pipeline.off_site_parts import OffSiteParts
from doorstep.pipeline.off_site_places import OffSitePlaces
from doorstep.pipeline.off_site_retention import OffSiteRetention
from doorstep.pipeline.off_site_tidying import OffSiteTidying
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.supervisor import Tasks
from doorstep.pipeline.upload_try import UploadTries
from doorstep.pipeline.uploads import Uploads
from doorstep.pipeline.way_out import Postage, WayOut

if TYPE_CHECKING:
    from doorstep.stores.s3 import S3Store

LOST_SHOWN_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class OffSiteCopies:
    """Everything that sends, and what others ask of it.

    `cameras` are those whose events go off-site now, of those that `stay_here` not even what waits is sent.
    """

    store: "S3Store"
    records: SqlUploadRecords
    uploads: Uploads
    parts: OffSiteParts
    way: WayOut
    retention: OffSiteRetention
    tidying: OffSiteTidying | None
    places: OffSitePlaces
    cameras: dict[CameraId, str] = field(default_factory=dict)
    stay_here: set[CameraId] = field(default_factory=set)

    def endless(self) -> Tasks:
        """Its tasks."""
        tasks: Tasks = {
            "uploads": self.uploads.run,
            "off-site parts": self.parts.run,
            "off-site places": self.places.run,
        }
        return {**tasks, "off-site tidying": self.tidying.run} if self.tidying is not None else tasks

    def beside(self, camera: CameraSettings, buffered: BufferedCamera) -> Aside:
        """Who goes along with the recorder of this camera, as it is in the config now."""
        if not camera.upload:
            self.cameras.pop(camera.id, None)
            self.stay_here.add(camera.id)
            self.parts.drop_camera(camera.id)
            return NOBODY_BESIDE
        self.stay_here.discard(camera.id)
        self.cameras[camera.id] = camera.name
        return self.parts.of(buffered)


@dataclass(frozen=True, slots=True)
class _Made:
    """What the parts are made of."""

    ground: Ground
    settings: S3Settings
    store: "S3Store"
    records: SqlUploadRecords
    way: WayOut
    cameras: dict[CameraId, str] = field(default_factory=dict)
    stay_here: set[CameraId] = field(default_factory=set)

    def uploads(self, link_to: Callable[[Event], str]) -> Uploads:
        ground, store = self.ground, self.ground.storage.store
        # Out of files alone, never out of the rolling buffer: what is sent in pieces must be the same each time.
        clips = RecordedClips(store, {}, ground.clock, ground.catalog)
        bodies = EventBodies(store, clips, lambda camera: self.cameras.get(camera, camera), link_to)
        sweeps = self.settings.sweeps
        board, clock, stays = ground.health, ground.clock, self.stay_here.__contains__
        place = self.settings.place
        tries = UploadTries(self.records, ground.catalog, bodies, self.way, board, clock, sweeps, stays, place)
        zone = time_zone(ground.settings.server.timezone)
        return Uploads(tries, self.cameras.keys, zone, sealed=bool(self.settings.seal_key))

    def tidying(self) -> OffSiteTidying | None:
        ground, store = self.ground, self.store
        if not self.settings.sweeps:
            return None
        may_expire = ground.clock_watch.may_expire_by_age
        return OffSiteTidying(
            self.records,
            store.delete,
            store.keys,
            self.way,
            ground.health,
            ground.clock,
            may_expire,
            self.settings.place,
        )

    def retention(self) -> OffSiteRetention:
        ground, loop = self.ground, asyncio.get_running_loop()

        def lost(_event: Event) -> None:
            loop.call_soon_threadsafe(_tell_lost, ground.health)

        return OffSiteRetention(self.records, ground.catalog, ground.settings.retention, self.settings.sweeps, lost)


def make_off_site(
    ground: Ground, postage: Postage | None = None, link_to: Callable[[Event], str] = no_link
) -> OffSiteCopies | None:
    """None without a bucket.  `link_to` opens an event for whoever has the link; it blocks, and may say "" for none."""
    settings = ground.settings.store.s3
    if settings is None:
        return None
    from doorstep.stores.s3 import S3Store  # noqa: PLC0415 - with `cryptography` 4 MiB, for houses with a bucket

    store = S3Store(settings, ground.clock)
    way = WayOut(store, OwnThreads("off-site"), ground.clock, postage)
    made = _Made(ground, settings, store, SqlUploadRecords(ground.engine), way)
    uploads, parts, tidying = made.uploads(link_to), OffSiteParts(way, ground.clock), made.tidying()
    uploads.parts_waiting = lambda: parts.waiting
    if tidying is not None:
        parts.on_over = tidying.parts_are_over

    def lies_there(upload: Upload) -> None:
        """Not before: until the clip lies there, its parts are all that a thief would leave."""
        if tidying is not None:
            tidying.clip_is_there(upload)
        parts.drop(upload.event)

    uploads.on_done = lies_there
    ground.rows.on_written = uploads.event_written
    places = OffSitePlaces(made.records, settings.place, ground.health, ground.clock)
    return OffSiteCopies(
        store, made.records, uploads, parts, way, made.retention(), tidying, places, made.cameras, made.stay_here
    )


def _tell_lost(health: HealthBoard) -> None:
    what = "The disk is full, and recordings that were not off-site yet had to be deleted."
    remedy = "Mend the line to the bucket, or give Doorstep more room."
    health.report("off-site-lost", what, remedy, LOST_SHOWN_SECONDS, minor=True)
