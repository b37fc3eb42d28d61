"""The boxes that describe the tracks, alike in an init segment and in a clip.  Sample tables live elsewhere."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm

from doorstep.core.media import AudioFormat, Codec, VideoFormat
from doorstep.mp4.audio_entry import audio_entry
from doorstep.mp4.boxes import box, full_box

TRACK_ID = 1
AUDIO_TRACK_ID = 2

SAMPLE_ENTRIES = {Codec.H264: (b"avc1", b"avcC"), Codec.HEVC: (b"hvc1", b"hvcC")}
"""The type of the sample entry, and of the configuration box in it (ISO/IEC 14496-15, 5.4.2 and 8.4.1)."""

VISUAL_SAMPLE_ENTRY = 78
"""Bytes of a VisualSampleEntry before its boxes (ISO/IEC 14496-12, 12.1.3)."""

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4
"""The language "und", five bits a letter (8.4.2.3)."""

_FINEST_SCALE = 10_000_000
_SHOWN = 0x3
"""Flags of a track header: enabled, and in the movie (8.3.2.3)."""


@dataclass(frozen=True, slots=True)
class TrackTimes:
    """When the file was made, in seconds since 1904, and how long the movie shows and the media lasts, in ticks.

    The movie counts in `movie_scale` ticks a second, the media in its track's own.
    """

    movie_scale: int
    created: int = 0
    shown: int = 0
    media: int = 0


def file_type(fmt: VideoFormat, major: bytes, *compatible: bytes) -> bytes:
    """Box ftyp (4.3), the brand of the sample entry included."""
    return box(b"ftyp", major, bytes(4), major, *compatible, b"mp41", SAMPLE_ENTRIES[fmt.codec][0])


def movie_scale(fmt: VideoFormat) -> int:
    """Ticks a second of the movie: those of all its media at once, so that no edit is ever rounded.

    Where that were too many for players, those of the pictures: finer than a tenth of a millisecond then.
    """
    both = lcm(fmt.timescale, fmt.audio.sample_rate) if fmt.audio else fmt.timescale
    return both if both <= _FINEST_SCALE else fmt.timescale


def movie_header(fmt: VideoFormat, times: TrackTimes) -> bytes:
    """Box mvhd (8.2.2), version 1."""
    clock = struct.pack(">QQIQ", times.created, times.created, times.movie_scale, times.shown)
    next_track = (AUDIO_TRACK_ID if fmt.audio else TRACK_ID) + 1
    return full_box(b"mvhd", 1, 0, clock, struct.pack(">IH10x", 0x10000, 0x100), _MATRIX, bytes(24), _u32(next_track))


def track_header(fmt: VideoFormat, times: TrackTimes) -> bytes:
    """Box tkhd (8.3.2) of the picture, version 1."""
    clock = struct.pack(">QQI4xQ", times.created, times.created, TRACK_ID, times.shown)
    size = struct.pack(">II", fmt.width << 16, fmt.height << 16)
    return full_box(b"tkhd", 1, _SHOWN, clock, bytes(16), _MATRIX, size)


def audio_track_header(times: TrackTimes) -> bytes:
    """Box tkhd of the sound, at full volume."""
    clock = struct.pack(">QQI4xQ", times.created, times.created, AUDIO_TRACK_ID, times.shown)
    return full_box(b"tkhd", 1, _SHOWN, clock, struct.pack(">8xHHH2x", 0, 0, 0x100), _MATRIX, bytes(8))


def media_box(fmt: VideoFormat, times: TrackTimes, *tables: bytes) -> bytes:
    """Box mdia (8.4.1) of the picture around the sample tables, which stand behind stsd in stbl."""
    about = _About(fmt.timescale, b"vide", b"video\0", full_box(b"vmhd", 0, 1, bytes(8)), _sample_entry(fmt))
    return _media_box(about, times, tables)


def audio_media_box(audio: AudioFormat, times: TrackTimes, *tables: bytes) -> bytes:
    """Box mdia of the sound."""
    about = _About(audio.sample_rate, b"soun", b"sound\0", full_box(b"smhd", 0, 0, bytes(4)), audio_entry(audio))
    return _media_box(about, times, tables)


@dataclass(frozen=True, slots=True)
class _About:
    """What tells the media of one kind from those of others."""

    timescale: int
    kind: bytes
    name: bytes
    header: bytes
    entry: bytes


def _media_box(about: _About, times: TrackTimes, tables: Sequence[bytes]) -> bytes:
    clock = struct.pack(">QQIQHH", times.created, times.created, about.timescale, times.media, _UNDETERMINED, 0)
    handler = full_box(b"hdlr", 0, 0, bytes(4), about.kind, bytes(12), about.name)
    here = box(b"dinf", full_box(b"dref", 0, 0, _u32(1), full_box(b"url ", 0, 1)))
    description = full_box(b"stsd", 0, 0, _u32(1), about.entry)
    table = box(b"stbl", description, *tables)
    return box(b"mdia", full_box(b"mdhd", 1, 0, clock), handler, box(b"minf", about.header, here, table))


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
