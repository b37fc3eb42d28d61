"""What the owner has chosen, checked and complete.  How a file says it lives in `config`."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.cloud_settings import AwsSettings, CatalogSettings, S3Settings
from doorstep.core.detection import PERSON, Label
from doorstep.core.ice_server import TurnSettings
from doorstep.core.input_size import InputSize
from doorstep.core.notify_settings import ButtonSettings, ChimeSettings, NotifySettings, WatchSettings
from doorstep.core.picture_rules import RULES, PictureRules
from doorstep.core.remote_use import DetectionPlace, RemoteUse
from doorstep.core.zone import Point, Zone


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """The server's own certificate."""

    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens and keeps its files; `names` are host names it answers to, besides its addresses.

    `address` is where people reach it from outside, empty where nobody said.  `ingest_from` are networks from which an
    RTMP server may ask who may publish and play, besides this machine.
    """

    host: str = "0.0.0.0"  # noqa: S104 - a doorbell on the home network; every route but health asks who is there
    port: int = 8080
    data: Path = Path("/var/lib/doorstep")
    names: tuple[str, ...] = ()
    address: str = ""
    timezone: str = "system"
    trusted_proxies: tuple[str, ...] = ()
    ingest_from: tuple[str, ...] = ()
    tls: TlsSettings | None = None


@dataclass(frozen=True, slots=True)
class BufferSettings:
    """The rolling buffer of each camera; `max_bytes` bounds all of them together, `directory` None means a tmpfs."""

    seconds: float = 900.0
    max_bytes: int | None = None
    directory: Path | None = None


class Transport(StrEnum):
    """How RTP packets come from an RTSP camera."""

    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """One camera.  `source` may hold a password: never log it, show `redacted(source)`.

    `rotation` is in degrees clockwise: 0, 90, 180 or 270.  `reencode` is the owner's consent to decode, paint and
    encode anew a camera that sends encoded video, which masks and rotation need there.  `least_heights` say for a label
    how high its box must be where no zone says otherwise, in parts of the picture's height; under `motion_masks` motion
    does not count.
    """

    id: CameraId
    name: str
    source: str = field(repr=False)
    detect: str | None = field(default=None, repr=False)
    record_always: bool = False
    stream_key: str = field(default="", repr=False)
    audio: bool = False
    enabled: bool = True
    upload: bool = False
    masks: tuple[tuple[Point, ...], ...] = ()
    reencode: bool = False
    rotation: int = 0
    transport: Transport = Transport.TCP
    zones: tuple[Zone, ...] = ()
    least_heights: tuple[tuple[str, float], ...] = ()
    motion_masks: tuple[tuple[Point, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """How often to look and with what; times in seconds.

    `input_size` is the side of the pictures that the model sees, in pixels; "own" is the model's, "auto" the largest
    that the machine affords.  With `where` remote the pictures go to `endpoint` first: all, or by `use` the doubtful
    ones; `token` opens its door, or with `sign` "aws" the keys of `AwsSettings` do.  `price_per_call_usd` 0 means that
    nobody keeps count.  With `second_look` the model looks again, larger, where it doubts.
    """

    model: str = "yolox-nano"
    input_size: InputSize = "auto"
    labels: frozenset[Label] = frozenset({PERSON})
    where: DetectionPlace = DetectionPlace.LOCAL
    endpoint: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    sign: str = ""
    use: RemoteUse = RemoteUse.EVERY_LOOK
    price_per_call_usd: float = 0.0
    monthly_cap_usd: float = 0.0
    looks_per_second: float = 4.0
    look_at_least_every: float = 15.0
    crops: bool = True
    second_look: bool = False


@dataclass(frozen=True, slots=True)
class EventSettings:
    """When an event opens and closes, what of it is kept and told; all times in seconds.

    Who has not moved for `stationary_after` is taken for a thing; who stays for `loitering_after` loiters, None never.
    """

    pre_roll: float = 5.0
    close_after: float = 10.0
    post_roll: float = 5.0
    longest: float = 300.0
    record_cooldown: float = 0.0
    alert_cooldown: float = 120.0
    record_on: frozenset[Cause] = frozenset({Cause.PERSON, Cause.PRESS, Cause.TRIGGER})
    alert_on: frozenset[Cause] = frozenset({Cause.PERSON, Cause.PRESS, Cause.TRIGGER})
    stationary_after: float = 300.0
    loitering_after: float | None = None


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where recordings go: to the disk here, and with `s3` off-site besides.

    `durability` is seconds between syncs, None to choose by the kind of disk.
    """

    kind: str = "local"
    durability: float | None = None
    s3: S3Settings | None = None


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long recordings stay: until `days` have passed or all together exceed `max_bytes`.

    What a camera with `record_always` recorded while nothing happened goes after `always_days` already.
    """

    days: float = 30.0
    always_days: float = 7.0
    max_bytes: int = 50_000_000_000


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How many may watch at once, and how WebRTC finds its way; `interfaces` (names or addresses) empty means all.

    `stun` and `turn` are empty unless the owner names servers: nothing is asked outside the house by itself.
    """

    webrtc: bool = True
    viewers: int = 128
    webrtc_viewers: int = 16
    interfaces: tuple[str, ...] = ()
    stun: tuple[str, ...] = ()
    turn: tuple[TurnSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Whether the hub that this house has joined is used; which one it is lies in the data folder."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """How patient the rules of health are.  No key of the config: tests alone are in a `hurry`, which divides waits."""

    pictures: PictureRules = RULES
    hurry: float = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything."""

    server: ServerSettings = ServerSettings()
    buffer: BufferSettings = BufferSettings()
    cameras: tuple[CameraSettings, ...] = ()
    detection: DetectionSettings = DetectionSettings()
    events: EventSettings = EventSettings()
    store: StoreSettings = StoreSettings()
    aws: AwsSettings = field(default_factory=AwsSettings)
    catalog: CatalogSettings = field(default_factory=CatalogSettings)
    retention: RetentionSettings = RetentionSettings()
    notify: NotifySettings = field(default_factory=NotifySettings)
    buttons: tuple[ButtonSettings, ...] = ()
    chime: ChimeSettings = field(default_factory=ChimeSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    live: LiveSettings = LiveSettings()
    hub: HubSettings = HubSettings()
    health: HealthSettings = HealthSettings()
