"""What the `source` of a camera in the config means.  Opening it is elsewhere; showing it lives in `redaction`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from doorstep.core.errors import ConfigInvalid

KNOWN_SCHEMES = (
    "rtsp",
    "rtsps",
    "rtmp",
    "rtmps",
    "rtmp-listen",
    "rtmps-listen",
    "picamera",
    "v4l2",
    "http",
    "https",
    "file",
    "demo",
)

RTMP_PORT = 1935
LEAST_SIDE, MOST_SIDE = 64, 4096


@dataclass(frozen=True, slots=True)
class FileAddress:
    """`file:///path/to/video.mp4`, with `?loop` over and over."""

    path: Path
    loop: bool


@dataclass(frozen=True, slots=True)
class DemoAddress:
    """`demo://`: the drawn porch."""


@dataclass(frozen=True, slots=True)
class RtspAddress:
    """`rtsp://` or `rtsps://`, whole: it may hold a password."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RtmpPullAddress:
    """`rtmp://` or `rtmps://` of a server that plays the stream, whole: its last part may be a key."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RtmpListenAddress:
    """`rtmp-listen://HOST:PORT/APP`: where cameras push to; with `tls` it is `rtmps-listen://`."""

    host: str
    port: int
    app: str
    tls: bool


@dataclass(frozen=True, slots=True)
class MjpegAddress:
    """`http://` or `https://` of a stream of JPEG pictures, whole: it may hold a password."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class V4l2Address:
    """`v4l2:///dev/video0?size=640x480&fps=15`; None leaves the choice to the camera."""

    device: Path
    size: tuple[int, int] | None = None
    rate: int | None = None


@dataclass(frozen=True, slots=True)
class PicameraAddress:
    """`picamera://?size=640x480&fps=15&camera=0&shutter=…&gain=…&autofocus=…&lens=…&hdr=…`.

    `shutter` is the exposure time in microseconds, None lets the camera choose, as `gain` does.  `autofocus` is
    "continuous", "auto" (once at the start) or "manual", where `lens` is its position in dioptres.
    """

    size: tuple[int, int] = (640, 480)
    rate: int = 15
    camera: int = 0
    shutter: int | None = None
    gain: float | None = None
    autofocus: str = "continuous"
    lens: float | None = None
    hdr: bool = False


SourceAddress = (
    FileAddress
    | DemoAddress
    | RtspAddress
    | RtmpPullAddress
    | RtmpListenAddress
    | MjpegAddress
    | V4l2Address
    | PicameraAddress
)


def comes_encoded(address: SourceAddress) -> bool:
    """Whether it sends video that must be decoded to be looked at; the pictures of all others are there anyway."""
    return isinstance(address, FileAddress | RtspAddress | RtmpPullAddress | RtmpListenAddress)


def parse_source(address: str) -> SourceAddress:  # noqa: PLR0911 - one case for each kind
    """What the address asks for.  Raises ConfigInvalid with words that do not quote it: it may hold a password."""
    scheme, separator, _ = address.partition("://")
    match scheme.lower() if separator else "":
        case "file":
            return _file(address)
        case "demo":
            return DemoAddress()
        case "rtsp" | "rtsps":
            return RtspAddress(_with_host(address))
        case "rtmp" | "rtmps":
            return RtmpPullAddress(_with_host(address))
        case "rtmp-listen" | "rtmps-listen":
            return _rtmp_listen(address)
        case "http" | "https":
            return MjpegAddress(_with_host(address))
        case "v4l2":
            return _v4l2(address)
        case "picamera":
            return _picamera(address)
        case "":
            msg = "has no scheme; write it like rtsp://HOST/stream or demo://"
            raise ConfigInvalid(msg)
        case _:
            known = ", ".join(f"{known}://" for known in KNOWN_SCHEMES)
            msg = f"must begin with one of {known}"
            raise ConfigInvalid(msg)


def _file(address: str) -> FileAddress:
    parts = _parts(address)
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/") or "\x00" in unquote(parts.path):
        msg = "names no file of this machine; write three slashes: file:///path/to/video.mp4"
        raise ConfigInvalid(msg)
    looped = _options(parts, "loop").get("loop", "0").lower()
    return FileAddress(Path(unquote(parts.path)), loop=looped not in {"0", "false", "no"})


