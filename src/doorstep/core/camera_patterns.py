"""The addresses under which cameras of known makers have their video.  Trying them is elsewhere.

Each pattern names where it is written.  A camera whose path holds a key that only its own page shows (UniFi Protect,
Wyze bridge) has none here: docs/guide/brands.md says where to look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

GENERIC: Final = "other"
RTSP_PORT: Final = 554


@dataclass(frozen=True, slots=True)
class CameraPattern:
    """The large and the small stream of a maker's cameras, behind `scheme://HOST:port`; `sub` is empty without one."""

    maker: str
    main: str
    sub: str = ""
    scheme: str = "rtsp"
    port: int = RTSP_PORT


PATTERNS: Final = (
    # Hikvision, "How to get RTSP stream": channel 1, stream 1 and 2.
    CameraPattern("hikvision", "/Streaming/Channels/101", "/Streaming/Channels/102"),
    # Dahua wiki, "Remote Access/RTSP via VLC"; Amcrest's cameras are Dahua's.
    CameraPattern("dahua", "/cam/realmonitor?channel=1&subtype=0", "/cam/realmonitor?channel=1&subtype=1"),
    CameraPattern("amcrest", "/cam/realmonitor?channel=1&subtype=0", "/cam/realmonitor?channel=1&subtype=1"),
    # Reolink support, "Introduction to RTSP": old and new firmware.
    CameraPattern("reolink", "/h264Preview_01_main", "/h264Preview_01_sub"),
    CameraPattern("reolink", "/Preview_01_main", "/Preview_01_sub"),
    # TP-Link FAQ 2680, "How to view Tapo camera via RTSP".
    CameraPattern("tapo", "/stream1", "/stream2"),
    # Axis VAPIX, "Video streaming": one path, its size chosen by parameters.
    CameraPattern("axis", "/axis-media/media.amp", "/axis-media/media.amp?resolution=640x360"),
    # Foscam's HD cameras: at 88 beside their pages (VisioForge's directory), or at 554 (Home Assistant's integration).
    CameraPattern("foscam", "/videoMain", "/videoSub", port=88),
    CameraPattern("foscam", "/videoMain", "/videoSub"),
    # Wyze's own RTSP firmware.
    CameraPattern("wyze", "/live"),
    # yi-hack-v5 wiki, "Integrating with Frigate".
    CameraPattern("yi", "/ch0_0.h264", "/ch0_1.h264"),
    # The example CameraWebServer of espressif/arduino-esp32: its stream listens at 81.
    CameraPattern("esp32", "/stream", scheme="http", port=81),
    # What cheap cameras are seen to have; ONVIF's own tools use the first.
    CameraPattern(GENERIC, "/live/ch00_0", "/live/ch00_1"),
    CameraPattern(GENERIC, "/11", "/12"),
    CameraPattern(GENERIC, "/live"),
    CameraPattern(GENERIC, "/"),
    CameraPattern(GENERIC, "/video", scheme="http", port=8080),
)
MAKERS: Final = tuple(dict.fromkeys(pattern.maker for pattern in PATTERNS))


@dataclass(frozen=True, slots=True)
class StreamPair:
    """One address to try, and that of its small stream, empty without one; no user, no password."""

    main: str
    sub: str
    port: int


def candidates(host: str, maker: str = "", port: int | None = None) -> Sequence[StreamPair]:
    """What to try of a host, likeliest first and each once; with a maker his, without one everybody's.

    A `port` that somebody named is the one of RTSP.  An IPv6 host comes without brackets.
    """
    named = f"[{host}]" if ":" in host else host
    wanted = [pattern for pattern in PATTERNS if maker in {"", pattern.maker}] or list(PATTERNS)
    found = []
    for pattern in wanted:
        door = port if port is not None and pattern.scheme == "rtsp" else pattern.port
        usual = door == RTSP_PORT and pattern.scheme == "rtsp"
        base = f"{pattern.scheme}://{named}" + ("" if usual else f":{door}")
        found.append(StreamPair(base + pattern.main, base + pattern.sub if pattern.sub else "", door))
    return list(dict.fromkeys(found))


def with_credentials(address: str, user: str, password: str) -> str:
    """The address with these in it, whatever signs they hold (RFC 3986, 3.2.1); as it is where there is no user."""
    if not user:
        return address
    parts = urlsplit(address)
    secret = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit(parts._replace(netloc=f"{secret}@{parts.netloc.rpartition('@')[2]}"))


def without_credentials(address: str) -> str:
    """The address without user and password, else as it was."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if parts.netloc else address


def with_host(address: str, host: str) -> str:
    """The address at another host, IPv6 without brackets; user, password and port stay."""
    parts = urlsplit(address)
    secret, at, _ = parts.netloc.rpartition("@")
    named = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    return urlunsplit(parts._replace(netloc=f"{secret}{at}{named}{port}"))
