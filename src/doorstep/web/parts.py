"""Everything the web needs from outside, as ports and plain values.  `app.py` fills it in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from pathlib import Path

from doorstep.core.access import Account, Grant
from doorstep.core.audit import AuditEntry
from doorstep.core.camera import CameraId
from doorstep.core.cause import TOLD, Cause
from doorstep.core.costs import PayeeCosts
from doorstep.core.delivery import Delivery
from doorstep.core.errors import AccessDenied, RehearsalRefused, SpanUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.explanation import Verdict
from doorstep.core.house_counts import HouseCounts
from doorstep.core.input_size import SizedModel
from doorstep.core.lateness import Lateness
from doorstep.core.outside_word import OutsideWord
from doorstep.core.rehearsal import RehearsalReport
from doorstep.core.remote_use import RemoteState
from doorstep.core.signed_motion import MotionSecret, SeenMarks
from doorstep.core.standing import Standing
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
    PastPictures,
    Preferences,
    Rehearsals,
    Store,
    WebRtc,
)
from doorstep.web.address_parts import AddressParts
from doorstep.web.backup_parts import BackupParts
from doorstep.web.channel_parts import ChannelParts
from doorstep.web.hub_parts import HubParts
from doorstep.web.off_site_parts import OffSiteClipParts
from doorstep.web.push_parts import PushParts
from doorstep.web.settings_parts import SettingsParts
from doorstep.web.share_parts import ShareParts
from doorstep.web.sign_in_parts import SignInParts
from doorstep.web.wizard_parts import WizardParts

DIST = Path(__file__).parent / "dist"


def _no_keys(camera: CameraId, asker: Grant) -> tuple[str, datetime]:
    del camera, asker
    msg = "This server gives no addresses for players."
    raise AccessDenied(msg)


async def _nobody(name: str, token: str) -> bool:
    del name, token
    return False


async def _keeps_no_clip(camera: CameraId, start: datetime, end: datetime) -> Event:
    del camera, start, end
    msg = "This server keeps no clips."
    raise SpanUnavailable(msg)


class NoRehearsals:
    """Implements `ports.Rehearsals` where nothing can be tested."""

    def begin(self, camera: CameraId) -> str:
        """Raises RehearsalRefused."""
        del camera
        msg = "This server has no test of the doorstep."
        raise RehearsalRefused(msg)

    def report(self, rehearsal_id: str) -> RehearsalReport | None:
        """There is none."""
        del rehearsal_id
        return None


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


async def _free() -> Sequence[PayeeCosts]:
    return ()


async def _not_theirs(delivery_id: str, person: str, opened: bool) -> bool:  # noqa: FBT001 - as the field's type says
    del delivery_id, person, opened
    return False


async def _no_channel(channel: str) -> Delivery | None:
    del channel
    return None


@dataclass(frozen=True, slots=True)
class TellingParts:
    """Who is told, and how it went.

    `standings` are all recipients; `deliveries_of` what is remembered of an event's deliveries, newer than its rows;
    `unstored` an event that the catalog does not have yet.  `acknowledge` takes the word of a person's device, with
    whether somebody reacted; False for a delivery that is not his.  `test` sends a test alert by one channel and waits
    a few seconds; None without such a channel; raises OverflowError while another test runs there.
    `forget_pictures` drops what is remembered to be shown of an event's alerts.
    """

    standings: Callable[[], Sequence[Standing]] = lambda: ()
    deliveries_of: Callable[[EventId], Sequence[Delivery]] = lambda _event: ()
    unstored: Callable[[EventId], Event | None] = lambda _event: None
    acknowledge: Callable[[str, str, bool], Awaitable[bool]] = _not_theirs
    test: Callable[[str], Awaitable[Delivery | None]] = _no_channel
    forget_pictures: Callable[[EventId], None] = lambda _event: None


@dataclass(frozen=True, slots=True)
class WebParts:
    """Ports and values of one server.

    `people` lists every account; it blocks, and raises CatalogUnavailable.
    `trigger` takes a press or motion that came by HTTP, and answers with the moment that it is dated with.
    `still_key` and `thumbnail_key` name an event's pictures in the store.
    Recordings go once they are `keep_days` old; `bytes_by_camera` blocks, and raises CatalogUnavailable.
    `backup` makes backups, None where that cannot be.
    `names` are host names of the config file and `hostname` is the machine's own; addresses are always answered.
    `channels` tries some that are not in the config.  `hub` stands in for this house outside, where there is one.
    `trusted_proxies` are networks whose word about who asks is believed.
    `longest_clip_seconds` bounds a clip cut out of the buffer; `dist` is the built app, which may be absent.
    `lateness` is the event loop's, for the metrics.  `written_a_day` are the bytes that recording writes in a day at
    the pace so far, None before there is one.
    `counts` are what the metrics tell of doorbell and channels.
    `judge` keeps what somebody says about an event; False where nothing is known of why it opened.  It blocks, and
    raises StoreUnavailable, CatalogUnavailable.
    `model` is what looks on this machine, None while it is loading or missing; `remote` is how a remote detector does,
    None where there is none.  `push` is Web Push, None where its key cannot be used.
    `shares` are links to one event each, None where there are none.  `sign_ins` are people and their ways in.
    `off_site` plays what is gone here, None where nothing goes off-site.
    `alerted` are the causes that the config alerts on.
    `costs` are what others were paid this month; it raises CatalogUnavailable.
    `motion_secret` is what motion from the cloud is signed with, None where none is; `seen_motion` is what of it was
    acted on before, also in the run before.
    `keep_clip` makes an event of a span; it raises SpanUnavailable, StoreUnavailable, and StoreFull in plain words.
    `settings` are their file, and the house that runs by it.
    `switch_detection` switches a camera's detection on or off for who asks from an address; it returns at once.
    `note` writes a line of the audit log soon; it returns at once too.
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
    past: PastPictures
    health: Health
    preferences: Preferences
    trigger: Callable[[OutsideWord], Awaitable[datetime]]
    still_key: Callable[[Event], str]
    thumbnail_key: Callable[[Event], str]
    version: str
    storage_limit_bytes: Callable[[], int]
    keep_days: Callable[[], float] = lambda: inf
    bytes_by_camera: Callable[[], Mapping[CameraId, int]] = dict
    backup: BackupParts | None = None
    names: tuple[str, ...] = ()
    hostname: str = ""
    trusted_proxies: tuple[str, ...] = ()
    longest_clip_seconds: float = 3600.0
    dist: Path = DIST
    lateness: Lateness = field(default_factory=Lateness)
    written_a_day: Callable[[], float | None] = lambda: None
    rtmp: RtmpParts = RtmpParts()
    channels: ChannelParts = field(default_factory=ChannelParts)
    hub: HubParts = field(default_factory=HubParts)
    address: AddressParts = field(default_factory=AddressParts)
    telling: TellingParts = TellingParts()
    counts: Callable[[], HouseCounts] = HouseCounts
    judge: Callable[[Event, Verdict], bool] = _nothing_known
    model: Callable[[], SizedModel | None] = lambda: None
    remote: Callable[[], RemoteState | None] = lambda: None
    alerted: Callable[[], frozenset[Cause]] = lambda: TOLD
    push: PushParts | None = None
    shares: ShareParts | None = None
    sign_ins: SignInParts | None = None
    off_site: OffSiteClipParts | None = None
    keep_clip: Callable[[CameraId, datetime, datetime], Awaitable[Event]] = _keeps_no_clip
    rehearsals: Rehearsals = field(default_factory=NoRehearsals)
    costs: Callable[[], Awaitable[Sequence[PayeeCosts]]] = _free
    motion_secret: MotionSecret | None = None
    wizard: WizardParts = field(default_factory=WizardParts)
    seen_motion: SeenMarks = field(default_factory=SeenMarks)
    settings: SettingsParts = field(default_factory=SettingsParts)
    switch_detection: Callable[[CameraId, str, str, bool], None] = lambda _camera, _who, _address, _on: None
    note: Callable[[AuditEntry], None] = lambda _entry: None
