"""How a track says that it is AAC: mp4a with an elementary stream descriptor (ISO/IEC 14496-14, 5.6), and read back."""

import struct

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioFormat
from doorstep.mp4.boxes import Box, box, child, full_box, unpack

_ENTRY = struct.Struct(">6xH8xHHHHI")
"""An AudioSampleEntry before its boxes (ISO/IEC 14496-12, 12.2.3)."""

_CHANNELS = struct.Struct(">16xH")
_HIGHEST_RATE_HERE = 0xFFFF
_MOST_SIZE_BYTES = 4

_ELEMENTARY_STREAM, _DECODER_CONFIG, _DECODER_SPECIFIC, _SYNC_LAYER = 0x03, 0x04, 0x05, 0x06
"""Tags of descriptors (ISO/IEC 14496-1, 7.2.2.1)."""

_AAC = bytes([0x40, 0x15])
"""Audio of ISO/IEC 14496-3, in an audio stream (14496-1, 7.2.6.6)."""


def audio_entry(audio: AudioFormat) -> bytes:
    """Box mp4a.  A rate that its 16 bits cannot say stands in the media header alone."""
    rate = audio.sample_rate if audio.sample_rate <= _HIGHEST_RATE_HERE else 0
    specific = _descriptor(_DECODER_SPECIFIC, audio.decoder_config)
    config = _descriptor(_DECODER_CONFIG, _AAC, bytes(11), specific)
    stream = _descriptor(_ELEMENTARY_STREAM, bytes(3), config, _descriptor(_SYNC_LAYER, b"\x02"))
    return box(b"mp4a", _ENTRY.pack(1, audio.channels, 16, 0, 0, rate << 16), full_box(b"esds", 0, 0, stream))


def read_audio_entry(data: bytes, entry: Box, sample_rate: int) -> AudioFormat:
    """The format in a box mp4a of a track with so many ticks a second.  Raises MediaInvalid."""
    (channels,) = unpack(_CHANNELS, data, entry)
    stream = child(data, entry, b"esds", _ENTRY.size)
    body = data[stream.body + 4 : stream.end]
    config = _content(_content(body, _ELEMENTARY_STREAM)[3:], _DECODER_CONFIG)
    try:
        return AudioFormat(sample_rate, channels, _content(config[13:], _DECODER_SPECIFIC))
    except ValueError as error:
        msg = f"the video's sound is impossible: {error}"
        raise MediaInvalid(msg) from error


def _descriptor(tag: int, *parts: bytes) -> bytes:
    """Tag, size in four bytes of seven bits (14496-1, 8.3.3), content."""
    size = sum(map(len, parts))
    digits = bytes(size >> shift & 0x7F | (0x80 if shift else 0) for shift in (21, 14, 7, 0))
    return b"".join((bytes([tag]), digits, *parts))


def _content(data: bytes, tag: int) -> bytes:
    """What stands in the descriptor at the beginning.  Raises MediaInvalid."""
    size = 0
    for position in range(1, 1 + _MOST_SIZE_BYTES) if data[:1] == bytes([tag]) else ():
        digit = data[position] if position < len(data) else 0x80
        size = size << 7 | digit & 0x7F
        if not digit & 0x80:
            begin = position + 1
            if begin + size <= len(data):
                return data[begin : begin + size]
            break
    msg = "the description of the video's sound is damaged"
    raise MediaInvalid(msg)
