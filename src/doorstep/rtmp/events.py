"""What a session tells its owner.  Nothing here acts; who is let in is decided outside."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PublishAsked:
    """A publisher waits for `accept` or `refuse`; not a byte of its media is read until then."""

    app: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlayAsked:
    """A player waits for `accept` or `refuse`; `token` is empty where it gave none."""

    app: str
    name: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VideoConfig:
    """An AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1), as it came: not yet checked."""

    record: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One access unit behind the lengths that the record tells; decode time modulo 2**32 and offset in milliseconds."""

    timestamp: int
    composition: int
    key: bool
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """An AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), as it came: not yet checked."""

    config: bytes


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """One AAC access unit without ADTS; its time modulo 2**32 in milliseconds."""

    timestamp: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class VideoRefused:
    """The publisher sends video that is not H.264 in plain FLV; it was told so, the session is over."""

    found: str


@dataclass(frozen=True, slots=True)
class SoundIgnored:
    """The publisher's sound is not AAC; told once, its picture goes on."""

    found: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server lets this client publish or play."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server does not; `reason` is its own words, shortened."""

    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The peer ended its stream properly; the session is over."""


Media = VideoConfig | VideoFrame | AudioConfig | AudioFrame | VideoRefused | SoundIgnored
ServerEvent = PublishAsked | PlayAsked | Media | Gone
ClientEvent = Accepted | Refused | Media | Gone
