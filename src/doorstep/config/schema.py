"""What the config file may say: every key with its type, bounds and meaning.  Reading it lives in `load`."""

import ipaddress
import re
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from doorstep.config.cloud_tables import Aws, Catalog, Store, WebAddress, cloud_fault
from doorstep.config.doorbell_table import Button, Chime, doorbell_fault
from doorstep.config.hub_table import Hub
from doorstep.config.live_table import Live
from doorstep.config.notation import host_and_port, size_in_bytes
from doorstep.config.notify_table import Notify, notify_fault
from doorstep.config.table import Table, Text, rule_broken, unless_auto
from doorstep.config.watch_table import Watch
from doorstep.config.zone_table import LeastHeights, Name, Polygon, ZoneTable

_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.ASCII)


def _listen(value: str) -> str:
    host_and_port(value)
    return value


def _host(value: str) -> str:
    if not _HOST.fullmatch(value) or len(value) > 253:
        msg = "must be a host name in small letters, without port or path"
        raise ValueError(msg)
    return value


def _time_zone(value: str) -> str:
    try:
        return value if value == "system" else ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = 'must be "system" or a time zone such as "Europe/Berlin"'
        raise ValueError(msg) from None


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        msg = 'must be an address or a network such as "192.0.2.0/24"'
        raise ValueError(msg) from None


def _proxies(value: str) -> str:
    network = ipaddress.ip_network(_network(value))
    if network.prefixlen == 0:
        msg = "would be everybody: whoever asks could say that he is somebody else; name the proxy itself"
        raise ValueError(msg)
    return str(network)


def _size(value: object) -> object:
    return size_in_bytes(value) if isinstance(value, str) else value


Seconds = Annotated[float, Field(ge=0, le=7 * 24 * 3600)]
Size = Annotated[int, BeforeValidator(_size), Field(gt=0, le=2**63 - 1)]
SizeOrAuto = Annotated[int | None, Field(gt=0, le=2**63 - 1), BeforeValidator(_size), BeforeValidator(unless_auto)]
TextOrAuto = Annotated[Text | None, BeforeValidator(unless_auto)]
CauseWord = Literal["person", "press", "trigger", "motion", "loitering"]
LabelWord = Literal["person", "bicycle", "car", "cat", "dog", "package"]
_CAUSES: tuple[CauseWord, ...] = ("person", "press", "trigger")


class Tls(Table):
    """The server's own certificate."""

    cert: Text = Field(description="The certificate with its chain, a PEM file.")
    key: Text = Field(description="Its private key, a PEM file.")


class Server(Table):
    """Where the server listens and keeps its files."""

    listen: Annotated[str, AfterValidator(_listen)] = Field("0.0.0.0:8080", description="HOST:PORT of the web page.")
    data: Text = Field("/var/lib/doorstep", description="The folder for recordings and the catalog.")
    names: list[Annotated[str, AfterValidator(_host)]] = Field(
        [], description="Host names that it answers to, besides its addresses."
    )
    address: WebAddress = Field(
        "", description="Where people reach it from outside, such as https://door.example.org: links begin with it."
    )
    timezone: Annotated[str, AfterValidator(_time_zone)] = Field(
        "system", description="For quiet hours, words in mails and the demo clock."
    )
    trusted_proxies: list[Annotated[str, AfterValidator(_proxies)]] = Field(
        [], description="Whose forwarding headers are believed."
    )
    ingest_from: list[Annotated[str, AfterValidator(_network)]] = Field(
        [], description="Where an RTMP server may ask from who may publish and play, besides this machine."
    )
    tls: Tls | None = Field(None, description="The server's own certificate.")


class Buffer(Table):
    """The rolling buffer of each camera."""

    seconds: float = Field(900, ge=10, le=24 * 3600, description="How much video is kept of each camera.")
    max_bytes: SizeOrAuto = Field(
        None, description='How much all cameras together may use; "auto" is a quarter of the memory.'
    )
    directory: TextOrAuto = Field(None, description='Where it lies; "auto" is in memory, never on a disk.')


