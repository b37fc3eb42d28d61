"""What the web needs to play what lies off-site, as plain values.  `app` fills it in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from anyio import CapacityLimiter

from doorstep.core.clip_file import Clip
from doorstep.core.event import Event, EventId
from doorstep.core.upload import Upload

MOST_ASKING = 8
"""Threads that ask outside at once, besides those that send clips: a page shows sixty pictures."""


def _asking() -> CapacityLimiter:
    return CapacityLimiter(MOST_ASKING)


@dataclass(frozen=True, slots=True)
class OffSiteClipParts:
    """All of them block, but for `waiting`.

    `uploads_of` raises CatalogUnavailable.  `clip_of`, `picture` (by its key there) and `link_to` (for a file name;
    None where a clip must come through this server) raise BlobMissing for what was deleted there, StoreUnavailable,
    and StoreRefused where only the owner can help.  `origin` is where links lead, empty where there are none.  `place`
    is the bucket that the config names: what lies in another is not asked for.
    `waiting` counts the clips that are not there yet at the last look, without blocking; None where nobody looked yet.
    `asking` are threads of their own: who waits for a bucket keeps nobody from what lies here.
    """

    uploads_of: Callable[[Sequence[EventId]], Mapping[EventId, Upload]]
    clip_of: Callable[[Event, Upload], Clip]
    link_to: Callable[[Upload, str], str | None]
    picture: Callable[[str], bytes]
    origin: str = ""
    place: str = ""
    waiting: Callable[[], int | None] = lambda: None
    asking: CapacityLimiter = field(default_factory=_asking)
