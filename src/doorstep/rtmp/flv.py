"""Payloads of video and audio messages: H.264 and AAC as FLV tags carry them (FLV, E.4.2.1 and E.4.3.1-2)."""

from typing import Final

from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.events import (
    AudioConfig,
    AudioFrame,
    SoundIgnored,
    VideoConfig,
    VideoFrame,
    VideoRefused,
)

_AVC: Final = 7
_AAC: Final = 10
_AAC_BYTE: Final = 0xAF  # AAC; rate, size and channels are fixed bits, the real ones are in its config
_KEY, _COMMAND = 1, 5  # frame types
_ENHANCED: Final = 0x80  # Enhanced RTMP (v1, "Enhanced video"): a FourCC follows
_MOST_CONFIG_BYTES: Final = 64 * 2**10
_VIDEO_NAMES: Final = {2: "Sorenson H.263", 3: "Screen video", 4: "VP6", 5: "VP6", 6: "Screen video 2", 12: "HEVC"}
_FOURCC_NAMES: Final = {
    b"hvc1": "HEVC",
    b"av01": "AV1",
    b"vp09": "VP9",
    b"vp08": "VP8",
    b"vvc1": "VVC",
    b"avc1": "H.264 in enhanced RTMP",
}
_SOUND_NAMES: Final = {
    0: "PCM",
    1: "ADPCM",
    2: "MP3",
    3: "PCM",
    4: "Nellymoser",
    5: "Nellymoser",
    6: "Nellymoser",
    7: "G.711 A-law",
    8: "G.711 mu-law",
    11: "Speex",
    14: "MP3",
}


def read_video(payload: bytes, timestamp: int) -> VideoConfig | VideoFrame | VideoRefused | None:
    """None for what is no picture.  Raises RtmpInvalid."""
    if not payload:
        return None
    first = payload[0]
    if first & _ENHANCED or first & 0x0F != _AVC:
        return VideoRefused(_video_name(payload))
    if first >> 4 == _COMMAND:
        return None
    if len(payload) < 5:
        msg = "a video message is cut off"
        raise RtmpInvalid(msg)
    match payload[1]:
        case 0:
            return VideoConfig(_config(payload[5:]))
        case 1:
            composition = int.from_bytes(payload[2:5], signed=True)
            return VideoFrame(timestamp, composition, first >> 4 == _KEY, payload[5:])
        case 2:
            return None  # the end of the sequence
    msg = "a video message is of no kind that there is"
    raise RtmpInvalid(msg)


def _video_name(payload: bytes) -> str:
    if payload[0] & _ENHANCED:
        return _FOURCC_NAMES.get(payload[1:5], "enhanced RTMP of an unknown codec")
    return _VIDEO_NAMES.get(payload[0] & 0x0F, "an unknown codec")


def read_audio(payload: bytes, timestamp: int) -> AudioConfig | AudioFrame | SoundIgnored | None:
    """None for an empty one.  Raises RtmpInvalid."""
    if not payload:
        return None
    if payload[0] >> 4 != _AAC:
        return SoundIgnored(_SOUND_NAMES.get(payload[0] >> 4, "an unknown codec"))
    if len(payload) < 2:
        msg = "an audio message is cut off"
        raise RtmpInvalid(msg)
    if payload[1] == 0:
        return AudioConfig(_config(payload[2:]))
    return AudioFrame(timestamp, payload[2:])


def _config(config: bytes) -> bytes:
    if len(config) > _MOST_CONFIG_BYTES:
        msg = "a decoder configuration is too large"
        raise RtmpInvalid(msg)
    return config


def write_video_config(record: bytes) -> bytes:
    """A sequence header."""
    return bytes([_KEY << 4 | _AVC, 0, 0, 0, 0]) + record


def write_video(payload: bytes, composition: int, *, key: bool) -> bytes:
    """One access unit; `composition` in milliseconds, -2**23 to 2**23-1."""
    frame_type = _KEY if key else 2
    return bytes([frame_type << 4 | _AVC, 1]) + composition.to_bytes(3, signed=True) + payload


def write_audio_config(config: bytes) -> bytes:
    """A sequence header."""
    return bytes([_AAC_BYTE, 0]) + config


def write_audio(payload: bytes) -> bytes:
    """One access unit."""
    return bytes([_AAC_BYTE, 1]) + payload