def _with_host(address: str) -> str:
    if not _parts(address).hostname:
        msg = "names no camera; write its host behind the two slashes"
        raise ConfigInvalid(msg)
    return address


def _rtmp_listen(address: str) -> RtmpListenAddress:
    parts = _parts(address)
    app = parts.path.strip("/")
    if not parts.hostname or not app or "/" in app or parts.username is not None or parts.query:
        msg = "is no place to listen at; write rtmp-listen://0.0.0.0:1935/live"
        raise ConfigInvalid(msg)
    port = parts.port if parts.port is not None else RTMP_PORT
    return RtmpListenAddress(parts.hostname, port, unquote(app), tls=parts.scheme == "rtmps-listen")


def _v4l2(address: str) -> V4l2Address:
    parts = _parts(address)
    device = unquote(parts.path)
    if parts.netloc or not device.startswith("/dev/") or ".." in device or "\x00" in device:
        msg = "names no camera of this machine; write v4l2:///dev/video0"
        raise ConfigInvalid(msg)
    options = _options(parts, "size", "fps")
    return V4l2Address(
        Path(device),
        size=_size(options["size"]) if "size" in options else None,
        rate=_whole("fps", options["fps"], 1, 120) if "fps" in options else None,
    )


def _picamera(address: str) -> PicameraAddress:
    parts = _parts(address)
    if parts.netloc or parts.path not in {"", "/"}:
        msg = "is picamera:// followed by more than options; write picamera://?size=1280x720&fps=15"
        raise ConfigInvalid(msg)
    options = _options(parts, "size", "fps", "camera", "shutter", "gain", "autofocus", "lens", "hdr")
    autofocus = options.get("autofocus", "manual" if "lens" in options else "continuous")
    if autofocus not in {"continuous", "auto", "manual"}:
        msg = "has a wrong autofocus: it must be continuous, auto or manual"
        raise ConfigInvalid(msg)
    return PicameraAddress(
        size=_size(options.get("size", "640x480")),
        rate=_whole("fps", options.get("fps", "15"), 1, 60),
        camera=_whole("camera", options.get("camera", "0"), 0, 7),
        shutter=_whole("shutter", options["shutter"], 1, 10_000_000) if "shutter" in options else None,
        gain=_number("gain", options["gain"], 1, 64) if "gain" in options else None,
        autofocus=autofocus,
        lens=_number("lens", options["lens"], 0, 32) if "lens" in options else None,
        hdr=options.get("hdr", "0").lower() not in {"0", "false", "no"},
    )


def _parts(address: str) -> SplitResult:
    """Raises ConfigInvalid where host, port or brackets are malformed."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        msg = "is not an address that can be used"
        raise ConfigInvalid(msg) from None
    return parts


def _options(parts: SplitResult, *known: str) -> Mapping[str, str]:
    options = parse_qs(parts.query, keep_blank_values=True)
    unknown = options.keys() - set(known)
    if unknown:
        msg = f"has an option that it does not know; it knows {', '.join(known)}"
        raise ConfigInvalid(msg)
    return {name: values[-1] or "1" for name, values in options.items()}


def _size(value: str) -> tuple[int, int]:
    width, _, height = value.lower().partition("x")
    if width.isdecimal() and height.isdecimal():
        size = int(width), int(height)
        if all(LEAST_SIDE <= side <= MOST_SIDE and side % 2 == 0 for side in size):
            return size
    msg = f"has a wrong size: it must be WIDTHxHEIGHT, both even and from {LEAST_SIDE} to {MOST_SIDE}, such as 640x480"
    raise ConfigInvalid(msg)


def _whole(name: str, value: str, least: int, most: int) -> int:
    if value.isdecimal() and least <= int(value) <= most:
        return int(value)
    msg = f"has a wrong {name}: it must be a whole number from {least} to {most}"
    raise ConfigInvalid(msg)


def _number(name: str, value: str, least: float, most: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = least - 1
    if least <= number <= most:
        return number
    msg = f"has a wrong {name}: it must be a number from {least:g} to {most:g}"
    raise ConfigInvalid(msg)
