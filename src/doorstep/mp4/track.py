"""The boxes that describe one video track, alike in an init segment and in a clip.  Sample tables live elsewhere."""

import struct
from dataclasses import dataclass

from doorstep.core.media import Codec, VideoFormat
from doorstep.mp4.boxes import box, full_box

TRACK_ID = 1

SAMPLE_ENTRIES = {Codec.H264: (b"avc1", b"avcC"), Codec.HEVC: (b"hvc1", b"hvcC")}
"""The type of the sample entry, and of the configuration box in it (ISO/IEC 14496-15, 5.4.2 and 8.4.1)."""

VISUAL_SAMPLE_ENTRY = 78
"""Bytes of a VisualSampleEntry before its boxes (ISO/IEC 14496-12, 12.1.3)."""

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4
"""The language "und", five bits a letter (8.4.2.3)."""

_SHOWN = 0x3
"""Flags of a track header: enabled, and in the movie (8.3.2.3)."""


@dataclass(frozen=True, slots=True)
class TrackTimes:
    """When the file was made, in seconds since 1904, and how long the movie shows and the media lasts, in ticks."""

    created: int = 0
    shown: int = 0
    media: int = 0


def file_type(fmt: VideoFormat, major: bytes, *compatible: bytes) -> bytes:
    """Box ftyp (4.3), the brand of the sample entry included."""
    return box(b"ftyp", major, bytes(4), major, *compatible, b"mp41", SAMPLE_ENTRIES[fmt.codec][0])


def movie_header(fmt: VideoFormat, times: TrackTimes) -> bytes:
    """Box mvhd (8.2.2), version 1.  The movie counts in the media's own ticks, so that no edit is ever rounded."""
    clock = struct.pack(">QQIQ", times.created, times.created, fmt.timescale, times.shown)
    return full_box(b"mvhd", 1, 0, clock, struct.pack(">IH10x", 0x10000, 0x100), _MATRIX, bytes(24), _u32(TRACK_ID + 1))


def track_header(fmt: VideoFormat, times: TrackTimes) -> bytes:
    """Box tkhd (8.3.2), version 1."""
    clock = struct.pack(">QQI4xQ", times.created, times.created, TRACK_ID, times.shown)
    size = struct.pack(">II", fmt.width << 16, fmt.height << 16)
    return full_box(b"tkhd", 1, _SHOWN, clock, bytes(16), _MATRIX, size)


def media_box(fmt: VideoFormat, times: TrackTimes, *tables: bytes) -> bytes:
    """Box mdia (8.4.1) around the sample tables, which stand behind stsd in stbl."""
    clock = struct.pack(">QQIQHH", times.created, times.created, fmt.timescale, times.media, _UNDETERMINED, 0)
    handler = full_box(b"hdlr", 0, 0, bytes(4), b"vide", bytes(12), b"video\0")
    here = box(b"dinf", full_box(b"dref", 0, 0, _u32(1), full_box(b"url ", 0, 1)))
    description = full_box(b"stsd", 0, 0, _u32(1), _sample_entry(fmt))
    table = box(b"stbl", description, *tables)
    return box(
        b"mdia",
        full_box(b"mdhd", 1, 0, clock),
        handler,
        box(b"minf", full_box(b"vmhd", 0, 1, bytes(8)), here, table),
    )


def _sample_entry(fmt: VideoFormat) -> bytes:
    kind, config = SAMPLE_ENTRIES[fmt.codec]
    picture = struct.pack(">HHIIIH", fmt.width, fmt.height, 0x480000, 0x480000, 0, 1)
    return box(
        kind,
        struct.pack(">6xH16x", 1),
        picture,
        bytes(32),
        struct.pack(">Hh", 24, -1),
        box(config, fmt.decoder_config),
    )


def _u32(number: int) -> bytes:
    return number.to_bytes(4, "big")
