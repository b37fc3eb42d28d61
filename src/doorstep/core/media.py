"""What a source yields: the format of a stream and its packets, of picture and of sound.

Bytes of container formats live in `mp4`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Codec(StrEnum):
    """How a video stream is compressed."""

    H264 = "h264"
    HEVC = "hevc"


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """The sound of a connection: AAC, with `sample_rate` ticks a second.

    `decoder_config` is the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
    """

    sample_rate: int
    channels: int
    decoder_config: bytes

    def __post_init__(self) -> None:
        if not (0 < self.sample_rate <= 96_000 and 0 < self.channels <= 8 and self.decoder_config):
            msg = f"sound of {self.channels} channels at {self.sample_rate} Hz is not one that Doorstep keeps"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """What a decoder must know before the first packet of a connection.

    `timescale` is the number of ticks a second in which all times of the connection's packets are given.
    `decoder_config` is the AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) of H.264, or the
    HEVCDecoderConfigurationRecord (8.3.3.1) of HEVC.  `audio` is None where no sound is kept.
    """

    codec: Codec
    width: int
    height: int
    timescale: int
    decoder_config: bytes
    audio: AudioFormat | None = None

    def __post_init__(self) -> None:
        if not (0 < self.width <= 16384 and 0 < self.height <= 16384):
            msg = f"a picture of {self.width}x{self.height} is outside 1..16384"
            raise ValueError(msg)
        if not 0 < self.timescale <= 10_000_000:
            msg = f"a timescale of {self.timescale} is outside 1..10000000"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Packet:
    """One access unit as NAL units with 4-byte length prefixes (never Annex B).

    `pts`, `dts` and `duration` are in ticks of the format's timescale and compare only within one connection; `dts`
    rises strictly, `duration` is at least 1.  `arrived` is the monotonic clock, in seconds, when it was read.
    """

    data: bytes
    pts: int
    dts: int
    duration: int
    key: bool
    arrived: float


@dataclass(frozen=True, slots=True)
class AudioPacket:
    """One AAC access unit without ADTS.

    `pts` and `duration` are in ticks of the audio format's `sample_rate`, on the same time line as the connection's
    video: `pts / sample_rate` and a picture's `pts / timescale` are the same seconds.  `pts` rises strictly.
    """

    data: bytes
    pts: int
    duration: int
    arrived: float


StreamItem = VideoFormat | Packet | AudioPacket
"""What a source yields."""
