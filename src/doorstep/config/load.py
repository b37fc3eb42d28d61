"""From the config file and the environment to `core.settings`.  What the file may say stands in `schema`."""

from collections.abc import Mapping
from pathlib import Path

from doorstep.config import schema
from doorstep.config.address_rules import address_faults
from doorstep.config.camera_rules import camera_faults
from doorstep.config.cloud_tables import aws_settings, catalog_settings, s3_settings
from doorstep.config.detection_rules import detection_faults
from doorstep.config.document import Document, read_document
from doorstep.config.doorbell_table import button_settings, chime_settings
from doorstep.config.fault import Fault, config_invalid
from doorstep.config.hub_table import hub_settings
from doorstep.config.judge import judged
from doorstep.config.live_table import live_settings
from doorstep.config.not_built import not_built_faults
from doorstep.config.notation import host_and_port
from doorstep.config.notify_table import notify_settings
from doorstep.config.outside import fill_in_environment, fill_in_files
from doorstep.config.secrets_file import read_secrets, secrets_beside
from doorstep.config.watch_table import watch_settings
from doorstep.config.zone_table import LeastHeights, ZoneTable
from doorstep.core.camera import CameraId
from doorstep.core.detection import Label
from doorstep.core.event import Cause
from doorstep.core.remote_use import DetectionPlace, RemoteUse
from doorstep.core.settings import (
    BufferSettings,
    CameraSettings,
    DetectionSettings,
    EventSettings,
    RetentionSettings,
    ServerSettings,
    Settings,
    StoreSettings,
    TlsSettings,
    Transport,
)
from doorstep.core.zone import Point, Zone

_NO_FILE = "(command line)"
DEMO_TEXT = """\
# The demo's camera.  Take it out once you have one of your own.
[[camera]]
id = "demo"
name = "Demo door"
source = "demo://"
"""
"""What `demo_settings` are in a file, for whoever goes on from there."""


def load_settings(
    path: Path | None,
    environment: Mapping[str, str],
    *,
    data: Path | None = None,
    listen: str | None = None,
    only_built: bool = False,
) -> Settings:
    """What the file at `path` says, or the defaults without one; `data` and `listen` win over the file's.

    What `${NAME}` means is looked up in the environment, then in the `secrets.toml` beside the file.
    `only_built` refuses settings that this version would ignore.  Relative paths in the file are seen from its folder.
    Raises ConfigInvalid with everything that is wrong, one line each: file, line, key, remedy; no
    line holds a value of the file, of the environment or of a secret's file.
    """
    document = read_document(path) if path else Document(_NO_FILE, Path.cwd())
    known = {**read_secrets(secrets_beside(path)), **environment} if path else environment
    file, faults = checked(document, known, only_built=only_built)
    if file is None or faults:
        raise config_invalid(document.file, document.lines, faults)
    return settings_in(file, document.folder, data=data, listen=listen)


def checked(
    document: Document, environment: Mapping[str, str], *, only_built: bool = False
) -> tuple[schema.ConfigFile | None, list[Fault]]:
    """The document as values, or everything that is wrong with it; it is filled in from outside, and not kept whole."""
    faults = [*document.faults, *fill_in_environment(document, environment)]
    faults += fill_in_files(document)
    faults += address_faults(document)
    faults += camera_faults(document)
    faults += detection_faults(document)
    file, more = judged(document)
    if only_built:
        faults += not_built_faults(document)
    return file, [*faults, *more]


def settings_in(
    file: schema.ConfigFile, folder: Path, *, data: Path | None = None, listen: str | None = None
) -> Settings:
    """The same for the rest of Doorstep.  Raises ConfigInvalid for a key file that is none, and a wrong `listen`."""
    return _settings(file, folder, _server(file.server, folder, data, listen))


