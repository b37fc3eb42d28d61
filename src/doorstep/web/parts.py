"""Everything the web needs from outside, as ports and plain values.  `app.py` fills it in."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from doorstep.core.access import Account, Grant
from doorstep.core.camera import CameraId
from doorstep.core.errors import AccessDenied
from doorstep.core.event import Cause, Event
from doorstep.core.explanation import Verdict
from doorstep.core.input_size import SizedModel
from doorstep.core.lateness import Lateness
from doorstep.core.remote_use import RemoteState
from doorstep.ports import (
    Accounts,
    AuditLog,
    CameraDirectory,
    Catalog,
    ClipBuilder,
    Clock,
    Health,
    HlsFeed,
    LiveFeed,
    LiveSessions,
    MseFeed,
    Store,
    WebRtc,
)

DIST = Path(__file__).parent / "dist"


def _no_keys(camera: CameraId, asker: Grant) -> tuple[str, datetime]:
    del camera, asker
    msg = "This server gives no addresses for players."
    raise AccessDenied(msg)


async def _nobody(name: str, token: str) -> bool:
    del name, token
    return False


def _nothing_known(event: Event, verdict: Verdict) -> bool:
    del event, verdict
    return False


@dataclass(frozen=True, slots=True)
class RtmpParts:
    """What the web must know of RTMP.

    `make_play_key` makes a short-lived secret for one camera on behalf of the asker, and says until when; it blocks,
    and raises CatalogUnavailable, AccessDenied.  `may_play` says whether a name is a camera that a token opens.
    `camera_of_key` is the camera that pushes to nginx with this key, found in constant time; None if there is none.
    `play_addresses` are a camera's addresses on this host, without a token; none where nothing listens.
    `ingest_from` are the networks, besides this machine, from which nginx may ask who may publish and play.
    """

    make_play_key: Callable[[CameraId, Grant], tuple[str, datetime]] = _no_keys
    may_play: Callable[[str, str], Awaitable[bool]] = _nobody
    camera_of_key: Callable[[str], CameraId | None] = lambda _key: None
    play_addresses: Callable[[CameraId, str], Sequence[str]] = lambda _camera, _host: ()
    ingest_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebParts:
    """Ports and values of one server.

    `people` lists every account; it blocks, and raises CatalogUnavailable.
    `trigger` tells the pipeline of a press or motion that came by HTTP: camera, cause, the sender's note.
    `still_key` and `thumbnail_key` name an event's pictures in the store.
    `names` are host names of the config file and `hostname` is the machine's own; addresses are always answered.
    `longest_clip_seconds` bounds a clip cut out of the buffer; `dist` is the built app, which may be absent.
    `lateness` is the event loop's, for the metrics.  `written_a_day` are the bytes that recording writes in a day at
    the pace so far, None before there is one.
    `judge` keeps what somebody says about an event; False where nothing is known of why it opened.  It blocks, and
    raises StoreUnavailable, CatalogUnavailable.
    `model` is what looks on this machine, None while it is loading or missing; `remote` is how a remote detector does,
    None where there is none.
    """

    clock: Clock
    catalog: Catalog
    store: Store
    accounts: Accounts
    people: Callable[[], Sequence[Account]]
    cameras: CameraDirectory
    live: LiveFeed
    live_sessions: LiveSessions
    webrtc: WebRtc
    hls: HlsFeed
    mse: MseFeed
    audit: AuditLog
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
    lateness: Lateness = field(default_factory=Lateness)
    written_a_day: Callable[[], float | None] = lambda: None
    rtmp: RtmpParts = RtmpParts()
    judge: Callable[[Event, Verdict], bool] = _nothing_known
    model: Callable[[], SizedModel | None] = lambda: None
    remote: Callable[[], RemoteState | None] = lambda: None
