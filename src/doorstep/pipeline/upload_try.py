"""One try to send one event off-site: pictures first, then the clip, and what its row says then.

Which event is next, and when: `uploads`.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from doorstep.core import upload as rules
from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, CatalogUnavailable, SpanUnavailable, StoreRefused, StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.upload import BegunUpload, Body, Upload, UploadState
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.off_site_bodies import EventBodies
from doorstep.pipeline.way_out import Parcel, WayOut
from doorstep.ports import Catalog, Clock, UploadRecords

log = structlog.get_logger()

NOTE_SECONDS = 5.0
"""How often at most a row says how far a large clip has come: more would wear out an SD card."""


@dataclass(slots=True)
class UploadTries:
    """Used on the event loop.  With `sweeps` what lies off-site goes with its event; `place` is the bucket's.

    `stays_here` says of which cameras nothing is sent any more, not even what waits already.
    """

    records: UploadRecords
    catalog: Catalog
    bodies: EventBodies
    way: WayOut
    health: HealthBoard
    clock: Clock
    sweeps: bool = False
    stays_here: Callable[[CameraId], bool] = lambda _camera: False
    place: str = ""
    _begun: dict[EventId, BegunUpload] = field(default_factory=dict)

    async def make(self, upload: Upload) -> Upload | None:
        """How the upload stands then, as its row says too; None where its event is gone, or deleted for now.

        Raises CatalogUnavailable, and StoreUnavailable where the line does not work.
        """
        if rules.is_elsewhere(upload, self.place):
            self._begun.pop(upload.event, None)
        upload = rules.bound_for(upload, self.place)
        event = await on_disk(self.health, self.catalog.event, upload.event)
        if event is None:
            await on_disk(self.health, self._forget, upload.event)
            return None
        if event.deleted_at is not None:
            return None  # that may be undone yet; else the sweeper ends the upload
        if self.stays_here(event.camera):
            became = rules.given_up(upload, rules.STAYS_HERE)
        else:
            became = await self._sent(event, upload)
        if became.state is not UploadState.DUE:
            self._begun.pop(upload.event, None)
        return became if await on_disk(self.health, self._keep, became) else None

    async def _sent(self, event: Event, upload: Upload) -> Upload:
        """Raises CatalogUnavailable, StoreUnavailable."""
        stands = upload
        try:
            body = await self.bodies.clip(event, upload)
            pictures = await self.bodies.pictures(event, upload)
            trying = await self._trying(upload)
            stands = replace(upload, unsure=True)  # from here on something may lie there, also where the house fails
            return await self._send(upload, trying, pictures, body)
        except (BlobMissing, SpanUnavailable) as error:
            log.warning("a clip could not be read to be sent", event_id=event.id, reason=str(error))
            return rules.missed(self._as_far(stands), str(error), self.clock.now(), _jitter())
        except StoreRefused as error:
            return rules.refused(self._as_far(stands), str(error), self.clock.now(), _jitter())
        except StoreUnavailable as error:
            if not self.way.works:
                raise
            return rules.delayed(self._as_far(stands), str(error), self.clock.now(), _jitter())

    async def _trying(self, upload: Upload) -> Upload:
        """As its row says from before the first byte leaves.  Raises CatalogUnavailable."""
        if upload.unsure:
            return upload
        trying = rules.begun(upload)
        await on_disk(self.health, self._keep, trying)
        return trying

    async def _send(self, upload: Upload, trying: Upload, pictures: Sequence[tuple[str, Body]], body: Body) -> Upload:
        for key, picture in pictures:
            lies = await self.way.send(Parcel("picture", upload.event, key, picture))
            if not lies and not upload.unsure:
                return self._renamed(trying)
        if await self.way.send(self._clip(trying, body)):
            return rules.done(trying, body.size, self.clock.now())
        if rules.is_ours(upload, body.size, await self.way.size_there(upload.key)):
            return rules.done(trying, body.size, self.clock.now())
        return self._renamed(trying)

    def _as_far(self, upload: Upload) -> Upload:
        return replace(upload, begun=self._begun.get(upload.event, upload.begun))

    def _renamed(self, upload: Upload) -> Upload:
        self._begun.pop(upload.event, None)
        renamed = rules.renamed(upload, self.clock.now(), _jitter())
        log.info("something else has the key of a clip", event_id=upload.event, key=upload.key, instead=renamed.key)
        return renamed

    def _clip(self, upload: Upload, body: Body) -> Parcel:
        begun = self._begun.get(upload.event, upload.begun)
        noted_at = self.clock.monotonic()

        def note(begun: BegunUpload) -> None:
            """In the thread that sends."""
            nonlocal noted_at
            self._begun[upload.event] = begun
            if self.clock.monotonic() - noted_at >= NOTE_SECONDS:
                noted_at = self.clock.monotonic()
                self._note(replace(upload, begun=begun))

        return Parcel("clip", upload.event, upload.key, body, begun, note)

    def _note(self, upload: Upload) -> None:
        try:
            self._keep(upload)
        except CatalogUnavailable as error:
            log.debug("how far an upload has come was not written", event_id=upload.event, reason=str(error))

    def _forget(self, event: EventId) -> None:
        """In a thread.  The sweeper may have ended it a moment ago, and what lies there still has to go."""
        known = self.records.upload_of(event)
        if known is not None and known.state is not UploadState.LEAVING:
            self.records.forget_upload(event)

    def _keep(self, upload: Upload) -> bool:
        """In a thread.  False where the sweeper has ended it meanwhile.  Raises CatalogUnavailable."""
        known = self.records.upload_of(upload.event)
        is_gone = known is None or known.state is UploadState.LEAVING
        if is_gone and upload.state is UploadState.DONE and self.sweeps:
            self.records.save_upload(replace(upload, state=UploadState.LEAVING))
        if is_gone or (known is not None and known.state is UploadState.GIVEN_UP and upload.state is UploadState.DUE):
            return False
        self.records.save_upload(upload)
        return True


def _jitter() -> float:
    return random.random()  # noqa: S311 - jitter, not a secret
