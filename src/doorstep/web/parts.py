"""Everything the web needs from outside, as ports and plain values.  `app.py` fills it in."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from doorstep.core.access import Account
from doorstep.core.camera import CameraId
from doorstep.core.event import Cause, Event
from doorstep.ports import Accounts, CameraDirectory, Catalog, ClipBuilder, Clock, Health, LiveFeed, Store

DIST = Path(__file__).parent / "dist"


@dataclass(frozen=True, slots=True)
class WebParts:
    """Ports and values of one server.

    `people` lists every account; it blocks, and raises CatalogUnavailable.
    `trigger` tells the pipeline of a press or motion that came by HTTP: camera, cause, the sender's note.
    `still_key` and `thumbnail_key` name an event's pictures in the store.
    `names` are host names of the config file and `hostname` is the machine's own; addresses are always answered.
    `longest_clip_seconds` bounds a clip cut out of the buffer; `dist` is the built app, which may be absent.
    """

    clock: Clock
    catalog: Catalog
    store: Store
    accounts: Accounts
    people: Callable[[], Sequence[Account]]
    cameras: CameraDirectory
    live: LiveFeed
    clips: ClipBuilder
    health: Health
    trigger: Callable[[CameraId, Cause, str], Awaitable[None]]
    still_key: Callable[[Event], str]
    thumbnail_key: Callable[[Event], str]
    version: str
    storage_limit_bytes: int
    names: tuple[str, ...] = ()
    hostname: str = ""
    longest_clip_seconds: float = 3600.0
    dist: Path = DIST
