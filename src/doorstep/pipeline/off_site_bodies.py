"""What of an event goes off-site: its pictures and its clip, as bodies.  When, and what becomes of it: `uploads`."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from doorstep.core.camera import CameraId
from doorstep.core.clip_words import METADATA, ClipWords
from doorstep.core.errors import BlobMissing
from doorstep.core.event import Event, EventId
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.upload import Body, Upload
from doorstep.ports import ClipBuilder, Store

JPEG = "image/jpeg"


def no_link(_event: Event) -> str:
    """Where nobody can be sent to."""
    return ""


MOST_LINKS = 100


@dataclass(frozen=True, slots=True)
class EventBodies:
    """Reads from this house.  `clips` builds from the store alone: the same clip asked for twice has the same bytes.

    `name_of` is what people call a camera; `link_to` opens the event for whoever has the link: it blocks, is empty
    where there is none, and is asked once for all tries.
    """

    store: Store
    clips: ClipBuilder
    name_of: Callable[[CameraId], str]
    link_to: Callable[[Event], str] = no_link
    _links: dict[EventId, str] = field(default_factory=dict)

    async def clip(self, event: Event, upload: Upload) -> Body:
        """Raises BlobMissing, SpanUnavailable, StoreUnavailable, CatalogUnavailable."""
        clip = await self.clips.of_event(event)
        words = ClipWords(
            event=event.id,
            camera=event.camera,
            name=self.name_of(event.camera),
            started_at=event.started_at,
            seconds=(clip.ends_at - clip.starts_at).total_seconds(),
            causes=event.causes,
            link=await self._link(event),
            pictures=picture_keys(upload.key) if event.has_still else (),
            sealed=upload.sealed,
        )
        return Body(clip.size, clip.read, clip.media_type, {METADATA: words.text()})

    async def pictures(self, event: Event, upload: Upload) -> list[tuple[str, Body]]:
        """Each with its key; those that are there.  Raises StoreUnavailable."""
        if event.recording is None or not event.has_still:
            return []
        here = picture_keys(event.recording.key)
        bodies = [await asyncio.to_thread(self._picture, key) for key in here]
        there = picture_keys(upload.key)
        return [(key, body) for key, body in zip(there, bodies, strict=True) if body is not None]

    async def _link(self, event: Event) -> str:
        if event.id not in self._links:
            while len(self._links) >= MOST_LINKS:
                del self._links[next(iter(self._links))]
            self._links[event.id] = await asyncio.to_thread(self.link_to, event)
        return self._links[event.id]

    def _picture(self, key: str) -> Body | None:
        try:
            data = self.store.read(key, 0, self.store.size(key))
        except BlobMissing:
            return None
        return body_of(data, JPEG)


def picture_keys(key: str) -> tuple[str, str]:
    """Of still and thumbnail beside the clip called `key`."""
    return still_key(key), thumbnail_key(key)


def body_of(data: bytes, content_type: str) -> Body:
    """Of what is small enough to be held."""
    return Body(len(data), partial(_slice, data), content_type)


def _slice(data: bytes, offset: int, length: int) -> Iterator[bytes]:
    yield data[offset : offset + length]