def demo_settings(
    data: Path | None = None, listen: str | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """One invented camera and no file.  Without `data`, the folder is `doorstep-demo` in the user's state folder.

    Raises ConfigInvalid when `listen` is not HOST:PORT.
    """
    folder = data or _state_folder(environment or {}) / "doorstep-demo"
    camera = CameraSettings(id=CameraId("demo"), name="Demo door", source="demo://")
    return Settings(server=_server(schema.Server(), Path.cwd(), folder, listen), cameras=(camera,))


def _state_folder(environment: Mapping[str, str]) -> Path:
    """By the XDG Base Directory Specification: relative names in the variable are ignored."""
    named = Path(environment.get("XDG_STATE_HOME", ""))
    return named if named.is_absolute() else Path(environment.get("HOME") or Path.home()) / ".local" / "state"


def _settings(file: schema.ConfigFile, folder: Path, server: ServerSettings) -> Settings:
    buffer = file.buffer
    return Settings(
        server=server,
        buffer=BufferSettings(
            seconds=buffer.seconds,
            max_bytes=buffer.max_bytes,
            directory=folder / buffer.directory if buffer.directory else None,
        ),
        cameras=tuple(_camera(camera, uploads=file.store.kind == "s3") for camera in file.camera),
        detection=_detection(file.detection, folder),
        events=_events(file.events),
        store=_store(file, folder),
        aws=aws_settings(file.aws),
        catalog=catalog_settings(file.catalog),
        retention=RetentionSettings(
            days=file.retention.days, always_days=file.retention.always_days, max_bytes=file.retention.max_bytes
        ),
        notify=notify_settings(file.notify, folder),
        live=live_settings(file.live),
        hub=hub_settings(file.hub),
        watch=watch_settings(file.watch),
        buttons=tuple(map(button_settings, file.button)),
        chime=chime_settings(file.chime, folder),
    )


def _server(server: schema.Server, folder: Path, data: Path | None, listen: str | None) -> ServerSettings:
    host, port = host_and_port(server.listen) if listen is None else _overridden(listen)
    return ServerSettings(
        host=host,
        port=port,
        data=data.absolute() if data else folder / server.data,
        names=tuple(server.names),
        address=server.address,
        timezone=server.timezone,
        trusted_proxies=tuple(server.trusted_proxies),
        ingest_from=tuple(server.ingest_from),
        tls=TlsSettings(folder / server.tls.cert, folder / server.tls.key) if server.tls else None,
    )


def _store(file: schema.ConfigFile, folder: Path) -> StoreSettings:
    return StoreSettings(file.store.kind, file.store.durability, s3_settings(file.store, file.aws, folder))


def _camera(camera: schema.Camera, *, uploads: bool) -> CameraSettings:
    return CameraSettings(
        id=CameraId(camera.id),
        name=camera.name,
        source=camera.source or "",
        detect=camera.detect,
        record_always=camera.record == "always",
        stream_key=camera.stream_key,
        audio=camera.audio,
        enabled=camera.enabled,
        upload=uploads if camera.upload is None else camera.upload,
        masks=tuple(map(_polygon, camera.masks)),
        reencode=camera.reencode,
        rotation=camera.rotation,
        transport=Transport(camera.transport),
        zones=tuple(map(_zone, camera.zones)),
        least_heights=_least_heights(camera.least_heights),
        motion_masks=tuple(map(_polygon, camera.motion_masks)),
    )


def _zone(zone: ZoneTable) -> Zone:
    return Zone(zone.name, _polygon(zone.polygon), zone.exclude, _least_heights(zone.least_heights))


def _least_heights(heights: LeastHeights | None) -> tuple[tuple[str, float], ...]:
    return () if heights is None else tuple(heights.model_dump(exclude_none=True).items())


def _detection(detection: schema.Detection, folder: Path) -> DetectionSettings:
    is_path = "/" in detection.model or detection.model.endswith(".onnx")
    return DetectionSettings(
        model=str(folder / detection.model) if is_path else detection.model,
        input_size=detection.input_size,
        labels=frozenset(map(Label, detection.labels)),
        where=DetectionPlace(detection.where),
        endpoint=detection.endpoint,
        token=detection.token,
        sign=detection.sign,
        use=RemoteUse(detection.use),
        price_per_call_usd=detection.price_per_call_usd,
        monthly_cap_usd=detection.monthly_cap_usd,
        looks_per_second=detection.looks_per_second,
        look_at_least_every=detection.look_at_least_every,
        crops=detection.crops,
        second_look=detection.second_look,
    )


def _events(events: schema.Events) -> EventSettings:
    return EventSettings(
        pre_roll=events.pre_roll,
        close_after=events.close_after,
        post_roll=events.post_roll,
        longest=events.longest,
        record_cooldown=events.record_cooldown,
        alert_cooldown=events.alert_cooldown,
        record_on=frozenset(map(Cause, events.record_on)),
        alert_on=frozenset(map(Cause, events.alert_on)),
        stationary_after=events.stationary_after,
        loitering_after=events.loitering_after,
    )


def _polygon(corners: list[list[float]]) -> tuple[Point, ...]:
    return tuple((x, y) for x, y in corners)


def _overridden(listen: str) -> tuple[str, int]:
    try:
        return host_and_port(listen)
    except ValueError as error:
        fault = Fault(("--listen",), str(error))
        raise config_invalid(_NO_FILE, {}, [fault]) from None
