"""What is switched on, and how the server says that it is: that part of `doorstep check --report`.

Never a value that somebody chose: a camera is a number, a channel its kind, a problem its rule.
"""

import dataclasses
import os
import pwd
import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid
from doorstep.core.health_telling import RULES, camera_of, rule_of
from doorstep.core.hub_tunnel import HUB_FOLDER, PAIRING_NAME
from doorstep.core.machine_report import PrivateWords, ReportLine, ReportSection
from doorstep.core.settings import CameraSettings, Settings
from doorstep.sources.address import PicameraAddress, V4l2Address, parse_source

_KNOWN_MODELS = frozenset({"yolox-nano", "yolox-tiny", "yolox-s", "nanodet-g"})
_SPOKEN = _KNOWN_MODELS | {"demo", "rtsp", "rtsps", "rtmp", "rtmps", "picamera", "v4l2", "file", "http", "https"}
"""Words that the report says itself: somebody may have chosen one of them, and it tells nothing."""

_CONDITIONS = frozenset({"live", "connecting", "stalled", "refused", "faulted", "off"})
_SHORTEST_VALUE = 4


def choice_section(settings: Settings | None) -> ReportSection:
    """None where the config cannot be read."""
    if settings is None:
        told = "the config cannot be read, or is not needed here; `doorstep check` says which"
        return ReportSection("Switched on", (ReportLine("settings", told),))
    detection = settings.detection
    model = detection.model if detection.model in _KNOWN_MODELS else "a file of the owner's"
    return ReportSection(
        "Switched on",
        (
            ReportLine("cameras", tuple(_camera_words(*each) for each in enumerate(settings.cameras, 1))),
            ReportLine("model", model),
            ReportLine("model sees pictures at", str(detection.input_size)),
            ReportLine("detector runs", str(detection.where)),
            ReportLine("second look", detection.second_look),
            ReportLine("recordings also off-site", settings.store.s3 is not None),
            ReportLine("catalog", "a database of the owner's" if settings.catalog.url else "a file"),
            ReportLine("buffer", "in memory" if settings.buffer.directory is None else "in a folder of the owner's"),
            ReportLine("TLS of its own", settings.server.tls is not None),
            ReportLine("hub", _hub_words(settings)),
            ReportLine("WebRTC", settings.live.webrtc),
            ReportLine("channels", tuple(_channels(settings))),
            ReportLine("buttons on pins", len(settings.buttons)),
            ReportLine("chime", settings.chime.sound_on or settings.chime.pin is not None),
            ReportLine("nightly test", settings.watch.test_at is not None),
        ),
    )


def server_section(answers: Mapping[str, object] | None, settings: Settings | None) -> ReportSection:
    """`answers` are those of the running server to GET /status and GET /cameras, by these names; None: none runs."""
    if answers is None:
        return ReportSection("Server", (ReportLine("answers", False),))
    numbers = {camera.id: number for number, camera in enumerate(settings.cameras if settings else (), 1)}
    status = _table(answers.get("status"))
    problems = [_problem_words(_table(each), numbers) for each in _rows(status.get("problems"))]
    states = Counter(_of(str(_table(each).get("state")), _CONDITIONS) for each in _rows(answers.get("cameras")))
    return ReportSection(
        "Server",
        (
            ReportLine("answers", told=True),
            ReportLine("version", str(status.get("version", ""))[:40]),
            ReportLine("sees everything", bool(status.get("seeing"))),
            ReportLine("cameras", tuple(f"{count} {state}" for state, count in sorted(states.items()))),
            ReportLine("problems", tuple(problems)),
        ),
    )


def private_words(settings: Settings | None) -> PrivateWords:
    """Names of machine and user, and every text that the owner chose."""
    found = {socket.gethostname(), socket.gethostname().partition(".")[0], os.environ.get("USER", ""), Path.home().name}
    with suppress(KeyError):
        found.add(pwd.getpwuid(os.getuid()).pw_name)
    chosen = set(_chosen_texts(settings)) if settings is not None else set()
    found |= {word for text in chosen for word in (text, *_parts(text)) if len(word) >= _SHORTEST_VALUE}
    return PrivateWords.of(found - _SPOKEN)


def has_own_camera(settings: Settings | None) -> bool:
    """Whether a server of these settings has the Pi's camera open."""
    cameras = settings.cameras if settings else ()
    return any(camera.enabled and camera.source.startswith("picamera:") for camera in cameras)


def _hub_words(settings: Settings) -> str:
    """Never which: its name is where somebody lives."""
    if not settings.hub.enabled:
        return "switched off"
    try:
        return "joined" if (settings.server.data / HUB_FOLDER / PAIRING_NAME).is_file() else "none"
    except OSError:
        return "cannot be read"


def _camera_words(number: int, camera: CameraSettings) -> str:
    switched = {
        "recorded always": camera.record_always,
        "detect stream": camera.detect is not None,
        "sound": camera.audio,
        "masks": bool(camera.masks),
        "encoded anew": camera.reencode,
        "turned": camera.rotation != 0,
        "zones": bool(camera.zones),
        "off-site": camera.upload,
        "switched off": not camera.enabled,
    }
    return ", ".join([f"{number}: {_kind(camera.source)}", *(name for name, on in switched.items() if on)])


def _kind(source: str) -> str:
    """The scheme, and of cameras of the machine itself size and rate."""
    try:
        address = parse_source(source)
    except ConfigInvalid:
        return "an unknown kind"
    scheme = source.partition("://")[0].lower()
    match address:
        case PicameraAddress(size=(width, height), rate=rate):
            return f"{scheme} {width}x{height} at {rate}"
        case V4l2Address(size=(width, height), rate=rate):
            return f"{scheme} {width}x{height} at {rate or 'its own rate'}"
        case _:
            return scheme


def _channels(settings: Settings) -> Iterator[str]:
    notify = settings.notify
    if notify.email is not None:
        yield "mail by Amazon SES" if notify.email.ses_region else "mail"
    if notify.push.contact:
        yield "push with a contact"
    if notify.apprise:
        yield f"{len(notify.apprise)} by Apprise"
    if notify.webhooks:
        yield f"{len(notify.webhooks)} webhooks"
    if notify.mqtt is not None:
        yield "MQTT"


def _problem_words(problem: Mapping[str, object], numbers: Mapping[CameraId, int]) -> str:
    key = str(problem.get("key", ""))
    camera = camera_of(key)
    whose = "" if camera is None else f" of camera {numbers.get(camera, '?')}"
    return f"{_of(rule_of(key), RULES)}{whose}, since {str(problem.get('since', ''))[:19]}"


def _of(word: str, known: Iterable[str]) -> str:
    return word if word in known else "other"


def _chosen_texts(value: object, default: object = None) -> Iterator[str]:
    """Of settings, all texts and folders that are not what they are without a word of the owner."""
    match value:
        case Enum() | None:
            return
        case str() | Path():
            if value != default:
                yield str(value)
        case bytes():
            return
        case tuple() | frozenset() | list():
            for each in value:
                yield from _chosen_texts(each)
        case _ if dataclasses.is_dataclass(value):
            for each in dataclasses.fields(value):
                usual = each.default if each.default is not dataclasses.MISSING else None
                yield from _chosen_texts(getattr(value, each.name), usual)
        case _:
            return


def _parts(text: str) -> Sequence[str]:
    """Of an address its host, name and password."""
    try:
        address = urlsplit(text)
        found = [address.hostname, address.username, address.password]
    except ValueError:
        found = []
    return [part for part in found if part]


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _rows(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