class Camera(Table):
    """One camera."""

    id: Annotated[str, StringConstraints(pattern=r"\A[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\z")] = Field(
        description="Its short name in addresses and file names: a-z, 0-9 and -, at most 40."
    )
    name: Name = Field(description="Its name for people.")
    source: Text | None = Field(None, repr=False, description="The address of its video.")
    source_file: Text | None = Field(None, description="A file that holds the address, instead of `source`.")
    detect: Text | None = Field(None, repr=False, description="The address of a smaller stream to look at.")
    detect_file: Text | None = Field(None, description="A file that holds that address, instead of `detect`.")
    record: Literal["events", "always"] = Field("events", description="What is recorded.")
    stream_key: str = Field("", repr=False, max_length=4096, description="The key of a camera that pushes its video.")
    stream_key_file: Text | None = Field(None, description="A file that holds the key, instead of `stream_key`.")
    audio: bool = Field(False, description="Whether sound is kept.")
    enabled: bool = Field(True, description="Whether it is used at all.")
    upload: bool | None = Field(
        None, description='Whether its events go off-site; without a word they do where [store] has kind = "s3".'
    )
    masks: list[Polygon] = Field([], max_length=50, description="Polygons that are never stored nor shown.")
    reencode: bool = Field(
        False,
        description="Whether a network camera may be decoded and encoded anew, as masks and rotation need there.",
    )
    rotation: Literal[0, 90, 180, 270] = Field(0, description="Degrees clockwise by which the picture is turned.")
    transport: Literal["tcp", "udp"] = Field("tcp", description="How an RTSP camera sends its video.")
    zones: list[ZoneTable] = Field([], max_length=50, description="Where persons count; everywhere, if there is none.")
    least_heights: LeastHeights | None = Field(
        None, description="How high a box must be to count, where no zone says otherwise."
    )
    motion_masks: list[Polygon] = Field([], max_length=50, description="Polygons in which motion does not count.")

    @model_validator(mode="after")
    def _zones_are_told_apart(self) -> Self:
        names = [zone.name for zone in self.zones]
        if len(set(names)) < len(names):
            words = "has two zones of the same name; events are told by it"
            raise rule_broken(words, "zones")
        return self


class Detection(Table):
    """How often to look, and with what."""

    model: Text = Field("yolox-nano", description="The name of a model, or the path of an ONNX file.")
    input_size: Literal["auto", "own", 416, 320, 256] = Field(
        "auto", description='How large the model sees pictures; "auto" is the largest size that this machine affords.'
    )
    labels: list[LabelWord] = Field(["person"], min_length=1, max_length=20, description="What is looked for.")
    where: Literal["local", "remote"] = Field("local", description="Where the detector runs.")
    endpoint: str = Field("", repr=False, max_length=4096, description="The address of a remote detector.")
    token: str = Field("", repr=False, max_length=4096, description="What a remote detector asks for.")
    token_file: Text | None = Field(None, description="A file that holds that, instead of `token`.")
    sign: Literal["", "aws"] = Field("", description='"aws" signs each request with the keys of [aws].')
    use: Literal["every", "doubtful"] = Field(
        "every", description="Whether a remote detector gets every look, or those that the local model doubts."
    )
    price_per_call_usd: float = Field(0, ge=0, le=1000, description="What a picture sent to it costs; 0: nothing.")
    monthly_cap_usd: float = Field(0, ge=0, le=1e6, description="What a remote detector may cost in a month.")
    looks_per_second: float = Field(4, ge=0.1, le=30, description="How often to look while something moves.")
    look_at_least_every: float = Field(15, ge=1, le=3600, description="Seconds between looks while nothing moves.")
    crops: bool = Field(True, description="Whether to look closely at where it moves, if that is a small part.")
    second_look: bool = Field(False, description="Whether the model looks again, larger, where it is in doubt.")


