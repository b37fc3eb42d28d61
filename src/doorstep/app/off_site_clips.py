"""Playing from the bucket, as the web has it."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from doorstep.app.off_site import OffSiteCopies
from doorstep.core.cloud_settings import S3Settings
from doorstep.core.errors import StoreUnavailable
from doorstep.own_threads import in_own_thread
from doorstep.pipeline.off_site_clips import OffSiteClips, OnFetched
from doorstep.ports import Clock
from doorstep.web.off_site_parts import OffSiteClipParts

if TYPE_CHECKING:
    from doorstep.stores.s3 import S3Store

_ANY_KEY = "clip.mp4"


def off_site_clip_parts(
    copies: OffSiteCopies | None, settings: S3Settings | None, clock: Clock, origin: str, paid: OnFetched
) -> OffSiteClipParts | None:
    """None without a bucket.  `origin` is where links lead, `paid` counts what is fetched."""
    if copies is None or settings is None:
        return None
    direct, waited = settings.direct_links, copies.way.waited_for
    clips = OffSiteClips(copies.store, copies.records, clock, direct=direct, waited=waited, paid=paid)
    return OffSiteClipParts(
        clips.uploads_of,
        clips.clip_of,
        clips.link_to,
        clips.picture,
        origin,
        settings.place,
        waiting=lambda: copies.uploads.status().waiting,
    )


async def origin_of_links(copies: OffSiteCopies | None, settings: S3Settings | None) -> str:
    """What a page may play from besides our own address; empty where no link can be made.

    Nothing connects, for links are signed here; but the library that does takes half a second to load, so that is left
    to a thread.
    """
    if copies is None or settings is None or not settings.direct_links:
        return ""
    store = copies.store
    return await in_own_thread("off-site", lambda: _origin(store))


def _origin(store: "S3Store") -> str:
    try:
        made = store.link(_ANY_KEY, 1.0, _ANY_KEY)
    except StoreUnavailable:
        return ""
    parts = urlsplit(made or "")
    return f"{parts.scheme}://{parts.netloc}" if made else ""
