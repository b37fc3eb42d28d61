"""What is asked of an address before a camera is made of it, and what comes of it.  Asking lives in `app`."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera that answered, or is connected here; `onvif` is where it tells its streams, empty where it does not.

    `address` is its host, or the whole address of one of this machine.  `known` ones are in the config already.
    """

    name: str
    address: str
    onvif: str = ""
    known: bool = False


@dataclass(frozen=True, slots=True)
class ProbeWish:
    """Either an address, which may be a host alone, or `onvif`; `maker` narrows what is tried of a host."""

    address: str = field(default="", repr=False)
    onvif: str = ""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    maker: str = ""


@dataclass(frozen=True, slots=True)
class ProbedStream:
    """One stream that was seen; its address holds no user and no password, `fps` is 0 where it is not known."""

    address: str
    codec: str
    width: int
    height: int
    fps: float
    audio: bool


class Trouble(StrEnum):
    """Why there is no picture; a page has words of its own for all but SAID, whose sentence is the reason itself."""

    NONE = ""
    FORBIDDEN = "forbidden"
    UNKNOWN_HOST = "unknown-host"
    UNREACHABLE = "unreachable"
    CLOSED = "closed"
    NO_PASSWORD = "no-password"  # noqa: S105 - a word of ours
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - the same
    NO_PATTERN = "no-pattern"
    SILENT = "silent"
    ENDED = "ended"
    SAID = "said"


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """The streams, the largest first, and a picture as JPEG; or `trouble`, and in `words` what it means and helps."""

    streams: tuple[ProbedStream, ...] = ()
    picture: bytes = field(default=b"", repr=False)
    trouble: Trouble = Trouble.NONE
    words: str = ""


@dataclass(frozen=True, slots=True)
class ProbeProgress:
    """How far the probe that runs is: so many addresses of so many were tried."""

    tried: int
    most: int
