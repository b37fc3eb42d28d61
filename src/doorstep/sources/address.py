"""What the `source` of a camera in the config means, and how to show it without its password.  Opening is elsewhere."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from doorstep.core.errors import ConfigInvalid

KNOWN_SCHEMES = ("file", "demo")

_SECRET_PARAMETERS = re.compile(
    r"([?&;](?:pass(?:word|wd)?|pwd|token|key|secret|auth|user(?:name)?|usr)=)[^&#;]*", re.IGNORECASE
)

# What follows the application in an RTMP address is the key of the stream.
_STREAM_KEY = re.compile(r"^(/[^/?#]+/).+")


@dataclass(frozen=True, slots=True)
class FileAddress:
    """`file:///path/to/video.mp4`, with `?loop` over and over."""

    path: Path
    loop: bool


@dataclass(frozen=True, slots=True)
class DemoAddress:
    """`demo://`: the drawn porch."""


SourceAddress = FileAddress | DemoAddress


def parse_source(address: str) -> SourceAddress:
    """What the address asks for.  Raises ConfigInvalid, never with a secret in it."""
    scheme, separator, _ = address.partition("://")
    match scheme.lower() if separator else "":
        case "file":
            return _file(address)
        case "demo":
            return DemoAddress()
        case "":
            msg = f"the source {redacted(address)!r} has no scheme; write it like file:///path/to/video.mp4 or demo://"
            raise ConfigInvalid(msg)
        case unknown:
            known = ", ".join(f"{known}://" for known in KNOWN_SCHEMES)
            msg = f"Doorstep knows no source {unknown}://; it knows {known}"
            raise ConfigInvalid(msg)


def _file(address: str) -> FileAddress:
    parts = urlsplit(address)
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/") or "\x00" in unquote(parts.path):
        msg = f"{redacted(address)} names no file of this machine; write three slashes: file:///path/to/video.mp4"
        raise ConfigInvalid(msg)
    options = parse_qs(parts.query, keep_blank_values=True)
    unknown = options.keys() - {"loop"}
    if unknown:
        msg = f"{redacted(address)} has an option that a file does not know: {min(unknown)}; it knows ?loop"
        raise ConfigInvalid(msg)
    looped = options.get("loop", ["0"])[-1].lower()
    return FileAddress(Path(unquote(parts.path)), loop=looped not in {"0", "false", "no"})


def redacted(address: str) -> str:
    """The address with every user name, password, token and stream key replaced by ***; for logs, pages and errors.

    Whatever stands before the last @ of the host part goes, also where the address is no good one.
    """
    head, separator, rest = address.partition("://")
    if not separator:
        head, rest = "", address
    end = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    if "@" in rest[end:] and "@" not in rest[:end] and not rest.startswith("/"):
        end = rest.rfind("@") + 1  # a password with a slash in it
    host = rest[:end]
    if "@" in host:
        host = "***@" + host.rpartition("@")[2]
    path = _SECRET_PARAMETERS.sub(r"\1***", rest[end:])
    if head.lower().startswith("rtmp"):
        path = _STREAM_KEY.sub(r"\1***", path)
    return head + separator + host + path
