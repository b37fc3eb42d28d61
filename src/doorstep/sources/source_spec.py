"""All that the reader of one camera must know, as a value that crosses to another process.  Reading is elsewhere."""

import json
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from doorstep.core.errors import MediaInvalid
from doorstep.core.settings import CameraSettings, Transport
from doorstep.core.zone import Point
from doorstep.sources.address import (
    FileAddress,
    MjpegAddress,
    RtmpPullAddress,
    RtspAddress,
    V4l2Address,
    parse_source,
)
from doorstep.sources.sandbox import Allowance

_PORTS = {"rtsp": 554, "rtsps": 322, "rtmp": 1935, "rtmps": 443, "http": 80, "https": 443}
_WEB_PORTS = frozenset({80, 443})
_CODE = {
    "http": "doorstep.sources.mjpeg",
    "https": "doorstep.sources.mjpeg",
    "v4l2": "doorstep.sources.v4l2",
}


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One camera's address (it may hold a password: never log a spec's JSON) and how its stream is wanted.

    `look_only` asks for no source: packets come from elsewhere and are only decoded.
    """

    address: str = field(repr=False)
    transport: Transport = Transport.TCP
    audio: bool = False
    masks: tuple[tuple[Point, ...], ...] = ()
    rotation: int = 0
    reencode: bool = False
    look_only: bool = False

    def to_json(self) -> bytes:
        """UTF-8; `spec_from_json` reads it."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values["masks"] = [list(mask) for mask in self.masks]
        return json.dumps(values).encode()


LOOK_ONLY = SourceSpec("", look_only=True)


def spec_from_json(text: bytes) -> SourceSpec:
    """Raises MediaInvalid; only ever reads what `to_json` wrote."""
    try:
        values = json.loads(text)
        values["transport"] = Transport(values["transport"])
        values["masks"] = tuple(tuple((x, y) for x, y in mask) for mask in values["masks"])
        return SourceSpec(**values)
    except (ValueError, TypeError, KeyError) as error:
        msg = "the description of a camera could not be read"
        raise MediaInvalid(msg) from error


def spec_of(camera: CameraSettings, address: str | None = None) -> SourceSpec:
    """Of a camera's main stream, or of another `address` of it, such as the one that is only looked at."""
    return SourceSpec(
        address=address if address is not None else camera.source,
        transport=camera.transport,
        audio=camera.audio and address in {None, camera.source},
        masks=camera.masks,
        rotation=camera.rotation,
        reencode=camera.reencode,
    )


def allowance_of(spec: SourceSpec) -> Allowance:
    """What a child that reads this camera needs of the machine.  Raises ConfigInvalid for a bad address."""
    if spec.look_only:
        return Allowance(tcp_ports=frozenset())
    match parse_source(spec.address):
        case FileAddress(path):
            return Allowance(reads=(path,), tcp_ports=frozenset())
        case V4l2Address(device):
            return Allowance(devices=(device,), tcp_ports=frozenset())
        case RtspAddress(url) | RtmpPullAddress(url):
            return _network(url, frozenset())
        case MjpegAddress(url):
            return _network(url, _WEB_PORTS)  # a web server may send us on to another door of it
        case _:
            return Allowance(tcp_ports=frozenset())


def code_of(spec: SourceSpec) -> tuple[str, ...]:
    """The modules beyond those of every child that a child which reads this camera imports."""
    own = _CODE.get(spec.address.partition(":")[0].lower())
    painted = bool(spec.masks) or spec.rotation != 0
    return (own,) if own is not None else ("doorstep.sources.reencoded",) if painted else ()


def _network(url: str, more: frozenset[int]) -> Allowance:
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme.lower(), 0)
    local_name = (parts.hostname or "").rstrip(".").endswith(".local")
    return Allowance(tcp_ports=frozenset({port}) | more, local_sockets=local_name)
