"""Playing from the bucket, as the web has it."""

from collections.abc import Callable
from urllib.parse import urlsplit

from doorstep.app.off_site import OffSiteCopies
from doorstep.core.cloud_settings import S3Settings
from doorstep.core.errors import StoreUnavailable
from doorstep.pipeline.off_site_clips import OffSiteClips
from doorstep.ports import Clock
from doorstep.web.off_site_parts import OffSiteClipParts

_ANY_KEY = "clip.mp4"


def off_site_clip_parts(
    copies: OffSiteCopies | None, settings: S3Settings | None, clock: Clock
) -> OffSiteClipParts | None:
    """None without a bucket.  Nothing connects: links are signed here."""
    if copies is None or settings is None:
        return None
    direct, waited = settings.direct_links, copies.way.waited_for
    clips = OffSiteClips(copies.store, copies.records, clock, direct=direct, waited=waited)
    origin = _origin(lambda: copies.store.link(_ANY_KEY, 1.0, _ANY_KEY)) if direct else ""
    return OffSiteClipParts(clips.uploads_of, clips.clip_of, clips.link_to, clips.picture, origin)


def _origin(link: Callable[[], str | None]) -> str:
    """Where links lead: what a page may play from besides our own address; empty where no link can be made."""
    try:
        made = link()
    except StoreUnavailable:
        return ""
    parts = urlsplit(made or "")
    return f"{parts.scheme}://{parts.netloc}" if made else ""
