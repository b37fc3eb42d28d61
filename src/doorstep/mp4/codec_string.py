"""What a browser must be able to decode, in its own words: the `codecs` parameter of RFC 6381, and the MIME type."""

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioFormat, Codec, VideoFormat

_AVC_HEAD = 4
"""Bytes of an AVCDecoderConfigurationRecord up to the level (ISO/IEC 14496-15, 5.3.3.1.2)."""

_HEVC_HEAD = 13
"""Bytes of an HEVCDecoderConfigurationRecord up to the level (8.3.3.1.2)."""

_SPACES = ("", "A", "B", "C")
_ESCAPED_TYPE = 31


def mime_type(fmt: VideoFormat) -> str:
    """The whole type, as `MediaSource.isTypeSupported` takes it.  Raises MediaInvalid."""
    return f'video/mp4; codecs="{codecs(fmt)}"'


def codecs(fmt: VideoFormat) -> str:
    """The codec of the picture and, behind a comma, of the sound if there is any.  Raises MediaInvalid."""
    picture = _avc(fmt.decoder_config) if fmt.codec is Codec.H264 else _hevc(fmt.decoder_config)
    return f"{picture},{_aac(fmt.audio)}" if fmt.audio else picture


def _avc(record: bytes) -> str:
    """ISO/IEC 14496-15, E.2: profile, compatibility and level, two hexadecimal digits each."""
    _check(record, _AVC_HEAD)
    return f"avc1.{record[1:4].hex().upper()}"


def _hevc(record: bytes) -> str:
    """ISO/IEC 14496-15, E.3: profile, compatibility with its bits turned round, tier and level, constraints."""
    _check(record, _HEVC_HEAD)
    profile = f"{_SPACES[record[1] >> 6]}{record[1] & 0x1F}"
    compatibility = int(f"{int.from_bytes(record[2:6]):032b}"[::-1], 2)
    level = f"{'H' if record[1] & 0x20 else 'L'}{record[12]}"
    constraints = [f"{byte:X}" for byte in record[6:12].rstrip(b"\0")]
    return ".".join(("hvc1", profile, f"{compatibility:X}", level, *constraints))


def _aac(audio: AudioFormat) -> str:
    """RFC 6381, 3.3: MPEG-4 audio (0x40) and its object type (ISO/IEC 14496-3, 1.6.2.1 and 1.6.2.2)."""
    record = audio.decoder_config
    _check(record, 2)
    kind = record[0] >> 3
    if kind == _ESCAPED_TYPE:
        kind = 32 + (int.from_bytes(record[:2]) >> 5 & 0x3F)
    return f"mp4a.40.{kind}"


def _check(record: bytes, least: int) -> None:
    if len(record) < least:
        msg = "the camera's description of its stream is cut off"
        raise MediaInvalid(msg)