class Events(Table):
    """When an event opens and closes, what of it is kept and told; times in seconds."""

    pre_roll: Seconds = Field(5, description="Video before the first sighting.")
    close_after: Seconds = Field(10, gt=0, description="Seconds without a sighting that end an event.")
    post_roll: Seconds = Field(5, description="Video after the last sighting.")
    longest: Seconds = Field(300, gt=0, description="Then a new event continues it.")
    record_cooldown: Seconds = Field(0, description="Seconds between recordings.")
    alert_cooldown: Seconds = Field(120, description="Seconds between alerts.")
    record_on: list[CauseWord] = Field(list(_CAUSES), description="What is recorded.")
    alert_on: list[CauseWord] = Field(list(_CAUSES), description="What is told.")
    stationary_after: float = Field(
        300, ge=30, le=7 * 24 * 3600, description="Who has not moved for so long is taken for a thing, until it moves."
    )
    loitering_after: Annotated[float | None, Field(gt=0, le=7 * 24 * 3600)] = Field(
        None, description="Who stays so long loiters; nobody does without it."
    )

    @model_validator(mode="after")
    def _post_roll_lies_within_the_event(self) -> Self:
        if self.post_roll > self.close_after:
            words = f"must not be more than close_after ({self.post_roll:g} is more than {self.close_after:g})"
            raise rule_broken(words, "post_roll")
        return self

    @model_validator(mode="after")
    def _whoever_loiters_is_no_thing_yet(self) -> Self:
        after = self.loitering_after
        if after is None and "loitering" in {*self.record_on, *self.alert_on}:
            words = 'is missing: "loitering" in record_on or alert_on means nothing without it'
            raise rule_broken(words, "loitering_after")
        if after is not None and after >= self.stationary_after:
            words = f"must be less than stationary_after ({after:g} is not less than {self.stationary_after:g})"
            raise rule_broken(words, "loitering_after")
        return self


class Retention(Table):
    """How long recordings stay."""

    days: float = Field(30, gt=0, le=36500, description="Recordings older than this go.")
    always_days: float = Field(
        7, gt=0, le=36500, description='What record = "always" kept while nothing happened goes after so many days.'
    )
    max_bytes: Size = Field(50_000_000_000, description="The oldest recordings go when all together exceed this.")


class ConfigFile(Table):
    """The whole file."""

    server: Server = Field(default_factory=Server, description="The server.")
    buffer: Buffer = Field(default_factory=Buffer, description="The rolling buffer.")
    camera: list[Camera] = Field([], max_length=64, description="The cameras, one [[camera]] each.")
    detection: Detection = Field(default_factory=Detection, description="Detection.")
    events: Events = Field(default_factory=Events, description="Events.")
    store: Store = Field(default_factory=Store, description="The store.")
    aws: Aws = Field(default_factory=Aws, description="Who Doorstep is in AWS.")
    catalog: Catalog = Field(default_factory=Catalog, description="The list of events.")
    retention: Retention = Field(default_factory=Retention, description="Retention.")
    notify: Notify = Field(default_factory=Notify, description="Channels to people.")
    live: Live = Field(default_factory=Live, description="Live viewing.")
    hub: Hub = Field(default_factory=Hub, description="From anywhere.")
    watch: Watch = Field(default_factory=Watch, description="Who watches over Doorstep itself.")
    button: list[Button] = Field([], max_length=16, description="Doorbell buttons on pins, one [[button]] each.")
    chime: Chime = Field(default_factory=Chime, description="What sounds at home.")

    @model_validator(mode="after")
    def _the_camera_of_the_test_is_there(self) -> Self:
        tested = self.watch.test_camera
        if tested is not None and tested not in {camera.id for camera in self.camera}:
            words = "must be the id of a camera of this file"
            raise rule_broken(words, "watch.test_camera")
        return self

    @model_validator(mode="after")
    def _pre_roll_lies_in_the_buffer(self) -> Self:
        if self.events.pre_roll >= self.buffer.seconds:
            words = f"must be less than buffer.seconds ({self.buffer.seconds:g}), from which it is taken"
            raise rule_broken(words, "events.pre_roll")
        return self

    @model_validator(mode="after")
    def _doorbell_goes_together(self) -> Self:
        if fault := doorbell_fault(self.button, self.chime, {camera.id for camera in self.camera}):
            where, words = fault
            raise rule_broken(words, where)
        return self

    @model_validator(mode="after")
    def _what_is_outside_goes_together(self) -> Self:
        uploads = [(camera.id, camera.upload) for camera in self.camera]
        if fault := cloud_fault(self.store, self.aws, uploads, self.detection.sign):
            where, words = fault
            raise rule_broken(words, where)
        return self

    @model_validator(mode="after")
    def _channels_go_together(self) -> Self:
        if fault := notify_fault(self.notify, {camera.id for camera in self.camera}):
            where, words = fault
            raise rule_broken(words, where)
        return self
